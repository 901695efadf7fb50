"""Straight lines through the points of a table, in compiled code: between the points and beyond.

In come a `Writer`, points and an argument; out comes what the reference engine computes, bit for bit: the
slope of a segment times the distance from its left point, plus its left ordinate. Slopes are worked out
beforehand, in doubles, so they are those that NumPy's `interp` works out as it goes. Where that formula can
miss a point or leave the numbers (a slope that is not finite, an ordinate of -0.0) the retries of `interp`
are written out. `readings.py` next lists all readings of a table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from realities.engine.llvm.tables.places import bits_of, clamped, place_of
from realities.engine.llvm.writer import Value, Writer


@dataclass(frozen=True, slots=True)
class Steps:
    """The points of a table by distinct abscissa: which points are the first and the last at each."""

    xs: Sequence[float]
    ys: Sequence[float]
    first: tuple[int, ...]
    last: tuple[int, ...]

    @classmethod
    def of(cls, xs: Sequence[float], ys: Sequence[float]) -> Steps:
        """Group points whose abscissas do not decrease."""
        last = tuple(k for k in range(len(xs)) if k + 1 == len(xs) or xs[k + 1] != xs[k])
        return cls(xs, ys, (0, *(k + 1 for k in last[:-1])), last)

    @property
    def breaks(self) -> list[float]:
        """The distinct abscissas."""
        return [self.xs[k] for k in self.last]

    @property
    def bounds(self) -> tuple[float, float]:
        """The first and the last abscissa."""
        return self.xs[0], self.xs[-1]


def interpolated(w: Writer, steps: Steps, x: Value) -> Value:
    """Return straight segments through the points, level beyond the ends: NumPy's `interp`."""
    if len(steps.last) == 1:
        inside = kept_nan(w, x, w.number(steps.ys[-1]))
    else:
        within = clamped(w, x, steps.bounds)
        place = place_of(w, within, steps.breaks[1:], bounds=steps.bounds)
        slopes = [*_slopes(steps), 0.0]
        if _is_tame(steps, slopes):
            lefts = [steps.xs[k] for k in steps.last], [steps.ys[k] for k in steps.last], slopes
            inside = _on_line(w, within, *place.take(w, *lefts))
        else:
            inside = _retried(w, within, place.take(w, *_both_ends(steps, slopes)))
    return _from_left(w, steps, x, w.number(steps.ys[0]), inside)


def extrapolated(w: Writer, steps: Steps, x: Value) -> Value:
    """Return straight segments through the points, the end segments continued."""
    breaks = steps.breaks
    begin, end = end_slope(steps.xs, steps.ys), end_slope(steps.xs[::-1], steps.ys[::-1])
    slopes = [*_slopes(steps), end]
    lefts = breaks, [steps.ys[k] for k in steps.last], slopes
    if _is_tame(steps, slopes) and steps.last[0] == 0 and bits_of(slopes[0]) == bits_of(begin):
        return _on_line(w, x, *place_of(w, x, breaks[1:]).take(w, *lefts))
    inside = interpolated(w, steps, x)
    first, last = (w.number(bound) for bound in steps.bounds)
    below = _on_line(w, x, first, w.number(steps.ys[0]), w.number(begin))
    above = _on_line(w, x, last, w.number(steps.ys[-1]), w.number(end))
    inside = w.select(w.compare("ogt", x, last), above, inside)
    return w.select(w.compare("olt", x, first), below, inside)


def discrete(w: Writer, steps: Steps, x: Value) -> Value:
    """Return the ordinate of the last point up to x, before the first that of the first."""
    (found,) = place_of(w, x, steps.breaks[1:]).take(w, [steps.ys[k] for k in steps.last])
    return kept_nan(w, x, _from_left(w, steps, x, w.number(steps.ys[0]), found))


def backward(w: Writer, steps: Steps, x: Value) -> Value:
    """Return the ordinate of the first point from x on, after the last that of the last."""
    column = [*(steps.ys[k] for k in steps.first), steps.ys[-1]]
    breaks = steps.breaks
    if bits_of(column[-1]) == bits_of(column[-2]):
        column, breaks = column[:-1], breaks[:-1]
    (found,) = place_of(w, x, breaks, reached="ogt").take(w, column)
    return kept_nan(w, x, found)


# --- parts of these ----------------------------------------------------------------------------------


def _slopes(steps: Steps) -> list[float]:
    """Return the slope from each distinct abscissa to the next."""
    xs, ys = steps.xs, steps.ys
    return [(ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k]) for k in steps.last[:-1]]


def end_slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return the slope from the first point to the next at another abscissa; 0 if there is none."""
    other = next((k for k, x in enumerate(xs) if x != xs[0]), None)
    return 0.0 if other is None else (ys[other] - ys[0]) / (xs[other] - xs[0])


def _is_tame(steps: Steps, slopes: Sequence[float]) -> bool:
    """Return whether slope * (x - left) + ordinate hits every point and is a number between them."""
    widths = [steps.xs[k + 1] - steps.xs[k] for k in steps.last[:-1]]
    is_finite = all(map(math.isfinite, (*slopes, *widths, *steps.ys)))
    return is_finite and all(bits_of(y) != bits_of(-0.0) for y in steps.ys)


def _on_line(w: Writer, x: Value, left: Value, ordinate: Value, slope: Value) -> Value:
    return w.add(w.mul(slope, w.sub(x, left)), ordinate)


def _both_ends(steps: Steps, slopes: Sequence[float]) -> list[list[float]]:
    """Return columns: abscissa and ordinate of the left end, of the right end, and the slope."""
    rights = [*(k + 1 for k in steps.last[:-1]), steps.last[-1]]
    columns = [[values[k] for k in ends] for ends in (steps.last, rights) for values in (steps.xs, steps.ys)]
    return [*columns, list(slopes)]


def _retried(w: Writer, x: Value, columns: Sequence[Value]) -> Value:
    """Return the segment at x with the three retries of `interp`."""
    left, ordinate, right, other, slope = columns
    value = _on_line(w, x, left, ordinate, slope)
    again = _on_line(w, x, right, other, slope)
    level = w.select(w.compare("oeq", ordinate, other), ordinate, again)
    again = w.select(w.compare("uno", again, again), level, again)
    value = w.select(w.compare("uno", value, value), again, value)
    at_point = w.compare("oeq", x, left)
    return kept_nan(w, x, w.select(at_point, ordinate, value))


def _from_left(w: Writer, steps: Steps, x: Value, before: Value, inside: Value) -> Value:
    """Return what holds before the first abscissa where several points share it, inside else."""
    if bits_of(steps.ys[0]) == bits_of(steps.ys[steps.last[0]]):
        return inside
    return w.select(w.compare("olt", x, w.number(steps.xs[0])), before, inside)


def kept_nan(w: Writer, x: Value, value: Value) -> Value:
    """Return a value, NaN where x is."""
    return w.select(w.compare("uno", x, x), x, value)
