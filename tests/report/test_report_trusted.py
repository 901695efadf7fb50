"""How far to trust the weights, and scores: the payload holds what was found, tables and sentences say it."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from planes_read import whole_page
from report_synthetic import AS_OF, HOSTILE, synthetic_study

from realities.figures.style import letter
from realities.report import render_payload, standings, study_payload, trusted
from realities.report.cited import references
from realities.report.schema import Payload, day_number
from realities.report.scored import account_scores
from realities.report.sentences import day_text
from realities.report.tables import NOT_RELIABLE, weight_rows
from realities.report.trusted import NOT_COMPUTED, odds_text, probability_text
from realities.report.view import View
from realities.weigh.between import Between, OnDay
from realities.weigh.honesty.words import listed
from realities.weigh.scoring.tally import QuantityScores
from realities.weigh.timeline import AtMoment, Moment


@pytest.fixture(scope="module")
def shaky_study() -> Any:
    return synthetic_study(3, 2, 4, 12, unreliable="growers")


@pytest.fixture(scope="module")
def shaky(shaky_study: Any) -> View:
    return View(study_payload(shaky_study))


def trust_of(payload: Payload) -> Any:
    assert payload["trust"] is not None
    return payload["trust"]


def test_weights_at_every_width_add_to_one_or_are_not_there(payload: Payload) -> None:
    for width in (0.25, 0.5, 1.0, 2.0, 4.0):
        weights = [one["weight"] for one in trust_of(payload)["widths"] if one["width"] == width]
        assert len(weights) == 5
        if width == 4.0:
            assert weights == [None] * 5
        else:
            assert sum(weights) == pytest.approx(1, abs=1e-4)


def test_at_width_one_the_weights_are_the_stated_ones(payload: Payload) -> None:
    at_one = [one for one in trust_of(payload)["widths"] if one["width"] == 1.0]
    assert [one["weight"] for one in at_one] == pytest.approx(payload["weighings"][-1]["weights"], abs=1e-3)
    assert [one["alone"] for one in at_one] == [one["weight"] for one in at_one]


def test_a_width_says_in_place_what_is_not_computed_and_what_is_not_reliable(payload: Payload) -> None:
    rows = {(width, which): cells for width, which, cells in trusted.width_rows(trust_of(payload), 5)}
    assert rows["four times", "all accounts'"] == ["–"] * 5
    assert rows["a quarter", "all accounts'"][4].endswith(NOT_RELIABLE)
    assert re.fullmatch(r"[<>\d]+", rows["a quarter", "all accounts'"][0])
    assert rows["four times", "this account's alone"][4] == "–"
    assert rows["four times", "this account's alone"][0] != "–"
    gaps = trusted.width_gaps(trust_of(payload))
    assert "Not computed: E at four times." in gaps
    assert "Hollow, not reliable: E at a quarter." in gaps


def test_other_sizes_of_the_model_errors_stand_beside_the_stated_one(payload: Payload) -> None:
    rows = dict(trusted.error_rows(trust_of(payload), 5))
    assert list(rows) == ["half", "as stated", "twice"]
    assert rows["half"][0].endswith(NOT_RELIABLE)
    assert rows["twice"] == ["–"] * 5
    assert "Not computed: E at twice. A weight is a share of one total" in trusted.error_gaps(
        trust_of(payload)
    )
    assert not any(NOT_RELIABLE in cell or cell == "–" for cell in rows["as stated"])
    assert trusted.error_rows({**trust_of(payload), "errors": []}, 5) == []


def test_sizes_of_the_model_errors_that_gave_no_weight_are_told_in_a_sentence_without_a_table(
    payload: Payload,
) -> None:
    none = copy.deepcopy(payload)
    for one in trust_of(none)["errors"]:
        one["weight"], one["state"] = None, NOT_COMPUTED
    page = render_payload(none)
    assert trusted.error_rows(trust_of(none), 5) == []
    assert 'id="error-table"' not in page
    assert (
        "No account has a weight had it stated half or twice as much. Not computed: A, B, C, D and E" in page
    )


def test_what_was_not_computed_stands_first_by_its_reports_then_what_moves_most(view: View) -> None:
    trust = copy.deepcopy(trust_of(view.payload))
    for place, n in ((0, 7), (3, 90)):
        trust["left"][place] |= {"moved": None, "weights": None, "missing": [0], "rows": n}
    shown, others = trusted.in_sight(trust["left"])
    assert [one["moved"] is None for one in shown] == [True] * 3 + [False] * 5
    assert [one["rows"] for one in shown[:3]] == sorted((one["rows"] for one in shown[:3]), reverse=True)
    rows = trusted.left_rows(view, [*shown, *others], references(view.payload))
    assert len(rows) == len(trust["left"]) and {row.kind for row in rows} == {"reporter", "quantity"}
    percent = [row.percent for row in rows if row.moved]
    assert percent == sorted(percent, reverse=True)
    assert all(row.why.startswith("not computed for ") for row in rows[:3])
    sentence = trusted.influence_sentence(view, trust)
    known = next(row for row in rows if row.moved)
    assert sentence.startswith(
        f"Of the 13 reporters and quantities that could be left out alone, the {known.kind} “{known.name}” "
        "changes most: "
    )
    assert " Not computed for 3, and perhaps more, as the draws do not reach so far: the " in sentence
    assert all(f"the {row.kind} “{row.name}” ({row.rows} report" in sentence for row in rows[:3])


def test_what_moves_most_is_said_of_all_only_where_all_was_computed(view: View) -> None:
    trust = copy.deepcopy(trust_of(view.payload))
    trust["left"] = [one for one in trust["left"] if one["moved"] is not None]
    assert trusted.influence_sentence(view, trust).startswith("Left out alone, the reporter “")
    for one in trust["left"]:
        one["moved"] = 0.001
    said = "No reporter and no quantity, left out alone, moves as much as 1 in 100 of the weight."
    assert trusted.influence_sentence(view, trust) == said
    trust["left"][0]["moved"] = None
    said = trusted.influence_sentence(view, trust)
    assert said.startswith("Of 14 reporters and quantities that could be left out alone none moves as much")
    assert "Not computed for 1, and perhaps more" in said


def test_a_pair_that_not_every_size_of_model_errors_was_tried_for_is_separated_at_the_stated_one(
    view: View,
) -> None:
    trust = copy.deepcopy(trust_of(view.payload))
    pair = next(one for one in trust["pairs"] if one["outcome"] == "separated")
    others = [letter(one["account"]) for one in trust["pairs"] if one["outcome"] == "separated"][1:]
    pair["why"] = "not computed with model errors twice as large"
    row = next(row for row in trusted.pair_rows(trust) if row.account == pair["account"])
    assert (row.sign, row.outcome, row.why) == ("✓", "separated at the stated model errors", pair["why"])
    said = trusted.separation_sentence(trust)
    assert f"separated at the stated model errors: {letter(pair['account'])}" in said
    assert (f"separated from it: {listed(others)};" in said) is bool(others)


def test_ten_single_reports_are_listed_with_date_value_and_source(view: View, study: Any) -> None:
    trust = trust_of(view.payload)
    assert (len(trust["reports"]), trust["tried"], trust["unknown"]) == (10, 12, 1)
    first = next(one for one in study.honesty.influence if one.left.kind == "report")
    row = trusted.left_rows(view, trust["reports"], references(view.payload))[0]
    assert first.left.published is not None
    assert trust["reports"][0]["published"] == day_number(first.left.published)
    assert row.name == first.left.reporter
    assert "km²" in row.value
    assert row.references[0].data["url"].startswith("https://example.org/bulletin/")


def test_checks_are_told_by_quantity_and_flagged_by_a_sign(view: View) -> None:
    trust = trust_of(view.payload)
    groups = trusted.check_groups(view, trust)
    assert len(groups) == 12
    cells = [cell for group in groups for _, _, row in group.rows for cell in row]
    assert len(cells) == 12 * 3 * 5
    assert set(cells) == {"0.31", "▲ 0.004", "0.62", "▼ 0.993", "▲ <0.001", "0.50"}
    flagged = [sum(cell[0] in "▲▼" for group in groups for _, _, row in group.rows for cell in row[k : k + 1])
               for k in range(5)]  # fmt: skip
    told = trusted.checks_sentence(view, trust)
    assert all(f"{name} {n} of 36" in told for name, n in zip("ABCDE", flagged, strict=True))
    assert trusted.told_first(groups) == [group for group in groups if group.flagged]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "1 to 1"), (2.4849, "12 to 1"), (-1.2238, "1 to 3.4"), (300.0, "more than 1,000 to 1"),
     (-1e4, "less than 1 to 1,000"), (None, "not computed")],
)  # fmt: skip
def test_odds_are_written_as_people_say_them(value: float | None, text: str) -> None:
    assert odds_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "<0.001"), (0.0123, "0.012"), (0.5, "0.50"), (0.96, "0.960"), (1.0, ">0.999")]
)
def test_probabilities_keep_the_digits_that_matter(value: float, text: str) -> None:
    assert probability_text(value) == text


def test_a_page_says_whose_bands_missed_what_followed(study: Any) -> None:
    card = study.scorecard
    quantity = next(iter(study.case.measures))
    wide, narrow = (QuantityScores(1.0, 40, inside=inside, n_banded=40) for inside in (40, 24))
    accounts = {
        name: replace(scores, n_reports=40, quantities={quantity: wide if k else narrow})
        for k, (name, scores) in enumerate(card.accounts.items())
    }
    told = copy.copy(study)
    told.scorecard = replace(card, accounts=accounts)
    rows = standings.missed_rows([account_scores(told, name) for name in accounts])
    label = study.case.measures[quantity].label
    assert [row[:2] for row in rows] == [(label, "")]
    assert rows[0][2][:2] == [("24 of 40", "too few"), ("40 of 40", "too many?")]


def test_a_miss_after_one_date_is_told_where_the_others_make_up_for_it(study: Any) -> None:
    card, (name, *_), day = study.scorecard, study.scorecard.accounts, study.dates[0]
    quantity = next(iter(study.case.measures))
    fair = {quantity: QuantityScores(1.0, 60, inside=52, n_banded=60)}
    told = copy.copy(study)
    told.scorecard = replace(card, accounts={name: replace(card.accounts[name], quantities=fair)})
    places = np.repeat([0.5, 0.99], [12, 8])
    told.forecasts = {
        one: {name: SimpleNamespace(below={quantity: places} if one == day else {})} for one in study.dates
    }
    label = study.case.measures[quantity].label
    missed = account_scores(told, name).get("missed")
    assert missed == [f"{label}: 12 of 20 after {day_text(day_number(day))}, too few"]


def test_bands_that_held_as_often_as_asked_are_not_told() -> None:
    one = standings.ScoreData(reports=40, missed=[])
    assert standings.missed_rows([one, one]) == []


def test_bands_that_missed_stand_in_a_row_for_each_quantity_and_a_tick_for_who_held() -> None:
    some = standings.ScoreData(
        missed=["Lake: 3 of 9, too few", "Fish: all: 0 of 3 after 5 Oct 2022, too few, perhaps by chance"]
    )
    other = standings.ScoreData(missed=["Lake: 0 of 2 after 1 May 2022, too few"])
    assert standings.missed_rows([some, other, {}]) == [
        ("Lake", "", [("3 of 9", "too few"), ("✓", ""), ("✓", "")]),
        ("Lake", "after 1 May 2022", [("–", ""), ("0 of 2", "too few"), ("✓", "")]),
        ("Fish: all", "after 5 Oct 2022", [("0 of 3", "too few?"), ("✓", ""), ("✓", "")]),
    ]


def test_scores_rest_on_a_count_and_the_sentence_says_how_few(view: View, study: Any) -> None:
    rows = {name: cells for name, _, cells in standings.claim_score_rows(view.payload["scores"])}
    n = study.scorecard.accounts["engineer"].n_claims
    assert rows["Claims scored"][0].startswith(f"{n}; ")
    assert rows["Hindsight"] == [f"{n if k == 1 else 0} of {n}" for k in range(5)]
    sentence = standings.scores_sentence(view)
    assert sentence.startswith(f"{n} claims are decided and had a chance when made; ")
    assert (f"{n} claims can hardly tell" in sentence) is (n < standings.FEW)


def test_bins_of_the_diagram_add_to_the_claims(payload: Payload) -> None:
    for one in payload["scores"]:
        assert sum(b[2] or 0 for b in one["bins"]) == one["claims"]
    rows = standings.bin_rows(payload["scores"])
    assert [label for label, _ in rows][:2] == ["0 to 10", "10 to 30"]


def test_no_number_of_an_unreliable_account_stands_bare(shaky: View) -> None:
    before = render_payload(shaky.payload).split('<script type="application/json"')[0]
    # The script fills the table of all quantities; the tests in a browser hold it to the same.
    part = before.split('id="figure-table"')[1].split("</table>")[0]
    cells = re.findall(r'<td class="num">(.*?)</td>', part)
    assert cells
    assert all((NOT_RELIABLE in cell) is (i % 3 == 2) for i, cell in enumerate(cells))
    claims = before.split('id="claims-table"')[1].split("</table>")[0]
    chances = re.findall(r'scope="row" class="when">[^<]*</th>(.*?)</tr>', claims)
    for row in chances:
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row)
        assert cells[2] in {"–", NOT_RELIABLE}
        assert NOT_RELIABLE not in cells[:2]
    assert any(NOT_RELIABLE in row for row in chances)
    brier = next(
        cells for name, _, cells in standings.claim_score_rows(shaky.payload["scores"]) if "Brier" in name
    )
    assert NOT_RELIABLE in brier[2]
    assert NOT_RELIABLE not in brier[0] + brier[1]
    sentence = re.search(r'id="figure-sentence">(.*?)<', before)
    assert sentence is not None
    assert sentence[1].count(NOT_RELIABLE) == 1


def test_a_timeline_adds_its_dates_to_the_weights_and_changes_none(shaky_study: Any) -> None:
    ids = [account.id for account in shaky_study.case.accounts]
    between = shaky_study.dates[0] + (shaky_study.dates[1] - shaky_study.dates[0]) / 2

    def at(weight: float) -> AtMoment:
        return AtMoment(weight, 0.01, (), -10.0, 0.1, 500.0, 0.3, True, (), -1.0, 0.1, True, 0.0, {}, 10)

    plain = study_payload(shaky_study)
    shaky_study.timeline = (
        Moment(shaky_study.dates[0], 5, 5, 0, 0, 0.5, {name: at(1 / 3) for name in ids}),
        Moment(between, 9, 4, 0, 0, 0.5, {name: at(1 / 3) for name in ids}),
    )
    longer = study_payload(shaky_study)
    shaky_study.timeline = ()
    days = [one["day"] for one in longer["weighings"]]
    assert days == sorted({*(one["day"] for one in plain["weighings"]), day_number(between)})
    added = longer["weighings"][1]
    assert (added["weights"], added["used"]) == ([0.33333] * 3, 9)
    assert added["used"] + added["later"] == plain["weighings"][-1]["used"] + plain["weighings"][-1]["later"]
    assert [one for one in longer["weighings"] if one is not added] == plain["weighings"]
    assert longer["dates"] == plain["dates"]


def test_days_between_weighed_dates_have_weights_and_a_row_for_the_last_of_each_month(
    shaky_study: Any,
) -> None:
    ids = [account.id for account in shaky_study.case.accounts]
    first = shaky_study.dates[0].replace(day=1) + timedelta(days=31)
    days = [first.replace(day=day) for day in (2, 9, 23)]
    assert first.replace(day=28) < shaky_study.dates[1]

    def on(day: date) -> Between:
        found = OnDay(day, -10.0, 0.1, 120.0, 0.3, "reweighted")
        return Between(day, 9, dict.fromkeys(ids, 1 / 3), dict.fromkeys(ids, 0.01), dict.fromkeys(ids, found))

    plain = study_payload(shaky_study)
    shaky_study.between = tuple(on(day) for day in days)
    longer = study_payload(shaky_study)
    shaky_study.between = ()
    added = [one for one in longer["weighings"] if one.get("between")]
    assert [one["day"] for one in added] == [day_number(day) for day in days]
    assert [one["day"] for one in longer["weighings"]] == sorted(one["day"] for one in longer["weighings"])
    assert [one for one in longer["weighings"] if one not in added] == plain["weighings"]
    assert added[0]["weights"] == [0.3333] * 3 and all(fit["reliable"] for fit in added[0]["fits"])
    view = View(longer)
    rows = weight_rows(view)
    until = dict(zip((one["day"] for one in longer["weighings"]), view.stale, strict=True))
    listed = [one["day"] for one in added if until[one["day"]] is not None or one is added[-1]]
    assert len(rows) == len(plain["weighings"]) + len(listed)
    assert set(map(day_text, listed)) <= {row[0] for row in rows}
    holds = {row[0]: row[1] for row in rows}
    for day, news in until.items():
        if news is not None:
            assert holds[day_text(day)] == day_text(news - 1)
            assert view.is_outdated(day, news) and not view.is_outdated(day, news - 1)
    assert until[longer["as_of"]] is None


def test_a_page_saved_before_there_was_honesty_can_still_be_read(payload: Payload) -> None:
    older: Any = copy.deepcopy(payload)
    for key in ("trust", "claimants", "mixture"):
        del older[key]
    older["scores"] = [{"brier": 0.1, "log_score": -1.2, "crps": 0.2} for _ in older["accounts"]]
    for claim in older["claims"]:
        del claim["last_day"]
    text = render_payload(older)
    assert 'id="trust"' not in text
    assert "Error of forecasts (CRPS)" in text


def test_hostile_names_reach_the_new_tables_as_text_alone(hostile_page: str) -> None:
    for block in ("trust", "scores"):
        part = whole_page(hostile_page).split(f'<section id="{block}"')[1].split("</section>")[0]
        assert HOSTILE not in part
        assert "&lt;/script&gt;" in part
    assert str(AS_OF.year) in hostile_page
