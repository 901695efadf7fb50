"""Accounts as first stated know no dated input that was published after the day they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import exp
from typing import Any

import pytest
from live_worker import ask, last_answers, needs_node

from realities import load_case
from realities.case.events import CaseEvent
from realities.case.folder import Case
from realities.report import study_payload
from realities.report.encode import decode_curves, decode_rising
from realities.report.schema import CurvesData, Payload, day_number
from realities.weigh.study import MOST_STATED, Study, run_case, stated_days

MakeCase = Callable[..., Case]
ACCOUNTS = {"open": {"start value": "normal(100, 5)"}, "firm": {"start value": "90"}}
ROWS = [(2001, 2001, 105, "", "", "person", "Bureau"), (2009, 2009, 118, "", "", "person", "Bureau")]
DAYS = (date(2003, 7, 1), date(2006, 7, 1))
#: What the second account, which is sure of all it says, holds for 2010: none, one or both inputs known.
ENDS = (90.0, 90.0 * exp(0.1 * 10), 90.0 * exp(0.2 * 10))


def with_inputs(case: Case, *days: date) -> Case:
    """Return a case whose growth rises by a tenth on each of some days, published on the day."""
    grown = [CaseEvent("growth rate", day, 0.1 * (k + 1), day, "post") for k, day in enumerate(days)]
    return replace(case, events=tuple(grown))


@pytest.fixture(scope="module")
def study(make_lasting_case: MakeCase) -> Study:
    return run_case(with_inputs(make_lasting_case(ACCOUNTS, ROWS), *DAYS), effort="sketch")


@pytest.fixture(scope="module")
def payload(study: Study) -> Payload:
    return study_payload(study)


def curves_of(payload: Payload) -> CurvesData:
    curves = payload["quantities"][0]["curves"]
    assert curves is not None
    return curves


def first_stated(payload: Payload, account: int) -> list[Any]:
    """Return bands (5, day) by what is known, the least first."""
    curves = curves_of(payload)
    rows = [*curves["earlier"], curves["prior"]]
    n = len(decode_rising(curves["days"]))
    return [decode_curves(row[account], n, 2) * curves["prior_step"] for row in rows]


def test_there_is_a_view_before_each_day_on_which_an_input_became_known(study: Study) -> None:
    assert [day for day, _ in study.stated_before] == list(DAYS)
    views = [*(view for _, view in study.stated_before), study.prior_forecasts]
    assert [view["firm"].quantiles["count"][2, -1] for view in views] == pytest.approx(ENDS)


def test_a_page_carries_each_view_on_a_step_of_its_own(payload: Payload) -> None:
    assert payload["stated"] == [day_number(day) for day in DAYS]
    step = curves_of(payload)["prior_step"]
    assert [float(bands[2, -1]) for bands in first_stated(payload, 1)] == pytest.approx(ENDS, abs=step)


def test_views_agree_up_to_the_first_input_that_one_of_them_does_not_know(payload: Payload) -> None:
    days = decode_rising(curves_of(payload)["days"])
    none, one, both = first_stated(payload, 0)
    # A step takes a year, and within a step curves are straight.
    before, until = ([d <= day_number(date(day.year, 1, 1)) for d in days] for day in DAYS)
    assert any(before) and not all(before)
    assert (none[:, before] == one[:, before]).all()
    assert (one[:, until] == both[:, until]).all()
    assert (none[:, -1] < one[:, -1]).all() and (one[:, -1] < both[:, -1]).all()


@needs_node
def test_the_worker_runs_each_view_with_what_was_known(payload: Payload) -> None:
    live = payload["live"]
    assert live is not None
    asked: list[dict[str, Any]] = [{"date": place, "want": ["count"]} for place in (-3, -2, -1)]
    answers = last_answers(ask(live, asked))
    ends = [answer["bands"]["count"]["accounts"][1][2][-1] for answer in answers]
    assert ends == pytest.approx(ENDS)


def test_inputs_known_before_any_report_need_no_view_of_their_own(make_case: MakeCase) -> None:
    case = with_inputs(make_case(ACCOUNTS, ROWS), date(2000, 7, 1), date(2001, 1, 1), DAYS[0])
    assert stated_days(case, case.latest_published) == (DAYS[0],)
    assert stated_days(case, date(2002, 1, 1)) == ()


def test_of_many_inputs_some_are_known_late_and_none_too_soon(make_case: MakeCase) -> None:
    many = [date(2003, month, 1) for month in range(1, 13)]
    case = with_inputs(make_case(ACCOUNTS, ROWS), *many)
    kept = stated_days(case, case.latest_published)
    assert len(kept) == MOST_STATED
    assert (kept[0], kept[-1]) == (many[0], many[-1])
    assert sorted(set(kept)) == list(kept) and set(kept) <= set(many)
    late = [text for text in run_case(case, effort="sketch").warnings if "as first stated" in text]
    assert len(late) == len(many) - MOST_STATED


def test_the_flagship_is_first_stated_without_its_decree() -> None:
    case = load_case("ukraine-2022")
    assert stated_days(case, case.latest_published) == (
        date(2022, 7, 27),
        date(2022, 9, 21),
        date(2022, 9, 30),
    )
