"""Subscripts, spelled out: what XMILE lets its authors leave out or slice, in the terms all languages share.

In come the equations of a flat model as `terms.py` reads them; out come equations whose names carry
one plain `Subscript` for each dimension, as section 3.7.1 of XMILE 1.0 says:

    a                       in an equation for all of DimA       a[DimA]
    a[Boston], a[Location.Boston], a[1], a[@1]                   a[Boston], a[Boston], a[Boston], a[DimA]
    SUM(a), SUM(a[*]), SUM(a[1:3]), SUM(a[*:SubA])               a[DimA!], a[DimA!], a[DimA 1:3!], a[SubA!]
    SUM(m[DimA, *] * a)     beside a slice, too, in an equation for all of DimA: SUM(m[DimA, DimB!] * a[DimA])
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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from realities.errors import Findings, did_you_mean
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.xmile.brackets import (
    Axis,
    Brackets,
    OutsideError,
    Place,
    Ranges,
    Shape,
    StopError,
    count,
    element_of,
    own_key,
)
from realities.model.xmile.containers import (
    ARRAY_FUNCTIONS,
    EITHER,
    OWN_FUNCTIONS,
    SIZES,
    TABLE_FUNCTIONS,
    counted,
    of_points,
    point,
)
from realities.model.xmile.terms import ALL, PART, PLACE, RANGE, SLICED, TRANSPOSED
from realities.source import Span

#: Calls that only the resolver of XMILE knows.
ELEMENT, POSITION = ":element:", ":position:"


@dataclass(slots=True)
class Slices:
    """Spells out the subscripts of one model, and gathers the dimensions that this takes."""

    axes: Mapping[str, Axis]
    shapes: Mapping[str, Shape]
    findings: Findings
    #: Where the file asks for NaN outside of an array, which is not supported; None where it asks for 0.
    outside: Span | None = None
    #: Keys of variables whose graphical function is called by their name.
    tables: set[str] = field(default_factory=set)
    ranges: Ranges = field(init=False)

    def __post_init__(self) -> None:
        self.ranges = Ranges(self.axes, self.shapes)

    @property
    def dimensions(self) -> Mapping[str, syntax.DimensionDef]:
        """The dimensions that spelling out has taken so far."""
        return self.ranges.made

    def equation(self, equation: syntax.Equation) -> syntax.Equation:
        """Return an equation with every subscript spelled out."""
        left, place = self._left(equation.left)
        if equation.right is None or place is None:
            return replace(equation, left=left)
        return replace(equation, left=left, right=_Speller(self, place).term(equation.right))

    def term(self, term: syntax.Term) -> syntax.Term:
        """Return a term that stands alone, in no array, with every subscript spelled out."""
        return _Speller(self, Place("", (), ())).term(term)

    def _left(self, left: syntax.Left) -> tuple[syntax.Left, Place | None]:
        """Return a left side as resolved, and what its dimensions stand for; None with a finding."""
        shape = self.shapes.get(name_key(left.name))
        dimensions = () if shape is None else shape.dimensions
        if len(dimensions) != len(left.subscripts):
            message = f'"{left.name}" has {count(len(dimensions))}, not {len(left.subscripts)}'
            place = left.subscripts[0].span if left.subscripts else left.span
            self.findings.error("wrong-subscripts", message, place)
            return left, None
        subscripts: list[syntax.Subscript] = []
        for at, (subscript, key) in enumerate(zip(left.subscripts, dimensions, strict=True)):
            axis = self.axes[key]
            if name_key(subscript.name) == key:
                name = self.ranges.alias(key, dimensions[:at].count(key))
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
        found = Place(left.name, dimensions, tuple(subscripts))
        return replace(left, subscripts=found.subscripts), found


@dataclass(slots=True)
class _Speller:
    """Spells out the terms of one equation."""

    slices: Slices
    place: Place
    brackets: Brackets = field(init=False)
    #: Whether an array without brackets keeps the dimensions of the left side: where others are sliced.
    keeps: bool = False

    def __post_init__(self) -> None:
        ranges, findings = self.slices.ranges, self.slices.findings
        self.brackets = Brackets(ranges, self.place, findings, self.term, self.position)

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
            own = self.slices.shapes.get(name_key(self.place.name))
            if is_whole and own is not None and own.dimensions:
                return self.filled(replace(name, name=self.place.name), own, is_whole)
            return syntax.Name(self.place.name, self.place.subscripts, name.span)
        shape = self.slices.shapes.get(key)
        if shape is not None:
            return self.filled(name, shape, is_whole) if shape.dimensions else name
        if key in self.axes:
            return self.position(own_key(self.axes, key), name.span)
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
        if subscript.name in axis.spelling:
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
        if shape is not None and key in OWN_FUNCTIONS and not (shape.is_lookup or shape.has_table):
            shape = None  # a variable named like a function is no function
        if shape is None:
            found = of_points(call, self.slices.shapes)
            if not isinstance(found, syntax.Apply):
                return found
            call = found
        if shape is not None and (shape.is_lookup or shape.has_table):
            found = self.filled(call.function, shape, False) if shape.dimensions else call.function
            arguments = tuple(self.term(one, is_whole=is_whole) for one in call.arguments)
            if isinstance(found, syntax.Name):
                return replace(call, function=self.tabled(found), arguments=arguments)
        if shape is not None and shape.dimensions and len(call.arguments) == 1:
            runs = tuple(
                self.brackets.run(shape.dimensions, at, call.span) for at in range(len(shape.dimensions))
            )
            index = self.term(call.arguments[0])
            fixed = counted(index, [self.axes[one] for one in shape.dimensions], runs)
            if fixed is not None:
                return replace(call.function, subscripts=fixed, span=call.span)
            return self.element((index,), replace(call.function, subscripts=runs), call.span)
        if shape is None and key in TABLE_FUNCTIONS and call.arguments:
            table, *rest = call.arguments
            found = self.term(table, is_whole=is_whole)
            found = self.tabled(found) if isinstance(found, syntax.Name) else found
            return replace(call, arguments=(found, *(self.term(one, is_whole=is_whole) for one in rest)))
        if shape is None and key == "integ":
            net, initial = call.arguments
            return replace(call, arguments=(self.net_flow(net), self.term(initial)))
        if shape is None and key in SIZES and len(call.arguments) == 1:
            dimension = call.arguments[0]
            if isinstance(dimension, syntax.Name) and name_key(dimension.name) not in self.slices.shapes:
                axis = self.axes.get(name_key(dimension.name))
                if axis is not None:
                    return syntax.Numeral(float(len(axis.elements)), call.span)
        keeps = self.keeps
        if shape is None and key in ARRAY_FUNCTIONS:
            is_whole = True
            self.keeps = any(_is_sliced(one) for one in call.arguments)
        either = shape is None and key in EITHER
        self.brackets.calls += 1
        arguments = tuple(
            self.term(
                one, is_whole=is_whole or (either and (len(call.arguments) == 1 or not self.is_over(one)))
            )
            for one in call.arguments
        )
        self.brackets.calls -= 1
        self.keeps = keeps
        return replace(call, arguments=arguments)

    def is_over(self, term: syntax.Term) -> bool:
        """Return whether the left side has every dimension of the arrays without brackets in a term."""
        parts = list(syntax.terms(term))
        sliced = {
            id(one.arguments[0])
            for one in parts
            if isinstance(one, syntax.Apply) and one.function.name == SLICED
        }
        shapes = (
            self.slices.shapes.get(name_key(one.name))
            for one in parts
            if isinstance(one, syntax.Name) and id(one) not in sliced
        )
        return bool(self.place.dimensions) and not any(
            shape is not None and self.beyond(shape) for shape in shapes
        )

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
                    self.brackets.run(shape.dimensions, at, net.span)
                    if at in rest
                    else self.brackets.bound(key, shape.dimensions[:at].count(key), net)
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
        keys = shape.dimensions
        try:
            subscripts = tuple(
                self.brackets.run(keys, at, name.span)
                if is_whole and not (self.keeps and key in self.place.dimensions)
                else self.brackets.bound(key, keys[:at].count(key), name)
                for at, key in enumerate(keys)
            )
        except StopError:
            return syntax.Numeral(0.0, name.span)
        return replace(name, subscripts=subscripts)

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
        if shape is not None and shape.points and len(indices) == 1:
            found_point = point(shape, indices[0], call)
            if found_point is not None:
                return found_point
        if shape is None or not shape.dimensions:
            return self.plain(name, indices, call)
        if any(key not in self.axes for key in shape.dimensions):
            return syntax.Numeral(0.0, call.span)  # a dimension that nothing defines: an error says so
        if len(indices) != len(shape.dimensions):
            message = f'"{name.name}" has {count(len(shape.dimensions))}, not {len(indices)}'
            self.error("wrong-subscripts", message, call.span)
            return syntax.Numeral(0.0, call.span)
        try:
            found = [
                self.brackets.index(index, shape.dimensions, at, indices, name, is_whole)
                for at, index in enumerate(indices)
            ]
        except StopError:
            return syntax.Numeral(0.0, call.span)
        except OutsideError as outside:
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

    def error(self, code: str, message: str, span: Span, *help: str) -> None:
        """Note an error."""
        self.slices.findings.error(code, message, span, *help)


def _is_sliced(term: syntax.Term) -> bool:
    """Return whether a term says itself which elements of an array it takes several of."""
    return any(
        isinstance(one, syntax.Apply) and one.function.name in (ALL, PART, RANGE)
        for one in syntax.terms(term)
    )


def table_name(name: str) -> str:
    """Return what the graphical function of a variable is called where the variable is one as well."""
    return f"{name} graphical function"
