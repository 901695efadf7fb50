// Functions of whole arrays: sorting, picking, reading as a lookup, inverting a matrix.
//
// In come the arguments as an array, of which every element is one; results go to an array from a place on.
// market.js has those that share a supply.
import { NOT_AVAILABLE, power } from "./reals.js";

/**
 * Returns whether a number comes before another one when sorted, as less than 0, 0 or more: NaN comes last.
 * @param {number} a @param {number} b
 */
function compareNumbers(a, b) {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : Number(a !== a) - Number(b !== b);
}

/**
 * Returns the positions of some numbers when sorted, upward or downward; equal ones in their order.
 * @param {number} direction @param {number[]} elements
 */
function orderOf(direction, elements) {
  const keys = direction > 0 ? elements : elements.map((element) => -element);
  return keys.map((_, i) => i).sort((i, j) => compareNumbers(keys[i], keys[j]));
}

/**
 * @param {number[]} x direction, then the elements
 * @param {Float64Array} to @param {number} at
 */
export function vensimVectorSortOrder(x, to, at) {
  to.set(orderOf(x[0], x.slice(1)), at);
}

/**
 * @param {number[]} x direction, then the elements
 * @param {Float64Array} to @param {number} at
 */
export function vensimVectorRank(x, to, at) {
  orderOf(x[0], x.slice(1)).forEach((element, place) => (to[at + element] = place + 1));
}

/**
 * Returns the place that a position means, rounded to the nearest: -1 outside of so many.
 * @param {number} position @param {number} n
 */
function placeWithin(position, n) {
  const place = Math.floor(position + 0.5);
  return position > -0.5 && place < n ? place : -1;
}

/**
 * @param {number[]} x position, then the elements
 * @param {Float64Array} to @param {number} at
 */
export function pick(x, to, at) {
  const place = placeWithin(x[0], x.length - 1);
  to[at] = x[0] !== x[0] ? NaN : place < 0 ? NOT_AVAILABLE : x[place + 1];
}

/**
 * @param {number[]} x position, then the elements
 * @param {Float64Array} to @param {number} at
 */
export function xmileElement(x, to, at) {
  const place = placeWithin(x[0], x.length - 1);
  to[at] = x[0] !== x[0] ? NaN : place < 0 ? 0 : x[place + 1];
}

/**
 * @param {number[]} x rank, the elements, and as many numbers that decide where two of them are equal
 * @param {Float64Array} to @param {number} at
 */
export function xmileRank(x, to, at) {
  const n = (x.length - 1) / 2, elements = x.slice(1, n + 1), others = x.slice(n + 1);
  const order = elements.map((_, i) => i);
  order.sort((i, j) => compareNumbers(elements[i], elements[j]) || compareNumbers(others[i], others[j]));
  xmileElement([x[0] - 1, ...order.map((i) => i + 1)], to, at);
}

/**
 * @param {number[]} x
 * @param {Float64Array} to @param {number} at
 */
export function xmileStddev(x, to, at) {
  const mean = total(x) / x.length;
  to[at] = Math.sqrt(total(x.map((element) => (element - mean) * (element - mean))) / x.length);
}

/**
 * @param {number[]} x
 * @param {Float64Array} to @param {number} at
 */
export function several(x, to, at) {
  to.set(x, at);
}

/**
 * Returns a sum, from left to right.
 * @param {ArrayLike<number>} x
 */
export function total(x) {
  let sum = x[0];
  for (let i = 1; i < x.length; i++) sum += x[i];
  return sum;
}

/**
 * @param {number[]} x what none gives, the action, what is an error, then pairs of selection and element
 * @param {Float64Array} to @param {number} at
 */
export function vensimVectorSelect(x, to, at) {
  const [missing, action, error] = x;
  let count = 0, weighted = 0, product = 1, least = Infinity, most = -Infinity, powers = 1;
  let sum = 0, plainProduct = 1, plainLeast = Infinity, plainMost = -Infinity;
  for (let i = 3; i < x.length; i += 2) {
    const s = x[i], element = x[i + 1];
    if (s === 0) continue;
    count++;
    weighted += s * element;
    product *= s * element;
    least = Math.min(least, s * element);
    most = Math.max(most, s * element);
    powers *= power(s, element);
    sum += element;
    plainProduct *= element;
    plainLeast = Math.min(plainLeast, element);
    plainMost = Math.max(plainMost, element);
  }
  const isWrong = ((error === 1 || error === 3) && count === 0) || ((error === 2 || error === 3) && count > 1);
  const results = [weighted, product, least, most, weighted / count, powers];
  results.push(sum, plainProduct, plainLeast, plainMost, sum / count);
  to[at] = isWrong ? NaN : count === 0 ? missing : action in results ? results[action] : NaN;
}

/**
 * The inverse of a matrix by Gauss and Jordan, row by row; NaN where there is none.
 * @param {number[]} x
 * @param {Float64Array} to @param {number} at
 */
export function vensimInvertMatrix(x, to, at) {
  const n = Math.round(Math.sqrt(x.length));
  const rows = Array.from({ length: n }, (_, i) => [
    ...x.slice(i * n, (i + 1) * n),
    ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)),
  ]);
  let isSingular = false;
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(rows[i][k]) > Math.abs(rows[k][k])) [rows[k], rows[i]] = [rows[i], rows[k]];
    }
    const pivot = rows[k][k];
    if (pivot === 0) isSingular = true;
    for (let j = 0; j < 2 * n; j++) rows[k][j] /= pivot;
    for (let i = 0; i < n; i++) {
      const times = rows[i][k];
      for (let j = 0; j < 2 * n && i !== k; j++) rows[i][j] -= times * rows[k][j];
    }
  }
  rows.forEach((row, i) => to.set(isSingular ? new Array(n).fill(NaN) : row.slice(n), at + i * n));
}

/**
 * A lookup whose ordinates are spread evenly from the least to the most abscissa, read as the mode says: 0 between
 * the points, 1 area from the least, 2 the point before, 3 extrapolated, 4 the point after, 5 the abscissa of an
 * ordinate, 6 slope; 7, 8 and 9 are 1, 5 and 6 with the ends extrapolated.
 * @param {number[]} x abscissa, least, most, mode, then the ordinates
 * @param {Float64Array} to @param {number} at
 */
export function vensimVectorLookup(x, to, at) {
  const [wanted, least, most, mode] = x, y = x.slice(4), end = y.length - 1;
  const width = (most - least) / end, place = (wanted - least) / width;
  const inside = Math.min(Math.max(place, 0), end);
  to[at] = NaN;
  if (end < 1 || wanted !== wanted) return;
  switch (mode) {
    case 0:
      to[at] = betweenPoints(y, inside);
      break;
    case 1:
      to[at] = width * summedTo(y, place, true);
      break;
    case 2:
      to[at] = y[Math.floor(inside)];
      break;
    case 3:
      to[at] = betweenPoints(y, place);
      break;
    case 4:
      to[at] = y[Math.ceil(inside)];
      break;
    case 5:
      to[at] = least + width * placeOf(y, wanted, true);
      break;
    case 6:
      to[at] = inclineAt(y, place, true) / width;
      break;
    case 7:
      to[at] = width * summedTo(y, place, false);
      break;
    case 8:
      to[at] = least + width * placeOf(y, wanted, false);
      break;
    case 9:
      to[at] = inclineAt(y, place, false) / width;
  }
}

/**
 * Returns the number of the point to the left of a place, of the last segment at most.
 * @param {number[]} y @param {number} place
 */
function segmentOf(y, place) {
  return Math.min(Math.max(Math.floor(place), 0), y.length - 2);
}

/**
 * Returns the ordinate at a place, beyond the ends on the line through the last two points.
 * @param {number[]} y @param {number} place
 */
function betweenPoints(y, place) {
  const left = segmentOf(y, place), low = y[left];
  return low + (place - left) * (y[left + 1] - low);
}

/**
 * Returns the area from the first point to a place, in steps of one.
 * @param {number[]} y @param {number} place @param {boolean} isLevel
 */
function summedTo(y, place, isLevel) {
  const inside = isLevel ? Math.min(Math.max(place, 0), y.length - 1) : place, left = segmentOf(y, inside);
  let area = 0;
  for (let i = 0; i < left; i++) area += (y[i + 1] + y[i]) / 2;
  const here = betweenPoints(y, inside);
  area += ((inside - left) * (y[left] + here)) / 2;
  return area + (place - inside) * here;
}

/**
 * Returns the first place at which a monotone vector takes a value.
 * @param {number[]} y @param {number} value @param {boolean} isLevel
 */
function placeOf(y, value, isLevel) {
  const end = y.length - 1, rising = y[end] >= y[0] ? 1 : -1, wanted = value * rising;
  let count = 0;
  for (let i = 1; i <= end; i++) if (y[i] * rising < wanted) count++;
  const left = Math.min(count, end - 1), low = y[left] * rising, high = y[left + 1] * rising;
  const place = left + (high === low ? 0 : (wanted - low) / (high - low));
  return isLevel ? Math.min(Math.max(place, 0), end) : place;
}

/**
 * Returns the slope at a place: at a point the mean of both sides, beyond the ends 0 or as within.
 * @param {number[]} y @param {number} place @param {boolean} isLevel
 */
function inclineAt(y, place, isLevel) {
  let sum = 0;
  for (const left of [Math.ceil(place) - 1, Math.floor(place)]) {
    const at = Math.min(Math.max(left, 0), y.length - 2);
    sum += isLevel && at !== left ? 0 : y[at + 1] - y[at];
  }
  return sum / 2;
}
