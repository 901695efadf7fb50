// From uniform numbers to the distributions of the language, by inverse distribution functions.
//
// In comes a number from (0, 1) and the parameters of a random function; out goes its value. Bounds are kept by
// drawing from the part of the distribution between them.
import { betaInverse, betaShares, gammaInverse, gammaOf, gammaShares, ndtr, ndtri } from "./special.js";

/** @typedef {(x: number) => number} Real */

/**
 * Returns a value within its bounds; NaN where they leave no room.
 * @param {number} value @param {number} least @param {number} most
 */
function bounded(value, least, most) {
  return least <= most ? Math.min(Math.max(value, least), most) : NaN;
}

/**
 * Returns shift + stretch X within bounds, X by its distribution function and the inverse of it.
 * @param {number} u @param {number} least @param {number} most @param {number} shift @param {number} stretch
 * @param {Real} below @param {Real} inverse
 */
function truncated(u, least, most, shift, stretch, below, inverse) {
  const one = (least - shift) / stretch, other = (most - shift) / stretch;
  const low = below(Math.min(one, other)), high = below(Math.max(one, other));
  const value = stretch === 0 ? shift : shift + stretch * inverse(low + u * (high - low));
  return bounded(value, least, most);
}

/**
 * Returns the smallest count whose distribution function reaches a share, from a guess on.
 * @param {number} share @param {Real} below @param {number} guess
 */
function smallestCount(share, below, guess) {
  if (share !== share || below(0) !== below(0) || !Number.isFinite(guess)) return NaN;
  if (below(0) >= share) return 0;
  // Of low it is known that it does not reach the share, of high that it does.
  let low = 0, high = Math.max(Math.floor(guess), 1), step = 1;
  while (below(high) < share && high < Infinity) {
    low = high;
    high += step;
    step *= 2;
  }
  for (step = 1; high - step > low; step *= 2) {
    if (below(high - step) < share) {
      low = high - step;
      break;
    }
    high -= step;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle === low || middle === high) break;
    if (below(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Returns shift + stretch K within bounds, K a count.
 * @param {number} u @param {number} least @param {number} most @param {number} shift @param {number} stretch
 * @param {Real} below @param {Real} guess
 */
function counted(u, least, most, shift, stretch, below, guess) {
  const one = (least - shift) / stretch, other = (most - shift) / stretch;
  const first = Math.ceil(Math.min(one, other)), last = Math.floor(Math.max(one, other));
  const low = first > 0 ? below(first - 1) : 0, high = below(Math.max(last, 0)), share = low + u * (high - low);
  const value = stretch === 0 ? shift : shift + stretch * smallestCount(share, below, guess(share));
  return bounded(value, least, most);
}

/**
 * Returns the share of a Poisson distribution up to a count.
 * @param {number} count @param {number} mean
 */
function poissonBelow(count, mean) {
  return mean === 0 ? 1 : gammaShares(Math.floor(count) + 1, mean)[1];
}

/**
 * Returns the share of a binomial distribution up to a count.
 * @param {number} count @param {number} trials @param {number} probability
 */
function binomialBelow(count, trials, probability) {
  if (!(trials > 0 && probability > 0 && probability <= 1)) return NaN;
  if (count >= trials) return 1;
  return betaShares(Math.max(trials - count, 1e-300), count + 1, 1 - probability, probability)[0];
}

/**
 * @param {number} share @param {number} mean @param {number} deviation
 */
function normalGuess(share, mean, deviation) {
  return mean + deviation * ndtri(Math.min(Math.max(share, 1e-300), 1 - 1e-16));
}

/** @param {number} u @param {number} least @param {number} most */
export function vensimRandomUniform(u, least, most) {
  return least + u * (most - least);
}

/** @param {number} u @param {number} least @param {number} most @param {number} mean @param {number} sd */
export function vensimRandomNormal(u, least, most, mean, sd) {
  let low = (least - mean) / sd, high = (most - mean) / sd;
  // Both bounds above the mean: mirror, since 1 - 1e-17 is 1 but 1e-17 is a number.
  const isMirrored = low > 0;
  if (isMirrored) [low, high] = [-high, -low];
  const share = isMirrored ? 1 - u : u, from = ndtr(low), z = ndtri(from + share * (ndtr(high) - from));
  return bounded(sd === 0 ? mean : mean + sd * (isMirrored ? -z : z), least, most);
}

/** @param {number} u @param {number} least @param {number} most @param {number} shift @param {number} stretch */
export function vensimRandomExponential(u, least, most, shift, stretch) {
  return truncated(u, least, most, shift, stretch, (x) => -Math.expm1(-Math.max(x, 0)), (p) => -Math.log1p(-p));
}

/**
 * @param {number} u @param {number} least @param {number} most @param {number} order
 * @param {number} shift @param {number} stretch
 */
export function vensimRandomGamma(u, least, most, order, shift, stretch) {
  const a = Math.max(order, 1), below = (/** @type {number} */ x) => gammaShares(a, Math.max(x, 0))[0];
  return truncated(u, least, most, shift, stretch, below, (p) => gammaInverse(a, p));
}

/**
 * @param {number} u @param {number} least @param {number} most @param {number} alpha @param {number} beta
 * @param {number} shift @param {number} stretch
 */
export function vensimRandomBeta(u, least, most, alpha, beta, shift, stretch) {
  const below = (/** @type {number} */ x) => {
    const inside = Math.min(Math.max(x, 0), 1);
    return betaShares(alpha, beta, inside, 1 - inside)[0];
  };
  return truncated(u, least, most, shift, stretch, below, (p) => betaInverse(alpha, beta, p));
}

/**
 * @param {number} u @param {number} least @param {number} most @param {number} shape
 * @param {number} shift @param {number} stretch
 */
export function vensimRandomWeibull(u, least, most, shape, shift, stretch) {
  const mean = gammaOf(1 + 1 / shape);
  const below = (/** @type {number} */ x) => -Math.expm1(-((Math.max(x, 0) * mean) ** shape));
  return truncated(u, least, most, shift, stretch, below, (p) => (-Math.log1p(-p)) ** (1 / shape) / mean);
}

/**
 * @param {number} u @param {number} least @param {number} most @param {number} start @param {number} peak
 * @param {number} stop
 */
export function vensimRandomTriangular(u, least, most, start, peak, stop) {
  const width = stop - start, left = peak - start, right = stop - peak;
  const below = (/** @type {number} */ wanted) => {
    const x = Math.min(Math.max(wanted, 0), width);
    return x < left ? (x * x) / (width * left) : 1 - (width - x) ** 2 / (width * right);
  };
  const inverse = (/** @type {number} */ p) =>
    p * width < left ? Math.sqrt(p * width * left) : width - Math.sqrt((1 - p) * width * right);
  return truncated(u, least, most, start, 1, below, inverse);
}

/**
 * @param {number} u @param {number} least @param {number} most @param {number} mean
 * @param {number} shift @param {number} stretch
 */
export function vensimRandomPoisson(u, least, most, mean, shift, stretch) {
  const guess = (/** @type {number} */ share) => normalGuess(share, mean, Math.sqrt(mean));
  return counted(u, least, most, shift, stretch, (k) => poissonBelow(k, mean), guess);
}

/**
 * @param {number} u @param {number} least @param {number} most @param {number} probability @param {number} trials
 * @param {number} shift @param {number} stretch
 */
export function vensimRandomBinomial(u, least, most, probability, trials, shift, stretch) {
  const mean = trials * probability, deviation = Math.sqrt(mean * (1 - probability));
  const guess = (/** @type {number} */ share) => normalGuess(share, mean, deviation);
  return counted(u, least, most, shift, stretch, (k) => binomialBelow(k, trials, probability), guess);
}

/**
 * It counts trials; what varies are the failures among them.
 * @param {number} u @param {number} least @param {number} most @param {number} probability
 * @param {number} successes @param {number} shift @param {number} stretch
 */
export function vensimRandomNegativeBinomial(u, least, most, probability, successes, shift, stretch) {
  const whole = Math.floor(successes + 0.5), rest = 1 - probability, mean = (whole * rest) / probability;
  const below = (/** @type {number} */ k) => betaShares(whole, k + 1, probability, rest)[0];
  const guess = (/** @type {number} */ share) => normalGuess(share, mean, Math.sqrt(mean / probability));
  return counted(u, least, most, shift + stretch * whole, stretch, below, guess);
}

/** @param {number} u @param {number} least @param {number} most */
export function xmileRandom(u, least, most) {
  return least + u * (most - least);
}

/** @param {number} u @param {number} mean */
export function xmileExprnd(u, mean) {
  return mean >= 0 ? -mean * Math.log1p(-u) : NaN;
}

/** @param {number} u @param {number} mean @param {number} deviation */
export function xmileNormal(u, mean, deviation) {
  return deviation >= 0 ? mean + deviation * ndtri(u) : NaN;
}

/**
 * The mean and variance of exp(m + s z) are exp(m + s^2 / 2) and (exp(s^2) - 1) times its square.
 * @param {number} u @param {number} mean @param {number} deviation
 */
export function xmileLognormal(u, mean, deviation) {
  const variance = Math.log1p((deviation / mean) ** 2);
  return Math.exp(Math.log(mean) - variance / 2 + Math.sqrt(variance) * ndtri(u));
}

/** @param {number} u @param {number} mean */
export function xmilePoisson(u, mean) {
  return smallestCount(u, (k) => poissonBelow(k, mean), normalGuess(u, mean, Math.sqrt(mean)));
}

/** @param {number} u @param {number} trials @param {number} probability */
export function xmileBinomial(u, trials, probability) {
  if (probability >= 1) return trials;
  if (probability <= 0) return 0;
  const mean = trials * probability, guess = normalGuess(u, mean, Math.sqrt(mean * (1 - probability)));
  return smallestCount(u, (k) => binomialBelow(k, trials, probability), guess);
}

/** @param {number} u @param {number} alpha @param {number} beta */
export function xmileBeta(u, alpha, beta) {
  return betaInverse(alpha, beta, u);
}

/** @param {number} u @param {number} shape @param {number} scale */
export function xmileGamma(u, shape, scale) {
  return gammaInverse(shape, u) * scale;
}

/** @param {number} u @param {number} mean @param {number} scale */
export function xmileLogistic(u, mean, scale) {
  return mean + scale * (Math.log(u) - Math.log1p(-u));
}

/** @param {number} u @param {number} shape @param {number} scale */
export function xmilePareto(u, shape, scale) {
  return scale * Math.exp(-Math.log1p(-u) / shape);
}

/** @param {number} u @param {number} least @param {number} mode @param {number} most */
export function xmileTriangular(u, least, mode, most) {
  const width = most - least, left = mode - least, right = most - mode;
  if (u * width < left) return least + Math.sqrt(u * width * left);
  return most - Math.sqrt((1 - u) * width * right);
}

/** @param {number} u @param {number} shape @param {number} scale */
export function xmileWeibull(u, shape, scale) {
  return scale * (-Math.log1p(-u)) ** (1 / shape);
}
