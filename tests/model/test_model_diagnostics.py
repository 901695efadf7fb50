"""One wrong model for each diagnostic code, and the exact words a user then sees.

A folder holds the code in every language where it can come up: model.mdl with expected.txt, model.xmile
with expected_xmile.txt.
"""

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
#: Codes that a file's path, size or company brings about: test_model_load.py, test_xmile_elsewhere.py.
ELSEWHERE = IN_WRITING | {"unreadable-file", "too-long", "macro-elsewhere"}
EXPECTED = {".mdl": "expected.txt", ".xmile": "expected_xmile.txt"}
MODELS = sorted(path for path in BAD.glob("*/model.*") if path.suffix in EXPECTED)


def seen(path: Path) -> str:
    """Return what a user sees when a model is read, with the data that lie beside it."""
    source = SourceText(path.name, path.read_text(encoding="utf-8"))
    findings = Findings()
    try:
        build_model(source, data=[Path("data.csv")] if Path("data.csv").exists() else [], findings=findings)
    except InputError as error:
        return str(error) + "\n"
    return "\n\n".join(item.render() for item in findings.items) + "\n"


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}{path.suffix}")
def test_a_wrong_model_is_explained_in_these_words(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    text = seen(path)
    assert f"[{path.parent.name}]" in text
    assert text == path.with_name(EXPECTED[path.suffix]).read_text(encoding="utf-8")


def test_no_diagnostic_code_is_without_an_example() -> None:
    pattern = re.compile(r'(?:error|warning|Error|refusal)\((?:\s*\w+, )*\s*"([a-z]+-[a-z-]+|cycle)"')
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.stem != "unitcheck"
    )
    assert set(pattern.findall(text)) - ELSEWHERE == {path.parent.name for path in MODELS}
