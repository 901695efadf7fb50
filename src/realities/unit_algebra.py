"""Unit algebra: multiply, divide, compare, print.

A `Unit` is a number times a product of named units with rational exponents. Names keep their author's
spelling for printing; comparison goes by meaning: a week is seven days, and persons are people.
`unit_names.py` says what names mean, and `units.py` reads a unit as a modeller wrote it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from realities.errors import RealitiesError
from realities.unit_names import PURE, Dimension, definition_of, key_of

#: What a unit comes to: base units with their exponents, and how many of them make one.
Meaning = tuple[Dimension, Fraction]
#: A word that is a unit without quotation marks.
PLAIN_NAME = r"""[^\s*/^()·×²³".\d][^\s*/^()·×²³"]*"""
_PLAIN = re.compile(PLAIN_NAME)

#: Larger exponents or factors than these are a slip of the pen, and would only overflow.
_LARGEST_EXPONENT = 64
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
    _base: Meaning | None = field(default=None, repr=False)
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
        >>> from realities.units import parse_unit
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
        return product_of(self.factor * other.factor, terms, _joined(self.in_base(), other.in_base(), 1))

    def __truediv__(self, other: Unit) -> Unit:
        inverse = [(name, -e) for name, e in other._terms()]
        terms = [*self._terms(), *inverse]
        return product_of(self.factor / other.factor, terms, _joined(self.in_base(), other.in_base(), -1))

    def __pow__(self, exponent: int | float | Fraction) -> Unit:
        """Return the unit to a power; a float is taken as the fraction it stands for (0.5 is one half)."""
        if exponent == 1:
            return self
        power = exponent if isinstance(exponent, Fraction) else Fraction(exponent).limit_denominator(1000)
        if abs(power) > _LARGEST_EXPONENT:
            raise UnitError(f"an exponent in a unit must be at most {_LARGEST_EXPONENT}")
        dimension, size = self.in_base()
        base = tuple((name, e * power) for name, e in dimension if power), _power(size, power)
        return product_of(_power(self.factor, power), ((name, e * power) for name, e in self._terms()), base)

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

    def in_base(self) -> Meaning:
        """Return the base units with their exponents, and how many of them make one of this."""
        assert self._base is not None  # settled when it was made
        return self._base

    def _terms(self) -> Iterator[tuple[str, Fraction]]:
        return zip(self.names, self.exponents, strict=True)


def product_of(
    factor: Fraction,
    terms: Iterable[tuple[str, Fraction]],
    base: Meaning | None = None,
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


def _reduce(factor: Fraction, names: tuple[str, ...], exponents: tuple[Fraction, ...]) -> Meaning:
    """Return the base units with their exponents, and the number of them in one of the unit."""
    size = factor
    total: dict[str, Fraction] = {}
    for name, exponent in zip(names, exponents, strict=True):
        each, base = definition_of(key_of(name))
        size *= _power(each, exponent)
        for base_name, base_exponent in base:
            total[base_name] = total.get(base_name, Fraction(0)) + base_exponent * exponent
    return tuple(sorted((name, e) for name, e in total.items() if e != 0)), size


def _joined(one: Meaning, other: Meaning, sign: int) -> Meaning:
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
