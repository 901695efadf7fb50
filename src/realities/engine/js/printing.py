"""JavaScript expressions as text, with no more parentheses than they need.

In come texts of operands; out goes the text of an operation, and how tightly it binds. Names that people gave
become strings here, which nothing in them can end: neither quotes nor the end of a script.
`functions.py` next prints whole functions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

#: How tightly things bind, as in the grammar of JavaScript; what binds less stands in parentheses.
ATOM, UNARY, TIMES, PLUS, LESS, EQUAL, AND, OR, CHOICE = 20, 15, 13, 12, 10, 9, 6, 5, 4
_BINARY = {
    "+": (PLUS, "+"),
    "-": (PLUS, "-"),
    "*": (TIMES, "*"),
    "/": (TIMES, "/"),
    "%": (TIMES, "%"),
    "<": (LESS, "<"),
    "<=": (LESS, "<="),
    "=": (EQUAL, "==="),
    "and": (AND, "&&"),
    "or": (OR, "||"),
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_RESERVED = frozenset(
    {
        *("do", "if", "in", "for", "let", "new", "try", "var"),
        *("case", "else", "enum", "eval", "null", "this", "true", "void", "with", "Math"),
    }
)


@dataclass(frozen=True, slots=True)
class Text:
    """An expression: its text, how tightly it binds, and how many operations stand within each other."""

    text: str
    binds: int = ATOM
    depth: int = 0

    def within(self, binds: int) -> str:
        """Return the text for a place that wants something that binds so tightly."""
        return self.text if self.binds >= binds else f"({self.text})"

    @property
    def is_atom(self) -> bool:
        """Whether it is a name or a number, which may well be written twice."""
        return self.depth == 0


def binary(op: str, left: Text, right: Text) -> Text:
    """Return an operation on two operands; JavaScript does those of one kind from the left."""
    binds, sign = _BINARY[op]
    after = right.within(binds + 1)
    space = " " if after.startswith(sign) and sign in "+-" else ""  # a--b is something else
    return Text(f"{left.within(binds)}{sign}{space}{after}", binds, _deeper(left, right))


def prefixed(sign: str, operand: Text) -> Text:
    """Return -x or !x."""
    inner = operand.within(UNARY)
    return Text(sign + (f"({inner})" if inner.startswith(sign) else inner), UNARY, _deeper(operand))


def choice(condition: Text, chosen: Text, otherwise: Text) -> Text:
    """Return one of two, as a condition says; only that one is computed."""
    text = f"{condition.within(OR)}?{chosen.within(CHOICE)}:{otherwise.within(CHOICE)}"
    return Text(text, CHOICE, _deeper(condition, chosen, otherwise))


def called(function: str, *arguments: Text) -> Text:
    """Return what a function gives."""
    text = f"{function}({','.join(one.within(CHOICE) for one in arguments)})"
    return Text(text, ATOM, _deeper(*arguments))


def extreme(op: str, x: Text, y: Text, numbers: tuple[float | None, float | None]) -> Text:
    """Return the lesser or the greater of two; of two zeros the second, NaN of either.

    `numbers` are the two where they are known; where `needs_atoms` says so, both must be atoms.
    """
    if needs_atoms(op, numbers):
        first = "<" if op == "min" else ">"
        text = f"{x.text}{first}{y.text}||{x.text}!=={x.text}?{x.text}:{y.text}"
        return Text(text, CHOICE, 1)
    return called(f"Math.{op}", x, y)


def needs_atoms(op: str, numbers: tuple[float | None, float | None]) -> bool:
    """Return whether `Math.min` or `Math.max` could give the other of two zeros."""
    if any(number is not None and number != 0.0 for number in numbers):
        return False
    second = numbers[1]
    return op == "min" or second is None or math.copysign(1.0, second) < 0.0


def _deeper(*operands: Text) -> int:
    return 1 + max((one.depth for one in operands), default=0)


def number(value: float) -> Text:
    """Return a double, to the last bit."""
    if math.isnan(value):
        return Text("NaN")
    if math.isinf(value):
        return Text("1/0", TIMES, 0) if value > 0.0 else Text("-1/0", TIMES, 0)
    text = repr(value).removesuffix(".0").replace("e+", "e").replace("e-0", "e-")
    if text.startswith(("0.", "-0.")):
        text = text.replace("0.", ".", 1)
    return Text(_short(text), UNARY if text.startswith("-") else ATOM)


def _short(text: str) -> str:
    """Return a whole number with its zeros counted where that is shorter."""
    bare = text.rstrip("0")
    if text.lstrip("-").isdigit() and len(text) - len(bare) > 2:
        return f"{bare}e{len(text) - len(bare)}"
    return text


def string(text: str) -> str:
    """Return a string that only ASCII stands in, and no character that a page could take for markup."""
    quoted = json.dumps(text, ensure_ascii=True)
    return quoted.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def strings(texts: list[str]) -> str:
    """Return an array of strings."""
    return f"[{','.join(map(string, texts))}]"


def numbers(values: list[float]) -> str:
    """Return an array of numbers."""
    return f"[{','.join(number(value).text for value in values)}]"


def short_names(taken: frozenset[str], *, capital: bool) -> Iterator[str]:
    """Yield names that are not taken, the shortest first: a, b, ..., aa, or A, B, ..., Aa."""
    for length in range(1, 5):
        for letters in product(_LETTERS, repeat=length):
            name = "".join(letters)
            name = name.capitalize() if capital else name
            if name not in taken and name not in _RESERVED:
                yield name
