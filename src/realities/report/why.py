"""Why the leading account leads: which day's reports gave it most weight, and which took most from it.

In comes the opened payload; out come sentences, each with the days on which it is told. They come from the
same steps of the weights as `moved.py`, so that they are there on every date and know nothing that came
later; the gains and losses of an account add up to its weight. What leaving reports out would do is another
question: `against.py`. `page.py` writes them all, and the page's script shows the one of the day chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from realities.figures import format_number, format_quantity
from realities.figures.style import letter
from realities.report.honest import significant
from realities.report.moved import NAMED, Moved, steps
from realities.report.news import News, inputs_text, reports_text
from realities.report.sentences import day_text, weights_shown

if TYPE_CHECKING:
    from realities.report.schema import WeighingData
    from realities.report.view import Quantity, Report, View


#: Part of the range of a quantity's curves by which those of a page may be off, at most.
COARSE: Final = 0.05


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
    told = [one for one in whys(view) if one.day <= day and (one.until is None or day < one.until)]
    return told[0].text if told else ""


def _text(view: View, weighing: WeighingData, every: list[Moved]) -> str:
    if not weighing["used"] or not all(fit["reliable"] for fit in weighing["fits"]):
        return ""
    shown = weights_shown(view.payload, weighing["weights"])
    top = max(range(len(shown)), key=lambda k: weighing["weights"][k])
    known = [(step.after[top] - step.before[top], step) for step in every if step.day <= weighing["day"]]
    gains = [one for one in known if one[0] >= NAMED]
    losses = [one for one in known if one[0] <= -NAMED]
    if not gains:
        return f"Why: so far no day's reports have given account {letter(top)} {NAMED} in 100 or more."
    best = max(gains, key=lambda one: one[0])[1]
    text = f"Why: account {letter(top)} gained most {_told(view, best, top)}"
    if losses:
        worst = min(losses, key=lambda one: one[0])[1]
        text += f" It lost most {_told(view, worst, top)}"
    return text


def _told(view: View, step: Moved, top: int) -> str:
    """Return when a step was, what it did to the leading account and to one other, and what was published."""
    days, gained = step.news.days, [b - a for a, b in zip(step.before, step.after, strict=True)]
    when = f"on {day_text(days[0])}"
    if len(days) > 1:
        when = f"between {day_text(days[0])} and {day_text(days[-1])}, taken as one step"
    other = gained.index(min(gained) if gained[top] > 0 else max(gained))
    others = f" while {letter(other)} went {step.change(other)}" if abs(gained[other]) >= NAMED else ""
    loser = other if gained[top] > 0 else top
    return f"{when}, {step.change(top)} in 100{others}. Published then: {_what(view, step.news, loser)}."


def _what(view: View, news: News, loser: int) -> str:
    """Return quantities and dated inputs by name, many of them by their number; one figure in full."""
    n = len(news.inputs)
    inputs = f"{n} dated inputs" if n > 1 else f"the dated input {inputs_text(news)}" if n else ""
    reports = reports_text(news, lambda quantity, row: _expected(view, quantity, row, loser))
    return ", with ".join(filter(None, (reports, inputs)))


def _expected(view: View, quantity: Quantity, row: Report, loser: int) -> str:
    """Return what the account that lost weight had expected, where a figure lies well outside its 90 % range.

    That is as of the latest date with curves before the figure came. A page's curves are coarse: what they
    may be off by decides nothing here, and is not told.
    """
    if row.value is None or quantity.data["curves"] is None:
        return ""
    dates = [i for i, day in enumerate(view.payload["dates"]) if day < row.published]
    as_of = dates[-1] if dates else None
    range_ = quantity.at(as_of, loser, row.happened)
    if range_ is None or max(range_[0] - row.value, row.value - range_[4]) < COARSE * _span(
        view, quantity, as_of
    ):
        return ""
    low, high = (format_number(significant(float(range_[i]), 2)) for i in (0, 4))
    value = format_quantity(row.value, quantity.data["unit"])
    return f"{value}; {letter(loser)} expected about {low} to {high}" if low != high else ""


def _span(view: View, quantity: Quantity, as_of: int | None) -> float:
    """Return how wide the range is that a quantity's curves take as of a date."""
    bands = [quantity.bands(as_of, k) for k in range(len(view.payload["accounts"]))]
    return max((float(one.max() - one.min()) for one in bands if one.size), default=0.0)
