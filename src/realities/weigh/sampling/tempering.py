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

from dataclasses import dataclass

import numpy as np

from realities.weigh.sampling.moves import (
    Base,
    FloatArray,
    LogLikelihood,
    Moves,
    Particles,
    StandardNormal,
    Tempered,
    covariance_factor,
    effective_number,
    finite_or_zero,
    normalized,
    systematic,
)

#: Blocks of first draws after which a likelihood that is zero almost everywhere is given up.
MOST_FIRST_BLOCKS = 40


@dataclass(frozen=True, slots=True)
class Cloud:
    """Equally weighted points from the posterior, with the evidence the tempering itself implies.

    `points` is (particle, dimension), empty where no draw of the base had a likelihood above zero.
    """

    points: FloatArray
    log_evidence: float
    n_evaluations: int
    n_temperatures: int


class FromBase:
    """A base at one end, the posterior at the other; counts evaluations of the likelihood."""

    def __init__(self, log_likelihood: LogLikelihood, base: Base, dimension: int) -> None:
        self._log_likelihood, self._base = log_likelihood, base
        self._prior = StandardNormal(dimension)
        self.n_evaluations = 0

    def at(self, points: FloatArray, *, only_target: bool = False) -> Particles:
        """Return points (n, dimension) with the log densities of both ends there; see `Problem`."""
        self.n_evaluations += len(points)
        log_target = self._prior.log_density(points) + finite_or_zero(self._log_likelihood(points))
        log_base = np.zeros(len(points)) if only_target else self._base.log_density(points)
        return Particles(points, log_base, log_target)


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
    problem = FromBase(log_likelihood, base, dimension)
    particles, log_z = first_particles(problem, base, n_particles, rng)
    if not len(particles):
        return Cloud(particles.points, -np.inf, problem.n_evaluations, 0)
    moves = Moves(problem, n_moves, dimension, rng)
    particles, log_ratio, n_temperatures = advance(particles, moves, n=n_particles, keep=keep, rng=rng)
    log_z += log_ratio
    points = [particles.points.copy()]
    even = np.full(n_particles, 1.0 / n_particles)
    for _ in range(n_final_sweeps):
        centre, factor = particles.points.mean(axis=0), covariance_factor(particles.points, even)
        points.append(moves.sweep(particles, centre, factor, Tempered(1.0)).points.copy())
    return Cloud(np.concatenate(points), log_z, problem.n_evaluations, n_temperatures)


def advance(
    particles: Particles, moves: Moves, *, n: int, keep: float, rng: np.random.Generator
) -> tuple[Particles, float, int]:
    """Lead equally weighted particles from one density to another, through powers of their ratio.

    Parameters
    ----------
    particles
        Equally weighted points from the density `log_base`, none of density zero there.
    moves
        The moves, of the problem that has these two densities.
    n
        How many go on, and come out.
    keep
        Share of particles that stays effective from one power to the next, in (0, 1).
    rng
        Chooses the particles that go on.

    Returns
    -------
    Equally weighted points from the density `log_target`; the log of the ratio of the two densities'
    integrals; how many steps it took.
    """
    power, log_z, n_steps = 0.0, 0.0, 0
    while power < 1.0:
        log_ratio = particles.log_target - particles.log_base
        step = _next_step(log_ratio, 1.0 - power, keep)
        log_weights = step * log_ratio
        log_z += float(np.logaddexp.reduce(log_weights) - np.log(len(log_weights)))
        weights = normalized(log_weights)
        power = 1.0 if step >= 1.0 - power else power + step
        centre, factor = weights @ particles.points, covariance_factor(particles.points, weights)
        particles = particles.take(systematic(weights, n, rng))
        particles = moves.sweep(particles, centre, factor, Tempered(power))
        n_steps += 1
    return particles, log_z, n_steps


def first_particles(
    problem: FromBase, base: Base, n: int, rng: np.random.Generator
) -> tuple[Particles, float]:
    """Draw from the base until n points have a likelihood above zero; return them and log P(above zero)."""
    found: list[Particles] = []
    n_found = n_drawn = 0
    while n_found < n and n_drawn < MOST_FIRST_BLOCKS * n:
        block = problem.at(base.sample(n, rng))
        n_drawn += n
        found.append(block.take(np.flatnonzero(np.isfinite(block.log_target))))
        n_found += len(found[-1])
    joined = Particles(
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
