"""What a machine can check of WCAG 2.2 AA, with axe-core where one is at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_support import PHONE, WIDE, Opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def axe() -> str:
    root = Path(__file__).parents[2]
    given = os.environ.get("REALITIES_AXE")
    places = [Path(given)] if given else []
    places.append(root / "node_modules" / "axe-core" / "axe.min.js")
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        pytest.skip("no axe-core: give the path of axe.min.js in REALITIES_AXE")
    return found.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize(
    "fragment", ["#asof=2033-02-01&show=left", "#layout=side&bands=runs&asof=2031-09-01"]
)
def test_axe_finds_nothing(
    open_page: Callable[..., Opened], axe: str, fragment: str, size: tuple[int, int], scheme: str
) -> None:
    # The page's policy would refuse the checker; it is lifted for the checker alone.
    opened = open_page(fragment, size=size, scheme=scheme, bypass_csp=True)
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    opened.page.evaluate("document.getElementById('data').click()")
    opened.page.wait_for_timeout(400)
    opened.page.evaluate(axe)
    found = opened.page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
    )
    told = [(v["id"], v["nodes"][0]["html"][:120], len(v["nodes"])) for v in found["violations"]]
    assert told == []
