"""Reports of a value: errors are jointly Gaussian, and integrated out exactly.

A row may be

- a value: its density; a range stated beside it is its 90 % interval and adds to the noise;
- an interval, a figure rounded more coarsely than its reporter errs, or a zero: a probability.

Biases that are lognormal (on the linear scale: normal), drifts that are normal and the discrepancy are
integrated out (`gaussian.py`) and drawn afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.weigh.reporting.discrepancy import DiscrepancyPath
from realities.weigh.reporting.gaussian import FactoredErrors, GaussianErrors, IntervalRows, Noise
from realities.weigh.reporting.quantity import QuantityReports
from realities.weigh.reporting.terms import Draws, Term

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Column:
    """What a term that is integrated out adds to each row, (row,); times the truth if `of_truth`."""

    term: Term
    rows: FloatArray
    of_truth: bool


class ValueReports(QuantityReports):
    """The reports of a quantity whose figures are meant as they are."""

    def __init__(self, measure: Measure, observations: Sequence[Observation], calendar: Calendar) -> None:
        super().__init__(measure, observations, calendar)
        self._columns = self._integrated_columns()
        self._varies = any(column.of_truth for column in self._columns)
        self._plain = np.flatnonzero(self.rows.is_plain)
        self._interval = np.flatnonzero(~self.rows.is_plain)
        self._prepare()

    def _log_density(self, known: FloatArray, parameters: Draws) -> FloatArray:
        level = self.level(known, parameters)
        variance = self.noise_variance(parameters)
        factored, residual = self._factored(known, variance), self._residual(level)
        log_density = factored.log_density(residual) + self.rows.log_jacobian.sum()
        if len(self._interval):
            intervals = IntervalRows(factored.errors, self._errors_of(self._interval, known))
            low, high = self._interval_bounds(level)
            log_density = log_density + intervals.log_probability(
                factored, residual, variance[:, self._interval], low, high
            )
        return np.asarray(log_density)

    @property
    def has_integrated(self) -> bool:
        """Whether anything is integrated out, and can be drawn afterwards."""
        return bool(self._columns) or self.wander is not None

    def _sample_integrated(
        self, known: FloatArray, parameters: Draws, rng: np.random.Generator
    ) -> tuple[dict[str, FloatArray], DiscrepancyPath | None]:
        level = self.level(known, parameters)
        residual = self.rows.value - level
        variance = self.noise_variance(parameters)
        if len(self._interval):
            residual[:, self._interval] = self._inside(known, level, variance, rng)
        errors = self._errors_of(np.arange(len(self.rows)), known)
        coefficients, path = errors.with_noise(variance).sample_given(residual, rng)
        draws = {}
        for k, column in enumerate(self._columns):
            value = column.term.mean + coefficients[:, k]
            draws[column.term.name] = np.exp(value) if column.term.is_log else value
        if self.wander is None or path is None:
            return draws, None
        return draws, DiscrepancyPath(self.wander, errors.nodes, path)

    def _integrated_columns(self) -> list[_Column]:
        """Return what each term that is integrated out adds to each row."""
        columns = []
        for r, terms in enumerate(self.terms):
            own = (self.rows.reporter == r).astype(np.float64)
            if terms.bias.is_integrated:
                columns.append(_Column(terms.bias, own, of_truth=not terms.bias.is_log))
            if terms.drift is not None and terms.drift.is_integrated:
                columns.append(_Column(terms.drift, own * self.rows.years, of_truth=False))
        return columns

    def _errors_of(self, chosen: NDArray[np.intp], known: FloatArray) -> GaussianErrors:
        """Return the error structure of some rows; `known` (draw, row) matters on the linear scale only."""
        one = np.ones((1, len(chosen)))
        columns = [
            column.rows[chosen] * (known[:, chosen] if column.of_truth else one) for column in self._columns
        ]
        design = np.zeros((len(known) if self._varies else 1, len(chosen), len(columns)))
        for k, column in enumerate(columns):
            design[:, :, k] = column
        prior_sd = np.array([column.term.sd for column in self._columns], dtype=np.float64)
        return GaussianErrors(design, prior_sd, self.rows.days[chosen], self.wander)

    def _prepare(self) -> None:
        """Work out what is the same for all draws: the noise of the plain rows, and their whole structure."""
        self._noise: Noise | None = None
        self._once: FactoredErrors | None = None
        if not any(terms.noise.is_sampled for terms in self.terms):
            errors = self._errors_of(self._plain, np.ones((1, len(self.rows))))
            self._noise = Noise(errors, self.noise_variance({})[:, self._plain])
            self._once = None if self._varies else errors.with_noise(self._noise)

    def _factored(self, known: FloatArray, variance: FloatArray) -> FactoredErrors:
        if self._once is not None:
            return self._once
        noise = variance[:, self._plain] if self._noise is None else self._noise
        return self._errors_of(self._plain, known).with_noise(noise)

    def _residual(self, level: FloatArray) -> FloatArray:
        return np.asarray(self.rows.value[self._plain] - level[:, self._plain])

    def _interval_bounds(self, level: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return bounds of the interval rows' residuals; an open end stays open whatever the level."""
        low, high = self.rows.low[self._interval], self.rows.high[self._interval]
        predicted = level[:, self._interval]
        below = np.where(np.isinf(low), low, low - predicted)
        return below, np.where(np.isinf(high), high, high - predicted)

    def _inside(
        self, known: FloatArray, level: FloatArray, variance: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """Return residuals of the interval rows drawn inside their bounds, shape (draw, interval)."""
        factored = self._factored(known, variance)
        intervals = IntervalRows(factored.errors, self._errors_of(self._interval, known))
        low, high = self._interval_bounds(level)
        return intervals.sample_inside(
            factored, self._residual(level), variance[:, self._interval], low, high, rng
        )
