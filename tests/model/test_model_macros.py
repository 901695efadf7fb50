"""Macros of Vensim: what goes in, what comes out, and what a name inside one means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from realities.engine.reference import simulate
from realities.ir.model import Model

Build = Callable[[str], Model]
Codes = Callable[[str], list[str]]

#: Two outputs besides its own value: the quotient of two numbers, and what is left.
DIVIDE = (
    ":MACRO: DIVIDE(a, b : whole, rest)\n"
    "DIVIDE = a / b ~~|\n"
    "whole = INTEGER(DIVIDE) ~~|\n"
    "rest = a - whole * b ~~|\n"
    ":END OF MACRO:\n"
)


def last(model: Model, name: str) -> float:
    """Return the value of a variable at the end of a run."""
    return float(simulate(model)[name][0, -1])


def test_a_call_defines_the_variables_it_names_for_the_outputs(build: Build) -> None:
    model = build(f"{DIVIDE}x = DIVIDE(17, 5 : y, z) ~~|\nw = y + z / 10 ~~|")
    assert [last(model, name) for name in "xyzw"] == [3.4, 3.0, 2.0, 3.2]


def test_outputs_are_shared_by_the_elements_of_a_dimension(build: Build) -> None:
    model = build(f"{DIVIDE}D: a, b ~~|\nn[D] = 17, 29 ~~|\nx[D] = DIVIDE(n[D], 5 : y[D], z[D]) ~~|")
    assert [last(model, f"{name}[{one}]") for name in "yz" for one in "ab"] == [3.0, 5.0, 2.0, 4.0]


def test_outputs_may_be_left_out(build: Build) -> None:
    assert last(build(f"{DIVIDE}x = DIVIDE(17, 5) ~~|"), "x") == 3.4


def test_an_empty_equation_only_describes_an_output(build: Build) -> None:
    model = build(f"{DIVIDE}x = DIVIDE(17, 5 : y, z) ~~|\ny ~person~how many~|")
    assert str(model["y"].unit) == "person"
    assert model["y"].doc == "how many"


def test_a_macro_uses_the_outputs_of_another(build: Build) -> None:
    text = ":MACRO: DIGITS(n)\nDIGITS = tens + ones ~~|\nt = DIVIDE(n, 10 : tens, ones) ~~|\n:END OF MACRO:\n"
    assert last(build(f"{DIVIDE}{text}x = DIGITS(47) ~~|"), "x") == 11.0


def test_a_macro_holds_stocks_of_its_own_in_every_call(build: Build) -> None:
    text = ":MACRO: FILL(rate)\nFILL = INTEG(rate, start) ~~|\nstart = 2 * rate ~~|\n:END OF MACRO:\n"
    model = build(f"{text}x = FILL(1) + FILL(10) ~~|")
    assert last(model, "x") == (2 + 10) + (20 + 100)


def test_a_lookup_goes_into_a_macro_and_on_into_another(build: Build) -> None:
    text = (
        ":MACRO: READ(t, x)\nREAD = t(x) ~~|\n:END OF MACRO:\n"
        ":MACRO: TWICE(t, x)\nTWICE = 2 * READ(t, x) ~~|\n:END OF MACRO:\n"
        "table((0,0),(10,100)) ~~|\n"
        "x = TWICE(table, 3) ~~|\ny = READ(((0,1),(1,5)), 0.5) ~~|"
    )
    model = build(text)
    assert (last(model, "x"), last(model, "y")) == (60.0, 3.0)


def test_a_dollar_reaches_out_into_the_model(build: Build) -> None:
    text = (
        ":MACRO: M(a)\nM = a * k$ + table$(a) + TIME STEP$ + Time$ - Time ~~|\n:END OF MACRO:\n"
        "k = 7 ~~|\ntable((0,0),(10,100)) ~~|\nx = M(2) ~~|"
    )
    assert last(build(text), "x") == 14.0 + 20.0 + 1.0


def test_the_order_of_a_delay_goes_through_a_macro(build: Build) -> None:
    text = ":MACRO: LATE(x, n)\nLATE = DELAY N(x, 2, 0, n) ~~|\n:END OF MACRO:\nn = 0 ~~|\n"
    model = build(f"{text}x = LATE(1, MAX(1, n)) ~~|")
    assert [last(model, "x")] == pytest.approx([1 - 0.5**10])  # order 1: Euler's x' = (1 - x) / 2 from 0


def test_a_sample_compares_with_what_it_has_kept(build: Build) -> None:
    # the peak of 3, 4, ..., 8, then down: |5 - t| falls from 5 to 0 and rises again to 5
    text = ":MACRO: LEAST(x)\nLEAST = SAMPLE IF TRUE(x < LEAST, x, x) ~~|\n:END OF MACRO:\n"
    model = build(f"{text}x = ABS(5 - Time) ~~|\ny = LEAST(x) ~~|")
    run = simulate(model)
    x = run["x"][0]
    np.testing.assert_array_equal(run["y"][0], np.minimum.accumulate(x))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{DIVIDE}x = DIVIDE(17, 5 : y) ~~|", "wrong-arguments"),
        (f"{DIVIDE}x = DIVIDE(17, 5 : y, 2) ~~|", "wrong-arguments"),
        (f"{DIVIDE}x = DIVIDE(17, 5 : y, z) ~~|\ny = 3 ~~|", "duplicate-name"),
        ("x = SIN(1 : y) ~~|", "wrong-arguments"),
        (
            ":MACRO: M(a)\nM = a ~~|\n:END OF MACRO:\n:MACRO: m(b)\nm = b ~~|\n:END OF MACRO:\nx = 1 ~~|",
            "duplicate-name",
        ),
        (":MACRO: M(a)\nM = a ~~|\na = 2 ~~|\n:END OF MACRO:\nx = 1 ~~|", "duplicate-name"),
        (":MACRO: M(a)\nM = a ~~|\nb = 2 ~~|\nb = 3 ~~|\n:END OF MACRO:\nx = 1 ~~|", "duplicate-name"),
        (":MACRO: M(a : b)\nM = a ~~|\n:END OF MACRO:\nx = 1 ~~|", "incomplete-equation"),
        (":MACRO: M(a)\nb = a ~~|\n:END OF MACRO:\nx = 1 ~~|", "incomplete-equation"),
        (
            "D: p, q ~~|\n:MACRO: M(a)\nM = SUM(b[D!]) ~~|\nb[D] = a ~~|\n:END OF MACRO:\nx = 1 ~~|",
            "wrong-subscripts",
        ),
        (
            "D: p, q ~~|\n:MACRO: M(a)\nM = a[p] ~~|\n:END OF MACRO:\nv[D] = 1 ~~|\nx = M(v[p]) ~~|",
            "wrong-subscripts",
        ),
        (":MACRO: M(a)\nM = t(a) ~~|\n:END OF MACRO:\nt((0,0),(1,1)) ~~|\nx = M(1) ~~|", "unknown-function"),
        (
            ":MACRO: M(a)\nM = N(a) ~~|\n:END OF MACRO:\n:MACRO: N(a)\nN = M(a) ~~|\n:END OF MACRO:\n"
            "x = M(1) ~~|",
            "cycle",
        ),
        (":MACRO: M(a, A)\nM = a ~~|\n:END OF MACRO:\nx = M(1, 2) ~~|", "duplicate-name"),
        ("x = 1 ~~|\n:END OF MACRO:\n", "syntax-error"),
        (":MACRO: M(a)\nM = a ~~|\nx = 1 ~~|", "syntax-error"),
    ],
)
def test_what_a_macro_cannot_be_is_an_error(codes: Codes, text: str, code: str) -> None:
    assert codes(text) == [code]


def test_an_output_that_a_macro_does_not_define_is_an_error_where_it_is_called(codes: Codes) -> None:
    macro = ":MACRO: M(a : b)\nM = a ~~|\n:END OF MACRO:\n"
    assert codes(macro + "x = M(1 : y) ~~|") == ["incomplete-equation"]
