from __future__ import annotations

from collections.abc import Callable

import pytest

from realities.ir.expr import Binary, Call, Number, Ref, Time, walk
from realities.ir.model import Model
from realities.ir.text import expression_text
from realities.units import parse_unit

Build = Callable[[str], Model]
Codes = Callable[[str], list[str]]


def test_names_meet_whatever_their_case_spaces_and_underscores(build: Build) -> None:
    model = build('Net_Births = "gross births" + 1 ~~| Gross Births = net_time ~~| "Net Time" = TIME ~~|')
    assert model["net births"].expression == Binary("+", Ref("Gross Births"), Number(1.0))
    assert model["gross births"].expression == Ref("Net Time")
    assert model["Net Time"].expression == Time()


def test_only_numbers_are_constants(build: Build) -> None:
    model = build("a = -3 ~~| b = 10/3 ~~| c = 2*a ~~| d == 5 ~~| e = GAME(12) ~~| f = MAX(1, 2) ~~|")
    kinds = {v.name: v.kind for v in model.variables if len(v.name) == 1}
    assert kinds == {
        "a": "constant",
        "b": "constant",
        "c": "auxiliary",
        "d": "constant",
        "e": "constant",
        "f": "auxiliary",
    }
    assert model["a"].expression == Number(-3.0)


def test_what_flows_into_a_stock_is_a_flow(build: Build) -> None:
    model = build("s = INTEG(in - (out + k*in) , 3) ~~| in = 1*Time ~~| out = s/k ~~| k = 2 ~~| rest = s ~~|")
    assert {v.name for v in model.variables if v.is_flow} == {"in", "out"}
    stock = model["s"]
    assert (stock.kind, stock.initial) == ("stock", Number(3.0))


def test_units_comments_and_groups_stay_with_every_element(build: Build) -> None:
    model = build("D: a, b ~~| x[a] = 1 ~~| x[b] = 2 ~ person/day ~ People a day. |")
    assert {v.unit for v in model.variables if v.base == "x"} == {parse_unit("person/day")}
    assert {v.doc for v in model.variables if v.base == "x"} == {"People a day."}


def test_lookups_are_read_and_may_be_subscripted(build: Build) -> None:
    model = build("D: a, b ~~| t[a]((0,0),(1,2)) ~~| t[b]((0,1),(1,3)) ~~| x[D] = t[D](Time) ~~|")
    assert model["x[b]"].expression == Call("lookup", (Time(),), "t[b]")
    assert model.lookups["t[b]"].ys == (1.0, 3.0)


def test_a_lookup_read_another_way_has_its_own_mode(build: Build) -> None:
    model = build(
        "t((0,0),(1,2)) ~~| x = LOOKUP EXTRAPOLATE(t, Time) ~~| y = LOOKUP FORWARD(t, Time) ~~|"
        "z = LOOKUP BACKWARD(t, Time) ~~| i = LOOKUP INVERT(t, 1) ~~| v = LOOKUP AREA(t, 0, Time) ~~|"
    )
    modes = {}
    for name in "xyz":
        call = model[name].expression
        assert isinstance(call, Call)
        modes[name] = model.lookups[call.table or ""].mode
    assert modes == {"x": "extrapolate", "y": "backward", "z": "discrete"}
    assert model["i"].expression == Call("vensim.lookup_invert", (Number(1.0),), "t")
    assert model["v"].expression == Call("vensim.lookup_area", (Number(0.0), Time()), "t")


def test_a_lookup_inside_an_equation_over_a_dimension_is_kept_once(build: Build) -> None:
    model = build("D: a, b ~~| y[D] = 1, 2 ~~| x[D] = WITH LOOKUP(y[D], ((0,0),(1,2))) ~~|")
    assert len(model.lookups) == 1


def test_each_random_call_has_a_site_of_its_own(build: Build) -> None:
    model = build(
        "D: a, b ~~| x[D] = RANDOM UNIFORM(0, 1, 3) ~~| y = RANDOM 0 1() + RANDOM NORMAL(0,1,0,1,2) ~~|"
    )
    expressions = [v.expression for v in model.variables if v.expression is not None]
    sites = [n.site for e in expressions for n in walk(e) if isinstance(n, Call) and "random" in n.function]
    assert sorted(sites) == [1, 2, 3, 4]


def test_control_variables_may_be_computed_and_spelled_freely(build: Build) -> None:
    model = build("x = TIME_STEP * 2 + initial_time ~~|")
    assert expression_text(model["x"].expression or Number(0)) == "TIME STEP * 2 + INITIAL TIME"
    assert model.time.save_period == "SAVEPER"
    assert model["SAVEPER"].expression == Ref("TIME STEP")


def test_a_macro_is_its_equations_with_the_arguments_in_place(build: Build) -> None:
    model = build(
        ":MACRO: FILL(inflow, start)\nFILL = INTEG(inflow - loss, start) ~~|\n"
        "loss = FILL * rate ~~|\nrate = 0.5 ~~|\n"
        ":END OF MACRO:\nx = FILL(2 + Time, y) * 3 ~~| y = 7 ~~|"
    )
    assert expression_text(model["x"].expression or Number(0)) == '"x: FILL" * 3'
    stock = model["x: FILL"]
    assert (stock.kind, stock.is_hidden, stock.initial) == ("stock", True, Ref("y"))
    assert model["x: FILL.inflow"].expression == Binary("+", Number(2.0), Time())
    assert model["x: FILL.loss"].expression == Binary("*", Ref("x: FILL"), Ref("x: FILL.rate"))


def test_macros_call_macros_and_keep_their_names_apart(build: Build) -> None:
    model = build(
        ":MACRO: TWICE(a)\nTWICE = a * k ~~|\nk = 2 ~~|\n:END OF MACRO:\n"
        ":MACRO: FOUR(a)\nFOUR = TWICE(TWICE(a)) ~~|\n:END OF MACRO:\n"
        "x = FOUR(3) + FOUR(k) ~~| k = 9 ~~|"
    )
    assert sum(v.name.endswith(".k") for v in model.variables) == 4
    assert {v.name for v in model.variables if v.base == "k"} == {"k"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = y ~~|", "unknown-name"),
        ("x = 1 ~~| X = 2 ~~|", "duplicate-name"),
        ("D: a ~~| D = 3 ~~|", "duplicate-name"),
        ("Time = 3 ~~|", "duplicate-name"),
        ("x = NO SUCH(1) ~~|", "unknown-function"),
        ("x = GET XLS DATA('a', 'b', 'c', 'd') ~~|", "missing-file"),
        ("x = DELAY CONVEYOR(1, 2, 3, 4, 5, 6) ~~|", "unsupported-function"),
        ("x = A FUNCTION OF(y) ~~| y = 1 ~~|", "incomplete-equation"),
        ("x = SIN() ~~|", "wrong-arguments"),
        ("x = SMOOTH(1) ~~|", "wrong-arguments"),
        ("x = MAX(1, 2, 3) ~~|", "wrong-arguments"),
        ("x = MIN(1) ~~|", "wrong-arguments"),
        ("x = y(3) ~~| y = 2 ~~|", "wrong-arguments"),
        ("t((0,0),(1,1)) ~~| x = t(1, 2) ~~|", "wrong-arguments"),
        ("x = 'text' + 1 ~~|", "wrong-arguments"),
        ("x = LOOKUP INVERT(y, 2) ~~| y = 1 ~~|", "wrong-arguments"),
        ("x = 3 y ~~| y = 1 ~~|", "syntax-error"),
        (":MACRO: M(a)\nM = b + a ~~|\n:END OF MACRO:\nx = M(1) ~~| b = 2 ~~|", "unknown-name"),
        (":MACRO: M(a)\nM = M(a) ~~|\n:END OF MACRO:\nx = M(1) ~~|", "cycle"),
    ],
)
def test_what_a_name_or_call_cannot_mean_is_an_error(codes: Codes, text: str, code: str) -> None:
    assert codes(text) == [code]


def test_a_problem_in_an_equation_over_a_dimension_is_told_once(codes: Codes) -> None:
    assert codes("D: (d1-d50) ~~| x[D] = nothing + 1 ~~|") == ["unknown-name"]
