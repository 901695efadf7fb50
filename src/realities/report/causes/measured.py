"""Which way one quantity moves another, all else equal, along runs of the model.

In come a model, one run for each account and the pairs whose sign `slopes.py` could not read off an
equation; out come their signs. For every pair two hidden variables are put into the model: the expression
with its input a little higher, and a little lower. Where their difference has one sign at every time of every
run, that is the sign; where it has both, it depends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from realities.engine.engines import make_simulator
from realities.engine.request import Event
from realities.ir.expr import Binary, Call, Expr, Number, Ref, map_expr
from realities.ir.model import Model, Variable
from realities.report.causes.slopes import LESS, MORE, NONE

FloatArray = NDArray[np.float64]

#: How far an input is moved up and down, as shares of its largest size; the next if nothing moved.
STEPS: Final = (0.01, 0.3, 1.0)
#: Differences smaller than this share of what is compared are rounding.
_ROUNDING: Final = 1e-11


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
    inputs = sorted({question.input for question in questions})
    values = _run(model, runs, inputs)
    for steps in (STEPS[:1], STEPS[1:]):  # two runs of the model, not one for each step
        tried = [(i, step) for i, sign in enumerate(found) if sign == NONE for step in steps]
        pairs = [_probes(questions[i], values[questions[i].input], step) for i, step in tried]
        starts = [questions[i].at_start for i, _ in tried]
        for (i, _), sign in zip(tried, _signs(model, runs, pairs, starts), strict=True):
            found[i] = found[i] or sign
    return found


def _run(model: Model, runs: Runs, outputs: Sequence[str]) -> dict[str, FloatArray]:
    """Return variables along the runs, each (run, time)."""
    simulator = make_simulator(model, engine="reference", outputs=outputs, events=runs.events)
    with np.errstate(all="ignore"):
        found = simulator.run(runs.parameters, n_draws=runs.n)
    return {name: found[name] for name in outputs}


def _probes(question: Question, values: FloatArray, step: float) -> tuple[Expr, Expr]:
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


def _signs(model: Model, runs: Runs, pairs: Sequence[tuple[Expr, Expr]], starts: Sequence[bool]) -> list[int]:
    """Return the sign of each pair of expressions, higher and lower; of some at the start only."""
    if not pairs:
        return []
    names = [(f"slope: {i} up", f"slope: {i} down") for i in range(len(pairs))]
    probes = [
        Variable(name, "auxiliary", expression, is_hidden=True)
        for both, pair in zip(names, pairs, strict=True)
        for name, expression in zip(both, pair, strict=True)
    ]
    probed = replace(model, variables=(*model.variables, *probes), initial_order=())
    values = _run(probed, runs, [name for both in names for name in both])
    return [
        _sign(values[up], values[down], at_start) for (up, down), at_start in zip(names, starts, strict=True)
    ]


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
