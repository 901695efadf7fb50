"""Floors and ceilings: reports that bound the truth from below or above.

All bounds of one reporter hold or fail together, with one error of the size of the noise, so that a bound
that is said again weighs nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from realities.weigh.reporting.quantity import QuantityReports
from realities.weigh.reporting.terms import Draws

FloatArray = NDArray[np.float64]


class BoundReports(QuantityReports):
    """The reports of a quantity whose figures are floors, or ceilings."""

    def _log_density(self, truth: FloatArray, parameters: Draws) -> FloatArray:
        level = self.level(self.known(truth, parameters), parameters)
        return np.asarray(self._log_bounds(level, parameters) + self.rows.log_jacobian.sum())

    def _log_bounds(self, level: FloatArray, parameters: Draws) -> FloatArray:
        """Return the log probability that every reporter's bounds hold, shape (draw,).

        The bounds of one reporter share one error, of the size of noise and discrepancy together: a
        list that is wrong is wrong throughout, so the tightest bound decides.
        """
        variance = self.noise_variance(parameters) + (self.wander.sd**2 if self.wander else 0.0)
        rows, is_floor = self.rows, self.measure.kind == "floor"
        bound = rows.low if is_floor else rows.high
        margin = np.where(np.isinf(bound), np.inf, level - bound if is_floor else bound - level)
        margin = margin / np.sqrt(variance)
        total = np.zeros(len(level))
        for r in range(len(rows.reporters)):
            tightest = margin[:, rows.reporter == r].min(axis=1, initial=np.inf)
            total += np.where(np.isnan(tightest), -np.inf, log_ndtr(tightest))
        return total
