"""The as-of bar in a real browser: every day of publication, without hindsight, by pointer and keys."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable
from math import log
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browser_support import Opened

from realities.report import render_payload, sentences, write_report
from realities.report.moved import TOLD, largest, told_on
from realities.report.schema import Payload, day_number, number_date
from realities.report.view import View
from realities.report.why import why

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def view(payload: Payload) -> View:
    return View(payload)


def go(opened: Opened, day: int) -> None:
    opened.page.evaluate(f"location.hash = '#asof={number_date(day).isoformat()}'")
    opened.page.wait_for_timeout(620)
    opened.settle()


def keys(opened: Opened, selector: str, *names: str) -> None:
    opened.page.focus(selector)
    for name in names:
        opened.page.keyboard.press(name)


def test_the_bar_steps_over_every_day_of_publication(open_page: Open, view: View) -> None:
    opened = open_page()
    stops = sorted({*view.counted, *view.payload["dates"]})
    assert len(stops) > 100
    for stop in (stops[-2], stops[-3], stops[-4]):
        keys(opened, "#asof", "ArrowLeft")
        assert opened.page.input_value("#asof") == str(stop)
        used, total = view.used(stop), view.used(stops[-1])
        assert opened.page.get_attribute("#asof", "aria-valuetext") == (
            f"{sentences.day_text(stop)}, {used:,} of {total:,} reports published"
        )
    keys(opened, "#asof", "Home")
    assert opened.page.input_value("#asof") == str(stops[0])
    keys(opened, "#asof", "PageUp")
    assert opened.page.input_value("#asof") == str(stops[10])
    assert opened.focus() == "asof"


def test_on_the_chart_an_arrow_moves_by_a_week(open_page: Open, view: View) -> None:
    day = view.payload["dates"][6]
    opened = open_page(f"#asof={number_date(day).isoformat()}")
    keys(opened, "#plot", "ArrowLeft")
    assert opened.page.input_value("#asof") == str(day - 7)
    keys(opened, "#plot", "ArrowRight", "ArrowRight")
    assert opened.page.input_value("#asof") == str(day + 7)
    assert opened.focus() == "plot"


def test_a_link_restores_any_day_exactly(open_page: Open, view: View) -> None:
    day = view.payload["dates"][5] + 3
    iso = number_date(day).isoformat()
    opened = open_page(f"#asof={iso}")
    assert opened.text("#asof-day") == sentences.day_text(day)
    assert opened.page.evaluate("location.hash") == f"#asof={iso}"
    assert opened.page.evaluate("location.hash") in open_page(f"#asof={iso}&what=1").page.url + "&"
    early = open_page("#asof=1950-01-01")
    assert early.page.input_value("#asof") == str(min(view.counted))


def test_words_between_dates_are_those_of_the_builder(open_page: Open, view: View) -> None:
    opened = open_page()
    dates = view.payload["dates"]
    first = min(view.counted)
    for day in (first, dates[0] - 1, dates[0] + 40, dates[3] + 1, dates[7] + 50, dates[-1] - 1):
        go(opened, day)
        assert opened.text("#reading") == "".join(text for text, _ in sentences.reading_on(view, day))
        assert opened.page.inner_text("#why") == why(view, day)
        place = sum(date <= day for date in dates) - 1
        if place >= 0:
            expected = sentences.figure_sentence(view, view.charted[0], place, day)
            assert opened.text("#figure-sentence") == expected


def test_weights_and_curves_are_never_of_a_later_day(open_page: Open, view: View) -> None:
    opened = open_page()
    dates = view.payload["dates"]
    go(opened, dates[4])
    weights = opened.page.locator(".weight").all_text_contents()
    lines = _lines(opened)
    go(opened, dates[5] - 1)
    assert opened.page.locator(".weight").all_text_contents() == weights
    assert _lines(opened) == lines
    then, now = sentences.day_text(dates[4]), sentences.day_text(dates[5] - 1)
    assert f"those of {then}" in opened.text("#reading")
    assert f"weights of {then}" in opened.text("#weights-of")
    assert f"Curves are those of {then}, the latest computed by {now}" in opened.text("#figure-caption")
    go(opened, dates[5])
    assert opened.text("#weights-of") == ""
    assert _lines(opened) != lines


def _lines(opened: Opened) -> list[str]:
    """What the reading of each account's median and range is on the last day of the chart."""
    opened.settle()
    return list(
        opened.page.eval_on_selector_all("#plot-svg .rl-line", "all => all.map(n => n.getAttribute('d'))")
    )


def test_before_the_first_weighed_date_everything_is_as_at_the_start(open_page: Open, view: View) -> None:
    opened = open_page()
    day = min(view.counted)
    assert day < view.payload["dates"][0]
    go(opened, day)
    assert "No weights were computed" in opened.text("#reading")
    assert {opened.text(f"#weight-{k}").split()[0] for k in range(5)} == {"20"}
    assert "As first stated: no curves are known" in opened.text("#figure-caption")
    assert "as first stated" in opened.text("#figure-sentence")
    assert "hindsight" not in opened.text("#figure-caption")
    assert set(opened.page.locator("#fit-table td").all_text_contents()) <= {"–", "reliable"}
    assert opened.problems == []


def test_what_moved_the_weights_is_told_up_to_the_day_chosen(
    open_page: Open, payload: Payload, tmp_path: Path
) -> None:
    restless = copy.deepcopy(payload)
    for i, weighing in enumerate(restless["weighings"]):
        share = 0.15 + 0.7 * ((i * 7) % 15) / 15
        weighing["weights"] = [share, *[(1 - share) / 4] * 4]
        for fit, weight in zip(weighing["fits"], weighing["weights"], strict=True):
            fit.update(log_evidence=log(weight), log_evidence_error=0.001)
    found, dates = largest(View(restless)), restless["dates"]
    assert len(found) > TOLD
    (tmp_path / "restless.html").write_text(render_payload(restless), encoding="utf-8")
    opened = open_page(at=(tmp_path / "restless.html").as_uri())
    for day in (dates[-1], dates[0] - 1, dates[1], dates[4] + 3, dates[7], dates[-2]):
        go(opened, day)
        rows = opened.page.locator("#moves li:visible").all_text_contents()
        told = told_on(found, day)
        assert [row.split(":")[0] for row in rows] == [step.when for step in told]
        assert all(row.endswith(step.published) for row, step in zip(rows, told, strict=True))
        title = "What moved the weights most"
        assert opened.page.get_by_role("heading", name=title).is_visible() is bool(told)


def test_an_export_says_the_day_and_holds_nothing_later(open_page: Open, view: View) -> None:
    day = view.payload["dates"][5] - 2
    opened = open_page(f"#asof={number_date(day).isoformat()}")
    for kind, column in (("figure.csv", 2), ("reports.csv", 3), ("weights.csv", 0)):
        with opened.page.expect_download() as download:
            opened.page.eval_on_selector(f"[data-save='{kind}']", "n => n.click()")
        rows = _rows(download.value)
        assert max(row[column] for row in rows[1:]) <= number_date(day).isoformat()


@pytest.mark.parametrize(("stated", "place"), [("updated", 4), ("first", None)])
def test_curves_that_are_saved_say_of_which_date_they_are(
    open_page: Open, view: View, stated: str, place: int | None
) -> None:
    day = view.payload["dates"][5] - 2
    of = "" if place is None else number_date(view.payload["dates"][place]).isoformat()
    opened = open_page(f"#asof={number_date(day).isoformat()}&stated={stated}")
    for kind in ("figure.csv", "all.csv"):
        with opened.page.expect_download() as download:
            opened.page.eval_on_selector(f"[data-save='{kind}']", "n => n.click()")
        rows = _rows(download.value)
        assert {(row[2], row[3]) for row in rows[1:]} == {(number_date(day).isoformat(), of)}
    with opened.page.expect_download() as download:
        opened.page.eval_on_selector("[data-save='all.json']", "n => n.click()")
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["computed_as_of"] == (
        of or None
    )


def _rows(download: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(Path(download.path()).read_text(encoding="utf-8"), newline="")))


def test_moving_over_days_costs_little_of_the_main_thread(open_page: Open) -> None:
    opened = open_page()
    session = opened.page.context.new_cdp_session(opened.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))

    keys(opened, "#asof", "ArrowLeft")
    opened.settle()
    before, moves = spent(), 20
    for _ in range(moves):
        opened.page.keyboard.press("ArrowLeft")
        opened.page.wait_for_timeout(20)
    assert (spent() - before) / moves < 0.050


def test_curves_change_at_a_quarter_and_the_caption_says_so(
    open_page: Open, study: Any, tmp_path: Path
) -> None:
    day = study.dates[4] + (study.dates[5] - study.dates[4]) / 2
    more = SimpleNamespace(**{**vars(study), "quarters": ((day, study.forecasts[study.dates[-1]]),)})
    page = write_report(more, tmp_path / "quarters.html")
    number = day_number(day)
    opened = open_page(at=page.as_uri())
    go(opened, number - 1)
    before, caption = _lines(opened), opened.text("#figure-caption")
    assert f"Curves are those of {sentences.day_text(day_number(study.dates[4]))}" in caption
    go(opened, day_number(study.dates[5]) - 1)
    assert _lines(opened) != before
    assert f"Curves are those of {sentences.day_text(number)}" in opened.text("#figure-caption")
    assert f"as forecast on {sentences.day_text(number)}" in opened.text("#figure-sentence")
    opened.page.click('[data-set="stated=first"]')
    opened.settle()
    assert sentences.day_text(number) not in opened.text("#figure-caption")
