"""How XMILE spells the terms of an equation, what stands in brackets among them.

In comes a term of the syntax tree, in which every subscript is spelled out; out comes its text, in which
an array that is run over has a `*`, part of one a range, and an element that only a run can tell its
index. `Speller` knows the dimensions of every variable for that. `xmile.py` prints files with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from realities.ir.notation import ATOM, STRENGTH, Piece
from realities.model import syntax
from realities.model.arrays import Space, name_key
from realities.model.write.terms import Notation, term_text
from realities.model.xmile.functions import CONSTANTS, SIMPLE
from realities.model.xmile.plain import PLAIN
from realities.model.xmile.reductions import REDUCTIONS
from realities.model.xmile.stateful import STATEFUL

_PLAIN = re.compile(r"(?:[^\W\d_]|[^\x00-\x7f])(?:[\w$]|[^\x00-\x7f])*")
_WORDS = frozenset(("if", "then", "else", "and", "or", "not", "mod"))
#: Names of functions, which a variable can have between quotation marks only.
FUNCTIONS = frozenset((*SIMPLE, *PLAIN, *STATEFUL, *REDUCTIONS)) - {"time", "dt", "starttime", "stoptime"}
FUNCTIONS -= frozenset(CONSTANTS)
_RANGE = re.compile(r"(.*) (\d+):(\d+)'*", re.DOTALL)
#: How strongly operators bind: a NOT as a sign does; comparisons never stand side by side.
_STRENGTH = MappingProxyType({**STRENGTH, "not": 7, "mod": 6})
_NOWHERE = syntax.Left("")


def name_text(name: str) -> str:
    """Return the name of a variable in an equation, quoted where its characters or a function ask for it."""
    return _quoted(name) if name_key(name) in FUNCTIONS else function_text(name)


def function_text(name: str) -> str:
    """Return a name before parentheses, between quotation marks where its characters need them."""
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else _quoted(name)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number(value: float) -> Piece:
    return Piece(repr(float(value)).removesuffix(".0"), ATOM if value >= 0 else STRENGTH["sign"])


def number_text(value: float) -> str:
    """Return a number in as few digits as give it back."""
    return _number(value).text


@dataclass(frozen=True, slots=True)
class Speller:
    """Spells the terms of one file.

    Attributes
    ----------
    space
        The dimensions and elements.
    shapes
        The names of each variable's dimensions, by its key.
    definitions
        The definitions of dimensions, by their key.
    """

    space: Space
    shapes: Mapping[str, Sequence[str]]
    definitions: Mapping[str, syntax.DimensionDef]

    def text(self, term: syntax.Term, left: syntax.Left = _NOWHERE) -> str:
        """Return a term as text, in the equation of a left side."""
        return term_text(term, self.notation(left))

    def notation(self, left: syntax.Left) -> Notation:
        """Return how terms are spelled in the equation of a left side."""
        return Notation(
            name=name_text,
            function=function_text,
            signs={"and": "AND", "or": "OR", "not": "NOT "},
            subscripts=lambda name, subscripts: ", ".join(self._subscripts(name, subscripts, left)),
            text=lambda text: f'"{text}"',
            points=lambda _: "",
            special=lambda call, piece: self._special(call, piece, left),
            number=_number,
            strength=_STRENGTH,
        )

    def is_made(self, dimension: syntax.DimensionDef) -> bool:
        """Return whether a dimension only spells out what stands in brackets, as `X 2` and `X 1:3` do."""
        found = _RANGE.fullmatch(dimension.name)
        return dimension.alias_of is not None or (found is not None and name_key(found[1]) in self.space.axes)

    def dimensions(self, parts: Sequence[syntax.Equation]) -> list[str]:
        """Return the dimensions of a variable, by the names that the file defines."""
        return [self._origin(name) for name in variable_dimensions(parts, self.space)]

    def _origin(self, name: str) -> str:
        """Return the dimension that a name is another name for."""
        definition = self.definitions.get(name_key(name))
        return name if definition is None or definition.alias_of is None else definition.alias_of

    def _subscripts(self, name: str, subscripts: Sequence[syntax.Subscript], left: syntax.Left) -> list[str]:
        """Return what stands between the brackets behind a name."""
        shape = self.shapes.get(name_key(name), ())
        own = [shape[place] if place < len(shape) else "" for place in range(len(subscripts))]
        return [self._subscript(one, axis, left) for one, axis in zip(subscripts, own, strict=True)]

    def _subscript(self, subscript: syntax.Subscript, axis: str, left: syntax.Left) -> str:
        name = subscript.name
        if not subscript.is_reduced:
            places = [name_key(one.name) for one in left.subscripts]
            has_twin = len({self._origin(one.name) for one in left.subscripts}) < len(places)
            if has_twin and name_key(name) in places and name_key(name) in self.space.axes:
                return f"@{places.index(name_key(name)) + 1}"
            return name if self._is_numbered(name, axis) else name_text(name)
        if name_key(self._origin(name)) == name_key(self._origin(axis)):
            return "*"
        found = _RANGE.fullmatch(name)
        if found is not None and name_key(found[1]) == name_key(self._origin(axis)):
            return f"{found[2]}:{found[3]}"
        return f"*:{name_text(name)}"

    def _is_numbered(self, name: str, axis: str) -> bool:
        """Return whether an element of a dimension is called by its own number in it."""
        found = self.space.axes.get(name_key(axis))
        if found is None or not name.isdecimal() or not 0 < int(name) <= len(found.elements):
            return False
        return found.elements[int(name) - 1] == name

    def _special(
        self, call: syntax.Apply, piece: Callable[[syntax.Term], Piece], left: syntax.Left
    ) -> Piece | None:
        """Return the calls that are spelled with words or brackets instead of a name before arguments."""
        match name_key(call.function.name), call.arguments:
            case "if then else", (condition, chosen, otherwise):
                parts = [piece(one).text for one in (condition, chosen, otherwise)]
                return Piece("IF {} THEN {} ELSE {}".format(*parts), 0)
            case "mod", (dividend, divisor):
                own = _STRENGTH["mod"]
                text = f"{piece(dividend).within(own)} MOD {piece(divisor).within(own + 1)}"
                return Piece(text, own)
            case ":position:", (syntax.Name(name),):
                return Piece(name_text(self._origin(name)))
            case ":element:", (*indices, syntax.Name() as array):
                return Piece(self._element([piece(one).text for one in indices], array, left))
            case _:
                return None

    def _element(self, indices: Sequence[str], array: syntax.Name, left: syntax.Left) -> str:
        """Return an array with the numbers that say which element is meant."""
        marks = sum(one.is_reduced for one in array.subscripts)
        if len(indices) < marks:
            return f"{name_text(array.name)}({indices[0]})"
        rest = iter(indices)
        inside = [
            next(rest) if one.is_reduced else text
            for one, text in zip(
                array.subscripts, self._subscripts(array.name, array.subscripts, left), strict=True
            )
        ]
        return f"{name_text(array.name)}[{', '.join(inside)}]"


def variable_dimensions(parts: Sequence[syntax.Equation], space: Space) -> list[str]:
    """Return the dimensions of a variable, from the left sides of its equations."""
    return dimensions_of([[one.name for one in part.left.subscripts] for part in parts], space)


def dimensions_of(subscripts: Sequence[Sequence[str]], space: Space) -> list[str]:
    """Return the dimensions of a variable, from the names between the brackets of its left sides."""
    found: list[str] = []
    for names in zip(*subscripts, strict=True):
        found.append(_dimension(names, space, found))
    return found


def _dimension(names: Iterable[str], space: Space, used: Sequence[str]) -> str:
    """Return the dimension that some subscripts run through: the smallest that holds them all.

    Of several that hold the same, one that the variable does not have yet.
    """
    keys = dict.fromkeys(name_key(name) for name in names)
    if len(keys) == 1 and (only := next(iter(keys))) in space.axes:
        return space.axes[only].name
    elements = {one for key in keys for one in (space.axes[key].elements if key in space.axes else (key,))}
    holding = [axis for axis in space.axes.values() if elements <= set(axis.elements)]
    if not holding:
        return ""
    return min(holding, key=lambda axis: (len(axis.elements), axis.name in used)).name
