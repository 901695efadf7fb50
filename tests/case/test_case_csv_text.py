"""CSV as spreadsheets write it, and a place for every cell."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from realities.case.csv_text import Row, csv_rows
from realities.source import SourceText


def rows(text: str) -> list[Row]:
    return list(csv_rows(SourceText("a.csv", text)))


def texts(text: str) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in rows(text)]


def test_quotes_breaks_and_blank_lines_are_read() -> None:
    assert texts('a,"b ""q""",c\r\n,,\n\n1,"x\ny", 3 \rlast,,') == [
        ["a", 'b "q"', "c"],
        ["1", "x\ny", "3"],
        ["last", "", ""],
    ]


def test_a_cell_has_a_place() -> None:
    cell = rows('a,b\n"x\ny",zz')[1].cells[1]
    assert (cell.span.line, cell.span.column, cell.span.text) == (3, 4, "zz")


def test_an_open_quote_spoils_its_own_line_only() -> None:
    first, second = rows('a,"open, b\nc,d')
    assert first.problem is not None
    assert first.problem[1].column == 3
    assert [cell.text for cell in second.cells] == ["c", "d"]
    assert second.problem is None


def test_an_open_quote_does_not_swallow_a_closed_one_far_below() -> None:
    text = '1,"open\n' + "2,3\n" * 10_000 + '4,"closed"\n'
    found = rows(text)
    assert len(found) == 10_002
    assert found[-1].cells[1].text == "closed"


def test_text_after_a_closing_quote_is_a_problem() -> None:
    assert rows('a,"b"c\n')[0].problem is not None


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=8
)


@given(st.lists(st.lists(cells.map(str.strip), min_size=2, max_size=4), max_size=5))
def test_what_the_standard_library_writes_is_read(table: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(table)
    assert texts(out.getvalue()) == [row for row in table if any(row)]
