// One causal picture: boxes as buttons, arrows with signs under them. Where boxes stand is told; arrows bow around boxes.

import { at } from "./draw.js";
import { esc } from "./format.js";
import { putHtml } from "./page.js";

/**
 * @typedef {{key: string, label: string, note: string, look: string, x: number, y: number, now?: boolean}} Box middle of a box, and what its look is
 * @typedef {{from: string, to: string, sign: number, slow?: boolean, width?: number}} Arrow between keys of boxes; sign 0 says nothing
 */

/** What stands at an arrow's head, by sign: nothing seen, more, less, it depends. */
export const SIGNS = ["○", "+", "−", "±"];

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
    const others = boxes.filter((o) => o !== a && o !== b);
    const bent = (/** @type {number} */ bow) => {
      const cx = (a.x + b.x) / 2 - (b.y - a.y) * bow, cy = (a.y + b.y) / 2 + (b.x - a.x) * bow;
      const line = Array.from({ length: 61 }, (_, i) => {
        const t = i / 60, u = 1 - t;
        return [u * u * a.x + 2 * u * t * cx + t * t * b.x, u * u * a.y + 2 * u * t * cy + t * t * b.y];
      }).filter((p) => !within(a, p, 2) && !within(b, p, 4));
      const hits = line.filter((p) => others.some((o) => within(o, p, 3)) || p[0] < 2 || p[1] < 2 || p[0] > width - 2 || p[1] > height - 2);
      return { line, cost: hits.length + Math.abs(bow) };
    };
    // Two boxes that act on each other get an arc each.
    const bows = joined.has(arrow.to + "\n" + arrow.from) ? [0.2, 0.34] : BOWS;
    const { line } = bows.map(bent).reduce((best, one) => (one.cost < best.cost ? one : best));
    if (line.length < 4) return "";
    /** What lies at a place of the line, turned along it. @param {number} i @param {number} back @param {string} kind @param {string} d */
    const upon = (i, back, kind, d) => `<path class="${kind}" d="${d}" transform="translate(${line[i].map(at)}) rotate(${at(turnAt(i, back) * 180 / Math.PI)})"/>`;
    const turnAt = (/** @type {number} */ i, /** @type {number} */ back) => Math.atan2(line[i][1] - line[i - back][1], line[i][0] - line[i - back][0]);
    const end = line.length - 1, turn = turnAt(end, 3), middle = line.length >> 1;
    const beside = (/** @type {number} */ side) => [line[end][0] - 13 * Math.cos(turn) - 9 * side * Math.sin(turn), line[end][1] - 13 * Math.sin(turn) + 9 * side * Math.cos(turn)];
    const spot = [1, -1, 2.1, -2.1].map(beside).find((p) => !boxes.some((o) => within(o, p, 5)) && !taken.some((q) => Math.hypot(q[0] - p[0], q[1] - p[1]) < 12)) ?? beside(0);
    taken.push(spot);
    return `<g class="arrow ${["none", "more", "less", "both"][arrow.sign]}" data-a="${esc(arrow.from)}" data-b="${esc(arrow.to)}"><path d="M${
      line.map((p) => p.map(at).join(" ")).join("L")}"${arrow.width ? ` style="stroke-width:${at(arrow.width)}"` : ""}/>` +
      (arrow.slow ? upon(middle, 1, "wait", "M-2 5V-5M2 5V-5") : "") + upon(end, 3, "tip", "M0 0L-7.3 3.3V-3.3Z") +
      (arrow.width ? "" : `<text x="${at(spot[0])}" y="${at(spot[1] + 4)}" text-anchor="middle">${SIGNS[arrow.sign]}</text>`) + "</g>";
  }).join("");
  const html = `<svg class="rl" aria-hidden="true" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${lines}</svg>` + boxes.map((b) =>
    `<button type="button" class="box ${b.look}" data-key="${esc(b.key)}"${b.now ? ' aria-current="true"' : ""} style="left:${at(b.x - w / 2)}px;top:${at(b.y - h / 2)}px;width:${at(w)}px;height:${at(h)}px"><span>${esc(b.label)}<span class="${b.note[0] === " " ? "sub" : "vh"}">${esc(b.note)}</span></span></button>`).join("");
  const focus = /** @type {any} */ (document.activeElement), had = host.contains(focus), find = (/** @type {string} */ selector) => host.querySelector(selector);
  host.style.height = height + "px";
  if (putHtml(host, html) && had) (find(`[data-key="${CSS.escape(focus.dataset.key)}"]`) ?? find("[aria-current]") ?? find(".box"))?.focus({ preventScroll: true });
}

/** Arrows of the box under the pointer or with the focus stand out. @param {any} host */
export function startLighting(host) {
  for (const type of ["pointerover", "pointerleave", "focusin", "focusout"]) host.addEventListener(type, (/** @type {any} */ event) => {
    const key = type === "focusout" ? undefined : event.target.closest(".box")?.dataset.key;
    host.classList.toggle("lit", key !== undefined);
    for (const arrow of host.querySelectorAll(".arrow")) arrow.classList.toggle("on", arrow.dataset.a === key || arrow.dataset.b === key);
  });
}
