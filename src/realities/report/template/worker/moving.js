// Draws of an account, and how they move along with pinned constants.
//
// A number is told by z, which is N(0, 1) before any report. Draws come from the posterior; with a constant pinned at
// v they would waste nearly all their weight if only that number were changed, since the reports tie it to others. So
// the others move along with it, as far as the draws say that they go together, and each draw gets a weight that makes
// up for what the move is not:
//
//     w = q(z) / phi(z) * L(v, moved) / L(draw) * phi(moved) / phi(others)
//
// with q the normal distribution of the pinned z over the draws. The mean of w is the evidence with the constant at v
// over that without: exactly so for any q and any straight move that do not come from the draw itself. So both come
// from draws of other parts than its own. docs/decisions/0101 has the reasons.

import { dot, rootOf, solveWith } from "./filter.js";
import { bitsOf, wholeNumbers } from "./text.js";

/** Draws are taken in so many parts; the move of each part is told by all others. */
const PARTS = 10;

/** @typedef {{kind: string, a: number, b: number, z: number[], values: number[]}} Prior */

/** @param {Prior} prior @param {number} z @returns {number} the number that stands at z */
export function valueAt(prior, z) {
  if (prior.kind === "normal") return prior.a + prior.b * z;
  if (prior.kind === "lognormal") return Math.exp(prior.a + prior.b * z);
  return between(prior.z, prior.values, z);
}

/** @param {Prior} prior @param {number} value @returns {number} its z, as near as the prior knows one */
export function zOf(prior, value) {
  if (prior.kind === "normal") return (value - prior.a) / prior.b;
  if (prior.kind === "lognormal") return value > 0 ? (Math.log(value) - prior.a) / prior.b : prior.z[0] || -6;
  return between(prior.values, prior.z, value);
}

/** @param {number[]} xs ascending @param {number[]} ys @param {number} x @returns {number} on straight lines, ends held */
function between(xs, ys, x) {
  if (x <= xs[0]) return ys[0];
  let low = 0, high = xs.length - 1;
  if (x >= xs[high]) return ys[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  return ys[low] + ((ys[high] - ys[low]) * (x - xs[low])) / (xs[high] - xs[low]);
}

/** Equally weighted draws of one account. */
export class Draws {
  /**
   * @param {Record<string, Prior>} priors of the account @param {{n: number, names: string, step: string,
   *   low: string, middle: string, z: string}} data as report/live/bits.py writes it
   */
  constructor(priors, data) {
    const every = Object.keys(priors), bit = bitsOf(data.z), low = wholeNumbers(data.low), middle = wholeNumbers(data.middle);
    this.n = data.n;
    this.names = wholeNumbers(data.names).map((place) => every[place]);
    this.priors = this.names.map((name) => priors[name]);
    /** @type {ReturnType<Draws["_apart"]>[]} */
    this.apart = [];
    /** By name, z of every draw; draws in an order of which any beginning is evenly spread. */
    const order = evenly(data.n);
    this.z = wholeNumbers(data.step).map((quarters, k) => {
      const from = middle[k] * 2 ** low[k];
      let total = from;
      const found = order.map(() => {
        let folded = 0;
        while (bit()) folded++;
        for (let i = low[k]; i > 0; i--) folded = 2 * folded + bit();
        total = k ? from + (folded % 2 ? -(folded + 1) / 2 : folded / 2) : total + folded;
        return total * 2 ** (-quarters / 4);
      });
      return Float64Array.from(order, (i) => found[i]);
    });
  }

  /** By number, z of draws that are not of a part, less their mean; and that. @param {number} part */
  _apart(part) {
    const used = this.z.map((column) => column.filter((_, i) => i % PARTS !== part));
    const means = used.map((column) => column.reduce((sum, x) => sum + x, 0) / Math.max(column.length, 1));
    return { off: used.map((column, k) => column.map((x) => x - means[k])), means };
  }

  /**
   * The mean of some numbers' z over draws that are not of a part, their covariances with others, and the log of the root of their determinant.
   * @param {number[]} some @param {number[]} others @param {number} part
   */
  _together(some, others, part) {
    const { off, means } = (this.apart[part] ??= this._apart(part));
    const covariance = (/** @type {number} */ a, /** @type {number} */ b) => dot(off[a], off[b]) / Math.max(off[a].length - 1, 1);
    const own = some.map((a) => some.map((b) => covariance(a, b) + (a === b ? 1e-9 : 0)));
    const root = rootOf(own, new Float64Array(some.length)), logRoot = root.reduce((sum, row, k) => sum + Math.log(row[k]), 0);
    return { means: some.map((a) => means[a]), root, logRoot, across: others.map((b) => some.map((a) => covariance(a, b))) };
  }

  /**
   * The move that pins some constants: for draw i the numbers by name, and the log weight that likelihoods are to be added to.
   * @param {Record<string, number>} pins @returns {(i: number) => {numbers: Record<string, number>, log: number}}
   */
  moved(pins) {
    const pinned = this.names.flatMap((name, k) => (Object.hasOwn(pins, name) ? [k] : []));
    if (!pinned.length) return (i) => ({ numbers: { ...this.at(i), ...pins }, log: 0 });
    const others = this.names.flatMap((name, k) => (Object.hasOwn(pins, name) ? [] : [k]));
    const parts = Array.from({ length: PARTS }, (_, part) => this._together(pinned, others, part));
    const target = pinned.map((k) => zOf(this.priors[k], pins[this.names[k]]));
    return (i) => {
      const { means, root, logRoot, across } = parts[i % PARTS];
      const gap = pinned.map((k, p) => target[p] - this.z[k][i]), per = solveWith(root, gap);
      const off = pinned.map((k, p) => this.z[k][i] - means[p]), scaled = solveWith(root, off);
      let log = -logRoot;
      off.forEach((x, p) => (log += 0.5 * this.z[pinned[p]][i] ** 2 - 0.5 * x * scaled[p]));
      /** @type {Record<string, number>} */
      const numbers = { ...pins };
      others.forEach((k, j) => {
        const z = this.z[k][i];
        let end = z;
        per.forEach((x, p) => (end += across[j][p] * x));
        log += 0.5 * (z * z - end * end);
        numbers[this.names[k]] = valueAt(this.priors[k], end);
      });
      return { numbers, log };
    };
  }

  /** @param {number} i @returns {Record<string, number>} a draw's numbers by name */
  at(i) {
    /** @type {Record<string, number>} */
    const numbers = {};
    this.names.forEach((name, k) => (numbers[name] = valueAt(this.priors[k], this.z[k][i])));
    return numbers;
  }
}

/** Places 0 to n - 1 in an order of which any beginning is evenly spread. @param {number} n */
function evenly(n) {
  const key = (/** @type {number} */ i) => (i * 0.6180339887498949) % 1;
  return Array.from({ length: n }, (_, i) => i).sort((a, b) => key(a) - key(b));
}

/**
 * What log weights come to: the log of their mean, its standard error, effective draws, and weights that sum to one, for
 * curves: there no draw counts for more than the square root of all (Ionides 2008), so that none bends them alone.
 * @param {ArrayLike<number>} logs
 */
export function weighed(logs) {
  let top = -Infinity, sum = 0, squares = 0;
  for (let i = 0; i < logs.length; i++) if (logs[i] > top) top = logs[i];
  const n = logs.length, weights = new Float64Array(n);
  if (!Number.isFinite(top)) return { weights: weights.fill(1 / Math.max(n, 1)), shift: -Infinity, effective: 0, error: 0 };
  for (let i = 0; i < n; i++) {
    weights[i] = Math.exp(logs[i] - top);
    sum += weights[i];
    squares += weights[i] ** 2;
  }
  const effective = (sum * sum) / squares;
  const most = sum / Math.sqrt(n);
  let cut = 0;
  for (let i = 0; i < n; i++) cut += Math.min(weights[i], most);
  return { weights: weights.map((w) => Math.min(w, most) / cut), shift: top + Math.log(sum / n), effective, error: Math.sqrt(Math.max(1 / effective - 1 / n, 0)) };
}
