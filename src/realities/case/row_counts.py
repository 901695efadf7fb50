"""How many of a case's observations count as reports, and why the others do not.

In comes a case and a day; out come counts of its rows that add up, and one wording of them, which `check`, a
notebook and a page share. Which vintages can weigh is settled in `case.py` (`weighable`), which days here
(`usable`); `weigh/reporting/rows.py` makes arrays of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from realities.case.calendar import Calendar
from realities.case.observations import FORECAST_DAYS, Observation

if TYPE_CHECKING:
    from realities.case.case import Case


def usable(row: Observation, as_of: date, calendar: Calendar) -> bool:
    """Return whether a row is an observation, by a date, of a day that the case covers."""
    if row.published is None or row.happened > as_of or not calendar.covers(row.happened):
        return False
    return (row.happened - row.published).days <= FORECAST_DAYS


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows of `observations.csv` by what becomes of them as of a day; they add to `rows`.

    Attributes
    ----------
    rows
        All of them.
    count
        Those that weigh: the newest figure of each reporter, quantity and day.
    revised
        A newer figure of the same reporter, quantity and day has taken their place.
    copies
        Of reporters that repeat another.
    undated
        Without a known day of publication: never used.
    later
        Published after the day.
    forecasts
        Published long before the day they speak of, or of days that had not come.
    """

    rows: int
    count: int
    revised: int = 0
    copies: int = 0
    undated: int = 0
    later: int = 0
    forecasts: int = 0

    @property
    def left_out(self) -> str:
        """Why rows do not count, as in `1 revised, 1 repeats another`; empty where all do.

        Examples
        --------
        >>> RowCounts(13, 11, revised=1, copies=1).left_out
        '1 revised, 1 repeats another'
        """
        said = {
            f"{self.revised:,} revised": self.revised,
            f"{self.copies:,} {'repeats another' if self.copies == 1 else 'repeat others'}": self.copies,
            f"{self.undated:,} without a date of publication": self.undated,
            f"{self.later:,} published later": self.later,
            f"{self.forecasts:,} {'a forecast' if self.forecasts == 1 else 'forecasts'}": self.forecasts,
        }
        return ", ".join(text for text, n in said.items() if n)

    @property
    def known(self) -> RowCounts:
        """The same of the rows that a reader of the day can know of."""
        return replace(self, rows=self.rows - self.later, later=0)

    def __str__(self) -> str:
        """Return the counts in words.

        Examples
        --------
        >>> print(RowCounts(13, 11, revised=1, copies=1))
        13 observations (11 count; 1 revised, 1 repeats another)
        >>> print(RowCounts(42, 42))
        42 observations
        """
        rows = "1 observation" if self.rows == 1 else f"{self.rows:,} observations"
        return f"{rows} ({self.count:,} count; {self.left_out})" if self.left_out else rows


def row_counts(case: Case, as_of: date | None = None) -> RowCounts:
    """Return how many rows count as of a day; default: the day of the newest publication."""
    day = case.latest_published if as_of is None else as_of
    known, weighable = case.vintages(day), case.weighable(day)
    count = sum(usable(row, day, case.calendar) for row in weighable)
    published = sum(row.published is not None and row.published <= day for row in case.observations)
    undated = sum(row.published is None for row in case.observations)
    return RowCounts(
        rows=len(case.observations),
        count=count,
        revised=len(known) - len(weighable),
        copies=published - len(known),
        undated=undated,
        later=len(case.observations) - published - undated,
        forecasts=len(weighable) - count,
    )
