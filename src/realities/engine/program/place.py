"""From values in the order they were thought of to a `Program`: what is needed, each in its region.

In comes a `Draft`; out goes the `Program` that computes its outputs and its state, and nothing besides. What
the state needs at every stage is the core; what only outputs need is the tail. `verify.py` checks the result.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from realities.engine.program.builder import CORE, EVENT, FIXED, GRID, SETUP, Builder
from realities.engine.program.program import (
    LEAVES,
    DelaySlot,
    EventSlot,
    Instruction,
    Method,
    Parameter,
    Program,
    SampleSlot,
    StockSlot,
)
from realities.ir.model import Lookup

Slot = TypeVar("Slot")


@dataclass(slots=True)
class Draft:
    """What lowering has found so far; numbers are values of the builder, slots stand by their place."""

    builder: Builder
    method: Method
    outputs: list[tuple[str, int]] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    tables: list[Lookup] = field(default_factory=list)
    stocks: dict[int, StockSlot] = field(default_factory=dict)
    delays: dict[int, DelaySlot] = field(default_factory=dict)
    samples: dict[int, SampleSlot] = field(default_factory=dict)
    events: list[EventSlot] = field(default_factory=list)


def place(draft: Draft) -> Program:
    """Return the program of a draft."""
    b = draft.builder
    state_roots = _state_roots(draft)
    output_roots = [value for _, value in draft.outputs]
    needed = _needed_for([*state_roots, *_start_roots(draft), *output_roots], b.inputs)
    instructions, new = _renumbered(b, needed)
    in_core = {new[value] for value in _needed_for(state_roots, b.inputs)}
    regions: dict[int, list[int]] = {FIXED: [], SETUP: [], GRID: [], EVENT: [], CORE: []}
    tail: list[int] = []
    mixtures = {new[value]: b.regions[value] for value in needed}
    for value, instruction in enumerate(instructions):
        if instruction.op not in LEAVES:
            region = mixtures[value]
            (tail if region == CORE and value not in in_core else regions[region]).append(value)
    return Program(
        instructions=tuple(instructions),
        fixed=tuple(regions[FIXED]),
        setup=tuple(regions[SETUP]),
        grid=tuple(regions[GRID]),
        event=tuple(regions[EVENT]),
        core=tuple(regions[CORE]),
        tail=tuple(tail),
        parameters=tuple(draft.parameters),
        tables=tuple(draft.tables),
        stocks=tuple(replace(s, start=new[s.start], rate=new[s.rate]) for s in _by_place(draft.stocks)),
        delays=tuple(_moved(delay, new) for delay in _by_place(draft.delays)),
        samples=tuple(replace(s, value=new[s.value], start=new[s.start]) for s in _by_place(draft.samples)),
        events=tuple(replace(event, base=new[event.base]) for event in draft.events),
        outputs=tuple((name, new[value]) for name, value in draft.outputs),
        method=draft.method,
    )


def _by_place(slots: dict[int, Slot]) -> list[Slot]:
    return [slots[number] for number in range(len(slots))]


def _moved(delay: DelaySlot, new: Sequence[int]) -> DelaySlot:
    missing = None if delay.missing is None else new[delay.missing]
    return DelaySlot(
        delay.name,
        new[delay.input],
        new[delay.start],
        new[delay.duration],
        delay.moves,
        missing,
    )


def _state_roots(draft: Draft) -> list[int]:
    """Return what changes the state, at any stage of a step."""
    roots = [slot.rate for slot in draft.stocks.values()]
    for delay in draft.delays.values():
        roots.append(delay.input)
        if delay.moves:
            roots += [delay.duration, *([] if delay.missing is None else [delay.missing])]
    return [*roots, *(slot.value for slot in draft.samples.values())]


def _start_roots(draft: Draft) -> list[int]:
    return [
        *(slot.start for slot in draft.stocks.values()),
        *(value for slot in draft.delays.values() for value in (slot.start, slot.duration)),
        *(slot.start for slot in draft.samples.values()),
        *(slot.base for slot in draft.events),
    ]


def _needed_for(roots: Iterable[int], inputs: Sequence[tuple[int, ...]]) -> list[int]:
    """Return the roots and all they are computed from, ascending: an order of evaluation."""
    seen = bytearray(len(inputs))
    stack = list(roots)
    while stack:
        value = stack.pop()
        if not seen[value]:
            seen[value] = 1
            stack.extend(inputs[value])
    return [value for value, is_seen in enumerate(seen) if is_seen]


def _renumbered(b: Builder, needed: Iterable[int]) -> tuple[list[Instruction], list[int]]:
    """Return the needed instructions, and the new number of each value.

    Numbers are one here whether an author wrote them or not; operations on equal numbers become one by that.
    """
    new = [-1] * len(b.ops)
    places: dict[tuple[str, tuple[int, ...], Hashable], int] = {}
    instructions: list[Instruction] = []
    for value in needed:
        op, detail = b.ops[value], b.details[value]
        if op == "number":
            assert isinstance(detail, tuple)
            detail = detail[0]
        inputs = tuple([new[place] for place in b.inputs[value]])
        key = (op, inputs, detail)
        found = places.get(key)
        if found is None:
            found = places[key] = len(instructions)
            instructions.append(Instruction(op, inputs, detail))
        new[value] = found
    return instructions, new
