"""Logarithms: ln, log10, log1p and the logarithm to a base, and one as a pair for powers.

All write x as z * 2^k, z in [0.75, 1.5), find the c near z in a table of sixteen, and use a polynomial in
r = z / c - 1. Around 1, c is 1, so that nothing cancels; k ln 2 + log(c) is exact. Only log1p divides.
Errors, in units of the last place: ln 0.85, the others 0.55; the pair has about 64 bits. `power.py` and
`functions.py` are next.
"""

from __future__ import annotations

import math

from realities.engine.llvm.math.numbers import (
    LN2,
    LOG,
    LOG_CENTRES,
    LOG_FROM_FOURTH,
    LOG_INVERSES,
    ONE_OVER_LN10,
    THIRD,
)
from realities.engine.llvm.math.parts import (
    Pair,
    exact_sum,
    polynomial,
    quick_sum,
    read_16,
    take_apart,
    with_limits,
)
from realities.engine.llvm.writer import Value, Writer


def ln(w: Writer, x: Value) -> Value:
    """Return the natural logarithm: -infinity at 0, NaN below."""
    z, k, i = take_apart(w, x)
    inverse = read_16(w, LOG_INVERSES, i)
    if w.target.has_fma:
        r = w.fma(z, inverse, w.number(-1.0))
    else:
        product, left = w.product(z, inverse)
        r = w.add(w.sub(product, w.number(1.0)), left)
    whole = w.fma(k, w.number(LN2[0]), read_16(w, LOG_CENTRES, i))  # exact
    high, low = quick_sum(w, whole, r)
    low = w.fma(k, w.number(LN2[1]), low)
    square = w.mul(r, r)
    return special_cases(w, x, w.add(high, w.fma(square, polynomial(w, LOG, r, square), low)))


def special_cases(w: Writer, x: Value, value: Value) -> Value:
    """Return a logarithm where x is positive and finite, else what the limit or its lack says."""
    if w.target.has_avx512:
        return with_limits(w, x, value)
    is_usual = w.both(w.compare("ogt", x, w.number(0.0)), w.compare("olt", x, w.number(math.inf)))
    # NaN and infinity stand for themselves.
    other = w.select(w.compare("olt", x, w.number(0.0)), w.number(math.nan), x)
    other = w.select(w.compare("oeq", x, w.number(0.0)), w.number(-math.inf), other)
    return w.select(is_usual, value, other)


def ln_pair(w: Writer, x: Value, more: Value | None = None) -> Pair:
    """Return the natural logarithm of |x| + `more` (small beside it) as a large and a small part.

    x is neither 0 nor infinite. The small part may be some units of the last place of the large one.
    """
    z, k, i = take_apart(w, x)
    inverse = read_16(w, LOG_INVERSES, i)
    product, left = w.product(z, inverse)
    if more is not None:
        # What more there is, in the units of z: more / x * z.
        left = w.fma(more, w.mul(w.div(z, x), inverse), left)
    r, rest = quick_sum(w, w.sub(product, w.number(1.0)), left)
    square, square_low = w.product(r, r)
    whole = w.fma(k, w.number(LN2[0]), read_16(w, LOG_CENTRES, i))  # exact
    first, low1 = quick_sum(w, whole, r)
    half = w.number(-0.5)
    second = w.fma(square, half, first)  # the product is exact, here and below
    low2 = w.fma(square, half, w.sub(first, second))
    cube, cube_low = _cubes(w, r, square, square_low)
    high, low3 = quick_sum(w, second, cube)
    low = w.fma(k, w.number(LN2[1]), w.fma(w.neg(r), rest, rest))
    low = w.add(w.fma(square_low, half, low), cube_low)
    return high, w.add(w.add(low1, low2), w.add(low3, low))


def _cubes(w: Writer, r: Value, square: Value, square_low: Value) -> Pair:
    """Return r^3 / 3 - r^4 / 4 + ... as a pair, given r^2 as one."""
    rest = polynomial(w, LOG_FROM_FOURTH, r, square)
    high = w.fma(rest, r, w.number(THIRD[0]))
    low = w.fma(rest, r, w.sub(w.number(THIRD[0]), high))
    low = w.add(low, w.number(THIRD[1]))
    cube, cube_low = w.product(square, r)
    cube_low = w.fma(square_low, r, cube_low)
    product, left = w.product(cube, high)
    return product, w.fma(cube, low, w.fma(cube_low, high, left))


def log10(w: Writer, x: Value) -> Value:
    """Return the logarithm to the base 10, exact for powers of ten."""
    high, low = ln_pair(w, x)
    product, left = w.product(high, w.number(ONE_OVER_LN10[0]))
    left = w.fma(high, w.number(ONE_OVER_LN10[1]), w.fma(low, w.number(ONE_OVER_LN10[0]), left))
    return special_cases(w, x, w.add(product, left))


def log1p(w: Writer, x: Value) -> Value:
    """Return ln(1 + x), exact to the last places near 0 too."""
    one_more, rest = exact_sum(w, x, w.number(1.0))
    high, low = ln_pair(w, one_more, rest)
    value = special_cases(w, one_more, w.add(high, low))
    return w.select(w.compare("oeq", x, w.number(0.0)), x, value)


def log(w: Writer, x: Value, base: Value) -> Value:
    """Return the logarithm to a base; that to the base 10 is `log10`."""
    general = w.div(ln(w, x), ln(w, base))
    return w.select(w.compare("oeq", base, w.number(10.0)), log10(w, x), general)
