"""Errors of one quantity's reports that are jointly Gaussian, integrated out exactly.

In come residuals (report minus truth, on the measure's scale) of all draws; out come their log density
and draws of what was integrated out. A residual is

    coefficients (a reporter's bias and drift) + discrepancy (model error, shared by reporters) + noise.

Coefficients have independent normal priors, the discrepancy is a stationary Ornstein-Uhlenbeck process,
noise is independent. Its precision between distinct days is tridiagonal, so a density costs a time
proportional to the number of rows, for all draws at once. `reporting.py` prepares the rows.

References
----------
Rue, H. and Held, L. (2005). Gaussian Markov Random Fields. Chapman & Hall.
Genz, A. (1992). Numerical computation of multivariate normal probabilities. Journal of Computational
and Graphical Statistics 1(2), 141-149.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr, ndtri, ndtri_exp

FloatArray = NDArray[np.float64]

#: Points of the integration over rows that are intervals and share an error.
N_LATTICE = 64
#: Below this, probabilities of N(0, 1) are so small that doubles lose digits or have none left.
FAR_OUT = -35.0


@dataclass(frozen=True, slots=True)
class Wander:
    """A stationary Ornstein-Uhlenbeck process: its standard deviation and the days it takes to forget."""

    sd: float
    timescale_days: float

    def covariance(self, days: FloatArray, others: FloatArray) -> FloatArray:
        """Return the covariance between two sets of days, shape (len(days), len(others))."""
        return np.asarray(self.sd**2 * np.exp(-np.abs(days[:, None] - others) / self.timescale_days))

    def sample(self, days: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return paths at ascending days, shape (draw, day)."""
        path = self.sd * rng.standard_normal((n_draws, len(days)))
        fading = np.exp(-np.diff(days) / self.timescale_days)
        for i, rho in enumerate(fading):
            path[:, i + 1] = rho * path[:, i] + np.sqrt(-np.expm1(2.0 * np.log(rho))) * path[:, i + 1]
        return path


class GaussianErrors:
    """The error structure of some rows: which coefficients each has, and when it was.

    Parameters
    ----------
    design
        What each coefficient adds to each row, shape (draw, row, coefficient), or (1, row, coefficient)
        if it is the same for all draws.
    prior_sd
        Standard deviation of each coefficient, > 0; means are zero.
    days
        Day of each row, ascending, shape (row,).
    wander
        The shared discrepancy, or None.
    """

    def __init__(
        self, design: FloatArray, prior_sd: FloatArray, days: FloatArray, wander: Wander | None
    ) -> None:
        self.design, self.prior_sd, self.days, self.wander = design, prior_sd, days, wander
        self.nodes, first = np.unique(days, return_index=True)
        self.node_of_row = np.searchsorted(self.nodes, days)
        self._first = first
        if wander is not None and len(days):
            self._diagonal, self._beside, self._log_det = _precision(wander, self.nodes)

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return len(self.days)

    @property
    def is_independent(self) -> bool:
        """Whether rows share nothing."""
        return self.wander is None and not self.design.shape[2]

    def covariance_with(self, other: GaussianErrors) -> FloatArray:
        """Return the covariance, noise apart, with rows of the same coefficients: (draw | 1, row, other)."""
        shared = (self.design * self.prior_sd**2) @ other.design.transpose(0, 2, 1)
        if self.wander is not None:
            shared = shared + self.wander.covariance(self.days, other.days)
        return np.asarray(shared)

    def with_noise(self, variance: FloatArray | Noise) -> FactoredErrors:
        """Return the structure with noise variances, shape (draw, row) or (1, row), ready to use.

        What `Noise` makes of the variances can be given in their place where it serves often.
        """
        noise = variance if isinstance(variance, Noise) else Noise(self, variance)
        return FactoredErrors(self, noise)

    def gather(self, values: FloatArray) -> FloatArray:
        """Sum over the rows of each distinct day: (draw, row, ...) to (node, draw, ...)."""
        return np.moveaxis(np.add.reduceat(values, self._first, axis=1), 1, 0)

    def tridiagonal(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the factors of the discrepancy's precision, to which each row adds its `weight`.

        Pivots and multipliers are (node, draw); then comes the log determinant over the prior's, (draw,).
        """
        diagonal = self._diagonal[:, None] + self.gather(weight)
        pivots, multipliers = np.empty_like(diagonal), np.empty_like(diagonal[1:])
        pivots[0] = diagonal[0]
        for i, beside in enumerate(self._beside):
            multipliers[i] = beside / pivots[i]
            pivots[i + 1] = diagonal[i + 1] - beside * multipliers[i]
        return pivots, multipliers, np.log(pivots).sum(axis=0) - self._log_det


class Noise:
    """Noise and discrepancy of some rows together: V = noise + discrepancy, ready to be divided by.

    The discrepancy's precision is tridiagonal, which makes one pass over the days. Where the noise is the
    same for all draws, V^-1 is worked out once, and a product with it is faster than passes over draws.
    """

    def __init__(self, errors: GaussianErrors, variance: FloatArray) -> None:
        self.variance = variance
        self._errors, self._weight = errors, 1.0 / variance  # (draw | 1, row)
        self.log_det = np.log(variance).sum(axis=1)
        self._is_plain = errors.wander is None or not errors.n_rows
        self._inverse: FloatArray | None = None
        if not self._is_plain:
            self._pivots, self._multipliers, extra = errors.tridiagonal(self._weight)
            self.log_det = self.log_det + extra
            if len(variance) == 1:
                self._inverse = self._pass(np.eye(errors.n_rows)[None])[0]

    def solve(self, values: FloatArray) -> FloatArray:
        """Return V^-1 values for values (draw | 1, row) or (draw | 1, row, other)."""
        if self._is_plain:
            return np.asarray(self._weight.reshape(self._weight.shape + (1,) * (values.ndim - 2)) * values)
        if self._inverse is None:
            return self._pass(values)
        if values.ndim == 2:
            return np.asarray(values @ self._inverse)  # symmetric
        solved = np.empty(values.shape)
        for k in range(values.shape[2]):
            np.matmul(values[:, :, k], self._inverse, out=solved[:, :, k])
        return solved

    def _pass(self, values: FloatArray) -> FloatArray:
        weight = self._weight.reshape(self._weight.shape + (1,) * (values.ndim - 2))
        weighted = weight * values
        held = _solve_tridiagonal(self._pivots, self._multipliers, self._errors.gather(weighted))
        return np.asarray(weighted - weight * np.moveaxis(held, 0, 1)[:, self._errors.node_of_row])


class FactoredErrors:
    """Error structure with given noise: densities, solves and conditional draws.

    The covariance of the rows is C = V + X S X', V = noise + discrepancy. Both inverses are applied by
    Woodbury's identity: V through the tridiagonal precision, C through a small matrix of coefficients.
    """

    def __init__(self, errors: GaussianErrors, noise: Noise) -> None:
        self.errors, self.noise = errors, noise
        self._log_det = noise.log_det
        if errors.design.shape[2]:
            self._add_coefficients()

    def _add_coefficients(self) -> None:
        design, sd = self.errors.design, self.errors.prior_sd
        self._solved_design = self.noise.solve(design)  # (draw | 1, row, coefficient)
        inner = design.transpose(0, 2, 1) @ self._solved_design + np.diag(sd**-2.0)
        self._inner = np.linalg.inv(inner)
        self._log_det = self._log_det + np.linalg.slogdet(inner)[1] + 2.0 * np.log(sd).sum()

    def solve(self, values: FloatArray) -> FloatArray:
        """Return C^-1 values for values (draw | 1, row) or (draw | 1, row, other)."""
        solved = self.noise.solve(values)
        if not self.errors.design.shape[2]:
            return solved
        columns = solved if solved.ndim == 3 else solved[:, :, None]
        loads = self._inner @ (self.errors.design.transpose(0, 2, 1) @ columns)
        columns = columns - self._solved_design @ loads
        return np.asarray(columns if solved.ndim == 3 else columns[:, :, 0])

    def log_density(self, residual: FloatArray) -> FloatArray:
        """Return the log density of residuals (draw, row), shape (draw,).

        The square is that of what the best coefficients leave over, and their own: two sums of squares,
        neither of which can be spoiled by the other however large the residuals are.
        """
        square = np.zeros(len(residual))
        if self.errors.design.shape[2]:
            loads = (residual[:, None, :] @ self._solved_design) @ self._inner  # (draw, 1, coefficient)
            residual = residual - (self.errors.design @ loads.transpose(0, 2, 1))[:, :, 0]
            square = ((loads[:, 0] / self.errors.prior_sd) ** 2).sum(axis=1)
        square = square + np.einsum("dr,dr->d", residual, self.noise.solve(residual))
        return np.asarray(-0.5 * (square + self._log_det + self.errors.n_rows * np.log(2.0 * np.pi)))

    def sample_given(
        self, residual: FloatArray, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return what was integrated out, drawn given residuals (draw, row).

        Coefficients are (draw, coefficient), the discrepancy (draw, node) or None. A draw from the
        prior is corrected by what it misses of the residual, which makes it a draw given the residual.
        """
        errors, n_draws = self.errors, len(residual)
        coefficients = errors.prior_sd * rng.standard_normal((n_draws, len(errors.prior_sd)))
        imagined = (errors.design @ coefficients[:, :, None])[:, :, 0]
        imagined += np.sqrt(self.noise.variance) * rng.standard_normal(residual.shape)
        path = None
        if errors.wander is not None:
            path = errors.wander.sample(errors.nodes, n_draws, rng)
            imagined += path[:, errors.node_of_row]
        missed = self.solve(residual - imagined)
        coefficients += (missed[:, None, :] @ errors.design)[:, 0] * errors.prior_sd**2
        if errors.wander is not None and path is not None:
            path = path + missed @ errors.wander.covariance(errors.days, errors.nodes)
        return coefficients, path


def _widened(matrix: FloatArray, like: FloatArray) -> FloatArray:
    """Return a (1 | draw, ...) array with as many draws as `like`, without copying."""
    return np.broadcast_to(matrix, (len(like), *matrix.shape[1:]))


def _precision(wander: Wander, nodes: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return diagonal, off-diagonal and log determinant of the process's precision between days."""
    rho = np.exp(-np.diff(nodes) / wander.timescale_days)
    fresh = -np.expm1(-2.0 * np.diff(nodes) / wander.timescale_days)  # 1 - rho^2, without cancelling
    diagonal = np.ones(len(nodes))
    diagonal[1:] += rho**2 / fresh
    diagonal[:-1] += rho**2 / fresh
    log_det = -2.0 * len(nodes) * np.log(wander.sd) - np.log(fresh).sum()
    return diagonal / wander.sd**2, -rho / fresh / wander.sd**2, float(log_det)


def _solve_tridiagonal(pivots: FloatArray, multipliers: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solution (node, draw, ...) of a factored tridiagonal system."""
    shape = (-1, *pivots.shape[1:], *(1,) * (right.ndim - 2))
    pivots, multipliers = pivots.reshape(shape), multipliers.reshape(shape)
    solution = np.array(right)
    for i in range(len(multipliers)):
        solution[i + 1] -= multipliers[i] * solution[i]
    solution /= pivots
    for i in range(len(multipliers) - 1, -1, -1):
        solution[i] -= multipliers[i] * solution[i + 1]
    return solution


@dataclass(frozen=True, slots=True)
class IntervalRows:
    """Rows that are intervals, given the plain rows of the same quantity.

    Their errors share coefficients and discrepancy with the plain rows: what the plain rows say moves
    and narrows them, and they depend on one another. With one interval, or nothing shared, the
    probability is exact; otherwise it is an average over a fixed lattice, the same for all draws.
    """

    plain: GaussianErrors
    intervals: GaussianErrors

    def log_probability(
        self,
        factored: FactoredErrors,
        residual: FloatArray,
        variance: FloatArray,
        low: FloatArray,
        high: FloatArray,
    ) -> FloatArray:
        """Return the log probability, shape (draw,), that all interval rows lie inside.

        Parameters
        ----------
        factored, residual
            The plain rows with their noise, and their residuals (draw, plain row).
        variance
            Noise of the interval rows, shape (draw, interval) or (1, interval).
        low, high
            Bounds of their residuals, shape (draw, interval).
        """
        alone = self.intervals.n_rows == 1 or self.intervals.is_independent
        n_points = 1 if alone else N_LATTICE
        mean, root = self._given_plain(factored, residual, variance)
        log_each, _ = self._integrate(mean, root, low, high, n_points, last_too=False)
        return np.asarray(logsumexp(log_each, axis=1) - np.log(log_each.shape[1]))

    def sample_inside(
        self,
        factored: FactoredErrors,
        residual: FloatArray,
        variance: FloatArray,
        low: FloatArray,
        high: FloatArray,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Return residuals of the interval rows, drawn inside their bounds, shape (draw, interval)."""
        mean, root = self._given_plain(factored, residual, variance)
        log_each, steps = self._integrate(mean, root, low, high, N_LATTICE)
        gumbel = -np.log(-np.log(rng.random(log_each.shape)))
        chosen = np.argmax(log_each + gumbel, axis=1)
        taken = steps[:, np.arange(len(chosen)), chosen].T  # (draw, interval)
        return np.asarray(mean + np.einsum("dji,di->dj", _widened(root, low), taken))

    def _integrate(
        self,
        mean: FloatArray,
        root: FloatArray,
        low: FloatArray,
        high: FloatArray,
        n_points: int,
        *,
        last_too: bool = True,
    ) -> tuple[FloatArray, FloatArray]:
        """Return log probabilities (draw, point) and standard normal steps (interval, draw, point).

        Rows come one after the other, each given those before it. The step of the last row changes no
        probability; without `last_too` it is left at zero.
        """
        n_draws, n_rows = low.shape
        points = _lattice(n_rows, n_points)  # (point, interval)
        log_total = np.zeros((n_draws, len(points)))
        steps = np.zeros((n_rows, n_draws, len(points)))
        for j in range(n_rows):
            shift = mean[:, j, None]  # the same at all points for the first row
            for i in range(j):
                shift = shift + root[:, j, i, None] * steps[i]
            scale = root[:, j, j, None]
            below, above = (low[:, j, None] - shift) / scale, (high[:, j, None] - shift) / scale
            u = points[:, j] if last_too or j < n_rows - 1 else None
            log_mass, step = truncated_normal(below, above, u)
            log_total += log_mass
            if step is not None:
                steps[j] = step
        return log_total, steps

    def _given_plain(
        self, factored: FactoredErrors, residual: FloatArray, variance: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return mean (draw, interval) and root of the covariance, given the plain rows."""
        covariance = self.intervals.covariance_with(self.intervals)
        mean = np.zeros((len(residual), self.intervals.n_rows))
        if self.plain.n_rows:
            across = self.plain.covariance_with(self.intervals)  # (draw | 1, plain, interval)
            mean = (factored.solve(residual)[:, None, :] @ across)[:, 0]
            covariance = covariance - across.transpose(0, 2, 1) @ factored.solve(across)
        covariance = covariance + variance[:, :, None] * np.eye(self.intervals.n_rows)
        # A draw out of all bounds must not spoil the others.
        broken = np.asarray(~np.isfinite(covariance).all(axis=(1, 2)))[:, None, None]
        root = np.linalg.cholesky(np.where(broken, np.eye(self.intervals.n_rows), covariance))
        return mean, np.where(broken, np.nan, root)


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
    return np.asarray(log_high + np.log1p(-np.exp(np.minimum(log_low - log_high, 0.0))))


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
