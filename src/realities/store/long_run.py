"""A long ensemble: block by block into a store, then from the store into one file.

In come a simulator, the constants of every draw and a path. A process that is killed leaves its finished
blocks; the same call then takes them up and computes the rest, and the file has the same bytes. Only a block
and a slab are ever in memory. The simulator is the caller's: any engine will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from realities.errors import RealitiesError
from realities.ir.expr import Number
from realities.ir.model import Model
from realities.output import Heading, Slab
from realities.output.write import write_slabs
from realities.store.blocks import BlockStore
from realities.store.fingerprint import fingerprint, program_identity
from realities.trajectories import Trajectories
from realities.units import Unit

FloatArray = NDArray[np.float64]
Progress = Callable[[str, float, float], None]

#: An ensemble is long from so many bytes of results, or so much work: draws times steps times equations.
LONG_BYTES = 32 * 2**20
LONG_WORK = 4e9
#: The most of both in one block.
BLOCK_BYTES = 16 * 2**20
BLOCK_WORK = 1e9
#: Draws are computed in vectors of so many.
_VECTOR = 8


class Runs(Protocol):
    """What runs a model: a simulator of either engine."""

    model: Model
    outputs: tuple[str, ...]

    def run(
        self,
        parameters: Mapping[str, FloatArray] | None = None,
        *,
        n_draws: int | None = None,
        seed: int = 0,
        first_draw: int = 0,
    ) -> Trajectories:
        """Return the trajectories of some draws, of which the first has the number `first_draw`."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """What is to be run: constants by name, a number or (draw,) each, for `n_draws` draws."""

    simulator: Runs
    parameters: Mapping[str, FloatArray]
    n_draws: int
    seed: int = 0
    engine: str = "reference"

    @cached_property
    def first(self) -> Trajectories:
        """The first draw alone: it shows what a file of them all has at its top."""
        return self.part(0, 1)

    def part(self, first: int, end: int) -> Trajectories:
        """Return the trajectories of some draws, the same to the last bit whatever others are asked for."""
        return run_part(self.simulator, self.constants(first, end), first, end, self.seed)

    def constants(self, first: int, end: int) -> dict[str, FloatArray]:
        """Return the constants of some draws, and behind them those of the first of all: see `run_part`."""
        kept = np.append(np.arange(first, end), 0)
        return {name: values[kept] if values.size > 1 else values for name, values in self.parameters.items()}


def run_part(
    simulator: Runs, constants: Mapping[str, FloatArray], first: int, end: int, seed: int
) -> Trajectories:
    """Return the trajectories of some draws from their constants.

    Behind them the first of all draws runs once more: times must be equal for all draws, whatever the block,
    and one draw alone would run by other instructions.
    """
    found = simulator.run(constants, n_draws=end - first + 1, seed=seed, first_draw=first)
    values = {name: array[:-1] for name, array in found.values.items()}
    return replace(found, values=values, failed=found.failed[:-1], first_failure=None)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a long run: its heading, which draws left the real numbers, and the first that did."""

    heading: Heading
    failed: NDArray[np.bool_]
    first_failure: tuple[int, str, float] | None
    n_resumed: int

    @property
    def n_draws(self) -> int:
        """How many draws there are, failed ones included."""
        return self.heading.n_draws

    @property
    def times(self) -> FloatArray:
        """The times saved, shape (T,)."""
        return self.heading.times


@dataclass(frozen=True, slots=True)
class Size:
    """How big an ensemble is."""

    n_draws: int
    n_variables: int
    n_times: int
    n_equations: int
    n_steps: int

    @property
    def is_long(self) -> bool:
        """Whether its blocks are worth keeping while it runs."""
        return self.n_draws > 1 and (
            self.n_draws * self._bytes > LONG_BYTES or self.n_draws * self._work > LONG_WORK
        )

    @property
    def block(self) -> int:
        """How many draws make a block."""
        fits = min(BLOCK_BYTES / self._bytes, BLOCK_WORK / self._work)
        return min(max(int(fits) // _VECTOR, 1) * _VECTOR - 1, self.n_draws)  # and the first draw once more

    @property
    def _bytes(self) -> int:
        return 8 * max(self.n_variables * self.n_times, 1)

    @property
    def _work(self) -> int:
        return max(self.n_equations * self.n_steps, 1)


def size_of(ensemble: Ensemble) -> Size:
    """Return the size of an ensemble."""
    model, times = ensemble.simulator.model, ensemble.first.times
    step = _time_step(ensemble)
    n_steps = round(float(times[-1] - times[0]) / step) if step > 0.0 else times.size
    return Size(ensemble.n_draws, len(ensemble.first.values), times.size, len(model.variables), n_steps)


def _time_step(ensemble: Ensemble) -> float:
    """Return the length of a step, 0 if it is computed."""
    variable = ensemble.simulator.model[ensemble.simulator.model.time.time_step]
    if variable.name in ensemble.parameters:
        return float(ensemble.parameters[variable.name].flat[0])
    return variable.expression.value if isinstance(variable.expression, Number) else 0.0


def part_of(path: Path) -> Path:
    """Return where the unfinished results of a file lie."""
    return path.with_name(path.name + ".part")


class LongRun:
    """One long ensemble on its way into one file.

    Use it with `with`: other processes are kept out until it ends. What is unfinished stays for the next.

    Parameters
    ----------
    ensemble
        What to run.
    path
        The file it becomes; `PATH.part` beside it holds what is unfinished.
    block
        Draws in a block: how much a kill can cost, and how much is in memory. The file does not depend on it.

    Raises
    ------
    RealitiesError
        If another process writes this file, or something else is where the unfinished results would go.
    """

    def __init__(self, ensemble: Ensemble, path: Path, *, block: int) -> None:
        self.ensemble, self.path = ensemble, path
        self.heading = heading_of(ensemble)
        self._store = BlockStore(part_of(path), self.heading, block, _fingerprint(ensemble, self.heading))

    def __enter__(self) -> LongRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def compute(
        self,
        progress: Progress | None = None,
        *,
        blocks: Callable[[Sequence[tuple[int, int]]], Iterable[tuple[int, Trajectories]]] | None = None,
    ) -> Outcome:
        """Compute the blocks that are missing, and say what became of all draws.

        Parameters
        ----------
        progress
            Told how many draws are done.
        blocks
            Runs ranges of draws elsewhere, and gives each one's position and trajectories in any order;
            default: here, one after the other.
        """
        n_draws = self.ensemble.n_draws
        failed = np.zeros(n_draws, dtype=np.bool_)
        missing = self._look_through(failed)
        ranges = [self._store.range(number) for number in missing]
        n_resumed = done = n_draws - sum(end - first for first, end in ranges)
        tell = progress or (lambda _stage, _done, _total: None)
        tell("Simulating", done, n_draws)
        for position, found in self._here(ranges) if blocks is None else blocks(ranges):
            self._keep(missing[position], found)
            first, end = ranges[position]
            failed[first:end] = found.failed
            done += end - first
            tell("Simulating", done, n_draws)
        return Outcome(self.heading, failed, self._first_failure(failed), n_resumed)

    def write(self, progress: Progress | None = None) -> None:
        """Write the file, in one move, and remove the store; `progress` is told of draws written."""
        whole = self._store.folder / f"whole{self.path.suffix}"
        write_slabs(whole, self.heading, self._told(progress or (lambda _stage, _done, _total: None)))
        whole.replace(self.path)
        self._store.remove()

    def give_up(self) -> None:
        """Remove the store: nothing of it is wanted."""
        self._store.remove()

    def _look_through(self, failed: NDArray[np.bool_]) -> list[int]:
        """Return the blocks that are missing; note which draws of the others failed."""
        missing = []
        for number in range(self._store.n_blocks):
            kept = self._store.read(number)
            if kept is None:
                missing.append(number)
            else:
                failed[kept.first : kept.end] = kept.failed
        return missing

    def _here(self, ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Trajectories]]:
        for position, (first, end) in enumerate(ranges):
            yield position, self.ensemble.part(first, end)

    def _keep(self, number: int, found: Trajectories) -> None:
        if not np.array_equal(found.times, self.heading.times):
            first, end = self._store.range(number)
            raise RealitiesError(f"draws {first} to {end - 1} save at other times than the first draw")
        self._store.write(number, np.stack(list(found.values.values()), axis=1), found.failed)

    def _block(self, number: int) -> Slab:
        """Return a block; one that was damaged meanwhile is computed again."""
        kept = self._store.read(number)
        if kept is None:
            found = self.ensemble.part(*self._store.range(number))
            return Slab(self._store.range(number)[0], tuple(found.values.values()), found.failed)
        return kept

    def _told(self, tell: Progress) -> Iterator[Slab]:
        tell("Writing", 0, self.heading.n_draws)
        for slab in self._slabs():
            yield slab
            tell("Writing", slab.end, self.heading.n_draws)

    def _slabs(self) -> Iterator[Slab]:
        """Return the blocks cut anew, as the heading has it."""
        held: list[Slab] = []
        numbers = iter(range(self._store.n_blocks))
        for first, end in self.heading.slabs():
            while not held or held[-1].end < end:
                held.append(self._block(next(numbers)))
            yield _joined([_cut(slab, first, end) for slab in held])
            held = [slab for slab in held if slab.end > end]

    def _first_failure(self, failed: NDArray[np.bool_]) -> tuple[int, str, float] | None:
        if not failed.any():
            return None
        draw = int(np.argmax(failed))
        single = {
            name: v[draw : draw + 1] if v.size > 1 else v for name, v in self.ensemble.parameters.items()
        }
        found = self.ensemble.simulator.run(single, n_draws=1, seed=self.ensemble.seed, first_draw=draw)
        return None if found.first_failure is None else (draw, *found.first_failure[1:])


def heading_of(ensemble: Ensemble) -> Heading:
    """Return the heading of an ensemble's file."""
    found = ensemble.first
    units = tuple(_text(found.units.get(name)) for name in found.values)
    time_unit = None if found.time_unit is None else _text(found.time_unit)
    return Heading(tuple(found.values), units, found.times, ensemble.n_draws, time_unit)


def _text(unit: Unit | None) -> str:
    return "" if unit is None else str(unit)


def _fingerprint(ensemble: Ensemble, heading: Heading) -> str:
    simulator = ensemble.simulator
    return fingerprint(
        program_identity(),
        simulator.model,
        getattr(simulator, "integrator", None),
        heading.names,
        heading.times,
        dict(sorted(ensemble.parameters.items())),
        ensemble.n_draws,
        ensemble.seed,
        ensemble.engine,
    )


def _cut(slab: Slab, first: int, end: int) -> Slab:
    """Return the draws of a slab that lie in a range."""
    start, stop = max(first - slab.first, 0), min(end - slab.first, slab.failed.size)
    return Slab(
        slab.first + start, tuple(values[start:stop] for values in slab.values), slab.failed[start:stop]
    )


def _joined(slabs: Sequence[Slab]) -> Slab:
    if len(slabs) == 1:
        return slabs[0]
    values = tuple(np.concatenate(parts) for parts in zip(*(slab.values for slab in slabs), strict=True))
    return Slab(slabs[0].first, values, np.concatenate([slab.failed for slab in slabs]))
