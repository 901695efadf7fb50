"""What honesty adds to the JSON object of a study: `separation`, `sensitivity`, `model_error`, and so on.

In comes what was found; out come keys that `results.py` adds to the object. Where nothing was computed the
keys are there, and null or empty. What is not a finite number is null; what is not reliable says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING

from realities.weigh.honesty.checks import HIGHEST, LOWEST, Check, Places
from realities.weigh.honesty.influence import Change, Influence
from realities.weigh.honesty.model_error import FACTORS, weights_at_errors
from realities.weigh.honesty.separation import FACTOR, STANDARD_ERRORS, Pair, Separation, in_words
from realities.weigh.honesty.widths import AtWidth, by_width, weight_alone, weights_at

if TYPE_CHECKING:
    from realities.weigh.honesty.honest import Honesty

Json = dict[str, object]

#: Single reports that are listed: those that move most weight.
MOST_REPORTS = 10


def honesty_to_json(honesty: Honesty | None, names: Mapping[str, str]) -> Json:
    """Return the keys; `names` are the accounts' by id."""
    if honesty is None:
        empty: list[object] = []
        return {
            "separation": None,
            "sensitivity": empty,
            "model_error": empty,
            "influence": None,
            "checks": None,
        }
    return {
        "separation": _separation(honesty.separation, names),
        "sensitivity": _sensitivity(honesty.sensitivity, honesty.prior_weights),
        "model_error": _model_errors(honesty),
        "influence": _influences(honesty.influence),
        "checks": _checks(honesty.checks, honesty.places),
    }


def weight_range(honesty: Honesty | None, account: str) -> Json | None:
    """Return an account's least and largest weight at half, stated and double width; None if not known."""
    ends = None if honesty is None else honesty.ranges.get(account)
    return None if ends is None else {"low": ends[0], "high": ends[1]}


def _separation(found: Separation, names: Mapping[str, str]) -> Json:
    return {
        "sentence": in_words(found, names),
        "threshold": {
            "bayes_factor": FACTOR,
            "standard_errors": STANDARD_ERRORS,
            "widths": [0.5, 1.0, 2.0],
            "model_errors": list(FACTORS),
        },
        "leader": found.leader,
        "not_separated": list(found.together),
        "against": list(found.against),
        "not_established": list(found.not_established),
        "groups": [list(group) for group in found.groups],
        "pairs": [_pair(pair) for pair in found.pairs],
    }


def _pair(pair: Pair) -> Json:
    return {
        "leader": pair.leader,
        "account": pair.other,
        "log_bayes_factor": _number(pair.log_factor),
        "least": _number(pair.least),
        "outcome": pair.outcome,
        "why": pair.why,
    }


def _sensitivity(found: tuple[AtWidth, ...], stated: Mapping[str, float]) -> list[Json]:
    """Return every evidence with the weights it gives: all accounts at that width, and this one alone."""
    table = by_width(found)
    together = {width: weights_at(row, stated) for width, row in table.items()}
    rows = []
    for one in sorted(found, key=lambda one: (one.width, one.seed)):
        weights = None if one.how == "another seed" else together[one.width]
        alone = None if one.how == "another seed" else weight_alone(table, one, stated)
        rows.append(
            {
                "width": one.width,
                "account": one.account,
                "seed": one.seed,
                "log_evidence": _number(one.log_evidence),
                "error": _number(one.error),
                "weight": None if weights is None else _number(weights[one.account]),
                "weight_alone": _number(alone),
                "k_hat": _number(one.k_hat),
                "run_log_evidences": [_number(value) for value in one.run_log_evidences],
                "reliable": one.reliable,
                "how": one.how,
            }
        )
    return rows


def _model_errors(honesty: Honesty) -> list[Json]:
    """Return every evidence with model errors of another size, and the weights that all together give."""
    weights = weights_at_errors(honesty.model_error, honesty.prior_weights)
    return [
        {
            "factor": one.factor,
            "account": one.account,
            "log_evidence": _number(one.log_evidence),
            "error": _number(one.error),
            "weight": _number((weights[one.factor] or {}).get(one.account)),
            "k_hat": _number(one.k_hat),
            "reliable": one.reliable,
            "how": one.how,
        }
        for one in honesty.model_error
    ]


def _influences(found: tuple[Influence, ...]) -> Json:
    reports = [one for one in found if one.left.kind == "report"]
    return {
        "reporters": [_influence(one) for one in found if one.left.kind == "reporter"],
        "quantities": [_influence(one) for one in found if one.left.kind == "quantity"],
        "reports": [_influence(one) for one in reports[:MOST_REPORTS]],
        "reports_tried": len(reports),
    }


def _influence(one: Influence) -> Json:
    return {
        "reporter": one.left.reporter,
        "quantity": one.left.quantity,
        "published": _day(one.left.published),
        "rows": one.rows,
        "value": _number(one.value),
        "moved": _number(one.moved),
        "weights": None if one.weights is None else _numbers(one.weights),
        "changes": {account: _change(change) for account, change in one.changes.items()},
    }


def _change(change: Change) -> Json:
    return {
        "log_evidence": _number(change.log_change),
        "error": _number(change.error),
        "k_hat": _number(change.k_hat),
        "how": change.how,
    }


def _checks(found: tuple[Check, ...], places: tuple[Places, ...]) -> Json:
    return {
        "flagged_outside": [LOWEST, HIGHEST],
        "flagged": sum(check.flagged for check in found),
        "of": len(found),
        "by_quantity": [
            {
                "account": check.account,
                "quantity": check.quantity,
                "part": check.part,
                "statistic": check.statistic,
                "probability": _number(check.probability),
                "count": check.count,
                "flagged": check.flagged,
            }
            for check in found
        ],
        "next_reports": [
            {
                "account": one.account,
                "counts": list(one.counts),
                "rows": one.rows,
                "distance": _number(one.distance),
                "probability": _number(one.probability),
            }
            for one in places
        ],
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None
