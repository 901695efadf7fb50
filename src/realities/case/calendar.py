"""Dates to model time and back.

A case counts in dates, its model in days, weeks, months, quarters or years since its initial time.
Days and weeks are exact. Months, quarters and years are whole where the calendar says so (the first
of January 1901 is exactly one year after the first of January 1900), and a part of one is counted by
the days of that month, quarter or year. `folder.py` builds a case's calendar from `case.toml`.
"""

from __future__ import annotations

import calendar as gregorian
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor
from typing import Final, Literal, get_args

TimeUnit = Literal["day", "week", "month", "quarter", "year"]
TIME_UNITS: Final[tuple[TimeUnit, ...]] = get_args(TimeUnit)

_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}

#: A model time this close below a date still is that date: sums of time steps are not exact.
_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days a case covers, and the model time that stands for each.

    `start` is the day of the model's `initial_time`; `finish` is the last day of the case.
    """

    start: date
    finish: date
    time_unit: TimeUnit
    initial_time: float = 0.0

    def time_of(self, day: date) -> float:
        """Return the model time at the beginning of a day.

        Examples
        --------
        >>> Calendar(date(1900, 1, 1), date(1920, 12, 31), "year", 1900.0).time_of(date(1901, 1, 1))
        1901.0
        """
        if self.time_unit in _DAYS:
            return self.initial_time + (day - self.start).days / _DAYS[self.time_unit]
        months = _MONTHS[self.time_unit]
        whole = ((day.year - self.start.year) * 12 + day.month - self.start.month) // months
        if _months_after(self.start, whole * months) > day:
            whole -= 1
        here, there = (_months_after(self.start, k * months) for k in (whole, whole + 1))
        return self.initial_time + whole + (day - here).days / (there - here).days

    def date_of(self, time: float) -> date:
        """Return the day in which a model time lies; the inverse of `time_of`."""
        units = time - self.initial_time
        if self.time_unit in _DAYS:
            return self.start + timedelta(days=floor(units * _DAYS[self.time_unit] + _SLACK))
        months = _MONTHS[self.time_unit]
        whole = floor(units + _SLACK / 366)
        here, there = (_months_after(self.start, k * months) for k in (whole, whole + 1))
        return here + timedelta(days=floor((units - whole) * (there - here).days + _SLACK))

    def covers(self, day: date) -> bool:
        """Return whether a day lies between start and finish, both included."""
        return self.start <= day <= self.finish


def _months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(f"the calendar ends before the year {year}")
    return date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))
