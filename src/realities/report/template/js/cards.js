// The reading, the account cards and the as-of bar.

import { movesWeights } from "./asking.js";
import { dayText, esc, grouped, shownWeight } from "./format.js";
import { readingOf, shownWeighing, soundWeights, weightsOf } from "./inforce.js";
import { all, el, put, putHtml, show, throttled } from "./page.js";
import { hindsight, isOutdated, usedOn, weightsShown } from "./words.js";

/** @param {import("./page.js").App} app @returns {() => void} draws the cards and the bar */
export function startCards(app) {
  const { P } = app, slider = el("asof"), ticks = el("asof-ticks");
  // One tick for each day of publication; dots under days with weights.
  const { stops } = app, first = stops[0], last = P.as_of, weighed = P.weighings.map((/** @type {any} */ w) => w.day);
  slider.min = String(first);
  slider.max = String(last);
  slider.step = "1";
  show(slider, true);
  // What sticks below the bar has to know how high it is.
  new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${el("asof-bar").offsetHeight}px`)).observe(el("asof-bar"));

  const speak = throttled(() => putHtml(el("reading"), readingOf(app)), 500);

  slider.addEventListener("input", () => app.set({ day: nearest(stops, Number(slider.value)) }));
  slider.addEventListener("change", () => { slider.value = String(app.day()); });
  slider.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const to = moved(stops, app.day(), event.key);
    if (to === null) return;
    event.preventDefault();
    app.set({ day: to });
  });

  const drawTicks = () => {
    const width = ticks.clientWidth, x = (/** @type {number} */ d) => 9 + ((d - first) / (last - first || 1)) * (width - 18);
    const line = (/** @type {number[]} */ list) => [...new Set(list.map((d) => `M${x(d).toFixed(0)} 0v9`))].join("");
    const now = app.day();
    ticks.innerHTML = `<path class="will" d="${line(stops.filter((d) => d > now))}"/><path class="was" d="${line(stops.filter((d) => d <= now))}"/>` +
      weighed.map((/** @type {number} */ d) => `<circle class="stop" cx="${x(d).toFixed(1)}" cy="12.5" r="1.6"/>`).join("");
  };

  return () => {
    const day = app.day(), w = shownWeighing(app), moves = movesWeights(app), before = weightsShown(P, w.weights), sound = soundWeights(app);
    const shown = moves && app.answer ? weightsShown(P, app.answer.weights) : before;
    speak();
    P.accounts.forEach((/** @type {any} */ account, /** @type {number} */ k) => {
      const reliable = sound[k], stated = w.fits[k].reliable ? shownWeight(before[k]) : "?";
      const html = (reliable ? `<b>${esc(shownWeight(shown[k]))}</b> ` : moves ? '<b title="not reliable">?</b> ' : "<em>not reliable</em> ") +
        (moves ? `<span>with what-if; as stated ${esc(stated)}</span>` : reliable ? "in 100" : "");
      putHtml(el(`weight-${k}`), html);
      el(`meter-${k}`).style.width = `${reliable ? shown[k] : 0}%`;
      const stamp = hindsight(account, day);
      put(el(`stamp-${k}`), stamp);
      show(el(`stamp-${k}`), stamp !== "");
    });
    const used = grouped(usedOn(P, day)), total = grouped(usedOn(P, last));
    put(el("asof-day"), dayText(day));
    put(el("weights-of"), weightsOf(app, isOutdated(P, w.day, day)));
    put(el("asof-count"), `${used} of ${total} reports`);
    if (Number(slider.value) !== day) slider.value = String(day);
    slider.setAttribute("aria-valuetext", `${dayText(day)}, ${used} of ${total} reports published`);
    slider.style.setProperty("--fill", `${((day - first) / (last - first || 1)) * 100}%`);
    drawTicks();
    for (const node of all("[data-asof]")) put(node, dayText(day));
    // Why the leading account leads, and the largest steps of the weights, as of this day.
    for (const node of all("[data-from]")) show(node, node.dataset.from <= day && !(node.dataset.until <= day));
  };
}

/** An arrow key on the chart moves by so many days, or to the next stop if nothing lies between. */
export const WEEK = 7;

/** @param {number[]} stops @param {number} day @returns {number} the stop nearest to a day */
function nearest(stops, day) {
  return stops.reduce((best, d) => (Math.abs(d - day) < Math.abs(best - day) ? d : best), stops[0]);
}

/**
 * @param {number[]} stops @param {number} day @param {string} key @param {number} days an arrow moves over at most; 0: to the next stop
 * @returns {number|null} the day a key leads to, null for other keys
 */
export function moved(stops, day, key, days = 0) {
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
  const last = stops.length - 1;
  if (key === "Home") return stops[0];
  if (key === "End") return stops[last];
  if (!(key in steps)) return null;
  const step = steps[key], before = stops.filter((d) => d < day).length, from = stops.filter((d) => d <= day).length;
  const stop = stops[Math.min(Math.max(step < 0 ? before + step : from + step - 1, 0), last)];
  return Math.abs(stop - day) < days ? Math.min(Math.max(day + Math.sign(step) * days, stops[0]), stops[last]) : stop;
}
