// Several lasting errors and noise taken apart row by row: a Kalman filter, as weigh/reporting/filtering.py has it.
//
// In come rows with their noise and the processes they bear; out come numbers made white: of variance one, and
// independent. Products of them are those with the inverse of the covariance. reports.js uses it.

export const DAYS_PER_YEAR = 365.25;
/** Model time in days is not exact to the last digit; a spell's first day is its own. */
const PART_OF_DAY = 1e-6;

/**
 * A process that remembers only where it stands: how each of ascending days follows from the one before, and the
 * covariance of two days.
 * @typedef {{steps: (days: Float64Array) => {left: Float64Array, fresh: Float64Array},
 *   covariance: (day: number, other: number) => number}} Process
 */

/** Model error that fades. @param {number} sd @param {number} timescale days @returns {Process} */
export function wander(sd, timescale) {
  return {
    steps: (days) => stepped(days, (gap) => Math.exp(-gap / timescale), (gap) => -sd * sd * Math.expm1((-2 * gap) / timescale), Infinity),
    covariance: (day, other) => sd * sd * Math.exp(-Math.abs(day - other) / timescale),
  };
}

/** A bias that walks from a day on. @param {number} sd of what it gains in a year @param {number} since @returns {Process} */
export function walk(sd, since) {
  const years = (/** @type {number} */ day) => Math.max(day - since, 0) / DAYS_PER_YEAR;
  return {
    steps: (days) => ({
      left: new Float64Array(days.length).fill(1),
      fresh: days.map((day, i) => sd * sd * (years(day) - (i ? years(days[i - 1]) : 0))),
    }),
    covariance: (day, other) => sd * sd * Math.min(years(day), years(other)),
  };
}

/** An error common to a stretch of days, new in the next. @param {number} sd @param {number} period days @returns {Process} */
export function spell(sd, period) {
  const number = (/** @type {number} */ day) => Math.floor((day + PART_OF_DAY) / period);
  return {
    steps: (days) => stepped(days.map(number), (gap) => (gap === 0 ? 1 : 0), (gap) => (gap === 0 ? 0 : sd * sd), Infinity),
    covariance: (day, other) => (number(day) === number(other) ? sd * sd : 0),
  };
}

/**
 * @param {Float64Array} days @param {(gap: number) => number} left @param {(gap: number) => number} fresh
 * @param {number} first the gap before the first
 */
function stepped(days, left, fresh, first) {
  const gaps = days.map((day, i) => (i ? day - days[i - 1] : first));
  return { left: gaps.map(left), fresh: gaps.map(fresh) };
}

/** Noise and lasting errors of some rows. */
export class Filter {
  /**
   * @param {Float64Array} days ascending @param {Float64Array} variance noise of each row
   * @param {{process: Process, rows: Float64Array}[]} borne processes, and 1 for each row that bears them
   */
  constructor(days, variance, borne) {
    const n = days.length, p = borne.length;
    this.n = n;
    this.p = p;
    this.bears = borne.map((one) => one.rows);
    const steps = borne.map((one) => one.process.steps(days));
    this.left = steps.map((step) => step.left);
    this.gain = new Float64Array(n * p);
    this.sd = new Float64Array(n);
    this.logDet = 0;
    const spread = new Float64Array(p * p), towards = new Float64Array(p);
    for (let i = 0; i < n; i++) {
      for (let a = 0; a < p; a++) {
        for (let b = 0; b < p; b++) spread[a * p + b] *= this.left[a][i] * this.left[b][i];
        spread[a * p + a] += steps[a].fresh[i];
      }
      let fresh = variance[i];
      for (let a = 0; a < p; a++) {
        towards[a] = 0;
        for (let b = 0; b < p; b++) towards[a] += spread[a * p + b] * this.bears[b][i];
        fresh += towards[a] * this.bears[a][i];
      }
      for (let a = 0; a < p; a++) {
        this.gain[i * p + a] = towards[a] / fresh;
        for (let b = 0; b < p; b++) spread[a * p + b] -= (towards[a] * towards[b]) / fresh;
      }
      this.sd[i] = Math.sqrt(fresh);
      this.logDet += Math.log(fresh);
    }
    this.state = new Float64Array(p);
  }

  /** @param {ArrayLike<number>} values one for each row @returns {Float64Array} made white */
  whiten(values) {
    const { n, p, state } = this, white = new Float64Array(n);
    state.fill(0);
    for (let i = 0; i < n; i++) {
      let fresh = values[i];
      for (let a = 0; a < p; a++) {
        state[a] *= this.left[a][i];
        fresh -= state[a] * this.bears[a][i];
      }
      for (let a = 0; a < p; a++) state[a] += this.gain[i * p + a] * fresh;
      white[i] = fresh / this.sd[i];
    }
    return white;
  }
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b @returns {number} their product */
export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The lower root of a small covariance, rows of which may have noise that is never lost. @param {number[][]} matrix @param {ArrayLike<number>} noise */
export function rootOf(matrix, noise) {
  const n = matrix.length, root = matrix.map(() => new Float64Array(n));
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let left = matrix[i][j];
      for (let k = 0; k < j; k++) left -= root[i][k] * root[j][k];
      root[i][j] = i === j ? Math.sqrt(Math.max(left, 0) + noise[j]) : left / root[j][j];
    }
  }
  return root;
}

/** What the inverse of root root' makes of a vector. @param {Float64Array[]} root @param {ArrayLike<number>} vector */
export function solveWith(root, vector) {
  const n = root.length, x = Float64Array.from(vector);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= root[i][k] * x[k];
    x[i] /= root[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= root[k][i] * x[k];
    x[i] /= root[i][i];
  }
  return x;
}
