"""How the reporters of a quantity err, as plain data for the worker.

In come a measure and those of its reporters that have rows; out come these and their origins, each with its
uncertain numbers. `rows.py` tells the rows by their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from realities.case.calendar import Calendar
from realities.case.measures import Measure
from realities.report.live.schema import LiveErringData, LiveTermData
from realities.weigh.reporting.rows import days_of
from realities.weigh.reporting.terms import (
    OriginTerms,
    ReporterTerms,
    Term,
    origin_terms,
    reporter_terms,
)


def erring_data(measure: Measure, names: Sequence[str], calendar: Calendar) -> list[LiveErringData]:
    """Return the named reporters, in this order, and after them their origins by name."""
    wanted = {origin for name in names if (origin := measure.reporters[name].origin) is not None}
    origins = sorted(wanted)
    found = []
    for name in names:
        reporter = measure.reporters[name]
        one = _erring(reporter_terms(measure, reporter), reporter.since, calendar, reporter.scale)
        if reporter.origin is not None:
            one["origin"] = len(names) + origins.index(reporter.origin)
        if reporter.heaping is not None and reporter.heaping.shares is not None:
            one["shares"] = list(reporter.heaping.shares)
        found.append(one)
    for shared in (measure.origins[name] for name in origins):
        one = _erring(origin_terms(measure, shared), shared.drift.since, calendar, measure.scale)
        one["is_origin"], one["period"] = True, shared.period_days or 0.0
        found.append(one)
    return found


def _erring(
    terms: ReporterTerms | OriginTerms, since: date | None, calendar: Calendar, scale: str
) -> LiveErringData:
    start = calendar.start if since is None else since
    return LiveErringData(
        is_origin=False,
        scale=scale,
        bias=_term(terms.bias),
        drift=None if terms.drift is None else _term(terms.drift),
        noise=None if terms.noise is None else _term(terms.noise),
        walk=None if terms.walk is None else _term(terms.walk),
        since=float(days_of(np.array([calendar.time_of(start)]), calendar)[0]),
        since_day=(start - calendar.start).days,
        period=0.0,
        origin=-1,
        heaping=[_term(term) for term in terms.heaping] if isinstance(terms, ReporterTerms) else [],
        shares=[],
    )


def _term(term: Term) -> LiveTermData:
    """Return a term; its name matters only where it is sampled."""
    name = term.name if term.is_sampled else ""
    return LiveTermData(name=name, mean=term.mean, sd=term.sd, log=term.is_log)
