"""Work on other machines: tasks of a case and blocks of an ensemble, by the workers of a Dask scheduler.

In comes the scheduler's address; out come a `Crew` for `run_case`, and blocks for `store/long_run.py`.
Results are the same to the last bit as in one process: tasks carry their seeds, every worker must have this
very program, and what a lost worker was doing is done again by another. Dask comes in here and nowhere else.

Tasks and results travel as pickles between this process and workers that its user names; a scheduler runs
whatever it is sent, so it has to be one's own. What a case says is data on the way and on arrival.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, Self, TypeVar, cast

from realities.case.folder import Case
from realities.engine.engines import EngineName, make_simulator
from realities.ensemble import Crew
from realities.errors import RealitiesError
from realities.ir.model import Integrator, Model
from realities.store.fingerprint import fingerprint, program_identity
from realities.store.kept import TaskMemory
from realities.store.long_run import Ensemble, Runs, run_part
from realities.store.values import settled
from realities.trajectories import Trajectories

Task = TypeVar("Task")
Result = TypeVar("Result")

#: Seconds to wait for the scheduler, and for its first worker.
PATIENCE = 5.0
#: How often a task is tried again after an error that is none of ours, such as a lack of memory.
RETRIES = 2
_INSTALL = 'a cluster needs Dask: pip install "realities[cluster]"'


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a task raised on purpose: no other worker would fare better."""

    problem: RealitiesError


class Cluster:
    """The workers of a Dask scheduler. Use it in a `with`.

    Parameters
    ----------
    address
        Of the scheduler, such as `tcp://host:8786`, or `tls://...` with the certificates that Dask is
        configured with.

    Attributes
    ----------
    warnings
        What should be said of the workers.

    Raises
    ------
    RealitiesError
        If Dask is not installed, nothing answers at the address within seconds, there are no workers, or one
        of them has another version of anything that results depend on.

    Examples
    --------
    >>> with Cluster("tcp://host:8786") as cluster, cluster.crew(case) as crew:  # doctest: +SKIP
    ...     study = run_case(case, workers=crew)
    >>> whole = Ensemble(simulator, {"birth rate": rates}, rates.size)  # doctest: +SKIP
    >>> with LongRun(whole, Path("runs.nc"), block=2047) as run:  # doctest: +SKIP
    ...     run.compute(blocks=cluster.blocks(whole))
    ...     run.write()
    """

    def __init__(self, address: str, *, patience: float = PATIENCE) -> None:
        self.address = address
        _check_answers(address, patience)
        self._client = _connected(address, patience)
        try:
            self.warnings = self._look_at_workers(patience)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the scheduler; what it was still doing for us is called off."""
        self._client.close(timeout=PATIENCE)

    def crew(self, case: Case, *, memory: TaskMemory | None = None) -> Crew:
        """Return a crew for `run_case` whose processes are the workers."""
        return _ClusterCrew(self, case, memory)

    def blocks(
        self, ensemble: Ensemble
    ) -> Callable[[Sequence[tuple[int, int]]], Iterator[tuple[int, Trajectories]]]:
        """Return what computes ranges of draws on the workers: `LongRun.compute(blocks=...)` takes it.

        Raises
        ------
        RealitiesError
            If the simulator holds variables or knows events: those do not travel.
        """
        recipe = _recipe(ensemble)
        key = fingerprint(recipe)
        shared = self._client.submit(_as_it_is, recipe, key=f"realities-model-{key}", retries=RETRIES)

        def run(ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Trajectories]]:
            calls = (
                (shared, key, ensemble.constants(first, end), first, end, ensemble.seed)
                for first, end in ranges
            )
            yield from self.map(_run_block, calls, "block")

        return run

    def map(
        self, function: Callable[..., Any], arguments: Iterator[tuple[Any, ...]], name: str
    ) -> Iterator[tuple[int, Any]]:
        """Yield the number of each call and its result, as they come; only so many are under way at a time.

        Each call's arguments begin with what all share, a future, and its fingerprint.
        """
        identity = program_identity()
        numbers: dict[Any, int] = {}
        waiting = enumerate(arguments)

        def submit() -> Any:
            for number, values in waiting:
                content = values[1:]  # the first is a future, for which the second stands
                key = f"realities-{name}-{fingerprint(identity, function, content)}"
                future = self._client.submit(_guarded, identity, function, *values, key=key, retries=RETRIES)
                numbers[future] = number
                return future
            return None

        with self._told():
            first = [future for future in (submit() for _ in range(self._window())) if future is not None]
            coming = _dask().as_completed(first, loop=self._client.loop)
            for future in coming:
                result = future.result()
                if isinstance(result, _Failed):
                    raise result.problem
                number = numbers.pop(future)
                future.release()
                if (following := submit()) is not None:
                    coming.add(following)
                yield number, result

    def threads(self) -> dict[str, int]:
        """Return how many threads each worker has, by its address."""
        return dict(self._client.nthreads())

    def _window(self) -> int:
        """Return how many tasks to have under way: enough that no worker waits for us."""
        return max(8, 2 * sum(self.threads().values()))

    def _look_at_workers(self, patience: float) -> tuple[str, ...]:
        """Check that there are workers, and that they run what runs here; return what differs harmlessly."""
        try:
            self._client.wait_for_workers(1, timeout=patience)
        except TimeoutError:
            raise RealitiesError(
                f"the scheduler at {self.address} has no workers; start one: dask worker {self.address}"
            ) from None
        here = program_identity()
        found = self._client.run(program_identity, on_error="return")
        said: list[str] = []
        for worker, there in sorted(found.items()):
            if isinstance(there, BaseException):
                raise RealitiesError(
                    f"the worker at {worker} cannot run realities ({there}); install the same version there"
                )
            if problem := _difference(here, there):
                raise RealitiesError(f"the worker at {worker} {problem}")
            if there["processor"] != here["processor"]:
                said.append(
                    f"the worker at {worker} has another kind of processor: last digits may differ from a "
                    "run on this machine"
                )
        return tuple(said)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what becomes of a cluster on the way."""
        dask = _dask()
        try:
            yield
        except dask.KilledWorker:
            raise RealitiesError(
                "a task was given up: several workers died over it, one after the other; they may lack memory"
            ) from None
        except (CancelledError, dask.client.FutureCancelledError, OSError):
            raise RealitiesError(
                f"lost the scheduler at {self.address}; run again to resume what is finished"
            ) from None


class _ClusterCrew(Crew):
    """A crew whose processes are the workers of a cluster."""

    def __init__(self, cluster: Cluster, case: Case, memory: TaskMemory | None) -> None:
        super().__init__(case, 1, memory=memory)
        self._cluster = cluster
        self._key = fingerprint(case)
        # A task, not data put there: if the worker that has it is lost, another makes it again.
        self._shared = cluster._client.submit(
            _as_it_is, case, key=f"realities-case-{self._key}", retries=RETRIES
        )

    def _results(
        self, function: Callable[[Case, Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        calls = ((self._shared, self._key, function, task) for task in tasks)
        yield from self._cluster.map(_do_task, calls, function.__name__)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What a worker makes a simulator of."""

    model: Model
    outputs: tuple[str, ...]
    integrator: Integrator | None
    engine: EngineName


def _recipe(ensemble: Ensemble) -> _Recipe:
    simulator: Any = ensemble.simulator
    events = getattr(getattr(simulator, "_request", simulator), "events", None)
    if getattr(simulator, "hold", None) or events or getattr(simulator, "_events", None):
        raise RealitiesError("a simulator that holds variables or knows events cannot run on a cluster")
    engine = cast("EngineName", ensemble.engine)
    return _Recipe(simulator.model, tuple(simulator.outputs), getattr(simulator, "integrator", None), engine)


def _as_it_is(value: Result) -> Result:
    return value


def _guarded(expected: Mapping[str, str], function: Callable[..., Any], *values: Any) -> Any:  # in a worker
    """Call a function, unless this worker came later and is another version."""
    if difference := _difference(expected, program_identity()):
        return _Failed(RealitiesError(f"a worker {difference}"))
    try:
        return settled(function(*values))
    except RealitiesError as problem:
        return _Failed(problem)


def _do_task(case: Case, key: str, function: Callable[[Case, Task], Result], task: Task) -> Result:
    return function(_same_case(_Keyed(key, case)), task)


def _run_block(
    recipe: _Recipe, key: str, constants: Mapping[str, Any], first: int, end: int, seed: int
) -> Trajectories:
    return run_part(_simulator(_Keyed(key, recipe)), constants, first, end, seed)


class _Keyed:
    """A value that counts as equal to another of the same fingerprint."""

    def __init__(self, key: str, value: Any) -> None:
        self.key_of_value, self.value = key, value

    def __hash__(self) -> int:
        return hash(self.key_of_value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.key_of_value == self.key_of_value


@lru_cache(maxsize=2)
def _same_case(keyed: _Keyed) -> Case:
    """Return one object for one case, so that what is prepared for it serves all tasks of a worker."""
    case: Case = keyed.value
    return case


@lru_cache(maxsize=2)
def _simulator(keyed: _Keyed) -> Runs:
    """Return the simulator of a recipe: a worker makes it once."""
    recipe: _Recipe = keyed.value
    return make_simulator(
        recipe.model, engine=recipe.engine, outputs=recipe.outputs, integrator=recipe.integrator
    )


def _difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return what a worker has otherwise, as the end of a sentence; empty if nothing that counts."""
    for name in here:
        if name == "realities" and here[name] != there.get(name):
            return "has another version of realities; install the same one there, and start the worker again"
        if name != "processor" and here[name] != there.get(name):
            return f"has {name} {there.get(name, 'none')}, here it is {here[name]}; results could differ"
    return ""


def _dask() -> Any:
    """Return the package, or say how to install it."""
    try:
        return import_module("distributed")
    except ImportError:
        raise RealitiesError(_INSTALL) from None


def _check_answers(address: str, patience: float) -> None:
    """Raise unless a Dask scheduler answers at an address."""
    dask = _dask()

    async def ask() -> None:
        comm = await dask.comm.connect(address, timeout=patience)
        comm.abort()

    with ThreadPoolExecutor(1) as apart:  # a notebook has a loop of its own
        try:
            apart.submit(asyncio.run, ask()).result()
        except Exception as problem:  # whoever else listens there may answer anything
            raise RealitiesError(f"no Dask scheduler answers at {address}: {problem}") from None


def _connected(address: str, patience: float) -> Any:
    """Return a client; what Dask warns of, versions and large tasks, is checked here or meant."""
    dask = _dask()
    import_module("dask").config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dask.Client(address, timeout=patience, set_as_default=False)
        except Exception as problem:
            raise RealitiesError(f"no Dask scheduler answers at {address}: {problem}") from None
