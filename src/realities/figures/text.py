"""Numbers and dates as people write them, short and with their unit.

Values and days come in, text goes out. The page's own script writes the same texts, so the rounding
here is spelled out and does not follow the platform's.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from typing import Final

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITLESS: Final = frozenset({"dmnl", "dimensionless", "share", "fraction", "1", "index"})


def format_date(day: date) -> str:
    """Return a date as people write it: `9 Apr 2023`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def format_number(value: float) -> str:
    """Return a number short enough to read: `0.563`, `17.9`, `118,900`, `1.21 million`.

    Three significant digits below a thousand and above a million, four between; halves round away from zero.
    """
    if not isfinite(value):
        return "–"
    size = abs(value)
    sign = "−" if value < 0 else ""
    rounded = float(_significant(size, 4))
    for limit, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if rounded >= limit:
            return sign + _plain(_significant(size / limit, 3)) + word
    if rounded >= 1000:
        return sign + _plain(_significant(size, 4))
    small = _significant(size, 3)
    if small == 0:
        return "0"
    if size < 1e-5:
        return sign + f"{float(small):.2e}".replace("e-0", "e-")
    return sign + _plain(small)


def format_quantity(value: float, unit: str) -> str:
    """Return a number with its unit: `118,900 km²`, `17.9%`; a share has no unit to name."""
    number = format_number(value)
    if not unit or unit.casefold() in _UNITLESS:
        return number
    return f"{number}%" if unit in {"%", "percent"} else f"{number} {unit}"


def short_name(name: str, limit: int = 24) -> str:
    """Return a name that fits beside a line: cut at a word, marked as cut."""
    if len(name) <= limit:
        return name
    head = name[:limit].rsplit(" ", 1)[0] if " " in name[:limit] else name[: limit - 1]
    return head.rstrip(" ,;:") + "…"


def _significant(value: float, digits: int) -> Decimal:
    """Round to significant digits; halves go away from zero, as in the page's own code."""
    exact = Decimal(value)
    if exact == 0:
        return Decimal(0)
    return exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=ROUND_HALF_UP)


def _plain(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
