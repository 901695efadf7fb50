"""Published rows of one quantity as arrays on the scale their reporters err on.

In come `Observation`s and their `Measure`; out come `Rows`: what each row says (`said.py`), who said it and
of when. `quantity.py` makes a likelihood of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Measure, Reporter
from realities.case.observations import Observation
from realities.case.row_counts import usable
from realities.weigh.reporting.said import RANGE_SDS, Said, rounding_step, smallest_step, what_is_said
from realities.weigh.reporting.scales import from_scale, to_scale, whole_of

__all__ = [
    "DAYS_PER_TIME",
    "DAYS_PER_YEAR",
    "RANGE_SDS",
    "Rows",
    "days_of",
    "from_scale",
    "gather_rows",
    "rounding_step",
    "to_scale",
    "usable",
    "whole_of",
]

FloatArray = NDArray[np.float64]

DAYS_PER_YEAR = 365.25
#: Model days per unit of the calendar's time: months and years are mean ones.
DAYS_PER_TIME = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": DAYS_PER_YEAR}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one quantity, ascending in time; every array is (row,), as is `observations`.

    `reporter` indexes `reporters`. A plain row has `value` on its reporter's scale; an interval has
    NaN there and lies between `low` and `high`. `own_sd` is what a range stated beside a value adds to
    the noise. `log_jacobian` is added to a row's log density or probability. `said` has all that each says.
    """

    reporters: tuple[Reporter, ...]
    reporter: NDArray[np.intp]
    times: FloatArray
    days: FloatArray
    years: FloatArray
    observations: tuple[Observation, ...]
    value: FloatArray
    low: FloatArray
    high: FloatArray
    own_sd: FloatArray
    log_jacobian: FloatArray
    said: tuple[Said, ...]

    def __len__(self) -> int:
        return len(self.reporter)

    @property
    def dates(self) -> tuple[list[date], list[date]]:
        """The days that the rows speak of, and the days on which they were published."""
        happened = [row.happened for row in self.observations]
        return happened, [row.published or row.happened for row in self.observations]

    @property
    def is_plain(self) -> NDArray[np.bool_]:
        """Which rows are values."""
        return ~np.isnan(self.value)


def gather_rows(measure: Measure, observations: Sequence[Observation], calendar: Calendar) -> Rows:
    """Return the rows of one quantity as arrays, in an order that does not depend on the file's.

    Rows of reporters that copy another are left out, and so are those that the measure's scale has no
    place for.
    """
    rows = [row for row in observations if measure.reporters[row.reporter].copies is None]
    rows.sort(key=lambda row: (row.happened, row.reporter, row.published or row.happened))
    names = sorted({row.reporter for row in rows})
    smallest = {name: smallest_step([row for row in rows if row.reporter == name]) for name in names}
    read = [(row, what_is_said(measure, row, smallest[row.reporter])) for row in rows]
    kept = [(row, what) for row, what in read if what is not None]
    columns = np.array([what.numbers for _, what in kept], dtype=np.float64).reshape(-1, 5).T
    times = np.array([calendar.time_of(row.happened) for row, _ in kept])
    return Rows(
        reporters=tuple(measure.reporters[name] for name in names),
        reporter=np.array([names.index(row.reporter) for row, _ in kept], dtype=np.intp),
        times=times,
        days=days_of(times, calendar),
        years=np.array([(row.happened - calendar.start).days / DAYS_PER_YEAR for row, _ in kept]),
        observations=tuple(row for row, _ in kept),
        value=columns[0],
        low=columns[1],
        high=columns[2],
        own_sd=columns[3],
        log_jacobian=columns[4],
        said=tuple(what for _, what in kept),
    )


def days_of(times: FloatArray, calendar: Calendar) -> FloatArray:
    """Return days since the calendar's start for model times."""
    return (np.asarray(times) - calendar.initial_time) * DAYS_PER_TIME[calendar.time_unit]
