"""The JavaScript of a page as an engine: what the reference `Simulator` does, under Node.

It is there to hold what a page computes against the other engines; nobody needs Node otherwise. In come a
model and what runs are to give; out go `Trajectories`, equal to those of the reference engine but for the
last digits of exp, log and their like, which each engine rounds its own way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.engine.js.node import Found, Job, node, run_programs
from realities.engine.llvm.clock import Draws, make_clock
from realities.engine.program.lower import lower
from realities.engine.program.program import Method, Program
from realities.engine.request import (
    Event,
    Request,
    check_numbers,
    fixed_method,
    given_constants,
    make_request,
    wanted_times,
)
from realities.engine.timeline import SavePoints, Saves, Timeline, choose_saves, save_each, save_together
from realities.engine.watching import first_not_finite, watched_names
from realities.ir.model import Integrator, Model
from realities.trajectories import Excerpt, Trajectories

FloatArray = NDArray[np.float64]


class JsSimulator:
    """A model as JavaScript: like the reference `Simulator`, and its results are the same.

    Parameters
    ----------
    model, outputs, hold, events
        As in `reference.Simulator`.
    integrator
        Default: the one the model asks for. `rk45` is the reference engine's alone.

    Raises
    ------
    ValueError
        If a name is not in the model, or an event's is not a constant.
    InputError
        If the integrator has adaptive steps.
    ImportError
        If there is no Node.
    """

    engine = "js"

    def __init__(
        self,
        model: Model,
        *,
        outputs: Sequence[str] | None = None,
        hold: Mapping[str, float] | None = None,
        events: Sequence[Event] = (),
        integrator: Integrator | None = None,
    ) -> None:
        self._request = make_request(model, outputs=outputs, hold=hold, events=events, integrator=integrator)
        self.model, self.outputs, self.hold = model, self._request.outputs, self._request.hold
        self.integrator: Integrator = self._request.integrator
        self._method = fixed_method(self._request, "JavaScript")
        if node() is None:
            raise ImportError(
                "the model runs as JavaScript under Node, and no program named node was found; install Node, "
                "or say where it is in REALITIES_NODE"
            )

    def run(
        self,
        parameters: Mapping[str, ArrayLike] | None = None,
        *,
        n_draws: int | None = None,
        save_times: ArrayLike | None = None,
        final_time: float | None = None,
        seed: int = 0,
        first_draw: int = 0,
        threads: int | None = None,  # noqa: ARG002
    ) -> Trajectories:
        """Return the trajectories of all draws, as `run` of the other engines does."""
        wanted = None if save_times is None else np.asarray(save_times, dtype=np.float64)
        draws = self._draws(parameters, n_draws, seed, first_draw)
        timeline, saves = self._setting(
            draws, lambda timeline: save_together(self.outputs, choose_saves(timeline, wanted, final_time))
        )
        program, found = self._run(self._request, draws, timeline, saves)
        values, together = values_at(program, found, saves), saves.together
        assert together is not None
        return Trajectories(
            times=together.times,
            values=values,
            units={name: self.model[name].unit for name in values},
            failed=found.failed,
            first_failure=self._first_failure(found.failed, draws, timeline, saves),
            time_unit=self.model.time.unit,
        )

    def run_at(
        self,
        parameters: Mapping[str, ArrayLike] | None,
        times: Mapping[str, ArrayLike],
        *,
        n_draws: int | None = None,
        seed: int = 0,
        first_draw: int = 0,
        threads: int | None = None,  # noqa: ARG002
    ) -> Excerpt:
        """Return outputs each at times of its own, as `run_at` of the other engines does."""
        wanted = wanted_times(self.model, self.outputs, times)
        draws = self._draws(parameters, n_draws, seed, first_draw)
        timeline, saves = self._setting(draws, lambda timeline: save_each(timeline, wanted))
        program, found = self._run(self._request, draws, timeline, saves)
        values = values_at(program, found, saves)
        # What was kept for another output's sake does not count; stocks at the end do.
        failed = ~np.all([np.isfinite(array).all(axis=1) for array in values.values()], axis=0)
        stocks = replace(self._request, outputs=tuple(stock.name for stock in program.stocks))
        end = np.array([saves.last_step])
        at_end = save_together(stocks.outputs, SavePoints(timeline.times[end], end, np.zeros(1)))
        failed |= self._run(stocks, draws, timeline, at_end)[1].failed
        saved = {name: points.times for name, points in saves.of.items()}
        return Excerpt(saved, values, failed, self._first_failure(failed, draws, timeline, saves))

    def _draws(
        self, parameters: Mapping[str, ArrayLike] | None, n_draws: int | None, seed: int, first_draw: int
    ) -> Draws:
        constants, n_draws = given_constants(self.model, parameters or {}, n_draws)
        check_numbers(seed=seed, first_draw=first_draw)
        return Draws(constants, n_draws, seed, first_draw)

    def _setting(self, draws: Draws, choose: Callable[[Timeline], Saves]) -> tuple[Timeline, Saves]:
        given = {name: array.ndim > 0 for name, array in draws.constants.items()}
        timeline = make_clock(self._request, given).timeline(draws)
        return timeline, choose(timeline)

    def _run(self, request: Request, draws: Draws, timeline: Timeline, saves: Saves) -> tuple[Program, Found]:
        program = program_of(request, draws, self._method)
        return program, run_programs([(program, [job_of(program, draws, timeline, steps_of(saves))])])[0][0]

    def _first_failure(
        self, failed: NDArray[np.bool_], draws: Draws, timeline: Timeline, saves: Saves
    ) -> tuple[int, str, float] | None:
        """Return (draw, variable, time) of the first value of the first failed draw that is not finite."""
        if not failed.any():
            return None
        draw = int(np.argmax(failed))
        stocks = {stock.name for stock in program_of(self._request, draws, self._method).stocks}
        names = watched_names(self.model, stocks, saves.of)
        watched = replace(self._request, outputs=names)

        def again(together: Saves) -> dict[str, FloatArray]:
            return values_at(*self._run(watched, draws.only(draw), timeline, together), together)

        found = first_not_finite(names, timeline, saves.last_step, again)
        return None if found is None else (draw, *found)


def program_of(request: Request, draws: Draws, method: Method) -> Program:
    """Return the program that runs some draws as a request says."""
    return lower(
        request.model,
        request.outputs,
        hold=request.hold,
        events=request.events,
        given={name: array.ndim > 0 for name, array in draws.constants.items()},
        method=method,
    )


def job_of(program: Program, draws: Draws, timeline: Timeline, steps: NDArray[np.intp]) -> Job:
    """Return what makes a program run some draws."""
    columns = [np.broadcast_to(draws.constants[one.name], draws.n_draws) for one in program.parameters]
    return Job(
        parameters=np.array(columns, dtype=np.float64).reshape(len(columns), draws.n_draws).T,
        events=[
            (np.array([time for time, _ in one.changes]), np.array([value for _, value in one.changes]))
            for one in program.events
        ],
        times=timeline.times,
        lengths=timeline.lengths,
        keep=steps,
        seed=draws.seed,
        first_draw=draws.first_draw,
    )


def steps_of(saves: Saves) -> NDArray[np.intp]:
    """Return the steps whose values are needed, ascending."""
    points = saves.of.values() if saves.together is None else [saves.together]
    needed = [np.concatenate([one.left, one.left[one.weight > 0.0] + 1]) for one in points]
    return np.unique(np.concatenate(needed))


def values_at(program: Program, found: Found, saves: Saves) -> dict[str, FloatArray]:
    """Return what was found at the times that are saved, (draw, T), by name."""
    steps, regions = steps_of(saves), program.regions_of()
    places = {name: place for place, (name, _) in enumerate(program.outputs)}
    values: dict[str, FloatArray] = {}
    for name, points in saves.of.items():
        at_steps = found.kept[:, :, places[name]]
        at = np.searchsorted(steps, points.left)
        after = np.minimum(at + 1, steps.size - 1)
        weight = points.weight
        # What never changes lies between no two values.
        is_constant = regions[program.outputs[places[name]][1]] in ("fixed", "setup")
        with np.errstate(all="ignore"):
            between = at_steps[:, at] * (1.0 - weight) + at_steps[:, after] * weight
        is_between = (weight > 0.0) & (not is_constant)
        values[name] = np.where(is_between, between, at_steps[:, at])
    return values
