"""The inverse of a matrix in compiled code: by Gauss and Jordan, the rows exchanged for the largest pivot.

In come a `Writer` and the entries by rows; out come those of the inverse, by the same operations in the same
order as in the reference engine. `functions.py` lists it by key.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from realities.engine.llvm.arrays.parts import Row, apart
from realities.engine.llvm.loops import repeated
from realities.engine.llvm.writer import Value, Writer


def inverse(w: Writer, n_results: int, *entries: Value) -> list[Value]:
    """Return the entries of the inverse, NaN where there is none."""
    return apart(w, "inverse", n_results, entries, _write)


def _write(w: Writer, entries: Sequence[Value]) -> list[Value]:
    n = math.isqrt(len(entries))
    unit = [w.number(float(i == j)) for i in range(n) for j in range(n)]
    sides = [Row.of(w, entries), Row.of(w, unit)]

    def one(k: Value, sound: list[Value]) -> list[Value]:
        diagonal = _place(w, n, k, k)
        _exchange(w, n, sides, k)
        pivot = sides[0].get(w, diagonal)
        _divide(w, n, sides, k, pivot)
        _subtract(w, n, sides, k)
        return [w.select(w.compare("oeq", pivot, w.number(0.0)), w.number(math.nan), sound[0])]

    (sound,) = repeated(w, n, [w.number(0.0)], one)
    is_singular = w.compare("uno", sound, sound)
    return [w.select(is_singular, sound, sides[1].get(w, place)) for place in range(n * n)]


def _place(w: Writer, n: int, row: Value, column: Value) -> Value:
    return w.op(f"add i64 {w.op(f'mul i64 {row}, {n}')}, {column}")


def _exchange(w: Writer, n: int, sides: Sequence[Row], k: Value) -> None:
    """Exchange row k with each later one that has more in column k, one after another."""
    left = sides[0]

    def one(i: Value, _: list[Value]) -> list[Value]:
        mine, theirs = (w.abs(left.get(w, _place(w, n, row, k))) for row in (k, i))
        is_later = w.op(f"icmp ugt i64 {i}, {k}")
        # A row that is not below compares as if it had nothing.
        theirs = w.op(f"select i1 {is_later}, {w.real} {theirs}, {w.real} {w.number(-1.0)}")
        is_larger = w.compare("ogt", theirs, mine)

        def swap(j: Value, _: list[Value]) -> list[Value]:
            for side in sides:
                above, below = _place(w, n, k, j), _place(w, n, i, j)
                x, y = side.get(w, above), side.get(w, below)
                side.put(w, above, w.select(is_larger, y, x))
                side.put(w, below, w.select(is_larger, x, y))
            return []

        repeated(w, n, [], swap)
        return []

    repeated(w, n, [], one)


def _divide(w: Writer, n: int, sides: Sequence[Row], k: Value, pivot: Value) -> None:
    """Divide row k by its pivot."""

    def one(j: Value, _: list[Value]) -> list[Value]:
        place = _place(w, n, k, j)
        for side in sides:
            side.put(w, place, w.div(side.get(w, place), pivot))
        return []

    repeated(w, n, [], one)


def _subtract(w: Writer, n: int, sides: Sequence[Row], k: Value) -> None:
    """Subtract from each other row so many times row k that nothing is left in column k."""

    def one(i: Value, _: list[Value]) -> list[Value]:
        times = sides[0].get(w, _place(w, n, i, k))
        is_other = w.op(f"icmp ne i64 {i}, {k}")

        def each(j: Value, _: list[Value]) -> list[Value]:
            for side in sides:
                place = _place(w, n, i, j)
                old = side.get(w, place)
                new = w.sub(old, w.mul(times, side.get(w, _place(w, n, k, j))))
                side.put(w, place, w.op(f"select i1 {is_other}, {w.real} {new}, {w.real} {old}"))
            return []

        repeated(w, n, [], each)
        return []

    repeated(w, n, [], one)
