"""From a `Program` to LLVM text: the two kernels of `frame.py`, and what a caller must know of them.

`emit` chooses the lanes, lays out the memory and puts the functions together: `run` prepares what is equal
for all draws (`begin.py`), then takes each group of draws to its first step (`begin.py`) and to its last
(`steps.py`); `grid` computes what depends on time alone (`grid.py`). `native.py` next compiles the text.
"""

from __future__ import annotations

from collections.abc import Callable

from realities.engine.llvm.emitted import Emitted
from realities.engine.llvm.frame import Frame, GridFrame, slot
from realities.engine.llvm.kernel.begin import write_begin, write_prepare
from realities.engine.llvm.kernel.context import Context, write_extent
from realities.engine.llvm.kernel.grid import write_grid
from realities.engine.llvm.kernel.layout import LINE, Layout, make_layout
from realities.engine.llvm.kernel.steps import write_steps
from realities.engine.llvm.kernel.stretches import LARGE
from realities.engine.llvm.writer import Module, Target, Value, Writer
from realities.engine.program.program import Program

#: Vectors in a group; a small program keeps the processor busy with fewer. Even numbers.
VECTORS, FEW_VECTORS, SMALL = 8, 4, 60


def emit(program: Program, target: Target) -> Emitted:
    """Return a program's code for a kind of processor."""
    module = Module(target)
    vectors = VECTORS if len(program.core) >= SMALL else FEW_VECTORS
    layout = make_layout(program, vectors, target)
    in_place = _is_in_place(program)

    def define(name: str, arguments: str, write: Callable[[Context], None], rows: Value) -> None:
        writer = Writer(module)
        write(Context(program, layout, writer, in_place, rows))
        module.functions[name] = (
            f"define internal void @{name}(ptr noalias %frame, {arguments}) nounwind {{\n{writer.text()}\n}}"
        )

    define("prepare", "ptr noalias %w", write_prepare, "%w")
    define("begin", "i64 %lane_bytes, ptr noalias %w, ptr %v", write_begin, "%v")
    define("steps", "i64 %group, ptr noalias %w", write_steps, "%w")
    writer = Writer(module)
    _keep_functions(writer, Frame)
    _write_run(writer, layout)
    module.functions["run"] = (
        f"define void @run(ptr %frame, i64 %first, i64 %end, ptr %workspace) nounwind {{\n{writer.text()}\n}}"
    )
    writer = Writer(module)
    _keep_functions(writer, GridFrame)
    write_grid(program, layout, writer, in_place=in_place)
    module.functions["grid"] = f"define void @grid(ptr %frame) nounwind {{\n{writer.text()}\n}}"
    return Emitted(
        text=module.text(),
        lanes=layout.lanes,
        group=layout.lanes * layout.vectors,
        grid_kept=tuple(layout.columns),
        changing=layout.changing,
        constant=layout.constant,
        fixed=layout.fixed,
        functions=tuple(module.called),
        workspace_base=(layout.lines_at + LINE) // 8,
        workspace_per_step=layout.line_number(len(program.delays)) * layout.row_bytes // 8,
    )


def _keep_functions(w: Writer, structure: type[Frame] | type[GridFrame]) -> None:
    """Write what lets C functions be found."""
    functions = w.op(f"load ptr, ptr {w.at('%frame', 8 * slot(structure, 'functions'))}, align 8")
    w.do(f"call void @keep_functions(ptr {functions})")


def _write_run(w: Writer, layout: Layout) -> None:
    """Write the body of `run`: a loop over groups, and over the vectors of a group to begin with."""
    name = "llvm.ptrmask.p0.i64"
    w.module.declare(name, "ptr", ["ptr", "i64"])
    memory = w.op(f"call ptr @{name}(ptr {w.at('%workspace', LINE - 1)}, i64 {-LINE})")
    w.do(f"call void @prepare(ptr %frame, ptr {memory})")
    w.do("br label %next")
    w.label("next")
    w.do("%group = phi i64 [ %first, %0 ], [ %group_after, %walk ]")
    w.do(f"br i1 {w.op('icmp slt i64 %group, %end')}, label %start, label %done")
    w.label("start")
    first, extent = write_extent(w, layout)
    w.do("br label %vector")
    w.label("vector")
    w.do("%at = phi i64 [ 0, %start ], [ %next_at, %vector ]")
    draws = w.op(f"add i64 {first}, %at")
    w.do(f"call void @begin(ptr %frame, i64 {draws}, ptr {memory}, ptr {w.at(memory, '%at')})")
    w.do(f"%next_at = add i64 %at, {layout.vector_bytes}")
    w.do(f"br i1 {w.op(f'icmp ult i64 %next_at, {extent}')}, label %vector, label %walk")
    w.label("walk")
    w.do(f"call void @steps(ptr %frame, i64 %group, ptr {memory})")
    w.do("%group_after = add i64 %group, 1")
    w.do("br label %next")
    w.label("done")
    w.do("ret void")


def _is_in_place(program: Program) -> bool:
    """Return whether functions of the language are written where they are used.

    That runs a twelfth faster; called, they are compiled once each, which large programs need.
    """
    return len(program.instructions) < LARGE
