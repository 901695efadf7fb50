"""The meaning of the language in plain NumPy: a model in, trajectories out, for many draws at once.

A `Simulator` is prepared once and run often, with other constants each time. Equations that no output
needs are left out, what does not change is computed once, and draws run in blocks that fit the cache. The
result is the same, to the last bit, whatever the blocks.

The parts, in order: `translate.py` (model to graph), `schedule.py` and `tape.py` (graph to NumPy calls),
`controls.py` (when), `integrate.py` and `adaptive.py` (how), and `trajectories.py`, which comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.engine.reference.controls import make_timeline
from realities.engine.reference.graph import Rate
from realities.engine.reference.integrate import STAGES, Block, GridTable, Sink, run_block
from realities.engine.reference.schedule import Schedule, make_schedule
from realities.engine.reference.tape import Workspace
from realities.engine.reference.translate import Plan, make_plan
from realities.engine.request import Event, check_numbers, given_constants, make_request, wanted_times
from realities.engine.timeline import SavePoints, Saves, Timeline, choose_saves, save_each, save_together
from realities.ir.model import Integrator, Model
from realities.trajectories import Excerpt, Trajectories

FloatArray = NDArray[np.float64]

#: Draws computed together: measured by bench/bench_reference.py. With fewer, the calls themselves take
#: the time; with more, registers no longer fit the cache.
BLOCK = 4096
#: Widths are whole vectors, so that no draw is ever computed by other instructions than its neighbors.
_VECTOR = 8
#: Workspaces are kept for this many numbers of draws.
_MOST_WIDTHS = 8


@dataclass(frozen=True, slots=True, eq=False)
class _Program:
    """A plan and its schedule, for one set of given constants."""

    plan: Plan
    schedule: Schedule


class Simulator:
    """A model prepared for running: once to prepare, then as often as there are parameter sets.

    Parameters
    ----------
    model
        The model.
    outputs
        Names of the variables to keep; default: all that are not hidden, in the order of the file.
    hold
        Any variables, held at a value for all time: the `do(x = v)` of a claim. Beats events.
    events
        Constants that take another value from a time on.
    integrator
        Default: the one the model asks for.

    Raises
    ------
    ValueError
        If a name is not in the model, or an event's is not a constant.

    Examples
    --------
    >>> simulator = Simulator(model, outputs=["prey"])  # doctest: +SKIP
    >>> simulator.run({"birth rate": np.array([0.4, 0.5, 0.6])})  # doctest: +SKIP
    <Trajectories: 1 variables, 3 draws, 21 times, 0 to 20 Year>
    """

    engine = "reference"

    def __init__(
        self,
        model: Model,
        *,
        outputs: Sequence[str] | None = None,
        hold: Mapping[str, float] | None = None,
        events: Sequence[Event] = (),
        integrator: Integrator | None = None,
    ) -> None:
        request = make_request(model, outputs=outputs, hold=hold, events=events, integrator=integrator)
        self.model, self.outputs, self.hold = model, request.outputs, request.hold
        self.integrator: Integrator = request.integrator
        self._events = request.events
        self._programs: dict[tuple[tuple[str, bool], ...], _Program] = {}
        self._idle: dict[tuple[int, int], list[Workspace]] = {}

    def run(
        self,
        parameters: Mapping[str, ArrayLike] | None = None,
        *,
        n_draws: int | None = None,
        save_times: ArrayLike | None = None,
        final_time: float | None = None,
        seed: int = 0,
        first_draw: int = 0,
        block: int = BLOCK,
        threads: int | None = None,
    ) -> Trajectories:
        """Return the trajectories of all draws.

        Parameters
        ----------
        parameters
            Values of constants by name: a number, or an array (draw,).
        n_draws
            How many draws; default: as many as the arrays have, else 1.
        save_times
            Times to keep, shape (T,), ascending, anywhere inside the run: values between two steps are
            interpolated linearly. The run ends with the last of them. Default: the model's save points.
        final_time
            Stop there; default: the model's own final time.
        seed, first_draw
            Random functions of the model depend on the seed and on the number of the draw, which counts
            from `first_draw`.
        block
            Draws computed together; changes speed and memory, never a result.
        threads
            As the compiled engine has them; this one runs on the thread of its caller.

        Returns
        -------
        Values of every output, (draw, time). A draw in which an output or a stock stops being a finite
        number is marked in `failed`.

        Raises
        ------
        InputError
            If a control variable (FINAL TIME, TIME STEP, ...) makes no sense or differs between draws.
        ValueError
            If a name, a shape or a time is wrong.
        """
        wanted = None if save_times is None else np.asarray(save_times)

        def choose(timeline: Timeline) -> Saves:
            return save_together(self.outputs, choose_saves(timeline, wanted, final_time))

        check_numbers(threads=1 if threads is None else threads)
        return self._execute(parameters, n_draws, seed, first_draw, block, choose).trajectories()

    def run_at(
        self,
        parameters: Mapping[str, ArrayLike] | None,
        times: Mapping[str, ArrayLike],
        *,
        n_draws: int | None = None,
        seed: int = 0,
        first_draw: int = 0,
        block: int = BLOCK,
        threads: int | None = None,
    ) -> Excerpt:
        """Return outputs each at times of its own: those values that `run` gives, and nothing else.

        Parameters
        ----------
        parameters, n_draws, seed, first_draw, block, threads
            As for `run`.
        times
            By name of an output its times, (T,), ascending, anywhere inside the run, which ends with the
            last of all. Outputs that are not named play no part.

        Returns
        -------
        Values of the outputs named, (draw, T). A draw is marked as failed where a value that is kept, or a
        stock at the end, is not a finite number: `run`, which keeps more, may see more.

        Raises
        ------
        InputError, ValueError
            As `run` does; ValueError, too, if `times` is empty or names what is no output of the simulator.
        """
        wanted = wanted_times(self.model, self.outputs, times)
        check_numbers(threads=1 if threads is None else threads)
        return self._execute(
            parameters, n_draws, seed, first_draw, block, lambda timeline: save_each(timeline, wanted)
        ).excerpt()

    def _execute(
        self,
        parameters: Mapping[str, ArrayLike] | None,
        n_draws: int | None,
        seed: int,
        first_draw: int,
        block: int,
        choose: Callable[[Timeline], Saves],
    ) -> _Run:
        """Return a run that is done; `choose` says what it saves."""
        given, n_draws = given_constants(self.model, parameters or {}, n_draws)
        check_numbers(seed=seed, first_draw=first_draw, block=block)
        with np.errstate(all="ignore"):  # what leaves the real numbers is marked, not warned about
            program = self._program(given)
            known = _known_leaves(program.plan, given, seed, np.arange(first_draw, first_draw + n_draws))
            timeline = make_timeline(self.model, program.plan, known)
            run = _Run(self, program, known, timeline, choose(timeline), n_draws)
            run.all_blocks(block)
            return run

    def _program(self, given: Mapping[str, FloatArray]) -> _Program:
        """Return the program for constants given in this way, made when first asked for."""
        key = tuple(sorted((name, array.ndim > 0) for name, array in given.items()))
        if key not in self._programs:
            plan = make_plan(
                self.model,
                self.outputs,
                hold=self.hold,
                events=self._events,
                given=dict(key),
                time_per_draw=self.integrator == "rk45",
                time_is_step_time=self.integrator == "euler",
            )
            self._programs[key] = _Program(plan, make_schedule(plan))
        return self._programs[key]

    def _borrow(self, program: _Program, width: int) -> Workspace:
        """Return a workspace that nobody uses, so that threads may share a simulator."""
        try:
            return self._idle[id(program), width].pop()
        except (KeyError, IndexError):
            return Workspace(program.plan, program.schedule, width)

    def _give_back(self, program: _Program, workspace: Workspace) -> None:
        if len(self._idle) >= _MOST_WIDTHS:  # a caller who never asks for the same number of draws twice
            self._idle.clear()
        self._idle.setdefault((id(program), workspace.width), []).append(workspace)


def simulate(
    model: Model,
    parameters: Mapping[str, ArrayLike] | None = None,
    *,
    outputs: Sequence[str] | None = None,
    hold: Mapping[str, float] | None = None,
    events: Sequence[Event] = (),
    integrator: Integrator | None = None,
    n_draws: int | None = None,
    save_times: ArrayLike | None = None,
    final_time: float | None = None,
    seed: int = 0,
) -> Trajectories:
    """Return the trajectories of a model: a `Simulator` for a single use, see there."""
    simulator = Simulator(model, outputs=outputs, hold=hold, events=events, integrator=integrator)
    return simulator.run(parameters, n_draws=n_draws, save_times=save_times, final_time=final_time, seed=seed)


class _Run:
    """One call of `run`: the values of all draws, filled in block by block."""

    def __init__(
        self,
        simulator: Simulator,
        program: _Program,
        known: Mapping[int, Any],
        timeline: Timeline,
        saves: Saves,
        n_draws: int,
    ) -> None:
        self.simulator, self.program, self.known = simulator, program, known
        self.timeline, self.saves, self.n_draws = timeline, saves, n_draws
        plan = program.plan
        self.tables, self.grid = _grid_tables(
            plan, program.schedule, known, timeline, saves.last_step, STAGES[simulator.integrator]
        )
        self.gives = {points: points.by_step() for points in saves.of.values()}
        # Outputs that change are stored (time, draw), as they come; constants (draw,).
        self.changing: dict[tuple[int, SavePoints], FloatArray] = {}
        self.constant: dict[int, FloatArray] = {}
        for name, points in saves.of.items():
            node = plan.outputs[name]
            if plan.graph.rates[node] in (Rate.EVENT, Rate.STEP):
                self.changing[node, points] = np.empty((points.times.size, n_draws))
            elif plan.graph.rates[node] == Rate.ONCE:
                self.constant[node] = np.empty(n_draws)
        self.failed = np.zeros(n_draws, dtype=np.bool_)
        self.first_failure: tuple[int, str, float] | None = None

    def all_blocks(self, block: int) -> None:
        """Run every draw; then, if one failed, run the first such again to see what failed and when."""
        n_blocks = -(-self.n_draws // block)
        width = -(-self.n_draws // (n_blocks * _VECTOR)) * _VECTOR
        workspace = self.simulator._borrow(self.program, width)
        for first in range(0, self.n_draws, width):
            self._one_block(workspace, first, min(first + width, self.n_draws))
        self.simulator._give_back(self.program, workspace)
        if not all(np.isfinite(values).all() for values in self._on_grid().values()):
            self.failed[:] = True
        if self.failed.any():
            self.first_failure = self._look_closer(int(np.argmax(self.failed)))

    def trajectories(self) -> Trajectories:
        """Return what was computed."""
        model, values = self.simulator.model, self._values()
        assert self.saves.together is not None
        return Trajectories(
            times=self.saves.together.times,
            values=values,
            units={name: model[name].unit for name in values},
            failed=self.failed,
            first_failure=self.first_failure,
            time_unit=model.time.unit,
        )

    def excerpt(self) -> Excerpt:
        """Return what was computed where every output has times of its own."""
        times = {name: points.times for name, points in self.saves.of.items()}
        return Excerpt(times, self._values(), self.failed, self.first_failure)

    def _values(self) -> dict[str, FloatArray]:
        """Return the values of what is saved, (draw, T), by name."""
        grid = self._on_grid()
        values: dict[str, FloatArray] = {}
        for name, points in self.saves.of.items():
            node, shape = self.program.plan.outputs[name], (self.n_draws, points.times.size)
            if (node, points) in self.changing:
                values[name] = self.changing[node, points].T
            elif name in grid:
                values[name] = np.broadcast_to(grid[name], shape)
            else:
                values[name] = np.broadcast_to(self.constant[node][:, np.newaxis], shape)
        return values

    def _one_block(self, workspace: Workspace, first: int, end: int) -> None:
        """Run draws `first` to `end` and keep their values."""
        n = end - first
        self._fill(workspace, first, end)
        sinks = [
            Sink(_first(workspace.place[node], n), saved[:, first:end], self.gives[points])
            for (node, points), saved in self.changing.items()
        ]
        run_block(workspace, self._block(sinks))
        for node, values in self.constant.items():
            values[first:end] = _first(workspace.place[node], n)
        failed = ~np.isfinite(workspace.state[:, :n]).all(axis=0)
        for sink in sinks:
            failed |= ~np.isfinite(sink.saved).all(axis=0)
        for values in self.constant.values():
            failed |= ~np.isfinite(values[first:end])
        self.failed[first:end] = failed

    def _fill(self, workspace: Workspace, first: int, end: int) -> None:
        """Compute what holds for the whole run into the workspace, for some draws."""
        schedule = self.program.schedule
        # Lanes beyond the last draw repeat it: they cost nothing, and fail only if it does.
        lanes = np.minimum(np.arange(first, first + workspace.width), end - 1)
        known = {
            node: value[lanes] if isinstance(value, np.ndarray) and value.ndim else value
            for node, value in self.known.items()
        }
        values = self.program.plan.graph.evaluate(schedule.once, known)
        for node in schedule.once:
            workspace.place[node][...] = values[node]

    def _block(self, sinks: Sequence[Sink]) -> Block:
        return Block(self.timeline, self.saves.last_step, self.tables, self.simulator.integrator, sinks)

    def _on_grid(self) -> dict[str, FloatArray]:
        """Return the outputs that depend on time alone, at their save points, shape (T,), by name."""
        found: dict[str, FloatArray] = {}
        for name, points in self.saves.of.items():
            node, left, weight = self.program.plan.outputs[name], points.left, points.weight
            if self.program.plan.graph.rates[node] == Rate.GRID:
                values = self.grid[node]
                right = np.minimum(left + 1, values.size - 1)
                with np.errstate(all="ignore"):
                    between = values[left] * (1.0 - weight) + values[right] * weight
                found[name] = np.where(weight > 0.0, between, values[left])
        return found

    def _look_closer(self, draw: int) -> tuple[int, str, float] | None:
        """Return (draw, variable, time) of the first value of a draw that is not finite."""
        plan = self.program.plan
        workspace = self.simulator._borrow(self.program, _VECTOR)
        self._fill(workspace, draw, draw + 1)
        # Of values that fail at one step the first in the model is named, stocks before outputs.
        rows = {slot.name: row for row, slot in enumerate(plan.stocks)}
        names = [variable.name for variable in self.simulator.model.variables if variable.name in rows]
        watched = [(name, workspace.state[rows[name]]) for name in names]
        watched += [(name, workspace.place[plan.outputs[name]]) for name in self.saves.of]
        found: list[tuple[str, float]] = []

        def watch(step: int) -> bool:
            for name, array in watched:
                if not np.isfinite(array if array.ndim == 0 else array[0]):
                    found.append((name, float(self.timeline.times[step])))
                    return True
            return False

        block = self._block([])
        block.watch = watch
        run_block(workspace, block)
        self.simulator._give_back(self.program, workspace)
        return (draw, *found[0]) if found else None


def _first(values: FloatArray, n_draws: int) -> FloatArray:
    """Return the values of the draws that are real; a single number is that of all."""
    return values[:n_draws] if values.ndim else values


def _known_leaves(
    plan: Plan, given: Mapping[str, FloatArray], seed: int, draws: NDArray[np.intp]
) -> dict[int, Any]:
    """Return the values of the leaves that hold for a whole run; those of all draws have (draw,)."""
    known: dict[int, Any] = {}
    for (op, detail), node in plan.leaves.items():
        match op:
            case "parameter":
                array = given[str(detail)]
                known[node] = array if array.ndim else np.float64(array)
            case "seed":
                known[node] = np.float64(seed)
            case "draw":
                known[node] = draws.astype(np.float64)
            case _:
                pass
    return known


def _grid_tables(
    plan: Plan,
    schedule: Schedule,
    known: Mapping[int, Any],
    timeline: Timeline,
    last_step: int,
    stages: Sequence[float],
) -> tuple[list[GridTable], dict[int, FloatArray]]:
    """Return what depends on time alone, for each stage a table, and for the first the values by node."""
    times = timeline.times[: last_step + 1]
    lengths = np.append(timeline.lengths, 0.0)[: last_step + 1]
    single = {node: value for node, value in known.items() if np.ndim(value) == 0}
    tables: list[GridTable] = []
    at_steps: dict[int, FloatArray] = {}
    for part in stages:
        known_in_time = dict(single)
        for (op, _), node in plan.leaves.items():
            if op == "step_time":
                known_in_time[node] = times
            elif op == "step":
                known_in_time[node] = np.arange(times.size, dtype=np.float64)
            elif op == "time" and plan.graph.rates[node] == Rate.GRID:
                known_in_time[node] = times + part * lengths
        values = plan.graph.evaluate(schedule.grid, known_in_time)
        if not tables:
            at_steps = {node: values[node] for node in schedule.grid}
        columns = {
            truth: [values[node] for node in schedule.grid if plan.graph.is_boolean(node) == truth]
            for truth in (False, True)
        }
        tables.append(
            GridTable(
                _columns(columns[False], times.size, np.float64),
                _columns(columns[True], times.size, np.bool_),
            )
        )
    return tables, at_steps


def _columns(values: Sequence[Any], n_rows: int, dtype: Any) -> NDArray[Any]:
    table = np.empty((n_rows, len(values)), dtype=dtype)
    for position, value in enumerate(values):
        table[:, position] = value
    return table
