"""A case's scores: baselines against closed forms, nothing known beforehand, nothing dropped in silence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import exp, log, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, norm

from realities.case.claims import Claim
from realities.case.folder import Case
from realities.weigh.fits import Weighing
from realities.weigh.forward import Forecast
from realities.weigh.results import study_to_json
from realities.weigh.scoring.bands import verdict
from realities.weigh.scoring.baselines import baseline_crps, pasts, persistence
from realities.weigh.scoring.forecasts import ClaimChance
from realities.weigh.scoring.judging import JudgedClaim
from realities.weigh.scoring.scorecard import MIXTURE, score_case
from realities.weigh.scoring.scores import crps
from realities.weigh.study import Study, run_case

MakeCase = Callable[..., Case]
ACCOUNTS = {"grows": {"growth rate": "normal(0.05, 0.02)"}, "shrinks": {"growth rate": "normal(-0.05, 0.02)"}}
#: happened, published, value: the one of 2003 is revised later, the last only a range.
ROWS = [
    (2001, 2001, 100, "", "", "person", "Bureau"),
    (2002, 2002, 110, "", "", "person", "Bureau"),
    (2003, 2004, 108, "", "", "person", "Bureau"),
    (2003, 2007, 112, "", "", "person", "Bureau"),
    (2005, 2005, 125, "", "", "person", "Bureau"),
    (2006, 2006, 130, "", "", "person", "Other"),
    (2007, 2008, "", 120, 150, "person", "Bureau"),
]
TWO = 'reporters."Bureau" = { noise = 0.1 }\nreporters."Other" = { noise = 0.1 }'


def new_year(year: int) -> date:
    return date(year, 1, 1)


@pytest.fixture
def case(make_case: MakeCase) -> Case:
    return make_case(ACCOUNTS, ROWS, TWO, authored={"grows": "2000-06-01", "shrinks": "2004-06-01"})


# -- baselines ------------------------------------------------------------------------------------


def log_normal_crps(mu: float, sd: float, y: float) -> float:
    """The score of a log-normal distribution (Baran and Lerch 2015, Q. J. R. Meteorol. Soc. 141, 2289)."""
    w = (log(y) - mu) / sd
    bracket = norm.cdf(w - sd) + norm.cdf(sd / sqrt(2)) - 1
    return y * (2 * norm.cdf(w) - 1) - 2 * exp(mu + sd**2 / 2) * bracket


def test_persistence_is_a_random_walk_from_the_last_value(case: Case) -> None:
    known = pasts(case, new_year(2004))
    assert set(known) == {("count", "Bureau")}
    past = known["count", "Bureau"]
    assert past.values.tolist() == [100, 110, 108]
    days = (new_year(2003) - new_year(2001)).days
    variance = (log(1.1) ** 2 + log(108 / 110) ** 2) / days
    sd = sqrt(variance * (new_year(2005) - new_year(2003)).days)
    members = persistence(case.measures["count"], "Bureau", past, new_year(2005))
    assert members is not None
    assert np.median(members) == pytest.approx(108)
    assert float(crps(members, 125.0)) == pytest.approx(log_normal_crps(log(108), sd, 125.0), rel=0.01)


def test_climatology_is_every_past_value(case: Case) -> None:
    known = pasts(case, new_year(2004))
    rows = [row for row in case.observations if row.published == new_year(2005)]
    found = baseline_crps(case.measures["count"], rows, known)
    assert found["climatology"].tolist() == [float(crps([100.0, 108.0, 110.0], 125.0))]


def test_a_reporter_without_a_past_has_no_baseline(case: Case) -> None:
    rows = [row for row in case.observations if row.reporter == "Other"]
    found = baseline_crps(case.measures["count"], rows, pasts(case, new_year(2005)))
    assert all(np.isnan(scores).all() for scores in found.values())


def test_what_was_published_later_is_no_part_of_a_past(case: Case) -> None:
    assert pasts(case, new_year(2006))["count", "Bureau"].values.tolist() == [100, 110, 108, 125]
    assert pasts(case, new_year(2007))["count", "Bureau"].values.tolist() == [100, 110, 112, 125]


def test_a_past_that_never_changed_persists_exactly(make_case: MakeCase) -> None:
    rows = [(year, year, 100, "", "", "person", "Bureau") for year in (2001, 2002, 2003)]
    still = make_case(ACCOUNTS, rows)
    past = pasts(still, new_year(2003))["count", "Bureau"]
    members = persistence(still.measures["count"], "Bureau", past, new_year(2005))
    assert members is not None and members == pytest.approx(100.0)


def test_a_zero_does_not_persist_where_only_ratios_count(make_case: MakeCase) -> None:
    rows = [
        (year, year, value, "", "", "person", "Bureau") for year, value in ((2001, 5), (2002, 4), (2003, 0))
    ]
    falling = make_case(ACCOUNTS, rows)
    past = pasts(falling, new_year(2003))["count", "Bureau"]
    assert persistence(falling.measures["count"], "Bureau", past, new_year(2004)) is None


# -- a whole case ---------------------------------------------------------------------------------


def forecast(crps_of: dict[str, np.ndarray], chances: dict[str, float] | None = None) -> Forecast:
    claims = {n: ClaimChance(p, p, 0.0, 0.0, 1, 0) for n, p in (chances or {}).items()}
    return Forecast(np.zeros(1), {}, {}, claims, 1, 0, crps=crps_of)


def weighing(case: Case, day: date, **weights: float) -> Weighing:
    return Weighing(case.id, day, 1, {}, weights, {}, 0, 0, 0, ())


def test_reports_are_scored_with_both_baselines_on_the_same_reports(case: Case) -> None:
    days = [new_year(2004), new_year(2005), new_year(2006)]
    own = {new_year(2004): [3.0], new_year(2005): [5.0], new_year(2006): []}
    forecasts = {d: {a: forecast({"count": np.array(own[d])}) for a in ACCOUNTS} for d in days}
    weighings = {d: weighing(case, d, grows=0.5, shrinks=0.5) for d in days}
    card = score_case(case, [], weighings, forecasts)
    found = card.accounts["grows"].quantities["count"]
    assert (found.crps, found.n, found.n_compared) == (4.0, 2, (1, 1))  # the other reporter has no past
    row = [row for row in case.observations if row.published == new_year(2005)]
    other = baseline_crps(case.measures["count"], row, pasts(case, new_year(2004)))
    assert found.skill_persistence == pytest.approx(1 - 3.0 / other["persistence"][0])
    assert found.skill_climatology == pytest.approx(1 - 3.0 / other["climatology"][0])
    assert card.accounts["grows"].crps_skill == pytest.approx(found.skill_persistence)
    assert card.accounts["grows"].n_reports_hindsight == 0
    assert card.accounts["shrinks"].n_reports_hindsight == 1  # as of 2004-01-01 it was not written yet
    assert card.accounts["shrinks"].is_hindsight


def test_reports_in_the_band_forecast_for_them_are_counted(case: Case) -> None:
    days = [new_year(2004), new_year(2005), new_year(2006)]
    own = {days[0]: [3.0], days[1]: [5.0], days[2]: []}
    places = {days[0]: [0.049], days[1]: [0.95], days[2]: []}
    forecasts = {
        d: {
            a: replace(forecast({"count": np.array(own[d])}), below={"count": np.array(places[d])})
            for a in ACCOUNTS
        }
        for d in days
    }
    weighings = {d: weighing(case, d, grows=0.5, shrinks=0.5) for d in days}
    found = score_case(case, [], weighings, forecasts).accounts["grows"].quantities["count"]
    assert (found.inside, found.n_banded) == (1, 2)


@pytest.mark.parametrize("n", [5, 33, 34, 60])
def test_a_band_is_told_where_it_held_fewer_than_80_or_more_than_97_in_100(n: int) -> None:
    for inside in range(n + 1):
        said = verdict(inside, n)
        assert said.startswith("low") == (inside < 0.8 * n)
        assert said.startswith("high") == (inside == n and n >= 34)
        if said in ("low", "low?"):
            assert (said == "low") == (binom.cdf(inside, n, 0.80) <= 0.05)
        if said in ("high", "high?"):
            assert (said == "high") == (binom.sf(inside - 1, n, 0.97) <= 0.05)


def test_a_report_predicted_without_bounds_is_counted_and_told(case: Case) -> None:
    days = [new_year(2004), new_year(2005)]
    forecasts = {d: {a: forecast({"count": np.array([np.inf])}) for a in ACCOUNTS} for d in days}
    weighings = {d: weighing(case, d, grows=0.5, shrinks=0.5) for d in days}
    card = score_case(case, [], weighings, forecasts)
    found = card.accounts["grows"].quantities["count"]
    assert (found.crps, found.n, found.n_not_finite) == (None, 0, 1)
    assert card.accounts["grows"].crps is None
    assert any('1 reports of "count" are not scored' in text for text in card.warnings)


def judged(status: str, made: dict[str, float | None], last: dict[str, float | None]) -> JudgedClaim:
    claim = Claim("c", "grows", "forecast", "s", "s", "", new_year(2002), None, None, None, None)
    scored = {a: None if p is None else 0.0 for a, p in made.items()}
    return JudgedClaim(claim, status, {}, made, last, {}, scored, last_date=new_year(2003))  # type: ignore[arg-type]


def test_all_accounts_together_say_the_weighed_mean_of_their_chances(case: Case) -> None:
    days = [new_year(2002), new_year(2003)]
    weighings = {
        days[0]: weighing(case, days[0], grows=0.5, shrinks=0.5),
        days[1]: weighing(case, days[1], grows=0.75, shrinks=0.25),
    }
    forecasts = {d: {a: forecast({}) for a in ACCOUNTS} for d in days}
    one = judged("happened", {"grows": 0.9, "shrinks": 0.1}, {"grows": 0.8, "shrinks": 0.4})
    card = score_case(case, [one], weighings, forecasts)
    assert card.mixture.brier == pytest.approx(0.25)
    assert card.mixture.brier_last == pytest.approx(0.3**2)
    assert card.mixture.n_hindsight == 1  # one of them was written down later
    assert card.claimants["grows"]["grows"].brier == pytest.approx(0.01)
    assert card.accounts["shrinks"].n_hindsight == 1


def test_of_claims_that_one_test_decides_the_first_that_was_made_counts(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claim, "test", property(lambda claim: ("x > 1",)))
    days = [new_year(2002), new_year(2003)]
    weighings = {d: weighing(case, d, grows=0.5, shrinks=0.5) for d in days}
    forecasts = {d: {a: forecast({}) for a in ACCOUNTS} for d in days}
    first = judged("happened", {"grows": 0.9, "shrinks": 0.1}, {"grows": 0.8, "shrinks": 0.4})
    later = judged("happened", {"grows": 0.5, "shrinks": 0.5}, {"grows": 0.8, "shrinks": 0.4})
    later = replace(later, claim=replace(later.claim, made=new_year(2003)))
    for claims in ([first, later], [later, first]):
        card = score_case(case, claims, weighings, forecasts)
        assert card.accounts["grows"].n_claims == 1
        assert card.accounts["grows"].brier == pytest.approx(0.01)


def test_an_open_or_disputed_claim_scores_nobody(case: Case) -> None:
    days = [new_year(2002), new_year(2003)]
    weighings = {d: weighing(case, d, grows=0.5, shrinks=0.5) for d in days}
    forecasts = {d: {a: forecast({}) for a in ACCOUNTS} for d in days}
    for status in ("open", "disputed", "value", "undecidable"):
        one = judged(status, {"grows": 0.9, "shrinks": 0.1}, {"grows": 0.8, "shrinks": 0.4})
        card = score_case(case, [one], weighings, forecasts)
        assert (card.mixture.n_claims, card.accounts["grows"].n_claims, card.claimants) == (0, 0, {})


def test_prequential_scores_add_up_over_dates(case: Case) -> None:
    days = [new_year(2002), new_year(2003)]
    weighings = {d: weighing(case, d, grows=0.5, shrinks=0.5) for d in days}
    forecasts = {d: {a: forecast({}) for a in ACCOUNTS} for d in days}
    ahead = {days[0]: {"grows": -1.5, "shrinks": -2.0}, days[1]: {"grows": -0.25, "shrinks": -3.0}}
    card = score_case(case, [], weighings, forecasts, ahead)
    assert card.accounts["grows"].prequential_log_score == -1.75
    assert card.accounts["shrinks"].prequential == {days[0]: -2.0, days[1]: -3.0}
    assert score_case(case, [], weighings, forecasts).accounts["grows"].prequential_log_score is None


def test_prequential_scores_and_revisions_add_up_to_the_log_evidence(case: Case) -> None:
    timed = run_case(case, effort="sketch", workers=1, with_timeline=True)
    for name, scores in timed.scores.items():
        revised = sum(moment.accounts[name].revision for moment in timed.timeline)
        assert scores.prequential_log_score is not None
        assert set(scores.prequential) == {moment.as_of for moment in timed.timeline}
        total = timed.weighings[timed.as_of].fits[name].log_evidence
        assert scores.prequential_log_score + revised == pytest.approx(total, abs=1e-9)


@pytest.fixture
def study(case: Case) -> Study:
    dated = replace(case, report_dates=(new_year(2002), new_year(2004), new_year(2005)))
    return run_case(dated, effort="sketch", workers=1)


def test_the_json_object_holds_scores_claimants_and_baselines_in_words(study: Study) -> None:
    found = study_to_json(study)
    again = json.loads(json.dumps(found, allow_nan=False))
    scores = again["scores"]["grows"]
    assert {"brier", "log_score", "crps", "claims"} <= set(scores)  # of the contract
    assert scores["reports"] == 4 and scores["quantities"]["count"]["compared_with_climatology"] == 3
    assert scores["crps_skill"] == pytest.approx(scores["quantities"]["count"]["skill_persistence"])
    assert set(again["baselines"]) == {"half", "base_rate", "persistence", "climatology"}
    assert (again["mixture"]["name"], again["claimants"]) == (MIXTURE, {})
    assert again["scores"]["shrinks"]["hindsight"] and not scores["hindsight"]


def test_every_score_is_documented(study: Study) -> None:
    page = Path(__file__).parents[2] / "docs" / "explain" / "results.md"
    table = page.read_text(encoding="utf-8").partition("## Scores")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall("`(.+?)`", row)}
    scores = study_to_json(study)["scores"]
    assert isinstance(scores, dict)
    assert documented == set(scores["grows"])


def test_a_report_published_later_changes_no_score(case: Case, study: Study) -> None:
    day = new_year(2005)
    known = replace(case, report_dates=study.case.report_dates)
    poisoned = replace(
        known,
        observations=tuple(
            row if row.published is None or row.published <= day else replace(row, value=1e6)
            for row in known.observations
        ),
    )
    first, second = (run_case(one, as_of=day, effort="sketch", workers=1) for one in (known, poisoned))
    assert study_to_json(first) == study_to_json(second)
