"""Names of single elements -> arrays with the subscripts as axes.

In come the full names of what was saved, such as `killed[Russia]`, and the dimensions of the model; out
comes, for each subscripted name, which names fill which place. `runs.py` makes xarray data sets of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

#: Axes that runs have anyway.
_AXES: Final = frozenset({"account", "draw", "time", "failed", "date"})


@dataclass(frozen=True, slots=True)
class Gathered:
    """One variable: its name without subscripts, its axes, and the full names in the order of the axes.

    `axes` are (name of a dimension, its elements here); none for a name without subscripts.
    """

    name: str
    axes: tuple[tuple[str, tuple[str, ...]], ...]
    members: tuple[str, ...]


def gather(names: Iterable[str], dimensions: Mapping[str, Sequence[str]]) -> list[Gathered]:
    """Return what was saved by name without subscripts, in the order of first appearance.

    An axis bears the name of the smallest dimension that has all its elements, else `NAME subscript K`. Names
    whose elements do not fill a grid stay on their own.

    Examples
    --------
    >>> gather(["losses[A]", "losses[B]"], {"side": ["A", "B"]})[0].axes
    (('side', ('A', 'B')),)
    """
    groups: dict[str, dict[tuple[str, ...], str]] = {}
    for name in names:
        base, elements = split(name)
        groups.setdefault(base, {})[elements] = name
    found: list[Gathered] = []
    for base, members in groups.items():
        found += _gathered(base, members, dimensions)
    return found


def split(name: str) -> tuple[str, tuple[str, ...]]:
    """Return a full name's part before the brackets, and the elements in them."""
    if not name.endswith("]") or "[" not in name:
        return name, ()
    base, inside = name[:-1].split("[", 1)
    return base.strip(), tuple(part.strip() for part in inside.split(","))


def _gathered(
    base: str, members: Mapping[tuple[str, ...], str], dimensions: Mapping[str, Sequence[str]]
) -> list[Gathered]:
    alone = [Gathered(name, (), (name,)) for name in members.values()]
    n_axes = {len(elements) for elements in members}
    if n_axes == {0} or len(n_axes) > 1:
        return alone
    axes: list[tuple[str, tuple[str, ...]]] = []
    for k in range(n_axes.pop()):
        met = dict.fromkeys(elements[k] for elements in members)
        axes.append(_axis(base, k, tuple(met), dimensions, {name for name, _ in axes}))
    if prod(len(elements) for _, elements in axes) != len(members):
        return alone
    places = product(*(elements for _, elements in axes))
    return [Gathered(base, tuple(axes), tuple(members[place] for place in places))]


def _axis(
    base: str,
    place: int,
    elements: tuple[str, ...],
    dimensions: Mapping[str, Sequence[str]],
    taken: set[str],
) -> tuple[str, tuple[str, ...]]:
    """Return the dimension of one place in the brackets, and the elements there in its order."""
    holding = [name for name, has in dimensions.items() if set(elements) <= set(has) and name not in taken]
    if not holding:
        return f"{base} subscript {place + 1}", elements
    best = min(holding, key=lambda name: len(dimensions[name]))
    axis = f"{best}_" if best in _AXES else best
    return axis, tuple(element for element in dimensions[best] if element in elements)
