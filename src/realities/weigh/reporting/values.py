"""Reports of a value: errors are jointly Gaussian, and integrated out exactly.

A row may be

- a value: its density; a range stated beside it is its 90 % interval and adds to the noise;
- an interval, a figure rounded more coarsely than its reporter errs, or a zero: a probability;
- a figure that was rounded to one of several steps: a mixture of intervals (`heaps.py`).

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
from realities.weigh.reporting.gaussian import Days, FactoredErrors, GaussianErrors, Noise
from realities.weigh.reporting.heaps import heaped_reporters, rounded
from realities.weigh.reporting.intervals import Bounds, IntervalRows
from realities.weigh.reporting.quantity import QuantityReports
from realities.weigh.reporting.terms import Draws, Term
from realities.weigh.reporting.truncated import Mixture

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Column:
    """What a term that is integrated out adds to each row, (row,); times the truth if `of_truth`."""

    term: Term
    rows: FloatArray
    of_truth: bool


@dataclass(frozen=True, slots=True)
class _Some:
    """Some rows by number, (row,), with what is the same of them for all draws.

    `design` is what coefficients add to them, (1, row, coefficient); None where that goes with the truth.
    """

    rows: NDArray[np.intp]
    days: Days
    design: FloatArray | None


class ValueReports(QuantityReports):
    """The reports of a quantity whose figures are meant as they are."""

    def __init__(self, measure: Measure, observations: Sequence[Observation], calendar: Calendar) -> None:
        super().__init__(measure, observations, calendar)
        self._columns = self._integrated_columns()
        self._varies = any(column.of_truth for column in self._columns)
        self._plain = np.flatnonzero(self.rows.is_plain)
        self._interval = np.flatnonzero(~self.rows.is_plain)
        self._place = {int(row): at for at, row in enumerate(self._interval)}
        self._heaped = heaped_reporters(self.rows, self.terms)
        self._prior_sd = np.array([column.term.sd for column in self._columns], dtype=np.float64)
        self._plain_rows, self._interval_rows, self._all_rows = (
            self._some(chosen) for chosen in (self._plain, self._interval, np.arange(len(self.rows)))
        )
        self._prepare()

    def _log_density(self, truth: FloatArray, parameters: Draws) -> FloatArray:
        known = self.known(truth, parameters)
        level = self.level(known, parameters)
        variance = self.noise_variance(parameters)
        factored, residual = self._factored(known, variance, parameters), self._residual(level)
        log_density = factored.log_density(residual) + self.rows.log_jacobian.sum()
        if len(self._interval):
            errors = self._errors_of(self._interval_rows, known, parameters)
            intervals = IntervalRows(factored, residual, errors, variance[:, self._interval])
            log_density = log_density + intervals.log_probability(self._bounds(level, parameters))
        for heaped in self._heaped:
            log_density = log_density + heaped.log_weight(parameters)
        return np.asarray(log_density)

    def sample_integrated(
        self, truth: FloatArray, parameters: Draws, rng: np.random.Generator
    ) -> tuple[dict[str, FloatArray], DiscrepancyPath | None]:
        """Return draws of what was integrated out, if anything is: see `QuantityReports`."""
        if not self._columns and self.wander is None and not self.lasting.is_any:
            return {}, None
        with np.errstate(all="ignore"):
            return self._sample_integrated(self.known(truth, parameters), parameters, rng)

    def _sample_integrated(
        self, known: FloatArray, parameters: Draws, rng: np.random.Generator
    ) -> tuple[dict[str, FloatArray], DiscrepancyPath | None]:
        level = self.level(known, parameters)
        residual = self.rows.value - level
        variance = self.noise_variance(parameters)
        if len(self._interval):
            residual[:, self._interval] = self._inside(known, level, variance, parameters, rng)
        errors = self._errors_of(self._all_rows, known, parameters)
        drawn = errors.with_noise(variance).sample_given(residual, rng)
        draws = {}
        for k, column in enumerate(self._columns):
            value = column.term.mean + drawn.coefficients[:, k]
            draws[column.term.name] = np.exp(value) if column.term.is_log else value
        if errors.is_free_of_lasting:
            return draws, None
        path = self.lasting.path(self.wander, parameters, drawn, errors.nodes)
        return draws | self.lasting.last_values(path), path

    def _as_written(self, values: FloatArray, parameters: Draws, rng: np.random.Generator) -> FloatArray:
        for r, reporter in enumerate(self.rows.reporters):
            if reporter.heaping is not None:
                own, terms = self.rows.reporter == r, self.terms[r].heaping
                values[:, own] = rounded(values[:, own], reporter.heaping, terms, parameters, rng)
        return values

    def _integrated_columns(self) -> list[_Column]:
        """Return what each term that is integrated out adds to each row."""
        columns = []
        for one in self.lasting.erring:
            bias, drift = one.terms.bias, one.terms.drift
            if bias.is_integrated:
                columns.append(_Column(bias, one.rows, of_truth=not bias.is_log))
            if drift is not None and drift.is_integrated:
                columns.append(_Column(drift, one.rows * one.years, of_truth=False))
        return columns

    def _some(self, chosen: NDArray[np.intp]) -> _Some:
        """Return some rows with what is the same of them for all draws."""
        design = None if self._varies else self._design(chosen, np.ones((1, len(self.rows))))
        return _Some(chosen, Days(self.rows.days[chosen], self.wander), design)

    def _errors_of(self, some: _Some, known: FloatArray, parameters: Draws) -> GaussianErrors:
        """Return the error structure of some rows; `known` (draw, row) matters on the linear scale only."""
        design = self._design(some.rows, known) if some.design is None else some.design
        borne = self.lasting.borne(parameters, some.rows)
        return GaussianErrors(design, self._prior_sd, some.days, self.wander, borne)

    def _design(self, chosen: NDArray[np.intp], known: FloatArray) -> FloatArray:
        """Return what coefficients add to some rows, (draw | 1, row, coefficient)."""
        design = np.zeros((len(known) if self._varies else 1, len(chosen), len(self._columns)))
        for k, column in enumerate(self._columns):
            design[:, :, k] = column.rows[chosen] * (known[:, chosen] if column.of_truth else 1.0)
        return design

    def _prepare(self) -> None:
        """Work out what is the same for all draws: the noise of the plain rows, and their whole structure."""
        self._noise: Noise | None = None
        self._once: FactoredErrors | None = None
        if self.lasting.is_known and not any(terms.noise.is_sampled for terms in self.terms):
            errors = self._errors_of(self._plain_rows, np.ones((1, len(self.rows))), {})
            self._noise = Noise(errors, self.noise_variance({})[:, self._plain])
            self._once = None if self._varies else errors.with_noise(self._noise)

    def _factored(self, known: FloatArray, variance: FloatArray, parameters: Draws) -> FactoredErrors:
        if self._once is not None:
            return self._once
        noise = variance[:, self._plain] if self._noise is None else self._noise
        return self._errors_of(self._plain_rows, known, parameters).with_noise(noise)

    def _residual(self, level: FloatArray) -> FloatArray:
        return np.asarray(self.rows.value[self._plain] - level[:, self._plain])

    def _bounds(self, level: FloatArray, parameters: Draws) -> Bounds:
        """Return bounds of the interval rows' residuals; an open end stays open whatever the level."""
        predicted = level[:, self._interval]
        low, high = (_less(bound[self._interval], predicted) for bound in (self.rows.low, self.rows.high))
        mixed = {
            self._place[row]: Mixture(_less(edges, level[:, row, None]), log_weights)
            for heaped in self._heaped
            for row, edges, log_weights in heaped.mixtures(parameters)
        }
        return Bounds(low, high, mixed)

    def _inside(
        self,
        known: FloatArray,
        level: FloatArray,
        variance: FloatArray,
        parameters: Draws,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Return residuals of the interval rows drawn inside their bounds, shape (draw, interval)."""
        factored = self._factored(known, variance, parameters)
        errors = self._errors_of(self._interval_rows, known, parameters)
        intervals = IntervalRows(factored, self._residual(level), errors, variance[:, self._interval])
        return intervals.sample_inside(self._bounds(level, parameters), rng)


def _less(bounds: FloatArray, level: FloatArray) -> FloatArray:
    """Return bounds less a level, (draw, bound)."""
    return np.where(np.isinf(bounds), bounds, bounds - level)
