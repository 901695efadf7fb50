"""Causes, in a real browser: pictures by pointer and key, one variable with its course, links, no script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_support import PHONE, WIDE, Opened

pytestmark = pytest.mark.browser
BIRTHS = "#causes-picture .box:has-text('hare births')"


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_whole_model_is_a_picture_that_stays_in_the_page(
    lynx: Callable[..., Opened], size: tuple[int, int]
) -> None:
    opened = lynx(size=size)
    opened.at_rest()
    boxes = opened.page.locator("#causes-picture .box")
    assert boxes.count() > 15
    assert opened.page.locator("#causes-picture .arrow").count() > 20
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    rects = opened.page.eval_on_selector_all(
        "#causes-picture .box",
        "all => all.map(n => n.getBoundingClientRect()).map(r => [r.x, r.y, r.width, r.height])",
    )
    for i, (x, y, w, h) in enumerate(rects):
        assert min(w, h) >= 24
        for u, v, _, _ in rects[:i]:
            assert abs(x - u) >= w - 1 or abs(y - v) >= h - 1
    assert opened.problems == []


def test_keys_choose_a_variable_and_the_model_is_run_for_its_course(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    assert not opened.page.is_visible("#cause")
    opened.page.focus(BIRTHS)
    opened.page.keyboard.press("Enter")
    assert opened.told("#cause-title") == "hare births"
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-current')") == "true"
    assert opened.told("#cause-equation").startswith("hare births = (1 - hare cycle of its own)")
    assert "Hares + more of it makes for more" in opened.told("#cause-causes")
    assert "Hares + more of it makes for more" in opened.told("#cause-effects")
    opened.at_rest()
    n = opened.page.locator("#cards .card, .cards .card").count()
    assert opened.page.locator("#cause-plot .rl-line").count() == n
    assert opened.told("#cause-sentence").startswith("hare births on ")
    row = opened.page.locator("#cause-table tbody tr").first
    assert row.locator("td").count() == n
    assert "cause=hare-births" in opened.page.url
    opened.page.click("#causes-crumbs button")
    assert not opened.page.is_visible("#cause")
    assert opened.focus() == "Whole model"


def test_a_link_restores_the_variable_and_a_list_leads_on(lynx: Callable[..., Opened]) -> None:
    opened = lynx("#cause=lynx-births")
    opened.at_rest()
    assert opened.told("#cause-title") == "lynx births"
    opened.page.click("#cause-causes button:has-text('hares about')")
    assert opened.told("#cause-title") == "hares about"
    opened.page.select_option("#causes-go", label="lynx growth per hare")
    opened.at_rest()
    assert opened.told("#cause-sentence").startswith("What each account assumed before any report")
    assert not opened.page.is_visible("#cause-chart")
    assert opened.problems == []


def test_the_table_of_links_follows_the_picture(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.at_rest()
    opened.page.evaluate("document.querySelectorAll('#causes details').forEach(d => (d.open = true))")
    rows = "#link-table tbody tr"
    assert opened.page.locator(rows).count() == opened.page.locator("#causes-picture .arrow").count()
    opened.page.click(BIRTHS)
    opened.at_rest()
    told = opened.page.eval_on_selector_all(rows, "all => all.map(r => [...r.cells].map(c => c.textContent))")
    assert ["Hares", "hare births", "+ more of it makes for more"] in [row[:3] for row in told]
    assert all("hare births" in row[:2] for row in told)


def test_arrows_of_the_box_in_focus_stand_out(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.at_rest()
    opened.page.focus(BIRTHS)
    key = opened.page.evaluate("document.activeElement.dataset.key")
    lit = opened.page.eval_on_selector_all(
        "#causes-picture .arrow.on", "all => all.map(n => [n.dataset.a, n.dataset.b])"
    )
    assert lit
    assert all(key in ends for ends in lit)
