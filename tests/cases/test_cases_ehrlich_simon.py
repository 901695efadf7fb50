"""Structural laws of the case of the five metals: what must hold of it whatever the numbers are."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import realities
from realities.case.folder import Case, load_case
from realities.engine.engines import make_simulator
from realities.engine.reference import Event
from realities.trajectories import Trajectories
from realities.weigh.scoring.status import claim_status

FOLDER = Path(realities.__file__).parent / "cases" / "ehrlich-simon"
METALS = ("chromium", "copper", "nickel", "tin", "tungsten")
SIGNED, SETTLED = date(1980, 9, 29), date(1990, 10, 31)


@cache
def case() -> Case:
    return load_case(FOLDER)


def run(*outputs: str, hold: dict[str, float] | None = None, **options: Any) -> Trajectories:
    """Run the case's model with all its dated inputs; `hold` keeps variables where they are told."""
    events = [Event(e.parameter, case().calendar.time_of(e.date), e.value) for e in case().events]
    return make_simulator(case().model, outputs=outputs, events=events, hold=hold or {}).run(**options)


def prices(hold: dict[str, float] | None = None) -> np.ndarray:
    """Return real prices, (metal, time), two save points a year from the middle of 1950."""
    names = [f"Real price[{metal}]" for metal in METALS]
    result = run(*names, hold=hold)
    return np.array([result[name][0] for name in names])


def reported(metal: str, year: int, reporter: str = "USGS") -> float:
    rows = [
        row.value
        for row in case().observations
        if (row.quantity, row.reporter, row.happened.year) == (f"real price[{metal}]", reporter, year)
    ]
    assert len(rows) == 1 and rows[0] is not None
    return rows[0]


def test_the_case_loads_without_a_warning() -> None:
    assert case().warnings == ()
    assert case().late_findings == ()
    assert case().without_date == 0


def test_every_equation_says_what_it_is_and_where_it_comes_from() -> None:
    kinds = re.compile(r"\[[^\[\]]*(literature|assumed|source|definition)[^\[\]]*\]$")
    shown = [v for v in case().model.variables if not v.is_hidden and v.group != "Control"]
    assert len(shown) > 200
    for variable in shown:
        assert variable.unit is not None and kinds.search(variable.doc.strip()), variable.name


def test_few_inputs_are_uncertain() -> None:
    for account in case().accounts:
        uncertain = [name for name, prior in case().priors(account.id).items() if prior.fixed is None]
        assert len(uncertain) <= 11, (account.id, uncertain)


def test_accounts_differ_in_assumptions_and_not_in_equations() -> None:
    assert all(not account.switches for account in case().accounts)
    for account in case().accounts:
        for assumption in account.assumptions.values():
            assert assumption.because and assumption.locator, (account.id, assumption.parameter)


@pytest.mark.parametrize("account", ["scarcity", "ingenuity", "reference"])
def test_every_prior_draw_is_possible(account: str) -> None:
    rng = np.random.default_rng(5)
    draws = {name: prior.ppf(rng.random(200)) for name, prior in case().priors(account).items()}
    stocks = [
        f"{s}[{m}]" for s in ("Real price", "Reserves", "Undiscovered", "In use", "Capacity") for m in METALS
    ]
    result = run(*stocks, parameters=draws, n_draws=200)
    assert not result.failed.any()
    for name in stocks:
        assert (result[name] > 0).all(), name


def test_no_metal_is_lost_or_made_up() -> None:
    for metal in METALS:
        parts = [
            f"{part}[{metal}]" for part in ("Reserves", "Undiscovered", "Extracted", "ultimate resource")
        ]
        ground = run(*parts)
        reserves, undiscovered, extracted, ultimate = (ground[name][0] for name in parts)
        np.testing.assert_allclose(reserves + undiscovered + extracted, ultimate, rtol=1e-9)


def test_a_shorter_time_step_moves_little() -> None:
    usual, finer = prices(), prices({"TIME STEP": 0.0625})
    assert np.abs(np.log(usual / finer)).max() < 0.01


def test_the_feedback_loops_bite() -> None:
    late = -1
    usual = prices()
    assert (prices({"technology rate": 0.0})[:, late] > usual[:, late]).all()
    assert (prices({"depletion exponent": 0.0})[:, late] < usual[:, late]).all()
    assert (prices({"resource multiple": 3.0})[:, late] > usual[:, late]).all()
    assert (prices({"price elasticity": 0.0, "substitution potential": 0.0})[:, late] != usual[:, late]).all()
    assert (prices({"recovery share": 0.0})[:, 40] != usual[:, 40]).all()


def test_more_people_can_make_metal_dearer_or_cheaper() -> None:
    fewer = {"population growth at first": 0.005}
    no_minds = {"minds effect": 0.0, "technology response": 0.0, "resource multiple": 6.0}
    many_minds = {"minds effect": 1.5, "depletion exponent": 0.1, "resource multiple": 500.0}
    copper = METALS.index("copper")
    assert prices(no_minds)[copper, -1] > prices(no_minds | fewer)[copper, -1]
    assert prices(many_minds)[copper, -1] < prices(many_minds | fewer)[copper, -1]


def test_dear_oil_is_data_and_only_known_from_its_day_on() -> None:
    assert case().events_as_of(date(1973, 10, 16)) == ()
    assert [event.value for event in case().events_as_of(SIGNED)] == [1.0]
    assert [event.value for event in case().events_as_of(SETTLED)] == [1.0, 0.0]


def test_a_year_is_known_at_the_end_of_the_next_january() -> None:
    for row in case().observations:
        assert (row.happened.month, row.happened.day) == (7, 1)
        if row.reporter != "Jacks":
            assert row.published == date(row.happened.year + 1, 1, 31), (row.quantity, row.happened)
    assert max(row.happened for row in case().as_of(SIGNED)) == date(1979, 7, 1)


def test_a_series_that_repeats_another_carries_no_weight() -> None:
    assert {row.reporter for row in case().observations} == {"USGS", "World Bank", "Jacks"}
    for metal, copied in (("copper", "World Bank"), ("nickel", "World Bank"), ("tin", "World Bank")):
        assert case().measures[f"real price[{metal}]"].reporters["Jacks"].copies == copied
        ratios = [
            reported(metal, year, "Jacks") / reported(metal, year, "World Bank")
            for year in (1990, 1995, 2000, 2005, 2010, 2015)
        ]
        assert max(ratios) / min(ratios) < 1.01, metal
    ratios = [reported("chromium", y, "Jacks") / reported("chromium", y) for y in range(1955, 1991, 5)]
    assert max(ratios) / min(ratios) < 1.01
    assert case().measures["real price[chromium]"].reporters["Jacks"].copies == "USGS"


def test_the_wager_comes_out_as_it_did() -> None:
    known = date(1992, 1, 31)
    told = ("wager-", "cheque-says-over", "twenty-", *(f"{metal}-dearer" for metal in METALS))
    status = {c.id: claim_status(case(), c, known) for c in case().claims if c.id.startswith(told)}
    assert status["wager-basket-dearer"] == "did not happen"
    assert status["wager-basket-cheaper"] == "happened"
    assert [status[f"{metal}-dearer-in-1990"] for metal in METALS] == ["did not happen"] * 5
    assert status["cheque-says-over-half"] == "did not happen"
    assert status["twenty-years-earlier"] == "happened"
    signed = {c.id: claim_status(case(), c, SIGNED) for c in case().claims if c.id.startswith("wager-")}
    assert signed["wager-basket-dearer"] == signed["wager-basket-cheaper"] == "open"


def test_the_basket_of_annual_means_fell_by_more_than_a_third() -> None:
    basket = sum(200 * reported(metal, 1990) / reported(metal, 1980) for metal in METALS)
    assert basket == pytest.approx(625.0, abs=1.0)


def test_both_sides_can_be_right_about_some_decade() -> None:
    rises = [
        sum(200 * reported(metal, year + 10) / reported(metal, year) for metal in METALS) > 1000
        for year in range(1951, 1983)
    ]
    assert (sum(rises), len(rises)) == (18, 32)
