"""Functions of whole vectors and matrices: sorting, inverting, looking up, sharing out.

In comes one call in the equation of one element; out comes that element's part of the result. The whole
result is one hidden variable that all elements of the equation share, so that a matrix is inverted once.
`reductions.py` has the functions that make a single number of an array.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from realities.ir.expr import Binary, Call, Expr, Number
from realities.model import syntax
from realities.model.arrays import Axis, name_key
from realities.model.language import Unfold
from realities.model.reductions import each
from realities.model.resolve import Resolver
from realities.model.symbols import Scope
from realities.model.value import fixed_value, value_at_start

#: Stand for the places in an array that is walked along; no name in a file can be these.
_OPEN = (syntax.Subscript("@row"), syntax.Subscript("@"))


@dataclass(frozen=True, slots=True)
class _Array:
    """A variable with its last subscripts left open, and the dimensions these run over."""

    name: syntax.Name
    axes: tuple[Axis, ...]

    def at(self, resolver: Resolver, scope: Scope) -> list[Expr]:
        """Return every element, the last subscript running fastest."""
        runs = [scope]
        for marker, axis in zip(_OPEN[-len(self.axes) :], self.axes, strict=True):
            runs = [_bound(run, marker.name, element) for run in runs for element in axis.elements]
        return each(resolver, self.name, runs)


def _nothing(call: syntax.Apply) -> Expr:
    return Number(0.0, call.span)


def _bound(scope: Scope, key: str, element: str) -> Scope:
    return Scope(scope.owner, {**scope.binding, key: element}, scope.local, scope.macros)


def _array(resolver: Resolver, term: syntax.Term, count: int = 1) -> _Array | None:
    """Return the array that a term names, its last `count` subscripts left open, or None with a finding."""
    if isinstance(term, syntax.Name) and len(term.subscripts) >= count:
        axes = [_axis(resolver, term, back) for back in range(count, 0, -1)]
        found = tuple(axis for axis in axes if axis is not None)
        if len(found) == count:
            kept = term.subscripts[: len(term.subscripts) - count]
            return _Array(syntax.Name(term.name, (*kept, *_OPEN[-count:]), term.span), found)
    where = "last subscript is a dimension" if count == 1 else "last two subscripts are dimensions"
    resolver.findings.error("wrong-arguments", f"a variable whose {where} is expected here", term.span)
    return None


def _axis(resolver: Resolver, name: syntax.Name, back: int) -> Axis | None:
    """Return the dimension that the subscript `back` from the end runs over.

    It is the subscript itself or, of an element, the longest that begins with it: Vensim has some
    functions take the first element of a vector for the whole.
    """
    key = name_key(name.subscripts[-back].name)
    if key in resolver.space.axes:
        return resolver.space.axes[key]
    symbol = resolver.table.get(name.name)
    there = {elements[-back] for elements in symbol.instances} if symbol is not None else set()
    begun = [axis for axis in resolver.space.axes.values() if axis.elements[:1] == (key,)]
    return max((axis for axis in begun if set(axis.elements) <= there), key=_length, default=None)


def _length(axis: Axis) -> int:
    return len(axis.elements)


# -- one result for all elements of an equation --------------------------------------------------------


def _whole(
    resolver: Resolver,
    call: syntax.Apply,
    scope: Scope,
    function: str,
    before: Sequence[syntax.Term],
    arrays: Sequence[_Array],
) -> Expr | None:
    """Return the hidden variable with the whole result of a function, made by the first element to ask.

    Its arguments are the terms `before`, then of each element the values of the `arrays` in turn.
    """
    home = _home(resolver, scope, len(arrays[0].axes), [*before, *(one.name for one in arrays)])
    key = (id(call), tuple(home.binding.items()), id(home.local))
    if key not in resolver.shared:
        resolver.budget -= sum(math.prod(map(_length, one.axes)) for one in arrays)
        if resolver.budget < 0:
            resolver.findings.error("too-large", "this model holds too many vectors of vectors", call.span)
            return None
        n_errors = len(resolver.findings.errors)
        head = resolver.exprs(before, home)
        columns = [one.at(resolver, home) for one in arrays]
        if function == "vensim.allocate_available":
            _check_types(resolver, call, columns[1])
        if len(resolver.findings.errors) > n_errors:
            return None
        rest = chain.from_iterable(zip(*columns, strict=True))
        whole = Call(function, (*head, *rest), span=call.span)
        name = resolver.label(scope, call.function.name.upper())
        resolver.shared[key] = resolver.hide(name, "auxiliary", whole, call.span)
    return resolver.shared[key]


def _home(resolver: Resolver, scope: Scope, count: int, terms: Iterable[syntax.Term]) -> Scope:
    """Return a scope for a whole result: without the last subscripts on the left, if no term needs them."""
    last = [name_key(one.name) for one, _ in _left(resolver, scope)[-count:]]
    kept = {key: element for key, element in scope.binding.items() if key not in last}
    for part in chain.from_iterable(map(syntax.terms, terms)):
        if isinstance(part, syntax.Name):
            keys = [name_key(one.name) for one in part.subscripts] or [name_key(part.name)]
            if any(key in resolver.space.axes and key not in kept for key in keys):
                return scope
    return Scope(scope.owner, kept, scope.local, scope.macros)


def _left(resolver: Resolver, scope: Scope) -> list[tuple[syntax.Subscript, str]]:
    """Return the subscripts on the left of the equation a scope is in, and the elements they stand for."""
    base, _, inside = scope.owner.partition("[")
    symbol = resolver.table.get(base)
    elements = tuple(name_key(one) for one in inside.removesuffix("]").split(",") if one)
    if symbol is None or elements not in symbol.instances:
        return []
    return list(zip(symbol.instances[elements][0].left.subscripts, elements, strict=True))


def _part(
    resolver: Resolver, call: syntax.Apply, scope: Scope, axes: Sequence[Axis], whole: Expr | None
) -> Expr:
    """Return the part of a whole result that the last subscripts on the left name."""
    if whole is None:
        return _nothing(call)
    at = 0
    left = _left(resolver, scope)[-len(axes) :]
    for (subscript, element), axis in zip(left, axes, strict=False):
        own = resolver.space.axes.get(name_key(subscript.name), axis)
        elements = own.elements if len(own.elements) == len(axis.elements) else axis.elements
        if element not in elements:
            left = []
            break
        at = at * len(elements) + elements.index(element)
    if len(left) < len(axes):
        listed = " and ".join(f'"{axis.name}"' for axis in axes)
        message = f"{call.function.name.upper()} gives a value for each element of {listed}"
        advice = "the last subscript of this equation must run over the same elements"
        resolver.findings.error("wrong-subscripts", message, call.span, advice)
        return _nothing(call)
    return Call("part", (whole, Number(float(at), call.span)), span=call.span)


# -- sorting and picking -------------------------------------------------------------------------------


def _sorted(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold VECTOR SORT ORDER and VECTOR RANK(vector, direction)."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    vector = _array(resolver, call.arguments[0])
    if vector is None:
        return _nothing(call)
    key = f"vensim.{name_key(call.function.name).replace(' ', '_')}"
    whole = _whole(resolver, call, scope, key, call.arguments[1:], [vector])
    return _part(resolver, call, scope, vector.axes, whole)


def _reorder(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold VECTOR REORDER(vector, order): the element whose place `order` names."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    vector = _array(resolver, call.arguments[0])
    chosen = resolver.expr(call.arguments[1], scope)
    whole = _whole(resolver, call, scope, "several", (), [vector]) if vector is not None else None
    return _nothing(call) if whole is None else Call("part", (whole, chosen), span=call.span)


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
        (axis for axis in resolver.space.axes.values() if element in axis.elements),
        key=_length,
        default=Axis(element, (element,)),
    )
    ends = {elements[-1] for elements in symbol.instances if elements}
    axis = Axis(family.name, tuple(one for one in family.elements if one in ends))
    if element not in axis.elements:
        resolver.findings.error("wrong-arguments", "VECTOR ELM MAP cannot run over this vector", call.span)
        return _nothing(call)
    vector = _Array(syntax.Name(name.name, (*name.subscripts[:-1], _OPEN[-1]), name.span), (axis,))
    start = Number(float(axis.elements.index(element)), call.span)
    place = Binary("+", start, resolver.expr(offset, scope), call.span)
    known = fixed_value(place)
    if known is not None and -0.5 < known < len(axis.elements) - 0.5:
        # An offset that is a number leads to one element: its neighbors may depend on this one.
        there = axis.elements[math.floor(known + 0.5)]
        return resolver.expr(vector.name, _bound(scope, _OPEN[-1].name, there))
    whole = _whole(resolver, call, scope, "several", (), [vector])
    return _nothing(call) if whole is None else Call("part", (whole, place), span=call.span)


def _lookup(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold VECTOR LOOKUP(vector, x, least x, most x, mode): the vector read as a lookup."""
    if not resolver.has_arguments(call, 5):
        return _nothing(call)
    vector = _array(resolver, call.arguments[0])
    if vector is None:
        return _nothing(call)
    head = resolver.exprs(call.arguments[1:], scope)
    values = vector.at(resolver, scope)
    resolver.budget -= len(values)
    return Call("vensim.vector_lookup", (*head, *values), span=call.span)


# -- matrices ------------------------------------------------------------------------------------------


def _invert(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold INVERT MATRIX(matrix, size); the size is what the subscripts say."""
    if not 1 <= len(call.arguments) <= 2:
        resolver.has_arguments(call, 1, 2)
        return _nothing(call)
    matrix = _array(resolver, call.arguments[0], 2)
    if matrix is None:
        return _nothing(call)
    rows, columns = matrix.axes
    if len(rows.elements) != len(columns.elements):
        message = "only a square matrix can be inverted"
        resolver.findings.error("wrong-arguments", message, call.arguments[0].span)
        return _nothing(call)
    whole = _whole(resolver, call, scope, "vensim.invert_matrix", (), [matrix])
    return _part(resolver, call, scope, matrix.axes, whole)


# -- sharing a supply ----------------------------------------------------------------------------------


def _allocate(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold ALLOCATE AVAILABLE(request, priority profile, available)."""
    if not resolver.has_arguments(call, 3):
        return _nothing(call)
    request = _array(resolver, call.arguments[0])
    shapes = _profile(resolver, call.arguments[1])
    if request is None or shapes is None:
        return _nothing(call)
    key = "vensim.allocate_available"
    whole = _whole(resolver, call, scope, key, call.arguments[2:], [request, *shapes])
    return _part(resolver, call, scope, request.axes, whole)


def _profile(resolver: Resolver, profile: syntax.Term) -> list[_Array] | None:
    """Return the four arrays of a priority profile: type, priority, width and extra of each claimant."""
    four = _four(resolver, profile)
    if four is not None and isinstance(profile, syntax.Name) and len(profile.subscripts) >= 2:
        claimants = _axis(resolver, profile, 2)
        if claimants is not None:
            head = (*profile.subscripts[:-2], _OPEN[-1])
            return [
                _Array(syntax.Name(profile.name, (*head, last), profile.span), (claimants,)) for last in four
            ]
    message = "a priority profile is a variable whose last subscript is the first of four elements"
    advice = "the subscript before it runs over those who share"
    resolver.findings.error("wrong-arguments", message, profile.span, advice)
    return None


def _check_types(resolver: Resolver, call: syntax.Apply, types: Iterable[Expr]) -> None:
    """Note a type of priority curve that is not supported, where it can be told before the run."""
    for kind in types:
        value = value_at_start(resolver, kind)
        if value is not None and value not in range(5):
            which = {5.0: " (constant elasticity)"}.get(value, " (whole numbers)" if value >= 10.0 else "")
            message = f"priority curves of type {value:g}{which} are not supported"
            advice = "there are 0 fixed, 1 rectangular, 2 triangular, 3 normal and 4 exponential"
            resolver.findings.error("unsupported-function", message, call.span, advice)
            return


def _four(resolver: Resolver, profile: syntax.Term) -> list[syntax.Subscript] | None:
    """Return the subscripts of type, priority, width and extra, of which a profile names the first."""
    if not isinstance(profile, syntax.Name) or not profile.subscripts:
        return None
    first = profile.subscripts[-1]
    key = name_key(first.name)
    key = resolver.space.axes[key].elements[0] if key in resolver.space.axes else key
    for axis in resolver.space.axes.values():
        four = axis.elements[axis.elements.index(key) :][:4] if key in axis.elements else ()
        if len(four) == 4:
            return [syntax.Subscript(resolver.space.spelling[one], False, first.span) for one in four]
    return None


def _market_price(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold FIND MARKET PRICE(demands, their profiles, supplies, their profiles), first elements given."""
    if not resolver.has_arguments(call, 4):
        return _nothing(call)
    sides: list[list[Expr]] = []
    for at in (0, 2):
        quantity = _array(resolver, call.arguments[at])
        shapes = _profile(resolver, call.arguments[at + 1])
        if quantity is None or shapes is None:
            return _nothing(call)
        columns = [one.at(resolver, scope) for one in (quantity, *shapes)]
        if len({len(column) for column in columns}) > 1:
            message = "the profiles must be given for the same elements as the quantities"
            resolver.findings.error("wrong-arguments", message, call.arguments[at + 1].span)
            return _nothing(call)
        _check_types(resolver, call, columns[1])
        sides.append(list(chain.from_iterable(zip(*columns, strict=True))))
    n_demanders = Number(len(sides[0]) / 5.0, call.span)
    return Call("vensim.find_market_price", (n_demanders, *sides[0], *sides[1]), span=call.span)


def _at_price(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold DEMAND AT PRICE and SUPPLY AT PRICE(quantity, priority profile, price)."""
    if not resolver.has_arguments(call, 3):
        return _nothing(call)
    quantity, profile, price = call.arguments
    four = _four(resolver, profile)
    if four is None or not isinstance(profile, syntax.Name):
        message = "a priority profile is a variable whose last subscript is the first of four elements"
        resolver.findings.error("wrong-arguments", message, profile.span)
        return _nothing(call)
    parts = [syntax.Name(profile.name, (*profile.subscripts[:-1], last), profile.span) for last in four]
    key = f"vensim.{name_key(call.function.name).replace(' ', '_')}"
    arguments = resolver.exprs((price, quantity, *parts), scope)
    _check_types(resolver, call, arguments[2:3])
    return Call(key, tuple(arguments), span=call.span)


def _by_priority(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold ALLOCATE BY PRIORITY(request, priority, size, width, available)."""
    if not resolver.has_arguments(call, 5):
        return _nothing(call)
    _, _, _, width, available = call.arguments
    request, priority = (_array(resolver, term) for term in call.arguments[:2])
    if request is None or priority is None:
        return _nothing(call)
    key = "vensim.allocate_by_priority"
    whole = _whole(resolver, call, scope, key, (available, width), [request, priority])
    return _part(resolver, call, scope, request.axes, whole)


#: Every function this file spells out, by key.
VECTORS: dict[str, Unfold] = {
    **dict.fromkeys(("vector sort order", "vector rank"), _sorted),
    "allocate available": _allocate,
    "allocate by priority": _by_priority,
    **dict.fromkeys(("demand at price", "supply at price"), _at_price),
    "find market price": _market_price,
    "invert matrix": _invert,
    "vector elm map": _elm_map,
    "vector lookup": _lookup,
    "vector reorder": _reorder,
}
