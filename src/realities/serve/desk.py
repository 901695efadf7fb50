"""What is known of one served case just now: its page, its findings, and how far the next build is.

`workshop.py` tells a desk what happens; `server.py` asks it from many threads, and may wait for news. The
sentences that the strip on the page shows are made here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Condition
from typing import Any, Final, Literal

#: Nothing has been found.
NONE_FOUND: Final[Mapping[str, Any]] = {"errors": 0, "warnings": 0, "items": []}
EFFORTS: Final = {"quick": "quick look", "default": "full run"}

Mark = Literal["idle", "busy", "ready", "bad"]


@dataclass(frozen=True, slots=True)
class News:
    """How things stand with one case.

    `page` numbers the page that can be shown, 0 while there is none, and `shown` says what it is of; `notes`
    is what its run warns of. `effort`, `stage` and `share` are of the build under way. `found` is what is
    wrong with the files as they were last read, whether the page is made of them or not. `message` tells
    why a build failed, `details` what we need to know of a mistake of ours.
    """

    mark: Mark = "idle"
    effort: str = ""
    stage: str = ""
    share: float = 0.0
    page: int = 0
    shown: str = ""
    found: Mapping[str, Any] = field(default_factory=lambda: NONE_FOUND)
    message: str = ""
    details: str = ""
    notes: Sequence[str] = ()

    @property
    def line(self) -> str:
        """One sentence or two for the strip and for the terminal."""
        match self.mark:
            case "idle":
                return "Waiting for its turn."
            case "busy":
                what = "Rebuilding" if self.page else "Building"
                share = f", {100 * self.share:.0f} %" if self.share else ""
                return f"{what} ({EFFORTS.get(self.effort, self.effort)}): {self.stage}{share}"
            case "ready":
                return f"Up to date: {self.shown}."
        problem = self.message or self._counted
        return f"{problem} Still shown: {self.shown}." if self.page else f"{problem} No page yet."

    @property
    def spoken(self) -> str:
        """What a screen reader is told: without the progress, which would flood it."""
        return f"{self.line.split(':')[0]}." if self.mark == "busy" else self.line

    @property
    def _counted(self) -> str:
        n = self.found["errors"]
        return f"{n} {'error' if n == 1 else 'errors'} in the case."


class Desk:
    """One case that is served: its news, and the page to show. Any thread may use it."""

    def __init__(self, name: str, folder: Path, prefix: str) -> None:
        self.name, self.folder, self.prefix = name, folder, prefix
        self._lock = Condition()
        self._news, self._number, self._page = News(), 1, ""

    def look(self) -> tuple[int, News, str]:
        """Return the number of the news, the news, and the page's text, empty while there is none."""
        with self._lock:
            return self._number, self._news, self._page

    def tell(self, page: str | None = None, **changes: Any) -> News:
        """Change the news, and the page where one is given; wake whoever waits."""
        with self._lock:
            number = self._news.page
            if page is not None:
                self._page, number = page, number + 1
            self._news = replace(self._news, page=number, **changes)
            self._number += 1
            self._lock.notify_all()
            return self._news

    def wait(self, seen: int, seconds: float) -> int:
        """Wait until there is other news than number `seen`, or so long; return the number there is."""
        with self._lock:
            self._lock.wait_for(lambda: self._number != seen, seconds)
            return self._number


def clock() -> str:
    """Return the time of day, as a save is remembered by."""
    return time.strftime("%H:%M:%S")
