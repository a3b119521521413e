// One kind of file: its buttons, its drop zone, its rows, and what becomes of the chosen files.
import { reasonAgainst } from "./checks.js";
import { firstDigest } from "./digest.js";
import * as queue from "./queue.js";
import { refresh } from "./refresh.js";
import { Row } from "./row.js";
import { Sender } from "./sender.js";
import { awaitCheck, csrf, endpoint, forget, uploads } from "./server_list.js";
import { say } from "./words.js";

const OPEN = ["waiting", "sending", "retrying", "offline", "stuck", "paused", "checking"];

export class UploadForm {
  constructor(form) {
    this.form = form;
    this.kind = form.dataset.kind;
    this.zone = form.querySelector(".upload-zone");
    this.list = form.querySelector(".upload-list");
    this.input = form.querySelector("input[type=file][name=file]");
    this.items = [];
    this.wanted = null; // the row whose file is chosen again
    form.classList.add("upload-live");
    form.addEventListener("submit", (event) => event.preventDefault());
    this.input.multiple = true;
    this.zone.hidden = false;
    for (const input of form.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => { this.take([...input.files]); input.value = ""; });
      input.addEventListener("cancel", () => { this.wanted = null; });
    }
    form.querySelector("[data-choose]").addEventListener("click", () => { this.wanted = null; this.input.click(); });
    form.querySelector("[data-record]")?.addEventListener("click", () => { this.wanted = null; form.querySelector("input[capture]").click(); });
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) this.zone.addEventListener(name, (event) => this.drag(event));
    this.allow(Number(form.dataset.left));
  }

  drag(event) {
    event.preventDefault();
    this.zone.toggleAttribute("data-over", event.type === "dragenter" || event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer) this.take([...event.dataTransfer.files]);
  }

  // How many files of this kind the entry still takes, by the page of the server.
  allow(left) {
    this.left = left;
    this.zone.hidden = left <= 0;
    const hint = this.form.querySelector("[data-left-words]");
    hint.textContent = left > 0 ? hint.dataset.leftWords.replace("{n}", String(left)) : say("full");
  }

  rule() {
    const { extensions, max, count } = this.form.dataset;
    const open = this.items.filter((item) => OPEN.includes(item.state)).length;
    return { extensions: extensions.split(" "), max: Number(max), count: Number(count), left: this.left - open };
  }

  // An upload that the server knows of: sent before, or being checked.
  found(upload) {
    const item = this.item(upload.file_name, upload.size ?? upload.offset);
    Object.assign(item, { code: upload.upload, first: upload.first, size: upload.size, offset: upload.offset });
    if (upload.state === "checking") this.check(item);
    else if ((item.checked = upload.state === "refused")) this.show(item, "refused", { text: [upload.problem?.title, upload.problem?.detail].filter(Boolean).join(" ") });
    else this.show(item, "found", { sent: upload.offset, total: upload.size });
  }

  item(name, size) {
    const item = { state: "new", sender: null, code: null, offset: 0 };
    item.row = new Row(this.list, name, size, (act) => this.act(item, act));
    this.items.push(item);
    return item;
  }

  async take(files) {
    const wanted = this.wanted;
    this.wanted = null;
    for (const file of files) await this.takeOne(file, wanted);
  }

  async takeOne(file, wanted) {
    let first = "";
    const reason = reasonAgainst(file, this.rule());
    if (!reason) first = await firstDigest(file).catch(() => "");
    const known = this.items.find((item) => ["found", "unreadable"].includes(item.state) && item.size === file.size && item.first === first && first);
    if (reason || !first) {
      const refused = this.item(file.name, file.size);
      this.show(refused, "refused", { text: reason || say("unreadable") });
      return;
    }
    if (wanted && wanted !== known) await this.leave(wanted);
    const item = known || this.item(file.name, file.size);
    const metadata = { filename: file.name, kind: this.kind, first };
    if (file.type) metadata.filetype = file.type;
    const address = known ? `${endpoint}/${known.code}` : null;
    Object.assign(item, { size: file.size, first });
    item.sender = new Sender(file, { endpoint, csrf, metadata, address, offset: item.offset }, (state, details) => this.heard(item, state, details));
    queue.add(item);
    if (wanted && wanted !== known) item.row.note(say("other"));
    this.show(item, "waiting");
    queue.goOn();
  }

  heard(item, state, details) {
    item.code = item.sender.code;
    item.offset = details.sent;
    if (state === "sent") this.check(item);
    else this.show(item, state, details);
    if (!["sending", "retrying"].includes(state)) queue.goOn();
  }

  check(item) {
    item.checked = true;
    this.show(item, "checking", { sent: item.size, total: item.size });
    awaitCheck(item.code, async (state, details) => {
      this.show(item, state, details);
      queue.remove(item);
      if (state === "done") await updated();
    });
  }

  show(item, state, details) {
    item.state = state;
    item.row.show(state, details);
  }

  act(item, name) {
    if (name === "pause") this.pause(item);
    if (name === "resume") { this.show(item, "waiting"); queue.goOn(); }
    if (name === "again") item.sender.start();
    if (name === "pick") { this.wanted = item; this.input.click(); }
    if (name === "drop") this.leave(item);
    if (name === "hide") this.leave(item, item.checked);
  }

  // The server may hold more than it had the time to say: the row tells what can be gone on from.
  async pause(item) {
    item.sender.pause();
    const known = await uploads();
    const upload = known && known.find((one) => one.upload === item.code);
    if (upload && item.state === "paused") this.show(item, "paused", { sent: upload.offset, total: item.size });
  }

  // Take the row off the page, and with `forgotten` what the server has of it.
  async leave(item, forgotten = true) {
    this.items.splice(this.items.indexOf(item), 1);
    item.row.remove();
    queue.remove(item);
    this.zone.querySelector("[data-choose]").focus();
    if (item.sender) item.sender.leave();
    if (forgotten && item.code) await forget(item.code);
    queue.goOn();
  }
}

export const forms = [];

// A file has arrived: the page's list, places and version follow.
async function updated() {
  const page = await refresh();
  if (!page) return;
  for (const form of forms) {
    const fresh = page.querySelector(`form[data-upload][data-kind="${CSS.escape(form.kind)}"]`);
    form.allow(fresh ? Number(fresh.dataset.left) : 0);
  }
}
