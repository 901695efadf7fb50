"""Sine, cosine and tangent of radians.

All take away the nearest multiple of pi / 2, which leaves a pair of at most a quarter of pi, and use
polynomials in it. Up to 2^30 a pi / 2 of three doubles does (Cody and Waite 1980); beyond, each lane that
needs it multiplies by those bits of 2 / pi that matter (Payne and Hanek 1983), in a block that is passed
over where none does. Errors, in units of the last place: 0.9, tan 1. `arc.py` has the inverses.
"""

from __future__ import annotations

import math

from realities.engine.llvm.math.exp import quotient
from realities.engine.llvm.math.numbers import COS, HALF_PI, SIN, TWO_OVER_PI, TWO_OVER_PI_BITS
from realities.engine.llvm.math.parts import (
    ROUNDING,
    Pair,
    exact_sum,
    is_word,
    negative_if,
    polynomial,
    quick_sum,
)
from realities.engine.llvm.writer import Value, Writer

#: Up to here three parts of pi / 2 leave all bits that a double can hold.
_NEAR = 2.0**30


def sin(w: Writer, x: Value) -> Value:
    """Return the sine; NaN for infinity."""
    r, quarter = _reduce(w, x)
    value = _turned(w, _sine(w, r)[0], _cosine(w, r)[0], quarter)
    return w.select(w.compare("oeq", x, w.number(0.0)), x, value)


def cos(w: Writer, x: Value) -> Value:
    """Return the cosine; NaN for infinity."""
    r, quarter = _reduce(w, x)
    return _turned(w, _sine(w, r)[0], _cosine(w, r)[0], w.on_words("add", quarter, w.integer(1)))


def tan(w: Writer, x: Value) -> Value:
    """Return the tangent; NaN for infinity."""
    r, quarter = _reduce(w, x)
    sine, cosine = _sine(w, r), _cosine(w, r)
    is_odd = _bit(w, quarter, 1)
    above, below = (
        (w.select(is_odd, one[0], other[0]), w.select(is_odd, one[1], other[1]))
        for one, other in ((cosine, sine), (sine, cosine))
    )
    value = negative_if(w, w.on_words("shl", quarter, w.integer(63)), quotient(w, above, below))
    return w.select(w.compare("oeq", x, w.number(0.0)), x, value)


def _turned(w: Writer, sine: Value, cosine: Value, quarter: Value) -> Value:
    """Return the sine of an angle that is so many quarter turns further."""
    value = w.select(_bit(w, quarter, 1), cosine, sine)
    sign = w.on_words("shl", w.on_words("lshr", quarter, w.integer(1)), w.integer(63))
    return negative_if(w, sign, value)


def _bit(w: Writer, word: Value, bit: int) -> Value:
    return is_word(w, "ne", w.on_words("and", word, w.integer(bit)), "zeroinitializer")


def _sine(w: Writer, r: Pair) -> Pair:
    high, low = r
    square = w.mul(high, high)
    low = w.fma(w.mul(low, square), w.number(-0.5), low)
    cube = w.mul(high, square)
    return quick_sum(w, high, w.fma(cube, polynomial(w, SIN, square, w.mul(square, square)), low))


def _cosine(w: Writer, r: Pair) -> Pair:
    high, low = r
    square, left = w.product(high, high)
    large, small = quick_sum(w, w.number(1.0), w.mul(square, w.number(-0.5)))
    fourth = w.mul(square, square)
    small = w.sub(small, w.fma(high, low, w.mul(left, w.number(0.5))))
    return quick_sum(w, large, w.fma(fourth, polynomial(w, COS, square, fourth), small))


def _reduce(w: Writer, x: Value) -> tuple[Pair, Value]:
    """Return x without the nearest multiple n of pi / 2, and a word whose lowest bits are those of n."""
    near = _reduce_near(w, x)
    name = w.module.function("reduce_far", [w.real] * 4, f"[3 x {w.real}]", _write_reduce_far)
    is_far = w.compare("uge", w.abs(x), w.number(_NEAR))

    def far() -> list[Value]:
        given = ", ".join(f"{w.real} {value}" for value in (x, *near))
        found = w.op(f"call [3 x {w.real}] {name}({given})")
        return [w.op(f"extractvalue [3 x {w.real}] {found}, {k}") for k in range(3)]

    high, low, quarter = w.when_any(is_far, far, near)
    return (high, low), w.bits(quarter)


def _reduce_near(w: Writer, x: Value) -> list[Value]:
    """Return the pair that is left, then the word as the bits of a real."""
    total = w.fma(x, w.number(TWO_OVER_PI[0]), w.number(ROUNDING))
    n = w.sub(total, w.number(ROUNDING))
    # Nothing is rounded here: x and n HALF_PI[0] have no bits below 2^-53, their difference is below 1.
    if w.target.has_fma:
        rest = w.fma(n, w.number(-HALF_PI[0]), x)
    else:
        product, left = w.product(n, w.number(HALF_PI[0]))
        rest = w.sub(w.sub(x, product), left)
    product, left = w.product(n, w.number(-HALF_PI[1]))
    high, low = exact_sum(w, rest, product)
    low = w.fma(n, w.number(-HALF_PI[2]), w.add(low, left))
    return [*quick_sum(w, high, low), total]


def _write_reduce_far(w: Writer) -> None:
    """Write a function that gives the same for large x = %a0; the other lanes get %a1, %a2, %a3 back."""
    x = "%a0"
    turns, turns_low, quarter = _lanes_of_turns(w, x)
    product, left = w.product(turns, w.number(HALF_PI[0]))
    left = w.add(left, w.fma(turns, w.number(HALF_PI[1]), w.mul(turns_low, w.number(HALF_PI[0]))))
    high, low = quick_sum(w, product, left)
    is_far = w.compare("uge", w.abs(x), w.number(_NEAR))
    is_finite = w.compare("olt", w.abs(x), w.number(math.inf))
    result = f"[3 x {w.real}] poison"
    for k, value in enumerate((w.select(is_finite, high, w.number(math.nan)), low, quarter)):
        chosen = w.select(is_far, value, f"%a{k + 1}")
        result = f"[3 x {w.real}] " + w.op(f"insertvalue {result}, {w.real} {chosen}, {k}")
    w.do(f"ret {result}")


def _lanes_of_turns(w: Writer, x: Value) -> tuple[Value, Value, Value]:
    """Return x * 2 / pi without the nearest whole number n, as a pair; and n, as the bits of a real.

    A loop over lanes: x is m * 2^e; of 2 / pi it takes the 192 bits that give the product's two lowest
    whole bits and 126 bits behind the point.
    """
    w.module.globals["two over pi"] = _table_of_bits()
    w.do(f"br label %lane{(number := w.name()[2:])}")
    entry = w.block
    w.label(f"lane{number}")
    w.do(f"%k = phi i32 [ 0, %{entry} ], [ %next, %lane{number} ]")
    for name in ("high", "low", "whole"):
        w.do(f"%{name}s = phi {w.real} [ zeroinitializer, %{entry} ], [ %{name}s_filled, %lane{number} ]")
    for line in _ONE_LANE.splitlines():
        w.do(line.strip().replace("REAL", w.real).replace("X", x))
    w.do(f"%more = icmp slt i32 %next, {w.target.lanes}")
    w.do(f"br i1 %more, label %lane{number}, label %end{number}")
    w.label(f"end{number}")
    return "%highs_filled", "%lows_filled", "%wholes_filled"


def _table_of_bits() -> str:
    """Return a constant: the bits of 2 / pi as 22 words from the lowest, 128 zeros on top."""
    words = [(TWO_OVER_PI_BITS >> 64 * k) & (2**64 - 1) for k in range(22)]
    cells = ", ".join(f"i64 {word}" for word in words)
    return f"@two_over_pi = private unnamed_addr constant [22 x i64] [{cells}], align 64"


_ONE_LANE = """\
%x = extractelement REAL X, i32 %k
%bits = bitcast double %x to i64
%raised = lshr i64 %bits, 52
%biased = and i64 %raised, 2047
%fraction = and i64 %bits, 4503599627370495
%m = or i64 %fraction, 4503599627370496
%at_least = call i64 @llvm.umax.i64(i64 %biased, i64 1053)
%bounded = call i64 @llvm.umin.i64(i64 %at_least, i64 2046)
%shift = sub i64 2165, %bounded
%byte = lshr i64 %shift, 3
%bit = and i64 %shift, 7
%p0 = getelementptr i8, ptr @two_over_pi, i64 %byte
%p1 = getelementptr i8, ptr %p0, i64 8
%p2 = getelementptr i8, ptr %p0, i64 16
%p3 = getelementptr i8, ptr %p0, i64 24
%a0x = load i64, ptr %p0, align 1
%a1x = load i64, ptr %p1, align 1
%a2x = load i64, ptr %p2, align 1
%a3x = load i64, ptr %p3, align 1
%w0 = call i64 @llvm.fshr.i64(i64 %a1x, i64 %a0x, i64 %bit)
%w1 = call i64 @llvm.fshr.i64(i64 %a2x, i64 %a1x, i64 %bit)
%w2 = call i64 @llvm.fshr.i64(i64 %a3x, i64 %a2x, i64 %bit)
%mw = zext i64 %m to i128
%w0w = zext i64 %w0 to i128
%w1w = zext i64 %w1 to i128
%m0 = mul i128 %mw, %w0w
%m1 = mul i128 %mw, %w1w
%carry = lshr i128 %m0, 64
%m01 = add i128 %m1, %carry
%m2 = mul i64 %m, %w2
%m2w = zext i64 %m2 to i128
%m2s = shl i128 %m2w, 64
%product = add i128 %m01, %m2s
%low_bits = trunc i128 %product to i64
%product_s = lshr i128 %product, 64
%top = trunc i128 %product_s to i64
%rounded = add i64 %top, 2305843009213693952
%n = lshr i64 %rounded, 62
%n_top = shl i64 %n, 62
%f = sub i64 %top, %n_top
%f3 = ashr i64 %f, 32
%f2 = and i64 %f, 4294967295
%f1 = lshr i64 %low_bits, 32
%f0 = and i64 %low_bits, 4294967295
%d3 = sitofp i64 %f3 to double
%d2 = sitofp i64 %f2 to double
%d1 = sitofp i64 %f1 to double
%d0 = sitofp i64 %f0 to double
%e3 = fmul double %d3, 0x3E10000000000000
%e2 = fmul double %d2, 0x3C10000000000000
%e1 = fmul double %d1, 0x3A10000000000000
%e0 = fmul double %d0, 0x3810000000000000
%s = fadd double %e3, %e2
%s_part = fsub double %e3, %s
%s_low = fadd double %s_part, %e2
%rest = fadd double %e1, %e0
%t = fadd double %s_low, %rest
%high = fadd double %s, %t
%high_part = fsub double %s, %high
%low = fadd double %high_part, %t
%is_below = icmp slt i64 %bits, 0
%minus_n = sub i64 0, %n
%signed_n = select i1 %is_below, i64 %minus_n, i64 %n
%whole = bitcast i64 %signed_n to double
%minus_high = fneg double %high
%minus_low = fneg double %low
%signed_high = select i1 %is_below, double %minus_high, double %high
%signed_low = select i1 %is_below, double %minus_low, double %low
%highs_filled = insertelement REAL %highs, double %signed_high, i32 %k
%lows_filled = insertelement REAL %lows, double %signed_low, i32 %k
%wholes_filled = insertelement REAL %wholes, double %whole, i32 %k
%next = add i32 %k, 1"""
