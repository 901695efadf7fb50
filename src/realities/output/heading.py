"""What a file of results says at its top, and the slabs of draws that follow.

A `Heading` is known before anything has run for long; how many draws go into a slab follows from it alone,
so that the same results always make the same bytes. Next are the three formats.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Bytes of one slab, all variables together, and of one variable's part of it.
SLAB_BYTES = 16 * 2**20
CHUNK_BYTES = 2**20


@dataclass(frozen=True, eq=False)
class Heading:
    """Which variables a file has, at which times, and of how many draws.

    Attributes
    ----------
    names
        The variables, in the order of the file.
    units
        The unit of each as text, empty where there is none.
    times
        The times saved, shape (T,).
    time_unit
        The unit of `times`; None if it is not known.
    n_draws
        How many draws there are.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    times: FloatArray
    n_draws: int
    time_unit: str | None = None

    @property
    def slab(self) -> int:
        """How many draws go into one slab, the last of them aside."""
        per_variable = 8 * max(self.times.size, 1)
        fits = min(SLAB_BYTES // (per_variable * max(len(self.names), 1)), CHUNK_BYTES // per_variable)
        return max(1, min(fits, self.n_draws))

    def slabs(self) -> Iterator[tuple[int, int]]:
        """Return the first draw of every slab and the one behind its last."""
        for first in range(0, self.n_draws, self.slab):
            yield first, min(first + self.slab, self.n_draws)


@dataclass(frozen=True, eq=False)
class Slab:
    """Some draws in their order: for each variable of the heading (draw, T), and who failed, (draw,)."""

    first: int
    values: tuple[FloatArray, ...]
    failed: NDArray[np.bool_]

    @property
    def end(self) -> int:
        """The draw behind the last."""
        return self.first + int(self.failed.size)


def number_text(value: float) -> str:
    """Return the shortest text that reads back as the same number, whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def unique_labels(names: Iterable[str], slash: str = "/", also: Iterable[str] = ()) -> dict[str, str]:
    """Return a label for each variable, none that of a coordinate or in `also`, and no two the same."""
    taken = {"draw", "time", "failed", *also}
    tries: dict[str, int] = {}
    labels: dict[str, str] = {}
    for name in names:
        stem = name.replace("/", slash).strip() or "variable"
        n = tries.get(stem, 0)
        while stem + "_" * n in taken:
            n += 1
        tries[stem] = n + 1
        labels[name] = stem + "_" * n
        taken.add(labels[name])
    return labels


def write_beside(path: Path, write: Callable[[Path], object]) -> None:
    """Write to a new file beside `path`, then rename it: no reader ever sees half a file.

    Raises
    ------
    OSError
        If that is not possible; it names `path`, not the file beside it.
    """
    try:
        _write_beside(path, write)
    except OSError as problem:
        problem.filename, problem.filename2 = str(path), None
        raise


def _write_beside(path: Path, write: Callable[[Path], object]) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        write(beside)
        umask = os.umask(0)
        os.umask(umask)
        beside.chmod(0o666 & ~umask)  # a temporary file is private; what replaces a result is not
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
