"""A phone's width: words wrap between one another, and no word breaks inside where it could wrap."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_support import PHONE, Opened

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]

#: Words on several lines, with the text they stand in; code that no width could hold is let go.
BROKEN = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (parent.closest("script, style, noscript, svg, .vh, code, pre, .sources")) continue;
    for (const word of node.data.matchAll(/[\\p{L}\\p{N}]{3,}/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5);
      if (new Set(boxes.map((box) => Math.round(box.top / 4))).size > 1)
        found.push(`${word[0]} in: ${node.data.trim().slice(0, 60)}`);
    }
  }
  return found;
}"""


def test_no_word_breaks_inside_on_a_phone(open_page: Open) -> None:
    opened = open_page(size=PHONE)
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    opened.page.locator("#claims-all").click()
    opened.settle()
    assert opened.page.evaluate("document.querySelectorAll('#assumptions table').length") > 0
    assert opened.page.evaluate(BROKEN) == []
    # The test itself sees a word that has no room.
    opened.page.evaluate(
        "document.querySelector('#reading').style.cssText = 'width:20px;overflow-wrap:anywhere'"
    )
    assert opened.page.evaluate(BROKEN) != []


def test_assumptions_are_cards_on_a_phone_and_need_no_sideways_scroll(open_page: Open) -> None:
    opened = open_page(size=PHONE)
    opened.page.evaluate("document.querySelectorAll('#assumptions details').forEach((d) => (d.open = true))")
    opened.settle()
    tables = opened.page.locator("#assumptions table.assumptions")
    widths = tables.evaluate_all(
        "(all) => all.map((t) => t.parentElement.scrollWidth - t.parentElement.clientWidth)"
    )
    assert widths and max(widths) <= 0
