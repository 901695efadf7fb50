"""What the parts of a kernel have in common: program, layout, the frame's fields and the workspace's rows.

Every function of the kernel takes the frame, the number of a group and the workspace, as %frame, %group and
%w, and writes its text through a `Context`. `begin.py`, `steps.py`, `saves.py`, `delays.py` and `moving.py`
are these functions; `emit.py` puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from realities.engine.llvm.frame import Frame, slot
from realities.engine.llvm.layout import Layout
from realities.engine.llvm.operations import Held, Scope, fetch_parts, parts_to_store
from realities.engine.llvm.writer import Value, Writer
from realities.engine.program.program import Program


@dataclass(slots=True)
class Context:
    """One function of the kernel that is being written.

    `in_place` says whether functions of the language are written where they are used.
    """

    program: Program
    layout: Layout
    w: Writer
    in_place: bool

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

    def lane_bytes(self) -> Value:
        """Return how far into an array of draws the group begins, in bytes."""
        return self.w.op(f"mul i64 %group, {self.layout.row_bytes}")

    # -- the workspace -----------------------------------------------------------------------------

    def row(self, row: int) -> Value:
        """Return a pointer to a row."""
        return self.w.at("%w", self.layout.row_at(row))

    def load_row(self, row: int) -> Value:
        """Return what is in a row."""
        return self.w.load(self.row(row), self.layout.align)

    def store_row(self, value: Value, row: int) -> None:
        """Put a real into a row."""
        self.w.store(value, self.row(row), self.layout.align)

    def keep(self, number: int, held: Held) -> None:
        """Put a value into its rows, if it has any."""
        if number in self.layout.rows:
            for part, real in enumerate(parts_to_store(self.program, number, held, self.w)):
                self.store_row(real, self.layout.rows[number] + part)

    def keep_single(self, number: int, held: Held) -> None:
        """Put a value that is equal for all draws into its single doubles, if it has any."""
        if number in self.layout.singles:
            for part, real in enumerate(parts_to_store(self.program, number, held, self.w)):
                at = self.w.at("%w", self.layout.single_at(self.layout.singles[number] + part))
                self.w.do(f"store double {self.w.lane(real, 0)}, ptr {at}, align 8")

    def fetch_single(self, number: int) -> Held:
        """Return a value that is equal for all draws: a given constant, the seed, or one that was kept."""
        instruction = self.program.instructions[number]
        if instruction.op in ("parameter", "seed"):
            return self.w.spread_from(self.w.at(self.uniforms(), 8 * self._uniform(number)))
        first = self.layout.singles[number]

        def load(part: int) -> Value:
            return self.w.spread_from(self.w.at("%w", self.layout.single_at(first + part)))

        return fetch_parts(self.program, number, load, self.w)

    def fetch_row(self, number: int) -> Held:
        """Return a value that is kept in rows."""
        first = self.layout.rows[number]
        return fetch_parts(self.program, number, lambda part: self.load_row(first + part), self.w)

    def draw_word(self) -> Value:
        """Return the word that random functions count draws by."""
        return self.w.bits(self.load_row(self.layout.draw_row))

    def uniforms(self) -> Value:
        """Return a pointer to the constants that are equal for all draws."""
        return self.field("uniforms")

    def _uniform(self, number: int) -> int:
        instruction, parameters = self.program.instructions[number], self.program.parameters
        if instruction.op == "seed":
            return sum(not parameter.per_draw for parameter in parameters)
        assert isinstance(instruction.detail, int)
        return sum(not parameter.per_draw for parameter in parameters[: instruction.detail])

    def per_draw(self, number: int) -> int:
        """Return the row of a parameter in the frame's array of those that differ between draws."""
        detail = self.program.instructions[number].detail
        assert isinstance(detail, int)
        return sum(parameter.per_draw for parameter in self.program.parameters[:detail])

    # -- regions -----------------------------------------------------------------------------------

    def compute(self, scope: Scope, region: Iterable[int]) -> None:
        """Write operations one after another, and keep those that are kept."""
        for number in region:
            scope.compute(number)
            self.keep(number, scope.known[number])

    # -- the lines of delays -----------------------------------------------------------------------

    def line(self, slot_number: int, which: int, last_step: Value) -> Value:
        """Return a pointer to one of the lines of a delay."""
        number = self.layout.line_number(slot_number) + which
        w = self.w
        rows = w.op(f"or i64 {w.op(f'add i64 {last_step}, 2')}, 1")
        doubles = w.op(f"mul i64 {rows}, {number * self.layout.row_bytes}")
        return w.at(w.at("%w", self.layout.lines_at), doubles)

    def row_of(self, line: Value, place: Value) -> Value:
        """Return a pointer to a row of a line."""
        return self.w.at(line, self.w.op(f"mul i64 {place}, {self.layout.row_bytes}"))
