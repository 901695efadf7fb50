// Numbers, dates and counts as people write them: the same texts as figures/text.py and report/view.py write.

export const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const UNITLESS = new Set(["dmnl", "dimensionless", "share", "fraction", "1", "index"]);

/** @param {number} day days since 1970-01-01 @returns {Date} */
export function dateOf(day) {
  return new Date(Math.floor(day) * 86400000);
}

/** @param {number} day @returns {string} `9 Apr 2023` */
export function dayText(day) {
  const d = dateOf(day);
  return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()}`;
}

/** @param {number} day @returns {string} `2023-04-09` */
export function isoText(day) {
  return dateOf(day).toISOString().slice(0, 10);
}

/** @param {string} text @returns {number} days since 1970-01-01, NaN for anything but a date */
export function isoDay(text) {
  const day = Date.parse(text + "T00:00Z") / 86400000;
  return Number.isFinite(day) && isoText(day) === text ? day : NaN; // some take 30 Feb for a day of March
}

/** @param {number} k place in the display order @returns {string} */
export function letterOf(k) {
  return String.fromCharCode(65 + (k % 26));
}

/** Thousands set apart, no exponent; what is to be rounded is rounded before, as Python does. */
const ENGLISH = new Intl.NumberFormat("en", { maximumFractionDigits: 20 });

/** @param {number} value @returns {string} all its digits, `118,900` */
export const grouped = (value) => ENGLISH.format(value);

/** @param {number} size not negative @param {number} digits @returns {string} */
const plain = (size, digits) => grouped(Number(size.toPrecision(digits)));

/** @param {number} value @returns {string} `0.563`, `118,900`, `1.21 million` */
export function numberText(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value), sign = value < 0 ? "−" : "";
  const rounded = Number(size.toPrecision(4));
  for (const [limit, word] of /** @type {[number, string][]} */ ([[1e12, " trillion"], [1e9, " billion"], [1e6, " million"]])) {
    if (rounded >= limit) return sign + plain(size / limit, 3) + word;
  }
  if (rounded >= 1000) return sign + plain(size, 4);
  if (size && size < 1e-5) return sign + Number(size.toPrecision(3)).toExponential(2);
  return sign + plain(size, 3);
}

/** What is below 1e-12 is what rounding leaves of nothing. @param {number} middle @param {number} low @param {number} high @returns {string} `118,900 (115,000 to 121,000)`; one number where the range has no width as shown */
export function rangeText(middle, low, high) {
  const ends = endsText(middle, low, high);
  return shownNumber(middle) + (ends && ` (${ends})`);
}

/** @param {number} value @returns {string} */
const shownNumber = (value) => numberText(Math.abs(value) < 1e-12 ? 0 : value);

/** @param {number} middle @param {number} low @param {number} high @returns {string} `115,000 to 121,000`; nothing where the range has no width as shown */
export function endsText(middle, low, high) {
  const [m, l, h] = [middle, low, high].map(shownNumber);
  return m === l && m === h ? "" : `${l} to ${h}`;
}

/** @param {number} value @param {string} unit @returns {string} */
export function quantityText(value, unit) {
  const number = numberText(value);
  if (!unit || UNITLESS.has(unit.toLowerCase())) return number;
  return unit === "%" || unit === "percent" ? number + "%" : `${number} ${unit}`;
}

/**
 * Whole numbers that add to 100 (largest remainder); ties go by id, never by place.
 * @param {number[]} weights @param {string[]} ids @returns {number[]}
 */
export function inHundred(weights, ids) {
  const total = weights.reduce((a, b) => a + b, 0);
  if (!(total > 0)) return weights.map(() => 0);
  const exact = weights.map((w) => (100 * w) / total);
  const floors = exact.map((v) => Math.floor(v + 1e-9));
  const over = exact.map((v, i) => Number((v - floors[i]).toFixed(9)));
  const order = exact.map((_, i) => i).sort((a, b) => over[b] - over[a] || (ids[a] < ids[b] ? -1 : 1));
  const left = 100 - floors.reduce((a, b) => a + b, 0);
  for (const i of order.slice(0, left)) floors[i] += 1;
  return floors;
}

/** @param {number} hundredths @returns {string} never 0, never 100 */
export function shownWeight(hundredths) {
  return hundredths <= 0 ? "<1" : hundredths >= 100 ? ">99" : String(hundredths);
}

/** @param {number} thousandths negative for none @returns {string} */
export function shownChance(thousandths) {
  return thousandths < 0 ? "–" : shownWeight(Math.floor(thousandths / 10 + 0.5));
}

/** @param {string[]} items @returns {string} `a, b and c` */
export function listed(items) {
  return items.length < 2 ? items.join("") : items.slice(0, -1).join(", ") + " and " + items[items.length - 1];
}

/** @param {string} name @param {number} limit @returns {string} a name that fits beside a line */
export function shortName(name, limit = 24) {
  if (name.length <= limit) return name;
  const head = name.slice(0, limit);
  const cut = head.includes(" ") ? head.slice(0, head.lastIndexOf(" ")) : name.slice(0, limit - 1);
  return cut.replace(/[ ,;:]+$/, "") + "…";
}

/** @param {unknown} text @returns {string} safe inside HTML and SVG, in attributes too */
export function esc(text) {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
