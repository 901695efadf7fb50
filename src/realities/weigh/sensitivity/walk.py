"""One account led through the record report by report: its log evidence after each.

In come a case, an account and the `News` of the record in order; out comes the log evidence after as many of
them as draws reach. Posterior draws are weighed by what is new; where too few stay effective, or their
weights' tail is too long, the account is fitted again there, from where the last fit ended (`leaps.py`).
What is new is one reporter's figures of one quantity on one day, or a dated input. On one day
inputs come first, then quantities and reporters in the order of their names; that order is arbitrary, and
only shares of a day depend on it. Next is `moves.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from math import hypot, isfinite

import numpy as np
from numpy.typing import NDArray

from realities.case.events import CaseEvent
from realities.case.folder import Case
from realities.case.observations import Observation
from realities.ensemble import STREAM_WEIGH, Same, stream
from realities.weigh.dates import days_of_news, known_on
from realities.weigh.honesty.reweighting import log_ratio
from realities.weigh.leaps import leap
from realities.weigh.likelihood import ParameterSpace, Runs, reports_of
from realities.weigh.posterior import path_of
from realities.weigh.reporting.reports import QuantityReports
from realities.weigh.sampling.evidence import HEAVY_EFFORTS, WORST_K_HAT, Run, pooled
from realities.weigh.sampling.moves import finite_or_zero
from realities.weigh.sequence import AccountRun

FloatArray = NDArray[np.float64]

#: A fit on the way: that of a quick look at a slow model, whatever the model.
ON_THE_WAY = HEAVY_EFFORTS["quick"]
#: Draws weighed at a time, and how many of them have to stay effective: in a quick look, and otherwise.
QUICK_REACH, REACH = (512, 40), (2000, 80)
#: An account is fitted where it does worse than another by so much, in log evidence.
SURPRISE = 2.0
#: News that one run of the model serves; bounds memory.
AT_ONCE = 24
#: After so many fits in a row that were not reliable, the walk ends.
MOST_MISSES = 8
#: What random streams are for, after the seed and `STREAM_WEIGH`.
_WALK = 13


@dataclass(frozen=True, slots=True)
class News:
    """What became known at once: one reporter's figures of a quantity on a day, or dated inputs.

    `quantity` and `reporter` are empty where it is inputs, `inputs` then names them. `rows` are all that
    weigh of this quantity and reporter from then on, `n_new` how many of them are new or revised.
    """

    day: date
    quantity: str
    reporter: str
    inputs: tuple[str, ...]
    rows: tuple[Observation, ...]
    n_new: int


@dataclass(frozen=True, slots=True)
class WalkTask:
    """One account to be led through the record up to a date.

    `draws` are weighed at a time, and `enough` of them have to stay effective. After each number of news in
    `fitted` the account is fitted in any case.
    """

    account: str
    as_of: date
    seed: int
    draws: int
    enough: int
    fitted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class After:
    """Log evidence after the first of the news, its error, and whether the account was fitted there.

    `base` is after how many of the news the fit was made on which it rests; 0 for draws from the prior.
    """

    log_evidence: float
    error: float
    is_fitted: bool
    base: int


def news_of(case: Case, as_of: date) -> tuple[News, ...]:
    """Return all that became known by a date, in order."""
    return _news_of(Same(case), as_of)


@lru_cache(maxsize=4)
def _news_of(same: Same, as_of: date) -> tuple[News, ...]:
    found: list[News] = []
    inputs: tuple[CaseEvent, ...] = ()
    held: dict[tuple[str, str], tuple[Observation, ...]] = {}
    for day in days_of_news(same.case, as_of):
        known = known_on(same.case, day)
        if known.inputs != inputs:
            fresh = [event.parameter for event in known.inputs if event not in inputs]
            found.append(News(day, "", "", tuple(dict.fromkeys(fresh)), (), len(fresh)))
            inputs = known.inputs
        now: dict[tuple[str, str], list[Observation]] = {}
        for row in known.rows:
            now.setdefault((row.quantity, row.reporter), []).append(row)
        for key, rows in sorted(now.items()):
            before = held.get(key, ())
            if tuple(rows) != before:
                n_new = len(set(rows) - set(before))
                found.append(News(day, *key, (), tuple(rows), n_new))
                held[key] = tuple(rows)
    return tuple(found)


def doubtful(walks: Mapping[str, Mapping[int, After]]) -> dict[str, tuple[int, ...]]:
    """Return by account the places at which its draws may have missed something.

    There it did much worse than another account and was not fitted: draws that have no part in what comes
    to hold all fail alike, which neither their effective number nor k-hat can tell.
    """
    found: dict[str, list[int]] = {name: [] for name in walks}
    for start, end in pairwise(sorted(set.intersection(*(set(walk) for walk in walks.values())))):
        gains = {name: walk[end].log_evidence - walk[start].log_evidence for name, walk in walks.items()}
        for name, gain in gains.items():
            if max(gains.values()) - gain > SURPRISE and not walks[name][end].is_fitted:
                found[name].append(end)
    return {name: tuple(places) for name, places in found.items() if places}


def walked(case: Case, task: WalkTask) -> dict[int, After]:
    """Return an account's log evidence by how many of the news are known, as far as draws reach."""
    return _Walk(case, task).result()


@dataclass(frozen=True, slots=True)
class _Base:
    """Draws of an account after the first `n` of the news.

    `points` (draw, name) are N(0, 1) a priori, over `run.names`.
    """

    n: int
    run: AccountRun
    points: FloatArray
    log_weights: FloatArray
    log_likelihood: FloatArray
    log_evidence: float
    error: float


class _Walk:
    """One account on its way."""

    def __init__(self, case: Case, task: WalkTask) -> None:
        self._case, self._task = case, task
        self._news = news_of(case, task.as_of)
        self._priors = case.priors(task.account)
        self._settings = replace(ON_THE_WAY, enough_draws=task.enough, posterior_draws=task.draws)

    def result(self) -> dict[int, After]:
        found = {0: After(0.0, 0.0, True, 0)}
        base, at, misses = self._prior(), 0, 0
        while at < len(self._news) and misses < MOST_MISSES:
            together = self._alike(at)
            told = self._reweighted(base, at, together) if together > at else {}
            found |= told
            at += len(told)
            if told and at == together:
                continue
            again = self._fitted(base, at + 1)
            misses = misses + 1 if again is None else 0
            if again is not None:
                base = again
                found[at + 1] = After(base.log_evidence, base.error, True, base.n)
            at += 1
        return found

    def _alike(self, at: int) -> int:
        """Return up to where news share inputs with the next of them, and nothing is to be fitted."""
        if at + 1 in self._task.fitted:
            return at
        end = at + 1
        last = min(len(self._news), at + AT_ONCE)
        while end < last and not self._news[end].inputs and end + 1 not in self._task.fitted:
            end += 1
        return end

    def _reweighted(self, base: _Base, at: int, until: int) -> dict[int, After]:
        """Return what a base's draws say after each of some news, up to one that they do not reach."""
        found: dict[int, After] = {}
        for n, log_likelihood in zip(
            range(at + 1, until + 1), self._likelihoods(base, at, until), strict=True
        ):
            ratio = log_ratio(base.log_weights, base.log_weights + log_likelihood - base.log_likelihood)
            reaches = ratio.k_hat <= WORST_K_HAT and ratio.effective >= self._task.enough
            if not (isfinite(ratio.log_ratio) and reaches):
                break
            error = hypot(base.error, ratio.error)
            found[n] = After(base.log_evidence + ratio.log_ratio, error, False, base.n)
        return found

    def _fitted(self, base: _Base, n: int) -> _Base | None:
        """Return draws of the account fitted after the first `n` of the news; None if not reliable.

        Where it has to be fitted, it is so from the last fit and anew: what misses a mode has less evidence.
        """
        found = self._fit(n, base.run if isinstance(base.run.found, Run) else None)
        if n in self._task.fitted:
            other = self._fit(n, None)
            if other is not None and (found is None or other.log_evidence > found.log_evidence):
                return other
        return found

    def _fit(self, n: int, before: AccountRun | None) -> _Base | None:
        task, day = self._task, self._news[n - 1].day
        path = path_of(task.account, [day], 0, task.seed, self._settings)
        state = _states(Same(self._case), task.as_of)[n]
        rows = [row for reports in state.values() for row in reports.rows.observations]
        run = leap(self._case, path, day, before, rows)
        if run.found is None:
            return None
        seed = [task.seed, STREAM_WEIGH, _WALK]
        sample = pooled([run.found], len(run.names), settings=self._settings, seed=seed)
        if not sample.reliable:
            return None
        points, counts = np.unique(sample.points, axis=0, return_counts=True)
        here = _Base(
            n, run, points, np.log(counts), np.zeros(0), sample.log_evidence, sample.log_evidence_error
        )
        return replace(here, log_likelihood=self._likelihoods(here, n - 1, n)[0])

    def _prior(self) -> _Base:
        names = ParameterSpace(self._priors).names
        n = self._task.draws
        points = np.empty((n, len(names)))
        for k, name in enumerate(names):
            points[:, k] = self._fresh(name, n)
        even = np.zeros(n)
        return _Base(0, AccountRun(names, None), points, even, even, 0.0, 0.0)

    def _likelihoods(self, base: _Base, at: int, until: int) -> list[FloatArray]:
        """Return log-likelihoods (draw,) of a base's points after each of the news from `at` to `until`."""
        states = _states(Same(self._case), self._task.as_of)[at + 1 : until + 1]
        groups = {id(reports): reports for state in states for reports in state.values()}
        if not groups:
            return [np.zeros(len(base.points)) for _ in states]
        reporting = {name: prior for one in groups.values() for name, prior in one.parameters.items()}
        space = ParameterSpace({**self._priors, **reporting})
        n, names = len(base.points), base.run.names
        every = np.empty((n, len(space.names)))
        for k, name in enumerate(space.names):
            every[:, k] = base.points[:, names.index(name)] if name in names else self._fresh(name, n)
        parameters = space.values(every)
        day = self._news[until - 1].day
        runs = Runs(self._case, self._task.account, day, self._priors, groups)
        truths, failed = runs.truths(parameters, n)
        parts = {key: finite_or_zero(one.log_density(truths[key], parameters)) for key, one in groups.items()}
        nothing = np.where(failed, -np.inf, 0.0)
        return [nothing + sum(parts[id(reports)] for reports in state.values()) for state in states]

    def _fresh(self, name: str, n: int) -> FloatArray:
        return stream(name, self._task.seed, STREAM_WEIGH, _WALK).standard_normal(n)


@lru_cache(maxsize=4)
def _states(same: Same, as_of: date) -> tuple[Mapping[str, QuantityReports], ...]:
    """Return the reports by quantity before any of the news, and after each of them."""
    held: dict[tuple[str, str], tuple[Observation, ...]] = {}
    state: dict[str, QuantityReports] = {}
    found: list[Mapping[str, QuantityReports]] = [{}]
    for one in news_of(same.case, as_of):
        if one.quantity:
            held[one.quantity, one.reporter] = one.rows
            rows = [row for key, own in sorted(held.items()) if key[0] == one.quantity for row in own]
            state = {**state, **reports_of(same.case, rows)}
        found.append(state)
    return tuple(found)
