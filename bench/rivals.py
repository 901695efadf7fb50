"""What the engines are compared with, each ready to run: a workload in, a function of draws out.

A `Rival` runs `n_draws` draws and gives their outputs. Those that take no whole run in a reasonable
time run fewer periods between saves. A tool that is missing is left out, and `skipped` says why.
`bench_engines.py` runs them side by side.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from by_hand import c_code, jax_code, numpy_code
from workloads import N_SAVES, TIME_STEP, Workload

from realities.engine.reference import Simulator

FloatArray = np.ndarray

GCC = ("gcc", "-O3", "-march=native", "-ffast-math", "-fopenmp-simd", "-shared", "-fPIC")


@dataclass(frozen=True, slots=True)
class Rival:
    """Something that runs a workload: `arranged(run())` is (output, time, draw) of its draws.

    What others give as one array, ours give by name: arranging is no part of a run.
    """

    name: str
    n_draws: int
    n_periods: int
    run: Callable[[], Any]
    prepare_s: float
    threads: int = 1
    arranged: Callable[[Any], FloatArray] = np.asarray

    def steps(self, made: Workload) -> int:
        """Return how many trajectory-steps one run takes."""
        return self.n_draws * self.n_periods * (made.n_steps // N_SAVES)


class MissingError(Exception):
    """A tool is not there; the text says which."""


def ours(made: Workload, simulator: Any, name: str, n_draws: int, n_periods: int, **options: Any) -> Rival:
    """Return one of our engines; `simulator` makes it from a model and outputs."""
    start = time.process_time()
    prepared = simulator(made.model(), outputs=made.outputs)
    end = n_periods * made.n_steps // N_SAVES * TIME_STEP
    few = made.draws(8)
    prepared.run(few, final_time=end, **options)
    prepare_s = time.process_time() - start
    draws = made.draws(n_draws)

    def arranged(result: Any) -> FloatArray:
        return np.array([result[output].T for output in made.outputs])

    def run() -> Any:
        return prepared.run(draws, final_time=end, **options)

    return Rival(name, n_draws, n_periods, run, prepare_s, options.get("threads", 1), arranged)


def reference(made: Workload, n_draws: int, n_periods: int) -> Rival:
    """Return the reference engine."""
    return ours(made, Simulator, "reference engine", n_draws, n_periods)


def compiled(made: Workload, n_draws: int, threads: int) -> Rival:
    """Return the compiled engine."""
    try:
        from realities.engine.llvm.cache import Cache
        from realities.engine.llvm.simulator import CompiledSimulator
    except ImportError as problem:
        raise MissingError(f"the compiled engine: {problem}") from None
    name = "compiled engine" + (f", {threads} threads" if threads > 1 else "")
    simulator = partial(CompiledSimulator, optimized=True, cache=Cache(None))  # so that it must compile
    return ours(made, simulator, name, n_draws, N_SAVES, threads=threads)


def whole_numpy(made: Workload, n_draws: int, n_periods: int) -> Rival:
    """Return NumPy code written for the model, every equation over all draws at once."""
    start = time.process_time()
    space: dict[str, Any] = {}
    exec(compile(numpy_code(made), "<numpy>", "exec"), space)
    prepare_s = time.process_time() - start
    parameters = _array(made, n_draws)
    return Rival("NumPy by hand", n_draws, n_periods, lambda: space["run"](parameters, n_periods), prepare_s)


def gcc(made: Workload, n_draws: int, lanes: int, width: int, folder: Path, threads: int = 1) -> Rival:
    """Return C in lanes by gcc, with vectors of `width` bits."""
    if shutil.which("gcc") is None:
        raise MissingError("gcc")
    source = folder / f"{made.name}_{lanes}_{width}.c"
    source.write_text(c_code(made, lanes), encoding="utf-8")
    library, start = source.with_suffix(".so"), time.perf_counter()
    command = [*GCC, f"-mprefer-vector-width={width}", str(source), "-o", str(library), "-lmvec", "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"gcc, which failed: {done.stderr[-300:]}")
    prepare_s = time.perf_counter() - start
    function = ctypes.CDLL(str(library)).run
    function.argtypes = [ctypes.c_void_p] * 2 + [ctypes.c_long] * 4
    parameters, out = _array(made, n_draws), np.zeros((len(made.outputs), N_SAVES + 1, n_draws))
    bounds = [n_draws * part // threads // lanes * lanes for part in range(threads + 1)]

    def part(first: int, end: int) -> None:
        function(parameters.ctypes.data, out.ctypes.data, n_draws, first, end, N_SAVES)

    name = f"gcc, {lanes} lanes, {width} bits" + (f", {threads} threads" if threads > 1 else "")
    return Rival(name, n_draws, N_SAVES, lambda: _in_threads(part, bounds, out), prepare_s, threads)


def jax_scan(made: Workload, n_draws: int) -> Rival:
    """Return JAX on the processor: a scan over time of one draw's step, mapped over draws, in doubles."""
    try:
        import jax
    except ImportError:
        raise MissingError("JAX") from None
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    space: dict[str, Any] = {}
    start = time.process_time()
    exec(compile(jax_code(made), "<jax>", "exec"), space)
    step, every = space["step"], made.n_steps // N_SAVES

    def one(parameters: Any) -> Any:
        def period(stocks: Any, _: None) -> tuple[Any, Any]:
            after = jax.lax.fori_loop(0, every, lambda _, s: step(s, parameters), stocks)
            return after, space["outputs"](stocks)

        last, saved = jax.lax.scan(period, space["start"](parameters), None, length=N_SAVES)
        return jax.numpy.concatenate([saved, space["outputs"](last)[None]])

    function = jax.jit(jax.vmap(one, in_axes=1, out_axes=2))
    parameters = _array(made, n_draws)
    function(parameters).block_until_ready()
    prepare_s = time.process_time() - start
    return Rival(
        "JAX scan and vmap",
        n_draws,
        N_SAVES,
        lambda: np.asarray(function(parameters)).transpose(1, 0, 2),
        prepare_s,
    )


def pysimlin(made: Workload, n_draws: int, folder: Path, *, afresh: bool) -> Rival:
    """Return pysimlin: one simulation reset for each draw, or a fresh one with overrides."""
    try:
        import simlin
    except ImportError:
        raise MissingError("pysimlin") from None
    start = time.process_time()
    model = simlin.open(str(made.write(folder / f"{made.name}_simlin.mdl")))
    draws = made.draws(n_draws)
    rows = [
        dict(zip(draws, row, strict=True)) for row in zip(*(v.tolist() for v in draws.values()), strict=True)
    ]
    simulation = model.simulate()
    simulation.run_to_end()
    prepare_s = time.process_time() - start

    def series(sim: Any) -> list[FloatArray]:
        return [sim.get_series(output) for output in made.outputs]

    def anew() -> FloatArray:
        results = []
        for row in rows:
            sim = model.simulate(overrides=row)
            sim.run_to_end()
            results.append(series(sim))
        return np.array(results).transpose(1, 2, 0)

    def again() -> FloatArray:
        results = []
        for row in rows:
            simulation.reset()
            for name, value in row.items():
                simulation.set_value(name, value)
            simulation.run_to_end()
            results.append(series(simulation))
        return np.array(results).transpose(1, 2, 0)

    name = "pysimlin, " + ("simulate(overrides)" if afresh else "reset and set_value")
    return Rival(name, n_draws, N_SAVES, anew if afresh else again, prepare_s)


def pysd(made: Workload, n_draws: int, folder: Path) -> Rival:
    """Return PySD, one run after another."""
    try:
        import pysd as package
    except ImportError:
        raise MissingError("PySD") from None
    start = time.process_time()
    model = package.read_vensim(str(made.write(folder / f"{made.name}_pysd.mdl")))
    prepare_s = time.process_time() - start
    draws = made.draws(n_draws)
    outputs = list(made.outputs)

    def run() -> FloatArray:
        results = []
        for draw in range(n_draws):
            table = model.run(params={name: v[draw] for name, v in draws.items()}, return_columns=outputs)
            results.append(table[outputs].to_numpy())
        return np.array(results).transpose(2, 1, 0)

    return Rival("PySD", n_draws, N_SAVES, run, prepare_s)


def _array(made: Workload, n_draws: int) -> FloatArray:
    return np.array(list(made.draws(n_draws).values()))


def _in_threads(part: Callable[[int, int], None], bounds: list[int], out: FloatArray) -> FloatArray:
    if len(bounds) == 2:
        part(*bounds)
        return out
    with ThreadPoolExecutor(len(bounds) - 1) as pool:
        list(pool.map(part, bounds[:-1], bounds[1:]))
    return out
