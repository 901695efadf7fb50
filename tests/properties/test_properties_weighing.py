"""Laws of weighing: neutrality, no hindsight, units, copies, and weights that are shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realities.case.folder import Case
from realities.case.observations import Observation
from realities.units import parse_unit
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.weighing import shares, weigh_accounts

MakeCase = Callable[..., Case]
PERSON, KILO = parse_unit("person"), parse_unit("thousand persons")
AS_OF = date(2006, 6, 1)
TINY = SamplerSettings(2, 60, 4, 200, components=2, rounds=2, enough_draws=50, posterior_draws=50)
REPORTERS = """discrepancy = { sd = 0.1, timescale_days = 700 }
reporters."Bureau" = { bias = "lognormal(median=1, sigma=0.3)", noise = 0.1, drift = true }
reporters."Office" = { bias = 1, noise = "lognormal(median=0.2, sigma=0.3)" }
reporters."Echo" = { copies = "Bureau" }"""
ACCOUNTS = {
    "one": {"start value": "lognormal(median=80, sigma=0.3)"},
    "other": {"start value": "lognormal(median=150, sigma=0.3)", "growth rate": "normal(0, 0.05)"},
}
LAW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

days = st.integers(0, 3652).map(lambda offset: date(2000, 1, 1) + timedelta(days=offset))
figures = st.floats(20, 500).map(lambda value: round(value, 3))


@st.composite
def observations(draw: st.DrawFn, reporters: tuple[str, ...] = ("Bureau", "Office")) -> Observation:
    happened = draw(days)
    published = happened + timedelta(days=draw(st.integers(0, 900)))
    value = draw(st.none() | figures)
    low = draw(figures) if value is None else None
    high = None if low is None else low + draw(st.floats(1, 100))
    reporter = draw(st.sampled_from(reporters))
    return Observation(happened, published, "count", value, low, high, PERSON, 1.0, reporter, "post", "")


records = st.lists(
    observations(), min_size=1, max_size=12, unique_by=lambda row: (row.happened, row.reporter)
)


@pytest.fixture
def case(make_case: MakeCase) -> Case:
    return make_case(ACCOUNTS, [(2001, 2001, 101.3, "", "", "person", "Bureau")], REPORTERS)


def log_likelihoods(case: Case, account: str = "other", n: int = 5) -> np.ndarray:
    likelihood = AccountLikelihood(case, account, AS_OF)
    points = np.random.default_rng(0).standard_normal((n, likelihood.dimension))
    return likelihood(points)


@LAW
@given(rows=records, later=records, data=st.data())
def test_whatever_is_published_later_changes_no_bit(
    case: Case, rows: list[Observation], later: list[Observation], data: st.DataObject
) -> None:
    after = [replace(row, published=AS_OF + timedelta(days=data.draw(st.integers(1, 900)))) for row in later]
    mixed = data.draw(st.permutations([*rows, *after]))
    clean = replace(case, observations=tuple(rows))
    poisoned = replace(case, observations=tuple(mixed))
    assert np.array_equal(log_likelihoods(clean), log_likelihoods(poisoned))


@LAW
@given(rows=records, data=st.data())
def test_the_order_of_rows_changes_no_bit(case: Case, rows: list[Observation], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    first = log_likelihoods(replace(case, observations=tuple(rows)))
    assert np.array_equal(first, log_likelihoods(replace(case, observations=tuple(shuffled))))


@LAW
@given(rows=records)
def test_copies_of_any_row_change_no_bit(case: Case, rows: list[Observation]) -> None:
    copies = tuple(replace(row, reporter="Echo") for row in rows)
    first = log_likelihoods(replace(case, observations=tuple(rows)))
    assert np.array_equal(first, log_likelihoods(replace(case, observations=(*rows, *copies))))


@LAW
@given(rows=records)
def test_other_units_of_the_rows_shift_the_log_density_by_a_constant(
    case: Case, rows: list[Observation]
) -> None:
    # Values are in the measure's unit already; only the number that was written is another.
    thousands = tuple(replace(row, unit=KILO, factor=1000.0) for row in rows)
    first = log_likelihoods(replace(case, observations=tuple(rows)))
    second = log_likelihoods(replace(case, observations=thousands))
    used = [row for row in rows if row.published <= AS_OF and row.happened <= AS_OF]  # type: ignore[operator]
    shift = np.log(1000.0) * sum(row.value is not None for row in used)
    finite = np.isfinite(first)
    assert np.array_equal(finite, np.isfinite(second))
    assert second[finite] - first[finite] == pytest.approx(shift, abs=1e-6)


@LAW
@given(rows=records, data=st.data())
def test_a_row_more_is_one_factor_more(case: Case, rows: list[Observation], data: st.DataObject) -> None:
    # Without shared errors the log density of rows is the sum of theirs.
    plain = replace(case.measures["count"], discrepancy=None)
    office = plain.reporters["Office"]
    plain = replace(
        plain, reporters={"Office": replace(office, noise=case.measures["count"].reporters["Echo"].bias)}
    )
    alone = replace(case, measures={"count": plain})
    own = [
        replace(row, reporter="Office", happened=date(2001 + k % 5, 1 + k, 1), published=AS_OF)
        for k, row in enumerate(rows)
    ]
    cut = data.draw(st.integers(0, len(own)))
    parts = [replace(alone, observations=tuple(some)) for some in (own, own[:cut], own[cut:])]
    whole, first, second = map(log_likelihoods, parts)
    assert whole == pytest.approx(first + second, abs=1e-9)


@given(st.dictionaries(st.text(max_size=5), st.floats(-1e5, 1e5), min_size=1, max_size=8), st.randoms())
def test_shares_sum_to_one_in_any_order_to_the_last_bit(
    log_weights: dict[str, float], random: object
) -> None:
    found = shares(log_weights)
    assert sum(found.values()) == pytest.approx(1.0)
    names = list(log_weights)
    random.shuffle(names)  # type: ignore[attr-defined]
    assert shares({name: log_weights[name] for name in names}) == found


@settings(LAW, max_examples=4)
@given(
    names=st.lists(
        st.sampled_from(["zebra", "a", "M", "other", "one", "42"]), min_size=2, max_size=2, unique=True
    )
)
def test_renaming_and_reordering_accounts_only_renames_and_reorders_results(
    case: Case, make_case: MakeCase, names: list[str]
) -> None:
    row = (2001, 2001, 101.3, "", "", "person", "Bureau")
    renamed = make_case({names[1]: ACCOUNTS["other"], names[0]: ACCOUNTS["one"]}, [row], REPORTERS)
    first, second = (weigh_accounts(one, as_of=AS_OF, effort=TINY) for one in (case, renamed))
    for before, after in zip(("one", "other"), names, strict=True):
        assert first.weights[before] == second.weights[after]
        assert first.fits[before].log_evidence == second.fits[after].log_evidence
        for parameter, draws in first.fits[before].parameters.items():
            assert np.array_equal(draws, second.fits[after].parameters[parameter])
