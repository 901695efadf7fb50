"""One wrong model for each diagnostic code, and the exact words a user then sees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import realities.model
from realities.errors import Findings, InputError
from realities.model.load import build_model
from realities.source import SourceText

BAD = Path(__file__).parents[1] / "bad" / "model"
SOURCES = Path(realities.model.__file__).parent
#: Codes of going from one language to the other; tests/write has them.
IN_WRITING = {"no-counterpart", "left-out", "renamed", "settled-control", "exists"}
#: Codes that a file's path or size brings about; test_model_load.py has them.
ELSEWHERE = IN_WRITING | {"unknown-format", "unreadable-file", "too-long"}


def seen(folder: Path) -> str:
    """Return what a user sees when the model of a folder is read, with the data that lie beside it."""
    source = SourceText("model.mdl", (folder / "model.mdl").read_text(encoding="utf-8"))
    findings = Findings()
    try:
        build_model(source, data=[Path("data.csv")] if Path("data.csv").exists() else [], findings=findings)
    except InputError as error:
        return str(error) + "\n"
    return "\n\n".join(item.render() for item in findings.items) + "\n"


@pytest.mark.parametrize("code", sorted(path.name for path in BAD.iterdir()))
def test_a_wrong_model_is_explained_in_these_words(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD / code)
    text = seen(BAD / code)
    assert f"[{code}]" in text
    assert text == (BAD / code / "expected.txt").read_text(encoding="utf-8")


def test_no_diagnostic_code_is_without_an_example() -> None:
    pattern = re.compile(r'(?:error|warning|Error|refusal)\((?:\s*\w+, )*\s*"([a-z]+-[a-z-]+|cycle)"')
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.stem != "unitcheck"
    )
    assert set(pattern.findall(text)) - ELSEWHERE == {path.name for path in BAD.iterdir()}
