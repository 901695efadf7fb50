"""What is kept of an account's draws while they run: bands, single runs, claims, predicted reports.

Blocks of draws come in (`ahead.py`); out come the parts of a `Forecast`. Memory is bounded by what is
shown and by one block of draws, however many draws there are. `forward.py` puts the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.engine.quantiles import SeriesQuantiles
from realities.weigh.reporting.reports import QuantityReports
from realities.weigh.scoring.forecasts import ClaimChance, claim_chance
from realities.weigh.scoring.scores import crps

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Reports = Mapping[str, QuantityReports]  # by quantity

#: Bands kept of every quantity, in the order of the first axis of `Forecast.quantiles`.
LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)
#: Single runs kept for the page.
N_RUNS = 24
#: For the bands of one quantity; and for each of its points, at least.
_BAND_BYTES, _POINT_BYTES = 2**23, 2**15


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of draws.

    Attributes
    ----------
    shown
        What measures read at the times of a chart, by quantity, with model error, each (draw, time).
    judged
        Truth and margin of every claim, by its id, each (draw,).
    seen, following
        Reports used in the fit and those published next, as the draws would have them, by quantity, each
        (draw, row).
    failed
        Which draws left the real numbers, (draw,).
    """

    shown: Mapping[str, FloatArray]
    judged: Mapping[str, tuple[BoolArray, FloatArray]]
    seen: Mapping[str, FloatArray]
    following: Mapping[str, FloatArray]
    failed: BoolArray


class Bands:
    """Quantiles over draws of the points of a curve; not a number where a draw is none there."""

    def __init__(self, levels: tuple[float, ...], n_points: int, n_draws: int) -> None:
        memory = max(_BAND_BYTES, _POINT_BYTES * n_points)
        self._kept = SeriesQuantiles(levels, n_points, n_draws, memory_bytes=memory)
        self._is_spoiled = np.zeros(n_points, dtype=np.bool_)
        self._is_known = False

    def add(self, values: FloatArray) -> None:
        """Take up values (draw, point)."""
        if self._is_known:
            return
        is_number = np.isfinite(values)
        self._is_spoiled |= ~is_number.all(axis=0)
        self._kept.add(np.where(is_number, values, 0.0).T)

    def finish(self) -> bool:
        """Return whether all are known; if not, the same values have to come again."""
        self._is_known = self._is_known or self._kept.finish()
        return self._is_known

    def result(self) -> FloatArray:
        """Return the quantiles, shape (level, point)."""
        found = self._kept.result()
        found[:, self._is_spoiled] = np.nan
        return found


class Shown:
    """What is kept of all draws of one account.

    Parameters
    ----------
    n_draws, n_times
        How many draws will come, and at how many times they are shown.
    quantities
        The measures.
    seen, following
        The reports used in the fit, and those published next.
    """

    def __init__(
        self, n_draws: int, n_times: int, quantities: tuple[str, ...], seen: Reports, following: Reports
    ) -> None:
        self._wanted = spread(n_draws, N_RUNS)
        self._seen, self._following = seen, following
        self._bands = {q: Bands(LEVELS, n_times, n_draws) for q in quantities}
        self._inside = {
            q: Bands((LEVELS[0], LEVELS[-1]), len(reports.rows), n_draws)
            for q, reports in seen.items()
            if len(reports.rows)
        }
        self._runs: dict[str, list[FloatArray]] = {q: [] for q in quantities}
        self._judged: dict[str, list[tuple[BoolArray, FloatArray]]] = {}
        self._predicted: dict[str, list[FloatArray]] = {q: [] for q in following}
        self._first = 0  # number of the next draw
        self._is_first_pass = True
        self.n_failed = 0

    def add(self, piece: Piece) -> None:
        """Take up a block; blocks come in the order of their draws."""
        good = ~piece.failed
        for q, bands in self._bands.items():
            bands.add(piece.shown[q][good])
        for q, inside in self._inside.items():
            inside.add(piece.seen[q][good])
        if self._is_first_pass:
            self._add_once(piece, good)

    def finish(self) -> bool:
        """Return whether everything is known; if not, the same blocks have to come again."""
        self._is_first_pass = False
        unknown = [bands for bands in (*self._bands.values(), *self._inside.values()) if not bands.finish()]
        return not unknown

    def _add_once(self, piece: Piece, good: BoolArray) -> None:
        end = self._first + good.size
        here = self._wanted[(self._wanted >= self._first) & (self._wanted < end)] - self._first
        numbers = np.flatnonzero(good)
        # Where a wanted run has failed, the next that has not takes its place.
        nearest = np.unique(np.searchsorted(numbers, here))
        chosen = numbers[nearest[nearest < numbers.size]]
        for q, values in piece.shown.items():
            self._runs[q].append(values[chosen])
        for name, judged in piece.judged.items():
            self._judged.setdefault(name, []).append(judged)
        for q, values in piece.following.items():
            self._predicted[q].append(values[good])
        self._first = end
        self.n_failed += int(piece.failed.sum())

    def quantiles(self) -> dict[str, FloatArray]:
        """Return the bands by quantity, each (level, time)."""
        return {q: bands.result() for q, bands in self._bands.items()}

    def runs(self) -> dict[str, FloatArray]:
        """Return single runs by quantity, each (run, time)."""
        return {q: np.concatenate(runs) for q, runs in self._runs.items()}

    def claims(self) -> dict[str, ClaimChance]:
        """Return the chance of every claim by its id."""
        return {
            name: claim_chance(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))
            for name, pieces in self._judged.items()
        }

    def coverage(self) -> dict[str, tuple[int, int]]:
        """Return how many reported values lie inside their 90 % predictive band, and of how many."""
        found = dict.fromkeys(self._seen, (0, 0))
        for q, inside in self._inside.items():
            if self._seen[q].measure.has_figures and self.n_failed < self._first:
                low, high = inside.result()
                said = _said(self._seen[q])
                known = np.isfinite(said)
                found[q] = int(((said >= low) & (said <= high) & known).sum()), int(known.sum())
        return found

    def crps(self) -> dict[str, FloatArray]:
        """Return the score of every row reported next, by quantity, (row,), in the measure's unit.

        NaN where a row gives no value to be scored; infinite where a draw predicts no finite one.
        """
        return {
            q: self._crps(reports, np.concatenate(self._predicted[q]))
            for q, reports in self._following.items()
        }

    def below(self) -> dict[str, FloatArray]:
        """Return the part of the draws that predict less than every row reported next, ties half, (row,).

        By quantity; NaN where a row gives no value, or a draw predicts no finite one.
        """
        found = {}
        for q, reports in self._following.items():
            predicted, said = np.concatenate(self._predicted[q]), _said(reports)
            known = np.isfinite(said) & np.isfinite(predicted).all(axis=0) & (len(predicted) > 0)
            found[q] = np.full(len(said), np.nan)
            if reports.measure.has_figures and known.any():
                less, same = predicted[:, known] < said[known], predicted[:, known] == said[known]
                found[q][known] = (less + 0.5 * same).mean(axis=0)
        return found

    def _crps(self, reports: QuantityReports, predicted: FloatArray) -> FloatArray:
        found = np.full(len(reports.rows), np.nan)
        if not reports.measure.has_figures or not len(predicted):
            return found
        said = _said(reports)
        finite = np.isfinite(predicted).all(axis=0)
        known = np.isfinite(said) & finite
        found[known] = crps(predicted[:, known], said[known])
        found[np.isfinite(said) & ~finite] = np.inf
        return found


def _said(reports: QuantityReports) -> FloatArray:
    """Return the reported values, (row,), NaN where a row gives none."""
    return np.array([np.nan if row.value is None else row.value for row in reports.rows.observations])


def spread(n: int, wanted: int) -> NDArray[np.intp]:
    """Return at most `wanted` of n positions, evenly spread."""
    return np.arange(n) if wanted >= n else (np.arange(wanted) * n) // wanted
