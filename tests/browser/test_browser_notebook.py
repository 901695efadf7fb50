"""What a notebook shows, in a browser: nothing for axe-core to find, no sideways scroll, its own colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_support import PHONE, WIDE, axe_core

from realities import load_case, simulate
from realities.weigh.card import study_card

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory, study: Any) -> Path:
    case = load_case("lynx-hare")
    runs = case.simulate(20)
    shown = [case, case.claims[0], runs, simulate(case.model)]
    page = tmp_path_factory.mktemp("notebook") / "cells.html"
    body = "".join(one._repr_html_() for one in shown) + study_card(study)
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Cells</title>'
    style = "<style>body{margin:16px;color-scheme:light dark}</style>"
    page.write_text(f"{head}{style}<main><h1>Cells</h1>{body}</main></html>", encoding="utf-8")
    return page


@pytest.fixture(params=[(size, scheme) for size in (WIDE, PHONE) for scheme in ("light", "dark")])
def opened(browser: Any, cells: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    (width, height), scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.goto(cells.as_uri())
    yield page
    context.close()


def test_axe_finds_nothing_and_nothing_scrolls_sideways(opened: Any) -> None:
    opened.evaluate(axe_core())
    found = opened.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_colours_are_those_of_the_scheme_and_of_a_theme_that_is_chosen(opened: Any) -> None:
    colour = "getComputedStyle(document.querySelector('.realities')).backgroundColor"
    dark, light = "rgb(28, 31, 36)", "rgb(255, 255, 255)"
    is_dark = opened.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert opened.evaluate(colour) == (dark if is_dark else light)
    for theme, expected in (("false", dark), ("true", light)):
        opened.evaluate(f"document.body.dataset.jpThemeLight = '{theme}'")
        assert opened.evaluate(colour) == expected
