"""Outputs may be kept each at times of its own: the values are those of a run that keeps everything."""

from typing import Any

import numpy as np
import pytest
from hand_built import aux, build, call, constant, fixed_delay, initial, lookup, op, ref, sample, stock, time

from realities.engine.engines import ENGINES, AnySimulator, EngineName, make_simulator
from realities.ir.model import Integrator, Model

#: Times of a step, between two, twice the same, the first and the last, and those of nothing else.
TIMES: dict[str, list[float]] = {
    "level": [0.0, 0.25, 1.1, 1.1, 7.3],
    "same level": [2.0, 7.3, 9.9],
    "sum": [9.9],
    "growth": [1.1, 2.0, 2.05],
    "late": [0.1, 5.0],
    "kept": [3.0],
    "noise": [0.6, 0.7, 4.0],
    "beyond": [4.0, 4.1],
    "rate": [1.0, 2.5],
    "half": [0.0],
    "fixed": [2.5, 8.0],
    "clock": [0.3, 0.5],
    "season": [0.3, 9.9],
}


def every_region(integrator: Integrator) -> Model:
    """Return a model with an output of every rate at which values change."""
    return build(
        [
            constant("rate", 0.1),
            constant("share", 0.5),
            aux("half", ref("share") * 0.5),
            aux("fixed", 2.0 * call("exp", 1.0)),
            aux("clock", time * 2.0),
            aux("season", call("lookup", call("vensim.modulo", time, 4.0), table="seasons")),
            aux("noise", call("vensim.random_uniform", -1, 1, 3, site=1)),
            aux("growth", ref("level") * ref("rate") + ref("season") + ref("noise") - ref("late") * 0.1),
            aux("same level", ref("level")),
            aux("beyond", ref("sum") * ref("half") - ref("growth")),
            initial("first", ref("growth")),
            fixed_delay("late", ref("growth"), 1 + ref("share") * 3, 0.2),
            sample("kept", op(">", ref("noise"), 0.1), ref("level"), ref("share")),
            stock("level", ref("growth") - ref("kept") * 0.05, ref("share") + 10.0),
            stock("sum", ref("level") + ref("clock"), ref("first")),
        ],
        step=0.25,
        save=1.0,
        end=10.0,
        integrator=integrator,
        lookups=[lookup("seasons", (0, 0.1), (1, 0.5), (2, 0.2), (3, 0.4), (4, 0.1))],
    )


def explosive() -> Model:
    """Return a stock that leaves the numbers at 28 from 1e300, and an output that does so at 4 alone."""
    return build(
        [
            constant("begin", 1.0),
            constant("scale", 1.0),
            aux("known", ref("begin") * 1.0),
            aux("root", call("sqrt", ref("scale"))),
            aux("peak", ref("scale") / op("-", time, 4.0)),
            aux("twice", ref("level") * 2),
            stock("level", ref("level"), ref("begin")),
        ],
        end=40.0,
    )


def given(n: int) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    return {"rate": rng.uniform(0.0, 0.2, n), "share": rng.uniform(0.0, 1.0, n)}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> EngineName:
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("integrator", ["euler", "rk2", "rk4"])
@pytest.mark.parametrize("n", [1, 7, 203])
def test_each_output_at_its_times_has_the_bits_of_a_run_that_keeps_all(
    engine: EngineName, integrator: Integrator, n: int
) -> None:
    simulator = make_simulator(every_region(integrator), engine=engine, outputs=list(TIMES))
    every = np.unique(np.concatenate(list(TIMES.values())))
    options: dict[str, Any] = {"n_draws": n, "seed": 5, "first_draw": 11}
    whole = simulator.run(given(n), save_times=every, **options)
    found = simulator.run_at(given(n), TIMES, **options)
    assert list(found.values) == list(found.times) == list(TIMES)
    for name, times in TIMES.items():
        assert found.times[name].tolist() == times
        expected = whole[name][:, np.searchsorted(every, times)]
        assert found.values[name].shape == (n, len(times))
        assert found.values[name].tobytes() == expected.tobytes(), name
    assert not found.failed.any()
    assert found.first_failure is None


def test_outputs_that_are_not_named_play_no_part(engine: EngineName) -> None:
    simulator = make_simulator(every_region("euler"), engine=engine)
    whole = simulator.run(given(9), save_times=[2.0, 3.1])
    for name in TIMES:
        found = simulator.run_at(given(9), {name.upper(): [2.0, 3.1]})
        assert list(found.values) == [name]
        assert found.values[name].tobytes() == whole[name].tobytes()


def test_threads_other_draws_and_an_earlier_end_change_no_bit() -> None:
    compiled = make_simulator(every_region("euler"), engine="llvm", outputs=list(TIMES))
    one, two = (compiled.run_at(given(300), TIMES, threads=threads) for threads in (1, 2))
    later = compiled.run_at(
        {k: v[100:] for k, v in given(300).items()}, {"noise": TIMES["noise"]}, first_draw=100
    )
    for name in TIMES:
        assert one.values[name].tobytes() == two.values[name].tobytes()
    # The run ends earlier, the values are the same.
    assert later.values["noise"].tobytes() == one.values["noise"][100:].tobytes()


@pytest.mark.parametrize(
    ("times", "failed", "first"),
    [
        ({"level": [10.0]}, [False] * 4, None),  # neither what is kept nor the end fails
        ({"level": [30.0]}, [False, True, False, False], (1, "level", 28.0)),
        ({"peak": [10.0]}, [False] * 4, None),
        ({"peak": [3.0, 4.0], "level": [5.0]}, [True] * 4, (0, "peak", 4.0)),
        ({"twice": [2.0], "known": [30.0]}, [False, True, False, False], (1, "twice", 27.0)),
        ({"root": [2.0]}, [False, False, True, False], (2, "root", 0.0)),
        ({"level": [2.0]}, [False] * 4, None),  # what is not named may fail from the start
    ],
)
def test_draws_fail_by_what_is_kept_and_by_how_they_end(
    engine: EngineName, times: dict[str, list[float]], failed: list[bool], first: object
) -> None:
    outputs = ["known", "root", "peak", "twice", "level"]
    simulator = make_simulator(explosive(), engine=engine, outputs=outputs)
    constants = {"begin": np.array([1.0, 1e300, 1.0, 1.0]), "scale": np.array([1.0, 1.0, -1.0, 1.0])}
    found = simulator.run_at(constants, times)
    assert found.failed.tolist() == failed
    assert found.first_failure == first


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ({}, "at least one output"),
        ({"nothing": [1.0]}, 'no variable is named "nothing"'),
        ({"rate": [1.0]}, '"rate" is no output of this simulator'),
        ({"level": [1.0], "LEVEL": [2.0]}, '"level" is named twice'),
        ({"level": []}, r"save_times must be \(T,\) with T > 0"),
        ({"level": [1.0], "sum": [11.0]}, "save_times must lie between 0 and 10"),
        ({"level": [2.0, 1.0]}, "save_times must not descend"),
    ],
)
def test_times_that_make_no_sense_are_refused(
    engine: EngineName, times: dict[str, list[float]], message: str
) -> None:
    simulator: AnySimulator = make_simulator(every_region("euler"), engine=engine, outputs=["level", "sum"])
    with pytest.raises(ValueError, match=message):
        simulator.run_at({}, times)
