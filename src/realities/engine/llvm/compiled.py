"""A request compiled: the program, its code and where its results come out, for one kind of given constants.

In comes a `Request` and which constants a run gives; out goes a `Compiled`. The code is found on disk by the
program's text, so that nothing need be written or compiled where a process before has done it. `setting.py`
next adds the times of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.llvm.cache import Cache
from realities.engine.llvm.clock import Clock, make_clock
from realities.engine.llvm.emitted import Emitted
from realities.engine.llvm.native import Kernel, kernel_key
from realities.engine.llvm.targets import Machine
from realities.engine.program.lower import lower
from realities.engine.program.program import Program, kind_of
from realities.engine.program.text import program_text
from realities.engine.request import Request, fixed_method


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A program and its code.

    Attributes
    ----------
    program, kernel
        What is computed, and the code for it.
    emitted
        What the code's caller must know; without the text.
    columns, n_columns
        Column of the grid by value, and how many there are: a value of several parts has several.
    clock
        When runs step.
    functions
        Addresses of the C functions that the code calls.
    """

    program: Program
    kernel: Kernel
    emitted: Emitted
    columns: Mapping[int, int]
    n_columns: int
    clock: Clock
    functions: NDArray[np.uint64]


def compile_request(
    request: Request,
    given: Mapping[str, bool],
    *,
    machine: Machine,
    cache: Cache,
    optimized: bool = False,
) -> Compiled:
    """Return a request compiled for runs that give these constants (name -> differs between draws)."""
    method = fixed_method(request, "the compiled engine")
    program = lower(
        request.model,
        request.outputs,
        hold=request.hold,
        events=request.events,
        given=given,
        method=method,
    )

    def write() -> tuple[str, Mapping[str, Any]]:
        from realities.engine.llvm.kernel.emit import emit

        emitted = emit(program, machine.target)
        return emitted.text, {**asdict(emitted), "text": ""}

    key = kernel_key(program_text(program), machine)
    kernel = Kernel(key, write, machine=machine, cache=cache, optimized=optimized)
    emitted = _emitted(kernel.about)
    columns: dict[int, int] = {}
    n_columns = 0
    for value in emitted.grid_kept:
        columns[value] = n_columns
        n_columns += _n_parts(program, value)
    clock = make_clock(request, given)
    return Compiled(program, kernel, emitted, columns, n_columns, clock, _addresses(emitted))


def _addresses(emitted: Emitted) -> NDArray[np.uint64]:
    """Return the addresses of the C functions that code calls."""
    if not emitted.functions:
        return np.zeros(0, dtype=np.uint64)
    from realities.engine.llvm.math.special import address

    return np.array([address(name) for name in emitted.functions], dtype=np.uint64)


def _n_parts(program: Program, value: int) -> int:
    """Return how many doubles a value is."""
    instruction = program.instructions[value]
    if kind_of(instruction) != "bundle":
        return 1
    assert isinstance(instruction.detail, tuple)
    return int(instruction.detail[1])


def _emitted(about: Mapping[str, Any]) -> Emitted:
    """Return what a cache has kept of an `Emitted`: JSON knows lists only."""
    kept: dict[str, Any] = {field.name: about[field.name] for field in fields(Emitted)}
    kept = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
    return Emitted(**kept)
