// Charts as SVG text with the classes of figures/style.py: fans, single runs, step lines, marks.

import { dayText, esc, letterOf, shortName } from "./format.js";
import { niceTicks, spread, tickLabels, timeTicks, valueRange } from "./scale.js";

/**
 * @typedef {{w: number, h: number, left: number, right: number, top: number, bottom: number,
 *   days: [number, number], ticks: number[]}} Frame
 * @typedef {{day: number, value: number|null, low: number|null, high: number|null, shape: number, late: boolean, report: any}} Mark
 */

export const SHAPES = ["circle", "triangle", "square", "diamond", "plus", "cross", "wedge", "hexagon"];

/** @param {Frame} f @param {number} day */
export const px = (f, day) => f.left + ((day - f.days[0]) / (f.days[1] - f.days[0] || 1)) * (f.w - f.left - f.right);

/** @param {Frame} f @param {number} value */
export const py = (f, value) => {
  const low = f.ticks[0], high = f.ticks[f.ticks.length - 1];
  return f.h - f.bottom - ((value - low) / (high - low)) * (f.h - f.bottom - f.top);
};

/** @param {Frame} f @param {number} x @returns {number} the day under a pixel */
export const dayAt = (f, x) => f.days[0] + ((x - f.left) / (f.w - f.left - f.right)) * (f.days[1] - f.days[0]);

export const at = (/** @type {number} */ v) => v.toFixed(1);

/** @param {number[][]} curves @param {Mark[]} marks @returns {number[]} ticks that cover what is shown, and nothing else */
export function ticksFor(curves, marks, n = 5) {
  let low = Infinity, high = -Infinity;
  const see = (/** @type {number|null} */ v) => {
    if (v === null || !Number.isFinite(v)) return;
    if (v < low) low = v;
    if (v > high) high = v;
  };
  for (const row of curves) for (const v of row) see(v);
  for (const m of marks) { see(m.value); see(m.low); see(m.high); }
  return niceTicks(...valueRange(low, high), n);
}

/** @param {Frame} f @param {{labels?: boolean, nx?: number, xs?: [number, string][]|null}} options @returns {string} */
export function axes(f, { labels = true, nx = 0, xs = null } = {}) {
  const end = f.w - f.right, base = f.h - f.bottom, names = tickLabels(f.ticks).labels;
  let out = "";
  f.ticks.forEach((t, i) => {
    const y = py(f, t);
    out += `<path class="${i ? "rl-rule" : "rl-axis"}" d="M${at(f.left)} ${at(y)}H${at(end)}"/>`;
    if (labels) out += `<text x="${at(f.left - 8)}" y="${at(y + 4)}" text-anchor="end">${names[i]}</text>`;
  });
  for (const [day, label] of xs || timeTicks(f.days[0], f.days[1], nx || Math.max(2, Math.floor((end - f.left) / 76)))) {
    const x = px(f, day);
    out += `<path class="rl-axis" d="M${at(x)} ${at(base)}v4"/><text x="${at(x)}" y="${at(base + 18)}" text-anchor="middle">${label}</text>`;
  }
  return out;
}

/** @param {Frame} f @param {number} day @param {boolean} named @returns {string} the line of the as-of date */
export function asofLine(f, day, named = true) {
  if (day < f.days[0] || day > f.days[1]) return "";
  const x = px(f, day), text = `as of ${dayText(day)}`, half = 3.2 * text.length;
  const middle = Math.min(Math.max(x, f.left + half - 20), f.w - half);
  return `<path class="rl-asof" d="M${at(x)} ${at(f.top - 8)}V${at(f.h - f.bottom)}"/>` +
    (named ? `<text class="rl-now" x="${at(middle)}" y="${at(f.top - 12)}" text-anchor="middle">${text}</text>` : "");
}

/** @param {Frame} f @param {number[]} days @param {number[]} values */
function points(f, days, values) {
  return days.map((d, i) => `${at(px(f, d))} ${at(py(f, values[i]))}`).join("L");
}

/** @param {Frame} f @param {number[]} days @param {number[]} low @param {number[]} high */
function area(f, days, low, high) {
  return `M${points(f, days, high)}L${points(f, days.slice().reverse(), low.slice().reverse())}Z`;
}

/** @param {Frame} f @param {number[]} days @param {import("./decode.js").Band[]} bands @param {boolean} half also the 50 % band */
export function fan(f, days, bands, half = true) {
  let out = "";
  for (const [low, high, kind] of /** @type {[number, number, string][]} */ ([[0, 4, "rl-b9"], [1, 3, "rl-b5"]])) {
    if (kind === "rl-b5" && !half) continue;
    for (const b of bands) if (b.q.length && !b.faint) out += `<path class="${kind} rl-${b.index % 6}" d="${area(f, days, b.q[low], b.q[high])}"/>`;
  }
  for (const b of bands) if (b.q.length) out += `<path class="rl-line rl-${b.index % 6}${b.faint ? " rl-faint" : ""}" d="M${points(f, days, b.q[2])}"/>`;
  return out;
}

/** @param {Frame} f @param {number[]} days @param {import("./decode.js").Runs[]} series */
export function runLines(f, days, series) {
  return series.map((s) => s.runs.map((row) => `<path class="rl-run rl-${s.index % 6}${s.faint ? " rl-faint" : ""}" d="M${points(f, days, row)}"/>`).join("")).join("");
}

/** @param {Frame} f @param {number[]} days @param {(number|null)[]} values @param {number} index @param {number} cut the as-of date */
export function stepLine(f, days, values, index, cut) {
  const path = (/** @type {[number, number|null][]} */ list) => {
    let out = "", up = true;
    for (const [d, v] of list) {
      if (v === null) { out += up ? "" : `H${at(px(f, d))}`; up = true; continue; }
      out += up ? `M${at(px(f, d))} ${at(py(f, v))}` : `H${at(px(f, d))}V${at(py(f, v))}`;
      up = false;
    }
    return out;
  };
  cut = Math.min(Math.max(cut, days[0]), days[days.length - 1]);
  const held = days.filter((d) => d <= cut).length - 1;
  /** @type {[number, number|null][]} */
  const pairs = days.map((d, i) => [d, values[i]]);
  const before = [...pairs.slice(0, held + 1), /** @type {[number, number|null]} */ ([cut, values[held]])];
  const after = [/** @type {[number, number|null]} */ ([cut, values[held]]), ...pairs.slice(held + 1)];
  const colour = `rl-${index % 6}`;
  return `<path class="rl-line rl-faint ${colour}" d="${path(after)}"/><path class="rl-line ${colour}" d="${path(before)}"/>`;
}

/** @param {Frame} f @param {{label: string, index: number, value: number}[]} ends @param {boolean} full names, or letters only */
export function endLabels(f, ends, full) {
  const wanted = ends.map((e) => py(f, e.value)), placed = spread(wanted, 16, f.top, f.h - f.bottom), x = f.w - f.right;
  return ends.map((e, i) => {
    const colour = `rl-${e.index % 6}`, name = letterOf(e.index) + (full ? " " + shortName(e.label) : "");
    return `<path class="rl-lead ${colour}" d="M${at(x + 2)} ${at(wanted[i])}L${at(x + 9)} ${at(placed[i])}"/>` +
      `<text class="rl-end ${colour}" x="${at(x + 12)}" y="${at(placed[i] + 4)}">${esc(name)}</text>`;
  }).join("");
}

/** @param {string} shape @param {number} x @param {number} y @param {number} r @returns {string} outline of a reporter's mark */
export function shapePath(shape, x, y, r = 4.2) {
  if (shape === "circle") return `M${at(x - r)} ${at(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  if (shape === "plus") return `M${at(x - r)} ${at(y)}h${2 * r}M${at(x)} ${at(y - r)}v${2 * r}`;
  if (shape === "cross") {
    const d = r * 0.8;
    return `M${at(x - d)} ${at(y - d)}l${at(2 * d)} ${at(2 * d)}m0 ${at(-2 * d)}l${at(-2 * d)} ${at(2 * d)}`;
  }
  /** @type {Record<string, number[][]>} */
  const corners = {
    triangle: [[0, -1.15], [1.05, 0.75], [-1.05, 0.75]],
    wedge: [[0, 1.15], [1.05, -0.75], [-1.05, -0.75]],
    square: [[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]],
    diamond: [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
    hexagon: [[-1.1, 0], [-0.55, -0.95], [0.55, -0.95], [1.1, 0], [0.55, 0.95], [-0.55, 0.95]],
  };
  return "M" + corners[shape].map(([dx, dy]) => `${at(x + r * dx)} ${at(y + r * dy)}`).join("L") + "Z";
}

/** @param {Mark} m @returns {number|null} where a mark sits: its value, the middle of its bounds, or the one bound given */
export const markValue = (m) => m.value ?? (m.low !== null && m.high !== null ? (m.low + m.high) / 2 : m.low ?? m.high);

/** @param {Frame} f @param {Mark[]} marks @returns {string} smaller where there are many */
export function markPaths(f, marks) {
  const r = marks.length > 60 ? 3.3 : 4.2;
  let out = "";
  for (const m of marks) {
    const x = px(f, m.day), v = markValue(m), late = m.late ? " rl-late" : "";
    if (v === null) continue;
    const ends = [m.low, m.value, m.high].filter((e) => e !== null).map((e) => py(f, /** @type {number} */ (e)));
    if (ends.length > 1) out += `<path class="rl-span${late}" d="M${at(x)} ${at(Math.max(...ends))}V${at(Math.min(...ends))}"/>`;
    out += `<path class="rl-mark${late}" d="${shapePath(SHAPES[m.shape % SHAPES.length], x, py(f, v), r)}"/>`;
  }
  return out;
}

/** @param {Frame} f @param {Mark[]} marks @returns {Mark[]} marks of one reporter at least 7 px apart, so that each can be seen */
export function thinned(f, marks) {
  /** @type {Map<string, number>} */
  const last = new Map();
  return marks.filter((m) => {
    const x = px(f, m.day), key = `${m.shape} ${m.late}`, before = last.get(key);
    if (before !== undefined && Math.abs(x - before) < 7) return false;
    last.set(key, x);
    return true;
  });
}

/** @param {number} w @param {number} h @param {string} body @returns {string} */
export function svg(w, h, body, name = "") {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="rl" viewBox="0 0 ${at(w)} ${at(h)}" width="${at(w)}" height="${at(h)}" ` +
    (name ? `role="img" aria-label="${esc(name)}">` : `aria-hidden="true">`) + body + "</svg>";
}
