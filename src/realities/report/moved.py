"""What moved the weights most: the largest steps between days on which they are known.

In comes the opened payload; out come `Moved`s, each with what was published on its day. A step knows nothing
published after its day, so those up to an as-of date are the same whatever came later: `largest` keeps those
that are told as of some day, and on which; the page's script shows those of the day chosen. How much weight
went from some accounts to others is what `weigh/sensitivity/moves.py` measures too; there every report is
told apart, here all that was published on a day is one step. `why.py` tells of the same steps what they did
to the account that leads. `page.py` writes both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import fsum, hypot
from typing import TYPE_CHECKING, Final

from realities.report.news import News, news_between, words
from realities.report.sentences import counted_text, day_text, weights_shown

if TYPE_CHECKING:
    from realities.report.schema import WeighingData
    from realities.report.view import View

#: Steps told as of a day.
TOLD: Final = 5
#: A step below this share of all weight is not told, nor one within so many of its standard errors.
LEAST, ERRORS = 0.15, 2.0
#: An account whose weight out of 100 changed by less is not named, unless none gained, or lost, more.
NAMED: Final = 5


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
    before, after
        The weights out of 100 as shown, by place of account.
    news
        What was published.
    until
        The day from which on enough larger steps are known for this one not to be told; None for none.
    """

    day: int
    when: str
    size: float
    before: tuple[int, ...]
    after: tuple[int, ...]
    news: News
    until: int | None = None

    @property
    def changes(self) -> tuple[tuple[int, str], ...]:
        """Accounts whose weight as shown changed enough, each with `from 31 to 4`, in display order.

        Those that gained or lost most are among them.
        """
        gained = [b - a for a, b in zip(self.before, self.after, strict=True)]
        ends = {gained.index(max(gained)), gained.index(min(gained))}
        return tuple(
            (k, self.change(k)) for k, gain in enumerate(gained) if gain and (k in ends or abs(gain) >= NAMED)
        )

    def change(self, k: int) -> str:
        """Return what the step did to one account: `from 31 to 4`."""
        return f"from {counted_text(self.before[k])} to {counted_text(self.after[k])}"

    @property
    def published(self) -> str:
        """What was published, in sentences."""
        return words(self.news)


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


def steps(view: View, least: float = LEAST) -> list[Moved]:
    """Return every step of the weights that something published made, in order, those below `least` left out.

    Days on which the weight of an account is not reliable are passed over: what comes between their
    neighbours is one step. So it is where nothing was weighed on days of publication. Where nothing was
    published, a change comes from a new fit and is no step, and nor is one that may be an error of sampling.
    """
    payload = view.payload
    if len(payload["accounts"]) < 2:
        return []
    known = [w for w in payload["weighings"] if all(fit["reliable"] for fit in w["fits"])]
    found = [_step(view, before, after, least) for before, after in pairwise([None, *known]) if after]
    return [step for step in found if step is not None]


def _step(view: View, before: WeighingData | None, after: WeighingData, least: float) -> Moved | None:
    n = len(view.payload["accounts"])
    old = view.payload.get("started", [1 / n] * n) if before is None else before["weights"]
    new = after["weights"]
    gained = [b - a for a, b in zip(old, new, strict=True)]
    size = round(0.5 * fsum(map(abs, gained)), 4)
    if size < least or not _is_certain(before, after, gained):
        return None
    news = news_between(view, None if before is None else before["day"], after["day"])
    if not news.days:
        return None
    shown = [tuple(weights_shown(view.payload, weights)) for weights in (old, new)]
    return Moved(after["day"], _when(news.days), size, shown[0], shown[1], news)


def _when(days: Sequence[int]) -> str:
    """Return the day of a step; days on which weights are not known are one step with the next."""
    if len(days) == 1:
        return day_text(days[0])
    return f"{day_text(days[0])} to {day_text(days[-1])}, taken as one step"


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
