"""The views of the bundled models: everything is on one, and they are what the tool draws."""

from __future__ import annotations

from pathlib import Path

import pytest
from sketch_read import overlapping, read_sketch

import realities
from realities.errors import Findings
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.load import read_file, read_source
from realities.model.write.sketch.redraw import model_views, redrawn_text, with_views

CASES = sorted((Path(realities.__file__).parent / "cases").glob("*/model.mdl"))
NAMES = [path.parent.name for path in CASES]
CONTROLS = {"initial time", "final time", "time step", "saveper"}


def read(path: Path) -> syntax.ModelFile:
    return read_file(read_source(path), Findings())


def advice(path: Path) -> str:
    """Return how to draw a model's views anew."""
    place = path.relative_to(Path(realities.__file__).parents[2])
    return f"draw the views anew: realities convert {place} {place} --views"


@pytest.mark.parametrize("path", CASES, ids=NAMES)
def test_every_variable_is_on_a_view(path: Path) -> None:
    file = read(path)
    drawn = [
        key for sheet in read_sketch(file.display) for key, one in sheet.words.items() if not one.is_shadow
    ]
    wanted = {name_key(one.left.name) for one in file.equations if not one.is_hidden} - CONTROLS
    assert sorted(drawn) == sorted(wanted), advice(path)


@pytest.mark.parametrize("path", CASES, ids=NAMES)
def test_views_show_what_the_equations_say(path: Path) -> None:
    file = read(path)
    sheets, views = read_sketch(file.display), model_views(file)
    assert [sheet.title for sheet in sheets] == [view.title for view in views], advice(path)
    for sheet, view in zip(sheets, views, strict=True):
        assert sheet.words.keys() == view.words.keys(), advice(path)
        assert sheet.arrows == {(one.cause, one.effect, one.at_start) for one in view.arrows}, advice(path)
        ends = {(one.flow, one.source or "", False) for one in view.pipes}
        ends |= {(one.flow, one.target or "", True) for one in view.pipes}
        assert sheet.pipes == ends, advice(path)
        assert sheet.texts == [text for text in (view.heading, view.note) if text], advice(path)
        assert overlapping(sheet) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=NAMES)
def test_the_views_are_what_the_tool_draws(path: Path) -> None:
    file = read(path)
    assert redrawn_text(with_views(file)[0], file) == file.source.text, advice(path)
