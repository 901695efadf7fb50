"""Functions that make one number of an array, spelled out element by element: sums, products, selections.

In comes one call, with the subscripts marked `!` that it runs over; out comes one scalar expression of
all the elements. `resolve.py` asks for it; `vectors.py` has the functions that give whole arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from realities.errors import did_you_mean
from realities.ir.expr import Call, Expr, Number
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold
from realities.model.resolve import Resolver
from realities.model.symbols import Scope
from realities.model.value import value_at_start

_REDUCTIONS = {"sum": "sum", "prod": "product", "vmin": "min", "vmax": "max"}
_OWN_MARKS = {*_REDUCTIONS, "vector select"}


def _nothing(call: syntax.Apply) -> Expr:
    return Number(0.0, call.span)


def marked(term: syntax.Term, runs_itself: Callable[[syntax.Apply], bool]) -> Iterator[syntax.Subscript]:
    """Yield the subscripts marked `!` in a term that no function inside it runs over by itself."""
    stack = [term]
    while stack:
        match stack.pop():
            case syntax.Name(subscripts=subscripts):
                yield from (one for one in subscripts if one.is_reduced)
            case syntax.Apply(function, arguments) as call:
                yield from (one for one in function.subscripts if one.is_reduced)
                if not runs_itself(call):
                    stack += reversed(arguments)
            case syntax.Prefix(operand=operand):
                stack.append(operand)
            case syntax.Infix(left=left, right=right):
                stack += [right, left]
            case _:
                pass


def _runs_itself(call: syntax.Apply) -> bool:
    return name_key(call.function.name) in _OWN_MARKS


def _runs(
    resolver: Resolver, call: syntax.Apply, terms: Sequence[syntax.Term], scope: Scope
) -> list[Scope] | None:
    """Return a scope for each combination of elements that the marked subscripts run over."""
    name = call.function.name.upper()
    axes: dict[str, tuple[str, ...]] = {}
    for subscript in (one for term in terms for one in marked(term, _runs_itself)):
        key = name_key(subscript.name)
        if key not in resolver.space.axes:
            resolver.findings.error(
                "wrong-subscripts",
                f'"{subscript.name}" is no dimension to run over',
                subscript.span,
                did_you_mean(subscript.name, [axis.name for axis in resolver.space.axes.values()]),
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
    parts = each(resolver, call.arguments[0], runs)
    key = _REDUCTIONS[name_key(call.function.name)]
    return parts[0] if len(parts) == 1 else Call(key, tuple(parts), span=call.span)


def each(resolver: Resolver, term: syntax.Term, runs: Sequence[Scope]) -> list[Expr]:
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


def _select(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold VECTOR SELECT(selection, expression, missing, action, error action)."""
    if not resolver.has_arguments(call, 5):
        return _nothing(call)
    selection, value, *rest = call.arguments
    runs = _runs(resolver, call, (selection, value), scope)
    if runs is None:
        return _nothing(call)
    pairs = zip(each(resolver, selection, runs), each(resolver, value, runs), strict=False)
    parts = tuple(part for pair in pairs for part in pair)
    head = resolver.exprs(rest, scope)
    _check_code(resolver, head[1], rest[1], "action", 10)
    _check_code(resolver, head[2], rest[2], "error action", 3)
    return Call("vensim.vector_select", (*head, *parts), span=call.span)


def _check_code(resolver: Resolver, code: Expr, term: syntax.Term, what: str, most: int) -> None:
    """Note a code of VECTOR SELECT that stands for nothing, where it can be told before the run."""
    value = value_at_start(resolver, code)
    if value is not None and value not in range(most + 1):
        message = f"VECTOR SELECT has no {what} {value:g}, only 0 to {most}"
        resolver.findings.error("wrong-arguments", message, term.span)


def _of_two(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Return MAX or MIN, which take two numbers in Vensim."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    return resolver.builtin(name_key(call.function.name), call, scope)


#: Every function this file spells out, by key.
REDUCTIONS: dict[str, Unfold] = {
    **dict.fromkeys(_REDUCTIONS, _reduce),
    **dict.fromkeys(("max", "min"), _of_two),
    "elmcount": _elmcount,
    "vector select": _select,
}
