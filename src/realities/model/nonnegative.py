"""Stocks and flows that are kept from going below zero: marks in, plain equations out.

In comes a `ModelFile`; out comes the same with `max` and `min` written into the equations of the flows
that a mark concerns. `load.py` runs this before names are looked up, so that nothing behind it knows of
the marks but for the engine, which keeps rounding from taking such a stock below zero.

XMILE 1.0 (4.2, 4.3, 4.8.4) names the marks and leaves them to filters of this form; isee systems' help
("Flow prioritization") says what Stella does, and so does this pass:

- a non-negative flow is the larger of its equation and 0;
- an outflow of a non-negative stock takes no more than `stock / DT` and the inflows of the same step, less
  what the outflows listed before it take;
- an inflow that runs backward takes no more than `stock / DT`, before any outflow, in their order.

What neither says is decided here. An inflow that itself depends on an outflow within a step is not
counted for it: so stocks that drain into one another in a ring have an order of evaluation, and none falls
below zero. An outflow that another one depends on comes first, whatever the order of the file. A flow that
is drained from two stocks, or fills two, cannot be limited by one of them: it keeps its value, and the
stock stays at zero while the flow goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.precedence import Precedence
from realities.source import Span

#: Functions whose value does not depend on their first argument within a step; what follows it may.
_KEPT = {"delay", "delay1", "delay3", "delayn", "delay fixed", "previous", "smth1", "smth3", "smthn"}
_AT_START = {"init", "initial"}


def keep_non_negative(file: syntax.ModelFile, time_step: str) -> syntax.ModelFile:
    """Return a file with what its marks mean written out; `time_step` is the name of that variable."""
    if not any(equation.is_non_negative for equation in _all_equations(file)):
        return file
    return replace(
        file,
        equations=_limited(file.equations, time_step),
        macros=tuple(replace(macro, equations=_limited(macro.equations, time_step)) for macro in file.macros),
    )


def _all_equations(file: syntax.ModelFile) -> Iterable[syntax.Equation]:
    yield from file.equations
    for macro in file.macros:
        yield from macro.equations


def _limited(equations: tuple[syntax.Equation, ...], time_step: str) -> tuple[syntax.Equation, ...]:
    """Return the equations of one model or macro, the limits written into its flows."""
    stocks: dict[str, list[_Stock]] = {}
    for equation in equations:
        if (stock := _stock(equation)) is not None:
            stocks.setdefault(stock.key, []).append(stock)
    marked = {name_key(equation.left.name) for equation in equations if equation.is_non_negative}
    if not marked:
        return equations
    limits = _Limits(stocks, marked, time_step)
    if any(key in stocks for key in marked):
        limits.find(equations)
    return tuple(limits.applied(equation) for equation in equations)


@dataclass(frozen=True, slots=True)
class _Stock:
    """One equation of a stock: its inflows and outflows as they stand in it, in order.

    `factors` are what some inflows are multiplied by on their way in, by key.
    """

    key: str
    equation: syntax.Equation
    inflows: tuple[syntax.Name, ...]
    outflows: tuple[syntax.Name, ...]
    factors: Mapping[str, syntax.Term]


def _stock(equation: syntax.Equation) -> _Stock | None:
    """Return the stock that an equation defines, or None: where it is none, or not a plain sum of flows."""
    match equation.right:
        case syntax.Apply(function=function, arguments=(net, _)) if name_key(function.name) == "integ":
            flows, factors = _flows(net)
        case _:
            return None
    inflows = tuple(name for sign, name in flows if sign > 0)
    outflows = tuple(name for sign, name in flows if sign < 0)
    return _Stock(name_key(equation.left.name), equation, inflows, outflows, factors)


def _flows(net: syntax.Term) -> tuple[list[tuple[int, syntax.Name]], dict[str, syntax.Term]]:
    """Return the flows of a net flow with their signs, in order, and what some are multiplied by.

    A part that is no flow is left out.
    """
    found: list[tuple[int, syntax.Name]] = []
    factors: dict[str, syntax.Term] = {}
    stack: list[tuple[int, syntax.Term]] = [(1, net)]
    while stack:
        match stack.pop():
            case sign, syntax.Name() as name:
                found.append((sign, name))
            case sign, syntax.Prefix("-", operand):
                stack.append((-sign, operand))
            case sign, syntax.Infix("*", syntax.Name() as name, factor) if sign > 0:
                found.append((sign, name))  # converted to other units on its way in (4.3)
                factors[name_key(name.name)] = factor
            case sign, syntax.Infix("+", left, right):
                stack += [(sign, right), (sign, left)]
            case sign, syntax.Infix("-", left, right):
                stack += [(-sign, right), (sign, left)]
            case _:
                pass
    return found, factors


@dataclass(frozen=True, slots=True)
class _Limit:
    """What a flow may take from one stock: what it holds, and what is settled before the flow.

    Attributes
    ----------
    stock
        The key of the stock.
    inflows
        The inflows that never run backward and are counted.
    before
        The flows that are served first: outflows, and inflows that may run backward.
    """

    stock: str
    inflows: tuple[str, ...]
    before: tuple[str, ...]


@dataclass(slots=True)
class _Limits:
    """What each flow of one model is limited by: out of a stock, and backward out of the one it fills."""

    stocks: dict[str, list[_Stock]]
    marked: set[str]
    time_step: str
    ceilings: dict[str, _Limit] = field(default_factory=dict)
    floors: dict[str, _Limit] = field(default_factory=dict)

    def find(self, equations: Sequence[syntax.Equation]) -> None:
        """Settle the limits of every flow."""
        drains, fills = self._ends()
        order = Precedence(
            {
                name_key(equation.left.name): set() if _stock(equation) else _needs(equation.right)
                for equation in equations
            }
        )
        for key, stocks in self.stocks.items():
            if key not in self.marked or not _is_straight(stocks):
                continue
            outflows = [flow for flow in _keys(stocks, "outflows") if drains[flow] == {key}]
            inflows = [flow for flow in _keys(stocks, "inflows") if flow not in outflows]
            backward = [flow for flow in inflows if fills[flow] == {key} and flow not in self.marked]
            takers = order.in_order([*backward, *outflows])
            for place, flow in enumerate(takers):
                for other in takers[:place]:
                    order.add(flow, other)
            # Only now that the takers have their order is it known what would close a loop.
            for place, flow in enumerate(takers):
                before = tuple(takers[:place])
                if flow in backward:
                    self.floors[flow] = _Limit(key, (), before)
                else:
                    others = (other for other in inflows if other not in backward)
                    counted = tuple(other for other in others if order.add(flow, other))
                    self.ceilings[flow] = _Limit(key, counted, before)

    def _ends(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Return for each flow the stocks it drains, and those it fills."""
        drains: dict[str, set[str]] = {}
        fills: dict[str, set[str]] = {}
        for key, stocks in self.stocks.items():
            for flow in (*_keys(stocks, "outflows"), *_keys(stocks, "inflows")):
                drains.setdefault(flow, set())
                fills.setdefault(flow, set())
            for flow in _keys(stocks, "outflows"):
                drains[flow].add(key)
            for flow in _keys(stocks, "inflows"):
                fills[flow].add(key)
        return drains, fills

    def applied(self, equation: syntax.Equation) -> syntax.Equation:
        """Return an equation with its limits written in."""
        key = name_key(equation.left.name)
        is_flow = key in self.marked and equation.is_non_negative
        if key in self.stocks or not (is_flow or key in self.ceilings or key in self.floors):
            return equation
        match equation.right:
            case None | syntax.Points():
                return equation
            case syntax.Rows(values, span):
                if key in self.ceilings or key in self.floors:
                    return equation
                return replace(equation, right=syntax.Rows(tuple(max(0.0, value) for value in values), span))
            case term:
                write = _Writer(equation, self.time_step)
                if is_flow:
                    term = write.call("MAX", term, write.zero)
                if key in self.floors:
                    most = self._most(self.floors[key], write)
                    factor = self.stocks[self.floors[key].stock][0].factors.get(key)
                    if factor is not None:
                        most = write.infix("/", most, write.alike(factor))
                    term = write.call("MAX", term, syntax.Prefix("-", most, write.span))
                if key in self.ceilings:
                    term = write.call("MIN", term, self._most(self.ceilings[key], write))
                return replace(equation, right=term)

    def _most(self, limit: _Limit, write: _Writer) -> syntax.Term:
        """Return the most that a flow may take."""
        stock = self.stocks[limit.stock][0]
        inflows = {name_key(name.name) for part in self.stocks[limit.stock] for name in part.inflows}
        left = write.held(stock.equation.left.name)
        for flow in (*limit.inflows, *limit.before):
            amount = write.name(self._flow_name(limit.stock, flow))
            if flow in stock.factors:
                amount = write.infix("*", amount, write.alike(stock.factors[flow]))
            left = write.infix("+" if flow in inflows else "-", left, amount)
        return write.call("MAX", left, write.zero)

    def _flow_name(self, stock: str, flow: str) -> str:
        names = (name for part in self.stocks[stock] for name in (*part.inflows, *part.outflows))
        return next(name.name for name in names if name_key(name.name) == flow)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes terms for one equation of a flow, with the subscripts of its left side."""

    equation: syntax.Equation
    time_step: str

    @property
    def span(self) -> Span:
        """The place that everything written is at."""
        right = self.equation.right
        return self.equation.left.span if right is None else right.span

    @property
    def zero(self) -> syntax.Term:
        """The number 0."""
        return syntax.Numeral(0.0, self.span)

    def name(self, name: str) -> syntax.Term:
        """Write a variable of the same dimensions."""
        return syntax.Name(name, self.equation.left.subscripts, self.span)

    def alike(self, term: syntax.Term) -> syntax.Term:
        """Write a term of the stock's equation with the subscripts of the flow's."""
        match term:
            case syntax.Name(subscripts=subscripts):
                return replace(term, subscripts=self.equation.left.subscripts) if subscripts else term
            case syntax.Apply():
                return replace(term, arguments=tuple(map(self.alike, term.arguments)))
            case syntax.Prefix():
                return replace(term, operand=self.alike(term.operand))
            case syntax.Infix():
                return replace(term, left=self.alike(term.left), right=self.alike(term.right))
            case _:
                return term

    def held(self, stock: str) -> syntax.Term:
        """Write what a stock holds, as a flow that would empty it in one step."""
        return self.infix("/", self.name(stock), syntax.Name(self.time_step, (), self.span))

    def infix(self, op: str, left: syntax.Term, right: syntax.Term) -> syntax.Term:
        """Write an operator."""
        match op:
            case "+" | "-" | "*" | "/":
                return syntax.Infix(op, left, right, self.span, self.span)
            case _:
                raise ValueError(op)

    def call(self, function: str, *arguments: syntax.Term) -> syntax.Term:
        """Write a call."""
        return syntax.Apply(syntax.Name(function, (), self.span), arguments, (), self.span)


def _keys(stocks: Sequence[_Stock], end: str) -> dict[str, None]:
    """Return the flows at one end of a stock by key, in order; an array may list them more than once."""
    return {name_key(name.name): None for stock in stocks for name in getattr(stock, end)}


def _is_straight(stocks: Sequence[_Stock]) -> bool:
    """Return whether every flow of a stock has the stock's own subscripts, in their order."""
    return all(
        name.subscripts == stock.equation.left.subscripts
        for stock in stocks
        for name in (*stock.inflows, *stock.outflows, *_subscripted(stock.factors.values()))
    )


def _subscripted(terms: Iterable[syntax.Term]) -> Iterable[syntax.Name]:
    return (
        name
        for term in terms
        for name in syntax.terms(term)
        if isinstance(name, syntax.Name) and name.subscripts
    )


def _needs(term: syntax.Term | None) -> set[str]:
    """Return the names that the value of a term depends on within a step."""
    found: set[str] = set()
    stack = [] if term is None else [term]
    while stack:
        match stack.pop():
            case syntax.Name(name):
                found.add(name_key(name))
            case syntax.Apply(function, arguments):
                key = name_key(function.name)
                found.add(key)
                if key not in _AT_START:
                    stack += arguments[1:] if key in _KEPT else arguments
            case syntax.Prefix(operand=operand):
                stack.append(operand)
            case syntax.Infix(left=left, right=right):
                stack += [left, right]
            case _:
                pass
    return found
