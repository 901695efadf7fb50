// How far the weights can be trusted, and how the accounts fared: curves over the width of the priors,
// where the next reports fell, reliability diagrams. All as of the last date.

import { draw } from "./draw.js";
import { esc, letterOf, numberText } from "./format.js";
import { all, badge, el, putHtml, show } from "./page.js";
import { niceTicks } from "./scale.js";

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
  const plots = titled(box, accounts.map((k) => `${badge(k)} ${esc(P.accounts[k].name)}`)), widths = plots.map((plot) => plot.clientWidth);
  accounts.forEach((k, i) => (plots[i].innerHTML = draw(k, Math.min(Math.max(widths[i], 120), 340))));
}

/** @param {any} box @param {string[]} titles as HTML @returns {any[]} the place of a chart under each title */
function titled(box, titles) {
  putHtml(box, titles.map((title) => `<div><p class="of">${title}</p><div></div></div>`).join(""));
  return Array.from(box.children, (cell) => cell.lastChild);
}

/** @param {import("./page.js").App} app */
function drawWidths(app) {
  const { P } = app, box = el("width-plots"), accounts = app.visible();
  const kinds = P.accounts.length > 1 ? [["weight", "All accounts' priors so wide"], ["alone", "Only this account's priors so wide"]] : [];
  const plots = titled(box, kinds.map(([, title]) => title));
  kinds.forEach(([key, title], i) => {
    const plot = plots[i], w = Math.max(plot.clientWidth, 240);
    const series = accounts.map((k) => {
      const found = WIDTHS.map(([x]) => P.trust.widths.find((/** @type {any} */ o) => o.account === k && o.how !== "another seed" && Math.log2(o.width) === x));
      const row = found.map((one) => (one && one[key] !== null ? one[key] * 100 : null));
      return { index: k, label: P.accounts[k].name, rows: [row], open: found.map((one) => one && one.state !== "reliable"), end: row.filter((v) => v !== null).pop() };
    });
    plot.innerHTML = draw({ kind: "lines", w, h: 240, x: WIDTHS.map(([x]) => x), span: [-2.15, 2.15], xs: WIDTHS, series, ticks: [0, 25, 50, 75, 100], zone: [-1, 1],
      ends: w < 480 ? "letters" : "names", left: 34, top: 12, name: `${title}: weight of each account, out of 100; the table below has the numbers.` });
  });
  show(box, kinds.length > 0);
}

/** @param {any} one @param {number} k @param {number} w @param {number} most the largest count of all accounts @returns {string} bars of equal width, level if predictions are right */
function places(one, k, w, most) {
  const even = one.rows / one.counts.length;
  return draw({ kind: "places", w, h: 130, x: [0, 100], xs: HUNDRED, ticks: niceTicks(0, most, 3), series: [{ index: k, rows: [one.counts] }], even, left: 34, right: 4, top: 8, bottom: 24,
    name: `Account ${letterOf(k)}: where ${one.rows} reports fell in its predictions, from low to high: ${one.counts.join(", ")}; even would be ${numberText(even)} each.` });
}

/** @param {any} scores @param {number} k @param {number} w @returns {string} chances given against the share that happened */
function diagram(scores, k, w) {
  const held = scores.bins.filter((/** @type {any} */ b) => b[2]);
  const rows = held.map((/** @type {any} */ b) => [...b.slice(3, 7).map((/** @type {number} */ v) => 100 * v), b[2]]);
  const said = held.map((/** @type {any} */ b) => `${b[2]} near ${Math.round(100 * b[3])}, of which ${Math.round(100 * b[4])} in 100 happened`).join("; ");
  return draw({ kind: "bins", w, h: w - 6, x: [0, 100], xs: HUNDRED, ticks: [0, 50, 100], series: [{ index: k, rows }], left: 34, right: 12, top: 12,
    name: `Account ${letterOf(k)}, chances given and what happened: ${said}.` });
}
