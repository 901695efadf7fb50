"""Sampling: posterior draws, mixtures and diagnostics of problems whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from known_evidences import FloatArray, Gaussian, shells, shells_evidence, two_bumps, two_bumps_evidence
from scipy.integrate import quad
from scipy.special import ndtr

from realities.weigh.sampling.evidence import EFFORTS, PosteriorSample, SamplerSettings, sample_posterior
from realities.weigh.sampling.importance import StudentMixture, fit_mixture, k_hat
from realities.weigh.sampling.moves import (
    LogLikelihood,
    StandardNormal,
    effective_number,
    normalized,
    stable_factor,
    systematic,
)
from realities.weigh.sampling.tempering import tempered_cloud

QUICK, SKETCH = EFFORTS["quick"], EFFORTS["sketch"]


def run(
    likelihood: LogLikelihood, d: int, settings: SamplerSettings = QUICK, seed: int = 0
) -> PosteriorSample:
    return sample_posterior(likelihood, d, settings=settings, seed=[seed])


@pytest.mark.parametrize("dimension", [1, 3, 10])
def test_a_gaussian_has_its_evidence_mean_and_spread(dimension: int) -> None:
    problem = Gaussian(dimension)
    found = run(problem, dimension)
    assert found.reliable and not found.warnings
    assert abs(found.log_evidence - problem.evidence) < 0.05
    assert np.abs((found.points.mean(axis=0) - problem.mean) / problem.sd).max() < 0.1
    assert np.abs(found.points.std(axis=0) / problem.sd - 1).max() < 0.1


def test_a_gaussian_posterior_has_its_correlations() -> None:
    problem = Gaussian(3)
    found = run(problem, 3)
    exact = np.linalg.inv(np.eye(3) + np.linalg.inv(problem.covariance))
    sd = np.sqrt(np.diag(exact))
    assert np.abs(np.corrcoef(found.points.T) - exact / np.outer(sd, sd)).max() < 0.08


@pytest.mark.slow
def test_twenty_dimensions() -> None:
    problem = Gaussian(20)
    found = run(problem, 20)
    assert found.reliable and abs(found.log_evidence - problem.evidence) < 0.05
    assert found.n_evaluations < 750_000


@pytest.mark.slow
def test_thin_shells_in_ten_dimensions() -> None:
    found = run(shells, 10)
    assert found.reliable and abs(found.log_evidence - shells_evidence(10)) < 0.1


@pytest.mark.slow
def test_two_far_modes_in_six_dimensions_for_publication() -> None:
    for seed in range(5):
        found = run(two_bumps, 6, EFFORTS["publish"], seed)
        assert abs(found.log_evidence - two_bumps_evidence(6)) < 0.1
        assert abs((found.points[:, 0] > 0).mean() - 0.3) < 0.05


@pytest.mark.slow
def test_the_error_is_honest_in_ten_dimensions() -> None:
    problem = Gaussian(10)
    found = [run(problem, 10, seed=seed) for seed in range(20)]
    scatter = np.std([one.log_evidence - problem.evidence for one in found])
    assert 0.5 < np.mean([one.log_evidence_error for one in found]) / scatter < 2.0


def test_two_modes_keep_their_masses() -> None:
    found = run(two_bumps, 3)
    assert abs(found.log_evidence - two_bumps_evidence(3)) < 0.05
    assert abs((found.points[:, 0] > 0).mean() - 0.3) < 0.05


def test_the_error_is_honest() -> None:
    problem = Gaussian(3)
    settings = replace(SKETCH, particles=150, moves=8, importance_draws=400, components=2, enough_draws=100)
    found = [run(problem, 3, settings, seed) for seed in range(20)]
    misses = np.array([one.log_evidence - problem.evidence for one in found])
    claimed = np.mean([one.log_evidence_error for one in found])
    assert 0.5 < claimed / np.sqrt((misses**2).mean()) < 2.0
    assert abs(misses.mean()) < 3 * claimed / np.sqrt(20)


def test_a_curved_posterior_is_found() -> None:
    def banana(points: FloatArray) -> FloatArray:
        bent = points[:, 1] - points[:, 0] ** 2
        return np.asarray(-0.5 * (bent / 0.2) ** 2 - np.log(0.2) - 0.5 * np.log(2 * np.pi))

    def given_first(x: float) -> float:  # the second coordinate is integrated out exactly
        variance = 1 + 0.2**2
        log_density = -0.5 * x**4 / variance - 0.5 * np.log(2 * np.pi * variance) - 0.5 * x**2
        return float(np.exp(log_density) / np.sqrt(2 * np.pi))

    exact = np.log(quad(given_first, -8, 8)[0])
    assert abs(run(banana, 2, SKETCH).log_evidence - exact) < 0.05


@pytest.mark.parametrize("nothing", [-np.inf, np.nan])
def test_where_the_likelihood_is_zero_no_draw_lies(nothing: float) -> None:
    problem = Gaussian(2)

    def half(points: FloatArray) -> FloatArray:
        return np.where(points[:, 0] > 0, problem(points), nothing)

    found = run(half, 2)
    above = 1 - ndtr(-problem.mean[0] / problem.sd[0])
    assert (found.points[:, 0] > 0).all()
    assert abs(found.log_evidence - problem.evidence - np.log(above)) < 0.05


def test_a_likelihood_that_is_rarely_above_zero_is_found() -> None:
    def corner(points: FloatArray) -> FloatArray:
        return np.where((points > 1.0).all(axis=1), 0.0, -np.inf)

    found = run(corner, 2, replace(QUICK, components=3))
    assert abs(found.log_evidence - 2 * np.log(1 - ndtr(1.0))) < 0.05


def test_a_likelihood_of_zero_everywhere_is_said_to_be() -> None:
    found = run(lambda points: np.full(len(points), -np.inf), 2, SKETCH)
    assert not found.reliable and found.log_evidence == -np.inf
    assert "zero" in found.warnings[0]
    assert found.points.shape == (0, 2)


def test_nothing_to_sample_gives_the_likelihood_itself() -> None:
    found = sample_posterior(lambda points: np.full(len(points), -3.25), 0, settings=SKETCH, seed=[1])
    assert (found.log_evidence, found.log_evidence_error, found.n_evaluations) == (-3.25, 0.0, 1)
    assert found.points.shape == (SKETCH.posterior_draws, 0) and found.reliable


def test_one_seed_gives_the_same_bits_and_another_does_not() -> None:
    problem = Gaussian(2)
    first, again, other = (run(problem, 2, SKETCH, seed) for seed in (5, 5, 6))
    assert first.log_evidence == again.log_evidence
    assert np.array_equal(first.points, again.points)
    assert first.log_evidence != other.log_evidence


def test_a_start_near_the_posterior_saves_work_and_changes_nothing_else() -> None:
    problem = Gaussian(6, spread=0.05)
    cold = run(problem, 6, SKETCH)
    warm = sample_posterior(problem, 6, settings=SKETCH, seed=[1], start=cold.proposal)
    assert warm.n_evaluations < 0.6 * cold.n_evaluations
    assert abs(warm.log_evidence - problem.evidence) < 0.1


def test_a_start_in_the_wrong_place_is_overcome() -> None:
    problem = Gaussian(2)
    wrong = StudentMixture(np.ones(1), np.full((1, 2), -3.0), np.array([0.1 * np.eye(2)]), 4.0)
    found = sample_posterior(problem, 2, settings=QUICK, seed=[1], start=wrong)
    assert abs(found.log_evidence - problem.evidence) < 0.05


def test_too_little_work_is_not_called_reliable() -> None:
    problem = Gaussian(30, spread=0.02)
    poor = SamplerSettings(2, 40, 2, 60, rounds=2, enough_draws=200)
    found = run(problem, 30, poor)
    assert not found.reliable and found.warnings


def test_runs_that_disagree_are_not_called_reliable() -> None:
    # One narrow bump in many is found by one run or the other; each run alone looks fine.
    centres = np.array([[-2.0, -2.0], [2.0, 2.0], [-2.0, 2.0], [2.0, -2.0]])

    def bumps(points: FloatArray) -> FloatArray:
        distance = ((points[:, None, :] - centres) ** 2).sum(axis=2)
        return np.asarray(np.logaddexp.reduce(-0.5 * distance / 0.03**2, axis=1))

    few = SamplerSettings(4, 12, 2, 400, components=3, rounds=2, enough_draws=50)
    flagged = [one for seed in range(5) if not (one := run(bumps, 2, few, seed)).reliable]
    assert any("differ" in text for one in flagged for text in one.warnings)


def test_evaluations_are_counted() -> None:
    problem, seen = Gaussian(2), [0]

    def counting(points: FloatArray) -> FloatArray:
        seen[0] += len(points)
        return problem(points)

    assert run(counting, 2, SKETCH).n_evaluations == seen[0]


@pytest.mark.parametrize("shape", [0.2, 0.5, 0.9])
def test_k_hat_finds_the_shape_of_a_pareto_tail(shape: float) -> None:
    uniform = np.random.default_rng(0).random(40_000)
    weights = (uniform**-shape - 1) / shape + 1
    assert abs(k_hat(np.log(weights)) - shape) < 0.12


def test_k_hat_does_not_depend_on_the_size_of_weights() -> None:
    log_weights = np.random.default_rng(0).standard_normal(2000)
    assert k_hat(log_weights - 5000) == pytest.approx(k_hat(log_weights), abs=1e-8)


def test_k_hat_of_equal_weights_is_zero_and_of_one_weight_infinite() -> None:
    assert k_hat(np.full(500, -7.0)) == 0.0
    assert k_hat(np.array([0.0, *[-np.inf] * 400])) == np.inf
    assert k_hat(np.array([0.0, *np.linspace(-3000, -2000, 400)])) > 0.7


def test_a_mixture_is_a_density() -> None:
    mixture = StudentMixture(
        np.array([0.25, 0.75]), np.array([[-1.0], [2.0]]), np.array([[[0.3]], [[0.6]]]), 5.0
    )
    total = quad(
        lambda x: np.exp(mixture.log_density(np.array([[x]]))[0]), -60, 60, limit=400, points=[-1, 2]
    )
    assert total[0] == pytest.approx(1.0, abs=1e-4)


def test_a_mixture_samples_from_its_density() -> None:
    rng = np.random.default_rng(3)
    mixture = StudentMixture(
        np.array([0.4, 0.6]),
        np.array([[-1.0, 0.0], [1.5, 1.0]]),
        np.array([[[0.4, 0.0], [0.2, 0.3]], [[0.5, 0.0], [-0.3, 0.4]]]),
        8.0,
    )
    points = mixture.sample(40_000, rng)
    # The mean of prior / mixture over draws from the mixture is one.
    ratio = np.exp(StandardNormal(2).log_density(points) - mixture.log_density(points))
    assert ratio.mean() == pytest.approx(1.0, abs=4 * ratio.std() / 200)


def test_a_marginal_of_a_mixture_is_the_mixture_of_marginals() -> None:
    factor = np.linalg.cholesky(np.array([[1.0, 0.3, 0.2], [0.3, 0.5, -0.1], [0.2, -0.1, 0.4]]))
    mixture = StudentMixture(np.ones(1), np.array([[1.0, 2.0, 3.0]]), factor[None], 6.0)
    marginal = mixture.marginal(np.array([2, 0]))
    drawn = mixture.sample(50_000, np.random.default_rng(0))[:, [2, 0]]
    alone = marginal.sample(50_000, np.random.default_rng(1))
    assert (
        np.abs(
            np.quantile(drawn, [0.1, 0.5, 0.9], axis=0) - np.quantile(alone, [0.1, 0.5, 0.9], axis=0)
        ).max()
        < 0.05
    )
    scale = marginal.factors[0] @ marginal.factors[0].T
    assert np.allclose(scale, [[0.4, 0.2], [0.2, 1.0]])


def test_fitting_finds_two_separate_clouds_and_their_shares() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(-3, 0.2, (600, 2)), rng.normal(3, 0.4, (200, 2))])
    mixture = fit_mixture(points, np.full(800, 1 / 800), most_components=5, rng=rng)
    assert sorted(mixture.shares.round(2)) == [0.25, 0.75]


def test_fitting_stays_with_one_component_where_one_is_enough() -> None:
    rng = np.random.default_rng(0)
    points = rng.standard_normal((1000, 4))
    mixture = fit_mixture(points, np.full(1000, 1e-3), most_components=6, rng=rng)
    assert len(mixture.shares) == 1 and mixture.dof > 10


def test_fitting_heeds_weights() -> None:
    rng = np.random.default_rng(0)
    points = rng.standard_normal((4000, 1))
    weights = normalized(1.5 * points[:, 0])  # tilts a standard normal to mean 1.5
    mixture = fit_mixture(points, weights, most_components=1, rng=rng)
    assert mixture.centres[0, 0] == pytest.approx(1.5, abs=0.1)


def test_resampling_gives_each_point_its_due_within_one() -> None:
    weights = normalized(np.log(np.array([1.0, 2.5, 0.0001, 6.0])))
    counts = np.bincount(systematic(weights, 1000, np.random.default_rng(0)), minlength=4)
    assert np.abs(counts - 1000 * weights).max() <= 1


def test_resampling_never_takes_a_point_of_weight_zero() -> None:
    weights = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    for seed in range(50):
        assert set(systematic(weights, 7, np.random.default_rng(seed))) <= {1, 3}


def test_equal_weights_are_all_effective_and_one_weight_is_one() -> None:
    assert effective_number(np.full(50, -1234.0)) == pytest.approx(50)
    assert effective_number(np.array([0.0, -np.inf, -np.inf])) == pytest.approx(1)
    assert effective_number(np.full(5, -np.inf)) == 0.0


def test_a_covariance_of_few_points_still_has_a_factor() -> None:
    points = np.random.default_rng(0).standard_normal((4, 10))
    factor = stable_factor(np.cov(points.T), effective=4.0)
    assert np.isfinite(factor).all() and (np.diag(factor) > 0).all()


def test_a_cloud_is_where_the_posterior_is() -> None:
    problem = Gaussian(5, spread=0.1)
    cloud = tempered_cloud(
        problem, StandardNormal(5), 5, n_particles=800, n_moves=20, rng=np.random.default_rng(2)
    )
    assert np.abs((cloud.points.mean(axis=0) - problem.mean) / problem.sd).max() < 0.2
    assert np.abs(cloud.points.std(axis=0) / problem.sd - 1).max() < 0.2
    assert cloud.n_temperatures > 3
