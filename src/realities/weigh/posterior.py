"""One account, one date: posterior draws and evidence.

In come a case, an account and a date; out comes an `AccountFit`. `likelihood.py` says how likely the
reports are, `evidence.py` samples, and here the draws get their names back and what was integrated out
is drawn. `weighing.py` calls this for every account and date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.case.hidden import constant_value
from realities.ensemble import STREAM_WEIGH, prior_draws, stream
from realities.errors import SimulationError
from realities.weigh.fits import AccountFit
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.reporting.discrepancy import DiscrepancyPath
from realities.weigh.sampling.evidence import (
    EFFORTS,
    HEAVY_EFFORTS,
    Effort,
    NoRun,
    PosteriorSample,
    Run,
    SamplerSettings,
    pooled,
    sample_posterior,
    sample_run,
)
from realities.weigh.sampling.importance import StudentMixture
from realities.weigh.sampling.moves import StandardNormal

FloatArray = NDArray[np.float64]

#: Equations times evaluations in a run from which a model counts as slow; how often each method evaluates.
HEAVY_WORK = 100_000
STAGES = {"euler": 1, "rk2": 2, "rk4": 4, "rk45": 7}
#: What a random stream is for, after the seed and `STREAM_WEIGH`.
_SAMPLE, _INTEGRATED, _WHY = range(3)


def fit_account(
    case: Case,
    account: str,
    *,
    as_of: date,
    seed: int,
    effort: Effort | SamplerSettings = "default",
    start: AccountFit | None = None,
    width: float = 1.0,
    posterior_draws: int = 0,
) -> AccountFit:
    """Return an account's posterior and evidence, given what was published by a date.

    Parameters
    ----------
    case, account
        The case and the id of one of its accounts.
    as_of
        Nothing published later plays a part.
    seed
        All accounts with one seed share their random streams.
    effort
        A name, for which `settings_for` chooses settings, or the settings themselves.
    start
        The same account's fit at an earlier date: the work then starts from there.
    width
        Factor on the spread of the account's priors.
    posterior_draws
        At least so many draws come out; default: as the settings say.

    Raises
    ------
    InputError
        If a row or event published by `as_of` is wrong.
    """
    case.check_as_of(as_of)
    likelihood = AccountLikelihood(case, account, as_of, width=width)
    settings = _settings(case, effort, posterior_draws)
    if not likelihood.observations:
        return _without_reports(case, account, as_of, seed, settings, width)
    sample = sample_posterior(
        likelihood,
        likelihood.dimension,
        settings=settings,
        seed=_sampler_seed(seed),
        start=None if start is None else _carried_over(start.proposal, start.sampled, likelihood.space.names),
    )
    return _fit(case, likelihood, as_of, seed, settings, sample)


@dataclass(frozen=True, slots=True)
class AccountRun:
    """One of the sampler's runs for an account and a date: names of the sampled numbers, and what it found.

    `found` is None where there is nothing to sample: no reports yet, or nothing that is uncertain.
    """

    names: tuple[str, ...]
    found: Run | NoRun | None


def run_account(
    case: Case,
    account: str,
    *,
    as_of: date,
    seed: int,
    number: int,
    effort: Effort | SamplerSettings = "default",
    start: AccountRun | None = None,
    width: float = 1.0,
) -> AccountRun:
    """Return run `number` for an account; `start` is the run of that number at an earlier date.

    Each run so goes through all dates on its own, and what one of them missed is not handed to others.
    The other parameters, and what is raised, are those of `fit_account`.
    """
    case.check_as_of(as_of)
    likelihood = AccountLikelihood(case, account, as_of, width=width)
    names = likelihood.space.names
    if not likelihood.observations or not names:
        return AccountRun(names, None)
    proposal = start.found.proposal if start is not None and isinstance(start.found, Run) else None
    found = sample_run(
        likelihood,
        likelihood.dimension,
        settings=_settings(case, effort),
        seed=_sampler_seed(seed),
        number=number,
        start=_carried_over(proposal, start.names if start is not None else (), names),
    )
    return AccountRun(names, found)


def fit_runs(
    case: Case,
    account: str,
    runs: Sequence[AccountRun],
    *,
    as_of: date,
    seed: int,
    effort: Effort | SamplerSettings = "default",
    width: float = 1.0,
    posterior_draws: int = 0,
) -> AccountFit:
    """Return the posterior and evidence that the runs of `run_account` give together: see `fit_account`."""
    likelihood = AccountLikelihood(case, account, as_of, width=width)
    settings = _settings(case, effort, posterior_draws)
    if not likelihood.observations:
        return _without_reports(case, account, as_of, seed, settings, width)
    key, dimension = _sampler_seed(seed), likelihood.dimension
    found = [run.found for run in runs if run.found is not None]
    if dimension:
        sample = pooled(found, dimension, settings=settings, seed=key)
    else:
        sample = sample_posterior(likelihood, 0, settings=settings, seed=key)
    return _fit(case, likelihood, as_of, seed, settings, sample)


def _settings(case: Case, effort: Effort | SamplerSettings, posterior_draws: int = 0) -> SamplerSettings:
    settings = effort if isinstance(effort, SamplerSettings) else settings_for(case, effort)
    return replace(settings, posterior_draws=max(posterior_draws, settings.posterior_draws))


def _sampler_seed(seed: int) -> list[int]:
    return [seed, STREAM_WEIGH, _SAMPLE]


def _without_reports(
    case: Case, account: str, as_of: date, seed: int, settings: SamplerSettings, width: float
) -> AccountFit:
    """Return the fit of an account before any report: its priors."""
    bare = unweighed_account(case, account, seed=seed, n_draws=settings.posterior_draws, width=width)
    stamps = _stamps(case, account, as_of)
    return replace(bare, as_of=as_of, warnings=stamps, run_log_evidences=(0.0,) * settings.runs)


def _fit(
    case: Case,
    likelihood: AccountLikelihood,
    as_of: date,
    seed: int,
    settings: SamplerSettings,
    sample: PosteriorSample,
) -> AccountFit:
    """Return a sample under the names of what was sampled, with what was integrated out drawn."""
    account = likelihood.account
    stamps = _stamps(case, account, as_of)
    if not len(sample.points):
        _check_model_runs(likelihood, account, seed)
        stamps = (*stamps, *_reasons(likelihood, seed))
        sample = _prior_instead(sample, settings, seed)
    draws = likelihood.space.values(sample.points)
    integrated, paths = _integrated(likelihood, draws, len(sample.points), seed)
    reporting = {name: draws[name] for name in draws if name not in likelihood.model_parameters}
    return AccountFit(
        account=account,
        as_of=as_of,
        seed=seed,
        log_evidence=sample.log_evidence,
        log_evidence_error=sample.log_evidence_error,
        effective_draws=sample.effective_draws,
        k_hat=sample.k_hat,
        reliable=sample.reliable,
        warnings=(*stamps, *sample.warnings),
        parameters={name: draws[name] for name in likelihood.model_parameters},
        reporter_parameters=dict(sorted({**reporting, **integrated}.items())),
        discrepancies=paths,
        run_log_evidences=sample.run_log_evidences,
        n_evaluations=sample.n_evaluations,
        n_draws=len(sample.points),
        calendar=case.calendar,
        sampled=likelihood.space.names,
        proposal=sample.proposal,
        chains=_chains(likelihood, sample.chains),
    )


def _chains(likelihood: AccountLikelihood, points: FloatArray | None) -> dict[str, FloatArray]:
    """Return points (run, draw, dimension) under the names of what was sampled, each (run, draw)."""
    if points is None:
        return {}
    values = likelihood.space.values(points.reshape(-1, points.shape[-1]))
    return {name: found.reshape(points.shape[:2]) for name, found in values.items()}


def settings_for(case: Case, effort: Effort) -> SamplerSettings:
    """Return the sampler's settings for a case: a name asks for less of a model that is slow to run.

    How slow is read off the model (equations times steps), not off a clock, so that the same case gets the
    same settings on every machine.
    """
    times = case.model.time
    start, end, step = (
        constant_value(case.model, name) for name in (times.initial_time, times.final_time, times.time_step)
    )
    if start is None or end is None or not step:
        return EFFORTS[effort]
    shown = sum(not variable.is_hidden for variable in case.model.variables)
    work = shown * (end - start) / step * STAGES.get(times.integrator, 1)
    return HEAVY_EFFORTS[effort] if work > HEAVY_WORK else EFFORTS[effort]


def _stamps(case: Case, account: str, as_of: date) -> tuple[str, ...]:
    """Return what must be said of an account that was written after the date."""
    authored = case.account(account).authored
    if authored is None or authored <= as_of:
        return ()
    return (f"hindsight: the account was authored on {authored}, after {as_of}",)


def unweighed_account(case: Case, account: str, *, seed: int, n_draws: int, width: float = 1.0) -> AccountFit:
    """Return an account as first stated, before any report: draws of its priors, with evidence one."""
    priors = {name: prior.widened(width) for name, prior in case.priors(account).items()}
    uncertain = {name: prior for name, prior in priors.items() if prior.fixed is None}
    return AccountFit(
        account=account,
        as_of=date.min,
        seed=seed,
        log_evidence=0.0,
        log_evidence_error=0.0,
        effective_draws=float(n_draws),
        k_hat=0.0,
        reliable=True,
        warnings=(),
        parameters=prior_draws(uncertain, n_draws, seed=seed),
        reporter_parameters={},
        discrepancies={},
        run_log_evidences=(),
        n_evaluations=0,
        n_draws=n_draws,
        calendar=case.calendar,
    )


def _integrated(
    likelihood: AccountLikelihood, draws: dict[str, FloatArray], n_draws: int, seed: int
) -> tuple[dict[str, FloatArray], dict[str, DiscrepancyPath]]:
    """Return draws of what the likelihood integrated out, and the discrepancies' paths."""
    found: dict[str, FloatArray] = {}
    paths: dict[str, DiscrepancyPath] = {}
    truths, _ = likelihood.truths(draws, n_draws)
    for quantity, reports in likelihood.reports.items():
        rng = stream(quantity, seed, STREAM_WEIGH, _INTEGRATED)
        named, path = reports.sample_integrated(truths[quantity], draws, rng)
        found |= named
        if path is not None:
            paths[quantity] = path
    return found, paths


def _prior_instead(sample: PosteriorSample, effort: SamplerSettings, seed: int) -> PosteriorSample:
    """Return draws of the prior in place of a posterior that was not found; the evidence stays zero."""
    rng = np.random.default_rng([seed, STREAM_WEIGH, _WHY])
    points = rng.standard_normal((effort.posterior_draws, sample.points.shape[1]))
    return PosteriorSample(
        points,
        sample.log_evidence,
        sample.log_evidence_error,
        0.0,
        sample.k_hat,
        sample.run_log_evidences,
        sample.n_evaluations,
        False,
        sample.warnings,
        None,
    )


def _check_model_runs(likelihood: AccountLikelihood, account: str, seed: int) -> None:
    """Raise `SimulationError` if the model leaves the real numbers at every draw of the prior."""
    rng = np.random.default_rng([seed, STREAM_WEIGH, _WHY])
    points = rng.standard_normal((200, likelihood.dimension))
    runs = likelihood.run(likelihood.space.values(points), slice(0, len(points)))
    if runs.failed.all() and runs.first_failure is not None:
        _, variable, time = runs.first_failure
        raise SimulationError(
            f'account "{account}": "{variable}" leaves the real numbers in every draw of the prior, '
            f"first at time {time:g}; to look closer, simulate the model alone: realities simulate MODEL"
        )


def _reasons(likelihood: AccountLikelihood, seed: int) -> tuple[str, ...]:
    """Return which quantities no draw of the prior can explain."""
    rng = np.random.default_rng([seed, STREAM_WEIGH, _WHY])
    points = rng.standard_normal((200, likelihood.dimension))
    parts = likelihood.by_quantity(points)
    return tuple(
        f'"{quantity}" cannot be what was reported: where it is above zero, the model has nothing'
        for quantity, log_density in parts.items()
        if not np.isfinite(log_density).any()
    )


@dataclass(frozen=True, slots=True)
class _CarriedOver:
    """Where particles start: an earlier posterior for the numbers it knew, the prior for new ones."""

    earlier: StudentMixture
    known: NDArray[np.intp]
    new: NDArray[np.intp]

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        points = np.empty((n, len(self.known) + len(self.new)))
        points[:, self.known] = self.earlier.sample(n, rng)
        points[:, self.new] = rng.standard_normal((n, len(self.new)))
        return points

    def log_density(self, points: FloatArray) -> FloatArray:
        fresh = StandardNormal(len(self.new)).log_density(points[:, self.new])
        return np.asarray(self.earlier.log_density(points[:, self.known]) + fresh)


def _carried_over(
    proposal: StudentMixture | None, sampled: Sequence[str], names: Sequence[str]
) -> _CarriedOver | None:
    """Return a start for parameters from a mixture over others; None where they have nothing in common."""
    shared = [name for name in sampled if name in names]
    if proposal is None or not shared:
        return None
    kept = np.array([sampled.index(name) for name in shared])
    known = np.array([names.index(name) for name in shared], dtype=np.intp)
    new = np.array([k for k, name in enumerate(names) if name not in sampled], dtype=np.intp)
    return _CarriedOver(proposal.marginal(kept), known, new)
