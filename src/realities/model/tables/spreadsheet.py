"""The cells of a table file: `.xlsx`, `.xls`, or text with a delimiter between cells.

In comes the path of a file; out comes a `Book` (`sheets.py`). Workbooks are taken apart in `xlsx.py` and
`xls.py`, imported when the first is opened; `library.py` opens each file once.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from realities.model.tables.sheets import Allowance, Book, Cell, Sheet, TableError
from realities.source import decode

#: A table file larger than this is refused unread, in bytes.
LARGEST_FILE = 64_000_000
#: A file in the old binary format holds many cells in few bytes.
LARGEST_BINARY = 20_000_000


def open_book(path: Path, allowance: Allowance) -> Book:
    """Return a table file, open for reading: `.xlsx`, `.xlsm`, `.xls`, or else text.

    Raises
    ------
    OSError
        If the file cannot be read.
    TableError
        If it is too large, or is not what its name says.
    """
    suffix = path.suffix.lower()
    size, most = path.stat().st_size, LARGEST_BINARY if suffix == ".xls" else LARGEST_FILE
    if size > most:
        raise TableError("too-large", f"has {size:,} bytes; the most is {most:,}")
    content = path.read_bytes()
    if content[:2] == b"PK" and suffix in (".xlsx", ".xlsm", ".xls"):
        from realities.model.tables.xlsx import XlsxBook

        return XlsxBook(content, allowance)
    if suffix in (".xlsx", ".xlsm"):
        raise TableError("bad-table", "is not a spreadsheet")
    if suffix == ".xls":
        from realities.model.tables.xls import XlsBook

        return XlsBook(content, allowance)
    return TextBook(decode(content), suffix, allowance)


class TextBook(Book):
    """Cells separated by tabs, or by commas where the file's name ends in `.csv`."""

    def __init__(self, text: str, suffix: str, allowance: Allowance) -> None:
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._usual = "," if suffix == ".csv" else "\t"
        self._allowance = allowance

    def sheet(self, name: str) -> Sheet:
        """Return the cells, separated by the delimiter that stands in place of a sheet's name."""
        delimiter = {"": self._usual, "\\t": "\t", "tab": "\t"}.get(name.strip(" ").lower(), name.strip(" "))
        if len(delimiter) != 1 or delimiter in '"\n':
            raise TableError(
                "bad-table",
                f'is text and has no sheet "{name}": a workbook (.xlsx, .xls) has sheets; of text, the call '
                'names the letter between cells, such as ","',
            )
        rows: dict[int, dict[int, Cell]] = {}
        try:
            for number, cells in enumerate(csv.reader(self._lines(delimiter), delimiter=delimiter), start=1):
                found: dict[int, Cell] = {
                    column: text for column, cell in enumerate(cells, start=1) if (text := cell.strip())
                }
                if found:
                    rows[number] = found
        except csv.Error as error:
            raise TableError("bad-table", f"cannot be read as a table: {error}") from None
        return Sheet("", rows)

    def _lines(self, delimiter: str) -> Iterator[str]:
        """Yield each line with its end, and count its cells before they are made."""
        start = 0
        while start < len(self._text):
            end = self._text.find("\n", start) + 1 or len(self._text)
            self._allowance.take_cells(self._text.count(delimiter, start, end) + 1)
            yield self._text[start:end]
            start = end

    def area(self, sheet: str, name: str) -> None:
        """Return None: text names no ranges."""

    def first(self) -> Sheet:
        """Return the cells, with the usual delimiter."""
        return self.sheet("")
