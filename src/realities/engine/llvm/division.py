"""Division by what does not change during a run: some quick operations for one slow one, the same bits.

In come a dividend, a divisor and what `reciprocal` made of the divisor before the run; out goes the quotient,
rounded as IEEE 754 says. Processors divide eight doubles in the time of thirty products, and models mostly
divide by times and totals that are constants. `operations.py` asks for it where the target divides slowly.

With y = 1 / b rounded, q = a y rounded, r = b q - a and q' = q - r y, both fused, q' is a / b rounded: q is
within two units of the last place, and where a / b is so near the middle of two doubles that the last
rounding could go wrong, q is one of the two, r exact and r y off by no more than a quarter of the least
distance a quotient can have from a middle (Markstein 1990; Brisebarre, Muller and Raina 2004). That holds
as long as nothing leaves the range of doubles; the rest is left to the processor's division.
"""

from __future__ import annotations

import math

from realities.engine.llvm.writer import Value, Writer

#: Divisors from 1 / FAR to FAR are prepared for, and dividends that give a quotient of at least LEAST.
FAR = 2.0**100
LEAST = 2.0**-800


def reciprocal(w: Writer, divisor: Value) -> Value:
    """Return what `quotient` needs besides a divisor: its reciprocal, or NaN if it is out of range."""
    size = w.abs(divisor)
    inside = w.both(w.compare("oge", size, w.number(1.0 / FAR)), w.compare("ole", size, w.number(FAR)))
    return w.select(inside, w.div(w.number(1.0), divisor), w.number(math.nan))


def reciprocal_of(divisor: float) -> float:
    """Return what `reciprocal` gives for a number."""
    return 1.0 / divisor if 1.0 / FAR <= abs(divisor) <= FAR else math.nan


def quotient(w: Writer, dividend: Value, divisor: Value, known: Value) -> Value:
    """Return dividend / divisor; `known` is the divisor's reciprocal."""
    near = w.mul(dividend, known)
    rest = w.fma(divisor, near, w.neg(dividend))
    nearer = w.fma(w.neg(rest), known, near)
    # Not a number, where something has left the range, is not above anything; nor is 0, whose sign may be
    # wrong.
    left = w.compare("ult", w.abs(nearer), w.number(LEAST))
    return w.when_any(left, lambda: [w.div(dividend, divisor)], [nearer])[0]


def unlike_quotient(w: Writer, dividend: Value, divisor: Value) -> Value:
    """Return dividend / divisor by products and sums of AVX-512, for eight lanes; nothing is known before.

    From an approximate reciprocal follow a quotient and what it leaves over. If going a little further than
    that asks for gives the same double, so does the true quotient, which lies between.
    """
    rough = _rough_reciprocal(w, divisor)
    opposite = w.neg(divisor)
    off = w.fma(opposite, rough, w.number(1.0))
    known = w.fma(rough, w.fma(off, off, off), rough)  # now off by 2^-42
    near = w.mul(dividend, known)
    nearer = w.fma(w.fma(opposite, near, dividend), known, near)
    missing = w.mul(w.fma(opposite, nearer, dividend), known)
    beyond = w.fma(missing, w.number(1.0 + 2.0**-29), nearer)
    left = w.either(
        w.compare("une", beyond, nearer), w.compare("ult", _least_size(w, dividend, nearer), w.number(LEAST))
    )
    return w.when_any(left, lambda: [w.div(dividend, divisor)], [nearer])[0]


def _rough_reciprocal(w: Writer, x: Value) -> Value:
    """Return 1 / x to 14 bits."""
    name = w.module.declare("llvm.x86.avx512.rcp14.pd.512", w.real, [w.real, w.real, "i8"])
    return w.op(f"call {w.real} {name}({w.real} {x}, {w.real} zeroinitializer, i8 -1)")


def _least_size(w: Writer, x: Value, y: Value) -> Value:
    """Return the lesser of |x| and |y|."""
    kinds = [w.real, w.real, "i32 immarg", w.real, "i8", "i32 immarg"]
    name = w.module.declare("llvm.x86.avx512.mask.range.pd.512", w.real, kinds)
    return w.op(f"call {w.real} {name}({w.real} {x}, {w.real} {y}, i32 10, {w.real} poison, i8 -1, i32 4)")
