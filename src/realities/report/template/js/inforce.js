// What-if values in words: which are in force, what they do to the weights, and what must be said of that.

import { ENOUGH_SHARE, isEnough, movesWeights } from "./asking.js";
import { dayText, esc, listed, quantityText } from "./format.js";
import { each, head, lean, named, reading, strong, unweighed, weighingOn, weightsShown } from "./words.js";

/** @param {any} one a constant or an input @param {number} value @returns {string} */
export function valueText(one, value) {
  return quantityText(value, one.unit);
}

/** @param {import("./page.js").App} app @returns {string[]} each value in force, in the order of a link: `training time 14 days` */
export function conditions(app) {
  if (!app.P.live) return [];
  const { constants, inputs } = app.P.live, { pins, held } = app.state;
  const given = (/** @type {string[]} */ names, /** @type {Record<string, number>} */ values) => names.filter((name) => Object.hasOwn(values, name));
  const known = (/** @type {any[]} */ list, /** @type {string} */ name) => list.find((one) => one.name === name) ?? { unit: "" };
  // The words of the buttons, where there are buttons.
  const inWords = (/** @type {any} */ one, /** @type {number} */ value, at = "") =>
    (one.switch && (value === 0 || value === 1) ? (value ? "on" : "off") : at + valueText(one, value));
  return [
    ...given(app.names.pins, pins).map((name) => `${name} ${inWords(known(constants, name), pins[name])}`),
    ...given(app.names.held, held).map((name) => `${name} held ${inWords(known(inputs, name), held[name], "at ")}`),
    ...app.wishes.flatMap((make) => make().words ?? []),
  ];
}

/** @param {import("./page.js").App} app @returns {boolean} whether values are in force, computed already or not */
export const isInForce = (app) => conditions(app).length > 0;

/** @param {import("./page.js").App} app @returns {string} what is in force, in one sentence; empty if nothing is */
export function conditionsSentence(app) {
  const list = conditions(app);
  return list.length ? `What-if values are in force, the same for every account: ${list.join("; ")}.` : "";
}

/** @param {import("./page.js").App} app @returns {any} the weighing whose weights are shown: under what-if values that of the draws' date */
export function shownWeighing(app) {
  return weighingOn(app.P, (movesWeights(app) ? app.P.dates[app.base()] : null) ?? app.day());
}

/** @param {import("./page.js").App} app @returns {boolean[]} whether the weight shown of each account is reliable */
export function soundWeights(app) {
  return shownWeighing(app).fits.map((/** @type {any} */ fit, /** @type {number} */ k) => fit.reliable && (!movesWeights(app) || isEnough(app, k)));
}

/** @param {import("./page.js").App} app @returns {string} the reading as stated, as HTML; that of the last date is the one the page came with */
const statedReading = (app) => (app.day() === app.P.as_of ? app.told : reading(app.P, app.day()));

/** @param {import("./page.js").App} app @returns {string} the reading, as HTML, with what-if values where some are in force */
export function readingOf(app) {
  if (!isInForce(app)) return statedReading(app);
  const { P, answer } = app, list = conditions(app), more = list.length - 3;
  const start = `${strong("What-if values are in force")}${P.accounts.length > 1 ? " for every account alike" : ""}: ${
    esc(more > 0 ? `${list.slice(0, 3).join(", ")} and ${more} more` : listed(list))}.`;
  if (app.wrong || !answer || !movesWeights(app)) {
    const why = app.wrong ? "could not be computed." : !answer ? "are being computed."
      : app.base() < 0 ? "move curves only, as first stated, before any report."
      : "ask what would have happened, and move curves only.";
    return `${start} They ${why} Weights are as stated. ${statedReading(app)}`;
  }
  if (P.accounts.length === 1) return `${start} ${statedReading(app)}`;
  const w = shownWeighing(app), weak = soundWeights(app).flatMap((ok, k) => (ok ? [] : [k])), before = weightsShown(P, w.weights);
  const found = app.pending ? " are being weighed." : weak.length ? `${unweighed(P, weak)}, so no lean is stated.` : lean(P, answer.weights, w.used === 1, "with these values");
  return `${start} With them, t${head(P, w, app.day()).slice(1)}${found} As stated, without them: ${each(before.keys(), before)}.`;
}

/** @param {import("./page.js").App} app @returns {string[]} what must be said of accounts that few draws speak for */
export function warnings(app) {
  const { answer } = app;
  if (app.wrong) return [`The what-if could not be computed: ${app.wrong}`];
  if (!answer) return [];
  /** @type {number[][]} */
  const [weak, thin, failed] = [[], [], []];
  for (const [k, one] of answer.accounts.entries()) {
    if (one.failed >= one.draws) failed.push(k);
    else if (!isEnough(app, k)) weak.push(k);
    else if (one.effective < ENOUGH_SHARE * one.draws) thin.push(k);
  }
  const say = [];
  if (failed.length) say.push(`With these values no run of ${named(failed)} gives numbers.`);
  if (weak.length) say.push(`Too few draws agree with these values: not reliable for ${named(weak)}.`);
  if (thin.length) say.push(`Few draws agree: read ${named(thin)} with care.`);
  return say;
}

/** @param {import("./page.js").App} app @returns {string} of which date the weights shown are, if that is not the day chosen */
export function weightsOf(app, /** @type {boolean} */ older) {
  const w = shownWeighing(app);
  if (w.day === null) return "These are the weights at the start: none were computed by this day.";
  if (older) return `These are the weights of ${dayText(w.day)}, the latest computed by this day${movesWeights(app) ? " with draws that what-if values can use" : ""}.`;
  return "";
}
