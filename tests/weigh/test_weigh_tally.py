"""Means over claims, skill and reliability: against independent numbers, adding up exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy.stats import binom

from realities.case.claims import Claim
from realities.weigh.scoring.baselines import base_rate_brier
from realities.weigh.scoring.judging import scoring_dates
from realities.weigh.scoring.reliability import (
    BINS,
    Bin,
    brier_parts,
    consistent,
    recalibrated,
    recalibrated_parts,
    reliability,
)
from realities.weigh.scoring.scores import brier, skill
from realities.weigh.scoring.tally import Verdict, score_account, score_claimants

# -- accounts and claimants -----------------------------------------------------------------------

VERDICTS = (
    Verdict("a", "author", True, 0.8, 0.9),
    Verdict("b", "author", False, 0.4, None),
    Verdict("c", "analyst", False, 0.1, 0.3, is_hindsight=True),
    Verdict("d", "analyst", True, None, 0.6),
)


def test_an_account_is_scored_on_the_chances_it_gave_beforehand() -> None:
    scores = score_account(VERDICTS)
    assert scores.brier == pytest.approx((0.04 + 0.16 + 0.01) / 3)
    assert scores.log_score == pytest.approx((log(0.8) + log(0.6) + log(0.9)) / 3)
    assert scores.brier_last == pytest.approx((0.01 + 0.09 + 0.16) / 3)
    assert scores.log_last == pytest.approx((log(0.9) + log(0.7) + log(0.6)) / 3)
    assert (scores.n_claims, scores.n_last, scores.n_hindsight, scores.is_hindsight) == (3, 3, 1, True)


def test_claims_that_one_test_decided_count_once() -> None:
    test = ("at[2022-10-05](x > 3)", (4.0,))
    twice = [replace(verdict, test=test) for verdict in (VERDICTS[3], VERDICTS[0])]
    assert score_account([*twice, *VERDICTS[1:3]]) == replace(
        score_account([VERDICTS[0], *VERDICTS[1:3]]),
        brier_last=pytest.approx((0.16 + 0.09) / 2),
        log_last=pytest.approx((log(0.6) + log(0.7)) / 2),
    )
    apart = [replace(verdict, test=(verdict.claim,)) for verdict in VERDICTS]
    assert score_account(apart) == score_account(VERDICTS)


def test_skill_is_measured_against_one_half() -> None:
    scores = score_account(VERDICTS)
    assert scores.skill_half == pytest.approx(1 - 0.07 / 0.25)
    assert scores.log_skill_half == pytest.approx(1 - (log(0.8) + log(0.6) + log(0.9)) / 3 / -log(2))
    always_half = score_account([Verdict("a", "x", True, 0.5), Verdict("b", "x", False, 0.5)])
    assert always_half.skill_half == 0.0
    assert always_half.log_skill_half == pytest.approx(0.0, abs=1e-15)
    assert skill(0.1, 0.0) is None


def test_the_base_rate_is_what_part_of_the_claims_happened() -> None:
    assert base_rate_brier([True, False, False]) == pytest.approx(2 / 9)
    assert score_account(VERDICTS).skill_base_rate == pytest.approx(1 - 0.07 / (2 / 9))
    assert base_rate_brier([]) is None
    assert score_account(VERDICTS[:1]).skill_base_rate is None  # nothing can beat what is never wrong


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.floats(0.0, 1.0))
def test_no_constant_chance_scores_better_than_the_base_rate(happened: list[bool], chance: float) -> None:
    rate = base_rate_brier(happened)
    assert rate is not None and rate <= np.mean([(chance - own) ** 2 for own in happened]) + 1e-12


def test_nothing_decided_is_no_score() -> None:
    scores = score_account([])
    assert (scores.brier, scores.log_score, scores.skill_half, scores.murphy) == (None, None, None, None)
    assert (scores.n_claims, scores.bins, scores.is_hindsight) == (0, (), False)


def test_claimants_are_scored_on_their_own_claims() -> None:
    by_claimant = score_claimants(VERDICTS)
    assert list(by_claimant) == ["analyst", "author"]
    assert by_claimant["author"] == score_account(VERDICTS[:2])


def claim(made: date, deadline: date | None) -> Claim:
    return Claim("c", "a", "forecast", "s", "s", "", made, deadline, None, None, None)


DATES = [date(2022, 9, 1), date(2022, 10, 1), date(2022, 12, 1), date(2023, 3, 20), date(2023, 6, 1)]


def test_a_chance_counts_from_the_day_of_the_claim_until_before_its_deadline() -> None:
    assert scoring_dates(claim(DATES[1], DATES[3]), DATES) == (DATES[1], DATES[2])
    assert scoring_dates(claim(DATES[1], DATES[1]), DATES) == (DATES[1], DATES[1])
    assert scoring_dates(claim(DATES[1], None), DATES) == (DATES[1], DATES[4])


def test_no_chance_counts_once_the_claim_was_decided() -> None:
    assert scoring_dates(claim(DATES[1], DATES[3]), DATES, decided=DATES[2]) == (DATES[1], DATES[1])
    assert scoring_dates(claim(DATES[1], DATES[3]), DATES, decided=DATES[1]) == (None, None)


def test_a_claim_made_on_a_day_without_chances_has_only_a_last_one() -> None:
    assert scoring_dates(claim(date(2022, 10, 2), DATES[3]), DATES) == (None, DATES[2])


# -- reliability ----------------------------------------------------------------------------------


def test_bins_count_every_chance_once_and_keep_empty_ones() -> None:
    bins = reliability([0.0, 0.05, 0.1, 0.5, 1.0], [False, False, True, True, True])
    assert [b.n for b in bins] == [2, 1, 0, 1, 0, 1]
    assert bins[0] == Bin(0.0, 0.1, 2, 0.025, 0.0, 0.0, 0.0)
    assert bins[2] == Bin(0.3, 0.5, 0, None, None)
    assert (bins[5].mean_chance, bins[5].frequency, bins[5].least, bins[5].most) == (1.0, 1.0, 1.0, 1.0)


def test_chances_and_outcomes_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="2 chances for 1 outcomes"):
        reliability([0.1, 0.2], [True])
    with pytest.raises(ValueError, match="between 0 and 1"):
        reliability([1.2], [True])


@pytest.mark.parametrize("chance", [0.03, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 4, 17])
def test_equal_chances_are_consistent_with_binomial_quantiles(chance: float, n: int) -> None:
    least, most = consistent(np.full(n, chance))
    assert (n * least, n * most) == pytest.approx(tuple(binom.ppf([0.05, 0.95], n, chance)))


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=7))
def test_consistent_outcomes_are_as_many_as_every_way_to_happen_says(chances: list[float]) -> None:
    probability = np.zeros(len(chances) + 1)
    for way in product([0, 1], repeat=len(chances)):
        probability[sum(way)] += np.prod([p if o else 1 - p for p, o in zip(chances, way, strict=True)])
    least, most = consistent(np.array(chances))
    counts = np.arange(len(chances) + 1) / len(chances)
    assert probability[(counts >= least - 1e-12) & (counts <= most + 1e-12)].sum() >= 0.9 - 1e-9
    assert probability[counts < least - 1e-12].sum() <= 0.05 + 1e-9
    assert probability[counts > most + 1e-12].sum() <= 0.05 + 1e-9


def test_the_parts_of_the_brier_score_are_those_worked_by_hand() -> None:
    # Bins 0.1-0.3 and 0.7-0.9. Low: chances .1 .2 .2, none happened; high: .8 .7 .8 .7, three did.
    p, o = [0.1, 0.2, 0.2, 0.8, 0.7, 0.8, 0.7], [False, False, False, True, True, False, True]
    found = brier_parts(p, o, BINS)
    low, high, rate = 0.5 / 3, 0.75, 3 / 7
    assert found.reliability == pytest.approx((3 * low**2 + 4 * (high - 0.75) ** 2) / 7)
    assert found.resolution == pytest.approx((3 * rate**2 + 4 * (0.75 - rate) ** 2) / 7)
    assert found.uncertainty == pytest.approx(rate * (1 - rate))
    assert found.within_variance == pytest.approx(((0.1 - low) ** 2 + 2 * (0.2 - low) ** 2 + 4 * 0.05**2) / 7)
    # In the high bin the outcomes lie .25 above their mean (three) and .75 below (the second 0.8).
    assert found.within_covariance == pytest.approx(2 * (0.05 * 0.25 - 0.05 * 0.75 - 2 * 0.05 * 0.25) / 7)


pairs = st.lists(
    st.tuples(st.sampled_from([0.01, 0.12, 0.2, 0.5, 0.7, 0.71, 0.99]), st.booleans()), max_size=30
)


@settings(max_examples=60)
@given(pairs)
def test_the_parts_of_the_brier_score_add_up(pairs: list[tuple[float, bool]]) -> None:
    p, o = [p for p, _ in pairs], [o for _, o in pairs]
    mean = float(np.mean([brier(*pair) for pair in pairs])) if pairs else 0.0
    for found in (brier_parts(p, o), brier_parts(p, o, BINS), recalibrated_parts(p, o)):
        assert found.brier == pytest.approx(mean, abs=1e-14)
    alone = brier_parts(p, o)
    assert min(alone.reliability, alone.resolution, alone.uncertainty) >= 0.0
    assert (alone.within_variance, alone.within_covariance) == pytest.approx((0.0, 0.0), abs=1e-15)
    best = recalibrated_parts(p, o)
    assert min(best.miscalibration, best.discrimination) >= -1e-15


@settings(max_examples=60)
@given(pairs.filter(len))
def test_chances_are_recalibrated_as_another_library_does(pairs: list[tuple[float, bool]]) -> None:
    if not hasattr(optimize, "isotonic_regression"):
        pytest.skip("this SciPy has none")
    p, o = np.array(pairs, dtype=float).T
    values, group = np.unique(p, return_inverse=True)
    n = np.bincount(group)
    other = optimize.isotonic_regression(np.bincount(group, o) / n, weights=n).x
    assert recalibrated(p, o) == pytest.approx(other[group], abs=1e-12)
    assert len(values) == len(other)


def test_chances_that_are_right_in_every_group_are_not_miscalibrated() -> None:
    p, o = [0.5, 0.5, 0.25, 0.25, 0.25, 0.25], [True, False, True, False, False, False]
    assert recalibrated_parts(p, o).miscalibration == pytest.approx(0.0, abs=1e-15)
    assert recalibrated_parts([1.0, 0.0], [False, True]).discrimination == pytest.approx(0.0, abs=1e-15)
    assert recalibrated_parts([1.0, 0.0], [False, True]).miscalibration == pytest.approx(0.75)
