"""XMILE's functions without state whose arguments may be left out, unfolded: chance, test inputs.

In comes one call and the scope it stands in; out comes the call of a built-in of the core with all its
arguments, or a small expression. Sections are those of XMILE 1.0 (OASIS, 2015); what the standard does
not have means what isee systems' help for Stella says. `language.py` lists what is here.
"""

from __future__ import annotations

import math

from realities.ir.expr import Binary, Call, Expr, Number, Time
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold
from realities.model.resolve import Resolver
from realities.model.stateful import STATEFUL as VENSIM_STATEFUL
from realities.model.symbols import Scope
from realities.source import Span


def _nothing(call: syntax.Apply) -> Expr:
    """Return what stands in for a call that was refused."""
    return Number(0.0, call.span)


# -- random numbers (3.5.2) ------------------------------------------------------------------------------

#: Random functions by key: the built-in, and how many arguments come before the seed.
_RANDOM = {
    "beta": ("xmile.beta", 2),
    "binomial": ("xmile.binomial", 2),
    "exprnd": ("xmile.exprnd", 1),
    "gamma": ("xmile.gamma", 2),
    "logistic": ("xmile.logistic", 2),
    "lognormal": ("xmile.lognormal", 2),
    "normal": ("xmile.normal", 2),
    "pareto": ("xmile.pareto", 2),
    "poisson": ("xmile.poisson", 1),
    "random": ("xmile.random", 2),
    "triangular": ("xmile.triangular", 3),
    "uniform": ("xmile.random", 2),
    "weibull": ("xmile.weibull", 2),
}


def _random(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold a random function: without a seed, its place in the model alone chooses its numbers."""
    name = name_key(call.function.name)
    key, count = _RANDOM[name]
    if name == "normal" and len(call.arguments) == 5:
        return _bounded_normal(resolver, call, scope)
    if not resolver.has_arguments(call, count, count + 1):
        return _nothing(call)
    values = resolver.exprs(call.arguments, scope)
    if len(values) == count:
        values.append(Number(0.0, call.span))
    return _call(resolver, key, values, call.span)


def _bounded_normal(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's NORMAL(mean, deviation, seed, least, most), which is Vensim's in another order."""
    mean, deviation, seed, least, most = resolver.exprs(call.arguments, scope)
    return _call(resolver, "vensim.random_normal", [least, most, mean, deviation, seed], call.span)


def _call(resolver: Resolver, key: str, values: list[Expr], span: Span) -> Expr:
    resolver.n_sites += 1
    return Call(key, tuple(values), None, resolver.n_sites, span)


def _monte_carlo(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's MONTECARLO(percent per unit of time[, seed]): 1 in that share of the steps, else 0."""
    if not resolver.has_arguments(call, 1, 2):
        return _nothing(call)
    percent, *seed = resolver.exprs(call.arguments, scope)
    span = call.span
    bounds = [Number(0.0, span), Number(100.0, span), *(seed or [Number(0.0, span)])]
    drawn = _call(resolver, "xmile.random", bounds, span)
    return Binary("<", drawn, Binary("*", percent, resolver.time_step(span), span), span)


# -- test inputs (3.5.4) -----------------------------------------------------------------------------------


def _pulse(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold PULSE(magnitude, first time[, interval])."""
    if not resolver.has_arguments(call, 2, 3):
        return _nothing(call)
    values = resolver.exprs(call.arguments, scope)
    if len(values) == 2:
        values.append(Number(0.0, call.span))
    return Call("xmile.pulse", tuple(values), span=call.span)


def _ramp(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold RAMP(slope, start time); Vensim's third argument, the end, is taken as translators leave it."""
    if not resolver.has_arguments(call, 2, 3):
        return _nothing(call)
    return Call("xmile.ramp", tuple(resolver.exprs(call.arguments, scope)), span=call.span)


def _wave(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's SINWAVE and COSWAVE(amplitude, period)."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    amplitude, period = resolver.exprs(call.arguments, scope)
    span = call.span
    turn = Binary("/", Binary("*", Number(2.0 * math.pi, span), Time(span), span), period, span)
    wave = "sin" if name_key(call.function.name) == "sinwave" else "cos"
    return Binary("*", amplitude, Call(wave, (turn,), span=span), span)


# -- the rest ------------------------------------------------------------------------------------------------


def _number(resolver: Resolver, call: syntax.Apply, _: Scope) -> Expr:
    """Unfold PI(), INF() and NAN(): their names, with needless parentheses."""
    if not resolver.has_arguments(call, 0):
        return _nothing(call)
    return Number(resolver.language.constants[name_key(call.function.name)], call.span)


def _control(resolver: Resolver, call: syntax.Apply, _: Scope) -> Expr:
    """Unfold TIME(), DT(), STARTTIME() and STOPTIME(): their names, with needless parentheses."""
    if not resolver.has_arguments(call, 0):
        return _nothing(call)
    name = call.function.name
    return Time(call.span) if name_key(name) == "time" else resolver.control(name, call.span)


def _safediv(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's SAFEDIV(dividend, divisor[, value where the divisor is 0])."""
    if not resolver.has_arguments(call, 2, 3):
        return _nothing(call)
    values = resolver.exprs(call.arguments, scope)
    if len(values) == 2:
        values.append(Number(0.0, call.span))
    return Call("xmile.safediv", tuple(values), span=call.span)


def _percent(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's PERCENT(fraction)."""
    if not resolver.has_arguments(call, 1):
        return _nothing(call)
    return Binary("*", Number(100.0, call.span), resolver.expr(call.arguments[0], scope), call.span)


def _switch(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's SWITCH(first, second): 1 where the first is the larger, else 0."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    first, second = resolver.exprs(call.arguments, scope)
    return Binary(">", first, second, call.span)


def _lookup(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's LOOKUP(graphical function, x)."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    table = resolver.table_of(call.arguments[0], scope)
    return Call("lookup", (resolver.expr(call.arguments[1], scope),), table, span=call.span)


def _lookup_other(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's LOOKUPINV(graphical function, y) and LOOKUPAREA(graphical function, from, to)."""
    is_area = name_key(call.function.name) == "lookuparea"
    if not resolver.has_arguments(call, 3 if is_area else 2):
        return _nothing(call)
    table = resolver.table_of(call.arguments[0], scope)
    key = "vensim.lookup_area" if is_area else "vensim.lookup_invert"
    return Call(key, tuple(resolver.exprs(call.arguments[1:], scope)), table, span=call.span)


def _npv(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold NPV with Vensim's four arguments, as translators leave it; Stella's is another."""
    if len(call.arguments) not in (2, 3):
        return VENSIM_STATEFUL["npv"](resolver, call, scope)
    resolver.findings.error(
        "unsupported-function",
        f"Stella's NPV, with {len(call.arguments)} arguments, is not supported",
        call.function.span,
        "write it out: a stock that gains the input times a discount factor",
    )
    return _nothing(call)


def _choices(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold Stella's COMBINATIONS(n, r), n!/(r! (n-r)!), and PERMUTATIONS(n, r), n!/(n-r)!."""
    if not resolver.has_arguments(call, 2):
        return _nothing(call)
    n, r = resolver.exprs(call.arguments, scope)
    span = call.span
    rest = Call("xmile.factorial", (Binary("-", n, r, span),), span=span)
    orders = Binary("/", Call("xmile.factorial", (n,), span=span), rest, span)
    if name_key(call.function.name) == "permutations":
        return orders
    return Binary("/", orders, Call("xmile.factorial", (r,), span=span), span)


#: Every function this file unfolds, by key.
PLAIN: dict[str, Unfold] = {
    **dict.fromkeys(_RANDOM, _random),
    **dict.fromkeys(("pi", "inf", "nan"), _number),
    **dict.fromkeys(("time", "dt", "starttime", "stoptime"), _control),
    **dict.fromkeys(("sinwave", "coswave"), _wave),
    **dict.fromkeys(("combinations", "permutations"), _choices),
    **dict.fromkeys(("lookupinv", "lookuparea"), _lookup_other),
    "lookup": _lookup,
    "montecarlo": _monte_carlo,
    "npv": _npv,
    "percent": _percent,
    "pulse": _pulse,
    "ramp": _ramp,
    "safediv": _safediv,
    "switch": _switch,
}
