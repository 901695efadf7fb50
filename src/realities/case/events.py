"""Events: dated inputs of a case, such as a decree, that are data and not a prediction.

In come the `[[event]]` tables of `case.toml`; out come `CaseEvent`s, which `ensemble.py` hands to
the engine when they were published by the as-of date. What is wrong with an event comes out beside
the day it was published, as for observations: nothing published later can stop a run.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from realities.case.accounts import Constants
from realities.case.calendar import Calendar
from realities.case.located import Located
from realities.case.sources import Source, check_keys
from realities.errors import Diagnostic, Findings
from realities.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """A dated input: from `date` on, the model's constant `parameter` has `value`.

    Before it was `published`, an as-of run leaves the constant at the model's default.
    """

    parameter: str
    date: datetime.date
    value: float
    published: datetime.date
    source: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


def parse_events(
    located: Located, constants: Constants, sources: Mapping[str, Source] | None, calendar: Calendar
) -> tuple[tuple[CaseEvent, ...], tuple[tuple[datetime.date, Diagnostic], ...]]:
    """Return the events of a `case.toml` whose shape was checked, by date, and what is wrong with them."""
    events: list[CaseEvent] = []
    late: list[tuple[datetime.date, Diagnostic]] = []
    tables = located.get("event")
    for index in range(len(tables) if isinstance(tables, list) else 0):
        findings = Findings()
        event = _event(located, index, constants, findings)
        check_keys(event.source, located.value("event", index, "source"), sources, findings)
        if not calendar.covers(event.date):
            message = f"{event.date} lies outside the case, {calendar.start} to {calendar.finish}"
            findings.error("date-outside", message, located.value("event", index, "date"))
        for other in events:
            if (other.parameter, other.date) == (event.parameter, event.date):
                hint = f"the first is at {other.span}"
                message = f'two events set "{event.parameter}" on {event.date}'
                findings.error("duplicate-id", message, event.span, hint)
        late.extend((event.published, item) for item in findings.items)
        if not findings.errors:
            events.append(event)
    return tuple(sorted(events, key=lambda event: event.date)), tuple(late)


def _event(located: Located, index: int, constants: Constants, findings: Findings) -> CaseEvent:
    at = ("event", index)
    written, span = str(located.get(*at, "parameter")), located.value(*at, "parameter")
    day, published, value = (located.get(*at, name) for name in ("date", "published", "value"))
    assert isinstance(day, datetime.date)
    return CaseEvent(
        parameter=constants.find(written, span, findings) or written,
        date=day,
        value=float(value) if isinstance(value, (int, float)) else 1.0,
        published=published if isinstance(published, datetime.date) else day,
        source=str(located.get(*at, "source") or "").strip(),
        span=span,
    )
