"""Unit algebra: parse, multiply, divide, compare, print.

In comes a unit as a modeller wrote it ("person/Month", "km2", "thousand tonnes"); out goes a `Unit`, a
number times a product of named units with rational exponents. Names keep their author's spelling
for printing; comparison goes by meaning: a week is seven days, and persons are people, and `$` is a dollar
where a file says so (`UnitNames`). `model/unitcheck.py` uses this next, and `case/` to convert observations.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from realities.errors import RealitiesError
from realities.unit_names import PURE, Dimension, definition_of, is_known, key_of

#: Larger exponents or factors than these are a slip of the pen, and would only overflow.
_LARGEST_EXPONENT = 64
_LONGEST_NUMBER = 200
_LARGEST_FACTOR = Fraction(10) ** 60


class UnitError(RealitiesError, ValueError):
    """A unit that cannot be read or converted; `offset` is the character where reading stopped."""

    def __init__(self, message: str, offset: int = 0) -> None:
        self.offset = offset
        super().__init__(message)


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A number times named units, each to a rational power.

    Two units are equal when they measure the same thing by the same amount, however they are spelled:
    `parse_unit("week") == parse_unit("7 days")`. `names` are the units as spelled, none twice and in
    the order of writing; `exponents` stand beside them.
    """

    factor: Fraction = Fraction(1)
    names: tuple[str, ...] = ()
    exponents: tuple[Fraction, ...] = ()
    #: What it comes to in base units, and how many; worked out from the names where it is not given.
    _base: tuple[Dimension, Fraction] | None = field(default=None, repr=False)
    _dimension: Dimension = field(init=False, repr=False)
    _scale: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 1 / _LARGEST_FACTOR <= self.factor <= _LARGEST_FACTOR:
            raise UnitError(
                f"the number in a unit must be positive and below 1e60, not {_roughly(self.factor)}"
            )
        if any(abs(exponent) > _LARGEST_EXPONENT for exponent in self.exponents):
            raise UnitError(f"an exponent in a unit must be at most {_LARGEST_EXPONENT}")
        base = self._base or _reduce(self.factor, self.names, self.exponents)
        object.__setattr__(self, "_base", base)
        object.__setattr__(self, "_dimension", base[0])
        object.__setattr__(self, "_scale", float(base[1]))

    @property
    def is_dimensionless(self) -> bool:
        """Whether this is a pure number, percent and such included."""
        return not self._dimension

    @property
    def dimension(self) -> tuple[tuple[str, Fraction], ...]:
        """The base units and their exponents, sorted by name; what `same_dimension` compares."""
        return self._dimension

    def same_dimension(self, other: Unit) -> bool:
        """Return whether a number converts one into the other, as days and weeks do."""
        return self._dimension == other._dimension

    def factor_to(self, other: Unit) -> float:
        """Return how many of `other` make one of this unit.

        Raises
        ------
        UnitError
            If the two measure different things.

        Examples
        --------
        >>> parse_unit("week").factor_to(parse_unit("day"))
        7.0
        """
        if self._dimension != other._dimension:
            raise UnitError(f'"{self}" cannot be converted to "{other}"')
        return self._scale / other._scale

    def __mul__(self, other: Unit) -> Unit:
        if not other.names and other.factor == 1:
            return self
        terms = [*self._terms(), *other._terms()]
        return _unit(self.factor * other.factor, terms, _joined(self._in_base(), other._in_base(), 1))

    def __truediv__(self, other: Unit) -> Unit:
        inverse = [(name, -e) for name, e in other._terms()]
        terms = [*self._terms(), *inverse]
        return _unit(self.factor / other.factor, terms, _joined(self._in_base(), other._in_base(), -1))

    def __pow__(self, exponent: int | float | Fraction) -> Unit:
        """Return the unit to a power; a float is taken as the fraction it stands for (0.5 is one half)."""
        if exponent == 1:
            return self
        power = exponent if isinstance(exponent, Fraction) else Fraction(exponent).limit_denominator(1000)
        if abs(power) > _LARGEST_EXPONENT:
            raise UnitError(f"an exponent in a unit must be at most {_LARGEST_EXPONENT}")
        dimension, size = self._in_base()
        base = tuple((name, e * power) for name, e in dimension if power), _power(size, power)
        return _unit(_power(self.factor, power), ((name, e * power) for name, e in self._terms()), base)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unit):
            return NotImplemented
        return self._dimension == other._dimension and _rounded(self._scale) == _rounded(other._scale)

    def __hash__(self) -> int:
        return hash((self._dimension, _rounded(self._scale)))

    def __str__(self) -> str:
        above = [_with_exponent(name, e) for name, e in self._terms() if e > 0]
        below = [_with_exponent(name, -e) for name, e in self._terms() if e < 0]
        if self.factor != 1:
            above.insert(0, _short(self.factor))
        if not above and not below:
            return "Dmnl"
        text = "*".join(above) or "1"
        if below:
            text += "/" + (below[0] if len(below) == 1 else f"({'*'.join(below)})")
        return text

    def __repr__(self) -> str:
        return f"Unit({str(self)!r})"

    def _in_base(self) -> tuple[Dimension, Fraction]:
        assert self._base is not None  # settled when it was made
        return self._base

    def _terms(self) -> Iterator[tuple[str, Fraction]]:
        return zip(self.names, self.exponents, strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class UnitNames:
    """Names of units that one file gives a meaning, by key: base units with exponents, and their number."""

    meanings: Mapping[str, tuple[Dimension, Fraction]] = field(default_factory=dict)


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
        self.meanings: dict[str, tuple[Dimension, Fraction]] = {}
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

    def _made_of(self, equation: str) -> tuple[Dimension, Fraction]:
        for name in _Parser(equation, PLAIN_NAMES).whole().names:
            if key_of(name) in self._places:
                self.settle(self._places[key_of(name)])
        return _Parser(equation, UnitNames(self.meanings)).whole()._in_base()

    def _as_known(self, keys: Sequence[str]) -> tuple[Dimension, Fraction]:
        """Return the meaning of several names of one unit: of the first that has one, else the first."""
        for key in keys:
            if key in self.meanings:
                return self.meanings[key]
        for key in keys:
            if is_known(key):
                return _meaning(key)
        return _meaning(keys[0]) if keys else ((), Fraction(1))


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


def _unit(
    factor: Fraction,
    terms: Iterable[tuple[str, Fraction]],
    base: tuple[Dimension, Fraction] | None = None,
) -> Unit:
    """Return the product, one entry for each name and no pure numbers such as `share` among others."""
    spelled: dict[str, str] = {}
    powers: dict[str, Fraction] = {}
    for name, exponent in terms:
        key = key_of(name)
        spelled.setdefault(key, name)
        powers[key] = powers.get(key, Fraction(0)) + exponent
    kept = {key: e for key, e in powers.items() if e != 0 and key not in PURE}
    if not kept and factor == 1:  # "share" alone stays a share
        kept = dict([(key, Fraction(1)) for key, e in powers.items() if e != 0][:1])
    return Unit(factor, tuple(spelled[key] for key in kept), tuple(kept.values()), base)


def _reduce(
    factor: Fraction, names: tuple[str, ...], exponents: tuple[Fraction, ...]
) -> tuple[Dimension, Fraction]:
    """Return the base units with their exponents, and the number of them in one of the unit."""
    size = factor
    total: dict[str, Fraction] = {}
    for name, exponent in zip(names, exponents, strict=True):
        each, base = definition_of(key_of(name))
        size *= _power(each, exponent)
        for base_name, base_exponent in base:
            total[base_name] = total.get(base_name, Fraction(0)) + base_exponent * exponent
    return tuple(sorted((name, e) for name, e in total.items() if e != 0)), size


def _meaning(key: str) -> tuple[Dimension, Fraction]:
    size, base = definition_of(key)
    return base, size


def _joined(
    one: tuple[Dimension, Fraction], other: tuple[Dimension, Fraction], sign: int
) -> tuple[Dimension, Fraction]:
    """Return the base units of a product (sign 1) or a quotient (-1), and their number."""
    total = dict(one[0])
    for name, exponent in other[0]:
        total[name] = total.get(name, Fraction(0)) + sign * exponent
    size = one[1] * other[1] if sign > 0 else one[1] / other[1]
    return tuple(sorted((name, e) for name, e in total.items() if e != 0)), size


def _power(number: Fraction, exponent: Fraction) -> Fraction:
    """Return number ** exponent, exactly where it is rational by an integer exponent."""
    if number == 1:
        return number
    if exponent.denominator == 1:
        return number**exponent.numerator
    return Fraction(float(number) ** float(exponent))


def _rounded(scale: float) -> str:
    """Return twelve digits: roots of units are not exact, so that sqrt(km)^2 still equals km."""
    return f"{scale:.11e}"


def _with_exponent(name: str, exponent: Fraction) -> str:
    if not all(_PLAIN.fullmatch(word) and word.casefold() != "per" for word in name.split()):
        name = f'"{name}"'
    if exponent == 1:
        return name
    return f"{name}^{exponent}" if exponent.denominator == 1 else f"{name}^({exponent})"


def _short(number: Fraction) -> str:
    """Return a number as a person writes it: a decimal where that is exact, else a fraction."""
    decimal = format(float(number), ".15g")
    if "e" not in decimal and Fraction(decimal) == number:
        return decimal
    return str(number) if number.denominator == 1 else f"({number})"


def _roughly(number: Fraction) -> str:
    """Return a number of any size in a few digits."""
    if abs(number) < 1e300:
        return format(float(number), ".6g")
    return f"some 1e{math.log10(number.numerator) - math.log10(number.denominator):.0f}"


# --- reading ---------------------------------------------------------------------------------------

_NAME = r"""[^\s*/^()·×²³".\d][^\s*/^()·×²³"]*"""
_PLAIN = re.compile(_NAME)
_PER = re.compile(r"per_[^\W_]", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.]+(?:e[-+]?\d+)?")
_TOKEN = re.compile(
    rf"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
          | (?P<operator>\*\*|[*/^()·×²³])
          | (?P<name>"[^"]*\S[^"]*"|{_NAME})
          | (?P<other>\S))""",
    re.VERBOSE,
)


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
            return _unit(Fraction(1), [(name, Fraction(1))], self.meanings.get(key_of(name)))
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
