"""The page is one file, needs nothing, runs nothing it was not given, and reads without a script."""

from __future__ import annotations

import copy
import gzip
import json
import os
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from columns_read import bulk_of
from markupsafe import Markup
from planes_read import unmarked, whole_page
from report_synthetic import HOSTILE, synthetic_study

from realities.report import page as page_module
from realities.report import render_payload, study_payload, write_report
from realities.report.bundle import page_script, page_style
from realities.report.encode import unpack
from realities.report.page import Parts, no_tags
from realities.report.schema import Payload
from realities.report.sentences import day_text, stamp
from realities.report.tables import claim_rows
from realities.report.view import View

VOID = {"meta", "input", "br", "img", "link", "hr"}


class Outline(HTMLParser):
    """Elements of a page with their attributes and text, and whether every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"nothing open for </{tag}>"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.scripts if self.open and self.open[-1] in {"script", "style"} else self.text).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(whole_page(page))


def test_every_tag_is_closed_in_order(outline: Outline, hostile_page: str) -> None:
    assert outline.open == []
    assert Outline(whole_page(hostile_page)).open == []


def test_ids_are_unique_and_every_reference_to_one_exists(outline: Outline) -> None:
    ids = [attrs["id"] for _, attrs in outline.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in outline.elements:
        for name in ("for", "aria-labelledby", "aria-controls", "aria-describedby"):
            for target in (attrs.get(name) or "").split():
                assert target in ids, (name, target)
        href = attrs.get("href") or ""
        assert not href.startswith("#") or href[1:] in ids


def test_nothing_is_asked_of_the_network(outline: Outline, page: str) -> None:
    assert not {tag for tag, _ in outline.elements} & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
    }
    assert all("src" not in attrs and "srcset" not in attrs for _, attrs in outline.elements)
    assert "@import" not in page
    assert "url(" not in page_style()
    for word in ("fetch(", "XMLHttpRequest", "WebSocket", "EventSource", "eval(", "new Function", "import("):
        assert word not in page_script()


def test_links_lead_to_web_addresses_or_into_the_page(outline: Outline) -> None:
    for attrs in outline.of("a"):
        href = attrs.get("href") or ""
        assert href.startswith(("#", "https://", "http://"))
        if not href.startswith("#"):
            assert "noopener" in (attrs.get("rel") or "")


def test_the_policy_forbids_requests(outline: Outline) -> None:
    policy = next(
        a["content"] for a in outline.of("meta") if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "connect-src" not in policy
    first = [tag for tag, attrs in outline.elements if tag in {"meta", "style", "script"}][:2]
    assert first == ["meta", "meta"]  # the policy stands before anything it governs


def test_hostile_text_shows_as_text_everywhere(hostile_page: str) -> None:
    outline = Outline(whole_page(hostile_page))
    scripts = [attrs.get("id") for attrs in outline.of("script")]
    assert [one for one in scripts if one != "live"] == [None, "payload", "bulk", "curves", "code"]
    assert not outline.of("img")
    assert not [name for _, attrs in outline.elements for name in attrs if name.startswith("on")]
    shown = "".join(outline.text)
    assert shown.count(HOSTILE) > 40
    assert "javascript:" not in whole_page(hostile_page).split('id="payload"')[0]


def test_no_tag_can_start_inside_the_data(hostile_page: str) -> None:
    data = re.search(r'<script type="application/json" id="payload">(.*?)</script>', hostile_page, re.DOTALL)
    assert data is not None
    assert "<" not in data[1]
    assert json.loads(data[1])["accounts"][0]["name"].endswith(HOSTILE)
    assert no_tags('"</script><!--"') == '"\\u003c/script>\\u003c!--"'


def test_the_page_carries_its_whole_payload(page: str, payload: Payload) -> None:
    data = re.search(r'id="payload">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    held = json.loads(data[1])
    bulk = bulk_of(page)
    curves = re.search(r'id="curves">(.*?)</script>', page, re.DOTALL)
    assert curves is not None
    for quantity in bulk["quantities"]:
        if quantity["curves"] is not None:
            quantity["curves"] = unmarked(quantity["curves"], unpack(curves[1]))
    n_dates = len(held["dates"])
    for k, (account, own) in enumerate(zip(held["accounts"], bulk.pop("assumptions"), strict=True)):
        for one in own:
            known = bulk["ranges"].get(one["parameter"], [[None] * (k + 1)] * n_dates)
            one["posterior"] = one["posterior"] or [row[k] for row in known]
        account["assumptions"] = own
        assert account.pop("stamp") == stamp(payload, k)
    for weighing in bulk["weighings"]:
        if not weighing["between"]:
            del weighing["between"]
    assert all(part in whole_page(page) for part in bulk.pop("parts"))
    held.update(bulk)
    held.pop("live")  # carried apart
    assert held == {key: value for key, value in payload.items() if key != "live"}


def test_a_saved_payload_gives_the_same_page(page: str, payload: Payload) -> None:
    assert render_payload(json.loads(json.dumps(payload))) == page


def test_a_changed_payload_cannot_bring_in_a_dangerous_address(payload: Payload) -> None:
    changed = copy.deepcopy(payload)
    changed["sources"]["essay2032"]["url"] = "javascript:alert(1)"
    links = [attrs.get("href") or "" for attrs in Outline(render_payload(changed)).of("a")]
    assert not [href for href in links if "javascript" in href]


def test_a_payload_of_another_form_is_refused(payload: Payload) -> None:
    with pytest.raises(ValueError, match="payload of form 99"):
        render_payload({**payload, "schema": 99})
    with pytest.raises(ValueError, match="payload of form None"):
        render_payload({})  # type: ignore[typeddict-item]


def test_a_payload_without_views_as_first_stated_says_what_is_known_too_early(payload: Payload) -> None:
    older = copy.deepcopy(payload)
    del older["stated"]
    known = "know of dated inputs before they were published, in hindsight: sluice closed from 21 Sep 2032."
    assert known in render_payload(older)
    assert known not in render_payload(payload)


@pytest.fixture(scope="module")
def page_code(payload: Payload) -> bytes:
    """Script, style and frame of a page: what it holds before any data of a case."""
    bare = copy.deepcopy(payload)
    bare.update(claims=[], quantities=[], weighings=bare["weighings"][-1:], sources={}, events=[], scores=[])
    bare.update(trust=None, claimants=[], mixture=None)
    bare.update(dates=bare["dates"][-1:], network=None, notes=[""], warnings=[])
    for account in bare["accounts"]:
        account["assumptions"] = []
    text = render_payload(bare)
    return re.sub(
        r'(id="(?:payload|bulk|curves|live)">).*?(?=</script>)', r"\1", text, flags=re.DOTALL
    ).encode()


def test_page_code_stays_within_its_budget(page_code: bytes) -> None:
    assert len(page_code) <= 100_000


def test_page_code_stays_within_its_compressed_budget(page_code: bytes) -> None:
    assert len(gzip.compress(page_code)) <= 35_000


def test_a_page_of_five_accounts_and_twelve_quantities_stays_within_its_budget(page: str) -> None:
    assert len(page.encode()) <= 600_000
    assert len(gzip.compress(page.encode())) <= 250_000


def view_claims(page: str) -> list[Any]:
    found: list[Any] = bulk_of(page)["claims"]
    return found


def test_what_is_short_stands_in_the_page_and_what_is_long_is_packed() -> None:
    parts = Parts()
    assert parts(caller=lambda: Markup("<p>short</p>")) == "<p>short</p>"
    long = Markup("<p>{}</p>").format("<" * 2000)
    assert parts("div", "A <b> title", caller=lambda: long) == (
        "<div data-part=0><noscript><p class=small>A &lt;b&gt; title: shown where scripts are switched on."
        "</p></noscript></div>"
    )
    assert parts("tbody", caller=lambda: long) == "<tbody data-part=1></tbody>"
    assert parts.held == [str(long)] * 2


def test_the_first_picture_and_the_tables_are_there_without_a_script(page: str, outline: Outline) -> None:
    before, whole = (text.split('<script type="application/json"')[0] for text in (page, whole_page(page)))
    plain, pictures = (re.findall(r"<svg xmlns.*?</svg>", text, re.DOTALL) for text in (before, whole))
    assert len(pictures) == 4  # main chart, weights, network wide and for a phone
    assert plain == pictures[:2]
    for picture in pictures:
        assert ElementTree.fromstring(picture).get("aria-label")
    for table in ("figure-table", "claims-table", "fit-table"):
        assert f'id="{table}"' in before
    for table in ("overview-table", "weight-table"):
        assert f'id="{table}"' in whole
    assert before.count('<tbody id="claim-') == 12
    assert 12 < whole.count('<tbody id="claim-') == len(view_claims(page))
    assert before.count("shown where scripts are switched on") > 3
    hidden = [attrs for _, attrs in outline.elements if "js" in (attrs.get("class") or "").split()]
    assert hidden
    assert all("hidden" in attrs for attrs in hidden)


def test_every_control_has_a_name_and_every_table_heads(outline: Outline, page: str) -> None:
    labelled = {attrs.get("for") for attrs in outline.of("label")}
    for attrs in outline.of("input") + outline.of("textarea"):
        assert attrs.get("id") in labelled or attrs.get("id") in {"late", "fixed"}
    before = whole_page(page).split('<script type="application/json"')[0]
    assert before.count("<table") == before.count("<thead")
    heads = [int(level) for level in re.findall(r"<h([1-6])", before)]
    assert heads[0] == 1
    assert heads.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(heads))


def test_the_reading_is_the_first_live_region(page: str) -> None:
    live = re.findall(r'<\w+[^>]*(?:aria-live|role="status")[^>]*>', page)
    assert 'id="reading"' in live[0]
    assert page.index('id="reading"') < page.index('class="status"')


def test_every_account_gets_the_same_card(page: str) -> None:
    cards = re.findall(r'<li class="card.*?</li>', page, re.DOTALL)
    assert len(cards) == 5
    shapes = {re.sub(r">[^<]*<", "><", re.sub(r"(c|-)\d|width:\d+%| hidden", "", card)) for card in cards}
    assert len(shapes) == 1


def test_where_a_number_is_not_reliable_the_page_says_so_in_its_place() -> None:
    text = render_payload(study_payload(synthetic_study(3, 2, 4, 4, unreliable="growers")))
    cards = re.findall(r'<p class="weight".*?</p>', text)
    assert "not reliable" in cards[2]
    assert "in 100" not in cards[2]
    assert "cannot be weighed reliably for account C" in text


@pytest.mark.parametrize(("effort", "says"), [("quick", True), ("default", False)])
def test_a_quick_look_says_that_its_steps_are_coarse(payload: Payload, effort: str, says: bool) -> None:
    page = render_payload(Payload({**payload, "made": {**payload["made"], "effort": effort}}))
    assert ("a quick look has few of them" in page) is says


def test_words_stay_neutral(page: str) -> None:
    visible = "".join(Outline(page).text).casefold()
    for word in ("truth", "true ", "false", "enemy", "debunk", "winner", "correct", "wrong", "our side"):
        assert word not in visible, word


def test_a_case_without_claims_network_or_quantities_still_has_a_page() -> None:
    part = synthetic_study(2, 1, 2, 0)
    part.case.network, part.case.events, part.case.common, part.warnings = None, (), {}, ()
    for forecasts in (*part.forecasts.values(), part.prior_forecasts):
        for forecast in forecasts.values():
            forecast.quantiles.clear()
            forecast.runs.clear()
    outline = Outline(render_payload(study_payload(part)))
    assert outline.open == []
    assert "figure" not in {attrs.get("id") for _, attrs in outline.elements}


def test_writing_replaces_in_one_move_and_leaves_nothing_else(tmp_path: Path) -> None:
    study = synthetic_study(2, 2, 2, 4)
    target = tmp_path / "deep" / "report.html"
    assert write_report(study, target) == target
    first = target.read_text(encoding="utf-8")
    write_report(study, target, status=["Draft."])
    assert "Draft." in target.read_text(encoding="utf-8")
    assert "Draft." not in first
    assert list(target.parent.iterdir()) == [target]
    assert target.stat().st_mode & 0o600 == 0o600


def test_a_write_that_fails_keeps_the_old_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, study: Any
) -> None:
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="disk full"):
        page_module.write_text(target, "new")
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_claim_about_the_past_does_not_say_by_when_it_is_due(payload: Payload) -> None:
    changed, made = copy.deepcopy(payload), 12_000
    for claim, deadline in zip(changed["claims"], (made + 1, made, made - 1, None), strict=False):
        claim.update(made=made, deadline=deadline)
    told = [row.deadline for row in claim_rows(View(changed), {})][:4]
    past = [f"about the time up to {day_text(day)}" for day in (made, made - 1)]
    assert told == [f"by {day_text(made + 1)}", *past, ""]


def test_a_claim_past_its_deadline_that_nothing_decides_is_not_called_open(payload: Payload) -> None:
    changed, day = copy.deepcopy(payload), payload["as_of"]
    for claim, deadline in zip(changed["claims"], (day - 1, day + 1), strict=False):
        claim.update(status="open", made=day - 9, resolved=None, inside=False, deadline=deadline)
    rows = claim_rows(View(changed), {})
    assert [(row.status, row.status_text) for row in rows[:2]] == [
        ("not decided", "Not decided"),
        ("open", "Open"),
    ]
