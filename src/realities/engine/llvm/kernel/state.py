"""How stocks move on, stage by stage: Euler, Runge-Kutta 2 and 4, in the reference's order of operations.

The stocks stand in several copies in the workspace: those at the beginning of the step, those of the stage
that is computed (`now`) and those that the stage leads to (`next`). No stage writes over what it reads, so
each stock moves on as soon as its flow is known. Euler's two copies take turns. RK2 goes 0, 1, 0; RK4 goes
0, 1, 2, 1, 0 and adds up flows in copy 3. `steps.py` has the loop around.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from realities.engine.llvm.kernel.context import Context
from realities.engine.llvm.kernel.operations import Scope
from realities.engine.llvm.writer import Value
from realities.engine.program.program import Method

#: Stages of a step.
N_STAGES: dict[Method, int] = {"euler": 1, "rk2": 2, "rk4": 4}
#: How often RK4 counts the flows of each stage.
_SHARES = (1.0, 2.0, 2.0, 1.0)


@dataclass(slots=True)
class Stages:
    """The stages of a step: what their code begins and ends with, and what moves a stock on.

    `now` and `next` are pointers to copies of the stocks, `grid` one to the values that depend on time alone;
    `weight` is what flows are multiplied with. `here` is where `now` has the vector that is worked on.
    """

    c: Context
    now: Value = "%now"
    next: Value = "%next"
    grid: Value = ""
    weight: Value = ""
    here: Value = ""
    _there: Value = ""
    _before: Value = ""
    _copies: list[Value] = field(default_factory=list)
    _weights: Value = ""
    _firsts: Value = ""
    _lasts: Value = ""
    _share: Value = ""

    @property
    def n(self) -> int:
        """How many there are."""
        return N_STAGES[self.c.program.method]

    def before_steps(self) -> None:
        """Write what does not change from step to step."""
        w, layout = self.c.w, self.c.layout
        n_copies = {1: 2, 2: 2, 4: 3}[self.n]
        self._copies = [w.at("%w", layout.stock_row(copy) * layout.row_bytes) for copy in range(n_copies)]
        if self.n > 1:
            self._weights = w.op("alloca [8 x double], align 8")
            self._store(_SHARES, 4)

    def _store(self, numbers: Sequence[float | Value], first: int) -> None:
        w = self.c.w
        for place, number in enumerate(numbers, first):
            w.do(f"store double {number}, ptr {w.at(self._weights, 8 * place)}, align 8")

    def begin_step(self) -> None:
        """Write what stands first in the loop over steps."""
        if self.n == 1:
            self.c.w.do(f"%now = phi ptr [ {self._copies[0]}, %0 ], [ %next, %step_end ]")
            self.c.w.do(f"%next = phi ptr [ {self._copies[1]}, %0 ], [ %now, %step_end ]")
        else:
            self.now = self._copies[0]

    def weigh(self, length: Value) -> None:
        """Write what each stage multiplies flows with, for a step of some length."""
        w = self.c.w
        if self.n == 1:
            self.weight = w.spread(length)
            return
        half = w.op(f"fmul double {length}, 5.0e-1")
        if self.n == 2:
            self._store([half, length], 0)
        else:
            self._store([half, half, length, w.op(f"fdiv double {length}, 6.0")], 0)

    def begin_stage(self, last_step: Value) -> None:
        """Write what stands first in the loop over stages."""
        w, before = self.c.w, self.c.w.block
        if self.n == 1:
            return
        w.do("br label %stage")
        w.label("stage")
        w.do(f"%s = phi i64 [ 0, %{before} ], [ %next_s, %stage_end ]")
        w.do(f"%now = phi ptr [ {self._copies[0]}, %{before} ], [ %next, %stage_end ]")
        self.now = "%now"
        w.do("%is_first = icmp eq i64 %s, 0")
        w.do(f"%is_last = icmp eq i64 %s, {self.n - 1}")
        self._lasts = w.spread_truth("%is_last")
        under_way = self._copies[1]
        if self.n == 4:
            is_second = w.op("trunc i64 %s to i1")
            under_way = w.op(f"select i1 {is_second}, ptr {self._copies[2]}, ptr {under_way}")
            self._firsts = w.spread_truth("%is_first")
            self._share = w.spread(self.c.double_at(w.at(self._weights, 32), "%s"))
        w.do(f"%next = select i1 %is_last, ptr {self._copies[0]}, ptr {under_way}")
        self.weight = w.spread(self.c.double_at(self._weights, "%s"))
        self._move_grid(last_step)

    def _move_grid(self, last_step: Value) -> None:
        """Write where the values of a stage that depend on time alone stand: RK4's stages are 0, 1, 1, 2."""
        w, columns = self.c.w, self.c.layout.n_columns
        if columns:
            table = "%s" if self.n == 2 else w.op(f"lshr i64 {w.op('add i64 %s, 1')}, 1")
            steps = w.op(f"mul i64 {table}, {w.op(f'add i64 {last_step}, 1')}")
            self.grid = w.at(self.grid, w.op(f"mul i64 {steps}, {8 * columns}"))

    def find(self) -> None:
        """Write where the stocks of a vector stand."""
        self.here = self.c.here(self.now)

    def find_ways(self) -> None:
        """Write where the stocks of a vector stand, where they come from and where they go."""
        self.find()
        self._there = self.c.here(self.next)
        self._before = self.here if self.n == 1 else self.c.here(self._copies[0])

    def end_stage(self) -> None:
        """Write what leads from a stage to the next, or to the end of the step."""
        w = self.c.w
        if self.n == 1:
            w.do("br label %step_end")
            return
        w.do("br i1 %is_last, label %step_end, label %stage_end")
        w.label("stage_end")
        w.do("%next_s = add i64 %s, 1")
        w.do("br label %stage")

    def move_on(self, scope: Scope, place: int) -> None:
        """Write what takes a stock to the next stage or step, its flow being known."""
        w, layout, stock = self.c.w, self.c.layout, self.c.program.stocks[place]
        rate = scope.value(stock.rate)
        before = w.load(w.at(self._before, place * layout.row_bytes), layout.align)
        if self.n == 4:
            rate = self._add_up(rate, place)
        after = w.add(before, w.mul(rate, self.weight))
        if stock.is_non_negative:
            floored = w.maximum(after, w.minimum(before, w.number(0.0)))
            after = floored if self.n == 1 else w.select(self._lasts, floored, after)
        w.store(after, w.at(self._there, place * layout.row_bytes), layout.align)

    def _add_up(self, rate: Value, place: int) -> Value:
        """Return the flow that a stage of RK4 goes along: its own, at last k1 + 2 k2 + 2 k3 + k4."""
        w, row = self.c.w, self.c.layout.stock_row(3, place)
        # -0 and any number are that number, and once a number is the number: all stages do the same.
        total = w.select(self._firsts, w.number(-0.0), self.c.load_row(row))
        total = w.add(total, w.mul(rate, self._share))
        self.c.store_row(total, row)
        return w.select(self._lasts, total, rate)
