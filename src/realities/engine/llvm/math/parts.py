"""What the mathematical functions share: polynomials, sums of two doubles, and numbers taken apart.

In come operands of a `Writer`; out go others. A pair (high, low) stands for the sum of two doubles, the
second at most half a unit of the last place of the first. Where the processor has an instruction for a
step, it gives the same bits as the operations written out: `Target.has_avx512` is about speed alone.
`exp.py`, `log.py` and `circle.py` are next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from realities.engine.llvm.writer import Value, Writer, double

Pair = tuple[Value, Value]

#: Added and taken away again, it leaves the nearest whole number; the bits of the sum hold that number.
ROUNDING = 1.5 * 2.0**52
#: The same for exponents: the bits of the sum hold the number and 2046, which is above 0.
SHIFT = ROUNDING + 2046.0
_EIGHT = "<8 x double>"


def polynomial(w: Writer, cs: Sequence[float], x: Value, square: Value) -> Value:
    """Return c0 + c1 x + c2 x^2 + ..., even and odd powers side by side; `square` is x * x."""
    even, odd = horner(w, cs[::2], square), horner(w, cs[1::2], square)
    return w.fma(odd, x, even)


def horner(w: Writer, cs: Sequence[float], x: Value) -> Value:
    """Return c0 + c1 x + c2 x^2 + ..., from the highest power down."""
    value = w.number(cs[-1])
    for c in reversed(cs[:-1]):
        value = w.fma(value, x, w.number(c))
    return value


def quick_sum(w: Writer, large: Value, small: Value) -> Pair:
    """Return large + small as a pair; |large| >= |small|, or large is 0 (Dekker 1971)."""
    total = w.add(large, small)
    return total, w.add(w.sub(large, total), small)


def exact_sum(w: Writer, x: Value, y: Value) -> Pair:
    """Return x + y as a pair, whichever is larger (Knuth)."""
    total = w.add(x, y)
    part = w.sub(total, x)
    return total, w.add(w.sub(x, w.sub(total, part)), w.sub(y, part))


def within(w: Writer, x: Value, low: float, high: float) -> Value:
    """Return x moved between two bounds; NaN stays."""
    x = w.select(w.compare("olt", x, w.number(low)), w.number(low), x)
    return w.select(w.compare("ogt", x, w.number(high)), w.number(high), x)


def negative_if(w: Writer, condition_bits: Value, x: Value) -> Value:
    """Return x with its sign turned by a word that is 0 or the sign bit alone."""
    return w.from_bits(w.on_words("xor", w.bits(x), condition_bits))


def sign_bit(w: Writer, x: Value) -> Value:
    """Return a word: the sign bit of x alone."""
    return w.on_words("and", w.bits(x), w.integer(-(2**63)))


def is_negative(w: Writer, x: Value) -> Value:
    """Return a truth: the sign bit of x is set, of -0 too."""
    return w.op(f"icmp slt {w.word} {w.bits(x)}, zeroinitializer")


def is_word(w: Writer, how: str, x: Value, y: Value) -> Value:
    """Return a truth about two words: `how` is eq, ne, ult, ..."""
    return w.op(f"icmp {how} {w.word} {x}, {y}")


def scale(w: Writer, x: Value, sum_: Value, n: Value) -> Value:
    """Return x * 2^n, rounded once; n = sum_ - SHIFT is whole, from -1160 to 1160, and x near 1."""
    if w.target.has_avx512:
        return _by_eights(w, _scale_eight, x, n)
    # 2^n is the product of two powers of two that are in range, by the low bits of the sum.
    word = w.bits(sum_)
    half = w.on_words("lshr", word, w.integer(1))
    rest = w.on_words("sub", word, half)
    first, second = (w.from_bits(w.on_words("shl", part, w.integer(52))) for part in (half, rest))
    return w.mul(w.mul(x, first), second)


def whole_for_scale(w: Writer, x: Value, factor: float) -> Pair:
    """Return what `scale` takes for the whole number nearest x * factor: a sum that holds it, and itself."""
    shift = w.number(SHIFT)
    total = w.fma(x, w.number(factor), shift)
    return total, w.sub(total, shift)


def take_apart(w: Writer, x: Value) -> tuple[Value, Value, Value]:
    """Return (z, k, i) of |x| = z * 2^k, z in [0.75, 1.5); the low four bits of i number a part.

    That part is the one of sixteen that z is in: [1, 1.5) in eights, then [0.75, 1). For 0, infinity and
    NaN the results are of no use.
    """
    if w.target.has_avx512:
        z = _by_eights(w, _mantissa_eight, x)
        k = w.sub(_by_eights(w, _exponent_eight, x), _by_eights(w, _exponent_eight, z))
        return z, k, w.on_words("lshr", w.bits(z), w.integer(48))
    x = w.abs(x)
    is_small = w.compare("olt", x, w.number(2.0**-1022))
    word = w.bits(w.select(is_small, w.mul(x, w.number(2.0**54)), x))
    rounded = w.on_words("add", word, w.integer(2**51))
    biased = w.on_words("and", rounded, w.integer(-(2**52)))
    z = w.from_bits(w.on_words("sub", word, w.on_words("sub", biased, w.integer(1023 << 52))))
    # The bits of 2^52 with a whole number in the lowest ones are 2^52 plus that number.
    count = w.on_words("or", w.on_words("lshr", rounded, w.integer(52)), w.integer(1075 << 52))
    bias = w.select(is_small, w.number(2.0**52 + 1023.0 + 54.0), w.number(2.0**52 + 1023.0))
    return z, w.sub(w.from_bits(count), bias), w.on_words("lshr", word, w.integer(48))


def with_limits(w: Writer, x: Value, value: Value) -> Value:
    """Return a logarithm of x where x is positive and finite, else its limit or NaN; AVX-512 only."""
    return _by_eights(w, _limits_eight, x, value)


def read_16(w: Writer, table: Sequence[float], i: Value) -> Value:
    """Return the entries of a table of sixteen doubles, by the low four bits of a word."""
    if w.target.has_avx512:
        return _by_eights(w, lambda inner, part: _read_eight(inner, table, part), i, kind=w.word)
    return w.gather(w.module.table(table), w.on_words("and", i, w.integer(15)))


# --- AVX-512, on eight lanes ------------------------------------------------------------------------


def _by_eights(w: Writer, on_eight: Callable[..., Value], *arguments: Value, kind: str = "") -> Value:
    """Return what a function of eight lanes gives, eight lanes at a time; its arguments are of one kind."""
    n = w.target.lanes
    if n == 8:
        return on_eight(w, *arguments)
    parts = [
        on_eight(w, *(_eight(w, kind or w.real, argument, first) for argument in arguments))
        for first in range(0, n, 8)
    ]
    while len(parts) > 1:
        n_each = n // len(parts)
        order = ", ".join(f"i32 {k}" for k in range(2 * n_each))
        part = f"<{n_each} x double>"
        parts = [
            w.op(f"shufflevector {part} {a}, {part} {b}, <{2 * n_each} x i32> <{order}>")
            for a, b in zip(parts[::2], parts[1::2], strict=True)
        ]
    return parts[0]


def _eight(w: Writer, kind: str, x: Value, first: int) -> Value:
    order = ", ".join(f"i32 {first + k}" for k in range(8))
    return w.op(f"shufflevector {kind} {x}, {kind} poison, <8 x i32> <{order}>")


def _scale_eight(w: Writer, x: Value, n: Value) -> Value:
    function = w.module.declare(
        "llvm.x86.avx512.mask.scalef.pd.512", _EIGHT, [_EIGHT, _EIGHT, _EIGHT, "i8", "i32"]
    )
    return w.op(f"call {_EIGHT} {function}({_EIGHT} {x}, {_EIGHT} {n}, {_EIGHT} undef, i8 -1, i32 4)")


def _mantissa_eight(w: Writer, x: Value) -> Value:
    function = w.module.declare(
        "llvm.x86.avx512.mask.getmant.pd.512", _EIGHT, [_EIGHT, "i32", _EIGHT, "i8", "i32"]
    )
    # 7: between 3/4 and 3/2, without a sign.
    return w.op(f"call {_EIGHT} {function}({_EIGHT} {x}, i32 7, {_EIGHT} undef, i8 -1, i32 4)")


def _exponent_eight(w: Writer, x: Value) -> Value:
    function = w.module.declare("llvm.x86.avx512.mask.getexp.pd.512", _EIGHT, [_EIGHT, _EIGHT, "i8", "i32"])
    return w.op(f"call {_EIGHT} {function}({_EIGHT} {x}, {_EIGHT} undef, i8 -1, i32 4)")


def _limits_eight(w: Writer, x: Value, value: Value) -> Value:
    function = w.module.declare(
        "llvm.x86.avx512.mask.fixupimm.pd.512", _EIGHT, [_EIGHT, _EIGHT, "<8 x i64>", "i32", "i8", "i32"]
    )
    # What to give, four bits for each kind of x: 0 the value, 1 x, 2 x made quiet, 3 NaN, 4 -infinity,
    # 5 infinity. The kinds, from the lowest bits: NaN, signalling NaN, 0, 1, -infinity, infinity, < 0, > 0.
    table = "splat (i64 55772193)"
    return w.op(
        f"call {_EIGHT} {function}({_EIGHT} {value}, {_EIGHT} {x}, <8 x i64> {table}, i32 0, i8 -1, i32 4)"
    )


def _read_eight(w: Writer, table: Sequence[float], i: Value) -> Value:
    first, second = (_constant(table[start : start + 8]) for start in (0, 8))
    function = w.module.declare("llvm.x86.avx512.vpermi2var.pd.512", _EIGHT, [_EIGHT, "<8 x i64>", _EIGHT])
    return w.op(f"call {_EIGHT} {function}({_EIGHT} {first}, <8 x i64> {i}, {_EIGHT} {second})")


def _constant(values: Sequence[float]) -> Value:
    return "<" + ", ".join(f"double {double(value)}" for value in values) + ">"
