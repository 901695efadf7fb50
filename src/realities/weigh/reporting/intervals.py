"""Rows that are intervals, or mixtures of them: their probability, errors shared with other rows in mind.

A row says no more than that what was meant lies in an interval (a range, a level, a rounded figure), or in
one of several, each with a weight (a figure that may have been rounded in several ways). In come bounds of
residuals; out come probabilities, and residuals drawn inside. `gaussian.py` says what the rows share,
`values.py` prepares them.

References
----------
Genz, A. (1992). Numerical computation of multivariate normal probabilities. Journal of Computational
and Graphical Statistics 1(2), 141-149.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr, ndtri, ndtri_exp

from realities.weigh.reporting.gaussian import FactoredErrors, GaussianErrors

FloatArray = NDArray[np.float64]

#: Points of the integration over rows that are intervals and share an error.
N_LATTICE = 64
#: Below this, probabilities of N(0, 1) are so small that doubles lose digits or have none left.
FAR_OUT = -35.0


def _widened(matrix: FloatArray, like: FloatArray) -> FloatArray:
    """Return a (1 | draw, ...) array with as many draws as `like`, without copying."""
    return np.broadcast_to(matrix, (len(like), *matrix.shape[1:]))


@dataclass(frozen=True, slots=True)
class Mixture:
    """One row that may be any of several intervals, side by side.

    `edges` (draw, interval + 1) ascend; `log_weights` (draw | 1, interval) are of the probability of what
    was said, given that what was meant lies there.
    """

    edges: FloatArray
    log_weights: FloatArray


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the residuals of interval rows lie: between `low` and `high`, each (draw, row).

    Rows that are mixtures are in `mixed`, by their place; their `low` and `high` are not used.
    """

    low: FloatArray
    high: FloatArray
    mixed: Mapping[int, Mixture] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IntervalRows:
    """Rows that are intervals, given the plain rows of the same quantity.

    Their errors share coefficients and lasting errors with the plain rows: what the plain rows say moves
    and narrows them, and they depend on one another. With one interval, or nothing shared, the
    probability is exact; otherwise it is an average over a fixed lattice, the same for all draws.

    Attributes
    ----------
    factored, residual
        The plain rows with their noise, and their residuals (draw, plain row).
    errors
        The error structure of the interval rows: coefficients and lasting errors as in `factored`.
    variance
        Noise of the interval rows, shape (draw, interval) or (1, interval).
    """

    factored: FactoredErrors
    residual: FloatArray
    errors: GaussianErrors
    variance: FloatArray

    def log_probability(self, bounds: Bounds) -> FloatArray:
        """Return the log probability, shape (draw,), that all interval rows lie inside."""
        alone = self.errors.n_rows == 1 or self.errors.is_independent
        points = _lattice(self.errors.n_rows, 1 if alone else N_LATTICE)
        mean, root = self._given_plain()
        log_each, _ = _integrate(mean, root, bounds, points, last_too=False)
        return np.asarray(logsumexp(log_each, axis=1) - np.log(log_each.shape[1]))

    def sample_inside(self, bounds: Bounds, rng: np.random.Generator) -> FloatArray:
        """Return residuals of the interval rows, drawn inside their bounds, shape (draw, interval)."""
        mean, root = self._given_plain()
        points = _lattice(self.errors.n_rows, N_LATTICE)
        log_each, steps = _integrate(mean, root, bounds, points)
        gumbel = -np.log(-np.log(rng.random(log_each.shape)))
        chosen = np.argmax(log_each + gumbel, axis=1)
        taken = steps[:, np.arange(len(chosen)), chosen].T  # (draw, interval)
        return np.asarray(mean + np.einsum("dji,di->dj", _widened(root, taken), taken))

    def _given_plain(self) -> tuple[FloatArray, FloatArray]:
        """Return mean (draw, interval) and root of the covariance, given the plain rows.

        As in kriging: the lasting errors are those that the plain rows leave, and to them comes what the
        plain rows leave open of the coefficients. Nothing large is taken from anything large.
        """
        plain, noise = self.factored.errors, self.factored.noise
        loads, rest = self.factored.leftover(self.residual[:, :, None])
        covariance = self.errors.lasting_covariance_with(self.errors)
        design = self.errors.design
        mean = (design @ loads)[:, :, 0]
        if plain.n_rows and not plain.is_free_of_lasting:
            across = plain.lasting_covariance_with(self.errors)  # (draw | 1, plain, interval)
            solved = noise.solve(across).transpose(0, 2, 1)
            mean = mean + (solved @ rest)[:, :, 0]
            covariance = covariance - solved @ across
            design = design - solved @ plain.design
        covariance = covariance + design @ self.factored.coefficient_covariance @ design.transpose(0, 2, 1)
        return mean, _root(covariance, self.variance)


def _root(covariance: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the lower root of covariance (draw | 1, row, row) + noise (draw | 1, row).

    What is new in a row is never less than its noise; a draw out of all bounds spoils no other.
    """
    n_rows = covariance.shape[1]
    shape = (max(len(covariance), len(variance)), n_rows, n_rows)
    root = np.zeros(shape)
    for j in range(n_rows):
        column = covariance[:, j:, j] - (root[:, j:, :j] @ root[:, j, :j, None])[:, :, 0]
        pivot = np.sqrt(np.maximum(column[:, 0], 0.0) + variance[:, j])
        root[:, j + 1 :, j] = column[:, 1:] / pivot[:, None]
        root[:, j, j] = pivot
    return root


def _integrate(
    mean: FloatArray, root: FloatArray, bounds: Bounds, points: FloatArray, *, last_too: bool = True
) -> tuple[FloatArray, FloatArray]:
    """Return log probabilities (draw, point) and standard normal steps (interval, draw, point).

    Rows come one after the other, each given those before it; `points` (point, interval) are of the unit
    cube. The step of the last row changes no probability; without `last_too` it is left at zero.
    """
    n_draws, n_rows = bounds.low.shape
    log_total = np.zeros((n_draws, len(points)))
    steps = np.zeros((n_rows, n_draws, len(points)))
    for j in range(n_rows):
        shift = mean[:, j, None]  # the same at all points for the first row
        for i in range(j):
            shift = shift + root[:, j, i, None] * steps[i]
        scale = root[:, j, j, None]
        u = points[:, j] if last_too or j < n_rows - 1 else None
        if j in bounds.mixed:
            mixture = bounds.mixed[j]
            edges = (mixture.edges[:, None, :] - shift[:, :, None]) / scale[:, :, None]
            log_mass, step = mixed_normal(edges, mixture.log_weights[:, None, :], u)
        else:
            low, high = bounds.low[:, j, None], bounds.high[:, j, None]
            log_mass, step = truncated_normal((low - shift) / scale, (high - shift) / scale, u)
        log_total += log_mass
        if step is not None:
            steps[j] = step
    return np.where(np.isnan(log_total), -np.inf, log_total), steps


def mixed_normal(
    edges: FloatArray, log_weights: FloatArray, u: FloatArray | None
) -> tuple[FloatArray, FloatArray | None]:
    """Return the log mass of N(0, 1) over weighted intervals, and its value at the quantile u, if any.

    Edges have shape (..., interval + 1), weights (..., interval); the last axis goes away.
    """
    log_each = truncated_normal(edges[..., :-1], edges[..., 1:], None)[0] + log_weights
    log_mass = logsumexp(log_each, axis=-1)
    if u is None:
        return log_mass, None
    share = np.exp(log_each - log_mass[..., None])
    up_to = np.cumsum(share, axis=-1)
    chosen = np.minimum((u[:, None] > up_to).sum(axis=-1), share.shape[-1] - 1)[..., None]
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


def _lattice(dimension: int, n: int) -> FloatArray:
    """Return n evenly spread points of the unit cube, shape (n, dimension)."""
    if dimension == 1:
        return (np.arange(n)[:, None] + 0.5) / n
    spread = np.outer(np.arange(n) + 0.5, np.sqrt(_primes(dimension))) % 1.0
    return np.asarray(1.0 - np.abs(2.0 * spread - 1.0))  # folded: the integrand becomes periodic


def _primes(count: int) -> FloatArray:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return np.array(found, dtype=np.float64)
