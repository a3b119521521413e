// A file's row on the page: name, bar, what happens in words, and the buttons that make sense now.
import { bytes, percent, say, span } from "./words.js";

const BUTTONS = {
  waiting: ["drop"],
  sending: ["pause", "drop"],
  retrying: ["pause", "drop"],
  offline: ["drop"],
  stuck: ["again", "drop"],
  paused: ["resume", "drop"],
  found: ["pick", "drop"],
  refused: ["hide"],
  late: ["hide"],
  unreadable: ["pick", "drop"],
};
const WITH_BAR = ["sending", "retrying", "offline", "stuck", "paused", "found", "unreadable", "checking"];
const live = document.querySelector("#upload-live");

export class Row {
  // `act(name)` hears which button was pressed: pause, resume, again, pick, drop, hide.
  constructor(list, name, size, act) {
    this.node = document.querySelector("#upload-row").content.firstElementChild.cloneNode(true);
    this.name = name;
    const find = (kind) => this.node.querySelector(`.upload-${kind}`);
    [this.said, this.bar, this.doing] = [find("said"), find("bar"), find("do")];
    find("name").textContent = name;
    find("size").textContent = bytes(size);
    for (const button of this.doing.children) button.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: `: ${name}` }));
    this.doing.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) act(button.dataset.do);
    });
    list.append(this.node);
    list.hidden = false;
  }

  show(state, { sent = 0, total = 0, rate = 0, wait = 0, text = "" } = {}) {
    const share = percent(sent, total);
    const left = rate > 0 ? say("left", { speed: bytes(rate), span: span((total - sent) / rate) }) : "";
    const words = text || say(state, { percent: share, sent: bytes(sent), total: bytes(total), wait });
    const changed = this.node.dataset.state !== state;
    this.said.textContent = state === "sending" ? [words, left].filter(Boolean).join(" · ") : words;
    this.bar.hidden = !WITH_BAR.includes(state);
    if (state === "checking") this.bar.removeAttribute("value");
    else this.bar.value = share;
    const quarter = Math.floor(share / 25);
    if (changed || (state === "sending" && quarter > this.quarter)) live.textContent = `${this.name}: ${words}`;
    this.quarter = quarter;
    if (!changed) return;
    const focused = this.doing.contains(document.activeElement);
    this.node.dataset.state = state;
    for (const button of this.doing.children) button.hidden = !(BUTTONS[state] || []).includes(button.dataset.do);
    this.doing.hidden = !BUTTONS[state];
    // The pressed button may be gone: the keyboard stays in the row.
    if (focused && document.activeElement === document.body) (this.doing.querySelector("button:not([hidden])") || this.node).focus();
  }

  // Something beside the state that stays to be read.
  note(text) {
    this.node.querySelector(".upload-note").textContent = text;
    this.node.querySelector(".upload-note").hidden = false;
    live.textContent = `${this.name}: ${text}`;
  }

  remove() {
    const list = this.node.parentElement;
    this.node.remove();
    list.hidden = !list.children.length;
  }
}
