"""A unit as a modeller wrote it -> `Unit`.

In comes text ("person/Month", "km2", "thousand tonnes") with the names that a file defines, as where `$` is
a dollar; out comes a unit of `unit_algebra.py`, or where reading stopped and why. `model/unitcheck.py` uses
this next, and `case/` to convert observations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from realities.unit_algebra import PLAIN_NAME, Meaning, Unit, UnitError, product_of
from realities.unit_names import definition_of, is_known, key_of

__all__ = ["DIMENSIONLESS", "PLAIN_NAMES", "Unit", "UnitError", "UnitNames", "parse_unit", "unit_names"]

_LONGEST_NUMBER = 200
_PER = re.compile(r"per_[^\W_]", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.]+(?:e[-+]?\d+)?")
_TOKEN = re.compile(
    rf"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
          | (?P<operator>\*\*|[*/^()·×²³])
          | (?P<name>"[^"]*[^\s"][^"]*"|{PLAIN_NAME})
          | (?P<other>\S))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, eq=False)
class UnitNames:
    """Names of units that one file gives a meaning, by key: base units with exponents, and their number."""

    meanings: Mapping[str, Meaning] = field(default_factory=dict)


#: Where a file says nothing about its units.
PLAIN_NAMES = UnitNames()


def unit_names(
    definitions: Iterable[tuple[str, str, Sequence[str]]],
) -> tuple[UnitNames, dict[str, UnitError]]:
    """Return what the units mean that a file defines, and by name what is wrong with a definition.

    Parameters
    ----------
    definitions
        For each unit its name, what it is made of ("1000*gram"; empty where that is not said), and its
        other names. Units may be made of others that are defined later.

    Examples
    --------
    >>> names, wrong = unit_names([("Dollar", "", ["$", "USD"]), ("dozen", "12 egg", [])])
    >>> parse_unit("$/Month", names) == parse_unit("Dollar/Month", names)
    True
    >>> parse_unit("dozen", names).factor_to(parse_unit("egg"))
    12.0
    """
    namer = _Namer(list(definitions))
    for index in range(len(namer.definitions)):
        namer.settle(index)
    return UnitNames(namer.meanings), namer.wrong


class _Namer:
    """Works out the units of a file, those first that others are made of."""

    def __init__(self, definitions: list[tuple[str, str, Sequence[str]]]) -> None:
        self.definitions = definitions
        self.meanings: dict[str, Meaning] = {}
        self.wrong: dict[str, UnitError] = {}
        self._settled: set[int] = set()
        self._places = {
            key_of(name): index
            for index, (first, _, others) in reversed(list(enumerate(definitions)))
            for name in (first, *others)
        }

    def settle(self, index: int) -> None:
        """Give all names of one unit their meaning."""
        if index in self._settled:
            return
        self._settled.add(index)
        name, equation, others = self.definitions[index]
        keys = [key for key in map(key_of, (name, *others)) if key and not _NUMBER.fullmatch(key)]
        try:
            meaning = self._made_of(equation) if equation else self._as_known(keys)
        except UnitError as error:
            self.wrong[name] = error
            meaning = self._as_known(keys)
        self.meanings |= dict.fromkeys(keys, meaning)

    def _made_of(self, equation: str) -> Meaning:
        for name in _Parser(equation, PLAIN_NAMES).whole().names:
            if key_of(name) in self._places:
                self.settle(self._places[key_of(name)])
        return _Parser(equation, UnitNames(self.meanings)).whole().in_base()

    def _as_known(self, keys: Sequence[str]) -> Meaning:
        """Return the meaning of several names of one unit: of the first that has one, else the first."""
        for key in keys:
            if key in self.meanings:
                return self.meanings[key]
        for key in keys:
            if is_known(key):
                return _meaning(key)
        return _meaning(keys[0]) if keys else ((), Fraction(1))


def _meaning(key: str) -> Meaning:
    size, base = definition_of(key)
    return base, size


@lru_cache(maxsize=4096)
def parse_unit(text: str, names: UnitNames = PLAIN_NAMES) -> Unit:
    """Return the unit that `text` names.

    Names are joined by `*`, `/` or `per`, and raised by `^`; case does not matter, a plural equals its
    singular, a number before a name multiplies it ("1000 person"), and words in a row are one name.
    `thousand`, `million` and `billion` before a name multiply it. `names` are those a file defines.

    Raises
    ------
    UnitError
        If `text` is empty or cannot be read; `offset` says where.

    Examples
    --------
    >>> str(parse_unit("Persons / Month"))
    'Persons/Month'
    >>> parse_unit("km2") == parse_unit("km*km")
    True
    """
    return _Parser(text, names).whole()


class _Parser:
    """Recursive descent over the tokens of one unit; products group from the left."""

    def __init__(self, text: str, names: UnitNames) -> None:
        self.text = text
        self.meanings = names.meanings
        self.tokens: list[tuple[str, str, int]] = []
        for match in _TOKEN.finditer(text):
            kind = str(match.lastgroup)
            word = match[kind]
            if kind == "other":
                raise UnitError(f'"{word}" cannot stand in a unit', match.start(kind))
            start = match.start(kind)
            if kind == "name" and word.casefold() == "per":
                self.tokens.append(("operator", "/", start))
            elif _PER.match(word) and key_of(word) not in self.meanings:
                self.tokens += [("operator", "/", start), ("name", word[4:], start + 4)]
            else:
                self.tokens.append((kind, word, start))
        self.at = 0
        self.depth = 0

    def whole(self) -> Unit:
        if not self.tokens:
            raise UnitError("a unit is missing here; write Dmnl for a pure number")
        try:
            unit = self.product()
        except UnitError as error:
            # An exponent or factor out of bounds is found while multiplying, past its token.
            raise UnitError(str(error), error.offset or self.offset(-1)) from None
        if self.at < len(self.tokens):
            raise UnitError(f'"{self.tokens[self.at][1]}" was not expected here', self.offset())
        return unit

    def product(self) -> Unit:
        unit = self.power()
        while self.peek() in ("*", "/", "·", "×"):
            operator = self.take()[1]
            right = self.power()
            unit = unit / right if operator == "/" else unit * right
        return unit

    def power(self) -> Unit:
        """Read one factor; a number directly before a name belongs to it, as in litre/100 km."""
        unit = self.atom()
        while self.peek() in ("^", "**", "²", "³"):
            operator = self.take()[1]
            unit = unit ** ({"²": Fraction(2), "³": Fraction(3)}.get(operator) or self.exponent())
        return unit

    def atom(self) -> Unit:
        kind, word, offset = self.take()
        if kind == "number":
            number = Unit(_number(word, offset))
            return number * self.power() if self.peek_kind() == "name" else number
        if kind == "name":
            words = [word.strip('"')]
            while self.peek_kind() == "name":
                words.append(self.take()[1].strip('"'))
            name = " ".join(" ".join(words).split())
            return product_of(Fraction(1), [(name, Fraction(1))], self.meanings.get(key_of(name)))
        if word == "/" and self.text[offset] != "/":  # "per year" alone, or "per_year" anywhere
            return Unit(Fraction(1)) / self.power()
        if word != "(":
            raise UnitError(f'a unit was expected here, not "{word}"', offset)
        return self.parenthesis()

    def parenthesis(self) -> Unit:
        self.depth += 1
        if self.depth > 50:
            raise UnitError("too many parentheses within one another", self.offset())
        unit = self.product()
        self.expect(")")
        self.depth -= 1
        return unit

    def exponent(self) -> Fraction:
        """Read 2, -1, 0.5 or (1/2) after a caret; a sign belongs to the name token there."""
        if self.peek() == "(":
            self.take()
            value = self.exponent()
            if self.peek() == "/":
                offset = self.take()[2]
                below = self.exponent()
                if below == 0:
                    raise UnitError("an exponent is divided by zero", offset)
                value /= below
            self.expect(")")
            return value
        kind, word, offset = self.take()
        if kind == "operator" or not re.fullmatch(r"[-+]?\d+(?:\.\d+)?", word):
            raise UnitError(f'an exponent was expected here, not "{word}"', offset)
        return _number(word, offset)

    def expect(self, operator: str) -> None:
        if self.peek() != operator:
            raise UnitError(f'"{operator}" was expected here', self.offset())
        self.at += 1

    def take(self) -> tuple[str, str, int]:
        if self.at >= len(self.tokens):
            raise UnitError("the unit ends too early", len(self.text))
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self) -> str | None:
        at_operator = self.at < len(self.tokens) and self.tokens[self.at][0] == "operator"
        return self.tokens[self.at][1] if at_operator else None

    def peek_kind(self) -> str | None:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else None

    def offset(self, back: int = 0) -> int:
        at = self.at + back
        return self.tokens[at][2] if at < len(self.tokens) else len(self.text)


def _number(word: str, offset: int) -> Fraction:
    if len(word) > _LONGEST_NUMBER:
        raise UnitError(f"a number in a unit has at most {_LONGEST_NUMBER} digits", offset)
    exponent = re.search(r"[eE]([-+]?\d+)$", word)
    if exponent and abs(int(exponent[1])) > 60:
        raise UnitError(f"{word} is too large or too small for a unit", offset)
    return Fraction(word)


#: A pure number.
DIMENSIONLESS = parse_unit("Dmnl")
