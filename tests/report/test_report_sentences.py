"""What the page says in words, and when it says it."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realities import load_case
from realities.report import sentences
from realities.report.leading import reading_of_study
from realities.report.schema import ClaimData, Payload, SeparationData, day_number
from realities.report.view import View, in_hundred, shown_chance, shown_weight
from realities.weigh.honesty.separation import Pair
from realities.weigh.scoring.status import ClaimStatus
from realities.weigh.scoring.status import claim_status as weighed_status

WEIGHTS = st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda w: sum(w) > 1e-6)
NAMES = ["The author", "Quoted analyst", "Dissenting commenter"]


@given(WEIGHTS)
def test_weights_shown_add_to_a_hundred_and_are_never_off_by_one_whole(weights: list[float]) -> None:
    ids = [f"account-{k}" for k in range(len(weights))]
    shown = in_hundred(weights, ids)
    assert sum(shown) == 100
    for n, weight in zip(shown, weights, strict=True):
        assert abs(n - 100 * weight / sum(weights)) < 1 + 1e-6


@given(WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_accounts_only_reorders_the_weights_shown(weights: list[float], random: Any) -> None:
    ids = [f"account-{k}" for k in range(len(weights))]
    order = list(range(len(weights)))
    random.shuffle(order)
    shown = in_hundred(weights, ids)
    again = in_hundred([weights[i] for i in order], [ids[i] for i in order])
    assert again == [shown[i] for i in order]


@pytest.mark.parametrize(
    ("weights", "shown"),
    [
        ([0.9996, 0.0003, 0.0001], [">99", "<1", "<1"]),
        ([1 / 3, 1 / 3, 1 / 3], ["34", "33", "33"]),
        ([0.996, 0.004, 0.0], [">99", "<1", "<1"]),
        ([0.455, 0.365, 0.18], ["46", "36", "18"]),
        ([2.0, 1.0, 1.0], ["50", "25", "25"]),
    ],
)
def test_weights_are_never_shown_as_nothing_or_as_certainty(weights: list[float], shown: list[str]) -> None:
    assert [shown_weight(n) for n in in_hundred(weights, ["a", "b", "c"])] == shown


@pytest.mark.parametrize(
    ("thousandths", "text"),
    [(0, "<1"), (4, "<1"), (5, "1"), (460, "46"), (994, "99"), (995, ">99"), (1000, ">99"), (-1, "–")],
)
def test_chances_are_counts_out_of_a_hundred(thousandths: int, text: str) -> None:
    assert shown_chance(thousandths) == text


def read(shown: list[int], n: int = 23, reliable: list[bool] | None = None) -> str:
    weights = [s / 100 for s in shown]
    flags = reliable or [True] * len(shown)
    parts = sentences.reading_parts(NAMES[: len(shown)], shown, weights, flags, n, "9 Apr 2023")
    return "".join(text for text, _ in parts)


@pytest.mark.parametrize("top", [40, 59, 60, 75, 76, 90, 100])
def test_no_reading_without_a_trial_of_other_ranges_claims_more_than_one_with_it(top: int) -> None:
    shown = [0, top, 100 - top]
    untried = read(shown)
    assert not re.search("lean|point|speak|favour", untried)
    if top <= 75:
        assert "do not separate accounts B and C; ahead is account" in untried
        assert sentences.UNTRIED not in untried
    else:
        assert f"put account B, Quoted analyst, ahead: {'about ' if top < 100 else ''}" in untried
        assert untried.endswith(sentences.UNTRIED)


def test_odds_below_those_of_a_verdict_are_next_to_the_weights_at_the_start() -> None:
    def said(shown: list[int], started: list[float]) -> str:
        weights = [one / 100 for one in shown]
        found = sentences.reading_parts(NAMES, shown, weights, [True] * 3, 9, "9 Apr 2023", started=started)
        return "".join(text for text, _ in found)

    assert "put account B, Quoted analyst, ahead" in said([10, 80, 10], [0.4, 0.2, 0.4])
    assert "do not separate the accounts; ahead is account B" in said([10, 80, 10], [0.1, 0.8, 0.1])
    assert said([60, 40, 0], [0.9, 0.05, 0.05]).endswith(
        "9 Apr 2023 leave, out of 100, 60 for A, 40 for B and less than 1 for C."
    ), "the reports speak for B, which started low; neither is named first"


def test_the_reading_counts_reports_and_gives_every_weight() -> None:
    assert read([18, 46, 36]) == (
        "The 23 reports published by 9 Apr 2023 do not separate the accounts; ahead is account B, "
        "Quoted analyst: about 46 in 100, against 18 for A and 36 for C."
    )
    assert "more than 99 in 100, against less than 1 for A and less than 1 for C." in read([0, 100, 0])
    assert read([1, 78, 21], n=1).startswith("The one report published by 9 Apr 2023 puts account B")
    assert "The one report published by 9 Apr 2023 does not separate accounts B and C" in read(
        [1, 68, 31], n=1
    )
    assert "The 1,344 reports" in read([1, 68, 31], n=1344)


def test_accounts_level_at_the_top_are_named_alike() -> None:
    assert read([40, 40, 20]).endswith(
        "do not separate the accounts: out of 100, 40 for A, 40 for B and 20 for C."
    )
    assert "do not separate accounts A and B: out of 100, 45 for A, 45 for B and 10 for C." in read(
        [45, 45, 10]
    )


def test_without_reports_nobody_is_ahead() -> None:
    assert read([33, 34, 33], n=0) == (
        "No report is published by 9 Apr 2023, so each account still has the weight it started with."
    )


def test_where_the_diagnostics_fail_no_lean_is_stated() -> None:
    text = read([2, 95, 3], reliable=[True, False, True])
    assert "cannot be weighed reliably for account B" in text
    assert "strongly" not in text
    assert "accounts A and C" in read([2, 95, 3], reliable=[False, True, False])
    assert "every account" in read([2, 95, 3], reliable=[False] * 3)


def test_one_account_alone_is_not_compared() -> None:
    assert "nothing to compare" in read([100])


def test_the_reading_of_a_study_is_that_of_its_page(study: Any, view: View) -> None:
    for i, day in enumerate(study.dates):
        text, shown = reading_of_study(study, day)
        assert text == "".join(part for part, _ in sentences.reading(view, i))
        assert len(shown) == 5


def test_the_leading_account_and_the_date_stand_out(view: View) -> None:
    strong = [text for text, is_strong in sentences.reading(view, 13) if is_strong]
    assert strong[1:] == ["Growers' union"] and strong[0].endswith("2035")
    strong = [text for text, is_strong in sentences.reading(view, 14) if is_strong]
    assert strong == ["22 Aug 2035", "Growers' union"], "so does who is ahead without being separated"


def verdict_of(
    together: list[int], against: list[int], unknown: list[int], ranges: list[list[int]] | None = None
) -> SeparationData:
    return {"together": together, "against": against, "not_established": unknown, "ranges": ranges or []}


def judged(shown: list[int], verdict: SeparationData, n: int = 23) -> str:
    weights = [s / 100 for s in shown]
    parts = sentences.reading_parts(
        NAMES[: len(shown)], shown, weights, [True] * len(shown), n, "9 Apr 2023", verdict
    )
    return "".join(text for text, _ in parts)


def test_a_lean_that_does_not_survive_is_none() -> None:
    assert judged([18, 70, 12], verdict_of([0, 1, 2], [], [], [[10, 30], [40, 70], [12, 20]])) == (
        "The 23 reports published by 9 Apr 2023 do not separate the accounts; ahead is account B, "
        "Quoted analyst: about 70 in 100 (40 to 70), against 18 for A (10 to 30) and 12 for C (12 to 20). "
        "In brackets: with all stated ranges half to twice as wide."
    )


def test_accounts_that_are_not_separated_and_those_spoken_against_are_named() -> None:
    said = judged([40, 60, 0], verdict_of([0, 1], [2], [], [[40, 40], [60, 60], [0, 0]]))
    assert said.endswith(
        "do not separate accounts A and B; ahead is account B, Quoted analyst: about 60 in 100, "
        "against 40 for A and less than 1 for C. They speak against account C."
    )
    said = judged([40, 60, 0], verdict_of([0, 1], [], [2]), n=1)
    assert said.endswith(
        "does not separate accounts A and B; ahead is account B, Quoted analyst: about 60 in 100, "
        "against 40 for A and less than 1 for C. Whether it speaks against account C is not settled: "
        "with ranges half or twice as wide that could not be computed reliably."
    )


def test_an_account_separated_from_all_others_is_leaned_towards() -> None:
    said = judged([2, 97, 1], verdict_of([1], [0, 2], [], [[1, 4], [95, 98], [1, 1]]))
    assert said.endswith(
        "point strongly to account B, Quoted analyst: about 97 in 100 (95 to 98), against 2 for A (1 to 4) "
        "and 1 for C. In brackets: with all stated ranges half to twice as wide."
    )
    assert "lean towards account B" in judged([25, 50, 25], verdict_of([1], [0, 2], []))


def test_what_could_not_be_established_is_no_lean() -> None:
    said = judged([1, 98, 1], verdict_of([1], [0], [2]))
    assert "Apr 2023 speak for account B, Quoted analyst: about 98 in 100" in said
    assert "They speak against account A. Whether they speak against account C too is not settled" in said
    said = judged([1, 98, 1], verdict_of([1], [], [0, 2]))
    assert "do not settle which account they favour; ahead is account B" in said
    assert "Whether they speak against accounts A and C is not settled" in said
    assert "does not settle which account it favours" in judged([1, 98, 1], verdict_of([1], [], [0, 2]), n=1)


def test_a_verdict_with_model_errors_as_stated_alone_says_so_and_points_to_nobody() -> None:
    verdict = verdict_of([1], [0, 2], [], [[1, 1], [98, 98], [1, 1]])
    assert "point strongly to account B" in judged([1, 98, 1], verdict)
    said = judged([1, 98, 1], {**verdict, "stated": [0, 2]})
    assert said.endswith(
        "speak for account B, Quoted analyst: about 98 in 100, against 1 for A and 1 for C. "
        "That is with model errors as stated alone: half or twice as large could not be computed."
    )
    near: SeparationData = {**verdict_of([1, 2], [0], [], [[0, 0], [60, 60], [40, 40]]), "stated": [0]}
    assert judged([0, 60, 40], near).endswith(
        f"They speak against account A. That is {sentences.STATED_ERRORS}"
    )
    said = judged([0, 90, 10], {**verdict, "stated": [2]})
    assert f"10 for C (1 to 10). Against account C that is {sentences.STATED_ERRORS}" in said


def test_what_a_verdict_rests_on_is_read_off_its_pairs(study: Any) -> None:
    leader, one, other = (account.id for account in study.case.accounts[:3])
    changed = copy.copy(study)
    changed.honesty = copy.copy(study.honesty)
    pairs = [Pair(leader, one, 9.0, 9.0, "separated", "not computed with model errors half as large")]
    pairs += [Pair(leader, other, 9.0, 9.0, "separated", "")]
    changed.honesty.separation = replace(study.honesty.separation, pairs=tuple(pairs))
    found = sentences.separation_data(changed, study.as_of)
    assert found is not None and found["stated"] == [1]


def test_a_range_holds_the_weight_shown_beside_it() -> None:
    said = judged([34, 33, 33], verdict_of([0, 1, 2], [], [], [[33, 33], [33, 33], [20, 32]]))
    assert "about 34 in 100 (33 to 34), against 33 for B and 33 for C (20 to 33)" in said


def test_a_figure_says_value_and_range_of_every_account(view: View) -> None:
    text = sentences.figure_sentence(view, view.charted[0], 14)
    assert text.startswith("Area irrigated on 22 Aug 2035, median and 90% range by account: A ")
    assert text.count(" km² (") == 5


def test_a_figure_gives_one_number_where_a_range_has_no_width(payload: Payload) -> None:
    flat = copy.deepcopy(payload)
    for one in flat["quantities"]:
        if one["curves"] is not None:
            one["curves"]["step"] = 1e-30
    view = View(flat)
    text = sentences.figure_sentence(view, view.charted[0], 14)
    assert " to " not in text and "(" not in text


def test_an_account_written_later_is_stamped(payload: Payload) -> None:
    before, after = day_number(date(2032, 8, 14)), day_number(date(2032, 8, 15))
    assert sentences.hindsight(payload, 1, before) == "Hindsight: written 15 Aug 2032"
    assert sentences.hindsight(payload, 1, after) == ""
    other = copy.deepcopy(payload)
    other["accounts"][1]["authored"] = None
    assert sentences.hindsight(other, 1, 0) == ""


def claim(**changes: Any) -> ClaimData:
    fresh: dict[str, Any] = {
        "status": "happened",
        "kind": "forecast",
        "made": 100,
        "deadline": None,
        "resolved": 200,
        "undecidable": "",
        "inside": False,
    }
    return {**fresh, **changes}  # type: ignore[typeddict-item]


def test_an_outcome_is_told_only_once_it_was_known() -> None:
    told = [sentences.claim_status(claim(), day) for day in (99, 100, 199, 200)]
    assert told == ["not made yet", "open", "open", "happened"]
    assert sentences.claim_status(claim(status="value", resolved=None), 0) == "value"
    assert sentences.claim_status(claim(status="open", resolved=None), 999) == "open"
    late = claim(status="open", resolved=None, deadline=150)
    assert [sentences.claim_status(late, day) for day in (149, 150)] == ["open", "not decided"]


def test_a_page_and_python_have_the_same_words_for_a_claim() -> None:
    case = replace(load_case("lynx-hare"), observations=())
    seen = set()
    for one in [replace(one, outcome=None) for one in case.claims]:
        ends = [] if one.deadline is None else [one.deadline - timedelta(days=1), one.deadline]
        for day in [one.made, *(end for end in ends if end > one.made), date(2027, 1, 1)]:
            final = weighed_status(case, one, date(2027, 1, 1))
            deadline = None if one.deadline is None else day_number(one.deadline)
            data = claim(status=final, made=day_number(one.made), deadline=deadline, resolved=None)
            told = sentences.claim_status({**data, "inside": one.is_inside_model}, day_number(day))
            assert told == weighed_status(case, one, day), (one.id, day)
            seen.add(told)
    assert seen == {"open", "not decided", "model only", "value", "undecidable"}


def test_what_only_the_model_decides_is_neither_open_nor_undecided() -> None:
    inside = claim(status="open", resolved=None, deadline=150, inside=True)
    told = [sentences.claim_status(inside, day) for day in (99, 100, 150, 999)]
    assert told == ["not made yet", "model only", "model only", "model only"]
    judged = claim(inside=True)
    assert [sentences.claim_status(judged, day) for day in (199, 200)] == ["model only", "happened"]
    assert sentences.STATUS_TEXT["model only"][1] == "Model only"


def test_a_chance_is_hindsight_once_a_claim_is_decided_or_its_time_is_over() -> None:
    timed = claim(resolved=None, deadline=150)
    assert [sentences.is_closed(timed, day) for day in (149, 150)] == [False, True]
    assert not sentences.is_closed(claim(resolved=None, deadline=150, inside=True), 999)
    early = claim(resolved=120, deadline=150)
    assert [sentences.is_closed(early, day) for day in (119, 120)] == [False, True]
    assert not sentences.is_closed(claim(resolved=None, deadline=None), 999)


def test_what_is_not_computed_says_why() -> None:
    assert "never computed" in sentences.claim_note(claim(kind="value", status="value"))
    assert sentences.claim_note(claim(undecidable="no series.")) == "Not decidable: no series."
    assert sentences.claim_note(claim(inside=True)).startswith("Decided inside the model")
    assert sentences.claim_note(claim()) == ""


def test_every_status_and_kind_has_a_sign_and_words() -> None:
    assert set(get_args(ClaimStatus)) == set(sentences.STATUS_TEXT)
    assert {"fact", "forecast", "cause", "counterfactual", "value"} == set(sentences.KIND_TEXT)
