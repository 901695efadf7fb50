// The model as the worker runs it: numbers by name in, outputs at any times out.
//
// Between steps an output lies on a straight line, as everywhere (engine/timeline.py).

/** Times that differ by less than this part of a step are the same. */
const SAME = 1e-6;

/**
 * @typedef {{parameters: string[], outputs: string[], events: string[], run: (parameters: Float64Array, events:
 *   {times: number[], values: number[]}[], grid: any, keep: Int32Array, out: Float64Array, seed: number, draw: number) => boolean}} Model
 * @typedef {{rows: Int32Array, share: Float64Array}} Places rows before, and the share of the row after
 */

/** The model's steps, as engine/timeline.py has them. @param {any} time of the live data */
export function gridOf(time) {
  const perUnit = Math.round(1 / time.step), whole = perUnit >= 1 && Math.abs(perUnit * time.step - 1) < 1e-12;
  const times = Float64Array.from({ length: time.count + 1 }, (_, k) => time.initial + (whole ? k / perUnit : k * time.step));
  return { times, lengths: new Float64Array(time.count).fill(time.step) };
}

/** Which steps to keep so that some sets of times can be read off them. */
export class Kept {
  /** @param {{times: Float64Array}} grid @param {ArrayLike<number>[]} sets of times */
  constructor(grid, sets) {
    const spots = sets.map((times) => Array.from(times, (t) => spotOf(grid.times, t)));
    const steps = [...new Set(spots.flatMap((set) => set.flatMap(([left, share]) => (share > 0 ? [left, left + 1] : [left]))))];
    this.steps = Int32Array.from(steps.sort((a, b) => a - b));
    const row = new Map(Array.from(this.steps, (step, k) => [step, k]));
    /** @type {Places[]} */
    this.places = spots.map((set) => ({
      rows: Int32Array.from(set, ([left]) => /** @type {number} */ (row.get(left))),
      share: Float64Array.from(set, ([, share]) => share),
    }));
  }
}

/** @param {Float64Array} times of the steps @param {number} t @returns {[number, number]} step before, share of the one after */
function spotOf(times, t) {
  const last = times.length - 1, length = last ? times[1] - times[0] : 1;
  const left = Math.min(Math.max(Math.floor((t - times[0]) / length + SAME), 0), last);
  const share = left < last ? (t - times[left]) / length : 0;
  return share < SAME ? [left, 0] : share > 1 - SAME ? [left + 1, 0] : [left, share];
}

/** Runs the model of the live data. */
export class Runner {
  /** @param {Model} model @param {any} data live data */
  constructor(model, data) {
    this.model = model;
    this.grid = gridOf(data.time);
    this.seed = data.seed;
    this.width = model.outputs.length;
    this.defaults = new Map(Object.entries(data.defaults));
    this.parameters = new Float64Array(model.parameters.length);
    this.out = new Float64Array(0);
  }

  /**
   * Runs one draw; what comes out can be read until the next run.
   * @param {Record<string, number>[]} given numbers by name, the later the stronger @param {{times: number[], values: number[]}[]} events
   * @param {Kept} kept @param {number} draw
   */
  run(given, events, kept, draw) {
    this.model.parameters.forEach((name, k) => {
      let value = this.defaults.get(name);
      for (const numbers of given) if (Object.hasOwn(numbers, name)) value = numbers[name];
      this.parameters[k] = /** @type {number} */ (value);
    });
    const size = kept.steps.length * this.width;
    if (this.out.length < size) this.out = new Float64Array(size);
    this.model.run(this.parameters, events, this.grid, kept.steps, this.out, this.seed, draw);
  }

  /** @param {Places} places @param {number} output @param {Float64Array} values filled in @returns {boolean} whether all are numbers */
  read(places, output, values) {
    const { rows, share } = places, { out, width } = this;
    let odd = 0;
    for (let i = 0; i < rows.length; i++) {
      const at = rows[i] * width + output, left = out[at];
      values[i] = share[i] > 0 ? left * (1 - share[i]) + out[at + width] * share[i] : left;
      odd += values[i] - values[i];
    }
    return odd === 0;
  }
}
