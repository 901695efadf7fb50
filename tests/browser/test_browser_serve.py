"""A served case in a real browser: a file is edited, broken, mended, and the page follows by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_support import PHONE, WIDE, Opened, axe_core, axe_finds

from realities.cli import invoke
from realities.serve import Library, Server, Settings

pytestmark = pytest.mark.browser
Serving = tuple[Server, Path]
HOSTILE = "<img src=x onerror=alert(1)> & <script>alert(2)</script>"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """An index of a folder with one case, already built, and the case's folder; beside it a broken one."""
    home = tmp_path_factory.mktemp("cases")
    for name in ("mine", "other"):
        assert invoke(["-q", "new", str(home / name)]) == 0
    save(home / "other" / "case.toml", "model =", "mdoel =")
    with Server(Library(folder=home), Settings(threads=1), port=0) as server:
        yield server, home / "mine"


@pytest.fixture
def open_served(browser: Any, serving: Serving) -> Iterator[Callable[..., Opened]]:
    """Open an address of the server: `open_served(path, size=, scheme=)`."""
    contexts = []

    def opened(path: str, *, size: tuple[int, int] = WIDE, scheme: str = "light", **options: Any) -> Opened:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, **options
        )
        contexts.append(context)
        result = Opened(context.new_page())
        result.page.goto(serving[0].address + path)
        return result

    yield opened
    for context in contexts:
        context.close()


def ready(opened: Opened) -> Opened:
    """Wait until the report stands there and is up to date."""
    opened.page.wait_for_selector("body[data-ready]", state="attached", timeout=180_000)
    opened.page.locator("p.line", has_text="Up to date").wait_for(timeout=180_000)
    return opened


def save(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_page_follows_what_is_saved_through_a_mistake(
    open_served: Callable[..., Opened], serving: Serving
) -> None:
    case, measures = serving[1] / "case.toml", serving[1] / "measures.toml"
    opened = open_served("mine/#layout=side")
    page = opened.page
    page.locator("p.line", has_text="Building (quick look)").wait_for()
    ready(opened)
    save(case, "Do new lanes bring new riders", HOSTILE + " Do old lanes")
    page.locator("h1", has_text="Do old lanes").wait_for(timeout=180_000)
    ready(opened)
    assert page.url.endswith("/mine/#layout=side")
    assert HOSTILE in opened.text("h1")
    assert opened.dialogs == []

    save(measures, "unit =", "unti = '<b>x</b>' #")
    page.locator("p.line", has_text="in the case. Still shown: quick look of").wait_for(timeout=60_000)
    assert "Do old lanes" in opened.text("h1")
    found = page.locator("#found")
    assert "mine/measures.toml:7:1" in found.inner_text()
    assert 'did you mean "unit"?' in found.inner_text()
    assert "unti = '<b>x</b>'" in found.inner_text()
    page.locator("button[aria-controls=found]").click()
    assert not found.is_visible()

    save(measures, "unti = '<b>x</b>' #", "unit =")
    ready(opened)
    assert not found.is_visible()
    assert all(request.startswith(serving[0].address) for request in opened.requests)
    assert opened.problems == []
    save(case, HOSTILE + " Do old lanes", "Do new lanes bring new riders")
    page.locator("h1", has_text="Do new lanes bring").wait_for(timeout=180_000)
    ready(opened)


def test_the_served_page_may_ask_for_its_news_and_for_nothing_else(
    open_served: Callable[..., Opened], serving: Serving
) -> None:
    opened = ready(open_served("mine/"))
    ask = "(at) => fetch(at).then(() => 'sent', () => 'blocked')"
    assert opened.page.evaluate(ask, "~state") == "sent"
    with opened.page.expect_download() as saved:
        opened.page.get_by_role("link", name="Save as a file").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert text == serving[0].library.desk("mine").look()[2]
    assert "~state" not in text
    for at in ("/", "report.html", "/mine/", "/lynx-hare/~state", "http://127.0.0.1:1/"):
        assert opened.page.evaluate(ask, at) == "blocked"
    # From a script of the page, at a time of its own: a debugger's calls are let do more.
    later = "setTimeout(() => { try { eval('1'); window.was = 'run' } catch { window.was = 'blocked' } })"
    opened.page.add_script_tag(content=later)
    opened.page.wait_for_function("window.was")
    assert opened.page.evaluate("window.was") == "blocked"


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_index_and_page_fit_and_say_nothing_wrong(
    open_served: Callable[..., Opened], size: tuple[int, int], scheme: str
) -> None:
    opened = open_served("", size=size, scheme=scheme)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert "2 accounts" in opened.text(".case-list")
    opened.page.get_by_role("link", name="Mine").click()
    ready(opened)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    strip = opened.page.locator("section[aria-label='Local server']").bounding_box()
    assert strip is not None
    assert strip["height"] < 110
    last = opened.page.evaluate(
        "scrollTo(0, 1e6), document.querySelector('main').getBoundingClientRect().bottom"
    )
    assert last <= size[1] - strip["height"] + 1  # nothing of the page is covered at its end
    assert opened.problems == []


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (PHONE, "dark"), (PHONE, "light")]
)
def test_axe_finds_nothing_in_what_the_server_adds(
    open_served: Callable[..., Opened], serving: Serving, size: tuple[int, int], scheme: str
) -> None:
    axe, measures = axe_core(), serving[1] / "measures.toml"
    opened = open_served("", size=size, scheme=scheme, bypass_csp=True)
    assert axe_finds(opened.page, axe) == []
    opened.page.goto(serving[0].address + "other/")
    opened.page.locator("p.line", has_text="No page yet.").wait_for(timeout=180_000)
    assert axe_finds(opened.page, axe) == []
    opened.page.goto(serving[0].address + "mine/")
    ready(opened)
    save(measures, "unit =", "unti =")
    try:
        opened.page.locator("#found").wait_for(timeout=60_000)
        assert axe_finds(opened.page, axe) == []
    finally:
        save(measures, "unti =", "unit =")


def test_a_stopped_server_leaves_a_page_that_works(browser: Any, serving: Serving) -> None:
    with Server(Library(case=serving[1]), Settings(threads=1), port=0) as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(server.address)
        ready(Opened(page))
    page.locator("p.line", has_text="The server has stopped.").wait_for(timeout=60_000)
    before = page.inner_text("#asof-day")
    page.focus("#asof")
    page.keyboard.press("Home")
    assert page.inner_text("#asof-day") != before
    context.close()
