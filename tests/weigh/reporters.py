"""Measures, reporters and rows in few words, for the tests of the reporting model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Measure, Reporter
from realities.case.observations import Observation
from realities.case.priors import Prior, fixed_prior, parse_prior
from realities.errors import Findings
from realities.source import NOWHERE, SourceText
from realities.units import parse_unit
from realities.weigh.reporting.reports import quantity_reports

FloatArray = NDArray[np.float64]
PERSON = parse_unit("person")
START = date(2020, 1, 1)
DAILY = Calendar(START, date(2025, 12, 31), "day")


def prior(text: str | float) -> Prior:
    """Return a prior as a file has it."""
    if not isinstance(text, str):
        return fixed_prior(float(text))
    found = parse_prior(text, SourceText("x", text).span(0, len(text)), Findings())
    assert found is not None
    return found


def reporter(name: str = "A", *, bias: str | float = 1, noise: str | float = 0.1, **more: object) -> Reporter:
    """Return a reporter, by default one who is right but for a noise of 0.1."""
    return Reporter(name, prior(bias), prior(noise), **more)  # type: ignore[arg-type]


def measure(*reporters: Reporter, **more: object) -> Measure:
    """Return a measure "q" in persons, by default of values on the log scale."""
    named = {one.name: one for one in reporters}
    basic = Measure("q", NOWHERE, PERSON, "value", "v", {}, named, None, "log", None, "q")
    return replace(basic, **more)  # type: ignore[arg-type]


def row(
    value: float | None = None,
    low: float | None = None,
    high: float | None = None,
    *,
    day: int = 0,
    published: int | None = None,
    who: str = "A",
    factor: float = 1.0,
) -> Observation:
    """Return what somebody published of a day, counted from the start of the case."""
    known = START + timedelta(days=day if published is None else published)
    happened = START + timedelta(days=day)
    return Observation(happened, known, "q", value, low, high, PERSON, factor, who, "s", "")


def log_density(
    measured: Measure, rows: list[Observation], truth: float | FloatArray, **parameters: float
) -> float:
    """Return the log density of rows where the truth is as given at their times."""
    reports = quantity_reports(measured, rows, DAILY)
    at_times = np.broadcast_to(truth, (1, len(reports.times)))
    draws = {name: np.array([value]) for name, value in parameters.items()}
    return float(reports.log_density(at_times, draws)[0])
