"""The reporting model against closed forms, quadrature and dense linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import inf

import numpy as np
import pytest
from reporters import DAILY, START, FloatArray, log_density, measure, prior, reporter, row
from scipy.special import log_ndtr, logsumexp
from scipy.stats import lognorm, multivariate_normal, norm

from realities.case.measures import Delay, Discrepancy, Measure
from realities.case.observations import Observation
from realities.errors import InputError
from realities.units import parse_unit
from realities.weigh.reporting.discrepancy import DiscrepancyPath
from realities.weigh.reporting.gaussian import GaussianErrors
from realities.weigh.reporting.intervals import Bounds, IntervalRows
from realities.weigh.reporting.processes import Wander
from realities.weigh.reporting.reports import QuantityReports, quantity_reports
from realities.weigh.reporting.rows import from_scale, rounding_step, to_scale, usable
from realities.weigh.reporting.truncated import truncated_normal

# -- one row ------------------------------------------------------------------------------------------


def test_a_value_has_the_density_of_the_reported_number() -> None:
    found = log_density(measure(reporter(noise=0.2)), [row(123.456)], 100.0)
    assert found == pytest.approx(lognorm(0.2, scale=100.0).logpdf(123.456), abs=1e-12)


def test_a_value_written_in_thousands_has_the_density_of_the_thousands() -> None:
    plain = log_density(measure(reporter()), [row(123456.0)], 1e5)
    in_thousands = log_density(measure(reporter()), [row(123456.0, factor=1000.0)], 1e5)
    assert in_thousands - plain == pytest.approx(np.log(1000.0), abs=1e-12)


def test_a_known_bias_multiplies() -> None:
    found = log_density(measure(reporter(bias=2, noise=0.2)), [row(150.3)], 100.0)
    assert found == pytest.approx(lognorm(0.2, scale=200.0).logpdf(150.3), abs=1e-12)


def test_a_known_drift_grows_with_the_years_since_the_start() -> None:
    drifting = reporter(noise=0.2, drift=prior(0.5))
    found = log_density(measure(drifting), [row(150.3, day=731)], 100.0)
    expected = lognorm(0.2, scale=100.0 * np.exp(0.5 * 731 / 365.25)).logpdf(150.3)
    assert found == pytest.approx(expected, abs=1e-12)


def test_on_the_linear_scale_noise_is_in_the_unit_and_bias_multiplies() -> None:
    linear = measure(reporter(bias=1.1, noise=3.0, scale="linear"), scale="linear")
    assert log_density(linear, [row(-7.31)], -5.0) == pytest.approx(norm(-5.5, 3.0).logpdf(-7.31), abs=1e-12)


def test_on_the_logit_scale_noise_is_on_the_log_odds() -> None:
    share = measure(reporter(noise=0.5, scale="logit"), scale="logit", unit=parse_unit("fraction"))
    y, x = 0.3123, 0.4
    odds = np.log([y / (1 - y), x / (1 - x)])
    expected = norm(odds[1], 0.5).logpdf(odds[0]) - np.log(y * (1 - y))
    assert log_density(share, [row(y)], x) == pytest.approx(expected, abs=1e-12)


def test_percent_on_the_logit_scale_run_to_a_hundred() -> None:
    share = measure(reporter(noise=0.5, scale="logit"), scale="logit", unit=parse_unit("percent"))
    whole = measure(reporter(noise=0.5, scale="logit"), scale="logit", unit=parse_unit("fraction"))
    in_percent = log_density(share, [row(31.23)], 40.0)
    assert in_percent + np.log(100) == pytest.approx(log_density(whole, [row(0.3123)], 0.4), abs=1e-9)


def test_a_range_beside_a_value_is_its_90_percent_interval_and_adds_to_the_noise() -> None:
    stated = 0.5 * (np.log(130 / 100) + np.log(100 / 80)) / norm.ppf(0.95)
    found = log_density(measure(reporter(noise=0.1)), [row(100.0, 80.0, 130.0)], 111.0)
    assert found == pytest.approx(lognorm(np.hypot(0.1, stated), scale=111.0).logpdf(100.0), abs=1e-9)


@pytest.mark.parametrize(("low", "high"), [(80.0, 130.0), (80.0, None), (None, 130.0)])
def test_a_range_without_a_value_has_the_probability_between_its_ends(
    low: float | None, high: float | None
) -> None:
    report = lognorm(0.2, scale=100.0)
    expected = np.log(report.cdf(high or inf) - report.cdf(low or 0.0))
    found = log_density(measure(reporter(noise=0.2)), [row(None, low, high)], 100.0)
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_report_of_none_is_less_than_half_of_the_smallest_step() -> None:
    expected = lognorm(0.5, scale=2.0).logcdf(0.5) + lognorm(0.5, scale=2.0).logpdf(3.7)
    rows = [row(0.0), row(3.7, day=1)]
    finest = log_density(measure(reporter(noise=0.5)), rows, 2.0)
    assert finest == pytest.approx(lognorm(0.5, scale=2.0).logcdf(0.05) + lognorm(0.5, scale=2.0).logpdf(3.7))
    assert finest < expected


def test_a_report_of_none_where_there_is_none_is_certain() -> None:
    assert log_density(measure(reporter()), [row(0.0)], 0.0) == 0.0


def test_nothing_cannot_be_reported_as_something() -> None:
    assert log_density(measure(reporter()), [row(5.0)], 0.0) == -inf
    assert log_density(measure(reporter()), [row(5.0)], np.nan) == -inf


def test_a_figure_rounded_more_coarsely_than_the_noise_has_the_mean_density_of_what_rounds_to_it() -> None:
    report = lognorm(0.001, scale=12_100.0)
    expected = np.log((report.cdf(12_500) - report.cdf(11_500)) / 1000)
    found = log_density(measure(reporter(noise=0.001)), [row(12_000.0)], 12_100.0)
    assert found == pytest.approx(expected, abs=1e-9)


def test_rounding_does_not_matter_where_the_noise_is_larger() -> None:
    found = log_density(measure(reporter(noise=0.1)), [row(12_000.0)], 12_100.0)
    assert found == pytest.approx(lognorm(0.1, scale=12_100.0).logpdf(12_000.0), abs=1e-12)


@pytest.mark.parametrize(
    ("figure", "step"),
    [
        (37000, 1000),
        (5937, 1),
        (0.25, 0.01),
        (100000, 10000),
        (3, 0.1),
        (-120, 10),
        (1e-4, 1e-5),
        (9.99, 0.01),
    ],
)
def test_the_step_of_rounding_is_one_in_the_last_digit(figure: float, step: float) -> None:
    assert rounding_step(figure) == pytest.approx(step)


@pytest.mark.parametrize("scale", ["log", "linear", "logit"])
def test_scales_are_inverted(scale: str) -> None:
    values = np.array([0.1, 0.5, 0.93])
    assert np.allclose(from_scale(to_scale(values, scale, 1.0), scale, 1.0), values)  # type: ignore[arg-type]


# -- floors, ceilings, delays -------------------------------------------------------------------------


def test_a_floor_has_the_probability_that_the_truth_lies_above() -> None:
    floor = measure(reporter(noise=0.05), kind="floor")
    assert log_density(floor, [row(100.0)], 103.0) == pytest.approx(log_ndtr(np.log(1.03) / 0.05), abs=1e-12)


def test_a_ceiling_has_the_probability_that_the_truth_lies_below() -> None:
    ceiling = measure(reporter(noise=0.05), kind="ceiling")
    assert log_density(ceiling, [row(100.0)], 103.0) == pytest.approx(
        log_ndtr(-np.log(1.03) / 0.05), abs=1e-12
    )


def test_a_floor_far_below_the_truth_says_nothing() -> None:
    assert log_density(measure(reporter(), kind="floor"), [row(10.0)], 1e6) == 0.0


def test_a_floor_that_is_said_again_weighs_nothing() -> None:
    floor = measure(reporter(noise=0.05), kind="floor")
    once = log_density(floor, [row(100.0)], 101.0)
    again = log_density(floor, [row(100.0, day=k) for k in range(50)], 101.0)
    assert again == once


def test_the_tightest_floor_of_a_reporter_decides() -> None:
    floor = measure(reporter(noise=0.05), kind="floor")
    truth = np.array([100.0, 200.0])
    found = log_density(floor, [row(90.0), row(199.0, day=10)], truth)
    assert found == log_density(floor, [row(199.0)], 200.0)


def test_floors_of_two_reporters_are_two_floors() -> None:
    floor = measure(reporter("A", noise=0.05), reporter("B", noise=0.05), kind="floor")
    both = log_density(floor, [row(100.0), row(100.0, who="B")], 101.0)
    assert both == pytest.approx(2 * log_density(floor, [row(100.0)], 101.0))


def test_a_discrepancy_widens_the_error_of_a_floor() -> None:
    floor = measure(reporter(noise=0.03), kind="floor", discrepancy=Discrepancy(0.04, 100.0))
    assert log_density(floor, [row(100.0)], 98.0) == pytest.approx(log_ndtr(np.log(0.98) / 0.05), abs=1e-12)


def test_a_range_on_a_floor_gives_its_lower_end() -> None:
    floor = measure(reporter(noise=0.05), kind="floor")
    assert log_density(floor, [row(None, 100.0, 140.0)], 101.0) == log_density(floor, [row(100.0)], 101.0)


def growing(reports: QuantityReports, per_day: float = 10.0) -> FloatArray:
    return np.asarray(per_day * reports.times[None, :])


def test_with_a_delay_only_what_could_be_known_is_compared() -> None:
    # Ten events a day for 300 days, seen at day 300 with a half-life of 75 days.
    counted = 10 * (300 - 75 / np.log(2) * (1 - 2 ** (-300 / 75)))
    floor = measure(reporter(noise=0.05), kind="floor", delay=Delay({2020: 75.0}))
    reports = quantity_reports(floor, [row(1900.0, day=300)], DAILY)
    expected = log_ndtr(np.log(counted / 1900) / 0.05)
    assert reports.log_density(growing(reports), {})[0] == pytest.approx(expected, rel=0.01)


def test_a_count_published_later_has_had_longer_to_fill() -> None:
    floor = measure(reporter(noise=0.05), kind="floor", delay=Delay({2020: 75.0}))
    soon = quantity_reports(floor, [row(2900.0, day=300)], DAILY)
    late = quantity_reports(floor, [row(2900.0, day=300, published=3000)], DAILY)
    assert late.log_density(growing(late), {})[0] == pytest.approx(
        log_ndtr(np.log(3000 / 2900) / 0.05), rel=1e-3
    )
    assert soon.log_density(growing(soon), {})[0] < late.log_density(growing(late), {})[0]


def test_half_lives_go_by_the_year_of_the_event_or_the_nearest_year() -> None:
    rows = [row(2000.0, day=700)]
    by_year = measure(reporter(), kind="floor", delay=Delay({2019: 50.0, 2021: 300.0}))
    reports = quantity_reports(by_year, rows, DAILY)
    days = np.arange(700) + 0.5
    half_life = np.where(days < 366, 50.0, 300.0)  # 2020 lies as near to 2019 as to 2021: the earlier one
    exact = 10 * (1 - 2 ** (-(700 - days) / half_life)).sum()
    assert reports.known(growing(reports), {})[0, 0] == pytest.approx(exact, rel=0.01)


def test_an_uncertain_half_life_is_sampled_and_then_the_same() -> None:
    rows = [row(1900.0, day=300), row(800.0, day=120)]
    sampled = quantity_reports(measure(reporter(), delay=Delay({}, prior("uniform(50, 100)"))), rows, DAILY)
    known = quantity_reports(measure(reporter(), delay=Delay({2020: 75.0})), rows, DAILY)
    assert list(sampled.parameters) == ["delay[q]"]
    half_life = {"delay[q]": np.array([75.0])}
    a = sampled.known(growing(sampled), half_life)
    assert np.allclose(a, known.known(growing(known), {}), rtol=2e-3)


# -- what is integrated out ---------------------------------------------------------------------------


GRID = np.linspace(-2.5, 2.5, 2001)


def log_mean_over_bias(rows: list[Observation], noise: float, median: float, sigma: float) -> float:
    """Return the log density averaged over a lognormal bias, by summing over a grid of its logarithm."""
    reports = quantity_reports(measure(reporter(bias="uniform(0.001, 100)", noise=noise)), rows, DAILY)
    truth = np.full((len(GRID), len(reports.times)), 100.0)
    given = reports.log_density(truth, {"bias[q, A]": np.exp(GRID)})
    return float(logsumexp(given + norm(np.log(median), sigma).logpdf(GRID)) + np.log(GRID[1] - GRID[0]))


def test_a_lognormal_bias_is_integrated_out_exactly() -> None:
    uncertain = measure(reporter(bias="lognormal(median=1.3, sigma=0.4)", noise=0.15))
    rows = [row(131.7), row(92.5, day=40), row(160.1, day=90)]
    assert not quantity_reports(uncertain, rows, DAILY).parameters
    exact = log_mean_over_bias(rows, 0.15, 1.3, 0.4)
    assert log_density(uncertain, rows, 100.0) == pytest.approx(exact, abs=1e-9)


def test_bias_and_drift_are_integrated_out_exactly() -> None:
    rows = [row(131.7), row(92.5, day=400), row(160.1, day=900)]
    uncertain = measure(
        reporter(bias="lognormal(median=1.3, sigma=0.4)", noise=0.15, drift=prior("normal(0.1, 0.25)"))
    )
    sampled_ones = reporter(bias="uniform(0.001, 100)", noise=0.15, drift=prior("uniform(-5, 5)"))
    reports = quantity_reports(measure(sampled_ones), rows, DAILY)
    log_bias, drift = (
        axis.ravel() for axis in np.meshgrid(np.linspace(-1.5, 2, 201), np.linspace(-1.5, 1.5, 201))
    )
    truth = np.full((len(drift), len(reports.times)), 100.0)
    given = reports.log_density(truth, {"bias[q, A]": np.exp(log_bias), "drift[q, A]": drift})
    prior_density = norm(np.log(1.3), 0.4).logpdf(log_bias) + norm(0.1, 0.25).logpdf(drift)
    exact = logsumexp(given + prior_density) + np.log(3.5 / 200 * 3 / 200)
    assert log_density(uncertain, rows, 100.0) == pytest.approx(exact, abs=1e-7)


def test_a_normal_bias_on_the_linear_scale_is_integrated_out_exactly() -> None:
    rows = [row(13.17), row(9.25, day=40), row(16.01, day=90)]
    truth = np.array([10.0, 9.0, 14.0])

    def linear(bias: str) -> Measure:
        return measure(reporter(bias=bias, noise=1.0, scale="linear"), scale="linear")

    reports = quantity_reports(linear("uniform(0.01, 3)"), rows, DAILY)
    biases = np.linspace(0.3, 1.9, 2001)
    given = reports.log_density(np.tile(truth, (2001, 1)), {"bias[q, A]": biases})
    exact = logsumexp(given + norm(1.1, 0.1).logpdf(biases)) + np.log(biases[1] - biases[0])
    assert not quantity_reports(linear("normal(1.1, 0.1)"), rows, DAILY).parameters
    assert log_density(linear("normal(1.1, 0.1)"), rows, truth) == pytest.approx(exact, abs=1e-9)


def dense(
    rows: list[Observation], sd: float, timescale: float, bias_sd: dict[str, float], noise: float
) -> FloatArray:
    days = np.array([(one.happened - START).days for one in rows], dtype=float)
    covariance = sd**2 * np.exp(-np.abs(days[:, None] - days) / timescale)
    for name, spread in bias_sd.items():
        own = np.array([one.reporter == name for one in rows], dtype=float)
        covariance += spread**2 * np.outer(own, own)
    return covariance + noise**2 * np.eye(len(rows))


SHARED = [
    row(131.7),
    row(92.5, day=40),
    row(103.4, day=40, who="B"),
    row(160.1, day=90),
    row(88.8, day=200, who="B"),
]
TWO = (
    reporter("A", bias="lognormal(median=1.2, sigma=0.3)"),
    reporter("B", bias="lognormal(median=0.9, sigma=0.5)"),
)
WANDERING = measure(*TWO, discrepancy=Discrepancy(0.2, 60.0))


def test_a_discrepancy_shared_by_reporters_is_integrated_out_exactly() -> None:
    means = np.log([1.2, 1.2, 0.9, 1.2, 0.9]) + np.log(100.0)
    values = np.log([one.value for one in SHARED])
    covariance = dense(SHARED, 0.2, 60.0, {"A": 0.3, "B": 0.5}, 0.1)
    expected = multivariate_normal(means, covariance).logpdf(values) - values.sum()
    assert log_density(WANDERING, SHARED, 100.0) == pytest.approx(expected, abs=1e-9)


def test_sampled_noise_is_used_draw_by_draw() -> None:
    uncertain = measure(
        replace(TWO[0], noise=prior("lognormal(median=0.1, sigma=0.5)")),
        TWO[1],
        discrepancy=Discrepancy(0.2, 60.0),
    )
    reports = quantity_reports(uncertain, SHARED, DAILY)
    truth = np.full((3, len(reports.times)), 100.0)
    found = reports.log_density(truth, {"noise[q, A]": np.array([0.05, 0.1, 0.4])})
    assert list(reports.parameters) == ["noise[q, A]"]
    assert found[1] == pytest.approx(log_density(WANDERING, SHARED, 100.0), abs=1e-9)
    assert len(set(found)) == 3


@pytest.mark.parametrize("bias", ["lognormal(median=1, sigma=0.5, low=0.5)", "gamma(mean=1, sd=0.3)"])
def test_other_biases_are_sampled(bias: str) -> None:
    reports = quantity_reports(measure(reporter(bias=bias)), [row(90.0)], DAILY)
    assert list(reports.parameters) == ["bias[q, A]"]
    found = reports.log_density(np.array([[100.0]]), {"bias[q, A]": np.array([1.2])})[0]
    assert found == log_density(measure(reporter(bias=1.2)), [row(90.0)], 100.0)


def test_an_interval_that_shares_a_bias_with_values_is_exact() -> None:
    uncertain = measure(reporter(bias="lognormal(median=1, sigma=0.4)", noise=0.15))
    rows = [row(131.7), row(None, 90.0, 120.0, day=40), row(144.1, day=60)]
    exact = log_mean_over_bias(rows, 0.15, 1.0, 0.4)
    assert log_density(uncertain, rows, 100.0) == pytest.approx(exact, abs=1e-9)


def test_several_intervals_that_share_a_bias_are_nearly_exact() -> None:
    uncertain = measure(reporter(bias="lognormal(median=1, sigma=0.4)", noise=0.15))
    ends = [(90.0, 120.0), (100.0, 150.0), (None, 130.0), (95.0, None)]
    rows = [row(131.7), *(row(None, *pair, day=40 + k) for k, pair in enumerate(ends))]
    exact = log_mean_over_bias(rows, 0.15, 1.0, 0.4)
    assert log_density(uncertain, rows, 100.0) == pytest.approx(exact, abs=0.02)


def test_intervals_alone_can_share_a_discrepancy() -> None:
    rows = [row(None, 90.0, 120.0), row(None, 100.0, 150.0, day=10)]
    covariance = dense(rows, 0.2, 60.0, {}, 0.1)
    bounds = np.log([[90.0, 100.0], [120.0, 150.0]]) - np.log(100.0)
    exact = np.log(multivariate_normal(np.zeros(2), covariance).cdf(bounds[1], lower_limit=bounds[0]))
    found = log_density(measure(reporter(), discrepancy=Discrepancy(0.2, 60.0)), rows, 100.0)
    assert found == pytest.approx(exact, abs=0.01)


# -- what was integrated out, drawn -------------------------------------------------------------------


def sampled(
    measured: Measure, rows: list[Observation], n: int = 20_000
) -> tuple[dict[str, FloatArray], DiscrepancyPath | None]:
    reports = quantity_reports(measured, rows, DAILY)
    truth = np.full((n, len(reports.times)), 100.0)
    return reports.sample_integrated(truth, {}, np.random.default_rng(0))


def test_a_drawn_bias_has_the_conjugate_posterior() -> None:
    rows = [row(131.7), row(92.5, day=40), row(160.1, day=90)]
    draws, path = sampled(measure(reporter(bias="lognormal(median=1.3, sigma=0.4)", noise=0.15)), rows)
    precision = 1 / 0.4**2 + 3 / 0.15**2
    errors = np.log([131.7, 92.5, 160.1]) - np.log(100.0)
    mean = (np.log(1.3) / 0.4**2 + errors.sum() / 0.15**2) / precision
    log_bias = np.log(draws["bias[q, A]"])
    assert path is None
    assert log_bias.mean() == pytest.approx(mean, abs=4 * precision**-0.5 / 141)
    assert log_bias.std() == pytest.approx(precision**-0.5, rel=0.03)


def test_drawn_biases_and_discrepancy_have_their_joint_posterior() -> None:
    draws, path = sampled(WANDERING, SHARED)
    assert path is not None and list(path.days) == [0, 40, 90, 200]
    found = np.column_stack([np.log(draws["bias[q, A]"]), np.log(draws["bias[q, B]"]), path.values])
    days = path.days
    latent = np.zeros((6, 6))
    latent[:2, :2] = np.diag([0.3**2, 0.5**2])
    latent[2:, 2:] = 0.2**2 * np.exp(-np.abs(days[:, None] - days) / 60.0)
    loads = np.array(
        [[1, 0, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0], [1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1]]
    )
    prior_mean = np.array([np.log(1.2), np.log(0.9), 0, 0, 0, 0])
    residual = np.log([one.value for one in SHARED]) - np.log(100.0) - loads @ prior_mean
    gain = latent @ loads.T @ np.linalg.inv(loads @ latent @ loads.T + 0.01 * np.eye(5))
    covariance = latent - gain @ loads @ latent
    assert np.abs(found.mean(axis=0) - prior_mean - gain @ residual).max() < 0.01
    assert np.abs(np.cov(found.T) - covariance).max() < 0.003


def test_a_drawn_bias_of_the_linear_scale_is_the_factor_itself() -> None:
    linear = measure(reporter(bias="normal(1, 0.1)", noise=1.0, scale="linear"), scale="linear")
    draws, _ = sampled(linear, [row(131.7), row(131.9, day=3)])
    assert draws["bias[q, A]"].mean() == pytest.approx(1.318, abs=0.01)


def test_drawn_errors_keep_interval_rows_inside() -> None:
    tight = measure(reporter(bias="lognormal(median=1, sigma=1)", noise=0.01))
    draws, _ = sampled(tight, [row(None, 150.0, 160.0)], 4000)
    inside = (draws["bias[q, A]"] > 1.45) & (draws["bias[q, A]"] < 1.65)
    assert inside.mean() > 0.99
    assert draws["bias[q, A]"].std() > 0.02


def test_a_path_is_continued_as_its_memory_says() -> None:
    wander = Wander(0.3, 50.0)
    known = np.array([0.0, 30.0, 100.0])
    values = np.tile([0.2, -0.1, 0.4], (20_000, 1))
    wanted = np.array([60.0, -20.0, 130.0, 10.0])
    found = DiscrepancyPath(wander, known, values).sample(wanted, 20_000, np.random.default_rng(0))
    gain = wander.covariance(wanted, known) @ np.linalg.inv(wander.covariance(known, known))
    covariance = wander.covariance(wanted, wanted) - gain @ wander.covariance(known, wanted)
    assert np.abs(found.mean(axis=0) - gain @ values[0]).max() < 0.01
    assert np.abs(np.cov(found.T) - covariance).max() < 0.003


def test_a_path_at_known_days_is_what_is_known() -> None:
    path = DiscrepancyPath(Wander(0.3, 50.0), np.array([0.0, 30.0]), np.array([[0.2, -0.1], [0.5, 0.6]]))
    found = path.sample(np.array([30.0, 0.0, 30.0]), 2, np.random.default_rng(0))
    assert np.allclose(found, [[-0.1, 0.2, -0.1], [0.6, 0.5, 0.6]])


def test_predicted_reports_scatter_as_the_model_says() -> None:
    reports = quantity_reports(WANDERING, [row(1.0, day=400), row(1.0, day=400, who="B")], DAILY)
    n = 20_000
    draws = {"bias[q, A]": np.full(n, 2.0), "bias[q, B]": np.full(n, 0.5)}
    found = np.log(reports.predict(np.full((n, 1), 100.0), draws, None, np.random.default_rng(0)))
    assert np.abs(found.mean(axis=0) - np.log([200.0, 50.0])).max() < 0.01
    assert found.std(axis=0) == pytest.approx([np.hypot(0.1, 0.2)] * 2, rel=0.03)
    assert np.corrcoef(found.T)[0, 1] == pytest.approx(0.04 / 0.05, abs=0.02)  # one discrepancy for both


# -- rows ---------------------------------------------------------------------------------------------


def test_the_order_of_rows_in_the_file_changes_no_bit() -> None:
    assert log_density(WANDERING, SHARED, 100.0) == log_density(WANDERING, SHARED[::-1], 100.0)


def test_reporters_that_copy_add_nothing() -> None:
    with_copy = measure(*TWO, reporter("C", copies="A"), discrepancy=Discrepancy(0.2, 60.0))
    rows = [*SHARED, row(131.7, who="C"), row(92.5, day=40, who="C")]
    assert log_density(with_copy, rows, 100.0) == log_density(WANDERING, SHARED, 100.0)


def test_many_draws_are_each_what_they_are_alone() -> None:
    reports = quantity_reports(WANDERING, [*SHARED, row(None, 80.0, 120.0, day=50)], DAILY)
    truth = np.exp(np.random.default_rng(0).normal(np.log(100), 0.3, (7, len(reports.times))))
    truth[3, 0] = 0.0
    together = reports.log_density(truth, {})
    alone = [reports.log_density(truth[k : k + 1], {})[0] for k in range(7)]
    assert np.allclose(together, alone, rtol=1e-12) and together[3] == -inf


def test_a_row_that_the_scale_has_no_place_for_is_left_out() -> None:
    assert log_density(measure(reporter()), [row(90.0), row(-5.0, day=1)], 100.0) == log_density(
        measure(reporter()), [row(90.0)], 100.0
    )


def test_what_has_not_come_yet_and_forecasts_are_no_observations() -> None:
    day = START + timedelta(days=100)
    assert usable(row(1.0, day=90), day, DAILY)
    assert usable(row(1.0, day=90, published=80), day, DAILY)
    assert not usable(row(1.0, day=101, published=100), day, DAILY)
    assert not usable(row(1.0, day=90, published=20), day, DAILY)
    assert not usable(row(1.0, day=-3), day, DAILY)
    assert not usable(replace(row(1.0, day=90), published=None), day, DAILY)


def test_a_reporter_on_another_scale_than_the_discrepancy_is_told_apart() -> None:
    mixed = measure(reporter(noise=3.0, scale="linear"), discrepancy=Discrepancy(0.2, 60.0))
    with pytest.raises(InputError, match="errs on the linear scale"):
        quantity_reports(mixed, [row(90.0)], DAILY)


# -- the Gaussian part alone --------------------------------------------------------------------------


@pytest.mark.parametrize("wander", [None, Wander(0.1, 60.0)])
@pytest.mark.parametrize("n_coefficients", [0, 3])
@pytest.mark.parametrize("n_noises", [1, 4])
def test_densities_and_solves_agree_with_dense_matrices(
    wander: Wander | None, n_coefficients: int, n_noises: int
) -> None:
    rng = np.random.default_rng(1)
    days = np.array([0.0, 3.0, 3.0, 17.0, 80.0, 81.0, 300.0])
    design = rng.standard_normal((1, 7, n_coefficients))
    errors = GaussianErrors(design, np.array([0.4, 0.7, 0.25])[:n_coefficients], days, wander)
    variance = rng.uniform(0.01, 0.05, (n_noises, 7))
    residual = rng.standard_normal((4, 7))
    factored = errors.with_noise(variance)
    covariances = errors.covariance_with(errors) + variance[:, :, None] * np.eye(7)
    covariances = np.broadcast_to(covariances, (4, 7, 7))
    expected = [
        multivariate_normal(np.zeros(7), c).logpdf(r) for c, r in zip(covariances, residual, strict=True)
    ]
    assert np.allclose(factored.log_density(residual), expected, rtol=1e-10)
    solved = np.linalg.solve(covariances, residual[:, :, None])[:, :, 0]
    assert np.allclose(factored.solve(residual), solved, rtol=1e-9)


def test_a_process_sampled_has_its_covariance() -> None:
    wander, days = Wander(0.5, 20.0), np.array([0.0, 1.0, 15.0, 100.0])
    paths = wander.sample(days, 40_000, np.random.default_rng(0))
    assert np.abs(np.cov(paths.T) - wander.covariance(days, days)).max() < 0.01


@pytest.mark.parametrize(
    ("low", "high"), [(30.0, 31.0), (-31.0, -30.0), (-inf, -20.0), (20.0, inf), (-0.3, 0.4)]
)
def test_masses_far_out_keep_their_digits(low: float, high: float) -> None:
    log_mass, value = truncated_normal(np.array(low), np.array(high), np.array(0.5))
    sign: Callable[[float], float] = (lambda x: -x) if low > 0 else (lambda x: x)
    a, b = sorted((sign(low), sign(high)))
    assert log_mass == pytest.approx(
        norm.logcdf(b) + np.log1p(-np.exp(norm.logcdf(a) - norm.logcdf(b))), rel=1e-9
    )
    assert low < value < high


def test_independent_intervals_multiply() -> None:
    errors = GaussianErrors(np.zeros((1, 0, 0)), np.zeros(0), np.zeros(0), None)
    intervals = GaussianErrors(np.zeros((1, 2, 0)), np.zeros(0), np.array([0.0, 1.0]), None)
    factored = errors.with_noise(np.zeros((1, 0)))
    low, high = np.array([[-1.0, 0.5]]), np.array([[1.0, inf]])
    rows = IntervalRows(factored, np.zeros((1, 0)), intervals, np.array([[1.0, 4.0]]))
    found = rows.log_probability(Bounds(low, high))
    assert found[0] == pytest.approx(np.log(norm.cdf(1) - norm.cdf(-1)) + norm.logsf(0.25))


def test_a_truth_beyond_all_bounds_never_explains_reports() -> None:
    days = np.array([0.0, 30.0, 60.0, 90.0])
    said = np.array([0.4, 0.41, 0.39, 0.4])
    wander, variance = Wander(0.02, 200.0), np.full((1, 4), 0.01**2)
    shape = np.array([1.0, 1.3, 0.8, 1.1])
    for size in 10.0 ** np.arange(0, 140, 4):
        truth = size * shape[None]
        design = np.stack([truth, truth * np.array([0.0, 1.0, 0.0, 1.0])], axis=2)
        errors = GaussianErrors(design, np.array([0.1, 0.1]), days, wander)
        assert errors.with_noise(variance).log_density(said - truth)[0] < 0.0
