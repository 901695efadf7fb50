"""Dates to model time and back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realities.case.calendar import TIME_UNITS, Calendar, TimeUnit

DAYS = st.dates(date(1850, 1, 1), date(2120, 12, 31))


def calendar(start: date, unit: TimeUnit, initial_time: float = 0.0) -> Calendar:
    return Calendar(start, date(2200, 1, 1), unit, initial_time)


@given(DAYS, DAYS, st.sampled_from(TIME_UNITS), st.sampled_from([0.0, 1900.0, -3.5]))
def test_a_date_comes_back_from_its_time(start: date, day: date, unit: TimeUnit, initial: float) -> None:
    one = calendar(start, unit, initial)
    assert one.date_of(one.time_of(day)) == day


@given(DAYS, DAYS, st.sampled_from(TIME_UNITS))
def test_later_days_have_later_times(start: date, day: date, unit: TimeUnit) -> None:
    one = calendar(start, unit)
    assert one.time_of(day) < one.time_of(day + timedelta(days=1))


@pytest.mark.parametrize("unit", TIME_UNITS)
def test_the_start_is_the_initial_time(unit: TimeUnit) -> None:
    one = calendar(date(2022, 2, 24), unit, 7.0)
    assert one.time_of(date(2022, 2, 24)) == 7.0
    assert one.date_of(7.0) == date(2022, 2, 24)


def test_days_and_weeks_are_exact() -> None:
    start = date(2022, 2, 24)
    assert calendar(start, "day").time_of(date(2022, 10, 1)) == 219
    assert calendar(start, "week").time_of(date(2022, 3, 17)) == 3
    assert calendar(start, "week").date_of(1 / 7) == date(2022, 2, 25)


def test_years_are_the_calendars_own() -> None:
    one = calendar(date(1900, 1, 1), "year", 1900.0)
    assert [one.time_of(date(1900 + k, 1, 1)) for k in range(5)] == [1900, 1901, 1902, 1903, 1904]
    assert one.time_of(date(1903, 7, 2)) == pytest.approx(1903 + 182 / 365, abs=1e-12)
    assert one.time_of(date(1904, 7, 2)) == pytest.approx(1904 + 183 / 366, abs=1e-12)


def test_months_and_quarters_are_the_calendars_own() -> None:
    assert calendar(date(2022, 1, 1), "month").time_of(date(2023, 3, 1)) == 14
    assert calendar(date(2022, 1, 1), "quarter").time_of(date(2023, 4, 1)) == 5
    assert calendar(date(2022, 1, 1), "month").time_of(date(2022, 2, 15)) == pytest.approx(1.5, abs=1e-12)


def test_a_short_month_ends_the_months_of_a_late_start() -> None:
    one = calendar(date(2023, 1, 31), "month")
    assert one.time_of(date(2023, 2, 28)) == 1
    assert one.time_of(date(2023, 3, 31)) == 2


def test_a_time_within_a_day_is_that_day() -> None:
    one = calendar(date(2022, 1, 1), "day")
    assert one.date_of(3.999) == date(2022, 1, 4)
    assert one.date_of(4 - 1e-9) == date(2022, 1, 5)
    assert one.date_of(-0.5) == date(2021, 12, 31)


def test_a_case_covers_both_its_ends() -> None:
    one = Calendar(date(2022, 1, 1), date(2022, 12, 31), "day")
    covered = [date(2021, 12, 31), date(2022, 1, 1), date(2022, 12, 31), date(2023, 1, 1)]
    assert [one.covers(day) for day in covered] == [False, True, True, False]


def test_a_time_beyond_the_calendar_is_an_overflow() -> None:
    with pytest.raises(OverflowError):
        calendar(date(2022, 1, 1), "year").date_of(9000)
