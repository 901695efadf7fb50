"""The chance of each claim under an account, from the trajectories of its draws.

In come claims and what the engine made of their atoms, in the run as it is and in those that a
`do(...)` asks for; out come truth and margin of every claim per draw, and from them its chance. What
became of a claim is in `status.py`, how the chances fared in `scores.py`.

A chance is never 0 or 1. That all draws agree says that no draw holds a rare turn of events, not
that there is none, and one surprise would make the logarithmic score infinite. So with probability
`RARE` the account is taken to know nothing:

    chance = (1 - RARE) * part of draws in which the claim holds + RARE * 1/2

which lies between 0.01 and 0.99. The bare part is kept beside it as `raw`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.claims import Claim
from realities.case.predicates import Intervention, evaluate

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Probability of a turn of events that no draw holds; then a claim has an even chance.
RARE: Final = 0.02

#: Trajectories by variable name, each (draw, time).
Signals = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class ClaimChance:
    """The chance of one claim under one account.

    `chance` includes rare turns, `raw` is the part of draws in which the claim holds, `margin` the
    median robustness, in the units of what the predicate compares. The three are None if no draw has
    an answer. `n_undefined` of `n_draws` have none: they left the real numbers where the predicate
    looks. `error` is the standard error of `chance` that comes from the number of draws.
    """

    chance: float | None
    raw: float | None
    margin: float | None
    error: float | None
    n_draws: int
    n_undefined: int


def with_rare_turns(raw: float) -> float:
    """Return a chance that allows for what no draw holds.

    Examples
    --------
    >>> with_rare_turns(0.0), with_rare_turns(0.5), with_rare_turns(1.0)
    (0.01, 0.5, 0.99)
    """
    return (1.0 - RARE) * raw + RARE * 0.5


def needed_outputs(claims: Sequence[Claim]) -> dict[Intervention, tuple[str, ...]]:
    """Return the variables that claims need, by what has to be held; () is the run as it is.

    Every run but the plain one is paired with it: the same draws, with variables held.
    """
    needed: dict[Intervention, dict[str, None]] = {}
    for claim in claims:
        for atom in claim.predicate.atoms if claim.predicate is not None else ():
            needed.setdefault(atom.do, {})[atom.name] = None
    return {do: tuple(sorted(needed[do])) for do in sorted(needed)}


def claim_times(claims: Sequence[Claim], times: FloatArray) -> FloatArray:
    """Return a grid with the times at which the predicates look exactly, ascending.

    Parameters
    ----------
    claims
        The claims.
    times
        The grid wanted otherwise, in model time, such as the save points of the model.
    """
    exact = [time for claim in claims if claim.predicate is not None for time in claim.predicate.times]
    return np.unique(np.concatenate([np.asarray(times, dtype=np.float64), exact]))


def judge_draws(
    claims: Sequence[Claim],
    runs: Mapping[Intervention, Signals],
    times: FloatArray,
    calendar: Calendar,
) -> dict[str, tuple[BoolArray, FloatArray]]:
    """Return truth and margin of each claim with a predicate, by its id, each (draw,).

    Parameters
    ----------
    claims
        The claims; those without a predicate are passed over.
    runs
        For each intervention of `needed_outputs`, the trajectories of its variables: the same draws in
        each, on the same grid.
    times
        The grid, in model time, ascending.
    calendar
        Of the case.

    Returns
    -------
    Truth and robustness; NaN in the latter, and False, where a draw has no answer. Blocks of draws
    may be judged one after the other and joined: `claim_chance` takes any number.
    """
    judged = {}
    for claim in claims:
        if claim.predicate is not None:
            signals = {atom: runs[atom.do][atom.name] for atom in claim.predicate.atoms}
            judged[claim.id] = evaluate(claim.predicate, signals, times, calendar.time_of(claim.made))
    return judged


def claim_chance(truth: BoolArray, robustness: FloatArray, failed: BoolArray | None = None) -> ClaimChance:
    """Return the chance of a claim from its truth and margin per draw.

    Parameters
    ----------
    truth, robustness
        From `judge_draws`, each (draw,).
    failed
        Draws, (draw,), to leave out and count beside those whose robustness is NaN.
    """
    defined = ~np.isnan(robustness)
    if failed is not None:
        defined &= ~failed
    n_draws, n = int(truth.size), int(defined.sum())
    if not n:
        return ClaimChance(None, None, None, None, n_draws, n_draws)
    raw = float(truth[defined].mean())
    ordered = np.sort(robustness[defined])  # the median of a middle pair may be infinite on both sides
    low, high = float(ordered[(n - 1) // 2]), float(ordered[n // 2])
    margin = low if low == high else 0.5 * (low + high) if np.isfinite([low, high]).all() else low
    error = (1.0 - RARE) * float(np.sqrt(raw * (1.0 - raw) / n))
    return ClaimChance(with_rare_turns(raw), raw, margin, error, n_draws, n_draws - n)


def claim_chances(
    claims: Sequence[Claim],
    runs: Mapping[Intervention, Signals],
    times: FloatArray,
    calendar: Calendar,
    failed: BoolArray | None = None,
) -> dict[str, ClaimChance]:
    """Return the chance of each claim with a predicate, by its id: `judge_draws`, then `claim_chance`."""
    judged = judge_draws(claims, runs, times, calendar)
    return {name: claim_chance(truth, margin, failed) for name, (truth, margin) in judged.items()}
