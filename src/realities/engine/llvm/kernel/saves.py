"""Saving in LLVM: where a step is saved, its outputs go to the save points around it.

A step may give to several save points, each a share of its values: all of them, or a part where the point
lies between two steps. Each asks for some outputs that follow one another: all, or a single one where every
output has times of its own. Outputs are put side by side in the workspace first, so that the code is the
same for any number of them. What is saved is also subtracted from itself: 0, or NaN where it is not finite.
"""

from __future__ import annotations

from realities.engine.llvm.kernel.context import AT_ONCE, Context
from realities.engine.llvm.kernel.operations import Scope
from realities.engine.llvm.kernel.state import Stages
from realities.engine.llvm.writer import Value


def write_saves(c: Context, scope: Scope, stages: Stages) -> None:
    """Write what saves step %k, tail and all, if a save point needs it."""
    w = c.w
    save_from = c.field("save_from")
    first, end = c.whole_at(save_from, "%k"), c.whole_at(w.at(save_from, 8), "%k")
    w.do(f"br i1 {w.op(f'icmp slt i64 {first}, {end}')}, label %save, label %saved")
    w.label("save")
    _write_tail(c, scope, stages)
    if c.layout.changing:
        _write_points(c, first, end)
    w.do("br label %saved")
    w.label("saved")


def _write_tail(c: Context, scope: Scope, stages: Stages) -> None:
    """Write what computes the tail and puts all outputs side by side."""
    tail = set(c.program.tail)
    places = list(enumerate(c.layout.changing))
    others = [(place, number) for place, number in places if number not in tail]
    with c.each_vector("tail"):
        scope.forget()
        stages.find()
        c.compute(scope, c.program.tail)
        for place, number in places:
            if number in tail:
                c.store_row(scope.value(number), c.layout.row("output", place))
    for first in range(0, len(others), AT_ONCE):
        with c.each_vector(f"aside{first}"):
            scope.forget()
            stages.find()
            for place, number in others[first : first + AT_ONCE]:
                c.store_row(scope.value(number), c.layout.row("output", place))


def _write_points(c: Context, first: Value, end: Value) -> None:
    """Write the loop over the save points that a step gives to."""
    w, before = c.w, c.w.block
    column_bytes = w.op(f"mul i64 {c.count('n_draws')}, 8")
    row_bytes = w.op(f"mul i64 {column_bytes}, {c.count('n_columns')}")
    changing = w.at(c.field("changing"), c.lane_bytes)
    to_rows, shares, firsts = (c.field(f"save_{name}") for name in ("row", "share", "is_first"))
    first_outputs, end_outputs = c.field("save_output"), c.field("save_end")
    w.do("br label %point")
    w.label("point")
    w.do(f"%point_at = phi i64 [ {first}, %{before} ], [ %next_point, %outputs_end ]")
    to = w.at(changing, w.op(f"mul i64 {c.whole_at(to_rows, '%point_at')}, {column_bytes}"))
    outputs = c.whole_at(first_outputs, "%point_at"), c.whole_at(end_outputs, "%point_at")
    share = w.spread(c.double_at(shares, "%point_at"))
    is_first = w.op(f"icmp ne i64 {c.whole_at(firsts, '%point_at')}, 0")
    _write_outputs(c, to, row_bytes, outputs, share, is_first)
    w.do("%next_point = add i64 %point_at, 1")
    w.do(f"br i1 {w.op(f'icmp slt i64 %next_point, {end}')}, label %point, label %points_end")
    w.label("points_end")


def _write_outputs(
    c: Context, to: Value, row_bytes: Value, outputs: tuple[Value, Value], share: Value, is_first: Value
) -> None:
    """Write the loop over the outputs of a save point, from the first to the end of those it asks for."""
    w, layout = c.w, c.layout
    to_next_point = w.op(f"mul i64 {c.count('n_draws')}, 8")
    w.do("br label %output")
    w.label("output")
    w.do(f"%output_at = phi i64 [ {outputs[0]}, %point ], [ %next_output, %put_done ]")
    w.do(f"%to = phi ptr [ {to}, %point ], [ %next_to, %put_done ]")
    rows = c.row_of(w.at("%w", layout.row("output") * layout.row_bytes), "%output_at")
    with c.each_vector("put"):
        value = w.mul(w.load(w.at(rows, c.offset), layout.align), share)
        there = w.at("%to", c.offset)
        w.do(f"br i1 {is_first}, label %put_first, label %put_more")
        w.label("put_more")
        total = w.add(w.load(there), value)
        w.do("br label %put_first")
        w.label("put_first")
        final = w.op(f"phi {w.real} [ {value}, %put ], [ {total}, %put_more ]")
        w.store(final, there)
        # Save points lie pages apart: no processor expects by itself what the next one needs.
        w.expect_store(w.at(there, to_next_point))
        bad = layout.row("bad")
        c.store_row(w.add(c.load_row(bad), w.sub(final, final)), bad)
    w.do("%next_output = add i64 %output_at, 1")
    w.do(f"%next_to = getelementptr i8, ptr %to, i64 {row_bytes}")
    w.do(f"br i1 {w.op(f'icmp slt i64 %next_output, {outputs[1]}')}, label %output, label %outputs_end")
    w.label("outputs_end")


def write_failed(c: Context, stocks: Value) -> None:
    """Write what marks the draws that left the real numbers; `stocks` points to the final state."""
    w, layout = c.w, c.layout
    marks = f"<{layout.lanes} x i8>"
    failed = w.at(c.field("failed"), w.op(f"lshr i64 {c.lane_bytes}, 3"))
    with c.each_vector("mark"):
        bad = c.load_row(layout.row("bad"))
        bad = _write_final(c, w.at(stocks, c.offset), bad)
        mark = w.op(f"zext {w.truth} {w.compare('uno', bad, bad)} to {marks}")
        at = w.at(failed, w.op(f"lshr i64 {c.offset}, 3"))
        w.do(f"store {marks} {mark}, ptr {at}, align 1")


def _write_final(c: Context, stocks: Value, bad: Value) -> Value:
    """Write the loop over the stocks at the end; return `bad`, or NaN where one is not finite."""
    w, before, n = c.w, c.w.block, len(c.program.stocks)
    if not n:
        return bad
    w.do("br label %final")
    w.label("final")
    w.do(f"%final_at = phi i64 [ 0, %{before} ], [ %next_final, %final ]")
    w.do(f"%still = phi {w.real} [ {bad}, %{before} ], [ %next_still, %final ]")
    value = w.load(c.row_of(stocks, "%final_at"), c.layout.align)
    w.do(f"%next_still = fadd {w.real} %still, {w.sub(value, value)}")
    w.do("%next_final = add i64 %final_at, 1")
    w.do(f"br i1 {w.op(f'icmp slt i64 %next_final, {n}')}, label %final, label %final_end")
    w.label("final_end")
    return "%next_still"
