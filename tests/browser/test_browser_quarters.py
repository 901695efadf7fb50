"""What a page gives away while the curves of a quarter are shown: files say of which day they are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from browser_support import Opened

from realities.report import study_payload
from realities.report.page import render_payload, write_text
from realities.report.schema import day_number
from realities.report.sentences import day_text
from realities.report.view import View

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def quarter(study: Any) -> date:
    """Return a day between two dates of the study."""
    day: date = study.dates[4] + (study.dates[5] - study.dates[4]) / 2
    return day


@pytest.fixture(scope="module")
def opened_at(study: Any, quarter: date, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, View]:
    """Return a page whose quarter has the curves of the last date, which are not its neighbours'."""
    more = SimpleNamespace(**{**vars(study), "quarters": ((quarter, study.forecasts[study.dates[-1]]),)})
    payload = study_payload(more)
    path = tmp_path_factory.mktemp("quarters") / "report.html"
    write_text(path, render_payload(payload))
    return path, View(payload)


def _saved(opened: Opened, kind: str) -> tuple[str, str]:
    with opened.page.expect_download() as download:
        opened.page.eval_on_selector(f"[data-save='{kind}']", "button => button.click()")
    return download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8")


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _shown(study: Any, quarter: date) -> date:
    """Return the last day of publication before the next date: its curves are those of the quarter."""
    days = {row.published for row in study.case.observations if row.published}
    return max(day for day in days if quarter < day < study.dates[5])


def test_tables_of_a_quarter_say_the_day_chosen_and_the_day_of_the_curves(
    open_page: Open, study: Any, quarter: date, opened_at: tuple[Path, View]
) -> None:
    path, view = opened_at
    day = _shown(study, quarter)
    opened = open_page(f"#asof={day}", at=path.as_uri())
    name, text = _saved(opened, "figure.csv")
    assert name == f"dry-delta-{view.charted[0].data['key']}-{day}.csv"
    rows = _rows(text)
    assert {(row["as_of"], row["computed_as_of"]) for row in rows} == {(str(day), str(quarter))}
    name, text = _saved(opened, "all.csv")
    assert name == f"dry-delta-all-{day}.csv"
    with_quarters = {q.data["key"] for q in view.charted if "quarters" in q.curves}
    assert with_quarters
    for row in _rows(text):
        of = quarter if row["quantity"] in with_quarters else study.dates[4]
        assert (row["as_of"], row["computed_as_of"]) == (str(day), str(of)), row["quantity"]


def test_numbers_of_a_quarter_are_those_of_its_own_forecast(
    open_page: Open, study: Any, quarter: date, opened_at: tuple[Path, View]
) -> None:
    path, view = opened_at
    key = view.charted[0].data["key"]
    opened = open_page(f"#asof={_shown(study, quarter)}", at=path.as_uri())
    rows = _rows(_saved(opened, "figure.csv")[1])
    for k, account in enumerate(study.case.accounts):
        own = [row for row in rows if row["account"] == account.id]
        days = [day_number(date.fromisoformat(row["date"])) for row in own]
        forecast = study.forecasts[study.dates[-1]][account.id]
        times = [day_number(study.case.calendar.date_of(t)) for t in forecast.times]
        exact = np.interp(days, times, forecast.quantiles[key][0])
        other = view.charted[0].bands(4, k)[0]
        found, span = np.array([float(row["p05"]) for row in own]), float(np.ptp(exact))
        assert np.abs(found - exact).max() < 0.06 * span
        assert np.abs(found - exact).max() < 0.5 * np.abs(other - exact).max(), "not those of the date before"


def test_the_object_and_the_picture_of_a_quarter_say_its_day(
    open_page: Open, study: Any, quarter: date, opened_at: tuple[Path, View]
) -> None:
    path, view = opened_at
    day = _shown(study, quarter)
    opened = open_page(f"#asof={day}", at=path.as_uri())
    name, text = _saved(opened, "all.json")
    assert name == f"dry-delta-all-{day}.json"
    held = json.loads(text)
    assert held["as_of_shown"] == str(day)
    assert held["computed_as_of"] == str(quarter)
    own = {q["key"]: q["curves"] for q in held["quantities"] if q["curves"]}
    updated = own[view.charted[0].data["key"]]["updated"]
    assert sorted(updated) == sorted([*map(str, study.dates), str(quarter)])
    name, text = _saved(opened, "figure.svg")
    assert name == f"dry-delta-{view.charted[0].data['key']}-{day}.svg"
    texts = " ".join(node.text or "" for node in ElementTree.fromstring(text).iter() if node.text)
    assert f"as of {day_text(day_number(day))}" in texts
    assert f"Curves are those of {day_text(day_number(quarter))}" in texts
