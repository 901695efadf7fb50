"""A scorecard as plain data, for the JSON object and for the page.

In comes a `Scorecard`; out come the keys `scores`, `claimants`, `mixture` and `baselines` of the object of
which `weigh/results.py` makes the rest. What is not a finite number is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isfinite

from realities.weigh.scoring.baselines import IN_WORDS
from realities.weigh.scoring.reliability import Bin
from realities.weigh.scoring.scorecard import MIXTURE, Scorecard
from realities.weigh.scoring.tally import QuantityScores, Scores

Json = dict[str, object]


def scorecard_to_json(scorecard: Scorecard) -> Json:
    """Return how everybody fared, and against what: see the head of this file."""
    return {
        "scores": {
            account: {
                **claims_to_json(scores),
                **_reports(scores),
                "hindsight": scores.is_hindsight,
            }
            for account, scores in scorecard.accounts.items()
        },
        "claimants": {
            claimant: {account: claims_to_json(scores) for account, scores in found.items()}
            for claimant, found in scorecard.claimants.items()
        },
        "mixture": {"name": MIXTURE, **claims_to_json(scorecard.mixture)},
        "baselines": dict(IN_WORDS),
    }


def claims_to_json(scores: Scores) -> Json:
    """Return how one forecaster's chances of claims fared."""
    murphy, recalibrated = scores.murphy, scores.recalibrated
    return {
        "brier": number(scores.brier),
        "log_score": number(scores.log_score),
        "brier_last": number(scores.brier_last),
        "log_last": number(scores.log_last),
        "skill_half": number(scores.skill_half),
        "log_skill_half": number(scores.log_skill_half),
        "skill_base_rate": number(scores.skill_base_rate),
        "claims": scores.n_claims,
        "claims_last": scores.n_last,
        "claims_with_hindsight": scores.n_hindsight,
        "reliability": [_bin(found) for found in scores.bins],
        "murphy": None
        if murphy is None
        else {
            "reliability": murphy.reliability,
            "resolution": murphy.resolution,
            "uncertainty": murphy.uncertainty,
            "within_variance": murphy.within_variance,
            "within_covariance": murphy.within_covariance,
        },
        "recalibrated": None
        if recalibrated is None
        else {
            "miscalibration": recalibrated.miscalibration,
            "discrimination": recalibrated.discrimination,
            "uncertainty": recalibrated.uncertainty,
        },
    }


def _reports(scores: Scores) -> Json:
    """Return how an account's forecasts of reports fared."""
    return {
        "crps": number(scores.crps),
        "crps_skill": number(scores.crps_skill),
        "reports": scores.n_reports,
        "reports_with_hindsight": scores.n_reports_hindsight,
        "quantities": {quantity: _quantity(found) for quantity, found in scores.quantities.items()},
        "prequential_log_score": number(scores.prequential_log_score),
        "prequential": _by_day(scores.prequential),
    }


def _bin(found: Bin) -> Json:
    return {
        "low": found.low,
        "high": found.high,
        "claims": found.n,
        "mean_chance": found.mean_chance,
        "frequency": found.frequency,
        "consistent_from": found.least,
        "consistent_to": found.most,
    }


def _quantity(found: QuantityScores) -> Json:
    return {
        "crps": number(found.crps),
        "reports": found.n,
        "not_scored": found.n_not_finite,
        "inside": found.inside,
        "banded": found.n_banded,
        "persistence": number(found.persistence),
        "climatology": number(found.climatology),
        "skill_persistence": number(found.skill_persistence),
        "skill_climatology": number(found.skill_climatology),
        "compared_with_persistence": found.n_compared[0],
        "compared_with_climatology": found.n_compared[1],
    }


def _by_day(values: Mapping[date, float]) -> list[Json]:
    return [{"as_of": day.isoformat(), "log_score": number(value)} for day, value in values.items()]


def number(value: float | None) -> float | None:
    """Return a number if it is a finite one."""
    return float(value) if value is not None and isfinite(value) else None
