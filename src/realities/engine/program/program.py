"""What a run computes, as single scalar operations in order: what every compiled engine prints.

`lower.py` makes a `Program` from `ir`; `verify.py` checks one, `text.py` shows one; `llvm/` and the
JavaScript of a page are printers of it. Nothing in it knows system dynamics: delays, test inputs and initial
values have become operations, and what is left of time is which region an operation stands in.

A value is known by its number, its place in `Program.instructions`. Its region says how often it is computed:

| region  | computed                                          | differs between draws |
|---------|---------------------------------------------------|-----------------------|
| `fixed` | once for a run                                    | no                    |
| `setup` | once for each draw, before the first step         | yes                   |
| `grid`  | for each step and each stage within it            | no                    |
| `event` | at the first step, and where an event is due      | yes                   |
| `core`  | at every stage of every step                      | yes                   |
| `tail`  | after the first stage of a step that is saved     | yes                   |

An operation may use what stands before it in its own region and anything of these regions: all use `fixed`,
`setup` uses no other, `grid` no other, `event` uses `setup`, `core` uses `setup`, `grid` and `event`, and
`tail` uses all. `setup` holds the initial values too.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

from realities.ir.model import Lookup

#: Integrators that a program can have; the adaptive one stays with the reference engine.
Method = Literal["euler", "rk2", "rk4"]
Region = Literal["fixed", "setup", "grid", "event", "core", "tail"]
REGIONS: tuple[Region, ...] = ("fixed", "setup", "grid", "event", "core", "tail")

#: What a value is: a double, true or false, 64 bits of a random stream, or several doubles side by side.
Kind = Literal["real", "truth", "word", "bundle"]

#: Where within a step each method computes the core, as parts of the step's length, distinct ones once.
STAGES: dict[Method, tuple[float, ...]] = {"euler": (0.0,), "rk2": (0.0, 0.5), "rk4": (0.0, 0.5, 1.0)}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One operation on earlier values.

    A function is an `array` if it gives several numbers, takes as many as there are elements, or is of a
    market (`vensim.demand_at_price`, `vensim.supply_at_price`); a `read` has a table; the others are `call`s.
    The array `pick` of (k, x0, x1, ...) is the x at k rounded to nearest, :NA: outside, NaN where k is.

    | op | inputs | detail | gives |
    |----|--------|--------|-------|
    | `number` | | the double as `float.hex` text | real |
    | `parameter` | | place in `Program.parameters` | real |
    | `seed`, `draw` | | | real: seed of the run, number of the draw |
    | `step`, `step_time`, `time` | | | real, of `grid` only: the step's number, its time, the stage's time |
    | `stock`, `delayed`, `held`, `event` | | place in `stocks`, `delays`, `samples`, `events` | real |
    | `+` `-` `*` `/` `min` `max` | 2 | | real; of two zeros `min` and `max` give the second, NaN of either |
    | `negative` `abs` `sqrt` `floor` `trunc` | 1 | | real |
    | `<` `<=` `=` | 2 reals | | truth |
    | `and` `or` | 2 truths | | truth |
    | `not` | 1 truth | | truth |
    | `real` | 1 truth | | real: 1 or 0 |
    | `select` | truth, real, real | | real: the second where the first is true, else the third |
    | `call` | n reals | name of a function of reals | real: `exp`, `power`, `fmod`, ... |
    | `read` | n reals | (reading, place in `Program.tables`) | real: `lookup`, `vensim.lookup_slope`, ... |
    | `key` | seed, stream, step | site | word: the random stream of a call at a step |
    | `uniform` | word, draw | | real in (0, 1) |
    | `array` | n reals | (name, n_results) | bundle: `vensim.vector_sort_order`, `xmile.rank`, `pick`, ... |
    | `part` | bundle | which, from 0 | real |
    """

    op: str
    inputs: tuple[int, ...] = ()
    detail: Hashable = None


#: Values that are filled in, not computed. They stand in no region.
LEAVES = frozenset(
    {"number", "parameter", "seed", "draw", "step", "step_time", "time", "stock", "delayed", "held", "event"}
)
#: Operations that give true or false.
TRUTHS = frozenset({"<", "<=", "=", "and", "or", "not"})


def kind_of(instruction: Instruction) -> Kind:
    """Return what an instruction gives."""
    if instruction.op in TRUTHS:
        return "truth"
    match instruction.op:
        case "key":
            return "word"
        case "array":
            return "bundle"
        case _:
            return "real"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constant that a run gives: a number for each draw, or one for all."""

    name: str
    per_draw: bool


@dataclass(frozen=True, slots=True)
class StockSlot:
    """A stock: its initial value (`fixed` or `setup`) and its net flow (any region).

    One kept non-negative ends a step at no less than the lower of 0 and what it began the step with.
    """

    name: str
    start: int
    rate: int
    is_non_negative: bool = False


@dataclass(frozen=True, slots=True)
class DelaySlot:
    """A fixed delay: its input, what comes out until it is over, and how long it takes.

    The input and, where the delay moves, the duration are those of the first stage of a step, of any region;
    `start` is of `fixed` or `setup`, and so is the `duration` of a delay that does not move. Where it does,
    `missing` is what comes out when nothing does, or None if the last output is held then.
    """

    name: str
    input: int
    start: int
    duration: int
    moves: bool = False
    missing: int | None = None


@dataclass(frozen=True, slots=True)
class SampleSlot:
    """What a sample keeps: at first `start`, from step to step the `value` of a step's first stage."""

    name: str
    value: int
    start: int


@dataclass(frozen=True, slots=True)
class EventSlot:
    """A constant that events replace: its own value (`fixed` or `setup`), then (time, value) in order."""

    name: str
    base: int
    changes: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Program:
    """What one kind of run computes; the regions hold numbers of values in an order of evaluation.

    Leaves stand in no region: a printer finds them where they are kept. `outputs` are pairs of a variable's
    name and its value, a real of any region.
    """

    instructions: tuple[Instruction, ...]
    fixed: tuple[int, ...]
    setup: tuple[int, ...]
    grid: tuple[int, ...]
    event: tuple[int, ...]
    core: tuple[int, ...]
    tail: tuple[int, ...]
    parameters: tuple[Parameter, ...]
    tables: tuple[Lookup, ...]
    stocks: tuple[StockSlot, ...]
    delays: tuple[DelaySlot, ...]
    samples: tuple[SampleSlot, ...]
    events: tuple[EventSlot, ...]
    outputs: tuple[tuple[str, int], ...]
    method: Method

    def region(self, name: Region) -> tuple[int, ...]:
        """Return the values of a region, in order."""
        regions: dict[Region, tuple[int, ...]] = {
            "fixed": self.fixed,
            "setup": self.setup,
            "grid": self.grid,
            "event": self.event,
            "core": self.core,
            "tail": self.tail,
        }
        return regions[name]

    def regions_of(self) -> dict[int, Region]:
        """Return the region of each value; that of a leaf is the most often computed one it can change in."""
        found: dict[int, Region] = {}
        for number, instruction in enumerate(self.instructions):
            if instruction.op in LEAVES:
                found[number] = self._region_of_leaf(instruction)
        for name in REGIONS:
            found |= dict.fromkeys(self.region(name), name)
        return found

    def _region_of_leaf(self, leaf: Instruction) -> Region:
        match leaf.op:
            case "draw":
                return "setup"
            case "parameter":
                assert isinstance(leaf.detail, int)
                return "setup" if self.parameters[leaf.detail].per_draw else "fixed"
            case "step" | "step_time" | "time":
                return "grid"
            case "event":
                return "event"
            case "stock" | "delayed" | "held":
                return "core"
            case _:
                return "fixed"
