"""What the tables of `coverage.py` and `forecasts.py` share: what is asked of a band, and lines of Markdown.

In come how many figures lie in a 90 % band, of how many; out comes whether that is outside 80 to 97 in 100,
and a cell that says so. Next are the two scripts.
"""

from __future__ import annotations

from collections.abc import Iterable

from scipy.stats import binom

#: What is asked of a quantity, and how rare a share must be to call a miss more than chance.
ASKED, RARE = (0.80, 0.97), 0.05


def verdict(held: int, n: int) -> str:
    """Return what is to be said of a share: nothing, `low` or `high`, with `?` where it may be chance.

    All of fewer than 34 is no miss: with one less it would be below 97 in 100.
    """
    if held < ASKED[0] * n:
        return "low?" if binom.cdf(held, n, ASKED[0]) > RARE else "low"
    if held > ASKED[1] * n and held - 1 >= ASKED[1] * n:
        return "high?" if binom.sf(held - 1, n, ASKED[1]) > RARE else "high"
    return ""


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
