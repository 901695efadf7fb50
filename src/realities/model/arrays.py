"""Dimensions, and which element each subscript stands for.

In come the dimension definitions of a file; out comes a `Space` that knows every dimension's elements,
subranges spelled out and numbered ranges expanded, what maps to what, and the number of each element.
`expand` then says which scalar variables an equation defines, `Space.element` which element a subscript
on the right means while the left stands for one of them. `resolve.py` uses both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from realities.errors import Findings, did_you_mean
from realities.ir.model import Dimension
from realities.ir.model import name_key as _name_key
from realities.model.syntax import DimensionDef, Equation, MapsTo, Member, Subscript
from realities.source import Span

#: Bounds on what one line of text can ask for.
MOST_ELEMENTS = 10_000
MOST_VARIABLES = 200_000

#: Which element (by key) each dimension (by key) stands for; a `!` behind the key marks a reduction.
Binding = Mapping[str, str]

_NUMBERED = re.compile(r"(.*?)(\d+)", re.DOTALL)

name_key = lru_cache(maxsize=65_536)(_name_key)


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension: element keys in order, and for each dimension it maps to, its elements there."""

    name: str
    elements: tuple[str, ...]
    mappings: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """Every dimension and element of a model, by key."""

    axes: Mapping[str, Axis]
    spelling: Mapping[str, str]
    numbers: Mapping[str, int]

    def dimensions(self) -> tuple[Dimension, ...]:
        """Return the dimensions with elements as their author spelled them."""
        return tuple(
            Dimension(axis.name, tuple(self.spelling[e] for e in axis.elements))
            for axis in self.axes.values()
        )

    def full_name(self, base: str, elements: Sequence[str]) -> str:
        """Return the name of one scalar variable, such as `stock[north,coal]`."""
        return f"{base}[{','.join(self.spelling[e] for e in elements)}]" if elements else base

    def element(self, subscript: Subscript, binding: Binding, findings: Findings) -> str | None:
        """Return the element a subscript on the right side stands for, or None with a finding."""
        key = name_key(subscript.name)
        if subscript.is_reduced:
            if f"{key}!" in binding:
                return binding[f"{key}!"]
            findings.error(
                "wrong-subscripts",
                f'"{subscript.name}!" is summed over nothing here',
                subscript.span,
                'a subscript marked "!" belongs inside SUM, PROD, VMIN, VMAX or VECTOR SELECT',
            )
            return None
        if key in binding:
            return binding[key]
        if key not in self.axes:
            if key not in self.spelling:
                self.unknown(subscript, findings)
                return None
            return key
        found = self._by_mapping(key, binding)
        if found is None:
            backward = [axis.name for axis in map(self.axes.get, binding) if axis and key in axis.mappings]
            findings.error(
                "wrong-subscripts",
                f'"{subscript.name}" is not among the subscripts on the left, and maps to none of them',
                subscript.span,
                *(
                    f'"{name}" maps to "{subscript.name}", which lets "{name}" stand on the right of '
                    f'"{subscript.name}"; for this equation, map "{subscript.name}" to "{name}"'
                    for name in backward
                ),
                f'to sum over it, write "{subscript.name}!" inside SUM',
            )
        return found

    def _by_mapping(self, key: str, binding: Binding) -> str | None:
        """Return the element of dimension `key` that answers to what another dimension is bound to."""
        axis = self.axes[key]
        for bound, element in binding.items():
            other = self.axes.get(bound)
            if other is not None and other.elements == axis.elements:
                return element
        for target, images in axis.mappings.items():
            reached = self.axes[target].elements
            for bound, element in binding.items():
                other = self.axes.get(bound)
                if other is None or not (bound == target or set(other.elements) <= set(reached)):
                    continue
                for source in axis.elements:
                    if element in images[source]:
                        return source
        return None

    def unknown(self, subscript: Subscript | Member | MapsTo, findings: Findings) -> None:
        """Note that a subscript is neither dimension nor element."""
        name = subscript.target if isinstance(subscript, MapsTo) else subscript.name
        known = [axis.name for axis in self.axes.values()] + list(self.spelling.values())
        findings.error(
            "unknown-subscript",
            f'no dimension or element is named "{name}"',
            subscript.span,
            did_you_mean(name, known),
        )


@dataclass(frozen=True, slots=True)
class Instance:
    """One scalar that an equation defines: its elements, what they bind, its place in a list of numbers."""

    elements: tuple[str, ...]
    binding: Binding
    position: int


def build_space(definitions: Iterable[DimensionDef], findings: Findings) -> Space:
    """Return the dimensions of a model; what is wrong with their definitions is noted in `findings`."""
    return _Builder(definitions, findings).build()


class _Builder:
    """Spells out dimensions, however they are defined from one another."""

    def __init__(self, definitions: Iterable[DimensionDef], findings: Findings) -> None:
        self.findings = findings
        self.definitions: dict[str, DimensionDef] = {}
        self.spelling: dict[str, str] = {}
        self.elements: dict[str, tuple[str, ...]] = {}
        for definition in definitions:
            key = name_key(definition.name)
            if key in self.definitions:
                findings.error(
                    "duplicate-name",
                    f'the dimension "{definition.name}" is defined twice',
                    definition.span,
                    f"it is first defined at {self.definitions[key].span}",
                )
            else:
                self.definitions[key] = definition

    def build(self) -> Space:
        for key in self.definitions:
            self.expand(key, ())
        bare = Space(
            {key: Axis(self.definitions[key].name, found) for key, found in self.elements.items()},
            self.spelling,
            self.numbers(),
        )
        axes: dict[str, Axis] = {}
        for key, axis in bare.axes.items():
            definition = self.definitions[key]
            origin, seen = definition, {key}
            while origin.alias_of is not None and name_key(origin.alias_of) not in seen:
                seen.add(name_key(origin.alias_of))
                origin = self.definitions.get(name_key(origin.alias_of), origin)
            axes[key] = Axis(axis.name, axis.elements, self.mappings(origin, axis, bare), definition.span)
        return Space(axes, self.spelling, bare.numbers)

    def expand(self, key: str, within: tuple[str, ...]) -> tuple[str, ...]:
        """Return the element keys of one dimension, defining those it is made of first."""
        if key in self.elements:
            return self.elements[key]
        definition = self.definitions[key]
        if key in within:
            listed = [member for member in definition.members if name_key(member.name) == key]
            what = "is listed among its own elements" if listed else "is defined by itself"
            place = listed[0].span if listed else definition.span
            self.findings.error("cycle", f'the dimension "{definition.name}" {what}', place)
            return ()
        inside = (*within, key)
        if definition.alias_of is not None:
            other = name_key(definition.alias_of)
            if other in self.definitions:
                found = list(self.expand(other, inside))
            else:
                alias = Subscript(definition.alias_of, False, definition.span)
                Space({}, {}, {}).unknown(alias, self.findings)
                found = []
        else:
            found = [e for member in definition.members for e in self.member(member, inside)]
        unique = tuple(dict.fromkeys(found))
        if len(unique) < len(found):
            twice = next(e for i, e in enumerate(found) if e in found[:i])
            self.findings.error(
                "duplicate-name",
                f'"{self.spelling[twice]}" is listed twice in "{definition.name}"',
                definition.span,
            )
        self.elements[key] = unique
        return unique

    def member(self, member: Member, within: tuple[str, ...]) -> Iterable[str]:
        """Return the element keys that one entry of a list stands for."""
        key = name_key(member.name)
        if member.last is not None:
            return self.numbered(member, member.last)
        if key in self.definitions:
            return self.expand(key, within)
        self.spelling.setdefault(key, member.name)
        return (key,)

    def numbered(self, member: Member, last: str) -> Iterable[str]:
        """Return the element keys of a range such as (A1-A5)."""
        first_match, last_match = _NUMBERED.fullmatch(member.name), _NUMBERED.fullmatch(last)
        prefixes = {name_key(match[1]) for match in (first_match, last_match) if match}
        if first_match is None or last_match is None or len(prefixes) > 1:
            self.findings.error(
                "wrong-subscripts",
                f'"({member.name}-{last})" is no numbered range: both ends need one name and a number',
                member.span,
            )
            return ()
        low, high = (int(match[2][:9]) for match in (first_match, last_match))
        if not low <= high < low + MOST_ELEMENTS:
            self.findings.error(
                "wrong-subscripts",
                f'"({member.name}-{last})" must run upward, over at most {MOST_ELEMENTS:,} elements',
                member.span,
            )
            return ()
        width = len(first_match[2]) if first_match[2].startswith("0") else 0
        names = [f"{first_match[1]}{number:0{width}d}" for number in range(low, high + 1)]
        for name in names:
            self.spelling.setdefault(name_key(name), name)
        return [name_key(name) for name in names]

    def numbers(self) -> dict[str, int]:
        """Return each element's number: its place in the largest dimension that holds it, from 1."""
        numbers: dict[str, int] = {}
        for elements in sorted(self.elements.values(), key=len, reverse=True):
            for number, element in enumerate(elements, start=1):
                numbers.setdefault(element, number)
        return numbers

    def mappings(
        self, definition: DimensionDef, axis: Axis, space: Space
    ) -> dict[str, dict[str, tuple[str, ...]]]:
        """Return, for each dimension this one maps to, the elements there that answer to each of its own."""
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for mapping in definition.mappings:
            target = name_key(mapping.target)
            if target not in space.axes:
                space.unknown(mapping, self.findings)
                continue
            images: list[tuple[str, ...]] = [(element,) for element in space.axes[target].elements]
            if mapping.members:
                images = [tuple(self.member(member, ())) for member in mapping.members]
                if len(images) != len(axis.elements):
                    images = [(e,) for image in images for e in image]
            if len(images) != len(axis.elements):
                self.findings.error(
                    "wrong-subscripts",
                    f'"{definition.name}" has {len(axis.elements)} elements and maps to {len(images)} '
                    f'of "{mapping.target}"',
                    mapping.span,
                )
                continue
            found[target] = dict(zip(axis.elements, images, strict=True))
        return found


def expand(equation: Equation, space: Space, findings: Findings) -> Iterator[Instance]:
    """Yield the scalars that an equation defines, the last subscript running fastest."""
    left = equation.left
    choices = [_choices(subscript, space, findings) for subscript in left.subscripts]
    if any(not choice for choice in choices):
        return
    keys = [name_key(subscript.name) for subscript in left.subscripts]
    loops = [key for key in keys if key in space.axes]
    if len(set(loops)) < len(loops):
        findings.error("wrong-subscripts", "a dimension stands twice on the left side", left.span)
        return
    if math.prod(len(choice) for choice in choices) > MOST_VARIABLES:
        findings.error(
            "too-large", f'"{left.name}" would be more than {MOST_VARIABLES:,} variables', left.span
        )
        return
    excluded = _excluded(equation, space, findings)
    for position, elements in enumerate(product(*choices)):
        if elements not in excluded:
            bound = {key: element for key, element in zip(keys, elements, strict=True) if key in space.axes}
            yield Instance(elements, bound, position)


def _choices(subscript: Subscript, space: Space, findings: Findings) -> tuple[str, ...]:
    """Return the elements a subscript on the left stands for."""
    key = name_key(subscript.name)
    if key in space.axes:
        return space.axes[key].elements
    if key in space.spelling:
        return (key,)
    space.unknown(subscript, findings)
    return ()


def _excluded(equation: Equation, space: Space, findings: Findings) -> set[tuple[str, ...]]:
    """Return the combinations that :EXCEPT: takes out."""
    excluded: set[tuple[str, ...]] = set()
    for exception in equation.left.exceptions:
        if len(exception) != len(equation.left.subscripts):
            findings.error(
                "wrong-subscripts",
                f":EXCEPT: needs {len(equation.left.subscripts)} subscripts here, as the left side has",
                exception[0].span,
            )
            continue
        excluded.update(product(*(_choices(subscript, space, findings) for subscript in exception)))
    return excluded
