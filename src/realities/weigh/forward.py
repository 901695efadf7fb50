"""Forward runs: what an account expects, given what was known by a date.

Draws of a fit go through the model to the end of the calendar (`ahead.py`). Out come bands and single runs
per quantity, the chance and margin of every claim, and how well the next reports were predicted
(`shown.py`). `study.py` asks for one `Forecast` per account and as-of date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.claims import Claim
from realities.case.folder import Case
from realities.weigh.ahead import Ahead, Look
from realities.weigh.fits import AccountFit, part_of
from realities.weigh.likelihood import reports_published
from realities.weigh.scoring.forecasts import ClaimChance
from realities.weigh.shown import LEVELS as LEVELS
from realities.weigh.shown import Shown, spread

FloatArray = NDArray[np.float64]

#: Points in time a chart is drawn through.
N_CHART_TIMES = 73
#: Draws that go through the model at a time: claims look at every save point of every atom.
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one account expects, as of one date.

    Attributes
    ----------
    times
        Model times of the curves, shape (T,).
    quantiles, runs
        By quantity: bands at the levels of `LEVELS`, shape (5, T), and single runs, shape (R, T).
    claims
        By id of the claim: its chance and margin, and how many draws they rest on.
    coverage
        By quantity: how many reports used in the fit lie inside their 90 % predictive band, of how many.
    crps
        By quantity: continuous ranked probability score of every row of the reports that were published
        next, (row,), in the measure's unit; NaN where a row gives no value, infinite where a draw does not.
    below
        By quantity: which part of the draws predicted less than each of those rows reports, (row,).
    n_draws, n_failed
        How many draws went through the model, and how many of them left the real numbers.
    """

    times: FloatArray
    quantiles: Mapping[str, FloatArray]
    runs: Mapping[str, FloatArray]
    claims: Mapping[str, ClaimChance]
    n_draws: int
    n_failed: int
    coverage: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    crps: Mapping[str, FloatArray] = field(default_factory=dict)
    below: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def chances(self) -> dict[str, float]:
        """Chances of the claims that have one, by id."""
        return {name: found.chance for name, found in self.claims.items() if found.chance is not None}


@dataclass(frozen=True, slots=True)
class ForwardTask:
    """One account to be run forward from one fit.

    Dated inputs published by `as_of` are known. Reports published after it and by `until` are scored.
    Claims that compare with a held run get a chance on the day they were made, and on others if asked to
    by `with_pairs`: each such comparison is a run of its own. Without claims at all a run is quicker; with
    `curves_only` it gives neither claims nor scores, and looks at the times of the chart alone.
    """

    fit: AccountFit
    as_of: date
    n_draws: int
    seed: int
    until: date | None = None
    with_pairs: bool = False
    with_claims: bool = True
    curves_only: bool = False


def forward(case: Case, task: ForwardTask) -> Forecast:
    """Return what an account expects: bands, single runs, chances of claims, scores of reports."""
    fit = thinned(task.fit, task.n_draws)
    look = Look(
        as_of=task.as_of,
        chart=np.linspace(
            case.calendar.initial_time, case.calendar.time_of(case.calendar.finish), N_CHART_TIMES
        ),
        claims=_claims(case, task),
        seen=reports_published(case, task.as_of) if fit.n_evaluations and not task.curves_only else {},
        following={} if task.until is None else reports_published(case, task.until, task.as_of),
        is_chart_alone=task.curves_only,
    )
    shown = Shown(fit.n_draws, len(look.chart), tuple(case.measures), look.seen, look.following)
    is_known = False
    while not is_known:  # once, but for one case in a million
        ahead = Ahead(case, fit, look, task.seed)
        for first in range(0, fit.n_draws, BLOCK):
            shown.add(ahead.run(slice(first, first + BLOCK)))
        is_known = shown.finish()
    return Forecast(
        times=look.chart,
        quantiles=shown.quantiles(),
        runs=shown.runs(),
        claims=shown.claims(),
        n_draws=fit.n_draws,
        n_failed=shown.n_failed,
        coverage=shown.coverage(),
        crps=shown.crps(),
        below=shown.below(),
    )


def _claims(case: Case, task: ForwardTask) -> tuple[Claim, ...]:
    """Return the claims that are to have a chance."""
    return tuple(
        claim
        for claim in case.claims
        if task.with_claims
        and not task.curves_only
        and claim.predicate is not None
        and (task.with_pairs or not claim.is_inside_model or claim.made == task.as_of)
    )


def thinned(fit: AccountFit, n_draws: int) -> AccountFit:
    """Return a fit with at most `n_draws` of its draws, evenly spread; draws stay aligned."""
    return fit if n_draws >= fit.n_draws else part_of(fit, spread(fit.n_draws, n_draws))
