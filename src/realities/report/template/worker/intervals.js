// Rows that are intervals: how likely it is that all of them hold, and where what was meant lies.
//
// Rows come one after the other, each given those before it, over a fixed set of points, the same for all draws:
// what weigh/reporting/intervals.py does for a few rows with lasting errors. shared.js does the others.

import { logSum, mixed, truncated } from "./normal.js";

/** Up to so many rows with lasting errors come one after the other; points, along a line too. */
const FEW = 4, N_FEW = 32, GENERATOR = [1, 13, 9, 1], N_LATTICE = 64, N_LINE = 32;

/** @typedef {{edges: number[], weights: number[]}} Row intervals side by side, and log weights */

/** @param {number} n rows @param {boolean} lasts whether their errors last @returns {boolean} whether they are integrated over what they share: that is little, or they are many */
export const isShared = (n, lasts) => n > (lasts ? FEW : 1);

/** @param {number} x */
const fold = (x) => 1 - Math.abs(2 * (x - Math.floor(x)) - 1);

/**
 * Points of the unit cube for rows that come one after the other, [point][row].
 * @param {number} n rows @param {boolean} alone whether nothing is shared
 */
export function pointsFor(n, alone) {
  if (n === 1 || alone) return [new Array(n).fill(0.5)];
  return Array.from({ length: N_FEW }, (_, i) => GENERATOR.slice(0, n).map((g) => fold(((i + 0.5) * g) / N_FEW)));
}

/** The same for errors that rows share, [point][error]. @param {number} n errors */
export function latticeFor(n) {
  if (n === 1) return Array.from({ length: N_LINE }, (_, i) => [(i + 0.5) / N_LINE]);
  const roots = /** @type {number[]} */ ([]);
  for (let k = 2; roots.length < n; k++) {
    let prime = true;
    for (let d = 2; d * d <= k; d++) if (k % d === 0) prime = false;
    if (prime) roots.push(Math.sqrt(k));
  }
  return Array.from({ length: N_LATTICE }, (_, i) => roots.map((root) => fold((i + 0.5) * root)));
}

/**
 * Returns the log probability that every row holds, and writes into `inside` residuals of one way how they do.
 * @param {ArrayLike<number>} mean of the rows' residuals, given all others @param {Float64Array[]} root of their covariance
 * @param {Row[]} rows bounds of residuals @param {number[][]} points
 * @param {number} pick which way, a share from 0 to 1 @param {Float64Array|null} inside
 */
export function logInside(mean, root, rows, points, pick, inside) {
  const n = rows.length, found = new Float64Array(2), logs = new Float64Array(points.length);
  const steps = points.map(() => new Float64Array(n));
  points.forEach((point, p) => {
    for (let j = 0; j < n; j++) {
      let shift = mean[j];
      for (let i = 0; i < j; i++) shift += root[j][i] * steps[p][i];
      const { edges, weights } = rows[j], scale = root[j][j];
      const u = inside || j < n - 1 ? point[j] : NaN; // the step of the last row changes no probability
      if (edges.length === 2) truncated((edges[0] - shift) / scale, (edges[1] - shift) / scale, u, found);
      else mixed(edges.map((edge) => (edge - shift) / scale), weights, u, found);
      logs[p] += found[0];
      steps[p][j] = found[1];
    }
    if (Number.isNaN(logs[p])) logs[p] = -Infinity;
  });
  const total = logSum(logs);
  if (inside) {
    let chosen = 0, upTo = 0;
    for (let p = 0; p < points.length; p++) {
      upTo += Math.exp(logs[p] - total);
      if (upTo >= pick) { chosen = p; break; }
    }
    for (let j = 0; j < n; j++) {
      inside[j] = mean[j];
      for (let i = 0; i <= j; i++) inside[j] += root[j][i] * steps[chosen][i];
    }
  }
  return total - Math.log(points.length);
}
