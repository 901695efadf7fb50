"""One run by the reference engine and by the interpreter of programs, to be compared bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from interpret import Run, interpret
from numpy.typing import ArrayLike, NDArray

from realities.engine.program.lower import lower
from realities.engine.program.program import Program
from realities.engine.reference import Event, Simulator
from realities.engine.reference.controls import make_timeline
from realities.engine.reference.translate import make_plan
from realities.engine.request import given_constants, make_request
from realities.engine.timeline import choose_saves
from realities.ir.model import Integrator, Model

FloatArray = NDArray[np.float64]


def lowered(
    model: Model,
    outputs: Sequence[str] | None = None,
    *,
    hold: Mapping[str, float] | None = None,
    events: Sequence[Event] = (),
    given: Mapping[str, bool] | None = None,
    integrator: Integrator | None = None,
) -> Program:
    """Return the program of a run asked for as from the reference engine."""
    asked = make_request(model, outputs=outputs, hold=hold, events=events, integrator=integrator)
    assert asked.integrator != "rk45"
    return lower(
        model,
        asked.outputs,
        hold=asked.hold,
        events=asked.events,
        given=given or {},
        method=asked.integrator,
    )


def both(
    model: Model,
    parameters: Mapping[str, ArrayLike] | None = None,
    *,
    outputs: Sequence[str] | None = None,
    hold: Mapping[str, float] | None = None,
    events: Sequence[Event] = (),
    integrator: Integrator | None = None,
    n_draws: int = 8,
    save_times: ArrayLike | None = None,
    final_time: float | None = None,
    seed: int = 0,
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Return the outputs of the reference engine and of the program's interpreter, (draw, time)."""
    asked: dict[str, Any] = {"outputs": outputs, "hold": hold, "events": events, "integrator": integrator}
    run = Simulator(model, **asked).run(
        parameters, n_draws=n_draws, save_times=save_times, final_time=final_time, seed=seed
    )
    constants, _ = given_constants(model, parameters or {}, n_draws)
    given = {name: array.ndim > 0 for name, array in constants.items()}
    with np.errstate(all="ignore"):
        plan = make_plan(
            model, (), hold=hold or {}, events={}, given=given, time_per_draw=False, time_is_step_time=True
        )
        known = {
            node: constants[str(name)][()] for (op, name), node in plan.leaves.items() if op == "parameter"
        }
        timeline = make_timeline(model, plan, known)
        saves = choose_saves(timeline, None if save_times is None else np.asarray(save_times), final_time)
    draws = np.arange(n_draws, dtype=np.float64)
    program = lowered(model, given=given, **asked)
    found = interpret(program, Run(constants, timeline, saves, seed, draws))
    return {name: np.array(values) for name, values in run.values.items()}, found


def differences(reference: Mapping[str, FloatArray], found: Mapping[str, FloatArray]) -> list[str]:
    """Return the outputs whose bits differ, NaN being NaN, with the first difference of each."""
    problems = [] if list(reference) == list(found) else [f"{list(found)} instead of {list(reference)}"]
    for name, wanted in reference.items():
        got = found[name]
        same = (wanted == got) & (np.signbit(wanted) == np.signbit(got)) | np.isnan(wanted) & np.isnan(got)
        if not same.all():
            draw, time = np.argwhere(~same)[0]
            problems.append(f"{name} of draw {draw} at {time}: {got[draw, time]} for {wanted[draw, time]}")
    return problems
