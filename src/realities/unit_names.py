"""What the names of units mean: which are one unit, and what each is made of.

In comes a name as a modeller wrote it; out come its key (case, plurals and known synonyms aside) and how
many base units make one. A word nobody knows is a base unit of its own. `unit_algebra.py` builds on this.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

#: Base units with their exponents, sorted by name.
Dimension = tuple[tuple[str, Fraction], ...]


@lru_cache(maxsize=4096)
def key_of(name: str) -> str:
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
def definition_of(key: str) -> tuple[Fraction, Dimension]:
    """Return the size of a named unit and the base units that it is made of."""
    if key in _KNOWN:
        return _KNOWN[key]
    head, _, rest = key.partition(" ")
    if rest and head in _MULTIPLES:
        size, base = definition_of(_SYNONYMS.get(rest, rest))
        return _MULTIPLES[head] * size, base
    return Fraction(1), ((key, Fraction(1)),)


def _known(size: str | int | Fraction, base: str = "", exponent: int = 1) -> tuple[Fraction, Dimension]:
    return Fraction(size), ((base, Fraction(exponent)),) if base else ()


#: Names of pure numbers, which say nothing beside other units.
PURE = frozenset({"dmnl", "share", "fraction"})
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
        "deg": "degree",
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
_KNOWN: Mapping[str, tuple[Fraction, Dimension]] = MappingProxyType(
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


def is_known(key: str) -> bool:
    """Return whether a name means something of its own accord, as "week" does and "widget" does not."""
    return key in _KNOWN or definition_of(key) != (Fraction(1), ((key, Fraction(1)),))
