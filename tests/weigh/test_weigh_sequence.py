"""One pass through all dates: what a date gives, what it must not depend on, revisions, scores, going on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from math import hypot

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from two_accounts import BOTH, FAST, OFFICE, SLOW

from realities.case.folder import Case, load_case
from realities.weigh.dates import known_on, next_regular, regular_dates, usual_cadence
from realities.weigh.fits import AccountFit, Weighing
from realities.weigh.likelihood import AccountLikelihood, LikelihoodPair
from realities.weigh.posterior import fit_account, settings_for
from realities.weigh.sampling.evidence import SamplerSettings, sample_posterior
from realities.weigh.sampling.moves import Moves, StandardNormal
from realities.weigh.sampling.tempering import advance
from realities.weigh.sequence import _Between
from realities.weigh.timeline import Moment, weigh_timeline
from realities.weigh.weighing import weigh_accounts, weigh_dates

MakeCase = Callable[..., Case]
SMALL = SamplerSettings(2, 200, 8, 800, components=2, enough_draws=200, posterior_draws=400)

ROWS = [
    (2001, 2002, 101.3, "", "", "person", "Bureau"),
    (2002, 2003, 98.1, "", "", "person", "Bureau"),
    (2003, 2005, 93.7, "", "", "person", "Office"),
    (2005, 2006, 104.2, "", "", "person", "Bureau"),
    (2006, 2007, 110.9, "", "", "person", "Office"),
    (2007, 2009, 99.5, "", "", "person", "Bureau"),
]
REVISED = (2001, 2007, 85.0, "", "", "person", "Bureau")
DAYS = [date(year, 6, 1) for year in (2002, 2003, 2005, 2007, 2009)]


def same_bits(a: AccountFit, b: AccountFit) -> bool:
    """Whether two fits have the same numbers, but for how much work they were."""
    numbers = [(f.log_evidence, f.log_evidence_error, f.k_hat, f.run_log_evidences) for f in (a, b)]
    return numbers[0] == numbers[1] and all(
        np.array_equal(one[name], other[name])
        for one, other in ((a.parameters, b.parameters), (a.reporter_parameters, b.reporter_parameters))
        for name in one
    )


def all_same_bits(a: Weighing, b: Weighing) -> bool:
    return a.weights == b.weights and all(same_bits(a.fits[name], b.fits[name]) for name in a.fits)


def tempered_from_scratch(case: Case, account: str, day: date) -> tuple[float, float]:
    """Log evidence and its error from the prior at once, on random streams of its own."""
    likelihood = AccountLikelihood(case, account, day)
    found = sample_posterior(likelihood, likelihood.dimension, settings=SMALL, seed=[77])
    return found.log_evidence, found.log_evidence_error


def test_every_date_agrees_with_tempering_from_scratch(make_case: MakeCase) -> None:
    case = make_case(BOTH, [*ROWS, REVISED], OFFICE)
    found = weigh_dates(case, DAYS, effort=SMALL)
    for day in DAYS:
        for account in BOTH:
            fit = found[day].fits[account]
            other, error = tempered_from_scratch(case, account, day)
            assert fit.reliable and fit.log_evidence_error < 0.1
            assert abs(fit.log_evidence - other) < 4 * hypot(fit.log_evidence_error, error)


def test_a_date_does_not_depend_on_the_others_that_are_asked_for(make_case: MakeCase) -> None:
    case = make_case(BOTH, [*ROWS, REVISED], OFFICE)
    found = weigh_dates(case, DAYS, effort=SMALL)
    for day in (DAYS[1], DAYS[-1]):
        assert all_same_bits(found[day], weigh_accounts(case, as_of=day, effort=SMALL))


def test_a_date_with_nothing_new_changes_nothing_and_costs_nothing(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    first, second = DAYS[2], DAYS[2] + timedelta(days=40)
    found = weigh_dates(case, [first, second], effort=SMALL)
    assert all_same_bits(found[first], found[second])
    assert all(fit.n_evaluations == 0 for fit in found[second].fits.values())
    moment = weigh_timeline(case, [first, second], effort=SMALL)[1]
    assert (moment.n_new, moment.n_revised, moment.moved) == (0, 0, 0.0)
    assert {(one.predictive, one.predictive_error) for one in moment.accounts.values()} == {(0.0, 0.0)}


def test_whatever_is_published_later_touches_no_bit_of_a_timeline(make_case: MakeCase) -> None:
    poison = [(2002, 2008, 4.0, "", "", "person", "Bureau"), (2004, 2008, 1e7, "", "", "person", "Office")]
    clean = weigh_timeline(make_case(BOTH, ROWS[:4], OFFICE), DAYS[:4], effort=SMALL)
    poisoned = weigh_timeline(make_case(BOTH, [*ROWS[:4], *poison], OFFICE), DAYS, effort=SMALL)
    assert clean[:4] == poisoned[:4]
    assert poisoned[4].accounts["slow"].log_evidence != clean[3].accounts["slow"].log_evidence


def test_predictive_scores_add_up_to_the_log_evidence(make_case: MakeCase) -> None:
    found = weigh_timeline(make_case(BOTH, ROWS, OFFICE), DAYS, effort=SMALL)
    for account in BOTH:
        moments = [moment.accounts[account] for moment in found]
        assert all(one.revision == 0.0 for one in moments)
        assert sum(one.predictive for one in moments) == pytest.approx(moments[-1].log_evidence, abs=1e-9)


def test_with_revisions_scores_and_revisions_add_up(make_case: MakeCase) -> None:
    found = weigh_timeline(make_case(BOTH, [*ROWS, REVISED], OFFICE), DAYS, effort=SMALL)
    assert [moment.n_revised for moment in found] == [0, 0, 0, 1, 0]
    assert [moment.n_new for moment in found] == [1, 1, 1, 2, 1]
    for account in BOTH:
        moments = [moment.accounts[account] for moment in found]
        assert [one.revision != 0.0 for one in moments] == [False, False, False, True, False]
        total = sum(one.predictive + one.revision for one in moments)
        assert total == pytest.approx(moments[-1].log_evidence, abs=1e-9)


def log_normal_density(rows: list[tuple[object, ...]]) -> float:
    """Exact log evidence of values of the Bureau under the slow account."""
    values = np.array([row[2] for row in rows], dtype=np.float64)
    if not len(values):
        return 0.0
    covariance = 0.09 + 0.01 * np.eye(len(values))
    exact = multivariate_normal(np.full(len(values), np.log(80.0)), covariance).logpdf(np.log(values))
    return float(exact - np.log(values).sum())


def test_a_revised_figure_counts_as_last_published_and_its_score_is_exact(make_case: MakeCase) -> None:
    first, second, last = [row for row in ROWS if row[-1] == "Bureau"][:3]
    rows = [first, second, last, (2001, 2006, 85.0, "", "", "person", "Bureau")]
    found = weigh_timeline(
        make_case({"slow": SLOW}, rows), [date(2004, 1, 1), date(2006, 6, 1)], effort=SMALL
    )
    before, after = (moment.accounts["slow"] for moment in found)
    assert abs(before.log_evidence - log_normal_density([first, second])) < 4 * before.log_evidence_error
    newest = [rows[3], second, last]
    assert abs(after.log_evidence - log_normal_density(newest)) < 4 * after.log_evidence_error
    exact = log_normal_density(newest) - log_normal_density([second])
    assert abs(after.predictive - exact) < 4 * after.predictive_error
    withdrawn = log_normal_density([second]) - log_normal_density([first, second])
    assert abs(after.revision - withdrawn) < 4 * hypot(after.predictive_error, before.log_evidence_error)


def test_going_on_from_an_earlier_weighing_changes_the_work_and_no_bit(make_case: MakeCase) -> None:
    case = make_case(BOTH, [*ROWS, REVISED], OFFICE)
    early = weigh_accounts(case, as_of=DAYS[3], effort=SMALL)
    anew = weigh_accounts(case, as_of=DAYS[4], effort=SMALL)
    onward = weigh_accounts(case, as_of=DAYS[4], effort=SMALL, start=early)
    assert all_same_bits(anew, onward)
    work = [sum(fit.n_evaluations for fit in one.fits.values()) for one in (anew, onward)]
    assert work[1] < 0.6 * work[0]
    fit = fit_account(case, "fast", as_of=DAYS[4], seed=1, effort=SMALL, start=early.fits["fast"])
    assert same_bits(fit, anew.fits["fast"])


def test_a_start_from_something_else_is_left_aside(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    changed = make_case(BOTH, [(2001, 2002, 55.0, "", "", "person", "Bureau"), *ROWS[1:]], OFFICE)
    anew = weigh_accounts(case, as_of=DAYS[4], effort=SMALL)
    for start in (
        weigh_accounts(changed, as_of=DAYS[3], effort=SMALL),
        weigh_accounts(case, as_of=DAYS[3], effort=SMALL, seed=5),
        weigh_accounts(case, as_of=DAYS[3], effort=replace(SMALL, particles=150)),
        weigh_accounts(case, as_of=DAYS[3], effort=SMALL, width=2.0),
    ):
        found = weigh_accounts(case, as_of=DAYS[4], effort=SMALL, start=start)
        assert all_same_bits(found, anew)
        assert found.fits["slow"].n_evaluations == anew.fits["slow"].n_evaluations


def test_runs_are_shown_apart(make_case: MakeCase) -> None:
    for moment in weigh_timeline(make_case(BOTH, ROWS, OFFICE), DAYS, effort=SMALL):
        slow, fast = moment.accounts["slow"], moment.accounts["fast"]
        assert len(slow.run_weights) == SMALL.runs
        for one, other, own, others in zip(
            slow.run_weights, fast.run_weights, slow.run_log_evidences, fast.run_log_evidences, strict=True
        ):
            assert one + other == pytest.approx(1.0)
            assert one / other == pytest.approx(np.exp(own - others))


def test_an_account_that_is_sure_of_everything_stands_beside_every_run_of_the_others(
    make_case: MakeCase,
) -> None:
    case = make_case({"slow": SLOW, "sure": {"start value": "100"}}, ROWS[:2])
    for moment in weigh_timeline(case, seed=5, effort=SMALL):
        slow, sure = (moment.accounts[name] for name in ("slow", "sure"))
        assert len(slow.run_weights) == len(sure.run_weights) == SMALL.runs
        assert [one + other for one, other in zip(slow.run_weights, sure.run_weights, strict=True)] == (
            pytest.approx([1.0] * SMALL.runs)
        )


def test_neither_processes_nor_names_nor_order_touch_a_bit_of_a_timeline(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    other = make_case({"z": FAST, "b": SLOW}, ROWS, OFFICE)
    alone = weigh_timeline(case, DAYS[:3], effort=SMALL)
    assert weigh_timeline(case, DAYS[:3], effort=SMALL, workers=2) == alone
    for one, two in zip(alone, weigh_timeline(other, DAYS[:3], effort=SMALL), strict=True):
        assert (one.accounts["slow"], one.accounts["fast"]) == (two.accounts["b"], two.accounts["z"])


def test_weights_before_any_report_count_everywhere(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    uneven = replace(case, prior_weights={"slow": 3.0})
    one, other = (weigh_timeline(some, DAYS[:2], effort=SMALL)[1].accounts for some in (case, uneven))
    odds = [found["slow"].weight / found["fast"].weight for found in (one, other)]
    assert odds[1] == pytest.approx(3.0 * odds[0])
    weighed = weigh_accounts(uneven, as_of=DAYS[1], effort=SMALL)
    assert weighed.weights["slow"] == other["slow"].weight


def test_an_account_that_cannot_be_is_found_so_once(make_case: MakeCase) -> None:
    none = {"start value": "0", "growth rate": "normal(0, 1)"}
    found = weigh_dates(make_case({"none": none, "slow": SLOW}, ROWS, OFFICE), DAYS[:3], effort=SMALL)
    fits = [one.fits["none"] for one in found.values()]
    assert all(fit.log_evidence == -np.inf and not fit.reliable for fit in fits)
    assert fits[0].n_evaluations > 0 and not any(fit.n_evaluations for fit in fits[1:])
    assert any("begun anew" in text for text in fits[0].warnings)


def test_a_likelihood_that_rises_from_nothing_is_reached() -> None:
    """Particles come to be where the density they are led from is zero."""
    rng = np.random.default_rng(3)
    problem = _Between.__new__(_Between)
    problem.n_evaluations, problem._prior, problem.kept = 0, StandardNormal(1), [0]
    problem._after = lambda points: np.zeros(len(points))  # type: ignore[assignment]
    problem._pair = lambda points: (np.where(points[:, 0] > 0, 0.0, -np.inf), np.zeros(len(points)))  # type: ignore[assignment]
    particles = problem.at(np.abs(rng.standard_normal((400, 1))))
    moved, log_ratio, _ = advance(particles, Moves(problem, 20, 1, rng), n=400, keep=0.5, rng=rng)
    assert log_ratio == pytest.approx(0.0)
    assert abs(moved.points.mean()) < 0.2 and moved.points.min() < -1.0


def test_two_likelihoods_side_by_side_are_each_alone(make_case: MakeCase) -> None:
    case = make_case(BOTH, [*ROWS, REVISED], OFFICE)
    early, late = (AccountLikelihood(case, "fast", day) for day in (DAYS[1], DAYS[4]))
    pair = LikelihoodPair(early, late)
    points = np.random.default_rng(0).standard_normal((7, len(pair.names)))
    one, other = pair(points)
    own = [pair.names.index(name) for name in early.space.names]
    assert one == pytest.approx(early(points[:, own]), abs=1e-9)
    assert other == pytest.approx(late(points), abs=1e-9)


def test_regular_dates_follow_what_is_published(make_case: MakeCase) -> None:
    case = make_case(BOTH, ROWS, OFFICE)
    assert usual_cadence(case) == "quarter" or usual_cadence(case) == "month"
    yearly = replace(case, timeline="year")
    assert [day.year for day in regular_dates(yearly, date(2008, 1, 1))] == [2002, 2003, 2005, 2006, 2007]
    listed = replace(case, timeline=(date(2003, 5, 5), date(2006, 5, 5)))
    assert regular_dates(listed, date(2009, 1, 1)) == listed.timeline
    assert known_on(case, date(2001, 12, 31)).since is None


@pytest.mark.parametrize(
    ("cadence", "expected"),
    [
        ("publication", "2022-02-24"),
        ("day", "2022-02-24"),
        ("week", "2022-02-28"),
        ("month", "2022-03-01"),
        ("quarter", "2022-04-01"),
        ("year", "2023-01-01"),
        ("decade", "2030-01-01"),
    ],
)
def test_the_next_date_of_a_cadence(cadence: str, expected: str) -> None:
    found = next_regular(date(2022, 2, 24), cadence)  # type: ignore[arg-type]
    assert found.isoformat() == expected
    assert next_regular(found, cadence) == found  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_flagship_s_dates_agree_with_tempering_from_scratch() -> None:
    case = load_case("ukraine-2022")
    case = replace(case, accounts=(case.account("reference"),))
    days = [date(2022, 4, 1), date(2022, 10, 5), date(2023, 7, 1), date(2025, 1, 1), date(2026, 6, 1)]
    settings = settings_for(case, "default")
    found: tuple[Moment, ...] = weigh_timeline(case, days, effort=settings)
    for moment in found:
        one = moment.accounts["reference"]
        likelihood = AccountLikelihood(case, "reference", moment.as_of)
        other = sample_posterior(likelihood, likelihood.dimension, settings=settings, seed=[77])
        assert one.reliable and other.reliable
        error = hypot(one.log_evidence_error, other.log_evidence_error)
        assert abs(one.log_evidence - other.log_evidence) < 4 * error
