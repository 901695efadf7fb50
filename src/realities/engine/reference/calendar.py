"""Parts of a date: from days since the start of the year 0 to year, month, day of the week or second.

In come days as numbers and which part is wanted; out come the parts, for many draws at once. Year 0 is
the year before year 1; the calendar is the Gregorian one throughout, or one of twelve months of 30 days.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Days from the start of the year 0 to 1 March of it, from where four centuries are counted.
_TO_MARCH = 60.0
_FOUR_CENTURIES = 146_097.0


def date_part(days: FloatArray, measure: FloatArray) -> FloatArray:
    """Return a part of a date: 1 year, 2 quarter, 3 month, 4 day, 5 day of the week (0 is Sunday), 6 days.

    And 7 hour, 8 minute, 9 second.
    """
    whole, seconds = _split(days)
    # Counted from March, the leap day is the last of a year; and 153 days are five months, thrice over.
    since = whole - _TO_MARCH
    cycle = np.floor(since / _FOUR_CENTURIES)
    of_cycle = since - cycle * _FOUR_CENTURIES
    leap_days = np.floor(of_cycle / 1460.0) - np.floor(of_cycle / 36524.0) + np.floor(of_cycle / 146096.0)
    year = np.floor((of_cycle - leap_days) / 365.0)
    of_year = of_cycle - (365.0 * year + np.floor(year / 4.0) - np.floor(year / 100.0))
    from_march = np.floor((5.0 * of_year + 2.0) / 153.0)
    day = of_year - np.floor((153.0 * from_march + 2.0) / 5.0) + 1.0
    month = np.where(from_march < 10.0, from_march + 3.0, from_march - 9.0)
    year = year + 400.0 * cycle + np.where(month <= 2.0, 1.0, 0.0)
    # The first day of the year 0 was a Saturday.
    return _chosen(measure, year, month, day, np.mod(whole + 6.0, 7.0), whole, seconds)


def date_part_of_360(days: FloatArray, measure: FloatArray) -> FloatArray:
    """Return the same for years of twelve months of 30 days, which have no days of the week."""
    whole, seconds = _split(days)
    year, of_year = np.floor(whole / 360.0), np.mod(whole, 360.0)
    month, day = np.floor(of_year / 30.0) + 1.0, np.mod(of_year, 30.0) + 1.0
    return _chosen(measure, year, month, day, np.full_like(whole, np.nan), whole, seconds)


def _split(days: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return whole days and the seconds of the day, to a ten-thousandth: 0.1 days thrice are 0.3."""
    days = np.asarray(days, dtype=np.float64)
    whole = np.floor(days)
    seconds = np.round((days - whole) * 86400.0, 4)
    return np.where(seconds >= 86400.0, whole + 1.0, whole), np.where(seconds >= 86400.0, 0.0, seconds)


def _chosen(
    measure: FloatArray,
    year: FloatArray,
    month: FloatArray,
    day: FloatArray,
    day_of_week: FloatArray,
    whole: FloatArray,
    seconds: FloatArray,
) -> FloatArray:
    parts = (
        year,
        np.floor((month - 1.0) / 3.0) + 1.0,
        month,
        day,
        day_of_week,
        whole,
        np.floor(seconds / 3600.0),
        np.floor(np.mod(seconds, 3600.0) / 60.0),
        np.mod(seconds, 60.0),
    )
    result = np.full(np.broadcast_shapes(np.shape(measure), whole.shape), np.nan)
    for number, part in enumerate(parts, start=1):
        result = np.where(np.equal(measure, number), part, result)
    return result
