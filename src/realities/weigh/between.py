"""Weights on the days between the dates that are weighed: on each day on which something became known.

In come a case and what the sampler's runs found at the dates that were weighed; out come weights on the days
between them. An account's posterior draws of the date before are weighed by how likely the reports known on a
day are, against those known then (importance sampling): exact in what is computed, and no more than a run of
the model for some days together. Where too few draws stay effective or the weights' tail is too long, the
account is fitted again on that day, from where the last fit ended (`leaps.py`), if the effort allows it;
otherwise the days up to the next weighed date are left out. A day has weights if every account is reliable on
it. What is found on a day depends on nothing that became known later. Next is `study.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import dropwhile, pairwise, takewhile
from math import hypot, isfinite, log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.ensemble import STREAM_WEIGH, Crew, Progress, Same, map_tasks, silent, stream
from realities.weigh.dates import days_of_news, known_on
from realities.weigh.honesty.reweighting import Ratio, log_ratio
from realities.weigh.leaps import leap
from realities.weigh.likelihood import ParameterSpace, Runs, reports_of
from realities.weigh.posterior import path_of, settings_for
from realities.weigh.reporting.reports import QuantityReports
from realities.weigh.sampling.evidence import WORST_K_HAT, Effort, Run, SamplerSettings, pooled
from realities.weigh.sampling.moves import finite_or_zero
from realities.weigh.sequence import AccountRun
from realities.weigh.weighing import share_errors, shares

FloatArray = NDArray[np.float64]
How = Literal["reweighted", "fitted"]

STAGE = "Weighing between dates"
#: Draws that are weighed anew, and effective ones that are enough for a log evidence, whatever the model.
MOST_DRAWS, ENOUGH = 2000, 100
#: Days that one run of the model serves; bounds memory.
AT_ONCE = 12
#: After so many days in a row on which a fit was not reliable, none is tried before the next weighed date.
MOST_MISSES = 2
#: What random streams are for, after the seed and `STREAM_WEIGH`.
_BETWEEN = 11


@dataclass(frozen=True, slots=True)
class Reach:
    """How far draws are trusted: how many are weighed anew, and how many must stay effective.

    Where they do not, an account is fitted with `settings`, if `fits` says so.
    """

    draws: int
    enough: int
    settings: SamplerSettings
    fits: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """One account on the days from one weighed date to the next; `after` is None before the first of them."""

    account: str
    after: date | None
    days: tuple[date, ...]
    runs: tuple[AccountRun, ...]
    seed: int
    reach: Reach


@dataclass(frozen=True, slots=True)
class OnDay:
    """What reweighting, or a fit, makes of an account on a day; the numbers are those of an `AccountFit`."""

    as_of: date
    log_evidence: float
    log_evidence_error: float
    effective_draws: float
    k_hat: float
    how: How


@dataclass(frozen=True, slots=True)
class Between:
    """All accounts on a day between two weighed dates; weights sum to one."""

    as_of: date
    n_used: int
    weights: Mapping[str, float]
    weight_errors: Mapping[str, float]
    accounts: Mapping[str, OnDay]


def reach_of(case: Case, effort: Effort) -> Reach:
    """Return how far draws are trusted with an effort.

    Only evidences are told, so that fewer effective draws are enough than for a posterior. A quick look fits
    nothing; otherwise fits are those of a quick look.
    """
    brief = settings_for(case, "quick")
    if effort == "quick":
        draws, enough = 3 * brief.enough_draws, brief.enough_draws // 2
    else:
        draws, enough = 8 * brief.enough_draws, brief.enough_draws
    enough = min(enough, ENOUGH)
    settings = replace(brief, runs=1, enough_draws=enough)
    return Reach(min(draws, MOST_DRAWS), enough, settings, fits=effort != "quick")


def weigh_between(
    case: Case,
    dates: Sequence[date],
    runs: Mapping[str, Sequence[tuple[AccountRun, ...]]],
    *,
    seed: int,
    effort: Effort | Reach,
    workers: int | Crew | None = 1,
    progress: Progress = silent,
) -> tuple[Between, ...]:
    """Return weights on the days between ascending dates, and before the first, on which something is new.

    Parameters
    ----------
    case
        The case.
    dates, runs
        The dates that were weighed, and by account what the sampler's runs found at each.
    seed
        As for `weigh_accounts`.
    effort
        A name, for which `reach_of` says how far draws are trusted, or that itself.
    workers, progress
        As for `map_tasks`.
    """
    tasks = stretches(case, dates, runs, seed=seed, effort=effort)
    found = map_tasks(case, walked, tasks, workers=workers, stage=STAGE, progress=progress)
    return joined(case, tasks, found)


def stretches(
    case: Case,
    dates: Sequence[date],
    runs: Mapping[str, Sequence[tuple[AccountRun, ...]]],
    *,
    seed: int,
    effort: Effort | Reach,
) -> list[Stretch]:
    """Return the tasks of `weigh_between`, the longest first; none with the effort of a sketch."""
    if effort == "sketch":
        return []
    reach = effort if isinstance(effort, Reach) else reach_of(case, effort)
    days = [day for day in days_of_news(case, dates[-1]) if day not in dates]
    days = list(dropwhile(lambda day: not known_on(case, day).rows, days))
    tasks = []
    for k, (after, until) in enumerate(pairwise((None, *dates))):
        assert until is not None
        own = tuple(day for day in days if day < until and (after is None or day > after))
        for account in runs if own else ():
            here = tuple(replace(run, base=None, cloud=None) for run in runs[account][k - 1]) if k else ()
            tasks.append(Stretch(account, after, own, here, seed, reach))
    return sorted(tasks, key=lambda task: -len(task.days))


def joined(case: Case, tasks: Sequence[Stretch], found: Sequence[Sequence[OnDay]]) -> tuple[Between, ...]:
    """Return the weights that accounts together give, on the days on which all are reliable."""
    by_day: dict[date, dict[str, OnDay]] = {}
    for task, one in zip(tasks, found, strict=True):
        for on_day in one:
            by_day.setdefault(on_day.as_of, {})[task.account] = on_day
    names = [account.id for account in case.accounts]
    return tuple(
        _between(case, day, {name: by_day[day][name] for name in names})
        for day in sorted(by_day)
        if len(by_day[day]) == len(names)
    )


def _between(case: Case, day: date, accounts: Mapping[str, OnDay]) -> Between:
    stated = case.prior_weights
    weights = shares({name: one.log_evidence + log(stated.get(name, 1.0)) for name, one in accounts.items()})
    errors = share_errors(weights, {name: one.log_evidence_error for name, one in accounts.items()})
    return Between(day, len(known_on(case, day).rows), weights, errors, accounts)


def walked(case: Case, task: Stretch) -> tuple[OnDay, ...]:
    """Return what is found of an account on the days of a stretch; days that nothing reaches are left out."""
    found: list[OnDay] = []
    base, days, misses = _beginning(case, task), task.days, 0
    while days and base is not None:
        together = _alike(case, days)
        told = _reweighted(case, task, base, together)
        found += told
        days = days[len(told) :]
        if len(told) == len(together):
            continue
        if not task.reach.fits or misses == MOST_MISSES:
            break
        again = _fitted(case, task, base, days[0])
        misses = misses + 1 if again is None else 0
        if again is not None:
            base, on_day = again
            found.append(on_day)
        days = days[1:]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Base:
    """Draws of an account as of a day, to be weighed by what is known on later days.

    `points` are (draw, name) over `run.names`, `log_weights` and `log_likelihood` (draw,). `run` is where a
    later fit starts.
    """

    run: AccountRun
    points: FloatArray
    log_weights: FloatArray
    log_likelihood: FloatArray
    log_evidence: float
    log_evidence_error: float


def _beginning(case: Case, task: Stretch) -> _Base | None:
    """Return the draws with which a stretch begins; None where the date before it is not reliable."""
    is_prior = task.after is None or not known_on(case, task.after).rows
    names = ParameterSpace(case.priors(task.account)).names if is_prior else task.runs[0].names
    if names and not is_prior:
        assert task.after is not None
        found = _base(case, task, task.after, task.runs)
        return None if found is None else found[0]
    points = np.empty((task.reach.draws, len(names)))
    for k, name in enumerate(names):
        points[:, k] = _fresh(name, task.seed, len(points))
    even = np.zeros(len(points))
    if is_prior:
        return _Base(AccountRun(names, None), points, even, even, 0.0, 0.0)
    assert (
        task.after is not None
    )  # nothing is uncertain: every draw is the same, and its likelihood the evidence
    known = _log_likelihoods(case, task, names, points, [task.after])[0]
    return _Base(AccountRun(names, None), points, even, known, float(known[0]), 0.0)


def _base(case: Case, task: Stretch, day: date, runs: Sequence[AccountRun]) -> tuple[_Base, OnDay] | None:
    """Return draws of a posterior that runs found on a day, each once, weighed by how often it was drawn.

    None where they are not reliable, or there is nothing that they sampled.
    """
    names = runs[0].names
    there = [run.found for run in runs if run.found is not None]
    if not there:
        return None
    reach = task.reach
    settings = replace(reach.settings, runs=len(runs), enough_draws=reach.enough, posterior_draws=reach.draws)
    sample = pooled(there, len(names), settings=settings, seed=[task.seed, STREAM_WEIGH, _BETWEEN])
    if not sample.reliable:
        return None
    points, counts = np.unique(sample.points, axis=0, return_counts=True)
    log_likelihood = _log_likelihoods(case, task, runs[0].names, points, [day])[0]
    base = _Base(
        run=next(run for run in runs if isinstance(run.found, Run)),
        points=points,
        log_weights=np.log(counts),
        log_likelihood=log_likelihood,
        log_evidence=sample.log_evidence,
        log_evidence_error=sample.log_evidence_error,
    )
    found = sample.log_evidence, sample.log_evidence_error, sample.effective_draws, sample.k_hat
    return base, OnDay(day, *found, how="fitted")


def _alike(case: Case, days: Sequence[date]) -> tuple[date, ...]:
    """Return the first of some days, as many as share a run of the model: the same dated inputs are known."""
    inputs = known_on(case, days[0]).inputs
    return tuple(takewhile(lambda day: known_on(case, day).inputs == inputs, days[:AT_ONCE]))


def _reweighted(case: Case, task: Stretch, base: _Base, days: Sequence[date]) -> list[OnDay]:
    """Return what a base's draws say of the first of some days, up to one that they do not reach."""
    found: list[OnDay] = []
    likelihoods = _log_likelihoods(case, task, base.run.names, base.points, days)
    for day, log_likelihood in zip(days, likelihoods, strict=True):
        ratio = log_ratio(base.log_weights, base.log_weights + log_likelihood - base.log_likelihood)
        if not _reaches(ratio, task.reach):
            break
        found.append(
            OnDay(
                as_of=day,
                log_evidence=base.log_evidence + ratio.log_ratio,
                log_evidence_error=hypot(base.log_evidence_error, ratio.error),
                effective_draws=ratio.effective,
                k_hat=ratio.k_hat,
                how="reweighted",
            )
        )
    return found


def _reaches(ratio: Ratio, reach: Reach) -> bool:
    return isfinite(ratio.log_ratio) and ratio.k_hat <= WORST_K_HAT and ratio.effective >= reach.enough


def _fitted(case: Case, task: Stretch, base: _Base, day: date) -> tuple[_Base, OnDay] | None:
    """Return an account fitted anew on a day, from where the last fit ended; None if that is not reliable."""
    path = path_of(task.account, [day], 0, task.seed, task.reach.settings)
    return _base(case, task, day, [leap(case, path, day, base.run)])


def _log_likelihoods(
    case: Case, task: Stretch, names: Sequence[str], points: FloatArray, days: Sequence[date]
) -> list[FloatArray]:
    """Return log-likelihoods (draw,) of points (draw, name) on days on which the same inputs are known.

    Reports of a quantity that are the same on several days are compared once. A number that `names` does not
    have, of a reporter not heard before, has its prior.
    """
    known = [_reports_on(Same(case), day) for day in days]
    priors = case.priors(task.account)
    reporting = {n: prior for on_day in known for r in on_day.values() for n, prior in r.parameters.items()}
    space = ParameterSpace({**priors, **reporting})
    every = np.empty((len(points), len(space.names)))
    for k, name in enumerate(space.names):
        every[:, k] = points[:, names.index(name)] if name in names else _fresh(name, task.seed, len(points))
    groups = {id(reports): reports for on_day in known for reports in on_day.values()}
    parameters = space.values(every)
    truths, failed = Runs(case, task.account, days[0], priors, groups).truths(parameters, len(points))
    parts = {key: finite_or_zero(r.log_density(truths[key], parameters)) for key, r in groups.items()}
    nothing = np.where(failed, -np.inf, 0.0)
    return [nothing + sum(parts[id(reports)] for reports in on_day.values()) for on_day in known]


def _fresh(name: str, seed: int, n_draws: int) -> FloatArray:
    return stream(name, seed, STREAM_WEIGH, _BETWEEN).standard_normal(n_draws)


@lru_cache(maxsize=256)
def _reports_on(same: Same, day: date) -> Mapping[str, QuantityReports]:
    return reports_of(same.case, known_on(same.case, day).rows)
