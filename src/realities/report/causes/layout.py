"""Where the boxes of a causal diagram stand: cells of a grid, few crossings, short arrows.

In come numbered boxes and which of them are joined; out comes a cell for each. Everything is whole numbers
and a fixed order of trials, so that a model has one picture, whatever the machine. `data.py` asks for two
pictures of each part of a model, one wide and one for a phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.integer[Any]]

#: A cell's width and height, in units of the distance of centres.
_WIDE, _HIGH = 5, 3
#: What a crossing, an arrow through a box and a unit of squared length cost.
_CROSSING: Final = 500
_THROUGH: Final = 900
_LENGTH: Final = 1
_PASSES: Final = 12
#: Orders to begin with, beside three plain ones.
_MORE_STARTS: Final = 3


def place(n: int, edges: Sequence[tuple[int, int]], columns: int) -> tuple[list[int], int]:
    """Return the cell of each of `n` boxes, row by row from 0, and how many columns the grid has.

    Parameters
    ----------
    n
        How many boxes.
    edges
        Pairs of boxes that are joined; direction does not matter.
    columns
        Most cells in a row; rows are added as needed, with some room to spare.
    """
    if n == 0:
        return [], 1
    joined = sorted({(min(a, b), max(a, b)) for a, b in edges if a != b})
    columns = min(columns, max(1, n))
    rows = -(-n // columns) + (1 if n > columns else 0)
    ends, grid = _edges(joined), _grid(columns, columns * rows)
    best: tuple[int, list[int]] | None = None
    for order in _orders(n, joined):
        cells = _snake(order, columns)
        cost = _improve(cells, ends, grid)
        if best is None or cost < best[0]:
            best = cost, cells.tolist()
    assert best is not None
    return _packed(best[1], columns)


@dataclass(frozen=True, slots=True)
class _Edges:
    """Ends of edges, (edge,), and every pair of edges without a common end, (pair,)."""

    a: IntArray
    b: IntArray
    first: IntArray
    second: IntArray


def _edges(joined: Sequence[tuple[int, int]]) -> _Edges:
    ends = np.array(joined, dtype=np.int64).reshape(-1, 2)
    i, j = np.triu_indices(len(ends), 1)
    shared = (ends[i][:, :, np.newaxis] == ends[j][:, np.newaxis, :]).any(axis=(1, 2))
    return _Edges(ends[:, 0], ends[:, 1], i[~shared], j[~shared])


def _orders(n: int, edges: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield orders to start from: as given, then breadth first from one box or another."""
    near: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        near[a].append(b)
        near[b].append(a)
    by_degree = sorted(range(n), key=lambda i: (-len(near[i]), i))
    yield list(range(n))
    yield _breadth_first(by_degree, near)
    yield _breadth_first(by_degree[::-1], near)
    for start in range(1, 1 + _MORE_STARTS):
        turned = by_degree[start * n // (1 + _MORE_STARTS) :] + by_degree[: start * n // (1 + _MORE_STARTS)]
        yield _breadth_first(turned, [neighbours[::-1] for neighbours in near])


def _breadth_first(starts: Sequence[int], near: Sequence[Sequence[int]]) -> list[int]:
    order: list[int] = []
    for start in starts:
        queue = [start]
        while queue:
            box = queue.pop(0)
            if box not in order:
                order.append(box)
                queue += near[box]
    return order


def _snake(order: Sequence[int], columns: int) -> IntArray:
    """Return cells along rows, there and back, so that neighbours in the order are neighbours in the grid."""
    cells = np.empty(len(order), dtype=np.int64)
    for place_in_order, box in enumerate(order):
        row, column = divmod(place_in_order, columns)
        cells[box] = row * columns + (column if row % 2 == 0 else columns - 1 - column)
    return cells


def _improve(cells: IntArray, edges: _Edges, grid: _Grid) -> int:
    """Move one box at a time to where it costs least, or swap it with what is there, until nothing helps."""
    n_cells = len(grid.line)
    cost = int(_costs(cells[np.newaxis], edges, grid)[0])
    for _ in range(_PASSES):
        before = cost
        for box in range(len(cells)):
            trials = np.repeat(cells[np.newaxis], n_cells, axis=0)
            targets = np.arange(n_cells)
            row, other = np.nonzero(trials == targets[:, np.newaxis])
            trials[row, other] = cells[box]
            trials[:, box] = targets
            costs = _costs(trials, edges, grid)
            at = int(costs.argmin())
            if costs[at] < cost:
                cost, cells[:] = int(costs[at]), trials[at]
        if cost == before:
            break
    return cost


def _costs(cells: IntArray, edges: _Edges, grid: _Grid) -> IntArray:
    """Return the cost of several placements, (trial,), from cells (trial, box)."""
    lines = grid.line[cells[:, edges.a], cells[:, edges.b]]  # (trial, edge)
    n_lines, n_cells = grid.hits.shape
    # Numbers of flat tables: NumPy looks them up in half the time that pairs of numbers take.
    crossed = grid.crosses.ravel().take(lines[:, edges.first] * n_lines + lines[:, edges.second])
    through = grid.hits.ravel().take(lines[:, :, np.newaxis] * n_cells + cells[:, np.newaxis, :])
    return np.asarray(
        _LENGTH * grid.length[lines].sum(axis=1)
        + _CROSSING * np.count_nonzero(crossed, axis=1)
        + _THROUGH * np.count_nonzero(through, axis=(1, 2))
        + (cells.max(axis=1) // grid.columns) * _HIGH * 3
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """All straight lines between two cells of a grid, by number: looked up, as trials are many.

    `line` is the number of each pair of cells, `length` its squared length, `crosses` whether two lines
    cross, and `hits` whether a line runs through a cell that is not its end.
    """

    columns: int
    line: IntArray
    length: IntArray
    crosses: NDArray[np.bool_]
    hits: NDArray[np.bool_]


def _grid(columns: int, n_cells: int) -> _Grid:
    """Return the lines of a grid with so many cells, row by row."""
    first, second = np.triu_indices(n_cells, 1)
    line = np.zeros((n_cells, n_cells), dtype=np.int32)
    line[first, second] = line[second, first] = np.arange(first.size)
    cells = np.arange(n_cells, dtype=np.int32)
    x, y = cells % columns * _WIDE, cells // columns * _HIGH
    dx, dy = x[second] - x[first], y[second] - y[first]
    px, py = x[np.newaxis] - x[first][:, np.newaxis], y[np.newaxis] - y[first][:, np.newaxis]
    turned = dx[:, np.newaxis] * py - dy[:, np.newaxis] * px  # (line, cell): which side the cell is on
    side = np.sign(turned).astype(np.int8)
    parts = side[:, first] * side[:, second] < 0  # (line, line): the ends of one on both sides of the other
    along, length = px * dx[:, np.newaxis] + py * dy[:, np.newaxis], dx**2 + dy**2
    # Nearer than about a third of a cell's height to the line, and between its ends.
    inside = (along > 0) & (along < length[:, np.newaxis])
    hits = inside & (turned**2 * 4 < length[:, np.newaxis] * 5)
    return _Grid(columns, line, length, parts & parts.T, hits)


def _packed(cells: Sequence[int], columns: int) -> tuple[list[int], int]:
    """Return cells without empty rows and columns, and how many columns are left."""
    rows = sorted({cell // columns for cell in cells})
    used = sorted({cell % columns for cell in cells})
    packed = [rows.index(cell // columns) * len(used) + used.index(cell % columns) for cell in cells]
    return packed, len(used)
