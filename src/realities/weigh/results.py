"""A study as the JSON object that `run --json` and `weigh --json` print, with `"schema": 1`.

Numbers that the diagnostics do not support stay in it, beside `"reliable": false` and a warning. What is
not a finite number is null. Nothing in it depends on the number of processes or on the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from realities.weigh.between import Between
from realities.weigh.fits import AccountFit, LevelTold
from realities.weigh.honesty.as_json import honesty_to_json, weight_range
from realities.weigh.scoring.judging import JudgedClaim
from realities.weigh.scoring.plain import scorecard_to_json
from realities.weigh.study import Study
from realities.weigh.timeline import AtMoment, Moment
from realities.weigh.weighing import prior_weights_of

FloatArray = NDArray[np.float64]
Json = dict[str, object]


def study_to_json(study: Study, *, report: str | None = None, timeline: bool = False) -> Json:
    """Return the object of the contract; `report` is the page's path, `timeline` adds its dates."""
    weighing = study.weighings[study.as_of]
    found: Json = {
        "schema": 1,
        "case": study.case.id,
        "as_of": study.as_of.isoformat(),
        "seed": study.seed,
        "effort": study.effort,
    }
    if report is not None:
        found["report"] = report
    found |= {
        "accounts": [_account(study, account.id, account.name) for account in study.case.accounts],
        "reliable": weighing.reliable,
        "observations": {
            "used": weighing.used,
            "later": weighing.later,
            "without_date": weighing.without_date,
        },
        "claims": [_claim(judged) for judged in study.claims],
        **scorecard_to_json(study.scorecard),
        "coverage": _coverage(study),
        "identification": [_told(one) for one in weighing.levels_told],
        **honesty_to_json(study.honesty, {account.id: account.name for account in study.case.accounts}),
        "warnings": list(study.warnings),
    }
    if study.between:
        found["between"] = [_between(one) for one in study.between]
    if timeline:
        found["timeline"] = [_moment(moment) for moment in study.timeline]
    return found


def summary(draws: FloatArray) -> dict[str, float | None]:
    """Return mean, standard deviation and quantiles of draws (draw,)."""
    p5, p50, p95 = np.quantile(draws, (0.05, 0.5, 0.95))
    values = {"mean": draws.mean(), "sd": draws.std(ddof=1) if len(draws) > 1 else 0.0}
    values |= {"p5": p5, "p50": p50, "p95": p95}
    return {name: _number(float(value)) for name, value in values.items()}


def _account(study: Study, account: str, name: str) -> Json:
    weighing = study.weighings[study.as_of]
    fit = weighing.fits[account]
    return {
        "id": account,
        "name": name,
        "prior_weight": prior_weights_of(study.case)[account],
        "weight": _number(weighing.weights[account]),
        "weight_error": _number(weighing.weight_errors[account]),
        "weight_range": weight_range(study.honesty, account),
        **_evidence(fit),
        "posterior": {
            parameter: summary(draws)
            for parameter, draws in {**fit.parameters, **fit.reporter_parameters}.items()
            if len(draws)
        },
    }


def _evidence(fit: AccountFit) -> Json:
    return {
        "log_evidence": _number(fit.log_evidence),
        "log_evidence_error": _number(fit.log_evidence_error),
        "effective_draws": _number(fit.effective_draws),
        "k_hat": _number(fit.k_hat),
        "reliable": fit.reliable,
    }


def _claim(judged: JudgedClaim) -> Json:
    claim = judged.claim
    return {
        "id": claim.id,
        "account": claim.account,
        "kind": claim.kind,
        "status": judged.status,
        "chance": _numbers(judged.chance),
        "chance_when_made": _numbers(judged.chance_when_made),
        "chance_last": _numbers(judged.chance_last),
        "part_of_draws": _numbers(judged.raw),
        "margin": _numbers(judged.margin),
        "brier": _numbers(judged.brier),
        "inside_model": claim.is_inside_model,
    }


def _coverage(study: Study) -> Json:
    """Return, by account and quantity, the part of the reports inside their 90 % predictive band."""
    return {
        account: {q: {"inside": inside, "of": n} for q, (inside, n) in found.coverage.items() if n}
        for account, found in study.forecasts[study.as_of].items()
    }


def _told(told: LevelTold) -> Json:
    """Return what was told of one level: how far the reports narrowed each bias, by account and reporter."""
    return {
        "quantity": told.quantity,
        "rests_on_priors": list(told.on_priors),
        "narrowing": {account: _numbers(ratios) for account, ratios in told.narrowing.items()},
    }


def _between(found: Between) -> Json:
    return {
        "as_of": found.as_of.isoformat(),
        "used": found.n_used,
        "accounts": {
            name: {
                "weight": _number(found.weights[name]),
                "weight_error": _number(found.weight_errors[name]),
                "log_evidence": _number(one.log_evidence),
                "log_evidence_error": _number(one.log_evidence_error),
                "effective_draws": _number(one.effective_draws),
                "k_hat": _number(one.k_hat),
                "how": one.how,
            }
            for name, one in found.accounts.items()
        },
    }


def _moment(moment: Moment) -> Json:
    return {
        "as_of": moment.as_of.isoformat(),
        "used": moment.n_used,
        "new": moment.n_new,
        "revised": moment.n_revised,
        "inputs": moment.n_inputs,
        "moved": moment.moved,
        "accounts": {name: _at_moment(one) for name, one in moment.accounts.items()},
    }


def _at_moment(one: AtMoment) -> Json:
    return {
        "weight": _number(one.weight),
        "weight_error": _number(one.weight_error),
        "run_weights": [_number(weight) for weight in one.run_weights],
        "log_evidence": _number(one.log_evidence),
        "log_evidence_error": _number(one.log_evidence_error),
        "effective_draws": _number(one.effective_draws),
        "k_hat": _number(one.k_hat),
        "reliable": one.reliable,
        "run_log_evidences": [_number(value) for value in one.run_log_evidences],
        "predictive_log_score": _number(one.predictive),
        "predictive_log_score_error": _number(one.predictive_error),
        "predictive_reliable": one.predictive_reliable,
        "revision": _number(one.revision),
        "posterior": {
            name: {key: _number(value) for key, value in asdict(found).items()}
            for name, found in one.posterior.items()
        },
    }


def _numbers(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None
