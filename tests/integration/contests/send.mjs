// Sends one file with tus-js-client, as a program of somebody else would: node send.mjs FILE ENDPOINT COOKIE TOKEN
import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../frontend_templates/package.json", import.meta.url));
const tus = require("tus-js-client");
const [, , file, endpoint, cookie, token] = process.argv;
let retries = 0;

const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  uploadSize: statSync(file).size,
  chunkSize: 8 * 1024 * 1024,
  retryDelays: [0, 100, 300, 1000, 3000],
  headers: { Cookie: cookie, "X-CSRFToken": token },
  metadata: { filename: "bài dự thi.pdf", kind: "document" },
  onShouldRetry: () => (retries += 1) > 0,
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, retries })),
});
upload.start();
