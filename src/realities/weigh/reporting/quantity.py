"""The reports of one quantity: what all kinds of them have in common.

    report = truth, biased, drifting, with model error and noise, on the scale the reporter errs on

In come the rows of a quantity (`rows.py`), what is uncertain about its reporters (`terms.py`) and the
truth of every draw at the times of the rows; out comes the log density of the reports, of the numbers as
they were written, so that evidences compare with those of other programs. Each kind of a measure has a
file of its own: `values.py`, `ordinals.py`, `bounds.py`, `counts.py`. `reports.py` chooses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.errors import Diagnostic, InputError
from realities.weigh.reporting.delays import DelayedCount
from realities.weigh.reporting.discrepancy import DiscrepancyPath
from realities.weigh.reporting.lasting import LastingErrors
from realities.weigh.reporting.processes import Wander
from realities.weigh.reporting.rows import gather_rows
from realities.weigh.reporting.scales import from_scale, to_scale, whole_of
from realities.weigh.reporting.terms import Draws, Term, reporter_terms, values_of

FloatArray = NDArray[np.float64]


class QuantityReports(ABC):
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
        self.lasting = LastingErrors(measure, self.rows, self.terms, calendar)
        self.parameters = {term.name: term.prior for term in self.all_terms if term.is_sampled}
        self._delay = None
        if measure.delay is not None and len(self.rows):
            happened, published = self.rows.dates
            self._delay = DelayedCount(measure.delay, measure.quantity, happened, published, calendar)
            self.parameters |= self._delay.parameters
        row_times = np.unique(self.rows.times)
        self.times: FloatArray = row_times if self._delay is None else self._delay.times
        self._time_of_row = np.searchsorted(self.times, self.rows.times)
        found = measure.discrepancy
        self.wander = None if found is None else Wander(found.sd, found.timescale_days)
        self._own = tuple(self._rows_of(r) for r in range(len(self.rows.reporters)))
        self._added = tuple(
            (one, np.flatnonzero(one.rows > 0))
            for one in self.lasting.erring
            if one.terms.drift is not None or (one.is_origin and one.terms.bias.is_log)
        )
        self._known_variance: FloatArray | None = None
        self._check_scales()

    def _rows_of(self, r: int) -> slice | NDArray[np.intp]:
        """Return the rows of a reporter by its number: all of them where nobody else reports."""
        own = np.flatnonzero(self.rows.reporter == r)
        return slice(None) if len(own) == len(self.rows) else own

    @property
    def delay(self) -> DelayedCount | None:
        """How late the events of its figures are counted; None if at once."""
        return self._delay

    @property
    def all_terms(self) -> tuple[Term, ...]:
        """Every number of a reporter, or of an origin that reporters share."""
        return tuple(term for one in self.lasting.erring for term in one.terms.all)

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
            found = self._log_density(truth, parameters)
        return np.asarray(np.where(np.isnan(found), -np.inf, found))

    @abstractmethod
    def _log_density(self, truth: FloatArray, parameters: Draws) -> FloatArray:
        """Return the log density of the reports, (draw,); it may be no number where it is zero."""

    def sample_integrated(
        self, truth: FloatArray, parameters: Draws, rng: np.random.Generator
    ) -> tuple[dict[str, FloatArray], DiscrepancyPath | None]:
        """Return draws of what was integrated out, given the reports, truth and sampled parameters.

        Biases and drifts come by name, each (draw,), and where a walk of a bias stood when its reporter
        spoke last, on the scale; the discrepancy and all that lasts as a path at the days of the rows, or
        None if there is none, or the measure is a floor or ceiling, whose bounds say little about it.
        """
        del truth, parameters, rng  # unless a kind says otherwise, nothing is integrated out
        return {}, None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said of how the rows were read; usually nothing."""
        return ()

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
        rows = self.rows
        with np.errstate(all="ignore"):
            level = self.without_noise(truth, parameters, path, rng)
            # A range stated beside a figure is part of its error; what rounding adds comes with writing.
            rounding = np.array([one.rounding_sd for one in rows.said])
            sd = np.sqrt(self.noise_variance(parameters) - rounding**2)
            level = level + sd * rng.standard_normal(level.shape)
            reports = np.empty_like(level)
            for own, reporter in zip(self._own, rows.reporters, strict=True):
                reports[:, own] = from_scale(level[:, own], reporter.scale, whole_of(self.measure, reporter))
            return self._as_written(reports, parameters, rng)

    def _as_written(self, values: FloatArray, parameters: Draws, rng: np.random.Generator) -> FloatArray:
        """Return figures as reporters write what they mean, (draw, row): unless a kind does it, as it is."""
        del parameters, rng
        return values

    def without_noise(
        self,
        truth: FloatArray,
        parameters: Draws,
        path: DiscrepancyPath | None,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Return what rows would say but for their own noise, on their scale, (draw, row): see `predict`."""
        with np.errstate(all="ignore"):
            level = self.level(self.known(truth, parameters), parameters, integrated=parameters)
            if self.wander is not None:
                empty = DiscrepancyPath(self.wander, np.zeros(0), np.zeros((len(truth), 0)))
                level = level + (path or empty).sample(self.rows.days, len(truth), rng)
            if self.lasting.is_any:
                level = level + self.lasting.sample(path, parameters, len(truth), rng)
        return level

    def known(self, truth: FloatArray, parameters: Draws) -> FloatArray:
        """Return the truth, as far as it could be known, that each row reports, shape (draw, row).

        On the linear scale it is what the origin says of it, if reporters share one.
        """
        known = truth[:, self._time_of_row] if self._delay is None else self._delay.known(truth, parameters)
        return self.lasting.through_origins(known, parameters) if self.lasting.origins else known

    def level(self, known: FloatArray, parameters: Draws, *, integrated: Draws | None = None) -> FloatArray:
        """Return what each row would say without noise, on its scale, shape (draw, row).

        Terms that are integrated out enter with their prior means, or as `integrated` gives them.
        """
        rows = self.rows
        level = np.empty_like(known)
        for own, reporter, terms in zip(self._own, rows.reporters, self.terms, strict=True):
            bias = values_of(terms.bias, parameters, integrated)
            if reporter.scale == "linear":
                level[:, own] = bias * known[:, own]
            else:
                scaled = to_scale(known[:, own], reporter.scale, whole_of(self.measure, reporter))
                level[:, own] = scaled + bias
        for one, own in self._added:
            if one.is_origin and one.terms.bias.is_log:
                level[:, own] += values_of(one.terms.bias, parameters, integrated)
            if one.terms.drift is not None:
                level[:, own] += values_of(one.terms.drift, parameters, integrated) * one.years[own]
        return level

    def noise_variance(self, parameters: Draws) -> FloatArray:
        """Return the variance of each row's own error, shape (draw, row), or (1, row) if it is known."""
        if self._known_variance is not None:
            return self._known_variance
        sampled = any(terms.noise.is_sampled for terms in self.terms)
        n_draws = len(next(iter(parameters.values()))) if sampled else 1
        sd = np.empty((n_draws, len(self.rows)))
        for own, terms in zip(self._own, self.terms, strict=True):
            noise = parameters[terms.noise.name] if terms.noise.is_sampled else np.array([terms.noise.mean])
            sd[:, own] = noise[:, None]
        variance = np.asarray(sd**2 + self.rows.own_sd**2)
        if not sampled:
            variance.flags.writeable = False
            self._known_variance = variance
        return variance

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
