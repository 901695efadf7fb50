"""Why the leading account leads: which day's reports gave it most weight, and which took most from it.

In comes the opened payload; out come sentences, each with the days on which it is told. They come from the
same steps of the weights as `moved.py`, so that they are there on every date and know nothing that came
later; the gains and losses of an account add up to its weight. What leaving reports out would do is another
question: `against.py`. `page.py` writes them all, and the page's script shows the one of the day chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from realities.figures import format_number, format_quantity
from realities.figures.style import letter
from realities.report.honest import significant
from realities.report.moved import NAMED, Moved, steps
from realities.report.news import News, inputs_text, reports_text
from realities.report.sentences import day_text, weights_shown
from realities.weigh.honesty.words import listed

if TYPE_CHECKING:
    from realities.report.schema import WeighingData
    from realities.report.view import Quantity, Report, View


#: Part of the range of a quantity's curves by which those of a page may be off, at most.
COARSE: Final = 0.05
#: Quantities of a step that are named; more are not.
FEW_NAMES: Final = 2


@dataclass(frozen=True, slots=True)
class Why:
    """A sentence that is told from a day on, until another; None is to the end."""

    day: int
    text: str
    until: int | None = None


def whys(view: View) -> list[Why]:
    """Return the sentences of a page in order of time; on days between them there is none."""
    if len(view.payload["accounts"]) < 2:
        return []
    found: list[Why] = []
    every = steps(view, NAMED / 100)
    for weighing in view.payload["weighings"]:
        text, day = _text(view, weighing, every), weighing["day"]
        if found and found[-1].until is None:
            if found[-1].text == text:
                continue
            found[-1] = replace(found[-1], until=day)
        found += [Why(day, text)] if text else []
    return found


def why(view: View, day: int) -> str:
    """Return why the account that leads as of a day leads; empty where nothing can be said."""
    known = [one for one in view.payload["weighings"] if one["day"] <= day]
    if len(view.payload["accounts"]) < 2 or not known:
        return ""
    return _text(view, known[-1], steps(view, NAMED / 100))


def _text(view: View, weighing: WeighingData, every: list[Moved]) -> str:
    if not weighing["used"] or not all(fit["reliable"] for fit in weighing["fits"]):
        return ""
    shown = weights_shown(view.payload, weighing["weights"])
    top = max(range(len(shown)), key=lambda k: weighing["weights"][k])
    known = [(step.after[top] - step.before[top], step) for step in every if step.day <= weighing["day"]]
    gains = [one for one in known if one[0] >= NAMED]
    losses = [one for one in known if one[0] <= -NAMED]
    if not gains:
        return _slowly(view, weighing["day"], top, shown[top])
    best = max(gains, key=lambda one: one[0])[1]
    text = f"Why: account {letter(top)} gained most {_told(view, best, top)}"
    if losses:
        worst = min(losses, key=lambda one: one[0])[1]
        text += f" It lost most {_told(view, worst, top)}"
    return text


def _slowly(view: View, day: int, top: int, now: int) -> str:
    """Return that no step gave the leading account much, and whether any moved another one."""
    n = len(view.payload["accounts"])
    known = [w["weights"] for w in view.payload["weighings"] if w["day"] <= day]
    rows = [view.payload.get("started", [1 / n] * n), *known]
    gains = [[round(100 * (b - a)) for a, b in zip(*pair, strict=True)] for pair in pairwise(rows)]
    if all(abs(gain) < NAMED for row in gains for gain in row):
        return f"No day's reports have moved any account by {NAMED} in 100 yet."
    first = weights_shown(view.payload, rows[0])[top]
    if now - first < NAMED or any(row[top] >= NAMED for row in gains):
        return ""  # not ahead by much, or by a step that may be an error of sampling
    return (
        f"Why: account {letter(top)} went from {first} to {now} in 100 by small steps; "
        f"no day's reports alone gave it {NAMED}."
    )


def _told(view: View, step: Moved, top: int) -> str:
    """Return when a step was, what it did to the leading account and to one other, and by which report."""
    days, gained = step.news.days, [b - a for a, b in zip(step.before, step.after, strict=True)]
    when = f"on {day_text(days[0])}"
    if len(days) > 1:
        when = f"between {day_text(days[0])} and {day_text(days[-1])}, taken as one step"
    other = gained.index(min(gained) if gained[top] > 0 else max(gained))
    others = f" while {letter(other)} went {step.change(other)}" if abs(gained[other]) >= NAMED else ""
    winner, loser = (top, other) if gained[top] > 0 else (other, top)
    return f"{when}, {step.change(top)} in 100{others}. {_reason(view, step.news, winner, loser)}"


def _reason(view: View, news: News, winner: int, loser: int) -> str:
    """Return the report that one account expected and another did not, if there is one.

    What one report of several did is not computed, and so many of them are no reason: that is said.
    """
    n = len(news.inputs)
    inputs = f"{n} dated inputs" if n > 1 else f"the dated input {inputs_text(news)}" if n else ""
    if not news.n_reports:
        return f"Published then: {inputs}."
    telling = _telling(view, news, winner, loser)
    if news.n_reports == 1:
        (quantity, (row,)), *_ = news.reports
        what = _figure(quantity, row, telling.expected) if telling else reports_text(news)
        return f"Published then: {', with '.join(filter(None, (what, inputs)))}."
    others = f" and {inputs}" if inputs else ""
    if telling is None:
        return f"Its {news.n_reports:,} reports{_on(news)}{others} cannot be told apart."
    figure = _figure(telling.quantity, telling.row, telling.expected)
    return (
        f"Of its {news.n_reports:,} reports{others}, not told apart, one lies nearer what {letter(winner)} "
        f"expected: {figure}."
    )


def _on(news: News) -> str:
    """Return the quantities of some reports by name; nothing where they are many."""
    names = [f"“{quantity.data['title']}”" for quantity, _ in news.reports]
    return f" on {listed(names)}" if len(names) <= FEW_NAMES else ""


def _figure(quantity: Quantity, row: Report, expected: str) -> str:
    """Return a quantity with one reporter's figure and what accounts had expected."""
    reporter = quantity.data["reporters"][row.reporter]["name"]
    value = format_quantity(row.value or 0.0, quantity.data["unit"])
    return f"“{quantity.data['title']}” ({reporter}: {value}; {expected})"


@dataclass(frozen=True, slots=True)
class _Telling:
    """A report that two accounts expected differently, how far it misses the one, and what was expected."""

    quantity: Quantity
    row: Report
    miss: float
    expected: str


def _telling(view: View, news: News, winner: int, loser: int) -> _Telling | None:
    """Return the report furthest outside the loser's 90 % range, of those that the winner's does not miss."""
    rows = [(quantity, row) for quantity, own in news.reports for row in own]
    found = [one for quantity, row in rows if (one := _missed(view, quantity, row, winner, loser))]
    return max(found, key=lambda one: one.miss, default=None)


def _missed(view: View, quantity: Quantity, row: Report, winner: int, loser: int) -> _Telling | None:
    """Return a report if it lies outside the loser's 90 % range and not outside the winner's; None otherwise.

    Ranges are as of the latest date with curves before the report came. A page's curves are coarse: what they
    may be off by decides nothing here.
    """
    if row.value is None or quantity.data["curves"] is None:
        return None
    dates = [i for i, day in enumerate(view.payload["dates"]) if day < row.published]
    as_of = dates[-1] if dates else None
    ranges = [quantity.at(as_of, k, row.happened) for k in (loser, winner)]
    if any(one is None for one in ranges):
        return None
    ends = [(float(one[0]), float(one[4])) for one in ranges if one is not None]
    lost, won = (max(low - row.value, row.value - high, 0.0) for low, high in ends)
    doubt = doubt_of(view, quantity, as_of)
    if doubt <= 0 or won > doubt or lost - won < doubt:
        return None
    texts = [range_text(*one) for one in ends]
    expected = f"{letter(loser)} expected {texts[0]}, {letter(winner)} {texts[1]}"
    return _Telling(quantity, row, lost / max(ends[0][1] - ends[0][0], doubt), expected)


def range_text(low: float, high: float) -> str:
    """Return a range in two digits, which is what coarse curves support: `about 180,000 to 270,000`."""
    ends = [format_number(significant(end, 2)) for end in (low, high)]
    return f"about {' to '.join(dict.fromkeys(ends))}"


def doubt_of(view: View, quantity: Quantity, as_of: int | None) -> float:
    """Return what a quantity's curves as of a date may be off by on a page: a part of the range they take."""
    bands = [quantity.bands(as_of, k) for k in range(len(view.payload["accounts"]))]
    return COARSE * max((float(one.max() - one.min()) for one in bands if one.size), default=0.0)
