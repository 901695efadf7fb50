"""Reliability: whether things said to have a chance of 7 in 10 happen 7 times in 10.

In come chances and outcomes; out come the bins of a reliability diagram, each with the range in which the
share that happened would lie if the chances were right, and the parts of the mean Brier score. Scores as such
are in `scores.py`, those of a whole case in `scorecard.py`.

The mean Brier score is split in two ways, and either adds up exactly:

    binned      reliability - resolution + uncertainty + within_variance - within_covariance
    recalibrated    miscalibration - discrimination + uncertainty

The first takes the bins of the diagram; its last two terms are what varies inside a bin, and vanish where all
chances of a bin are equal. The second has no bins: the chances are replaced by the non-decreasing function of
them that fits the outcomes best.

References
----------
Murphy, A. (1973). A new vector partition of the probability score. Journal of Applied Meteorology
12(4), 595-600.

Stephenson, D., Coelho, C. and Jolliffe, I. (2008). Two extra components in the Brier score decomposition.
Weather and Forecasting 23(4), 752-757.

Bröcker, J. and Smith, L. (2007). Increasing the reliability of reliability diagrams. Weather and
Forecasting 22(3), 651-661.

Dimitriadis, T., Gneiting, T. and Jordan, A. (2021). Stable reliability diagrams for probabilistic
classifiers. Proceedings of the National Academy of Sciences 118(8), e2016191118.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Chances that separate the bins of a reliability diagram.
BINS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
#: Part of the outcomes, were the chances right, that the range of a bin holds at least.
CONSISTENT: Final = 0.9


@dataclass(frozen=True, slots=True)
class Bin:
    """Chances from `low` to `high`: how many, their mean, and the part of them that happened.

    Were the chances right, that part would lie from `least` to `most` in at least 90 of 100 cases: the
    consistency interval of Bröcker and Smith, with the chances held as they are, so that it is exact.
    """

    low: float
    high: float
    n: int
    mean_chance: float | None
    frequency: float | None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class BrierParts:
    """The parts of a mean Brier score over bins; see the head of this file for how they add up."""

    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float = 0.0
    within_covariance: float = 0.0

    @property
    def brier(self) -> float:
        """The mean Brier score of which these are the parts."""
        between = self.reliability - self.resolution + self.uncertainty
        return between + self.within_variance - self.within_covariance


@dataclass(frozen=True, slots=True)
class RecalibratedParts:
    """The parts of a mean Brier score without bins; see the head of this file for how they add up."""

    miscalibration: float
    discrimination: float
    uncertainty: float

    @property
    def brier(self) -> float:
        """The mean Brier score of which these are the parts."""
        return self.miscalibration - self.discrimination + self.uncertainty


def reliability(
    chances: Sequence[float], happened: Sequence[bool], edges: Sequence[float] = BINS
) -> tuple[Bin, ...]:
    """Return a reliability diagram: one bin between each two edges, empty ones too.

    A chance on an edge belongs to the bin above it; 1 to the last.
    """
    p, o = paired(chances, happened)
    inside = _bin_of(p, edges)
    bins = []
    for k in range(len(edges) - 1):
        here = inside == k
        n = int(here.sum())
        if not n:
            bins.append(Bin(edges[k], edges[k + 1], 0, None, None))
            continue
        least, most = consistent(p[here])
        means = float(p[here].mean()), float(o[here].mean())
        bins.append(Bin(edges[k], edges[k + 1], n, *means, least, most))
    return tuple(bins)


def consistent(chances: FloatArray, coverage: float = CONSISTENT) -> tuple[float, float]:
    """Return the range of the part that happens, if each thing happens with its own chance.

    The number that happen has a Poisson-binomial distribution, which is computed in full: the ends are its
    quantiles at (1 - coverage)/2 and 1 - (1 - coverage)/2, over the number of chances, at least one.

    Examples
    --------
    >>> consistent(np.array([0.5, 0.5]))
    (0.0, 1.0)
    """
    probability = np.ones(1)  # of 0, 1, ... that happen
    for chance in chances:
        probability = np.convolve(probability, [1.0 - chance, chance])
    below = np.cumsum(probability)
    tail = (1.0 - coverage) / 2.0
    ends = np.searchsorted(below, [tail - 1e-12, 1.0 - tail - 1e-12])  # a quantile is reached, not passed
    least, most = np.minimum(ends, len(chances)) / len(chances)
    return float(least), float(most)


def brier_parts(
    chances: Sequence[float], happened: Sequence[bool], edges: Sequence[float] | None = None
) -> BrierParts:
    """Return the parts of the mean Brier score over bins, or, without edges, over groups of equal chances.

    A low reliability and a high resolution are good. All are 0 without any chance.
    """
    p, o = paired(chances, happened)
    if not p.size:
        return BrierParts(0.0, 0.0, 0.0)
    group = np.unique(p, return_inverse=True)[1] if edges is None else _bin_of(p, edges)
    n = np.maximum(np.bincount(group), 1)
    mean_p, mean_o = np.bincount(group, p) / n, np.bincount(group, o) / n
    rate, dp, do = float(o.mean()), p - mean_p[group], o - mean_o[group]
    return BrierParts(
        reliability=float(((mean_p - mean_o)[group] ** 2).mean()),
        resolution=float(((mean_o[group] - rate) ** 2).mean()),
        uncertainty=rate * (1.0 - rate),
        within_variance=float((dp**2).mean()),
        within_covariance=float(2.0 * (dp * do).mean()),
    )


def recalibrated_parts(chances: Sequence[float], happened: Sequence[bool]) -> RecalibratedParts:
    """Return miscalibration, discrimination and uncertainty; all are 0 without any chance.

    Miscalibration is what the best non-decreasing function of the chances would gain over them,
    discrimination what it gains over always saying how many happened. Neither can be negative.
    """
    p, o = paired(chances, happened)
    if not p.size:
        return RecalibratedParts(0.0, 0.0, 0.0)
    rate = float(o.mean())
    uncertainty, best = rate * (1.0 - rate), float(((recalibrated(p, o) - o) ** 2).mean())
    return RecalibratedParts(float(((p - o) ** 2).mean()) - best, uncertainty - best, uncertainty)


def recalibrated(chances: FloatArray, happened: FloatArray) -> FloatArray:
    """Return the non-decreasing function of chances nearest to outcomes, at every chance, (chance,).

    Isotonic regression by pooling adjacent violators: equal chances are one block from the start, and two
    neighbours become one as long as the lower is not below the higher. (SciPy has it only from 1.12.)
    """
    values, group = np.unique(chances, return_inverse=True)
    blocks: list[tuple[float, float, int]] = []  # sum of outcomes, their number, distinct chances
    for total, n in zip(np.bincount(group, happened), np.bincount(group), strict=True):
        block = (float(total), float(n), 1)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    fitted = np.repeat([total / n for total, n, _ in blocks], [size for *_, size in blocks])
    assert len(fitted) == len(values)
    return np.asarray(fitted[group], dtype=np.float64)


def paired(chances: Sequence[float], happened: Sequence[bool]) -> tuple[FloatArray, FloatArray]:
    """Return chances and outcomes (1 or 0) as arrays; `ValueError` if they do not match or are none."""
    if len(chances) != len(happened):
        raise ValueError(f"{len(chances)} chances for {len(happened)} outcomes")
    p, o = np.array(chances, dtype=np.float64), np.array(happened, dtype=np.float64)
    if not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError("a chance lies between 0 and 1")
    return p, o


def _bin_of(chances: FloatArray, edges: Sequence[float]) -> NDArray[np.intp]:
    return np.clip(np.searchsorted(edges, chances, side="right") - 1, 0, len(edges) - 2)
