"""Reporting triangles: what is known of recent weeks tells what will be known, where delays stay as they are.

Triangles are drawn at random; one is real, where it is at hand: Russian soldiers known by name to have died,
by week of death, as known at five later moments. Its folder is found through REALITIES_DATA, or beside the
repository as shared/data.
"""

from __future__ import annotations

import csv
import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom
from triangles import Triangle, WeeklyShares, fit

from realities.case.calendar import Calendar
from realities.case.measures import Delay, Measure, Reporter
from realities.case.observations import Observation
from realities.case.priors import Prior
from realities.source import NOWHERE
from realities.units import parse_unit
from realities.weigh.likelihood import ParameterSpace
from realities.weigh.reporting.reports import QuantityReports, quantity_reports
from realities.weigh.sampling.evidence import EFFORTS, Effort, sample_posterior

FloatArray = NDArray[np.float64]
DATA = Path(os.environ.get("REALITIES_DATA", Path(__file__).parents[3] / "shared" / "data"))
NAMED = DATA / "ukraine-2022" / "named_deaths_triangle.csv"
START = date(2020, 1, 5)


def weeks(n: int) -> tuple[date, ...]:
    return tuple(START + timedelta(days=7 * (k + 1)) for k in range(n))


def drawn(
    n: int, published: tuple[date, ...], numbers: tuple[float, ...], rng: np.random.Generator
) -> Triangle:
    """Return a triangle with weekly truths of about 300, the stated delay and noise."""
    empty = Triangle(weeks(n), published, np.zeros((n, len(published)), dtype=np.int64))
    shares = WeeklyShares(empty, by_year=False)(np.array([numbers]))[0]
    truth = 300.0 * np.exp(0.5 * rng.standard_normal(n))
    means = np.maximum(truth[:, None] * np.diff(shares, axis=1, prepend=0.0), 0.0)
    shape = 1.0 / numbers[2] ** 2
    counts = rng.poisson(means * rng.gamma(shape, size=means.shape) / shape).cumsum(axis=1)
    return Triangle(empty.ends, published, counts * empty.is_known)


def chain_ladder(triangle: Triangle) -> FloatArray:
    """Return what the next publication shows of each week but the newest, (week - 1,): the closed form.

    Publications are weekly, one at the end of each week. What a count grows by from one week of age to the
    next is taken from all weeks that have been of both ages (Mack 1993).
    """
    n = len(triangle.ends)
    by_age = np.full((n, n), np.nan)  # (week, age)
    for k in range(n):
        by_age[k, : n - k] = triangle.counts[k, k:]
    found = np.empty(n - 1)
    for k in range(n - 1, 0, -1):
        age = n - 1 - k  # of week k now; the weeks before it have been older
        grown = by_age[:k, age + 1].sum() / by_age[:k, age].sum()
        found[k - 1] = by_age[k, age] * grown
    return found


def test_counts_to_come_lie_in_their_intervals_where_delays_stay_as_they_are() -> None:
    ends = weeks(40)
    published = (ends[25], ends[39], ends[39] + timedelta(days=180))
    inside = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        whole = drawn(40, published, (20.0, 0.4, 0.05, 150.0), rng)
        low, high = np.quantile(fit(whole.as_of(ends[39]), rng).predict(whole, rng), (0.05, 0.95), axis=0)
        inside.append((whole.counts[:, -1] >= low) & (whole.counts[:, -1] <= high))
    # Weeks of one triangle share a delay, so three triangles are less than 120 independent weeks.
    assert 0.8 <= np.mean(inside) <= 0.98


def test_a_weekly_triangle_is_completed_as_a_chain_ladder_does() -> None:
    ends = weeks(19)
    rng = np.random.default_rng(5)
    whole = drawn(19, ends, (25.0, 0.3, 0.03, 120.0), rng)
    now = whole.as_of(ends[17])
    ours = fit(now, rng).predict(whole, rng)[:, 1:].sum(axis=1)
    ladder, came = chain_ladder(now).sum(), whole.counts[1:18, -1].sum()
    known = now.counts[1:, -1].sum()
    assert ours.mean() - known == pytest.approx(ladder - known, abs=3 * ours.std())
    low, high = np.quantile(ours, (0.025, 0.975))
    assert low <= came <= high


@pytest.fixture(scope="module")
def named() -> Triangle:
    if not NAMED.is_file():
        pytest.skip("the triangle of named dead is not here")
    published = tuple(
        date.fromisoformat(day) for day in ("2022-12-31", "2023-12-31", "2024-12-31", "2025-12-31")
    )
    columns = [f"known_{day.year}" for day in published] + ["known_2026_05"]
    with NAMED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ends = tuple(date.fromisoformat(row["week_end"]) for row in rows)
    counts = np.array([[int(row[column]) for column in columns] for row in rows])
    found = Triangle(ends, (*published, date(2026, 5, 11)), counts)
    # A few entries stand in weeks that had not come by the end of 2022: errors of their dates.
    assert (counts[np.array([end > date(2023, 1, 1) for end in ends]), 0] > 0).sum() == 8
    return Triangle(ends, found.published, counts * found.is_known)


def test_at_the_end_of_2022_the_named_dead_of_2026_lie_in_their_intervals(named: Triangle) -> None:
    rng = np.random.default_rng(0)
    now = named.as_of(date(2022, 12, 31))
    predicted = fit(now, rng).predict(named, rng)
    low, high = np.quantile(predicted, (0.05, 0.95), axis=0)
    came = named.counts[: len(now.ends), -1]
    assert np.mean((came >= low) & (came <= high)) >= 0.9
    low, high = np.quantile(predicted.sum(axis=1), (0.05, 0.95))
    assert low <= came.sum() <= high


def test_whoever_takes_delays_to_stay_as_they_were_misses_what_2024_brought(named: Triangle) -> None:
    """In 2024 the dead of 2023 were found more slowly than those of 2022 had been: nothing foretold it."""
    rng = np.random.default_rng(0)
    now, later = named.as_of(date(2023, 12, 31)), named.as_of(date(2024, 12, 31))
    of_2023 = np.array([end.year == 2023 for end in now.ends])
    came = later.counts[: len(now.ends), -1][of_2023].sum()
    ours = np.quantile(fit(now, rng).predict(later, rng)[:, of_2023].sum(axis=1), 0.95)
    # The chain ladder by weeks of the year: known a year later over known at the end of the year.
    week = {end.isocalendar().week: k for k, end in enumerate(now.ends) if end.year == 2022}
    pairs = [(k, week.get(now.ends[k].isocalendar().week)) for k in np.flatnonzero(of_2023)]
    paired = [(k, old) for k, old in pairs if old is not None]
    ladder = sum(now.counts[k, 1] * now.counts[old, 1] / now.counts[old, 0] for k, old in paired)
    assert ours < came
    assert ladder < sum(later.counts[k, -1] for k, _ in paired)


# -- calibration --------------------------------------------------------------------------------------

#: What is uncertain of the synthetic sets: events a day, chance of detection, half-life, noise.
PRIORS = {
    "rate": Prior("lognormal", (20.0, 0.5), ""),
    "bias[q, A]": Prior("beta", (8.0, 4.0), ""),
    "delay[q]": Prior("lognormal", (60.0, 0.5), ""),
    "noise[q, A]": Prior("lognormal", (0.1, 0.5), ""),
}


def synthetic_reports(counts: FloatArray | None = None) -> QuantityReports:
    """Return a triangle of six totals on three days of publication, with counts if given."""
    reporters = {"A": Reporter("A", PRIORS["bias[q, A]"], PRIORS["noise[q, A]"])}
    delay = Delay({}, PRIORS["delay[q]"])
    measure = Measure(
        "q", NOWHERE, parse_unit("person"), "count", "v", {}, reporters, delay, "log", None, "q"
    )
    places = [(day, known) for known in (180, 270, 360) for day in range(30, 181, 30)]
    values = np.zeros(len(places)) if counts is None else counts
    rows = [
        Observation(
            START + timedelta(days=day),
            START + timedelta(days=known),
            "q",
            float(value),
            None,
            None,
            parse_unit("person"),
            1.0,
            "A",
            "",
            "",
        )
        for (day, known), value in zip(sorted(places), values, strict=True)
    ]
    return quantity_reports(measure, rows, Calendar(START, START + timedelta(days=400), "day"))


def ranks(seed: int, effort: Effort = "quick") -> FloatArray:
    """Return where the true numbers of one synthetic set lie among their posterior draws, (number,)."""
    rng = np.random.default_rng(seed)
    space = ParameterSpace(PRIORS)
    true = rng.standard_normal((1, len(space.names)))
    blank = synthetic_reports()
    days = blank.times[None, :]
    numbers = space.values(true)
    counts = blank.predict(numbers["rate"][:, None] * days, numbers, None, rng)[0]
    reports = synthetic_reports(counts)

    def likelihood(points: FloatArray) -> FloatArray:
        values = space.values(points)
        return reports.log_density(values["rate"][:, None] * days, values)

    sample = sample_posterior(likelihood, len(space.names), settings=EFFORTS[effort], seed=[seed, 1])
    return np.asarray((sample.points < true).mean(axis=0))


@pytest.mark.slow
def test_intervals_of_detection_delay_and_truth_hold_as_often_as_they_say() -> None:
    n = 50
    found = np.array([ranks(seed, "default") for seed in range(n)])
    for level in (0.5, 0.9):
        inside = (np.abs(found - 0.5) < 0.5 * level).sum(axis=0)
        least, most = binom(n, level).ppf((0.0005, 0.9995))
        assert (inside >= least).all()
        assert (inside <= most).all()


def test_one_synthetic_set_is_recovered() -> None:
    found = ranks(3, "sketch")
    assert ((found > 0.001) & (found < 0.999)).all()
