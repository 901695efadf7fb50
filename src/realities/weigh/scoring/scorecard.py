"""How a case's accounts fared: their chances of claims and their forecasts of reports, scored together.

In come judged claims, forecasts and weights at every date computed; out comes a `Scorecard`, from which
`results.py` makes JSON and `report/` its tables. Every forecast of reports is as of a date and scored on what
was published after it, up to the next date; so each report counts once, and none was known to whom it scores.

All accounts together, each by its weight at the time, are scored as one more forecaster of claims.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.weigh.fits import Weighing
from realities.weigh.forward import Forecast
from realities.weigh.likelihood import reports_published, used_observations
from realities.weigh.scoring.bands import held
from realities.weigh.scoring.baselines import BASELINES, Baseline, baseline_crps, pasts
from realities.weigh.scoring.judging import JudgedClaim
from realities.weigh.scoring.scores import pooled_crps, skill
from realities.weigh.scoring.tally import QuantityScores, Scores, Verdict, score_account, score_claimants

FloatArray = NDArray[np.float64]
Ahead = Mapping[date, Mapping[str, float]]
Baselines = Mapping[str, Mapping[Baseline, FloatArray]]
#: Of the rows published after each date: the account's scores, where in its draws they fell, the baselines.
Rows = Sequence[tuple[FloatArray, FloatArray, Mapping[Baseline, FloatArray]]]

#: What all accounts together, weighed, are called as a forecaster.
MIXTURE: Final = "all accounts, by weight"


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How the forecasters of a case fared.

    `accounts` are by their ids; `claimants` hold, by who made the claims, how each account fared on those;
    `mixture` is of all accounts together, each by its weight at the time, on claims alone.
    """

    accounts: Mapping[str, Scores]
    claimants: Mapping[str, Mapping[str, Scores]]
    mixture: Scores
    warnings: tuple[str, ...] = ()


def score_case(
    case: Case,
    claims: Sequence[JudgedClaim],
    weighings: Mapping[date, Weighing],
    forecasts: Mapping[date, Mapping[str, Forecast]],
    ahead: Ahead | None = None,
) -> Scorecard:
    """Return the scores of a case's accounts over all claims and reports, as of the last date computed.

    Parameters
    ----------
    case
        The case.
    claims
        All of its claims, judged as of the last date.
    weighings, forecasts
        At every date computed.
    ahead
        By date and account, the log density of the reports published since the date before, given those
        before; where it is missing, there are no prequential scores.
    """
    claims = sorted(claims, key=lambda judged: judged.claim.made)  # of those of one test the first counts
    baselines = _baselines(case, sorted(forecasts))
    sizes = _typical_sizes(case, max(weighings))
    authored = {account.id: account.authored for account in case.accounts}
    verdicts = {
        name: [v for judged in claims for v in _verdict_on(judged, name, day)]
        for name, day in authored.items()
    }
    accounts = {
        name: _with_reports(score_account(found), case, forecasts, baselines, sizes, name)
        for name, found in verdicts.items()
    }
    if ahead is not None:
        accounts = {name: _with_prequential(scores, ahead, name) for name, scores in accounts.items()}
    by_account = {name: score_claimants(found) for name, found in verdicts.items()}
    claimants = sorted({claimant for found in by_account.values() for claimant in found})
    mixed = [v for judged in claims for v in _verdict_on_mixture(judged, weighings, verdicts)]
    return Scorecard(
        accounts=accounts,
        claimants={one: {name: found[one] for name, found in by_account.items()} for one in claimants},
        mixture=score_account(mixed),
        warnings=tuple(_warnings(accounts)),
    )


# -- claims ---------------------------------------------------------------------------------------


def _verdict_on(judged: JudgedClaim, account: str, authored: date | None) -> list[Verdict]:
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
            test=judged.claim.test,
        )
    ]


def _verdict_on_mixture(
    judged: JudgedClaim, weighings: Mapping[date, Weighing], verdicts: Mapping[str, Sequence[Verdict]]
) -> list[Verdict]:
    """Return what all accounts together are scored on for one claim, by their weights at the time."""
    own = {name: v for name, found in verdicts.items() for v in found if v.claim == judged.claim.id}
    if not own:
        return []
    made = {name: verdict.when_made for name, verdict in own.items()}
    last = {name: verdict.last for name, verdict in own.items()}
    any_one = next(iter(own.values()))
    return [
        replace(
            any_one,
            when_made=_mixed(made, weighings.get(judged.claim.made)),
            last=None if judged.last_date is None else _mixed(last, weighings.get(judged.last_date)),
            is_hindsight=any(verdict.is_hindsight for verdict in own.values()),
        )
    ]


def _mixed(chances: Mapping[str, float | None], weighing: Weighing | None) -> float | None:
    """Return the chance that weighed accounts give together; None where one that counts gives none."""
    if weighing is None:
        return None
    parts = [(weighing.weights[name], chance) for name, chance in chances.items()]
    if any(weight > 0.0 and chance is None for weight, chance in parts):
        return None
    found = sum(sorted(weight * chance for weight, chance in parts if chance is not None))
    return float(min(max(found, 0.0), 1.0))


# -- reports --------------------------------------------------------------------------------------


def _baselines(case: Case, days: Sequence[date]) -> dict[date, Baselines]:
    """Return, by date, how the baselines score on the reports published after it, up to the next."""
    found: dict[date, Baselines] = {}
    for day, following in pairwise(days):
        known = pasts(case, day)
        found[day] = {
            quantity: baseline_crps(reports.measure, reports.rows.observations, known)
            for quantity, reports in reports_published(case, following, day).items()
        }
    return found


def _with_reports(
    scores: Scores,
    case: Case,
    forecasts: Mapping[date, Mapping[str, Forecast]],
    baselines: Mapping[date, Baselines],
    sizes: Mapping[str, float],
    account: str,
) -> Scores:
    """Return scores to which those of an account's forecasts of reports are added."""
    by_quantity: dict[str, list[tuple[FloatArray, FloatArray, Mapping[Baseline, FloatArray]]]] = {}
    authored, n_hindsight = case.account(account).authored, 0
    for day in sorted(baselines):
        forecast = forecasts[day][account]
        for quantity, own in forecast.crps.items():
            rows = own, forecast.below.get(quantity, np.zeros(0)), baselines[day][quantity]
            by_quantity.setdefault(quantity, []).append(rows)
            if authored is not None and authored > day:
                n_hindsight += int(np.isfinite(own).sum())
    quantities = {quantity: _quantity_scores(rows) for quantity, rows in sorted(by_quantity.items())}
    return replace(
        scores,
        crps=pooled_crps({q: (s.crps or 0.0, s.n) for q, s in quantities.items()}, sizes),
        crps_skill=_pooled_skill(by_quantity, sizes),
        n_reports=sum(found.n for found in quantities.values()),
        n_reports_hindsight=n_hindsight,
        quantities={q: found for q, found in quantities.items() if found.n + found.n_not_finite},
    )


def _quantity_scores(rows: Rows) -> QuantityScores:
    own, below = (np.concatenate([found[k] for found in rows]) for k in (0, 1))
    scored, (inside, n_banded) = own[np.isfinite(own)], held(below)
    steady, usual = (_compared(rows, baseline) for baseline in BASELINES)
    return QuantityScores(
        crps=_mean(scored),
        n=int(scored.size),
        n_not_finite=int(np.isinf(own).sum()),
        persistence=_mean(steady[1]),
        climatology=_mean(usual[1]),
        skill_persistence=skill(_mean(steady[0]), _mean(steady[1])),
        skill_climatology=skill(_mean(usual[0]), _mean(usual[1])),
        n_compared=(steady[0].size, usual[0].size),
        inside=inside,
        n_banded=n_banded,
    )


def _compared(rows: Rows, baseline: Baseline) -> tuple[FloatArray, FloatArray]:
    """Return the scores of account and baseline on the reports for which both have one, (report,)."""
    own = np.concatenate([scores for scores, _, _ in rows])
    other = np.concatenate([found[baseline] for _, _, found in rows])
    both = np.isfinite(own) & np.isfinite(other)
    return own[both], other[both]


def _pooled_skill(by_quantity: Mapping[str, Rows], sizes: Mapping[str, float]) -> float | None:
    """Return the skill against persistence over all quantities, each in multiples of its own size."""
    pairs = {quantity: _compared(rows, "persistence") for quantity, rows in by_quantity.items()}
    own = {q: (_mean(pair[0]) or 0.0, pair[0].size) for q, pair in pairs.items()}
    other = {q: (_mean(pair[1]) or 0.0, pair[1].size) for q, pair in pairs.items()}
    return skill(pooled_crps(own, sizes), pooled_crps(other, sizes))


def _with_prequential(scores: Scores, ahead: Ahead, account: str) -> Scores:
    by_date = {day: ahead[day][account] for day in sorted(ahead) if account in ahead[day]}
    return replace(
        scores,
        prequential=by_date,
        prequential_log_score=float(sum(by_date.values())) if by_date else None,
    )


def _mean(values: FloatArray) -> float | None:
    return float(values.mean()) if values.size else None


def _typical_sizes(case: Case, as_of: date) -> dict[str, float]:
    """Return the median absolute size of what was reported, by quantity, in the measure's unit."""
    sizes: dict[str, list[float]] = {}
    for row in used_observations(case, as_of):
        if row.value is not None:
            sizes.setdefault(row.quantity, []).append(abs(row.value))
    return {quantity: float(np.median(values)) for quantity, values in sizes.items()}


def _warnings(accounts: Mapping[str, Scores]) -> list[str]:
    """Return which accounts predicted reports without bounds, which no mean can hold."""
    return [
        f'account "{name}": {found.n_not_finite} reports of "{quantity}" are not scored, since a draw '
        f"predicts no finite number for them; {found.n} are"
        for name, scores in accounts.items()
        for quantity, found in scores.quantities.items()
        if found.n_not_finite
    ]
