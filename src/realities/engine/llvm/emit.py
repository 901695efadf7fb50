"""From a `Program` to LLVM text: the two kernels of `frame.py`, and what a caller must know of them.

`emit` chooses the lanes, lays out the memory and puts the functions together: `run` prepares what is equal
for all draws (`begin.py`), then takes each group of draws to its first step (`begin.py`) and to its last
(`steps.py`); `grid` computes what depends on time alone (`grid.py`). `native.py` next compiles the text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from realities.engine.llvm.begin import write_begin, write_prepare
from realities.engine.llvm.context import Context
from realities.engine.llvm.frame import Frame, GridFrame, slot
from realities.engine.llvm.grid import write_grid
from realities.engine.llvm.layout import LINE, Layout, make_layout
from realities.engine.llvm.steps import write_steps
from realities.engine.llvm.writer import Module, Target, Writer
from realities.engine.program.program import Program


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of a program's code, and what its caller must know.

    Attributes
    ----------
    text
        LLVM assembly that defines `run` and `grid`.
    lanes
        Draws in a group, and steps that `grid` computes together: what arrays are padded to.
    grid_kept
        Values by number in the order of the grid's columns. One of several parts has as many columns.
    changing, constant, fixed
        Outputs, each value once, in the order of the frame's rows.
    functions
        Names of the C functions in the order of `Frame.functions`.
    workspace_base, workspace_per_step
        What `n_workspace` computes from.
    """

    text: str
    lanes: int
    grid_kept: tuple[int, ...]
    changing: tuple[int, ...]
    constant: tuple[int, ...]
    fixed: tuple[int, ...]
    functions: tuple[str, ...]
    workspace_base: int
    workspace_per_step: int

    def n_workspace(self, last_step: int) -> int:
        """Return how many doubles each thread needs as a workspace, for a run to some step."""
        return self.workspace_base + self.workspace_per_step * (last_step + 3)


def emit(program: Program, target: Target) -> Emitted:
    """Return a program's code for a kind of processor."""
    lanes = target.lanes
    module = Module(replace(target, lanes=lanes))
    layout = make_layout(program, lanes)
    in_place = _is_in_place(program)
    _define(module, program, layout, "prepare", write_prepare, in_place=in_place)
    _define(module, program, layout, "begin", write_begin, in_place=in_place)
    _define(module, program, layout, "steps", write_steps, in_place=in_place)
    writer = Writer(module)
    _keep_functions(writer, Frame)
    _write_run(writer)
    module.functions["run"] = (
        f"define void @run(ptr %frame, i64 %first, i64 %end, ptr %workspace) nounwind {{\n{writer.text()}\n}}"
    )
    writer = Writer(module)
    _keep_functions(writer, GridFrame)
    write_grid(program, layout, writer, in_place=in_place)
    module.functions["grid"] = f"define void @grid(ptr %frame) nounwind {{\n{writer.text()}\n}}"
    return Emitted(
        text=module.text(),
        lanes=lanes,
        grid_kept=tuple(layout.columns),
        changing=layout.changing,
        constant=layout.constant,
        fixed=layout.fixed,
        functions=tuple(module.called),
        workspace_base=(layout.lines_at + LINE) // 8,
        workspace_per_step=layout.line_number(len(program.delays)) * lanes,
    )


def _define(
    module: Module,
    program: Program,
    layout: Layout,
    name: str,
    write: Callable[[Context], None],
    *,
    in_place: bool,
) -> None:
    """Define one of the functions that `run` calls."""
    writer = Writer(module)
    write(Context(program, layout, writer, in_place))
    module.functions[name] = (
        f"define internal void @{name}(ptr noalias %frame, i64 %group, ptr noalias %w) nounwind {{\n"
        f"{writer.text()}\n}}"
    )


def _keep_functions(w: Writer, structure: type[Frame] | type[GridFrame]) -> None:
    """Write what lets C functions be found."""
    functions = w.op(f"load ptr, ptr {w.at('%frame', 8 * slot(structure, 'functions'))}, align 8")
    w.do(f"call void @keep_functions(ptr {functions})")


def _write_run(w: Writer) -> None:
    """Write the body of `run`: a loop over groups."""
    name = "llvm.ptrmask.p0.i64"
    w.module.declare(name, "ptr", ["ptr", "i64"])
    inside = w.at("%workspace", LINE - 1)
    memory = w.op(f"call ptr @{name}(ptr {inside}, i64 {-LINE})")
    w.do(f"call void @prepare(ptr %frame, i64 %first, ptr {memory})")
    w.do("br label %next")
    w.label("next")
    w.do("%group = phi i64 [ %first, %0 ], [ %group_after, %group_run ]")
    w.do(f"br i1 {w.op('icmp slt i64 %group, %end')}, label %group_run, label %done")
    w.label("group_run")
    w.do(f"call void @begin(ptr %frame, i64 %group, ptr {memory})")
    w.do(f"call void @steps(ptr %frame, i64 %group, ptr {memory})")
    w.do("%group_after = add i64 %group, 1")
    w.do("br label %next")
    w.label("done")
    w.do("ret void")


def _is_in_place(program: Program) -> bool:
    """Return whether functions of the language are written where they are used."""
    return len(program.instructions) < 5000
