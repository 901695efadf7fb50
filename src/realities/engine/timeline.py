"""When a run steps and when it saves: what all engines share, and nothing else of one another.

In come the four control variables as numbers and the caller's wishes; out go a `Timeline` (every step) and
its `SavePoints`. Times are the initial time plus whole multiples of the step, so that no rounding piles up.
Where control variables are computed or change with time, `reference/controls.py` makes the timeline.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.errors import Diagnostic, InputError
from realities.ir.model import Model

FloatArray = NDArray[np.float64]

#: Times that differ by less than this part of a step are the same.
SLACK = 1e-6
_MOST_STEPS = 20_000_000
#: A run keeps its numbers in memory.
_MOST_SAVES = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The steps of a run: `times` (K + 1,), the `lengths` (K,) between them, and those that are saved."""

    times: FloatArray
    lengths: FloatArray
    saved: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class SavePoints:
    """Which times are kept: each lies `weight` of the way from step `left` to the next, shape (T,)."""

    times: FloatArray
    left: NDArray[np.intp]
    weight: FloatArray

    @property
    def last_step(self) -> int:
        """The last step that is needed."""
        return int((self.left + (self.weight > 0.0)).max(initial=0))

    def read(self, values: FloatArray) -> FloatArray:
        """Return values that are known at every step at the save points, (T,)."""
        right = np.minimum(self.left + 1, values.size - 1)
        with np.errstate(all="ignore"):
            between = values[self.left] * (1.0 - self.weight) + values[right] * self.weight
        return np.asarray(np.where(self.weight > 0.0, between, values[self.left]))

    def by_step(self) -> dict[int, list[tuple[int, float, bool]]]:
        """Return, for each step, what it gives: (column, share, whether it is the first to give)."""
        gives: dict[int, list[tuple[int, float, bool]]] = {}
        for column, (left, weight) in enumerate(zip(self.left.tolist(), self.weight.tolist(), strict=True)):
            gives.setdefault(left, []).append((column, 1.0 - weight, True))
            if weight > 0.0:
                gives.setdefault(left + 1, []).append((column, weight, False))
        return gives


@dataclass(frozen=True, slots=True, eq=False)
class Saves:
    """Which times are kept: `of` each output its save points; `together` where all have the same."""

    of: Mapping[str, SavePoints]
    together: SavePoints | None = None

    @property
    def last_step(self) -> int:
        """The last step that is needed."""
        every = self.of.values() if self.together is None else [self.together]
        return max(points.last_step for points in every)


def even_timeline(model: Model, initial: float, final: float, step: float, period: float) -> Timeline:
    """Return the steps of a run whose four control variables have these values throughout.

    Raises
    ------
    InputError
        If they make no sense, or too many steps or save points.
    """
    check_controls(model, initial, final, step, period)
    count = math.floor((final - initial) / step + SLACK)
    if count > _MOST_STEPS:
        raise control_error(
            model,
            model.time.time_step,
            "too-many-steps",
            f"makes {count:,} steps; the most is {_MOST_STEPS:,}",
        )
    times = _grid(initial, step, count)
    every = max(period / step, 1.0)
    if count / every > _MOST_SAVES:
        raise control_error(
            model,
            model.time.save_period,
            "too-many-saves",
            f"saves {math.floor(count / every):,} times; the most is {_MOST_SAVES:,}",
        )
    saved = np.floor(np.arange(math.floor(count / every + SLACK) + 1) * every + 0.5).astype(np.intp)
    saved = saved[np.diff(saved, prepend=-1) > 0]  # once each; np.unique would import masked arrays first
    return Timeline(times, np.full(count, step), saved[saved <= count])


def _grid(initial: float, step: float, count: int) -> FloatArray:
    """Return the times of `count` equal steps, each as near as can be to what an author would write.

    Three steps of 0.1 are 0.3 then, and not 0.30000000000000004, so that `Time = 0.3` holds.
    """
    steps = np.arange(count + 1, dtype=np.float64)
    per_unit = round(1.0 / step)
    is_whole = per_unit >= 1 and abs(per_unit * step - 1.0) < 1e-12
    return np.asarray(initial + (steps / per_unit if is_whole else steps * step), dtype=np.float64)


def check_controls(model: Model, initial: float, final: float, step: float, period: float) -> None:
    """Raise InputError if the control variables make no sense."""
    spec = model.time
    named = {
        spec.initial_time: initial,
        spec.final_time: final,
        spec.time_step: step,
        spec.save_period: period,
    }
    for name, value in named.items():
        if not math.isfinite(value):
            raise control_error(model, name, "bad-time", f"must be a finite number, not {value:g}")
    for name in (spec.time_step, spec.save_period):
        if named[name] <= 0.0:
            raise control_error(model, name, "bad-time", f"must be above 0, not {named[name]:g}")
    if final < initial:
        raise control_error(
            model, spec.final_time, "bad-time", f"is {final:g}, before the initial time {initial:g}"
        )


def control_names(model: Model) -> tuple[str, str, str, str]:
    """Return the names of the four control variables: initial and final time, time step, save period."""
    spec = model.time
    return spec.initial_time, spec.final_time, spec.time_step, spec.save_period


def control_error(model: Model, name: str, code: str, sentence: str) -> InputError:
    """Return what is wrong with a control variable, told where it stands."""
    variable = model[name]
    return InputError(Diagnostic("error", code, f'"{variable.name}" {sentence}', variable.span))


def choose_saves(timeline: Timeline, save_times: FloatArray | None, final_time: float | None) -> SavePoints:
    """Return what to keep: the model's own save points, or any times inside the run.

    Raises
    ------
    ValueError
        If a time lies outside the run.
    """
    times = timeline.times
    slack = SLACK * (float(timeline.lengths[0]) if timeline.lengths.size else 1.0)
    end = float(times[-1])
    if final_time is not None:
        if not times[0] - slack <= final_time <= end + slack:
            raise ValueError(f"final_time {final_time:g} is outside the run, {times[0]:g} to {end:g}")
        end = min(end, final_time)
    if save_times is None:
        left = timeline.saved[times[timeline.saved] <= end + slack]
        return SavePoints(times[left], left, np.zeros(left.size))
    wanted = np.asarray(save_times, dtype=np.float64)
    if wanted.ndim != 1 or wanted.size == 0:
        raise ValueError(f"save_times must be (T,) with T > 0, not {wanted.shape}")
    if not np.all((wanted >= times[0] - slack) & (wanted <= end + slack)):
        raise ValueError(f"save_times must lie between {times[0]:g} and {end:g}")
    if np.any(np.diff(wanted) < 0.0):
        raise ValueError("save_times must not descend")
    return _between_steps(timeline, wanted)


def save_together(outputs: Sequence[str], points: SavePoints) -> Saves:
    """Return saves of all outputs at the same times."""
    return Saves(dict.fromkeys(outputs, points), points)


def save_each(timeline: Timeline, times: Mapping[str, FloatArray]) -> Saves:
    """Return saves of each output at times of its own; raise ValueError as `choose_saves` does."""
    return Saves({name: choose_saves(timeline, wanted, None) for name, wanted in times.items()})


def _between_steps(timeline: Timeline, wanted: FloatArray) -> SavePoints:
    times, last = timeline.times, timeline.lengths.size
    left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, last)
    inside = np.minimum(left, max(last - 1, 0))
    length = timeline.lengths[inside] if last else np.ones(wanted.size)
    weight = np.where(left < last, (wanted - times[left]) / length, 0.0)
    left = np.where(weight > 1.0 - SLACK, left + 1, left)
    weight = np.where((weight < SLACK) | (weight > 1.0 - SLACK), 0.0, weight)
    return SavePoints(wanted, left, weight)
