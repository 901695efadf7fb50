// One causal picture: boxes as buttons, arrows with signs under them. Where boxes stand is told; arrows bow around boxes.

import { at } from "./draw.js";
import { esc } from "./format.js";

/**
 * @typedef {{key: string, label: string, note: string, look: string, x: number, y: number, now?: boolean}} Box middle of a box, and what its look is
 * @typedef {{from: string, to: string, sign: number, slow?: boolean, width?: number}} Arrow between keys of boxes; sign 0 says nothing
 */

/** What stands at an arrow's head, by sign: nothing seen, more, less, it depends. */
export const SIGNS = ["○", "+", "−", "±"];

/** What is drawn now. */
let shown = "";

/** Where the middle of an arrow may be pulled to, as a share of its length across it. */
const BOWS = [0.1, 0.24, -0.24, 0.42, -0.42];

/**
 * @param {any} host @param {Box[]} boxes @param {Arrow[]} arrows @param {number} width @param {number} height
 * @param {[number, number]} size of a box
 */
export function drawCausal(host, boxes, arrows, width, height, [w, h]) {
  // Text without a border takes no more room than it needs.
  const sizes = new Map(boxes.map((b) => {
    const long = b.label.length * 6.7 + 10, isBare = "acpd".includes(b.look);
    return [b, [isBare ? Math.min(w, long) : w, isBare ? (long <= w ? 24 : 38) : h]];
  }));
  const by = new Map(boxes.map((b) => [b.key, b])), joined = new Set(arrows.map((a) => a.from + "\n" + a.to));
  const within = (/** @type {Box} */ b, /** @type {number[]} */ [x, y], pad = 0) => {
    const [wide, high] = /** @type {number[]} */ (sizes.get(b));
    return Math.abs(x - b.x) < wide / 2 + pad && Math.abs(y - b.y) < high / 2 + pad;
  };
  /** @type {number[][]} */
  const taken = [];
  const lines = arrows.map((arrow) => {
    const a = by.get(arrow.from), b = by.get(arrow.to);
    if (!a || !b || a === b) return "";
    const dx = b.x - a.x, dy = b.y - a.y, others = boxes.filter((o) => o !== a && o !== b);
    const bent = (/** @type {number} */ bow) => {
      const cx = (a.x + b.x) / 2 - dy * bow, cy = (a.y + b.y) / 2 + dx * bow, points = [];
      for (let i = 0; i <= 60; i++) {
        const t = i / 60, u = 1 - t;
        points.push([u * u * a.x + 2 * u * t * cx + t * t * b.x, u * u * a.y + 2 * u * t * cy + t * t * b.y]);
      }
      const line = points.filter((p) => !within(a, p, 2) && !within(b, p, 4));
      const hits = line.filter((p) => others.some((o) => within(o, p, 3)) || p[0] < 2 || p[1] < 2 || p[0] > width - 2 || p[1] > height - 2).length;
      return { line, cost: hits + Math.abs(bow) };
    };
    // Two boxes that act on each other get an arc each.
    const bows = joined.has(arrow.to + "\n" + arrow.from) ? [0.2, 0.34] : BOWS;
    const { line } = bows.map(bent).reduce((best, one) => (one.cost < best.cost ? one : best));
    if (line.length < 4) return "";
    const [ex, ey] = line[line.length - 1], [px, py] = line[line.length - 4], turn = Math.atan2(ey - py, ex - px);
    const tip = (/** @type {number} */ off) => `${at(ex - 8 * Math.cos(turn + off))} ${at(ey - 8 * Math.sin(turn + off))}`;
    const look = ["none", "more", "less", "both"][arrow.sign], ends = `data-a="${esc(arrow.from)}" data-b="${esc(arrow.to)}"`;
    const [sx, sy] = [1, -1, 2.1, -2.1].map((side) => [ex - 13 * Math.cos(turn) - 9 * side * Math.sin(turn), ey - 13 * Math.sin(turn) + 9 * side * Math.cos(turn)])
      .find((p) => !boxes.some((o) => within(o, p, 5)) && !taken.some((q) => Math.hypot(q[0] - p[0], q[1] - p[1]) < 12)) ?? [ex - 13 * Math.cos(turn), ey - 13 * Math.sin(turn)];
    taken.push([sx, sy]);
    const m = Math.floor(line.length / 2), mx = line[m][0], my = line[m][1], mt = Math.atan2(line[m][1] - line[m - 1][1], line[m][0] - line[m - 1][0]) + Math.PI / 2;
    const bar = (/** @type {number} */ s) => `M${at(mx + s * Math.sin(mt) + 5 * Math.cos(mt))} ${at(my - s * Math.cos(mt) + 5 * Math.sin(mt))}L${at(mx + s * Math.sin(mt) - 5 * Math.cos(mt))} ${at(my - s * Math.cos(mt) - 5 * Math.sin(mt))}`;
    return `<g class="arrow ${look}" ${ends}><path d="M${line.map((p) => p.map(at).join(" ")).join("L")}"${arrow.width ? ` style="stroke-width:${at(arrow.width)}"` : ""}/>` +
      (arrow.slow ? `<path class="wait" d="${bar(2)}${bar(-2)}"/>` : "") +
      `<path class="tip" d="M${at(ex)} ${at(ey)}L${tip(0.42)}L${tip(-0.42)}Z"/>` +
      (arrow.width ? "" : `<text x="${at(sx)}" y="${at(sy + 4)}" text-anchor="middle">${SIGNS[arrow.sign]}</text>`) + "</g>";
  }).join("");
  const html = `<svg class="rl" aria-hidden="true" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${lines}</svg>` + boxes.map((b) =>
    `<button type="button" class="box ${b.look}" data-key="${esc(b.key)}"${b.now ? ' aria-current="true"' : ""} style="left:${at(b.x - w / 2)}px;top:${at(b.y - h / 2)}px;width:${at(w)}px;height:${at(h)}px"><span>${esc(b.label)}<span class="${b.note[0] === " " ? "sub" : "vh"}">${esc(b.note)}</span></span></button>`).join("");
  if (html === shown) return;
  const held = /** @type {any} */ (document.activeElement)?.dataset.key, had = host.contains(document.activeElement);
  shown = html;
  host.style.height = height + "px";
  host.innerHTML = html;
  if (had) (boxes.some((b) => b.key === held) ? host.querySelector(`[data-key="${CSS.escape(held)}"]`) : host.querySelector("[aria-current]") ?? host.querySelector(".box"))?.focus({ preventScroll: true });
}

/** Arrows of the box under the pointer or with the focus stand out. @param {any} host */
export function startLighting(host) {
  const light = (/** @type {any} */ box) => {
    const key = box?.dataset.key;
    host.classList.toggle("lit", key !== undefined);
    for (const arrow of host.querySelectorAll(".arrow")) arrow.classList.toggle("on", arrow.dataset.a === key || arrow.dataset.b === key);
  };
  for (const [name, found] of /** @type {[string, (e: any) => any][]} */ ([["pointerover", (e) => e.target.closest(".box")], ["focusin", (e) => e.target.closest(".box")],
    ["pointerleave", () => null], ["focusout", () => null]])) host.addEventListener(name, (/** @type {any} */ e) => light(found(e)));
}
