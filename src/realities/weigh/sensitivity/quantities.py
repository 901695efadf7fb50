"""Which assumptions move which quantity, over the time of the model.

In come an account's fit and some days; out comes, for each quantity that is reported and each day, which
uncertain inputs shift what its measure reads, model error included: their PAWN indices, those above what an
input that does nothing may reach, and the quantity's median in the lowest and highest fifth of the input.
Next is `analysis.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.weigh.forward import thinned
from realities.weigh.likelihood import used_observations
from realities.weigh.sensitivity.assumptions import PART, AccountTask
from realities.weigh.sensitivity.judged import dice, judged_draws, points_of
from realities.weigh.sensitivity.pawn import shifts

FloatArray = NDArray[np.float64]

#: Days that are looked at, evenly spread from the first to the last of a case; inputs told of each.
N_DAYS, MOST = 7, 3


@dataclass(frozen=True, slots=True)
class QuantityEffect:
    """What one input does to one quantity on one day under one account.

    `medians` are of the quantity, in its measure's unit, in the lowest and highest fifth of the input.
    """

    account: str
    quantity: str
    day: date
    name: str
    shift: float
    floor: float
    medians: tuple[float, float]


def days_looked_at(case: Case) -> tuple[date, ...]:
    """Return days from the first to the last of a case, evenly spread; the first, before all, is left out."""
    length = (case.calendar.finish - case.calendar.start).days
    steps = [round(length * k / (N_DAYS - 1)) for k in range(1, N_DAYS)]
    return tuple(date.fromordinal(case.calendar.start.toordinal() + step) for step in dict.fromkeys(steps))


def quantities_under(case: Case, task: AccountTask) -> tuple[QuantityEffect, ...]:
    """Return what moves the reported quantities under one account, the largest shift of each day first."""
    fit = thinned(task.fit, task.n_draws)
    days = days_looked_at(case)
    times = np.array([case.calendar.initial_time, *(case.calendar.time_of(day) for day in days)])
    shown = judged_draws(case, fit, task.as_of, task.seed, times=times).shown
    inputs = {**fit.parameters, **dice(case, fit, task.as_of, task.seed)}
    points = points_of(fit)
    reported = {row.quantity for row in used_observations(case, task.as_of)}
    found: list[QuantityEffect] = []
    for quantity in case.measures:
        for k, day in enumerate(days if quantity in reported else ()):
            own = _effects(fit.account, quantity, day, inputs, shown[quantity][:, k + 1], points)
            found += sorted(own, key=lambda effect: (-effect.shift, effect.name))[:MOST]
    return tuple(found)


def _effects(
    account: str,
    quantity: str,
    day: date,
    inputs: dict[str, FloatArray],
    values: FloatArray,
    points: NDArray[np.intp],
) -> Iterator[QuantityEffect]:
    found = shifts(inputs, values, points)
    if found is None:
        return
    for name, shift in found.index.items():
        if shift > found.floor:
            low, high = np.quantile(inputs[name], [PART, 1.0 - PART])
            below, above = (
                float(np.nanmedian(values[part])) for part in (inputs[name] <= low, inputs[name] >= high)
            )
            yield QuantityEffect(account, quantity, day, name, shift, found.floor, (below, above))
