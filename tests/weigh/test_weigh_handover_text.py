"""Forecasts in hubverse columns and claims as schema.org has them: complete, well formed, neutral."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

import pytest

from realities.case.claims import Claim, Outcome
from realities.case.folder import Case
from realities.case.sources import Source
from realities.weigh.handover.claim_review import claims_jsonld
from realities.weigh.handover.hubverse import COLUMNS, forecasts_csv, model_ids
from realities.weigh.scoring.judging import JudgedClaim
from realities.weigh.scoring.status import ClaimStatus
from realities.weigh.shown import LEVELS
from realities.weigh.study import Study, run_case

MakeCase = Callable[..., Case]
ACCOUNTS = {"grows": {"growth rate": "normal(0.05, 0.02)"}, "shrinks": {"growth rate": "normal(-0.05, 0.02)"}}
ROWS = [
    (2001, 2001, 105, "", "", "person", "Bureau"),
    (2003, 2004, 118, "", "", "person", "Bureau"),
    (2005, 2005, "", 110, 140, "person", "Bureau"),
]
MADE, DEADLINE = date(2002, 1, 1), date(2008, 1, 1)


def judged(case: Case, name: str, status: ClaimStatus, **changes: Any) -> JudgedClaim:
    """A claim of `grows`, with chances of 1 in 4 and 3 in 4."""
    says, cited = f'It is said of "{name}".', "post;more"
    claim = Claim(name, "grows", "forecast", says, cited, "line 3", MADE, DEADLINE, None, None, None)
    chances = {"grows": 0.25, "shrinks": 0.75}
    happened = status in ("happened", "did not happen")
    return JudgedClaim(
        replace(claim, **changes), status, chances, chances, chances, chances, chances,
        decided=date(2004, 1, 1) if happened else None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def study(make_lasting_case: MakeCase) -> Study:
    case = make_lasting_case(ACCOUNTS, ROWS)
    found = run_case(case, effort="sketch", workers=1)
    sources = {
        "post": replace(case.sources["post"], url="https://example.org/post"),
        "more": Source("more", "misc", title="More", url="javascript:alert(1)"),
        "record": Source("record", "misc", title="The record", author="An office", year="2006"),
    }
    claims = (
        judged(case, "open", "open"),
        judged(case, "endless", "open", deadline=None),
        judged(case, "late", "not decided", deadline=date(2003, 1, 1)),
        judged(case, "never", "model only"),
        judged(case, "came", "happened", outcome=Outcome(True, "record", date(2004, 6, 1))),
        judged(case, "failed", "did not happen", outcome=Outcome(False, "record", date(2006, 6, 1))),
        judged(case, "quarrel", "disputed"),
        judged(case, "praise", "value", kind="value"),
        judged(case, "riddle", "undecidable", undecidable="Nobody counted."),
    )
    return replace(found, case=replace(case, sources=sources), claims=claims)


# -- hubverse -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows(study: Study) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(forecasts_csv(study))))


def test_the_columns_are_those_of_model_output(rows: list[dict[str, str]]) -> None:
    assert tuple(rows[0]) == COLUMNS
    assert {"output_type", "output_type_id", "value", "model_id", "origin_date", "target"} <= set(COLUMNS)
    assert {row["output_type"] for row in rows} == {"quantile", "pmf"}


def tasks(rows: list[dict[str, str]], kind: str) -> Iterator[list[dict[str, str]]]:
    """Give the rows of one output type, those of each model and task together."""
    keys = ("model_id", "origin_date", "target", "target_end_date")
    chosen = sorted((row for row in rows if row["output_type"] == kind), key=lambda r: [r[k] for k in keys])
    for _, found in groupby(chosen, key=lambda row: [row[k] for k in keys]):
        yield list(found)


def test_quantiles_rise_and_are_the_bands_of_the_study(study: Study, rows: list[dict[str, str]]) -> None:
    n = 0
    for task in tasks(rows, "quantile"):
        values = [float(row["value"]) for row in task]
        assert [float(row["output_type_id"]) for row in task] == list(LEVELS)
        assert values == sorted(values)
        n += 1
    days = [study.case.calendar.date_of(float(t)) for t in study.forecasts[study.as_of]["grows"].times]
    ahead = [k for k, day in enumerate(days) if day >= study.as_of]
    assert n == 2 * len(ahead)
    last = [
        row for row in rows if row["model_id"] == "realities-shrinks" and row["output_type"] == "quantile"
    ]
    bands = study.forecasts[study.as_of]["shrinks"].quantiles["count"][:, -1]
    assert [float(row["value"]) for row in last[-5:]] == bands.tolist()
    assert last[-1]["target_end_date"] == days[-1].isoformat()


def test_nothing_is_forecast_of_days_before_the_date(study: Study, rows: list[dict[str, str]]) -> None:
    assert {row["origin_date"] for row in rows} == {study.as_of.isoformat()}
    dated = [row["target_end_date"] for row in rows if row["target_end_date"] != "NA"]
    assert min(dated) >= study.as_of.isoformat()


def test_the_chances_of_open_claims_sum_to_one(rows: list[dict[str, str]]) -> None:
    found = list(tasks(rows, "pmf"))
    assert {task[0]["target"] for task in found} == {"claim: open", "claim: endless"}
    for task in found:
        assert [row["output_type_id"] for row in task] == ["happened", "did not happen"]
        assert sum(float(row["value"]) for row in task) == 1.0
    values = {(t[0]["model_id"], t[0]["target_end_date"]): float(t[0]["value"]) for t in found}
    assert values["realities-grows", "2008-01-01"] == 0.25
    assert values["realities-shrinks", "NA"] == 0.75


def test_model_ids_have_the_pattern_of_hubs_and_differ() -> None:
    found = model_ids(["a b", "a-b", "a_b", "ü"])
    assert list(found.values()) == ["realities-a_b", "realities-a_b_2", "realities-a_b_3", "realities-_"]


def test_a_point_without_a_band_is_left_out(study: Study) -> None:
    whole = study.forecasts[study.as_of]
    bands = whole["grows"].quantiles["count"].copy()
    bands[:, -1] = float("nan")
    holed = {**whole, "grows": replace(whole["grows"], quantiles={"count": bands})}
    text = forecasts_csv(replace(study, forecasts={**study.forecasts, study.as_of: holed}))
    assert "nan" not in text
    assert len(text.splitlines()) == len(forecasts_csv(study).splitlines()) - len(LEVELS)


def test_permuted_accounts_only_permute_lines(study: Study) -> None:
    turned = replace(study, case=replace(study.case, accounts=tuple(reversed(study.case.accounts))))
    first, second = forecasts_csv(study).splitlines(), forecasts_csv(turned).splitlines()
    assert first != second and sorted(first) == sorted(second)
    assert claims_jsonld(turned) == claims_jsonld(study)


# -- schema.org -----------------------------------------------------------------------------------

#: Property names as https://schema.org/ClaimReview, /Claim, /Rating and /CreativeWork list them, those that
#: are used here and their near neighbours; properties of Review, CreativeWork and Thing are inherited.
THING = {"@id", "@type", "name", "alternateName", "description", "url", "sameAs"}
CREATIVE_WORK = THING | {"author", "datePublished", "dateModified", "text", "citation", "publisher", "about"}
PROPERTIES = {
    "ClaimReview": CREATIVE_WORK | {"claimReviewed", "itemReviewed", "reviewRating", "reviewBody"},
    "Claim": CREATIVE_WORK | {"appearance", "firstAppearance", "claimInterpreter"},
    "Rating": THING
    | {"author", "bestRating", "ratingExplanation", "ratingValue", "reviewAspect", "worstRating"},
    "CreativeWork": CREATIVE_WORK,
    "Organization": THING,
    None: THING,
}
EXPECTED = {
    "itemReviewed": "Claim",
    "reviewRating": "Rating",
    "appearance": "CreativeWork",
    "citation": "CreativeWork",
}


@pytest.fixture(scope="module")
def graph(study: Study) -> dict[str, dict[str, Any]]:
    document = json.loads(claims_jsonld(study))
    assert document["@context"] == "https://schema.org"
    return {entry["@id"]: entry for entry in document["@graph"]}


def check(node: dict[str, Any]) -> None:
    assert set(node) <= PROPERTIES[node.get("@type")], node
    for key, value in node.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                assert key not in EXPECTED or one["@type"] == EXPECTED[key]
                check(one)


def test_every_name_is_one_of_schema_org(graph: dict[str, dict[str, Any]]) -> None:
    assert len(graph) == 9
    for entry in graph.values():
        check(entry)


def test_a_review_says_what_was_claimed_by_whom_when_and_where(
    study: Study, graph: dict[str, dict[str, Any]]
) -> None:
    review = graph["#open"]
    assert (review["@type"], review["claimReviewed"]) == ("ClaimReview", 'It is said of "open".')
    assert review["author"] == {"@type": "Organization", "name": "Realities"}
    assert review["datePublished"] == study.as_of.isoformat()
    claim = review["itemReviewed"]
    assert claim["author"]["name"] == study.case.account("grows").name
    assert claim["datePublished"] == "2002-01-01"
    first, second = claim["appearance"]
    assert (first["url"], first["description"]) == ("https://example.org/post", "line 3")
    assert "url" not in second  # no address that one may follow


def test_only_decided_claims_are_rated_and_in_neutral_words(graph: dict[str, dict[str, Any]]) -> None:
    rated = {name: entry["reviewRating"] for name, entry in graph.items() if "reviewRating" in entry}
    assert set(rated) == {"#came", "#failed", "#quarrel"}
    assert [rated[name]["alternateName"] for name in rated] == ["happened", "did not happen", "disputed"]
    assert (rated["#came"]["ratingValue"], rated["#failed"]["ratingValue"]) == (1, 0)
    assert (rated["#came"]["bestRating"], rated["#came"]["worstRating"]) == (1, 0)
    assert "ratingValue" not in rated["#quarrel"]
    assert "1: what was claimed happened; 0: it did not happen" in rated["#failed"]["ratingExplanation"]
    text = json.dumps(graph).casefold()
    assert not any(word in text for word in ("true", "false", "wrong", "misleading", "lie"))


def test_nothing_is_asserted_of_what_nothing_can_decide(graph: dict[str, dict[str, Any]]) -> None:
    for name in ("#praise", "#riddle"):
        assert graph[name]["@type"] == "Claim"
        assert not {"reviewRating", "claimReviewed"} & set(graph[name])


def test_an_outcome_known_only_later_is_not_cited(graph: dict[str, dict[str, Any]]) -> None:
    assert graph["#came"]["citation"][0]["name"] == "The record"
    assert "citation" not in graph["#failed"]


def test_a_chance_that_is_missing_has_no_row(study: Study) -> None:
    one = replace(study.claims[0], chance={"grows": None, "shrinks": 0.5})
    text = forecasts_csv(replace(study, claims=(one,)))
    assert [line.split(",")[0] for line in text.splitlines() if ",pmf," in line] == ["realities-shrinks"] * 2
