"""Powers, as `numpy.power` and C have them: x^y for any two doubles.

x^y is e^(y ln |x|), the logarithm a pair, so that large results are as good as small ones; the sign and the
limits (0, infinity, negative bases) are set right in a block that is passed over where no lane needs it.
Error: 0.85 units of the last place, over the whole range.
"""

from __future__ import annotations

import math

from realities.engine.llvm.math.exp import exp_of_pair
from realities.engine.llvm.math.log import ln_pair
from realities.engine.llvm.math.parts import is_negative
from realities.engine.llvm.writer import Value, Writer

#: From here on, e^z is infinite, and e^-z is 0.
_LARGEST = 800.0


def power(w: Writer, x: Value, y: Value) -> Value:
    """Return x^y."""
    high, low = ln_pair(w, x)
    product, left = w.product(y, high)
    value = exp_of_pair(w, product, w.fma(y, low, left))
    is_usual = w.both(
        w.compare("ogt", x, w.number(0.0)),
        w.compare("olt", w.abs(product), w.number(_LARGEST)),
    )
    if not w.target.has_avx512:  # with it, the logarithm of infinity is not finite
        is_usual = w.both(is_usual, w.compare("olt", x, w.number(math.inf)))
    name = w.module.function("power_special", [w.real] * 4, w.real, _write_special)
    return w.when_any(w.opposite(is_usual), lambda: [w.call(name, x, y, value, product)], [value])[0]


def _write_special(w: Writer) -> None:
    """Write a function: x^y for any x = %a0 and y = %a1.

    %a3 is y ln |x| and %a2 its exponential, where both are finite and in range.
    """
    x, y, value, product = "%a0", "%a1", "%a2", "%a3"
    zero, infinity = w.number(0.0), w.number(math.inf)
    magnitude = w.abs(x)
    value = w.select(w.compare("oge", product, w.number(_LARGEST)), infinity, value)
    value = w.select(w.compare("ole", product, w.number(-_LARGEST)), zero, value)
    value = w.select(w.compare("oeq", magnitude, w.number(1.0)), w.number(1.0), value)
    falls = w.compare("olt", y, zero)
    value = w.select(w.compare("oeq", magnitude, zero), w.select(falls, infinity, zero), value)
    value = w.select(w.compare("oeq", magnitude, infinity), w.select(falls, zero, infinity), value)
    value = w.select(w.compare("oeq", y, zero), w.number(1.0), value)
    half = w.mul(y, w.number(0.5))
    is_whole = w.compare("oeq", w.trunc(y), y)
    is_odd = w.both(is_whole, w.compare("one", w.trunc(half), half))
    value = w.select(w.both(is_negative(w, x), is_odd), w.neg(value), value)
    below = w.both(w.compare("olt", x, zero), w.compare("ogt", x, w.number(-math.inf)))
    value = w.select(w.both(below, w.opposite(is_whole)), w.number(math.nan), value)
    value = w.select(w.compare("uno", x, y), w.number(math.nan), value)
    always_one = w.either(w.compare("oeq", y, zero), w.compare("oeq", x, w.number(1.0)))
    w.do(f"ret {w.real} {w.select(always_one, w.number(1.0), value)}")
