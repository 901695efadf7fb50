"""Forecasts -> encoded curves: which days, which dates and which single runs a page carries.

In come the forecasts of a `Study`; out come texts for the payload. `plans` lists ever smaller ways to
do it, so that `payload.py` can take the first that fits its budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from realities.report.encode import choose_days, encode_bundles, encode_rising, round_step
from realities.report.schema import CurvesData, day_number

if TYPE_CHECKING:
    from realities.weigh.forward import Forecast
    from realities.weigh.study import Study

FloatArray = NDArray[np.float64]

MEDIAN: Final = 2
PRIOR: Final = "prior"
#: Curves with more steps than this from zero are left out: 64-bit integers and browsers stay exact below it.
MOST_STEPS: Final = 1e12


@dataclass(frozen=True, slots=True)
class Plan:
    """How much detail a page carries: as-of dates, days a curve, days a single run, runs of the prior."""

    dates: tuple[date, ...]
    n_days: int = 80
    tolerance: float = 0.002
    n_run_days: int = 40
    has_prior_runs: bool = True


def plans(dates: Sequence[date]) -> Iterator[Plan]:
    """Yield plans from the finest to the coarsest; the last as-of date is in each of them."""
    kept = tuple(dates)
    while True:
        yield Plan(kept)
        yield Plan(kept, n_days=60, tolerance=0.003, n_run_days=28)
        yield Plan(kept, n_days=60, tolerance=0.003, n_run_days=24, has_prior_runs=False)
        yield Plan(kept, n_days=44, tolerance=0.004, n_run_days=20, has_prior_runs=False)
        yield Plan(kept, n_days=36, tolerance=0.006, n_run_days=16, has_prior_runs=False)
        if len(kept) <= 2:
            return
        kept = tuple(reversed(kept[::-1][::2]))


def curves_data(study: Study, quantity: str, plan: Plan) -> CurvesData | None:
    """Return the curves of one quantity, or None where the study does not forecast it."""
    order = [account.id for account in study.case.accounts]
    by_date = [[study.forecasts[day].get(account) for account in order] for day in plan.dates]
    prior = [study.prior_forecasts.get(account) for account in order]
    held = [f for row in (*by_date, prior) for f in row if f is not None and quantity in f.quantiles]
    if not held:
        return None
    times, days = _days(study, held[0])

    def bands(forecast: Forecast | None) -> FloatArray | None:
        return _on(times, forecast, None if forecast is None else forecast.quantiles.get(quantity))

    def runs(forecast: Forecast | None) -> FloatArray | None:
        return _on(times, forecast, None if forecast is None else forecast.runs.get(quantity))

    band_rows = [[bands(forecast) for forecast in row] for row in by_date]
    prior_row = [bands(forecast) for forecast in prior]
    run_rows = {plan.dates[-1].isoformat(): [runs(forecast) for forecast in by_date[-1]]}
    if plan.has_prior_runs:
        run_rows[PRIOR] = [runs(forecast) for forecast in prior]

    by_age = [stack for row in reversed(band_rows) if len(stack := _stack(row))]  # the last date first
    step = round_step(by_age[0] if by_age else _stack(prior_row))  # early dates may see far and wide
    run_step = step * 4
    band_rows = [[_drawable(array, step) for array in row] for row in band_rows]
    prior_row = [_drawable(array, step) for array in prior_row]
    run_rows = {key: [_drawable(array, run_step) for array in row] for key, row in run_rows.items()}
    kept = choose_days(days, _alike(*by_age, _stack(prior_row)), plan.n_days, plan.tolerance)
    all_runs = _alike(*(_stack(row) for row in run_rows.values()))
    run_kept = choose_days(days, all_runs, plan.n_run_days, plan.tolerance) if len(all_runs) else kept[:1]
    return CurvesData(
        step=step,
        days=encode_rising([int(day) for day in days[kept]]),
        bands=[_encode(row, kept, step, MEDIAN) for row in band_rows],
        prior=_encode(prior_row, kept, step, MEDIAN),
        run_step=run_step,
        run_days=encode_rising([int(day) for day in days[run_kept]]),
        runs={
            key: _encode(row, run_kept, run_step, None)
            for key, row in run_rows.items()
            if any(array is not None for array in row)
        },
    )


def _days(study: Study, forecast: Forecast) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the forecast's times and their days, one time for each day."""
    times = np.asarray(forecast.times, dtype=float)  # (time,)
    days = np.array([day_number(study.case.calendar.date_of(float(t))) for t in times], dtype=np.int64)
    days, first = np.unique(days, return_index=True)
    return times[first], days


def _on(times: FloatArray, forecast: Forecast | None, curves: FloatArray | None) -> FloatArray | None:
    """Return curves on the given times; None where a number is missing, for half a curve misleads."""
    if forecast is None or curves is None or not len(curves) or not np.isfinite(curves).all():
        return None
    own = np.asarray(forecast.times, dtype=float)
    if np.array_equal(times, own):
        return np.asarray(curves, dtype=float)
    return np.stack([np.interp(times, own, curve) for curve in np.asarray(curves, dtype=float)])


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
