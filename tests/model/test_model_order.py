from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realities.errors import Findings, InputError
from realities.ir.expr import Binary, Expr, Number, Ref
from realities.ir.model import Model, Variable
from realities.model.order import in_order, shortest_loop

Build = Callable[[str], Model]


def test_variables_stand_behind_what_they_need_and_else_as_in_the_file(build: Build) -> None:
    model = build("a = c + 1*Time ~~| b = 1*Time ~~| c = b ~~| d = 2*Time ~~|")
    assert [v.name for v in model.variables if len(v.name) == 1] == ["b", "c", "a", "d"]


def test_initial_values_have_an_order_of_their_own(build: Build) -> None:
    model = build("a = ACTIVE INITIAL(b, 45) ~~| b = s*1 ~~| s = INTEG(1, a) ~~|")
    order = [name for name in model.initial_order if len(name) == 1]
    assert order == ["a", "s", "b"]
    assert sorted(model.initial_order) == sorted(v.name for v in model.variables)


def test_stocks_may_stand_in_one_anothers_initial_values(build: Build) -> None:
    model = build("x = INTEG(1, y + z) ~~| y = INTEG(1, 3) ~~| z = INTEG(1, y*2) ~~|")
    assert [name for name in model.initial_order if len(name) == 1] == ["y", "z", "x"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = b ~~| b = c ~~| c = a ~~|", '"a" depends on itself through "b", "c"'),
        ("a = a + 1 ~~|", '"a" depends on itself'),
        ("s = INTEG(1, b) ~~| b = s*2 ~~|", 'the initial value of "s" depends on itself through "b"'),
        ("a = SAMPLE IF TRUE(b > 1, Time, 0) ~~| b = a ~~|", '"a" depends on itself through "b"'),
    ],
)
def test_a_loop_without_a_stock_is_spelled_out(build: Build, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(text)
    cycle = next(item for item in caught.value.diagnostics if item.code == "cycle")
    assert cycle.message == message
    assert all(" needs " in step for step in cycle.help[:-1])


def test_every_loop_that_stands_alone_is_told_and_elements_of_an_array_once(build: Build) -> None:
    text = "D: d1, d2 ~~| a = b ~~| b = a ~~| c = c + a ~~| x[D] = y[D] ~~| y[D] = x[D] ~~| z = x[d1] ~~|"
    with pytest.raises(InputError) as caught:
        build(text)
    found = [item.message for item in caught.value.diagnostics if item.code == "cycle"]
    assert found == [
        '"a" depends on itself through "b"',
        '"c" depends on itself',
        '"x[d1]" depends on itself through "y[d1]"',
    ]


def test_a_delay_or_a_stock_breaks_a_loop(build: Build) -> None:
    build("a = b ~~| b = SMOOTHI(a, 2, 1) ~~|")
    build("a = b ~~| b = DELAY FIXED(a, 2, 1) ~~|")


def _auxiliary(name: str, needs: set[str]) -> Variable:
    expression: Expr = Number(1.0)
    for other in sorted(needs):
        expression = Binary("+", expression, Ref(other))
    return Variable(name, "auxiliary", expression)


@given(st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=12))
def test_every_graph_is_either_sorted_or_shown_a_loop_of(needs: list[set[int]]) -> None:
    variables = [
        _auxiliary(f"v{i}", {f"v{j}" for j in needed if j < len(needs)}) for i, needed in enumerate(needs)
    ]
    findings = Findings()
    ordered, first = in_order(variables, findings)
    edges = {f"v{i}": {f"v{j}": None for j in needed if j < len(needs)} for i, needed in enumerate(needs)}
    if not findings.errors:
        place = {variable.name: at for at, variable in enumerate(ordered)}
        assert sorted(place) == sorted(edges) == sorted(first)
        assert all(place[other] < place[name] for name, others in edges.items() for other in others)
    else:
        loop = shortest_loop(edges, list(edges))
        assert len(set(loop)) == len(loop)
        assert all(b in edges[a] for a, b in zip(loop, [*loop[1:], loop[0]], strict=True))
