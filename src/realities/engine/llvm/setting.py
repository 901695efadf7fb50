"""What is equal for all draws of a run: its steps, what depends on time alone, its saves and events.

In come a `Compiled`, the constants and the wished times; out goes a `Setting`, whose `frame` wants only the
draws themselves. `simulator.py` next runs them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.llvm.compiled import Compiled
from realities.engine.llvm.frame import Frame, GridFrame
from realities.engine.program.program import STAGES
from realities.engine.timeline import SLACK, SavePoints, Saves, Timeline

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A run but for its draws.

    Attributes
    ----------
    compiled, timeline, saves
        The code, the steps, and which times are kept of which outputs.
    arrays
        What `Frame` points to, by its fields.
    rows
        By name of an output that changes, which rows of `Frame.changing` its save points have.
    on_grid
        Outputs that depend on time alone, by name, (T,); those that never change are numbers here.
    """

    compiled: Compiled
    timeline: Timeline
    saves: Saves
    arrays: Mapping[str, NDArray[Any]]
    rows: Mapping[str, slice]
    on_grid: Mapping[str, FloatArray]

    def frame(self, **more: NDArray[Any]) -> Frame:
        """Return the frame with arrays for the draws; it keeps all that it points to."""
        frame = Frame()
        frame.kept = self, more
        for name, array in (*self.arrays.items(), *more.items()):
            assert array.flags.c_contiguous
            setattr(frame, name, array.ctypes.data)
        together = self.saves.together
        frame.last_step = self.saves.last_step
        frame.n_columns = 0 if together is None else together.times.size
        return frame


def make_setting(
    compiled: Compiled, constants: Mapping[str, FloatArray], seed: int, timeline: Timeline, saves: Saves
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
        **_saves(_asked(compiled, saves), last_step),
    }
    rows, on_grid = _rows(compiled, saves), _on_grid(compiled, grid, fixed, saves)
    return Setting(compiled, timeline, saves, arrays, rows, on_grid)


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


def _on_grid(compiled: Compiled, grid: FloatArray, fixed: FloatArray, saves: Saves) -> dict[str, FloatArray]:
    """Return the outputs that are equal for all draws, (T,), or (1,) where they never change."""
    never = {value: fixed[k : k + 1] for k, value in enumerate(compiled.emitted.fixed)}
    found: dict[str, FloatArray] = {}
    for name, value in compiled.program.outputs:
        if name in saves.of and value in never:
            found[name] = never[value]
        elif name in saves.of and value in compiled.columns:
            found[name] = saves.of[name].read(grid[0, :, compiled.columns[value]])
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


def _rows(compiled: Compiled, saves: Saves) -> dict[str, slice]:
    """Return where the values of each output that changes stand: all outputs that are one have the same."""
    places = {value: place for place, value in enumerate(compiled.emitted.changing)}
    rows: dict[str, slice] = {}
    after = 0
    for name, value in compiled.program.outputs:
        if name in saves.of and value in places:
            size = saves.of[name].times.size
            first = after if saves.together is None else places[value] * size
            rows[name] = slice(first, first + size)
            after += size
    return rows


def _asked(compiled: Compiled, saves: Saves) -> list[tuple[SavePoints, int, int, int]]:
    """Return save points, their first row, and from which output that changes to which they ask for."""
    places = {value: place for place, value in enumerate(compiled.emitted.changing)}
    if saves.together is not None:
        return [(saves.together, 0, 0, len(places))] if places else []
    values, rows = dict(compiled.program.outputs), _rows(compiled, saves)
    return [
        (saves.of[name], span.start, places[values[name]], places[values[name]] + 1)
        for name, span in rows.items()
    ]


def _saves(asked: Sequence[tuple[SavePoints, int, int, int]], last_step: int) -> dict[str, NDArray[Any]]:
    """Return what each step gives to which save points, as `Frame` has it."""
    parts = [_entries(*one) for one in asked]
    none = np.zeros(0, dtype=np.int64)
    whole = np.concatenate([none.reshape(5, 0), *(whole for whole, _ in parts)], axis=1)
    shares = np.concatenate([np.zeros(0), *(shares for _, shares in parts)])
    order = np.argsort(whole[0], kind="stable")
    whole = np.ascontiguousarray(whole[:, order])
    starts = np.searchsorted(whole[0], np.arange(last_step + 2), side="left").astype(np.int64)
    names = ("save_row", "save_output", "save_end", "save_is_first")
    return {"save_from": starts, "save_share": shares[order], **dict(zip(names, whole[1:], strict=True))}


def _entries(points: SavePoints, row: int, first: int, end: int) -> tuple[IntArray, FloatArray]:
    """Return what steps give to some save points: step, row, first output and end, is first; and shares."""
    between = np.flatnonzero(points.weight > 0.0)
    columns = np.concatenate([np.arange(points.times.size), between])
    steps = np.concatenate([points.left, points.left[between] + 1])
    is_first = np.arange(columns.size) < points.times.size
    same = np.ones(columns.size, dtype=np.int64)
    shares = np.concatenate([1.0 - points.weight, points.weight[between]])
    return np.array([steps, columns + row, same * first, same * end, is_first], dtype=np.int64), shares
