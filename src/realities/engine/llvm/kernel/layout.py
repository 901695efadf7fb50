"""Which values outlive the code that computes them, and where they are kept.

In come a `Program` and the size of a group; out goes a `Layout`. What changes between draws has a row of the
workspace, a double for each draw of a group; what is equal for all draws one double; what depends on time
alone a column of the grid. What is used only where it is computed has no place: it stays in registers.
`emit.py` next writes code against these places.

A workspace, in rows: constants that events replace, delayed, held, outputs, stocks (as often as the method
needs them), kept values, values of the core; then single doubles; then the lines of the delays, as long as
the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from realities.engine.llvm.kernel.stretches import Stretches, make_stretches, weight
from realities.engine.llvm.writer import Target
from realities.engine.program.program import LEAVES, Method, Program, Region, kind_of

#: Regions whose code runs within the loop over steps.
LOOPED: tuple[Region, ...] = ("event", "core", "tail")
#: How many copies of the stocks each method keeps: those of the step, and those under way.
COPIES: Mapping[Method, int] = {"euler": 2, "rk2": 2, "rk4": 4}
#: A workspace begins at a whole cache line; so many bytes.
LINE = 64
#: Operations that are done while eight doubles are divided by others, and those that a division by products
#: and sums takes, as measured in models: a processor seldom does the 32 that it could.
MEANWHILE, BY_PRODUCTS = 23, 11

Block = Literal["event", "delayed", "missing", "lag", "ring", "held", "output", "bad", "draw", "stock"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where values are kept.

    Attributes
    ----------
    lanes, vectors
        Draws in a vector, and vectors in a group.
    regions
        The region of each value.
    stretches
        The core in parts.
    blocks
        The first row of each block of rows; `n_rows` is where they end.
    rows, singles, columns
        Place of a value in the workspace's rows, in its single doubles, in the grid; those of several parts
        take as many places one after another.
    changing, constant, fixed
        Outputs by how often they change, each value once, in the order of the frame's rows.
    fixed_for_run, fixed_for_grid
        Operations of `fixed` that the two kernels compute, each for itself.
    copied
        Leaves that differ between draws and that the loop over steps reads.
    reciprocals
        Rows for divisors that are known before the first step, where the target is slow to divide.
    by_products
        Quotients that are computed by products and sums, so that division does not hold up everything else.
    is_random
        Whether a random function needs the word of each draw.
    """

    program: Program
    lanes: int
    vectors: int
    regions: dict[int, Region]
    stretches: Stretches
    blocks: dict[Block, int]
    rows: dict[int, int]
    n_rows: int
    singles: dict[int, int]
    n_singles: int
    columns: dict[int, int]
    n_columns: int
    changing: tuple[int, ...]
    constant: tuple[int, ...]
    fixed: tuple[int, ...]
    fixed_for_run: tuple[int, ...]
    fixed_for_grid: tuple[int, ...]
    copied: tuple[int, ...]
    reciprocals: dict[int, int]
    by_products: frozenset[int]
    is_random: bool

    @property
    def vector_bytes(self) -> int:
        """Bytes of a vector."""
        return 8 * self.lanes

    @property
    def group_bytes(self) -> int:
        """Bytes of what a group has in a row."""
        return self.vector_bytes * self.vectors

    @property
    def row_bytes(self) -> int:
        """Bytes from a row to the next: those of an odd number of vectors, as groups have an even one.

        A processor takes a load for one that must wait for an earlier store if the last 12 bits of their
        addresses are the same; with rows of a power of two that would be so all the time.
        """
        return self.vector_bytes * (self.vectors + 1)

    @property
    def align(self) -> int:
        """What the address of every vector in a row is a multiple of."""
        return min(self.vector_bytes, LINE)

    def row(self, block: Block, place: int = 0) -> int:
        """Return a row of a block."""
        return self.blocks[block] + place

    def stock_row(self, copy: int, place: int = 0) -> int:
        """Return the row of a stock in one of the copies."""
        return self.blocks["stock"] + copy * len(self.program.stocks) + place

    def single_at(self, place: int) -> int:
        """Return where a single double stands, in bytes."""
        return self.n_rows * self.row_bytes + 8 * place

    @property
    def lines_at(self) -> int:
        """Where the lines of the delays begin, in bytes."""
        return -(-self.single_at(self.n_singles) // LINE) * LINE

    def line_number(self, slot: int) -> int:
        """Return which line is the first of a delay: one that moves has two."""
        return sum(2 if delay.moves else 1 for delay in self.program.delays[:slot])


def make_layout(program: Program, vectors: int, target: Target) -> Layout:
    """Return where everything that is kept has its place."""
    lanes = target.lanes
    regions, operations = program.regions_of(), program.instructions
    outputs = tuple(dict.fromkeys(value for _, value in program.outputs))
    changing = tuple(v for v in outputs if regions[v] in LOOPED)
    constant = tuple(v for v in outputs if regions[v] == "setup")
    fixed = tuple(v for v in outputs if regions[v] == "fixed")
    after = _used_after_core(program, changing)
    in_loop = after | _used_in_loop(program)
    at_start = _used_at_start(program, constant)
    rows = [v for v in sorted(in_loop) if regions[v] in ("setup", "event") and operations[v].op != "event"]
    stretches = make_stretches(program, after)
    blocks, n_rows = _blocks(program, len(changing))
    row_places, n_rows = _places(program, rows, n_rows)
    divisors = _divisors(program, regions) if target.divides_slowly and target.has_fma else []
    reciprocals, n_rows = _places(program, divisors, n_rows)
    singles = [v for v in program.fixed if v in in_loop or v in at_start]
    single_places, n_singles = _places(program, singles, 0)
    of_grid = {v for v in (*in_loop, *outputs) if regions[v] == "grid"}
    columns, n_columns = _places(program, sorted(of_grid), 0)
    fixed_roots = [*fixed, *(i for v in program.grid for i in operations[v].inputs)]
    row_places |= {value: n_rows + row for value, row in stretches.rows.items()}
    return Layout(
        program=program,
        lanes=lanes,
        vectors=vectors,
        regions=regions,
        stretches=stretches,
        blocks=blocks,
        rows=row_places,
        n_rows=n_rows + stretches.n_rows,
        singles=single_places,
        n_singles=n_singles,
        columns=columns,
        n_columns=n_columns,
        changing=changing,
        constant=constant,
        fixed=fixed,
        fixed_for_run=_needed(program, singles, program.fixed),
        fixed_for_grid=_needed(program, fixed_roots, program.fixed),
        copied=tuple(v for v in rows if operations[v].op in LEAVES),
        reciprocals=reciprocals,
        by_products=_by_products(program, regions, target),
        is_random=any(instruction.op == "uniform" for instruction in operations),
    )


def _blocks(program: Program, n_changing: int) -> tuple[dict[Block, int], int]:
    """Return the first row of each block, and the row after the last."""
    n_delays = len(program.delays)
    sizes: dict[Block, int] = {
        "stock": COPIES[program.method] * len(program.stocks),
        "event": len(program.events),
        "delayed": n_delays,
        "missing": n_delays,
        "lag": n_delays,
        "ring": n_delays,
        "held": len(program.samples),
        "output": n_changing,
        "bad": 1,
        "draw": 1,
    }
    first: dict[Block, int] = {}
    n_rows = 0
    for block, size in sizes.items():
        first[block] = n_rows
        n_rows += size
    return first, n_rows


def _divisors(program: Program, regions: Mapping[int, Region]) -> list[int]:
    """Return what the core divides by that each draw knows before its first step."""
    pairs = (program.instructions[value] for value in program.core)
    divisors = {pair.inputs[1] for pair in pairs if pair.op == "/"}
    return sorted(value for value in divisors if regions[value] == "setup")


def _by_products(program: Program, regions: Mapping[int, Region], target: Target) -> frozenset[int]:
    """Return which quotients of two values that change are computed by products and sums.

    So many are taken from the division that it is done when the other operations are.
    """
    if not (target.divides_slowly and target.has_avx512 and target.lanes == 8):
        return frozenset()
    operations = [(value, program.instructions[value]) for value in program.core]
    divisions = [(value, pair.inputs[1]) for value, pair in operations if pair.op == "/"]
    plain = [value for value, below in divisions if regions[below] in ("grid", "event", "core")]
    work = sum(weight(instruction) for _, instruction in operations)
    work += 2 * len(program.stocks) + 4 * (len(divisions) - len(plain))
    n_taken = min(
        range(len(plain) + 1),
        key=lambda n: max(MEANWHILE * (len(plain) - n), work + BY_PRODUCTS * n),
        default=0,
    )
    # Every so many, evenly: the others are at work beside them.
    return frozenset(plain[k * len(plain) // n_taken] for k in range(n_taken))


def _used_in_loop(program: Program) -> set[int]:
    """Return what operations in the loop over steps work on."""
    used = {stock.rate for stock in program.stocks}
    for name in LOOPED:
        for value in program.region(name):
            instruction = program.instructions[value]
            # The draw of a random number is kept as a word, by itself.
            used.update(instruction.inputs[:1] if instruction.op == "uniform" else instruction.inputs)
    return used


def _used_after_core(program: Program, changing: Iterable[int]) -> set[int]:
    """Return what is used when the core of a step's first stage has been computed."""
    used = {*changing, *(i for value in program.tail for i in program.instructions[value].inputs)}
    used.update(sample.value for sample in program.samples)
    for delay in program.delays:
        used.add(delay.input)
        if delay.moves:
            used.add(delay.duration)
            used.update(() if delay.missing is None else (delay.missing,))
    return used


def _used_at_start(program: Program, constant: Iterable[int]) -> set[int]:
    """Return what is used before the first step."""
    used = {*constant, *(i for value in program.setup for i in program.instructions[value].inputs)}
    used.update(stock.start for stock in program.stocks)
    used.update(sample.start for sample in program.samples)
    used.update(event.base for event in program.events)
    for delay in program.delays:
        used.add(delay.start)
        if not delay.moves:
            used.add(delay.duration)
    return used


def _needed(program: Program, roots: Iterable[int], region: Iterable[int]) -> tuple[int, ...]:
    """Return the operations of a region that its roots are computed from, in order."""
    inside = tuple(region)
    needed = set(roots)
    for value in reversed(inside):
        if value in needed:
            needed.update(program.instructions[value].inputs)
    return tuple(value for value in inside if value in needed)


def _places(program: Program, values: Iterable[int], first: int) -> tuple[dict[int, int], int]:
    """Return a place for each value and the first place that is free after them."""
    places: dict[int, int] = {}
    for value in values:
        places[value] = first
        first += n_parts(program, value)
    return places, first


def n_parts(program: Program, value: int) -> int:
    """Return how many doubles a value is for one draw."""
    instruction = program.instructions[value]
    if kind_of(instruction) != "bundle":
        return 1
    assert isinstance(instruction.detail, tuple)
    return int(instruction.detail[1])
