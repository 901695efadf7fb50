"""The page on speed says what the code does: its Python runs, its keys and files are those there are."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path

import pytest

from realities.cli import invoke

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explain" / "speed.md"
TEACUP = """{UTF-8}
Temperature = INTEG((Room - Temperature) / Time Constant, 180) ~ ~ |
Room = 70 ~ ~ |
Time Constant = 10 ~ ~ |
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 30 ~ ~ |
TIME STEP = 0.125 ~ ~ |
SAVEPER = 10 ~ ~ |
"""


@pytest.fixture
def teacup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "teacup.mdl"
    path.write_text(TEACUP, encoding="utf-8")
    return path


@pytest.mark.usefixtures("teacup")
def test_the_python_of_the_page_runs_as_written() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert failed == 0
    assert tried == 9


def test_every_key_of_bench_is_explained(teacup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["bench", str(teacup), "--json", "--draws", "8"]) == 0
    explained = set(re.findall(r"`(\w+)`", PAGE.read_text(encoding="utf-8")))
    assert set(json.loads(capsys.readouterr().out)) - {"schema"} <= explained


def test_every_measurement_it_names_is_there() -> None:
    for name in re.findall(r"python (bench/\w+\.py)", PAGE.read_text(encoding="utf-8")):
        assert (ROOT / name).is_file(), name
