"""Delays and smooths, unfolded: their structure here, their numbers against closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from realities.engine.reference import Event, simulate
from realities.errors import InputError
from realities.ir.expr import Number, Ref
from realities.ir.model import Model
from realities.ir.text import expression_text

Build = Callable[[str], Model]


def test_a_smooth_is_a_stock_that_closes_the_gap(build: Build) -> None:
    model = build("x = SMOOTH(in, 4) ~~| in = Time ~~|")
    stock = model["x: SMOOTH"]
    assert (stock.kind, stock.is_hidden, stock.initial) == ("stock", True, Ref("in"))
    assert expression_text(stock.expression or Number(0)) == '(in - "x: SMOOTH") / 4'
    assert model["x"].expression == Ref("x: SMOOTH")


def test_a_third_order_delay_keeps_what_flows(build: Build) -> None:
    run = simulate(
        build(
            "out = DELAY3(in, 3) ~~| in = PULSE(2, 1) * 5 ~~| gone = INTEG(out, 0) ~~|"
            "under way = INTEG(in - out, 0) ~~|"
        )
    )
    total = run["gone"][0] + run["under way"][0]
    assert total[-1] == pytest.approx(5.0)
    assert run["out"][0][:4] == pytest.approx([0.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("function", "order"), [("SMOOTH N(step, 5, 0, 5)", 5), ("DELAY N(step, 5, 0, 5)", 5)]
)
def test_a_smooth_and_a_delay_of_order_n_follow_the_erlang_curve(
    build: Build, function: str, order: int
) -> None:
    text = f"x = {function} ~~| step = STEP(1, 0) ~~|"
    run = simulate(build(text), {"TIME STEP": 0.002}, save_times=np.arange(11.0))
    rate = order / 5
    for time, value in zip(run.times, run["x"][0], strict=True):
        tail = sum((rate * time) ** k / math.factorial(k) for k in range(order)) * math.exp(-rate * time)
        assert value == pytest.approx(1 - tail, abs=2e-3)


def test_the_order_of_a_delay_is_settled_before_the_run(
    build: Build, codes: Callable[[str], list[str]]
) -> None:
    model = build("x = SMOOTH N(Time, 4, 0, order) ~~| order = base + STEP(1, 5) ~~| base = 2 ~~|")
    assert sum(v.kind == "stock" for v in model.variables) == 2
    assert codes("x = SMOOTH N(Time, 4, 0, x) ~~|") == ["wrong-arguments"]
    assert codes("x = SMOOTH N(Time, 4, 0, 0) ~~|") == ["wrong-arguments"]


def test_kept_values_are_variables_of_their_own_kind(build: Build) -> None:
    model = build(
        "a = DELAY FIXED(Time, 2, 9) ~~| b = SAMPLE IF TRUE(Time > 5, Time, 1) ~~| c = INITIAL(a) ~~|"
        "d = ACTIVE INITIAL(s, 4) ~~| s = INTEG(1, d) ~~| e = 2 * DELAY FIXED(Time, 1, 0) ~~|"
    )
    kinds = {name: model[name].kind for name in ("a", "b", "c", "d", "s", "e: DELAY FIXED")}
    assert kinds == {
        "a": "fixed_delay",
        "b": "sample",
        "c": "initial",
        "d": "auxiliary",
        "s": "stock",
        "e: DELAY FIXED": "fixed_delay",
    }
    run = simulate(model)
    assert run["a"][0][:5].tolist() == [9, 9, 0, 1, 2]
    assert run["b"][0][4:8].tolist() == [1, 1, 6, 7]
    assert run["c"][0].tolist() == [9] * 11
    assert run["d"][0][:3].tolist() == [4, 5, 6]
    assert run["e"][0][:3].tolist() == [0, 0, 2]


def test_trend_and_forecast_find_exponential_growth(build: Build) -> None:
    growth = 0.05
    model = build(
        f"in = EXP({growth} * Time) ~~| t = TREND(in, 2, {growth}) ~~| f = FORECAST(in, 2, 3) ~~|"
        "n = NPV(1, 0.1, 0, 1) ~~|"
    )
    run = simulate(model, {"FINAL TIME": 40.0, "TIME STEP": 1 / 64}, save_times=np.arange(41.0))
    assert run["t"][0][-1] == pytest.approx(growth, rel=0.02)
    assert run["f"][0][-1] == pytest.approx(run["in"][0][-1] * (1 + 3 * growth), rel=0.02)
    assert run["n"][0] == pytest.approx((1 - np.exp(-0.1 * run.times)) / 0.1, abs=0.03)


def test_two_calls_of_one_function_do_not_share_a_state(build: Build) -> None:
    model = build("x = SMOOTHI(1, 2, 0) + SMOOTHI(1, 5, 0) ~~|")
    assert expression_text(model["x"].expression or Number(0)) == '"x: SMOOTHI" + "x: SMOOTHI #2"'


@pytest.mark.parametrize(
    "order",
    [
        "shape",  # a constant
        "MAX(1, shape)",
        "INTEGER(SQRT(shape) + 1.3)",
        "IF THEN ELSE(shape > 2, 3, 1)",
        "stages[B]",
        "ELMCOUNT(kind)",
        "curve(shape)",
        "WIDE(shape - 1)",  # by a macro, as published models write it
        "TIME STEP * shape",
    ],
)
def test_an_order_may_be_any_expression_of_constants(build: Build, order: str) -> None:
    text = (
        f"x = {'SMOOTH N(Time, 4, 0, ' + order + ')' if 'WIDE' not in order else order} ~~|"
        ":MACRO: WIDE(extra) WIDE = SMOOTH N(Time, 4, 0, MAX(1, extra + 1)) ~~| :END OF MACRO:"
        "shape = 3 ~~| kind: A, B, C ~~| stages[kind] = 1, 3, 5 ~~| curve((0, 0), (6, 6)) ~~|"
    )
    stocks = [v for v in build(text).variables if v.kind == "stock"]
    assert len(stocks) == 3


def test_a_run_cannot_change_what_the_order_of_a_delay_follows_from(build: Build) -> None:
    model = build("x = DELAY N(1, 4, 0, order * 2) ~~| order = 2 ~~| other = 1 ~~|")
    assert dict(model.settled) == {"order": 2.0}
    simulate(model, {"order": 2.0, "other": 3.0})
    with pytest.raises(InputError, match='a run cannot change "order"'):
        simulate(model, {"order": 3.0})
    with pytest.raises(InputError, match='a run cannot change "order"'):
        simulate(model, {"order": np.array([2.0, 3.0])})
    with pytest.raises(InputError, match='a run cannot change "order"'):
        simulate(model, hold={"order": 3.0})
    with pytest.raises(InputError, match='a run cannot change "order"'):
        simulate(model, events=[Event("order", 5.0, 1.0)])


@pytest.mark.parametrize(("time_step", "correlation_time"), [(1.0, 8.0), (0.25, 8.0), (0.5, 2.0)])
def test_pink_noise_has_its_deviation_whatever_the_step_and_remembers_for_its_time(
    build: Build, time_step: float, correlation_time: float
) -> None:
    """An AR(1) process: its deviation is the one asked for, its correlation falls by 1 - step/time a step."""
    model = build(f"x = RANDOM PINK NOISE(5, 2, {correlation_time}, 1) ~~|")
    run = simulate(model, {"TIME STEP": time_step}, n_draws=20_000, save_times=[0.0, 4.0, 4.0 + time_step])
    first, middle, after = run["x"].T
    for drawn in (first, middle, after):
        assert drawn.mean() == pytest.approx(5.0, abs=0.06)
        assert drawn.std() == pytest.approx(2.0, rel=0.03)
    assert np.corrcoef(middle, after)[0, 1] == pytest.approx(1 - time_step / correlation_time, abs=0.02)


def test_the_noise_that_starts_a_pink_noise_is_not_the_first_that_moves_it(build: Build) -> None:
    run = simulate(build("x = RANDOM PINK NOISE(0, 1, 4, 1) ~~|"), n_draws=20_000, save_times=[0.0, 1.0])
    assert np.corrcoef(run["x"][:, 0], run["x"][:, 1])[0, 1] == pytest.approx(1 - 1 / 4, abs=0.02)


def test_straight_line_depreciation_writes_off_all_that_was_spent(build: Build) -> None:
    text = "d = DEPRECIATE STRAIGHTLINE(spending, 6, 2, 0) ~~| spending = IF THEN ELSE(Time < 3.2, 7, 0) ~~|"
    run = simulate(build(text + "sum = INTEG(d, 0) ~~| spent = INTEG(spending, 0) ~~|"), {"TIME STEP": 0.25})
    assert run["sum"][0, -1] == pytest.approx(run["spent"][0, -1])


def test_a_delay_keeps_as_many_stages_as_it_has_time_steps(build: Build) -> None:
    """Vensim's manual: the order is reduced, and the delay is then a pipeline of one step a stage."""
    model = build("x = DELAY N(Time, T, -1, 6) ~~| T = 4 ~~|")
    assert sum(v.kind == "stock" for v in model.variables) == 4
    assert simulate(model)["x"][0].tolist() == [-1.0] * 4 + [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert dict(model.settled) == {"T": 4.0, "TIME STEP": 1.0}
    free = build("x = DELAY N(Time, T, -1, 4) ~~| T = 4 ~~|")
    assert not free.settled


def test_a_list_that_is_too_short_is_told_where_a_delay_asks_for_it(build: Build) -> None:
    with pytest.raises(InputError, match="needs 2 numbers, not 1"):
        build(
            "D: d1, d2 ~~| order[D] = 3; ~~| x[D] = SMOOTH N(Time, 4, 0, order[D]) ~~|"
            "z = SMOOTH N(Time, 4, 0, order[d2]) ~~|"
        )
