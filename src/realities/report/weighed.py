"""The weighings of a study -> what a page carries of them.

In come weighings by date, the study's own and those of its timeline and of the days between; out come weights
and fits per account, in the order of the case, and what the reports leave of each constant. `payload.py` puts
them in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from realities.report.honest import finite, significant
from realities.report.schema import FitData, WeighingData, day_number
from realities.report.sentences import separation_data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from realities.case.folder import Case
    from realities.weigh.between import Between
    from realities.weigh.study import Study
    from realities.weigh.timeline import Moment

FloatArray = NDArray[np.float64]


def weighings(study: Study) -> list[WeighingData]:
    """Return the weighings by date: the study's own, those of its timeline and of the days between."""
    own = [_weighing(study, day) for day in study.dates]
    total = own[-1]["used"] + own[-1]["later"]
    more = [_at_moment(study, moment, total) for moment in study.timeline if moment.as_of not in study.dates]
    more += [_between(study, found, total) for found in study.between]
    return sorted([*own, *more], key=lambda weighing: weighing["day"])


def _weighing(study: Study, day: date) -> WeighingData:
    case, weighing = study.case, study.weighings[day]
    return WeighingData(
        day=day_number(day),
        weights=[round(float(weighing.weights[account.id]), 5) for account in case.accounts],
        fits=[
            FitData(
                reliable=bool(fit.reliable),
                log_evidence=finite(fit.log_evidence, 6),
                log_evidence_error=finite(fit.log_evidence_error, 3),
                effective_draws=finite(fit.effective_draws, 4),
                k_hat=finite(fit.k_hat, 3),
            )
            for fit in (weighing.fits[account.id] for account in case.accounts)
        ],
        used=int(weighing.used),
        later=int(weighing.later),
        separation=separation_data(study, day),
    )


def _at_moment(study: Study, moment: Moment, total: int) -> WeighingData:
    found = [moment.accounts[account.id] for account in study.case.accounts]
    return WeighingData(
        day=day_number(moment.as_of),
        weights=[round(float(one.weight), 5) for one in found],
        fits=[
            FitData(
                reliable=bool(one.reliable),
                log_evidence=finite(one.log_evidence, 6),
                log_evidence_error=finite(one.log_evidence_error, 3),
                effective_draws=finite(one.effective_draws, 4),
                k_hat=finite(one.k_hat, 3),
            )
            for one in found
        ],
        used=int(moment.n_used),
        later=total - int(moment.n_used),
        separation=None,
    )


def _between(study: Study, found: Between, total: int) -> WeighingData:
    """Return the weights of a day between two weighed dates, in fewer digits: such days are many."""
    accounts = [found.accounts[account.id] for account in study.case.accounts]
    return WeighingData(
        day=day_number(found.as_of),
        weights=[round(float(found.weights[account.id]), 4) for account in study.case.accounts],
        fits=[
            FitData(
                reliable=True,
                log_evidence=finite(one.log_evidence, 5),
                log_evidence_error=finite(one.log_evidence_error, 2),
                effective_draws=finite(one.effective_draws, 2),
                k_hat=finite(one.k_hat, 2),
            )
            for one in accounts
        ],
        used=int(found.n_used),
        later=total - int(found.n_used),
        separation=None,
        between=True,
    )


def started(case: Case) -> list[float]:
    """Return the weights before any report, per account."""
    from realities.weigh.weighing import prior_weights_of

    return [round(prior_weights_of(case)[account.id], 5) for account in case.accounts]


def ranges(study: Study, dates: Sequence[date]) -> dict[str, list[list[list[float] | None]]]:
    """Return what the reports leave of each constant: p5, p50 and p95 by name, date and account, or None."""
    accounts = [account.id for account in study.case.accounts]
    fits = [study.weighings[day].fits[account] for day in dates for account in accounts]
    names = sorted({name for fit in fits for name in fit.parameters})
    return {
        name: [[drawn(study, account, name, day) for account in accounts] for day in dates] for name in names
    }


def drawn(study: Study, account_id: str, parameter: str, day: date) -> list[float] | None:
    """Return p5, p50 and p95 of a parameter of an account after the reports; None where it has no draws."""
    return summary(study.weighings[day].fits[account_id].parameters.get(parameter))


def summary(draws: object, digits: int = 3) -> list[float] | None:
    """Quantiles 0.05, 0.5 and 0.95 of posterior draws to a few digits; None where there are none."""
    if draws is None:
        return None
    values = np.sort(np.asarray(draws, dtype=float))
    values = values[np.isfinite(values)]
    if values.size == 0:
        return None
    return [significant(_quantile(values, p), digits) for p in (0.05, 0.5, 0.95)]


def _quantile(ordered: FloatArray, probability: float) -> float:
    """Return a quantile of sorted values, between two of them on a straight line."""
    place = probability * (ordered.size - 1)
    low = int(place)
    high = min(low + 1, ordered.size - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
