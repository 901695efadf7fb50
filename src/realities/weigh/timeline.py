"""Weights over time: at every date of a timeline weight, evidence, posterior and predictive score.

In come a case and what the sampler's runs found at each date (`sequence.py`); out comes a `Moment` for each.
The predictive score of a date is the log density of what became known since the date before, given what was
known then. Where figures were revised, what is given is the rows that still stand; with that the scores and
the changes by revision add up to the log evidence (Dawid 1984). No forward runs are made. Next is `study.py`.

References
----------
Dawid, A. P. (1984). Statistical theory: the prequential approach. Journal of the Royal Statistical
Society A 147(2), 278-292.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from math import hypot, isfinite, log

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.ensemble import Crew, Progress, map_tasks, silent
from realities.weigh.dates import known_on, news, regular_dates
from realities.weigh.fits import AccountFit
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import AccountRun, evidence_of, fit_runs, settings_for
from realities.weigh.sampling.evidence import Effort, SamplerSettings
from realities.weigh.weighing import sample_dates, share_errors, shares

FloatArray = NDArray[np.float64]

#: Posterior draws behind the summaries of a date.
MOMENT_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean, standard deviation and quantiles of posterior draws of a number."""

    mean: float
    sd: float
    p5: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class AtMoment:
    """One account at one date of a timeline.

    Attributes
    ----------
    weight, weight_error, run_weights
        Its weight, the standard error, and the weight that each of the sampler's runs alone gives.
    log_evidence, log_evidence_error, effective_draws, k_hat, reliable, run_log_evidences
        As an `AccountFit` has them.
    predictive, predictive_error
        One-step-ahead log score of what became known since the date before, and its standard error; on the
        first date of all that is known. `predictive_reliable` says whether the diagnostics support it.
    revision
        What revised figures and new dated inputs changed: log evidence of the rows that still stand, less
        that of the date before. Zero where nothing was revised.
    posterior
        By name of the parameter.
    n_evaluations
        How often the model was run since the date before.
    """

    weight: float
    weight_error: float
    run_weights: tuple[float, ...]
    log_evidence: float
    log_evidence_error: float
    effective_draws: float
    k_hat: float
    reliable: bool
    run_log_evidences: tuple[float, ...]
    predictive: float
    predictive_error: float
    predictive_reliable: bool
    revision: float
    posterior: Mapping[str, Summary]
    n_evaluations: int


@dataclass(frozen=True, slots=True)
class Moment:
    """All accounts at one date of a timeline.

    `n_used` rows weigh; since the date before `n_new` are new, `n_revised` replace others and `n_inputs`
    dated inputs became known. `moved` is how much weight went from some accounts to others since then, in
    [0, 1]; on the first date since the weights before any report.
    """

    as_of: date
    n_used: int
    n_new: int
    n_revised: int
    n_inputs: int
    moved: float
    accounts: Mapping[str, AtMoment]


def timeline_dates(case: Case, as_of: date, besides: Iterable[date] = ()) -> tuple[date, ...]:
    """Return the dates of a timeline up to `as_of`, ascending: regular ones with news, and others.

    The others are those given, those of the report and those on which claims were made, if any row weighs
    by then.
    """
    regular = regular_dates(case, as_of)
    made = {claim.made for claim in case.claims if claim.predicate is not None}
    others = {
        day for day in {*besides, *case.report_dates, *made} if day < as_of and known_on(case, day).rows
    }
    return tuple(sorted({*regular, *others, as_of}))


def weigh_timeline(
    case: Case,
    dates: Sequence[date] | None = None,
    *,
    as_of: date | None = None,
    seed: int | None = None,
    effort: Effort | SamplerSettings = "default",
    prior_weights: Mapping[str, float] | None = None,
    workers: int | Crew | None = 1,
    progress: Progress = silent,
) -> tuple[Moment, ...]:
    """Return weights, evidence, posteriors and predictive scores at every date of a timeline, ascending.

    Parameters
    ----------
    case
        The case.
    dates
        Default: the regular dates of the case up to `as_of`, and those of its report and its claims.
    as_of
        The last date; default: the latest day of publication in the case.
    seed, effort, prior_weights, workers, progress
        As for `weigh_accounts`.

    Raises
    ------
    InputError
        If a row or event published by the last date is wrong.
    """
    key = case.seed if seed is None else seed
    last = as_of or case.latest_published
    days = timeline_dates(case, last) if dates is None else tuple(sorted(set(dates)))
    for day in days:
        case.check_as_of(day)
    settings = effort if isinstance(effort, SamplerSettings) else settings_for(case, effort)
    with nullcontext(workers) if isinstance(workers, Crew) else Crew(case, workers) as crew:
        runs = sample_dates(
            case, days, seed=key, effort=settings, with_bases=True, workers=crew, progress=progress
        )
        return timeline(case, days, runs, key, settings, prior_weights, workers=crew, progress=progress)


def timeline(
    case: Case,
    days: Sequence[date],
    runs: Mapping[str, Sequence[tuple[AccountRun, ...]]],
    seed: int,
    settings: SamplerSettings,
    prior_weights: Mapping[str, float] | None = None,
    *,
    workers: int | Crew | None = 1,
    progress: Progress = silent,
) -> tuple[Moment, ...]:
    """Return the moments of ascending dates from the sampler's runs at each of them."""
    settings = replace(settings, posterior_draws=MOMENT_DRAWS)
    tasks = [
        MomentTask(account, day, days[k - 1] if k else None, by_date[k], seed, settings)
        for k, day in enumerate(days)
        for account, by_date in runs.items()
    ]
    found = map_tasks(case, fit_moment, tasks, workers=workers, stage="Fitting dates", progress=progress)
    by_date = [dict(zip(runs, found[k * len(runs) :], strict=False)) for k in range(len(days))]
    prior = case.prior_weights if prior_weights is None else prior_weights
    log_prior = {account: log(prior.get(account, 1.0)) for account in runs}
    moments: list[Moment] = []
    held = shares(log_prior)
    for day, fits, before, what in zip(days, by_date, [None, *by_date], news(case, days), strict=False):
        accounts = _accounts(fits, before, log_prior)
        weights = {name: one.weight for name, one in accounts.items()}
        moved = 0.5 * sum(abs(weight - held[name]) for name, weight in weights.items())
        n_used = len(known_on(case, day).rows)
        moments.append(Moment(day, n_used, what.n_new, what.n_revised, what.n_inputs, moved, accounts))
        held = weights
    return tuple(moments)


@dataclass(frozen=True, slots=True)
class MomentTask:
    """One account at one date, to be fitted from what the runs found; `before` is the date before."""

    account: str
    as_of: date
    before: date | None
    runs: tuple[AccountRun, ...]
    seed: int
    settings: SamplerSettings


@dataclass(frozen=True, slots=True)
class Base:
    """Log evidence of what is given at a date, its error, and whether it is reliable."""

    log_evidence: float
    error: float
    reliable: bool


@dataclass(frozen=True, slots=True)
class FittedMoment:
    """A fit without its draws, and what its predictive score is counted from.

    That is the fit of the date before where `base` is None.
    """

    fit: AccountFit
    posterior: Mapping[str, Summary]
    base: Base | None


def fit_moment(case: Case, task: MomentTask) -> FittedMoment:
    """Return an account's fit at a date, summarized."""
    fit = fit_runs(case, task.account, task.runs, as_of=task.as_of, seed=task.seed, effort=task.settings)
    drawn = {**fit.parameters, **fit.reporter_parameters}
    bare = replace(
        fit, parameters={}, reporter_parameters={}, discrepancies={}, chains={}, proposal=None, going_on=None
    )
    posterior = {name: summarized(values) for name, values in drawn.items() if len(values)}
    return FittedMoment(bare, posterior, _base(case, task))


def summarized(draws: FloatArray) -> Summary:
    """Return the summary of draws (draw,), at least one."""
    p5, p50, p95 = (float(value) for value in np.quantile(draws, (0.05, 0.5, 0.95)))
    return Summary(float(draws.mean()), float(draws.std(ddof=1)) if len(draws) > 1 else 0.0, p5, p50, p95)


def _base(case: Case, task: MomentTask) -> Base | None:
    """Return the evidence of what still stands of the date before; None where that is all of it."""
    nothing = Base(0.0, 0.0, True)
    if task.before is None:
        return nothing
    before, known = known_on(case, task.before), known_on(case, task.as_of)
    standing = known.standing(before)
    if not standing:
        return nothing if before.rows else None
    if known.has_all(before):
        return None
    likelihood = AccountLikelihood(case, task.account, task.as_of, rows=standing)
    found = [run.base for run in task.runs if run.base is not None]
    sample = evidence_of(likelihood, found, seed=task.seed, settings=task.settings)
    return Base(sample.log_evidence, sample.log_evidence_error, sample.reliable)


def _accounts(
    found: Mapping[str, FittedMoment],
    before: Mapping[str, FittedMoment] | None,
    log_prior: Mapping[str, float],
) -> dict[str, AtMoment]:
    """Return all accounts at a date, from their fits and those of the date before."""
    fits = {name: one.fit for name, one in found.items()}
    weights = shares({name: fit.log_evidence + log_prior[name] for name, fit in fits.items()})
    errors = share_errors(weights, {name: fit.log_evidence_error for name, fit in fits.items()})
    by_run = [
        shares({name: evidence + log_prior[name] for name, evidence in run.items()}) for run in _by_run(fits)
    ]
    accounts = {}
    for name, one in found.items():
        fit = one.fit
        earlier = _as_base(before[name].fit) if before is not None else Base(0.0, 0.0, True)
        base = one.base or earlier
        is_same = one.base is None and fit.log_evidence == earlier.log_evidence  # nothing is new
        accounts[name] = AtMoment(
            weight=weights[name],
            weight_error=errors[name],
            run_weights=tuple(run[name] for run in by_run),
            log_evidence=fit.log_evidence,
            log_evidence_error=fit.log_evidence_error,
            effective_draws=fit.effective_draws,
            k_hat=fit.k_hat,
            reliable=fit.reliable,
            run_log_evidences=fit.run_log_evidences,
            predictive=_less(fit.log_evidence, base.log_evidence),
            predictive_error=0.0 if is_same else hypot(fit.log_evidence_error, base.error),
            predictive_reliable=fit.reliable and base.reliable,
            revision=_less(base.log_evidence, earlier.log_evidence),
            posterior=one.posterior,
            n_evaluations=fit.n_evaluations,
        )
    return accounts


def _by_run(fits: Mapping[str, AccountFit]) -> list[dict[str, float]]:
    """Return all accounts' log evidences by run; without anything to sample every run gives the same."""
    n_runs = min((len(fit.run_log_evidences) for fit in fits.values() if fit.sampled), default=1)
    return [
        {name: fit.run_log_evidences[k if fit.sampled else 0] for name, fit in fits.items()}
        for k in range(n_runs)
    ]


def _as_base(fit: AccountFit) -> Base:
    return Base(fit.log_evidence, fit.log_evidence_error, fit.reliable)


def _less(one: float, other: float) -> float:
    """Return a difference of log evidences; minus infinity from there on where both are."""
    return one - other if isfinite(other) else (one if one == other else np.nan)
