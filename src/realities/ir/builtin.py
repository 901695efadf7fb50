"""One row of the table of built-in functions: how many arguments, which units, what it means.

A unit rule is written as a signature, `u, u/t -> u`: one term for each argument, then the result.
In a term, `u` and `v` stand for units that must agree wherever the letter appears, `t` for the
model's unit of time, `1` for dimensionless, `*` for anything; `u^0.5` is a power. `...` after the
last group of arguments says that the arguments from the `|` on (or the last one) repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType

#: One unit term: letters with their powers; empty is dimensionless, None is anything.
UnitTerm = Mapping[str, Fraction] | None


@dataclass(frozen=True)
class Builtin:
    """One row: `least` to `most` arguments (None: any number), the unit rule, the meaning."""

    key: str
    least: int
    most: int | None
    units: str
    meaning: str
    takes_table: bool = False
    is_random: bool = False
    #: Gives several numbers, one for each repeat of its arguments; `part` takes one of them out.
    is_vector: bool = False

    @cached_property
    def unit_terms(self) -> tuple[tuple[UnitTerm, ...], tuple[UnitTerm, ...], UnitTerm]:
        """The unit rule taken apart: terms of the first arguments, of the repeating ones, of the result."""
        arguments, _, result = self.units.partition("->")
        repeats = arguments.rstrip().endswith("...")
        first, bar, group = arguments.rstrip().removesuffix("...").rpartition("|")
        leading = _terms(first if bar else "")
        rest = _terms(group)
        if not repeats:
            return rest, (), _term(result.strip())
        if bar:
            return leading, rest, _term(result.strip())
        return rest[:-1], rest[-1:], _term(result.strip())

    def argument_terms(self, count: int) -> tuple[UnitTerm, ...]:
        """Return the unit term of each of `count` arguments."""
        first, repeating, _ = self.unit_terms
        terms = list(first)
        while repeating and len(terms) < count:
            terms.extend(repeating)
        return tuple(terms[:count])

    @property
    def result_term(self) -> UnitTerm:
        """The unit term of the result."""
        return self.unit_terms[2]

    def accepts(self, count: int) -> bool:
        """Return whether the function takes `count` arguments."""
        return count >= self.least and (self.most is None or count <= self.most)

    def n_parts(self, count: int) -> int:
        """Return how many numbers come out of `count` arguments: 0 for a single one."""
        first, repeating, _ = self.unit_terms
        return (count - len(first)) // len(repeating) if self.is_vector else 0


def _terms(text: str) -> tuple[UnitTerm, ...]:
    return tuple(_term(part.strip()) for part in text.split(",") if part.strip())


def _term(text: str) -> UnitTerm:
    """Parse one term: letters with powers, the first over the others."""
    if text == "*":
        return None
    powers: dict[str, Fraction] = {}
    for index, factor in enumerate(text.split("/")):
        letter, _, power = factor.partition("^")
        exponent = Fraction(power or 1) * (1 if index == 0 else -1)
        if letter != "1":
            powers[letter] = powers.get(letter, Fraction(0)) + exponent
    return MappingProxyType({letter: power for letter, power in powers.items() if power})
