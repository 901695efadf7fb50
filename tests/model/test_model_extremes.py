"""Texts that no modeller writes are answered too: quickly, in words, at a place."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from realities.engine.reference import simulate
from realities.errors import Findings, InputError
from realities.ir.model import Model
from realities.model.load import build_model
from realities.model.syntax import Points
from realities.model.vensim.read import read_vensim
from realities.source import SourceText

#: Seconds of processor time within which each must be answered; most take a tenth of it.
QUICK = 5.0


def answer(text: str) -> list[tuple[str, int, int]]:
    """Return code, line and column of what is wrong with a text; fail when that takes long."""
    started = time.process_time()
    try:
        build_model(SourceText("m.mdl", text))
        found = []
    except InputError as problem:
        found = [(item.code, item.span.line, item.span.column) for item in problem.diagnostics]
    assert time.process_time() - started < QUICK
    return found


def test_ten_thousand_parentheses_around_a_number_are_that_number(build: Callable[[str], Model]) -> None:
    model = build("a = " + "(" * 10_000 + "7" + ")" * 10_000 + " ~ ~ |\n")
    assert simulate(model)["a"].item(0) == 7.0


# The place is that of the 151st level: of functions the 152nd name, of powers the 151st base.
@pytest.mark.parametrize(
    ("right", "code", "column"),
    [
        ("(" * 10_000, "syntax-error", 10_004),
        ("(" * 10_000 + "1", "syntax-error", 10_004),
        ("ABS(" * 10_000 + "1" + ")" * 10_000, "too-deep", 609),
        ("-" * 10_000 + "1", "too-deep", 156),
        ("1*" * 10_000 + "1", "too-deep", 5),
        ("1^" * 10_000 + "1", "too-deep", 305),
        (":NOT: " * 10_000 + "1", "too-deep", 911),
    ],
    ids=["never closed", "closed nowhere", "functions", "signs", "products", "powers", "negations"],
)
def test_deep_nesting_is_refused_where_it_is(right: str, code: str, column: int) -> None:
    assert answer(f"a = {right} ~ ~ |\n") == [(code, 1, column)]


def test_a_line_of_ten_megabytes_is_refused_where_it_begins() -> None:
    assert answer("b = 1 ~ ~ |\na = " + "1+" * 5_000_000 + "1 ~ ~ |\n") == [("too-long", 2, 1)]
    assert answer("b = 1 ~ ~ |\n" + "a" * 10_000_000 + " = 1 ~ ~ |\n") == [("too-long", 2, 1)]


def test_a_comment_of_ten_megabytes_is_read() -> None:
    assert answer("a = 1 ~ ~ " + "x" * 10_000_000 + " |\n") == []


def test_a_sum_of_many_numbers_is_a_constant(build: Callable[[str], Model]) -> None:
    model = build("a = " + "+".join(["2"] * 3000) + " - 1 ~ ~ |\n")
    assert model["a"].kind == "constant"
    assert simulate(model)["a"].item(0) == 5999.0


def test_plain_points_and_computed_looking_ones_read_the_same() -> None:
    plain = "a([(0,-1)-(10,2.5),(3,3)], (0,-1),( .5 , +2. ),(1e1,2.5E-1)) ~ ~ |\n"
    spelled = "a([(0,-1)-(10,2.5),(3,3)], (0,-(1)),( .5 , +2. ),(1e1,2.5E-1)) ~ ~ |\n"
    trees = [read_vensim(SourceText("m.mdl", text), Findings()) for text in (plain, spelled)]
    found = [tree.equations[0].right for tree in trees]
    assert found[0] == found[1] == Points((0.0, 0.5, 10.0), (-1.0, 2.0, 0.25))


def test_a_point_too_large_for_a_number_is_refused() -> None:
    assert answer("a((0,1),(1,1e999)) ~ ~ |\n") == [("bad-number", 1, 2)]


def test_an_array_over_an_unknown_dimension_is_explained_where_it_is_declared() -> None:
    text = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
    <header><vendor>v</vendor><product version="1" lang="en">p</product></header>
    <sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>
    <dimensions><dim name="Town" size="2"/></dimensions>
    <model><variables>
    <aux name="a"><dimensions><dim name="Twon"/></dimensions><eqn>1</eqn></aux>
    <aux name="b"><eqn>a[1] + 1</eqn></aux>
    </variables></model></xmile>"""
    with pytest.raises(InputError) as caught:
        build_model(SourceText("m.xmile", text))
    found = [(item.code, item.span.line) for item in caught.value.diagnostics]
    assert found == [("unknown-subscript", 6)]
