"""Forecasts -> encoded curves: which days and which single runs a page carries, and how finely.

In come the forecasts of a `Study`; `held_curves` gathers what is the same however much a page carries, and
`curves_data` writes texts of it for the payload. `PLANS` lists ever coarser ways, so that `fitting.py` can
take the finest whose page is small enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from realities.report.encode import DayOrder, days_in_order, encode_bundles, encode_rising, round_step
from realities.report.schema import CurvesData, QuarterCurves, day_number

if TYPE_CHECKING:
    from realities.case.measures import Measure
    from realities.weigh.forward import Forecast
    from realities.weigh.study import Study

FloatArray = NDArray[np.float64]
Rows = list[list[FloatArray | None]]

MEDIAN: Final = 2
PRIOR: Final = "prior"
#: Curves with more steps than this from zero are left out: 64-bit integers and browsers stay exact below it.
MOST_STEPS: Final = 1e12
#: Steps into which the range of single runs is cut at most, and that of curves before any report: it is wide.
RUN_LEVELS: Final = 375
PRIOR_LEVELS: Final = 200


@dataclass(frozen=True, slots=True)
class Detail:
    """How much detail the curves of a quantity have: days a curve, steps of its range, days a single run.

    `tolerance` is how far curves may be off between days, in their range; no days for runs is no runs.
    """

    n_days: int = 80
    tolerance: float = 0.002
    levels: int = 1500
    n_run_days: int = 40
    has_prior_runs: bool = True


#: Quantities whose charts are read most: the first in the case's order, as tabs and small pictures have them.
N_FIRST: Final = 6
#: Of curves at quarters, which are many.
QUARTERS: Final = Detail(40, 0.002, 200, n_run_days=0, has_prior_runs=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much detail a page carries: of the quantities that stand first, and of the others.

    The first `n_quarters` quantities have curves at quarters too, where the study has some.
    """

    first: Detail = Detail()
    others: Detail = Detail()
    n_quarters: int = N_FIRST
    quarters: Detail = QUARTERS

    def of(self, place: int) -> Detail:
        """Return the detail of the quantity at a place in the case's order, from 0."""
        return self.first if place < N_FIRST else self.others

    def quarters_of(self, place: int) -> Detail | None:
        """Return the detail of a quantity's curves at quarters, None where it has none."""
        return self.quarters if place < self.n_quarters else None


_FINE: Final = Detail(80, 0.002, 1000, n_run_days=0, has_prior_runs=False)
_SMOOTH: Final = Detail(64, 0.003, 700, n_run_days=0, has_prior_runs=False)
_FEWER: Final = replace(QUARTERS, n_days=28)

#: From the finest to the coarsest; in a picture of 440 points 1/300 of its range is a point and a half.
#: Single runs go first, then what the minor quantities have, and what the first have only after that; of
#: curves at quarters, some of their days go with that, and then those of the fourth quantity on.
PLANS: Final = (
    Plan(),
    Plan(Detail(80, 0.002, 1000, n_run_days=32), Detail(80, 0.002, 1000, n_run_days=32)),
    Plan(Detail(80, 0.002, 1000, n_run_days=24), Detail(60, 0.003, 700, n_run_days=24)),
    Plan(
        Detail(80, 0.002, 1000, n_run_days=20, has_prior_runs=False),
        Detail(60, 0.003, 700, n_run_days=20, has_prior_runs=False),
    ),
    Plan(
        Detail(80, 0.002, 1000, n_run_days=16, has_prior_runs=False),
        Detail(44, 0.004, 500, n_run_days=16, has_prior_runs=False),
    ),
    *(
        Plan(first, Detail(n_days, tolerance, levels, n_run_days=0, has_prior_runs=False), quarters=quarters)
        for first, n_days, tolerance, levels, quarters in (
            (_FINE, 44, 0.004, 500, QUARTERS),
            (_FINE, 36, 0.006, 300, QUARTERS),
            (_FINE, 30, 0.008, 300, QUARTERS),
            (_SMOOTH, 30, 0.008, 300, QUARTERS),
            (_SMOOTH, 24, 0.01, 275, _FEWER),
            (_SMOOTH, 20, 0.012, 250, _FEWER),
            (_SMOOTH, 16, 0.015, 200, _FEWER),
        )
    ),
    *(
        Plan(
            Detail(n_days, tolerance, levels, n_run_days=0, has_prior_runs=False),
            Detail(16, 0.015, 200, n_run_days=0, has_prior_runs=False),
            n_quarters,
            _FEWER,
        )
        for n_days, tolerance, levels, n_quarters in (
            (60, 0.0035, 600, N_FIRST),
            (56, 0.004, 500, N_FIRST),
            (52, 0.0045, 450, N_FIRST),
            (48, 0.005, 400, N_FIRST),
            (48, 0.005, 400, 5),
            (48, 0.005, 400, 4),
            (48, 0.005, 400, 3),
            (40, 0.005, 400, 1),
            (32, 0.005, 400, 0),
            (20, 0.005, 400, 0),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class HeldCurves:
    """What is the same in every plan for one quantity: curves, and days by how much they tell."""

    days: NDArray[np.int64]
    bands: Rows
    prior: list[FloatArray | None]
    earlier: Rows  # the same for days on which fewer dated inputs were known
    runs: dict[str, list[FloatArray | None]]
    #: Curves of the last date that has some: the steps are cut from their range.
    telling: FloatArray
    order: DayOrder
    run_orders: dict[bool, DayOrder]  # by whether runs before any report are among them
    quarters: Rows
    quarter_order: DayOrder


def held_curves(study: Study, quantity: str, dates: Sequence[date]) -> HeldCurves | None:
    """Return the curves of one quantity as of the given dates; None where the study does not forecast it."""
    ids = [account.id for account in study.case.accounts]
    by_date = [[study.forecasts[day].get(account) for account in ids] for day in dates]
    before = [study.prior_forecasts.get(account) for account in ids]
    stated = [[known.get(account) for account in ids] for _, known in study.stated_before]
    held = [f for row in (*by_date, before) for f in row if f is not None and quantity in f.quantiles]
    if not held:
        return None
    times, days = _days(study, held[0])

    ends = level_ends(study.case.measures[quantity])

    def bands(forecast: Forecast | None) -> FloatArray | None:
        return _on(times, forecast, None if forecast is None else forecast.quantiles.get(quantity), ends)

    def runs(forecast: Forecast | None) -> FloatArray | None:
        return _on(times, forecast, None if forecast is None else forecast.runs.get(quantity), ends)

    rows = [[bands(forecast) for forecast in row] for row in by_date]
    first = [bands(forecast) for forecast in before]
    earlier = [[bands(forecast) for forecast in row] for row in stated]
    late = [[bands(own.get(account)) for account in ids] for _, own in study.quarters]
    by_age = [stack for row in reversed(rows) if len(stack := _stack(row))]  # the last date first
    telling = by_age[0] if by_age else _stack(first)  # early dates may see far and wide
    step = round_step(telling)
    finest, alone = Detail(), dates[-1].isoformat()
    both = {
        key: [_drawable(runs(forecast), 4 * step) for forecast in row]
        for key, row in ((alone, by_date[-1]), (PRIOR, before))
    }
    run_orders = {}
    for has_prior in (True, False):
        found = _alike(*(_stack(row) for key, row in both.items() if has_prior or key != PRIOR))
        run_orders[has_prior] = days_in_order(days, found, finest.n_run_days, finest.tolerance)
    drawable = [[_drawable(array, step) for array in row] for row in rows]
    shapes = _alike(*by_age, *map(_stack, (first, *earlier)))
    return HeldCurves(
        days=days,
        bands=drawable,
        prior=[_drawable(array, step) for array in first],
        earlier=[[_drawable(array, step) for array in row] for row in earlier],
        runs=both,
        telling=telling,
        order=days_in_order(days, shapes, finest.n_days, finest.tolerance),
        run_orders=run_orders,
        quarters=[[_drawable(array, step) for array in row] for row in late],
        quarter_order=days_in_order(days, _alike(*map(_stack, late)), QUARTERS.n_days, QUARTERS.tolerance),
    )


def curves_data(held: HeldCurves, plan: Detail, quarters: Detail | None = None) -> CurvesData:
    """Return the curves of one quantity in the detail asked for, those at quarters if some are asked for."""
    step = round_step(held.telling, plan.levels)
    run_step = max(round_step(held.telling, min(plan.levels, RUN_LEVELS)), step)
    kept = held.order.first(plan.n_days, plan.tolerance)
    runs = {key: row for key, row in held.runs.items() if plan.n_run_days and _carries(plan, key, row)}
    run_kept = kept[:1]
    if any(len(_stack(row)) for row in runs.values()):
        run_kept = held.run_orders[plan.has_prior_runs].first(plan.n_run_days, plan.tolerance)
    first = _stack([array for row in (held.prior, *held.earlier) for array in row])
    prior_step = max(round_step(first, min(plan.levels, PRIOR_LEVELS)), step)
    data = CurvesData(
        step=step,
        prior_step=prior_step,
        days=encode_rising([int(day) for day in held.days[kept]]),
        bands=[_encode(row, kept, step, MEDIAN) for row in held.bands],
        prior=_encode(held.prior, kept, prior_step, MEDIAN),
        run_step=run_step,
        run_days=encode_rising([int(day) for day in held.days[run_kept]]),
        runs={key: _encode(row, run_kept, run_step, None) for key, row in runs.items()},
    )
    if held.earlier:
        data["earlier"] = [_encode(row, kept, prior_step, MEDIAN) for row in held.earlier]
    if quarters is not None and held.quarters:
        data["quarters"] = _quarters(held, quarters, step)
    return data


def _quarters(held: HeldCurves, plan: Detail, least: float) -> QuarterCurves:
    step = max(round_step(held.telling, plan.levels), least)
    kept = held.quarter_order.first(plan.n_days, plan.tolerance)
    return QuarterCurves(
        step=step,
        days=encode_rising([int(day) for day in held.days[kept]]),
        bands=[_encode(row, kept, step, MEDIAN) for row in held.quarters],
    )


def _carries(plan: Detail, key: str, row: list[FloatArray | None]) -> bool:
    return (key != PRIOR or plan.has_prior_runs) and any(array is not None for array in row)


def _days(study: Study, forecast: Forecast) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the forecast's times and their days, one time for each day."""
    times = np.asarray(forecast.times, dtype=float)  # (time,)
    days = np.array([day_number(study.case.calendar.date_of(float(t))) for t in times], dtype=np.int64)
    days, first = np.unique(days, return_index=True)
    return times[first], days


def level_ends(measure: Measure) -> tuple[float, float] | None:
    """Return the ends of what levels a quantity is told in, None where it is told in figures.

    Behind the latent quantity's outer cuts every value means the same level: how far behind says nothing.
    """
    if measure.levels is None:
        return None
    known = (*measure.levels.levels, *measure.levels.cuts)
    return min(known), max(known)


def _on(
    times: FloatArray,
    forecast: Forecast | None,
    curves: FloatArray | None,
    ends: tuple[float, float] | None,
) -> FloatArray | None:
    """Return curves on the given times, held between `ends` where there are some.

    None where a number is missing, for half a curve misleads.
    """
    if forecast is None or curves is None or not len(curves) or not np.isfinite(curves).all():
        return None
    own = np.asarray(forecast.times, dtype=float)
    found = np.asarray(curves, dtype=float)
    if not np.array_equal(times, own):
        found = np.stack([np.interp(times, own, curve) for curve in found])
    return found if ends is None else np.clip(found, *ends)


def _stack(arrays: Sequence[FloatArray | None]) -> FloatArray:
    held = [array for array in arrays if array is not None]
    return np.concatenate(held) if held else np.zeros((0, 1))


def _drawable(array: FloatArray | None, step: float) -> FloatArray | None:
    """Return curves that a page can hold; None where priors run away to numbers that nobody can draw."""
    return None if array is None or np.abs(array).max() > MOST_STEPS * step else array


def _alike(*groups: FloatArray) -> FloatArray:
    """Return groups of curves as one, each in units of its own range: wide priors must not hide a fit."""
    held = [group / (float(np.ptp(group)) or 1.0) for group in groups if len(group)]
    return np.concatenate(held) if held else np.zeros((0, 1))


def _encode(
    arrays: Sequence[FloatArray | None], kept: NDArray[np.int64], step: float, middle: int | None
) -> list[str]:
    """Return a text for each account's curves, empty where there are none."""
    levels = [np.rint(array[:, kept] / step).astype(np.int64) for array in arrays if array is not None]
    texts = iter(encode_bundles(levels, middle))
    return ["" if array is None else next(texts) for array in arrays]
