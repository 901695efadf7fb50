from __future__ import annotations

from collections.abc import Callable

import pytest

from realities.errors import InputError
from realities.ir.model import Model
from realities.model.load import build_model
from realities.source import SourceText

CONTROL = """
INITIAL TIME = 0 ~~|
FINAL TIME = 10 ~~|
TIME STEP = 1 ~~|
SAVEPER = TIME STEP ~~|
"""


def _build(text: str) -> Model:
    """Return the model of some equations, run from 0 to 10 in steps of 1."""
    return build_model(SourceText("model.mdl", text + CONTROL))


@pytest.fixture
def build() -> Callable[[str], Model]:
    return _build


@pytest.fixture
def codes() -> Callable[[str], list[str]]:
    """Return a function that gives the codes of the errors in some equations."""

    def of(text: str) -> list[str]:
        try:
            _build(text)
        except InputError as error:
            return [item.code for item in error.diagnostics if item.severity == "error"]
        return []

    return of
