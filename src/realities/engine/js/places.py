"""Where the code of a page keeps the values that outlive the function that computes them.

In comes a `Program`; out go `Places`. Numbers stand in `m`, whose first are the parameters; stocks in `y`,
their net flows in `d`; what depends on time alone in a row of `G` for each step and stage, which all draws
share. What is used only where it is computed has no place: it is a local variable there, or part of an
expression. `functions.py` next prints functions against these places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from realities.engine.program.program import LEAVES, REGIONS, Program, Region, kind_of

#: Operations in one function: a browser optimizes functions one by one. Larger ones are no faster in the end,
#: and later so (bench/bench_js.py --chunk).
CHUNK = 100

#: When something is done: a region's time, or when a step puts into delays what enters (`enter`) and
#: finds what leaves them when nothing does (`missing`).
When = Region | Literal["enter", "missing"]
#: What is stored where: in an array of its own, or in a block of `m`.
Kind = Literal["y", "d", "G", "O", "events", "held", "starting", "missing", "entering", "lasting"]
Aim = tuple[Kind, int, int]


@dataclass(frozen=True, slots=True)
class Places:
    """Where values are kept.

    Attributes
    ----------
    regions
        The region of each value.
    chunks
        By region, its values in parts: each is a function.
    aims
        What is stored, and when: the kind of the place, its number there, the value.
    memory, n_memory
        The place in `m` by value, and how many places there are.
    columns, n_columns
        The place in a row of `G` by value, and how many there are. A word takes two places, a bundle as many
        as it has parts.
    first
        The first place in `m` of constants that events replace (`events`), of what `delayed` gives, of what
        samples hold (`held`), of what delays give at first (`starting`) or when nothing leaves
        (`missing`), of what enters them (`entering`) and how long it stays (`lasting`); `seed` and `draw`.
    """

    regions: Mapping[int, Region]
    chunks: Mapping[When, tuple[tuple[int, ...], ...]]
    aims: Mapping[When, tuple[Aim, ...]]
    memory: Mapping[int, int]
    n_memory: int
    columns: Mapping[int, int]
    n_columns: int
    first: Mapping[str, int]


def make_places(program: Program, chunk: int = CHUNK) -> Places:
    """Return where the code of a program keeps its values; `chunk` is the size of a function."""
    regions = program.regions_of()
    chunks: dict[When, tuple[tuple[int, ...], ...]] = {
        name: _cut(program.region(name), chunk) for name in REGIONS
    }
    aims = _aims(program)
    first, end = _blocks(program)
    kept = _kept(program, chunks, aims)
    columns, n_columns = _placed(program, [v for v in kept if regions[v] == "grid"], 0)
    aims["grid"] = tuple(
        ("G", column, v) for v, column in columns.items() if program.instructions[v].op in LEAVES
    )
    others = [v for v in kept if regions[v] != "grid" and program.instructions[v].op not in LEAVES]
    memory, end = _placed(program, others, end)
    return Places(regions, chunks, aims, memory, end, columns, n_columns, first)


def _blocks(program: Program) -> tuple[dict[str, int], int]:
    """Return the first place of each block of `m`, and the place after the last."""
    n_delays = len(program.delays)
    sizes = {
        "seed": 1,
        "draw": 1,
        "events": len(program.events),
        "held": len(program.samples),
        **dict.fromkeys(("delayed", "starting", "missing", "entering", "lasting"), n_delays),
    }
    first, end = dict[str, int](), len(program.parameters)
    for name, size in sizes.items():
        first[name], end = end, end + size
    return first, end


def _cut(values: tuple[int, ...], size: int) -> tuple[tuple[int, ...], ...]:
    """Return values in parts of about equal size."""
    n_parts = -(-len(values) // size)
    return tuple(
        values[k * len(values) // n_parts : (k + 1) * len(values) // n_parts] for k in range(n_parts)
    )


def _aims(program: Program) -> dict[When, tuple[Aim, ...]]:
    """Return what a run stores besides values that are used further on."""
    stocks, samples = program.stocks, program.samples
    delays = list(enumerate(program.delays))
    setup: list[Aim] = [("y", k, stock.start) for k, stock in enumerate(stocks)]
    setup += [("events", k, event.base) for k, event in enumerate(program.events)]
    setup += [("held", k, sample.start) for k, sample in enumerate(samples)]
    setup += [("starting", k, delay.start) for k, delay in delays]
    setup += [("lasting", k, delay.duration) for k, delay in delays if not delay.moves]
    enter: list[Aim] = [("entering", k, delay.input) for k, delay in delays]
    enter += [("lasting", k, delay.duration) for k, delay in delays if delay.moves]
    enter += [("held", k, sample.value) for k, sample in enumerate(samples)]
    return {
        "setup": tuple(setup),
        "core": tuple(("d", k, stock.rate) for k, stock in enumerate(stocks)),
        "tail": tuple(("O", k, value) for k, (_, value) in enumerate(program.outputs)),
        "enter": tuple(enter),
        "missing": tuple(("missing", k, one.missing) for k, one in delays if one.missing is not None),
    }


def _kept(
    program: Program,
    chunks: Mapping[When, tuple[tuple[int, ...], ...]],
    aims: Mapping[When, tuple[Aim, ...]],
) -> list[int]:
    """Return the values that are used outside of the function that computes them, or are several numbers."""
    computed: dict[When, set[int]] = {name: set(program.region(name)) for name in REGIONS}
    kept = {
        value
        for when, several in aims.items()
        for _, _, value in several
        if value not in computed.get(when, ())
    }
    for name in REGIONS:
        for part in chunks[name]:
            inside = set(part)
            kept.update(i for value in part for i in program.instructions[value].inputs if i not in inside)
            kept.update(v for v in part if kind_of(program.instructions[v]) in ("word", "bundle"))
    return sorted(kept)


def _placed(program: Program, values: list[int], first: int) -> tuple[dict[int, int], int]:
    places: dict[int, int] = {}
    for value in values:
        places[value] = first
        first += _n_parts(program, value)
    return places, first


def _n_parts(program: Program, value: int) -> int:
    """Return how many places a value takes."""
    instruction = program.instructions[value]
    match kind_of(instruction):
        case "word":
            return 2
        case "bundle":
            assert isinstance(instruction.detail, tuple)
            return int(instruction.detail[1])
        case _:
            return 1


def in_chunks(places: Places, when: When) -> Iterator[tuple[tuple[int, ...], list[Aim]]]:
    """Yield the parts of a region with what is stored in each; what is computed elsewhere with the last."""
    parts, aims = places.chunks.get(when, ()), places.aims.get(when, ())
    if not parts and not aims:
        return
    where = {value: number for number, part in enumerate(parts) for value in part}
    last = max(len(parts) - 1, 0)
    stored: list[list[Aim]] = [[] for _ in range(last + 1)]
    for aim in aims:
        stored[where.get(aim[2], last)].append(aim)
    yield from zip(parts or ((),), stored, strict=True)
