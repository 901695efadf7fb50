"""What a caller asks of an engine: checked once, in the same words, whichever engine answers.

In come a model and names as a caller writes them; out go a `Request`, with full names, and the constants
of a run as arrays. `reference/simulator.py` and `llvm/simulator.py` answer requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.errors import Diagnostic, InputError, did_you_mean
from realities.ir.builtins import n_parts
from realities.ir.model import Integrator, Model, Variable, name_key

FloatArray = NDArray[np.float64]

#: Seeds and draw numbers travel as doubles, exact to here.
_LARGEST_SEED = 2**53


@dataclass(frozen=True, slots=True)
class Event:
    """From `time` on, the constant `parameter` has `value`; before, its own (drawn or default) value."""

    parameter: str
    time: float
    value: float


@dataclass(frozen=True, slots=True)
class Request:
    """What runs of a model are to give and what they change of it; names are full names.

    `events` are (time, value) in order of time, for each constant that events replace.
    """

    model: Model
    outputs: tuple[str, ...]
    hold: Mapping[str, float]
    events: Mapping[str, tuple[tuple[float, float], ...]]
    integrator: Integrator


def make_request(
    model: Model,
    *,
    outputs: Sequence[str] | None,
    hold: Mapping[str, float] | None,
    events: Iterable[Event],
    integrator: Integrator | None,
) -> Request:
    """Return a request that has been checked.

    Raises
    ------
    ValueError
        If a name is not in the model, an event's is not a constant, or there is no such integrator.
    InputError
        If a constant is changed that the model was made from.
    """
    chosen: Integrator = integrator or model.time.integrator
    if chosen not in get_args(Integrator):
        raise ValueError(
            f'no integrator is named "{chosen}"; there are {", ".join(map(str, get_args(Integrator)))}'
        )
    if isinstance(outputs, str):
        raise ValueError(f'outputs must be a list of names, as ["{outputs}"]')
    wanted = _default_outputs(model) if outputs is None else [find(model, name).name for name in outputs]
    for name in (*wanted, *(hold or {})):
        if n_parts(find(model, name).expression):
            raise ValueError(f'"{name}" holds several numbers at once and cannot be kept or held')
    held = {find(model, name).name: float(value) for name, value in (hold or {}).items()}
    for name, value in held.items():
        _check_settled(model, model[name], value)
    return Request(model, tuple(dict.fromkeys(wanted)), held, _events_by_name(model, events), chosen)


def check_numbers(*, seed: int = 0, first_draw: int = 0, block: int = 1, threads: int = 1) -> None:
    """Raise ValueError if one of these numbers of a run is out of range."""
    if not 0 <= seed < _LARGEST_SEED or not 0 <= first_draw <= _LARGEST_SEED // 2:
        raise ValueError("seed must be from 0 to 2**53 - 1, first_draw from 0 to 2**52")
    if block < 1:
        raise ValueError("block must be at least 1")
    if threads < 1:
        raise ValueError("threads must be at least 1")


def given_constants(
    model: Model, parameters: Mapping[str, ArrayLike], n_draws: int | None
) -> tuple[dict[str, FloatArray], int]:
    """Return constants by full name, a single number or (draw,), and how many draws there are.

    Raises
    ------
    ValueError
        If a name is not that of a constant, or a shape does not fit.
    InputError
        If a constant is changed that the model was made from.
    """
    given: dict[str, FloatArray] = {}
    for name, value in parameters.items():
        variable = find(model, name)
        if variable.kind != "constant":
            raise ValueError(f'"{variable.name}" is not a constant; only constants can be given')
        array = np.asarray(value, dtype=np.float64)
        if array.ndim > 1:
            raise ValueError(f'"{name}" must be a number or (draw,), not {array.shape}')
        given[variable.name] = array.reshape(()) if array.size == 1 else array
        _check_settled(model, variable, array)
    lengths = {array.size for array in given.values() if array.ndim}
    count = n_draws if n_draws is not None else max(lengths, default=1)
    if count < 1:
        raise ValueError("n_draws must be at least 1, and arrays of parameters not empty")
    if lengths - {count}:
        raise ValueError(f"parameters have {sorted(lengths)} draws where {count} were asked for")
    return given, count


def wanted_times(
    model: Model, outputs: Sequence[str], times: Mapping[str, ArrayLike]
) -> dict[str, FloatArray]:
    """Return the times at which outputs are to be kept, each (T,), by full name.

    Raises
    ------
    ValueError
        If there are none, or a name is not that of an output or comes twice.
    """
    found: dict[str, FloatArray] = {}
    for name, wanted in times.items():
        full = find(model, name).name
        if full not in outputs or full in found:
            raise ValueError(
                f'"{full}" is ' + ("named twice" if full in found else "no output of this simulator")
            )
        found[full] = np.asarray(wanted, dtype=np.float64)
    if not found:
        raise ValueError("times must be given for at least one output")
    return found


def find(model: Model, name: str) -> Variable:
    """Return a variable by its name; ValueError if there is none."""
    if name not in model:
        elements = [v.name for v in model.variables if v.base and name_key(v.base) == name_key(name)]
        hint = (
            f"its elements are {_listed(elements)}"
            if elements
            else did_you_mean(name, [v.name for v in model.variables])
        )
        raise ValueError(f'no variable is named "{name}"' + (f"; {hint}" if hint else ""))
    return model[name]


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def _default_outputs(model: Model) -> list[str]:
    """Return the variables that are not hidden, as far as known in the order of the file."""
    shown = [variable for variable in model.variables if not variable.is_hidden]
    return [variable.name for variable in sorted(shown, key=lambda variable: variable.span.start)]


def _events_by_name(model: Model, events: Iterable[Event]) -> dict[str, tuple[tuple[float, float], ...]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for event in events:
        variable = find(model, event.parameter)
        if variable.kind != "constant":
            raise ValueError(f'"{variable.name}" is not a constant; an event can only set constants')
        _check_settled(model, variable, event.value)
        found.setdefault(variable.name, []).append((float(event.time), float(event.value)))
    return {name: tuple(sorted(changes, key=lambda change: change[0])) for name, changes in found.items()}


def _check_settled(model: Model, variable: Variable, value: ArrayLike) -> None:
    """Refuse another value for a constant that the model was made from, as from a delay's order or data."""
    if variable.name in model.settled and not np.all(np.equal(value, model.settled[variable.name])):
        raise InputError(
            Diagnostic(
                "error",
                "settled-constant",
                f'a run cannot change "{variable.name}": a delay\'s order or data were worked out from it',
                variable.span,
                (f"it is {model.settled[variable.name]:g}; change it in the model file",),
            )
        )


def fixed_method(request: Request, engine: str) -> Literal["euler", "rk2", "rk4"]:
    """Return how a request's steps are taken by an engine that takes those the model says.

    Raises
    ------
    InputError
        If the steps are adaptive.
    """
    if request.integrator == "rk45":
        model = request.model
        raise InputError(
            Diagnostic(
                "error",
                "adaptive-steps",
                f"{engine} takes the steps that a model says; rk45 chooses its own",
                model[model.time.time_step].span,
                ("run it with the reference engine, or with another integrator, such as rk4",),
            )
        )
    return request.integrator
