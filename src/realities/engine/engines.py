"""Which engine runs a model: the compiled one where it can, else the reference engine.

In come a model and what a run is to give; out goes a simulator of the engine asked for. All give the same
results (tests/agreement): to the last bit, but for what exp, log and their like differ by in the last place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, get_args

from numpy.typing import ArrayLike

from realities.engine.request import Event
from realities.ir.model import Integrator, Model
from realities.trajectories import Excerpt, Trajectories

EngineName = Literal["llvm", "reference", "js"]
#: Those that need nothing but Python packages; `js` needs Node.
ENGINES: tuple[EngineName, ...] = ("llvm", "reference")


class AnySimulator(Protocol):
    """A model prepared for running, by any engine; see `reference.Simulator`."""

    model: Model
    outputs: tuple[str, ...]
    integrator: Integrator
    engine: str

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
        """Return the trajectories of all draws."""

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
        """Return outputs each at times of its own."""


def has_compiled_engine() -> bool:
    """Return whether models can be compiled here."""
    from realities.engine.llvm.library import llvm

    try:
        llvm()
    except ImportError:
        return False
    return True


def make_simulator(
    model: Model,
    *,
    engine: EngineName | None = None,
    outputs: Sequence[str] | None = None,
    hold: Mapping[str, float] | None = None,
    events: Sequence[Event] = (),
    integrator: Integrator | None = None,
    threads: int = 1,
    optimized: bool = False,
) -> AnySimulator:
    """Return a model prepared for running.

    Parameters
    ----------
    model, outputs, hold, events, integrator
        As in `reference.Simulator`.
    engine
        `llvm`, `reference` or `js`; default: `llvm`, but `reference` for steps of adaptive length (rk45), or
        where llvmlite cannot be loaded. `js` is what a page runs, here under Node: for comparison, not for
        speed.
    threads
        Threads of the compiled engine where its `run` is not told another number; the other has one.
    optimized
        Have the compiled engine wait for optimized code before it first runs.

    Raises
    ------
    ValueError
        If there is no such engine, a name is not in the model, or an event's is not a constant.
    InputError
        If `llvm` or `js` is asked for with rk45.
    ImportError
        If `llvm` is asked for and llvmlite cannot be loaded, or `js` and there is no Node.
    """
    if engine not in (None, *get_args(EngineName)):
        raise ValueError(f'no engine is named "{engine}"; there are {", ".join(get_args(EngineName))}')
    if engine == "js":
        from realities.engine.js.simulator import JsSimulator

        return JsSimulator(model, outputs=outputs, hold=hold, events=events, integrator=integrator)
    is_adaptive = (integrator or model.time.integrator) == "rk45"
    if engine == "llvm" or (engine is None and not is_adaptive):
        try:
            from realities.engine.llvm.simulator import CompiledSimulator

            return CompiledSimulator(
                model,
                outputs=outputs,
                hold=hold,
                events=events,
                integrator=integrator,
                threads=threads,
                optimized=optimized,
            )
        except ImportError:
            if engine == "llvm":
                raise
    from realities.engine.reference import Simulator

    return Simulator(model, outputs=outputs, hold=hold, events=events, integrator=integrator)


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
    engine: EngineName | None = None,
    threads: int = 1,
) -> Trajectories:
    """Return the trajectories of a model: a simulator of either engine, run once.

    Parameters
    ----------
    model
        The model, as `load_model` gives it.
    parameters
        Values of constants by name: a number, or an array (draw,).
    outputs
        Names of the variables to keep; default: all that are not hidden, in the order of the file.
    hold
        Any variables, held at a value for all time. Beats events.
    events
        Constants that take another value from a time on.
    integrator
        `euler`, `rk2`, `rk4` or `rk45`; default: the one the model asks for.
    n_draws
        How many draws; default: as many as the arrays have, else 1.
    save_times
        Times to keep, (T,), ascending, in the model's unit of time; default: the model's save points.
    final_time
        Stop there; default: the model's own final time.
    seed
        Of the model's random functions.
    engine
        `llvm` (compiled), `reference` (NumPy) or `js` (Node); default: compiled where that is possible.
    threads
        Threads of the compiled engine; they change how long a run takes, never a result.

    Returns
    -------
    Values of every output, (draw, time). A draw in which an output or a stock stops being a finite number is
    marked in `failed`.

    Raises
    ------
    ValueError
        If a name, a shape, a time or an engine is wrong.
    InputError
        If time settings make no sense or differ between draws.
    ImportError
        If `llvm` is asked for and llvmlite cannot be loaded, or `js` and there is no Node.
    """
    simulator = make_simulator(
        model,
        engine=engine,
        outputs=outputs,
        hold=hold,
        events=events,
        integrator=integrator,
        threads=threads,
    )
    return simulator.run(parameters, n_draws=n_draws, save_times=save_times, final_time=final_time, seed=seed)
