"""Rows open to one side, and rows of one interval taken together, against the same done the long way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from realities.weigh.reporting.truncated import Mixture, side_by_side, truncated_normal

FloatArray = NDArray[np.float64]


@pytest.mark.parametrize("u", [None, np.linspace(0.0, 1.0, 7)])
def test_a_bound_left_out_gives_the_bits_of_an_infinite_one(u: FloatArray | None) -> None:
    bound = np.concatenate([np.linspace(-60.0, 60.0, 41), [0.0, -0.0, np.inf, -np.inf, np.nan]])[:, None]
    open_end = np.full_like(bound, np.inf)
    with np.errstate(all="ignore"):
        above = truncated_normal(bound, None, u), truncated_normal(bound, open_end, u)
        below = truncated_normal(None, bound, u), truncated_normal(-open_end, bound, u)
    for short, long in (above, below):
        np.testing.assert_array_equal(short[0], long[0])
        assert (short[1] is None) == (u is None)
        if u is not None:
            np.testing.assert_array_equal(short[1], long[1])


def test_rows_side_by_side_have_the_moments_that_each_has_alone() -> None:
    rng = np.random.default_rng(7)
    low = rng.standard_normal((3, 50))
    high = np.stack([low[0] + 1.0, np.full(50, np.inf), low[2] + 0.1])
    rows = [Mixture(np.stack([a, b], axis=1), np.zeros((1, 1))) for a, b in zip(low, high, strict=True)]
    mean, variance = 3.0 * rng.standard_normal(150), rng.uniform(0.1, 4.0, 150)
    together = side_by_side(rows).moments(mean, variance)
    for k, row in enumerate(rows):
        own = slice(50 * k, 50 * (k + 1))
        alone = row.moments(mean[own], variance[own])
        np.testing.assert_array_equal([one[own] for one in together], alone)
        # Against the law of total probability, by quadrature over the interval.
        at = np.linspace(low[k], np.minimum(high[k], low[k] + 40.0), 40_001)
        density = np.exp(-0.5 * (at - mean[own]) ** 2 / variance[own])
        average = (at * density).sum(axis=0) / density.sum(axis=0)
        is_near = np.abs(low[k] - mean[own]) < 4.0 * np.sqrt(variance[own])
        np.testing.assert_allclose(alone[0][is_near], average[is_near], atol=5e-3)
