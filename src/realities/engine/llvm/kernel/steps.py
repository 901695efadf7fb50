"""The loop over the steps of a group: events, delays, stages, saves, in the order of the reference engine.

`write_steps` writes one function. At every stage the core runs stretch by stretch, each for all vectors of
the group, and moves each stock on as soon as its flow is known, from one copy of the stocks to another. The
core is there once: Runge-Kutta methods run through it in a loop over their stages, that of `state.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from realities.engine.llvm.kernel.context import AT_ONCE, Context, write_extent
from realities.engine.llvm.kernel.delays import enter_fixed, leave_fixed
from realities.engine.llvm.kernel.moving import enter_moving, keep_missing, leave_moving
from realities.engine.llvm.kernel.operations import Held, Scope, fetch_parts
from realities.engine.llvm.kernel.saves import write_failed, write_saves
from realities.engine.llvm.kernel.state import Stages
from realities.engine.llvm.kernel.stretches import divisions_together
from realities.engine.llvm.writer import Value


def write_steps(c: Context) -> None:
    """Write the function that takes a group from its first step to its last."""
    w = c.w
    last_step, grid, lengths = c.count("last_step"), c.field("grid"), c.field("lengths")
    c.lane_bytes, extent = write_extent(w, c.layout)
    c.extent = w.op("alloca i64, align 8")
    w.do(f"store i64 {extent}, ptr {c.extent}, align 8")
    stages = Stages(c)
    scope = Scope(
        c.program,
        w,
        lambda number: _fetch(c, stages, number),
        c.draw_word,
        c.in_place,
        c.reciprocal,
        c.layout.by_products,
    )
    stages.before_steps()
    w.do("br label %step")
    w.label("step")
    w.do("%k = phi i64 [ 0, %0 ], [ %next_k, %step_end ]")
    stages.begin_step()
    length = c.double_at(lengths, "%k")
    stages.weigh(length)
    stages.grid = w.at(grid, w.op(f"mul i64 %k, {8 * c.layout.n_columns}"))
    _write_events(c, scope, stages)
    _write_leave(c, scope, stages, last_step)
    stages.begin_stage(last_step)
    _write_core(c, scope, stages)
    if stages.n > 1:
        w.do("br i1 %is_first, label %first, label %stage_done")
        w.label("first")
    write_saves(c, scope, stages)
    w.do(f"br i1 {w.op(f'icmp slt i64 %k, {last_step}')}, label %enter, label %end")
    w.label("enter")
    _write_enter(c, scope, stages, length, last_step)
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
            return w.load(w.at(stages.here, place * layout.row_bytes), layout.align)
        case "event" | "delayed" | "held" as block:
            assert isinstance(place, int)
            return c.load_row(layout.row(block, place))
        case _ if number in layout.columns:
            at = 8 * layout.columns[number]
            return fetch_parts(
                c.program, number, lambda part: w.spread_from(w.at(stages.grid, at + 8 * part)), w
            )
        case _ if number in layout.rows:
            return c.fetch_row(number)
        case _:
            return c.fetch_single(number)


def _write_events(c: Context, scope: Scope, stages: Stages) -> None:
    """Write what replaces constants where events are due, and what follows from that."""
    if not c.program.events:
        return
    w = c.w
    event_from = c.field("event_from")
    first, end = c.whole_at(event_from, "%k"), c.whole_at(w.at(event_from, 8), "%k")
    is_due = w.op(f"icmp slt i64 {first}, {end}")
    is_start = w.op("icmp eq i64 %k, 0")
    w.do(f"br i1 {w.op(f'or i1 {is_due}, {is_start}')}, label %events, label %events_done")
    w.label("events")
    w.do("br label %event")
    w.label("event")
    w.do(f"%event_at = phi i64 [ {first}, %events ], [ %next_event, %set_done ]")
    w.do(f"br i1 {w.op(f'icmp slt i64 %event_at, {end}')}, label %event_due, label %event_region")
    w.label("event_due")
    value = w.spread(c.double_at(c.field("event_value"), "%event_at"))
    place = c.whole_at(c.field("event_slot"), "%event_at")
    with c.each_vector("set"):
        w.store(value, c.row_of(c.row(c.layout.row("event")), place), c.layout.align)
    w.do("%next_event = add i64 %event_at, 1")
    w.do("br label %event")
    w.label("event_region")
    if c.program.event:
        with c.each_vector("follow"):
            scope.forget()
            stages.find()
            c.compute(scope, c.program.event)
    w.do("br label %events_done")
    w.label("events_done")


def _write_leave(c: Context, scope: Scope, stages: Stages, last_step: Value) -> None:
    """Write what takes out of delays what leaves at a step."""
    if not c.program.delays:
        return
    with c.each_vector("leave"):
        stages.find()
        for place, delay in enumerate(c.program.delays):
            scope.forget()
            if delay.moves:
                leave_moving(c, scope, place, "%k", last_step)
            else:
                leave_fixed(c, place, last_step)


def _write_core(c: Context, scope: Scope, stages: Stages) -> None:
    """Write the operations of every stage, and what moves stocks on."""
    in_core = set(c.program.core)
    at_once, at_last = defaultdict[int, list[int]](list), list[int]()
    for place, stock in enumerate(c.program.stocks):
        (at_once[stock.rate] if stock.rate in in_core else at_last).append(place)
    for number, part in enumerate(c.layout.stretches.parts):
        with c.each_vector(f"core{number}"):
            scope.forget()
            stages.find_ways()
            _write_stretch(c, scope, stages, part, at_once)
    for first in range(0, len(at_last), AT_ONCE):
        with c.each_vector(f"even{first}"):
            scope.forget()
            stages.find_ways()
            for place in at_last[first : first + AT_ONCE]:
                stages.move_on(scope, place)


def _write_stretch(
    c: Context, scope: Scope, stages: Stages, part: Sequence[int], flows: defaultdict[int, list[int]]
) -> None:
    """Write a stretch of the core; `flows` are the stocks that go with a net flow."""
    for values in divisions_together(c.program, part):
        if c.program.instructions[values[0]].op == "/":
            scope.compute_quotients(values)
        else:
            scope.compute(values[0])
        for value in values:
            c.keep(value, scope.known[value])
            for place in flows.get(value, ()):
                stages.move_on(scope, place)
            for place, delay in enumerate(c.program.delays):
                if delay.missing == value:
                    keep_missing(c, scope, place)


def _write_enter(c: Context, scope: Scope, stages: Stages, length: Value, last_step: Value) -> None:
    """Write what puts into delays and samples what a step's first stage gives them."""
    if not c.program.delays and not c.program.samples:
        return
    with c.each_vector("put_in"):
        scope.forget()
        stages.find()
        for place, delay in enumerate(c.program.delays):
            if delay.moves:
                enter_moving(c, scope, place, "%k", length, last_step)
            else:
                enter_fixed(c, scope, place, last_step)
        for place, sample in enumerate(c.program.samples):
            c.store_row(scope.value(sample.value), c.layout.row("held", place))
