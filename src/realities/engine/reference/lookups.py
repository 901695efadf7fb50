"""Reading tables: graphical functions and data series, for many draws at once.

In comes a `Lookup` of the model; out goes a `Table` that reads it at an array of abscissas, backward,
or integrated. `kernels.py` next makes operations of these readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.allocation import stacked
from realities.ir.builtins import NOT_AVAILABLE
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
                return _interpolated(x, self.xs, self.ys)
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
        """Return the abscissa at which a monotone table takes `y`; beyond its values, its end points.

        Ordinates that fall back on the way up count as the highest before them. NaN among them gives NaN.
        """
        xs, ys = (self.xs, self.ys) if self.ys[0] <= self.ys[-1] else (self.xs[::-1], self.ys[::-1])
        if np.isnan(ys).any():
            return np.full(np.shape(y), np.nan)
        return _interpolated(y, np.maximum.accumulate(ys), xs)

    def area(self, start: FloatArray, end: FloatArray) -> FloatArray:
        """Return the integral from `start` to `end`, the table held level beyond its ends."""
        return _reals(self._area_from_left(end) - self._area_from_left(start))

    def slope(self, x: FloatArray, mode: FloatArray) -> FloatArray:
        """Return the slope at `x`; at a point the mean of both sides, :NA: where several points share one x.

        Outside the table it is 0 (mode 0), that of the nearest segment (1) or :NA: (-1).
        """
        xs, mode = self.xs, np.asarray(mode)
        slopes = np.diff(self.ys) / np.where(np.diff(xs) == 0.0, np.nan, np.diff(xs))
        first, last = _slope(self.xs, self.ys), _slope(self.xs[::-1], self.ys[::-1])
        before = np.searchsorted(xs, x, side="left")  # points below x
        after = np.searchsorted(xs, x, side="right")  # points up to x
        inner = np.concatenate([[np.nan], slopes, [np.nan]])
        out_left = np.where(mode == 1.0, first, 0.0)
        out_right = np.where(mode == 1.0, last, 0.0)
        left = np.where(before == 0, out_left, np.where(before == xs.size, out_right, inner[before]))
        right = np.where(after == 0, out_left, np.where(after == xs.size, out_right, inner[after]))
        outside = ((x < xs[0]) | (x > xs[-1])) & (mode == -1.0)
        # An end of the table is inside it: without a slope beyond, the one within is all there is.
        at_end = (mode == -1.0) & (after > before)
        left = np.where(at_end & (before == 0), first, left)
        right = np.where(at_end & (after == xs.size), last, right)
        found = np.where(after > before + 1, NOT_AVAILABLE, (left + right) / 2.0)
        return _reals(np.where(np.isnan(x), np.nan, np.where(outside, NOT_AVAILABLE, found)))

    def drawn(
        self, u: FloatArray, least: FloatArray, most: FloatArray, shift: FloatArray, stretch: FloatArray
    ) -> FloatArray:
        """Return a number distributed as the table, a density: stretched, shifted and cut to the bounds."""
        one, other = (least - shift) / stretch, (most - shift) / stretch
        low, high = np.minimum(one, other), np.maximum(one, other)
        first, last = self._mass(low), self._mass(high)
        value = shift + stretch * self._at_mass(first + u * (last - first))
        inside = (least <= most) & (last > first) & (self.ys >= 0.0).all()
        return _reals(np.where(inside, np.clip(value, least, most), np.nan))

    def _mass(self, x: FloatArray) -> FloatArray:
        """Return the area of the table from its first point to `x`, nothing beyond its ends."""
        return self._area_from_left(np.clip(x, self.xs[0], self.xs[-1]))

    def _at_mass(self, mass: FloatArray) -> FloatArray:
        """Return the abscissa up to which the table has a mass: a quadratic on each straight segment."""
        xs, ys = self.xs, self.ys
        masses = np.concatenate([[0.0], np.cumsum(np.diff(xs) * (ys[1:] + ys[:-1]) / 2.0)])
        index = np.clip(np.searchsorted(masses, mass, side="right") - 1, 0, max(xs.size - 2, 0))
        rest, after = mass - masses[index], np.minimum(index + 1, xs.size - 1)
        width = xs[after] - xs[index]
        incline = (ys[after] - ys[index]) / np.where(width == 0.0, 1.0, width)
        root = np.sqrt(np.maximum(ys[index] ** 2 + 2.0 * incline * rest, 0.0))
        return _reals(xs[index] + np.where(rest > 0.0, 2.0 * rest / (ys[index] + root), 0.0))

    def _area_from_left(self, x: FloatArray) -> FloatArray:
        """Return the integral from the first point to `x`, negative before it."""
        xs, ys = self.xs, self.ys
        widths = np.diff(xs)
        areas = np.concatenate([[0.0], np.cumsum(widths * (ys[1:] + ys[:-1]) / 2.0)])
        index = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, xs.size - 1)
        # By trapezoids: exact for straight segments, and level where `interp` holds the end values.
        return _reals(areas[index] + (x - xs[index]) * (ys[index] + _interpolated(x, xs, ys)) / 2.0)

    def _extrapolated(self, x: FloatArray) -> FloatArray:
        inside = _interpolated(x, self.xs, self.ys)
        below = self.ys[0] + _slope(self.xs, self.ys) * (x - self.xs[0])
        above = self.ys[-1] + _slope(self.xs[::-1], self.ys[::-1]) * (x - self.xs[-1])
        return _reals(np.where(x < self.xs[0], below, np.where(x > self.xs[-1], above, inside)))


def _interpolated(x: FloatArray, xs: FloatArray, ys: FloatArray) -> FloatArray:
    """Return straight segments through the points, level beyond the ends; NaN stays NaN."""
    if xs.size == 1:  # `interp` of a single point is that point even for NaN
        return _reals(np.where(np.isnan(x), np.nan, ys[0]))
    return _reals(np.interp(x, xs, ys))


def _slope(xs: FloatArray, ys: FloatArray) -> float:
    """Return the slope from the first point to the next at another abscissa; 0 if there is none."""
    others = np.flatnonzero(xs != xs[0])
    return float((ys[others[0]] - ys[0]) / (xs[others[0]] - xs[0])) if others.size else 0.0


def vector_lookup(
    x: FloatArray, least: FloatArray, most: FloatArray, mode: FloatArray, *ys: FloatArray
) -> FloatArray:
    """Return a lookup whose ordinates are spread evenly from `least` to `most`, read as the mode says.

    0 between the points, 1 area from `least`, 2 the point before, 3 extrapolated, 4 the point after,
    5 the abscissa of an ordinate, 6 slope; 7, 8 and 9 are 1, 5 and 6 with the ends extrapolated.
    """
    y = stacked(*ys)
    n = len(ys)
    if n < 2:
        return np.full(np.broadcast_shapes(y.shape[:-1], np.shape(x)), np.nan)
    width = (np.asarray(most) - least) / (n - 1)
    place = (np.asarray(x) - least) / width
    readings = (
        lambda: _between(y, np.clip(place, 0.0, n - 1.0)),
        lambda: width * _summed(y, place, level=True),
        lambda: _taken(y, np.floor(np.clip(place, 0.0, n - 1.0))),
        lambda: _between(y, place),
        lambda: _taken(y, np.ceil(np.clip(place, 0.0, n - 1.0))),
        lambda: least + width * _placed(y, np.asarray(x), level=True),
        lambda: _inclined(y, place, level=True) / width,
        lambda: width * _summed(y, place, level=False),
        lambda: least + width * _placed(y, np.asarray(x), level=False),
        lambda: _inclined(y, place, level=False) / width,
    )
    result = np.full(np.broadcast_shapes(y.shape[:-1], np.shape(place), np.shape(mode)), np.nan)
    for number in np.unique(mode):
        if number in range(len(readings)):
            result = np.where(np.equal(mode, number), readings[int(number)](), result)
    return np.where(np.isnan(x), np.nan, result)


def _taken(y: FloatArray, index: FloatArray) -> FloatArray:
    """Return the ordinates at whole places."""
    shape = np.broadcast_shapes(y.shape[:-1], index.shape)
    at = np.broadcast_to(np.where(np.isnan(index), 0.0, index).astype(np.intp), shape)
    found = np.take_along_axis(np.broadcast_to(y, (*shape, y.shape[-1])), at[..., np.newaxis], axis=-1)[
        ..., 0
    ]
    return _reals(np.where(np.isnan(index), np.nan, found))


def _segment(y: FloatArray, place: FloatArray) -> FloatArray:
    return np.clip(np.floor(place), 0.0, y.shape[-1] - 2.0)


def _between(y: FloatArray, place: FloatArray) -> FloatArray:
    """Return the ordinate at a place, beyond the ends on the line through the last two points."""
    left = _segment(y, place)
    low, high = _taken(y, left), _taken(y, left + 1.0)
    return _reals(low + (place - left) * (high - low))


def _summed(y: FloatArray, place: FloatArray, *, level: bool) -> FloatArray:
    """Return the area from the first point to a place, in steps of one."""
    areas = np.concatenate(
        [np.zeros((*y.shape[:-1], 1)), np.cumsum((y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)], axis=-1
    )
    inside = np.clip(place, 0.0, y.shape[-1] - 1.0) if level else place
    left = _segment(y, inside)
    area = _taken(areas, left) + (inside - left) * (_taken(y, left) + _between(y, inside)) / 2.0
    return _reals(area + (place - inside) * _between(y, inside))


def _placed(y: FloatArray, value: FloatArray, *, level: bool) -> FloatArray:
    """Return the first place at which a monotone vector takes a value."""
    rising = np.where(y[..., -1:] >= y[..., :1], 1.0, -1.0)
    up, wanted = y * rising, np.asarray(value)[..., np.newaxis] * rising
    left = np.clip((up[..., 1:] < wanted).sum(axis=-1), 0, y.shape[-1] - 2).astype(np.float64)
    low, high = _taken(up, left), _taken(up, left + 1.0)
    steep = np.where(high == low, 1.0, high - low)
    place = left + np.where(high == low, 0.0, (wanted[..., 0] - low) / steep)
    return _reals(np.clip(place, 0.0, y.shape[-1] - 1.0) if level else place)


def _inclined(y: FloatArray, place: FloatArray, *, level: bool) -> FloatArray:
    """Return the slope at a place: at a point the mean of both sides, beyond the ends 0 or as within."""
    end = y.shape[-1] - 1.0
    sides = []
    for left in (np.ceil(place) - 1.0, np.floor(place)):
        at = np.clip(left, 0.0, end - 1.0)
        incline = _taken(y, at + 1.0) - _taken(y, at)
        sides.append(np.where(level & (at != left), 0.0, incline))
    return _reals((sides[0] + sides[1]) / 2.0)


def _reals(values: object) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
