"""Drawings as the sketch of a Vensim file: drawings in, the lines between equations and settings out.

The format is Vensim's V300: a line for each thing, its kind first (1 arrow or pipe, 10 variable, 11 valve,
12 cloud or text), then its number on the view, by which arrows name what they join. See
https://www.vensim.com/documentation/ref_sketch_format.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from realities.model.write.sketch.drawing import Drawing, Line, Shape
from realities.model.write.vensim import name_text

_HEAD = (
    "\\\\\\---/// Sketch information - do not modify anything except names\n"
    "V300  Do not put anything below this section - it will be ignored\n"
)
_STYLE = "$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0"
#: What ends the sketch; the settings follow.
END = "///---\\\\\\"
_GREY = "128-128-128"


def sketch_text(drawings: Iterable[Drawing]) -> str:
    """Return the text of a sketch, up to the line that ends it."""
    return "".join(f"{_HEAD}*{one.title}\n{_STYLE}\n" + "".join(_lines(one)) for one in drawings) + END + "\n"


def _lines(drawing: Drawing) -> Iterator[str]:
    """Yield the lines of one view: what stands on it, then what joins it."""
    for number, shape in enumerate(drawing.shapes, 1):
        yield f"{_shape(number, shape)}\n"
    for number, line in enumerate(drawing.lines, len(drawing.shapes) + 1):
        yield f"{_line(number, line)}\n"


def _shape(number: int, shape: Shape) -> str:
    """Return the line of something that stands on a view.

    Behind the place and half the size come the shape (3 a box, 8 none, 32 more at a valve), and what holds of
    it: 1 takes arrows, 2 gives some, 4 its text is on the next line, 128 its size is as it stands here.
    """
    where = f"{shape.x},{shape.y},{shape.half_width},{shape.half_height}"
    name = name_text(shape.text)
    match shape.kind:
        case "stock":
            return f"10,{number},{name},{where},3,131,0,0,0,0,0,0"
        case "flow":
            return f"10,{number},{name},{where},40,131,0,0,-1,0,0,0"
        case "word":
            return f"10,{number},{name},{where},8,131,0,0,-1,0,0,0"
        case "shadow":
            return f"10,{number},{name},{where},8,130,0,3,-1,0,0,0,{_GREY},0-0-0,|12||{_GREY}"
        case "valve":
            return f"11,{number},48,{where},34,3,0,0,1,0,0,0"
        case "cloud":
            return f"12,{number},48,{where},0,3,0,0,-1,0,0,0"
        case "title":
            return f"12,{number},0,{where},8,135,0,24,-1,0,0,0,-1--1--1,0-0-0,|14|B|0-0-0\n{shape.text}"
        case "note":
            return f"12,{number},0,{where},8,135,0,0,-1,0,0,0\n{shape.text}"
        case _:
            assert_never(shape.kind)


def _line(number: int, line: Line) -> str:
    """Return the line of an arrow or a pipe: a pipe begins at its valve on either side of it."""
    match line.kind:
        case "into":
            style = "4,0,0,22,0,0,0"
        case "out of":
            style = "100,0,0,22,0,0,0"
        case "arrow":
            style = "1,0,0,0,0,64,0"
        case "at start":
            style = "1,0,0,0,0,64,1"
        case _:
            assert_never(line.kind)
    return f"1,{number},{line.start + 1},{line.end + 1},{style},-1--1--1,,1|({line.x},{line.y})|"
