"""How much of what had happened could be known: counts that fill up with a delay.

An event enters a count after a delay with a half-life that may depend on its year. In come the days of
rows and of their publication; out come the weights that turn the course of the true total into the part
of it that had been counted. `reporting.py` compares reports with that part.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Delay
from realities.weigh.reporting.rows import Rows

FloatArray = NDArray[np.float64]

#: The course of the total is followed in steps of this part of the shortest half-life, in days.
STEP_SHARE, SHORTEST_STEP, LONGEST_STEP = 0.1, 1.0, 30.0


class DelayedCount:
    """The part of a growing total that had entered a count when each row was published.

    `times` are the model times, ascending, at which the total is needed, shape (time,).
    """

    def __init__(self, delay: Delay, rows: Rows, calendar: Calendar) -> None:
        shortest = (
            min(delay.by_year.values()) if delay.prior is None else float(delay.prior.ppf(np.array(0.05)))
        )
        step = float(np.clip(STEP_SHARE * shortest, SHORTEST_STEP, LONGEST_STEP))
        happened = [row.happened for row in rows.observations]
        dates = _grid(calendar.start, happened, step)
        self.times = np.array([calendar.time_of(day) for day in dates])
        offsets = np.array([(day - calendar.start).days for day in dates], dtype=np.float64)
        middle = 0.5 * (offsets[1:] + offsets[:-1])
        known = [row.published or row.happened for row in rows.observations]
        published = np.array([(day - calendar.start).days for day in known], dtype=np.float64)
        ends = np.array([(day - calendar.start).days for day in happened], dtype=np.float64)
        # (row, step): days from an event to the row's publication; nothing after the row's own day.
        self._lag = np.maximum(published[:, None] - middle, 0.0)
        self._is_before = middle < ends[:, None]
        self._weights = None if delay.prior is not None else self._fixed_weights(delay, dates)

    def known(self, total: FloatArray, half_life_days: FloatArray | None) -> FloatArray:
        """Return what of the total had been counted, shape (draw, row).

        Parameters
        ----------
        total
            The true total at `times`, shape (draw, time).
        half_life_days
            One half-life for all years, shape (draw,); None where the case gives them by year.
        """
        growth = np.diff(total, axis=1)
        if self._weights is not None:
            return np.asarray(total[:, :1] + growth @ self._weights.T)
        assert half_life_days is not None
        known = np.empty((len(total), len(self._lag)))
        for row, lag in enumerate(self._lag):
            counted = -np.expm1(-np.log(2.0) * lag / half_life_days[:, None]) * self._is_before[row]
            known[:, row] = total[:, 0] + (growth * counted).sum(axis=1)
        return known

    def _fixed_weights(self, delay: Delay, dates: list[date]) -> FloatArray:
        """Return the counted share of each step's growth, shape (row, step)."""
        years = sorted(delay.by_year)
        half_lives = np.array(
            [delay.by_year[min(years, key=lambda y: (abs(y - day.year), y))] for day in dates[:-1]]
        )
        return np.asarray(-np.expm1(-np.log(2.0) * self._lag / half_lives) * self._is_before)


def _grid(start: date, happened: Sequence[date], step_days: float) -> list[date]:
    """Return the days of a regular grid to the last row, and the days of the rows."""
    last = (max(happened) - start).days
    offsets = {round(k * step_days) for k in range(int(last / step_days) + 1)}
    offsets |= {0} | {(day - start).days for day in happened}
    return [start + timedelta(days=offset) for offset in sorted(offsets)]
