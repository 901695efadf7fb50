"""The syntax tree of a model file, the same for every language that is read.

A reader (`vensim.py`) turns text into these frozen nodes: names as their author spelled them,
subscripts unresolved, functions not yet told from variables. `arrays.py` and `resolve.py` come next
and know nothing of the text but the spans. Places take no part in equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, assert_never

from realities.ir.expr import BinaryOp
from realities.ir.model import Dialect, Integrator, LookupMode
from realities.source import NOWHERE, SourceText, Span

PrefixOp = Literal["-", "+", "not"]
#: How a data variable fills the time between its points.
Interpolation = Literal["interpolate", "raw", "hold backward", "look forward"]


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number."""

    value: float
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string, as functions that read files take them."""

    value: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Subscript:
    """A dimension or an element between brackets; `is_reduced` when marked `!`."""

    name: str
    is_reduced: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, an element or a dimension, by the name its author wrote."""

    name: str
    subscripts: tuple[Subscript, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """A name followed by arguments: a function, a macro or a lookup."""

    function: Name
    arguments: tuple[Term, ...]
    outputs: tuple[Term, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Prefix:
    """A sign or a negation before its operand."""

    op: PrefixOp
    operand: Term
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Infix:
    """An operator between two operands; the span is the whole, `op_span` the operator."""

    op: BinaryOp
    left: Term
    right: Term
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    op_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a lookup, as written; `mode` as in `ir.model.Lookup`.

    `frame` is what its author saw of it, if that is said: smallest x and y, largest x and y.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    mode: LookupMode = "interpolate"
    frame: tuple[float, float, float, float] | None = field(default=None, compare=False, kw_only=True)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of numbers on a right side, last dimension fastest."""

    values: tuple[float, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Term = Numeral | Text | Name | Apply | Prefix | Infix | Points | Rows


def terms(term: Term) -> Iterator[Term]:
    """Yield a term and all below it, parents first, without recursion."""
    stack: list[Term] = [term]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case Apply():
                stack.extend(reversed(node.arguments + node.outputs))
            case Prefix():
                stack.append(node.operand)
            case Infix():
                stack.extend((node.right, node.left))
            case Numeral() | Text() | Name() | Points() | Rows():
                pass
            case _:
                assert_never(node)


def is_literal(term: Term) -> bool:
    """Return whether a term is made of numbers and arithmetic alone."""
    return all(isinstance(part, Numeral | Prefix | Infix) for part in terms(term))


@dataclass(frozen=True, slots=True)
class Left:
    """The left side of an equation: the name, its subscripts, and the combinations it leaves out."""

    name: str
    subscripts: tuple[Subscript, ...] = ()
    exceptions: tuple[tuple[Subscript, ...], ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Equation:
    """What a name, or some elements of it, stands for; `right` is None for data without equation.

    Attributes
    ----------
    limits
        The range its author gave for sliders and warnings, as written: `0,100,1`.
    is_data
        Whether its values come from a file, `:=` or no equation at all.
    is_unchangeable
        Whether it is a constant that may not be overridden, `==`.
    is_supplementary
        Whether its author says that nothing needs it.
    is_non_negative
        Whether a stock or a flow is kept from going below zero.
    is_hidden
        Whether it is of our own making and nobody sees it.
    tables
        The points of each scalar it stands for, in their order, where its right side is a call that
        reads data or lookups from a file; empty until that has been read.
    """

    left: Left
    right: Term | None
    unit: str = ""
    unit_span: Span = field(default=NOWHERE, compare=False, repr=False)
    doc: str = ""
    group: str = ""
    interpolation: Interpolation | None = None
    limits: str = ""
    is_data: bool = False
    is_unchangeable: bool = False
    is_supplementary: bool = False
    is_non_negative: bool = False
    is_hidden: bool = False
    tables: tuple[Points, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """An element or a dimension in a list of elements; with `last`, a numbered range such as (A1-A5)."""

    name: str
    last: str | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MapsTo:
    """A mapping to another dimension: in order, or to the `members` listed."""

    target: str
    members: tuple[Member, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DimensionDef:
    """A dimension: its members and mappings, or the dimension it is another name for.

    `outside` is the call that reads its members from a file, where there is one.
    """

    name: str
    members: tuple[Member, ...] = ()
    mappings: tuple[MapsTo, ...] = ()
    alias_of: str | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    outside: Apply | None = None


@dataclass(frozen=True, slots=True)
class MacroDef:
    """A macro: a function whose value is the equation that bears its own name.

    `defaults` are what the last of its inputs stand for where a call leaves them out; each may use the
    inputs before it.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    equations: tuple[Equation, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    defaults: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class RealityCheck:
    """A statement about a model that holds or does not: a test input, or a condition and what it implies.

    `condition` and `consequence` are kept as written, and where; a test input has no condition, and its
    consequence is the equation that takes the place of a variable's own. `group` is where it stands.
    """

    name: str
    condition: str
    consequence: str
    doc: str = ""
    subscripts: tuple[Subscript, ...] = ()
    is_test_input: bool = False
    condition_span: Span = field(default=NOWHERE, compare=False, repr=False)
    consequence_span: Span = field(default=NOWHERE, compare=False, repr=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    group: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class UnitDefinition:
    """A unit that a file defines: what it is made of, if that is said, and its other names.

    `equation` is empty where the file says only that several names mean one unit.
    """

    name: str
    equation: str = ""
    aliases: tuple[str, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class ModelFile:
    """All that a file says, in the order of the file.

    `display` is the drawing and the settings of the tool that wrote the file, as written: it means
    nothing to a run and is copied into a file of the same language. `group_notes` are the comments of groups
    of equations, with the group's name.
    """

    name: str
    source: SourceText
    dialect: Dialect
    equations: tuple[Equation, ...]
    dimensions: tuple[DimensionDef, ...] = ()
    macros: tuple[MacroDef, ...] = ()
    integrator: Integrator = "euler"
    reality_checks: tuple[RealityCheck, ...] = ()
    display: str = ""
    unit_definitions: tuple[UnitDefinition, ...] = ()
    group_notes: tuple[tuple[str, str], ...] = ()
