"""Sorting in compiled code: what place each element of an array has among them.

In come a `Writer` and the elements as values; out come places, or the elements by place. A place is counted:
how many elements come before, equal ones in their order, NaN last. `functions.py` lists these by key.
"""

from __future__ import annotations

from collections.abc import Sequence

from realities.engine.llvm.arrays.parts import Row, apart, kept_nan, place_within
from realities.engine.llvm.loops import repeated
from realities.engine.llvm.writer import Value, Writer


def sort_order(w: Writer, n_results: int, direction: Value, *elements: Value) -> list[Value]:
    """Return the positions, from 0, of the elements when sorted upward (direction > 0) or downward."""
    return apart(w, "sort_order", n_results, [direction, *elements], _write_sort_order)


def rank(w: Writer, n_results: int, direction: Value, *elements: Value) -> list[Value]:
    """Return each element's place, from 1, when sorted upward (direction > 0) or downward."""
    return apart(w, "rank", n_results, [direction, *elements], _write_rank)


def position_of_rank(w: Writer, _: int, wanted: Value, *elements: Value) -> list[Value]:
    """Return the position, from 1, of the element of a rank, from 1; 0 where there is no such rank.

    The second half of the elements decides where two of the first are equal.
    """
    return apart(w, "position_of_rank", 1, [wanted, *elements], _write_position)


def _write_sort_order(w: Writer, inputs: Sequence[Value]) -> list[Value]:
    n = len(inputs) - 1
    order = Row.room(w, n)
    places = _places(w, [_by_direction(w, *inputs)])

    def one(k: Value, _: list[Value]) -> list[Value]:
        order.put(w, k, _position(w, places, n, _number(w, k)))
        return []

    repeated(w, n, [], one)
    return [order.get(w, k) for k in range(n)]


def _write_rank(w: Writer, inputs: Sequence[Value]) -> list[Value]:
    places = _places(w, [_by_direction(w, *inputs)])
    return [w.add(places.get(w, k), w.number(1.0)) for k in range(len(inputs) - 1)]


def _write_position(w: Writer, inputs: Sequence[Value]) -> list[Value]:
    wanted, elements = inputs[0], inputs[1:]
    n = len(elements) // 2
    places = _places(w, [elements[:n], elements[n:]])
    place = place_within(w, w.sub(wanted, w.number(1.0)), n)
    found = _position(w, places, n, place, outside=-1.0)
    return [kept_nan(w, wanted, w.add(found, w.number(1.0)))]


def _by_direction(w: Writer, direction: Value, *elements: Value) -> list[Value]:
    """Return what is smallest for the element that comes first."""
    upward = w.compare("ogt", direction, w.number(0.0))
    return [w.select(upward, element, w.neg(element)) for element in elements]


def _places(w: Writer, columns: Sequence[Sequence[Value]]) -> Row:
    """Return how many elements come before each, by the first column, then the second, then their order."""
    n = len(columns[0])
    rows, places = [Row.of(w, column) for column in columns], Row.room(w, n)

    def one(i: Value, _: list[Value]) -> list[Value]:
        mine = [row.get(w, i) for row in rows]

        def other(j: Value, count: list[Value]) -> list[Value]:
            is_earlier = _spread(w, w.op(f"icmp ult i64 {j}, {i}"))
            comes_before = _precedes(w, [row.get(w, j) for row in rows], mine, is_earlier)
            return [w.select(comes_before, w.add(count[0], w.number(1.0)), count[0])]

        places.put(w, i, repeated(w, n, [w.number(0.0)], other)[0])
        return []

    repeated(w, n, [], one)
    return places


def _precedes(w: Writer, theirs: Sequence[Value], mine: Sequence[Value], if_equal: Value) -> Value:
    """Return whether one element comes before another, column by column; NaN comes last."""
    before = if_equal
    for one, other in zip(reversed(theirs), reversed(mine), strict=True):
        one_is_nan, other_is_nan = w.compare("uno", one, one), w.compare("uno", other, other)
        only_other = w.both(other_is_nan, w.opposite(one_is_nan))
        less = w.either(w.compare("olt", one, other), only_other)
        equal = w.either(w.compare("oeq", one, other), w.both(one_is_nan, other_is_nan))
        before = w.either(less, w.both(equal, before))
    return before


def _position(w: Writer, places: Row, n: int, place: Value, outside: float = 0.0) -> Value:
    """Return which element has a place."""

    def one(k: Value, found: list[Value]) -> list[Value]:
        is_there = w.compare("oeq", places.get(w, k), place)
        return [w.select(is_there, _number(w, k), found[0])]

    return repeated(w, n, [w.number(outside)], one)[0]


def _number(w: Writer, k: Value) -> Value:
    """Return a whole number of the processor as a real."""
    return w.spread(w.op(f"sitofp i64 {k} to double"))


def _spread(w: Writer, truth: Value) -> Value:
    """Return a single truth in every lane."""
    one = w.op(f"insertelement {w.truth} poison, i1 {truth}, i64 0")
    zeros = f"<{w.target.lanes} x i32> zeroinitializer"
    return w.op(f"shufflevector {w.truth} {one}, {w.truth} poison, {zeros}")
