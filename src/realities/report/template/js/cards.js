// The reading, the account cards and the as-of bar.

import { dayText, esc, grouped, shownWeight } from "./format.js";
import { all, el, put, show, throttled } from "./page.js";
import { nearest } from "./state.js";
import { hindsight, reading, weighingAt, weightsShown } from "./words.js";

/** @param {import("./page.js").App} app @returns {() => void} draws the cards and the bar */
export function startCards(app) {
  const { P } = app, slider = el("asof"), ticks = el("asof-ticks");
  // One tick for each report; days of publication with several reports get one tick of their own.
  const published = new Set();
  for (const q of app.quantities) for (const r of q.reports) published.add(r.published);
  const days = Array.from(published).sort((a, b) => a - b), last = P.dates[P.dates.length - 1];
  const first = Math.min(P.dates[0], ...days.slice(0, 1));
  slider.min = String(first);
  slider.max = String(last);
  slider.step = "1";
  show(slider, true);

  const speak = throttled(() => {
    const html = reading(P, app.state.date).map(([text, strong]) => (strong ? `<strong>${esc(text)}</strong>` : esc(text))).join("");
    if (el("reading").dataset.said !== html) {
      el("reading").dataset.said = html;
      el("reading").innerHTML = html;
    }
  }, 500);

  slider.addEventListener("input", () => app.set({ date: nearest(P, Number(slider.value)) }));
  slider.addEventListener("change", () => { slider.value = String(P.dates[app.state.date]); });
  slider.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const to = moved(P, app.state.date, event.key);
    if (to === null) return;
    event.preventDefault();
    app.set({ date: to });
  });

  const drawTicks = () => {
    const width = ticks.clientWidth, x = (/** @type {number} */ d) => 9 + ((d - first) / (last - first || 1)) * (width - 18);
    const line = (/** @type {number[]} */ list) => Array.from(new Set(list.map((d) => x(d).toFixed(0)))).map((at) => `M${at} 0v9`).join("");
    const now = app.day();
    ticks.innerHTML = `<path class="will" d="${line(days.filter((d) => d > now))}"/><path class="was" d="${line(days.filter((d) => d <= now))}"/>` +
      P.dates.map((/** @type {number} */ d) => `<circle class="stop" cx="${x(d).toFixed(1)}" cy="12.5" r="1.6"/>`).join("");
  };

  return () => {
    const w = weighingAt(P, app.state.date), day = app.day(), shown = weightsShown(P, w.weights);
    speak();
    P.accounts.forEach((/** @type {any} */ account, /** @type {number} */ k) => {
      const reliable = w.fits[k].reliable, html = reliable ? `<b>${esc(shownWeight(shown[k]))}</b> in 100` : "<em>not reliable</em>";
      const node = el(`weight-${k}`);
      if (node.dataset.said !== html) { node.dataset.said = html; node.innerHTML = html; }
      el(`meter-${k}`).style.width = `${reliable ? shown[k] : 0}%`;
      const stamp = hindsight(account, day);
      put(el(`stamp-${k}`), stamp);
      show(el(`stamp-${k}`), stamp !== "");
    });
    const used = grouped(String(w.used)), total = grouped(String(weighingAt(P, P.dates.length - 1).used));
    put(el("asof-day"), dayText(day));
    put(el("asof-count"), `${used} of ${total} reports`);
    if (Number(slider.value) !== day) slider.value = String(day);
    slider.setAttribute("aria-valuetext", `${dayText(day)}, ${used} of ${total} reports published`);
    slider.style.setProperty("--fill", `${((day - first) / (last - first || 1)) * 100}%`);
    drawTicks();
    for (const node of all("[data-asof]")) put(node, dayText(day));
  };
}

/** @param {any} P @param {number} date @param {string} key @returns {number|null} the date a key leads to, null for other keys */
export function moved(P, date, key) {
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -3, PageUp: 3, Home: -P.dates.length, End: P.dates.length };
  return key in steps ? Math.min(Math.max(date + steps[key], 0), P.dates.length - 1) : null;
}
