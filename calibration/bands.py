"""How far ranks may stray from even before chance alone no longer explains it.

In come ranks in 0..n_draws of true values among posterior draws; out comes whether their empirical
distribution stays inside a simultaneous band about the even one, and how often even ranks stray as far. The
band holds a share of all sets of even ranks in full, not point by point: its level is found with the exact
probability that a set of ranks stays inside. Next is `reliability.py`.

References
----------
Sailynoja, T., Burkner, P.-C. and Vehtari, A. (2022). Graphical test for discrete uniformity and its
applications in goodness-of-fit evaluation and multiple sample comparison. Statistics and Computing 32, 32.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import binom

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Halvings of the point-by-point level: it is then known to a part in a million.
_HALVINGS = 20


@dataclass(frozen=True, slots=True)
class Band:
    """Fewest and most ranks below each cut, both allowed; `cuts` are (n_draws,), counts (n_draws,).

    Cut k stands for ranks below k + 1; the last cut, of all ranks, is left out: it is always n_sets.
    """

    n_sets: int
    n_draws: int
    low: IntArray
    high: IntArray


def _shares(n_draws: int) -> FloatArray:
    return np.arange(1, n_draws + 1) / (n_draws + 1)


@lru_cache(maxsize=64)
def simultaneous_band(n_sets: int, n_draws: int, outside: float = 0.05) -> Band:
    """Return the band that even ranks of `n_sets` data sets leave with a probability of at most `outside`.

    Parameters
    ----------
    n_sets
        How many data sets were ranked.
    n_draws
        Among how many posterior draws: ranks are 0..n_draws.
    outside
        For several quantities, share it out among them (Bonferroni).
    """
    too_wide, too_narrow = 0.0, outside
    for _ in range(_HALVINGS):
        level = 0.5 * (too_wide + too_narrow)
        if probability_inside(_pointwise(n_sets, n_draws, level)) >= 1.0 - outside:
            too_wide = level
        else:
            too_narrow = level
    return _pointwise(n_sets, n_draws, too_wide)


def _pointwise(n_sets: int, n_draws: int, level: float) -> Band:
    """Return the band that holds the counts below any one cut with probability 1 - level at least."""
    shares = _shares(n_draws)
    if level <= 0:
        return Band(n_sets, n_draws, np.zeros(n_draws, dtype=np.int64), np.full(n_draws, n_sets))
    low = np.asarray(binom.ppf(0.5 * level, n_sets, shares), dtype=np.int64)
    high = np.asarray(binom.isf(0.5 * level, n_sets, shares), dtype=np.int64)
    return Band(n_sets, n_draws, low, high)


def probability_inside(band: Band) -> float:
    """Return the probability that even ranks stay inside a band at every cut.

    The count below the next cut depends on the past through the count below this one alone, so one pass over
    the cuts carries the probabilities of all counts that are still inside.
    """
    n = band.n_sets
    log_factorial = gammaln(np.arange(n + 1) + 1.0)
    counts, chances = np.zeros(1, dtype=np.int64), np.ones(1)
    for k, (low, high) in enumerate(zip(band.low.tolist(), band.high.tolist(), strict=True)):
        following = np.arange(low, high + 1)
        left, more = n - counts[:, None], following - counts[:, None]  # (count, next count)
        share = 1.0 / (band.n_draws + 1 - k)  # of what lies above the last cut
        possible = more >= 0
        taken = np.where(possible, more, 0)
        log_step = log_factorial[left] - log_factorial[taken] - log_factorial[np.maximum(left - taken, 0)]
        log_step = log_step + taken * np.log(share) + (left - taken) * np.log1p(-share)
        chances = chances @ np.where(possible, np.exp(log_step), 0.0)
        counts = following
    return float(chances.sum())


def counts_below(ranks: IntArray, n_draws: int) -> IntArray:
    """Return how many ranks lie below each cut, shape (n_draws,)."""
    found = np.bincount(ranks, minlength=n_draws + 1).cumsum()[:-1]
    return np.asarray(found, dtype=np.int64)


def chance_of_more(ranks: IntArray, n_draws: int) -> float:
    """Return the probability that even ranks stray as far as these, at the cut where these stray most.

    How far a count strays is how improbable it is, to its side, at its own cut; the probability of straying
    so far at some cut is exact.
    """
    n_sets, shares = len(ranks), _shares(n_draws)
    counts = counts_below(ranks, n_draws)
    sides = np.minimum(binom.cdf(counts, n_sets, shares), binom.sf(counts - 1, n_sets, shares))
    level = min(2.0 * float(sides.min()) * (1.0 + 1e-9), 1.0)  # just above: the band these leave
    return 1.0 - probability_inside(_pointwise(n_sets, n_draws, level))


def is_inside(ranks: IntArray, band: Band) -> bool:
    """Return whether ranks stay inside a band at every cut."""
    counts = counts_below(ranks, band.n_draws)
    return bool(((counts >= band.low) & (counts <= band.high)).all())
