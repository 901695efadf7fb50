"""Errors that last: processes in time which the reports of a quantity share, or those of one reporter.

Each is Gaussian with zero mean and remembers nothing but where it stands: model error that fades (`Wander`),
a bias that walks (`Walk`), an error common to the reports of one day (`Spell`). In come days; out come the
covariances between them, and what one day's value is made of given the day before. `filtering.py` integrates
them out, `discrepancy.py` continues them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from realities.weigh.reporting.rows import DAYS_PER_YEAR

FloatArray = NDArray[np.float64]

#: Model time in days is not exact to the last digit; a spell's first day is its own.
_PART_OF_DAY = 1e-6


class Process(Protocol):
    """A Gaussian process in time that remembers only where it stands."""

    def covariance(self, days: FloatArray, others: FloatArray) -> FloatArray:
        """Return the covariance between two sets of days, shape ([draw | 1,] len(days), len(others))."""

    def steps(self, days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how each of ascending days follows from the one before it.

        The share of the earlier value that is left, (day,), and the variance of what is new, shape
        (draw | 1, day). The first day follows from nothing.
        """


@dataclass(frozen=True, slots=True)
class Wander:
    """A stationary Ornstein-Uhlenbeck process: its standard deviation and the days it takes to forget."""

    sd: float
    timescale_days: float

    def covariance(self, days: FloatArray, others: FloatArray) -> FloatArray:
        """Return the covariance between two sets of days, shape (len(days), len(others))."""
        return np.asarray(self.sd**2 * np.exp(-np.abs(days[:, None] - others) / self.timescale_days))

    def steps(self, days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how each day follows from the one before: see `Process`."""
        gap = np.diff(days, prepend=-np.inf) / self.timescale_days
        return np.exp(-gap), (-(self.sd**2) * np.expm1(-2.0 * gap))[None]

    def sample(self, days: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return paths at ascending days, shape (draw, day)."""
        path = self.sd * rng.standard_normal((n_draws, len(days)))
        fading = np.exp(-np.diff(days) / self.timescale_days)
        for i, rho in enumerate(fading):
            path[:, i + 1] = rho * path[:, i] + np.sqrt(-np.expm1(2.0 * np.log(rho))) * path[:, i + 1]
        return path


@dataclass(frozen=True, slots=True)
class Walk:
    """A random walk that stands at zero until the day `since`.

    `sd`, shape (draw | 1,), is the standard deviation of what it gains in a year; in t years it gains
    sqrt(t) times as much.
    """

    sd: FloatArray
    since: float

    def years(self, days: FloatArray) -> FloatArray:
        """Return for how many years it has walked, (day,)."""
        return np.maximum(days - self.since, 0.0) / DAYS_PER_YEAR

    def covariance(self, days: FloatArray, others: FloatArray) -> FloatArray:
        """Return the covariance between two sets of days: see `Process`."""
        both = np.minimum(self.years(days)[:, None], self.years(others))
        return np.asarray(self.sd[:, None, None] ** 2 * both)

    def steps(self, days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how each day follows from the one before: see `Process`."""
        gained = np.diff(self.years(days), prepend=0.0)
        return np.ones(len(days)), self.sd[:, None] ** 2 * gained

    def sample(self, days: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return paths at ascending days, shape (draw, day)."""
        gained = np.sqrt(np.diff(self.years(days), prepend=0.0))
        steps = self.sd[:, None] * gained * rng.standard_normal((n_draws, len(days)))
        return np.asarray(np.cumsum(steps, axis=1))


@dataclass(frozen=True, slots=True)
class Spell:
    """An error common to all that is said of one stretch of days, and new in the next.

    `sd` has shape (draw | 1,); stretches of `period_days` are counted from the case's start.
    """

    sd: FloatArray
    period_days: float

    def numbers(self, days: FloatArray) -> FloatArray:
        """Return in which stretch each day lies."""
        return np.floor((days + _PART_OF_DAY) / self.period_days)

    def covariance(self, days: FloatArray, others: FloatArray) -> FloatArray:
        """Return the covariance between two sets of days: see `Process`."""
        same = self.numbers(days)[:, None] == self.numbers(others)
        return np.asarray(self.sd[:, None, None] ** 2 * same)

    def steps(self, days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how each day follows from the one before: see `Process`."""
        same = np.diff(self.numbers(days), prepend=-np.inf) == 0.0
        return same.astype(np.float64), self.sd[:, None] ** 2 * ~same

    def sample(self, days: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return errors at ascending days, shape (draw, day)."""
        _, stretch = np.unique(self.numbers(days), return_inverse=True)
        fresh = rng.standard_normal((n_draws, int(stretch.max(initial=-1)) + 1))
        return np.asarray(self.sd[:, None] * fresh[:, stretch.reshape(-1)])


@dataclass(frozen=True, slots=True)
class Borne:
    """A process and the rows that bear it: `rows` (row,) is 1 where a row does, 0 elsewhere."""

    process: Walk | Spell
    rows: FloatArray
