// Charts as SVG text. A chart is a plain description, as figures/chart.py says; figures/draw.py draws the same from it.

import { dayText, esc, letterOf, shortName } from "./format.js";
import { niceTicks, spread, tickLabels, timeTicks, valueRange } from "./scale.js";

/**
 * @typedef {{day: number, value: number|null, low: number|null, high: number|null, shape: number, late: boolean, label?: string, report?: any}} Mark
 * @typedef {{index: number, rows: (number|null)[][], label?: string, faint?: boolean, end?: number|null, open?: boolean[]}} Series
 * @typedef {{kind: string, w: number, h: number, x: number[], series: Series[], marks?: Mark[], asof?: number|null, ends?: string,
 *   span?: [number, number], ticks?: number[], n?: number, bare?: boolean, xs?: [number, string][], nx?: number, even?: number,
 *   zone?: [number, number], stale?: (number|null)[], left?: number, right?: number, top?: number, bottom?: number, name?: string}} Chart
 * @typedef {{w: number, h: number, left: number, right: number, top: number, bottom: number,
 *   days: [number, number], ticks: number[], labels: string[], word: string}} Frame
 */

/** Corners of reporters' marks, by shape: a circle, a triangle, a square, a diamond, plus and cross, a wedge, a hexagon. */
const SHAPES = [
  [], [[0, -1.15], [1.05, 0.75], [-1.05, 0.75]], [[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]], [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
  [], [], [[0, 1.15], [1.05, -0.75], [-1.05, -0.75]], [[-1.1, 0], [-0.55, -0.95], [0.55, -0.95], [1.1, 0], [0.55, 0.95], [-0.55, 0.95]],
];

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

/** @param {Series} s @returns {string} the classes of an account */
const colour = (s) => ` rl-${s.index % 6}${s.faint ? " rl-faint" : ""}`;

/** @param {Pick<Chart, "kind"|"series"|"marks"|"n">} c @returns {number[]} ticks that cover what is shown, and nothing else */
export function ticksFor(c) {
  let low = Infinity, high = -Infinity;
  const see = (/** @type {number|null} */ v) => {
    if (v === null || !Number.isFinite(v)) return;
    if (v < low) low = v;
    if (v > high) high = v;
  };
  for (const s of c.series) for (const row of s.faint && c.kind !== "runs" ? s.rows.slice(2, 3) : s.rows) row.forEach(see);
  for (const m of c.marks || []) { see(m.value); see(m.low); see(m.high); }
  return niceTicks(...valueRange(low, high), c.n || 5);
}

/** @param {Chart} c @returns {Frame} where things stand: margins are as wide as the labels in them need */
export function frameOf(c) {
  const ticks = c.ticks || ticksFor(c), { labels, word } = tickLabels(ticks), named = c.series.map((s) => shortName(s.label || "").length + 2);
  return { w: c.w, h: c.h, top: c.top ?? 26, bottom: c.bottom ?? 26, days: c.span || [c.x[0], c.x[c.x.length - 1]], ticks, labels, word,
    left: c.left ?? 14 + 7 * Math.max(...labels.map((l) => l.length)),
    right: c.right ?? (c.ends === "names" ? Math.min(208, 20 + 7.4 * Math.max(0, ...named)) : c.ends ? 26 : 8) };
}

/** @param {Frame} f @param {Chart} c @returns {string} */
function axes(f, c) {
  const end = f.w - f.right, base = f.h - f.bottom;
  let out = "";
  f.ticks.forEach((t, i) => {
    const y = py(f, t);
    out += `<path class="${i ? "rl-rule" : "rl-axis"}" d="M${at(f.left)} ${at(y)}H${at(end)}"/>`;
    if (!c.bare) out += `<text x="${at(f.left - 8)}" y="${at(y + 4)}" text-anchor="end">${f.labels[i]}</text>`;
  });
  for (const [day, label] of c.xs || timeTicks(f.days[0], f.days[1], c.nx || Math.max(2, Math.floor((end - f.left) / 76)))) {
    const x = px(f, day);
    out += `<path class="rl-axis" d="M${at(x)} ${at(base)}v4"/><text x="${at(x)}" y="${at(base + 18)}" text-anchor="middle">${label}</text>`;
  }
  return out;
}

/** @param {Frame} f @param {number} day @param {boolean} named @returns {string} the line of the as-of date */
function asofLine(f, day, named) {
  if (day < f.days[0] || day > f.days[1]) return "";
  const x = px(f, day), text = `as of ${dayText(day)}`, half = 3.2 * text.length;
  const middle = Math.min(Math.max(x, f.left + half - 20), f.w - half);
  return `<path class="rl-asof" d="M${at(x)} ${at(f.top - 8)}V${at(f.h - f.bottom)}"/>` +
    (named ? `<text class="rl-now" x="${at(middle)}" y="${at(f.top - 12)}" text-anchor="middle">${text}</text>` : "");
}

/** @param {Frame} f @param {number[]} x @param {(number|null)[]} row @returns {string} a path that leaves gaps open */
function path(f, x, row) {
  let out = "", pen = "M";
  x.forEach((d, i) => {
    const v = row[i];
    out += v === null ? "" : `${pen}${at(px(f, d))} ${at(py(f, v))}`;
    pen = v === null ? "M" : "L";
  });
  return out;
}

/** @param {number} low @param {number} high @param {string} kind @returns {(f: Frame, c: Chart, s: Series) => string} the area between two quantiles */
const band = (low, high, kind) => (f, c, s) => s.faint ? "" :
  `<path class="${kind}${colour(s)}" d="${path(f, c.x, s.rows[high])}L${path(f, c.x.slice().reverse(), s.rows[low].slice().reverse()).slice(1)}Z"/>`;

/** @param {string} kind @param {Series} s @param {string} d */
const curve = (kind, s, d) => `<path class="${kind}${colour(s)}" d="${d}"/>`;

/** @param {Frame} f @param {Chart} c @param {Series} s */
const median = (f, c, s) => curve("rl-line", s, path(f, c.x, s.rows[2]));

/** @param {Frame} f @param {Series} s @param {number[]} x @param {(number|null)[]} row @param {(number|null)[]} stale @returns {string} each value holds until the next, on a thin line while it is out of date; gaps stay open */
function stairs(f, s, x, row, stale) {
  let out = "", thin = "", held = "";
  x.forEach((d, i) => {
    const v = row[i], across = at(px(f, d)), y = v === null ? "" : at(py(f, v)), old = Math.min(stale[i - 1] ?? d, d);
    if (held) {
      out += `H${at(px(f, old))}`;
      if (old < d) {
        thin += `M${at(px(f, old))} ${held}H${across}`;
        out += y && `M${across} ${held}`;
      }
    }
    out += y && (held ? "V" : `M${across} `) + y;
    held = y;
  });
  return curve("rl-line", s, out) + (thin && curve("rl-line rl-thin", s, thin));
}

/** @param {Frame} f @param {Chart} c @param {Series} s what lies after the as-of date is faint */
function steps(f, c, s) {
  const x = c.x, row = s.rows[0], cut = Math.min(Math.max(c.asof ?? Infinity, x[0]), x[x.length - 1]);
  const next = x.filter((d) => d <= cut).length, held = row[next - 1], stale = c.stale ?? [], since = stale[next - 1] ?? null;
  return stairs(f, { ...s, faint: true }, [cut, ...x.slice(next)], [held, ...row.slice(next)], [since && Math.max(since, cut), ...stale.slice(next)]) +
    stairs(f, s, [...x.slice(0, next), cut], [...row.slice(0, next), held], stale);
}

/** @param {Frame} f @param {Chart} c @param {Series} s a line with its points, those that are not reliable hollow */
const dotted = (f, c, s) => curve("rl-line", s, path(f, c.x, s.rows[0])) + c.x.map((d, i) => {
  const v = s.rows[0][i];
  return v === null ? "" : `<circle class="rl-dot${colour(s)}${s.open && s.open[i] ? " rl-open" : ""}" cx="${at(px(f, d))}" cy="${at(py(f, v))}" r="4"/>`;
}).join("");

/** @param {Frame} f @param {Chart} c @param {Series} s bars of equal width, side by side */
const heaps = (f, c, s) => s.rows[0].map((v, i, { length: n }) => {
  const step = (f.days[1] - f.days[0]) / n, x = px(f, f.days[0] + step * i), y = py(f, v || 0);
  return v ? `<rect class="rl-bar${colour(s)}" x="${at(x + 1)}" y="${at(y)}" width="${at(px(f, f.days[0] + step) - f.left - 2)}" height="${at(py(f, 0) - y)}"/>` : "";
}).join("");

/** @param {Frame} f @param {Chart} _ @param {Series} s bins: chance given, share that happened, the range it would lie in, and how many */
const bins = (f, _, s) => /** @type {number[][]} */ (s.rows).map(([chance, share, low, high, n]) => {
  const x = at(px(f, chance)), y = py(f, share);
  return `<path class="rl-could" d="M${x} ${at(py(f, low))}V${at(py(f, high))}"/><circle class="rl-dot${colour(s)}" cx="${x}" cy="${at(y)}" r="4.5"/>` +
    `<text class="rl-count" x="${x}" y="${at(y + (2 * y < f.top + f.h - f.bottom ? 18 : -9))}" text-anchor="middle">${n}</text>`;
}).join("");

/** What is drawn of every account, one layer of all accounts above the other. @type {Record<string, ((f: Frame, c: Chart, s: Series) => string)[]>} */
const LAYERS = {
  fan: [band(0, 4, "rl-b9"), band(1, 3, "rl-b5"), median],
  small: [band(0, 4, "rl-b9"), median],
  runs: [(f, c, s) => s.rows.map((row) => curve("rl-run", s, path(f, c.x, row))).join("")],
  steps: [steps], lines: [dotted], places: [heaps], bins: [bins],
};

/** @param {Frame} f @param {Chart} c @returns {string} what lies behind: a shaded zone, where things would be if they were even, or as the chances say */
function behind(f, c) {
  const zone = c.zone ? `<rect class="rl-zone" x="${at(px(f, c.zone[0]))}" y="${at(f.top)}" width="${at(px(f, c.zone[1]) - px(f, c.zone[0]))}" height="${at(f.h - f.top - f.bottom)}"/>` : "";
  const level = c.even === undefined ? "" : `M${at(f.left)} ${at(py(f, c.even))}H${at(f.w - f.right)}`;
  const guide = c.kind === "bins" ? path(f, f.days, [f.ticks[0], f.ticks[f.ticks.length - 1]]) : level;
  return zone + axes(f, c) + (guide ? `<path class="rl-guide" d="${guide}"/>` : "");
}

/** @param {Frame} f @param {Chart} c @returns {string} names or letters where the lines end, moved apart */
function endLabels(f, c) {
  const ends = c.ends ? c.series.filter((s) => typeof s.end === "number") : [], x = f.w - f.right;
  const wanted = ends.map((s) => py(f, /** @type {number} */ (s.end))), placed = spread(wanted, 16, f.top, f.h - f.bottom);
  return ends.map((s, i) => {
    const own = ` rl-${s.index % 6}`, name = letterOf(s.index) + (c.ends === "names" ? " " + shortName(s.label || "") : "");
    return `<path class="rl-lead${own}" d="M${at(x + 2)} ${at(wanted[i])}L${at(x + 9)} ${at(placed[i])}"/>` +
      `<text class="rl-end${own}" x="${at(x + 12)}" y="${at(placed[i] + 4)}">${esc(name)}</text>`;
  }).join("");
}

/** @param {number} reporter by its place @param {number} x @param {number} y @param {number} r @returns {string} outline of a reporter's mark */
export function shapePath(reporter, x, y, r = 4.2) {
  const shape = reporter % SHAPES.length;
  if (!shape) return `M${at(x - r)} ${at(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  if (shape === 4) return `M${at(x - r)} ${at(y)}h${2 * r}M${at(x)} ${at(y - r)}v${2 * r}`;
  if (shape === 5) {
    const d = r * 0.8;
    return `M${at(x - d)} ${at(y - d)}l${at(2 * d)} ${at(2 * d)}m0 ${at(-2 * d)}l${at(-2 * d)} ${at(2 * d)}`;
  }
  return "M" + SHAPES[shape].map(([dx, dy]) => `${at(x + r * dx)} ${at(y + r * dy)}`).join("L") + "Z";
}

/** @param {Mark} m @returns {number|null} where a mark sits: its value, the middle of its bounds, or the one bound given */
export const markValue = (m) => m.value ?? (m.low !== null && m.high !== null ? (m.low + m.high) / 2 : m.low ?? m.high);

/** @param {Frame} f @param {Mark[]} marks @returns {string} smaller where there are many */
function markPaths(f, marks) {
  const r = marks.length > 60 ? 3.3 : 4.2;
  let out = "";
  for (const m of marks) {
    const x = px(f, m.day), v = markValue(m), late = m.late ? " rl-late" : "";
    if (v === null) continue;
    const ends = [m.low, m.value, m.high].filter((e) => e !== null).map((e) => py(f, /** @type {number} */ (e)));
    if (ends.length > 1) out += `<path class="rl-span${late}" d="M${at(x)} ${at(Math.max(...ends))}V${at(Math.min(...ends))}"/>`;
    out += `<path class="rl-mark${late}" d="${shapePath(m.shape, x, py(f, v), r)}">${m.label ? `<title>${esc(m.label)}</title>` : ""}</path>`;
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

/** @param {Chart} c @returns {string} one `<svg>` element; its looks are classes, its rules and colours those of figures/style.py */
export function draw(c) {
  const f = frameOf(c), shown = c.series.filter((s) => s.rows.length);
  return svg(f.w, f.h, behind(f, c) + LAYERS[c.kind].map((layer) => shown.map((s) => layer(f, c, s)).join("")).join("") +
    (typeof c.asof === "number" ? asofLine(f, c.asof, Boolean(c.ends)) : "") + markPaths(f, thinned(f, c.marks || [])) + endLabels(f, c), c.name);
}

/** @param {number} w @param {number} h @param {string} body @returns {string} */
export function svg(w, h, body, name = "") {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="rl" viewBox="0 0 ${at(w)} ${at(h)}" width="${at(w)}" height="${at(h)}" ` +
    (name ? `role="img" aria-label="${esc(name)}">` : `aria-hidden="true">`) + body + "</svg>";
}
