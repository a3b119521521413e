// Films go on where this judge stopped, at the speed that was chosen; keys for speed and for a few seconds back.
"use strict";
const players = [...document.querySelectorAll("[data-player]")];
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const kept = (name) => { try { return Number(localStorage.getItem(name)); } catch { return 0; } };
const keep = (name, value) => { try { if (value === null) localStorage.removeItem(name); else localStorage.setItem(name, value); } catch { /* plays all the same */ } };

for (const player of players) {
  const source = player.getAttribute("src");
  const place = `hoithi:place:${source}`;
  const buttons = [...(player.nextElementSibling?.querySelectorAll("[data-speed]") || [])];
  let tries = 0;
  const speed = (value) => {
    player.playbackRate = value;
    for (const button of buttons) button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === value));
    keep("hoithi:speed", value);
  };
  const remember = () => { if (player.currentTime > 1 && !player.ended) keep(place, player.currentTime.toFixed(1)); };
  const goOn = () => {
    const before = kept(place);
    if (before > 1 && before < player.duration - 2) player.currentTime = before;
    player.playbackRate = kept("hoithi:speed") || 1;
  };

  for (const button of buttons) button.addEventListener("click", () => speed(Number(button.dataset.speed)));
  player.faster = (step) => {
    const at = SPEEDS.indexOf(player.playbackRate);
    speed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, (at < 0 ? 1 : at) + step))]);
  };
  speed(SPEEDS.includes(kept("hoithi:speed")) ? kept("hoithi:speed") : 1);
  if (player.readyState > 0) goOn(); else player.addEventListener("loadedmetadata", goOn);
  player.addEventListener("pause", remember);
  player.addEventListener("ended", () => keep(place, null));
  let last = 0;
  player.addEventListener("timeupdate", () => { if (Math.abs(player.currentTime - last) > 5) { last = player.currentTime; tries = 0; remember(); } });
  addEventListener("pagehide", remember);
  // A link of the store is good for a minute, and phones lose the network: ask for the same film again, and go on.
  player.addEventListener("error", () => {
    if (tries++ > 4) return;
    remember();
    setTimeout(() => { const playing = !player.paused; player.load(); if (playing) player.play().catch(() => {}); }, 1000 * tries);
  });
}

addEventListener("keydown", (event) => {
  const player = players.find((one) => !one.paused) || players[0];
  if (!player || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, video, audio")) return;
  // Arrows scroll the pages where those have the focus.
  if (event.key.startsWith("Arrow") && event.target.closest("[role=region]")) return;
  const work = {
    "[": () => player.faster(-1),
    "]": () => player.faster(1),
    ArrowLeft: () => { player.currentTime -= 5; },
    ArrowRight: () => { player.currentTime += 5; },
  }[event.key];
  if (work) { event.preventDefault(); work(); }
});
