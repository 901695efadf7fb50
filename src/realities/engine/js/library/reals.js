// Functions of reals that JavaScript lacks or has otherwise: powers, remainders, rounding, parts of dates.
//
// In come numbers; out goes what the function of that name of the reference engine gives.

/** What Vensim shows as :NA:. */
export const NOT_AVAILABLE = -6.490371073168535e32;

/**
 * Returns x to the power of y, as C has it: 1 to any power, and -1 to an infinite one, are 1.
 * @param {number} x @param {number} y
 */
export function power(x, y) {
  return x === 1 || (x === -1 && (y === Infinity || y === -Infinity)) ? 1 : x ** y;
}

/**
 * Returns what a division leaves, of the sign of the divisor.
 * @param {number} x @param {number} y
 */
export function xmileMod(x, y) {
  const rest = x % y;
  if (rest === 0) return y < 0 || Object.is(y, -0) ? -0 : 0;
  return rest < 0 === y < 0 || rest !== rest || y !== y ? rest : rest + y;
}

/**
 * Returns the nearest whole number, halves away from 0.
 * @param {number} x
 */
export function xmileRound(x) {
  const size = Math.floor(Math.abs(x) + 0.5);
  return x < 0 || Object.is(x, -0) ? -size : size;
}

/**
 * Returns the logarithm to a base; exact for powers of ten.
 * @param {number} x @param {number} base
 */
export function vensimLog(x, base) {
  return base === 10 ? Math.log10(x) : Math.log(x) / Math.log(base);
}

/**
 * Returns x cut to a whole multiple of a size.
 * @param {number} x @param {number} size
 */
export function vensimQuantum(x, size) {
  return size <= 0 ? x : size * Math.trunc(x / size);
}

/**
 * Returns the nearest whole number, the even one of two.
 * @param {number} x
 */
export function nearest(x) {
  const below = Math.floor(x), rest = x - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + (rest > 0.5 ? 1 : rest);
}

/**
 * Returns days since the start of the year 0 as whole days and seconds, to a ten-thousandth.
 * @param {number} days
 */
function daysAndSeconds(days) {
  const whole = Math.floor(days), seconds = nearest((days - whole) * 86400 * 10000) / 10000;
  return seconds >= 86400 ? [whole + 1, 0] : [whole, seconds];
}

/**
 * Returns a part of a date by its number: 1 year, 2 quarter, 3 month, 4 day, 5 day of the week, 6 days, 7 hour,
 * 8 minute, 9 second.
 * @param {number} measure @param {number} year @param {number} month @param {number} day
 * @param {number} dayOfWeek @param {number} whole @param {number} seconds
 */
function partOfDate(measure, year, month, day, dayOfWeek, whole, seconds) {
  switch (measure) {
    case 1:
      return year;
    case 2:
      return Math.floor((month - 1) / 3) + 1;
    case 3:
      return month;
    case 4:
      return day;
    case 5:
      return dayOfWeek;
    case 6:
      return whole;
    case 7:
      return Math.floor(seconds / 3600);
    case 8:
      return Math.floor((seconds % 3600) / 60);
    case 9:
      return seconds % 60;
    default:
      return NaN;
  }
}

/**
 * Returns a part of a Gregorian date, from days since the start of the year 0. Years are counted from March, so
 * that the leap day is the last of one; and 153 days are five months, thrice over.
 * @param {number} days @param {number} measure
 */
export function vensimDate(days, measure) {
  const [whole, seconds] = daysAndSeconds(days), since = whole - 60;
  const cycle = Math.floor(since / 146097), inCycle = since - cycle * 146097;
  const leapDays = Math.floor(inCycle / 1460) - Math.floor(inCycle / 36524) + Math.floor(inCycle / 146096);
  const year = Math.floor((inCycle - leapDays) / 365);
  const inYear = inCycle - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const fromMarch = Math.floor((5 * inYear + 2) / 153);
  const day = inYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const civilYear = year + 400 * cycle + (month <= 2 ? 1 : 0);
  return partOfDate(measure, civilYear, month, day, xmileMod(whole + 6, 7), whole, seconds);
}

/**
 * Returns the same for years of twelve months of 30 days, which have no days of the week.
 * @param {number} days @param {number} measure
 */
export function vensimDateOf360(days, measure) {
  const [whole, seconds] = daysAndSeconds(days);
  const month = Math.floor(xmileMod(whole, 360) / 30) + 1, day = xmileMod(whole, 30) + 1;
  return partOfDate(measure, Math.floor(whole / 360), month, day, NaN, whole, seconds);
}
