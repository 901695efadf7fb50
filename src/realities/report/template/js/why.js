// Why the reports favour whom they favour, on dates for which nothing was left out: word for word report/why.py.

import { isInForce } from "./asking.js";
import { dayText, letterOf, listed } from "./format.js";
import { el, put, show } from "./page.js";
import { weighingOn } from "./words.js";

/** Less than three to one is no reason. */
const REASON = Math.log(3);

/** @param {any} P @param {number} day @returns {string} between which weighed dates most of the evidence came, by account */
export function whyByDate(P, day) {
  const w = weighingOn(P, day);
  if (w.day === null || !w.used || P.accounts.length < 2) return "";
  const known = P.weighings.filter((/** @type {any} */ one) => one.day <= w.day && (one.day === w.day || !one.between));
  const leader = w.weights.indexOf(Math.max(...w.weights));
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  P.accounts.forEach((/** @type {any} */ _, /** @type {number} */ k) => {
    const pairs = known.map((/** @type {any} */ one) => [one.fits[leader].log_evidence, one.fits[k].log_evidence]);
    if (k === leader || !w.fits[leader].reliable || !w.fits[k].reliable || pairs.flat().includes(null)) return;
    const gaps = pairs.map((/** @type {number[]} */ [a, b]) => a - b);
    if (gaps[gaps.length - 1] < REASON) return;
    const grown = gaps.map((/** @type {number} */ gap, /** @type {number} */ i) => gap - (i ? gaps[i - 1] : 0));
    const i = grown.indexOf(Math.max(...grown)), end = dayText(known[i].day);
    const when = i ? `between ${dayText(known[i - 1].day)} and ${end}` : `by ${end}`;
    groups.set(when, [...(groups.get(when) ?? []), letterOf(k)]);
  });
  const parts = Array.from(groups).map(([when, letters], i) => `over ${listed(letters)}${i ? "" : " came"} ${when}`);
  return parts.length ? `Why: most of what speaks for account ${letterOf(leader)} ${parts.join("; ")}.` : "";
}

/** @param {import("./page.js").App} app draws the sentence, which is of no what-if; on the last date it is the one the page came with */
export function drawWhy(app) {
  const text = app.day() === app.P.as_of && app.P.why ? app.told.why : whyByDate(app.P, app.day());
  put(el("why"), text);
  show(el("why"), text !== "" && !isInForce(app));
}
