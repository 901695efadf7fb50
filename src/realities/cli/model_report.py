"""The compatibility report of one model, as lines of plain text for a terminal or a pipe.

In comes a `Report`; out come lines of at most 80 columns, or one object for `--json`. Only headings are
painted, and only where colour is wanted; no line needs its colour to be understood.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

import click

from realities.errors import MOST_ERRORS
from realities.model.compatibility import FunctionUse, NameUse, Report
from realities.model.kinds import KINDS, Kind

WIDTH = 80
#: How wide the column of headings is.
HEADING = 15
#: More places than this are counted, not listed.
MOST_PLACES = 8
#: More stocks that may go below zero than this are counted, not listed.
MOST_DRAINS = 12

_LANGUAGES = {"vensim": "Vensim", "xmile": "XMILE"}
_INTEGRATORS = {"euler": "Euler", "rk2": "RK2", "rk4": "RK4", "rk45": "RK45"}
_ENCODINGS = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
_PLURALS: dict[Kind, str] = {
    "stock": "stocks",
    "flow": "flows",
    "auxiliary": "auxiliaries",
    "constant": "constants",
    "lookup": "lookups",
    "data": "data",
    "control": "",
}


def report_lines(report: Report, *, is_painted: bool = False) -> list[str]:
    """Return a report as lines; headings are bold where it is painted."""
    lines = [_verdict(report, is_painted), f"  {_origin(report)}"]
    for section in (
        _variables,
        _dimensions,
        _macros,
        _functions,
        _time,
        _files,
        _units,
        _below_zero,
        _reality_checks,
    ):
        found = list(section(report))
        if found:
            lines += _headed(found[0], found[1:], is_painted)
    return lines


def name_lines(names: Sequence[NameUse]) -> list[str]:
    """Return one line for each name: the name with its subscripts, what it is, its unit and its line."""
    rows = [(_spelled(use), use.kind, use.unit or "no unit", f"line {use.line}") for use in names]
    widths = [min(max((len(row[column]) for row in rows), default=0), 40) for column in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]


def report_json(report: Report, *, with_names: bool) -> dict[str, object]:
    """Return a report as the object that `check --json` prints under "model"."""
    answer = asdict(report)
    names = answer.pop("all_names")
    return {**answer, "all_names": names} if with_names else answer


# -- the parts, each a heading and its lines ------------------------------------------------------------


def _verdict(report: Report, is_painted: bool) -> str:
    if report.opens:
        return f"{_bold(report.file, is_painted)} opens"
    why = _count(report.n_errors, "error") + (" or more" if report.n_errors >= MOST_ERRORS else "")
    return f"{_bold(report.file, is_painted)} is refused: {why}; what could be read of it:"


def _origin(report: Report) -> str:
    encoding = _ENCODINGS.get(report.encoding, report.encoding)
    parts = [_LANGUAGES[report.dialect], encoding, _count(report.n_equations, "equation")]
    return ", ".join(part for part in parts if part)


def _variables(report: Report) -> Iterator[str]:
    if not any(report.names.values()):
        return
    if report.scalars is None or dict(report.scalars) == dict(report.names):
        yield "Variables"
        yield ", ".join(
            f"{report.names[kind]:,} {_noun(kind, report.names[kind])}"
            for kind in KINDS
            if report.names[kind]
        )
        return
    yield "Variables"
    yield f"{'':14}{'names':>8}{'scalars':>10}"
    for kind in KINDS:
        if report.names[kind] or report.scalars[kind]:
            yield f"{_PLURALS[kind]:14}{report.names[kind]:>8,}{report.scalars[kind]:>10,}"
    total = sum(report.names.values()), sum(report.scalars.values())
    yield f"{'all':14}{total[0]:>8,}{total[1]:>10,}"


def _dimensions(report: Report) -> Iterator[str]:
    if report.dimensions:
        yield "Dimensions"
        yield ", ".join(f"{dimension.name} ({dimension.size:,})" for dimension in report.dimensions)


def _macros(report: Report) -> Iterator[str]:
    if report.macros:
        yield "Macros"
        yield ", ".join(f"{macro.name} {macro.count or 'not called'}" for macro in report.macros)


def _functions(report: Report) -> Iterator[str]:
    if not report.functions:
        return
    yield "Functions"
    supported = [use for use in report.functions if use.status == "supported"]
    others = [use for use in report.functions if use.status != "supported"]
    verdict = "all supported" if not others else f"{len(supported)} supported, {len(others)} not"
    yield f"{len(report.functions)} used, {verdict}"
    if supported:
        yield ", ".join(f"{use.name} {use.count:,}" for use in supported)
    for use in others:
        yield _refused(use)


def _refused(use: FunctionUse) -> str:
    word = "not supported" if use.status == "refused" else "not known"
    return f"{use.name} {use.count:,}: {word}, {_places(use.lines)}"


def _time(report: Report) -> Iterator[str]:
    time = report.time
    if not report.n_equations:
        return
    yield "Time"
    unit = f" {time.unit}" if time.unit else ""
    method = "by a method not supported" if report.method_refused else _INTEGRATORS[time.integrator]
    if time.initial_time is None and time.final_time is None and time.time_step is None:
        yield f"not said in the file, {method}"
        return
    start, end = time.initial_time or "0 (assumed)", time.final_time or "100 (assumed)"
    step = time.time_step or "1 (assumed)"
    saved = "" if time.save_period in (None, step) else f", saved every {time.save_period}"
    yield f"{start} to {end}{unit} in steps of {step}{saved}, {method}"


def _files(report: Report) -> Iterator[str]:
    if report.files or report.data:
        yield "Data"
        for file in report.files:
            there = "is there" if file.is_there else "is missing"
            yield f'"{file.name}" {there}, named on {_places(file.lines)}'
        if report.data:
            shown = ", ".join(report.data[:MOST_PLACES])
            more = f" and {len(report.data) - MOST_PLACES:,} more" if len(report.data) > MOST_PLACES else ""
            yield f"to be given with --data FILE: {shown}{more}"


def _units(report: Report) -> Iterator[str]:
    units = report.units
    parts = []
    if units.mismatches:
        parts.append(f"do not balance on {_places(units.mismatches)}")
    elif report.opens and units.n_without < sum(report.names.values()):
        parts.append("all that are declared balance")
    if units.unreadable:
        parts.append(f"{_count(len(units.unreadable), 'unit')} cannot be read: {_places(units.unreadable)}")
    if units.n_without:
        parts.append(f"{_count(units.n_without, 'name')} without unit")
    if parts:
        yield "Units"
        yield from parts


def _below_zero(report: Report) -> Iterator[str]:
    drains = report.may_go_negative
    if not drains:
        return
    yield "Below zero?"
    stocks = len({drain.stock for drain in drains})
    yield f"{_count(stocks, 'stock')} with an outflow that is not computed from the stock:"
    for drain in drains[:MOST_DRAINS]:
        yield f'  "{drain.stock}" by "{drain.outflow}", line {drain.line}'
    if len(drains) > MOST_DRAINS:
        yield f"  and {len(drains) - MOST_DRAINS:,} more; --json lists them all"


def _reality_checks(report: Report) -> Iterator[str]:
    if report.n_reality_checks or report.n_test_inputs:
        yield "Reality Checks"
        yield f"{report.n_reality_checks:,}, and {_count(report.n_test_inputs, 'test input')}"
        yield f"as claims of a case: realities convert {report.file} claims.toml"


# -- words and layout -----------------------------------------------------------------------------------


def _headed(heading: str, lines: Iterable[str], is_painted: bool) -> Iterator[str]:
    """Yield lines behind a heading, wrapped where they are too long."""
    label = _bold(heading.ljust(HEADING), is_painted)
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()))
        wrapped = textwrap.wrap(
            line,
            WIDTH - HEADING,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
            replace_whitespace=False,
            subsequent_indent=indent + "  ",
        )
        for part in wrapped or [""]:
            yield (label + part).rstrip()
            label = " " * HEADING


def _places(lines: Sequence[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:MOST_PLACES])
    more = f" and {len(lines) - MOST_PLACES:,} more" if len(lines) > MOST_PLACES else ""
    return f"line{'s' if len(lines) != 1 else ''} {shown}{more}"


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}" + ("" if n == 1 else "s")


def _noun(kind: Kind, n: int) -> str:
    return kind if n == 1 else _PLURALS[kind]


def _spelled(use: NameUse) -> str:
    return f"{use.name}[{','.join(use.subscripts)}]" if use.subscripts else use.name


def _bold(text: str, is_painted: bool) -> str:
    return click.style(text, bold=True) if is_painted else text
