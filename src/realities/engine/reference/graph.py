"""What has to be computed, and how often: a graph of single operations on arrays.

In come operations from `translate.py`, one after another; each equal one is kept once. A node knows
whether its value differs between draws and how often it changes, so that what holds for a whole run
is computed once. `tape.py` next gives the nodes memory and lines them up.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from realities.engine.reference.kernels import kernel
from realities.ir.builtins import BUILTINS


class Rate(IntEnum):
    """How often a value changes; each includes those before it."""

    ONCE = 0  # never: constants, initial values
    EVENT = 1  # when an event replaces a constant
    GRID = 2  # with time alone, the same for every draw: known for the whole run beforehand
    STEP = 3  # with the state: computed at every step, for every draw


@dataclass(frozen=True, slots=True)
class Node:
    """One operation on earlier nodes; `detail` is what it needs besides (a number, a table, a slot)."""

    op: str
    inputs: tuple[int, ...] = ()
    detail: Hashable = None


#: Operations whose result is true or false.
BOOLEAN_OPS = frozenset({"<", "<=", ">", ">=", "=", "<>", "and", "or", "not", "is_true"})

_FOLDED = frozenset({"+", "-", "*", "/", "negative", "min", "max"})


class Graph:
    """Nodes in an order of evaluation: a node's inputs come before it."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.rates: list[Rate] = []
        self.per_draw: list[bool] = []
        self._known: dict[Node, int] = {}

    def literal(self, value: float) -> int:
        """Return the node of a number."""
        # By its text: -0.0 equals 0.0 but is not the same divisor, and NaN equals nothing.
        return self._add(Node("literal", (), float(value).hex()), Rate.ONCE, per_draw=False)

    def leaf(self, op: str, detail: Hashable, rate: Rate, *, per_draw: bool) -> int:
        """Return a node that a run fills in: a parameter, the time, a stock."""
        return self._add(Node(op, (), detail), rate, per_draw=per_draw)

    def apply(self, op: str, *inputs: int, detail: Hashable = None) -> int:
        """Return the node of an operation, simplified where that changes no result."""
        simpler = self._simplified(op, inputs)
        if simpler is not None:
            return simpler
        rates = [self.rates[i] for i in inputs]
        rate = max(rates, default=Rate.ONCE)
        per_draw = any(self.per_draw[i] for i in inputs)
        if rate == Rate.GRID and (per_draw or Rate.EVENT in rates):
            rate = Rate.STEP
        return self._add(Node(op, inputs, detail), rate, per_draw=per_draw or rate == Rate.STEP)

    def number(self, node: int) -> float | None:
        """Return the value of a literal, None for any other node."""
        found = self.nodes[node]
        return float.fromhex(str(found.detail)) if found.op == "literal" else None

    def is_boolean(self, node: int) -> bool:
        """Return whether a node's array holds truth values."""
        return self.nodes[node].op in BOOLEAN_OPS

    def truth(self, node: int) -> int:
        """Return a node as true or false: anything but 0 is true."""
        return node if self.is_boolean(node) else self.apply("is_true", node)

    def real(self, node: int) -> int:
        """Return a node as a number: true is 1, false 0."""
        return self.apply("real", node) if self.is_boolean(node) else node

    def n_parts(self, node: int) -> int:
        """Return how many numbers a node gives, on a last axis of its own: 0 for a single one."""
        found = self.nodes[node]
        return BUILTINS[found.op].n_parts(len(found.inputs)) if found.op in BUILTINS else 0

    def part(self, several: int, position: int) -> int:
        """Return one of the numbers that a node gives."""
        is_grid = self.rates[position] in (Rate.ONCE, Rate.GRID) and not self.per_draw[position]
        if self.rates[several] == Rate.GRID and not is_grid:
            # What depends on time alone is kept by step as single numbers; several are computed anew.
            found = self.nodes[several]
            several = self._add(Node(found.op, found.inputs, "each step"), Rate.STEP, per_draw=True)
        return self.apply("part", several, position)

    def needed_for(self, roots: Iterable[int], known: Container[int] = ()) -> list[int]:
        """Return the roots and all they are computed from, ascending: an order of evaluation.

        What is `known`, and what only that is computed from, is left out.
        """
        seen: set[int] = set()
        stack = list(roots)
        while stack:
            node = stack.pop()
            if node not in seen and node not in known:
                seen.add(node)
                stack.extend(self.nodes[node].inputs)
        return sorted(seen)

    def evaluate(self, roots: Iterable[int], known: Mapping[int, Any]) -> dict[int, Any]:
        """Return the values of the roots and of all that had to be computed for them.

        Parameters
        ----------
        roots
            Nodes to evaluate.
        known
            Values of leaves, and of any nodes already evaluated: numbers or arrays that broadcast.
        """
        values = dict(known)
        for index in self.needed_for(roots, known):
            node = self.nodes[index]
            if node.op == "literal":
                values[index] = np.float64(float.fromhex(str(node.detail)))
            else:
                values[index] = kernel(node.op, node.detail)(*(values[i] for i in node.inputs))
        return values

    def _add(self, node: Node, rate: Rate, *, per_draw: bool) -> int:
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
            self.rates.append(rate)
            self.per_draw.append(per_draw)
        return self._known[node]

    def _simplified(self, op: str, inputs: Sequence[int]) -> int | None:
        """Return an earlier node that has the same value, or None."""
        values = [self.number(i) for i in inputs]
        if op in _FOLDED and None not in values:
            with np.errstate(all="ignore"):
                return self.literal(
                    float(kernel(op, None)(*(np.float64(value) for value in values if value is not None)))
                )
        match op, values:
            case ("*" | "/", [_, 1.0]) | ("+" | "-", [_, 0.0]):
                return inputs[0]
            case ("*", [1.0, _]) | ("+", [0.0, _]):
                return inputs[1]
            case _:
                return None
