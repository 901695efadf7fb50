"""Views that the tool draws: what stands on them, what joins it, and what is left as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from sketch_read import Sheet, overlapping, read_sketch
from write_support import CORPUS, content, read_text

from realities.cli import invoke
from realities.model import syntax
from realities.model.write.sketch.arcs import Curve, curves
from realities.model.write.sketch.cells import places
from realities.model.write.sketch.chains import pieces_of
from realities.model.write.sketch.drawing import draw
from realities.model.write.sketch.parts import MOST_WORDS
from realities.model.write.sketch.redraw import model_views, with_views
from realities.model.write.sketch.views import Pipe, View, Word

MODEL = """{UTF-8}
Place: north, south ~~|
********************************************************
	.People
********************************************************~
		Who lives where.
	|
People[Place] = INTEG(births[Place] - deaths[Place] - leaving[Place], first people) ~~|
births[Place] = People[Place]*"birth rate, a year" ~~|
deaths[north] = People[north]/life ~~|
deaths[south] = People[south]/life*strain(Fields/use) ~~|
leaving[Place] = 0.1*People[Place] ~~|
Abroad[Place] = INTEG(leaving[Place] + visits*2, 0) ~~|
"birth rate, a year" = 0.03 ~~|
life = 70 ~~|
first people = 100 ~~|
visits = STEP(1, Time) ~~|
strain((0,1),(2,3)) ~~|
unused = 1 ~~|
********************************************************
	.Land
********************************************************~
		|
Fields = INTEG(clearing, 10) ~~|
clearing = SUM(People[Place!])*use ~~|
use = 0.1 ~~|
********************************************************
	.Control
********************************************************~
		|
FINAL TIME = 10 ~~|
INITIAL TIME = 0 ~~|
TIME STEP = 1 ~~|
SAVEPER = TIME STEP ~~|
\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*View 1
///---\\\\\\
:L<%^E!@
15:0,0,0,5,0,0
22:Year,Years
"""


@pytest.fixture(scope="module")
def drawn() -> syntax.ModelFile:
    return with_views(read_text("m.mdl", MODEL)[0])[0]


@pytest.fixture(scope="module")
def sheets(drawn: syntax.ModelFile) -> list[Sheet]:
    return read_sketch(drawn.display)


def test_each_group_is_a_view_with_its_name_and_note_above(sheets: list[Sheet]) -> None:
    assert [sheet.title for sheet in sheets] == ["People", "Land"]
    assert [sheet.texts for sheet in sheets] == [["People", "Who lives where."], ["Land"]]


def test_each_variable_stands_once_where_it_belongs(sheets: list[Sheet]) -> None:
    own = [sorted(key for key, one in sheet.words.items() if not one.is_shadow) for sheet in sheets]
    rates = ["birth rate,a year", "births", "deaths", "leaving"]
    assert own[0] == sorted(
        [*rates, "abroad", "first people", "life", "people", "strain", "unused", "visits"]
    )
    assert own[1] == ["clearing", "fields", "use"]


def test_what_belongs_elsewhere_is_a_shadow_that_nothing_acts_on(sheets: list[Sheet]) -> None:
    shadows = [{key for key, one in sheet.words.items() if one.is_shadow} for sheet in sheets]
    assert shadows == [{"fields", "use", "time"}, {"people"}]
    for sheet, keys in zip(sheets, shadows, strict=True):
        assert not {effect for _, effect, _ in sheet.arrows} & keys


def test_a_sum_of_named_rates_has_pipes_and_what_else_acts_an_arrow(sheets: list[Sheet]) -> None:
    people, land = sheets
    assert {key for key, one in people.words.items() if one.is_box} == {"people", "abroad"}
    assert people.pipes == {
        ("births", "people", True),
        ("births", "", False),
        ("deaths", "people", False),
        ("deaths", "", True),
        ("leaving", "people", False),
        ("leaving", "abroad", True),
    }
    assert ("visits", "abroad", False) in people.arrows
    assert land.pipes == {("clearing", "fields", True), ("clearing", "", False)}
    assert ("births", "people", False) not in people.arrows


def test_what_counts_at_the_start_alone_is_marked(sheets: list[Sheet]) -> None:
    marked = {(cause, effect) for sheet in sheets for cause, effect, at_start in sheet.arrows if at_start}
    assert marked == {("first people", "people")}


def test_nothing_stands_on_anything_else(sheets: list[Sheet]) -> None:
    assert [overlapping(sheet) for sheet in sheets] == [[], []]


def test_the_settings_behind_the_drawing_stay(drawn: syntax.ModelFile) -> None:
    assert drawn.display.endswith("\n///---\\\\\\\n:L<%^E!@\n15:0,0,0,5,0,0\n22:Year,Years\n")
    bare = read_text("m.mdl", "x = 1 ~~|\n")[0]
    assert with_views(bare)[0].display.endswith("\n:L\x7f<%^E!@\n15:0,0,0,0,0,0\n")


def test_a_flow_past_a_stock_runs_above_and_turns_down() -> None:
    words = {key: Word(key, "stock") for key in "abc"} | {key: Word(key, "flow") for key in "fgh"}
    pipes = (Pipe("f", "a", "b"), Pipe("g", "b", "c"), Pipe("h", "c", "a"))
    drawing = draw(View("v", "", "", words, pipes, ()))
    named = {one.text: one for one in drawing.shapes if one.text}
    assert named["a"].x < named["f"].x < named["b"].x < named["g"].x < named["c"].x
    ends = {line.end: line for line in drawing.lines if drawing.shapes[line.start].y < named["a"].y}
    into, out_of = (ends[drawing.shapes.index(named[key])] for key in "ac")
    assert (into.kind, out_of.kind) == ("into", "out of")
    assert (into.x, out_of.x) == (named["a"].x, named["c"].x)


def test_a_large_group_gets_two_views_cut_where_little_runs_across() -> None:
    n = MOST_WORDS * 2 // 3
    halves = [
        "".join(f"{half}{i} = {half}{i - 1}*2 ~~|\n" for i in range(1, n)) + f"{half}0 = 1 ~~|\n"
        for half in "xy"
    ]
    file = read_text("m.mdl", "".join(halves) + "last = x3 + y3 ~~|\n")[0]
    views = model_views(file)
    assert [view.title for view in views] == ["View 1 1", "View 1 2"]
    shadows = [key for view in views for key, word in view.words.items() if word.kind == "shadow"]
    assert len(shadows) == 1


def test_pieces_never_share_a_cell_and_joined_ones_are_near() -> None:
    words = {str(i): Word(str(i), "word") for i in range(9)}
    pieces = pieces_of(View("v", "", "", words, (), ()))
    chain = [(str(i), str(i + 1)) for i in range(8)]
    _, cells = places(pieces, chain, in_haste=True)[0]
    assert len(set(cells)) == 9
    at = {key: cell for piece, cell in zip(pieces, cells, strict=True) for key in piece.cells}
    assert all(abs(at[a][0] - at[b][0]) <= 1 and abs(at[a][1] - at[b][1]) <= 1 for a, b in chain)


def test_an_arrow_bends_around_what_is_in_its_way() -> None:
    ends = (0, 0, 20, 10), (400, 0, 20, 10)
    _, plain = curves([Curve(*ends)], list(ends), [])
    assert plain == [(200, 48)]
    cost, around = curves([Curve(*ends)], [*ends, (200, 40, 60, 20)], [])
    assert around[0][1] < 0
    assert cost == 0


def test_a_models_drawing_is_replaced_and_not_a_letter_of_its_equations(
    drawn: syntax.ModelFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.mdl"
    model.write_text(MODEL, encoding="utf-8")
    assert invoke(["convert", str(model), str(model), "--views"]) == 0
    assert capsys.readouterr().out == f"Wrote {model}: 14 variables, 2 views.\n"
    text, marker = model.read_text(encoding="utf-8"), "\\\\\\---///"
    assert text[: text.index(marker)] == MODEL[: MODEL.index(marker)]
    assert text[text.index(marker) :] == drawn.display  # a model has one drawing
    assert content(read_text("m.mdl", text)[0]) == content(read_text("m.mdl", MODEL)[0])


def test_without_the_option_the_drawing_of_a_vensim_model_stays(tmp_path: Path) -> None:
    model, out = tmp_path / "m.mdl", tmp_path / "out.mdl"
    model.write_text(MODEL, encoding="utf-8")
    assert invoke(["convert", str(model), str(out)]) == 0
    assert out.read_text(encoding="utf-8").endswith(MODEL[MODEL.index("\\\\\\---///") :])


def test_views_are_refused_where_no_vensim_model_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.mdl"
    model.write_text(MODEL, encoding="utf-8")
    assert invoke(["convert", str(model), str(tmp_path / "m.xmile"), "--views"]) == 1
    assert "views are drawn in .mdl files only" in capsys.readouterr().err


def test_a_model_from_xmile_is_drawn_module_by_module(tmp_path: Path) -> None:
    out = tmp_path / "out.mdl"
    assert invoke(["convert", str(CORPUS / "modules" / "model.xmile"), str(out)]) == 0
    sheets = read_sketch(out.read_text(encoding="utf-8"))
    assert {sheet.title for sheet in sheets} >= {"View 1", "plant"}
    plant = next(sheet for sheet in sheets if sheet.title == "plant")
    assert ("plant.filling", "plant.level", True) in plant.pipes
