"""Model error of one quantity, drawn: paths of the discrepancy given the reports, and walks of biases.

`values.py` draws paths at the days of the rows, one for each posterior draw; here they are continued to
any other days. The processes have no memory but where they stand, so a value between or beyond known days
depends only on the nearest known ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.weigh.reporting.processes import Spell, Walk, Wander

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WalkPath:
    """A drawn walk of one bias: `values` (draw, day) at ascending `days` (day,), on the scale.

    `name` is the reporter's, or that of an origin as parameters have it.
    """

    name: str
    sd: FloatArray
    since: float
    days: FloatArray
    values: FloatArray

    def taken(self, kept: NDArray[np.intp]) -> WalkPath:
        """Return the walks of some of the draws, by position."""
        sd = self.sd if len(self.sd) == 1 else self.sd[kept]
        return WalkPath(self.name, sd, self.since, self.days, self.values[kept])

    def sample(self, days: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return the walk at other days, in any order, shape (draw, len(days)).

        Between known days it is a bridge, after the last it walks on; it starts from zero at `since`.
        """
        walk = Walk(self.sd, self.since)
        wanted, back = np.unique(days, return_inverse=True)
        at = np.concatenate([[0.0], walk.years(self.days)])
        known = np.concatenate([np.zeros((n_draws, 1)), self.values], axis=1)
        found = np.empty((n_draws, len(wanted)))
        here, value = 0.0, known[:, 0]
        for i, time in enumerate(walk.years(wanted)):
            k = int(np.searchsorted(at, time, side="right")) - 1  # the last known day not after this one
            if at[k] >= here:
                here, value = at[k], known[:, k]
            gone, fresh = time - here, rng.standard_normal(n_draws)
            if k + 1 < len(at):
                whole = at[k + 1] - here
                value = value + gone / whole * (known[:, k + 1] - value)
                gone = gone * (at[k + 1] - time) / whole
            value = value + self.sd * np.sqrt(gone) * fresh
            here = time
            found[:, i] = value
        return found[:, back.reshape(-1)]


@dataclass(frozen=True, slots=True)
class SpellPath:
    """Drawn errors of an origin: `values` (draw, day), the same for all days of one stretch of days."""

    name: str
    sd: FloatArray
    period_days: float
    days: FloatArray
    values: FloatArray

    def taken(self, kept: NDArray[np.intp]) -> SpellPath:
        """Return the errors of some of the draws, by position."""
        sd = self.sd if len(self.sd) == 1 else self.sd[kept]
        return SpellPath(self.name, sd, self.period_days, self.days, self.values[kept])

    def sample(self, days: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return errors at other days, in any order, shape (draw, len(days)); of known stretches as known."""
        spell = Spell(self.sd, self.period_days)
        found = spell.sample(days, n_draws, rng)
        same = spell.numbers(days)[:, None] == spell.numbers(self.days)  # (wanted, known)
        is_known = same.any(axis=1)
        found[:, is_known] = self.values[:, same[is_known].argmax(axis=1)] if is_known.any() else 0.0
        return found


@dataclass(frozen=True, slots=True)
class DiscrepancyPath:
    """A drawn discrepancy: `values` (draw, day) at ascending `days` (day,), on the measure's scale.

    Beside it goes what else lasts in the reports of the same quantity, on the scale too.
    """

    wander: Wander
    days: FloatArray
    values: FloatArray
    walks: tuple[WalkPath, ...] = ()
    spells: tuple[SpellPath, ...] = ()

    def taken(self, kept: NDArray[np.intp]) -> DiscrepancyPath:
        """Return the paths of some of the draws, by position."""
        walks = tuple(walk.taken(kept) for walk in self.walks)
        spells = tuple(spell.taken(kept) for spell in self.spells)
        return DiscrepancyPath(self.wander, self.days, self.values[kept], walks, spells)

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
