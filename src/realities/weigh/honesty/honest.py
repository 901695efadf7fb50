"""The honesty of a study's last date: other priors and model errors, verdict, influence, predictive checks.

In come a case, the weighing of a date and the sampler's runs that led to it; out comes `Honesty`. Every
piece of work is a task of its own, so several processes can share them, and a result does not depend on how
many do. `study.py` calls this once; `as_json.py` writes what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import inf, isfinite
from typing import TypeVar

import numpy as np

from realities.case.folder import Case
from realities.ensemble import Crew, Progress, map_tasks, silent
from realities.weigh.fits import Weighing
from realities.weigh.forward import Forecast
from realities.weigh.honesty.checks import CHECK_DRAWS, Check, Places, checks, places
from realities.weigh.honesty.drawn import Left, drawn
from realities.weigh.honesty.influence import (
    MOST_DRAWS,
    Change,
    Influence,
    RefitTask,
    changes,
    influences,
    refitted,
    to_leave_out,
)
from realities.weigh.honesty.model_error import (
    AtModelError,
    ErrorChange,
    ErrorTask,
    at_model_errors,
    error_changes,
    factors_of,
    fitted_error,
)
from realities.weigh.honesty.separation import Separation, separation
from realities.weigh.honesty.widths import (
    AtWidth,
    WidthTask,
    at_width,
    by_width,
    stated_evidence,
    weight_ranges,
    width_tasks,
)
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import settings_for
from realities.weigh.sampling.evidence import Effort, Run
from realities.weigh.sequence import AccountRun

STAGE = "Checking"
#: Importance draws that are asked, and posterior draws that are checked, in a quick look.
FEW = (700, 120)


@dataclass(frozen=True)
class Honesty:
    """How far the weights of one date can be trusted.

    Attributes
    ----------
    sensitivity
        Every account's log evidence at each width of the accounts' priors, and with another seed.
    model_error
        Every account's log evidence with model errors of other sizes; empty where no measure has one.
    separation
        Which accounts the reports separate from the leading one, at all widths, runs, seeds and model errors.
    ranges
        By account, its least and largest weight at half, stated and double width; empty if not known.
    influence
        What leaving out each reporter, quantity or report does, what moves most weight first.
    checks, places
        Predictive checks of the reports that were fitted, and of those that came next.
    prior_weights
        Weights before any report, by account; one that is not there counts as 1.
    """

    sensitivity: tuple[AtWidth, ...]
    separation: Separation
    ranges: Mapping[str, tuple[float, float]]
    influence: tuple[Influence, ...]
    checks: tuple[Check, ...]
    places: tuple[Places, ...] = ()
    prior_weights: Mapping[str, float] = field(default_factory=dict)
    model_error: tuple[AtModelError, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountTask:
    """One account's draws, to be asked what each of several sets of reports does, and to be checked."""

    account: str
    as_of: date
    seed: int
    runs: tuple[AccountRun, ...]
    lefts: tuple[Left, ...]
    most: int = MOST_DRAWS
    n_checked: int = CHECK_DRAWS


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """What an `AccountTask` finds."""

    account: str
    changes: tuple[Change, ...]
    checks: tuple[Check, ...]
    errors: tuple[ErrorChange, ...]


Task = WidthTask | AccountTask | RefitTask | ErrorTask
Answer = AtWidth | AccountAnswer | Change | ErrorChange
Missed = TypeVar("Missed", Change, ErrorChange)


def honesty(
    case: Case,
    weighing: Weighing,
    runs: Mapping[str, Sequence[AccountRun]],
    forecasts: Mapping[date, Mapping[str, Forecast]],
    *,
    effort: Effort,
    answers: Sequence[Answer] | None = None,
    workers: int | Crew | None = 1,
    progress: Progress = silent,
) -> Honesty | None:
    """Return what the weights of a date depend on; None where no report weighs.

    Parameters
    ----------
    case, weighing
        The case, and all its accounts' fits at the date.
    runs
        By account, the sampler's runs at that date.
    forecasts
        By date and account, what was expected of the reports that were published next.
    effort
        How much is done: see `width_tasks`. From "default" on single reports too are left out one by one, and
        what reweighting does not reach is fitted again.
    answers
        Of the `honesty_tasks`, where they have been done.
    workers, progress
        As for `map_tasks`.
    """
    if not weighing.used:
        return None
    day = weighing.as_of
    if answers is None:
        tasks = honesty_tasks(case, runs, day, weighing.seed, effort)
        answers = map_tasks(case, answered, tasks, workers=workers, stage=STAGE, progress=progress)
    runs = {account: tuple(map(_slim, found)) for account, found in runs.items()}
    asked = [one for one in answers if isinstance(one, AccountAnswer)]
    found = {(one.account, one.left): one for answer in asked for one in answer.changes}
    erring = {(one.account, one.factor): one for answer in asked for one in answer.errors}
    if effort in ("default", "publish"):
        again: list[Task] = [
            *_error_refits(case, weighing, runs, erring.values(), effort),  # the longest first
            *_refits(case, weighing, runs, found.values(), effort),
        ]
        for one in map_tasks(case, answered, again, workers=workers, stage=STAGE, progress=progress):
            if isinstance(one, Change):
                found[one.account, one.left] = one
            elif isinstance(one, ErrorChange):
                erring[one.account, one.factor] = one
    errors = at_model_errors(weighing.fits, erring.values())
    stated = [stated_evidence(fit) for fit in weighing.fits.values()]
    sensitivity = (*stated, *(one for one in answers if isinstance(one, AtWidth)))
    evidence = {name: fit.log_evidence for name, fit in weighing.fits.items()}
    return Honesty(
        sensitivity=sensitivity,
        separation=separation(sensitivity, list(runs), errors),
        ranges=weight_ranges(by_width(sensitivity), case.prior_weights),
        prior_weights=case.prior_weights,
        model_error=errors,
        influence=influences(case, day, evidence, found.values()),
        checks=tuple(check for one in asked for check in one.checks),
        places=tuple(_places(forecasts, runs)),
    )


def honesty_tasks(
    case: Case, runs: Mapping[str, Sequence[AccountRun]], as_of: date, seed: int, effort: Effort
) -> list[Task]:
    """Return what `honesty` needs of the sampler's runs at a date, as tasks for `answered`."""
    slim = {account: tuple(map(_slim, found)) for account, found in runs.items()}
    lefts = to_leave_out(case, as_of, single=effort in ("default", "publish"))
    sizes = (MOST_DRAWS, CHECK_DRAWS) if effort in ("default", "publish") else FEW
    return [
        *width_tasks(case, slim, as_of, seed, effort),
        *(AccountTask(account, as_of, seed, found, lefts, *sizes) for account, found in slim.items()),
    ]


def _places(forecasts: Mapping[date, Mapping[str, Forecast]], accounts: Iterable[str]) -> Iterator[Places]:
    """Give where the reports after each date fell in each account's predictions, all dates together."""
    for account in accounts:
        found = places(
            account,
            [
                below
                for _, by_account in sorted(forecasts.items())
                for below in by_account[account].below.values()
            ],
        )
        if found is not None:
            yield found


def _slim(run: AccountRun) -> AccountRun:
    """Return a run without what only other dates need."""
    return replace(run, base=None, cloud=None)


def answered(case: Case, task: Task) -> Answer:
    """Return what any of the tasks finds."""
    match task:
        case WidthTask():
            return at_width(case, task)
        case RefitTask():
            return refitted(case, task)
        case ErrorTask():
            return fitted_error(case, task)
        case AccountTask():
            return _account(case, task)


def _account(case: Case, task: AccountTask) -> AccountAnswer:
    likelihood = AccountLikelihood(case, task.account, task.as_of)
    runs = [run.found for run in task.runs if isinstance(run.found, Run)]
    if likelihood.dimension and not runs:
        return _no_answer(task, likelihood)
    draws = drawn(case, likelihood, runs, task.most)
    if not np.isfinite(draws.log_weights).any():  # nothing that was reported could have come from it
        return _no_answer(task, likelihood)
    return AccountAnswer(
        account=task.account,
        changes=changes(task.account, draws, task.lefts, task.seed),
        checks=checks(task.account, draws, task.seed, task.n_checked),
        errors=error_changes(task.account, draws),
    )


def _no_answer(task: AccountTask, likelihood: AccountLikelihood) -> AccountAnswer:
    """Return the answer of an account without a draw that has any weight: nothing is computed."""
    left = tuple(Change(task.account, left, None, None, inf, "not computed") for left in task.lefts)
    errors = tuple(
        ErrorChange(task.account, factor, None, None, inf, "not computed")
        for factor in factors_of(likelihood.reports)
    )
    return AccountAnswer(task.account, left, (), errors)


def _refits(
    case: Case,
    weighing: Weighing,
    runs: Mapping[str, Sequence[AccountRun]],
    found: Iterable[Change],
    effort: Effort,
) -> list[RefitTask]:
    """Return what has to be fitted again: leaving out what matters too much for the draws that are there.

    Single reports are fitted again for publication only: there are hundreds.
    """
    settings = settings_for(case, "default" if effort == "publish" else "quick")
    return [
        RefitTask(
            account=change.account,
            as_of=weighing.as_of,
            left=change.left,
            seed=weighing.seed,
            runs=tuple(runs[change.account]),
            settings=settings,
            stated=weighing.fits[change.account].log_evidence,
            stated_error=weighing.fits[change.account].log_evidence_error,
            k_hat=change.k_hat,
        )
        for change in _missing(found, weighing)
        if effort == "publish" or change.left.kind != "report"
    ]


def _error_refits(
    case: Case,
    weighing: Weighing,
    runs: Mapping[str, Sequence[AccountRun]],
    found: Iterable[ErrorChange],
    effort: Effort,
) -> list[ErrorTask]:
    """Return what has to be fitted again: model errors of a size that the draws do not reach."""
    settings = settings_for(case, "default" if effort == "publish" else "quick")
    return [
        ErrorTask(
            account=change.account,
            as_of=weighing.as_of,
            factor=change.factor,
            seed=weighing.seed,
            runs=tuple(runs[change.account]),
            settings=settings,
            stated=weighing.fits[change.account].log_evidence,
            k_hat=change.k_hat,
        )
        for change in _missing(found, weighing)
    ]


def _missing(found: Iterable[Missed], weighing: Weighing) -> list[Missed]:
    """Return the changes that are not known; from an evidence of zero there is none to speak of."""
    return [
        change
        for change in found
        if change.log_change is None and isfinite(weighing.fits[change.account].log_evidence)
    ]
