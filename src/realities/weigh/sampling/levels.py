"""A second algorithm: a log-likelihood in, a cloud and a log evidence out, by levels instead of powers.

Nested sampling as sequential Monte Carlo. Particles start from the prior; again and again the likelihood that
a share of them exceeds becomes the level below which there is none, and those above are drawn again and moved
within what is above. The prior mass that is left shrinks by a known factor each time, and the evidence is the
sum, over the layers between levels, of prior mass times mean likelihood. Levels compare likelihoods only by
rank, so they do not feel, as tempering does, how suddenly mass moves from a wide mode to a narrow one. Their
log evidence is less exact than importance sampling's (`evidence.py`, which asks for it), but it is an opinion
of its own: it goes wrong for other reasons.

References
----------
Skilling, J. (2006). Nested sampling for general Bayesian computation. Bayesian Analysis 1(4), 833-859.
Salomone, R., South, L. F., Drovandi, C. C. and Kroese, D. P. (2018). Unbiased and consistent nested sampling
via sequential Monte Carlo. arXiv 1805.03924.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from realities.weigh.sampling.moves import (
    Above,
    FloatArray,
    LogLikelihood,
    Moves,
    Particles,
    StandardNormal,
    covariance_factor,
    normalized,
    systematic,
)
from realities.weigh.sampling.tempering import FromBase, first_particles

#: Layers end where what is above the last level holds less than this share of the evidence found so far.
LEAST_ABOVE = 0.02
#: Log-likelihoods no further apart than this, relative to their size, are equal.
ROUNDING = 1e-12
#: More layers than this are not made: beyond, a likelihood rises without an end in sight.
MOST_LAYERS = 500


@dataclass(frozen=True, slots=True)
class Layers:
    """What levels found: equally weighted posterior points, the log evidence, and its error.

    `points` is (particle, dimension), empty where no draw of the prior had a likelihood above zero. `error`
    is the standard error that the shares above levels have as counts of independent particles.
    """

    points: FloatArray
    log_evidence: float
    error: float
    n_evaluations: int
    n_layers: int


def layered_cloud(
    log_likelihood: LogLikelihood,
    dimension: int,
    *,
    n_particles: int,
    n_moves: int,
    keep: float = 0.5,
    rng: np.random.Generator,
) -> Layers:
    """Return a cloud of the posterior and its log evidence under N(0, I), by nested levels.

    Parameters
    ----------
    log_likelihood
        Takes points (n, dimension), gives (n,); minus infinity or NaN means a likelihood of zero.
    dimension
        Length of a point, at least 1.
    n_particles, n_moves
        How many particles spread over each layer, and the most moves there.
    keep
        Share of particles above the next level, in (0, 1).
    rng
        The only source of randomness.
    """
    problem = FromBase(log_likelihood, StandardNormal(dimension), dimension)
    particles, log_mass = first_particles(problem, StandardNormal(dimension), n_particles, rng)
    if not len(particles):
        return Layers(particles.points, -np.inf, np.inf, problem.n_evaluations, 0)
    moves = Moves(problem, n_moves, dimension, rng)
    layers: list[_Layer] = []
    found = -np.inf
    while True:
        layer = _layer(particles, log_mass, keep, is_last=len(layers) + 1 == MOST_LAYERS)
        above = float(np.logaddexp.reduce(layer.log_parts[layer.is_above]))
        found = float(np.logaddexp(found, np.logaddexp.reduce(layer.log_parts[~layer.is_above])))
        if not layer.is_above.any() or above < found + np.log(LEAST_ABOVE):
            layers.append(replace(layer, is_above=np.zeros_like(layer.is_above)))
            break
        layers.append(layer)
        log_mass += np.log(layer.share)
        particles = _above(layer, moves, n_particles, rng)
    return _joined(layers, problem.n_evaluations, n_particles, rng)


@dataclass(frozen=True, slots=True)
class _Layer:
    """Particles spread over what is above one level, and which of them are above the next.

    `log_parts` (n,) are logarithms of what each would give to the evidence, were this the last layer.
    """

    particles: Particles
    log_parts: FloatArray
    level: float
    is_above: NDArray[np.bool_]

    @property
    def share(self) -> float:
        return float(self.is_above.mean())


def _layer(particles: Particles, log_mass: float, keep: float, *, is_last: bool) -> _Layer:
    """Return particles with the level that a share `keep` of them exceeds: fewer where many are equal."""
    log_likelihood = particles.log_target - particles.log_base
    level = float(np.quantile(log_likelihood, 1.0 - keep, method="lower"))
    if is_last or log_likelihood.max() - level < ROUNDING * (1.0 + abs(level)):
        level = np.inf
    log_parts = log_mass - np.log(len(particles)) + log_likelihood
    return _Layer(particles, log_parts, level, log_likelihood > level)


def _above(layer: _Layer, moves: Moves, n: int, rng: np.random.Generator) -> Particles:
    """Return n particles spread over what is above a layer's level."""
    survivors = layer.particles.take(np.flatnonzero(layer.is_above))
    even = np.full(len(survivors), 1.0 / len(survivors))
    centre, factor = survivors.points.mean(axis=0), covariance_factor(survivors.points, even)
    drawn = survivors.take(systematic(even, n, rng))
    return moves.sweep(drawn, centre, factor, Above(layer.level), patient=True)


def _joined(layers: Sequence[_Layer], n_evaluations: int, n: int, rng: np.random.Generator) -> Layers:
    """Return what all layers say together: each gives those of its particles that are not above its level."""
    points = np.concatenate([layer.particles.points[~layer.is_above] for layer in layers])
    log_parts = np.concatenate([layer.log_parts[~layer.is_above] for layer in layers])
    log_evidence = float(np.logaddexp.reduce(log_parts))
    variance = 0.0
    for layer in layers:
        if layer.is_above.any():  # an error in the share above it moves all the evidence there
            above = np.exp(np.logaddexp.reduce(layer.log_parts[layer.is_above]) - log_evidence)
            variance += (1.0 - layer.share) / (layer.share * len(layer.particles)) * min(above, 1.0) ** 2
    drawn = systematic(normalized(log_parts), n, rng)
    return Layers(points[drawn], log_evidence, float(np.sqrt(variance)), n_evaluations, len(layers))
