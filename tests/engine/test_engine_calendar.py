"""Parts of dates, against Python's calendar and by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from realities.engine.reference.calendar import date_part, date_part_of_360

#: Days of the year 0 before day 1 of Python's count.
YEAR_0 = 365


def parts(days: np.ndarray, measure: int) -> list[float]:
    return date_part(days, np.float64(measure)).tolist()


def test_every_day_of_eight_centuries_is_the_day_that_python_says() -> None:
    first, last = date(1600, 1, 1).toordinal(), date(2400, 12, 31).toordinal()
    days = np.arange(first, last + 1, 7.0) + YEAR_0
    truth = [date.fromordinal(int(day) - YEAR_0) for day in days]
    assert parts(days, 1) == [day.year for day in truth]
    assert parts(days, 2) == [(day.month + 2) // 3 for day in truth]
    assert parts(days, 3) == [day.month for day in truth]
    assert parts(days, 4) == [day.day for day in truth]
    assert parts(days + 0.5, 5) == [day.isoweekday() % 7 for day in truth]
    assert parts(days + 0.999, 6) == days.tolist()


def test_the_first_day_of_all_is_a_saturday_of_the_year_0() -> None:
    assert [parts(np.array([0.0]), measure) for measure in (1, 3, 4, 5, 6)] == [[0], [1], [1], [6], [0]]


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 3599, 3600, 43_200, 86_399])
def test_the_time_of_day_is_read_to_the_second(seconds: int) -> None:
    moment = datetime(2024, 2, 29) + timedelta(seconds=seconds)
    days = np.array([moment.toordinal() + YEAR_0 + seconds / 86_400])
    assert [parts(days, measure) for measure in (4, 7, 8, 9)] == [
        [29],
        [moment.hour],
        [moment.minute],
        [moment.second],
    ]


def test_months_of_thirty_days_make_years_of_360() -> None:
    days = np.array([360.0 * 2008 + 30 * 10 + 29, 360.0 * 2008 + 30 * 11 + 29 + 0.25, 360.0 * 2009])
    assert date_part_of_360(days, np.float64(1)).tolist() == [2008, 2008, 2009]
    assert date_part_of_360(days, np.float64(2)).tolist() == [4, 4, 1]
    assert date_part_of_360(days, np.float64(3)).tolist() == [11, 12, 1]
    assert date_part_of_360(days, np.float64(4)).tolist() == [30, 30, 1]
    assert date_part_of_360(days, np.float64(7)).tolist() == [0, 6, 0]
    assert np.isnan(date_part_of_360(days, np.float64(5))).all()
