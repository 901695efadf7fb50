"""What a predicate is made of: formulas, terms, bounds, and the atoms the engine computes.

A predicate is a sentence of signal temporal logic over the model's variables. The parser
(`predicate_parser.py`) builds these frozen nodes; `predicates.py` evaluates them over draws. Times
and durations stand here in the model's own unit of time: the parser has already asked the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from realities.source import NOWHERE, Span

ComparisonOp = Literal["<", "<=", ">", ">=", "=", "<>"]
ArithmeticOp = Literal["+", "-", "*", "/", "^"]
Quantifier = Literal["always", "eventually", "historically", "once"]

#: What `do(...)` holds fixed: (name, value) pairs, sorted by name; empty for the run as it is.
Intervention = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Atom:
    """An expression of the model's own equation language, computed by the engine.

    `name` is the hidden variable that carries it; the expression is `span.text`. Atoms of one text
    share one name: with different `do` they are the same variable in differently held runs.
    """

    name: str
    do: Intervention = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """One `name = value` of a `do(...)`, and where it was written."""

    name: str
    value: float
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bound:
    """A model time, or with `is_relative` a shift from the current time (negative: earlier)."""

    value: float
    is_relative: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval of time, earlier bound first."""

    low: Bound
    high: Bound


@dataclass(frozen=True, slots=True)
class Constant:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Signal:
    """The current value of an atom."""

    atom: Atom


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two terms put together."""

    op: ArithmeticOp
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Function:
    """One of the few functions that may stand around an `at[...]`: see `predicates.FUNCTIONS`."""

    name: str
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class TermAt:
    """A term at another time."""

    when: Bound
    operand: Term


Term = Constant | Signal | Arithmetic | Function | TermAt


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two terms compared; the margin is their difference."""

    op: ComparisonOp
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    operand: Formula


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them, or more."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Implies:
    """If the left, then the right."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Iff:
    """Both or neither."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Window:
    """A formula at all times, or at some time, of an interval."""

    quantifier: Quantifier
    interval: Interval
    operand: Formula


@dataclass(frozen=True, slots=True)
class Until:
    """`right` is true at some time within the interval, and `left` at all times before that one.

    `left` has to hold from the current time when the interval starts at a duration, and from the
    start of the interval when that is a date.
    """

    interval: Interval
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class FormulaAt:
    """A formula at another time."""

    when: Bound
    operand: Formula


Formula = Comparison | Not | And | Or | Implies | Iff | Window | Until | FormulaAt


@dataclass(frozen=True, slots=True)
class Predicate:
    """A formula, and what a run has to supply so that it can be evaluated.

    Attributes
    ----------
    formula
        What is evaluated.
    atoms
        Every atom, in order of appearance; those of one text share a `name`.
    held
        Every `name = value` of a `do(...)`, for checks against the model.
    times
        Model times that a grid should contain, ascending: the dates written in the predicate, and
        those that follow from them and from the date of the claim.
    first_time, last_time
        The first and the last model time it looks at; a run may stop at `last_time`.
    first, latest
        The same as dates.
    is_whole_run
        Whether an operator of the future without an interval looks at the run from its start.
    span
        Where it was written.
    """

    formula: Formula
    atoms: tuple[Atom, ...]
    held: tuple[Held, ...]
    times: tuple[float, ...]
    first_time: float
    last_time: float
    first: date
    latest: date
    is_whole_run: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def needs(self) -> frozenset[Intervention]:
        """The runs it needs beside the plain one: what each holds fixed."""
        return frozenset(atom.do for atom in self.atoms if atom.do)

    @property
    def is_paired(self) -> bool:
        """Whether it compares with a run that is held: no observation can decide that."""
        return bool(self.needs)

    @property
    def equations(self) -> tuple[Atom, ...]:
        """One atom for each name: the hidden variables the model has to carry."""
        return tuple({atom.name: atom for atom in reversed(self.atoms)}.values())[::-1]
