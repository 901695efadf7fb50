"""Weights between weighed dates: as fits say, knowing nothing of later days, and only where draws reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import hypot

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from two_accounts import BOTH, OFFICE, SLOW

from realities.case.folder import Case, load_case
from realities.weigh.between import Between, Reach, reach_of, weigh_between
from realities.weigh.dates import days_of_news, known_on
from realities.weigh.results import study_to_json
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.study import run_case
from realities.weigh.weighing import sample_dates, weigh_dates

MakeCase = Callable[..., Case]
SMALL = SamplerSettings(2, 300, 8, 1500, components=2, enough_draws=200, posterior_draws=400)
REACH = Reach(400, 100, replace(SMALL, runs=1), fits=True)

ROWS = [
    (2001, 2002, 101.3, "", "", "person", "Bureau"),
    (2002, 2003, 98.1, "", "", "person", "Bureau"),
    (2003, 2004, 93.7, "", "", "person", "Office"),
    (2004, 2005, 104.2, "", "", "person", "Bureau"),
    (2001, 2006, 99.0, "", "", "person", "Bureau"),  # a revision
    (2006, 2007, 110.9, "", "", "person", "Office"),
    (2007, 2008, 99.5, "", "", "person", "Bureau"),
    (2008, 2009, 102.5, "", "", "person", "Bureau"),
]
WEIGHED = (date(2004, 6, 1), date(2009, 6, 1))
BETWEEN = [date(year, 1, 1) for year in (2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009)]


def between(case: Case, dates: tuple[date, ...] = WEIGHED, reach: Reach = REACH) -> tuple[Between, ...]:
    runs = sample_dates(case, dates, seed=case.seed, effort=SMALL)
    return weigh_between(case, dates, runs, seed=case.seed, effort=reach)


def test_every_day_on_which_something_is_new_has_weights_of_its_own(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    found = between(case)
    assert [one.as_of for one in found] == BETWEEN == list(days_of_news(case, WEIGHED[-1]))
    assert [one.n_used for one in found] == [1, 2, 3, 4, 4, 5, 6, 7]
    for one in found:
        assert sum(one.weights.values()) == pytest.approx(1.0, abs=1e-12)
        assert set(one.weights) == set(one.weight_errors) == set(BOTH)


def test_what_draws_say_is_what_a_fit_says_within_both_errors(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    fits = weigh_dates(case, BETWEEN, effort=SMALL, seed=77)
    hows = set()
    for one in between(case):
        for name, on_day in one.accounts.items():
            fit = fits[one.as_of].fits[name]
            assert fit.reliable and on_day.log_evidence_error < 0.15
            hows.add(on_day.how)
            apart = abs(on_day.log_evidence - fit.log_evidence)
            assert apart < 4 * hypot(on_day.log_evidence_error, fit.log_evidence_error)
            assert one.weights[name] == pytest.approx(fits[one.as_of].weights[name], abs=0.06)
    assert "reweighted" in hows


def test_the_evidence_of_a_linear_gaussian_account_is_the_closed_form(make_case: MakeCase) -> None:
    """The level stays as it starts, and is known only by the logarithm's prior and independent errors."""
    case = make_case(
        {"slow": SLOW}, ROWS[:4], 'reporters."Bureau" = { noise = 0.1 }\nreporters."Office" = { noise = 0.2 }'
    )
    for one in between(case, (date(2002, 6, 1), date(2009, 6, 1)), replace(REACH, draws=4000)):
        rows = known_on(case, one.as_of).rows
        values = np.array([row.value for row in rows], dtype=float)
        noise = np.array([0.2 if row.reporter == "Office" else 0.1 for row in rows])
        covariance = np.diag(noise**2) + 0.3**2
        exact = multivariate_normal(np.full(len(rows), np.log(80.0)), covariance).logpdf(np.log(values))
        on_day = one.accounts["slow"]
        assert (
            abs(on_day.log_evidence - (exact - np.log(values).sum())) < 4 * on_day.log_evidence_error + 1e-9
        )


def test_what_is_published_later_changes_no_day_between(make_case: MakeCase) -> None:
    whole, short = make_case(BOTH, ROWS, OFFICE), make_case(BOTH, ROWS[:5], OFFICE)
    early = between(short, (WEIGHED[0], date(2006, 6, 1)))
    assert [one.as_of for one in early] == BETWEEN[:5]
    for one, other in zip(early, between(whole), strict=False):
        assert one == other


def test_days_that_draws_do_not_reach_are_fitted_or_left_out(make_case: MakeCase) -> None:
    shock = [*ROWS[:3], (2004, 2005, 300.0, "", "", "person", "Bureau"), *ROWS[5:]]
    case = make_case(BOTH, shock, OFFICE)
    fitted = {one.as_of: one for one in between(case)}
    assert fitted[date(2005, 1, 1)].accounts["slow"].how == "fitted"
    assert fitted[date(2007, 1, 1)].accounts["slow"].how == "reweighted"  # from that fit on
    alone = replace(REACH, fits=False)
    assert date(2005, 1, 1) not in {one.as_of for one in between(case, reach=alone)}
    calm = make_case(BOTH, ROWS, OFFICE)
    assert date(2005, 1, 1) in {one.as_of for one in between(calm, reach=alone)}


def test_the_order_of_the_accounts_changes_nothing(make_case: MakeCase) -> None:
    one = between(make_case(BOTH, ROWS, OFFICE))
    other = between(make_case(dict(reversed(BOTH.items())), ROWS, OFFICE))
    for here, there in zip(one, other, strict=True):
        assert here.accounts == there.accounts and here.weights == there.weights


def test_an_account_without_anything_uncertain_is_weighed_between_dates_too(make_case: MakeCase) -> None:
    case = make_case(
        {"known": {"start value": "100"}, "slow": SLOW},
        ROWS[:4],
        'reporters."Bureau" = { noise = 0.1 }\nreporters."Office" = { noise = 0.2 }',
    )
    found = between(case)
    assert [one.as_of for one in found] == BETWEEN[:4]
    fits = weigh_dates(case, BETWEEN[:4], effort=SMALL)
    for one in found:
        evidence = fits[one.as_of].fits["known"].log_evidence
        assert one.accounts["known"].log_evidence == pytest.approx(evidence, abs=1e-9)
        assert one.accounts["known"].log_evidence_error == 0.0


def test_prior_weights_count_between_dates_too(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS[:4], OFFICE)
    weighted = replace(case, prior_weights={"slow": 3.0})
    for one, other in zip(between(case), between(weighted), strict=True):
        odds = one.weights["slow"] / one.weights["fast"]
        assert other.weights["slow"] / other.weights["fast"] == pytest.approx(3.0 * odds)


def test_a_run_tells_the_days_between_beside_its_dates(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    study = run_case(case, effort="quick")
    told = study_to_json(study)["between"]
    assert isinstance(told, list) and told
    assert not {one["as_of"] for one in told} & {day.isoformat() for day in study.dates}
    assert "timeline" not in study_to_json(study)
    for one in told:
        assert sum(account["weight"] for account in one["accounts"].values()) == pytest.approx(1.0)
    assert run_case(case, effort="quick", with_between=False).between == ()


def test_a_quick_look_fits_nothing_between_dates(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS[:4], OFFICE)
    assert not reach_of(case, "quick").fits and reach_of(case, "default").fits


@pytest.mark.slow
def test_lynx_and_hare_have_weights_every_year() -> None:
    case = load_case("lynx-hare")
    dates = (date(1911, 12, 31), date(1916, 12, 31), date(1921, 12, 31))
    runs = sample_dates(case, dates, seed=1, effort="quick")
    found = weigh_between(case, dates, runs, seed=1, effort="default")
    fits = weigh_dates(case, [one.as_of for one in found], effort="quick", seed=5)
    assert len(found) > 12
    for one in found:
        for name, on_day in one.accounts.items():
            fit = fits[one.as_of].fits[name]
            error = hypot(on_day.log_evidence_error, fit.log_evidence_error)
            assert abs(on_day.log_evidence - fit.log_evidence) < 4 * error + 0.02
