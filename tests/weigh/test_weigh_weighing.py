"""Weights of all accounts: what they are, what they depend on, and what they must not depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import fsum

import numpy as np
import pytest

from realities.case.folder import Case
from realities.errors import InputError
from realities.weigh.fits import AccountFit
from realities.weigh.sampling.evidence import EFFORTS, SamplerSettings
from realities.weigh.weighing import share_errors, shares, weigh_accounts, weigh_dates

MakeCase = Callable[..., Case]
SMALL = SamplerSettings(2, 150, 8, 500, components=2, enough_draws=200, posterior_draws=400)
LAST = date(2009, 1, 1)

SLOW = {"start value": "lognormal(median=80, sigma=0.3)"}
FAST = {"start value": "lognormal(median=150, sigma=0.3)"}
ROWS = [
    (2001, 2002, 101.3, "", "", "person", "Bureau"),
    (2003, 2004, 93.7, "", "", "person", "Bureau"),
    (2006, 2007, 110.9, "", "", "person", "Bureau"),
]


def same_bits(a: AccountFit, b: AccountFit) -> bool:
    """Whether two fits agree in everything but the account's name."""
    numbers = [
        (fit.log_evidence, fit.log_evidence_error, fit.k_hat, fit.effective_draws, fit.run_log_evidences)
        for fit in (a, b)
    ]
    arrays = all(
        np.array_equal(one[name], other[name])
        for one, other in ((a.parameters, b.parameters), (a.reporter_parameters, b.reporter_parameters))
        for name in one
    )
    return numbers[0] == numbers[1] and arrays and list(a.parameters) == list(b.parameters)


def test_weights_are_shares_of_the_evidence(make_case: MakeCase) -> None:
    found = weigh_accounts(make_case({"slow": SLOW, "fast": FAST}, ROWS), effort=SMALL)
    evidence = {name: fit.log_evidence for name, fit in found.fits.items()}
    odds = np.exp(evidence["slow"] - evidence["fast"])
    assert found.weights["slow"] / found.weights["fast"] == pytest.approx(odds)
    assert fsum(found.weights.values()) == pytest.approx(1.0)
    assert found.reliable and found.used == 3 and found.case_id


def test_weights_before_any_report_can_be_given(make_case: MakeCase) -> None:
    case = make_case({"slow": SLOW, "fast": FAST}, ROWS)
    even = weigh_accounts(case, effort=SMALL)
    uneven = weigh_accounts(case, effort=SMALL, prior_weights={"slow": 3.0, "fast": 1.0})
    ratio = (uneven.weights["slow"] / uneven.weights["fast"]) / (even.weights["slow"] / even.weights["fast"])
    assert ratio == pytest.approx(3.0)


def test_before_any_report_weights_are_equal(make_case: MakeCase) -> None:
    found = weigh_accounts(
        make_case({"slow": SLOW, "fast": FAST}, ROWS), as_of=date(2000, 6, 1), effort=SMALL
    )
    assert found.weights == {"slow": 0.5, "fast": 0.5}
    assert (found.used, found.later) == (0, 3)


def test_the_default_date_is_the_latest_publication_and_the_default_seed_the_case_s(
    make_case: MakeCase,
) -> None:
    found = weigh_accounts(make_case({"slow": SLOW}, ROWS), effort=SMALL)
    assert (found.as_of, found.seed) == (date(2007, 1, 1), 1)


def test_rows_are_counted(make_case: MakeCase) -> None:
    rows = [
        *ROWS,
        (2005, "", 99.0, "", "", "person", "Bureau"),
        (2008, 2005, 120.0, "", "", "person", "Bureau"),
    ]
    found = weigh_accounts(make_case({"slow": SLOW}, rows), as_of=date(2005, 6, 1), effort=SMALL)
    assert (found.used, found.later, found.without_date) == (2, 1, 1)
    assert any("forecasts" in text for text in found.warnings)


def test_an_account_written_after_the_date_is_stamped(make_case: MakeCase) -> None:
    case = make_case({"slow": SLOW, "fast": FAST}, ROWS, authored={"fast": "2006-05-05"})
    early = weigh_accounts(case, as_of=date(2005, 1, 1), effort=SMALL)
    assert [text for text in early.warnings if "hindsight" in text] == [
        'account "fast": written on 5 May 2006, after 1 Jan 2005, and so with hindsight'
    ]
    assert early.fits["fast"].reliable
    assert not weigh_accounts(case, as_of=LAST, effort=SMALL).warnings


def test_accounts_that_assume_the_same_get_the_same_bits(make_case: MakeCase) -> None:
    found = weigh_accounts(make_case({"one": SLOW, "other": SLOW, "third": FAST}, ROWS), effort=SMALL)
    assert same_bits(found.fits["one"], found.fits["other"])
    assert found.weights["one"] == found.weights["other"]


def test_neither_names_nor_order_of_accounts_touch_a_bit(make_case: MakeCase) -> None:
    third = {"start value": "lognormal(median=110, sigma=0.2)", "growth rate": "normal(0, 0.02)"}
    first = weigh_accounts(make_case({"slow": SLOW, "fast": FAST, "third": third}, ROWS), effort=SMALL)
    second = weigh_accounts(make_case({"z": third, "fast": FAST, "b": SLOW}, ROWS), effort=SMALL)
    for before, after in (("slow", "b"), ("fast", "fast"), ("third", "z")):
        assert same_bits(first.fits[before], second.fits[after])
        assert first.weights[before] == second.weights[after]
        assert first.weight_errors[before] == second.weight_errors[after]


def test_what_is_published_later_touches_no_bit(make_case: MakeCase) -> None:
    day = date(2005, 1, 1)
    poisoned = [
        *ROWS[:2],
        (2006, 2007, 1e9, "", "", "person", "Bureau"),
        (2004, 2008, 3.0, "", "", "person", "Bureau"),
    ]
    first = weigh_accounts(make_case({"slow": SLOW, "fast": FAST}, ROWS), as_of=day, effort=SMALL)
    second = weigh_accounts(make_case({"slow": SLOW, "fast": FAST}, poisoned), as_of=day, effort=SMALL)
    assert all(same_bits(first.fits[name], second.fits[name]) for name in ("slow", "fast"))
    assert first.weights == second.weights


def test_a_wrong_row_published_later_stops_nothing_and_an_earlier_one_does(make_case: MakeCase) -> None:
    case = make_case({"slow": SLOW}, [*ROWS, (2006, 2008, "many", "", "", "person", "Bureau")])
    assert weigh_accounts(case, as_of=date(2007, 6, 1), effort=SMALL).used == 3
    with pytest.raises(InputError):
        weigh_accounts(case, as_of=date(2008, 6, 1), effort=SMALL)


def test_copies_add_nothing(make_case: MakeCase) -> None:
    text = 'reporters."Bureau" = { noise = 0.1 }\nreporters."Echo" = { copies = "Bureau" }'
    echoed = [*ROWS, *((*row[:-1], "Echo") for row in ROWS)]
    alone = weigh_accounts(make_case({"slow": SLOW}, ROWS, text), effort=SMALL)
    together = weigh_accounts(make_case({"slow": SLOW}, echoed, text), effort=SMALL)
    assert same_bits(alone.fits["slow"], together.fits["slow"])
    assert together.used == 3


def test_an_account_can_read_a_label_its_own_way(make_case: MakeCase) -> None:
    text = 'accounts.fast.expression = "Level / 2"\nreporters."Bureau" = { noise = 0.1 }'
    found = weigh_accounts(make_case({"slow": SLOW, "fast": SLOW}, ROWS, text), effort=SMALL)
    assert np.median(found.fits["fast"].parameters["start value"]) == pytest.approx(200, rel=0.05)
    assert np.median(found.fits["slow"].parameters["start value"]) == pytest.approx(100, rel=0.05)


def test_several_dates_agree_with_each_alone(make_case: MakeCase) -> None:
    case = make_case({"slow": SLOW, "fast": FAST}, ROWS)
    days = [LAST, date(2000, 6, 1), date(2003, 6, 1), date(2005, 1, 1)]
    found = weigh_dates(case, days, effort=SMALL)
    assert list(found) == sorted(days)
    for day in days:
        alone = weigh_accounts(case, as_of=day, effort=SMALL)
        assert found[day].as_of == day and found[day].used == alone.used
        for name in ("slow", "fast"):
            assert found[day].weights[name] == pytest.approx(alone.weights[name], abs=0.05)
            assert found[day].fits[name].log_evidence == pytest.approx(
                alone.fits[name].log_evidence, abs=0.15
            )


def test_later_dates_touch_no_bit_of_earlier_ones(make_case: MakeCase) -> None:
    case = make_case({"slow": SLOW}, ROWS)
    few = weigh_dates(case, [date(2003, 1, 1), date(2005, 1, 1)], effort=SMALL)
    more = weigh_dates(case, [date(2003, 1, 1), date(2005, 1, 1), LAST], effort=SMALL)
    assert same_bits(few[date(2005, 1, 1)].fits["slow"], more[date(2005, 1, 1)].fits["slow"])


def test_the_number_of_processes_touches_no_bit(make_case: MakeCase) -> None:
    text = 'discrepancy = { sd = 0.2, timescale_days = 1000 }\nreporters."Bureau" = { noise = 0.1 }'
    case = make_case({"slow": SLOW, "fast": FAST}, ROWS, text)
    alone, together = (weigh_accounts(case, effort=SMALL, workers=n) for n in (1, 2))
    assert alone.weights == together.weights
    for name in ("slow", "fast"):
        one, other = alone.fits[name], together.fits[name]
        assert same_bits(one, other)
        assert np.array_equal(one.discrepancies["count"].values, other.discrepancies["count"].values)


def test_progress_is_told(make_case: MakeCase) -> None:
    seen: list[tuple[str, float, float]] = []
    case = make_case({"slow": SLOW, "fast": FAST}, ROWS)
    weigh_accounts(case, as_of=date(2000, 6, 1), effort=SMALL, progress=lambda *what: seen.append(what))
    assert seen[0] == ("Weighing", 0, 2 * SMALL.runs) and seen[-1][1:] == (2, 2)


def test_an_account_that_cannot_be_weighed_makes_the_weights_unreliable(make_case: MakeCase) -> None:
    none = {"start value": "0", "growth rate": "normal(0, 1)"}
    found = weigh_accounts(make_case({"slow": SLOW, "none": none}, ROWS), effort=SMALL)
    assert found.weights == {"slow": 1.0, "none": 0.0}
    assert not found.reliable and any(text.startswith('account "none"') for text in found.warnings)


def test_where_no_account_fits_weights_are_equal_and_that_is_said(make_case: MakeCase) -> None:
    none = {"start value": "0", "growth rate": "normal(0, 1)"}
    found = weigh_accounts(make_case({"one": none, "other": none}, ROWS), effort=SMALL)
    assert found.weights == {"one": 0.5, "other": 0.5} and not found.reliable
    assert any("no account" in text for text in found.warnings)


def test_shares_survive_evidences_of_any_size() -> None:
    assert shares({"a": -1e6, "b": -1e6 + np.log(3)}) == pytest.approx({"a": 0.25, "b": 0.75})
    assert shares({"a": -np.inf, "b": -5.0}) == {"a": 0.0, "b": 1.0}


def test_errors_of_weights_are_those_of_the_evidences_passed_on() -> None:
    log_evidence, errors = {"a": 0.0, "b": 0.7, "c": -1.0}, {"a": 0.05, "b": 0.02, "c": 0.08}
    rng = np.random.default_rng(0)
    drawn = [
        shares({k: v + errors[k] * rng.standard_normal() for k, v in log_evidence.items()})
        for _ in range(4000)
    ]
    found = share_errors(shares(log_evidence), errors)
    for name in errors:
        assert found[name] == pytest.approx(np.std([one[name] for one in drawn]), rel=0.06)


def test_an_account_of_no_weight_has_no_error_and_spoils_none() -> None:
    found = share_errors({"a": 1.0, "b": 0.0}, {"a": 0.1, "b": np.inf})
    assert found == {"a": 0.0, "b": 0.0}


def test_efforts_grow() -> None:
    sizes = [
        EFFORTS[name].runs * EFFORTS[name].particles for name in ("sketch", "quick", "default", "publish")
    ]
    assert sizes == sorted(sizes) and EFFORTS["publish"].runs == 4
    assert replace(EFFORTS["quick"], particles=10).particles == 10


@pytest.mark.parametrize(("n", "said"), [(1, "1 row weighs nothing"), (2, "2 rows weigh nothing")])
def test_rows_that_weigh_nothing_are_counted(make_case: MakeCase, n: int, said: str) -> None:
    ahead = [(2008 + k, 2001, 100, "", "", "person", "Bureau") for k in range(n)]
    case = make_case({"a": {"start value": "100"}}, [(2001, 2002, 101, "", "", "person", "Bureau"), *ahead])
    found = weigh_accounts(case, effort="sketch")
    assert any(warning.startswith(f"{said}: forecasts") for warning in found.warnings)
