// Tables read between their points, as NumPy's interp reads them.
//
// In come points and an abscissa; out comes the ordinate there. curves.js reads tables backward or integrates
// them; points.js reads series of data.

/**
 * Points, slopes between them, areas from the first of them, and the points the other way round once somebody
 * asks for them.
 * @typedef {{x: Float64Array, y: Float64Array, s: Float64Array, a: Float64Array, back: Table | null}} Table
 */

/**
 * Returns a table of points whose abscissas do not descend.
 * @param {number[]} xs @param {number[]} ys
 * @returns {Table}
 */
export function table(xs, ys) {
  const x = Float64Array.from(xs), y = Float64Array.from(ys);
  const s = y.map((value, i) => (y[i + 1] - value) / (x[i + 1] - x[i]));
  const a = new Float64Array(x.length);
  for (let i = 1; i < x.length; i++) a[i] = a[i - 1] + ((x[i] - x[i - 1]) * (y[i] + y[i - 1])) / 2;
  return { x, y, s, a, back: null };
}

/**
 * Returns how many numbers of an ascending array are below x.
 * @param {Float64Array} xs @param {number} x
 */
export function countBelow(xs, x) {
  let low = 0, high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Returns how many numbers of an ascending array are at most x.
 * @param {Float64Array} xs @param {number} x
 */
export function countUpTo(xs, x) {
  let low = 0, high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Returns straight segments through the points, level beyond the ends.
 * @param {Table} t @param {number} x
 */
export function interpolate(t, x) {
  const { x: xs, y: ys, s } = t, end = xs.length - 1;
  if (x !== x) return NaN;
  if (x < xs[0]) return ys[0];
  if (x >= xs[end]) return ys[end];
  const i = countUpTo(xs, x) - 1;
  if (xs[i] === x) return ys[i];
  let found = s[i] * (x - xs[i]) + ys[i];
  if (found !== found) {
    found = s[i] * (x - xs[i + 1]) + ys[i + 1];
    if (found !== found && ys[i] === ys[i + 1]) found = ys[i];
  }
  return found;
}

/**
 * Returns the same, the first and the last segment carried on beyond the ends.
 * @param {Table} t @param {number} x
 */
export function extrapolate(t, x) {
  const { x: xs, y: ys } = t, end = xs.length - 1;
  if (x < xs[0]) return ys[0] + endSlope(t, 0, 1) * (x - xs[0]);
  if (x > xs[end]) return ys[end] + endSlope(t, end, -1) * (x - xs[end]);
  return interpolate(t, x);
}

/**
 * Returns the slope from an end to the next point at another abscissa; 0 if there is none.
 * @param {Table} t @param {number} from @param {number} way 1 from the first point, -1 from the last
 */
export function endSlope(t, from, way) {
  const { x: xs, y: ys } = t;
  for (let i = from + way; i >= 0 && i < xs.length; i += way) {
    if (xs[i] !== xs[from]) return (ys[i] - ys[from]) / (xs[i] - xs[from]);
  }
  return 0;
}

/**
 * Returns the ordinate of the last point up to x.
 * @param {Table} t @param {number} x
 */
export function discrete(t, x) {
  return x === x ? t.y[Math.max(countUpTo(t.x, x) - 1, 0)] : NaN;
}

/**
 * Returns the ordinate of the first point from x on.
 * @param {Table} t @param {number} x
 */
export function backward(t, x) {
  return x === x ? t.y[Math.min(countBelow(t.x, x), t.x.length - 1)] : NaN;
}
