// The page's words, sizes, shares and spans of time, as people of its language write them.
const kept = document.querySelector("#upload-words");
const texts = kept ? JSON.parse(kept.dataset.words) : {};

// The text that the page keeps under `name`, its {places} filled.
export const say = (name, values = {}) => (texts[name] || "").replace(/\{(\w+)\}/g, (place, key) => (key in values ? values[key] : place));

const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });

// 10,5 MB: binary units, one decimal, as the server writes them; never broken between figure and unit.
export function bytes(size) {
  let unit = 0;
  for (; size >= 1024 && unit < 4; unit += 1) size /= 1024;
  return `${number.format(size)}\u00a0${["B", "KB", "MB", "GB", "TB"][unit]}`;
}

export const percent = (done, total) => (total ? Math.floor((done / total) * 100) : 0);

// About how long: 40 seconds, 12 minutes, 1 hour 5 minutes.
export function span(seconds) {
  if (seconds < 60) return say("seconds", { n: Math.max(1, Math.round(seconds)) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return say("minutes", { n: minutes });
  return say("hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}
