from __future__ import annotations

import math

import numpy as np
import pytest
from hand_built import aux, build, call, constant, fixed_delay, initial, lookup, op, ref, sample, stock, time
from hypothesis import given, settings
from hypothesis import strategies as st

from realities.engine.reference import Event, Simulator, simulate
from realities.errors import InputError
from realities.ir.model import Model, Variable

GROWTH = [
    constant("rate", 0.1),
    aux("births", ref("rate") * ref("population")),
    stock("population", ref("births"), 100.0),
]


def rich_model(integrator: str = "euler") -> Model:
    """A model that uses every kind of variable and most kinds of operation."""
    return build(
        [
            constant("a", 0.3),
            constant("b", 0.6),
            aux("season", call("lookup", call("vensim.modulo", time, 4.0), table="seasons")),
            aux("noise", call("vensim.random_normal", -1, 1, 0, ref("a"), 7, site=3)),
            aux("pressure", ref("x") ** ref("b") + call("exp", -ref("y")) + call("ln", 1 + ref("x"))),
            aux("share", call("vensim.zidz", ref("x"), ref("x") + ref("y"))),
            aux(
                "choice",
                call("if_then_else", op(">", ref("share"), ref("b")), ref("a"), ref("pressure") * 0.01),
            ),
            aux("bounded", call("min", call("max", ref("choice"), ref("a") * 0.2), ref("b"))),
            initial("first", ref("pressure")),
            fixed_delay("late", ref("bounded"), 1 + ref("a") * 5, 0.2),
            sample("kept", op(">", ref("noise"), 0.1), ref("share"), ref("a")),
            stock("x", ref("bounded") + ref("season") * ref("late") - 0.3 * ref("x"), ref("a") * 2),
            stock("y", ref("kept") - 0.2 * ref("y") + 0.01 * ref("noise") / ref("first"), 1.0),
        ],
        step=0.25,
        save=1.0,
        integrator=integrator,  # type: ignore[arg-type]
        lookups=[lookup("seasons", (0, 0.1), (1, 0.5), (2, 0.2), (3, 0.4), (4, 0.1))],
    )


def draws(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {"a": rng.uniform(0.1, 0.9, n), "b": rng.uniform(0.2, 1.5, n)}


# --- truth from closed forms -------------------------------------------------------------------------


def test_euler_compounds_as_written() -> None:
    result = simulate(build(GROWTH))
    np.testing.assert_allclose(result["population"][0], 100 * 1.1 ** np.arange(11), rtol=1e-14)


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("rk2", 2), ("rk4", 4)])
def test_error_falls_with_the_order_of_the_method(integrator: str, order: int) -> None:
    # The logistic equation with a rate that changes in time: x' = cos(t) x (1 - x).
    exact = 1 / (1 + 4 * math.exp(-math.sin(4.0)))
    errors = []
    for step in (0.25, 0.125):
        model = build(
            [stock("x", call("cos", time) * ref("x") * (1 - ref("x")), 0.2)],
            end=4.0,
            step=step,
            integrator=integrator,  # type: ignore[arg-type]
        )
        errors.append(abs(simulate(model)["x"][0, -1] - exact))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.35)


def test_rk45_is_close_at_a_coarse_step() -> None:
    model = build(
        [stock("position", ref("speed"), 1.0), stock("speed", -ref("position"), 0.0)],
        end=20.0,
        step=5.0,
        integrator="rk45",
    )
    result = simulate(model)
    np.testing.assert_allclose(result["position"][0], np.cos(result.times), atol=2e-7)


def test_rk45_agrees_with_scipy_on_a_driven_oscillator() -> None:
    from scipy.integrate import solve_ivp

    def slope(t: float, y: np.ndarray) -> list[float]:
        return [y[1], 3.0 * (1 - y[0] ** 2) * y[1] - y[0] + math.sin(t)]

    x, v = ref("x"), ref("v")
    model = build(
        [stock("x", v, 2.0), stock("v", 3.0 * (1 - x**2) * v - x + call("sin", time), 0.0)],
        end=6.0,
        step=1.0,
        integrator="rk45",
    )
    truth = solve_ivp(
        slope, (0, 6), [2.0, 0.0], method="DOP853", t_eval=np.arange(7.0), rtol=1e-12, atol=1e-13
    )
    np.testing.assert_allclose(simulate(model)["x"][0], truth.y[0], atol=2e-6)


def test_rk4_conserves_the_final_size_of_an_epidemic() -> None:
    infections = ref("beta") * ref("S") * ref("I")
    recoveries = ref("I") * 0.25
    model = build(
        [
            constant("beta", 0.5),
            stock("S", -infections, 0.999),
            stock("I", infections - recoveries, 0.001),
            stock("R", recoveries, 0.0),
        ],
        end=400.0,
        step=0.25,
        save=400.0,
        integrator="rk4",
    )
    beta = np.array([0.4, 0.5, 1.0])
    result = simulate(model, {"beta": beta})
    left = result["S"][:, -1]
    # ln(S0 / S) = R0 (1 - S - I), with I gone in the end.
    np.testing.assert_allclose(np.log(0.999 / left), beta / 0.25 * (1 - left), rtol=1e-6)
    np.testing.assert_allclose(result["S"] + result["I"] + result["R"], 1.0, rtol=1e-12)


# --- kinds of variable -------------------------------------------------------------------------------


def test_initial_values_chain_through_auxiliaries_and_stocks() -> None:
    model = build(
        [
            stock("later", 0.0, ref("twice") + 1),
            aux("twice", ref("first") * 2),
            stock("first", 1.0, ref("base") * 10),
            constant("base", 3.0),
        ]
    )
    result = simulate(model, {"base": [3.0, 4.0]})
    assert result["later"][:, 0].tolist() == [61.0, 81.0]
    assert result["twice"][0, -1] == 80.0


def test_an_active_initial_serves_only_while_initial_values_are_computed() -> None:
    model = build(
        [
            aux("desired", ref("level") * 2, initial=5.0),
            stock("level", 0.0, ref("desired") + 1),
        ]
    )
    result = simulate(model)
    assert result["level"][0, 0] == 6.0
    assert result["desired"][0, 0] == 12.0


def test_initial_keeps_the_value_at_the_initial_time() -> None:
    model = build([initial("first", ref("x") * time), stock("x", 1.0, 5.0)], start=2.0)
    assert set(simulate(model)["first"][0]) == {10.0}


def test_a_loop_of_initial_values_is_named() -> None:
    model = build([stock("a", 0.0, ref("b")), stock("b", 0.0, ref("c")), aux("c", ref("a") + 1)])
    with pytest.raises(InputError, match=r'"a" <- "b" <- "c" <- "a"'):
        simulate(model)


@pytest.mark.parametrize(
    ("duration", "first_late"), [(0.0, 1), (0.5, 1), (1.0, 1), (1.2, 1), (1.5, 2), (2.0, 2), (3.7, 4)]
)
def test_a_fixed_delay_takes_whole_steps_and_at_least_one(duration: float, first_late: int) -> None:
    model = build([fixed_delay("late", time + 100, duration, -7.0)], end=8.0)
    late = simulate(model)["late"][0]
    assert late[:first_late].tolist() == [-7.0] * first_late
    assert late[first_late:].tolist() == [100.0 + t for t in range(9 - first_late)]


def test_every_draw_may_have_its_own_delay() -> None:
    model = build(
        [constant("wait", 1.0), fixed_delay("late", time * ref("wait"), ref("wait"), -1.0)], end=5.0
    )
    late = simulate(model, {"wait": [1.0, 3.0, 50.0]})["late"]
    assert late[0].tolist() == [-1.0, 0.0, 1.0, 2.0, 3.0, 4.0]
    assert late[1].tolist() == [-1.0, -1.0, -1.0, 0.0, 3.0, 6.0]
    assert late[2].tolist() == [-1.0] * 6


def test_a_fixed_delay_holds_still_within_a_runge_kutta_step() -> None:
    entering = [fixed_delay("late", time, 2.0, 0.0), stock("total", ref("late"), 0.0)]
    euler, rk4 = (simulate(build(entering, integrator=method))["total"][0] for method in ("euler", "rk4"))
    np.testing.assert_allclose(rk4, euler, rtol=1e-14)


def test_a_sample_keeps_what_it_last_saw() -> None:
    model = build([sample("kept", op("<", call("vensim.modulo", time, 4.0), 2.0), time, -1.0)], start=2.0)
    assert simulate(model)["kept"][0].tolist() == [-1, -1, 4, 5, 5, 5, 8, 9, 9]


def test_data_are_read_by_time_and_held_beyond_their_ends() -> None:
    series = lookup("series", (2.0, 1.0), (4.0, 3.0))
    model = build([Variable("seen", "data", None, series="series")], end=6.0, lookups=[series])
    assert simulate(model)["seen"][0].tolist() == [1, 1, 1, 2, 3, 3, 3]


def test_truth_values_are_one_and_zero_in_arithmetic() -> None:
    late = op(">", time, 4.5)
    both = op("and", late, op("<=", time, 7.0))
    model = build([aux("sum", late + both), stock("count", both, 0.0), aux("plain", both)])
    result = simulate(model)
    assert result["sum"][0].tolist() == [0, 0, 0, 0, 0, 2, 2, 2, 1, 1, 1]
    assert result["plain"][0].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert result["count"][0, -1] == 3.0


# --- what a caller may change ------------------------------------------------------------------------


def test_unused_equations_are_not_computed() -> None:
    bad = aux("bad", call("ln", -1 + 0 * ref("other")))
    model = build([*GROWTH, stock("other", ref("bad"), 1.0), bad])
    result = simulate(model, outputs=["population"])
    assert not result.failed.any()
    assert list(result) == ["population"]
    program = Simulator(model, outputs=["population"])._program({})
    assert [slot.name for slot in program.plan.stocks] == ["population"]


def test_outputs_default_to_what_is_not_hidden() -> None:
    hidden = Variable("hidden", "auxiliary", GROWTH[0].expression, is_hidden=True)
    result = simulate(build([*GROWTH, hidden]))
    assert "hidden" not in result
    assert set(result) == {
        "rate", "births", "population", "INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER",
    }  # fmt: skip
    assert "hidden" in simulate(build([*GROWTH, hidden]), outputs=["hidden"])


def test_holding_a_flow_cuts_it_from_its_causes() -> None:
    result = simulate(build(GROWTH), {"rate": [0.1, 0.5]}, hold={"births": 3.0})
    np.testing.assert_array_equal(result["population"], np.tile(100 + 3.0 * np.arange(11), (2, 1)))
    assert set(result["births"].ravel()) == {3.0}


def test_holding_a_stock_stops_it_from_its_first_value_on() -> None:
    result = simulate(build(GROWTH), hold={"population": 7.0})
    assert set(result["population"].ravel()) == {7.0}
    np.testing.assert_allclose(result["births"], 0.7)


def test_an_event_replaces_a_constant_and_all_that_follows_from_it() -> None:
    variables = [*GROWTH, aux("doubled", ref("rate") * 2), aux("level", call("max", ref("doubled"), 0.15))]
    events = [Event("rate", 7.0, 0.5), Event("rate", 3.0, 0.0)]
    result = simulate(build(variables), {"rate": [0.1, 0.2]}, events=events)
    assert result["rate"][1].tolist() == [0.2] * 3 + [0.0] * 4 + [0.5] * 4
    assert result["level"][1].tolist() == [0.4] * 3 + [0.15] * 4 + [1.0] * 4
    growth = result["population"][1, 1:] / result["population"][1, :-1]
    np.testing.assert_allclose(growth, [1.2] * 3 + [1.0] * 4 + [1.5] * 3, rtol=1e-14)


def test_an_event_before_the_start_holds_from_the_start_also_for_initial_values() -> None:
    model = build([constant("c", 1.0), stock("x", ref("c"), ref("c") * 10)])
    result = simulate(model, events=[Event("c", -5.0, 2.0)])
    assert result["x"][0, :2].tolist() == [20.0, 22.0]


def test_an_event_between_steps_takes_effect_at_the_next_step() -> None:
    model = build([constant("c", 0.0), stock("x", ref("c"), 0.0)], end=4.0)
    assert simulate(model, events=[Event("c", 1.5, 1.0)])["x"][0].tolist() == [0, 0, 0, 1, 2]


def test_hold_beats_an_event_and_a_draw() -> None:
    result = simulate(
        build(GROWTH), {"rate": [0.3, 0.4]}, hold={"rate": 0.0}, events=[Event("rate", 2.0, 1.0)]
    )
    assert set(result["population"].ravel()) == {100.0}


def test_an_event_is_the_same_at_every_integrator_stage() -> None:
    model = build([constant("c", 0.0), stock("x", ref("c"), 0.0)], end=4.0, integrator="rk4")
    assert simulate(model, events=[Event("c", 2.0, 1.0)])["x"][0].tolist() == [0, 0, 0, 1, 2]


def test_names_are_found_however_they_are_spelled() -> None:
    result = simulate(build(GROWTH), {"RATE": 0.0}, outputs=["Population"])
    assert list(result) == ["population"]
    assert result["population"][0, -1] == 100.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"outputs": ["populaton"]}, 'did you mean "population"'),
        ({"hold": {"x": 1.0}}, 'no variable is named "x"'),
        ({"events": [Event("births", 1.0, 1.0)]}, "not a constant"),
        ({"integrator": "gear"}, "no integrator"),
        ({"parameters": {"births": 1.0}}, "not a constant"),
        ({"parameters": {"rate": [[1.0, 2.0]]}}, "must be a number"),
        ({"parameters": {"rate": [1.0, 2.0]}, "n_draws": 3}, "draws"),
        ({"save_times": [11.0]}, "between 0 and 10"),
        ({"save_times": [3.0, 2.0]}, "not descend"),
        ({"final_time": 11.0}, "outside the run"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_callers_mistake_is_a_value_error(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(build(GROWTH), **arguments)


# --- time --------------------------------------------------------------------------------------------


def test_times_do_not_accumulate_rounding() -> None:
    model = build([aux("t", time)], end=1000.0, step=0.1, save=0.3)
    result = simulate(model)
    np.testing.assert_array_equal(result.times, [float(f"{n // 10}.{n % 10}") for n in range(0, 10001, 3)])
    assert result.times.size == 3334


@pytest.mark.parametrize("step", [0.1, 0.05, 1 / 3, 0.125])
def test_a_time_that_an_author_writes_is_met_where_a_unit_of_time_has_whole_steps(step: float) -> None:
    model = build([aux("t", time)], end=40.0, step=step)
    times = simulate(model).times
    assert set(np.arange(41.0)) <= set(times)
    if step == 0.1:
        assert {0.3, 0.7, 1.1, 2.3, 39.9} <= set(times)


def test_a_run_never_passes_its_final_time() -> None:
    assert simulate(build(GROWTH, end=10.0, step=0.3)).times[-1] == pytest.approx(9.9)


def test_final_time_stops_early_and_changes_nothing_before() -> None:
    simulator = Simulator(rich_model())
    whole, part = simulator.run(draws(3)), simulator.run(draws(3), final_time=6.5)
    assert part.times.tolist() == [0, 1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(part["x"], whole["x"][:, :7])


def test_save_times_interpolate_between_the_two_enclosing_steps() -> None:
    result = simulate(build(GROWTH), save_times=[0.0, 0.25, 2.0, 2.5, 10.0])
    exact = 100 * 1.1 ** np.arange(11)
    expected = [exact[0], 0.75 * exact[0] + 0.25 * exact[1], exact[2], 0.5 * (exact[2] + exact[3]), exact[10]]
    np.testing.assert_allclose(result["population"][0], expected, rtol=1e-14)


def test_save_times_interpolate_every_kind_of_output_alike() -> None:
    wanted = np.array([0.1, 0.25, 3.33, 7.9])
    simulator = Simulator(rich_model())
    fine = simulator.run(draws(4), save_times=np.arange(0, 8.01, 0.25))
    result = simulator.run(draws(4), save_times=wanted)
    for name in result:
        np.testing.assert_allclose(result[name], fine.at(name, wanted), rtol=1e-12, err_msg=name)


def test_a_control_variable_is_a_constant_like_any_other() -> None:
    result = simulate(build(GROWTH), {"final time": 2.0, "TIME STEP": 0.5})
    assert result.times.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    np.testing.assert_allclose(result["population"][0, -1], 100 * 1.05**4)


def test_control_variables_may_be_computed_from_draws_that_agree() -> None:
    model = build([constant("years", 2.0), stock("x", 1.0, 0.0)], end=ref("years") * 4)
    assert simulate(model, {"years": [3.0, 3.0]}).times[-1] == 12.0
    with pytest.raises(InputError, match="equal for all draws"):
        simulate(model, {"years": [3.0, 2.0]})


def test_the_final_time_may_change_during_the_run() -> None:
    reached = op(">", time * 2 - 5, 50)
    model = build([stock("x", 1.0, 0.0)], end=call("if_then_else", reached, time, 100.0))
    assert simulate(model)["x"][0, -1] == 28.0


def test_the_time_step_and_save_period_may_change_during_the_run() -> None:
    model = build(
        [stock("x", 1.0, 0.0)],
        end=50.0,
        step=call("if_then_else", op("<", time, 4), 1.0, 0.5),
        save=call("if_then_else", op("<", time, 10), ref("TIME STEP"), 5.0),
    )
    result = simulate(model)
    assert result.times.tolist() == [0, 1, 2, 3, *np.arange(4, 10, 0.5), *range(10, 51, 5)]
    np.testing.assert_allclose(result["x"][0], result.times)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"step": 0.0}, '"TIME STEP" must be above 0'),
        ({"step": -1.0}, '"TIME STEP" must be above 0'),
        ({"save": 0.0}, '"SAVEPER" must be above 0'),
        ({"end": -1.0}, "before the initial time"),
        ({"end": math.inf}, "must be a finite number"),
        ({"step": 1e-12}, "steps"),
        ({"end": ref("population")}, "cannot depend on a stock"),
    ],
)
def test_a_senseless_control_variable_is_the_models_mistake(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        simulate(build(GROWTH, **changes))


def test_a_run_of_no_steps_saves_the_initial_values() -> None:
    result = simulate(build(GROWTH, end=0.0))
    assert result["population"].tolist() == [[100.0]]


# --- many draws --------------------------------------------------------------------------------------


@pytest.mark.parametrize("integrator", ["euler", "rk2", "rk4", "rk45"])
def test_no_bit_depends_on_the_block_size(integrator: str) -> None:
    simulator = Simulator(rich_model(integrator))
    n = 61
    whole = simulator.run(draws(n), seed=3, final_time=4.0)
    for block in (1, 7, 32) if integrator == "euler" else (7, 32):
        result = simulator.run(draws(n), seed=3, final_time=4.0, block=block)
        for name in whole:
            np.testing.assert_array_equal(result[name], whole[name], err_msg=f"{name}, blocks of {block}")


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 60), st.data())
def test_no_draw_depends_on_its_neighbors(n: int, data: st.DataObject) -> None:
    chosen = data.draw(st.integers(0, n - 1))
    simulator = Simulator(rich_model(), outputs=["x", "y", "noise"])
    values = draws(n)
    alone = {name: column[chosen : chosen + 1] for name, column in values.items()}
    together, single = simulator.run(values, seed=1), simulator.run(alone, seed=1, first_draw=chosen)
    for name in together:
        np.testing.assert_array_equal(single[name][0], together[name][chosen])


def test_a_number_and_an_array_of_it_give_the_same_run() -> None:
    simulator = Simulator(rich_model())
    single = simulator.run({"a": 0.31, "b": 0.77}, n_draws=5)
    arrays = simulator.run({"a": np.full(5, 0.31), "b": np.full(5, 0.77)})
    for name in single:
        np.testing.assert_allclose(arrays[name], single[name], rtol=1e-13, err_msg=name)


def test_a_simulator_remembers_nothing_from_one_run_to_the_next() -> None:
    simulator = Simulator(rich_model())
    first = simulator.run(draws(50))
    simulator.run({"a": np.full(50, np.nan), "b": draws(50)["b"]})
    again = simulator.run(draws(50))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert not again.failed.any()


def test_any_number_of_draws_follows_any_other() -> None:
    simulator = Simulator(rich_model(), outputs=["x"])
    whole = simulator.run(draws(200), final_time=2.0)["x"]
    for n in (1, 200, 3, 17, 40, 80, 100, 120, 160, 7, 200, 9):
        part = {name: column[:n] for name, column in draws(200).items()}
        np.testing.assert_array_equal(simulator.run(part, final_time=2.0)["x"], whole[:n])


def test_fewer_outputs_do_not_change_the_others() -> None:
    whole = Simulator(rich_model()).run(draws(30))
    part = Simulator(rich_model(), outputs=["share"]).run(draws(30))
    np.testing.assert_array_equal(part["share"], whole["share"])


def test_one_bad_draw_is_marked_and_named_and_the_others_are_right() -> None:
    model = build(
        [constant("c", 1.0), stock("x", -1.0, ref("c")), aux("root", call("sqrt", ref("x")))], end=5.0
    )
    result = simulate(model, {"c": [10.0, 3.0, 20.0, 1.0]}, outputs=["root", "x"])
    assert result.failed.tolist() == [False, True, False, True]
    assert result.first_failure == (1, "root", 4.0)
    np.testing.assert_allclose(result["root"][2], np.sqrt(20.0 - np.arange(6)))


def test_a_stock_that_overflows_is_marked_even_when_nobody_asked_for_it() -> None:
    model = build(
        [constant("c", 1.0), stock("x", ref("x") ** 3, ref("c")), aux("calm", call("min", ref("x"), 2))]
    )
    result = simulate(model, {"c": [0.0, 9.0]}, outputs=["calm"])
    assert result.failed.tolist() == [False, True]
    assert result.first_failure is not None
    assert result.first_failure[:2] == (1, "x")


def test_the_branch_not_taken_does_no_harm() -> None:
    quotient = call("if_then_else", op("=", ref("c"), 0), 7.0, 1 / ref("c"))
    result = simulate(build([constant("c", 0.0), stock("x", quotient, 0.0)]), {"c": [0.0, 4.0]})
    assert result["x"][:, -1].tolist() == [70.0, 2.5]
    assert not result.failed.any()


def test_a_million_numbers_are_not_kept_for_what_never_changes() -> None:
    result = simulate(build(GROWTH, end=1000.0), {"rate": np.zeros(1000)}, outputs=["rate", "FINAL TIME"])
    assert result["rate"].shape == (1000, 1001)
    assert result["rate"].strides == (8, 0)


def test_units_of_outputs_come_along() -> None:
    result = simulate(build([stock("x", 1.0, 0.0, unit="person")]))
    assert str(result.units["x"]) == "person"
    assert result.units["FINAL TIME"] is None
    assert str(result.time_unit) == "day"


def test_threads_may_share_a_simulator() -> None:
    from concurrent.futures import ThreadPoolExecutor

    simulator = Simulator(rich_model())
    expected = simulator.run(draws(40))["y"]
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: simulator.run(draws(40))["y"], range(8)):
            np.testing.assert_array_equal(result, expected)
