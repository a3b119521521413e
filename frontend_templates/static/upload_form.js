// Sends a file with a progress bar; without this script the same form is posted by the browser itself.
"use strict";
for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  const bar = form.querySelector("progress");
  const said = form.querySelector(".upload-said");
  const button = form.querySelector("button:not([type=button])");
  const tooLarge = () => input.files[0] && input.files[0].size > Number(form.dataset.max);
  input.addEventListener("change", () => { said.textContent = tooLarge() ? form.dataset.tooLarge : ""; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (tooLarge()) { said.textContent = form.dataset.tooLarge; return; }
    const request = new XMLHttpRequest();
    const warn = (leaving) => { leaving.preventDefault(); };
    const stop = (text) => {
      removeEventListener("beforeunload", warn);
      bar.hidden = true;
      button.disabled = false;
      said.textContent = text;
    };
    request.upload.addEventListener("progress", (sent) => {
      if (!sent.lengthComputable) return;
      const percent = Math.floor((sent.loaded / sent.total) * 100);
      bar.value = percent;
      said.textContent = form.dataset.sending.replace("{percent}", String(percent));
    });
    request.addEventListener("load", () => {
      removeEventListener("beforeunload", warn);
      if (request.status < 400) { location.assign(form.action.replace(/\/files$/, "")); return; }
      let text = form.dataset.failed;
      try { const problem = JSON.parse(request.responseText); text = `${problem.title} ${problem.detail}`; } catch { /* keep the usual words */ }
      stop(text);
    });
    request.addEventListener("error", () => stop(form.dataset.failed));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    bar.hidden = false;
    button.disabled = true;
    addEventListener("beforeunload", warn);
    request.send(new FormData(form));
  });
}
