"""Stocks and the pipes between them as rigid pieces of a drawing: a view in, pieces on a grid of cells out.

Stocks that pipes join stand in one row, in the order in which they flow into each other. Between two stands
the valve of what flows there; what comes from a cloud or goes into one has a row of its own beside the stock,
which is as high as it has rows. A flow to a stock further off runs above the row. `cells.py` places pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from realities.model.write.sketch.views import Pipe, View


@dataclass(frozen=True, slots=True)
class Box:
    """Where a stock stands: its column, and its first and last row."""

    column: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Valve:
    """Where a flow stands, in half columns and rows; `is_above` where its pipes turn down to stocks."""

    half_column: int
    row: int
    is_above: bool = False


@dataclass(frozen=True, slots=True)
class Half:
    """A pipe from a valve to a stock by key, or to a cloud in a half column; `is_into` has a head there."""

    flow: str
    end: str | None
    is_into: bool
    half_column: int = 0


@dataclass(slots=True)
class Piece:
    """What moves as one: cells of its words, all cells it takes, and how its pipes run."""

    cells: dict[str, tuple[int, int]] = field(default_factory=dict)
    taken: set[tuple[int, int]] = field(default_factory=set)
    boxes: dict[str, Box] = field(default_factory=dict)
    valves: dict[str, Valve] = field(default_factory=dict)
    halves: list[Half] = field(default_factory=list)


def pieces_of(view: View) -> list[Piece]:
    """Return the pieces of a view: stocks with their flows, then every other word alone."""
    found = [_chain(stocks, pipes) for stocks, pipes in _joined(view)]
    placed = {key for piece in found for key in piece.cells}
    return found + [Piece({key: (0, 0)}, {(0, 0)}) for key in view.words if key not in placed]


def _joined(view: View) -> list[tuple[list[str], list[Pipe]]]:
    """Return stocks that pipes join, and those pipes."""
    stocks = [key for key, word in view.words.items() if word.kind == "stock"]
    leader = {key: key for key in stocks}
    for pipe in view.pipes:
        if pipe.source is not None and pipe.target is not None:
            old, new = leader[pipe.source], leader[pipe.target]
            leader = {key: new if one == old else one for key, one in leader.items()}
    groups: dict[str, list[str]] = {}
    for key in stocks:
        groups.setdefault(leader[key], []).append(key)
    return [
        (_ordered(keys, view.pipes), [one for one in view.pipes if {one.source, one.target} & set(keys)])
        for keys in groups.values()
    ]


def _ordered(stocks: Sequence[str], pipes: Sequence[Pipe]) -> list[str]:
    """Return stocks in the order in which pipes are short and run from left to right."""
    links = [(one.source, one.target) for one in pipes if one.source in stocks and one.target in stocks]

    def cost(order: Sequence[str]) -> int:
        place: dict[str | None, int] = {key: i for i, key in enumerate(order)}
        steps = [place[b] - place[a] for a, b in links]
        return sum(10 * (abs(step) - 1) + (step < 0) for step in steps)

    best = list(stocks)
    while True:
        trials = [_moved(best, i, j) for i in range(len(best)) for j in range(len(best)) if i != j]
        better = min(trials, key=cost, default=best)
        if cost(better) >= cost(best):
            return best
        best = better


def _moved(order: Sequence[str], i: int, j: int) -> list[str]:
    rest = [*order[:i], *order[i + 1 :]]
    return [*rest[:j], order[i], *rest[j:]]


def _chain(stocks: Sequence[str], pipes: Sequence[Pipe]) -> Piece:
    """Return stocks in a row with their pipes."""
    piece = Piece()
    place: dict[str | None, int] = {key: i for i, key in enumerate(stocks)}
    inflows = {key: [one for one in pipes if one.target == key and one.source is None] for key in stocks}
    outflows = {key: [one for one in pipes if one.source == key and one.target is None] for key in stocks}
    between = [one for one in pipes if one.source is not None and one.target is not None]
    last = dict.fromkeys(stocks, 0)
    columns: dict[str, int] = {}
    column = 0
    for left, right in pairwise([None, *stocks, None]):
        direct = [one for one in between if {one.source, one.target} == {left, right}]
        gone = outflows[left] if left is not None else []
        come = inflows[right] if right is not None else []
        is_end = left is None or right is None
        width = 2 if gone or come else 0 if is_end else 1
        for row, pipe in enumerate([*direct, *gone, *come]):
            _beside(piece, pipe, column, width, row)
            for end in (left, right):
                if end is not None and end in (pipe.source, pipe.target):
                    last[end] = max(last[end], row)
        if not is_end:
            piece.taken |= {(column + i, 0) for i in range(width)}
        column += width
        if right is not None:
            columns[right] = column
            column += 1
    for key in stocks:
        piece.boxes[key] = Box(columns[key], 0, last[key])
        piece.cells[key] = columns[key], 0
        piece.taken |= {(columns[key], row) for row in range(last[key] + 1)}
    far = [one for one in between if abs(place[one.source] - place[one.target]) > 1]
    for row, pipe in enumerate(far, 1):
        _above(piece, pipe, columns, -row)
    return piece


def _beside(piece: Piece, pipe: Pipe, column: int, width: int, row: int) -> None:
    """Add a flow between two stocks, or between one and a cloud, to a gap of one or two columns."""
    if pipe.source is None:
        valve, cloud = 2 * column + 2, 2 * column
    elif pipe.target is None:
        valve, cloud = 2 * column, 2 * column + 2
    else:
        valve = cloud = 2 * column + width - 1
    piece.valves[pipe.flow] = Valve(valve, row)
    piece.cells[pipe.flow] = valve // 2, row
    piece.taken |= {(column + i, row) for i in range(width)}
    piece.halves += [Half(pipe.flow, pipe.target, True, cloud), Half(pipe.flow, pipe.source, False, cloud)]


def _above(piece: Piece, pipe: Pipe, columns: Mapping[str, int], row: int) -> None:
    """Add a flow between two stocks with others between them, in a row above."""
    assert pipe.source is not None
    assert pipe.target is not None
    first, last = sorted((columns[pipe.source], columns[pipe.target]))
    valve = (first + last) // 2
    piece.valves[pipe.flow] = Valve(2 * valve, row, is_above=True)
    piece.cells[pipe.flow] = valve, row
    piece.taken |= {(column, row) for column in range(first, last + 1)}
    piece.taken |= {(column, between) for column in (first, last) for between in range(row, 0)}
    piece.halves += [Half(pipe.flow, pipe.target, True), Half(pipe.flow, pipe.source, False)]
