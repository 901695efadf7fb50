"""XMILE's functions that hold state, against closed forms; sections are those of XMILE 1.0 (OASIS, 2015)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from xmile_model import aux, build, errors, flow, over_time, run, stock

from realities.engine.reference import simulate
from realities.errors import Findings


def test_rk4_in_a_file_is_honoured() -> None:
    # One step of 1 of x' = x: 1 + 1 + 1/2 + 1/6 + 1/24 (3.4.1); Euler's method gives 2.
    found = run(stock("x", "1", "grow"), flow("grow", "x"), stop=1, method="rk4")
    assert found["x"][1] == pytest.approx(65 / 24, rel=1e-15)
    assert run(stock("x", "1", "grow"), flow("grow", "x"), stop=1)["x"][1] == 2.0


# -- smooths and delays, 3.5.3 ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "order"),
    [
        ("SMTH1(input, 4)", 1),
        ("SMTH3(input, 4)", 3),
        ("SMTHN(input, 4, 5)", 5),
        ("SMTHN(input, 4, 5, 0)", 5),
        ("DELAY1(input, 4)", 1),
        ("DELAY3(input, 4, 0)", 3),
        ("DELAYN(input, 4, 5)", 5),
        ("DELAYN(input, 4, n, 0)", 5),
    ],
)
def test_a_smooth_and_a_delay_follow_the_erlang_curve(function: str, order: int) -> None:
    # The answer to a unit step of n stages of time T/n each: 1 less the tail of n - 1 events of a Poisson.
    model = build(aux("x", function), aux("input", "STEP(1, 0.002)"), aux("n", "2 + 3"), dt=0.002)
    found = simulate(model, save_times=np.arange(11.0))
    rate = order / 4
    for time, value in zip(found.times, found["x"][0], strict=True):
        tail = sum((rate * time) ** k / math.factorial(k) for k in range(order)) * math.exp(-rate * time)
        assert value == pytest.approx(1 - tail, abs=2e-3)


@pytest.mark.parametrize("function", ["SMTH1", "SMTH3", "DELAY1", "DELAY3", "DELAY"])
def test_an_initial_value_that_is_left_out_is_the_inputs_own(function: str) -> None:
    assert over_time(f"{function}(y, 4)", aux("y", "7"), stop=3) == pytest.approx([7, 7, 7, 7])
    assert over_time(f"{function}(y, 4, 1)", aux("y", "7"))[0] == pytest.approx(1.0)


@pytest.mark.parametrize("function", ["SMTHN", "DELAYN"])
def test_the_order_comes_before_the_initial_value(function: str) -> None:
    # DELAYN(input, delay time, n[, initial]); Vensim's DELAY N has the initial value before the order.
    found = run(aux("x", f"{function}(y, 4, 2, 9)"), aux("y", "7"))
    assert found["x"][0] == pytest.approx(9.0)
    names = [variable.name for variable in build(aux("x", f"{function}(y, 4, 2, 9)"), aux("y", "7")).stocks]
    assert names == [f"x: {function} stage 1", f"x: {function} stage 2"]


def test_an_order_that_takes_a_run_to_know_is_refused() -> None:
    found = errors(aux("x", "SMTHN(y, 4, TIME)"), aux("y", "2"))
    assert [code for code, _ in found] == ["wrong-arguments"]


def test_a_delay_keeps_what_flows() -> None:
    found = run(
        aux("out", "DELAY3(in, 3)"),
        aux("in", "PULSE(10, 1)"),
        stock("gone", "0", "leaving"),
        flow("leaving", "out"),
        stop=60,
    )
    assert found["gone"][-1] == pytest.approx(10.0)


def test_a_fixed_delay_is_its_input_of_then() -> None:
    # "infinite-order material delay of the input for the requested fixed time"
    assert over_time("DELAY(TIME, 3)", stop=6) == [0, 0, 0, 0, 1, 2, 3]
    assert over_time("DELAY(TIME, 3, -5)", stop=6) == [-5, -5, -5, 0, 1, 2, 3]
    assert over_time("1 + DELAY(TIME*2, 1)", stop=3) == [1, 1, 3, 5]


# -- trends, 3.5.3 ---------------------------------------------------------------------------------------


def test_a_trend_finds_the_rate_of_growth() -> None:
    # Of an input e^(g t) the average grows alike: (u - a) / (a T) = g once the start is forgotten.
    found = over_time("TREND(y, 2)", aux("y", "EXP(0.1*TIME)"), stop=40, dt=0.01)
    assert found[0] == 0.0
    assert found[-1] == pytest.approx(0.1, rel=1e-3)


def test_a_trend_begins_as_it_is_told() -> None:
    found = over_time("TREND(y, 2, 0.1)", aux("y", "EXP(0.1*TIME)"), stop=10, dt=0.01)
    assert found == pytest.approx([0.1] * len(found), rel=2e-3)


def test_a_forecast_extends_the_trend() -> None:
    # FORCST(input, averaging time, horizon[, initial trend]) = input * (1 + trend * horizon).
    about = (aux("y", "EXP(0.1*TIME)"), aux("t", "TREND(y, 2, 0.1)"), aux("f", "FORCST(y, 2, 5, 0.1)"))
    found = run(*about, stop=10, dt=0.125)
    assert found["f"] == pytest.approx(found["y"] * (1 + found["t"] * 5))
    assert over_time("FORCST(y, 2, 5)", aux("y", "3"), stop=2) == pytest.approx([3, 3, 3])


# -- values of another time, 3.5.6 -----------------------------------------------------------------------


def test_previous_is_the_value_of_the_last_step() -> None:
    # "PREVIOUS(price, 0) returns the value of price in the last DT, or zero in the first DT"
    assert over_time("PREVIOUS(TIME, -1)", stop=1, dt=0.25) == [-1, 0, 0.25, 0.5, 0.75]


def test_self_is_the_variable_itself() -> None:
    # "PREVIOUS(SELF, 0) retains our previous value in the next DT"
    assert over_time("PREVIOUS(SELF, 5) + 2", stop=3) == [7, 9, 11, 13]
    assert over_time("MAX(PREVIOUS(SELF, 0), 3 - ABS(TIME - 3))", stop=6) == [0, 1, 2, 3, 3, 3, 3]


def test_self_is_each_element_of_an_array() -> None:
    found = run(
        aux("x", "PREVIOUS(SELF, 0) + D", '<dimensions><dim name="D"/></dimensions>'),
        dimensions='<dim name="D" size="2"/>',
        stop=2,
    )
    assert found["x[1]"].tolist() == [1, 2, 3]
    assert found["x[2]"].tolist() == [2, 4, 6]


def test_init_is_the_value_at_the_start() -> None:
    assert over_time("INIT(y) + TIME", aux("y", "3 + TIME"), start=2, stop=4) == [7, 8, 9]
    assert over_time("INIT(TIME*2)", start=2, stop=4) == [4, 4, 4]


def test_a_name_that_xmile_does_not_have_keeps_vensims_meaning() -> None:
    found = over_time("SAMPLE_IF_TRUE(TIME = 2, TIME*10, 5)", stop=4)
    assert found == [5, 5, 20, 20, 20]
    assert over_time("SMOOTHI(y, 2, 4)", aux("y", "0"), stop=2) == [4, 2, 1]


def test_a_delay_shorter_than_a_time_step_takes_one_and_that_is_said() -> None:
    findings = Findings()
    model = build(aux("x", "DELAY(TIME, 0)"), aux("y", "DELAY(TIME, 1)"), findings=findings, stop=2)
    assert simulate(model).values["x"][0].tolist() == [0, 0, 1]
    assert [(one.code, one.message) for one in findings.warnings] == [
        ("short-delay", "a delay of 0 is shorter than a time step of 1: it takes one step")
    ]
