"""Chances of claims: from draws, never 0 or 1, with what has no answer counted."""

from __future__ import annotations

from datetime import date
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realities.case.calendar import Calendar
from realities.case.claims import Claim
from realities.case.predicates import parse_predicate
from realities.errors import Findings
from realities.source import SourceText
from realities.weigh.scoring.forecasts import (
    RARE,
    claim_chance,
    claim_chances,
    claim_times,
    judge_draws,
    needed_outputs,
    with_rare_turns,
)
from realities.weigh.scoring.scores import log_score

CALENDAR = Calendar(date(2022, 1, 1), date(2022, 12, 31), "day")
MADE = date(2022, 2, 1)


def claim(name: str, holds: str) -> Claim:
    predicate = None
    if holds:
        source = SourceText("claims.toml", holds)
        span = source.span(0, len(holds))
        predicate = parse_predicate(span, CALENDAR, Findings(), name=f"claim: {name}", made=MADE)
        assert predicate is not None
    return Claim(name, "a", "forecast", "s", "s", "", MADE, None, predicate, None, None)


PLAIN = claim("plain", "at[2022-03-01](x) > 0")
PAIRED = claim("paired", "at[2022-03-02](x) > 2 * at[2022-03-02](x | do(z = 0)) and at[7 days](y) > 0")
VALUE = claim("value", "")


def test_claims_say_which_runs_and_variables_they_need() -> None:
    assert needed_outputs([PLAIN, PAIRED, VALUE]) == {
        (): ("claim: paired #1", "claim: paired #2", "claim: plain #1"),
        (("z", 0.0),): ("claim: paired #1",),
    }


def test_the_grid_contains_the_days_that_predicates_name() -> None:
    grid = claim_times([PLAIN, PAIRED, VALUE], np.array([0.0, 50.0, 100.0]))
    assert grid.tolist() == [0.0, 38.0, 50.0, 59.0, 60.0, 100.0]
    assert claim_times([], np.array([0.0, 1.0])).tolist() == [0.0, 1.0]


def runs(
    x: np.ndarray, held: np.ndarray, y: np.ndarray
) -> dict[tuple[tuple[str, float], ...], dict[str, np.ndarray]]:
    grid = np.ones(3)
    plain = {
        "claim: plain #1": np.outer(x, grid),
        "claim: paired #1": np.outer(x, grid),
        "claim: paired #2": np.outer(y, grid),
    }
    return {(): plain, (("z", 0.0),): {"claim: paired #1": np.outer(held, grid)}}


GRID = np.array([0.0, 100.0, 200.0])


def test_chances_are_parts_of_draws_and_paired_runs_are_compared_draw_by_draw() -> None:
    x, held = np.array([1.0, 2.0, 3.0, -1.0]), np.array([0.4, 2.0, 1.0, -9.0])
    found = claim_chances([PLAIN, PAIRED, VALUE], runs(x, held, np.ones(4)), GRID, CALENDAR)
    assert set(found) == {"plain", "paired"}
    assert found["plain"].raw == 0.75
    assert found["plain"].margin == 1.5
    assert found["paired"].raw == 0.75
    assert (found["plain"].n_draws, found["plain"].n_undefined) == (4, 0)


def test_blocks_of_draws_may_be_judged_one_after_the_other() -> None:
    rng = np.random.default_rng(5)
    x, held, y = rng.normal(size=(3, 40))
    whole = judge_draws([PAIRED], runs(x, held, y), GRID, CALENDAR)["paired"]
    parts = [
        judge_draws([PAIRED], runs(x[k], held[k], y[k]), GRID, CALENDAR)["paired"]
        for k in (slice(0, 15), slice(15, 40))
    ]
    for i in range(2):
        np.testing.assert_array_equal(np.concatenate([part[i] for part in parts]), whole[i])


def test_agreement_of_all_draws_leaves_room_for_a_rare_turn() -> None:
    assert with_rare_turns(0.0) == pytest.approx(0.5 * RARE)
    assert with_rare_turns(1.0) == pytest.approx(1 - 0.5 * RARE)
    found = claim_chance(np.ones(10, dtype=bool), np.ones(10))
    assert (found.raw, found.chance) == (1.0, pytest.approx(0.99))
    assert log_score(with_rare_turns(1.0), 0.0) == pytest.approx(log(0.01))


@given(st.floats(0, 1), st.floats(0, 1))
def test_allowing_for_rare_turns_keeps_the_order_of_chances(p: float, q: float) -> None:
    assert (p < q) <= (with_rare_turns(p) <= with_rare_turns(q))
    assert 0.01 - 1e-12 <= with_rare_turns(p) <= 0.99 + 1e-12
    assert with_rare_turns(p) + with_rare_turns(1 - p) == pytest.approx(1.0)


def test_draws_without_an_answer_are_left_out_and_counted() -> None:
    x = np.array([1.0, np.nan, -1.0, 5.0])
    found = claim_chances([PLAIN], runs(x, x, x), GRID, CALENDAR)["plain"]
    assert (found.n_draws, found.n_undefined) == (4, 1)
    assert found.raw == pytest.approx(2 / 3)
    assert found.margin == 1.0
    failed = np.array([True, False, False, False])
    found = claim_chances([PLAIN], runs(x, x, x), GRID, CALENDAR, failed)["plain"]
    assert (found.raw, found.n_undefined) == (0.5, 2)


def test_no_answer_at_all_is_no_chance() -> None:
    found = claim_chance(np.zeros(3, dtype=bool), np.full(3, np.nan))
    assert (found.chance, found.raw, found.margin, found.error) == (None, None, None, None)
    assert (found.n_draws, found.n_undefined) == (3, 3)
    assert claim_chance(np.zeros(0, dtype=bool), np.zeros(0)).chance is None


def test_the_error_of_a_chance_falls_with_the_root_of_the_number_of_draws() -> None:
    few = claim_chance(np.arange(100) < 50, np.ones(100))
    many = claim_chance(np.arange(10_000) < 5000, np.ones(10_000))
    assert few.error == pytest.approx(0.98 * 0.05)
    assert many.error == pytest.approx(few.error / 10)


def test_a_margin_may_be_infinite_without_becoming_undefined() -> None:
    found = claim_chance(np.array([True, False]), np.array([np.inf, -np.inf]))
    assert (found.raw, found.n_undefined, found.margin) == (0.5, 0, -np.inf)
