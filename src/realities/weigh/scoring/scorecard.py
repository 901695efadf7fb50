"""How a case's accounts fared: their chances of claims and their forecasts of reports, scored together.

In come judged claims, forecasts and weights at every date computed; out comes a `Scorecard`, from which
`results.py` makes JSON and `report/` its tables. The scores themselves are in `scores.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from realities.case.folder import Case
from realities.weigh.fits import Weighing
from realities.weigh.forward import Forecast
from realities.weigh.likelihood import used_observations
from realities.weigh.scoring.judging import JudgedClaim
from realities.weigh.scoring.scores import Scores, Verdict, pooled_crps, score_account


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How each account of a case fared, by its id."""

    accounts: Mapping[str, Scores]


def score_case(
    case: Case,
    claims: Sequence[JudgedClaim],
    weighings: Mapping[date, Weighing],
    forecasts: Mapping[date, Mapping[str, Forecast]],
) -> Scorecard:
    """Return the scores of a case's accounts over all claims and reports, as of the last date computed."""
    sizes = _typical_sizes(case, max(weighings))
    return Scorecard(
        {
            account.id: score_account(
                [
                    verdict
                    for judged in claims
                    for verdict in verdict_on(judged, account.id, account.authored)
                ],
                crps=pooled_crps(_mean_crps(forecasts, account.id), sizes),
            )
            for account in case.accounts
        }
    )


def verdict_on(judged: JudgedClaim, account: str, authored: date | None) -> list[Verdict]:
    """Return what one account is scored on for one claim: nothing while the claim is open."""
    if judged.status not in ("happened", "did not happen"):
        return []
    scored = judged.brier[account] is not None
    return [
        Verdict(
            claim=judged.claim.id,
            claimant=judged.claim.account,
            happened=judged.status == "happened",
            when_made=judged.chance_when_made[account] if scored else None,
            last=judged.chance_last[account],
            is_hindsight=authored is not None and authored > judged.claim.made,
        )
    ]


def _mean_crps(
    forecasts: Mapping[date, Mapping[str, Forecast]], account: str
) -> dict[str, tuple[float, int]]:
    """Return the mean score per quantity over all dates, each report counted once, and how many."""
    totals: dict[str, tuple[float, int]] = {}
    for by_account in forecasts.values():
        for quantity, (mean, n) in by_account[account].crps.items():
            score, count = totals.get(quantity, (0.0, 0))
            totals[quantity] = (score + mean * n, count + n)
    return {quantity: (score / n if n else 0.0, n) for quantity, (score, n) in totals.items()}


def _typical_sizes(case: Case, as_of: date) -> dict[str, float]:
    """Return the median absolute size of what was reported, by quantity, in the measure's unit."""
    sizes: dict[str, list[float]] = {}
    for row in used_observations(case, as_of):
        if row.value is not None:
            sizes.setdefault(row.quantity, []).append(abs(row.value))
    return {quantity: float(np.median(values)) for quantity, values in sizes.items()}
