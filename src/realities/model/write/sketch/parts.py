"""Which words stand on which view: `Causes` in, views out.

A group of equations is a view. One of too many words becomes two or more: what a pipe joins stays together,
what serves one variable alone goes with it, and the cut is where the fewest words are needed on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from realities.model.write.sketch.views import Arrow, Causes, Pipe, View, Word, WordKind

#: A view of no more words, shadows counted, is not cut.
MOST_WORDS: Final = 46
#: Longest name of a view that every version of Vensim takes.
LONGEST_TITLE: Final = 30
#: The smaller side of a cut holds at least this many hundredths of the words.
_SMALLEST: Final = 36
_PASSES: Final = 8


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


def _bisected(units: Sequence[Sequence[str]], arrows: Sequence[Arrow], share: int) -> set[str]:
    """Return the words of the first of two sides, which holds about `share` hundredths of them."""
    unit_of = {key: number for number, unit in enumerate(units) for key in unit}
    sizes = [len(unit) for unit in units]
    best: tuple[int, list[bool]] | None = None
    for start in range(len(units)):
        is_first = _grown(start, units, unit_of, arrows, share)
        cost = _improved(is_first, sizes, unit_of, arrows, share)
        if best is None or cost < best[0]:
            best = cost, is_first
    assert best is not None
    return {key for key, number in unit_of.items() if best[1][number]}


def _grown(
    start: int,
    units: Sequence[Sequence[str]],
    unit_of: Mapping[str, int],
    arrows: Sequence[Arrow],
    share: int,
) -> list[bool]:
    """Return a side grown from one unit: again and again what has most arrows to it for its size."""
    near: list[Counter[int]] = [Counter() for _ in units]
    for one in arrows:
        a, b = unit_of.get(one.cause), unit_of[one.effect]
        if a is not None and a != b:
            near[a][b] += 1
            near[b][a] += 1
    is_first = [number == start for number in range(len(units))]
    wanted = sum(map(len, units)) * share // 100
    size = len(units[start])
    while size < wanted:
        rest = [number for number in range(len(units)) if not is_first[number]]
        if not rest:
            break
        ties = {n: sum(count for other, count in near[n].items() if is_first[other]) for n in rest}
        chosen = max(rest, key=lambda n: (ties[n] * 1000 // len(units[n]), -n))
        is_first[chosen] = True
        size += len(units[chosen])
    return is_first


def _improved(
    is_first: list[bool],
    sizes: Sequence[int],
    unit_of: Mapping[str, int],
    arrows: Sequence[Arrow],
    share: int,
) -> int:
    """Move one unit at a time to the other side while that helps; return what the cut costs."""
    cost = _cost(is_first, sizes, unit_of, arrows, share)
    for _ in range(_PASSES):
        before = cost
        for number in range(len(sizes)):
            is_first[number] = not is_first[number]
            trial = _cost(is_first, sizes, unit_of, arrows, share)
            if trial < cost:
                cost = trial
            else:
                is_first[number] = not is_first[number]
        if cost == before:
            break
    return cost


def _cost(
    is_first: Sequence[bool],
    sizes: Sequence[int],
    unit_of: Mapping[str, int],
    arrows: Sequence[Arrow],
    share: int,
) -> int:
    """Return what a cut costs: words needed on both sides, arrows from them, and sides too unequal."""
    needed: dict[str, set[bool]] = {}
    n_across = 0
    for one in arrows:
        side = is_first[unit_of[one.effect]]
        needed.setdefault(one.cause, set()).add(side)
        if one.cause in unit_of:
            home = is_first[unit_of[one.cause]]
            needed[one.cause].add(home)
            n_across += home != side
    n_twice = sum(len(sides) - 1 for sides in needed.values())
    total = sum(sizes)
    first = sum(size for size, here in zip(sizes, is_first, strict=True) if here)
    uneven = abs(first * 100 - total * share) // max(total, 1)
    too_small = max(0, uneven - (50 - _SMALLEST))
    return 4 * n_twice + 2 * n_across + too_small * 20 + uneven // 4
