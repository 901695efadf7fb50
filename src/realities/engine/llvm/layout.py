"""Which values outlive the code that computes them, and where they are kept.

In come a `Program` and the lanes of a vector; out goes a `Layout`. What changes between draws has a row of
the workspace, a double for each lane; what is equal for all draws one double; what depends on time alone a
column of the grid. What is used only where it is computed has no place: it stays in registers.
`emit.py` next writes code against these places.

A workspace, in rows: kept values, constants that events replace, delayed, held, outputs, stocks (as often
as the method needs them); then single doubles; then the lines of the delays, as long as the run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from realities.engine.program.program import LEAVES, Method, Program, Region, kind_of

#: Regions whose code runs within the loop over steps.
LOOPED: tuple[Region, ...] = ("event", "core", "tail")
#: How many copies of the stocks each method keeps: those of the step, and those under way.
COPIES: dict[Method, int] = {"euler": 2, "rk2": 2, "rk4": 4}
#: A workspace begins at a whole cache line; so many bytes.
LINE = 64


@dataclass(frozen=True, slots=True)
class Layout:
    """Where values are kept.

    Attributes
    ----------
    lanes
        Draws in a vector.
    regions
        The region of each value.
    rows, singles, columns
        Place of a value in the workspace's rows, in its single doubles, in the grid; those of several parts
        take as many places one after another.
    changing, constant, fixed
        Outputs by how often they change, each value once, in the order of the frame's rows.
    fixed_for_run, fixed_for_grid
        Operations of `fixed` that the two kernels compute, each for itself.
    copied
        Leaves that differ between draws and that the loop over steps reads.
    is_random
        Whether a random function needs the word of each draw.
    """

    program: Program
    lanes: int
    regions: dict[int, Region]
    rows: dict[int, int]
    singles: dict[int, int]
    columns: dict[int, int]
    n_rows: int
    n_singles: int
    n_columns: int
    changing: tuple[int, ...]
    constant: tuple[int, ...]
    fixed: tuple[int, ...]
    fixed_for_run: tuple[int, ...]
    fixed_for_grid: tuple[int, ...]
    copied: tuple[int, ...]
    is_random: bool

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return 8 * self.lanes

    @property
    def align(self) -> int:
        """What the address of every row is a multiple of."""
        return min(self.row_bytes, LINE)

    # The named rows come first, in this order; those of values after them.

    def event_row(self, slot: int) -> int:
        """Return the row of a constant that events replace."""
        return slot

    def delayed_row(self, slot: int) -> int:
        """Return the row of what comes out of a delay."""
        return self.event_row(len(self.program.events)) + slot

    def missing_row(self, slot: int) -> int:
        """Return the row of what comes out of a moving delay when nothing does."""
        return self.delayed_row(len(self.program.delays)) + slot

    def lag_row(self, slot: int) -> int:
        """Return the row of a delay's time in steps, or of the latest that left one that moves."""
        return self.missing_row(len(self.program.delays)) + slot

    def held_row(self, slot: int) -> int:
        """Return the row of what a sample keeps."""
        return self.lag_row(len(self.program.delays)) + slot

    def output_row(self, place: int) -> int:
        """Return the row of an output at the step that is saved."""
        return self.held_row(len(self.program.samples)) + place

    @property
    def bad_row(self) -> int:
        """The row that stays 0 as long as everything saved is finite, and is NaN after."""
        return self.output_row(len(self.changing))

    @property
    def draw_row(self) -> int:
        """The row of the words that random functions count draws by."""
        return self.bad_row + 1

    def stock_row(self, copy: int) -> int:
        """Return the row of the first stock in one of the copies."""
        return self.draw_row + 1 + copy * len(self.program.stocks)

    @property
    def first_value_row(self) -> int:
        """The row of the first kept value."""
        return self.stock_row(COPIES[self.program.method])

    def row_at(self, row: int) -> int:
        """Return where a row begins, in bytes."""
        return row * self.row_bytes

    def single_at(self, place: int) -> int:
        """Return where a single double stands, in bytes."""
        return self.n_rows * self.row_bytes + 8 * place

    def delay_at(self, slot: int) -> int:
        """Return where a delay keeps its length and its place, two whole numbers, in bytes."""
        return self.single_at(self.n_singles) + 16 * slot

    @property
    def lines_at(self) -> int:
        """Where the lines of the delays begin, in bytes."""
        end = self.delay_at(len(self.program.delays))
        return -(-end // LINE) * LINE

    def line_number(self, slot: int) -> int:
        """Return which line is the first of a delay: one that moves has two."""
        return sum(2 if delay.moves else 1 for delay in self.program.delays[:slot])

    def n_workspace(self, last_step: int) -> int:
        """Return the doubles that one thread needs, with room for starting at a whole cache line."""
        lines = self.line_number(len(self.program.delays)) * rows_of_line(last_step) * self.lanes
        return (self.lines_at + LINE) // 8 + lines


def rows_of_line(last_step: int) -> int:
    """Return how many rows a line has: an odd number, or several lines would share few places of the cache."""
    return (last_step + 2) | 1


def make_layout(program: Program, lanes: int) -> Layout:
    """Return where everything that is kept has its place."""
    regions = program.regions_of()
    outputs = tuple(dict.fromkeys(value for _, value in program.outputs))
    changing = tuple(v for v in outputs if regions[v] in LOOPED)
    constant = tuple(v for v in outputs if regions[v] == "setup")
    fixed = tuple(v for v in outputs if regions[v] == "fixed")
    in_loop = _used_in_loop(program, changing)
    at_start = _used_at_start(program, constant)
    of_grid = {v for v in (*in_loop, *outputs) if regions[v] == "grid"}
    operations = program.instructions
    singles = [v for v in _in_order({*in_loop, *at_start}, program.fixed) if operations[v].op not in LEAVES]
    rows = [v for v in in_loop if regions[v] in ("setup", "event") and operations[v].op != "event"]
    copied = tuple(v for v in sorted(rows) if operations[v].op in ("parameter", "draw"))
    single_places, n_singles = _places(program, singles, 0)
    columns, n_columns = _places(program, sorted(of_grid), 0)
    fixed_roots = [*fixed, *(i for v in program.grid for i in operations[v].inputs)]
    layout = Layout(
        program=program,
        lanes=lanes,
        regions=regions,
        rows={},
        singles=single_places,
        columns=columns,
        n_rows=0,
        n_singles=n_singles,
        n_columns=n_columns,
        changing=changing,
        constant=constant,
        fixed=fixed,
        fixed_for_run=_needed(program, singles, program.fixed),
        fixed_for_grid=_needed(program, fixed_roots, program.fixed),
        copied=copied,
        is_random=any(
            operations[v].op == "uniform"
            for v in (*program.setup, *program.event, *program.core, *program.tail)
        ),
    )
    row_places, n_rows = _places(program, sorted(rows), layout.first_value_row)
    object.__setattr__(layout, "rows", row_places)
    object.__setattr__(layout, "n_rows", n_rows)
    return layout


def _used_in_loop(program: Program, changing: Iterable[int]) -> set[int]:
    """Return what the loop over steps reads that it does not compute within a step."""
    used = set(changing)
    for name in LOOPED:
        for value in program.region(name):
            instruction = program.instructions[value]
            # The draw of a random number is kept as a word, by itself.
            used.update(instruction.inputs[:1] if instruction.op == "uniform" else instruction.inputs)
    used.update(stock.rate for stock in program.stocks)
    used.update(sample.value for sample in program.samples)
    for delay in program.delays:
        used.add(delay.input)
        if delay.moves:
            used.add(delay.duration)
            used.update(() if delay.missing is None else (delay.missing,))
    return used


def _used_at_start(program: Program, constant: Iterable[int]) -> set[int]:
    used = {*constant, *(i for value in program.setup for i in program.instructions[value].inputs)}
    used.update(stock.start for stock in program.stocks)
    used.update(sample.start for sample in program.samples)
    used.update(event.base for event in program.events)
    for delay in program.delays:
        used.add(delay.start)
        if not delay.moves:
            used.add(delay.duration)
    return used


def _in_order(values: set[int], region: Iterable[int]) -> list[int]:
    return [value for value in region if value in values]


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
