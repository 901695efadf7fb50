"""The reports of one quantity, as plain data with which the worker computes the same likelihood.

In come the reporting models (`weigh/reporting`) of a quantity as of several dates; out come all rows that
weigh on any of them, each once, and for each date which do. A row that a later figure replaces is not among
those of later dates; one that later figures show in another light (how finely its reporter rounds) is there
twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TypeVar

from realities.case.calendar import Calendar
from realities.case.counted import events_per_unit
from realities.case.measures import Measure
from realities.report.curves import level_ends
from realities.report.encode import encode_integers, encode_rising
from realities.report.live.erring import erring_data
from realities.report.live.schema import (
    LiveBookData,
    LiveDateRowsData,
    LiveDelayData,
    LivePartData,
    LiveQuantityData,
    LiveRowsData,
)
from realities.weigh.reporting.counts import CountReports
from realities.weigh.reporting.delays import DelayedCount
from realities.weigh.reporting.quantity import QuantityReports

Entry = TypeVar("Entry")

#: Digits that keep a log density right to more than ten.
DIGITS = 14

#: Everything a row says: reporter, day, time, numbers, steps, edges, last day counted and days waited.
_Row = tuple[str, int, float, tuple[float | None, ...], tuple[int, ...], tuple[float | None, ...], int, int]


def quantity_data(
    measure: Measure,
    by_date: Sequence[QuantityReports | None],
    outputs: Sequence[int],
    calendar: Calendar,
) -> tuple[LiveQuantityData, list[LiveDateRowsData | None]]:
    """Return a quantity with all its rows, and for each date those that weigh, None where none does.

    `by_date` has its reporting model as of each date, None where nobody has reported yet; `outputs` are the
    places of what each account reads it off.
    """
    held = [one for one in by_date if one is not None]
    names = sorted({reporter.name for one in held for reporter in one.rows.reporters})
    rows = sorted({row for one in held for row in _rows_of(one, calendar)}, key=_order)
    places = {row: k for k, row in enumerate(rows)}
    parts: dict[str, LivePartData] = {}
    dated = [None if one is None else _dated(one, places, names, parts, calendar) for one in by_date]
    found = measure.discrepancy
    least, whole = measure.possible
    return LiveQuantityData(
        key=measure.quantity,
        kind=measure.kind,
        scale=measure.scale,
        ends=list(level_ends(measure) or ()),
        least=_known(least),
        whole=_known(whole),
        outputs=list(outputs),
        discrepancy=[] if found is None else [found.sd, found.timescale_days],
        erring=erring_data(measure, names, calendar),
        parts=list(parts.values()),
        per_unit=float(events_per_unit(measure.unit)) if measure.kind == "count" else 1.0,
        rows=_columns(rows, names, calendar),
    ), dated


def _rows_of(reports: QuantityReports, calendar: Calendar) -> list[_Row]:
    rows = reports.rows
    delay = reports.delay
    found: list[_Row] = []
    for k, (row, said) in enumerate(zip(rows.observations, rows.said, strict=True)):
        day = (row.happened - calendar.start).days
        end, wait = day, 0
        if delay is not None:
            end, wait = _offsets(delay)[delay.ends[k]], round(delay.waits[k])
        numbers = tuple(_known(number) for number in said.numbers)
        edges = tuple(_known(edge) for edge in said.edges)
        found.append((row.reporter, day, float(rows.times[k]), numbers, said.steps, edges, end, wait))
    return found


def _order(row: _Row) -> tuple[object, ...]:
    """Return a key that puts rows in order of time: None sorts as a text would."""
    return row[1], row[0], row[6], row[7], str(row[3:6])


def _known(value: float) -> float | None:
    """Return a number to `DIGITS` digits; None for one that is infinite or none."""
    return float(f"{value:.{DIGITS}g}") if isfinite(value) else None


def _columns(rows: Sequence[_Row], names: Sequence[str], calendar: Calendar) -> LiveRowsData:
    value, low, high, own_sd, jacobian = ([row[3][k] for row in rows] for k in range(5))
    follows = calendar.time_unit in ("day", "week")
    return LiveRowsData(
        erring=encode_integers(names.index(row[0]) for row in rows),
        day=encode_rising([row[1] for row in rows]),
        time=[] if follows else [row[2] for row in rows],
        value=_any(value),
        low=_any(low),
        high=_any(high),
        own_sd=[number or 0.0 for number in own_sd] if any(own_sd) else [],
        jacobian=[number or 0.0 for number in jacobian] if any(jacobian) else [],
        steps=_lists([list(row[4]) for row in rows]),
        edges=_lists([list(row[5]) for row in rows]),
        end=encode_rising([row[6] for row in rows]) if any(row[6] != row[1] for row in rows) else "",
        wait=encode_integers(row[7] for row in rows) if any(row[7] for row in rows) else "",
    )


def _any(column: list[float | None]) -> list[float | None]:
    return column if any(number is not None for number in column) else []


def _lists(column: list[list[Entry]]) -> list[list[Entry]]:
    return column if any(column) else []


def _dated(
    reports: QuantityReports,
    places: dict[_Row, int],
    names: Sequence[str],
    parts: dict[str, LivePartData],
    calendar: Calendar,
) -> LiveDateRowsData:
    counts = reports if isinstance(reports, CountReports) else None
    delay = reports.delay if counts is None else counts.counted
    return LiveDateRowsData(
        places=encode_rising([places[row] for row in _rows_of(reports, calendar)]),
        delay=None if delay is None else _delay_data(delay, parts, calendar),
        books=[] if counts is None else _books(counts, names),
    )


def _offsets(delay: DelayedCount) -> list[int]:
    """Return the days since the start between which a total is followed, the start among them."""
    found = [0]
    for step in delay.steps:
        found.append(found[-1] + round(step))
    return found


def _delay_data(delay: DelayedCount, parts: dict[str, LivePartData], calendar: Calendar) -> LiveDelayData:
    spans = []
    for part in delay.parts:
        name, prior = part.half_life
        parts.setdefault(name, _part_data(part.share, part.is_rest, name, prior.fixed))
        steps = part.steps.nonzero()[0]  # those of neighbouring years
        spans.append([int(steps[0]), int(steps[-1]) + 1, list(parts).index(name)])
    follows = calendar.time_unit in ("day", "week")
    return LiveDelayData(
        offsets=encode_rising(_offsets(delay)), times=[] if follows else delay.times.tolist(), parts=spans
    )


def _part_data(share: tuple[str, object], rest: bool, name: str, half_life: float | None) -> LivePartData:
    share_name, prior = share
    fixed = getattr(prior, "fixed", None)
    known = 1.0 if prior is None else fixed
    return LivePartData(
        share=share_name if known is None else float(known),
        rest=rest and prior is not None,
        half_life=name if half_life is None else float(half_life),
    )


def _books(counts: CountReports, names: Sequence[str]) -> list[LiveBookData]:
    found, at = [], 0
    for book in counts.books:
        figures = slice(at, at + len(book.figures))
        at = figures.stop
        new = book.new.tocsr()
        increments = []
        for k, events in enumerate(book.events):
            inside = slice(new.indptr[k], new.indptr[k + 1])
            pairs = zip(new.indices[inside], new.data[inside], strict=True)
            increments.append([round(events), *(round(n) for pair in pairs for n in pair)])
        found.append(
            LiveBookData(
                erring=names.index(counts.rows.reporters[book.reporter].name),
                ends=[int(end) for end in counts.counted.ends[figures]],
                waits=[round(wait) for wait in counts.counted.waits[figures]],
                increments=increments,
            )
        )
    return found
