"""Node, where there is one: it runs the JavaScript of many models in one process.

In come programs and what each is to run; out come numbers. `host.js` is the other end. `simulator.py` runs a
single program with it, tests run hundreds at once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from realities.engine.js.emit import library, source
from realities.engine.program.program import Program
from realities.errors import InternalError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What a program is to run.

    Attributes
    ----------
    parameters
        (draw, parameter).
    events
        Times and values of each event slot, (n,) both.
    times, lengths
        Of the steps, (K + 1,) and (K,).
    keep
        Numbers of the steps that are kept, ascending, (T,).
    seed, first_draw
        What random functions depend on.
    """

    parameters: FloatArray
    events: Sequence[tuple[FloatArray, FloatArray]]
    times: FloatArray
    lengths: FloatArray
    keep: NDArray[np.intp]
    seed: int = 0
    first_draw: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a job gave: `kept` is (draw, time, output), `failed` (draw,)."""

    kept: FloatArray
    failed: NDArray[np.bool_]


def node() -> str | None:
    """Return the path of Node, None where there is none; REALITIES_NODE names another one."""
    return shutil.which(os.environ.get("REALITIES_NODE") or "node")


def run_programs(asked: Sequence[tuple[Program, Sequence[Job]]]) -> list[list[Found]]:
    """Return what programs give, for each its jobs in order.

    Raises
    ------
    FileNotFoundError
        If there is no Node.
    InternalError
        If it fails.
    """
    program = node()
    if program is None:
        raise FileNotFoundError("no program named node was found")
    numbers = _Numbers()
    models = [
        {"library": library(one), "source": source(one), "jobs": [numbers.described(job) for job in jobs]}
        for one, jobs in asked
    ]
    description = json.dumps(models).encode()
    parts = (np.array([float(len(description))]).tobytes(), description, *numbers.parts)
    with as_file(files("realities.engine.js") / "host.js") as host:
        done = subprocess.run([program, str(host)], input=b"".join(parts), capture_output=True, check=False)
    if done.returncode:
        raise InternalError(
            "Node could not run a model: " + done.stderr.decode(errors="replace").strip()[-2000:]
        )
    return _found(asked, np.frombuffer(done.stdout))


class _Numbers:
    """The arrays of a request, one after another, each once."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._end = 0
        self._known: dict[bytes, int] = {}

    def described(self, job: Job) -> dict[str, object]:
        return {
            "parameters": self._add(job.parameters),
            "events": [[self._add(times), self._add(values)] for times, values in job.events],
            "times": self._add(job.times),
            "lengths": self._add(job.lengths),
            "keep": self._add(job.keep),
            "draws": len(job.parameters),
            "seed": job.seed,
            "first": job.first_draw,
        }

    def _add(self, array: NDArray[np.float64] | NDArray[np.intp]) -> dict[str, int]:
        data = np.ascontiguousarray(array, dtype="<f8").tobytes()
        if data not in self._known:
            self._known[data] = self._end
            self.parts.append(data)
            self._end += len(data) // 8
        return {"at": self._known[data], "size": len(data) // 8}


def _found(asked: Sequence[tuple[Program, Sequence[Job]]], numbers: FloatArray) -> list[list[Found]]:
    """Return the numbers that came back as results."""
    at = 0

    def take(*shape: int) -> FloatArray:
        nonlocal at
        size = int(np.prod(shape))
        at += size
        return numbers[at - size : at].reshape(shape)

    return [
        [
            Found(
                take(len(job.parameters), job.keep.size, len(program.outputs)),
                take(len(job.parameters)) != 0.0,
            )
            for job in jobs
        ]
        for program, jobs in asked
    ]
