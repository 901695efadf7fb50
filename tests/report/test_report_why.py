"""Why the leading account leads, by the steps of the weights; which quantity counts most against others."""

from __future__ import annotations

import copy
import re
from html import unescape
from math import log
from typing import Any

import pytest
from report_synthetic import synthetic_study

from realities.report import render_payload, study_payload
from realities.report.against import counts_against, why_data
from realities.report.schema import Payload
from realities.report.sentences import day_text
from realities.report.view import View
from realities.report.why import why, whys
from realities.weigh.honesty.drawn import Left
from realities.weigh.honesty.influence import Change, Influence


@pytest.fixture(scope="module")
def study() -> Any:
    return synthetic_study(3, 4, 5, 6)


@pytest.fixture(scope="module")
def payload(study: Any) -> Payload:
    return study_payload(study)


def with_influence(study: Any, changes: dict[str, dict[str, float | None]]) -> Any:
    """The study with the given change of every account's log evidence when a quantity is left out."""
    changed = copy.copy(study)
    changed.honesty = copy.copy(study.honesty)
    changed.honesty.influence = tuple(
        Influence(
            left=(left := Left("quantity", quantity=quantity)),
            rows=9,
            value=None,
            changes={a: Change(a, left, v, 0.1, 0.3, "reweighted") for a, v in own.items()},
            weights=None,
            moved=None,
        )
        for quantity, own in changes.items()
    )
    return changed


def test_the_quantity_that_counts_most_against_an_account_is_named(study: Any) -> None:
    leader = max(study.weighings[study.as_of].weights, key=study.weighings[study.as_of].weights.get)
    others = [a.id for a in study.case.accounts if a.id != leader]
    found = why_data(
        with_influence(
            study,
            {
                "irrigated": {leader: 10.0, others[0]: 12.0, others[1]: 10.5},
                "left": {leader: 5.0, others[0]: 10.0, others[1]: 5.0},
                "wells": {leader: 5.0, others[0]: 9.0, others[1]: 2.0},
            },
        )
    )
    assert [(study.case.accounts[one["account"]].id, one["quantity"], one["factor"]) for one in found] == [
        (others[0], 1, 5.0)
    ]
    assert found[0]["complete"]


def test_less_than_three_to_one_is_no_reason_and_what_is_not_known_is_said(study: Any) -> None:
    ids = [a.id for a in study.case.accounts]
    leader = max(study.weighings[study.as_of].weights, key=study.weighings[study.as_of].weights.get)
    others = [a for a in ids if a != leader]
    just_less = {leader: 0.0, others[0]: log(3.0) - 1e-6, others[1]: None}
    assert why_data(with_influence(study, {"irrigated": just_less})) == []
    more = {leader: 0.0, others[0]: 2.0, others[1]: 4.0}
    changed = with_influence(study, {"irrigated": more, "salt": just_less})
    found = why_data(changed)
    assert [one["complete"] for one in found] == [True, False]
    text = counts_against(View(study_payload(changed)))
    assert text.startswith(
        "Of the quantities that could be left out one at a time, next to account C: "
        "“Area irrigated” counts most against A and B"
    )


def test_what_an_account_first_expected_is_said_where_the_latest_report_lies_outside_it(study: Any) -> None:
    ids = [a.id for a in study.case.accounts]
    changed = with_influence(study, {"left": {ids[2]: 0.0, ids[0]: 9.0, ids[1]: 0.0}})
    payload = study_payload(changed)
    reports = payload["quantities"][1]["reports"]
    for size, says in ((1e9, True), (None, False)):
        view = View(payload)
        band = view.quantities[1].at(None, 0, payload["as_of"])
        assert band is not None
        reports["value"] = [size or float(band[2]) for _ in reports["value"]]
        text = counts_against(View(payload))
        assert ("first expected: A" in text) is says
        assert (" reported for " in text) is says


def test_without_a_reason_by_quantity_nothing_is_said_of_leaving_out(payload: Payload) -> None:
    older = copy.deepcopy(payload)
    older.pop("why", None)
    assert counts_against(View(older)) == ""
    assert "next to account" not in render_payload(older)


@pytest.fixture
def view(payload: Payload) -> View:
    """Weights that go up and down for A, on days of one report each, of which the last is not reliable."""
    days = _quiet_days(payload)
    moves = [[0.3, 0.3, 0.4], [0.8, 0.1, 0.1], [0.5, 0.4, 0.1], [0.52, 0.38, 0.1], [0.1, 0.8, 0.1]]
    changed, model = copy.deepcopy(payload), payload["weighings"][0]
    changed["started"] = [1 / 3] * 3
    changed["weighings"] = [_weighed(model, day, weights) for day, weights in zip(days, moves, strict=False)]
    changed["weighings"].append(copy.deepcopy(_weighed(model, days[5], [0.4, 0.3, 0.3])))
    changed["weighings"][-1]["fits"][1]["reliable"] = False
    return View(changed)


def _quiet_days(payload: Payload) -> list[int]:
    """Days in a row on each of which something was published."""
    view = View(payload)
    rows = {r.published for q in view.quantities for r in q.reports if not q.is_copy(r)}
    return sorted(rows | {event["published"] for event in payload["events"]})


def _weighed(model: Any, day: int, weights: list[float]) -> Any:
    fits = [
        {**fit, "log_evidence": log(w), "log_evidence_error": 0.01, "reliable": True}
        for fit, w in zip(model["fits"], weights, strict=True)
    ]
    return {**model, "day": day, "weights": weights, "fits": fits, "used": 9}


def test_the_step_that_gave_the_leader_most_and_the_one_that_took_most_are_told(view: View) -> None:
    days = [weighing["day"] for weighing in view.payload["weighings"]]
    text = why(view, days[1])
    assert text.startswith(f"Why: account A gained most on {day_text(days[1])}, from 30 to 80 in 100 while ")
    assert " while C went from 40 to 10. Published then: “" in text
    assert "It lost most" not in text
    later = why(view, days[2])
    assert later.startswith(text)
    assert f" It lost most on {day_text(days[2])}, from 80 to 50 in 100 while B went from 10 to 40." in later


def test_the_reason_follows_the_leader_and_stays_while_nothing_larger_comes(view: View) -> None:
    days = [weighing["day"] for weighing in view.payload["weighings"]]
    assert why(view, days[3]) == why(view, days[2])
    assert why(view, days[4]).startswith(f"Why: account B gained most on {day_text(days[4])}, from 38 to 80")


def test_nothing_is_said_before_anything_was_weighed_or_where_a_fit_is_not_reliable(view: View) -> None:
    days = [weighing["day"] for weighing in view.payload["weighings"]]
    assert why(view, days[0] - 1) == ""
    assert why(view, days[5]) == ""


def test_no_later_day_changes_the_reason_of_an_earlier_one(view: View) -> None:
    for weighing in view.payload["weighings"]:
        day = weighing["day"]
        then: Any = {**view.payload, "weighings": [w for w in view.payload["weighings"] if w["day"] <= day]}
        assert why(View(then), day) == why(view, day)


def test_where_nothing_gave_the_leader_much_that_is_said(payload: Payload) -> None:
    changed, day = copy.deepcopy(payload), _quiet_days(payload)[0]
    changed["started"] = [1 / 3] * 3
    changed["weighings"] = [_weighed(payload["weighings"][0], day, [0.35, 0.33, 0.32])]
    assert why(View(changed), day) == "Why: so far no day's reports have given account A 5 in 100 or more."


def test_the_page_carries_every_reason_and_shows_the_one_of_its_last_date(payload: Payload) -> None:
    told = whys(View(payload))
    shown = re.search(r'<div class="why" id="why">(.*?)</div>', render_payload(payload), re.DOTALL)
    assert shown is not None
    rows = re.findall(r"<p ([^>]*)>(.*?)</p>", shown[1])
    assert [unescape(text) for _, text in rows] == [one.text for one in told]
    assert [("hidden" in head) for head, _ in rows] == [one.until is not None for one in told]


def test_one_account_alone_needs_no_reason() -> None:
    assert whys(View(study_payload(synthetic_study(1, 2, 3, 2)))) == []
