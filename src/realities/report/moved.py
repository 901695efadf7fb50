"""What moved the weights most: the largest steps between days on which they are known.

In comes the opened payload; out come `Moved`s, each with what was published on its day. A step knows nothing
published after its day, so those up to an as-of date are the same whatever came later: `largest` keeps those
that are told as of some day, and on which; the page's script shows those of the day chosen. How much weight
went from some accounts to others is what `weigh/sensitivity/moves.py` measures too; there every report is
told apart, here all that was published on a day is one step. `page.py` writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import fsum, hypot
from typing import TYPE_CHECKING, Final

from realities.case.observations import FORECAST_DAYS
from realities.figures import format_number, format_quantity
from realities.report.sentences import counted_text, day_text, weights_shown
from realities.weigh.honesty.words import listed

if TYPE_CHECKING:
    from realities.report.schema import EventData, WeighingData
    from realities.report.view import Quantity, Report, View

#: Steps told as of a day.
TOLD: Final = 5
#: A step below this share of all weight is not told, nor one within so many of its standard errors.
LEAST, ERRORS = 0.15, 2.0
#: An account whose weight out of 100 changed by less is not named, unless none gained, or lost, more.
NAMED: Final = 5
#: Quantities of a step that are named, and reporters of a quantity.
MOST_NAMES, MOST_REPORTERS = 3, 2


@dataclass(frozen=True, slots=True)
class Moved:
    """One step of the weights.

    Attributes
    ----------
    day
        From which day on weights are as after it.
    when
        The day, or days, of what was published, in words.
    size
        How much weight went from some accounts to others, in [0, 1].
    changes
        Places of accounts, each with `from 31 to 4`, in display order.
    news
        What was published, in sentences.
    until
        The day from which on enough larger steps are known for this one not to be told; None for none.
    """

    day: int
    when: str
    size: float
    changes: tuple[tuple[int, str], ...]
    news: str
    until: int | None = None


def largest(view: View) -> list[Moved]:
    """Return the steps that are told as of some day, in order of time, each with the days on which it is."""
    kept: list[Moved] = []
    for step in steps(view):
        kept.append(step)
        told = sorted((one for one in kept if one.until is None), key=lambda one: (-one.size, one.day))
        for late in told[TOLD:]:
            kept[kept.index(late)] = replace(late, until=step.day)
    return [one for one in kept if one.until != one.day]


def told_on(found: Sequence[Moved], day: int) -> list[Moved]:
    """Return those of the largest steps that are told as of a day."""
    return [one for one in found if one.day <= day and (one.until is None or day < one.until)]


def steps(view: View) -> list[Moved]:
    """Return every step of the weights that something published made, in order.

    Days on which the weight of an account is not reliable are passed over: what comes between their
    neighbours is one step. So it is where nothing was weighed on days of publication. Where nothing was
    published, a change comes from a new fit and is no step, and nor is one that may be an error of sampling.
    """
    payload = view.payload
    if len(payload["accounts"]) < 2:
        return []
    known = [w for w in payload["weighings"] if all(fit["reliable"] for fit in w["fits"])]
    found = [_step(view, before, after) for before, after in pairwise([None, *known]) if after]
    return [step for step in found if step is not None]


def _step(view: View, before: WeighingData | None, after: WeighingData) -> Moved | None:
    n = len(view.payload["accounts"])
    old = view.payload.get("started", [1 / n] * n) if before is None else before["weights"]
    new = after["weights"]
    gained = [b - a for a, b in zip(old, new, strict=True)]
    size = round(0.5 * fsum(map(abs, gained)), 4)
    news = _news_between(view, None if before is None else before["day"], after["day"])
    if not news.days or size < LEAST or not _is_certain(before, after, gained):
        return None
    shown = [weights_shown(view.payload, weights) for weights in (old, new)]
    return Moved(after["day"], _when(news.days), size, _changes(*shown), _words(news))


def _is_certain(before: WeighingData | None, after: WeighingData, gained: Sequence[float]) -> bool:
    """Return whether the odds of the account that gained most weight to the one that lost most moved.

    That is by more than errors of sampling would move them. Errors of neighbouring days are taken as
    independent; mostly they share a part, and so are smaller.
    """
    places = [gained.index(end(gained)) for end in (max, min)]
    first, other = (_gain(before, after, k) for k in places)
    if first is None or other is None:
        return True
    return first[0] - other[0] > ERRORS * hypot(first[1], other[1])


def _gain(before: WeighingData | None, after: WeighingData, k: int) -> tuple[float, float] | None:
    """Return what an account's log evidence gained, and its standard error; None where it is not known."""
    now, then = after["fits"][k], None if before is None else before["fits"][k]
    start, error = (0.0, 0.0) if then is None else (then["log_evidence"], then["log_evidence_error"])
    if now["log_evidence"] is None or start is None:
        return None
    return now["log_evidence"] - start, hypot(now["log_evidence_error"] or 0.0, error or 0.0)


def _changes(before: Sequence[int], after: Sequence[int]) -> tuple[tuple[int, str], ...]:
    """Return the accounts whose weight as shown changed enough, those that gained or lost most among them."""
    gained = [b - a for a, b in zip(before, after, strict=True)]
    ends = {gained.index(max(gained)), gained.index(min(gained))}
    return tuple(
        (k, f"from {counted_text(before[k])} to {counted_text(after[k])}")
        for k, gain in enumerate(gained)
        if gain and (k in ends or abs(gain) >= NAMED)
    )


# -- what was published ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _News:
    """What became known between two days: reports by quantity, dated inputs, and the days on which."""

    reports: tuple[tuple[Quantity, tuple[Report, ...]], ...]
    inputs: tuple[EventData, ...]
    days: tuple[int, ...]


def _news_between(view: View, since: int | None, until: int) -> _News:
    """Return what became known after a day and by another; None is before everything."""

    def is_new(day: int) -> bool:
        return (since is None or day > since) and day <= until

    found = []
    for quantity in view.quantities:
        rows = [r for r in quantity.reports if _weighs(quantity, r) and is_new(_known_from(r))]
        found += [(quantity, tuple(rows))] if rows else []
    inputs = tuple(event for event in view.payload["events"] if is_new(event["published"]))
    days = {_known_from(r) for _, rows in found for r in rows} | {event["published"] for event in inputs}
    return _News(tuple(found), inputs, tuple(sorted(days)))


def _weighs(quantity: Quantity, report: Report) -> bool:
    """Return whether a report is an observation, and of somebody who copies nobody."""
    return not quantity.is_copy(report) and report.happened - report.published <= FORECAST_DAYS


def _known_from(report: Report) -> int:
    return max(report.happened, report.published)


def _when(days: Sequence[int]) -> str:
    """Return the day of a step; days on which weights are not known are one step with the next."""
    if len(days) == 1:
        return day_text(days[0])
    return f"{day_text(days[0])} to {day_text(days[-1])}, taken as one step"


def _words(news: _News) -> str:
    """Return what was published, and which dated inputs became known, as sentences."""
    n = sum(len(rows) for _, rows in news.reports)
    is_long = len(news.days) > 1 and len(news.reports) > MOST_NAMES
    said = [] if is_long else [_quantity_words(*one) for one in news.reports[:MOST_NAMES]]
    left = len(news.reports) - len(said)
    if is_long:
        said = [f"{n:,} reports on {left} quantities"]
    elif left:
        said += [f"{left} {'quantity' if left == 1 else 'quantities'} more"]
    inputs = [f"“{one['parameter']}” from {day_text(one['day'])}" for one in news.inputs]
    parts = [f"Published: {listed(said)}."] if said else []
    parts += [f"Dated input{'s' if len(inputs) > 1 else ''}: {listed(inputs)}."] if inputs else []
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
