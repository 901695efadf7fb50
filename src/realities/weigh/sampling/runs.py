"""One run of the sampler: a cloud, and importance draws from a mixture refitted until k-hat is good.

A cloud comes from tempering (`tempering.py`), from a start near by, from the second algorithm (`levels.py`)
or from whoever has one. A mixture is fitted to it (`importance.py`) and refitted to importance draws from it
until the diagnostic says that their mean can be trusted. `evidence.py` pools several runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from realities.weigh.logarithms import log_sum
from realities.weigh.sampling.importance import StudentMixture, fit_mixture, k_hat
from realities.weigh.sampling.levels import layered_cloud
from realities.weigh.sampling.moves import (
    Base,
    LogLikelihood,
    StandardNormal,
    effective_number,
    finite_or_zero,
    normalized,
    systematic,
)
from realities.weigh.sampling.settings import SamplerSettings
from realities.weigh.sampling.tempering import tempered_cloud

FloatArray = NDArray[np.float64]

#: Above this k-hat a mean of importance weights is not to be trusted.
WORST_K_HAT = 0.7
#: Refitting ends below this one: the weights then have a finite variance.
GOOD_K_HAT = 0.5
#: With a diagnostic above this one after so many rounds, refitting alone will not get there: temper.
HOPELESS_K_HAT, GIVEN_UP_AFTER = 1.0, 2
#: Effective draws of an earlier posterior from which refitting is tried before tempering.
NEAR = 1.0
#: A mixture is fitted to no more points than this; the heaviest are taken.
MOST_FITTED = 2500
#: Word of the seed of the second algorithm.
SECOND = 1000
#: Share of its particles above the next level.
SECOND_KEEP = 0.3


@dataclass(frozen=True, slots=True)
class Opinion:
    """A log evidence that was come to in another way, and its standard error."""

    log_evidence: float
    error: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run's importance draws, the mixture they come from, and what it took.

    `points` are (n, dimension); `log_joint` (n,) is log prior and log likelihood together. `opinion` is there
    where the cloud came from the second algorithm: what that says of the evidence by itself.
    """

    points: FloatArray
    log_joint: FloatArray
    proposal: StudentMixture
    n_evaluations: int
    opinion: Opinion | None = None

    @property
    def log_weights(self) -> FloatArray:
        """Logarithms of the importance weights, (n,)."""
        return self.log_joint - self.proposal.log_density(self.points)


@dataclass(frozen=True, slots=True)
class NoRun:
    """A run that found no point with a likelihood above zero, and what it took."""

    n_evaluations: int


def sample_run(
    log_likelihood: LogLikelihood,
    dimension: int,
    *,
    settings: SamplerSettings,
    seed: Sequence[int],
    number: int,
    start: Base | None = None,
) -> Run | NoRun:
    """Return one of the independent runs of `sample_posterior`, by its number; `dimension` is above 0."""
    rng = np.random.default_rng([*seed, number])
    spent = 0
    if start is not None:
        near, start, spent = _from_nearby(log_likelihood, start, settings, rng)
        if near is not None:
            return near
    cloud = tempered_cloud(
        log_likelihood,
        start if start is not None else StandardNormal(dimension),
        dimension,
        n_particles=settings.particles,
        n_moves=settings.moves,
        keep=settings.keep,
        rng=rng,
    )
    spent += cloud.n_evaluations
    if not len(cloud.points):
        return NoRun(spent)
    return polished(log_likelihood, cloud.points, settings=settings, rng=rng, spent=spent)


def polished(
    log_likelihood: LogLikelihood,
    cloud: FloatArray,
    *,
    settings: SamplerSettings,
    rng: np.random.Generator,
    spent: int = 0,
) -> Run:
    """Return importance draws of one run: a mixture fitted to a cloud, refined until k-hat is good.

    Parameters
    ----------
    log_likelihood
        Takes points (n, dimension), gives (n,); minus infinity or NaN means a likelihood of zero.
    cloud
        Equally weighted points near the posterior, (n, dimension), at least one.
    settings
        Of which `importance_draws`, `components`, `rounds`, `enough_draws` and `runs` matter here.
    rng
        The only source of randomness.
    spent
        Evaluations that led to the cloud; they are counted with those made here.
    """
    even = np.full(len(cloud), 1.0 / len(cloud))
    proposal = fit_mixture(cloud, even, most_components=settings.components, rng=rng)
    return _refined(log_likelihood, cloud, proposal, settings, spent, rng)


def second_runs(
    log_likelihood: LogLikelihood, dimension: int, *, settings: SamplerSettings, seed: Sequence[int]
) -> list[Run | NoRun]:
    """Return two runs whose clouds come from the second algorithm, `levels.py`; none if it is not asked for.

    They count as runs when pooled: a mode that only they found has its weight. `dimension` is above 0.
    """
    found: list[Run | NoRun] = []
    for number in range(2 if settings.second else 0):
        rng = np.random.default_rng([*seed, SECOND, number])
        layers = layered_cloud(
            log_likelihood,
            dimension,
            n_particles=settings.second,
            n_moves=settings.second_moves,
            keep=SECOND_KEEP,
            rng=rng,
        )
        spent = layers.n_evaluations
        if not len(layers.points):
            found.append(NoRun(spent))
            continue
        run = polished(log_likelihood, layers.points, settings=settings, rng=rng, spent=spent)
        found.append(replace(run, opinion=Opinion(layers.log_evidence, layers.error)))
    return found


def _from_nearby(
    log_likelihood: LogLikelihood, start: Base, settings: SamplerSettings, rng: np.random.Generator
) -> tuple[Run | None, Base, int]:
    """Return a run that needs no tempering since the start is near enough, else None and a nearer start.

    An earlier posterior is wider than the later one as a rule. Where some of its draws keep weight, a
    mixture fitted to them, their weights flattened at first, is refined at once; if that does not end
    well, it is still the better start for tempering. What was spent comes last.
    """
    points = start.sample(settings.importance_draws, rng)
    log_joint = StandardNormal(points.shape[1]).log_density(points) + finite_or_zero(log_likelihood(points))
    log_weights = log_joint - start.log_density(points)
    effective = effective_number(log_weights)
    if effective < NEAR:
        return None, start, len(points)
    enough = max(settings.enough_draws / settings.runs, 0.1 * len(points))
    if isinstance(start, StudentMixture) and effective >= enough and k_hat(log_weights) < GOOD_K_HAT:
        return Run(points, log_joint, start, len(points)), start, len(points)  # as near as a refit would be
    weights = _tempered(log_weights, 4.0 * points.shape[1])
    heaviest = np.argsort(weights, kind="stable")[-max(settings.particles, 1000) :]
    shares = weights[heaviest] / weights[heaviest].sum()
    proposal = fit_mixture(points[heaviest], shares, most_components=settings.components, rng=rng)
    cloud = points[systematic(weights, settings.particles, rng)]
    run = _refined(log_likelihood, cloud, proposal, settings, len(points), rng, can_give_up=True)
    is_good = k_hat(run.log_weights) < WORST_K_HAT
    return (run if is_good else None), (start if is_good else run.proposal), run.n_evaluations


def _refined(
    log_likelihood: LogLikelihood,
    cloud: FloatArray,
    proposal: StudentMixture,
    settings: SamplerSettings,
    n_evaluations: int,
    rng: np.random.Generator,
    *,
    can_give_up: bool = False,
) -> Run:
    """Return importance draws of one run, its mixture refitted while the diagnostic asks for it.

    The best round counts: among those whose diagnostic is good, the one of most effective draws.
    """
    prior = StandardNormal(cloud.shape[1])
    wanted = settings.enough_draws / settings.runs
    rounds: list[Run] = []
    best, best_rank = None, (np.inf, np.inf)
    for _ in range(settings.rounds):
        points = proposal.sample(settings.importance_draws, rng)
        log_joint = prior.log_density(points) + finite_or_zero(log_likelihood(points))
        n_evaluations += len(points)
        run = Run(points, log_joint, proposal, n_evaluations)
        rounds.append(run)
        if best is not None and best.proposal is proposal:
            run = _joined(best, run)
        shape, effective = k_hat(run.log_weights), effective_number(run.log_weights)
        rank = (max(shape, GOOD_K_HAT), -effective)
        if best is None or best.proposal is proposal or rank < best_rank:
            best, best_rank = run, rank
        if shape < GOOD_K_HAT and effective >= wanted:
            break
        if can_give_up and len(rounds) >= GIVEN_UP_AFTER and best_rank[0] > HOPELESS_K_HAT:
            break
        if shape >= GOOD_K_HAT or effective < 0.1 * len(run.points):
            proposal = _refit(cloud, rounds, settings, rng)
    assert best is not None
    return Run(best.points, best.log_joint, best.proposal, n_evaluations)


def _joined(first: Run, second: Run) -> Run:
    """Return two rounds from one mixture as one."""
    points = np.concatenate([first.points, second.points])
    log_joint = np.concatenate([first.log_joint, second.log_joint])
    return Run(points, log_joint, second.proposal, second.n_evaluations)


def _refit(
    cloud: FloatArray, rounds: Sequence[Run], settings: SamplerSettings, rng: np.random.Generator
) -> StudentMixture:
    """Return a mixture fitted to the cloud and all importance draws so far, each with its due share."""
    drawn = np.concatenate([run.points for run in rounds])
    log_joint = np.concatenate([run.log_joint for run in rounds])
    log_weights = log_joint - log_average_density(rounds, drawn)
    weights = _tempered(log_weights, 4.0 * cloud.shape[1])
    effective = 1.0 / float((weights**2).sum())
    trust = effective / (effective + len(cloud))
    even = np.full(len(cloud), 1.0 / len(cloud))
    points = np.concatenate([cloud, drawn])
    joined = np.concatenate([(1.0 - trust) * even, trust * weights])
    heaviest = np.argsort(joined, kind="stable")[-MOST_FITTED:]
    shares = joined[heaviest] / joined[heaviest].sum()
    return fit_mixture(points[heaviest], shares, most_components=settings.components, rng=rng)


def log_average_density(runs: Sequence[Run], points: FloatArray) -> FloatArray:
    """Return the log density, averaged over runs by their sizes, at points (n, d)."""
    total = sum(len(run.points) for run in runs)
    parts = [np.log(len(run.points) / total) + run.proposal.log_density(points) for run in runs]
    return log_sum(np.array(parts), axis=0)


def _tempered(log_weights: FloatArray, wanted: float) -> FloatArray:
    """Return normalized weights, flattened by a power until `wanted` of them are effective."""
    power = 1.0
    while effective_number(power * log_weights) < wanted and power > 1e-3:
        power *= 0.8
    return normalized(power * log_weights)
