// Generated sentences, word for word those of report/sentences.py.

import { integers, rising } from "./decode.js";
import { dayText, endsText, inHundred, letterOf, listed, quantityText, shownWeight } from "./format.js";

const LEAN = 60, STRONG = 90;

/** @typedef {[string, boolean]} Part text, and whether it is set apart */

/** @param {any} P payload @param {number} day @returns {any} the latest weighing not after a day; before the first, the weights at the start, of no day */
export function weighingOn(P, day) {
  const known = P.weighings.filter((/** @type {any} */ w) => w.day <= day);
  if (known.length) return known[known.length - 1];
  const none = { reliable: true, log_evidence: null, log_evidence_error: null, effective_draws: null, k_hat: null };
  return { day: null, weights: P.started ?? P.accounts.map(() => 1 / P.accounts.length), fits: P.accounts.map(() => none), used: 0, separation: null };
}

/** @type {WeakMap<any, [number, number][]>} */
const COUNTED = new WeakMap();

/** @param {any} P @returns {[number, number][]} days of publication, rising, and how many reports are used on each */
function counted(P) {
  const held = COUNTED.get(P), used = held ? [] : integers(P.counted.used);
  if (!held) COUNTED.set(P, rising(P.counted.days).map((day, i) => [day, used[i]]));
  return held ?? /** @type {[number, number][]} */ (COUNTED.get(P));
}

/** @param {any} P @param {number} day @returns {number} how many of the reports published by a day can be used on it */
export function usedOn(P, day) {
  return counted(P).reduce((used, [from, n]) => (from <= day ? n : used), 0);
}

/** @param {any} P @returns {number[]} the days the as-of bar steps over: publications, and dates that were computed */
export function stopsOf(P) {
  const days = [...counted(P).map(([day]) => day), ...P.dates, ...P.weighings.map((/** @type {any} */ w) => w.day)];
  return Array.from(new Set(days)).sort((a, b) => a - b);
}

/** @param {any} P @param {number} from @param {number} until @returns {number|null} the first day after one and before another on which something was published */
export function newsOn(P, from, until) {
  return counted(P).map(([d]) => d).find((d) => d > from && d < until) ?? null;
}

/** @param {any} P @param {number|null} from @param {number} day @returns {boolean} whether something was published after a date and by a day */
export function isOutdated(P, from, day) {
  return from !== null && newsOn(P, from, day + 1) !== null;
}

/** @param {any} P @param {number|null|undefined} day @returns {boolean[]} whether each account's latest fit as of a day is reliable; where there is none, yes */
export function soundOn(P, day) {
  const w = P.weighings.filter((/** @type {any} */ one) => day != null && one.day <= day).pop();
  return P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => !w || w.fits[k].reliable);
}

/** @param {any} P @param {number[]} weights @returns {number[]} */
export function weightsShown(P, weights) {
  return inHundred(weights, P.accounts.map((/** @type {any} */ a) => a.id));
}

/** @param {any} P @param {number} on the as-of day @returns {Part[]} */
export function reading(P, on) {
  const w = weighingOn(P, on), day = dayText(on), n = w.used;
  if (!usedOn(P, on) || (w.day !== null && !n)) {
    return [["No report is published by ", false], [day, true],
      [", so each account still has the weight it started with.", false]];
  }
  if (w.day === null) {
    return [["No weights were computed for ", false], [day, true],
      [" or before, so each account still has the weight it started with.", false]];
  }
  const start = head(P, w, on), weak = w.fits.flatMap((/** @type {any} */ f, /** @type {number} */ k) => (f.reliable ? [] : [k]));
  if (weak.length) {
    const whose = weak.length === P.accounts.length ? "every account" : named(weak);
    return [...start, [` cannot be weighed reliably for ${whose}. Weights are shares of one total, ` +
      "so no lean is stated; read the others with care.", false]];
  }
  if (P.accounts.length === 1) return [...start, [" are read by one account alone, so there is nothing to compare.", false]];
  const shown = weightsShown(P, w.weights);
  return [...start, ...(w.separation ? verdictParts(P, shown, n === 1, w.separation) : leanParts(P, shown, w.weights, n === 1))];
}

/** @param {any} P @param {any} w a weighing of some day @param {number} on the as-of day @returns {Part[]} which reports are weighed */
export function head(P, w, on) {
  const reports = w.used === 1 ? "he one report" : `he ${w.used.toLocaleString("en")} reports`, day = dayText(on);
  return isOutdated(P, w.day, on) ? [["The latest weights on ", false], [day, true], [` are those of ${dayText(w.day)}: t${reports} published by then`, false]]
    : [[`T${reports} published by `, false], [day, true]];
}

/** @param {any} P @param {number[]} shown @param {boolean} one @param {any} found @returns {Part[]} what survives other prior widths */
function verdictParts(P, shown, one, found) {
  const { together, against, not_established: unknown } = found;
  const brackets = shown.some((v, k) => range(v, k, found));
  const note = brackets ? " In brackets: with all priors half to twice as wide."
    : found.ranges.length ? "" : " How they move with the width of the priors is not known.";
  if (together.length === 1 && against.length && !unknown.length) {
    const top = together[0], rest = shown.map((_, k) => k).filter((k) => k !== top);
    return [[` ${verb(Math.max(shown[top], LEAN), one)} account ${letterOf(top)}, `, false], [P.accounts[top].name, true],
      [`: ${about(shown[top])} in 100${range(shown[top], top, found)}, against `, false], [`${each(rest, shown, found)}.${note}`, false]];
  }
  const [does, they, speak] = one ? ["does", "it", "speaks"] : ["do", "they", "speak"];
  let clause = `${does} not separate ${named(together)}`;
  if (together.length === P.accounts.length) clause = `${does} not separate the accounts`;
  else if (together.length > 1) clause += against.length ? `; ${they} ${speak} against ${named(against)}` : "";
  else if (!against.length) return [[` ${does} not settle which account ${they} favour${one ? "s" : ""}. Out of 100: ${each(shown.keys(), shown, found)}.${note}`, false]];
  else clause = `${speak} for ${named(together)} and against ${named(against)}`;
  if (unknown.length) clause += `; for ${named(unknown)} that is not established`;
  return [[` ${clause}. Out of 100: ${each(shown.keys(), shown, found)}.${note}`, false]];
}

/** @param {any} P @param {number[]} shown @param {number[]} weights @param {boolean} one @param {string} caution @returns {Part[]} with priors as stated */
export function leanParts(P, shown, weights, one, caution = " That is with priors as stated. Other widths of the priors were not tried for this date.") {
  const top = weights.indexOf(Math.max(...weights)), rest = shown.map((_, k) => k).filter((k) => k !== top);
  const alike = (/** @type {number} */ k) => weights[top] - weights[k] <= 1e-9 * weights[top];
  if (shown[top] < LEAN && rest.some((k) => alike(k) || shown[k] === shown[top])) {
    return [[` ${one ? "does" : "do"} not separate the accounts: out of 100, ${each(shown.keys(), shown, null)}.`, false]];
  }
  const untried = shown[top] >= LEAN ? caution : "";
  return [[` ${verb(shown[top], one)} account ${letterOf(top)}, `, false], [P.accounts[top].name, true],
    [`: ${about(shown[top])} in 100, against ${each(rest, shown, null)}.${untried}`, false]];
}

/** @param {Iterable<number>} places @param {number[]} shown @param {any} found @returns {string} */
export function each(places, shown, found) {
  return listed([...places].map((k) => `${count(shown[k])} for ${letterOf(k)}${range(shown[k], k, found)}`));
}

/** @param {number} v @param {number} k @param {any} found @returns {string} ` (41 to 74)` where other prior widths move a weight */
function range(v, k, found) {
  if (!found || !found.ranges.length) return "";
  const least = count(Math.min(found.ranges[k][0], v)), most = count(Math.max(found.ranges[k][1], v));
  return least === most ? "" : ` (${least} to ${most})`;
}

/** @param {number} v @param {boolean} one @returns {string} */
function verb(v, one) {
  const s = one ? "s" : "";
  return v >= STRONG ? `point${s} strongly to` : v >= LEAN ? `lean${s} towards` : `${one ? "does" : "do"} not separate the accounts; slightly ahead is`;
}

/** @param {number} v @returns {string} */
function about(v) {
  return /^\d/.test(shownWeight(v)) ? `about ${v}` : count(v);
}

/** @param {number[]} places @returns {string} */
export function named(places) {
  return `account${places.length > 1 ? "s" : ""} ${listed(places.map(letterOf))}`;
}

/** @param {number} v @returns {string} */
function count(v) {
  return shownWeight(v).replace("<", "less than ").replace(">", "more than ");
}

/** @param {any} P @param {import("./decode.js").Quantity} quantity @param {number|"live"} which curves @param {number} day
 * @param {number} base the place of their date, below 0 before any report @param {boolean[]} sound whether they are reliable, by account */
export function figureSentence(P, quantity, which, day, base, sound) {
  const { title, unit } = quantity.data, of = P.dates[base] ?? null;
  const parts = P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => {
    const at = quantity.at(which, k, day);
    if (!at) return `${letterOf(k)} has no numbers`;
    const said = [endsText(at[2], at[0], at[4]), sound[k] ? "" : "not reliable"].filter(Boolean).join("; ");
    return `${letterOf(k)} ${quantityText(at[2], unit)}${said && ` (${said})`}`;
  });
  const how = (which === "live" ? ", with what-if values" : "") + (of === null ? ", as first stated" : isOutdated(P, of, day) ? `, as forecast on ${dayText(of)}` : "");
  return `${title} on ${dayText(day)}${how}, median and 90% range by account: ${parts.join("; ")}.`;
}

/** @param {any} account @param {number} day @returns {string} */
export function hindsight(account, day) {
  return account.authored === null || account.authored <= day ? "" : `Hindsight: written ${dayText(account.authored)}`;
}

/** @param {any} claim @param {number} day @returns {string} */
export function claimStatus(claim, day) {
  if (claim.status === "value" || claim.status === "undecidable") return claim.status;
  if (day < claim.made) return "not made yet";
  if (claim.resolved === null || day < claim.resolved) return isClosed(claim, day) ? "not decided" : "open";
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
  "not decided": ["○", "Not decided"],
  "not made yet": ["·", "Not made yet"],
  "value": ["–", "Value"],
  "undecidable": ["?", "Undecidable"],
};
