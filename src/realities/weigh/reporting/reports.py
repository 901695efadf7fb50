"""The reporting model: how the reports of one quantity come about, given the truth.

    report = truth, biased, drifting, with model error and noise, on the scale the reporter errs on

In come the rows of a quantity (`rows.py`) and the truth of every draw at the times of the rows; out
comes the log density of the reports, of the numbers as they were written, so that evidences compare
with those of other programs. A row may be

- a value: its density; a range stated beside it is its 90 % interval and adds to the noise;
- an interval, a bound, a figure rounded more coarsely than its reporter errs, or a zero: a probability;
- on a floor or ceiling: all bounds of one reporter hold or fail together, with one error of the size of
  the noise, so that a bound that is said again weighs nothing.

Biases that are lognormal (on the linear scale: normal), drifts that are normal and the discrepancy are
integrated out exactly (`gaussian.py`) and drawn afterwards; whatever else is uncertain is sampled with the
account's own parameters. Next is `likelihood.py`, which joins the quantities of an account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from realities.case.calendar import Calendar
from realities.case.measures import Measure, Reporter
from realities.case.observations import Observation
from realities.case.priors import Prior
from realities.errors import Diagnostic, InputError
from realities.weigh.reporting.delays import DelayedCount
from realities.weigh.reporting.discrepancy import DiscrepancyPath
from realities.weigh.reporting.gaussian import FactoredErrors, GaussianErrors, IntervalRows, Noise, Wander
from realities.weigh.reporting.rows import from_scale, gather_rows, to_scale, whole_of

FloatArray = NDArray[np.float64]
Draws = Mapping[str, FloatArray]  # parameter name -> (draw,)

#: A truncation so many standard deviations away cuts off less than a part in 10^12.
NEVER_CUT = 7.0


def parameter_name(kind: str, quantity: str, reporter: str | None = None) -> str:
    """Return the name of a reporting parameter, as in `bias[deaths, Ministry]` or `delay[deaths]`."""
    return f"{kind}[{quantity}]" if reporter is None else f"{kind}[{quantity}, {reporter}]"


@dataclass(frozen=True, slots=True)
class Term:
    """One uncertain number of a reporter.

    Where `sd` is None it is sampled from `prior` under `name`; else it is normal on the scale with
    that mean and standard deviation (0: known) and integrated out. `is_log` says that those are of its
    logarithm, which is what adds to the scale.
    """

    name: str
    prior: Prior
    mean: float = 0.0
    sd: float | None = None
    is_log: bool = False

    @property
    def is_sampled(self) -> bool:
        """Whether the sampler has to draw it."""
        return self.sd is None

    @property
    def is_integrated(self) -> bool:
        """Whether it is uncertain and integrated out."""
        return self.sd is not None and self.sd > 0


@dataclass(frozen=True, slots=True)
class ReporterTerms:
    """What is uncertain about one reporter of a quantity; `drift` is None where there is none."""

    bias: Term
    drift: Term | None
    noise: Term

    @property
    def all(self) -> tuple[Term, ...]:
        """Every term there is."""
        return tuple(term for term in (self.bias, self.drift, self.noise) if term is not None)


def reporter_terms(measure: Measure, reporter: Reporter) -> ReporterTerms:
    """Return how each uncertain number of a reporter is dealt with."""
    can_integrate = measure.kind == "value"
    name = reporter.name
    bias = _bias_term(parameter_name("bias", measure.quantity, name), reporter, can_integrate)
    noise_name = parameter_name("noise", measure.quantity, name)
    fixed_noise = reporter.noise.fixed
    noise = Term(noise_name, reporter.noise, fixed_noise or 0.0, None if fixed_noise is None else 0.0)
    if reporter.drift is None:
        return ReporterTerms(bias, None, noise)
    drift_name = parameter_name("drift", measure.quantity, name)
    return ReporterTerms(bias, _drift_term(drift_name, reporter.drift, can_integrate), noise)


def _bias_term(name: str, reporter: Reporter, can_integrate: bool) -> Term:
    is_log = reporter.scale != "linear"  # on the linear scale a bias multiplies as it is
    normal = reporter.bias.log_normal if is_log else _normal(reporter.bias)
    if normal is not None and (can_integrate or normal[1] == 0):
        return Term(name, reporter.bias, normal[0], normal[1], is_log)
    return Term(name, reporter.bias, is_log=is_log)


def _drift_term(name: str, prior: Prior, can_integrate: bool) -> Term:
    normal = _normal(prior)
    if normal is not None and (can_integrate or normal[1] == 0):
        return Term(name, prior, normal[0], normal[1])
    return Term(name, prior)


def _normal(prior: Prior) -> tuple[float, float] | None:
    """Return mean and standard deviation of a prior that is normal, or a number; None elsewhere.

    A truncation that cuts nothing off does not count: a bias is kept above zero wherever it stands.
    """
    if prior.fixed is not None:
        return prior.fixed, 0.0
    if prior.family != "normal":
        return None
    mean, sd = prior.parameters
    cuts = max((prior.low - mean) / sd, (mean - prior.high) / sd)
    return (mean, sd) if cuts < -NEVER_CUT else None


@dataclass(frozen=True, slots=True)
class _Column:
    """What a term that is integrated out adds to each row, (row,); times the truth if `of_truth`."""

    term: Term
    rows: FloatArray
    of_truth: bool


class QuantityReports:
    """The reports of one quantity, ready to be compared with many draws of the truth.

    Parameters
    ----------
    measure
        How the quantity is reported.
    observations
        Its rows; at least one.
    calendar
        Of the case.

    Attributes
    ----------
    parameters
        Priors of what has to be sampled, by name.
    times
        Model times at which the truth is needed, ascending, shape (time,).
    """

    def __init__(self, measure: Measure, observations: Sequence[Observation], calendar: Calendar) -> None:
        self.measure = measure
        self.rows = gather_rows(measure, observations, calendar)
        self.terms = tuple(reporter_terms(measure, reporter) for reporter in self.rows.reporters)
        self.parameters = {
            term.name: term.prior for terms in self.terms for term in terms.all if term.is_sampled
        }
        self._delay = None
        if measure.delay is not None and len(self.rows):
            self._delay = DelayedCount(measure.delay, self.rows, calendar)
            if measure.delay.prior is not None:
                self.parameters[parameter_name("delay", measure.quantity)] = measure.delay.prior
        row_times = np.unique(self.rows.times)
        self.times: FloatArray = row_times if self._delay is None else self._delay.times
        self._time_of_row = np.searchsorted(self.times, self.rows.times)
        found = measure.discrepancy
        self.wander = None if found is None else Wander(found.sd, found.timescale_days)
        self._columns = self._integrated_columns()
        self._varies = any(column.of_truth for column in self._columns)
        self._check_scales()
        self._plain = np.flatnonzero(self.rows.is_plain)
        self._interval = np.flatnonzero(~self.rows.is_plain)
        self._prepare()

    def log_density(self, truth: FloatArray, parameters: Draws) -> FloatArray:
        """Return the log density of the reports, shape (draw,).

        Parameters
        ----------
        truth
            The measured variable at `times`, in the measure's unit, shape (draw, time).
        parameters
            At least those of `parameters`, each (draw,).
        """
        with np.errstate(all="ignore"):  # a truth of zero or a failed draw gives infinities, not errors
            known = self.known(truth, parameters)
            level = self.level(known, parameters)
            if self.measure.kind != "value":
                return np.asarray(self._log_bounds(level, parameters) + self.rows.log_jacobian.sum())
            variance = self.noise_variance(parameters)
            factored, residual = self._factored(known, variance), self._residual(level)
            log_density = factored.log_density(residual) + self.rows.log_jacobian.sum()
            if len(self._interval):
                intervals = IntervalRows(factored.errors, self._errors_of(self._interval, known))
                low, high = self._interval_bounds(level)
                log_density = log_density + intervals.log_probability(
                    factored, residual, variance[:, self._interval], low, high
                )
            return np.asarray(np.where(np.isnan(log_density), -np.inf, log_density))

    def sample_integrated(
        self, truth: FloatArray, parameters: Draws, rng: np.random.Generator
    ) -> tuple[dict[str, FloatArray], DiscrepancyPath | None]:
        """Return draws of what was integrated out, given the reports, truth and sampled parameters.

        Biases and drifts come by name, each (draw,); the discrepancy as a path at the days of the rows,
        or None if the measure has none, or is a floor or ceiling, whose bounds say little about it.
        """
        if self.measure.kind != "value" or (not self._columns and self.wander is None):
            return {}, None
        with np.errstate(all="ignore"):
            known = self.known(truth, parameters)
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

    def predict(
        self,
        truth: FloatArray,
        parameters: Draws,
        path: DiscrepancyPath | None,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Return reports as they could have been, in the measure's unit, shape (draw, row).

        Parameters
        ----------
        truth
            As for `log_density`.
        parameters
            Every uncertain bias, drift, noise and delay of the reporters, by name, each (draw,).
        path
            The discrepancy as drawn given earlier reports, if the measure has one; it is continued.
        rng
            For noise, and for days on which the discrepancy is not known yet.
        """
        rows, n_draws = self.rows, len(truth)
        with np.errstate(all="ignore"):
            level = self.level(self.known(truth, parameters), parameters, integrated=parameters)
            if self.wander is not None:
                empty = DiscrepancyPath(self.wander, np.zeros(0), np.zeros((n_draws, 0)))
                level = level + (path or empty).sample(rows.days, n_draws, rng)
            sd = np.sqrt(self.noise_variance(parameters) - rows.own_sd**2)
            level = level + sd * rng.standard_normal(level.shape)
            reports = np.empty_like(level)
            for r, reporter in enumerate(rows.reporters):
                own = rows.reporter == r
                reports[:, own] = from_scale(level[:, own], reporter.scale, whole_of(self.measure, reporter))
        return reports

    def known(self, truth: FloatArray, parameters: Draws) -> FloatArray:
        """Return the truth, as far as it could be known, that each row reports, shape (draw, row)."""
        if self._delay is None:
            return truth[:, self._time_of_row]
        return self._delay.known(truth, parameters.get(parameter_name("delay", self.measure.quantity)))

    def level(self, known: FloatArray, parameters: Draws, *, integrated: Draws | None = None) -> FloatArray:
        """Return what each row would say without noise, on its scale, shape (draw, row).

        Terms that are integrated out enter with their prior means, or as `integrated` gives them.
        """
        rows = self.rows
        level = np.empty_like(known)
        for r, (reporter, terms) in enumerate(zip(rows.reporters, self.terms, strict=True)):
            own = rows.reporter == r
            bias = _values(terms.bias, parameters, integrated)
            if reporter.scale == "linear":
                level[:, own] = bias * known[:, own]
            else:
                scaled = to_scale(known[:, own], reporter.scale, whole_of(self.measure, reporter))
                level[:, own] = scaled + bias
            if terms.drift is not None:
                level[:, own] += _values(terms.drift, parameters, integrated) * rows.years[own]
        return level

    def noise_variance(self, parameters: Draws) -> FloatArray:
        """Return the variance of each row's own error, shape (draw, row), or (1, row) if it is known."""
        sampled = any(terms.noise.is_sampled for terms in self.terms)
        n_draws = len(next(iter(parameters.values()))) if sampled else 1
        sd = np.empty((n_draws, len(self.rows)))
        for r, terms in enumerate(self.terms):
            own = self.rows.reporter == r
            noise = parameters[terms.noise.name] if terms.noise.is_sampled else np.array([terms.noise.mean])
            sd[:, own] = noise[:, None]
        return sd**2 + self.rows.own_sd**2

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
        if self.measure.kind == "value" and not any(terms.noise.is_sampled for terms in self.terms):
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

    def _check_scales(self) -> None:
        """Raise where a reporter errs on another scale than a discrepancy that all share."""
        for reporter in self.rows.reporters:
            if self.wander is not None and reporter.scale != self.measure.scale:
                message = (
                    f'"{reporter.name}" errs on the {reporter.scale} scale, the discrepancy of '
                    f'"{self.measure.quantity}" on the {self.measure.scale} scale'
                )
                hint = "give both the same scale, or leave the discrepancy out"
                raise InputError(Diagnostic("error", "mixed-scales", message, reporter.span, (hint,)))


def _values(term: Term, parameters: Draws, integrated: Draws | None) -> FloatArray | float:
    """Return a term on the scale, shape (draw, 1) or one number: sampled, known, or its prior mean."""
    if term.is_sampled:
        values = parameters[term.name]
    elif integrated is not None and term.is_integrated:
        values = integrated[term.name]
    else:
        return term.mean
    return np.asarray((np.log(values) if term.is_log else values)[:, None])
