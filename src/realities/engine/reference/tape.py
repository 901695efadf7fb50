"""A schedule bound to memory: lists of NumPy calls over arrays that stay where they are.

In comes a `Schedule` and the number of draws in a block; out goes a `Workspace`, whose tapes are run over and
over, by `integrate.py` next. An entry of a tape is a function and its arguments, output included: running
one is a single call, without a look-up or an allocation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.graph import Rate
from realities.engine.reference.kernels import kernel
from realities.engine.reference.schedule import Schedule
from realities.engine.reference.translate import Plan

FloatArray = NDArray[np.float64]
Entry = tuple[Callable[..., Any], tuple[Any, ...]]
Tape = list[Entry]

#: Ufuncs whose output may only be given by name.
_BY_NAME = (np.minimum, np.maximum)


class Workspace:
    """The arrays of one block of draws, and the tapes over them.

    Attributes
    ----------
    width
        Draws in the block, D.
    place
        The array of each node: (D,) or a single number.
    state, rates
        Stocks and their net flows, shape (stock, D).
    reals_now, truths_now
        What depends on time alone, at the current step; filled in before a step.
    on_event, core, tail
        The tapes, as in `Schedule`.
    """

    def __init__(self, plan: Plan, schedule: Schedule, width: int) -> None:
        self.plan, self.schedule, self.width = plan, schedule, width
        self.place: dict[int, NDArray[Any]] = {}
        self.state = np.zeros((len(plan.stocks), width))
        self.rates = np.zeros((len(plan.stocks), width))
        self.grid_reals = [n for n in schedule.grid if not plan.graph.is_boolean(n)]
        self.grid_truths = [n for n in schedule.grid if plan.graph.is_boolean(n)]
        self.reals_now = np.zeros(len(self.grid_reals))
        self.truths_now = np.zeros(len(self.grid_truths), dtype=np.bool_)
        self._place_known()
        self._place_state()
        self._place_results()
        self.on_event = [self._entry(node) for node in schedule.on_event]
        self.core = [self._entry(node) for node in schedule.core]
        self.tail = [self._entry(node) for node in schedule.tail]
        self._add_rate_copies()

    def _place_known(self) -> None:
        graph, schedule = self.plan.graph, self.schedule
        for node in schedule.once:
            self.place[node] = self._single(node)
        for slot in self.plan.events:
            self.place[slot.leaf] = self._single(slot.leaf)
        for node in schedule.on_event:
            self.place[node] = self._single(node)
        for nodes, array in ((self.grid_reals, self.reals_now), (self.grid_truths, self.truths_now)):
            for position, node in enumerate(nodes):
                self.place[node] = array[position : position + 1].reshape(())
        for (op, _), node in self.plan.leaves.items():
            if op == "time" and graph.rates[node] == Rate.STEP:
                self.place[node] = np.zeros(self.width)

    def _place_state(self) -> None:
        leaves = self.plan.leaves
        for row, slot in enumerate(self.plan.stocks):
            self.place[leaves["stock", slot.name]] = self.state[row]
        for delay in self.plan.delays:
            self.place[leaves["delayed", delay.name]] = np.zeros(self.width)
        for sample in self.plan.samples:
            self.place[leaves["held", sample.name]] = np.zeros(self.width)

    def _place_results(self) -> None:
        graph, schedule = self.plan.graph, self.schedule
        reals = np.zeros((schedule.n_reals, self.width))
        truths = np.zeros((schedule.n_truths, self.width), dtype=np.bool_)
        for node, register in schedule.registers.items():
            self.place[node] = truths[register] if graph.is_boolean(node) else reals[register]
        for node, row in schedule.rate_rows.items():
            self.place[node] = self.rates[row]
        for node in (*schedule.core, *schedule.tail):
            if n_parts := graph.n_parts(node):
                self.place[node] = np.zeros((self.width, n_parts))

    def _single(self, node: int) -> NDArray[Any]:
        """Return new memory for one node: a number for each draw, or one for all."""
        graph = self.plan.graph
        dtype = np.bool_ if graph.is_boolean(node) else np.float64
        draws = (self.width,) if graph.per_draw[node] else ()
        parts = (n_parts,) if (n_parts := graph.n_parts(node)) else ()
        return np.zeros((*draws, *parts), dtype=dtype)

    def _add_rate_copies(self) -> None:
        """Copy net flows that are not computed into their own row: another's, a constant, a stock."""
        for row, slot in enumerate(self.plan.stocks):
            if self.schedule.rate_rows.get(slot.rate) == row:
                continue
            entry = (np.copyto, (self.rates[row], self.place[slot.rate]))
            changes_in_run = self.plan.graph.rates[slot.rate] >= Rate.GRID
            (self.core if changes_in_run else self.on_event).append(entry)

    def _entry(self, node: int) -> Entry:
        """Return the call that computes a node into its place."""
        operation = self.plan.graph.nodes[node]
        out = self.place[node]
        args = tuple(self.place[i] for i in operation.inputs)
        function = kernel(operation.op, operation.detail)
        if operation.op == "is_true":
            return np.not_equal, (*args, np.zeros(()), out)
        if operation.op == "real":
            return np.copyto, (out, *args)
        if operation.op == "select":
            return _select, (out, *args)
        if isinstance(function, np.ufunc):
            if function in _BY_NAME:
                return partial(function, out=out), args
            return function, (*args, out)
        return _store, (out, function, args)


def run_tape(tape: Tape) -> None:
    """Run every entry in turn."""
    for function, args in tape:
        function(*args)


def _select(out: FloatArray, condition: NDArray[np.bool_], chosen: FloatArray, otherwise: FloatArray) -> None:
    # np.where and a copy take half the time of two copies, one of them masked.
    np.copyto(out, np.where(condition, chosen, otherwise))


def _store(out: FloatArray, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    np.copyto(out, function(*args))
