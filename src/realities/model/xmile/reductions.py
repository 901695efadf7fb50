"""XMILE's functions of arrays (3.7.1.3), element by element, and elements that only a run can tell.

In comes one call, with the subscripts marked `!` that it runs over, as `slices.py` leaves them; out comes
one scalar expression of all the elements, as in `model/reductions.py`. `language.py` lists what is here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from realities.ir.expr import Binary, Call, Expr, Number
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold
from realities.model.reductions import each, marked
from realities.model.resolve import Resolver
from realities.model.symbols import Scope

#: Functions that run over every mark inside them, whatever stands around them.
_OWN_MARKS = {
    "sum",
    "prod",
    "product",
    "mean",
    "stddev",
    "size",
    "rank",
    "vmin",
    "vmax",
    "vector select",
    ":element:",
}
_EITHER = {"min", "max"}


def _nothing(call: syntax.Apply) -> Expr:
    return Number(0.0, call.span)


# -- what a call runs over ------------------------------------------------------------------------------


def _dimensions_of(term: syntax.Term) -> list[str]:
    return [one.name for one in marked(term, _runs_itself)]


def _runs_itself(call: syntax.Apply) -> bool:
    """Return whether a function runs over the marks inside it.

    MIN and MAX of several arguments work element by element where something else runs.
    """
    key = name_key(call.function.name)
    return key in _OWN_MARKS or (key in _EITHER and len(call.arguments) == 1)


def _axes(resolver: Resolver, term: syntax.Term, scope: Scope) -> dict[str, tuple[str, ...]] | None:
    """Return the elements of each dimension that the marks in a term run over, or None with a finding."""
    axes: dict[str, tuple[str, ...]] = {}
    for subscript in marked(term, _runs_itself):
        key = name_key(subscript.name)
        if key not in resolver.space.axes:
            message = f'"{subscript.name}" is no dimension to run over'
            resolver.findings.error("wrong-subscripts", message, subscript.span)
            return None
        axes[f"{key}!"] = resolver.space.axes[key].elements
    resolver.budget -= math.prod(len(elements) for elements in axes.values())
    if resolver.budget < 0:
        message = f'the equation of "{scope.owner}" runs over too many elements'
        resolver.findings.error("too-large", message, term.span)
        return None
    return axes


def _scopes(scope: Scope, axes: dict[str, tuple[str, ...]]) -> list[Scope]:
    """Return a scope for each combination of elements, the last dimension fastest."""
    return [
        replace(scope, binding={**scope.binding, **dict(zip(axes, chosen, strict=True))})
        for chosen in product(*axes.values())
    ]


def _runs(resolver: Resolver, call: syntax.Apply, term: syntax.Term, scope: Scope) -> list[Scope] | None:
    """Return a scope for each element of the array that a term is, or None with a finding."""
    axes = _axes(resolver, term, scope)
    if axes is None:
        return None
    if not axes:
        name = call.function.name.upper()
        message = f"{name} takes an array, and this is a single number"
        resolver.findings.error("wrong-arguments", message, term.span, f"for example {name}(stock[*])")
        return None
    return _scopes(scope, axes)


# -- sums and the like ----------------------------------------------------------------------------------


def _reduce(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold SUM, PROD, MEAN and STDDEV of an array; older files of Stella have MEAN of several numbers."""
    if len(call.arguments) > 1 and name_key(call.function.name) == "mean":
        total = Call("sum", tuple(resolver.exprs(call.arguments, scope)), span=call.span)
        return Binary("/", total, Number(float(len(call.arguments)), call.span), call.span)
    if not resolver.has_arguments(call, 1):
        return _nothing(call)
    runs = _runs(resolver, call, call.arguments[0], scope)
    if runs is None:
        return _nothing(call)
    parts = tuple(each(resolver, call.arguments[0], runs))
    match name_key(call.function.name):
        case "stddev":
            return Call("xmile.stddev", parts, span=call.span)
        case "mean":
            total = Call("sum", parts, span=call.span)
            return Binary("/", total, Number(float(len(parts)), call.span), call.span)
        case "sum":
            return Call("sum", parts, span=call.span)
        case _:
            return Call("product", parts, span=call.span)


def _size(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold SIZE of an array: how many elements it has."""
    if not resolver.has_arguments(call, 1):
        return _nothing(call)
    runs = _runs(resolver, call, call.arguments[0], scope)
    return _nothing(call) if runs is None else Number(float(len(runs)), call.span)


def _extreme(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold MIN and MAX of any mix of arrays and numbers."""
    if not resolver.has_arguments(call, 1, None):
        return _nothing(call)
    parts: list[Expr] = []
    for term in call.arguments:
        axes = _axes(resolver, term, scope)
        if axes is None:
            return _nothing(call)
        if len(call.arguments) > 1:
            axes = {key: elements for key, elements in axes.items() if key not in scope.binding}
        parts += each(resolver, term, _scopes(scope, axes))
    return parts[0] if len(parts) == 1 else Call(name_key(call.function.name), tuple(parts), span=call.span)


def _rank(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold RANK(array, rank[, array that breaks ties]): the index of the element of that rank."""
    if not resolver.has_arguments(call, 2, 3):
        return _nothing(call)
    array, rank, *ties = call.arguments
    runs = _runs(resolver, call, array, scope)
    if runs is None:
        return _nothing(call)
    if ties and _dimensions_of(ties[0]) != _dimensions_of(array):
        message = "the array that breaks ties must have the dimensions of the first one"
        resolver.findings.error("wrong-subscripts", message, ties[0].span)
        return _nothing(call)
    elements = each(resolver, array, runs)
    seconds = each(resolver, ties[0], runs) if ties else [Number(0.0, call.span)] * len(elements)
    return Call("xmile.rank", (resolver.expr(rank, scope), *elements, *seconds), span=call.span)


# -- elements that only a run can tell ------------------------------------------------------------------


def _element(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold an array read at numbers, one for each mark or one through all of them; 0 outside (3.7.1)."""
    *indices, array = call.arguments
    axes = _axes(resolver, array, scope)
    if not axes:
        return _nothing(call)
    positions = [_from_zero(resolver.expr(index, scope)) for index in indices]
    elements = each(resolver, array, _scopes(scope, axes))
    sizes = [len(one) for one in axes.values()]
    if len(elements) != math.prod(sizes):
        return _nothing(call)
    if len(positions) == 1:
        sizes = [len(elements)]
    return _picked(positions, sizes, elements, call)


def _from_zero(index: Expr) -> Expr:
    return Binary("-", index, Number(1.0, index.span), index.span)


def _picked(
    positions: Sequence[Expr], sizes: Sequence[int], elements: Sequence[Expr], call: syntax.Apply
) -> Expr:
    """Return one of elements that lie in rows of rows, by its position in each."""
    if not positions:
        return elements[0]
    length = len(elements) // sizes[0]
    rows = [elements[at : at + length] for at in range(0, len(elements), length)]
    parts = [_picked(positions[1:], sizes[1:], row, call) for row in rows]
    return Call("xmile.element", (positions[0], *parts), span=call.span)


def _position(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold the name of a dimension as a value: the number of the element that stands for it."""
    match call.arguments:
        case (syntax.Name(name=name, span=span),) if name_key(name) in resolver.space.axes:
            element = resolver.space.element(
                syntax.Subscript(name, False, span), scope.binding, resolver.findings
            )
            elements = resolver.space.axes[name_key(name)].elements
            if element in elements:
                return Number(float(elements.index(element) + 1), call.span)
        case _:
            pass
    return _nothing(call)


#: Every function this file spells out, by key.
REDUCTIONS: dict[str, Unfold] = {
    **dict.fromkeys(("sum", "prod", "product", "mean", "stddev"), _reduce),
    **dict.fromkeys(("min", "max"), _extreme),
    ":element:": _element,
    ":position:": _position,
    "rank": _rank,
    "size": _size,
}
