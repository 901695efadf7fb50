"""The core in stretches: how many vectors run through the same code, and what passes from stretch to stretch.

In comes a `Program`; out goes `Stretches`. A processor looks about a hundred instructions ahead for some that
need not wait, but the equations of a model mostly wait for one another. So a group has several vectors, and
short stretches of code run for one after another: while one vector waits for a division, the next goes on.
What a stretch leaves to later ones goes through rows of the workspace, shared by values that are not needed
at the same time. `layout.py` gives the rows their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from realities.engine.program.program import Instruction, Program, kind_of

#: How many instructions of the processor an operation takes, roughly; others take one.
_WEIGHTS = {"min": 3, "max": 4, "read": 20, "call": 45, "uniform": 15, "key": 60, "array": 100}
#: A stretch has about so many instructions: longer ones run slower, by 6 % in the second case, and are
#: compiled sooner, which large programs need.
STRETCH, LONG_STRETCH, LARGE = 25, 45, 2500


@dataclass(frozen=True, slots=True)
class Stretches:
    """The core, stretch by stretch.

    Attributes
    ----------
    parts
        The operations of each stretch, in order.
    rows
        The first row, counted from 0, of each value that a later stretch, or what follows the core, uses.
    n_rows
        How many rows there are.
    """

    parts: tuple[tuple[int, ...], ...]
    rows: dict[int, int]
    n_rows: int


def make_stretches(program: Program, after: Iterable[int], size: int | None = None) -> Stretches:
    """Return the core of a program in stretches of a size; `after` are the values used after the core."""
    if size is None:
        size = STRETCH if len(program.instructions) < LARGE else LONG_STRETCH
    parts = _cut(program, program.core, size)
    made = {value: number for number, part in enumerate(parts) for value in part}
    last_use: dict[int, int] = {}
    for number, part in enumerate(parts):
        for value in part:
            for i in program.instructions[value].inputs:
                if i in made:
                    last_use[i] = number
    last_use |= {value: len(parts) for value in after if value in made}
    crossing = [value for value in made if last_use.get(value, -1) > made[value]]
    rows, n_rows = _share_rows(program, crossing, made, last_use)
    return Stretches(tuple(parts), rows, n_rows)


def divisions_together(program: Program, part: Sequence[int]) -> list[list[int]]:
    """Return the operations of a stretch one by one, but together divisions that do not wait for another."""
    rank: dict[int, int] = {}  # twice the divisions before it, one after another; odd for one itself
    for value in part:
        instruction = program.instructions[value]
        ready = max(((rank[i] + 1) // 2 * 2 for i in instruction.inputs if i in rank), default=0)
        rank[value] = ready + (instruction.op == "/")
    found: list[list[int]] = []
    for value in sorted(part, key=rank.__getitem__):
        if rank[value] % 2 and found and rank[found[-1][0]] == rank[value]:
            found[-1].append(value)
        else:
            found.append([value])
    return found


def weight(instruction: Instruction) -> int:
    """Return how many instructions of the processor an operation takes, roughly."""
    return _WEIGHTS.get(instruction.op, 1)


def _cut(program: Program, order: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Return the order in parts of about equal weight, none much above a size."""
    weights = [weight(program.instructions[value]) for value in order]
    n_parts = max(-(-sum(weights) // size), 1)
    bound = sum(weights) / n_parts
    parts: list[list[int]] = [[]]
    total = 0.0
    for value, w in zip(order, weights, strict=True):
        if total + w / 2 > bound * len(parts) and parts[-1]:
            parts.append([])
        parts[-1].append(value)
        total += w
    return [tuple(part) for part in parts]


def _share_rows(
    program: Program, crossing: Sequence[int], made: dict[int, int], last_use: dict[int, int]
) -> tuple[dict[int, int], int]:
    """Return a row for each value: its own until the stretch that uses it last has run."""
    rows: dict[int, int] = {}
    free: list[int] = []
    ending: dict[int, list[int]] = {}
    n_rows = stretch = 0
    for value in crossing:
        while stretch < made[value]:
            free += ending.pop(stretch, [])
            stretch += 1
        instruction = program.instructions[value]
        if kind_of(instruction) == "bundle":
            assert isinstance(instruction.detail, tuple)
            rows[value], n_rows = n_rows, n_rows + int(instruction.detail[1])
            continue
        if free:
            rows[value] = free.pop()
        else:
            rows[value], n_rows = n_rows, n_rows + 1
        ending.setdefault(last_use[value], []).append(rows[value])
    return rows, n_rows
