// Numbers as report/encode.py writes them, read again. The page's own copy is decode.js: a worker shares nothing.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** @param {string} text @returns {number[]} */
export function wholeNumbers(text) {
  const values = [];
  let rest = 0, scale = 1;
  for (let i = 0; i < text.length; i++) {
    const digit = DIGITS.indexOf(text[i]);
    rest += (digit % 32) * scale;
    scale *= 32;
    if (digit < 32) {
      values.push(rest % 2 ? -(rest - 1) / 2 : rest / 2);
      rest = 0;
      scale = 1;
    }
  }
  return values;
}

/** @param {string} text @returns {number[]} from their differences */
export function summedNumbers(text) {
  let total = 0;
  return wholeNumbers(text).map((value) => (total += value));
}

/** @param {string} text base 64 @returns {() => number} gives the next bit, in each byte the highest first */
export function bitsOf(text) {
  const bytes = atob(text);
  let at = 0;
  return () => (bytes.charCodeAt(at >> 3) >> (7 - (at++ & 7))) & 1;
}
