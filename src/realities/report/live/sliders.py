"""What a reader can change: constants of the model to pin, dated inputs to hold.

In comes a case; out come, for each, its unit, what its author wrote of it, the ends of its slider and what
every account assumes. The page builds its controls of them.
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from realities.case.folder import Case
from realities.case.hidden import constant_value
from realities.case.priors import Prior, fixed_prior
from realities.report.live.schema import LiveConstantData, LiveInputData
from realities.report.schema import day_number
from realities.report.unit_words import unit_text

#: A slider goes from this probability of some account's prior to the same from above.
END = 0.01
#: From this ratio of its ends on a slider moves in logarithms.
WIDE = 8.0
_MOST_TEXT = 400


def constants_data(case: Case) -> list[LiveConstantData]:
    """Return every constant of which an account speaks: first the uncertain ones, in the case's order."""
    priors = [case.priors(account.id) for account in case.accounts]
    names = list(dict.fromkeys([*case.common, *(name for known in priors for name in known)]))
    found = [_constant(case, name, [known.get(name) for known in priors]) for name in names]
    told = [one for one in found if one is not None]
    return sorted(told, key=lambda one: not one["uncertain"])


def _constant(case: Case, name: str, stated: list[Prior | None]) -> LiveConstantData | None:
    """Return one constant; None where nobody could move it: its value is computed, or all its ends agree."""
    variable = case.model[name]
    default = constant_value(case.model, name)
    if default is None:
        return None
    priors = [fixed_prior(default) if prior is None else prior for prior in stated]
    ends = [_ends(prior) for prior in priors]
    low, high = min(default, *(a for a, _ in ends)), max(default, *(b for _, b in ends))
    uncertain = any(prior.fixed is None for prior in priors)
    if not uncertain:  # accounts that fix it at different numbers: a little more than what they say
        low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low - 0.5 * abs(low), high + 0.5 * abs(high))
    if not low < high:
        return None
    supports = [prior.support for prior in priors if prior.fixed is None]
    return LiveConstantData(
        name=variable.name,
        unit="" if variable.unit is None else unit_text(str(variable.unit)),
        text=" ".join(variable.doc.split())[:_MOST_TEXT],
        default=default,
        low=_short(low),
        high=_short(high),
        log=low > 0 and high / low >= WIDE,
        least=_end(min((a for a, _ in supports), default=-np.inf)),
        most=_end(max((b for _, b in supports), default=np.inf)),
        uncertain=uncertain,
        ranges=[_range(prior) for prior in priors],
    )


def _ends(prior: Prior) -> tuple[float, float]:
    low, high = prior.ppf(np.array([END, 1.0 - END])).tolist()
    return low, high


def _range(prior: Prior) -> list[float]:
    """Return p5, p50 and p95, or the one number."""
    if prior.fixed is not None:
        return [prior.fixed]
    return [_short(value) for value in prior.ppf(np.array([0.05, 0.5, 0.95])).tolist()]


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _end(value: float) -> float | None:
    return value if isfinite(value) else None


def inputs_data(case: Case) -> list[LiveInputData]:
    """Return the dated inputs of a case, each with its changes in order of time."""
    found = []
    for name in dict.fromkeys(event.parameter for event in case.events):
        variable = case.model[name]
        changes = sorted(
            [
                day_number(event.date),
                day_number(event.published),
                event.value,
                case.calendar.time_of(event.date),
            ]
            for event in case.events
            if event.parameter == name
        )
        found.append(
            LiveInputData(
                name=variable.name,
                unit="" if variable.unit is None else unit_text(str(variable.unit)),
                text=" ".join(variable.doc.split())[:_MOST_TEXT],
                default=constant_value(case.model, name) or 0.0,
                changes=[[float(number) for number in change] for change in changes],
            )
        )
    return found
