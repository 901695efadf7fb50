"""Reliability of chances: what passes, and what is caught."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.reliability import reliability


def collections(n: int, sharpen: float = 1.0, shift: float = 0.0) -> list[bool]:
    """Return whether collections pass whose chances are the right ones, sharpened and shifted in log odds."""
    rng = np.random.default_rng(3)
    passed = []
    for _ in range(25):
        log_odds = 2.0 * rng.standard_normal(n)
        came_true = rng.random(n) < 1 / (1 + np.exp(-log_odds))
        said = 1 / (1 + np.exp(-(sharpen * log_odds + shift)))
        passed.append(reliability(said, came_true, 0.5).is_calibrated)
    return passed


def test_right_chances_pass_about_as_often_as_three_bands_of_95_in_100_allow() -> None:
    assert 0.75 <= np.mean(collections(300)) <= 1.0


@pytest.mark.parametrize(("sharpen", "shift"), [(2.0, 0.0), (0.4, 0.0), (1.0, 1.0)])
def test_chances_that_are_too_sure_too_timid_or_one_sided_are_caught(sharpen: float, shift: float) -> None:
    assert np.mean(collections(300, sharpen, shift)) < 0.1


def test_the_numbers_are_those_worked_out_by_hand() -> None:
    chances = np.array([0.2, 0.2, 0.8, 0.8])
    found = reliability(chances, np.array([False, True, True, True]), 0.5)
    assert found.brier == pytest.approx((0.04 + 0.64 + 0.04 + 0.04) / 4)
    assert found.miscalibration == pytest.approx((2 * 0.3**2 + 2 * 0.2**2) / 4)
    assert found.gap == pytest.approx((2.0 - 3.0) / np.sqrt(4 * 0.16))
    assert [one[2:] for one in found.bins] == [
        (2, pytest.approx(0.2), pytest.approx(0.5)),
        (2, pytest.approx(0.8), pytest.approx(1.0)),
    ]


def test_certain_chances_that_always_come_true_are_calibrated() -> None:
    came_true = np.array([True, False] * 20)
    found = reliability(came_true.astype(float), came_true, 0.5)
    assert found.is_calibrated and found.miscalibration == found.allowed == 0.0
