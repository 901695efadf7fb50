"""Curves at quarters between weighed dates: as fits say, knowing nothing later, and moving nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from two_accounts import BOTH, OFFICE

from realities.case.folder import Case, load_case
from realities.ensemble import map_tasks
from realities.weigh.forward import Forecast, ForwardTask, forward
from realities.weigh.glances import glance_days, glanced, glances_of, has_glances, tells, with_curves
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.sequence import AccountRun, Cloud, follow
from realities.weigh.study import run_case
from realities.weigh.weighing import FitTask, fit_date, paths, runs_by_account

MakeCase = Callable[..., Case]
SMALL = SamplerSettings(2, 600, 8, 800, components=2, enough_draws=200, posterior_draws=400)

ROWS = [
    (2001, 2002, 101.3, "", "", "person", "Bureau"),
    (2002, 2003, 98.1, "", "", "person", "Bureau"),
    (2003, 2004, 93.7, "", "", "person", "Office"),
    (2004, 2006, 104.2, "", "", "person", "Bureau"),
    (2006, 2007, 99.9, "", "", "person", "Office"),
    (2007, 2008, 102.5, "", "", "person", "Bureau"),
]
WEIGHED = (date(2004, 1, 1), date(2009, 6, 1))
Quarters = tuple[tuple[date, Mapping[str, Forecast]], ...]


def followed(
    case: Case, dates: Sequence[date], days: Sequence[date], workers: int = 1
) -> dict[str, list[tuple[AccountRun, ...]]]:
    tasks = paths(case, dates, seed=case.seed, effort=SMALL, glances=days)
    return runs_by_account(tasks, map_tasks(case, follow, tasks, workers=workers, stage="Weighing"))


def quarters(
    case: Case, dates: Sequence[date] = WEIGHED, days: Sequence[date] | None = None, workers: int = 1
) -> Quarters:
    wanted = glance_days(case, dates[-1], dates) if days is None else days
    runs = followed(case, dates, wanted, workers)
    tasks = glances_of(wanted, {a: one[len(dates) :] for a, one in runs.items()}, case.seed)
    found = [glanced(case, task) for task in tasks]
    return with_curves([account.id for account in case.accounts], tasks, found)


def same_bits(one: Quarters, other: Quarters) -> bool:
    return [day for day, _ in one] == [day for day, _ in other] and all(
        set(here) == set(there)
        and all(np.array_equal(here[a].quantiles["count"], there[a].quantiles["count"]) for a in here)
        for (_, here), (_, there) in zip(one, other, strict=True)
    )


def test_quarters_between_dates_on_which_something_is_new_have_curves(make_case: MakeCase) -> None:
    found = quarters(make_case(BOTH, ROWS, OFFICE))
    assert [day for day, _ in found] == [date(year, 1, 1) for year in (2002, 2003, 2006, 2007, 2008)]
    for _, accounts in found:
        assert set(accounts) == set(BOTH)
        for one in accounts.values():
            assert not one.claims and np.isfinite(one.quantiles["count"]).all()


def test_curves_of_a_quarter_are_those_of_a_fit_within_their_error(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    for day, accounts in quarters(case):
        runs = {name: one[0] for name, one in followed(case, [day], []).items()}
        for name, found in accounts.items():
            fit = fit_date(case, FitTask(name, day, runs[name], 7, replace(SMALL, posterior_draws=2000)))
            whole = forward(case, ForwardTask(fit, day, 2000, 7)).quantiles["count"]
            width = whole[4] - whole[0]
            assert (np.abs(found.quantiles["count"][2] - whole[2]) < 0.12 * width + 1e-9).all()
            assert (np.abs(found.quantiles["count"][[0, 4]] - whole[[0, 4]]) < 0.25 * width + 1e-9).all()


def test_what_is_published_later_touches_no_bit_of_a_quarter(make_case: MakeCase) -> None:
    whole, short = make_case(BOTH, ROWS, OFFICE), make_case(BOTH, ROWS[:4], OFFICE)
    early = quarters(short, (WEIGHED[0], date(2006, 6, 1)))
    assert len(early) == 3
    assert same_bits(early, quarters(whole)[:3])


def test_names_order_dates_and_processes_touch_no_bit_of_a_quarter(make_case: MakeCase) -> None:
    days = [date(2003, 1, 1), date(2006, 1, 1)]
    found = quarters(make_case(BOTH, ROWS, OFFICE), days=days)
    assert [day for day, _ in found] == days
    accounts = {"zzz" if name == "fast" else name: one for name, one in reversed(BOTH.items())}
    turned = quarters(
        make_case(accounts, ROWS, OFFICE), (days[0], date(2003, 6, 1), *WEIGHED), days, workers=2
    )
    named = [(day, {"fast" if a == "zzz" else a: f for a, f in row.items()}) for day, row in turned]
    assert same_bits(found, tuple(named))


def test_glances_touch_no_bit_of_what_is_found_at_the_dates(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    days = glance_days(case, WEIGHED[-1], WEIGHED)
    with_them, without = followed(case, WEIGHED, days), followed(case, WEIGHED, [])
    for account, by_date in without.items():
        for k, runs in enumerate(by_date):
            for one, other in zip(runs, with_them[account][k], strict=True):
                assert one.found is not None and other.found is not None
                for name in ("points", "log_joint"):
                    assert np.array_equal(getattr(one.found, name), getattr(other.found, name))


def test_a_quarter_of_which_one_account_has_too_few_draws_has_no_curves(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    day = date(2006, 1, 1)
    runs = {account: list(one[2:]) for account, one in followed(case, WEIGHED, [day]).items()}
    tasks = glances_of([day], runs, 1)
    found = [glanced(case, task) for task in tasks]
    assert len(with_curves(list(BOTH), tasks, found)) == 1
    worn = tuple(replace(run, cloud=cloud_at(0.0, 50)) for run in runs["fast"][0])
    tasks = glances_of([day], {**runs, "fast": [worn]}, 1)
    found = [glanced(case, task) for task in tasks]
    assert [one is None for one in found] == [account == "fast" for account in runs]
    assert with_curves(list(BOTH), tasks, found) == ()


def cloud_at(mean: float, n: int) -> Cloud:
    points = mean + np.random.default_rng(int(10 * mean)).standard_normal((n, 2))
    return Cloud(date(2006, 1, 1), ("a", "b"), points, np.zeros(n), np.zeros(n))


def test_clouds_tell_only_if_they_are_large_and_alike() -> None:
    assert tells([cloud_at(0.0, 150), cloud_at(0.1, 150)])
    assert not tells([cloud_at(0.0, 90), cloud_at(0.1, 90)])
    assert not tells([cloud_at(0.0, 300), cloud_at(1.0, 300)])
    few = replace(cloud_at(0.1, 300), log_weights=np.where(np.arange(300) < 10, 0.0, -50.0))
    assert not tells([cloud_at(0.0, 150), few])
    assert not tells([cloud_at(0.0, 300), cloud_at(0.0, 0)]) and not tells([])


def test_a_quick_look_has_no_quarters_and_a_run_has_those_of_its_own_dates(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS[:3], OFFICE)
    assert has_glances("default") and not has_glances("quick") and not has_glances("sketch")
    assert run_case(case, effort="quick", with_between=False).quarters == ()
    days = glance_days(case, date(2004, 1, 1), (date(2002, 1, 1), date(2004, 1, 1)))
    assert days == (date(2003, 1, 1),)


@pytest.mark.slow
def test_lynx_and_hare_have_curves_between_their_dates_the_same_with_a_timeline() -> None:
    case = load_case("lynx-hare")
    study, told = (run_case(case, with_between=False, with_timeline=more) for more in (False, True))
    assert study.quarters and not {day for day, _ in study.quarters} & set(study.dates)
    for (day, one), (other_day, other) in zip(study.quarters, told.quarters, strict=True):
        assert day == other_day
        for account, found in one.items():
            for quantity, bands in found.quantiles.items():
                assert np.array_equal(bands, other[account].quantiles[quantity])
