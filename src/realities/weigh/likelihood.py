"""What an account makes of the reports published by a date: one log-likelihood over N(0, I).

In come a case, an account and a date; out comes the account's parameter space, each prior mapped to a
standard normal, and the log density of all reports for many points of it at once. The model runs only to
the last day that is reported on, and gives each measured variable when it was reported, and no more. Two
likelihoods, such as those of two dates, are had from one run of it. Next is `sequence.py`, which leads the
sampler's particles from date to date.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Generic, TypeVar

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
Key = TypeVar("Key", bound=Hashable)

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


class Runs(Generic[Key]):
    """An account's model, run for the variables and times that some groups of reports need, and no more.

    Parameters
    ----------
    case, account, as_of
        Dated inputs published after `as_of` stay at the model's default.
    priors
        Of the account's constants, by name.
    groups
        The reports, under any keys; each is of one quantity.
    """

    def __init__(
        self,
        case: Case,
        account: str,
        as_of: date,
        priors: Mapping[str, Prior],
        groups: Mapping[Key, QuantityReports],
    ) -> None:
        self._priors, self._groups = priors, groups
        measured = {key: reports.measure.variable_for(account) for key, reports in groups.items()}
        self._variables = {key: case.model[name].name for key, name in measured.items()}
        self._times = self._times_of_variables()
        self._columns = {
            key: np.searchsorted(self._times[self._variables[key]], r.times) for key, r in groups.items()
        }
        self._ensemble = Ensemble(case, as_of=as_of, outputs=sorted(self._times)) if groups else None

    def _times_of_variables(self) -> dict[str, FloatArray]:
        """Return when each measured variable is needed: several quantities may measure one."""
        by_variable: dict[str, list[FloatArray]] = {}
        for key, reports in self._groups.items():
            by_variable.setdefault(self._variables[key], []).append(reports.times)
        return {name: np.unique(np.concatenate(times)) for name, times in by_variable.items()}

    def truths(
        self, parameters: Mapping[str, FloatArray], n_draws: int
    ) -> tuple[dict[Key, FloatArray], BoolArray]:
        """Return true values at the times that each group needs, (draw, time), and which draws failed.

        `parameters` has at least the uncertain constants; failures are (draw,).
        """
        truths = {key: np.empty((reports.times.size, n_draws)) for key, reports in self._groups.items()}
        failed = np.zeros(n_draws, dtype=np.bool_)
        if self._ensemble is None:
            return {}, failed
        for part in self._ensemble.cuts(n_draws, sum(times.size for times in self._times.values())):
            runs = self.run(parameters, part)
            for key, truth in truths.items():
                truth[:, part] = runs.values[self._variables[key]].T[self._columns[key]]
            failed[part] = runs.failed
        return {key: truth.T for key, truth in truths.items()}, failed

    def run(self, parameters: Mapping[str, FloatArray], part: slice) -> Excerpt:
        """Return the measured variables of some of the draws that parameters are given for, each (draw,)."""
        assert self._ensemble is not None
        constants = {
            name: parameters[name][part] if prior.fixed is None else prior.fixed
            for name, prior in self._priors.items()
        }
        n_draws = part.stop - part.start
        return self._ensemble.run_at(constants, self._times, n_draws=n_draws, first_draw=part.start)


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
    rows
        The rows that weigh; default: all that weigh as of the date.
    """

    def __init__(
        self,
        case: Case,
        account: str,
        as_of: date,
        *,
        width: float = 1.0,
        rows: Iterable[Observation] | None = None,
    ) -> None:
        self.account = account
        self.observations = used_observations(case, as_of) if rows is None else tuple(rows)
        self.inputs = case.events_as_of(as_of)
        self._model_priors = {name: prior.widened(width) for name, prior in case.priors(account).items()}
        self.reports = reports_of(case, self.observations)
        reporting = {name: prior for r in self.reports.values() for name, prior in r.parameters.items()}
        self.space = ParameterSpace({**self._model_priors, **reporting})
        self._case, self._as_of = case, as_of
        self._runs = self.runs_of(self.reports)

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
        return _densities(self._runs, self.reports, self.space.values(points), len(points))

    def truths(
        self, parameters: Mapping[str, FloatArray], n_draws: int
    ) -> tuple[dict[str, FloatArray], BoolArray]:
        """Return each quantity's true values at the times its reports need, and which draws failed.

        Values are (draw, time), failures (draw,). `parameters` has at least the model's sampled ones.
        """
        return self._runs.truths(parameters, n_draws)

    def run(self, parameters: Mapping[str, FloatArray], part: slice) -> Excerpt:
        """Return the measured variables of some of the draws that parameters are given for, each (draw,)."""
        return self._runs.run(parameters, part)

    def runs_of(self, groups: Mapping[Key, QuantityReports]) -> Runs[Key]:
        """Return this account's model, with the dated inputs known here, for some groups of reports."""
        return Runs(self._case, self.account, self._as_of, self._model_priors, groups)

    def _block(self, points: FloatArray) -> FloatArray:
        parts = self.by_quantity(points)
        return np.sum(list(parts.values()), axis=0) if parts else np.zeros(len(points))


class LikelihoodPair:
    """Two log-likelihoods of one account, such as those of two dates, over the numbers of both.

    Where both know the same dated inputs, one run of the model serves both, and a quantity of which the
    same is reported is compared once.

    Attributes
    ----------
    names
        The numbers that either samples, sorted: the coordinates of a point.
    """

    def __init__(self, first: AccountLikelihood, second: AccountLikelihood) -> None:
        self._both = first, second
        self._space = ParameterSpace({**first.space.priors, **second.space.priors})
        self.names = self._space.names
        self._columns = [[self.names.index(name) for name in one.space.names] for one in self._both]
        self._joint: Runs[_Key] | None = None
        if not (first.reports and second.reports) or first.inputs == second.inputs:
            self._groups = _groups(first.reports, second.reports)
            self._joint = (second if second.reports else first).runs_of(self._groups)

    def __call__(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return both log-likelihoods, each (draw,), of points (draw, name); -inf where the model failed."""
        if self._joint is None:
            first, second = (one(points[:, own]) for one, own in zip(self._both, self._columns, strict=True))
            return first, second
        blocks = [self._block(points[start : start + BLOCK]) for start in range(0, len(points), BLOCK)]
        return np.concatenate([one for one, _ in blocks]), np.concatenate([other for _, other in blocks])

    def _block(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        assert self._joint is not None
        parts = _densities(self._joint, self._groups, self._space.values(points), len(points))
        sums = [np.zeros(len(points)), np.zeros(len(points))]
        for (_, which), part in parts.items():
            for k in (0, 1):
                if which in (k, _BOTH):
                    sums[k] += part
        return sums[0], sums[1]


#: A quantity, and which of two likelihoods its reports are of.
_Key = tuple[str, int]
_BOTH = 2


def _groups(
    first: Mapping[str, QuantityReports], second: Mapping[str, QuantityReports]
) -> dict[_Key, QuantityReports]:
    """Return the reports of two likelihoods, those that both have once."""
    found: dict[_Key, QuantityReports] = {}
    for quantity in sorted({*first, *second}):
        one, other = first.get(quantity), second.get(quantity)
        if one is not None:
            found[quantity, _BOTH if one is other else 0] = one
        if other is not None and other is not one:
            found[quantity, 1] = other
    return found


def _densities(
    runs: Runs[Key],
    groups: Mapping[Key, QuantityReports],
    parameters: Mapping[str, FloatArray],
    n_draws: int,
) -> dict[Key, FloatArray]:
    """Return the log density of each group of reports, each (draw,); -inf where the model failed."""
    truths, failed = runs.truths(parameters, n_draws)
    return {
        key: np.where(failed, -np.inf, reports.log_density(truths[key], parameters))
        for key, reports in groups.items()
    }


def used_observations(case: Case, as_of: date) -> tuple[Observation, ...]:
    """Return the rows that weigh as of a date: published by then, of days that had come and are covered.

    Rows published long before the day they speak of are forecasts and weigh nothing.
    """
    return _used_observations(Same(case), as_of)


@lru_cache(maxsize=256)
def _used_observations(same: Same, as_of: date) -> tuple[Observation, ...]:
    case = same.case
    return tuple(row for row in case.weighable(as_of) if usable(row, as_of, case.calendar))


def reports_of(case: Case, rows: Iterable[Observation]) -> Mapping[str, QuantityReports]:
    """Return by quantity, sorted, rows that weigh together.

    They are the same for all accounts, so what a process has prepared for one serves the others; and where
    two dates have the same rows of a quantity, they have the same reports of it.
    """
    by_quantity: dict[str, list[Observation]] = {}
    for row in rows:
        by_quantity.setdefault(row.quantity, []).append(row)
    same = Same(case)
    return MappingProxyType({q: _reports(same, q, tuple(own)) for q, own in sorted(by_quantity.items())})


@lru_cache(maxsize=512)
def _reports(same: Same, quantity: str, rows: tuple[Observation, ...]) -> QuantityReports:
    return quantity_reports(same.case.measures[quantity], rows, same.case.calendar)


def reports_published(case: Case, until: date, after: date | None = None) -> Mapping[str, QuantityReports]:
    """Return by quantity, sorted, the reports that weigh as of `until`, of those published after a date."""
    if after is None:
        return reports_of(case, used_observations(case, until))
    return _reports_published_next(Same(case), until, after)


@lru_cache(maxsize=24)
def _reports_published_next(same: Same, until: date, after: date) -> Mapping[str, QuantityReports]:
    case = same.case
    rows: dict[str, list[Observation]] = {}
    earlier: dict[str, list[Observation]] = {}
    for row in used_observations(case, until):
        is_new = row.published is not None and row.published > after
        (rows if is_new else earlier).setdefault(row.quantity, []).append(row)
    return MappingProxyType(
        {
            q: quantity_reports(case.measures[q], found, case.calendar, earlier.get(q, ()))
            for q, found in sorted(rows.items())
        }
    )
