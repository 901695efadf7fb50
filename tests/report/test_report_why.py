"""Why the reports favour whom they favour: by quantity on the last date, by date before."""

from __future__ import annotations

import copy
from math import log
from typing import Any

import pytest
from report_synthetic import synthetic_study

from realities.report import study_payload
from realities.report.schema import Payload
from realities.report.view import View
from realities.report.why import why, why_data
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
    text = why(View(study_payload(changed)), study_payload(changed)["as_of"])
    assert text.startswith(
        "Why: of the quantities that could be left out, one at a time, next to account C: "
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
        text = why(View(payload), payload["as_of"])
        assert ("first expected: A" in text) is says
        assert (" reported for " in text) is says


def test_without_a_reason_by_quantity_it_says_what_moves_most(payload: Payload) -> None:
    text = why(View(payload), payload["as_of"])
    assert text.startswith(
        "Why: no quantity's reports, left out alone, speak three to one for one account; those on “"
    )


def test_before_the_last_date_it_says_when_the_evidence_came(payload: Payload) -> None:
    changed = copy.deepcopy(payload)
    logs = [[0.0, 0.0, 0.0], [0.0, -0.5, -4.0], [0.0, -3.0, -5.0], [0.0, -3.1, -5.0]]
    for weighing, own in zip(changed["weighings"], logs, strict=False):
        weighing["weights"] = [0.9, 0.09, 0.01]
        for fit, value in zip(weighing["fits"], own, strict=True):
            fit["log_evidence"] = value
    days = [w["day"] for w in changed["weighings"]]
    view = View(changed)
    from realities.report.sentences import day_text

    first, second, third, fourth = (day_text(day) for day in days[:4])
    assert why(view, days[0]) == ""
    assert (
        why(view, days[1])
        == f"Why: most of what speaks for account A over C came between {first} and {second}."
    )
    assert why(view, days[3]) == (
        f"Why: most of what speaks for account A over B came between {second} and {third}; "
        f"over C between {first} and {second}."
    )
    assert fourth not in why(view, days[3])


def test_nothing_is_said_before_anything_was_weighed_or_of_fits_that_are_not_reliable(
    payload: Payload,
) -> None:
    assert why(View(payload), payload["weighings"][0]["day"] - 1) == ""
    changed = copy.deepcopy(payload)
    for weighing in changed["weighings"]:
        for fit in weighing["fits"]:
            fit["reliable"] = False
    assert why(View(changed), payload["weighings"][2]["day"]) == ""


def test_a_saved_payload_without_reasons_still_has_a_page(payload: Payload) -> None:
    older = copy.deepcopy(payload)
    del older["why"]
    assert "left out" not in why(View(older), older["as_of"])
