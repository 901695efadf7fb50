"""An account's draws with what the model makes of them: one pass through the model serves many questions.

In come an account's likelihood and its runs of the sampler; out comes `Drawn`: importance draws, the truth of
each at the times of all reports, and the log density of each quantity's reports. What the density is without
some rows needs no new run of the model. Next are `influence.py` and `checks.py`, which ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from realities.case.folder import Case
from realities.case.observations import Observation
from realities.ensemble import Same
from realities.errors import InternalError
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.reporting.reports import QuantityReports, quantity_reports
from realities.weigh.sampling.evidence import Run
from realities.weigh.sampling.moves import StandardNormal, finite_or_zero, normalized, systematic

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """Which reports are left out: all rows that agree with what is not None.

    `kind` says what that is: a reporter in every quantity, a quantity, or what one reporter published of one
    quantity on one day.
    """

    kind: Literal["reporter", "quantity", "report"]
    reporter: str | None = None
    quantity: str | None = None
    published: date | None = None

    def has(self, row: Observation) -> bool:
        """Return whether a row is among them."""
        return (
            self.reporter in (None, row.reporter)
            and self.quantity in (None, row.quantity)
            and self.published in (None, row.published)
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws of one account, as of one date.

    Attributes
    ----------
    parameters
        Sampled parameters by name, each (draw,).
    truths
        By quantity, the measured variable at the times of its reports, each (draw, time).
    parts
        By quantity, the log density of its reports, each (draw,); minus infinity where the model failed.
    log_offset
        The log density of the prior over that of what the draws come from, (draw,).
    """

    case: Case
    reports: Mapping[str, QuantityReports]
    parameters: Mapping[str, FloatArray]
    truths: Mapping[str, FloatArray]
    parts: Mapping[str, FloatArray]
    log_offset: FloatArray

    @property
    def log_weights(self) -> FloatArray:
        """Weights that make the draws a sample of the posterior, (draw,); their mean is the evidence."""
        return self.log_offset + _total(self.parts)

    def without(self, left: Left) -> FloatArray:
        """Return the weights that the draws would have without some reports, (draw,)."""
        parts = dict(self.parts)
        for quantity, reports in self.reports.items():
            if any(map(left.has, reports.rows.observations)):
                rest = without_rows(Same(self.case), reports, left)
                parts[quantity] = log_density_of(rest, reports, self.truths[quantity], self.parameters)
        return self.log_offset + _total(parts)

    def resampled(self, n: int, rng: np.random.Generator) -> Drawn:
        """Return n draws of the posterior, equally weighted."""
        kept = systematic(normalized(self.log_weights), n, rng)
        parts = {q: part[kept] for q, part in self.parts.items()}
        return replace(
            self,
            parameters={name: values[kept] for name, values in self.parameters.items()},
            truths={q: truth[kept] for q, truth in self.truths.items()},
            parts=parts,
            log_offset=-_total(parts),
        )


def drawn(case: Case, likelihood: AccountLikelihood, runs: Sequence[Run], most: int) -> Drawn:
    """Return at most `most` of the draws of an account's runs, evenly spread, run through the model."""
    if likelihood.dimension:
        points = np.concatenate([run.points for run in runs])
        points = points[:: -(-len(points) // most)]
        sizes = np.array([len(run.points) for run in runs])
        densities = [run.proposal.log_density(points) for run in runs]
        log_average = logsumexp(densities, axis=0, b=(sizes / sizes.sum())[:, None])
    else:  # nothing is uncertain, so any draw is every draw
        points, log_average = np.zeros((2, 0)), np.zeros(2)
    parameters = likelihood.space.values(points)
    truths, failed = likelihood.truths(parameters, len(points))
    offset = StandardNormal(points.shape[1]).log_density(points) - log_average
    return Drawn(
        case=case,
        reports=likelihood.reports,
        parameters=parameters,
        truths=truths,
        parts={
            q: finite_or_zero(reports.log_density(truths[q], parameters))
            for q, reports in likelihood.reports.items()
        },
        log_offset=np.where(failed, -np.inf, offset),
    )


def _total(parts: Mapping[str, FloatArray]) -> FloatArray:
    return np.asarray(np.sum(list(parts.values()), axis=0))


@lru_cache(maxsize=1024)
def without_rows(same: Same, reports: QuantityReports, left: Left) -> QuantityReports | None:
    """Return a quantity's reports without some of them, None if nothing stays; the same for all accounts."""
    kept = [row for row in reports.rows.observations if not left.has(row)]
    return quantity_reports(reports.measure, kept, same.case.calendar) if kept else None


def log_density_of(
    rest: QuantityReports | None,
    reports: QuantityReports,
    truth: FloatArray,
    parameters: Mapping[str, FloatArray],
) -> FloatArray:
    """Return the log density, (draw,), of what stays of some reports, given the truth at the times of all."""
    if rest is None:
        return np.zeros(len(truth))
    columns = np.searchsorted(reports.times, rest.times)
    if not np.array_equal(reports.times[columns], rest.times):
        raise InternalError(f'"{reports.measure.quantity}" needs other times once reports are left out')
    return finite_or_zero(rest.log_density(truth[:, columns], parameters))
