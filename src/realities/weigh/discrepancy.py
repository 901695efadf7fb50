"""Model error of one quantity, drawn: paths of the discrepancy given the reports.

`reporting.py` draws a path at the days of the rows, one for each posterior draw; here it is continued to
any other days. The process forgets at a constant rate and has no other memory, so a value between or
beyond known days depends only on the nearest known ones.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        noise = rng.standard_normal((n_draws, len(wanted)))
        path = np.empty((n_draws, len(wanted)))
        left_day, left = -np.inf, np.zeros(n_draws)
        for i, day in enumerate(wanted):
            after = int(np.searchsorted(self.days, day))
            if after > 0 and self.days[after - 1] >= left_day:
                left_day, left = self.days[after - 1], self.values[:, after - 1]
            if after < len(self.days):
                mean, sd = self._between(day - left_day, self.days[after] - day, left, self.values[:, after])
            else:
                fading = np.exp(-(day - left_day) / self.wander.timescale_days)
                mean, sd = fading * left, self.wander.sd * np.sqrt(1.0 - fading**2)
            path[:, i] = mean + sd * noise[:, i]
            left_day, left = day, path[:, i]
        return path[:, back.reshape(-1)]

    def _between(
        self, since: float, until: float, left: FloatArray, right: FloatArray
    ) -> tuple[FloatArray, float]:
        """Return mean (draw,) and standard deviation of the path between two known values."""
        a = np.exp(-since / self.wander.timescale_days)
        b = np.exp(-until / self.wander.timescale_days)
        both = 1.0 - (a * b) ** 2
        if both <= 0.0:  # all three on one day
            return right, 0.0
        mean = (a * (1.0 - b**2) * left + b * (1.0 - a**2) * right) / both
        return mean, float(self.wander.sd * np.sqrt((1.0 - a**2) * (1.0 - b**2) / both))
