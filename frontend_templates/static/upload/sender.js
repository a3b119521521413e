// One file on its way to the server, by tus in parts of 8 MiB; says what happens in the states of the page.
import { mayPass, problemOf } from "./problems.js";
import { Speed } from "./speed.js";

const PART = 8 * 1024 * 1024;
const DELAYS = [0, 3000, 5000, 10000, 20000];
// No byte moved for so long: the connection is dead although nobody has said so. A slow one is given longer: what the
// phone's own buffers hold takes its time, and moves nothing that can be seen here.
const STALLED = { least: 45000, unknown: 120000, most: 300000 };
const PATIENCE = 60000; // after the delays, beside waiting for the network's return

export class Sender {
  // `changed(state, details)` hears of sending, paused, offline, retrying, stuck, sent, refused, late, unreadable.
  constructor(file, { endpoint, csrf, metadata, address = null, offset = 0 }, changed) {
    Object.assign(this, { file, endpoint, csrf, metadata, address, changed });
    this.out = this.accepted = offset; // bytes that left this browser, and those that the server holds for good
    this.speed = new Speed();
    this.pace = 0; // bytes that the server acknowledged, a millisecond
    this.state = "waiting";
    this.upload = null;
    this.timer = 0;
    this.again = () => { if (["offline", "stuck", "retrying"].includes(this.state)) this.start(); };
    this.lost = () => { if (["sending", "retrying", "stuck"].includes(this.state)) { this.halt(); this.tell("offline"); } };
    this.seen = () => { if (!document.hidden && navigator.onLine && this.state !== "retrying") this.again(); };
  }

  get code() { return this.address ? this.address.split("/").pop() : null; }

  get stalled() {
    if (!this.pace) return STALLED.unknown;
    return Math.min(STALLED.most, Math.max(STALLED.least, (2 * PART) / this.pace));
  }

  tell(state, details = {}) {
    this.state = state;
    this.changed(state, { sent: state === "sending" ? this.out : this.accepted, total: this.file.size, rate: this.speed.rate, ...details });
  }

  start() {
    this.halt();
    addEventListener("online", this.again);
    addEventListener("offline", this.lost);
    document.addEventListener("visibilitychange", this.seen);
    if (!navigator.onLine) { this.tell("offline"); return; }
    this.moved = this.heard = Date.now();
    this.timer = setInterval(() => { if (["sending", "retrying"].includes(this.state) && Date.now() - this.moved > this.stalled) this.start(); }, 5000);
    this.upload = this.makeUpload();
    this.tell("sending");
    this.upload.start();
  }

  pause() {
    this.leave();
    this.tell("paused");
  }

  halt() {
    clearInterval(this.timer);
    clearTimeout(this.timer);
    if (this.upload) this.upload.abort();
    this.upload = null;
  }

  leave() {
    this.halt();
    removeEventListener("online", this.again);
    removeEventListener("offline", this.lost);
    document.removeEventListener("visibilitychange", this.seen);
  }

  makeUpload() {
    const upload = new window.tus.Upload(this.file, {
      endpoint: this.endpoint,
      uploadUrl: this.address,
      metadata: this.metadata,
      headers: { "X-CSRFToken": this.csrf, Accept: "application/json" },
      chunkSize: PART,
      retryDelays: DELAYS,
      storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => { this.address = new URL(upload.url, location.href).pathname; },
      onProgress: (sent) => {
        if (this.upload !== upload) return;
        this.moved = Date.now();
        this.out = sent;
        this.speed.add(sent);
        this.tell("sending");
      },
      onChunkComplete: (size, accepted) => {
        this.accepted = accepted;
        this.pace = size / Math.max(1, Date.now() - this.heard);
        this.heard = Date.now();
      },
      onShouldRetry: (error, attempt) => {
        const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
        const retry = mayPass(status, error.originalRequest.getMethod()) && navigator.onLine;
        this.moved = Date.now();
        if (!status) this.checkReadable(upload);
        if (retry && this.upload === upload) this.tell("retrying", { wait: DELAYS[attempt] / 1000 });
        return retry;
      },
      onSuccess: () => {
        if (this.upload !== upload) return;
        this.leave();
        this.accepted = this.file.size;
        this.tell("sent");
      },
      onError: (error) => { if (this.upload === upload) this.failed(error); },
    });
    return upload;
  }

  async failed(error) {
    const answer = error.originalResponse;
    const status = answer ? answer.getStatus() : 0;
    if (status && !mayPass(status, error.originalRequest.getMethod())) {
      const { kind, text } = problemOf(status, answer.getBody()); // before the request is ended, which empties it
      this.leave();
      this.tell(kind, { text });
      return;
    }
    const upload = this.upload;
    if (!(await this.checkReadable(upload)) || this.upload !== upload) return;
    this.halt();
    this.tell(navigator.onLine ? "stuck" : "offline");
    this.timer = setTimeout(() => { if (this.state === "stuck") this.start(); }, PATIENCE);
  }

  // Browsers tell a file that was moved or changed since it was chosen as a broken connection.
  async checkReadable(upload) {
    const readable = await this.file.slice(-1).arrayBuffer().then(() => true, () => false);
    if (!readable && this.upload === upload) { this.leave(); this.tell("unreadable"); }
    return readable;
  }
}
