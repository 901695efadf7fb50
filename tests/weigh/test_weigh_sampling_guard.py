"""The sampler where it could go wrong: lost modes, odd likelihoods, scales, and laws of the evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from known_evidences import FloatArray, Known, far_student, gaussian, narrow_and_wide, shells, shells_evidence

from realities.weigh.sampling.evidence import (
    EFFORTS,
    PosteriorSample,
    Run,
    SamplerSettings,
    pooled,
    sample_posterior,
    sample_run,
    second_runs,
)
from realities.weigh.sampling.importance import k_hat
from realities.weigh.sampling.levels import layered_cloud

SKETCH = EFFORTS["sketch"]


def run(problem: Known, settings: SamplerSettings = SKETCH, seed: int = 0) -> PosteriorSample:
    return sample_posterior(problem.log_likelihood, problem.dimension, settings=settings, seed=[seed])


def constant(dimension: int, value: float) -> Known:
    return Known(dimension, lambda points: np.full(len(points), value), value)


@pytest.mark.parametrize("dimension", [1, 3])
def test_levels_give_the_evidence_of_a_gaussian_within_their_error(dimension: int) -> None:
    problem = gaussian(dimension)
    rng = np.random.default_rng(1)
    found = layered_cloud(problem.log_likelihood, dimension, n_particles=600, n_moves=40, keep=0.3, rng=rng)
    assert 0 < found.error < 0.3
    assert abs(found.log_evidence - problem.log_evidence) < 3 * found.error
    assert found.points.shape == (600, dimension)


@pytest.mark.parametrize("value", [-3.5, 0.0, 2000.0])
def test_levels_end_at_once_where_all_is_level(value: float) -> None:
    problem, rng = constant(2, value), np.random.default_rng(0)
    found = layered_cloud(problem.log_likelihood, 2, n_particles=100, n_moves=5, rng=rng)
    assert found.n_layers == 1 and found.log_evidence == pytest.approx(value, abs=1e-9)


def test_levels_of_nothing_find_nothing() -> None:
    found = layered_cloud(
        constant(2, -np.inf).log_likelihood, 2, n_particles=50, n_moves=5, rng=np.random.default_rng(0)
    )
    assert found.log_evidence == -np.inf and not len(found.points)


def test_a_second_algorithm_at_publish_setting_agrees() -> None:
    problem = gaussian(3)
    found = run(problem, replace(SKETCH, second=300, second_moves=30))
    opinion = found.second_opinion
    assert opinion is not None and found.reliable
    assert abs(opinion.log_evidence - problem.log_evidence) < 3 * opinion.error
    assert abs(found.log_evidence - problem.log_evidence) < 0.05
    assert len(found.run_log_evidences) == SKETCH.runs + 2


def test_no_second_algorithm_is_asked_below_publish_setting() -> None:
    assert run(gaussian(1)).second_opinion is None
    assert [name for name, settings in EFFORTS.items() if settings.second] == ["publish"]


FEW = SamplerSettings(1, 60, 4, 1000, components=3, enough_draws=200, posterior_draws=500)


def test_a_mode_that_tempering_loses_is_found_by_levels_and_said_to_be_lost() -> None:
    problem = narrow_and_wide(4, 2.0)  # seven tenths of the mass in the narrow mode
    alone = run(problem, FEW)
    assert alone.reliable and alone.log_evidence < problem.log_evidence - 1.0  # silently
    both = run(problem, replace(FEW, second=1500, second_moves=30))
    assert not both.reliable
    assert abs(both.log_evidence - problem.log_evidence) < 0.1
    assert any("differ" in text for text in both.warnings)


def test_an_opinion_that_contradicts_is_a_warning_in_words() -> None:
    problem = narrow_and_wide(4, 2.0)
    first = sample_run(problem.log_likelihood, 4, settings=FEW, seed=[0], number=0)
    asked = replace(FEW, second=1500, second_moves=30)
    second = second_runs(problem.log_likelihood, 4, settings=asked, seed=[0])[0]
    assert isinstance(first, Run) and isinstance(second, Run)
    # As if the points of the second algorithm had lost the mode as well, and only its levels knew of it.
    found = pooled([replace(first, opinion=second.opinion)], 4, settings=FEW, seed=[0])
    assert not found.reliable and "a second algorithm gives" in found.warnings[0]
    assert found.second_opinion == second.opinion


@pytest.mark.parametrize("value", [-745.25, 0.0, 12.5])
def test_a_constant_likelihood_is_its_own_evidence(value: float) -> None:
    found = run(constant(3, value))
    assert abs(found.log_evidence - value) < 3 * found.log_evidence_error + 1e-9
    assert found.log_evidence_error < 0.02


@pytest.mark.parametrize("added", [-1000.0, 1000.0])
def test_a_constant_added_to_the_log_likelihood_is_added_to_the_log_evidence(added: float) -> None:
    problem = gaussian(2)
    moved = replace(problem, log_likelihood=lambda points: problem.log_likelihood(points) + added)
    before, after = run(problem), run(moved)
    assert after.log_evidence - added == pytest.approx(before.log_evidence, abs=1e-6)
    assert after.reliable == before.reliable


def test_the_order_of_coordinates_changes_the_evidence_by_no_more_than_its_error() -> None:
    problem = gaussian(4)
    turned = replace(problem, log_likelihood=lambda points: problem.log_likelihood(points[:, ::-1]))
    before, after = run(problem), run(turned)
    error = np.hypot(before.log_evidence_error, after.log_evidence_error)
    assert abs(before.log_evidence - after.log_evidence) < 4 * error


def test_perfectly_correlated_parameters_are_no_obstacle() -> None:
    def only_the_sum(points: FloatArray) -> FloatArray:
        return np.asarray(-0.5 * ((points.sum(axis=1) - 1.0) / 0.01) ** 2 - np.log(0.01 * np.sqrt(2 * np.pi)))

    exact = -0.5 / (2 + 1e-4) - 0.5 * np.log(2 * np.pi * (2 + 1e-4))  # the sum is N(0, 2) a priori
    found = run(Known(2, only_the_sum, float(exact)))
    assert found.reliable and abs(found.log_evidence - exact) < 0.05


def test_heavy_tails_far_from_the_prior_have_their_evidence() -> None:
    problem = far_student(2)
    found = run(problem)
    assert abs(found.log_evidence - problem.log_evidence) < 0.06


def test_weights_that_hardly_vary_have_no_tail() -> None:
    rng = np.random.default_rng(0)
    steps = np.log(rng.choice([0.9, 1.0, 1.0 + 1e-9, 1.3], size=5000, p=[0.5, 0.45, 0.045, 0.005]))
    assert k_hat(steps) <= 0.0


@pytest.mark.slow
@pytest.mark.parametrize("effort", ["quick", "default"])
def test_the_stated_error_is_that_of_twenty_seeds(effort: str) -> None:
    for problem in (gaussian(3), gaussian(10), Known(10, shells, shells_evidence(10))):
        found = [run(problem, EFFORTS["quick" if effort == "quick" else "default"], s) for s in range(20)]
        scatter = np.sqrt(np.mean([(one.log_evidence - problem.log_evidence) ** 2 for one in found]))
        assert 0.5 < np.mean([one.log_evidence_error for one in found]) / scatter < 2.0


@pytest.mark.slow
def test_a_narrow_and_a_wide_mode_are_found_by_twenty_of_twenty_seeds_at_publish_setting() -> None:
    problem = narrow_and_wide(6, 2.0)
    for seed in range(20):
        found = run(problem, EFFORTS["publish"], seed)
        assert abs(found.log_evidence - problem.log_evidence) < 0.1


@pytest.mark.slow
def test_forty_dimensions() -> None:
    problem = gaussian(40)
    found = run(problem, EFFORTS["default"])
    assert not found.reliable or abs(found.log_evidence - problem.log_evidence) < 0.1
