"""XMILE's functions that hold state, unfolded: smooths, delays, trends, and values of another time.

In comes one call and the scope it stands in; out comes the expression that takes its place, after
stocks and other variables that nobody sees were added to the `Resolver`, as in `model/stateful.py`.
Sections are those of XMILE 1.0 (OASIS, 2015). An initial value that is left out is the input's own at
the start of the run (3.5.3). `language.py` lists what is here.
"""

from __future__ import annotations

from realities.ir.expr import Binary, BinaryOp, Call, Expr, Number, Ref
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold, Whole
from realities.model.resolve import About, Resolver
from realities.model.stateful import in_some_unit, order_of
from realities.model.symbols import Scope
from realities.model.value import value_before_run
from realities.source import Span


def _op(op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr:
    return Binary(op, left, right, span)


def _nothing(call: syntax.Apply) -> Expr:
    """Return what stands in for a call that was refused."""
    return Number(0.0, call.span)


# -- smooths and delays by stages (3.5.3) --------------------------------------------------------------

#: How many stages each has; None where an argument says.
_STAGES = {"1": 1, "3": 3, "n": None}


def _smooth(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold SMTH1, SMTH3 (input, averaging time[, initial]) and SMTHN (.., n[, initial])."""
    found = _staged(resolver, call, scope)
    if found is None:
        return _nothing(call)
    value, time, initial, stages = found
    span, base = call.span, resolver.label(scope, call.function.name.upper())
    for name in _names(base, stages):
        change = _op("/", _op("-", value, Ref(name, span), span), _share(time, stages, span), span)
        value = resolver.hide(name, "stock", change, span, initial=initial)
    return value


def _delay(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold DELAY1, DELAY3 (input, delay time[, initial]) and DELAYN (.., n[, initial]).

    What flows is kept: each stage is a stock of goods under way, its outflow the stock over the stage's
    time, at first the initial value.
    """
    found = _staged(resolver, call, scope)
    if found is None:
        return _nothing(call)
    flow, time, initial, stages = found
    span, base = call.span, resolver.label(scope, call.function.name.upper())
    share = _share(time, stages, span)
    for name in _names(base, stages):
        outflow = _op("/", Ref(name, span), share, span)
        filled = _op("*", initial, share, span)
        resolver.hide(name, "stock", _op("-", flow, outflow, span), span, initial=filled)
        flow = outflow
    return flow


def _names(base: str, stages: int) -> list[str]:
    return [base] if stages == 1 else [f"{base} stage {stage}" for stage in range(1, stages + 1)]


def _share(time: Expr, stages: int, span: Span) -> Expr:
    """Return the time of one of several stages."""
    return time if stages == 1 else _op("/", time, Number(float(stages), span), span)


def _staged(resolver: Resolver, call: syntax.Apply, scope: Scope) -> tuple[Expr, Expr, Expr, int] | None:
    """Return input, time, initial value and number of stages, or None with a finding."""
    stages = _STAGES[name_key(call.function.name)[-1]]
    count = 2 if stages is not None else 3
    if not resolver.has_arguments(call, count, count + 1):
        return None
    value, time = resolver.exprs(call.arguments[:2], scope)
    if stages is None:
        stages = order_of(resolver, call.arguments[2], scope)
        if stages is None:
            return None
    initial = resolver.expr(call.arguments[count], scope) if len(call.arguments) > count else value
    return value, time, initial, stages


# -- fixed delays and values of another time -----------------------------------------------------------


def _fixed(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold DELAY(input, delay time[, initial]): the input, as it was that long ago (3.5.3)."""
    if not resolver.has_arguments(call, 2, 3):
        return _nothing(call)
    value, time, *rest = resolver.exprs(call.arguments, scope)
    name = resolver.label(scope, "DELAY")
    initial = rest[0] if rest else value
    _tell_short(resolver, call.arguments[1], scope)
    return resolver.hide(name, "fixed_delay", value, call.span, initial=initial, extra=(time,))


def _tell_short(resolver: Resolver, time: syntax.Term, scope: Scope) -> None:
    """Warn of a delay that is rounded up to a time step, where it is known before the run."""
    settled = dict(resolver.settled)
    length = value_before_run(resolver, time, scope)
    clock = syntax.Name(resolver.language.controls.time_step)
    step = value_before_run(resolver, clock, Scope(clock.name, {}))
    resolver.settled = settled  # nothing was made of these numbers
    if length is not None and step is not None and length < step / 2.0:
        message = f"a delay of {length:g} is shorter than a time step of {step:g}: it takes one step"
        resolver.findings.warning("short-delay", message, time.span, "a smaller DT, or no delay, is exact")


def _previous(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold PREVIOUS(variable, initial): its value one time step ago, at first the initial one (3.5.6)."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    variable, initial = call.arguments
    if isinstance(variable, syntax.Name) and name_key(variable.name) == "self" and not variable.subscripts:
        value: Expr = Ref(scope.owner, variable.span)
    else:
        value = resolver.expr(variable, scope)
    step = resolver.time_step(call.span)
    name = resolver.label(scope, "PREVIOUS")
    first = resolver.expr(initial, scope)
    return resolver.hide(name, "fixed_delay", value, call.span, initial=first, extra=(step,))


def _init(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold INIT(variable): its value at the start of the run (3.5.6)."""
    if not resolver.has_arguments(call, 1):
        return _nothing(call)
    value = resolver.expr(call.arguments[0], scope)
    return resolver.hide(resolver.label(scope, "INIT"), "initial", value, call.span)


def _define_init(resolver: Resolver, name: str, call: syntax.Apply, scope: Scope, about: About) -> bool:
    """Define a variable that is all INIT(variable)."""
    if len(call.arguments) != 1:
        return False
    resolver.add(name, "initial", resolver.expr(call.arguments[0], scope), **about)
    return True


# -- trends (3.5.3) --------------------------------------------------------------------------------------


def _trend(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold TREND(input, averaging time[, initial trend]): the fractional growth of the input."""
    if not resolver.has_arguments(call, 2, 3):
        return _nothing(call)
    value, time, *rest = resolver.exprs(call.arguments, scope)
    time = in_some_unit(resolver, call, scope, time)
    return _growth(resolver, call, scope, value, time, rest[0] if rest else None)


def _forecast(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold FORCST(input, averaging time, horizon[, initial trend]): the input, grown by its trend."""
    if not resolver.has_arguments(call, 3, 4):
        return _nothing(call)
    value, time, horizon, *rest = resolver.exprs(call.arguments, scope)
    span, time = call.span, in_some_unit(resolver, call, scope, time)
    trend = _growth(resolver, call, scope, value, time, rest[0] if rest else None)
    grown = _op("+", Number(1.0, span), _op("*", trend, horizon, span), span)
    return _op("*", value, grown, span)


def _growth(
    resolver: Resolver, call: syntax.Apply, scope: Scope, value: Expr, time: Expr, first: Expr | None
) -> Expr:
    """Return (input - average) / (average * time), the average being a first-order smooth of the input.

    It starts where the trend is `first`, or 0 where there is none.
    """
    span = call.span
    initial = value
    if first is not None:
        grown = _op("+", Number(1.0, span), _op("*", first, time, span), span)
        initial = _op("/", value, grown, span)
    name = resolver.label(scope, f"{call.function.name.upper()} average")
    change = _op("/", _op("-", value, Ref(name, span), span), time, span)
    average = resolver.hide(name, "stock", change, span, initial=initial)
    quotient = (_op("-", value, average, span), _op("*", average, time, span), Number(0.0, span))
    return Call("xmile.safediv", quotient, span=span)


#: Every function this file unfolds, by key.
STATEFUL: dict[str, Unfold] = {
    **dict.fromkeys(("smth1", "smth3", "smthn"), _smooth),
    **dict.fromkeys(("delay1", "delay3", "delayn"), _delay),
    "delay": _fixed,
    "forcst": _forecast,
    "init": _init,
    "previous": _previous,
    "trend": _trend,
}
#: Functions that make a variable of its own kind when they are the whole of its right side.
WHOLE: dict[str, Whole] = {"init": _define_init}
