"""What the browser tests share: sizes of screens, and a page that is open with what it complained about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

WIDE, PHONE = (1440, 1000), (380, 800)

TOOLS = Path(__file__).parent / "tools"


def axe_core() -> str:
    """Return the checker that `make script-check` fetches; without it skip, or fail if all is required."""
    place = TOOLS / "node_modules" / "axe-core" / "axe.min.js"
    if place.is_file():
        return place.read_text(encoding="utf-8")
    if os.environ.get("REALITIES_REQUIRE_ALL") == "1":
        pytest.fail("the accessibility tests need axe-core: make script-check")
    pytest.skip("no axe-core: make script-check fetches it")


def axe_finds(page: Any, axe: str) -> list[tuple[str, str, int]]:
    """Return what axe-core finds on a page as it stands: rule, first place, number of places.

    What the browser has not laid out for being out of sight has no true places, so all is laid out first.
    """
    page.evaluate(
        "for (const s of document.querySelectorAll('section')) s.style.contentVisibility = 'visible'"
    )
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
    )
    return [(v["id"], v["nodes"][0]["html"][:120], len(v["nodes"])) for v in found["violations"]]


class Opened:
    """A page that is open, with everything it complained about or asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda message: self._console(message))
        page.on("request", lambda request: self._asked(request.url))
        page.on("dialog", self._dialog)

    def _asked(self, url: str) -> None:
        """Keep what is asked of a disk or a network; a blob is a part of the page itself."""
        if not url.startswith("blob:"):
            self.requests.append(url)

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(message.text)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def ready(self) -> Opened:
        self.page.wait_for_selector("body[data-ready]", state="attached", timeout=30_000)
        return self

    def settle(self) -> None:
        """Wait until the parts that wait for the reader to stop have been drawn."""
        self.page.wait_for_selector("body:not([data-busy])", state="attached", timeout=30_000)

    def at_rest(self) -> None:
        """Wait until the model has run and what follows from it has been drawn."""
        self.page.wait_for_selector("body:not([data-busy])", state="attached", timeout=180_000)
        self.page.wait_for_timeout(600)

    def told(self, selector: str) -> str:
        """Return the text of an element, drawn now or only when it comes into view."""
        return str(self.page.text_content(selector)).strip()

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector)).strip()

    def focus(self) -> str:
        """Say which element has the focus."""
        return str(
            self.page.evaluate(
                "document.activeElement.id || document.activeElement.textContent.trim().slice(0, 40)"
            )
        )
