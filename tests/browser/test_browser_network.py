"""The supply network, in a real browser: a hub closes by key, the flow and the model follow, focus stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser_support import PHONE, Opened

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]
FORD, MILL = (f"#network .map.wide [aria-label='Close {name}']" for name in ("ford", "mill"))


@pytest.fixture
def lynx(open_page: Open, lynx_report: Path) -> Callable[..., Opened]:
    def opened(fragment: str = "", **options: Any) -> Opened:
        return open_page(fragment, at=lynx_report.as_uri(), **options)

    return opened


def told(opened: Opened, selector: str) -> str:
    """Return the text of an element, drawn now or only when it comes into view."""
    return str(opened.page.text_content(selector)).strip()


def wait(opened: Opened) -> None:
    opened.page.wait_for_selector("body:not([data-busy])", state="attached", timeout=180_000)
    opened.page.wait_for_timeout(600)


def test_enter_closes_a_hub_and_the_model_is_run_without_it(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    wait(opened)
    assert told(opened, "#network-sentence").startswith(
        "With every hub open, fronts together can get 4 of the 5 they need."
    )
    before = opened.page.inner_html("#plot-svg")
    weights = opened.page.locator(".cards .weight").all_text_contents()
    opened.page.focus(FORD)
    opened.page.keyboard.press("Enter")
    said = told(opened, "#network-sentence")
    assert said.startswith("With ford closed, fronts together can get 1 of the 5 they need. That is 75% less")
    assert "lake to mill" in said
    assert opened.page.get_attribute(FORD, "aria-pressed") == "true"
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Close ford"
    wait(opened)
    assert opened.page.inner_html("#plot-svg") != before
    assert "closed: ford" in told(opened, "#reading")
    assert opened.page.locator(".cards .weight").all_text_contents() == weights
    assert "closed=ford" in opened.page.url
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Close ford"
    opened.page.keyboard.press(" ")
    wait(opened)
    assert opened.page.inner_html("#plot-svg") == before
    assert opened.problems == []


def test_the_least_cut_is_dashed_and_the_tables_say_the_same(lynx: Callable[..., Opened]) -> None:
    opened = lynx("#closed=mill")
    wait(opened)
    assert opened.page.locator(".map.wide .route.cut").count() == 1
    dashes = opened.page.eval_on_selector(".map.wide .route.cut", "n => getComputedStyle(n).strokeDasharray")
    assert dashes != "none"
    assert opened.page.locator(".map.wide .route.shut").count() == 2
    opened.page.evaluate("document.querySelectorAll('#network details').forEach(d => (d.open = true))")
    states = opened.page.locator("#network-table tbody tr td:last-child").all_text_contents()
    assert states == ["in the least cut", "open", "closed", "closed"]
    assert opened.page.locator("#front-table tbody tr td:last-child").all_text_contents() == ["3"]
    assert "Nothing in the model acts on mill" in told(opened, "#network-sentence")
    assert "What-if" not in told(opened, "#reading")


def test_all_hubs_open_again_at_once_and_a_hub_that_is_not_there_is_ignored(
    lynx: Callable[..., Opened],
) -> None:
    opened = lynx("#closed=ford,mill,nowhere")
    wait(opened)
    assert "can get 0 of the 5" in told(opened, "#network-sentence")
    opened.page.click("#network-open")
    wait(opened)
    assert "closed" not in opened.page.url
    assert opened.page.locator("#network [aria-pressed=true]").count() == 0
    assert not opened.page.is_visible("#network-open")


def test_a_phone_has_a_map_of_its_own_that_fits(lynx: Callable[..., Opened]) -> None:
    opened = lynx(size=PHONE)
    wait(opened)
    assert not opened.page.is_visible(".map.wide")
    assert opened.page.is_visible(".map.narrow")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    hit = opened.page.eval_on_selector(".map.narrow .hit", "n => n.getBoundingClientRect().width")
    assert hit >= 39
    opened.page.locator(".map.narrow [aria-label='Close mill']").click()
    wait(opened)
    assert "closed=mill" in opened.page.url


def test_closing_works_on_a_page_that_carries_no_model(open_page: Open) -> None:
    opened = open_page()
    wait(opened)
    hub = opened.page.locator("#network .map.wide [role=button]").first
    hub.focus()
    opened.page.keyboard.press("Enter")
    wait(opened)
    assert "closed, fronts together can get" in told(opened, "#network-sentence")
    assert "Nothing in the model acts on" in told(opened, "#network-sentence")
    assert opened.problems == []
