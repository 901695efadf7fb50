"""Bands of ranks: what they hold by chance, and what they catch."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.bands import (
    Band,
    chance_of_more,
    counts_below,
    is_inside,
    probability_inside,
    simultaneous_band,
)
from scipy.stats import binom, norm


@pytest.mark.parametrize("n_sets", [30, 300])
@pytest.mark.parametrize("outside", [0.05, 0.05 / 15])
def test_the_exact_chance_of_staying_inside_is_what_was_asked_for(n_sets: int, outside: float) -> None:
    inside = probability_inside(simultaneous_band(n_sets, 199, outside))
    assert 1 - outside <= inside < 1 - outside + 0.01


def test_ninety_five_of_a_hundred_even_sets_of_ranks_stay_inside() -> None:
    rng, band = np.random.default_rng(0), simultaneous_band(100, 199)
    share = np.mean([is_inside(rng.integers(0, 200, 100), band) for _ in range(4000)])
    exact = probability_inside(band)
    assert abs(share - exact) < 4 * np.sqrt(exact * (1 - exact) / 4000)


def test_a_band_of_one_cut_is_the_binomial_interval() -> None:
    band = Band(20, 1, np.array([6]), np.array([14]))
    assert probability_inside(band) == pytest.approx(binom.cdf(14, 20, 0.5) - binom.cdf(5, 20, 0.5))


def test_the_chance_of_two_cuts_is_that_of_counting_all_cases() -> None:
    # Three ranks of 0, 1, 2: all 27 sets, each as likely.
    band = Band(3, 2, np.array([1, 1]), np.array([1, 2]))
    sets = np.array(np.meshgrid(*[range(3)] * 3)).reshape(3, -1).T
    below = np.array([counts_below(one, 2) for one in sets])
    assert probability_inside(band) == pytest.approx(
        np.mean(((below >= band.low) & (below <= band.high)).all(axis=1))
    )


@pytest.mark.parametrize(
    ("fault", "a", "b"),
    [("too narrow", 0.5, 0.5), ("too wide", 2.5, 2.5), ("too low", 1.5, 1.0), ("too high", 1.0, 1.5)],
)
def test_posteriors_that_are_off_leave_the_band(fault: str, a: float, b: float) -> None:
    rng, band = np.random.default_rng(1), simultaneous_band(300, 199, 0.05 / 15)
    caught = np.mean([not is_inside(rng.binomial(199, rng.beta(a, b, 300)), band) for _ in range(50)])
    assert caught > 0.9, fault


@pytest.mark.parametrize(("width", "shift", "seen"), [(0.7, 0.0, 0.7), (1.0, 0.5, 0.9)])
def test_what_a_hundred_and_fifty_data_sets_see(width: float, shift: float, seen: float) -> None:
    # Posteriors of that width, in parts of the right one, or off by so many standard deviations.
    rng, band = np.random.default_rng(2), simultaneous_band(150, 199, 0.05 / 29)
    places = norm.cdf((rng.standard_normal((100, 150)) + shift) / width)
    assert np.mean([not is_inside(ranks, band) for ranks in rng.binomial(199, places)]) > seen


def test_the_edge_of_a_band_is_inside() -> None:
    band = Band(10, 1, np.array([3]), np.array([7]))
    assert is_inside(np.array([0] * 7 + [1] * 3), band)
    assert not is_inside(np.array([0] * 8 + [1] * 2), band)


def test_the_chance_of_straying_as_far_is_itself_even_for_even_ranks() -> None:
    rng = np.random.default_rng(5)
    chances = np.array([chance_of_more(rng.integers(0, 200, 60), 199) for _ in range(300)])
    for level in (0.05, 0.2, 0.5, 0.8):
        assert abs((chances <= level).mean() - level) < 4 * np.sqrt(level * (1 - level) / 300) + 0.01


def test_what_leaves_the_band_strays_so_far_as_rarely_as_the_band_says() -> None:
    rng, band = np.random.default_rng(6), simultaneous_band(60, 199, 0.05)
    for _ in range(40):
        ranks = rng.binomial(199, rng.beta(1.6, 1.3, 60))
        assert is_inside(ranks, band) == (chance_of_more(ranks, 199) >= 0.0499)
