"""What each name of a model file is, as far as its equations alone tell.

In comes the syntax tree of a file, before names are resolved; out comes a kind for each name: stock, flow,
auxiliary, constant, lookup or data. `compatibility.py` counts them, `drains.py` looks at the stocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Language

Kind = Literal["stock", "flow", "auxiliary", "constant", "lookup", "data", "control"]

#: The kinds of a report's table, in its order; when a run starts and steps is told apart from them.
KINDS: tuple[Kind, ...] = ("stock", "flow", "auxiliary", "constant", "lookup", "data")
#: Beginnings of the functions whose first argument names a file.
_FILE_READERS = ("get xls ", "get direct ", "get 123 ", "get vdf ", "get odbc ")
_LITERAL = (syntax.Numeral, syntax.Rows, syntax.Prefix, syntax.Infix)


def kinds_of(file: syntax.ModelFile, language: Language) -> dict[str, Kind]:
    """Return what each name of a file is, by key, as far as the equations alone tell."""
    controls = {name_key(name) for name in language.controls.names()}
    flows = {name_key(term.name) for _, term, _ in summands_of(file) if isinstance(term, syntax.Name)}
    kinds: dict[str, Kind] = {}
    for equation in file.equations:
        key = name_key(equation.left.name)
        kind = "control" if key in controls else kind_of(equation)
        if key in flows and (kind == "auxiliary" or (kind == "constant" and file.dialect == "xmile")):
            kind = "flow"  # XMILE has a word for flows, Vensim's users may call a constant so or not
        if kinds.get(key) in (None, "constant"):  # some elements constant, others not: it varies
            kinds[key] = kind
    return kinds


def kind_of(equation: syntax.Equation) -> Kind:
    """Return what an equation makes of its name; a control or a flow is told by other things."""
    match equation.right:
        case syntax.Points():
            return "lookup"
        case syntax.Apply(function=function):
            key = name_key(function.name)
            if key.startswith(_FILE_READERS):
                last = key.rpartition(" ")[2]
                return "lookup" if last == "lookups" else "constant" if last == "constants" else "data"
            return "data" if equation.is_data else "stock" if key == "integ" else "auxiliary"
        case None:
            return "data"
        case term:
            return "data" if equation.is_data else "constant" if is_number(term) else "auxiliary"


def is_number(term: syntax.Term) -> bool:
    """Return whether a term is made of numbers only."""
    return all(isinstance(part, _LITERAL) for part in syntax.terms(term))


def summands_of(file: syntax.ModelFile) -> Iterator[tuple[syntax.Equation, syntax.Term, int]]:
    """Yield each part of each stock's net flow that is added (1) or subtracted (-1)."""
    for equation in file.equations:
        match equation.right:
            case syntax.Apply(function, (net_flow, *_)) if name_key(function.name) == "integ":
                yield from ((equation, term, sign) for term, sign in _summands(net_flow))
            case _:
                pass


def _summands(term: syntax.Term) -> Iterator[tuple[syntax.Term, int]]:
    stack = [(term, 1)]
    while stack:
        part, sign = stack.pop()
        match part:
            case syntax.Infix("+", left, right):
                stack += [(right, sign), (left, sign)]
            case syntax.Infix("-", left, right):
                stack += [(right, -sign), (left, sign)]
            case syntax.Prefix("-", operand):
                stack.append((operand, -sign))
            case syntax.Prefix("+", operand):
                stack.append((operand, sign))
            case _:
                yield part, sign
