// Generated sentences, word for word those of report/sentences.py, which also words the verdict of the last date.

import { integers } from "./decode.js";
import { dayText, endsText, esc, grouped, inHundred, letterOf, listed, quantityText, shownWeight } from "./format.js";

/** @param {any} P payload @param {number} day @returns {any} the latest weighing not after a day; before the first, the weights at the start, of no day */
export function weighingOn(P, day) {
  const known = P.weighings.filter((/** @type {any} */ w) => w.day <= day);
  if (known.length) return known[known.length - 1];
  return { day: null, weights: P.started, fits: P.accounts.map(() => ({ reliable: true })), used: 0 };
}

/** @param {any} P @param {number} day @returns {number} how many of the reports published by a day can be used on it */
export function usedOn(P, day) {
  return P.published.reduce((/** @type {number} */ used, /** @type {number} */ from, /** @type {number} */ i) => (from <= day ? P.usable[i] : used), 0);
}

/** @param {any} P @returns {number[]} the days the as-of bar steps over: publications, and dates that were computed */
export function stopsOf(P) {
  const days = [...P.published, ...P.dates, ...P.weighings.map((/** @type {any} */ w) => w.day)];
  return Array.from(new Set(days)).sort((a, b) => a - b);
}

/** @param {any} P @param {number} from @param {number} until @returns {number|null} the first day after one and before another on which something was published */
export function newsOn(P, from, until) {
  return P.published.find((/** @type {number} */ d) => d > from && d < until) ?? null;
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

/** @param {any} P @param {number} on the as-of day @returns {string} as HTML; the last day has its own, which the page came with */
export function reading(P, on) {
  const w = weighingOn(P, on), day = strong(dayText(on)), n = P.accounts.length, kept = "so each account still has the weight it started with.";
  if (!usedOn(P, on) || (w.day !== null && !w.used)) return `No report is published by ${day}, ${kept}`;
  if (w.day === null) return `No weights were computed for ${day} or before, ${kept}`;
  const weak = w.fits.flatMap((/** @type {any} */ f, /** @type {number} */ k) => (f.reliable ? [] : [k]));
  return head(P, w, on) + (weak.length ? `${unweighed(P, weak)}. Weights are shares of one total, so no lean is stated; read the others with care.`
    : n === 1 ? " are read by one account alone, so there is nothing to compare."
    : lean(P, w.weights, w.used === 1, "for this date"));
}

/** @param {string} text @returns {string} set apart */
export const strong = (text) => `<strong>${esc(text)}</strong>`;

/** @param {any} P @param {any} w a weighing of some day @param {number} on the as-of day @returns {string} which reports are weighed */
export function head(P, w, on) {
  const reports = w.used === 1 ? "he one report" : `he ${grouped(w.used)} reports`, day = strong(dayText(on));
  return isOutdated(P, w.day, on) ? `The latest weights on ${day} are those of ${dayText(w.day)}; what was published since is not counted. T${reports} published by then` : `T${reports} published by ${day}`;
}

/** @param {any} P @param {number[]} places @returns {string} */
export const unweighed = (P, places) => ` cannot be weighed reliably for ${places.length === P.accounts.length ? "every account" : named(places)}`;

/** @param {any} P @param {number[]} weights @param {boolean} one @param {string} where other ranges were not tried @returns {string} who is ahead with ranges as stated, as in `_untried_parts` */
export function lean(P, weights, one, where) {
  const shown = weightsShown(P, weights), all = [...shown.keys()], top = weights.indexOf(Math.max(...weights)), rest = all.filter((k) => k !== top), v = shown[top];
  const worth = weights.map((w, k) => w / P.started[k]), near = all.filter((k) => 3 * worth[k] >= Math.max(...worth));
  const apart = near.length > 1 ? ` ${one ? "does" : "do"} not separate ${near.length < all.length ? named(near) : "the accounts"}` : "";
  if (!near.includes(top) || rest.some((k) => weights[top] - weights[k] <= 1e-9 * weights[top] || shown[k] === v)) return `${apart ? `${apart}:` : " leave,"} out of 100, ${each(all, shown)}.`;
  return `${apart ? `${apart}; ahead is` : ` put${one ? "s" : ""}`} account ${letterOf(top)}, ${strong(P.accounts[top].name)}${apart ? "" : ", ahead"}: ${count(v) === String(v) ? `about ${v}` : count(v)} in 100, against ${each(rest, shown)}.${
    apart ? "" : ` Wider or narrower ranges than accounts state, which may undo this, were not tried ${where}.`}`;
}

/** @param {Iterable<number>} places @param {number[]} shown @returns {string} */
export function each(places, shown) {
  return listed([...places].map((k) => `${count(shown[k])} for ${letterOf(k)}`));
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
 * @param {number|null} of the day they are of, null before any report @param {boolean[]} sound whether they are reliable, by account */
export function figureSentence(P, quantity, which, day, of, sound) {
  const { title, unit } = quantity.data;
  const parts = P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => {
    const at = quantity.at(which, k, day);
    if (!at) return `${letterOf(k)} has no numbers`;
    const said = [endsText(at[2], at[0], at[4]), sound[k] ? "" : "not reliable"].filter(Boolean).join("; ");
    return `${letterOf(k)} ${quantityText(at[2], unit)}${said && ` (${said})`}`;
  });
  return `${title} on ${dayText(day)}${forecastOf(P, which === "live", day, of)}, median and 90% range by account: ${parts.join("; ")}.`;
}

/** @param {any} P @param {boolean} live @param {number} day @param {number|null} of @returns {string} of which values and of which day curves are, where that must be said */
export const forecastOf = (P, live, day, of) =>
  (live ? ", with what-if values" : "") + (of === null ? ", as first stated" : isOutdated(P, of, day) ? `, as forecast on ${dayText(of)}` : "");

/** @param {any} account @param {number} day @returns {string} */
export function hindsight(account, day) {
  return account.authored <= day ? "" : account.stamp;
}

/** @param {any} claim @param {number} day @returns {string} */
export function claimStatus(claim, day) {
  if (claim.status === "value" || claim.status === "undecidable") return claim.status;
  if (day < claim.made) return "not made yet";
  if (claim.resolved === null || day < claim.resolved) return claim.inside ? "model only" : isClosed(claim, day) ? "not decided" : "open";
  return claim.status;
}

/** @param {any} claim @param {number} day @returns {boolean} whether a chance as of a day would be hindsight */
function isClosed(claim, day) {
  return (claim.resolved !== null && day >= claim.resolved) || (claim.deadline !== null && day >= claim.deadline && !claim.inside);
}

/** @param {any} P @param {any} claim @param {number} date @param {number} day @returns {{values: number[], sound: boolean[]}[]} thousandths by account, below 0 for none: when made, the last while open, now; and whether each is reliable */
export function chancesOf(P, claim, date, day) {
  const n = P.accounts.length, made = day >= claim.made, closed = made && isClosed(claim, day);
  return [[made && claim.chance_made, 0, claim.made], [closed && claim.chance_last, 0, claim.last_day], [made && !closed && claim.chance, date, P.dates[date]]]
    .map(([text, i, on]) => ({ values: text && i >= 0 ? integers(text).slice(i * n, i * n + n) : Array(n).fill(-1), sound: soundOn(P, on) }));
}

/** The sign of a status; of those that may change yet it is a circle. @type {Record<string, string>} */
export const STATUS = { happened: "✓", "did not happen": "✕", disputed: "≠", "not made yet": "·", value: "–", undecidable: "?" };
