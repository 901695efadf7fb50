// Generated sentences, word for word those of report/sentences.py.

import { dayText, inHundred, letterOf, listed, quantityText, shownWeight } from "./format.js";

const LEAN = 60, STRONG = 90;

/** @typedef {[string, boolean]} Part text, and whether it is set apart */

/** @param {any} P payload @param {number} date @returns {any} the weighing as of one of the page's dates */
export function weighingAt(P, date) {
  return P.weighings.find((/** @type {any} */ w) => w.day === P.dates[date]);
}

/** @param {any} P @param {number[]} weights @returns {number[]} */
export function weightsShown(P, weights) {
  return inHundred(weights, P.accounts.map((/** @type {any} */ a) => a.id));
}

/** @param {any} P @param {number} date @returns {Part[]} */
export function reading(P, date) {
  const w = weighingAt(P, date), day = dayText(w.day), n = w.used;
  if (!n) {
    return [["No report is published by ", false], [day, true],
      [", so each account still has the weight it started with.", false]];
  }
  /** @type {Part[]} */
  const head = [[`${n === 1 ? "The one report" : `The ${n.toLocaleString("en")} reports`} published by `, false], [day, true]];
  const weak = w.fits.flatMap((/** @type {any} */ f, /** @type {number} */ k) => (f.reliable ? [] : [k]));
  if (weak.length) {
    const letters = listed(weak.map(letterOf));
    const whose = weak.length === P.accounts.length ? "every account" : `account${weak.length > 1 ? "s" : ""} ${letters}`;
    return [...head, [` cannot be weighed reliably for ${whose}. Weights are shares of one total, ` +
      "so no lean is stated; read the others with care.", false]];
  }
  const shown = weightsShown(P, w.weights), one = n === 1;
  const top = w.weights.indexOf(Math.max(...w.weights));
  const rest = shown.map((_, k) => k).filter((k) => k !== top);
  if (!rest.length) return [...head, [" are read by one account alone, so there is nothing to compare.", false]];
  const apart = `${one ? "does" : "do"} not separate the accounts`;
  const alike = (/** @type {number} */ k) => w.weights[top] - w.weights[k] <= 1e-9 * w.weights[top];
  if (shown[top] < LEAN && rest.some((k) => alike(k) || shown[k] === shown[top])) {
    return [...head, [` ${apart}: out of 100, ${listed(shown.map((v, k) => `${count(v)} for ${letterOf(k)}`))}.`, false]];
  }
  const s = one ? "s" : "";
  const verb = shown[top] >= STRONG ? `point${s} strongly to` : shown[top] >= LEAN ? `lean${s} towards` : `${apart}; slightly ahead is`;
  const against = listed(rest.map((k) => `${count(shown[k])} for ${letterOf(k)}`));
  const about = /^\d/.test(shownWeight(shown[top])) ? `about ${shown[top]}` : count(shown[top]);
  return [...head, [` ${verb} account ${letterOf(top)}, `, false], [P.accounts[top].name, true],
    [`: ${about} in 100, against ${against}.`, false]];
}

/** @param {number} v @returns {string} */
function count(v) {
  return shownWeight(v).replace("<", "less than ").replace(">", "more than ");
}

/** @param {any} P @param {import("./decode.js").Quantity} quantity @param {number|"prior"} stated which forecast @param {number} date */
export function figureSentence(P, quantity, stated, date) {
  const day = P.dates[date], { title, unit } = quantity.data;
  const parts = P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => {
    const at = quantity.at(stated, k, day);
    if (!at) return `${letterOf(k)} has no numbers`;
    return `${letterOf(k)} ${quantityText(at[2], unit)} (${quantityText(at[0], "")} to ${quantityText(at[4], "")})`;
  });
  const which = stated === "prior" ? ", as first stated" : "";
  return `${title} on ${dayText(day)}${which}, median and 90% range by account: ${parts.join("; ")}.`;
}

/** @param {any} account @param {number} day @returns {string} */
export function hindsight(account, day) {
  return account.authored === null || account.authored <= day ? "" : `Hindsight: written ${dayText(account.authored)}`;
}

/** @param {any} claim @param {number} day @returns {string} */
export function claimStatus(claim, day) {
  if (claim.status === "value" || claim.status === "undecidable") return claim.status;
  if (day < claim.made) return "not made yet";
  if (claim.resolved === null || day < claim.resolved) return "open";
  return claim.status;
}

/** @param {any} claim @param {number} day @returns {boolean} whether a chance as of a day would be hindsight */
export function isClosed(claim, day) {
  return (claim.resolved !== null && day >= claim.resolved) || (claim.deadline !== null && day >= claim.deadline && !claim.inside);
}

/** @type {Record<string, [string, string]>} */
export const STATUS = {
  "happened": ["✓", "Happened"],
  "did not happen": ["✕", "Did not happen"],
  "disputed": ["≠", "Disputed"],
  "open": ["○", "Open"],
  "not made yet": ["·", "Not made yet"],
  "value": ["–", "Value"],
  "undecidable": ["?", "Undecidable"],
};
