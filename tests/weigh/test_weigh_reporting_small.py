"""Products and inverses of many small matrices at once, against those of LAPACK one at a time."""

from __future__ import annotations

import numpy as np
import pytest

from realities.weigh.reporting.small import inverted, times


@pytest.mark.parametrize("log_condition", [0.0, 6.0, 12.0])
@pytest.mark.parametrize("n_rows", [1, 2, 7])
def test_inverses_are_as_precise_as_those_of_lapack(n_rows: int, log_condition: float) -> None:
    rng = np.random.default_rng(3)
    turned = np.linalg.qr(rng.standard_normal((40, n_rows, n_rows)))[0]
    values = 10.0 ** rng.uniform(-log_condition / 2, log_condition / 2, (40, n_rows))
    matrices = (turned * values[:, None, :]) @ turned.transpose(0, 2, 1)
    matrices = (matrices + matrices.transpose(0, 2, 1)) / 2.0
    inverse, log_det = inverted(matrices)
    by_lapack = np.linalg.inv(matrices)
    off, their_off = (np.abs(one @ matrices - np.eye(n_rows)).max() for one in (inverse, by_lapack))
    assert off <= max(10.0 * their_off, 1e-14)
    np.testing.assert_allclose(
        log_det, np.linalg.slogdet(matrices)[1], atol=1e-3 if log_condition > 9 else 1e-9
    )


def test_a_draw_that_is_no_number_spoils_no_other() -> None:
    matrices = np.array([np.eye(3), np.full((3, 3), np.nan), 4.0 * np.eye(3), np.zeros((3, 3))])
    with np.errstate(all="ignore"):
        inverse, log_det = inverted(matrices)
    np.testing.assert_array_equal(inverse[[0, 2]], [np.eye(3), np.eye(3) / 4.0])
    np.testing.assert_allclose(log_det[[0, 2]], [0.0, 3.0 * np.log(4.0)], rtol=1e-15)
    assert not np.isfinite(inverse[[1, 3]]).any(axis=(1, 2)).all()


def test_a_matrix_for_all_draws_is_multiplied_as_one_for_each() -> None:
    rng = np.random.default_rng(4)
    matrix, vectors = rng.standard_normal((1, 5, 3)), rng.standard_normal((50, 3))
    np.testing.assert_allclose(
        times(matrix, vectors), times(np.repeat(matrix, 50, axis=0), vectors), rtol=1e-13, atol=1e-14
    )
    assert times(np.zeros((1, 2, 0)), np.zeros((50, 0))).shape == (50, 2)
    np.testing.assert_array_equal(
        times(np.ones((50, 2, 3)), vectors[:1]), np.ones((50, 2)) * vectors[0].sum()
    )
