"""Data sets as an account would have made them: its priors, its model and its reporters, run forwards.

In comes a case, whose rows give dates, reporters and units; out come data sets, each the same rows with
figures that one account produced from one draw of everything that is uncertain, and that draw. Reports come
about as `predict` says, so it is checked together with the densities. Next is `ranks.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.weigh.fits import AccountFit, part_of, predict_reports, sample_discrepancies, with_unheard
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import unweighed_account
from realities.weigh.reporting.discrepancy import DiscrepancyPath

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A case whose figures an account made, and the draw behind them: a fit of one draw."""

    number: int
    account: str
    case: Case
    truth: AccountFit


@dataclass(frozen=True, slots=True)
class World:
    """What every account of a case could have reported: `n` draws each, figures (draw, row) by quantity."""

    case: Case
    fits: Mapping[str, AccountFit]
    figures: Mapping[str, Mapping[str, FloatArray]]
    failed: Mapping[str, NDArray[np.bool_]]

    def data_set(self, number: int, account: str) -> DataSet | None:
        """Return data set `number`, made by an account; None where that draw left the real numbers."""
        if self.failed[account][number]:
            return None
        likelihood = AccountLikelihood(self.case, account, self.case.latest_published)
        rows = []
        for quantity, reports in likelihood.reports.items():
            values = self.figures[account][quantity][number]
            for row, value in zip(reports.rows.observations, values.tolist(), strict=True):
                rows.append(replace(row, value=value, low=None, high=None))
        fit = part_of(self.fits[account], np.array([number]))
        return DataSet(number, account, replace(self.case, observations=tuple(rows)), fit)


def imagine(case: Case, n: int, seed: int) -> World:
    """Return what each account of a case could have reported, `n` times over."""
    fits, figures, failed = {}, {}, {}
    for k, account in enumerate(case.accounts):
        likelihood = AccountLikelihood(case, account.id, case.latest_published)
        fit = unweighed_account(case, account.id, seed=seed + k, n_draws=n)
        fit = _with_discrepancies(with_unheard(fit, likelihood.reports.values()), likelihood, seed, k)
        everything = {**fit.parameters, **fit.reporter_parameters}
        truths, is_failed = likelihood.truths(everything, n)
        found = {
            quantity: predict_reports(fit, reports, truths[quantity], np.random.default_rng([seed, k, 1, q]))
            for q, (quantity, reports) in enumerate(likelihood.reports.items())
        }
        for values in found.values():
            is_failed = is_failed | ~np.isfinite(values).all(axis=1)
        fits[account.id], figures[account.id], failed[account.id] = fit, found, is_failed
    return World(case, fits, figures, failed)


def _with_discrepancies(fit: AccountFit, likelihood: AccountLikelihood, seed: int, k: int) -> AccountFit:
    """Return a fit with model errors drawn at the days of the rows, so that they are known afterwards."""
    paths: dict[str, DiscrepancyPath] = {}
    for q, (quantity, reports) in enumerate(likelihood.reports.items()):
        if reports.wander is not None:
            rng = np.random.default_rng([seed, k, 2, q])
            days = np.unique(reports.rows.days)
            values = sample_discrepancies(
                fit, [reports.measure], np.unique(reports.rows.times), {quantity: rng}
            )
            paths[quantity] = DiscrepancyPath(reports.wander, days, values[quantity])
    return replace(fit, discrepancies=paths)
