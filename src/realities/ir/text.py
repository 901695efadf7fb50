"""Print expressions and models as equations that a modeller recognizes.

In comes a node of the core; out comes text in Vensim's notation, with parentheses only where they are
needed, so that reading the text again gives the same expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import assert_never

from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary
from realities.ir.model import Lookup, Model, Variable
from realities.ir.notation import STRENGTH, Piece, infix, number, number_text, prefix

_PLAIN = re.compile(r"[^\W\d][\w$'&%#@ ]*(\[[^\[\]]*\])?")
_SIGNS = {"and": ":AND:", "or": ":OR:"}
_JOINED = {"sum": "+", "product": "*"}


def expression_text(expr: Expr) -> str:
    """Return an expression in Vensim's notation.

    Examples
    --------
    >>> expression_text(Binary("*", Binary("+", Ref("births"), Number(2.0)), Ref("net rate")))
    '(births + 2) * net rate'
    """
    return _piece(expr).text


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
        case "material_delay":
            return _call("DELAY MATERIAL", [inputs[0], inputs[1], inputs[3], inputs[2]])
        case "information_delay":
            return _call("DELAY INFORMATION", inputs)
        case "sample":
            return _call("SAMPLE IF TRUE", [inputs[1], inputs[0], inputs[2]])
        case "data":
            return name_text(variable.series or "")
        case _:
            assert_never(variable.kind)


def _call(function: str, args: Iterable[Expr]) -> str:
    return f"{function}({', '.join(_piece(arg).text for arg in args)})"


def _piece(expr: Expr) -> Piece:
    """Return a node's text without parentheses around it, and how strongly it binds."""
    match expr:
        case Number(value):
            return number(value)
        case Ref(name):
            return Piece(name_text(name))
        case Time():
            return Piece("Time")
        case Unary(op, operand):
            return prefix(op, ":NOT: " if op == "not" else "-", _piece(operand))
        case Binary(op, left, right):
            return infix(op, _SIGNS.get(op, op), _piece(left), _piece(right))
        case Call("sum" | "product" as function, args) if len(args) > 1:
            return _chain(args, _JOINED[function])
        case Call(function, args, table):
            return Piece(_call_text(function, args, table))
        case _:
            assert_never(expr)


def _chain(args: Sequence[Expr], sign: str) -> Piece:
    first, *rest = args
    own = STRENGTH[sign]
    parts = [_piece(first).within(own), *(_piece(arg).within(own + 1) for arg in rest)]
    return Piece(f" {sign} ".join(parts), own)


def _call_text(function: str, args: Sequence[Expr], table: str | None) -> str:
    if function == "lookup":
        return _call(name_text(table or ""), args)
    name = function.rpartition(".")[2].replace("_", " ").upper()
    if table is None:
        return _call(name, args)
    return f"{name}({', '.join([name_text(table), *(_piece(arg).text for arg in args)])})"
