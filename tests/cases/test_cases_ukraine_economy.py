"""Laws of the flagship's economy sector: output, rouble and prices, whatever the numbers are.

In comes the bundled case, run by its own model with its dated inputs; what must hold of the sector in
every account is checked here, and the rest of the case in `test_cases_ukraine.py`.
"""

from __future__ import annotations

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

FOLDER = Path(realities.__file__).parent / "cases" / "ukraine-2022"
RATE, PRICES = "rouble per dollar", "consumer price inflation"


@cache
def case() -> Case:
    return load_case(FOLDER)


def run(*outputs: str, hold: dict[str, float] | None = None, **options: Any) -> Trajectories:
    """Run the case's model with its dated inputs; `hold` keeps variables where they are told."""
    the = case()
    events = [Event(e.parameter, the.calendar.time_of(e.date), e.value) for e in the.events]
    return make_simulator(the.model, outputs=outputs, events=events, hold=hold or {}).run(**options)


@pytest.mark.parametrize("account", ["author", "analyst", "commenter", "decree", "reference"])
def test_rouble_and_prices_stay_possible_in_every_account(account: str) -> None:
    rng = np.random.default_rng(7)
    draws = {name: prior.ppf(rng.random(64)) for name, prior in case().priors(account).items()}
    result = run(RATE, PRICES, "Price level", "output index", parameters=draws, n_draws=64)
    assert not result.failed.any()
    assert (result[RATE] > 20).all() and (result[RATE] < 1000).all()
    assert (result["Price level"] > 0).all() and (result["output index"] > 0).all()
    assert (np.abs(result[PRICES]) < 1).all()


def test_without_the_sector_rouble_and_prices_take_their_path_without_war() -> None:
    off = {"economy sector": 0.0}
    usual = run(RATE, PRICES, "output index", hold=off)
    other = run(RATE, PRICES, "output index", hold={**off, "sanction gap": 0.3, "oil price": 20.0})
    for name in (RATE, PRICES, "output index"):
        np.testing.assert_array_equal(usual[name], other[name])
    assert (np.diff(usual[RATE][0]) >= 0).all()  # nothing but prices here against prices abroad
    assert (usual[PRICES] <= usual[PRICES][0, 0] + 1e-9).all()


def test_inflation_is_the_growth_of_prices_over_a_year() -> None:
    result = run(PRICES, "Price level", "inflation span")
    span = int(result["inflation span"][0, 0]) // 4  # save points lie four days apart
    level = result["Price level"][0]
    grown = level[span:] / level[:-span] - 1
    np.testing.assert_allclose(result[PRICES][0, span:], grown, rtol=1e-9)


def test_dear_oil_strengthens_the_rouble_and_lifts_output() -> None:
    usual, dear = run(RATE, "output index"), run(RATE, "output index", hold={"oil price": 120.0})
    assert (dear[RATE][0, 1:] < usual[RATE][0, 1:]).all()
    assert (dear["output index"] > usual["output index"]).all()


def test_a_falling_rouble_raises_prices_and_a_rising_one_lowers_none() -> None:
    kept, passed = run("Price level", hold={"pass through": 0.0}), run("Price level")
    assert (passed["Price level"][0, 2:] > kept["Price level"][0, 2:]).all()
    assert (np.diff(passed["Price level"][0]) > 0).all()


def test_tight_money_answers_prices_with_a_stronger_rouble() -> None:
    loose, tight = run(RATE, hold={"rate effect": 0.0}), run(RATE)
    assert tight[RATE][0, 60] < loose[RATE][0, 60]


def test_sanctions_that_last_weaken_the_rouble() -> None:
    short, long = run(RATE, hold={"lasting share": 0.1}), run(RATE, hold={"lasting share": 0.9})
    assert long[RATE][0, -1] > short[RATE][0, -1]


def test_the_oil_price_is_held_and_no_later_price_enters() -> None:
    # the oil price is no dated input: whatever it did later cannot reach a run as of an earlier day
    assert "oil price" not in {event.parameter for event in case().events}
