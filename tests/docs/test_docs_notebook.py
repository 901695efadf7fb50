"""The page on notebooks says what the code does: its Python runs as written, its names are there."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import realities
from realities.case.folder import Case
from realities.cli import invoke

PAGE = Path(__file__).parents[2] / "docs" / "explain" / "notebook.md"


def test_the_python_of_the_page_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke(["-q", "new", "my-case"]) == 0
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert failed == 0
    assert tried == 26


def test_every_call_it_names_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(hasattr(Case, name) for name in re.findall(r"\bcase\.(simulate|weigh|run|report)\b", text))
    assert set(re.findall(r"\brealities\.([a-z_]+)\b", text)) - {"figures"} <= set(realities.__all__)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (PAGE.parent / link).exists(), link
