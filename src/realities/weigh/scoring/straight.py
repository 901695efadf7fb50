"""Straight lines: what anybody could say of later figures from those known by a date, without a model.

In comes what was published of a quantity by a date; out come equally likely values of a later figure, in the
measure's unit:

- last value: the latest figure stays, with an error that grows as a random walk whose variance a day is that
  of past changes;
- trend: the same random walk about the straight line through the first and the last of those figures.

Both are walks in the unit of the measure, whatever scale its reporters err on: over years a walk of
logarithms says anything, and whatever is compared with it looks good. Values that the quantity cannot have
become the nearest it can. What is known are the figures of the same reporter of the last year before the
date, or of all time where those are of fewer than three days; where the reporter has too few, those of
anybody. Levels have no trend, and the last one is taken to stay for certain. Floors and ceilings have
neither. `followed.py` compares.

References
----------
Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: principles and practice, third edition, sections
5.2 and 5.5: the naive method, the drift method, and their intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from realities.case.folder import Case
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.weigh.likelihood import used_observations
from realities.weigh.scoring.baselines import N_MEMBERS, Past

FloatArray = NDArray[np.float64]
Naive = Literal["last value", "trend"]
NAIVE: Final[tuple[Naive, ...]] = get_args(Naive)

#: Baselines look at figures of so many days before the date, where there are enough.
RECENT_DAYS: Final = 365
#: Days with a figure that a baseline needs; a trend has one number more to learn from them.
LEAST: Final[Mapping[Naive, int]] = {"last value": 2, "trend": 3}


@dataclass(frozen=True, slots=True)
class Known:
    """What baselines have to go by: the recent past by (quantity, reporter), and of anybody by quantity."""

    own: Mapping[tuple[str, str], Past]
    anybody: Mapping[str, Past]


def known_by(case: Case, as_of: date) -> Known:
    """Return what a forecast without a model has to go by as of a date."""
    own: dict[tuple[str, str], list[tuple[date, float]]] = {}
    anybody: dict[str, list[tuple[date, float]]] = {}
    for row in used_observations(case, as_of):
        if row.value is not None:
            own.setdefault((row.quantity, row.reporter), []).append((row.happened, row.value))
            anybody.setdefault(row.quantity, []).append((row.happened, row.value))
    return Known(
        {key: recent(figures, as_of) for key, figures in own.items()},
        {quantity: recent(figures, as_of) for quantity, figures in anybody.items()},
    )


def recent(figures: Sequence[tuple[date, float]], as_of: date) -> Past:
    """Return figures of the last year before a date, or all if those are of fewer than three days.

    Figures of one day are replaced by their mean.

    Examples
    --------
    >>> figures = [(date(2020, 1, 1), 7.0), (date(2022, 5, 1), 2.0), (date(2022, 5, 1), 4.0)]
    >>> recent(figures, date(2022, 10, 5)).values.tolist()
    [7.0, 3.0]
    """
    by_day = [
        (day, float(np.mean([value for _, value in same])))
        for day, same in groupby(sorted(figures), key=lambda one: one[0])
    ]
    late = [one for one in by_day if one[0] > as_of - timedelta(days=RECENT_DAYS)]
    kept = late if len(late) >= LEAST["trend"] else by_day
    return Past(tuple(day for day, _ in kept), np.array([value for _, value in kept]))


def naive_members(measure: Measure, row: Observation, known: Known, naive: Naive) -> FloatArray | None:
    """Return equally likely values of a later figure, (member,); None where too little is known."""
    own, anybody = known.own.get((row.quantity, row.reporter)), known.anybody.get(row.quantity)
    match measure.kind:
        case "floor" | "ceiling":
            return None
        case "ordinal":
            past = own or anybody
            return None if past is None or naive == "trend" else past.values[-1:]
        case _:
            enough = (past for past in (own, anybody) if past and len(past.values) >= LEAST[naive])
            past = next(enough, None)
            return None if past is None else walk(measure, past, row.happened, has_trend=naive == "trend")


def walk(measure: Measure, past: Past, happened: date, *, has_trend: bool) -> FloatArray:
    """Return equally likely values of a figure of a day after those of a past, shape (member,).

    Past changes c over steps of s days, T in all, have a variance a day of sum(c^2) / T. A figure h days
    after the last has h times that. With a trend, changes are counted from the line, whose own error adds
    h^2 / T, and which has taken sum(s^2) / T out of T.
    """
    days = np.array([day.toordinal() for day in past.happened], dtype=np.float64)
    changes, steps = np.diff(past.values), np.diff(days)
    total, ahead = float(steps.sum()), float(happened.toordinal() - days[-1])
    slope, freedom, reach = 0.0, total, ahead
    if has_trend:
        slope = float(changes.sum()) / total
        freedom, reach = total - float((steps**2).sum()) / total, ahead + ahead**2 / total
    variance = float(((changes - slope * steps) ** 2).sum()) / freedom  # per day
    spread = ndtri((np.arange(N_MEMBERS) + 0.5) / N_MEMBERS)
    members = past.values[-1] + slope * ahead + np.sqrt(variance * reach) * spread
    found: FloatArray = np.clip(members, *measure.possible)
    return found
