// Answers to what-if questions, over some draws at first and then over all of them.
//
// In comes a request as template/js/live.js has it, with the page's own bands; out come weights, bands, single runs
// and charted variables. Bands are the page's, moved by what the what-if moves the worker's own, so that nothing
// jumps where nothing is asked. worker.js passes the messages.

import { BAND_LEVELS, mixtureQuantiles, taken } from "./bands.js";
import { weighed } from "./moving.js";
import { ndtri } from "./normal.js";
import { fromScale, toScale } from "./reports.js";
import { Runner } from "./running.js";
import { Scene } from "./scene.js";

/** Draws an account of the first answer; single runs an account; milliseconds between looks for a newer request. */
const N_FIRST = 32, N_RUNS = 24, PATIENCE = 12;

/** @typedef {import("./scene.js").Seen} Seen @typedef {{numbers: Record<string, number>, log: number, seen: Seen, shown: Seen}} Drawn */

export class Answerer {
  /** @param {import("./running.js").Model} model @param {any} data live data @param {() => Promise<void>} pause lets messages in */
  constructor(model, data, pause) {
    this.data = data;
    this.runner = new Runner(model, data);
    this.pause = pause;
    /** @type {Map<number, Scene>} */
    this.scenes = new Map();
  }

  /** @param {number} date @returns {Scene} */
  scene(date) {
    let scene = this.scenes.get(date);
    if (!scene) {
      scene = new Scene(this.data, this.runner, date);
      this.scenes.clear(); // one date at a time: what its draws say takes some megabytes
      this.scenes.set(date, scene);
    }
    return scene;
  }

  /**
   * @param {any} request @param {() => boolean} isWanted whether no newer request has come
   * @param {(answer: any) => void} post
   */
  async answer(request, isWanted, post) {
    const began = performance.now(), scene = this.scene(request.date);
    const most = Math.max(...scene.draws.map((/** @type {any} */ draws) => draws.n)), all = Math.min(request.n || most, most);
    const task = new Task(this.data, scene, request);
    for (const n of all > N_FIRST ? [N_FIRST, all] : [all]) {
      let looked = performance.now();
      for (let a = 0; a < scene.draws.length; a++) {
        for (let i = task.drawn[a].length; i < Math.min(n, scene.draws[a].n); i++) {
          task.draw(a, i);
          if (performance.now() - looked < PATIENCE) continue;
          await this.pause();
          if (!isWanted()) return;
          looked = performance.now();
        }
      }
      post({ id: request.id, n, ms: performance.now() - began, progress: n < all, ...task.result() });
    }
  }
}

/** One request: its draws so far, and what they come to. */
class Task {
  /** @param {any} data @param {Scene} scene @param {any} request */
  constructor(data, scene, request) {
    this.data = data;
    this.scene = scene;
    this.request = request;
    this.pins = request.pins || {};
    this.held = request.held || {};
    this.isWhatIf = Object.keys(this.pins).length + Object.keys(this.held).length > 0;
    this.isIntervention = Object.keys(this.held).length > 0;
    this.weighs = request.date >= 0 && Object.keys(this.pins).length > 0;
    this.wanted = (request.want || []).map((/** @type {string} */ key) => scene.quantities.findIndex((/** @type {any} */ q) => q.key === key));
    this.variables = (request.variables || []).map((/** @type {string} */ name) => data.variables.findIndex((/** @type {any} */ v) => v.name === name));
    if ([...this.wanted, ...this.variables].includes(-1)) throw new Error("nothing of that name can be shown");
    this.moves = scene.draws.map((/** @type {any} */ draws) => draws.moved(this.pins));
    /** @type {Drawn[][]} */
    this.drawn = scene.draws.map(() => []);
  }

  /** Takes up a draw: with its pins, compared with reports; what is shown may be held besides. @param {number} a @param {number} i */
  draw(a, i) {
    const { scene, held, variables } = this;
    const { numbers, log } = this.moves[a](i);
    const isPlain = !Object.keys(this.pins).length, needsRun = !this.isIntervention && variables.length > 0;
    const seen = isPlain && !needsRun ? scene.unchanged(a, i) : scene.see(a, i, numbers, {}, this.wanted, this.isIntervention ? [] : variables, this.weighs);
    const shown = this.isIntervention ? scene.see(a, i, numbers, held, this.wanted, variables, false) : seen;
    const without = this.weighs ? scene.unchanged(a, i).log : 0;
    // A draw that could not be without the what-if says nothing of it; it is rounding that made it so.
    const total = this.weighs ? (without === -Infinity ? -Infinity : log + seen.log - without) : seen.good && shown.good && shown.shows ? 0 : -Infinity;
    this.drawn[a].push({ numbers, log: Number.isNaN(total) ? -Infinity : total, seen, shown });
  }

  /** What the draws so far come to. */
  result() {
    const { scene, request } = this, states = this.drawn.map((drawn) => weighed(drawn.map((one) => one.log)));
    const logs = scene.logs.map((log, a) => (log === null || (this.weighs && states[a].shift === -Infinity) ? -Infinity : log + (this.weighs ? states[a].shift : 0)));
    const accounts = states.map((state, a) => ({
      effective: state.effective,
      draws: this.drawn[a].length,
      logEvidenceShift: this.weighs ? state.shift : 0,
      error: this.weighs ? state.error : 0,
      failed: this.drawn[a].filter((one) => !canBeDrawn(one)).length,
    }));
    const shares = states.map((state, a) => among(state.weights, (i) => canBeDrawn(this.drawn[a][i])));
    /** @type {Record<string, any>} */
    const bands = {};
    /** @type {Record<string, any>} */
    const runs = {};
    /** @type {Record<string, any>} */
    const variables = {};
    this.wanted.forEach((/** @type {number} */ q) => {
      const shown = request.shown && request.shown[scene.quantities[q].key], days = shown ? shown.days : scene.chartDays;
      const at = days.map((/** @type {number} */ day) => Math.max(0, scene.chartDays.indexOf(day)));
      const levels = states.map((_, a) => this._levels(q, a));
      bands[scene.quantities[q].key] = { days, accounts: shares.map((own, a) => own && this._bands(q, a, levels[a], own, at, shown && shown.bands[a]) || []) };
      if (request.runs) runs[scene.quantities[q].key] = { days, accounts: shares.map((own, a) => own && this._runs(q, a, levels[a], own, at) || []) };
    });
    this.variables.forEach((/** @type {number} */ v, /** @type {number} */ place) => {
      const { name, unit } = this.data.variables[v];
      variables[name] = { days: scene.chartDays, unit, accounts: states.map((state, a) => {
        const curves = this.drawn[a].map((one) => one.shown.values[place]), own = among(state.weights, (i) => curves[i].every(Number.isFinite));
        return own ? quantilesOver(curves, own, scene.chartDays.map((_, t) => t), () => 0) : [];
      }) };
    });
    return { accounts, weights: evened(logs), bands, runs, variables };
  }

  /** A quantity on its scale by draw. @param {number} q @param {number} a @returns {Float64Array[]} */
  _levels(q, a) {
    const { scene } = this;
    return this.drawn[a].map((one, i) => (this.isWhatIf ? scene.level(q, one.seen, one.shown.chart[q], one.numbers, i) : scene.plainLevel(q, a, i)));
  }

  /** @param {number} q @param {number} a @param {Float64Array[]} levels @param {Float64Array} weights @param {number[]} at
   * @param {number[][]|undefined} shown the page's own @returns {number[][]} */
  _bands(q, a, levels, weights, at, shown) {
    if (shown && (!shown.length || !this.isWhatIf)) return shown;
    const { scene } = this, spread = scene.spread(q, a), n = levels.length;
    const { scale, whole, least, discrepancy } = scene.quantities[q], most = whole === null ? Infinity : whole;
    const back = (/** @type {number} */ level) => {
      const value = fromScale(level, scale, most);
      return discrepancy.length ? Math.min(Math.max(value, least === null ? -Infinity : least), most) : value;
    };
    const held = atLevels(scene.quantities[q], most), shownLevel = atLevels({ ...scene.quantities[q], scale: "linear" }, most), now = quantilesOver(levels, weights, at, (t) => spread[t]);
    if (!shown) return now.map((curve) => curve.map((level) => back(held(level))));
    const even = () => among(new Float64Array(n).fill(1 / n), (i) => scene.unchanged(a, i).good && scene.unchanged(a, i).shows);
    const key = [q, a, n, ...at].join(" "), before = scene.bands.get(key) ??
      quantilesOver(levels.map((_, i) => scene.plainLevel(q, a, i)), even() ?? weights, at, (t) => spread[t]);
    scene.bands.set(key, before);
    return now.map((curve, l) => curve.map((level, d) => {
      const moved = held(held(level) + toScale(shown[l][d], scale, most) - held(before[l][d]));
      if (Number.isFinite(moved)) return back(moved);
      const plain = back(level) + shown[l][d] - back(before[l][d]);
      return Number.isFinite(plain) ? shownLevel(Math.max(plain, least === null ? -Infinity : least)) : back(held(level));
    }));
  }

  /**
   * Single runs: draws in proportion to their weights, each with a path of the model's error that is as wide as the reports
   * leave it, and as long as it lasts.
   * @param {number} q @param {number} a @param {Float64Array[]} levels @param {Float64Array} weights @param {number[]} at
   */
  _runs(q, a, levels, weights, at) {
    const { scene } = this, spread = scene.spread(q, a), { scale, whole, discrepancy } = scene.quantities[q];
    const most = whole === null ? Infinity : whole, held = atLevels(scene.quantities[q], most);
    return taken(weights, N_RUNS).map((i, k) => {
      let path = 0, before = -Infinity;
      return at.map((t, d) => {
        const fading = discrepancy.length ? Math.exp((before - scene.sinceStart[t]) / discrepancy[1]) : 0;
        path = fading * path + Math.sqrt(1 - fading * fading) * ndtri(scattered(k, d));
        before = scene.sinceStart[t];
        return fromScale(held(levels[i][t] + spread[t] * path), scale, most);
      });
    });
  }
}

/** @param {any} quantity @param {number} most @returns {(level: number) => number} holds a number on the quantity's scale between the ends of its levels, as the page's own curves are */
function atLevels({ ends, scale }, most) {
  if (!ends || !ends.length) return (level) => level;
  const [low, high] = ends.map((/** @type {number} */ end) => toScale(end, scale, most));
  return (level) => Math.min(Math.max(level, low), high);
}

/** A share from 0 to 1 for each of two whole numbers, scattered like random ones. @param {number} a @param {number} b */
function scattered(a, b) {
  let word = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  for (let again = 0; again < 2; again++) {
    word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
    word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
  }
  return ((word >>> 0) + 0.5) / 4294967296;
}

/** Quantile curves over draws. @param {Float64Array[]} curves @param {Float64Array} weights @param {number[]} at @param {(t: number) => number} spread @returns {number[][]} */
function quantilesOver(curves, weights, at, spread) {
  const means = new Float64Array(curves.length), found = BAND_LEVELS.map(() => /** @type {number[]} */ ([]));
  for (const t of at) {
    for (let i = 0; i < curves.length; i++) means[i] = curves[i][t];
    mixtureQuantiles(means, weights, spread(t), BAND_LEVELS).forEach((value, l) => found[l].push(value));
  }
  return found;
}

/** @param {Drawn} one @returns {boolean} whether its curves have numbers */
const canBeDrawn = (one) => one.seen.good && one.shown.good && one.shown.shows;

/** @param {Float64Array} weights @param {(i: number) => boolean} isGood @returns {Float64Array|null} weights of the draws that are good for curves, null if none is */
function among(weights, isGood) {
  const own = weights.map((weight, i) => (isGood(i) ? weight : 0)), sum = own.reduce((a, b) => a + b, 0);
  return sum > 0 ? own.map((weight) => weight / sum) : null;
}

/** Weights that sum to one. @param {number[]} logs */
function evened(logs) {
  const top = Math.max(...logs);
  if (!Number.isFinite(top)) return logs.map(() => 1 / logs.length);
  const parts = logs.map((log) => Math.exp(log - top)), sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}
