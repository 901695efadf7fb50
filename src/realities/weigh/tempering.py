"""Tempered sequential Monte Carlo: a log-likelihood in, a cloud of points from the posterior out.

Every prior is a standard normal here (`likelihood.py` maps a case's priors to one), so the evidence
is the mean likelihood under N(0, I). Particles start from a base distribution, the prior or a mixture
fitted to the posterior of an earlier date, and are led to the posterior through powers of the ratio
between the two, each step as long as the effective number of particles allows. The cloud is good, its
own evidence is not (it was up to three nats off on a curved posterior): `importance.py` fits a
mixture to the cloud and `evidence.py` computes the evidence from that.

References
----------
Del Moral, P., Doucet, A. and Jasra, A. (2006). Sequential Monte Carlo samplers. Journal of the Royal
Statistical Society B 68(3), 411-436.
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
#: Blocks of first draws after which a likelihood that is zero almost everywhere is given up.
MOST_FIRST_BLOCKS = 40


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


@dataclass(frozen=True, slots=True)
class Cloud:
    """Equally weighted points from the posterior, with the evidence the tempering itself implies.

    `points` is (particle, dimension), empty where no draw of the base had a likelihood above zero.
    """

    points: FloatArray
    log_evidence: float
    n_evaluations: int
    n_temperatures: int


@dataclass(slots=True)
class _Particles:
    """Points with the log densities of base and target there."""

    points: FloatArray  # (n, d)
    log_base: FloatArray  # (n,)
    log_target: FloatArray  # (n,): prior times likelihood

    def __len__(self) -> int:
        return len(self.points)

    def take(self, chosen: NDArray[np.intp]) -> _Particles:
        return _Particles(self.points[chosen], self.log_base[chosen], self.log_target[chosen])

    def replace(self, where: NDArray[np.bool_], other: _Particles) -> None:
        self.points[where] = other.points[where]
        self.log_base[where] = other.log_base[where]
        self.log_target[where] = other.log_target[where]


class _Problem:
    """The two ends of the tempering; counts evaluations of the likelihood."""

    def __init__(self, log_likelihood: LogLikelihood, base: Base, dimension: int) -> None:
        self._log_likelihood, self._base = log_likelihood, base
        self._prior = StandardNormal(dimension)
        self.n_evaluations = 0

    def at(self, points: FloatArray) -> _Particles:
        self.n_evaluations += len(points)
        log_target = self._prior.log_density(points) + finite_or_zero(self._log_likelihood(points))
        return _Particles(points, self._base.log_density(points), log_target)


def finite_or_zero(log_likelihood: FloatArray) -> FloatArray:
    """Return log-likelihoods in which whatever is not a number has a likelihood of zero."""
    return np.where(np.isfinite(log_likelihood), log_likelihood, -np.inf)


def tempered_cloud(
    log_likelihood: LogLikelihood,
    base: Base,
    dimension: int,
    *,
    n_particles: int,
    n_moves: int,
    n_final_sweeps: int = 1,
    keep: float = 0.5,
    rng: np.random.Generator,
) -> Cloud:
    """Return a cloud from the density proportional to N(0, I) times the likelihood.

    Parameters
    ----------
    log_likelihood
        Takes points (n, dimension), gives (n,); minus infinity or NaN means a likelihood of zero.
    base
        Where particles start: the prior, or a mixture near the posterior.
    dimension
        Length of a point, at least 1.
    n_particles, n_moves
        Size of the cloud, and the most random-walk moves at one temperature.
    keep
        Share of particles that stays effective from one temperature to the next, in (0, 1).
    rng
        The only source of randomness.
    """
    problem = _Problem(log_likelihood, base, dimension)
    particles, log_z = _first_particles(problem, base, n_particles, rng)
    if not len(particles):
        return Cloud(particles.points, -np.inf, problem.n_evaluations, 0)
    moves = _Moves(problem, n_moves, dimension, rng)
    power, n_temperatures = 0.0, 0
    while power < 1.0:
        log_ratio = particles.log_target - particles.log_base
        step = _next_step(log_ratio, 1.0 - power, keep)
        log_weights = step * log_ratio
        log_z += float(np.logaddexp.reduce(log_weights) - np.log(len(log_weights)))
        weights = normalized(log_weights)
        power = 1.0 if step >= 1.0 - power else power + step
        centre, factor = weights @ particles.points, covariance_factor(particles.points, weights)
        particles = particles.take(systematic(weights, n_particles, rng))
        particles = moves.sweep(particles, centre, factor, power)
        n_temperatures += 1
    points = [particles.points.copy()]
    even = np.full(n_particles, 1.0 / n_particles)
    for _ in range(n_final_sweeps):
        centre, factor = particles.points.mean(axis=0), covariance_factor(particles.points, even)
        points.append(moves.sweep(particles, centre, factor, 1.0).points.copy())
    return Cloud(np.concatenate(points), log_z, problem.n_evaluations, n_temperatures)


def _first_particles(
    problem: _Problem, base: Base, n: int, rng: np.random.Generator
) -> tuple[_Particles, float]:
    """Draw from the base until n points have a likelihood above zero; return them and log P(above zero)."""
    found: list[_Particles] = []
    n_found = n_drawn = 0
    while n_found < n and n_drawn < MOST_FIRST_BLOCKS * n:
        block = problem.at(base.sample(n, rng))
        n_drawn += n
        found.append(block.take(np.flatnonzero(np.isfinite(block.log_target))))
        n_found += len(found[-1])
    joined = _Particles(
        np.concatenate([block.points for block in found]),
        np.concatenate([block.log_base for block in found]),
        np.concatenate([block.log_target for block in found]),
    )
    enough = n_found >= max(2, min(n, 20))
    return (joined, float(np.log(n_found / n_drawn))) if enough else (joined.take(np.arange(0)), -np.inf)


def _next_step(log_ratio: FloatArray, rest: float, keep: float) -> float:
    """Return the longest step of the power at which `keep` of the particles stay effective."""
    wanted = keep * len(log_ratio)
    if effective_number(rest * log_ratio) >= wanted:
        return rest
    low, high = 0.0, rest
    for _ in range(60):
        middle = 0.5 * (low + high)
        if effective_number(middle * log_ratio) >= wanted:
            low = middle
        else:
            high = middle
    return max(low, 1e-12 * rest)


class _Moves:
    """Metropolis moves that leave the tempered density unchanged: random walks, and leaps between them.

    A walk jumps from where a particle is, with the cloud's covariance and a scale that learns from what
    was accepted. A leap proposes a fresh point from a Student-t density fitted to the cloud: in many
    dimensions it forgets far sooner where that fits, and where it does not, it is dropped.
    """

    def __init__(self, problem: _Problem, n_moves: int, dimension: int, rng: np.random.Generator) -> None:
        self._problem, self._n_moves, self._rng = problem, n_moves, rng
        self._log_scale = float(np.log(2.38 / np.sqrt(dimension)))

    def sweep(
        self, particles: _Particles, centre: FloatArray, factor: FloatArray, power: float
    ) -> _Particles:
        """Move particles until they have forgotten where they were, or `n_moves` times."""
        start = particles.points.copy()
        leaping = True
        for k in range(self._n_moves):
            if leaping and k % 2:
                leaping = self._leap(particles, centre, factor, power) >= WORST_LEAPS
            else:
                self._walk(particles, factor, power)
            if _mean_correlation(start, particles.points, factor) < FORGOTTEN:
                break
        return particles

    def _walk(self, particles: _Particles, factor: FloatArray, power: float) -> None:
        n, d = particles.points.shape
        # Now and then a much shorter or longer jump: one scale does not fit a curved posterior.
        scale = np.exp(self._log_scale + 0.5 * self._rng.standard_normal((n, 1)))
        proposed = self._problem.at(particles.points + scale * (self._rng.standard_normal((n, d)) @ factor.T))
        accepted = self._accept(particles, proposed, power, np.zeros(n))
        self._log_scale += accepted - TARGET_ACCEPTANCE

    def _leap(self, particles: _Particles, centre: FloatArray, factor: FloatArray, power: float) -> float:
        n, d = particles.points.shape
        stretch = np.sqrt(LEAP_DOF / self._rng.chisquare(LEAP_DOF, size=(n, 1)))
        proposed = self._problem.at(centre + stretch * (self._rng.standard_normal((n, d)) @ factor.T))
        density_ratio = log_student(particles.points, centre, factor, LEAP_DOF)
        density_ratio -= log_student(proposed.points, centre, factor, LEAP_DOF)
        return self._accept(particles, proposed, power, density_ratio)

    def _accept(
        self, particles: _Particles, proposed: _Particles, power: float, log_proposal_ratio: FloatArray
    ) -> float:
        """Take over the proposals that pass, in place; return their share."""
        gain = log_proposal_ratio + power * (proposed.log_target - particles.log_target)
        gain += (1.0 - power) * (proposed.log_base - particles.log_base)
        accepted = np.log(self._rng.random(len(gain))) < gain
        particles.replace(accepted, proposed)
        return float(accepted.mean())


def _mean_correlation(before: FloatArray, after: FloatArray, factor: FloatArray) -> float:
    """Return how much particles remember of their start, averaged over whitened coordinates."""
    a = solve_triangular(factor, (before - before.mean(axis=0)).T, lower=True)
    b = solve_triangular(factor, (after - after.mean(axis=0)).T, lower=True)
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return float(np.mean((a * b).sum(axis=1) / np.maximum(spread, 1e-300)))


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
