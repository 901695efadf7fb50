"""Runs and weights in the forms of other tools, and what can be asked of a case."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from realities import Case, Trajectories, Weighing, run_case, simulate_accounts, weigh_accounts, write_report
from realities.telling import PAUSE, teller
from realities.trajectories.gathered import gather
from realities.units import parse_unit

MakeCase = Callable[..., Case]
ACCOUNTS = {"grows": {"growth rate": "normal(0.05, 0.02)"}, "shrinks": {"growth rate": "normal(-0.05, 0.02)"}}
ROWS = [(2001, 2001, 105, "", "", "person", "Bureau"), (2003, 2004, 118, "", "", "person", "Bureau")]


@pytest.fixture(scope="module")
def tiny(make_lasting_case: MakeCase) -> Case:
    return make_lasting_case(ACCOUNTS, ROWS)


@pytest.fixture(scope="module")
def weighing(tiny: Case) -> Weighing:
    return tiny.weigh(effort="sketch")


def subscripted() -> Trajectories:
    names = ["killed[A,x]", "killed[A,y]", "killed[B,x]", "killed[B,y]", "held[B]", "held[A]", "alone"]
    values = {name: np.full((2, 3), float(k)) + np.arange(3) for k, name in enumerate(names)}
    units = dict.fromkeys(names, parse_unit("person"))
    dimensions = {"side": ("A", "B"), "everyone": ("A", "B", "C"), "place": ("x", "y")}
    return Trajectories(np.arange(3.0), values, units, dimensions=dimensions)


def test_subscripts_are_axes_named_like_their_dimensions() -> None:
    runs = subscripted()
    found = runs.to_xarray()
    assert found["killed"].dims == ("draw", "time", "side", "place")
    assert found["alone"].dims == ("draw", "time")
    assert found["held"]["side"].values.tolist() == ["A", "B"]
    for side in "AB":
        np.testing.assert_array_equal(found["held"].sel(side=side), runs[f"held[{side}]"])
        for place in "xy":
            chosen = found["killed"].sel(side=side, place=place)
            np.testing.assert_array_equal(chosen, runs[f"killed[{side},{place}]"])
    assert found["killed"].attrs["units"] == "person"


def test_elements_that_fill_no_grid_stay_on_their_own() -> None:
    found = gather(["a[x,1]", "a[y,2]", "b", "b[x]"], {"letter": ("x", "y")})
    assert [one.name for one in found] == ["a[x,1]", "a[y,2]", "b", "b[x]"]


def test_an_axis_without_a_dimension_and_one_with_a_name_that_is_taken_have_names_of_their_own() -> None:
    assert gather(["a[p]", "a[q]"], {})[0].axes == (("a subscript 1", ("p", "q")),)
    assert gather(["a[p]", "a[q]"], {"time": ("p", "q")})[0].axes == (("time_", ("p", "q")),)
    twice = gather([f"a[{i},{j}]" for i in "pq" for j in "pq"], {"n": ("p", "q"), "m": ("p", "q", "r")})
    assert [name for name, _ in twice[0].axes] == ["n", "m"]


def test_two_variables_with_parts_of_one_dimension_share_its_axis() -> None:
    runs = Trajectories(np.arange(2.0), {n: np.ones((1, 2)) for n in ("a[x]", "a[y]", "b[y]")},
                        dimensions={"place": ("x", "y")})  # fmt: skip
    found = runs.to_xarray()
    assert found["a"].sel(place="x").notnull().all()
    assert found["b"].sel(place="y").notnull().all()


def test_a_frame_has_a_row_for_each_draw_and_time() -> None:
    runs = subscripted()
    frame = runs.to_pandas()
    assert len(frame) == 6
    assert frame.columns.tolist()[:3] == ["draw", "time", "killed[A,x]"]
    np.testing.assert_array_equal(frame["held[B]"].to_numpy().reshape(2, 3), runs["held[B]"])
    assert frame.attrs["units"]["alone"] == "person"


def test_accounts_are_an_axis_in_the_order_of_the_case(tiny: Case) -> None:
    runs = tiny.simulate(7)
    found = runs.to_xarray()
    assert found["count"].dims == ("account", "draw", "time")
    assert found["account"].values.tolist() == list(runs) == ["grows", "shrinks"]
    np.testing.assert_array_equal(found["count"].sel(account="shrinks"), runs["shrinks"]["count"])
    assert found["date"].values[0] == np.datetime64("2000-01-01")
    frame = runs.to_pandas()
    assert len(frame) == 2 * 7 * 101
    assert frame.columns.tolist() == ["account", "draw", "date", "time", "count"]


def test_runs_follow_the_model_and_the_draws(tiny: Case) -> None:
    days = [date(2000, 1, 1), date(2005, 1, 1)]
    runs = simulate_accounts(tiny, draws=5, dates=days, outputs=["count", "growth rate"])
    for one in runs.values():
        level = 100 * np.exp(one["growth rate"][:, :1] * one.times)
        np.testing.assert_allclose(one["count"], level, rtol=1e-12)
    assert runs["grows"]["count"][:, 1].mean() > runs["shrinks"]["count"][:, 1].mean()
    with pytest.raises(ValueError, match="1999-01-01 lies outside the case"):
        tiny.simulate(5, dates=[date(1999, 1, 1)])


def test_days_may_be_text(tiny: Case) -> None:
    assert tiny.weigh("2003-06-01", effort="sketch").as_of == date(2003, 6, 1)
    assert tiny.run("2003-06-01", effort="sketch", draws=20).as_of == date(2003, 6, 1)
    assert tiny.simulate(3, as_of="2003-06-01", dates=["2005-01-01"]).dates == (date(2005, 1, 1),)
    with pytest.raises(ValueError, match=r'^"june" is no date; write it as year-month-day: 2019-01-31$'):
        tiny.weigh("june")


def test_a_wrong_effort_or_name_is_told_with_the_choices(tiny: Case, tmp_path: Path) -> None:
    choices = 'no effort is named "fast"; there are sketch, quick, default, publish'
    for ask in (tiny.weigh, tiny.run, lambda **given: tiny.report(tmp_path / "page.html", **given)):
        with pytest.raises(ValueError, match=choices):
            ask(effort="fast")
    with pytest.raises(ValueError, match=choices):
        weigh_accounts(tiny, effort="fast")  # type: ignore[arg-type]
    with pytest.raises(KeyError, match='no quantity or variable is named "nope"; the quantities are count'):
        tiny.simulate(3, outputs=["nope"])
    with pytest.raises(KeyError, match='is named "growth rat"; did you mean "growth rate"'):
        tiny.simulate(3, outputs=["growth rat"])


def test_runs_of_a_weighing_have_its_draws(tiny: Case, weighing: Weighing) -> None:
    runs = tiny.simulate(30, weighing=weighing, outputs=["growth rate"])
    every = weighing.fits["grows"].parameters["growth rate"]
    assert set(runs["grows"]["growth rate"][:, 0]) <= set(every)
    assert runs["grows"].n_draws == 30
    assert f"given the reports published by {weighing.as_of}" in repr(runs)


def test_accounts_with_fewer_draws_set_how_many_there_are(tiny: Case) -> None:
    drawn = {"grows": {"growth rate": np.linspace(0, 0.1, 9)}, "shrinks": {"growth rate": np.full(4, -0.05)}}
    runs = simulate_accounts(tiny, draws=50, parameters=drawn, outputs=["growth rate"])
    assert [one.n_draws for one in runs.values()] == [4, 4]
    np.testing.assert_allclose(
        runs["grows"]["growth rate"][:, 0], drawn["grows"]["growth rate"][[0, 3, 5, 8]]
    )
    assert runs.to_xarray().sizes["draw"] == 4


def test_a_case_is_weighed_as_by_the_function(tiny: Case, weighing: Weighing) -> None:
    same = weigh_accounts(tiny, effort="sketch")
    assert weighing.weights == same.weights
    assert weighing.case is tiny


def test_a_weighing_is_long_and_tidy(weighing: Weighing) -> None:
    frame = weighing.to_pandas()
    assert frame.columns.tolist() == ["account", "name", "draw", "value"]
    weights = frame[frame["name"] == "weight"].set_index("account")["value"]
    assert weights.to_dict() == dict(weighing.weights)
    drawn = frame[(frame["account"] == "grows") & (frame["name"] == "growth rate")].sort_values("draw")
    np.testing.assert_array_equal(drawn["value"], weighing.fits["grows"].parameters["growth rate"])
    assert frame.attrs["as_of"] == weighing.as_of.isoformat()


def test_a_weighing_hands_itself_to_xarray(weighing: Weighing) -> None:
    assert list(weighing.to_xarray().children) == ["grows", "shrinks"]


def test_progress_is_nothing_lines_or_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[str, float, float]] = []
    for progress in (None, False, lambda *said: told.append(said)):
        teller(progress)("Working", 1, 2)
    assert told == [("Working", 1, 2)]
    assert capsys.readouterr() == ("", "")
    tell = teller(True)
    for done in (0, 1, 2, 2):
        tell("Working", done, 2)
    tell("Resting", 3, 3)
    assert capsys.readouterr() == ("", "Working: 100 %\nResting: 100 %\n")
    assert PAUSE == 10


def test_a_stage_that_takes_long_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 1.0, 11.0, 12.0, 22.0])
    monkeypatch.setattr("realities.telling.time.monotonic", lambda: next(clock))
    tell = teller(True)
    for done in range(5):
        tell("Working", done, 10)
    assert capsys.readouterr().err == "Working: 20 %\nWorking: 40 %\n"


@pytest.mark.slow
def test_a_case_writes_the_page_that_its_study_writes(tiny: Case, tmp_path: Path) -> None:
    page = tiny.report(tmp_path / "out.html", effort="sketch")
    again = write_report(run_case(tiny, effort="sketch"), tmp_path / "again.html")
    assert page.read_text("utf-8") == again.read_text("utf-8")


def test_neither_the_package_nor_a_case_needs_what_only_some_methods_do() -> None:
    heavy = "{'pandas', 'xarray', 'arviz', 'jinja2', 'rich', 'dask'}"
    code = (
        f"import sys, realities; early = {heavy} | {{'numpy', 'scipy', 'llvmlite'}}; "
        "assert not early & set(sys.modules), early & set(sys.modules); "
        f"case = realities.load_case('lynx-hare'); case._repr_html_(); assert not {heavy} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
