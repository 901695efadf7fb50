"""Model error of one quantity, drawn: paths of the discrepancy given the reports.

`reporting.py` draws a path at the days of the rows, one for each posterior draw; here it is continued to
any other days. The process forgets at a constant rate and has no other memory, so a value between or
beyond known days depends only on the nearest known ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from realities.weigh.gaussian import Wander

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DiscrepancyPath:
    """A drawn discrepancy: `values` (draw, day) at ascending `days` (day,), on the measure's scale."""

    wander: Wander
    days: FloatArray
    values: FloatArray

    def taken(self, kept: NDArray[np.intp]) -> DiscrepancyPath:
        """Return the paths of some of the draws, by position."""
        return DiscrepancyPath(self.wander, self.days, self.values[kept])

    def sample(self, days: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return the path at other days, in any order, shape (draw, len(days)).

        Days that are known already get their known values; with no known days it is a fresh path.
        """
        wanted, back = np.unique(days, return_inverse=True)
        # Days come first from here on: a day's draws lie side by side.
        path = np.ascontiguousarray(rng.standard_normal((n_draws, len(wanted))).T)
        known = np.ascontiguousarray(self.values.T)
        after = np.searchsorted(self.days, wanted)
        left_day = -np.inf
        left = np.zeros(n_draws)
        for day, k, row in zip(wanted.tolist(), after.tolist(), path, strict=True):
            if k > 0 and self.days[k - 1] >= left_day:
                left_day, left = float(self.days[k - 1]), known[k - 1]
            until = float(self.days[k]) - day if k < len(self.days) else np.inf
            of_left, of_right, sd = self._between(day - left_day, until)
            row *= sd
            row += of_left * left
            if of_right:
                row += of_right * known[k]
            left_day, left = day, row
        return path[back.reshape(-1)].T

    def _between(self, since: float, until: float) -> tuple[float, float, float]:
        """Return the shares of the known values before and after in the mean, and the standard deviation."""
        a, b = exp(-since / self.wander.timescale_days), exp(-until / self.wander.timescale_days)
        both = 1.0 - (a * b) ** 2
        if both <= 0.0:  # all three on one day
            return 0.0, 1.0, 0.0
        free_left, free_right = 1.0 - a**2, 1.0 - b**2
        sd = self.wander.sd * sqrt(free_left * free_right / both)
        return a * free_right / both, b * free_left / both, sd
