"""Axes: round ticks, month ticks, labels that keep apart, and the frame that maps values to pixels.

Ranges come in, ticks and pixels go out, for `charts.py`. The value axis covers what it is given and
nothing else: whether a later report may stretch it is the caller's choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from math import ceil, floor, log10

import numpy as np
from numpy.typing import ArrayLike, NDArray

from realities.figures.style import N_COLOURS, letter
from realities.figures.text import MONTHS, format_date, short_name

FloatArray = NDArray[np.float64]


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
    """The box of a chart: maps days and values to pixels and draws the axes."""

    width: float
    height: float
    days: tuple[float, float]
    ticks: tuple[float, ...]
    left: float
    right: float
    top: float = 26.0
    bottom: float = 26.0

    def x(self, day: ArrayLike) -> FloatArray:
        """Return the pixels of days, from the left."""
        share = (np.asarray(day, dtype=float) - self.days[0]) / max(self.days[1] - self.days[0], 1e-9)
        return self.left + share * (self.width - self.left - self.right)

    def y(self, value: ArrayLike) -> FloatArray:
        """Return the pixels of values, from the top."""
        low, high = self.ticks[0], self.ticks[-1]
        share = (np.asarray(value, dtype=float) - low) / (high - low)
        return self.height - self.bottom - share * (self.height - self.bottom - self.top)

    def axes(self) -> list[str]:
        """Return horizontal rules, the base line, and labelled ticks."""
        end, base = self.width - self.right, self.height - self.bottom
        parts = []
        for value, label in zip(self.ticks, tick_labels(self.ticks)[0], strict=True):
            y = float(self.y(value))
            kind = "rl-axis" if value == self.ticks[0] else "rl-rule"
            parts.append(f'<path class="{kind}" d="M{self.left:.1f} {y:.1f}H{end:.1f}"/>')
            parts.append(f'<text x="{self.left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
        for day, label in time_ticks(*self.days, n=max(2, int((end - self.left) / 76))):
            x = float(self.x(day))
            parts.append(f'<path class="rl-axis" d="M{x:.1f} {base:.1f}v4"/>')
            parts.append(f'<text x="{x:.1f}" y="{base + 18:.1f}" text-anchor="middle">{label}</text>')
        return parts

    def as_of(self, as_of: date | None) -> list[str]:
        """Return the line of the as-of date with its label, if it lies in the chart."""
        if as_of is None or not self.days[0] <= as_of.toordinal() <= self.days[1]:
            return []
        x, text = float(self.x(as_of.toordinal())), f"as of {format_date(as_of)}"
        half = 3.2 * len(text)
        at = min(max(x, self.left + half - 20), self.width - half)
        return [
            f'<path class="rl-asof" d="M{x:.1f} {self.top - 8:.1f}V{self.height - self.bottom:.1f}"/>',
            f'<text class="rl-now" x="{at:.1f}" y="{self.top - 12:.1f}" text-anchor="middle">{text}</text>',
        ]

    def end_labels(self, ends: Sequence[tuple[str, int, float]]) -> list[str]:
        """Labels at the line ends, moved apart; a short leader joins a moved one to its line."""
        wanted = [float(self.y(value)) for _, _, value in ends]
        placed = spread_labels(wanted, 16.0, self.top, self.height - self.bottom)
        x = self.width - self.right
        parts = []
        for (label, index, _), at, want in zip(ends, placed, wanted, strict=True):
            colour = f"rl-{index % N_COLOURS}"
            parts.append(f'<path class="rl-lead {colour}" d="M{x + 2:.1f} {want:.1f}L{x + 9:.1f} {at:.1f}"/>')
            name = escape(f"{letter(index)} {short_name(label)}")
            parts.append(f'<text class="rl-end {colour}" x="{x + 12:.1f}" y="{at + 4:.1f}">{name}</text>')
        return parts
