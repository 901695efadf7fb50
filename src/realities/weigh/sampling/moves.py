"""Particles and the Metropolis moves that leave a density between two others unchanged.

A cloud of particles goes from one density to another through powers of their ratio (`tempering.py`). Here are
the particles, with the log densities of both ends, the moves, and small tools for weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import gammaln

FloatArray = NDArray[np.float64]
LogLikelihood = Callable[[FloatArray], FloatArray]  # (n, dimension) -> (n,)

#: Accepted share of random-walk proposals that moves a Gaussian cloud fastest in many dimensions.
TARGET_ACCEPTANCE = 0.234
#: Moves at one temperature end when a particle has forgotten its start to this mean correlation.
FORGOTTEN = 0.1
#: Leaps end for a temperature below this accepted share; their proposal has this many degrees of freedom.
WORST_LEAPS = 0.05
LEAP_DOF = 10.0
#: Share of a walk's jump, squared, that has the cloud's covariance instead of two particles' difference.
EVEN = 0.01


class Base(Protocol):
    """A distribution with a normalized density that particles can start from."""

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return points, shape (n, dimension)."""
        ...

    def log_density(self, points: FloatArray) -> FloatArray:
        """Return log densities, shape (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class StandardNormal:
    """The prior of every problem here: N(0, I)."""

    dimension: int

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return points, shape (n, dimension)."""
        return rng.standard_normal((n, self.dimension))

    def log_density(self, points: FloatArray) -> FloatArray:
        """Return log densities, shape (n,)."""
        return np.asarray(-0.5 * (points**2).sum(axis=-1) - 0.5 * self.dimension * np.log(2 * np.pi))


@dataclass(slots=True)
class Particles:
    """Points with the log densities, up to a constant, of the two ends of their way."""

    points: FloatArray  # (n, d)
    log_base: FloatArray  # (n,): where they come from
    log_target: FloatArray  # (n,): where they go

    def __len__(self) -> int:
        return len(self.points)

    def take(self, chosen: NDArray[np.intp]) -> Particles:
        """Return some of them, by position, perhaps more than once."""
        return Particles(self.points[chosen], self.log_base[chosen], self.log_target[chosen])

    def replace(self, where: NDArray[np.bool_], other: Particles) -> None:
        """Put others in the place of some, in place."""
        self.points[where] = other.points[where]
        self.log_base[where] = other.log_base[where]
        self.log_target[where] = other.log_target[where]


class Problem(Protocol):
    """Where particles come from and where they go."""

    def at(self, points: FloatArray, *, only_target: bool = False) -> Particles:
        """Return points (n, dimension) with the log densities of both ends there.

        With `only_target` nobody will look at where they come from: it may be anything, if that is cheaper.
        """
        ...


class Density(Protocol):
    """A log density, up to a constant, at particles that know those of both ends of their way."""

    @property
    def has_arrived(self) -> bool:
        """Whether it is that of the end, so that where particles come from does not matter."""
        ...

    def __call__(self, particles: Particles) -> FloatArray:
        """Return log densities, shape (n,); minus infinity where the density is zero."""
        ...


@dataclass(frozen=True, slots=True)
class Tempered:
    """The density that has gone a share `power` of the way between both ends, geometrically."""

    power: float

    @property
    def has_arrived(self) -> bool:
        """Whether the power is one."""
        return self.power >= 1.0

    def __call__(self, particles: Particles) -> FloatArray:
        """Return log densities, shape (n,)."""
        if self.has_arrived:
            return particles.log_target
        return self.power * particles.log_target + (1.0 - self.power) * particles.log_base


@dataclass(frozen=True, slots=True)
class Above:
    """The density particles come from, cut to where the ratio of the two ends' densities is above a level."""

    level: float

    @property
    def has_arrived(self) -> bool:
        """Never: both ends are compared."""
        return False

    def __call__(self, particles: Particles) -> FloatArray:
        """Return log densities, shape (n,)."""
        is_above = particles.log_target - particles.log_base > self.level
        return np.where(is_above, particles.log_base, -np.inf)


class Moves:
    """Metropolis moves that leave a density unchanged: random walks, and leaps between them.

    A walk jumps by the difference of two particles of the cloud as it was before, times a scale that learns
    from what was accepted: where the cloud has parted into several, jumps within each fit it. A leap proposes
    a fresh point from a Student-t density fitted to the cloud: in many dimensions it forgets far sooner where
    that fits, and where it does not, it is dropped.

    References
    ----------
    Ter Braak, C. J. F. (2006). A Markov chain Monte Carlo version of the genetic algorithm Differential
    Evolution. Statistics and Computing 16, 239-249.
    """

    def __init__(self, problem: Problem, n_moves: int, dimension: int, rng: np.random.Generator) -> None:
        self._problem, self._n_moves, self._rng = problem, n_moves, rng
        self._log_scale = float(np.log(2.38 / np.sqrt(dimension)))

    def sweep(
        self,
        particles: Particles,
        centre: FloatArray,
        factor: FloatArray,
        density: Density,
        *,
        patient: bool = False,
    ) -> Particles:
        """Move particles until they have forgotten where they were, or `n_moves` times.

        With `patient` they only walk, and must have forgotten how likely they were, too. A leap gets there
        sooner for most, and leaves those behind that sit where leaps seldom land, which biases what is
        counted of them.
        """
        start, height = particles.points.copy(), particles.log_target - particles.log_base
        leaping = not patient
        for k in range(self._n_moves):
            if leaping and k % 2:
                leaping = self._leap(particles, centre, factor, density) >= WORST_LEAPS
            else:
                self._walk(particles, start, factor, density)
            if patient and _rank_correlation(height, particles.log_target - particles.log_base) > FORGOTTEN:
                continue
            if _mean_correlation(start, particles.points, factor) < FORGOTTEN:
                break
        return particles

    def _walk(self, particles: Particles, cloud: FloatArray, factor: FloatArray, density: Density) -> None:
        n, d = particles.points.shape
        # Now and then a much shorter or longer jump: one scale does not fit a curved posterior.
        scale = np.exp(self._log_scale + 0.5 * self._rng.standard_normal((n, 1)))
        one, other = self._rng.integers(len(cloud), size=(2, n))
        jump = np.sqrt((1.0 - EVEN) / 2.0) * (cloud[one] - cloud[other])
        jump += np.sqrt(EVEN) * (self._rng.standard_normal((n, d)) @ factor.T)
        proposed = self._problem.at(particles.points + scale * jump, only_target=density.has_arrived)
        accepted = self._accept(particles, proposed, density, np.zeros(n))
        self._log_scale += accepted - TARGET_ACCEPTANCE

    def _leap(self, particles: Particles, centre: FloatArray, factor: FloatArray, density: Density) -> float:
        n, d = particles.points.shape
        stretch = np.sqrt(LEAP_DOF / self._rng.chisquare(LEAP_DOF, size=(n, 1)))
        points = centre + stretch * (self._rng.standard_normal((n, d)) @ factor.T)
        proposed = self._problem.at(points, only_target=density.has_arrived)
        density_ratio = log_student(particles.points, centre, factor, LEAP_DOF)
        density_ratio -= log_student(proposed.points, centre, factor, LEAP_DOF)
        return self._accept(particles, proposed, density, density_ratio)

    def _accept(
        self, particles: Particles, proposed: Particles, density: Density, log_proposal_ratio: FloatArray
    ) -> float:
        """Take over the proposals that pass, in place; return their share."""
        gain = log_proposal_ratio + density(proposed) - density(particles)
        accepted = np.log(self._rng.random(len(gain))) < gain
        particles.replace(accepted, proposed)
        return float(accepted.mean())


def _mean_correlation(before: FloatArray, after: FloatArray, factor: FloatArray) -> float:
    """Return how much particles remember of their start, averaged over whitened coordinates."""
    a = solve_triangular(factor, (before - before.mean(axis=0)).T, lower=True)
    b = solve_triangular(factor, (after - after.mean(axis=0)).T, lower=True)
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return float(np.mean((a * b).sum(axis=1) / np.maximum(spread, 1e-300)))


def _rank_correlation(before: FloatArray, after: FloatArray) -> float:
    """Return the correlation of two orders of the same particles."""
    one, other = (np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (before, after))
    return float(np.corrcoef(one, other)[0, 1]) if len(before) > 1 else 0.0


def log_student(points: FloatArray, centre: FloatArray, factor: FloatArray, dof: float) -> FloatArray:
    """Return log densities (n,) of a multivariate Student-t with a lower Cholesky scale factor (d, d)."""
    d = len(centre)
    distance = (solve_triangular(factor, (points - centre).T, lower=True) ** 2).sum(axis=0)
    constant = gammaln((dof + d) / 2) - gammaln(dof / 2) - 0.5 * d * np.log(dof * np.pi)
    constant -= np.log(np.diag(factor)).sum()
    return np.asarray(constant - 0.5 * (dof + d) * np.log1p(distance / dof))


def covariance_factor(points: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the lower Cholesky factor (d, d) of a weighted cloud's covariance, slightly shrunk."""
    centred = points - weights @ points
    covariance = (weights[:, None] * centred).T @ centred
    return stable_factor(covariance, effective=1.0 / float((weights**2).sum()))


def stable_factor(covariance: FloatArray, *, effective: float) -> FloatArray:
    """Return the Cholesky factor of a covariance, drawn towards its diagonal where data are few.

    `effective` is the number of points behind it; the share of the diagonal is d / (d + effective).
    """
    d = len(covariance)
    variances = np.maximum(np.diag(covariance), 1e-12)
    share = d / (d + effective)
    shrunk = (1.0 - share) * covariance
    shrunk[np.diag_indices(d)] = variances * (1.0 + 1e-9)
    return np.asarray(np.linalg.cholesky(shrunk))


def systematic(weights: FloatArray, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return n indices drawn by systematic resampling: one uniform number, evenly spaced comb."""
    comb = (rng.random() + np.arange(n)) / n
    heights = np.cumsum(weights)
    return np.asarray(np.searchsorted(heights, comb * heights[-1], side="right"), dtype=np.intp)


def normalized(log_weights: FloatArray) -> FloatArray:
    """Return weights that sum to one; all-zero weights are shared equally."""
    top = np.max(log_weights)
    if not np.isfinite(top):
        return np.full(len(log_weights), 1.0 / len(log_weights))
    weights = np.exp(log_weights - top)
    return np.asarray(weights / weights.sum())


def effective_number(log_weights: FloatArray) -> float:
    """Return the effective number of weighted points: (sum w)^2 / sum w^2."""
    top = np.max(log_weights, initial=-np.inf)
    if not np.isfinite(top):
        return 0.0
    weights = np.exp(log_weights - top)
    return float(weights.sum() ** 2 / (weights**2).sum())


def finite_or_zero(log_likelihood: FloatArray) -> FloatArray:
    """Return log-likelihoods in which whatever is not a number has a likelihood of zero."""
    return np.where(np.isfinite(log_likelihood), log_likelihood, -np.inf)
