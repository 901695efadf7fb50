"""A reader of Vensim's sketches for the tests: what stands on each view, and what joins it.

Written from the format's description, knowing nothing of the writer: kinds by their first number, words by
name, shadows by their even bits, texts on the line behind.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field

from realities.model.arrays import name_key

_POINT = re.compile(r"\|\((-?\d+),(-?\d+)\)\|$")


@dataclass(frozen=True)
class Thing:
    """A variable (10), valve (11), cloud or text (12) at a point, with half its width and height."""

    kind: int
    name: str
    x: int
    y: int
    half_width: int
    half_height: int
    shape: int
    bits: int

    @property
    def key(self) -> str:
        return name_key(self.name.replace('\\"', '"'))

    @property
    def is_shadow(self) -> bool:
        return self.kind == 10 and self.bits % 2 == 0

    @property
    def is_box(self) -> bool:
        return self.kind == 10 and self.shape == 3


@dataclass(frozen=True)
class Join:
    """An arrow, or a pipe from a valve: what it joins by number, and the point it runs through."""

    start: int
    end: int
    is_pipe: bool
    has_head: bool
    at_start: bool
    x: int
    y: int


@dataclass
class Sheet:
    """One view."""

    title: str
    things: dict[int, Thing] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)

    @property
    def words(self) -> dict[str, Thing]:
        """The variables, by key."""
        return {one.key: one for one in self.things.values() if one.kind == 10}

    @property
    def texts(self) -> list[str]:
        return [one.name for one in self.things.values() if one.kind == 12 and one.bits & 4]

    def word_at(self, number: int) -> str:
        """Return the key of a variable, or of the flow whose valve that is: the one right behind it."""
        thing = self.things[number]
        return self.things[number + 1].key if thing.kind == 11 else thing.key

    @property
    def arrows(self) -> set[tuple[str, str, bool]]:
        """Cause, effect, and whether at the start alone."""
        return {
            (self.word_at(one.start), self.word_at(one.end), one.at_start)
            for one in self.joins
            if not one.is_pipe
        }

    @property
    def pipes(self) -> set[tuple[str, str, bool]]:
        """Flow, the stock or an empty text for a cloud, and whether it flows in there."""
        ends = {number: "" if one.kind == 12 else one.key for number, one in self.things.items()}
        return {(self.word_at(one.start), ends[one.end], one.has_head) for one in self.joins if one.is_pipe}


def read_sketch(text: str) -> list[Sheet]:
    """Return the views of a Vensim file, from its whole text or that of its sketch."""
    return [_sheet(part.split("\n///---")[0]) for part in text.split("\\\\\\---///")[1:]]


def _sheet(text: str) -> Sheet:
    lines = text.splitlines()
    assert lines[1].startswith("V300 ")
    assert lines[2].startswith("*")
    assert lines[3].startswith("$")
    sheet = Sheet(lines[2][1:])
    rest = iter(lines[4:])
    for line in rest:
        fields = next(csv.reader([line], escapechar="\\"))
        number = int(fields[1])
        assert number not in sheet.things
        if fields[0] == "1":
            point = _POINT.search(line)
            assert point is not None, line
            sheet.joins.append(
                Join(
                    int(fields[2]),
                    int(fields[3]),
                    int(fields[7]) > 20,
                    fields[4] != "100",
                    fields[10] == "1",
                    int(point[1]),
                    int(point[2]),
                )
            )
            continue
        kind, bits = int(fields[0]), int(fields[8])
        name = next(rest) if bits & 4 else fields[2] if kind == 10 else ""
        where = (int(value) for value in fields[3:8])
        sheet.things[number] = Thing(kind, name, *where, bits)
    return sheet


def overlapping(sheet: Sheet) -> list[tuple[Thing, Thing]]:
    """Return things that stand on one another, a valve and its own name left out."""
    things = sorted(sheet.things.items())
    return [
        (a, b)
        for i, (number, a) in enumerate(things)
        for other, b in things[i + 1 :]
        if abs(a.x - b.x) < a.half_width + b.half_width
        and abs(a.y - b.y) < a.half_height + b.half_height
        and not (a.kind == 11 and other == number + 1)
    ]
