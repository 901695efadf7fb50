from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realities.units import DIMENSIONLESS, Unit, UnitError, parse_unit, unit_names

NAMES = [
    "person", "Month", "week", "day", "year", "km", "m2", "tonne", "kt", "vehicle", "case", "widget", "$",
    "thousand persons", "percent", "Dmnl", "share", "foreign worker", "hour", "kiloperson",
]  # fmt: skip
EXPONENTS = st.sampled_from(
    [Fraction(1), Fraction(2), Fraction(-1), Fraction(1, 2), Fraction(-3, 2), Fraction(3)]
)


@st.composite
def units(draw: st.DrawFn) -> Unit:
    unit = DIMENSIONLESS
    for name, exponent in draw(st.lists(st.tuples(st.sampled_from(NAMES), EXPONENTS), max_size=4)):
        unit = unit * parse_unit(name) ** exponent
    return unit


# --- laws --------------------------------------------------------------------------------------------


@given(units(), units(), units())
def test_multiplication_is_associative(a: Unit, b: Unit, c: Unit) -> None:
    assert (a * b) * c == a * (b * c)


@given(units(), units())
def test_multiplication_commutes_and_division_undoes_it(a: Unit, b: Unit) -> None:
    assert a * b == b * a
    assert hash(a * b) == hash(b * a)
    assert a * b / b == a


@given(units())
def test_printing_then_parsing_gives_the_unit_back(unit: Unit) -> None:
    assert parse_unit(str(unit)) == unit


@given(units(), st.sampled_from([2, 3, -1, Fraction(1, 2), Fraction(-2, 3)]))
def test_a_power_is_undone_by_its_inverse(unit: Unit, power: Fraction) -> None:
    assert (unit**power) ** (1 / Fraction(power)) == unit


@given(
    units(), st.sampled_from(["day", "week", "Month", "year"]), st.sampled_from(["day", "quarter", "hour"])
)
def test_converting_there_and_back_changes_nothing(unit: Unit, one: str, other: str) -> None:
    a, b = unit / parse_unit(one), unit / parse_unit(other)
    assert a.same_dimension(b)
    assert a.factor_to(b) * b.factor_to(a) == pytest.approx(1.0, rel=1e-12)


@given(units())
def test_a_unit_is_one_of_itself(unit: Unit) -> None:
    assert unit.factor_to(unit) == 1.0
    assert unit**0 == DIMENSIONLESS


# --- reading -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("person", "People"),
        ("persons/Month", "person / months"),
        ("km2", "km^2"),
        ("km²", "km*km"),
        ("week", "7 day"),
        ("year", "12 Month"),
        ("quarter", "3 month"),
        ("kiloperson", "thousand persons"),
        ("1000 people", "thousand person"),
        ("million tonnes", "1000 kt"),
        ("share", "Dmnl"),
        ("fraction", "1"),
        ("dimensionless", "dmnl"),
        ("Dmnl/day", "1/Day"),
        ("percent", "%"),
        ("vehicles", "vehicle"),
        ("Cases per day", "case/day"),
        ("casualties", "casualty"),
        ("Foxes", "fox"),
        ("losses", "loss"),
        ("m/s", "m/Second"),
        ("radians/sec", "1/second"),
        ("foreign_workers", "Foreign  worker"),
        ("a/b/c", "a/(b*c)"),
        ("a/b*c", "a*c/b"),
        ("m**2", "m^2"),
        ("person^-1", "1/person"),
        ("m^(1/2)", "m^0.5"),
        ("litre/100 km", "0.01 litre/km"),
        ("parts per million", "1e-6 part"),
        ("per year", "1/year"),
        ("per_year", "1/year"),
        ("widget*per_month^2", "widget/month^2"),
    ],
)
def test_two_spellings_of_one_unit(one: str, other: str) -> None:
    assert parse_unit(one) == parse_unit(other)
    assert parse_unit(one).factor_to(parse_unit(other)) == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize(
    ("one", "other"),
    [("person", "day"), ("person", "person/day"), ("km", "km2"), ("widget", "gadget"), ("day", "1")],
)
def test_different_things_cannot_be_converted(one: str, other: str) -> None:
    assert not parse_unit(one).same_dimension(parse_unit(other))
    with pytest.raises(UnitError, match=f'"{one}" cannot be converted'):
        parse_unit(one).factor_to(parse_unit(other))


@pytest.mark.parametrize(
    ("one", "factor", "other"),
    [
        ("week", 7.0, "day"),
        ("month", 30.4375, "day"),
        ("year", 365.25, "day"),
        ("person/day", 30.4375, "person/Month"),
        ("percent", 0.01, "Dmnl"),
        ("km2", 1e6, "m2"),
        ("kt", 1000.0, "tonne"),
    ],
)
def test_a_conversion_multiplies_by_the_factor(one: str, factor: float, other: str) -> None:
    assert parse_unit(one).factor_to(parse_unit(other)) == pytest.approx(factor, rel=1e-15)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("person/Month", "person/Month"),
        ("Persons / Month", "Persons/Month"),
        ("tonne/(km * day)", "tonne/(km*day)"),
        ("1/day", "1/day"),
        ("1", "Dmnl"),
        ("share", "share"),
        ("km2", "km2"),
        ("thousand persons", "thousand persons"),
        ("0.001 person", "0.001*person"),
        ("m^(1/2)", "m^(1/2)"),
        ('"a/b" / day', '"a/b"/day'),
        ("$/year", "$/year"),
    ],
)
def test_a_unit_prints_as_its_author_would_write_it(written: str, shown: str) -> None:
    assert str(parse_unit(written)) == shown


def test_dimensionless_is_known_by_its_dimension_not_its_size() -> None:
    assert parse_unit("percent").is_dimensionless
    assert parse_unit("day/week").is_dimensionless
    assert not parse_unit("person").is_dimensionless
    assert parse_unit("percent") != DIMENSIONLESS


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "missing"),
        ("  ", 0, "missing"),
        ("a//b", 2, "expected here"),
        ("person/", 7, "ends too early"),
        ("(a*b", 4, '"\\)" was expected'),
        ("a)", 1, "not expected"),
        ("a^", 2, "ends too early"),
        ("a^b", 2, "an exponent was expected"),
        ("a^(1/0)", 4, "divided by zero"),
        ("km^65", 3, "at most 64"),
        ("0 person", 0, "must be positive"),
        ("1e99 person", 0, "too large"),
        ('person "', 7, "cannot stand"),
        ('"""', 0, "cannot stand"),
        ("(" * 60 + "a" + ")" * 60, 51, "too many parentheses"),
    ],
)
def test_a_unit_that_cannot_be_read_says_where(text: str, offset: int, message: str) -> None:
    with pytest.raises(UnitError, match=message) as caught:
        parse_unit(text)
    assert caught.value.offset == offset


@given(st.text(alphabet='ab1 */^()-."%µ²', max_size=12))
def test_any_text_is_a_unit_or_a_unit_error(text: str) -> None:
    try:
        unit = parse_unit(text)
    except UnitError as error:
        assert 0 <= error.offset <= len(text)
    else:
        assert parse_unit(str(unit)) == unit


# --- names that a file defines ---------------------------------------------------------------------


def test_other_names_of_a_unit_are_that_unit() -> None:
    names, wrong = unit_names([("Dollar", "", ["$", "USD"]), ("widget", "", ["gadget"])])
    assert not wrong
    assert parse_unit("$/gadget", names) == parse_unit("Dollars/widget", names)
    assert str(parse_unit("$/gadget", names)) == "$/gadget"
    assert parse_unit("$") != parse_unit("Dollar")


def test_a_known_unit_lends_its_meaning_to_its_other_names() -> None:
    names, _ = unit_names([("Semaine", "", ["Week"])])
    assert parse_unit("semaine", names).factor_to(parse_unit("day")) == 7.0


def test_a_unit_may_be_made_of_others_that_are_defined_later() -> None:
    names, wrong = unit_names([("crate", "4*carton", []), ("carton", "6 egg", ["box"])])
    assert not wrong
    assert parse_unit("crate/egg", names).factor_to(DIMENSIONLESS) == 24.0
    assert parse_unit("crate", names).factor_to(parse_unit("box", names)) == 4.0


def test_units_made_of_one_another_end() -> None:
    names, wrong = unit_names([("a", "2 b", []), ("b", "3 a", [])])
    assert not wrong
    assert parse_unit("a", names).same_dimension(parse_unit("b", names))


def test_a_definition_that_cannot_be_read_is_named_and_left_a_unit_of_its_own() -> None:
    names, wrong = unit_names([("odd", "2 **", []), ("fine", "3 m", [])])
    assert list(wrong) == ["odd"]
    assert parse_unit("odd", names) == parse_unit("odd")
    assert parse_unit("fine", names).factor_to(parse_unit("m")) == 3.0


def test_products_of_defined_names_keep_their_meaning() -> None:
    names, _ = unit_names([("crate", "24 egg", [])])
    crate, egg = parse_unit("crate", names), parse_unit("egg")
    assert (crate**2 / egg / crate).factor_to(DIMENSIONLESS) == 24.0
    assert ((crate / egg) ** Fraction(1, 2)).factor_to(DIMENSIONLESS) == pytest.approx(24**0.5)


@pytest.mark.parametrize("digits", [61, 150, 400, 5000])
@pytest.mark.parametrize("form", ["{}", "m^{}", "0.{}1", "1e{}", "m/{}"])
def test_a_number_of_many_digits_is_refused(digits: int, form: str) -> None:
    nines = "9" * digits if form != "0.{}1" else "0" * digits
    with pytest.raises(UnitError):
        parse_unit(form.format(nines))
