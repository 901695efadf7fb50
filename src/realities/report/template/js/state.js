// What the reader has chosen, kept in the link after `#` so that it can be sent and restored.

import { isoDay, isoText } from "./format.js";

/**
 * @typedef {{date: number, show: string, layout: string, bands: string, stated: string, late: boolean, hide: string[],
 *   by: string, kind: string, status: string, embed: boolean}} State
 */

/** @param {any} P @param {string[]} keys quantities with curves @returns {State} */
export function firstState(P, keys) {
  return { date: P.dates.length - 1, show: keys[0] || "", layout: "over", bands: "bands", stated: "updated", late: true,
    hide: [], by: "", kind: "", status: "", embed: false };
}

/** @param {any} P @param {number} day @returns {number} place of the page's date nearest to a day */
export function nearest(P, day) {
  let best = 0;
  P.dates.forEach((/** @type {number} */ d, /** @type {number} */ i) => {
    if (Math.abs(d - day) < Math.abs(P.dates[best] - day)) best = i;
  });
  return best;
}

/** @param {string} hash @param {any} P @param {string[]} keys @returns {State} unknown keys and values are ignored */
export function readHash(hash, P, keys) {
  const state = firstState(P, keys);
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const day = isoDay(given.get("asof") || "");
  if (Number.isFinite(day)) state.date = nearest(P, day);
  const one = (/** @type {string} */ key, /** @type {string[]} */ allowed, /** @type {string} */ otherwise) => {
    const value = given.get(key);
    return value !== null && allowed.includes(value) ? value : otherwise;
  };
  const ids = P.accounts.map((/** @type {any} */ a) => a.id);
  state.show = one("show", keys, state.show);
  state.layout = ids.length > 6 ? "side" : one("layout", ["over", "side"], "over");
  state.bands = one("bands", ["bands", "runs"], "bands");
  state.stated = one("stated", ["updated", "first"], "updated");
  state.late = given.get("late") !== "0";
  state.hide = (given.get("hide") || "").split(",").filter((id) => ids.includes(id));
  if (state.hide.length >= ids.length) state.hide = [];
  state.by = one("by", ids, "");
  state.kind = one("kind", ["fact", "forecast", "cause", "counterfactual", "value"], "");
  state.status = one("status", ["happened", "did not happen", "disputed", "open", "value", "undecidable"], "");
  state.embed = given.get("embed") === "1";
  return state;
}

/** @param {State} state @param {any} P @param {string[]} keys @returns {string} only what differs from a fresh page */
export function writeHash(state, P, keys) {
  const fresh = firstState(P, keys), out = new URLSearchParams();
  if (state.date !== fresh.date) out.set("asof", isoText(P.dates[state.date]));
  for (const key of /** @type {("show"|"layout"|"bands"|"stated"|"by"|"kind"|"status")[]} */ (
    ["show", "layout", "bands", "stated", "by", "kind", "status"])) {
    if (state[key] !== fresh[key]) out.set(key, state[key]);
  }
  if (!state.late) out.set("late", "0");
  if (state.hide.length) out.set("hide", state.hide.join(","));
  if (state.embed) out.set("embed", "1");
  return out.toString().replace(/%2C/g, ",");
}
