"""What stands between the brackets of an array, for `slices.py`: elements, dimensions, `*`, runs and places.

In comes one index where it stands, with the dimensions of its array and the left side of the equation;
out comes the plain `Subscript` it is, and the index itself where only a run can tell the element. Runs
over part of a dimension become dimensions of their own, which `Ranges` gathers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from realities.errors import Findings, did_you_mean
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.xmile.terms import ALL, PART, PLACE, RANGE
from realities.source import Span


@dataclass(frozen=True, slots=True)
class Shape:
    """What a name is: its full name, the keys of its dimensions, whether it is a lookup or holds one.

    A lookup without dimensions has the y values of its `points`.
    """

    name: str
    dimensions: tuple[str, ...]
    is_lookup: bool = False
    has_table: bool = False
    points: tuple[float, ...] = ()


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


#: What a dimension is called in the tree where an element bears its name: XMILE keeps the two apart.
_OTHER_NAME = re.compile(r"(.+) dimension'*", re.DOTALL)


def told_apart(dimensions: Sequence[syntax.DimensionDef]) -> list[syntax.DimensionDef]:
    """Return the dimensions of a file, with other names for those that share theirs with an element (2.1)."""
    elements = {name_key(member.name) for one in dimensions for member in one.members}
    taken = elements | {name_key(one.name) for one in dimensions}
    names: dict[str, str] = {}
    for one in dimensions:
        if name_key(one.name) in elements:
            name = f"{one.name} dimension"
            while name_key(name) in taken:
                name += "'"
            names[name_key(one.name)] = name
            taken.add(name_key(name))

    def named(name: str) -> str:
        return names.get(name_key(name), name)

    return [
        replace(
            one,
            name=named(one.name),
            mappings=tuple(replace(mapping, target=named(mapping.target)) for mapping in one.mappings),
        )
        for one in dimensions
    ]


def as_written(axes: Mapping[str, Axis]) -> dict[str, Axis]:
    """Return dimensions by key of the names that equations use for them, and of their own names."""
    elements = {element for axis in axes.values() for element in axis.elements}
    found = dict(axes)
    for axis in axes.values():
        other = _OTHER_NAME.fullmatch(axis.name)
        if other is not None and name_key(other[1]) in elements:
            found.setdefault(name_key(other[1]), axis)
    return found


def own_key(axes: Mapping[str, Axis], key: str) -> str:
    """Return the key of a dimension's own name, for the key of a name that is used for it."""
    return name_key(axes[key].name) if key in axes else key


def element_of(axis: Axis, name: str) -> str | None:
    """Return an element of a dimension as spelled there, by its name, qualified or not, or its number."""
    head, point, rest = name.rpartition(".")
    other = _OTHER_NAME.fullmatch(axis.name)
    if point and name_key(head) in (name_key(axis.name), name_key(other[1]) if other else ""):
        name = rest
    key = name_key(name)
    if key in axis.elements:
        return axis.spelling[axis.elements.index(key)]
    if key.isdigit() and 1 <= int(key[:9]) <= len(axis.elements):
        return axis.spelling[int(key) - 1]
    return None


@dataclass(slots=True)
class Ranges:
    """The dimensions of a model, and those that its subscripts take besides; `names` are taken already."""

    axes: Mapping[str, Axis]
    names: Mapping[str, Shape]
    made: dict[str, syntax.DimensionDef] = field(default_factory=dict)

    def alias(self, key: str, before: int) -> str:
        """Return the name of a dimension, or another name for it where it stands `before` times already."""
        axis = self.axes[key]
        if not before:
            return axis.name
        name = self._free(f"{axis.name} {before + 1}")
        self.made.setdefault(name_key(name), syntax.DimensionDef(name, (), (), axis.name))
        return name

    def part(self, key: str, low: int, high: int, span: Span) -> str:
        """Return the name of a dimension that is a run of elements of another, numbered from 1."""
        axis = self.axes[key]
        if (low, high) == (1, len(axis.elements)):
            return axis.name
        name = self._free(f"{axis.name} {low}:{high}")
        members = tuple(syntax.Member(one, None, span) for one in axis.spelling[low - 1 : high])
        self.made.setdefault(name_key(name), syntax.DimensionDef(name, members, (), None, span))
        return name

    def _free(self, name: str) -> str:
        """Return a name like this one that nothing in the file bears."""
        while name_key(name) in self.names or name_key(name) in self.axes:
            name += "'"
        return name


@dataclass(frozen=True, slots=True)
class Place:
    """The left side a term stands under: its dimensions, and what stands in their places."""

    name: str
    dimensions: tuple[str, ...]
    subscripts: tuple[syntax.Subscript, ...]


def count(n: int) -> str:
    """Return how many subscripts there are, in words."""
    return f"{n} subscript{'s' if n != 1 else ''}"


class OutsideError(Exception):
    """A literal subscript that is outside of its dimension."""


class StopError(Exception):
    """A subscript that is wrong; the finding has been noted."""


#: An index that only a run can tell, beside the subscript that runs over its dimension.
Index = tuple[syntax.Subscript, syntax.Term | None]


@dataclass(slots=True)
class Brackets:
    """Settles the indices of one equation.

    Attributes
    ----------
    place
        The left side of the equation.
    value
        Spells out an index that is a value: (term) -> term.
    position
        Returns the number of the element that a dimension stands for: (key, place) -> term.
    calls
        How many functions there are around the index that may take whole arrays.
    """

    ranges: Ranges
    place: Place
    findings: Findings
    value: Callable[[syntax.Term], syntax.Term]
    position: Callable[[str, Span], syntax.Term]
    calls: int = 0

    @property
    def axes(self) -> Mapping[str, Axis]:
        """The dimensions of the file, by key."""
        return self.ranges.axes

    def run(self, dimensions: tuple[str, ...], at: int, span: Span) -> syntax.Subscript:
        """Return a subscript that runs over one of the dimensions of an array."""
        key = dimensions[at]
        return syntax.Subscript(self.ranges.alias(key, dimensions[:at].count(key)), True, span)

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
        if own_key(self.axes, name_key(name.name)) == key:
            message = f'"{name.name}" is a dimension, and {here} is no array over it'
            self.error(
                "wrong-subscripts",
                message,
                name.span,
                f"name one of its elements, such as {axis.spelling[0]}",
            )
            raise StopError
        self.error(
            "wrong-subscripts",
            f'"{name.name}" is an array over {axis.name}, which {here} is not',
            name.span,
            f"say which element is meant, as in {name.name}[{axis.spelling[0]}], or SUM over all of them",
        )
        raise StopError

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

    def index(
        self,
        index: syntax.Term,
        dimensions: tuple[str, ...],
        at: int,
        indices: Sequence[syntax.Term],
        name: syntax.Name,
        is_whole: bool,
    ) -> Index:
        """Return the subscript that one index is, and the index itself where only a run can tell it."""
        axis = self.axes[dimensions[at]]
        match index:
            case syntax.Numeral(value):
                if index.span.text in axis.elements:  # an element that is named by a number, as a year is
                    return syntax.Subscript(index.span.text, False, index.span), None
                return self.numbered(axis, value, name, index.span), None
            case syntax.Name():
                return self.named(index, dimensions, at, indices, is_whole)
            case syntax.Apply(syntax.Name(name=kind), arguments) if kind in (ALL, PART, RANGE, PLACE):
                return self.special(kind, arguments, dimensions, at, name, index.span, is_whole)
            case _:
                return self.run(dimensions, at, index.span), self.value(index)

    def numbered(self, axis: Axis, value: float, name: syntax.Name, span: Span) -> syntax.Subscript:
        """Return the element that a number names."""
        number = math.floor(value)
        if not 1 <= number <= len(axis.elements):
            raise OutsideError(
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
    ) -> Index:
        """Return what a name between brackets means: an element, a dimension, or else a value."""
        axis, key = self.axes[dimensions[at]], name_key(index.name)
        if key in axis.elements and not self.runs_over(own_key(self.axes, key), dimensions[at]):
            return syntax.Subscript(axis.spelling[axis.elements.index(key)], False, index.span), None
        head, point, rest = index.name.rpartition(".")
        other = self.axes.get(name_key(head)) if point else None
        if other is not None and key not in self.ranges.names:
            element = element_of(other, rest)
            if element is not None:
                number = other.spelling.index(element) + 1
                return self.numbered(axis, number, index, index.span), None
        if key in self.axes:
            before = sum(isinstance(one, syntax.Name) and name_key(one.name) == key for one in indices[:at])
            key = own_key(self.axes, key)
            if is_whole and key == dimensions[at] and key not in self.place.dimensions:
                return self.run(dimensions, at, index.span), None
            return self.dimension(key, dimensions, at, before, index)
        if key in self.ranges.names or key in ("time", "self"):
            return self.run(dimensions, at, index.span), self.value(index)
        message = f'"{axis.name}" has no element "{index.name}"'
        self.error("unknown-subscript", message, index.span, did_you_mean(index.name, axis.spelling))
        raise StopError

    def runs_over(self, key: str, wanted: str) -> bool:
        """Return whether a name that is an element's, too, means a dimension: the one that is wanted here."""
        left = zip(self.place.dimensions, self.place.subscripts, strict=True)
        return key == wanted and any(key == one == name_key(subscript.name) for one, subscript in left)

    def dimension(
        self, key: str, dimensions: tuple[str, ...], at: int, before: int, index: syntax.Name
    ) -> Index:
        """Return what the name of a dimension means between brackets: the element bound to it.

        Of dimensions without names of elements it is their number, whatever the dimension it stands for.
        """
        axis = self.axes[dimensions[at]]
        places = [n for n, one in enumerate(self.place.dimensions) if one == key]
        if not places:
            found = self.bound(key, before, index)
            if key == dimensions[at]:
                return found, None
            places = [n for n, one in enumerate(self.place.subscripts) if one.name == found.name]
        place = places[min(before, len(places) - 1)] if places else 0
        if key == dimensions[at]:
            return replace(self.place.subscripts[place], span=index.span), None
        if places:
            found_or_none = self.converted(axis, place, self.place.dimensions[place], index.span)
            if found_or_none is not None:
                return found_or_none, None
            if self.axes[key].is_numbered:
                return self.run(dimensions, at, index.span), self.position(key, index.span)
        message = f'"{self.axes[key].name}" does not stand for elements of {axis.name}'
        self.error("wrong-subscripts", message, index.span)
        raise StopError

    def special(
        self,
        kind: str,
        arguments: tuple[syntax.Term, ...],
        dimensions: tuple[str, ...],
        at: int,
        name: syntax.Name,
        span: Span,
        is_whole: bool,
    ) -> Index:
        """Return what `*`, `*:SubA`, `1:3` or `@1` means between brackets."""
        axis = self.axes[dimensions[at]]
        if kind == PLACE:
            return self.placed(arguments[0], axis, span), None
        if kind in (ALL, PART) and not self.calls:
            message = "several elements stand here, and only a function of whole arrays takes them"
            self.error("wrong-subscripts", message, span, f"for example SUM({name.name}[*])")
            raise StopError
        if kind == ALL:
            return self.run(dimensions, at, span), None
        if kind == PART:
            (part,) = arguments
            assert isinstance(part, syntax.Name)
            other = self.axes.get(name_key(part.name))
            if other is None or not set(other.elements) <= set(axis.elements):
                message = f'"{part.name}" is no part of {axis.name}'
                self.error("wrong-subscripts", message, part.span)
                raise StopError
            return syntax.Subscript(other.name, True, span), None
        low, high = (self.end(one, axis, name) for one in arguments)
        if low > high:
            self.error("wrong-subscripts", "a range of elements must run upward", span)
            raise StopError
        if is_whole or not self.place.dimensions:
            return syntax.Subscript(self.ranges.part(dimensions[at], low, high, span), True, span), None
        return self.shifted(dimensions, at, low, high, span)

    def shifted(self, dimensions: tuple[str, ...], at: int, low: int, high: int, span: Span) -> Index:
        """Return the element of a range that answers to the place of the equation's own element."""
        key = dimensions[at] if dimensions[at] in self.place.dimensions else self.place.dimensions[0]
        if len(self.axes[key].elements) != high - low + 1:
            size = len(self.axes[key].elements)
            message = f"this range has {high - low + 1} elements where {self.axes[key].name} has {size}"
            self.error("wrong-subscripts", message, span)
            raise StopError
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
            raise StopError
        return axis.spelling.index(found) + 1

    def placed(self, number: syntax.Term, axis: Axis, span: Span) -> syntax.Subscript:
        """Return what stands at a place of the left side, as `@1` does at the first."""
        assert isinstance(number, syntax.Numeral)
        at = int(number.value) - 1
        if not 0 <= at < len(self.place.dimensions):
            n = len(self.place.dimensions)
            message = f'"@{number.value:g}": the left side has {count(n)}'
            self.error("wrong-subscripts", message, span)
            raise StopError
        key = self.place.dimensions[at]
        if self.axes[key] is axis:
            return replace(self.place.subscripts[at], span=span)
        found = self.converted(axis, at, key, span)
        if found is None:
            message = f'"{self.axes[key].name}" does not stand for elements of {axis.name}'
            self.error("wrong-subscripts", message, span)
            raise StopError
        return found

    def error(self, code: str, message: str, span: Span, *help: str) -> None:
        """Note an error."""
        self.findings.error(code, message, span, *help)
