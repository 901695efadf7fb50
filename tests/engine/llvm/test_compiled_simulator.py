"""The compiled engine answers what the reference engine answers, in the same words, whoever computes."""

import gc
import os
import signal
import struct
import sys
import threading
import time as clock
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1]))

from hand_built import aux, build, call, constant, fixed_delay, initial, lookup, op, ref, sample, stock, time

from realities.engine import watching
from realities.engine.engines import make_simulator
from realities.engine.llvm import compiled, library, targets
from realities.engine.llvm.cache import Cache
from realities.engine.llvm.kernel.emit import emit
from realities.engine.llvm.native import Tier, compile_text
from realities.engine.llvm.simulator import CompiledSimulator
from realities.engine.program.lower import lower
from realities.engine.reference import Event, Simulator
from realities.errors import InputError
from realities.ir.model import Integrator, Model
from realities.trajectories import Trajectories


def every_region(integrator: Integrator = "euler", last: float = 10.0) -> Model:
    """Return a model of arithmetic with an output of every region, and every kind of state."""
    return build(
        [
            constant("rate", 0.1),
            constant("share", 0.5),
            constant("switched", 1.0),
            aux("half", ref("share") * 0.5),
            aux("clock", time * 2.0),
            aux("season", call("lookup", call("vensim.modulo", time, 4.0), table="seasons")),
            aux("noise", call("vensim.random_uniform", -1, 1, 3, site=1)),
            aux("effect", ref("switched") * ref("rate")),
            aux("growth", ref("level") * ref("effect") + ref("season") + ref("noise") - ref("late") * 0.1),
            initial("first", ref("growth")),
            fixed_delay("late", ref("growth"), 1 + ref("share") * 3, 0.2),
            sample("kept", op(">", ref("noise"), 0.1), ref("level"), ref("share")),
            stock("level", ref("growth") - ref("kept") * 0.05, ref("share") + 10.0),
            stock("sum", ref("level") + ref("clock"), ref("first")),
        ],
        step=0.25,
        save=1.0,
        end=last,
        integrator=integrator,
        lookups=[lookup("seasons", (0, 0.1), (1, 0.5), (2, 0.2), (3, 0.4), (4, 0.1))],
    )


def draws(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    return {"rate": rng.uniform(0.0, 0.2, n), "share": rng.uniform(0.0, 1.0, n)}


def growing(n_steps: int = 4) -> Model:
    """Return a stock that doubles with each step, and from 1e300 leaves the numbers after 28 of them."""
    return build(
        [constant("begin", 1.0), stock("level", ref("level"), ref("begin")), aux("twice", ref("level") * 2)],
        end=float(n_steps),
    )


def equal(left: Trajectories, right: Trajectories) -> None:
    assert list(left.values) == list(right.values)
    np.testing.assert_array_equal(left.times, right.times)
    for name, values in left.values.items():
        np.testing.assert_array_equal(values, right.values[name], err_msg=name)
    np.testing.assert_array_equal(left.failed, right.failed)
    assert left.first_failure == right.first_failure
    assert (left.units, left.time_unit) == (right.units, right.time_unit)


@pytest.mark.parametrize("integrator", ["euler", "rk2", "rk4"])
@pytest.mark.parametrize("n_draws", [1, 2, 7, 64, 65, 200])
def test_every_output_has_the_reference_engines_bits(integrator: Integrator, n_draws: int) -> None:
    model = every_region(integrator)
    given = draws(n_draws)
    equal(CompiledSimulator(model).run(given, seed=5), Simulator(model).run(given, seed=5))


RUNS: Mapping[str, Mapping[str, object]] = {
    "times between steps": {"save_times": [0.0, 0.1, 0.25, 3.3, 9.99]},
    "times twice": {"save_times": [1.0, 1.0, 2.6, 2.6]},
    "an end before the last step": {"final_time": 3.5},
    "an end between two steps": {"save_times": [3.6]},
    "an end at once": {"final_time": 0.0},
    "other draws": {"seed": 2**53 - 1, "first_draw": 10**9},
    "constants for all": {"parameters": {"rate": 0.03}},
    "one constant for all": {"parameters": {"rate": 0.03, "share": draws(5)["share"]}},
    "many of one": {"parameters": {"rate": 0.03}, "n_draws": 9},
    "another end": {"parameters": {"FINAL TIME": 6.5}},
    "another step": {"parameters": {"TIME STEP": 0.125}},
}


@pytest.mark.parametrize("wish", RUNS)
def test_a_wish_is_met_as_the_reference_engine_meets_it(wish: str) -> None:
    options = {"parameters": draws(5), **RUNS[wish]}
    model = every_region()
    equal(CompiledSimulator(model).run(**options), Simulator(model).run(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_held_variables_and_events_are_as_in_the_reference_engine(integrator: Integrator) -> None:
    options = {
        "outputs": ["sum", "effect", "level", "late"],
        "hold": {"season": 0.25},
        "integrator": integrator,
        "events": [
            Event("switched", 2.1, 3.0),
            Event("switched", -5.0, 2.0),
            Event("rate", 4.0, 0.01),
            Event("switched", 99.0, 7.0),
            Event("rate", 4.0, 0.02),
        ],
    }
    model = every_region()
    equal(CompiledSimulator(model, **options).run(draws(9)), Simulator(model, **options).run(draws(9)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prepared", "run"),
    [
        ({"outputs": ["levle"]}, {}),
        ({"hold": {"nobody": 1.0}}, {}),
        ({"events": [Event("level", 1.0, 2.0)]}, {}),
        ({"integrator": "rk5"}, {}),
        ({}, {"parameters": {"sum": 1.0}}),
        ({}, {"parameters": {"rate": [[1.0]]}}),
        ({}, {"parameters": {"rate": [1.0, 2.0]}, "n_draws": 3}),
        ({}, {"seed": -1}),
        ({}, {"seed": 2**53}),
        ({}, {"first_draw": -1}),
        ({}, {"threads": 0}),
        ({}, {"n_draws": 0}),
        ({}, {"save_times": [4.0, 3.0]}),
        ({}, {"save_times": [11.0]}),
        ({}, {"final_time": 11.0}),
        ({}, {"parameters": {"TIME STEP": 0.0}}),
        ({}, {"parameters": {"FINAL TIME": [8.0, 9.0]}}),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_same_words(prepared: dict, run: dict) -> None:
    said = []
    for engine in (CompiledSimulator, Simulator):
        with pytest.raises((ValueError, InputError)) as caught:
            engine(every_region(), **prepared).run(**run)
        said.append((type(caught.value), str(caught.value)))
    assert said[0] == said[1]


@pytest.mark.parametrize("threads", [2, 3, 16])
def test_any_number_of_threads_gives_the_same_bits(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realities.engine.llvm.threads.CHUNK_SECONDS", 1e-5)
    simulator = CompiledSimulator(every_region())
    equal(simulator.run(draws(1000), threads=threads), simulator.run(draws(1000)))
    equal(CompiledSimulator(every_region(), threads=threads).run(draws(1000)), simulator.run(draws(1000)))


def test_a_draw_is_the_same_in_any_company() -> None:
    simulator, given = CompiledSimulator(every_region()), draws(150)
    whole = simulator.run(given, seed=3)
    for first, end in [(0, 3), (3, 66), (66, 149), (148, 150)]:
        some = simulator.run({name: v[first:end] for name, v in given.items()}, seed=3, first_draw=first)
        for name in whole:
            np.testing.assert_array_equal(some[name], whole[name][first:end])


def test_several_callers_may_share_a_simulator() -> None:
    simulator, given = CompiledSimulator(every_region()), draws(40)
    alone = [Simulator(every_region()).run(given, seed=seed) for seed in range(6)]
    found: dict[int, Trajectories] = {}
    workers = [
        threading.Thread(target=lambda seed=seed: found.update({seed: simulator.run(given, seed=seed)}))
        for seed in range(6)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for seed in range(6):
        equal(found[seed], alone[seed])


@pytest.mark.parametrize("tier", ["quick", "optimized"])
@pytest.mark.parametrize("target", ["avx512", "avx2", "x86-64"])
def test_both_tiers_on_every_target_give_the_same_bits(tier: Tier, target: str) -> None:
    try:
        targets.this_machine(target)
    except ValueError:
        pytest.skip(f"this processor is not of the kind {target}")
    prepared = CompiledSimulator(
        every_region("rk4"), target=target, optimized=tier == "optimized", cache=Cache(None)
    )
    assert prepared.compile({"rate": True, "share": True}).kernel.code.tier == tier
    equal(prepared.run(draws(70)), Simulator(every_region("rk4")).run(draws(70)))


def test_better_code_may_come_in_the_middle_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realities.engine.llvm.native.PATIENCE", 0.0)
    monkeypatch.setattr("realities.engine.llvm.threads.CHUNK_SECONDS", 1e-4)
    prepared = CompiledSimulator(every_region(), cache=Cache(None))
    kernel = prepared.compile({"rate": True, "share": True}).kernel
    assert kernel.code.tier == "quick"
    truth = CompiledSimulator(every_region(), optimized=True).run(draws(20_000))
    for _ in range(100):
        equal(prepared.run(draws(20_000)), truth)
        if kernel.code.tier == "optimized":
            return
    raise AssertionError("better code never came")


# --- draws that fail ------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [[1e300, 1.0], [1.0, 1e308, 1e300], [1.0, np.nan], [1.0, -np.inf, 1e308]])
@pytest.mark.parametrize("at_once", [2**22, 1])
def test_a_failed_draw_is_told_as_the_reference_engine_tells_it(
    begin: list[float], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST_WATCHED", at_once)  # all steps at once, or one after another
    model, given = growing(40), {"begin": np.array(begin)}
    for options in ({}, {"outputs": ["twice"]}, {"outputs": []}):
        found = CompiledSimulator(model, **options).run(given)
        assert found.failed.any() == (options.get("outputs") != [])
        equal(found, Simulator(model, **options).run(given))


def test_lanes_beyond_the_last_draw_do_not_fail_a_run() -> None:
    assert not CompiledSimulator(growing()).run({"begin": np.ones(3)}).failed.any()


@pytest.mark.parametrize("wild", [1 / (time - 5.0), 1 / (ref("zero") * 1.0)])
def test_an_output_that_fails_for_all_draws_fails_them_all(wild: object) -> None:
    model = build([constant("zero", 0.0), constant("a", 1.0), aux("wild", wild), stock("x", ref("a"), 0.0)])
    given = {"a": np.ones(3)}
    found = CompiledSimulator(model).run(given)
    assert found.failed.all()
    equal(found, Simulator(model).run(given))


# --- long runs, and what is kept of short ones ----------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_ends_a_run_soon(threads: int) -> None:
    prepared = CompiledSimulator(every_region(last=2000.0), outputs=["sum"])
    given = draws(200_000)  # minutes of work
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    prepared.compile({"rate": True, "share": True}).kernel.optimize()
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = clock.process_time()
    try:
        with pytest.raises(KeyboardInterrupt):
            prepared.run(given, save_times=[2000.0], threads=threads)
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
    while [thread for thread in threading.enumerate() if thread.name == "realities-run"]:
        assert clock.process_time() - start < 20.0


def test_an_error_in_a_thread_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("none left")

    monkeypatch.setattr("realities.engine.llvm.threads._work", fail)
    with pytest.raises(MemoryError, match="none left"):
        CompiledSimulator(every_region()).run(draws(500), threads=2)


def test_a_simulator_keeps_no_more_than_a_few_programs_and_settings() -> None:
    prepared = CompiledSimulator(growing())
    for k in range(20):
        prepared.run({"begin": float(k)}, final_time=float(k % 5), seed=k)
    names = ["begin", "TIME STEP", "INITIAL TIME"]
    for mask in range(8):
        prepared.run({name: 1.0 for k, name in enumerate(names) if mask >> k & 1})
        prepared.run({name: 1.0 for k, name in enumerate(names) if mask >> k & 1} | {"FINAL TIME": 4.0})
    assert len(prepared._compiled._made) <= 8
    assert len(prepared._settings._made) <= 8


def test_code_that_is_no_longer_kept_can_still_be_run() -> None:
    prepared = CompiledSimulator(growing())
    kept = prepared.compile({"begin": True})
    del prepared
    gc.collect()
    assert kept.kernel.code.tier in ("quick", "optimized")
    equal(
        CompiledSimulator(growing()).run({"begin": np.ones(2)}),
        Simulator(growing()).run({"begin": np.ones(2)}),
    )


def test_a_single_run_keeps_no_memory_for_draws_beside_it() -> None:
    values = CompiledSimulator(every_region(), outputs=["level"]).run()["level"]
    base = values if values.base is None else values.base
    assert base.nbytes == values.nbytes


def test_a_second_simulator_writes_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "objects")
    first = CompiledSimulator(every_region(), cache=cache).run(draws(9))

    def never(*_: object) -> None:
        raise AssertionError("code was written again")

    monkeypatch.setattr("realities.engine.llvm.kernel.emit.emit", never)
    equal(CompiledSimulator(every_region(), cache=cache).run(draws(9)), first)
    with pytest.raises(AssertionError, match="written again"):
        CompiledSimulator(every_region(last=9.0), outputs=["level"], cache=cache).run(draws(9))


# --- which engine ---------------------------------------------------------------------------------------


@pytest.fixture
def without_llvmlite(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    library.llvm.cache_clear()
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    yield
    library.llvm.cache_clear()


def test_without_llvmlite_the_reference_engine_runs_unless_the_other_is_asked_for(
    without_llvmlite: None,
) -> None:
    assert isinstance(make_simulator(growing()), Simulator)
    with pytest.raises(ImportError, match="the compiled engine needs llvmlite"):
        make_simulator(growing(), engine="llvm")


def test_steps_of_adaptive_length_are_the_reference_engines() -> None:
    assert isinstance(make_simulator(growing(), integrator="rk45"), Simulator)
    assert isinstance(make_simulator(growing()), CompiledSimulator)
    assert isinstance(make_simulator(growing(), engine="reference"), Simulator)
    with pytest.raises(InputError, match="rk45 chooses its own"):
        make_simulator(growing(), integrator="rk45", engine="llvm")
    with pytest.raises(ValueError, match="no engine is named"):
        make_simulator(growing(), engine="abacus")  # type: ignore[arg-type]


# --- other processors -----------------------------------------------------------------------------------


def undefined_symbols(code: bytes) -> set[str]:
    """Return the names that object code (ELF, 64 bits) wants from elsewhere."""
    sections_at, size, count = (
        struct.unpack_from("<Q10xH", code, 40)[0],
        64,
        struct.unpack_from("<H", code, 60)[0],
    )
    sections = [struct.unpack_from("<IIQQQQIIQQ", code, sections_at + size * k) for k in range(count)]
    table = next(section for section in sections if section[1] == 2)  # SHT_SYMTAB
    names_at = sections[table[6]][4]
    found = set()
    for at in range(table[4] + 24, table[4] + table[5], 24):
        name, _, _, section = struct.unpack_from("<IBBH", code, at)
        if section == 0:
            found.add(code[names_at + name : code.index(b"\0", names_at + name)].decode())
    return found


@pytest.mark.parametrize("target", ["avx512", "avx2", "x86-64", "arm64"])
@pytest.mark.parametrize("tier", ["quick", "optimized"])
def test_code_for_every_processor_needs_nobody_elses_functions(target: targets.Name, tier: Tier) -> None:
    model = build(
        [
            *every_region().variables[:-6],
            aux("mathematics", call("exp", ref("a")) + call("ln", ref("a")) + ref("a") ** ref("b")),
            aux("circle", call("sin", ref("a")) + call("arctan", ref("b")) + call("tan", ref("b"))),
            aux("chance", call("vensim.random_normal", -1, 1, 0, 1, 3, site=7)),
            aux(
                "remainder", call("vensim.modulo", ref("a"), ref("b")) + call("vensim.quantum", ref("a"), 0.3)
            ),
            constant("b", 0.7),
            stock("a", ref("mathematics") + ref("circle") + ref("chance") + ref("remainder"), 1.0),
        ],
        lookups=every_region().lookups.values(),
    )
    machine = targets.named(target)
    outputs = [variable.name for variable in model.variables]
    program = lower(model, outputs, hold={}, events={}, given={"b": True}, method="rk4")
    assert undefined_symbols(compile_text(emit(program, machine.target).text, machine, tier)) <= {
        "_GLOBAL_OFFSET_TABLE_"
    }


def test_what_is_kept_of_a_cached_program_is_all_there_is() -> None:
    program = lower(
        every_region(), ["sum", "half", "clock", "first"], hold={}, events={}, given={}, method="rk2"
    )
    emitted = emit(program, targets.this_machine().target)
    from json import dumps, loads

    assert compiled._emitted(loads(dumps({**asdict(emitted), "text": ""}))) == replace(emitted, text="")
