"""Weights and chances as counts out of 100.

Shares of one come in, whole numbers and their texts go out: together they add to 100, and none is ever shown
as 0 or 100. The page's script has the same rules (`format.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor


def in_hundred(weights: Sequence[float], ids: Sequence[str]) -> list[int]:
    """Return whole numbers that add to 100, each the weight's floor or one more (largest remainder).

    Weights that tie for the last unit are taken in the order of the accounts' ids, so that the order of
    display decides nothing.
    """
    total = sum(weights)
    if not weights or total <= 0:
        return [0] * len(weights)
    exact = [100 * weight / total for weight in weights]
    floors = [floor(value + 1e-9) for value in exact]
    order = sorted(range(len(weights)), key=lambda i: (-round(exact[i] - floors[i], 9), ids[i]))
    for i in order[: 100 - sum(floors)]:
        floors[i] += 1
    return floors


def shown_weight(hundredths: int) -> str:
    """Return a weight as it is shown: never 0, never 100."""
    return "<1" if hundredths <= 0 else ">99" if hundredths >= 100 else str(hundredths)


def shown_share(share: float | None) -> str:
    """Return a chance between 0 and 1 as a count out of 100, `<1` or `>99` at the ends; a dash for none."""
    return "–" if share is None else shown_weight(floor(100 * share + 0.5))
