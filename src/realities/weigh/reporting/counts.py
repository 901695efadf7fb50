"""Counts of confirmed events: each true event is counted with some chance, and after some delay.

    expected = detection (the reporter's bias) x the true events that could be known by the publication

The truth is a running total. A row holds the events since the start of the case, or those of the days of its
period, as known on its day of publication. If true events come at random at the rate that the model says,
and each is detected by itself, then numbers of events that are counted in different increments
(`increments.py`) are independent Poisson numbers with the expected means: thinning keeps a Poisson process
one. What varies more is negative binomial: the variance is mean + (noise x mean)^2 for each increment.
`noise` is the reporter's; with 0 it is Poisson.

With several days of publication the increments tell of truth, detection and delay together; without a delay
a later figure replaces an earlier one of the same days. `reports.py` chooses this kind.

References
----------
Lawless, J. F. (1994). Adjustments for reporting delays and the prediction of occurred but not reported
events. Canadian Journal of Statistics 22(1), 15-31.
Hilbe, J. M. (2011). Negative Binomial Regression, 2nd edition. Cambridge University Press.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from realities.case.calendar import Calendar
from realities.case.counted import events_per_unit
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.weigh.reporting.delays import DelayedCount
from realities.weigh.reporting.discrepancy import DiscrepancyPath
from realities.weigh.reporting.increments import Count, Ledger, ledger
from realities.weigh.reporting.quantity import QuantityReports
from realities.weigh.reporting.rows import Rows, gather_rows
from realities.weigh.reporting.terms import Draws, values_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]

#: A mean this small beside the total is nothing but the rounding of a difference.
ROUNDING = 1e-9
#: From this shape on, Stirling's series gives the logarithm of the gamma function to all digits.
_LARGE_SHAPE = 30.0


class CountReports(QuantityReports):
    """The reports of a quantity whose figures are counts of confirmed events.

    Parameters
    ----------
    measure, observations, calendar
        As for all kinds.
    earlier
        Rows published before, of which the probability is not asked: what is new is told from them.
    """

    def __init__(
        self,
        measure: Measure,
        observations: Sequence[Observation],
        calendar: Calendar,
        earlier: Sequence[Observation] = (),
    ) -> None:
        super().__init__(measure, observations, calendar)
        before = gather_rows(measure, earlier, calendar)
        self._per_unit = events_per_unit(measure.unit)
        self._books = [self._book(r, before, calendar) for r in range(len(self.rows.reporters))]
        figures = [figure for book in self._books for figure in book.figures]
        happened, published = [day for day, _ in figures], [known for _, known in figures]
        if measure.delay is None:
            published = happened
        self._counted = DelayedCount(measure.delay, measure.quantity, happened, published, calendar)
        self.times = self._counted.times
        self.parameters |= self._counted.parameters

    @property
    def counted(self) -> DelayedCount:
        """How late the events of all books' figures are counted: first those of the first book."""
        return self._counted

    @property
    def books(self) -> list[_Book]:
        """Each reporter's counts."""
        return self._books

    @property
    def remarks(self) -> tuple[str, ...]:
        """How many counts overlap newer ones, or fell and were joined with others."""
        found = []
        n_aside, n_joined = (sum(counts) for counts in zip(*(b.odd for b in self._books), strict=True))
        if n_aside:
            found.append(
                f'{n_aside} counts of "{self.measure.quantity}" overlap newer ones and are set aside'
            )
        if n_joined:
            found.append(
                f'{n_joined} counts of "{self.measure.quantity}" fell: taken together with older ones'
            )
        return tuple(found)

    def known(self, truth: FloatArray, parameters: Draws) -> FloatArray:
        """Return the true events that each row would hold if none were missed, shape (draw, row)."""
        known = np.empty((len(truth), len(self.rows)))
        for book, counted in self._each(truth, parameters):
            known[:, book.rows] = (book.whole @ counted.T).T[:, book.n_earlier :]
        return known

    def _log_density(self, truth: FloatArray, parameters: Draws) -> FloatArray:
        total = np.zeros(len(truth))
        for book, counted in self._each(truth, parameters):
            events = self._per_unit * (book.new @ counted.T).T
            mean = self._cleared(events, truth) * self._detection(book, parameters)
            noise = values_of(self.terms[book.reporter].noise, parameters, None)
            total += log_probability(book.events, mean, noise).sum(axis=1)
        return total

    def predict(
        self,
        truth: FloatArray,
        parameters: Draws,
        path: DiscrepancyPath | None,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Return counts as they could have been, shape (draw, row): see `QuantityReports`.

        Each adds what is new in it to what the counts before it held, the earlier rows' as published.
        """
        del path  # a count has no discrepancy
        found = np.empty((len(truth), len(self.rows)))
        with np.errstate(all="ignore"):
            for book, counted in self._each(truth, parameters):
                events = self._per_unit * (book.all_parts @ counted.T).T
                mean = self._cleared(events, truth) * self._detection(book, parameters)
                noise = values_of(self.terms[book.reporter].noise, parameters, None)
                found[:, book.rows] = book.totals(sample_counts(mean, noise, rng)) / self._per_unit
        return found

    def _each(self, truth: FloatArray, parameters: Draws) -> list[tuple[_Book, FloatArray]]:
        """Return each reporter's book with the events that could be known of its figures, (draw, figure)."""
        counted = self._counted.since_start(truth, parameters)
        found, at = [], 0
        for book in self._books:
            found.append((book, counted[:, at : at + len(book.figures)]))
            at += len(book.figures)
        return found

    def _cleared(self, events: FloatArray, truth: FloatArray) -> FloatArray:
        """Return means with those that only rounding makes negative as zero; others are not possible."""
        slack = ROUNDING * self._per_unit * np.abs(truth).max(axis=1, initial=0.0)[:, None]
        return np.where((events < 0) & (events >= -slack), 0.0, events)

    def _detection(self, book: _Book, parameters: Draws) -> FloatArray:
        """Return the chance that an event is ever counted, shape (draw, 1) or one number."""
        bias = self.terms[book.reporter].bias
        value = values_of(bias, parameters, None)
        return np.asarray(np.exp(value) if bias.is_log else value)

    def _book(self, r: int, before: Rows, calendar: Calendar) -> _Book:
        """Return the counts of one reporter, the earlier ones first, and their increments."""
        name = self.rows.reporters[r].name
        rows = np.flatnonzero(self.rows.reporter == r)
        kept = [row for row in before.observations if row.reporter == name]
        own = [self.rows.observations[k] for k in rows]
        if self.measure.delay is None:  # only the newest figure of some days stands
            newer = {row.happened for row in own}
            kept = [row for row in kept if row.happened not in newer]
        return _Book(r, rows, self.measure, [*kept, *own], len(kept), calendar, self._per_unit)


class _Book:
    """One reporter's counts, and how they are made of figures and increments.

    A figure is a running total: events up to a day as known on a day. A count is the difference of two
    figures, or one; `whole` (count, figure) says which. `new` (increment, figure) are the increments that
    stand and hold new counts, `events` how many each has, `all_parts` every increment of the new counts.
    """

    def __init__(
        self,
        reporter: int,
        rows: NDArray[np.intp],
        measure: Measure,
        observations: Sequence[Observation],
        n_earlier: int,
        calendar: Calendar,
        per_unit: float,
    ) -> None:
        self.reporter, self.rows, self.n_earlier = reporter, rows, n_earlier
        counts = [_count(row, measure, calendar, per_unit) for row in observations]
        known = [row.published or row.happened for row in observations]
        self.figures = [(row.happened, day) for row, day in zip(observations, known, strict=True)]
        days = measure.period_days
        if days is not None:
            self.figures += [(end - timedelta(days=days), day) for end, day in self.figures]
        n, n_figures = len(counts), len(self.figures)
        self.whole = _matrix([{k: 1, **({} if days is None else {n + k: -1})} for k in range(n)], n_figures)
        newest = {day: k for k, (day, _) in enumerate(self.figures[:n])}  # rows come by day of publication
        replaced = set(range(n)) - set(newest.values()) if measure.delay is None else set()
        book = ledger(counts, n_earlier, replaced=replaced)
        standing = [k for k in book.standing if book.increments[k].last >= n_earlier]
        self.new = _matrix([book.increments[k].parts for k in standing], n) @ self.whole
        self.events = np.array([book.increments[k].events for k in standing], dtype=np.float64)
        self.odd = (book.n_aside, book.n_joined)
        self._apart = ledger(counts, n_earlier, joining=False)
        self._made = [a for a in self._apart.additions if a.count >= n_earlier]
        self.all_parts = _matrix([self._apart.increments[a.own].parts for a in self._made], n) @ self.whole

    def totals(self, new: FloatArray) -> FloatArray:
        """Return what the new counts come to, (draw, count), from draws of their increments."""
        book: Ledger = self._apart
        values: dict[int, FloatArray | float] = {k: float(i.events) for k, i in enumerate(book.increments)}
        totals = np.empty_like(new)
        for column, addition in enumerate(self._made):
            values[addition.own] = new[:, column]
            total = new[:, column] + sum(values[k] for k in addition.held)
            totals[:, addition.count - self.n_earlier] = total
        return totals


def _count(row: Observation, measure: Measure, calendar: Calendar, per_unit: float) -> Count:
    assert row.value is not None  # `gather_rows` leaves others out
    end = (row.happened - calendar.start).days
    start = -inf if measure.period_days is None else float(end - measure.period_days)
    known = row.published if measure.delay is not None else None
    published = 0.0 if known is None else float((known - calendar.start).days)
    return Count(start, float(end), published, round(row.value * per_unit))


def _matrix(rows: Sequence[dict[int, int]], n_columns: int) -> csr_array:
    """Return integer combinations of columns as a sparse matrix, (row, column)."""
    from scipy.sparse import csr_array

    at = [(r, column, times) for r, row in enumerate(rows) for column, times in row.items()]
    r, column, times = (np.array(part) for part in zip(*at, strict=True)) if at else (np.zeros(0, int),) * 3
    return csr_array((times.astype(np.float64), (r, column)), shape=(len(rows), n_columns))


def log_probability(events: FloatArray, mean: FloatArray, noise: FloatArray | float) -> FloatArray:
    """Return the log probability of counts: negative binomial with variance mean + (noise mean)^2.

    Parameters
    ----------
    events
        Whole numbers >= 0, shape (count,).
    mean
        Shape (draw, count); minus infinity comes out where it is negative, or nothing can come and did.
    noise
        Relative standard deviation beyond Poisson, >= 0, shape (draw, 1) or one number; 0: Poisson.

    Examples
    --------
    >>> float(log_probability(np.array([0.0]), np.array([[2.0]]), 0.0)[0, 0])
    -2.0
    """
    noise = np.asarray(noise, dtype=np.float64)
    with np.errstate(all="ignore"):
        shape = 1.0 / noise**2  # infinite for Poisson
        poisson = xlogy(events, mean) - mean - gammaln(events + 1.0)
        spread = xlogy(events, mean) - gammaln(events + 1.0) + _log_rising(events, shape)
        spread = spread - (events + shape) * np.log1p(mean / shape)
    found = np.where(np.isinf(shape), poisson, spread)
    return np.where(mean < 0, -np.inf, found)


def _log_rising(events: FloatArray, shape: FloatArray) -> FloatArray:
    """Return log(gamma(shape + events) / gamma(shape) / shape^events) without loss of digits."""
    large = np.maximum(shape, _LARGE_SHAPE)
    by_series = (events + large - 0.5) * np.log1p(events / large) - events
    by_series = by_series + _stirling(events + large) - _stirling(large)
    direct = gammaln(shape + events) - gammaln(shape) - events * np.log(shape)
    return np.asarray(np.where(shape >= _LARGE_SHAPE, by_series, direct))


def _stirling(x: FloatArray) -> FloatArray:
    """Return what Stirling's formula for log gamma(x) leaves, for large x."""
    square = x * x
    return np.asarray(
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square) / x
    )


def sample_counts(mean: FloatArray, noise: FloatArray | float, rng: np.random.Generator) -> FloatArray:
    """Return counts drawn around their means, shape of `mean`; not a number where that is none or negative.

    A gamma number with the relative standard deviation `noise` multiplies the mean, and a Poisson number
    is drawn: together that is negative binomial.
    """
    is_good = np.isfinite(mean) & (mean >= 0) & (mean < 1e18)
    variance = np.broadcast_to(np.asarray(noise, dtype=np.float64) ** 2, mean.shape)
    safe = np.where(variance > 0, variance, 1.0)
    factor = np.where(variance > 0, rng.gamma(1.0 / safe) * safe, 1.0)
    drawn = rng.poisson(np.where(is_good, np.minimum(mean * factor, 1e18), 0.0)).astype(np.float64)
    return np.where(is_good, drawn, np.nan)
