"""The exact text a user sees for what can be wrong in a case folder: one small change each.

Every folder beside this file holds `change.toml`, what is changed in the example case, and
`expected.txt`, what is then said; `also` lists further changes. `REALITIES_GOLDEN=rewrite` writes the
expected texts anew.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from realities.case.folder import load_case
from realities.case.scaffold import STARTER
from realities.errors import InputError

HERE = Path(__file__).parent
CASE_SOURCE = STARTER.parent
FOLDERS = sorted(path.parent for path in HERE.glob("*/change.toml"))

#: Codes of the command line, the machine or the model's units, tested where they arise.
ELSEWHERE = {"unknown-case", "exists", "bad-name", "cannot-write", "too-large", "not-text", "no-time-unit"}
ELSEWHERE |= {"unit-converted"}
#: Files whose findings have folders of their own elsewhere.
NOT_HERE = ("claims.py", "predicate")


def said(folder: Path) -> str:
    """Everything that checking a case says, errors and warnings, in the order of the files."""
    try:
        case = load_case(folder)
    except InputError as problem:
        return "\n\n".join(item.render() for item in problem.diagnostics) + "\n"
    found = [*case.warnings, *(item for _, item in case.late_findings)]
    return "\n\n".join(item.render() for item in found) + "\n"


def make(change: dict[str, str]) -> None:
    """Change one file of the example case."""
    path = Path("town", change["file"])
    if "old" in change:
        text = path.read_text(encoding="utf-8")
        assert text.count(change["old"]) == 1
        path.write_text(text.replace(change["old"], change["new"]), encoding="utf-8")
    elif "new" in change:
        path.write_text(change["new"], encoding="utf-8")
    else:
        path.unlink()


@pytest.mark.parametrize("example", FOLDERS, ids=lambda path: path.name)
def test_a_mistake_is_told_in_these_words(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(STARTER, tmp_path / "town")
    monkeypatch.chdir(tmp_path)
    change = tomllib.loads((example / "change.toml").read_text(encoding="utf-8"))
    for one in (change, *change.get("also", ())):
        make(one)
    text = said(Path("town"))
    expected = example / "expected.txt"
    if os.environ.get("REALITIES_GOLDEN") == "rewrite":
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    code = example.name.partition("~")[0]
    assert f"[{code}]" in text


def test_every_code_has_its_folder() -> None:
    codes = set()
    for path in CASE_SOURCE.glob("*.py"):
        if not path.name.startswith(NOT_HERE):
            text = path.read_text(encoding="utf-8")
            codes |= set(
                re.findall(
                    r'(?:\b(?:error|warning|_unreadable)\(\s*|"(?:error|warning)", )"([a-z]+(?:-[a-z]+)*)",',
                    text,
                )
            )
    assert len(codes) > 30
    assert codes - ELSEWHERE == {path.name.partition("~")[0] for path in FOLDERS}
