"""What leaves a conveyor, at its end and by the way, unfolded into delays and stocks nobody sees.

In comes a call that `conveyors.py` wrote into the equation of a flow; out comes its rate. A conveyor
of transit time T moves once in every time step DT; it has n = T/DT places (rounded to nearest, at least
one), and what enters in one step leaves n steps later. What follows is the same, in closed form.

Let x be the rate that enters, and f the fraction that leaks, of all leaks together. What entered at step
e is on the conveyor at the steps e+1 to e+n, and leaks at each of them:

    linearly        a share f/n of what entered: at the end 1 - (f(e+1) + ... + f(e+n))/n of it is left
    exponentially   a share f DT of what is there: (1 - f(e+1) DT) ... (1 - f(e+n) DT) is left

The sums over n steps, of f or of the logarithms, are differences of a running sum and of itself delayed by T.
At first the content is spread over the conveyor as though x and f had always been what they are then
("at the start ... evenly distributed" where nothing leaks). Section 3.7.2 of XMILE 1.0; isee systems' help,
"Conveyor computation". The leaks are served in the order of the outflows; what they leak by the current
fraction is what both sources say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from realities.ir.expr import Binary, BinaryOp, Call, Expr, Number, Ref, Time
from realities.model import syntax
from realities.model.language import Unfold
from realities.model.resolve import Resolver
from realities.model.symbols import Scope
from realities.source import Span

#: What is left of a place that leaks all it has in one step: not 0, so that it has a logarithm.
_NEXT_TO_NOTHING = 1e-200


@dataclass(frozen=True, slots=True)
class _Belt:
    """One conveyor: how much is on it, what enters, its number of places, and each leak's fraction."""

    resolver: Resolver
    base: str
    span: Span
    content: Expr
    entering: Expr
    places: Expr
    fractions: Sequence[Expr]

    # -- writing expressions --------------------------------------------------------------------------------

    def number(self, value: float) -> Expr:
        return Number(value, self.span)

    def op(self, op: BinaryOp, left: Expr, right: Expr) -> Expr:
        return Binary(op, left, right, self.span)

    def call(self, function: str, *args: Expr) -> Expr:
        return Call(function, args, span=self.span)

    def initial(self, name: str, value: Expr) -> Ref:
        """Return what an expression is at the start of the run."""
        return self.resolver.hide(f"{self.base} {name}", "initial", value, self.span)

    def delayed(self, name: str, value: Expr, initial: Expr) -> Ref:
        """Return an expression as it was when what leaves now entered, and `initial` before that."""
        transit = self.op("*", self.places, self.step)
        name = f"{self.base} {name}"
        return self.resolver.hide(name, "fixed_delay", value, self.span, initial=initial, extra=(transit,))

    def running_sum(self, name: str, value: Expr) -> Expr:
        """Return the sum of an expression over all steps so far and this one."""
        rate = self.op("/", value, self.step)
        name = f"{self.base} {name}"
        before = self.resolver.hide(name, "stock", rate, self.span, initial=self.number(0.0))
        return self.op("+", before, value)

    @property
    def step(self) -> Ref:
        """The time step."""
        return self.resolver.time_step(self.span)

    @property
    def still_to_go(self) -> Expr:
        """How many steps what leaves now had been on its way when the run began; 0 if it entered later."""
        start = self.resolver.control(self.resolver.language.controls.initial_time, self.span)
        steps = self.op("/", self.op("-", Time(self.span), start), self.step)
        behind = self.op("-", self.op("-", self.places, self.number(1.0)), steps)
        return self.call("max", self.number(0.0), behind)

    # -- what all kinds have --------------------------------------------------------------------------------

    def per_place(self, total: Expr) -> Expr:
        """Return what entered a place before the run, by what all places then hold of it together."""
        return self.op("/", self.content, total)

    def leaving(self, entered: Expr) -> Ref:
        """Return the rate at which there entered, a transit time ago, what leaves now."""
        return self.delayed("leaving", self.entering, self.op("/", entered, self.step))


def _belt(resolver: Resolver, call: syntax.Apply, terms: Sequence[syntax.Term], scope: Scope) -> _Belt:
    """Return the conveyor that a call is about."""
    content, entering, length, _, *fractions = resolver.exprs(terms, scope)
    span, base = call.span, resolver.label(scope, "conveyor")
    entering = resolver.hide(f"{base} entering", "auxiliary", entering, span)
    step = resolver.time_step(span)
    half = Binary("+", Binary("/", length, step, span), Number(0.5, span), span)
    rounded = Call("max", (Number(1.0, span), Call("xmile.int", (half,), span=span)), span=span)
    places = resolver.hide(f"{base} places", "initial", rounded, span)
    return _Belt(resolver, base, span, content, entering, places, fractions)


def _how(terms: Sequence[syntax.Term]) -> int:
    """Return how a conveyor leaks: 0 not, 1 linearly, 2 exponentially."""
    how = terms[3]
    return int(how.value) if isinstance(how, syntax.Numeral) else 0


# -- linear leaks ---------------------------------------------------------------------------------------


def _linear(belt: _Belt) -> list[Expr]:
    """Return each leak's fraction, from 0 to 1, and to no more than earlier leaks leave."""
    found: list[Expr] = []
    left: Expr = belt.number(1.0)
    for number, fraction in enumerate(belt.fractions, start=1):
        bounded = belt.call("max", belt.number(0.0), belt.call("min", fraction, left))
        name = f"{belt.base} fraction {number}"
        found.append(belt.resolver.hide(name, "auxiliary", bounded, belt.span))
        left = belt.op("-", left, found[-1])
    return found


def _total(belt: _Belt, fractions: Sequence[Expr]) -> Expr:
    return fractions[0] if len(fractions) == 1 else belt.call("sum", *fractions)


def _entered_linear(belt: _Belt, first: Expr) -> Expr:
    """Return what entered each place before the run: places hold 1, 1 - f/n, 1 - 2 f/n, .. of it."""
    lost = belt.op("*", first, belt.op("/", belt.op("-", belt.places, belt.number(1.0)), belt.number(2.0)))
    return belt.per_place(belt.op("-", belt.places, lost))


def _exit_linear(belt: _Belt) -> Expr:
    leak = _total(belt, _linear(belt))
    first = belt.initial("first fraction", leak)
    entered = belt.initial("entered", _entered_linear(belt, first))
    lost = belt.running_sum("leaked", leak)
    since = belt.op("-", lost, belt.delayed("leaked then", lost, belt.number(0.0)))
    since = belt.op("+", since, belt.op("*", first, belt.still_to_go))
    kept = belt.op("-", belt.number(1.0), belt.op("/", since, belt.places))
    return belt.op("*", belt.leaving(entered), kept)


def _leak_linear(belt: _Belt, which: int) -> Expr:
    fractions = _linear(belt)
    first = belt.initial("first fraction", _total(belt, fractions))
    entered = belt.initial("entered", _entered_linear(belt, first))
    name = f"{belt.base} before leaks"
    change = belt.op("-", belt.entering, belt.leaving(entered))
    filled = belt.op("*", entered, belt.places)
    whole = belt.resolver.hide(name, "stock", change, belt.span, initial=filled)
    transit = belt.op("*", belt.places, belt.step)
    return belt.op("/", belt.op("*", fractions[which], whole), transit)


# -- exponential leaks ----------------------------------------------------------------------------------


def _exponential(belt: _Belt) -> tuple[list[Expr], Expr]:
    """Return each leak's rate, 0 or more, and the rate of all of them."""
    found: list[Expr] = []
    for number, fraction in enumerate(belt.fractions, start=1):
        bounded = belt.call("max", belt.number(0.0), fraction)
        name = f"{belt.base} fraction {number}"
        found.append(belt.resolver.hide(name, "auxiliary", bounded, belt.span))
    return found, _total(belt, found)


def _exit_exponential(belt: _Belt) -> Expr:
    _, leak = _exponential(belt)
    kept = belt.op("-", belt.number(1.0), belt.op("*", leak, belt.step))
    kept = belt.call("max", kept, belt.number(_NEXT_TO_NOTHING))
    kept = belt.resolver.hide(f"{belt.base} kept", "auxiliary", kept, belt.span)
    first = belt.initial("first kept", kept)
    # The places hold 1, q, q^2, .. of what entered them.
    one = belt.number(1.0)
    rest = belt.op("-", one, belt.op("^", first, belt.places))
    total = belt.op("/", rest, belt.op("-", one, first))
    total = belt.call("if_then_else", belt.op("=", first, one), belt.places, total)
    entered = belt.initial("entered", belt.per_place(total))
    log = belt.running_sum("log kept", belt.call("ln", kept))
    since = belt.op("-", log, belt.delayed("log kept then", log, belt.number(0.0)))
    since = belt.op("+", since, belt.op("*", belt.call("ln", first), belt.still_to_go))
    return belt.op("*", belt.leaving(entered), belt.call("exp", since))


def _leak_exponential(belt: _Belt, which: int) -> Expr:
    fractions, leak = _exponential(belt)
    # More than all of it cannot leak in one step: then each leak has its share.
    most = belt.call("max", belt.number(1.0), belt.op("*", leak, belt.step))
    return belt.op("/", belt.op("*", fractions[which], belt.content), most)


# -- calls ------------------------------------------------------------------------------------------------


def _exit(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold what leaves a conveyor at its end."""
    belt = _belt(resolver, call, call.arguments, scope)
    match _how(call.arguments):
        case 0:
            return belt.leaving(belt.initial("entered", belt.per_place(belt.places)))
        case 1:
            return _exit_linear(belt)
        case _:
            return _exit_exponential(belt)


def _leak(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold what leaks from a conveyor by one of its leaks."""
    which, *terms = call.arguments
    belt = _belt(resolver, call, terms, scope)
    number = int(which.value) if isinstance(which, syntax.Numeral) else 0
    return _leak_linear(belt, number) if _how(terms) == 1 else _leak_exponential(belt, number)


#: The entries under which the resolver finds what leaves a conveyor.
BELTS: dict[str, Unfold] = {":exit:": _exit, ":leak:": _leak}
