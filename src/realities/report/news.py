"""What was published between two days, in words: reports by quantity, and dated inputs.

In comes the opened payload; out comes `News`. Reports that only repeat others weigh nothing and are left out.
`moved.py` tells by it what a step of the weights is made of, `why.py` what moved the leading account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realities.case.observations import FORECAST_DAYS
from realities.figures import format_number, format_quantity
from realities.report.sentences import day_text
from realities.weigh.honesty.words import listed

if TYPE_CHECKING:
    from realities.report.schema import EventData
    from realities.report.view import Quantity, Report, View

#: Quantities that are named, and reporters of a quantity.
MOST_NAMES, MOST_REPORTERS = 3, 2


@dataclass(frozen=True, slots=True)
class News:
    """What became known between two days: reports by quantity, dated inputs, and the days on which."""

    reports: tuple[tuple[Quantity, tuple[Report, ...]], ...]
    inputs: tuple[EventData, ...]
    days: tuple[int, ...]

    @property
    def n_reports(self) -> int:
        """How many reports there are."""
        return sum(len(rows) for _, rows in self.reports)


def news_between(view: View, since: int | None, until: int) -> News:
    """Return what became known after a day and by another; None is before everything."""

    def is_new(day: int) -> bool:
        return (since is None or day > since) and day <= until

    found = []
    for quantity in view.quantities:
        rows = [r for r in quantity.reports if _weighs(quantity, r) and is_new(_known_from(r))]
        found += [(quantity, tuple(rows))] if rows else []
    inputs = tuple(event for event in view.payload["events"] if is_new(event["published"]))
    days = {_known_from(r) for _, rows in found for r in rows} | {event["published"] for event in inputs}
    return News(tuple(found), inputs, tuple(sorted(days)))


def _weighs(quantity: Quantity, report: Report) -> bool:
    """Return whether a report is an observation, and of somebody who copies nobody."""
    return not quantity.is_copy(report) and report.happened - report.published <= FORECAST_DAYS


def _known_from(report: Report) -> int:
    return max(report.happened, report.published)


def reports_text(news: News) -> str:
    """Return the reports: each quantity with who reported it, or of many how many there are and the first.

    The first are those with most reports. Empty where there are none.
    """
    if len(news.days) > 1 and len(news.reports) > MOST_NAMES:
        ranked = sorted(news.reports, key=lambda one: -len(one[1]))[:MOST_NAMES]
        names = listed([f"“{quantity.data['title']}”" for quantity, _ in ranked])
        return f"{news.n_reports:,} reports on {len(news.reports)} quantities, the most on {names}"
    said = [_quantity_words(*one) for one in news.reports[:MOST_NAMES]]
    left = len(news.reports) - len(said)
    if left:
        said += [f"{left} {'quantity' if left == 1 else 'quantities'} more"]
    return listed(said)


def inputs_text(news: News) -> str:
    """Return the dated inputs, each with the day from which it holds; empty where there are none."""
    return listed([f"“{one['parameter']}” from {day_text(one['day'])}" for one in news.inputs])


def words(news: News) -> str:
    """Return what was published, and which dated inputs became known, as sentences."""
    reports, inputs = reports_text(news), inputs_text(news)
    parts = [f"Published: {reports}."] if reports else []
    parts += [f"Dated input{'s' if len(news.inputs) > 1 else ''}: {inputs}."] if inputs else []
    return " ".join(parts)


def _quantity_words(quantity: Quantity, rows: Sequence[Report]) -> str:
    """Return a quantity, who reported it, and the figure if there is one."""
    names = list(dict.fromkeys(quantity.data["reporters"][row.reporter]["name"] for row in rows))
    by = listed(names) if len(names) <= MOST_REPORTERS else f"{len(names)} reporters"
    if len(rows) == 1:
        figure = _figure(rows[0], quantity.data["unit"])
        by += f": {figure}" if figure else ""
    elif len(rows) > len(names):
        by += f", {len(rows)} figures"
    return f"“{quantity.data['title']}” ({by})"


def _figure(row: Report, unit: str) -> str:
    if row.value is not None:
        return format_quantity(row.value, unit)
    if row.low is not None and row.high is not None:
        return f"{format_number(row.low)} to {format_quantity(row.high, unit)}"
    return ""
