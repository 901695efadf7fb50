"""A simulator that runs JavaScript under Node does what the others do."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from js_functions import needs_node

sys.path.insert(0, str(Path(__file__).parents[1]))

from hand_built import aux, build, call, constant, ref, stock, time

from realities import make_simulator
from realities.cli import invoke
from realities.engine.reference import Simulator
from realities.errors import InputError
from realities.ir.model import Model

TEACUP = """{UTF-8}
Temperature = INTEG(-Heat Loss, 180) ~ degree ~ |
Heat Loss = (Temperature - Room Temperature) / Characteristic Time ~ degree/Minute ~ |
Room Temperature = 70 ~ degree ~ |
Characteristic Time = 10 ~ Minute ~ |
INITIAL TIME = 0 ~ Minute ~ |
FINAL TIME = 30 ~ Minute ~ |
TIME STEP = 0.125 ~ Minute ~ |
SAVEPER = 10 ~ Minute ~ |
"""


def growing() -> Model:
    """Return a model whose stock leaves the real numbers where it grows quickly."""
    return build(
        [
            constant("a", 1.0),
            aux("noise", call("vensim.random_uniform", 0, 1, 0, site=1)),
            aux("twice", ref("a") * 2),
            aux("wave", time * 0.5),
            stock("x", ref("a") * ref("x") * ref("x"), 1.0),
        ],
        end=12.0,
    )


@needs_node
def test_times_between_steps_and_an_early_end_are_those_of_the_reference_engine() -> None:
    model, draws = growing(), {"a": np.array([0.01, 0.02, -0.1])}
    for asked in (
        {"save_times": [0.0, 0.25, 3.5, 3.75, 7.0]},
        {"final_time": 5.0},
        {"seed": 7, "first_draw": 11},
    ):
        wanted = Simulator(model).run(draws, **asked)  # type: ignore[arg-type]
        found = make_simulator(model, engine="js").run(draws, **asked)  # type: ignore[arg-type]
        assert found.times.tolist() == wanted.times.tolist()
        assert {name: values.tolist() for name, values in found.values.items()} == {
            name: values.tolist() for name, values in wanted.values.items()
        }


@needs_node
def test_the_first_failure_is_told_as_by_the_reference_engine() -> None:
    draws = {"a": np.array([0.0, 5.0, -0.1, np.nan])}
    wanted, found = (make_simulator(growing(), engine=engine).run(draws) for engine in ("reference", "js"))
    assert wanted.failed.tolist() == found.failed.tolist() == [False, True, False, True]
    assert wanted.first_failure == found.first_failure
    assert found.first_failure is not None


@needs_node
def test_outputs_at_times_of_their_own_are_those_of_the_reference_engine() -> None:
    draws, times = {"a": np.array([0.01, 5.0])}, {"x": [0.5, 2.0], "wave": [1.0, 6.25], "twice": [3.5]}
    wanted, found = (
        make_simulator(growing(), engine=engine).run_at(draws, times) for engine in ("reference", "js")
    )
    assert {name: values.tolist() for name, values in found.values.items()} == {
        name: values.tolist() for name, values in wanted.values.items()
    }
    assert found.failed.tolist() == wanted.failed.tolist()
    assert found.first_failure == wanted.first_failure


@needs_node
def test_a_value_that_nobody_asked_for_is_no_failure() -> None:
    model = build(
        [
            constant("a", 0.0),
            aux("odd", ref("a") / call("max", time - 3, 0)),
            aux("plain", time * 2),
            stock("x", 1.0, 0.0),
        ]
    )
    draws, times = {"a": np.array([1.0, 2.0])}, {"odd": [9.0], "plain": [1.0, 2.0]}
    wanted, found = (
        make_simulator(model, engine=engine).run_at(draws, times) for engine in ("reference", "js")
    )
    assert found.failed.tolist() == wanted.failed.tolist() == [False, False]


def test_adaptive_steps_are_refused() -> None:
    with pytest.raises(InputError, match="rk45 chooses its own"):
        make_simulator(growing(), engine="js", integrator="rk45")


def test_without_node_the_engine_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REALITIES_NODE", str(tmp_path / "nowhere"))
    path = tmp_path / "teacup.mdl"
    path.write_text(TEACUP)
    assert invoke(["simulate", str(path), "--engine", "js"]) == 2
    said = capsys.readouterr().err
    assert "--engine js: the model runs as JavaScript under Node, and no program named node was found" in said


@needs_node
def test_the_command_line_writes_what_the_other_engines_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "teacup.mdl"
    path.write_text(TEACUP)
    written = []
    for engine in ("js", "reference"):
        assert invoke(["simulate", str(path), "--engine", engine, "--set", "Room Temperature=60"]) == 0
        written.append(capsys.readouterr().out)
    assert written[0] == written[1]
    assert written[0].startswith("time,")
