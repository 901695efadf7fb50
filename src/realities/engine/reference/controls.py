"""When a run steps where its control variables are computed: from a plan of the reference engine.

In come a `Plan` and the values of its constants; out goes a `Timeline`. The control variables may be
computed, and may change with time, but must be equal for all draws. `integrate.py` next walks along it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from realities.engine.reference.graph import Rate
from realities.engine.reference.translate import Plan
from realities.engine.timeline import (
    SLACK,
    Timeline,
    check_controls,
    control_error,
    control_names,
    even_timeline,
)
from realities.ir.model import Model

#: Where control variables change with time, every step asks for them anew, which takes longer.
_MOST_CHANGING_STEPS = 500_000


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
    for name, node in zip(control_names(model), plan.controls.all(), strict=True):
        if plan.graph.rates[node] in (Rate.EVENT, Rate.STEP):
            raise control_error(
                model, name, "control-of-state", "cannot depend on a stock, on chance or on an event"
            )
    if any(plan.graph.rates[node] == Rate.GRID for node in plan.controls.all()):
        return _changing(model, plan, known)
    initial, final, step, period = _control_values(model, plan, plan.controls_at_start.all(), known)
    return even_timeline(model, initial, final, step, period)


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
        check_controls(model, time, max(final, time), step, period)
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
    raise control_error(
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
    for name, node in zip(control_names(model), nodes, strict=True):
        value = np.asarray(values[node], dtype=np.float64)
        if value.size > 1 and not np.all(value == value.flat[0]):
            raise control_error(model, name, "control-differs", "must be equal for all draws")
        numbers.append(float(value.flat[0]))
    return numbers
