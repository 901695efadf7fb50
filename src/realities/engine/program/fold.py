"""What operations on known numbers give, as NumPy computes them.

In come an operation and numbers; out goes its result, to the bit what the reference engine would compute, so
that a program has no operation whose operands are all known. `builder.py` calls these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Known = float | bool
_Function = Callable[..., Any]


def _of_reals(function: _Function) -> _Function:
    return lambda *numbers: function(*(np.float64(number) for number in numbers))


def _power(base: float, exponent: float) -> Any:
    # NumPy has short cuts for some single exponents, which round otherwise than its loops.
    return np.power(np.full(1, base), np.full(1, exponent))[0]


#: Operations by name. They need `np.errstate(all="ignore")` around them.
FOLDED: Mapping[str, _Function] = MappingProxyType(
    {
        "+": _of_reals(np.add),
        "-": _of_reals(np.subtract),
        "*": _of_reals(np.multiply),
        "/": _of_reals(np.divide),
        "min": _of_reals(np.minimum),
        "max": _of_reals(np.maximum),
        "negative": _of_reals(np.negative),
        "abs": _of_reals(np.absolute),
        "sqrt": _of_reals(np.sqrt),
        "floor": _of_reals(np.floor),
        "trunc": _of_reals(np.trunc),
        "<": lambda x, y: x < y,
        "<=": lambda x, y: x <= y,
        "=": lambda x, y: x == y,
        "and": lambda x, y: x and y,
        "or": lambda x, y: x or y,
        "not": lambda x: not x,
        "real": float,
        "select": lambda condition, x, y: x if condition else y,
    }
)
#: Functions that a `call` names.
FOLDED_CALLS: Mapping[str, _Function] = MappingProxyType(
    {
        "exp": _of_reals(np.exp),
        "ln": _of_reals(np.log),
        "xmile.log10": _of_reals(np.log10),
        "power": _power,
        "fmod": _of_reals(np.fmod),
        "xmile.mod": _of_reals(np.mod),
        "sin": _of_reals(np.sin),
        "cos": _of_reals(np.cos),
        "tan": _of_reals(np.tan),
        "arcsin": _of_reals(np.arcsin),
        "arccos": _of_reals(np.arccos),
        "arctan": _of_reals(np.arctan),
        "sinh": _of_reals(np.sinh),
        "cosh": _of_reals(np.cosh),
        "tanh": _of_reals(np.tanh),
    }
)
#: Operations that an author could as well have done by hand: what they give counts as written.
KEEPS_WRITTEN = frozenset({"+", "-", "*", "/", "min", "max", "negative"})


def inverse_power_of_two(number: Known | None) -> float | None:
    """Return 1 / number where that is exact, so that a product can stand for a quotient; else None."""
    if number is None or number == 0.0 or not math.isfinite(number) or abs(math.frexp(number)[0]) != 0.5:
        return None
    inverse = 1.0 / number if abs(number) > 2.0**-1023 else math.inf
    return inverse if math.isfinite(inverse) and inverse != 0.0 else None
