"""Observations: published figures, each with the day it speaks of and the day it could be known.

In comes `observations.csv`; out come `Observation`s in the unit of their measure, and what is wrong
with a row beside the day that row was published. `folder.py` keeps both apart by that day, so that
nothing published later can stop or change a run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import isfinite
from typing import Final

from realities.case.calendar import Calendar
from realities.case.csv_text import Cell, Row, csv_rows
from realities.case.measures import Measure
from realities.case.sources import Source, check_keys
from realities.errors import Diagnostic, Findings, did_you_mean, meant_or_there
from realities.source import NOWHERE, SourceText, Span
from realities.units import Unit, UnitError, parse_unit

COLUMNS: Final = (
    "happened", "published", "quantity", "value", "low", "high", "unit", "reporter", "source", "note",
)  # fmt: skip
#: A row published longer than this before the day it speaks of is a forecast: it is kept and not weighed.
FORECAST_DAYS: Final = 31
_REQUIRED: Final = ("happened", "published", "quantity", "unit", "reporter", "source")

#: Rows read from one file, and cells in one row.
MOST_ROWS: Final = 1_000_000
_MOST_CELLS: Final = 1_000

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")

#: Findings that many rows may share are told once, with how many rows share them.
_SHARED: Final = frozenset(
    {
        "unknown-quantity",
        "unknown-reporter",
        "unknown-source",
        "bad-unit",
        "unknown-level",
        "not-rounded-so",
        "no-value",
        "date-outside",
    }
)


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure that one reporter published.

    `value`, `low` and `high` are in the unit of the quantity's measure; divided by `factor` they are
    in `unit`, the row's own. At least one of the three is a number. `published` is None where no day
    is known: such a row is counted and never used.
    """

    happened: date
    published: date | None
    quantity: str
    value: float | None
    low: float | None
    high: float | None
    unit: Unit
    factor: float
    reporter: str
    source: str
    note: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """What a file of observations holds.

    `published` are the days of publication of all rows, usable or not, None where a row has none.
    `late_findings` are what is wrong with rows, each with the day its row was published.
    """

    observations: tuple[Observation, ...] = ()
    published: tuple[date | None, ...] = ()
    late_findings: tuple[tuple[date | None, Diagnostic], ...] = ()


def parse_observations(
    source: SourceText,
    measures: Mapping[str, Measure],
    sources: Mapping[str, Source] | None,
    calendar: Calendar,
    findings: Findings,
    *,
    unread: Collection[str] = (),
) -> Record:
    """Return the rows of a file that can be used, and what is wrong with the others.

    Parameters
    ----------
    source
        The file.
    measures, sources, calendar
        What the rows refer to.
    findings
        Takes what concerns the file as a whole, and rows whose day of publication is empty or
        cannot be read: nothing says when those became known.
    unread
        Quantities whose measure has an error of its own; their rows are passed over.
    """
    rows = csv_rows(source)
    columns = _columns(next(rows, None), source, findings)
    if columns is None:
        return Record()
    reader = _Reader(columns, measures, sources, calendar, unread)
    published: list[date | None] = []
    late: list[tuple[date | None, Diagnostic]] = []
    for index, row in enumerate(rows):
        if index >= MOST_ROWS:
            message = f"only the first {MOST_ROWS:,} rows can be read"
            findings.error("too-large", message, row.cells[0].span)
            break
        found = Findings()
        day, readable = reader.row(row, found)
        if not readable or (day is None and found.errors):
            findings.extend(found.items)
        else:
            late.extend((day, item) for item in found.items)
        if readable:
            published.append(day)
    return Record(tuple(reader.observations), tuple(published), tuple(_told_once(late)))


def _columns(header: Row | None, source: SourceText, findings: Findings) -> dict[str, int] | None:
    """Return the place of each column by its name; None where rows could not be read."""
    if header is None:
        hint = f"the first line names the columns: {','.join(COLUMNS)}"
        findings.error("no-header", "the file is empty", source.span(0), hint)
        return None
    if len(header.cells) == 1 and len(set(COLUMNS) & set(_split(header.cells[0].text))) > 1:
        hint = f"write the first line as {','.join(COLUMNS)}, and point, not comma, in numbers"
        message = "separated by semicolons; commas are needed"
        findings.error("wrong-separator", message, header.cells[0].span, hint)
        return None
    columns: dict[str, int] = {}
    for index, cell in enumerate(header.cells[:_MOST_CELLS]):
        name = cell.text.casefold()
        if name in columns:
            findings.error("duplicate-column", f'two columns are named "{cell.text}"', cell.span)
        elif name in COLUMNS:
            columns[name] = index
        elif name:
            hint = did_you_mean(name, COLUMNS)
            findings.warning("unknown-column", f'the column "{cell.text[:60]}" is not read', cell.span, hint)
    missing = [name for name in _REQUIRED if name not in columns]
    missing += ["value"] if not columns.keys() & {"value", "low", "high"} else []
    for name in missing:
        findings.error("missing-column", f'the column "{name}" is missing', header.cells[0].span)
    return None if missing else columns


def _split(header: str) -> list[str]:
    """Return the names of columns between semicolons."""
    return [name.strip(' "').casefold() for name in header.split(";")]


class _Reader:
    """Turns rows into observations; remembers which it has met."""

    def __init__(
        self,
        columns: Mapping[str, int],
        measures: Mapping[str, Measure],
        sources: Mapping[str, Source] | None,
        calendar: Calendar,
        unread: Collection[str],
    ) -> None:
        self.columns, self.measures, self.sources = columns, measures, sources
        self.calendar, self.unread = calendar, unread
        self.observations: list[Observation] = []
        self.met: dict[tuple[str, str, date, date | None], Span] = {}

    def row(self, row: Row, findings: Findings) -> tuple[date | None, bool]:
        """Read one row; return its day of publication, and whether that could be read."""
        cells = {name: row.cells[at] for name, at in self.columns.items() if at < len(row.cells)}
        published = cells.get("published")
        if published is None:
            message = f"this row has {len(row.cells)} cells, fewer than the columns need"
            findings.error("bad-csv", message, row.cells[-1].span)
            return None, False
        day = _day(published, findings) if published.text else None
        if published.text and day is None:
            return None, False
        if row.problem is not None:
            findings.error("bad-csv", row.problem[0], row.problem[1])
        elif len(cells) < len(self.columns):
            message = f"this row has {len(row.cells)} cells, the header {len(self.columns)}"
            findings.error("bad-csv", message, row.cells[-1].span)
        else:
            self.figure(cells, day, findings)
        return day, True

    def figure(self, cells: Mapping[str, Cell], published: date | None, findings: Findings) -> None:
        """Keep what a row says, unless something in it is wrong."""
        if cells["quantity"].text in self.unread:
            return
        happened = self.happened(cells["happened"], findings)
        measure = self.measure(cells["quantity"], findings)
        check_keys(cells["source"].text, cells["source"].span, self.sources, findings, required=True)
        numbers = [self.number(cells, name, findings) for name in ("value", "low", "high")]
        value, low, high = numbers
        if not findings.errors:
            self.check_range(cells, value, low, high, findings)
        if measure is None:
            return
        self.check_reporter(cells["reporter"], measure, findings)
        conversion = self.conversion(cells["unit"], measure, findings)
        if happened is None or conversion is None or findings.errors:
            return
        unit, factor = conversion
        low, value, high = (None if number is None else number * factor for number in (low, value, high))
        if not all(number is None or isfinite(number) for number in (low, value, high)):
            message, place = f'too large a number for the unit "{measure.unit}"', cells["unit"].span
            findings.error("bad-number", message, place, "is the unit of this row right?")
            return
        reporter, quantity = cells["reporter"].text, measure.quantity
        if not self.is_first((reporter, quantity, happened, published), cells["happened"].span, findings):
            return
        if not self.is_possible(cells, measure, (value, low, high), factor, findings):
            return
        self.check_figure(cells, measure, (value, low, high), findings)
        if findings.errors:
            return
        note = cells["note"].text if "note" in cells else ""
        source, span = cells["source"].text, cells["happened"].span.to(cells["quantity"].span)
        figures = (value, low, high, unit, factor, reporter, source, note, span)
        self.observations.append(Observation(happened, published, quantity, *figures))
        if published is not None and (happened - published).days > FORECAST_DAYS:
            message = (
                f"published {published}, before the day it speaks of, {happened}: a forecast, not weighed"
            )
            findings.warning("published-early", message, cells["published"].span, "are the two days swapped?")

    def happened(self, cell: Cell, findings: Findings) -> date | None:
        day = _day(cell, findings)
        if day is not None and not self.calendar.covers(day):
            message = f"{day} lies outside the case, {self.calendar.start} to {self.calendar.finish}"
            findings.error("date-outside", message, cell.span)
        return day

    def measure(self, cell: Cell, findings: Findings) -> Measure | None:
        if cell.text in self.measures:
            return self.measures[cell.text]
        hint = meant_or_there(cell.text, self.measures)
        message = f'measures.toml has no quantity "{cell.text[:80]}"'
        findings.error("unknown-quantity", message, cell.span, hint)
        return None

    def number(self, cells: Mapping[str, Cell], name: str, findings: Findings) -> float | None:
        """Return the number in a cell; None if it is empty, or with a finding if it is none."""
        cell = cells.get(name)
        if cell is None or not cell.text:
            return None
        number = float(cell.text) if _NUMBER.fullmatch(cell.text) else None
        if number is None or not isfinite(number):
            hint = "numbers have a decimal point and no other signs: 12500.5"
            findings.error("bad-number", f'"{cell.text[:60]}" is not a finite number', cell.span, hint)
            return None
        return number

    def check_range(
        self,
        cells: Mapping[str, Cell],
        value: float | None,
        low: float | None,
        high: float | None,
        findings: Findings,
    ) -> None:
        """Note a row without numbers, and numbers in the wrong order."""
        given = [number for number in (low, value, high) if number is not None]
        place = next((cells[name].span for name in ("value", "low", "high") if name in cells), NOWHERE)
        if not given:
            findings.error("no-value", "a row needs a value, or a low or high bound", place)
        elif given != sorted(given):
            findings.error("bad-range", "low, value and high must not decrease", place)

    def check_reporter(self, cell: Cell, measure: Measure, findings: Findings) -> None:
        if cell.text not in measure.reporters:
            message = f'"{cell.text[:80]}" is no reporter of "{measure.quantity}" in measures.toml'
            hint = meant_or_there(cell.text, measure.reporters)
            findings.error("unknown-reporter", message, cell.span, hint)

    def conversion(self, cell: Cell, measure: Measure, findings: Findings) -> tuple[Unit, float] | None:
        """Return a row's unit and the factor to the measure's unit, or None with a finding."""
        try:
            unit = parse_unit(cell.text)
            return unit, unit.factor_to(measure.unit)
        except UnitError as problem:
            hint = f'the measure of "{measure.quantity}" is in "{measure.unit}", at {measure.span}'
            findings.error("bad-unit", str(problem), cell.span, hint)
            return None

    def is_first(self, key: tuple[str, str, date, date | None], span: Span, findings: Findings) -> bool:
        """Refuse a second row of one reporter, quantity and day that was published on the same day."""
        if key in self.met:
            message = "two rows have this reporter, quantity and day, published on the same day"
            hints = f"the first is at {self.met[key]}", "a revised figure has a later day of publication"
            findings.error("duplicate-row", message, span, *hints)
            return False
        self.met[key] = span
        return True

    def check_figure(
        self,
        cells: Mapping[str, Cell],
        measure: Measure,
        numbers: tuple[float | None, float | None, float | None],
        findings: Findings,
    ) -> None:
        """Note a value that is no level of an ordinal measure, or none to which its reporter rounds."""
        value, reporter = numbers[0], measure.reporters[cells["reporter"].text]
        for name, number in zip(("value", "low", "high"), numbers, strict=True):
            if measure.levels is not None and number is not None and measure.levels.place(number) is None:
                known = ", ".join(f"{level:g}" for level in measure.levels.levels)
                message = f'{cells[name].text} is no level of "{measure.quantity}"'
                hint = f"its levels are {known}, in {measure.unit}"
                findings.error("unknown-level", message, cells[name].span, hint)
        heaping = reporter.heaping
        if heaping is not None and value is not None and not heaping.dividing(value):
            steps = " or ".join(f"{step:g}" for step in heaping.steps)
            message = f'"{reporter.name}" is said to round to {steps}: this is no multiple'
            hint = (
                f"add a smaller step to its heaping, in {measure.unit}; figures may then be rounded to either"
            )
            findings.error("not-rounded-so", message, cells["value"].span, hint)

    def is_possible(
        self,
        cells: Mapping[str, Cell],
        measure: Measure,
        numbers: tuple[float | None, ...],
        factor: float,
        findings: Findings,
    ) -> bool:
        """Leave out, with a warning, a row whose number the quantity cannot have."""
        least, most = measure.possible
        slack = 1e-9 * abs(most) if isfinite(most) else 0.0  # of the conversion of units
        for name, number in zip(("value", "low", "high"), numbers, strict=True):
            if number is not None and not least <= number <= most + slack:
                bounds = (
                    f"between {least / factor:g} and {most / factor:g}" if isfinite(most) else "below zero"
                )
                kind = "must lie" if isfinite(most) else "cannot be"
                message = f'"{measure.quantity}" {kind} {bounds}: the row is left out'
                findings.warning("impossible-value", message, cells[name].span)
                return False
        return True


def _day(cell: Cell, findings: Findings) -> date | None:
    """Return the date in a cell, or None with a finding."""
    try:
        if _DAY.fullmatch(cell.text):
            return date.fromisoformat(cell.text)
    except ValueError:
        pass
    message = f'"{cell.text[:60]}" is not a date' if cell.text else "a date is missing"
    findings.error("bad-date", message, cell.span, "write a day as 2022-02-24")
    return None


def _told_once(
    late: list[tuple[date | None, Diagnostic]],
) -> list[tuple[date | None, Diagnostic]]:
    """Keep one of the findings that say the same of many rows: of the row that was published first."""
    first: dict[object, tuple[date | None, Diagnostic]] = {}
    n_rows: Counter[object] = Counter()
    kept: list[tuple[date | None, Diagnostic]] = []
    for day, item in late:
        if item.code not in _SHARED:
            kept.append((day, item))
            continue
        # Days outside a case differ, and are one mistake: of the case's days, or of a whole file.
        key = (item.code, "" if item.code == "date-outside" else item.message, item.help)
        n_rows[key] += 1
        held = first.get(key)
        if held is None or (held[0] or date.min) > (day or date.min):
            first[key] = (day, item)
    for shared, (day, item) in first.items():
        more = n_rows[shared] - 1
        hints = (*item.help, f"{more} more row{'s' * (more > 1)} with this") if more else item.help
        kept.append((day, replace(item, help=hints)))
    return kept
