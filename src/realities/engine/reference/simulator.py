"""The meaning of the language in plain NumPy: a model in, trajectories out, for many draws at once.

A `Simulator` is prepared once and run often, with other constants each time. Equations that no output
needs are left out, what does not change is computed once, and draws run in blocks that fit the cache. The
result is the same, to the last bit, whatever the blocks.

The parts, in order: `translate.py` (model to graph), `schedule.py` and `tape.py` (graph to NumPy calls),
`controls.py` (when), `run.py`, `integrate.py` and `adaptive.py` (how), `trajectories.py`, which comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.engine.reference.controls import make_timeline
from realities.engine.reference.run import Prepared, Run, known_leaves
from realities.engine.reference.schedule import make_schedule
from realities.engine.reference.translate import make_plan
from realities.engine.request import Event, check_numbers, given_constants, make_request, wanted_times
from realities.engine.timeline import Saves, Timeline, choose_saves, save_each, save_together
from realities.ir.model import Integrator, Model
from realities.trajectories import Excerpt, Trajectories

FloatArray = NDArray[np.float64]

#: Draws computed together: measured by bench/bench_reference.py. With fewer, the calls themselves take
#: the time; with more, registers no longer fit the cache.
BLOCK = 4096


class Simulator:
    """A model prepared for running: once to prepare, then as often as there are parameter sets.

    Parameters
    ----------
    model
        The model.
    outputs
        Names of the variables to keep; default: all that are not hidden, in the order of the file.
    hold
        Any variables, held at a value for all time: the `do(x = v)` of a claim. Beats events.
    events
        Constants that take another value from a time on.
    integrator
        Default: the one the model asks for.

    Raises
    ------
    ValueError
        If a name is not in the model, or an event's is not a constant.

    Examples
    --------
    >>> simulator = Simulator(model, outputs=["prey"])  # doctest: +SKIP
    >>> simulator.run({"birth rate": np.array([0.4, 0.5, 0.6])})  # doctest: +SKIP
    <Trajectories: 1 variables, 3 draws, 21 times, 0 to 20 Year>
    """

    engine = "reference"

    def __init__(
        self,
        model: Model,
        *,
        outputs: Sequence[str] | None = None,
        hold: Mapping[str, float] | None = None,
        events: Sequence[Event] = (),
        integrator: Integrator | None = None,
    ) -> None:
        request = make_request(model, outputs=outputs, hold=hold, events=events, integrator=integrator)
        self.model, self.outputs, self.hold = model, request.outputs, request.hold
        self.integrator: Integrator = request.integrator
        self._events = request.events
        self._programs: dict[tuple[tuple[str, bool], ...], Prepared] = {}

    def run(
        self,
        parameters: Mapping[str, ArrayLike] | None = None,
        *,
        n_draws: int | None = None,
        save_times: ArrayLike | None = None,
        final_time: float | None = None,
        seed: int = 0,
        first_draw: int = 0,
        block: int = BLOCK,
        threads: int | None = None,
    ) -> Trajectories:
        """Return the trajectories of all draws.

        Parameters
        ----------
        parameters
            Values of constants by name: a number, or an array (draw,).
        n_draws
            How many draws; default: as many as the arrays have, else 1.
        save_times
            Times to keep, shape (T,), ascending, anywhere inside the run: values between two steps are
            interpolated linearly. The run ends with the last of them. Default: the model's save points.
        final_time
            Stop there; default: the model's own final time.
        seed, first_draw
            Random functions of the model depend on the seed and on the number of the draw, which counts
            from `first_draw`.
        block
            Draws computed together; changes speed and memory, never a result.
        threads
            As the compiled engine has them; this one runs on the thread of its caller.

        Returns
        -------
        Values of every output, (draw, time). A draw in which an output or a stock stops being a finite
        number is marked in `failed`.

        Raises
        ------
        InputError
            If a control variable (FINAL TIME, TIME STEP, ...) makes no sense or differs between draws.
        ValueError
            If a name, a shape or a time is wrong.
        """
        wanted = None if save_times is None else np.asarray(save_times)

        def choose(timeline: Timeline) -> Saves:
            return save_together(self.outputs, choose_saves(timeline, wanted, final_time))

        check_numbers(threads=1 if threads is None else threads)
        return self._execute(parameters, n_draws, seed, first_draw, block, choose).trajectories()

    def run_at(
        self,
        parameters: Mapping[str, ArrayLike] | None,
        times: Mapping[str, ArrayLike],
        *,
        n_draws: int | None = None,
        seed: int = 0,
        first_draw: int = 0,
        block: int = BLOCK,
        threads: int | None = None,
    ) -> Excerpt:
        """Return outputs each at times of its own: those values that `run` gives, and nothing else.

        Parameters
        ----------
        parameters, n_draws, seed, first_draw, block, threads
            As for `run`.
        times
            By name of an output its times, (T,), ascending, anywhere inside the run, which ends with the
            last of all. Outputs that are not named play no part.

        Returns
        -------
        Values of the outputs named, (draw, T). A draw is marked as failed where a value that is kept, or a
        stock at the end, is not a finite number: `run`, which keeps more, may see more.

        Raises
        ------
        InputError, ValueError
            As `run` does; ValueError, too, if `times` is empty or names what is no output of the simulator.
        """
        wanted = wanted_times(self.model, self.outputs, times)
        check_numbers(threads=1 if threads is None else threads)
        return self._execute(
            parameters, n_draws, seed, first_draw, block, lambda timeline: save_each(timeline, wanted)
        ).excerpt()

    def timeline(self) -> Timeline:
        """Return the steps of a run with the model's own constants and what is held; nothing is run.

        Raises
        ------
        InputError
            As `run` does, of control variables.
        """
        with np.errstate(all="ignore"):
            plan = self._program({}).plan
            return make_timeline(self.model, plan, known_leaves(plan, {}, 0, np.arange(1)))

    def _execute(
        self,
        parameters: Mapping[str, ArrayLike] | None,
        n_draws: int | None,
        seed: int,
        first_draw: int,
        block: int,
        choose: Callable[[Timeline], Saves],
    ) -> Run:
        """Return a run that is done; `choose` says what it saves."""
        given, n_draws = given_constants(self.model, parameters or {}, n_draws)
        check_numbers(seed=seed, first_draw=first_draw, block=block)
        with np.errstate(all="ignore"):  # what leaves the real numbers is marked, not warned about
            program = self._program(given)
            known = known_leaves(program.plan, given, seed, np.arange(first_draw, first_draw + n_draws))
            timeline = make_timeline(self.model, program.plan, known)
            run = Run(self.model, self.integrator, program, known, timeline, choose(timeline), n_draws)
            run.all_blocks(block)
            return run

    def _program(self, given: Mapping[str, FloatArray]) -> Prepared:
        """Return the program for constants given in this way, made when first asked for."""
        key = tuple(sorted((name, array.ndim > 0) for name, array in given.items()))
        if key not in self._programs:
            plan = make_plan(
                self.model,
                self.outputs,
                hold=self.hold,
                events=self._events,
                given=dict(key),
                time_per_draw=self.integrator == "rk45",
                time_is_step_time=self.integrator == "euler",
            )
            self._programs[key] = Prepared(plan, make_schedule(plan))
        return self._programs[key]


def simulate(
    model: Model,
    parameters: Mapping[str, ArrayLike] | None = None,
    *,
    outputs: Sequence[str] | None = None,
    hold: Mapping[str, float] | None = None,
    events: Sequence[Event] = (),
    integrator: Integrator | None = None,
    n_draws: int | None = None,
    save_times: ArrayLike | None = None,
    final_time: float | None = None,
    seed: int = 0,
) -> Trajectories:
    """Return the trajectories of a model: a `Simulator` for a single use, see there."""
    simulator = Simulator(model, outputs=outputs, hold=hold, events=events, integrator=integrator)
    return simulator.run(parameters, n_draws=n_draws, save_times=save_times, final_time=final_time, seed=seed)
