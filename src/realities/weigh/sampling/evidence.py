"""Posterior and evidence of one problem: a log-likelihood over N(0, I) in, draws and log evidence out.

Several independent runs (`runs.py`) each find a cloud and a mixture that covers it. They are then pooled:
each draw is weighed against the average of all runs' mixtures, so a region that one run missed still counts
with the weight another gave it. At publish setting two runs come from a second algorithm (`levels.py`), whose
own log evidence is compared. Where the diagnostics do not support the number, `reliable` is false and
`warnings` say why. `posterior.py` calls this for an account; nothing here knows of cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.weigh.logarithms import log_sum
from realities.weigh.sampling.importance import StudentMixture, k_hat
from realities.weigh.sampling.moves import (
    Base,
    LogLikelihood,
    effective_number,
    finite_or_zero,
    normalized,
    systematic,
)
from realities.weigh.sampling.runs import (
    WORST_K_HAT,
    NoRun,
    Opinion,
    Run,
    log_average_density,
    polished,
    sample_run,
    second_runs,
)
from realities.weigh.sampling.settings import EFFORTS, HEAVY_EFFORTS, Effort, SamplerSettings

__all__ = [
    "EFFORTS",
    "HEAVY_EFFORTS",
    "LARGEST_GAP",
    "WORST_K_HAT",
    "Effort",
    "NoRun",
    "Opinion",
    "PosteriorSample",
    "Run",
    "SamplerSettings",
    "polished",
    "pooled",
    "sample_posterior",
    "sample_run",
    "second_runs",
]

FloatArray = NDArray[np.float64]

#: Most that two runs' log evidences may differ.
LARGEST_GAP = 0.3
#: Most that the second algorithm may differ: so many standard errors of both, and this much beside.
MOST_ERRORS, MOST_BESIDE = 3.0, 0.1
#: Draws kept of each run alone.
CHAIN_DRAWS = 500


@dataclass(frozen=True, slots=True)
class PosteriorSample:
    """Posterior and evidence of one problem.

    `points` (draw, dimension) are equally weighted posterior draws. `log_evidence_error` is a standard
    error: what the weights imply, and more where the runs scatter more than that.
    `proposal` is the mixture last fitted, from which a similar problem can start. `chains` (run, draw,
    dimension) are equally weighted draws of each run alone, so that runs can be compared; None without any.
    `second_opinion` is what the second algorithm says of the evidence; None where it was not asked.
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
    second_opinion: Opinion | None = None


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
    runs += second_runs(log_likelihood, dimension, settings=settings, seed=seed)
    return pooled(runs, dimension, settings=settings, seed=seed)


def pooled(
    attempts: Sequence[Run | NoRun], dimension: int, *, settings: SamplerSettings, seed: Sequence[int]
) -> PosteriorSample:
    """Return what all runs together say, those of `second_runs` among them; `seed` is theirs."""
    runs = [run for run in attempts if isinstance(run, Run)]
    n_evaluations = sum(run.n_evaluations for run in attempts)
    if not runs:
        return _impossible(dimension, settings, n_evaluations)
    rng = np.random.default_rng([*seed, settings.runs])
    points = np.concatenate([run.points for run in runs])
    log_joint = np.concatenate([run.log_joint for run in runs])
    log_weights = log_joint - log_average_density(runs, points)
    weights = normalized(log_weights)
    log_evidences = tuple(_log_mean(run.log_weights) for run in runs)
    log_evidence, shape = _log_mean(log_weights), k_hat(log_weights)
    effective = effective_number(log_weights)
    error = _standard_error(weights, log_evidences, [_relative_error(run.log_weights) for run in runs])
    opinion = _second_opinion(runs)
    warnings = (
        *_doubts(shape, effective, log_evidences, settings),
        *_missing(attempts, settings),
        *_contradiction(log_evidence, error, opinion),
    )
    return PosteriorSample(
        points=points[systematic(weights, settings.posterior_draws, rng)],
        log_evidence=log_evidence,
        log_evidence_error=error,
        effective_draws=effective,
        k_hat=shape,
        run_log_evidences=log_evidences,
        n_evaluations=n_evaluations,
        reliable=not warnings,
        warnings=warnings,
        proposal=runs[0].proposal,
        chains=_chains(runs, min(CHAIN_DRAWS, settings.posterior_draws), seed),
        second_opinion=opinion,
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


def _relative_error(log_weights: FloatArray) -> float:
    """Return the standard error of the logarithm of the weights' mean: how much they vary."""
    n, weights = len(log_weights), normalized(log_weights)
    return float(np.sqrt(max(n * (weights**2).sum() - 1.0, 0.0) / n))


def _standard_error(weights: FloatArray, log_evidences: Sequence[float], errors: Sequence[float]) -> float:
    """Return the standard error of the pooled log evidence.

    It is what the pooled weights imply, times Birge's ratio where runs scatter more than their own errors
    allow; but no more than the scatter itself makes of it. (The scatter alone would be too much: a run by
    itself is less exact than its draws are among those of others.)
    """
    within = float(np.sqrt(max(len(weights) * (weights**2).sum() - 1.0, 0.0) / len(weights)))
    n = len(log_evidences)
    if n == 1:
        return within
    between = float(np.std(log_evidences, ddof=1) / np.sqrt(n))
    misses = (np.array(log_evidences) - np.mean(log_evidences)) / np.maximum(errors, 1e-12)
    birge = float(np.sqrt((misses**2).sum() / (n - 1)))
    return max(within, min(between, within * birge))


def _second_opinion(runs: Sequence[Run]) -> Opinion | None:
    """Return what the runs of the second algorithm say by themselves; None if there are none.

    Their mean has no smaller error than one of them states: particles that were copied from one another are
    not quite as many as they are counted.
    """
    opinions = [run.opinion for run in runs if run.opinion is not None]
    if not opinions:
        return None
    values = [opinion.log_evidence for opinion in opinions]
    scatter = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return Opinion(_log_mean(np.array(values)), max(scatter, *(opinion.error for opinion in opinions)))


def _contradiction(log_evidence: float, error: float, opinion: Opinion | None) -> tuple[str, ...]:
    """Return a warning if the second algorithm's log evidence differs by more than the errors allow."""
    if opinion is None:
        return ()
    apart = abs(log_evidence - opinion.log_evidence)
    if apart <= MOST_BESIDE + MOST_ERRORS * float(np.hypot(error, opinion.error)):
        return ()
    return (
        f"a second algorithm gives a log evidence of {opinion.log_evidence:.2f} "
        f"(standard error {opinion.error:.2f}), this one {log_evidence:.2f}: "
        "one of them misses part of what the reports allow",
    )


def _missing(attempts: Sequence[Run | NoRun], settings: SamplerSettings) -> tuple[str, ...]:
    """Return a warning if some runs found no point with a likelihood above zero."""
    n_found, n_wanted = sum(isinstance(run, Run) for run in attempts), max(len(attempts), settings.runs)
    if n_found == n_wanted:
        return ()
    return (f"only {n_found} of {n_wanted} runs found a likelihood above zero",)


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
    return float(log_sum(log_weights) - np.log(len(log_weights)))
