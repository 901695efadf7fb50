"""Days of publication and how many reports count on each: what the as-of bar steps over."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from report_synthetic import synthetic_study

from realities import load_case
from realities.report import render_payload, study_payload
from realities.report.counted import counted_data, counted_rows
from realities.report.encode import decode_integers, decode_rising
from realities.report.schema import Payload, day_number, number_date
from realities.report.sentences import reading_on
from realities.report.view import View
from realities.weigh.likelihood import used_observations


@pytest.fixture(scope="module")
def study() -> Any:
    return synthetic_study(3, 4, 5, 6)


@pytest.fixture(scope="module")
def payload(study: Any) -> Payload:
    return study_payload(study)


def test_the_count_of_a_weighed_day_is_the_number_its_weights_name(payload: Payload) -> None:
    view = View(payload)
    days = decode_rising(payload["counted"]["days"])
    assert days == sorted(set(days))
    for weighing in payload["weighings"]:
        assert view.used(weighing["day"]) == weighing["used"] > 0
        assert not view.is_outdated(weighing["day"], weighing["day"])
    assert view.used(days[0] - 1) == 0


def test_a_bundled_case_counts_what_weighs_and_revisions_once() -> None:
    case = load_case("ukraine-2022")
    data = counted_data(case, case.latest_published)
    days, used = decode_rising(data["days"]), decode_integers(data["used"])
    assert days[-1] == day_number(case.latest_published)
    for i in (0, len(days) // 2, len(days) - 1):
        assert used[i] == len(used_observations(case, number_date(days[i])))
    assert used[-1] < sum(row.published is not None for row in case.observations)


def test_a_saved_payload_without_counts_has_the_same_days(payload: Payload) -> None:
    older = copy.deepcopy(payload)
    del older["counted"]
    assert list(View(older).counted) == list(View(payload).counted)
    assert counted_rows(older) == counted_rows(payload)
    assert "counted" in render_payload(older)


def test_between_weighed_days_the_reading_names_the_day_of_the_weights(payload: Payload) -> None:
    view = View(payload)
    first, second = (w["day"] for w in payload["weighings"][:2])
    text = "".join(part for part, _ in reading_on(view, second - 1))
    then, now = (number_date(day).strftime("%-d %b %Y") for day in (first, second - 1))
    used = payload["weighings"][0]["used"]
    assert text.startswith(
        f"The latest weights on {now} are those of {then}; what was published since is not counted. "
        f"The {used:,} reports published by then "
    )


def test_before_anything_is_weighed_each_account_has_the_weight_it_started_with(payload: Payload) -> None:
    view = View(payload)
    start = decode_rising(payload["counted"]["days"])[0]
    assert "No report is published by" in reading_on(view, start - 1)[0][0]
    assert "No weights were computed for" in reading_on(view, start)[0][0]
    assert view.weighing_on(start) is None
    assert sum(payload["started"]) == pytest.approx(1, abs=1e-4)
