// Points of a series of data: the one at a time, those around it, or statistics of several.
//
// In come a table and times; out goes what the function of that name of the reference engine gives: :NA: where
// there is no point.
import { NOT_AVAILABLE } from "./reals.js";
import { countBelow, countUpTo, interpolate } from "./tables.js";

/** @typedef {import("./tables.js").Table} Table */

/** Times that differ by less than this part of them are the same. */
const SAME_TIME = 1e-6;

/**
 * Returns how far from a time a point may lie that counts as at it.
 * @param {number} time
 */
function nearTime(time) {
  return Number.isFinite(time) ? SAME_TIME * Math.max(1, Math.abs(time)) : 0;
}

/**
 * Returns the point at a time.
 * @param {Table} t @param {number} time
 */
export function vensimDataAtTime(t, time) {
  const i = Math.min(countBelow(t.x, time - nearTime(time)), t.x.length - 1);
  return Math.abs(t.x[i] - time) <= nearTime(time) ? t.y[i] : NOT_AVAILABLE;
}

/**
 * Returns the points at a time: the next (mode 1 or more), the one before (-1 or less), or between.
 * @param {Table} t @param {number} time @param {number} mode @param {number} timeStep
 */
export function vensimDataBetweenTimes(t, time, mode, timeStep) {
  const { x: xs, y: ys } = t, end = xs.length - 1, near = nearTime(time);
  if (!(time >= xs[0] - near && time <= xs[end] + near)) return NOT_AVAILABLE;
  const begun = Math.floor(time / timeStep + SAME_TIME) * timeStep;
  const at = begun === begun ? countBelow(xs, begun - near) : end + 1;
  if (mode >= 1) return ys[Math.min(at, end)];
  if (mode <= -1) return ys[Math.max(at - 1, 0)];
  return interpolate(t, time);
}

/**
 * Returns the points from one time to another, both included, or null if there are none.
 * @param {Table} t @param {number} start @param {number} end
 */
function pointsFrom(t, start, end) {
  if (start !== start || end !== end) return null;
  const first = countBelow(t.x, start - nearTime(start)), last = countUpTo(t.x, end + nearTime(end));
  return last > first ? t.y.slice(first, last) : null;
}

/**
 * Returns the largest point from one time to another.
 * @param {Table} t @param {number} start @param {number} end
 */
export function vensimDataMax(t, start, end) {
  const points = pointsFrom(t, start, end);
  return points ? points.reduce((most, value) => Math.max(most, value)) : NOT_AVAILABLE;
}

/**
 * Returns the smallest point from one time to another.
 * @param {Table} t @param {number} start @param {number} end
 */
export function vensimDataMin(t, start, end) {
  const points = pointsFrom(t, start, end);
  return points ? points.reduce((least, value) => Math.min(least, value)) : NOT_AVAILABLE;
}

/**
 * Returns the mean of the points from one time to another.
 * @param {Table} t @param {number} start @param {number} end
 */
export function vensimDataMean(t, start, end) {
  const points = pointsFrom(t, start, end);
  return points ? points.reduce((sum, value) => sum + value, 0) / points.length : NOT_AVAILABLE;
}

/**
 * Returns the median of the points from one time to another.
 * @param {Table} t @param {number} start @param {number} end
 */
export function vensimDataMedian(t, start, end) {
  const points = pointsFrom(t, start, end);
  if (!points) return NOT_AVAILABLE;
  if (points.some((value) => value !== value)) return NaN;
  points.sort();
  const half = points.length >> 1;
  return points.length % 2 ? points[half] : (points[half - 1] + points[half]) / 2;
}
