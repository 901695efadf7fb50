"""What a long call tells of its progress, from Python.

In comes what a caller asked for: nothing, lines, or a function of its own; out comes a function that is
called with what is going on, how much of it is done, and how much there is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final

Progress = Callable[[str, float, float], None]
#: Nothing, lines on the standard error stream, or a function that is called.
Told = bool | Progress | None

#: Seconds between two lines of one stage.
PAUSE: Final = 10.0


def teller(told: Told) -> Progress:
    """Return the function to call: one that does nothing, one that prints lines, or the caller's own."""
    if callable(told):
        return told
    return _Lines() if told else _nothing


def _nothing(_stage: str, _done: float, _total: float) -> None:
    """Tell nothing."""


@dataclass(slots=True)
class _Lines:
    """Prints a line when a stage is done, and every ten seconds until then."""

    _since: dict[str, float] = field(default_factory=dict)

    def __call__(self, stage: str, done: float, total: float) -> None:
        now, is_done = time.monotonic(), done >= total
        last = self._since.setdefault(stage, now)
        if last == inf or not (is_done or now - last >= PAUSE):
            return
        self._since[stage] = inf if is_done else now
        share = 100 * done / total if total else 100
        print(f"{stage}: {share:.0f} %", file=sys.stderr, flush=True)
