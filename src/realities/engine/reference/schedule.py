"""Which operations run when, and which share memory.

In comes a `Plan`; out goes a `Schedule`: the operations of a step in order, those that only outputs need
apart from those that the state needs, and a register for each result. A register is free again after
the last use of its value, so that a block's work stays within the cache. `tape.py` next gives the
registers memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from realities.engine.reference.graph import Graph, Rate
from realities.engine.reference.translate import Plan

#: Nodes that are filled in, not computed.
LEAVES = frozenset(
    {"literal", "parameter", "event", "seed", "draw", "step", "step_time", "time", "stock", "delayed", "held"}
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The operations of a plan in order, and where their results go.

    Attributes
    ----------
    on_event
        Operations to repeat when an event has replaced a constant.
    core
        Operations of a step that the state depends on: also run at the stages within a step.
    tail
        Operations of a step that only outputs depend on: run after the core, where a step is saved.
    once, grid
        Nodes known beforehand that others use: for the whole run, or for every step.
    registers
        For each single result of core and tail the number of its register; `n_reals` and `n_truths` are how
        many there are of each kind.
    rate_rows
        For the net flow of a stock, where it is such a result, the stock whose row it is written to.
    """

    on_event: tuple[int, ...]
    core: tuple[int, ...]
    tail: tuple[int, ...]
    once: tuple[int, ...]
    grid: tuple[int, ...]
    registers: dict[int, int]
    n_reals: int
    n_truths: int
    rate_rows: dict[int, int]


def make_schedule(plan: Plan) -> Schedule:
    """Return the schedule of a plan."""
    graph = plan.graph
    state_roots = [
        *(slot.rate for slot in plan.stocks),
        *(slot.input for slot in plan.delays),
        *(
            node
            for slot in plan.delays
            if slot.moves
            for node in (slot.duration, slot.missing)
            if node is not None
        ),
        *(slot.value for slot in plan.samples),
    ]
    start_roots = [
        *(slot.start for slot in plan.stocks),
        *(node for slot in plan.delays for node in (slot.start, slot.duration)),
        *(slot.start for slot in plan.samples),
        *(slot.base for slot in plan.events),
    ]
    output_roots = list(plan.outputs.values())
    core = _operations(graph, graph.needed_for(state_roots), Rate.STEP)
    in_core = set(core)
    needed = graph.needed_for([*state_roots, *output_roots])
    tail = [node for node in _operations(graph, needed, Rate.STEP) if node not in in_core]
    on_event = _operations(graph, needed, Rate.EVENT)
    used = {i for node in (*on_event, *core, *tail) for i in graph.nodes[node].inputs}
    used.update(state_roots, output_roots, start_roots)
    rate_rows: dict[int, int] = {}
    for row, slot in enumerate(plan.stocks):
        if slot.rate in in_core and slot.rate not in rate_rows:
            rate_rows[slot.rate] = row
    registers, n_reals, n_truths = _assign(graph, [*core, *tail], {*state_roots, *output_roots}, rate_rows)
    return Schedule(
        on_event=tuple(on_event),
        core=tuple(core),
        tail=tuple(tail),
        once=tuple(sorted(node for node in used if graph.rates[node] == Rate.ONCE)),
        grid=tuple(sorted(node for node in used if graph.rates[node] == Rate.GRID)),
        registers=registers,
        n_reals=n_reals,
        n_truths=n_truths,
        rate_rows=rate_rows,
    )


def _operations(graph: Graph, nodes: Iterable[int], rate: Rate) -> list[int]:
    return [node for node in nodes if graph.rates[node] == rate and graph.nodes[node].op not in LEAVES]


def _assign(
    graph: Graph, order: list[int], kept: set[int], rate_rows: dict[int, int]
) -> tuple[dict[int, int], int, int]:
    """Return a register for each operation, and how many registers of numbers and of truth values."""
    last_use = {i: position for position, node in enumerate(order) for i in graph.nodes[node].inputs}
    registers: dict[int, int] = {}
    free: dict[bool, list[int]] = {False: [], True: []}
    counts = {False: 0, True: 0}
    for position, node in enumerate(order):
        # An operation may overwrite what it is the last to read; the latest freed is the warmest.
        for i in set(graph.nodes[node].inputs):
            if last_use[i] == position and i in registers and i not in kept:
                free[graph.is_boolean(i)].append(registers[i])
        if node in rate_rows or graph.n_parts(node):
            continue
        kind = graph.is_boolean(node)
        if free[kind]:
            registers[node] = free[kind].pop()
        else:
            registers[node] = counts[kind]
            counts[kind] += 1
    return registers, counts[False], counts[True]
