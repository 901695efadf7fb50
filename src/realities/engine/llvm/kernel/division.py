"""Division by products and sums, the same bits: several quotients at once, with one look at all of them.

In come dividends and divisors, and for divisors that are known before the run what `reciprocal` made of
them; out go the quotients, rounded as IEEE 754 says. Processors divide eight doubles in the time of thirty
products, so `layout.py` chooses which divisions are done so, and `operations.py` writes those together that
can start together. A `Trial` is a quotient not yet looked at; `settled` divides where one may be wrong.

A divisor b known before (Markstein 1990; Brisebarre, Muller and Raina 2004): with y = 1 / b rounded, q = a y
rounded, r = b q - a and q' = q - r y, both fused, q' is a / b rounded: q is within two units of the last
place, and where a / b is so near the middle of two doubles that the last rounding could go wrong, q is one
of the two, r exact and r y off by no more than a quarter of the least distance of a quotient from a middle.

Any divisor: let y be within 2^-14 of 1 / b, and e = 1 - b y + 2^-39. Then z = y (1 + e + e^2) is larger than
1 / b, by a share between 2^-39.4 and 2^-38.6: b z = 1 - e^3 + 2^-39 (1 + e + e^2), of which e^3 is below
2^-41.9, and roundings change 2^-51. Let q be any double near a / b, and r = a - b q, fused. The true quotient
q + r / b lies between q + r (1 - 2^-38) z and q + r z. Rounding never turns two numbers round, so if both
become the same double, that is a / b rounded. With q = a y (1 + e) they do not once in 2^13 quotients or so.
(Markstein's way for any divisor, as Cornea, Harrison and Tang 2002 have it, needs 1 / b rounded first.)

Both hold as long as nothing leaves the range of doubles: where |a| is 2^-800 or more, r is 0 or a multiple
of 2^-106 a, and rounded as any double. What leaves it at the other end is NaN, or infinite as it should be.

A dividend of 0 is common, and its quotient is q: a product of a with a number that has the sign of b has the
sign of the quotient, and is NaN where there is no such number. Sums after it could lose that sign, so they
are left out, and it has no size to be looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from realities.engine.llvm.writer import Value, Writer

#: Divisors from 1 / FAR to FAR are prepared for, and dividends that give a quotient of at least LEAST.
FAR = 2.0**100
LEAST = 2.0**-800


@dataclass(frozen=True, slots=True)
class Trial:
    """A quotient that is right where its conditions hold, and those.

    Attributes
    ----------
    is_other
        Whether the dividend is not 0.
    sizes
        What must be at least LEAST, without its sign, if the dividend is not 0.
    numbers
        What must not be NaN, which the least of several sizes does not tell.
    equal
        What must be equal to the value.
    """

    dividend: Value
    divisor: Value
    value: Value
    is_other: Value
    sizes: tuple[Value, ...]
    numbers: tuple[Value, ...] = ()
    equal: tuple[Value, ...] = ()


def reciprocal(w: Writer, divisor: Value) -> Value:
    """Return what `try_known` needs besides a divisor: its reciprocal, or NaN if it is out of range."""
    size = w.abs(divisor)
    inside = w.both(w.compare("oge", size, w.number(1.0 / FAR)), w.compare("ole", size, w.number(FAR)))
    return w.select(inside, w.div(w.number(1.0), divisor), w.number(math.nan))


def reciprocal_of(divisor: float) -> float:
    """Return what `reciprocal` gives for a number."""
    return 1.0 / divisor if 1.0 / FAR <= abs(divisor) <= FAR else math.nan


def try_known(w: Writer, dividend: Value, divisor: Value, known: Value) -> Trial:
    """Find a quotient; `known` is the divisor's reciprocal."""
    near = w.mul(dividend, known)
    rest = w.fma(divisor, near, w.neg(dividend))
    is_other = _is_other(w, dividend)
    nearer = w.select(is_other, w.fma(w.neg(rest), known, near), near)
    # What has left the range is NaN.
    return Trial(dividend, divisor, nearer, is_other, sizes=(nearer,), numbers=(nearer,))


def try_any(w: Writer, dividend: Value, divisor: Value) -> Trial:
    """Find a quotient by products and sums of AVX-512, for eight lanes; nothing is known of the divisor."""
    rough, opposite = _rough_reciprocal(w, divisor), w.neg(divisor)
    off = w.fma(opposite, rough, w.number(1.0 + 2.0**-39))
    better = w.fma(rough, off, rough)
    high = w.fma(better, off, rough)
    near = w.mul(dividend, better)
    rest = w.fma(opposite, near, dividend)
    is_other = _is_other(w, dividend)
    beyond = w.select(is_other, w.fma(rest, high, near), near)
    short = w.fma(w.mul(rest, w.number(1.0 - 2.0**-38)), high, near)
    return Trial(dividend, divisor, beyond, is_other, sizes=(dividend, beyond), equal=(short,))


def settled(w: Writer, trials: Sequence[Trial]) -> list[Value]:
    """Return the quotients; where a lane of one may be wrong, all are divided again."""
    if not trials:
        return []
    right = reduce(w.both, _conditions(w, trials))
    return w.when_any(
        w.opposite(right),
        lambda: [w.div(trial.dividend, trial.divisor) for trial in trials],
        [trial.value for trial in trials],
    )


def _conditions(w: Writer, trials: Sequence[Trial]) -> list[Value]:
    """Return truths that hold where all trials are right, as few as can be."""
    found = [w.compare("oeq", other, trial.value) for trial in trials for other in trial.equal]
    sizes = dict.fromkeys((size, trial.is_other) for trial in trials for size in trial.sizes)
    if len(sizes) == 1 or not w.target.has_avx512 or w.target.lanes != 8:
        return found + [_is_large_or_of_zero(w, *pair) for pair in sizes]
    numbers = [number for trial in trials for number in trial.numbers]
    pairs = zip(numbers[::2], numbers[1::2] + numbers[-1:], strict=False)
    found += [w.compare("ord", *pair) for pair in pairs]
    return [*found, w.compare("oge", _least_size(w, sizes), w.number(LEAST))]


def _is_other(w: Writer, dividend: Value) -> Value:
    """Return whether a dividend is not 0, or no number."""
    return w.compare("une", dividend, w.number(0.0))


def _is_large_or_of_zero(w: Writer, x: Value, is_other: Value) -> Value:
    """Return whether |x| is at least LEAST, or the dividend 0 and x a number."""
    of_zero = w.both(w.opposite(is_other), w.compare("ord", x, x))
    return w.either(w.compare("oge", w.abs(x), w.number(LEAST)), of_zero)


def _rough_reciprocal(w: Writer, x: Value) -> Value:
    """Return 1 / x to 14 bits."""
    name = w.module.declare("llvm.x86.avx512.rcp14.pd.512", w.real, [w.real, w.real, "i8"])
    return w.op(f"call {w.real} {name}({w.real} {x}, {w.real} zeroinitializer, i8 -1)")


def _least_size(w: Writer, sizes: Iterable[tuple[Value, Value]]) -> Value:
    """Return the least |x| of the values x whose truths hold, no more than 1; NaN is passed over."""
    kinds = [w.real, w.real, "i32 immarg", w.real, "i8", "i32 immarg"]
    name = w.module.declare("llvm.x86.avx512.mask.range.pd.512", w.real, kinds)
    least = w.number(1.0)
    for x, counts in sizes:
        mask = w.op(f"bitcast {w.truth} {counts} to i8")
        chosen = f"{w.real} {least}, {w.real} {x}, i32 10, {w.real} {least}, i8 {mask}, i32 4"
        least = w.op(f"call {w.real} {name}({chosen})")
    return least
