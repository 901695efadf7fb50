"""Quantiles kept in bounded memory are those of np.quantile, whatever comes in and however it is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from realities.engine.quantiles import SeriesQuantiles, stage_size
from realities.errors import RealitiesError

FloatArray = NDArray[np.float64]

PROBABILITIES = [0.0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0]
N_SERIES, N_VALUES = 4, 30_000
#: Enough for a stage of 1,500 values of each series: a twentieth of what comes in.
MEMORY = 8 * N_SERIES * 3000


def fill(kept: SeriesQuantiles, values: FloatArray, cuts: list[int]) -> int:
    """Feed values until all quantiles are there; return how many passes it took."""
    for n_passes in range(1, 20):
        for start, end in pairwise([0, *sorted(cuts), values.shape[1]]):
            kept.add(values[:, start:end])
        if kept.finish():
            return n_passes
    raise AssertionError("no end of passes")


def in_order(values: FloatArray) -> FloatArray:
    return np.sort(values, axis=1)


SHAPES = {
    "normal": lambda rng: rng.normal(size=(N_SERIES, N_VALUES)),
    "heavy tails": lambda rng: rng.standard_cauchy((N_SERIES, N_VALUES)),
    "few values": lambda rng: rng.integers(-2, 3, (N_SERIES, N_VALUES)).astype(float),
    "one value": lambda _: np.full((N_SERIES, N_VALUES), -0.0),
    "rising": lambda rng: in_order(rng.normal(size=(N_SERIES, N_VALUES))),
    "falling": lambda rng: -in_order(rng.normal(size=(N_SERIES, N_VALUES))),
    "drifting": lambda rng: rng.normal(size=(N_SERIES, N_VALUES)) + np.linspace(0, 5, N_VALUES),
    "mostly zero": lambda rng: np.maximum(rng.normal(size=(N_SERIES, N_VALUES)) - 1.5, 0.0),
    "huge and tiny": lambda rng: np.exp(rng.normal(scale=100, size=(N_SERIES, N_VALUES))),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_quantiles_are_those_of_numpy_to_the_last_bit(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(1))
    kept = SeriesQuantiles(PROBABILITIES, N_SERIES, N_VALUES, memory_bytes=MEMORY)
    fill(kept, values, [10, 5000, 5001, 29_999])
    assert np.array_equal(kept.result(), np.quantile(values, PROBABILITIES, axis=1))


@pytest.mark.parametrize("shape", ["normal", "heavy tails", "few values", "one value", "mostly zero"])
def test_values_in_no_order_take_one_pass(shape: str) -> None:
    kept = SeriesQuantiles(PROBABILITIES, N_SERIES, N_VALUES, memory_bytes=MEMORY)
    assert fill(kept, SHAPES[shape](np.random.default_rng(2)), []) == 1


def test_sorted_values_take_a_few_more_passes_and_are_still_exact() -> None:
    values = SHAPES["rising"](np.random.default_rng(3))
    kept = SeriesQuantiles([0.5], N_SERIES, N_VALUES, memory_bytes=MEMORY)
    kept.add(values)
    assert not kept.finish()
    with pytest.raises(RealitiesError, match="needed again"):
        kept.result()
    assert fill(kept, values, []) <= 3
    assert np.array_equal(kept.result()[0], np.median(values, axis=1))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4000),
    st.lists(st.integers(0, 4000), max_size=6),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
    st.sampled_from([0.001, 1.0, 30.0]),
    st.booleans(),
)
def test_any_cuts_any_probabilities_and_ties_give_the_same(
    seed: int, n: int, cuts: list[int], probabilities: list[float], scale: float, is_sorted: bool
) -> None:
    values = np.round(np.random.default_rng(seed).normal(size=(2, n)) / scale) * scale
    values = in_order(values) if is_sorted else values
    kept = SeriesQuantiles(probabilities, 2, n, memory_bytes=8 * 2 * 2000)
    fill(kept, values, [min(cut, n) for cut in cuts])
    assert np.array_equal(kept.result(), np.quantile(values + 0.0, probabilities, axis=1))


def test_fewer_values_than_expected_change_nothing() -> None:
    values = SHAPES["normal"](np.random.default_rng(4))
    kept = SeriesQuantiles(PROBABILITIES, N_SERIES, 10 * N_VALUES, memory_bytes=MEMORY)
    fill(kept, values, [])
    assert np.array_equal(kept.result(), np.quantile(values, PROBABILITIES, axis=1))


def test_what_is_kept_stays_within_the_memory() -> None:
    rng = np.random.default_rng(5)
    kept = SeriesQuantiles([0.05, 0.5, 0.95], 2, 400_000, memory_bytes=8 * 2 * 8000)
    most = 0
    for _ in range(100):
        kept.add(rng.normal(size=(2, 4000)))
        most = max(most, sum(bracket.n_inside for bracket in kept._brackets.values()))
    assert kept.finish()
    assert most < 2 * 8000


def test_more_values_than_expected_are_refused() -> None:
    kept = SeriesQuantiles([0.5], 1, 3)
    kept.add([[1.0, 2.0]])
    with pytest.raises(ValueError, match="4 values where 3"):
        kept.add([[1.0, 2.0]])


def test_no_values_give_no_numbers() -> None:
    kept = SeriesQuantiles([0.5], 3, 10)
    assert kept.finish()
    assert np.isnan(kept.result()).all()


def test_a_second_pass_of_other_length_is_refused() -> None:
    values = SHAPES["rising"](np.random.default_rng(6))
    kept = SeriesQuantiles([0.5], N_SERIES, N_VALUES, memory_bytes=MEMORY)
    kept.add(values)
    assert not kept.finish()
    kept.add(values[:, :-1])
    with pytest.raises(RealitiesError, match="same values"):
        kept.finish()


def test_too_many_series_for_the_memory_are_refused() -> None:
    assert stage_size(1000, 10_000, memory_bytes=2**20) == 0
    with pytest.raises(ValueError, match="too many"):
        SeriesQuantiles([0.5], 1000, 10_000, memory_bytes=2**20)


@pytest.mark.parametrize("wrong", [-0.1, 1.5, float("nan")])
def test_a_probability_beyond_0_and_1_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        SeriesQuantiles([wrong], 1, 1)
