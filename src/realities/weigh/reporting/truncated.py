"""Normal numbers between bounds: how likely, and which.

In come bounds; out come the mass of a normal distribution between them, moments, and values inside. All of
it works far out in the tails. `intervals.py` and `shared.py` integrate rows with these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr, ndtri, ndtri_exp

from realities.weigh.logarithms import log_sum

FloatArray = NDArray[np.float64]

#: Below this, probabilities of N(0, 1) are so small that doubles lose digits or have none left.
FAR_OUT = -35.0
_HALF_LOG_TAU = 0.5 * np.log(2.0 * np.pi)


@dataclass(frozen=True, slots=True)
class Mixture:
    """One row that may be any of several intervals, side by side.

    `edges` (draw, interval + 1) ascend; `log_weights` (draw | 1, interval) are of the probability of what
    was said, given that what was meant lies there.
    """

    edges: FloatArray
    log_weights: FloatArray

    def log_mass(self, level: FloatArray, sd: FloatArray) -> FloatArray:
        """Return the log probability where what was meant is normal about levels, each (draw, point)."""
        edges = (self.edges[:, None, :] - level[:, :, None]) / sd[:, :, None]
        if edges.shape[2] == 2:
            return truncated_normal(edges[:, :, 0], edges[:, :, 1], None)[0] + self.log_weights
        return mixed_normal(edges, self.log_weights[:, None, :], None)[0]

    def inside(self, level: FloatArray, sd: FloatArray, u: FloatArray) -> FloatArray:
        """Return what was meant, (draw,), at quantiles u (draw,), where it is normal about levels (draw,)."""
        edges = (self.edges - level[:, None]) / sd[:, None]
        weights = np.broadcast_to(self.log_weights, (len(level), self.log_weights.shape[1]))
        value = mixed_normal(edges[:, None, :], weights[:, None, :], u[:, None])[1]
        assert value is not None
        return np.asarray(level + sd * value[:, 0])

    def moments(self, mean: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance, (draw,), of what is normal and lies inside; rough far out."""
        sd = np.sqrt(variance)[:, None]
        edges = (self.edges - mean[:, None]) / sd
        log_each = truncated_normal(edges[:, :-1], edges[:, 1:], None)[0]
        log_density = -0.5 * edges**2 - _HALF_LOG_TAU
        end = np.where(np.isinf(edges), 0.0, edges)
        down, up = np.exp(log_density[:, :-1] - log_each), np.exp(log_density[:, 1:] - log_each)
        first, second = down - up, 1.0 + end[:, :-1] * down - end[:, 1:] * up
        log_share = log_each + self.log_weights
        share = np.exp(log_share - logsumexp(log_share, axis=1, keepdims=True))
        held = share > 0.0
        m1 = (share * np.where(held, first, 0.0)).sum(axis=1)
        m2 = (share * np.where(held, second, 0.0)).sum(axis=1)
        return mean + sd[:, 0] * m1, variance * np.clip(m2 - m1**2, 1e-8, None)


def mixed_normal(
    edges: FloatArray, log_weights: FloatArray, u: FloatArray | None
) -> tuple[FloatArray, FloatArray | None]:
    """Return the log mass of N(0, 1) over weighted intervals, and its value at the quantile u, if any.

    Edges have shape (..., interval + 1), weights (..., interval); the last axis goes away.
    """
    log_each = truncated_normal(edges[..., :-1], edges[..., 1:], None)[0] + log_weights
    log_mass = log_sum(log_each)
    if u is None:
        return log_mass, None
    share = np.exp(log_each - log_mass[..., None])
    up_to = np.cumsum(share, axis=-1)
    chosen = np.minimum((u[..., None] > up_to).sum(axis=-1), share.shape[-1] - 1)[..., None]
    low, high = (np.take_along_axis(edges, chosen + k, axis=-1)[..., 0] for k in (0, 1))
    of_it, after = (np.take_along_axis(x, chosen, axis=-1)[..., 0] for x in (share, up_to))
    inside = np.clip(1.0 - (after - u) / of_it, 0.0, 1.0)
    return log_mass, truncated_normal(low, high, inside)[1]


def truncated_normal(
    low: FloatArray, high: FloatArray, u: FloatArray | None
) -> tuple[FloatArray, FloatArray | None]:
    """Return the log mass of N(0, 1) between bounds, and its value at the quantile u inside them, if any.

    Works far out in both tails: bounds above zero are mirrored, and what is too far out for a
    probability of its own is done in logarithms, which takes twice as long.
    """
    mirrored = low > 0
    a, b = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
    start = ndtr(a)
    mass = ndtr(b) - start
    log_mass = np.log(mass)
    value = None
    if u is not None:
        value = ndtri(start + np.where(mirrored, 1.0 - u, u) * mass)
    far = b < FAR_OUT
    if far.any():
        log_mass[far] = _log_mass(a[far], b[far])
        if value is not None and u is not None:
            wide = np.broadcast_to(far, value.shape)
            a, b, share = (
                np.broadcast_to(x, value.shape)[wide] for x in (a, b, np.where(mirrored, 1.0 - u, u))
            )
            inside = np.logaddexp(log_ndtr(a), np.log(share) + _log_mass(a, b))
            value[wide] = ndtri_exp(np.minimum(inside, 0.0))
    return log_mass, None if value is None else np.where(mirrored, -value, value)


def _log_mass(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the log mass of N(0, 1) between bounds below zero."""
    log_low, log_high = log_ndtr(low), log_ndtr(high)
    log_mass = log_high + np.log1p(-np.exp(np.minimum(log_low - log_high, 0.0)))
    return np.where(low >= high, -np.inf, log_mass)
