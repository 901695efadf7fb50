"""Arrays -> SVG text: fan, runs, steps, bars; with one palette and one way to write a number.

`charts.py` draws, `axes.py` scales, `style.py` holds the looks and `text.py` the words. Used by
notebooks and by the report.
"""

from realities.figures.charts import Band, Lines, Mark, bars, fan, runs, steps
from realities.figures.text import format_date, format_number, format_quantity

__all__ = [
    "Band",
    "Lines",
    "Mark",
    "bars",
    "fan",
    "format_date",
    "format_number",
    "format_quantity",
    "runs",
    "steps",
]
