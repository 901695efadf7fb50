"""Functions that hold state, unfolded: smooths, delays, trends and macros become variables of their own.

In comes one call and the scope it stands in; out comes the expression that takes its place, after
stocks and auxiliaries that nobody sees were added to the `Resolver`. They are named for the variable
they serve ("price: SMOOTH3 stage 2"), so that a message about one can be understood.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from realities.ir.builtins import BUILTINS
from realities.ir.expr import Binary, BinaryOp, Call, Expr, Number, Ref, Time, map_expr, references
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold, Whole
from realities.model.resolve import About, Resolver
from realities.model.symbols import Scope
from realities.model.value import value_before_run
from realities.source import Span

#: More stages than this in a delay say nothing that a fixed delay would not.
MOST_STAGES = 500


def _op(op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr:
    return Binary(op, left, right, span)


def _zidz(dividend: Expr, divisor: Expr, span: Span) -> Expr:
    return Call("vensim.zidz", (dividend, divisor), span=span)


def _nothing(call: syntax.Apply) -> Expr:
    """Return what stands in for a call that was refused."""
    return Number(0.0, call.span)


# -- stocks and values kept --------------------------------------------------------------------------


def _whole(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold a function that is a variable of its own kind, such as INTEG, where it stands inside others."""
    if not resolver.has_arguments(call, _WHOLE_COUNTS[name_key(call.function.name)]):
        return _nothing(call)
    name = resolver.label(scope, call.function.name.upper())
    resolver.define(name, call, scope, is_hidden=True, base=name, span=call.span)
    return Ref(name, call.span)


def _define_whole(resolver: Resolver, name: str, call: syntax.Apply, scope: Scope, about: About) -> bool:
    """Define a variable by the function that is all of its right side."""
    function, arguments = name_key(call.function.name), call.arguments
    if len(arguments) != _WHOLE_COUNTS[function]:
        return False
    match function:
        case "game":
            resolver.define(name, arguments[0], scope, **about)
        case "integ":
            flow, initial = resolver.exprs(arguments, scope)
            resolver.add(name, "stock", flow, initial=initial, **about)
        case "initial" | "reinitial":
            resolver.add(name, "initial", resolver.expr(arguments[0], scope), **about)
        case "active initial":
            active, initial = resolver.exprs(arguments, scope)
            resolver.add(name, "auxiliary", active, initial=initial, **about)
        case "delay fixed":
            delayed, time, initial = resolver.exprs(arguments, scope)
            resolver.add(name, "fixed_delay", delayed, initial=initial, extra=(time,), **about)
        case "delay material":
            delayed, time, initial, missing = resolver.exprs(arguments, scope)
            resolver.add(name, "material_delay", delayed, initial=initial, extra=(time, missing), **about)
        case "delay information":
            delayed, time, initial = resolver.exprs(arguments, scope)
            resolver.add(name, "information_delay", delayed, initial=initial, extra=(time,), **about)
        case "sample if true":
            condition, sampled, initial = resolver.exprs(arguments, scope)
            condition, sampled = _kept(resolver, name, (condition, sampled), initial, call)
            resolver.add(name, "sample", sampled, initial=initial, extra=(condition,), **about)
    return True


def _kept(
    resolver: Resolver, name: str, parts: tuple[Expr, Expr], initial: Expr, call: syntax.Apply
) -> tuple[Expr, Expr]:
    """Let a sample that names itself, as a running peak does, read what it has kept so far."""
    if all(ref.name != name for part in parts for ref in references(part)):
        return parts
    step = resolver.time_step(call.span)
    kept = resolver.hide(
        f"{name}: kept", "fixed_delay", Ref(name, call.span), call.span, initial=initial, extra=(step,)
    )

    def instead(node: Expr) -> Expr:
        return kept if isinstance(node, Ref) and node.name == name else node

    condition, sampled = (map_expr(instead, part) for part in parts)
    return condition, sampled


_WHOLE_COUNTS = {
    "active initial": 2,
    "delay fixed": 3,
    "delay information": 3,
    "delay material": 4,
    "game": 1,
    "initial": 1,
    "integ": 2,
    "reinitial": 1,
    "sample if true": 3,
}


def _game(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold GAME: outside a game, its argument."""
    if not resolver.has_arguments(call, 1):
        return _nothing(call)
    return resolver.expr(call.arguments[0], scope)


# -- smooths ------------------------------------------------------------------------------------------


def _smooth(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold SMOOTH, SMOOTHI, SMOOTH3, SMOOTH3I (input, time, initial) and SMOOTH N (.., order)."""
    found = _with_stages(resolver, call, scope)
    if found is None:
        return _nothing(call)
    value, time, initial, stages = found
    span, base = call.span, resolver.label(scope, call.function.name.upper())
    for stage in range(1, stages + 1):
        name = base if stages == 1 else f"{base} stage {stage}"
        change = _op("/", _op("-", value, Ref(name, span), span), _share(time, stages, span), span)
        value = resolver.hide(name, "stock", change, span, initial=initial)
    return value


def _delay(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold DELAY1, DELAY1I, DELAY3, DELAY3I (input, time, initial) and DELAY N (.., order).

    What flows is kept: each stage is a stock of goods under way, its outflow the stock over the
    stage's time. The last outflow of a DELAY N is settled a step ahead, with the delay time of then.
    """
    found = _with_stages(resolver, call, scope)
    if found is None:
        return _nothing(call)
    flow, time, initial, stages = found
    span, base = call.span, resolver.label(scope, call.function.name.upper())
    last_time = time
    if name_key(call.function.name) == "delay n" and not resolver.is_steady(time):
        last_time = _lagged(resolver, f"{base} time", time, span)
    for stage in range(1, stages + 1):
        name = base if stages == 1 else f"{base} stage {stage}"
        outflow = _op(
            "/", Ref(name, span), _share(last_time if stage == stages else time, stages, span), span
        )
        filled = _op("*", initial, _share(time, stages, span), span)
        resolver.hide(name, "stock", _op("-", flow, outflow, span), span, initial=filled)
        flow = outflow
    return flow


def _share(time: Expr, stages: int, span: Span) -> Expr:
    """Return the time of one of several stages."""
    return time if stages == 1 else _op("/", time, Number(float(stages), span), span)


def _lagged(resolver: Resolver, name: str, value: Expr, span: Span) -> Expr:
    """Return the value of one time step ago."""
    step = resolver.time_step(span)
    return resolver.hide(name, "fixed_delay", value, span, initial=value, extra=(step,))


#: For each smooth and delay: how many arguments, and how many stages (None: the last argument says).
_STAGES = {
    "smooth": (2, 1),
    "smoothi": (3, 1),
    "smooth3": (2, 3),
    "smooth3i": (3, 3),
    "smooth n": (4, None),
    "delay1": (2, 1),
    "delay1i": (3, 1),
    "delay3": (2, 3),
    "delay3i": (3, 3),
    "delay n": (4, None),
}


def _with_stages(resolver: Resolver, call: syntax.Apply, scope: Scope) -> tuple[Expr, Expr, Expr, int] | None:
    """Return input, time, initial value and number of stages of a smooth or delay."""
    count, stages = _STAGES[name_key(call.function.name)]
    if not resolver.has_arguments(call, count):
        return None
    value, time, *rest = resolver.exprs(call.arguments[: 3 if stages is None else count], scope)
    if stages is None:
        stages = order_of(resolver, call.arguments[3], scope)
        if stages is None:
            return None
        if name_key(call.function.name) == "delay n":
            stages = _as_many_as_fit(resolver, call, scope, stages)
    return value, time, rest[0] if rest else value, stages


def order_of(resolver: Resolver, term: syntax.Term, scope: Scope) -> int | None:
    """Return the number of stages, which is settled before the run, or None with a finding."""
    value = value_before_run(resolver, term, scope)
    if value is None or not 1 <= round(value) <= MOST_STAGES:
        resolver.findings.error(
            "wrong-arguments",
            f"the order must be a number from 1 to {MOST_STAGES} that is known before the run",
            term.span,
        )
        return None
    return int(value + 0.5)


def _as_many_as_fit(resolver: Resolver, call: syntax.Apply, scope: Scope, stages: int) -> int:
    """Return how many stages a DELAY N keeps: none is shorter than a time step, as Vensim has it."""
    settled = dict(resolver.settled)
    time = value_before_run(resolver, call.arguments[1], scope)
    clock = syntax.Name(resolver.language.controls.time_step)
    step = value_before_run(resolver, clock, Scope(clock.name, {}))
    if time is None or step is None or step <= 0.0 or stages * step <= time * (1.0 + 1e-9):
        resolver.settled = settled  # nothing was made of these numbers
        return stages
    kept = max(int(time / step + 1e-9), 1)
    if kept < stages:
        resolver.findings.warning(
            "short-delay",
            f"{stages} stages are more than a delay of {time:g} has time steps of {step:g}: it gets {kept}",
            call.span,
            "Vensim does so too; a shorter TIME STEP lets it have them all",
        )
    return min(kept, stages)


# -- trends ---------------------------------------------------------------------------------------------


def in_some_unit(resolver: Resolver, call: syntax.Apply, scope: Scope, number: Expr) -> Expr:
    """Return a bare number as a variable of its own, so that its unit is unknown: 3 may be three months."""
    if not isinstance(number, Number):
        return number
    name = resolver.label(scope, f"{call.function.name.upper()} number")
    return resolver.hide(name, "auxiliary", number, number.span)


def _trend(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold TREND(input, averaging time, initial trend): the fractional growth of the input."""
    if not resolver.has_arguments(call, 3):
        return _nothing(call)
    value, time, first = resolver.exprs(call.arguments, scope)
    span, time = call.span, in_some_unit(resolver, call, scope, time)
    grown = _op("+", Number(1.0, span), _op("*", first, time, span), span)
    return _growth(resolver, call, scope, value, time, _op("/", value, grown, span))


def _forecast(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold FORECAST(input, averaging time, horizon): the input, grown by its trend over the horizon."""
    if not resolver.has_arguments(call, 3):
        return _nothing(call)
    value, time, horizon = resolver.exprs(call.arguments, scope)
    span = call.span
    trend = _growth(resolver, call, scope, value, in_some_unit(resolver, call, scope, time), value)
    growth = _op("+", Number(1.0, span), _op("*", trend, horizon, span), span)
    return _op("*", value, growth, span)


def _growth(
    resolver: Resolver, call: syntax.Apply, scope: Scope, value: Expr, time: Expr, initial: Expr
) -> Expr:
    """Return (input - average) / (time * |average|), the average being a smooth of the input."""
    span = call.span
    name = resolver.label(scope, f"{call.function.name.upper()} average")
    change = _op("/", _op("-", value, Ref(name, span), span), time, span)
    average = resolver.hide(name, "stock", change, span, initial=initial)
    size = Call("abs", (average,), span=span)
    return _zidz(_op("-", value, average, span), _op("*", time, size, span), span)


def _npv(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold NPV(stream, discount rate, initial value, factor): the discounted sum of a stream so far.

    NPVE is the same with each step's part discounted to the end of the step.
    """
    if not resolver.has_arguments(call, 4):
        return _nothing(call)
    stream, rate, first, factor = resolver.exprs(call.arguments, scope)
    span, step, one = call.span, resolver.time_step(call.span), Number(1.0, call.span)
    discount_name = resolver.label(scope, "NPV discount")
    decline = _op("*", Ref(discount_name, span), rate, span)
    per_step = _op("+", one, _op("*", rate, step, span), span)
    change = _op("-", Number(0.0, span), _op("/", decline, per_step, span), span)
    discount = resolver.hide(discount_name, "stock", change, span, initial=one)
    now = _op("*", stream, discount, span)
    if name_key(call.function.name) == "npve":
        now = _op("/", now, per_step, span)
    sum_name = resolver.label(scope, "NPV sum")
    so_far = resolver.hide(sum_name, "stock", now, span, initial=first)
    return _op("*", _op("+", so_far, _op("*", now, step, span), span), factor, span)


def _depreciate(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold DEPRECIATE STRAIGHTLINE(stream, lifetime, fiscal period, initial value).

    Of what is spent within a fiscal period one part is written off in that period, and one in each of
    those that follow, over the lifetime. Before the start, the stream is taken to have been `initial value`.
    """
    if not resolver.has_arguments(call, 4):
        return _nothing(call)
    stream, lifetime, period, first = resolver.exprs(call.arguments, scope)
    span, one, half = call.span, Number(1.0, call.span), Number(0.5, call.span)
    label = resolver.label(scope, "DEPRECIATE STRAIGHTLINE")
    # The lifetime is a whole number of periods.
    exact = _op("+", _op("/", lifetime, period, span), half, span)
    n_periods = resolver.hide(
        f"{label} periods", "auxiliary", Call("vensim.integer", (exact,), span=span), span
    )
    earlier = _op("-", n_periods, one, span)
    excess = _op("-", stream, first, span)
    spent = resolver.hide(f"{label} spent", "stock", excess, span, initial=Number(0.0, span))
    # What has been spent up to the start of this period, and up to the first one that still counts.
    step = resolver.time_step(span)
    start = resolver.control(resolver.language.controls.initial_time, span)
    since = _op("+", _op("-", Time(span), start, span), _op("*", half, step, span), span)
    begins = _op("<", Call("vensim.modulo", (since, period), span=span), step, span)
    zero = Number(0.0, span)
    by_now = resolver.hide(f"{label} begun", "sample", spent, span, initial=zero, extra=(begins,))
    ago = _op("*", earlier, period, span)
    by_then = resolver.hide(f"{label} ended", "fixed_delay", by_now, span, initial=zero, extra=(ago,))
    between = _op("/", _op("-", by_now, by_then, span), period, span)
    is_long = _op(">", n_periods, one, span)
    past = Call("if_then_else", (is_long, between, zero), span=span)
    total = _op("+", _op("+", stream, _op("*", first, earlier, span), span), past, span)
    return _op("/", total, n_periods, span)


def _time_base(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold TIME BASE(start, slope): another count of time, start + slope * Time."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    start, slope = resolver.exprs(call.arguments, scope)
    return _op("+", start, _op("*", slope, Time(call.span), call.span), call.span)


# -- lookups --------------------------------------------------------------------------------------------


def _with_lookup(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold WITH LOOKUP(x, points)."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    table = resolver.table_of(call.arguments[1], scope)
    return Call("lookup", (resolver.expr(call.arguments[0], scope),), table, span=call.span)


def _lookup_mode(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold LOOKUP EXTRAPOLATE, FORWARD and BACKWARD(lookup, x): the same points, read another way."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    table = resolver.table_of(call.arguments[0], scope)
    if table in resolver.lookups:
        name = name_key(call.function.name)
        original, table = resolver.lookups[table], f"{table} ({name.removeprefix('lookup ')})"
        resolver.lookups[table] = replace(original, name=table, mode=_MODES[name])
    return Call("lookup", (resolver.expr(call.arguments[1], scope),), table, span=call.span)


def _lookup_other(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold LOOKUP INVERT(lookup, y), LOOKUP AREA(lookup, from, to) and LOOKUP SLOPE(lookup, x, mode)."""
    key = f"vensim.{name_key(call.function.name).replace(' ', '_')}"
    if not resolver.has_arguments(call, BUILTINS[key].least + 1):
        return _nothing(call)
    table = resolver.table_of(call.arguments[0], scope)
    return Call(key, tuple(resolver.exprs(call.arguments[1:], scope)), table, span=call.span)


# -- noise ----------------------------------------------------------------------------------------------


def _random_lookup(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold RANDOM LOOKUP(density, least, most, shift, stretch, seed)."""
    if not resolver.has_arguments(call, 6):
        return _nothing(call)
    table = resolver.table_of(call.arguments[0], scope)
    arguments = tuple(resolver.exprs(call.arguments[1:], scope))
    return Call("vensim.random_lookup", arguments, table, resolver.new_site(), call.span)


def _pink_noise(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold RANDOM PINK NOISE(mean, standard deviation, correlation time, seed).

    White noise, made larger so that the deviation is the same for every time step and correlation time,
    then smoothed over the correlation time: the structure of Ed Anderson, which Vensim's manual names.
    """
    if not resolver.has_arguments(call, 4):
        return _nothing(call)
    mean, deviation, time, seed = resolver.exprs(call.arguments, scope)
    span, name = call.span, resolver.label(scope, "RANDOM PINK NOISE")

    def normal() -> Expr:
        bounds = Number(-6.0, span), Number(6.0, span), Number(0.0, span), Number(1.0, span)
        return Call("vensim.random_normal", (*bounds, seed), None, resolver.new_site(), span)

    share = _op("/", resolver.time_step(span), time, span)
    larger = Call("sqrt", (_op("/", _op("-", Number(2.0, span), share, span), share, span),), span=span)
    # Sums as calls: a mere number for the mean is no mistake of units, as in RANDOM NORMAL.
    white = Call("sum", (mean, _op("*", _op("*", deviation, larger, span), normal(), span)), span=span)
    change = _op("/", _op("-", white, Ref(name, span), span), time, span)
    start = Call("sum", (mean, _op("*", deviation, normal(), span)), span=span)
    return resolver.hide(name, "stock", change, span, initial=start)


#: How each of these functions reads between and beyond the points.
_MODES: dict[str, Literal["extrapolate", "backward", "discrete"]] = {
    "lookup extrapolate": "extrapolate",
    "lookup forward": "backward",
    "lookup backward": "discrete",
}


#: Functions that make a variable of its own kind when they are the whole of its right side.
WHOLE: dict[str, Whole] = dict.fromkeys(_WHOLE_COUNTS, _define_whole)
#: Every function this file unfolds, by key.
STATEFUL: dict[str, Unfold] = {
    **dict.fromkeys((key for key in _WHOLE_COUNTS if key != "game"), _whole),
    **dict.fromkeys((key for key in _STAGES if key.startswith("smooth")), _smooth),
    **dict.fromkeys((key for key in _STAGES if key.startswith("delay")), _delay),
    **dict.fromkeys(_MODES, _lookup_mode),
    **dict.fromkeys(("lookup invert", "lookup area", "lookup slope"), _lookup_other),
    "random lookup": _random_lookup,
    "random pink noise": _pink_noise,
    "game": _game,
    "trend": _trend,
    "forecast": _forecast,
    **dict.fromkeys(("npv", "npve"), _npv),
    "depreciate straightline": _depreciate,
    "time base": _time_base,
    "with lookup": _with_lookup,
}
