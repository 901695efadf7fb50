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

from realities.weigh.logarithms import log_sum
from realities.weigh.reporting.gaussian import FactoredErrors, GaussianErrors
from realities.weigh.reporting.shared import SharedErrors, lower_root
from realities.weigh.reporting.truncated import Mixture, between, mixed_normal, standard

FloatArray = NDArray[np.float64]

#: Points of the integration over rows that are intervals and share an error.
N_LATTICE = 64
#: The same over one shared error, of which fewer tell as much.
N_LINE = 32
#: Up to so many rows with lasting errors are integrated one after the other, which is faster then.
FEW = 4
#: The points for a probability of so few, a lattice by its number and generator (the last row needs none):
#: on the flagship's reports right to 0.02, like twice as many evenly spread ones.
N_FEW, GENERATOR = 32, (1, 13, 9, 1)


def _widened(matrix: FloatArray, like: FloatArray) -> FloatArray:
    """Return a (1 | draw, ...) array with as many draws as `like`, without copying."""
    return np.broadcast_to(matrix, (len(like), *matrix.shape[1:]))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the residuals of interval rows lie: between `low` and `high`, each (draw, row).

    Rows that are mixtures are in `mixed`, by their place; their `low` and `high` are not used.
    """

    low: FloatArray
    high: FloatArray
    mixed: Mapping[int, Mixture] = field(default_factory=dict)

    def row(self, j: int) -> Mixture:
        """Return one row as a mixture, of a single interval perhaps."""
        if j in self.mixed:
            return self.mixed[j]
        return Mixture(np.stack([self.low[:, j], self.high[:, j]], axis=1), np.zeros((1, 1)))


@dataclass(frozen=True, slots=True)
class IntervalRows:
    """Rows that are intervals, given the plain rows of the same quantity.

    Their errors share coefficients and lasting errors with the plain rows: what the plain rows say moves
    and narrows them, and they depend on one another. With one interval, or nothing shared, the
    probability is exact; otherwise it is an average over a fixed lattice, the same for all draws: over what
    the rows share (`shared.py`), or, for a few rows with lasting errors, over one row after the other.

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
        if self._is_shared:
            shared = self._shared(bounds)
            return shared.log_probability(_points_for(shared))
        alone = self.errors.n_rows == 1 or self.errors.is_independent
        points = lattice(self.errors.n_rows, 1) if alone else few_points(self.errors.n_rows)
        mean, covariance = self._given_plain()
        root = _root(covariance, self.variance)
        log_each, _ = _integrate(mean, root, bounds, points, last_too=False)
        return np.asarray(log_sum(log_each, axis=1) - np.log(log_each.shape[1]))

    def sample_inside(self, bounds: Bounds, rng: np.random.Generator) -> FloatArray:
        """Return residuals of the interval rows, drawn inside their bounds, shape (draw, interval)."""
        if self._is_shared:
            shared = self._shared(bounds)
            return shared.sample(_points_for(shared, rng), rng)
        mean, covariance = self._given_plain()
        root = _root(covariance, self.variance)
        points = lattice(self.errors.n_rows, N_LATTICE, rng)
        log_each, steps = _integrate(mean, root, bounds, points)
        gumbel = -np.log(-np.log(rng.random(log_each.shape)))
        chosen = np.argmax(log_each + gumbel, axis=1)
        taken = steps[:, np.arange(len(chosen)), chosen].T  # (draw, interval)
        return np.asarray(mean + np.einsum("dji,di->dj", _widened(root, taken), taken))

    @property
    def _is_shared(self) -> bool:
        """Whether to integrate over what rows share: that is little, or they are many."""
        few = 1 if self.errors.is_free_of_lasting else FEW
        return self.errors.n_rows > few and not self.errors.is_independent

    def _shared(self, bounds: Bounds) -> SharedErrors:
        """Return what the interval rows share, as the plain rows leave it."""
        rows = [bounds.row(j) for j in range(self.errors.n_rows)]
        if self.errors.is_free_of_lasting:
            loads, _ = self.factored.leftover(self.residual[:, :, None])
            root = lower_root(self.factored.coefficient_covariance)
            return SharedErrors(
                (self.errors.design @ loads)[:, :, 0], self.errors.design @ root, self.variance, rows
            )
        mean, covariance = self._given_plain()
        return SharedErrors(mean, lower_root(covariance), self.variance, rows)

    def _given_plain(self) -> tuple[FloatArray, FloatArray]:
        """Return mean (draw, interval) and covariance, noise apart, given the plain rows.

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
        return mean, covariance


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
            low, high = (standard(bound[:, j, None], shift, scale) for bound in (bounds.low, bounds.high))
            log_mass, step = between(low, high, u)
        log_total += log_mass
        if step is not None:
            steps[j] = step
    return np.where(np.isnan(log_total), -np.inf, log_total), steps


def _points_for(shared: SharedErrors, rng: np.random.Generator | None = None) -> FloatArray:
    """Return the points at which shared errors are looked at, (point, error)."""
    n_errors = shared.loads.shape[2]
    return lattice(n_errors, N_LINE if n_errors == 1 else N_LATTICE, rng)


def lattice(dimension: int, n: int, rng: np.random.Generator | None = None) -> FloatArray:
    """Return n evenly spread points of the unit cube, shape (n, dimension); moved at random, if wanted."""
    if dimension == 1:
        return (np.arange(n)[:, None] + (0.5 if rng is None else rng.random())) / n
    spread = np.outer(np.arange(n) + 0.5, np.sqrt(_primes(dimension)))
    spread = (spread if rng is None else spread + rng.random(dimension)) % 1.0
    return np.asarray(1.0 - np.abs(2.0 * spread - 1.0))  # folded: the integrand becomes periodic


def few_points(dimension: int) -> FloatArray:
    """Return the points for at most `FEW` rows that are integrated one after the other, (point, row)."""
    along = (np.arange(N_FEW)[:, None] + 0.5) * np.array(GENERATOR[:dimension]) / N_FEW
    return np.asarray(1.0 - np.abs(2.0 * (along % 1.0) - 1.0))


def _primes(count: int) -> FloatArray:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return np.array(found, dtype=np.float64)
