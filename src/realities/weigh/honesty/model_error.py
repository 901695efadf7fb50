"""Evidence with another size of the model error: the discrepancy of every measure half or twice as large.

In come an account's draws (`drawn.py`); out comes by how much its log evidence changes when the standard
deviation of every measure's discrepancy is multiplied by a factor. It decides how fast weights run away with
the number of reports, and it is chosen, not inferred, so a lean has to survive this too (`separation.py`).

What the model makes of the draws stays, only the density of the reports is another, so the draws are weighed
anew at no cost of model runs. Where k-hat says that they do not reach, the account is fitted again, but for a
quick look, and what that does not settle either is said to be not computed.
Next is `separation.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from math import hypot, isfinite, log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.ensemble import STREAM_WEIGH, Same
from realities.weigh.fits import AccountFit
from realities.weigh.honesty.drawn import Drawn, log_density_of
from realities.weigh.honesty.refitting import fitted_with
from realities.weigh.honesty.reweighting import log_ratio
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.reporting.reports import QuantityReports, quantity_reports
from realities.weigh.sampling.evidence import WORST_K_HAT, SamplerSettings
from realities.weigh.sequence import AccountRun
from realities.weigh.weighing import shares

FloatArray = NDArray[np.float64]
Weights = dict[str, float] | None
How = Literal["reweighted", "fitted", "not computed"]

#: Factors on every discrepancy's standard deviation; a verdict must survive them.
FACTORS = (0.5, 2.0)
#: What the random streams of fits with other model errors carry, after the seed.
_REFIT = 14


@dataclass(frozen=True, slots=True)
class ErrorChange:
    """By how much one account's log evidence grows where model errors are `factor` times as large.

    `log_change` is None where it was not computed; `error` is the standard error of the ratio of two means
    over the same draws or, where the account was fitted again, that of the evidence then found.
    """

    account: str
    factor: float
    log_change: float | None
    error: float | None
    k_hat: float
    how: How


@dataclass(frozen=True, slots=True)
class AtModelError:
    """An account's log evidence with model errors `factor` times as large as stated; None: not computed."""

    account: str
    factor: float
    log_evidence: float | None
    error: float | None
    k_hat: float
    reliable: bool
    how: How


@dataclass(frozen=True, slots=True)
class ErrorTask:
    """One account to be fitted with other model errors, from where its runs ended."""

    account: str
    as_of: date
    factor: float
    seed: int
    runs: tuple[AccountRun, ...]
    settings: SamplerSettings
    stated: float
    k_hat: float


def error_changes(account: str, draws: Drawn) -> tuple[ErrorChange, ...]:
    """Return what other sizes of all model errors do to one account's evidence; nothing where none errs."""
    return tuple(_change(account, draws, factor) for factor in factors_of(draws.reports))


def factors_of(reports: Mapping[str, QuantityReports]) -> tuple[float, ...]:
    """Return the factors to be tried: none where no quantity that is reported on has a model error."""
    return FACTORS if any(one.measure.discrepancy for one in reports.values()) else ()


def _change(account: str, draws: Drawn, factor: float) -> ErrorChange:
    ratio = log_ratio(draws.log_weights, _log_weights(draws, factor))
    if ratio.k_hat <= WORST_K_HAT and isfinite(ratio.log_ratio):
        return ErrorChange(account, factor, ratio.log_ratio, ratio.error, ratio.k_hat, "reweighted")
    return ErrorChange(account, factor, None, None, ratio.k_hat, "not computed")


def _log_weights(draws: Drawn, factor: float) -> FloatArray:
    """Return the weights that the draws would have with other model errors, (draw,)."""
    total = draws.log_offset.copy()
    for quantity, reports in draws.reports.items():
        if reports.measure.discrepancy is None:
            total += draws.parts[quantity]
        else:
            other = with_model_error(Same(draws.case), reports, factor)
            total += log_density_of(other, reports, draws.truths[quantity], draws.parameters)
    return total


@lru_cache(maxsize=256)
def with_model_error(same: Same, reports: QuantityReports, factor: float) -> QuantityReports:
    """Return a quantity's reports under a model error `factor` times as large; the same for all accounts."""
    found = reports.measure.discrepancy
    if found is None:
        return reports
    measure = replace(reports.measure, discrepancy=replace(found, sd=factor * found.sd))
    return quantity_reports(measure, reports.rows.observations, same.case.calendar)


def fitted_error(case: Case, task: ErrorTask) -> ErrorChange:
    """Return the change that a fit with other model errors gives; not computed if that is not reliable."""
    likelihood = AccountLikelihood(case, task.account, task.as_of)
    others = {q: with_model_error(Same(case), one, task.factor) for q, one in likelihood.reports.items()}
    seed = [task.seed, STREAM_WEIGH, _REFIT, round(1000 * task.factor)]
    sample = fitted_with(likelihood, others, task.runs, task.settings, seed)
    if not sample.reliable:
        return ErrorChange(task.account, task.factor, None, None, task.k_hat, "not computed")
    change, error = sample.log_evidence - task.stated, sample.log_evidence_error
    return ErrorChange(task.account, task.factor, change, error, sample.k_hat, "fitted")


def at_model_errors(fits: Mapping[str, AccountFit], found: Iterable[ErrorChange]) -> tuple[AtModelError, ...]:
    """Return the log evidence of every account with other model errors, the smallest factor first."""
    rows = [_at(fits[change.account], change) for change in found]
    return tuple(sorted(rows, key=lambda one: one.factor))


def _at(fit: AccountFit, change: ErrorChange) -> AtModelError:
    if change.log_change is None or change.error is None or not isfinite(fit.log_evidence):
        return AtModelError(change.account, change.factor, None, None, change.k_hat, False, "not computed")
    evidence, error = fit.log_evidence + change.log_change, change.error
    if change.how == "reweighted":  # a fit has an error of its own, and no other
        error = hypot(fit.log_evidence_error, error)
    return AtModelError(
        change.account, change.factor, evidence, error, change.k_hat, fit.reliable, change.how
    )


def weights_at_errors(found: Iterable[AtModelError], stated: Mapping[str, float]) -> dict[float, Weights]:
    """Return by factor the weights that all accounts have there; None where an evidence was not computed.

    `stated` are the weights before any report, by account; one that is not there counts as 1.
    """
    table: dict[float, dict[str, float | None]] = {}
    for one in found:
        table.setdefault(one.factor, {})[one.account] = one.log_evidence
    return {factor: _weights(row, stated) for factor, row in table.items()}


def _weights(row: Mapping[str, float | None], stated: Mapping[str, float]) -> Weights:
    known = {name: value + log(stated.get(name, 1.0)) for name, value in row.items() if value is not None}
    return shares(known) if len(known) == len(row) else None
