"""What the tables of `coverage.py` and `forecasts.py` share: lines of Markdown.

In come how many figures lie in a 90 % band, of how many; out comes a cell that says whether that is outside
80 to 97 in 100. Next are the two scripts.
"""

from __future__ import annotations

from collections.abc import Iterable

from realities.weigh.scoring.bands import verdict


def cell(held: int, n: int) -> str:
    """Return a share as Markdown: how many of how many, in per cent, bold with a verdict if outside."""
    if not n:
        return "-"
    share = f"{held} of {n} ({100 * held / n:.0f} %)"
    said = verdict(held, n)
    return f"**{share}** {said}" if said else share


def row(cells: Iterable[str]) -> str:
    """Return one line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; numbers stand to the right."""
    names = list(head)
    lines = [row(names), row(["---", *["---:"] * (len(names) - 1)])]
    return "\n".join([*lines, *(row(cells) for cells in rows)])
