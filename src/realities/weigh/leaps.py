"""From one date asked for straight to the next, for a quick look at few dates.

In come a case, an account and dates, as for `sequence.py`; out comes the same. Here no cloud goes through
what lies between: importance draws from the mixture that was fitted at one date are weighed by what is known
at the next, and refined there; where they are too far off, particles are tempered from that mixture. With
few dates that takes half the work, but what is found at a date depends on the dates before it, by no more
than its error, and there is neither a cloud to go on from nor the evidence of what still stands. `sampled`
says which of the two ways is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.case.observations import Observation
from realities.weigh.dates import known_on
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.sampling.evidence import Run, sample_run
from realities.weigh.sampling.importance import StudentMixture
from realities.weigh.sampling.moves import FloatArray, StandardNormal
from realities.weigh.sequence import AccountRun, Path, follow

#: What a random stream is for, after the seed: numbers below are those of `sequence.py`.
_LEAP = 10


def sampled(case: Case, path: Path) -> list[AccountRun]:
    """Return what one run finds at each of its dates, by leaps where the settings and the task allow it.

    Raises
    ------
    InputError
        If a row or event published by the last of them is wrong.
    """
    if not path.settings.leaps or path.with_bases or path.start is not None:
        return follow(case, path)
    case.check_as_of(path.dates[-1])
    found: list[AccountRun] = []
    for day in path.dates:
        found.append(leap(case, path, day, found[-1] if found else None))
    return found


def leap(
    case: Case,
    path: Path,
    day: date,
    before: AccountRun | None,
    rows: Sequence[Observation] | None = None,
) -> AccountRun:
    """Return what a run finds at a date, from what it found at the one before.

    `rows` are those that weigh, if not all that are known on the day.
    """
    known = known_on(case, day)
    weighing = known.rows if rows is None else tuple(rows)
    likelihood = AccountLikelihood(case, path.account, day, width=path.width, rows=weighing)
    names = likelihood.space.names
    if not likelihood.observations or not names:
        return AccountRun(names, None)
    since = 0 if known.since is None else known.since.toordinal()
    run = sample_run(
        likelihood,
        likelihood.dimension,
        settings=path.settings,
        seed=[*path.seed, _LEAP, since],
        number=path.number,
        start=None if before is None else _carried_over(before, names),
    )
    return AccountRun(names, run)


@dataclass(frozen=True, slots=True)
class _CarriedOver:
    """Where particles start: an earlier posterior for the numbers it knew, the prior for new ones."""

    earlier: StudentMixture
    known: NDArray[np.intp]
    new: NDArray[np.intp]

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        points = np.empty((n, len(self.known) + len(self.new)))
        points[:, self.known] = self.earlier.sample(n, rng)
        points[:, self.new] = rng.standard_normal((n, len(self.new)))
        return points

    def log_density(self, points: FloatArray) -> FloatArray:
        fresh = StandardNormal(len(self.new)).log_density(points[:, self.new])
        return np.asarray(self.earlier.log_density(points[:, self.known]) + fresh)


def _carried_over(before: AccountRun, names: Sequence[str]) -> _CarriedOver | None:
    """Return a start for some numbers from a mixture over others; None where they have nothing in common."""
    shared = [name for name in before.names if name in names]
    if not isinstance(before.found, Run) or not shared:
        return None
    kept = np.array([before.names.index(name) for name in shared])
    known = np.array([names.index(name) for name in shared], dtype=np.intp)
    new = np.array([k for k, name in enumerate(names) if name not in before.names], dtype=np.intp)
    return _CarriedOver(before.found.proposal.marginal(kept), known, new)
