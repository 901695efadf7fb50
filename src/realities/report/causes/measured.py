"""Which way one quantity moves another, all else equal, along runs of the model.

In come a model, one run for each account and the pairs whose sign `slopes.py` could not read off an
equation; out come their signs. Every expression is looked at with its input a little higher, and a little
lower. Where their difference has one sign at every time of every run, that is the sign; where it has both, it
depends. What an expression gives depends on the values of its inputs alone, for most: so all times of all
runs are draws of one short run, of a model in which these inputs and the time are constants. Others, those
that start at a time or draw at random, stand in the model itself as hidden variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from realities.engine.engines import make_simulator
from realities.engine.request import Event
from realities.ir.builtins import n_parts
from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, map_expr, references, walk
from realities.ir.model import Model, TimeSpec, Variable
from realities.report.causes.slopes import LESS, MORE, NONE

FloatArray = NDArray[np.float64]
_Pair = tuple[Expr, Expr]

#: How far an input is moved up and down, as shares of its largest size; the next if nothing moved.
STEPS: Final = (0.01, 0.3, 1.0)
#: Differences smaller than this share of what is compared are rounding.
_ROUNDING: Final = 1e-11
#: Functions that give the same for the same arguments, whatever the time.
_PLAIN: Final = frozenset(
    re.findall(
        r"\S+",
        """abs exp ln sqrt min max sum product if_then_else power lookup vensim.modulo vensim.zidz
        sin cos tan arcsin arccos arctan sinh cosh tanh""",
    )
)
_TIME: Final = "the time"
_CONTROLS: Final = {"INITIAL TIME": 0.0, "FINAL TIME": 1.0, "TIME STEP": 1.0, "SAVEPER": 1.0}


@dataclass(frozen=True, slots=True)
class Question:
    """Does `input`, a full name, raise or lower `expression`? `at_start`: at the first time only."""

    expression: Expr
    input: str
    at_start: bool = False


@dataclass(frozen=True, slots=True)
class Runs:
    """What runs are made with: values of constants, a number or (run,), and dated inputs."""

    parameters: Mapping[str, FloatArray]
    events: Sequence[Event]
    n: int


def measured_signs(model: Model, runs: Runs, questions: Sequence[Question]) -> list[int]:
    """Return the sign of each question along the runs, `NONE` where its input never moves anything.

    Raises
    ------
    InputError
        If the model cannot be run.
    """
    found = [NONE] * len(questions)
    if not questions:
        return found
    plain = [_is_plain(model, question.expression) for question in questions]
    read = {
        ref.name
        for q, alone in zip(questions, plain, strict=True)
        if alone
        for ref in references(q.expression)
    }
    values = _run(model, runs, sorted({question.input for question in questions} | read))
    for steps in (STEPS[:1], STEPS[1:]):  # two runs of the model, not one for each step
        for alone, ask in ((True, _signs_alone), (False, _signs_within)):
            tried = [
                (i, step)
                for i, sign in enumerate(found)
                if sign == NONE and plain[i] == alone
                for step in steps
            ]
            pairs = [_probes(questions[i], values[questions[i].input], step) for i, step in tried]
            starts = [questions[i].at_start for i, _ in tried]
            for (i, _), sign in zip(tried, ask(model, runs, values, pairs, starts), strict=True):
                found[i] = found[i] or sign
    return found


def _is_plain(model: Model, expression: Expr) -> bool:
    """Return whether the values of its inputs, each one number, say what an expression gives."""
    return all(
        not (isinstance(part, Call) and part.function not in _PLAIN)
        and not (isinstance(part, Ref) and n_parts(model[part.name].expression))
        for part in walk(expression)
    )


def _run(model: Model, runs: Runs, outputs: Sequence[str]) -> dict[str, FloatArray]:
    """Return variables along the runs, and the time, each (run, time)."""
    simulator = make_simulator(model, engine="reference", outputs=outputs, events=runs.events)
    with np.errstate(all="ignore"):
        found = simulator.run(runs.parameters, n_draws=runs.n)
    times = np.broadcast_to(found.times, (runs.n, len(found.times)))
    return {_TIME: times, **{name: found[name] for name in outputs}}


def _probes(question: Question, values: FloatArray, step: float) -> _Pair:
    """Return the expression with its input higher, and lower; what is never negative is not made so."""
    finite = values[np.isfinite(values)]
    size = float(np.abs(finite).max(initial=0.0)) or 1.0
    least = 0.0 if float(finite.min(initial=0.0)) >= 0 else -inf
    moved: list[Expr] = []
    for change in (size * step, -size * step):

        def shifted(node: Expr, change: float = change) -> Expr:
            if not isinstance(node, Ref) or node.name != question.input:
                return node
            higher = Binary("+", node, Number(change))
            return higher if least == -inf else Call("max", (higher, Number(least)))

        moved.append(map_expr(shifted, question.expression))
    return moved[0], moved[1]


def _signs_alone(
    model: Model,
    _runs: Runs,
    values: Mapping[str, FloatArray],
    pairs: Sequence[_Pair],
    starts: Sequence[bool],
) -> list[int]:
    """Return the sign of each pair of expressions, higher and lower, from values of their inputs alone.

    Values are (run, time); every one of them is a draw of a model of constants.
    """
    if not pairs:
        return []
    probes, names = _named(pairs)
    read = [_TIME, *sorted({ref.name for pair in pairs for part in pair for ref in references(part)})]
    constants = [*_CONTROLS.items(), *((_held(name), 0.0) for name in read)]
    frozen = replace(
        model,
        variables=(
            *(Variable(name, "constant", Number(value)) for name, value in constants),
            *(replace(probe, expression=_of_held(probe.expression)) for probe in probes),
        ),
        time=TimeSpec(),
        initial_order=(),
        settled={},
    )
    shape = values[read[0]].shape
    given = {_held(name): values[name].ravel() for name in read}
    found = _run(frozen, Runs(given, (), shape[0] * shape[1]), [name for both in names for name in both])
    at_first = {name: array[:, 0].reshape(shape) for name, array in found.items() if name != _TIME}
    return [
        _sign(at_first[up], at_first[down], at_start)
        for (up, down), at_start in zip(names, starts, strict=True)
    ]


def _held(name: str) -> str:
    return f"value of: {name}"


def _of_held(expression: Expr | None) -> Expr:
    assert expression is not None

    def held(node: Expr) -> Expr:
        match node:
            case Time():
                return Ref(_held(_TIME))
            case Ref(name=name):
                return Ref(_held(name))
            case _:
                return node

    return map_expr(held, expression)


def _signs_within(
    model: Model,
    runs: Runs,
    _values: Mapping[str, FloatArray],
    pairs: Sequence[_Pair],
    starts: Sequence[bool],
) -> list[int]:
    """Return the sign of each pair of expressions, higher and lower, from runs of a model that has them."""
    if not pairs:
        return []
    probes, names = _named(pairs)
    probed = replace(model, variables=(*model.variables, *probes), initial_order=())
    values = _run(probed, runs, [name for both in names for name in both])
    return [
        _sign(values[up], values[down], at_start) for (up, down), at_start in zip(names, starts, strict=True)
    ]


def _named(pairs: Sequence[_Pair]) -> tuple[list[Variable], list[tuple[str, str]]]:
    """Return hidden variables for pairs of expressions, and their names."""
    names = [(f"slope: {i} up", f"slope: {i} down") for i in range(len(pairs))]
    probes = [
        Variable(name, "auxiliary", expression, is_hidden=True)
        for both, pair in zip(names, pairs, strict=True)
        for name, expression in zip(both, pair, strict=True)
    ]
    return probes, names


def _sign(up: FloatArray, down: FloatArray, at_start: bool) -> int:
    """Return the bits of a sign from values (run, time) with an input higher and lower."""
    kept = slice(0, 1) if at_start else slice(None)
    high, low = up[:, kept], down[:, kept]
    with np.errstate(all="ignore"):
        difference = high - low
        counts = np.isfinite(difference) & (
            np.abs(difference) > _ROUNDING * np.maximum(np.abs(high), np.abs(low))
        )
    return (MORE if bool((difference[counts] > 0).any()) else NONE) | (
        LESS if bool((difference[counts] < 0).any()) else NONE
    )
