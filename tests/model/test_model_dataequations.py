"""Data equations: series made of series, at the times of their data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from realities.engine.reference import simulate
from realities.errors import Findings, InputError
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.model import Model
from realities.model.load import build_model, load_model
from realities.model.write.convert import convert_model
from realities.source import SourceText

CONTROL = "\nINITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = TIME STEP ~~|\n"
NA = NOT_AVAILABLE
Make = Callable[[str], Model]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return the model of some equations, with the data y at 0, 2 and 4, and z at 0, 1 and 4."""
    path = tmp_path / "data.csv"
    path.write_text("time,y,z\n0,1,1\n1,,6\n2,3,\n4,5,10\n", encoding="utf-8")
    return lambda text: build_model(SourceText("m.mdl", f"{text}\ny ~~|\nz ~~|{CONTROL}"), data=[path])


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("x := y ~~|", [1, 2, 3, 4, 5]),
        ("x :LOOK FORWARD: := y ~~|", [1, 3, 3, 5, 5]),
        ("x :HOLD BACKWARD: := y ~~|", [1, 1, 3, 3, 5]),
        ("x :RAW: := y ~~|", [1, NA, 3, NA, 5]),
        # both are known at 0 and 4 only: 1/1 and 10/5, and the straight line between
        ("x := z / y ~~|", [1, 1.25, 1.5, 1.75, 2]),
        ("x :RAW: := z + y ~~|", [2, NA, NA, NA, 15]),
        ("x :RAW: := X IF MISSING(z + y, 100) ~~|", [2, 106, 103, NA, 15]),
        ("x :RAW: := X IF MISSING(z + y, :NA:) ~~|", [2, NA, NA, NA, 15]),
        ("x :RAW: := X IF MISSING(y, 100) ~~|", [1, NA, 3, NA, 5]),
        ("x :HOLD BACKWARD: := k * w + Time ~~|\nw := MAX(y, 2) ~~|\nk = 10 ~~|", [20, 20, 32, 32, 54]),
        ("x := 10 / (y - 1) ~~|", [5, 5, 5, 3.75, 2.5]),  # no value at 0, where it would be 10 / 0
    ],
)
def test_a_data_equation_is_worked_out_where_there_are_data(
    make: Make, equation: str, expected: list[float]
) -> None:
    assert simulate(make(equation))["x"][0].tolist() == expected


def test_elements_are_data_of_their_own(make: Make) -> None:
    model = make("D: a, b ~~|\ns[a] := y ~~|\ns[b] := z * 2 ~~|\ntotal :RAW: := SUM(s[D!]) ~~|")
    assert simulate(model)["total"][0].tolist() == [3, NA, NA, NA, 25]
    assert model["s[b]"].kind == "data"


def test_what_takes_a_run_to_know_stays_an_equation(make: Make) -> None:
    model = make("x := y + s ~~|\ns = INTEG(1, 0) ~~|")
    assert simulate(model)["x"][0].tolist() == [1, 3, 5, 7, 9]


def test_a_constant_in_it_is_settled(make: Make) -> None:
    model = make("x := k * y ~~|\nk = 2 ~~|")
    with pytest.raises(InputError):
        simulate(model, {"k": 3.0})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = X IF MISSING(y, 1) ~~|", "wrong-arguments"),
        ("x := 1 + X IF MISSING(y, 1) ~~|", "wrong-arguments"),
        ("x := X IF MISSING(y) ~~|", "wrong-arguments"),
        ("x := X IF MISSING(y, s) ~~|\ns = INTEG(1, 0) ~~|", "wrong-arguments"),
        ("x := w ~~|\nw := x + y ~~|", "cycle"),
    ],
)
def test_what_it_cannot_be_is_an_error(make: Make, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        make(text)
    assert [item.code for item in caught.value.diagnostics if item.severity == "error"] == [code]


def test_it_is_the_same_in_xmile(make: Make, tmp_path: Path) -> None:
    path, target = tmp_path / "m.mdl", tmp_path / "m.xmile"
    text = "D: a, b ~~|\ns[a] := y ~~|\ns[b] := 2 * z ~~|\nx[D] :LOOK FORWARD: := s[D] / SUM(s[D!]) ~~|"
    path.write_text(f"{text}\ny ~~|\nz ~~|{CONTROL}", encoding="utf-8")
    findings = Findings()
    convert_model(path, target, data=[tmp_path / "data.csv"], findings=findings)
    wanted, got = simulate(make(text)), simulate(load_model(target))
    for name in ("x[a]", "x[b]"):
        assert got[name][0].tolist() == wanted[name][0].tolist()
