"""Vensim's SINTEG: a stock that is kept within bounds, and may snap to one value.

In comes a call, `SINTEG(rate, initial, min, max, quant, spec, thresh)`, that is all of an equation; out
come two variables: a stock of our own making, whose net flow stops at the bounds, and the variable itself,
which is that stock within the bounds. Where a bound is :NA: there is none. Another way of keeping stocks
from going below zero is XMILE's, in `nonnegative.py`.

Reference: https://vensim.com/documentation/fn_sinteg.html
"""

from __future__ import annotations

from dataclasses import dataclass

from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.expr import Binary, Call, Expr, Number, Ref
from realities.model import syntax
from realities.model.language import Unfold, Whole
from realities.model.resolve import About, Resolver
from realities.model.symbols import Scope
from realities.source import Span

_ARGUMENTS = 7


@dataclass(frozen=True, slots=True)
class _Limits:
    """The last five arguments of a call, None for :NA:."""

    low: float | None
    high: float | None
    special: float | None
    threshold: float | None

    def kept(self, value: Expr, span: Span) -> Expr:
        """Return what a value becomes within these limits."""
        if self.low is not None:
            value = Call("max", (value, Number(self.low, span)), span=span)
        if self.high is not None:
            value = Call("min", (value, Number(self.high, span)), span=span)
        if self.special is not None and self.threshold is not None:
            special, threshold = Number(self.special, span), Number(self.threshold, span)
            distance = Call("abs", (Binary("-", value, special, span),), span=span)
            is_near = Binary("<", distance, threshold, span)
            value = Call("if_then_else", (is_near, special, value), span=span)
        return value


def _sinteg(resolver: Resolver, name: str, call: syntax.Apply, scope: Scope, about: About) -> bool:
    """Define a variable by SINTEG."""
    if len(call.arguments) != _ARGUMENTS:
        return False
    rate, initial = resolver.exprs(call.arguments[:2], scope)
    limits = _limits(resolver, call)
    if limits is None:
        return True
    place = call.span
    inner = Ref(f"{name}: integral", place)
    step = resolver.time_step(place)
    moved = limits.kept(Binary("+", inner, Binary("*", rate, step, place), place), place)
    net = Binary("/", Binary("-", moved, inner, place), step, place)
    resolver.hide(inner.name, "stock", net, place, initial=limits.kept(initial, place))
    resolver.add(name, "auxiliary", limits.kept(inner, place), **about)
    return True


def _limits(resolver: Resolver, call: syntax.Apply) -> _Limits | None:
    """Return the limits that a call sets, or None with a finding."""
    found = [_number(argument) for argument in call.arguments[2:]]
    for argument, number in zip(call.arguments[2:], found, strict=True):
        if number is None:
            message = "the last five arguments of SINTEG have to be numbers or :NA:"
            resolver.findings.error("wrong-arguments", message, argument.span)
            return None
    low, high, quantum, special, threshold = (None if one == NOT_AVAILABLE else one for one in found)
    if quantum is not None:
        message = "SINTEG with a step between its values is not supported: how it rounds is written nowhere"
        resolver.findings.error("unsupported-function", message, call.arguments[4].span, "write :NA: there")
        return None
    return _Limits(low, high, special, threshold)


def _number(term: syntax.Term) -> float | None:
    match term:
        case syntax.Numeral(value):
            return value
        case syntax.Prefix("-", syntax.Numeral(value)):
            return -value
        case _:
            return None


def _misplaced(resolver: Resolver, call: syntax.Apply, _scope: Scope) -> Expr:
    """Note a SINTEG that is not all of its equation."""
    if resolver.has_arguments(call, _ARGUMENTS):
        message = "SINTEG has to be all of its equation: nothing can stand before or behind it"
        resolver.findings.error("wrong-arguments", message, call.span)
    return Number(0.0, call.span)


#: What may be all of an equation, and what stands inside another.
LIMITED: dict[str, Whole] = {"sinteg": _sinteg}
MISPLACED_LIMITED: dict[str, Unfold] = {"sinteg": _misplaced}
