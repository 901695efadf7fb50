"""Every function of Vensim is run, or refused by name with what to do instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realities.engine.reference import simulate
from realities.errors import InputError
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.model import Model
from realities.model.load import build_model
from realities.model.vensim.language import VENSIM
from realities.source import SourceText

Build = Callable[[str], Model]

#: Names as the summary list of functions in Vensim's reference manual has them, and those of its pages on
#: data, random numbers, allocation, queues and external data.
RUN = """
    ABS, ACTIVE INITIAL, ALLOCATE AVAILABLE, ALLOCATE BY PRIORITY, ARCCOS, ARCSIN, ARCTAN, COS, COSH,
    CUMULATE, CUMULATEF, DELAY FIXED, DELAY INFORMATION, DELAY MATERIAL, DELAY N, DELAY1, DELAY1I,
    DELAY3, DELAY3I, DEMAND AT PRICE, DEPRECIATE STRAIGHTLINE, ELMCOUNT, EXP, FIND MARKET PRICE,
    FORECAST, GAME, GAMMA LN, GET DATA AT TIME, GET DATA BETWEEN TIMES, GET DATA FIRST TIME,
    GET DATA LAST TIME, GET DATA MAX, GET DATA MEAN, GET DATA MEDIAN, GET DATA MIN,
    GET DATA TOTAL POINTS, GET TIME VALUE, IF THEN ELSE, INITIAL, INTEG, INTEGER, INVERT MATRIX, LN,
    LOG, LOOKUP AREA, LOOKUP BACKWARD, LOOKUP EXTRAPOLATE, LOOKUP FORWARD, LOOKUP INVERT, LOOKUP SLOPE,
    MAX, MIN, MODULO, NPV, NPVE, POWER, PROD, PULSE, PULSE TRAIN, QUANTUM, RAMP, RANDOM 0 1,
    RANDOM BETA, RANDOM BINOMIAL, RANDOM EXPONENTIAL, RANDOM GAMMA, RANDOM LOOKUP,
    RANDOM NEGATIVE BINOMIAL, RANDOM NORMAL, RANDOM PINK NOISE, RANDOM POISSON, RANDOM TRIANGULAR,
    RANDOM UNIFORM, RANDOM WEIBULL, REINITIAL, SAMPLE IF TRUE, SIN, SINH, SMOOTH, SMOOTH N, SMOOTH3,
    SMOOTH3I, SMOOTHI, SQRT, STEP, SUM, SUPPLY AT PRICE, TAN, TANH, TIME BASE, TIME SHIFT, TREND,
    VECTOR ELM MAP, VECTOR LOOKUP, VECTOR RANK, VECTOR REORDER, VECTOR SELECT, VECTOR SORT ORDER, VMAX,
    VMIN, WITH LOOKUP, XIDZ, ZIDZ
"""
NOT_RUN = """
    ALLOC P, DELAY BATCH, DELAY CONVEYOR, DELAY PROFILE, DELAYP, DEPRECIATE BY SCHEDULE, FIND ZERO,
    GET 123 CONSTANTS, GET 123 DATA, GET 123 LOOKUPS, GET DATA STDV, GET ODBC CONSTANTS, GET ODBC DATA,
    GET ODBC LOOKUPS, GET VDF CONSTANTS, GET VDF DATA, GET VDF LOOKUPS, INTERNAL RATE OF RETURN,
    MARKETP, MESSAGE, PROPAGATE, QUEUE AGE AVERAGE, QUEUE AGE IN RANGE, QUEUE AGE OLDEST, QUEUE FIFO,
    QUEUE FIFO ATTRIB, SHIFT IF TRUE, SIMULTANEOUS, TABXL
"""
#: Named like functions in published models, where they are macros.
MACROS = ("PINK NOISE", "SAMPLE UNTIL", "SSHAPE")


def names(text: str) -> list[str]:
    return [name.strip() for name in text.replace("\n", " ").split(",")]


@pytest.mark.parametrize("name", names(RUN))
def test_a_function_of_the_manual_is_run(name: str) -> None:
    key = name.lower()
    assert key in VENSIM.simple or key in VENSIM.unfold or key in VENSIM.whole
    assert key not in VENSIM.refused


@pytest.mark.parametrize("name", [*names(NOT_RUN), *MACROS])
def test_a_function_that_is_not_run_is_refused_with_advice(build: Build, name: str) -> None:
    with pytest.raises(InputError) as error:
        build(f"x = {name}(1, 2) ~~|")
    (found,) = error.value.diagnostics
    assert (found.code, found.message) == ("unsupported-function", f"{name} is not supported")
    assert found.help


def test_no_function_is_both_run_and_refused() -> None:
    run = {*VENSIM.simple, *VENSIM.unfold, *VENSIM.whole}
    assert not run & set(VENSIM.refused)


def test_a_macro_of_the_file_comes_before_what_is_refused(build: Build) -> None:
    model = build(":MACRO: SSHAPE(x) SSHAPE = x * 2 ~~| :END OF MACRO: y = SSHAPE(3) ~~|")
    assert simulate(model)["y"][0, 0] == 6.0


@pytest.mark.parametrize(
    ("kind", "named"), [("5", "constant elasticity"), ("13", "whole numbers"), ("7", "7")]
)
def test_a_priority_curve_that_is_not_supported_is_refused_before_the_run(
    build: Build, kind: str, named: str
) -> None:
    text = (
        "D: a, b ~~| P: ptype, ppriority, pwidth, pextra ~~| wish[D] = 1, 2 ~~| shape[D, ppriority] = 1 ~~|"
        f"shape[D, ptype] = {kind} ~~| shape[D, pwidth] = 1 ~~| shape[D, pextra] = 0 ~~|"
    )
    for equation in (
        "x[D] = ALLOCATE AVAILABLE(wish[D], shape[D, ptype], 2) ~~|",
        "x[D] = DEMAND AT PRICE(wish[D], shape[D, ptype], 1) ~~|",
        "x = FIND MARKET PRICE(wish[a], shape[a, ptype], wish[a], shape[a, ptype]) ~~|",
    ):
        with pytest.raises(InputError, match=named):
            build(text + equation)


SETTINGS = "\\\\\\---/// Sketch\n///---\\\\\\\n:L<%^E!@\n37:2024\n38:1\n39:1\n40:2\n"


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("x = GET DATA MAX(y, 0, 1) ~~| y = 3 ~~|", "a data variable is expected here"),
        ("x = 1 + TIME SHIFT(y, 2) ~~| y = 3 ~~|", "it can only be the whole of an equation"),
        ("x := TIME SHIFT(y, s) ~~| s = Time ~~| y := TIME SHIFT(x, 1) ~~|", "must be defined before"),
        ("x = GET TIME VALUE(2, 0, 1) ~~|", "no run could be repeated"),
        ("x = GET TIME VALUE(0, 0, 10) ~~|", "how many seconds have elapsed"),
        ("x = GET TIME VALUE(0, 0, Time * 3 + 0.5) ~~|", "a whole number from 0 to 9"),
        ("x = GET TIME VALUE(0, 0, 1) ~~|", "do not say which date its time 0 is"),
    ],
)
def test_what_a_function_cannot_do_is_said_at_its_place(build: Build, equation: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build(equation)


def test_a_month_of_thirty_days_has_no_days_of_the_week() -> None:
    text = "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n" + SETTINGS
    year = build_model(SourceText("model.mdl", "x = GET TIME VALUE(0, 11.9, 1) ~~|" + text))
    assert simulate(year)["x"][0].tolist() == [2024.0, 2025.0]
    with pytest.raises(InputError, match="no day of the week"):
        build_model(SourceText("model.mdl", "x = GET TIME VALUE(0, 0, 5) ~~|" + text))


# -- what the same name means in other languages (Vensim's reference manual, one page for each function) -----


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("INTEGER(-2.5)", -2.0),  # "fractional part removed": toward zero; XMILE's INT goes down
        ("QUANTUM(-2.5, 1)", -2.0),
        ("QUANTUM(2.5, 0)", 2.5),  # "If B <= 0 then A is returned"
        ("QUANTUM(2.5, -1)", 2.5),
        ("MODULO(-7, 3)", -1.0),  # A - QUANTUM(A, B); XMILE's MOD has the sign of the divisor
        ("MODULO(7, -3)", 1.0),
        ("MAX(-1, :NA:)", -1.0),
        ("IF THEN ELSE(:NA: = :NA:, 1, 0)", 1.0),
        (":NA:", NOT_AVAILABLE),  # -2^109
        ("LOG(8, 2)", 3.0),
        ("-2 ^ 2", -4.0),  # a power binds closer than a sign
        ("RANDOM NORMAL(3, 3, 0, 1, 0)", 3.0),  # (least, most, mean, deviation, seed)
        ("DELAY N(5, 2, 7, 3)", 7.0),  # (input, time, initial, order)
        ("SMOOTH N(5, 2, 7, 3)", 7.0),
        ("SMOOTH(5, 2)", 5.0),  # without an initial value, that of the input
        ("DELAY3(5, 2)", 5.0),
        ("TREND(5, 2, 0.25)", 0.25),
    ],
)
def test_a_name_means_what_it_means_in_vensim(build: Build, expression: str, expected: float) -> None:
    assert simulate(build(f"x = {expression} ~~|"))["x"][0, 0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("PULSE(2, 3)", [0, 0, 1, 1, 1, 0, 0]),  # (start, width), of height 1; XMILE's has an area
        ("PULSE(2, 0)", [0, 0, 1, 0, 0, 0, 0]),  # no narrower than a time step
        ("RAMP(2, 1, 4)", [0, 0, 2, 4, 6, 6, 6]),  # (slope, start, end)
        ("RAMP(2, 4, 1)", [0, 0, 0, 0, 0, -6, -6]),  # its manual: slope * (end - start) once Time > start
        ("STEP(3, 2)", [0, 0, 3, 3, 3, 3, 3]),
        ("PULSE TRAIN(1, 1, 3, 5)", [0, 1, 0, 0, 1, 0, 0]),
    ],
)
def test_a_test_input_is_vensims(build: Build, expression: str, expected: list[float]) -> None:
    assert simulate(build(f"x = {expression} ~~|"))["x"][0].tolist()[:7] == pytest.approx(expected)


def test_a_stock_may_go_below_zero(build: Build) -> None:
    assert simulate(build("x = INTEG(-1, 2) ~~|"))["x"][0, -1] == -8.0


def test_names_do_not_mind_case_spaces_and_underscores(build: Build) -> None:
    run = simulate(build('Growth_Rate = 2 ~~| x = growth  RATE * "growth rate" ~~|'))
    assert run["x"][0, 0] == 4.0


def test_a_runge_kutta_method_in_the_settings_is_used(build: Build) -> None:
    """One step of 1 of x' = x with RK4 is 1 + 1 + 1/2 + 1/6 + 1/24; with Euler it is 2."""
    tail = "\\\\\\---/// Sketch\n///---\\\\\\\n:L<%^E!@\n15:0,0,0,5,0,0\n"
    model = build("x = INTEG(x, 1) ~~|\nFINAL TIME = 1 ~~|\nINITIAL TIME = 0 ~~|\nTIME STEP = 1 ~~|\n" + tail)
    assert simulate(model)["x"][0, 1] == pytest.approx(1 + 1 + 1 / 2 + 1 / 6 + 1 / 24)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("STPE(1, 2)", 'did you mean "STEP"?'),
        ("IF(Time > 2, 1, 0)", 'did you mean "IF THEN ELSE"?'),
        ("NOT(Time > 2)", "the operator is written with colons, :NOT:"),
        ("or(Time > 2, 1)", "the operator is written with colons, :OR:"),
    ],
)
def test_a_function_that_does_not_exist_is_told_what_was_meant(
    build: Build, expression: str, hint: str
) -> None:
    with pytest.raises(InputError) as refused:
        build(f"x = {expression} ~~|")
    [found] = [item for item in refused.value.diagnostics if item.severity == "error"]
    assert (found.code, found.help[0]) == ("unknown-function", hint)
