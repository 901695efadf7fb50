// How far the weights can be trusted, and how the accounts fared: curves over the width of the priors,
// where the next reports fell, reliability diagrams. All as of the last date.

import { at, axes, endLabels, px, py, svg } from "./draw.js";
import { letterOf, numberText, shortName } from "./format.js";
import { all, el, show } from "./page.js";
import { niceTicks } from "./scale.js";

/** @typedef {import("./draw.js").Frame} Frame */

const WIDTHS = /** @type {[number, string][]} */ ([[-2, "¼"], [-1, "½"], [0, "1"], [1, "2"], [2, "4"]]);
const HUNDRED = /** @type {[number, string][]} */ ([[0, "0"], [50, "50"], [100, "100"]]);

/** @param {import("./page.js").App} app */
export function startTrust(app) {
  for (const button of all("[data-latest]")) {
    button.addEventListener("click", () => {
      app.set({ day: app.P.as_of });
      const head = button.closest("section").querySelector("h2");
      head.tabIndex = -1;
      head.focus({ preventScroll: true });
    });
  }
}

/** @param {import("./page.js").App} app what belongs to the last date is shown as of that date only: before, it would be hindsight */
export function drawTrust(app) {
  const { P } = app, last = app.day() === P.as_of;
  for (const node of all("[data-last]")) show(node, last);
  for (const node of all("[data-early]")) show(node, !last);
  if (!last) return;
  if (P.trust) drawWidths(app);
  if (P.trust && el("place-plots")) {
    const most = Math.max(1, ...P.trust.places.flatMap((/** @type {any} */ one) => one.counts));
    panels(el("place-plots"), P.trust.places.map((/** @type {any} */ one) => one.account), P, (k, w) => {
      const one = P.trust.places.find((/** @type {any} */ p) => p.account === k);
      return places(one, k, w, most);
    });
  }
  if (el("bin-plots")) {
    const held = P.scores.flatMap((/** @type {any} */ s, /** @type {number} */ k) => (s.bins && s.bins.length ? [k] : []));
    panels(el("bin-plots"), held, P, (k, w) => diagram(P.scores[k], k, w));
  }
}

/** Charts of equal size, one for each account, under its badge and name. @param {any} box @param {number[]} accounts @param {any} P @param {(k: number, w: number) => string} draw */
function panels(box, accounts, P, draw) {
  while (box.children.length > accounts.length) box.lastChild.remove();
  accounts.forEach((k, i) => {
    if (!box.children[i]) {
      const cell = document.createElement("div"), head = document.createElement("p"), plot = document.createElement("div");
      head.className = "of";
      head.innerHTML = `<span class="badge c${k % 6}">${letterOf(k)}</span> `;
      head.append(P.accounts[k].name);
      cell.append(head, plot);
      box.append(cell);
    }
    const plot = box.children[i].lastChild;
    plot.innerHTML = draw(k, Math.min(Math.max(plot.clientWidth, 120), 340));
  });
}

/** @param {import("./page.js").App} app */
function drawWidths(app) {
  const { P } = app, box = el("width-plots"), accounts = app.visible();
  const kinds = P.accounts.length > 1 ? [["weight", "All accounts' priors so wide"], ["alone", "Only this account's priors so wide"]] : [];
  kinds.forEach(([key, title], i) => {
    if (!box.children[i]) {
      const cell = document.createElement("div"), head = document.createElement("p");
      head.className = "of";
      head.textContent = title;
      cell.append(head, document.createElement("div"));
      box.append(cell);
    }
    const plot = box.children[i].lastChild, w = Math.max(plot.clientWidth, 240), wide = w >= 480;
    const names = Math.max(0, ...accounts.map((k) => shortName(P.accounts[k].name).length + 2));
    /** @type {Frame} */
    const f = { w, h: 240, left: 34, right: wide ? Math.min(200, 20 + 7.4 * names) : 28, top: 12, bottom: 26, days: [-2.15, 2.15], ticks: [0, 25, 50, 75, 100] };
    /** @type {{label: string, index: number, value: number}[]} */
    const ends = [];
    const lines = accounts.map((k) => {
      const points = WIDTHS.map(([x]) => {
        const one = P.trust.widths.find((/** @type {any} */ o) => o.account === k && o.how !== "another seed" && Math.log2(o.width) === x);
        return one && one[key] !== null ? { x, y: one[key] * 100, sound: one.state === "reliable" } : null;
      });
      const end = points.filter((p) => p).pop();
      if (end) ends.push({ label: P.accounts[k].name, index: k, value: end.y });
      let path = "";
      points.forEach((p, j) => { if (p) path += `${j && points[j - 1] ? "L" : "M"}${at(px(f, p.x))} ${at(py(f, p.y))}`; });
      const dots = points.map((p) => (p ? `<circle class="rl-dot rl-${k % 6}${p.sound ? "" : " rl-open"}" cx="${at(px(f, p.x))}" cy="${at(py(f, p.y))}" r="4"/>` : "")).join("");
      return `<path class="rl-line rl-${k % 6}" d="${path}"/>${dots}`;
    }).join("");
    const zone = `<rect class="rl-zone" x="${at(px(f, -1))}" y="${f.top}" width="${at(px(f, 1) - px(f, -1))}" height="${f.h - f.top - f.bottom}"/>`;
    plot.innerHTML = svg(f.w, f.h, zone + axes(f, { xs: WIDTHS }) + lines + endLabels(f, ends, wide), `${title}: weight of each account, out of 100; the table below has the numbers.`);
  });
  show(box, kinds.length > 0);
}

/** @param {any} one @param {number} k @param {number} w @param {number} most the largest count of all accounts @returns {string} bars of equal width, level if predictions are right */
function places(one, k, w, most) {
  /** @type {Frame} */
  const f = { w, h: 130, left: 34, right: 4, top: 8, bottom: 24, days: [0, 100], ticks: niceTicks(0, most, 3) };
  const n = one.counts.length, even = one.rows / n;
  const bars = one.counts.map((/** @type {number} */ c, /** @type {number} */ i) => {
    const x = px(f, (100 * i) / n), wide = px(f, 100 / n) - px(f, 0);
    return c ? `<rect class="rl-bar rl-${k % 6}" x="${at(x + 1)}" y="${at(py(f, c))}" width="${at(wide - 2)}" height="${at(py(f, 0) - py(f, c))}"/>` : "";
  }).join("");
  return svg(f.w, f.h, axes(f, { xs: HUNDRED }) + bars + `<path class="rl-guide" d="M${f.left} ${at(py(f, even))}H${at(f.w - f.right)}"/>`,
    `Account ${letterOf(k)}: where ${one.rows} reports fell in its predictions, from low to high: ${one.counts.join(", ")}; even would be ${numberText(even)} each.`);
}

/** @param {any} scores @param {number} k @param {number} w @returns {string} chances given against the share that happened */
function diagram(scores, k, w) {
  /** @type {Frame} */
  const f = { w, h: w - 6, left: 34, right: 12, top: 12, bottom: 26, days: [0, 100], ticks: [0, 50, 100] };
  const held = scores.bins.filter((/** @type {any} */ b) => b[2]);
  const marks = held.map((/** @type {any} */ b) => {
    const x = px(f, 100 * b[3]), y = py(f, 100 * b[4]), low = py(f, 100 * b[5]), high = py(f, 100 * b[6]), right = b[3] < 0.85;
    return `<path class="rl-could" d="M${at(x)} ${at(low)}V${at(high)}"/><circle class="rl-dot rl-${k % 6}" cx="${at(x)}" cy="${at(y)}" r="4.5"/>` +
      `<text class="rl-count" x="${at(x + (right ? 9 : -9))}" y="${at(Math.min(Math.max(y + 4, f.top + 10), f.h - f.bottom - 5))}"${right ? "" : ' text-anchor="end"'}>${b[2]}</text>`;
  }).join("");
  const line = `<path class="rl-guide" d="M${at(px(f, 0))} ${at(py(f, 0))}L${at(px(f, 100))} ${at(py(f, 100))}"/>`;
  const said = held.map((/** @type {any} */ b) => `${b[2]} near ${Math.round(100 * b[3])}, of which ${Math.round(100 * b[4])} in 100 happened`).join("; ");
  return svg(f.w, f.h, axes(f, { xs: HUNDRED }) + line + marks, `Account ${letterOf(k)}, chances given and what happened: ${said}.`);
}
