"""Unit algebra: parse, multiply, divide, compare, print.

In comes a unit as a modeller wrote it ("person/Month", "km2", "thousand tonnes"); out goes a `Unit`, a
number times a product of named units with rational exponents. Names keep their author's spelling
for printing; comparison goes by meaning: a week is seven days, and persons are people. A word nobody
knows is a base unit of its own. `model/unitcheck.py` uses this next, and `case/` to convert observations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from realities.errors import RealitiesError

#: Larger exponents or factors than these are a slip of the pen, and would only overflow.
_LARGEST_EXPONENT = 64
_LARGEST_FACTOR = Fraction(10) ** 60

_Dimension = tuple[tuple[str, Fraction], ...]


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
    _dimension: _Dimension = field(init=False, repr=False)
    _scale: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 1 / _LARGEST_FACTOR <= self.factor <= _LARGEST_FACTOR:
            raise UnitError(
                f"the number in a unit must be positive and below 1e60, not {_short(self.factor)}"
            )
        if any(abs(exponent) > _LARGEST_EXPONENT for exponent in self.exponents):
            raise UnitError(f"an exponent in a unit must be at most {_LARGEST_EXPONENT}")
        dimension, scale = _reduce(self.factor, self.names, self.exponents)
        object.__setattr__(self, "_dimension", dimension)
        object.__setattr__(self, "_scale", scale)

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
        return _unit(self.factor * other.factor, [*self._terms(), *other._terms()])

    def __truediv__(self, other: Unit) -> Unit:
        inverse = [(name, -e) for name, e in other._terms()]
        return _unit(self.factor / other.factor, [*self._terms(), *inverse])

    def __pow__(self, exponent: int | float | Fraction) -> Unit:
        """Return the unit to a power; a float is taken as the fraction it stands for (0.5 is one half)."""
        if exponent == 1:
            return self
        power = exponent if isinstance(exponent, Fraction) else Fraction(exponent).limit_denominator(1000)
        if abs(power) > _LARGEST_EXPONENT:
            raise UnitError(f"an exponent in a unit must be at most {_LARGEST_EXPONENT}")
        return _unit(_power(self.factor, power), ((name, e * power) for name, e in self._terms()))

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

    def _terms(self) -> Iterator[tuple[str, Fraction]]:
        return zip(self.names, self.exponents, strict=True)


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """Return the unit that `text` names.

    Names are joined by `*`, `/` or `per`, and raised by `^`; case does not matter, a plural equals its
    singular, a number before a name multiplies it ("1000 person"), and words in a row are one name.
    `thousand`, `million` and `billion` before a name multiply it.

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
    return _Parser(text).whole()


def _unit(factor: Fraction, terms: Iterable[tuple[str, Fraction]]) -> Unit:
    """Return the product, one entry for each name and no pure numbers such as `share` among others."""
    spelled: dict[str, str] = {}
    powers: dict[str, Fraction] = {}
    for name, exponent in terms:
        key = _key(name)
        spelled.setdefault(key, name)
        powers[key] = powers.get(key, Fraction(0)) + exponent
    kept = {key: e for key, e in powers.items() if e != 0 and key not in _ONE}
    if not kept and factor == 1:  # "share" alone stays a share
        kept = dict([(key, Fraction(1)) for key, e in powers.items() if e != 0][:1])
    return Unit(factor, tuple(spelled[key] for key in kept), tuple(kept.values()))


def _reduce(
    factor: Fraction, names: tuple[str, ...], exponents: tuple[Fraction, ...]
) -> tuple[_Dimension, float]:
    """Return the base units with their exponents, and the number of them in one of the unit."""
    scale = factor
    total: dict[str, Fraction] = {}
    for name, exponent in zip(names, exponents, strict=True):
        size, base = _definition(_key(name))
        scale *= _power(size, exponent)
        for base_name, base_exponent in base:
            total[base_name] = total.get(base_name, Fraction(0)) + base_exponent * exponent
    return tuple(sorted((name, e) for name, e in total.items() if e != 0)), float(scale)


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


# --- names -----------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    """Return what the spellings of one name share: case, plural, underscores."""
    words = name.casefold().replace("_", " ").split()
    key = " ".join(_singular(word) for word in words)
    return _SYNONYMS.get(key, key)


def _singular(word: str) -> str:
    """Return the singular of an English plural; what it does to other words is the same every time."""
    if len(word) <= 2 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=4096)
def _definition(key: str) -> tuple[Fraction, _Dimension]:
    """Return the size of a named unit and the base units that it is made of."""
    if key in _KNOWN:
        return _KNOWN[key]
    head, _, rest = key.partition(" ")
    if rest and head in _MULTIPLES:
        size, base = _definition(_SYNONYMS.get(rest, rest))
        return _MULTIPLES[head] * size, base
    return Fraction(1), ((key, Fraction(1)),)


def _known(size: str | int | Fraction, base: str = "", exponent: int = 1) -> tuple[Fraction, _Dimension]:
    return Fraction(size), ((base, Fraction(exponent)),) if base else ()


_ONE = frozenset({"dmnl", "share", "fraction"})
_MULTIPLES = MappingProxyType(
    {"thousand": Fraction(10**3), "million": Fraction(10**6), "billion": Fraction(10**9)}
)
_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "people": "person",
        "dimensionless": "dmnl",
        "unitless": "dmnl",
        "no unit": "dmnl",
        "%": "percent",
        "pct": "percent",
        "yr": "year",
        "hr": "hour",
        "min": "minute",
        "s": "second",
        "sec": "second",
        "rad": "radian",
        "metre": "m",
        "meter": "m",
        "kilometre": "km",
        "kilometer": "km",
        "square kilometre": "km2",
        "square kilometer": "km2",
        "sq km": "km2",
        "kilotonne": "kt",
        "kilopeople": "kiloperson",
    }
)
_KNOWN: Mapping[str, tuple[Fraction, _Dimension]] = MappingProxyType(
    {
        "dmnl": _known(1),
        "share": _known(1),
        "fraction": _known(1),
        "percent": _known("0.01"),
        "radian": _known(1),
        "thousand": _known(10**3),
        "million": _known(10**6),
        "billion": _known(10**9),
        "kiloperson": _known(1000, "person"),
        "second": _known(Fraction(1, 86400), "day"),
        "minute": _known(Fraction(1, 1440), "day"),
        "hour": _known(Fraction(1, 24), "day"),
        "week": _known(7, "day"),
        "month": _known("30.4375", "day"),
        "quarter": _known("91.3125", "day"),
        "year": _known("365.25", "day"),
        "km": _known(1000, "m"),
        "m2": _known(1, "m", 2),
        "m3": _known(1, "m", 3),
        "km2": _known(10**6, "m", 2),
        "km3": _known(10**9, "m", 3),
        "hectare": _known(10**4, "m", 2),
        "kg": _known("0.001", "tonne"),
        "kt": _known(1000, "tonne"),
    }
)


# --- reading ---------------------------------------------------------------------------------------

_NAME = r"""[^\s*/^()·×²³".\d][^\s*/^()·×²³"]*"""
_PLAIN = re.compile(_NAME)
_TOKEN = re.compile(
    rf"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
          | (?P<operator>\*\*|[*/^()·×²³])
          | (?P<name>"[^"]*\S[^"]*"|{_NAME})
          | (?P<other>\S))""",
    re.VERBOSE,
)


class _Parser:
    """Recursive descent over the tokens of one unit; products group from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        for match in _TOKEN.finditer(text):
            kind = str(match.lastgroup)
            word = match[kind]
            if kind == "other":
                raise UnitError(f'"{word}" cannot stand in a unit', match.start(kind))
            operator = kind == "name" and word.casefold() == "per"
            self.tokens.append(
                ("operator", "/", match.start(kind)) if operator else (kind, word, match.start(kind))
            )
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
            return _unit(Fraction(1), [(" ".join(" ".join(words).split()), Fraction(1))])
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
        return Fraction(word)

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
    exponent = re.search(r"[eE]([-+]?\d+)$", word)
    if exponent and abs(int(exponent[1])) > 60:
        raise UnitError(f"{word} is too large or too small for a unit", offset)
    return Fraction(word)


#: A pure number.
DIMENSIONLESS = parse_unit("Dmnl")
