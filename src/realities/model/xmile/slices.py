"""Subscripts, spelled out: what XMILE lets its authors leave out or slice, in the terms all languages share.

In come the equations of a flat model as `terms.py` reads them; out come equations whose names carry
one plain `Subscript` for each dimension, as section 3.7.1 of XMILE 1.0 says:

    a                       in an equation for all of DimA       a[DimA]
    a[Boston], a[Location.Boston], a[1], a[@1]                   a[Boston], a[Boston], a[Boston], a[DimA]
    SUM(a), SUM(a[*]), SUM(a[1:3]), SUM(a[*:SubA])               a[DimA!], a[DimA!], a[DimA 1:3!], a[SubA!]
    a'                      the dimensions in reverse
    Location.Boston         as a value                           its number, 1
    SELF                                                         the variable itself, with its subscripts

A subscript marked `!` (`is_reduced`) runs over its dimension; the same dimension in one call is the same
run. A run over part of a dimension, and the second of two dimensions alike in one array, get a
dimension of their own (`DimA 1:3`, `X 2`), listed in `Slices.dimensions`.

What only a run can tell becomes a call that the resolver unfolds:

    Apply(":element:", (index, ..., array))   the element of `array` at a number in each of its subscripts
        that are marked `!`, in order, counted from 1; with one index and several marked subscripts the
        index counts through all of them, the last running fastest. 0 where there is no such element.
    Apply(":position:", (dimension,))          the number, from 1, of the element that stands for a
        dimension in the equation: what the name of a dimension means as a value.

`read.py` goes through the equations; `resolve.py` sees what comes out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from realities.errors import Findings, did_you_mean
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.xmile.terms import ALL, PART, PLACE, RANGE, SLICED, TRANSPOSED
from realities.source import Span

#: Calls that only the resolver of XMILE knows.
ELEMENT, POSITION = ":element:", ":position:"

#: Functions of whole arrays: inside them an array without subscripts means all its elements.
ARRAY_FUNCTIONS = frozenset(
    ("sum", "mean", "stddev", "size", "rank", "prod", "product", "vmin", "vmax", "vector select")
)
#: Functions of whole arrays that are functions of plain numbers as well.
EITHER = frozenset(("min", "max"))
#: Functions of vectors that `*` may stand in as well; they say themselves what they run over.
OTHER_FUNCTIONS = frozenset(
    ("vector sort order", "vector rank", "vector reorder", "vector elm map", "allocate", "allocate available")
)
#: Functions whose first argument is a graphical function.
TABLE_FUNCTIONS = frozenset(
    (
        "lookup",
        "lookupinv",
        "lookuparea",
        "lookupmean",
        "lookup forward",
        "lookup backward",
        "lookup extrapolate",
    )
)

_SIZES = frozenset(("size", "elmcount"))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a name is: its full name, the keys of its dimensions, whether it is a lookup or holds one."""

    name: str
    dimensions: tuple[str, ...]
    is_lookup: bool = False
    has_table: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension: its name, its elements in order by key and as spelled, and whether they are numbers."""

    name: str
    elements: tuple[str, ...]
    spelling: tuple[str, ...]
    is_numbered: bool
    targets: frozenset[str] = frozenset()


def axes_of(dimensions: Sequence[syntax.DimensionDef]) -> dict[str, Axis]:
    """Return the dimensions of a file by key."""
    found: dict[str, Axis] = {}
    for one in dimensions:
        origin = found.get(name_key(one.alias_of)) if one.alias_of is not None else None
        if origin is not None:
            found[name_key(one.name)] = replace(origin, name=one.name)
            continue
        names = tuple(member.name for member in one.members)
        is_numbered = names == tuple(str(n) for n in range(1, len(names) + 1))
        targets = frozenset(name_key(mapping.target) for mapping in one.mappings)
        found[name_key(one.name)] = Axis(one.name, tuple(map(name_key, names)), names, is_numbered, targets)
    return found


@dataclass(slots=True)
class Slices:
    """Spells out the subscripts of one model, and gathers the dimensions that this takes."""

    axes: Mapping[str, Axis]
    shapes: Mapping[str, Shape]
    findings: Findings
    #: Where the file asks for NaN outside of an array, which is not supported; None where it asks for 0.
    outside: Span | None = None
    dimensions: dict[str, syntax.DimensionDef] = field(default_factory=dict)
    #: Keys of variables whose graphical function is called by their name.
    tables: set[str] = field(default_factory=set)

    def equation(self, equation: syntax.Equation) -> syntax.Equation:
        """Return an equation with every subscript spelled out."""
        left, place = self._left(equation.left)
        if equation.right is None or place is None:
            return replace(equation, left=left)
        return replace(equation, left=left, right=_Speller(self, place).term(equation.right))

    def term(self, term: syntax.Term) -> syntax.Term:
        """Return a term that stands alone, in no array, with every subscript spelled out."""
        return _Speller(self, _Place("", (), ())).term(term)

    def _left(self, left: syntax.Left) -> tuple[syntax.Left, _Place | None]:
        """Return a left side as resolved, and what its dimensions stand for; None with a finding."""
        shape = self.shapes.get(name_key(left.name))
        dimensions = () if shape is None else shape.dimensions
        if len(dimensions) != len(left.subscripts):
            message = f'"{left.name}" has {_count(len(dimensions))}, not {len(left.subscripts)}'
            place = left.subscripts[0].span if left.subscripts else left.span
            self.findings.error("wrong-subscripts", message, place)
            return left, None
        subscripts: list[syntax.Subscript] = []
        for at, (subscript, key) in enumerate(zip(left.subscripts, dimensions, strict=True)):
            axis = self.axes[key]
            if name_key(subscript.name) == key and key not in axis.elements:
                name = self.alias(key, dimensions[:at].count(key))
                subscripts.append(replace(subscript, name=name))
                continue
            element = element_of(axis, subscript.name)
            if element is None:
                message = f'"{axis.name}" has no element "{subscript.name}"'
                self.findings.error(
                    "unknown-subscript", message, subscript.span, did_you_mean(subscript.name, axis.spelling)
                )
                return left, None
            subscripts.append(replace(subscript, name=element))
        found = _Place(left.name, dimensions, tuple(subscripts))
        return replace(left, subscripts=found.subscripts), found

    def alias(self, key: str, before: int) -> str:
        """Return the name of a dimension, or another name for it where it stands `before` times already."""
        axis = self.axes[key]
        if not before:
            return axis.name
        name = self._free(f"{axis.name} {before + 1}")
        self.dimensions.setdefault(name_key(name), syntax.DimensionDef(name, (), (), axis.name))
        return name

    def part(self, key: str, low: int, high: int, span: Span) -> str:
        """Return the name of a dimension that is a run of elements of another, numbered from 1."""
        axis = self.axes[key]
        if (low, high) == (1, len(axis.elements)):
            return axis.name
        name = self._free(f"{axis.name} {low}:{high}")
        members = tuple(syntax.Member(one, None, span) for one in axis.spelling[low - 1 : high])
        self.dimensions.setdefault(name_key(name), syntax.DimensionDef(name, members, (), None, span))
        return name

    def _free(self, name: str) -> str:
        """Return a name like this one that nothing in the file bears."""
        while name_key(name) in self.shapes or name_key(name) in self.axes:
            name += "'"
        return name


def element_of(axis: Axis, name: str) -> str | None:
    """Return an element of a dimension as spelled there, by its name, qualified or not, or its number."""
    head, point, rest = name.rpartition(".")
    if point and name_key(head) == name_key(axis.name):
        name = rest
    key = name_key(name)
    if key in axis.elements:
        return axis.spelling[axis.elements.index(key)]
    if key.isdigit() and 1 <= int(key[:9]) <= len(axis.elements):
        return axis.spelling[int(key) - 1]
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    """The left side a term stands under: its dimensions, and what stands in their places."""

    name: str
    dimensions: tuple[str, ...]
    subscripts: tuple[syntax.Subscript, ...]


def _count(n: int) -> str:
    return f"{n} subscript{'s' if n != 1 else ''}"


class _OutsideError(Exception):
    """A literal subscript that is outside of its dimension."""


class _StopError(Exception):
    """A subscript that is wrong; the finding has been noted."""


#: An index that only a run can tell, beside the subscript that runs over its dimension.
_Index = tuple[syntax.Subscript, syntax.Term | None]


@dataclass(slots=True)
class _Speller:
    """Spells out the terms of one equation."""

    slices: Slices
    place: _Place
    #: How many functions there are around the term in hand that may take whole arrays.
    calls: int = 0

    @property
    def axes(self) -> Mapping[str, Axis]:
        return self.slices.axes

    # -- terms ------------------------------------------------------------------------------------------

    def term(self, term: syntax.Term, *, is_whole: bool = False) -> syntax.Term:
        """Return a term spelled out; `is_whole` inside a function of whole arrays."""
        match term:
            case syntax.Name():
                return self.name(term, is_whole)
            case syntax.Apply():
                return self.apply(term, is_whole)
            case syntax.Prefix():
                return replace(term, operand=self.term(term.operand, is_whole=is_whole))
            case syntax.Infix():
                spine, first = [term], term.left
                while isinstance(first, syntax.Infix):
                    spine.append(first)
                    first = first.left
                found = self.term(first, is_whole=is_whole)
                for node in reversed(spine):
                    found = replace(node, left=found, right=self.term(node.right, is_whole=is_whole))
                return found
            case _:
                return term

    def name(self, name: syntax.Name, is_whole: bool) -> syntax.Term:
        """Return a name without brackets spelled out."""
        key = name_key(name.name)
        if key == "self" and self.place.name and key not in self.slices.shapes:
            return syntax.Name(self.place.name, self.place.subscripts, name.span)
        shape = self.slices.shapes.get(key)
        if shape is not None:
            return self.filled(name, shape, is_whole) if shape.dimensions else name
        if key in self.axes:
            return self.position(key, name.span)
        head, point, rest = name.name.rpartition(".")
        axis = self.axes.get(name_key(head)) if point else None
        if axis is not None:
            element = element_of(axis, rest)
            if element is None:
                message = f'"{axis.name}" has no element "{rest}"'
                self.error("unknown-subscript", message, name.span, did_you_mean(rest, axis.spelling))
                return syntax.Numeral(0.0, name.span)
            return syntax.Numeral(float(axis.spelling.index(element) + 1), name.span)
        return name

    def position(self, key: str, span: Span) -> syntax.Term:
        """Return what the name of a dimension means as a value."""
        if key not in self.place.dimensions:
            name = self.axes[key].name
            message = f'"{name}" is a dimension, and not one of the equation it stands in'
            self.error("wrong-subscripts", message, span, f"to name an element, write {name}.element")
            return syntax.Numeral(0.0, span)
        subscript = self.place.subscripts[self.place.dimensions.index(key)]
        axis = self.axes[key]
        if subscript.name in axis.spelling and name_key(subscript.name) not in self.axes:
            return syntax.Numeral(float(axis.spelling.index(subscript.name) + 1), span)
        head = syntax.Name(POSITION, (), span)
        return syntax.Apply(head, (syntax.Name(subscript.name, (), span),), (), span)

    def apply(self, call: syntax.Apply, is_whole: bool) -> syntax.Term:
        """Return a call spelled out."""
        match call.function.name:
            case sliced if sliced == SLICED:
                return self.sliced(call, is_whole)
            case turned if turned == TRANSPOSED:
                return self.transposed(call, is_whole)
            case ":applied:":
                table, *rest = call.arguments
                found = self.term(table, is_whole=is_whole)
                arguments = tuple(self.term(one, is_whole=is_whole) for one in rest)
                if not isinstance(found, syntax.Name):
                    self.error("wrong-arguments", "only a lookup of a plain name can be called", call.span)
                    return syntax.Numeral(0.0, call.span)
                return syntax.Apply(self.tabled(found), arguments, (), call.span)
        key = name_key(call.function.name)
        shape = self.slices.shapes.get(key)
        if shape is not None and (shape.is_lookup or shape.has_table):
            found = self.filled(call.function, shape, False) if shape.dimensions else call.function
            arguments = tuple(self.term(one, is_whole=is_whole) for one in call.arguments)
            if isinstance(found, syntax.Name):
                return replace(call, function=self.tabled(found), arguments=arguments)
        if shape is not None and shape.dimensions and len(call.arguments) == 1:
            runs = tuple(self.run(shape.dimensions, at, call.span) for at in range(len(shape.dimensions)))
            index = self.term(call.arguments[0])
            return self.element((index,), replace(call.function, subscripts=runs), call.span)
        if shape is None and key in TABLE_FUNCTIONS and call.arguments:
            table, *rest = call.arguments
            found = self.term(table, is_whole=is_whole)
            found = self.tabled(found) if isinstance(found, syntax.Name) else found
            return replace(call, arguments=(found, *(self.term(one, is_whole=is_whole) for one in rest)))
        if shape is None and key == "integ":
            net, initial = call.arguments
            return replace(call, arguments=(self.net_flow(net), self.term(initial)))
        if shape is None and key in _SIZES and len(call.arguments) == 1:
            dimension = call.arguments[0]
            if isinstance(dimension, syntax.Name) and name_key(dimension.name) not in self.slices.shapes:
                axis = self.axes.get(name_key(dimension.name))
                if axis is not None:
                    return syntax.Numeral(float(len(axis.elements)), call.span)
        if shape is None and key in ARRAY_FUNCTIONS:
            is_whole = True
        elif shape is None and key in EITHER:
            is_whole = is_whole or len(call.arguments) == 1 or not self.place.dimensions
        self.calls += 1
        arguments = tuple(self.term(one, is_whole=is_whole) for one in call.arguments)
        self.calls -= 1
        return replace(call, arguments=arguments)

    def net_flow(self, net: syntax.Term) -> syntax.Term:
        """Return a net flow; a flow with more dimensions than its stock is summed over the rest."""
        match net:
            case syntax.Infix("+" | "-" | "*", left, right):
                return replace(net, left=self.net_flow(left), right=self.net_flow(right))
            case syntax.Prefix(operand=operand):
                return replace(net, operand=self.net_flow(operand))
            case syntax.Name(name):
                shape = self.slices.shapes.get(name_key(name))
                rest = [] if shape is None else self.beyond(shape)
                if shape is None or not rest or len(shape.dimensions) <= len(self.place.dimensions):
                    return self.term(net)
                subscripts = tuple(
                    self.run(shape.dimensions, at, net.span)
                    if at in rest
                    else self.bound(key, shape.dimensions[:at].count(key), net)
                    for at, key in enumerate(shape.dimensions)
                )
                head = syntax.Name("SUM", (), net.span)
                return syntax.Apply(head, (replace(net, subscripts=subscripts),), (), net.span)
            case _:
                return self.term(net)

    def beyond(self, shape: Shape) -> list[int]:
        """Return the places of an array's dimensions that the left side does not have."""
        own = list(self.place.dimensions)
        found = []
        for at, key in enumerate(shape.dimensions):
            if key in own:
                own.remove(key)
            else:
                found.append(at)
        return found

    def tabled(self, name: syntax.Name) -> syntax.Name:
        """Return the name of the lookup that a variable's graphical function is."""
        shape = self.slices.shapes.get(name_key(name.name))
        if shape is None or shape.is_lookup or not shape.has_table:
            return name
        self.slices.tables.add(name_key(name.name))
        return replace(name, name=table_name(shape.name))

    # -- arrays -----------------------------------------------------------------------------------------

    def filled(self, name: syntax.Name, shape: Shape, is_whole: bool) -> syntax.Term:
        """Return an array without brackets, its dimensions filled in."""
        try:
            subscripts = tuple(
                self.run(shape.dimensions, at, name.span)
                if is_whole
                else self.bound(shape.dimensions[at], shape.dimensions[:at].count(shape.dimensions[at]), name)
                for at in range(len(shape.dimensions))
            )
        except _StopError:
            return syntax.Numeral(0.0, name.span)
        return replace(name, subscripts=subscripts)

    def run(self, dimensions: tuple[str, ...], at: int, span: Span) -> syntax.Subscript:
        """Return a subscript that runs over one of the dimensions of an array."""
        key = dimensions[at]
        return syntax.Subscript(self.slices.alias(key, dimensions[:at].count(key)), True, span)

    def bound(self, key: str, before: int, name: syntax.Name) -> syntax.Subscript:
        """Return the subscript that a dimension stands for under the left side of the equation."""
        places = [at for at, one in enumerate(self.place.dimensions) if one == key]
        if places:
            return replace(self.place.subscripts[places[min(before, len(places) - 1)]], span=name.span)
        axis = self.axes[key]
        for at, other_key in enumerate(self.place.dimensions):
            found = self.converted(axis, at, other_key, name.span)
            if found is not None:
                return found
        here = f'"{self.place.name}"' if self.place.name else "this expression"
        self.error(
            "wrong-subscripts",
            f'"{name.name}" is an array over {axis.name}, which {here} is not',
            name.span,
            f"say which element is meant, as in {name.name}[{axis.spelling[0]}], or SUM over all of them",
        )
        raise _StopError

    def converted(self, axis: Axis, at: int, other_key: str, span: Span) -> syntax.Subscript | None:
        """Return the subscript of an array over `axis` where the left side has another dimension."""
        other, subscript = self.axes[other_key], self.place.subscripts[at]
        if not other.is_numbered and set(other.elements) <= set(axis.elements):
            return replace(subscript, span=span)
        if name_key(subscript.name) in axis.elements and not axis.is_numbered:
            return replace(subscript, span=span)
        is_mapped = other_key in axis.targets or name_key(axis.name) in other.targets
        if is_mapped and len(axis.elements) == len(other.elements):
            if subscript.name in other.spelling:
                return replace(subscript, name=axis.spelling[other.spelling.index(subscript.name)], span=span)
            return syntax.Subscript(axis.name, False, span)
        return None

    def transposed(self, call: syntax.Apply, is_whole: bool) -> syntax.Term:
        """Return an array turned over: its dimensions are filled in from the last to the first."""
        inner = call.arguments[0]
        shape = self.slices.shapes.get(name_key(inner.name)) if isinstance(inner, syntax.Name) else None
        if isinstance(inner, syntax.Name) and shape is not None and not is_whole:
            turned = replace(shape, dimensions=shape.dimensions[::-1])
            found = self.filled(inner, turned, False)
            if isinstance(found, syntax.Name):
                return replace(found, subscripts=found.subscripts[::-1])
            return found
        if isinstance(inner, syntax.Apply) and inner.function.name == SLICED and not is_whole:
            array, *indices = inner.arguments
            if not isinstance(array, syntax.Name):
                return self.term(inner)
            return self.sliced(replace(inner, arguments=(array, *self.turned(indices))), is_whole)
        return self.term(inner, is_whole=is_whole)

    def turned(self, indices: Sequence[syntax.Term]) -> list[syntax.Term]:
        """Return indices where the first of several dimensions alike means the last on the left side."""
        seen: dict[str, int] = {}
        found: list[syntax.Term] = []
        for index in indices:
            key = name_key(index.name) if isinstance(index, syntax.Name) else ""
            places = [at for at, one in enumerate(self.place.dimensions) if one == key]
            if len(places) > 1:
                seen[key] = before = seen.get(key, -1) + 1
                number = syntax.Numeral(float(places[max(len(places) - 1 - before, 0)] + 1), index.span)
                index = syntax.Apply(syntax.Name(PLACE, (), index.span), (number,), (), index.span)
            found.append(index)
        return found

    def sliced(self, call: syntax.Apply, is_whole: bool) -> syntax.Term:
        """Return an array with brackets, what stands in them spelled out."""
        name, *indices = call.arguments
        assert isinstance(name, syntax.Name)
        shape = self.slices.shapes.get(name_key(name.name))
        if shape is None and name_key(name.name) == "self" and self.place.name:
            shape = self.slices.shapes.get(name_key(self.place.name))
            name = replace(name, name=self.place.name)
        if shape is None or not shape.dimensions:
            return self.plain(name, indices, call)
        if any(key not in self.axes for key in shape.dimensions):
            return syntax.Numeral(0.0, call.span)  # a dimension that nothing defines: an error says so
        if len(indices) != len(shape.dimensions):
            message = f'"{name.name}" has {_count(len(shape.dimensions))}, not {len(indices)}'
            self.error("wrong-subscripts", message, call.span)
            return syntax.Numeral(0.0, call.span)
        try:
            found = [
                self.index(index, shape.dimensions, at, indices, name, is_whole)
                for at, index in enumerate(indices)
            ]
        except _StopError:
            return syntax.Numeral(0.0, call.span)
        except _OutsideError as outside:
            self.check_outside()
            message = f"{outside}; its value is 0"
            self.slices.findings.warning("wrong-subscripts", message, call.span)
            return syntax.Numeral(0.0, call.span)
        array = replace(name, subscripts=tuple(one for one, _ in found), span=call.span)
        moving = tuple(index for _, index in found if index is not None)
        return self.element(moving, array, call.span) if moving else array

    def element(self, indices: tuple[syntax.Term, ...], array: syntax.Name, span: Span) -> syntax.Term:
        """Return the element of an array that only a run can tell."""
        self.check_outside()
        return syntax.Apply(syntax.Name(ELEMENT, (), span), (*indices, array), (), span)

    def check_outside(self) -> None:
        """Refuse a file that asks for NaN outside of an array, once such a place is met."""
        place, self.slices.outside = self.slices.outside, None
        if place is not None:
            message = "NaN as the value outside of an array is not supported: it is 0 here"
            self.error("unsupported-function", message, place)

    def plain(self, name: syntax.Name, indices: Sequence[syntax.Term], call: syntax.Apply) -> syntax.Term:
        """Return a name that is no array with what stands in its brackets, for the resolver to explain."""
        subscripts = tuple(
            syntax.Subscript(one.name if isinstance(one, syntax.Name) else one.span.text, False, one.span)
            for one in indices
        )
        return replace(name, subscripts=subscripts, span=call.span)

    # -- what stands between brackets ---------------------------------------------------------------------

    def index(
        self,
        index: syntax.Term,
        dimensions: tuple[str, ...],
        at: int,
        indices: Sequence[syntax.Term],
        name: syntax.Name,
        is_whole: bool,
    ) -> _Index:
        """Return the subscript that one index is, and the index itself where only a run can tell it."""
        axis = self.axes[dimensions[at]]
        match index:
            case syntax.Numeral(value):
                return self.numbered(axis, value, name, index.span), None
            case syntax.Name():
                return self.named(index, dimensions, at, indices, is_whole)
            case syntax.Apply(syntax.Name(name=kind), arguments) if kind in (ALL, PART, RANGE, PLACE):
                return self.special(kind, arguments, dimensions, at, name, index.span, is_whole)
            case _:
                return self.run(dimensions, at, index.span), self.term(index)

    def numbered(self, axis: Axis, value: float, name: syntax.Name, span: Span) -> syntax.Subscript:
        """Return the element that a number names."""
        number = math.floor(value)
        if not 1 <= number <= len(axis.elements):
            raise _OutsideError(
                f'"{name.name}" has no element {value:g}: {axis.name} has {len(axis.elements)}'
            )
        return syntax.Subscript(axis.spelling[number - 1], False, span)

    def named(
        self,
        index: syntax.Name,
        dimensions: tuple[str, ...],
        at: int,
        indices: Sequence[syntax.Term],
        is_whole: bool,
    ) -> _Index:
        """Return what a name between brackets means: an element, a dimension, or else a value."""
        axis, key = self.axes[dimensions[at]], name_key(index.name)
        if key in axis.elements:
            return syntax.Subscript(axis.spelling[axis.elements.index(key)], False, index.span), None
        head, point, rest = index.name.rpartition(".")
        other = self.axes.get(name_key(head)) if point else None
        if other is not None and key not in self.slices.shapes:
            element = element_of(other, rest)
            if element is not None:
                number = other.spelling.index(element) + 1
                return self.numbered(axis, number, index, index.span), None
        if is_whole and key == dimensions[at] and key not in self.place.dimensions:
            return self.run(dimensions, at, index.span), None
        if key in self.axes:
            before = sum(isinstance(one, syntax.Name) and name_key(one.name) == key for one in indices[:at])
            return self.dimension(key, dimensions, at, before, index), None
        if key in self.slices.shapes or key in ("time", "self"):
            return self.run(dimensions, at, index.span), self.term(index)
        message = f'"{axis.name}" has no element "{index.name}"'
        self.error("unknown-subscript", message, index.span, did_you_mean(index.name, axis.spelling))
        raise _StopError

    def dimension(
        self, key: str, dimensions: tuple[str, ...], at: int, before: int, index: syntax.Name
    ) -> syntax.Subscript:
        """Return what the name of a dimension means between brackets: the element bound to it."""
        axis = self.axes[dimensions[at]]
        places = [n for n, one in enumerate(self.place.dimensions) if one == key]
        if not places:
            found = self.bound(key, before, index)
            if key == dimensions[at]:
                return found
            places = [n for n, one in enumerate(self.place.subscripts) if one.name == found.name]
        place = places[min(before, len(places) - 1)] if places else 0
        if key == dimensions[at]:
            return replace(self.place.subscripts[place], span=index.span)
        if places:
            found_or_none = self.converted(axis, place, self.place.dimensions[place], index.span)
            if found_or_none is not None:
                return found_or_none
        message = f'"{self.axes[key].name}" does not stand for elements of {axis.name}'
        self.error("wrong-subscripts", message, index.span)
        raise _StopError

    def special(
        self,
        kind: str,
        arguments: tuple[syntax.Term, ...],
        dimensions: tuple[str, ...],
        at: int,
        name: syntax.Name,
        span: Span,
        is_whole: bool,
    ) -> _Index:
        """Return what `*`, `*:SubA`, `1:3` or `@1` means between brackets."""
        axis = self.axes[dimensions[at]]
        if kind == PLACE:
            return self.placed(arguments[0], axis, span), None
        if kind in (ALL, PART) and not self.calls:
            message = "several elements stand here, and only a function of whole arrays takes them"
            self.error("wrong-subscripts", message, span, f"for example SUM({name.name}[*])")
            raise _StopError
        if kind == ALL:
            return self.run(dimensions, at, span), None
        if kind == PART:
            (part,) = arguments
            assert isinstance(part, syntax.Name)
            other = self.axes.get(name_key(part.name))
            if other is None or not set(other.elements) <= set(axis.elements):
                message = f'"{part.name}" is no part of {axis.name}'
                self.error("wrong-subscripts", message, part.span)
                raise _StopError
            return syntax.Subscript(other.name, True, span), None
        low, high = (self.end(one, axis, name) for one in arguments)
        if low > high:
            self.error("wrong-subscripts", "a range of elements must run upward", span)
            raise _StopError
        if is_whole or not self.place.dimensions:
            return syntax.Subscript(self.slices.part(dimensions[at], low, high, span), True, span), None
        return self.shifted(dimensions, at, low, high, span)

    def shifted(self, dimensions: tuple[str, ...], at: int, low: int, high: int, span: Span) -> _Index:
        """Return the element of a range that answers to the place of the equation's own element."""
        key = dimensions[at] if dimensions[at] in self.place.dimensions else self.place.dimensions[0]
        if len(self.axes[key].elements) != high - low + 1:
            size = len(self.axes[key].elements)
            message = f"this range has {high - low + 1} elements where {self.axes[key].name} has {size}"
            self.error("wrong-subscripts", message, span)
            raise _StopError
        number = self.position(key, span)
        if low != 1:
            number = syntax.Infix("+", number, syntax.Numeral(float(low - 1), span), span, span)
        return self.run(dimensions, at, span), number

    def end(self, term: syntax.Term, axis: Axis, name: syntax.Name) -> int:
        """Return the number of the element at one end of a range."""
        found: str | None = None
        if isinstance(term, syntax.Numeral):
            found = self.numbered(axis, term.value, name, term.span).name
        elif isinstance(term, syntax.Name):
            found = element_of(axis, term.name)
        if found is None:
            message = f"the ends of a range must be elements of {axis.name}, or numbers"
            self.error("wrong-subscripts", message, term.span)
            raise _StopError
        return axis.spelling.index(found) + 1

    def placed(self, number: syntax.Term, axis: Axis, span: Span) -> syntax.Subscript:
        """Return what stands at a place of the left side, as `@1` does at the first."""
        assert isinstance(number, syntax.Numeral)
        at = int(number.value) - 1
        if not 0 <= at < len(self.place.dimensions):
            n = len(self.place.dimensions)
            message = f'"@{number.value:g}": the left side has {_count(n)}'
            self.error("wrong-subscripts", message, span)
            raise _StopError
        key = self.place.dimensions[at]
        if self.axes[key] is axis:
            return replace(self.place.subscripts[at], span=span)
        found = self.converted(axis, at, key, span)
        if found is None:
            message = f'"{self.axes[key].name}" does not stand for elements of {axis.name}'
            self.error("wrong-subscripts", message, span)
            raise _StopError
        return found

    def error(self, code: str, message: str, span: Span, *help: str) -> None:
        """Note an error."""
        self.slices.findings.error(code, message, span, *help)


def table_name(name: str) -> str:
    """Return what the graphical function of a variable is called where the variable is one as well."""
    return f"{name} graphical function"
