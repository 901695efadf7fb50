"""Built-ins that are simple enough to be written out in instructions.

In come a `Builder`, a `Clock` and the values of a call's arguments; out goes the value of its result, or None
where this call is better left to a function. What each means stands in `ir/builtins.py` and the rows beside
it; test inputs hold still within a step. `lower.py` uses these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from realities.engine.program.builder import Builder

#: A divisor smaller than this counts as zero in ZIDZ and XIDZ.
_NO_DIVISOR = 1e-6


@dataclass(frozen=True, slots=True)
class Clock:
    """The time at which a step begins, and how long the step is."""

    time: int
    time_step: int


Expansion = Callable[[Builder, Clock, tuple[int, ...]], int | None]


def power(b: Builder, base: int, exponent: int) -> int:
    """Return base ^ exponent: products, quotients and roots where the exponent is written as a small one."""
    match b.written(exponent):
        case 0.0:
            return b.number(1.0)
        case 1.0:
            return base
        case 2.0:
            return b.mul(base, base)
        case 3.0:
            return b.mul(b.mul(base, base), base)
        case 4.0:
            square = b.mul(base, base)
            return b.mul(square, square)
        case 0.5:
            return b.apply("sqrt", base)
        case -1.0:
            return b.div(b.number(1.0), base)
        case -2.0:
            return b.div(b.number(1.0), b.mul(base, base))
        case _:
            return b.apply("call", base, exponent, detail="power")


def _power(b: Builder, _: Clock, args: tuple[int, ...]) -> int:
    return power(b, *args)


def _one(op: str) -> Expansion:
    return lambda b, _, args: b.apply(op, *args)


def _from_left(op: str) -> Expansion:
    def chain(b: Builder, _: Clock, args: tuple[int, ...]) -> int:
        so_far = args[0]
        for value in args[1:]:
            so_far = b.apply(op, so_far, value)
        return so_far

    return chain


def _if_then_else(b: Builder, _: Clock, args: tuple[int, ...]) -> int:
    condition, chosen, otherwise = args
    number = b.written(condition)
    if number is not None:
        return chosen if number != 0.0 else otherwise
    return b.select(b.truth(condition), chosen, otherwise)


def _middle(b: Builder, clock: Clock) -> int:
    """Return the middle of the step, so that rounding of the time moves no edge by a whole one."""
    return b.add(clock.time, b.mul(clock.time_step, b.number(0.5)))


# --- quotients ----------------------------------------------------------------------------------------


def _zidz(b: Builder, clock: Clock, args: tuple[int, ...]) -> int:
    return _xidz(b, clock, (*args, b.number(0.0)))


def _xidz(b: Builder, _: Clock, args: tuple[int, ...]) -> int:
    above, below, otherwise = args
    quotient = b.div(above, below)
    written = b.written(below)
    if written is not None:
        return otherwise if abs(written) < _NO_DIVISOR else quotient
    return b.select(b.less(b.apply("abs", below), b.number(_NO_DIVISOR)), otherwise, quotient)


def _safediv(b: Builder, _: Clock, args: tuple[int, ...]) -> int:
    above, below, otherwise = args
    return b.select(b.equal(below, b.number(0.0)), otherwise, b.div(above, below))


def _quantum(b: Builder, _: Clock, args: tuple[int, ...]) -> int:
    x, size = args
    cut = b.mul(size, b.apply("trunc", b.div(x, size)))
    return b.select(b.at_most(size, b.number(0.0)), x, cut)


def _fmod(b: Builder, _: Clock, args: tuple[int, ...]) -> int:
    return b.apply("call", *args, detail="fmod")


def _log(b: Builder, _: Clock, args: tuple[int, ...]) -> int | None:
    x, base = args
    if base not in b.known:
        return None
    if b.known[base] == 10.0:
        return b.apply("call", x, detail="xmile.log10")
    return b.div(b.apply("call", x, detail="ln"), b.apply("call", base, detail="ln"))


# --- inputs over time ---------------------------------------------------------------------------------


def _step(b: Builder, clock: Clock, args: tuple[int, ...]) -> int:
    height, start = args
    return b.select(b.less(start, _middle(b, clock)), height, b.number(0.0))


def _pulse(b: Builder, clock: Clock, args: tuple[int, ...]) -> int:
    start, width = args
    now = _middle(b, clock)
    end = b.add(start, b.apply("max", width, clock.time_step))
    return b.real(b.both(b.less(start, now), b.less(now, end)))


def _pulse_train(b: Builder, clock: Clock, args: tuple[int, ...]) -> int:
    start, width, between, end = args
    now = _middle(b, clock)
    since = b.apply("call", b.sub(now, start), between, detail="fmod")
    # Pulses without any time between them follow on one another.
    zero = b.number(0.0)
    phase = b.select(b.less(zero, between), since, zero)
    in_pulse = b.less(phase, b.apply("max", width, clock.time_step))
    in_train = b.both(b.less(start, now), b.less(b.sub(now, clock.time_step), end))
    return b.real(b.both(in_train, in_pulse))


def _ramp(b: Builder, clock: Clock, args: tuple[int, ...]) -> int:
    slope, start, end = args
    height = b.mul(slope, b.sub(b.apply("min", clock.time, end), start))
    # One that ends before it starts is a step down.
    return b.select(b.less(start, clock.time), height, b.number(0.0))


def _xmile_ramp(b: Builder, clock: Clock, args: tuple[int, ...]) -> int:
    slope, start, *end = args
    level = b.apply("min", clock.time, end[0]) if end else clock.time
    return b.mul(slope, b.sub(b.apply("max", level, start), start))


def _xmile_pulse(b: Builder, clock: Clock, args: tuple[int, ...]) -> int:
    magnitude, first, interval = args
    zero = b.number(0.0)
    # From the middle of the step: it holds a pulse if that lies less than a step behind.
    since = b.sub(_middle(b, clock), first)
    again = b.apply("call", since, interval, detail="fmod")
    phase = b.select(b.less(zero, interval), again, since)
    is_on = b.both(b.less(zero, since), b.less(phase, clock.time_step))
    return b.select(is_on, b.div(magnitude, clock.time_step), zero)


# --- random numbers -----------------------------------------------------------------------------------


def _uniform(b: Builder, _: Clock, args: tuple[int, ...]) -> int:
    u, least, most = args
    return b.add(least, b.mul(u, b.sub(most, least)))


#: Expansions by the key of their built-in; a random function has a uniform number before its arguments.
EXPANSIONS: Mapping[str, Expansion] = MappingProxyType(
    {
        "min": _from_left("min"),
        "max": _from_left("max"),
        "sum": _from_left("+"),
        "product": _from_left("*"),
        "abs": _one("abs"),
        "sqrt": _one("sqrt"),
        "power": _power,
        "if_then_else": _if_then_else,
        "step": _step,
        "vensim.integer": _one("trunc"),
        "vensim.modulo": _fmod,
        "vensim.quantum": _quantum,
        "vensim.log": _log,
        "vensim.zidz": _zidz,
        "vensim.xidz": _xidz,
        "vensim.pulse": _pulse,
        "vensim.pulse_train": _pulse_train,
        "vensim.ramp": _ramp,
        "vensim.random_uniform": _uniform,
        "xmile.int": _one("floor"),
        "xmile.safediv": _safediv,
        "xmile.pulse": _xmile_pulse,
        "xmile.ramp": _xmile_ramp,
        "xmile.random": _uniform,
    }
)
