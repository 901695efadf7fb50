"""The loop over the steps of a group: events, delays, stages, saves, in the order of the reference engine.

`write_steps` writes one function. At every stage it computes the core and moves each stock on as soon as its
flow is known, from one copy of the stocks to another, so that flows need not be kept. The core is there
once: Runge-Kutta methods run through it in a loop over their stages, which is that of `state.py`.
"""

from __future__ import annotations

from collections import defaultdict

from realities.engine.llvm.context import Context
from realities.engine.llvm.delays import enter_fixed, leave_fixed
from realities.engine.llvm.moving import enter_moving, keep_missing, leave_moving
from realities.engine.llvm.operations import Held, Scope, fetch_parts
from realities.engine.llvm.saves import write_failed, write_saves
from realities.engine.llvm.state import Stages
from realities.engine.llvm.writer import Value


def write_steps(c: Context) -> None:
    """Write the function that takes a group from its first step to its last."""
    w = c.w
    last_step, grid, lengths, lane_bytes = (
        c.count("last_step"),
        c.field("grid"),
        c.field("lengths"),
        c.lane_bytes(),
    )
    stages = Stages(c)
    scope = Scope(c.program, w, lambda number: _fetch(c, stages, number), c.draw_word, c.in_place)
    stages.before_steps()
    w.do("br label %step")
    w.label("step")
    w.do("%k = phi i64 [ 0, %0 ], [ %next_k, %step_end ]")
    stages.begin_step()
    length = c.double_at(lengths, "%k")
    stages.weigh(length)
    stages.grid = w.at(grid, w.op(f"mul i64 %k, {8 * c.layout.n_columns}"))
    _write_events(c, scope)
    _write_leave(c, scope, last_step)
    stages.begin_stage(last_step)
    scope.near.clear()
    _write_core(c, scope, stages)
    if stages.n > 1:
        w.do("br i1 %is_first, label %first, label %stage_done")
        w.label("first")
    write_saves(c, scope, "%k", lane_bytes)
    w.do(f"br i1 {w.op(f'icmp slt i64 %k, {last_step}')}, label %enter, label %end")
    w.label("enter")
    _write_enter(c, scope, length, last_step)
    w.do("br label %stage_done")
    w.label("stage_done")
    stages.end_stage()
    w.label("step_end")
    w.do("%next_k = add i64 %k, 1")
    w.do("br label %step")
    w.label("end")
    write_failed(c, "%now")
    w.do("ret void")


def _fetch(c: Context, stages: Stages, number: int) -> Held:
    """Return a value that the loop over steps finds in memory."""
    instruction, layout, w = c.program.instructions[number], c.layout, c.w
    place = instruction.detail
    match instruction.op:
        case "stock":
            assert isinstance(place, int)
            return w.load(w.at(stages.now, layout.row_at(place)), layout.align)
        case "event" | "delayed" | "held":
            assert isinstance(place, int)
            row = {"event": layout.event_row, "delayed": layout.delayed_row, "held": layout.held_row}
            return c.load_row(row[instruction.op](place))
        case _ if number in layout.columns:
            first = layout.columns[number]
            return fetch_parts(
                c.program, number, lambda part: w.spread_from(w.at(stages.grid, 8 * (first + part))), w
            )
        case _ if number in layout.rows:
            return c.fetch_row(number)
        case _:
            return c.fetch_single(number)


def _write_events(c: Context, scope: Scope) -> None:
    """Write what replaces constants where events are due, and what follows from that."""
    if not c.program.events:
        return
    w = c.w
    event_from = c.field("event_from")
    first = c.whole_at(event_from, "%k")
    end = c.whole_at(w.at(event_from, 8), "%k")
    is_due = w.op(f"icmp slt i64 {first}, {end}")
    is_start = w.op("icmp eq i64 %k, 0")
    w.do(f"br i1 {w.op(f'or i1 {is_due}, {is_start}')}, label %events, label %events_done")
    w.label("events")
    w.do("br label %next_event")
    w.label("next_event")
    w.do(f"%event_at = phi i64 [ {first}, %events ], [ %event_after, %event_set ]")
    w.do(f"br i1 {w.op(f'icmp slt i64 %event_at, {end}')}, label %event_set, label %event_region")
    w.label("event_set")
    value = w.spread(c.double_at(c.field("event_value"), "%event_at"))
    place = c.whole_at(c.field("event_slot"), "%event_at")
    w.store(value, c.row_of(c.row(c.layout.event_row(0)), place), c.layout.align)
    w.do("%event_after = add i64 %event_at, 1")
    w.do("br label %next_event")
    w.label("event_region")
    c.compute(scope, c.program.event)
    scope.known.clear()
    scope.near.clear()
    w.do("br label %events_done")
    w.label("events_done")


def _write_leave(c: Context, scope: Scope, last_step: Value) -> None:
    """Write what takes out of delays what leaves at a step."""
    for place, delay in enumerate(c.program.delays):
        if delay.moves:
            leave_moving(c, scope, place, "%k", last_step)
        else:
            leave_fixed(c, place, last_step)
    scope.near.clear()


def _write_core(c: Context, scope: Scope, stages: Stages) -> None:
    """Write the operations of every stage, and what moves stocks on."""
    program = c.program
    flows: dict[int, list[int]] = defaultdict(list)
    for place, stock in enumerate(program.stocks):
        flows[stock.rate].append(place)
    for number in program.core:
        scope.compute(number)
        for place in flows.pop(number, ()):
            stages.move_on(scope, place)
    for places in flows.values():
        for place in places:
            stages.move_on(scope, place)
    for place, delay in enumerate(program.delays):
        if delay.moves:
            keep_missing(c, scope, place)


def _write_enter(c: Context, scope: Scope, length: Value, last_step: Value) -> None:
    """Write what puts into delays and samples what a step's first stage gives them."""
    for place, delay in enumerate(c.program.delays):
        if delay.moves:
            enter_moving(c, scope, place, "%k", length, last_step)
        else:
            enter_fixed(c, scope, place, last_step)
    for place, sample in enumerate(c.program.samples):
        c.store_row(scope.value(sample.value), c.layout.held_row(place))
    scope.near.clear()
