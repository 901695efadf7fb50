"""All accounts of a case, weighed by what was published by a date, or by each of several dates.

In comes a `Case`; out comes a `Weighing` for each date. Accounts have equal weights a priori unless the
caller says otherwise; a weight is then an account's share of the evidence. Accounts are fitted apart,
on several processes if asked to, and neither their order nor their names touch a result. Next are
`forward.py`, which runs the posteriors on, and the scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, fsum, inf, isfinite, log, sqrt

from realities.case.folder import Case
from realities.ensemble import Crew, Progress, map_tasks, silent
from realities.weigh.fits import AccountFit, Weighing
from realities.weigh.identification import levels_told, remark_on_levels
from realities.weigh.leaps import sampled
from realities.weigh.likelihood import reports_published, used_observations
from realities.weigh.posterior import AccountRun, fit_runs, path_of, settings_for, start_of
from realities.weigh.reporting.reports import QuantityReports
from realities.weigh.sampling.evidence import Effort as Effort
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.sequence import Path

#: What is said to be going on while accounts are weighed.
STAGE = "Weighing"


def weigh_accounts(
    case: Case,
    *,
    as_of: date | None = None,
    seed: int | None = None,
    effort: Effort | SamplerSettings = "default",
    prior_weights: Mapping[str, float] | None = None,
    width: float = 1.0,
    start: Weighing | None = None,
    workers: int | None = 1,
    progress: Progress | None = None,
) -> Weighing:
    """Return the weight of every account, given what was published by a date.

    Parameters
    ----------
    case
        The case.
    as_of
        Nothing published later plays a part; default: the latest day of publication in the case.
    seed
        Default: the case's own.
    effort
        "sketch", "quick", "default" or "publish", or the settings themselves.
    prior_weights
        Weights before any report, by account id, positive, in proportion to one another; default: those of
        the case, which are equal unless it says otherwise.
    width
        Factor on the spread of the accounts' priors, to see how much the weights depend on it.
    start
        A weighing of the same case as of an earlier date, with the same seed, effort and width: what led to
        it is not done again. It changes the work and not the result, to the last bit; where it is of
        something else, or what was published by then has been changed, it is left aside.
    workers
        Processes; None means one for each core. The result does not depend on it.
    progress
        Told what is going on.

    Raises
    ------
    InputError
        If a row or event published by `as_of` is wrong.
    """
    day = case.latest_published if as_of is None else as_of
    found = weigh_dates(
        case,
        [day],
        seed=seed,
        effort=effort,
        prior_weights=prior_weights,
        width=width,
        start=start,
        workers=workers,
        progress=progress,
    )
    return found[day]


def weigh_dates(
    case: Case,
    dates: Sequence[date],
    *,
    seed: int | None = None,
    effort: Effort | SamplerSettings = "default",
    prior_weights: Mapping[str, float] | None = None,
    width: float = 1.0,
    posterior_draws: int = 0,
    start: Weighing | None = None,
    workers: int | None = 1,
    progress: Progress | None = None,
) -> dict[date, Weighing]:
    """Return the weights as of each of several dates, ascending; see `weigh_accounts`.

    One pass gives all dates, and what a date gives does not depend on the others, to the last bit. At least
    `posterior_draws` draws come out.
    """
    days = tuple(sorted(set(dates)))
    for day in days:
        case.check_as_of(day)
    key = case.seed if seed is None else seed
    told = progress or silent
    with Crew(case, workers) as crew:
        runs = sample_dates(
            case, days, seed=key, effort=effort, width=width, start=start, workers=crew, progress=told
        )
        tasks = [
            FitTask(account, day, runs[account][k], key, effort, width, posterior_draws)
            for k, day in enumerate(days)
            for account in runs
        ]
        found = map_tasks(case, fit_date, tasks, workers=crew, stage="Fitting", progress=told)
    by_date: dict[date, dict[str, AccountFit]] = {day: {} for day in days}
    for one in found:
        by_date[one.as_of][one.account] = one
    return {day: weighing(case, day, key, fits, prior_weights) for day, fits in by_date.items()}


def sample_dates(
    case: Case,
    days: Sequence[date],
    *,
    seed: int,
    effort: Effort | SamplerSettings = "default",
    width: float = 1.0,
    with_bases: bool = False,
    start: Weighing | None = None,
    workers: int | Crew | None = 1,
    progress: Progress | None = None,
) -> dict[str, list[tuple[AccountRun, ...]]]:
    """Return the sampler's runs by account, in the case's order, for each of ascending days.

    Every run of every account goes through all days on its own: they are as many tasks. `with_bases` asks
    for what predictive scores need besides.
    """
    tasks = paths(case, days, seed=seed, effort=effort, width=width, with_bases=with_bases, start=start)
    found = map_tasks(case, sampled, tasks, workers=workers, stage=STAGE, progress=progress or silent)
    return runs_by_account(tasks, found)


def paths(
    case: Case,
    days: Sequence[date],
    *,
    seed: int,
    effort: Effort | SamplerSettings = "default",
    width: float = 1.0,
    with_bases: bool = False,
    start: Weighing | None = None,
    glances: Sequence[date] = (),
) -> list[Path]:
    """Return the tasks of `sample_dates`: every run of every account.

    The clouds with which they pass `glances` come after what they find on `days`.
    """
    settings = effort if isinstance(effort, SamplerSettings) else settings_for(case, effort)
    tasks = []
    for account in case.accounts:
        fit = None if start is None else start.fits.get(account.id)
        starts = start_of(case, fit, account.id, seed=seed, settings=settings, width=width)
        for number in range(settings.runs):
            begun = starts.get(number)
            path = path_of(
                account.id,
                days,
                number,
                seed,
                settings,
                width=width,
                with_bases=with_bases,
                start=begun,
                glances=glances,
            )
            tasks.append(path)
    return tasks


def runs_by_account(
    tasks: Sequence[Path], found: Sequence[Sequence[AccountRun]]
) -> dict[str, list[tuple[AccountRun, ...]]]:
    """Return what the tasks of `sample_dates` found, by account, for each of the days."""
    by_account: dict[str, list[Sequence[AccountRun]]] = {}
    for path, one in zip(tasks, found, strict=True):
        by_account.setdefault(path.account, []).append(one)
    return {account: list(zip(*runs, strict=True)) for account, runs in by_account.items()}


def at_dates(
    runs: Mapping[str, Sequence[tuple[AccountRun, ...]]], days: Sequence[date], wanted: Iterable[date]
) -> dict[str, list[tuple[AccountRun, ...]]]:
    """Return the runs of some dates, of those made for `days`."""
    chosen = [days.index(day) for day in wanted]
    return {account: [by_date[k] for k in chosen] for account, by_date in runs.items()}


@dataclass(frozen=True, slots=True)
class FitTask:
    """One account to be fitted at one date, from what the runs found."""

    account: str
    as_of: date
    runs: tuple[AccountRun, ...]
    seed: int
    effort: Effort | SamplerSettings
    width: float = 1.0
    posterior_draws: int = 0


def fit_date(case: Case, task: FitTask) -> AccountFit:
    """Return an account's fit from its runs."""
    return fit_runs(
        case,
        task.account,
        task.runs,
        as_of=task.as_of,
        seed=task.seed,
        effort=task.effort,
        width=task.width,
        posterior_draws=task.posterior_draws,
    )


def weighing(
    case: Case,
    as_of: date,
    seed: int,
    fits: Mapping[str, AccountFit],
    prior_weights: Mapping[str, float] | None = None,
) -> Weighing:
    """Return the weights that the fits of a date give; prior weights are the case's if none are given."""
    stated = case.prior_weights if prior_weights is None else prior_weights
    log_weights = {name: fit.log_evidence + log(stated.get(name, 1.0)) for name, fit in fits.items()}
    weights = shares(log_weights)
    errors = share_errors(weights, {name: fit.log_evidence_error for name, fit in fits.items()})
    warnings = [f'account "{name}": {text}' for name, fit in fits.items() for text in fit.warnings]
    if not any(isfinite(value) for value in log_weights.values()):
        warnings.append("no account can produce what was reported: the weights are equal for want of any")
    used = used_observations(case, as_of)
    told = levels_told(case, fits, used)
    warnings += [*remark_on_levels(told, fits), *remarks_of(reports_published(case, as_of))]
    unusable = len(case.weighable(as_of)) - len(used)
    if unusable:
        rows = "1 row weighs" if unusable == 1 else f"{unusable} rows weigh"
        warnings.append(f"{rows} nothing: forecasts, or days that the case does not cover")
    return Weighing(
        case_id=case.id,
        as_of=as_of,
        seed=seed,
        fits=fits,
        weights=weights,
        weight_errors=errors,
        used=len(used),
        later=case.later(as_of),
        without_date=case.without_date,
        warnings=tuple(warnings),
        levels_told=told,
        case=case,
    )


def prior_weights_of(case: Case) -> dict[str, float]:
    """Return the weights before any report by account, which sum to one: those of the case, or equal ones."""
    return shares({account.id: log(case.prior_weights.get(account.id, 1.0)) for account in case.accounts})


def remarks_of(reports: Mapping[str, QuantityReports]) -> list[str]:
    """Return what is to be said of how the reports were read, in the order of the quantities."""
    return [remark for one in reports.values() for remark in one.remarks]


def shares(log_weights: Mapping[str, float]) -> dict[str, float]:
    """Return weights that sum to one from their logarithms, the same to the last bit in any order.

    Examples
    --------
    >>> shares({"one": -1000.0, "other": -1000.0})
    {'one': 0.5, 'other': 0.5}
    """
    top = max(log_weights.values(), default=-inf)
    if not isfinite(top):
        return dict.fromkeys(log_weights, 1.0 / max(len(log_weights), 1))
    parts = {name: exp(value - top) for name, value in log_weights.items()}
    total = fsum(parts.values())
    return {name: part / total for name, part in parts.items()}


def share_errors(weights: Mapping[str, float], errors: Mapping[str, float]) -> dict[str, float]:
    """Return standard errors of the weights, from those of the log evidences, to first order."""
    found = {}
    for name, weight in weights.items():
        own = ((1.0 - weight) * errors[name]) ** 2 if weight > 0 else 0.0
        others = [
            (weights[other] * errors[other]) ** 2 for other in weights if other != name and weights[other] > 0
        ]
        found[name] = weight * sqrt(fsum([own, *others]))
    return found
