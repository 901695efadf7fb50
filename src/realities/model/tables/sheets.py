"""What a table file is once it is open: a `Book` that hands out sheets of cells and named ranges.

Files are untrusted: what is read is counted against an `Allowance` and a file that asks for more is
refused. Anything wrong with a file is a `TableError`, which the caller puts at its place in a model.
`spreadsheet.py` opens files; `xlsx.py` and `xls.py` take workbooks apart.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from realities.ir.builtins import NOT_AVAILABLE

#: What the table files of one model may hold all together.
MOST_CELLS = 1_000_000
MOST_UNPACKED = 200_000_000

#: A number or a text; blank cells are not kept.
Cell = float | str

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")
_COLUMN = re.compile(r"[A-Za-z]{1,3}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class TableError(Exception):
    """A table file that cannot be used: a diagnostic's code, and the sentence without the file's name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Allowance:
    """What may still be read; counts down, and raises `TableError` when nothing is left."""

    cells: int = MOST_CELLS
    unpacked: int = MOST_UNPACKED

    def take_cells(self, count: int) -> None:
        """Count some cells."""
        self.cells -= count
        if self.cells < 0:
            raise TableError("too-large", f"holds too many cells: at most {MOST_CELLS:,} are read in all")

    def take_bytes(self, count: int) -> None:
        """Count some bytes that came out of a packed file."""
        self.unpacked -= count
        if self.unpacked < 0:
            message = f"unpacks to too much: at most {MOST_UNPACKED:,} bytes are read in all"
            raise TableError("too-large", message)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of one sheet that are not blank, by row and column, both counted from 1."""

    name: str
    rows: Mapping[int, Mapping[int, Cell]] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> Cell | None:
        """Return what a cell holds, None where it is blank."""
        found = self.rows.get(row)
        return None if found is None else found.get(column)

    def number(self, row: int, column: int) -> float | None:
        """Return the number in a cell, None where it is blank or holds something else."""
        return as_number(self.cell(row, column))


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells with a name: the sheet it is on, and its first and last row and column."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int


class Book(ABC):
    """An open table file."""

    @abstractmethod
    def sheet(self, name: str) -> Sheet:
        """Return a sheet by its name, or by its number from 1; for text, by the delimiter."""

    @abstractmethod
    def area(self, sheet: str, name: str) -> Area | None:
        """Return the range that bears a name, one that belongs to the sheet before one of the book."""

    @abstractmethod
    def first(self) -> Sheet:
        """Return the first sheet."""


def sheet_index(name: str, names: list[str]) -> int:
    """Return which of the sheets, from 0, a name or a number means.

    Raises
    ------
    TableError
        If there is no such sheet.
    """
    keys = [one.strip().casefold() for one in names]
    key = name.strip().casefold()
    if key in keys:
        return keys.index(key)
    if key.isdecimal() and 1 <= int(key[:9]) <= len(names):
        return int(key[:9]) - 1
    listed = ", ".join(f'"{one}"' for one in names[:6]) + (", ..." if len(names) > 6 else "")
    raise TableError("bad-table", f'has no sheet "{name}"; its sheets are {listed}')


def as_number(cell: Cell | None) -> float | None:
    """Return a cell as a number, `:NA:` included, or None where it is blank or something else."""
    if isinstance(cell, str):
        text = cell.strip()
        if text.upper() == ":NA:":
            return NOT_AVAILABLE
        if _NUMBER.fullmatch(text) is None:
            return None
        cell = float(text)
    return cell if cell is not None and math.isfinite(cell) else None


def address(text: str) -> tuple[int, int] | None:
    """Return row and column of a cell such as `B2`, or None if the text is none."""
    found = _ADDRESS.fullmatch(text.strip())
    return None if found is None else (int(found[2]), column_number(found[1]))


def is_column(text: str) -> bool:
    """Return whether a text is a column's letters."""
    return _COLUMN.fullmatch(text.strip()) is not None


def column_number(letters: str) -> int:
    """Return the number of a column by its letters, A being 1.

    >>> [column_number(letters) for letters in ("A", "z", "AA", "XFD")]
    [1, 26, 27, 16384]
    """
    number = 0
    for letter in letters.strip().upper():
        number = 26 * number + ord(letter) - 64
    return number


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell.

    >>> cell_name(2, 28)
    'AB2'
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"
