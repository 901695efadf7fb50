"""All accounts of a case, weighed by what was published by a date, or by each of several dates.

In comes a `Case`; out comes a `Weighing` for each date. Accounts have equal weights a priori unless the
caller says otherwise; a weight is then an account's share of the evidence. Accounts are fitted apart,
on several processes if asked to, and neither their order nor their names touch a result. Next are
`forward.py`, which runs the posteriors on, and the scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, fsum, inf, isfinite, log, sqrt

from realities.case.folder import Case
from realities.ensemble import Progress, map_tasks, silent
from realities.weigh.evidence import Effort as Effort
from realities.weigh.evidence import SamplerSettings
from realities.weigh.fits import AccountFit, Weighing
from realities.weigh.likelihood import used_observations
from realities.weigh.posterior import fit_account


def weigh_accounts(
    case: Case,
    *,
    as_of: date | None = None,
    seed: int | None = None,
    effort: Effort | SamplerSettings = "default",
    prior_weights: Mapping[str, float] | None = None,
    width: float = 1.0,
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
        Weights before any report, by account id, positive; default: equal.
    width
        Factor on the spread of the accounts' priors, to see how much the weights depend on it.
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
    workers: int | None = 1,
    progress: Progress | None = None,
) -> dict[date, Weighing]:
    """Return the weights as of each of several dates, ascending; see `weigh_accounts`.

    Each date starts from the posterior of the one before, which costs far less than starting anew. A
    date's result depends on the dates before it by no more than its stated error, and never on later
    ones. At least `posterior_draws` draws come out.
    """
    days = tuple(sorted(set(dates)))
    for day in days:
        case.check_as_of(day)
    key = case.seed if seed is None else seed
    tasks = [_Task(account.id, days, key, effort, width, posterior_draws) for account in case.accounts]
    found = map_tasks(case, _fit_dates, tasks, workers=workers, stage="Weighing", progress=progress or silent)
    return {
        day: _weighing(case, day, key, {fits[k].account: fits[k] for fits in found}, prior_weights)
        for k, day in enumerate(days)
    }


@dataclass(frozen=True, slots=True)
class _Task:
    """One account to be fitted at every date."""

    account: str
    dates: tuple[date, ...]
    seed: int
    effort: Effort | SamplerSettings
    width: float
    posterior_draws: int


def _fit_dates(case: Case, task: _Task) -> list[AccountFit]:
    fits: list[AccountFit] = []
    for day in task.dates:
        fit = fit_account(
            case,
            task.account,
            as_of=day,
            seed=task.seed,
            effort=task.effort,
            start=fits[-1] if fits else None,
            width=task.width,
            posterior_draws=task.posterior_draws,
        )
        fits.append(fit)
    return fits


def _weighing(
    case: Case,
    as_of: date,
    seed: int,
    fits: Mapping[str, AccountFit],
    prior_weights: Mapping[str, float] | None,
) -> Weighing:
    log_weights = {
        name: fit.log_evidence + (0.0 if prior_weights is None else log(prior_weights[name]))
        for name, fit in fits.items()
    }
    weights = shares(log_weights)
    errors = share_errors(weights, {name: fit.log_evidence_error for name, fit in fits.items()})
    warnings = [f'account "{name}": {text}' for name, fit in fits.items() for text in fit.warnings]
    if not any(isfinite(value) for value in log_weights.values()):
        warnings.append("no account can produce what was reported: the weights are equal for want of any")
    used = used_observations(case, as_of)
    unusable = len(case.as_of(as_of)) - len(used)
    if unusable:
        warnings.append(f"{unusable} rows weigh nothing: forecasts, or days that the case does not cover")
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
    )


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
