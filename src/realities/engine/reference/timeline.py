"""When a run steps and when it saves, from the four control variables and the caller's wishes.

In come a `Plan`, the values of its constants and the wanted times; out go a `Timeline` (every step) and its
`SavePoint`s. Times are the initial time plus whole multiples of the step, so that no rounding piles up.
The control variables may be computed, and may change with time, but must be equal for all draws.
`integrate.py` next walks along it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.graph import Rate
from realities.engine.reference.translate import Plan
from realities.errors import Diagnostic, InputError
from realities.ir.model import Model

FloatArray = NDArray[np.float64]

#: Times that differ by less than this part of a step are the same.
SLACK = 1e-6
_MOST_STEPS = 20_000_000
#: Where control variables change with time, every step asks for them anew, which takes longer.
_MOST_CHANGING_STEPS = 500_000
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

    def by_step(self) -> dict[int, list[tuple[int, float, bool]]]:
        """Return, for each step, what it gives: (column, share, whether it is the first to give)."""
        gives: dict[int, list[tuple[int, float, bool]]] = {}
        for column, (left, weight) in enumerate(zip(self.left.tolist(), self.weight.tolist(), strict=True)):
            gives.setdefault(left, []).append((column, 1.0 - weight, True))
            if weight > 0.0:
                gives.setdefault(left + 1, []).append((column, weight, False))
        return gives


def make_timeline(model: Model, plan: Plan, known: Mapping[int, Any]) -> Timeline:
    """Return the steps of a run.

    Parameters
    ----------
    model, plan
        The model and its plan.
    known
        Values of the plan's leaves that hold for the whole run, by node.

    Raises
    ------
    InputError
        If a control variable differs between draws, depends on the state, or makes no sense.
    """
    for name, node in zip(_control_names(model), plan.controls.all(), strict=True):
        if plan.graph.rates[node] in (Rate.EVENT, Rate.STEP):
            raise _error(
                model, name, "control-of-state", "cannot depend on a stock, on chance or on an event"
            )
    if any(plan.graph.rates[node] == Rate.GRID for node in plan.controls.all()):
        return _changing(model, plan, known)
    initial, final, step, period = _control_values(model, plan, plan.controls_at_start.all(), known)
    _check(model, initial, final, step, period)
    count = math.floor((final - initial) / step + SLACK)
    if count > _MOST_STEPS:
        raise _error(
            model,
            model.time.time_step,
            "too-many-steps",
            f"makes {count:,} steps; the most is {_MOST_STEPS:,}",
        )
    times = _grid(initial, step, count)
    every = max(period / step, 1.0)
    if count / every > _MOST_SAVES:
        raise _error(
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


def _changing(model: Model, plan: Plan, known: Mapping[int, Any]) -> Timeline:
    """Return the steps where a control variable changes with time: each is asked for at every step."""
    initial = _control_values(model, plan, plan.controls_at_start.all(), known)[0]
    step_time = plan.leaves["step_time", None]
    times = [initial]
    lengths: list[float] = []
    saved: list[int] = []
    anchor, since, next_save = initial, 0, initial  # steps count from where their length last changed
    while len(times) <= _MOST_CHANGING_STEPS:
        time = times[-1]
        at_time = {**known, step_time: np.float64(time)}
        for op in ("time", "step"):
            if (op, None) in plan.leaves:
                at_time[plan.leaves[op, None]] = np.float64(time if op == "time" else len(lengths))
        _, final, step, period = _control_values(model, plan, plan.controls.all(), at_time)
        _check(model, time, max(final, time), step, period)
        if time >= next_save - SLACK * step:
            saved.append(len(lengths))
            next_save = max(next_save, time - step) + max(period, step)
        if time + step > final + SLACK * step:
            return Timeline(np.array(times), np.array(lengths), np.array(saved, dtype=np.intp))
        if not lengths or step != lengths[-1]:
            anchor, since = time, 0
        since += 1
        lengths.append(step)
        times.append(anchor + since * step)
    raise _error(
        model,
        model.time.time_step,
        "too-many-steps",
        f"makes more than {_MOST_CHANGING_STEPS:,} steps, the most where it changes with time",
    )


def _control_values(
    model: Model, plan: Plan, nodes: tuple[int, ...], known: Mapping[int, Any]
) -> list[float]:
    values = plan.graph.evaluate(nodes, known)
    numbers = []
    for name, node in zip(_control_names(model), nodes, strict=True):
        value = np.asarray(values[node], dtype=np.float64)
        if value.size > 1 and not np.all(value == value.flat[0]):
            raise _error(model, name, "control-differs", "must be equal for all draws")
        numbers.append(float(value.flat[0]))
    return numbers


def _check(model: Model, initial: float, final: float, step: float, period: float) -> None:
    spec = model.time
    named = {
        spec.initial_time: initial,
        spec.final_time: final,
        spec.time_step: step,
        spec.save_period: period,
    }
    for name, value in named.items():
        if not math.isfinite(value):
            raise _error(model, name, "bad-time", f"must be a finite number, not {value:g}")
    for name in (spec.time_step, spec.save_period):
        if named[name] <= 0.0:
            raise _error(model, name, "bad-time", f"must be above 0, not {named[name]:g}")
    if final < initial:
        raise _error(model, spec.final_time, "bad-time", f"is {final:g}, before the initial time {initial:g}")


def _control_names(model: Model) -> tuple[str, str, str, str]:
    spec = model.time
    return spec.initial_time, spec.final_time, spec.time_step, spec.save_period


def _error(model: Model, name: str, code: str, sentence: str) -> InputError:
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


def _between_steps(timeline: Timeline, wanted: FloatArray) -> SavePoints:
    times, last = timeline.times, timeline.lengths.size
    left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, last)
    inside = np.minimum(left, max(last - 1, 0))
    length = timeline.lengths[inside] if last else np.ones(wanted.size)
    weight = np.where(left < last, (wanted - times[left]) / length, 0.0)
    left = np.where(weight > 1.0 - SLACK, left + 1, left)
    weight = np.where((weight < SLACK) | (weight > 1.0 - SLACK), 0.0, weight)
    return SavePoints(wanted, left, weight)
