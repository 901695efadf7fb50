"""`realities check` on models, in every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realities.cli import invoke

GOOD = "a = 1 ~ person ~ |\nb = 2 * a ~ person ~ |\n"
BAD = "a = 1 ~ ~ |\nb = 2 * aa + ) ~ ~ |\n"
UNKNOWN = "supply of water = 1 ~ ~ |\nb = 2 * supply of watr ~ ~ |\n"
CONTROL = (
    "INITIAL TIME = 0 ~ Day ~ |\nFINAL TIME = 1 ~ Day ~ |\nTIME STEP = 1 ~ Day ~ |\nSAVEPER = 1 ~ Day ~ |\n"
)


def model(folder: Path, text: str) -> str:
    path = folder / "m.mdl"
    path.write_text(text + CONTROL, encoding="utf-8")
    return str(path)


def test_a_good_model_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", model(tmp_path, GOOD)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("0 errors, 0 warnings.")


def test_an_unknown_name_shows_place_line_caret_and_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["check", model(tmp_path, UNKNOWN)]) == 1
    error = capsys.readouterr().err
    assert "m.mdl:2:9: error[unknown-name]: " in error
    assert 'did you mean "supply of water"?' in error
    assert "^" * len("supply of watr") in error


def test_json_is_one_object_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", "--json", model(tmp_path, BAD)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    first = found["diagnostics"][0]
    assert set(first) == {"file", "line", "column", "severity", "code", "message", "help"}
    assert first["line"] == 2


def test_github_annotations_name_file_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["check", "--format", "github", model(tmp_path, UNKNOWN)]) == 1
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("::error file=")
    assert ",line=2,col=9,title=unknown-name::" in line


def test_sarif_is_a_log_of_version_2_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", "--format", "sarif", model(tmp_path, UNKNOWN)]) == 1
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0"
    assert log["runs"][0]["results"][0]["ruleId"] == "unknown-name"


def test_a_unit_mismatch_is_only_a_warning_in_a_lone_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "a = 1 ~ person ~ |\nc = 2 ~ tonne ~ |\nb = a + c ~ person ~ |\n"
    assert invoke(["check", model(tmp_path, text)]) == 0
    captured = capsys.readouterr()
    assert "warning[unit-mismatch]" in captured.err
    assert "1 warning." in captured.out


def test_quiet_hides_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "a = 1 ~ person ~ |\nc = 2 ~ tonne ~ |\nb = a + c ~ person ~ |\n"
    assert invoke(["-q", "check", model(tmp_path, text)]) == 0
    assert "unit-mismatch" not in capsys.readouterr().err


def test_no_color_leaves_no_escape_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    invoke(["check", model(tmp_path, UNKNOWN)])
    assert "\x1b" not in capsys.readouterr().err
    monkeypatch.delenv("NO_COLOR")
    invoke(["check", model(tmp_path, UNKNOWN)])
    assert "\x1b[31m" in capsys.readouterr().err


def test_a_file_that_is_no_model_is_not_taken_for_a_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "packed.vpm"
    path.write_bytes(b"\x01\x02")
    assert invoke(["check", str(path)]) == 1
    error = capsys.readouterr().err
    assert "error[unknown-format]" in error
    assert "with the ending .mdl" in error
    assert "case" not in error
