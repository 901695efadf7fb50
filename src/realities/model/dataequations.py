"""Data equations, `x := y / z`: a series of data made of others.

In comes the right side of an equation with `:=`; out comes a data variable. Such an equation is worked out
at the times at which there are data for all that it names, before any run, and what lies between these
times is filled in as its own keyword says: 3 and 5 in 2000 and 2010 are 4 in 2005, whatever their ratio to
another series would be. X IF MISSING(y + z, 0) is worked out where there are data for any of them. The
constants among them are settled then: a run cannot change them.

Reference: https://vensim.com/documentation/dataequations.html, fn_x_if_missing.html
"""

from __future__ import annotations

import math
from dataclasses import replace

from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.expr import Expr, Number, Ref, Time, map_expr, references
from realities.ir.model import Variable
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold
from realities.model.resolve import About, Pending, Resolver
from realities.model.symbols import Scope
from realities.model.tables.data import NOTHING, Series, table_of
from realities.model.value import expression_before_run

_FUNCTION = "x if missing"


def define_by_data(
    resolver: Resolver, name: str, equation: syntax.Equation, scope: Scope, about: About
) -> None:
    """Define a variable by a data equation; `settle_series` works it out when all series are known."""
    term, instead = equation.right, None
    if isinstance(term, syntax.Apply):
        key = name_key(term.function.name)
        whole = resolver.language.whole.get(key)
        if whole is not None and whole(resolver, name, term, scope, about):
            return
        if key == _FUNCTION and key not in resolver.macros:
            if not resolver.has_arguments(term, 2):
                return
            term, filling = term.arguments
            instead = expression_before_run(resolver, resolver.expr(filling, scope))
            if instead is None:
                message = "what stands for missing data has to be a number or a constant"
                resolver.findings.error("wrong-arguments", message, filling.span)
    if term is None:
        return
    expression = resolver.expr(term, scope)
    resolver.pending.append(
        Pending(len(resolver.variables), name, expression, instead, equation.interpolation)
    )
    resolver.variables.append(Variable(name, "auxiliary", expression, **about))


def settle_series(resolver: Resolver) -> None:
    """Work out every data equation that waits, those first that others name."""
    waiting = {one.name: one for one in resolver.pending}
    resolver.pending.clear()
    while waiting:
        ready = [
            one
            for one in waiting.values()
            if not any(ref.name in waiting for ref in references(one.expression))
        ]
        for one in ready or waiting.values():  # a loop is left as it is: `order.py` spells it out
            _settle(resolver, one)
        waiting = {name: one for name, one in waiting.items() if ready and one not in ready}


def _settle(resolver: Resolver, one: Pending) -> None:
    """Make a data variable of one equation, unless it names what is no data or takes a run to know."""
    needed = {
        ref.name: resolver.series[ref.name]
        for ref in references(one.expression)
        if ref.name in resolver.series
    }
    if not needed:
        return
    series = _combined(resolver, one, needed)
    if series is None:
        return
    variable = resolver.variables[one.at]
    resolver.series[one.name] = series
    resolver.lookups[one.name] = table_of(one.name, series, one.interpolation, variable.span)
    resolver.variables[one.at] = replace(variable, kind="data", expression=None, series=one.name)


def _combined(resolver: Resolver, one: Pending, needed: dict[str, Series]) -> Series | None:
    """Return the values of an equation at the times of its data, or None where only a run tells them."""
    points = {
        name: {
            time: value
            for time, value in zip(series.times, series.values, strict=True)
            if value != NOT_AVAILABLE
        }
        for name, series in needed.items()
    }
    found: dict[float, float] = {}
    for time in sorted(set().union(*points.values())):
        known = {name: values[time] for name, values in points.items() if time in values}
        if len(known) < len(needed):
            if one.instead is None or one.instead == NOT_AVAILABLE:
                continue
            known = {name: known.get(name, one.instead) for name in needed}
        value = expression_before_run(resolver, _at(one.expression, time, known))
        if value is None:
            return None
        if math.isfinite(value) and value != NOT_AVAILABLE:
            found[time] = value
    return Series(tuple(found), tuple(found.values())) if found else NOTHING


def _at(expression: Expr, time: float, known: dict[str, float]) -> Expr:
    """Return an expression with the numbers of one time in place of the data."""

    def change(node: Expr) -> Expr:
        match node:
            case Ref(name) if name in known:
                return Number(known[name], node.span)
            case Time():
                return Number(time, node.span)
            case _:
                return node

    return map_expr(change, expression)


def _misplaced(resolver: Resolver, call: syntax.Apply, _scope: Scope) -> Expr:
    """Note an X IF MISSING that is not all of a data equation."""
    message = 'X IF MISSING has to be all of a data equation: it stands behind ":=", and nothing else does'
    resolver.findings.error("wrong-arguments", message, call.span)
    return Number(0.0, call.span)


#: What stands for missing data, where it cannot stand.
MISSING: dict[str, Unfold] = {_FUNCTION: _misplaced}
