"""Why the reports favour whom they favour: one sentence under the reading.

In comes a study's influence, out come `WhyData`: by account the quantity whose reports count most against
it next to the leading account, found by leaving each quantity's reports out in turn. In comes the opened
payload and a day; out comes the sentence. For the last date it names quantities; for earlier ones, for which
nothing was left out, it says when the evidence came, and the page's `why.js` words that alike.
"""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Final

from realities.figures import format_quantity
from realities.figures.style import letter
from realities.report.honest import finite
from realities.report.schema import WhyData
from realities.report.sentences import day_text
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


def why(view: View, day: int) -> str:
    """Return why the reports favour whom they favour as of a day; empty where nothing can be said."""
    weighing = view.weighing_on(day)
    if weighing is None or not weighing["used"] or len(view.payload["accounts"]) < 2:
        return ""
    if day == view.payload["as_of"] and "why" in view.payload:
        return _by_quantity(view)
    return _by_date(view, weighing["day"])


def _by_quantity(view: View) -> str:
    reasons = view.payload.get("why") or []
    if not reasons:
        return _most_moving(view)
    last = view.weighing(len(view.payload["dates"]) - 1)
    leader = max(range(len(last["weights"])), key=lambda k: last["weights"][k])
    groups: dict[int, list[int]] = {}
    for one in reasons:
        groups.setdefault(one["quantity"], []).append(one["account"])
    parts = [_against(view.quantities[quantity], accounts) for quantity, accounts in groups.items()]
    whole = all(one["complete"] for one in reasons)
    of = "left out one at a time" if whole else "that could be left out, one at a time"
    return f"Why: of the quantities {of}, next to account {letter(leader)}: {'; '.join(parts)}."


def _against(quantity: Quantity, accounts: list[int]) -> str:
    """Return against which accounts a quantity counts, what was last reported, and what they had expected."""
    text = f"“{quantity.data['title']}” counts most against {listed([letter(k) for k in accounts])}"
    rows = [r for r in quantity.reports if r.value is not None and not quantity.is_copy(r)]
    if not rows or quantity.data["curves"] is None:
        return text
    latest = max(rows, key=lambda r: (r.happened, r.published))
    assert latest.value is not None
    expected = [part for k in accounts if (part := _expected(quantity, k, latest.happened, latest.value))]
    if not expected:
        return text
    value = format_quantity(latest.value, quantity.data["unit"])
    return f"{text} ({value} reported for {day_text(latest.happened)}; first expected: {', '.join(expected)})"


def _expected(quantity: Quantity, k: int, day: int, reported: float) -> str:
    """Return the range an account first expected, where what was reported lies outside its 90 %."""
    range_ = quantity.at(None, k, day)
    if range_ is None or range_[0] <= reported <= range_[4]:
        return ""
    return f"{letter(k)} {format_quantity(range_[0], '')} to {format_quantity(range_[4], '')}"


def _most_moving(view: View) -> str:
    """Return which quantity's reports move most weight, where none speaks three to one for one account."""
    trust = view.payload.get("trust")
    whole = [one for one in (trust["left"] if trust else []) if one["kind"] == "quantity" and one["moved"]]
    if not whole:
        return ""
    title = view.quantities[whole[0]["quantity"]].data["title"]
    moved = max(1, round(100 * (whole[0]["moved"] or 0.0)))
    return (
        "Why: no quantity's reports, left out alone, speak three to one for one account; "
        f"those on “{title}” move most, {moved} in 100."
    )


def _by_date(view: View, day: int) -> str:
    """Return between which weighed dates most of the evidence came, by account."""
    known = [w for w in view.payload["weighings"] if w["day"] <= day]
    known = [w for w in known if w["day"] == day or not w.get("between")]
    last = known[-1]
    leader = max(range(len(last["weights"])), key=lambda k: last["weights"][k])
    groups: dict[str, list[int]] = {}
    for k in range(len(last["weights"])):
        gaps = [_gap(w["fits"][leader]["log_evidence"], w["fits"][k]["log_evidence"]) for w in known]
        sound = last["fits"][leader]["reliable"] and last["fits"][k]["reliable"]
        values = [gap for gap in gaps if gap is not None]
        if k == leader or not sound or len(values) < len(gaps) or values[-1] < LEAST:
            continue
        grown = [b - a for a, b in pairwise([0.0, *values])]
        i = grown.index(max(grown))
        end = day_text(known[i]["day"])
        when = f"by {end}" if i == 0 else f"between {day_text(known[i - 1]['day'])} and {end}"
        groups.setdefault(when, []).append(k)
    named = [(when, listed([letter(k) for k in places])) for when, places in groups.items()]
    parts = [f"over {names}{'' if i else ' came'} {when}" for i, (when, names) in enumerate(named)]
    return f"Why: most of what speaks for account {letter(leader)} {'; '.join(parts)}." if parts else ""


def _gap(first: float | None, other: float | None) -> float | None:
    return None if first is None or other is None else first - other
