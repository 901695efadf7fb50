"""Expressions of the core language: a handful of frozen nodes, and `walk` and `map_expr` over them.

All of them are scalar: subscripts have been expanded, names resolved to the full name of one scalar
variable ("killed[Russia]"), and functions that hold state have become variables of their own. Every
node knows the place it came from; places take no part in equality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never

from realities.source import NOWHERE, Span

UnaryOp = Literal["-", "not"]
BinaryOp = Literal["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "<>", "and", "or"]


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: float
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """The current value of a scalar variable, by its full name."""

    name: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Time:
    """The current time."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """Negation, arithmetic or logical."""

    op: UnaryOp
    operand: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands; comparisons and logic give 0 or 1."""

    op: BinaryOp
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A built-in without state, by its key in `builtins.BUILTINS`.

    `if_then_else` is a call too: both branches are evaluated and one selected. `lookup` names its
    table in `table` and takes the abscissa as its only argument. `site` numbers the call within
    its model, so that two random functions of one seed differ.
    """

    function: str
    args: tuple[Expr, ...]
    table: str | None = None
    site: int = 0
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Expr = Number | Ref | Time | Unary | Binary | Call


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the operands of a node, left to right."""
    match expr:
        case Number() | Ref() | Time():
            return ()
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(args=args):
            return args
        case _:
            assert_never(expr)


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield a node and all below it, parents first, without recursion."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def references(expr: Expr) -> Iterator[Ref]:
    """Yield every reference to a variable."""
    return (node for node in walk(expr) if isinstance(node, Ref))


def map_expr(change: Callable[[Expr], Expr], expr: Expr) -> Expr:
    """Rebuild an expression bottom up, each node passed through `change`."""
    match expr:
        case Number() | Ref() | Time():
            return change(expr)
        case Unary(operand=operand):
            return change(replace(expr, operand=map_expr(change, operand)))
        case Binary(left=left, right=right):
            return change(replace(expr, left=map_expr(change, left), right=map_expr(change, right)))
        case Call(args=args):
            return change(replace(expr, args=tuple(map_expr(change, arg) for arg in args)))
        case _:
            assert_never(expr)
