"""From a tree to a predicate: dates become model times, the model's language becomes atoms.

In comes the place of a predicate in claims.toml, out goes a `Predicate`, or findings. Each largest
piece of arithmetic without an operator of ours becomes one `Atom`, a hidden variable of the model;
comparison, logic and time are left to `predicates.py`.

The whole predicate is judged as seen from the day the claim was made: durations count from there.
An operator without an interval looks at the whole run; inside another operator, from the current
time to the end of the run. Operators of the past without one look from the start of the run to the
current time. Windows are cut at both ends of the run; a single time outside it is an error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import assert_never, cast

from realities.case.calendar import Calendar
from realities.case.predicate_nodes import (
    And,
    Arithmetic,
    ArithmeticOp,
    Atom,
    Bound,
    Comparison,
    ComparisonOp,
    Constant,
    Formula,
    FormulaAt,
    Function,
    Held,
    Iff,
    Implies,
    Interval,
    Intervention,
    Not,
    Or,
    Predicate,
    Quantifier,
    Signal,
    Term,
    TermAt,
    Until,
    Window,
)
from realities.case.predicate_syntax import BoundText, Tree, parse_tree
from realities.case.predicate_tokens import PredicateError
from realities.errors import Findings, did_you_mean
from realities.source import Span

#: Days in a duration, where the model's unit of time is another one.
DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25}

#: How many arguments each function takes that may stand around an `at[...]`.
ARGUMENTS = {"abs": (1, 1), "exp": (1, 1), "ln": (1, 1), "sqrt": (1, 1), "min": (2, 9), "max": (2, 9)}

_PAST = ("once", "historically")
_LONGEST = 1e6  # days
_SLACK = 1e-9


def parse_predicate(
    span: Span, calendar: Calendar, findings: Findings, *, name: str = "predicate", made: date | None = None
) -> Predicate | None:
    """Return the predicate written at `span`, or None after noting in `findings` what is wrong.

    Parameters
    ----------
    span
        The characters of the predicate, without the quotation marks of the file.
    calendar
        Turns dates into model times; dates outside it are errors.
    findings
        Takes the diagnostics: bad-predicate, bad-interval, outside-calendar, unknown-operator.
    name
        Start of the names of the atoms: `name #1`, `name #2`, ...
    made
        The day from which the predicate is seen; default: the start of the calendar.
    """
    try:
        tree = parse_tree(span)
        return _Reader(span, calendar, name).predicate(tree, made or calendar.start)
    except PredicateError as problem:
        place = Span(span.source, problem.start, max(problem.end, problem.start + 1))
        findings.error(problem.code, problem.message, place, *problem.help)
        return None


@dataclass(frozen=True, slots=True)
class _Now:
    """The earliest and latest the current time can be, in model time.

    `is_known` if it is one day and no window was cut for that; `is_outermost` at the top.
    """

    low: float
    high: float
    is_known: bool = True
    is_outermost: bool = False


class _Reader:
    """Gives each piece of a tree its meaning, and gathers what the whole needs."""

    def __init__(self, span: Span, calendar: Calendar, name: str) -> None:
        self.span = span
        self.calendar = calendar
        self.name = name
        self.start = calendar.time_of(calendar.start)
        self.finish = calendar.time_of(calendar.finish)
        self.atoms: dict[Atom, None] = {}
        self.names: dict[str, str] = {}
        self.held: list[Held] = []
        self.times: set[float] = set()
        self.first, self.last = math.inf, -math.inf
        self.is_whole_run = False

    def predicate(self, tree: Tree, made: date) -> Predicate:
        now = self.calendar.time_of(made)
        formula = self.formula(tree, (), _Now(now, now, is_outermost=True))
        if not self.atoms:
            raise self.problem("bad-predicate", "this speaks of no variable", tree)
        first, latest = self.calendar.date_of(self.first), self.calendar.date_of(self.last)
        if self.calendar.time_of(latest) < self.last - _SLACK:
            latest = min(latest + timedelta(days=1), self.calendar.finish)
        return Predicate(
            formula=formula,
            atoms=tuple(self.atoms),
            held=tuple(self.held),
            times=tuple(sorted(self.times)),
            first_time=self.first,
            last_time=self.last,
            first=first,
            latest=latest,
            is_whole_run=self.is_whole_run,
            span=self.span,
        )

    # -- statements -------------------------------------------------------------------------

    def formula(self, tree: Tree, do: Intervention, now: _Now) -> Formula:
        """Return a tree as something that holds or does not."""
        parts = tree.children
        match tree.kind:
            case "group":
                return self.formula(parts[0], do, now)
            case "not":
                return Not(self.formula(parts[0], do, now))
            case "logic":
                return self.logic(tree, [self.formula(part, do, now) for part in parts])
            case "compare":
                left, right = (self.term(part, do, now) for part in parts)
                return Comparison(cast(ComparisonOp, tree.op), left, right)
            case "until":
                return self.until(tree, do, now)
            case "window":
                return self.window(tree, do, now)
            case "at" if _is_statement(parts[0]):
                when, then = self.when(tree.bounds[0], now)
                return FormulaAt(when, self.formula(parts[0], self.holding(tree, do), then))
            case "number":
                raise self.problem("bad-predicate", "a number alone states nothing", tree)
            case "text" | "arithmetic" | "call" | "at":
                return Comparison("<>", self.term(tree, do, now), Constant(0.0))
            case _:
                assert_never(tree.kind)

    def logic(self, tree: Tree, parts: list[Formula]) -> Formula:
        match tree.op:
            case "and":
                return And(tuple(parts))
            case "or":
                return Or(tuple(parts))
            case "implies":
                return Implies(*parts)
            case _:
                return Iff(*parts)

    def until(self, tree: Tree, do: Intervention, now: _Now) -> Until:
        interval, then = self.interval(tree, now, "until")
        since = now.low if interval.low.is_relative else then.low
        left = self.formula(tree.children[0], do, _Now(max(since, self.start), then.high, is_known=False))
        return Until(interval, left, self.formula(tree.children[1], do, then))

    def window(self, tree: Tree, do: Intervention, now: _Now) -> Window:
        interval, then = self.interval(tree, now, tree.op)
        operand = self.formula(tree.children[0], self.holding(tree, do), then)
        return Window(cast(Quantifier, tree.op), interval, operand)

    # -- numbers ----------------------------------------------------------------------------

    def term(self, tree: Tree, do: Intervention, now: _Now) -> Term:
        """Return a tree as a number that varies over time."""
        if tree.value is not None:
            if not math.isfinite(tree.value):
                raise self.problem("bad-predicate", "this has no value", tree)
            return Constant(tree.value)
        if tree.is_plain:
            return Signal(self.atom(tree, do, now))
        match tree.kind:
            case "group":
                return self.term(tree.children[0], do, now)
            case "at":
                when, then = self.when(tree.bounds[0], now)
                return TermAt(when, self.term(tree.children[0], self.holding(tree, do), then))
            case "call":
                return self.function(tree, do, now)
            case "arithmetic":
                terms = [self.term(part, do, now) for part in tree.children]
                if len(terms) == 1:
                    return terms[0] if tree.op == "sign+" else Arithmetic("-", Constant(0.0), terms[0])
                return Arithmetic(cast(ArithmeticOp, tree.op), *terms)
            case _:
                message = "this holds or does not hold; a number is needed here"
                raise self.problem("bad-predicate", message, tree)

    def function(self, tree: Tree, do: Intervention, now: _Now) -> Function:
        if tree.op not in ARGUMENTS:
            known = f"known there are: {', '.join(ARGUMENTS)}"
            message = f'the function "{tree.op}" cannot stand around an operator of time'
            raise self.problem("bad-predicate", message, tree, did_you_mean(tree.op, ARGUMENTS), known)
        fewest, most = ARGUMENTS[tree.op]
        if not fewest <= len(tree.children) <= most:
            message = f'"{tree.op}" takes {fewest if fewest == most else f"{fewest} to {most}"} arguments'
            raise self.problem("bad-predicate", message, tree)
        return Function(tree.op, tuple(self.term(part, do, now) for part in tree.children))

    def atom(self, tree: Tree, do: Intervention, now: _Now) -> Atom:
        """Return the atom of a piece of the model's language, and note when it is read."""
        if now.low < self.start - _SLACK or now.high > self.finish + _SLACK:
            outside = now.low if now.low < self.start else now.high
            message = f"this is asked for on {self.day(outside)}, which the run does not reach"
            raise self.problem("outside-calendar", message, tree, self.covers())
        self.first, self.last = min(self.first, now.low), max(self.last, now.high)
        if now.is_known:
            self.times.add(now.low)
        span = Span(self.span.source, tree.start, tree.end)
        text = " ".join(span.text.split())
        atom = Atom(self.names.setdefault(text, f"{self.name} #{len(self.names) + 1}"), do, span)
        self.atoms.setdefault(atom)
        return atom

    def holding(self, tree: Tree, do: Intervention) -> Intervention:
        """Return what is held within an operator: what was held around it, and its own `do`."""
        values = dict(do)
        for k, held in enumerate(tree.held):
            if any(held.name == other.name for other in tree.held[:k]):
                message = f'"{held.name}" is held twice'
                raise PredicateError("bad-predicate", message, held.span.start, held.span.end)
            values[held.name] = held.value
        self.held += tree.held
        return tuple(sorted(values.items()))

    # -- time -------------------------------------------------------------------------------

    def when(self, bound: BoundText, now: _Now) -> tuple[Bound, _Now]:
        """Return a bound in model time, and what the current time can be there."""
        if bound.date:
            time = self.calendar.time_of(self.date(bound))
            self.times.add(time)
            return Bound(time), _Now(time, time)
        shift = bound.amount
        if bound.unit != self.calendar.time_unit:
            shift *= DAYS[bound.unit] / DAYS[self.calendar.time_unit]
        if abs(bound.amount) * DAYS[bound.unit] > _LONGEST:
            raise PredicateError("bad-interval", "longer than any run", bound.start, bound.end)
        return Bound(shift, is_relative=True), replace(
            now, low=now.low + shift, high=now.high + shift, is_outermost=False
        )

    def date(self, bound: BoundText) -> date:
        try:
            day = date.fromisoformat(bound.date)
        except ValueError:
            message = f"there is no day {bound.date}"
            raise PredicateError("bad-interval", message, bound.start, bound.end) from None
        if not self.calendar.covers(day):
            message = f"{day} lies outside the calendar of the case"
            raise PredicateError("outside-calendar", message, bound.start, bound.end, self.covers())
        return day

    def interval(self, tree: Tree, now: _Now, op: str) -> tuple[Interval, _Now]:
        """Return an operator's interval, and what the current time can be inside it."""
        if tree.bounds:
            low, high = self.bounds(tree.bounds, now, op)
        else:
            here = Bound(0.0, is_relative=True)
            is_past, is_whole = op in _PAST, now.is_outermost and op not in _PAST
            self.is_whole_run |= is_whole
            low = Bound(self.start) if is_past or is_whole else here
            high = here if is_past else Bound(self.finish)
        begin = low.value + (now.low if low.is_relative else 0.0)
        end = high.value + (now.high if high.is_relative else 0.0)
        if now.is_known:
            self.check_window(tree, begin, end)
            self.times |= {begin, end}
        first, last = (min(max(time, self.start), self.finish) for time in (begin, end))
        return Interval(low, high), _Now(min(first, last), last, is_known=begin == end == first)

    def bounds(self, written: tuple[BoundText, ...], now: _Now, op: str) -> tuple[Bound, Bound]:
        a, b = written
        if any(bound.amount < 0.0 for bound in written):
            hint = "once and historically look back, at[-30 days](...) too"
            raise PredicateError("bad-interval", "durations are not negative here", a.start, b.end, hint)
        low, high = self.when(a, now)[0], self.when(b, now)[0]
        if low.is_relative == high.is_relative and low.value > high.value:
            message = "the interval ends before it begins"
            raise PredicateError("bad-interval", message, a.start, b.end, "write the earlier bound first")
        if op not in _PAST:
            return low, high
        back = [Bound(-bound.value, True) if bound.is_relative else bound for bound in (low, high)]
        return (back[1], back[0]) if low.is_relative and high.is_relative else (back[0], back[1])

    def check_window(self, tree: Tree, begin: float, end: float) -> None:
        """Raise if an interval seen from one known day is empty, or is not all within the run."""
        if begin > end:
            message = f"the interval is empty: it begins on {self.day(begin)} and ends on {self.day(end)}"
            raise self.problem("bad-interval", message, tree)
        if begin < self.start - _SLACK or end > self.finish + _SLACK:
            message = f"the interval goes from {self.day(begin)} to {self.day(end)}"
            raise self.problem("outside-calendar", message, tree, self.covers())

    # -- words ------------------------------------------------------------------------------

    def covers(self) -> str:
        return f"the case covers {self.calendar.start} to {self.calendar.finish} (case.toml)"

    def day(self, time: float) -> str:
        try:
            return self.calendar.date_of(time).isoformat()
        except OverflowError:
            return "a day beyond all calendars"

    def problem(self, code: str, message: str, tree: Tree, *help: str) -> PredicateError:
        return PredicateError(code, message, tree.start, tree.end, *help)


def _is_statement(tree: Tree) -> bool:
    """Return whether a tree is written as something that holds, not as a number."""
    if tree.kind in ("group", "at"):
        return _is_statement(tree.children[0])
    return tree.kind in ("not", "logic", "compare", "until", "window")
