"""observations.csv: rows that can be used, and what is wrong with the others beside their day."""

from __future__ import annotations

from datetime import date

import pytest

from realities.case.calendar import Calendar
from realities.case.measures import parse_measures
from realities.case.observations import Record, parse_observations
from realities.case.sources import Source
from realities.case.toml_text import parse_toml
from realities.errors import Findings
from realities.source import SourceText

HEADER = "happened,published,quantity,value,low,high,unit,reporter,source,note\n"
ROW = "2022-03-01,2022-04-01,deaths,12,,,persons,Staff,post,a note\n"
CALENDAR = Calendar(date(2022, 1, 1), date(2023, 12, 31), "day")
SOURCES = {name: Source(name, "misc") for name in ("post", "paper")}
MEASURES = """
[deaths]
expression = "killed"
unit = "kiloperson"
reporters.Staff = {}
reporters."Red, Cross" = {}
[share]
expression = "held"
unit = "percent"
scale = "logit"
reporters.Staff = {}
[balance]
expression = "net"
unit = "person"
scale = "linear"
reporters.Staff = { noise = 3 }
"""


def read(text: str) -> tuple[Record, Findings]:
    findings = Findings()
    located = parse_toml(SourceText("measures.toml", MEASURES), findings)
    assert located is not None
    measures = parse_measures(located, (), findings)
    assert not findings.items
    source = SourceText("observations.csv", text)
    return parse_observations(source, measures, SOURCES, CALENDAR, findings, unread={"broken"}), findings


def rows(text: str) -> Record:
    record, findings = read(HEADER + text)
    assert not findings.items, findings.items[0].render()
    return record


def late(text: str) -> list[tuple[date | None, str, str, int]]:
    return [(day, item.severity, item.code, item.span.column) for day, item in rows(text).late_findings]


def test_a_row_is_an_observation_in_the_measures_unit() -> None:
    (row,) = rows(ROW).observations
    assert (row.happened, row.published) == (date(2022, 3, 1), date(2022, 4, 1))
    assert (row.quantity, row.reporter, row.source, row.note) == ("deaths", "Staff", "post", "a note")
    assert (row.value, row.low, row.high, row.factor) == (0.012, None, None, 0.001)
    assert str(row.unit) == "persons"
    assert row.span.line == 2


def test_columns_are_found_by_name_in_any_order() -> None:
    record, findings = read(
        'Reporter,source,unit,quantity,published,happened,high,low\n"Red, Cross",post; paper,kiloperson,'
        "deaths,2022-04-01,2022-03-01,3,2\n"
    )
    assert not findings.items
    (row,) = record.observations
    assert (row.reporter, row.source, row.low, row.value, row.high) == (
        "Red, Cross",
        "post; paper",
        2,
        None,
        3,
    )


def test_a_column_nobody_reads_is_a_warning() -> None:
    record, findings = read(HEADER.replace("note", "note,noted,") + ROW.replace("a note", "x,y,z"))
    assert [item.code for item in findings.items] == ["unknown-column"]
    assert len(record.observations) == 1


@pytest.mark.parametrize("missing", ["happened", "published", "quantity", "unit", "reporter", "source"])
def test_a_missing_column_is_an_error(missing: str) -> None:
    record, findings = read(HEADER.replace(missing, "note2") + ROW)
    assert "missing-column" in [item.code for item in findings.errors]
    assert not record.observations


@pytest.mark.parametrize(("text", "code"), [("", "no-header"), ("\n\n", "no-header")])
def test_an_empty_file_is_an_error(text: str, code: str) -> None:
    assert [item.code for item in read(text)[1].items] == [code]


def test_a_header_alone_is_no_error() -> None:
    assert rows("") == Record()


def test_two_columns_of_one_name_are_refused() -> None:
    assert [item.code for item in read(HEADER.replace("note", "value"))[1].errors] == ["duplicate-column"]


DAY = date(2022, 4, 1)
WRONG = [
    (("deaths", "death"), "unknown-quantity"),
    (("Staff", "Stuff"), "unknown-reporter"),
    (("post", "poster"), "unknown-source"),
    (("post", ""), "missing-source"),
    (("persons", "km"), "bad-unit"),
    (("persons", ""), "bad-unit"),
    (("persons", "a b ^^"), "bad-unit"),
    (("2022-03-01", ""), "bad-date"),
    (("2022-03-01", "2022-02-30"), "bad-date"),
    (("2022-03-01", "20220301"), "bad-date"),
    (("2022-03-01", "2021-12-31"), "date-outside"),
    (("2022-03-01", "2024-01-01"), "date-outside"),
    ((",12,", ",,"), "no-value"),
    ((",12,", ",abc,"), "bad-number"),
    ((",12,", ",nan,"), "bad-number"),
    ((",12,", ",-inf,"), "bad-number"),
    ((",12,", ",1e999,"), "bad-number"),
    ((",12,", ",1_000,"), "bad-number"),
    ((",12,,,", ',"1,000",,,'), "bad-number"),
    ((",12,,,", ",12,13,,"), "bad-range"),
    ((",12,,,", ",,13,12,"), "bad-range"),
    ((",12,,,", ",12,,,,,,,"), "bad-unit"),
    ((",a note", ""), "bad-csv"),
    (("a note", '"a note'), "bad-csv"),
]


@pytest.mark.parametrize(("change", "code"), WRONG, ids=[f"{code}-{k}" for k, (_, code) in enumerate(WRONG)])
def test_a_wrong_row_waits_under_the_day_it_was_published(change: tuple[str, str], code: str) -> None:
    good = ROW.replace("2022-03-01", "2022-03-02")
    record = rows(ROW.replace(*change) + good)
    assert (DAY, "error", code) in [(day, item.severity, item.code) for day, item in record.late_findings]
    assert [row.happened for row in record.observations] == [date(2022, 3, 2)]
    assert record.published == (DAY, DAY)


@pytest.mark.parametrize("cell", ["soon", "2022-13-01", "2022-4-1", "44652", "2022-04-01T00:00"])
def test_a_day_of_publication_that_cannot_be_read_is_an_error_at_once(cell: str) -> None:
    record, findings = read(HEADER + ROW.replace("2022-04-01", cell))
    assert [(item.code, item.span.column) for item in findings.errors] == [("bad-date", 12)]
    assert record == Record()


def test_a_row_without_a_day_of_publication_is_kept_and_counted() -> None:
    record = rows(ROW.replace("2022-04-01", ""))
    assert record.published == (None,)
    assert record.observations[0].published is None


def test_a_wrong_row_without_a_day_of_publication_is_an_error_at_once() -> None:
    _, findings = read(HEADER + ROW.replace("2022-04-01", "").replace("12", "abc"))
    assert [item.code for item in findings.errors] == ["bad-number"]


def test_a_row_too_short_to_have_a_day_of_publication_is_an_error_at_once() -> None:
    _, findings = read(HEADER + "2022-03-01\n")
    assert [item.code for item in findings.errors] == ["bad-csv"]


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "is_possible"),
    [
        ("deaths", "persons", "-1", False),
        ("deaths", "persons", "0", True),
        ("share", "percent", "100", True),
        ("share", "percent", "103", False),
        ("share", "fraction", "3", False),
        ("share", "fraction", "1", True),
        ("share", "fraction", "-0.1", False),
        ("balance", "persons", "-5", True),
    ],
)
def test_an_impossible_value_is_a_warning_and_left_out(
    quantity: str, unit: str, value: str, is_possible: bool
) -> None:
    record = rows(f"2022-03-01,2022-04-01,{quantity},{value},,,{unit},Staff,post,\n")
    found = [(day, item.severity, item.code) for day, item in record.late_findings]
    assert found == ([] if is_possible else [(DAY, "warning", "impossible-value")])
    assert len(record.observations) == is_possible


@pytest.mark.parametrize("bounds", ["-3,4", "-3,", ",-4"])
def test_an_impossible_bound_is_left_out_too(bounds: str) -> None:
    assert [
        code for _, _, code, _ in late(f"2022-03-01,2022-04-01,deaths,,{bounds},persons,Staff,post,\n")
    ] == ["impossible-value"]


def test_a_second_row_for_one_figure_of_one_day_is_refused() -> None:
    record = rows(ROW + ROW.replace("12", "13"))
    ((day, item),) = record.late_findings
    assert (day, item.code) == (DAY, "duplicate-row")
    assert item.help[0] == "the first is at observations.csv:2:1"
    assert [row.value for row in record.observations] == [0.012]


def test_a_later_vintage_is_no_second_row() -> None:
    assert len(rows(ROW + ROW.replace("2022-04-01", "2022-05-01")).observations) == 2


def test_rows_of_a_broken_measure_are_passed_over() -> None:
    record = rows(ROW.replace("deaths", "broken"))
    assert (record.observations, record.late_findings) == ((), ())


def test_what_many_rows_share_is_told_once_from_the_first_published() -> None:
    text = "".join(ROW.replace("deaths", "death").replace("2022-04-01", f"2022-0{k}-01") for k in (7, 5, 9))
    ((day, item),) = rows(text).late_findings
    assert (day, item.code, item.span.line) == (date(2022, 5, 1), "unknown-quantity", 3)
    assert item.help == ('did you mean "deaths"?', "2 more rows with this")


def test_a_broken_quote_leaves_the_rows_before_and_after() -> None:
    text = (
        ROW
        + ROW.replace("2022-03-01", "2022-03-02").replace("deaths", '"deaths')
        + ROW.replace("03-01", "03-03")
    )
    record = rows(text)
    assert [row.happened.day for row in record.observations] == [1, 3]
    assert [item.code for _, item in record.late_findings] == ["bad-csv"]
