"""What a notebook shows: small, without scripts, readable by all; text of a case stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import escape
from xml.etree import ElementTree

import numpy as np
import pytest

from realities import AccountTrajectories, Case, Trajectories, Weighing, load_case, reading, simulate
from realities.figures.card import MOST_BYTES, card, named, paragraph, table
from realities.weigh.scoring.judging import JudgedClaim

MakeCase = Callable[..., Case]
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
ACCOUNTS = {"grows": {"growth rate": "normal(0.05, 0.02)"}, "shrinks": {"growth rate": "normal(-0.05, 0.02)"}}
ROWS = [
    (2001, 2001, 105, "", "", "person", "Bureau"),
    (2003, 2004, 118, "", "", "person", "Bureau"),
    (2005, 2005, "", 110, 140, "person", "Bureau"),
]


@pytest.fixture(scope="module")
def flagship() -> Case:
    return load_case("ukraine-2022")


@pytest.fixture(scope="module")
def tiny(make_lasting_case: MakeCase) -> Case:
    return make_lasting_case(ACCOUNTS, ROWS)


@pytest.fixture(scope="module")
def weighing(tiny: Case) -> Weighing:
    return tiny.weigh(effort="sketch")


@pytest.fixture(scope="module")
def cards(flagship: Case, tiny: Case, weighing: Weighing) -> dict[str, str]:
    made = tiny.simulate(20)
    shown = {
        "case": flagship,
        "small case": tiny,
        "claim": next(claim for claim in flagship.claims if claim.predicate is not None),
        "value judgement": next(claim for claim in flagship.claims if claim.kind == "value"),
        "weighing": weighing,
        "runs of accounts": made,
        "runs after reports": tiny.simulate(20, weighing=weighing),
        "runs": made["grows"],
        "one run": simulate(tiny.model),
        "judged claim": judged(flagship),
    }
    return {name: one._repr_html_() for name, one in shown.items()}


def judged(case: Case) -> JudgedClaim:
    chances = {account.id: k / 4 for k, account in enumerate(case.accounts)}
    nothing = dict.fromkeys(chances)
    claim = next(claim for claim in case.claims if claim.kind == "forecast")
    return JudgedClaim(
        claim, "happened", chances, chances, nothing, nothing, chances, decided=date(2023, 1, 2)
    )


def test_every_object_shows_a_picture_and_a_table(cards: dict[str, str]) -> None:
    for name, text in cards.items():
        root = ElementTree.fromstring(text)  # our own output
        assert list(root.iter("table"))
        assert list(root.iter("{http://www.w3.org/2000/svg}svg")), name
        for heads in root.iter("th"):
            assert heads.get("scope") in {"col", "row"}
        for table_ in root.iter("table"):
            assert table_.find("caption") is not None


def test_every_picture_has_a_name_or_stands_beside_one_that_has(cards: dict[str, str]) -> None:
    for text in cards.values():
        for svg in re.findall(r"<svg[^>]*>", text):
            assert re.search(r'role="img" aria-label="[^"]+"', svg) or 'aria-hidden="true"' in svg


def test_no_object_is_large_runs_anything_or_asks_for_anything(cards: dict[str, str]) -> None:
    for name, text in cards.items():
        assert len(text.encode()) < MOST_BYTES, name
        assert not re.search(r"<script|<link|<img|<iframe|\son\w+=|url\(|@import|@font-face", text), name
        assert re.findall(r"https?://[^\"< ]+", text) in (
            [],
            ["http://www.w3.org/2000/svg"] * text.count("xmlns="),
        ), name


def test_styles_touch_nothing_outside_a_card(cards: dict[str, str]) -> None:
    style = re.findall(r"<style>(.*?)</style>", cards["weighing"])[0]
    flat = re.sub(r"@media\([^)]*\)\{((?:[^{}]*\{[^{}]*\})*)\}", r"\1", style)
    selectors = [one for rule in re.findall(r"([^{}]+)\{", flat) for one in rule.split(",")]
    assert len(selectors) > 40
    assert all(re.match(r"(\[data-jp-theme-light=\w+\] )?\.realities\b", one) for one in selectors)
    assert "prefers-color-scheme:dark" in style


def test_hostile_text_stays_text(flagship: Case, tiny: Case, weighing: Weighing) -> None:
    claim = replace(flagship.claims[0], says=HOSTILE, account=HOSTILE, locator=HOSTILE)
    accounts = tuple(replace(one, name=HOSTILE, summary=HOSTILE) for one in tiny.accounts)
    case = replace(tiny, question=HOSTILE, accounts=accounts)
    runs = Trajectories(np.arange(3.0), {HOSTILE: np.ones((4, 3))})
    both = AccountTrajectories("tiny", {"a": HOSTILE}, {"a": runs}, (date(2001, 1, 1),) * 3, HOSTILE)
    doubtful = replace(weighing, case=case, warnings=(HOSTILE,))
    for one in (claim, case, runs, both, doubtful, replace(judged(flagship), claim=claim)):
        root = ElementTree.fromstring(one._repr_html_())
        tags = {node.tag.rsplit("}", 1)[-1] for node in root.iter()}
        assert not tags & {"script", "img"}
        assert not any(name.startswith("on") for node in root.iter() for name in node.attrib)
        assert HOSTILE in "".join(root.itertext())


def test_a_claim_about_the_past_has_no_deadline(flagship: Case) -> None:
    claim = judged(flagship).claim
    assert ">Deadline<" in claim._repr_html_()
    past = replace(claim, deadline=claim.made - timedelta(days=30))._repr_html_()
    assert ">About the time up to<" in past and "eadline" not in past


def test_a_weight_that_is_not_reliable_says_so(weighing: Weighing) -> None:
    name, fit = next(iter(weighing.fits.items()))
    shaky = replace(weighing, fits={**weighing.fits, name: replace(fit, reliable=False)})
    root = ElementTree.fromstring(shaky._repr_html_())
    cells = [["".join(cell.itertext()) for cell in row] for row in root.iter() if row.tag.endswith("tr")]
    assert cells[1][1:3] == ["–", "–"] and cells[1][-1] == "not reliable"
    assert re.fullmatch(r"[<>]?\d+", cells[2][1]) and cells[2][-1] == "reliable"
    tracks = [node.get("width") for node in root.iter() if "rl-bar" in (node.get("class") or "")]
    assert [float(width or 1) == 0 for width in tracks] == [True, False]
    assert "Not all of it is reliable." in shaky._repr_html_()
    assert "not reliable" in repr(shaky)


def test_weights_begin_with_what_the_reports_make_of_them_and_claim_no_more(weighing: Weighing) -> None:
    text = weighing._repr_html_()
    said = f"<p>{escape(reading(weighing))}</p>"
    assert text.index(said) == text.index("<p>")
    assert reading(weighing).startswith("The 3 reports published by 1 Jan 2005 put account A, ")
    assert "not tried" in said and ">yes<" not in text
    names = dict.fromkeys(weighing.weights, 0.5)
    even = replace(weighing, weights=names, fits=weighing.fits)
    assert "do not separate the accounts: out of 100, 50 for A and 50 for B." in reading(even)
    assert reading(replace(weighing, case=None)).count("grows") == 1


def test_a_chance_now_is_shown_only_where_it_is_no_hindsight(flagship: Case) -> None:
    decided = judged(flagship)
    assert ">Now<" not in decided._repr_html_()
    lasting = replace(decided, status="open", claim=replace(decided.claim, deadline=None))
    assert ">Now<" in lasting._repr_html_()
    assert ">Now<" in replace(decided, status="model only")._repr_html_()
    assert ">Now<" not in replace(lasting, status="not decided")._repr_html_()


def test_weights_add_to_a_hundred_in_what_is_said(weighing: Weighing) -> None:
    counts = [int(n) for n in re.findall(r"(?:grows|shrinks) (\d+)", repr(weighing))]
    if len(counts) == 2:
        assert sum(counts) == 100
    assert "<1" in repr(weighing) or len(counts) == 2


def test_long_tables_are_cut_and_say_so() -> None:
    found = table("Numbers", ["n"], [[str(k)] for k in range(20)], most=5)
    assert found is not None and found.text.count("<tr>") == 6
    assert "and 15 more" in found.text
    assert table("Nothing", ["n"], []) is None
    assert paragraph("") is None
    assert "<b>" not in card("Kind", "<b>", named(0, "<b>"), None)


def test_runs_that_all_failed_and_runs_of_nothing_show_themselves() -> None:
    lost = Trajectories(np.arange(3.0), {"x": np.full((2, 3), np.nan)}, failed=np.ones(2, dtype=bool))
    assert "2 draws left the real numbers" in lost._repr_html_()
    nothing = Trajectories(np.zeros(0), {})
    assert "0 variables" in nothing._repr_html_()


def test_every_object_has_a_repr_of_one_line(flagship: Case, tiny: Case, weighing: Weighing) -> None:
    runs = tiny.simulate(5)
    for one in (flagship, flagship.claims[0], runs, runs["grows"], weighing, judged(flagship)):
        assert "\n" not in repr(one)
        assert len(repr(one)) < 200
