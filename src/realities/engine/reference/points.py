"""Reading the points of a data series as they are: at a time, between times, and their statistics.

In comes a `Table` whose points are those of a file; out go its readings, for many draws at once. Where
there is nothing to read, :NA: comes out. `kernels.py` next makes operations of these readings.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.lookups import Table
from realities.ir.builtins import NOT_AVAILABLE

FloatArray = NDArray[np.float64]

#: How near a time must be to a point to be at it, relative to the time where that is above 1.
_AT = 1e-6


class Points:
    """Readings of a table of points; a table of the one point :NA: has none."""

    @staticmethod
    def at_time(table: Table, time: FloatArray) -> FloatArray:
        """Return the point at a time."""
        time = np.asarray(time)
        index = np.clip(np.searchsorted(table.xs, time - _near(time)), 0, table.xs.size - 1)
        return _found(np.abs(table.xs[index] - time) <= _near(time), table.ys[index])

    @staticmethod
    def between_times(table: Table, time: FloatArray, mode: FloatArray, time_step: FloatArray) -> FloatArray:
        """Return the points at a time: the next (mode 1 or more), the one before (-1 or less), or between.

        The next and the one before are those of the time step that the time is in: at a point the next is
        that point, and the one before is before it, as in results that Vensim saved.
        """
        time, mode = np.asarray(time), np.asarray(mode)
        xs, ys, near, end = table.xs, table.ys, _near(time), table.xs.size - 1
        begun = np.floor(time / time_step + _AT) * time_step
        at = np.searchsorted(xs, begun - near, side="left")
        after, before = ys[np.clip(at, 0, end)], ys[np.clip(at - 1, 0, end)]
        value = np.where(mode >= 1.0, after, np.where(mode <= -1.0, before, np.interp(time, xs, ys)))
        return _found((time >= xs[0] - near) & (time <= xs[-1] + near), value)

    @staticmethod
    def first_time(table: Table) -> FloatArray:
        """Return the time of the first point."""
        return _found(np.asarray(_count(table) > 0), table.xs[0])

    @staticmethod
    def last_time(table: Table) -> FloatArray:
        """Return the time of the last point."""
        return _found(np.asarray(_count(table) > 0), table.xs[-1])

    @staticmethod
    def count(table: Table) -> FloatArray:
        """Return how many points there are."""
        return np.asarray(float(_count(table)))

    @staticmethod
    def largest(table: Table, start: FloatArray, end: FloatArray) -> FloatArray:
        """Return the largest point from one time to another."""
        return _statistic(table, start, end, np.max)

    @staticmethod
    def mean(table: Table, start: FloatArray, end: FloatArray) -> FloatArray:
        """Return the mean of the points from one time to another, added up in order of time."""
        return _statistic(table, start, end, lambda values: sum(values.tolist()) / values.size)

    @staticmethod
    def median(table: Table, start: FloatArray, end: FloatArray) -> FloatArray:
        """Return the median of the points from one time to another."""
        return _statistic(table, start, end, np.median)

    @staticmethod
    def smallest(table: Table, start: FloatArray, end: FloatArray) -> FloatArray:
        """Return the smallest point from one time to another."""
        return _statistic(table, start, end, np.min)


def _near(time: FloatArray) -> FloatArray:
    return np.asarray(np.where(np.isfinite(time), _AT * np.maximum(1.0, np.abs(time)), 0.0))


def _count(table: Table) -> int:
    return int(np.count_nonzero(table.ys != NOT_AVAILABLE))


def _found(is_there: NDArray[np.bool_], value: FloatArray | np.float64) -> FloatArray:
    return np.asarray(np.where(is_there, value, NOT_AVAILABLE), dtype=np.float64)


def _statistic(
    table: Table, start: FloatArray, end: FloatArray, of: Callable[[FloatArray], object]
) -> FloatArray:
    """Return a statistic of the points between each pair of times, both included."""
    start, end = np.broadcast_arrays(start, end)
    first = np.searchsorted(table.xs, start - _near(start), side="left")
    # NumPy's search puts NaN beyond all points, where no end of a range may lie.
    last = np.where(np.isnan(end), 0, np.searchsorted(table.xs, end + _near(end), side="right"))
    values = np.full(start.shape, NOT_AVAILABLE)
    for low, high in {*zip(np.ravel(first).tolist(), np.ravel(last).tolist(), strict=True)}:
        if high > low:
            values[(first == low) & (last == high)] = of(table.ys[low:high])
    return values
