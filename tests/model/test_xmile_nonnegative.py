"""Stocks and flows kept from going below zero: by hand, step by step, and as laws."""

from __future__ import annotations

import numpy as np
import pytest
from xmile_model import NON_NEGATIVE, aux, build, flow, run, stock

from realities.engine.reference import simulate
from realities.ir.text import expression_text


def test_a_non_negative_flow_is_the_larger_of_its_equation_and_zero() -> None:
    # 4.3: "prevents the flow from going negative"
    found = run(flow("f", "TIME - 2", NON_NEGATIVE), flow("g", "TIME - 2"), stop=4)
    assert found["f"].tolist() == [0, 0, 0, 1, 2]
    assert found["g"].tolist() == [-2, -1, 0, 1, 2]


def test_an_outflow_takes_no_more_than_there_is() -> None:
    # 10, 6, 2, then the 2 that are left.
    found = run(stock("s", "10", "", "out", NON_NEGATIVE), flow("out", "4"), stop=5)
    assert found["s"].tolist() == [10, 6, 2, 0, 0, 0]
    assert found["out"].tolist() == [4, 4, 2, 0, 0, 0]


def test_what_flows_in_during_a_step_may_flow_out_in_it() -> None:
    # Stella: MIN(stock/DT + total inflow, explicit outflow).
    found = run(stock("s", "1", "in", "out", NON_NEGATIVE), flow("in", "2"), flow("out", "9"), dt=0.5, stop=2)
    assert found["out"].tolist() == [4, 2, 2, 2, 2]
    assert found["s"].tolist() == [1, 0, 0, 0, 0]


def test_outflows_are_served_in_the_order_they_are_listed() -> None:
    # 4.2: "material from the stock is first given to the first outflow listed"
    variables = (flow("a", "3"), flow("b", "3"), flow("c", "3"))
    found = run(stock("s", "4", "", "b c a", NON_NEGATIVE), *variables, stop=1)
    assert [found[name][0] for name in "bca"] == [3, 1, 0]


def test_an_outflow_that_another_depends_on_comes_first() -> None:
    # c is listed first but follows b: b takes 3 of 4, then c half of that, cut to the 1 that is left.
    found = run(stock("s", "4", "", "c b", NON_NEGATIVE), flow("b", "3"), flow("c", "b/2 + 2"), stop=1)
    assert (found["b"][0], found["c"][0]) == (3.0, 1.0)


def test_what_leaves_one_stock_is_what_the_next_one_gets() -> None:
    found = run(
        stock("a", "10", "", "ab", NON_NEGATIVE),
        stock("b", "0", "ab", "bc", NON_NEGATIVE),
        stock("c", "0", "bc"),
        flow("ab", "4"),
        flow("bc", "100"),
        stop=5,
    )
    assert found["ab"].tolist() == [4, 4, 2, 0, 0, 0]
    assert found["bc"].tolist() == [4, 4, 2, 0, 0, 0]
    assert (found["a"] + found["b"] + found["c"]).tolist() == [10] * 6


@pytest.mark.parametrize("dt", [1.0, 0.3, 0.0625])
@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_stocks_in_a_ring_keep_what_they_hold_and_never_fall_below_zero(dt: float, method: str) -> None:
    found = run(
        stock("a", "3", "ca", "ab", NON_NEGATIVE),
        stock("b", "2", "ab", "bc", NON_NEGATIVE),
        stock("c", "1", "bc", "ca", NON_NEGATIVE),
        flow("ab", "5*SIN(TIME)^2"),
        flow("bc", "7*COS(3*TIME)^2"),
        flow("ca", "b + 3"),
        dt=dt,
        method=method,
    )
    for name in "abc":
        assert found[name].min() >= 0
    assert found["a"] + found["b"] + found["c"] == pytest.approx(np.full(found["a"].size, 6.0))


def test_a_flow_that_runs_backward_is_limited_by_the_stock_it_fills() -> None:
    # f fills b; at -4 it takes from b, which holds 3, and gives that to a.
    found = run(
        stock("a", "1", "", "f", NON_NEGATIVE),
        stock("b", "3", "f", "", NON_NEGATIVE),
        flow("f", "-4"),
        stop=2,
    )
    assert found["f"].tolist() == [-3, 0, 0]
    assert found["a"].tolist() == [1, 4, 4]
    assert found["b"].tolist() == [3, 0, 0]


def test_a_flow_that_two_stocks_share_keeps_its_value() -> None:
    # No file should drain two stocks by one flow, but some do: the flow goes on, the stock stays.
    found = run(stock("a", "2", "", "f", NON_NEGATIVE), stock("b", "2", "", "f"), flow("f", "1.5"), stop=3)
    assert found["f"].tolist() == [1.5] * 4
    assert found["a"].tolist() == [2, 0.5, 0, 0]
    assert found["b"].tolist() == [2, 0.5, -1, -2.5]


def test_each_element_of_an_array_is_limited_by_its_own() -> None:
    in_d = '<dimensions><dim name="D"/></dimensions>'
    found = run(
        stock("s", "D*3", "", "out", NON_NEGATIVE, in_d),
        flow("out", "4", in_d),
        dimensions='<dim name="D" size="3"/>',
        stop=3,
    )
    assert [found[f"s[{n}]"].tolist() for n in (1, 2, 3)] == [[3, 0, 0, 0], [6, 2, 0, 0], [9, 5, 1, 0]]
    assert [found[f"out[{n}]"].tolist() for n in (1, 2, 3)] == [[3, 0, 0, 0], [4, 2, 0, 0], [4, 4, 1, 0]]


def test_a_mark_for_all_holds_unless_a_variable_says_otherwise() -> None:
    # 2.6: behaviors cascade from the entity outward.
    variables = (
        stock("a", "2", "", "out"),
        stock("b", "2", "", "away", "<non_negative>false</non_negative>"),
        flow("out", "3"),
        flow("away", "3"),
    )
    found = run(*variables, behavior="<behavior><stock><non_negative/></stock></behavior>", stop=2)
    assert found["a"].tolist() == [2, 0, 0]
    assert found["b"].tolist() == [2, -1, -4]


def test_rounding_takes_no_stock_below_zero() -> None:
    # 0.1 / 0.3 * 0.3 is not 0.1, and a root of what is left over would be no number.
    found = run(
        stock("s", "0.1", "", "out", NON_NEGATIVE), flow("out", "9"), aux("root", "SQRT(s)"), dt=0.3, stop=3
    )
    assert found["s"][1:].tolist() == [0.0] * 10
    assert found["root"][1:].tolist() == [0.0] * 10


def test_a_stock_that_begins_below_zero_stays_where_it_is() -> None:
    found = run(stock("s", "-2", "in", "out", NON_NEGATIVE), flow("in", "1"), flow("out", "5"), stop=4)
    assert found["s"].tolist() == [-2, -1, 0, 0, 0]
    assert found["out"].tolist() == [0, 0, 1, 1, 1]


def test_no_limits_are_written_where_nothing_is_marked() -> None:
    model = build(stock("s", "10", "", "out"), flow("out", "s/4"))
    expression = model["out"].expression
    assert expression is not None and expression_text(expression) == "s / 4"
    assert simulate(model)["s"][0, -1] == pytest.approx(10 * 0.75**10)


def test_an_inflow_that_waits_for_the_outflow_is_not_counted_for_it() -> None:
    # What comes back is half of what goes out: out cannot wait for it, and takes the 4 that are there.
    found = run(
        stock("s", "4", "back", "out", NON_NEGATIVE), flow("out", "10"), flow("back", "out/2"), stop=3
    )
    assert found["out"].tolist() == [4, 2, 1, 0.5]
    assert found["s"].tolist() == [4, 2, 1, 0.5]


def test_an_inflow_in_other_units_counts_as_what_it_brings() -> None:
    # 4.3: 2 leave the one stock and 3 times as much reaches the other, which may give all of it on.
    found = run(
        stock("a", "10", "", "ab"),
        stock("b", "0", "ab", "out", NON_NEGATIVE),
        flow("ab", "2", "<multiplier>3</multiplier>"),
        flow("out", "100"),
        stop=3,
    )
    assert found["out"].tolist() == [6, 6, 6, 6]
    assert found["b"].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_flows_nothing_is_created_lost_or_owed(seed: int) -> None:
    # Closed networks of flows that run both ways, depend on stocks and on one another.
    rng = np.random.default_rng(seed)
    names = "abcde"[: rng.integers(2, 6)]
    inflows: dict[str, list[str]] = {name: [] for name in names}
    outflows: dict[str, list[str]] = {name: [] for name in names}
    variables = []
    for number in range(rng.integers(2, 10)):
        source, target = rng.choice(list(names), 2, replace=False)
        outflows[source].append(f"f{number}")
        inflows[target].append(f"f{number}")
        wave, other = f"3*SIN(TIME*{number + 1})", f"f{max(number - 1, 0)}/2" if number else "1"
        equation = rng.choice([wave, f"{target}*0.7", "5", "-2", other])
        variables.append(flow(f"f{number}", equation, *([NON_NEGATIVE] if rng.random() < 0.5 else [])))
    for name in names:
        ends = " ".join(inflows[name]), " ".join(outflows[name])
        variables.append(stock(name, str(rng.integers(0, 9)), *ends, NON_NEGATIVE))
    found = run(*variables, dt=float(rng.choice([1, 0.5, 0.3])), stop=12)
    held = np.array([found[name] for name in names])
    assert held.min() >= 0
    assert held.sum(axis=0) == pytest.approx(np.full(held.shape[1], held[:, 0].sum()))
