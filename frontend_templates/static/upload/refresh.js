// Brings the page's list of files, its form of submitting and its version up to date without leaving the page.
const twin = (page, part) => page.querySelector(`[data-fresh="${part.dataset.fresh}"]`);
const asSaved = (form) => ["title", "category", "authors"].map((name) => {
  const field = form.elements[name];
  return field.options ? [...field.options].find((option) => option.defaultSelected)?.value : field.defaultValue;
}).join("\n");

// Replace every part named by data-fresh; resolves to the fresh page, or to null when it could not be had. One at a
// time, so that an older answer never comes over a newer one.
let last = Promise.resolve();
export const refresh = () => { last = last.then(bring); return last; };

async function bring() {
  const address = document.querySelector("[data-page]").dataset.page;
  let page = null;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch { return null; }
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const other = twin(page, part);
    if (!other) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.tagName : "";
    const put = document.importNode(other, true);
    part.replaceWith(put);
    if (focused) put.querySelector(focused)?.focus();
  }
  const form = document.querySelector("form[data-text]");
  const other = page.querySelector("form[data-text]");
  // The version moves on by itself only while nobody else has changed the text: else saving has to show both.
  if (form && other && asSaved(form) === asSaved(other)) form.elements.version.value = other.elements.version.value;
  return page;
}
