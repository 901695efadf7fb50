"""Whether chances given to accounts come true as often as they say.

In come the probability that each data set gave to an account, and whether the account was the one that made
the data; out come the usual parts of the Brier score and what each may be by chance, had every probability
been right (consistency resampling). Next is `table.py`.

References
----------
Brocker, J. and Smith, L. A. (2007). Increasing the reliability of reliability diagrams. Weather and
Forecasting 22(3), 651-661.
Murphy, A. H. (1973). A new vector partition of the probability score. Journal of Applied Meteorology 12(4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

N_BINS = 10
N_IMAGINED = 4000


@dataclass(frozen=True, slots=True)
class Reliability:
    """Calibration of the probabilities of one account over many data sets.

    `bins` are (least, most, how many, mean probability, share that came true). `miscalibration` is the
    reliability part of the Brier score, zero where all bins are right; `allowed` what it stays below in 95
    of 100 collections of right probabilities. `gap` is the mean probability less the share that came true,
    in standard deviations, `gap_allowed` what it stays below, on either side, in 95 of 100: more than two
    where nearly all probabilities are near 0 or 1 and one miss is much. `drift` is the mean probability less
    the prior's, in standard errors.
    """

    n: int
    brier: float
    miscalibration: float
    allowed: float
    gap: float
    gap_allowed: float
    drift: float
    mean: float
    bins: tuple[tuple[float, float, int, float, float], ...]

    @property
    def is_calibrated(self) -> bool:
        """Whether chance alone explains what is seen."""
        return (
            self.miscalibration <= self.allowed
            and abs(self.gap) <= self.gap_allowed
            and abs(self.drift) <= 2.0
        )


def reliability(chances: FloatArray, came_true: BoolArray, prior: float, seed: int = 0) -> Reliability:
    """Return how well probabilities (data set,) fit what came true (data set,), given the prior's."""
    n = len(chances)
    rng = np.random.default_rng(seed)
    which = np.minimum((chances * N_BINS).astype(np.int64), N_BINS - 1)
    imagined = rng.random((N_IMAGINED, n)) < chances
    scatter = _miscalibration(chances, imagined, which)
    misses = np.abs((chances - imagined).sum(axis=1))
    variance = float((chances * (1.0 - chances)).sum())
    spread = float(np.std(chances, ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return Reliability(
        n=n,
        brier=float(((chances - came_true) ** 2).mean()),
        miscalibration=float(_miscalibration(chances, came_true[None], which)[0]),
        allowed=float(np.quantile(scatter, 0.95)),
        gap=_ratio(float((chances - came_true).sum()), np.sqrt(variance)),
        gap_allowed=_ratio(float(np.quantile(misses, 0.95, method="higher")), np.sqrt(variance)),
        drift=_ratio(float(chances.mean()) - prior, spread),
        mean=float(chances.mean()),
        bins=tuple(_bin(chances, came_true, which, k) for k in range(N_BINS) if (which == k).any()),
    )


def _miscalibration(chances: FloatArray, outcomes: BoolArray, which: NDArray[np.int64]) -> FloatArray:
    """Return the reliability part of the Brier score for outcomes (collection, data set), (collection,)."""
    of_bin = np.eye(N_BINS)[which]  # (data set, bin)
    off = (chances - outcomes) @ of_bin
    return np.asarray((off**2 / np.maximum(of_bin.sum(axis=0), 1.0)).sum(axis=1) / len(chances))


def _bin(
    chances: FloatArray, came_true: BoolArray, which: NDArray[np.int64], k: int
) -> tuple[float, float, int, float, float]:
    here = which == k
    mean, share = float(chances[here].mean()), float(came_true[here].mean())
    return k / N_BINS, (k + 1) / N_BINS, int(here.sum()), mean, share


def _ratio(value: float, unit: float) -> float:
    """Return a value in units, zero where both are nothing."""
    return value / unit if unit > 0 else 0.0 if abs(value) < 1e-9 else float(np.copysign(np.inf, value))
