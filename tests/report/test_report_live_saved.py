"""Live data in payloads: they are saved, written again, and left out where a case cannot be run in a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from realities.case.folder import load_case
from realities.report.encode import unpack
from realities.report.fitting import study_payload
from realities.report.live.build import live_data, live_parts
from realities.report.live.code import NotLiveError, model_code
from realities.report.live.pack import shown_live
from realities.report.live.schema import LIVE_FORM
from realities.report.page import render_payload
from realities.report.schema import Payload
from realities.weigh.study import Study, run_case

ACCOUNTS = {
    "one": {"growth rate": "normal(0.05, 0.05)"},
    "other": {"growth rate": "0.02", "start value": "90"},
}
ROWS = [(2000 + year, 2000 + year, 110 + 5 * year, "", "", "person", "Bureau") for year in range(1, 6)]
PACKED = re.compile(r'<script type="text/plain" id="live">([^<]*)</script>')


@pytest.fixture(scope="module")
def study(make_lasting_case: Callable[..., Any]) -> Study:
    return run_case(make_lasting_case(ACCOUNTS, ROWS), effort="sketch")


@pytest.fixture(scope="module")
def payload(study: Study) -> Payload:
    return study_payload(study)


def carried(page: str) -> dict[str, Any]:
    found = PACKED.search(page)
    assert found is not None
    return cast("dict[str, Any]", json.loads(unpack(found[1])))


def test_a_page_written_again_from_what_was_saved_carries_the_same_model_and_draws(payload: Payload) -> None:
    saved = json.loads(json.dumps(payload))
    assert carried(render_payload(saved)) == carried(render_payload(payload))
    script = carried(render_payload(saved))["script"]
    assert payload["live"] is not None
    assert script.startswith(f"globalThis.realitiesModel={payload['live']['model']};\n(()=>")


def test_the_page_says_how_many_draws_it_carries(payload: Payload) -> None:
    live = payload["live"]
    assert live is not None
    sizes = [draws["n"] for row in (*(day["draws"] for day in live["dates"]), live["prior"]) for draws in row]
    least, most = min(n for n in sizes if n), max(sizes)
    few = f", {least} at some dates" if least < most else ""
    assert f"The page carries {most} draws an account{few}." in render_payload(payload)


@pytest.mark.parametrize("live", [None, "missing", {"form": 999}])
def test_a_payload_without_live_data_gives_a_page_without_them(payload: Payload, live: Any) -> None:
    without = cast("Payload", {**payload, "live": live})
    if live == "missing":
        del without["live"]
    assert not PACKED.search(render_payload(without))


def test_sliders_have_what_every_account_assumes(payload: Payload) -> None:
    assert payload["live"] is not None
    constants = {one["name"]: one for one in payload["live"]["constants"]}
    growth, start = constants["growth rate"], constants["start value"]
    assert growth["uncertain"] and not start["uncertain"]
    assert growth["ranges"][0] == pytest.approx([-0.03224, 0.05, 0.1322], abs=1e-3)
    assert growth["ranges"][1] == [0.02]
    assert start["ranges"] == [[100.0], [90.0]], "one leaves it at the model's own value"
    assert growth["low"] < -0.03 and growth["high"] > 0.13
    assert start["low"] < 90.0 and start["high"] > 100.0


def test_a_slider_that_can_be_moved_far_comes_before_one_that_reports_pin_down() -> None:
    def constant(name: str, medians: tuple[float, float], uncertain: bool = True) -> dict[str, Any]:
        ranges = [[m - 1, m, m + 1] for m in medians] if uncertain else [[m] for m in medians]
        own = {"low": 0.0, "high": 10.0, "log": False, "uncertain": uncertain, "ranges": ranges}
        return {"name": name, "unit": "", "text": "", "least": None, "most": None, **own}

    told = [
        constant("fixed", (1, 9), uncertain=False),
        constant("alike", (5, 5)),
        constant("known", (3, 7)),
        constant("open", (4, 7)),
    ]
    live = cast("Any", {"form": LIVE_FORM, "constants": told, "inputs": [], "variables": []})
    narrow, wide = [[4.9, 5.0, 5.1]] * 2, [[3.0, 5.0, 8.0]] * 2
    ranges = {"known": [wide, narrow], "open": [narrow, wide], "alike": [wide, wide]}

    def first(shown: Any) -> list[str]:
        return [told[place]["name"] for place in shown["sliders"]]

    assert first(shown_live(live)) == ["known", "open", "alike", "fixed"]
    assert first(shown_live(live, (), ranges)) == ["open", "known", "alike", "fixed"]
    assert first(shown_live(live, (), {"known": [[None, None]]})) == ["known", "open", "alike", "fixed"]


def test_a_date_has_no_row_that_was_published_later(study: Study) -> None:
    live = live_data(study, live_parts(study), study.dates, 40)
    counts = [len(one["rows"]["count"]["places"]) if "count" in one["rows"] else 0 for one in live["dates"]]
    used = [study.weighings[day].used for day in study.dates]
    assert counts == used


def test_a_model_whose_steps_are_computed_is_not_run_in_a_page_and_the_page_says_why(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_case: object) -> object:
        raise NotLiveError("the model's steps are computed")

    monkeypatch.setattr("realities.report.live.build.model_code", refused)
    payload = study_payload(study)
    assert payload["live"] is None
    assert "This page cannot run the model: the model's steps are computed." in payload["warnings"]
    assert not PACKED.search(render_payload(payload))


def test_steps_that_are_computed_keep_a_model_out_of_a_page(make_case: Callable[..., Any]) -> None:
    folder = make_case(ACCOUNTS, ROWS).folder
    text = (folder / "model.mdl").read_text()
    assert "TIME STEP = 1 ~" in text
    (folder / "model.mdl").write_text(text.replace("TIME STEP = 1 ~", "TIME STEP = MAX(1, 0.5) ~"))
    with pytest.raises(NotLiveError, match="steps are computed"):
        model_code(load_case(folder))
