"""Inverse sine, cosine and tangent, in radians.

Each brings its argument near 0 by an identity, uses a polynomial, and adds a constant of two doubles. Errors,
in units of the last place: 0.85. `functions.py` lists the functions.
"""

from __future__ import annotations

from realities.engine.llvm.math.numbers import ASIN, ATAN, ATAN_HALF, ATAN_ONE, ATAN_ONE_AND_HALF, HALF_PI
from realities.engine.llvm.math.parts import negative_if, polynomial, quick_sum, sign_bit
from realities.engine.llvm.writer import Value, Writer

#: From where on, c and arctan(c): arctan(x) = arctan(c) + arctan((x - c) / (1 + c x)).
_STEPS = (
    (7.0 / 16.0, 0.5, ATAN_HALF),
    (11.0 / 16.0, 1.0, ATAN_ONE),
    (19.0 / 16.0, 1.5, ATAN_ONE_AND_HALF),
)
#: From here on, arctan(x) = pi / 2 + arctan(-1 / x).
_LARGE = 39.0 / 16.0


def arctan(w: Writer, x: Value) -> Value:
    """Return the inverse tangent, from -pi / 2 to pi / 2."""
    size = w.abs(x)
    c = high = low = w.number(0.0)
    for start, centre, angle in _STEPS:
        is_there = w.compare("oge", size, w.number(start))
        c = w.select(is_there, w.number(centre), c)
        high, low = (w.select(is_there, w.number(a), b) for a, b in zip(angle, (high, low), strict=True))
    is_large = w.compare("oge", size, w.number(_LARGE))
    above = w.select(is_large, w.number(-1.0), w.sub(size, c))
    below = w.select(is_large, size, w.fma(c, size, w.number(1.0)))
    high = w.select(is_large, w.number(HALF_PI[0]), high)
    low = w.select(is_large, w.number(HALF_PI[1]), low)
    t = w.div(above, below)
    square = w.mul(t, t)
    low = w.fma(w.mul(t, square), polynomial(w, ATAN, square, w.mul(square, square)), low)
    large, small = quick_sum(w, high, t)
    value = w.add(large, w.add(small, low))
    return negative_if(w, sign_bit(w, x), value)


def arcsin(w: Writer, x: Value) -> Value:
    """Return the inverse sine, from -pi / 2 to pi / 2; NaN outside -1 to 1."""
    size = w.abs(x)
    is_large, root, left, more = _near_zero(w, size)
    direct = w.add(size, more)
    # arcsin(x) = pi / 2 - 2 arcsin(sqrt((1 - x) / 2))
    large, small = quick_sum(w, w.number(HALF_PI[0]), w.mul(root, w.number(-2.0)))
    small = w.add(small, w.fma(w.add(more, left), w.number(-2.0), w.number(HALF_PI[1])))
    return negative_if(w, sign_bit(w, x), w.select(is_large, w.add(large, small), direct))


def arccos(w: Writer, x: Value) -> Value:
    """Return the inverse cosine, from 0 to pi; NaN outside -1 to 1."""
    is_large, root, left, more = _near_zero(w, w.abs(x))
    sign = sign_bit(w, x)
    # pi / 2 - arcsin(x) where |x| is small
    large, small = quick_sum(w, w.number(HALF_PI[0]), w.neg(x))
    middle = w.add(large, w.add(small, w.sub(w.number(HALF_PI[1]), negative_if(w, sign, more))))
    # 2 arcsin(sqrt((1 - |x|) / 2)) near 1, and pi less that near -1
    rest = w.add(more, left)
    near_one = w.mul(w.add(root, rest), w.number(2.0))
    large, small = quick_sum(w, w.number(2.0 * HALF_PI[0]), w.mul(root, w.number(-2.0)))
    small = w.add(small, w.fma(rest, w.number(-2.0), w.number(2.0 * HALF_PI[1])))
    at_end = w.select(w.compare("olt", x, w.number(0.0)), w.add(large, small), near_one)
    return w.select(is_large, at_end, middle)


def _near_zero(w: Writer, size: Value) -> tuple[Value, Value, Value, Value]:
    """Return whether a size is above 1/2, then s, what s lacks, and arcsin(s) - s.

    s is the size, or sqrt((1 - size) / 2) where that is above 1/2.
    """
    is_large = w.compare("ogt", size, w.number(0.5))
    square = w.select(is_large, w.mul(w.sub(w.number(1.0), size), w.number(0.5)), w.mul(size, size))
    s = w.select(is_large, w.sqrt(square), size)
    product, rounded = w.product(s, s)
    left = w.div(w.sub(w.sub(square, product), rounded), w.add(s, s))
    left = w.select(w.compare("oeq", s, w.number(0.0)), w.number(0.0), left)
    more = w.mul(w.mul(s, square), polynomial(w, ASIN, square, w.mul(square, square)))
    return is_large, s, left, more
