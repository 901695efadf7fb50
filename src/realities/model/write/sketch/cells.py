"""Where the pieces of a view stand on a grid of cells: few crossings, short arrows, nothing on anything else.

In come pieces (`chains.py`) and which words are joined; out comes a cell for each. Pieces move one at a time
to where they cost least, at first with some noise that fades away. Everything is whole numbers and a fixed
sequence of noise, so that a model has one drawing, whatever the machine. `drawing.py` goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from realities.model.write.sketch.chains import Piece

IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]

#: A cell is about twice as wide as high: a hundred units high, so many wide.
_HIGH: Final = 100
_WIDE: Final = 185
#: What a crossing, an arrow through a cell in use and a far column or row cost, in those units.
_CROSSING: Final = 400
_THROUGH: Final = 800
#: Distance at which an arrow costs twice its length.
_FAR: Final = 700
#: Noise at first; how often everything moves with noise, at least and at most, and at most without.
_NOISE: Final = 2000
_NOISY: Final = (16, 60)
_QUIET: Final = 8
#: Attempts: more for few words.
_FEWEST, _MOST, _SHARED = 4, 6, 160
#: Cells of the grid for a hundred in use.
_ROOM: Final = 220
_SAMPLES: Final = 24


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of a drawing, (column, row), and the straight lines between them.

    `length` is the cost of a line by its steps in columns and rows, each shifted by the size of the grid less
    one; `passed` are the cells a line runs through, as steps from its start, (column, row, cell, 2), of which
    `is_passed` says which count.
    """

    columns: int
    rows: int
    length: IntArray
    passed: IntArray
    is_passed: BoolArray


def places(
    pieces: Sequence[Piece], joined: Sequence[tuple[str, str]], *, in_haste: bool = False
) -> list[tuple[int, list[tuple[int, int]]]]:
    """Return several ways to place pieces: the length of all arrows, and each piece's column and row from 0.

    No two pieces share a cell. Length is in hundredths of a row, long arrows counted more.

    Parameters
    ----------
    pieces
        What is to be placed.
    joined
        Pairs of words with an arrow between them; direction does not matter.
    in_haste
        Whether one attempt must do.
    """
    if not pieces:
        return [(0, [])]
    search = _Search(pieces, joined)
    n_runs = 1 if in_haste else max(_FEWEST, min(_MOST, _SHARED // len(pieces)))
    return [(length, _packed(pieces, at)) for length, at in (search.run() for _ in range(n_runs))]


class _Search:
    """Pieces on a grid, on their way to where they cost least."""

    def __init__(self, pieces: Sequence[Piece], joined: Sequence[tuple[str, str]]) -> None:
        self.pieces = pieces
        words = [(number, key) for number, piece in enumerate(pieces) for key in piece.cells]
        index = {key: i for i, (_, key) in enumerate(words)}
        self.owner = np.array([number for number, _ in words])
        self.offset = np.array([pieces[number].cells[key] for number, key in words], dtype=np.int32)
        self.taken = [np.array(sorted(piece.taken), dtype=np.int32) for piece in pieces]
        pairs = sorted({(min(index[a], index[b]), max(index[a], index[b])) for a, b in joined})
        ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        self.a, self.b = ends[:, 0], ends[:, 1]
        self.grid = _grid(*_size(self.taken))
        self.room = [_room(taken, self.grid.columns, self.grid.rows) for taken in self.taken]
        self.at = np.full((len(pieces), 2), -1, dtype=np.int32)
        self.in_use = np.zeros((self.grid.columns, self.grid.rows), dtype=np.int64)
        self.is_placed = np.zeros(len(pieces), dtype=bool)
        self.noise = _Noise()

    def run(self) -> tuple[int, IntArray]:
        """Return the length of all arrows that one more attempt leads to, and its places."""
        self.is_placed[:] = False
        self.in_use[:] = 0
        self._start()
        n_noisy = min(_NOISY[0] + len(self.pieces), _NOISY[1])
        for sweep in range(n_noisy, 0, -1):
            self._sweep(_NOISE * sweep**2 // n_noisy**2)
        for _ in range(_QUIET):
            if not self._sweep(0):
                break
        at = self.at[self.owner] + self.offset
        step = at[self.b] - at[self.a] + (self.grid.columns - 1, self.grid.rows - 1)
        return int(self.grid.length[step[:, 0], step[:, 1]].sum()), self.at.copy()

    def _start(self) -> None:
        """Place one piece after another, each where it costs least among those placed."""
        links = [np.bincount(self._partners(i), minlength=len(self.pieces)) for i in range(len(self.pieces))]
        weight = [len(piece.taken) * 3 + int(links[i].sum()) for i, piece in enumerate(self.pieces)]
        left = sorted(range(len(self.pieces)), key=lambda i: (-weight[i], i))
        while left:
            ties = [int(links[i][self.is_placed].sum()) for i in left]
            # What serves one word alone comes right behind it.
            only = [int(links[i].sum()) == 1 and tie == 1 for i, tie in zip(left, ties, strict=True)]
            best = max(range(len(left)), key=lambda k: (only[k], len(self.taken[left[k]]) > 1, ties[k], -k))
            self._move(left.pop(best), 0)

    def _sweep(self, noise: int) -> bool:
        """Move every piece once; return whether one moved."""
        order = np.argsort(self.noise.below(1 << 30, len(self.pieces)), kind="stable")
        moved = [self._move(int(number), noise) for number in order]
        return any(moved)

    def _partners(self, number: int) -> IntArray:
        a, b = self.owner[self.a], self.owner[self.b]
        return np.concatenate([b[(a == number) & (b != number)], a[(b == number) & (a != number)]])

    def _move(self, number: int, noise: int) -> bool:
        """Move a piece to where it costs least, give or take some noise; return whether it moved."""
        before = tuple(self.at[number])
        if self.is_placed[number]:
            self._use(number, -1)
        trials = self._free(number)
        costs = self._costs(number, trials)
        if noise:
            costs = costs + self.noise.below(noise, len(costs))
        self.at[number] = trials[int(costs.argmin())]
        self.is_placed[number] = True
        self._use(number, 1)
        return tuple(self.at[number]) != before

    def _use(self, number: int, change: int) -> None:
        cells = self.taken[number] + self.at[number]
        self.in_use[cells[:, 0], cells[:, 1]] += change

    def _free(self, number: int) -> IntArray:
        """Return where a piece can stand, (trial, 2)."""
        trials, cells = self.room[number]
        is_free = (self.in_use.ravel()[cells] == 0).all(axis=1)
        return np.asarray(trials[is_free])

    def _costs(self, number: int, trials: IntArray) -> IntArray:
        """Return what a piece costs in each of several places, (trial,)."""
        grid, at = self.grid, self.at[self.owner] + self.offset
        here_a, here_b = self.owner[self.a] == number, self.owner[self.b] == number
        is_there = self.is_placed[self.owner]
        own = (here_a & ~here_b & is_there[self.b]) | (here_b & ~here_a & is_there[self.a])
        others = ~here_a & ~here_b & is_there[self.a] & is_there[self.b]
        inner = np.where(here_a, self.a, self.b)[own]
        outer = at[np.where(here_a, self.b, self.a)[own]]  # (edge, 2)
        start = trials[:, np.newaxis] + self.offset[inner][np.newaxis]  # (trial, edge, 2)
        step = outer[np.newaxis] - start + (grid.columns - 1, grid.rows - 1)
        costs = grid.length[step[..., 0], step[..., 1]].sum(axis=1)
        passed = start[:, :, np.newaxis] + grid.passed[step[..., 0], step[..., 1]]
        met = self.in_use[passed[..., 0], passed[..., 1]] * grid.is_passed[step[..., 0], step[..., 1]]
        costs = costs + _THROUGH * met.sum(axis=(1, 2))
        if len(self.taken[number]) > 1:
            costs = costs + _THROUGH * self._through_itself(number, trials, passed, step)
        p, q = at[self.a[others]], at[self.b[others]]
        hits = self._hits(p, q)
        cells = trials[:, np.newaxis] + self.taken[number][np.newaxis]
        costs = costs + _THROUGH * hits[cells[..., 0], cells[..., 1]].sum(axis=1)
        costs = costs + _CROSSING * _crossings(start, outer, p, q)
        middle = np.abs(2 * trials + self.taken[number].max(axis=0) - (grid.columns - 1, grid.rows - 1))
        return np.asarray(costs + 4 * (middle[:, 0] * _WIDE + middle[:, 1] * _HIGH) // 100)

    def _through_itself(self, number: int, trials: IntArray, passed: IntArray, step: IntArray) -> IntArray:
        """Return how many of its own cells the arrows of a piece run through, (trial,)."""
        grid, taken = self.grid, self.taken[number]
        low = taken.min(axis=0)
        own = np.zeros(taken.max(axis=0) - low + 3, dtype=np.int64)
        own[taken[:, 0] - low[0] + 1, taken[:, 1] - low[1] + 1] = 1
        inside = np.clip(passed - trials[:, np.newaxis, np.newaxis] - low + 1, 0, np.array(own.shape) - 1)
        met = own[inside[..., 0], inside[..., 1]] * grid.is_passed[step[..., 0], step[..., 1]]
        return np.asarray(met.sum(axis=(1, 2)))

    def _hits(self, p: IntArray, q: IntArray) -> IntArray:
        """Return how many of some lines run through each cell, (column, row)."""
        grid = self.grid
        step = q - p + (grid.columns - 1, grid.rows - 1)
        cells = p[:, np.newaxis] + grid.passed[step[:, 0], step[:, 1]]
        is_passed = grid.is_passed[step[:, 0], step[:, 1]]
        number = cells[..., 0] * grid.rows + cells[..., 1]
        counts = np.bincount(number[is_passed], minlength=grid.columns * grid.rows)
        return counts.reshape(grid.columns, grid.rows)


def _crossings(start: IntArray, end: IntArray, p: IntArray, q: IntArray) -> IntArray:
    """Return how many lines p-q (line, 2) each trial's lines from start (trial, edge, 2) to end cross."""
    ax, ay = start[..., 0, np.newaxis], start[..., 1, np.newaxis]  # (trial, edge, 1)
    bx, by = end[np.newaxis, :, 0, np.newaxis], end[np.newaxis, :, 1, np.newaxis]
    px, py, qx, qy = p[:, 0], p[:, 1], q[:, 0], q[:, 1]
    dx, dy, ex, ey = bx - ax, by - ay, qx - px, qy - py
    parts = (dx * (py - ay) - dy * (px - ax)) * (dx * (qy - ay) - dy * (qx - ax)) < 0
    parted = (ex * (ay - py) - ey * (ax - px)) * (ex * (by - py) - ey * (bx - px)) < 0
    return np.asarray(np.count_nonzero(parts & parted, axis=(1, 2)))


def _room(taken: IntArray, columns: int, rows: int) -> tuple[IntArray, IntArray]:
    """Return where a piece fits into a grid, (trial, 2), and the numbers of the cells it takes there."""
    low, high = taken.min(axis=0), taken.max(axis=0)
    places = [(c, r) for c in range(-low[0], columns - high[0]) for r in range(-low[1], rows - high[1])]
    trials = np.array(places, dtype=np.int32)
    cells = trials[:, np.newaxis] + taken[np.newaxis]
    return trials, cells[..., 0] * rows + cells[..., 1]


def _size(taken: Sequence[IntArray]) -> tuple[int, int]:
    """Return how many columns and rows the grid gets: room to move, half as wide again as high."""
    n_cells = sum(map(len, taken)) * _ROOM // 100
    columns = max(
        isqrt(n_cells * 4 // 5) + 1, *(int(one[:, 0].max() - one[:, 0].min()) + 1 for one in taken), 2
    )
    highest = max(int(one[:, 1].max() - one[:, 1].min()) + 1 for one in taken)
    return columns, max(-(-n_cells // columns), highest + 2)


def _grid(columns: int, rows: int) -> Grid:
    """Return the lines of a grid."""
    lines = {(x, y): _passed(x, y) for x in range(columns) for y in range(rows)}
    most = max(map(len, lines.values()), default=0) or 1
    shape = 2 * columns - 1, 2 * rows - 1
    length = np.zeros(shape, dtype=np.int64)
    passed = np.zeros((*shape, most, 2), dtype=np.int32)
    is_passed = np.zeros((*shape, most), dtype=bool)
    for (x, y), cells in lines.items():
        distance = isqrt((x * _WIDE) ** 2 + (y * _HIGH) ** 2)
        for sx, sy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            at = columns - 1 + sx * x, rows - 1 + sy * y
            length[at] = distance + distance * distance // _FAR
            for i, (cx, cy) in enumerate(cells):
                passed[(*at, i)] = sx * cx, sy * cy
                is_passed[(*at, i)] = True
    return Grid(columns, rows, length, passed, is_passed)


def _passed(x: int, y: int) -> list[tuple[int, int]]:
    """Return the cells that a line to (x, y) runs through, both not negative, its ends left out.

    What it grazes does not count: words leave some room at the edges of their cells.
    """
    n = _SAMPLES * max(x, y, 1)
    found: dict[tuple[int, int], None] = {}
    for t in range(1, n):
        cx, cy = (2 * x * t + n) // (2 * n), (2 * y * t + n) // (2 * n)
        if abs(x * t - cx * n) * 100 <= 42 * n and abs(y * t - cy * n) * 100 <= 42 * n:
            found[cx, cy] = None
    return [cell for cell in found if cell not in ((0, 0), (x, y))]


class _Noise:
    """Whole numbers that look random, the same everywhere."""

    def __init__(self) -> None:
        self.count = 0

    def below(self, bound: int, n: int) -> IntArray:
        """Return `n` numbers from 0 to below `bound`."""
        state = np.arange(self.count, self.count + n, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        self.count += n
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
        return ((state >> np.uint64(33)) % np.uint64(bound)).astype(np.int64)


def _packed(pieces: Sequence[Piece], at: IntArray) -> list[tuple[int, int]]:
    """Return places without empty columns and rows."""
    cells = [
        (c + int(x), r + int(y)) for piece, (x, y) in zip(pieces, at, strict=True) for c, r in piece.taken
    ]
    columns, rows = sorted({c for c, _ in cells}), sorted({r for _, r in cells})
    found = []
    for piece, (x, y) in zip(pieces, at, strict=True):
        column, row = min(piece.taken)
        found.append((columns.index(column + int(x)) - column, rows.index(row + int(y)) - row))
    return found
