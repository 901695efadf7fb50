"""Scoring rules: how well one chance or one forecast fared once the outcome was known.

In comes a chance with what happened, or an ensemble with what was reported; out comes Brier score,
logarithmic score or continuous ranked probability score. All three are proper: nobody gains by saying
anything but what they believe. `tally.py` takes means over claims, `scorecard.py` over a whole case.

References
----------
Gneiting, T. and Raftery, A. (2007). Strictly proper scoring rules, prediction, and estimation.
Journal of the American Statistical Association 102(477), 359-378.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


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


def skill(score: float | None, baseline: float | None) -> float | None:
    """Return by what part a score, of which 0 is best, is better than that of a baseline.

    None without a score, or where the baseline is perfect and leaves nothing to improve.
    """
    return 1.0 - score / baseline if score is not None and baseline else None


def _chance(chance: float) -> float:
    if not 0.0 <= chance <= 1.0:
        raise ValueError(f"a chance lies between 0 and 1, not at {chance}")
    return chance
