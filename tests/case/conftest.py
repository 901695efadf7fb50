"""A small case folder to break: the example that `realities new` writes, in a place of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from realities.case.scaffold import STARTER

Edit = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example as a folder `town` in an empty working directory; messages call it by that name."""
    shutil.copytree(STARTER, tmp_path / "town")
    monkeypatch.chdir(tmp_path)
    return Path("town")


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace a text, which must be there once, in one file of the folder; return the folder."""

    def replace(relative: str, old: str, new: str) -> Path:
        path = folder / relative
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {relative}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return replace
