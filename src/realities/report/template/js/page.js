// Small helpers over the document, and what every part of the page is given.

import { esc, letterOf } from "./format.js";

/**
 * `set` changes the state and redraws; `names` are what a link can carry; `stops` the days the as-of bar steps over;
 * `told` the reading that the page came with, which is of the last date;
 * `day` the as-of day; `base` whose draws are used: those of a date by its place, or below 0 before any report; `which`
 * whose curves of a quantity are drawn: the same, those of a later quarter, or "live" under what-if values; `of` the day they are of. Of these, `answer` is the newest answer, `pending`
 * says that another is awaited, `wrong` why there is none; a part of the page that asks for more adds to `wishes`.
 * @typedef {{P: any, quantities: import("./decode.js").Quantity[], keys: string[], state: import("./state.js").State,
 *   names: import("./state.js").Names, stops: number[], told: string,
 *   set: (patch: Partial<import("./state.js").State>) => void, day: () => number,
 *   quantity: () => import("./decode.js").Quantity, visible: () => number[], base: () => number,
 *   which: (q?: import("./decode.js").Quantity) => number|"live", of: (q?: import("./decode.js").Quantity) => number|null,
 *   wishes: (() => import("./asking.js").Wish)[], answer: import("./asking.js").Held|null, pending: boolean, wrong: string}} App
 */

/** @param {string} id @returns {any} the element; the template has it */
export const el = (id) => document.getElementById(id);

/** @param {string} selector @param {ParentNode} root @returns {any[]} */
export const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

/** Writes only what changes, so that nothing is announced, repainted or unfocused for nothing. @param {any} node @param {string} text */
export function put(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

/** The same for what has tags in it. @param {any} node @param {string} html @returns {boolean} whether it changed */
export function putHtml(node, html) {
  const isNew = node.dataset.said !== html;
  if (isNew) {
    node.dataset.said = html;
    node.innerHTML = html;
  }
  return isNew;
}

/** @param {any} node @param {boolean} shown */
export function show(node, shown) {
  if (node && node.hidden === shown) node.hidden = !shown;
}

/** @param {() => void} work @param {number} wait @returns {() => void} runs `work` once, when calls have stopped for `wait` ms */
export function settled(work, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
}

/** @param {() => void} work @param {number} wait @returns {() => void} runs `work` now, then at most every `wait` ms, the last call never lost */
export function throttled(work, wait) {
  let last = -Infinity, timer = 0;
  return () => {
    const due = last + wait - performance.now();
    clearTimeout(timer);
    if (due <= 0) {
      last = performance.now();
      work();
    } else {
      timer = setTimeout(() => { last = performance.now(); work(); }, due);
    }
  };
}

/** @param {string} text said once to readers who listen */
export function say(text) {
  const node = el("say");
  node.hidden = false;
  put(node, text);
}

/** @param {any} P @param {number} place @returns {string} the title of the source a report cites, as HTML, with a link where its address may be linked to; or nothing */
export function sourceHtml(P, place) {
  const source = Object.values(P.sources)[place], title = esc(source?.title ?? "");
  return /^https?:\/\//i.test(source?.url) ? `<a href="${esc(source.url)}" rel="noopener noreferrer">${title}</a>` : title;
}

/** @param {number} k @returns {string} the letter of an account in its colour, as HTML */
export const badge = (k) => `<span class="badge c${k % 6}">${letterOf(k)}</span>`;

/** @param {unknown} head @param {string[]} cells as HTML @param {string} attributes of each cell @returns {string} a row of a table, as HTML */
export const tableRow = (head, cells, attributes = "") =>
  `<tr><th scope="row">${esc(head)}</th>${cells.map((cell) => `<td${attributes}>${cell}</td>`).join("")}</tr>`;

/** @param {unknown} head @param {string[]} cells @returns {string} the same with numbers in its cells */
export const numberRow = (head, cells) => tableRow(head, cells, ' class="num"');

/** Tables that a phone lays out as cards keep their roles only if these are written down. */
export function keepRoles() {
  for (const [role, part] of [["table", ""], ["rowgroup", " :is(thead,tbody)"], ["row", " tr"], ["cell", " td"], ["columnheader", " thead th"], ["rowheader", " tbody th"]])
    for (const node of all(`:is(#claims-table,.flow)${part}`)) node.setAttribute("role", role);
}
