"""`realities convert`: what is written, what is said about it, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from realities.cli import invoke
from realities.engine.reference import simulate
from realities.model.load import load_model

CORPUS = Path(__file__).parents[1] / "corpus"


def test_a_model_is_written_in_the_other_language_and_back(tmp_path: Path) -> None:
    there, back = tmp_path / "there.xmile", tmp_path / "back.mdl"
    assert invoke(["convert", str(CORPUS / "smooths" / "model.mdl"), str(there)]) == 0
    assert invoke(["convert", str(there), str(back)]) == 0
    first, second = (simulate(load_model(path)) for path in (CORPUS / "smooths" / "model.mdl", back))
    for name, values in first.values.items():
        assert values[0].tolist() == pytest.approx(second[name][0].tolist(), rel=1e-12)


def test_what_was_added_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "m.mdl"
    model.write_text("Stock = INTEG(2 * Time, 0) ~~| w = INTEGER(Time / 2) ~~|\nFINAL TIME = 3 ~~|\n")
    assert invoke(["convert", str(model), str(tmp_path / "m.xmile")]) == 0
    seen = capsys.readouterr()
    assert seen.out == f"Wrote {tmp_path / 'm.xmile'}: 3 variables.\n"
    assert '1 macro was added: "Vensim INTEGER".' in seen.err
    assert '1 variable was added: "Stock net flow".' in seen.err
    assert "warning[missing-control]" in seen.err


def test_it_is_said_which_time_settings_are_variables_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, there = tmp_path / "m.mdl", tmp_path / "m.xmile"
    clock = "INITIAL TIME = 0 ~~|\nFINAL TIME = 3 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
    model.write_text(f"x = Time ~~|\n{clock}")
    assert invoke(["convert", str(model), str(there)]) == 0
    missing = set(simulate(load_model(model)).values) - set(simulate(load_model(there)).values)
    assert missing == {"INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"}
    told = "In XMILE time settings are no variables: `simulate` will not list {}."
    assert told.format("INITIAL TIME, FINAL TIME, TIME STEP, SAVEPER") in capsys.readouterr().err
    assert invoke(["convert", str(there), str(tmp_path / "back.mdl")]) == 0
    assert "time settings" not in capsys.readouterr().err


def test_nothing_is_written_where_something_cannot_be_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = tmp_path / "m.mdl", tmp_path / "m.xmile"
    model.write_text(
        "x = LOOKUP AREA(t, 0, 1) ~~|\nt((0,0),(1,1)) ~~|\ny = 1 + GAME OF LIFE(2) ~~|\nFINAL TIME = 3 ~~|\n"
    )
    out.write_text("kept")
    assert invoke(["convert", str(model), str(out)]) == 1
    seen = capsys.readouterr().err
    assert 'm.mdl:1:5: error[no-counterpart]: "LOOKUP AREA" has no counterpart in XMILE' in seen
    assert '"GAME OF LIFE" has no counterpart in XMILE' in seen
    assert out.read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.mdl", "m.xmile"]


def test_a_model_is_never_written_over_itself(tmp_path: Path) -> None:
    model = tmp_path / "m.mdl"
    model.write_text("x = 1 ~~|\n")
    assert invoke(["convert", str(model), str(tmp_path / "." / "m.mdl")]) == 1
    assert model.read_text() == "x = 1 ~~|\n"


@pytest.mark.parametrize(
    ("out", "code", "message"),
    [
        ("net.geojson", 1, "networks are not converted yet"),
        ("model.pdf", 1, "its name ends in none of .mdl, .xmile, .stmx, .xml, .toml"),
        ("nowhere/model.mdl", 3, "there is no such folder"),
    ],
)
def test_a_name_that_cannot_be_written_is_refused(
    out: str, code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["convert", str(CORPUS / "time" / "model.mdl"), str(tmp_path / out)]) == code
    assert message in capsys.readouterr().err


def test_a_conveyor_is_refused_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = CORPUS / "conveyors" / "model.xmile"
    assert invoke(["convert", str(model), str(tmp_path / "m.mdl")]) == 1
    assert '"finish" leaves a conveyor, which has no counterpart in Vensim' in capsys.readouterr().err


def test_a_model_that_is_missing_exits_with_3(tmp_path: Path) -> None:
    assert invoke(["convert", str(tmp_path / "none.mdl"), str(tmp_path / "m.xmile")]) == 3


def test_reality_checks_are_written_as_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "m.mdl"
    check = "no workers no output :THE CONDITION: workers = 0 :IMPLIES: output = 0 ~~|\n"
    model.write_text(f"workers = 2 ~~|\noutput = 3 * workers ~~|\n{check}FINAL TIME = 3 ~~|\n")
    assert invoke(["convert", str(model), str(tmp_path / "claims.toml")]) == 0
    assert "1 claim." in capsys.readouterr().out
    assert "[[claim]]" in (tmp_path / "claims.toml").read_text()


def test_claims_that_somebody_wrote_are_never_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, claims = tmp_path / "m.mdl", tmp_path / "claims.toml"
    model.write_text("x = 2 ~~|\ntwo :THE CONDITION: :IMPLIES: x = 2 ~~|\nFINAL TIME = 3 ~~|\n")
    claims.write_text("# mine\n")
    assert invoke(["convert", str(model), str(claims)]) == 1
    assert "error[exists]" in capsys.readouterr().err
    assert claims.read_text() == "# mine\n"
