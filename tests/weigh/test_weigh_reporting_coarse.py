"""Rounded and heaped figures, levels and shares, against quadrature and multivariate normal boxes."""

from __future__ import annotations

from itertools import product
from math import inf

import numpy as np
import pytest
from reporters import DAILY, FloatArray, log_density, measure, reporter, row
from scipy.special import log_ndtr, logsumexp
from scipy.stats import lognorm, multivariate_normal, norm

from realities.case.erring import Heaping, Levels
from realities.case.measures import Discrepancy, Measure, Reporter
from realities.case.observations import Observation
from realities.units import parse_unit
from realities.weigh.reporting.gaussian import GaussianErrors
from realities.weigh.reporting.intervals import Bounds, IntervalRows
from realities.weigh.reporting.reports import quantity_reports
from realities.weigh.reporting.truncated import Mixture, mixed_normal

HUNDREDS = Heaping((100.0,), (1.0,))
HEAPING = Heaping((100.0, 500.0, 1000.0), (0.5, 0.3, 0.2))
UNKNOWN = Heaping((100.0, 500.0, 1000.0), None)
FRACTION = parse_unit("fraction")
PERCENT = parse_unit("percent")
LEVELS = Levels((0.0, 0.5, 1.0), (0.25, 0.75))


def log_masses(value: float, heaping: Heaping, mean: FloatArray, sd: float) -> FloatArray:
    """Return the log probability of a figure, from its definition, where log reports are normal."""
    total = np.zeros_like(mean)
    for step, share in zip(heaping.steps, heaping.shares or (), strict=True):
        if value % step == 0.0:
            high = norm.cdf((np.log(value + step / 2) - mean) / sd)
            low = norm.cdf((np.log(value - step / 2) - mean) / sd) if value > step / 2 else 0.0
            total = total + share * (high - low)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(total))


# -- one step -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "noise"), [(12_300.0, 0.001), (300.0, 0.2), (100.0, 2.0), (12_300.0, 0.1)])
def test_a_rounded_figure_has_the_mean_density_of_what_rounds_to_it(value: float, noise: float) -> None:
    truth = value * 1.004
    report = lognorm(noise, scale=truth)
    expected = np.log((report.cdf(value + 50) - report.cdf(value - 50)) / 100)
    found = log_density(measure(reporter(noise=noise, heaping=HUNDREDS)), [row(value)], truth)
    assert found == pytest.approx(expected, abs=1e-4)


def test_steps_are_in_the_unit_of_the_measure_and_densities_in_that_of_the_row() -> None:
    rounding = measure(reporter(noise=0.001, heaping=HUNDREDS))
    plain = log_density(rounding, [row(12_300.0)], 12_310.0)
    in_thousands = log_density(rounding, [row(12_300.0, factor=1000.0)], 12_310.0)
    assert in_thousands - plain == pytest.approx(np.log(1000.0), abs=1e-12)


def test_nothing_and_the_next_figures_have_probabilities_that_sum_to_one() -> None:
    rounding = measure(reporter(noise=1.3, heaping=HUNDREDS))
    figures = np.arange(0.0, 100_000.0, 100.0)
    each = [100 * np.exp(log_density(rounding, [row(figure)], 300.0)) for figure in figures]
    beyond = lognorm(1.3, scale=300.0).sf(figures[-1] + 50)
    assert sum(each) + beyond == pytest.approx(1.0, abs=1e-6)


def test_small_steps_make_no_difference() -> None:
    plain = log_density(measure(reporter()), [row(12_345.0)], 12_000.0)
    rounded = log_density(measure(reporter(heaping=Heaping((1.0,), (1.0,)))), [row(12_345.0)], 12_000.0)
    assert rounded == pytest.approx(plain, abs=1e-6)


def test_narrow_steps_agree_with_the_exact_probability_to_four_digits() -> None:
    """Where a step is just narrow enough to be taken as a value with the step's variance (Sheppard)."""
    noise = 0.0327
    rounding = measure(reporter(noise=noise, heaping=HUNDREDS))
    assert quantity_reports(rounding, [row(12_300.0)], DAILY).rows.is_plain.all()
    for far in (-3.0, -1.0, 0.0, 2.0, 3.0):
        truth = 12_300.0 * np.exp(far * noise)
        exact = log_masses(12_300.0, HUNDREDS, np.array(np.log(truth)), noise) - np.log(100)
        assert log_density(rounding, [row(12_300.0)], truth) == pytest.approx(exact, abs=1e-4)


# -- several steps ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [37_000.0, 37_500.0, 37_100.0, 1000.0, 500.0])
def test_a_heaped_figure_may_come_of_any_step_that_divides_it(value: float) -> None:
    heaping = measure(reporter(noise=0.02, heaping=HEAPING))
    expected = log_masses(value, HEAPING, np.array(np.log(value * 1.01)), 0.02) - np.log(100)
    assert log_density(heaping, [row(value)], value * 1.01) == pytest.approx(expected, abs=1e-4)


def test_all_heaped_figures_together_have_probability_one() -> None:
    heaping = measure(reporter(noise=0.1, heaping=HEAPING))
    figures = np.arange(0.0, 20_000.0, 100.0)
    each = [100 * np.exp(log_density(heaping, [row(figure)], 7000.0)) for figure in figures]
    assert sum(each) == pytest.approx(1.0, abs=1e-4)


def test_a_figure_that_no_step_divides_is_left_out() -> None:
    reports = quantity_reports(measure(reporter(heaping=HEAPING)), [row(37_100.0), row(37_123.0)], DAILY)
    assert len(reports.rows) == 1


def heaped_rows() -> list[Observation]:
    values = [3000.0, 3100.0, 2500.0, 3400.0, 4000.0, 2900.0, 3500.0]
    return [row(value, day=30 * k) for k, value in enumerate(values)]


def test_heaped_figures_that_share_a_bias_are_exact() -> None:
    biased = measure(reporter(noise=0.05, bias="lognormal(median=1.1, sigma=0.3)", heaping=HEAPING))
    log_bias = np.linspace(-1.5, 1.5, 20_001)
    exact = norm(np.log(1.1), 0.3).logpdf(log_bias) + np.log(log_bias[1] - log_bias[0])
    for one in heaped_rows():
        assert one.value is not None
        exact = exact + log_masses(one.value, HEAPING, np.log(3000.0) + log_bias, 0.05) - np.log(100)
    assert log_density(biased, heaped_rows(), 3000.0) == pytest.approx(logsumexp(exact), abs=0.002)


@pytest.mark.parametrize("n", [3, 6])
def test_heaped_figures_that_share_a_discrepancy_are_nearly_exact(n: int) -> None:
    """Every way in which the figures may have been rounded, each a box of a multivariate normal."""
    noise, sd, timescale = 0.06, 0.15, 90.0
    two = Heaping((500.0, 1000.0), (0.6, 0.4))
    rows = [row(value, day=30 * k) for k, value in enumerate([3000.0, 2500, 4000, 3500, 3000, 3500][:n])]
    days = 30.0 * np.arange(n)
    covariance = sd**2 * np.exp(-np.abs(days[:, None] - days) / timescale) + noise**2 * np.eye(n)
    law = multivariate_normal(np.full(n, np.log(3000.0)), covariance, seed=1, maxpts=40_000 * n, abseps=1e-9)
    total = 0.0
    values = np.array([one.value for one in rows], dtype=float)
    for steps in product((0, 1), repeat=n):
        step, share = np.array(two.steps)[list(steps)], np.array(two.shares)[list(steps)]
        if np.all(values % step == 0):
            low, high = np.log(values - step / 2), np.log(values + step / 2)
            total += share.prod() * law.cdf(high, lower_limit=low)
    exact = np.log(total) - n * np.log(500.0)
    measured = measure(reporter(noise=noise, heaping=two), discrepancy=Discrepancy(sd, timescale))
    assert log_density(measured, rows, 3000.0) == pytest.approx(exact, abs=0.01)


def test_shares_that_are_not_known_are_sampled_all_being_equally_likely() -> None:
    uncertain = measure(reporter(noise=0.02, heaping=UNKNOWN))
    rows = [row(37_000.0), row(37_100.0, day=5), row(36_500.0, day=9)]
    reports = quantity_reports(uncertain, rows, DAILY)
    assert list(reports.parameters) == ["heaping[q, A, 100]", "heaping[q, A, 500]"]
    u = np.random.default_rng(0).random((2, 200_000))
    first, second = (one.ppf(u[k]) for k, one in enumerate(reports.parameters.values()))
    shares = np.array([first, (1 - first) * second, (1 - first) * (1 - second)])
    assert np.abs(np.cov(shares) - (np.eye(3) / 3 - 1 / 9) / 4).max() < 1e-3  # Dirichlet(1, 1, 1)
    known = measure(reporter(noise=0.02, heaping=HEAPING))
    given = {"heaping[q, A, 100]": 0.5, "heaping[q, A, 500]": 0.6}
    found = log_density(uncertain, rows, 37_000.0, **given)
    assert found == pytest.approx(log_density(known, rows, 37_000.0), abs=1e-12)


def test_predicted_figures_are_heaped_as_the_shares_say() -> None:
    heaping = measure(reporter(noise=0.3, heaping=HEAPING))
    reports = quantity_reports(heaping, [row(1000.0)], DAILY)
    found = reports.predict(np.full((40_000, 1), 7000.0), {}, None, np.random.default_rng(0))[:, 0]
    assert np.all(found % 100 == 0)
    exact = np.exp(log_masses(7000.0, HEAPING, np.array(np.log(7000.0)), 0.3))
    assert (found == 7000.0).mean() == pytest.approx(exact, abs=4 * (exact / 40_000) ** 0.5)


def test_drawn_errors_of_heaped_figures_have_their_posterior() -> None:
    biased = measure(reporter(noise=0.05, bias="lognormal(median=1.1, sigma=0.3)", heaping=HEAPING))
    reports = quantity_reports(biased, heaped_rows(), DAILY)
    truth = np.full((3000, len(reports.times)), 3000.0)
    draws, _ = reports.sample_integrated(truth, {}, np.random.default_rng(0))
    log_bias = np.linspace(-0.5, 0.6, 4001)
    weight = norm(np.log(1.1), 0.3).logpdf(log_bias)
    for one in heaped_rows():
        assert one.value is not None
        weight = weight + log_masses(one.value, HEAPING, np.log(3000.0) + log_bias, 0.05)
    weight = np.exp(weight - logsumexp(weight))
    mean = weight @ log_bias
    sd = np.sqrt(weight @ (log_bias - mean) ** 2)
    found = np.log(draws["bias[q, A]"])
    assert found.mean() == pytest.approx(mean, abs=0.08 * sd)
    assert found.std() == pytest.approx(sd, rel=0.05)


@pytest.mark.parametrize("u", [0.001, 0.2, 0.45, 0.7, 0.999])
def test_mixtures_of_intervals_are_inverted(u: float) -> None:
    edges, weights = np.array([[-1.0, 0.2, 0.9, inf]]), np.log([[0.2, 1.0, 0.5]])
    log_mass, value = mixed_normal(edges[:, None, :], weights[:, None, :], np.array([u]))
    masses = np.exp(weights[0]) * np.diff(norm.cdf(edges[0]))
    assert log_mass[0, 0] == pytest.approx(np.log(masses.sum()))
    assert value is not None
    below = sum(
        np.exp(w) * (norm.cdf(np.clip(value[0, 0], a, b)) - norm.cdf(a))
        for w, a, b in zip(weights[0], edges[0], edges[0, 1:], strict=False)
    )
    assert below / masses.sum() == pytest.approx(u, abs=1e-12)


def test_moments_between_bounds_are_those_of_quadrature() -> None:
    mixture = Mixture(np.array([[-0.3, 0.4, 2.0]]), np.log([[0.3, 1.0]]))
    mean, variance = mixture.moments(np.array([0.5]), np.array([0.64]))
    x = np.linspace(-0.3, 2.0, 400_001)
    weight = np.where(x < 0.4, 0.3, 1.0) * norm(0.5, 0.8).pdf(x)
    expected = (weight @ x) / weight.sum()
    assert mean[0] == pytest.approx(expected, abs=1e-5)
    assert variance[0] == pytest.approx((weight @ (x - expected) ** 2) / weight.sum(), abs=1e-5)


# -- levels -------------------------------------------------------------------------------------------


def places(*reporters: Reporter, **more: object) -> Measure:
    basic: dict[str, object] = {"kind": "ordinal", "scale": "logit", "unit": FRACTION, "levels": LEVELS}
    return measure(*reporters, **{**basic, **more})


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


@pytest.mark.parametrize(("level", "low", "high"), [(0.0, -inf, 0.25), (0.5, 0.25, 0.75), (1.0, 0.75, inf)])
def test_a_level_has_the_probability_between_its_cuts(level: float, low: float, high: float) -> None:
    found = log_density(places(reporter(noise=0.4, bias=1.2, scale="logit")), [row(level)], 0.6)
    centre = logit(0.6) + np.log(1.2)
    ends = [logit(end) if 0 < end < 1 else end for end in (low, high)]
    expected = np.diff(norm(centre, 0.4).cdf(ends))[0]
    assert found == pytest.approx(np.log(expected), abs=1e-12)


def test_levels_can_be_on_the_linear_scale_and_in_percent() -> None:
    levels = Levels((0.0, 50.0, 100.0), (25.0, 75.0))
    linear = places(reporter(noise=10.0, scale="linear"), scale="linear", unit=PERCENT, levels=levels)
    assert log_density(linear, [row(50.0)], 70.0) == pytest.approx(
        np.log(norm(70, 10).cdf(75) - norm(70, 10).cdf(25)), abs=1e-12
    )


def test_the_levels_of_one_day_have_probability_one_together() -> None:
    measured = places(reporter(noise=0.7, scale="logit", bias="lognormal(median=1, sigma=0.5)"))
    each = [log_density(measured, [row(level)], 0.4) for level in LEVELS.levels]
    assert logsumexp(each) == pytest.approx(0.0, abs=1e-12)


def test_a_range_of_levels_is_all_of_them() -> None:
    measured = places(reporter(noise=0.7, scale="logit"))
    either = log_density(measured, [row(None, 0.5, 1.0)], 0.4)
    assert np.exp(either) == pytest.approx(
        sum(np.exp(log_density(measured, [row(level)], 0.4)) for level in (0.5, 1.0)), abs=1e-12
    )
    assert log_density(measured, [row(None, 0.5)], 0.4) == either


def test_levels_that_share_bias_and_discrepancy_are_nearly_exact() -> None:
    said, days = [0.0, 0.5, 0.5, 1.0, 0.5], 20.0 * np.arange(5)
    measured = places(
        reporter(noise=0.3, scale="logit", bias="lognormal(median=1, sigma=0.4)"),
        discrepancy=Discrepancy(0.5, 60.0),
    )
    rows = [row(level, day=int(day)) for level, day in zip(said, days, strict=True)]
    covariance = 0.16 + 0.25 * np.exp(-np.abs(days[:, None] - days) / 60) + 0.09 * np.eye(5)
    edges = np.array([-inf, logit(0.25), logit(0.75), inf])
    place = np.array([LEVELS.levels.index(level) for level in said])
    law = multivariate_normal(np.full(5, logit(0.45)), covariance, seed=1, maxpts=400_000, abseps=1e-8)
    bounds = np.clip(edges, -40, 40)
    exact = np.log(law.cdf(bounds[place + 1], lower_limit=bounds[place]))
    assert log_density(measured, rows, 0.45) == pytest.approx(exact, abs=0.02)


def test_predicted_levels_are_levels_as_often_as_they_are_likely() -> None:
    measured = places(reporter(noise=0.7, scale="logit"))
    reports = quantity_reports(measured, [row(0.0)], DAILY)
    found = reports.predict(np.full((40_000, 1), 0.4), {}, None, np.random.default_rng(0))
    for level in LEVELS.levels:
        expected = np.exp(log_density(measured, [row(level)], 0.4))
        assert (found == level).mean() == pytest.approx(expected, abs=0.01)


def test_a_value_that_is_no_level_is_left_out() -> None:
    assert not len(quantity_reports(places(reporter(scale="logit")), [row(0.3)], DAILY).rows)


# -- shares on the logit scale ------------------------------------------------------------------------


def share(*reporters: Reporter, **more: object) -> Measure:
    return measure(*reporters, **{"scale": "logit", "unit": FRACTION, **more})


def test_all_and_nothing_are_known_to_half_the_smallest_step() -> None:
    measured = share(reporter(noise=0.5, scale="logit"))
    seen = log_density(measured, [row(0.437, day=1)], 0.9)
    nothing = log_density(measured, [row(0.0), row(0.437, day=1)], 0.9) - seen
    everything = log_density(measured, [row(1.0), row(0.437, day=1)], 0.9) - seen
    assert nothing == pytest.approx(log_ndtr((logit(0.0005) - logit(0.9)) / 0.5), abs=1e-9)
    assert everything == pytest.approx(log_ndtr((logit(0.9) - logit(0.9995)) / 0.5), abs=1e-9)


def test_a_last_digit_above_the_whole_is_the_whole() -> None:
    percent = share(reporter(noise=0.5, scale="logit"), unit=PERCENT)
    above = float(np.nextafter(100.0, 101.0))
    assert log_density(percent, [row(above)], 90.0) == log_density(percent, [row(100.0)], 90.0)


def test_a_truth_of_all_or_nothing_is_certain_of_it_and_of_nothing_else() -> None:
    measured = share(reporter(noise=0.5, scale="logit"))
    assert log_density(measured, [row(1.0)], 1.0) == 0.0
    assert log_density(measured, [row(0.0)], 0.0) == 0.0
    assert log_density(measured, [row(0.0)], 1.0) == -inf
    assert log_density(measured, [row(0.3)], 1.0) == -inf
    assert log_density(measured, [row(0.3)], 1.5) == -inf


def test_densities_of_shares_integrate_to_one() -> None:
    measured = share(reporter(noise=0.8, scale="logit"))
    grid = (np.arange(400) + 0.5) / 400 + 1.2345e-7  # figures with many digits
    each = [log_density(measured, [row(float(value))], 0.3) for value in grid]
    assert np.exp(each).mean() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(("low", "high"), [(0.2, None), (None, 0.7), (0.2, 0.7)])
def test_one_sided_rows_bound_what_is_reported(low: float | None, high: float | None) -> None:
    measured = share(reporter(noise=0.5, scale="logit"))
    law = norm(logit(0.4), 0.5)
    expected = law.cdf(inf if high is None else logit(high)) - law.cdf(-inf if low is None else logit(low))
    assert log_density(measured, [row(None, low, high)], 0.4) == pytest.approx(np.log(expected), abs=1e-12)


def test_a_range_of_one_point_is_a_value() -> None:
    measured = share(reporter(noise=0.5, scale="logit"))
    assert log_density(measured, [row(None, 0.3, 0.3)], 0.4) == log_density(measured, [row(0.3)], 0.4)


def test_that_at_least_all_is_held_does_not_hold_of_itself() -> None:
    """A floor at the whole, or a ceiling at nothing, is a bound to half a step, not no bound."""
    floor = share(reporter(noise=0.5, scale="logit"), kind="floor")
    rows = [row(1.0), row(0.1, day=1)]
    assert log_density(floor, rows, 0.9) == pytest.approx(log_ndtr((logit(0.9) - logit(0.995)) / 0.5))
    ceiling = measure(reporter(noise=0.5), kind="ceiling")
    assert log_density(ceiling, [row(0.0), row(80.0, day=1)], 3.0) == pytest.approx(
        log_ndtr((np.log(0.5) - np.log(3.0)) / 0.5)
    )


def test_a_negative_figure_is_no_zero_on_the_log_scale() -> None:
    mixed = measure(reporter("A"), reporter("B", noise=1.0, scale="linear"), scale="linear")
    assert not len(quantity_reports(mixed, [row(-5.0)], DAILY).rows)


# -- huge residuals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e3, 1e8, 1e12])
def test_huge_residuals_leave_what_they_say_of_others_in_place(size: float) -> None:
    """A bias explains residuals of any size; what is then left of the noise keeps its digits."""
    rng = np.random.default_rng(0)
    shape = rng.uniform(0.5, 1.5, 6)
    design = (size * shape)[None, :, None]
    errors = GaussianErrors(design, np.array([10.0]), np.arange(6.0), None)
    noise = 0.01 * rng.standard_normal(6)
    residual = (2.0 * size * shape + noise)[None]
    factored = errors.with_noise(np.full((1, 6), 1e-4))
    kept = residual[0] - 2.0 * size * shape  # the noise, as far as doubles tell it
    left = kept - shape * (shape @ kept) / (shape @ shape)
    found = factored.solve(residual)[0] * 1e-4
    assert np.abs(found - left).max() < 4e-16 * size + 1e-9


def test_huge_residuals_say_of_an_interval_what_small_ones_do() -> None:
    size = 1e9
    shape = np.array([1.0, 1.3, 0.8, 1.1])
    days = np.arange(4.0)

    def said(scale: float) -> float:
        plain = GaussianErrors(scale * shape[None, :3, None], np.array([10.0 / scale * size]), days[:3], None)
        other = GaussianErrors(scale * shape[None, 3:, None], plain.prior_sd, days[3:], None)
        residual = (2.0 * size * shape[:3] + np.array([0.25, -0.5, 0.125]))[None]
        rows = IntervalRows(plain.with_noise(np.full((1, 3), 1.0)), residual, other, np.array([[1.0]]))
        at = 2.0 * size * shape[3]
        return float(rows.log_probability(Bounds(np.array([[at - 1.0]]), np.array([[at + 0.5]])))[0])

    weight = shape[:3] @ np.array([0.25, -0.5, 0.125]) / (shape[:3] @ shape[:3])
    law = norm(1.1 * weight, np.sqrt(1.0 + 1.21 / (shape[:3] @ shape[:3])))
    expected = np.log(law.cdf(0.5) - law.cdf(-1.0))
    assert said(1.0) == pytest.approx(expected, abs=1e-5)
    assert said(size) == pytest.approx(expected, abs=1e-5)


def test_a_draw_given_huge_residuals_explains_them() -> None:
    design = np.array([1.0, 1.3, 0.8])[None, :, None]
    errors = GaussianErrors(design, np.array([1e12]), np.arange(3.0), None)
    residual = np.tile(1e10 * design[0, :, 0], (2000, 1))
    drawn = errors.with_noise(np.full((1, 3), 1.0)).sample_given(residual, np.random.default_rng(0))
    assert drawn.coefficients.mean() == pytest.approx(1e10, abs=0.1)
    assert drawn.coefficients.std() == pytest.approx((design**2).sum() ** -0.5, rel=0.05)


def test_an_infinite_draw_spoils_no_other() -> None:
    biased = measure(reporter(noise=0.05, bias="lognormal(median=1.1, sigma=0.3)", heaping=HEAPING))
    reports = quantity_reports(biased, heaped_rows(), DAILY)
    truth = np.full((4, len(reports.times)), 3000.0)
    truth[1, 2], truth[2, :], truth[3, 0] = 0.0, np.inf, np.nan
    found = reports.log_density(truth, {})
    assert found[0] == pytest.approx(log_density(biased, heaped_rows(), 3000.0), abs=1e-9)
    assert np.all(found[1:] == -inf)
