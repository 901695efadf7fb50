"""Scores: how well chances and forecasts fared once the outcome was known.

In come the chances that accounts gave to claims, with what became of the claims, and ensembles with
what was reported; out come Brier score, logarithmic score and continuous ranked probability score,
skill against stated baselines, and reliability. `study.py` collects the inputs, `report/` shows them.

Never hindsight: a chance counts only if it was computed as of a date before the claim was decided
and not after its deadline (`scoring_dates`). Where an account was written down after that date, its
score is kept and stamped.

References
----------
Gneiting, T. and Raftery, A. (2007). Strictly proper scoring rules, prediction, and estimation.
Journal of the American Statistical Association 102(477), 359-378.

Murphy, A. (1973). A new vector partition of the probability score. Journal of Applied Meteorology
12(4), 595-600.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.case.claims import Claim

FloatArray = NDArray[np.float64]

#: Chances that separate the bins of a reliability diagram.
BINS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)


def brier(chance: float, happened: float) -> float:
    """Return the squared distance of a chance from what happened (1 or 0): 0 is best, 1 worst.

    Examples
    --------
    >>> round(brier(0.8, 1.0), 3)
    0.04
    """
    return (_chance(chance) - happened) ** 2


def log_score(chance: float, happened: float) -> float:
    """Return the natural logarithm of the chance given to what happened: 0 is best, lower is worse.

    Examples
    --------
    >>> round(log_score(0.8, 0.0), 3)
    -1.609
    """
    given = _chance(chance) if happened else 1.0 - _chance(chance)
    return log(given) if given > 0.0 else -np.inf


def crps(members: ArrayLike, observed: ArrayLike, weights: ArrayLike | None = None) -> FloatArray:
    """Return the continuous ranked probability score of ensembles, exactly: 0 is best.

    The integral of (F(x) - 1[x >= observed])^2 over x, where F is the step function of the ensemble;
    summed gap by gap between sorted members, so that nothing cancels.

    Parameters
    ----------
    members
        Draws, shape (draw, ...), finite.
    observed
        What was observed, shape (...), in the unit of the draws.
    weights
        Weight of each draw, shape (draw,), >= 0, not all zero; default: equal.

    Returns
    -------
    Score, shape (...), in the unit of the draws.

    Raises
    ------
    ValueError
        If there is no draw, a value is not finite, shapes do not agree, or weights are negative or
        all zero.
    """
    x, y = np.asarray(members, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    if not x.shape or not x.shape[0] or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("an ensemble needs at least one member, and finite values")
    if y.shape != x.shape[1:]:
        raise ValueError(f"members of shape {x.shape} and observations of shape {y.shape}")
    w = np.ones(x.shape[0]) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != x.shape[:1] or not np.isfinite(w).all() or w.min() < 0.0 or w.sum() <= 0.0:
        raise ValueError("weights need one number >= 0 for each member, not all zero")
    order = np.argsort(x, axis=0, kind="stable")
    x = np.take_along_axis(x, order, axis=0)
    below = np.cumsum((w / w.sum())[order], axis=0)[:-1]  # F between one member and the next
    split = np.clip(y, x[:-1], x[1:])
    gaps = below**2 * (split - x[:-1]) + (1.0 - below) ** 2 * (x[1:] - split)
    score: FloatArray = gaps.sum(axis=0) + np.maximum(x[0] - y, 0.0) + np.maximum(y - x[-1], 0.0)
    return score


def pooled_crps(per_quantity: Mapping[str, tuple[float, int]], sizes: Mapping[str, float]) -> float | None:
    """Return one number for several quantities: the mean of their scores over their own sizes.

    `per_quantity` holds mean score and number of reports, `sizes` the typical size of what was
    reported, both in the quantity's unit. None where no quantity has a report and a size.
    """
    parts = [
        (mean / sizes[quantity], n)
        for quantity, (mean, n) in sorted(per_quantity.items())
        if n > 0 and sizes.get(quantity, 0.0) > 0.0
    ]
    return sum(score for score, _ in parts) / len(parts) if parts else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decided claim and the chances that one account gave it beforehand.

    `when_made` and `last` are as of the day the claim was made and of the last date before it was
    decided and not after its deadline; None where nothing was computed then. `is_hindsight` says that
    the account was written down only after the date of `when_made`.
    """

    claim: str
    claimant: str
    happened: bool
    when_made: float | None
    last: float | None = None
    is_hindsight: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """How one account fared: means over decided claims and over reports; None where there are none.

    `brier` and `log_score` are of the chances when the claims were made, `brier_last` and `log_last` of
    the last ones before the outcome. `skill_half` and `skill_base_rate` say by what part `brier` is
    better than always saying one half, and than always saying how many of the same claims happened:
    1 is perfect, 0 as good, negative worse. `crps` is in multiples of the typical size of a report.
    `n_hindsight` claims were made before the account was written down.
    """

    brier: float | None
    log_score: float | None
    crps: float | None
    brier_last: float | None = None
    log_last: float | None = None
    skill_half: float | None = None
    skill_base_rate: float | None = None
    n_claims: int = 0
    n_hindsight: int = 0


def score_account(verdicts: Sequence[Verdict], *, crps: float | None = None) -> Scores:
    """Return the scores of the chances in `verdicts`; those without a chance count for nothing."""
    made = [(v.when_made, float(v.happened)) for v in verdicts if v.when_made is not None]
    last = [(v.last, float(v.happened)) for v in verdicts if v.last is not None]
    mean = _mean([brier(p, o) for p, o in made])
    base_rate = _mean([o for _, o in made])
    return Scores(
        brier=mean,
        log_score=_mean([log_score(p, o) for p, o in made]),
        crps=crps,
        brier_last=_mean([brier(p, o) for p, o in last]),
        log_last=_mean([log_score(p, o) for p, o in last]),
        skill_half=skill(mean, 0.25),
        skill_base_rate=skill(mean, None if base_rate is None else base_rate * (1.0 - base_rate)),
        n_claims=len(made),
        n_hindsight=sum(v.is_hindsight for v in verdicts if v.when_made is not None),
    )


def score_claimants(verdicts: Sequence[Verdict]) -> dict[str, Scores]:
    """Return the scores of one account's chances, by who made the claims."""
    claimants = sorted({verdict.claimant for verdict in verdicts})
    return {name: score_account([v for v in verdicts if v.claimant == name]) for name in claimants}


def skill(score: float | None, baseline: float | None) -> float | None:
    """Return by what part a score, of which 0 is best, is better than that of a baseline.

    None without a score, or where the baseline is perfect and leaves nothing to improve.
    """
    return 1.0 - score / baseline if score is not None and baseline else None


def scoring_dates(
    claim: Claim, dates: Sequence[date], decided: date | None = None
) -> tuple[date | None, date | None]:
    """Return the as-of dates whose chances may be scored: when the claim was made, and the last.

    Parameters
    ----------
    claim
        The claim.
    dates
        As-of dates for which there are chances.
    decided
        First day on which what was published decided the claim; None if it is open.

    Returns
    -------
    The day the claim was made, if it is among `dates`, and the latest of them that is not before it.
    Both lie before the claim was decided and before its deadline; None where there is no such
    date, as with a claim about what had been published already.
    """
    ends = [day for day in (decided,) if day is not None]
    allowed = [
        day
        for day in dates
        if claim.made <= day
        and (claim.deadline is None or day < claim.deadline or day == claim.made)
        and all(day < end for end in ends)
    ]
    return (claim.made if claim.made in allowed else None), max(allowed, default=None)


@dataclass(frozen=True, slots=True)
class Bin:
    """Chances from `low` to `high`: how many, their mean, and the part of them that happened."""

    low: float
    high: float
    n: int
    mean_chance: float | None
    frequency: float | None


def reliability(
    chances: Sequence[float], happened: Sequence[bool], edges: Sequence[float] = BINS
) -> tuple[Bin, ...]:
    """Return a reliability diagram: one bin between each two edges, empty ones too.

    A chance on an edge belongs to the bin above it; 1 to the last.
    """
    p, o = _paired(chances, happened)
    inside = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, len(edges) - 2)
    bins = []
    for k in range(len(edges) - 1):
        here = inside == k
        n = int(here.sum())
        means = (float(p[here].mean()), float(o[here].mean())) if n else (None, None)
        bins.append(Bin(edges[k], edges[k + 1], n, *means))
    return tuple(bins)


def brier_parts(chances: Sequence[float], happened: Sequence[bool]) -> tuple[float, float, float]:
    """Return reliability, resolution and uncertainty, grouping equal chances.

    The mean Brier score is reliability - resolution + uncertainty; a low reliability and a high
    resolution are good. All are 0 without any chance.
    """
    p, o = _paired(chances, happened)
    if not p.size:
        return 0.0, 0.0, 0.0
    rate = float(o.mean())
    reliable = resolved = 0.0
    for value in np.unique(p):
        here = p == value
        part, frequency = float(here.mean()), float(o[here].mean())
        reliable += part * (float(value) - frequency) ** 2
        resolved += part * (frequency - rate) ** 2
    return reliable, resolved, rate * (1.0 - rate)


def _chance(chance: float) -> float:
    if not 0.0 <= chance <= 1.0:
        raise ValueError(f"a chance lies between 0 and 1, not at {chance}")
    return chance


def _paired(chances: Sequence[float], happened: Sequence[bool]) -> tuple[FloatArray, FloatArray]:
    if len(chances) != len(happened):
        raise ValueError(f"{len(chances)} chances for {len(happened)} outcomes")
    return np.array([_chance(p) for p in chances], dtype=np.float64), np.array(happened, dtype=np.float64)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
