// Quantiles over weighted draws, each of which is a normal distribution about its own curve.
//
// In come, for each draw, a mean and its weight, and how far the model's error leaves it open; out come the five
// levels of the page's bands. Draws stand for their normal distributions by a few of its quantiles.

import { ndtri } from "./normal.js";

export const BAND_LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];
const N_SHADES = 7;
const SHADES = Array.from({ length: N_SHADES }, (_, k) => ndtri((k + 0.5) / N_SHADES));
/** Numbers beyond this stand for infinite ones; so many last bits of a number tell whose it is. */
const HUGE = 1e300, PLACE_BITS = 13;

/**
 * Quantiles of weighted normal distributions.
 * @param {ArrayLike<number>} means @param {ArrayLike<number>} weights which sum to one @param {number} sd of each
 * @param {number[]} levels @returns {number[]}
 */
export function mixtureQuantiles(means, weights, sd, levels) {
  const n = means.length, shades = sd > 0 ? SHADES : [0], room = new Float64Array(n * shades.length), words = new Uint32Array(room.buffer);
  let size = 0;
  for (let i = 0; i < n; i++) {
    if (weights[i] === 0) continue;
    for (let s = 0; s < shades.length; s++) {
      const at = size++, value = means[i] + sd * shades[s];
      room[at] = Number.isNaN(value) ? HUGE : Math.min(Math.max(value, -HUGE), HUGE);
      // The last bits of a double's lower word: sorting numbers then sorts places along with them.
      words[2 * at] = ((words[2 * at] >>> PLACE_BITS) << PLACE_BITS) | i;
    }
  }
  const values = room.subarray(0, size).sort();
  const found = [];
  let upTo = 0, before = 0, beforeValue = values[0], k = 0;
  for (const level of levels) {
    for (; k < size; k++) {
      const weight = weights[words[2 * k] & ((1 << PLACE_BITS) - 1)] / shades.length, middle = upTo + 0.5 * weight;
      if (middle >= level) {
        const share = middle > before ? (level - before) / (middle - before) : 1;
        found.push(k ? beforeValue + (values[k] - beforeValue) * Math.min(Math.max(share, 0), 1) : values[0]);
        break;
      }
      before = middle;
      beforeValue = values[k];
      upTo += weight;
    }
    if (k === size) found.push(values[size - 1]);
  }
  return found;
}

/**
 * Places of draws taken in proportion to their weights, evenly.
 * @param {ArrayLike<number>} weights which sum to one @param {number} n @returns {number[]}
 */
export function taken(weights, n) {
  const found = [];
  let upTo = weights[0], i = 0;
  for (let k = 0; k < n; k++) {
    while (upTo < (k + 0.5) / n && i < weights.length - 1) upTo += weights[++i];
    found.push(i);
  }
  return found;
}
