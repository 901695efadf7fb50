"""Counts of the same events, published again and again, as increments that share no event.

In come a reporter's counts: how many events of some days had been confirmed by a day of publication. Each
is split into what earlier counts held already and an increment, the events that are new in it: those that
happened since, and older ones that were confirmed late. No event is in two increments, so that given the
truth they are independent, and a whole reporting triangle is used. `counts.py` gives each its probability.

Two counts may overlap so that neither holds the other, such as all days up to June as known in December
and all days up to August as known in August. What they share is in neither of them alone. The older one is
then set aside from the day on which the newer is published. A count that falls (names are struck off) has a
negative increment; it is joined with the newest increments of the same days, until none is negative.

References
----------
Lawless, J. F. (1994). Adjustments for reporting delays and the prediction of occurred but not reported
events. Canadian Journal of Statistics 22(1), 15-31.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """A published count: events after day `start` up to day `end`, as known on day `published`.

    Days are counted from any day; `start` is minus infinity for all events. Where counts have no delay,
    `published` is the same for all.
    """

    start: float
    end: float
    published: float
    events: int


@dataclass(frozen=True, slots=True)
class Increment:
    """Events that some counts hold and no other increment does.

    `parts` says how it is made of counts: by position, and how often each is added (or, negative, taken
    away). They happened after `start` and up to `end`. `last` is the position of the newest count in it.
    """

    start: float
    end: float
    events: int
    parts: Counter[int]
    last: int


@dataclass(frozen=True, slots=True)
class Addition:
    """How a count is made: the increments that it holds, by position among all, and its own new one."""

    count: int
    held: tuple[int, ...]
    own: int


class Ledger:
    """Counts taken up in order of publication.

    Attributes
    ----------
    increments
        Every increment that ever was, in the order in which they came about.
    standing
        Positions of those that stand: disjoint, and together all that the counts say.
    additions
        How each count was made when it was taken up, in that order.
    n_aside, n_joined
        How many increments were set aside, and how many counts fell.
    """

    def __init__(self) -> None:
        self.increments: list[Increment] = []
        self.standing: list[int] = []
        self.additions: list[Addition] = []
        self.n_aside = 0
        self.n_joined = 0
        self._before: Count | None = None

    def add(self, number: int, count: Count, *, joining: bool = True) -> None:
        """Take up a count, known by its `number`; counts come by day of publication, then by their days.

        With `joining`, a negative increment is joined with others until it is none.
        """
        aside = {k for k in self.standing if self._crosses(k, count)}
        self.n_aside += len(aside)
        self.standing = [k for k in self.standing if k not in aside]
        held = [k for k in self.standing if self._is_inside(k, count)]
        parts = Counter({number: 1})
        for k in held:
            parts.subtract(self.increments[k].parts)
        events = count.events - sum(self.increments[k].events for k in held)
        start = self._start_of_new(count)
        own = Increment(start, count.end, events, Counter({n: c for n, c in parts.items() if c}), number)
        gone: list[int] = []
        if joining and events < 0:
            own, gone = self._joined(own, held)
            self.n_joined += 1
        self.increments.append(own)
        self.additions.append(Addition(number, tuple(held), len(self.increments) - 1))
        self.standing = [*(k for k in self.standing if k not in gone), len(self.increments) - 1]
        self._before = count

    def _crosses(self, k: int, count: Count) -> bool:
        one = self.increments[k]
        return one.start < count.end and count.start < one.end and not self._is_inside(k, count)

    def _is_inside(self, k: int, count: Count) -> bool:
        one = self.increments[k]
        return count.start <= one.start and one.end <= count.end

    def _start_of_new(self, count: Count) -> float:
        """Return the day after which a count's new events happened.

        A count published on the same day up to an earlier one leaves only the days between.
        """
        before = self._before
        is_same = before is not None and before.published == count.published and before.start == count.start
        return before.end if is_same and before is not None else count.start

    def _joined(self, own: Increment, held: Sequence[int]) -> tuple[Increment, list[int]]:
        """Return an increment joined with held ones until it is not negative, and those it took in.

        First come those of its own days, then later days before earlier ones, and newer before older.
        """
        one = self.increments

        def order(k: int) -> tuple[bool, float, int]:
            return one[k].start < own.start, -one[k].end, -one[k].last

        gone: list[int] = []
        for k in sorted(held, key=order):
            if own.events >= 0:
                break
            parts = Counter(own.parts)
            parts.update(one[k].parts)
            own = Increment(
                min(own.start, one[k].start),
                max(own.end, one[k].end),
                own.events + one[k].events,
                Counter({n: c for n, c in parts.items() if c}),
                own.last,
            )
            gone.append(k)
        return own, gone


def ledger(
    counts: Sequence[Count],
    n_earlier: int = 0,
    *,
    joining: bool = True,
    replaced: Container[int] = (),
) -> Ledger:
    """Return counts taken up in order of publication, but for those that are `replaced`.

    The first `n_earlier` are known; `joining` says whether the others may be joined with what came before.
    """
    book = Ledger()
    kept = [k for k in range(len(counts)) if k not in replaced]
    for k in sorted(kept, key=lambda k: (counts[k].published, counts[k].end, counts[k].start)):
        book.add(k, counts[k], joining=joining or k < n_earlier)
    return book
