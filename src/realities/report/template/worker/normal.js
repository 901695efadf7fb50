// The normal distribution: probabilities, quantiles, and numbers between bounds, far out in the tails too.
//
// All of it agrees with weigh/reporting/truncated.py to ten digits. intervals.js and bounds use it.

const HALF_LOG_TAU = 0.9189385332046727;
/** Below this, probabilities lose digits or have none left. */
const FAR_OUT = -35;

/** @param {number} x @returns {number} the density at x */
function density(x) {
  return Math.exp(-0.5 * x * x - HALF_LOG_TAU);
}

/** The ratio of density to upper tail at x >= 4, as a continued fraction. @param {number} x */
function tailRatio(x) {
  let value = x;
  for (let k = 20; k > 0; k--) value = x + k / value;
  return value;
}

/** @param {number} x @returns {number} the probability of a number up to x */
export function ndtr(x) {
  const z = Math.abs(x);
  let upper;
  if (z >= 4) {
    upper = z === Infinity ? 0 : density(z) / tailRatio(z);
  } else {
    let term = z, sum = z;
    for (let k = 3; term > 1e-18 * sum; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    upper = 0.5 - density(z) * sum;
  }
  return x > 0 ? 1 - upper : upper;
}

/** @param {number} x @returns {number} the logarithm of that */
export function logNdtr(x) {
  if (x <= -4) return x === -Infinity ? x : -0.5 * x * x - HALF_LOG_TAU - Math.log(tailRatio(-x));
  return x > 0 ? Math.log1p(-ndtr(-x)) : Math.log(ndtr(x));
}

/**
 * The number up to which the probability is p: a rational start (Abramowitz and Stegun 26.2.22), improved twice.
 * @param {number} p
 */
export function ndtri(p) {
  if (!(p > 0)) return p === 0 ? -Infinity : NaN;
  if (p >= 1) return p === 1 ? Infinity : NaN;
  const below = p < 0.5 ? p : 1 - p, t = Math.sqrt(-2 * Math.log(below));
  let x = (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t)) - t;
  for (let again = 0; again < 2; again++) {
    const off = (ndtr(x) - below) / density(x);
    x -= off / (1 + 0.5 * x * off);
  }
  return p < 0.5 ? x : -x;
}

/** The same from a logarithm below that of a half: Newton's steps on it. @param {number} logP */
function ndtriExp(logP) {
  let x = -Math.sqrt(-2 * logP);
  for (let again = 0; again < 20; again++) {
    const log = logNdtr(x), step = (log - logP) / Math.exp(-0.5 * x * x - HALF_LOG_TAU - log);
    x -= step;
    if (Math.abs(step) < 1e-14 * Math.abs(x)) break;
  }
  return x;
}

/** @param {number} low @param {number} high both below zero @returns {number} log mass between them */
function logMassFarOut(low, high) {
  if (low >= high) return -Infinity;
  const a = logNdtr(low), b = logNdtr(high);
  return b + Math.log1p(-Math.exp(Math.min(a - b, 0)));
}

/**
 * Writes the log mass of N(0, 1) between bounds into found[0], and its value at quantile u inside, unless that is NaN,
 * into found[1].
 * @param {number} low @param {number} high @param {number} u @param {Float64Array} found
 */
export function truncated(low, high, u, found) {
  const mirrored = low > 0, a = mirrored ? -high : low, b = mirrored ? -low : high, share = mirrored ? 1 - u : u;
  let value = NaN;
  if (b < FAR_OUT) {
    found[0] = logMassFarOut(a, b);
    if (u === u) {
      const x = logNdtr(a), y = Math.log(share) + found[0], top = Math.max(x, y);
      value = ndtriExp(Math.min(top + Math.log(Math.exp(x - top) + Math.exp(y - top)), 0));
    }
  } else {
    const start = ndtr(a), mass = ndtr(b) - start;
    found[0] = Math.log(mass);
    if (u === u) value = ndtri(start + share * mass);
  }
  found[1] = mirrored ? -value : value;
}

/** @param {ArrayLike<number>} logs @returns {number} the logarithm of the sum */
export function logSum(logs) {
  let top = -Infinity, sum = 0;
  for (let i = 0; i < logs.length; i++) if (logs[i] > top) top = logs[i];
  if (top === -Infinity) return top;
  for (let i = 0; i < logs.length; i++) sum += Math.exp(logs[i] - top);
  return top + Math.log(sum);
}

/**
 * The same as `truncated` over intervals side by side, each with a weight.
 * @param {number[]} edges ascending @param {number[]} logWeights @param {number} u @param {Float64Array} found
 */
export function mixed(edges, logWeights, u, found) {
  const each = logWeights.map((weight, k) => {
    truncated(edges[k], edges[k + 1], NaN, found);
    return found[0] + weight;
  });
  const total = logSum(each);
  found[0] = total;
  if (u !== u) return;
  let upTo = 0, k = 0;
  for (; k < each.length - 1; k++) {
    upTo += Math.exp(each[k] - total);
    if (u <= upTo) break;
  }
  if (k === each.length - 1) upTo = 1;
  const inside = Math.min(Math.max(1 - (upTo - u) / Math.exp(each[k] - total), 0), 1);
  truncated(edges[k], edges[k + 1], inside, found);
  found[0] = total;
}

/**
 * Mean and variance of what is normal and lies inside, rough far out.
 * @param {number[]} edges ascending @param {number[]} logWeights @param {number} mean @param {number} variance @returns {[number, number]}
 */
export function moments(edges, logWeights, mean, variance) {
  const n = logWeights.length, sd = Math.sqrt(variance), found = new Float64Array(2), logs = new Float64Array(n), held = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    truncated((edges[k] - mean) / sd, (edges[k + 1] - mean) / sd, NaN, found);
    logs[k] = found[0];
    held[k] = found[0] + logWeights[k];
  }
  const total = n > 1 ? logSum(held) : held[0];
  let first = 0, second = 0;
  for (let k = 0; k < n; k++) {
    const share = Math.exp(held[k] - total), low = (edges[k] - mean) / sd, high = (edges[k + 1] - mean) / sd;
    if (!(share > 0)) continue;
    const down = Number.isFinite(low) ? Math.exp(-0.5 * low * low - HALF_LOG_TAU - logs[k]) : 0;
    const up = Number.isFinite(high) ? Math.exp(-0.5 * high * high - HALF_LOG_TAU - logs[k]) : 0;
    first += share * (down - up);
    second += share * (1 + (down ? low * down : 0) - (up ? high * up : 0));
  }
  return [mean + sd * first, variance * Math.max(second - first * first, 1e-8)];
}
