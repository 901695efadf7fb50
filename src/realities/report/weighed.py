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
    from realities.weigh.between import Between, OnDay
    from realities.weigh.fits import AccountFit
    from realities.weigh.study import Study
    from realities.weigh.timeline import AtMoment, Moment

FloatArray = NDArray[np.float64]

#: Digits of a log evidence, its error, effective draws and k-hat; and where such are many.
_DIGITS, _FEW_DIGITS = (6, 3, 4, 3), (5, 2, 2, 2)


def weighings(study: Study) -> list[WeighingData]:
    """Return the weighings by date: the study's own, those of its timeline and of the days between."""
    own = [_weighing(study, day) for day in study.dates]
    total = own[-1]["used"] + own[-1]["later"]
    more = [_at_moment(study, moment, total) for moment in study.timeline if moment.as_of not in study.dates]
    more += [_between(study, found, total) for found in study.between]
    return sorted([*own, *more], key=lambda weighing: weighing["day"])


def _weighing(study: Study, day: date) -> WeighingData:
    case, weighing = study.case, study.weighings[day]
    fits = [weighing.fits[account.id] for account in case.accounts]
    return WeighingData(
        day=day_number(day),
        weights=[round(float(weighing.weights[account.id]), 5) for account in case.accounts],
        fits=[_fit(fit, is_reliable=fit.reliable) for fit in fits],
        used=int(weighing.used),
        later=int(weighing.later),
        separation=separation_data(study, day),
    )


def _at_moment(study: Study, moment: Moment, total: int) -> WeighingData:
    found = [moment.accounts[account.id] for account in study.case.accounts]
    return WeighingData(
        day=day_number(moment.as_of),
        weights=[round(float(one.weight), 5) for one in found],
        fits=[_fit(one, is_reliable=one.reliable) for one in found],
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
        fits=[_fit(one, is_reliable=True, digits=_FEW_DIGITS) for one in accounts],
        used=int(found.n_used),
        later=total - int(found.n_used),
        separation=None,
        between=True,
    )


def _fit(
    found: AccountFit | AtMoment | OnDay,
    *,
    is_reliable: bool,
    digits: tuple[int, int, int, int] = _DIGITS,
) -> FitData:
    return FitData(
        reliable=bool(is_reliable),
        log_evidence=finite(found.log_evidence, digits[0]),
        log_evidence_error=finite(found.log_evidence_error, digits[1]),
        effective_draws=finite(found.effective_draws, digits[2]),
        k_hat=finite(found.k_hat, digits[3]),
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
