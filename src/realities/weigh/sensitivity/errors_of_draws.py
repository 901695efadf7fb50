"""Standard errors of what draws say that repeat posterior points, and how many points they are worth.

In come values and which point each draw repeats; out come errors in which a point counts as one, however
often it is repeated. Next is `assumptions.py`, and `information.py`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def mean_error(values: FloatArray, points: NDArray[np.intp]) -> float:
    """Return the standard error of a mean of draws that repeat points, each (draw,).

    Draws that all agree are not certain: where values are answers, or differences of answers, it is at least
    that of one point more that says otherwise.
    """
    n = len(values)
    place = numbered(points)
    sums = np.bincount(place, values - values.mean())
    counts = np.bincount(place).astype(np.float64)
    one_more = (counts**2).sum() / n**2 if np.ptp(values) == 0 and values[0] in (-1.0, 0.0, 1.0) else 0.0
    return float(np.hypot(np.sqrt((sums**2).sum()) / n, one_more))


def n_effective(points: NDArray[np.intp], weights: FloatArray | None = None) -> float:
    """Return how many different points the draws are worth, each (draw,); without weights they are equal."""
    if not len(points):
        return 1.0
    sums = np.bincount(numbered(points), weights).astype(np.float64)
    return float(sums.sum() ** 2 / (sums**2).sum())


def numbered(points: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the points numbered from 0, (draw,)."""
    return np.unique(points, return_inverse=True)[1].reshape(-1)
