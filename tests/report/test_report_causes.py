"""The causal diagram of a model: links, signs, equations as written, boxes that do not overlap."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from realities.case.folder import load_case
from realities.engine.engines import simulate
from realities.model.load import load_model
from realities.report.causes.data import causes_data
from realities.report.causes.layout import place
from realities.report.causes.links import Link, model_links
from realities.report.causes.measured import Runs
from realities.report.causes.ranges import Range
from realities.report.causes.schema import CausesData
from realities.report.causes.shown import summary
from realities.report.causes.slopes import EITHER, LESS, MORE, NONE
from realities.report.encode import decode_integers
from realities.report.meanwhile import prepared

NO_RUNS = Runs({}, (), 1)
CONTROL = """
FINAL TIME = 20 ~ Day ~ |
INITIAL TIME = 0 ~ Day ~ |
TIME STEP = 0.25 ~ Day ~ |
SAVEPER = 1 ~ Day ~ |
"""
MODEL = """{UTF-8}
Side: east, west ~ ~ |
birth rate = 0.1 ~ 1/Day ~ Births, each day. |
room = 100 ~ animal ~ |
delay = 3 ~ Day ~ |
extra[Side] = 1, 2 ~ animal ~ |
births = birth rate*Herd*(1 - Herd/room)
    ~ animal/Day ~ Few where it is crowded. |
deaths = Herd/20 ~ animal/Day ~ |
Herd = INTEG(births - deaths, 5) ~ animal ~ |
seen = SMOOTH(Herd, delay) ~ animal ~ |
hunted[Side] = MAX(0, seen - extra[Side]) ~ animal ~ |
swing = SIN(Herd) ~ animal ~ |
never = IF THEN ELSE(Time > 1000, Herd, 0) ~ animal ~ |
"""


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Link]:
    path = tmp_path_factory.mktemp("model") / "herd.mdl"
    path.write_text(MODEL + CONTROL, encoding="utf-8")
    found = model_links(load_model(path), {"birth rate": Range(0.05, 0.3), "room": Range(50, 200)}, NO_RUNS)
    return {(link.cause, link.effect): link for link in found}


def test_signs_are_read_off_equations_where_they_are_plain(links: dict[tuple[str, str], Link]) -> None:
    assert links["births", "Herd"] == Link("births", "Herd", MORE)
    assert links["deaths", "Herd"] == Link("deaths", "Herd", LESS)
    assert links["Herd", "deaths"] == Link("Herd", "deaths", MORE)
    assert links["extra", "hunted"] == Link("extra", "hunted", LESS)


def test_signs_that_are_not_plain_are_measured_along_runs(links: dict[tuple[str, str], Link]) -> None:
    # The herd grows from 5 to at most 50, half its room: more of it makes for more births all the while.
    assert links["Herd", "births"] == Link("Herd", "births", MORE, measured=True)
    assert links["birth rate", "births"].sign == MORE
    assert links["Herd", "swing"] == Link("Herd", "swing", EITHER, measured=True)


def test_a_branch_counts_whether_or_not_a_run_takes_it(links: dict[tuple[str, str], Link]) -> None:
    assert links["Herd", "never"] == Link("Herd", "never", MORE)


def test_delays_are_passed_through_and_arrays_are_one_box(links: dict[tuple[str, str], Link]) -> None:
    assert links["Herd", "seen"] == Link("Herd", "seen", MORE, delayed=True)
    assert links["delay", "seen"].delayed
    assert links["seen", "hunted"].sign == MORE
    assert not [key for key in links if "[" in key[0] + key[1] or ":" in key[0] + key[1]]


def test_signs_measured_agree_with_derivatives_of_the_closed_form(tmp_path: Path) -> None:
    path = tmp_path / "wave.mdl"
    path.write_text(
        "{UTF-8}\nshift = 2 ~ Day ~ |\nwave = COS(Time - shift) ~ ~ |\nup = (shift - 5)*(shift - 5) ~ ~ |\n"
        + CONTROL
    )
    model = load_model(path)
    by_ends = {(one.cause, one.effect): one for one in model_links(model, {}, NO_RUNS)}
    times = simulate(model, outputs=["wave"]).times
    slopes = np.sin(times - 2)  # d cos(t - s) / ds
    expected = (MORE if (slopes > 0).any() else NONE) | (LESS if (slopes < 0).any() else NONE)
    assert by_ends["shift", "wave"].sign == expected == EITHER
    assert by_ends["shift", "up"].sign == LESS  # 2 (s - 5) at s = 2


@pytest.fixture(scope="module")
def lynx() -> CausesData:
    case = load_case("lynx-hare")
    found = causes_data(case, case.latest_published)
    assert found is not None
    return found


def test_a_small_model_is_one_picture_and_its_table_has_every_link_in_it(lynx: CausesData) -> None:
    told = summary(lynx)
    assert told is not None
    assert not told.has_sectors
    assert ("hares lost to lynx", "Hares", "− more of it makes for less") in {
        (link.cause, link.effect, link.sign) for link in told.links
    }


def test_a_diagram_prepared_while_accounts_are_weighed_is_not_worked_out_again(
    lynx: CausesData, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = load_case("lynx-hare")
    with prepared(case, case.latest_published):
        pass
    monkeypatch.setattr("realities.report.causes.data.model_links", None)
    assert causes_data(case, case.latest_published) == lynx


def test_a_larger_model_has_sectors_and_no_two_boxes_share_a_cell() -> None:
    case = load_case("ehrlich-simon")
    found = causes_data(case, case.latest_published)
    assert found is not None
    assert len(found["pictures"]) > 1
    n = len(found["names"])
    assert {len(found[key]) for key in ("kinds", "units", "docs", "equations", "elements")} == {n}
    numbers = decode_integers(found["links"])
    assert all(0 <= i < n for i in numbers[::3] + numbers[1::3])
    for picture in found["pictures"]:
        boxes = decode_integers(picture["boxes"])
        for cells, columns in zip((picture["wide"], picture["narrow"]), picture["columns"], strict=True):
            placed = decode_integers(cells)
            assert len(set(placed)) == len(placed) == len(boxes)
            assert columns <= 6
    told = summary(found)
    assert told is not None
    assert told.n_boxes == n
    assert told.has_sectors
    assert told.links


def test_equations_and_comments_are_as_written(lynx: CausesData) -> None:
    found = lynx
    at = found["names"].index("hare births")
    assert found["equations"][at] == "hare births = (1 - hare cycle of its own)*hare growth rate*Hares"
    assert found["docs"][at] == "Births less deaths from anything but lynx. [literature: Lotka 1925]"
    assert found["units"][at] == "thousand pelts/Year"
    assert found["kinds"][at] == "f"
    assert found["kinds"][found["names"].index("Hares")] == "s"


def test_predators_and_prey_have_the_signs_of_the_textbook(lynx: CausesData) -> None:
    numbers, names = decode_integers(lynx["links"]), lynx["names"]
    signs = {
        (names[a], names[b]): code & 3
        for a, b, code in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    }
    assert signs["Hares", "hare births"] == MORE
    assert signs["hare births", "Hares"] == MORE
    assert signs["Lynx", "hares lost to lynx"] == MORE
    assert signs["hares lost to lynx", "Hares"] == LESS
    assert signs["lynx deaths", "Lynx"] == LESS
    assert signs["hares about", "lynx births"] == MORE


def test_a_chain_is_laid_out_without_crossings_and_the_same_each_time() -> None:
    edges = [(i, i + 1) for i in range(8)]
    cells, columns = place(9, edges, 3)
    assert (cells, columns) == place(9, edges, 3)
    assert len(set(cells)) == 9
    steps = [abs(a % columns - b % columns) + abs(a // columns - b // columns) for a, b in pairwise(cells)]
    assert max(steps) <= 2
    assert place(0, [], 4) == ([], 1)
