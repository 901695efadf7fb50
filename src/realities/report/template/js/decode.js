// The page's data: read from its two script elements, curves decoded when first asked for.

import { isoText, numberText } from "./format.js";
import { all } from "./page.js";
import { unpack } from "./unpack.js";

/**
 * @typedef {{label: string, index: number, q: number[][], faint?: boolean}} Band five quantile curves of one account; faint if not reliable
 * @typedef {{label: string, index: number, runs: number[][], faint?: boolean}} Runs single runs of one account
 * @typedef {{published: number, happened: number, reporter: number, source: number, note: number,
 *   value: number|null, low: number|null, high: number|null}} Report
 * @typedef {any} Payload as report/schema.py says
 * @typedef {{days: number[], accounts: number[][][]}} Answered curves of each account, as the worker gives them
 */

/** @param {string} text in the letters A-Z, a-z, 0-9, + and / of base 64 @returns {number[]} */
export function integers(text) {
  const values = [];
  let rest = 0, scale = 1;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i), digit = c > 96 ? c - 71 : c > 64 ? c - 65 : c > 47 ? c + 4 : c > 43 ? 63 : 62;
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

/** @param {string} text @returns {number[]} */
export function rising(text) {
  let total = 0;
  return integers(text).map((v) => (total += v));
}

/** What stands first in a list that columns.py folded. */
const FOLDED = {};

/** A value of JSON as it was before columns.py folded it, given what it holds is. @param {string} _ @param {any} value */
export function opened(_, value) {
  if (typeof value === "string" && value[0] === "~") return value[1] ? (value[1] === "~" ? value.slice(1) : numbersIn(value)) : FOLDED;
  if (value?.[0] !== FOLDED) return value;
  const [, keys, list, width, size] = value;
  if (keys) return list.map((/** @type {any} */ _, /** @type {number} */ i) => {
    /** @type {Record<string, any>} */
    const row = {};
    for (let k = 0; k < keys.length; k++) row[keys[k]] = value[k + 2][i];
    return row;
  });
  const length = size || width, n = list.length / length, rows = list.slice(0, n).map((/** @type {any} */ first, /** @type {number} */ i) =>
    (size && first === null ? first : Array.from({ length }, (_, k) => list[k * n + i])));
  return size ? rows.flatMap((/** @type {any} */ _, /** @type {number} */ i) => (i % width ? [] : [rows.slice(i, i + width)])) : rows;
}

/** @param {string} text @returns {(number|null)[]} */
function numbersIn(text) {
  const scale = 10 ** +text[1], sums = text[2] > "0" ? 1 : 0;
  const [told, places] = text.slice(3).split(" ").map((one) => {
    let last = 0;
    return integers(one).map((v) => (v ? (last = v - (v > 0 ? 1 : 0) + last * sums) : null));
  });
  return (places ?? told).map((v) => (v === null ? v : (places ? /** @type {number} */ (told[v]) : v) / scale));
}

/** @param {Uint8Array} bytes @param {number} at @returns {() => number} gives the next whole number, as planes.py wrote it */
function numbersOf(bytes, at) {
  return () => {
    const first = bytes[at++];
    let folded = first;
    if (first > 251) {
      const n = 2 * (first - 251);
      folded = 0;
      for (let i = n - 1; i >= 0; i--) folded = folded * 256 + bytes[at + i];
      at += n;
    }
    return folded % 2 ? -(folded + 1) / 2 : folded / 2;
  };
}

/** @param {number[]} differences @param {number[]} [onto] levels they are distances from @returns {number[]} levels */
function summed(differences, onto) {
  let total = 0;
  return differences.map((v, i) => (total += v) + (onto ? onto[i] : 0));
}

/**
 * The curves of one quantity, as planes.py wrote them.
 * @param {Uint8Array} bytes of all quantities @param {any} data the quantity's curves, with a 1 for each bundle @param {number} days @param {number} runDays
 * @returns {{bands: Map<string, number[][]>, runs: Map<string, number[][]>}} in steps, by row (those before any report first) and account; runs by key and account
 */
function unfolded(bytes, data, days, runDays) {
  const rows = [...(data.earlier ?? []), data.prior, ...data.bands], bands = new Map(), runs = new Map();
  const held = rows.flatMap((row, d) => row.flatMap((/** @type {number} */ is, /** @type {number} */ k) => (is ? [[d, k]] : [])));
  const next = numbersOf(bytes, data.at + 5 * held.length), none = Array(days).fill(0);
  /** @type {Map<string, number[]>[]} */
  const planes = [];
  for (let p = 0; p < 5; p++) {
    const plane = new Map();
    planes.push(plane);
    held.forEach(([d, k], i) => {
      const how = bytes[data.at + p * held.length + i];
      const like = (how && plane.get(how === 1 ? `${d - 1} ${k}` : `${d} ${k - 1}`)) || none;
      plane.set(`${d} ${k}`, like.map((/** @type {number} */ v) => v + next()));
    });
  }
  for (const key of planes[0].keys()) {
    const [middle, q1, q3, q0, q4] = planes.map((plane) => /** @type {number[]} */ (plane.get(key)));
    const m = summed(middle), below = summed(q1, m), above = summed(q3, m);
    bands.set(key, [summed(q0, below), below, m, above, summed(q4, above)]);
  }
  const with_ = Object.entries(data.runs).flatMap(([key, row]) => row.flatMap((/** @type {number} */ is, /** @type {number} */ k) => (is ? [`${key} ${k}`] : [])));
  const counts = with_.map(next);
  with_.forEach((key, i) => runs.set(key, Array.from({ length: counts[i] }, () => summed(Array.from({ length: runDays }, next)))));
  return { bands, runs };
}

/** @param {number[]} x rising @param {number[]} y @param {number[]} days @returns {number[]} y on other days, level beyond the ends */
function onDays(x, y, days) {
  let i = 0;
  return days.map((day) => {
    while (i < x.length - 2 && x[i + 1] < day) i++;
    if (day <= x[0] || x.length < 2) return y[0];
    if (day >= x[x.length - 1]) return y[y.length - 1];
    return y[i] + ((y[i + 1] - y[i]) * (day - x[i])) / (x[i + 1] - x[i]);
  });
}

/** One quantity, decoded. */
export class Quantity {
  /** @param {any} data @param {Payload} payload */
  constructor(data, payload) {
    this.data = data;
    this.payload = payload;
    this.key = data.key;
    this.curves = data.curves;
    this.days = rising(data.curves.days);
    /** Days as of which there are curves, by place: those of the page's dates, then of quarters. @type {number[]} */
    this.asOf = [...payload.dates, ...(data.curves.quarters ? payload.quarters : [])];
    // Without single runs of its own the page keeps no days for them; those that the worker makes stand on the bands' days.
    this.runDays = Object.keys(data.curves.runs).length ? rising(data.curves.run_days) : this.days;
    /** @type {ReturnType<typeof unfolded>|null} */
    this.unfolded = null;
    /** @type {ReturnType<typeof unfolded>|null} */
    this.quarters = null;
    /** @type {Map<string, number[][]>} */
    this.cache = new Map();
    /** @type {{bands: number[][][], runs: number[][][]}|null} curves under what-if values, by account */
    this.live = null;
    /** @type {Report[]|null} */
    this.held = null;
  }

  /** What stands under the title: the unit after `word`, or the levels that reports name. @param {string} word @returns {string} */
  unitLine(word) {
    const { levels, unit } = this.data;
    return levels ? `Levels as reported: ${levels.map(numberText).join(", ")}` : [word, unit].filter(Boolean).join(" ") || "\u00a0";
  }

  get levels() {
    return (this.unfolded ??= unfolded(this.payload.curves, this.curves, this.days.length, this.runDays.length));
  }

  /** Takes curves under what-if values; on other days than its own they are read off on straight lines. @param {Answered|undefined} bands @param {Answered|undefined} runs */
  hold(bands, runs) {
    const on = (/** @type {Answered|undefined} */ one, /** @type {number[]} */ days) =>
      (one ? one.accounts.map((rows) => rows.map((row) => onDays(one.days, row, days))) : []);
    this.live = bands || runs ? { bands: on(bands, this.days), runs: on(runs, this.runDays) } : null;
  }

  /** @param {number|"live"} date place of the as-of date in `asOf`, below 0 before any report as `statedOn` has it @param {number} k account @returns {number[][]} empty where there is none */
  bands(date, k) {
    if (date === "live") return this.live?.bands[k] ?? [];
    const name = `${date + 1 + (this.curves.earlier ?? []).length} ${k}`, held = this.cache.get(name);
    if (held) return held;
    const late = date + 1 - this.payload.dates.length, own = this.curves.quarters;
    if (late > 0) {
      const days = rising(own.days), { bands } = (this.quarters ??= unfolded(this.payload.curves, { ...own, prior: [], runs: {} }, days.length, 0));
      const found = (bands.get(`${late} ${k}`) || []).map((row) => onDays(days, row.map((v) => v * own.step), this.days));
      this.cache.set(name, found);
      return found;
    }
    const step = date < 0 ? this.curves.prior_step ?? this.curves.step : this.curves.step;
    const curves = (this.levels.bands.get(name) || []).map((row) => row.map((v) => v * step));
    this.cache.set(name, curves);
    return curves;
  }

  /** @param {number|"live"} date @returns {boolean} */
  hasRuns(date) {
    if (date === "live") return Boolean(this.live?.runs.length);
    return this.runKey(date) in this.curves.runs;
  }

  /** @param {number} date */
  runKey(date) {
    return date < 0 ? (date + 1 ? "" : "prior") : isoText(this.payload.dates[date]);
  }

  /** @param {number|"live"} date @param {number} k @returns {number[][]} */
  runs(date, k) {
    if (date === "live") return this.live?.runs[k] ?? [];
    return (this.levels.runs.get(`${this.runKey(date)} ${k}`) || []).map((run) => run.map((v) => v * this.curves.run_step));
  }

  /** @param {number|"live"} date @param {number} k @param {number} day @returns {number[]|null} five quantiles */
  at(date, k, day) {
    const bands = this.bands(date, k);
    return bands.length ? bands.map((row) => onDays(this.days, row, [day])[0]) : null;
  }

  /** @returns {Report[]} those that are counted and drawn, by publication */
  get reports() {
    return (this.held ??= reportsOf(this.data).filter((r) => this.data.reporters[r.reporter].copies === null));
  }
}

/** @param {any} data one quantity of the payload @returns {Report[]} */
export function reportsOf(data) {
  const r = data.reports, delay = integers(r.delay), reporter = integers(r.reporter);
  const source = integers(r.source), note = integers(r.note);
  return rising(r.published).map((published, i) => ({
    published, happened: published - delay[i], reporter: reporter[i], source: source[i], note: note[i],
    value: r.value[i] ?? null, low: r.low[i] ?? null, high: r.high[i] ?? null,
  }));
}

/** @returns {Payload} the payload with its bulk in place, and the bytes of all curves; long parts of the page are in place then */
export function load() {
  const payload = JSON.parse(text("payload")), curves = unpack(text("curves"));
  // What repeats stands in the first lines, with a sign for each in the last one.
  const lines = textOf(unpack(text("bulk"))).split("\n"), whole = lines.pop() || "";
  const { assumptions, parts, ...bulk } = JSON.parse(whole.replace(/[^\0-\x7f]/g, (sign) => lines[sign.charCodeAt(0) - 128] ?? sign), opened);
  for (const node of all("[data-part]")) node.outerHTML = parts[node.dataset.part];
  payload.accounts.forEach((/** @type {any} */ account, /** @type {number} */ i) => {
    account.assumptions = assumptions[i];
    for (const one of assumptions[i]) one.posterior ??= payload.dates.map((/** @type {any} */ _, /** @type {number} */ d) => bulk.ranges[one.parameter]?.[d]?.[i] ?? null);
  });
  Object.assign(payload, bulk);
  // Not enumerable: exports take the payload whole, and the curves in words of their own. Days of publication, rising, and how many reports are used on each.
  const { days, used } = payload.counted;
  Object.defineProperties(payload, { curves: { value: curves }, published: { value: rising(days) }, usable: { value: integers(used) } });
  return payload;
}

/** @param {Uint8Array} bytes */
const textOf = (bytes) => new TextDecoder().decode(bytes);

/** @param {string} id of an element that holds text @returns {string} */
export function text(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id)).textContent || "";
}
