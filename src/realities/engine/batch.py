"""Many draws, block after block: a simulator and constants in, whatever reducers make of the runs out.

Blocks run on several threads and reach the reducers (`reducers.py`) in the order of their draws, each as
`Trajectories`; then they are forgotten, so that memory does not grow with the number of draws. What comes out
is the same to the last bit for any block size and any number of threads. A draw that leaves the real numbers
is counted, and the first one is told with all that it takes to run it again.
"""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.ir.model import Model
from realities.trajectories import Trajectories

FloatArray = NDArray[np.float64]
#: Called with what is going on, how many draws are done, and how many there are.
Progress = Callable[[str, float, float], None]
#: Constants by name: a number for all draws, or an array (draw,).
Constants = Mapping[str, ArrayLike]
#: Gives the constants of some draws, from the number of the first and how many they are.
Drawing = Callable[[int, int], Constants]

#: Results of a block that come from the simulator at once, and the most draws in one.
BLOCK_BYTES = 8 * 2**20
MOST_DRAWS = 4096
#: Numbers of failed draws that are kept.
_MOST_FAILED = 1000


class Simulates(Protocol):
    """What runs a model: a simulator of any engine."""

    model: Model
    outputs: tuple[str, ...]

    def run(
        self,
        parameters: Any = None,
        *,
        n_draws: int | None = None,
        save_times: Any = None,
        final_time: float | None = None,
        seed: int = 0,
        first_draw: int = 0,
    ) -> Trajectories:
        """Return the trajectories of some draws, of which the first has the number `first_draw`."""


class Reducer(Protocol):
    """What makes something smaller of an ensemble, block by block."""

    def begin(self, n_draws: int, like: Trajectories) -> None:
        """Make ready for so many draws that look like these: their variables, times and units."""

    def of_block(self, first_draw: int, block: Trajectories) -> Any:
        """Return what matters of one block; changes nothing, since several threads may ask at once."""

    def take(self, part: Any) -> None:
        """Take up what `of_block` gave; called in the order of draws."""

    def finish(self) -> bool:
        """Return whether the result is there; if not, all blocks come once more."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A draw that left the real numbers: what failed, when, and all it takes to run it again (`rerun`)."""

    draw: int
    variable: str
    time: float
    seed: int
    constants: Mapping[str, float]

    def __str__(self) -> str:
        given = ", ".join(f'"{name}"={value!r}' for name, value in self.constants.items())
        return (
            f'draw {self.draw} of seed {self.seed}: "{self.variable}" left the real numbers at time '
            f"{self.time:g}" + (f", with {given}" if given else "")
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: how many draws were asked for, ran, and failed.

    `failed` has the numbers of the first failed draws, up to a thousand of them; `passes` is how often the
    ensemble ran, since quantiles may need it twice.
    """

    n_draws: int
    n_done: int
    n_failed: int
    failed: tuple[int, ...] = ()
    first_failure: Failure | None = None
    passes: int = 1


class Interrupted(KeyboardInterrupt):
    """A batch was stopped between two blocks; reducers hold the draws before, and `outcome` says how many."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"stopped after {outcome.n_done:,} of {outcome.n_draws:,} draws")
        self.outcome = outcome


def run_batch(
    simulator: Simulates,
    constants: Constants | Drawing,
    reducers: Sequence[Reducer],
    *,
    n_draws: int,
    seed: int = 0,
    save_times: ArrayLike | None = None,
    final_time: float | None = None,
    threads: int = 1,
    block: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Run an ensemble and give every block of it to the reducers.

    Parameters
    ----------
    simulator
        Of any engine.
    constants
        Numbers or arrays (draw,) by name; or a function of the number of a block's first draw and of how many
        there are, which is asked once for each block and must always give a draw the same.
    reducers
        What is made of the runs; see `reducers.py`.
    n_draws
        How many draws; they are numbered from 0.
    seed, save_times, final_time
        As in `Simulator.run`.
    threads
        Blocks computed at the same time.
    block
        Draws in a block; changes speed and memory, never a result. Default: a few megabytes of results.
    progress
        Called after each block.

    Raises
    ------
    Interrupted
        If Ctrl-C was pressed, or `progress` raised KeyboardInterrupt. Blocks that had begun are finished.
    ValueError
        If a name, a shape or a time is wrong.
    """
    if n_draws < 1 or threads < 1 or (block is not None and block < 1):
        raise ValueError("n_draws, threads and block must be at least 1")
    options = {"seed": seed, "save_times": save_times, "final_time": final_time}
    work = _Work(simulator, constants, n_draws, options)
    like = work.run(0, min(n_draws, 2))
    for reducer in reducers:
        reducer.begin(n_draws, like)
    size = block or _block_size(n_draws, like, threads)
    tally, wanting, passes = _Tally(work), list(reducers), 0
    with _stop_when_asked() as stop:
        while passes == 0 or wanting:
            passes += 1
            done = _one_pass(work, wanting, tally if passes == 1 else None, size, threads, progress, stop)
            if (
                passes == 1 or done == n_draws
            ):  # what a first pass left unfinished can still be made the most of
                wanting = [reducer for reducer in wanting if not reducer.finish()]
            if stop.wanted:
                raise Interrupted(tally.outcome(done if passes == 1 else n_draws, passes))
    return tally.outcome(n_draws, passes)


def rerun(simulator: Simulates, failure: Failure, **options: Any) -> Trajectories:
    """Return the single trajectory of a draw that failed; options are `save_times` and `final_time`."""
    work = _Work(
        simulator, lambda _first, n: _repeated(failure.constants, n), 1, {"seed": failure.seed, **options}
    )
    return work.run(failure.draw, failure.draw + 1)


@dataclass(frozen=True, eq=False)
class _Work:
    """What is to be run, and how a piece of it runs."""

    simulator: Simulates
    constants: Constants | Drawing
    n_draws: int
    options: Mapping[str, Any]

    def run(self, first: int, end: int) -> Trajectories:
        """Return the trajectories of some draws, to the last bit the same whichever run together."""
        chosen = self.chosen(first, end)
        if end - first > 1:
            return self.simulator.run(chosen, n_draws=end - first, first_draw=first, **self.options)
        # A constant with a single value would be computed as one for all draws: another order of rounding.
        pair = {name: np.repeat(v, 2) if isinstance(v, np.ndarray) else v for name, v in chosen.items()}
        return _only_first(self.simulator.run(pair, n_draws=2, first_draw=first, **self.options))

    def chosen(self, first: int, end: int) -> dict[str, float | FloatArray]:
        """Return the constants of some draws: a float where all draws share it, else (draw,)."""
        given = self.constants(first, end - first) if callable(self.constants) else self.constants
        return {name: self._of_draws(name, value, first, end) for name, value in given.items()}

    def _of_draws(self, name: str, value: ArrayLike, first: int, end: int) -> float | FloatArray:
        array = np.asarray(value, dtype=np.float64)
        if callable(self.constants):
            if array.ndim and array.shape != (end - first,):
                raise ValueError(
                    f'"{name}" has the shape {array.shape} where {end - first} draws were asked for'
                )
            return array if array.ndim else float(array)
        if array.size == 1:
            return float(array.reshape(()))
        if array.shape != (self.n_draws,):
            raise ValueError(f'"{name}" has the shape {array.shape} where there are {self.n_draws} draws')
        return array[first:end]


@dataclass(slots=True)
class _Tally:
    """Counts the draws that failed, and keeps how to see the first of them again."""

    work: _Work
    n_failed: int = 0
    failed: list[int] = field(default_factory=list)
    first: Failure | None = None

    def note(self, first_draw: int, block: Trajectories) -> None:
        if not block.failed.any():
            return
        self.n_failed += int(block.failed.sum())
        numbers = first_draw + np.flatnonzero(block.failed)
        self.failed += numbers[: _MOST_FAILED - len(self.failed)].tolist()
        if self.first is None and block.first_failure is not None:
            draw, variable, time = block.first_failure
            number = first_draw + draw
            values = self.work.chosen(number, number + 1)
            constants = {name: float(np.asarray(value).reshape(())) for name, value in values.items()}
            self.first = Failure(number, variable, time, int(self.work.options["seed"]), constants)

    def outcome(self, n_done: int, passes: int) -> Outcome:
        return Outcome(self.work.n_draws, n_done, self.n_failed, tuple(self.failed), self.first, passes)


def _one_pass(
    work: _Work,
    reducers: Sequence[Reducer],
    tally: _Tally | None,
    size: int,
    threads: int,
    progress: Progress | None,
    stop: _Stop,
) -> int:
    """Run all blocks, or those before an interruption; return how many draws ran."""

    def job(number: int) -> tuple[int, Trajectories, list[Any]]:
        first = number * size
        block = work.run(first, min(first + size, work.n_draws))
        parts = [reducer.of_block(first, block) for reducer in reducers]
        return first, replace(block, values={}), parts  # blocks that wait for their turn hold no more

    done = 0
    for first, rest, parts in _in_order(job, -(-work.n_draws // size), threads, stop):
        for reducer, part in zip(reducers, parts, strict=True):
            reducer.take(part)
        if tally is not None:
            tally.note(first, rest)
        done = first + rest.n_draws
        try:
            if progress is not None:
                progress("Running", done, work.n_draws)
        except KeyboardInterrupt:
            stop.wanted = True
    return done


def _in_order(job: Callable[[int], Any], n_jobs: int, threads: int, stop: _Stop) -> Iterator[Any]:
    """Yield what jobs 0, 1, ... give, a few of them at work at a time; stop starting them when told to."""
    if threads == 1:
        for number in range(n_jobs):
            if stop.wanted:
                return
            yield job(number)
        return
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for number in range(n_jobs):
            if stop.wanted:
                break
            waiting.append(pool.submit(job, number))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(slots=True)
class _Stop:
    """Whether somebody wants the batch to stop before the next block."""

    wanted: bool = False


@contextmanager
def _stop_when_asked() -> Iterator[_Stop]:
    """Have Ctrl-C ask for a stop; pressed twice, it interrupts as ever."""
    stop = _Stop()
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or usual is not signal.default_int_handler:
        yield stop  # whoever handles it otherwise goes on doing so
        return

    def note(_number: int, _frame: object) -> None:
        if stop.wanted:
            raise KeyboardInterrupt
        stop.wanted = True

    signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, usual)


def _block_size(n_draws: int, like: Trajectories, threads: int) -> int:
    """Return how many draws make a block: whole vectors, some megabytes, work for every thread."""
    each = 8 * max(len(like.values) * like.times.size, 1) * max(threads / 4, 1.0)
    most = min(int(BLOCK_BYTES / each), MOST_DRAWS, -(-n_draws // threads))
    return -(-most // 64) * 64 if most >= 64 else max(-(-most // 8) * 8, 8)


def _only_first(pair: Trajectories) -> Trajectories:
    values = {name: array[:1] for name, array in pair.values.items()}
    failure = pair.first_failure if pair.first_failure is not None and pair.first_failure[0] == 0 else None
    return replace(pair, values=values, failed=pair.failed[:1], first_failure=failure)


def _repeated(constants: Mapping[str, float], n: int) -> dict[str, FloatArray]:
    return {name: np.full(n, value) for name, value in constants.items()}
