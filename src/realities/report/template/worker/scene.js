// One as-of date: its reports, its draws, and what each draw says without any what-if, kept once it is known.
//
// In come the live data and a date; out come, for a draw of an account and whatever is changed of it, the log
// likelihood and the truth at the times of the page's curves. answer.js asks for them.

import { Draws } from "./moving.js";
import { Reports, toScale } from "./reports.js";
import { Kept } from "./running.js";
import { summedNumbers } from "./text.js";

/**
 * @typedef {{log: number, good: boolean, shows: boolean, truths: Float64Array[], chart: Float64Array[], values:
 *   Float64Array[]}} Seen what one draw gives: log likelihood, whether all is finite that reports and curves need, truths at the reports' times and on the chart by charted quantity,
 *   charted variables
 * @typedef {{pins: Record<string, number>, held: Record<string, number>}} WhatIf
 */

export class Scene {
  /** @param {any} data live data @param {import("./running.js").Runner} runner @param {number} place of the date, below 0 before any report: -1 with all dated inputs, -2 with those known before the last of `stated`, and so on */
  constructor(data, runner, place) {
    const date = place < 0 ? null : data.dates[place], stated = data.stated ?? [];
    this.data = data;
    this.runner = runner;
    this.day = date ? date.day : place < -1 ? stated[stated.length + place] ?? stated[0] - 1 : Math.max(...data.dates.map((/** @type {any} */ one) => one.day));
    /** @type {(number|null)[]} */
    this.logs = date ? date.logs : data.prior_logs;
    this.quantities = data.quantities;
    this.chartTimes = Float64Array.from(data.time.chart_times);
    this.chartDays = summedNumbers(data.time.chart_days);
    this.sinceStart = this.chartTimes.map((t) => (t - data.time.start) * data.time.days_per_time);
    const rows = date ? date.rows : {};
    const none = { places: "", delay: null, books: [] };
    /** @type {Reports[]} */
    this.reports = this.quantities.map((/** @type {any} */ q) => new Reports(q, rows[q.key] || none, data.time));
    this.every = this.reports.map((_, q) => q);
    this.scratch = this.reports.map((one) => new Float64Array(one.times.length));
    this.kept = new Kept(runner.grid, [this.chartTimes, ...this.reports.map((one) => one.times)]);
    this.draws = data.accounts.map((/** @type {any} */ account, /** @type {number} */ a) =>
      new Draws(account.priors, (date ? date.draws : data.prior)[a]));
    /** @type {(Seen|undefined)[][]} */
    this.plain = this.draws.map(() => []);
    /** @type {Map<string, Float64Array>} */
    this.levels = new Map();
    /** @type {Map<string, Float64Array>} */
    this.spreads = new Map();
    /** @type {Map<string, number[][]>} */
    this.bands = new Map();
  }

  /** What happens when: known dated inputs, or held ones. @param {Record<string, number>} held */
  events(held) {
    return this.runner.model.events.map((name) => {
      if (Object.hasOwn(held, name)) return { times: [this.runner.grid.times[0]], values: [held[name]] };
      const input = this.data.inputs.find((/** @type {any} */ one) => one.name === name);
      // What a closed hub sets is an input without a date of its own.
      const known = (input?.changes ?? []).filter((/** @type {number[]} */ change) => change[1] <= this.day);
      return { times: known.map((/** @type {number[]} */ change) => change[3]), values: known.map((/** @type {number[]} */ change) => change[2]) };
    });
  }

  /** What a draw says without any what-if. @param {number} a @param {number} i @returns {Seen} */
  unchanged(a, i) {
    return (this.plain[a][i] ??= this.see(a, i, this.draws[a].at(i), {}, this.every, [], true));
  }

  /**
   * Runs a draw with numbers by name.
   * @param {number} a account @param {number} i draw @param {Record<string, number>} numbers @param {Record<string, number>} held
   * @param {number[]} charted quantities to be charted @param {number[]} variables outputs to be charted @param {boolean} weighs whether the likelihood is asked for @returns {Seen}
   */
  see(a, i, numbers, held, charted, variables, weighs) {
    const { runner, kept } = this;
    runner.run([this.data.accounts[a].fixed, numbers, held], this.events(held), kept, i);
    /** @type {Seen} */
    const seen = { log: 0, good: true, shows: true, truths: [], chart: [], values: [] };
    this.reports.forEach((reports, q) => {
      const output = this.quantities[q].outputs[a];
      const isShown = charted.includes(q), truth = isShown ? new Float64Array(reports.times.length) : this.scratch[q];
      seen.good = runner.read(kept.places[q + 1], output, truth) && seen.good;
      if (isShown) {
        seen.truths[q] = truth;
        seen.chart[q] = new Float64Array(this.chartTimes.length);
        seen.shows = runner.read(kept.places[0], output, seen.chart[q]) && seen.shows;
      }
      if (weighs && reports.n) seen.log += seen.good ? reports.logDensity(truth, numbers) : -Infinity;
    });
    for (const output of variables) {
      const values = new Float64Array(this.chartTimes.length);
      runner.read(kept.places[0], output, values);
      seen.values.push(values);
    }
    return seen;
  }

  /**
   * A quantity on its scale over the chart's times, with what the reports say of the model's error.
   * @param {number} q @param {Seen} seen what the reports are compared with @param {Float64Array} chart the truth to be shown
   * @param {Record<string, number>} numbers @param {number} i draw
   */
  level(q, seen, chart, numbers, i) {
    const { scale, whole } = this.quantities[q], reports = this.reports[q];
    const level = chart.map((value) => toScale(value, scale, whole === null ? Infinity : whole));
    if (reports.error) {
      const mean = new Float64Array(level.length);
      reports.errorAt(seen.truths[q], numbers, this.sinceStart, shareOf(i), mean, null);
      for (let t = 0; t < level.length; t++) level[t] += mean[t];
    }
    return level;
  }

  /** The same without any what-if, kept. @param {number} q @param {number} a @param {number} i @returns {Float64Array} */
  plainLevel(q, a, i) {
    const key = `${q} ${a} ${i}`, held = this.levels.get(key);
    if (held) return held;
    const seen = this.unchanged(a, i), level = this.level(q, seen, seen.chart[q], this.draws[a].at(i), i);
    this.levels.set(key, level);
    return level;
  }

  /** How far the model's error leaves a quantity open, nearly the same for all draws. @param {number} q @param {number} a @returns {Float64Array} */
  spread(q, a) {
    const key = `${q} ${a}`, held = this.spreads.get(key);
    if (held) return held;
    const sd = new Float64Array(this.chartTimes.length), mean = new Float64Array(sd.length);
    if (this.reports[q].error) this.reports[q].errorAt(this.unchanged(a, 0).truths[q], this.draws[a].at(0), this.sinceStart, 0.5, mean, sd);
    this.spreads.set(key, sd);
    return sd;
  }
}

/** A share from 0 to 1 of its own for each draw. @param {number} i */
function shareOf(i) {
  return (0.5 + i * 0.6180339887498949) % 1;
}
