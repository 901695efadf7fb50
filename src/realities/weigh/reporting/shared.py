"""Interval rows integrated over the errors that they share.

Given the shared errors, rows are independent, and the probability of each is exact. What is left is an
average over the shared errors: a Gaussian, given the plain rows, to which every interval row adds what it
says. A Gaussian near to the result is found by expectation propagation, and the average is taken over a
fixed lattice of it, with weights that make up for what it is not: the result does not rest on that Gaussian,
only its precision does. `intervals.py` says when.

References
----------
Minka, T. P. (2001). Expectation propagation for approximate Bayesian inference. Proc. 17th UAI, 362-369.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from realities.weigh.logarithms import log_sum
from realities.weigh.reporting.small import inverted, times
from realities.weigh.reporting.truncated import Mixture, side_by_side

FloatArray = NDArray[np.float64]

#: Rounds of expectation propagation, and how far each goes.
ROUNDS, STEP = 3, 0.9
#: The Gaussian of the lattice is wider than what was found by so much, over the square of its dimensions:
#: a line is then integrated to more digits, and in many dimensions hardly a point is lost.
WIDER = 0.6
#: Part of a variance that is no more than rounding.
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class SharedErrors:
    """Shared errors of interval rows, as the plain rows leave them.

    Attributes
    ----------
    level
        What each row would say at the mean of the shared errors, shape (draw, row).
    loads
        What independent N(0, 1) errors add to each row, shape (draw | 1, row, error).
    variance
        Own noise of the rows, shape (draw | 1, row).
    rows
        What each row says, as intervals side by side.
    """

    level: FloatArray
    loads: FloatArray
    variance: FloatArray
    rows: Sequence[Mixture]

    def log_probability(self, points: FloatArray) -> FloatArray:
        """Return the log probability of all rows, shape (draw,); `points` (point, error) of the unit cube."""
        log_weights = self._log_weights(*self._spread_out(points))
        return np.asarray(log_sum(log_weights, axis=1) - np.log(len(points)))

    def sample(self, points: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return residuals of the rows, drawn inside their bounds, shape (draw, row)."""
        mean, root, steps = self._spread_out(points)
        log_weights = self._log_weights(mean, root, steps)
        gumbel = -np.log(-np.log(rng.random(log_weights.shape)))
        chosen = np.argmax(log_weights + gumbel, axis=1)
        level = self.level + times(self.loads, mean + times(root, steps.T[chosen]))
        sd = np.broadcast_to(np.sqrt(self.variance), level.shape)
        found = np.empty_like(level)
        for j, row in enumerate(self.rows):
            found[:, j] = row.inside(level[:, j], sd[:, j], rng.random(len(level)))
        return found

    def _spread_out(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return where points put shared errors: at mean (draw, error) + root (draw, error, error) @ steps.

        The steps are (error, point).
        """
        mean, covariance = self._nearest()
        return mean, (1.0 + WIDER / points.shape[1] ** 2) * lower_root(covariance), ndtri(points).T

    def _log_weights(self, mean: FloatArray, root: FloatArray, steps: FloatArray) -> FloatArray:
        """Return the log weight of each point, (draw, point): their mean is the probability of all rows."""
        log_weights = 0.5 * (steps**2).sum(axis=0) + _log_det(root)[:, None]
        for k in range(len(steps)):  # one at a time: all of them leave the processor's nearest memory
            error = mean[:, k, None] + root[:, k, : k + 1] @ steps[: k + 1]
            log_weights -= 0.5 * error**2
        level, loads, sd = self.level + times(self.loads, mean), self.loads @ root, np.sqrt(self.variance)
        for j, row in enumerate(self.rows):
            log_weights += row.log_mass(level[:, j, None] + loads[:, j] @ steps, sd[:, j, None])
        return np.where(np.isnan(log_weights), -np.inf, log_weights)

    def _nearest(self) -> tuple[FloatArray, FloatArray]:
        """Return mean and covariance of a Gaussian near to the shared errors given all rows."""
        n_draws, n_rows = len(self.level), len(self.rows)
        precision, pull = np.zeros((n_draws, n_rows)), np.zeros((n_draws, n_rows))
        together = [j for j, row in enumerate(self.rows) if row.edges.shape[1] == 2]
        apart = [j for j in range(n_rows) if j not in together]
        groups: list[tuple[Sequence[int], Mixture]] = [([j], self.rows[j]) for j in apart]
        if together:
            groups.append((together, side_by_side([self.rows[j] for j in together])))
        variance = np.broadcast_to(self.variance, (n_draws, n_rows))
        # What a row's precision adds to that of the errors, and how far errors spread in a row.
        squares = (self.loads[:, :, :, None] * self.loads[:, :, None, :]).reshape(*self.loads.shape[:2], -1)
        for _ in range(ROUNDS):
            mean, covariance = self._with_sites(precision, pull, squares)
            at = self.level + times(self.loads, mean)
            spread = times(squares, covariance.reshape(n_draws, -1))
            given = [np.broadcast_to(x, (n_draws, n_rows)) for x in (at, spread, precision, pull, variance)]
            for own, rows in groups:
                site = _site(rows, *(np.ascontiguousarray(x[:, own].T).ravel() for x in given))
                for kept, new in zip((precision, pull), site, strict=True):
                    kept[:, own] += STEP * (new.reshape(len(own), n_draws).T - kept[:, own])
        return self._with_sites(precision, pull, squares)

    def _with_sites(
        self, precision: FloatArray, pull: FloatArray, squares: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return mean and covariance where each row is a Gaussian: its precision, and that times its mean.

        `squares` are products of two loads of a row, (draw | 1, row, error * error).
        """
        n_errors = self.loads.shape[2]
        told = times(squares.transpose(0, 2, 1), precision).reshape(-1, n_errors, n_errors)
        missed = times(self.loads.transpose(0, 2, 1), pull - precision * self.level)
        covariance, _ = inverted(np.eye(n_errors) + told)
        return times(covariance, missed), covariance


def _site(
    row: Mixture,
    mean: FloatArray,
    spread: FloatArray,
    precision: FloatArray,
    pull: FloatArray,
    variance: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the Gaussian that a row is worth, given all others; nothing where that is none."""
    without = 1.0 / (1.0 / spread - precision)
    centre = without * (mean / spread - pull)
    total = without + variance
    inside, left = row.moments(centre, total)
    gain = without / total
    narrowed = without - gain**2 * (total - left)
    new = np.maximum(1.0 / narrowed - 1.0 / without, 0.0)
    turned = (centre + gain * (inside - centre)) * (new + 1.0 / without) - centre / without
    is_usable = np.isfinite(new) & np.isfinite(turned) & (without > 0.0) & (spread > 0.0)
    return np.where(is_usable, new, 0.0), np.where(is_usable, turned, 0.0)


def lower_root(covariance: FloatArray) -> FloatArray:
    """Return the lower root of covariances (draw | 1, error, error), singular ones too."""
    root = np.zeros(covariance.shape)
    for j in range(covariance.shape[1]):
        column = covariance[:, j:, j] - (root[:, j:, :j] @ root[:, j, :j, None])[:, :, 0]
        # What is left of a variance of which all has been said is rounding.
        is_new = column[:, 0] > TINY * covariance[:, j, j]
        pivot = np.sqrt(np.where(is_new, column[:, 0], 1.0))
        root[:, j:, j] = np.where(is_new[:, None], column / pivot[:, None], 0.0)
    return root


def _log_det(root: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1))
