"""Points of Vensim's lookups as XMILE can hold them: in order, turned over, or read in another way.

In come points, out come points. `xmile_terms.py` makes lookups with them where a function of Vensim's reads
one in a way that a graphical function does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from realities.ir.model import LookupMode
from realities.model import syntax


def _with_mode(mode: LookupMode) -> Callable[[syntax.Points], syntax.Points]:
    return lambda points: replace(points, mode=mode)


def mirrored(points: syntax.Points) -> syntax.Points:
    """Return points over -x that hold each value to the next: at -x the value of the next point."""
    xs = tuple(-x for x in reversed(points.xs))
    return replace(points, xs=xs, ys=tuple(reversed(points.ys)), mode="discrete")


def turned(points: syntax.Points) -> syntax.Points:
    """Return points with abscissae and ordinates exchanged."""
    pairs = sorted(zip(points.ys, points.xs, strict=True))
    return replace(points, xs=tuple(y for y, _ in pairs), ys=tuple(x for _, x in pairs))


def is_strict(values: Sequence[float]) -> bool:
    """Return whether values rise throughout, or fall throughout."""
    steps = [later - earlier for earlier, later in pairwise(values)]
    return bool(steps) and (all(step > 0 for step in steps) or all(step < 0 for step in steps))


#: What a lookup read in another way is called, and how its points change.
MODES: Mapping[str, tuple[str, Callable[[syntax.Points], syntax.Points]]] = {
    "lookup backward": ("stepwise", _with_mode("discrete")),
    "lookup extrapolate": ("extrapolated", _with_mode("extrapolate")),
    "lookup forward": ("stepwise ahead", mirrored),
}


def readable(points: syntax.Points) -> syntax.Points:
    """Return points as XMILE can hold them: in order."""
    pairs = sorted(zip(points.xs, points.ys, strict=True), key=lambda pair: pair[0])
    return replace(points, xs=tuple(x for x, _ in pairs), ys=tuple(y for _, y in pairs))
