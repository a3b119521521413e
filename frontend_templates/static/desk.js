// Saves marks while they are typed and never loses one: the server knows versions, the browser keeps what is unsent.
"use strict";
const form = document.querySelector("form[data-desk]");
const inField = (node) => node.closest("input, textarea, select, button, summary, video, audio");

addEventListener("keydown", (event) => {
  if (form && (event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); form.dispatchEvent(new Event("save-now")); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
  const link = document.querySelector(`a[data-key="${event.key.toLowerCase()}"]`);
  if (link) { link.click(); return; }
  const player = document.querySelector("video, audio");
  if (event.key === " " && player) { event.preventDefault(); if (player.paused) player.play(); else player.pause(); }
});

if (form && form.elements.save) {
  const version = form.elements.version;
  const state = form.querySelector(".save-state");
  const total = form.querySelector("[data-total]");
  const fields = [...form.elements].filter((field) => field.name.startsWith("mark-") || field.name === "comment");
  const place = `hoithi:${location.pathname}`;
  const values = () => Object.fromEntries(fields.map((field) => [field.name, field.value]));
  let saved = JSON.stringify(values());
  let timer = 0;
  let wait = 1000;
  let sending = false;
  let leaving = false;

  const show = (kind, text) => { state.dataset.state = kind; state.textContent = text; };
  const dirty = () => JSON.stringify(values()) !== saved;
  const remember = () => {
    try {
      if (dirty()) localStorage.setItem(place, JSON.stringify({ version: version.value, values: values() }));
      else localStorage.removeItem(place);
    } catch { /* a browser without storage still saves to the server */ }
  };
  const later = (delay) => { clearTimeout(timer); timer = setTimeout(send, delay); };

  async function send() {
    if (sending || leaving || !dirty()) return;
    sending = true;
    const now = values();
    show("saving", form.dataset.saving);
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ _csrf: form.elements._csrf.value, version: version.value, ...now }),
      });
      const body = await answer.json();
      if (answer.ok) {
        version.value = body.version;
        saved = JSON.stringify(now);
        wait = 1000;
        const time = new Date(body.saved_at || Date.now()).toLocaleTimeString("vi", { hour: "2-digit", minute: "2-digit" });
        show("saved", form.dataset.saved.replace("{time}", time));
        for (const field of fields) field.removeAttribute("aria-invalid");
        if (body.total !== null) total.textContent = document.documentElement.lang === "vi" ? body.total.replace(".", ",") : body.total;
      } else if (answer.status === 412) {
        const marks = Object.entries(body.current).filter(([name, value]) => name !== "comment" && value !== null);
        version.value = body.version;
        show("stale", form.dataset.stale.replace("{marks}", marks.map(([name, value]) => `${name} ${value}`).join(", ")));
      } else if (answer.status >= 500 || answer.status === 429) {
        throw new Error("again");
      } else {
        show("wrong", body.errors ? form.dataset.wrong : `${body.title} ${body.detail}`);
        for (const problem of body.errors || []) form.elements[`mark-${problem.field}`]?.setAttribute("aria-invalid", "true");
      }
    } catch {
      show("retry", form.dataset.retry);
      later(wait);
      wait = Math.min(wait * 2, 20000);
    } finally {
      sending = false;
      remember();
    }
    if (state.dataset.state === "saved" && dirty()) later(0);
  }

  try {
    const kept = JSON.parse(localStorage.getItem(place) || "null");
    if (kept) {
      for (const field of fields) if (field.name in kept.values) field.value = kept.values[field.name];
      if (dirty()) {
        show("retry", form.dataset.unsaved);
        // Typed on top of an older version: the server compares, and a conflict shows both values.
        version.value = kept.version;
        later(0);
      } else localStorage.removeItem(place);
    }
  } catch { /* nothing readable was kept */ }

  form.addEventListener("input", () => { remember(); show("", ""); later(800); });
  form.addEventListener("change", () => later(0));
  form.addEventListener("save-now", () => later(0));
  form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); try { localStorage.removeItem(place); } catch { /* no storage */ } });
  addEventListener("online", () => later(0));
  addEventListener("beforeunload", (event) => { if (!leaving && dirty()) event.preventDefault(); });
}
