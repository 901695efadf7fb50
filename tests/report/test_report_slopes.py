"""Signs read off equations never contradict what the equations do."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from realities.engine.reference.functions import FUNCTIONS
from realities.ir.expr import Binary, Call, Expr, Number, Ref, Unary
from realities.ir.model import Lookup
from realities.report.causes.ranges import Range, expression_range
from realities.report.causes.slopes import EITHER, LESS, MORE, NONE, slope

A, B, C = Ref("a"), Ref("b"), Ref("c")
RANGES = {"a": Range(0.0, inf), "b": Range(0.0, 1.0), "c": Range(-inf, inf)}
RISING = Lookup("up", (0.0, 1.0, 2.0), (0.0, 1.0, 1.0))
FALLING = Lookup("down", (0.0, 1.0, 2.0), (3.0, 1.0, 0.0))
HILL = Lookup("hill", (0.0, 1.0, 2.0), (0.0, 1.0, 0.0))
TABLES = {table.name: table for table in (RISING, FALLING, HILL)}


def minus(left: Expr, right: Expr) -> Expr:
    return Binary("-", left, right)


@pytest.mark.parametrize(
    ("expr", "sign"),
    [
        (Binary("*", A, B), MORE),
        (Binary("*", A, minus(Number(1.0), B)), MORE),
        (Binary("*", A, C), EITHER),
        (Binary("/", B, A), LESS),
        (Binary("/", Unary("-", B), A), MORE),
        (minus(C, A), LESS),
        (Call("max", (Number(0.0), minus(B, A))), LESS),
        (Call("exp", (Unary("-", A),)), LESS),
        (Call("if_then_else", (Binary(">", C, B), A, Number(0.0))), MORE),
        (Call("if_then_else", (Binary(">", A, B), Number(0.0), Number(1.0))), LESS),
        (Call("if_then_else", (Binary(">", A, B), C, Number(1.0))), EITHER),
        (Binary("^", A, Number(-0.5)), LESS),
        (Binary("^", Number(0.5), A), LESS),
        (Binary("^", minus(A, C), Number(2.0)), EITHER),
        (Binary("*", Number(0.0), A), NONE),
        (Binary("=", A, Number(1.0)), EITHER),
        (Call("lookup", (A,), "up"), MORE),
        (Call("lookup", (A,), "down"), LESS),
        (Call("lookup", (A,), "hill"), EITHER),
        (Call("sin", (A,)), EITHER),
        (Call("vensim.zidz", (A, B)), MORE),
    ],
)
def test_the_sign_of_a_on_an_equation(expr: Expr, sign: int) -> None:
    assert slope(expr, "a", RANGES, TABLES) == sign


def value(expr: Expr, at: Mapping[str, float]) -> float:
    """A plain reading of an expression, apart from any engine."""
    match expr:
        case Number(value=number):
            return number
        case Ref(name=name):
            return at[name]
        case Unary(operand=operand):
            return -value(operand, at)
        case Binary(op=op, left=left, right=right):
            a, b = np.float64(value(left, at)), np.float64(value(right, at))
            if op in {"<", ">"}:
                return float(a < b if op == "<" else a > b)
            return float({"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[op](a, b))
        case Call(function=function, args=args):
            numbers = [np.float64(value(arg, at)) for arg in args]
            if function == "min":
                return float(min(numbers))
            if function == "max":
                return float(max(numbers))
            if function == "if_then_else":
                return float(numbers[1] if numbers[0] != 0 else numbers[2])
            return float(FUNCTIONS[function](*numbers))
    raise AssertionError(expr)


leaves = st.one_of(st.sampled_from([A, B, C]), st.floats(-3, 3).map(lambda v: Number(round(v, 1))))


def bigger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "<", ">"]), pairs).map(lambda t: Binary(t[0], *t[1])),
        st.tuples(st.sampled_from(["min", "max"]), pairs).map(lambda t: Call(t[0], t[1])),
        st.tuples(inner, inner, inner).map(lambda t: Call("if_then_else", t)),
        st.tuples(st.sampled_from(["exp", "abs"]), inner).map(lambda t: Call(t[0], (t[1],))),
        inner.map(lambda e: Unary("-", e)),
    )


@settings(max_examples=300, deadline=None)
@example(Unary("-", Call("exp", (Binary("/", A, Number(-0.0)),))), [(1.0, 0.0, 0.0, 0.0)])
@given(
    st.recursive(leaves, bigger, max_leaves=8),
    st.lists(
        st.tuples(st.floats(0, 5), st.floats(0, 1), st.floats(-4, 4), st.floats(0, 2)), min_size=8, max_size=8
    ),
)
def test_no_equation_moves_against_its_sign_or_leaves_its_range(
    expr: Expr, points: list[tuple[float, float, float, float]]
) -> None:
    sign, within = slope(expr, "a", RANGES, TABLES), expression_range(expr, RANGES)
    for a, b, c, further in points:
        with np.errstate(all="ignore"):
            low, high = (value(expr, {"a": x, "b": b, "c": c}) for x in (a, a + further))
        if not np.isfinite([low, high]).all():
            continue
        slack = 1e-9 * max(abs(low), abs(high), 1.0)
        assert within.low - slack <= low <= within.high + slack
        if high > low + slack:
            assert sign & MORE
        if high < low - slack:
            assert sign & LESS
