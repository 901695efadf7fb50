"""What the weights owe to each report, and whether accounts could have made them: against closed forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import log

import numpy as np
import pytest
from scipy.stats import kstest, multivariate_normal

from realities.case.folder import Case
from realities.case.observations import Observation
from realities.weigh.honesty.as_json import honesty_to_json, weight_range
from realities.weigh.honesty.checks import Check, checks, places
from realities.weigh.honesty.drawn import Drawn, Left, drawn
from realities.weigh.honesty.honest import AccountTask, answered
from realities.weigh.honesty.influence import (
    Change,
    RefitTask,
    changes,
    influences,
    refitted,
    to_leave_out,
)
from realities.weigh.honesty.terminal import honesty_lines
from realities.weigh.likelihood import AccountLikelihood, reports_published
from realities.weigh.posterior import path_of
from realities.weigh.reporting.reports import quantity_reports
from realities.weigh.sampling.evidence import Run, SamplerSettings
from realities.weigh.sequence import AccountRun, follow
from realities.weigh.study import run_case

MakeCase = Callable[..., Case]
FloatArray = np.ndarray
SMALL = SamplerSettings(2, 200, 8, 4000, components=2, enough_draws=300, posterior_draws=10)
LAST = date(2009, 1, 1)
MEDIAN, SIGMA = 90.0, 0.3
NOISE = {"Bureau": 0.25, "Office": 0.3}
REPORTERS = 'reporters."Bureau" = { noise = 0.25 }\nreporters."Office" = { noise = 0.3 }'
ROWS = [
    (2001, 2002, 101.3, "", "", "person", "Bureau"),
    (2003, 2004, 93.7, "", "", "person", "Bureau"),
    (2004, 2004, 141.0, "", "", "person", "Office"),
    (2006, 2007, 110.9, "", "", "person", "Bureau"),
]
STATED = {"start value": f"lognormal(median={MEDIAN}, sigma={SIGMA})"}


def exact(rows: Sequence[tuple[object, ...]]) -> float:
    """The log density of rows: Gaussian on the logarithmic scale, with one shared unknown."""
    if not rows:
        return 0.0
    y = np.log([float(str(row[2])) for row in rows])
    noise = np.array([NOISE[str(row[6])] for row in rows])
    covariance = SIGMA**2 * np.ones((len(y), len(y))) + np.diag(noise**2)
    return float(multivariate_normal(np.full(len(y), log(MEDIAN)), covariance).logpdf(y) - y.sum())


def sharp_evidence(rows: Sequence[tuple[object, ...]]) -> float:
    """The log density of a sharp and a blurred report together."""
    y = np.log([float(str(row[2])) for row in rows])
    covariance = SIGMA**2 * np.ones((2, 2)) + np.diag([0.002**2, 0.3**2])
    return float(multivariate_normal(np.full(2, log(MEDIAN)), covariance).logpdf(y) - y.sum())


def runs_of(case: Case, account: str = "a") -> tuple[AccountRun, ...]:
    return tuple(follow(case, path_of(account, [LAST], n, 1, SMALL))[0] for n in range(2))


def draws_of(case: Case, account: str = "a") -> Drawn:
    runs = [run.found for run in runs_of(case, account) if isinstance(run.found, Run)]
    return drawn(case, AccountLikelihood(case, account, LAST), runs, most=8000)


def left_out(case: Case) -> dict[Left, Change]:
    lefts = to_leave_out(case, LAST, single=True)
    return {one.left: one for one in changes("a", draws_of(case), lefts, 1)}


def test_leaving_out_a_report_changes_the_evidence_as_the_closed_form_says(make_case: MakeCase) -> None:
    found = left_out(make_case({"a": STATED}, ROWS, REPORTERS))
    for left, change in found.items():
        kept = [
            row
            for row in ROWS
            if (left.reporter not in (None, row[6]))
            or (left.published not in (None, date(int(str(row[1])), 1, 1)))
        ]
        assert change.how == "reweighted" and change.log_change is not None and change.error is not None
        expected = (exact(kept) if left.quantity is None or left.reporter else 0.0) - exact(ROWS)
        assert change.log_change == pytest.approx(expected, abs=max(4.0 * change.error, 0.01)), left
    kinds = [left.kind for left in found]
    assert (kinds.count("reporter"), kinds.count("quantity"), kinds.count("report")) == (2, 1, 4)


def test_what_reweighting_does_not_reach_is_not_computed_and_a_fit_without_it_is_exact(
    make_case: MakeCase,
) -> None:
    sharp = 'reporters."Bureau" = { noise = 0.002 }\nreporters."Office" = { noise = 0.3 }'
    rows = [(2001, 2002, 199.37, "", "", "person", "Bureau"), ROWS[2]]
    case = make_case({"a": STATED}, rows, sharp)
    left = Left("reporter", reporter="Bureau")
    reached = left_out(case)[left]  # the share of the prior among the draws reaches as far as the prior
    assert reached.log_change == pytest.approx(exact(rows[1:]) - sharp_evidence(rows), abs=0.3)
    values, covariance = np.array([199.37, 141.0]), np.diag([0.002**2, 0.3**2])
    start = posterior_draw(values, covariance, np.random.default_rng(2), 2000)
    (change,) = changes("a", drawn_by_hand(case, values, start), [left], 1)
    assert (change.log_change, change.how) == (None, "not computed") and change.k_hat > 0.7
    task = RefitTask("a", LAST, left, 1, runs_of(case), SMALL, stated=-10.0, stated_error=0.0, k_hat=1.5)
    again = refitted(case, task)
    assert again.how == "fitted" and again.log_change is not None and again.error is not None
    assert again.log_change == pytest.approx(exact(rows[1:]) + 10.0, abs=max(4.0 * again.error, 0.02))


def test_reports_that_rule_out_what_others_allow_are_counted_anew_when_left_out(make_case: MakeCase) -> None:
    # A zero from one reporter gives draws without likelihood; without it they count again.
    case = make_case({"a": STATED}, ROWS, REPORTERS)
    draws = draws_of(case)
    parts = {"count": np.where(np.arange(len(draws.log_offset)) % 2 == 0, -np.inf, draws.parts["count"])}
    blocked = replace(draws, parts=parts)
    left = Left("quantity", quantity="count")
    assert np.isneginf(blocked.log_weights).sum() >= len(draws.log_offset) // 2
    assert np.array_equal(blocked.without(left), draws.without(left))


def test_a_copy_and_a_reporter_that_says_nothing_have_no_influence(make_case: MakeCase) -> None:
    text = (
        'reporters."Bureau" = { noise = 0.1 }\nreporters."Echo" = { copies = "Bureau" }\n'
        'reporters."Vague" = { noise = 1000 }'
    )
    rows = [
        *ROWS[:2],
        (2001, 2002, 101.3, "", "", "person", "Echo"),
        (2003, 2004, 77, "", "", "person", "Vague"),
    ]
    case = make_case({"a": STATED, "b": {"start value": "lognormal(median=150, sigma=0.3)"}}, rows, text)
    assert {left.reporter for left in to_leave_out(case, LAST, single=False)} == {None, "Bureau", "Vague"}
    left = Left("reporter", reporter="Vague")
    found = [change for name in "ab" for change in changes(name, draws_of(case, name), [left], 1)]
    evidence = {"a": -10.0, "b": -11.0}
    (vague,) = influences(case, LAST, evidence, found)
    assert vague.moved == pytest.approx(0.0, abs=1e-4) and (vague.rows, vague.value) == (1, 77.0)


def test_what_moves_most_weight_comes_first_and_what_is_not_known_last(make_case: MakeCase) -> None:
    case = make_case({"a": STATED, "b": STATED}, ROWS, REPORTERS)
    evidence = {"a": 0.0, "b": 0.0}

    def change(account: str, reporter: str, value: float | None) -> Change:
        return Change(account, Left("reporter", reporter=reporter), value, 0.0, 0.1, "reweighted")

    found = influences(
        case,
        LAST,
        evidence,
        [
            *(change("a", "x", 0.1), change("b", "x", 0.0)),
            *(change("a", "y", log(3)), change("b", "y", 0.0)),
            *(change("a", "z", 9.0), change("b", "z", None)),
        ],
    )
    assert [one.left.reporter for one in found] == ["y", "x", "z"]
    assert found[0].moved == pytest.approx(0.25) and found[0].weights == pytest.approx({"a": 0.75, "b": 0.25})
    assert found[2].moved is None and found[2].weights is None


def drawn_by_hand(case: Case, values: FloatArray, start: FloatArray) -> Drawn:
    """Draws of a level that stays where it starts, with reports of other values than the case's."""
    reports = reports_published(case, LAST)["count"]
    rows = [replace(row, value=float(v)) for row, v in zip(reports.rows.observations, values, strict=True)]
    reports = quantity_reports(reports.measure, rows, case.calendar)
    truth = np.repeat(start[:, None], len(reports.times), axis=1)
    part = reports.log_density(truth, {})
    return Drawn(case, {"count": reports}, {"start value": start}, {"count": truth}, {"count": part}, -part)


def posterior_draw(
    values: FloatArray, covariance: FloatArray, rng: np.random.Generator, n: int
) -> FloatArray:
    """Draws of the start value given values with errors of that covariance: Gaussian on the logarithm."""
    weight = np.linalg.solve(covariance, np.ones(len(values)))
    precision = SIGMA**-2 + weight.sum()
    mean = (log(MEDIAN) / SIGMA**2 + weight @ np.log(values)) / precision
    return np.exp(mean + rng.standard_normal(n) / np.sqrt(precision))


MANY = [(2000 + k // 2, 2009, 100 + k, "", "", "person", ("Bureau", "Office")[k % 2]) for k in range(16)]
WANDER = f"discrepancy = {{ sd = 0.3, timescale_days = 700 }}\n{REPORTERS}"


def simulated(
    case: Case, rng: np.random.Generator, sd: float, noise_times: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Reports from the account itself, priors and all, and the covariance of their errors."""
    rows = reports_published(case, LAST)["count"].rows
    noise = np.array([NOISE[rows.reporters[r].name] for r in rows.reporter])
    lag = np.abs(rows.days[:, None] - rows.days)
    covariance = sd**2 * np.exp(-lag / 700.0) + np.diag(noise**2)
    error = np.linalg.cholesky(covariance + 1e-12 * np.eye(len(noise))) @ rng.standard_normal(len(noise))
    start = log(MEDIAN) + SIGMA * rng.standard_normal()
    return np.exp(start + noise_times * error), covariance


@pytest.mark.parametrize("sd", [0.0, 0.3])
def test_with_one_draw_probabilities_are_uniform_if_the_account_made_the_reports(
    make_case: MakeCase, sd: float
) -> None:
    case = make_case({"a": STATED}, MANY, WANDER if sd else REPORTERS)
    rng = np.random.default_rng(11)
    found: dict[tuple[str, str], list[float]] = {}
    for k in range(120):
        values, covariance = simulated(case, rng, sd)
        draws = drawn_by_hand(case, values, posterior_draw(values, covariance, rng, 4))
        for check in checks("a", draws, seed=k, n_draws=1):
            if check.part != "whole" and check.statistic == "distance":
                found.setdefault((check.part, check.statistic), []).append(check.probability)
    assert set(found) == {("noise", "distance"), *([("model error", "distance")] if sd else [])}
    for probabilities in found.values():
        assert kstest(probabilities, "uniform").pvalue > 0.005


def by_part(found: Sequence[Check]) -> Mapping[tuple[str, str], Check]:
    return {(check.part, check.statistic): check for check in found}


def test_reports_of_the_account_s_own_making_are_hardly_ever_flagged(make_case: MakeCase) -> None:
    case = make_case({"a": STATED}, MANY, WANDER)
    rng = np.random.default_rng(12)
    flagged = n = 0
    for k in range(30):
        values, covariance = simulated(case, rng, 0.3)
        found = checks("a", drawn_by_hand(case, values, posterior_draw(values, covariance, rng, 250)), seed=k)
        flagged, n = flagged + sum(check.flagged for check in found), n + len(found)
    assert n == 30 * 6 and flagged <= 0.04 * n + 5


def test_noise_larger_than_stated_and_runs_of_misfit_are_flagged(make_case: MakeCase) -> None:
    case = make_case({"a": STATED}, MANY, REPORTERS)
    rng = np.random.default_rng(13)
    values, covariance = simulated(case, rng, 0.0, noise_times=3.0)
    found = by_part(checks("a", drawn_by_hand(case, values, posterior_draw(values, covariance, rng, 250)), 1))
    assert found["noise", "distance"].flagged and found["noise", "distance"].probability < 0.001
    drifting = 90.0 * np.exp(np.linspace(-0.5, 0.5, 16))
    found = by_part(
        checks("a", drawn_by_hand(case, drifting, posterior_draw(drifting, covariance, rng, 250)), 1)
    )
    assert found["noise", "sequence"].flagged and found["noise", "sequence"].count == 14


def test_model_error_takes_up_a_misfit_and_its_own_steps_show_it(make_case: MakeCase) -> None:
    case = make_case({"a": STATED}, MANY, WANDER.replace("sd = 0.3", "sd = 0.02"))
    rng = np.random.default_rng(14)
    values, _ = simulated(case, rng, 0.0)
    values = values * np.exp(np.where(np.arange(16) > 7, 0.6, -0.6))
    _, covariance = simulated(case, rng, 0.02)
    found = by_part(checks("a", drawn_by_hand(case, values, posterior_draw(values, covariance, rng, 250)), 1))
    assert found["whole", "distance"].flagged and found["noise", "distance"].flagged


def test_bounds_are_not_checked_as_if_they_were_values(make_case: MakeCase) -> None:
    case = make_case({"a": STATED}, ROWS, f'kind = "floor"\n{REPORTERS}')
    assert checks("a", draws_of(case), 1) == ()


COUNTED = 'kind = "count"\ndelay = { half_life_days = 400 }\nreporters."Bureau" = { bias = "beta(8, 4)" }'
BOUNDED = f'kind = "ceiling"\n{REPORTERS}'
WALKING = (
    "discrepancy = { sd = 0.1, timescale_days = 300 }\n"
    'reporters."Bureau" = { noise = 0.2, bias = "lognormal(median=1, sigma=0.2)", drift = true }\n'
    'reporters."Office" = { noise = "lognormal(median=0.3, sigma=0.3)" }'
)


GROWING = {"start value": "lognormal(median=20, sigma=0.3)", "growth rate": "normal(0.3, 0.05)"}


@pytest.mark.parametrize("reporters", [COUNTED, BOUNDED, WALKING])
def test_leaving_reports_out_is_weighing_the_others_for_every_kind(
    make_case: MakeCase, reporters: str
) -> None:
    rows = [(2000 + k, 2001 + k, 10 + 12 * k, "", "", "person", "Bureau") for k in range(1, 6)]
    if "Office" in reporters:
        rows.append((2003, 2005, 51, "", "", "person", "Office"))
    case = make_case({"a": GROWING}, rows, reporters)
    draws = draws_of(case).resampled(50, np.random.default_rng(3))
    for left in to_leave_out(case, LAST, single=True)[:5]:
        kept = [row for row in rows if not left.has(as_row(case, row))]
        if kept:
            other = make_case({"a": GROWING}, kept, reporters)
            likelihood = AccountLikelihood(other, "a", LAST)
            parameters = {name: draws.parameters[name] for name in likelihood.space.names}
            truths, _ = likelihood.truths(parameters, len(draws.log_offset))
            expected = likelihood.reports["count"].log_density(truths["count"], parameters)
            found = draws.without(left) - draws.log_offset
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-7), left


def as_row(case: Case, row: tuple[object, ...]) -> Observation:
    return next(
        one
        for one in case.observations
        if (one.happened.year, one.reporter) == (row[0], row[6])
        and one.published == date(int(str(row[1])), 1, 1)
    )


def test_places_of_reports_in_right_predictions_are_even_and_in_wrong_ones_not() -> None:
    rng = np.random.default_rng(15)
    right = places("a", [rng.random(60), np.array([np.nan]), rng.random(60)])
    assert right is not None and right.rows == sum(right.counts) == 120 and right.probability > 0.01
    wrong = places("a", [rng.random(120) ** 3])
    assert wrong is not None and wrong.probability < 1e-6 and wrong.distance > 0.3
    assert places("a", [np.array([np.nan])]) is None


def test_the_distance_of_places_is_that_of_kolmogorov_and_smirnov() -> None:
    values = np.random.default_rng(16).random(50) ** 1.3
    found, expected = places("a", [values]), kstest(values, "uniform")
    assert found is not None and found.distance == pytest.approx(expected.statistic)
    assert found.probability == pytest.approx(expected.pvalue, abs=0.01)


FAST = {"start value": "lognormal(median=150, sigma=0.2)"}


def test_a_study_says_how_far_its_weights_can_be_trusted(make_case: MakeCase) -> None:
    case = make_case({"a": STATED, "b": FAST}, ROWS, REPORTERS)
    study = run_case(case, as_of=LAST, effort="sketch")
    found = study.honesty
    assert found is not None
    assert {(one.account, one.width) for one in found.sensitivity} == {
        (name, width) for name in "ab" for width in (0.25, 0.5, 1.0, 2.0, 4.0)
    }
    for one in found.sensitivity:
        if one.account == "a" and one.log_evidence is not None and one.error is not None:
            covariance = (one.width * SIGMA) ** 2 * np.ones((4, 4)) + np.diag(
                np.array([0.25, 0.25, 0.3, 0.25]) ** 2
            )
            y = np.log([101.3, 93.7, 141.0, 110.9])
            closed = multivariate_normal(np.full(4, log(MEDIAN)), covariance).logpdf(y) - y.sum()
            assert one.log_evidence == pytest.approx(float(closed), abs=max(4.0 * one.error, 0.02))
    low, high = found.ranges["a"]
    assert 0.0 <= low <= study.weighings[LAST].weights["a"] <= high <= 1.0
    assert found.separation.leader == "a" and set(found.separation.together) | set(found.separation.against)
    json = honesty_to_json(found, {"a": "One", "b": "Other"})
    assert set(json) == {"separation", "sensitivity", "model_error", "influence", "checks"}
    assert weight_range(found, "a") == {"low": low, "high": high}
    assert {one.account for one in found.places} == {"a", "b"}
    assert sum(found.places[0].counts) == found.places[0].rows > 0
    names = {"a": "One", "b": "Other"}
    assert any("predictive checks (several for each" in line for line in honesty_lines(found, names))
    said = honesty_lines(found, names, dict.fromkeys(case.measures, "People there (persons)"))
    assert len({line.split(":")[0] for line in said}) == len(said)
    assert sum(one.startswith("Left out alone") and '"People there (persons)" (' in one for one in said) == 1


def test_neither_order_nor_names_touch_a_bit(make_case: MakeCase) -> None:
    one = run_case(make_case({"a": STATED, "b": FAST}, ROWS, REPORTERS), as_of=LAST, effort="sketch").honesty
    other = run_case(
        make_case({"z": FAST, "m": STATED}, ROWS, REPORTERS), as_of=LAST, effort="sketch"
    ).honesty
    assert one is not None and other is not None
    names = {"a": "m", "b": "z"}
    renamed = sorted((replace(x, account=names[x.account]) for x in one.sensitivity), key=repr)
    assert renamed == sorted(other.sensitivity, key=repr)
    assert [(x.left, x.moved) for x in one.influence] == [(x.left, x.moved) for x in other.influence]
    assert {(names[a], ends) for a, ends in one.ranges.items()} == set(other.ranges.items())
    renamed_checks = {replace(check, account=names[check.account]) for check in one.checks}
    assert renamed_checks == set(other.checks)


def test_what_is_published_later_touches_no_bit(make_case: MakeCase) -> None:
    day = date(2005, 1, 1)
    poisoned = [*ROWS[:3], (2006, 2007, 1e9, "", "", "person", "Bureau")]
    found = [
        run_case(make_case({"a": STATED, "b": FAST}, rows, REPORTERS), as_of=day, effort="sketch").honesty
        for rows in (ROWS, poisoned)
    ]
    assert found[0] == found[1] is not None


def test_before_any_report_nothing_is_said(make_case: MakeCase) -> None:
    case = make_case({"a": STATED, "b": FAST}, ROWS, REPORTERS)
    study = run_case(case, as_of=date(2000, 6, 1), effort="sketch")
    assert study.honesty is None and honesty_lines(None, {}) == []
    assert honesty_to_json(None, {})["sensitivity"] == []


def test_an_account_that_is_sure_of_everything_has_its_influences_exactly(make_case: MakeCase) -> None:
    case = make_case({"a": {"start value": "100"}}, ROWS, REPORTERS)
    task = AccountTask("a", LAST, 1, runs_of(case), to_leave_out(case, LAST, single=False))
    answer = answered(case, task)
    noise = np.array([0.25, 0.25, 0.3, 0.25])
    y = np.log([101.3, 93.7, 141.0, 110.9])
    each = -0.5 * ((y - log(100.0)) / noise) ** 2 - np.log(noise * np.sqrt(2 * np.pi)) - y
    office = next(c for c in answer.changes if c.left.reporter == "Office")  # type: ignore[union-attr]
    assert office.log_change == pytest.approx(-each[2], abs=1e-9)


def test_without_a_run_nothing_is_said_of_an_account(make_case: MakeCase) -> None:
    case = make_case({"a": {"start value": "0", "growth rate": "normal(0, 1)"}, "b": STATED}, ROWS, REPORTERS)
    study = run_case(case, as_of=LAST, effort="sketch")
    assert study.honesty is not None
    assert study.honesty.separation.not_established == ("a",)
    assert all(one.weights is None for one in study.honesty.influence) and not study.honesty.ranges
    said = honesty_lines(study.honesty, {"a": "One", "b": "Other"})
    assert "What leaving out a reporter does to the weights is not computed, for any of 2." in said
