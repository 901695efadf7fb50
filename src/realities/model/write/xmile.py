"""A syntax tree as XMILE 1.0: `ModelFile` in, the text of an `.xmile` file out.

Stocks are given their inflows and outflows back (`flows.py`), equations of one name become one
variable with its elements. The tree is printed as it stands: `translate.py` makes one that XMILE can say
first. What came from XMILE keeps its drawing; modules are written out, each variable by its full name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

from realities.errors import Findings
from realities.ir.model import Integrator, LookupMode
from realities.ir.notation import ATOM, STRENGTH, Piece
from realities.model import syntax
from realities.model.arrays import Space, build_space, name_key
from realities.model.write.flows import Stock, split_stocks
from realities.model.write.markup import Markup
from realities.model.write.terms import Notation, term_text

NAMESPACE = "http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"
#: Stella's namespace: how often a run is saved has no place in the standard.
ISEE = "http://iseesystems.com/XMILE"
#: The variables that stand in `<sim_specs>` instead of among the others.
CONTROLS = ("starttime", "stoptime", "dt", "savestep")

_PLAIN = re.compile(r"(?:[^\W\d_]|[^\x00-\x7f])(?:[\w$]|[^\x00-\x7f])*")
_WORDS = frozenset(("if", "then", "else", "and", "or", "not", "mod"))
_METHODS: dict[Integrator, str] = {"euler": "Euler", "rk2": "RK2", "rk4": "RK4", "rk45": "RK45"}
_KINDS: dict[LookupMode, str] = {"interpolate": "", "extrapolate": "extrapolate", "discrete": "discrete"}
#: How strongly operators bind: a NOT as a sign does, equality less than the other comparisons.
_STRENGTH = MappingProxyType({**STRENGTH, "not": 7, "=": 3, "<>": 3, "mod": 6})

Equations = Sequence[syntax.Equation]


def name_text(name: str) -> str:
    """Return a name as it stands in an equation, between quotation marks where its characters need them."""
    if _PLAIN.fullmatch(name) and name.lower() not in _WORDS:
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _special(call: syntax.Apply, piece: Callable[[syntax.Term], Piece]) -> Piece | None:
    """Return the calls that XMILE spells with words between their arguments."""
    match name_key(call.function.name), call.arguments:
        case "if then else", (condition, chosen, otherwise):
            parts = [piece(one).text for one in (condition, chosen, otherwise)]
            return Piece("IF {} THEN {} ELSE {}".format(*parts), 0)
        case "mod", (left, right):
            own = _STRENGTH["mod"]
            return Piece(f"{piece(left).within(own)} MOD {piece(right).within(own + 1)}", own)
        case _:
            return None


def _number(value: float) -> Piece:
    return Piece(repr(float(value)).removesuffix(".0"), ATOM if value >= 0 else STRENGTH["sign"])


#: How XMILE spells terms.
XMILE_NOTATION = Notation(
    name=name_text,
    signs={"and": "AND", "or": "OR", "not": "NOT "},
    subscript=lambda one: "*" if one.is_reduced else name_text(one.name),
    text=lambda text: f'"{text}"',
    points=lambda _: "",
    special=_special,
    number=_number,
    strength=_STRENGTH,
)


def xmile_text(file: syntax.ModelFile, *, version: str = "") -> str:
    """Return the text of an `.xmile` file that reads as the same tree."""
    markup = Markup()
    space = build_space(file.dimensions, Findings())
    with markup.inside("xmile", version="1.0", xmlns=NAMESPACE, **{"xmlns:isee": ISEE}):
        _header(markup, file, version)
        _sim_specs(markup, file)
        _units(markup, file.unit_definitions)
        _dimensions(markup, file.dimensions, space)
        for macro in file.macros:
            _macro(markup, macro, space)
        with markup.inside("model"):
            with markup.inside("variables"):
                equations = [one for one in file.equations if name_key(one.left.name) not in CONTROLS]
                _variables(markup, equations, space, _time_unit(file))
                _groups(markup, equations)
            if file.dialect == "xmile" and file.display:
                markup.lines.append(file.display)
    return markup.text()


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


def _sim_specs(markup: Markup, file: syntax.ModelFile) -> None:
    controls = {name_key(one.left.name): one for one in file.equations if not one.left.subscripts}
    settings = {"method": _METHODS[file.integrator]}
    if unit := _time_unit(file):
        settings["time_units"] = unit
    if (saved := _control(controls, "savestep")) not in ("", "DT", _control(controls, "dt")):
        settings["isee:save_interval"] = saved
    with markup.inside("sim_specs", **settings):
        for tag, name in (("start", "starttime"), ("stop", "stoptime"), ("dt", "dt")):
            if text := _control(controls, name):
                markup.leaf(tag, text)


def _control(controls: dict[str, syntax.Equation], name: str) -> str:
    found = controls.get(name)
    return "" if found is None or found.right is None else term_text(found.right, XMILE_NOTATION)


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


def _dimensions(markup: Markup, dimensions: Iterable[syntax.DimensionDef], space: Space) -> None:
    if not dimensions:
        return
    with markup.inside("dimensions"):
        for dimension in dimensions:
            with markup.inside("dim", name=dimension.name):
                for element in space.axes[name_key(dimension.name)].elements:
                    markup.leaf("elem", name=space.spelling[element])


def _macro(markup: Markup, macro: syntax.MacroDef, space: Space) -> None:
    """Write a macro: its inputs, its value, and the other variables it is made of."""
    key = name_key(macro.name)
    value = [one for one in macro.equations if name_key(one.left.name) == key]
    others = [one for one in macro.equations if name_key(one.left.name) != key]
    with markup.inside("macro", name=macro.name):
        for name in macro.inputs:
            markup.leaf("parm", name)
        for equation in value:
            if equation.right is not None:
                markup.leaf("eqn", term_text(equation.right, XMILE_NOTATION))
            if equation.doc:
                markup.leaf("doc", equation.doc)
        if others:
            with markup.inside("variables"):
                _variables(markup, others, space, "")


# -- variables ----------------------------------------------------------------------------------------


def _variables(markup: Markup, equations: Equations, space: Space, time_unit: str) -> None:
    """Write every variable: stocks with their flows, flows, graphical functions and auxiliaries."""
    stocks, equations = split_stocks(equations, time_unit)
    flows = {name for stock in stocks.values() for name in (*stock.inflows, *stock.outflows)}
    named: dict[str, list[syntax.Equation]] = {}
    for equation in equations:
        named.setdefault(name_key(equation.left.name), []).append(equation)
    for key, parts in named.items():
        stock = stocks.get(key)
        is_table = all(isinstance(one.right, syntax.Points) for one in parts)
        is_flow = key in flows or any(one.is_non_negative for one in parts)
        tag = "stock" if stock else "gf" if is_table else "flow" if is_flow else "aux"
        _variable(markup, tag, parts, stock, space)


def _variable(markup: Markup, tag: str, parts: Equations, stock: Stock | None, space: Space) -> None:
    """Write one variable; its equations share what is said besides."""
    first = parts[0]
    dimensions = variable_dimensions(parts, space)
    bare = tag == "gf" and not dimensions
    attributes = {"name": first.left.name}
    if bare and isinstance(first.right, syntax.Points):
        attributes |= _kind(first.right)
    with markup.inside("aux" if tag == "gf" and dimensions else tag, **attributes):
        if doc := _last(one.doc for one in parts):
            markup.leaf("doc", doc)
        if dimensions:
            with markup.inside("dimensions"):
                for name in dimensions:
                    markup.leaf("dim", name=name)
        is_whole = len(parts) == 1 and _is_apply_to_all(first, space)
        for equation in parts:
            if is_whole:
                _equation(markup, equation, bare=bare)
            else:
                with markup.inside("element", subscript=_elements(equation.left)):
                    _equation(markup, equation, bare=False)
        if stock is not None:
            for name in stock.inflows.values():
                markup.leaf("inflow", name_text(name))
            for name in stock.outflows.values():
                markup.leaf("outflow", name_text(name))
        if any(one.is_non_negative for one in parts):
            markup.leaf("non_negative")
        if unit := _last(one.unit for one in parts):
            markup.leaf("units", unit)
        _range(markup, _last(one.limits for one in parts))


def _equation(markup: Markup, equation: syntax.Equation, *, bare: bool) -> None:
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
            markup.leaf("eqn", term_text(term, XMILE_NOTATION))
            with markup.inside("gf", **_kind(points)):
                _points(markup, points)
        case syntax.Apply(function, (_, initial)) if name_key(function.name) == "integ":
            markup.leaf("eqn", term_text(initial, XMILE_NOTATION))
        case syntax.Apply(function, (active, initial)) if name_key(function.name) == "active initial":
            _equation(markup, replace(equation, right=active), bare=False)
            markup.leaf("init_eqn", term_text(initial, XMILE_NOTATION))
        case term:
            markup.leaf("eqn", term_text(term, XMILE_NOTATION))


def _kind(points: syntax.Points) -> dict[str, str]:
    kind = _KINDS[points.mode]
    return {"type": kind} if kind else {}


def _points(markup: Markup, points: syntax.Points) -> None:
    markup.leaf("xpts", ",".join(_number(x).text for x in points.xs))
    markup.leaf("ypts", ",".join(_number(y).text for y in points.ys))


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


def variable_dimensions(parts: Equations, space: Space) -> list[str]:
    """Return the dimensions of a variable, from the left sides of its equations."""
    return [
        _dimension([equation.left.subscripts[place].name for equation in parts], space)
        for place in range(len(parts[0].left.subscripts))
    ]


def _dimension(names: Iterable[str], space: Space) -> str:
    """Return the dimension that some subscripts run through: the smallest that holds them all."""
    keys = dict.fromkeys(name_key(name) for name in names)
    if len(keys) == 1 and (only := next(iter(keys))) in space.axes:
        return space.axes[only].name
    elements = {one for key in keys for one in (space.axes[key].elements if key in space.axes else (key,))}
    holding = [axis for axis in space.axes.values() if elements <= set(axis.elements)]
    return min(holding, key=lambda axis: len(axis.elements)).name if holding else ""


def _is_apply_to_all(equation: syntax.Equation, space: Space) -> bool:
    return all(name_key(one.name) in space.axes for one in equation.left.subscripts)


def _elements(left: syntax.Left) -> str:
    return ", ".join(one.name for one in left.subscripts)


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
                    markup.leaf("var", name_text(name))
