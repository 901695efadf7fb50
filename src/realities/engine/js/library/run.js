// The loop over steps: events, delays, stages, saves, in the order of the reference engine.
//
// In come the functions of a program, as emit.py prints them, and where they keep what; out goes what a page
// calls. Delays are in delays.js, which comes along where a program has some.

/**
 * What a program is made of. The functions compute a region each; those a program does not need are not there.
 * @typedef {object} Parts
 * @property {Float64Array} m parameters first, then what else is kept
 * @property {Float64Array} y stocks
 * @property {Float64Array} d their net flows
 * @property {string[]} parameters
 * @property {string[]} outputs
 * @property {string[]} events
 * @property {number[]} bases by event, which parameter it replaces, or -1
 * @property {number[]} even parameters that are equal for all draws
 * @property {number[]} floors stocks that are kept non-negative
 * @property {[number, number][]} delays whether each moves, and whether it says what comes when nothing does
 * @property {typeof import("./delays.js").makeDelays} [makeDelays] where there are delays
 * @property {number} width numbers of a row of what depends on time alone
 * @property {number[]} stages parts of a step
 * @property {string} method
 * @property {{seed: number, draw: number, events: number, held: number, delayed: number, starting: number,
 *   missing: number, entering: number, lasting: number}} at where in m what begins
 * @property {() => void} [fixed]
 * @property {() => void} [setup]
 * @property {(G: Float64Array, g: number, k: number, u: number, t: number) => void} [grid]
 * @property {() => void} [event]
 * @property {(G: Float64Array, g: number) => void} [core]
 * @property {(G: Float64Array, g: number, O: Float64Array, o: number) => void} [tail]
 * @property {(G: Float64Array, g: number) => void} [enter]
 * @property {(G: Float64Array, g: number) => void} [missing]
 */
/** @typedef {{times: Float64Array, lengths: Float64Array}} Grid */
/** @typedef {{times: ArrayLike<number>, values: ArrayLike<number>}} Changes */
/**
 * @typedef {object} Runs
 * @property {string[]} parameters
 * @property {string[]} outputs
 * @property {string[]} events
 * @property {(parameters: Float64Array, events: Changes[], grid: Grid, keep: Int32Array, out: Float64Array,
 *   seed: number, draw: number) => boolean} run
 */

/** Times that differ by less than this part of a step are the same. */
const SLACK = 1e-6;

/**
 * Returns what runs a program; each has memory of its own, which its runs share.
 * @param {Parts} parts
 * @returns {Runs}
 */
export function program(parts) {
  const { m, y, d, at, core, tail, floors } = parts;
  const nothing = () => {};
  const doFixed = parts.fixed || nothing, doSetup = parts.setup || nothing, doEvent = parts.event || nothing;
  const doMissing = parts.missing || nothing, doEnter = parts.enter || nothing;
  const isEuler = parts.method === "euler", isRk4 = parts.method === "rk4";
  const nOutputs = parts.outputs.length, nStocks = y.length, width = parts.width;
  const before = new Float64Array(nStocks), total = new Float64Array(nStocks);
  const delays = parts.makeDelays ? parts.makeDelays(parts.delays, m, at) : null;
  const rows = makeRows(parts);
  const changes = makeChanges(parts);

  /** @param {Float64Array} G @param {number} g */
  const flows = (G, g) => {
    if (core) core(G, g);
  };
  /** Takes stocks along flows, from where they were. @param {number} length */
  const move = (length) => {
    for (let i = 0; i < nStocks; i++) y[i] = before[i] + d[i] * length;
  };
  /** Takes stocks from a step to the next; the flows are those at its first stage.
   * @param {Float64Array} G @param {number} g @param {number} length @param {number} stage */
  const advance = (G, g, length, stage) => {
    if (isEuler && !floors.length) {
      for (let i = 0; i < nStocks; i++) y[i] += d[i] * length;
      return;
    }
    before.set(y);
    if (isEuler) {
      move(length);
    } else if (!isRk4) {
      move(0.5 * length);
      flows(G, g + stage);
      move(length);
    } else {
      total.set(d);
      for (let again = 0; again < 2; again++) {
        move(0.5 * length);
        flows(G, g + stage);
        for (let i = 0; i < nStocks; i++) total[i] += d[i] * 2;
      }
      move(length);
      flows(G, g + 2 * stage);
      const share = length / 6;
      for (let i = 0; i < nStocks; i++) y[i] = before[i] + (total[i] + d[i]) * share;
    }
    for (const i of floors) {
      const end = y[i], least = before[i] < 0 ? before[i] : 0;
      if (end <= least) y[i] = least;
      if (before[i] !== before[i]) y[i] = NaN;
    }
  };

  return {
    parameters: parts.parameters,
    outputs: parts.outputs,
    events: parts.events,
    run(parameters, events, grid, keep, out, seed, draw) {
      const { times, lengths } = grid, last = keep.length ? keep[keep.length - 1] : 0;
      m.set(parameters);
      m[at.seed] = seed;
      m[at.draw] = draw;
      changes.begin(events, grid);
      doFixed();
      const G = rows(grid), stage = times.length * width;
      doSetup();
      if (delays) delays.begin(last, lengths.length ? lengths[0] : 1);
      for (let k = 0, row = 0; k <= last; k++) {
        const g = k * width;
        if (changes.due === k) changes.make(k);
        if (k === 0 || changes.made === k) doEvent();
        if (delays) {
          if (k > 0) doMissing(G, g);
          delays.leave(k);
        }
        flows(G, g);
        while (row < keep.length && keep[row] === k) {
          if (tail) tail(G, g, out, row * nOutputs);
          row++;
        }
        if (k < last) {
          doEnter(G, g);
          if (delays) delays.enter(k, lengths[k]);
          advance(G, g, lengths[k], stage);
        }
      }
      return hasOdd(out, keep.length * nOutputs) || hasOdd(y, nStocks);
    },
  };
}

/**
 * Returns whether one of the first numbers of an array is infinite or none.
 * @param {Float64Array} numbers @param {number} count
 */
function hasOdd(numbers, count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += numbers[i] - numbers[i];
  return sum !== 0;
}

/**
 * Returns what gives the rows of what depends on time alone, by stage, then by step: computed anew only where
 * the grid is another one, or what all draws share has changed.
 * @param {Parts} parts
 * @returns {(grid: Grid) => Float64Array}
 */
function makeRows(parts) {
  const { m, at, even, grid: compute, width, stages } = parts;
  const shared = [at.seed, ...even];
  /** @type {number[]} */
  let known = [];
  /** @type {Grid | null} */
  let latest = null;
  let rows = new Float64Array(0);
  return (grid) => {
    if (!compute) return rows;
    if (latest === grid && shared.every((place, i) => Object.is(m[place], known[i]))) return rows;
    const { times, lengths } = grid, n = times.length;
    if (rows.length !== stages.length * n * width) rows = new Float64Array(stages.length * n * width);
    stages.forEach((part, stage) => {
      for (let k = 0; k < n; k++) {
        const time = times[k], length = k < lengths.length ? lengths[k] : 0;
        compute(rows, (stage * n + k) * width, k, time, time + part * length);
      }
    });
    latest = grid;
    known = shared.map((place) => m[place]);
    return rows;
  };
}

/**
 * Returns what makes the changes of constants that are due at a step.
 * @param {Parts} parts
 */
function makeChanges(parts) {
  const { m, at, bases } = parts, first = at.events, n = bases.length;
  /** Of each constant, how many changes were made. */
  const done = new Int32Array(n);
  /** @type {Changes[]} */
  let events = [];
  /** @type {Float64Array} */
  let times = new Float64Array(0);
  let slack = 0;

  /** Returns the step at which the next change of a constant is due. @param {number} i */
  const next = (i) => {
    const changes = events[i];
    if (done[i] >= changes.times.length) return Infinity;
    const wanted = changes.times[done[i]] - slack;
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const findDue = () => {
    changes.due = Infinity;
    for (let i = 0; i < n; i++) changes.due = Math.min(changes.due, next(i));
  };
  const changes = {
    /** The step at which something is due next, and the one at which something was last. */
    due: Infinity,
    made: -1,
    /** @param {Changes[]} given @param {Grid} grid */
    begin(given, grid) {
      if (given.length !== n) throw new Error(`${given.length} lists of events are given, ${n} are wanted`);
      events = given;
      times = grid.times;
      slack = SLACK * (grid.lengths.length ? grid.lengths[0] : 1);
      done.fill(0);
      changes.made = -1;
      bases.forEach((base, i) => {
        const { times: when, values } = events[i];
        for (let j = 0; base >= 0 && j < when.length && when[j] <= times[0]; j++) m[base] = values[j];
      });
      findDue();
    },
    /** Makes what is due at a step. @param {number} step */
    make(step) {
      for (let i = 0; i < n; i++) {
        for (; next(i) === step; done[i]++) m[first + i] = events[i].values[done[i]];
      }
      changes.made = step;
      findDue();
    },
  };
  return changes;
}
