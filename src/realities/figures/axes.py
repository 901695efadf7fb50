"""Axes: round ticks, month ticks, labels that keep apart, and the frame that maps values to pixels.

A chart comes in, ticks and pixels go out, for `draw.py`. The value axis covers what it is given and nothing
else: whether a later report may stretch it is the caller's choice. The page's `scale.js` and `draw.js` have
the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

import numpy as np
from numpy.typing import ArrayLike

from realities.figures.chart import Chart
from realities.figures.text import MONTHS, short_name


def nice_ticks(low: float, high: float, n: int = 5) -> list[float]:
    """Return about `n` round values that cover `low` to `high`, ends included."""
    if not high > low:
        high = low + (abs(low) or 1.0)
    raw = (high - low) / max(n, 1)
    power = 10.0 ** floor(log10(raw))
    step = next(m for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999) * power
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def value_range(values: ArrayLike) -> tuple[float, float]:
    """Return the ends of the value axis: zero is kept unless all data sit above 55 % of the maximum.

    A dip below zero of less than a fiftieth of the maximum does not add an axis of negative values.
    """
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if -0.02 * high <= low <= 0.55 * high:
        low = 0.0
    elif high <= 0 and high >= 0.55 * low:
        high = 0.0
    return (low, high) if high > low else (low, low + (abs(low) or 1.0))


def time_ticks(first: float, last: float, n: int) -> list[tuple[float, str]]:
    """Return (day, label) of month or year starts, at most about `n` of them; a January shows its year."""
    months = (last - first) / 30.4375
    steps = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000)
    step = next((s for s in steps if months / s <= n), steps[-1])
    start = date.fromordinal(max(1, floor(first)))
    index = ceil((start.year * 12 + start.month - 1) / step) * step
    ticks: list[tuple[float, str]] = []
    while index // 12 <= 9999:
        year, month = divmod(index, 12)
        day = float(date(year, month + 1, 1).toordinal()) if year >= 1 else 1.0
        if day > last:
            break
        if day >= first:
            named = str(year) if month == 0 else MONTHS[month]
            ticks.append((day, named if ticks or month == 0 else f"{named} {year}"))
        index += step
    return ticks


def spread_labels(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places near the `wanted` ones, `gap` apart and inside `low` to `high` where they fit."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + gap if placed else low))
    limit = high
    for k in reversed(range(len(placed))):
        placed[k] = min(placed[k], limit)
        limit = placed[k] - gap
    result = [0.0] * len(wanted)
    for place, i in zip(placed, order, strict=True):
        result[i] = place
    return result


def tick_labels(ticks: Sequence[float]) -> tuple[list[str], str]:
    """Return labels for the ticks of one axis, all with the same decimals, and what they count in."""
    largest = max(abs(tick) for tick in ticks)
    scale, word = next(((s, w) for s, w in ((1e9, "billion"), (1e6, "million")) if largest >= s), (1.0, ""))
    step = (ticks[1] - ticks[0]) / scale if len(ticks) > 1 else 1.0
    decimals = next((d for d in range(8) if abs(step * 10**d - round(step * 10**d)) < 1e-6), 8)
    return [f"{tick / scale:,.{decimals}f}".replace("-", "−") for tick in ticks], word


@dataclass(frozen=True, slots=True)
class Frame:
    """The box of a chart: maps days and values to pixels."""

    width: float
    height: float
    days: tuple[float, float]
    ticks: tuple[float, ...]
    left: float
    right: float
    top: float
    bottom: float

    @property
    def end(self) -> float:
        """The right edge of what is drawn, where the labels of lines begin."""
        return self.width - self.right

    @property
    def base(self) -> float:
        """The lower edge of what is drawn."""
        return self.height - self.bottom

    def x(self, day: float) -> float:
        """Return the pixels of a day, from the left."""
        span = (self.days[1] - self.days[0]) or 1.0
        return self.left + (day - self.days[0]) / span * (self.end - self.left)

    def y(self, value: float) -> float:
        """Return the pixels of a value, from the top."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.base - (value - low) / (high - low) * (self.base - self.top)


def frame_of(chart: Chart) -> Frame:
    """Return where things stand: margins are as wide as the labels in them need."""
    ticks = chart["ticks"] if "ticks" in chart else ticks_for(chart)
    widest = max(len(label) for label in tick_labels(ticks)[0])
    names = [len(short_name(one.get("label", ""))) + 2 for one in chart["series"]]
    ends = {"names": min(208, 20 + 7.4 * max(names, default=0)), "letters": 26}.get(chart.get("ends", ""), 8)
    return Frame(
        width=chart["w"],
        height=chart["h"],
        days=chart.get("span", (chart["x"][0], chart["x"][-1])),
        ticks=tuple(ticks),
        left=chart.get("left", 14 + 7 * widest),
        right=chart.get("right", ends),
        top=chart.get("top", 26),
        bottom=chart.get("bottom", 26),
    )


def ticks_for(chart: Chart) -> list[float]:
    """Return ticks that cover what a chart shows, and nothing else; of what is faint that is the median."""
    rows = [
        row
        for one in chart["series"]
        for row in (one["rows"][2:3] if one.get("faint") and chart["kind"] != "runs" else one["rows"])
    ]
    values = [value for row in rows for value in row]
    values += [
        value for mark in chart.get("marks", ()) for value in (mark["value"], mark["low"], mark["high"])
    ]
    shown = np.array([value for value in values if value is not None], dtype=float)
    return nice_ticks(*value_range(shown), chart.get("n", 5))
