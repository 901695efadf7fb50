"""The report of a study that was really run: from a case on disk to a page and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from realities.case.folder import Case
from realities.errors import UnreadableError
from realities.report import is_results, rewrite_report, study_payload, write_results
from realities.report.sentences import reading
from realities.report.view import View
from realities.weigh.study import Study, run_case

MakeCase = Callable[..., Case]
ACCOUNTS = {"grows": {"growth rate": "normal(0.05, 0.02)"}, "shrinks": {"growth rate": "normal(-0.05, 0.02)"}}
ROWS = [
    (2001, 2001, 105, "", "", "person", "Bureau"),
    (2003, 2004, 118, "", "", "person", "Bureau"),
    (2005, 2005, "", 110, 140, "person", "Bureau"),
]


@pytest.fixture
def real_study(make_case: MakeCase) -> Study:
    return run_case(make_case(ACCOUNTS, ROWS), effort="sketch", workers=1)


def test_a_study_that_was_run_has_a_page_with_its_numbers(real_study: Study) -> None:
    view = View(study_payload(real_study))
    assert len(view.payload["dates"]) == len(real_study.dates)
    quantity = view.charted[0]
    assert (quantity.data["title"], quantity.data["unit"]) == ("count", "people")
    assert [(r.value, r.low, r.high) for r in quantity.reports] == [
        (105, None, None),
        (118, None, None),
        (None, 110, 140),
    ]
    last = len(real_study.dates) - 1
    for k, account in enumerate(real_study.case.accounts):
        exact = real_study.forecasts[real_study.as_of][account.id].quantiles["count"][:, -1]
        assert quantity.bands(last, k)[:, -1] == pytest.approx(exact, abs=quantity.curves["step"])
    text = "".join(part for part, _ in reading(view, last))
    assert text.startswith("The 3 reports published by 1 Jan 2005")


def test_results_are_written_whole_and_give_the_same_page_again(real_study: Study, tmp_path: Path) -> None:
    page, found = write_results(real_study, tmp_path / "out")
    first = page.read_text(encoding="utf-8")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "claims.jsonld",
        "forecasts.csv",
        "report.html",
        "results.json",
        "results.nc",
    ]
    assert json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8")) == found
    assert is_results(tmp_path / "out")
    page.unlink()
    assert rewrite_report(tmp_path / "out") == page
    assert page.read_text(encoding="utf-8") == first
    assert rewrite_report(tmp_path / "out", tmp_path / "other.html").read_text(encoding="utf-8") == first


def test_what_is_no_result_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "results.nc").write_bytes(b"not a data set")
    with pytest.raises(UnreadableError, match=r"results\.nc.*not results that this version can read"):
        rewrite_report(tmp_path)
    assert not is_results(tmp_path / "nothing")
