"""Several lasting errors and noise integrated out together, row by row: a Kalman filter.

In come the rows' days, noise, and the processes that they bear; out come residuals made independent, each
with variance one ("white"): what a row says that the rows before it have not said, over its standard
deviation. A log density is then a sum of squares, which no size of the residuals can spoil. Nothing is
assumed of the processes but that each remembers only where it stands. `gaussian.py` uses this where
reporters walk or share an origin; a discrepancy alone is integrated out faster there.

References
----------
Durbin, J. and Koopman, S. J. (2012). Time Series Analysis by State Space Methods, 2nd ed. Oxford.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from realities.weigh.reporting.processes import Process

FloatArray = NDArray[np.float64]


class Filter:
    """Noise and lasting errors of some rows: V = noise + processes, taken apart.

    Parameters
    ----------
    days
        Day of each row, ascending, shape (row,).
    variance
        Noise of each row, shape (draw, row), or (1, row) where it is known.
    borne
        Processes, each with the rows that bear it, (row,), 1 or 0.
    """

    def __init__(
        self, days: FloatArray, variance: FloatArray, borne: Sequence[tuple[Process, FloatArray]]
    ) -> None:
        steps = [process.steps(days) for process, _ in borne]
        n_draws = max(len(variance), *(len(fresh) for _, fresh in steps))
        self._left = np.array([left for left, _ in steps]).T  # (row, process)
        self._loads = np.array([rows for _, rows in borne]).T
        fresh = np.stack([np.broadcast_to(new, (n_draws, len(days))) for _, new in steps], axis=2)
        self._run(np.broadcast_to(variance, (n_draws, len(days))), fresh)

    def _run(self, variance: FloatArray, fresh: FloatArray) -> None:
        """Work out each row's gain (draw, process) and the standard deviation of what is new in it."""
        n_draws, n_rows, n_processes = fresh.shape
        self._gain = np.zeros((n_rows, n_draws, n_processes))
        self._sd = np.ones((n_draws, n_rows))
        spread = np.zeros((n_draws, n_processes, n_processes))
        diagonal = np.arange(n_processes)
        for i in range(n_rows):
            spread = spread * np.outer(self._left[i], self._left[i])
            spread[:, diagonal, diagonal] += fresh[:, i]
            towards = spread @ self._loads[i]  # (draw, process)
            new = towards @ self._loads[i] + variance[:, i]
            self._gain[i] = towards / new[:, None]
            spread = spread - self._gain[i][:, :, None] * towards[:, None, :]
            self._sd[:, i] = np.sqrt(new)
        self.log_det = 2.0 * np.log(self._sd).sum(axis=1)

    def whiten(self, values: FloatArray) -> FloatArray:
        """Return values (draw | 1, row[, other]) made white; their products are those with V^-1."""
        columns = values if values.ndim == 3 else values[:, :, None]
        n_draws = max(len(columns), len(self._sd))
        white = np.empty((n_draws, *columns.shape[1:]))
        state = np.zeros((n_draws, self._loads.shape[1], columns.shape[2]))
        for i, loads in enumerate(self._loads):
            state = state * self._left[i][:, None]
            new = columns[:, i] - np.einsum("p,dpo->do", loads, state)
            state = state + self._gain[i][:, :, None] * new[:, None, :]
            white[:, i] = new / self._sd[:, i, None]
        return white if values.ndim == 3 else np.asarray(white[:, :, 0])

    def solve(self, values: FloatArray) -> FloatArray:
        """Return V^-1 values for values (draw | 1, row[, other]): the way of `whiten` there and back."""
        white = self.whiten(values)
        columns = white if white.ndim == 3 else white[:, :, None]
        solved = np.empty_like(columns)
        later = np.zeros((len(columns), self._loads.shape[1], columns.shape[2]))
        for i in range(len(self._loads) - 1, -1, -1):
            here = columns[:, i] / self._sd[:, i, None] + np.einsum("dp,dpo->do", self._gain[i], later)
            later = (later - self._loads[i][:, None] * here[:, None, :]) * self._left[i][:, None]
            solved[:, i] = here
        return solved if values.ndim == 3 else np.asarray(solved[:, :, 0])
