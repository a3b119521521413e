// Begins the uploader on an entry's page; without it the same forms are posted by the browser itself.
import { UploadForm, forms } from "./form.js";
import { uploads } from "./server_list.js";

for (const node of document.querySelectorAll("form[data-upload]")) forms.push(new UploadForm(node));
for (const place of document.querySelectorAll("[data-own-address]")) place.textContent = location.href;
for (const upload of (await uploads()) || []) {
  if (upload.state !== "done") forms.find((form) => form.kind === upload.kind)?.found(upload);
}
