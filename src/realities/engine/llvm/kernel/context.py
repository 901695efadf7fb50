"""What the parts of a kernel have in common: program, layout, the frame's fields and the workspace's rows.

The functions of a kernel take the frame as %frame and the workspace as %w, and write their text through a
`Context`. Code for one vector of a group finds its part of every row some bytes further on, as `each_vector`
says. `begin.py`, `steps.py`, `saves.py`, `delays.py` and `moving.py` are these functions; `emit.py` puts them
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from realities.engine.llvm.frame import Frame, slot
from realities.engine.llvm.kernel.division import reciprocal_of
from realities.engine.llvm.kernel.layout import Layout
from realities.engine.llvm.kernel.operations import Held, Scope, fetch_parts, number_of, parts_to_store
from realities.engine.llvm.writer import Value, Writer
from realities.engine.program.program import Program

#: Values that are only moved from place to place in one loop: the code generator takes a time that grows with
#: the square of what stands between two branches.
AT_ONCE = 64


@dataclass(slots=True)
class Context:
    """One function of the kernel that is being written.

    Attributes
    ----------
    in_place
        Whether functions of the language are written where they are used.
    rows
        A pointer to the first row, at the vector that is being worked on.
    offset
        How far that vector is into each row, in bytes.
    lane_bytes
        How far the group is into an array of draws, in bytes.
    extent
        Where it stands how much of each row the group fills, in bytes. One value that hundreds of loops use
        would take the code generator a time that grows with their square.
    """

    program: Program
    layout: Layout
    w: Writer
    in_place: bool
    rows: Value = "%v"
    offset: Value = "0"
    lane_bytes: Value = ""
    extent: Value = ""

    # -- the frame ---------------------------------------------------------------------------------

    def field(self, name: str) -> Value:
        """Return a pointer field of the frame."""
        return self.w.op(f"load ptr, ptr {self.w.at('%frame', 8 * slot(Frame, name))}, align 8")

    def count(self, name: str) -> Value:
        """Return a field of the frame that is a whole number."""
        return self.w.op(f"load i64, ptr {self.w.at('%frame', 8 * slot(Frame, name))}, align 8")

    def whole_at(self, pointer: Value, place: Value) -> Value:
        """Return one of the whole numbers at a pointer."""
        at = self.w.op(f"getelementptr i64, ptr {pointer}, i64 {place}")
        return self.w.op(f"load i64, ptr {at}, align 8")

    def double_at(self, pointer: Value, place: Value) -> Value:
        """Return one of the doubles at a pointer."""
        at = self.w.op(f"getelementptr double, ptr {pointer}, i64 {place}")
        return self.w.op(f"load double, ptr {at}, align 8")

    # -- the vectors of a group --------------------------------------------------------------------

    @contextmanager
    def each_vector(self, name: str) -> Iterator[None]:
        """Write a loop over the vectors of a group around what is written inside; labels bear the name."""
        w, layout = self.w, self.layout
        before, outer = w.block, (self.rows, self.offset)
        w.do(f"br label %{name}")
        w.label(name)
        w.do(f"%{name}_at = phi i64 [ 0, %{before} ], [ %{name}_next, %{name}_end ]")
        self.offset = f"%{name}_at"
        self.rows = self.here("%w")
        yield
        self.rows, self.offset = outer
        w.do(f"br label %{name}_end")
        w.label(f"{name}_end")
        w.do(f"%{name}_next = add i64 %{name}_at, {layout.vector_bytes}")
        extent = w.op(f"load i64, ptr {self.extent}, align 8")
        is_more = w.op(f"icmp ult i64 %{name}_next, {extent}")
        w.do(f"br i1 {is_more}, label %{name}, label %{name}_done")
        w.label(f"{name}_done")

    def here(self, pointer: Value) -> Value:
        """Return a pointer to the vector's part of a row."""
        # What is frozen is not analyzed: LLVM would spend a quarter of its time on counting through loops.
        return self.w.op(f"freeze ptr {self.w.at(pointer, self.offset)}")

    # -- the workspace -----------------------------------------------------------------------------

    def row(self, row: int) -> Value:
        """Return a pointer to the vector's part of a row."""
        return self.w.at(self.rows, row * self.layout.row_bytes)

    def load_row(self, row: int) -> Value:
        """Return the vector's part of a row."""
        return self.w.load(self.row(row), self.layout.align)

    def store_row(self, value: Value, row: int) -> None:
        """Put a real into the vector's part of a row."""
        self.w.store(value, self.row(row), self.layout.align)

    def row_of(self, rows: Value, place: Value) -> Value:
        """Return a pointer to one of the rows that follow one another from a pointer on."""
        return self.w.at(rows, self.w.op(f"mul i64 {place}, {self.layout.row_bytes}"))

    def keep(self, number: int, held: Held) -> None:
        """Put a value into its rows, if it has any."""
        if number in self.layout.rows:
            for part, real in enumerate(parts_to_store(self.program, number, held, self.w)):
                self.store_row(real, self.layout.rows[number] + part)

    def fetch_row(self, number: int) -> Held:
        """Return a value that is kept in rows."""
        first = self.layout.rows[number]
        return fetch_parts(self.program, number, lambda part: self.load_row(first + part), self.w)

    def keep_single(self, number: int, held: Held) -> None:
        """Put a value that is equal for all draws into its single doubles, if it has any."""
        if number in self.layout.singles:
            for part, real in enumerate(parts_to_store(self.program, number, held, self.w)):
                at = self.w.at("%w", self.layout.single_at(self.layout.singles[number] + part))
                self.w.do(f"store double {self.w.lane(real, 0)}, ptr {at}, align 8")

    def fetch_single(self, number: int) -> Held:
        """Return a value that is equal for all draws: a given constant, the seed, or one that was kept."""
        if self.program.instructions[number].op in ("parameter", "seed"):
            return self.w.spread_from(
                self.w.at(self.field("uniforms"), 8 * uniform_place(self.program, number))
            )
        first = self.layout.singles[number]

        def load(part: int) -> Value:
            return self.w.spread_from(self.w.at("%w", self.layout.single_at(first + part)))

        return fetch_parts(self.program, number, load, self.w)

    def draw_word(self) -> Value:
        """Return the word that random functions count draws by."""
        return self.w.bits(self.load_row(self.layout.row("draw")))

    def reciprocal(self, number: int) -> Value | None:
        """Return what is known of a divisor since before the first step, None if that is nothing."""
        instruction = self.program.instructions[number]
        if number in self.layout.reciprocals:
            return self.load_row(self.layout.reciprocals[number])
        if instruction.op == "number" and self.w.target.divides_slowly and self.w.target.has_fma:
            return self.w.number(reciprocal_of(number_of(instruction)))
        return None

    # -- regions -----------------------------------------------------------------------------------

    def compute(self, scope: Scope, region: Iterable[int]) -> None:
        """Write operations one after another, and keep those that are kept."""
        for number in region:
            scope.compute(number)
            self.keep(number, scope.known[number])

    # -- the lines of delays -----------------------------------------------------------------------

    def line(self, slot_number: int, which: int, last_step: Value) -> Value:
        """Return a pointer to the vector's part of one of the lines of a delay."""
        number = self.layout.line_number(slot_number) + which
        w = self.w
        # An odd number of rows: else the lines of several delays would share few places of the cache.
        rows = w.op(f"or i64 {w.op(f'add i64 {last_step}, 2')}, 1")
        doubles = w.op(f"mul i64 {rows}, {number * self.layout.row_bytes}")
        return w.at(w.at(self.rows, self.layout.lines_at), doubles)


def write_extent(w: Writer, layout: Layout) -> tuple[Value, Value]:
    """Return where %group begins in an array of draws, and how many bytes it has: the last one fewer."""
    first = w.op(f"mul i64 %group, {layout.group_bytes}")
    n_draws = w.op(f"load i64, ptr {w.at('%frame', 8 * slot(Frame, 'n_draws'))}, align 8")
    left = w.op(f"sub i64 {w.op(f'mul i64 {n_draws}, 8')}, {first}")
    is_whole = w.op(f"icmp ugt i64 {left}, {layout.group_bytes}")
    return first, w.op(f"select i1 {is_whole}, i64 {layout.group_bytes}, i64 {left}")


def uniform_place(program: Program, number: int) -> int:
    """Return the place in the frame's `uniforms` of a constant equal for all draws, or of the seed."""
    instruction, parameters = program.instructions[number], program.parameters
    if instruction.op == "seed":
        return sum(not parameter.per_draw for parameter in parameters)
    assert isinstance(instruction.detail, int)
    return sum(not parameter.per_draw for parameter in parameters[: instruction.detail])


def drawn_row(program: Program, number: int) -> int:
    """Return the row of a constant that differs between draws in the frame's `parameters`."""
    detail = program.instructions[number].detail
    assert isinstance(detail, int)
    return sum(parameter.per_draw for parameter in program.parameters[:detail])
