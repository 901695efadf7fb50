// Tables read backward, integrated, differentiated, or taken for a density.
//
// In come a table and numbers; out goes what the function of that name of the reference engine gives. tables.js
// has the table itself.
import { NOT_AVAILABLE } from "./reals.js";
import { countBelow, countUpTo, endSlope, interpolate, table } from "./tables.js";

/** @typedef {import("./tables.js").Table} Table */

/**
 * Returns the abscissa at which a monotone table takes y; beyond its values, its end points. Ordinates that fall
 * back on the way up count as the highest before them; NaN among them gives NaN.
 * @param {Table} t @param {number} y
 */
export function vensimLookupInvert(t, y) {
  if (!t.back) {
    const xs = Array.from(t.x), ys = Array.from(t.y);
    if (!(ys[0] <= ys[ys.length - 1])) {
      xs.reverse();
      ys.reverse();
    }
    const hasNaN = ys.some((value) => value !== value);
    for (let i = 1; i < ys.length; i++) ys[i] = Math.max(ys[i - 1], ys[i]);
    t.back = table(hasNaN ? [0] : ys, hasNaN ? [NaN] : xs);
  }
  return interpolate(t.back, y);
}

/**
 * Returns the integral from one abscissa to another, the table held level beyond its ends.
 * @param {Table} t @param {number} start @param {number} end
 */
export function vensimLookupArea(t, start, end) {
  return areaTo(t, end) - areaTo(t, start);
}

/**
 * Returns the integral from the first point to x, negative before it.
 * @param {Table} t @param {number} x
 */
function areaTo(t, x) {
  const { x: xs, y: ys } = t, i = Math.max(countUpTo(xs, x) - 1, 0);
  return t.a[i] + ((x - xs[i]) * (ys[i] + interpolate(t, x))) / 2;
}

/**
 * Returns the slope at x; at a point the mean of both sides, :NA: where several points share one abscissa.
 * Outside the table it is 0 (mode 0), that of the nearest segment (1) or :NA: (-1).
 * @param {Table} t @param {number} x @param {number} mode
 */
export function vensimLookupSlope(t, x, mode) {
  const { x: xs, s } = t, n = xs.length;
  if (x !== x) return NaN;
  if (mode === -1 && (x < xs[0] || x > xs[n - 1])) return NOT_AVAILABLE;
  const before = countBelow(xs, x), after = countUpTo(xs, x);
  if (after > before + 1) return NOT_AVAILABLE;
  const first = endSlope(t, 0, 1), last = endSlope(t, n - 1, -1);
  const isAt = mode === -1 && after > before;
  const outLeft = mode === 1 ? first : 0, outRight = mode === 1 ? last : 0;
  /** @param {number} i */
  const inner = (i) => (xs[i] === xs[i - 1] ? NaN : s[i - 1]);
  const left = before === 0 ? (isAt ? first : outLeft) : before === n ? outRight : inner(before);
  const right = after === 0 ? outLeft : after === n ? (isAt ? last : outRight) : inner(after);
  return (left + right) / 2;
}

/**
 * Returns a number distributed as the table, a density: stretched, shifted and cut to the bounds.
 * @param {Table} t @param {number} u @param {number} least @param {number} most
 * @param {number} shift @param {number} stretch
 */
export function vensimRandomLookup(t, u, least, most, shift, stretch) {
  const one = (least - shift) / stretch, other = (most - shift) / stretch;
  const first = massTo(t, Math.min(one, other)), last = massTo(t, Math.max(one, other));
  if (!(least <= most && last > first && t.y.every((value) => value >= 0))) return NaN;
  const value = shift + stretch * atMass(t, first + u * (last - first));
  return Math.min(Math.max(value, least), most);
}

/**
 * Returns the area of a table from its first point to x, nothing beyond its ends.
 * @param {Table} t @param {number} x
 */
function massTo(t, x) {
  return areaTo(t, Math.min(Math.max(x, t.x[0]), t.x[t.x.length - 1]));
}

/**
 * Returns the abscissa up to which a table has a mass: a quadratic on each straight segment.
 * @param {Table} t @param {number} mass
 */
function atMass(t, mass) {
  const { x: xs, y: ys, a } = t, n = xs.length;
  const i = Math.min(Math.max(countUpTo(a, mass) - 1, 0), Math.max(n - 2, 0)), after = Math.min(i + 1, n - 1);
  const rest = mass - a[i], width = xs[after] - xs[i];
  const incline = (ys[after] - ys[i]) / (width === 0 ? 1 : width);
  const root = Math.sqrt(Math.max(ys[i] ** 2 + 2 * incline * rest, 0));
  return xs[i] + (rest > 0 ? (2 * rest) / (ys[i] + root) : 0);
}
