"""Why the leading account leads, by the steps of the weights; which quantity counts most against others."""

from __future__ import annotations

import copy
import re
from html import unescape
from math import log
from typing import Any

import numpy as np
import pytest
from planes_read import whole_page
from report_synthetic import synthetic_study

from realities.report import render_payload, study_payload
from realities.report.against import counts_against, why_data
from realities.report.schema import Payload
from realities.report.sentences import day_text
from realities.report.view import Quantity, View
from realities.report.why import doubt_of, why, whys
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
        assert ("first expected: A about" in text) is says


def test_what_was_first_expected_is_quoted_only_as_finely_as_coarse_curves_allow(study: Any) -> None:
    ids = [a.id for a in study.case.accounts]
    payload = study_payload(with_influence(study, {"left": {ids[2]: 0.0, ids[0]: 9.0, ids[1]: 0.0}}))
    view = View(payload)
    band, doubt = view.quantities[1].at(None, 0, payload["as_of"]), doubt_of(view, view.quantities[1], None)
    assert band is not None
    assert doubt > 0
    reports = payload["quantities"][1]["reports"]
    for above, says in ((0.5 * doubt, False), (1e3 * doubt, True)):
        rows = view.quantities[1].reports
        latest = max((r for r in rows if r.value is not None), key=lambda r: (r.happened, r.published))
        range_ = view.quantities[1].at(None, 0, latest.happened)
        assert range_ is not None
        reports["value"] = [float(range_[4]) + above for _ in reports["value"]]
        text = counts_against(View(payload))
        assert ("first expected: A about" in text) is says
    numbers = re.search(r"A about ([\d,.−]+) to ([\d,.−]+)", text)
    assert numbers is not None
    for number in numbers.groups():
        assert len(re.sub(r"\D", "", number).strip("0")) <= 2, "two digits"
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
    assert " while C went from 40 to 10. " in text
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


def flat(ranges: dict[int, tuple[float, float]]) -> Any:
    """Curves that expect the same on every day: by account, the ends of its 90 % range."""

    def bands(quantity: Quantity, _date_index: int | None, account: int) -> Any:
        low, high = ranges[account]
        return np.repeat(np.linspace(low, high, 5)[:, None], len(quantity.days), axis=1)

    return bands


def stepped(payload: Payload, day: int, values: float) -> Payload:
    """One step, of all that is published by a day, in which A gains and B loses; every figure is alike."""
    changed = copy.deepcopy(payload)
    changed["started"] = [1 / 3] * 3
    changed["weighings"] = [_weighed(payload["weighings"][0], day, [0.7, 0.05, 0.25])]
    for quantity in changed["quantities"]:
        reports = quantity["reports"]
        reports["value"] = [values for _ in reports["value"]]
        reports["low"] = reports["high"] = []
    return changed


def test_the_report_that_one_account_expected_and_the_other_did_not_is_the_reason(
    payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Quantity, "bands", flat({0: (100.0, 200.0), 1: (1_000.0, 2_000.0), 2: (0.0, 0.0)}))
    day = payload["as_of"]
    text = why(View(stepped(payload, day, 150.0)), day)
    assert re.search(
        r"Of its \d+ reports( and [^,]*)?, not told apart, one lies nearer what A expected: “[^”]+” "
        r"\([^:]+: 150[^;]*; B expected about 1,000 to 2,000, A about 100 to 200\)\.$",
        text,
    ), text


@pytest.mark.parametrize("value", [150.0, 9_000.0], ids=["both expected it", "neither did"])
def test_reports_that_are_no_reason_are_not_counted_as_one(
    payload: Payload, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    monkeypatch.setattr(Quantity, "bands", flat({0: (100.0, 210.0), 1: (100.0, 200.0), 2: (0.0, 0.0)}))
    day = payload["as_of"]
    text = why(View(stepped(payload, day, value)), day)
    assert re.search(r" Its \d+ reports( and [^,]*)? cannot be told apart\.$", text), text
    assert "the most on" not in text and "expected" not in text


def test_before_anything_moved_that_is_said_of_every_account(payload: Payload) -> None:
    changed, days = copy.deepcopy(payload), _quiet_days(payload)
    changed["started"] = [1 / 3] * 3
    rows = [[0.35, 0.33, 0.32], [0.34, 0.23, 0.43], [0.38, 0.22, 0.40]]
    changed["weighings"] = [_weighed(payload["weighings"][0], d, r) for d, r in zip(days, rows, strict=False)]
    view = View(changed)
    assert why(view, days[0]) == "No day's reports have moved any account by 5 in 100 yet."
    assert why(view, days[1]).startswith("Why: account C gained most on ")


def test_an_account_that_came_to_lead_by_small_steps_or_hardly_at_all_has_no_day_to_name(
    payload: Payload,
) -> None:
    changed, days = copy.deepcopy(payload), _quiet_days(payload)
    changed["started"] = [0.30, 0.34, 0.36]
    rows = [[0.33, 0.28, 0.39], [0.36, 0.29, 0.35], [0.40, 0.28, 0.32], [0.38, 0.30, 0.32]]
    changed["weighings"] = [_weighed(payload["weighings"][0], d, r) for d, r in zip(days, rows, strict=False)]
    view = View(changed)
    assert why(view, days[0]) == "", "C leads and gained 3; another account moved by more"
    assert why(view, days[2]) == (
        "Why: account A went from 30 to 40 in 100 by small steps; no day's reports alone gave it 5."
    )


def test_the_page_carries_every_reason_and_shows_the_one_of_its_last_date(payload: Payload) -> None:
    told = whys(View(payload))
    page = render_payload(payload)
    shown = re.search(r'<div class="why" id="why">(.*?)</div>', whole_page(page), re.DOTALL)
    assert shown is not None
    rows = re.findall(r"<p ([^>]*)>(.*?)</p>", shown[1])
    assert [unescape(text) for _, text in rows] == [one.text for one in told]
    assert [("hidden" in head) for head, _ in rows] == [one.until is not None for one in told]
    assert f'<p data-from="{told[-1].day}">' in page, "the last stands there without a script"


def test_one_account_alone_needs_no_reason() -> None:
    assert whys(View(study_payload(synthetic_study(1, 2, 3, 2)))) == []
