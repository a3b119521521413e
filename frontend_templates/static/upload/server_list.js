// What the server knows of this entry's uploads: unfinished ones of before, and how the check of a sent one ends.
import { say } from "./words.js";

const section = document.querySelector("[data-uploads]");
export const endpoint = section.dataset.uploads;
export const csrf = section.dataset.csrf;

// The list of uploads, or null when the server cannot be reached.
export async function uploads() {
  try {
    const answer = await fetch(endpoint, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch { return null; }
}

export const forget = (code) => fetch(`${endpoint}/${code}`, {
  method: "DELETE",
  keepalive: true, // also when the page is left at once
  headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": csrf, Accept: "application/json" },
}).catch(() => { /* it expires by itself */ });

const waiting = new Map();
let timer = 0;
let pause = 1000;

async function look() {
  const known = await uploads();
  for (const [code, tell] of known ? waiting : []) {
    const upload = known.find((one) => one.upload === code);
    if (upload && ["sending", "checking"].includes(upload.state)) continue;
    waiting.delete(code);
    if (!upload || upload.state === "done") tell("done");
    else tell("refused", { text: [upload.problem?.title, upload.problem?.detail].filter(Boolean).join(" ") || say("failed") });
  }
  pause = Math.min(pause * 1.4, 10000);
  if (waiting.size) timer = setTimeout(look, pause);
}

// `tell("done")` or `tell("refused", {text})` once the server has checked the upload `code`.
export function awaitCheck(code, tell) {
  waiting.set(code, tell);
  pause = 700;
  clearTimeout(timer);
  timer = setTimeout(look, pause);
}
