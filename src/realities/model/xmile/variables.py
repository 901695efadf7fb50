"""One variable of a model: its element in, its equations out, names and subscripts as written.

A stock becomes `INTEG(net flow, initial value)`, as in every language that is read; a graphical function
becomes a lookup, or `WITH LOOKUP` of the equation it stands beside. Arrays whose elements have
equations of their own become one equation for each element. `modules.py` settles what names mean next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realities.errors import Findings
from realities.ir.model import LookupMode
from realities.model import syntax
from realities.model.xmile.markup import FILLER, Element
from realities.model.xmile.specs import is_on
from realities.model.xmile.terms import plain_name, read_term, without_comments, written_name
from realities.source import Span

#: The elements that define a variable.
KINDS = ("stock", "flow", "aux", "gf")

_MODES: Mapping[str, LookupMode] = {
    "continuous": "interpolate",
    "extrapolate": "extrapolate",
    "discrete": "discrete",
}
#: What stands where an equation is still to be written.
_MISSING = "???"


@dataclass(frozen=True, slots=True)
class Definition:
    """One variable of one model: what its element says.

    Attributes
    ----------
    name
        Its name in its own model.
    dimensions
        The names of its dimensions, in order.
    equations
        One, or one for each element that has its own.
    tables
        The graphical functions it holds: for each the elements it is of, none for all, and its points.
    is_open
        Whether its equation is left to a module above it, or is still to be written.
    """

    name: str
    element: Element
    dimensions: tuple[syntax.Subscript, ...]
    equations: tuple[syntax.Equation, ...]
    tables: tuple[tuple[tuple[syntax.Subscript, ...], syntax.Points], ...] = ()
    is_open: bool = False

    @property
    def place(self) -> Span:
        """Where its name stands."""
        return self.element.attribute_span("name")


def read_variable(
    element: Element, defaults: Mapping[str, bool], group: str, findings: Findings
) -> Definition | None:
    """Return what one element defines, or None with a finding; `defaults` is for marks it leaves out."""
    name = written_name(element.attributes.get("name", ""))
    if not name:
        findings.error("syntax-error", f"this {element.name} has no name", element.span)
        return None
    block = element.first("dimensions")
    dimensions = tuple(
        syntax.Subscript(written_name(dim.attributes.get("name", "")), False, dim.attribute_span("name"))
        for dim in (block.all("dim") if block is not None else ())
    )
    about = _about(element, defaults, group)
    shared = element if element.name == "gf" else element.first("gf")
    parts = list(element.all("element")) if dimensions else []
    equations: list[syntax.Equation] = []
    tables: list[tuple[tuple[syntax.Subscript, ...], syntax.Points]] = []
    is_open = False
    for part in parts or [element]:
        is_whole = part is element
        subscripts = dimensions if is_whole else tuple(_subscripts(part))
        graph = shared if is_whole else part.first("gf") or shared
        points = None if graph is None else read_points(graph, findings)
        if points is not None:
            tables.append((() if is_whole else subscripts, points))
        eqn = part.first("eqn") or element.first("eqn")
        right, is_missing = _right(element, part, eqn, graph, points, findings)
        is_open = is_open or is_missing
        if right is not None:
            left = syntax.Left(name, subscripts, (), element.attribute_span("name"))
            place = Span(element.source, part.start, max(part.closed, part.opened))
            equations.append(_equation(left, right, about, place))
    return Definition(name, element, dimensions, tuple(equations), tuple(tables), is_open)


# -- what is said about a variable ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _About:
    unit: str
    unit_span: Span
    doc: str
    group: str
    limits: str
    is_non_negative: bool


def _about(element: Element, defaults: Mapping[str, bool], group: str) -> _About:
    """Return unit, comment, range and marks of a variable."""
    units, doc, mark = element.first("units"), element.first("doc"), element.first("non_negative")
    ends = element.first("range", "scale")
    limits = ""
    if ends is not None and {"min", "max"} <= ends.attributes.keys():
        limits = f"{ends.attributes['min'].strip()},{ends.attributes['max'].strip()}"
    return _About(
        "" if units is None else units.words,
        element.span if units is None else units.text_span,
        "" if doc is None else doc.words.replace("\\n", "\n").replace("\\t", "\t"),
        group,
        limits,
        defaults.get(element.name, False) if mark is None else is_on(mark),
    )


def _equation(left: syntax.Left, right: syntax.Term, about: _About, place: Span) -> syntax.Equation:
    return syntax.Equation(
        left,
        right,
        about.unit,
        about.unit_span,
        about.doc,
        about.group,
        limits=about.limits,
        is_non_negative=about.is_non_negative,
        span=place,
    )


def _subscripts(part: Element) -> Iterator[syntax.Subscript]:
    """Yield the elements that an `<element subscript="...">` is of."""
    text, start = part.raw_attribute("subscript")
    at = 0
    for piece in text.split(","):
        bare = piece.strip(f" \t\n{FILLER}")
        lead = piece.find(bare) if bare else 0
        place = Span(part.source, start + at + lead, start + at + lead + max(len(bare), 1))
        yield syntax.Subscript(plain_name(bare), False, place)
        at += len(piece) + 1


# -- right sides ----------------------------------------------------------------------------------------


def _right(
    element: Element,
    part: Element,
    eqn: Element | None,
    graph: Element | None,
    points: syntax.Points | None,
    findings: Findings,
) -> tuple[syntax.Term | None, bool]:
    """Return the right side of one equation, and whether it is left open."""
    if element.name == "gf":
        return points, False
    is_blank = eqn is None or not blank(eqn)
    if is_blank and graph is not None:
        return points, False
    if eqn is None or is_blank:
        return None, True
    if (at := without_comments(eqn.text).find(_MISSING)) >= 0:
        place = Span(eqn.source, eqn.opened + at, eqn.opened + at + len(_MISSING))
        name = written_name(element.attributes["name"])
        message = f'the equation of "{name}" is still to be written: ??? stands in its place'
        findings.error("incomplete-equation", message, place)
        return None, False
    term = read_term(eqn.text, eqn.opened, eqn.source, findings)
    if term is None:
        return None, False
    if element.name == "stock":
        net = net_flow(element)
        head = syntax.Name("INTEG", (), element.attribute_span("name"))
        return syntax.Apply(head, (net, term), (), term.span), False
    if graph is not None:
        term = _graphed(graph, points, term)
    start = part.first("init_eqn") or element.first("init_eqn")
    if start is not None and blank(start) and term is not None:
        initial = read_term(start.text, start.opened, start.source, findings)
        if initial is None:
            return None, False
        head = syntax.Name("ACTIVE INITIAL", (), start.span)
        term = syntax.Apply(head, (term, initial), (), term.span)
    return term, False


def blank(eqn: Element) -> str:
    """Return the text of an equation without comments: empty where nothing is written."""
    return without_comments(eqn.text).replace(FILLER, "").strip()


def _graphed(graph: Element, points: syntax.Points | None, term: syntax.Term) -> syntax.Term | None:
    """Return a graphical function read at a term: its own points, or those of the one it names."""
    if points is not None:
        head = syntax.Name("WITH LOOKUP", (), graph.span)
        return syntax.Apply(head, (term, points), (), term.span)
    if graph.first("ypts") is None and graph.attributes.get("name"):
        head = syntax.Name(written_name(graph.attributes["name"]), (), graph.attribute_span("name"))
        return syntax.Apply(head, (term,), (), term.span)
    return None


def net_flow(stock: Element) -> syntax.Term:
    """Return what a stock gains: its inflows, less its outflows, each in the order of the file."""
    net: syntax.Term | None = None
    for tag in stock.all("inflow"):
        flow = syntax.Name(plain_name(tag.words), (), tag.text_span)
        net = flow if net is None else syntax.Infix("+", net, flow, net.span.to(flow.span), flow.span)
    for tag in stock.all("outflow"):
        flow = syntax.Name(plain_name(tag.words), (), tag.text_span)
        if net is None:
            net = syntax.Prefix("-", flow, flow.span)
        else:
            net = syntax.Infix("-", net, flow, net.span.to(flow.span), flow.span)
    return syntax.Numeral(0.0, stock.span) if net is None else net


# -- graphical functions --------------------------------------------------------------------------------


def read_points(graph: Element, findings: Findings) -> syntax.Points | None:
    """Return the points of a graphical function, or None: with a finding, or because it only has a name."""
    ys_tag, xs_tag, scale = graph.first("ypts"), graph.first("xpts"), graph.first("xscale")
    if ys_tag is None:
        if not graph.attributes.get("name"):
            findings.error("bad-lookup", "this graphical function has no points (<ypts>)", graph.span)
        return None
    ys = _numbers(ys_tag, findings)
    if ys is None:
        return None
    if xs_tag is not None and xs_tag.words:
        xs = _numbers(xs_tag, findings)
        place = xs_tag.text_span
    else:
        xs, place = _spread(scale, len(ys), findings), ys_tag.text_span
        if scale is None:
            message = "this graphical function has neither <xpts> nor <xscale>"
            findings.error("bad-lookup", message, graph.span)
    if xs is None:
        return None
    if len(xs) != len(ys):
        message = f"this graphical function has {len(xs)} abscissae and {len(ys)} ordinates"
        findings.error("bad-lookup", message, place)
        return None
    return syntax.Points(tuple(xs), tuple(ys), _mode(graph, findings), ys_tag.text_span)


def _mode(graph: Element, findings: Findings) -> LookupMode:
    """Return what lies between and beyond the points."""
    written = graph.attributes.get("type", "").strip()
    if not written:
        return "discrete" if graph.says("discrete") else "interpolate"
    if written.lower() not in _MODES:
        message = f'"{written}" is no type of graphical function: continuous, extrapolate or discrete'
        findings.error("bad-lookup", message, graph.attribute_span("type"))
    return _MODES.get(written.lower(), "interpolate")


def _spread(scale: Element | None, count: int, findings: Findings) -> list[float] | None:
    """Return abscissae spread evenly over a scale."""
    if scale is None:
        return None
    ends = []
    for name in ("min", "max"):
        try:
            ends.append(float(scale.attributes.get(name, "")))
        except ValueError:
            message = f'the scale of a graphical function needs a number as "{name}"'
            findings.error("bad-number", message, scale.attribute_span(name))
            return None
    low, high = ends
    if count == 1:
        return [low]
    return [low + (high - low) * n / (count - 1) for n in range(count)]


def _numbers(tag: Element, findings: Findings) -> list[float] | None:
    """Return the numbers of a list, which its author may separate by another character."""
    separator = tag.attributes.get("sep", ",")
    text = tag.text
    pieces = text.split() if separator.isspace() else text.split(separator or ",")
    found: list[float] = []
    at = 0
    for piece in pieces:
        bare = piece.replace(FILLER, "").strip()
        at = text.find(piece, at)
        if bare:
            try:
                found.append(float(bare))
            except ValueError:
                start = tag.opened + at + piece.find(bare[0])
                place = Span(tag.source, start, start + len(bare))
                findings.error("bad-number", f'"{bare[:40]}" is no number', place)
                return None
        at += len(piece)
    if not found:
        findings.error("bad-lookup", "this graphical function has no points", tag.span)
        return None
    return found
