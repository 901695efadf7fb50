"""A syntax tree as XMILE 1.0: `ModelFile` in, the text of an `.xmile` file out.

Stocks are given their inflows and outflows back (`flows.py`), equations of one name become one
variable with its elements. The tree is printed as it stands: `translate.py` makes one that XMILE can say
first. What came from XMILE keeps its drawing; modules are written out, each variable by its full name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from realities.errors import Findings
from realities.ir.model import Integrator, LookupMode
from realities.model import syntax
from realities.model.arrays import Space, build_space, name_key
from realities.model.write.conveyors import Conveyors, split_conveyors
from realities.model.write.flows import Stock, split_stocks
from realities.model.write.markup import Markup
from realities.model.write.spelling import Speller, name_text, number_text, variable_dimensions

NAMESPACE = "http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"
#: Stella's namespace: how often a run is saved has no place in the standard.
ISEE = "http://iseesystems.com/XMILE"
#: The variables that stand in `<sim_specs>` instead of among the others.
CONTROLS = ("starttime", "stoptime", "dt", "savestep")

_METHODS: dict[Integrator, str] = {"euler": "Euler", "rk2": "RK2", "rk4": "RK4", "rk45": "RK45"}
_KINDS: dict[LookupMode, str] = {"interpolate": "", "extrapolate": "extrapolate", "discrete": "discrete"}
Equations = Sequence[syntax.Equation]


def xmile_text(file: syntax.ModelFile, *, version: str = "") -> str:
    """Return the text of an `.xmile` file that reads as the same tree; `version` is that of the writer."""
    markup = Markup()
    speller = _speller(file)
    with markup.inside("xmile", version="1.0", xmlns=NAMESPACE, **{"xmlns:isee": ISEE}):
        _header(markup, file, version)
        _sim_specs(markup, file, speller)
        _units(markup, file.unit_definitions)
        _dimensions(markup, file.dimensions, speller)
        for macro in file.macros:
            _macro(markup, macro, speller)
        with markup.inside("model"):
            with markup.inside("variables"):
                equations = [one for one in file.equations if name_key(one.left.name) not in CONTROLS]
                _variables(markup, equations, speller, _time_unit(file))
                _groups(markup, equations)
            if file.dialect == "xmile" and file.display:
                markup.lines.append(file.display)
    return markup.text()


def _speller(file: syntax.ModelFile) -> Speller:
    """Return what spells the terms of a file: it knows which dimensions each variable has."""
    space = build_space(file.dimensions, Findings())
    named: dict[str, list[syntax.Equation]] = {}
    for equation in file.equations:
        named.setdefault(name_key(equation.left.name), []).append(equation)
    shapes = {key: variable_dimensions(parts, space) for key, parts in named.items()}
    return Speller(space, shapes, {name_key(one.name): one for one in file.dimensions})


def _header(markup: Markup, file: syntax.ModelFile, version: str) -> None:
    widest = max((len(one.left.subscripts) for one in file.equations), default=0)
    with markup.inside("header"):
        if widest or file.macros:
            with markup.inside("options"):
                if widest:
                    markup.leaf("uses_arrays", maximum_dimensions=str(widest), invalid_index_value="0")
                if file.macros:
                    markup.leaf("uses_macros", recursive_macros="false", option_filters="false")
        markup.leaf("name", file.name)
        markup.leaf("vendor", "Realities")
        markup.leaf("product", "Realities", version=version or "1", lang="en")


def _sim_specs(markup: Markup, file: syntax.ModelFile, speller: Speller) -> None:
    controls = {
        name_key(one.left.name): speller.text(one.right)
        for one in file.equations
        if not one.left.subscripts and one.right is not None and name_key(one.left.name) in CONTROLS
    }
    settings = {"method": _METHODS[file.integrator]}
    if unit := _time_unit(file):
        settings["time_units"] = unit
    if (saved := controls.get("savestep", "")) not in ("", "DT"):
        settings["isee:save_interval"] = saved
    with markup.inside("sim_specs", **settings):
        for tag, name in (("start", "starttime"), ("stop", "stoptime"), ("dt", "dt")):
            if name in controls:
                markup.leaf(tag, controls[name])


def _time_unit(file: syntax.ModelFile) -> str:
    """Return the unit of time: of the first control variable that has one."""
    return next((one.unit for one in file.equations if one.unit and name_key(one.left.name) in CONTROLS), "")


def _units(markup: Markup, units: Iterable[syntax.UnitDefinition]) -> None:
    if not units:
        return
    with markup.inside("model_units"):
        for unit in units:
            with markup.inside("unit", name=unit.name):
                if unit.equation:
                    markup.leaf("eqn", unit.equation)
                for alias in unit.aliases:
                    markup.leaf("alias", alias)


def _dimensions(markup: Markup, dimensions: Iterable[syntax.DimensionDef], speller: Speller) -> None:
    """Write the dimensions, but for those that only spell out what stands in brackets."""
    shown = [one for one in dimensions if not speller.is_made(one)]
    if not shown:
        return
    with markup.inside("dimensions"):
        for dimension in shown:
            with markup.inside("dim", name=dimension.name):
                for element in speller.space.axes[name_key(dimension.name)].elements:
                    markup.leaf("elem", name=speller.space.spelling[element])
                for mapping in dimension.mappings:
                    markup.leaf("isee:maps_to", mapping.target)


def _macro(markup: Markup, macro: syntax.MacroDef, speller: Speller) -> None:
    """Write a macro: its inputs, its value, and the other variables it is made of."""
    key = name_key(macro.name)
    value = next((one for one in macro.equations if name_key(one.left.name) == key), None)
    needs_element = value is not None and bool(
        _needs_element(value.right) or value.doc or value.unit or value.limits
    )
    others = [one for one in macro.equations if one is not value or needs_element]
    n_given = len(macro.inputs) - len(macro.defaults)
    with markup.inside("macro", name=macro.name):
        for place, name in enumerate(macro.inputs):
            default = {"default": speller.text(macro.defaults[place - n_given])} if place >= n_given else {}
            markup.leaf("parm", name_text(name), **default)
        if value is not None and value.right is not None:
            markup.leaf("eqn", name_text(macro.name) if needs_element else speller.text(value.right))
        if others:
            with markup.inside("variables"):
                _variables(markup, others, speller, "", [name_key(name) for name in macro.inputs])


def _needs_element(term: syntax.Term | None) -> bool:
    """Return whether a right side is more than an expression: a stock, or one with points beside it."""
    match term:
        case syntax.Apply(function):
            return name_key(function.name) in ("integ", "with lookup", "active initial")
        case syntax.Points():
            return True
        case _:
            return False


# -- variables ----------------------------------------------------------------------------------------


def _variables(
    markup: Markup, equations: Equations, speller: Speller, time_unit: str, inputs: Sequence[str] = ()
) -> None:
    """Write every variable: stocks with their flows, flows, graphical functions and auxiliaries."""
    stocks, equations = split_stocks(equations, time_unit, inputs=inputs)
    belts, equations = split_conveyors(equations)
    flows = {name for stock in stocks.values() for name in (*stock.inflows, *stock.outflows)}
    named: dict[str, list[syntax.Equation]] = {}
    for equation in equations:
        named.setdefault(name_key(equation.left.name), []).append(equation)
    for key, parts in named.items():
        stock = stocks.get(key)
        is_table = all(isinstance(one.right, syntax.Points) for one in parts)
        is_flow = key in flows or any(one.is_non_negative for one in parts)
        tag = "stock" if stock else "gf" if is_table else "flow" if is_flow else "aux"
        _variable(markup, tag, parts, stock, belts, speller)


def _variable(
    markup: Markup, tag: str, parts: Equations, stock: Stock | None, belts: Conveyors, speller: Speller
) -> None:
    """Write one variable; its equations share what is said besides."""
    first = parts[0]
    dimensions = speller.dimensions(parts)
    bare = tag == "gf" and not dimensions
    attributes = {"name": first.left.name}
    if bare and isinstance(first.right, syntax.Points):
        attributes |= _kind(first.right)
    key = name_key(first.left.name)
    start, end = belts.leaks.get(key, (0.0, 1.0))
    if (start, end) != (0.0, 1.0):
        attributes |= {"leak_start": number_text(start), "leak_end": number_text(end)}
    with markup.inside("aux" if tag == "gf" and dimensions else tag, **attributes):
        if doc := _last(one.doc for one in parts):
            markup.leaf("doc", doc)
        if dimensions:
            with markup.inside("dimensions"):
                for name in dimensions:
                    markup.leaf("dim", name=name)
        is_whole = len(parts) == 1 and _is_apply_to_all(first, speller.space)
        for equation in parts:
            if is_whole:
                _equation(markup, equation, speller, bare=bare)
            else:
                with markup.inside("element", subscript=_elements(equation.left)):
                    _equation(markup, equation, speller, bare=False)
        if stock is not None:
            for name in stock.inflows.values():
                markup.leaf("inflow", name_text(name))
            for name in stock.outflows.values():
                markup.leaf("outflow", name_text(name))
        if key in belts.lengths:
            how = {"exponential_leak": "true"} if key in belts.exponential else {}
            with markup.inside("conveyor", **how):
                markup.leaf("len", speller.text(belts.lengths[key], first.left))
        if key in belts.leaks:
            markup.leaf("leak")
        if any(one.is_non_negative for one in parts):
            markup.leaf("non_negative")
        if unit := _last(one.unit for one in parts):
            markup.leaf("units", unit)
        _range(markup, _last(one.limits for one in parts))


def _equation(markup: Markup, equation: syntax.Equation, speller: Speller, *, bare: bool) -> None:
    """Write a right side: an expression, the points of a graphical function, or both."""
    match equation.right:
        case None:
            pass
        case syntax.Points() as points if bare:
            _points(markup, points)
        case syntax.Points() as points:
            with markup.inside("gf", **_kind(points)):
                _points(markup, points)
        case syntax.Apply(function, (term, syntax.Points() as points)) if (
            name_key(function.name) == "with lookup"
        ):
            markup.leaf("eqn", speller.text(term, equation.left))
            with markup.inside("gf", **_kind(points)):
                _points(markup, points)
        case syntax.Apply(function, (_, initial)) if name_key(function.name) == "integ":
            markup.leaf("eqn", speller.text(initial, equation.left))
        case syntax.Apply(function, (active, initial)) if name_key(function.name) == "active initial":
            _equation(markup, replace(equation, right=active), speller, bare=False)
            markup.leaf("init_eqn", speller.text(initial, equation.left))
        case term:
            markup.leaf("eqn", speller.text(term, equation.left))


def _kind(points: syntax.Points) -> dict[str, str]:
    kind = _KINDS[points.mode]
    return {"type": kind} if kind else {}


def _points(markup: Markup, points: syntax.Points) -> None:
    if points.frame is not None:
        markup.leaf("yscale", min=number_text(points.frame[1]), max=number_text(points.frame[3]))
    markup.leaf("xpts", ",".join(number_text(x) for x in points.xs))
    markup.leaf("ypts", ",".join(number_text(y) for y in points.ys))


def _range(markup: Markup, limits: str) -> None:
    """Write the limits of a slider, as far as they are numbers."""
    least, _, most = limits.partition(",")
    most = most.partition(",")[0]
    found = {}
    for name, text in (("min", least), ("max", most)):
        try:
            if math.isfinite(float(text)):
                found[name] = text.strip()
        except ValueError:
            continue
    if found:
        markup.leaf("range", **found)


def _is_apply_to_all(equation: syntax.Equation, space: Space) -> bool:
    return all(name_key(one.name) in space.axes for one in equation.left.subscripts)


def _elements(left: syntax.Left) -> str:
    """Return the elements an equation is of; a name that would fall apart in a list is quoted."""
    names = (one.name for one in left.subscripts)
    return ", ".join(name_text(name) if set(name) & set(',"()[]') else name for name in names)


def _last(texts: Iterable[str]) -> str:
    """Return the last text that says anything."""
    return next((text for text in reversed(list(texts)) if text), "")


def _groups(markup: Markup, equations: Equations) -> None:
    groups: dict[str, list[str]] = {}
    for equation in equations:
        names = groups.setdefault(equation.group, [])
        if equation.left.name not in names:
            names.append(equation.left.name)
    for group, names in groups.items():
        if group:
            with markup.inside("group", name=group):
                for name in names:
                    markup.leaf("entity", name=name)
