"""What a page carries of its model's causal diagrams: part of the payload (`report/schema.py`).

`data.py` builds it, the page's script draws from it, and `shown.py` tells it before the script runs. Boxes
are told by their place among `names`.
"""

from __future__ import annotations

from typing import TypedDict


class PictureData(TypedDict):
    """One causal diagram: places of its boxes, and the cell of each, row by row, in a wide and a narrow grid.

    `columns` are those of the two grids. The picture without a name is the whole, or shows the sectors where
    there are others; then boxes are groups.
    """

    name: str
    boxes: str
    columns: list[int]
    wide: str
    narrow: str


class CausesData(TypedDict):
    """What acts on what in the model; a list along `names` says the same of each box.

    `kinds` has a letter each: stock, flow, auxiliary, constant, p for a constant that accounts differ in or
    are unsure of, d for a dated input. `elements` are full names where a box stands for an array. `links` are
    (cause, effect, code): 1 more, 2 less, 3 it depends; and 4 measured along runs, 8 delayed, 16 at the
    start.
    """

    names: list[str]
    kinds: str
    groups: list[str]
    group: str
    units: list[str]
    docs: list[str]
    equations: list[str]
    elements: list[list[str]]
    links: str
    pictures: list[PictureData]
