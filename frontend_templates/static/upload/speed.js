// How fast bytes leave and how long the rest takes, over the last 15 seconds: a phone's network changes by the minute.
const WINDOW = 15000;

export class Speed {
  constructor() { this.points = []; }

  // `sent` bytes are out now; a step back (a cut) begins anew.
  add(sent, now = performance.now()) {
    const last = this.points[this.points.length - 1];
    if (last && sent < last.sent) this.points = [];
    if (last && sent >= last.sent && now - last.now < 250) return;
    this.points.push({ sent, now });
    while (this.points.length > 2 && now - this.points[0].now > WINDOW) this.points.shift();
  }

  // Bytes a second; 0 while it is too early to tell.
  get rate() {
    const first = this.points[0];
    const last = this.points[this.points.length - 1];
    if (!first || last.now - first.now < 1000) return 0;
    return ((last.sent - first.sent) / (last.now - first.now)) * 1000;
  }
}
