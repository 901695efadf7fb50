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
    ends = _edges(joined)
    best: tuple[int, list[int]] | None = None
    for order in _orders(n, joined):
        cells = _snake(order, columns)
        cost = _improve(cells, ends, columns, columns * rows)
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


def _improve(cells: IntArray, edges: _Edges, columns: int, n_cells: int) -> int:
    """Move one box at a time to where it costs least, or swap it with what is there, until nothing helps."""
    cost = int(_costs(cells[np.newaxis], edges, columns)[0])
    for _ in range(_PASSES):
        before = cost
        for box in range(len(cells)):
            trials = np.repeat(cells[np.newaxis], n_cells, axis=0)
            targets = np.arange(n_cells)
            row, other = np.nonzero(trials == targets[:, np.newaxis])
            trials[row, other] = cells[box]
            trials[:, box] = targets
            costs = _costs(trials, edges, columns)
            at = int(costs.argmin())
            if costs[at] < cost:
                cost, cells[:] = int(costs[at]), trials[at]
        if cost == before:
            break
    return cost


def _costs(cells: IntArray, edges: _Edges, columns: int) -> IntArray:
    """Return the cost of several placements, (trial,), from cells (trial, box)."""
    small = cells.astype(np.int32)  # quicker, and room enough: distances in a grid stay far below its bounds
    x, y = (small % columns) * _WIDE, (small // columns) * _HIGH
    ax, ay, bx, by = x[:, edges.a], y[:, edges.a], x[:, edges.b], y[:, edges.b]
    lengths = ((ax - bx) ** 2 + (ay - by) ** 2).sum(axis=1)
    height = y.max(axis=1)
    return np.asarray(
        _LENGTH * lengths
        + _CROSSING * _crossings(ax, ay, bx, by, edges)
        + _THROUGH * _through(x, y, ax, ay, bx, by, edges)
        + height * 3
    )


def _crossings(ax: IntArray, ay: IntArray, bx: IntArray, by: IntArray, edges: _Edges) -> IntArray:
    """Return how many pairs of edges without a common end cross, (trial,)."""
    i, j = edges.first, edges.second

    def side(px: IntArray, py: IntArray, qx: IntArray, qy: IntArray, rx: IntArray, ry: IntArray) -> IntArray:
        return np.asarray(np.sign((qx - px) * (ry - py) - (qy - py) * (rx - px)))

    first = side(ax[:, i], ay[:, i], bx[:, i], by[:, i], ax[:, j], ay[:, j])
    second = side(ax[:, i], ay[:, i], bx[:, i], by[:, i], bx[:, j], by[:, j])
    third = side(ax[:, j], ay[:, j], bx[:, j], by[:, j], ax[:, i], ay[:, i])
    fourth = side(ax[:, j], ay[:, j], bx[:, j], by[:, j], bx[:, i], by[:, i])
    return np.asarray(((first * second < 0) & (third * fourth < 0)).sum(axis=1))


def _through(
    x: IntArray, y: IntArray, ax: IntArray, ay: IntArray, bx: IntArray, by: IntArray, edges: _Edges
) -> IntArray:
    """Return how many edges run through boxes that are not their ends, (trial,)."""
    dx, dy = (bx - ax)[:, :, np.newaxis], (by - ay)[:, :, np.newaxis]
    px, py = x[:, np.newaxis, :] - ax[:, :, np.newaxis], y[:, np.newaxis, :] - ay[:, :, np.newaxis]
    along, length = px * dx + py * dy, dx**2 + dy**2
    across = (px * dy - py * dx) ** 2
    # Nearer than about a third of a cell's height to the line, and between its ends.
    hit = (along > 0) & (along < length) & (across * 4 < length * 5)
    for end in (edges.a, edges.b):
        hit[:, np.arange(end.size), end] = False
    return np.asarray(hit.sum(axis=(1, 2)))


def _packed(cells: Sequence[int], columns: int) -> tuple[list[int], int]:
    """Return cells without empty rows and columns, and how many columns are left."""
    rows = sorted({cell // columns for cell in cells})
    used = sorted({cell % columns for cell in cells})
    packed = [rows.index(cell // columns) * len(used) + used.index(cell % columns) for cell in cells]
    return packed, len(used)
