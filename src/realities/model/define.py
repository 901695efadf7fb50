"""Every scalar variable of a model, from the equations of its file.

In come the symbols of a file and a `Resolver`; each equation is taken once for every element it
stands for, with its unit, comment and group, and what it defines is added to the resolver. Lists of
numbers, lookups and data are settled here; terms are resolved in `resolve.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from realities.errors import MOST_ERRORS, Findings
from realities.ir.expr import Number
from realities.ir.model import Variable
from realities.model import syntax
from realities.model.arrays import Instance, name_key
from realities.model.dataequations import define_by_data, settle_series
from realities.model.resolve import About, Resolver
from realities.model.symbols import Controls, Scope, Symbol
from realities.model.tables.data import NOTHING, Series, listed, table_of
from realities.source import Span
from realities.units import Unit, UnitError, UnitNames, parse_unit, unit_names

#: In which order kinds of symbols are defined: what functions read while they are unfolded comes first.
_FIRST = {"lookup": 0, "data": 1, "variable": 2}


def define_all(resolver: Resolver, data: Mapping[str, Series], missing: list[tuple[str, Span]]) -> None:
    """Define every scalar of every symbol: lookups and data first, then in the order of the file.

    Parameters
    ----------
    resolver
        Takes the variables, the lookups and the findings.
    data
        Values of data variables, by the key of their full name.
    missing
        Takes the names of data variables that no data are given for, with their places; their values are
        :NA:.
    """
    findings = resolver.findings
    for symbol in sorted(resolver.table, key=lambda symbol: _FIRST[symbol.kind]):
        if symbol.kind == "variable" and resolver.pending:
            settle_series(resolver)
        about = _about(symbol, resolver)
        spoiled: set[int] = set()
        wanting: list[str] = []
        for elements, (equation, instance) in symbol.instances.items():
            before = len(findings.errors)
            if before >= MOST_ERRORS:
                return
            if id(equation) in spoiled:
                continue
            name = _define(resolver, data, symbol, elements, equation, instance, about)
            if name is not None:
                wanting.append(name)
            if len(findings.errors) > before:
                spoiled.add(id(equation))
        if wanting:
            _tell_wanting(symbol, wanting, missing, findings)
    settle_series(resolver)


def _tell_wanting(
    symbol: Symbol, wanting: list[str], missing: list[tuple[str, Span]], findings: Findings
) -> None:
    """Note that a name wants data; where only some of its elements do, they are not available in a run."""
    if len(wanting) == sum(equation.right is None for equation, _ in symbol.instances.values()):
        missing.append((symbol.name, symbol.span))
    else:
        message = f"no data are given for {listed(wanting)}, only for other elements"
        findings.warning("missing-data", message, symbol.span, "what has no data is :NA: at all times")


def read_unit_names(file: syntax.ModelFile, controls: Controls, findings: Findings) -> UnitNames:
    """Return what the units mean that a file defines; a definition that cannot be read is noted.

    In XMILE "time" is the model's own unit of time, as in "person/time".
    """
    known = file.unit_definitions
    definitions: list[tuple[str, str, tuple[str, ...]]] = [
        (unit.name, unit.equation, unit.aliases) for unit in known
    ]
    if file.dialect == "xmile":
        keys = {name_key(name) for name in controls.names()}
        clocks = [one.unit for one in file.equations if one.unit and name_key(one.left.name) in keys]
        definitions += [(clock, "", ("time",)) for clock in clocks[:1]]
    names, wrong = unit_names(definitions)
    for unit in known:
        if unit.name in wrong:
            message = f'the definition of the unit "{unit.name}" cannot be read: {wrong[unit.name]}'
            findings.warning("bad-unit", message, unit.span)
    return names


def _about(symbol: Symbol, resolver: Resolver) -> About:
    """Return unit, comment and group of a name: of the last of its equations that says any."""
    unit: Unit | None = None
    doc = group = ""
    for equation in symbol.equations:
        doc = equation.doc or doc
        group = equation.group or group
        if equation.unit:
            try:
                unit = parse_unit(equation.unit, resolver.unit_names)
            except UnitError as error:
                at = equation.unit_span.start + error.offset
                place = Span(equation.unit_span.source, at, at + 1)
                resolver.findings.warning("bad-unit", f"this unit cannot be read: {error}", place)
    return {"unit": unit, "base": symbol.name, "doc": doc, "group": group}


def _define(
    resolver: Resolver,
    data: Mapping[str, Series],
    symbol: Symbol,
    elements: tuple[str, ...],
    equation: syntax.Equation,
    instance: Instance,
    about: About,
) -> str | None:
    """Define one scalar; return its name if it wants data that are not there."""
    space = resolver.space
    name = space.full_name(symbol.name, elements)
    spelled = tuple(space.spelling[element] for element in elements)
    about = {**about, "elements": spelled, "span": equation.left.span}
    if equation.is_hidden:
        about = {**about, "is_hidden": True}
    match equation.right:
        case syntax.Apply() if equation.tables:
            points = equation.tables[instance.position]
            if symbol.kind == "lookup":
                resolver.add_lookup(name, points, about.get("unit"))
            else:
                series = data.get(name_key(name), Series(points.xs, points.ys))
                _define_data(resolver, series, name, equation, about)
        case syntax.Points() as points:
            resolver.add_lookup(name, points, about.get("unit"))
        case syntax.Rows() as rows:
            number = _pick(resolver, rows, symbol, equation, instance)
            resolver.add(name, "constant", Number(number, rows.span), **about)
        case None:
            given = data.get(name_key(name))
            _define_data(resolver, given if given is not None else NOTHING, name, equation, about)
            return name if given is None else None
        case _ if equation.is_data:
            define_by_data(resolver, name, equation, Scope(name, instance.binding), about)
        case term:
            if equation.is_non_negative and _is_stock(term):
                about = {**about, "is_non_negative": True}
            resolver.define(name, term, Scope(name, instance.binding), **about)
    return None


def _define_data(
    resolver: Resolver, series: Series, name: str, equation: syntax.Equation, about: About
) -> None:
    """Define a variable whose values come from a file."""
    place = equation.left.span
    resolver.series[name] = series
    resolver.lookups[name] = table_of(name, series, equation.interpolation, place)
    resolver.variables.append(Variable(name, "data", None, series=name, **about))


def _pick(
    resolver: Resolver, rows: syntax.Rows, symbol: Symbol, equation: syntax.Equation, instance: Instance
) -> float:
    """Return the number of a list that belongs to one scalar."""
    axes = resolver.space.axes
    keys = [name_key(subscript.name) for subscript in equation.left.subscripts]
    sizes = [len(axes[key].elements) for key in keys if key in axes]
    if math.prod(sizes) != len(rows.values):
        shape = f" ({' x '.join(str(size) for size in sizes)})" if len(sizes) > 1 else ""
        message = f'"{symbol.name}" needs {math.prod(sizes)} numbers{shape}, not {len(rows.values)}'
        resolver.findings.error("wrong-count", message, rows.span)
        return 0.0
    return rows.values[instance.position]


def _is_stock(term: syntax.Term) -> bool:
    return isinstance(term, syntax.Apply) and name_key(term.function.name) == "integ"
