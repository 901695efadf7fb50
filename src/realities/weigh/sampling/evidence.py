"""Posterior and evidence of one problem: a log-likelihood over N(0, I) in, draws and log evidence out.

Several independent runs each temper a cloud (`tempering.py`), fit a mixture to it and refit that
mixture to importance draws from it until the diagnostic says that their mean can be trusted
(`importance.py`). The runs are then pooled: each draw is weighed against the average of all runs'
mixtures, so a region that one run missed still counts with the weight another gave it. Where the
diagnostics do not support the number, `reliable` is false and `warnings` say why. `posterior.py` calls
this for an account; nothing here knows of cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from realities.weigh.sampling.importance import StudentMixture, fit_mixture, k_hat
from realities.weigh.sampling.moves import (
    Base,
    LogLikelihood,
    StandardNormal,
    effective_number,
    finite_or_zero,
    normalized,
    systematic,
)
from realities.weigh.sampling.tempering import tempered_cloud

FloatArray = NDArray[np.float64]

#: Above this k-hat a mean of importance weights is not to be trusted.
WORST_K_HAT = 0.7
#: Refitting ends below this one: the weights then have a finite variance.
GOOD_K_HAT = 0.5
#: With a diagnostic above this one after so many rounds, refitting alone will not get there: temper.
HOPELESS_K_HAT, GIVEN_UP_AFTER = 1.0, 2
#: Most that two runs' log evidences may differ.
LARGEST_GAP = 0.3
#: Effective draws of an earlier posterior from which refitting is tried before tempering.
NEAR = 1.0
#: A mixture is fitted to no more points than this; the heaviest are taken.
MOST_FITTED = 2500
#: Draws kept of each run alone.
CHAIN_DRAWS = 500


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """How much work goes into one posterior.

    `runs` independent runs of `particles` particles, with at most `moves` random-walk moves a
    temperature, each so long that a share `keep` of the particles stays effective; then up to `rounds`
    rounds of `importance_draws` draws per run from a mixture of up to `components` components.
    Fewer than `enough_draws` effective draws are called not reliable. `posterior_draws` come out: as many
    as are effective, or more, so that resampling adds little error.
    """

    runs: int
    particles: int
    moves: int
    importance_draws: int
    keep: float = 0.5
    components: int = 12
    rounds: int = 8
    enough_draws: int = 1000
    posterior_draws: int = 10_000


#: Names of efforts.
Effort = Literal["sketch", "quick", "default", "publish"]

EFFORTS: dict[Effort, SamplerSettings] = {
    "sketch": SamplerSettings(2, 300, 12, 1000, components=4, enough_draws=200, posterior_draws=2000),
    "quick": SamplerSettings(2, 1000, 20, 5000),
    "default": SamplerSettings(2, 2000, 30, 10_000),
    "publish": SamplerSettings(4, 4000, 40, 20_000, keep=0.7, components=20, posterior_draws=20_000),
}

#: The same names for models of which a run takes a twentieth of a millisecond or more: decision 0087.
HEAVY_EFFORTS: dict[Effort, SamplerSettings] = {
    "sketch": SamplerSettings(
        1,
        300,
        5,
        1000,
        components=3,
        rounds=5,
        enough_draws=100,
        posterior_draws=500,
    ),
    "quick": SamplerSettings(
        1, 400, 3, 1000, keep=0.35, components=3, rounds=12, enough_draws=80, posterior_draws=512
    ),
    "default": SamplerSettings(
        2, 600, 8, 2500, components=4, rounds=6, enough_draws=600, posterior_draws=4000
    ),
    "publish": EFFORTS["default"],
}


@dataclass(frozen=True, slots=True)
class PosteriorSample:
    """Posterior and evidence of one problem.

    `points` (draw, dimension) are equally weighted posterior draws. `log_evidence_error` is a standard
    error: the larger of what the weights imply and what the runs' scatter implies.
    `proposal` is the mixture last fitted, from which a similar problem can start. `chains` (run, draw,
    dimension) are equally weighted draws of each run alone, so that runs can be compared; None without any.
    """

    points: FloatArray
    log_evidence: float
    log_evidence_error: float
    effective_draws: float
    k_hat: float
    run_log_evidences: tuple[float, ...]
    n_evaluations: int
    reliable: bool
    warnings: tuple[str, ...]
    proposal: StudentMixture | None
    chains: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run's importance draws, the mixture they come from, and what it took.

    `points` are (n, dimension); `log_joint` (n,) is log prior and log likelihood together.
    """

    points: FloatArray
    log_joint: FloatArray
    proposal: StudentMixture
    n_evaluations: int

    @property
    def log_weights(self) -> FloatArray:
        """Logarithms of the importance weights, (n,)."""
        return self.log_joint - self.proposal.log_density(self.points)


@dataclass(frozen=True, slots=True)
class NoRun:
    """A run that found no point with a likelihood above zero, and what it took."""

    n_evaluations: int


def sample_posterior(
    log_likelihood: LogLikelihood,
    dimension: int,
    *,
    settings: SamplerSettings,
    seed: Sequence[int],
    start: Base | None = None,
) -> PosteriorSample:
    """Return posterior draws and the log of the mean likelihood under N(0, I).

    Parameters
    ----------
    log_likelihood
        Takes points (n, dimension), gives (n,); minus infinity or NaN means a likelihood of zero.
    dimension
        Length of a point. With 0 there is nothing to sample and the evidence is the likelihood.
    settings
        How many particles, moves, draws and runs.
    seed
        Words of the seed; run r adds the word r.
    start
        Where particles start instead of the prior: a mixture near the posterior, such as the
        `proposal` of an earlier date. It changes the work, not what is computed.

    Returns
    -------
    The sample; `reliable` is false, with `warnings`, where its diagnostics do not support it.
    """
    if dimension == 0:
        return _without_parameters(log_likelihood, settings)
    runs = [
        sample_run(log_likelihood, dimension, settings=settings, seed=seed, number=number, start=start)
        for number in range(settings.runs)
    ]
    return pooled(runs, dimension, settings=settings, seed=seed)


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
    if effective_number(log_weights) < NEAR:
        return None, start, len(points)
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
    log_weights = log_joint - _log_average_density(rounds, drawn)
    weights = _tempered(log_weights, 4.0 * cloud.shape[1])
    effective = 1.0 / float((weights**2).sum())
    trust = effective / (effective + len(cloud))
    even = np.full(len(cloud), 1.0 / len(cloud))
    points = np.concatenate([cloud, drawn])
    joined = np.concatenate([(1.0 - trust) * even, trust * weights])
    heaviest = np.argsort(joined, kind="stable")[-MOST_FITTED:]
    shares = joined[heaviest] / joined[heaviest].sum()
    return fit_mixture(points[heaviest], shares, most_components=settings.components, rng=rng)


def _log_average_density(runs: Sequence[Run], points: FloatArray) -> FloatArray:
    """Return the log density, averaged over runs by their sizes, at points (n, d)."""
    total = sum(len(run.points) for run in runs)
    parts = [np.log(len(run.points) / total) + run.proposal.log_density(points) for run in runs]
    return np.asarray(logsumexp(parts, axis=0))


def _tempered(log_weights: FloatArray, wanted: float) -> FloatArray:
    """Return normalized weights, flattened by a power until `wanted` of them are effective."""
    power = 1.0
    while effective_number(power * log_weights) < wanted and power > 1e-3:
        power *= 0.8
    return normalized(power * log_weights)


def pooled(
    attempts: Sequence[Run | NoRun], dimension: int, *, settings: SamplerSettings, seed: Sequence[int]
) -> PosteriorSample:
    """Return what all runs together say; `seed` is theirs."""
    runs = [run for run in attempts if isinstance(run, Run)]
    n_evaluations = sum(run.n_evaluations for run in attempts)
    if not runs:
        return _impossible(dimension, settings, n_evaluations)
    rng = np.random.default_rng([*seed, settings.runs])
    points = np.concatenate([run.points for run in runs])
    log_joint = np.concatenate([run.log_joint for run in runs])
    log_weights = log_joint - _log_average_density(runs, points)
    weights = normalized(log_weights)
    log_evidences = tuple(_log_mean(run.log_weights) for run in runs)
    log_evidence, shape = _log_mean(log_weights), k_hat(log_weights)
    effective = effective_number(log_weights)
    warnings = _doubts(shape, effective, log_evidences, settings)
    return PosteriorSample(
        points=points[systematic(weights, settings.posterior_draws, rng)],
        log_evidence=log_evidence,
        log_evidence_error=_standard_error(weights, log_evidences),
        effective_draws=effective,
        k_hat=shape,
        run_log_evidences=log_evidences,
        n_evaluations=n_evaluations,
        reliable=not warnings,
        warnings=warnings,
        proposal=runs[0].proposal,
        chains=_chains(runs, min(CHAIN_DRAWS, settings.posterior_draws), seed),
    )


def _chains(runs: Sequence[Run], n_draws: int, seed: Sequence[int]) -> FloatArray:
    """Return draws of each run by its own weights: they differ where the runs do."""
    return np.stack(
        [
            run.points[
                systematic(normalized(run.log_weights), n_draws, np.random.default_rng([*seed, number, 1]))
            ]
            for number, run in enumerate(runs)
        ]
    )


def _standard_error(weights: FloatArray, log_evidences: Sequence[float]) -> float:
    """Return the standard error of the log evidence, from the weights or the runs, whichever is larger."""
    n = len(weights)
    within = float(np.sqrt(max(n * (weights**2).sum() - 1.0, 0.0) / n))
    between = (
        float(np.std(log_evidences, ddof=1) / np.sqrt(len(log_evidences))) if len(log_evidences) > 1 else 0
    )
    return max(within, between)


def _doubts(
    shape: float, effective: float, log_evidences: Sequence[float], settings: SamplerSettings
) -> tuple[str, ...]:
    """Return why the evidence is not to be relied on; empty if it is."""
    warnings = []
    if shape > WORST_K_HAT:
        warnings.append(f"k-hat is {shape:.2f}, above {WORST_K_HAT}: few draws carry most of the weight")
    gap = max(log_evidences) - min(log_evidences)
    if gap > LARGEST_GAP:
        warnings.append(f"independent runs differ by {gap:.2f} in log evidence, more than {LARGEST_GAP}")
    if len(log_evidences) < settings.runs:
        warnings.append(f"only {len(log_evidences)} of {settings.runs} runs found a likelihood above zero")
    if effective < settings.enough_draws:
        warnings.append(f"{effective:.0f} effective draws, fewer than {settings.enough_draws}")
    return tuple(warnings)


def _without_parameters(log_likelihood: LogLikelihood, settings: SamplerSettings) -> PosteriorSample:
    """Return the sample of a problem that has nothing to sample."""
    value = float(finite_or_zero(log_likelihood(np.zeros((1, 0))))[0])
    possible = bool(np.isfinite(value))
    n = settings.posterior_draws
    warnings = () if possible else ("the likelihood is zero",)
    return PosteriorSample(np.zeros((n, 0)), value, 0.0, float(n), 0.0, (value,), 1, possible, warnings, None)


def _impossible(dimension: int, settings: SamplerSettings, n_evaluations: int) -> PosteriorSample:
    """Return the sample of a problem whose likelihood is zero wherever it was tried: prior draws."""
    warning = "the likelihood is zero at nearly every draw of the prior"
    points = np.zeros((0, dimension))
    none = tuple(-np.inf for _ in range(settings.runs))
    return PosteriorSample(points, -np.inf, np.inf, 0.0, np.inf, none, n_evaluations, False, (warning,), None)


def _log_mean(log_weights: FloatArray) -> float:
    return float(logsumexp(log_weights) - np.log(len(log_weights)))
