// Interval rows integrated over the errors that they share: weigh/reporting/shared.py, for one draw.
//
// Given the shared errors rows are independent. A Gaussian near to these errors given all rows is found by expectation
// propagation, and the average is taken over points of it, with weights that make up for what it is not. reports.js asks
// for it where rows are many, or share little; intervals.js does the others.

import { dot, rootOf, solveWith } from "./filter.js";
import { logSum, mixed, moments, truncated } from "./normal.js";

/** Rounds, how far each goes, by how much points spread wider, and what of a variance is no more than rounding. */
const ROUNDS = 3, STEP = 0.9, WIDER = 0.6, TINY = 1e-12;
/** Where each row lies among its intervals: shares from 0 to 1 that follow from one. */
const GOLDEN = 0.6180339887498949;

/** @typedef {import("./intervals.js").Row} Row */

/**
 * What `logInside` gives, from levels of the rows, loads [row][error] of independent errors, and the rows' own variance.
 * @param {number[]} level @param {ArrayLike<number>[]} loads @param {number[]} variance @param {Row[]} rows
 * @param {number[][]} steps standard normal ones, [point][error] @param {number} pick @param {Float64Array|null} inside
 */
export function logShared(level, loads, variance, rows, steps, pick, inside) {
  const { mean, covariance } = nearest(level, loads, variance, rows), m = mean.length, n = rows.length;
  const root = lowerRoot(covariance).map((row) => row.map((value) => value * (1 + WIDER / m ** 2)));
  const logDet = root.reduce((sum, row, k) => sum + Math.log(row[k]), 0), sd = variance.map(Math.sqrt);
  const found = new Float64Array(2), errors = new Float64Array(m), levels = new Float64Array(n), logs = new Float64Array(steps.length);
  const move = (/** @type {number[]} */ step) => {
    for (let k = 0; k < m; k++) errors[k] = mean[k] + dot(root[k], step);
    for (let j = 0; j < n; j++) levels[j] = level[j] + dot(loads[j], errors);
  };
  for (let p = 0; p < steps.length; p++) {
    move(steps[p]);
    let log = logDet + 0.5 * (dot(steps[p], steps[p]) - dot(errors, errors));
    for (let j = 0; j < n; j++) log += logMass(rows[j], levels[j], sd[j], NaN, found);
    logs[p] = Number.isNaN(log) ? -Infinity : log;
  }
  const total = logSum(logs);
  if (inside) {
    let chosen = 0, upTo = Math.exp(logs[0] - total);
    while (upTo < pick && chosen < logs.length - 1) upTo += Math.exp(logs[++chosen] - total);
    move(steps[chosen]);
    for (let j = 0; j < n; j++) {
      logMass(rows[j], levels[j], sd[j], (pick + (j + 1) * GOLDEN) % 1, found);
      inside[j] = levels[j] + sd[j] * found[1];
    }
  }
  return total - Math.log(steps.length);
}

/** @param {Row} row @param {number} level @param {number} sd @param {number} u @param {Float64Array} found @returns {number} log mass about a level; its value at u, in standard deviations, is left in found[1] */
function logMass({ edges, weights }, level, sd, u, found) {
  if (edges.length === 2) truncated((edges[0] - level) / sd, (edges[1] - level) / sd, u, found);
  else mixed(edges.map((edge) => (edge - level) / sd), weights, u, found);
  return found[0];
}

/** Mean and covariance of a Gaussian near to the shared errors given all rows. @param {number[]} level @param {ArrayLike<number>[]} loads
 * @param {number[]} variance @param {Row[]} rows */
function nearest(level, loads, variance, rows) {
  const precision = rows.map(() => 0), pull = rows.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    const { mean, covariance } = withSites(level, loads, precision, pull);
    rows.forEach((row, j) => {
      const spread = dot(loads[j], covariance.map((column) => dot(column, loads[j])));
      const [worth, turned] = site(row, level[j] + dot(loads[j], mean), spread, precision[j], pull[j], variance[j]);
      precision[j] += STEP * (worth - precision[j]);
      pull[j] += STEP * (turned - pull[j]);
    });
  }
  return withSites(level, loads, precision, pull);
}

/** The same where each row is a Gaussian: its precision, and that times its mean. @param {number[]} level @param {ArrayLike<number>[]} loads
 * @param {number[]} precision @param {number[]} pull */
function withSites(level, loads, precision, pull) {
  const m = loads[0].length, errors = Array.from({ length: m }, (_, k) => k);
  const told = errors.map(() => new Array(m).fill(0)), turned = new Float64Array(m);
  loads.forEach((load, j) => {
    const rest = pull[j] - precision[j] * level[j];
    for (let k = 0; k < m; k++) {
      turned[k] += load[k] * rest;
      for (let l = 0; l < m; l++) told[k][l] += precision[j] * load[k] * load[l];
    }
  });
  for (let k = 0; k < m; k++) told[k][k] += 1;
  const root = rootOf(told, new Float64Array(m));
  const covariance = errors.map((k) => {
    const unit = new Float64Array(m);
    unit[k] = 1;
    return solveWith(root, unit);
  });
  return { mean: covariance.map((column) => dot(column, turned)), covariance };
}

/** What a row is worth given all others: precision, and that times a mean; nothing where that is no Gaussian. @param {Row} row @param {number} mean
 * @param {number} spread @param {number} precision @param {number} pull @param {number} variance @returns {[number, number]} */
function site({ edges, weights }, mean, spread, precision, pull, variance) {
  const without = 1 / (1 / spread - precision), centre = without * (mean / spread - pull), total = without + variance;
  const [inside, left] = moments(edges, weights, centre, total), gain = without / total;
  const worth = Math.max(1 / (without - gain ** 2 * (total - left)) - 1 / without, 0);
  const turned = (centre + gain * (inside - centre)) * (worth + 1 / without) - centre / without;
  return Number.isFinite(worth) && Number.isFinite(turned) && without > 0 && spread > 0 ? [worth, turned] : [0, 0];
}

/** The lower root of a covariance, a singular one too. @param {ArrayLike<number>[]} covariance @returns {Float64Array[]} */
export function lowerRoot(covariance) {
  const n = covariance.length, root = covariance.map(() => new Float64Array(n));
  for (let j = 0; j < n; j++) {
    let pivot = 0;
    for (let i = j; i < n; i++) {
      let left = covariance[i][j];
      for (let k = 0; k < j; k++) left -= root[i][k] * root[j][k];
      // What is left of a variance of which all has been said is rounding.
      if (i === j) pivot = left > TINY * covariance[j][j] ? Math.sqrt(left) : 0;
      root[i][j] = pivot ? left / pivot : 0;
    }
  }
  return root;
}
