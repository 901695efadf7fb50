"""What an account makes of the reports published by a date: one log-likelihood over N(0, I).

In come a case, an account and a date; out comes the account's parameter space, each prior mapped to a
standard normal, and the log density of all reports for many points of it at once. The model runs only to
the last day that is reported on, and gives each measured variable when it was reported, and no more. Next is
`posterior.py`, which hands this to the sampler.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from realities.case.folder import Case
from realities.case.observations import Observation
from realities.case.priors import Prior
from realities.ensemble import Ensemble, Same
from realities.trajectories import Excerpt
from realities.weigh.reporting.reports import QuantityReports, quantity_reports
from realities.weigh.reporting.rows import usable

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Draws whose likelihood is computed at a time; bounds memory, changes nothing else.
BLOCK = 2000
#: Probabilities are kept this far from one: a quantile there may be infinite.
_LAST_PROBABILITY = 1.0 - 2.0**-53


class ParameterSpace:
    """Uncertain numbers in the order of their names, as coordinates that are N(0, 1) a priori."""

    def __init__(self, priors: Mapping[str, Prior]) -> None:
        self.priors = {name: prior for name, prior in sorted(priors.items()) if prior.fixed is None}

    @property
    def names(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(self.priors)

    def values(self, points: FloatArray) -> dict[str, FloatArray]:
        """Return parameters by name, each (draw,), for points (draw, dimension)."""
        probability = np.minimum(ndtr(points), _LAST_PROBABILITY)
        return {name: prior.ppf(probability[:, k]) for k, (name, prior) in enumerate(self.priors.items())}


class AccountLikelihood:
    """The log-likelihood of an account's parameters, given what was published by a date.

    Parameters
    ----------
    case
        The case.
    account
        Id of an account. It decides which priors and which reading of a label hold, and nothing else:
        two accounts that assume the same get the same numbers, to the last bit.
    as_of
        Rows and dated inputs published later play no part.
    width
        Factor on the spread of the account's own priors, to see how much they matter.
    """

    def __init__(self, case: Case, account: str, as_of: date, *, width: float = 1.0) -> None:
        self.account = account
        self.observations = used_observations(case, as_of)
        self._model_priors = {name: prior.widened(width) for name, prior in case.priors(account).items()}
        self.reports = reports_published(case, as_of)
        self._variables = {q: case.model[case.measures[q].variable_for(account)].name for q in self.reports}
        reporting = {name: prior for r in self.reports.values() for name, prior in r.parameters.items()}
        self.space = ParameterSpace({**self._model_priors, **reporting})
        self._times = self._times_of_variables()
        self._columns = {
            q: np.searchsorted(self._times[self._variables[q]], r.times) for q, r in self.reports.items()
        }
        if self.reports:
            self._ensemble = Ensemble(case, as_of=as_of, outputs=sorted(self._times))

    def _times_of_variables(self) -> dict[str, FloatArray]:
        """Return when each measured variable is needed: several quantities may measure one."""
        by_variable: dict[str, list[FloatArray]] = {}
        for quantity, reports in self.reports.items():
            by_variable.setdefault(self._variables[quantity], []).append(reports.times)
        return {name: np.unique(np.concatenate(times)) for name, times in by_variable.items()}

    @property
    def dimension(self) -> int:
        """How many numbers are sampled."""
        return len(self.space.names)

    @property
    def model_parameters(self) -> tuple[str, ...]:
        """Names of the sampled constants of the model, sorted."""
        return tuple(name for name in self.space.names if name in self._model_priors)

    def __call__(self, points: FloatArray) -> FloatArray:
        """Return log-likelihoods (draw,) of points (draw, dimension); -inf where the model failed."""
        blocks = [points[start : start + BLOCK] for start in range(0, len(points), BLOCK)]
        return np.concatenate([np.zeros(0), *(self._block(block) for block in blocks)])

    def by_quantity(self, points: FloatArray) -> dict[str, FloatArray]:
        """Return the log density of each quantity's reports, each (draw,): where a misfit lies."""
        if not self.reports:
            return {}
        parameters = self.space.values(points)
        truths, failed = self.truths(parameters, len(points))
        return {
            quantity: np.where(failed, -np.inf, reports.log_density(truths[quantity], parameters))
            for quantity, reports in self.reports.items()
        }

    def truths(
        self, parameters: Mapping[str, FloatArray], n_draws: int
    ) -> tuple[dict[str, FloatArray], BoolArray]:
        """Return each quantity's true values at the times its reports need, and which draws failed.

        Values are (draw, time), failures (draw,). `parameters` has at least the model's sampled ones.
        """
        truths = {q: np.empty((reports.times.size, n_draws)) for q, reports in self.reports.items()}
        failed = np.empty(n_draws, dtype=np.bool_)
        for part in self._ensemble.cuts(n_draws, sum(times.size for times in self._times.values())):
            runs = self.run({name: parameters[name][part] for name in self.model_parameters}, part)
            for quantity, truth in truths.items():
                truth[:, part] = runs.values[self._variables[quantity]].T[self._columns[quantity]]
            failed[part] = runs.failed
        return {quantity: truth.T for quantity, truth in truths.items()}, failed

    def run(self, parameters: Mapping[str, FloatArray], part: slice) -> Excerpt:
        """Return the measured variables of some draws, given the model's sampled parameters of those."""
        constants = {
            name: parameters[name] if prior.fixed is None else prior.fixed
            for name, prior in self._model_priors.items()
        }
        n_draws = part.stop - part.start
        return self._ensemble.run_at(constants, self._times, n_draws=n_draws, first_draw=part.start)

    def _block(self, points: FloatArray) -> FloatArray:
        parts = self.by_quantity(points)
        return np.sum(list(parts.values()), axis=0) if parts else np.zeros(len(points))


def used_observations(case: Case, as_of: date) -> tuple[Observation, ...]:
    """Return the rows that weigh as of a date: published by then, of days that had come and are covered.

    Rows published long before the day they speak of are forecasts and weigh nothing.
    """
    return tuple(row for row in case.weighable(as_of) if usable(row, as_of, case.calendar))


def reports_published(case: Case, until: date, after: date | None = None) -> Mapping[str, QuantityReports]:
    """Return by quantity, sorted, the reports that weigh as of `until`, of those published after a date.

    They are the same for all accounts, so what a process has prepared for one serves the others.
    """
    return _reports_published(Same(case), until, after)


@lru_cache(maxsize=24)
def _reports_published(same: Same, until: date, after: date | None) -> Mapping[str, QuantityReports]:
    case = same.case
    rows: dict[str, list[Observation]] = {}
    earlier: dict[str, list[Observation]] = {}
    for row in used_observations(case, until):
        is_new = after is None or (row.published is not None and row.published > after)
        (rows if is_new else earlier).setdefault(row.quantity, []).append(row)
    return MappingProxyType(
        {
            q: quantity_reports(case.measures[q], found, case.calendar, earlier.get(q, ()))
            for q, found in sorted(rows.items())
        }
    )
