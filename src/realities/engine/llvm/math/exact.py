"""Functions with an exact answer: remainders, rounding, quanta, and parts of a date.

In come operands; out goes what the NumPy function of the reference engine gives, to the last bit. The usual
remainder is a division, a rounding and a product; one with a quotient of 2^52 or more is worked out in whole
numbers, lane by lane, in a block that is passed over where no lane needs it. `functions.py` lists them.
"""

from __future__ import annotations

import math

from realities.engine.llvm.math.parts import is_negative
from realities.engine.llvm.writer import Value, Writer

#: Days from the start of the year 0 to 1 March of it, from where four centuries are counted.
_TO_MARCH = 60.0
_FOUR_CENTURIES = 146_097.0


def fmod(w: Writer, x: Value, y: Value) -> Value:
    """Return x less the multiple of y that leaves the rest nearest to 0 with the sign of x, as C does."""
    quotient = w.div(x, y)
    n = w.nearest(quotient)
    product, left = w.product(n, y)
    rest = w.fma(w.neg(n), y, x) if w.target.has_fma else w.sub(w.sub(x, product), left)
    # The nearest multiple may be one too far; all of this is exact.
    is_past = w.both(
        w.compare("one", rest, w.number(0.0)),
        w.op(f"xor {w.truth} {is_negative(w, rest)}, {is_negative(w, x)}"),
    )
    rest = w.select(is_past, w.add(rest, w.copysign(y, x)), rest)
    rest = w.copysign(rest, x)
    largest = math.inf if w.target.has_fma else 2.0**960
    is_usual = w.both(
        w.compare("olt", w.abs(quotient), w.number(2.0**52)),
        w.compare("olt", w.abs(y), w.number(largest)),
    )
    if not w.target.has_fma:
        is_usual = w.both(is_usual, w.compare("olt", w.abs(x), w.number(largest)))
    name = w.module.function("fmod_far", [w.real] * 2, w.real, _write_fmod_far)
    is_far = w.opposite(is_usual)
    return w.when_any(is_far, lambda: [w.select(is_usual, rest, w.call(name, x, y))], [rest])[0]


def _write_fmod_far(w: Writer) -> None:
    """Write a function: the remainder of any %a0 by any %a1."""
    w.module.declare("llvm.umax.i64", "i64", ["i64", "i64"])
    w.do("br label %lane")
    w.label("lane")
    w.do("%k = phi i32 [ 0, %0 ], [ %next, %reduced ]")
    w.do(f"%done = phi {w.real} [ zeroinitializer, %0 ], [ %filled, %reduced ]")
    for line in _ONE_LANE.splitlines():
        text = line.strip().replace("REAL", w.real)
        w.label(text[:-1]) if text.endswith(":") else w.do(text)
    w.do(f"%more = icmp slt i32 %next, {w.target.lanes}")
    w.do("br i1 %more, label %lane, label %end")
    w.label("end")
    x, y = "%a0", "%a1"
    infinity = w.number(math.inf)
    is_less = w.compare("olt", w.abs(x), w.abs(y))
    value = w.select(is_less, x, w.copysign("%filled", x))
    is_lost = w.either(
        w.either(w.compare("uno", x, y), w.compare("oeq", w.abs(x), infinity)),
        w.compare("oeq", y, w.number(0.0)),
    )
    w.do(f"ret {w.real} {w.select(is_lost, w.number(math.nan), value)}")


#: A number is m * 2^(e - 1075). While the exponents differ, shift m by up to 11 bits and take the remainder.
_ONE_LANE = """\
%x = extractelement REAL %a0, i32 %k
%y = extractelement REAL %a1, i32 %k
%x_bits = bitcast double %x to i64
%y_bits = bitcast double %y to i64
%x_up = lshr i64 %x_bits, 52
%y_up = lshr i64 %y_bits, 52
%x_exponent = and i64 %x_up, 2047
%y_exponent = and i64 %y_up, 2047
%x_e = call i64 @llvm.umax.i64(i64 %x_exponent, i64 1)
%y_e = call i64 @llvm.umax.i64(i64 %y_exponent, i64 1)
%x_is_small = icmp eq i64 %x_exponent, 0
%y_is_small = icmp eq i64 %y_exponent, 0
%x_one = select i1 %x_is_small, i64 0, i64 4503599627370496
%y_one = select i1 %y_is_small, i64 0, i64 4503599627370496
%x_fraction = and i64 %x_bits, 4503599627370495
%y_fraction = and i64 %y_bits, 4503599627370495
%x_m = or i64 %x_fraction, %x_one
%y_m = or i64 %y_fraction, %y_one
%y_m_safe = call i64 @llvm.umax.i64(i64 %y_m, i64 1)
%distance = sub i64 %x_e, %y_e
%first = urem i64 %x_m, %y_m_safe
br label %reduce
reduce:
%rest = phi i64 [ %first, %lane ], [ %rest_next, %shift ]
%left = phi i64 [ %distance, %lane ], [ %left_next, %shift ]
%is_done = icmp sle i64 %left, 0
br i1 %is_done, label %reduced, label %shift
shift:
%is_last = icmp slt i64 %left, 11
%bits = select i1 %is_last, i64 %left, i64 11
%rest_shifted = shl i64 %rest, %bits
%rest_next = urem i64 %rest_shifted, %y_m_safe
%left_next = sub i64 %left, %bits
br label %reduce
reduced:
%whole = sitofp i64 %rest to double
%power = sub i64 %y_e, 1075
%power_1 = ashr i64 %power, 1
%power_2 = sub i64 %power, %power_1
%biased_1 = add i64 %power_1, 1023
%biased_2 = add i64 %power_2, 1023
%bits_1 = shl i64 %biased_1, 52
%bits_2 = shl i64 %biased_2, 52
%factor_1 = bitcast i64 %bits_1 to double
%factor_2 = bitcast i64 %bits_2 to double
%half = fmul double %whole, %factor_1
%result = fmul double %half, %factor_2
%filled = insertelement REAL %done, double %result, i32 %k
%next = add i32 %k, 1"""


def mod(w: Writer, x: Value, y: Value) -> Value:
    """Return the remainder with the sign of y, as `numpy.mod` does."""
    rest = fmod(w, x, y)
    zero = w.number(0.0)
    differs = w.op(f"xor {w.truth} {w.compare('olt', y, zero)}, {w.compare('olt', rest, zero)}")
    moved = w.select(differs, w.add(rest, y), rest)
    moved = w.select(w.compare("oeq", rest, zero), w.copysign(zero, y), moved)
    return w.select(w.compare("oeq", y, zero), rest, moved)


def round_half_away(w: Writer, x: Value) -> Value:
    """Return the nearest whole number, of two the one further from 0."""
    return w.copysign(w.floor(w.add(w.abs(x), w.number(0.5))), x)


def quantum(w: Writer, x: Value, size: Value) -> Value:
    """Return x moved towards 0 to a multiple of a size; x where the size is not positive."""
    whole = w.mul(size, w.trunc(w.div(x, size)))
    return w.select(w.compare("ole", size, w.number(0.0)), x, whole)


# --- dates: see the reference engine's calendar.py, of which this is every operation in order -----------


def date_part(w: Writer, days: Value, measure: Value) -> Value:
    """Return a part of a date of the Gregorian calendar, given as days since the start of the year 0."""
    whole, seconds = _split(w, days)

    def floored(x: Value, size: float) -> Value:
        return w.floor(w.div(x, w.number(size)))

    since = w.sub(whole, w.number(_TO_MARCH))
    cycle = floored(since, _FOUR_CENTURIES)
    of_cycle = w.sub(since, w.mul(cycle, w.number(_FOUR_CENTURIES)))
    leap_days = w.add(
        w.sub(floored(of_cycle, 1460.0), floored(of_cycle, 36524.0)), floored(of_cycle, 146096.0)
    )
    year = floored(w.sub(of_cycle, leap_days), 365.0)
    before = w.sub(
        w.add(w.mul(w.number(365.0), year), floored(year, 4.0)),
        floored(year, 100.0),
    )
    of_year = w.sub(of_cycle, before)
    from_march = floored(w.add(w.mul(w.number(5.0), of_year), w.number(2.0)), 153.0)
    month_start = floored(w.add(w.mul(w.number(153.0), from_march), w.number(2.0)), 5.0)
    day = w.add(w.sub(of_year, month_start), w.number(1.0))
    month = w.select(
        w.compare("olt", from_march, w.number(10.0)),
        w.add(from_march, w.number(3.0)),
        w.sub(from_march, w.number(9.0)),
    )
    is_next = w.select(w.compare("ole", month, w.number(2.0)), w.number(1.0), w.number(0.0))
    year = w.add(w.add(year, w.mul(w.number(400.0), cycle)), is_next)
    day_of_week = mod(w, w.add(whole, w.number(6.0)), w.number(7.0))
    return _chosen(w, measure, (year, month, day, day_of_week, whole), seconds)


def date_part_of_360(w: Writer, days: Value, measure: Value) -> Value:
    """Return the same for years of twelve months of 30 days."""
    whole, seconds = _split(w, days)
    year = w.floor(w.div(whole, w.number(360.0)))
    of_year = mod(w, whole, w.number(360.0))
    month = w.add(w.floor(w.div(of_year, w.number(30.0))), w.number(1.0))
    day = w.add(mod(w, of_year, w.number(30.0)), w.number(1.0))
    return _chosen(w, measure, (year, month, day, w.number(math.nan), whole), seconds)


def _split(w: Writer, days: Value) -> tuple[Value, Value]:
    """Return whole days, and the seconds of the day rounded to four decimals."""
    whole = w.floor(days)
    seconds = w.mul(w.sub(days, whole), w.number(86400.0))
    seconds = w.div(w.nearest(w.mul(seconds, w.number(1e4))), w.number(1e4))
    is_next = w.compare("oge", seconds, w.number(86400.0))
    return (
        w.select(is_next, w.add(whole, w.number(1.0)), whole),
        w.select(is_next, w.number(0.0), seconds),
    )


def _chosen(w: Writer, measure: Value, parts: tuple[Value, ...], seconds: Value) -> Value:
    """Return the part that a measure numbers, from 1; NaN for any other measure."""
    year, month, *rest = parts
    third = w.floor(w.div(w.sub(month, w.number(1.0)), w.number(3.0)))
    quarter = w.add(third, w.number(1.0))
    hour = w.floor(w.div(seconds, w.number(3600.0)))
    minute = w.floor(w.div(mod(w, seconds, w.number(3600.0)), w.number(60.0)))
    second = mod(w, seconds, w.number(60.0))
    result = w.number(math.nan)
    for number, part in enumerate((year, quarter, month, *rest, hour, minute, second), start=1):
        result = w.select(w.compare("oeq", measure, w.number(float(number))), part, result)
    return result
