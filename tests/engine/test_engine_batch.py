"""A batch gives the same to the last bit however it is cut and shared out, and keeps what failed in view."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hand_built import aux, build, call, constant, ref, stock
from numpy.typing import NDArray

from realities.engine.batch import Failure, Interrupted, Outcome, rerun, run_batch
from realities.engine.engines import ENGINES, AnySimulator, make_simulator
from realities.engine.reducers import Count, Each, Moments, Quantiles
from realities.engine.reference import Simulator
from realities.errors import RealitiesError
from realities.trajectories import Trajectories

FloatArray = NDArray[np.float64]
N = 1000


@pytest.fixture(scope="module", params=ENGINES)
def simulator(request: pytest.FixtureRequest) -> AnySimulator:
    """A stock that random gusts push, and that overflows where growth is above 200."""
    model = build(
        [
            constant("growth", 0.1),
            constant("calm", 1.0),
            aux("gust", call("vensim.random_uniform", 0.0, 1.0, 0.0, site=1) * ref("calm")),
            stock("level", ref("level") * ref("growth") + ref("gust"), 1.0),
            aux("seen", call("exp", -ref("level") / 1000.0)),
        ],
        end=100.0,
    )
    return make_simulator(model, engine=request.param, outputs=["level", "seen"])


def constants(n: int = N) -> dict[str, FloatArray]:
    return {"growth": np.linspace(0.0, 0.05, n), "calm": np.array([0.9])}


def all_of(block: Trajectories) -> FloatArray:
    return np.stack([block[name] for name in block], axis=1)  # (draw, variable, time)


def everything(simulator: AnySimulator, given: Any, **options: Any) -> tuple[bytes, Outcome]:
    """Return what all reducers give, as bytes, and the outcome."""
    reducers = Quantiles(), Moments(), Count(lambda b: b["level"] > 5.0), Each(all_of)
    outcome = run_batch(simulator, given, reducers, **{"n_draws": N, "seed": 7} | options)
    quantiles, moments, count, each = reducers
    parts = [*quantiles.result().values(), *moments.mean().values(), *moments.sd().values()]
    parts += [count.result(), each.result()]
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts), outcome


def test_blocks_and_threads_change_no_bit(simulator: AnySimulator) -> None:
    want, _ = everything(simulator, constants())
    for block, threads in ((1000, 1), (8, 1), (333, 2), (999, 2), (64, 3)):
        assert everything(simulator, constants(), block=block, threads=threads)[0] == want, (block, threads)


def test_a_batch_gives_what_one_run_gives(simulator: AnySimulator) -> None:
    whole = simulator.run(constants(), n_draws=N, seed=7)
    quantiles, moments, each = Quantiles([0.1, 0.5]), Moments(), Each(all_of)
    outcome = run_batch(simulator, constants(), [quantiles, moments, each], n_draws=N, seed=7, block=100)
    assert outcome == Outcome(N, N, 0)
    assert np.array_equal(each.result(), all_of(whole))
    for name in ("level", "seen"):
        assert np.array_equal(quantiles.result()[name], np.quantile(whole[name], [0.1, 0.5], axis=0))
        np.testing.assert_allclose(moments.mean()[name], whole[name].mean(axis=0), rtol=1e-13)
        np.testing.assert_allclose(
            moments.sd()[name], whole[name].std(axis=0, ddof=1), rtol=1e-11, atol=1e-15
        )


def test_constants_may_come_from_a_function_of_the_draws(simulator: AnySimulator) -> None:
    given = constants()

    def drawn(first: int, n: int) -> dict[str, Any]:
        return {"growth": given["growth"][first : first + n], "calm": 0.9}

    want, _ = everything(simulator, given)
    assert everything(simulator, drawn, block=77)[0] == want
    assert everything(simulator, drawn, block=111, threads=2)[0] == want


@pytest.mark.parametrize("n", [1, 2, 17])
def test_a_draw_that_is_left_over_is_as_in_company(simulator: AnySimulator, n: int) -> None:
    given = {"growth": constants()["growth"][:n]}
    each, want = Each(all_of), Each(all_of)
    run_batch(simulator, given, [each], n_draws=n, block=16 if n == 17 else 1)
    padded = {"growth": np.append(given["growth"], 0.03)}
    run_batch(simulator, padded, [want], n_draws=n + 1)
    assert np.array_equal(each.result(), want.result()[:n])


def test_save_times_and_the_final_time_are_those_asked_for(simulator: AnySimulator) -> None:
    quantiles = Quantiles([0.5], outputs=["seen"])
    run_batch(simulator, constants(), [quantiles], n_draws=N, save_times=[3.0, 50.5])
    assert quantiles.times.tolist() == [3.0, 50.5]
    assert list(quantiles.result()) == ["seen"]
    run_batch(simulator, constants(), [quantiles], n_draws=N, final_time=4.0)
    assert quantiles.times.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_draws_that_fail_are_counted_told_and_left_out_of_quantiles(simulator: AnySimulator) -> None:
    growth = constants()["growth"]
    growth[[300, 301, 950]] = 1e6
    given = constants() | {"growth": growth}
    quantiles, count, each = Quantiles([0.5]), Count(lambda b: b["level"] > 5), Each(lambda b: b.failed)
    outcome = run_batch(simulator, given, [quantiles, count, each], n_draws=N, seed=3, block=128, threads=2)
    assert (outcome.n_done, outcome.n_failed, outcome.failed) == (N, 3, (300, 301, 950))
    assert np.flatnonzero(each.result()).tolist() == [300, 301, 950]
    good = np.delete(np.arange(N), [300, 301, 950])
    whole = simulator.run(given, n_draws=N, seed=3)
    assert np.array_equal(quantiles.result()["level"][0], np.median(whole["level"][good], axis=0))
    assert count.n == N - 3
    assert np.array_equal(count.result(), (whole["level"][good] > 5).sum(axis=0))
    failure = outcome.first_failure
    assert failure is not None
    assert (failure.draw, failure.variable, failure.seed) == (300, "level", 3)
    assert failure.constants == {"growth": 1e6, "calm": 0.9}
    assert whole.first_failure == (300, failure.variable, failure.time)
    assert str(failure).startswith('draw 300 of seed 3: "level" left the real numbers at time ')
    assert '"growth"=1000000.0' in str(failure)


def test_a_failed_draw_runs_again_to_the_last_bit(simulator: AnySimulator) -> None:
    given = {"growth": np.where(np.arange(N) == 700, 1e6, constants()["growth"])}
    outcome = run_batch(simulator, given, [], n_draws=N, seed=3, block=100)
    assert outcome.first_failure is not None
    again = rerun(simulator, outcome.first_failure)
    assert again.failed.tolist() == [True]
    whole = simulator.run(given, n_draws=N, seed=3)
    for name in whole:
        assert np.array_equal(again[name][0], whole[name][700], equal_nan=True)
    assert again.first_failure == (0, outcome.first_failure.variable, outcome.first_failure.time)


def test_where_every_draw_fails_quantiles_are_no_numbers(simulator: AnySimulator) -> None:
    quantiles, moments = Quantiles(), Moments()
    outcome = run_batch(simulator, {"growth": 1e6}, [quantiles, moments], n_draws=20)
    assert outcome.n_failed == 20
    assert np.isnan(quantiles.result()["level"]).all()
    assert np.isnan(moments.mean()["level"]).all()


def test_draws_in_a_bad_order_take_a_second_pass_and_are_exact() -> None:
    simulator = Simulator(build([constant("p", 0.0), aux("out", ref("p") * 2)], end=0.0), outputs=["out"])
    rising = {"p": np.linspace(0.0, 1.0, 8000)}
    quantiles, each = Quantiles([0.3, 0.5], memory_bytes=8 * 4000), Each(lambda b: b["out"])
    outcome = run_batch(simulator, rising, [quantiles, each], n_draws=8000)
    assert outcome.passes > 1
    assert (outcome.n_done, each.result().shape) == (8000, (8000, 1))
    assert np.array_equal(quantiles.result()["out"][:, 0], np.quantile(each.result(), [0.3, 0.5]))


def test_progress_hears_of_every_block(simulator: AnySimulator) -> None:
    heard: list[tuple[str, float, float]] = []
    run_batch(simulator, {}, [], n_draws=20, block=8, progress=lambda *what: heard.append(what))
    assert heard == [("Running", 8, 20), ("Running", 16, 20), ("Running", 20, 20)]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interruption_keeps_the_finished_blocks(simulator: AnySimulator, threads: int) -> None:
    def impatient(_stage: str, done: float, _total: float) -> None:
        if done == 200:
            raise KeyboardInterrupt

    each, quantiles = Each(all_of), Quantiles([0.5])
    with pytest.raises(Interrupted, match="of 1,000 draws") as stopped:
        run_batch(
            simulator,
            constants(),
            [each, quantiles],
            n_draws=N,
            block=100,
            threads=threads,
            progress=impatient,
        )
    done = stopped.value.outcome.n_done
    assert 200 <= done <= 200 + 100 * (threads + 1)
    whole = simulator.run(constants(), n_draws=N)
    assert np.array_equal(each.result(), all_of(whole)[:done])
    assert np.array_equal(quantiles.result()["level"][0], np.median(whole["level"][:done], axis=0))


@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    or threading.current_thread() is not threading.main_thread(),
    reason="somebody else listens to Ctrl-C here",
)
def test_ctrl_c_stops_between_blocks_and_is_as_before_afterwards(simulator: AnySimulator) -> None:
    def press(_stage: str, done: float, _total: float) -> None:
        if done == 300:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted) as stopped:
        run_batch(simulator, constants(), [], n_draws=N, block=100, progress=press)
    assert stopped.value.outcome.n_done == 300
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_quantiles_that_an_interruption_left_uncertain_are_refused() -> None:
    simulator = Simulator(build([constant("p", 0.0), aux("out", ref("p") * 2)], end=0.0), outputs=["out"])

    def impatient(_stage: str, done: float, _total: float) -> None:
        if done == 6000:
            raise KeyboardInterrupt

    quantiles = Quantiles([0.5], memory_bytes=8 * 4000)
    rising = {"p": np.linspace(0.0, 1.0, 8000)}
    with pytest.raises(Interrupted):
        run_batch(simulator, rising, [quantiles], n_draws=8000, block=2000, progress=impatient)
    with pytest.raises(RealitiesError, match="needed again"):
        quantiles.result()


def test_an_interrupted_second_pass_is_told_as_an_interruption() -> None:
    simulator = Simulator(build([constant("p", 0.0), aux("out", ref("p") * 2)], end=0.0), outputs=["out"])
    calls: list[float] = []

    def impatient(_stage: str, done: float, _total: float) -> None:
        calls.append(done)
        if len(calls) == 6:  # two blocks into the second pass
            raise KeyboardInterrupt

    quantiles, each = Quantiles([0.5], memory_bytes=8 * 4000), Each(lambda block: block["out"][:, 0])
    rising = {"p": np.linspace(0.0, 1.0, 8000)}
    with pytest.raises(Interrupted) as stopped:
        run_batch(simulator, rising, [quantiles, each], n_draws=8000, block=2000, progress=impatient)
    assert (stopped.value.outcome.n_done, stopped.value.outcome.passes) == (8000, 2)
    assert np.array_equal(each.result(), 2 * rising["p"])
    with pytest.raises(RealitiesError, match="needed again"):
        quantiles.result()


def test_an_interruption_during_the_last_block_is_heard(simulator: AnySimulator) -> None:
    def impatient(_stage: str, done: float, total: float) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="after 20 of 20 draws"):
        run_batch(simulator, {}, [], n_draws=20, progress=impatient)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ({"growth": np.zeros(3)}, {}, r'"growth" has the shape \(3,\) where there are 20 draws'),
        (lambda first, n: {"growth": np.zeros(n + 1)}, {}, "draws were asked for"),
        ({"grwth": 0.1}, {}, "no variable is named"),
        ({}, {"block": 0}, "at least 1"),
        ({}, {"threads": 0}, "at least 1"),
        ({}, {"n_draws": 0}, "at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(
    simulator: AnySimulator, given: Any, options: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        run_batch(simulator, given, [], **{"n_draws": 20} | options)


def test_a_measure_of_another_length_is_refused(simulator: AnySimulator) -> None:
    with pytest.raises(ValueError, match="a measure gave"):
        run_batch(simulator, {}, [Each(lambda _: np.zeros(3))], n_draws=20)


def test_a_failure_without_constants_is_told_in_few_words() -> None:
    assert str(Failure(5, "x", 2.5, 0, {})) == 'draw 5 of seed 0: "x" left the real numbers at time 2.5'


@pytest.mark.parametrize("probabilities", [[], [0.5, 1.5], [-0.1], [float("nan")]])
def test_a_probability_lies_between_0_and_1(probabilities: list[float]) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Quantiles(probabilities)


@pytest.mark.parametrize("engine", ENGINES)
def test_names_and_numbers_that_do_not_fit_are_told_in_words(engine: Any) -> None:
    model = build([constant("growth", 0.1), stock("level", ref("growth"), 1.0)], end=10.0)
    with pytest.raises(ValueError, match=r'outputs must be a list of names, as \["level"\]'):
        make_simulator(model, engine=engine, outputs="level")
    simulator = make_simulator(model, engine=engine)
    for n_draws, given in ((0, {}), (None, {"growth": np.empty(0)})):
        with pytest.raises(ValueError, match="at least 1"):
            simulator.run(given, n_draws=n_draws)


def test_a_subscripted_name_alone_is_answered_with_its_elements() -> None:
    elements = [replace(constant(f"level[{k}]", 1.0), base="level") for k in "abcdef"]
    with pytest.raises(ValueError, match=r'elements are "level\[a\]", .*"level\[d\]" and 2 more'):
        make_simulator(build(elements, end=10.0), outputs=["Level"])
