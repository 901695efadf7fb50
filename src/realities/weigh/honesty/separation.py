"""Which accounts the reports separate, once a lean has had to survive other prior widths, runs and seeds.

In come the log evidences of all accounts at several widths of their priors (`widths.py`) and sizes of the
model error (`model_error.py`); out comes the verdict. An account is separated from the leading one if the log
Bayes factor between them, less two of its standard errors, stays above log 3 with priors as stated and with
all of them half and double as wide, whichever two of their runs are compared, with another seed where there
is one, and with model errors half and double as large where that could be computed. Below a factor of 3
evidence is "not worth more than a bare mention" (Kass and Raftery 1995). At a width an evidence that is not
reliable, or was not computed, settles nothing; where the only doubt is that its runs differ, it settles what
would still hold if they differed three times as much. Next is `drawn.py`.

References
----------
Kass, R. E. and Raftery, A. E. (1995). Bayes factors. Journal of the American Statistical Association
90(430), 773-795.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, isfinite, log
from typing import Literal

from realities.weigh.honesty.model_error import AtModelError
from realities.weigh.honesty.widths import HALF_AND_DOUBLE, AtWidth, by_width
from realities.weigh.honesty.words import STATED_ERRORS, listed, verdict

#: A Bayes factor has to stay beyond this one, and so many standard errors on the safe side of it.
FACTOR, STANDARD_ERRORS = 3.0, 2.0
THRESHOLD = log(FACTOR)

Outcome = Literal["separated", "not separated", "not established"]


@dataclass(frozen=True, slots=True)
class Pair:
    """What the reports say of two accounts: `log_factor` is in favour of the first, as stated.

    `least` is the smallest log Bayes factor met, over widths, runs, seeds and model errors; `why` says what
    the outcome rests on or, where it is "separated", with which model errors that was not computed.
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

    @property
    def at_stated_errors(self) -> tuple[str, ...]:
        """Those of `against` for which model errors half or twice as large could not be tried."""
        return tuple(pair.other for pair in self.pairs if pair.outcome == "separated" and pair.why)


@dataclass(frozen=True, slots=True)
class _Known:
    """Evidences by width and account, those with other seeds, and those by factor on model errors."""

    table: Mapping[float, Mapping[str, AtWidth]]
    others: Sequence[AtWidth]
    errors: Mapping[float, Mapping[str, AtModelError]]


def separation(
    found: Sequence[AtWidth], accounts: Sequence[str], errors: Sequence[AtModelError] = ()
) -> Separation:
    """Return the verdict on accounts, named in their order of display, which decides nothing.

    `found` holds every account with priors as stated, and what is known at other widths and seeds; `errors`
    what is known with model errors of other sizes.
    """
    others = [one for one in found if one.how == "another seed"]
    by_factor: dict[float, dict[str, AtModelError]] = {}
    for one in errors:
        by_factor.setdefault(one.factor, {})[one.account] = one
    known = _Known(by_width(found), others, by_factor)
    ranked = sorted(accounts, key=lambda name: [-_evidence(row.get(name)) for row in _rows(known.table)])
    pairs = tuple(_pair(known, ranked[0], name) for name in accounts if name != ranked[0])

    def those(outcome: Outcome) -> tuple[str, ...]:
        return tuple(pair.other for pair in pairs if pair.outcome == outcome)

    near = {ranked[0], *those("not separated")}
    return Separation(
        leader=ranked[0],
        together=tuple(name for name in accounts if name in near),
        against=those("separated"),
        not_established=those("not established"),
        groups=_groups(known, ranked, accounts),
        pairs=pairs,
    )


def _rows(table: Mapping[float, Mapping[str, AtWidth]]) -> list[Mapping[str, AtWidth]]:
    """Return evidences as stated, then those at other widths: they decide between accounts that tie."""
    return [table[1.0], *(table.get(width, {}) for width in HALF_AND_DOUBLE)]


def _groups(known: _Known, ranked: Sequence[str], accounts: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return groups, the leading one first; each has what is not separated from its own leader."""
    groups = []
    left = list(ranked)
    while left:
        outcomes = {name: _pair(known, left[0], name).outcome for name in left[1:]}
        near = {left[0], *(name for name, outcome in outcomes.items() if outcome == "not separated")}
        groups.append(tuple(name for name in accounts if name in near))
        left = [name for name, outcome in outcomes.items() if outcome == "separated"]
    return tuple(groups)


def _pair(known: _Known, leader: str, other: str) -> Pair:
    """Return what the reports say of two accounts, the first of which has the larger evidence."""
    stated = _evidence(known.table[1.0][leader]) - _evidence(known.table[1.0][other])
    least, open_questions, doubts = inf, [], []
    for where, factor in _factors(known, leader, other):
        if isinstance(factor, str):
            open_questions.append(f"{factor} {where}")
            continue
        least = min(least, factor)
        if factor <= THRESHOLD:
            doubts.append(f"the Bayes factor may be {_factor(factor)} {where}")
    if doubts:
        return Pair(leader, other, stated, least, "not separated", "; ".join(doubts))
    if open_questions:
        return Pair(leader, other, stated, least, "not established", "; ".join(open_questions))
    return Pair(leader, other, stated, least, "separated", "; ".join(_untried(known, leader, other)))


def _factors(known: _Known, leader: str, other: str) -> Iterator[tuple[str, float | str]]:
    """Give the smallest log Bayes factor that is possible in every circumstance, or why there is none.

    Model errors that were not tried are no such circumstance: a verdict says which (`_untried`).
    """
    for width in (1.0, *HALF_AND_DOUBLE):
        row = known.table.get(width, {})
        yield WORDS[width], _factor_of(row.get(leader), row.get(other))
    for one, two in _with_other_seeds(known.others, leader, other):
        yield f"with seed {one.seed}", _factor_of(one, two)
    for factor, erring in known.errors.items():
        if (found := _computed(erring, leader, other)) is not None:
            yield ERROR_WORDS[factor], _safe_factor(*found)


def _factor_of(one: AtWidth | None, two: AtWidth | None) -> float | str:
    """Return the smallest log Bayes factor that errors and runs leave possible, or why there is none."""
    if one is None or two is None or one.log_evidence is None or two.log_evidence is None:
        return "not computed"
    if one.ends is None or two.ends is None:
        return "not reliable"
    least = min(_safe_factor(one, two), one.ends[0] - two.ends[1])
    if one.run_log_evidences and two.run_log_evidences:
        least = min(least, min(one.run_log_evidences) - max(two.run_log_evidences))
    return least if least > THRESHOLD or (one.reliable and two.reliable) else "not reliable"


def _safe_factor(one: AtWidth | AtModelError, two: AtWidth | AtModelError) -> float:
    """Return a log Bayes factor, less the standard errors by which it has to be on the safe side."""
    assert one.log_evidence is not None and two.log_evidence is not None
    error = hypot(one.error or 0.0, two.error or 0.0)
    return one.log_evidence - two.log_evidence - STANDARD_ERRORS * error


def _computed(
    row: Mapping[str, AtModelError], leader: str, other: str
) -> tuple[AtModelError, AtModelError] | None:
    one, two = row.get(leader), row.get(other)
    if one is None or two is None or not (one.reliable and two.reliable):
        return None
    return one, two


def _untried(known: _Known, leader: str, other: str) -> Iterator[str]:
    """Give the sizes of the model error at which two accounts were not compared."""
    for factor, row in known.errors.items():
        if _computed(row, leader, other) is None:
            yield f"not computed {ERROR_WORDS[factor]}"


def in_words(found: Separation, names: Mapping[str, str]) -> str:
    """Return the verdict as a sentence, with the accounts' names by id."""
    if len(names) == 1:
        return "There is one account only, so that reports separate it from none."
    clause = verdict(
        [names[account] for account in found.together],
        listed([names[account] for account in found.against]),
        listed([names[account] for account in found.not_established]),
        everyone=len(found.together) == len(names) and len(names) > 1,
    )
    stated = [names[account] for account in found.at_stated_errors]
    return f"The reports {clause}." + (f" Against {listed(stated)} that is {STATED_ERRORS}" if stated else "")


#: What a width is called.
WORDS = {
    1.0: "with priors as stated",
    0.5: "with priors half as wide",
    2.0: "with priors twice as wide",
}
#: What a factor on the model errors is called.
ERROR_WORDS = {0.5: "with model errors half as large", 2.0: "with model errors twice as large"}


def _with_other_seeds(others: Sequence[AtWidth], leader: str, other: str) -> list[tuple[AtWidth, AtWidth]]:
    """Return both accounts' evidences for each further seed."""
    first, second = ({one.seed: one for one in others if one.account == name} for name in (leader, other))
    return [(first[seed], second[seed]) for seed in sorted(first) if seed in second]


def _evidence(one: AtWidth | None) -> float:
    return -inf if one is None or one.log_evidence is None else one.log_evidence


def _factor(log_factor: float) -> str:
    """Return a Bayes factor of any size in a few digits."""
    if not isfinite(log_factor) or abs(log_factor) > 11.5:
        return f"e^{log_factor:.0f}"
    return f"{2.718281828459045**log_factor:.2g}"
