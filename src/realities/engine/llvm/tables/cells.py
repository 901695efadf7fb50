"""Where breaks lie among cells of equal width: the short cut of a search among constant numbers.

In come the breaks of a table, rising; out come `Cells`, a scale that turns an argument into the number of a
cell, and for each cell how many breaks lie before it, so that only the few breaks within the cell are left
to compare with. `places.py` next writes the search.

The number of a cell is `rint(x * scale)`, however the product is rounded: that rises with x, so a break that
lies in an earlier cell than x is below x. That is all a search needs, and it is exact: the breaks
themselves must not lie near an edge between cells, where a fused and a plain product may round apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: How near an edge between two cells a break may lie, in widths of a cell.
_MARGIN = 1e-6
#: Numbers of cells beyond this leave too few bits to say where within a cell a break lies.
_LARGEST = 1e9
#: Widths of cells to try, as parts of the number that there is room for, or that the breaks ask for; fewer
#: where there are many breaks.
_MANY = 100
_TRIALS = (1.0, 0.99, 1.01, 0.97, 1.03, 0.94, 0.9, 0.85)


@dataclass(frozen=True, slots=True)
class Cells:
    """`before[k]` breaks lie before cell `first + k`, which has at most `most` of them."""

    scale: float
    first: int
    before: tuple[int, ...]
    most: int

    @property
    def lead(self) -> int | None:
        """How many breaks lie before the first cell if each had one: 0 or -1; None if not even nearly so."""
        for lead in (0, -1):
            if self.most == 1 and all(count == max(k + lead, 0) for k, count in enumerate(self.before)):
                return lead
        return None


def cells_of(breaks: Sequence[float], low: float, high: float, room: int) -> Cells | None:
    """Return the best cells for arguments from `low` to `high`, at most `room` of them, or None."""
    span = high - low
    if not (math.isfinite(span) and span > 0.0):
        return None
    best: Cells | None = None
    trials = _TRIALS if len(breaks) <= _MANY else _TRIALS[:2]
    for n_cells in dict.fromkeys((float(len(breaks)), room - 1.0)):
        for part in trials:
            found = _divided(breaks, low, high, n_cells * part / span, room)
            if found is None:
                continue
            if found.lead is not None:
                return found
            if best is None or found.most < best.most:
                best = found
    return best


def _divided(breaks: Sequence[float], low: float, high: float, scale: float, room: int) -> Cells | None:
    """Return the cells of a scale; None if there are too many or a break lies near an edge."""
    if not math.isfinite(scale) or max(abs(low * scale), abs(high * scale)) > _LARGEST:
        return None
    # The ends of the arguments may round either way: a cell more on each side holds no breaks of its own.
    first, last = math.floor(low * scale + 0.5 - _MARGIN), math.floor(high * scale + 0.5 + _MARGIN)
    if last - first >= room:
        return None
    held = [0] * (last - first + 1)
    for value in breaks:
        place = value * scale + 0.5
        cell = math.floor(place)
        if not _MARGIN < place - cell < 1.0 - _MARGIN:
            return None
        held[min(max(cell, first), last) - first] += 1
    before = [0]
    for count in held[:-1]:
        before.append(before[-1] + count)
    return Cells(scale, first, tuple(before), max(held))
