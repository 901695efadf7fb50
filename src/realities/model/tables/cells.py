"""The cells that one GET XLS or GET DIRECT call asks for: numbers, series, or names.

In come a `Call` and the files it may read; out comes what stands in its cells, laid out as the call says:
constants to the right and down, series beside one another along a row or a column of times, names across
and then down. What cannot be read is a `TableError`, which `external.py` puts at its place in the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from realities.errors import Findings
from realities.ir.builtins import NOT_AVAILABLE
from realities.model import syntax
from realities.model.arrays import MOST_ELEMENTS
from realities.model.tables.library import Library
from realities.model.tables.sheets import (
    Sheet,
    TableError,
    address,
    as_number,
    cell_name,
    column_number,
    is_column,
)
from realities.source import Span

What = Literal["data", "lookups", "constants", "subscript"]
_LAST_ROW = 1 << 20
_LAST_COLUMN = 1 << 14


@dataclass(frozen=True, slots=True)
class Call:
    """What one call asks for."""

    what: What
    skips_gaps: bool
    texts: tuple[syntax.Text, ...]
    span: Span

    @property
    def file(self) -> str:
        """The file, as the call names it."""
        return self.texts[0].value.strip()

    @property
    def tab(self) -> str:
        """The sheet, or the delimiter of a text file."""
        return self.texts[1].value

    @property
    def cell(self) -> syntax.Text:
        """The first cell."""
        return self.texts[3 if self.what in ("data", "lookups") else 2]


@dataclass(frozen=True, slots=True)
class _Start:
    """A first cell: its sheet, row and column, whether it was marked `*`, and the last if it is a range."""

    sheet: Sheet
    row: int
    column: int
    is_transposed: bool
    last: tuple[int, int] | None = None


def _start(call: Call, text: str, library: Library) -> _Start:
    """Return the cell that a text names: an address such as `B2`, or a named range's first cell."""
    bare = text.strip()
    is_transposed = bare.endswith("*")
    bare = bare.rstrip("*").rstrip()
    sheet = library.sheet(call.file, call.tab)
    area = library.area(call.file, call.tab, bare) if bare else None
    if area is not None:
        sheet = library.sheet(call.file, area.sheet)
        return _Start(sheet, area.top, area.left, is_transposed, (area.bottom, area.right))
    place = address(bare)
    if place is None:
        message = f'"{call.file}" has no cell or named range "{text.strip()}"'
        raise TableError("bad-table", f"{message}; a cell is a letter and a number, such as B2")
    return _Start(sheet, *place, is_transposed)


def read_numbers(call: Call, sizes: list[int], library: Library) -> tuple[float, ...]:
    """Return constants: right for the last dimension, down for the one before; `*` turns that around."""
    if len(sizes) > 2:
        raise TableError(
            "wrong-subscripts", f"a table has two dimensions, and the left side has {len(sizes)}"
        )
    start = _start(call, call.cell.value, library)
    down, across = (1, *sizes)[-2:] if sizes else (1, 1)
    found = []
    for i in range(down):
        for j in range(across):
            row, column = (j, i) if start.is_transposed else (i, j)
            row, column = start.row + row, start.column + column
            value = start.sheet.number(row, column)
            if value is None:
                raise TableError("bad-number", _no_number(call, start.sheet, row, column))
            found.append(value)
    return tuple(found)


def _no_number(call: Call, sheet: Sheet, row: int, column: int) -> str:
    cell = sheet.cell(row, column)
    holds = "is blank" if cell is None else f'holds "{str(cell)[:40]}"'
    return f"cell {cell_name(row, column)} of {_where(call, sheet)} {holds}, and a number is needed"


def _where(call: Call, sheet: Sheet) -> str:
    return f'sheet "{sheet.name}" in "{call.file}"' if sheet.name else f'"{call.file}"'


def read_tables(call: Call, count: int, library: Library, findings: Findings) -> tuple[syntax.Points, ...]:
    """Return the points of `count` series that stand side by side along one row or column of times."""
    start = _start(call, call.cell.value, library)
    if start.is_transposed:
        raise TableError("wrong-arguments", "a * turns constants around, and has no meaning for a series")
    axis = _axis(call, start, library)
    places = list(_places(axis, start, call, findings))
    along = "column" if axis.runs_down else "row"
    if not places:
        here = cell_name(
            axis.index if not axis.runs_down else start.row, axis.index if axis.runs_down else start.column
        )
        raise TableError(
            "bad-table", f"no number stands at {here} of {_where(call, axis.sheet)}, where times begin"
        )
    tables = []
    for k in range(count):
        pairs = []
        for at, x in places:
            row, column = (at, start.column + k) if axis.runs_down else (start.row + k, at)
            y = start.sheet.number(row, column)
            if y is not None and y != NOT_AVAILABLE:
                pairs.append((x, y))
        if not pairs:
            here = cell_name(
                start.row + (0 if axis.runs_down else k), start.column + (k if axis.runs_down else 0)
            )
            message = f"no numbers stand from {here} on in its {along} of {_where(call, start.sheet)}"
            raise TableError("bad-table", message)
        if call.what == "data":
            pairs.sort(key=lambda pair: pair[0])
        xs, ys = tuple(x for x, _ in pairs), tuple(y for _, y in pairs)
        tables.append(syntax.Points(xs, ys, span=call.span))
    return tuple(tables)


@dataclass(frozen=True, slots=True)
class _Axis:
    """Where times or abscissae stand: the number of a column, or of a row, and how far along it."""

    sheet: Sheet
    runs_down: bool
    index: int
    last: int


def _axis(call: Call, start: _Start, library: Library) -> _Axis:
    """Return the row or column of times: a number, letters, or a named range of one row or one column."""
    text = call.texts[2].value.strip()
    area = library.area(call.file, call.tab, text) if text else None
    if area is not None:
        sheet = library.sheet(call.file, area.sheet)
        if area.left == area.right and (area.top < area.bottom or area.top == start.row):
            return _Axis(sheet, True, area.left, area.bottom)
        if area.top == area.bottom:
            return _Axis(sheet, False, area.top, area.right)
        raise TableError(
            "bad-table", f'the range "{text}" in "{call.file}" is neither one row nor one column'
        )
    if text.isdecimal() and 0 < int(text[:8]) <= _LAST_ROW:
        return _Axis(start.sheet, False, int(text), _LAST_COLUMN)
    if is_column(text):
        return _Axis(start.sheet, True, column_number(text), _LAST_ROW)
    message = f'"{call.file}" has no row, column or named range "{text}"'
    raise TableError("bad-table", f"{message}; a row is a number, a column a letter")


def _places(axis: _Axis, start: _Start, call: Call, findings: Findings) -> Iterator[tuple[int, float]]:
    """Yield each place along the axis that has a number, and the number.

    GET XLS steps over a cell that holds none; GET DIRECT reads up to the first of them.
    """
    first = start.row if axis.runs_down else start.column
    if axis.runs_down:
        marked = sorted(row for row in axis.sheet.rows if first <= row <= axis.last)
        numbers = ((row, axis.sheet.number(row, axis.index)) for row in marked)
    else:
        cells = axis.sheet.rows.get(axis.index, {})
        numbers = (
            (column, as_number(cells[column])) for column in sorted(cells) if first <= column <= axis.last
        )
    found = [(at, x) for at, x in numbers if x is not None and x != NOT_AVAILABLE]
    for number, (at, x) in enumerate(found):
        if not call.skips_gaps and at != first + number:
            if number == 0:
                return  # not even the first: an error, said by the caller
            row, column = (first + number, axis.index) if axis.runs_down else (axis.index, first + number)
            message = (
                f"the times in {_where(call, axis.sheet)} end before {cell_name(row, column)}, which holds "
                "no number; what stands behind it is not read"
            )
            findings.warning("gap-in-times", message, call.span)
            return
        yield at, x


def read_names(call: Call, library: Library) -> list[str]:
    """Return the names of a dimension's elements: across, then down, blank cells left out.

    The last cell may be an address, a column's letters alone, a row's number alone, or nothing: what it
    leaves open runs to the end of the sheet.
    """
    start = _start(call, call.cell.value, library)
    text = call.texts[3].value.strip()
    bottom, right = start.last or (_LAST_ROW, _LAST_COLUMN)
    if (area := library.area(call.file, call.tab, text) if text else None) is not None:
        bottom, right = area.bottom, area.right
    elif (place := address(text)) is not None:
        bottom, right = place
    elif text.isdecimal():
        bottom, right = int(text[:8]), _LAST_COLUMN
    elif is_column(text):
        bottom, right = _LAST_ROW, column_number(text)
    elif text:
        raise TableError("bad-table", f'"{call.file}" has no cell, row or column "{text}"')
    prefix = call.texts[4].value if len(call.texts) > 4 else ""
    found: list[str] = []
    for row in sorted(row for row in start.sheet.rows if start.row <= row <= bottom):
        cells = start.sheet.rows[row]
        columns = sorted(column for column in cells if start.column <= column <= right)
        found += [f"{prefix}{_element(cells[column])}" for column in columns]
        if len(found) > MOST_ELEMENTS:
            raise TableError("too-large", f"a dimension has at most {MOST_ELEMENTS:,} elements")
    if not found:
        raise TableError(
            "bad-table", f'no names stand from "{call.cell.value.strip()}" on in {_where(call, start.sheet)}'
        )
    return found


def _element(cell: float | str) -> str:
    return f"{cell:.15g}" if isinstance(cell, float) else " ".join(cell.split())
