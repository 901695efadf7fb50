"""Vectors read as lookups in compiled code: ordinates spread evenly over a range, all of them variable.

In come a `Writer`, an argument, the range, a mode and the ordinates; out comes what `vector_lookup` of the
reference engine computes, by the same operations. A mode known beforehand is the only one written.
`functions.py` lists it by key.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realities.engine.llvm.arrays.parts import Row, apart, clipped, kept_nan, numbered
from realities.engine.llvm.writer import Value, Writer


def vector_lookup(
    w: Writer, _: int, x: Value, least: Value, most: Value, mode: Value, *ys: Value
) -> list[Value]:
    """Return a lookup whose ordinates are spread evenly from `least` to `most`, read as the mode says."""
    if len(ys) < 2:
        return [w.number(math.nan)]
    return apart(w, "vector_lookup", 1, [x, least, most, mode, *ys], _write)


@dataclass(frozen=True, slots=True)
class _Vector:
    """Ordinates in memory, and the areas from the first to each."""

    ys: Sequence[Value]
    row: Row
    areas: Row

    @property
    def end(self) -> float:
        """The place of the last."""
        return len(self.ys) - 1.0


def _write(w: Writer, inputs: Sequence[Value]) -> list[Value]:
    x, least, most, mode, *ys = inputs
    steps = [w.mul(w.add(y, before), w.number(0.5)) for before, y in itertools.pairwise(ys)]
    areas = [w.number(0.0), *itertools.accumulate(steps, w.add)]
    vector = _Vector(ys, Row.of(w, ys), Row.of(w, areas))
    width = w.div(w.sub(most, least), w.number(vector.end))
    place = w.div(w.sub(x, least), width)
    within = clipped(w, place, 0.0, vector.end)
    readings: Sequence[Callable[[], Value]] = (
        lambda: _between(w, vector, within),
        lambda: w.mul(width, _summed(w, vector, place, within)),
        lambda: vector.row.take(w, w.floor(within)),
        lambda: _between(w, vector, place),
        lambda: vector.row.take(w, w.ceil(within)),
        lambda: w.add(least, w.mul(width, clipped(w, _placed(w, vector, x), 0.0, vector.end))),
        lambda: w.div(_inclined(w, vector, place, is_level=True), width),
        lambda: w.mul(width, _summed(w, vector, place, place)),
        lambda: w.add(least, w.mul(width, _placed(w, vector, x))),
        lambda: w.div(_inclined(w, vector, place, is_level=False), width),
    )
    return [kept_nan(w, x, numbered(w, mode, readings))]


def _segment(w: Writer, vector: _Vector, place: Value) -> Value:
    return clipped(w, w.floor(place), 0.0, vector.end - 1.0)


def _between(w: Writer, vector: _Vector, place: Value) -> Value:
    """Return the ordinate at a place, beyond the ends on the line through the last two points."""
    left = _segment(w, vector, place)
    low, high = _ends(w, vector, left)
    return w.add(low, w.mul(w.sub(place, left), w.sub(high, low)))


def _ends(w: Writer, vector: _Vector, left: Value) -> tuple[Value, Value]:
    return vector.row.take(w, left), vector.row.take(w, w.add(left, w.number(1.0)))


def _summed(w: Writer, vector: _Vector, place: Value, inside: Value) -> Value:
    """Return the area from the first point to a place, in steps of one; level from `inside` on."""
    left = _segment(w, vector, inside)
    here = _between(w, vector, inside)
    part = w.mul(w.sub(inside, left), w.add(vector.row.take(w, left), here))
    area = w.add(vector.areas.take(w, left), w.mul(part, w.number(0.5)))
    return w.add(area, w.mul(w.sub(place, inside), here))


def _placed(w: Writer, vector: _Vector, value: Value) -> Value:
    """Return the first place at which a monotone vector takes a value."""
    one = w.number(1.0)
    rising = w.select(w.compare("oge", vector.ys[-1], vector.ys[0]), one, w.number(-1.0))
    wanted, left = w.mul(value, rising), w.number(0.0)
    for y in vector.ys[1:]:
        is_below = w.compare("olt", w.mul(y, rising), wanted)
        left = w.select(is_below, w.add(left, one), left)
    left = w.minimum(left, w.number(vector.end - 1.0))
    low, high = (w.mul(y, rising) for y in _ends(w, vector, left))
    is_flat = w.compare("oeq", high, low)
    way = w.div(w.sub(wanted, low), w.select(is_flat, one, w.sub(high, low)))
    return w.add(left, w.select(is_flat, w.number(0.0), way))


def _inclined(w: Writer, vector: _Vector, place: Value, *, is_level: bool) -> Value:
    """Return the slope at a place: at a point the mean of both sides, beyond the ends 0 or as within."""
    sides = []
    for left in (w.sub(w.ceil(place), w.number(1.0)), w.floor(place)):
        at = clipped(w, left, 0.0, vector.end - 1.0)
        low, high = _ends(w, vector, at)
        incline = w.sub(high, low)
        if is_level:
            incline = w.select(w.compare("une", at, left), w.number(0.0), incline)
        sides.append(incline)
    return w.mul(w.add(*sides), w.number(0.5))
