"""The compatibility report as `realities check` prints it, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realities.cli import invoke

MODEL = """{UTF-8}
Region: north, south ~ ~ |
share([(0,0)-(1,1)], (0,0), (1,1)) ~ ~ |
houses[Region] = INTEG(building[Region] - demolition[Region] - fires, 100) ~ house ~ |
building[Region] = MAX(0, share(wish)) + RANDOM UNIFORM(0, 1, 7) ~ house/Day ~ |
demolition[Region] = houses[Region] / life ~ house/Day ~ |
fires = 0.25 ~ house/Day ~ |
life = 50 ~ Day ~ |
wish = 0.5 ~ ~ |
INITIAL TIME = 0 ~ Day ~ |
FINAL TIME = 10 ~ Day ~ |
TIME STEP = 0.25 ~ Day ~ |
SAVEPER = 1 ~ Day ~ |
"""
OPENS = """town.mdl opens
  Vensim, UTF-8, 11 equations
Variables                       names   scalars
               stocks               1         2
               flows                2         4
               constants            3         3
               lookups              1         1
               all                  7        10
Dimensions     Region (2)
Functions      3 used, all supported
               INTEG 1, MAX 1, RANDOM UNIFORM 1
Time           0 to 10 Day in steps of 0.25, saved every 1, Euler
Units          all that are declared balance
               2 names without unit
Below zero?    1 stock with an outflow that is not computed from the stock:
                 "houses" by "fires", line 4
"""
REFUSED = """town.mdl is refused: 1 error; what could be read of it:
  Vensim, UTF-8, 11 equations
Variables      1 stock, 2 flows, 3 constants, 1 lookup
Dimensions     Region (2)
Functions      3 used, 2 supported, 1 not
               INTEG 1, RANDOM UNIFORM 1
               FIND ZERO 1: not supported, line 5
Time           0 to 10 Day in steps of 0.25, saved every 1, Euler
Units          2 names without unit
Below zero?    1 stock with an outflow that is not computed from the stock:
                 "houses" by "fires", line 4
"""


def town(folder: Path, text: str = MODEL) -> str:
    path = folder / "town.mdl"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_model_that_opens_is_reported_in_these_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["check", town(tmp_path)]) == 0
    report, _, summary = capsys.readouterr().out.rpartition("\n\n")
    assert report + "\n" == OPENS
    assert summary.startswith("Checked town.mdl in ")


def test_a_model_that_is_refused_is_reported_in_these_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["check", town(tmp_path, MODEL.replace("MAX(0,", "FIND ZERO(0,"))]) == 1
    report, _, summary = capsys.readouterr().out.rpartition("\n\n")
    assert report + "\n" == REFUSED
    assert summary.rstrip().endswith("1 error, 0 warnings.")


def test_json_carries_the_report_beside_the_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke(["check", "--json", town(tmp_path)])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"schema", "diagnostics", "model", "reality_checks"}
    assert found["model"]["opens"] is True
    assert found["model"]["names"]["stock"] == 1
    assert found["model"]["may_go_negative"] == [{"stock": "houses", "outflow": "fires", "line": 4}]
    assert "all_names" not in found["model"]
    invoke(["check", "--json", "--names", town(tmp_path)])
    names = json.loads(capsys.readouterr().out)["model"]["all_names"]
    assert {"name": "life", "subscripts": [], "kind": "constant", "unit": "Day", "line": 8} in names


def test_names_lists_every_name_with_its_unit_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke(["-q", "check", "--names", town(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines]
    assert ["houses[Region]", "stock", "house", "line", "4"] in rows
    assert ["wish", "constant", "no", "unit", "line", "9"] in rows
    assert len([row for row in rows if "line" in row]) == 11


def test_no_line_is_wider_than_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = "".join(f"dimension number {n}: a{n}, b{n} ~ ~ |\n" for n in range(40))
    invoke(["check", town(tmp_path, many + MODEL)])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_quiet_prints_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    invoke(["-q", "check", town(tmp_path)])
    assert capsys.readouterr().out.startswith("Checked ")


def test_annotations_and_sarif_stay_free_of_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke(["check", "--format", "github", town(tmp_path)])
    assert capsys.readouterr().out == ""
    invoke(["check", "--format", "sarif", town(tmp_path)])
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_a_missing_model_has_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", "--json", str(tmp_path / "none.mdl")]) == 3
    assert "model" not in json.loads(capsys.readouterr().out)


def test_the_hint_for_an_unknown_name_is_a_command_that_lists_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = town(tmp_path, MODEL.replace("share(wish)", "share(whish)"))
    invoke(["check", path])
    hint = capsys.readouterr().err.partition("to see every name in this model: realities ")[2]
    arguments = hint.partition("\n")[0]
    assert arguments == f"check --names {path}"
    invoke(arguments.split())
    assert "wish" in capsys.readouterr().out


def test_a_missing_data_file_does_not_stop_a_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wage = "wage := GET DIRECT DATA('wages.csv', ',', '1', 'b2') ~ ~ |\nrent ~ ~ |\n"
    assert invoke(["check", town(tmp_path, wage + MODEL)]) == 0
    report = capsys.readouterr().out
    assert 'Data           "wages.csv" is missing, named on line 1\n' in report
    assert "               to be given with --data FILE: rent\n" in report


def test_of_a_file_without_equations_nothing_is_claimed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["check", town(tmp_path, "{UTF-8}\n")]) == 1
    report = capsys.readouterr().out.splitlines()
    assert report[0] == "town.mdl is refused: 1 error; what could be read of it:"
    assert report[1:3] == ["  Vensim, UTF-8, 0 equations", ""]


def test_units_and_macros_are_summed_up_in_these_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    macros = "".join(
        f":MACRO: {name}(x)\n{name} = 2 * x ~ ~ |\n:END OF MACRO:\n" for name in ("USED", "SPARE")
    )
    area = "area = USED(life) + wish ~ Day ~ |\nlot = life ~ house ~ |\n"
    assert invoke(["check", town(tmp_path, macros + area + MODEL)]) == 0
    report = capsys.readouterr().out
    assert "Macros         USED 1, SPARE not called\n" in report
    assert "Units          do not balance on line 8\n" in report
