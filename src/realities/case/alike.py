"""The same thing under two names: reporters spelled in two ways, figures given twice, undeclared copies.

In come measures and rows; out come findings. Whatever is counted twice weighs twice, so it is refused; two
reporters whose figures are always the same get a warning, since only the author can know whether one copies
the other. `measures.py` and `observations.py` read the files, `folder.py` calls this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from realities.case.identified import reading
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.errors import Diagnostic, Findings

#: So many different figures that agree to the last digit are no chance.
AGREEING: Final = 5
#: Figures agree if they differ by no more than this share, which units may cost.
_SLACK: Final = 1e-9

Late = tuple[date | None, Diagnostic]


def spelling(name: str) -> str:
    """Return a name without what spelling adds: case, spaces, points, hyphens and the width of letters.

    Examples
    --------
    >>> spelling("U.K.  MoD") == spelling("uk mod")
    True
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_]+", " ", re.sub(r"[.'\u2019-]", "", plain)).strip()


def check_names(measures: Mapping[str, Measure], findings: Findings) -> None:
    """Refuse a second reporter of a quantity whose name differs from another's by spelling only."""
    for measure in measures.values():
        seen: dict[str, str] = {}
        for name, reporter in measure.reporters.items():
            other = seen.setdefault(spelling(name), name)
            if other != name:
                message = f'"{other}" and "{name}" name one reporter: what it says would weigh twice'
                hint = "write one name, here and in observations.csv"
                findings.error("duplicate-id", message, reporter.span, hint)


def said_twice(measures: Mapping[str, Measure], rows: Iterable[Observation]) -> list[Late]:
    """Return a finding for every figure that stands under two quantities which read one expression.

    Reporter, days and figure are the same, whatever the unit. Each comes with the day of its publication.
    """
    first: dict[object, list[Observation]] = {}
    found: list[Late] = []
    for row in rows:
        measure = measures[row.quantity]
        reporter = measure.reporters[row.reporter]
        key = (reading(measure), spelling(row.reporter), row.happened, row.published)
        others = first.setdefault(key, [])
        same = next((one for one in others if _agree(measures, one, row)), None)
        if same is not None and reporter.copies is None:
            message = (
                f'this figure stands under "{same.quantity}" as well, which reads the same of the model: '
                "it would weigh twice"
            )
            hint = f"the first is at {same.span}; leave one of them out"
            found.append((row.published, Diagnostic("error", "duplicate-row", message, row.span, (hint,))))
        others.append(row)
    return found


def looks_copied(measures: Mapping[str, Measure], rows: Iterable[Observation]) -> list[Late]:
    """Return a warning for every two reporters whose first figures of the same days are all the same.

    It is dated by the figure that makes it `AGREEING` different ones, so that later rows change nothing.
    """
    by_quantity: dict[str, dict[str, dict[date, Observation]]] = {}
    for row in sorted(rows, key=lambda row: row.published or date.max):
        measure = measures[row.quantity]
        if row.published is None or measure.kind == "ordinal" or measure.reporters[row.reporter].copies:
            continue
        of_reporter = by_quantity.setdefault(row.quantity, {}).setdefault(row.reporter, {})
        of_reporter.setdefault(row.happened, row)
    return [
        finding
        for quantity, said in by_quantity.items()
        for k, one in enumerate(sorted(said))
        for other in sorted(said)[k + 1 :]
        if (finding := _copied(measures[quantity], said[one], said[other])) is not None
    ]


def _copied(
    measure: Measure, one: Mapping[date, Observation], other: Mapping[date, Observation]
) -> Late | None:
    """Return a warning if the first figures that two reporters have in common agree."""
    pairs = [(one[day], other[day]) for day in one.keys() & other.keys()]
    pairs.sort(key=lambda pair: (max(_known(row) for row in pair), pair[0].happened))
    values: set[float] = set()
    for a, b in pairs:
        if a.value is None or b.value is None or not _near(a.value, b.value):
            return None
        values.add(a.value)
        if len(values) == AGREEING:
            later = max(a, b, key=_known)
            earlier = b if later is a else a
            message = (
                f'"{later.reporter}" and "{earlier.reporter}" say the same of "{measure.quantity}", figure '
                "for figure, and both weigh"
            )
            hint = "if one repeats the other, write copies = ... at the one that does, in measures.toml"
            return later.published, Diagnostic("warning", "looks-copied", message, later.span, (hint,))
    return None


def _known(row: Observation) -> date:
    return row.published or date.max


def _agree(measures: Mapping[str, Measure], one: Observation, other: Observation) -> bool:
    """Return whether two rows of one quantity give the same numbers."""
    if one.quantity == other.quantity or not one.unit.same_dimension(other.unit):
        return False
    factor = measures[one.quantity].unit.factor_to(measures[other.quantity].unit)
    pairs: Sequence[tuple[float | None, float | None]] = (
        (one.value, other.value),
        (one.low, other.low),
        (one.high, other.high),
    )
    return all((a is None and b is None) or _near(None if a is None else a * factor, b) for a, b in pairs)


def _near(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and abs(a - b) <= _SLACK * max(abs(a), abs(b))
