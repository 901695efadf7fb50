"""Charts of the live page: what is seen first, axes without hindsight, bars that say what numbers say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browser_support import Opened

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]

#: A window in which the chart is as wide as the one drawn before any script runs.
AS_FIRST = (1168, 1000)
PARTS = """(id) => [...document.querySelectorAll(`#${id} .rl > *`)]
  .filter((n) => !/rl-(b9|b5|line)/.test(n.getAttribute("class")))
  .map((n) => [n.tagName, ...["class", "d", "x", "y"].map((name) => n.getAttribute(name)), n.textContent])"""
TICKS = "[...document.querySelectorAll('#weights-plot text[text-anchor=middle]')].map((n) => n.textContent)"


def numbers(parts: list[list[Any]]) -> list[float]:
    texts = [text for part in parts for text in part[2:5] if text]
    return [float(n) for text in texts for n in re.findall(r"-?\d+\.?\d*", text)]


@pytest.mark.parametrize("place", ["plot-svg", "weights-plot"])
def test_the_first_picture_is_the_one_the_script_draws(open_page: Open, place: str) -> None:
    live, still = open_page(size=AS_FIRST), open_page(size=AS_FIRST, script=False)
    assert live.page.evaluate(f"document.querySelector('#{place} .rl').clientWidth") == 1120
    first, later = (opened.page.evaluate(PARTS, place) for opened in (still, live))
    assert len(first) > 10
    assert [[*part[:2], part[5]] for part in first] == [[*part[:2], part[5]] for part in later]
    assert numbers(first) == pytest.approx(numbers(later), abs=0.11)


def test_hidden_later_reports_are_forgotten_by_the_weights_too(open_page: Open) -> None:
    opened = open_page("#asof=2033-06-01")
    assert "2035" in opened.page.evaluate(TICKS)
    opened.page.uncheck("#late")
    opened.settle()
    shown = opened.page.evaluate(TICKS)
    assert "2033" in shown
    assert not {"2034", "2035"} & set(shown)


def test_a_bar_below_a_chance_is_as_long_as_the_chance_says(open_page: Open) -> None:
    opened = open_page()
    cells = opened.page.evaluate(
        "[...document.querySelectorAll('#claims-table tbody:not([hidden]) td')]"
        ".map((n) => [n.textContent, n.style.getPropertyValue('--p')]).filter((pair) => pair[1])"
    )
    assert len(cells) > 20
    for text, length in cells:
        said = {"<1": 0.0, ">99": 100.0}.get(text) if text in {"<1", ">99"} else float(text)
        assert said is not None
        assert abs(float(length) - said) <= 1
    none = opened.page.locator("#claims-table tbody:not([hidden]) td:text-is('–')").first
    assert none.evaluate("n => getComputedStyle(n, '::after').content") == "none"
