"""Every function of reals that a `call` instruction can name, written as operations on vectors.

In comes a name; out goes a function `(w, *operands) -> operand` that writes it through a `Writer`. Each gives
a lane the same bits whatever its neighbours hold, and whatever the processor, if it has fused
multiply-add; without, the errors stay within the same bounds. Nothing needs the C library's own functions.
`operations.py` uses these; the families are in `math_exp.py`, `math_log.py`, `math_power.py`,
`math_circle.py`, `math_arc.py`, `math_exact.py` and `math_random.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from realities.engine.llvm import math_arc, math_circle, math_exact, math_exp, math_log, math_power
from realities.engine.llvm.math_random import RANDOM
from realities.engine.llvm.math_random_xmile import RANDOM_XMILE
from realities.engine.llvm.special import call_lanes
from realities.engine.llvm.writer import Value, Writer

MathFunction = Callable[..., Value]


def _gamma_ln(w: Writer, x: Value) -> Value:
    return call_lanes(w, "gammaln", x)


def _factorial(w: Writer, n: Value) -> Value:
    whole = w.floor(n)
    gamma = call_lanes(w, "gamma", w.add(w.maximum(whole, w.number(0.0)), w.number(1.0)))
    is_below = w.compare("olt", whole, w.number(0.0))
    return w.select(is_below, w.number(math.nan), w.nearest(gamma))


#: Functions by the keys of their built-ins; "power" and "fmod" are those of NumPy.
MATH: Mapping[str, MathFunction] = MappingProxyType(
    {
        "abs": Writer.abs,
        "sqrt": Writer.sqrt,
        "exp": math_exp.exp,
        "expm1": math_exp.expm1,
        "sinh": math_exp.sinh,
        "cosh": math_exp.cosh,
        "tanh": math_exp.tanh,
        "ln": math_log.ln,
        "log1p": math_log.log1p,
        "power": math_power.power,
        "sin": math_circle.sin,
        "cos": math_circle.cos,
        "tan": math_circle.tan,
        "arcsin": math_arc.arcsin,
        "arccos": math_arc.arccos,
        "arctan": math_arc.arctan,
        "fmod": math_exact.fmod,
        "vensim.log": math_log.log,
        "vensim.integer": Writer.trunc,
        "vensim.modulo": math_exact.fmod,
        "vensim.quantum": math_exact.quantum,
        "vensim.gamma_ln": _gamma_ln,
        "vensim.date": math_exact.date_part,
        "vensim.date_of_360": math_exact.date_part_of_360,
        "xmile.int": Writer.floor,
        "xmile.log10": math_log.log10,
        "xmile.mod": math_exact.mod,
        "xmile.round": math_exact.round_half_away,
        "xmile.factorial": _factorial,
        **RANDOM,
        **RANDOM_XMILE,
    }
)
