"""One measured quantity of a study -> what a page carries of its reporters and reports.

In comes a measure with the study's observations; out come its title, what is assumed and found of each
reporter, and the reports published by the as-of date, column by column. `curves.py` draws what accounts
expect of it; `payload.py` puts both in place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realities.figures.style import letter
from realities.report.curves import level_ends
from realities.report.encode import encode_integers, encode_rising
from realities.report.honest import finite
from realities.report.schema import CurvesData, QuantityData, ReporterData, ReportsData, day_number
from realities.report.unit_words import unit_text
from realities.report.weighed import summary
from realities.weigh.honesty.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from realities.case.folder import Case
    from realities.case.measures import Measure, Reporter
    from realities.case.observations import Observation
    from realities.weigh.study import Study

_LABEL = re.compile(r"\s*(.*\S)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*\Z", re.DOTALL)


@dataclass(slots=True)
class Index:
    """Texts that repeat, each kept once and told by its place."""

    places: dict[str, int]

    def __call__(self, text: str) -> int:
        """Return the place of a text, a new one at the end."""
        return self.places.setdefault(text, len(self.places))


def quantity_data(
    study: Study,
    measure: Measure,
    dates: Sequence[date],
    curves: Mapping[str, CurvesData | None],
    notes: Index,
    cited: Index,
) -> QuantityData:
    """Return a quantity with its reporters, reports and curves; texts and sources go to their indexes."""
    title, unit = split_label(measure.label or measure.quantity, str(measure.unit))
    rows = [row for row in study.case.observations if row.quantity == measure.quantity]
    reporters = list(measure.reporters)
    quantity = QuantityData(
        key=measure.quantity,
        title=title,
        unit=unit,
        kind=measure.kind,
        reporters=[_reporter(study, measure, reporter, dates) for reporter in measure.reporters.values()],
        reports=_reports(rows, reporters, study.as_of, notes, cited),
        coverage=_coverage(study, measure.quantity),
        curves=curves[measure.quantity],
    )
    if (ends := level_ends(measure)) is not None and measure.levels is not None:
        quantity["levels"] = sorted({*measure.levels.levels, *ends})
    if note := " ".join(_notes(study.case, measure)):
        quantity["note"] = note
    return quantity


def _notes(case: Case, measure: Measure) -> Iterator[str]:
    """Yield how reports bound what they tell of, and as what each account reads them, if not all alike."""
    match measure.kind:
        case "floor":
            yield "Reports count from below: at least so many."
        case "ceiling":
            yield "Reports bound from above: at most so many."
    spans = measure.account_expressions
    if not spans:
        return
    read: dict[str, list[str]] = {}
    for k, account in enumerate(case.accounts):
        read.setdefault(spans.get(account.id, measure.expression).text, []).append(letter(k))
    parts = "; ".join(f"{listed(letters)} as “{text.strip()}”" for text, letters in read.items())
    yield f"Accounts read these reports in different ways: {parts}."


def _coverage(study: Study, quantity: str) -> list[list[int] | None]:
    """Reports inside the 90 % band and all of them, per account, as of the last date."""
    last = study.forecasts[study.dates[-1]]
    held = [last[a.id].coverage.get(quantity) if a.id in last else None for a in study.case.accounts]
    return [None if pair is None or not pair[1] else [int(pair[0]), int(pair[1])] for pair in held]


def split_label(label: str, unit: str) -> tuple[str, str]:
    """Return title and unit of a label such as `Area held (km²)`; without brackets, the measure's unit."""
    match = _LABEL.match(label)
    if match:
        return match[1], match[2].strip()
    return label, unit_text(unit)


def _reporter(study: Study, measure: Measure, reporter: Reporter, dates: Sequence[date]) -> ReporterData:
    key = f"[{measure.quantity}, {reporter.name}]"
    posterior: list[list[list[float] | None]] = []
    for day in dates:
        row = []
        for account in study.case.accounts:
            drawn = study.weighings[day].fits[account.id].reporter_parameters
            bias, noise = summary(drawn.get(f"bias{key}")), summary(drawn.get(f"noise{key}"), 2)
            row.append(None if bias is None and noise is None else [*(bias or []), *(noise or [])[1:2]])
        posterior.append(row)
    return ReporterData(
        name=reporter.name,
        copies=reporter.copies,
        bias=reporter.bias.text,
        noise=reporter.noise.text,
        drift="" if reporter.drift is None else reporter.drift.text,
        scale=reporter.scale,
        posterior=posterior if any(any(row) for row in posterior) else [],
    )


def _reports(
    rows: Iterable[Observation], reporters: Sequence[str], as_of: date, notes: Index, cited: Index
) -> ReportsData:
    """Columns of the reports published by the study's own as-of date; later ones are no part of it."""
    dated = [(row.published, row) for row in rows if row.published is not None and row.published <= as_of]
    dated.sort(key=lambda pair: (pair[0], pair[1].happened, reporters.index(pair[1].reporter)))
    kept = [row for _, row in dated]
    published = [day_number(day) for day, _ in dated]
    return ReportsData(
        published=encode_rising(published),
        delay=encode_integers(p - day_number(row.happened) for p, row in zip(published, kept, strict=True)),
        reporter=encode_integers(reporters.index(row.reporter) for row in kept),
        source=encode_integers(cited(row.source) for row in kept),
        note=encode_integers(notes(row.note) for row in kept),
        value=_column(row.value for row in kept),
        low=_column(row.low for row in kept),
        high=_column(row.high for row in kept),
    )


def _column(values: Iterable[float | None]) -> list[float | None]:
    column = [None if v is None else finite(v, 6) for v in values]
    return column if any(v is not None for v in column) else []
