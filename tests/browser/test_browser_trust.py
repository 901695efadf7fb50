"""How far to trust the weights, and scores, in a real browser: charts, tables, dates, small screens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_support import PHONE, WIDE, Opened
from report_synthetic import synthetic_study

from realities.report import write_report
from realities.report.schema import Payload

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]


def test_the_curve_of_widths_has_a_point_for_every_weight(open_page: Open, payload: Payload) -> None:
    trust = payload["trust"]
    assert trust is not None
    opened = open_page()
    plots = opened.page.locator("#width-plots svg")
    assert plots.count() == 2
    for i, key in enumerate(("weight", "alone")):
        known = [one for one in trust["widths"] if one[key] is not None]  # type: ignore[literal-required]
        hollow = [one for one in known if one["state"] != "reliable"]
        assert plots.nth(i).locator(".rl-dot").count() == len(known)
        assert plots.nth(i).locator(".rl-open").count() == len(hollow) > 0
        assert plots.nth(i).locator(".rl-line").count() == 5
        assert [t.strip()[0] for t in plots.nth(i).locator("text.rl-end").all_text_contents()] == list(
            "ABCDE"
        )


def test_hollow_points_differ_from_filled_ones(open_page: Open) -> None:
    opened = open_page()
    opened.page.locator("#width-plots").scroll_into_view_if_needed()  # what is far from view has no style yet
    fills = opened.page.eval_on_selector_all(
        "#width-plots .rl-dot",
        "all => all.map(n => [n.classList.contains('rl-open'), getComputedStyle(n).fill,"
        " getComputedStyle(n).stroke])",
    )
    assert {hollow for hollow, _, _ in fills} == {True, False}
    assert [one for one in fills if (one[1] != one[2]) is not one[0]] == []


def test_charts_of_accounts_have_equal_size_and_a_name_for_those_who_do_not_see_them(open_page: Open) -> None:
    opened = open_page()
    for box in ("place-plots", "bin-plots"):
        sizes = opened.page.eval_on_selector_all(
            f"#{box} svg", "all => all.map(n => [n.getAttribute('width'), n.getAttribute('height')].join())"
        )
        assert len(sizes) == 5
        assert len(set(sizes)) == 1
        names = opened.page.eval_on_selector_all(
            f"#{box} svg", "all => all.map(n => n.getAttribute('aria-label'))"
        )
        assert [name[:9] for name in names] == [f"Account {name}" for name in "ABCDE"]


def test_counts_stand_beside_every_point_of_the_diagram(open_page: Open, payload: Payload) -> None:
    opened = open_page()
    for k in range(5):
        plot = opened.page.locator("#bin-plots svg").nth(k)
        held = [b for b in payload["scores"][k]["bins"] if b[2]]
        assert plot.locator(".rl-count").all_text_contents() == [str(b[2]) for b in held]
        assert plot.locator(".rl-could").count() == len(held)


def test_on_an_earlier_date_what_is_of_the_last_date_is_hidden_and_can_be_reached(open_page: Open) -> None:
    opened = open_page("#asof=2033-02-01")
    for block in ("#trust", "#scores"):
        assert opened.page.is_visible(f"{block} [data-early]")
        assert not opened.page.is_visible(f"{block} [data-last]")
    assert not opened.page.is_visible("#width-sentence")
    opened.page.locator("#trust [data-latest]").click()
    opened.settle()
    assert opened.text("#asof-day") == "22 Aug 2035"
    assert opened.focus() == "trust-title"
    assert opened.page.is_visible("#width-sentence")
    assert opened.page.locator("#bin-plots svg").count() == 5
    assert not opened.page.is_visible("#scores [data-early]")


def test_an_account_that_is_hidden_leaves_the_curve_of_widths(open_page: Open) -> None:
    opened = open_page("#hide=visitor")
    assert opened.page.locator("#width-plots svg").first.locator(".rl-line").count() == 4


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_tables_are_readable_without_sideways_scroll(open_page: Open, size: tuple[int, int]) -> None:
    opened = open_page(size=size)
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    wide = opened.page.eval_on_selector_all(
        "table.flow", "all => all.filter(t => t.parentElement.scrollWidth > t.parentElement.clientWidth + 1)"
        ".map(t => t.id || t.textContent.slice(0, 40))",
    )  # fmt: skip
    assert wide == []
    roles = opened.page.eval_on_selector_all("table.flow th", "all => all.map(n => n.getAttribute('role'))")
    assert set(roles) == {"columnheader", "rowheader"}


def test_without_a_script_tables_and_sentences_are_there(open_page: Open) -> None:
    opened = open_page(script=False)
    assert opened.page.is_visible("#width-sentence")
    assert opened.page.is_visible("#check-table")
    assert opened.page.is_visible("#score-table")
    assert not opened.page.is_visible("#width-plots")
    assert not opened.page.is_visible("#trust [data-early]")


def test_what_is_not_reliable_is_drawn_faint_and_said_in_place(open_page: Open, tmp_path: Path) -> None:
    study = synthetic_study(3, 2, 4, 12, unreliable="growers")
    page = write_report(study, tmp_path / "shaky.html")
    opened = open_page(at=page.as_uri())
    assert opened.problems == []
    assert opened.page.locator("#plot-svg .rl-b9").count() == 2
    assert opened.page.locator("#plot-svg .rl-line.rl-faint.rl-2").count() == 1
    assert "C ? Growers' union" in opened.page.locator("#plot-svg text.rl-end").all_text_contents()
    assert "Faint, ?: not reliable, C." in opened.text("#figure-caption")
    opened.settle()
    for table in ("#figure-table", "#overview-table"):
        cells = opened.page.eval_on_selector_all(
            f"{table} tbody tr", "rows => rows.map(r => [...r.cells].slice(1).map(c => c.textContent))"
        )
        assert all(["not reliable" in cell for cell in row] == [False, False, True] for row in cells)
    plain = open_page(at=page.as_uri(), script=False)
    texts = [
        p.page.eval_on_selector_all("#claims-table tbody", "all => all.map(n => n.textContent)")
        for p in (plain, opened)
    ]
    assert texts[0] == texts[1]
    assert "not reliable" in "".join(texts[1])
    opened.page.get_by_role("button", name="As first stated").click()
    assert opened.page.locator("#plot-svg .rl-faint").count() == 0
