"""Built-ins that are written out in simpler operations, so that `if` and `max` run as fast as `+`.

In come a `Graph` and the nodes of the arguments; out goes the node of the result. Functions of time
get a `Clock`: the time at the start of the step, since test inputs hold still within one, whatever the
integrator does. `translate.py` next uses these for calls, and `functions.py` for all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType

from realities.engine.reference.graph import Graph

#: A divisor smaller than this counts as zero in ZIDZ and XIDZ.
_NEARLY_ZERO = 1e-6


@dataclass(frozen=True, slots=True)
class Clock:
    """Nodes of the time at the start of a step, and of the step's length."""

    time: int
    time_step: int

    def now(self, graph: Graph) -> int:
        """Return the time plus half a step: rounding of the time moves no edge by a step."""
        return graph.apply("+", self.time, graph.apply("*", self.time_step, graph.literal(0.5)))


Expansion = Callable[[Graph, Clock, tuple[int, ...]], int]


def power(graph: Graph, base: int, exponent: int) -> int:
    """Return base ^ exponent; small whole exponents, roots and reciprocals without a logarithm."""
    match graph.number(exponent):
        case 0.0:
            return graph.literal(1.0)
        case 1.0:
            return base
        case 2.0:
            return graph.apply("*", base, base)
        case 3.0:
            return graph.apply("*", graph.apply("*", base, base), base)
        case 4.0:
            square = graph.apply("*", base, base)
            return graph.apply("*", square, square)
        case 0.5:
            return graph.apply("sqrt", base)
        case -1.0:
            return graph.apply("/", graph.literal(1.0), base)
        case -2.0:
            return graph.apply("/", graph.literal(1.0), graph.apply("*", base, base))
        case _:
            return graph.apply("^", base, exponent)


def _chained(op: str) -> Expansion:
    return lambda graph, _, args: reduce(lambda left, right: graph.apply(op, left, right), args)


def _power(graph: Graph, _: Clock, args: tuple[int, ...]) -> int:
    return power(graph, *args)


def _if_then_else(graph: Graph, _: Clock, args: tuple[int, ...]) -> int:
    condition, chosen, otherwise = args
    number = graph.number(condition)
    if number is not None:
        return chosen if number != 0.0 else otherwise
    return graph.apply("select", graph.truth(condition), chosen, otherwise)


def _zidz(graph: Graph, clock: Clock, args: tuple[int, ...]) -> int:
    return _xidz(graph, clock, (*args, graph.literal(0.0)))


def _xidz(graph: Graph, _: Clock, args: tuple[int, ...]) -> int:
    above, below, otherwise = args
    quotient = graph.apply("/", above, below)
    number = graph.number(below)
    if number is not None:
        return otherwise if abs(number) < _NEARLY_ZERO else quotient
    is_zero = graph.apply("<", graph.apply("abs", below), graph.literal(_NEARLY_ZERO))
    return graph.apply("select", is_zero, otherwise, quotient)


def _step(graph: Graph, clock: Clock, args: tuple[int, ...]) -> int:
    height, start = args
    begun = graph.apply("<", start, clock.now(graph))
    return graph.apply("select", begun, height, graph.literal(0.0))


def _pulse(graph: Graph, clock: Clock, args: tuple[int, ...]) -> int:
    start, width = args
    now = clock.now(graph)
    end = graph.apply("+", start, graph.apply("max", width, clock.time_step))
    return graph.real(graph.apply("and", graph.apply("<", start, now), graph.apply("<", now, end)))


def _pulse_train(graph: Graph, clock: Clock, args: tuple[int, ...]) -> int:
    start, width, between, end = args
    now = clock.now(graph)
    # Pulses without any time between them follow on one another.
    repeats = graph.apply(">", between, graph.literal(0.0))
    phase = graph.apply("fmod", graph.apply("-", now, start), between)
    phase = graph.apply("select", repeats, phase, graph.literal(0.0))
    in_pulse = graph.apply("<", phase, graph.apply("max", width, clock.time_step))
    last = graph.apply("<", graph.apply("-", now, clock.time_step), end)
    in_train = graph.apply("and", graph.apply("<", start, now), last)
    return graph.real(graph.apply("and", in_train, in_pulse))


def _ramp(graph: Graph, clock: Clock, args: tuple[int, ...]) -> int:
    slope, start, end = args
    height = graph.apply("*", slope, graph.apply("-", graph.apply("min", clock.time, end), start))
    # A ramp that ends before it starts is a step, as its manual spells it out.
    return graph.apply("select", graph.apply("<", start, clock.time), height, graph.literal(0.0))


# --- XMILE's own -------------------------------------------------------------------------------------


def _safediv(graph: Graph, _: Clock, args: tuple[int, ...]) -> int:
    above, below, otherwise = args
    is_zero = graph.apply("=", below, graph.literal(0.0))
    return graph.apply("select", is_zero, otherwise, graph.apply("/", above, below))


def _area_pulse(graph: Graph, clock: Clock, args: tuple[int, ...]) -> int:
    magnitude, first, interval = args
    zero = graph.literal(0.0)
    since = graph.apply("-", clock.now(graph), first)
    repeats = graph.apply(">", interval, zero)
    phase = graph.apply("select", repeats, graph.apply("fmod", since, interval), since)
    # `since` counts from the middle of a step: the pulse is on where its time lies within half a step.
    is_on = graph.apply("and", graph.apply("<", zero, since), graph.apply("<", phase, clock.time_step))
    return graph.apply("select", is_on, graph.apply("/", magnitude, clock.time_step), zero)


def _open_ramp(graph: Graph, clock: Clock, args: tuple[int, ...]) -> int:
    slope, start, *end = args
    level = graph.apply("min", clock.time, end[0]) if end else clock.time
    return graph.apply("*", slope, graph.apply("-", graph.apply("max", level, start), start))


#: Expansions by the key of their built-in. Their arguments are numbers, never truth values.
EXPANSIONS: Mapping[str, Expansion] = MappingProxyType(
    {
        "min": _chained("min"),
        "max": _chained("max"),
        "sum": _chained("+"),
        "product": _chained("*"),
        "power": _power,
        "if_then_else": _if_then_else,
        "vensim.zidz": _zidz,
        "vensim.xidz": _xidz,
        "step": _step,
        "vensim.pulse": _pulse,
        "vensim.pulse_train": _pulse_train,
        "vensim.ramp": _ramp,
        "xmile.pulse": _area_pulse,
        "xmile.ramp": _open_ramp,
        "xmile.safediv": _safediv,
    }
)
