"""The built-in functions of the core language, one row each.

What comes in is the key a `Call` carries; what comes out is how many arguments it takes, which
units they and the result have, and what it means in words. Functions that share a name between
dialects but not a meaning carry the dialect in their key ("vensim.modulo"). The front ends produce
these keys, `engine/reference.py` gives each its numbers, `model/unitcheck.py` reads the unit rules.

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

#: What `:NA:` is in Vensim: a number so low that no model computes it.
NOT_AVAILABLE = -(2.0**109)


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


_ROWS = (
    # -- arithmetic and choice -------------------------------------------------------------------
    Builtin("abs", 1, 1, "u -> u", "Absolute value."),
    Builtin("exp", 1, 1, "1 -> 1", "e to the power of the argument."),
    Builtin("ln", 1, 1, "1 -> 1", "Natural logarithm."),
    Builtin("sqrt", 1, 1, "u -> u^0.5", "Square root."),
    Builtin("min", 1, None, "u ... -> u", "Smallest argument."),
    Builtin("max", 1, None, "u ... -> u", "Largest argument."),
    Builtin("sum", 1, None, "u ... -> u", "Sum of the arguments, added from left to right."),
    Builtin("product", 1, None, "1 ... -> 1", "Product of the arguments, multiplied from left to right."),
    Builtin("if_then_else", 3, 3, "1, u, u -> u", "Second argument where the first is not 0, else third."),
    Builtin("power", 2, 2, "1, 1 -> 1", "First argument to the power of the second."),
    Builtin("vensim.log", 2, 2, "1, 1 -> 1", "Logarithm of the first argument to the base of the second."),
    Builtin("vensim.integer", 1, 1, "u -> u", "Whole part, toward zero: -2.5 gives -2."),
    Builtin(
        "vensim.modulo",
        2,
        2,
        "u, u -> u",
        "Remainder of the first by the second with the sign of the first, as C's fmod: -7 by 3 gives -1.",
    ),
    Builtin(
        "vensim.quantum",
        2,
        2,
        "u, u -> u",
        "First argument cut toward zero to a multiple of the second; unchanged where the second is <= 0.",
    ),
    Builtin(
        "vensim.zidz",
        2,
        2,
        "u, v -> u/v",
        "Quotient of the arguments, 0 where the divisor is smaller than 1e-6 in size.",
    ),
    Builtin(
        "vensim.xidz",
        3,
        3,
        "u, v, u/v -> u/v",
        "Quotient of the first two, the third where the divisor is smaller than 1e-6 in size.",
    ),
    Builtin("vensim.gamma_ln", 1, 1, "1 -> 1", "Natural logarithm of the gamma function."),
    # -- trigonometry, in radians ----------------------------------------------------------------
    Builtin("sin", 1, 1, "1 -> 1", "Sine, radians."),
    Builtin("cos", 1, 1, "1 -> 1", "Cosine, radians."),
    Builtin("tan", 1, 1, "1 -> 1", "Tangent, radians."),
    Builtin("arcsin", 1, 1, "1 -> 1", "Inverse sine, radians."),
    Builtin("arccos", 1, 1, "1 -> 1", "Inverse cosine, radians."),
    Builtin("arctan", 1, 1, "1 -> 1", "Inverse tangent, radians."),
    Builtin("sinh", 1, 1, "1 -> 1", "Hyperbolic sine."),
    Builtin("cosh", 1, 1, "1 -> 1", "Hyperbolic cosine."),
    Builtin("tanh", 1, 1, "1 -> 1", "Hyperbolic tangent."),
    # -- inputs over time; "now" is the current time plus half a time step, so that rounding of ----
    # -- the time itself never moves an edge by a step ---------------------------------------------
    Builtin("step", 2, 2, "u, t -> u", "(height, start): 0 before start, height from then on (start < now)."),
    Builtin(
        "vensim.pulse",
        2,
        2,
        "t, t -> 1",
        "(start, width): 1 while start < now < start + width, the width at least one time step; else 0.",
    ),
    Builtin(
        "vensim.pulse_train",
        4,
        4,
        "t, t, t, t -> 1",
        "(start, width, between, end): pulses of `width` (at least one time step) every `between` from start "
        "on, up to and with end (now - time step < end); without a gap where between <= 0; else 0.",
    ),
    Builtin(
        "vensim.ramp",
        3,
        3,
        "u/t, t, t -> u",
        "(slope, start, end): 0 to start, then slope * (time - start), level from end on. Uses time itself.",
    ),
    # -- graphical functions: the table is named by `Call.table` -----------------------------------
    Builtin("lookup", 1, 1, "* -> *", "The table at the argument, as its mode says.", takes_table=True),
    Builtin(
        "vensim.lookup_invert",
        1,
        1,
        "* -> *",
        "The abscissa at which the (monotone) table takes the argument; its end points beyond.",
        takes_table=True,
    ),
    Builtin(
        "vensim.lookup_area",
        2,
        2,
        "*, * -> *",
        "Integral of the table between the arguments, the table held level beyond its ends.",
        takes_table=True,
    ),
    # -- random numbers: one new value each time step; `Call.site` and the seed choose the stream ---
    Builtin("vensim.random_0_1", 0, 0, "-> 1", "Uniform between 0 and 1.", is_random=True),
    Builtin(
        "vensim.random_uniform",
        3,
        3,
        "u, u, * -> u",
        "(least, most, seed): uniform between the bounds.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_normal",
        5,
        5,
        "u, u, u, u, * -> u",
        "(least, most, mean, standard deviation, seed): normal, truncated to the bounds by redrawing.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_exponential",
        5,
        5,
        "u, u, u, u, * -> u",
        "(least, most, shift, stretch, seed): shift + stretch times a unit exponential, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_poisson",
        6,
        6,
        "u, u, 1, u, u, * -> u",
        "(least, most, mean, shift, stretch, seed): shift + stretch times a Poisson of that mean, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_gamma",
        6,
        6,
        "u, u, 1, u, u, * -> u",
        "(least, most, order, shift, stretch, seed): shift + stretch times a gamma of that shape, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_beta",
        7,
        7,
        "u, u, 1, 1, u, u, * -> u",
        "(least, most, alpha, beta, shift, stretch, seed): shift + stretch times a beta, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_binomial",
        7,
        7,
        "u, u, 1, 1, u, u, * -> u",
        "(least, most, probability, trials, shift, stretch, seed): shift + stretch times binomial, cut.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_triangular",
        6,
        6,
        "u, u, u, u, u, * -> u",
        "(least, most, start, peak, stop, seed): triangular from start to stop, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_weibull",
        6,
        6,
        "u, u, 1, u, u, * -> u",
        "(least, most, shape, shift, stretch, seed): shift + stretch times a Weibull variate, truncated.",
        is_random=True,
    ),
    # -- functions of whole arrays: every element is an argument, `k` is a position from 0 ----------
    Builtin(
        "vensim.vector_sort_order",
        3,
        None,
        "1, 1, u ... -> 1",
        "(k, direction, x ...): position, from 0, of the element that comes k-th when sorted upward "
        "(direction > 0) or downward; equal elements keep their order.",
    ),
    Builtin(
        "vensim.vector_rank",
        3,
        None,
        "1, 1, u ... -> 1",
        "(k, direction, x ...): place, from 1, of element k when sorted upward (direction > 0) or downward.",
    ),
    Builtin(
        "vensim.vector_element",
        2,
        None,
        "1, u ... -> u",
        "(offset, x ...): the element at the offset (from 0, rounded to nearest); :NA: (-2^109) outside.",
    ),
    Builtin(
        "vensim.vector_select",
        4,
        None,
        "*, 1 | 1, u ... -> u",
        "(missing, action, s1, x1, s2, x2, ...): over the x whose s is not 0: sum (action 0), product (1), "
        "minimum (2) or maximum (3); `missing` where no s is.",
    ),
    Builtin(
        "vensim.invert_matrix",
        3,
        None,
        "1, 1, u ... -> *",
        "(row, column, a11, a12, ...): that entry, from 0, of the inverse of the square matrix, by rows.",
    ),
    Builtin(
        "vensim.allocate_available",
        7,
        None,
        "1, u | u, 1, *, *, * ... -> u",
        "(k, available, then request, type, priority, width, extra of each): what k gets of the supply "
        "when all are supplied at one common price of their priority curves. Types: 0 fixed quantity, "
        "1 rectangular, 2 triangular, 3 normal, 4 exponential, 5 constant elasticity.",
    ),
    Builtin(
        "vensim.allocate_by_priority",
        5,
        None,
        "1, u, * | u, * ... -> u",
        "(k, available, width, then request and priority of each): what claimant k gets when priorities are "
        "served from high to low, those within `width` of one another sharing in proportion.",
    ),
)

#: Every built-in by key.
BUILTINS: Mapping[str, Builtin] = MappingProxyType({row.key: row for row in _ROWS})
