"""Functions of whole data series: their values at any time, their statistics, and series made of others.

In comes a call that names a data variable; out comes a call that reads its points as a table, or a data
variable of its own (TIME SHIFT, CUMULATE). `data.py` reads the points, `define.py` hands them over.
"""

from __future__ import annotations

from itertools import accumulate

from realities.ir.builtins import BUILTINS, NOT_AVAILABLE
from realities.ir.expr import Call, Expr, Number
from realities.ir.model import Lookup, Variable
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold, Whole
from realities.model.resolve import About, Resolver
from realities.model.symbols import Scope
from realities.model.tables.data import Series, table_of
from realities.model.value import value_before_run

_READ = (
    "get data at time",
    "get data between times",
    "get data first time",
    "get data last time",
    "get data max",
    "get data mean",
    "get data median",
    "get data min",
    "get data total points",
)


def _series(resolver: Resolver, term: syntax.Term, scope: Scope) -> tuple[str, Series] | None:
    """Return the name and the points of the data variable that a term names, or None with a finding."""
    if isinstance(term, syntax.Name):
        symbol = resolver.table.get(term.name)
        if symbol is not None and symbol.kind == "data":
            full = resolver.full_name(symbol, term, scope)
            if full is None:
                return None
            if full in resolver.series:
                series = resolver.series[full]
                pairs = zip(series.times, series.values, strict=True)
                known = [(time, value) for time, value in pairs if value != NOT_AVAILABLE]
                return full, Series(tuple(time for time, _ in known), tuple(value for _, value in known))
            message = f'"{full}" must be defined before this equation, by data'
            resolver.findings.error("wrong-arguments", message, term.span)
            return None
    resolver.findings.error("wrong-arguments", "a data variable is expected here", term.span)
    return None


def _read(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold GET DATA ...(data variable, times): the points are a table, as they are in the file."""
    key = f"vensim.{name_key(call.function.name).removeprefix('get ').replace(' ', '_')}"
    is_stepped = key == "vensim.data_between_times"
    if not resolver.has_arguments(call, BUILTINS[key].least + (0 if is_stepped else 1)):
        return Number(0.0, call.span)
    found = _series(resolver, call.arguments[0], scope)
    if found is None:
        return Number(0.0, call.span)
    name, series = found
    table = f"{name} (points)"
    xs, ys = (series.times, series.values) if series.times else ((0.0,), (NOT_AVAILABLE,))
    resolver.lookups[table] = Lookup(table, xs, ys, span=call.span)
    arguments = resolver.exprs(call.arguments[1:], scope)
    if is_stepped:
        arguments.append(resolver.time_step(call.span))
    return Call(key, tuple(arguments), table, span=call.span)


def _made(resolver: Resolver, name: str, call: syntax.Apply, scope: Scope, about: About) -> bool:
    """Define a data variable by TIME SHIFT(data variable, shift), CUMULATE or CUMULATEF(data variable)."""
    function = name_key(call.function.name)
    if len(call.arguments) != (2 if function == "time shift" else 1):
        return False
    found = _series(resolver, call.arguments[0], scope)
    if found is None:
        return True
    series = found[1]
    match function:
        case "time shift":
            shift = value_before_run(resolver, call.arguments[1], scope)
            if shift is None:
                message = "a shift in time must be a number or a constant"
                resolver.findings.error("wrong-arguments", message, call.arguments[1].span)
                return True
            series = Series(tuple(time - shift for time in series.times), series.values)
        case "cumulate":
            series = Series(series.times, tuple(accumulate(series.values)))
        case _:
            series = Series(series.times[-1:], tuple(accumulate(series.values))[-1:])
    if not series.times:
        series = Series((0.0,), (NOT_AVAILABLE,))
    symbol = resolver.table.get(about.get("base", name))
    how = symbol.equations[0].interpolation if symbol is not None else None
    resolver.series[name] = series
    resolver.lookups[name] = table_of(name, series, how, call.span)
    resolver.variables.append(Variable(name, "data", None, series=name, **about))
    return True


def _inside(resolver: Resolver, call: syntax.Apply, _: Scope) -> Expr:
    """Refuse a function that makes a series where it stands inside an expression."""
    name = call.function.name.upper()
    message = f"{name} makes a series of data: it can only be the whole of an equation, and of one series"
    resolver.findings.error("wrong-arguments", message, call.span)
    return Number(0.0, call.span)


_MAKE = ("cumulate", "cumulatef", "time shift")
#: Functions that make a data variable, and every function this file unfolds, by key.
SERIES: dict[str, Whole] = dict.fromkeys(_MAKE, _made)
POINTS: dict[str, Unfold] = {**dict.fromkeys(_READ, _read), **dict.fromkeys(_MAKE, _inside)}
