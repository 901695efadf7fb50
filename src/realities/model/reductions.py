"""Functions of arrays, spelled out element by element: sums and products, sorting, matrices, allocation.

In comes one call, with the subscripts marked `!` that it runs over, or with whole vectors among its
arguments; out comes one scalar expression of all the elements. `resolve.py` asks for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

from realities.ir.expr import Call, Expr, Number
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.resolve import Resolver, Unfold
from realities.model.symbols import Scope

_REDUCTIONS = {"sum": "sum", "prod": "product", "vmin": "min", "vmax": "max"}
_OWN_MARKS = {*_REDUCTIONS, "vector select"}


def _nothing(call: syntax.Apply) -> Expr:
    return Number(0.0, call.span)


def _marked(term: syntax.Term) -> Iterator[syntax.Subscript]:
    """Yield the subscripts marked `!` in a term that no function inside it runs over already."""
    match term:
        case syntax.Name():
            yield from (one for one in term.subscripts if one.is_reduced)
        case syntax.Apply():
            yield from (one for one in term.function.subscripts if one.is_reduced)
            if name_key(term.function.name) not in _OWN_MARKS:
                for argument in term.arguments:
                    yield from _marked(argument)
        case syntax.Prefix():
            yield from _marked(term.operand)
        case syntax.Infix():
            yield from _marked(term.left)
            yield from _marked(term.right)
        case _:
            pass


def _runs(
    resolver: Resolver, call: syntax.Apply, terms: Sequence[syntax.Term], scope: Scope
) -> list[Scope] | None:
    """Return a scope for each combination of elements that the marked subscripts run over."""
    name = call.function.name.upper()
    axes: dict[str, tuple[str, ...]] = {}
    for subscript in (one for term in terms for one in _marked(term)):
        key = name_key(subscript.name)
        if key not in resolver.space.axes:
            resolver.findings.error(
                "wrong-subscripts", f'"{subscript.name}" is no dimension to run over', subscript.span
            )
            return None
        axes[f"{key}!"] = resolver.space.axes[key].elements
    if not axes:
        resolver.findings.error(
            "wrong-arguments",
            f'{name} needs a subscript marked "!", to say what it runs over',
            call.span,
            f"for example {name}(stock[Region!])",
        )
        return None
    resolver.budget -= math.prod(len(elements) for elements in axes.values())
    if resolver.budget < 0:
        resolver.findings.error("too-large", f"this model sums over too many elements in {name}", call.span)
        return None
    return [
        Scope(
            scope.owner, {**scope.binding, **dict(zip(axes, chosen, strict=True))}, scope.local, scope.macros
        )
        for chosen in product(*axes.values())
    ]


def _reduce(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold SUM, PROD, VMIN and VMAX."""
    if not resolver.has_arguments(call, 1):
        return _nothing(call)
    runs = _runs(resolver, call, call.arguments, scope)
    if runs is None:
        return _nothing(call)
    parts = _each(resolver, call.arguments[0], runs)
    key = _REDUCTIONS[name_key(call.function.name)]
    return parts[0] if len(parts) == 1 else Call(key, tuple(parts), span=call.span)


def _each(resolver: Resolver, term: syntax.Term, runs: Sequence[Scope]) -> list[Expr]:
    """Resolve one term in each scope, and stop at the first that is wrong."""
    found: list[Expr] = []
    before = len(resolver.findings.errors)
    for run in runs:
        found.append(resolver.expr(term, run))
        if len(resolver.findings.errors) > before:
            break
    return found


def _elmcount(resolver: Resolver, call: syntax.Apply, _: Scope) -> Expr:
    """Unfold ELMCOUNT(dimension)."""
    match call.arguments:
        case (syntax.Name(name=name),) if name_key(name) in resolver.space.axes:
            return Number(float(len(resolver.space.axes[name_key(name)].elements)), call.span)
        case _:
            resolver.findings.error("wrong-arguments", "ELMCOUNT takes the name of a dimension", call.span)
            return _nothing(call)


#: Every function this file spells out, by key.
REDUCTIONS: dict[str, Unfold] = {**dict.fromkeys(_REDUCTIONS, _reduce), "elmcount": _elmcount}
