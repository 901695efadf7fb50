"""Scores that disagree with the weights are told beside the weights, everywhere alike."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from realities.report.fared import fared_less_well
from realities.report.leading import reading_of_study
from realities.report.schema_trust import ScoreData
from realities.report.sentences import reading
from realities.report.view import View


def scores(*rows: tuple[float | None, float | None]) -> list[ScoreData]:
    """Scores of accounts on twelve claims, and on one report."""
    return [ScoreData(brier=b, claims=12, shaky=0, crps=c, reports=1, shaky_dates=0) for b, c in rows]


def test_the_account_ahead_that_forecast_less_well_says_by_what() -> None:
    found = scores((0.26, 0.218), (0.024, 0.182), (0.076, 0.194))
    assert fared_less_well(found, [96, 0, 4]) == (
        " By its forecasts, though, account A is last of 3 on 12 decided claims (Brier score 0.260; best "
        "0.024, for B) and last of 3 on 1 later report (error 0.218; best 0.182, for B)."
    )
    assert fared_less_well(found, [4, 0, 96]) == (
        " By its forecasts, though, account C is number 2 of 3 on 12 decided claims (Brier score 0.076; "
        "best 0.024, for B) and number 2 of 3 on 1 later report (error 0.194; best 0.182, for B)."
    )


def test_where_scores_and_weights_agree_as_shown_nothing_is_said() -> None:
    assert fared_less_well(scores((0.02, 0.18), (0.26, 0.22)), [70, 30]) == ""
    assert fared_less_well(scores((0.0241, 0.18), (0.0239, 0.22)), [70, 30]) == "", "alike in three decimals"
    assert fared_less_well(scores((0.26, 0.218), (0.024, 0.182)), [50, 50]) == "", "nobody is ahead"
    assert fared_less_well(scores((None, None), (0.024, 0.182)), [70, 30]) == ""


def test_scores_that_rest_on_doubtful_fits_are_not_compared() -> None:
    found = scores((0.26, 0.218), (0.024, 0.182))
    for place in (0, 1):
        doubtful = copy.deepcopy(found)
        doubtful[place] |= {"shaky": 1, "shaky_dates": 1}
        assert fared_less_well(doubtful, [70, 30]) == ""


def test_page_terminal_and_notebook_say_it_on_the_last_date_alone(
    study: Any, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for one in ("sentences", "leading"):
        monkeypatch.setattr(f"realities.report.{one}.fared_less_well", lambda *_: " Told of scores.")
    for i, day in enumerate(study.dates):
        page = "".join(text for text, _ in reading(view, i))
        assert page == reading_of_study(study, day)[0]
        said.append(page.endswith(" Told of scores."))
    assert said == [False] * (len(said) - 1) + [True]
