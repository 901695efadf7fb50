"""Confirmed counts: against scipy's distributions, point processes drawn at random, and closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from realities.case.calendar import Calendar
from realities.case.counted import events_per_unit
from realities.case.measures import Delay, Measure, Reporter, SlowPart
from realities.case.observations import Observation
from realities.case.priors import Prior, fixed_prior, parse_prior
from realities.errors import Findings
from realities.source import NOWHERE, SourceText
from realities.units import parse_unit
from realities.weigh.reporting.counts import CountReports, log_probability, sample_counts
from realities.weigh.reporting.increments import Count, ledger
from realities.weigh.reporting.quantity import QuantityReports
from realities.weigh.reporting.reports import quantity_reports

FloatArray = NDArray[np.float64]
PERSON = parse_unit("person")
START = date(2020, 1, 1)
DAILY = Calendar(START, date(2025, 12, 31), "day")
ALL = -np.inf


def prior(text: str | float) -> Prior:
    if not isinstance(text, str):
        return fixed_prior(float(text))
    found = parse_prior(text, SourceText("x", text).span(0, len(text)), Findings())
    assert found is not None
    return found


def counting(
    *, bias: str | float = 0.5, noise: str | float = 0.0, half_life: float | None = 60.0, **more: object
) -> Measure:
    """Return a measure of kind "count" with one reporter."""
    delay = None if half_life is None else Delay({2020: half_life})
    reporters = {"A": Reporter("A", prior(bias), prior(noise))}
    basic = Measure("q", NOWHERE, PERSON, "count", "v", {}, reporters, delay, "log", None, "q")
    return replace(basic, **more)  # type: ignore[arg-type]


def row(count: float, day: int, published: int | None = None, *, factor: float = 1.0) -> Observation:
    known = START + timedelta(days=day if published is None else published)
    happened = START + timedelta(days=day)
    return Observation(happened, known, "q", count, None, None, PERSON, factor, "A", "s", "")


def steady(reports: QuantityReports, per_day: float = 10.0) -> FloatArray:
    """Return the running total of events that come evenly, shape (1, time)."""
    return np.asarray(per_day * reports.times[None, :])


def waiting(days: float, half_life: float, per_day: float = 10.0) -> float:
    """Return how many of the events of so many days, come evenly, are not counted at their end."""
    rate = np.log(2) / half_life
    return float(per_day * (1 - np.exp(-rate * days)) / rate)


def known_by(day: float, published: float, half_life: float = 60.0, per_day: float = 10.0) -> float:
    """Return the events up to a day that are counted by another, of those that come evenly."""
    late = waiting(day, half_life, per_day) * 2 ** (-(published - day) / half_life)
    return per_day * day - late


# -- one count ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [1e-3, 0.7, 12.0, 3e3, 2e5])
@pytest.mark.parametrize("noise", [2.0, 0.5, 0.181, 0.05, 1e-3])
def test_counts_are_negative_binomial_with_a_relative_noise(mean: float, noise: float) -> None:
    shape = 1 / noise**2
    events = np.unique(nbinom(shape, shape / (shape + mean)).ppf([0.001, 0.1, 0.5, 0.9, 0.999]))
    expected = nbinom(shape, shape / (shape + mean)).logpmf(events)
    found = log_probability(events, np.full((1, len(events)), mean), noise)[0]
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("noise", [0.0, 1e-6, 1e-9])
def test_without_noise_counts_are_poisson(noise: float) -> None:
    events = np.array([0.0, 3.0, 180.0, 200.0, 231.0])
    found = log_probability(events, np.full((1, 5), 200.0), noise)[0]
    assert np.allclose(found, poisson(200).logpmf(events), rtol=1e-9)


def test_probabilities_sum_to_one_whatever_the_noise() -> None:
    events = np.arange(20_000.0)
    for noise in (0.0, 0.01, 0.182, 0.183, 1.0):
        total = np.exp(log_probability(events, np.full((1, 1), 300.0), noise)).sum()
        assert total == pytest.approx(1.0, abs=1e-9)


def test_nothing_can_be_counted_where_nothing_happened() -> None:
    found = log_probability(np.array([0.0, 1.0]), np.zeros((1, 2)), 0.1)[0]
    assert found.tolist() == [0.0, -np.inf]
    assert log_probability(np.array([0.0]), np.array([[-1.0]]), 0.1)[0, 0] == -np.inf


def test_drawn_counts_have_the_stated_mean_and_variance() -> None:
    drawn = sample_counts(np.full((200_000, 1), 40.0), 0.3, np.random.default_rng(0))
    variance = 40 + (0.3 * 40) ** 2
    assert drawn.mean() == pytest.approx(40, abs=5 * np.sqrt(variance / 200_000))
    assert drawn.var() == pytest.approx(variance, rel=0.02)
    assert np.isnan(sample_counts(np.array([[np.nan, -1.0]]), 0.0, np.random.default_rng(0))).all()


# -- increments ---------------------------------------------------------------------------------------


def pieces(counts: Sequence[Count]) -> dict[tuple[float, float, int], int]:
    """Return how many events stand in each increment, by its days and its newest count."""
    book = ledger(counts)
    standing = [book.increments[k] for k in book.standing]
    return {(one.start, one.end, one.last): one.events for one in standing}


def test_totals_published_one_after_the_other_have_increments_by_publication() -> None:
    found = pieces([Count(ALL, 10, 10, 5), Count(ALL, 20, 20, 12), Count(ALL, 30, 30, 12)])
    assert found == {(ALL, 10, 0): 5, (ALL, 20, 1): 7, (ALL, 30, 2): 0}


def test_a_triangle_of_totals_falls_apart_into_its_cells() -> None:
    ends, published = [10, 20, 30], [30, 40, 50]
    cells = np.random.default_rng(0).integers(1, 9, (3, 3))  # (published, days)
    totals = cells.cumsum(axis=0).cumsum(axis=1)
    rows = [Count(ALL, ends[k], published[v], int(totals[v, k])) for v in range(3) for k in range(3)]
    found = pieces(rows)
    starts = [ALL, 10, 20]
    expected = {(starts[k], ends[k], 3 * v + k): int(cells[v, k]) for v in range(3) for k in range(3)}
    assert found == expected


def test_counts_of_single_weeks_are_apart_and_their_later_figures_add_to_them() -> None:
    found = pieces([Count(0, 7, 7, 3), Count(7, 14, 14, 4), Count(0, 7, 30, 5), Count(7, 14, 30, 4)])
    assert found == {(0, 7, 0): 3, (7, 14, 1): 4, (0, 7, 2): 2, (7, 14, 3): 0}


def test_a_count_that_falls_is_joined_with_what_it_takes_back() -> None:
    # Ten and eight events; later one of the second days is struck off and none is new.
    found = pieces(
        [Count(ALL, 10, 20, 10), Count(ALL, 20, 20, 18), Count(ALL, 10, 40, 11), Count(ALL, 20, 40, 17)]
    )
    assert found == {(ALL, 10, 0): 10, (ALL, 10, 2): 1, (10, 20, 3): 6}
    # A total that falls below what its first days had takes those in as well.
    deep = pieces([Count(ALL, 10, 20, 10), Count(ALL, 20, 20, 18), Count(ALL, 20, 40, 4)])
    assert deep == {(ALL, 20, 2): 4}


def test_a_count_that_overlaps_an_older_one_sets_it_aside() -> None:
    # All days up to 30 as known on day 30; then all days up to 20 as known on day 60.
    found = pieces([Count(ALL, 10, 10, 4), Count(ALL, 30, 30, 20), Count(ALL, 20, 60, 15)])
    assert found == {(ALL, 10, 0): 4, (ALL, 20, 2): 11}


def test_standing_increments_add_up_to_every_count_that_is_not_set_aside() -> None:
    rng = np.random.default_rng(3)
    ends, published = np.arange(5.0, 60, 5), np.arange(20.0, 90, 10)
    field = rng.uniform(0, 60, (400, 2)) * [1, 0.5] + [0, 0]
    counts = []
    for v in published:
        for end in ends[ends <= v]:
            if rng.random() < 0.5:
                n = int(((field[:, 0] <= end) & (field.sum(axis=1) <= v)).sum())
                counts.append(Count(ALL, float(end), float(v), n))
    book = ledger(counts)
    for k in book.standing:
        one = book.increments[k]
        assert one.events >= 0
        assert one.events == sum(times * counts[number].events for number, times in one.parts.items())


# -- the likelihood -----------------------------------------------------------------------------------


def test_a_running_total_has_the_probability_of_what_was_new_each_time() -> None:
    reports = quantity_reports(counting(), [row(600, 200), row(1100, 300)], DAILY)
    first, second = known_by(200, 200), known_by(300, 300)
    expected = poisson(0.5 * first).logpmf(600) + poisson(0.5 * (second - first)).logpmf(500)
    assert reports.log_density(steady(reports), {})[0] == pytest.approx(expected, abs=1e-6)


def test_every_day_of_publication_of_a_triangle_counts() -> None:
    noise, shape = 0.1, 100.0
    rows = [row(300, 100, 200), row(700, 200, 200), row(420, 100, 400), row(930, 200, 400)]
    reports = quantity_reports(counting(noise=noise), rows, DAILY)
    total = {(d, v): 0.5 * known_by(d, v) for d in (100, 200) for v in (200, 400)}
    cells = {
        300: total[100, 200],
        400: total[200, 200] - total[100, 200],
        120: total[100, 400] - total[100, 200],
        110: total[200, 400] - total[100, 400] - total[200, 200] + total[100, 200],
    }
    expected = sum(nbinom(shape, shape / (shape + mean)).logpmf(n) for n, mean in cells.items())
    assert reports.log_density(steady(reports), {})[0] == pytest.approx(expected, abs=1e-6)


def test_a_row_with_a_period_holds_the_events_of_that_period() -> None:
    reports = quantity_reports(counting(period_days=7), [row(20, 100, 150), row(30, 107, 150)], DAILY)
    known = {day: known_by(day, 150) for day in (93, 100, 107)}
    expected = poisson(0.5 * (known[100] - known[93])).logpmf(20)
    expected += poisson(0.5 * (known[107] - known[100])).logpmf(30)
    assert reports.log_density(steady(reports), {})[0] == pytest.approx(expected, abs=1e-6)


def test_events_before_the_start_are_not_counted() -> None:
    reports = quantity_reports(counting(half_life=None), [row(480, 100)], DAILY)
    found = reports.log_density(steady(reports) + 12_345.0, {})[0]
    assert found == pytest.approx(poisson(500).logpmf(480), abs=1e-9)


def test_without_a_delay_the_newest_figure_of_a_day_stands() -> None:
    rows = [row(480, 100), row(530, 100, 150), row(990, 200, 120)]
    reports = quantity_reports(counting(half_life=None), rows, DAILY)
    expected = poisson(500).logpmf(530) + poisson(500).logpmf(460)
    assert reports.log_density(steady(reports), {})[0] == pytest.approx(expected, abs=1e-9)


def test_an_uncertain_chance_of_detection_delay_and_noise_are_sampled_under_their_names() -> None:
    delay = Delay({}, prior("uniform(30, 90)"), SlowPart({}, prior("uniform(200, 400)"), prior("beta(2, 5)")))
    uncertain = counting(bias="beta(8, 4)", noise="lognormal(0.1, 0.5)", delay=delay)
    rows = [row(300, 100, 200), row(700, 200, 200), row(420, 100, 400)]
    reports = quantity_reports(uncertain, rows, DAILY)
    names = ["bias[q, A]", "delay[q]", "noise[q, A]", "slow_delay[q]", "slow_share[q]"]
    assert sorted(reports.parameters) == names
    values = dict(zip(names, (0.6, 45.0, 0.2, 310.0, 0.3), strict=True))
    draws = {name: np.array([value]) for name, value in values.items()}
    slow = SlowPart({}, prior(310), prior(0.3))
    known = quantity_reports(counting(bias=0.6, noise=0.2, delay=Delay({}, prior(45), slow)), rows, DAILY)
    assert not known.parameters
    truth = steady(known)
    assert np.allclose(known.log_density(truth, {}), reports.log_density(steady(reports), draws), rtol=1e-6)


def test_two_phases_mix_two_half_lives() -> None:
    delay = Delay({2020: 20.0}, None, SlowPart({2020: 300.0}, None, prior(0.25)))
    reports = quantity_reports(counting(delay=delay), [row(100, 100, 250)], DAILY)
    expected = 0.75 * known_by(100, 250, 20.0) + 0.25 * known_by(100, 250, 300.0)
    assert reports.known(steady(reports), {})[0, 0] == pytest.approx(expected, rel=1e-9)


def test_what_was_published_before_and_after_a_day_multiply_to_the_whole() -> None:
    rows = [
        row(300, 100, 200),
        row(700, 200, 200),
        row(420, 100, 400),
        row(930, 200, 400),
        row(1500, 350, 400),
    ]
    whole = quantity_reports(counting(noise=0.1), rows, DAILY)
    before = quantity_reports(counting(noise=0.1), rows[:2], DAILY)
    after = quantity_reports(counting(noise=0.1), rows[2:], DAILY, rows[:2])
    parts = [one.log_density(steady(one), {})[0] for one in (before, after)]
    assert whole.log_density(steady(whole), {})[0] == pytest.approx(sum(parts), abs=1e-9)


def test_neither_the_order_of_rows_nor_their_unit_matters() -> None:
    rows = [row(300, 100, 200), row(700, 200, 200), row(420, 100, 400), row(930, 200, 400)]
    plain = quantity_reports(counting(noise=0.1), rows, DAILY)
    shuffled = quantity_reports(counting(noise=0.1), rows[::-1], DAILY)
    assert plain.log_density(steady(plain), {})[0] == shuffled.log_density(steady(plain), {})[0]
    dozens = [replace(one, value=(one.value or 0) / 12) for one in rows]
    in_dozens = quantity_reports(counting(noise=0.1, unit=parse_unit("12 person")), dozens, DAILY)
    found = in_dozens.log_density(steady(plain) / 12, {})[0]
    assert found == pytest.approx(plain.log_density(steady(plain), {})[0], rel=1e-12)
    assert events_per_unit(parse_unit("12 person")) == 12
    assert in_dozens.predict(steady(plain) / 12, {}, None, np.random.default_rng(0)) * 12 == pytest.approx(
        plain.predict(steady(plain), {}, None, np.random.default_rng(0))
    )


def test_a_truth_that_falls_cannot_be_counted() -> None:
    reports = quantity_reports(counting(), [row(600, 200), row(700, 300)], DAILY)
    falling = steady(reports) * np.where(reports.times > 200, -1, 1)
    assert reports.log_density(falling, {})[0] == -np.inf
    assert reports.log_density(np.full((1, len(reports.times)), np.nan), {})[0] == -np.inf


def test_increments_of_a_point_process_are_independent_with_the_stated_means() -> None:
    rng = np.random.default_rng(1)
    days, published = (50, 100, 150), (150, 220, 400)
    rows = [row(1, day, known) for day in days for known in published]
    n_fields, rate, half_life, chance = 3000, 4.0, 60.0, 0.5
    cells = np.zeros((n_fields, 9))
    for k in range(n_fields):
        happened = rng.uniform(0, 150, rng.poisson(rate * 150))
        happened = happened[rng.random(len(happened)) < chance]
        counted = happened + rng.exponential(half_life / np.log(2), len(happened))
        totals = np.array([[np.sum((happened <= d) & (counted <= v)) for v in published] for d in days])
        cells[k] = np.diff(np.diff(totals, axis=0, prepend=0), axis=1, prepend=0).ravel()
    reports = quantity_reports(counting(half_life=half_life), rows, DAILY)
    known = chance * reports.known(steady(reports, rate), {})[0]
    order = [rows.index(one) for one in reports.rows.observations]
    means = np.empty(9)
    means[order] = known
    expected = np.diff(np.diff(means.reshape(3, 3), axis=0, prepend=0), axis=1, prepend=0).ravel()
    error = np.sqrt(expected / n_fields)
    assert np.all(np.abs(cells.mean(axis=0) - expected) < 4 * error + 1e-9)
    assert np.allclose(cells.var(axis=0), expected, rtol=0.15)
    correlation = np.corrcoef(cells.T) - np.eye(9)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(n_fields)


# -- prediction ---------------------------------------------------------------------------------------


def test_the_next_figure_of_the_same_events_adds_to_the_known_one() -> None:
    known = [row(300, 100, 200), row(700, 200, 200)]
    reports = quantity_reports(counting(noise=0.1), [row(1, 100, 400), row(1, 200, 400)], DAILY, known)
    truth = np.repeat(steady(reports), 40_000, axis=0)
    drawn = reports.predict(truth, {}, None, np.random.default_rng(0))
    late = [0.5 * (known_by(d, 400) - known_by(d, 200)) for d in (100, 200)]
    assert (drawn >= [300, 700]).all()
    assert drawn.mean(axis=0) == pytest.approx([300 + late[0], 700 + late[1]], rel=1e-3)
    new = [late[0], late[1] - late[0]]
    variance = [mean + (0.1 * mean) ** 2 for mean in new]
    assert drawn[:, 0].var() == pytest.approx(variance[0], rel=0.05)
    assert drawn[:, 1].var() == pytest.approx(sum(variance), rel=0.05)


def test_drawn_counts_come_from_the_distribution_that_the_density_states() -> None:
    rows = [row(1, 100, 200), row(1, 200, 200), row(1, 100, 400)]
    reports = quantity_reports(counting(noise=0.2), rows, DAILY)
    truth = np.repeat(steady(reports), 20_000, axis=0)
    drawn = reports.predict(truth, {}, None, np.random.default_rng(0))
    places = [rows.index(one) for one in reports.rows.observations]
    first, total, later = (drawn[:, places.index(k)] for k in range(3))
    for n, mean in (
        (first, known_by(100, 200)),
        (total - first, known_by(200, 200) - known_by(100, 200)),
        (later - first, known_by(100, 400) - known_by(100, 200)),
    ):
        shape = 25.0
        law = nbinom(shape, shape / (shape + 0.5 * mean))
        for p in (0.1, 0.5, 0.9):
            edge = law.ppf(p)
            assert np.mean(n <= edge) == pytest.approx(law.cdf(edge), abs=0.015)


def test_as_of_a_day_the_last_weeks_are_expected_to_be_partly_known() -> None:
    reports = quantity_reports(counting(bias=1.0, period_days=7), [row(1, 7, 100), row(1, 98, 100)], DAILY)
    old, recent = reports.known(steady(reports), {})[0]
    assert old == pytest.approx(70, rel=0.4)
    assert recent < 0.1 * 70


def test_counts_are_their_own_kind_of_report() -> None:
    assert isinstance(quantity_reports(counting(), [row(1, 10)], DAILY), CountReports)
