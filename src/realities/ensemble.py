"""A case on an engine: parameter draws of an account in, trajectories out.

What an account assumes is a set of priors over the model's constants; what differs between as-of
dates is which dated inputs were known. Both meet here, so that weighing, claims and the report run
the model in one way only. The same draws (the same uniform numbers) serve every account.
"""

from __future__ import annotations

import atexit
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from realities.case.events import CaseEvent
from realities.case.folder import Case
from realities.case.hidden import constant_value
from realities.case.priors import Prior
from realities.engine.engines import AnySimulator, make_simulator
from realities.engine.request import Event
from realities.processes import Processes, available_cores
from realities.store.kept import TaskMemory
from realities.store.values import settled
from realities.trajectories import Excerpt, Trajectories

FloatArray = NDArray[np.float64]
Task = TypeVar("Task")
Result = TypeVar("Result")
Found = TypeVar("Found", Trajectories, Excerpt)

#: Bytes that a run of each engine is to give at a time: what compiled code gives stays near the processor,
#: calls of NumPy want many draws.
RUN_BYTES = {"llvm": 2**24, "reference": 2**28, "js": 2**24}
#: Draws of a run: a multiple of what compiled code takes together, and at most so many.
WHOLE, MOST_AT_ONCE = 64, 2048

#: Called with what is going on, how much of it is done, and how much there is.
Progress = Callable[[str, float, float], None]

#: Purposes of random streams; the numbers key generators together with the seed of the run.
STREAM_PRIOR, STREAM_WEIGH, STREAM_FORWARD, STREAM_DISCREPANCY = range(4)


class Ensemble:
    """A case's model, prepared for one as-of date, set of outputs and intervention; run often.

    Preparing takes long where code is compiled. So simulators are shared: they give the measured variables
    of all accounts and take every constant that any account speaks of. A draw is still judged by its own
    outputs alone: where one fails, a simulator of nothing else decides.

    Parameters
    ----------
    case
        The case.
    as_of
        Dated inputs published later stay at the model's default.
    outputs
        Names of the variables to keep; everything they do not need is not computed.
    hold
        Variables held at a value for the whole run: the `do(x = v)` of a claim.
    beside
        More outputs that the shared simulator should give, for other ensembles to use it too.
    """

    def __init__(
        self,
        case: Case,
        *,
        as_of: date,
        outputs: Sequence[str],
        hold: Mapping[str, float] | None = None,
        beside: Sequence[str] = (),
    ) -> None:
        self._outputs = tuple(case.model[name].name for name in outputs)
        self._constants = _shared_constants(Same(case))
        self._key = (tuple(sorted((hold or {}).items())), case.events_as_of(as_of))
        self._case = Same(case)
        self._shared: tuple[str, ...] | None = _together(case, (*self._outputs, *beside), bool(hold))

    def run(
        self,
        parameters: Mapping[str, FloatArray | float],
        *,
        n_draws: int | None = None,
        save_times: FloatArray | None = None,
        final_time: float | None = None,
        seed: int = 0,
        first_draw: int = 0,
    ) -> Trajectories:
        """Return trajectories of the kept outputs, each (draw, time).

        Parameters
        ----------
        parameters
            Values of the model's constants by name, each a number or (draw,); all of one length.
        n_draws
            How many draws; default: as many as the arrays have, else 1.
        save_times
            Model times to keep, ascending, shape (T,); default: the model's save points.
        final_time
            Stop there; default: the model's own final time.
        seed, first_draw
            For random functions inside the model, which count draws from `first_draw`.
        """
        n = n_draws or max((np.size(values) for values in parameters.values()), default=1)
        given = self._given(parameters, n)

        def run(simulator: AnySimulator) -> Trajectories:
            return simulator.run(
                given,
                n_draws=n,
                save_times=save_times,
                final_time=final_time,
                seed=seed,
                first_draw=first_draw,
            )

        found = self._judged(run)
        return replace(found, values={name: found[name] for name in self._outputs})

    def run_at(
        self,
        parameters: Mapping[str, FloatArray | float],
        times: Mapping[str, FloatArray],
        *,
        n_draws: int,
        seed: int = 0,
        first_draw: int = 0,
    ) -> Excerpt:
        """Return kept outputs each at times of its own, (draw, T).

        Parameters
        ----------
        parameters, n_draws, seed, first_draw
            As for `run`.
        times
            By name of an output its model times, ascending, shape (T,).
        """
        given = self._given(parameters, n_draws)

        def run(simulator: AnySimulator) -> Excerpt:
            return simulator.run_at(given, times, n_draws=n_draws, seed=seed, first_draw=first_draw)

        return self._judged(run)

    def _judged(self, run: Callable[[AnySimulator], Found]) -> Found:
        """Return a run of the shared simulator, or of one of nothing else where that must judge."""
        if self._shared is not None:
            found = run(_simulator(self._case, self._shared, *self._key))
            if not found.failed.any() or set(self._shared) == set(self._outputs):
                return found
            self._shared = None  # whatever failed may be none of what this ensemble is about
        return run(_simulator(self._case, self._outputs, *self._key))

    def cuts(self, n_draws: int, n_kept: int) -> Iterator[slice]:
        """Yield some draws after the others, so many that what comes out of a run stays near the processor.

        Parameters
        ----------
        n_draws, n_kept
            How many draws there are in all, and how many values are kept of each.
        """
        engine = _simulator(self._case, self._shared or self._outputs, *self._key).engine
        size = RUN_BYTES[engine] // (8 * max(n_kept, 1))
        size = int(np.clip(size // WHOLE * WHOLE, WHOLE, MOST_AT_ONCE))
        # A single draw would be another kind of run, so it is never left over.
        ends = [*range(size, max(n_draws - 1, 0), size), n_draws]
        yield from (slice(first, end) for first, end in pairwise([0, *ends]))

    def _given(
        self, parameters: Mapping[str, FloatArray | float], n_draws: int
    ) -> dict[str, FloatArray | float]:
        """Return every constant that some account speaks of, per draw where one of them is unsure of it."""
        model = self._case.case.model
        given: dict[str, FloatArray | float] = {model[name].name: v for name, v in parameters.items()}
        for name, (default, is_uncertain) in self._constants.items():
            value = given.get(name, default)
            if value is not None:
                given[name] = np.broadcast_to(value, n_draws) if is_uncertain else value
        return given


class Same:
    """Stands for a case as a key: itself, whatever it holds."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def __hash__(self) -> int:
        return id(self.case)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.case is self.case


@lru_cache(maxsize=2)
def _shared_constants(same: Same) -> dict[str, tuple[float | None, bool]]:
    """Return, for each constant that an account speaks of, its value in the model and whether any is unsure.

    The value is None where the model computes it.
    """
    case = same.case
    priors = [case.priors(account.id) for account in case.accounts]
    unsure = {name for known in priors for name, prior in known.items() if prior.fixed is None}
    return {
        case.model[name].name: (constant_value(case.model, name), name in unsure)
        for name in sorted({name for known in priors for name in known})
    }


@lru_cache(maxsize=24)
def _simulator(
    same: Same,
    outputs: tuple[str, ...],
    hold: tuple[tuple[str, float], ...],
    known: tuple[CaseEvent, ...],
) -> AnySimulator:
    """Return the simulator of a case for some outputs, held variables and dated inputs."""
    case = same.case
    events = [Event(event.parameter, case.calendar.time_of(event.date), event.value) for event in known]
    return make_simulator(case.model, outputs=outputs, hold=dict(hold), events=events)


# Compiled code has to go while everything else is still there.
atexit.register(_simulator.cache_clear)


def _together(case: Case, names: tuple[str, ...], is_held: bool) -> tuple[str, ...]:
    """Return variables for one simulator to give, with all that reports of any account are compared with.

    A run in which something is held is compared with no reports.
    """
    outputs = {case.model[name].name for name in names}
    measured = {
        case.model[name].name
        for measure in case.measures.values()
        for name in (measure.variable, *measure.account_variables.values())
    }
    return tuple(sorted(outputs | measured if outputs & measured and not is_held else outputs))


def save_times(case: Case) -> FloatArray:
    """Return the model times at which the case's model saves, ascending, shape (T,)."""
    return _save_times(Same(case))


@lru_cache(maxsize=2)
def _save_times(same: Same) -> FloatArray:
    times = make_simulator(same.case.model, engine="reference", outputs=()).run().times
    times.flags.writeable = False
    return times


def prior_draws(priors: Mapping[str, Prior], n_draws: int, *, seed: int) -> dict[str, FloatArray]:
    """Return draws from an account's priors by parameter name, each (draw,).

    Parameter k of the sorted names always reads stream k of the seed: two accounts that assume the
    same of a parameter draw the same values of it, whatever else they assume.
    """
    draws: dict[str, FloatArray] = {}
    for name in sorted(priors):
        prior = priors[name]
        if prior.fixed is not None:
            draws[name] = np.full(n_draws, prior.fixed)
        else:
            draws[name] = prior.ppf(uniforms(name, n_draws, seed=seed))
    return draws


def stream(name: str, *key: int) -> np.random.Generator:
    """Return the generator that a name keys together with numbers: streams of two names are independent."""
    digest = blake2b(name.encode("utf-8"), digest_size=16).digest()
    return np.random.default_rng([*key, *np.frombuffer(digest, dtype="<u4").tolist()])


def uniforms(name: str, n_draws: int, *, seed: int) -> FloatArray:
    """Return numbers in (0, 1), shape (n_draws,), from the stream that a parameter's name keys."""
    rng = stream(name, seed, STREAM_PRIOR)
    whole: FloatArray = rng.integers(0, 1 << 53, size=n_draws).astype(np.float64)
    return (whole + 0.5) / float(1 << 53)


def silent(_stage: str, _done: float, _total: float) -> None:
    """Report no progress."""


class Crew:
    """Processes that keep a case, started when first needed and used for every stage of a run.

    Starting one and handing it the case takes a second, so a run starts them once. Use it in a `with`.

    Parameters
    ----------
    case
        What the tasks are about.
    workers
        Processes; None means one for each core this process may use. With one, tasks run in this process.
    memory
        Of tasks that were finished before, by this process or another; those finished now go there too.
    processes
        That have been started already, in place of `workers`; they outlive the crew.
    """

    def __init__(
        self,
        case: Case,
        workers: int | None = None,
        *,
        memory: TaskMemory | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.case, self.memory = case, memory
        self.n_workers = available_cores() if workers is None else workers
        if processes is not None:
            self.n_workers = processes.n
        self._processes = processes
        self._place: str | None = None
        self._to_close = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: Any) -> None:
        self._to_close.__exit__(*problem)
        self._processes, self._place = None, None

    def map(
        self,
        function: Callable[[Case, Task], Result],
        tasks: Sequence[Task],
        *,
        stage: str = "Working",
        progress: Progress = silent,
    ) -> list[Result]:
        """Return `function(case, task)` for every task, in their order; they are begun in that order too."""
        found: dict[int, Result] = {}
        for k, task in enumerate(tasks):
            known = None if self.memory is None else self.memory.recall(function, task)
            if known is not None:
                found[k] = cast(Result, known[0])
        waiting = [k for k in range(len(tasks)) if k not in found]
        progress(stage, len(found), len(tasks))
        for position, result in self._results(function, [tasks[k] for k in waiting]):
            k = waiting[position]
            found[k] = settled(result)
            if self.memory is not None:
                self.memory.keep(function, tasks[k], found[k])
            progress(stage, len(found), len(tasks))
        return [found[k] for k in range(len(tasks))]

    def _results(
        self, function: Callable[[Case, Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Yield each task's number and result as they come."""
        if self.n_workers <= 1 or (self._processes is None and len(tasks) <= 1):
            for k, task in enumerate(tasks):
                yield k, function(self.case, task)
            return
        if self._processes is None:
            self._processes = self._to_close.enter_context(Processes(self.n_workers))
        if self._place is None:
            self._place = _written(self.case, self._processes.folder)
        submit, place = self._processes.submit, self._place
        futures = {submit(_call, place, function, task): k for k, task in enumerate(tasks)}
        for future in as_completed(futures):
            yield futures.pop(future), future.result()


def map_tasks(
    case: Case,
    function: Callable[[Case, Task], Result],
    tasks: Sequence[Task],
    *,
    workers: int | Crew | None = 1,
    stage: str = "Working",
    progress: Progress = silent,
) -> list[Result]:
    """Return `function(case, task)` for every task, in their order, on several processes if asked to.

    Each task carries its own seed, so the results do not depend on `workers`. Processes are started
    afresh on every platform, so a script that asks for more than one needs the usual
    `if __name__ == "__main__":`.

    Parameters
    ----------
    function
        A function of a module, not a lambda: other processes import it.
    workers
        Processes, None meaning one for each core this process may use; or a crew of this case, which
        stays for what comes next.
    """
    if isinstance(workers, Crew):
        return workers.map(function, tasks, stage=stage, progress=progress)
    with Crew(case, workers) as crew:
        return crew.map(function, tasks, stage=stage, progress=progress)


def _written(case: Case, folder: Path) -> str:
    """Return the name of a new file from which processes take a case."""
    with NamedTemporaryFile(dir=folder, prefix="case-", delete=False) as file:
        pickle.dump(case, file)
    return file.name


def _call(place: str, function: Callable[[Case, Task], Result], task: Task) -> Result:
    return function(_case_at(place), task)


@lru_cache(maxsize=1)
def _case_at(place: str) -> Case:
    """Return the case that this worker's tasks are about: it travels once, not with every task."""
    case: Case = pickle.loads(Path(place).read_bytes())
    return case
