"""Terms of the syntax tree as text, in either language.

In come a term and the `Notation` of a language; out comes text that its reader turns into the same
term, with parentheses only where they are needed. `vensim.py` and `xmile.py` print whole files with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from realities.ir.notation import STRENGTH, Piece, infix, number, prefix
from realities.model import syntax


@dataclass(frozen=True, slots=True)
class Notation:
    """How one language spells what terms are made of.

    Attributes
    ----------
    name
        A name of a variable, quoted where it has to be.
    function
        A name before arguments.
    signs
        Operators that are not spelled as in the tree; "not" is the negation.
    number
        A number that takes part in an expression.
    subscripts
        What stands between brackets behind a name.
    text
        A quoted string.
    points
        The points of a lookup among arguments.
    special
        Calls that are not spelled as a name and its arguments: given the call and how to print an
        argument, returns its piece, or None where it is spelled as others are.
    strength
        How strongly operators bind.
    """

    name: Callable[[str], str]
    function: Callable[[str], str]
    signs: Mapping[str, str]
    subscripts: Callable[[str, Sequence[syntax.Subscript]], str]
    text: Callable[[str], str]
    points: Callable[[syntax.Points], str]
    special: Callable[[syntax.Apply, Callable[[syntax.Term], Piece]], Piece | None] = lambda *_: None
    number: Callable[[float], Piece] = number
    strength: Mapping[str, int] = field(default_factory=lambda: STRENGTH)


def term_text(term: syntax.Term, notation: Notation) -> str:
    """Return a term as text."""
    return _piece(term, notation).text


def reference_text(name: str, subscripts: Sequence[syntax.Subscript], notation: Notation) -> str:
    """Return a name with its subscripts, if it has any."""
    head = notation.name(name)
    return f"{head}[{notation.subscripts(name, subscripts)}]" if subscripts else head


def _piece(term: syntax.Term, notation: Notation) -> Piece:
    """Return a term's text without parentheses around it, and how strongly it binds."""
    match term:
        case syntax.Numeral(value):
            return notation.number(value)
        case syntax.Text(value):
            return Piece(notation.text(value))
        case syntax.Name(name, subscripts):
            return Piece(reference_text(name, subscripts, notation))
        case syntax.Apply():
            return _call(term, notation)
        case syntax.Prefix(op, operand):
            sign = notation.signs.get(op, op)
            return prefix(op, sign, _piece(operand, notation), notation.strength)
        case syntax.Infix():
            return _infix(term, notation)
        case syntax.Points():
            return Piece(notation.points(term))
        case syntax.Rows(values):
            return Piece(", ".join(notation.number(value).text for value in values), 0)
        case _:
            assert_never(term)


def _infix(term: syntax.Infix, notation: Notation) -> Piece:
    """Print operators and operands; a long chain is walked along, not down."""
    spine, first = [term], term.left
    while isinstance(first, syntax.Infix):
        spine.append(first)
        first = first.left
    piece = _piece(first, notation)
    for node in reversed(spine):
        sign = notation.signs.get(node.op, node.op)
        piece = infix(node.op, sign, piece, _piece(node.right, notation), notation.strength)
    return piece


def _call(call: syntax.Apply, notation: Notation) -> Piece:
    special = notation.special(call, lambda term: _piece(term, notation))
    if special is not None:
        return special
    if call.function.subscripts:
        head = reference_text(call.function.name, call.function.subscripts, notation)
    else:
        head = notation.function(call.function.name)
    inside = ", ".join(term_text(one, notation) for one in call.arguments)
    if call.outputs:
        inside += " : " + ", ".join(term_text(one, notation) for one in call.outputs)
    return Piece(f"{head}({inside})")
