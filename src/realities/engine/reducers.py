"""What can be made of an ensemble while it runs: quantiles, means, counts, anything of each draw.

`run_batch` gives each of these the blocks of an ensemble (`batch.py`), and all of them give the same for any
size of block. Draws that left the real numbers take no part, except where said so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.engine.quantiles import MEMORY_BYTES, SeriesQuantiles
from realities.trajectories import Trajectories

FloatArray = NDArray[np.float64]

#: Draws whose sums are taken together; sums of these are added in order, so that blocks do not show.
_CHUNK = 1024


class _OfSeries:
    """Something of each series of numbers that a variable has at a saved time."""

    def __init__(self, outputs: Sequence[str] | None) -> None:
        self.outputs: tuple[str, ...] | None = None if outputs is None else tuple(outputs)
        self.times = np.empty(0)

    @property
    def n_series(self) -> int:
        """How many series there are."""
        return len(self.outputs or ()) * self.times.size

    def begin(self, n_draws: int, like: Trajectories) -> None:
        """Make ready for draws that look like these."""
        del n_draws
        self.outputs = tuple(like.values) if self.outputs is None else self.outputs
        self.times = like.times

    def of_block(self, first_draw: int, block: Trajectories) -> FloatArray:
        """Return the values of a block, (series, draw)."""
        del first_draw
        return series_of(block, self.outputs)


class Quantiles(_OfSeries):
    """Exact quantiles of variables at every saved time.

    Parameters
    ----------
    probabilities
        Which, shape (P,).
    outputs
        Of which of the variables that are saved; default: all.
    memory_bytes
        What they may take; see `quantiles.py`.

    Raises
    ------
    ValueError
        If a probability is not from 0 to 1, or there is none.
    """

    def __init__(
        self,
        probabilities: ArrayLike = (0.05, 0.25, 0.5, 0.75, 0.95),
        *,
        outputs: Sequence[str] | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        super().__init__(outputs)
        self.probabilities = np.atleast_1d(np.asarray(probabilities, dtype=np.float64))
        if not self.probabilities.size or not np.all(
            (self.probabilities >= 0.0) & (self.probabilities <= 1.0)
        ):
            raise ValueError("probabilities must be at least one number from 0 to 1")
        self._memory_bytes = memory_bytes
        self._kept: SeriesQuantiles | None = None

    def begin(self, n_draws: int, like: Trajectories) -> None:
        """Make ready for draws that look like these."""
        super().begin(n_draws, like)
        self._kept = SeriesQuantiles(
            self.probabilities, self.n_series, n_draws, memory_bytes=self._memory_bytes
        )

    def take(self, part: FloatArray) -> None:
        """Take up the values of a block."""
        self._begun().add(part)

    def finish(self) -> bool:
        """Return whether all quantiles are certain; if not, all blocks are needed once more."""
        return self._begun().finish()

    def result(self) -> dict[str, FloatArray]:
        """Return the quantiles of each variable, (probability, time); NaN where every draw failed.

        Raises
        ------
        RealitiesError
            If the batch was interrupted before they were certain.
        """
        values = self._begun().result().reshape(self.probabilities.size, -1, self.times.size)
        return {name: values[:, place] for place, name in enumerate(self.outputs or ())}

    def _begun(self) -> SeriesQuantiles:
        if self._kept is None:
            raise RuntimeError("quantiles are filled by run_batch")
        return self._kept


class Moments(_OfSeries):
    """Means and standard deviations of variables, all or some, at every saved time: `mean()` and `sd()`."""

    def __init__(self, outputs: Sequence[str] | None = None) -> None:
        super().__init__(outputs)
        self.n = 0
        self._mean = self._squares = np.empty(0)
        self._waiting = np.empty((0, 0))

    def begin(self, n_draws: int, like: Trajectories) -> None:
        """Make ready for draws that look like these."""
        super().begin(n_draws, like)
        self.n, self._mean, self._squares = 0, np.zeros(self.n_series), np.zeros(self.n_series)
        self._waiting = np.empty((self.n_series, 0))

    def take(self, part: FloatArray) -> None:
        """Take up the values of a block: whole chunks at once, the rest with the next block."""
        values = np.concatenate([self._waiting, part], axis=1)
        whole = values.shape[1] // _CHUNK * _CHUNK
        for start in range(0, whole, _CHUNK):
            self._add(np.ascontiguousarray(values[:, start : start + _CHUNK]))
        self._waiting = values[:, whole:].copy()

    def finish(self) -> bool:
        """Take up what waits; there is nothing that would need a second pass."""
        self._add(self._waiting)
        self._waiting = self._waiting[:, :0]
        return True

    def mean(self) -> dict[str, FloatArray]:
        """Return the mean of each variable, (time,)."""
        return self._by_name(self._mean if self.n else np.full_like(self._mean, np.nan))

    def sd(self) -> dict[str, FloatArray]:
        """Return the standard deviation of each variable, (time,), with n - 1 below the fraction."""
        return self._by_name(
            np.sqrt(self._squares / (self.n - 1)) if self.n > 1 else np.full_like(self._mean, np.nan)
        )

    def _add(self, values: FloatArray) -> None:
        """Merge the moments of a chunk into those before (Chan, Golub and LeVeque 1983)."""
        n = values.shape[1]
        if not n:
            return
        mean = values.mean(axis=1)
        off = mean - self._mean
        total = self.n + n
        self._squares += ((values - mean[:, np.newaxis]) ** 2).sum(axis=1) + off**2 * (self.n * n / total)
        self._mean += off * (n / total)
        self.n = total

    def _by_name(self, values: FloatArray) -> dict[str, FloatArray]:
        return dict(zip(self.outputs or (), values.reshape(-1, self.times.size), strict=True))


class Each:
    """Something of every draw, failed ones included: what `measure(block)` gives, one row for each draw.

    `measure` runs on several threads at once and must look at each draw alone.
    """

    def __init__(self, measure: Callable[[Trajectories], ArrayLike]) -> None:
        self._measure = measure
        self._parts: list[NDArray[Any]] = []

    def begin(self, n_draws: int, like: Trajectories) -> None:
        """Forget an earlier batch."""
        del n_draws, like
        self._parts = []

    def of_block(self, first_draw: int, block: Trajectories) -> NDArray[Any]:
        """Return the measures of a block."""
        del first_draw
        found = np.array(self._measure(block))  # a copy: what is kept must not keep the block
        if found.shape[:1] != (block.n_draws,):
            raise ValueError(f"a measure gave {found.shape} for {block.n_draws} draws")
        return found

    def take(self, part: NDArray[Any]) -> None:
        """Keep the measures of a block."""
        self._parts.append(part)

    def finish(self) -> bool:
        """Return that no second pass is needed."""
        return True

    def result(self) -> NDArray[Any]:
        """Return the measures, (draw, ...)."""
        return np.concatenate(self._parts)


class Count:
    """How many draws something holds for: `holds(block)` gives (draw,) or (draw, ...) of true and false."""

    def __init__(self, holds: Callable[[Trajectories], ArrayLike]) -> None:
        self._holds = holds
        self._total: NDArray[np.int64] | int = 0
        self.n = 0

    def begin(self, n_draws: int, like: Trajectories) -> None:
        """Start from nothing."""
        del n_draws, like
        self._total, self.n = 0, 0

    def of_block(self, first_draw: int, block: Trajectories) -> tuple[NDArray[np.int64], int]:
        """Return for how many draws of a block it holds, and how many there are."""
        del first_draw
        found = np.asarray(self._holds(block), dtype=np.bool_)[~block.failed]
        return found.sum(axis=0, dtype=np.int64), found.shape[0]

    def take(self, part: tuple[NDArray[np.int64], int]) -> None:
        """Add the counts of a block."""
        self._total, self.n = self._total + part[0], self.n + part[1]

    def finish(self) -> bool:
        """Return that no second pass is needed."""
        return True

    def result(self) -> NDArray[np.int64]:
        """Return for how many of the `n` draws that did not fail it holds, (...)."""
        return np.asarray(self._total)


def series_of(block: Trajectories, outputs: Sequence[str] | None) -> FloatArray:
    """Return the values of the draws that did not fail, (output times time, draw)."""
    kept = slice(None) if not block.failed.any() else ~block.failed
    names = tuple(block.values) if outputs is None else outputs
    n_times, n_draws = block.times.size, int((~block.failed).sum())
    values = np.empty((len(names) * n_times, n_draws))
    for place, name in enumerate(names):
        values[place * n_times : (place + 1) * n_times] = block[name].T[:, kept]
    return values
