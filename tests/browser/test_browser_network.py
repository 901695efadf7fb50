"""The supply network, in a real browser: a hub closes by key, the flow and the model follow, focus stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_support import PHONE, Opened

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]
FORD, MILL = (f"#network .map.wide [aria-label='Close {name}']" for name in ("ford", "mill"))


def test_enter_closes_a_hub_and_the_model_is_run_without_it(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.at_rest()
    assert opened.told("#network-sentence").startswith(
        "With every hub open, fronts together can get 4 of the 5 they need."
    )
    before = opened.page.inner_html("#plot-svg")
    weights = opened.page.locator(".cards .weight").all_text_contents()
    opened.page.focus(FORD)
    opened.page.keyboard.press("Enter")
    said = opened.told("#network-sentence")
    assert said.startswith("With ford closed, fronts together can get 1 of the 5 they need. That is 75% less")
    assert "Less can reach post (at most 1 of the 5 it needs)." in said
    assert "What limits the rest is the least cut, dashed: lake to mill." in said
    assert "In the model this sets extra trapping from the first day on" in said
    assert opened.page.get_attribute(FORD, "aria-pressed") == "true"
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Close ford"
    opened.at_rest()
    assert opened.page.inner_html("#plot-svg") != before
    assert "closed: ford" in opened.told("#reading")
    assert opened.page.locator(".cards .weight").all_text_contents() == weights
    assert "closed=ford" in opened.page.url
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Close ford"
    opened.page.keyboard.press(" ")
    opened.at_rest()
    assert opened.page.inner_html("#plot-svg") == before
    assert opened.problems == []


def test_the_least_cut_is_dashed_and_the_tables_say_the_same(lynx: Callable[..., Opened]) -> None:
    opened = lynx("#closed=mill")
    opened.at_rest()
    assert opened.page.locator(".map.wide .route.cut").count() == 1
    dashes = opened.page.eval_on_selector(".map.wide .route.cut", "n => getComputedStyle(n).strokeDasharray")
    assert dashes != "none"
    assert opened.page.locator(".map.wide .route.shut").count() == 2
    opened.page.evaluate("document.querySelectorAll('#network details').forEach(d => (d.open = true))")
    states = opened.page.locator("#network-table tbody tr td:last-child").all_text_contents()
    assert states == ["in the least cut", "open", "closed", "closed"]
    assert opened.page.locator("#front-table tbody tr td:last-child").all_text_contents() == ["3"]
    assert "Nothing in the model acts on mill" in opened.told("#network-sentence")
    assert "What-if" not in opened.told("#reading")


def test_all_hubs_open_again_at_once_and_a_hub_that_is_not_there_is_ignored(
    lynx: Callable[..., Opened],
) -> None:
    opened = lynx("#closed=ford,mill,nowhere")
    opened.at_rest()
    assert "can get 0 of the 5" in opened.told("#network-sentence")
    opened.page.click("#network-open")
    opened.at_rest()
    assert "closed" not in opened.page.url
    assert opened.page.locator("#network [aria-pressed=true]").count() == 0
    assert not opened.page.is_visible("#network-open")


def test_a_phone_has_a_map_of_its_own_that_fits(lynx: Callable[..., Opened]) -> None:
    opened = lynx(size=PHONE)
    opened.at_rest()
    assert not opened.page.is_visible(".map.wide")
    assert opened.page.is_visible(".map.narrow")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    hit = opened.page.eval_on_selector(".map.narrow .hit", "n => n.getBoundingClientRect().width")
    assert hit >= 39
    opened.page.locator(".map.narrow [aria-label='Close mill']").click()
    opened.at_rest()
    assert "closed=mill" in opened.page.url


def test_closing_works_on_a_page_that_carries_no_model(open_page: Open) -> None:
    opened = open_page()
    opened.at_rest()
    hub = opened.page.locator("#network .map.wide [role=button]").first
    hub.focus()
    opened.page.keyboard.press("Enter")
    opened.at_rest()
    assert "closed, fronts together can get" in opened.told("#network-sentence")
    assert "Nothing in the model acts on" in opened.told("#network-sentence")
    assert opened.problems == []
