// Saves a draft's title, category and authors by itself, a second after the last key.
import { refresh } from "./refresh.js";
import { say } from "./words.js";

const form = document.querySelector("form[data-draft]");
const NAMES = ["title", "category", "authors"];

if (form) {
  const state = form.querySelector(".save-state");
  const values = () => Object.fromEntries(NAMES.map((name) => [name, form.elements[name].value]));
  let saved = JSON.stringify(values());
  let timer = 0;
  let wait = 2000;
  let busy = false;
  let leaving = false;
  const dirty = () => JSON.stringify(values()) !== saved;
  const show = (kind, text) => { state.dataset.state = kind; state.textContent = text; };
  const later = (delay) => { clearTimeout(timer); timer = setTimeout(save, delay); };

  // What is stored now is what the fields would go back to: the page compares with it when it is brought up to date.
  const keep = (kept) => {
    // A field that nobody has typed in yet would lose its cursor by being set to what it holds.
    for (const field of [form.elements.title, form.elements.authors]) {
      if (field.defaultValue !== kept[field.name]) field.defaultValue = kept[field.name];
    }
    for (const option of form.elements.category.options) {
      if (option.defaultSelected !== (option.value === kept.category)) option.defaultSelected = option.value === kept.category;
    }
  };

  let ended = Promise.resolve();
  const save = () => { if (!busy && !leaving && dirty()) ended = send(); return ended; };

  async function send() {
    busy = true;
    const now = values();
    show("saving", say("saving"));
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ _csrf: form.elements._csrf.value, version: form.elements.version.value, ...now }),
      });
      if (answer.status >= 500 || answer.status === 429) throw new Error("again");
      const body = await answer.json();
      for (const name of NAMES) {
        if (body.errors?.[name]) form.elements[name].setAttribute("aria-invalid", "true");
        else form.elements[name].removeAttribute("aria-invalid");
      }
      if (answer.ok) {
        form.elements.version.value = body.version;
        saved = JSON.stringify(now);
        keep(now);
        wait = 2000;
        show("saved", say("saved", { time: body.saved }));
        await refresh();
      } else if (answer.status === 412) show("failed", say("stale"));
      else show("failed", Object.values(body.errors || {})[0] || [body.title, body.detail].filter(Boolean).join(". "));
    } catch {
      show("retry", say("unsaved"));
      later(wait);
      wait = Math.min(wait * 2, 30000);
    } finally { busy = false; }
    if (state.dataset.state === "saved" && dirty()) later(0);
  }

  form.addEventListener("input", () => later(1000));
  form.addEventListener("change", () => later(0));
  form.addEventListener("submit", () => { leaving = true; });
  // Another form of the page names the version, so what was just typed is saved before it goes.
  document.addEventListener("submit", async (event) => {
    if (event.target === form || event.target.method !== "post" || !(busy || dirty())) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { target, submitter } = event;
    await ended;
    await save();
    if (dirty()) { state.scrollIntoView({ block: "center" }); return; }
    // Bringing the page up to date may have put a fresh form in its place.
    const going = target.isConnected ? target : [...document.forms].find((other) => other.action === target.action);
    going?.requestSubmit(submitter?.form === going ? submitter : null);
  }, true);
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("online", () => later(0));
  addEventListener("beforeunload", (event) => { if (!leaving && dirty()) event.preventDefault(); });
}
