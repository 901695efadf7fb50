"""What a link may carry: whatever it says, a page has values within bounds and writes that link again."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from live_worker import needs_node

from realities.engine.js.node import node

pytestmark = needs_node

_READ = """
import fs from "node:fs";
import { readHash, writeHash } from "./state.js";
const { page, names, links } = JSON.parse(fs.readFileSync(0, "utf8"));
console.log(JSON.stringify(links.map((link) => {
  const state = readHash(link, page, ["hares"], names, 18000);
  return { ...state, link: writeHash(state, page, ["hares"], names) };
})));
"""
PAGE = {"as_of": 20_000, "dates": [19_000, 20_000], "accounts": [{"id": "a"}, {"id": "b"}]}
NAMES = {
    "pins": ["training time", "constructor", "asof", "a b", "A-b"],
    "held": ["decree", "toString"],
    "hubs": ["east", "west"],
    "choices": {"sector": ["", "War economy"]},
    "causes": ["stock[north]"],
    "limits": {"training time": [1, 10], "constructor": [0, 1], "asof": [0, 1], "a b": [0, 1], "A-b": [0, 1]},
}


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("page") / "js"
    shutil.copytree(Path(str(files("realities.report"))) / "template" / "js", home)
    (home / "package.json").write_text('{"type": "module"}')
    (home / "read.js").write_text(_READ)
    program = node()
    assert program is not None

    def states(*links: str) -> list[dict[str, Any]]:
        given = json.dumps({"page": PAGE, "names": NAMES, "links": links})
        done = subprocess.run(
            [program, "read.js"],
            input=given,
            capture_output=True,
            text=True,
            cwd=home,
            check=True,
            timeout=60,
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    return states


def test_values_stay_within_the_ends_of_their_sliders(read: Any) -> None:
    links = [f"#training-time={text}" for text in ("-5", "1e300", "3.25", "1e-400")]
    assert [one["pins"] for one in read(*links)] == [{"training time": v} for v in (1, 10, 3.25, 1)]


def test_what_is_no_day_is_left_alone_and_a_day_stays(read: Any) -> None:
    for found in read(
        *(f"#asof={text}" for text in ("2024-02-30", "2024-13-01", "2024-2-3", "2024", "x", ""))
    ):
        assert (found["day"], found["link"]) == (PAGE["as_of"], "")
    (leap,) = read("#asof=2024-02-29")
    assert (leap["day"], leap["link"]) == (19782, "asof=2024-02-29")


def test_a_sector_stays_in_the_link_and_one_that_is_none_does_not(read: Any) -> None:
    known, unknown = read("#sector=War+economy", "#sector=constructor")
    assert (known["sector"], known["link"]) == ("War economy", "sector=War+economy")
    assert (unknown["sector"], unknown["link"]) == ("", "")


def test_what_is_no_number_is_left_alone(read: Any) -> None:
    texts = ("", "NaN", "Infinity", "1e999", "--5", ".", "1..2", "0x10", "5;alert(1)", "%E0%A4%A", "<b>")
    for found in read(*(f"#training-time={text}&decree={text}" for text in texts)):
        assert found["pins"] == found["held"] == {}
        assert found["link"] == ""


def test_names_that_every_object_has_are_names_like_others(read: Any) -> None:
    plain, named = read("", "#constructor=0.5&tostring=2")
    assert (plain["link"], plain["pins"]) == ("", {})
    assert (named["pins"], named["held"]) == ({"constructor": 0.5}, {"toString": 2})
    assert named["link"] == "constructor=0.5&tostring=2"


def test_names_that_would_share_a_key_get_a_number_each(read: Any) -> None:
    [found] = read("#a-b=0.25&a-b-2=0.5&asof-2=0.75")
    assert found["pins"] == {"a b": 0.25, "A-b": 0.5, "asof": 0.75}


@pytest.mark.parametrize(
    "link", ["decree=1e%2B21", "training-time=2.5&decree=-3", "asof=2024-03-01&closed=east,west", "hide=a"]
)
def test_a_link_that_is_read_is_written_alike(read: Any, link: str) -> None:
    assert [one["link"] for one in read(f"#{link}")] == [link]


def test_days_stay_between_the_first_publication_and_the_last(read: Any) -> None:
    days = [one["day"] for one in read("#asof=1200-01-01", "#asof=9999-01-01", "#asof=-1", "#asof=soon")]
    assert days == [18_000, 20_000, 20_000, 20_000]


def test_no_link_hides_every_account_or_closes_what_is_not_there(read: Any) -> None:
    [found] = read("#hide=a,b&closed=north," + "east," * 50_000 + "&show=__proto__&cause=constructor&by=c")
    assert found["hide"] == []
    assert set(found["closed"]) == {"east"}
    assert (found["show"], found["cause"], found["by"]) == ("hares", "", "")
