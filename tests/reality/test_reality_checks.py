"""Reality Checks run: what they set, when they fail, by how much, in how many runs, and what a user sees."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import realities.case
from realities.cli import invoke
from realities.engine.request import Event
from realities.errors import Findings
from realities.model.load import read_file
from realities.reality import judging
from realities.reality import verdicts as verdicts_of
from realities.reality.judging import judge, judge_model
from realities.reality.runs import N_DRAWS, Ground
from realities.reality.verdicts import Verdict, summary
from realities.source import SourceText

STARTER = Path(realities.case.__file__).parent / "starter"
#: A tank that fills at `inflow` from 10 on, over twelve hours in half hours, saved every three.
TANK = """
D: a, b ~~|
inflow = 2 ~ l/h ~|
part[D] = 0.25, 0.75 ~ Dmnl ~|
into[D] = inflow * part[D] ~ l/h ~|
Tank = INTEG(inflow, 10) ~ l ~|
level = 3 * Tank ~ l ~|
INITIAL TIME = 0 ~ h ~|
FINAL TIME = 12 ~ h ~|
TIME STEP = 0.5 ~ h ~|
SAVEPER = 3 ~ h ~|
"""


STEP = "c :THE CONDITION: inflow = RC STEP(inflow, 0, 6) :IMPLIES: Tank <= 19.5 ~~|\n"


def verdicts(checks: str, model: str = TANK) -> list[Verdict]:
    return list(judge_model(SourceText("m.mdl", model + checks)))


def verdict(check: str, model: str = TANK) -> Verdict:
    (only,) = verdicts(f"c :THE CONDITION: {check} ~~|\n", model)
    return only


@pytest.mark.parametrize(
    ("check", "status"),
    [
        ("inflow = 0 :IMPLIES: Tank = 10", "holds"),
        ("inflow = 1 :IMPLIES: Tank <= 22 :AND: Tank > :AT LEAST ONCE: 21.9", "holds"),
        ("inflow = 1 :IMPLIES: Tank > :AT LEAST ONCE: 22", "fails"),
        ("Tank = 5 :IMPLIES: level = 15", "holds"),
        ("part[a] = 0 :IMPLIES: into[a] = 0 :AND: into[b] = 1.5", "holds"),
        (":IMPLIES: SUM(into[D!]) = inflow", "holds"),
        ("Tank > 20 :IMPLIES: Time > 5", "holds"),
        ("Tank > 20 :IMPLIES: Time > 6", "fails"),
        ("inflow = 0 :OR: inflow = -1 :IMPLIES: Tank <= 10", "holds"),
        ("inflow = 0 :OR: inflow = 1 :IMPLIES: Tank <= 10", "fails"),
        # what is set from a time on, or by another equation
        ("inflow = RC STEP(inflow, 0, 6) :IMPLIES: Tank <= RC STEP CHECK(0, Tank, 1, 6)", "holds"),
        ("inflow = RC STEP(inflow, 0, 6) :IMPLIES: Tank <= 22", "holds"),
        ("inflow = RC STEP(inflow, 0, 6, 3) :IMPLIES: Tank > :AT LEAST ONCE: 27.9", "holds"),
        ("inflow = RC STEP(inflow, 0, 6, 3) :IMPLIES: Tank > :AT LEAST ONCE: 28", "fails"),
        ("inflow = RC STEP(inflow, 3) :IMPLIES: Tank > :AT LEAST ONCE: 79.9", "holds"),
        ("inflow = RC RAMP(inflow, 0, 4, 6) :IMPLIES: Time < 10 :OR: inflow = 0", "holds"),
        ("inflow = RC RAMP(inflow, 0, 4, 6) :IMPLIES: Time < 9.5 :OR: inflow = 0", "fails"),
        ("inflow = RC RAMP(inflow, 0, 4, 6) :IMPLIES: inflow >= RC RAMP CHECK(0, inflow, 0, 4, 6)", "holds"),
        ("inflow = RC STEP(inflow, 0, 6) :IMPLIES: Tank <= RC RAMP CHECK(1, Tank, 0.9, 1, 6)", "fails"),
        ("Tank = RC STEP(Tank, 1, 6) :IMPLIES: level <= 66", "holds"),
        ("Tank = 3 * inflow :IMPLIES: level = 18", "holds"),
        ("part[b] = part[a] :IMPLIES: into[b] = 0.5", "holds"),
        ("level = 2 * level :IMPLIES: level >= 60", "holds"),
        # what cannot be run
        ("part[a] = into[a] :IMPLIES: Tank = 0", "not run"),
        ("inflow = RC GROW(inflow, 2) :IMPLIES: Tank = 0", "not run"),
        ("inflow = 0 :IMPLIES: Tank > :CROSSING: 3", "not run"),
        ("inflow = watr :IMPLIES: Tank = 0", "not run"),
        ("TIME STEP = 3 * inflow :IMPLIES: Tank = 0", "not run"),
        ("level = 1000 * inflow * part[c] :IMPLIES: Tank = 0", "not run"),
    ],
)  # fmt: skip
def test_a_check_holds_fails_or_is_not_run(check: str, status: str) -> None:
    found = verdict(check)
    assert found.status == status, found


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ("inflow = watr :IMPLIES: Tank = 0", 'no variable is named "watr"'),
        ("waters = 0 :IMPLIES: Tank = 0", 'no variable is named "waters"'),
        ("inflow = RC COMPARE('base', inflow, 2) :IMPLIES: Tank = 0", "RC COMPARE"),
        ("part[a] = into[a] :IMPLIES: Tank = 0", "part[a]"),
        ("TIME STEP = 3 * inflow :IMPLIES: Tank = 0", "says when the model runs"),
    ],
)
def test_what_is_not_run_says_why(check: str, reason: str) -> None:
    found = verdict(check)
    assert found.status == "not run"
    assert reason in found.reason


def test_a_check_that_cannot_be_run_keeps_no_other_from_running() -> None:
    found = verdicts(
        "a1 :THE CONDITION: inflow = 0 :IMPLIES: Tank > watr ~~|\n"
        "a2 :THE CONDITION: part[a] = into[a] :IMPLIES: Tank = 0 ~~|\n"
        "a3 :THE CONDITION: inflow = 0 :IMPLIES: Tank = 10 ~~|\n"
        "a4 :THE CONDITION: inflow = 0 :IMPLIES: Tank = 11 ~~|\n"
    )
    assert [one.status for one in found] == ["not run", "not run", "holds", "fails"]
    assert summary(found) == "1 of 4 Reality Checks holds; 1 fails; 2 were not run."


def test_a_failure_is_told_by_what_was_set_when_and_by_how_much() -> None:
    miss = verdict("inflow = 4 :IMPLIES: Tank <= 35").miss
    assert miss is not None
    # 10 + 4 t is above 35 from 6.5 on, between two save points, and 58 at the end
    assert (miss.time, miss.by, miss.most_time, miss.most) == (6.5, 1.0, 12.0, 23.0)
    assert (miss.time_unit, miss.unit, dict(miss.held)) == ("h", "l", {"inflow": "4"})


def test_amounts_are_of_what_follows_not_of_what_it_follows_from() -> None:
    miss = verdict("inflow = 4 :AND: level > 60 :IMPLIES: Time >= 12 :OR: Tank < 20").miss
    assert miss is not None
    assert (miss.time, miss.by, miss.premise) == (3.0, 2.0, "level > 60")  # at 2.5 the level is 60


def test_checks_that_together_take_too_many_steps_are_not_run_from_there_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "MOST_STEPS", 70)  # a run has 25 points, and a look counts 6
    check = "{0} :THE CONDITION: inflow = {1} :IMPLIES: Tank >= 10 ~~|\n"
    found = verdicts("".join(check.format(f"c{k}", k) for k in range(3)) + check.format("d", "Tank"))
    assert [one.status for one in found] == ["holds", "holds", "not run", "not run"]
    assert {one.reason for one in found[2:]} == {
        "with it the checks take more than 70 steps in all, the most there are"
    }
    monkeypatch.setattr(judging, "MOST_STEPS", 150_000)
    long = "long :THE CONDITION: FINAL TIME = {0} :IMPLIES: Tank >= 10 ~~|\n"
    assert [verdicts(long.format(end))[0].status for end in (19_000, 21_000)] == ["holds", "not run"]


def test_what_leaves_the_real_numbers_is_told_as_such() -> None:
    for what in ("Tank / inflow", "(Tank - 10) / inflow"):  # infinite, and no number at all
        found = verdict(f"inflow = 0 :IMPLIES: {what} > 0")
        assert found.miss is not None and found.miss.by is None
        assert "left the real numbers" in str(found.to_json()["reason"])


def test_a_check_may_set_when_the_model_runs() -> None:
    miss = verdict("TIME STEP = 0.25 :IMPLIES: Tank < 20.5").miss
    assert miss is not None and miss.time == 5.25  # 10 + 2 t is 20.5 there, between two of its own steps
    miss = verdict("SAVEPER = 2 :IMPLIES: Tank < 20.5").miss
    assert miss is not None and miss.time == 6.0
    assert verdict("FINAL TIME = 4 :IMPLIES: Tank <= 18").status == "holds"


def test_of_alternatives_the_last_is_told_and_of_things_together_the_worst() -> None:
    miss = verdict("inflow = 4 :IMPLIES: Time < 5 :OR: (Tank < 20 :AND: level < 1000)").miss
    assert miss is not None
    assert (miss.time, miss.by) == (5.0, 10.0)


def test_a_dated_input_and_a_drawn_constant_reach_a_variable_as_it_was() -> None:
    file = read_file(SourceText("m.mdl", TANK + STEP), Findings())
    ground = Ground({"inflow": np.array([2.0, 4.0])}, (Event("inflow", 3.0, 1.0),), ("first", "second"))
    (found,) = judge(file, lambda _model: ground)
    # 10 + 3 hours of what was drawn, 3 of what the date brings, and nothing from 6 on: 19 and 25
    assert (found.status, found.n_held, found.n_runs) == ("fails", 1, 2)
    assert found.miss is not None
    assert (found.miss.run, found.miss.most) == ("second", 5.5)


def test_a_check_of_a_dimension_is_one_for_each_element() -> None:
    found = verdicts("c[D] :THE CONDITION: part[D] = 0.5 :IMPLIES: into[D] < 1 :OR: part[D] <> 0.5 ~~|\n")
    assert [one.name for one in found] == ["c (a)", "c (b)"]
    assert {one.status for one in found} == {"fails"}


def test_every_code_has_an_example() -> None:
    text = Path(verdicts_of.__file__).read_text(encoding="utf-8")
    folders = {path.name for path in (Path(__file__).parents[1] / "bad" / "check").iterdir()}
    assert set(re.findall(r'"(reality-check[a-z-]*)"', text)) == folders


def test_a_model_whose_data_are_missing_is_not_run() -> None:
    found = verdict("inflow = 0 :IMPLIES: Tank = 10", f"{TANK}rain :INTERPOLATE: ~ l ~|\n")
    assert (found.status, found.reason) == ("not run", "the model reads data that are not there")


def test_check_prints_one_line_of_them_and_the_same_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.mdl"
    lines = TANK + "c :THE CONDITION: inflow = 0 :IMPLIES: Tank = 10 ~~|\n"
    path.write_text(lines, encoding="utf-8")
    assert invoke(["check", str(path)]) == 0
    assert "\nThe one Reality Check holds.\n" in capsys.readouterr().out
    path.write_text(lines + "d :THE CONDITION: inflow = 1 :IMPLIES: Tank = 10 ~~|\n", encoding="utf-8")
    assert invoke(["check", "--json", str(path)]) == 0  # a model alone may be wrong on purpose
    told = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in told["diagnostics"]] == ["reality-check"]
    first, second = told["reality_checks"]
    assert first == {
        "name": "c", "line": 12, "status": "holds", "held": 1, "of": 1, "at": None, "reason": ""
    }  # fmt: skip
    assert (second["status"], second["at"]) == ("fails", {"time": 0.5, "date": None})


def test_a_model_without_checks_prints_nothing_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(TANK, encoding="utf-8")
    assert invoke(["check", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["reality_checks"] == []
    assert invoke(["check", str(path)]) == 0
    assert "Reality" not in capsys.readouterr().out


CASE_CHECKS = """
no riders no new ones :THE CONDITION: daily riders = 0 :IMPLIES: new riders = 0 ~~|
no lanes at once :THE CONDITION: recruitment rate = 0.2
    :IMPLIES: Time >= 3.5 :OR: lanes built < 0.3 ~~|
lanes never :THE CONDITION: recruitment rate = 0.2 :IMPLIES: lanes built = 0 ~~|
riders as stated :THE CONDITION: building time = 3
    :IMPLIES: new riders < recruitment rate * daily riders * 1.3 ~~|
"""


def test_a_case_has_its_checks_run_with_dates_and_draws_of_every_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(STARTER, tmp_path / "town")
    monkeypatch.chdir(tmp_path)
    model = Path("town/model.mdl")
    model.write_text(model.read_text(encoding="utf-8") + CASE_CHECKS, encoding="utf-8")
    assert invoke(["check", "--json", "town"]) == 1
    told = json.loads(capsys.readouterr().out)
    by_name = {one["name"]: one for one in told["reality_checks"]}
    n_runs = 1 + 2 * N_DRAWS
    assert {one["of"] for one in by_name.values()} == {n_runs}
    assert by_name["no riders no new ones"]["status"] == "holds"
    assert by_name["no lanes at once"]["status"] == "holds"
    never = by_name["lanes never"]  # the dated input of April 2018 is in force, in every run
    assert (never["status"], never["held"]) == ("fails", 0)
    assert never["at"]["date"].startswith("2018-")
    stated = by_name["riders as stated"]  # the model's own constants keep it, draws of accounts do not
    assert stated["status"] == "fails" and 1 <= stated["held"] < n_runs
    found = {item["message"].split('"')[1]: item for item in told["diagnostics"]}
    assert {item["severity"] for item in found.values()} == {"error"}
    assert (
        f"it holds in {stated['held']} of {n_runs} runs; this is a prior draw of the account"
        in (found["riders as stated"]["help"])
    )
