// Axes: round ticks, month ticks, labels that keep apart. The same rules as figures/axes.py.

import { MONTHS, dateOf, grouped } from "./format.js";

/** @param {number} low @param {number} high @param {number} n @returns {number[]} */
export function niceTicks(low, high, n = 5) {
  if (!(high > low)) high = low + (Math.abs(low) || 1);
  const raw = (high - low) / n, power = 10 ** Math.floor(Math.log10(raw));
  const step = (/** @type {number} */ ([1, 2, 2.5, 5, 10].find((m) => m * power >= raw * 0.999))) * power;
  const ticks = [];
  for (let i = Math.floor(low / step + 1e-9); i <= Math.ceil(high / step - 1e-9); i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** @param {number} low @param {number} high @returns {[number, number]} zero kept unless all data sit above 55 % of the maximum, and no negative axis for a small dip */
export function valueRange(low, high) {
  if (!(low <= high)) return [0, 1];
  if (low >= -0.02 * high && low <= 0.55 * high) low = 0;
  else if (high <= 0 && high >= 0.55 * low) high = 0;
  return [low, high > low ? high : low + (Math.abs(low) || 1)];
}

/** @param {number[]} ticks @returns {{labels: string[], word: string}} */
export function tickLabels(ticks) {
  const largest = Math.max(...ticks.map(Math.abs));
  const [scale, word] = /** @type {[number, string]} */ (largest >= 1e9 ? [1e9, "billion"] : largest >= 1e6 ? [1e6, "million"] : [1, ""]);
  const step = ticks.length > 1 ? (ticks[1] - ticks[0]) / scale : 1;
  let decimals = 0;
  while (decimals < 8 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) >= 1e-6) decimals++;
  const labels = ticks.map((t) => {
    const [whole, part] = Math.abs(t / scale).toFixed(decimals).split(".");
    return (t < 0 ? "−" : "") + grouped(Number(whole)) + (part ? "." + part : "");
  });
  return { labels, word };
}

/** @param {number} first @param {number} last @param {number} n @returns {[number, string][]} starts of months or years */
export function timeTicks(first, last, n) {
  const steps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000];
  const step = steps.find((s) => last - first <= 30.4375 * n * s) ?? 12000, start = dateOf(first);
  /** @type {[number, string][]} */
  const ticks = [];
  for (let i = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step; ; i += step) {
    const at = new Date(0), year = Math.floor(i / 12), month = i % 12;
    at.setUTCFullYear(year, month, 1);
    const day = at.getTime() / 86400000;
    if (!(day <= last)) return ticks;
    if (day < first) continue;
    const named = month ? MONTHS[month] : String(year);
    ticks.push([day, ticks.length || !month ? named : `${named} ${year}`]);
  }
}

/** @param {number[]} wanted @param {number} gap @param {number} low @param {number} high @returns {number[]} */
export function spread(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const placed = wanted.slice();
  let least = low, most = high;
  for (const i of order) least = gap + (placed[i] = Math.max(placed[i], least));
  for (const i of order.reverse()) most = (placed[i] = Math.min(placed[i], most)) - gap;
  return placed;
}
