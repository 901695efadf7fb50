"""Inflows and outflows of stocks, found again in the sums they were added up to.

In come equations, a stock being `INTEG(net flow, initial value)`; out come the names of each stock's flows,
and the equations with one more for what no variable stands for: `<stock> net flow`. Where a model is
translated, a variable serves one stock as inflow and one as outflow at most, as XMILE wants
(`with_flows`); a file that came from XMILE keeps what it says. `xmile.py` prints both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from realities.model import syntax
from realities.model.arrays import name_key


@dataclass(frozen=True, slots=True)
class Stock:
    """The flows of one stock, by key."""

    inflows: Mapping[str, str]
    outflows: Mapping[str, str]


@dataclass(slots=True)
class Summand:
    """One part of a net flow, and whether it is added or taken away."""

    is_added: bool
    term: syntax.Term


def split_stocks(
    equations: Sequence[syntax.Equation],
    time_unit: str,
    *,
    is_exclusive: bool = False,
    inputs: Collection[str] = (),
) -> tuple[dict[str, Stock], list[syntax.Equation]]:
    """Return the flows of every stock by the stock's key, and all equations with those of new flows.

    Parameters
    ----------
    equations
        All equations of a model or a macro.
    time_unit
        What the unit of a new flow is counted over; an empty one leaves its unit open.
    is_exclusive
        Whether a variable may flow into one stock and out of one only.
    inputs
        Keys of the inputs of a macro, which may be flows too.
    """
    named: dict[str, list[syntax.Equation]] = {}
    for equation in equations:
        named.setdefault(name_key(equation.left.name), []).append(equation)
    splitter = _Splitter(named, time_unit, is_exclusive, inputs)
    stocks: dict[str, Stock] = {}
    found: list[syntax.Equation] = []
    for equation in equations:
        key = name_key(equation.left.name)
        if key in stocks or not all(is_stock(one) for one in named[key]):
            found.append(equation)
            continue
        stocks[key], more = splitter.split(named[key])
        found += [equation, *more]
    return stocks, found


def with_flows(equations: Sequence[syntax.Equation], time_unit: str) -> list[syntax.Equation]:
    """Return equations in which every stock is a sum of flows of its own."""
    stocks, found = split_stocks(equations, time_unit, is_exclusive=True)
    return [
        _refilled(one, stocks[name_key(one.left.name)]) if name_key(one.left.name) in stocks else one
        for one in found
    ]


def _refilled(equation: syntax.Equation, stock: Stock) -> syntax.Equation:
    """Return the equation of a stock with its flows as its net flow."""
    if not isinstance(equation.right, syntax.Apply):
        return equation
    subscripts = equation.left.subscripts
    flows = [Summand(True, syntax.Name(name, subscripts)) for name in stock.inflows.values()]
    flows += [Summand(False, syntax.Name(name, subscripts)) for name in stock.outflows.values()]
    arguments = (_sum(flows), equation.right.arguments[1])
    return replace(equation, right=replace(equation.right, arguments=arguments))


def is_stock(equation: syntax.Equation) -> bool:
    """Return whether an equation defines a stock."""
    match equation.right:
        case syntax.Apply(function, (_, _)):
            return name_key(function.name) == "integ"
        case _:
            return False


class _Splitter:
    """Finds flows for one stock after another."""

    def __init__(
        self,
        named: Mapping[str, list[syntax.Equation]],
        time_unit: str,
        is_exclusive: bool,
        inputs: Collection[str],
    ) -> None:
        self.named, self.time_unit, self.is_exclusive, self.inputs = named, time_unit, is_exclusive, inputs
        self.taken: set[tuple[str, bool]] = set()
        self.made: set[str] = set()

    def split(self, parts: Sequence[syntax.Equation]) -> tuple[Stock, list[syntax.Equation]]:
        """Return the flows of one stock, and the equations of the flow that was made for the rest."""
        sums = [list(summands(_net(one))) for one in parts]
        own = [self._flows(summands, one.left) for summands, one in zip(sums, parts, strict=True)]
        shared = [flow for flow in own[0] if all(flow in others for others in own[1:])]
        flows: dict[bool, dict[str, str]] = {True: {}, False: {}}
        for is_added, name in shared:
            if not self.is_exclusive or (name_key(name), is_added) not in self.taken:
                self.taken.add((name_key(name), is_added))
                flows[is_added][name_key(name)] = name
        rests = [_rest(summands, one.left, flows) for summands, one in zip(sums, parts, strict=True)]
        made: list[syntax.Equation] = []
        if any(rests):
            name = self._new_name(f"{parts[0].left.name} net flow")
            flows[True][name_key(name)] = name
            made = [self._made(name, one, rest) for one, rest in zip(parts, rests, strict=True)]
        return Stock(flows[True], flows[False]), made

    def _flows(self, summands: Sequence[Summand], left: syntax.Left) -> list[tuple[bool, str]]:
        """Return the summands that are plain variables with the stock's own subscripts, each once."""
        found: list[tuple[bool, str]] = []
        for one in summands:
            if not _is_own(one.term, left) or not isinstance(one.term, syntax.Name):
                continue
            parts = self.named.get(name_key(one.term.name), ())
            is_known = bool(parts) or name_key(one.term.name) in self.inputs
            is_variable = is_known and not any(
                is_stock(part) or part.right is None or isinstance(part.right, syntax.Points)
                for part in parts
            )
            flow = (one.is_added, one.term.name)
            if is_variable and flow not in found:
                found.append(flow)
        return found

    def _new_name(self, wanted: str) -> str:
        name, count = wanted, 1
        while name_key(name) in self.named or name_key(name) in self.made:
            count += 1
            name = f"{wanted} {count}"
        self.made.add(name_key(name))
        return name

    def _made(self, name: str, stock: syntax.Equation, rest: Sequence[Summand]) -> syntax.Equation:
        """Return the equation of a new flow: the sum of what is left of a net flow."""
        unit = f"({stock.unit})/{self.time_unit}" if stock.unit and self.time_unit else ""
        left = replace(stock.left, name=name)
        return syntax.Equation(left, _sum(rest), unit, group=stock.group, span=stock.span)


def _net(equation: syntax.Equation) -> syntax.Term:
    return equation.right.arguments[0] if isinstance(equation.right, syntax.Apply) else syntax.Numeral(0.0)


def summands(term: syntax.Term) -> Iterator[Summand]:
    """Yield the parts that a net flow adds and takes away; a zero alone is none."""
    parts: list[Summand] = []
    while isinstance(term, syntax.Infix) and term.op in ("+", "-"):
        parts.append(Summand(term.op == "+", term.right))
        term = term.left
    if isinstance(term, syntax.Prefix) and term.op == "-":
        parts.append(Summand(False, term.operand))
    elif not (isinstance(term, syntax.Numeral) and term.value == 0 and not parts):
        parts.append(Summand(True, term))
    yield from reversed(parts)


def _is_own(term: syntax.Term, left: syntax.Left) -> bool:
    """Return whether a term is a variable with just the subscripts of a left side."""
    return isinstance(term, syntax.Name) and [
        (name_key(one.name), one.is_reduced) for one in term.subscripts
    ] == [(name_key(one.name), False) for one in left.subscripts]


def _rest(
    summands: Sequence[Summand], left: syntax.Left, flows: Mapping[bool, Mapping[str, str]]
) -> list[Summand]:
    """Return the summands that no flow stands for; a flow stands for one of several equal ones."""
    left_over: list[Summand] = []
    met: set[tuple[bool, str]] = set()
    for one in summands:
        key = name_key(one.term.name) if isinstance(one.term, syntax.Name) else ""
        if _is_own(one.term, left) and key in flows[one.is_added] and (one.is_added, key) not in met:
            met.add((one.is_added, key))
        else:
            left_over.append(one)
    return left_over


def _sum(summands: Sequence[Summand]) -> syntax.Term:
    """Return what some summands add up to."""
    if not summands:
        return syntax.Numeral(0.0)
    first, *others = summands
    term = first.term if first.is_added else syntax.Prefix("-", first.term)
    for one in others:
        term = syntax.Infix("+" if one.is_added else "-", term, one.term)
    return term
