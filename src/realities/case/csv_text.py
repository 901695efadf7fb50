"""CSV with places: rows of cells, each knowing where in the file it stands.

Quotes, doubled quotes, line breaks within quotes, CRLF and blank lines are read as spreadsheets write
them. A quote that is never closed spoils its own line and no other, so that one bad row cannot hide
the rows after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from realities.source import SourceText, Span

#: A cell longer than this is taken for a quote that was not closed.
MOST_CHARACTERS: Final = 20_000

_QUOTED: Final = re.compile(rf'[ \t]*"((?:[^"]|""){{0,{MOST_CHARACTERS}}})"[ \t]*(?=[,\r\n]|\Z)')
_PLAIN: Final = re.compile(r"[^,\r\n]*")
_BREAK: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell, without quotes and outer blanks, and its place."""

    text: str
    source: SourceText
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it stands, quotes included."""
        return self.source.span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row; `problem` says what could not be read, and where."""

    cells: tuple[Cell, ...]
    problem: tuple[str, Span] | None = None


def csv_rows(source: SourceText) -> Iterator[Row]:
    """Yield the rows of a CSV text, rows without any content left out."""
    at = 0
    while at < len(source.text):
        row, at = _row(source, at)
        if row.problem is not None or any(cell.text for cell in row.cells):
            yield row


def _row(source: SourceText, at: int) -> tuple[Row, int]:
    """Read one row from offset `at`; return it and the offset of the next."""
    text, cells = source.text, []
    problem: tuple[str, Span] | None = None
    while True:
        start = at
        if quoted := _QUOTED.match(text, at):
            at = quoted.end()
            content = quoted[1].replace('""', '"').strip()
        else:
            plain = _PLAIN.match(text, at)
            at = plain.end() if plain else at
            content = text[start:at].strip()
            if content.startswith('"') and problem is None:
                problem = ("a quotation mark opens this cell and none closes it", source.span(start, at))
        cells.append(Cell(content, source, start, max(at, start + 1)))
        if at < len(text) and text[at] == ",":
            at += 1
            continue
        line_break = _BREAK.match(text, at)
        return Row(tuple(cells), problem), line_break.end() if line_break else len(text)
