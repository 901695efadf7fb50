"""Charts as plain data, and plain data -> SVG text; with one palette and one way to write a number.

`chart.py` says what a chart is and makes one of arrays, `draw.py` draws it, `axes.py` scales, `style.py`
holds the looks and `text.py` the words. `card.py` puts charts and tables together for a notebook.
"""

from realities.figures.chart import (
    Chart,
    Mark,
    Series,
    account,
    bars,
    day_of,
    diagram,
    fan,
    lines,
    mark,
    runs,
    small,
    steps,
)
from realities.figures.draw import draw
from realities.figures.text import format_date, format_number, format_quantity

__all__ = [
    "Chart",
    "Mark",
    "Series",
    "account",
    "bars",
    "day_of",
    "diagram",
    "draw",
    "fan",
    "format_date",
    "format_number",
    "format_quantity",
    "lines",
    "mark",
    "runs",
    "small",
    "steps",
]
