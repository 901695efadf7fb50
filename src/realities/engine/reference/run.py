"""One run of the reference engine: many draws in blocks, from constants to trajectories.

In come a plan with its schedule, the values of its leaves, the steps and what is saved; out go
`Trajectories`, or an `Excerpt`. `integrate.py` takes each block from step to step; `simulator.py` is where
callers come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.graph import Rate
from realities.engine.reference.integrate import STAGES, Block, GridTable, Sink, run_block
from realities.engine.reference.schedule import Schedule
from realities.engine.reference.tape import Workspace
from realities.engine.reference.translate import Plan
from realities.engine.timeline import SavePoints, Saves, Timeline
from realities.ir.model import Integrator, Model
from realities.trajectories import Excerpt, Trajectories

FloatArray = NDArray[np.float64]

#: Widths are whole vectors, so that no draw is ever computed by other instructions than its neighbors.
_VECTOR = 8
#: Workspaces are kept for this many numbers of draws.
_MOST_WIDTHS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A plan and its schedule, for one set of given constants, and workspaces that nobody uses, by width."""

    plan: Plan
    schedule: Schedule
    _idle: dict[int, list[Workspace]] = field(default_factory=dict)

    def borrow(self, width: int) -> Workspace:
        """Return a workspace that nobody else uses, so that threads may share what is prepared."""
        try:
            return self._idle[width].pop()
        except (KeyError, IndexError):
            return Workspace(self.plan, self.schedule, width)

    def give_back(self, workspace: Workspace) -> None:
        """Take back a workspace."""
        if len(self._idle) >= _MOST_WIDTHS:  # a caller who never asks for the same number of draws twice
            self._idle.clear()
        self._idle.setdefault(workspace.width, []).append(workspace)


class Run:
    """One run of many draws: their values, filled in block by block."""

    def __init__(
        self,
        model: Model,
        integrator: Integrator,
        program: Prepared,
        known: Mapping[int, Any],
        timeline: Timeline,
        saves: Saves,
        n_draws: int,
    ) -> None:
        self.model, self.integrator, self.program, self.known = model, integrator, program, known
        self.timeline, self.saves, self.n_draws = timeline, saves, n_draws
        plan = program.plan
        self.tables, self.grid = _grid_tables(
            plan, program.schedule, known, timeline, saves.last_step, STAGES[integrator]
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
        workspace = self.program.borrow(width)
        for first in range(0, self.n_draws, width):
            self._one_block(workspace, first, min(first + width, self.n_draws))
        self.program.give_back(workspace)
        if not all(np.isfinite(values).all() for values in self._on_grid().values()):
            self.failed[:] = True
        if self.failed.any():
            self.first_failure = self._look_closer(int(np.argmax(self.failed)))

    def trajectories(self) -> Trajectories:
        """Return what was computed."""
        values = self._values()
        assert self.saves.together is not None
        return Trajectories(
            times=self.saves.together.times,
            values=values,
            units={name: self.model[name].unit for name in values},
            failed=self.failed,
            first_failure=self.first_failure,
            time_unit=self.model.time.unit,
            dimensions={one.name: one.elements for one in self.model.dimensions},
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
        return Block(self.timeline, self.saves.last_step, self.tables, self.integrator, sinks)

    def _on_grid(self) -> dict[str, FloatArray]:
        """Return the outputs that depend on time alone, at their save points, shape (T,), by name."""
        found: dict[str, FloatArray] = {}
        for name, points in self.saves.of.items():
            node = self.program.plan.outputs[name]
            if self.program.plan.graph.rates[node] == Rate.GRID:
                found[name] = points.read(self.grid[node])
        return found

    def _look_closer(self, draw: int) -> tuple[int, str, float] | None:
        """Return (draw, variable, time) of the first value of a draw that is not finite."""
        plan = self.program.plan
        workspace = self.program.borrow(_VECTOR)
        self._fill(workspace, draw, draw + 1)
        # Of values that fail at one step the first in the model is named, stocks before outputs.
        rows = {slot.name: row for row, slot in enumerate(plan.stocks)}
        names = [variable.name for variable in self.model.variables if variable.name in rows]
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
        self.program.give_back(workspace)
        return (draw, *found[0]) if found else None


def _first(values: FloatArray, n_draws: int) -> FloatArray:
    """Return the values of the draws that are real; a single number is that of all."""
    return values[:n_draws] if values.ndim else values


def known_leaves(
    plan: Plan, given: Mapping[str, FloatArray], seed: int, draws: NDArray[Any]
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
