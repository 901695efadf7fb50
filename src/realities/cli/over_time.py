"""The table of `realities weigh --timeline`: one line a date, weights and what was predicted how well.

In comes a study; out come lines of text. What is not reliable is a dash. Where one account is not, the others
keep their numbers, as everywhere: they stand in the right proportion to one another, of a total nobody knows.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING

from realities.figures.counts import in_hundred, shown_weight

if TYPE_CHECKING:
    from realities.weigh.study import Study
    from realities.weigh.timeline import AtMoment, Moment


def timeline_lines(study: Study) -> Iterator[str]:
    """Yield the table of a study's timeline, with what its columns are."""
    accounts = [account.id for account in study.case.accounts]
    badges = string.ascii_uppercase[: len(accounts)]
    yield "Weights in 100; then by how much each account's prediction of what was new fell short of the best"
    yield "(log score). +: rows that are new, ~: rows that replace others."
    if any(not one.reliable for moment in study.timeline for one in moment.accounts.values()):
        yield "-: not reliable; then the others' weights hold next to one another, their total is not known."
    for badge, account in zip(badges, study.case.accounts, strict=False):
        yield f"  {badge}  {account.name}"
    weights, scores = "".join(f"{b:>4}" for b in badges), "".join(f"{b:>7}" for b in badges)
    yield f"{'as of':<10} {'+':>4} {'~':>4}  {weights}   {scores}"
    for moment in study.timeline:
        yield _line(moment, accounts)
    yield ""


def _line(moment: Moment, accounts: list[str]) -> str:
    found = [moment.accounts[name] for name in accounts]
    counts = in_hundred([one.weight for one in found], accounts)
    weights = [shown_weight(n) if one.reliable else "-" for n, one in zip(counts, found, strict=True)]
    best = max((one.predictive for one in found if _is_scored(one)), default=0.0)
    scores = [f"{one.predictive - best:.1f}" if _is_scored(one) else "-" for one in found]
    table = "".join(f"{text:>4}" for text in weights) + "   " + "".join(f"{text:>7}" for text in scores)
    return f"{moment.as_of} {moment.n_new or '':>4} {moment.n_revised or '':>4}  {table}".rstrip()


def _is_scored(one: AtMoment) -> bool:
    return one.predictive_reliable and isfinite(one.predictive)
