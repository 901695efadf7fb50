"""Exponential functions: exp, expm1, sinh, cosh and tanh, and exp of a pair for powers.

All write x as n ln 2 + r, n whole and |r| at most half of ln 2, and use polynomials in r and powers of two.
Nothing branches, and only tanh divides. Errors, in units of the last place: exp and expm1 1.2, tanh 1.05,
sinh and cosh 0.85. `power.py` uses `exp_of_pair`; `functions.py` lists the functions.
"""

from __future__ import annotations

from realities.engine.llvm.math.numbers import COSH, EXP, LN2, LOG2_E, SINH
from realities.engine.llvm.math.parts import (
    SHIFT,
    Pair,
    negative_if,
    polynomial,
    quick_sum,
    scale,
    sign_bit,
    whole_for_scale,
    within,
)
from realities.engine.llvm.writer import Value, Writer

#: exp is 0 below and infinite above.
_LEAST, _MOST = -746.0, 710.0


def exp(w: Writer, x: Value) -> Value:
    """Return e^x."""
    x = within(w, x, _LEAST, _MOST)
    total, n = whole_for_scale(w, x, LOG2_E[0])
    r = w.fma(n, w.number(-LN2[0]), x)
    r = w.fma(n, w.number(-LN2[1]), r)
    square = w.mul(r, r)
    p = w.fma(polynomial(w, EXP, r, square), square, r)
    return scale(w, w.add(p, w.number(1.0)), total, n)


def exp_of_pair(w: Writer, high: Value, low: Value) -> Value:
    """Return e^(high + low), to 0.75 units of the last place; |high| must be below 800."""
    total, n = whole_for_scale(w, high, LOG2_E[0])
    exact = w.fma(n, w.number(-LN2[0]), high)
    rest = w.fma(n, w.number(-LN2[1]), low)
    r = w.add(exact, rest)
    square = w.mul(r, r)
    large, small = quick_sum(w, w.number(1.0), exact)
    small = w.fma(polynomial(w, EXP, r, square), square, w.add(small, rest))
    return scale(w, w.add(large, small), total, n)


def _reduced(w: Writer, x: Value, n: Value) -> Pair:
    """Return x - n ln 2 as a pair."""
    r = w.fma(n, w.number(-LN2[0]), x)  # exact
    # The rest may be the larger one where r is near 0; then r is of few bits, and the sum still exact enough.
    return quick_sum(w, r, w.mul(n, w.number(-LN2[1])))


def expm1(w: Writer, x: Value) -> Value:
    """Return e^x - 1, exact to the last places near 0 too."""
    bounded = within(w, x, -50.0, _MOST)
    total, n = whole_for_scale(w, bounded, LOG2_E[0])
    r, rest = _reduced(w, bounded, n)
    square = w.mul(r, r)
    small = w.fma(polynomial(w, EXP, r, square), square, rest)
    # Half of it all, as 2^1024 is out of range: (2^n - 1) + 2^n (r + small).
    power = scale(w, w.number(0.5), total, n)
    large, left = quick_sum(w, w.sub(power, w.number(0.5)), w.mul(power, r))
    half = w.add(large, w.fma(power, small, left))
    is_tiny = w.compare("olt", w.abs(x), w.number(2.0**-54))
    return w.select(is_tiny, x, w.add(half, half))


def sinh(w: Writer, x: Value) -> Value:
    """Return the hyperbolic sine."""
    (half, _), _ = _halves(w, x)
    return _with_sign(w, w.add(half, half), x)


def cosh(w: Writer, x: Value) -> Value:
    """Return the hyperbolic cosine."""
    _, (half, _) = _halves(w, x)
    return w.add(half, half)


def tanh(w: Writer, x: Value) -> Value:
    """Return the hyperbolic tangent."""
    sine, cosine = _halves(w, within(w, x, -40.0, 40.0))
    return _with_sign(w, quotient(w, sine, cosine), x)


def quotient(w: Writer, above: Pair, below: Pair) -> Value:
    """Return the quotient of two pairs, rounded almost as if once."""
    inverse = w.div(w.number(1.0), below[0])
    q = w.mul(above[0], inverse)
    product, left = w.product(q, below[0])
    rest = w.sub(w.sub(above[0], product), left)
    rest = w.add(rest, w.fma(w.neg(q), below[1], above[1]))
    return w.fma(rest, inverse, q)


def _halves(w: Writer, x: Value) -> tuple[Pair, Pair]:
    """Return half of sinh |x| and half of cosh x, as pairs.

    With A = cosh(n ln 2), B = sinh(n ln 2): sinh x = A sinh r + B cosh r and cosh x = A cosh r + B sinh r.
    """
    x = within(w, w.abs(x), 0.0, 710.48)
    total, n = whole_for_scale(w, x, LOG2_E[0])
    r, rest = _reduced(w, x, n)
    square = w.mul(r, r)
    # sinh r = r + odd, cosh r = 1 + even
    odd = w.fma(w.mul(r, square), polynomial(w, SINH, square, w.mul(square, square)), rest)
    even = w.mul(w.mul(square, square), polynomial(w, COSH[1:], square, w.mul(square, square)))
    even = w.add(w.mul(square, w.number(0.5)), w.fma(r, rest, even))
    up = scale(w, w.number(0.25), total, n)
    down = scale(w, w.number(0.25), w.sub(w.number(2.0 * SHIFT), total), w.neg(n))
    a, b = quick_sum(w, up, down), quick_sum(w, up, w.neg(down))
    return _crossed(w, b, a, r, odd, even), _crossed(w, a, b, r, odd, even)


def _crossed(w: Writer, whole: Pair, other: Pair, r: Value, odd: Value, even: Value) -> Pair:
    """Return whole * (1 + even) + other * (r + odd)."""
    # `other` may be too large for a product that splits it; powers of two change no bit.
    down, up = w.number(2.0**-60), w.number(2.0**60)
    product, left = (w.mul(part, up) for part in w.product(w.mul(other[0], down), r))
    high, low = quick_sum(w, whole[0], product)
    low = w.add(w.add(low, left), whole[1])
    return quick_sum(w, high, w.add(low, w.fma(other[0], odd, w.mul(whole[0], even))))


def _with_sign(w: Writer, magnitude: Value, x: Value) -> Value:
    """Return |magnitude| with the sign of x; near 0, x itself is the nearest double."""
    value = negative_if(w, sign_bit(w, x), magnitude)
    return w.select(w.compare("olt", w.abs(x), w.number(2.0**-28)), x, value)
