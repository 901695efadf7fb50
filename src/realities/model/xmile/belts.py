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
"Conveyor computation". The leaks are served in the order of the outflows, by their current fractions.

A conveyor that leaks in one zone only is three of them in a row, of which the second leaks all along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    """One conveyor: how much is on it, what enters, its number of places, and each leak's fraction.

    Where only a part of it leaks, `places` are those of that part; `before` and `after` are how many there
    are on both sides of it.
    """

    resolver: Resolver
    base: str
    span: Span
    content: Expr
    entering: Expr
    places: Expr
    fractions: Sequence[Expr]
    before: Expr | None = None
    after: Expr | None = None

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

    def per_place(self, leaking: Expr, left: Expr) -> Ref:
        """Return what entered each place before the run.

        `leaking` is how much of it the places that leak hold together, and `left` how much comes out of them.
        """
        total = leaking
        if self.before is not None and self.after is not None:
            total = self.op("+", self.op("+", self.before, total), self.op("*", self.after, left))
        return self.initial("entered", self.op("/", self.content, total))

    def reaching(self, entered: Expr) -> Expr:
        """Return the rate that reaches the places that leak."""
        return self.later("before", self.entering, self.before, self.op("/", entered, self.step))

    def later(self, name: str, rate: Expr, places: Expr | None, initial: Expr) -> Expr:
        """Return a rate as it is some places further on: as it is where there are none."""
        if places is None:
            return rate
        transit = self.op("*", places, self.step)
        name = f"{self.base} {name}"
        further = self.resolver.hide(name, "fixed_delay", rate, self.span, initial=initial, extra=(transit,))
        return self.call("if_then_else", self.op(">=", places, self.number(1.0)), further, rate)

    def leaving(self, reaching: Expr, entered: Expr) -> Ref:
        """Return the rate at which there reached the places that leak what leaves them now."""
        return self.delayed("leaving", reaching, self.op("/", entered, self.step))


def _belt(resolver: Resolver, call: syntax.Apply, terms: Sequence[syntax.Term], scope: Scope) -> _Belt:
    """Return the conveyor that a call is about."""
    content, entering, length, _, *rest = resolver.exprs(terms, scope)
    start, end, *fractions = rest
    span, base = call.span, resolver.label(scope, "conveyor")
    entering = resolver.hide(f"{base} entering", "auxiliary", entering, span)
    half, one = Number(0.5, span), Number(1.0, span)
    whole = Binary("+", Binary("/", length, resolver.time_step(span), span), half, span)
    rounded = Call("max", (one, Call("xmile.int", (whole,), span=span)), span=span)
    places = resolver.hide(f"{base} places", "initial", rounded, span)
    belt = _Belt(resolver, base, span, content, entering, places, fractions)
    match start, end:
        case Number(0.0), Number(1.0):
            return belt
        case _:
            return _with_zone(belt, start, end)


def _with_zone(belt: _Belt, start: Expr, end: Expr) -> _Belt:
    """Return a conveyor that leaks where the middle of a place is from `start` to `end` of its length.

    Place k from the inflow has its middle at (k - 1/2)/n. Where the zone holds none, nothing leaks.
    """
    zero, half, one, n = belt.number(0.0), belt.number(0.5), belt.number(1.0), belt.places
    # Rounded up, by rounding its negative down.
    first = belt.op("-", zero, belt.op("+", belt.op("*", start, n), half))
    first = belt.op("-", zero, belt.call("xmile.int", first))
    first = belt.initial("first that leaks", belt.call("max", one, first))
    last = belt.call("xmile.int", belt.op("+", belt.op("*", end, n), half))
    last = belt.initial("last that leaks", belt.call("min", last, n))
    is_empty = belt.op("<", last, first)
    fractions = [belt.call("if_then_else", is_empty, zero, fraction) for fraction in belt.fractions]
    first = belt.call("min", first, n)
    inside = belt.op("+", belt.op("-", belt.call("max", last, first), first), one)
    places = belt.initial("places that leak", inside)
    before = belt.initial("places before", belt.op("-", first, one))
    after = belt.initial("places after", belt.op("-", belt.op("-", n, before), places))
    return replace(belt, places=places, fractions=fractions, before=before, after=after)


def _how(terms: Sequence[syntax.Term]) -> int:
    """Return how a conveyor leaks: 0 not, 1 linearly, 2 exponentially."""
    how = terms[3]
    return int(how.value) if isinstance(how, syntax.Numeral) else 0


def _total(belt: _Belt, fractions: Sequence[Expr]) -> Expr:
    return fractions[0] if len(fractions) == 1 else belt.call("sum", *fractions)


# -- linear leaks ---------------------------------------------------------------------------------------


def _linear(belt: _Belt) -> tuple[list[Expr], Ref]:
    """Return each leak's fraction, at most what earlier ones leave of 1, and what entered before the run."""
    found: list[Expr] = []
    left: Expr = belt.number(1.0)
    for number, fraction in enumerate(belt.fractions, start=1):
        bounded = belt.call("max", belt.number(0.0), belt.call("min", fraction, left))
        name = f"{belt.base} fraction {number}"
        found.append(belt.resolver.hide(name, "auxiliary", bounded, belt.span))
        left = belt.op("-", left, found[-1])
    first = belt.initial("first fraction", _total(belt, found))
    # The places hold 1, 1 - f/n, 1 - 2 f/n, .. of what entered them.
    lost = belt.op("*", first, belt.op("/", belt.op("-", belt.places, belt.number(1.0)), belt.number(2.0)))
    return found, belt.per_place(belt.op("-", belt.places, lost), belt.op("-", belt.number(1.0), first))


def _exit_linear(belt: _Belt) -> Expr:
    fractions, entered = _linear(belt)
    leak = _total(belt, fractions)
    first = belt.initial("fraction at first", leak)
    lost = belt.running_sum("leaked", leak)
    since = belt.op("-", lost, belt.delayed("leaked then", lost, belt.number(0.0)))
    since = belt.op("+", since, belt.op("*", first, belt.still_to_go))
    kept = belt.op("-", belt.number(1.0), belt.op("/", since, belt.places))
    at_first = belt.op("*", belt.op("/", entered, belt.step), belt.op("-", belt.number(1.0), first))
    leaving = belt.leaving(belt.reaching(entered), entered)
    return belt.later("after", belt.op("*", leaving, kept), belt.after, at_first)


def _leak_linear(belt: _Belt, which: int) -> Expr:
    fractions, entered = _linear(belt)
    reaching = belt.reaching(entered)
    change = belt.op("-", reaching, belt.leaving(reaching, entered))
    filled = belt.op("*", entered, belt.places)
    name = f"{belt.base} before leaks"
    whole = belt.resolver.hide(name, "stock", change, belt.span, initial=filled)
    transit = belt.op("*", belt.places, belt.step)
    return belt.op("/", belt.op("*", fractions[which], whole), transit)


# -- exponential leaks ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Decay:
    """How a conveyor leaks exponentially.

    Attributes
    ----------
    rates
        Each leak's rate, 0 or more.
    entered
        What entered each place before the run.
    held
        How much of it the places that leak then held together.
    reaching, leaving
        The rates at which the places that leak are reached and left.
    at_first
        The rate at which they were left before the run.
    """

    rates: list[Expr]
    entered: Ref
    held: Expr
    reaching: Expr
    leaving: Expr
    at_first: Expr


def _exponential(belt: _Belt) -> _Decay:
    rates: list[Expr] = []
    for number, fraction in enumerate(belt.fractions, start=1):
        bounded = belt.call("max", belt.number(0.0), fraction)
        name = f"{belt.base} fraction {number}"
        rates.append(belt.resolver.hide(name, "auxiliary", bounded, belt.span))
    one = belt.number(1.0)
    kept = belt.op("-", one, belt.op("*", _total(belt, rates), belt.step))
    kept = belt.call("max", kept, belt.number(_NEXT_TO_NOTHING))
    kept = belt.resolver.hide(f"{belt.base} kept", "auxiliary", kept, belt.span)
    first = belt.initial("first kept", kept)
    # The places hold 1, q, q^2, .. of what entered them.
    left = belt.op("^", first, belt.places)
    held = belt.op("/", belt.op("-", one, left), belt.op("-", one, first))
    held = belt.call("if_then_else", belt.op("=", first, one), belt.places, held)
    entered = belt.per_place(held, left)
    log = belt.running_sum("log kept", belt.call("ln", kept))
    since = belt.op("-", log, belt.delayed("log kept then", log, belt.number(0.0)))
    since = belt.op("+", since, belt.op("*", belt.call("ln", first), belt.still_to_go))
    reaching = belt.reaching(entered)
    leaving = belt.op("*", belt.leaving(reaching, entered), belt.call("exp", since))
    at_first = belt.op("*", belt.op("/", entered, belt.step), left)
    return _Decay(rates, entered, held, reaching, leaving, at_first)


def _exit_exponential(belt: _Belt) -> Expr:
    decay = _exponential(belt)
    return belt.later("after", decay.leaving, belt.after, decay.at_first)


def _leak_exponential(belt: _Belt, which: int) -> Expr:
    decay = _exponential(belt)
    # More than all of it cannot leak in one step: then each leak has its share.
    leak = _total(belt, decay.rates)
    most = belt.call("max", belt.number(1.0), belt.op("*", leak, belt.step))
    content = belt.content
    if belt.before is not None:
        name = f"{belt.base} where it leaks"
        lost = belt.op("/", belt.op("*", leak, Ref(name, belt.span)), most)
        gone = belt.op("+", decay.leaving, lost)
        change = belt.op("-", decay.reaching, gone)
        filled = belt.op("*", decay.entered, decay.held)
        content = belt.resolver.hide(name, "stock", change, belt.span, initial=filled)
    return belt.op("/", belt.op("*", decay.rates[which], content), most)


# -- calls ------------------------------------------------------------------------------------------------


def _exit(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold what leaves a conveyor at its end."""
    belt = _belt(resolver, call, call.arguments, scope)
    match _how(call.arguments):
        case 0:
            return belt.leaving(belt.entering, belt.per_place(belt.places, belt.number(1.0)))
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
