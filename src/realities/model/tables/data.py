"""Values of data variables from tables: CSV, tab-separated text, a spreadsheet or Vensim's `.dat`.

The first column is time, each other column a variable under its name, subscripts as `Name[a,b]`. Blank
cells and :NA: say nothing. `define.py` gives each data variable its series, as a table that an engine reads.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from realities.errors import Diagnostic, Findings, InputError, UnreadableError, did_you_mean
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.model import Lookup, name_key
from realities.model.syntax import Interpolation
from realities.model.tables.sheets import Allowance, TableError, as_number
from realities.model.tables.spreadsheet import open_book
from realities.source import NOWHERE, SourceText, Span, decode

#: A data file larger than this is refused unread, in bytes.
LARGEST_FILE = 64_000_000
#: What a spreadsheet with series may hold.
MOST_CELLS = 10_000_000
#: How near a time must be to a point of raw data to be at it.
_AT = 1e-6
_POINT = re.compile(r"\s*([-+.\deE]*\d[-+.\deE]*)[\s,]+([-+.\deE]*\d[-+.\deE]*|:NA:)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one variable, in order of time."""

    times: tuple[float, ...]
    values: tuple[float, ...]
    name: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


#: What a variable without data is: not available at any time.
NOTHING = Series((0.0,), (NOT_AVAILABLE,))


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table, and where it stands."""

    cells: Sequence[object]
    span: Span


def split_data(names: Iterable[Path | str]) -> tuple[list[Path], dict[str, Path]]:
    """Return the files with series, and the files that stand for names such as `?data` in a model.

    The second kind is written `?data=FILE`.
    """
    files: list[Path] = []
    tags: dict[str, Path] = {}
    for name in names:
        tag, equals, file = str(name).partition("=")
        if tag.startswith("?") and equals and not Path(name).exists():
            tags[tag] = Path(file)
        else:
            files.append(Path(name))
    return files, tags


def read_data(paths: Iterable[Path], findings: Findings) -> dict[str, Series]:
    """Return the series in some files by the key of their name; a later file's replace an earlier's.

    Raises
    ------
    UnreadableError
        If a file is missing or cannot be read.
    """
    found: dict[str, Series] = {}
    for path in paths:
        found |= _read_file(path, findings)
    return found


def tell_unused(data: Mapping[str, Series], known: Mapping[str, str], findings: Findings) -> None:
    """Warn of series that match no name of a model, once for each file.

    Parameters
    ----------
    data
        Series by the key of their name.
    known
        The full names of the model's variables by their key.
    findings
        Takes the warnings.
    """
    unused: dict[str, list[Series]] = {}
    for key, series in data.items():
        if key not in known:
            unused.setdefault(series.span.source.name, []).append(series)
    for strangers in unused.values():
        these = "these columns name" if len(strangers) > 1 else "this column names"
        message = f"{these} no variable of this model: {listed([series.name for series in strangers])}"
        hint = "each column after the first is a variable by name, its subscripts as in Name[a,b]"
        meant = did_you_mean(strangers[0].name, known.values())
        findings.warning("unknown-column", message, strangers[0].span, meant, hint)


#: How the values of data variables are given.
GIVE_DATA = "give values with --data FILE: first column time, every other column a variable by name"


def tell_missing(wanting: Sequence[tuple[str, Span]], findings: Findings, *, is_error: bool) -> None:
    """Note which variables want data that are not there: an error at each, or one warning for them all."""
    if is_error:
        for name, place in wanting:
            message = f'"{name}" is a data variable, and no data are given for it'
            findings.error("missing-data", message, place, GIVE_DATA)
    elif wanting:
        names = list(dict.fromkeys(name for name, _ in wanting))
        message = f"{listed(names)} {'want' if len(names) > 1 else 'wants'} data that are not there"
        findings.warning("missing-data", message, wanting[0][1], f"for data variables, {GIVE_DATA}")


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names between quotation marks in one sentence, the last of a long list counted.

    >>> listed(["a", "b", "c", "d"], 3)
    '"a", "b", "c" and 1 other'
    """
    shown = [f'"{name}"' for name in names[:most]]
    if len(names) > most:
        others = len(names) - most
        return f"{', '.join(shown)} and {others} other{'s' if others > 1 else ''}"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


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


def _read_file(path: Path, findings: Findings) -> Mapping[str, Series]:
    """Return the series of one file."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            message = f"this file has {size:,} bytes; the most is {LARGEST_FILE:,}"
            raise InputError(Diagnostic("error", "too-large", message, _start(path)))
        if path.suffix.lower() in (".vdf", ".vdfx"):
            message = f"{path.name} is a run of Vensim in its own binary form, which is not read"
            hint = "export it from Vensim as .dat, .tab or .csv (Model > Export Dataset)"
            raise InputError(Diagnostic("error", "unknown-format", message, _start(path), (hint,)))
        if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
            return _series(_spreadsheet_rows(path), findings)
        text = decode(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}"
        raise UnreadableError(Diagnostic("error", "unreadable-file", message, _start(path))) from None
    source = SourceText(str(path), text)
    if path.suffix.lower() == ".dat":
        return _listed_series(source, findings)
    return _series(_text_rows(source), findings)


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
    """Return the rows of the first sheet, each from the first column to its last."""
    allowance = Allowance(cells=MOST_CELLS)
    rows = []
    try:
        sheet = open_book(path, allowance).first()
        for number in sorted(sheet.rows):
            cells = sheet.rows[number]
            width = max(cells)
            allowance.take_cells(width)  # blank cells are cells of a row here
            row = [cells.get(column) for column in range(1, width + 1)]
            rows.append(_Row(row, _start(path)))
    except TableError as error:
        code = "unreadable-file" if error.code == "bad-table" else error.code
        message = f"cannot read {path}: this file {error}"
        raise UnreadableError(Diagnostic("error", code, message, _start(path))) from None
    return rows


def _listed_series(source: SourceText, findings: Findings) -> Mapping[str, Series]:
    """Return the series of a file that Vensim exports as `.dat`: a name, then a time and a value a line."""
    found: dict[str, tuple[str, Span, list[tuple[float, float]]]] = {}
    points: list[tuple[float, float]] | None = None
    for number, line in enumerate(source.text.split("\n"), start=1):
        match = _POINT.fullmatch(line)
        if match is None and line.strip():
            points = []
            found[name_key(line)] = (line.strip(), source.line_span(number), points)
        elif match is not None and points is not None:
            value = as_number(match[2])
            if value is not None and not is_missing(value):
                points.append((float(match[1]), value))
        elif match is not None:
            findings.error("bad-table", "a name should stand before this line", source.line_span(number))
            break
    return {key: _sorted(name, span, points) for key, (name, span, points) in found.items() if points}


def _sorted(name: str, span: Span, points: Sequence[tuple[float, float]]) -> Series:
    """Return a series in order of time."""
    ordered = sorted(points, key=lambda point: point[0])
    return Series(tuple(time for time, _ in ordered), tuple(value for _, value in ordered), name, span)


def is_missing(value: float) -> bool:
    """Return whether a number stands for none, as Vensim writes :NA: with six digits."""
    return abs(value - NOT_AVAILABLE) <= 1e-5 * abs(NOT_AVAILABLE)


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
            name = str(header.cells[index]).strip()
            found[name_key(name)] = _sorted(name, header.span, points)
    return found


def _number(cell: object, span: Span, findings: Findings) -> float | None:
    """Return a cell as a number, None where it is blank, None with a finding where it is neither."""
    if cell is None or cell == "" or str(cell).upper() == ":NA:":
        return None
    try:
        value = float(str(cell))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        findings.error("bad-number", f'"{str(cell)[:40]}" is not a number', span)
        return None
    return None if is_missing(value) else value
