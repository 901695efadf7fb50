from __future__ import annotations

import math

import numpy as np
import pytest
from hand_built import aux, build, call, constant, expr, lookup, negated, op, ref, stock, time
from hypothesis import given
from hypothesis import strategies as st

from realities.engine.reference import Event, simulate
from realities.engine.reference.expansions import EXPANSIONS
from realities.engine.reference.functions import FUNCTIONS
from realities.engine.reference.graph import Graph, Rate
from realities.engine.reference.kernels import READINGS
from realities.errors import SimulationError
from realities.ir.builtins import BUILTINS, NOT_AVAILABLE
from realities.ir.expr import Number


def value_of(function: str, *args: float, **options: object) -> float:
    """Return a built-in of constants, computed by a run."""
    constants = [constant(f"arg {i}", arg) for i, arg in enumerate(args)]
    output = aux("out", call(function, *(ref(c.name) for c in constants), **options))  # type: ignore[arg-type]
    model = build([*constants, output], end=0.0)
    return float(
        simulate(
            model,
            {c.name: [float(expr(a).value)] for c, a in zip(constants, args, strict=True)},
            outputs=["out"],
        )["out"][0, 0]
    )  # type: ignore[union-attr]


def over_time(function: str, *args: float, step: float = 1.0, end: float = 10.0) -> list[float]:
    return simulate(build([aux("out", call(function, *args))], end=end, step=step))["out"][0].tolist()


def test_every_built_in_has_its_numbers() -> None:
    implemented = set(FUNCTIONS) | set(EXPANSIONS) | set(READINGS) | {"vensim.random_0_1"}
    assert set(BUILTINS) == implemented


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        ("abs", (-2.5,), 2.5),
        ("exp", (1.0,), math.e),
        ("ln", (10.0,), math.log(10)),
        ("sqrt", (2.0,), math.sqrt(2)),
        ("min", (3.0, -1.0, 2.0), -1.0),
        ("max", (3.0, -1.0, 5.0), 5.0),
        ("sum", (1.0, 2.0, 3.5), 6.5),
        ("product", (2.0, 3.0, 4.0), 24.0),
        ("if_then_else", (0.0, 1.0, 2.0), 2.0),
        ("if_then_else", (-3.0, 1.0, 2.0), 1.0),
        ("power", (2.0, 0.5), math.sqrt(2)),
        ("vensim.log", (1000.0, 10.0), 3.0),
        ("vensim.log", (8.0, 2.0), 3.0),
        ("vensim.integer", (-2.5,), -2.0),
        ("vensim.modulo", (-7.0, 3.0), -1.0),
        ("vensim.modulo", (7.0, -3.0), 1.0),
        ("vensim.quantum", (-7.5, 2.0), -6.0),
        ("vensim.quantum", (7.5, 0.0), 7.5),
        ("vensim.quantum", (7.5, -2.0), 7.5),
        ("vensim.zidz", (5.0, 2.0), 2.5),
        ("vensim.zidz", (5.0, 0.0), 0.0),
        ("vensim.zidz", (5.0, -9e-7), 0.0),
        ("vensim.xidz", (5.0, 1e-7, 9.0), 9.0),
        ("vensim.xidz", (5.0, -2.0, 9.0), -2.5),
        ("vensim.gamma_ln", (5.0,), math.log(24)),
        ("sin", (1.0,), math.sin(1)),
        ("cos", (1.0,), math.cos(1)),
        ("tan", (1.0,), math.tan(1)),
        ("arcsin", (0.5,), math.asin(0.5)),
        ("arccos", (0.5,), math.acos(0.5)),
        ("arctan", (0.5,), math.atan(0.5)),
        ("sinh", (0.5,), math.sinh(0.5)),
        ("cosh", (0.5,), math.cosh(0.5)),
        ("tanh", (0.5,), math.tanh(0.5)),
        # A vector of 1, 3, 2 at 0, 1, 2: what each mode of VECTOR LOOKUP says of it.
        ("vensim.vector_lookup", (0.5, 0, 2, 0, 1.0, 3.0, 2.0), 2.0),
        ("vensim.vector_lookup", (3.0, 0, 2, 0, 1.0, 3.0, 2.0), 2.0),
        ("vensim.vector_lookup", (2.0, 0, 2, 1, 1.0, 3.0, 2.0), 4.5),
        ("vensim.vector_lookup", (-1.0, 0, 2, 1, 1.0, 3.0, 2.0), -1.0),
        ("vensim.vector_lookup", (3.0, 0, 2, 1, 1.0, 3.0, 2.0), 6.5),
        ("vensim.vector_lookup", (1.5, 0, 2, 2, 1.0, 3.0, 2.0), 3.0),
        ("vensim.vector_lookup", (3.0, 0, 2, 3, 1.0, 3.0, 2.0), 1.0),
        ("vensim.vector_lookup", (-1.0, 0, 2, 3, 1.0, 3.0, 2.0), -1.0),
        ("vensim.vector_lookup", (1.5, 0, 2, 4, 1.0, 3.0, 2.0), 2.0),
        ("vensim.vector_lookup", (2.0, 0, 4, 5, 1.0, 3.0, 5.0), 1.0),
        ("vensim.vector_lookup", (9.0, 0, 4, 5, 1.0, 3.0, 5.0), 4.0),
        ("vensim.vector_lookup", (2.0, 0, 4, 5, 5.0, 3.0, 1.0), 3.0),
        ("vensim.vector_lookup", (0.5, 0, 2, 6, 1.0, 3.0, 2.0), 2.0),
        ("vensim.vector_lookup", (1.0, 0, 2, 6, 1.0, 3.0, 2.0), 0.5),
        ("vensim.vector_lookup", (5.0, 0, 2, 6, 1.0, 3.0, 2.0), 0.0),
        ("vensim.vector_lookup", (3.0, 0, 2, 7, 1.0, 3.0, 2.0), 6.0),
        ("vensim.vector_lookup", (7.0, 0, 4, 8, 1.0, 3.0, 5.0), 6.0),
        ("vensim.vector_lookup", (5.0, 0, 2, 9, 1.0, 3.0, 2.0), -1.0),
        # At price 5.5 a rectangle at 5 of width 2 has a quarter of its demand left, and three of its supply.
        ("vensim.demand_at_price", (5.5, 40.0, 1, 5.0, 2.0, 0.0), 10.0),
        ("vensim.supply_at_price", (5.5, 40.0, 1, 5.0, 2.0, 0.0), 30.0),
        ("vensim.demand_at_price", (9.0, 40.0, 0, 5.0, 2.0, 0.0), 40.0),
        # 10 * (0.5 - (p - 6) / 4) is 20 * (0.5 + (p - 5) / 4) at 14/3.
        ("vensim.find_market_price", (1, 10.0, 1, 6.0, 4.0, 0.0, 20.0, 1, 5.0, 4.0, 0.0), 14 / 3),
        ("vensim.vector_select", (-9, 0, 0, 1, 5.0, 0, 3.0, 2, 4.0), 13.0),
        ("vensim.vector_select", (-9, 1, 0, 1, 5.0, 0, 3.0, 2, 4.0), 40.0),
        ("vensim.vector_select", (-9, 2, 0, 1, 5.0, 0, 3.0, 2, 4.0), 5.0),
        ("vensim.vector_select", (-9, 3, 0, 1, 5.0, 0, 3.0, 2, 4.0), 8.0),
        ("vensim.vector_select", (-9, 4, 0, 1, 5.0, 0, 3.0, 2, 4.0), 6.5),
        ("vensim.vector_select", (-9, 5, 0, 1, 5.0, 0, 3.0, 2, 4.0), 16.0),
        ("vensim.vector_select", (-9, 6, 0, 1, 5.0, 0, 3.0, 2, 4.0), 9.0),
        ("vensim.vector_select", (-9, 7, 0, 1, 5.0, 0, 3.0, 2, 4.0), 20.0),
        ("vensim.vector_select", (-9, 8, 0, 1, 5.0, 0, 3.0, 2, 4.0), 4.0),
        ("vensim.vector_select", (-9, 9, 0, 1, 5.0, 0, 3.0, 2, 4.0), 5.0),
        ("vensim.vector_select", (-9, 10, 0, 1, 5.0, 0, 3.0, 2, 4.0), 4.5),
        ("vensim.vector_select", (-9, 3, 0, 0, 5.0, 0, 3.0), -9.0),
    ],
)  # fmt: skip
def test_a_function_of_constants(function: str, args: tuple[float, ...], expected: float) -> None:
    assert value_of(function, *args) == pytest.approx(expected, rel=1e-14)
    literal = simulate(build([aux("out", call(function, *args))], end=0.0))["out"][0, 0]
    assert literal == pytest.approx(expected, rel=1e-14)


def parts_of(function: str, *args: float) -> list[float]:
    """Return the several numbers that a built-in of constants gives, computed by a run."""
    row = BUILTINS[function]
    several = call(function, *args)
    outputs = [aux(f"part {k}", call("part", several, k)) for k in range(row.n_parts(len(args)))]
    run = simulate(build(outputs, end=0.0))
    return [float(run[variable.name][0, 0]) for variable in outputs]


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        ("several", (5.0, 3.0, 4.0), [5.0, 3.0, 4.0]),
        ("vensim.vector_sort_order", (1, 5.0, 3.0, 4.0, 3.0), [1.0, 3.0, 2.0, 0.0]),
        ("vensim.vector_sort_order", (-1, 5.0, 3.0, 4.0, 3.0), [0.0, 2.0, 1.0, 3.0]),
        ("vensim.vector_sort_order", (0, 5.0, 3.0, 4.0, 3.0), [0.0, 2.0, 1.0, 3.0]),
        ("vensim.vector_rank", (1, 5.0, 3.0, 4.0, 3.0), [4.0, 1.0, 3.0, 2.0]),
        ("vensim.vector_rank", (-1, 5.0, 3.0, 4.0, 3.0), [1.0, 3.0, 2.0, 4.0]),
        ("vensim.invert_matrix", (2.0, 1.0, 0.0, 4.0), [0.5, -0.125, 0.0, 0.25]),
    ],
)  # fmt: skip
def test_a_function_of_a_whole_array(function: str, args: tuple[float, ...], expected: list[float]) -> None:
    assert parts_of(function, *args) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("place", "expected"), [(2, 4.0), (1.4, 3.0), (-0.4, 5.0), (3, NOT_AVAILABLE), (-1, NOT_AVAILABLE)]
)
def test_one_of_several_numbers_is_found_by_its_place(place: float, expected: float) -> None:
    several = call("several", 5.0, 3.0, 4.0)
    model = build([constant("place", place), aux("out", call("part", several, ref("place")))], end=0.0)
    assert simulate(model)["out"][0, 0] == expected
    assert simulate(model, {"place": [place, place]})["out"][:, 0].tolist() == [expected] * 2


def test_several_numbers_at_once_are_no_output() -> None:
    model = build([aux("whole", call("several", 1.0, 2.0))])
    with pytest.raises(ValueError, match="several numbers at once"):
        simulate(model, outputs=["whole"])
    with pytest.raises(ValueError, match="several numbers at once"):
        simulate(model, outputs=[], hold={"whole": 1.0})


@pytest.mark.parametrize("integrator", ["euler", "rk4", "rk45"])
def test_several_numbers_may_change_as_anything_may(integrator: str) -> None:
    """The numbers and the place each: never, at an event, with time alone, or with the state."""
    parts = {
        "fixed": lambda x: constant("fixed k", x),
        "now": lambda x: aux("now k", time * 0 + x),
        "moving": lambda x: aux("moving k", ref("stock") * 0 + x),
    }
    for kind, variable in parts.items():
        for place, where in parts.items():
            several = call("several", ref(f"{kind} k") * 0 + time, ref(f"{kind} k"), ref("stock"))
            if kind == "fixed":
                several = call("several", ref("fixed k"), ref("fixed k") + 1, ref("fixed k") + 2)
            if kind == "now":
                several = call("several", time, ref("now k"), time * 2)
            index = where(1.0) if place != kind else None
            variables = [variable(1.0), stock("stock", 1.0, 0.0), aux("whole", several)]
            variables += [index] if index is not None else []
            variables.append(aux("out", call("part", ref("whole"), ref(f"{place} k"))))
            model = build(variables, end=3.0, integrator=integrator)  # type: ignore[arg-type]
            expected = [2.0] * 4 if kind == "fixed" else [1.0] * 4
            assert simulate(model, outputs=["out"])["out"][0].tolist() == expected
            drawn = {"fixed k": [1.0, 1.0]} if "fixed" in (kind, place) else {}
            event = [Event("fixed k", 2.0, 1.0)] if "fixed" in (kind, place) else []
            twice = simulate(model, drawn, outputs=["out"], events=event, n_draws=2)
            assert twice["out"].tolist() == [expected] * 2


def test_not_and_negation() -> None:
    model = build(
        [aux("a", negated(op("<", time, 2))), aux("b", -time), aux("c", negated(negated(time)))], end=3.0
    )
    result = simulate(model)
    assert result["a"][0].tolist() == [0, 0, 1, 1]
    assert result["b"][0].tolist() == [0, -1, -2, -3]
    assert result["c"][0].tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize("exponent", [-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 2.5, 7.0])
def test_powers_without_logarithm_are_the_same_powers(exponent: float) -> None:
    bases = np.array([0.3, 1.0, 7.7, 123.4])
    model = build([constant("x", 1.0), aux("out", ref("x") ** exponent)], end=0.0)
    np.testing.assert_allclose(simulate(model, {"x": bases})["out"][:, 0], bases**exponent, rtol=4e-16)


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 0.5, 1.0, 2.0, 1.7])
def test_a_power_has_the_same_bits_for_one_exponent_and_for_an_array_of_it(exponent: float) -> None:
    model = build([constant("a", 1.0), constant("b", 1.0), aux("out", ref("a") ** ref("b"))], end=0.0)
    a = np.append(np.random.default_rng(3).uniform(0.0, 10.0, 999), -np.inf)
    one, several = (
        simulate(model, {"a": a, "b": exponent}),
        simulate(model, {"a": a, "b": np.full(1000, exponent)}),
    )
    np.testing.assert_array_equal(one["out"], several["out"])
    single = [simulate(model, {"a": x, "b": exponent})["out"][0, 0] for x in a[:20]]
    np.testing.assert_array_equal(single, several["out"][:20, 0])


def test_a_negative_base_has_whole_powers_only() -> None:
    model = build([constant("x", 1.0), constant("n", 1.0), aux("out", ref("x") ** ref("n"))], end=0.0)
    result = simulate(model, {"x": [-2.0, -2.0], "n": [3.0, 0.5]})
    assert result["out"][0, 0] == -8.0
    assert result.failed.tolist() == [False, True]


# --- test inputs -------------------------------------------------------------------------------------


def test_a_step_begins_at_its_time() -> None:
    assert over_time("step", 5.0, 3.0, end=5.0) == [0, 0, 0, 5, 5, 5]


def test_a_step_begins_at_its_time_however_the_time_is_rounded() -> None:
    late = over_time("step", 1.0, 0.7, step=0.1, end=1.0)
    assert late == [0.0] * 7 + [1.0] * 4


def test_a_pulse_lasts_at_least_one_step() -> None:
    assert over_time("vensim.pulse", 2.0, 3.0, end=6.0) == [0, 0, 1, 1, 1, 0, 0]
    assert over_time("vensim.pulse", 2.0, 0.0, end=4.0) == [0, 0, 1, 0, 0]


def test_a_pulse_is_whole_under_every_integrator() -> None:
    variables = [stock("x", call("vensim.pulse", 2.0, 1.0) * 10, 0.0)]
    for integrator in ("euler", "rk2", "rk4", "rk45"):
        model = build(variables, integrator=integrator, step=0.5, save=1.0)  # type: ignore[arg-type]
        assert simulate(model)["x"][0].tolist() == pytest.approx([0, 0, 0] + [10] * 8)


def test_a_train_of_pulses_repeats_up_to_and_with_its_end() -> None:
    assert over_time("vensim.pulse_train", 1.0, 1.0, 3.0, 7.0) == [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert over_time("vensim.pulse_train", 2.0, 5.0, 0.0, 4.0, end=6.0) == [0, 0, 1, 1, 1, 0, 0]


def test_a_ramp_rises_between_its_times() -> None:
    assert over_time("vensim.ramp", 2.0, 1.0, 3.0, end=5.0) == [0, 0, 2, 4, 4, 4]


# --- tables ------------------------------------------------------------------------------------------

POINTS = ((0.0, 1.0), (1.0, 3.0), (1.0, 5.0), (3.0, 9.0))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("interpolate", [1.0, 1.0, 2.0, 5.0, 7.0, 9.0, 9.0]),
        ("extrapolate", [-3.0, 1.0, 2.0, 5.0, 7.0, 9.0, 11.0]),
        ("discrete", [1.0, 1.0, 1.0, 5.0, 5.0, 9.0, 9.0]),
        ("backward", [1.0, 1.0, 3.0, 3.0, 9.0, 9.0, 9.0]),
    ],
)
def test_a_table_reads_as_its_mode_says(mode: str, expected: list[float]) -> None:
    model = build(
        [constant("x", 0.0), aux("out", call("lookup", ref("x"), table="t"))],
        end=0.0,
        lookups=[lookup("t", *POINTS, mode=mode)],
    )
    x = [-2.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0]
    assert simulate(model, {"x": x})["out"][:, 0].tolist() == expected
    assert simulate(model, {"x": [np.nan, 0.0]}).failed.tolist() == [True, False]


def test_a_table_inverted_gives_back_the_abscissa() -> None:
    tables = [lookup("up", (0, 1), (2, 5), (3, 9)), lookup("down", (0, 9), (2, 5), (3, 1))]
    variables = [constant("y", 0.0)]
    variables += [aux(t.name, call("vensim.lookup_invert", ref("y"), table=t.name)) for t in tables]
    result = simulate(build(variables, end=0.0, lookups=tables), {"y": [0.0, 3.0, 7.0, 10.0]})
    assert result["up"][:, 0].tolist() == [0.0, 1.0, 2.5, 3.0]
    assert result["down"][:, 0].tolist() == [3.0, 2.5, 1.0, 0.0]


def test_the_area_under_a_table_is_its_integral() -> None:
    table = lookup("t", (0, 1), (2, 5), (3, 9))
    area = call("vensim.lookup_area", ref("a"), ref("b"), table="t")
    model = build([constant("a", 0.0), constant("b", 0.0), aux("out", area)], end=0.0, lookups=[table])
    result = simulate(model, {"a": [0, -2, 1, 3, 2.5], "b": [3, 0, 2, 5, 1]})
    np.testing.assert_allclose(result["out"][:, 0], [13.0, 2.0, 4.0, 18.0, -7.0])


# --- sharing a supply --------------------------------------------------------------------------------


def shares(available: float, claims: list[tuple[float, ...]], function: str) -> list[float]:
    flat = [number for claim in claims for number in claim]
    head = (available,) if function == "vensim.allocate_available" else (available, 1.0)
    return parts_of(function, *head, *flat)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("available", [0.0, 100.0, 900.0, 1e6])
def test_a_supply_is_given_out_whole_and_nobody_gets_more_than_asked(kind: int, available: float) -> None:
    claims = [(500.0, kind, 5.0, 4.0, 0.0), (300.0, kind, 5.5, 2.0, 0.0), (750.0, kind, 4.6, 2.0, 0.0)]
    given_out = shares(available, claims, "vensim.allocate_available")
    assert sum(given_out) == pytest.approx(min(available, 1550.0), abs=1e-9)
    assert all(0.0 <= share <= claim[0] for share, claim in zip(given_out, claims, strict=True))


def test_a_normal_priority_curve_clears_at_one_price() -> None:
    from scipy.optimize import brentq
    from scipy.stats import norm

    claims = [(500.0, 3, 5.0, 2.0, 0.0), (300.0, 3, 5.0, 1.0, 0.0), (750.0, 3, 5.0, 1.0, 0.0)]
    take = lambda price: [r * norm.sf(price, p, w) for r, _, p, w, _ in claims]  # noqa: E731
    price = brentq(lambda p: sum(take(p)) - 100.0, -20, 40, xtol=1e-13)
    assert shares(100.0, claims, "vensim.allocate_available") == pytest.approx(take(price), rel=1e-9)


def test_a_fixed_claim_takes_its_quantity_first_and_no_more_than_there_is() -> None:
    claims = [(60.0, 0, 0.0, 0.0, 0.0), (100.0, 1, 5.0, 1.0, 0.0)]
    assert shares(90.0, claims, "vensim.allocate_available") == pytest.approx([60.0, 30.0])
    assert shares(40.0, claims, "vensim.allocate_available") == pytest.approx([40.0, 0.0])


def test_priorities_far_apart_are_served_in_turn_and_equal_ones_in_proportion() -> None:
    claims = [(50.0, 1.0), (40.0, 9.0), (80.0, 9.0)]
    assert shares(60.0, claims, "vensim.allocate_by_priority") == pytest.approx([0.0, 20.0, 40.0])
    assert shares(140.0, claims, "vensim.allocate_by_priority") == pytest.approx([20.0, 40.0, 80.0])


def test_a_curve_that_is_not_known_is_refused() -> None:
    with pytest.raises(SimulationError, match="of type 5: only"):
        shares(1.0, [(1.0, 5, 1.0, 1.0, 2.0)], "vensim.allocate_available")


def test_one_singular_matrix_spoils_one_draw() -> None:
    inverse = call("part", call("vensim.invert_matrix", ref("a"), 2.0, 2.0, 4.0), 0)
    result = simulate(build([constant("a", 1.0), aux("out", inverse)], end=0.0), {"a": [1.0, 2.0, 5.0]})
    assert result.failed.tolist() == [True, False, False]
    np.testing.assert_allclose(result["out"][1:, 0], [4 / 4, 4 / 16])


# --- the graph beneath -------------------------------------------------------------------------------


def test_equal_operations_are_computed_once() -> None:
    graph = Graph()
    x = graph.leaf("stock", "x", Rate.STEP, per_draw=True)
    one, two = (graph.apply("exp", graph.apply("*", x, graph.literal(2.0))) for _ in range(2))
    assert one == two


def test_what_changes_nothing_is_left_out() -> None:
    graph = Graph()
    x = graph.leaf("stock", "x", Rate.STEP, per_draw=True)
    zero, one = graph.literal(0.0), graph.literal(1.0)
    kept = [
        graph.apply("*", x, one),
        graph.apply("*", one, x),
        graph.apply("/", x, one),
        graph.apply("+", zero, x),
    ]
    assert set(kept) == {x}
    # x * 0 is not 0 for every x, and 1 / x is not x.
    assert graph.apply("*", x, zero) not in (x, zero)
    assert graph.apply("/", one, x) != x


@given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.sampled_from(["+", "-", "*", "/"]))
def test_folding_literals_rounds_as_the_run_does(a: float, b: float, operator: str) -> None:
    graph = Graph()
    folded = graph.number(graph.apply(operator, graph.literal(a), graph.literal(b)))
    function = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[operator]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(folded, function(np.float64(a), np.float64(b)))


def test_a_very_long_sum_needs_no_recursion() -> None:
    total = ref("x") * 1.5
    for _ in range(5000):
        total = total + ref("x")
    model = build([constant("x", 1.0), aux("total", total)], end=0.0)
    assert simulate(model)["total"][0, 0] == 5001.5


def test_a_very_long_chain_of_variables_needs_no_recursion() -> None:
    chain = [aux(f"link {i}", ref(f"link {i - 1}") + 1 if i else time) for i in range(5000)]
    assert simulate(build(chain, end=0.0), outputs=["link 4999"])["link 4999"][0, 0] == 4999.0
    assert isinstance(expr(1.0), Number)
