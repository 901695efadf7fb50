"""Evidence at other prior widths against closed forms, and the verdict that has to survive them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import exp, log

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from realities.case.folder import Case
from realities.weigh.honesty.reweighting import log_ratio, pareto_smoothed
from realities.weigh.honesty.separation import THRESHOLD, in_words, separation
from realities.weigh.honesty.widths import (
    AtWidth,
    WidthTask,
    at_width,
    by_width,
    weight_alone,
    weight_ranges,
    width_tasks,
)
from realities.weigh.honesty.words import verdict
from realities.weigh.posterior import path_of
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.sequence import AccountRun, follow

MakeCase = Callable[..., Case]
SMALL = SamplerSettings(2, 200, 8, 1000, components=2, enough_draws=300, posterior_draws=10)
LAST = date(2009, 1, 1)
MEDIAN, SIGMA, NOISE = 80.0, 0.3, 0.1
VALUES = [101.3, 93.7, 110.9]
ROWS = [(2001 + 2 * k, 2002 + 2 * k, value, "", "", "person", "Bureau") for k, value in enumerate(VALUES)]
STATED = {"start value": f"lognormal(median={MEDIAN}, sigma={SIGMA})"}


def exact(width: float) -> float:
    """The log density of the reports: Gaussian on the logarithmic scale, with one shared unknown."""
    covariance = (width * SIGMA) ** 2 * np.ones((3, 3)) + NOISE**2 * np.eye(3)
    y = np.log(VALUES)
    return float(multivariate_normal(np.full(3, log(MEDIAN)), covariance).logpdf(y) - y.sum())


def runs_of(case: Case, account: str = "a") -> tuple[AccountRun, ...]:
    return tuple(follow(case, path_of(account, [LAST], n, 1, SMALL))[0] for n in range(2))


def task(case: Case, width: float, wanted: str, account: str = "a") -> WidthTask:
    return WidthTask(account, LAST, width, 1, runs_of(case, account), SMALL, wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [0.25, 0.5, 2.0, 4.0])
@pytest.mark.parametrize("wanted", ["try", "fit", "afresh"])
def test_evidence_at_every_width_is_the_closed_form(make_case: MakeCase, width: float, wanted: str) -> None:
    found = at_width(make_case({"a": STATED}, ROWS), task(make_case({"a": STATED}, ROWS), width, wanted))
    assert found.error is not None and found.error < 0.05
    assert found.log_evidence == pytest.approx(exact(width), abs=max(4.0 * found.error, 0.01))
    assert found.how == ("reweighted" if wanted == "try" else "fitted")


def test_where_the_draws_do_not_reach_a_fit_takes_over_or_nothing_is_computed(make_case: MakeCase) -> None:
    # Far from the prior's centre a quarter of its width moves the posterior away from all draws.
    rows = [(*row[:2], 3.0 * float(str(row[2])), *row[3:]) for row in ROWS]
    case = make_case({"a": STATED}, rows)
    refused = at_width(case, replace(task(case, 0.05, "reweight")))
    assert (refused.log_evidence, refused.reliable, refused.how) == (None, False, "not computed")
    taken = at_width(case, task(case, 0.05, "try"))
    covariance = (0.05 * SIGMA) ** 2 * np.ones((3, 3)) + NOISE**2 * np.eye(3)
    y = np.log(3.0 * np.array(VALUES))
    closed = multivariate_normal(np.full(3, log(MEDIAN)), covariance).logpdf(y) - y.sum()
    assert taken.how == "fitted" and taken.log_evidence == pytest.approx(float(closed), abs=0.05)


def test_a_prior_that_would_reach_further_than_the_draws_is_fitted(make_case: MakeCase) -> None:
    case = make_case({"a": {"start value": "uniform(90, 115)"}}, ROWS)
    wide = at_width(case, task(case, 2.0, "try"))
    assert wide.how == "fitted"
    grid = np.linspace(77.5, 127.5, 20001)
    y = np.log(VALUES)[:, None]
    density = np.exp(
        (-0.5 * ((y - np.log(grid)) / NOISE) ** 2 - np.log(NOISE * np.sqrt(2 * np.pi)) - y).sum(0)
    )
    assert wide.log_evidence == pytest.approx(log(density.mean()), abs=0.03)
    assert at_width(case, task(case, 0.5, "try")).how == "reweighted"


def test_an_account_that_is_sure_of_everything_depends_on_no_width(make_case: MakeCase) -> None:
    case = make_case({"a": {"start value": "100"}}, ROWS)
    found = at_width(case, task(case, 4.0, "fit"))
    y = np.log(VALUES)
    closed = (-0.5 * ((y - log(100.0)) / NOISE) ** 2 - np.log(NOISE * np.sqrt(2 * np.pi)) - y).sum()
    assert found.log_evidence == pytest.approx(float(closed), abs=1e-9) and found.error == 0.0


def test_how_hard_widths_are_tried_grows_with_effort(make_case: MakeCase) -> None:
    case = make_case({"a": STATED, "b": STATED}, ROWS)
    runs = {"a": runs_of(case), "b": runs_of(case)}
    tried = {e: width_tasks(case, runs, LAST, 5, e) for e in ("quick", "default", "publish")}  # type: ignore[arg-type]
    assert {(t.width, t.wanted) for t in tried["quick"]} == {
        (0.25, "reweight"),
        (0.5, "try"),
        (2.0, "try"),
        (4.0, "reweight"),
    }
    assert {(t.width, t.wanted) for t in tried["default"]} == {
        (0.25, "try"),
        (0.5, "fit"),
        (2.0, "fit"),
        (4.0, "try"),
    }
    assert {(t.width, t.wanted, t.seed) for t in tried["publish"]} == {
        *((width, "afresh", 5) for width in (0.25, 0.5, 2.0, 4.0)),
        (1.0, "afresh", 6),
    }


def test_ratios_of_evidences_are_those_of_their_closed_form() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(20_000)
    # Posterior draws of N(0, 1); the likelihood of one more report y = 0.7 with noise 2.
    found = log_ratio(np.zeros(len(x)), -0.5 * ((0.7 - x) / 2.0) ** 2 - log(2.0 * np.sqrt(2 * np.pi)))
    closed = -0.5 * 0.7**2 / 5.0 - 0.5 * log(2 * np.pi * 5.0)
    assert found.log_ratio == pytest.approx(closed, abs=4.0 * found.error) and found.error < 0.005
    assert found.k_hat < 0.5


def test_the_stated_error_of_a_ratio_is_its_scatter() -> None:
    rng = np.random.default_rng(4)
    found = [log_ratio(np.zeros(500), -0.5 * (1.0 - rng.standard_normal(500)) ** 2) for _ in range(300)]
    scatter = float(np.std([one.log_ratio for one in found]))
    assert np.mean([one.error for one in found]) == pytest.approx(scatter, rel=0.15)


def test_draws_that_do_not_reach_are_told_by_their_k_hat() -> None:
    x = np.random.default_rng(5).standard_normal(4000)
    far = log_ratio(np.zeros(len(x)), -0.5 * ((6.0 - x) / 0.2) ** 2)
    assert far.k_hat > 0.7 and far.effective < 10


def test_what_changes_nothing_changes_exactly_nothing() -> None:
    weights = np.random.default_rng(6).standard_t(3, size=3000)
    found = log_ratio(weights, weights.copy())
    assert (found.log_ratio, found.error) == (0.0, 0.0)


@pytest.mark.parametrize("shape", [0.2, 0.5, 0.8])
def test_smoothed_weights_keep_their_order_and_bounds_and_follow_the_pareto_tail(shape: float) -> None:
    weights = -shape * np.log(np.random.default_rng(7).random(20_000))  # logarithms of Pareto numbers
    smoothed = pareto_smoothed(weights)
    order = np.argsort(weights)
    assert (np.diff(smoothed[order]) >= 0).all() and smoothed.max() <= weights.max()
    n_tail = int(3 * np.sqrt(len(weights)))
    assert np.array_equal(smoothed[order[: -n_tail - 1]], weights[order[: -n_tail - 1]])
    tail = smoothed[order[-n_tail:]][: -n_tail // 10]
    exact_tail = -shape * np.log((n_tail - np.arange(n_tail) - 0.5) / len(weights))[: -n_tail // 10]
    # The shape of a tail of n weights is known to (1 + shape) / sqrt(n), over log(10) down to its last tenth.
    assert np.abs(tail - exact_tail).max() < 2.0 * log(10.0) * (1.0 + shape) / np.sqrt(n_tail)


def evidence(account: str, width: float, log_evidence: float | None, **more: object) -> AtWidth:
    values: dict[str, object] = {
        "account": account,
        "width": width,
        "seed": 1,
        "log_evidence": log_evidence,
        "error": 0.01,
        "k_hat": 0.2,
        "run_log_evidences": (),
        "reliable": log_evidence is not None,
        "how": "as stated" if width == 1 else "fitted",
    }
    return AtWidth(**{**values, **more})  # type: ignore[arg-type]


def curve(
    account: str, half: float | None, stated: float, double: float | None, **more: object
) -> list[AtWidth]:
    pairs = ((0.5, half), (1.0, stated), (2.0, double))
    return [evidence(account, width, value, **more) for width, value in pairs]


def test_a_lead_at_every_width_separates_and_one_that_fades_does_not() -> None:
    found = [*curve("a", -10, -10, -10), *curve("b", -14, -13, -12), *curve("c", -14, -13, -10.5)]
    verdict_found = separation(found, ["c", "b", "a"])
    assert (verdict_found.leader, verdict_found.together) == ("a", ("c", "a"))
    assert verdict_found.against == ("b",) and verdict_found.not_established == ()
    assert verdict_found.groups == (("c", "a"), ("b",))
    pairs = {pair.other: pair for pair in verdict_found.pairs}
    assert pairs["b"].log_factor == pytest.approx(3.0) and pairs["b"].outcome == "separated"
    assert pairs["c"].least == pytest.approx(0.5 - 2.0 * np.hypot(0.01, 0.01))
    assert "twice as wide" in pairs["c"].why


def test_a_lead_that_changes_hands_separates_nobody() -> None:
    found = separation([*curve("a", -10, -10, -20), *curve("b", -20, -13, -10)], ["a", "b"])
    assert found.together == ("a", "b") and found.against == ()


@pytest.mark.parametrize(
    ("gap", "error", "together"),
    [(THRESHOLD + 0.05, 0.01, False), (THRESHOLD + 0.05, 0.05, True), (THRESHOLD - 0.01, 1e-6, True)],
)
def test_a_bayes_factor_has_to_be_beyond_three_by_two_standard_errors(
    gap: float, error: float, together: bool
) -> None:
    both = [*curve("a", 0, 0, 0, error=error), *curve("b", -gap, -gap, -gap, error=error)]
    assert (separation(both, ["a", "b"]).together == ("a", "b")) is together


def test_runs_and_seeds_that_disagree_separate_nobody() -> None:
    found = [
        *curve("a", 0, 0, 0, run_log_evidences=(0.0, -3.5)),
        *curve("b", -4, -4, -4, run_log_evidences=(-4.0, -4.0)),
    ]
    assert separation(found, ["a", "b"]).together == ("a", "b")
    steady = [*curve("a", 0, 0, 0), *curve("b", -4, -4, -4)]
    assert separation(steady, ["a", "b"]).against == ("b",)
    again = [
        evidence(name, 1.0, value, seed=2, how="another seed") for name, value in (("a", -3), ("b", -3.5))
    ]
    assert separation([*steady, *again], ["a", "b"]).together == ("a", "b")
    again = [evidence(name, 1.0, value, seed=2, how="another seed") for name, value in (("a", 0), ("b", -4))]
    assert separation([*steady, *again], ["a", "b"]).against == ("b",)


def test_what_was_not_computed_or_is_not_reliable_settles_nothing() -> None:
    missing = separation([*curve("a", 0, 0, 0), *curve("b", -9, -9, None)], ["a", "b"])
    assert (missing.together, missing.against, missing.not_established) == (("a",), (), ("b",))
    assert missing.pairs[0].why == "not computed with priors twice as wide"
    doubtful = [replace(one, reliable=one.width != 0.5) for one in curve("b", -9, -9, -9)]
    assert separation([*curve("a", 0, 0, 0), *doubtful], ["a", "b"]).not_established == ("b",)
    near = separation([*curve("a", 0, 0, 0), *curve("b", -9, -0.1, None)], ["a", "b"])
    assert near.together == ("a", "b"), "one width is enough to say that they are not separated"


def differing(log_evidence: float, gap: float) -> list[AtWidth]:
    """An account whose runs differ so much at double width that its evidence there is not reliable."""
    half, stated, double = curve("b", log_evidence, log_evidence, log_evidence)
    runs = (log_evidence - gap / 2, log_evidence + gap / 2)
    return [half, stated, replace(double, reliable=False, run_log_evidences=runs, apart=gap)]


def test_runs_that_differ_settle_what_would_hold_if_they_differed_three_times_as_much() -> None:
    steady = curve("a", 0, 0, 0)
    assert separation([*steady, *differing(-9, 0.4)], ["a", "b"]).against == ("b",)
    edge = THRESHOLD + 1.5 * 0.4
    assert separation([*steady, *differing(-edge - 0.01, 0.4)], ["a", "b"]).against == ("b",)
    near = separation([*steady, *differing(-edge + 0.01, 0.4)], ["a", "b"])
    assert (near.against, near.not_established) == ((), ("b",)), "it is no sign of nearness either"


def test_ranges_hold_both_ends_of_runs_that_differ() -> None:
    table = by_width([*curve("a", 0, 0, 0), *differing(log(3), 0.4)])
    low, high = weight_ranges(table, {})["b"]
    assert (low, high) == pytest.approx([1 / (1 + exp(-log(3) - x)) for x in (-0.6, 0.6)])


def test_neither_order_nor_names_of_accounts_touch_the_verdict() -> None:
    one = separation(
        [*curve("a", 0, 0, 0), *curve("b", -3, -3, -1), *curve("c", -9, -9, -9)], ["a", "b", "c"]
    )
    other = separation(
        [*curve("z", -9, -9, -9), *curve("a", -3, -3, -1), *curve("m", 0, 0, 0)], ["z", "m", "a"]
    )
    names = {"a": "m", "b": "a", "c": "z"}
    assert {names[x] for x in one.together} == set(other.together)
    assert {names[x] for x in one.against} == set(other.against)
    assert [{names[x] for x in group} for group in one.groups] == [set(group) for group in other.groups]


def test_ranges_run_over_half_stated_and_double_width() -> None:
    table = by_width([*curve("a", 0, 0, 0), *curve("b", 0, log(3), -log(3)), *curve("a", 0, 0, 0)])
    assert weight_ranges(table, {})["b"] == pytest.approx((0.25, 0.75))
    assert weight_ranges(table, {"b": 3.0})["b"] == pytest.approx((0.5, 0.9))
    assert weight_ranges(by_width([*curve("a", 0, 0, 0), *curve("b", 0, 0, None)]), {}) == {}
    unsure = [*curve("a", 0, 0, 0), *curve("b", 0, 0, 0, reliable=False)]
    assert weight_ranges(by_width(unsure), {}) == {}


def test_an_account_widened_alone_is_weighed_against_the_others_as_stated() -> None:
    found = [*curve("a", 1, 0, -log(4)), *curve("b", 1, 0, -log(4))]
    table = by_width(found)
    assert weight_alone(table, table[2.0]["a"], {}) == pytest.approx(0.2)
    assert weight_ranges(table, {})["a"] == (0.5, 0.5), "all together hide what one alone would lose"


def test_the_verdict_is_a_sentence_with_names() -> None:
    found = separation([*curve("a", 0, 0, 0), *curve("b", 0, 0, 0), *curve("c", -9, -9, -9)], ["a", "b", "c"])
    names = {"a": "the analyst", "b": "the reference", "c": "the decree"}
    assert in_words(found, names) == (
        "The reports do not separate the analyst and the reference; they speak against the decree."
    )
    alone = separation([*curve("a", 0, 0, 0), *curve("b", -9, -9, None)], ["a", "b"])
    assert in_words(alone, names) == "The reports do not settle which account they favour."
    assert verdict(["x"], "y", "z") == "speak for x and against y; for z that is not established"
