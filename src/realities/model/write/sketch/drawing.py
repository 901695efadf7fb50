"""A view as shapes at points of a sheet: a view in, shapes and lines in pixels out.

`chains.py` makes pieces of it and `cells.py` places them; here they get the size of their words, the heading
above, the pipes, and arrows that bend around words (`arcs.py`). `text.py` writes it as Vensim does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from realities.model.write.sketch.arcs import Box, Curve, curves
from realities.model.write.sketch.cells import places
from realities.model.write.sketch.chains import Half, Piece, pieces_of
from realities.model.write.sketch.views import View, Word

#: Pixels of a line of text, and of characters as wide or narrow as in Vensim's own font; of others `_PLAIN`.
LINE: Final = 16
_PLAIN: Final = 8
_WIDTHS: Final = {
    **dict.fromkeys("fijlrt .,;:'|!()[]-/", 5),
    **dict.fromkeys("acesz", 7),
    **dict.fromkeys("mwMW%@", 13),
    **dict.fromkeys("ABCDEGHKLNOPQRTUVXYZ&", 11),
}
#: Widest lines of a word, the next where it would take more than three, and of a note.
NARROW: Final = (104, 136, 176)
NOTE: Final = 640
#: Room between words, beside and above; around the whole.
_BESIDE, _ABOVE = 24, 26
_MARGIN: Final = 40
#: Half the least size of a box.
_BOX = 42, 20
#: Half the size of a valve along and across its pipe, and of a cloud.
VALVE: Final = (6, 8)
CLOUD: Final = (10, 8)
#: What an arrow's way through words or others counts against the length of arrows.
_TANGLE: Final = 14
#: How far above the middle of its row a valve stands, so that its name has room below.
_RAISED: Final = 13

ShapeKind = Literal["stock", "flow", "word", "shadow", "valve", "cloud", "title", "note"]
LineKind = Literal["into", "out of", "arrow", "at start"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Something at a point, with half its width and height."""

    kind: ShapeKind
    text: str
    x: int
    y: int
    half_width: int
    half_height: int


@dataclass(frozen=True, slots=True)
class Line:
    """A pipe or an arrow from one shape to another, by number, through a point."""

    kind: LineKind
    start: int
    end: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A view as it is drawn; lines name shapes by their place among them, from 0."""

    title: str
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]


def draw(view: View, *, in_haste: bool = False) -> Drawing:
    """Return a view with a place for everything on it: the best of several drawings, or one in haste."""
    pieces = pieces_of(view)
    joined = [(one.cause, one.effect) for one in view.arrows]
    best: tuple[int, Drawing] | None = None
    for length, cells in places(pieces, joined, in_haste=in_haste):
        sheet = _Sheet(view)
        for piece, (column, row) in zip(pieces, cells, strict=True):
            sheet.add(piece, column, row)
        cost = length + _TANGLE * sheet.arrows()
        if best is None or cost < best[0]:
            best = cost, Drawing(view.title, tuple(sheet.shapes), tuple(sheet.lines))
    assert best is not None
    return best[1]


class _Sheet:
    """Shapes and lines of one view, as they are added."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.shapes: list[Shape] = []
        self.lines: list[Line] = []
        self.number: dict[str, int] = {}
        self.valve: dict[str, int] = {}
        sizes = {key: _size(word) for key, word in view.words.items()}
        self.sizes = sizes
        self.wide = max([2 * w for w, _ in sizes.values()] + [2 * _BOX[0]]) + _BESIDE
        high = [2 * h + (0 if view.words[key].kind != "flow" else LINE - 4) for key, (_, h) in sizes.items()]
        self.high = max([*high, 2 * _BOX[1]]) + _ABOVE
        self.top = _MARGIN
        if view.heading:
            self._heading("title", view.heading)
        if view.note:
            self._heading("note", view.note)
        self.top += _ABOVE

    def _heading(self, kind: ShapeKind, text: str) -> None:
        lines, width = wrapped(text, NOTE)
        half_width = (width * 5 // 4 if kind == "title" else width) // 2 + 8
        half_height = lines * LINE // 2 + 4
        x, y = _MARGIN + half_width, self.top + half_height
        self.shapes.append(Shape(kind, text, x, y, half_width, half_height))
        self.top += 2 * half_height

    def _x(self, half_column: int) -> int:
        return _MARGIN + (half_column + 1) * self.wide // 2

    def _y(self, row: int) -> int:
        return self.top + row * self.high + self.high // 2

    def _add(self, shape: Shape) -> int:
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def add(self, piece: Piece, column: int, row: int) -> None:
        """Add a piece whose first column and row stand there."""
        for key, (own_column, own_row) in piece.cells.items():
            word = self.view.words[key]
            half_width, half_height = self.sizes[key]
            x, y = self._x(2 * (column + own_column)), self._y(row + own_row)
            if key in piece.boxes:
                box = piece.boxes[key]
                y = (self._y(row + box.first) + self._y(row + box.last)) // 2 - (
                    _RAISED if piece.valves else 0
                )
                half_height += (box.last - box.first) * self.high // 2
            elif key in piece.valves:
                x = self._x(2 * column + piece.valves[key].half_column)
                self.valve[key] = self._add(Shape("valve", "", x, y - _RAISED, *VALVE))
                y += VALVE[1] + half_height + 1 - _RAISED
            self.number[key] = self._add(Shape(word.kind, word.name, x, y, half_width, half_height))
        for half in piece.halves:
            self._pipe(half, piece, column)

    def _pipe(self, half: Half, piece: Piece, column: int) -> None:
        """Add the pipe on one side of a valve, and the cloud at its end."""
        number = self.valve[half.flow]
        valve = self.shapes[number]
        if half.end is None:
            x = self._x(2 * column + half.half_column)
            x += round((valve.x - x) * 0.3)
            end = self._add(Shape("cloud", "", x, valve.y, *CLOUD))
            corner = (valve.x + x) // 2, valve.y
        else:
            end = self.number[half.end]
            stock = self.shapes[end]
            side = stock.half_width if stock.x < valve.x else -stock.half_width
            corner = (valve.x + stock.x + side) // 2, valve.y
            if piece.valves[half.flow].is_above:
                corner = stock.x, valve.y
        self.lines.append(Line("into" if half.is_into else "out of", number, end, *corner))

    def arrows(self) -> int:
        """Add the arrows, bent so that they cross little and run through nothing; return how ill it went."""
        ends = [
            (self._anchor(one.cause, one.effect), self._anchor(one.effect, one.cause))
            for one in self.view.arrows
        ]
        boxes = [(one.x, one.y, one.half_width, one.half_height) for one in self.shapes]
        pipes = [_span(boxes[one.start], (one.x, one.y), boxes[one.end]) for one in self.lines]
        cost, found = curves([Curve(boxes[a], boxes[b]) for a, b in ends], boxes, pipes)
        for arrow, (start, end), (x, y) in zip(self.view.arrows, ends, found, strict=True):
            self.lines.append(Line("at start" if arrow.at_start else "arrow", start, end, x, y))
        return cost

    def _anchor(self, key: str, other: str) -> int:
        """Return what an arrow begins or ends at: of a flow its valve where that is nearer than its name."""
        if key in self.valve and self.shapes[self.number[other]].y < self.shapes[self.valve[key]].y:
            return self.valve[key]
        return self.number[key]


def _span(valve: Box, corner: tuple[int, int], end: Box) -> Box:
    """Return the straight part of a pipe that begins at its valve, as a box."""
    x = end[0] if corner[0] != end[0] else corner[0]
    return (valve[0] + x) // 2, valve[1], abs(valve[0] - x) // 2, 2


def _size(word: Word) -> tuple[int, int]:
    """Return half the width and height of a word, its box included."""
    text = word.name if word.kind != "shadow" else f"<{word.name}>"
    lines, width = next(
        (found for one in NARROW if (found := wrapped(text, one))[0] <= 3), wrapped(text, NARROW[-1])
    )
    half_width, half_height = width // 2 + 4, lines * LINE // 2 + 3
    if word.kind != "stock":
        return half_width, half_height
    return max(_BOX[0], half_width + 5), max(_BOX[1], half_height + 4)


def wrapped(text: str, width: int) -> tuple[int, int]:
    """Return how many lines a text takes that are no wider than so many pixels, and the widest line's width.

    A single word may be wider.
    """
    lines = [0]
    for word in text.split() or [""]:
        own = sum(_WIDTHS.get(character, _PLAIN) for character in word)
        if lines[-1] and lines[-1] + _WIDTHS[" "] + own > width:
            lines.append(own)
        else:
            lines[-1] += own + (_WIDTHS[" "] if lines[-1] else 0)
    return len(lines), max(lines)
