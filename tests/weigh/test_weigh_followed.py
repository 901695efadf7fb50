"""Forecasts as of a date and what followed: straight lines in closed form, nothing known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from math import log, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from realities.case.folder import Case
from realities.weigh.posterior import fit_account
from realities.weigh.scoring.baselines import Past
from realities.weigh.scoring.followed import (
    fared,
    followed,
    foretold,
    mixed,
    pooled_skill,
    row_scores,
    together,
)
from realities.weigh.scoring.scores import crps
from realities.weigh.scoring.straight import known_by, naive_members, recent, walk
from realities.weigh.weighing import weigh_accounts

MakeCase = Callable[..., Case]
GROWS, SHRINKS = {"growth rate": "0.05"}, {"growth rate": "-0.05"}
#: happened, published, value; the last of the Bureau is only a range, and one of 2003 is published late.
ROWS = [
    (2001, 2001, 100, "", "", "person", "Bureau"),
    (2002, 2002, 110, "", "", "person", "Bureau"),
    (2003, 2003, 108, "", "", "person", "Bureau"),
    (2003, 2007, 104, "", "", "person", "Other"),
    (2005, 2005, 125, "", "", "person", "Bureau"),
    (2006, 2006, 130, "", "", "person", "Other"),
    (2007, 2008, "", 120, 150, "person", "Bureau"),
]
NOISES = 'reporters."Bureau" = { noise = 0.1 }\nreporters."Other" = { noise = 0.2 }'


def new_year(year: int) -> date:
    return date(year, 1, 1)


@pytest.fixture
def case(make_case: MakeCase) -> Case:
    return make_case({"grows": GROWS, "shrinks": SHRINKS}, ROWS, NOISES)


def past_of(*figures: tuple[int, float]) -> Past:
    return Past(tuple(new_year(year) for year, _ in figures), np.array([value for _, value in figures]))


# -- straight lines -------------------------------------------------------------------------------


def normal_crps(mean: float, sd: float, y: float) -> float:
    """The score of a normal distribution (Gneiting and Raftery 2007, section 4.2)."""
    z = (y - mean) / sd
    return float(sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / sqrt(np.pi)))


def test_a_last_value_is_a_random_walk_in_the_unit_of_the_measure(case: Case) -> None:
    past = past_of((2001, 100.0), (2002, 110.0), (2003, 108.0))
    days = (new_year(2003) - new_year(2001)).days
    sd = sqrt((10.0**2 + 2.0**2) / days * (new_year(2005) - new_year(2003)).days)
    members = walk(case.measures["count"], past, new_year(2005), has_trend=False)
    assert np.median(members) == pytest.approx(108)
    assert members.std() == pytest.approx(sd, rel=0.01)
    assert float(crps(members, 125.0)) == pytest.approx(normal_crps(108, sd, 125.0), rel=0.01)


def test_a_trend_has_the_interval_of_the_drift_method(case: Case) -> None:
    """With equal steps: sigma^2 of residuals with one number estimated, times h (1 + h / T)."""
    days = [date.fromordinal(735000 + 30 * k) for k in range(5)]
    values = np.array([10.0, 14.0, 15.0, 21.0, 22.0])
    changes = np.diff(values)
    sigma = sqrt(((changes - changes.mean()) ** 2).sum() / (len(changes) - 1))
    ahead = 6
    members = walk(
        case.measures["count"],
        Past(tuple(days), values),
        date.fromordinal(735000 + 30 * (4 + ahead)),
        has_trend=True,
    )
    mean, sd = 22.0 + ahead * 3.0, sigma * sqrt(ahead * (1 + ahead / 4))
    assert np.median(members) == pytest.approx(mean)
    assert float(crps(members, 30.0)) == pytest.approx(normal_crps(mean, sd, 30.0), rel=0.01)


def test_the_width_of_a_trend_does_not_lean_to_either_side_of_the_truth(case: Case) -> None:
    """Over many walks with uneven steps the variance that is read off them has the right mean."""
    rng = np.random.default_rng(1)
    steps = np.array([3, 40, 10, 90, 20])
    days = tuple(date.fromordinal(735000 + int(n)) for n in np.cumsum([0, *steps]))
    later = date.fromordinal(days[-1].toordinal() + 50)
    total = steps.sum()
    found = []
    for _ in range(2000):
        values = 1e6 + np.cumsum([0.0, *(7.0 * steps + np.sqrt(steps) * rng.standard_normal(5))])
        members = walk(case.measures["count"], Past(days, values), later, has_trend=True)
        found.append(members.var())
    assert np.mean(found) == pytest.approx(50 + 50**2 / total, rel=0.05)


def test_straight_lines_stop_at_what_a_quantity_can_be(case: Case) -> None:
    past = past_of((2001, 100.0), (2002, 40.0), (2003, 15.0))
    members = walk(case.measures["count"], past, new_year(2005), has_trend=True)
    assert members.min() == 0.0
    assert np.median(members) == 0.0


def test_baselines_go_by_the_same_reporter_before_anybody(case: Case) -> None:
    known = known_by(case, new_year(2004))
    bureau, other = (row for row in followed(case, new_year(2004)) if row.value is not None)
    measure = case.measures["count"]
    assert set(known.own) == {("count", "Bureau")}
    members = naive_members(measure, bureau, known, "trend")
    assert members is not None
    # "Other" had published nothing by then: what the Bureau had stands in.
    stand_in = naive_members(measure, replace(other, happened=bureau.happened), known, "trend")
    assert stand_in is not None
    assert stand_in.tolist() == members.tolist()


def test_baselines_need_two_and_three_days(case: Case) -> None:
    row = followed(case, new_year(2004))[0]
    measure = case.measures["count"]
    assert naive_members(measure, row, known_by(case, new_year(2001)), "last value") is None
    assert naive_members(measure, row, known_by(case, new_year(2002)), "last value") is not None
    assert naive_members(measure, row, known_by(case, new_year(2002)), "trend") is None


def test_levels_stay_and_bounds_have_no_baseline(case: Case) -> None:
    row, known = followed(case, new_year(2004))[0], known_by(case, new_year(2004))
    level = replace(case.measures["count"], kind="ordinal")
    assert np.array_equal(naive_members(level, row, known, "last value"), [108.0])
    assert naive_members(level, row, known, "trend") is None
    floor = replace(case.measures["count"], kind="floor")
    assert naive_members(floor, row, known, "last value") is None


def test_the_recent_past_is_a_year_where_that_is_enough() -> None:
    figures = [(date(2020, 1, 1), 7.0), *((date(2022, month, 1), float(month)) for month in (3, 6, 9))]
    assert recent(figures, date(2022, 10, 5)).values.tolist() == [3.0, 6.0, 9.0]
    assert recent(figures, date(2023, 4, 1)).values.tolist() == [7.0, 3.0, 6.0, 9.0]


# -- what followed --------------------------------------------------------------------------------


def test_only_later_figures_of_later_days_follow(case: Case) -> None:
    found = [(row.happened.year, row.reporter) for row in followed(case, new_year(2004))]
    assert found == [(2005, "Bureau"), (2006, "Other"), (2007, "Bureau")]
    assert [row.happened.year for row in followed(case, new_year(2004), until=new_year(2005))] == [2005]


def test_predictions_are_those_of_the_reporting_model(case: Case) -> None:
    """With every number of the model fixed a report is log-normal about the level."""
    day = new_year(2004)
    fit = fit_account(case, "grows", as_of=day, effort="quick", seed=1)
    found = foretold(case, fit, followed(case, day))["count"]
    years = [(row.happened - new_year(2000)).days / 365.25 for row in found.rows]
    for k, (noise, year) in enumerate(zip((0.1, 0.2, 0.1), years, strict=True)):
        level = 100 * np.exp(0.05 * year)
        drawn = np.log(found.drawn[:, k])
        assert drawn.mean() == pytest.approx(log(level), abs=5 * noise / sqrt(fit.n_draws))
        assert drawn.std() == pytest.approx(noise, rel=0.15)
        assert found.quantile(0.5)[k] == pytest.approx(np.median(found.drawn[:, k]), rel=0.01)


def test_what_followed_changes_no_prediction(make_case: MakeCase) -> None:
    other = [(*row[:2], 9 * row[2], *row[3:]) if row[1] > 2004 and row[2] else row for row in ROWS]
    day = new_year(2004)
    drawn, known = [], []
    for rows in (ROWS, other):
        made = make_case({"grows": {"growth rate": "normal(0.05, 0.02)"}}, rows, NOISES)
        fit = fit_account(made, "grows", as_of=day, effort="sketch", seed=3)
        drawn.append(foretold(made, fit, followed(made, day))["count"].drawn)
        known.append({key: past.values.tolist() for key, past in known_by(made, day).own.items()})
    assert np.array_equal(drawn[0], drawn[1])
    assert known[0] == known[1]


def test_accounts_together_are_the_mixture_by_weight(case: Case) -> None:
    day = new_year(2004)
    weighing = weigh_accounts(case, as_of=day, effort="sketch")
    rows = followed(case, day)
    parts = {name: foretold(case, fit, rows) for name, fit in weighing.fits.items()}
    both = together(case, weighing, rows)["count"]
    assert both.weights.sum() == pytest.approx(1.0)
    at = both.quantile(0.3)
    for k in range(len(rows)):
        below = sum(
            weight * (parts[name]["count"].drawn[:, k] <= at[k]).mean()
            for name, weight in weighing.weights.items()
        )
        assert below == pytest.approx(0.3, abs=0.002)
    alone = mixed(parts, {"grows": 1.0, "shrinks": 0.0})["count"]
    known = known_by(case, day)
    one, other = (row_scores(found, known, day) for found in (alone, parts["grows"]["count"]))
    assert np.allclose(one.crps, other.crps, equal_nan=True)
    assert np.allclose(one.error, other.error, equal_nan=True)


def test_a_forecast_scored_against_itself_has_no_skill_and_a_perfect_one_all(case: Case) -> None:
    day = new_year(2004)
    fit = fit_account(case, "grows", as_of=day, effort="sketch", seed=1)
    rows, known = followed(case, day), known_by(case, day)
    measure = case.measures["count"]
    found = foretold(case, fit, rows)["count"]
    members = np.stack(
        [walk(measure, known.anybody["count"], row.happened, has_trend=True) for row in rows], 1
    )
    even = np.full(len(members), 1 / len(members))
    same = row_scores(replace(found, drawn=members, weights=even), known, day)
    assert fared(same).against["trend"].skill == pytest.approx(0.0, abs=1e-12)
    assert fared(same).against["trend"].point_skill == pytest.approx(0.0, abs=1e-12)
    assert pooled_skill({"count": same}, "trend") == pytest.approx(0.0, abs=1e-12)
    perfect = np.nan_to_num(np.repeat(found.said[None, :], 5, axis=0), nan=1.0)
    best = fared(row_scores(replace(found, drawn=perfect, weights=np.full(5, 0.2)), known, day))
    assert best.against["trend"].skill == 1.0
    assert (best.n, best.inside, best.rmse) == (2, 2, 0.0)  # the range alone says no number


def test_scores_of_part_of_the_rows_are_the_same_numbers(case: Case) -> None:
    day = new_year(2004)
    fit = fit_account(case, "grows", as_of=day, effort="sketch", seed=1)
    scores = row_scores(foretold(case, fit, followed(case, day))["count"], known_by(case, day), day)
    assert all(one < other for one, other in pairwise(scores.days_ahead))
    early = scores.of(scores.days_ahead < 500)
    assert early.crps.tolist() == scores.crps[:1].tolist()
    assert early.naive_error["trend"].tolist() == scores.naive_error["trend"][:1].tolist()


def test_of_a_bound_only_whether_it_allows_is_told(case: Case) -> None:
    day = new_year(2004)
    fit = fit_account(case, "grows", as_of=day, effort="sketch", seed=1)
    found = foretold(case, fit, followed(case, day))["count"]
    floor = replace(found, measure=replace(found.measure, kind="floor"), drawn=found.drawn + 100.0)
    scores = row_scores(floor, known_by(case, day), day)
    assert scores.inside[:2].tolist() == [1.0, 1.0]  # far below its end: allowed
    assert np.isnan(scores.crps).all()
    too_low = row_scores(replace(floor, drawn=found.drawn / 10.0), known_by(case, day), day)
    assert too_low.inside[:2].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_row_whose_draws_are_no_numbers_is_counted_and_has_no_score(case: Case, value: float) -> None:
    day = new_year(2004)
    fit = fit_account(case, "grows", as_of=day, effort="sketch", seed=1)
    found = foretold(case, fit, followed(case, day))["count"]
    known = known_by(case, day)
    whole = row_scores(found, known, day)
    drawn = found.drawn.copy()
    drawn[0, 0] = value  # one of many: the band is what it was, and so is the count
    one = row_scores(replace(found, drawn=drawn), known, day)
    assert one.inside[0] == whole.inside[0] and np.isnan(one.crps[0]) and np.isnan(one.error[0])
    assert fared(one).n == fared(whole).n
    drawn[: len(drawn) // 2, 0] = value  # the band has no upper end: a miss, as in bench/coverage.py
    half = replace(found, drawn=drawn)
    assert row_scores(half, known, day).inside[0] == float(half.inside[0])
    assert fared(row_scores(half, known, day)).n == fared(whole).n
