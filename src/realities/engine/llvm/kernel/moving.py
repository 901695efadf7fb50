"""Delays whose time varies, in LLVM: each input is due when the delay time of its entry is over.

Each has two lines in the workspace, a row for every step and one for what never leaves: what is `due` then,
and when that was `born`, as a step's number: -1 for what was under way at the start, -2 for nothing.
Material that arrives together is added up; information hides what entered before it. The same as
`_MovingLine` of the reference engine.
"""

from __future__ import annotations

from realities.engine.llvm.kernel.context import Context
from realities.engine.llvm.kernel.delays import fill, lag_of
from realities.engine.llvm.kernel.operations import Scope
from realities.engine.llvm.writer import Value

_NOTHING, _FROM_START = -2.0, -1.0


def begin_moving(c: Context, scope: Scope, place: int) -> None:
    """Write what empties a delay; what is under way at the start is known at the first step."""
    w, layout = c.w, c.layout
    last_step = c.count("last_step")
    rows = w.op(f"add i64 {last_step}, 2")
    fill(c, c.line(place, 1, last_step), rows, lambda _: w.number(_NOTHING))
    c.store_row(w.number(_NOTHING), layout.row("lag", place))
    # What leaves at first; it also fills the delay then.
    c.store_row(scope.value(c.program.delays[place].start), layout.row("delayed", place))


def leave_moving(c: Context, scope: Scope, place: int, step: Value, last_step: Value) -> None:
    """Write what takes out what is due at a step; at the first, it is what there was at the start."""
    w, layout = c.w, c.layout
    missing = c.program.delays[place].missing
    at_first = w.spread_truth(w.op(f"icmp eq i64 {step}, 0"))
    born = w.load(c.row_of(c.line(place, 1, last_step), step), layout.align)
    due = w.load(c.row_of(c.line(place, 0, last_step), step), layout.align)
    latest, leaving = c.load_row(layout.row("lag", place)), c.load_row(layout.row("delayed", place))
    otherwise = leaving if missing is None else _missing(c, scope, place, missing)
    arrives = w.compare("ogt", born, latest if missing is None else w.number(_NOTHING))
    arrives = w.both(arrives, w.opposite(at_first))
    c.store_row(w.select(arrives, born, latest), layout.row("lag", place))
    comes_out = w.select(arrives, due, w.select(at_first, leaving, otherwise))
    c.store_row(comes_out, layout.row("delayed", place))


def _missing(c: Context, scope: Scope, place: int, missing: int) -> Value:
    """Return what comes out when nothing does: a value of the core as last computed, any other as it is."""
    if missing in c.program.core:
        return c.load_row(c.layout.row("missing", place))
    return scope.value(missing)


def keep_missing(c: Context, scope: Scope, place: int) -> None:
    """Write what keeps what comes out of a delay when nothing does, for the next step."""
    missing = c.program.delays[place].missing
    if missing is not None:
        c.store_row(scope.value(missing), c.layout.row("missing", place))


def enter_moving(c: Context, scope: Scope, place: int, step: Value, length: Value, last_step: Value) -> None:
    """Write what puts in what enters at a step, in the row of the step when it is due."""
    w, delay = c.w, c.program.delays[place]
    due_line, born_line = (c.line(place, which, last_step) for which in (0, 1))
    duration = scope.value(delay.duration)
    lag = lag_of(c, duration, w.spread(length), last_step)
    _enter_start(c, place, step, lag, last_step)
    now = w.spread(w.op(f"sitofp i64 {step} to double"))
    never = w.spread(w.op(f"sitofp i64 {w.op(f'add i64 {last_step}, 1')} to double"))
    due_at = w.minimum(w.add(now, lag), never)
    places = w.lane_places(w.op(f"fptosi {w.real} {due_at} to {w.word}"), c.layout.row_bytes // 8)
    nothing = w.compare("uno", duration, duration)
    entering = w.select(nothing, w.number(float("nan")), scope.value(delay.input))
    if delay.missing is not None:
        there = w.compare("ogt", w.gather(born_line, places), w.number(_NOTHING))
        already = w.select(there, w.gather(due_line, places), w.number(0.0))
        entering = w.add(entering, already)
    w.scatter(entering, due_line, places)
    w.scatter(now, born_line, places)


def _enter_start(c: Context, place: int, step: Value, lag: Value, last_step: Value) -> None:
    """Write what fills, at the first step, the rows before the first input is due."""
    w, number = c.w, c.w.name()[2:]
    due_line, born_line = (c.line(place, which, last_step) for which in (0, 1))
    start = c.load_row(c.layout.row("delayed", place))
    w.do(f"br i1 {w.op(f'icmp eq i64 {step}, 0')}, label %start{number}, label %started{number}")
    w.label(f"start{number}")

    def under_way(row: Value) -> Value:
        return w.compare("olt", w.spread(w.op(f"sitofp i64 {row} to double")), lag)

    rows = w.op(f"add i64 {last_step}, 2")
    fill(c, due_line, rows, lambda row: w.select(under_way(row), start, w.number(0.0)))
    fill(c, born_line, rows, lambda row: w.select(under_way(row), w.number(_FROM_START), w.number(_NOTHING)))
    w.do(f"br label %started{number}")
    w.label(f"started{number}")
