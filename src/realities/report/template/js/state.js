// What the reader has chosen, kept in the link after `#` so that it can be sent and restored.

import { isoDay, isoText } from "./format.js";

/**
 * `day` is any day from the first publication on; `date` is the place of the page's latest date with curves not
 * after it, -1 before the first: it follows from `day`, whatever it is set to. `pins` are model constants with one
 * value for all accounts, `held` dated inputs held at a value, `closed` ids of hubs, `sector` the picture of causes that is shown, `cause` a model variable that
 * is charted, `fixed` whether marks are corrected for what is assumed of their reporter's bias.
 * @typedef {{day: number, date: number, show: string, layout: string, bands: string, stated: string, late: boolean, hide: string[],
 *   by: string, kind: string, status: string, embed: boolean, pins: Record<string, number>, held: Record<string, number>,
 *   closed: string[], sector: string, cause: string, fixed: boolean}} State
 */

/** Names that a link can carry, filled by the parts of the page that know them, as are the values of choices; numbers stay within `limits`.
 * @typedef {{pins: string[], held: string[], hubs: string[], causes: string[], limits: Record<string, [number, number]>, choices: Record<string, string[]>}} Names */

/** Keys of the link that have one of some values, and those of all that are no slugs of parameters. @type {("show"|"layout"|"bands"|"stated"|"by"|"kind"|"status"|"sector")[]} */
const CHOICES = ["show", "layout", "bands", "stated", "by", "kind", "status", "sector"];
const KEYS = [...CHOICES, "asof", "late", "hide", "embed", "closed", "cause", "marks"];

/** @param {any} P @param {string[]} keys quantities with curves @returns {State} */
export function firstState(P, keys) {
  return { day: P.as_of, date: P.dates.length - 1, show: keys[0] || "", layout: P.accounts.length > 6 ? "side" : "over", bands: "bands", stated: "updated", late: true,
    hide: [], by: "", kind: "", status: "", embed: false, pins: {}, held: {}, closed: [], sector: "", cause: "", fixed: false };
}

/** @param {any} P @param {number} day @returns {number} place of the latest date with curves that is not after a day, -1 for none */
export function dateOn(P, day) {
  return P.dates.filter((/** @type {number} */ d) => d <= day).length - 1;
}

/** @param {number[]} days in any order @param {number} day @returns {number} place of the latest of them that is not after a day, -1 for none */
export function latestOn(days, day) {
  return days.reduce((best, d, i) => (d <= day && !(d < days[best]) ? i : best), -1);
}

/**
 * Accounts as first stated know the dated inputs published by a day and no later ones: a view of them for each set.
 * @param {any} P @param {number} day @returns {number} the view of a day: -1 with all inputs, -2 with all but the last, and so on
 */
export function statedOn(P, day) {
  return -1 - P.stated.filter((/** @type {number} */ d) => d > day).length;
}

/** What an object has under a name that people gave: `constructor`, too. @template T @param {Record<string, T>} object @param {string} name @returns {T|undefined} */
export function ownOf(object, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** @param {string} name @returns {string} a name as a readable key */
export function slug(name) {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
}

/** @param {string[]} names @returns {Map<string, string>} slug to name; names that would share one, or be taken for another key, get a number */
export function slugs(names) {
  const found = new Map();
  for (const name of names) {
    const plain = slug(name) || "value";
    let key = plain, n = 1;
    while (found.has(key) || KEYS.includes(key)) key = `${plain}-${++n}`;
    found.set(key, name);
  }
  return found;
}

/**
 * @param {string} hash @param {any} P @param {string[]} keys @param {Names} names @param {number} first the first day
 * @returns {State} unknown keys and values are ignored
 */
export function readHash(hash, P, keys, names, first) {
  const state = firstState(P, keys);
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const day = isoDay(given.get("asof") || "");
  if (Number.isFinite(day)) state.day = Math.min(Math.max(day, first), P.as_of);
  state.date = dateOn(P, state.day);
  const ids = P.accounts.map((/** @type {any} */ a) => a.id);
  /** @type {Record<string, string[]>} */
  const choices = { layout: ids.length > 6 ? [] : ["over", "side"], bands: ["bands", "runs"], stated: ["updated", "first"], ...names.choices, show: keys };
  for (const key of CHOICES) {
    const value = given.get(key);
    if (value !== null && choices[key]?.includes(value)) state[key] = value;
  }
  state.late = given.get("late") !== "0";
  state.hide = (given.get("hide") || "").split(",").filter((id) => ids.includes(id));
  if (state.hide.length >= ids.length) state.hide = [];
  state.embed = given.get("embed") === "1";
  state.fixed = given.get("marks") === "corrected";
  const hubs = slugs(names.hubs), causes = slugs(names.causes);
  state.closed = (given.get("closed") || "").split(",").flatMap((key) => hubs.get(key) ?? []);
  state.cause = causes.get(given.get("cause") || "") ?? "";
  const pinned = slugs([...names.pins, ...names.held]);
  for (const [key, name] of pinned) {
    const text = given.get(key), value = Number(text);
    if (text === null || !/^-?[\d.]+(e[-+]?\d+)?$/.test(text) || !Number.isFinite(value)) continue;
    const [low, high] = ownOf(names.limits, name) ?? [-Infinity, Infinity];
    (names.pins.includes(name) ? state.pins : state.held)[name] = Math.min(Math.max(value, low), high);
  }
  return state;
}

/**
 * @param {string} hash @param {string} kept the link of the state that was read from it @param {any} state @param {any} P
 * @returns {string[]} what a link asks for and the page does not have, as it stands there
 */
export function unread(hash, kept, state, P) {
  const has = new URLSearchParams(kept), plain = { ...state, asof: isoText(P.as_of), late: 1, embed: 0 };
  const alike = (/** @type {string} */ text) => text.split(",").map((one) => (Number(one) ? Number(one) : one)).sort().join();
  return Array.from(new URLSearchParams(hash.slice(1))).flatMap(([key, value]) => (value && alike(value) !== alike(has.get(key) ?? String(plain[key])) ? `${key}=${value}` : []));
}

/** @param {State} state @param {any} P @param {string[]} keys @param {Names} names @returns {string} only what differs from a fresh page */
export function writeHash(state, P, keys, names) {
  const fresh = firstState(P, keys), out = new URLSearchParams();
  if (state.day !== fresh.day) out.set("asof", isoText(state.day));
  for (const key of CHOICES) if (state[key] !== fresh[key]) out.set(key, state[key]);
  if (!state.late) out.set("late", "0");
  if (state.hide.length) out.set("hide", state.hide.join(","));
  if (state.embed) out.set("embed", "1");
  if (state.fixed) out.set("marks", "corrected");
  for (const [key, name] of slugs([...names.pins, ...names.held])) {
    const value = ownOf(state.pins, name) ?? ownOf(state.held, name);
    if (value !== undefined) out.set(key, String(value));
  }
  const closed = Array.from(slugs(names.hubs)).flatMap(([key, name]) => (state.closed.includes(name) ? key : []));
  if (closed.length) out.set("closed", closed.join(","));
  for (const [key, name] of slugs(names.causes)) if (name === state.cause) out.set("cause", key);
  return out.toString().replace(/%2C/g, ",");
}
