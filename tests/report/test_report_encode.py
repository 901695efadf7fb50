"""Curves as short text come back as they went in, and keep their shape on fewer days."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realities.report.encode import (
    choose_days,
    decode_curves,
    decode_integers,
    decode_rising,
    encode_bundles,
    encode_curves,
    encode_integers,
    encode_rising,
    pack,
    round_step,
    unpack,
)


@given(st.lists(st.integers(-(10**12), 10**12)))
def test_whole_numbers_come_back(values: list[int]) -> None:
    assert decode_integers(encode_integers(values)) == values


@given(st.lists(st.integers(-(10**6), 10**6)))
def test_days_come_back(values: list[int]) -> None:
    assert decode_rising(encode_rising(values)) == values


@given(st.integers(1, 6), st.integers(1, 9), st.data())
def test_curves_come_back_with_and_without_a_middle(n: int, days: int, data: st.DataObject) -> None:
    row = st.lists(st.integers(-5000, 5000), min_size=days, max_size=days)
    levels = np.array(data.draw(st.lists(row, min_size=n, max_size=n)))
    for middle in (None, n // 2):
        assert np.array_equal(decode_curves(encode_curves(levels, middle), days, middle), levels)


def test_small_numbers_take_one_character() -> None:
    assert len(encode_integers(range(-15, 16))) == 31


@pytest.mark.parametrize("text", ["A<", "g", "é"])
def test_text_that_is_no_encoding_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="encoded numbers"):
        decode_integers(text)


def test_the_step_is_round_and_fine_enough() -> None:
    rng = np.random.default_rng(3)
    for size in (1e-6, 0.4, 27.0, 118_900.0, 3.2e9):
        values = rng.uniform(0, size, 500)
        step = round_step(values)
        assert float(f"{step:.0e}") == step
        assert str(f"{step:.0e}")[0] in "125"
        assert 1400 / 3 <= np.ptp(values) / step <= 1500


def test_the_step_of_a_constant_or_of_nothing_is_usable() -> None:
    assert round_step(np.zeros(3)) == 1.0
    assert round_step(np.array([np.nan])) == 1.0
    assert 0 < round_step(np.full(4, 7.0)) < 0.01


def test_days_are_kept_where_a_curve_bends() -> None:
    days = np.arange(200)
    curve = np.where(days < 90, 0.0, np.where(days < 100, (days - 90) / 10.0, 1.0))[None, :]
    assert choose_days(days, curve, 80, 0.001).tolist() == [0, 90, 100, 199]


def test_straight_lines_between_the_days_kept_stay_within_the_tolerance() -> None:
    days = np.arange(0, 1500, 7)
    curves = np.array([np.sin(days / 150 + k) + days / 500 for k in range(9)])
    kept = choose_days(days, curves, 80, 0.004)
    assert len(kept) < 60
    for curve in curves:
        off = np.abs(np.interp(days, days[kept], curve[kept]) - curve)
        assert off.max() <= 0.004 * np.ptp(curves) * 1.001


def test_no_more_days_are_kept_than_asked_for_and_the_ends_always_are() -> None:
    rng = np.random.default_rng(2)
    kept = choose_days(np.arange(300), rng.normal(size=(4, 300)), 25, 0.0)
    assert len(kept) == 25
    assert (kept[0], kept[-1]) == (0, 299)
    assert choose_days(np.arange(1), np.zeros((2, 1)), 9, 0.1).tolist() == [0]
    assert choose_days(np.arange(5), np.full((2, 5), 3.0), 9, 0.1).tolist() == [0, 4]


def test_packed_text_unpacks() -> None:
    assert unpack(pack("naïve " * 50)).decode() == "naïve " * 50


def test_many_bundles_of_curves_are_written_as_each_by_itself() -> None:
    rng = np.random.default_rng(7)
    bundles = [rng.integers(-5000, 5000, size=(k, 3 * k + 1)) for k in (3, 5, 4)]
    assert encode_bundles(bundles, 1) == [encode_curves(levels, 1) for levels in bundles]
    assert encode_bundles(bundles) == [encode_curves(levels) for levels in bundles]
    assert encode_bundles([]) == []
