"""What values the quantities of a model can have, as far as that is plain from its constants.

In come a model and the least and largest value of each constant over all accounts; out goes a range for
every variable: that of `MAX(0, x)` starts at 0, a stock can be anything unless it is marked non-negative.
`slopes.py` next decides with them which way one quantity moves another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from math import exp, inf, isnan, log, nan, sqrt
from typing import NamedTuple

from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary
from realities.ir.model import Model, Variable


class Range(NamedTuple):
    """The least and the largest value."""

    low: float
    high: float

    @property
    def is_positive(self) -> bool:
        """Whether no value is below 0."""
        return self.low >= 0

    @property
    def is_negative(self) -> bool:
        """Whether no value is above 0."""
        return self.high <= 0


ANY = Range(-inf, inf)
_TRUTH = Range(0.0, 1.0)
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "<>", "and", "or"})


def variable_ranges(model: Model, constants: Mapping[str, Range]) -> dict[str, Range]:
    """Return the range of every variable.

    Parameters
    ----------
    model
        The model, its variables in an order in which auxiliaries can be evaluated.
    constants
        The range of each constant, by full name; others have their own value.
    """
    found: dict[str, Range] = {}
    spec = model.time
    times = [
        (constants.get(name) or _range(model[name].expression, {}, ANY)) if name in model else ANY
        for name in (spec.initial_time, spec.final_time)
    ]
    time = Range(times[0].low, times[1].high)
    for variable in model.variables:
        found[variable.name] = constants.get(variable.name) or _variable(model, variable, found, time)
    found[""] = time
    return found


def _variable(model: Model, variable: Variable, found: Mapping[str, Range], time: Range) -> Range:
    match variable.kind:
        case "stock":
            start = _range(variable.initial, found, time)
            return Range(0.0, inf) if variable.is_non_negative and start.is_positive else ANY
        case "data":
            values = model.lookups[variable.series or ""].ys
            return Range(min(values), max(values))
        case "constant" | "auxiliary" | "initial":
            return _range(variable.expression, found, time)
        case _:
            entered = [_range(part, found, time) for part in (variable.expression, variable.initial)]
            return reduce(_either, entered)


def expression_range(expr: Expr, ranges: Mapping[str, Range]) -> Range:
    """Return the range of an expression, given those of `variable_ranges`."""
    return _range(expr, ranges, ranges.get("", ANY))


def _range(expr: Expr | None, known: Mapping[str, Range], time: Range) -> Range:
    """Return the range of an expression; anything where it is not plain."""
    match expr:
        case None:
            return ANY
        case Number(value=value):
            return ANY if isnan(value) else Range(value, value)
        case Ref(name=name):
            return known.get(name, ANY)
        case Time():
            return time
        case Unary(op="-", operand=operand):
            inner = _range(operand, known, time)
            return Range(-inner.high, -inner.low)
        case Unary():
            return _TRUTH
        case Binary(op=op) if op in _COMPARISONS:
            return _TRUTH
        case Binary(op=op, left=left, right=right):
            return _binary(op, _range(left, known, time), _range(right, known, time))
        case Call(function=function, args=args):
            return _call(function, [_range(arg, known, time) for arg in args])


def _binary(op: str, a: Range, b: Range) -> Range:
    match op:
        case "+":
            return _clean(a.low + b.low, a.high + b.high)
        case "-":
            return _clean(a.low - b.high, a.high - b.low)
        case "*":
            return _times(a, b)
        case "/":
            return _times(a, _inverse(b))
        case _:
            return _power(a, b)


def _call(function: str, args: list[Range]) -> Range:
    match function:
        case "min":
            return Range(min(a.low for a in args), min(a.high for a in args))
        case "max":
            return Range(max(a.low for a in args), max(a.high for a in args))
        case "sum":
            return reduce(lambda a, b: _binary("+", a, b), args)
        case "product":
            return reduce(_times, args)
        case "power":
            return _power(*args)
        case "if_then_else":
            return _either(*args[1:])
        case "abs":
            a = args[0]
            return a if a.is_positive else Range(max(0.0, -a.high), max(-a.low, a.high))
        case "step":
            return _either(args[0], Range(0.0, 0.0))
        case "vensim.zidz":
            return _either(_times(args[0], _inverse(args[1])), Range(0.0, 0.0))
        case _ if function in _RISING:
            low, high = (_safely(_RISING[function], end) for end in args[0])
            return _clean(low, high)
        case "sin" | "cos":
            return Range(-1.0, 1.0)
        case _:
            return ANY


def _safely(function: Callable[[float], float], x: float) -> float:
    """Return a rising function's value, at the ends of what it takes too."""
    try:
        return function(x)
    except OverflowError:
        return inf
    except ValueError:
        return -inf if x <= 0 else nan


_RISING: Mapping[str, Callable[[float], float]] = {
    "exp": exp,
    "ln": lambda x: inf if x == inf else log(x),
    "sqrt": lambda x: inf if x == inf else sqrt(max(x, 0.0)),
}


def _clean(low: float, high: float) -> Range:
    return Range(-inf if isnan(low) else low, inf if isnan(high) else high)


def _either(a: Range, b: Range) -> Range:
    return Range(min(a.low, b.low), max(a.high, b.high))


def _times(a: Range, b: Range) -> Range:
    ends = [0.0 if 0.0 in (x, y) else x * y for x in a for y in b]
    return Range(min(ends), max(ends))


def _inverse(a: Range) -> Range:
    """Return the range of 1/x; next to 0 it has no end, and 0 itself is no divisor.

    Where there is nothing but 0 its sign decides, which a range does not know.
    """
    if a.low == a.high == 0:
        return ANY
    if a.low >= 0:
        return Range(
            0.0 if a.high == inf else 1 / a.high if a.high else 0.0, inf if a.low == 0 else 1 / a.low
        )
    if a.high <= 0:
        flipped = _inverse(Range(-a.high, -a.low))
        return Range(-flipped.high, -flipped.low)
    return ANY


def _power(base: Range, exponent: Range) -> Range:
    """Return the range of a power: no less than 0 for such a base, and 1 parts rising from falling."""
    if not base.is_positive:
        return ANY
    if base.low >= 1:
        return (
            Range(1.0, inf)
            if exponent.is_positive
            else Range(0.0, 1.0)
            if exponent.is_negative
            else Range(0.0, inf)
        )
    if base.high <= 1 and exponent.is_positive:
        return _TRUTH
    return Range(0.0, inf)
