"""The compiled engine as a caller sees it: what the reference `Simulator` does, by machine code.

A `CompiledSimulator` compiles when it first runs, once for each kind of given constants (`compiled.py`); a
run adds its times (`setting.py`) and its draws, and threads compute them (`threads.py`). The results are
those of the reference engine, to the last bit but for exp, log and their like, and are the same for any
number of threads and blocks.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.engine.llvm.cache import Cache, user_cache
from realities.engine.llvm.clock import Draws
from realities.engine.llvm.compiled import Compiled, compile_request
from realities.engine.llvm.library import llvm
from realities.engine.llvm.setting import Setting, make_setting
from realities.engine.llvm.targets import this_machine
from realities.engine.llvm.threads import run_groups
from realities.engine.request import (
    Event,
    Request,
    check_numbers,
    fixed_method,
    given_constants,
    make_request,
    wanted_times,
)
from realities.engine.timeline import Saves, Timeline, choose_saves, save_each, save_together
from realities.engine.watching import first_not_finite, watched_names
from realities.ir.model import Integrator, Model
from realities.trajectories import Excerpt, Trajectories

FloatArray = NDArray[np.float64]
Made = TypeVar("Made")

#: A simulator keeps code for this many kinds of given constants, and this many settings of runs.
_MOST_KEPT = 8


class CompiledSimulator:
    """A model compiled for running: like the reference `Simulator`, and its results are the same.

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
        Default: the one the model asks for. `rk45` is the reference engine's alone.
    threads
        Threads that compute where `run` is not told another number.
    optimized
        Wait for optimized code before the first run, rather than start with quickly compiled code.
    target
        Kind of processor to compile for, as REALITIES_TARGET has it; default: the best of this one.
    cache
        Where machine code is kept; default: as REALITIES_CACHE says, or the user's cache folder.

    Raises
    ------
    ValueError
        If a name is not in the model, an event's is not a constant, or a target is not this processor's.
    InputError
        If the integrator has adaptive steps.
    ImportError
        If llvmlite is not installed.

    Examples
    --------
    >>> simulator = CompiledSimulator(model, outputs=["prey"])  # doctest: +SKIP
    >>> simulator.run({"birth rate": np.linspace(0.4, 0.6, 100_000)}, threads=2)  # doctest: +SKIP
    <Trajectories: 1 variables, 100000 draws, 21 times, 0 to 20 Year>
    """

    engine = "llvm"

    def __init__(
        self,
        model: Model,
        *,
        outputs: Sequence[str] | None = None,
        hold: Mapping[str, float] | None = None,
        events: Sequence[Event] = (),
        integrator: Integrator | None = None,
        threads: int = 1,
        optimized: bool = False,
        target: str | None = None,
        cache: Cache | None = None,
    ) -> None:
        self._request = make_request(model, outputs=outputs, hold=hold, events=events, integrator=integrator)
        self.model, self.outputs, self.hold = model, self._request.outputs, self._request.hold
        self.integrator: Integrator = self._request.integrator
        fixed_method(self._request, "the compiled engine")
        check_numbers(threads=threads)
        llvm()
        self._machine = this_machine(target)
        self._cache = user_cache() if cache is None else cache
        self._optimized, self._threads = optimized, threads
        self._compiled: _Kept[Compiled] = _Kept()
        self._settings: _Kept[Setting] = _Kept()

    def run(
        self,
        parameters: Mapping[str, ArrayLike] | None = None,
        *,
        n_draws: int | None = None,
        save_times: ArrayLike | None = None,
        final_time: float | None = None,
        seed: int = 0,
        first_draw: int = 0,
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
        threads
            Threads that compute; they change how long it takes, never a result. Several callers may `run` one
            simulator at once, too.

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
        wanted = None if save_times is None else np.asarray(save_times, dtype=np.float64)

        def choose(timeline: Timeline) -> Saves:
            return save_together(self.outputs, choose_saves(timeline, wanted, final_time))

        key = (None if wanted is None else (wanted.shape, wanted.tobytes()), final_time)
        results, failed, first_failure = self._execute(
            parameters, n_draws, seed, first_draw, threads, key, choose
        )
        values, together = results.values(), results.setting.saves.together
        assert together is not None
        return Trajectories(
            times=together.times,
            values=values,
            units={name: self.model[name].unit for name in values},
            failed=failed,
            first_failure=first_failure,
            time_unit=self.model.time.unit,
            dimensions={one.name: one.elements for one in self.model.dimensions},
        )

    def run_at(
        self,
        parameters: Mapping[str, ArrayLike] | None,
        times: Mapping[str, ArrayLike],
        *,
        n_draws: int | None = None,
        seed: int = 0,
        first_draw: int = 0,
        threads: int | None = None,
    ) -> Excerpt:
        """Return outputs each at times of its own: those values that `run` gives, and nothing else.

        Parameters
        ----------
        parameters, n_draws, seed, first_draw, threads
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
        key = tuple((name, array.shape, array.tobytes()) for name, array in wanted.items())
        results, failed, first_failure = self._execute(
            parameters,
            n_draws,
            seed,
            first_draw,
            threads,
            key,
            lambda timeline: save_each(timeline, wanted),
        )
        saved = {name: points.times for name, points in results.setting.saves.of.items()}
        return Excerpt(saved, results.values(), failed, first_failure)

    def _execute(
        self,
        parameters: Mapping[str, ArrayLike] | None,
        n_draws: int | None,
        seed: int,
        first_draw: int,
        threads: int | None,
        key: Hashable,
        choose: Callable[[Timeline], Saves],
    ) -> tuple[_Results, NDArray[np.bool_], tuple[int, str, float] | None]:
        """Return a run that is done, which draws failed, and the first failure; `key` stands for `choose`."""
        constants, n_draws = given_constants(self.model, parameters or {}, n_draws)
        threads = self._threads if threads is None else threads
        check_numbers(seed=seed, first_draw=first_draw, threads=threads)
        draws = Draws(constants, n_draws, seed, first_draw)
        compiled = self.compile({name: array.ndim > 0 for name, array in constants.items()})
        setting = self._setting(compiled, draws, key, choose)
        results = _run(setting, draws, threads)
        failed = results.failed()
        first_failure = self._look_closer(setting, draws, int(np.argmax(failed))) if failed.any() else None
        return results, failed, first_failure

    def compile(self, given: Mapping[str, bool] | None = None) -> Compiled:
        """Return the code for runs that give these constants, compiled when first asked for.

        Parameters
        ----------
        given
            Full names of the constants, and whether each differs between draws.
        """
        return self._compile(self._request, given or {})

    def _compile(self, request: Request, given: Mapping[str, bool]) -> Compiled:
        def make() -> Compiled:
            return compile_request(
                request, given, machine=self._machine, cache=self._cache, optimized=self._optimized
            )

        return self._compiled.get((request.outputs, tuple(sorted(given.items()))), make)

    def _setting(
        self, compiled: Compiled, draws: Draws, key: Hashable, choose: Callable[[Timeline], Saves]
    ) -> Setting:
        """Return the setting of a run; runs of many blocks ask for the same one over and over."""

        def make() -> Setting:
            timeline = compiled.clock.timeline(draws)
            return make_setting(compiled, draws.constants, draws.seed, timeline, choose(timeline))

        if compiled.clock.differs_between_draws:  # of which each must be looked at
            return make()
        even = tuple(
            sorted((name, array.tobytes()) for name, array in draws.constants.items() if not array.ndim)
        )
        return self._settings.get((id(compiled), even, draws.seed, key), make)

    def _look_closer(self, setting: Setting, draws: Draws, draw: int) -> tuple[int, str, float] | None:
        """Return (draw, variable, time) of the first value of a draw that is not finite."""
        stocks = {stock.name for stock in setting.compiled.program.stocks}
        names = watched_names(self.model, stocks, setting.saves.of)
        given = {parameter: array.ndim > 0 for parameter, array in draws.constants.items()}
        compiled = self._compile(replace(self._request, outputs=names), given)

        def again(saves: Saves) -> dict[str, FloatArray]:
            watched = make_setting(compiled, draws.constants, draws.seed, setting.timeline, saves)
            return _run(watched, draws.only(draw), threads=1).values()

        lanes = compiled.emitted.lanes
        found = first_not_finite(names, setting.timeline, setting.saves.last_step, again, lanes=lanes)
        return None if found is None else (draw, *found)


class _Kept(Generic[Made]):
    """What was made, by its key, the latest used; made once even where several threads ask for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[Hashable, Made] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
                if len(self._made) > _MOST_KEPT:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]


class _Results:
    """What a run gives: places for it, and afterwards its values."""

    def __init__(self, setting: Setting, n_draws: int) -> None:
        self.setting, self.n_draws = setting, n_draws
        emitted = setting.compiled.emitted
        padded = -(-n_draws // emitted.lanes) * emitted.lanes
        self.changing = _from_a_line((max((rows.stop for rows in setting.rows.values()), default=0), padded))
        self.constant = np.empty((len(emitted.constant), padded))
        self.marks = np.zeros(padded, dtype=np.uint8)
        self._constant_rows = {value: row for row, value in enumerate(emitted.constant)}

    def forget_padding(self) -> None:
        """Keep the draws alone where most of the memory is lanes beyond the last: a single run is 1 of 8."""
        if 2 * self.n_draws <= self.changing.shape[1]:
            self.changing = self.changing[:, : self.n_draws].copy()

    def failed(self) -> NDArray[np.bool_]:
        """Return which draws left the real numbers, (draw,)."""
        if not all(np.isfinite(values).all() for values in self.setting.on_grid.values()):
            return np.ones(self.n_draws, dtype=np.bool_)
        failed = np.not_equal(self.marks[: self.n_draws], 0)
        for values in self._constants().values():
            failed |= ~np.isfinite(values)
        return failed

    def values(self) -> dict[str, FloatArray]:
        """Return the values of what is saved, (draw, T), by name."""
        setting, constants = self.setting, self._constants()
        values: dict[str, FloatArray] = {}
        for name, points in setting.saves.of.items():
            shape = (self.n_draws, points.times.size)
            if name in setting.rows:
                values[name] = self.changing[setting.rows[name], : self.n_draws].T
            elif name in constants:
                values[name] = np.broadcast_to(constants[name][:, np.newaxis], shape)
            else:
                values[name] = np.broadcast_to(setting.on_grid[name], shape)
        return values

    def _constants(self) -> dict[str, FloatArray]:
        """Return the outputs that never change but differ between draws, (draw,), by name."""
        return {
            name: self.constant[self._constant_rows[value], : self.n_draws]
            for name, value in self.setting.compiled.program.outputs
            if name in self.setting.saves.of and value in self._constant_rows
        }


def _from_a_line(shape: tuple[int, ...]) -> FloatArray:
    """Return an array without values that begins with a cache line: no vector in it then has parts of two."""
    size = math.prod(shape)
    memory = np.empty(size + 7)
    first = -memory.ctypes.data // 8 % 8
    return memory[first : first + size].reshape(shape)


def _run(setting: Setting, draws: Draws, threads: int) -> _Results:
    """Run some draws."""
    compiled, results = setting.compiled, _Results(setting, draws.n_draws)
    padded = results.marks.size
    varied = [parameter.name for parameter in compiled.program.parameters if parameter.per_draw]
    parameters = np.empty((len(varied), padded))
    numbers = np.empty(padded)
    for row, values in (
        *((parameters[k], draws.constants[name]) for k, name in enumerate(varied)),
        (numbers, draws.numbers()),
    ):
        row[: draws.n_draws] = values
        row[draws.n_draws :] = values[-1]  # lanes beyond the last draw repeat it, and fail only if it does
    frame = setting.frame(
        parameters=parameters,
        draws=numbers,
        changing=results.changing,
        constant=results.constant,
        failed=results.marks,
    )
    frame.n_draws = padded
    run_groups(
        compiled.kernel,
        frame,
        n_groups=-(-padded // compiled.emitted.group),
        n_workspace=compiled.emitted.n_workspace(setting.saves.last_step),
        threads=threads,
    )
    results.forget_padding()
    return results
