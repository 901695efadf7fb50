// Sharing a scarce supply among claimants by priority, at the price at which what they take adds up to it.
//
// In come the arguments as an array; results go to an array from a place on. A claimant takes its whole request
// where the price is far below its priority, nothing far above it.
import { total } from "./arrays.js";
import { ndtr } from "./special.js";

/** Halvings of the range of prices; after that many no double lies between the bounds. */
const HALVINGS = 120;
/** Beyond this many widths from its priority every curve is at one of its ends. */
const REACH = 800;

/**
 * Returns the share of its request that a claimant takes at a price: 1 to 0 as the price rises.
 * @param {number} price @param {number} kind 0 fixed, 1 rectangular, 2 triangular, 3 normal, 4 exponential
 * @param {number} priority @param {number} width
 */
function shareAt(price, kind, priority, width) {
  if (kind === 0) return 1;
  if (!isCurve(kind)) return NaN;
  if (!(width > 0)) return Number(price < priority);
  const distance = (price - priority) / width, size = Math.abs(distance);
  switch (kind) {
    case 1:
      return Math.min(Math.max(0.5 - distance, 0), 1);
    case 2: {
      const near = Math.min(Math.max(0.5 - size, 0), 0.5);
      return distance > 0 ? 2 * near * near : 1 - 2 * near * near;
    }
    case 3:
      return ndtr(-distance);
    case 4:
      return distance > 0 ? 0.5 * Math.exp(-size) : 1 - 0.5 * Math.exp(-size);
    default:
      return NaN;
  }
}

/**
 * Returns whether there is such a type of curve.
 * @param {number} kind
 */
function isCurve(kind) {
  return kind >= 0 && kind <= 4 && kind % 1 === 0;
}

/** @typedef {{quantity: number, kind: number, priority: number, width: number}} Claim */

/**
 * Returns claims from quantity, type, priority, width and a further number of each in turn.
 * @param {number[]} x
 */
function claimsOf(x) {
  const claims = [];
  for (let i = 0; i < x.length; i += 5) {
    claims.push({ quantity: x[i], kind: x[i + 1], priority: x[i + 2], width: x[i + 3] });
  }
  return claims;
}

/**
 * Returns what claimants take at a price.
 * @param {Claim[]} claims @param {number} price
 */
function takenAt(claims, price) {
  return claims.map((one) => one.quantity * shareAt(price, one.kind, one.priority, one.width));
}

/**
 * Returns the range of prices in which all curves turn.
 * @param {Claim[]} claims
 */
function rangeOf(claims) {
  let low = Infinity, high = -Infinity;
  for (const { priority, width } of claims) {
    low = Math.min(low, priority - REACH * Math.abs(width) - 1);
    high = Math.max(high, priority + REACH * Math.abs(width) + 1);
  }
  return { low, high };
}

/**
 * Returns a range of prices, halved until no more: the price is raised where there is more demand than supply.
 * @param {{low: number, high: number}} range @param {(price: number) => boolean} isScarce
 */
function halved({ low, high }, isScarce) {
  for (let i = 0; i < HALVINGS; i++) {
    const price = 0.5 * (low + high), before = isScarce(price) ? low : high;
    if (before === low) low = price;
    else high = price;
    if (before === price) break;
  }
  return { low, high };
}

/**
 * Stores what each claimant gets at the price that clears the supply.
 * @param {number} available @param {Claim[]} claims @param {Float64Array} to @param {number} at
 */
function clearMarket(available, claims, to, at) {
  const requests = claims.map((one) => (claims.every(({ kind }) => isCurve(kind)) ? one.quantity : NaN));
  if (available >= total(requests)) {
    to.set(requests, at);
    return;
  }
  if (total(requests) !== total(requests)) {
    to.fill(NaN, at, at + claims.length);
    return;
  }
  const { low, high } = halved(rangeOf(claims), (price) => total(takenAt(claims, price)) > available);
  const most = takenAt(claims, low), least = takenAt(claims, high);
  const jump = total(most.map((value, i) => value - least[i]));
  const rest = Math.max(available - total(least), 0), part = jump > 0 ? Math.min(rest / jump, 1) : 0;
  const given = least.map((value, i) => value + (most[i] - value) * part), sent = total(given);
  const cut = sent > available ? Math.max(available, 0) / sent : 1;
  given.forEach((value, i) => (to[at + i] = value * cut));
}

/**
 * @param {number[]} x what is available, then request, type, priority, width and a further number of each claimant
 * @param {Float64Array} to @param {number} at
 */
export function vensimAllocateAvailable(x, to, at) {
  clearMarket(x[0], claimsOf(x.slice(1)), to, at);
}

/**
 * @param {number[]} x what is available, the width of all curves, then request and priority of each claimant
 * @param {Float64Array} to @param {number} at
 */
export function vensimAllocateByPriority(x, to, at) {
  const claims = [];
  for (let i = 2; i < x.length; i += 2) {
    claims.push({ quantity: x[i], kind: 1, priority: x[i + 1], width: x[1] });
  }
  clearMarket(x[0], claims, to, at);
}

/**
 * Returns the same claims with their curves mirrored at a price of 0, as those of suppliers are.
 * @param {Claim[]} claims @param {number} price
 */
function offeredAt(claims, price) {
  return claims.map((one) => one.quantity * shareAt(2 * one.priority - price, one.kind, one.priority, one.width));
}

/**
 * @param {number[]} x how many demanders there are, then quantity, type, priority, width and a further number of
 *   each demander, then of each supplier
 * @param {Float64Array} to @param {number} at
 */
export function vensimFindMarketPrice(x, to, at) {
  const split = 1 + 5 * Math.trunc(x[0]), demand = claimsOf(x.slice(1, split)), supply = claimsOf(x.slice(split));
  const all = [...demand, ...supply], range = rangeOf(all);
  to[at] = NaN;
  if (!all.every(({ kind }) => isCurve(kind))) return;
  to[at] = halved(range, (price) => total(takenAt(demand, price)) > total(offeredAt(supply, price))).high;
}

/**
 * @param {number[]} x price, then quantity, type, priority, width and a further number
 * @param {Float64Array} to @param {number} at
 */
export function vensimDemandAtPrice(x, to, at) {
  to[at] = takenAt(claimsOf(x.slice(1)), x[0])[0];
}

/**
 * @param {number[]} x price, then quantity, type, priority, width and a further number
 * @param {Float64Array} to @param {number} at
 */
export function vensimSupplyAtPrice(x, to, at) {
  to[at] = offeredAt(claimsOf(x.slice(1)), x[0])[0];
}
