"""What is equal for all draws of a run: its steps, what depends on time alone, its saves and events.

In come a `Compiled`, the constants and the wished times; out goes a `Setting`, whose `frame` wants only the
draws themselves. `simulator.py` next runs them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.llvm.compiled import Compiled
from realities.engine.llvm.frame import Frame, GridFrame
from realities.engine.program.program import STAGES
from realities.engine.timeline import SLACK, SavePoints, Timeline

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A run but for its draws.

    Attributes
    ----------
    compiled, timeline, saves
        The code, the steps, and which times are kept.
    arrays
        What `Frame` points to, by its fields.
    on_grid
        Outputs that depend on time alone, by value, (T,); those that never change are numbers here.
    """

    compiled: Compiled
    timeline: Timeline
    saves: SavePoints
    arrays: Mapping[str, NDArray[Any]]
    on_grid: Mapping[int, FloatArray]

    def frame(self, **more: NDArray[Any]) -> Frame:
        """Return the frame with arrays for the draws; it keeps all that it points to."""
        frame = Frame()
        frame.kept = self, more
        for name, array in (*self.arrays.items(), *more.items()):
            assert array.flags.c_contiguous
            setattr(frame, name, array.ctypes.data)
        frame.last_step, frame.n_columns = self.saves.last_step, self.saves.times.size
        return frame


def make_setting(
    compiled: Compiled, constants: Mapping[str, FloatArray], seed: int, timeline: Timeline, saves: SavePoints
) -> Setting:
    """Return the setting of a run.

    Parameters
    ----------
    constants
        Those that runs give, by full name; of those that differ between draws none is looked at.
    """
    last_step = saves.last_step
    even = [constants[p.name] for p in compiled.program.parameters if not p.per_draw]
    uniforms = np.array([*even, seed], dtype=np.float64)
    grid, fixed = _run_grid(compiled, uniforms, timeline, last_step)
    event_from, event_slot, event_value = _events(compiled, timeline, last_step)
    arrays: dict[str, NDArray[Any]] = {
        "uniforms": uniforms,
        "grid": grid,
        "lengths": np.append(timeline.lengths, 0.0)[: last_step + 1],
        "event_from": event_from,
        "event_slot": event_slot,
        "event_value": event_value,
        "functions": compiled.functions,
        **_saves(saves, last_step),
    }
    return Setting(compiled, timeline, saves, arrays, _on_grid(compiled, grid, fixed, saves))


def _run_grid(
    compiled: Compiled, uniforms: FloatArray, timeline: Timeline, last_step: int
) -> tuple[FloatArray, FloatArray]:
    """Return what depends on time alone, (stage, step, column), and the outputs that never change."""
    n_steps = last_step + 1
    lanes, n_columns = compiled.emitted.lanes, compiled.n_columns
    steps = np.minimum(np.arange(-(-n_steps // lanes) * lanes), last_step)
    times = timeline.times[steps]
    lengths = np.append(timeline.lengths, 0.0)[steps]
    stages = STAGES[compiled.program.method]
    grid = np.empty((len(stages), n_steps, n_columns))
    fixed = np.empty(len(compiled.emitted.fixed))
    columns = np.empty((n_columns, steps.size))
    numbers = steps.astype(np.float64)
    if not n_columns and not fixed.size:
        return grid, fixed
    for stage, part in enumerate(stages):
        at = times + part * lengths
        frame = GridFrame(
            steps.size,
            *(array.ctypes.data for array in (uniforms, numbers, times, at, columns, fixed)),
            compiled.functions.ctypes.data,
        )
        compiled.kernel.code.grid(ctypes.addressof(frame))
        grid[stage] = columns[:, :n_steps].T
    return grid, fixed


def _on_grid(
    compiled: Compiled, grid: FloatArray, fixed: FloatArray, saves: SavePoints
) -> dict[int, FloatArray]:
    """Return the outputs that are equal for all draws, (T,), or (1,) where they never change."""
    found = {value: fixed[k : k + 1] for k, value in enumerate(compiled.emitted.fixed)}
    left, weight = saves.left, saves.weight
    for value in {value for _, value in compiled.program.outputs} & compiled.columns.keys():
        values = grid[0, :, compiled.columns[value]]
        right = np.minimum(left + 1, values.size - 1)
        with np.errstate(all="ignore"):
            between = values[left] * (1.0 - weight) + values[right] * weight
        found[value] = np.where(weight > 0.0, between, values[left])
    return found


def _events(compiled: Compiled, timeline: Timeline, last_step: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return where the events of each step begin, which constant each changes, and to what."""
    slack = SLACK * (float(timeline.lengths[0]) if timeline.lengths.size else 1.0)
    events = compiled.program.events
    slots = np.array([slot for slot, event in enumerate(events) for _ in event.changes], dtype=np.int64)
    changes = np.array([change for event in events for change in event.changes]).reshape(-1, 2)
    steps = np.searchsorted(timeline.times, changes[:, 0] - slack, side="left")
    order = np.argsort(steps, kind="stable")
    starts = np.searchsorted(steps[order], np.arange(last_step + 2), side="left").astype(np.int64)
    return starts, slots[order], np.ascontiguousarray(changes[order, 1])


def _saves(saves: SavePoints, last_step: int) -> dict[str, NDArray[Any]]:
    """Return what each step gives to which save points, as `Frame` has it."""
    between = np.flatnonzero(saves.weight > 0.0)
    columns = np.concatenate([np.arange(saves.times.size), between]).astype(np.int64)
    steps = np.concatenate([saves.left, saves.left[between] + 1])
    shares = np.concatenate([1.0 - saves.weight, saves.weight[between]])
    is_first = np.repeat(np.array([1, 0], dtype=np.int64), [saves.times.size, between.size])
    order = np.argsort(steps, kind="stable")
    starts = np.searchsorted(steps[order], np.arange(last_step + 2), side="left").astype(np.int64)
    return {
        "save_from": starts,
        "save_column": columns[order],
        "save_share": shares[order],
        "save_is_first": is_first[order],
    }
