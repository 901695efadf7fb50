"""Slopes, areas, inverses and random numbers of a table, in compiled code.

In come a `Writer`, a `Lookup` and arguments; out comes what `Table` of the reference engine computes, by the
same operations in the same order. Whatever depends on the table alone is worked out beforehand. `readings.py`
lists these readings by key.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from realities.engine.llvm.tables.lines import Steps, end_slope, interpolated
from realities.engine.llvm.tables.places import clamped, place_of
from realities.engine.llvm.writer import Value, Writer
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.model import Lookup


def inverse(w: Writer, table: Lookup, y: Value) -> Value:
    """Return the abscissa at which a monotone table takes y; beyond its values, its end points."""
    xs, ys = table.xs, table.ys
    if any(map(math.isnan, ys)):
        return w.number(math.nan)
    if not ys[0] <= ys[-1]:
        xs, ys = xs[::-1], ys[::-1]
    rising = tuple(itertools.accumulate(ys, max))
    return interpolated(w, Steps.of(rising, xs), y)


def area(w: Writer, table: Lookup, start: Value, end: Value) -> Value:
    """Return the integral from start to end, the table held level beyond its ends."""
    return w.sub(_area_from_left(w, table, end), _area_from_left(w, table, start))


def _areas(table: Lookup) -> list[float]:
    """Return the area from the first point to each, added from left to right."""
    widths = [right - left for left, right in itertools.pairwise(table.xs)]
    sums = [right + left for left, right in itertools.pairwise(table.ys)]
    return list(itertools.accumulate((a * b / 2.0 for a, b in zip(widths, sums, strict=True)), initial=0.0))


def _area_from_left(w: Writer, table: Lookup, x: Value) -> Value:
    steps, areas = Steps.of(table.xs, table.ys), _areas(table)
    # Before the first abscissa areas count from the first point, from there on from the last that is there.
    points = [0, *steps.last]
    columns = [[values[k] for k in points] for values in (areas, table.xs, table.ys)]
    before, left, ordinate = place_of(w, x, steps.breaks).take(w, *columns)
    height = w.add(ordinate, interpolated(w, steps, x))
    return w.add(before, w.mul(w.mul(w.sub(x, left), height), w.number(0.5)))


def slope(w: Writer, table: Lookup, x: Value, mode: Value) -> Value:
    """Return the slope at x; at a point the mean of both sides, :NA: where several points share one x.

    Outside the table it is 0 (mode 0), that of the nearest segment (1) or :NA: (-1).
    """
    steps = Steps.of(table.xs, table.ys)
    within, at_left, here, several = _slopes_at(w, steps, x)
    first, last = (w.number(bound) for bound in steps.bounds)
    begin, end = end_slope(table.xs, table.ys), end_slope(table.xs[::-1], table.ys[::-1])
    zero, is_open = w.number(0.0), w.compare("oeq", mode, w.number(-1.0))
    outside = [w.select(w.compare("oeq", mode, w.number(1.0)), w.number(one), zero) for one in (begin, end)]
    # An end of the table is inside it: without a slope beyond, the one within is all there is.
    at_ends = [
        w.select(is_open, w.number(one), beyond) for one, beyond in zip((begin, end), outside, strict=True)
    ]
    left = w.select(w.compare("oeq", x, here), at_left, within)
    left = w.select(w.compare("ogt", x, last), outside[1], left)
    left = w.select(w.compare("olt", x, first), outside[0], left)
    left = w.select(w.compare("oeq", x, first), at_ends[0], left)
    right = w.select(w.compare("ogt", x, last), outside[1], within)
    right = w.select(w.compare("oeq", x, last), at_ends[1], right)
    right = w.select(w.compare("olt", x, first), outside[0], right)
    missing = w.number(NOT_AVAILABLE)
    found = w.mul(w.add(left, right), w.number(0.5))
    found = w.select(w.compare("oeq", x, several), missing, found)
    is_outside = w.either(w.compare("olt", x, first), w.compare("ogt", x, last))
    found = w.select(w.both(is_outside, is_open), missing, found)
    return w.select(w.compare("uno", x, x), w.number(math.nan), found)


def _slopes_at(w: Writer, steps: Steps, x: Value) -> list[Value]:
    """Return the slope right of the last abscissa up to x, left of it, that abscissa, and again if shared."""
    xs, ys = steps.xs, steps.ys
    slopes = [(ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k]) for k in steps.last[:-1]]
    shared = [xs[k] if k > j else math.nan for j, k in zip(steps.first, steps.last, strict=True)]
    columns = [[0.0, *slopes, 0.0], [0.0, 0.0, *slopes], [math.nan, *steps.breaks], [math.nan, *shared]]
    return place_of(w, x, steps.breaks).take(w, *columns)


def drawn(
    w: Writer, table: Lookup, u: Value, least: Value, most: Value, shift: Value, stretch: Value
) -> Value:
    """Return a number distributed as the table, a density: stretched, shifted and cut to the bounds."""
    if not all(y >= 0.0 for y in table.ys):
        return w.number(math.nan)
    one, other = (w.div(w.sub(bound, shift), stretch) for bound in (least, most))
    first = _mass(w, table, w.minimum(one, other))
    last = _mass(w, table, w.maximum(one, other))
    mass = w.add(first, w.mul(u, w.sub(last, first)))
    value = w.add(shift, w.mul(stretch, _at_mass(w, table, mass)))
    value = w.minimum(w.maximum(value, least), most)
    inside = w.both(w.compare("ole", least, most), w.compare("ogt", last, first))
    return w.select(inside, value, w.number(math.nan))


def _mass(w: Writer, table: Lookup, x: Value) -> Value:
    """Return the area of the table from its first point to x, nothing beyond its ends."""
    return _area_from_left(w, table, clamped(w, x, (table.xs[0], table.xs[-1])))


def _at_mass(w: Writer, table: Lookup, mass: Value) -> Value:
    """Return the abscissa up to which the table has a mass: a quadratic on each straight segment."""
    masses = Steps.of(_areas(table), table.ys)
    n = len(table.xs)
    points = [min(k, max(n - 2, 0)) for k in (0, *masses.last)]
    place = place_of(w, mass, masses.breaks)
    start, before, height, square, twice = place.take(w, *_segments(table, masses.xs, points))
    rest = w.sub(mass, before)
    root = w.sqrt(w.maximum(w.add(square, w.mul(twice, rest)), w.number(0.0)))
    way = w.div(w.mul(w.number(2.0), rest), w.add(height, root))
    return w.add(start, w.select(w.compare("ogt", rest, w.number(0.0)), way, w.number(0.0)))


def _segments(table: Lookup, masses: Sequence[float], points: Sequence[int]) -> list[list[float]]:
    """Return columns of segments: abscissa, mass, ordinate, its square, and twice the incline."""
    xs, ys, last = table.xs, table.ys, len(table.xs) - 1
    inclines = []
    for k in points:
        after = min(k + 1, last)
        width = xs[after] - xs[k]
        inclines.append((ys[after] - ys[k]) / (1.0 if width == 0.0 else width))
    columns = [[values[k] for k in points] for values in (xs, masses, ys)]
    return [*columns, [ys[k] * ys[k] for k in points], [2.0 * incline for incline in inclines]]
