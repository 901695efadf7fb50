"""Priors against scipy's own distributions, and the laws any quantile function and density obey."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from realities.case.priors import Prior, describe, fixed_prior, parse_prior
from realities.errors import Findings
from realities.source import SourceText

U = np.linspace(0.001, 0.999, 41)


def prior(text: str | float) -> Prior:
    findings = Findings()
    found = parse_prior(text, SourceText("a.toml", str(text)).span(0, len(str(text))), findings)
    assert found is not None, [item.message for item in findings.items]
    return found


def refusal(text: object) -> str:
    findings = Findings()
    source = SourceText("a.toml", f"prior = {text}")
    assert parse_prior(text, source.span(8, len(source.text)), findings) is None
    (item,) = findings.items
    return item.render()


def triangular(low: float, mode: float, high: float) -> object:
    return stats.triang((mode - low) / (high - low), low, high - low)


SAME = [
    ("normal(2, 3)", stats.norm(2, 3)),
    ("normal(mean=-2, sd=0.5)", stats.norm(-2, 0.5)),
    ("lognormal(median=2, sigma=0.7)", stats.lognorm(0.7, scale=2)),
    ("beta(2, 5)", stats.beta(2, 5)),
    ("beta(0.5, 0.5)", stats.beta(0.5, 0.5)),
    ("uniform(-1, 4)", stats.uniform(-1, 5)),
    ("triangular(1, 2, 5)", triangular(1, 2, 5)),
    ("triangular(1, 1, 5)", triangular(1, 1, 5)),
    ("triangular(low=1, mode=5, high=5)", triangular(1, 5, 5)),
    ("gamma(mean=3, sd=2)", stats.gamma(9 / 4, scale=4 / 3)),
    ("halfnormal(0.4)", stats.halfnorm(scale=0.4)),
]


@pytest.mark.parametrize(("text", "other"), SAME, ids=[text for text, _ in SAME])
def test_a_prior_is_the_distribution_of_its_name(text: str, other: stats.rv_continuous) -> None:
    mine, x = prior(text), other.ppf(U)
    assert mine.ppf(U) == pytest.approx(x, rel=1e-10)
    assert mine.logpdf(x) == pytest.approx(other.logpdf(x), rel=1e-9, abs=1e-9)
    assert mine.cdf(x) == pytest.approx(U, rel=1e-10)


TRUNCATED = [
    ("normal(0, 1, low=0.5, high=2)", stats.norm(0, 1), 0.5, 2),
    ("normal(0, 1, low=5)", stats.norm(0, 1), 5, math.inf),
    ("normal(0, 1, high=-6)", stats.norm(0, 1), -math.inf, -6),
    ("lognormal(p5=0.5, p95=2, high=1.2)", stats.lognorm(math.log(4) / 2 / stats.norm.ppf(0.95)), 0, 1.2),
    ("beta(2, 5, low=0.1)", stats.beta(2, 5), 0.1, 1),
    ("gamma(3, 2, low=6)", stats.gamma(9 / 4, scale=4 / 3), 6, math.inf),
    ("halfnormal(1, low=1, high=2)", stats.halfnorm(), 1, 2),
]


@pytest.mark.parametrize(("text", "other", "low", "high"), TRUNCATED, ids=[row[0] for row in TRUNCATED])
def test_a_truncated_prior_is_normalized(
    text: str, other: stats.rv_continuous, low: float, high: float
) -> None:
    mine = prior(text)
    mass = other.cdf(high) - other.cdf(low) if other.cdf(low) < 0.5 else other.sf(low) - other.sf(high)
    x = mine.ppf(U)
    assert np.all((x >= low) & (x <= high))
    assert mine.logpdf(x) == pytest.approx(other.logpdf(x) - math.log(mass), rel=1e-8, abs=1e-8)
    assert mine.cdf(x) == pytest.approx(U, rel=1e-8)
    outside = [edge + step for edge, step in ((low, -0.1), (high, 0.1)) if math.isfinite(edge)]
    assert np.all(mine.logpdf(np.array(outside)) == -np.inf)


def test_the_far_tail_keeps_its_precision() -> None:
    mine = prior("normal(0, 1, low=7)")
    other = stats.truncnorm(7, np.inf)
    assert mine.ppf(U) == pytest.approx(other.ppf(U), rel=1e-9)
    assert mine.logpdf(mine.ppf(U)) == pytest.approx(other.logpdf(mine.ppf(U)), rel=1e-9)


FITS = [
    "normal(p5=-1, p95=4)",
    "normal(p10=-1, p90=4)",
    "lognormal(p5=0.5, p95=2)",
    "lognormal(p10=0.01, p90=300)",
    "uniform(p5=1, p95=3)",
    "triangular(p5=1, p95=9)",
    "triangular(p5=1, p95=9, mode=2)",
    "triangular(p10=1, p90=9, mode=1)",
    "gamma(p5=1, p95=9)",
    "gamma(p5=0.001, p95=3)",
    "gamma(p10=99, p90=101)",
    "beta(p5=0.1, p95=0.4)",
    "beta(p5=0.001, p95=0.999)",
    "beta(p10=0.9, p90=0.999)",
    "beta(p5=0.0001, p95=0.0003)",
]


@pytest.mark.parametrize("text", FITS)
def test_a_fit_meets_both_quantiles(text: str) -> None:
    named = dict(part.split("=") for part in text[text.index("(") + 1 : -1].split(", "))
    tail = 0.05 if "p5" in named else 0.10
    wanted = [float(named["p5" if tail == 0.05 else "p10"]), float(named["p95" if tail == 0.05 else "p90"])]
    assert prior(text).ppf(np.array([tail, 1 - tail])) == pytest.approx(wanted, rel=1e-9)
    assert prior(text).cdf(np.array(wanted)) == pytest.approx([tail, 1 - tail], rel=1e-9)


@pytest.mark.parametrize(("name", "p"), [("p5", 0.05), ("p10", 0.1), ("p90", 0.9), ("p95", 0.95)])
def test_one_quantile_determines_a_halfnormal(name: str, p: float) -> None:
    assert prior(f"halfnormal({name}=0.7)").ppf(np.array(p)) == pytest.approx(0.7, rel=1e-12)


def test_a_triangle_by_quantiles_keeps_its_mode() -> None:
    low, mode, high = prior("triangular(p5=1, p95=9, mode=2)").parameters
    assert mode == 2
    assert low < 1 < 9 < high


def test_quantiles_are_those_before_truncation() -> None:
    assert prior("normal(p5=0, p95=4, high=1)").parameters == prior("normal(p5=0, p95=4)").parameters


@pytest.mark.parametrize("text", [3, 2.5, "3", " -1.5e2 ", "1_000"])
def test_a_plain_number_fixes(text: float | str) -> None:
    mine = prior(text)
    value = float(str(text).replace("_", ""))
    assert mine.fixed == value
    assert np.all(mine.ppf(U) == value)
    assert mine.logpdf(np.array([value, value + 1])).tolist() == [0.0, -np.inf]
    assert mine.widened(3.0) == mine


def test_log_normal_tells_where_the_logarithm_is_normal() -> None:
    assert prior("lognormal(2, 0.5)").log_normal == (math.log(2), 0.5)
    assert prior("3").log_normal == (math.log(3), 0.0)
    for text in ("-3", "0", "normal(1, 1)", "lognormal(2, 0.5, high=4)", "lognormal(2, 0.5, low=1)"):
        assert prior(text).log_normal is None, text


SPREAD = [
    "normal(3, 2)",
    "lognormal(2, 0.3)",
    "gamma(5, 1)",
    "beta(8, 30)",
    "uniform(-3, 4)",
    "halfnormal(2)",
]


@pytest.mark.parametrize("text", SPREAD)
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_widening_multiplies_the_spread(text: str, factor: float) -> None:
    def spread(one: Prior) -> float:
        x = one.ppf((np.arange(200_000) + 0.5) / 200_000)
        return float(np.log(x).std() if one.family == "lognormal" else x.std())

    mine = prior(text)
    assert spread(mine.widened(factor)) == pytest.approx(factor * spread(mine), rel=2e-3)


@pytest.mark.parametrize("text", ["normal(3, 2)", "lognormal(2, 0.3)", "uniform(-3, 4)"])
def test_widening_keeps_the_median(text: str) -> None:
    half = np.array(0.5)
    assert prior(text).widened(2.0).ppf(half) == pytest.approx(float(prior(text).ppf(half)))


def test_widening_makes_no_rate_negative_and_no_share_larger_than_the_whole() -> None:
    assert prior("uniform(0.1, 0.9)").widened(2).support == (0.0, 1.0)
    assert prior("triangular(0.1, 0.5, 3)").widened(2).support == (0.0, 5.5)
    assert prior("uniform(-0.9, -0.1)").widened(2).support == (-1.3, 0.0)
    assert prior("beta(1, 3)").widened(2).parameters == (1, 3)
    assert min(prior("beta(2, 3)").widened(10).parameters) == pytest.approx(1)


def test_narrowing_a_prior_truncated_far_out_leaves_something_of_it() -> None:
    narrow = prior("normal(0, 1, low=4)").widened(0.25)
    assert narrow.parameters[1] < 1 and np.isfinite(narrow.logpdf(np.array([4.0, 4.1]))).all()
    assert narrow.ppf(np.array([0.01, 0.99])).min() >= 4.0


def test_widening_keeps_truncation_and_says_what_it_is() -> None:
    wider = prior("normal(1, 2, low=0)").widened(2)
    assert (wider.low, wider.parameters) == (0.0, (1.0, 4.0))
    assert prior(wider.text).parameters == wider.parameters


@pytest.mark.parametrize("text", [text for text, _ in SAME] + [row[0] for row in TRUNCATED])
def test_a_description_reads_back(text: str) -> None:
    mine = prior(text)
    again = prior(describe(mine.family, mine.parameters, mine.low, mine.high))
    assert again.ppf(U) == pytest.approx(mine.ppf(U), rel=1e-4, abs=1e-6)


def test_fixed_prior_prints_as_the_number() -> None:
    assert fixed_prior(1).text == "1"


MISTAKES = [
    ("lognorml(1, 2)", 'did you mean "lognormal"?'),
    ("normal(1)", "sd is missing"),
    ("normal(1, -2)", "sd must be above zero"),
    ("normal(1, nan)", 'cannot read the argument "nan"'),
    ("normal(1, 1e999)", "must be a finite number"),
    ("normal(1, 2, 3)", "normal takes (mean, sd)"),
    ("normal(1, 2, hihg=3)", 'did you mean "high"?'),
    ("normal(mean=1, mean=2)", "is given twice"),
    ("normal(1, 2, low=3, high=2)", "low must be below high"),
    ("normal(0, 1, low=50)", "the bounds leave nothing"),
    ("normal(p5=1, p90=2)", "quantiles come in pairs"),
    ("normal(p5=1)", "quantiles come in pairs"),
    ("normal(p5=3, p95=2)", "p5 must be below p95"),
    ("lognormal(p5=-1, p95=2)", "must be above zero"),
    ("lognormal(median=1, p5=1, p95=2)", "either quantiles or median"),
    ("lognormal(0, 1)", "median must be above zero"),
    ("beta(p5=0.1, p95=1)", "must be below one"),
    ("uniform(2, 2)", "low must be below high"),
    ("triangular(1, 7, 3)", "mode must lie between"),
    ("triangular(p5=1, p95=2, mode=5)", "mode must lie between"),
    ("halfnormal(p5=1, p95=2)", "one quantile determines"),
    ("__import__('os')", "cannot read the prior"),
    ("normal", "cannot read the prior"),
    ("", "cannot read the prior"),
    (True, "a prior is a number or a text"),
    ([1], "a prior is a number or a text"),
    (float("nan"), "must be a finite number"),
    (float("inf"), "must be a finite number"),
    (10**400, "must be a finite number"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[str(row[0])[:40] for row in MISTAKES])
def test_a_wrong_prior_is_refused_with_a_reason(text: object, message: str) -> None:
    shown = refusal(text)
    assert message in shown
    assert shown.startswith("a.toml:1:")


def test_a_wrong_argument_is_pointed_at() -> None:
    assert "1:21: error" in refusal("normal(1, 2, hihg=3)")
    assert "\n    |                     ^^^^^^^\n" in refusal("normal(1, 2, hihg=3)")


texts = st.one_of(
    st.builds("normal({:.4f}, {:.4f})".format, st.floats(-50, 50), st.floats(0.01, 20)),
    st.builds("lognormal({:.4f}, {:.4f})".format, st.floats(0.01, 50), st.floats(0.01, 2)),
    st.builds("beta({:.4f}, {:.4f})".format, st.floats(0.6, 50), st.floats(0.6, 50)),
    st.builds("gamma({:.4f}, {:.4f})".format, st.floats(1, 20), st.floats(0.2, 1)),
    st.builds("uniform({:.4f}, {:.4f})".format, st.floats(-9, 0), st.floats(0.1, 9)),
    st.builds("triangular({:.4f}, 0, {:.4f})".format, st.floats(-9, -0.1), st.floats(0.1, 9)),
    st.builds("halfnormal({:.4f})".format, st.floats(0.01, 20)),
)
bounds = st.tuples(st.floats(0.0, 0.45), st.floats(0.55, 1.0))


def truncated(text: str, at: tuple[float, float]) -> Prior:
    """The prior between two of its own quantiles."""
    whole = prior(text)
    low, high = whole.ppf(np.array(at))
    return Prior(whole.family, whole.parameters, text, float(low), float(high))


@settings(max_examples=60, deadline=None)
@given(texts, bounds)
def test_quantiles_rise_and_stay_within_the_support(text: str, at: tuple[float, float]) -> None:
    mine = truncated(text, at)
    x = mine.ppf(np.linspace(0, 1, 101))
    scale = np.abs(x[np.isfinite(x)]).max()
    assert np.all(np.diff(x[np.isfinite(x)]) >= -1e-12 * scale)
    assert np.all((x >= mine.support[0]) & (x <= mine.support[1]))


@settings(max_examples=40, deadline=None)
@given(texts, bounds)
def test_densities_integrate_to_one(text: str, at: tuple[float, float]) -> None:
    mine = truncated(text, at)
    knots = mine.ppf(np.linspace(1e-9, 1 - 1e-9, 9))
    total = sum(
        integrate.quad(lambda x: float(np.exp(mine.logpdf(np.array(x)))), a, b, epsabs=1e-9)[0]
        for a, b in pairwise(knots)
    )
    assert total == pytest.approx(1, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(texts, bounds)
def test_cdf_undoes_ppf(text: str, at: tuple[float, float]) -> None:
    mine = truncated(text, at)
    assert mine.cdf(mine.ppf(U)) == pytest.approx(U, abs=1e-9)


def test_quantiles_of_a_beta_are_numbers_however_far_out() -> None:
    # Near 0 the distribution of beta(2, 4) is 10 x^2, near 1 its complement is 5 (1 - x)^4.
    x = prior("beta(2, 4)").ppf(np.array([1e-40, 1e-247]))
    assert x == pytest.approx(np.sqrt(np.array([1e-40, 1e-247]) / 10), rel=1e-9)
    assert prior("beta(2, 4)").ppf(np.array([1.0])) == 1.0


def test_a_value_that_is_no_number_has_no_density() -> None:
    assert np.isnan(prior("normal(0, 1)").logpdf(np.array(np.nan)))
