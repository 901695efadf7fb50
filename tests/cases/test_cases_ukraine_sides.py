"""The flagship read from each side: one rule for parties, one kind of width, claims and their state.

In comes the bundled case; what is checked here is that nobody is treated otherwise than the others. The laws
of the model itself are in `test_cases_ukraine.py`.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import realities
from realities.case.folder import Case, load_case
from realities.weigh.scoring.status import claim_status

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from reports import fates_of

OWN_DEAD = {
    "ru_deaths_cum": "Russian Ministry of Defence",
    "ua_deaths_cum": "Office of the President of Ukraine",
}
OF_THE_OTHER = {
    ("ru_losses_rate", "Ukrainian General Staff"),
    ("ru_deaths_cum", "President of Ukraine"),
    ("ua_casualties_cum", "Russian Ministry of Defence"),
    ("ua_deaths_cum", "Russian Ministry of Defence"),
}


@cache
def case() -> Case:
    return load_case(Path(realities.__file__).parent / "cases" / "ukraine-2022")


def bias(quantity: str, reporter: str) -> str:
    return case().measures[quantity].reporters[reporter].bias.text


def test_parties_to_the_war_are_taken_alike() -> None:
    assert len({bias(quantity, reporter) for quantity, reporter in OWN_DEAD.items()}) == 1
    assert len({bias(quantity, reporter) for quantity, reporter in OF_THE_OTHER}) == 1


def test_a_bias_away_from_one_says_why() -> None:
    for quantity, measure in case().measures.items():
        for name, reporter in measure.reporters.items():
            party = OWN_DEAD.get(quantity) == name or (quantity, name) in OF_THE_OTHER
            if not party and float(reporter.bias.ppf(np.array(0.5))) != pytest.approx(1.0):
                line = reporter.span.source.line(reporter.span.line)
                assert "#" in line, f"{quantity}, {name}: {line}"


@pytest.mark.parametrize("account", ["author", "analyst", "commenter", "decree", "reference"])
def test_accounts_are_of_one_kind_of_width(account: str) -> None:
    for name, prior in case().priors(account).items():
        low, high = prior.ppf(np.array([0.05, 0.95]))
        if prior.fixed is None and low > 0:
            assert 2.5 < high / low < 12.5, (name, high / low)
    turn = case().priors(account)["turn of the war"].ppf(np.array([0.05, 0.95]))
    assert turn[1] - turn[0] == pytest.approx(2 * 1.6449 * 0.35, rel=1e-3)


def test_every_report_weighs_or_says_why_not() -> None:
    fates = fates_of(case(), case().latest_published)
    assert len(fates) == len(case().observations)
    assert set(fates.values()) <= {
        "",
        "repeats another reporter",
        "day of publication not established",
        "a newer figure took its place",
    }
    assert sum(not fate for fate in fates.values()) > 0.75 * len(fates)


def test_figures_that_count_different_things_score_nobody() -> None:
    last = case().latest_published
    found = {claim.id for claim in case().claims if claim_status(case(), claim, last) == "disputed"}
    assert found == {"s24-300000-in-a-week", "s35-sixty-thousand-dead"}


def test_what_nothing_can_decide_says_what_is_missing() -> None:
    for claim in case().claims:
        if claim.undecidable is not None:
            assert len(claim.undecidable.split()) >= 4, (claim.id, claim.undecidable)
