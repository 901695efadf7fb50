"""A finished study -> live data: what a page needs to run the model and weigh the accounts again.

`live_parts` does what is the same for every page of a study: the model's code, the rows, the sliders.
`live_data` adds draws for the dates that a page has, more for the last than for those before it. Where a case
cannot be run in a page, `NotLiveError` says why in a sentence. `template/worker/` reads what comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite, log
from typing import TYPE_CHECKING

import numpy as np

from realities.ir.model import Model
from realities.report.encode import encode_rising
from realities.report.live.code import ModelCode, NotLiveError, model_code
from realities.report.live.draws import draws_data, prior_data, prior_draws_data
from realities.report.live.rows import quantity_data
from realities.report.live.schema import (
    LIVE_FORM,
    LiveAccountData,
    LiveData,
    LiveDateData,
    LiveDateRowsData,
    LiveDrawsData,
    LivePriorData,
    LiveQuantityData,
    LiveTimeData,
    LiveVariableData,
)
from realities.report.live.sliders import constants_data, inputs_data
from realities.report.schema import day_number
from realities.report.unit_words import unit_text
from realities.weigh.forward import N_CHART_TIMES
from realities.weigh.likelihood import reports_published
from realities.weigh.reporting.rows import DAYS_PER_TIME
from realities.weigh.weighing import prior_weights_of

if TYPE_CHECKING:
    from realities.case.folder import Case
    from realities.weigh.fits import AccountFit
    from realities.weigh.study import Study

#: Of the draws at the last date, the part that an earlier date and the prior get; and the least of any use.
EARLIER, BEFORE, LEAST = 0.4, 0.5, 30


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What is the same for every page of a study: its code, and each account's priors by name."""

    code: ModelCode
    priors: tuple[dict[str, LivePriorData], ...]


def live_parts(study: Study) -> LiveParts:
    """Return what all pages of a study share.

    Raises
    ------
    NotLiveError
        If the page cannot run the model.
    """
    case = study.case
    if not isinstance(case.model, Model):
        raise NotLiveError("there is no model to run")
    code = model_code(case)
    reporting = {
        name: prior
        for day in study.dates
        for reports in reports_published(case, day).values()
        for name, prior in reports.parameters.items()
    }
    priors = []
    for account in case.accounts:
        open_ones = {n: p for n, p in case.priors(account.id).items() if p.fixed is None}
        priors.append({name: prior_data(p) for name, p in sorted({**open_ones, **reporting}.items())})
    return LiveParts(code, tuple(priors))


def live_data(study: Study, parts: LiveParts, dates: Sequence[date], n: int) -> LiveData:
    """Return the live data of a page that has these dates, with `n` draws of an account at the last."""
    case = study.case
    reports = [reports_published(case, day) for day in dates]
    rows: list[dict[str, LiveDateRowsData]] = [{} for _ in dates]
    quantities: list[LiveQuantityData] = []
    for measure in case.measures.values():
        names = [case.model[measure.variable_for(account.id)].name for account in case.accounts]
        outputs = [parts.code.outputs.index(name) for name in names]
        by_date = [known.get(measure.quantity) for known in reports]
        quantity, dated = quantity_data(measure, by_date, outputs, case.calendar)
        quantities.append(quantity)
        for here, one in zip(rows, dated, strict=True):
            if one is not None:
                here[measure.quantity] = one
    each = [(account.id, own) for account, own in zip(case.accounts, parts.priors, strict=True)]
    before = prior_weights_of(case)
    return LiveData(
        form=LIVE_FORM,
        model=parts.code.text,
        time=_time(case, parts.code),
        defaults=parts.code.defaults,
        constants=constants_data(case),
        inputs=inputs_data(case),
        variables=[_variable(case, name) for name in parts.code.shown],
        accounts=[_account(case, account, own) for account, own in each],
        dates=[
            _date(study, parts, day, n if day == dates[-1] else _share(n, EARLIER), here)
            for day, here in zip(dates, rows, strict=True)
        ],
        prior=[_prior(case, account, own, _share(n, BEFORE)) for account, own in each],
        prior_logs=[log(before[account.id]) for account in case.accounts],
        stated=[day_number(day) for day, _ in study.stated_before],
        quantities=quantities,
        seed=study.seed,
    )


def _share(n: int, part: float) -> int:
    return min(n, max(LEAST, round(n * part)))


def _time(case: Case, code: ModelCode) -> LiveTimeData:
    times = code.timeline.times
    calendar = case.calendar
    last = min(calendar.time_of(calendar.finish), float(times[-1]))
    chart = np.linspace(calendar.initial_time, last, N_CHART_TIMES)
    days = [day_number(calendar.date_of(float(time))) for time in chart]
    first = [k for k, day in enumerate(days) if k == 0 or day != days[k - 1]]
    return LiveTimeData(
        initial=float(times[0]),
        step=float(times[1] - times[0]) if len(times) > 1 else 1.0,
        count=len(times) - 1,
        start=calendar.initial_time,
        days_per_time=DAYS_PER_TIME[calendar.time_unit],
        exact=calendar.time_unit in ("day", "week"),
        chart_times=[float(chart[k]) for k in first],
        chart_days=encode_rising([days[k] for k in first]),
    )


def _variable(case: Case, name: str) -> LiveVariableData:
    unit = case.model[name].unit
    return LiveVariableData(name=name, unit="" if unit is None else unit_text(str(unit)))


def _account(case: Case, account: str, priors: dict[str, LivePriorData]) -> LiveAccountData:
    stated = case.priors(account)
    fixed = {case.model[name].name: prior.fixed for name, prior in stated.items() if prior.fixed is not None}
    return LiveAccountData(fixed=fixed, priors=priors)


def _date(
    study: Study, parts: LiveParts, day: date, n: int, rows: dict[str, LiveDateRowsData]
) -> LiveDateData:
    case = study.case
    fits = [study.weighings[day].fits[account.id] for account in case.accounts]
    before = prior_weights_of(case)
    logs = [fit.log_evidence + log(before[fit.account]) for fit in fits]
    return LiveDateData(
        day=day_number(day),
        logs=[float(f"{value:.9g}") if isfinite(value) else None for value in logs],
        draws=[_drawn(fit, own, n) for fit, own in zip(fits, parts.priors, strict=True)],
        rows=rows,
    )


def _drawn(fit: AccountFit, priors: dict[str, LivePriorData], n: int) -> LiveDrawsData:
    """Return draws of what was sampled: what was integrated out is so in the worker as well."""
    sampled = {*fit.parameters, *fit.sampled}
    draws = {**fit.parameters, **fit.reporter_parameters}
    kept = {name: values for name, values in draws.items() if name in sampled}
    return draws_data(priors, kept, fit.n_draws, n)


def _prior(case: Case, account: str, priors: dict[str, LivePriorData], n: int) -> LiveDrawsData:
    stated = case.priors(account)
    return prior_draws_data(priors, [name for name in priors if name in stated], n)
