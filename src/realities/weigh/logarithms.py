"""Sums of numbers that are known by their logarithms.

In come logarithms; out comes the logarithm of their sum along an axis. SciPy has the same for any array
library, which takes several times as long on the small arrays that likelihoods are made of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def log_sum(logs: FloatArray, axis: int = -1) -> FloatArray:
    """Return log(sum(exp(logs))) along an axis, which goes away; minus infinity where all of them are.

    Examples
    --------
    >>> log_sum(np.array([[-1000.0, -1000.0], [-np.inf, -np.inf]])).tolist()
    [-999.3068528194401, -inf]
    """
    top = logs.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(logs - top).sum(axis=axis)) + top.squeeze(axis))
