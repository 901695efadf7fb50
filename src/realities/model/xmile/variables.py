"""One variable of a model: its element in, its equations out, names and subscripts as written.

A stock becomes `INTEG(net flow, initial value)`, as in every language that is read; a graphical function
becomes a lookup, or `WITH LOOKUP` of the equation it stands beside. Arrays whose elements have
equations of their own become one equation for each element. `modules.py` settles what names mean next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from realities.errors import Findings
from realities.ir.model import LookupMode
from realities.model import syntax
from realities.model.arrays import name_key
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
#: What a translator from Vensim leaves in a comment where it could not say something in XMILE.
_LEFT_OUT = re.compile(r"\{\s*(?:GET[_ ](?:DIRECT|XLS|DATA|123|VDF|ODBC)\w*|Untranslated function)[^{}]*\}")


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


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rest of a model says about its variables.

    Attributes
    ----------
    defaults
        Whether stocks and flows are kept from going below zero where they do not say it.
    groups
        The group of each variable that is in one, by key.
    multipliers
        The factor by which a flow is multiplied on its way into a stock, by the flow's key.
    sizes
        The elements of each dimension, by key, as spelled.
    """

    defaults: Mapping[str, bool]
    groups: Mapping[str, str]
    multipliers: Mapping[str, Element]
    sizes: Mapping[str, Sequence[str]]


def read_variable(element: Element, setting: Setting, findings: Findings) -> Definition | None:
    """Return what one element defines, or None with a finding."""
    name = written_name(element.attributes.get("name", ""))
    if not name:
        findings.error("syntax-error", f"this {element.name} has no name", element.span)
        return None
    block = element.first("dimensions")
    dimensions = tuple(
        syntax.Subscript(written_name(dim.attributes.get("name", "")), False, dim.attribute_span("name"))
        for dim in (block.all("dim") if block is not None else ())
    )
    reader = _Reader(element, name, setting, findings)
    equations: list[syntax.Equation] = []
    tables: list[tuple[tuple[syntax.Subscript, ...], syntax.Points]] = []
    is_open = False
    for subscripts, part in _parts(element, dimensions):
        graph = part.first("gf") or (element if element.name == "gf" else element.first("gf"))
        points = None if graph is None else read_points(graph, findings)
        if points is not None:
            tables.append((() if part is element else subscripts, points))
        eqns = list(part.all("eqn")) or list(element.all("eqn"))
        if element.name == "gf" or (graph is not None and not any(map(written, eqns))):
            equations += [reader.equation(subscripts, points, part)] if points is not None else []
        elif not any(map(written, eqns)):
            is_open = True
        else:
            for own, term in reader.terms(eqns, subscripts, is_whole=part is element):
                right = reader.right(term, part, graph, points)
                if right is not None:
                    equations.append(reader.equation(own, right, part))
    return Definition(name, element, dimensions, tuple(equations), tuple(tables), is_open)


def _parts(
    element: Element, dimensions: tuple[syntax.Subscript, ...]
) -> Iterator[tuple[tuple[syntax.Subscript, ...], Element]]:
    """Yield the parts of a variable that have equations of their own, with their subscripts."""
    parts = list(element.all("element")) if dimensions else []
    if not parts:
        yield dimensions, element
    for part in parts:
        yield tuple(_subscripts(part)), part


def _subscripts(part: Element) -> Iterator[syntax.Subscript]:
    """Yield the elements that an `<element subscript="...">` is of."""
    text, start = part.raw_attribute("subscript")
    for piece, at in split(text, start, ","):
        place = Span(part.source, at, at + max(len(piece), 1))
        yield syntax.Subscript(plain_name(piece), False, place)


def split(text: str, start: int, separators: str) -> Iterator[tuple[str, int]]:
    """Yield the pieces of a text between separators outside of quotes and brackets, and where each begins."""
    depth, is_quoted, begin = 0, False, 0
    for at, character in enumerate(text + separators[0]):
        if at == len(text) or (character in separators and not depth and not is_quoted):
            piece = text[begin:at]
            bare = piece.strip(f" \t\n{FILLER}")
            yield bare, start + begin + (piece.find(bare) if bare else 0)
            begin = at + 1
        elif character == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (character in "([") - (character in ")]")


# -- equations ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the equations of one variable."""

    element: Element
    name: str
    setting: Setting
    findings: Findings

    def equation(
        self, subscripts: tuple[syntax.Subscript, ...], right: syntax.Term, part: Element
    ) -> syntax.Equation:
        """Return an equation with all that is said about the variable."""
        element = self.element
        units, doc, mark = element.first("units"), element.first("doc"), element.first("non_negative")
        ends = element.first("range", "scale")
        limits = ""
        if ends is not None and {"min", "max"} & ends.attributes.keys():
            limits = ",".join(ends.attributes.get(name, "?").strip() for name in ("min", "max"))
        default = self.setting.defaults.get(element.name, False)
        return syntax.Equation(
            syntax.Left(
                self.name,
                subscripts,
                (),
                element.attribute_span("name") if part is element else part.attribute_span("subscript"),
            ),
            right,
            "" if units is None else units.words,
            element.span if units is None else units.text_span,
            "" if doc is None else doc.words.replace("\\n", "\n").replace("\\t", "\t"),
            self.setting.groups.get(name_key(self.name), ""),
            limits=limits,
            is_non_negative=default if mark is None else is_on(mark),
            span=Span(element.source, part.start, max(part.closed, part.opened)),
        )

    def terms(
        self, eqns: Sequence[Element], subscripts: tuple[syntax.Subscript, ...], *, is_whole: bool
    ) -> Iterator[tuple[tuple[syntax.Subscript, ...], syntax.Term]]:
        """Yield what the equations of a variable say, and of which elements.

        The equation of an array may be a list with one entry for each element, as some programs write it.
        """
        eqn = eqns[0]
        pieces: list[tuple[str, int]] = []
        if is_whole and subscripts:
            pieces = [
                (piece, at)
                for one in eqns
                for piece, at in split(without_comments(one.text), one.opened, ",;")
                if piece
            ]
        if len(pieces) < 2:
            term = self.term(eqn.text, eqn.opened, eqn)
            if term is not None:
                yield subscripts, term
            return
        axes = [self.setting.sizes.get(name_key(one.name), ()) for one in subscripts]
        if math.prod(map(len, axes)) != len(pieces):
            needed = math.prod(map(len, axes))
            message = f'"{self.name}" needs {needed} entries, one for each element, not {len(pieces)}'
            self.findings.error("wrong-count", message, eqn.text_span)
            return
        for elements, (piece, at) in zip(product(*axes), pieces, strict=True):
            term = self.term(piece, at, eqn)
            if term is not None:
                place = Span(eqn.source, at, at + len(piece))
                yield tuple(syntax.Subscript(name, False, place) for name in elements), term

    def term(self, text: str, start: int, eqn: Element) -> syntax.Term | None:
        """Return the term a text spells, or None with a finding: also where it is still to be written."""
        for left_out in _LEFT_OUT.finditer(text):
            place = Span(eqn.source, start + left_out.start(), start + left_out.end())
            message = f'"{self.name}" is what is left of an equation that a translator could not write'
            self.findings.warning("incomplete-equation", message, place)
        at = without_comments(text).find(_MISSING)
        if at < 0:
            return read_term(text, start, eqn.source, self.findings)
        place = Span(eqn.source, start + at, start + at + len(_MISSING))
        message = f'the equation of "{self.name}" is still to be written: {_MISSING} stands in its place'
        self.findings.error("incomplete-equation", message, place)
        return None

    def right(
        self, term: syntax.Term, part: Element, graph: Element | None, points: syntax.Points | None
    ) -> syntax.Term | None:
        """Return the right side that a term becomes: a stock, a graphical function, or itself."""
        if self.element.name == "stock":
            head = syntax.Name("INTEG", (), self.element.attribute_span("name"))
            return syntax.Apply(head, (self.net_flow(), term), (), term.span)
        if points is not None and graph is not None:
            head = syntax.Name("WITH LOOKUP", (), graph.span)
            term = syntax.Apply(head, (term, points), (), term.span)
        elif graph is not None:
            if graph.first("ypts") is not None or not graph.attributes.get("name"):
                return None  # its points are wrong or missing, and that has been said
            head = syntax.Name(written_name(graph.attributes["name"]), (), graph.attribute_span("name"))
            term = syntax.Apply(head, (term,), (), term.span)
        start = part.first("init_eqn") or self.element.first("init_eqn")
        if start is None or not written(start):
            return term
        initial = self.term(start.text, start.opened, start)
        head = syntax.Name("ACTIVE INITIAL", (), start.span)
        return None if initial is None else syntax.Apply(head, (term, initial), (), term.span)

    def net_flow(self) -> syntax.Term:
        """Return what a stock gains: its inflows, less its outflows, each in the order of the file."""
        net: syntax.Term | None = None
        for tag in self.element.all("inflow"):
            flow: syntax.Term = syntax.Name(plain_name(tag.words), (), tag.text_span)
            factor = self.setting.multipliers.get(name_key(plain_name(tag.words)))
            times = None if factor is None else self.term(factor.text, factor.opened, factor)
            if times is not None:
                flow = syntax.Infix("*", flow, times, flow.span, flow.span)
            net = flow if net is None else syntax.Infix("+", net, flow, net.span.to(flow.span), flow.span)
        for tag in self.element.all("outflow"):
            flow = syntax.Name(plain_name(tag.words), (), tag.text_span)
            if net is None:
                net = syntax.Prefix("-", flow, flow.span)
            else:
                net = syntax.Infix("-", net, flow, net.span.to(flow.span), flow.span)
        return syntax.Numeral(0.0, self.element.span) if net is None else net


def written(eqn: Element) -> str:
    """Return the text of an equation without comments: empty where nothing is written."""
    return without_comments(eqn.text).replace(FILLER, "").strip()


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
        message = f"this graphical function has {len(xs)} x values and {len(ys)} y values"
        findings.error("bad-lookup", message, place)
        return None
    frame = _frame(graph.first("yscale"), xs)
    return syntax.Points(tuple(xs), tuple(ys), _mode(graph, findings), ys_tag.text_span, frame=frame)


def _frame(scale: Element | None, xs: Sequence[float]) -> tuple[float, float, float, float] | None:
    """Return the frame of a graphical function whose author says from where to where its values are drawn."""
    if scale is None:
        return None
    low, high = (_number(scale.attributes.get(name, "")) for name in ("min", "max"))
    return None if low is None or high is None else (min(xs), low, max(xs), high)


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
        end = _number(scale.attributes.get(name, ""))
        if end is None:
            message = f'the scale of a graphical function needs a number as "{name}"'
            findings.error("bad-number", message, scale.attribute_span(name))
            return None
        ends.append(end)
    low, high = ends
    if count == 1:
        return [low]
    return [low + (high - low) * n / (count - 1) for n in range(count)]


def _number(text: str) -> float | None:
    """Return the finite number that a text spells, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


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
            number = _number(bare)
            if number is None:
                start = tag.opened + at + piece.find(bare[0])
                place = Span(tag.source, start, start + len(bare))
                findings.error("bad-number", f'"{bare[:40]}" is no number', place)
                return None
            found.append(number)
        at += len(piece)
    if not found:
        findings.error("bad-lookup", "this graphical function has no points", tag.span)
        return None
    return found
