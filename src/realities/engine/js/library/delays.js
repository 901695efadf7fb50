// Delays: what enters now leaves later, as the reference engine has it.
//
// In come the numbers of a program that its delays read and write; out goes what lets them begin, leave and
// enter at each step. run.js calls these.

/**
 * @typedef {object} Line
 * @property {(last: number, length: number) => void} begin
 * @property {(k: number) => void} leave
 * @property {(k: number, length: number) => void} enter
 */
/** @typedef {{delayed: number, starting: number, missing: number, entering: number, lasting: number}} Blocks */

/**
 * Returns all delays of a program as one.
 * @param {[number, number][]} delays whether each moves, and whether it says what comes when nothing does
 * @param {Float64Array} m
 * @param {Blocks} at
 * @returns {Line}
 */
export function makeDelays(delays, m, at) {
  const lines = delays.map(([moves, adds], i) => (moves ? movingLine(m, at, i, adds > 0) : fixedLine(m, at, i)));
  return {
    begin(last, length) {
      for (const line of lines) line.begin(last, length);
    },
    leave(k) {
      for (const line of lines) line.leave(k);
    },
    enter(k, length) {
      for (const line of lines) line.enter(k, length);
    },
  };
}

/**
 * Returns a delay in steps: half a step rounds up, and even no delay takes one step; 1 where it is no number.
 * @param {number} duration @param {number} length @param {number} last
 */
function lagOf(duration, length, last) {
  const lag = Math.min(Math.max(Math.floor(duration / length + 0.5), 1), last + 1);
  return lag === lag ? lag : 1;
}

/**
 * Returns a delay that always takes equally long: a ring of what is under way.
 * @param {Float64Array} m @param {Blocks} at @param {number} i
 * @returns {Line}
 */
function fixedLine(m, at, i) {
  let ring = new Float64Array(1), size = 1, place = 0;
  return {
    begin(last, length) {
      const duration = m[at.lasting + i];
      size = lagOf(duration, length, last);
      if (ring.length < size) ring = new Float64Array(size);
      ring.fill(duration === duration ? m[at.starting + i] : NaN, 0, size);
      place = 0;
    },
    leave() {
      m[at.delayed + i] = ring[place];
    },
    enter() {
      ring[place] = m[at.entering + i];
      place = place + 1 === size ? 0 : place + 1;
    },
  };
}

/**
 * Returns a delay whose time varies: what enters is due when the delay time of its entry is over. What arrives
 * together is added up if the delay says what comes when nothing does; else the latest hides what came before.
 * @param {Float64Array} m @param {Blocks} at @param {number} i @param {boolean} adds
 * @returns {Line}
 */
function movingLine(m, at, i, adds) {
  /** By step what is due, and when that entered: -1 for what was under way at first, -2 for nothing. */
  let due = new Float64Array(0), born = new Float64Array(0);
  let end = 0, latest = -2;
  return {
    begin(last) {
      if (due.length < last + 2) {
        due = new Float64Array(last + 2);
        born = new Float64Array(last + 2);
      }
      due.fill(0);
      born.fill(-2);
      end = last;
      latest = -2;
    },
    leave(k) {
      if (k === 0) {
        m[at.delayed + i] = m[at.starting + i];
      } else if (born[k] > (adds ? -2 : latest)) {
        m[at.delayed + i] = due[k];
        latest = born[k];
      } else if (adds) {
        m[at.delayed + i] = m[at.missing + i];
      }
    },
    enter(k, length) {
      const duration = m[at.lasting + i], lag = lagOf(duration, length, end);
      if (k === 0) {
        due.fill(m[at.starting + i], 0, lag);
        born.fill(-1, 0, lag);
      }
      const to = Math.min(k + lag, end + 1);
      let entering = duration === duration ? m[at.entering + i] : NaN;
      if (adds) entering += born[to] > -2 ? due[to] : 0;
      due[to] = entering;
      born[to] = k;
    },
  };
}
