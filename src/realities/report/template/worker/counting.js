// Counts that fill up with a delay, and how likely counts of events are: weigh/reporting/delays.py and counts.py.
//
// In comes the course of a true total; out comes what of it had been counted, and the log probability of counts.

/**
 * @typedef {Record<string, number>} Numbers sampled numbers by name
 * @typedef {{share: string|number, rest: boolean, half_life: string|number}} Part
 */

/** @param {string|number} value known, or the name of a sampled one @param {Numbers} numbers */
function valueOf(value, numbers) {
  return typeof value === "number" ? value : numbers[value];
}

/** What of a growing total had been counted when figures were published. */
export class Delay {
  /**
   * @param {number[]} offsets days between which the total is followed @param {number[][]} spans of the parts: first
   *   step, last + 1, place @param {Part[]} parts @param {number[]} ends places of the figures' last days
   * @param {number[]} waits days from then to publication
   */
  constructor(offsets, spans, parts, ends, waits) {
    this.steps = offsets.slice(1).map((offset, k) => offset - offsets[k]);
    this.parts = spans.map(([first, end, place]) => ({ first, end, ...parts[place] }));
    this.ends = ends;
    this.waits = waits;
    this.waiting = new Float64Array(offsets.length);
    this.happened = new Float64Array(offsets.length);
  }

  /** @param {ArrayLike<number>} total at the offsets @param {Numbers} numbers @returns {Float64Array} of events since the start */
  sinceStart(total, numbers) {
    const { ends, waits, steps, waiting, happened } = this, counted = new Float64Array(ends.length);
    if (!this.parts.length) return counted.map((_, k) => total[ends[k]] - total[0]);
    for (const part of this.parts) {
      const stated = valueOf(part.share, numbers), share = part.rest ? 1 - stated : stated;
      const halfLife = valueOf(part.half_life, numbers);
      for (let k = 0; k < steps.length; k++) {
        const growth = k >= part.first && k < part.end ? total[k + 1] - total[k] : 0, x = (Math.LN2 * steps[k]) / halfLife;
        waiting[k + 1] = waiting[k] * Math.pow(2, -steps[k] / halfLife) + (growth * -Math.expm1(-x)) / x;
        happened[k + 1] = happened[k] + growth;
      }
      for (let k = 0; k < ends.length; k++) {
        counted[k] += share * (happened[ends[k]] - waiting[ends[k]] * Math.pow(2, -waits[k] / halfLife));
      }
    }
    return counted;
  }
}

/** A mean this small beside the total is nothing but the rounding of a difference. */
const ROUNDING = 1e-9;
/** From here on Stirling's series gives the logarithm of the gamma function to all digits. */
const LARGE = 30;

/** What Stirling's formula leaves of log gamma. @param {number} x large */
function stirling(x) {
  const square = x * x;
  return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / x;
}

/** @param {number} x above 0 @returns {number} */
function logGamma(x) {
  let shift = 0;
  for (; x < LARGE; x++) shift += Math.log(x);
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + stirling(x) - shift;
}

/**
 * The log probability of a count: negative binomial with variance mean + (noise mean)^2.
 * @param {number} events @param {number} mean @param {number} noise
 */
function logCount(events, mean, noise) {
  if (!(mean >= 0)) return -Infinity;
  const times = events === 0 ? 0 : events * Math.log(mean), plain = times - logGamma(events + 1);
  const shape = 1 / (noise * noise);
  if (shape === Infinity) return plain - mean;
  let rising;
  if (shape >= LARGE) {
    rising = (events + shape - 0.5) * Math.log1p(events / shape) - events + stirling(events + shape) - stirling(shape);
  } else {
    rising = logGamma(shape + events) - logGamma(shape) - events * Math.log(shape);
  }
  return plain + rising - (events + shape) * Math.log1p(mean / shape);
}

/**
 * The log probability of a reporter's counts.
 * @param {number[][]} increments [events, figure, times, figure, times, ...] @param {ArrayLike<number>} counted what could
 *   be known of each figure @param {number} detection @param {number} noise @param {number} perUnit events per unit
 * @param {number} largest of the total
 */
export function logCounts(increments, counted, detection, noise, perUnit, largest) {
  let total = 0;
  for (const [events, ...parts] of increments) {
    let mean = 0;
    for (let k = 0; k < parts.length; k += 2) mean += counted[parts[k]] * parts[k + 1];
    mean *= perUnit;
    if (mean < 0 && mean >= -ROUNDING * perUnit * largest) mean = 0;
    total += logCount(events, mean * detection, noise);
  }
  return total;
}
