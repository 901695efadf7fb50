"""Conveyors and queues, said in equations: the definitions of one model in, their flows defined out.

The flows out of a conveyor or a queue have no equations of their own, what is on it drives them
(3.7.2, 3.7.3, 4.2.1 and 4.3 of XMILE 1.0). Here they get some: calls that `belts.py` unfolds, of

    the content, what enters, the transit time, how it leaks (0: not, 1: linearly, 2: exponentially),
    from where to where, as parts of its length, and the fraction of each leak, a variable nobody sees

What enters is limited by the capacity and the inflow limit, in the order of the inflows; what comes from
another conveyor always enters. A queue with nothing in its way is emptied at once. What a file asks for
beyond that is refused by its name: a transit time that changes, whole batches, leaks in several zones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from realities.errors import Findings
from realities.ir.builtins import BUILTINS
from realities.ir.model import Integrator
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.xmile.functions import CONSTANTS, SIMPLE
from realities.model.xmile.markup import FILLER, Element
from realities.model.xmile.terms import SLICED, plain_name, read_term
from realities.model.xmile.variables import Definition
from realities.source import Span

#: The calls that `belts.py` unfolds.
EXIT, LEAK = ":exit:", ":leak:"

#: Parts and attributes of a conveyor, or of a leak, that are not supported unless they say nothing.
_PARTS = {"arrest": "0"}
_ATTRIBUTES = {
    "discrete": "is discrete",
    "force_leak_fraction": "forces its leak fraction",
    "ignore_losses": "ignores losses from earlier zones",
}
_ZONE = {"leak_start": 0.0, "leak_end": 1.0}
#: Functions whose value is constant where their arguments are.
_PURE = {
    *(key for key, built_in in SIMPLE.items() if not BUILTINS[built_in].is_random and key != "step"),
    *("max", "min", "safediv", "with lookup", SLICED),
} - {"pulse train"}
_CONSTANT_NAMES = {*CONSTANTS, "dt", "starttime", "stoptime"}


def with_conveyors(
    definitions: Sequence[Definition], integrator: Integrator, findings: Findings
) -> list[Definition]:
    """Return the definitions of a model, the flows of its conveyors and queues defined."""
    if not any(_kind(definition) for definition in definitions):
        return list(definitions)
    plan = _Plan({name_key(one.name): one for one in definitions}, integrator, findings)
    for definition in definitions:
        match _kind(definition):
            case "conveyor":
                plan.conveyor(definition)
            case "queue":
                plan.queue(definition)
            case _:
                pass
    changed = [plan.changed.get(name_key(one.name), one) for one in definitions]
    return [*changed, *plan.added]


def _kind(definition: Definition) -> str:
    """Return what kind of stock a definition is: a conveyor, a queue, or neither."""
    for kind in ("conveyor", "queue"):
        if definition.element.name == "stock" and definition.element.first(kind) is not None:
            return kind
    return ""


@dataclass(slots=True)
class _Plan:
    """Gathers the definitions that are not as the file has them."""

    known: Mapping[str, Definition]
    integrator: Integrator
    findings: Findings
    changed: dict[str, Definition] = field(default_factory=dict)
    added: list[Definition] = field(default_factory=list)

    @property
    def dimensions(self) -> set[str]:
        """The keys of the dimensions of any variable: as a value, each is a number."""
        return {name_key(one.name) for definition in self.known.values() for one in definition.dimensions}

    def refuse(self, message: str, place: Span) -> None:
        self.findings.error("unsupported-function", message, place)

    # -- conveyors ------------------------------------------------------------------------------------------

    def conveyor(self, stock: Definition) -> None:
        """Define the flows of a conveyor."""
        block = stock.element.first("conveyor")
        assert block is not None
        flows = self.flows(stock, "outflow")
        length = self.length(stock, block) if self.is_plain(stock, block) else None
        content = self.content(stock)
        exits = [flow for flow in flows if not _is_leak(flow)]
        if not exits:
            message = f'the conveyor "{stock.name}" has no outflow at its end'
            self.findings.error("incomplete-equation", message, block.span)
        if not exits or length is None or content is None:
            for flow in flows:  # so that none is said to lack an equation as well
                self.drive(flow, syntax.Numeral(0.0, block.span))
            return
        # "If there are two or more outflows, the first SHALL always be the conveyor's output" (3.7.2).
        leaks = [flow for flow in flows if flow is not exits[0]]
        how = 0.0 if not leaks else 2.0 if block.says("exponential_leak") else 1.0
        fractions = [self.fraction(leak) for leak in leaks]
        numbers = (syntax.Numeral(number, block.span) for number in (how, *self.zone(stock, leaks)))
        parts = (_named(stock), content, length, *numbers, *fractions)
        self.drive(exits[0], _call(EXIT, block.span, *parts))
        for number, leak in enumerate(leaks):
            which = syntax.Numeral(float(number), block.span)
            self.drive(leak, _call(LEAK, block.span, which, *parts))
        self.settle(stock, list(self.rooms(stock, block)))

    def is_plain(self, stock: Definition, block: Element) -> bool:
        """Return whether a conveyor asks for nothing that is not supported; note it otherwise."""
        before = len(self.findings.errors)
        what = f'the conveyor "{stock.name}"'
        for name, harmless in _PARTS.items():
            part = block.first(name)
            if part is not None and part.words != harmless:
                self.refuse(f"{what} has <{name}>, which is not supported", part.span)
        for name, does in _ATTRIBUTES.items():
            if block.says(name):
                self.refuse(f"{what} {does}, which is not supported", block.attribute_span(name))
        if self.integrator != "euler":
            message = f"{what} needs Euler's method: it moves once in every time step"
            self.findings.error("unsupported-integration", message, block.span)
        for flow in self.flows(stock, "inflow"):
            if any(
                name.endswith(":spreadflow") and where != "beginning"
                for name, where in flow.element.attributes.items()
            ):
                message = f'"{flow.name}" is spread over the conveyor "{stock.name}", which is not supported'
                self.refuse(message, flow.element.span)
            if any(_kind(other) == "queue" for other in self.upstream(flow)):
                self.refuse(f"{what} is fed by a queue, which is not supported", block.span)
        for flow in self.flows(stock, "outflow"):
            self.check_leak(flow)
        return len(self.findings.errors) == before

    def check_leak(self, flow: Definition) -> None:
        """Refuse a leak of whole numbers."""
        mark = flow.element.first("leak_integers")
        if mark is not None:
            self.refuse(f'"{flow.name}" leaks whole numbers, which is not supported', mark.span)

    def zone(self, stock: Definition, leaks: Sequence[Definition]) -> tuple[float, float]:
        """Return where a conveyor leaks, as parts of its length; all its leaks are in one place."""
        zones = [self.ends(leak) for leak in leaks]
        for leak, zone in zip(leaks, zones, strict=True):
            if zone != zones[0]:
                message = f'"{leak.name}" leaks in another part of "{stock.name}" than "{leaks[0].name}" does'
                help = "leaks of one conveyor are supported where they share their leak_start and leak_end"
                self.findings.error("unsupported-function", message, leak.place, help)
        return zones[0] if zones else (0.0, 1.0)

    def ends(self, leak: Definition) -> tuple[float, float]:
        """Return where a leak begins and ends, from 0 to 1."""
        found = []
        for name, otherwise in _ZONE.items():
            text = leak.element.attributes.get(name, "").strip()
            try:
                number = float(text) if text else otherwise
            except ValueError:
                number = -1.0
            if not 0.0 <= number <= 1.0:
                message = f'"{text}" is no part of a conveyor, from 0 to 1'
                self.findings.error("bad-number", message, leak.element.attribute_span(name))
                number = otherwise
            found.append(number)
        return found[0], found[1]

    def length(self, stock: Definition, block: Element) -> syntax.Term | None:
        """Return the transit time of a conveyor, or None with a finding."""
        part = block.first("len")
        if part is None or not part.words:
            message = f'the conveyor "{stock.name}" has no transit time (<len>)'
            self.findings.error("incomplete-equation", message, block.span)
            return None
        term = read_term(part.text, part.opened, part.source, self.findings)
        if term is not None and not self.is_constant(term):
            message = f'the transit time of the conveyor "{stock.name}" may change, which is not supported'
            self.refuse(message, part.text_span)
            return None
        return term

    def is_constant(self, term: syntax.Term, seen: frozenset[str] = frozenset()) -> bool:
        """Return whether a term has one value for a whole run, as far as its own model says."""
        match term:
            case syntax.Numeral() | syntax.Points() | syntax.Rows():
                return True
            case syntax.Text():
                return False
            case syntax.Name(name):
                key = name_key(name)
                definition = self.known.get(key)
                if key in seen or key in _CONSTANT_NAMES or key.partition(".")[0] in self.dimensions:
                    return True
                if definition is None or definition.element.name != "aux" or not definition.equations:
                    return False
                rights = [one.right for one in definition.equations]
                return all(right is not None and self.is_constant(right, seen | {key}) for right in rights)
            case syntax.Prefix(operand=operand):
                return self.is_constant(operand, seen)
            case syntax.Infix(left=left, right=right):
                return self.is_constant(left, seen) and self.is_constant(right, seen)
            case syntax.Apply(function, arguments):
                key = name_key(function.name)
                return key == "init" or (
                    key in _PURE and all(self.is_constant(argument, seen) for argument in arguments)
                )

    def content(self, stock: Definition) -> syntax.Term | None:
        """Return what flows into a stock, or None where it has no equation: that is told elsewhere."""
        for equation in stock.equations:
            match equation.right:
                case syntax.Apply(arguments=(net, _)):
                    return _inflow(net)
                case _:
                    pass
        return None

    def rooms(self, stock: Definition, block: Element) -> Iterator[syntax.Term]:
        """Yield what bounds the rate that enters a conveyor: room for it, and the inflow limit."""
        span = block.span
        for name in ("capacity", "in_limit"):
            part = block.first(name)
            if part is None or not part.words:
                continue
            bound = read_term(part.text, part.opened, part.source, self.findings)
            if bound is not None and name == "in_limit":
                yield bound
            elif bound is not None:
                room: syntax.Term = syntax.Infix("-", bound, _named(stock), span, span)
                room = syntax.Infix("/", room, syntax.Name("DT", (), span), span, span)
                for flow in self.flows(stock, "outflow"):
                    room = syntax.Infix("+", room, _named(flow), span, span)
                yield room

    # -- queues ---------------------------------------------------------------------------------------------

    def queue(self, stock: Definition) -> None:
        """Define the flows of a queue with nothing in its way: the first of them empties it."""
        block = stock.element.first("queue")
        entering = self.content(stock)
        flows = self.flows(stock, "outflow")
        assert block is not None
        if not flows:
            message = f'the queue "{stock.name}" has no outflow'
            self.findings.error("incomplete-equation", message, block.span)
        elif entering is not None:
            step = syntax.Name("DT", (), block.span)
            held = syntax.Infix("/", _named(stock), step, block.span, block.span)
            self.drive(flows[0], syntax.Infix("+", held, entering, block.span, block.span))
            for flow in flows[1:]:
                self.drive(flow, syntax.Numeral(0.0, block.span))
        self.settle(stock)

    # -- flows ----------------------------------------------------------------------------------------------

    def flows(self, stock: Definition, tag: str) -> list[Definition]:
        """Return the flows at one end of a stock, in order, as far as they are there."""
        keys = [name_key(plain_name(one.words)) for one in stock.element.all(tag)]
        return [self.known[key] for key in keys if key in self.known]

    def upstream(self, flow: Definition) -> Iterator[Definition]:
        """Yield the stocks that a flow drains."""
        key = name_key(flow.name)
        for other in self.known.values():
            if key in (name_key(plain_name(one.words)) for one in other.element.all("outflow")):
                yield other

    def drive(self, flow: Definition, right: syntax.Term) -> None:
        """Give a flow the equation that its stock drives it by, in place of what it has."""
        about = flow.equations[0] if flow.equations else None
        left = syntax.Left(flow.name, flow.dimensions, (), flow.place)
        equation = syntax.Equation(left, right, span=flow.element.span)
        if about is not None:
            equation = replace(about, left=left, right=right, is_non_negative=False)
        self.changed[name_key(flow.name)] = replace(flow, equations=(equation,), tables=(), is_open=False)

    def fraction(self, leak: Definition) -> syntax.Term:
        """Add the variable that a leak's fraction is, and return its name; 0 where none is written."""
        mark = leak.element.first("leak")
        name = f"{leak.name}: fraction"
        equations = tuple(
            replace(one, left=replace(one.left, name=name), unit="", is_non_negative=False, is_hidden=True)
            for one in leak.equations
        )
        if mark is not None and mark.words.replace(FILLER, ""):
            term = read_term(mark.text, mark.opened, mark.source, self.findings)
            left = syntax.Left(name, leak.dimensions, (), mark.text_span)
            equations = (syntax.Equation(left, term, is_hidden=True, span=mark.span),)
        if not equations:
            return syntax.Numeral(0.0, leak.place)
        self.added.append(replace(leak, name=name, equations=equations, is_open=False))
        return syntax.Name(name, (), leak.place)

    def settle(self, stock: Definition, rooms: Sequence[syntax.Term] = ()) -> None:
        """Leave limits to what drives the flows; nothing enters backward (4.3), or without room."""
        equations = tuple(replace(one, is_non_negative=False) for one in stock.equations)
        self.changed[name_key(stock.name)] = replace(stock, equations=equations)
        inflows = self.flows(stock, "inflow")
        driven = [flow for flow in inflows if any(_kind(other) for other in self.upstream(flow))]
        before = list(driven)
        for flow in inflows:
            if flow not in driven:
                equations = tuple(_admitted(one, rooms, before) for one in flow.equations)
                self.changed[name_key(flow.name)] = replace(flow, equations=equations)
                before.append(flow)


def _is_leak(flow: Definition) -> bool:
    return flow.element.first("leak") is not None


def _named(definition: Definition) -> syntax.Term:
    return syntax.Name(definition.name, (), definition.place)


def _call(name: str, span: Span, *arguments: syntax.Term) -> syntax.Term:
    return syntax.Apply(syntax.Name(name, (), span), arguments, (), span)


def _inflow(net: syntax.Term) -> syntax.Term:
    """Return the part of a net flow that is added, 0 where there is none."""
    parts: list[syntax.Term] = []
    term = net
    while isinstance(term, syntax.Infix) and term.op in ("+", "-"):
        if term.op == "+":
            parts.append(term.right)
        term = term.left
    if not isinstance(term, syntax.Prefix):
        parts.append(term)
    found: syntax.Term = syntax.Numeral(0.0, net.span)
    for part in reversed(parts):
        is_first = isinstance(found, syntax.Numeral)
        found = part if is_first else syntax.Infix("+", found, part, net.span, net.span)
    return found


def _admitted(
    equation: syntax.Equation, rooms: Sequence[syntax.Term], before: Sequence[Definition]
) -> syntax.Equation:
    """Return the equation of an inflow, limited to the room that the inflows before it leave."""
    right, span = equation.right, equation.span
    if right is not None and not isinstance(right, syntax.Points):
        for room in rooms:
            for flow in before:
                room = syntax.Infix("-", room, _named(flow), span, span)
            bound = _call("MAX", span, room, syntax.Numeral(0.0, span))
            right = _call("MIN", span, right, bound)
    return replace(equation, right=right, is_non_negative=True)
