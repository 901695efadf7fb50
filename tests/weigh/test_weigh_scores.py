"""Scoring rules: against closed forms, definitions and another library, and proper."""

from __future__ import annotations

from itertools import pairwise
from math import exp, inf, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtri
from scipy.stats import norm

from realities.weigh.scoring.scores import brier, crps, log_score, pooled_crps

chances = st.floats(0.01, 0.99)


# -- chances --------------------------------------------------------------------------------------


def test_the_brier_score_is_the_squared_distance() -> None:
    assert brier(0.25, 1.0) == 0.5625
    assert brier(0.25, 0.0) == 0.0625


def test_the_log_score_is_the_natural_logarithm_of_what_was_given_to_the_outcome() -> None:
    assert log_score(0.25, 1.0) == log(0.25)
    assert log_score(0.25, 0.0) == log(0.75)
    assert log_score(0.0, 1.0) == -inf


@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_what_is_no_chance_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="chance"):
        brier(chance, 1.0)


@given(chances, chances)
def test_nobody_gains_by_saying_another_chance_than_they_believe(believed: float, said: float) -> None:
    def expected(score: object, p: float) -> float:
        return believed * score(p, 1.0) + (1 - believed) * score(p, 0.0)  # type: ignore[operator]

    assert expected(brier, believed) <= expected(brier, said) + 1e-12
    assert expected(log_score, believed) >= expected(log_score, said) - 1e-12


# -- ensembles ------------------------------------------------------------------------------------


def by_pairs(x: np.ndarray, y: float, w: np.ndarray) -> float:
    w = w / w.sum()
    spread = np.abs(x[:, None] - x[None, :])
    return float(w @ np.abs(x - y) - 0.5 * w @ spread @ w)


def by_integral(x: np.ndarray, y: float, w: np.ndarray) -> float:
    w = w / w.sum()
    ends = np.sort(np.append(x, y))
    return sum(quad(lambda t: (w[x <= t].sum() - (t >= y)) ** 2, a, b)[0] for a, b in pairwise(ends) if b > a)


members = st.lists(st.floats(-50, 50), min_size=1, max_size=8)


@given(members, st.floats(-60, 60), st.data())
def test_the_ensemble_score_agrees_with_its_definition_by_pairs(
    x: list[float], y: float, data: st.DataObject
) -> None:
    w = data.draw(st.lists(st.floats(0.1, 3), min_size=len(x), max_size=len(x)))
    found = crps(np.array(x), np.array(y), np.array(w))
    assert found == pytest.approx(by_pairs(np.array(x), y, np.array(w)), abs=1e-9)


def test_the_ensemble_score_agrees_with_its_definition_as_an_integral() -> None:
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=6), rng.uniform(size=6)
    for y in (-3.0, -0.2, 0.4, 3.0):
        assert crps(x, y, w) == pytest.approx(by_integral(x, y, w), rel=1e-6)


@pytest.mark.parametrize("observed", [-2.0, 0.0, 0.7, 4.0])
def test_the_score_of_a_large_ensemble_is_that_of_its_normal_distribution(observed: float) -> None:
    mean, sd, n = 0.5, 1.5, 200_000
    x = mean + sd * ndtri((np.arange(n) + 0.5) / n)
    z = (observed - mean) / sd
    exact = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / sqrt(pi))
    assert crps(x, observed) == pytest.approx(exact, rel=1e-4)


def test_the_score_of_a_large_ensemble_is_that_of_its_uniform_and_exponential_distribution() -> None:
    u = (np.arange(100_000) + 0.5) / 100_000
    for y in (0.1, 0.5, 0.9):
        assert crps(u, y) == pytest.approx(y**3 / 3 + (1 - y) ** 3 / 3, rel=1e-6)
        assert crps(-np.log1p(-u), y) == pytest.approx(y - 2 * (1 - exp(-y)) + 0.5, rel=1e-4)


def test_the_score_of_one_member_is_its_distance() -> None:
    assert crps(np.array([3.0]), 5.0) == 2.0
    assert crps(np.array([3.0, 3.0]), 3.0) == 0.0


def test_weights_are_repetitions() -> None:
    x = np.array([4.0, 1.0, 2.0])
    assert crps(x, 1.5, np.array([2.0, 1.0, 3.0])) == pytest.approx(
        float(crps(np.repeat(x, [2, 1, 3]), 1.5)), abs=1e-12
    )
    assert crps(x, 1.5, np.array([0.0, 1.0, 0.0])) == 0.5


def test_scores_keep_the_shape_of_what_was_observed() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(50, 3, 2)), rng.normal(size=(3, 2))
    together = crps(x, y)
    assert together.shape == (3, 2)
    assert together[1, 1] == pytest.approx(float(crps(x[:, 1, 1], y[1, 1])), rel=1e-12)
    with pytest.raises(ValueError, match="shape"):
        crps(x, y[0])


@given(members, st.floats(-60, 60), st.floats(0.1, 10), st.floats(-5, 5))
def test_the_ensemble_score_has_the_unit_of_what_it_scores(
    x: list[float], y: float, a: float, b: float
) -> None:
    moved = crps(a * np.array(x) + b, a * y + b)
    assert moved == pytest.approx(a * float(crps(np.array(x), y)), abs=1e-8)


@pytest.mark.parametrize(
    ("x", "w"), [([], None), ([np.nan], None), ([1.0], [-1.0]), ([1.0, 2.0], [0.0, 0.0]), ([1.0], [1.0, 1.0])]
)
def test_an_ensemble_without_members_or_weights_is_refused(x: list[float], w: list[float] | None) -> None:
    with pytest.raises(ValueError, match=r"member|weights"):
        crps(np.array(x), 0.0, None if w is None else np.array(w))


def test_quantities_are_pooled_over_their_own_sizes() -> None:
    per_quantity = {"deaths": (2000.0, 10), "share": (0.05, 2), "none": (9.0, 0), "unsized": (9.0, 3)}
    assert pooled_crps(per_quantity, {"deaths": 10_000.0, "share": 0.5}) == pytest.approx(0.15)
    assert pooled_crps({}, {}) is None


def test_the_ensemble_score_is_that_of_another_library() -> None:
    other = pytest.importorskip("scoringrules")
    rng = np.random.default_rng(11)
    x, y, w = rng.lognormal(1.0, 0.8, (40, 5)), rng.lognormal(1.0, 0.8, 5), rng.uniform(0.1, 2.0, 40)
    plain = other.crps_ensemble(y, x, m_axis=0, estimator="nrg")
    weighed = [float(other.crps_ensemble(y[k], x[:, k], ens_w=w, estimator="nrg")) for k in range(5)]
    assert crps(x, y) == pytest.approx(plain, rel=1e-9)
    assert crps(x, y, w) == pytest.approx(weighed, rel=1e-9)
