"""Fixed delays in LLVM: what entered some steps ago leaves now.

Each delay has a ring of rows in the workspace, as many as the longest delay of the vector has steps. A step
first takes out what leaves, then puts in what enters, and the place moves on. Where the time is equal for
all draws, what leaves stands in the row that is written next; else each lane has a row of its own.
`moving.py` has delays whose time varies; both keep what leaves in the delay's row of `Layout`.
"""

from __future__ import annotations

from collections.abc import Callable

from realities.engine.llvm.kernel.context import Context
from realities.engine.llvm.kernel.operations import Scope
from realities.engine.llvm.writer import Value, Writer


def is_even(c: Context, place: int) -> bool:
    """Return whether a delay takes equally long for all draws."""
    return c.layout.regions[c.program.delays[place].duration] == "fixed"


def lag_of(c: Context, duration: Value, length: Value, last_step: Value) -> Value:
    """Return a delay in steps, from 1 to one more than the last, as reals; 1 where it is not a number."""
    w = c.w
    # Half a step rounds up, and even no delay takes one step: the input of now is not known yet.
    steps = w.floor(w.add(w.div(duration, length), w.number(0.5)))
    most = w.spread(w.op(f"sitofp i64 {w.op(f'add i64 {last_step}, 1')} to double"))
    within = w.minimum(w.maximum(steps, w.number(1.0)), most)
    return w.select(w.compare("uno", within, within), w.number(1.0), within)


def begin_fixed(c: Context, scope: Scope, place: int) -> None:
    """Write what fills a delay with what is under way at the start."""
    w, layout, delay = c.w, c.layout, c.program.delays[place]
    last_step = c.count("last_step")
    duration = scope.value(delay.duration)
    length = w.spread_from(c.field("lengths"))
    nothing = w.compare("uno", duration, duration)
    start = w.select(nothing, w.number(float("nan")), scope.value(delay.start))
    lag = w.op(f"fptosi {w.real} {lag_of(c, duration, length, last_step)} to {w.word}")
    c.store_row(w.from_bits(lag), layout.row("lag", place))
    size = _longest(w, lag)
    at = c.row(layout.row("ring", place))
    w.do(f"store i64 {size}, ptr {at}, align 8")
    w.do(f"store i64 0, ptr {w.at(at, 8)}, align 8")
    fill(c, c.line(place, 0, last_step), size, lambda _: start)


def fill(c: Context, line: Value, size: Value, value: Callable[[Value], Value]) -> None:
    """Write a loop that fills the first rows of a line; `value` gives what for a row's number."""
    w = c.w
    number, before = w.name()[2:], w.block
    w.do(f"br label %fill{number}")
    w.label(f"fill{number}")
    w.do(f"%f{number} = phi i64 [ 0, %{before} ], [ %g{number}, %fill{number} ]")
    w.store(value(f"%f{number}"), c.row_of(line, f"%f{number}"), c.layout.align)
    w.do(f"%g{number} = add i64 %f{number}, 1")
    w.do(f"br i1 {w.op(f'icmp slt i64 %g{number}, {size}')}, label %fill{number}, label %filled{number}")
    w.label(f"filled{number}")


def _longest(w: Writer, lag: Value) -> Value:
    name = f"llvm.vector.reduce.smax.v{w.target.lanes}i64"
    w.module.declare(name, "i64", [w.word])
    return w.op(f"call i64 @{name}({w.word} {lag})")


def leave_fixed(c: Context, place: int, last_step: Value) -> None:
    """Write what takes out of a delay what leaves at a step."""
    w, layout = c.w, c.layout
    line = c.line(place, 0, last_step)
    descriptor = c.row(layout.row("ring", place))
    now = w.op(f"load i64, ptr {w.at(descriptor, 8)}, align 8")
    if is_even(c, place):
        c.store_row(w.load(c.row_of(line, now), layout.align), layout.row("delayed", place))
        return
    size = w.spread_word(w.op(f"load i64, ptr {descriptor}, align 8"))
    back = w.on_words("sub", w.spread_word(now), w.bits(c.load_row(layout.row("lag", place))))
    is_before = w.op(f"icmp slt {w.word} {back}, zeroinitializer")
    around = w.on_words("add", back, size)
    row = w.op(f"select {w.truth} {is_before}, {w.word} {around}, {w.word} {back}")
    c.store_row(w.gather(line, w.lane_places(row, layout.row_bytes // 8)), layout.row("delayed", place))


def enter_fixed(c: Context, scope: Scope, place: int, last_step: Value) -> None:
    """Write what puts into a delay what enters at a step."""
    w, layout = c.w, c.layout
    descriptor = c.row(layout.row("ring", place))
    size = w.op(f"load i64, ptr {descriptor}, align 8")
    at = w.at(descriptor, 8)
    now = w.op(f"load i64, ptr {at}, align 8")
    entering = scope.value(c.program.delays[place].input)
    w.store(entering, c.row_of(c.line(place, 0, last_step), now), layout.align)
    next_one = w.op(f"add i64 {now}, 1")
    is_end = w.op(f"icmp eq i64 {next_one}, {size}")
    w.do(f"store i64 {w.op(f'select i1 {is_end}, i64 0, i64 {next_one}')}, ptr {at}, align 8")
