"""Evidence and posterior of accounts of a real case folder, against closed forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import multivariate_normal, norm

from realities.case.folder import Case
from realities.weigh.fits import AccountFit, predict_reports, sample_discrepancy
from realities.weigh.likelihood import AccountLikelihood, ParameterSpace
from realities.weigh.posterior import fit_account
from realities.weigh.reporting.reports import quantity_reports
from realities.weigh.sampling.evidence import SamplerSettings

MakeCase = Callable[..., Case]
LAST = date(2010, 1, 1)
SMALL = SamplerSettings(2, 200, 10, 800, components=3, enough_draws=300, posterior_draws=2000)

ONE = {"a": {"start value": "lognormal(median=80, sigma=0.3)"}}
ROWS = [
    (2001, 2001, 101.3, "", "", "person", "Bureau"),
    (2003, 2003, 93.7, "", "", "person", "Bureau"),
    (2006, 2006, 110.9, "", "", "person", "Bureau"),
]
VALUES = np.array([101.3, 93.7, 110.9])


def fit(case: Case, as_of: date = LAST, **more: object) -> AccountFit:
    return fit_account(case, "a", as_of=as_of, seed=1, effort=SMALL, **more)  # type: ignore[arg-type]


def log_normal_evidence(values: NDArray[np.float64], median: float, covariance: NDArray[np.float64]) -> float:
    logs = np.log(values)
    return float(
        multivariate_normal(np.full(len(values), np.log(median)), covariance).logpdf(logs) - logs.sum()
    )


def test_one_lognormal_parameter_has_its_closed_form_evidence_and_posterior(make_case: MakeCase) -> None:
    found = fit(make_case(ONE, ROWS))
    exact = log_normal_evidence(VALUES, 80, 0.09 + 0.01 * np.eye(3))
    assert found.reliable and abs(found.log_evidence - exact) < 0.02
    precision = 1 / 0.09 + 3 / 0.01
    mean = (np.log(80) / 0.09 + np.log(VALUES).sum() / 0.01) / precision
    logs = np.log(found.parameters["start value"])
    assert logs.mean() == pytest.approx(mean, abs=0.01)
    assert logs.std() == pytest.approx(precision**-0.5, rel=0.1)


def test_growth_and_level_have_their_closed_form_evidence(make_case: MakeCase) -> None:
    account = {"a": {"start value": "lognormal(median=80, sigma=0.3)", "growth rate": "normal(0, 0.05)"}}
    found = fit(make_case(account, ROWS))
    years = np.array([1.0, 3.0, 6.0])
    covariance = 0.09 + 0.05**2 * np.outer(years, years) + 0.01 * np.eye(3)
    assert abs(found.log_evidence - log_normal_evidence(VALUES, 80, covariance)) < 0.03
    assert sorted(found.parameters) == ["growth rate", "start value"]


def test_truncated_priors_are_normalized(make_case: MakeCase) -> None:
    account = {"a": {"start value": "lognormal(median=80, sigma=0.3, low=100)"}}
    found = fit(make_case(account, ROWS))
    precision = 1 / 0.09 + 3 / 0.01
    posterior = norm((np.log(80) / 0.09 + np.log(VALUES).sum() / 0.01) / precision, precision**-0.5)
    before = norm(np.log(80), 0.3).logsf(np.log(100))
    exact = log_normal_evidence(VALUES, 80, 0.09 + 0.01 * np.eye(3)) + posterior.logsf(np.log(100)) - before
    assert abs(found.log_evidence - exact) < 0.03
    assert found.parameters["start value"].min() >= 100


def test_an_integrated_bias_is_drawn_and_named(make_case: MakeCase) -> None:
    reporters = 'reporters."Bureau" = { bias = "lognormal(median=1, sigma=0.5)", noise = 0.1 }'
    found = fit(make_case(ONE, ROWS, reporters))
    covariance = 0.09 + 0.25 + 0.01 * np.eye(3)
    assert abs(found.log_evidence - log_normal_evidence(VALUES, 80, covariance)) < 0.02
    assert list(found.reporter_parameters) == ["bias[count, Bureau]"]
    together = np.log(found.parameters["start value"]) + np.log(
        found.reporter_parameters["bias[count, Bureau]"]
    )
    precision = 1 / 0.34 + 3 / 0.01  # of start value times bias
    assert together.std() == pytest.approx(precision**-0.5, rel=0.1)
    assert (
        np.corrcoef(found.parameters["start value"], found.reporter_parameters["bias[count, Bureau]"])[0, 1]
        < -0.8
    )


def test_a_sampled_bias_gives_the_same_evidence_as_an_integrated_one(make_case: MakeCase) -> None:
    # A truncation that cuts almost nothing keeps the bias from being integrated out.
    text = 'reporters."Bureau" = { bias = "lognormal(median=1, sigma=0.5, low=0.01)", noise = 0.1 }'
    found = fit(make_case(ONE, ROWS, text))
    assert "bias[count, Bureau]" in found.sampled
    exact = log_normal_evidence(VALUES, 80, 0.09 + 0.25 + 0.01 * np.eye(3))
    assert abs(found.log_evidence - exact) < 0.04


def test_an_uncertain_noise_is_sampled_and_named(make_case: MakeCase) -> None:
    case = make_case(ONE, ROWS, 'reporters."Bureau" = { noise = "lognormal(median=0.1, sigma=0.7)" }')
    found = fit(case)
    sds = np.exp(np.log(0.1) + 0.7 * norm.ppf((np.arange(2000) + 0.5) / 2000))
    given = [log_normal_evidence(VALUES, 80, 0.09 + s**2 * np.eye(3)) for s in sds]
    assert abs(found.log_evidence - np.log(np.mean(np.exp(given)))) < 0.04
    assert found.reporter_parameters["noise[count, Bureau]"].std() > 0.01


def test_a_discrepancy_enters_the_evidence_and_is_drawn(make_case: MakeCase) -> None:
    text = 'discrepancy = { sd = 0.2, timescale_days = 1000 }\nreporters."Bureau" = { noise = 0.1 }'
    case = make_case(ONE, ROWS, text)
    found = fit(case)
    days = 365.25 * np.array([1.0, 3.0, 6.0])
    covariance = 0.09 + 0.04 * np.exp(-np.abs(days[:, None] - days) / 1000) + 0.01 * np.eye(3)
    assert abs(found.log_evidence - log_normal_evidence(VALUES, 80, covariance)) < 0.02
    rng = np.random.default_rng(0)
    path = sample_discrepancy(found, case.measures["count"], np.array([1.0, 3.0, 6.0, 9.5]), rng)
    assert path.shape == (2000, 4)
    level = np.log(found.parameters["start value"])[:, None] + path[:, :3]
    assert np.abs(level.mean(axis=0) - np.log(VALUES)).max() < 0.08
    assert path[:, 3].std() > path[:, 2].std()


def test_a_quantity_without_reports_has_its_prior_discrepancy(make_case: MakeCase) -> None:
    text = 'discrepancy = { sd = 0.2, timescale_days = 1000 }\nreporters."Bureau" = { noise = 0.1 }'
    case = make_case(ONE, ROWS, text)
    found = fit(case, date(2000, 6, 1))
    path = sample_discrepancy(found, case.measures["count"], np.array([5.0]), np.random.default_rng(0))
    assert path.std() == pytest.approx(0.2, rel=0.1)


def test_before_any_report_the_evidence_is_one_and_the_posterior_the_prior(make_case: MakeCase) -> None:
    found = fit(make_case(ONE, ROWS), date(2000, 6, 1))
    assert (found.log_evidence, found.log_evidence_error, found.n_evaluations) == (0.0, 0.0, 0)
    assert found.reliable and not found.reporter_parameters
    logs = np.log(found.parameters["start value"])
    assert logs.mean() == pytest.approx(np.log(80), abs=0.03)
    assert logs.std() == pytest.approx(0.3, rel=0.05)


def test_an_account_that_fixes_everything_has_the_likelihood_for_evidence(make_case: MakeCase) -> None:
    found = fit(make_case({"a": {"start value": "100"}}, ROWS))
    exact = norm(np.log(100), 0.1).logpdf(np.log(VALUES)).sum() - np.log(VALUES).sum()
    assert found.log_evidence == pytest.approx(exact, abs=1e-9)
    assert found.log_evidence_error == 0.0 and found.parameters == {}


def test_everything_fixed_but_a_bias_still_draws_the_bias(make_case: MakeCase) -> None:
    text = 'reporters."Bureau" = { bias = "lognormal(median=1, sigma=0.5)", noise = 0.1 }'
    found = fit(make_case({"a": {"start value": "100"}}, ROWS, text))
    assert found.reporter_parameters["bias[count, Bureau]"].shape == (2000,)
    assert found.reporter_parameters["bias[count, Bureau]"].std() == pytest.approx(0.058, rel=0.15)


def test_wider_priors_are_asked_for_by_a_factor(make_case: MakeCase) -> None:
    found = fit(make_case(ONE, ROWS), width=2.0)
    exact = log_normal_evidence(VALUES, 80, 0.36 + 0.01 * np.eye(3))
    assert abs(found.log_evidence - exact) < 0.03


def test_a_start_from_an_earlier_date_changes_only_the_work(make_case: MakeCase) -> None:
    noise = '{ noise = "lognormal(median=0.1, sigma=0.3)" }'
    text = f'reporters."Bureau" = {noise}\nreporters."Office" = {noise}'
    rows = [*ROWS, (2007, 2007, 95.5, "", "", "person", "Office")]
    case = make_case(ONE, rows, text)
    earlier = fit(case, date(2006, 6, 1))
    cold, warm = fit(case), fit(case, start=earlier)
    assert "noise[count, Office]" not in earlier.sampled and "noise[count, Office]" in warm.sampled
    assert warm.reliable and abs(warm.log_evidence - cold.log_evidence) < 0.06


def test_draws_on_which_the_model_fails_have_no_weight(make_case: MakeCase) -> None:
    # A growth rate above 100 a year overflows within the run.
    account = {"a": {"start value": "100", "growth rate": "uniform(-1, 1000)"}}
    found = fit(make_case(account, ROWS))
    assert np.isfinite(found.log_evidence)
    assert np.abs(found.parameters["growth rate"]).max() < 0.2


def test_an_account_that_cannot_produce_what_was_reported_says_so(make_case: MakeCase) -> None:
    found = fit(make_case({"a": {"start value": "0", "growth rate": "normal(0, 1)"}}, ROWS))
    assert found.log_evidence == -np.inf and not found.reliable
    assert any('"count"' in text for text in found.warnings)
    assert found.parameters["growth rate"].shape == (2000,)


def test_a_prior_far_from_the_reports_is_reached(make_case: MakeCase) -> None:
    found = fit(make_case({"a": {"start value": "lognormal(median=5, sigma=0.5)"}}, ROWS))
    exact = log_normal_evidence(VALUES, 5, 0.25 + 0.01 * np.eye(3))
    assert found.reliable and abs(found.log_evidence - exact) < 0.05


def test_nothing_published_later_is_used(make_case: MakeCase) -> None:
    found = fit(make_case(ONE, ROWS), date(2003, 6, 1))
    exact = log_normal_evidence(VALUES[:2], 80, 0.09 + 0.01 * np.eye(2))
    assert abs(found.log_evidence - exact) < 0.02


def test_the_newest_vintage_by_a_date_is_used(make_case: MakeCase) -> None:
    rows = [(2001, 2001, 50.3, "", "", "person", "Bureau"), (2001, 2004, 101.3, "", "", "person", "Bureau")]
    case = make_case(ONE, rows)
    for day, value in ((date(2002, 1, 1), 50.3), (date(2005, 1, 1), 101.3)):
        exact = log_normal_evidence(np.array([value]), 80, np.array([[0.10]]))
        assert abs(fit(case, day).log_evidence - exact) < 0.02


def test_parameters_are_sampled_in_the_order_of_their_names(make_case: MakeCase) -> None:
    text = 'reporters."Bureau" = { noise = "lognormal(median=0.1, sigma=0.3)" }'
    case = make_case(
        {"a": {"start value": "lognormal(median=80, sigma=0.3)", "growth rate": "normal(0, 0.1)"}}, ROWS, text
    )
    likelihood = AccountLikelihood(case, "a", LAST)
    assert likelihood.space.names == ("growth rate", "noise[count, Bureau]", "start value")
    assert likelihood.model_parameters == ("growth rate", "start value")


def test_extreme_coordinates_stay_finite(make_case: MakeCase) -> None:
    space = ParameterSpace(make_case(ONE, ROWS).priors("a"))
    values = space.values(np.array([[-40.0], [-9.0], [0.0], [9.0], [40.0]]))["start value"]
    assert np.isfinite(values).all() and (np.diff(values) >= 0).all()


def test_the_likelihood_tells_the_quantities_apart(make_case: MakeCase) -> None:
    likelihood = AccountLikelihood(make_case(ONE, ROWS), "a", LAST)
    points = np.zeros((3, 1))
    parts = likelihood.by_quantity(points)
    assert list(parts) == ["count"] and np.array_equal(parts["count"], likelihood(points))
    exact = norm(np.log(80), 0.1).logpdf(np.log(VALUES)).sum() - np.log(VALUES).sum()
    assert parts["count"] == pytest.approx(exact, abs=1e-9)


def test_reports_to_come_are_predicted_with_bias_and_noise(make_case: MakeCase) -> None:
    text = (
        'reporters."Bureau" = { bias = "lognormal(median=1, sigma=0.5)", noise = 0.1 }\n'
        'reporters."Office" = { bias = "lognormal(median=2, sigma=0.4)", noise = 0.1 }'
    )
    rows = [
        *ROWS,
        (2008, 2008, 1.0, "", "", "person", "Bureau"),
        (2008, 2008, 1.0, "", "", "person", "Office"),
    ]
    case = make_case({"a": {"start value": "100"}}, rows, text)
    found = fit(case, date(2007, 1, 1))
    coming = quantity_reports(case.measures["count"], case.observations[-2:], case.calendar)
    predicted = np.log(predict_reports(found, coming, np.full((2000, 1), 100.0), np.random.default_rng(0)))
    assert [row.reporter for row in coming.rows.observations] == ["Bureau", "Office"]
    # The Bureau's bias is known from its reports, the Office's only from its prior.
    assert predicted.mean(axis=0) == pytest.approx([np.log(VALUES).mean(), np.log(200)], abs=0.05)
    assert predicted.std(axis=0) == pytest.approx([np.hypot(0.1, 0.057), np.hypot(0.1, 0.4)], rel=0.1)
