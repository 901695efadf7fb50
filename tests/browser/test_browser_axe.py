"""What a machine can check of WCAG 2.2 AA, with axe-core: `make script-check` fetches it, pinned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_support import PHONE, WIDE, Opened, axe_core, axe_finds

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_core()


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
    assert axe_finds(opened.page, axe) == []
