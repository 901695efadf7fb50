"""Many runs by JavaScript in one start of Node, beside the same runs by the reference engine.

A run is asked for by a model and what a simulator is told (`Asked`). `problems_of` returns where the engines
are more than 1e-9 of a value apart, or, where a model has branches or is chaotic, further than the same run
of the reference engine is when its functions round otherwise (`ulp_twins.py`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from ulp_twins import disagreements, tolerances, twins

from realities.engine.js.node import node, run_programs
from realities.engine.js.simulator import job_of, program_of, steps_of, values_at
from realities.engine.llvm.clock import Draws, make_clock
from realities.engine.reference import Simulator
from realities.engine.request import Event, fixed_method, given_constants, make_request
from realities.engine.timeline import choose_saves, save_together
from realities.ir.model import Integrator, Model

FloatArray = NDArray[np.float64]
#: How far values may be apart, as a part of them.
RELATIVE = 1e-9
#: A column is known to no more than a few ulps of its largest value so far.
FLOOR = 64 * 2.0**-52

needs_node = pytest.mark.skipif(
    node() is None and os.environ.get("REALITIES_REQUIRE_ALL") != "1", reason="there is no Node"
)


@dataclass(frozen=True)
class Asked:
    """A run of a model."""

    name: str
    model: Model
    parameters: Mapping[str, ArrayLike] = field(default_factory=dict)
    n_draws: int | None = None
    outputs: Sequence[str] | None = None
    hold: Mapping[str, float] | None = None
    events: Sequence[Event] = ()
    integrator: Integrator | None = None
    save_times: ArrayLike | None = None
    final_time: float | None = None
    seed: int = 0
    first_draw: int = 0


def by_reference(asked: Asked) -> tuple[dict[str, FloatArray], NDArray[np.bool_]]:
    """Return values (draw, time) by name, and which draws failed."""
    simulator = Simulator(
        asked.model,
        outputs=asked.outputs,
        hold=asked.hold,
        events=asked.events,
        integrator=asked.integrator,
    )
    run = simulator.run(
        asked.parameters,
        n_draws=asked.n_draws,
        save_times=asked.save_times,
        final_time=asked.final_time,
        seed=asked.seed,
        first_draw=asked.first_draw,
    )
    return {name: np.array(values) for name, values in run.values.items()}, run.failed


def by_javascript(several: Sequence[Asked]) -> list[tuple[dict[str, FloatArray], NDArray[np.bool_]]]:
    """Return the same of several runs."""
    prepared: list[Any] = []
    for asked in several:
        request = make_request(
            asked.model,
            outputs=asked.outputs,
            hold=asked.hold,
            events=asked.events,
            integrator=asked.integrator,
        )
        constants, n_draws = given_constants(asked.model, asked.parameters, asked.n_draws)
        draws = Draws(constants, n_draws, asked.seed, asked.first_draw)
        given = {name: array.ndim > 0 for name, array in constants.items()}
        timeline = make_clock(request, given).timeline(draws)
        wanted = None if asked.save_times is None else np.asarray(asked.save_times)
        saves = save_together(request.outputs, choose_saves(timeline, wanted, asked.final_time))
        program = program_of(request, draws, fixed_method(request, "JavaScript"))
        prepared.append((program, job_of(program, draws, timeline, steps_of(saves)), saves))
    found = run_programs([(program, [job]) for program, job, _ in prepared])
    return [
        (values_at(program, one, saves), one.failed)
        for (program, _, saves), [one] in zip(prepared, found, strict=True)
    ]


def problems_of(several: Sequence[Asked]) -> list[str]:
    """Return where the engines disagree about some runs."""
    problems = []
    for asked, (values, failed) in zip(several, by_javascript(several), strict=True):
        wanted, wanted_failed = by_reference(asked)
        wrong = _differences(asked, wanted, values)
        if wanted_failed.tolist() != failed.tolist():
            wrong.append(f"failed: {failed}, not {wanted_failed}")
        problems += [f"{asked.name}: {one}" for one in wrong]
    return problems


def _differences(
    asked: Asked, wanted: Mapping[str, FloatArray], found: Mapping[str, FloatArray]
) -> list[str]:
    allowed = {name: _allowed(values) for name, values in wanted.items()}
    problems = disagreements(wanted, found, allowed)
    if not problems:
        return []
    outputs = list(wanted)
    others = [by_reference(replace(asked, model=twin, outputs=outputs))[0] for twin in twins(asked.model)]
    by_twins = tolerances(wanted, others)
    return disagreements(wanted, found, {name: np.fmax(allowed[name], by_twins[name]) for name in outputs})


def _allowed(values: FloatArray) -> FloatArray:
    size = np.abs(np.where(np.isfinite(values), values, 0.0))
    return np.asarray(RELATIVE * size + FLOOR * np.maximum.accumulate(size, axis=1))
