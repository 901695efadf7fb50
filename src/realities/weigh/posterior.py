"""One account, one date: posterior draws and evidence.

In come a case, an account and a date; out comes an `AccountFit`. `likelihood.py` says how likely the
reports are, `sequence.py` leads the sampler's runs to the date, and here their draws are joined, get their
names back, and what was integrated out is drawn. `weighing.py` calls this for every account and date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from realities.case.case import check_effort
from realities.case.folder import Case
from realities.case.hidden import constant_value
from realities.case.sources import source_keys
from realities.ensemble import STREAM_WEIGH, Same, prior_draws, stream
from realities.errors import SimulationError
from realities.figures import format_date
from realities.store.fingerprint import fingerprint
from realities.weigh.fits import AccountFit, GoingOn
from realities.weigh.leaps import sampled
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
    second_runs,
)
from realities.weigh.sequence import AccountRun as AccountRun
from realities.weigh.sequence import Cloud, Path

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
        The same account's fit at an earlier date, with the same seed, effort and width: what led there
        is not done again. It changes the work and not the result; see `start_of`.
    width
        Factor on the spread of the account's priors.
    posterior_draws
        At least so many draws come out; default: as the settings say.

    Raises
    ------
    InputError
        If a row or event published by `as_of` is wrong.
    """
    settings = _settings(case, effort)
    starts = start_of(case, start, account, seed=seed, settings=settings, width=width)
    runs = [
        sampled(
            case, path_of(account, [as_of], number, seed, settings, width=width, start=starts.get(number))
        )[0]
        for number in range(settings.runs)
    ]
    return fit_runs(
        case,
        account,
        runs,
        as_of=as_of,
        seed=seed,
        effort=settings,
        width=width,
        posterior_draws=posterior_draws,
    )


def path_of(
    account: str,
    dates: Sequence[date],
    number: int,
    seed: int,
    settings: SamplerSettings,
    *,
    width: float = 1.0,
    with_bases: bool = False,
    start: Cloud | None = None,
    glances: Sequence[date] = (),
) -> Path:
    """Return the path of one of the sampler's runs for an account, through ascending dates."""
    words = tuple(_sampler_seed(seed))
    days = tuple(dates), tuple(glances)
    return Path(account, days[0], number, words, settings, width, with_bases, start, days[1])


def start_of(
    case: Case,
    fit: AccountFit | None,
    account: str,
    *,
    seed: int,
    settings: SamplerSettings,
    width: float = 1.0,
) -> dict[int, Cloud]:
    """Return the clouds of an earlier fit by number of the run, from which later dates can go on.

    None where the fit is of something else: another account, seed, effort or width, or another case, be it
    that a row published by then was changed.
    """
    if fit is None or fit.going_on is None or not fit.going_on.clouds:
        return {}
    clouds = fit.going_on.clouds
    known = basis_of(case, account, clouds[0].as_of, seed=seed, settings=settings, width=width)
    return dict(enumerate(clouds)) if known == fit.going_on.basis else {}


def basis_of(
    case: Case, account: str, as_of: date, *, seed: int, settings: SamplerSettings, width: float
) -> str:
    """Return a digest of all that an account's clouds as of a date depend on."""
    priors = case.priors(account)
    readings = {q: measure.variable_for(account) for q, measure in case.measures.items()}
    data = case.vintages(as_of), case.events_as_of(as_of), case.timeline, case.calendar
    how = seed, replace(settings, posterior_draws=0), width, as_of
    return fingerprint(_basis_of_model(Same(case)), readings, priors, data, how)


@lru_cache(maxsize=2)
def _basis_of_model(same: Same) -> str:
    return fingerprint(same.case.model, same.case.measures)


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
    """Return the posterior and evidence that an account's runs give together: see `fit_account`."""
    likelihood = AccountLikelihood(case, account, as_of, width=width)
    settings = _settings(case, effort, posterior_draws)
    if not likelihood.observations:
        return _without_reports(case, account, as_of, seed, settings, width)
    found = [run.found for run in runs if run.found is not None]
    if likelihood.dimension:
        key = _sampler_seed(seed)
        found += second_runs(likelihood, likelihood.dimension, settings=settings, seed=key)
    sample = evidence_of(likelihood, found, seed=seed, settings=settings)
    notes = tuple(dict.fromkeys(note for run in runs for note in run.notes))
    fit = fit_of(
        case, likelihood, as_of, seed, settings, replace(sample, warnings=(*sample.warnings, *notes))
    )
    clouds = tuple(run.cloud for run in runs if run.cloud is not None)
    if not clouds:
        return fit
    basis = basis_of(case, account, clouds[0].as_of, seed=seed, settings=_settings(case, effort), width=width)
    return replace(fit, going_on=GoingOn(basis, clouds))


def evidence_of(
    likelihood: AccountLikelihood, runs: Sequence[Run | NoRun], *, seed: int, settings: SamplerSettings
) -> PosteriorSample:
    """Return what runs together say of a likelihood; without parameters its value is the evidence."""
    key = _sampler_seed(seed)
    if not likelihood.dimension:
        return sample_posterior(likelihood, 0, settings=settings, seed=key)
    return pooled(runs, likelihood.dimension, settings=settings, seed=key)


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


def fit_of(
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
    same settings on every machine. `ValueError` if no effort has that name.
    """
    check_effort(effort)
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
    one = case.account(account)
    if one.authored is None or one.authored <= as_of:
        return ()
    inferred = any(case.sources[key].inferred for key in source_keys(one.source) if key in case.sources)
    day = f"{'about' if inferred else 'on'} {format_date(one.authored)}"
    return (f"written {day}, after {format_date(as_of)}, and so with hindsight",)


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
