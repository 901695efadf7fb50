"""How fast a model runs: every constant varied a little, the results kept as quantiles, the time taken.

In come a model and a simulator; out goes a `Measurement`. `cli/bench.py` prints it. Constants are drawn block
by block from a stream that knows its place, so that memory does not grow with the number of draws.
"""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.batch import Drawing, Failure, Progress, Simulates, run_batch
from realities.engine.quantiles import MEMORY_BYTES, stage_size
from realities.engine.reducers import Quantiles
from realities.engine.reference import Simulator
from realities.ir.expr import Binary, Call, Expr, Ref, Unary, references, walk
from realities.ir.model import Model, Variable
from realities.trajectories import Trajectories

FloatArray = NDArray[np.float64]

#: Constants vary by this much to either side.
SHARE = 0.1
#: Seconds that a measurement takes when nobody says how many draws it should have.
_SECONDS = 1.0
_MOST_DRAWS = 1_000_000
_SAME = ("=", "<>")
#: Functions of priority curves: behind the first argument come fives of numbers, the second a type of curve.
_CURVES = (
    "vensim.allocate_available", "vensim.find_market_price",
    "vensim.demand_at_price", "vensim.supply_at_price",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a batch took, in seconds.

    `run_s` of the clock and `total_cpu_s` of the processor are for everything: drawing constants, running and
    quantiles. `cpu_s` of the processor are for the runs alone. `quantiles_of` are the outputs that the
    memory for quantiles was enough for.
    """

    n_draws: int
    n_failed: int
    first_failure: Failure | None
    run_s: float
    cpu_s: float
    total_cpu_s: float
    quantiles_of: tuple[str, ...]

    @property
    def trajectories_per_cpu_s(self) -> float:
        """How many draws a second of the processor runs."""
        return self.n_draws / max(self.cpu_s, 1e-9)


def measure(
    simulator: Simulates,
    constants: Drawing,
    *,
    n_draws: int,
    n_times: int,
    seed: int = 0,
    threads: int = 1,
    progress: Progress | None = None,
    memory_bytes: int = MEMORY_BYTES,
) -> Measurement:
    """Run an ensemble, keep its quantiles, and say what that took.

    Where there are too many outputs for
    exact quantiles in the memory, the first ones have them and the others are only computed.

    Raises
    ------
    Interrupted
        If Ctrl-C was pressed.
    """
    n_kept = _n_fitting(len(simulator.outputs), n_times, n_draws, memory_bytes)
    quantiles = Quantiles(outputs=simulator.outputs[:n_kept], memory_bytes=memory_bytes)
    clocked = _Clocked(simulator)
    start = time.perf_counter(), time.process_time()
    outcome = run_batch(
        clocked, constants, [quantiles], n_draws=n_draws, seed=seed, threads=threads, progress=progress
    )
    return Measurement(
        n_draws,
        outcome.n_failed,
        outcome.first_failure,
        run_s=time.perf_counter() - start[0],
        cpu_s=sum(clocked.seconds),
        total_cpu_s=time.process_time() - start[1],
        quantiles_of=simulator.outputs[:n_kept],
    )


class _Clocked:
    """A simulator that notes the processor time of each run; threads may share it."""

    def __init__(self, simulator: Simulates) -> None:
        self.model, self.outputs, self._simulator = simulator.model, simulator.outputs, simulator
        self.seconds: list[float] = []

    def run(self, parameters: Any = None, **options: Any) -> Trajectories:
        """Return what the simulator gives, by the thread that asks for it."""
        start = time.thread_time()
        found = self._simulator.run(parameters, **options)
        self.seconds.append(time.thread_time() - start)
        return found


def _n_fitting(n_outputs: int, n_times: int, n_draws: int, memory_bytes: int) -> int:
    """Return how many outputs can have quantiles in some memory."""
    return next(
        n for n in range(n_outputs, -1, -1) if n == 0 or stage_size(n * n_times, n_draws, memory_bytes)
    )


def sensible_draws(simulator: Simulates, constants: Drawing) -> int:
    """Return how many draws take about a second of the processor: 1, 2 or 5 and zeros, 100 to a million."""
    n, before, spent = 2, 0.0, 0.0
    # A run costs something of its own; what a draw costs shows when four times as many take much longer.
    while spent < 0.5 and (spent < 0.05 or spent < 2 * before) and n < _MOST_DRAWS // 16:
        n *= 4
        before, start = spent, time.process_time()
        simulator.run(constants(0, n), n_draws=n)
        spent = time.process_time() - start
    wanted = min(max(n * _SECONDS / max(spent, 1e-6), 100), _MOST_DRAWS)
    power = round(10.0 ** math.floor(math.log10(wanted)))
    return max(step * power for step in (1, 2, 5) if step * power <= wanted)


def drawing(values: Mapping[str, float], seed: int = 0) -> Drawing:
    """Return a function that draws constants uniformly within 10 % of their values.

    A draw has the same constants whatever draws are asked for together.

    References
    ----------
    Salmon, J. et al. (2011). Parallel random numbers: as easy as 1, 2, 3. SC11. The stream is its Philox.
    """
    names = list(values)
    middle = np.array(list(values.values()))
    # The generator counts in fours of numbers: each draw has a whole number of them.
    fours = max(-(-len(names) // 4), 1)

    def draw(first: int, n: int) -> dict[str, FloatArray]:
        bits = np.random.Philox(key=seed, counter=first * fours)
        shares = np.random.Generator(bits).random((n, 4 * fours))[:, : len(names)]
        constants = middle * (1.0 - SHARE + 2.0 * SHARE * shares)
        return dict(zip(names, np.ascontiguousarray(constants.T), strict=True))

    return draw


def variable_constants(model: Model) -> tuple[dict[str, float], dict[str, str]]:
    """Return the constants that a draw may vary with their values, and why the others may not.

    Left alone are those that say when a run starts, ends, steps and saves, those that the model was built
    from, and switches, which are compared for equality, name a type, or stand where true or false is wanted.
    """
    clock, switches = set(_behind_the_clock(model)), set(_switches(model))
    values: dict[str, float] = {}
    kept: dict[str, str] = {}
    known = Simulator(model, outputs=[v.name for v in model.constants]).run()
    for variable in model.constants:
        value = float(known[variable.name][0, 0])
        if variable.name in clock:
            kept[variable.name] = "it says when the run is"
        elif variable.name in model.settled:
            kept[variable.name] = "the model was built from it"
        elif variable.name in switches:
            kept[variable.name] = "it is a switch"
        elif value == 0.0:
            kept[variable.name] = "a tenth of 0 is 0"
        else:
            values[variable.name] = value
    return values, kept


def _behind_the_clock(model: Model) -> Iterator[str]:
    """Yield the names that control variables are, or are computed from."""
    clock = model.time
    waiting = [clock.initial_time, clock.final_time, clock.time_step, clock.save_period]
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        yield name
        found = {ref.name for part in _parts(model[name]) for ref in references(part)} - seen
        seen |= found
        waiting += found


def _switches(model: Model) -> Iterator[str]:
    """Yield the names of constants, or others, of which a tenth more is something else altogether."""
    for variable in model.variables:
        for part in _parts(variable):
            for node in walk(part):
                yield from (operand.name for operand in _judged(node) if isinstance(operand, Ref))


def _judged(node: Expr) -> Sequence[Expr]:
    """Return the operands of a node of which a tenth more may be something else altogether."""
    match node:
        case Binary(op=op, left=left, right=right) if op in _SAME or op in ("and", "or"):
            return (left, right)
        case Unary(op="not", operand=operand):
            return (operand,)
        case Call(function="if_then_else", args=(condition, *_)):
            return (condition,)
        case Call(function=function, args=args) if function in _CURVES:
            return args[2::5]
        case _:
            return ()


def _parts(variable: Variable) -> list[Expr]:
    return [part for part in (variable.expression, variable.initial, *variable.extra) if part is not None]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a model is: its equations, the steps of a run, and its save points."""

    n_equations: int
    n_steps: int
    n_times: int


def size_of(model: Model) -> Size:
    """Return how large a model is."""
    clock = model.time
    controls = (clock.initial_time, clock.final_time, clock.time_step)
    values = Simulator(model, outputs=controls).run()
    start, end, step = (float(values[name][0, 0]) for name in controls)
    return Size(len(equations_of(model)), round((end - start) / step), values.times.size)


def equations_of(model: Model) -> list[Variable]:
    """Return the variables that have something to compute: no constants, no data, no time settings."""
    clock = model.time
    controls = (clock.initial_time, clock.final_time, clock.time_step, clock.save_period)
    return [v for v in model.variables if v.kind not in ("constant", "data") and v.name not in controls]


def peak_memory_mb() -> float | None:
    """Return the most memory that this process had in use, in millions of bytes, where the system says."""
    # Linux counts what the parent had in use as the child's in `ru_maxrss`; its own account does not.
    account = Path("/proc/self/status")
    if account.exists():
        found = re.search(r"^VmHWM:\s+(\d+) kB", account.read_text(encoding="ascii"), re.MULTILINE)
        if found:
            return int(found[1]) * 1024 / 1e6
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6
