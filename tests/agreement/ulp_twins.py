"""How far two right answers may lie apart: what a model makes of a last digit.

A `Program` without transcendental functions has one right answer, to the last bit. Others have as many as
there are ways to round a logarithm. A twin is the same model, every result of such a function off by one unit
in the last place (ulp): where a twin is off, that is the model's doing and not the engine's. `disagreements`
allows some times the most that any twin is off, at the same draw, up to the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from realities.engine.program.program import Program
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Binary, Call, Expr, Number, map_expr
from realities.ir.model import Model, Variable

FloatArray = NDArray[np.float64]

#: Functions of which both engines have the same bits: remainders, rounding and calendars have one right
#: result, and the others are arithmetic on functions of SciPy, which both call.
EXACT_CALLS = frozenset(
    {
        *("fmod", "xmile.mod", "xmile.round", "vensim.date", "vensim.date_of_360"),
        *("vensim.gamma_ln", "xmile.factorial", "vensim.random_normal", "vensim.random_gamma"),
        *("vensim.random_beta", "vensim.random_poisson", "vensim.random_binomial", "xmile.poisson"),
        *("vensim.random_negative_binomial", "xmile.binomial", "xmile.normal", "xmile.gamma", "xmile.beta"),
    }
)
#: The same of arrays: they compare, sort, pick, add and divide in an order that is settled.
EXACT_ARRAYS = frozenset(
    {
        "pick",
        "vensim.vector_sort_order",
        "vensim.vector_rank",
        "vensim.vector_lookup",
        "vensim.allocate_by_priority",
        "xmile.element",
        "xmile.rank",
        "xmile.stddev",
    }
)
#: A reading that solves a quadratic equation.
ROUNDED_READINGS = frozenset({"vensim.random_lookup"})
#: Results of a twin are off by one ulp or two; those of two good engines by up to two from the truth, each.
TIMES = 4.0
#: Twins may round alike by chance; a column is known to no more than a few ulps of its largest value so far.
FLOOR = 4 * 2.0**-52
#: Where a twin is off by more than this share of the values, no error could be told from chaos.
BLUNT = 1e-6

_EXACT_POWERS = (0.0, 1.0, 2.0, 3.0, 4.0, 0.5, -1.0, -2.0)
_ROUNDED = frozenset(
    {
        *("exp", "ln", "power", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"),
        *("vensim.log", "xmile.log10", "vensim.vector_select", "vensim.find_market_price"),
        *("vensim.demand_at_price", "vensim.supply_at_price"),
        # What gives several numbers is one of them in an equation.
        "part",
        *(key for key, row in BUILTINS.items() if row.is_random and key not in EXACT_CALLS),
    }
)


def is_exact(program: Program) -> bool:
    """Return whether every operation of a program has one right result."""
    for one in program.instructions:
        match one.op, one.detail:
            case "call", name if name not in EXACT_CALLS:
                return False
            case "array", (name, _) if name not in EXACT_ARRAYS:
                return False
            case "read", (name, _) if name in ROUNDED_READINGS:
                return False
            case _:
                pass
    return True


def twins(model: Model) -> Iterator[Model]:
    """Yield models whose functions round otherwise: all up, all down, by turns, as a fixed chance has it."""
    rng = np.random.default_rng(1)
    for sign in (lambda _: 1, lambda _: -1, lambda n: (-1) ** n, lambda n: -((-1) ** n)):
        yield moved(model, sign)
    for _ in range(2):
        yield moved(model, lambda _: int(rng.choice((-1, 1))))


def moved(model: Model, sign: Callable[[int], int]) -> Model:
    """Return a model with each result of a rounded function one ulp or two up or down, by its place."""
    place = 0

    def change(expr: Expr) -> Expr:
        nonlocal place
        match expr:
            case Call(function) if function in _ROUNDED:
                pass
            case Binary("^", _, right) if not (isinstance(right, Number) and right.value in _EXACT_POWERS):
                pass
            case _:
                return expr
        place += 1
        return Binary("*", expr, Number(1.0 + sign(place) * 2.0**-52))

    def shifted(variable: Variable) -> Variable:
        expression, initial = (
            None if one is None else map_expr(change, one) for one in (variable.expression, variable.initial)
        )
        extra = tuple(map_expr(change, one) for one in variable.extra)
        return replace(variable, expression=expression, initial=initial, extra=extra)

    kept = {model.time.initial_time, model.time.final_time, model.time.time_step, model.time.save_period}
    return replace(model, variables=tuple(v if v.name in kept else shifted(v) for v in model.variables))


def tolerances(
    reference: Mapping[str, FloatArray], others: list[Mapping[str, FloatArray]]
) -> dict[str, FloatArray]:
    """Return how far each value (draw, time) may be off, given the same run of all twins."""
    found = {}
    with np.errstate(invalid="ignore", over="ignore"):
        for name, values in reference.items():
            off = np.max([np.abs(np.nan_to_num(other[name] - values)) for other in others], axis=0)
            size = np.abs(np.where(np.isfinite(values), values, 0.0))
            found[name] = TIMES * _largest_so_far(off) + FLOOR * _largest_so_far(size)
    return found


def _largest_so_far(values: FloatArray) -> FloatArray:
    return np.maximum.accumulate(values, axis=1)


def blunt_share(reference: Mapping[str, FloatArray], allowed: Mapping[str, FloatArray]) -> float:
    """Return the share of the columns, draw by draw, that allow so much that an error would not show."""
    blunt = [
        (allowed[name] > BLUNT * np.abs(np.nan_to_num(values)).max(axis=1, keepdims=True)).any(axis=1)
        for name, values in reference.items()
    ]
    return float(np.mean(blunt)) if blunt else 0.0


def disagreements(
    wanted: Mapping[str, FloatArray],
    found: Mapping[str, FloatArray],
    allowed: Mapping[str, FloatArray] | None = None,
) -> list[str]:
    """Return the columns that differ by more than is allowed, by default by a bit; NaN is NaN.

    With the first difference of each: draw and place in time.
    """
    problems = [] if list(wanted) == list(found) else [f"{list(found)} instead of {list(wanted)}"]
    for name, values in wanted.items():
        got = np.asarray(found[name])
        same = (got == values) & (np.signbit(got) == np.signbit(values)) | np.isnan(got) & np.isnan(values)
        if allowed is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                same |= np.isfinite(values) & (np.abs(got - values) <= allowed[name])
        if not same.all():
            draw, time = np.argwhere(~same)[0]
            far = "" if allowed is None else f", {allowed[name][draw, time]:.2g} is allowed"
            problems.append(
                f"{name}, draw {draw}, time {time}: {got[draw, time]!r} for {values[draw, time]!r}{far}"
            )
    return problems
