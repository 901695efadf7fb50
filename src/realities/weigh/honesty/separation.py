"""Which accounts the reports separate, once a lean has had to survive other prior widths, runs and seeds.

In come the log evidences of all accounts at several widths of their priors (`widths.py`); out comes the
verdict. An account is separated from the leading one if the log Bayes factor between them, less two of its
standard errors, stays above log 3 with priors as stated and with all of them half and double as wide,
whichever two of their runs are compared, and with another seed where there is one. Below a factor of 3
evidence is "not worth more than a bare mention" (Kass and Raftery 1995). An evidence that is not reliable, or
was not computed, settles nothing. Next is `drawn.py`.

References
----------
Kass, R. E. and Raftery, A. E. (1995). Bayes factors. Journal of the American Statistical Association
90(430), 773-795.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, isfinite, log
from typing import Literal

from realities.weigh.honesty.widths import HALF_AND_DOUBLE, AtWidth, by_width
from realities.weigh.honesty.words import listed, verdict

#: A Bayes factor has to stay beyond this one, and so many standard errors on the safe side of it.
FACTOR, STANDARD_ERRORS = 3.0, 2.0
THRESHOLD = log(FACTOR)

Outcome = Literal["separated", "not separated", "not established"]


@dataclass(frozen=True, slots=True)
class Pair:
    """What the reports say of two accounts: `log_factor` is in favour of the first, as stated.

    `least` is the smallest log Bayes factor met, over widths, runs and seeds; `why` says what the outcome
    rests on, where it is not "separated".
    """

    leader: str
    other: str
    log_factor: float
    least: float
    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class Separation:
    """Groups of accounts that the reports do not separate from the one that leads each of them.

    Attributes
    ----------
    leader
        The account of the largest evidence with priors as stated.
    together
        The leader, and those that the reports do not separate from it.
    against
        Those that are separated from the leader: the reports speak against them.
    not_established
        Those of which neither can be said: an evidence is missing or not reliable.
    groups
        The same, continued: of those spoken against, the one that leads and those not separated from it, and
        so on. Accounts of which nothing is established stand in no group.
    pairs
        The leader with each of the others.
    """

    leader: str
    together: tuple[str, ...]
    against: tuple[str, ...]
    not_established: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    pairs: tuple[Pair, ...]


def separation(found: Sequence[AtWidth], accounts: Sequence[str]) -> Separation:
    """Return the verdict on accounts, named in their order of display, which decides nothing.

    `found` holds every account with priors as stated, and what is known at other widths and seeds.
    """
    table = by_width(found)
    others = [one for one in found if one.how == "another seed"]
    ranked = sorted(accounts, key=lambda name: [-_evidence(row.get(name)) for row in _rows(table)])
    pairs = tuple(_pair(table, others, ranked[0], name) for name in accounts if name != ranked[0])

    def those(outcome: Outcome) -> tuple[str, ...]:
        return tuple(pair.other for pair in pairs if pair.outcome == outcome)

    near = {ranked[0], *those("not separated")}
    return Separation(
        leader=ranked[0],
        together=tuple(name for name in accounts if name in near),
        against=those("separated"),
        not_established=those("not established"),
        groups=_groups(table, others, ranked, accounts),
        pairs=pairs,
    )


def _rows(table: Mapping[float, Mapping[str, AtWidth]]) -> list[Mapping[str, AtWidth]]:
    """Return evidences as stated, then those at other widths: they decide between accounts that tie."""
    return [table[1.0], *(table.get(width, {}) for width in HALF_AND_DOUBLE)]


def _groups(
    table: Mapping[float, Mapping[str, AtWidth]],
    others: Sequence[AtWidth],
    ranked: Sequence[str],
    accounts: Sequence[str],
) -> tuple[tuple[str, ...], ...]:
    """Return groups, the leading one first; each has what is not separated from its own leader."""
    groups = []
    left = list(ranked)
    while left:
        outcomes = {name: _pair(table, others, left[0], name).outcome for name in left[1:]}
        near = {left[0], *(name for name, outcome in outcomes.items() if outcome == "not separated")}
        groups.append(tuple(name for name in accounts if name in near))
        left = [name for name, outcome in outcomes.items() if outcome == "separated"]
    return tuple(groups)


def _pair(
    table: Mapping[float, Mapping[str, AtWidth]], others: Sequence[AtWidth], leader: str, other: str
) -> Pair:
    """Return what the reports say of two accounts, the first of which has the larger evidence."""
    stated = _evidence(table[1.0][leader]) - _evidence(table[1.0][other])
    least, open_questions, doubts = inf, [], []
    for width in (1.0, *HALF_AND_DOUBLE):
        one, two = (table.get(width, {}).get(name) for name in (leader, other))
        where = WORDS[width]
        if one is None or two is None or one.log_evidence is None or two.log_evidence is None:
            open_questions.append(f"not computed {where}")
        elif not (one.reliable and two.reliable):
            open_questions.append(f"not reliable {where}")
        else:
            smallest = _least_factor(one, two)
            least = min(least, smallest)
            if smallest <= THRESHOLD:
                doubts.append(f"the Bayes factor may be {_factor(smallest)} {where}")
    for one, two in _with_other_seeds(others, leader, other):
        if one.reliable and two.reliable:
            smallest = _least_factor(one, two)
            least = min(least, smallest)
            if smallest <= THRESHOLD:
                doubts.append(f"the Bayes factor may be {_factor(smallest)} with seed {one.seed}")
        else:
            open_questions.append(f"not reliable with seed {one.seed}")
    if doubts:
        return Pair(leader, other, stated, least, "not separated", "; ".join(doubts))
    if open_questions:
        return Pair(leader, other, stated, least, "not established", "; ".join(open_questions))
    return Pair(leader, other, stated, least, "separated", "")


def in_words(found: Separation, names: Mapping[str, str]) -> str:
    """Return the verdict as a sentence, with the accounts' names by id."""
    clause = verdict(
        [names[account] for account in found.together],
        listed([names[account] for account in found.against]),
        listed([names[account] for account in found.not_established]),
        everyone=len(found.together) == len(names) and len(names) > 1,
    )
    return f"The reports {clause}."


#: What a width is called.
WORDS = {
    1.0: "with priors as stated",
    0.5: "with priors half as wide",
    2.0: "with priors twice as wide",
}


def _with_other_seeds(others: Sequence[AtWidth], leader: str, other: str) -> list[tuple[AtWidth, AtWidth]]:
    """Return both accounts' evidences for each further seed."""
    first, second = ({one.seed: one for one in others if one.account == name} for name in (leader, other))
    return [(first[seed], second[seed]) for seed in sorted(first) if seed in second]


def _least_factor(one: AtWidth, two: AtWidth) -> float:
    """Return the smallest log Bayes factor that errors and runs leave possible."""
    assert one.log_evidence is not None and two.log_evidence is not None
    error = hypot(one.error or 0.0, two.error or 0.0)
    least = one.log_evidence - two.log_evidence - STANDARD_ERRORS * error
    if one.run_log_evidences and two.run_log_evidences:
        least = min(least, min(one.run_log_evidences) - max(two.run_log_evidences))
    return least


def _evidence(one: AtWidth | None) -> float:
    return -inf if one is None or one.log_evidence is None else one.log_evidence


def _factor(log_factor: float) -> str:
    """Return a Bayes factor of any size in a few digits."""
    if not isfinite(log_factor) or abs(log_factor) > 11.5:
        return f"e^{log_factor:.0f}"
    return f"{2.718281828459045**log_factor:.2g}"
