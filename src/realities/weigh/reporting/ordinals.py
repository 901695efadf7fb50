"""Ordinal reports: one of a few levels is named, such as nobody, contested or held.

A report says that the quantity, as the reporter errs on its scale, lies between the two cuts of the level:
an interval like any other, with the same biases, drifts, origins and discrepancy. Its evidence is a
probability. In come rows whose values are levels; `values.py` does the rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from realities.weigh.reporting.terms import Draws
from realities.weigh.reporting.values import ValueReports

FloatArray = NDArray[np.float64]


class OrdinalReports(ValueReports):
    """The reports of a quantity that name levels of it."""

    def _as_written(self, values: FloatArray, parameters: Draws, rng: np.random.Generator) -> FloatArray:
        del parameters, rng  # a level is certain, once the quantity is known as the reporter errs
        assert self.measure.levels is not None
        levels, cuts = np.array(self.measure.levels.levels), np.array(self.measure.levels.cuts)
        named = levels[np.searchsorted(cuts, np.nan_to_num(values, nan=0.0))]
        return np.where(np.isnan(values), np.nan, named)
