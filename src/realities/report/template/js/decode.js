// The page's data: read from its two script elements, curves decoded when first asked for.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * @typedef {{label: string, index: number, q: number[][], faint?: boolean}} Band five quantile curves of one account; faint if not reliable
 * @typedef {{label: string, index: number, runs: number[][], faint?: boolean}} Runs single runs of one account
 * @typedef {{published: number, happened: number, reporter: number, source: number, note: number,
 *   value: number|null, low: number|null, high: number|null}} Report
 * @typedef {any} Payload as report/schema.py says
 */

/** @param {string} text @returns {number[]} */
export function integers(text) {
  const values = [];
  let rest = 0, scale = 1;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
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

/** @param {string} text @param {number} n days @param {number} step @param {number} middle row the others are told by, -1 for none */
export function curves(text, n, step, middle) {
  const flat = integers(text), rows = [];
  for (let start = 0; start < flat.length; start += n) {
    let total = 0;
    rows.push(flat.slice(start, start + n).map((v) => (total += v)));
  }
  const centre = middle < 0 ? null : rows[middle];
  return rows.map((row, r) => row.map((v, i) => (centre && r !== middle ? v + centre[i] : v) * step));
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
    this.runDays = rising(data.curves.run_days);
    /** @type {Map<string, number[][]>} */
    this.cache = new Map();
    /** @type {Report[]|null} */
    this.held = null;
  }

  /** @param {number|"prior"} date place of the as-of date @param {number} k account @returns {number[][]} empty where there is none */
  bands(date, k) {
    const name = `${date} ${k}`, held = this.cache.get(name);
    if (held) return held;
    const text = (date === "prior" ? this.curves.prior : this.curves.bands[date])[k];
    const decoded = text ? curves(text, this.days.length, this.curves.step, 2) : [];
    this.cache.set(name, decoded);
    return decoded;
  }

  /** @param {number|"prior"} date @returns {boolean} */
  hasRuns(date) {
    return this.runKey(date) in this.curves.runs;
  }

  /** @param {number|"prior"} date */
  runKey(date) {
    return date === "prior" ? date : new Date(this.payload.dates[date] * 86400000).toISOString().slice(0, 10);
  }

  /** @param {number|"prior"} date @param {number} k @returns {number[][]} */
  runs(date, k) {
    const text = this.curves.runs[this.runKey(date)][k];
    return text ? curves(text, this.runDays.length, this.curves.run_step, -1) : [];
  }

  /** @param {number|"prior"} date @param {number} k @param {number} day @returns {number[]|null} five quantiles */
  at(date, k, day) {
    const bands = this.bands(date, k), days = this.days;
    if (!bands.length) return null;
    day = Math.min(Math.max(day, days[0]), days[days.length - 1]);
    let i = days.findIndex((d, j) => j > 0 && d >= day);
    if (i < 0) i = days.length - 1;
    const share = days.length > 1 ? (day - days[i - 1]) / (days[i] - days[i - 1]) : 0;
    const j = Math.max(i - 1, 0);
    return bands.map((row) => row[j] + (row[i] - row[j]) * share);
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
  const one = (/** @type {(number|null)[]} */ list, /** @type {number} */ i) => (list.length ? list[i] : null);
  return rising(r.published).map((published, i) => ({
    published, happened: published - delay[i], reporter: reporter[i], source: source[i], note: note[i],
    value: one(r.value, i), low: one(r.low, i), high: one(r.high, i),
  }));
}

/** @returns {Promise<Payload>} the payload with its bulk in place */
export async function load() {
  const payload = JSON.parse(text("payload"));
  const packed = Uint8Array.from(atob(text("bulk")), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const { assumptions, ...bulk } = await new Response(stream).json();
  payload.accounts.forEach((/** @type {any} */ account, /** @type {number} */ i) => (account.assumptions = assumptions[i]));
  Object.assign(payload, bulk);
  return payload;
}

/** @param {string} id @returns {string} */
function text(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id)).textContent || "";
}
