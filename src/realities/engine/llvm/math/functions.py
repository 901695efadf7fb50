"""Every function of reals that a `call` instruction can name, written as operations on vectors.

In comes a name; out goes a function `(w, *operands) -> operand` that writes it through a `Writer`. Each gives
a lane the same bits whatever its neighbours hold, and whatever the processor, if it has fused
multiply-add; without, the errors stay within the same bounds. Nothing needs the C library's own functions.
`kernel/operations.py` uses these; the families are in `exp.py`, `log.py`, `power.py`,
`circle.py`, `arc.py`, `exact.py` and `random.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from realities.engine.llvm.math import arc, circle, exact, exp, log, power
from realities.engine.llvm.math.random import RANDOM
from realities.engine.llvm.math.random_xmile import RANDOM_XMILE
from realities.engine.llvm.math.special import call_lanes
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
        "exp": exp.exp,
        "expm1": exp.expm1,
        "sinh": exp.sinh,
        "cosh": exp.cosh,
        "tanh": exp.tanh,
        "ln": log.ln,
        "log1p": log.log1p,
        "power": power.power,
        "sin": circle.sin,
        "cos": circle.cos,
        "tan": circle.tan,
        "arcsin": arc.arcsin,
        "arccos": arc.arccos,
        "arctan": arc.arctan,
        "fmod": exact.fmod,
        "vensim.log": log.log,
        "vensim.integer": Writer.trunc,
        "vensim.modulo": exact.fmod,
        "vensim.quantum": exact.quantum,
        "vensim.gamma_ln": _gamma_ln,
        "vensim.date": exact.date_part,
        "vensim.date_of_360": exact.date_part_of_360,
        "xmile.int": Writer.floor,
        "xmile.log10": log.log10,
        "xmile.mod": exact.mod,
        "xmile.round": exact.round_half_away,
        "xmile.factorial": _factorial,
        **RANDOM,
        **RANDOM_XMILE,
    }
)
