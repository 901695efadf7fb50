"""Arrays and graphical functions as the lists of numbers they are: elements by number, and what is in all.

Section 3.7.1.3 of XMILE 1.0 lets `MAX(curve)` be the largest y value of a graphical function that stands
alone, `SIZE(curve)` how many it has, `curve[3]` the third. They are known before a run, so that each
becomes a number. A number counts through an array row by row (3.3.2). `slices.py` asks for both.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.xmile.brackets import Axis, Shape
from realities.model.xmile.functions import SIMPLE

#: Functions of whole arrays: inside them an array without subscripts means all its elements.
ARRAY_FUNCTIONS = frozenset(
    ("sum", "mean", "stddev", "size", "rank", "prod", "product", "vmin", "vmax", "vector select")
)
#: Functions of whole arrays that are functions of plain numbers as well.
EITHER = frozenset(("min", "max"))
#: Functions whose first argument is a graphical function.
TABLE_FUNCTIONS = frozenset(
    (
        "lookup",
        "lookupinv",
        "lookuparea",
        "lookupmean",
        "lookup forward",
        "lookup backward",
        "lookup extrapolate",
    )
)
#: Functions that say how many elements a dimension has, too.
SIZES = frozenset(("size", "elmcount"))
#: Functions that are called by their names although a variable has one of them, too.
OWN_FUNCTIONS = frozenset((*ARRAY_FUNCTIONS, *EITHER, *SIZES, *TABLE_FUNCTIONS, *SIMPLE, "init", "integ"))

#: What each function makes of a list of numbers; STDDEV is of all there is, as for arrays.
_OF_LIST: Mapping[str, Callable[[Sequence[float]], float]] = {
    "max": max,
    "mean": statistics.fmean,
    "min": min,
    "prod": math.prod,
    "product": math.prod,
    "size": len,
    "stddev": statistics.pstdev,
    "sum": math.fsum,
}


def of_points(call: syntax.Apply, shapes: Mapping[str, Shape]) -> syntax.Term:
    """Return a call with a number in the place of each graphical function that it takes as a whole."""
    function = _OF_LIST.get(name_key(call.function.name))
    if function is None:
        return call
    arguments = [_number(argument, function, shapes) for argument in call.arguments]
    if len(arguments) == 1 and arguments[0] is not call.arguments[0]:
        return arguments[0]
    if name_key(call.function.name) not in ("max", "min"):
        return call
    return replace(call, arguments=tuple(arguments))


def _number(
    term: syntax.Term, function: Callable[[Sequence[float]], float], shapes: Mapping[str, Shape]
) -> syntax.Term:
    """Return what a function makes of the y values of a graphical function; any other term as it is."""
    shape = shapes.get(name_key(term.name)) if isinstance(term, syntax.Name) else None
    if shape is None or not shape.points:
        return term
    return syntax.Numeral(float(function(shape.points)), term.span)


def point(shape: Shape, index: syntax.Term, call: syntax.Apply) -> syntax.Term | None:
    """Return the y value at a number from 1, or None where the number is outside or not known yet."""
    if not isinstance(index, syntax.Numeral) or not 1 <= index.value < len(shape.points) + 1:
        return None
    return syntax.Numeral(shape.points[int(index.value) - 1], call.span)


def counted(
    index: syntax.Term, axes: Sequence[Axis], runs: Sequence[syntax.Subscript]
) -> tuple[syntax.Subscript, ...] | None:
    """Return the element that a number from 1 counts to through an array, the last subscript fastest.

    None where the number is outside or not known yet.
    """
    size = math.prod(len(axis.elements) for axis in axes)
    if not isinstance(index, syntax.Numeral) or not 1 <= index.value < size + 1:
        return None
    rest = int(index.value) - 1
    found: list[syntax.Subscript] = []
    for axis, run in zip(reversed(axes), reversed(runs), strict=True):
        rest, at = divmod(rest, len(axis.elements))
        found.append(syntax.Subscript(axis.spelling[at], False, run.span))
    return tuple(reversed(found))
