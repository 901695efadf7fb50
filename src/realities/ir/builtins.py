"""The built-in functions of the core language, one row each.

What comes in is the key a `Call` carries; what comes out is how many arguments it takes, which
units they and the result have, and what it means in words. Functions that share a name between
dialects but not a meaning carry the dialect in their key ("vensim.modulo"). The front ends produce
these keys, `engine/reference/functions.py` gives each its numbers, `model/unitcheck.py` reads the unit rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from realities.ir.builtin import Builtin
from realities.ir.expr import Call, Expr
from realities.ir.rows_vensim import VENSIM_ROWS
from realities.ir.rows_xmile import XMILE_ROWS

#: What `:NA:` is in Vensim: a number so low that no model computes it.
NOT_AVAILABLE = -(2.0**109)

_COMMON_ROWS = (
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
    # -- several numbers at once: only `part` may stand around such a call, or a hidden variable hold it ----
    Builtin("several", 1, None, "u ... -> u", "The arguments, side by side.", is_vector=True),
    Builtin(
        "part",
        2,
        2,
        "u, 1 -> u",
        "(several, k): the k-th of several numbers, from 0, k rounded to nearest; :NA: (-2^109) outside.",
    ),
    # -- graphical functions: the table is named by `Call.table` -----------------------------------
    Builtin("lookup", 1, 1, "* -> *", "The table at the argument, as its mode says.", takes_table=True),
)

#: Every built-in by key.
BUILTINS: Mapping[str, Builtin] = MappingProxyType(
    {row.key: row for row in (*_COMMON_ROWS, *VENSIM_ROWS, *XMILE_ROWS)}
)


def n_parts(expr: Expr | None) -> int:
    """Return how many numbers an expression gives: 0 for a single one."""
    row = BUILTINS.get(expr.function) if isinstance(expr, Call) else None
    return row.n_parts(len(expr.args)) if row is not None and isinstance(expr, Call) else 0
