"""Which reports moved the weights: when, of what, by whom, from which account to which.

In come the log evidences of all accounts after each of the news (`walk.py`); out come `Move`s, one from
each place in the record that all accounts reach to the next: mostly a single reporter's figures of one
quantity on one day. What a move adds to each account's log evidence is the log density of the new figures
given all before them, so that moves add up to the log evidence, and so do the shares of quantities and
reporters. What a figure adds thus depends on what was known before it; what leaving it out of everything
known by now would do is another question (`honesty/influence.py`). Next is `analysis.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import fsum, hypot, log, sqrt

from realities.weigh.sensitivity.walk import After, News
from realities.weigh.weighing import shares

#: What dated inputs are called beside quantities and reporters, and news that draws do not tell apart.
INPUTS, SEVERAL = "(dated inputs)", "(several at once)"


@dataclass(frozen=True, slots=True)
class Move:
    """What some news did to the weights.

    Attributes
    ----------
    news
        One, or several where draws did not reach every one of them.
    gained
        By account, what its log evidence gained; only differences between accounts matter.
    errors
        By account, standard errors of that.
    before, after
        Weights by account.
    """

    news: tuple[News, ...]
    gained: Mapping[str, float]
    errors: Mapping[str, float]
    before: Mapping[str, float]
    after: Mapping[str, float]

    @property
    def day(self) -> date:
        """The day on which the last of it was known."""
        return self.news[-1].day

    @property
    def gap(self) -> tuple[float, float]:
        """What the winner's log evidence gained more than the loser's, and the standard error of that."""
        gained, errors = self.gained, self.errors
        return gained[self.winner] - gained[self.loser], hypot(errors[self.winner], errors[self.loser])

    @property
    def moved(self) -> float:
        """How much weight went from some accounts to others, in [0, 1]."""
        return 0.5 * fsum(abs(self.after[name] - self.before[name]) for name in sorted(self.after))

    @property
    def loser(self) -> str:
        """The account that lost most weight."""
        return min(sorted(self.after), key=lambda name: self.after[name] - self.before[name])

    @property
    def winner(self) -> str:
        """The account that gained most weight."""
        return max(sorted(self.after), key=lambda name: self.after[name] - self.before[name])


@dataclass(frozen=True, slots=True)
class Share:
    """What all news of one quantity, or of one reporter, did to the log evidences.

    `gained` is by account, less the mean of all accounts: a positive number speaks for the account. `n` is
    how many moves there were.
    """

    name: str
    n: int
    gained: Mapping[str, float]

    @property
    def apart(self) -> float:
        """How far it drove the accounts apart: the largest gain less the smallest."""
        return max(self.gained.values()) - min(self.gained.values())


@dataclass(frozen=True, slots=True)
class Moves:
    """The whole record as moves, in order.

    `by_quantity` and `by_reporter` are sorted by how far they drove accounts apart. `reached` says up to
    which of the news all accounts came, `n_news` how many there are; `gaps` are, by account, the log evidence
    that moves add up to, less that of the fit.
    """

    moves: tuple[Move, ...]
    by_quantity: tuple[Share, ...]
    by_reporter: tuple[Share, ...]
    reached: int
    n_news: int
    gaps: Mapping[str, float]

    def largest(self, most: int) -> tuple[Move, ...]:
        """Return the moves of most weight, the largest first."""
        return tuple(sorted(self.moves, key=lambda move: (-move.moved, move.day))[:most])


def moves_of(
    news: Sequence[News],
    walks: Mapping[str, Mapping[int, After]],
    prior_weights: Mapping[str, float],
    evidence: Mapping[str, float],
) -> Moves:
    """Return the moves of the weights.

    Parameters
    ----------
    news
        The record.
    walks
        By account, log evidence by how many of the news are known.
    prior_weights
        Weights before any report, in proportion to one another; 1 for an account that is not named.
    evidence
        By account, the log evidence of all the news, from a fit.
    """
    shared = sorted(set.intersection(*(set(walk) for walk in walks.values())))
    log_prior = {name: log(prior_weights.get(name, 1.0)) for name in walks}
    weights = {
        n: shares({name: walk[n].log_evidence + log_prior[name] for name, walk in walks.items()})
        for n in shared
    }
    moves = tuple(
        Move(
            news=tuple(news[start:end]),
            gained={name: _less(walk[end], walk[start]) for name, walk in walks.items()},
            errors={name: _error(walk[start], walk[end]) for name, walk in walks.items()},
            before=weights[start],
            after=weights[end],
        )
        for start, end in pairwise(shared)
    )
    reached = shared[-1]
    is_all = reached == len(news)
    return Moves(
        moves=moves,
        by_quantity=_shares(moves, lambda one: one.quantity or INPUTS),
        by_reporter=_shares(moves, lambda one: one.reporter or INPUTS),
        reached=reached,
        n_news=len(news),
        gaps={name: walk[reached].log_evidence - evidence[name] for name, walk in walks.items() if is_all},
    )


def _less(after: After, before: After) -> float:
    return after.log_evidence - before.log_evidence


def _error(before: After, after: After) -> float:
    """Return the standard error of a difference: what both owe to one fit that they rest on is none of it."""
    if after.base == before.base:
        return sqrt(max(0.0, after.error**2 - before.error**2))
    return hypot(before.error, after.error)


def _shares(moves: Sequence[Move], name_of: Callable[[News], str]) -> tuple[Share, ...]:
    """Return what moves did by a name that all their news have; others are told together."""
    by_name: dict[str, list[Move]] = {}
    for move in moves:
        names = {name_of(one) for one in move.news}
        by_name.setdefault(names.pop() if len(names) == 1 else SEVERAL, []).append(move)
    found = []
    for name, own in by_name.items():
        gained = {account: fsum(move.gained[account] for move in own) for account in own[0].gained}
        mean = fsum(gained.values()) / len(gained)
        found.append(Share(name, len(own), {account: value - mean for account, value in gained.items()}))
    return tuple(sorted(found, key=lambda share: (-share.apart, share.name)))
