"""Other tools' runs of a model, by the names and at the times that Realities uses.

In comes a model file, out come its columns by `name_key`; `RefusedError` where the tool does not take the
file. The tools are there for development only: `need` skips a test on a machine without them and fails
it where everything is required. The tests beside this file compare.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from realities.engine.reference import simulate
from realities.ir.model import Model, name_key

#: Names that one tool has and another has not: they are no part of a model.
OWN_NAMES = {"dt", "time"}


class RefusedError(Exception):
    """The tool does not take the model."""


@dataclass(frozen=True)
class Columns:
    """A run of one draw: times (T,), and values (T,) by key."""

    times: NDArray[np.float64]
    values: Mapping[str, NDArray[np.float64]]


def need(module: str) -> ModuleType:
    """Return a module, or skip; on Linux fail instead where REALITIES_REQUIRE_ALL is 1."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError:
        if os.environ.get("REALITIES_REQUIRE_ALL") == "1" and sys.platform == "linux":
            pytest.fail(f"{module} is required here and not installed")
        pytest.skip(f"{module} is not installed")


def run_ours(model: Model, constants: Mapping[str, float] | None = None) -> Columns:
    """Return what Realities computes."""
    run = simulate(model, constants)
    return Columns(run.times, {name_key(name): values[0] for name, values in run.values.items()})


def run_pysimlin(path: Path, constants: Mapping[str, float] | None = None) -> Columns:
    """Return what pysimlin computes."""
    simlin = need("simlin")
    try:
        model = simlin.load(path)
        known = {name_key(name): name for name in model.run(analyze_loops=False).results.columns}
        changed = {known[name_key(name)]: value for name, value in (constants or {}).items()}
        results = model.run(changed, analyze_loops=False).results
    except (simlin.SimlinError, KeyError) as error:
        raise RefusedError(str(error)) from error
    times = np.asarray(results.index, dtype=float)
    return Columns(
        times, {name_key(str(name)): np.asarray(results[name], dtype=float) for name in results.columns}
    )


def run_pysd(path: Path) -> Columns:
    """Return what PySD computes; it writes a Python file beside the model."""
    pysd = need("pysd")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = pysd.read_vensim if path.suffix.lower() == ".mdl" else pysd.read_xmile
            frame = read(str(path)).run()
    except Exception as error:
        raise RefusedError(f"{type(error).__name__}: {error}") from error
    times = np.asarray(frame.index, dtype=float)
    return Columns(
        times, {name_key(str(name)): np.asarray(frame[name], dtype=float) for name in frame.columns}
    )


def disagreements(ours: Columns, theirs: Columns, *, relative: float = 1e-6) -> tuple[int, list[str]]:
    """Return how many columns both have, and where they differ by more than `relative`."""
    if len(ours.times) != len(theirs.times) or not np.allclose(
        ours.times, theirs.times, rtol=1e-9, atol=1e-9
    ):
        return 0, [f"times: {len(ours.times)} saved here, {len(theirs.times)} there"]
    common = sorted((ours.values.keys() & theirs.values.keys()) - OWN_NAMES)
    found = []
    for name in common:
        a, b = ours.values[name], theirs.values[name]
        size = np.maximum(np.abs(a), np.abs(b))
        # What is left of a difference of larger numbers is measured against the column.
        floor = np.max(size[np.isfinite(size)], initial=0.0)
        close = np.abs(a - b) <= relative * np.maximum(size, 1e-3 * floor) + 1e-12
        bad = ~(close | (a == b) | (np.isnan(a) & np.isnan(b)))
        if bad.any():
            at = int(np.argmax(bad))
            found.append(f"{name} at {ours.times[at]:g}: {a[at]:.9g} here, {b[at]:.9g} there")
    return len(common), found
