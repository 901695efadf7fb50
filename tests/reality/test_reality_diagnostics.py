"""One wrong model for each code that only a check brings about, and the exact words a user then sees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from realities.cli.check import inspect

BAD = Path(__file__).parents[1] / "bad" / "check"


@pytest.mark.parametrize("code", sorted(path.name for path in BAD.iterdir()))
def test_a_wrong_check_is_explained_in_these_words(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD / code)
    seen = inspect("model.mdl")
    text = "\n\n".join(item.render() for item in seen.found) + "\n"
    if os.environ.get("REALITIES_GOLDEN") == "rewrite":
        Path("expected.txt").write_text(text, encoding="utf-8")
    assert f"warning[{code}]" in text and seen.exit_code == 0
    assert text == Path("expected.txt").read_text(encoding="utf-8")
