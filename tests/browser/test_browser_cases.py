"""Every bundled case as a reader meets it: opened from disk, moved, sent on, saved, on a phone, in the dark.

The cases are run once for all of these tests, with little effort: what is looked at is the page.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser_support import PHONE, WIDE, Opened, axe_core, axe_finds

from realities import load_case
from realities.report import write_report
from realities.weigh.study import run_case

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]
CASES = ("ukraine-2022", "lynx-hare", "ehrlich-simon")
#: Budgets of a page in milliseconds of its own thread; a test fails at twice as much.
LOAD, AS_OF_MOVE, SLIDER_MOVE = 400, 25, 60
SLIDER = "#pins input[type=range]"


class Pages(dict[str, Path]):
    """Pages of the bundled cases, each written when a test first asks for it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def __missing__(self, case: str) -> Path:
        found = run_case(load_case(case), effort="sketch")
        self[case] = write_report(found, self.folder / f"{case}.html")
        return self[case]


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return Pages(tmp_path_factory.mktemp("cases"))


@pytest.fixture(params=CASES)
def case_page(request: pytest.FixtureRequest, pages: dict[str, Path]) -> str:
    return pages[request.param].as_uri()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def served(pages: dict[str, Path]) -> Iterator[str]:
    folder = pages["lynx-hare"].parent
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/lynx-hare.html"
    server.shutdown()
    server.server_close()


def clock(opened: Opened) -> Callable[[], float]:
    """Return a reading of the page's thread clock in milliseconds, without what these tests ask of it."""
    session = opened.page.context.new_cdp_session(opened.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        found = {one["name"]: 1000 * one["value"] for one in metrics}
        return float(found["TaskDuration"] - found["DevToolsCommandDuration"])

    return read


def drawn(opened: Opened) -> None:
    opened.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_case_opens_without_error_request_or_sideways_scroll_and_axe_finds_nothing(
    open_page: Open, case_page: str, size: tuple[int, int]
) -> None:
    opened = open_page(at=case_page, size=size, bypass_csp=True)
    opened.settle()
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    opened.page.wait_for_timeout(300)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert opened.problems == []
    assert len(opened.requests) == 1
    for scheme in ("light", "dark"):
        opened.page.emulate_media(color_scheme=scheme)
        opened.page.wait_for_timeout(300)
        assert axe_finds(opened.page, axe_core()) == []


def test_keys_move_the_date_the_reading_follows_and_the_link_restores_it(
    open_page: Open, case_page: str
) -> None:
    opened = open_page(at=case_page)
    before = opened.text("#reading")
    opened.page.focus("#asof")
    opened.page.keyboard.press("Home")
    opened.page.keyboard.press("PageUp")
    opened.page.wait_for_timeout(1000)
    day, after = opened.text("#asof-day"), opened.text("#reading")
    assert day in after
    assert after != before
    assert opened.focus() == "asof"
    link = opened.page.url
    again = open_page("#" + link.split("#")[1], at=case_page)
    again.page.wait_for_timeout(600)
    assert (again.text("#asof-day"), again.text("#reading")) == (day, after)
    assert opened.problems == again.problems == []


def test_a_slider_changes_curves_and_weights_and_keeps_the_focus(open_page: Open, case_page: str) -> None:
    opened = open_page(at=case_page)
    opened.settle()
    assert opened.page.locator(SLIDER).count() > 0
    weights = opened.text(".cards")
    moved = []
    for slider in opened.page.locator(SLIDER).all()[:4]:  # one of the first moves what is charted
        curves = opened.page.inner_html("#plot-svg")
        slider.focus()
        name = opened.focus()
        for _ in range(3):
            opened.page.keyboard.press("PageUp")
        opened.page.wait_for_selector("body:not([data-busy])", state="attached", timeout=60_000)
        assert opened.focus() == name
        moved.append(opened.page.inner_html("#plot-svg") != curves)
    assert any(moved)
    assert opened.text(".cards") != weights
    assert "in force" in opened.text("#reading")
    link = opened.page.url
    said = [opened.text(selector) for selector in ("#reading", ".cards")]
    again = open_page("#" + link.split("#")[1], at=case_page)
    again.page.wait_for_selector("body:not([data-busy])", state="attached", timeout=60_000)
    again.page.wait_for_timeout(600)
    assert [again.text(selector) for selector in ("#reading", ".cards")] == said
    assert again.page.inner_html("#plot-svg") == opened.page.inner_html("#plot-svg")
    assert opened.problems == again.problems == []


def test_closing_a_hub_of_the_flagship_runs_the_model_and_keeps_the_focus(
    open_page: Open, pages: dict[str, Path]
) -> None:
    opened = open_page(at=pages["ukraine-2022"].as_uri())
    opened.settle()
    hubs = opened.page.locator("#network .map.wide [role=button]")
    name = str(hubs.first.get_attribute("aria-label"))
    said = opened.page.text_content("#network-sentence")
    hubs.first.focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("body:not([data-busy])", state="attached", timeout=60_000)
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-label')") == name
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert opened.page.text_content("#network-sentence") != said
    assert "closed=" in opened.page.url
    assert opened.problems == []


def test_curves_are_saved_as_csv(open_page: Open, case_page: str) -> None:
    opened = open_page(at=case_page)
    with opened.page.expect_download() as download:
        opened.page.click("[data-save='figure.csv']")
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("quantity,unit,as_of")
    assert len(lines) > 20


def test_the_policy_blocks_eval_and_fetch_for_a_script_inside_the_page(
    open_page: Open, pages: dict[str, Path], tmp_path: Path
) -> None:
    text = pages["lynx-hare"].read_text(encoding="utf-8")
    tried = (
        "<script>window.tried = {};"
        "try { eval('1'); tried.eval = 'ran'; } catch (error) { tried.eval = error.name; }"
        "try { new Function('1')(); tried.made = 'ran'; } catch (error) { tried.made = error.name; }"
        "fetch('https://example.org/').then(() => tried.fetch = 'sent', (error) => tried.fetch = error.name);"
        "fetch('data:,x').then(() => tried.data = 'sent', (error) => tried.data = error.name);"
        "const inside = `const said = {};"
        "try { eval('1'); said.eval = 'ran'; } catch (e) { said.eval = e.name; }"
        "fetch('https://example.org/').then(() => postMessage({...said, fetch: 'sent'}),"
        "(e) => postMessage({...said, fetch: e.name}));`;"
        "new Worker(URL.createObjectURL(new Blob([inside]))).onmessage ="
        "(told) => { tried.worker = told.data; };"
        "</script></body>"
    )
    page = tmp_path / "tried.html"
    page.write_text(text.replace("</body>", tried), encoding="utf-8")
    opened = open_page(at=page.as_uri())
    opened.page.wait_for_function("window.tried.fetch && window.tried.data && window.tried.worker")
    assert opened.page.evaluate("window.tried") == {
        "eval": "EvalError",
        "made": "EvalError",
        "fetch": "TypeError",
        "data": "TypeError",
        "worker": {"eval": "EvalError", "fetch": "TypeError"},
    }


def test_the_page_works_from_a_server_too(open_page: Open, served: str) -> None:
    opened = open_page(at=served)
    opened.settle()
    assert opened.requests == [served]
    assert opened.problems == []
    slider = opened.page.locator(SLIDER).first
    slider.focus()
    opened.page.keyboard.press("PageUp")
    opened.page.wait_for_selector("body:not([data-busy])", state="attached", timeout=60_000)
    assert "in force" in opened.text("#reading")


def test_without_a_script_the_page_can_be_read(open_page: Open, case_page: str) -> None:
    opened = open_page(at=case_page, script=False)
    assert "reports published by" in opened.text("#reading")
    assert opened.page.locator("#plot-svg svg").count() == 1
    assert opened.page.locator("#figure-table tbody tr").count() >= 9
    assert not opened.page.is_visible(".actions")


def test_printing_gives_an_article_of_less_than_twenty_sheets(open_page: Open, case_page: str) -> None:
    opened = open_page(at=case_page)
    opened.settle()
    sheets = max(map(int, re.findall(rb"/Count (\d+)", opened.page.pdf(format="A4"))))
    assert 5 < sheets < 20
    assert opened.problems == []


def test_on_paper_an_introduction_stays_whole_with_what_it_introduces(open_page: Open) -> None:
    """Else a browser breaks inside it, and the heading above it stands apart from its chart."""
    page = open_page().page
    page.emulate_media(media="print")
    found = page.eval_on_selector_all(
        ".intro", "all => all.map(getComputedStyle).map(one => [one.breakInside, one.breakAfter])"
    )
    assert found and all(one == ["avoid", "avoid"] for one in found)


@pytest.mark.parametrize(
    ("link", "nobody"),
    [
        ("asof=2022-09-20", True),
        ("asof=2022-07-01&stated=first", True),
        ("asof=2022-09-21", False),
        ("stated=first", False),
    ],
)
def test_before_the_decree_no_account_knows_of_it(
    open_page: Open, pages: dict[str, Path], link: str, nobody: bool
) -> None:
    opened = open_page(f"#{link}&show=ru_mobilised_cum", at=pages["ukraine-2022"].as_uri())
    rows = opened.page.eval_on_selector_all(
        "#figure-table tbody tr", "all => all.map(row => Array.from(row.cells, cell => cell.textContent))"
    )
    assert len(rows) > 5
    assert all(cells[1:] == ["0"] * 5 for cells in rows) == nobody
    assert "hindsight" not in opened.text("#figure-caption")
    with opened.page.expect_download() as download:
        opened.page.eval_on_selector("[data-save='figure.csv']", "node => node.click()")
    saved = Path(download.value.path()).read_text(encoding="utf-8").splitlines()[1:]
    assert all(line.split(",")[7:12] == ["0"] * 5 for line in saved) == nobody


def test_a_link_keeps_the_sector_and_claims_without_a_verdict_can_be_chosen(
    open_page: Open, pages: dict[str, Path]
) -> None:
    opened = open_page(at=pages["ukraine-2022"].as_uri())
    opened.page.locator("#causes-picture .box").first.click()
    crumb = opened.told("#causes-crumbs [aria-current]")
    assert crumb != "All sectors"
    opened.page.wait_for_timeout(500)
    link = opened.page.evaluate("location.hash")
    assert link.startswith("#sector=")
    again = open_page(link, at=pages["ukraine-2022"].as_uri())
    assert again.told("#causes-crumbs [aria-current]") == crumb
    again.page.locator("#causes-crumbs button").first.click()
    assert again.told("#causes-crumbs [aria-current]") == "All sectors"
    for value, text in (("open", "Open"), ("not decided", "Not decided")):
        again.page.select_option("#claims-status", value)
        again.settle()
        chips = again.page.locator("#claims-table tbody:not([hidden]) .chip span:last-child")
        assert set(chips.all_text_contents()) <= {text}
    assert chips.count() > 0


def test_a_page_of_the_flagship_stays_within_twice_its_budgets(
    open_page: Open, pages: dict[str, Path]
) -> None:
    size = pages["ukraine-2022"].stat().st_size
    assert size <= 600_000
    opened = open_page(at=pages["ukraine-2022"].as_uri())
    read = clock(opened)
    start = read()
    opened.page.reload()
    opened.ready().settle()
    drawn(opened)
    assert read() - start < 2 * LOAD
    for selector, key, budget in (("#asof", "PageDown", AS_OF_MOVE), (SLIDER, "ArrowRight", SLIDER_MOVE)):
        opened.page.locator(selector).first.focus()
        taken = []
        for _ in range(5):
            start = read()
            opened.page.keyboard.press(key)
            drawn(opened)
            taken.append(read() - start)
            opened.settle()
        assert sorted(taken)[2] < 2 * budget, selector
