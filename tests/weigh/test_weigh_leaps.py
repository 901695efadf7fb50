"""Straight from one date asked for to the next: the same posteriors and evidences, for less work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from realities.case.folder import Case
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.weighing import weigh_dates

MakeCase = Callable[..., Case]
ACCOUNTS = {
    "slow": {"start value": "lognormal(median=80, sigma=0.3)", "growth rate": "normal(0, 0.02)"},
    "fast": {"start value": "lognormal(median=80, sigma=0.3)", "growth rate": "normal(0.1, 0.05)"},
}
ROWS = [(2000 + k, 2000 + k, 80.0 * 1.05**k, "", "", "person", "Bureau") for k in range(1, 9)]
NOISY = 'reporters."Bureau" = { bias = "lognormal(median=1, sigma=0.2)", noise = 0.1 }'
DAYS = [date(2002, 6, 1), date(2005, 6, 1), date(2009, 6, 1)]
WALKING = SamplerSettings(1, 400, 8, 1000, components=3, rounds=8, enough_draws=200, posterior_draws=500)
LEAPING = replace(WALKING, leaps=True)


@pytest.fixture
def case(make_case: MakeCase) -> Case:
    return make_case(ACCOUNTS, ROWS, NOISY)


def test_leaps_find_what_walking_finds_within_stated_errors(case: Case) -> None:
    walked, leapt = (weigh_dates(case, DAYS, effort=effort) for effort in (WALKING, LEAPING))
    for day in DAYS:
        for name, fit in leapt[day].fits.items():
            other = walked[day].fits[name]
            assert fit.reliable and other.reliable
            error = (fit.log_evidence_error**2 + other.log_evidence_error**2) ** 0.5
            assert abs(fit.log_evidence - other.log_evidence) < 4 * error + 1e-3


def test_a_leap_to_a_date_knows_nothing_of_later_ones(case: Case) -> None:
    some, more = (weigh_dates(case, days, effort=LEAPING) for days in (DAYS[:2], DAYS))
    for day in DAYS[:2]:
        assert some[day].weights == more[day].weights


def test_a_reporter_who_speaks_later_brings_its_own_numbers(make_case: MakeCase) -> None:
    office = 'reporters."Office" = { bias = 1, noise = "lognormal(median=0.2, sigma=0.3)" }'
    rows = [*ROWS, (2006, 2006, 110.0, "", "", "person", "Office")]
    found = weigh_dates(make_case(ACCOUNTS, rows, f"{NOISY}\n{office}"), DAYS, effort=LEAPING)
    names = [set(found[day].fits["slow"].reporter_parameters) for day in DAYS]
    assert "noise[count, Office]" not in names[1] and "noise[count, Office]" in names[2]
    assert all(fit.reliable for fit in found[DAYS[2]].fits.values())
