"""What is known of an expression's unit: a unit, that it is a mere number, or nothing.

In come two of these; out comes whether they can stand against each other, what they make together, and how
they are related in words. `unitcheck.py` goes through a model with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.expr import BinaryOp
from realities.units import DIMENSIONLESS, Unit, UnitError, parse_unit

_PERCENT = parse_unit("percent")
_ROUNDING = 1e-9
#: A number up to this size, as in MAX(x, 0.001), only keeps what it stands with from zero.
_GUARD = 0.01


@dataclass(frozen=True, slots=True)
class Literal:
    """What is computed from numbers only; its value where that is simple to say."""

    value: float | None = None


#: The unit of an expression; or that it is a mere number; or None, unknown.
Inferred = Unit | Literal | None


def agree(one: Inferred, other: Inferred, time_unit: Unit | None) -> bool:
    """Return whether two sides can stand against each other, as far as is known."""
    if one is other:
        return True
    if isinstance(one, Unit) and isinstance(other, Unit):
        if not one.same_dimension(other):
            return False
        factor = one.factor_to(other)
        # A share times 100 is a percentage; authors write the 100 themselves.
        is_percent = _mentions_percent(one) != _mentions_percent(other)
        sizes = (1.0, 100.0, 0.01) if is_percent else (1.0,)
        return any(abs(factor / size - 1.0) < _ROUNDING for size in sizes)
    if isinstance(one, Literal) and isinstance(other, Unit):
        one, other = other, one
    if isinstance(one, Unit) and isinstance(other, Literal):
        is_time = time_unit is not None and one.same_dimension(time_unit)
        return is_time or one.is_dimensionless or _suits_any_unit(other.value)
    return True


def relation(one: Inferred, other: Inferred, time_unit: Unit | None) -> str:
    """Return how two units are related, where that helps; else an empty string."""
    if not (isinstance(one, Unit) and isinstance(other, Unit)):
        return ""
    if one.same_dimension(other):
        return f"1 {one} is {one.factor_to(other):.6g} {other}"
    if time_unit is not None and any((one / other).same_dimension(t) for t in (time_unit**-1, time_unit)):
        return f'they differ by a time, "{time_unit}": one is a rate of the other'
    return ""


def stronger(left: Inferred, right: Inferred) -> Inferred:
    """Return what is known of a sum: the unit of a side that has one, unless the other is a mere number.

    In 1 + rate * time, with a literal rate, the 1 says more than the time.
    """
    if isinstance(left, Literal):
        left, right = right, left
    if isinstance(left, Unit) and isinstance(right, Literal) and not left.is_dimensionless:
        return left if right.value == 0.0 else None
    return left if isinstance(left, Unit) else right if isinstance(right, Unit) else None


def raised(base: Inferred, exponent: float | None) -> Inferred:
    """Return what a power is in; None where its exponent, or what comes out, is not known."""
    if isinstance(base, Unit) and base.is_dimensionless:
        return DIMENSIONLESS
    if not isinstance(base, Unit) or exponent is None:
        return None
    try:
        return base**exponent
    except (UnitError, ValueError, OverflowError):
        return None


def computed(op: BinaryOp, left: float | None, right: float | None) -> float | None:
    """Return the value of two numbers joined, where that is simple to say."""
    if left is None or right is None:
        return None
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
        case _:
            return None


def expected(term: Mapping[str, Fraction], letters: Mapping[str, Unit]) -> Unit | None:
    """Return the unit a term stands for, None while one of its letters is open."""
    unit: Unit | None = None
    for letter, power in term.items():
        if letter not in letters:
            return None
        factor = letters[letter] ** power
        unit = factor if unit is None else unit * factor
    return DIMENSIONLESS if unit is None else unit


def quoted(found: Inferred) -> str:
    """Return what is known, as a message says it."""
    return f'"{found}"' if isinstance(found, Unit) else "a number without unit"


def _suits_any_unit(value: float | None) -> bool:
    """Return whether a number says nothing of its unit: nothing, not available, or a guard against zero."""
    return value is not None and (value == NOT_AVAILABLE or abs(value) <= _GUARD)


def _mentions_percent(unit: Unit) -> bool:
    return any(parse_unit(f'"{name}"') == _PERCENT for name in unit.names)
