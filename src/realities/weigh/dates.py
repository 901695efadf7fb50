"""Dates by which weights are taken: those of a timeline, and what was known on each.

In comes a case; out come the regular dates on which something had become known since the one before, and for
any date what was known on it: which rows weigh and which dated inputs are in force. A date depends on nothing
that is published after it, so a later report moves no earlier date. Next is `sequence.py`, which goes from
date to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from realities.case.events import CaseEvent
from realities.case.folder import Case
from realities.case.observations import Observation
from realities.case.schema import CADENCES, Cadence
from realities.ensemble import Same
from realities.weigh.likelihood import used_observations

#: With the cadence that a case is given where it names none, its calendar has at most so many dates.
MOST_REGULAR = 120
#: The longest that each cadence takes, in days.
_LONGEST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366, "decade": 3653}


@dataclass(frozen=True, slots=True)
class Known:
    """What was known on a day: rows that weigh, dated inputs, and the day when the last of it became known.

    `since` is None where nothing is known yet.
    """

    rows: tuple[Observation, ...]
    inputs: tuple[CaseEvent, ...]
    since: date | None

    def standing(self, earlier: Known) -> tuple[Observation, ...]:
        """Return the rows known earlier that still stand: those that no later figure has replaced."""
        before = set(earlier.rows)
        return tuple(row for row in self.rows if row in before)

    def has_all(self, earlier: Known) -> bool:
        """Return whether all that was known earlier still stands, under the same dated inputs."""
        if not earlier.rows:
            return True
        return len(self.standing(earlier)) == len(earlier.rows) and self.inputs == earlier.inputs


def known_on(case: Case, day: date) -> Known:
    """Return what was known on a day."""
    return _known_on(Same(case), day)


@lru_cache(maxsize=256)
def _known_on(same: Same, day: date) -> Known:
    rows, inputs = used_observations(same.case, day), same.case.events_as_of(day)
    days = [*map(_known_from, rows), *(event.published for event in inputs)]
    return Known(rows, inputs, max(days, default=None))


def _known_from(row: Observation) -> date:
    """Return the day from which a row weighs: it is published, and the day it speaks of has come."""
    return max(row.happened, row.published or row.happened)


def regular_dates(case: Case, until: date) -> tuple[date, ...]:
    """Return the dates of a case's timeline up to a day, ascending, without those on which nothing is new.

    After each day on which a row or a dated input becomes known comes the next date of the case's cadence,
    or the next of the dates that the case lists.
    """
    days = days_of_news(case, until)
    if isinstance(case.timeline, tuple):
        listed = case.timeline
        found = {next((day for day in listed if day >= one), None) for one in days}
    else:
        cadence = case.timeline or usual_cadence(case)
        found = {next_regular(day, cadence) for day in days}
    return tuple(sorted(day for day in found if day is not None and day <= until))


def days_of_news(case: Case, until: date) -> tuple[date, ...]:
    """Return the days up to one on which a row or a dated input becomes known, ascending."""
    rows = [row for row in case.vintages(until) if row.happened <= until]
    days = {*map(_known_from, rows), *(event.published for event in case.events_as_of(until))}
    return tuple(sorted(day for day in days if day <= until))


def usual_cadence(case: Case, most: int = MOST_REGULAR) -> Cadence:
    """Return the shortest cadence that has at most so many dates from start to finish of a case."""
    length = (case.calendar.finish - case.calendar.start).days
    for cadence in CADENCES[1:]:
        if length <= most * _LONGEST[cadence]:
            return cadence
    return CADENCES[-1]


def next_regular(day: date, cadence: Cadence) -> date:
    """Return the first date of a cadence that is not before a day: Mondays, firsts of months, and so on.

    Examples
    --------
    >>> next_regular(date(2022, 2, 24), "month"), next_regular(date(2022, 10, 1), "quarter")
    (datetime.date(2022, 3, 1), datetime.date(2022, 10, 1))
    """
    match cadence:
        case "publication" | "day":
            return day
        case "week":
            return day + timedelta(days=-day.weekday() % 7)
        case "month" | "quarter":
            months = 1 if cadence == "month" else 3
            past = (day.month - 1) % months > 0 or day.day > 1
            month = day.month - 1 - (day.month - 1) % months + (months if past else 0)
            return _first_of(day.year + month // 12, month % 12 + 1)
        case "year" | "decade":
            years = 1 if cadence == "year" else 10
            past = day.year % years > 0 or (day.month, day.day) > (1, 1)
            return _first_of(day.year - day.year % years + (years if past else 0), 1)


def _first_of(year: int, month: int) -> date:
    """Return the first of a month; the last day there is, beyond it."""
    return date(year, month, 1) if year <= date.max.year else date.max


@dataclass(frozen=True, slots=True)
class News:
    """How many rows are new on a date, how many replace others, and how many dated inputs are new."""

    n_new: int
    n_revised: int
    n_inputs: int


def news(case: Case, days: Iterable[date]) -> list[News]:
    """Return what is new on each of ascending dates; on the first, all that is known."""
    known = [Known((), (), None), *(known_on(case, day) for day in days)]
    return [_news(before, after) for before, after in pairwise(known)]


def _news(before: Known, after: Known) -> News:
    held = {_figure(row): row for row in before.rows}
    old = set(before.rows)
    fresh = [row for row in after.rows if row not in old]
    n_revised = sum(_figure(row) in held and held[_figure(row)] not in set(after.rows) for row in fresh)
    return News(len(fresh) - n_revised, n_revised, len(set(after.inputs) - set(before.inputs)))


def _figure(row: Observation) -> tuple[str, str, date]:
    return row.quantity, row.reporter, row.happened
