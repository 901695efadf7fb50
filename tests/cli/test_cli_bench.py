"""`realities bench` says how fast a model runs, and what it left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realities.cli import invoke
from realities.engine import measure
from realities.engine.reference import Simulator
from realities.model.load import load_model

TEACUP = """{UTF-8}
Temperature = INTEG(-Loss * Lid - Jump, Start) ~ ~ |
Start = 180 ~ ~ |
Loss = DELAY N((Temperature - Room) / Time Constant, 1, 0, Order) ~ ~ |
Jump = IF THEN ELSE(Scenario = 2, 1, 0) * Nothing ~ ~ |
Room = 70 ~ ~ |
Time Constant = 10 ~ ~ |
Order = 3 ~ ~ |
Lid = 1 ~ ~ |
Scenario = 2 ~ ~ |
Nothing = 0 ~ ~ |
Months = 3 ~ ~ |
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 10 * Months ~ ~ |
TIME STEP = 0.125 ~ ~ |
SAVEPER = 10 ~ ~ |
"""
#: The keys that are promised, in their order.
PROMISED = ["model", "engine", "equations", "steps", "draws", "threads", "load_s", "compile_s", "run_s",
            "cpu_s", "trajectories_per_cpu_s", "peak_rss_mb"]  # fmt: skip


@pytest.fixture
def teacup(tmp_path: Path) -> Path:
    path = tmp_path / "teacup.mdl"
    path.write_text(TEACUP, encoding="utf-8")
    return path


def bench(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert invoke(["bench", str(path), "--json", "--draws", "50", *options]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_json_is_one_object_with_what_is_promised(teacup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = bench(teacup, capsys, "--only", "temperature", "--threads", "2")
    assert list(result)[:13] == ["schema", *PROMISED]
    assert result["schema"] == 1
    assert (result["model"], result["steps"]) == (str(teacup), 240)
    assert (result["draws"], result["threads"], result["failed"]) == (50, 2, 0)
    assert result["outputs"] == result["quantiles_of"] == ["Temperature"]
    assert result["save_points"] == 4
    assert result["trajectories_per_cpu_s"] == pytest.approx(50 / result["cpu_s"], rel=0.05)
    assert min(result["load_s"], result["compile_s"], result["run_s"], result["peak_rss_mb"]) > 0


def test_without_json_a_person_reads_the_same_keys(teacup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["bench", str(teacup), "--draws", "8"]) == 0
    shown = capsys.readouterr()
    assert [line.split()[0] for line in shown.out.splitlines()] == PROMISED
    assert "Compiling" in shown.err
    assert "Running 8 draws" in shown.err


def test_without_only_what_is_computed_is_kept(teacup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(bench(teacup, capsys)["outputs"]) == ["Jump", "Loss", "Temperature"]


def test_constants_that_must_not_vary_are_left_alone_and_named(
    teacup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = bench(teacup, capsys)
    assert sorted(result["varied"]) == ["Lid", "Room", "Start", "Time Constant"]
    assert {name: result["not_varied"][name] for name in ("Months", "Order", "Scenario", "Nothing")} == {
        "Months": "it says when the run is",
        "Order": "the model was built from it",
        "Scenario": "it is a switch",
        "Nothing": "a tenth of 0 is 0",
    }
    assert invoke(["bench", str(teacup), "--draws", "8", "-v"]) == 0
    assert '"Scenario" is not varied: it is a switch' in capsys.readouterr().err


def test_types_of_curves_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    model = Path(__file__).parents[1] / "corpus" / "allocation" / "model.mdl"
    result = bench(model, capsys)
    assert result["failed"] == 0
    assert result["not_varied"]["wish[a,ptype]"] == "it is a switch"
    assert "asked[a]" in result["varied"]


def test_draws_that_leave_the_real_numbers_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "edge.mdl"
    path.write_text(
        "x = SQRT(limit - 1) ~~|\nlimit = 1 ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\n"
        "TIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n",
        encoding="utf-8",
    )
    assert invoke(["bench", str(path), "--draws", "100", "--json"]) == 0
    shown = capsys.readouterr()
    assert 20 < json.loads(shown.out)["failed"] < 80
    assert "draws left the real numbers; first: draw " in shown.err
    assert 'of seed 0: "x" left the real numbers at time 0, with "limit"=0.9' in shown.err


def test_constants_are_uniform_within_a_tenth_and_the_same_however_they_are_asked_for() -> None:
    draw = measure.drawing({"a": 10.0, "b": -2.0, "c": 1.0, "d": 1.0, "e": 1.0}, seed=4)
    whole = {name: np.asarray(values) for name, values in draw(0, 20_000).items()}
    assert (np.abs(whole["a"] - 10) <= 1).all()
    assert (np.abs(whole["b"] + 2) <= 0.2).all()
    assert whole["a"].mean() == pytest.approx(10, abs=0.02)
    assert whole["a"].std() == pytest.approx(2 / 12**0.5, rel=0.02)
    assert abs(np.corrcoef(whole["a"], whole["b"])[0, 1]) < 0.03
    for first, n in ((0, 1), (1, 7), (4096, 100), (19_999, 1)):
        for name, values in draw(first, n).items():
            assert np.array_equal(values, whole[name][first : first + n])
    assert not np.array_equal(measure.drawing({"a": 10.0}, seed=5)(0, 8)["a"], whole["a"][:8])


def test_what_has_no_room_for_quantiles_is_still_computed(teacup: Path) -> None:
    model = load_model(teacup)
    simulator = Simulator(model, outputs=["Temperature", "Loss"])
    found = measure.measure(
        simulator, measure.drawing({"Room": 70.0}), n_draws=4000, n_times=4, memory_bytes=8 * 4 * 3000
    )
    assert found.quantiles_of == ("Temperature",)


def test_quantiles_that_have_no_room_are_said_with_the_reason(
    teacup: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "measure", partial(measure.measure, memory_bytes=8 * 4 * 60))
    assert invoke(["bench", str(teacup), "--draws", "100", "--only", "temperature", "--only", "loss"]) == 0
    told = capsys.readouterr().err
    assert "Quantiles were kept of 0 of 2 variables: at 4 save points 64 MiB hold no more." in told


def test_the_number_of_draws_is_chosen_where_nobody_says(teacup: Path) -> None:
    simulator = Simulator(load_model(teacup), outputs=["Temperature"])
    n = measure.sensible_draws(simulator, measure.drawing({"Room": 70.0}))
    assert 100 <= n <= 1_000_000
    assert str(n).rstrip("0") in ("1", "2", "5")


def test_ctrl_c_measures_nothing_and_says_how_far_it_came(
    teacup: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Simulator.run

    def press(self: Simulator, *args: Any, **options: Any) -> Any:
        if options.get("first_draw"):
            os.kill(os.getpid(), signal.SIGINT)
        return run(self, *args, **options)

    monkeypatch.setattr(Simulator, "run", press)
    line = ["bench", str(teacup), "--draws", "20000", "--json", "--engine", "reference"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
    try:
        assert invoke(line) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "of 20,000 draws; nothing was measured" in shown.err


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--only", "Temprature"], 1, "Temperature"),
        (["--draws", "0"], 2, "--draws"),
        (["--threads", "0"], 2, "--threads"),
        (["--engine", "abacus"], 2, "--engine"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    teacup: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, text: str
) -> None:
    assert invoke(["bench", str(teacup), *options]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert text in shown.err


def test_a_hundred_thousand_draws_kept_as_quantiles_take_less_than_300_mb(tmp_path: Path) -> None:
    path = tmp_path / "five.mdl"
    stocks = "".join(f"s{i} = INTEG(rate - s{i} / {i + 2}, {i}) ~~|\n" for i in range(5))
    clock = "INITIAL TIME = 0 ~~|\nFINAL TIME = 50 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 1 ~~|\n"
    path.write_text(f"rate = 1.5 ~~|\n{stocks}{clock}", encoding="utf-8")
    command = [sys.executable, "-m", "realities", "bench", str(path), "--draws", "100000", "--json", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert (len(result["quantiles_of"]), result["save_points"], result["draws"]) == (5, 51, 100_000)
    assert 0 < result["peak_rss_mb"] < 300


def test_a_missing_file_is_code_3() -> None:
    assert invoke(["bench", "nowhere.mdl"]) == 3
