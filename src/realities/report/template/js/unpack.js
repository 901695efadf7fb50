// Packed text or bytes -> bytes, in the page: the LZMA of Python's own library, with the settings of encode.py.
//
// In comes base 64 of four bytes of length and a raw stream (lc 3, lp 0, pb 0); out come the bytes. Every bit is told by
// a probability that the bits before it have moved; `range` and `code` are those of the range decoder, whole numbers
// below 2^32. `decode.js` reads the page's data with it, and the worker of `live.js` its own.

/** It uses nothing of this file: its text is given to the worker. @param {string} packed @returns {Uint8Array<ArrayBuffer>} */
export function unpack(packed) {
  // Where the probabilities of each kind of bit begin; a literal has 768 after each of 8 kinds of byte.
  const MATCH = 0, AGAIN = 12, LATER = 24, THIRD = 36, FOURTH = 48, LONG = 60, SLOTS = 72, FAR = 328, LOW = 444;
  const NEW = 460, OLD = 740, LITERALS = 1020, N = LITERALS + 8 * 768;
  const from = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const out = new Uint8Array(new DataView(from.buffer).getUint32(0, true)), odds = new Uint16Array(N).fill(1024);
  let code = new DataView(from.buffer).getUint32(5), range = 2 ** 32 - 1, next = 9;
  let state = 0, done = 0;
  let back0 = 0, back1 = 0, back2 = 0, back3 = 0;  // how far back the last four matches reached, less one

  function more() {
    if (range < 2 ** 24) {
      range *= 256;
      code = code * 256 + from[next++];
    }
  }

  /** @param {number} i of a probability @returns {number} 0 or 1 */
  function bit(i) {
    const odd = odds[i], bound = (range >>> 11) * odd;
    const is = code < bound ? 0 : 1;
    if (is) {
      range -= bound;
      code -= bound;
      odds[i] = odd - (odd >> 5);
    } else {
      range = bound;
      odds[i] = odd + ((2048 - odd) >> 5);
    }
    more();
    return is;
  }

  /** @param {number} at @param {number} n bits, the highest first @returns {number} */
  function tree(at, n) {
    let node = 1;
    for (let i = 0; i < n; i++) node = node * 2 + bit(at + node);
    return node - 2 ** n;
  }

  /** @param {number} at @param {number} n bits, the lowest first @returns {number} */
  function turned(at, n) {
    let node = 1, value = 0;
    for (let i = 0; i < n; i++) {
      const is = bit(at + node);
      node = node * 2 + is;
      value += is * 2 ** i;
    }
    return value;
  }

  /** @param {number} at NEW or OLD @returns {number} a length, less two */
  function length(at) {
    if (!bit(at)) return tree(at + 2, 3);
    return bit(at + 1) ? 16 + tree(at + 18, 8) : 8 + tree(at + 10, 3);
  }

  /** @param {number} long @returns {number} how far back a new match reaches, less one */
  function distance(long) {
    const slot = tree(SLOTS + 64 * Math.min(long, 3), 6);
    if (slot < 4) return slot;
    const n = (slot >> 1) - 1, base = (2 + (slot & 1)) * 2 ** n;
    if (slot < 14) return base + turned(FAR + base - slot, n);
    let high = 0;
    for (let i = 4; i < n; i++) {
      range = Math.floor(range / 2);
      const is = code < range ? 0 : 1;
      code -= is * range;
      high = high * 2 + is;
      more();
    }
    return base + high * 16 + turned(LOW, 4);
  }

  function literal() {
    const at = LITERALS + 768 * (done ? out[done - 1] >> 5 : 0);
    let node = 1, like = state < 7 ? -1 : out[done - back0 - 1];
    while (node < 256) {
      if (like < 0) {
        node = node * 2 + bit(at + node);
        continue;
      }
      const meant = (like >> 7) & 1, is = bit(at + 256 * (1 + meant) + node);
      node = node * 2 + is;
      like = is === meant ? (like * 2) & 255 : -1;
    }
    out[done++] = node;
    state = state < 4 ? 0 : state - (state < 10 ? 3 : 6);
  }

  while (done < out.length) {
    if (!bit(MATCH + state)) {
      literal();
      continue;
    }
    let long = 0;
    if (bit(AGAIN + state)) {
      let which = 0;
      if (bit(LATER + state)) which = bit(THIRD + state) ? 2 + bit(FOURTH + state) : 1;
      else if (!bit(LONG + state)) long = 1;
      const found = which ? (which > 1 ? (which > 2 ? back3 : back2) : back1) : back0;
      if (which > 2) back3 = back2;
      if (which > 1) back2 = back1;
      if (which) back1 = back0;
      back0 = found;
      if (long) state = state < 7 ? 9 : 11;
      else {
        long = 2 + length(OLD);
        state = state < 7 ? 8 : 11;
      }
    } else {
      long = length(NEW);
      back3 = back2;
      back2 = back1;
      back1 = back0;
      back0 = distance(long);
      long += 2;
      state = state < 7 ? 7 : 10;
    }
    for (; long && done < out.length; long--) {
      out[done] = out[done - back0 - 1];
      done++;
    }
  }
  return out;
}
