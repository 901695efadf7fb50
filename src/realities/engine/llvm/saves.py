"""Saving in LLVM: where a step is saved, its outputs go to the save points around it.

A step may give to several save points, each a share of its values: all of them, or a part where the point
lies between two steps. Outputs are put side by side in the workspace first, so that the code is the same
for any number of them. Whatever is saved is also subtracted from itself: 0, or NaN where it is not finite.
"""

from __future__ import annotations

from realities.engine.llvm.context import Context
from realities.engine.llvm.operations import Scope
from realities.engine.llvm.writer import Value


def write_saves(c: Context, scope: Scope, step: Value, lane_bytes: Value) -> None:
    """Write what saves a step, tail and all, if a save point needs it."""
    w, layout = c.w, c.layout
    save_from = c.field("save_from")
    first = c.whole_at(save_from, step)
    end = c.whole_at(w.at(save_from, 8), step)
    w.do(f"br i1 {w.op(f'icmp slt i64 {first}, {end}')}, label %save, label %saved")
    w.label("save")
    scope.near.clear()
    known = dict(scope.known)
    c.compute(scope, c.program.tail)
    for place, number in enumerate(layout.changing):
        c.store_row(scope.value(number), layout.output_row(place))
    scope.known = known
    if layout.changing:
        _write_points(c, first, end, lane_bytes)
    w.do("br label %saved")
    w.label("saved")
    scope.near.clear()


def _write_points(c: Context, first: Value, end: Value, lane_bytes: Value) -> None:
    """Write the loop over the save points that a step gives to."""
    w, before = c.w, c.w.block
    column_bytes = w.op(f"mul i64 {c.count('n_draws')}, 8")
    row_bytes = w.op(f"mul i64 {column_bytes}, {c.count('n_columns')}")
    changing = w.at(c.field("changing"), lane_bytes)
    columns, shares, firsts = (c.field(f"save_{name}") for name in ("column", "share", "is_first"))
    w.do("br label %point")
    w.label("point")
    w.do(f"%point_at = phi i64 [ {first}, %{before} ], [ %next_point, %point_end ]")
    column = w.op(f"mul i64 {c.whole_at(columns, '%point_at')}, {column_bytes}")
    share = w.spread(c.double_at(shares, "%point_at"))
    is_first = w.op(f"icmp ne i64 {c.whole_at(firsts, '%point_at')}, 0")
    bad = c.load_row(c.layout.bad_row)
    bad = _write_outputs(c, w.at(changing, column), row_bytes, share, is_first, bad)
    c.store_row(bad, c.layout.bad_row)
    w.do("br label %point_end")
    w.label("point_end")
    w.do("%next_point = add i64 %point_at, 1")
    w.do(f"br i1 {w.op(f'icmp slt i64 %next_point, {end}')}, label %point, label %points_end")
    w.label("points_end")


def _write_outputs(
    c: Context, to: Value, row_bytes: Value, share: Value, is_first: Value, bad: Value
) -> Value:
    """Write the loop over the outputs of a save point; return `bad`, or NaN where one is not finite."""
    w, n = c.w, len(c.layout.changing)
    outputs = c.row(c.layout.output_row(0))
    w.do("br label %output")
    w.label("output")
    w.do("%output_at = phi i64 [ 0, %point ], [ %next_output, %output_put ]")
    w.do(f"%to = phi ptr [ {to}, %point ], [ %next_to, %output_put ]")
    w.do(f"%bad = phi {w.real} [ {bad}, %point ], [ %next_bad, %output_put ]")
    value = w.mul(w.load(c.row_of(outputs, "%output_at"), c.layout.align), share)
    w.do(f"br i1 {is_first}, label %output_put, label %output_add")
    w.label("output_add")
    total = w.add(w.load("%to"), value)
    w.do("br label %output_put")
    w.label("output_put")
    final = w.op(f"phi {w.real} [ {value}, %output ], [ {total}, %output_add ]")
    w.store(final, "%to")
    w.do(f"%next_bad = fadd {w.real} %bad, {w.sub(final, final)}")
    w.do("%next_output = add i64 %output_at, 1")
    w.do(f"%next_to = getelementptr i8, ptr %to, i64 {row_bytes}")
    w.do(f"br i1 {w.op(f'icmp slt i64 %next_output, {n}')}, label %output, label %outputs_end")
    w.label("outputs_end")
    return "%next_bad"


def write_failed(c: Context, stocks: Value) -> None:
    """Write what marks the draws that left the real numbers; `stocks` points to the final state."""
    w, n = c.w, len(c.program.stocks)
    bad = c.load_row(c.layout.bad_row)
    if n:
        bad = _write_final(c, stocks, bad, n)
    failed = w.compare("uno", bad, bad)
    marks = f"<{w.target.lanes} x i8>"
    group = w.op(f"mul i64 %group, {w.target.lanes}")
    at = w.at(c.field("failed"), group)
    w.do(f"store {marks} {w.op(f'zext {w.truth} {failed} to {marks}')}, ptr {at}, align 1")


def _write_final(c: Context, stocks: Value, bad: Value, n: int) -> Value:
    """Write the loop over the stocks at the end; return `bad`, or NaN where one is not finite."""
    w, before = c.w, c.w.block
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
