"""Reporting triangles: counts of the events of single weeks, as known on several days.

For tests: a triangle is fitted with weekly truths that are free, each with a flat prior of its logarithm,
and a delay in two phases, the slow one with a half-life for each year of events if wanted. The truths are
summed over on a grid, the other numbers have a normal approximation at the mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import approx_fprime, minimize
from scipy.special import logsumexp

from realities.case.calendar import Calendar
from realities.case.measures import Delay, Measure, Reporter, SlowPart
from realities.case.observations import Observation
from realities.case.priors import Prior
from realities.source import NOWHERE
from realities.units import parse_unit
from realities.weigh.reporting.counts import log_probability, sample_counts
from realities.weigh.reporting.reports import quantity_reports

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
PERSON = parse_unit("person")
#: Weekly truths are summed over at so many points, and so many standard errors to either side.
N_GRID, N_ERRORS = 61, 6.0
#: Wide priors of the logarithms of half-life, odds of the slow share, noise and any slow half-life.
PRIOR_MEAN, PRIOR_SD = np.log([30.0, 0.5, 0.1, 400.0]), np.array([1.2, 1.2, 1.0, 0.8])


@dataclass(frozen=True)
class Triangle:
    """Counts (week, published) of the events of the weeks that end on `ends`, none known yet being zero."""

    ends: tuple[date, ...]
    published: tuple[date, ...]
    counts: IntArray

    def as_of(self, day: date) -> Triangle:
        """Return the triangle as it was on a day."""
        weeks = [k for k, end in enumerate(self.ends) if end <= day]
        known = [v for v, published in enumerate(self.published) if published <= day]
        counts = self.counts[np.ix_(weeks, known)]
        return Triangle(tuple(self.ends[k] for k in weeks), tuple(self.published[v] for v in known), counts)

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Which weeks had come on which day of publication, (week, published)."""
        return np.array([[end <= day for day in self.published] for end in self.ends])


class WeeklyShares:
    """What share of each week's events could be known on each day, as the package has it.

    The reports of a measure of kind "count" with an uncertain delay are asked for what is known of one
    event a week. `names` are those of the numbers: half-life, slow share, slow half-lives.
    """

    def __init__(self, triangle: Triangle, *, by_year: bool) -> None:
        start = min(triangle.ends) - timedelta(days=7)
        calendar = Calendar(start, max(triangle.published), "day")
        wide = Prior("uniform", (5.0, 5000.0), "")
        years = sorted({(end - timedelta(days=3)).year for end in triangle.ends}) if by_year else []
        slow = SlowPart(
            dict.fromkeys(years, wide), None if by_year else wide, Prior("uniform", (0.0, 1.0), "")
        )
        reporters = {"A": Reporter("A", Prior("fixed", (1.0,), "1"), Prior("fixed", (0.0,), "0"))}
        delay = Delay({}, wide, slow)
        measure = Measure(
            "q", NOWHERE, PERSON, "count", "v", {}, reporters, delay, "log", None, "q", period_days=7
        )
        self.names = ["delay[q]", "slow_share[q]", *([] if by_year else ["slow_delay[q]"])]
        self.names += [f"slow_delay[q, {year}]" for year in years]
        self.shape = triangle.counts.shape
        cells = np.argwhere(triangle.is_known)
        rows = [
            Observation(
                triangle.ends[w], triangle.published[v], "q", 0.0, None, None, PERSON, 1.0, "A", "", ""
            )
            for w, v in cells
        ]
        self.reports = quantity_reports(measure, rows, calendar)
        place = {(row.happened, row.published): k for k, row in enumerate(self.reports.rows.observations)}
        self.cells = cells.T
        self.order = [place[triangle.ends[w], triangle.published[v]] for w, v in cells]

    @property
    def dimension(self) -> int:
        """How many numbers are uncertain, noise included."""
        return len(self.names) + 1

    def __call__(self, numbers: FloatArray) -> FloatArray:
        """Return shares (draw, week, published) for half-life, slow share, noise and slow half-lives."""
        of_delay = np.delete(numbers, 2, axis=1)
        draws = {name: of_delay[:, k] for k, name in enumerate(self.names)}
        truth = np.repeat(self.reports.times[None, :] / 7.0, len(numbers), axis=0)
        shares = np.zeros((len(numbers), *self.shape))
        shares[:, self.cells[0], self.cells[1]] = self.reports.known(truth, draws)[:, self.order]
        return shares


def natural(x: FloatArray) -> FloatArray:
    """Return half-life, slow share, noise and slow half-lives from logarithms and log odds."""
    numbers = np.exp(x)
    numbers[:, 1] = numbers[:, 1] / (1.0 + numbers[:, 1])
    return np.asarray(numbers)


def truths_given(triangle: Triangle, shares: FloatArray, noise: float) -> tuple[FloatArray, FloatArray]:
    """Return points of each week's truth, and their log weights given the counts, both (week, point)."""
    increments = np.diff(triangle.counts, axis=1, prepend=0).astype(np.float64)
    newest, known = triangle.counts[:, -1], shares[:, -1]
    error = np.sqrt(noise**2 + 1.0 / np.maximum(newest, 1))
    steps = np.linspace(-N_ERRORS, N_ERRORS, N_GRID)
    truths = np.maximum(newest, 1)[:, None] / known[:, None] * np.exp(steps * error[:, None])
    means = np.maximum(truths[:, :, None] * np.diff(shares, axis=1, prepend=0.0)[:, None, :], 0.0)
    density = np.zeros(truths.shape)
    for v in range(means.shape[2]):
        has_come = triangle.is_known[:, v]
        one = log_probability(increments[:, v, None], means[:, :, v], noise)
        density += np.where(has_come[:, None], one, 0.0)
    return truths, density + np.log(error * (steps[1] - steps[0]))[:, None]


@dataclass(frozen=True)
class Fitted:
    """Draws (draw, number) given a triangle: half-life, slow share, noise and slow half-lives."""

    triangle: Triangle
    draws: FloatArray
    by_year: bool

    def predict(self, later: Triangle, rng: np.random.Generator) -> FloatArray:
        """Return draws of what the last day of `later` will show of the fitted weeks, (draw, week)."""
        n, last = len(self.triangle.ends), len(self.triangle.published) - 1
        same = Triangle(self.triangle.ends, later.published, later.counts[:n])
        shares = WeeklyShares(same, by_year=self.by_year)(self.draws)
        found = np.empty((len(self.draws), n))
        for k, noise in enumerate(self.draws[:, 2]):
            truths, weights = truths_given(self.triangle, shares[k, :, : last + 1], noise)
            chance = np.exp(weights - weights.max(axis=1, keepdims=True)).cumsum(axis=1)
            picked = (rng.random((n, 1)) * chance[:, -1:] > chance).sum(axis=1)
            truth = truths[np.arange(n), picked]
            late = truth * (shares[k, :, -1] - shares[k, :, last])
            found[k] = self.triangle.counts[:, last] + sample_counts(late[None], noise, rng)[0]
        return found


def fit(triangle: Triangle, rng: np.random.Generator, *, by_year: bool = False, n_draws: int = 300) -> Fitted:
    """Return draws given a triangle: a normal approximation at the mode."""
    weekly = WeeklyShares(triangle, by_year=by_year)
    which = [0, 1, 2, *[3] * (weekly.dimension - 3)]
    centre, spread = PRIOR_MEAN[which], PRIOR_SD[which]

    def minus_log(x: FloatArray) -> float:
        numbers = natural(x[None, :])
        weights = truths_given(triangle, weekly(numbers)[0], numbers[0, 2])[1]
        prior = -0.5 * np.sum(((x - centre) / spread) ** 2)
        return -float(logsumexp(weights, axis=1).sum() + prior)

    options = {"maxiter": 250 * weekly.dimension, "fatol": 1e-3, "xatol": 1e-4}
    mode = minimize(minus_log, centre, method="Nelder-Mead", options=options).x
    precision = approx_fprime(mode, lambda x: approx_fprime(x, minus_log, 1e-3), 1e-3)
    covariance = np.linalg.inv(0.5 * (precision + precision.T))
    points = rng.multivariate_normal(mode, covariance, n_draws, method="eigh")
    return Fitted(triangle, natural(points), by_year)
