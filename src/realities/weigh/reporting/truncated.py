"""Normal numbers between bounds: how likely, and which.

In come bounds; out come the mass of a normal distribution between them, moments, and values inside. All of
it works far out in the tails. `intervals.py` and `shared.py` integrate rows with these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr, ndtri, ndtri_exp

from realities.weigh.logarithms import log_sum

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

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
        if self.edges.shape[1] == 2:
            low, high = (standard(self.edges[:, k, None], level, sd) for k in (0, 1))
            return between(low, high, None)[0] + self.log_weights
        edges = (self.edges[:, None, :] - level[:, :, None]) / sd[:, :, None]
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
        if log_share.shape[1] == 1:
            share = np.where(np.isfinite(log_share), 1.0, np.nan)
        else:
            share = np.exp(log_share - logsumexp(log_share, axis=1, keepdims=True))
        held = share > 0.0
        m1 = (share * np.where(held, first, 0.0)).sum(axis=1)
        m2 = (share * np.where(held, second, 0.0)).sum(axis=1)
        return mean + sd[:, 0] * m1, variance * np.clip(m2 - m1**2, 1e-8, None)


def side_by_side(rows: Sequence[Mixture]) -> Mixture:
    """Return rows of one interval each as a single row: all draws of the first, then those of the next.

    What an interval weighs is left out: where there is one, it changes no moment.
    """
    return Mixture(np.concatenate([row.edges for row in rows]), np.zeros((1, 1)))


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
    low: FloatArray | None, high: FloatArray | None, u: FloatArray | None
) -> tuple[FloatArray, FloatArray | None]:
    """Return the log mass of N(0, 1) between bounds, and its value at the quantile u inside them, if any.

    Works far out in both tails: bounds whose middle is above zero are mirrored, and what is too far out for
    a probability of its own is done in logarithms, which takes twice as long. A bound that is None is open
    everywhere; one of the two at most. That gives what infinite bounds give, in half the time.
    """
    if low is None:
        if high is None:
            raise ValueError("one of the bounds must be there")
        return _below(high, u)
    if high is None:
        return _above(low, u)
    mirrored = low + high > 0
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
            _put_far(value, far, a, b, np.where(mirrored, 1.0 - u, u))
    return log_mass, None if value is None else np.where(mirrored, -value, value)


def between(low: FloatArray, high: FloatArray, u: FloatArray | None) -> tuple[FloatArray, FloatArray | None]:
    """Return what `truncated_normal` does, in half the time where a bound is infinite everywhere."""
    if np.isposinf(high).all():
        return truncated_normal(low, None, u)
    return truncated_normal(None if np.isneginf(low).all() else low, high, u)


def standard(bound: FloatArray, level: FloatArray, sd: FloatArray) -> FloatArray:
    """Return a bound (draw, 1) in units of N(0, 1), (draw, point); as it is if infinite everywhere."""
    return bound if np.isinf(bound).all() else (bound - level) / sd


def _below(high: FloatArray, u: FloatArray | None) -> tuple[FloatArray, FloatArray | None]:
    """Return the same for what has no lower bound."""
    mass = ndtr(high)
    log_mass = np.log(mass)
    value = None if u is None else ndtri(u * mass)
    far = high < FAR_OUT
    if far.any():
        log_mass[far] = log_ndtr(high[far])
        if value is not None and u is not None:
            _put_far(value, far, np.full_like(high, -np.inf), high, u)
    return log_mass, value


def _above(low: FloatArray, u: FloatArray | None) -> tuple[FloatArray, FloatArray | None]:
    """Return the same for what has no upper bound: mirrored, it has no lower one."""
    log_mass, value = _below(-low, None if u is None else 1.0 - u)
    if value is None or u is None:
        return log_mass, None
    # What is open to both sides has no middle, and is not mirrored.
    return log_mass, np.where(np.isneginf(low), ndtri(u), -value) if np.isneginf(low).any() else -value


def _put_far(value: FloatArray, far: BoolArray, low: FloatArray, high: FloatArray, share: FloatArray) -> None:
    """Put values at quantiles into those places of `value` whose bounds are far below zero."""
    wide = np.broadcast_to(far, value.shape)
    a, b, part = (np.broadcast_to(x, value.shape)[wide] for x in (low, high, share))
    inside = np.logaddexp(log_ndtr(a), np.log(part) + _log_mass(a, b))
    value[wide] = ndtri_exp(np.minimum(inside, 0.0))


def _log_mass(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the log mass of N(0, 1) between bounds below zero."""
    log_low, log_high = log_ndtr(low), log_ndtr(high)
    log_mass = log_high + np.log1p(-np.exp(np.minimum(log_low - log_high, 0.0)))
    return np.where(low >= high, -np.inf, log_mass)
