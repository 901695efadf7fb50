"""Ticks, ranges and labels that keep apart."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realities.figures.axes import nice_ticks, spread_labels, tick_labels, time_ticks, value_range

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


@given(NUMBERS, st.floats(1e-6, 1e3))
def test_ticks_cover_the_range_at_equal_steps(low: float, relative: float) -> None:
    high = low + relative * max(abs(low), 1.0)
    ticks = nice_ticks(low, high)
    step = ticks[1] - ticks[0]
    assert ticks[0] <= low + 1e-6 * max(step, abs(low))
    assert ticks[-1] >= high - 1e-6 * max(step, abs(high))
    assert 2 <= len(ticks) <= 12
    assert all(b - a == pytest.approx(step, rel=1e-3) for a, b in pairwise(ticks))


def test_ticks_of_a_single_value_still_span_something() -> None:
    assert nice_ticks(5, 5)[0] <= 5 < nice_ticks(5, 5)[-1]
    assert nice_ticks(0, 0)[-1] > 0


def test_zero_is_kept_unless_data_sit_above_55_percent_of_the_maximum() -> None:
    assert value_range([30, 100]) == (0, 100)
    assert value_range([54, 100]) == (0, 100)
    assert value_range([56, 100]) == (56, 100)
    assert value_range([-100, -30]) == (-100, 0)


def test_a_small_dip_below_zero_adds_no_negative_axis() -> None:
    assert value_range([-1, 100]) == (0, 100)
    assert value_range([-10, 100]) == (-10, 100)


def test_what_is_not_a_number_does_not_stretch_the_axis() -> None:
    assert value_range([1, float("inf"), float("nan"), 4]) == (0, 4)
    assert value_range([]) == (0, 1)


def test_the_first_tick_and_every_january_name_the_year() -> None:
    first, last = date(2022, 2, 24).toordinal(), date(2024, 3, 1).toordinal()
    labels = [label for _, label in time_ticks(first, last, 9)]
    assert labels == ["Apr 2022", "Jul", "Oct", "2023", "Apr", "Jul", "Oct", "2024"]


def test_a_century_gets_years_and_a_month_gets_few_ticks() -> None:
    century = time_ticks(date(1821, 1, 1).toordinal(), date(1934, 1, 1).toordinal(), 8)
    assert [label for _, label in century] == ["1840", "1860", "1880", "1900", "1920"]
    assert len(time_ticks(date(2023, 5, 3).toordinal(), date(2023, 5, 20).toordinal(), 8)) == 0


def test_ticks_of_one_axis_share_decimals_and_a_scale() -> None:
    assert tick_labels([0, 0.5, 1.0]) == (["0.0", "0.5", "1.0"], "")
    assert tick_labels([0, 500_000, 1_000_000]) == (["0.0", "0.5", "1.0"], "million")
    assert tick_labels([-20_000, 0, 20_000]) == (["−20,000", "0", "20,000"], "")


@given(st.lists(st.floats(0, 400), min_size=1, max_size=8))
def test_labels_keep_apart_in_order_and_inside(wanted: list[float]) -> None:
    placed = spread_labels(wanted, 16, 0, 400)
    ordered = sorted(zip(wanted, placed, strict=True))
    assert all(b - a >= 16 - 1e-9 for a, b in pairwise(sorted(placed)))
    assert [p for _, p in ordered] == sorted(placed) or len(set(wanted)) < len(wanted)
    assert min(placed) >= -1e-9
    assert max(placed) <= 400 + 1e-9


def test_labels_that_do_not_collide_stay_where_they_are_wanted() -> None:
    assert spread_labels([300, 20, 150], 16, 0, 400) == [300, 20, 150]
