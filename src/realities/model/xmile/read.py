"""XMILE to the syntax tree: `.xmile`, `.stmx`, `.itmx` or `.xml` in, `ModelFile` out.

    markup     text -> elements, with their places                    markup.py
    specs      time settings, dimensions, units, defaults             specs.py
    variables  elements -> equations; expressions in terms.py         variables.py
    files      files that a model includes or whose models it uses    files.py
    modules    models inside one another -> one flat list of names    modules.py
    slices     what is left out or sliced in brackets, spelled out    slices.py

What a file holds that is not honoured is refused by its name, at its place; what has no bearing on a
run (views, vendors' own elements) is passed over. `arrays.py` and `resolve.py` come next, as for Vensim.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from realities.errors import MOST_ERRORS, Findings, did_you_mean
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.xmile.brackets import (
    Axis,
    Shape,
    as_written,
    axes_of,
    element_of,
    own_key,
    told_apart,
)
from realities.model.xmile.conveyors import with_conveyors
from realities.model.xmile.files import open_files
from realities.model.xmile.macros import read_macros
from realities.model.xmile.markup import Element, read_markup
from realities.model.xmile.modules import Flat, Placed, flatten, linked, qualified
from realities.model.xmile.slices import Slices, table_name
from realities.model.xmile.specs import (
    SAVE,
    START,
    STEP,
    STOP,
    read_controls,
    read_defaults,
    read_integrator,
    read_units,
)
from realities.model.xmile.terms import plain_name, read_term, written_name
from realities.model.xmile.variables import KINDS, Definition, Setting, read_variable
from realities.source import SourceText, Span


def read_xmile(source: SourceText, findings: Findings) -> syntax.ModelFile:
    """Return the syntax tree of an XMILE model; what is wrong with its text is noted in `findings`."""
    name = source.name.rpartition("/")[2].rpartition(".")[0] or source.name
    root = read_markup(source, findings)
    if root is None:
        return syntax.ModelFile(name, source, "xmile", ())
    if root.name != "xmile":
        message = f"this file holds <{root.name}>, not <xmile>: it is no model in XMILE"
        findings.error("unknown-format", message, root.span)
        return syntax.ModelFile(name, source, "xmile", ())
    return _Reader(root, name, findings).file()


class _Reader:
    """Reads one file, and what it refers to."""

    def __init__(self, root: Element, name: str, findings: Findings) -> None:
        self.root, self.name, self.findings = root, name, findings
        self.files = open_files(root, findings)
        self.axes = self.files.axes
        main = self.files.own.main
        self.specs = (None if main is None else main.first("sim_specs")) or root.first("sim_specs")
        self.integrator = read_integrator(self.specs, findings)

    def file(self) -> syntax.ModelFile:
        """Return the whole file."""
        main = self.files.own.main
        controls = read_controls(self.specs, self.findings)
        warn_of_what_is_left_out(self.root, self.findings)
        equations: list[syntax.Equation] = []
        dimensions: list[syntax.DimensionDef] = []
        if main is not None:
            flat = flatten(main, self.model, self.files.model_of, self.findings)
            equations, dimensions = self.equations(flat)
        files = list(self.files.all())
        return syntax.ModelFile(
            self.name,
            self.root.source,
            "xmile",
            tuple(equations + controls) if equations else (),
            tuple(dimensions),
            tuple(macro for file in files for macro in read_macros(file.root, self.findings)),
            self.integrator,
            display=_display(main),
            unit_definitions=tuple(unit for file in files for unit in read_units(file.root)),
        )

    # -- models -------------------------------------------------------------------------------------------

    def model(self, model: Element) -> list[Definition]:
        """Return the variables of one model."""
        if "encryption-scheme" in model.attributes:
            self.refuse("an encrypted model cannot be read", model.attribute_span("encryption-scheme"))
            return []
        specs = model.first("sim_specs")
        if specs is not None and specs is not self.specs and not _is_same_run(specs, self.specs):
            self.refuse(f'the model "{_name(model)}" runs by a time of its own', specs.span)
        setting = self.setting(model)
        found: list[Definition] = []
        for element in variables_of(model):
            if len(self.findings.errors) >= MOST_ERRORS:
                break
            definition = read_variable(element, setting, self.findings)
            if definition is not None:
                self.check_kind(definition)
                found.append(definition)
        known = {name_key(one.name) for one in found}
        for graph in named_graphs(model):
            if name_key(_name(graph)) not in known:
                inner = read_variable(graph, setting, Findings())  # what is wrong with it has been said
                found += [inner] if inner is not None else []
        return with_conveyors(found, self.integrator, self.findings)

    def setting(self, model: Element) -> Setting:
        """Return what a model says about all its variables."""
        flows = ((element, element.first("multiplier")) for element in variables_of(model))
        return Setting(
            read_defaults(*self.files.defaults_of(model)),
            _groups(model),
            {name_key(_name(flow)): factor for flow, factor in flows if factor is not None},
            {key: axis.spelling for key, axis in self.axes.items()},
        )

    def check_kind(self, definition: Definition) -> None:
        """Refuse the kinds of stocks that are known and not supported."""
        mark = definition.element.first("oven")
        if mark is not None:
            self.refuse(f'"{definition.name}" is an oven, which is not supported', mark.span)

    def refuse(self, message: str, place: Span) -> None:
        """Note that something is known and not supported."""
        self.findings.error("unsupported-function", message, place)

    # -- equations ------------------------------------------------------------------------------------------

    def equations(self, flat: Flat) -> tuple[list[syntax.Equation], list[syntax.DimensionDef]]:
        """Return the equations of a flat model, and its dimensions with those that spelling out takes."""
        dimensions = told_apart(self.files.dimensions)
        self.axes = as_written(axes_of(dimensions))
        flat.subscripts = frozenset(self.axes) | {one for axis in self.axes.values() for one in axis.elements}
        settled: list[tuple[Definition, list[syntax.Equation]]] = []
        shapes: dict[str, Shape] = {}
        for key, placed in flat.placed.items():
            if key in _TIMES:
                message = f'a variable cannot be named "{placed.name}": that is a word of the language'
                self.findings.error("duplicate-name", message, placed.definition.place, "rename it")
                continue
            if key in self.axes:
                message = f'a variable cannot be named "{placed.name}": it is a dimension'
                self.findings.error("duplicate-name", message, placed.definition.place)
                continue
            if not self.has_dimensions(placed.definition):
                continue
            definition = _by_own_names(placed.definition, self.axes)
            placed = flat.placed[key] = replace(placed, definition=definition)
            link = linked(placed, flat)
            if link is not None:
                own = [link]
            else:
                own = [qualified(one, placed, flat, self.findings) for one in definition.equations]
                if definition.is_open:
                    self.still_open(definition)
                else:
                    self.check_elements(definition)
                    self.check_flows(placed, flat)
            settled.append((definition, own))
            shapes[key] = _shape(placed.name, definition, own)
        slices = Slices(self.axes, shapes, self.findings, self.outside())
        found = [slices.equation(one) for _, own in settled for one in own]
        for placed in (flat.placed[key] for key in sorted(slices.tables)):
            found += _tables(placed.name, placed.definition)
        return found, [*dimensions, *slices.dimensions.values()]

    def outside(self) -> Span | None:
        """Return where a file asks for NaN outside of an array, or None."""
        name = "invalid_index_value"
        header = self.root.first("header")
        for options in () if header is None else header.all("options", "smile"):
            for option in options.all("uses_arrays"):
                if option.attributes.get(name, "0").strip().lower() == "nan":
                    return option.attribute_span(name)
        return None

    def has_dimensions(self, definition: Definition) -> bool:
        """Return whether the dimensions of a variable are there; note the first that is not."""
        for one in definition.dimensions:
            if name_key(one.name) not in self.axes:
                hint = did_you_mean(one.name, [axis.name for axis in self.axes.values()])
                message = f'no dimension is named "{one.name}"'
                self.findings.error("unknown-subscript", message, one.span, hint)
                return False
        return True

    def check_elements(self, definition: Definition) -> None:
        """Warn of the elements of an array that have no equation: each needs one of its own (4.1)."""
        if not definition.equations or definition.equations[0].left.subscripts == definition.dimensions:
            return
        axes = [self.axes[name_key(one.name)] for one in definition.dimensions]
        given = {
            tuple(
                element_of(axis, one.name) for axis, one in zip(axes, equation.left.subscripts, strict=False)
            )
            for equation in definition.equations
        }
        # An element that its dimension lists twice is told where the dimension is; here it counts once.
        names = [tuple(dict.fromkeys(axis.spelling)) for axis in axes]
        missing = math.prod(len(one) for one in names) - len(given)
        found = next((one for one in product(*names) if one not in given), None) if missing > 0 else None
        if found is not None:
            more = f" and {missing - 1} more of its elements" if missing > 1 else ""
            message = f'"{definition.name}" has no equation for {", ".join(found)}{more}'
            self.findings.warning("incomplete-equation", message, definition.place)

    def check_flows(self, placed: Placed, flat: Flat) -> None:
        """Refuse a stock in the place of a flow of a stock."""
        if placed.definition.element.name != "stock":
            return
        for tag in placed.definition.element.all("inflow", "outflow"):
            full = flat.find(plain_name(tag.words), placed.inside)
            target = None if full is None else flat.placed[name_key(full)].definition.element
            if target is not None and target.name == "stock" and target.attributes.get("access") != "input":
                message = f'"{tag.words}" is a stock, and only flows fill or drain one'
                hint = "put a flow between them"
                self.findings.error("wrong-arguments", message, tag.text_span, hint)

    def still_open(self, definition: Definition) -> None:
        """Note that an equation is still to be written."""
        eqn = definition.element.first("eqn")
        place = definition.place if eqn is None else eqn.text_span
        message = f'"{definition.name}" has no equation'
        self.findings.error("incomplete-equation", message, place)


def read_expression(place: Span, file: syntax.ModelFile, findings: Findings) -> syntax.Term | None:
    """Return the term that the text of `place` spells in the language of a model, or None with a finding.

    The text may stand in another file; a quotation mark that is escaped there is read as a plain one.
    """
    text = _ESCAPED.sub(lambda found: ' "' if found.group() == '\\"' else found.group(), place.text)
    term = read_term(text, place.start, place.source, findings)
    if term is None:
        return None
    axes = axes_of(file.dimensions)
    shapes: dict[str, Shape] = {}
    for equation in file.equations:
        shape = _known_shape(equation, axes, shapes.get(name_key(equation.left.name)))
        shapes[name_key(equation.left.name)] = shape
    return Slices(as_written(axes), shapes, findings).term(term)


def _known_shape(equation: syntax.Equation, axes: Mapping[str, Axis], before: Shape | None) -> Shape:
    """Return the shape of a name by one of its equations, as far as those before leave it open.

    An element may be of several dimensions: the smallest is taken that holds all that an array has.
    """
    keys = []
    for at, subscript in enumerate(equation.left.subscripts):
        key = name_key(subscript.name)
        if key in axes:
            keys.append(key)
            continue
        holding = [name for name, axis in axes.items() if key in axis.elements]
        known = "" if before is None or at >= len(before.dimensions) else before.dimensions[at]
        if known not in holding:
            known = min(holding, key=lambda name: len(axes[name].elements), default=known)
        keys.append(known)
    return Shape(equation.left.name, tuple(keys), isinstance(equation.right, syntax.Points))


#: Names of the time settings.
_TIMES = frozenset(map(name_key, (START, STOP, STEP, SAVE)))

_ESCAPED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\\"', re.DOTALL)


def variables_of(model: Element) -> Iterator[Element]:
    """Yield the elements that define the variables of a model; older files have no `<variables>`."""
    for block in (model, *model.all("variables")):
        yield from block.all(*KINDS)


def named_graphs(model: Element) -> Iterator[Element]:
    """Yield the graphical functions of a name inside variables: equations can call them by it (4.1.3)."""
    for element in variables_of(model):
        graph = element.first("gf") if element.name != "gf" else None
        if graph is not None and _name(graph) and graph.first("ypts") is not None:
            yield graph


def _is_same_run(specs: Element, others: Element | None) -> bool:
    """Return whether a model of a module says of time what the whole model says, or nothing."""
    return all(
        tag.words == (others.first(tag.name) or tag).words if others is not None else True
        for tag in specs.all("start", "stop", "dt")
    )


def warn_of_what_is_left_out(root: Element, findings: Findings) -> None:
    """Warn of what a file asks for that changes a run in Stella and does not here."""
    message = ""
    stack = [root]
    while stack:
        element = stack.pop()
        stack += reversed(element.children)
        if not element.is_standard:
            continue
        match element.name:
            case "import" if element.attributes.get("enabled", "true").lower() != "false":
                resource = element.attributes.get("resource", "")
                message = f'values are not imported from "{resource}": those in the model itself are used'
            case "event" if element.attributes.get("sim_action", "").lower() == "stop":
                message = "an event does not stop the run here"
            case "run" if element.attributes.get("by", "all").lower() != "all":
                message = "the whole model is run, not the groups or modules chosen"
            case _:
                continue
        findings.warning("unsupported-function", message, element.span)


def _name(element: Element) -> str:
    return written_name(element.attributes.get("name", ""))


def _display(model: Element | None) -> str:
    """Return the drawing of a model as written."""
    views = None if model is None else model.first("views")
    if views is None:
        return ""
    return views.source.text[views.start : views.closed] + "</views>" * (views.closed > views.opened)


def _groups(model: Element) -> Mapping[str, str]:
    """Return the group of each variable that is in one, by key."""
    found: dict[str, str] = {}
    for block in (model, *model.all("variables")):
        for group in block.all("group"):
            for entity in group.all("entity"):
                key = name_key(written_name(entity.attributes.get("name", "")))
                found.setdefault(key, _name(group))
    return found


def _by_own_names(definition: Definition, axes: Mapping[str, Axis]) -> Definition:
    """Return a definition with its dimensions by their own names, where equations use others for them."""
    keys = [name_key(one.name) for one in definition.dimensions]
    if all(own_key(axes, key) == key for key in keys):
        return definition
    own = tuple(
        replace(one, name=axes[key].name) for one, key in zip(definition.dimensions, keys, strict=True)
    )
    return replace(
        definition,
        dimensions=own,
        equations=tuple(
            replace(one, left=replace(one.left, subscripts=own))
            if one.left.subscripts == definition.dimensions
            else one
            for one in definition.equations
        ),
    )


def _shape(name: str, definition: Definition, equations: list[syntax.Equation]) -> Shape:
    """Return what a variable is: its dimensions, and whether it is a lookup or holds one."""
    is_lookup = bool(equations) and all(isinstance(one.right, syntax.Points) for one in equations)
    keys = tuple(name_key(one.name) for one in definition.dimensions)
    points: tuple[float, ...] = ()
    match equations:
        case [syntax.Equation(right=syntax.Points(ys=ys))] if not keys:
            points = ys
    return Shape(name, keys, is_lookup, bool(definition.tables) and not is_lookup, points)


def _tables(name: str, definition: Definition) -> Iterator[syntax.Equation]:
    """Yield the graphical functions of a variable as lookups of their own."""
    for subscripts, points in definition.tables:
        left = syntax.Left(table_name(name), subscripts or definition.dimensions, (), definition.place)
        yield syntax.Equation(left, points, span=points.span)
