"""What weighing gives: one fit for each account, and the weights of all of them.

`posterior.py` makes an `AccountFit`, `weighing.py` a `Weighing`; forecasts, scores and the report read
them. Posterior draws are equally weighted, and draw k means the same in every array of a fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Measure
from realities.ensemble import uniforms
from realities.figures.counts import in_hundred, shown_weight
from realities.weigh.reporting.discrepancy import DiscrepancyPath, sample_paths
from realities.weigh.reporting.processes import Wander
from realities.weigh.reporting.reports import QuantityReports
from realities.weigh.reporting.rows import days_of
from realities.weigh.sampling.importance import StudentMixture
from realities.weigh.sequence import Cloud

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from realities.case.case import Case

FloatArray = NDArray[np.float64]

#: A bias whose logarithm varies by more than this part of what it did before is not narrowed.
NARROWED = 0.9


@dataclass(frozen=True, slots=True)
class GoingOn:
    """The clouds that an account's runs have come to, in their order, and a digest of what they depend on."""

    basis: str
    clouds: tuple[Cloud, ...]


@dataclass(frozen=True)
class AccountFit:
    """One account after the reports published by a date.

    Attributes
    ----------
    account, as_of, seed
        Which fit this is.
    log_evidence, log_evidence_error
        Log density of the reports under the account, natural logarithm, and its standard error.
    effective_draws, k_hat
        How many independent draws the weighted ones are worth; the shape of the weights' tail.
    reliable, warnings
        Whether the diagnostics support the numbers, and if not, why not.
    parameters
        Posterior draws of the model's uncertain constants by name, each (draw,).
    reporter_parameters
        Posterior draws of `bias[quantity, reporter]`, `noise[...]`, `drift[...]`, `delay[quantity]`,
        those that are uncertain and have reports, each (draw,).
    discrepancies
        Model error by quantity at the days of its reports.
    run_log_evidences
        What each independent run gives alone.
    n_evaluations
        How often the model was run.
    chains
        What was sampled, by name, as each independent run alone has it, each (run, draw).
    going_on
        From where a fit at a later date can go on; None where other dates followed on this one.
    """

    account: str
    as_of: date
    seed: int
    log_evidence: float
    log_evidence_error: float
    effective_draws: float
    k_hat: float
    reliable: bool
    warnings: tuple[str, ...]
    parameters: Mapping[str, FloatArray]
    reporter_parameters: Mapping[str, FloatArray]
    discrepancies: Mapping[str, DiscrepancyPath]
    run_log_evidences: tuple[float, ...]
    n_evaluations: int
    n_draws: int
    calendar: Calendar = field(repr=False)
    sampled: tuple[str, ...] = field(default=(), repr=False)
    proposal: StudentMixture | None = field(default=None, repr=False)
    chains: Mapping[str, FloatArray] = field(default_factory=dict, repr=False)
    going_on: GoingOn | None = field(default=None, repr=False)


@dataclass(frozen=True)
class LevelTold:
    """What the reports told of a quantity's level.

    Attributes
    ----------
    quantity
        Its name.
    narrowing
        By account and reporter (or origin): standard deviation of the logarithm of the bias given the
        reports, over that before.
    """

    quantity: str
    narrowing: Mapping[str, Mapping[str, float]]

    @property
    def on_priors(self) -> tuple[str, ...]:
        """The accounts under which no bias is narrowed: there the level rests on priors."""
        return tuple(name for name, ratios in self.narrowing.items() if min(ratios.values()) > NARROWED)


@dataclass(frozen=True, repr=False)
class Weighing:
    """All accounts of a case after the reports published by a date.

    `weights` sum to one; `weight_errors` are standard errors that come from those of the evidences.
    `used` rows took part, `later` were published after `as_of`, `without_date` are never used.
    `levels_told` are the quantities whose level nobody's known bias ties down; `case` is what was weighed.
    """

    case_id: str
    as_of: date
    seed: int
    fits: Mapping[str, AccountFit]
    weights: Mapping[str, float]
    weight_errors: Mapping[str, float]
    used: int
    later: int
    without_date: int
    warnings: tuple[str, ...]
    levels_told: tuple[LevelTold, ...] = ()
    case: Case | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        names = list(self.weights)
        counts = in_hundred([float(self.weights[name]) for name in names], names)
        shown = ", ".join(f"{name} {shown_weight(n)}" for name, n in zip(names, counts, strict=True))
        doubt = "" if self.reliable else "; not reliable"
        return (
            f"<Weighing of {self.case_id!r} as of {self.as_of}, {self.used} reports: {shown} in 100{doubt}>"
        )

    def _repr_html_(self) -> str:
        """Return the weights as bars and as a table, for a notebook."""
        from realities.weigh.card import weighing_card

        return weighing_card(self)

    def to_pandas(self) -> pd.DataFrame:
        """Return what is known of each account, long and tidy: `handover.frames.weighing_frame`."""
        from realities.weigh.handover.frames import weighing_frame

        return weighing_frame(self)

    def to_xarray(self) -> xr.DataTree:
        """Return one node for each account with ArviZ's groups: `realities.to_xarray`."""
        from realities.weigh.handover.dataset import to_xarray

        return to_xarray(self._weighed(), self)

    def to_arviz(self) -> dict[str, Any]:
        """Return each account's groups as ArviZ takes them, by account id: `realities.to_arviz`."""
        from realities.weigh.handover.dataset import to_arviz

        return to_arviz(self._weighed(), self)

    def _weighed(self) -> Case:
        if self.case is None:
            raise ValueError("this weighing does not know its case; use realities.to_xarray(case, weighing)")
        return self.case

    @property
    def reliable(self) -> bool:
        """Whether every account's evidence is reliable: one that is not leaves no weight that is."""
        return all(fit.reliable for fit in self.fits.values())


def sample_discrepancy(
    fit: AccountFit, measure: Measure, times: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return a quantity's model error at model times, on the measure's scale, shape (draw, time).

    Given the reports where there are any, continued beyond them; zeros for a measure that has none.
    """
    if measure.discrepancy is None:
        return np.zeros((fit.n_draws, len(times)))
    return sample_discrepancies(fit, [measure], times, {measure.quantity: rng})[measure.quantity]


def sample_discrepancies(
    fit: AccountFit, measures: Iterable[Measure], times: FloatArray, rngs: Mapping[str, np.random.Generator]
) -> dict[str, FloatArray]:
    """Return model errors by quantity, as `sample_discrepancy` has them; measures without are left out."""
    paths: dict[str, DiscrepancyPath] = {}
    for measure in measures:
        if measure.discrepancy is not None:
            wander = Wander(measure.discrepancy.sd, measure.discrepancy.timescale_days)
            fresh = DiscrepancyPath(wander, np.zeros(0), np.zeros((fit.n_draws, 0)))
            paths[measure.quantity] = fit.discrepancies.get(measure.quantity, fresh)
    days = days_of(np.asarray(times), fit.calendar)
    found = sample_paths(list(paths.values()), days, fit.n_draws, [rngs[q] for q in paths])
    return dict(zip(paths, found, strict=True))


def predict_reports(
    fit: AccountFit, reports: QuantityReports, truth: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return how rows could have been reported, in the measure's unit, shape (draw, row).

    Biases, drifts and noises are those of the fit; a reporter who had not spoken by then errs as its
    priors say. On a floor or ceiling the numbers are what the bound could be at most, or at least.

    Parameters
    ----------
    fit
        Of the account, as of the date from which the prediction is made.
    reports
        The rows to predict; their order is that of `reports.rows.observations`.
    truth
        The measured variable at `reports.times` for the fit's draws, shape (draw, time).
    """
    parameters = with_unheard(fit, [reports]).reporter_parameters
    return reports.predict(truth, parameters, fit.discrepancies.get(reports.measure.quantity), rng)


def with_unheard(fit: AccountFit, groups: Iterable[QuantityReports]) -> AccountFit:
    """Return a fit with draws from the priors of every reporter that had not spoken by then."""
    parameters = dict(fit.reporter_parameters)
    for reports in groups:
        priors = {term.name: term.prior for term in reports.all_terms}
        for name, prior in {**priors, **reports.parameters}.items():
            if name not in parameters and prior.fixed is None:
                parameters[name] = prior.ppf(uniforms(name, fit.n_draws, seed=fit.seed))
    return replace(fit, reporter_parameters=parameters)


def part_of(fit: AccountFit, kept: NDArray[np.intp]) -> AccountFit:
    """Return a fit with some of its draws, by position; draws stay aligned."""
    return replace(
        fit,
        n_draws=len(kept),
        parameters={name: values[kept] for name, values in fit.parameters.items()},
        reporter_parameters={name: values[kept] for name, values in fit.reporter_parameters.items()},
        discrepancies={q: path.taken(kept) for q, path in fit.discrepancies.items()},
    )
