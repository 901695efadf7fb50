// Packed text -> text, in the page: its own script takes a sixth less than as LZMA.
//
// In comes base 64 of four bytes of length and what report/mixing.py wrote; out come the bytes, all below 128. Eight
// contexts of a letter each tell by what followed them before how likely its next bit is 1, four longer ones which letter
// followed last; a sum of their logits, with weights that learn which of them are right, drives a range decoder. There is
// nothing but + - * / on numbers, in one order, and whole numbers of 32 bits, so that every browser finds the same.
// It learns from its own text first, which is much like what comes. mixing.py says more, name by name.

/** It uses nothing of this file but itself: its text is given to a worker. @param {string} packed @param {string} [known] @returns {Uint8Array<ArrayBuffer>} */
export function mixed(packed, known = String(mixed)) {
  const from = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)), view = new DataView(from.buffer), out = new Uint8Array(view.getUint32(0));
  const chances = new Float64Array(4096), logits = new Float64Array(4096).fill(8);
  const odds = new Int16Array(2 ** 23), met = new Uint8Array(2 ** 23), followed = new Uint8Array(2 ** 21), times = new Uint8Array(2 ** 21);
  const weights = new Float64Array(199680).fill(0.047), places = new Int32Array(12), told = new Float64Array(12);
  /** @type {number[]} */
  const outer = [];
  let last = 0, earlier = 0, word = 0, before = 0, kinds = 0, open = 0, head = 0;
  let against = 3000, range = 2 ** 32 - 1, code = view.getUint32(4), next = 8;

  /** @param {number} a @param {number} b @returns {number} both as one, of 32 bits */
  const mix = (a, b) => (a = Math.imul(a ^ b, 0x2c1b3c6d)) ^ (a >>> 15);

  for (let i = 0, j = 0; i < 4096; i++) {
    chances[i] = 1 / (1 + against);
    against /= 1.00390625;
    while (j < 4096 * chances[i]) logits[j++] = i / 256 - 8;
  }
  for (let k = -known.length; k < out.length; k++) {
    [
      mix(mix(kinds, 1), open), mix(last & 0xffffff, 2), mix(mix(kinds & 65535, head), 3), mix(word, 4), mix(mix(last & 255, 5), open),
      mix(last & 65535, 6), mix(head, 7), mix(kinds & 0xffffff, 8),
      mix(mix(mix(kinds & 65535, 9), word), head), mix(last, 10), mix(mix(last, earlier), 11), mix(word, 12),
    ].forEach((context, i) => { places[i] = context >>> (i < 8 ? 9 : 11); });
    const after = 12 * (last & 127);
    let c = 1;
    for (let shift = 6; shift >= 0; shift--) {
      const first = 12 * c, second = 1536 + after, third = 3072 + 128 * after + first;
      let sum = 0;
      for (let i = 0; i < 8; i++) told[i] = logits[(odds[places[i] ^ c] >> 4) + 2048];
      for (let i = 8; i < 12; i++) {
        const at = places[i], sure = times[at] && (followed[at] | 128) >> (shift + 1) === c ? 1.2 * (1 + times[at]) : 0;
        told[i] = (followed[at] >> shift) & 1 ? sure : -sure;
      }
      for (let i = 0; i < 12; i++) sum += (weights[first + i] + weights[second + i] + weights[third + i]) * told[i];
      const chance = chances[Math.max(0, Math.min(4095, Math.floor(sum * 256) + 2048))], bound = Math.floor(range * chance);
      let bit = (known.charCodeAt(known.length + k) >> shift) & 1;
      if (k >= 0) {
        bit = code < bound ? 1 : 0;
        if (bit) range = bound;
        else {
          code -= bound;
          range -= bound;
        }
        while (range < 2 ** 24) {
          range *= 256;
          code = code * 256 + from[next++];
        }
      }
      for (let i = 0; i < 12; i++) {
        const more = (bit - chance) * 0.0018 * told[i];
        weights[first + i] += more;
        weights[second + i] += more;
        weights[third + i] += more;
      }
      for (let i = 0; i < 8; i++) {
        const at = places[i] ^ c;
        odds[at] += ((bit ? 32767 : -32768) - odds[at]) / (met[at] + 1.06);
        if (met[at] < 7) met[at]++;
      }
      c = c * 2 + bit;
    }
    out[k] = c -= 128;
    for (let i = 8; i < 12; i++) {
      const at = places[i];
      times[at] = followed[at] === c ? Math.min(times[at] + 1, 4) : 1;
      followed[at] = c;
    }
    earlier = (earlier << 8) | (last >>> 24);
    last = (last << 8) | c;
    const kind = c > 64 && c < 91 ? 3 : (c > 96 && c < 123) || c === 95 || c === 36 ? 1 : c > 47 && c < 58 ? 2 : c;
    if (kind > 3 || (kinds & 255) !== kind) kinds = (kinds << 8) | kind;
    before = kind < 4 ? before : mix(word || before, c);
    word = kind < 4 ? mix(word, c) : 0;
    if (c === 40 || c === 91 || c === 123) {
      outer.push(open, head);
      open = c;
      head = before;
    }
    if (c === 41 || c === 93 || c === 125) {
      head = outer.pop() ?? 0;
      open = outer.pop() ?? 0;
    }
  }
  return out;
}
