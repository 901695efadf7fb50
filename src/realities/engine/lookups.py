"""Reading tables: graphical functions and data series, for many draws at once.

In comes a `Lookup` of the model; out goes a `Table` that reads it at an array of abscissas, backward,
or integrated. `kernels.py` next makes operations of these readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from realities.ir.model import Lookup

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """The points of a lookup as arrays; `xs` does not decrease. Equal only to itself."""

    lookup: Lookup
    xs: FloatArray
    ys: FloatArray

    @classmethod
    def of(cls, lookup: Lookup) -> Table:
        """Return the table of a lookup."""
        return cls(lookup, np.array(lookup.xs, dtype=np.float64), np.array(lookup.ys, dtype=np.float64))

    def at(self, x: FloatArray) -> FloatArray:
        """Return the table at `x`, of any shape, as its mode says; NaN stays NaN."""
        match self.lookup.mode:
            case "interpolate":
                return _reals(np.interp(x, self.xs, self.ys))
            case "extrapolate":
                return self._extrapolated(x)
            case "discrete":
                index = np.searchsorted(self.xs, x, side="right") - 1
                return _reals(np.where(np.isnan(x), np.nan, self.ys[np.maximum(index, 0)]))
            case "backward":
                index = np.searchsorted(self.xs, x, side="left")
                return _reals(np.where(np.isnan(x), np.nan, self.ys[np.minimum(index, self.xs.size - 1)]))
            case _:
                assert_never(self.lookup.mode)

    def inverse(self, y: FloatArray) -> FloatArray:
        """Return the abscissa at which a monotone table takes `y`; beyond its values, its end points."""
        if self.ys[0] <= self.ys[-1]:
            return _reals(np.interp(y, self.ys, self.xs))
        return _reals(np.interp(y, self.ys[::-1], self.xs[::-1]))

    def area(self, start: FloatArray, end: FloatArray) -> FloatArray:
        """Return the integral from `start` to `end`, the table held level beyond its ends."""
        return _reals(self._area_from_left(end) - self._area_from_left(start))

    def _area_from_left(self, x: FloatArray) -> FloatArray:
        """Return the integral from the first point to `x`, negative before it."""
        xs, ys = self.xs, self.ys
        widths = np.diff(xs)
        areas = np.concatenate([[0.0], np.cumsum(widths * (ys[1:] + ys[:-1]) / 2.0)])
        index = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, xs.size - 1)
        # By trapezoids: exact for straight segments, and level where `interp` holds the end values.
        return _reals(areas[index] + (x - xs[index]) * (ys[index] + np.interp(x, xs, ys)) / 2.0)

    def _extrapolated(self, x: FloatArray) -> FloatArray:
        inside = np.interp(x, self.xs, self.ys)
        below = self.ys[0] + _slope(self.xs, self.ys) * (x - self.xs[0])
        above = self.ys[-1] + _slope(self.xs[::-1], self.ys[::-1]) * (x - self.xs[-1])
        return _reals(np.where(x < self.xs[0], below, np.where(x > self.xs[-1], above, inside)))


def _slope(xs: FloatArray, ys: FloatArray) -> float:
    """Return the slope from the first point to the next at another abscissa; 0 if there is none."""
    others = np.flatnonzero(xs != xs[0])
    return float((ys[others[0]] - ys[0]) / (xs[others[0]] - xs[0])) if others.size else 0.0


def _reals(values: object) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
