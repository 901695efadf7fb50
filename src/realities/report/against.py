"""Which quantity's reports count most against each account, next to the one that leads, each left out alone.

In comes a study's influence, out come `WhyData`: by account the quantity whose reports count most against it.
In comes the opened payload; out comes the sentence of it under "How far to trust the weights". That is
another question than which reports moved the weights when they came, which `why.py` answers.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Final

from realities.figures import format_quantity
from realities.figures.style import letter
from realities.report.honest import finite
from realities.report.schema import WhyData
from realities.report.sentences import day_text
from realities.report.why import doubt_of, range_text
from realities.weigh.honesty.words import listed

if TYPE_CHECKING:
    from realities.report.view import Quantity, View
    from realities.weigh.honesty.influence import Influence
    from realities.weigh.study import Study

#: Less than three to one is no reason.
LEAST: Final = log(3.0)


def why_data(study: Study) -> list[WhyData]:
    """Return by account, the leading one left out, the quantity that counts most against it, if one does."""
    found = study.honesty
    if found is None:
        return []
    weights = study.weighings[study.as_of].weights
    leader = max(study.case.accounts, key=lambda account: weights[account.id]).id
    whole = [one for one in found.influence if one.left.kind == "quantity"]
    data = []
    for k, account in enumerate(study.case.accounts):
        factors = {i: _factor(one, leader, account.id) for i, one in enumerate(whole)}
        known = {i: value for i, value in factors.items() if value is not None}
        if account.id == leader or not known:
            continue
        most = max(known, key=lambda i: known[i])
        if known[most] >= LEAST:
            data.append(_why(study, whole[most], k, known[most], complete=len(known) == len(factors)))
    return data


def _factor(one: Influence, leader: str, account: str) -> float | None:
    """Return by how much reports speak for the leader, next to an account: a log Bayes factor."""
    first, other = (one.changes[name].log_change for name in (leader, account))
    return None if first is None or other is None else other - first


def _why(study: Study, one: Influence, k: int, factor: float, *, complete: bool) -> WhyData:
    quantities = list(study.case.measures)
    return WhyData(
        account=k,
        quantity=quantities.index(one.left.quantity or ""),
        factor=finite(factor, 3) or 0.0,
        complete=complete,
    )


def counts_against(view: View) -> str:
    """Return which quantity's reports count most against each account on the last date; empty if unknown."""
    reasons = view.payload.get("why") or []
    if not reasons:
        return ""
    last = view.weighing(len(view.payload["dates"]) - 1)
    leader = max(range(len(last["weights"])), key=lambda k: last["weights"][k])
    groups: dict[int, list[int]] = {}
    for one in reasons:
        groups.setdefault(one["quantity"], []).append(one["account"])
    parts = [_against(view, view.quantities[quantity], accounts) for quantity, accounts in groups.items()]
    whole = all(one["complete"] for one in reasons)
    of = "left out" if whole else "that could be left out"
    return f"Of the quantities {of} one at a time, next to account {letter(leader)}: {'; '.join(parts)}."


def _against(view: View, quantity: Quantity, accounts: list[int]) -> str:
    """Return against which accounts a quantity counts, what was last reported, and what they had expected."""
    text = f"“{quantity.data['title']}” counts most against {listed([letter(k) for k in accounts])}"
    rows = [r for r in quantity.reports if r.value is not None and not quantity.is_copy(r)]
    if not rows or quantity.data["curves"] is None:
        return text
    latest = max(rows, key=lambda r: (r.happened, r.published))
    assert latest.value is not None
    doubt = doubt_of(view, quantity, None)
    told = [_expected(quantity, k, latest.happened, latest.value, doubt) for k in accounts]
    expected = list(filter(None, told))
    if not expected:
        return text
    value = format_quantity(latest.value, quantity.data["unit"])
    return f"{text} ({value} reported for {day_text(latest.happened)}; first expected: {', '.join(expected)})"


def _expected(quantity: Quantity, k: int, day: int, reported: float, doubt: float) -> str:
    """Return the range an account first expected, where a report lies outside it beyond doubt."""
    range_ = quantity.at(None, k, day)
    if range_ is None or max(range_[0] - reported, reported - range_[4]) < max(doubt, 1e-300):
        return ""
    return f"{letter(k)} {range_text(float(range_[0]), float(range_[4]))}"
