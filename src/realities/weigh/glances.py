"""What accounts expected at the start of each quarter: curves between the dates that are weighed in full.

In come a case, its dates and the clouds with which the sampler's runs passed the quarters; out come forecasts
as of those days. A run goes through all that was published (`sequence.py`), so that it has a cloud at every
quarter anyway: weighted particles, enough for bands and for nothing else, as no evidence comes of them. A
quarter has curves if under every account enough particles stay effective and the runs agree. Each knows what
was known on its day, dated inputs included, and nothing that came later. `study.py` asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.ensemble import STREAM_WEIGH
from realities.weigh.dates import known_on, next_regular, usual_cadence
from realities.weigh.fits import AccountFit
from realities.weigh.forward import Forecast, ForwardTask, forward
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import evidence_of, fit_of, settings_for, unweighed_account
from realities.weigh.sampling.evidence import Effort, PosteriorSample
from realities.weigh.sampling.moves import effective_number, normalized, systematic
from realities.weigh.sequence import AccountRun, Cloud

FloatArray = NDArray[np.float64]

#: Quarters are months, years or another length in a case so much shorter or longer than this makes so many.
MOST_GLANCES: Final = 20
#: Effective particles below which an account has no curves for a quarter, and draws that are run forward.
ENOUGH, FORWARD_DRAWS = 200, 400
#: Most that the runs' means of a sampled number may differ, in its standard deviations.
MOST_APART: Final = 0.5
#: What a random stream is for, after the seed and `STREAM_WEIGH`: numbers below are those of `posterior.py`.
_GLANCE: Final = 10


@dataclass(frozen=True, slots=True)
class Glance:
    """One account as of the start of a quarter: run forward if its clouds tell enough."""

    account: str
    as_of: date
    runs: tuple[AccountRun, ...]
    seed: int


def has_glances(effort: Effort) -> bool:
    """Return whether an effort has curves between dates: a sketch is to be short, a quick look may leap."""
    return effort not in {"sketch", "quick"}


def glance_days(case: Case, as_of: date, dates: Sequence[date]) -> tuple[date, ...]:
    """Return the first day of each quarter before a date, ascending, on which more is known than before.

    Left out are quarters before any report, and those of which one of `dates` or an earlier quarter tells as
    much. The length of a quarter is a case's own: the shortest of day, week, month, quarter, year and decade
    of which at most `MOST_GLANCES` fit between the start and the finish of its calendar. It depends on
    nothing that is published.
    """
    cadence = usual_cadence(case, MOST_GLANCES)
    found: list[date] = []
    day = next_regular(case.calendar.start, cadence)
    while day < as_of:
        known = known_on(case, day)
        before = max((one for one in (*dates, *found) if one <= day), default=None)
        if known.rows and (before is None or known != known_on(case, before)):
            found.append(day)
        day = next_regular(day + timedelta(days=1), cadence)
    return tuple(found)


def glances_of(
    days: Sequence[date], runs: Mapping[str, Sequence[tuple[AccountRun, ...]]], seed: int
) -> list[Glance]:
    """Return the accounts to be looked at on days, of runs by account and day."""
    return [Glance(account, day, runs[account][k], seed) for k, day in enumerate(days) for account in runs]


def glanced(case: Case, task: Glance) -> Forecast | None:
    """Return the curves that an account expected at the start of a quarter; None where too few draws tell."""
    fit = _fit(case, task)
    if fit is None:
        return None
    return forward(case, ForwardTask(fit, task.as_of, FORWARD_DRAWS, task.seed, curves_only=True))


def with_curves(
    accounts: Sequence[str], tasks: Sequence[Glance], found: Sequence[Forecast | None]
) -> tuple[tuple[date, dict[str, Forecast]], ...]:
    """Return the quarters of which every account has curves, ascending, with these by account."""
    by_day: dict[date, dict[str, Forecast]] = {}
    for task, one in zip(tasks, found, strict=True):
        if one is not None:
            by_day.setdefault(task.as_of, {})[task.account] = one
    return tuple((day, by_day[day]) for day in sorted(by_day) if len(by_day[day]) == len(accounts))


def _fit(case: Case, task: Glance) -> AccountFit | None:
    """Return draws of an account from its clouds; None where these do not tell enough."""
    likelihood = AccountLikelihood(case, task.account, task.as_of)
    if not likelihood.observations:
        return unweighed_account(case, task.account, seed=task.seed, n_draws=FORWARD_DRAWS)
    settings = settings_for(case, "default")
    if not likelihood.dimension:
        sample = evidence_of(likelihood, (), seed=task.seed, settings=settings)
        return fit_of(case, likelihood, task.as_of, task.seed, settings, sample) if sample.reliable else None
    clouds = [run.cloud for run in task.runs if run.cloud is not None]
    if not tells(clouds):
        return None
    sample = sample_of(clouds, task.seed)
    return fit_of(case, likelihood, task.as_of, task.seed, settings, sample)


def tells(clouds: Sequence[Cloud]) -> bool:
    """Return whether the clouds of an account's runs are enough for bands: many particles, and alike."""
    if not clouds or any(not len(cloud.log_weights) for cloud in clouds):
        return False
    if sum(effective_number(cloud.log_weights) for cloud in clouds) < ENOUGH:
        return False
    moments = [_moments(cloud) for cloud in clouds]
    return all(
        bool((np.abs(mean - other) <= MOST_APART * np.sqrt((variance + other_variance) / 2.0)).all())
        for (mean, variance), (other, other_variance) in combinations(moments, 2)
    )


def _moments(cloud: Cloud) -> tuple[FloatArray, FloatArray]:
    """Return means and variances of the sampled numbers of a cloud, each (name,)."""
    weights = normalized(cloud.log_weights)
    mean = weights @ cloud.points
    return mean, weights @ (cloud.points - mean) ** 2


def sample_of(clouds: Sequence[Cloud], seed: int) -> PosteriorSample:
    """Return even draws of several clouds, each with as much weight as it has effective particles.

    No evidence comes of them: it is not a number, and the sample is not called reliable.
    """
    counts = [effective_number(cloud.log_weights) for cloud in clouds]
    points = np.concatenate([cloud.points for cloud in clouds])
    weights = np.concatenate([n * normalized(c.log_weights) for n, c in zip(counts, clouds, strict=True)])
    rng = np.random.default_rng([seed, STREAM_WEIGH, _GLANCE])
    return PosteriorSample(
        points=points[systematic(weights / weights.sum(), FORWARD_DRAWS, rng)],
        log_evidence=float("nan"),
        log_evidence_error=float("nan"),
        effective_draws=float(sum(counts)),
        k_hat=float("nan"),
        run_log_evidences=(),
        n_evaluations=sum(len(cloud.points) for cloud in clouds),
        reliable=False,
        warnings=(),
        proposal=None,
    )
