"""What the page's worker answers, against closed forms, and what it does with questions that overtake."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from live_worker import ask, last_answers, needs_node
from scipy.stats import multivariate_normal

from realities.case.priors import Prior, parse_prior
from realities.errors import Findings
from realities.report.live.build import live_data, live_parts
from realities.report.live.draws import MOST_Z, draws_data, prior_data, values_of, z_of
from realities.report.live.schema import LiveData
from realities.source import NOWHERE
from realities.weigh.forward import LEVELS
from realities.weigh.study import Study, run_case

pytestmark = needs_node

#: Priors of log start value and growth, as mean and standard deviation; noise, and years reported on.
START, GROWTH = (np.log(100.0), 0.3), (0.05, 0.05)
NOISE, YEARS = 0.1, np.arange(1, 9)
REPORTS = (112.0, 109.0, 118.0, 131.0, 127.0, 142.0, 151.0, 149.0)
ACCOUNTS = {
    "open": {"start value": "lognormal(median=100, sigma=0.3)", "growth rate": "normal(0.05, 0.05)"},
    "firm": {"start value": "lognormal(median=100, sigma=0.3)", "growth rate": "0.02"},
}


def log_evidence(growth: float | None) -> float:
    """Return the log evidence of the reports, exactly: with growth as "open" has it, or known."""
    times = YEARS.astype(float)
    covariance = NOISE**2 * np.eye(len(times)) + START[1] ** 2
    mean = START[0] + times * (GROWTH[0] if growth is None else growth)
    if growth is None:
        covariance = covariance + GROWTH[1] ** 2 * np.outer(times, times)
    values = np.log(REPORTS)
    return float(multivariate_normal(mean, covariance).logpdf(values) - values.sum())


@pytest.fixture(scope="module")
def study(make_lasting_case: Callable[..., Any]) -> Study:
    rows = [
        (2000 + year, 2000 + year, value, "", "", "person", "Bureau")
        for year, value in zip(YEARS, REPORTS, strict=True)
    ]
    return run_case(make_lasting_case(ACCOUNTS, rows), effort="sketch")


@pytest.fixture(scope="module")
def live(study: Study) -> LiveData:
    return live_data(study, live_parts(study), study.dates, 200)


@pytest.fixture(scope="module")
def answers(live: LiveData) -> list[dict[str, Any]]:
    last = len(live["dates"]) - 1
    asked: list[dict[str, Any]] = [{"date": last, "pins": {"growth rate": growth}} for growth in GROWTHS]
    asked += [
        {"date": last, "want": ["count"], "variables": ["Level"], "runs": True},
        {"date": -1, "pins": {"growth rate": 0.0}, "want": ["count"]},
        {"date": last, "held": {"growth rate": 0.0}, "want": ["count"]},
        {"date": last, "want": ["no such quantity"]},
    ]
    return last_answers(ask(live, asked))


GROWTHS = (0.02, 0.05, 0.0, 0.1)


def test_a_pinned_constant_moves_log_evidences_as_a_closed_form_says(answers: list[dict[str, Any]]) -> None:
    for growth, answer in zip(GROWTHS, answers, strict=False):
        found = answer["accounts"][0]
        assert found["logEvidenceShift"] == pytest.approx(log_evidence(growth) - log_evidence(None), abs=0.1)
        assert found["effective"] > 0.7 * found["draws"]


def test_an_account_that_fixes_a_constant_is_judged_by_draws_that_may_be_few_and_that_is_told(
    answers: list[dict[str, Any]],
) -> None:
    for growth, answer in zip(GROWTHS, answers, strict=False):
        found = answer["accounts"][1]
        expected = log_evidence(growth) - log_evidence(0.02)
        if abs(growth - 0.02) < 0.025:
            assert found["logEvidenceShift"] == pytest.approx(expected, abs=0.05 + 4 * found["error"])
        if growth == 0.1:
            assert found["effective"] < 0.1 * found["draws"], "nobody may take this for a number"


def test_what_is_told_in_levels_stays_between_them(live: LiveData) -> None:
    low, high = 105.0, 140.0
    told: Any = {**live, "quantities": [{**one, "ends": [low, high]} for one in live["quantities"]]}
    pinned = {"date": 0, "pins": {"growth rate": 0.1}, "want": ["count"], "runs": True}
    free, held = (last_answers(ask(data, [pinned]))[0] for data in (live, told))
    for kind in ("bands", "runs"):
        for before, after in zip(
            free[kind]["count"]["accounts"], held[kind]["count"]["accounts"], strict=True
        ):
            assert np.ptp(before) > high - low
            np.testing.assert_allclose(after, np.clip(before, low, high), rtol=1e-9)


def test_weights_follow_from_log_evidences(live: LiveData, answers: list[dict[str, Any]]) -> None:
    before = np.array(live["dates"][-1]["logs"])
    for answer in answers[: len(GROWTHS)]:
        logs = before + [one["logEvidenceShift"] for one in answer["accounts"]]
        weights = np.exp(logs - logs.max())
        assert answer["weights"] == pytest.approx(weights / weights.sum(), rel=1e-6)


def test_accounts_that_differ_in_one_constant_weigh_alike_where_it_is_pinned(
    answers: list[dict[str, Any]],
) -> None:
    assert answers[0]["weights"] == pytest.approx([0.5, 0.5], abs=0.06)


def test_bands_without_a_what_if_are_those_of_the_forecast(
    study: Study, live: LiveData, answers: list[dict[str, Any]]
) -> None:
    answer = answers[len(GROWTHS)]
    forecasts = study.forecasts[study.as_of]
    for k, account in enumerate(ACCOUNTS):
        known = forecasts[account].quantiles["count"]
        bands = np.array(answer["bands"]["count"]["accounts"][k])
        assert bands.shape == known.shape
        width = known[-1] - known[0]
        assert (np.abs(bands - known) < 0.2 * width + 0.5).all()
        level = np.array(answer["variables"]["Level"]["accounts"][k])
        assert level == pytest.approx(bands, rel=1e-3), "there is no model error here"
        assert len(answer["runs"]["count"]["accounts"][k]) == 24


def test_before_any_report_a_pinned_constant_moves_curves_and_no_weights(
    answers: list[dict[str, Any]],
) -> None:
    answer = answers[len(GROWTHS) + 1]
    assert answer["weights"] == pytest.approx([0.5, 0.5])
    median = np.array(answer["bands"]["count"]["accounts"][0])[LEVELS.index(0.5)]
    assert median == pytest.approx(np.full(len(median), 100.0), rel=0.05), "nothing grows"
    assert all(one["effective"] == one["draws"] for one in answer["accounts"])


def test_an_intervention_moves_curves_and_no_weights(live: LiveData, answers: list[dict[str, Any]]) -> None:
    plain, held = answers[len(GROWTHS)], answers[len(GROWTHS) + 2]
    assert held["weights"] == pytest.approx(plain["weights"])
    before, after = (np.array(one["bands"]["count"]["accounts"][0])[2] for one in (plain, held))
    assert after == pytest.approx(np.full(len(after), before[0]), rel=0.01), (
        "the same draws, and nothing grows"
    )


def test_draws_that_leave_the_numbers_bend_no_curve_and_where_all_do_there_is_none(live: LiveData) -> None:
    huge = {"held": {"start value": 1.79e308}, "want": ["count"], "variables": ["Level"], "runs": True}
    last = len(live["dates"]) - 1
    before, after = last_answers(
        ask(live, [{"date": -1, **huge}, {"date": last, "pins": {"growth rate": 0.05}, **huge}])
    )
    some, none = before["accounts"]
    assert 0 < some["failed"] < some["draws"], "those that shrink stay numbers"
    assert none["failed"] == none["draws"]
    for found in (before["bands"]["count"], before["variables"]["Level"], before["runs"]["count"]):
        curves = np.array(found["accounts"][0], dtype=np.float64)
        assert np.isfinite(curves).all() and curves[:, -1].max() < 1.79e308
        assert found["accounts"][1] == []
    assert after["bands"]["count"]["accounts"] == [[], []]
    assert after["accounts"][0]["logEvidenceShift"] == pytest.approx(
        log_evidence(0.05) - log_evidence(None), abs=0.1
    ), "what would have happened moves no weight"


def test_what_cannot_be_shown_is_an_error_in_words(answers: list[dict[str, Any]]) -> None:
    assert answers[-1]["error"] == "nothing of that name can be shown"


def test_the_page_s_own_bands_stay_where_nothing_is_asked_and_move_with_a_pin(live: LiveData) -> None:
    last = len(live["dates"]) - 1
    pins = {"growth rate": 0.1}
    plain = {"date": last, "want": ["count"]}
    own, free = (one["bands"]["count"] for one in last_answers(ask(live, [plain, {**plain, "pins": pins}])))
    days = own["days"][::9]
    higher = [[[1.1 * level for level in row[::9]] for row in one] for one in own["accounts"]]
    shown = {"count": {"days": days, "bands": higher}}
    asked = [{**plain, "shown": shown}, {**plain, "shown": shown, "pins": pins}]
    still, moved = (one["bands"]["count"] for one in last_answers(ask(live, asked)))
    assert still == {"days": days, "accounts": higher}
    expected = 1.1 * np.array(free["accounts"])[:, :, ::9]
    assert np.array(moved["accounts"]) == pytest.approx(expected, rel=1e-6), "by the same factor"


def test_the_newest_question_is_answered_and_those_it_overtakes_are_not(live: LiveData) -> None:
    last = len(live["dates"]) - 1
    asked = [{"date": last, "pins": {"growth rate": 0.01 * k}, "at_once": True} for k in range(5)]
    found = ask(live, asked)
    assert found[-1]["id"] == 5
    assert {one["id"] for one in found} <= {1, 5}, "the first may have begun before the others came"


def test_answers_are_the_same_whenever_they_are_asked(live: LiveData) -> None:
    last = len(live["dates"]) - 1
    one, other = ({"date": last, "pins": {"growth rate": value}, "want": ["count"]} for value in (0.02, 0.07))
    alone = last_answers(ask(live, [one]))[0]
    again = last_answers(ask(live, [other, {"date": -1, "want": ["count"]}, one]))[-1]
    for answer in (alone, again):
        answer.pop("ms"), answer.pop("id")
    assert alone == again


def test_first_answers_rest_on_few_draws_and_say_so(live: LiveData) -> None:
    first, final = ask(live, [{"date": 0, "pins": {"growth rate": 0.03}}])
    assert first["progress"] and 30 <= first["n"] <= 50
    assert not final["progress"] and final["n"] == max(one["n"] for one in live["dates"][0]["draws"])


PRIORS = (
    "normal(3, 2)",
    "lognormal(median=5, sigma=1)",
    "normal(0.5, 0.4, low=0.05)",
    "uniform(0, 10)",
    "halfnormal(2)",
    "beta(2, 5)",
    "triangular(0, 1, 4)",
    "gamma(2, 3)",
)


@pytest.mark.parametrize("text", PRIORS)
def test_a_draw_is_told_by_a_byte_to_a_hundredth_of_its_prior_s_spread(text: str) -> None:
    prior = parse_prior(text, NOWHERE, Findings())
    assert isinstance(prior, Prior)
    told, values = prior_data(prior), prior.ppf(np.random.default_rng(2).uniform(0.001, 0.999, 500))
    exact = prior.ppf(np.array([0.05, 0.5, 0.95]))
    spread = exact[2] - exact[0]
    assert values_of(told, z_of(told, values)) == pytest.approx(values, rel=1e-6, abs=1e-3 * spread)
    assert values_of(told, np.array([-1.6448536, 0.0, 1.6448536])) == pytest.approx(exact, abs=1e-3 * spread)
    kept = draws_data({"x": told}, {"x": values}, 500, 500)
    levels = np.frombuffer(b64decode(kept["z"]), dtype=np.uint8)
    z = kept["low"][0] + (kept["high"][0] - kept["low"][0]) * levels / 255
    assert z == pytest.approx(z_of(told, values), abs=0.5 * 2 * MOST_Z / 255)
