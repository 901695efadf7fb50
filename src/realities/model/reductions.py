"""Functions of arrays, spelled out element by element: sums and products, sorting, matrices, allocation.

In comes one call, with the subscripts marked `!` that it runs over, or with whole vectors among its
arguments; out comes one scalar expression of all the elements. `resolve.py` asks for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

from realities.ir.expr import Binary, Call, Expr, Number, Time
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold
from realities.model.resolve import Resolver
from realities.model.symbols import Scope

_REDUCTIONS = {"sum": "sum", "prod": "product", "vmin": "min", "vmax": "max"}
_OWN_MARKS = {*_REDUCTIONS, "vector select"}


def _nothing(call: syntax.Apply) -> Expr:
    return Number(0.0, call.span)


def _marked(term: syntax.Term) -> Iterator[syntax.Subscript]:
    """Yield the subscripts marked `!` in a term that no function inside it runs over already."""
    stack = [term]
    while stack:
        match stack.pop():
            case syntax.Name(subscripts=subscripts):
                yield from (one for one in subscripts if one.is_reduced)
            case syntax.Apply(function, arguments):
                yield from (one for one in function.subscripts if one.is_reduced)
                if name_key(function.name) not in _OWN_MARKS:
                    stack += reversed(arguments)
            case syntax.Prefix(operand=operand):
                stack.append(operand)
            case syntax.Infix(left=left, right=right):
                stack += [right, left]
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


# -- vectors and matrices: they run along the last subscripts of an argument ------------------------------


def _along(
    resolver: Resolver, term: syntax.Term, scope: Scope, back: int = 1
) -> tuple[int, list[Scope]] | None:
    """Return where a vector stands and a scope for each of its elements, or None with a finding.

    The vector runs along the subscript that is `back` from the end of the first name in `term`.
    """
    names = (one for one in syntax.terms(term) if isinstance(one, syntax.Name))
    name = next((one for one in names if len(one.subscripts) >= back), None)
    key = "" if name is None else name_key(name.subscripts[-back].name)
    axis = resolver.space.axes.get(key)
    if name is None or axis is None:
        message = "a variable whose last subscript is a dimension is expected here"
        resolver.findings.error("wrong-arguments", message, term.span)
        return None
    element = resolver.space.element(name.subscripts[-back], scope.binding, resolver.findings)
    if element is None:
        return None
    resolver.budget -= len(axis.elements)
    if resolver.budget < 0:
        resolver.findings.error("too-large", "this model holds too many vectors of vectors", term.span)
        return None
    return axis.elements.index(element), [_bound(scope, key, one) for one in axis.elements]


def _bound(scope: Scope, key: str, element: str) -> Scope:
    return Scope(scope.owner, {**scope.binding, key: element}, scope.local, scope.macros)


def _position(at: int, call: syntax.Apply) -> Number:
    return Number(float(at), call.span)


def _sorted(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold VECTOR SORT ORDER and VECTOR RANK(vector, direction)."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    vector, direction = call.arguments
    found = _along(resolver, vector, scope)
    if found is None:
        return _nothing(call)
    at, runs = found
    key = f"vensim.{name_key(call.function.name).replace(' ', '_')}"
    elements = _each(resolver, vector, runs)
    return Call(key, (_position(at, call), resolver.expr(direction, scope), *elements), span=call.span)


def _reorder(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold VECTOR REORDER(vector, order): the element whose place `order` names."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    vector, order = call.arguments
    found = _along(resolver, vector, scope)
    if found is None:
        return _nothing(call)
    chosen = resolver.expr(order, scope)
    return Call("vensim.vector_element", (chosen, *_each(resolver, vector, found[1])), span=call.span)


def _elm_map(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold VECTOR ELM MAP(vector, offset): the element `offset` places after the one named."""
    match call.arguments:
        case (syntax.Name(subscripts=(*_, last)) as name, offset) if resolver.table.get(name.name):
            pass
        case _:
            message = "VECTOR ELM MAP takes a variable with subscripts and an offset"
            resolver.findings.error("wrong-arguments", message, call.span)
            return _nothing(call)
    element = resolver.space.element(last, scope.binding, resolver.findings)
    symbol = resolver.table.get(name.name)
    if element is None or symbol is None:
        return _nothing(call)
    family = max(
        (axis.elements for axis in resolver.space.axes.values() if element in axis.elements), key=len
    )
    ends = {elements[-1] for elements in symbol.instances if elements}
    vector = [one for one in family if one in ends]
    resolver.budget -= len(vector)
    if resolver.budget < 0 or element not in vector:
        resolver.findings.error("wrong-arguments", "VECTOR ELM MAP cannot run over this vector", call.span)
        return _nothing(call)
    marked = syntax.Name(name.name, (*name.subscripts[:-1], _AT), name.span)
    runs = [_bound(scope, _AT.name, one) for one in vector]
    start = _position(vector.index(element), call)
    place = Binary("+", start, resolver.expr(offset, scope), call.span)
    return Call("vensim.vector_element", (place, *_each(resolver, marked, runs)), span=call.span)


#: Stands for the place in a vector that is being walked along; no name in a file can be this.
_AT = syntax.Subscript("@")


def _select(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold VECTOR SELECT(selection, expression, missing, action, error action)."""
    if not resolver.has_arguments(call, 5):
        return _nothing(call)
    selection, value, missing, action, _ = call.arguments
    runs = _runs(resolver, call, (selection, value), scope)
    if runs is None:
        return _nothing(call)
    pairs = zip(_each(resolver, selection, runs), _each(resolver, value, runs), strict=False)
    rest = tuple(part for pair in pairs for part in pair)
    head = resolver.exprs((missing, action), scope)
    return Call("vensim.vector_select", (*head, *rest), span=call.span)


def _invert(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold INVERT MATRIX(matrix, size); the size is what the subscripts say."""
    if not 1 <= len(call.arguments) <= 2:
        resolver.has_arguments(call, 1, 2)
        return _nothing(call)
    matrix = call.arguments[0]
    rows = _along(resolver, matrix, scope, back=2)
    if rows is None:
        return _nothing(call)
    entries: list[Expr] = []
    column = 0
    for run in rows[1]:
        columns = _along(resolver, matrix, run)
        if columns is None or len(columns[1]) != len(rows[1]):
            resolver.findings.error("wrong-arguments", "only a square matrix can be inverted", matrix.span)
            return _nothing(call)
        column = columns[0]
        entries += _each(resolver, matrix, columns[1])
    place = (_position(rows[0], call), _position(column, call))
    return Call("vensim.invert_matrix", (*place, *entries), span=call.span)


def _allocate(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold ALLOCATE AVAILABLE(request, priority profile, available)."""
    if not resolver.has_arguments(call, 3):
        return _nothing(call)
    request, profile, available = call.arguments
    found = _along(resolver, request, scope)
    shapes = _profile(resolver, profile)
    if found is None or shapes is None:
        return _nothing(call)
    at, runs = found
    parts = [resolver.expr(part, run) for run in runs for part in (request, *shapes)]
    head = (_position(at, call), resolver.expr(available, scope))
    return Call("vensim.allocate_available", (*head, *parts), span=call.span)


def _profile(resolver: Resolver, profile: syntax.Term) -> list[syntax.Term] | None:
    """Return the four terms of a priority profile: type, priority, width and extra."""
    if isinstance(profile, syntax.Name) and profile.subscripts:
        first = profile.subscripts[-1]
        key = name_key(first.name)
        for axis in resolver.space.axes.values():
            if key in axis.elements:
                start = axis.elements.index(key)
                four = axis.elements[start : start + 4]
                if len(four) == 4:
                    head = profile.subscripts[:-1]
                    lasts = [
                        syntax.Subscript(resolver.space.spelling[one], False, first.span) for one in four
                    ]
                    return [syntax.Name(profile.name, (*head, last), profile.span) for last in lasts]
    message = "a priority profile is a variable whose last subscript is the first of four elements"
    resolver.findings.error("wrong-arguments", message, profile.span)
    return None


def _by_priority(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold ALLOCATE BY PRIORITY(request, priority, size, width, available)."""
    if not resolver.has_arguments(call, 5):
        return _nothing(call)
    request, priority, _, width, available = call.arguments
    found = _along(resolver, request, scope)
    if found is None:
        return _nothing(call)
    at, runs = found
    parts = [resolver.expr(part, run) for run in runs for part in (request, priority)]
    head = (_position(at, call), *resolver.exprs((available, width), scope))
    return Call("vensim.allocate_by_priority", (*head, *parts), span=call.span)


def _time_value(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold GET TIME VALUE(relative to, offset, measure), measured in the model's own time."""
    match call.arguments:
        case (syntax.Numeral(0.0 | 1.0 as origin), offset, syntax.Numeral(0.0)):
            initial = resolver.control(resolver.language.controls.initial_time, call.span)
            start = Time(call.span) if origin == 0 else initial
            return Binary("+", start, resolver.expr(offset, scope), call.span)
        case (_, _, _):
            message = "GET TIME VALUE is supported for the time of the model only: (0 or 1, offset, 0)"
            resolver.findings.error("unsupported-function", message, call.span)
        case _:
            resolver.has_arguments(call, 3)
    return _nothing(call)


#: Every function this file spells out, by key.
REDUCTIONS: dict[str, Unfold] = {
    **dict.fromkeys(_REDUCTIONS, _reduce),
    **dict.fromkeys(("vector sort order", "vector rank"), _sorted),
    "allocate available": _allocate,
    "allocate by priority": _by_priority,
    "elmcount": _elmcount,
    "get time value": _time_value,
    "invert matrix": _invert,
    "vector elm map": _elm_map,
    "vector reorder": _reorder,
    "vector select": _select,
}
