"""Values of data variables from tables: CSV, tab-separated text or a spreadsheet in, series out.

The first column is time, each other column a variable under its name, subscripts as `Name[a,b]`. Blank
cells say nothing. `resolve.py` gives each data variable its series, as a table that an engine reads.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from realities.errors import Diagnostic, Findings, InputError, UnreadableError
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.model import Lookup, name_key
from realities.model.syntax import Interpolation
from realities.source import SourceText, Span

#: A data file larger than this is refused unread, in bytes.
LARGEST_FILE = 64_000_000
#: How near a time must be to a point of raw data to be at it.
_AT = 1e-6


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one variable, in order of time."""

    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table, and where it stands."""

    cells: Sequence[object]
    span: Span


def read_data(paths: Iterable[Path], findings: Findings) -> dict[str, Series]:
    """Return the series in some files by the key of their name; a later file's replace an earlier's.

    Raises
    ------
    UnreadableError
        If a file is missing or cannot be read.
    """
    found: dict[str, Series] = {}
    for path in paths:
        found |= _series(_read_rows(path), findings)
    return found


def table_of(name: str, series: Series, how: Interpolation | None, span: Span) -> Lookup:
    """Return the table that a data variable is read from: interpolated unless its author says otherwise."""
    match how:
        case None | "interpolate":
            return Lookup(name, series.times, series.values, "interpolate", span)
        case "hold backward":
            return Lookup(name, series.times, series.values, "discrete", span)
        case "look forward":
            return Lookup(name, series.times, series.values, "backward", span)
        case "raw":
            return _raw(name, series, span)


def _raw(name: str, series: Series, span: Span) -> Lookup:
    """Return a table that has values at its points and :NA: between them."""
    xs, ys = [-math.inf], [NOT_AVAILABLE]
    for time, value in zip(series.times, series.values, strict=True):
        near = _AT * max(1.0, abs(time))
        xs += [time - near, time + near]
        ys += [value, NOT_AVAILABLE]
    xs[0] = xs[1] - 1.0
    return Lookup(name, tuple(xs), tuple(ys), "discrete", span)


def _read_rows(path: Path) -> list[_Row]:
    """Return the rows of a file that hold anything."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            message = f"this file has {size:,} bytes; the most is {LARGEST_FILE:,}"
            raise InputError(Diagnostic("error", "too-large", message, _start(path)))
        if path.suffix.lower() == ".xlsx":
            return _spreadsheet_rows(path)
        content = path.read_bytes()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}"
        raise UnreadableError(Diagnostic("error", "unreadable-file", message, _start(path))) from None
    text = content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return _text_rows(SourceText(str(path), text))


def _start(path: Path) -> Span:
    return Span(SourceText(str(path), ""), 0, 0)


def _text_rows(source: SourceText) -> list[_Row]:
    first = source.text.partition("\n")[0]
    # Commas stand in the names of subscripted variables too, so they come last.
    delimiter = next((one for one in "\t;" if one in first), ",")
    reader = csv.reader(io.StringIO(source.text), delimiter=delimiter)
    rows: list[_Row] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_Row([cell.strip() for cell in cells], source.line_span(line)))
            line = reader.line_num + 1
    except csv.Error as error:
        place = source.line_span(line)
        raise InputError(Diagnostic("error", "bad-table", f"cannot read this row: {error}", place)) from None
    return rows


def _spreadsheet_rows(path: Path) -> list[_Row]:
    """Return the rows of the first sheet."""
    import zipfile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        message = f"cannot read {path} as a spreadsheet: {error}"
        raise UnreadableError(Diagnostic("error", "unreadable-file", message, _start(path))) from None
    return [_Row(row, _start(path)) for row in rows if any(cell not in (None, "") for cell in row)]


def _series(rows: Sequence[_Row], findings: Findings) -> Mapping[str, Series]:
    """Return the series of one table."""
    if not rows:
        return {}
    header, body = rows[0], rows[1:]
    columns: dict[int, list[tuple[float, float]]] = {}
    for row in body:
        time = _number(row.cells[0], row.span, findings)
        for index, cell in enumerate(row.cells[1:], start=1):
            value = _number(cell, row.span, findings)
            if time is not None and value is not None:
                columns.setdefault(index, []).append((time, value))
        if len(findings.errors) > 20:
            break
    found: dict[str, Series] = {}
    for index, points in columns.items():
        if index < len(header.cells) and str(header.cells[index] or "").strip():
            points.sort(key=lambda point: point[0])
            series = Series(tuple(time for time, _ in points), tuple(value for _, value in points))
            found[name_key(str(header.cells[index]))] = series
    return found


def _number(cell: object, span: Span, findings: Findings) -> float | None:
    """Return a cell as a number, None where it is blank, None with a finding where it is neither."""
    if cell is None or cell == "":
        return None
    try:
        value = float(str(cell))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        findings.error("bad-number", f'"{str(cell)[:40]}" is not a number', span)
        return None
    return value
