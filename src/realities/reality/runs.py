"""The test runs of Reality Checks: a model run with what each check sets, for many draws at once.

In come a model with what the checks look at among its variables, and a `Ground`; out come trajectories, one
set for each set of things held. Preparing a run costs more than running it, so all checks that set nothing
but constants share what is prepared. `judging.py` asks for the runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.case import Case
from realities.case.predicate_nodes import Intervention
from realities.case.predicate_tokens import full_name
from realities.engine.engines import AnySimulator, make_simulator
from realities.engine.request import Event
from realities.engine.timeline import Timeline
from realities.ensemble import prior_draws
from realities.ir.model import Model
from realities.model.replaced import as_it_was, with_equations
from realities.source import SourceText, Span
from realities.trajectories import Trajectories

FloatArray = NDArray[np.float64]

#: Prior draws of each account of a case, and the seed they come from: few, and the same every time.
N_DRAWS, SEED = 32, 1
#: Checks look at every step of a run that has at most so many, of a longer one at its save points.
MOST_TIMES = 100_000
#: Steps that all checks of a file may take together, each in every draw; a check beyond them is not run. A
#: file may come from anybody: at a third of a microsecond a step these are eight seconds. The flagship's take
#: eight million.
MOST_STEPS = 25_000_000
#: Checks that set the same share a run; to look at it for one costs a part of running it.
LOOK = 4
#: What a program of its own counts for, in steps: the least that making one takes.
PROGRAM = 100_000


@dataclass(frozen=True, slots=True)
class Ground:
    """What checks are run on.

    Attributes
    ----------
    parameters
        Constants by name, each (draw,); none for the model's own.
    events
        Dated inputs in force.
    runs
        What each draw is, in words, (draw,).
    date_of
        The day of a model time, where there is one.
    """

    parameters: Mapping[str, FloatArray]
    events: tuple[Event, ...]
    runs: tuple[str, ...]
    date_of: Callable[[float], date] | None = None


def ground_of(case: Case, model: Model) -> Ground:
    """Return what the checks of a case are run on."""
    drawn = [prior_draws(case.priors(account.id), N_DRAWS, seed=SEED) for account in case.accounts]
    names = sorted({name for draws in drawn for name in draws})
    own = _own_values(model, names)
    parameters = {}
    for name in names:
        value = own[model[name].name]
        rows = [draws.get(name, np.full(N_DRAWS, value)) for draws in drawn]
        parameters[name] = np.concatenate([[value], *rows])
    runs = ["the run with the model's own constants"]
    runs += [f"a prior draw of the account {account.id}" for account in case.accounts for _ in range(N_DRAWS)]
    calendar = case.calendar
    events = tuple(Event(one.parameter, calendar.time_of(one.date), one.value) for one in case.events)
    return Ground(parameters, events, tuple(runs), calendar.date_of)


@dataclass(frozen=True, slots=True, order=True)
class NewEquation:
    """What takes the place of a variable's own equation; `name` is the hidden variable that holds it."""

    variable: str
    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """What a check sets: variables held at numbers, and others with new equations."""

    held: Intervention
    equations: tuple[NewEquation, ...] = ()


def new_equation(variable: str, text: str) -> NewEquation:
    """Return an equation in place of a variable's own; the same text gives the same hidden variable."""
    name = full_name(variable)
    return NewEquation(name, f"reality check: {name} = {text}", SourceText("", text).span(0, len(text)))


class Runs:
    """The runs that checks ask for.

    Parameters
    ----------
    model
        The model, with what the checks look at and the equations they set among its variables.
    ground
        What it is run on.
    wanted
        For each setting the variables that checks look at then.
    """

    def __init__(self, model: Model, ground: Ground, wanted: Mapping[Setting, tuple[str, ...]]) -> None:
        self.model, self.ground, self.wanted = model, ground, wanted
        self.fine = _every_step(model)
        self.plain = [one for one in wanted if self._sets_constants(one)]
        names = sorted({name for one in self.plain for name, _ in one.held} | set(ground.parameters))
        self.own = _own_values(model, names)
        self._shared: AnySimulator | None = None

    def cost(self, setting: Setting) -> tuple[int, int]:
        """Return what each look at a setting costs, and what its run costs with its program, in steps.

        Raises
        ------
        InputError, ValueError
            If the model cannot be run so.
        """
        held = {self.model[name].name: value for name, value in setting.held}
        steps = (len(_timeline(self.model, held).lengths) + 1) * len(self.ground.runs)
        return steps // LOOK, steps if self._sets_constants(setting) else steps + PROGRAM

    def run(self, setting: Setting) -> Trajectories:
        """Return the runs of all draws with what is set, at every step.

        Raises
        ------
        InputError, ValueError
            If the model cannot be run so, or one of the variables not be set.
        """
        held = {self.model[name].name: value for name, value in setting.held}
        if setting in self.plain:
            return self._run(self._simulator_of_constants(), {**self.own, **self._given(), **held})
        given = {name: values for name, values in self._given().items() if name not in held}
        if setting.equations:
            return self._run_changed(setting, held, given)
        return self._run(self._simulator(self.wanted[setting], held), given)

    def _run_changed(
        self, setting: Setting, held: Mapping[str, float], given: Mapping[str, FloatArray]
    ) -> Trajectories:
        """Return the runs with other equations; as they were, variables take what is given and dated."""
        instead = {self.model[one.variable].name: one.name for one in setting.equations}
        own = {name: as_it_was(name) for name in instead}
        moved = [(one, self.model[one.parameter].name) for one in self.ground.events]
        simulator = make_simulator(
            with_equations(self.model, instead, [one.span.source for one in setting.equations]),
            outputs=self.wanted[setting],
            hold={**self._saving(held), **held},
            events=[replace(one, parameter=own.get(name, name)) for one, name in moved],
        )
        return self._run(simulator, {own.get(name, name): values for name, values in given.items()})

    def _sets_constants(self, setting: Setting) -> bool:
        """Return whether all that is set are constants that neither a date nor the clock has a hand in."""
        spec = self.model.time
        clock = (spec.initial_time, spec.final_time, spec.time_step, spec.save_period)
        moved = {self.model[event.parameter].name for event in self.ground.events}
        held = [self.model[name] for name, _ in setting.held]
        is_plain = all(one.kind == "constant" and one.name not in {*moved, *clock} for one in held)
        return is_plain and not setting.equations

    def _given(self) -> dict[str, FloatArray]:
        return {self.model[name].name: values for name, values in self.ground.parameters.items()}

    def _simulator_of_constants(self) -> AnySimulator:
        """Return the simulator of all checks that set nothing but constants, made when first asked for."""
        if self._shared is None:
            names = dict.fromkeys(name for one in self.plain for name in self.wanted[one])
            self._shared = self._simulator(tuple(names), {})
        return self._shared

    def _simulator(self, outputs: tuple[str, ...], hold: Mapping[str, float]) -> AnySimulator:
        held = {**self._saving(hold), **hold}
        return make_simulator(self.model, outputs=outputs, hold=held, events=self.ground.events)

    def _saving(self, hold: Mapping[str, float]) -> dict[str, float]:
        """Return what to hold so that every step is saved, whatever step a check sets."""
        step = hold.get(self.model.time.time_step)
        return self.fine if step is None else dict.fromkeys(self.fine, step)

    def _run(self, simulator: AnySimulator, given: Mapping[str, FloatArray | float]) -> Trajectories:
        """Return a run that is given constants, each spread over all draws: code for one does for all."""
        n_draws = len(self.ground.runs)
        spread = {name: np.broadcast_to(values, n_draws) for name, values in given.items()}
        return simulator.run(spread, n_draws=n_draws, seed=SEED)


def _timeline(model: Model, hold: Mapping[str, float]) -> Timeline:
    """Return the steps of a run with variables held at numbers; nothing is run."""
    from realities.engine.reference import Simulator

    spec = model.time
    names = (spec.initial_time, spec.final_time, spec.time_step)
    return Simulator(model, outputs=names, hold=hold).timeline()


def _every_step(model: Model) -> dict[str, float]:
    """Return what to hold so that a run saves every step; nothing where there are too many of them."""
    lengths = _timeline(model, {}).lengths
    return {model.time.save_period: float(lengths[0])} if 0 < len(lengths) <= MOST_TIMES else {}


def _own_values(model: Model, names: Iterable[str]) -> dict[str, float]:
    """Return the values that constants have in the model itself, by full name."""
    full = [model[name].name for name in names]
    first = _timeline(model, {}).times[:1]
    run = make_simulator(model, engine="reference", outputs=full).run(save_times=first)
    return {name: float(run[name][0, 0]) for name in full}
