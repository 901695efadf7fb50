"""Which names have to be evaluated before which, kept free of loops while more is asked for.

In comes what each name needs; then edges are added one by one, and one that would close a loop is turned
down. `nonnegative.py` uses it to decide which inflows an outflow may wait for.

Pearce, D. J. and Kelly, P. H. J. (2007). A dynamic topological sort algorithm for directed acyclic graphs.
ACM Journal of Experimental Algorithmics 11, 1.7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

_Test = Callable[[int], bool]


class Precedence:
    """Names in an order in which each comes after what it needs, as far as that can be."""

    def __init__(self, needs: Mapping[str, Iterable[str]]) -> None:
        self._needs: dict[str, set[str]] = {name: set() for name in needs}
        self._serves: dict[str, set[str]] = {name: set() for name in needs}
        self._place = {name: place for place, name in enumerate(_needed_first(needs))}
        for name, others in needs.items():
            for other in others:
                self.add(name, other)

    def add(self, name: str, other: str) -> bool:
        """Make a name need another; return False, and change nothing, where that would close a loop.

        A name that nothing is known of is needed without consequence.
        """
        if other not in self._place or name not in self._place:
            return True
        if name == other:
            return False
        if other not in self._needs[name] and self._place[other] > self._place[name]:
            low, high = self._place[name], self._place[other]
            above = self._reach(other, self._needs, lambda place: place >= low)
            if name in above:
                return False
            below = self._reach(name, self._serves, lambda place: place <= high)
            self._reorder([*self._by_place(above), *self._by_place(below)])
        self._needs[name].add(other)
        self._serves[other].add(name)
        return True

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Return names in their own order, but each after those among them that it needs."""
        rest = list(names)
        found: list[str] = []
        while rest:
            free = next((one for one in rest if not self._needs_any(one, rest)), rest[0])
            found.append(free)
            rest.remove(free)
        return found

    def _needs_any(self, name: str, others: Iterable[str]) -> bool:
        lowest = min(self._place.get(other, 0) for other in others)
        if name not in self._place:
            return False
        reached = self._reach(name, self._needs, lambda place: place >= lowest)
        return any(other in reached for other in others if other != name)

    def _reach(self, start: str, edges: Mapping[str, set[str]], within: _Test) -> set[str]:
        """Return what can be reached from a name without leaving the places that pass a test."""
        found = {start}
        stack = [start]
        while stack:
            for other in edges[stack.pop()]:
                if other not in found and within(self._place[other]):
                    found.add(other)
                    stack.append(other)
        return found

    def _by_place(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=self._place.__getitem__)

    def _reorder(self, names: list[str]) -> None:
        """Give names, in this order, the places that they hold together."""
        places = sorted(self._place[name] for name in names)
        self._place.update(zip(names, places, strict=True))


def _needed_first(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return every name, those it needs before it; where there is a loop, somewhere in it."""
    found: dict[str, None] = {}
    begun: set[str] = set()
    for start in needs:
        stack = [start]
        while stack:
            name = stack[-1]
            if name not in begun:
                begun.add(name)
                stack += [other for other in needs[name] if other in needs and other not in begun]
            else:
                found.setdefault(stack.pop())
    return list(found)
