"""Print expressions and models as equations that a modeller recognizes.

In comes a node of the core; out comes text in Vensim's notation, with parentheses only where they are
needed, so that reading the text again gives the same expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import assert_never

from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary
from realities.ir.model import Lookup, Model, Variable

_PLAIN = re.compile(r"[^\W\d][\w$'&%#@ ]*(\[[^\[\]]*\])?")
_SIGNS = {"and": ":AND:", "or": ":OR:"}
_STRENGTH = {
    "or": 1,
    "and": 2,
    "=": 4,
    "<>": 4,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "^": 8,
}
_NOT, _SIGN, _ATOM = 3, 7, 9
_JOINED = {"sum": ("+", 5), "product": ("*", 6)}


def expression_text(expr: Expr) -> str:
    """Return an expression in Vensim's notation.

    Examples
    --------
    >>> expression_text(Binary("*", Binary("+", Ref("births"), Number(2.0)), Ref("net rate")))
    '(births + 2) * net rate'
    """
    return _text(expr, 0)


def model_text(model: Model, *, hidden: bool = False) -> str:
    """Return a model's lookups and equations, each with unit and comment; hidden variables on request."""
    shown = [v for v in model.variables if hidden or not v.is_hidden]
    parts = [lookup_text(lookup) for lookup in model.lookups.values()]
    return "\n\n".join([*parts, *(variable_text(variable) for variable in shown)]) + "\n"


def variable_text(variable: Variable) -> str:
    """Return one equation, with its unit and comment."""
    unit = "" if variable.unit is None else str(variable.unit)
    return f"{name_text(variable.name)} = {_right_side(variable)}\n\t~\t{unit}\n\t~\t{variable.doc}\n\t|"


def lookup_text(lookup: Lookup) -> str:
    """Return a lookup with its points."""
    points = ",".join(
        f"({number_text(x)},{number_text(y)})" for x, y in zip(lookup.xs, lookup.ys, strict=True)
    )
    return f"{name_text(lookup.name)}({points})\n\t~\n\t~\t|"


def name_text(name: str) -> str:
    """Return a full name, quoted where its characters need it."""
    if _PLAIN.fullmatch(name):
        return name
    base, bracket, rest = name.partition("[") if name.endswith("]") else (name, "", "")
    return f'"{base}"{bracket}{rest}'


def number_text(value: float) -> str:
    """Return a number in as few digits as give it back."""
    if value == NOT_AVAILABLE:
        return ":NA:"
    short = repr(value)
    return short.removesuffix(".0")


def _right_side(variable: Variable) -> str:
    inputs = [e for e in (variable.expression, *variable.extra, variable.initial) if e is not None]
    match variable.kind:
        case "constant":
            return _call("", inputs) if not inputs else expression_text(inputs[0])
        case "auxiliary":
            return expression_text(inputs[0]) if len(inputs) == 1 else _call("ACTIVE INITIAL", inputs)
        case "stock":
            return _call("INTEG", inputs)
        case "initial":
            return _call("INITIAL", inputs)
        case "fixed_delay":
            return _call("DELAY FIXED", inputs)
        case "sample":
            return _call("SAMPLE IF TRUE", [inputs[1], inputs[0], inputs[2]])
        case "data":
            return name_text(variable.series or "")
        case _:
            assert_never(variable.kind)


def _call(function: str, args: Iterable[Expr]) -> str:
    return f"{function}({', '.join(_text(arg, 0) for arg in args)})"


def _text(expr: Expr, least: int) -> str:
    """Print a node, in parentheses where it binds less strongly than `least`."""
    text, strength = _bare(expr)
    return text if strength >= least else f"({text})"


def _bare(expr: Expr) -> tuple[str, int]:
    """Return a node's text without parentheses around it, and how strongly it binds."""
    match expr:
        case Number(value):
            return number_text(value), _SIGN if value < 0 and value != NOT_AVAILABLE else _ATOM
        case Ref(name):
            return name_text(name), _ATOM
        case Time():
            return "Time", _ATOM
        case Unary("not", operand):
            return f":NOT: {_text(operand, _NOT)}", _NOT
        case Unary(_, operand):
            return f"-{_text(operand, _SIGN)}", _SIGN
        case Binary("^", left, right):
            return f"{_text(left, _ATOM)} ^ {_text(right, _SIGN)}", _STRENGTH["^"]
        case Binary(op, left, right):
            strength = _STRENGTH[op]
            least_left = strength + 1 if strength == _STRENGTH["="] else strength
            sign = _SIGNS.get(op, op)
            return f"{_text(left, least_left)} {sign} {_text(right, strength + 1)}", strength
        case Call("sum" | "product" as function, args) if len(args) > 1:
            sign, strength = _JOINED[function]
            return _chain(args, sign, strength), strength
        case Call(function, args, table):
            return _call_text(function, args, table), _ATOM
        case _:
            assert_never(expr)


def _chain(args: Sequence[Expr], sign: str, strength: int) -> str:
    first, *rest = args
    return f" {sign} ".join([_text(first, strength), *(_text(arg, strength + 1) for arg in rest)])


def _call_text(function: str, args: Sequence[Expr], table: str | None) -> str:
    if function == "lookup":
        return _call(name_text(table or ""), args)
    name = function.rpartition(".")[2].replace("_", " ").upper()
    if table is None:
        return _call(name, args)
    return f"{name}({', '.join([name_text(table), *(_text(arg, 0) for arg in args)])})"
