"""Units as people write them.

In comes the text of a unit as a model or a measure has it; out comes `km²` for km2, `people a day` for
person/day. `payload.py` asks for quantities, `live/sliders.py` for what a reader can change.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "km2": "km²",
    "m2": "m²",
    "m3": "m³",
    "person": "people",
    "persons": "people",
    "dmnl": "",
    "1": "",
    "fraction": "share",
    "percent": "%",
    "vehicle": "vehicles",
    "case": "cases",
    "point": "points",
    "dollar": "dollars",
    "tonne": "tonnes",
    "million tonne": "million tonnes",
}
#: Units of so few letters are symbols, and stay behind a slash: g/l, km/h.
_SHORT: Final = 3
_TIMES: Final = frozenset({"day", "week", "month", "quarter", "year"})


def unit_text(unit: str) -> str:
    """Return a unit as people write it.

    Examples
    --------
    >>> unit_text("person/Day"), unit_text("1/Day"), unit_text("g/l"), unit_text("Day")
    ('people a day', 'a day', 'g/l', 'days')
    """
    small = unit.casefold()
    if small in _WORDS:
        return _WORDS[small]
    if small in _TIMES:
        return f"{small}s"
    above, slash, below = unit.partition("/")
    if slash and below.casefold() in _TIMES:
        return f"{unit_text(above)} a {below.casefold()}".strip()
    if slash and below.isalpha() and len(below) > _SHORT:
        return f"{unit_text(above)} per {below}".strip()
    return unit
