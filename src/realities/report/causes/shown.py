"""What a page says of the causal diagram before its script runs: how much there is, and links as rows.

In come the payload's `causes`; out come rows for a table: every link of a small model, else links among its
sectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from realities.report.causes.schema import CausesData
from realities.report.encode import decode_integers

SIGNS: Final = (
    "○ moves nothing in the runs looked at",
    "+ more of it makes for more",
    "− more of it makes for less",
    "± it depends",
)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One row of the table of links."""

    cause: str
    effect: str
    sign: str
    when: str
    read: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many boxes and links there are, whether sectors are drawn first, and the rows to begin with."""

    n_boxes: int
    n_links: int
    has_sectors: bool
    links: Sequence[LinkRow]


def summary(causes: CausesData | None) -> Summary | None:
    """Return what stands on the page before its script runs; None where the payload has no causes."""
    if causes is None:
        return None
    numbers = decode_integers(causes["links"])
    links = list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))
    has_sectors = len(causes["pictures"]) > 1
    rows = _among_sectors(causes, links) if has_sectors else _all(causes, links)
    return Summary(len(causes["names"]), len(links), has_sectors, rows)


def _all(causes: CausesData, links: Sequence[tuple[int, int, int]]) -> list[LinkRow]:
    drawn = set(decode_integers(causes["pictures"][0]["boxes"]))
    return [
        LinkRow(
            causes["names"][cause],
            causes["names"][effect],
            SIGNS[code & 3],
            ", ".join(text for bit, text in ((8, "after a delay"), (16, "at the start only")) if code & bit),
            "runs" if code & 4 else "equation",
        )
        for cause, effect, code in links
        if cause != effect and {cause, effect} <= drawn
    ]


def _among_sectors(causes: CausesData, links: Sequence[tuple[int, int, int]]) -> list[LinkRow]:
    group = decode_integers(causes["group"])
    pairs = Counter((group[cause], group[effect]) for cause, effect, _ in links)
    names = causes["groups"]
    return [
        LinkRow(names[a], names[b], f"{n} links" if n > 1 else "1 link", "", "")
        for (a, b), n in sorted(pairs.items())
        if a != b
    ]
