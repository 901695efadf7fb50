// Random numbers, bit for bit those of the other engines: 64-bit words as two halves of 32.
//
// In come a seed, a stream, a step and the number of a call; out goes a word, and from it and the number of a draw a
// number in (0, 1). The mixing function is SplitMix64 (Steele, Lea and Flood 2014).

/** The halves of the word that was computed last. */
let high = 0;
let low = 0;
const bits = new Float64Array(1);
const halves = new Uint32Array(bits.buffer);

/**
 * Puts a sum of words in `high` and `low`.
 * @param {number} ah @param {number} al @param {number} bh @param {number} bl
 */
function addWords(ah, al, bh, bl) {
  const sum = (al >>> 0) + (bl >>> 0);
  low = sum | 0;
  high = (ah + bh + (sum > 4294967295 ? 1 : 0)) | 0;
}

/**
 * Puts a product of words in `high` and `low`.
 * @param {number} ah @param {number} al @param {number} bh @param {number} bl
 */
function multiplyWords(ah, al, bh, bl) {
  const a0 = al & 65535, a1 = al >>> 16, b0 = bl & 65535, b1 = bl >>> 16;
  const first = a0 * b0, second = a1 * b0 + (first >>> 16), third = a0 * b1 + (second & 65535);
  high = (a1 * b1 + Math.floor(second / 65536) + Math.floor(third / 65536) + Math.imul(ah, bl) + Math.imul(al, bh)) | 0;
  low = Math.imul(al, bl);
}

/**
 * Puts a word, mixed, in `high` and `low`.
 * @param {number} h @param {number} l
 */
function scramble(h, l) {
  addWords(h, l, -1640531527, 2135587861);
  multiplyWords(high ^ (high >>> 30), low ^ ((low >>> 30) | (high << 2)), -1084733587, 484763065);
  multiplyWords(high ^ (high >>> 27), low ^ ((low >>> 27) | (high << 5)), -1798288965, 321982955);
  low ^= (low >>> 31) | (high << 1);
  high ^= high >>> 31;
}

/**
 * Puts a whole number below 2^64 in `high` and `low`.
 * @param {number} whole
 */
function toWord(whole) {
  high = Math.floor(whole / 4294967296) | 0;
  low = whole | 0;
}

/**
 * Stores the word of a random stream at a step in two places of an array.
 * @param {number} seed @param {number} stream @param {number} step @param {number} site
 * @param {Float64Array} to @param {number} at
 */
export function key(seed, stream, step, site, to, at) {
  toWord(seed);
  scramble(high, low);
  let h = high, l = low;
  toWord(site);
  scramble(h ^ high, l ^ low);
  bits[0] = stream;
  if (stream !== stream) {
    halves[0] = 0;
    halves[1] = 2146959360;
  }
  scramble(high ^ halves[1], low ^ halves[0]);
  h = high;
  l = low;
  toWord(step);
  scramble(h ^ high, l ^ low);
  to[at] = high;
  to[at + 1] = low;
}

/**
 * Returns a number in (0, 1) for a word that is stored and the number of a draw.
 * @param {Float64Array} from @param {number} at @param {number} draw
 */
export function uniform(from, at, draw) {
  toWord(draw);
  addWords(high, low, 0, 1);
  multiplyWords(high, low, -1640531527, 2135587861);
  addWords(from[at], from[at + 1], high, low);
  scramble(high, low);
  return ((high >>> 0) * 1048576 + (low >>> 12) + 0.5) * 2.220446049250313e-16;
}
