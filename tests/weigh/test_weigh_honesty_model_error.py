"""Evidence with model errors of other sizes against closed forms; the verdict has to survive them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from math import exp, log

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from realities.case.folder import Case
from realities.store.values import Plain
from realities.weigh.honesty.as_json import honesty_to_json
from realities.weigh.honesty.drawn import Drawn, drawn
from realities.weigh.honesty.honest import AccountTask, answered
from realities.weigh.honesty.influence import to_leave_out
from realities.weigh.honesty.model_error import (
    AtModelError,
    ErrorTask,
    at_model_errors,
    error_changes,
    fitted_error,
    weights_at_errors,
)
from realities.weigh.honesty.separation import in_words, separation
from realities.weigh.honesty.terminal import honesty_lines
from realities.weigh.honesty.widths import AtWidth
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import path_of
from realities.weigh.sampling.evidence import Run, SamplerSettings
from realities.weigh.sequence import AccountRun, follow
from realities.weigh.study import run_case
from realities.weigh.unfinished import _classes

MakeCase = Callable[..., Case]
SMALL = SamplerSettings(2, 200, 8, 2000, components=2, enough_draws=300, posterior_draws=10)
LAST = date(2009, 1, 1)
MEDIAN, SIGMA, NOISE, SD, DAYS = 90.0, 0.3, 0.1, 0.2, 700.0
ERRING = (
    f'reporters."Bureau" = {{ noise = {NOISE} }}\ndiscrepancy = {{ sd = {SD}, timescale_days = {DAYS:g} }}'
)
STATED = {"start value": f"lognormal(median={MEDIAN}, sigma={SIGMA})"}
ROWS = [
    (2001 + 2 * k, 2002 + 2 * k, value, "", "", "person", "Bureau")
    for k, value in enumerate([101.3, 93.7, 140.9])
]


def exact(factor: float) -> float:
    """The log density of the reports: Gaussian on the logarithmic scale, model error integrated out."""
    y, days = np.log([row[2] for row in ROWS]), [date(int(row[0]), 1, 1).toordinal() for row in ROWS]
    apart = np.abs(np.subtract.outer(days, days))
    covariance = SIGMA**2 + (factor * SD) ** 2 * np.exp(-apart / DAYS) + NOISE**2 * np.eye(3)
    return float(multivariate_normal(np.full(3, log(MEDIAN)), covariance).logpdf(y) - y.sum())


def runs_of(case: Case) -> tuple[AccountRun, ...]:
    return tuple(follow(case, path_of("a", [LAST], n, 1, SMALL))[0] for n in range(2))


def draws_of(case: Case) -> Drawn:
    runs = [run.found for run in runs_of(case) if isinstance(run.found, Run)]
    return drawn(case, AccountLikelihood(case, "a", LAST), runs, most=4000)


def test_other_model_errors_change_the_evidence_as_the_closed_form_says(make_case: MakeCase) -> None:
    found = error_changes("a", draws_of(make_case({"a": STATED}, ROWS, ERRING)))
    assert [(one.factor, one.how) for one in found] == [(0.5, "reweighted"), (2.0, "reweighted")]
    for one in found:
        assert one.log_change is not None and one.error is not None and one.error < 0.03
        assert one.log_change == pytest.approx(exact(one.factor) - exact(1.0), abs=max(4.0 * one.error, 0.01))


def test_a_fit_takes_over_where_draws_do_not_reach(make_case: MakeCase) -> None:
    case = make_case({"a": STATED}, ROWS, ERRING)
    task = ErrorTask("a", LAST, 2.0, 1, runs_of(case), SMALL, stated=exact(1.0), k_hat=1.5)
    found = fitted_error(case, task)
    assert found.how == "fitted" and found.log_change is not None and found.error is not None
    assert found.log_change == pytest.approx(exact(2.0) - exact(1.0), abs=max(4.0 * found.error, 0.01))


def test_without_model_error_there_is_nothing_to_change(make_case: MakeCase) -> None:
    case = make_case({"a": STATED}, ROWS)
    assert error_changes("a", draws_of(case)) == ()


def test_an_account_without_draws_has_no_evidence_with_other_model_errors(make_case: MakeCase) -> None:
    case = make_case({"a": STATED}, ROWS, ERRING)
    found = answered(case, AccountTask("a", LAST, 1, (), ()))
    assert [one.how for one in found.errors] == ["not computed"] * 2  # type: ignore[union-attr]
    kept = Plain(_classes())  # what an unfinished run keeps holds it
    assert kept.from_bytes(kept.to_bytes(found)) == found


def test_of_an_account_that_is_sure_and_impossible_nothing_is_computed(make_case: MakeCase) -> None:
    case = make_case({"a": STATED, "b": {"start value": "-5"}}, ROWS, ERRING)
    lefts = to_leave_out(case, LAST, single=True)
    found = answered(case, AccountTask("b", LAST, 1, (), lefts))
    assert {one.how for one in found.changes} == {one.how for one in found.errors} == {"not computed"}  # type: ignore[union-attr]
    assert len(found.changes) == len(lefts) and found.checks == ()  # type: ignore[union-attr]


def test_no_weight_without_a_report_is_told_where_an_account_is_impossible(make_case: MakeCase) -> None:
    case = make_case({"a": {"start value": "100"}, "b": {"start value": "-5"}}, ROWS, ERRING)
    found = run_case(case, as_of=LAST, effort="default").honesty
    assert found is not None and all(one.weights is None for one in found.influence)
    assert not any("nan" in line for line in honesty_lines(found, {"a": "A", "b": "B"}))


def stated(account: str, evidence: float) -> list[AtWidth]:
    how = {0.5: "reweighted", 1.0: "as stated", 2.0: "reweighted"}
    return [
        AtWidth(account, width, 1, evidence, 0.01, 0.1, (), True, how[width])  # type: ignore[arg-type]
        for width in how
    ]


def erring(account: str, *evidences: float | None) -> list[AtModelError]:
    return [
        AtModelError(
            account, factor, value, None if value is None else 0.01, 0.1, value is not None, "reweighted"
        )
        for factor, value in zip((0.5, 2.0), evidences, strict=True)
    ]


@pytest.mark.parametrize(
    ("of_b", "outcome", "why"),
    [
        ((-9.0, -9.0), "separated", ""),
        ((-9.0, -0.5), "not separated", "the Bayes factor may be 1.6 with model errors twice as large"),
        ((0.5, -9.0), "not separated", "the Bayes factor may be 0.59 with model errors half as large"),
        ((None, -9.0), "separated", "not computed with model errors half as large"),
    ],
)
def test_a_lean_survives_other_model_errors_or_is_not_told(
    of_b: tuple[float | None, float | None], outcome: str, why: str
) -> None:
    found = separation(
        [*stated("a", 0.0), *stated("b", -9.0)], ["a", "b"], [*erring("a", 0.0, 0.0), *erring("b", *of_b)]
    )
    (pair,) = found.pairs
    assert (pair.outcome, pair.why) == (outcome, why)
    says = (
        "Against B that is with model errors as stated alone: half or twice as large could not be computed."
    )
    assert (says in in_words(found, {"a": "A", "b": "B"})) is (found.at_stated_errors == ("b",))
    assert bool(found.at_stated_errors) is (outcome == "separated" and bool(why))


def test_one_account_alone_is_separated_from_none() -> None:
    found = separation(stated("a", 0.0), ["a"])
    assert in_words(found, {"a": "A"}) == "There is one account only, so that reports separate it from none."


def test_weights_with_other_model_errors_are_known_where_every_evidence_is() -> None:
    table = weights_at_errors([*erring("a", 0.0, 0.0), *erring("b", -1.0, None)], {"b": 2.0})
    assert table[2.0] is None and table[0.5] is not None
    assert table[0.5]["a"] == pytest.approx(1.0 / (1.0 + 2.0 * exp(-1.0)))


def test_json_and_terminal_tell_of_other_model_errors(make_case: MakeCase) -> None:
    case = make_case({"a": STATED, "b": {"start value": "lognormal(median=150, sigma=0.3)"}}, ROWS, ERRING)
    study = run_case(case, as_of=LAST, effort="sketch")
    assert study.honesty is not None
    found = honesty_to_json(study.honesty, {"a": "A", "b": "B"})["model_error"]
    fits = study.weighings[LAST].fits
    assert isinstance(found, list) and [(one["factor"], one["account"]) for one in found] == [
        (0.5, "a"),
        (0.5, "b"),
        (2.0, "a"),
        (2.0, "b"),
    ]
    for one in found[::2]:
        assert one["log_evidence"] == pytest.approx(exact(one["factor"]), abs=0.1)
        assert one["error"] >= fits["a"].log_evidence_error
    assert sum(one["weight"] for one in found[:2]) == pytest.approx(1.0)
    assert "With model errors half or twice as large" in honesty_lines(study.honesty, {"a": "A", "b": "B"})[0]
    changes = at_model_errors(fits, [])
    assert changes == ()
