"""What is kept of draws as they come is what all of them together would give."""

from __future__ import annotations

import numpy as np
import pytest

from realities.weigh import shown
from realities.weigh.shown import Bands, Piece, Shown


def test_bands_are_the_quantiles_of_all_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "_BAND_BYTES", 2**16)  # far less than the draws take
    values = np.sort(np.random.default_rng(1).lognormal(size=(9000, 2)), axis=0)  # the worst order
    bands = Bands((0.05, 0.5, 0.95), 2, len(values))
    passes = 0
    while passes == 0 or not bands.finish():
        passes += 1
        for first in range(0, len(values), 700):
            bands.add(values[first : first + 700])
    assert passes > 1
    assert np.array_equal(bands.result(), np.quantile(values, (0.05, 0.5, 0.95), axis=0))


def test_a_point_at_which_a_draw_is_no_number_has_no_band() -> None:
    bands = Bands((0.5,), 2, 3)
    bands.add(np.array([[1.0, 2.0], [np.nan, 3.0], [2.0, 4.0]]))
    assert bands.finish()
    assert np.isnan(bands.result()[0, 0]) and bands.result()[0, 1] == 3.0


def test_bands_of_no_draws_are_no_numbers() -> None:
    bands = Bands((0.5,), 2, 3)
    bands.add(np.zeros((0, 2)))
    assert bands.finish() and np.isnan(bands.result()).all()


def test_single_runs_are_spread_over_the_draws_and_none_of_them_failed() -> None:
    kept = Shown(100, 1, ("x",), {}, {})
    numbers = np.arange(100.0)[:, None]
    failed = (np.arange(100) % 4 == 0) | (np.arange(100) > 90)
    for first in range(0, 100, 30):
        part = slice(first, first + 30)
        kept.add(Piece({"x": numbers[part]}, {}, {}, {}, failed[part]))
    assert kept.finish()
    runs = kept.runs()["x"].ravel().astype(int)
    assert not failed[runs].any()
    assert len(runs) == len(set(runs)) >= 20
    assert runs[0] < 5 and runs[-1] > 80
    assert kept.n_failed == failed.sum()
    assert kept.quantiles()["x"][2, 0] == np.median(numbers[~failed])
