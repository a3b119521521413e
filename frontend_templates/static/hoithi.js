// Makes pages nicer; every page works without it. One job a block.
(() => {
  "use strict";
  const vietnamese = document.documentElement.lang === "vi";

  // A form is sent once; coming back to the page frees it again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) return event.preventDefault();
    if (event.defaultPrevented || form.method === "get" || form.dataset.again !== undefined) return;
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) button.setAttribute("aria-disabled", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    }
  });

  // The tab of this page is in sight.
  for (const tab of document.querySelectorAll(".tabs [aria-current], .site-nav [aria-current]")) {
    const bar = tab.closest("nav");
    bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.clientWidth) / 2;
  }

  // The summary of errors is read first.
  document.querySelector("[data-focus]")?.focus();

  // Print, copy, and the buttons beside a score.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.print !== undefined) window.print();
    if (button.dataset.copy !== undefined) {
      const label = button.querySelector("span") || button;
      const before = label.textContent;
      try {
        await navigator.clipboard.writeText(button.dataset.copy || location.href);
        label.textContent = button.dataset.copied || "✓";
        setTimeout(() => (label.textContent = before), 2000);
      } catch { /* the text stands on the page */ }
    }
    if (button.dataset.change) changeScore(button, Number(button.dataset.change));
    if (button.dataset.set) setScore(button.closest("[data-score]"), button.dataset.set);
  });

  // Points are counted in whole steps, so that 0.1 + 0.2 cannot go astray.
  function changeScore(button, change) {
    const row = button.closest("[data-score]");
    const digits = (row.dataset.step.split(".")[1] || "").length;
    const scale = 10 ** digits;
    const step = Math.round(Number(row.dataset.step) * scale);
    const top = Math.round(Number(row.dataset.max) * scale);
    const typed = row.querySelector("input").value.trim().replace(",", ".");
    const now = typed === "" || Number.isNaN(Number(typed)) ? (change > 0 ? -step : step) : Math.round(Number(typed) * scale);
    const next = Math.min(top, Math.max(0, now + change * step));
    const text = (next / scale).toFixed(digits).replace(/\.?0+$/, digits ? "" : "$&");
    setScore(row, vietnamese ? text.replace(".", ",") : text);
  }
  function setScore(row, text) {
    const box = row.querySelector("input");
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // An open menu closes with Escape or a click elsewhere.
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // Deadlines run by the server's clock: the page brings its time along.
  const clocks = [...document.querySelectorAll("[data-countdown]")];
  const two = (n) => String(n).padStart(2, "0");
  function words(seconds, exact) {
    const d = Math.floor(seconds / 86400), h = Math.floor(seconds / 3600) % 24, m = Math.floor(seconds / 60) % 60, s = seconds % 60;
    const time = exact ? `${two(h)}:${two(m)}:${two(s)}` : `${two(h)}:${two(m)}`;
    if (d) return vietnamese ? `${d} ngày ${time}` : `${d} ${d === 1 ? "day" : "days"} ${time}`;
    if (h && exact) return time;
    if (h) return vietnamese ? `${h} giờ ${two(m)} phút` : `${h} h ${two(m)} min`;
    return `${two(m)}:${two(s)}`;
  }
  function tick() {
    for (const clock of clocks) {
      const left = Math.floor((Date.parse(clock.dataset.countdown) - Date.now() + skew(clock)) / 1000);
      if (left >= 0) clock.textContent = vietnamese ? `còn ${words(left, clock.dataset.seconds !== undefined)}` : `${words(left, clock.dataset.seconds !== undefined)} left`;
      else clock.textContent = vietnamese ? "đã hết hạn" : "closed";
      clock.parentElement.classList.toggle("countdown-over", left < 0);
    }
  }
  // The server's time came with the first byte of the page, not when its last script was loaded.
  const arrival = performance.getEntriesByType("navigation")[0]?.responseStart;
  const loaded = arrival ? performance.timeOrigin + arrival : Date.now();
  const skew = (clock) => loaded - Date.parse(clock.dataset.now);
  if (clocks.length) { tick(); setInterval(tick, 1000); }

  // Browsers inside Zalo and Facebook break large uploads: show the advice that the page keeps ready.
  if (/FBAN|FBAV|Zalo/i.test(navigator.userAgent)) for (const advice of document.querySelectorAll("[data-in-app]")) advice.hidden = false;
})();
