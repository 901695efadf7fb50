"""Conveyors and queues against closed forms, and step by step (3.7.2, 3.7.3 and 4.2.1 of XMILE 1.0)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from xmile_model import NON_NEGATIVE, aux, build, errors, flow, run, stock, text

from realities.engine.reference import simulate
from realities.errors import Findings
from realities.model.compatibility import report_on
from realities.model.load import build_model
from realities.model.write.xmile import xmile_text
from realities.model.xmile.language import XMILE
from realities.model.xmile.read import read_xmile
from realities.source import SourceText

LEAK = "<leak/>"


def conveyor(length: str = "4", inside: str = "", **attributes: str) -> str:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<conveyor{said}><len>{length}</len>{inside}</conveyor>"


def belt(
    entering: Sequence[float],
    initial: float,
    places: int,
    fraction: Sequence[float],
    dt: float,
    how: str,
    zone: tuple[float, float] = (0.0, 1.0),
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Move a conveyor by hand, place by place: what it holds, what leaves at the end, and what leaks."""
    leaking = [zone[0] <= (place + 0.5) / places <= zone[1] for place in range(places)]
    share = max(sum(leaking), 1)

    def loss(whole: float, rest: float, place: int, f: float) -> float:
        return leaking[place] * (whole * f / share if how == "linear" else rest * f * dt)

    left = [1.0]
    for place in range(places - 1):
        left.append(left[-1] - loss(1.0, left[-1], place, fraction[0]))
    scale = initial / sum(left)
    cohorts = [(scale, scale * part) for part in left]  # (what entered, what is left), the newest first
    held, out, leaked = [], [], []
    for x, f in zip(entering, fraction, strict=True):
        held.append(sum(rest for _, rest in cohorts))
        losses = [loss(whole, rest, place, f) for place, (whole, rest) in enumerate(cohorts)]
        cohorts = [(whole, rest - lost) for (whole, rest), lost in zip(cohorts, losses, strict=True)]
        leaked.append(sum(losses) / dt)
        out.append(cohorts.pop()[1] / dt)
        cohorts.insert(0, (x * dt, x * dt))
    return np.array(held), np.array(out), np.array(leaked)


def test_what_enters_leaves_when_the_transit_time_is_over() -> None:
    found = run(stock("s", "0", "in", "out", conveyor("3")), flow("in", "TIME + 1"), flow("out"), stop=6)
    assert found["out"].tolist() == [0, 0, 0, 1, 2, 3, 4]
    assert found["s"].tolist() == [0, 1, 3, 6, 9, 12, 15]


def test_what_is_there_at_first_is_spread_evenly() -> None:
    # 1000 students over 4 years leave by 250 a year, whatever the step.
    for dt in (1, 0.25, 0.1):
        found = run(stock("s", "1000", "", "out", conveyor()), flow("out"), dt=dt, stop=6)
        first = round(4 / dt)
        assert found["out"][:first] == pytest.approx([250.0] * first)
        assert found["out"][first:] == pytest.approx([0.0] * (found["out"].size - first), abs=1e-9)
        assert found["s"][first:] == pytest.approx([0.0] * (found["s"].size - first), abs=1e-9)


def test_a_steady_inflow_fills_a_conveyor_to_inflow_times_transit_time() -> None:
    # Little's law.
    found = run(stock("s", "0", "in", "out", conveyor("4")), flow("in", "7"), flow("out"), dt=0.25)
    assert found["s"][-1] == pytest.approx(28.0)
    assert found["out"][-1] == 7.0


def test_a_transit_time_that_is_no_multiple_of_the_step_is_rounded() -> None:
    found = run(stock("s", "0", "in", "out", conveyor("2.6")), flow("in", "1"), flow("out"), stop=5)
    assert found["out"].tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("dt", [1.0, 0.25])
def test_a_linear_leak_takes_its_fraction_of_what_entered(dt: float) -> None:
    # "fraction of the inflowing amount to leak by the time it exits" (3.7.2): 3/10 of 20.
    variables = (flow("in", "20"), flow("out"), flow("lost", "0.3", LEAK))
    found = run(stock("s", "0", "in", "out lost", conveyor()), *variables, dt=dt, stop=20)
    assert found["out"][-1] == pytest.approx(14.0)
    assert found["lost"][-1] == pytest.approx(6.0)


def test_an_exponential_leak_takes_its_fraction_of_what_is_there_in_each_step() -> None:
    variables = (flow("in", "20"), flow("out"), flow("lost", "0.3", LEAK))
    block = conveyor(exponential_leak="true")
    found = run(stock("s", "0", "in", "out lost", block), *variables, dt=0.25, stop=20)
    assert found["out"][-1] == pytest.approx(20 * (1 - 0.3 * 0.25) ** 16)
    assert found["lost"][-1] == pytest.approx(0.3 * found["s"][-1])


@pytest.mark.parametrize("zone", [(0.0, 1.0), (0.5, 1.0), (0.0, 0.4), (0.25, 0.7), (0.9, 1.0)])
@pytest.mark.parametrize("how", ["linear", "exponential"])
@pytest.mark.parametrize("dt", [1.0, 0.5, 0.1])
def test_a_leak_that_changes_is_what_moving_the_places_by_hand_gives(
    how: str, dt: float, zone: tuple[float, float]
) -> None:
    fraction = "0.2 + 0.15*SIN(TIME)"
    block = conveyor("3", exponential_leak=str(how == "exponential").lower())
    lost = f'<flow name="lost" leak_start="{zone[0]}" leak_end="{zone[1]}"><eqn>{fraction}</eqn>{LEAK}</flow>'
    variables = (flow("in", "10 + TIME*5"), flow("out"), lost, aux("f", fraction))
    found = run(stock("s", "90", "in", "out lost", block), *variables, dt=dt)
    held, out, leaked = belt(found["in"].tolist(), 90, round(3 / dt), found["f"].tolist(), dt, how, zone)
    assert found["s"] == pytest.approx(held, rel=1e-11)
    assert found["out"] == pytest.approx(out, rel=1e-11)
    assert found["lost"] == pytest.approx(leaked, rel=1e-11)


@pytest.mark.parametrize("how", ["false", "true"])
def test_what_entered_has_left_leaked_or_is_still_there(how: str) -> None:
    variables = (
        flow("in", "10*SIN(TIME)^2"),
        flow("out"),
        flow("a", "0.7*COS(TIME)^2", LEAK),
        flow("b", "0.6", LEAK),
        stock("entered", "0", "x"),
        stock("gone", "0", "y"),
        flow("x", "in"),
        flow("y", "out + a + b"),
    )
    found = run(stock("s", "50", "in", "out a b", conveyor(exponential_leak=how)), *variables, dt=0.125)
    assert 50 + found["entered"] == pytest.approx(found["s"] + found["gone"])
    assert min(found[name].min() for name in ("s", "out", "a", "b")) >= -1e-12


def test_leaks_get_no_more_than_earlier_ones_leave() -> None:
    # 0.7 and then the 0.3 that is left of 0.6: nothing comes out at the end.
    variables = (flow("in", "10"), flow("out"), flow("a", "0.7", LEAK), flow("b", "0.6", LEAK))
    found = run(stock("s", "0", "in", "out a b", conveyor()), *variables, stop=20)
    assert [found[name][-1] for name in ("out", "a", "b")] == pytest.approx([0, 7, 3], abs=1e-12)


def test_the_fraction_may_stand_in_the_mark_itself() -> None:
    # 4.3: "<leak> with a valid XMILE expression that defines the leakage fraction"
    variables = (flow("in", "20"), flow("out"), flow("lost", "", "<leak>0.25</leak>"))
    found = run(stock("s", "0", "in", "out lost", conveyor()), *variables, stop=20)
    assert found["lost"][-1] == pytest.approx(5.0)


def test_a_leak_that_is_listed_first_is_still_a_leak() -> None:
    variables = (flow("in", "20"), flow("out"), flow("lost", "0.25", LEAK))
    found = run(stock("s", "0", "in", "lost out", conveyor()), *variables, stop=20)
    assert (found["lost"][-1], found["out"][-1]) == pytest.approx((5.0, 15.0))


def test_of_unmarked_outflows_the_first_is_the_end_and_the_others_leak() -> None:
    # 3.7.2: "the first SHALL always be the conveyor's output", the others its leakages.
    variables = (flow("in", "20"), flow("out"), flow("lost", "0.25"))
    found = run(stock("s", "0", "in", "out lost", conveyor()), *variables, stop=20)
    assert (found["lost"][-1], found["out"][-1]) == pytest.approx((5.0, 15.0))


def test_a_placeholder_in_an_outflow_means_nothing() -> None:
    variables = (flow("in", "20"), flow("out", "0", NON_NEGATIVE))
    found = run(stock("s", "0", "in", "out", conveyor()), *variables, stop=20)
    assert found["out"][-1] == 20


def test_no_more_enters_than_there_is_room_for() -> None:
    # 10 a step for 4 steps would hold 40; 25 fit. At 3 the first 10 leave and make room for 10.
    variables = (flow("in", "10"), flow("out"))
    found = run(stock("s", "0", "in", "out", conveyor("3", "<capacity>25</capacity>")), *variables, stop=6)
    assert found["in"].tolist() == [10, 10, 5, 10, 10, 5, 10]
    assert found["s"].tolist() == [0, 10, 20, 25, 25, 25, 25]


def test_inflows_share_a_limit_in_their_order() -> None:
    variables = (flow("a", "3"), flow("b", "9"), flow("c", "9"), flow("out"))
    block = conveyor("3", "<in_limit>8</in_limit>")
    found = run(stock("s", "0", "c a b", "out", block), *variables, stop=1, dt=0.5)
    assert [found[name][0] for name in "cab"] == [8, 0, 0]
    found = run(stock("s", "0", "a b c", "out", block), *variables, stop=1, dt=0.5)
    assert [found[name][0] for name in "abc"] == [3, 5, 0]


def test_nothing_enters_backward() -> None:
    found = run(stock("s", "0", "in", "out", conveyor("2")), flow("in", "-5"), flow("out"), stop=4)
    assert found["in"].tolist() == [0] * 5


def test_conveyors_one_after_another_take_as_long_as_both() -> None:
    found = run(
        stock("a", "0", "in", "ab", conveyor("2")),
        stock("b", "0", "ab", "out", conveyor("3", "<capacity>1</capacity>")),
        flow("in", "TIME + 1"),
        flow("ab"),
        flow("out"),
        stop=7,
    )
    # What comes from a conveyor always enters, capacity or not.
    assert found["out"].tolist() == [0, 0, 0, 0, 0, 1, 2, 3]


def test_each_element_of_an_array_has_its_own_conveyor() -> None:
    in_d = '<dimensions><dim name="D"/></dimensions>'
    found = run(
        stock("s", "0", "in", "out", conveyor("t"), in_d),
        aux("t", "D", in_d),
        flow("in", "TIME*10 + D", in_d),
        flow("out", "", in_d),
        dimensions='<dim name="D" size="2"/>',
        stop=4,
    )
    assert found["out[1]"].tolist() == [0, 1, 11, 21, 31]
    assert found["out[2]"].tolist() == [0, 0, 2, 12, 22]


def test_the_transit_time_may_differ_between_draws() -> None:
    model = build(
        stock("s", "0", "in", "out", conveyor("t")), flow("in", "TIME + 1"), flow("out"), aux("t", "2")
    )
    drawn = simulate(model, {"t": [1.0, 3.0]})["out"]
    assert drawn[0, :5].tolist() == [0, 1, 2, 3, 4]
    assert drawn[1, :5].tolist() == [0, 0, 0, 1, 2]


def test_a_queue_with_nothing_in_its_way_is_emptied_at_once() -> None:
    # 3.7.3: "Queues flowing to regular stocks and clouds are not limited in any way, so their outflows will
    # always empty the queue", an overflow has nothing left to take.
    variables = (flow("in", "3"), flow("out"), flow("over", "", "<overflow/>"), stock("served", "0", "out"))
    found = run(stock("q", "8", "in", "out over", "<queue/>"), *variables, stop=2, dt=0.5)
    assert found["out"].tolist() == [19, 3, 3, 3, 3]
    assert found["q"].tolist() == [8, 0, 0, 0, 0]
    assert found["over"].tolist() == [0] * 5
    assert found["served"].tolist() == [0, 9.5, 11, 12.5, 14]


@pytest.mark.parametrize(
    ("block", "leak", "message"),
    [
        (
            conveyor("4", "<arrest>TIME > 3</arrest>"),
            LEAK,
            'the conveyor "s" has <arrest>, which is not supported',
        ),
        (conveyor(discrete="true"), LEAK, 'the conveyor "s" is discrete, which is not supported'),
        (
            conveyor("2 + TIME"),
            LEAK,
            'the transit time of the conveyor "s" may change, which is not supported',
        ),
        (conveyor("s"), LEAK, 'the transit time of the conveyor "s" may change, which is not supported'),
        (conveyor(), LEAK + "<leak_integers/>", '"lost" leaks whole numbers, which is not supported'),
        ("<conveyor/>", LEAK, 'the conveyor "s" has no transit time (<len>)'),
    ],
)
def test_what_a_conveyor_cannot_do_here_is_refused_by_name(block: str, leak: str, message: str) -> None:
    variables = (flow("in", "1"), flow("out"), flow("lost", "0.1", leak))
    block = block.replace("> 3", "&gt; 3")
    assert errors(stock("s", "0", "in", "out lost", block), *variables)[0][1] == message


def test_leaks_in_different_parts_of_a_conveyor_are_refused() -> None:
    half = '<flow name="half" leak_start="0.5"><eqn>0.1</eqn><leak/></flow>'
    variables = (flow("in", "1"), flow("out"), flow("lost", "0.1", LEAK), half)
    found = errors(stock("s", "0", "in", "out lost half", conveyor()), *variables)
    assert found == [("unsupported-function", '"half" leaks in another part of "s" than "lost" does')]


def test_a_part_of_a_conveyor_is_from_0_to_1() -> None:
    lost = '<flow name="lost" leak_end="2"><eqn>0.1</eqn><leak/></flow>'
    found = errors(stock("s", "0", "in", "out lost", conveyor()), flow("in", "1"), flow("out"), lost)
    assert found == [("bad-number", '"2" is no part of a conveyor, from 0 to 1')]


def test_a_conveyor_takes_eulers_method() -> None:
    found = errors(stock("s", "0", "in", "out", conveyor()), flow("in", "1"), flow("out"), method="rk4")
    assert [code for code, _ in found] == ["unsupported-integration"]


def test_a_queue_before_a_conveyor_is_refused() -> None:
    found = errors(
        stock("q", "0", "in", "qs", "<queue/>"),
        stock("s", "0", "qs", "out", conveyor()),
        flow("in", "1"),
        flow("qs"),
        flow("out"),
    )
    assert found[0][1] == 'the conveyor "s" is fed by a queue, which is not supported'


@pytest.mark.parametrize("how", ["false", "true"])
def test_a_conveyor_is_written_as_it_was_read(how: str) -> None:
    in_d = '<dimensions><dim name="D"/></dimensions>'
    source = text(
        stock(
            "s", "D*9", "in", "out lost", conveyor("t", "<capacity>20</capacity>", exponential_leak=how), in_d
        ),
        aux("t", "D", in_d),
        flow("in", "TIME*10 + D", in_d),
        flow("out", "", in_d),
        flow("lost", "0.1*TIME", LEAK, in_d).replace('"lost"', '"lost" leak_start="0.5"'),
        dimensions='<dim name="D" size="2"/>',
    )
    findings = Findings()
    file = read_xmile(SourceText("model.xmile", source), findings)
    again = SourceText("model.xmile", xmile_text(file))
    assert "<conveyor" in again.text and ":exit:" not in again.text
    before, after = simulate(build_model(SourceText("model.xmile", source))), simulate(build_model(again))
    assert set(before.values) == set(after.values)
    for name, values in before.values.items():
        assert after[name].tolist() == values.tolist()


def test_what_nobody_sees_is_not_counted() -> None:
    variables = (flow("in", "1"), flow("out"), flow("lost", "0.1", LEAK))
    source = SourceText("model.xmile", text(stock("s", "0", "in", "out lost", conveyor()), *variables))
    findings = Findings()
    report = report_on(read_xmile(source, findings), XMILE, findings.items, build_model(source))
    shown = [use.name for use in report.all_names]
    assert [name for name in shown if ":" in name] == []
    assert {"s", "in", "out", "lost"} <= set(shown)
