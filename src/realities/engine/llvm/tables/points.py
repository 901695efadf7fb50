"""Reading the points of a data series in compiled code: at a time, between times, and their statistics.

In come a `Writer`, the `Lookup` that holds the points and arguments; out comes what `Points` of the reference
engine computes, by the same operations. Where there is nothing to read, :NA: comes out. A statistic goes
through all points of the table in a loop, in a function of its own. `readings.py` lists these by key.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from realities.engine.llvm.loops import repeated
from realities.engine.llvm.tables.lines import Steps, interpolated
from realities.engine.llvm.tables.places import place_of
from realities.engine.llvm.writer import Value, Writer
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.model import Lookup

#: How near a time must be to a point to be at it, relative to the time where that is above 1.
_AT = 1e-6


def at_time(w: Writer, table: Lookup, time: Value) -> Value:
    """Return the point at a time."""
    steps, near = Steps.of(table.xs, table.ys), _near(w, time)
    points = [*steps.first, len(table.xs) - 1]
    columns = [[values[k] for k in points] for values in (table.xs, table.ys)]
    x, y = place_of(w, w.sub(time, near), steps.breaks, reached="ogt").take(w, *columns)
    return _found(w, w.compare("ole", w.abs(w.sub(x, time)), near), y)


def between_times(w: Writer, table: Lookup, time: Value, mode: Value, time_step: Value) -> Value:
    """Return the points at a time: the next (mode 1 or more), the one before (-1 or less), or between."""
    steps, near = Steps.of(table.xs, table.ys), _near(w, time)
    ys = table.ys
    begun = w.mul(w.floor(w.add(w.div(time, time_step), w.number(_AT))), time_step)
    place = place_of(w, _last_if_nan(w, w.sub(begun, near)), steps.breaks, reached="ogt")
    following = [*(ys[k] for k in steps.first), ys[-1]]
    preceding = [ys[0], *(ys[k] for k in steps.last)]
    after, before = place.take(w, following, preceding)
    between = interpolated(w, steps, time)
    value = w.select(w.compare("ole", mode, w.number(-1.0)), before, between)
    value = w.select(w.compare("oge", mode, w.number(1.0)), after, value)
    first, last = (w.number(bound) for bound in steps.bounds)
    inside = w.both(w.compare("oge", time, w.sub(first, near)), w.compare("ole", time, w.add(last, near)))
    return _found(w, inside, value)


def first_time(w: Writer, table: Lookup) -> Value:
    """Return the time of the first point."""
    return w.number(table.xs[0] if _count(table) else NOT_AVAILABLE)


def last_time(w: Writer, table: Lookup) -> Value:
    """Return the time of the last point."""
    return w.number(table.xs[-1] if _count(table) else NOT_AVAILABLE)


def count(w: Writer, table: Lookup) -> Value:
    """Return how many points there are."""
    return w.number(float(_count(table)))


def largest(w: Writer, table: Lookup, start: Value, end: Value) -> Value:
    """Return the largest point from one time to another."""
    return _statistic(w, table, "largest", start, end)


def smallest(w: Writer, table: Lookup, start: Value, end: Value) -> Value:
    """Return the smallest point from one time to another."""
    return _statistic(w, table, "smallest", start, end)


def mean(w: Writer, table: Lookup, start: Value, end: Value) -> Value:
    """Return the mean of the points from one time to another, added up in order of time."""
    return _statistic(w, table, "mean", start, end)


def median(w: Writer, table: Lookup, start: Value, end: Value) -> Value:
    """Return the median of the points from one time to another."""
    return _statistic(w, table, "median", start, end)


def _near(w: Writer, time: Value) -> Value:
    near = w.mul(w.number(_AT), w.maximum(w.number(1.0), w.abs(time)))
    return w.select(w.compare("olt", w.abs(time), w.number(math.inf)), near, w.number(0.0))


def _count(table: Lookup) -> int:
    return sum(y != NOT_AVAILABLE for y in table.ys)


def _found(w: Writer, is_there: Value, value: Value) -> Value:
    return w.select(is_there, value, w.number(NOT_AVAILABLE))


def _last_if_nan(w: Writer, x: Value) -> Value:
    """Return x, beyond all points where it is NaN: where NumPy's search puts it."""
    return w.select(w.compare("uno", x, x), w.number(math.inf), x)


# --- statistics: a loop over all points --------------------------------------------------------------


def _statistic(w: Writer, table: Lookup, which: str, start: Value, end: Value) -> Value:
    """Return a statistic of the points between two times, both included."""
    steps = Steps.of(table.xs, table.ys)
    firsts = [float(k) for k in (*steps.first, len(table.xs))]
    lasts = [0.0, *(k + 1.0 for k in steps.last)]
    early, late = w.sub(start, _near(w, start)), w.add(end, _near(w, end))
    (first,) = place_of(w, _last_if_nan(w, early), steps.breaks, reached="ogt").take(w, firsts)
    (last,) = place_of(w, late, steps.breaks).take(w, lasts)
    last = w.select(w.compare("uno", late, late), w.number(0.0), last)
    order = list(range(len(table.ys)))
    if which == "median":
        order.sort(key=lambda k: table.ys[k])
    values = w.module.table([table.ys[k] for k in order])
    places = w.module.table([float(k) for k in order])
    function = _function(w, which, len(order))
    arguments = f"{w.real} {first}, {w.real} {last}, ptr {values}, ptr {places}"
    value = w.op(f"call {w.real} {function}({arguments})")
    return _found(w, w.compare("ogt", last, first), value)


def _function(w: Writer, which: str, n: int) -> str:
    """Return the function of a statistic of n points: in come which range of them, values and places."""
    written: dict[str, Callable[[Writer, int], Value]] = {
        "largest": _write_largest,
        "smallest": _write_smallest,
        "mean": _write_mean,
        "median": _write_median,
    }
    return w.module.function(
        f"points.{which}.{n}",
        [w.real, w.real, "ptr", "ptr"],
        w.real,
        lambda inner: inner.do(f"ret {inner.real} {written[which](inner, n)}"),
    )


def _gathered(
    w: Writer, n: int, start: Sequence[float], add: Callable[[list[Value], Value], Sequence[Value]]
) -> list[Value]:
    """Return what `add` makes of numbers with each of the n points that lies from place %a0 to before %a1."""

    def one(k: Value, kept: list[Value]) -> list[Value]:
        value, place = (
            w.spread_from(w.op(f"getelementptr double, ptr {array}, i64 {k}")) for array in ("%a2", "%a3")
        )
        inside = w.both(w.compare("oge", place, "%a0"), w.compare("olt", place, "%a1"))
        added = add(kept, value)
        return [w.select(inside, new, old) for new, old in zip(added, kept, strict=True)]

    return repeated(w, n, [w.number(number) for number in start], one)


def _write_largest(w: Writer, n: int) -> Value:
    return _gathered(w, n, [-math.inf], lambda kept, value: [w.maximum(kept[0], value)])[0]


def _write_smallest(w: Writer, n: int) -> Value:
    return _gathered(w, n, [math.inf], lambda kept, value: [w.minimum(kept[0], value)])[0]


def _write_mean(w: Writer, n: int) -> Value:
    (total,) = _gathered(w, n, [0.0], lambda kept, value: [w.add(kept[0], value)])
    return w.div(total, w.sub("%a1", "%a0"))


def _write_median(w: Writer, n: int) -> Value:
    """Write a search for the two in the middle: the points come by size."""
    half = w.mul(w.sub("%a1", "%a0"), w.number(0.5))
    middle = [w.floor(w.add(half, w.number(0.5))), w.floor(w.add(half, w.number(1.0)))]

    def one(kept: list[Value], value: Value) -> list[Value]:
        seen = w.add(kept[0], w.number(1.0))
        found = zip(middle, kept[1:], strict=True)
        return [seen, *(w.select(w.compare("oeq", seen, place), value, old) for place, old in found)]

    _, low, high = _gathered(w, n, [0.0, 0.0, 0.0], one)
    is_odd = w.compare("oeq", *middle)
    return w.select(is_odd, low, w.mul(w.add(low, high), w.number(0.5)))
