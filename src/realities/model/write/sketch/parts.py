"""Which words stand on which view: `Causes` in, views out.

A group of equations is a view. One of too many words becomes two or more: what a pipe joins stays together,
what serves one variable alone goes with it, and the cut is where the fewest words are needed on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from realities.model.write.sketch.views import Arrow, Causes, Pipe, View, Word, WordKind

#: A view of no more words, shadows counted, is not cut.
MOST_WORDS: Final = 46
#: Longest name of a view that every version of Vensim takes.
LONGEST_TITLE: Final = 30
#: The smaller side of a cut holds at least this many hundredths of the words.
_SMALLEST: Final = 36
_PASSES: Final = 8
#: Most units to grow a side from.
_STARTS: Final = 60


def views_of(causes: Causes, notes: Mapping[str, str], title: str) -> tuple[View, ...]:
    """Return the views of a model, in the order of its groups.

    Parameters
    ----------
    causes
        What acts on what.
    notes
        What the author says of each group.
    title
        Name of the view of what is in no group.
    """
    members: dict[str, list[str]] = {}
    for key in causes.names:
        members.setdefault(causes.groups[key], []).append(key)
    found: list[View] = []
    taken: set[str] = set()
    for group, keys in members.items():
        sides = _cut(keys, causes)
        for number, side in enumerate(sides, 1):
            name = group or title
            suffix = f" {number}" if len(sides) > 1 else ""
            free = _free(name, suffix, taken)
            heading = (free if len(sides) > 1 else group) if group else ""
            found.append(_view(free, heading, notes.get(group, ""), side, causes))
    return tuple(found)


def _free(name: str, suffix: str, taken: set[str]) -> str:
    """Return a name for a view that no other has, and take it."""
    plain = " ".join(name.split()).lstrip("*$") or "View"
    count = 1
    while True:
        end = suffix + (f" ({count})" if count > 1 else "")
        wanted = plain[: LONGEST_TITLE - len(end)].rstrip() + end
        if wanted.casefold() not in taken:
            taken.add(wanted.casefold())
            return wanted
        count += 1


def _view(title: str, heading: str, note: str, keys: Sequence[str], causes: Causes) -> View:
    own = set(keys)
    arrows = tuple(one for one in causes.arrows if one.effect in own)
    words = {key: Word(causes.names[key], _kind(key, causes)) for key in keys}
    for cause in (one.cause for one in arrows):
        if cause not in words:
            words[cause] = Word(causes.names.get(cause) or causes.outside[cause], "shadow")
    pipes = tuple(pipe for key, pipe in causes.pipes.items() if key in own)
    return View(title, heading, note, words, pipes, arrows)


def _kind(key: str, causes: Causes) -> WordKind:
    return "stock" if key in causes.stocks else "flow" if key in causes.pipes else "word"


def _cut(keys: Sequence[str], causes: Causes) -> list[list[str]]:
    """Return the words of a group, in as many parts as their number asks for."""
    own = set(keys)
    arrows = [one for one in causes.arrows if one.effect in own]
    n_words = len(own | {one.cause for one in arrows})
    n_parts = -(-n_words // MOST_WORDS)
    units = _units(keys, arrows, [causes.pipes[key] for key in keys if key in causes.pipes])
    if n_parts == 1 or len(units) == 1:
        return [list(keys)]
    share = n_parts // 2 * 100 // n_parts
    first = _bisected(units, arrows, share)
    sides = [[key for key in keys if (key in first) is is_first] for is_first in (True, False)]
    if not all(sides):
        return [list(keys)]
    return [part for side in sides for part in _cut(side, causes)]


def _units(keys: Sequence[str], arrows: Sequence[Arrow], pipes: Iterable[Pipe]) -> list[list[str]]:
    """Return words that stay together: what pipes join, and what acts on one of them alone."""
    leader = {key: key for key in keys}

    def lead(key: str) -> str:
        while leader[key] != key:
            key = leader[key]
        return key

    for pipe in pipes:
        for end in (pipe.source, pipe.target):
            if end in leader:
                leader[lead(pipe.flow)] = lead(end)
    effects: dict[str, set[str]] = {}
    caused = {one.effect for one in arrows}
    for one in arrows:
        effects.setdefault(one.cause, set()).add(one.effect)
    for key in keys:
        users = effects.get(key, set())
        if key not in caused and len(users) == 1:
            leader[lead(key)] = lead(next(iter(users)))
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(lead(key), []).append(key)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Ties:
    """What a cut is judged by.

    `homes` is the unit of each cause, None for what is on another view anyhow, `uses` the unit of each
    thing it acts on, `near` the causes that flipping a unit can change, and `sizes` how many words it holds.
    """

    homes: Sequence[int | None]
    uses: Sequence[Sequence[int]]
    near: Sequence[Sequence[int]]
    sizes: Sequence[int]


def _bisected(units: Sequence[Sequence[str]], arrows: Sequence[Arrow], share: int) -> set[str]:
    """Return the words of the first of two sides, which holds about `share` hundredths of them."""
    ties = _ties(units, arrows)
    best: tuple[int, list[bool]] | None = None
    for start in range(0, len(units), -(-len(units) // _STARTS)):
        is_first = _grown(start, ties, share)
        cost = _improved(is_first, ties, share)
        if best is None or cost < best[0]:
            best = cost, is_first
    assert best is not None
    return {key for number, unit in enumerate(units) for key in unit if best[1][number]}


def _ties(units: Sequence[Sequence[str]], arrows: Sequence[Arrow]) -> _Ties:
    unit_of = {key: number for number, unit in enumerate(units) for key in unit}
    causes = list(dict.fromkeys(one.cause for one in arrows))
    place = {key: i for i, key in enumerate(causes)}
    uses: list[list[int]] = [[] for _ in causes]
    near: list[dict[int, None]] = [{} for _ in units]
    for one in arrows:
        i, effect, home = place[one.cause], unit_of[one.effect], unit_of.get(one.cause)
        uses[i].append(effect)
        near[effect][i] = None
        if home is not None:
            near[home][i] = None
    return _Ties(
        [unit_of.get(key) for key in causes], uses, [list(one) for one in near], list(map(len, units))
    )


def _grown(start: int, ties: _Ties, share: int) -> list[bool]:
    """Return a side grown from one unit: again and again what has most arrows to it for its size."""
    joined: list[Counter[int]] = [Counter() for _ in ties.sizes]
    for home, uses in zip(ties.homes, ties.uses, strict=True):
        for effect in uses:
            if home is not None and home != effect:
                joined[home][effect] += 1
                joined[effect][home] += 1
    pull = [0] * len(ties.sizes)
    is_first = [False] * len(ties.sizes)
    rest = set(range(len(ties.sizes)))
    left, chosen = sum(ties.sizes) * share // 100, start
    while True:
        is_first[chosen] = True
        rest.discard(chosen)
        left -= ties.sizes[chosen]
        if left <= 0 or not rest:
            return is_first
        for other, count in joined[chosen].items():
            pull[other] += count
        chosen = max(rest, key=lambda n: (pull[n] * 1000 // ties.sizes[n], -n))


def _improved(is_first: list[bool], ties: _Ties, share: int) -> int:
    """Move one unit at a time to the other side while that helps; return what the cut costs."""
    first = sum(size for size, here in zip(ties.sizes, is_first, strict=True) if here)
    total = sum(ties.sizes)
    cost = sum(_cost(i, is_first, ties) for i in range(len(ties.homes))) + _uneven(first, total, share)
    for _ in range(_PASSES):
        before = cost
        for number, size in enumerate(ties.sizes):
            old = sum(_cost(i, is_first, ties) for i in ties.near[number]) + _uneven(first, total, share)
            is_first[number] = not is_first[number]
            moved = first + (size if is_first[number] else -size)
            new = sum(_cost(i, is_first, ties) for i in ties.near[number]) + _uneven(moved, total, share)
            if new < old:
                cost, first = cost + new - old, moved
            else:
                is_first[number] = not is_first[number]
        if cost == before:
            break
    return cost


def _cost(cause: int, is_first: Sequence[bool], ties: _Ties) -> int:
    """Return what one cause costs: four for standing on both sides, two for each arrow across."""
    sides = [is_first[number] for number in ties.uses[cause]]
    home = ties.homes[cause]
    if home is None:
        return 4 * (len(set(sides)) - 1)
    n_across = sum(side is not is_first[home] for side in sides)
    return 2 * n_across + (4 if n_across else 0)


def _uneven(first: int, total: int, share: int) -> int:
    """Return what sides of other sizes than wanted cost."""
    hundredths = abs(first * 100 - total * share) // max(total, 1)
    return 20 * max(0, hundredths - (50 - _SMALLEST)) + hundredths // 4
