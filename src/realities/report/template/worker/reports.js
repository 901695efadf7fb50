// The reports of one quantity as of one date: how likely they are, and what they say of the model's error.
//
// In come a quantity of the live data and its rows that weigh; then, for a draw, the truth at `times` and the
// sampled numbers. Out comes the same log density as weigh/reporting has it (values.py, bounds.py, counts.py):
// a Gaussian over noise, lasting errors and coefficients, integrated out exactly, and probabilities of intervals.

import { Delay, logCounts } from "./counting.js";
import { DAYS_PER_YEAR, dot, Filter, rootOf, solveWith, spell, walk, wander } from "./filter.js";
import { isShared, latticeFor, logInside, pointsFor } from "./intervals.js";
import { logNdtr, logSum, ndtri } from "./normal.js";
import { logShared, lowerRoot } from "./shared.js";
import { summedNumbers, wholeNumbers } from "./text.js";

const LOG_TAU = Math.log(2 * Math.PI);

/**
 * @typedef {Record<string, number>} Numbers sampled numbers by name
 * @typedef {{name: string, mean: number, sd: number|null, log: boolean}} Term
 * @typedef {{is_origin: boolean, scale: string, bias: Term, drift: Term|null, noise: Term|null, walk: Term|null, since: number,
 *   since_day: number, period: number, origin: number, heaping: Term[], shares: number[]}} Erring
 * @typedef {{sd: number, of: Float64Array, ofTruth: boolean}} Column what an integrated number adds to each row
 * @typedef {{rows: Int32Array, filter: Filter, columns: Float64Array[], white: Float64Array[], inner: Float64Array[],
 *   logDet: number}} Structure errors of some rows, ready to be used
 */

/** @param {number} value @param {string} scale @param {number} whole */
export function toScale(value, scale, whole) {
  return scale === "log" ? Math.log(value) : scale === "logit" ? Math.log(value) - Math.log(whole - value) : value;
}

/** @param {number} value @param {string} scale @param {number} whole */
export function fromScale(value, scale, whole) {
  return scale === "log" ? Math.exp(value) : scale === "logit" ? whole / (1 + Math.exp(-value)) : value;
}

/** A term on the scale: sampled, or its mean. @param {Term} term @param {Numbers} numbers */
function onScale(term, numbers) {
  if (term.sd !== null) return term.mean;
  return term.log ? Math.log(numbers[term.name]) : numbers[term.name];
}

/** @param {Term} term @returns {boolean} whether it is integrated out */
const isIntegrated = (term) => term.sd !== null && term.sd > 0;

export class Reports {
  /** @type {Float64Array} */
  times = new Float64Array(0);
  /** @type {number[]} */
  at = [];
  /** @type {{erring: number, delay: Delay, increments: number[][]}[]} */
  books = [];
  /** @type {Column[]} */
  columns = [];
  /** @type {number[]} */
  walkers = [];
  /** @type {number[]} */
  sharers = [];
  everyRow = new Int32Array(0);
  plain = new Int32Array(0);
  interval = new Int32Array(0);
  /** @type {Map<Int32Array, Filter>} */
  filters = new Map();
  /** @type {Map<Int32Array, Structure>} */
  kept = new Map();
  /** @type {ReturnType<Reports["_given"]>|null} */
  given = null;
  /** @type {number[][]} */
  points = [];

  /**
   * @param {any} quantity of the live data @param {{places: string, delay: any, books: any[]}} dated its rows as of a date
   * @param {any} time of the live data
   */
  constructor(quantity, dated, time) {
    const places = summedNumbers(dated.places), all = quantity.rows, n = places.length;
    const pick = (/** @type {any[]} */ column, /** @type {any} */ otherwise) =>
      places.map((place) => (column.length ? column[place] : otherwise));
    this.quantity = quantity;
    /** @type {Erring[]} */
    this.erring = quantity.erring;
    this.n = n;
    this.reporter = pick(wholeNumbers(all.erring), 0);
    const calendarDays = pick(summedNumbers(all.day), 0);
    this.timeOf = (/** @type {number} */ day) => time.start + day / time.days_per_time;
    const rowTimes = time.exact ? calendarDays.map(this.timeOf) : pick(all.time, 0);
    this.days = Float64Array.from(rowTimes, (t) => (t - time.start) * time.days_per_time);
    // Without Jacobians numbers are on a log scale and stand here as they were reported.
    const isLog = !all.jacobian, level = (/** @type {(number|null)[]} */ column, /** @type {number} */ none) =>
      Float64Array.from(pick(column, null), (v) => (v === null ? none : isLog ? Math.log(v) : v));
    this.value = level(all.value, NaN);
    this.low = level(all.low, -Infinity);
    this.high = level(all.high, Infinity);
    this.ownSd = pick(all.own_sd, 0);
    this.logJacobian = (isLog ? Array.from(this.value, (v) => -v || 0) : pick(all.jacobian, 0)).reduce((sum, one) => sum + one, 0);
    this.steps = pick(all.steps, []);
    this.edges = pick(all.edges, []).map((/** @type {(number|null)[]} */ edges) =>
      edges.map((edge, k) => (edge === null ? (k < edges.length / 2 ? -Infinity : Infinity) : edge)));
    this.years = this.erring.map((one) => Float64Array.from(calendarDays, (day) => Math.max(day - one.since_day, 0) / DAYS_PER_YEAR));
    this.bears = this.erring.map((one, k) => Float64Array.from(this.reporter, (r) => (r === k || (one.is_origin && this.erring[r].origin === k) ? 1 : 0)));
    this._setTimes(dated, rowTimes, pick(summedNumbers(all.end), null), pick(wholeNumbers(all.wait), 0), calendarDays, time);
    this._setErrors();
  }

  /** When the truth is needed, and how figures follow from it. @param {any} dated @param {number[]} rowTimes @param {(number|null)[]} ends
   * @param {number[]} waits @param {number[]} days @param {any} time */
  _setTimes(dated, rowTimes, ends, waits, days, time) {
    /** @type {Delay|null} */
    this.delay = null;
    if (!dated.delay) {
      this.times = Float64Array.from(new Set(rowTimes)).sort();
      const at = new Map(Array.from(this.times, (t, k) => [t, k]));
      this.at = rowTimes.map((t) => /** @type {number} */ (at.get(t)));
      return;
    }
    const offsets = summedNumbers(dated.delay.offsets), spans = dated.delay.parts, parts = this.quantity.parts;
    this.times = Float64Array.from(time.exact ? offsets.map(this.timeOf) : dated.delay.times);
    if (this.quantity.kind === "count") {
      this.books = dated.books.map((/** @type {any} */ book) => ({
        erring: book.erring, increments: book.increments, delay: new Delay(offsets, spans, parts, book.ends, book.waits),
      }));
    } else {
      const last = ends.map((end, k) => offsets.indexOf(end === null ? days[k] : end));
      this.delay = new Delay(offsets, spans, parts, last, waits);
    }
  }

  _setErrors() {
    const { erring, bears, years, quantity } = this;
    const scored = quantity.kind === "value" || quantity.kind === "ordinal";
    erring.forEach((one, k) => {
      if (!scored || !bears[k].some((x) => x)) return;
      if (isIntegrated(one.bias)) this.columns.push({ sd: /** @type {number} */ (one.bias.sd), of: bears[k], ofTruth: !one.bias.log });
      if (one.drift && isIntegrated(one.drift)) {
        this.columns.push({ sd: /** @type {number} */ (one.drift.sd), of: bears[k].map((x, i) => x * years[k][i]), ofTruth: false });
      }
    });
    this.scored = scored;
    this.error = quantity.discrepancy.length ? wander(quantity.discrepancy[0], quantity.discrepancy[1]) : null;
    this.walkers = scored ? erring.flatMap((one, k) => (one.walk && bears[k].some((x) => x) ? [k] : [])) : [];
    this.sharers = scored ? erring.flatMap((one, k) => (one.is_origin && one.noise && bears[k].some((x) => x) ? [k] : [])) : [];
    this.everyRow = Int32Array.from({ length: this.n }, (_, i) => i);
    this.plain = this.everyRow.filter((i) => !Number.isNaN(this.value[i]));
    this.interval = this.everyRow.filter((i) => Number.isNaN(this.value[i]));
    const sampled = (/** @type {Term|null} */ term) => term !== null && term.sd === null;
    const used = erring.filter((_, k) => bears[k].some((x) => x));
    /** Whether the sizes of errors are the same for all draws, and whether all of their structure is. */
    this.sameSizes = !used.some((one) => sampled(one.walk) || sampled(one.noise));
    this.same = this.sameSizes && !this.columns.some((column) => column.ofTruth);
    const n = this.interval.length, lasts = Boolean(this.error) || this.walkers.length > 0 || this.sharers.length > 0;
    this.lasts = lasts;
    this.isShared = isShared(n, lasts) && (lasts || this.columns.length > 0);
    this.points = this.isShared ? latticeFor(lasts ? n : this.columns.length).map((point) => point.map(ndtri)) : pointsFor(n, !this.columns.length && !lasts);
  }

  /** The processes that rows bear. @param {Int32Array} rows @param {Numbers} numbers */
  _borne(rows, numbers) {
    const found = [];
    if (this.error) found.push({ process: this.error, rows: new Float64Array(rows.length).fill(1) });
    for (const k of this.walkers) {
      const one = this.erring[k];
      found.push({ process: walk(onScale(/** @type {Term} */ (one.walk), numbers), one.since), rows: picked(this.bears[k], rows) });
    }
    for (const k of this.sharers) {
      const one = this.erring[k];
      found.push({ process: spell(onScale(/** @type {Term} */ (one.noise), numbers), one.period), rows: picked(this.bears[k], rows) });
    }
    return found;
  }

  /** The errors of some rows. @param {Int32Array} rows @param {Float64Array} known @param {Numbers} numbers @returns {Structure} */
  structure(rows, known, numbers) {
    const held = this.kept.get(rows);
    if (held) return held;
    const filter = this._filter(rows, numbers);
    const columns = this.columns.map(({ of, ofTruth }) => Float64Array.from(rows, (i) => of[i] * (ofTruth ? known[i] : 1)));
    const white = columns.map((column) => filter.whiten(column));
    const matrix = white.map((a, k) => white.map((b, l) => dot(a, b) + (k === l ? this.columns[k].sd ** -2 : 0)));
    const inner = rootOf(matrix, new Float64Array(white.length));
    let logDet = filter.logDet + rows.length * LOG_TAU;
    inner.forEach((row, k) => (logDet += 2 * Math.log(row[k] * this.columns[k].sd)));
    const found = { rows, filter, columns, white, inner, logDet };
    if (this.same) this.kept.set(rows, found);
    return found;
  }

  /** Noise and lasting errors of some rows. @param {Int32Array} rows @param {Numbers} numbers @returns {Filter} */
  _filter(rows, numbers) {
    const held = this.filters.get(rows);
    if (held) return held;
    const variance = Float64Array.from(rows, (i) => this.variance(i, numbers));
    const filter = new Filter(picked(this.days, rows), variance, this._borne(rows, numbers));
    if (this.sameSizes) this.filters.set(rows, filter);
    return filter;
  }

  /** @param {number} i row @param {Numbers} numbers */
  variance(i, numbers) {
    const noise = this.erring[this.reporter[i]].noise;
    return (noise ? onScale(noise, numbers) : 0) ** 2 + this.ownSd[i] ** 2;
  }

  /** What of the truth each row could know. @param {ArrayLike<number>} truth at `times` @param {Numbers} numbers */
  known(truth, numbers) {
    const { delay, at } = this;
    const counted = delay && delay.sinceStart(truth, numbers);
    const known = Float64Array.from(this.reporter, (_, i) => (counted ? truth[0] + counted[i] : truth[at[i]]));
    this.erring.forEach((one, k) => {
      if (!one.is_origin || one.bias.log) return;
      const bias = onScale(one.bias, numbers);
      for (let i = 0; i < known.length; i++) if (this.bears[k][i]) known[i] *= bias;
    });
    return known;
  }

  /** What each row would say without noise, on its scale. @param {Float64Array} known @param {Numbers} numbers */
  level(known, numbers) {
    const whole = this.quantity.whole === null ? Infinity : this.quantity.whole;
    const biases = this.erring.map((one) => onScale(one.bias, numbers));
    const level = known.map((value, i) => {
      const r = this.reporter[i], { scale } = this.erring[r];
      return scale === "linear" ? biases[r] * value : toScale(value, scale, whole) + biases[r];
    });
    this.erring.forEach((one, k) => {
      const shift = one.is_origin && one.bias.log ? biases[k] : 0, drift = one.drift ? onScale(one.drift, numbers) : 0;
      if (shift === 0 && drift === 0) return;
      for (let i = 0; i < level.length; i++) if (this.bears[k][i]) level[i] += shift + drift * this.years[k][i];
    });
    return level;
  }

  /** @param {ArrayLike<number>} truth at `times` @param {Numbers} numbers @returns {number} */
  logDensity(truth, numbers) {
    let found;
    if (this.quantity.kind === "count") found = this._logCounts(truth, numbers);
    else {
      const known = this.known(truth, numbers), level = this.level(known, numbers);
      found = this.logJacobian + (this.scored ? this._logValues(known, level, numbers, 0, null) : this._logBounds(level, numbers));
    }
    return Number.isNaN(found) ? -Infinity : found;
  }

  /** @param {ArrayLike<number>} truth @param {Numbers} numbers */
  _logCounts(truth, numbers) {
    let largest = 0, total = 0;
    for (let i = 0; i < truth.length; i++) largest = Math.max(largest, Math.abs(truth[i]));
    for (const book of this.books) {
      const one = this.erring[book.erring], bias = onScale(one.bias, numbers);
      const noise = one.noise ? onScale(one.noise, numbers) : 0;
      const counted = book.delay.sinceStart(truth, numbers);
      total += logCounts(book.increments, counted, one.bias.log ? Math.exp(bias) : bias, noise, this.quantity.per_unit, largest);
    }
    return total;
  }

  /** All bounds of one reporter hold or fail together. @param {Float64Array} level @param {Numbers} numbers */
  _logBounds(level, numbers) {
    const isFloor = this.quantity.kind === "floor", sd = this.quantity.discrepancy[0] || 0;
    const tightest = this.erring.map(() => Infinity);
    for (let i = 0; i < this.n; i++) {
      const bound = isFloor ? this.low[i] : this.high[i];
      const margin = Number.isFinite(bound) ? (isFloor ? level[i] - bound : bound - level[i]) : Infinity;
      const scaled = margin / Math.sqrt(this.variance(i, numbers) + sd * sd), r = this.reporter[i];
      tightest[r] = Number.isNaN(scaled) || Number.isNaN(tightest[r]) ? NaN : Math.min(tightest[r], scaled);
    }
    let total = 0;
    for (const margin of tightest) total += Number.isNaN(margin) ? -Infinity : logNdtr(margin);
    return total;
  }

  /**
   * The log density of values and intervals together; where wanted, what the intervals' residuals may be.
   * @param {Float64Array} known @param {Float64Array} level @param {Numbers} numbers @param {number} pick @param {Float64Array|null} inside
   */
  _logValues(known, level, numbers, pick, inside) {
    const plain = this.structure(this.plain, known, numbers);
    const { left, loads, square } = this._leftover(plain, Float64Array.from(this.plain, (i) => this.value[i] - level[i]));
    let total = -0.5 * (square + plain.logDet);
    if (this.interval.length) total += this._logIntervals(plain, left, loads, known, level, numbers, pick, inside);
    return total + this._logSteps(numbers);
  }

  /** What the best coefficients leave of residuals, made white, and the square of both. @param {Structure} structure @param {Float64Array} residual */
  _leftover(structure, residual) {
    const white = structure.filter.whiten(residual);
    const loads = solveWith(structure.inner, structure.white.map((column) => dot(column, white)));
    let square = 0;
    loads.forEach((load, k) => {
      const column = structure.white[k];
      for (let i = 0; i < white.length; i++) white[i] -= load * column[i];
      square += (load / this.columns[k].sd) ** 2;
    });
    return { left: white, loads, square: square + dot(white, white) };
  }

  /** The interval rows given the plain ones, and what they say. @param {Structure} plain @param {Float64Array} left @param {Float64Array} loads
   * @param {Float64Array} known @param {Float64Array} level @param {Numbers} numbers @param {number} pick @param {Float64Array|null} inside */
  _logIntervals(plain, left, loads, known, level, numbers, pick, inside) {
    const { design, across, root } = this._given(plain, known, numbers), rows = Array.from(this.interval, (i) => this._bounds(i, level[i], numbers));
    const mean = design.map((own, j) => dot(own, loads) + dot(across[j], left));
    if (!this.isShared) return logInside(mean, root, rows, this.points, pick, inside);
    return logShared(mean, root, Array.from(this.interval, (i) => this.variance(i, numbers)), rows, this.points, pick, inside);
  }

  /** Kriging: how the interval rows follow from the plain ones, and the root of what is left open, or what the rows share of it. @param {Structure} plain
   * @param {Float64Array} known @param {Numbers} numbers @returns {{design: number[][], across: Float64Array[], root: Float64Array[]}} */
  _given(plain, known, numbers) {
    if (this.given) return this.given;
    const rows = this.interval, mine = this._borne(rows, numbers), theirs = this._borne(plain.rows, numbers);
    const shared = (/** @type {any[]} */ a, /** @type {number} */ i, /** @type {number} */ dayA, /** @type {any[]} */ b, /** @type {number} */ j, /** @type {number} */ dayB) => {
      let sum = 0;
      for (let p = 0; p < a.length; p++) if (a[p].rows[i] && b[p].rows[j]) sum += a[p].process.covariance(dayA, dayB);
      return sum;
    };
    const design = Array.from(rows, (i) => this.columns.map(({ of, ofTruth }) => of[i] * (ofTruth ? known[i] : 1)));
    const across = Array.from(rows, (row, j) => plain.filter.whiten(
      Array.from(plain.rows, (other, i) => shared(theirs, i, this.days[other], mine, j, this.days[row]))));
    const open = design.map((own, j) => own.map((load, k) => load - dot(across[j], plain.white[k])));
    const spread = open.map((own) => solveWith(plain.inner, own));
    const covariance = Array.from(rows, (row, i) => Array.from(rows, (other, j) =>
      shared(mine, i, this.days[row], mine, j, this.days[other]) - dot(across[i], across[j]) + dot(open[i], spread[j])));
    const root = !this.isShared ? rootOf(covariance, Array.from(rows, (i) => this.variance(i, numbers)))
      : this.lasts ? lowerRoot(covariance) : this._spanned(plain, design);
    const found = { design, across, root };
    if (this.same) this.given = found;
    return found;
  }

  /** What independent errors of the coefficients add to each interval row. @param {Structure} plain @param {number[][]} design @returns {Float64Array[]} */
  _spanned(plain, design) {
    const places = this.columns.map((_, k) => k), root = lowerRoot(places.map((k) => solveWith(plain.inner, places.map((l) => Number(k === l)))));
    return design.map((own) => Float64Array.from(places, (k) => places.reduce((sum, l) => sum + own[l] * root[l][k], 0)));
  }

  /** What an interval row says of its residual. @param {number} i @param {number} level @param {Numbers} numbers */
  _bounds(i, level, numbers) {
    if (this.steps[i].length < 2) return { edges: [this.low[i] - level, this.high[i] - level], weights: [0] };
    const logs = logShares(this.erring[this.reporter[i]], numbers);
    const reaching = this.steps[i].map((/** @type {number} */ _, /** @type {number} */ k) =>
      logSum(this.steps[i].slice(k).map((/** @type {number} */ step) => logs[step])));
    return { edges: this.edges[i].map((edge) => edge - level), weights: [...reaching.slice(1).reverse(), ...reaching] };
  }

  /** The log probability of the steps of figures that only one step divides. @param {Numbers} numbers */
  _logSteps(numbers) {
    let total = 0;
    for (let i = 0; i < this.n; i++) {
      const one = this.erring[this.reporter[i]];
      if (this.steps[i].length === 1 && (one.shares.length > 1 || one.heaping.length)) total += logShares(one, numbers)[this.steps[i][0]];
    }
    return total;
  }

  /**
   * What the reports say of the model's error at some days: its mean and standard deviation, on the scale, for one draw.
   * @param {ArrayLike<number>} truth at `times` @param {Numbers} numbers @param {Float64Array} days @param {number} pick which of the
   *   ways in which intervals hold, a share from 0 to 1 @param {Float64Array} mean filled in @param {Float64Array|null} sd filled in
   */
  errorAt(truth, numbers, days, pick, mean, sd) {
    const error = this.error;
    if (!error) return;
    if (!this.scored || !this.n) {
      mean.fill(0);
      if (sd) sd.fill(Math.sqrt(error.covariance(0, 0)));
      return;
    }
    const known = this.known(truth, numbers), level = this.level(known, numbers);
    const residual = Float64Array.from(this.value, (value, i) => value - level[i]);
    if (this.interval.length) {
      const inside = new Float64Array(this.interval.length);
      this._logValues(known, level, numbers, pick, inside);
      this.interval.forEach((row, j) => (residual[row] = inside[j]));
    }
    const all = this.structure(this.everyRow, known, numbers), { left } = this._leftover(all, residual);
    const across = this._across(all, days);
    for (let t = 0; t < days.length; t++) mean[t] = dot(across[t], left);
    if (!sd) return;
    for (let t = 0; t < days.length; t++) {
      const open = all.white.map((column) => -dot(across[t], column));
      const spread = solveWith(all.inner, open);
      sd[t] = Math.sqrt(Math.max(error.covariance(0, 0) - dot(across[t], across[t]) + dot(open, spread), 0));
    }
  }

  /** Covariances of the model's error at some days with all rows, made white. @param {Structure} all @param {Float64Array} days */
  _across(all, days) {
    if (this.across && this.acrossOf === all.filter && this.acrossDays === days) return this.across;
    const error = /** @type {import("./filter.js").Process} */ (this.error);
    this.across = Array.from(days, (day) => all.filter.whiten(this.days.map((other) => error.covariance(day, other))));
    this.acrossOf = all.filter;
    this.acrossDays = days;
    return this.across;
  }
}

/** @param {Float64Array} values @param {Int32Array} rows */
function picked(values, rows) {
  return Float64Array.from(rows, (i) => values[i]);
}

/** @param {Erring} one @param {Numbers} numbers @returns {number[]} log share of each step */
function logShares(one, numbers) {
  if (one.shares.length) return one.shares.map(Math.log);
  let left = 0;
  const logs = one.heaping.map((term) => {
    const chosen = numbers[term.name], log = left + Math.log(chosen);
    left += Math.log1p(-chosen);
    return log;
  });
  return [...logs, left];
}
