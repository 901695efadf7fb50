"""The code before the first step: what holds for a run, then what holds for each draw.

`write_prepare` computes what is equal for all draws, once for a call of the kernel. `write_begin` computes
what each draw of a vector has for itself, its constants and initial values, and fills in all that the loop
over steps expects in the workspace. `steps.py` next walks on from there.
"""

from __future__ import annotations

from realities.engine.llvm.kernel.context import Context, drawn_row
from realities.engine.llvm.kernel.delays import begin_fixed
from realities.engine.llvm.kernel.division import reciprocal
from realities.engine.llvm.kernel.moving import begin_moving
from realities.engine.llvm.kernel.operations import Held, Scope
from realities.engine.llvm.kernel.random_words import counted


def write_prepare(c: Context) -> None:
    """Write the function that computes and keeps what is equal for all draws."""
    scope = Scope(c.program, c.w, c.fetch_single, c.draw_word, c.in_place)
    for number in c.layout.fixed_for_run:
        scope.compute(number)
        c.keep_single(number, scope.known[number])
    c.w.do("ret void")


def write_begin(c: Context) -> None:
    """Write the function that brings a vector to its first step: %lane_bytes is where its draws stand."""
    w, layout, program = c.w, c.layout, c.program
    column_bytes = w.op(f"mul i64 {c.count('n_draws')}, 8")
    parameters = w.at(c.field("parameters"), "%lane_bytes")

    def fetch(number: int) -> Held:
        if layout.regions[number] == "fixed":
            return c.fetch_single(number)
        if program.instructions[number].op == "draw":
            return w.load(w.at(c.field("draws"), "%lane_bytes"))
        return w.load(w.at(parameters, w.op(f"mul i64 {column_bytes}, {drawn_row(program, number)}")))

    if layout.is_random:
        word = counted(w, w.load(w.at(c.field("draws"), "%lane_bytes")))
        c.store_row(w.from_bits(word), layout.row("draw"))
    scope = Scope(program, w, fetch, c.draw_word, c.in_place)
    for number in layout.copied:
        c.keep(number, scope.held(number))
    c.compute(scope, program.setup)
    for number, row in layout.reciprocals.items():
        c.store_row(reciprocal(w, scope.value(number)), row)
    _store_starts(c, scope)
    _store_constants(c, scope, column_bytes)
    for place, delay in enumerate(program.delays):
        (begin_moving if delay.moves else begin_fixed)(c, scope, place)
    w.do("ret void")


def _store_starts(c: Context, scope: Scope) -> None:
    """Put initial values where the first step looks for them."""
    layout, program = c.layout, c.program
    for place, stock in enumerate(program.stocks):
        c.store_row(scope.value(stock.start), layout.stock_row(0, place))
    for place, sample in enumerate(program.samples):
        c.store_row(scope.value(sample.start), layout.row("held", place))
    for place, event in enumerate(program.events):
        c.store_row(scope.value(event.base), layout.row("event", place))


def _store_constants(c: Context, scope: Scope, column_bytes: str) -> None:
    """Give the outputs that never change to the frame; nothing is wrong so far."""
    w = c.w
    if c.layout.constant:
        constant = w.at(c.field("constant"), "%lane_bytes")
        for place, number in enumerate(c.layout.constant):
            w.store(scope.value(number), w.at(constant, w.op(f"mul i64 {column_bytes}, {place}")))
    c.store_row(w.number(0.0), c.layout.row("bad"))
