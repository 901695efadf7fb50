"""What came of a Reality Check: whether it holds, in how many runs, and where one first breaks it.

In come the verdicts of `judging.py`; out come diagnostics, the line at the end of a check, and the objects of
`check --json`. `cli/check.py` prints them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from realities.errors import Diagnostic, Severity
from realities.source import Span

Status = Literal["holds", "fails", "not run"]


@dataclass(frozen=True, slots=True)
class Miss:
    """Where one run first breaks a check.

    Attributes
    ----------
    conclusion, premise
        What had to follow, and whenever what else is so, as a predicate says it; the latter may be empty.
    held
        What was set, by full name: a number, or another equation.
    time, time_unit, day
        When, in model time, and the date where the case has one. Where something has to come about once and
        never does, when it was nearest.
    by, unit
        By how much, and in which unit, if any; None where a value is no number.
    most, most_time
        By how much it fails at worst, and when.
    run
        Which run it is, in words.
    is_once
        Whether the conclusion has to come about once, not always.
    """

    conclusion: str
    premise: str
    held: Mapping[str, str]
    time: float
    time_unit: str
    day: date | None
    by: float | None
    most: float | None
    most_time: float
    unit: str
    run: str
    is_once: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one check: it holds in `n_held` of `n_runs` runs, or why it was `not run`."""

    name: str
    span: Span
    status: Status
    n_held: int = 0
    n_runs: int = 0
    miss: Miss | None = None
    reason: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the verdict as the object that `check --json` prints."""
        at = None
        if self.miss is not None:
            day = self.miss.day
            at = {"time": self.miss.time, "date": None if day is None else day.isoformat()}
        return {
            "name": self.name,
            "line": self.span.line,
            "status": self.status,
            "held": self.n_held,
            "of": self.n_runs,
            "at": at,
            "reason": self.reason or (sentence(self.miss) if self.miss is not None else ""),
        }


def sentence(miss: Miss) -> str:
    """Return what had to follow, when it did not, and by how much."""
    when = f"at {_time(miss, miss.time)}" + (f", {miss.day}" if miss.day is not None else "")
    if miss.by is None:
        return f"{miss.conclusion} has no value {when}: the run left the real numbers"
    if miss.is_once:
        amount = _amount(miss, miss.by)
        return f"{miss.conclusion} never comes about: it is nearest {when}, and misses by {amount}"
    text = f"{miss.conclusion} does not follow: it first fails {when}, by {_amount(miss, miss.by)}"
    if miss.most is not None and miss.most > 1.05 * miss.by:
        text += f", and at worst at {_time(miss, miss.most_time)}, by {_amount(miss, miss.most)}"
    return text


def _time(miss: Miss, time: float) -> str:
    return f"{time:.6g} {miss.time_unit}".strip()


def _amount(miss: Miss, amount: float) -> str:
    return f"{amount:.3g} {miss.unit}".strip()


def diagnose(verdicts: Sequence[Verdict], severity: Severity) -> Iterator[Diagnostic]:
    """Yield a finding on each check that fails, and a warning on each that was not run.

    Parameters
    ----------
    verdicts
        In the order of the file.
    severity
        Of a check that fails.
    """
    for verdict in verdicts:
        if verdict.status == "not run":
            message = f'the Reality Check "{verdict.name}" was not run: {verdict.reason}'
            yield Diagnostic("warning", "reality-check-not-run", message, verdict.span)
        elif verdict.miss is not None:
            message = f'the Reality Check "{verdict.name}" fails: {sentence(verdict.miss)}'
            yield Diagnostic(severity, "reality-check", message, verdict.span, tuple(_hints(verdict)))


def _hints(verdict: Verdict) -> Iterator[str]:
    """Yield what was set, in how many runs the check holds, and what to do."""
    miss = verdict.miss
    assert miss is not None
    set_to = [f"{name} = {value}" for name, value in miss.held.items()]
    so = [f"wherever {miss.premise}"] if miss.premise else []
    if set_to or so:
        yield " ".join([*([f"with {', '.join(set_to)}"] if set_to else []), *so])
    if verdict.n_runs > 1:
        yield f"it holds in {verdict.n_held} of {verdict.n_runs} runs; this is {miss.run}"
    yield "change the equations that let it happen, or the check where it asks for too much"


def summary(verdicts: Sequence[Verdict]) -> str:
    """Return the line that ends a check: how many hold, fail and were not run; empty without any."""
    if not verdicts:
        return ""
    counts = {kind: sum(one.status == kind for one in verdicts) for kind in get_args(Status)}
    n_runs = max(one.n_runs for one in verdicts)
    runs = f" in all {n_runs} runs" if n_runs > 1 and counts["holds"] else ""
    if counts["holds"] == len(verdicts):
        only = "The one Reality Check holds" if len(verdicts) == 1 else f"{len(verdicts)} Reality Checks hold"
        return f"{only}{runs}."
    verb = "holds" if counts["holds"] == 1 else "hold"
    line = f"{counts['holds']} of {len(verdicts)} Reality Checks {verb}{runs}"
    if counts["fails"]:
        line += f"; {counts['fails']} {'fails' if counts['fails'] == 1 else 'fail'}"
    if counts["not run"]:
        line += f"; {counts['not run']} {'was' if counts['not run'] == 1 else 'were'} not run"
    return f"{line}."
