"""The payload holds what the study holds, in small, and nothing that was published later."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from planes_read import whole_page
from report_synthetic import AS_OF, synthetic_study

from realities import load_case
from realities.report import render_payload, study_payload
from realities.report.cited import cited_by, linked, references, safe_url
from realities.report.honest import significant
from realities.report.payload import embedded, to_json
from realities.report.reported import _notes, split_label
from realities.report.schema import Payload, day_number, number_date
from realities.report.sentences import hindsight
from realities.report.standings import scores_sentence
from realities.report.tables import claim_rows
from realities.report.unit_words import unit_text
from realities.report.view import View, chance_rows


def small(**options: Any) -> Any:
    return synthetic_study(**{"n_accounts": 3, "n_quantities": 2, "n_dates": 4, "n_claims": 12, **options})


def test_a_payload_survives_json(payload: Payload) -> None:
    assert json.loads(to_json(payload)) == payload


def test_the_same_study_gives_the_same_payload_to_the_last_character() -> None:
    assert to_json(study_payload(small())) == to_json(study_payload(small()))


def test_accounts_stand_in_the_order_of_the_case_whatever_their_weight(payload: Payload, study: Any) -> None:
    assert [a["id"] for a in payload["accounts"]] == [a.id for a in study.case.accounts]
    weights = payload["weighings"][-1]["weights"]
    assert weights != sorted(weights)
    assert sum(weights) == pytest.approx(1, abs=1e-4)


def test_curves_come_back_within_half_a_step_on_the_days_kept(view: View, study: Any) -> None:
    for quantity in view.charted:
        step = quantity.curves["step"]
        for i, day in enumerate(study.dates):
            for k, account in enumerate(study.case.accounts):
                forecast = study.forecasts[day][account.id]
                days = [day_number(study.case.calendar.date_of(t)) for t in forecast.times]
                kept = [days.index(d) for d in quantity.days]
                exact = forecast.quantiles[quantity.data["key"]][:, kept]
                assert np.abs(quantity.bands(i, k) - exact).max() <= step * 0.5000001


def test_between_the_days_kept_curves_stay_close(view: View, study: Any) -> None:
    quantity = view.charted[0]
    forecast = study.forecasts[study.as_of]["engineer"]
    exact = forecast.quantiles[quantity.data["key"]]
    span = np.ptp(
        [f.quantiles[quantity.data["key"]] for row in study.forecasts.values() for f in row.values()]
    )
    for j in range(0, exact.shape[1], 7):
        day = day_number(study.case.calendar.date_of(forecast.times[j]))
        at = quantity.at(len(study.dates) - 1, 0, day)
        assert at is not None
        assert np.abs(at - exact[:, j]).max() < 0.005 * span


def test_a_day_outside_the_curves_takes_the_nearest_end(view: View) -> None:
    quantity = view.charted[0]
    first, last = quantity.at(0, 0, -1e9), quantity.at(0, 0, 1e9)
    assert first is not None
    assert last is not None
    assert np.array_equal(first, quantity.bands(0, 0)[:, 0])
    assert np.array_equal(last, quantity.bands(0, 0)[:, -1])


def test_what_is_published_after_the_as_of_date_changes_nothing() -> None:
    one, other = small(), small()
    late = next(o for o in one.case.observations if o.published is not None)
    late = replace(late, published=AS_OF + timedelta(days=1), value=1e9, note="later", source="unused")
    other.case.observations = (*other.case.observations, late)
    later_event = replace(one.case.events[0], published=AS_OF + timedelta(days=1), parameter="later")
    other.case.events = (*other.case.events, later_event)
    assert to_json(study_payload(one)) == to_json(study_payload(other))


def test_reports_come_back_as_they_were_published(view: View, study: Any) -> None:
    quantity = view.quantities[0]
    rows = [o for o in study.case.observations if o.quantity == "irrigated" and o.published]
    rows = [o for o in rows if o.published <= study.as_of]
    got = {
        (number_date(r.happened), quantity.data["reporters"][r.reporter]["name"]): r for r in quantity.reports
    }
    assert len(quantity.reports) == len(rows)
    for row in rows:
        report = got[row.happened, row.reporter]
        assert number_date(report.published) == row.published
        assert list(view.payload["sources"])[report.source] == row.source
        assert view.payload["notes"][report.note] == row.note
        if row.value is not None:
            assert report.value == pytest.approx(row.value, rel=1e-5)
        else:
            assert (report.low, report.high) == pytest.approx((row.low, row.high), rel=1e-5)
    assert [r.published for r in quantity.reports] == sorted(r.published for r in quantity.reports)


def test_only_sources_that_something_cites_are_carried(payload: Payload) -> None:
    assert "unused" not in payload["sources"]
    assert {"essay2032", "board2032", "bulletin3"} <= set(payload["sources"])


def test_a_report_of_two_sources_leads_to_both_and_others_keep_theirs() -> None:
    study = small()
    first, *rest = study.case.observations
    joint = replace(first, source="essay2032; bulletin3", published=first.happened)
    study.case.observations = (joint, *rest)
    payload = study_payload(study)
    view, cited = View(payload), references(payload)
    texts = list(payload["sources"])
    for quantity in view.quantities:
        own = [o for o in study.case.observations if o.quantity == quantity.data["key"] and o.published]
        own = [o for o in own if o.published <= study.as_of]
        assert sorted(texts[r.source] for r in quantity.reports) == sorted(o.source for o in own)
    titles = [study.case.sources[key].title for key in ("essay2032", "bulletin3")]
    assert payload["sources"][joint.source]["title"] == "; ".join(titles)
    assert [one.data["title"] for one in cited_by(cited, joint.source)] == titles
    assert joint.source not in cited
    assert [one.number for one in cited.values()] == list(range(1, len(cited) + 1))


def test_cautions_name_accounts_and_quantities_as_the_page_does() -> None:
    study = small()
    account, measure = study.case.accounts[0], study.case.measures["irrigated"]
    study.warnings = (
        f'account "{account.id}": late',
        'the level of "irrigated" rests',
        "the irrigated delta",
    )
    title = split_label(measure.label, str(measure.unit))[0]
    told = [f"account “{account.name}”: late", f"the level of “{title}” rests", "the irrigated delta"]
    assert study_payload(study)["warnings"][:3] == told


def test_a_source_that_a_reason_names_is_listed_and_linked() -> None:
    study = small()
    claim = next(judged.claim for judged in study.claims if judged.claim.undecidable)
    reason = "a count <of> years (board2032.csv is none); see board2032, unused2032."
    judged = [
        SimpleNamespace(**{**vars(one), "claim": replace(claim, undecidable=reason)})
        if one.claim is claim
        else one
        for one in study.claims
    ]
    study.claims = tuple(judged)
    study.case.sources["unused2032"] = replace(study.case.sources["unused"], key="unused2032")
    payload = study_payload(study)
    cited = references(payload)
    told = linked(cited, reason)
    link = '<a href="#source-{0}">[{0}]</a>'.format
    numbers = [link(cited[key].number) for key in ("board2032", "unused2032")]
    assert told == f"a count &lt;of&gt; years (board2032.csv is none); see {numbers[0]}, {numbers[1]}."
    assert f"Not decidable: {told}" in whole_page(render_payload(payload))


def test_claims_that_one_test_decides_name_each_other() -> None:
    study = small()
    one, other = [judged for judged in study.claims if judged.claim.predicate is not None][:2]
    assert all("alike" not in claim for claim in study_payload(study)["claims"])
    assert "same test" not in scores_sentence(View(study_payload(study)))
    other.claim.predicate.span.text = f" {one.claim.predicate.span.text} "
    payload = study_payload(study)
    places = {claim["id"]: k for k, claim in enumerate(payload["claims"])}
    i, j = places[one.claim.id], places[other.claim.id]
    assert {k: claim["alike"] for k, claim in enumerate(payload["claims"]) if "alike" in claim} == {
        i: [j],
        j: [i],
    }
    notes = [row.note for row in claim_rows(View(payload), {})]
    assert notes[i].endswith(f"Decided by the same test as “{other.claim.says}”")
    assert notes[j].endswith(f"Decided by the same test as “{one.claim.says}”")
    assert "Claims that the same test decides count once." in scores_sentence(View(payload))


def test_an_outcome_that_the_case_states_leads_to_its_sources_from_the_day_it_was_known(
    payload: Payload,
) -> None:
    cited = references(payload)
    rows = claim_rows(View(payload), cited)
    stated = [row for row in rows if row.data["resolved"] is not None and row.data["outcome_source"]]
    assert stated
    assert all(row.outcome == cited_by(cited, row.data["outcome_source"]) != [] for row in stated)
    assert all(not row.outcome for row in rows if row.data["resolved"] is None)
    page = whole_page(render_payload(payload))
    told = re.findall(r'<span data-from="(-?\d+)"> · outcome: <a href="#source-(\d+)">', page)
    assert told == [(str(row.data["resolved"]), str(row.outcome[0].number)) for row in stated]


def test_a_day_is_about_that_day_where_it_was_inferred() -> None:
    study = small()
    plain = study_payload(study)
    key = "essay2032"
    study.case.sources[key] = replace(study.case.sources[key], inferred="the rains it speaks of")
    payload = study_payload(study)
    rows, before = (claim_rows(View(one), references(one)) for one in (payload, plain))
    told = [row.made for row in rows if row.data["source"] == key]
    assert told and told == [f"about {row.made}" for row in before if row.data["source"] == key]
    assert payload["sources"][key].get("inferred") == "the rains it speaks of"
    k = next(k for k, one in enumerate(payload["accounts"]) if one["source"] == key)
    assert hindsight(payload, k, -(10**5)).startswith("Hindsight: written about ")
    assert not hindsight(plain, k, -(10**5)).startswith("Hindsight: written about ")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//example.org",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc",
        "ftp://example.org/x",
        "http:",
        "http://[bad",
        " javascript:alert(1)",
    ],
)
def test_addresses_that_are_not_plain_web_addresses_are_dropped(url: str) -> None:
    assert safe_url(url) == ""


def test_plain_web_addresses_are_kept() -> None:
    assert safe_url(" https://example.org/a?b=1&c=2 ") == "https://example.org/a?b=1&c=2"
    assert safe_url("HTTP://example.org") == "HTTP://example.org"


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("Area held (km²)", ("Area held", "km²")),
        ("Price (index, 2021 = 100)", ("Price", "index, 2021 = 100")),
        ("Left (net) (persons (est.))", ("Left (net)", "persons (est.)")),
        ("No unit here", ("No unit here", "people")),
    ],
)
def test_a_label_is_a_title_and_a_unit(label: str, parts: tuple[str, str]) -> None:
    assert split_label(label, "person") == parts


def test_chances_are_whole_numbers_in_a_thousand_and_a_gap_is_told(study: Any, payload: Payload) -> None:
    claim, judged = payload["claims"][0], study.claims[0]
    rows = chance_rows(claim["chance"], 5)
    assert len(rows) == len(study.dates)
    ids = [a.id for a in study.case.accounts]
    last = study.forecasts[study.as_of]
    assert rows[-1] == [int(last[a].chances[judged.claim.id] * 1000 + 0.5) for a in ids]
    value = next(c for c in payload["claims"] if c["kind"] == "value")
    assert (value["chance"], value["chance_made"], value["computed"]) == ("", "", False)
    part = small()
    del part.forecasts[part.dates[0]]["engineer"].chances["claim-0"]
    assert chance_rows(study_payload(part)["claims"][0]["chance"], 3)[0][0] == -1


def test_an_outcome_is_shown_from_the_day_that_decided_it_or_else_only_at_the_end(
    study: Any, payload: Payload
) -> None:
    for judged, claim in zip(study.claims, payload["claims"], strict=True):
        if judged.status not in {"happened", "did not happen", "disputed"}:
            assert claim["resolved"] is None
        elif judged.claim.outcome:
            assert claim["resolved"] == day_number(judged.claim.outcome.date)
        else:
            assert claim["resolved"] == day_number(study.as_of)


def test_curves_with_a_missing_number_are_left_out_whole() -> None:
    broken = small()
    broken.forecasts[broken.as_of]["ministry"].quantiles["irrigated"][2, 5] = np.nan
    quantity = View(study_payload(broken)).charted[0]
    assert quantity.bands(3, 1).shape == (5, 0)
    assert quantity.at(3, 1, 24000) is None
    assert quantity.bands(3, 0).size


def test_a_quantity_without_forecasts_keeps_its_reports() -> None:
    part = small()
    for forecasts in (*part.forecasts.values(), part.prior_forecasts):
        for forecast in forecasts.values():
            del forecast.quantiles["left"]
    view = View(study_payload(part))
    assert [q.data["key"] for q in view.charted] == ["irrigated"]
    assert len(view.quantities[1].reports) > 100


def test_numbers_that_are_not_finite_become_null() -> None:
    part = small()
    fit = part.weighings[part.as_of].fits["engineer"]
    fit.log_evidence, fit.k_hat = float("-inf"), float("nan")
    told = study_payload(part)["weighings"][-1]["fits"][0]
    assert (told["log_evidence"], told["k_hat"]) == (None, None)


def test_a_small_limit_drops_runs_then_dates_but_never_the_last() -> None:
    part = synthetic_study(n_accounts=3, n_quantities=3, n_dates=9, n_claims=4)
    sizes, n_dates = [], []
    for limit in (10**9, 230_000, 200_000, 1):
        payload = study_payload(part, limit=limit)
        sizes.append(sum(map(len, embedded(payload))))
        n_dates.append(len(payload["dates"]))
        assert payload["dates"][-1] == day_number(part.as_of)
        assert len(payload["weighings"]) == 9
    assert sizes == sorted(sizes, reverse=True)
    assert n_dates[0] == 9
    assert n_dates[-1] == 2


def test_single_runs_are_kept_for_the_last_date_and_before_any_report(payload: Payload, study: Any) -> None:
    curves = payload["quantities"][0]["curves"]
    assert curves is not None
    assert set(curves["runs"]) == {study.as_of.isoformat(), "prior"}


def test_what_the_reports_leave_of_an_assumption_is_told_by_date(payload: Payload) -> None:
    silt, _, leaving, *_ = payload["accounts"][0]["assumptions"]
    assert len(silt["posterior"]) == len(payload["dates"])
    assert all(p is not None and p[0] < p[1] < p[2] for p in silt["posterior"])
    assert leaving["posterior"] == [None] * len(payload["dates"])
    assert silt["because"].startswith("Reads the harbour")
    assert silt["locator"] == "paragraph 2"


def test_a_copy_says_whom_it_repeats_and_a_bias_is_a_range(payload: Payload) -> None:
    board, _, growers, _, courier = payload["quantities"][0]["reporters"]
    assert courier["copies"] == board["name"]
    assert courier["posterior"] == []
    assert all(cell is not None and len(cell) == 4 for row in growers["posterior"] for cell in row)
    assert all(cell is not None and len(cell) == 1 for row in board["posterior"] for cell in row)


def test_scores_coverage_and_provenance_are_carried(payload: Payload, study: Any) -> None:
    scores = study.scorecard.accounts["ministry"]
    held = payload["scores"][1]
    assert held["brier"] == pytest.approx(scores.brier, rel=1e-3)
    assert (held["claims"], held["claims_last"]) == (scores.n_claims, scores.n_last)
    assert held["claims_hindsight"] == scores.n_claims
    assert [b[2] for b in held["bins"]] == [b.n for b in scores.bins]
    murphy = held["murphy"]
    assert murphy is not None
    assert murphy[0] - murphy[1] + murphy[2] + murphy[3] - murphy[4] == pytest.approx(held["brier"], abs=1e-4)
    claimants = [one["account"] for one in payload["claimants"]]
    assert claimants == sorted(claimants)
    made = sum(one["scores"][1]["claims"] for one in payload["claimants"])
    assert made == held["claims"]
    assert payload["quantities"][0]["coverage"][0] == [88, 100]
    made = payload["made"]
    assert (made["equations"], made["stocks"], made["constants"]) == (183, 24, 61)
    assert made["model"] == "model.mdl"
    assert re.fullmatch(r"(\d[\d,]*) observations \(([\d,]+) count; .+\)", made["rows"])
    assert made["draws"] == 2000


def test_a_notice_beside_the_case_is_carried(tmp_path: Any) -> None:
    part = small()
    (tmp_path / "NOTICE").write_text("Terms <b>of</b> the sources", encoding="utf-8")
    (tmp_path / "model.mdl").write_text("x = 1 ~~|", encoding="utf-8")
    part.case = SimpleNamespace(
        **{**copy.copy(vars(part.case)), "folder": tmp_path, "model_path": tmp_path / "model.mdl"}
    )
    made = study_payload(part)["made"]
    assert made["notice"] == "Terms <b>of</b> the sources"
    assert len(made["model_hash"]) == 64


def test_rounding_keeps_significant_digits() -> None:
    assert significant(123456.789, 4) == 123500
    assert significant(0.000123456, 3) == 0.000123


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("km2", "km²"),
        ("person/day", "people a day"),
        ("Dmnl", ""),
        ("fraction", "share"),
        ("percent", "%"),
        ("g/l", "g/l"),
        ("1/year", "a year"),
        ("tonne", "tonnes"),
        ("dollar/tonne", "dollars per tonne"),
        ("million tonne/year", "million tonnes a year"),
        ("km/h", "km/h"),
    ],
)
def test_units_are_written_as_people_write_them(unit: str, text: str) -> None:
    assert unit_text(unit) == text


@pytest.mark.parametrize("factor", [1e6, 1e80])
def test_priors_that_run_away_do_not_coarsen_what_was_fitted(factor: float) -> None:
    usual, wild = small(), small()
    for forecast in wild.prior_forecasts.values():
        for curves in (forecast.quantiles, forecast.runs):
            for quantity in curves:
                curves[quantity] = curves[quantity] * factor
    plain, far = (View(study_payload(study)) for study in (usual, wild))
    for before, after in zip(plain.charted, far.charted, strict=True):
        assert after.curves["step"] <= before.curves["step"]


def test_it_is_said_how_reports_bound_and_as_what_accounts_read_them() -> None:
    quantities = study_payload(small(n_quantities=4))["quantities"]
    by_kind = {quantity["kind"]: quantity for quantity in quantities}
    assert by_kind["floor"].get("note") == "Reports count from below: at least so many."
    assert "note" not in by_kind["value"]
    case = load_case("ukraine-2022")
    assert list(_notes(case, case.measures["ru_losses_rate"])) == [
        "Accounts read these reports in different ways: "
        "A as “killed rate[Russia]”; B, C, D and E as “loss rate[Russia]”."
    ]
