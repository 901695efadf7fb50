"""When the runs of a request step: its control variables read off at once where they are plain numbers.

In come a `Request`, which constants runs give, and then their values; out goes a `Timeline`. Where a control
variable is computed, the reference engine's plan of it is asked, and only then is that engine loaded.
`setting.py` next lays the timeline out for the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from realities.engine.request import Request
from realities.engine.timeline import Timeline, control_names, even_timeline
from realities.ir.expr import Number, Ref

if TYPE_CHECKING:
    from realities.engine.reference.translate import Plan

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """The draws of a run: their constants, how many they are, and what random functions depend on."""

    constants: Mapping[str, FloatArray]
    n_draws: int
    seed: int
    first_draw: int

    def only(self, draw: int) -> Draws:
        """Return one of the draws."""
        constants = {
            name: array[draw : draw + 1] if array.ndim else array for name, array in self.constants.items()
        }
        return Draws(constants, 1, self.seed, self.first_draw + draw)

    def numbers(self) -> FloatArray:
        """Return the numbers of the draws, (draw,)."""
        return np.arange(self.first_draw, self.first_draw + self.n_draws, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class PlainClock:
    """Control variables that are numbers, or constants that are equal for all draws."""

    request: Request
    sources: tuple[float | str, ...]
    differs_between_draws = False

    def timeline(self, draws: Draws) -> Timeline:
        """Return the steps of a run."""
        values = (float(draws.constants[s]) if isinstance(s, str) else s for s in self.sources)
        return even_timeline(self.request.model, *values)


@dataclass(frozen=True, slots=True, eq=False)
class PlannedClock:
    """Control variables that are computed: by the reference engine, from nothing but themselves."""

    request: Request
    plan: Plan

    @property
    def differs_between_draws(self) -> bool:
        """Whether a control variable is computed from what may differ between draws."""
        nodes = (*self.plan.controls.all(), *self.plan.controls_at_start.all())
        return any(self.plan.graph.per_draw[node] for node in nodes)

    def timeline(self, draws: Draws) -> Timeline:
        """Return the steps of a run; raise InputError where they differ between draws or make no sense."""
        from realities.engine.reference.controls import make_timeline
        from realities.engine.reference.run import known_leaves

        with np.errstate(all="ignore"):
            known = known_leaves(self.plan, draws.constants, draws.seed, draws.numbers())
            return make_timeline(self.request.model, self.plan, known)


Clock = PlainClock | PlannedClock


def make_clock(request: Request, given: Mapping[str, bool]) -> Clock:
    """Return the clock of runs that give these constants (name -> differs between draws)."""
    sources = [_source(name, request, given) for name in control_names(request.model)]
    plain = tuple(source for source in sources if source is not None)
    if len(plain) == len(sources):
        return PlainClock(request, plain)
    from realities.engine.reference.translate import make_plan

    plan = make_plan(
        request.model,
        (),
        hold=request.hold,
        events=request.events,
        given=given,
        time_per_draw=False,
        time_is_step_time=request.integrator == "euler",
    )
    return PlannedClock(request, plan)


def _source(name: str, request: Request, given: Mapping[str, bool]) -> float | str | None:
    """Return the number that a variable is, the constant that it is, or None where it is computed."""
    model = request.model
    for _ in model.variables:  # through names that stand for another, SAVEPER = TIME STEP
        variable = model[name]
        if variable.name in request.hold:
            return request.hold[variable.name]
        if variable.name in request.events or variable.kind not in ("constant", "auxiliary"):
            return None
        if variable.kind == "constant" and variable.name in given:
            return None if given[variable.name] else variable.name
        match variable.expression:
            case Number(value=value) if variable.initial is None:
                return value
            case Ref(name=name) if variable.initial is None:
                pass
            case _:
                return None
    return None
