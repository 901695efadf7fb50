"""On which days something was published, and how many of the reports by then count.

In comes a study's case, or a payload that was saved without this; out come two encoded lists. A figure
that was revised counts once, a copy and a forecast never: the number is the one that weights of a date name.
`payload.py` asks here for the days that the page's as-of bar steps over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from realities.report.encode import decode_integers, decode_rising, encode_integers, encode_rising
from realities.report.schema import CountedData, Payload, day_number

if TYPE_CHECKING:
    from realities.case.folder import Case


def counted_data(case: Case, as_of: date) -> CountedData:
    """Return the days of publication up to a day, and the number of rows that weigh on each."""
    from realities.weigh.likelihood import used_observations

    days = sorted({row.published for row in case.vintages(as_of) if row.published is not None})
    return _encoded([day_number(day) for day in days], [len(used_observations(case, day)) for day in days])


def counted_rows(payload: Payload) -> CountedData:
    """Return the same of a payload's own reports, each counted once it is published."""
    published: list[int] = []
    for quantity in payload["quantities"]:
        copies = {i for i, reporter in enumerate(quantity["reporters"]) if reporter["copies"] is not None}
        days = decode_rising(quantity["reports"]["published"])
        by = decode_integers(quantity["reports"]["reporter"])
        published += [day for day, reporter in zip(days, by, strict=True) if reporter not in copies]
    stops = sorted(set(published))
    return _encoded(stops, [sum(day <= stop for day in published) for stop in stops])


def _encoded(days: Sequence[int], used: Sequence[int]) -> CountedData:
    return CountedData(days=encode_rising(days), used=encode_integers(used))
