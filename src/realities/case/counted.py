"""Rows of confirmed counts: what a count cannot be, row by row and beside one another.

In come rows of measures of kind "count"; out comes what is wrong with them. `observations.py` leaves such
rows out with a warning, dated by their publication; `weigh/reporting/counts.py` takes the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from realities.case.calendar import Calendar
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.errors import Diagnostic
from realities.units import Unit

#: A number of events is whole if it is nearer to a whole number than this share of it, or of one.
_WHOLE: Final = 1e-6

Late = tuple[date | None, Diagnostic]


def events_per_unit(unit: Unit) -> float:
    """Return how many events one of a measure's unit stands for.

    Examples
    --------
    >>> from realities.units import parse_unit
    >>> events_per_unit(parse_unit("1000 person"))
    1000.0
    """
    names, exponents = zip(*unit.dimension, strict=True) if unit.dimension else ((), ())
    return unit.factor_to(Unit(names=names, exponents=exponents))


def is_whole(events: float) -> bool:
    """Return whether a number of events is a whole number, but for what units cost.

    Examples
    --------
    >>> is_whole(12500.000000001), is_whole(12.5)
    (True, False)
    """
    return abs(events - round(events)) <= _WHOLE * max(1.0, 1e-6 * abs(events))


def check_counts(
    measures: Mapping[str, Measure], rows: Iterable[Observation], calendar: Calendar
) -> tuple[tuple[Observation, ...], list[Late]]:
    """Return the rows that can be used, and what is wrong with counts among them.

    Rows of other kinds come back as they are.
    """
    kept: list[Observation] = []
    late: list[Late] = []
    for row in rows:
        measure = measures[row.quantity]
        problem = _problem(measure, row, calendar) if measure.kind == "count" else None
        if problem is None:
            kept.append(row)
        else:
            code, message, hint = problem
            item = Diagnostic("warning", code, f"{message}: the row is left out", row.span, (hint,))
            late.append((row.published, item))
    return tuple(kept), [*late, *_falling(measures, kept)]


def _problem(measure: Measure, row: Observation, calendar: Calendar) -> tuple[str, str, str] | None:
    """Return code, sentence and hint of what a count cannot be; None if nothing is wrong."""
    if row.value is None:
        hint = 'a bound belongs to a quantity with kind = "floor" or "ceiling"'
        return "impossible-value", "a count needs a value", hint
    events = row.value * events_per_unit(measure.unit)
    if not is_whole(events):
        message = f"{row.value / row.factor:g} {row.unit} is no whole number of events"
        return "impossible-value", message, 'counts are whole; for estimates write kind = "value"'
    if row.published is not None and row.published < row.happened:
        message = f"published {row.published}, before the day up to which it counts, {row.happened}"
        return "published-early", message, "are the two days swapped?"
    days = measure.period_days
    if days is not None and row.happened - timedelta(days=days) < calendar.start:
        message = f"its {days} days begin before the case does, on {calendar.start}"
        return "date-outside", message, "the model knows of no events before its start"
    return None


def _falling(measures: Mapping[str, Measure], rows: Iterable[Observation]) -> list[Late]:
    """Return a warning for every total that falls from one day to a later one, as known on one day."""
    vintages: dict[tuple[str, str, date | None], list[Observation]] = {}
    for row in rows:
        measure = measures[row.quantity]
        if measure.kind == "count" and measure.period_days is None:
            vintages.setdefault((row.quantity, row.reporter, row.published), []).append(row)
    found: list[Late] = []
    for (quantity, _, published), known in vintages.items():
        known.sort(key=lambda row: row.happened)
        for before, after in pairwise(known):
            if (after.value or 0.0) < (before.value or 0.0):
                message = (
                    f'the total of "{quantity}" falls from {before.value:g} on {before.happened} to '
                    f"{after.value:g} on {after.happened}, both as known on {published}"
                )
                hint = "a total cannot fall: the days between are taken together with earlier ones"
                item = Diagnostic("warning", "falling-count", message, after.span, (hint,))
                found.append((published, item))
    return found
