"""What if, in a real browser: values pinned for all accounts alike, what follows, links, exports."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from browser_support import PHONE, WIDE, Opened
from report_synthetic import HOSTILE

from realities.report import render_payload
from realities.report.encode import encode_rising
from realities.report.schema import Payload

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]

IN_FORCE = "What-if values are in force"
PICTURE = "document.getElementById('plot-svg').innerHTML"
#: Reading, cards, sentence and tables: all that a value in force may change.
SAID = "#reading, #why, .cards, #figure-sentence, #figure-caption, #figure-table, #overview-table"


def slider(opened: Opened, place: int = 0) -> Any:
    return opened.page.locator("[data-pin] input[type=range]").nth(place)


def press(opened: Opened, *keys: str, place: int = 0) -> None:
    """Move a slider by keys and wait until all that follows is computed and drawn."""
    slider(opened, place).focus()
    for key in keys:
        opened.page.keyboard.press(key)
    opened.at_rest()


def said(opened: Opened) -> list[str]:
    return list(opened.page.eval_on_selector_all(SAID, "all => all.map(n => n.textContent)"))


def saved(opened: Opened, kind: str) -> bytes:
    with opened.page.expect_download() as download:
        opened.page.eval_on_selector(f"[data-save='{kind}']", "n => n.click()")
    return Path(download.value.path()).read_bytes()


def test_a_slider_changes_curves_and_weights_and_says_so(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    before, texts = opened.page.evaluate(PICTURE), said(opened)
    assert not opened.page.is_visible("#whatif-status")
    press(opened, "PageUp", "PageUp")
    assert opened.page.evaluate(PICTURE) != before
    assert said(opened) != texts
    name = opened.page.locator("[data-pin]").first.get_attribute("data-pin")
    value = opened.page.locator("[data-pin] output").first.inner_text()
    assert IN_FORCE in opened.text("#reading") and f"{name} {value}" in opened.text("#reading")
    assert opened.text("#whatif-status") == "Unpin all"  # what the reading says is not said twice
    assert "with what-if values" in opened.text("#figure-sentence")
    assert "as stated" in opened.text("#weight-0")
    assert not opened.page.is_visible("#why")
    shown = opened.page.locator("#whatif-weights tbody tr")
    numbers = [shown.nth(i).locator("td").all_text_contents() for i in range(3)]
    assert all(cell for row in numbers for cell in row)
    assert opened.problems == []
    assert opened.focus() == slider(opened).get_attribute("id")
    assert slider(opened).get_attribute("aria-valuetext") == f"{value}, pinned for every account"


def test_unpinning_restores_the_first_picture_exactly(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.settle()
    picture, texts = opened.page.evaluate(PICTURE), said(opened)
    press(opened, "End", place=1)
    assert opened.page.evaluate(PICTURE) != picture
    opened.page.locator("[data-pin] .x").nth(1).click()
    opened.at_rest()
    assert opened.page.evaluate(PICTURE) == picture
    assert said(opened) == texts
    assert opened.focus() == slider(opened, 1).get_attribute("id")
    assert "pinned" not in (opened.page.locator("[data-pin]").nth(1).get_attribute("class") or "").split()
    assert opened.page.evaluate("location.hash") == ""


#: A worker that cannot start, and one that fails from `window.fails` on.
NO_WORKER = """window.Worker = class {
  constructor() { setTimeout(() => this.onerror({ message: "no workers here" }), 0); }
  postMessage() {}
};"""
#: Where a browser has workers for nobody; the page's own script is unpacked without one then.
REFUSED = """window.Worker = class {
  constructor() { throw new Error("workers are refused here"); }
};"""
FAILING = """window.Worker = class extends Worker {
  postMessage(message) {
    if (!window.fails || message.kind !== "run") super.postMessage(message);
    else setTimeout(() => this.onmessage({ data: { id: message.id, error: "out of numbers" } }), 0);
  }
};"""


def again_with(opened: Opened, script: str) -> None:
    opened.page.add_init_script(script)
    opened.page.reload()
    opened.ready().settle()


def test_a_worker_that_cannot_start_is_told_at_every_question(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    again_with(opened, NO_WORKER)
    opened.page.wait_for_timeout(2000)
    for _ in range(2):
        press(opened, "PageUp")
        assert opened.text("#whatif-warning") == "The what-if could not be computed: no workers here"
        assert "They could not be computed. Weights are as stated." in opened.text("#reading")


def test_a_page_starts_where_workers_are_refused(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    again_with(opened, REFUSED)
    press(opened, "PageUp")
    assert opened.text("#whatif-warning") == "The what-if could not be computed: workers are refused here"


def test_where_an_answer_fails_none_of_other_values_stays(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    again_with(opened, FAILING)
    plain = opened.text("#weight-0")
    press(opened, "PageUp")
    assert "with what-if" in opened.text("#weight-0")
    opened.page.evaluate("window.fails = true")
    press(opened, "PageUp")
    assert opened.text("#whatif-warning") == "The what-if could not be computed: out of numbers"
    assert opened.text("#weight-0") == plain
    assert "with what-if values" not in opened.text("#figure-sentence")
    opened.page.evaluate("window.fails = false")
    press(opened, "PageUp")
    assert "could not be computed" not in opened.text("#whatif-status")
    assert "with what-if" in opened.text("#weight-0")


def test_a_value_taken_back_at_once_leaves_nothing_behind(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.settle()
    picture, texts = opened.page.evaluate(PICTURE), said(opened)
    slider(opened).focus()
    opened.page.keyboard.press("PageUp")
    opened.page.locator("[data-pin] .x").first.click()
    opened.at_rest()
    assert opened.page.evaluate(PICTURE) == picture
    assert said(opened) == texts


def test_single_runs_that_the_page_does_not_carry_are_made_of_its_draws(
    open_page: Open, lynx_payload: Payload, tmp_path: Path
) -> None:
    bare = copy.deepcopy(lynx_payload)
    for quantity in bare["quantities"]:
        assert quantity["curves"] is not None
        quantity["curves"].update(runs={}, run_days=encode_rising([bare["as_of"]]))
    page = tmp_path / "bare.html"
    page.write_text(render_payload(bare), encoding="utf-8")
    for fragment in ("#bands=runs", "#bands=runs&layout=side", "#bands=runs&stated=first"):
        opened = open_page(fragment, at=page.as_uri())
        opened.at_rest()
        assert opened.page.locator("#plot-svg .rl-run").count() == 24 * len(bare["accounts"]), fragment
        path = opened.page.get_attribute("#plot-svg .rl-run >> nth=0", "d")
        assert path is not None
        assert path.count("L") > 10
        assert opened.text("#figure-caption").startswith("Thin lines: 24 single runs"), fragment
        assert IN_FORCE not in opened.text("#reading")
        opened.page.click("[data-set='bands=bands']")
        opened.at_rest()
        assert not opened.page.locator("#plot-svg .rl-run").count()
        assert "ingle runs" not in opened.text("#figure-caption")


def test_all_values_are_unpinned_at_once(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.settle()
    picture = opened.page.evaluate(PICTURE)
    press(opened, "ArrowRight", place=0)
    press(opened, "ArrowLeft", place=2)
    assert opened.page.locator("[data-pin].pinned").count() == 2
    opened.page.locator("#whatif [data-unpin]").focus()
    opened.page.keyboard.press("Enter")
    opened.at_rest()
    assert opened.page.locator("[data-pin].pinned").count() == 0
    assert opened.page.evaluate(PICTURE) == picture
    assert opened.focus() == "whatif-title"
    assert IN_FORCE not in opened.text("#reading")


def test_a_link_restores_the_values_and_what_follows_from_them(lynx: Callable[..., Opened]) -> None:
    first = lynx()
    press(first, "PageUp", "ArrowRight", place=1)
    fragment = first.page.evaluate("location.hash")
    key, _, value = fragment[1:].partition("=")
    assert float(value) > 0
    second = lynx(f"{fragment}&nonsense=3&{key}x=7")
    second.at_rest()
    assert second.page.evaluate(PICTURE) == first.page.evaluate(PICTURE)
    assert said(second) == said(first)
    assert slider(second, 1).input_value() == slider(first, 1).input_value()


def test_values_beyond_a_slider_stop_at_its_end_and_those_that_are_none_are_ignored(
    lynx: Callable[..., Opened], lynx_payload: Payload
) -> None:
    opened = lynx()
    press(opened, "End")
    key = opened.page.evaluate("location.hash")[1:].partition("=")[0]
    beyond = lynx(f"#{key}=1e300")
    beyond.at_rest()
    assert beyond.page.locator("[data-pin] output").first.inner_text() == (
        opened.page.locator("[data-pin] output").first.inner_text()
    )
    none = lynx(f"#{key}=many")
    assert not none.page.is_visible("#whatif-status")
    assert none.problems == []


def test_where_too_few_draws_agree_it_is_said_once_and_cells_bear_a_sign(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    for place in range(4):
        press(opened, "End", place=place)
        if "not reliable" in opened.text("#whatif-warning"):
            break
    warning = opened.text("#whatif-warning")
    named = warning.split("not reliable for account")[1].split(".")[0]
    heads = opened.page.locator("#whatif-weights thead .badge").all_text_contents()
    cells = opened.page.locator("#whatif-weights tbody tr").first.locator("td").all_text_contents()
    weak = [bool(re.search(rf"\b{head}\b", named)) for head in heads]
    assert any(weak)
    assert [cell == "?" for cell in cells] == weak
    assert "?: not reliable" in opened.text("#whatif-weights caption")
    cards = opened.page.locator(".cards .weight").all_text_contents()
    assert [card.startswith("? with what-if; as stated") for card in cards] == weak
    assert "not reliable" not in "".join(cards)
    assert opened.page.locator(".cards [title='not reliable']").count() == sum(weak)


def test_everything_works_on_keys(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    slider(opened).focus()
    opened.page.keyboard.press("Home")
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("[data-pin] details").first.get_attribute("open") is not None
    opened.page.keyboard.press("Shift+Tab")
    opened.page.keyboard.press("Shift+Tab")
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Unpin ")
    opened.page.keyboard.press("Enter")
    opened.at_rest()
    assert opened.page.locator("[data-pin].pinned").count() == 0


def test_what_is_computed_without_the_values_says_so(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    notes = opened.page.locator(".without")
    assert notes.count() >= 5
    assert not any(note.is_visible() for note in notes.all())
    press(opened, "ArrowRight")
    for block in ("#claims", "#trust", "#scores", "#weights", "#reporters", "#assumptions"):
        if opened.page.locator(block).count():
            assert opened.page.locator(f"{block} .without").first.is_visible()


def test_as_first_stated_values_move_curves_only(lynx: Callable[..., Opened]) -> None:
    opened = lynx("#stated=first")
    cards, picture = opened.text(".cards"), opened.page.evaluate(PICTURE)
    press(opened, "End")
    assert opened.page.evaluate(PICTURE) != picture
    assert opened.text(".cards") == cards
    assert "move curves only" in opened.text("#reading")


def test_an_earlier_date_has_its_own_what_if(lynx: Callable[..., Opened], lynx_payload: Payload) -> None:
    opened = lynx()
    press(opened, "PageUp")
    last = said(opened)
    opened.page.focus("#asof")
    opened.page.keyboard.press("Home")
    opened.at_rest()
    assert IN_FORCE in opened.text("#reading")
    for _ in range(60):
        if opened.page.input_value("#asof") == str(lynx_payload["dates"][0]):
            break
        opened.page.keyboard.press("ArrowRight")
    assert opened.page.input_value("#asof") == str(lynx_payload["dates"][0])
    opened.at_rest()
    assert said(opened) != last
    assert opened.text("#asof-day") in opened.text("#reading")
    assert opened.problems == []


def test_every_export_says_that_values_are_in_force(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    plain = list(csv.reader(io.StringIO(saved(opened, "figure.csv").decode())))
    assert "what_if" not in plain[0]
    press(opened, "PageUp")
    drawing = ElementTree.fromstring(saved(opened, "figure.svg"))
    texts = " ".join(node.text or "" for node in drawing.iter("{http://www.w3.org/2000/svg}text"))
    assert IN_FORCE in texts
    assert " ".join(opened.text("#reading").split()) in texts
    assert saved(opened, "figure.png")[:8] == b"\x89PNG\r\n\x1a\n"
    for kind in ("figure.csv", "all.csv", "reports.csv", "claims.csv", "weights.csv"):
        rows = list(csv.reader(io.StringIO(saved(opened, kind).decode())))
        assert rows[0][-1] == "what_if"
        within = {row[-1].startswith(IN_FORCE) for row in rows[1:]}
        assert within == {"figure.csv": {True}, "all.csv": {True}, "weights.csv": {True, False}}.get(
            kind, {False}
        )
        assert all(IN_FORCE in row[-1] for row in rows[1:])
    now = list(csv.reader(io.StringIO(saved(opened, "figure.csv").decode())))
    assert [row[:7] for row in now] == [row[:7] for row in plain]
    assert [row[7:12] for row in now[1:]] != [row[7:12] for row in plain[1:]]
    held = json.loads(saved(opened, "all.json"))["what_if"]
    assert held["says"].startswith(IN_FORCE)
    assert list(held["pins"].values()) == [pytest.approx(next(iter(held["pins"].values())))]
    assert sum(one["weight"] for one in held["accounts"].values()) == pytest.approx(1, abs=1e-4)


def test_no_request_but_the_page_and_its_worker_and_no_error(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    press(opened, "ArrowRight", "ArrowRight")
    assert opened.problems == []
    assert {request.partition(":")[0] for request in opened.requests[1:]} <= {"blob"}


def hostile(value: Any, names: set[str]) -> Any:
    """Add a script to every text that a reader is shown, wherever it stands."""
    if isinstance(value, str):
        return value + HOSTILE if value in names else value
    if isinstance(value, list):
        return [hostile(one, names) for one in value]
    if isinstance(value, dict):
        return {
            hostile(key, names): one + HOSTILE
            if key in SHOWN and isinstance(one, str)
            else hostile(one, names)
            for key, one in value.items()
        }
    return value


#: Keys of a payload under which a case's own words stand.
SHOWN = {"text", "unit", "says", "by", "locator", "summary", "because", "title", "question", "author"}


def hostile_payload(payload: Payload) -> Payload:
    """Return a page's data with a script in the names of accounts, constants, variables, hubs and sectors."""
    live, causes = payload["live"], payload["causes"]
    assert live is not None
    assert causes is not None
    names = {one["name"] for one in [*live["constants"], *live["variables"], *payload["accounts"]]}
    names |= texts([causes[key] for key in ("names", "units", "docs", "equations", "elements")])
    names |= {feature["properties"].get("id", "") for feature in payload["network"]["features"]} - {""}
    changed = hostile(copy.deepcopy(payload), names)
    for name in names:  # the model's own list of what it takes and gives
        quoted = json.dumps(name), json.dumps(name + HOSTILE)
        changed["live"]["model"] = changed["live"]["model"].replace(*quoted)
    return cast("Payload", changed)


def texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value} - {""}
    return {text for one in value for text in texts(one)} if isinstance(value, list) else set()


def test_script_in_names_and_claims_is_text_in_all_that_moves(
    open_page: Open, lynx_payload: Payload, tmp_path: Path
) -> None:
    page = tmp_path / "hostile.html"
    page.write_text(render_payload(hostile_payload(lynx_payload)), encoding="utf-8")
    opened = open_page(at=page.as_uri())
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    before = opened.page.evaluate(PICTURE)
    press(opened, "PageUp")
    assert opened.page.evaluate(PICTURE) != before
    opened.page.locator("#network .map.wide [role=button]").first.press("Enter")
    opened.page.locator("#causes-picture .box.f").first.press("Enter")
    opened.at_rest()
    opened.page.locator("#cause-causes button").first.press("Enter")
    opened.at_rest()
    opened.page.locator("#plot-svg .rl-mark").first.click(force=True)
    for selector in (
        "#reading",
        "#network-sentence",
        "#cause-title",
        "#causes-picture",
        "#claims-table",
    ):
        assert HOSTILE in str(opened.page.text_content(selector)), selector
    for kind in ("figure.svg", "all.csv", "all.json"):
        saved(opened, kind)
    again = open_page("#" + opened.page.url.partition("#")[2], at=page.as_uri())
    again.at_rest()
    for one in (opened, again):
        assert one.dialogs == []
        assert one.problems == []
        assert one.page.locator("main img, main iframe, main script:not(#live)").count() == 0
        assert one.page.evaluate("document.scripts.length") == again.page.evaluate("document.scripts.length")


def test_more_values_than_the_reading_names_stand_below_it(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    for place in range(4):
        press(opened, "PageUp", place=place)
    named = [opened.page.locator("[data-pin]").nth(k).get_attribute("data-pin") for k in range(4)]
    assert "and 1 more" in opened.text("#reading")
    assert all(str(name) in opened.text("#whatif-status") for name in named)


def test_without_live_data_there_is_no_what_if_and_no_error(
    open_page: Open, lynx_payload: Payload, tmp_path: Path
) -> None:
    for value in ("none", "missing"):
        bare = copy.deepcopy(lynx_payload)
        bare["live"] = None
        if value == "missing":
            del bare["live"]
        page = tmp_path / f"{value}.html"
        page.write_text(render_payload(bare), encoding="utf-8")
        opened = open_page("#initial-hares=30", at=page.as_uri())
        assert opened.page.locator("#whatif, #whatif-status, .without").count() == 0
        assert opened.problems == []
        assert IN_FORCE not in opened.text("#reading")


def test_on_a_phone_the_chart_stays_in_view_while_sliders_move(lynx: Callable[..., Opened]) -> None:
    opened = lynx(size=PHONE)
    last = opened.page.locator("[data-pin] input[type=range]:visible").last
    last.scroll_into_view_if_needed()
    last.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.at_rest()
    box, bar = (opened.page.locator(name).bounding_box() for name in ("#plot", "#asof-bar"))
    assert bar["y"] == 0
    assert abs(box["y"] - bar["height"]) <= 1
    assert box["height"] <= 250
    own, below = last.bounding_box(), opened.page.locator(".weighed").bounding_box()
    assert box["y"] + box["height"] <= own["y"]
    assert own["y"] + own["height"] <= below["y"] + 1
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


@pytest.mark.parametrize(("size", "least"), [(WIDE, 24), (PHONE, 40)])
def test_targets_of_the_what_if_are_large_enough(
    lynx: Callable[..., Opened], size: tuple[int, int], least: int
) -> None:
    opened = lynx(size=size)
    press(opened, "ArrowRight")
    small = opened.page.eval_on_selector_all(
        "#whatif button, #whatif summary, #whatif input",
        f"""all => all.filter(n => n.offsetParent !== null)
            .map(n => [n.textContent, n.getBoundingClientRect()])
            .filter(([, r]) => r.height < Math.min({least}, 32) - 0.5 || r.width < 24)
            .map(([text, r]) => [text, r.height])""",
    )
    assert small == []


def test_an_embedded_figure_keeps_its_values(lynx: Callable[..., Opened]) -> None:
    first = lynx()
    press(first, "PageUp")
    embedded = lynx(first.page.evaluate("location.hash") + "&embed=1", size=(700, 640))
    embedded.at_rest()
    assert "what if: " in embedded.text("#embed-source")
    assert "with what-if values" in embedded.page.text_content("#figure-sentence")
    assert not embedded.page.is_visible("#whatif")


def test_moving_a_slider_costs_little_of_the_main_thread(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    press(opened, "ArrowRight")
    session = opened.page.context.new_cdp_session(opened.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))

    slider(opened).focus()
    before, moves = spent(), 10
    for _ in range(moves):
        opened.page.keyboard.press("ArrowRight")
        opened.page.wait_for_timeout(60)
    assert (spent() - before) / moves < 0.120


def test_a_first_look_gives_no_verdict(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.page.evaluate(
        "window.said = []; new MutationObserver(() => window.said.push([document.getElementById('reading')"
        ".textContent, document.getElementById('whatif-look').textContent]))"
        ".observe(document.getElementById('reading'), {childList: true})"
    )
    slider(opened).focus()
    for _ in range(25):
        opened.page.keyboard.press("ArrowRight")
        opened.page.wait_for_timeout(60)
    opened.at_rest()
    told = opened.page.evaluate("window.said")
    first = [reading for reading, look in told if look]
    assert first
    for reading in first:
        with_them = reading.split("With them, ")[1].split("As stated, without them")[0]
        assert with_them.endswith("are being weighed. ")
    assert "are being weighed" not in opened.told("#reading")


def test_the_weights_beside_sliders_never_cover_the_heading(lynx: Callable[..., Opened]) -> None:
    first = lynx()
    press(first, "PageUp")
    fragment = first.page.evaluate("location.hash")
    for size in ((1000, 700), (380, 800)):
        opened = lynx(fragment, size=size)
        opened.at_rest()
        free = opened.page.evaluate(
            """() => {
                const title = document.getElementById("whatif-title");
                scrollBy(0, title.getBoundingClientRect().bottom - innerHeight + 4);
                const box = title.getBoundingClientRect();
                return document.elementFromPoint(box.left + 20, (box.top + box.bottom) / 2) === title;
            }"""
        )
        assert free, size
