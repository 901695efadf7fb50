"""Numbers, dates and names as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from realities.figures import format_date, format_number, format_quantity
from realities.figures.text import short_name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (0.5634, "0.563"),
        (17.94, "17.9"),
        (143, "143"),
        (999.6, "1,000"),
        (1430, "1,430"),
        (118_904, "118,900"),
        (999_960, "1 million"),
        (1_234_000, "1.23 million"),
        (-80.5, "−80.5"),
        (-2_500_000, "−2.5 million"),
        (7.2e9, "7.2 billion"),
        (3e12, "3 trillion"),
        (0.000123, "0.000123"),
        (1.5e-7, "1.50e-7"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_numbers_are_short_and_keep_three_or_four_digits(value: float, text: str) -> None:
    assert format_number(value) == text


def test_halves_are_rounded_away_from_zero_as_in_the_page() -> None:
    assert format_number(0.0625 * 2) == "0.125"
    assert format_number(100.5) == "101"
    assert format_number(-100.5) == "−101"


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("km²", "118,900 km²"),
        ("%", "118,900%"),
        ("percent", "118,900%"),
        ("share", "118,900"),
        ("", "118,900"),
    ],
)
def test_a_unit_follows_its_number(unit: str, text: str) -> None:
    assert format_quantity(118_900, unit) == text


def test_a_date_has_no_leading_zero() -> None:
    assert format_date(date(2023, 4, 9)) == "9 Apr 2023"


def test_a_long_name_is_cut_at_a_word_and_marked() -> None:
    assert short_name("Town council") == "Town council"
    assert short_name("A name that goes on and on", 12) == "A name that…"
    assert short_name("Antidisestablishmentarianism", 12) == "Antidisesta…"
