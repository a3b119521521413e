// The files of this page in their order: one is sent at a time, the screen stays awake, closing the page is asked about.
const MOVING = ["sending", "retrying", "offline", "stuck"];
const items = [];
let lock = null;

const moving = () => items.some((item) => MOVING.includes(item.state));
const unsent = () => items.some((item) => item.state === "waiting" || MOVING.includes(item.state));

async function stayAwake() {
  if (!navigator.wakeLock || document.hidden) return;
  if (moving() && !lock) {
    lock = navigator.wakeLock.request("screen").catch(() => null);
    const held = await lock;
    if (held) held.addEventListener("release", () => { lock = null; });
    else lock = null;
  } else if (!moving() && lock) {
    const held = await lock;
    lock = null;
    if (held) held.release();
  }
}

// Let the next one go when nothing moves; called after every change of a state.
export function goOn() {
  if (!moving()) {
    const next = items.find((item) => item.state === "waiting" && item.sender);
    if (next) next.sender.start();
  }
  stayAwake();
}

export const add = (item) => { if (!items.includes(item)) items.push(item); };
export const remove = (item) => { if (items.includes(item)) items.splice(items.indexOf(item), 1); };
export const all = () => items;

document.addEventListener("visibilitychange", stayAwake);
addEventListener("beforeunload", (event) => {
  if (!unsent()) return;
  event.preventDefault();
  // Whoever stays may send a form again: the page takes it for one that has been left.
  setTimeout(() => dispatchEvent(new Event("pageshow")), 0);
});
