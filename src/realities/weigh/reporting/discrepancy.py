"""Model error of one quantity, drawn: paths of the discrepancy given the reports.

`reporting.py` draws a path at the days of the rows, one for each posterior draw; here it is continued to
any other days. The process forgets at a constant rate and has no other memory, so a value between or
beyond known days depends only on the nearest known ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.weigh.reporting.gaussian import Wander

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DiscrepancyPath:
    """A drawn discrepancy: `values` (draw, day) at ascending `days` (day,), on the measure's scale."""

    wander: Wander
    days: FloatArray
    values: FloatArray

    def taken(self, kept: NDArray[np.intp]) -> DiscrepancyPath:
        """Return the paths of some of the draws, by position."""
        return DiscrepancyPath(self.wander, self.days, self.values[kept])

    def sample(self, days: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return the path at other days, in any order, shape (draw, len(days)).

        Days that are known already get their known values; with no known days it is a fresh path.
        """
        return sample_paths([self], days, n_draws, [rng])[0]

    def made_of(self, wanted: FloatArray) -> _MadeOf:
        """Return what values at ascending days are made of."""
        after = np.searchsorted(self.days, wanted)
        edges = np.concatenate([[-np.inf], self.days, [np.inf]])  # known day k stands at k + 1
        before = np.concatenate([[-np.inf], wanted[:-1]])
        is_known = (after > 0) & (edges[after] >= before)
        a = np.exp(-(wanted - np.where(is_known, edges[after], before)) / self.wander.timescale_days)
        b = np.exp(-(edges[after + 1] - wanted) / self.wander.timescale_days)
        both = 1.0 - (a * b) ** 2
        same = both <= 0.0  # all three on one day
        whole = np.where(same, 1.0, both)
        free_left, free_right = 1.0 - a**2, 1.0 - b**2
        return _MadeOf(
            of_left=np.where(same, 0.0, a * free_right / whole),
            of_right=np.where(same, 1.0, b * free_left / whole),
            sd=np.where(same, 0.0, self.wander.sd * np.sqrt(free_left * free_right / whole)),
            left=np.where(is_known, after - 1, -1),
            right=np.where(after < len(self.days), after, -1),
        )


@dataclass(frozen=True, slots=True)
class _MadeOf:
    """What the values of a path at some days are made of, each (day,).

    Shares of the values to the left and right in the mean, and the standard deviation; the known day to
    the left, -1 where that is the wanted day before, and the known day to the right, -1 for none.
    """

    of_left: FloatArray
    of_right: FloatArray
    sd: FloatArray
    left: NDArray[np.intp]
    right: NDArray[np.intp]


def sample_paths(
    paths: Sequence[DiscrepancyPath], days: FloatArray, n_draws: int, rngs: Sequence[np.random.Generator]
) -> list[FloatArray]:
    """Return several paths at the same days, in any order, each (draw, day), each from its own generator.

    One pass over the days serves all paths and draws: a day's value depends on the day before, and on the
    nearest known values.
    """
    if not paths:
        return []
    wanted, back = np.unique(days, return_inverse=True)
    found = np.empty((len(wanted), len(paths), n_draws))
    for q, rng in enumerate(rngs):
        found[:, q] = rng.standard_normal((n_draws, len(wanted))).T
    made = [path.made_of(wanted) for path in paths]
    known = [np.ascontiguousarray(path.values.T) for path in paths]
    before = np.array([np.where(one.left >= 0, 0.0, one.of_left) for one in made])
    sds = np.array([one.sd for one in made])
    near: list[list[tuple[int, _MadeOf]]] = [[] for _ in wanted]  # paths that have known values beside a day
    for q, one in enumerate(made):
        for i in np.flatnonzero((one.left >= 0) | (one.right >= 0)).tolist():
            near[i].append((q, one))
    for i, row in enumerate(found):
        row *= sds[:, i, None]
        if i:
            row += before[:, i, None] * found[i - 1]
        for q, one in near[i]:
            if one.left[i] >= 0:
                row[q] += one.of_left[i] * known[q][one.left[i]]
            if one.right[i] >= 0:
                row[q] += one.of_right[i] * known[q][one.right[i]]
    order = slice(None) if np.array_equal(wanted, days) else back.reshape(-1)
    return [found[order, q].T for q in range(len(paths))]
