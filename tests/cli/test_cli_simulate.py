"""`realities simulate` writes what the contract promises."""

from __future__ import annotations

import csv
import io
import math
import shlex
import sys
from pathlib import Path

import pytest

from realities.cli import invoke
from realities.engine.llvm import library

TEACUP = """{UTF-8}
Teacup Temperature = INTEG(-Heat Loss, 180) ~ degree ~ |
Heat Loss = (Teacup Temperature - Room Temperature) / Characteristic Time ~ degree/Minute ~ |
Room Temperature = 70 ~ degree ~ |
Characteristic Time = 10 ~ Minute ~ |
Side: Left, Right ~ ~ |
Weight[Side] = 1, 2 ~ kilogram ~ |
Double[Side] = 2 * Weight[Side] ~ kilogram ~ |
INITIAL TIME = 0 ~ Minute ~ |
FINAL TIME = 30 ~ Minute ~ |
TIME STEP = 0.125 ~ Minute ~ |
SAVEPER = 10 ~ Minute ~ |
"""


@pytest.fixture
def teacup(tmp_path: Path) -> Path:
    path = tmp_path / "teacup.mdl"
    path.write_text(TEACUP, encoding="utf-8")
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_goes_to_stdout_with_time_first(teacup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["simulate", str(teacup)]) == 0
    table = rows(capsys.readouterr().out)
    assert next(iter(table[0])) == "time"
    assert [float(row["time"]) for row in table] == [0, 10, 20, 30]
    assert float(table[0]["Teacup Temperature"]) == 180
    euler = 70 + 110 * (1 - 0.125 / 10) ** 80
    assert math.isclose(float(table[1]["Teacup Temperature"]), euler, rel_tol=1e-12)
    assert float(table[2]["Double[Right]"]) == 4


def test_only_keeps_the_named_variables_and_set_changes_a_constant(
    teacup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["simulate", str(teacup), "--only", "teacup_temperature", "--set", "Room Temperature=180"]
    assert invoke(line) == 0
    table = rows(capsys.readouterr().out)
    assert list(table[0]) == ["time", "Teacup Temperature"]
    assert {float(row["Teacup Temperature"]) for row in table} == {180.0}


def test_a_subscripted_name_means_all_its_elements(teacup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["simulate", str(teacup), "--only", "Double", "--set", "Weight=5"]) == 0
    table = rows(capsys.readouterr().out)
    assert list(table[0]) == ["time", "Double[Left]", "Double[Right]"]
    assert float(table[0]["Double[Left]"]) == 10


def test_a_table_of_draws_gives_a_leading_column_draw(
    teacup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = tmp_path / "draws.csv"
    draws.write_text("Room Temperature,Characteristic Time\n70,10\n20,5\n", encoding="utf-8")
    assert invoke(["simulate", str(teacup), "--draws", str(draws), "--only", "Teacup Temperature"]) == 0
    table = rows(capsys.readouterr().out)
    assert list(table[0]) == ["draw", "time", "Teacup Temperature"]
    assert [row["draw"] for row in table] == ["0"] * 4 + ["1"] * 4
    last = 20 + 160 * (1 - 0.125 / 5) ** 240
    assert math.isclose(float(table[-1]["Teacup Temperature"]), last, rel_tol=1e-12)


def test_out_writes_a_file_and_nothing_to_stdout(
    teacup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "result.csv"
    assert invoke(["simulate", str(teacup), "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert len(rows(out.read_text(encoding="utf-8"))) == 4
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".csv"] == ["result.csv"]


def test_netcdf_holds_the_same_numbers(teacup: Path, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    out = tmp_path / "result.nc"
    assert invoke(["simulate", str(teacup), "--out", str(out)]) == 0
    with xarray.open_dataset(out, engine="h5netcdf") as data:
        assert float(data["Teacup Temperature"].isel(time=0).squeeze()) == 180


def test_rk4_is_closer_to_the_closed_form(teacup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["simulate", str(teacup), "--integrator", "rk4"]) == 0
    value = float(rows(capsys.readouterr().out)[-1]["Teacup Temperature"])
    assert math.isclose(value, 70 + 110 * math.exp(-3), rel_tol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "Room Temprature=3"], 'did you mean "Room Temperature"?'),
        (["--set", "Heat Loss=3"], "is not a constant"),
        (["--set", "Room Temperature=warm"], "not a finite number"),
        (["--only", "Nothing"], "no variable is named"),
        (["--only", "Time"], "the time is the first column of every table"),
    ],
)
def test_a_wrong_name_or_value_is_explained(
    teacup: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["simulate", str(teacup), *arguments]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("Room Temperature,Charakteristic Time\n1,2\n", "draws.csv:1:18: error[unknown-name]"),
        ("Room Temperature,Charakteristic Time\n1,2\n", 'did you mean "Characteristic Time"?'),
        ("Roam,Rome\n1,2\n", "draws.csv:1:6: error[unknown-name]"),
        ("Room Temperature,Heat Loss\n1,2\n", "draws.csv:1:18: error[not-a-constant]"),
        ("Room Temperature,Characteristic Time\n1,x\n", "draws.csv:2:3"),
        ("Room Temperature,Characteristic Time\n1\n", "draws.csv:2:1"),
        ("Room Temperature\n", "draws.csv:1:1"),
        ("Room Temperature,room_temperature\n1,2\n", "draws.csv:1:18: error[repeated-column]"),
        ("Weight,Weight[Right]\n1,2\n", "draws.csv:1:8: error[repeated-column]"),
    ],
)
def test_a_bad_table_of_draws_is_placed(
    teacup: Path, tmp_path: Path, table: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = tmp_path / "draws.csv"
    draws.write_text(table, encoding="utf-8")
    assert invoke(["simulate", str(teacup), "--draws", str(draws)]) == 1
    assert place in capsys.readouterr().err


def test_a_missing_table_of_draws_is_3(teacup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["simulate", str(teacup), "--draws", "none.csv"]) == 3
    assert "cannot read none.csv: No such file or directory\n" in capsys.readouterr().err


def test_a_name_that_cannot_be_set_comes_with_how_to_see_those_that_can(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "tea cup.mdl"
    model.write_text(TEACUP, encoding="utf-8")
    for wrong in ("Heat Loss=3", "Nothing=3"):
        assert invoke(["simulate", str(model), "--set", wrong]) == 1
        command = capsys.readouterr().err.partition("realities ")[2].partition("\n")[0]
        assert shlex.split(command) == ["check", "--names", str(model)]


def test_a_time_setting_that_follows_from_another_can_be_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.mdl"
    model.write_text(
        "s = INTEG(SAVEPER, 0) ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\n"
        "TIME STEP = 0.25 ~~|\nSAVEPER = TIME STEP ~~|\n"
    )
    assert invoke(["simulate", str(model), "--set", "saveper=2", "--only", "s", "--only", "SAVEPER"]) == 0
    found = rows(capsys.readouterr().out)
    assert [row["time"] for row in found] == ["0", "2", "4"]
    assert [(float(row["s"]), float(row["SAVEPER"])) for row in found] == [(0, 2), (4, 2), (8, 2)]


def test_a_run_that_leaves_the_real_numbers_is_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "blowup.mdl"
    model.write_text(
        "X = INTEG(X * X, 10) ~ ~ |\nINITIAL TIME = 0 ~ ~ |\nFINAL TIME = 100 ~ ~ |\n"
        "TIME STEP = 1 ~ ~ |\nSAVEPER = 1 ~ ~ |\n",
        encoding="utf-8",
    )
    out = tmp_path / "out.csv"
    assert invoke(["simulate", str(model), "--out", str(out)]) == 4
    error = capsys.readouterr().err
    assert '"X" left the real numbers at time 9; ' in error  # 10^(2^t) is above 1e308 from t = 9 on
    assert not out.exists()
    advice = error.strip().partition("--set ")[2].strip('"')
    assert invoke(["simulate", str(model), "--out", str(out), "--set", advice]) == 0
    assert math.isfinite(float(rows(out.read_text(encoding="utf-8"))[-1]["X"]))


def test_an_auxiliary_that_is_no_number_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "ratio.mdl"
    model.write_text(
        "x = 1 / (Time - 5) ~ ~ |\nFINAL TIME = 9 ~ ~ |\nTIME STEP = 1 ~ ~ |\n", encoding="utf-8"
    )
    assert invoke(["simulate", str(model), "--only", "x"]) == 0
    captured = capsys.readouterr()
    assert (
        'warning: "x" left the real numbers at time 5: it is infinite there, or no number\n' in captured.err
    )
    assert rows(captured.out)[5]["x"] == "inf"


def test_out_says_what_it_wrote_unless_quiet(
    teacup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "result.csv")
    assert invoke(["simulate", str(teacup), "--out", out, "--only", "Double"]) == 0
    assert capsys.readouterr().err == f"Wrote {out}: 2 variables at 4 times.\n"
    assert invoke(["simulate", str(teacup), "--out", out, "-q"]) == 0
    assert capsys.readouterr().err == ""


def test_warnings_come_in_the_order_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "units.mdl"
    text = "a = b + c ~ house ~ |\nb = c + d ~ house ~ |\nc = 1 ~ house/Day ~ |\nd = 2 ~ house ~ |\n"
    model.write_text(text + "FINAL TIME = 1 ~ Day ~ |\nTIME STEP = 1 ~ Day ~ |\n", encoding="utf-8")
    assert invoke(["simulate", str(model), "--only", "d"]) == 0
    places = [line for line in capsys.readouterr().err.splitlines() if "warning[" in line]
    numbers = [tuple(map(int, line.split("warning")[0].strip(": ").rsplit(":", 2)[1:])) for line in places]
    assert len(numbers) > 1
    assert numbers == sorted(numbers)


def test_an_unknown_suffix_is_a_wrong_command_line(teacup: Path) -> None:
    assert invoke(["simulate", str(teacup), "--out", "result.xlsx"]) == 2


def test_engines_and_threads_write_the_same_bytes(teacup: Path, tmp_path: Path) -> None:
    draws = tmp_path / "draws.csv"
    lines = [str(40 + k / 7) for k in range(300)]
    draws.write_text("Room Temperature\n" + "\n".join(lines) + "\n", encoding="utf-8")
    written = set()
    for words in ("", "--engine reference", "--engine llvm", "--engine llvm --threads 2"):
        out = tmp_path / "out.csv"
        files = ["--draws", str(draws), "--out", str(out)]
        assert invoke(["simulate", str(teacup), *files, *words.split()]) == 0
        written.add(out.read_bytes())
    assert len(written) == 1


def test_the_compiled_engine_is_not_quietly_replaced(
    teacup: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke(["simulate", str(teacup), "--engine", "llvm", "--integrator", "rk45"]) == 1
    assert "rk45 chooses its own" in capsys.readouterr().err
    assert invoke(["simulate", str(teacup), "--integrator", "rk45"]) == 0
    library.llvm.cache_clear()
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    try:
        assert invoke(["simulate", str(teacup), "--engine", "llvm"]) == 2
        assert "needs llvmlite" in capsys.readouterr().err
        assert invoke(["simulate", str(teacup)]) == 0
        assert "the reference engine runs this" in capsys.readouterr().err
        assert invoke(["bench", str(teacup), "--engine", "llvm"]) == 2
        assert "needs llvmlite" in capsys.readouterr().err
        assert invoke(["bench", str(teacup), "--draws", "8"]) == 0
        assert "the reference engine runs this" in capsys.readouterr().err
    finally:
        library.llvm.cache_clear()


def test_what_cannot_be_written_is_told_by_its_own_name(
    teacup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "taken.csv"
    out.mkdir()
    assert invoke(["-q", "simulate", str(teacup), "--out", str(out)]) == 3
    assert capsys.readouterr().err.rstrip().endswith(f": {out}")
    assert {path.name for path in tmp_path.iterdir()} == {"teacup.mdl", "taken.csv"}


def test_a_draw_that_fails_is_found_in_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, draws = tmp_path / "growth.mdl", tmp_path / "draws.csv"
    clock = "INITIAL TIME = 0 ~~|\nFINAL TIME = 100 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 10 ~~|\n"
    model.write_text(f"Stock = INTEG(Stock * rate, 1) ~~|\nrate = 1 ~~|\n{clock}", encoding="utf-8")
    draws.write_text("rate\n1\n1\n1e9\n", encoding="utf-8")
    assert invoke(["simulate", str(model), "--draws", str(draws), "--out", str(tmp_path / "o.csv")]) == 0
    told = capsys.readouterr().err
    assert "1 of 3 draws left the real numbers" in told
    assert f"in draw 2, row 3 of {draws} below its header" in told
