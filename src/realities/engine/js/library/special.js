// The normal, gamma and beta distributions, and their inverses.
//
// In come numbers; out goes a distribution function, or what has it. Each is accurate to about 13 digits, of the
// smaller of the share below and the share above. distributions.js makes random numbers of these.

const SQRT_HALF = Math.SQRT1_2;
const SQRT_TAU = Math.sqrt(2 * Math.PI);
const LOG_SQRT_TAU = 0.5 * Math.log(2 * Math.PI);
/** Stop where a further term is less than this part of the sum. */
const TINY = 1e-17;
/** Terms of a series or fraction, at most; those of the orders below `LARGE` need a tenth of them. */
const MOST_TERMS = 100000;
/** From this order on a gamma distribution is all but normal. */
const LARGE = 1e6;

/**
 * Returns the error function by its series, all terms of one sign; for |x| up to 2.
 * @param {number} x
 */
function erfSeries(x) {
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > TINY * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return ((2 * Math.exp(-x * x)) / Math.sqrt(Math.PI)) * sum;
}

/**
 * Returns the complementary error function by its continued fraction, from its end; for x from 2 on.
 * @param {number} x
 */
function erfcFraction(x) {
  let below = x;
  for (let n = Math.ceil(20 + 200 / (x * x)); n > 0; n--) below = x + (0.5 * n) / below;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * below);
}

/**
 * Returns the share of a standard normal below x.
 * @param {number} x
 */
export function ndtr(x) {
  const z = Math.abs(x) * SQRT_HALF;
  if (!(z >= 2)) return 0.5 + 0.5 * erfSeries(x * SQRT_HALF);
  // Beyond, what is left is as small as no ordinary double, and counts as nothing.
  const tail = z * z > 709.78 ? 0 : 0.5 * erfcFraction(z);
  return x < 0 ? tail : 1 - tail;
}

/**
 * Returns the number below which a share of a standard normal lies.
 * @param {number} p
 * @returns {number}
 */
export function ndtri(p) {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p > 0.5) return -ndtri(1 - p);
  if (p === 0) return -Infinity;
  // A first guess (Hastings 1955), right to four digits; each step of Halley's then triples their number.
  const t = Math.sqrt(-2 * Math.log(p));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  let x = above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let i = 0; i < 3; i++) {
    const off = x > -1 ? 0.5 * erfSeries(x * SQRT_HALF) - (p - 0.5) : ndtr(x) - p;
    const grown = Math.exp(0.25 * x * x), step = off * SQRT_TAU * grown * grown;
    x -= step / (1 + 0.5 * x * step);
  }
  return x;
}

/** Coefficients of (zeta(k) - 1) / k, k from 2 on. */
const ZETAS = Array.from({ length: 50 }, (_, i) => {
  let sum = 0;
  for (let n = 40; n > 1; n--) sum += n ** -(i + 2);
  // What the sum leaves out, by Euler and Maclaurin from 41 on.
  const k = i + 2, from = 41;
  sum += from ** (1 - k) / (k - 1) + from ** -k / 2 + (k * from ** (-k - 1)) / 12;
  sum -= (k * (k + 1) * (k + 2) * from ** (-k - 3)) / 720;
  return sum / k;
});
const EULER = 0.5772156649015329;

/**
 * Returns the logarithm of gamma(2 + z), |z| up to a half.
 * @param {number} z
 */
function gammaLnNearTwo(z) {
  let sum = 0;
  for (let i = ZETAS.length - 1; i >= 0; i--) sum = -z * (ZETAS[i] + sum);
  return z * (1 - EULER) - z * sum;
}

/**
 * Returns how far Stirling's formula is off for ln gamma(x + 1), from x = 8 on.
 * @param {number} x
 */
function stirlingRest(x) {
  const w = 1 / (x * x);
  const inner = 1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360 - w / 156)));
  return (1 / 12 - w * (1 / 360 - w * inner)) / x;
}

/**
 * Returns the logarithm of |gamma(x)|.
 * @param {number} x
 * @returns {number}
 */
export function vensimGammaLn(x) {
  if (x === Infinity || x === -Infinity) return Infinity;
  if (x <= 0) {
    if (x === Math.floor(x)) return Infinity;
    return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * (x - 2 * Math.floor(x / 2))))) - vensimGammaLn(1 - x);
  }
  if (x < 0.5) return gammaLnNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return gammaLnNearTwo(x - 1) - Math.log1p(x - 1);
  if (x < 9) {
    let product = 1;
    for (; x > 2.5; product *= x) x--;
    return gammaLnNearTwo(x - 2) + Math.log(product);
  }
  return (x - 0.5) * Math.log(x) - x + LOG_SQRT_TAU + stirlingRest(x);
}

/**
 * Returns gamma(x).
 * @param {number} x
 */
export function gammaOf(x) {
  if (x > 0 && x < 171.7 && x === Math.floor(x)) {
    let product = 1;
    for (let n = 2; n < x; n++) product *= n;
    return product;
  }
  if (x === 0) return Object.is(x, 0) ? Infinity : -Infinity;
  if (x < 0 && x === Math.floor(x)) return NaN;
  const size = Math.exp(vensimGammaLn(x));
  return x < 0 && Math.floor(x) % 2 !== 0 ? -size : size;
}

/**
 * Returns n!, decimals of n cut.
 * @param {number} n
 */
export function xmileFactorial(n) {
  return n >= 0 ? gammaOf(Math.floor(n) + 1) : NaN;
}

/**
 * Returns x ln(x / y) + y - x, with all digits where x is near y.
 * @param {number} x @param {number} y
 */
function deviance(x, y) {
  const off = x - y, part = off / (x + y);
  if (Math.abs(part) > 0.1) return x * Math.log(x / y) - off;
  let sum = off * part, power = 2 * x * part;
  for (let n = 3; ; n += 2) {
    power *= part * part;
    const more = sum + power / n;
    if (more === sum) return sum;
    sum = more;
  }
}

/**
 * Returns x^a e^-x / gamma(a + 1).
 * @param {number} a @param {number} x
 */
function poissonTerm(a, x) {
  if (x === 0) return a === 0 ? 1 : 0;
  if (a < 8) return Math.exp(a * Math.log(x) - x - vensimGammaLn(a + 1));
  return Math.exp(-deviance(a, x) - stirlingRest(a)) / (SQRT_TAU * Math.sqrt(a));
}

/**
 * Returns the shares of a gamma distribution of order a below and above x.
 * @param {number} a @param {number} x
 * @returns {[number, number]}
 */
export function gammaShares(a, x) {
  if (!(a >= 0 && x >= 0)) return [NaN, NaN];
  if (a === 0 || x === Infinity) return a === 0 && x === 0 ? [NaN, NaN] : a === Infinity ? [NaN, NaN] : [1, 0];
  if (x === 0 || a === Infinity) return [0, 1];
  if (a > LARGE) return largeGammaShares(a, x);
  const first = poissonTerm(a, x);
  if (x < a + 1) {
    let term = 1, sum = 1;
    for (let n = 1; n < MOST_TERMS && term > TINY * sum; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return [first * sum, 1 - first * sum];
  }
  const above = first * a * fraction(1, x + 1 - a, (n) => n * (a - n), 2);
  return [1 - above, above];
}

/**
 * Returns the same for a large order: a normal distribution of a transformed x, put right (Temme 1979).
 * @param {number} a @param {number} x
 * @returns {[number, number]}
 */
function largeGammaShares(a, x) {
  const half = deviance(a, x), z = Math.sign(x - a) * Math.sqrt(2 * half), eta = z / Math.sqrt(a);
  const rest = -1 / 3 + eta * (1 / 12 - eta * (2 / 135 - eta / 864));
  const more = (Math.exp(-half) / (SQRT_TAU * Math.sqrt(a))) * rest;
  return half > 700 ? [z < 0 ? 0 : 1, z < 0 ? 1 : 0] : [ndtr(z) - more, ndtr(-z) + more];
}

/**
 * Returns first / (b + t(1) / (b + step + t(2) / (b + 2 step + ...))), by Lentz's method.
 * @param {number} first @param {number} b @param {(n: number) => number} t @param {number} step
 */
function fraction(first, b, t, step) {
  const small = 1e-300;
  let d = 1 / (b || small), c = 1 / small, value = first * d;
  for (let n = 1; n < MOST_TERMS; n++) {
    b += step;
    const term = t(n);
    d = 1 / (term * d + b || small);
    c = b + term / c || small;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return value;
}

/**
 * Returns the shares of a beta distribution below and above x; y is 1 - x.
 * @param {number} a @param {number} b @param {number} x @param {number} y
 * @returns {[number, number]}
 */
export function betaShares(a, b, x, y) {
  if (!(a > 0 && b > 0 && x >= 0 && y >= 0)) return [NaN, NaN];
  if (x === 0) return [0, 1];
  if (y === 0) return [1, 0];
  if (x > (a + 1) / (a + b + 2)) {
    const [below, above] = betaShares(b, a, y, x);
    return [above, below];
  }
  const below = (betaTop(a, b, x, y) / a) * fraction(1, 1, (m) => betaTerm(a, b, x, m), 0);
  return [below, 1 - below];
}

/**
 * Returns x^a y^b / beta(a, b), with all digits where a or b is large.
 * @param {number} a @param {number} b @param {number} x @param {number} y
 * @returns {number}
 */
function betaTop(a, b, x, y) {
  if (a < b) return betaTop(b, a, y, x);
  const n = a + b, logs = a * Math.log(x) + b * Math.log(y);
  if (a < 8) return Math.exp(logs + vensimGammaLn(n) - vensimGammaLn(a) - vensimGammaLn(b));
  const rest = stirlingRest(n) - stirlingRest(a);
  if (b < 8) {
    const ratio = (a - 0.5) * Math.log1p(b / a) + b * (Math.log(n) - 1) + rest;
    return Math.exp(logs + ratio - vensimGammaLn(b));
  }
  const far = deviance(a, n * x) + deviance(b, n * y);
  return (Math.exp(rest - stirlingRest(b) - far) * Math.sqrt((a * b) / n)) / SQRT_TAU;
}

/**
 * Returns a term of the continued fraction of the beta distribution.
 * @param {number} a @param {number} b @param {number} x @param {number} m
 */
function betaTerm(a, b, x, m) {
  const k = m >> 1, at = a + m;
  return m % 2 ? (-(a + k) * (a + b + k) * x) / ((at - 1) * at) : (k * (b - k) * x) / ((at - 1) * at);
}

/**
 * Returns where a rising function of t, given with its slope, is 0: Newton's steps, halvings where they leave.
 * @param {(t: number) => [number, number]} rises @param {number} start @param {number} low @param {number} high
 */
function solved(rises, start, low, high) {
  let t = start > low && start < high ? start : 0.5 * (low + high);
  for (let i = 0; i < 300; i++) {
    const [value, slope] = rises(t);
    if (value === 0 || value !== value) return value === 0 ? t : NaN;
    if (value > 0) high = t;
    else low = t;
    let next = t - value / slope;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (Math.abs(next - t) <= 1e-15 * Math.max(1, Math.abs(t)) || next === t) return next;
    t = next;
  }
  return t;
}

/**
 * Returns the number below which a share of a gamma distribution of order a lies.
 * @param {number} a @param {number} p
 */
export function gammaInverse(a, p) {
  if (!(a > 0 && p >= 0 && p <= 1)) return NaN;
  if (p === 0 || p === 1) return p ? Infinity : 0;
  const z = ndtri(p), cube = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a));
  const small = (Math.log(p) + vensimGammaLn(a + 1)) / a;
  const start = a < 1 || cube < 0.2 ? small : Math.log(a) + 3 * Math.log(cube);
  if (small < -700) return Math.exp(small);
  const t = solved(
    (t) => {
      const x = Math.exp(t), [below, above] = gammaShares(a, x);
      return [p < 0.5 ? below - p : 1 - p - above, poissonTerm(a, x) * a];
    },
    start,
    -745,
    709
  );
  return Math.exp(t);
}

/**
 * Returns the number below which a share of a beta distribution lies.
 * @param {number} a @param {number} b @param {number} p
 */
export function betaInverse(a, b, p) {
  if (!(a > 0 && b > 0 && p >= 0 && p <= 1)) return NaN;
  if (p === 0 || p === 1) return p;
  const t = solved(
    (t) => {
      // Of x and 1 - x as the odds have it, each with all its digits.
      const x = 1 / (1 + Math.exp(-t)), y = 1 / (1 + Math.exp(t)), [below, above] = betaShares(a, b, x, y);
      return [p < 0.5 ? below - p : 1 - p - above, betaTop(a, b, x, y)];
    },
    Math.log(a / b),
    -744,
    744
  );
  return 1 / (1 + Math.exp(-t));
}
