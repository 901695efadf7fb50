"""Evidence with a constant pinned: the worker's draws against a fit with that constant fixed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from live_worker import ask, last_answers, needs_node

from realities.case.folder import Case, load_case
from realities.case.priors import fixed_prior
from realities.report.live.build import live_data, live_parts
from realities.weigh.posterior import fit_account
from realities.weigh.study import run_case

pytestmark = [pytest.mark.slow, needs_node]
ACCOUNT, CONSTANT = "predation", "predation rate"
#: The posterior's 5 % and 95 % quantiles are 0.0214 and 0.0352.
VALUES = (0.024, 0.029, 0.033)


def fixing(case: Case, value: float) -> Case:
    one = next(known for known in case.accounts if known.id == ACCOUNT)
    stated = one.assumptions.get(CONSTANT) or case.common[CONSTANT]
    own = {**one.assumptions, CONSTANT: replace(stated, prior=fixed_prior(value))}
    fixed = replace(one, assumptions=own)
    return replace(case, accounts=tuple(fixed if known is one else known for known in case.accounts))


def test_a_pinned_constant_moves_the_evidence_as_a_fit_with_that_constant_does() -> None:
    case = load_case("lynx-hare")
    study = run_case(case, effort="quick")
    live = live_data(study, live_parts(study), study.dates, 160)
    place = [account.id for account in case.accounts].index(ACCOUNT)
    last = len(study.dates) - 1
    answers = last_answers(ask(live, [{"date": last, "pins": {CONSTANT: value}} for value in VALUES]))
    known = study.weighings[study.as_of].fits[ACCOUNT]
    for value, answer in zip(VALUES, answers, strict=True):
        fit = fit_account(fixing(case, value), ACCOUNT, as_of=study.as_of, seed=1, effort="quick")
        found = answer["accounts"][place]
        error = np.hypot(found["error"], np.hypot(fit.log_evidence_error, known.log_evidence_error))
        assert found["effective"] > 0.1 * found["draws"]
        assert found["logEvidenceShift"] == pytest.approx(
            fit.log_evidence - known.log_evidence, abs=4 * error
        )
