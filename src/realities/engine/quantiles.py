"""Exact quantiles of many series in bounded memory: values in as they come, order statistics out.

A quantile needs one or two of a series' sorted values, so the others only have to be counted. The first
values show roughly where each quantile will lie: a bracket of a few standard deviations of an order statistic
to both sides. Values inside it are kept, those outside counted, and brackets narrow as values accumulate. In
the end the counts say whether a bracket holds the wanted value. Where it does, the result is exact. Where it
does not, as when values come in sorted, `finish` says so and the same values are needed once more: a second
pass has its brackets from a sample of the whole. Nothing depends on how the values are cut into blocks.

`reducers.py` feeds it from the runs of a model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.errors import RealitiesError

FloatArray = NDArray[np.float64]

#: What is kept of all series together, unless the caller says otherwise.
MEMORY_BYTES = 64 * 2**20
#: Half-width of a bracket in standard deviations of the order statistic: one in a million misses.
_SIGMAS = 5.0
#: With fewer values of each series in view a bracket says too little to be worth it.
_LEAST_STAGE = 1000
#: At most about so many values of each series are sampled for a second pass.
_SAMPLE = 4096


@dataclass(slots=True)
class _Bracket:
    """Where one quantile of one series lies: counts around an open interval, and the values inside it."""

    low: float = -math.inf
    high: float = math.inf
    n_below: int = 0
    n_low: int = 0
    n_high: int = 0
    parts: list[FloatArray] = field(default_factory=list)

    @property
    def n_inside(self) -> int:
        return sum(part.size for part in self.parts)

    def inside(self) -> FloatArray:
        """Return the values inside, sorted."""
        if len(self.parts) != 1:
            whole = np.concatenate(self.parts) if self.parts else np.empty(0)
            whole.sort()
            self.parts = [whole]
        return self.parts[0]

    def add(self, values: FloatArray, left: Sequence[int], right: Sequence[int]) -> None:
        """Take up sorted values; `left` and `right` are where `low` and `high` stand among them."""
        self.n_below += left[0]
        self.n_low += right[0] - left[0]
        if self.high > self.low:
            if left[1] > right[0]:
                self.parts.append(values[right[0] : left[1]].copy())
            self.n_high += right[1] - left[1]

    def at(self, rank: int) -> float | None:
        """Return the value of a rank, from 0, or None if it does not lie in the bracket."""
        place = rank - self.n_below
        if place < 0:
            return None
        if place < self.n_low:
            return self.low
        place -= self.n_low
        inside = self.inside()
        if place < inside.size:
            return float(inside[place])
        return self.high if place - inside.size < self.n_high else None

    def narrow(self, first: int, last: int, n: int) -> None:
        """Forget what lies outside ranks `first` to `last` of the `n` values so far, but count it.

        Beyond the first and the last of them a bracket stays as open as it is.
        """
        low = self.at(first) if first > 0 else self.low
        high = self.at(last) if last < n - 1 else self.high
        inside = self.inside()
        if low is None or high is None:
            return  # a miss: the wanted value is not in here, and nothing is gained by less
        if low > self.low:
            start, end = _both(inside, low)
            self.n_below += self.n_low + start
            self.low, self.n_low = low, end - start
            inside = inside[end:]
        if high == self.low:
            self.high, self.n_high, inside = high, 0, inside[:0]
        elif high < self.high:
            start, end = _both(inside, high)
            self.high, self.n_high = high, end - start
            inside = inside[:start]
        self.parts = [inside.copy()]


def _both(values: FloatArray, edge: float) -> tuple[int, int]:
    """Return where an edge stands among sorted values: before its equals and behind them."""
    return int(np.searchsorted(values, edge, "left")), int(np.searchsorted(values, edge, "right"))


class SeriesQuantiles:
    """Quantiles of several series of the same length, as `np.quantile` defines them (linear).

    Add all values, then `finish`; where that says no, add the same values once more.

    Parameters
    ----------
    probabilities
        Which quantiles, shape (P,), each from 0 to 1.
    n_series
        How many series, S.
    n_expected
        How many values each will have at most. Fewer may come; the result is that of those that came.
    memory_bytes
        What to keep of all series together; see `stage_size` for how many series it is enough for. From some
        millions of values on, what is kept grows with the square root of their number.

    Raises
    ------
    ValueError
        If a probability is not from 0 to 1, or there are too many series for the memory.

    Examples
    --------
    >>> kept = SeriesQuantiles([0.5], n_series=2, n_expected=3)
    >>> kept.add([[3.0, 1.0, 2.0], [0.0, 0.0, 10.0]])
    >>> kept.finish()
    True
    >>> kept.result()
    array([[2., 0.]])
    """

    def __init__(
        self,
        probabilities: ArrayLike,
        n_series: int,
        n_expected: int,
        *,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.probabilities = np.atleast_1d(np.asarray(probabilities, dtype=np.float64))
        if not bool(np.all((self.probabilities >= 0) & (self.probabilities <= 1))):
            raise ValueError("probabilities must be numbers from 0 to 1")
        self.n_series, self.n_expected = n_series, max(n_expected, 1)
        n_stage = stage_size(n_series, self.n_expected, memory_bytes)
        if not n_stage:
            raise ValueError(f"{n_series} series are too many for quantiles in {memory_bytes / 2**20:g} MiB")
        self._stage = np.empty((n_series, n_stage))
        self._n_staged = self._n_seen = self._n_before = 0
        self._limit = memory_bytes // 16  # kept values, for half of the memory
        self._most_sampled = min(_SAMPLE, max(memory_bytes // (64 * max(n_series, 1)), 16))
        self._sample: list[FloatArray] = []
        self._brackets: dict[tuple[int, int], _Bracket] = {}
        shape = (self.probabilities.size, n_series)
        self._is_found = np.zeros(shape, dtype=np.bool_)
        self._neighbors = np.empty((2, *shape))  # the values of the ranks next to each quantile
        self._tries: dict[tuple[int, int], int] = {}
        self._room = 0.0  # values that brackets of a later pass may hold together
        self._pass = 1

    @property
    def n(self) -> int:
        """How many values of each series were taken up in this pass."""
        return self._n_seen + self._n_staged

    def add(self, values: ArrayLike) -> None:
        """Take up finite values, shape (series, n), for any n.

        Raises
        ------
        ValueError
            If these are more than were expected.
        """
        array = np.asarray(values, dtype=np.float64)
        if self.n + array.shape[1] > self.n_expected:
            raise ValueError(f"{self.n + array.shape[1]} values where {self.n_expected} were expected")
        start = 0
        while start < array.shape[1]:
            n = min(self._stage.shape[1] - self._n_staged, array.shape[1] - start)
            # Adding 0 makes -0 a 0: equal numbers, whose order in a sort would be nobody's decision.
            np.add(array[:, start : start + n], 0.0, out=self._stage[:, self._n_staged : self._n_staged + n])
            self._n_staged += n
            start += n
            if self._n_staged == self._stage.shape[1] < self.n_expected:
                self._digest()

    def finish(self) -> bool:
        """Work out the quantiles; return whether all are there. If not, the same values are needed again.

        Raises
        ------
        RealitiesError
            If a second pass had more or fewer values than the first.
        """
        if self._pass == 1 and not self._brackets:
            self._pick()
            return True
        self._digest()
        if self._pass > 1 and self._n_seen != self._n_before:
            raise RealitiesError("quantiles need the same values in a second pass as in the first")
        for (p, s), bracket in self._brackets.items():
            found = [bracket.at(rank) for rank in self._ranks(p)]
            if None not in found:
                self._neighbors[:, p, s] = found
                self._is_found[p, s] = True
        if self._is_found.all():
            self._brackets, self._sample = {}, []
            return True
        self._start_again()
        return False

    def result(self) -> FloatArray:
        """Return the quantiles, shape (probability, series); NaN where there were no values.

        Raises
        ------
        RealitiesError
            If `finish` was not called or asked for another pass.
        """
        if not self._is_found.all():
            raise RealitiesError("some quantiles lie outside their brackets; the values are needed again")
        if self.n == 0:
            return np.full(self._is_found.shape, np.nan)
        places = (self.n - 1) * self.probabilities
        # Between two neighbors NumPy is asked itself, so that even the rounding is its own.
        rows = [
            np.quantile(self._neighbors[:, p], place - math.floor(place), axis=0)
            for p, place in enumerate(places.tolist())
        ]
        return np.array(rows).reshape(self._is_found.shape)

    def _pick(self) -> None:
        """Take the quantiles from the stage, where all that there is still waits."""
        staged = self._stage[:, : self._n_staged]
        staged.sort(axis=1)
        if self._n_staged:
            for p in range(self.probabilities.size):
                self._neighbors[:, p] = staged[:, self._ranks(p)].T
        self._is_found[:] = True

    def _ranks(self, p: int) -> tuple[int, int]:
        """Return the ranks, from 0, of the two values next to a quantile of all that came."""
        rank = math.floor((self.n - 1) * float(self.probabilities[p]))
        return rank, min(rank + 1, self.n - 1)

    def _digest(self) -> None:
        """Sort what waits in the stage and share it out among the brackets."""
        n = self._n_staged
        if not n:
            return
        staged = self._stage[:, :n]
        if self._pass == 1 and self._n_seen + n < self.n_expected:
            numbers = np.arange(self._n_seen, self._n_seen + n, dtype=np.uint64)
            self._sample.append(staged[:, _sampled(numbers, self._most_sampled / self.n_expected)])
        staged.sort(axis=1)
        if self._pass == 1 and not self._brackets:
            self._brackets = self._open()
        self._n_seen, self._n_staged = self._n_seen + n, 0
        for s, brackets in _by_series(self._brackets).items():
            edges = [edge for bracket in brackets for edge in (bracket.low, bracket.high)]
            left = np.searchsorted(staged[s], edges, "left").tolist()
            right = np.searchsorted(staged[s], edges, "right").tolist()
            for i, bracket in enumerate(brackets):
                bracket.add(staged[s], left[2 * i : 2 * i + 2], right[2 * i : 2 * i + 2])
        if self._pass == 1:
            self._narrow_if_full()

    def _open(self) -> dict[tuple[int, int], _Bracket]:
        """Return brackets around where the staged values, sorted or few, put each quantile."""
        staged = self._stage[:, : self._n_staged]
        staged.sort(axis=1)
        return {
            (p, s): _between(staged[s], *self._window(q, self._n_staged))
            for p, q in enumerate(self.probabilities.tolist())
            for s in range(self.n_series)
        }

    def _window(self, q: float, n: int, sigmas: float = _SIGMAS) -> tuple[int, int]:
        """Return ranks among the first `n` values between which the quantile of all will lie.

        Seen from all `n_expected` values, the first `n` are a sample without putting back.
        """
        left = max(1.0 - n / self.n_expected, 0.0)
        spread = math.ceil(sigmas * math.sqrt(q * (1.0 - q) * n * left)) + 2
        rank = math.floor(q * (n - 1))
        return rank - spread, rank + 1 + spread

    def _narrow_if_full(self) -> None:
        if sum(bracket.n_inside for bracket in self._brackets.values()) <= self._limit:
            return
        for (p, _), bracket in self._brackets.items():
            bracket.narrow(*self._window(float(self.probabilities[p]), self._n_seen), self._n_seen)
        kept = sum(bracket.n_inside for bracket in self._brackets.values())
        self._limit = max(self._limit, 2 * kept)

    def _start_again(self) -> None:
        """Open brackets for quantiles that were missed, around where the sample puts them.

        As many as fit in the memory, or a third of all, so that a few passes are enough.
        """
        sample = np.sort(np.concatenate(self._sample, axis=1), axis=1)
        n = sample.shape[1]
        windows: dict[tuple[int, int], tuple[int, int]] = {}
        for p, s in np.ndindex(self.probabilities.size, self.n_series):
            if not self._is_found[p, s]:
                q = float(self.probabilities[p])
                spread = 2 ** self._tries.get((p, s), 0) * (
                    math.ceil(_SIGMAS * math.sqrt(q * (1.0 - q) * n)) + 2
                )
                rank = math.floor(q * (n - 1))
                windows[p, s] = (rank - spread, rank + 1 + spread)
        sizes = (
            np.array([min(last, n) - max(first, 0) for first, last in windows.values()]) * self._n_seen / n
        )
        self._room = self._room or max(self._limit, sizes.sum() / 3)
        n_opened = int(np.searchsorted(np.cumsum(sizes), self._room)) + 1
        self._brackets = {(p, s): _between(sample[s], *windows[p, s]) for p, s in list(windows)[:n_opened]}
        for pair in self._brackets:
            self._tries[pair] = self._tries.get(pair, 0) + 1
        self._n_before, self._n_seen = self._n_seen, 0
        self._pass += 1


def stage_size(n_series: int, n_expected: int, memory_bytes: int = MEMORY_BYTES) -> int:
    """Return how many values of each series are looked at together, or 0 if the memory is not enough.

    That is all of them where they fit, otherwise as many as fill half of it.
    """
    n_fitting = memory_bytes // (8 * max(n_series, 1))
    if n_expected <= n_fitting:
        return n_expected
    return n_fitting // 2 if n_fitting // 2 >= _LEAST_STAGE else 0


def _between(values: FloatArray, first: int, last: int) -> _Bracket:
    """Return the bracket between two ranks of sorted values; beyond the ends it is open."""
    low = float(values[first]) if first > 0 else -math.inf
    high = float(values[last]) if last < values.size - 1 else math.inf
    return _Bracket(low, high)


def _by_series(brackets: dict[tuple[int, int], _Bracket]) -> dict[int, list[_Bracket]]:
    grouped: dict[int, list[_Bracket]] = {}
    for (_, s), bracket in brackets.items():
        grouped.setdefault(s, []).append(bracket)
    return grouped


def _sampled(numbers: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """Return which of some numbers belong to a sample: steps of the golden ratio, which follow no pattern."""
    with np.errstate(over="ignore"):
        turned = numbers * np.uint64(0x9E3779B97F4A7C15)
    return turned < np.uint64(min(share, 1.0) * (2.0**64 - 2048.0))
