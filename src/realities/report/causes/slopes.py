"""Which way one quantity moves another, all else equal, read off an equation.

In come an expression, the name of one of its inputs and the ranges of `ranges.py`; out goes a sign, by the
rules of differentiation: a product moves with a factor if the others are not negative, a minimum with each of
its arguments. Where the sign is not plain it is `EITHER`, and `measured.py` looks at runs instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Final

from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary, references
from realities.ir.model import Lookup
from realities.report.causes.ranges import Range, expression_range

#: Bits of a sign: more of the one makes for more of the other, or for less.
NONE: Final = 0
MORE: Final = 1
LESS: Final = 2
EITHER: Final = 3

_RISING: Final = frozenset(
    {"exp", "ln", "sqrt", "arctan", "arcsin", "sinh", "tanh", "vensim.integer", "min", "max", "sum"}
)


def flipped(sign: int) -> int:
    """Return the sign of the opposite."""
    return (NONE, LESS, MORE, EITHER)[sign]


def chained(first: int, second: int) -> int:
    """Return the sign of one quantity moving another through a third."""
    if NONE in (first, second):
        return NONE
    if EITHER in (first, second):
        return EITHER
    return MORE if first == second else LESS


def slope(expr: Expr, name: str, ranges: Mapping[str, Range], lookups: Mapping[str, Lookup]) -> int:
    """Return the sign with which `name` moves an expression.

    Parameters
    ----------
    expr
        The expression.
    name
        Full name of one of its inputs; all others stand still.
    ranges
        Ranges by full name, as `variable_ranges` gives them.
    lookups
        The model's tables by name.

    Returns
    -------
    `NONE` if it moves nothing, `MORE` or `LESS` where that is certain, `EITHER` where it is not plain.
    """

    def of(part: Expr) -> int:
        match part:
            case Number() | Time():
                return NONE
            case Ref(name=met):
                return MORE if met == name else NONE
            case Unary(op="-", operand=operand):
                return flipped(of(operand))
            case Unary(operand=operand):
                return flipped(_as_truth(of(operand), within(operand)))
            case Binary(op=op, left=left, right=right):
                return _binary(op, of(left), of(right), within(left), within(right))
            case Call(function=function, args=args, table=table):
                if not any(ref.name == name for ref in references(part)):
                    return NONE
                tables = None if table is None else lookups.get(table)
                return _call(function, [of(arg) for arg in args], [within(arg) for arg in args], tables)

    def within(part: Expr) -> Range:
        return expression_range(part, ranges)

    return of(expr)


def _scaled(sign: int, by: Range) -> int:
    """Return a sign after multiplication."""
    if sign == NONE or by == (0.0, 0.0):
        return NONE
    return sign if by.is_positive else flipped(sign) if by.is_negative else EITHER


def _as_truth(sign: int, by: Range) -> int:
    """Return how the truth of a value, which is whether it is not 0, moves with it."""
    return sign if by.is_positive else EITHER if sign else NONE


def _binary(op: str, a: int, b: int, left: Range, right: Range) -> int:
    match op:
        case "+":
            return a | b
        case "-":
            return a | flipped(b)
        case "*":
            return _scaled(a, right) | _scaled(b, left)
        case "/":
            return _scaled(a, right) | _scaled(flipped(b), left)
        case "^":
            return _power(a, b, left, right)
        case ">" | ">=":
            return a | flipped(b)
        case "<" | "<=":
            return flipped(a) | b
        case "and" | "or":
            return _as_truth(a, left) | _as_truth(b, right)
        case _:  # equal or not equal
            return EITHER if a | b else NONE


def _power(a: int, b: int, base: Range, exponent: Range) -> int:
    is_whole = exponent.low == exponent.high and float(exponent.low).is_integer()
    if base.is_positive:
        by_base = _scaled(a, exponent)
    elif is_whole and exponent.low > 0:
        by_base = a if exponent.low % 2 else _scaled(a, base)
    else:
        by_base = EITHER if a else NONE
    logarithm = (
        Range(0.0, 1.0) if base.low >= 1 else Range(-1.0, 0.0 if base.low >= 0 and base.high <= 1 else 1.0)
    )
    return by_base | _scaled(b, logarithm)


def _call(function: str, signs: Sequence[int], ranges: Sequence[Range], table: Lookup | None) -> int:
    match function:
        case _ if function in _RISING:
            return reduce(or_, signs)
        case "arccos":
            return flipped(signs[0])
        case "abs" | "cosh":
            return _scaled(signs[0], ranges[0])
        case "power":
            return _power(signs[0], signs[1], ranges[0], ranges[1])
        case "product":
            others = [
                reduce(_scaled, [r for j, r in enumerate(ranges) if j != i], sign)
                for i, sign in enumerate(signs)
            ]
            return reduce(or_, others)
        case "if_then_else":
            return _chosen(signs, ranges)
        case "lookup" if table is not None:
            return _scaled(signs[0], _direction(table))
        case "vensim.zidz" if signs[1] == NONE:
            return _scaled(signs[0], ranges[1])
        case "step" | "vensim.quantum" if signs[1] == NONE:
            return signs[0]
        case _:
            return EITHER


def _chosen(signs: Sequence[int], ranges: Sequence[Range]) -> int:
    """Return how a choice of two branches moves: as they do, and by the jump where its condition moves."""
    branches = signs[1] | signs[2]
    if signs[0] == NONE:
        return branches
    condition = _as_truth(signs[0], ranges[0])
    if ranges[1].low >= ranges[2].high:
        return branches | condition
    return branches | (flipped(condition) if ranges[1].high <= ranges[2].low else EITHER)


def _direction(table: Lookup) -> Range:
    """Return the range of a table's steps: not negative where it never falls."""
    steps = [b - a for a, b in pairwise(table.ys)]
    if not steps or (table.mode == "extrapolate" and len(set(table.xs)) < len(table.xs)):
        return Range(-1.0, 1.0)
    return Range(min(steps), max(steps))
