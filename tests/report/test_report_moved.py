"""What moved the weights most: which steps are told as of a day, and what is said of them."""

from __future__ import annotations

import copy
import re
from html import unescape
from itertools import pairwise
from math import log
from typing import Any

import pytest
from report_synthetic import HOSTILE, synthetic_study

from realities.report import render_payload, study_payload
from realities.report.moved import LEAST, TOLD, largest, steps, told_on
from realities.report.moves_text import moves_as_of
from realities.report.schema import Payload
from realities.report.sentences import day_text
from realities.report.view import View


@pytest.fixture(scope="module")
def payload() -> Payload:
    return study_payload(synthetic_study(3, 4, 5, 6))


def weighed(payload: Payload, by_day: dict[int, list[float]], error: float = 0.05) -> Payload:
    """The payload with these weights, by day; log evidences are theirs, each with an error."""
    changed = copy.deepcopy(payload)
    model = changed["weighings"][0]
    changed["started"] = [1 / 3] * 3
    changed["weighings"] = [
        {
            **model,
            "day": day,
            "weights": weights,
            "fits": [
                {**fit, "log_evidence": log(w), "log_evidence_error": error}
                for fit, w in zip(model["fits"], weights, strict=True)
            ],
        }
        for day, weights in by_day.items()
    ]
    return changed


def news_days(payload: Payload) -> list[int]:
    """Days on which something became known: reports that weigh, and dated inputs."""
    view = View(payload)
    rows = {r.published for q in view.quantities for r in q.reports if not q.is_copy(r)}
    return sorted(rows | {event["published"] for event in payload["events"]})


def test_a_step_names_its_day_the_accounts_and_what_was_published(payload: Payload) -> None:
    days = news_days(payload)
    day = next(d for d in days[3:] if len(_published(payload, d)) == 1)
    before = days[days.index(day) - 1]
    found = largest(View(weighed(payload, {before: [0.333, 0.333, 0.334], day: [0.31, 0.05, 0.64]})))
    assert [step.day for step in found] == [day]
    assert found[0].when == day_text(day)
    assert found[0].changes == ((1, "from 33 to 5"), (2, "from 34 to 64"))
    title, reporter = _published(payload, day)[0]
    assert found[0].published.startswith(f"Published: “{title}” ({reporter}")
    assert found[0].published.endswith(").")
    assert found[0].size == pytest.approx(0.306, abs=1e-9)


def _published(payload: Payload, day: int) -> list[tuple[str, str]]:
    return [
        (q.data["title"], q.data["reporters"][r.reporter]["name"])
        for q in View(payload).quantities
        for r in q.reports
        if r.published == day and not q.is_copy(r)
    ]


def test_a_dated_input_is_told_on_the_day_it_became_known(payload: Payload) -> None:
    event = payload["events"][0]
    before = max(d for d in news_days(payload) if d < event["published"])
    weights = {before: [0.3, 0.3, 0.4], event["published"]: [0.6, 0.2, 0.2]}
    (step,) = largest(View(weighed(payload, weights)))
    assert step.published.endswith(f"Dated input: “sluice closed” from {day_text(event['day'])}.")
    assert event["day"] < event["published"] == step.day


def test_days_whose_weights_are_not_known_are_one_step_with_the_next(payload: Payload) -> None:
    days = news_days(payload)
    weights = {days[0]: [0.3, 0.3, 0.4], days[40]: [0.1, 0.1, 0.8]}
    (step,) = largest(View(weighed(payload, weights)))
    assert step.when == f"{day_text(days[1])} to {day_text(days[40])}, taken as one step"
    assert re.match(r"Published: \d+ reports on 4 quantities, the most on “", step.published)


def test_a_day_that_is_not_reliable_is_passed_over(payload: Payload) -> None:
    days = news_days(payload)
    weights = {days[0]: [0.3, 0.3, 0.4], days[1]: [0.9, 0.05, 0.05], days[2]: [0.1, 0.1, 0.8]}
    changed = weighed(payload, weights)
    assert len(largest(View(changed))) == 2
    changed["weighings"][1]["fits"][2]["reliable"] = False
    (step,) = largest(View(changed))
    assert (step.day, step.when) == (
        days[2],
        f"{day_text(days[1])} to {day_text(days[2])}, taken as one step",
    )
    assert step.changes[0] == (0, "from 30 to 10")


def test_a_new_fit_with_nothing_published_is_no_step(payload: Payload) -> None:
    days = news_days(payload)
    quiet = next(a for a, b in pairwise(days) if b - a > 1)
    weights = {quiet: [0.3, 0.3, 0.4], quiet + 1: [0.5, 0.3, 0.2]}
    found = largest(View(weighed(payload, weights)))
    assert quiet + 1 not in [step.day for step in found]


def test_what_may_be_an_error_of_sampling_is_no_step(payload: Payload) -> None:
    days = news_days(payload)
    weights = {days[4]: [0.3, 0.3, 0.4], days[5]: [0.5, 0.3, 0.2]}
    assert [step.day for step in largest(View(weighed(payload, weights, error=0.05)))] == [days[5]]
    assert largest(View(weighed(payload, weights, error=0.4))) == []


def test_steps_of_less_than_three_twentieths_are_not_told(payload: Payload) -> None:
    days = news_days(payload)
    weights = {days[4]: [0.3, 0.3, 0.4], days[5]: [0.3 + LEAST - 0.001, 0.3, 0.4 - LEAST + 0.001]}
    assert largest(View(weighed(payload, weights))) == []


@pytest.fixture(scope="module")
def restless(payload: Payload) -> Payload:
    """Weights that move on every day of publication, by more and by less."""
    days = news_days(payload)[:30]
    weights = {}
    for i, day in enumerate(days):
        share = 0.15 + 0.7 * ((i * 37) % 61) / 61
        weights[day] = [share, 0.8 * (1 - share), 0.2 * (1 - share)]
    weights[payload["as_of"]] = weights[days[-1]]
    return weighed(payload, weights, error=0.001)


def test_no_later_day_changes_what_is_told_as_of_an_earlier_one(restless: Payload) -> None:
    found, every = largest(View(restless)), steps(View(restless))
    assert len(found) > TOLD
    for weighing in restless["weighings"]:
        day = weighing["day"]
        then = {**restless, "weighings": [w for w in restless["weighings"] if w["day"] <= day]}
        told = told_on(found, day)
        assert [(s.when, s.changes, s.published) for s in told] == [
            (s.when, s.changes, s.published) for s in told_on(largest(View(Payload(**then))), day)
        ]
        sizes = sorted((s.size for s in every if s.day <= day), reverse=True)[:TOLD]
        assert sorted((s.size for s in told), reverse=True) == sizes
        assert [s.day for s in told] == sorted(s.day for s in told)
        assert all(s.day <= day for s in told)


def test_the_page_tells_the_steps_of_its_last_date_and_keeps_the_others_hidden(restless: Payload) -> None:
    html = render_payload(restless)
    found = largest(View(restless))
    rows = re.findall(r"<li data-from=(.*?)</li>", html, re.DOTALL)
    assert len(rows) == len(found)
    for row, step in zip(rows, found, strict=True):
        head, _, said = row.partition(">")
        assert head.startswith(f'"{step.day}"')
        assert ("hidden" in head) is (step.until is not None)
        text = unescape(re.sub("<[^>]*>", "", said))
        letters = dict(step.changes)
        assert text.startswith(f"{step.when}: {'ABC'[step.changes[0][0]]} {step.changes[0][1]}")
        assert text.endswith(f"{'ABC'[max(letters)]} {letters[max(letters)]} in 100. {step.published}")


def test_without_a_step_nothing_is_said(payload: Payload) -> None:
    days = news_days(payload)
    html = render_payload(weighed(payload, {days[3]: [0.3, 0.3, 0.4], payload["as_of"]: [0.3, 0.3, 0.4]}))
    assert "What moved the weights most" not in html
    one = study_payload(synthetic_study(1, 2, 3, 2))
    assert largest(View(one)) == []


def test_names_of_a_case_are_text_and_nothing_else() -> None:
    hostile: Any = study_payload(synthetic_study(3, 3, 4, 3, hostile=HOSTILE))
    days = news_days(hostile)
    day = next(d for d in days[3:] if len(_published(hostile, d)) == 1)
    before = days[days.index(day) - 1]
    hostile = weighed(
        hostile, {before: [0.3, 0.3, 0.4], day: [0.7, 0.2, 0.1], hostile["as_of"]: [0.7, 0.2, 0.1]}
    )
    rows = re.findall(r"<li data-from=(.*?)</li>", render_payload(hostile), re.DOTALL)
    assert rows
    assert all("<script" not in row and "<img" not in row for row in rows)
    assert "&lt;img" in rows[0]


def test_a_terminal_tells_the_steps_of_the_page(payload: Payload) -> None:
    days = news_days(payload)
    day = next(d for d in days[3:] if len(_published(payload, d)) == 1)
    before = days[days.index(day) - 1]
    view = View(weighed(payload, {before: [0.333, 0.333, 0.334], day: [0.31, 0.05, 0.64]}))
    heading, line = moves_as_of(view, day)
    assert heading == f"What moved the weights most when it was published, up to {day_text(day)}:"
    title, reporter = _published(payload, day)[0]
    assert line.startswith(
        f"  {day_text(day)}: B from 33 to 5, C from 34 to 64 in 100. Published: “{title}” ({reporter}"
    )
    (nothing,) = moves_as_of(view, before)
    assert nothing.endswith("nothing that was published moved 15 in 100 of the weight.")
