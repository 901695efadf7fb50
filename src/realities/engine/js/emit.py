"""A `Program` as plain JavaScript: what a page carries to run a model itself.

In comes a `Program`; out goes the text of an expression, a function of the library's functions, which gives

    {parameters: [names], outputs: [names], events: [names], run}
    run(parameters: Float64Array, events: {times: number[], values: number[]}[],
        grid: {times: Float64Array, lengths: Float64Array}, keep: Int32Array,
        out: Float64Array, seed: number, draw: number) -> boolean

`run` computes one draw. `parameters` are in the order of their names. `events` are, in the order of theirs,
the values that constants take, and from when on, ascending; one from the start on counts for initial values
too, if the constant is a parameter (`to_be_given`). `grid` has the time of every step and the length of each
but the last; the same object again is taken to be unchanged. `keep` are the numbers of the steps that are
kept, ascending; `out` takes their outputs, those of a step side by side. True is returned if a number that is
kept, or a stock at the last step that is, is infinite or none. `library/run.js` has the loop over steps.

The text needs no `eval` and makes no function from text. Its names are short and its own; names that people
gave stand in strings only (`printing.py`). What it is called with is the text that `needed.library` gives.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence

from realities.engine.js.functions import GIVEN, Function, Used
from realities.engine.js.needed import library
from realities.engine.js.places import CHUNK, Places, When, in_chunks, make_places
from realities.engine.js.printing import numbers, strings
from realities.engine.program.program import REGIONS, STAGES, Program
from realities.errors import SimulationError

__all__ = ["library", "source", "to_be_given"]

#: Functions of a number, then of quantity, type, priority, width and a further number of each claimant.
_WITH_CURVES = frozenset(
    {
        "vensim.allocate_available",
        "vensim.find_market_price",
        "vensim.demand_at_price",
        "vensim.supply_at_price",
    }
)
#: When functions run, by the names that `library/run.js` has for them.
_PARTS: tuple[When, ...] = (*REGIONS, "enter", "missing")


def source(program: Program, *, chunk: int = CHUNK) -> str:
    """Return the code of a program: an expression, to be called with what `library` evaluates to.

    The text of neither ends in a semicolon: `(source)(library)` is what the module's docstring describes.

    Parameters
    ----------
    chunk
        The most operations in a function.

    Raises
    ------
    SimulationError
        If a priority curve is of a type that there is not, as far as that is known beforehand.
    """
    _check_curves(program)
    places, used = make_places(program, chunk), Used()
    parts = [f"{when}:{_part(program, places, used, when)}" for when in _PARTS if _is_there(places, when)]
    parts += _facts(program, places)
    if program.delays:
        parts.append(f"makeDelays:{used.function('makeDelays')}")
    make = used.function("program")
    tables = [
        f"{short}={used.function('table')}({_numbers(program.tables[place].xs)},{_numbers(program.tables[place].ys)})"
        for place, short in used.tables.items()
    ]
    names = ",".join(f"{name}:{short}" for name, short in used.functions.items())
    n_stocks = len(program.stocks)
    arrays = [
        f"{name}=new Float64Array({size})"
        for name, size in (("m", places.n_memory), ("y", n_stocks), ("d", n_stocks))
    ]
    constants = ",".join([f"{{{names}}}=l", *arrays, *tables])
    return f"l=>{{const {constants};return {make}({{{','.join(parts)}}})}}"


def to_be_given(names: Iterable[str]) -> dict[str, tuple[tuple[float, float], ...]]:
    """Return events for `lower`: constants of which only a call says when they take which values.

    They should be parameters, too, so that values from the start on count for initial values.
    """
    return dict.fromkeys(names, ((math.inf, 0.0),))


def _check_curves(program: Program) -> None:
    for one in program.instructions:
        match one.detail:
            case (str(name), int()) if one.op == "array" and name in _WITH_CURVES:
                for kind in (program.instructions[value] for value in one.inputs[2::5]):
                    _check_curve(float.fromhex(str(kind.detail)) if kind.op == "number" else 0.0)


def _check_curve(kind: float) -> None:
    if kind not in (0.0, 1.0, 2.0, 3.0, 4.0):
        raise SimulationError(
            f"a priority curve is of type {kind:g}: only 0 fixed, 1 rectangular, 2 triangular, 3 normal and "
            "4 exponential are supported"
        )


def _is_there(places: Places, when: When) -> bool:
    return next(in_chunks(places, when), None) is not None


def _part(program: Program, places: Places, used: Used, when: When) -> str:
    """Return a function that does all there is to do at a time, by several where that is much."""
    parts = [
        Function(program, places, used, when, values, aims).text() for values, aims in in_chunks(places, when)
    ]
    if len(parts) == 1:
        return parts[0]
    given = GIVEN[when]
    each = "".join(f"const f{k}={part};" for k, part in enumerate(parts))
    calls = "".join(f"f{k}({given});" for k in range(len(parts)))
    return f"(()=>{{{each}return({given})=>{{{calls}}}}})()"


def _facts(program: Program, places: Places) -> Iterator[str]:
    """Yield what the loop over steps must know of a program."""
    yield "m,y,d"
    yield f"parameters:{strings([one.name for one in program.parameters])}"
    yield f"outputs:{strings([name for name, _ in program.outputs])}"
    yield f"events:{strings([one.name for one in program.events])}"
    bases = [program.instructions[event.base] for event in program.events]
    given = [int(str(base.detail)) if base.op == "parameter" else -1 for base in bases]
    yield f"bases:{json.dumps(given)}"
    even = [place for place, one in enumerate(program.parameters) if not one.per_draw]
    yield f"even:{json.dumps(even)}"
    yield f"floors:{json.dumps([k for k, stock in enumerate(program.stocks) if stock.is_non_negative])}"
    delays = [(int(delay.moves), int(delay.missing is not None)) for delay in program.delays]
    yield f"delays:{json.dumps(delays)}"
    yield f"width:{places.n_columns},stages:{json.dumps(STAGES[program.method])}"
    yield f"method:{json.dumps(program.method)}"
    yield f"at:{{{','.join(f'{name}:{place}' for name, place in places.first.items())}}}"


def _numbers(values: Sequence[float]) -> str:
    return numbers([float(value) for value in values])
