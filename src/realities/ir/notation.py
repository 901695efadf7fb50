"""How strongly operators bind, and the pieces of text that expressions are printed from.

In come pieces, each a text and the strength of the operator at its top; out comes one piece, with
parentheses only where they are needed. The strengths are Vensim's; a language that binds otherwise
brings a table of its own. `text.py` prints the core with them, `model/write/terms.py` syntax trees.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from realities.ir.builtins import NOT_AVAILABLE

#: How strongly each operator binds in Vensim; "sign" and "not" are the prefixes.
STRENGTH: Mapping[str, int] = MappingProxyType(
    {
        "or": 1,
        "and": 2,
        "not": 3,
        "=": 4,
        "<>": 4,
        "<": 4,
        "<=": 4,
        ">": 4,
        ">=": 4,
        "+": 5,
        "-": 5,
        "*": 6,
        "/": 6,
        "sign": 7,
        "^": 8,
    }
)
#: Names, numbers, calls and what stands in parentheses.
ATOM = 9
#: Operators that take no equal beside them without parentheses, on either side.
_UNCHAINED = frozenset(("=", "<>", "<", "<=", ">", ">="))


class Piece(NamedTuple):
    """A text, and how strongly the operator at its top binds."""

    text: str
    strength: int = ATOM

    def within(self, least: int) -> str:
        """Return the text, in parentheses where it binds less strongly than `least`."""
        return self.text if self.strength >= least else f"({self.text})"

    def behind(self, least: int) -> str:
        """Return the same for what stands behind an operator: no two signs follow on one another."""
        return f"({self.text})" if self.text.startswith(("-", "+")) else self.within(least)


def infix(op: str, sign: str, left: Piece, right: Piece, strength: Mapping[str, int] = STRENGTH) -> Piece:
    """Return two operands around an operator, printed as `sign`."""
    own = strength[op]
    if op == "^":
        return Piece(f"{left.within(ATOM)} {sign} {right.behind(strength['sign'])}", own)
    least_left = own + 1 if op in _UNCHAINED else own
    return Piece(f"{left.within(least_left)} {sign} {right.behind(own + 1)}", own)


def prefix(op: str, sign: str, operand: Piece, strength: Mapping[str, int] = STRENGTH) -> Piece:
    """Return an operand behind a sign or a negation, printed as `sign`."""
    own = strength["not" if op == "not" else "sign"]
    return Piece(f"{sign}{operand.behind(own)}", own)


def number(value: float) -> Piece:
    """Return a number in as few digits as give it back."""
    is_signed = value < 0 and value != NOT_AVAILABLE
    return Piece(number_text(value), STRENGTH["sign"] if is_signed else ATOM)


def number_text(value: float) -> str:
    """Return a number in as few digits as give it back, or `:NA:`."""
    return ":NA:" if value == NOT_AVAILABLE else repr(float(value)).removesuffix(".0")
