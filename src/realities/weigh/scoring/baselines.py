"""What a forecast has to beat: forecasts that anybody could make without a model.

In come outcomes of claims, and reports as of a date; out come the scores of the baselines on the same claims
and the same reports as those of the accounts. `scorecard.py` turns both into skill. Of claims:

- one half: always a chance of 1 in 2;
- base rate: always the part of the scored claims that happened. That was not known when they were made, and
  no other constant chance would have done better, so that this one has an advantage. (The part of the *other*
  claims would not do: it goes down where the claim's own outcome goes up, and scores worse than that.)

Of reports, each on nothing but what its own reporter had published of the quantity by the date:

- persistence: the value of the latest day stays, with an error that grows as a random walk whose variance a
  day is that of past changes, on the scale the reporter errs on;
- climatology: any past value again, all equally likely.

Both need two past values; where they are missing, a report takes no part in the comparison.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from realities.case.folder import Case
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.weigh.likelihood import used_observations
from realities.weigh.reporting.rows import from_scale, to_scale, whole_of
from realities.weigh.scoring.scores import crps

FloatArray = NDArray[np.float64]
Baseline = Literal["persistence", "climatology"]
BASELINES: Final[tuple[Baseline, ...]] = get_args(Baseline)

#: Every baseline in a sentence, for whoever shows a skill.
IN_WORDS: Final[Mapping[str, str]] = {
    "half": "always a chance of one half",
    "base_rate": "always the part of the scored claims that happened: the best constant chance, known only "
    "afterwards, which favours this baseline",
    "persistence": "the last value that the same reporter had published of the quantity, with an error that "
    "grows as a random walk whose variance is that of the past changes",
    "climatology": "any value that the same reporter had published of the quantity, all equally likely",
}
#: Equally likely values that stand for a distribution in persistence.
N_MEMBERS: Final = 201
#: Past values without which a reporter has no baseline.
LEAST_PAST: Final = 2


def base_rate_brier(happened: Sequence[bool]) -> float | None:
    """Return the mean Brier score of the base rate, the best of all constant chances; None without a claim.

    Examples
    --------
    >>> base_rate_brier([True, False, False, False])
    0.1875
    """
    if not happened:
        return None
    rate = sum(happened) / len(happened)
    return rate * (1.0 - rate)


#: Brier and logarithmic score of always saying one half.
HALF: Final = (0.25, -log(2.0))


@dataclass(frozen=True, slots=True)
class Past:
    """What one reporter had published of one quantity by a date, ascending in the day it speaks of."""

    happened: tuple[date, ...]
    values: FloatArray


def pasts(case: Case, as_of: date) -> dict[tuple[str, str], Past]:
    """Return what every reporter had published of every quantity by a date, by (quantity, reporter).

    Only values count, in their newest vintage; ranges alone do not say where they should persist.
    """
    rows: dict[tuple[str, str], list[tuple[date, float]]] = {}
    for row in used_observations(case, as_of):
        if row.value is not None:
            rows.setdefault((row.quantity, row.reporter), []).append((row.happened, row.value))
    return {key: _past(sorted(found)) for key, found in rows.items() if len(found) >= LEAST_PAST}


def _past(rows: Sequence[tuple[date, float]]) -> Past:
    return Past(tuple(day for day, _ in rows), np.array([value for _, value in rows]))


def baseline_crps(
    measure: Measure, rows: Sequence[Observation], known: Mapping[tuple[str, str], Past]
) -> dict[Baseline, FloatArray]:
    """Return how each baseline scores on rows, (row,), in the measure's unit; NaN where there is none.

    Parameters
    ----------
    measure
        Of the quantity.
    rows
        Rows of the quantity, published after the date of `known`.
    known
        From `pasts`.
    """
    found: dict[Baseline, FloatArray] = {name: np.full(len(rows), np.nan) for name in BASELINES}
    for k, row in enumerate(rows):
        past = known.get((row.quantity, row.reporter))
        if past is None or row.value is None:
            continue
        members = persistence(measure, row.reporter, past, row.happened)
        if members is not None:
            found["persistence"][k] = crps(members, row.value)
        found["climatology"][k] = crps(past.values, row.value)
    return found


def persistence(measure: Measure, reporter: str, past: Past, happened: date) -> FloatArray | None:
    """Return equally likely values of a report on a day, if what was reported last stays; shape (member,).

    The last value is that of the latest day up to `happened`, or of the first day after it. None where it
    cannot be expressed on the reporter's scale, such as a zero on a logarithmic one, or no change can.
    """
    whole, scale = whole_of(measure, measure.reporters[reporter]), measure.reporters[reporter].scale
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = to_scale(past.values, scale, whole)
    last = max(bisect_right(past.happened, happened) - 1, 0)
    usable = np.flatnonzero(np.isfinite(scaled))
    if last not in usable or len(usable) < LEAST_PAST:
        return None
    days = np.array([day.toordinal() for day in past.happened], dtype=np.float64)
    variance = float((np.diff(scaled[usable]) ** 2).sum() / np.diff(days[usable]).sum())  # per day
    sd = np.sqrt(variance * max(abs(happened.toordinal() - days[last]), 1.0))
    spread = ndtri((np.arange(N_MEMBERS) + 0.5) / N_MEMBERS)
    with np.errstate(over="ignore"):
        members = from_scale(scaled[last] + sd * spread, scale, whole)
    return np.clip(members, *measure.possible) if np.isfinite(members).all() else None
