"""Where an argument stands among constant breaks, and what columns of numbers hold there.

In come a `Writer`, an argument and rising breaks; out comes a `Place`, the number of breaks that the argument
has reached, ready to read columns of one number more than there are breaks. Three forms, by size and by what
the processor can do: comparisons with every break, permutations of vectors that hold the columns, or loads
from memory. All of them count exactly the same. `readings.py` next reads lookups with them.
"""

from __future__ import annotations

import math
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realities.engine.llvm.tables.cells import Cells, cells_of
from realities.engine.llvm.writer import Value, Writer

#: Most breaks that every argument is compared with, with permutations at hand and without.
_FEW_BESIDE_PERMUTATIONS, _FEW = 2, 12
#: Most numbers of a column that permutations read: four vectors.
_PERMUTED = 32
#: Most cells of a column in memory.
_MOST_CELLS = 2**14
#: Added to a number, it leaves the nearest whole number in the last bits.
_MAGIC = 1.5 * 2.0**52

Bounds = tuple[float, float]


class Place(ABC):
    """How many breaks an argument has reached, lane by lane."""

    @abstractmethod
    def take(self, w: Writer, *columns: Sequence[float]) -> list[Value]:
        """Return from each column the number at the place: the first where no break is reached."""


def place_of(
    w: Writer, x: Value, breaks: Sequence[float], *, reached: str = "oge", bounds: Bounds | None = None
) -> Place:
    """Return the number of breaks that `x` has reached; some place where it is NaN.

    Parameters
    ----------
    breaks
        Finite numbers, each above the one before.
    reached
        How x compares with a break that it has reached: "oge", or "ogt" for one that it is beyond.
    bounds
        Between which numbers x is known to be, or NaN, if it is known.
    """
    if len(breaks) <= (_FEW_BESIDE_PERMUTATIONS if permutes(w) else _FEW):
        return _Compared(tuple(w.compare(reached, x, w.number(value)) for value in breaks))
    if permutes(w) and len(breaks) < _PERMUTED:
        return _permuted(w, x, breaks, reached, bounds)
    return _loaded(w, x, breaks, reached, bounds)


def permutes(w: Writer) -> bool:
    """Return whether vectors of eight can be permuted."""
    return w.target.has_avx512 and w.target.lanes % 8 == 0


def clamped(w: Writer, x: Value, bounds: Bounds) -> Value:
    """Return x within bounds, NaN where it is."""
    low, high = (w.number(bound) for bound in bounds)
    x = w.select(w.compare("ogt", low, x), low, x)
    return w.select(w.compare("olt", high, x), high, x)


# --- comparisons with every break --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Compared(Place):
    reached: tuple[Value, ...]

    def take(self, w: Writer, *columns: Sequence[float]) -> list[Value]:
        return [self._one(w, column) for column in columns]

    def _one(self, w: Writer, column: Sequence[float]) -> Value:
        found = w.number(column[0])
        for is_reached, before, value in zip(self.reached, column, column[1:], strict=False):
            if bits_of(value) != bits_of(before):
                found = w.select(is_reached, w.number(value), found)
        return found


# --- a search among breaks, by halves, from where the cells say --------------------------------------


def _searched(
    w: Writer,
    x: Value,
    breaks: Sequence[float],
    reached: str,
    index: Value | None,
    n_steps: int,
    at: Callable[[Value, int], Value],
) -> Value:
    """Return the index of the last break reached, counted from 1: of the first 2^n_steps - 1 from `index` on.

    `at(index, k)` gives the break at an index, plus k; one beyond the last must compare as not reached.
    """
    for step in (2**k for k in reversed(range(n_steps))):
        if index is None:
            pivot = w.number(breaks[step - 1] if step <= len(breaks) else math.nan)
        else:
            pivot = at(index, step - 1)
        is_reached = w.compare(reached, x, pivot)
        if index is None:
            index = w.op(
                f"select {w.truth} {is_reached}, {w.word} {w.integer(step)}, {w.word} {w.integer(0)}"
            )
        else:
            further = w.on_words("add", index, w.integer(step))
            index = w.op(f"select {w.truth} {is_reached}, {w.word} {further}, {w.word} {index}")
    assert index is not None
    return index


def _further(w: Writer, is_reached: Value, index: Value, step: int = 1) -> Value:
    """Return the index, a step further where a break is reached."""
    further = w.on_words("add", index, w.integer(step))
    return w.op(f"select {w.truth} {is_reached}, {w.word} {further}, {w.word} {index}")


def _cell(w: Writer, x: Value, cells: Cells) -> Value:
    """Return the number of the cell in the last bits of a word."""
    return w.bits(w.fma(x, w.number(cells.scale), w.number(_MAGIC)))


def _wanted(breaks: Sequence[float], bounds: Bounds | None, room: int) -> Cells | None:
    """Return cells that save at least two steps of the search."""
    low, high = bounds or (breaks[0], breaks[-1])
    cells = cells_of(breaks, low, high, room)
    return None if cells is None or cells.most.bit_length() + 2 > len(breaks).bit_length() else cells


# --- permutations ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Permuted(Place):
    """`index` in its last bits says where in a column of `size`, turned to the right by `turn`."""

    index: Value
    size: int
    turn: int

    def take(self, w: Writer, *columns: Sequence[float]) -> list[Value]:
        pieces = _pieces(w, self.index, "i64")
        return [self._one(w, pieces, column) for column in columns]

    def _one(self, w: Writer, pieces: list[Value], column: Sequence[float]) -> Value:
        whole = [*column, *[column[-1]] * (self.size - len(column))]
        turned = [whole[(k - self.turn) % self.size] for k in range(self.size)]
        return _joined(w, [_permutation(w, turned, piece) for piece in pieces])


def _permuted(w: Writer, x: Value, breaks: Sequence[float], reached: str, bounds: Bounds | None) -> Place:
    size = max(8, 2 ** len(breaks).bit_length())
    reader = _reader(w, size, breaks)
    cells = _wanted(breaks, bounds, size)
    if cells is None:
        n_steps = len(breaks).bit_length()
        return _Permuted(_searched(w, x, breaks, reached, None, n_steps, reader), size, 0)
    cell = _cell(w, x if bounds else clamped(w, x, (breaks[0], breaks[-1])), cells)
    by_cell = _Permuted(cell, size, cells.first % size)
    pivots = [breaks[count] if count < len(breaks) else math.nan for count in cells.before]
    if cells.lead is not None and reached == "oge":
        # One break to each cell: the place itself is the cell, or the one before. A first cell without a
        # break counts as having one below all numbers.
        index, turn = cell, (cells.first - cells.lead) % size
        pivots = [-math.inf] * -cells.lead + pivots[-cells.lead :]
    else:
        (before,) = by_cell.take(w, [_double_of(count) for count in cells.before])
        index, turn = w.bits(before), 0
    if cells.most == 1:
        (pivot,) = by_cell.take(w, pivots)
        return _Permuted(_further(w, w.compare(reached, x, pivot), index), size, turn)
    n_steps = cells.most.bit_length()
    return _Permuted(_searched(w, x, breaks, reached, index, n_steps, reader), size, 0)


def _reader(w: Writer, size: int, breaks: Sequence[float]) -> Callable[[Value, int], Value]:
    """Return what reads the break at an index plus k, NaN beyond the last, from a vector of its own."""

    def at(index: Value, k: int) -> Value:
        column = [*breaks[k:], *[math.nan] * (size - len(breaks[k:]))]
        return _Permuted(index, size, 0).take(w, column)[0]

    return at


def _permutation(w: Writer, column: Sequence[float], index: Value) -> Value:
    """Return the numbers of a column of 8, 16 or 32 at eight indices, of which only the last bits count."""
    real, word = "<8 x double>", "<8 x i64>"
    table = w.module.table(column)
    parts = [_vector(w, table, start) for start in range(0, len(column), 8)]
    if len(parts) == 1:
        w.module.declare("llvm.x86.avx512.permvar.df.512", real, [real, word])
        return w.op(f"call {real} @llvm.x86.avx512.permvar.df.512({real} {parts[0]}, {word} {index})")
    name = "llvm.x86.avx512.vpermi2var.pd.512"
    w.module.declare(name, real, [real, word, real])
    halves = [
        w.op(f"call {real} @{name}({real} {one}, {word} {index}, {real} {other})")
        for one, other in zip(parts[::2], parts[1::2], strict=True)
    ]
    if len(halves) == 1:
        return halves[0]
    bit = w.op(f"and {word} {index}, splat (i64 16)")
    is_high = w.op(f"icmp ne {word} {bit}, zeroinitializer")
    return w.op(f"select <8 x i1> {is_high}, {real} {halves[1]}, {real} {halves[0]}")


def _vector(w: Writer, table: Value, start: int) -> Value:
    """Return eight numbers of a column, from memory."""
    place = f"getelementptr (double, ptr {table}, i64 {start})" if start else table
    return w.op(f"load <8 x double>, ptr {place}, align 64, !invariant.load !{{}}")


def _pieces(w: Writer, value: Value, kind: str) -> list[Value]:
    """Return a vector in pieces of eight."""
    n = w.target.lanes
    if n == 8:
        return [value]
    return [
        w.op(f"shufflevector <{n} x {kind}> {value}, <{n} x {kind}> poison, <8 x i32> {_counting(start, 8)}")
        for start in range(0, n, 8)
    ]


def _joined(w: Writer, pieces: list[Value]) -> Value:
    """Return the pieces of reals side by side."""
    length = 8
    while len(pieces) > 1:
        kind, mask = f"<{length} x double>", f"<{2 * length} x i32> {_counting(0, 2 * length)}"
        pieces = [
            w.op(f"shufflevector {kind} {one}, {kind} {other}, {mask}")
            for one, other in zip(pieces[::2], pieces[1::2], strict=True)
        ]
        length *= 2
    return pieces[0]


def _counting(start: int, count: int) -> str:
    return f"<{', '.join(f'i32 {start + k}' for k in range(count))}>"


# --- loads from memory -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Loaded(Place):
    """`index` is below `size` in every lane."""

    index: Value
    size: int

    def take(self, w: Writer, *columns: Sequence[float]) -> list[Value]:
        # Numbers of one place stand side by side, in a power of two, so that they share a line of the cache.
        stride = 2 ** (len(columns) - 1).bit_length()
        whole = [[*column, *[column[-1]] * (self.size - len(column))] for column in columns]
        cells = [
            number for row in zip(*whole, *whole[:1] * (stride - len(whole)), strict=True) for number in row
        ]
        start = w.on_words("mul", self.index, w.integer(stride)) if stride > 1 else self.index
        return [gathered(w, cells, start, k) for k in range(len(columns))]


def gathered(w: Writer, table: Sequence[float], index: Value, offset: int = 0) -> Value:
    """Return the numbers of a constant table at an index, plus an offset."""
    base = w.module.table(table)
    return w.gather(f"getelementptr (double, ptr {base}, i64 {offset})" if offset else base, index)


def _loaded(w: Writer, x: Value, breaks: Sequence[float], reached: str, bounds: Bounds | None) -> Place:
    room = min(2 ** (2 * len(breaks)).bit_length(), _MOST_CELLS)
    cells = _wanted(breaks, bounds, room)
    index: Value | None = None
    n_steps, size = len(breaks).bit_length(), 2 ** len(breaks).bit_length()
    if cells is not None:
        within = x if bounds else clamped(w, x, (breaks[0], breaks[-1]))
        low_bits = w.on_words("and", _cell(w, within, cells), w.integer(room - 1))
        turned = [_double_of(len(breaks))] * room
        for k, count in enumerate(cells.before):
            turned[(cells.first + k) % room] = _double_of(count)
        index = w.bits(gathered(w, turned, low_bits))
        n_steps = cells.most.bit_length()
    padded = [*breaks, *[math.nan] * (size + 2**n_steps - len(breaks))]
    index = _searched(w, x, breaks, reached, index, n_steps, lambda index, k: gathered(w, padded, index, k))
    return _Loaded(index, size)


def bits_of(value: float) -> bytes:
    """Return the bits of a double: 0 and -0 differ, NaN equals itself."""
    return struct.pack("<d", value)


def _double_of(count: int) -> float:
    """Return the double whose bits are a whole number."""
    return float(struct.unpack("<d", struct.pack("<q", count))[0])
