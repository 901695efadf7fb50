"""Macros that an XMILE file calls and does not hold, where the Vensim model lies beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from realities.engine.reference import simulate
from realities.errors import Findings, InputError
from realities.model.load import load_model
from realities.model.xmile.elsewhere import LARGEST_FILE

CALLS = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<sim_specs><start>0</start><stop>2</stop><dt>1</dt></sim_specs>
<model><variables>
<aux name="out"><eqn>FILLED(3, 4) + 1</eqn></aux>
</variables></model>
</xmile>
"""
# What flows in is doubled by another macro: 4, then 2 * 3 more in every step; INTEGER cuts toward zero.
HOLDS = """:MACRO: TWICE(x)
TWICE = 2 * x + INTEGER(-0.5) ~~|
:END OF MACRO:
:MACRO: FILLED(inflow, first)
FILLED = INTEG(TWICE(inflow), first) ~~|
:END OF MACRO:
out = FILLED(3, 4) + 1 ~~|
"""


def test_a_macro_is_taken_from_the_model_beside_it_and_said_so(tmp_path: Path) -> None:
    (tmp_path / "m.mdl").write_text(HOLDS)
    (tmp_path / "m.xmile").write_text(CALLS)
    findings = Findings()
    run = simulate(load_model(tmp_path / "m.xmile", findings=findings))
    assert list(run.values["out"][0]) == [5.0, 11.0, 17.0]
    (told,) = [item for item in findings.items if item.code == "macro-elsewhere"]
    assert told.severity == "warning"
    assert told.message == 'this file does not define the macro "FILLED"; it is taken from m.mdl beside it'
    assert (told.span.line, told.span.column) == (4, 22)


@pytest.mark.parametrize("beside", ["", "out = 1 ~~|", ":MACRO: FILLED(x) FILLED = ~~|"])
def test_without_a_sound_macro_beside_it_the_call_is_unknown(tmp_path: Path, beside: str) -> None:
    if beside:
        (tmp_path / "m.mdl").write_text(beside)
    (tmp_path / "m.xmile").write_text(CALLS)
    with pytest.raises(InputError, match='no function, macro or lookup is named "FILLED"'):
        load_model(tmp_path / "m.xmile")


def test_a_model_beside_it_that_lies_elsewhere_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "away" / "m.mdl").write_text(HOLDS)
    (tmp_path / "here" / "m.mdl").symlink_to(tmp_path / "away" / "m.mdl")
    (tmp_path / "here" / "m.xmile").write_text(CALLS)
    with pytest.raises(InputError, match="FILLED"):
        load_model(tmp_path / "here" / "m.xmile")


def test_a_model_too_large_to_look_into_is_left_alone(tmp_path: Path) -> None:
    with (tmp_path / "m.mdl").open("w") as file:
        file.write(HOLDS)
        file.truncate(LARGEST_FILE + 1)
    (tmp_path / "m.xmile").write_text(CALLS)
    with pytest.raises(InputError, match="FILLED"):
        load_model(tmp_path / "m.xmile")
