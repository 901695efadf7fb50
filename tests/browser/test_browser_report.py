"""The page in a real browser: reading, moving, sharing, exporting; offline, from disk and served."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browser_support import PHONE, WIDE, Opened

from realities.report import sentences, tables
from realities.report.page import render_payload
from realities.report.schema import Payload
from realities.report.view import View, shown_weight

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def served(report: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(report.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/report.html"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_it_opens_from_disk_without_error_request_or_sideways_scroll(
    open_page: Open, size: tuple[int, int], scheme: str
) -> None:
    opened = open_page(size=size, scheme=scheme)
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    opened.page.wait_for_timeout(300)
    assert opened.problems == []
    assert len(opened.requests) == 1
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_it_opens_from_a_server_and_asks_for_nothing_more(open_page: Open, served: str) -> None:
    opened = open_page("#asof=2033-03-08", at=served)
    assert opened.requests == [served]
    opened.page.click("#embed")
    assert "publish the file" not in opened.text("#embed-panel")
    blocked = "fetch(location.href).then(() => 'sent', () => 'blocked')"
    assert opened.page.evaluate(blocked) == "blocked"
    assert opened.text("#asof-day") == "8 Mar 2033"


def test_keys_on_the_slider_move_the_date_and_change_the_reading(open_page: Open) -> None:
    opened = open_page()
    before = opened.text("#reading")
    opened.page.focus("#asof")
    for _ in range(6):
        opened.page.keyboard.press("ArrowLeft")
    opened.page.wait_for_timeout(700)
    after = opened.text("#reading")
    assert before != after
    assert "881" not in before
    assert opened.text("#asof-day") in after
    value = opened.page.get_attribute("#asof", "aria-valuetext")
    assert re.fullmatch(r"\d+ \w{3} \d{4}, [\d,]+ of [\d,]+ reports published", value)
    assert value.startswith(opened.text("#asof-day"))
    assert opened.focus() == "asof"
    opened.page.keyboard.press("Home")
    assert opened.page.input_value("#asof") == opened.page.get_attribute("#asof", "min")
    opened.page.keyboard.press("End")
    assert opened.text("#asof-day") == "22 Aug 2035"


def test_keys_on_the_chart_move_the_date_and_keep_the_focus(open_page: Open) -> None:
    opened = open_page()
    opened.page.focus("#plot")
    opened.page.keyboard.press("ArrowLeft")
    opened.page.keyboard.press("ArrowLeft")
    assert opened.text("#asof-day") != "22 Aug 2035"
    assert opened.focus() == "plot"
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowRight")
    assert opened.text("#asof-day") == "22 Aug 2035"


def test_dragging_does_not_flood_a_screen_reader(open_page: Open) -> None:
    opened = open_page()
    opened.page.evaluate(
        "window.said = 0; new MutationObserver(() => window.said++).observe("
        "document.getElementById('reading'), {childList: true})"
    )
    opened.page.focus("#asof")
    for _ in range(12):
        opened.page.keyboard.press("ArrowLeft")
    opened.page.wait_for_timeout(800)
    assert 1 <= opened.page.evaluate("window.said") <= 4
    assert opened.text("#asof-day") in opened.text("#reading")


def test_the_link_restores_what_the_reader_chose(open_page: Open) -> None:
    first = open_page()
    first.page.focus("#asof")
    first.page.keyboard.press("ArrowLeft")
    first.page.get_by_role("tab", name="Wells counted").click()
    for name in ("Side by side", "As first stated"):
        first.page.get_by_role("button", name=name).click()
    first.page.uncheck("#late")
    first.page.locator("[data-account=visitor]").click()
    first.page.select_option("#claims-kind", "forecast")
    first.page.wait_for_timeout(700)
    fragment = first.page.evaluate("location.hash")
    for part in (
        "asof=2035-08-17",
        "show=wells",
        "layout=side",
        "stated=first",
        "late=0",
        "hide=visitor",
        "kind=forecast",
    ):
        assert part in fragment
    second = open_page(fragment)
    for selector in ("#asof-day", "#reading", "#figure-title", "#figure-sentence", "#claims-count"):
        # What is out of sight is not laid out, and so has no inner text.
        assert second.page.text_content(selector) == first.page.text_content(selector)
    html = "document.getElementById('plot-svg').innerHTML"
    assert second.page.evaluate(html) == first.page.evaluate(html)
    assert second.page.evaluate("location.hash") == fragment


def test_unknown_keys_and_values_in_a_link_are_ignored(open_page: Open) -> None:
    opened = open_page("#asof=never&show=nothing&layout=%3Cb%3E&hide=x,y&what=1&kind=lie&__proto__=1")
    assert opened.problems == []
    assert opened.text("#asof-day") == "22 Aug 2035"
    assert opened.text("#figure-title") == "Area irrigated"
    lost = "asof=never, show=nothing, layout=<b>, hide=x,y, what=1, kind=lie, __proto__=1"
    assert opened.text("#link-lost") == f"The link asks for {lost}, which this page does not have."


def test_a_link_that_the_page_can_follow_is_not_complained_of(open_page: Open) -> None:
    opened = open_page("#asof=2035-08-22&layout=over&late=1&hide=visitor,engineer&embed=0&show=wells&by=")
    assert opened.problems == []
    assert not opened.page.is_visible("#link-lost")
    opened.page.evaluate("location.hash = '#show=nothing'")
    opened.page.wait_for_selector("#link-lost:not([hidden])")
    assert opened.text("#link-lost") == "The link asks for show=nothing, which this page does not have."
    opened.page.evaluate("location.hash = '#show=wells'")
    opened.page.wait_for_selector("#link-lost", state="hidden")


def test_going_back_in_history_draws_the_older_state(open_page: Open) -> None:
    opened = open_page("#show=wells")
    opened.page.evaluate("location.hash = '#show=salt'")
    opened.page.wait_for_timeout(200)
    assert opened.text("#figure-title") == "Salt at the main intake"
    opened.page.go_back()
    opened.page.wait_for_timeout(200)
    assert opened.text("#figure-title") == "Wells counted"


def test_the_verdict_of_the_last_date_keeps_the_words_of_the_builder(
    open_page: Open, payload: Payload, tmp_path: Path
) -> None:
    changed = copy.deepcopy(payload)
    last, first = changed["weighings"][-1], changed["weighings"][0]
    last["separation"] = {
        "together": [2, 3],
        "against": [0],
        "not_established": [1, 4],
        "ranges": [[3, 40], [0, 100], [20, 21], [1, 2], [0, 0]],
    }
    changed["accounts"][2]["name"] = "Two <b>& more</b>"
    first["used"] = 1
    page = tmp_path / "verdict.html"
    page.write_text(render_payload(changed), encoding="utf-8")
    view, opened = View(changed), open_page(at=page.as_uri())
    for i in (-1, 0, -1):
        day = changed["dates"][i]
        opened.page.evaluate(f"location.hash = '#asof={_iso(day)}'")
        opened.page.wait_for_timeout(620)
        assert opened.text("#reading") == "".join(text for text, _ in sentences.reading_on(view, day))


def test_the_script_writes_the_same_words_and_numbers_as_the_builder(
    open_page: Open, payload: Payload
) -> None:
    view = View(payload)
    opened = open_page()
    for i in range(len(payload["dates"])):
        opened.page.evaluate(f"location.hash = '#asof={_iso(payload['dates'][i])}'")
        opened.page.wait_for_timeout(620)
        assert opened.text("#reading") == "".join(text for text, _ in sentences.reading(view, i))
        assert opened.text("#figure-sentence") == sentences.figure_sentence(view, view.charted[0], i)
        cards = tables.cards(view, i)
        assert [opened.text(f"#weight-{k}").split()[0] for k in range(5)] == [c.shown for c in cards]
        assert [opened.text(f"#stamp-{k}") for k in range(5)] == [c.stamp for c in cards]
        overview = opened.page.eval_on_selector_all(
            "#overview-table tbody tr", "rows => rows.map(r => [...r.cells].slice(1).map(c => c.textContent))"
        )
        assert overview == [cells for _, _, cells in tables.overview_rows(view, i)]
        days = opened.page.eval_on_selector_all(
            "#figure-table tbody tr",
            "rows => rows.map(r => [r.cells[0].textContent, [...r.cells].slice(1).map(c => c.textContent)])",
        )
        assert [(day, cells) for day, cells in days] == tables.figure_rows(view, view.charted[0], i)
        fits = opened.page.eval_on_selector_all(
            "#fit-table tbody tr", "rows => rows.map(r => [...r.cells].slice(1).map(c => c.textContent))"
        )
        assert fits == [cells for _, cells in tables.fit_rows(view, i)]


def _iso(day: int) -> str:
    from realities.report.schema import number_date

    return number_date(day).isoformat()


def test_at_the_last_date_the_script_changes_no_claim_and_no_reporter(
    open_page: Open, payload: Payload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "unpacked.html"
    with monkeypatch.context() as patched:
        patched.setattr("realities.report.page._LONG", 10**9)  # every table stands in the page
        page.write_text(render_payload(payload), encoding="utf-8")
    plain, alive = open_page(at=page.as_uri(), script=False), open_page()
    alive.page.click("#claims-all")
    for selector in ("#claims-table tbody", "table.reporters tbody", "table.assumptions tbody"):
        texts = [
            p.page.eval_on_selector_all(selector, "all => all.map(n => n.textContent)")
            for p in (plain, alive)
        ]
        assert texts[0] == texts[1]


def test_before_it_was_known_no_outcome_is_told(open_page: Open, payload: Payload) -> None:
    opened = open_page()
    opened.page.focus("#asof")
    opened.page.keyboard.press("Home")
    opened.page.click("#claims-all")
    opened.settle()
    chips = opened.page.eval_on_selector_all("#claims-table .chip", "all => all.map(n => n.dataset.status)")
    assert set(chips) == {"not made yet", "value", "undecidable"}
    cells = opened.page.eval_on_selector_all(
        "#claims-table td:not([class])", "all => all.map(n => n.textContent)"
    )
    assert set(cells) == {"–"}
    assert not opened.page.is_visible("#score-table")
    outcomes = opened.page.locator("#claims-table [data-from]")
    assert outcomes.count() > 0
    assert not any(one.is_visible() for one in outcomes.all())
    day = payload["dates"][6]
    opened.page.evaluate(f"location.hash = '#asof={_iso(day)}'")
    opened.settle()
    chips = opened.page.eval_on_selector_all("#claims-table .chip", "all => all.map(n => n.dataset.status)")
    assert chips == [sentences.claim_status(c, day) for c in payload["claims"]]
    assert "open" in chips


def test_hidden_later_reports_are_forgotten_by_the_axis(open_page: Open) -> None:
    opened = open_page("#asof=2033-03-08&show=left")
    labels = "[...document.querySelectorAll('#plot-svg text')].map(t => t.textContent)"
    assert opened.page.locator("#plot-svg .rl-late").count() > 20
    with_late = opened.page.evaluate(labels)
    opened.page.uncheck("#late")
    assert opened.page.locator("#plot-svg .rl-late").count() == 0
    assert opened.page.evaluate(labels) != with_late
    assert opened.focus() == "late"


def test_no_control_loses_the_focus(open_page: Open) -> None:
    opened = open_page()
    for name in ("Side by side", "Single runs", "As first stated", "Overlaid", "Bands", "Updated by reports"):
        button = opened.page.get_by_role("button", name=name)
        button.focus()
        opened.page.keyboard.press("Enter")
        assert opened.focus() == name
        assert button.get_attribute("aria-pressed") == "true"
    chip = opened.page.locator("[data-account=ministry]")
    chip.focus()
    opened.page.keyboard.press("Space")
    assert chip.get_attribute("aria-pressed") == "false"
    assert "ministry" in opened.focus()
    opened.settle()
    assert "ministry" in opened.focus()


def test_the_last_account_drawn_cannot_be_taken_away(open_page: Open) -> None:
    opened = open_page()
    for button in opened.page.locator("[data-account]").all():
        button.click()
    assert opened.page.locator("[data-account][aria-pressed=true]").count() == 1
    assert opened.page.locator("#plot-svg .rl-line").count() == 1


def test_tabs_follow_the_arrows(open_page: Open) -> None:
    opened = open_page()
    opened.page.locator("#tab-0").focus()
    opened.page.keyboard.press("ArrowRight")
    assert (opened.focus(), opened.text("#figure-title")) == ("tab-1", "People who left")
    opened.page.keyboard.press("End")
    assert opened.text("#figure-title") == "Balance of the fund"
    opened.page.keyboard.press("ArrowRight")
    assert opened.text("#figure-title") == "Area irrigated"
    assert opened.page.locator("#tabs [tabindex='0']").count() == 1


def test_choosing_a_small_multiple_enlarges_it(open_page: Open) -> None:
    opened = open_page(reduced_motion="reduce")
    opened.page.locator("#smalls button").nth(3).click()
    assert opened.text("#figure-title") == "Salt at the main intake"
    assert opened.focus() == "tab-3"
    assert opened.page.evaluate("document.getElementById('figure').getBoundingClientRect().top") < 200
    opened.settle()
    assert opened.page.locator("#smalls [aria-pressed=true]").count() == 1


def test_side_by_side_shares_one_axis_and_gives_equal_room(open_page: Open) -> None:
    opened = open_page("#layout=side")
    plots = opened.page.eval_on_selector_all(
        "#plot-svg svg",
        "all => all.map(s => s.querySelectorAll('.rl-rule')).map(r => [r.length, r[0].getBBox().width])",
    )
    assert len(plots) == 5
    assert len({rules for rules, _ in plots}) == 1
    widths = [width for _, width in plots]
    assert max(widths) - min(widths) < 6


def test_panels_side_by_side_stand_level_whatever_the_length_of_names(open_page: Open) -> None:
    opened = open_page("#layout=side", size=(1000, 900))
    opened.page.eval_on_selector("#plot-svg h3", "head => (head.textContent = 'A long name '.repeat(9))")
    tops = opened.page.eval_on_selector_all(
        "#plot-svg svg", "all => all.map(s => s.getBoundingClientRect().top)"
    )
    assert len(set(tops[:3])) == 1


def test_a_tab_out_of_sight_comes_into_sight_when_it_is_chosen(open_page: Open) -> None:
    narrow = (700, 900)
    assert open_page(size=narrow).page.get_attribute("#all-tabs", "aria-expanded") == "false"
    opened = open_page("#show=balance", size=narrow)
    assert opened.page.get_attribute("#all-tabs", "aria-expanded") == "true"
    opened.page.click("#all-tabs")
    opened.page.locator("#tab-0").focus()
    opened.page.keyboard.press("End")
    assert opened.page.get_attribute("#all-tabs", "aria-expanded") == "true"


def test_single_runs_are_24_lines_or_said_to_be_missing(open_page: Open) -> None:
    opened = open_page("#bands=runs")
    assert opened.page.locator("#plot-svg .rl-run").count() == 24 * 5
    early = open_page("#bands=runs&asof=2033-03-08")
    assert early.page.locator("#plot-svg .rl-run").count() == 0
    assert "not kept for this date" in early.text("#figure-caption")


def test_a_mark_that_is_chosen_leads_to_its_source(open_page: Open) -> None:
    opened = open_page("#show=salt")
    opened.page.locator("#plot").scroll_into_view_if_needed()
    box = opened.page.locator("#plot-svg .rl-mark").nth(40).bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert opened.page.is_visible("#hover")
    assert "published" in opened.text("#hover")
    opened.page.mouse.down()
    opened.page.mouse.up()
    assert "published" in opened.text("#picked")
    assert opened.page.get_attribute("#picked a", "href").startswith("https://example.org/bulletin/")
    opened.page.mouse.move(5, 5)
    assert not opened.page.is_visible("#hover")


def test_the_reports_of_a_chart_are_listed_with_their_sources(open_page: Open) -> None:
    opened = open_page("#asof=2032-03-01")
    opened.page.locator("#figure-reports summary").click()
    opened.page.wait_for_selector("#report-table tbody td")
    rows = opened.page.locator("#report-table tbody tr").count()
    later = opened.page.locator("#report-table tbody tr.later").count()
    assert 0 < later < rows
    opened.page.uncheck("#late")
    opened.settle()
    assert opened.page.locator("#report-table tbody tr").count() == rows - later
    assert opened.page.locator("#report-table a").count() == rows - later


def _saved(opened: Opened, kind: str) -> tuple[str, bytes]:
    if not kind.startswith("figure") and not opened.page.is_visible("#data-panel"):
        opened.page.click("#data")
    with opened.page.expect_download() as download:
        opened.page.click(f"[data-save='{kind}']")
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_tables_are_saved_as_csv(open_page: Open, payload: Payload) -> None:
    opened = open_page("#asof=2033-03-08&show=left")
    name, data = _saved(opened, "figure.csv")
    assert name == "dry-delta-left-2033-03-08.csv"
    lines = data.decode().split("\r\n")
    assert lines[0] == "quantity,unit,as_of,computed_as_of,stated,date,account,p05,p25,p50,p75,p95,reliable"
    assert lines[1].startswith("left,persons,2033-03-08,2033-03-08,updated,2031-02-24,engineer,")
    values = [float(v) for v in lines[9].split(",")[7:12]]
    assert values == sorted(values)
    _, every = _saved(opened, "all.csv")
    assert {line.split(",")[0] for line in every.decode().split("\r\n")[1:-1]} >= {"left", "salt", "balance"}
    _, reports = _saved(opened, "reports.csv")
    assert max(line.split(",")[3] for line in reports.decode().split("\r\n")[1:-1]) <= "2033-03-08"
    _, claims = _saved(opened, "claims.csv")
    assert "not made yet" not in claims.decode()
    ids = [account["id"] for account in payload["accounts"]]
    rows = list(csv.DictReader(io.StringIO(claims.decode())))
    assert [row["account"] for row in rows] == ids * len(payload["claims"])
    assert {(row["by"], row["by_name"]) for row in rows} == {
        (a["id"], a["name"]) for a in payload["accounts"]
    }
    assert all(re.fullmatch(r"[<>]?\d+|", row["when_made"]) for row in rows)
    _, weights = _saved(opened, "weights.csv")
    told = list(csv.DictReader(io.StringIO(weights.decode())))
    assert max(row["as_of"] for row in told) == "2033-03-08"
    last = [row for row in told if row["as_of"] == "2033-03-08"]
    shown = sentences.weights_shown(payload, [float(row["weight"]) for row in last])
    assert [row["in_100"] for row in last] == [shown_weight(n) for n in shown]


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_no_word_of_a_saved_picture_is_cut(open_page: Open, size: tuple[int, int]) -> None:
    opened = open_page("#show=left", size=size)
    _, data = _saved(opened, "figure.svg")
    boxes = opened.page.evaluate(
        """(text) => {
            const box = document.createElement("div");
            box.innerHTML = text;
            document.body.append(box);
            const root = box.firstChild.getBoundingClientRect();
            const words = [...box.querySelectorAll("svg > text")].map((node) => node.getBoundingClientRect());
            return [root.right, root.bottom, Math.max(...words.map((one) => one.right)),
                    Math.max(...words.map((one) => one.bottom))];
        }""",
        data.decode(),
    )
    assert boxes[2] <= boxes[0]
    assert boxes[3] <= boxes[1]


def test_everything_is_saved_as_json(open_page: Open, payload: Payload) -> None:
    _, data = _saved(open_page("#asof=2033-03-08"), "all.json")
    held = json.loads(data)
    assert held["as_of_shown"] == held["computed_as_of"] == "2033-03-08"
    view = View(payload)
    curves = held["quantities"][0]["curves"]
    p50 = curves["updated"]["2035-08-22"]["growers"]["p50"]
    assert p50 == pytest.approx(view.charted[0].bands(14, 2)[2].tolist(), rel=1e-5)
    assert len(curves["days"]) == len(p50)
    assert len(held["quantities"][0]["reports"]) == len(view.quantities[0].reports)
    assert held["sources"] == payload["sources"]


@pytest.mark.parametrize("layout", ["over", "side"])
def test_pictures_are_saved_with_title_date_accounts_and_source(open_page: Open, layout: str) -> None:
    opened = open_page(f"#asof=2033-03-08&layout={layout}", scheme="dark")
    _, data = _saved(opened, "figure.svg")
    root = ElementTree.fromstring(data)
    texts = " ".join(node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text"))
    for part in (
        "Area irrigated",
        "as of 8 Mar 2033",
        "B The ministry",
        "Dry delta · Realities",
        "608 reports",
    ):
        assert part in texts
    assert " ".join(opened.text("#reading").split()) in texts
    assert not [node for node in root.iter() if node.get("class")]
    assert b"var(" not in data
    name, png = _saved(opened, "figure.png")
    assert name.endswith(".png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(png) > 20_000


def test_an_embedded_page_shows_one_figure_and_its_source(open_page: Open) -> None:
    opened = open_page("#asof=2033-03-08&show=left&embed=1", size=(700, 640))
    assert opened.page.is_visible("#plot-svg svg")
    assert "Dry delta · Realities · as of 8 Mar 2033" in opened.text("#embed-source")
    for selector in (".bar", "#reading", "#asof-bar", "#claims", "#tabs", "#others"):
        assert not opened.page.is_visible(selector)
    assert opened.text("#embed-source").startswith(opened.told("#reading"))
    whole = opened.page.get_attribute("#embed-source a", "href")
    assert whole.endswith("report.html#asof=2033-03-08&show=left")


@pytest.mark.parametrize("width", [380, 800])
def test_an_embedded_page_fits_the_height_that_its_code_asks_for(open_page: Open, width: int) -> None:
    opened = open_page()
    opened.page.click("#embed")
    height = int(re.search(r'height="(\d+)"', opened.page.input_value("#embed-box"))[1])
    inside = open_page("#embed=1", size=(width, height))
    inside.settle()
    assert inside.page.evaluate("document.documentElement.scrollHeight") <= height


def test_a_refused_clipboard_gives_a_box_to_copy_from(open_page: Open) -> None:
    opened = open_page("#show=wells")
    refuse = "navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))"
    opened.page.evaluate(f"() => {{ {refuse} }}")
    opened.page.click("#copy-link")
    opened.page.wait_for_selector("#link-panel:not([hidden])")
    assert opened.page.input_value("#link-box").endswith("report.html#show=wells")
    assert opened.focus() == "link-box"
    assert "publish the file" in opened.text("#link-panel")


def test_the_embedding_code_carries_the_view(open_page: Open) -> None:
    opened = open_page("#show=wells")
    opened.page.click("#embed")
    code = opened.page.input_value("#embed-box")
    assert code.startswith("<iframe")
    assert "#show=wells&embed=1" in unescape(code)
    assert "publish the file" in opened.text("#embed-panel")
    opened.page.keyboard.press("Escape")
    assert not opened.page.is_visible("#embed-panel")
    assert opened.focus() == "embed"


def test_light_and_dark_follow_the_system_and_the_reader(open_page: Open) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    opened = open_page(scheme="dark")
    assert opened.page.evaluate(colour) == "rgb(20, 22, 26)"
    opened.page.click("#theme")
    assert opened.page.evaluate(colour) == "rgb(251, 250, 248)"
    assert open_page().page.evaluate(colour) == "rgb(251, 250, 248)"


def test_claims_can_be_filtered_and_shown_in_full(open_page: Open) -> None:
    opened = open_page("#by=growers&kind=forecast")
    shown = opened.page.locator("#claims-table tbody:visible")
    assert opened.page.text_content("#claims-count") == f"{shown.count()} of 60 claims"
    assert shown.count() == opened.page.locator("#claims-table tbody:visible .badge.c2").count()
    opened.page.select_option("#claims-by", "")
    opened.page.select_option("#claims-kind", "")
    opened.settle()
    assert shown.count() == 12
    opened.page.click("#claims-all")
    assert shown.count() == 60


def test_hostile_text_never_runs(open_page: Open, hostile_report: Path) -> None:
    opened = open_page("#asof=2033-01-01", at=hostile_report.as_uri())
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    opened.page.click("#embed")
    for name in ("Side by side", "Overlaid", "Single runs", "As first stated"):
        opened.page.get_by_role("button", name=name).click()
    for tab in opened.page.get_by_role("tab").all():
        tab.click()
    opened.settle()
    for mark in opened.page.locator("#plot-svg .rl-mark").all()[:40:8]:
        mark.hover(force=True)
        mark.click(force=True)
    assert opened.dialogs == []
    assert opened.problems == []
    assert opened.page.locator("main img, main script, main iframe").count() == 0
    assert opened.page.locator("a[href^='javascript']").count() == 0
    name, data = _saved(opened, "figure.svg")
    assert b"<script" not in data
    ElementTree.fromstring(data)


def test_without_a_script_everything_can_still_be_read(open_page: Open) -> None:
    opened = open_page(script=False, size=PHONE)
    assert "22 Aug 2035" in opened.text("#reading")
    assert opened.page.is_visible("#plot-svg svg")
    assert opened.page.is_visible("#claims-table")
    assert not opened.page.is_visible("#asof")
    assert not opened.page.is_visible("#copy-link")


def test_print_is_an_article_without_controls(open_page: Open) -> None:
    opened = open_page(scheme="dark")
    opened.page.emulate_media(media="print", color_scheme="dark")
    for selector in (".actions", "#tabs", ".controls", "#asof", ".exports"):
        assert not opened.page.locator(selector).first.is_visible()
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = opened.page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert ink == "rgb(28, 30, 33)"


def test_what_is_folded_stays_folded_on_paper_but_the_sources_and_the_page_says_so(open_page: Open) -> None:
    opened = open_page()
    opened.page.click("#weights summary")
    opened.settle()
    read = "document.querySelectorAll('details').values().map((d) => d.open).toArray()"
    before, wide = opened.page.evaluate(read), opened.page.inner_html("#plot-svg")
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.page.is_visible("#weight-table")
    assert not opened.page.is_visible("#figure-table")
    assert opened.page.is_visible("#sources li")
    assert opened.page.locator("#smalls button").first.is_visible()
    assert opened.text("#claims-printed") == "12 of 60 claims; the others stand on the page."
    assert "folded" in opened.text(".printed >> nth=0")
    opened.page.emulate_media(media="screen")
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    opened.settle()
    assert opened.page.evaluate(read) == before
    assert opened.page.inner_html("#plot-svg") == wide
    assert not opened.page.locator(".printed").first.is_visible()
    assert opened.problems == []


@pytest.mark.parametrize(("size", "least"), [(WIDE, 24), (PHONE, 40)])
def test_targets_are_large_enough_to_hit(open_page: Open, size: tuple[int, int], least: int) -> None:
    opened = open_page(size=size)
    small = opened.page.eval_on_selector_all(
        "button, select, summary, label.late",
        f"""all => all.filter(n => n.offsetParent !== null)
            .map(n => [n.textContent.trim().slice(0, 30), n.getBoundingClientRect()])
            .filter(([, r]) => r.height < {least} - 0.5 || r.width < 24)
            .map(([text, r]) => [text, r.width, r.height])""",
    )
    assert small == []


def test_on_a_phone_claims_are_cards_and_still_a_table_to_listeners(open_page: Open) -> None:
    opened = open_page(size=PHONE)
    body = "document.querySelector('#claims-table tbody')"
    assert opened.page.evaluate(f"getComputedStyle({body}).display") == "block"
    assert opened.page.get_attribute("#claims-table", "role") == "table"
    assert opened.page.evaluate(f"{body}.getBoundingClientRect().right") <= PHONE[0]
    assert opened.page.get_by_role("button", name="More").is_visible()
    opened.page.get_by_role("button", name="More").click()
    assert opened.page.get_by_role("button", name="Data").is_visible()


def test_moving_the_date_costs_little_processor_time(open_page: Open) -> None:
    opened = open_page()
    session = opened.page.context.new_cdp_session(opened.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))

    opened.page.focus("#asof")
    opened.page.keyboard.press("ArrowLeft")
    opened.settle()
    before, moves = spent(), 10
    for _ in range(moves):
        opened.page.keyboard.press("ArrowLeft")
        opened.page.wait_for_timeout(20)
    # The parts that wait for the reader to stop are counted in, once.
    opened.page.wait_for_timeout(500)
    assert (spent() - before) / moves < 0.100


def test_marks_move_by_the_bias_found_only_when_asked_and_the_caption_says_so(open_page: Open) -> None:
    opened = open_page()
    paths = "[...document.querySelectorAll('#plot-svg .rl-mark')].map(m => m.getAttribute('d')).join()"
    before = opened.page.evaluate(paths)
    assert opened.page.is_checked("#fixed") is False
    opened.page.check("#fixed")
    assert opened.page.evaluate(paths) != before
    assert "Marks are divided by the bias found for each reporter" in opened.text("#figure-caption")
    assert re.search(r"×[\d.]+", opened.text("#figure-caption"))
    opened.page.wait_for_timeout(500)
    assert "marks=corrected" in opened.page.url
    assert opened.focus() == "fixed"
    side = open_page("#marks=corrected&layout=side")
    assert "in each panel by that of its account" in side.text("#figure-caption")
    first = open_page("#marks=corrected&stated=first")
    assert "marks are as published" in first.text("#figure-caption")


def test_a_page_says_how_to_cite_it_and_whose_terms_hold(open_page: Open) -> None:
    opened = open_page()
    opened.page.evaluate("document.querySelectorAll('#made details').forEach((d) => (d.open = true))")
    made = opened.text("#made")
    assert "Apache License 2.0" in made
    assert "Dry delta. Realities report, as of 22 Aug 2035, seed" in made
    _, data = _saved(opened, "all.json")
    held = json.loads(data)["made"]
    assert {"model", "draws", "seed", "effort", "method", "version", "licence", "citation"} <= set(held)
    assert held["citation"] in made
