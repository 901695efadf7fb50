"""What a file says about itself: when it runs and how, its dimensions, its units, its defaults.

In comes the outermost element of an XMILE file (sections 2.2 to 2.7 of XMILE 1.0); out come the four
equations that hold the time settings, the way of integrating, dimensions and unit definitions.
`read.py` asks for each of them; `variables.py` reads what follows.
"""

from __future__ import annotations

from collections.abc import Iterator

from realities.errors import Findings
from realities.ir.model import Integrator
from realities.model import syntax
from realities.model.arrays import MOST_ELEMENTS, name_key
from realities.model.xmile.markup import Element
from realities.model.xmile.terms import read_term, written_name
from realities.source import Span

#: What the four control variables are called. The first three are names of XMILE itself; the last is
#: Stella's word for how often a run is saved.
START, STOP, STEP, SAVE = "STARTTIME", "STOPTIME", "DT", "SAVESTEP"

_INTEGRATORS: dict[str, Integrator] = {"euler": "euler", "rk2": "rk2", "rk4": "rk4", "rk45": "rk45"}
_SAVE_TAGS = ("savestep", "save_step")
_SAVE_ATTRIBUTES = ("isee:save_interval", "save_interval", "savestep")


def read_controls(specs: Element | None, findings: Findings) -> list[syntax.Equation]:
    """Return the equations of the time settings, as far as a file gives them."""
    if specs is None:
        return []
    unit = specs.attributes.get("time_units", "").strip()
    unit_span = specs.attribute_span("time_units")
    found: list[syntax.Equation] = []

    def add(name: str, term: syntax.Term | None, place: Span) -> None:
        if term is not None:
            left = syntax.Left(name, (), (), place)
            found.append(syntax.Equation(left, term, unit, unit_span, span=place))

    for name, tag in ((START, "start"), (STOP, "stop")):
        element = specs.first(tag)
        if element is not None:
            add(name, _setting(element, findings), element.text_span)
    step = specs.first("dt")
    if step is None:
        add(STEP, syntax.Numeral(1.0, specs.span), specs.span)
    else:
        add(STEP, _step(step, findings), step.text_span)
    save = specs.first(*_SAVE_TAGS)
    attribute = next((name for name in _SAVE_ATTRIBUTES if specs.attributes.get(name, "").strip()), None)
    place = specs.span if step is None else step.text_span
    if save is not None:
        add(SAVE, _setting(save, findings), save.text_span)
    elif attribute is not None and not _is_zero(specs.attributes[attribute]):
        text, start = specs.raw_attribute(attribute)
        place = specs.attribute_span(attribute)
        add(SAVE, read_term(text, start, specs.source, findings), place)
    else:
        add(SAVE, syntax.Name(STEP, (), place), place)
    return found


def _setting(element: Element, findings: Findings) -> syntax.Term | None:
    """Return the term of one time setting."""
    return read_term(element.text, element.opened, element.source, findings)


def _step(step: Element, findings: Findings) -> syntax.Term | None:
    """Return the time step, which may be given as its reciprocal."""
    term = _setting(step, findings)
    if term is None or not step.says("reciprocal"):
        return term
    if isinstance(term, syntax.Numeral) and term.value:
        return syntax.Numeral(1.0 / term.value, term.span)
    return syntax.Infix("/", syntax.Numeral(1.0, term.span), term, term.span, term.span)


def _is_zero(text: str) -> bool:
    """Return whether a text is a zero, by which Stella says: at every step."""
    try:
        return float(text) == 0
    except ValueError:
        return False


def read_integrator(specs: Element | None, findings: Findings) -> Integrator:
    """Return how a file wants to be integrated: the first of the methods it lists that is supported."""
    if specs is None or not specs.attributes.get("method", "").strip():
        return "euler"
    written = specs.attributes["method"]
    for method in written.split(","):
        key = method.strip().lower()
        if key in _INTEGRATORS:
            return _INTEGRATORS[key]
    findings.error(
        "unsupported-integration",
        f'this model is to be integrated by "{written.strip()}", which is not supported',
        specs.attribute_span("method"),
        "choose Euler, RK2, RK4 or RK45, or name one of them as the second choice",
    )
    return "euler"


def read_dimensions(root: Element, findings: Findings) -> list[syntax.DimensionDef]:
    """Return the dimensions that a file defines, with named or numbered elements."""
    found: list[syntax.DimensionDef] = []
    for block in root.all("dimensions"):
        for dim in block.all("dim"):
            definition = _dimension(dim, findings)
            if definition is not None:
                found.append(definition)
    return found


def _dimension(dim: Element, findings: Findings) -> syntax.DimensionDef | None:
    place = dim.attribute_span("name")
    name = written_name(dim.attributes.get("name", ""))
    if not name:
        findings.error("syntax-error", "this dimension has no name", dim.span)
        return None
    members = [
        syntax.Member(written_name(elem.attributes.get("name", "")), None, elem.attribute_span("name"))
        for elem in dim.all("elem")
    ]
    if not members:
        size = dim.attributes.get("size", "").strip()
        if not size.isdigit() or not 0 < int(size[:9]) <= MOST_ELEMENTS:
            message = f'the dimension "{name}" lists no elements and has no size from 1 to {MOST_ELEMENTS:,}'
            findings.error("wrong-subscripts", message, place)
            return None
        members = [syntax.Member(str(n), None, place) for n in range(1, int(size) + 1)]
    mappings = tuple(
        syntax.MapsTo(written_name(child.words), (), child.text_span)
        for child in dim.children
        if child.name == "maps_to" and child.words
    )
    return syntax.DimensionDef(name, tuple(members), mappings, None, place)


def read_units(root: Element) -> Iterator[syntax.UnitDefinition]:
    """Yield the units that a file defines; those marked as disabled are left out."""
    for block in root.all("model_units"):
        for unit in block.all("unit"):
            name = written_name(unit.attributes.get("name", ""))
            if not name or unit.says("disabled"):
                continue
            eqn = unit.first("eqn")
            aliases = tuple(written_name(alias.words) for alias in unit.all("alias") if alias.words)
            place = unit.attribute_span("name")
            yield syntax.UnitDefinition(name, "" if eqn is None else eqn.words, aliases, place)


def read_defaults(*blocks: Element | None) -> dict[str, bool]:
    """Return whether stocks and flows are kept from going below zero where they do not say it.

    The blocks are `<behavior>` elements, the nearest first.
    """
    found: dict[str, bool] = {}
    for block in blocks:
        if block is None:
            continue
        for kind in ("stock", "flow"):
            own = block.first(kind)
            for holder in (own, block):
                mark = None if holder is None else holder.first("non_negative")
                if mark is not None:
                    found.setdefault(kind, is_on(mark))
    return found


def is_on(mark: Element) -> bool:
    """Return what a mark such as `<non_negative/>` says: true unless it holds the word false."""
    return mark.words.lower() not in ("false", "0")


def same_name(left: str, right: str) -> bool:
    """Return whether two names are one, however they are spelled."""
    return name_key(left) == name_key(right)
