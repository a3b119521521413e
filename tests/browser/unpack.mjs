// Inflates the archives of @sparticuz/chromium: node unpack.mjs SOURCE_FOLDER TARGET_FOLDER (Python has no brotli).
import { createReadStream, createWriteStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const [source, target] = process.argv.slice(2);
for (const name of (await readdir(source)).filter((each) => each.endsWith(".br"))) {
  await pipeline(createReadStream(join(source, name)), createBrotliDecompress(), createWriteStream(join(target, name.slice(0, -3))));
}
