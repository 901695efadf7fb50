"""Means under another prior, or without a report, from draws that are already there.

In come importance draws with their weights, and what each draw's weight becomes when a prior or a report is
another; out comes the logarithm of the ratio of the two evidences, its standard error, and the shape k-hat
of the new weights' tail, which says whether the draws reach that far. Both sets of weights are smoothed in
the same way, so that what changes nothing changes exactly nothing. Next are `widths.py` and `influence.py`.

References
----------
Vehtari, A. et al. (2024). Pareto smoothed importance sampling. Journal of Machine Learning Research 25(72).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from realities.weigh.sampling.importance import k_hat, pareto_tail
from realities.weigh.sampling.moves import effective_number, normalized

FloatArray = NDArray[np.float64]

#: Weights nearer to one another than this part of the largest differ by rounding alone.
LEAST_EXCESS = 1e-12


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much larger one evidence is than another, as a logarithm, and how far to trust that.

    `effective` is the number of draws that the new weights are worth, `k_hat` the shape of their tail.
    """

    log_ratio: float
    error: float
    k_hat: float
    effective: float


def log_ratio(before: FloatArray, after: FloatArray) -> Ratio:
    """Return the log of the ratio of two evidences from the logs of both weights of the same draws, (draw,).

    The standard error is that of a ratio of two means over the same draws, to first order.

    Examples
    --------
    >>> log_ratio(np.zeros(100), np.full(100, -2.0))
    Ratio(log_ratio=-2.0, error=0.0, k_hat=0.0, effective=100.0)
    """
    old, new = pareto_smoothed(before), pareto_smoothed(after)
    difference = float(logsumexp(new) - logsumexp(old))
    apart = normalized(new) - normalized(old)
    return Ratio(
        log_ratio=difference,
        error=float(np.sqrt((apart**2).sum())),
        k_hat=k_hat(after),
        effective=effective_number(after),
    )


def pareto_smoothed(log_weights: FloatArray) -> FloatArray:
    """Return log weights (n,) with the largest replaced by quantiles of the Pareto tail fitted to them.

    None becomes larger than the largest was. Weights whose tail cannot be fitted stay as they are.
    """
    n = len(log_weights)
    n_tail = int(min(0.2 * n, 3.0 * np.sqrt(n)))
    order = np.argsort(log_weights, kind="stable")
    finite = np.isfinite(log_weights).sum()
    if n_tail < 5 or finite <= n_tail:
        return log_weights
    top = float(log_weights[order[-1]])
    weights = np.exp(log_weights[order[-n_tail - 1 :]] - top)
    fitted = _pareto(weights[1:] - weights[0])
    if fitted is None:
        return log_weights
    shape, scale = fitted
    upper = 1.0 - (np.arange(n_tail) + 0.5) / n_tail  # probability of a larger excess
    excess = -scale * np.log(upper) if abs(shape) < 1e-9 else scale * np.expm1(-shape * np.log(upper)) / shape
    smoothed = log_weights.copy()
    smoothed[order[-n_tail:]] = np.minimum(np.log(weights[0] + excess), 0.0) + top
    return smoothed


def _pareto(excess: FloatArray) -> tuple[float, float] | None:
    """Return shape and scale of the generalized Pareto distribution of sorted excesses; None if they tie."""
    quartile = excess[int(len(excess) / 4 + 0.5) - 1]
    return pareto_tail(excess) if quartile > LEAST_EXCESS else None
