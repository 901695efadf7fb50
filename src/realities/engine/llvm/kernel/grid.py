"""The kernel of what depends on time alone: lanes are steps here, and a run calls it once for each stage.

It computes what is equal for all draws, for itself, then the grid, a vector of steps at a time, and stores
the values that `layout.py` keeps. The last of the outputs it serves are those that never change.
"""

from __future__ import annotations

from realities.engine.llvm.frame import GridFrame, slot
from realities.engine.llvm.kernel.context import uniform_place
from realities.engine.llvm.kernel.layout import Layout
from realities.engine.llvm.kernel.operations import Held, Scope, parts_to_store
from realities.engine.llvm.writer import Value, Writer
from realities.engine.program.program import Program
from realities.errors import InternalError

_FIELDS = {"step": "steps", "step_time": "step_times", "time": "times"}


def write_grid(program: Program, layout: Layout, w: Writer, *, in_place: bool) -> None:
    """Write the body of `grid`, of which %frame is the frame."""
    scope = Scope(program, w, lambda number: _fetch_given(program, w, number), _no_draw, in_place)
    for number in layout.fixed_for_grid:
        scope.compute(number)
    _store_fixed(layout, w, scope)
    if layout.columns:
        _write_steps(program, layout, w, scope)
    w.do("ret void")


def _field(w: Writer, name: str) -> Value:
    return w.op(f"load ptr, ptr {w.at('%frame', 8 * slot(GridFrame, name))}, align 8")


def _fetch_given(program: Program, w: Writer, number: int) -> Held:
    """Return a constant that is equal for all draws, or the seed."""
    instruction = program.instructions[number]
    if instruction.op not in ("parameter", "seed"):
        raise InternalError(f"{instruction} is not known before a run")
    return w.spread_from(w.at(_field(w, "uniforms"), 8 * uniform_place(program, number)))


def _no_draw() -> Value:
    raise InternalError("what depends on time alone cannot depend on a draw")


def _store_fixed(layout: Layout, w: Writer, scope: Scope) -> None:
    """Give the outputs that never change to the frame, where it wants them."""
    if not layout.fixed:
        return
    to = _field(w, "fixed_out")
    w.do(f"br i1 {w.op(f'icmp eq ptr {to}, null')}, label %fixed_done, label %fixed_out")
    w.label("fixed_out")
    for place, number in enumerate(layout.fixed):
        w.do(f"store double {w.lane(scope.value(number), 0)}, ptr {w.at(to, 8 * place)}, align 8")
    w.do("br label %fixed_done")
    w.label("fixed_done")
    scope.near.clear()


def _write_steps(program: Program, layout: Layout, w: Writer, given: Scope) -> None:
    """Write the loop over vectors of steps."""
    n_steps = w.op(f"load i64, ptr {w.at('%frame', 8 * slot(GridFrame, 'n_steps'))}, align 8")
    row_bytes = w.op(f"mul i64 {n_steps}, 8")
    out = _field(w, "out")
    fields = {op: _field(w, name) for op, name in _FIELDS.items()}
    before = w.block
    w.do("br label %steps")
    w.label("steps")
    w.do(f"%k = phi i64 [ 0, %{before} ], [ %next_k, %steps_end ]")
    at = w.op("mul i64 %k, 8")

    def fetch(number: int) -> Held:
        op = program.instructions[number].op
        return w.load(w.at(fields[op], at)) if op in fields else given.held(number)

    scope = Scope(program, w, fetch, _no_draw, given.in_place, known=dict(given.known))
    for number in program.grid:
        scope.compute(number)
    for number, column in layout.columns.items():
        for part, real in enumerate(parts_to_store(program, number, scope.held(number), w)):
            row = w.op(f"mul i64 {row_bytes}, {column + part}")
            w.store(real, w.at(w.at(out, row), at))
    w.do("br label %steps_end")
    w.label("steps_end")
    w.do(f"%next_k = add i64 %k, {layout.lanes}")
    w.do(f"br i1 {w.op(f'icmp slt i64 %next_k, {n_steps}')}, label %steps, label %done")
    w.label("done")
