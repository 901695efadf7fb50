"""The worker's likelihood of reports against the package's own, draw by draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_worker import FloatArray, Problem, needs_node, worker_found

from realities.case.calendar import Calendar
from realities.case.erring import Drift, Heaping, Levels, Origin
from realities.case.folder import load_case
from realities.case.measures import Delay, Discrepancy, Measure, Reporter, SlowPart
from realities.case.observations import Observation
from realities.case.priors import Prior, fixed_prior, parse_prior
from realities.errors import Findings
from realities.source import NOWHERE
from realities.units import parse_unit
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.reporting.reports import quantity_reports

pytestmark = needs_node
START = date(2020, 1, 1)
DAILY = Calendar(START, date(2025, 12, 31), "day")
MONTHLY = Calendar(START, date(2025, 12, 31), "month", 3.0)
PERSON = parse_unit("person")


def prior(text: str | float) -> Prior:
    if not isinstance(text, str):
        return fixed_prior(float(text))
    found = parse_prior(text, NOWHERE, Findings())
    assert found is not None
    return found


def reporter(name: str, bias: str | float = 1, noise: str | float = 0.1, **more: Any) -> Reporter:
    return Reporter(name, prior(bias), prior(noise), **more)


def measure(*reporters: Reporter, **more: Any) -> Measure:
    """Return a measure "q" in persons, by default of values on the log scale."""
    named = {one.name: one for one in reporters}
    basic = Measure("q", NOWHERE, PERSON, "value", "v", {}, named, None, "log", None, "q")
    return replace(basic, **more)


def row(
    value: float | None = None,
    low: float | None = None,
    high: float | None = None,
    *,
    day: int,
    late: int = 0,
    who: str = "A",
) -> Observation:
    happened = START + timedelta(days=day)
    known = happened + timedelta(days=late)
    return Observation(happened, known, "q", value, low, high, PERSON, 1.0, who, "s", "")


def growing(reports: Any, rng: np.random.Generator, n: int = 5) -> FloatArray:
    """Return truths near what was reported, (draw, time)."""
    level = 100.0 * np.exp(0.3 * rng.standard_normal((n, 1)))
    return np.asarray(level * (1.0 + np.linspace(0.0, 0.3, len(reports.times))))


def compared(problems: list[Problem], folder: Path) -> None:
    """Check that the worker needs the truth when the package does, and finds the same log densities."""
    for problem, found in zip(problems, worker_found(problems, folder), strict=True):
        name = problem.reports.measure.quantity
        assert found["times"] == pytest.approx(problem.reports.times, rel=1e-12), name
        expected = problem.reports.log_density(problem.truths, problem.numbers)
        assert found["logs"] == pytest.approx(expected, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("name", ["lynx-hare", "ehrlich-simon", "ukraine-2022"])
def test_the_worker_finds_the_likelihood_of_every_bundled_case(name: str, tmp_path: Path) -> None:
    case = load_case(name)
    problems = []
    for account in (case.accounts[0].id, case.accounts[-1].id):
        likelihood = AccountLikelihood(case, account, case.latest_published)
        rng = np.random.default_rng(3)
        draws = likelihood.space.values(0.7 * rng.standard_normal((4, likelihood.dimension)))
        truths, failed = likelihood.truths(draws, 4)
        assert not failed.any()
        problems += [
            Problem(reports, case.calendar, truths[quantity], draws)
            for quantity, reports in likelihood.reports.items()
        ]
    assert len(problems) >= 4
    compared(problems, tmp_path)


VALUES = [
    row(104.0, day=9),
    row(97.0, day=40, who="B"),
    row(131.0, 120.0, 150.0, day=400),
    row(122.0, day=400, who="B"),
]
WANDERING = Discrepancy(0.2, 60.0)
ERRING: dict[str, tuple[Measure, list[Observation]]] = {
    "nothing shared": (measure(reporter("A"), reporter("B", noise=0.3)), VALUES),
    "a bias, a trend, and noises that are sampled": (
        measure(
            reporter("A", "lognormal(median=1, sigma=0.2)", "halfnormal(0.3)", drift=prior("normal(0, 0.1)")),
            reporter("B", "uniform(0.5, 2)", 0.2, drift=prior("uniform(-0.1, 0.1)"), since=date(2020, 2, 1)),
            discrepancy=WANDERING,
        ),
        VALUES,
    ),
    "log odds": (
        measure(
            reporter("A", "lognormal(median=1, sigma=0.2)", 0.3, scale="logit"),
            reporter("B", scale="logit"),
            unit=parse_unit("fraction"),
            scale="logit",
            discrepancy=WANDERING,
        ),
        [row(0.2, day=3), row(0.35, day=50, who="B"), row(0.4, 0.3, 0.5, day=90)],
    ),
    "the linear scale": (
        measure(
            reporter("A", "normal(1, 0.1)", 4.0, scale="linear", drift=prior("normal(0, 2)")),
            reporter("B", 0.9, "halfnormal(5)", scale="linear"),
            scale="linear",
            discrepancy=Discrepancy(5.0, 90.0),
        ),
        [*VALUES, row(low=80.0, high=110.0, day=500), row(low=100.0, day=520, who="B")],
    ),
    "walks and an origin": (
        measure(
            reporter("A", "lognormal(median=1, sigma=0.2)", walk=prior("halfnormal(0.2)"), origin="registry"),
            reporter("B", origin="registry", walk=prior(0.1), since=date(2020, 3, 1)),
            origins={
                "registry": Origin(
                    "registry",
                    prior("lognormal(median=1, sigma=0.3)"),
                    Drift(prior("normal(0, 0.2)"), prior(0.1)),
                    prior("halfnormal(0.2)"),
                    30.0,
                )
            },
            discrepancy=WANDERING,
        ),
        [*VALUES, row(low=90.0, high=200.0, day=401), row(141.0, day=700)],
    ),
    "an origin on the linear scale": (
        measure(
            reporter("A", "normal(1, 0.1)", 4.0, scale="linear", origin="registry"),
            reporter("B", 1, 4.0, scale="linear", origin="registry"),
            scale="linear",
            origins={
                "registry": Origin(
                    "registry", prior("lognormal(median=1, sigma=0.1)"), Drift(), prior(2.0), 7.0
                )
            },
        ),
        VALUES,
    ),
    "intervals alone": (
        measure(reporter("A"), discrepancy=WANDERING),
        [
            row(low=90.0, high=110.0, day=5),
            row(low=120.0, day=300),
            row(high=150.0, day=310),
            row(0.0, day=2),
        ],
    ),
    "far out intervals": (
        measure(reporter("A", noise=0.001), discrepancy=Discrepancy(0.002, 30.0)),
        [row(low=300.0, high=330.0, day=5), row(low=10.0, high=12.0, day=7), row(101.0, day=8)],
    ),
    "levels": (
        measure(
            reporter("A", 1, 0.4, scale="logit"),
            reporter("B", "lognormal(median=1, sigma=0.4)", 0.4, scale="logit"),
            kind="ordinal",
            scale="logit",
            unit=parse_unit("fraction"),
            levels=Levels((0.0, 0.5, 1.0), (0.25, 0.75)),
        ),
        [row(0.5, day=3), row(1.0, day=60, who="B")],
    ),
    "many intervals": (
        measure(
            reporter("A", "lognormal(median=1, sigma=0.1)", noise=0.2), discrepancy=Discrepancy(0.1, 60.0)
        ),
        [row(low=80.0 + k, high=120.0 + 2 * k, day=10 * k) for k in range(6)],
    ),
    "figures rounded to several steps": (
        measure(
            reporter("A", noise=0.05, heaping=Heaping((1.0, 5.0, 10.0), None)),
            reporter("B", noise=0.05, heaping=Heaping((1.0, 10.0), (0.3, 0.7))),
            discrepancy=WANDERING,
        ),
        [row(100.0, day=3), row(103.0, day=9), row(110.0, day=60, who="B"), row(101.0, day=70, who="B")],
    ),
    "floors": (
        measure(
            reporter("A", "lognormal(median=0.9, sigma=0.1)"),
            reporter("B"),
            kind="floor",
            delay=Delay({2020: 40.0, 2021: 90.0}),
        ),
        [row(60.0, day=100, late=20), row(80.0, day=300, who="B"), row(85.0, day=700, late=90)],
    ),
    "ceilings of a wandering quantity": (
        measure(reporter("A", noise="halfnormal(0.2)"), kind="ceiling", discrepancy=WANDERING),
        [row(130.0, day=100), row(160.0, day=300)],
    ),
    "values that fill up": (
        measure(reporter("A"), delay=Delay({}, prior("lognormal(p5=20, p95=80)"))),
        [row(90.0, day=200, late=10), row(101.0, day=400, late=30)],
    ),
    "counts": (
        measure(reporter("A", "beta(20, 5)", 0.0), kind="count"),
        [row(70.0, day=100), row(88.0, day=300), row(80.0, day=500), row(90.0, day=700)],
    ),
    "counts that vary more and fill up": (
        measure(
            reporter("A", 0.8, "halfnormal(0.4)"),
            reporter("B", 0.5, 0.05),
            kind="count",
            delay=Delay(
                {2020: prior("lognormal(p5=20, p95=80)"), 2021: 90.0},
                None,
                SlowPart({}, prior("lognormal(p5=200, p95=900)"), prior("beta(2, 8)")),
            ),
            period_days=200,
        ),
        [
            row(30.0, day=220, late=10),
            row(38.0, day=220, late=90),
            row(31.0, day=420, late=10),
            row(20.0, day=420, late=10, who="B"),
        ],
    ),
}


def drawn(reports: Any, n: int) -> dict[str, FloatArray]:
    u = (np.arange(n) + 0.5) / n
    return {name: one.ppf((u + 0.37 * k) % 1.0) for k, (name, one) in enumerate(reports.parameters.items())}


@pytest.mark.parametrize("calendar", [DAILY, MONTHLY], ids=["days", "months"])
def test_the_worker_finds_the_likelihood_however_reporters_err(calendar: Calendar, tmp_path: Path) -> None:
    problems = []
    for name, (measured, rows) in ERRING.items():
        reports = quantity_reports(replace(measured, quantity=name), rows, calendar)
        truths = growing(reports, np.random.default_rng(1))
        if measured.unit == parse_unit("fraction"):
            truths = truths / 300.0
        elif measured.kind == "count" or measured.delay is not None:
            truths = np.cumsum(truths / truths.sum(axis=1, keepdims=True), axis=1) * truths[:, -1:]
        problems.append(Problem(reports, calendar, truths, drawn(reports, len(truths))))
    compared(problems, tmp_path)
