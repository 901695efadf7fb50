"""Arrays in, SVG text out: fan charts, single runs, step lines and bars.

Days come in as `date.toordinal()` numbers, values as arrays in the order (account, ..., day); text comes
in untrusted and goes out escaped. What goes out is one `<svg>` element whose looks are classes only, so
that the same text serves a light page, a dark page and a notebook. Notebooks ask for `standalone=True`;
the report puts `RULES` and the palette in its own style sheet and draws the later pictures itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from realities.figures.axes import FloatArray, Frame, nice_ticks, tick_labels, value_range
from realities.figures.style import DARK, LIGHT, N_COLOURS, RULES, SHAPES, letter, palette, shape_path
from realities.figures.text import short_name


@dataclass(frozen=True, slots=True)
class Band:
    """What one account expects of one quantity: quantiles 5, 25, 50, 75 and 95 %, shape (5, day)."""

    label: str
    index: int
    quantiles: FloatArray


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one account, shape (line, day): single runs, or one row for a step line."""

    label: str
    index: int
    values: FloatArray


@dataclass(frozen=True, slots=True)
class Mark:
    """One report: when it was so, what was said, and whether it was published after the as-of date."""

    day: float
    value: float | None
    shape: int = 0
    is_late: bool = False
    low: float | None = None
    high: float | None = None
    label: str = ""


def fan(
    days: ArrayLike,
    bands: Sequence[Band],
    *,
    marks: Sequence[Mark] = (),
    as_of: date | None = None,
    title: str = "",
    width: float = 760,
    height: float = 440,
    standalone: bool = False,
) -> str:
    """Return a fan chart: per account the median, the 50 % band and the 90 % band, with reports as marks.

    Parameters
    ----------
    days
        Days as proleptic Gregorian ordinals, shape (day,), rising.
    bands
        One per account, in display order; `quantiles` has shape (5, day). An empty array draws nothing.
    marks
        Reports; late ones are drawn hollow and faint. Whether to pass late ones at all is the caller's
        choice: the value axis covers what is passed and nothing else.
    as_of
        Where to draw the vertical line.
    title
        What the picture shows, for readers who do not see it. Not drawn.
    width, height
        Size in pixels; text is 12 px at this size.
    standalone
        Carry palette and rules inside, for notebooks.
    """
    x = np.asarray(days, dtype=float)  # (day,)
    drawn = [band for band in bands if band.quantiles.size]
    frame = _frame(x, [band.quantiles for band in drawn], marks, width, height)
    body = frame.axes()
    for row, kind in (((0, 4), "rl-b9"), ((1, 3), "rl-b5")):
        for band in drawn:
            area = _area(frame.x(x), frame.y(band.quantiles[row[0]]), frame.y(band.quantiles[row[1]]))
            body.append(f'<path class="{kind} rl-{band.index % N_COLOURS}" d="{area}"/>')
    for band in drawn:
        body.append(_line(frame.x(x), frame.y(band.quantiles[2]), "rl-line", band.index))
    ends = [(band.label, band.index, float(band.quantiles[2, -1])) for band in drawn]
    return _svg(
        frame, [*body, *frame.as_of(as_of), *_marks(frame, marks), *frame.end_labels(ends)], title, standalone
    )


def runs(
    days: ArrayLike,
    series: Sequence[Lines],
    *,
    marks: Sequence[Mark] = (),
    as_of: date | None = None,
    title: str = "",
    width: float = 760,
    height: float = 440,
    standalone: bool = False,
) -> str:
    """Return single runs as thin lines, `values` of shape (run, day) per account; see `fan` for the rest."""
    x = np.asarray(days, dtype=float)  # (day,)
    frame = _frame(x, [lines.values for lines in series], marks, width, height)
    body = frame.axes()
    for lines in series:
        body += [_line(frame.x(x), frame.y(row), "rl-run", lines.index) for row in lines.values]
    ends = [(s.label, s.index, float(np.median(s.values[:, -1]))) for s in series if s.values.size]
    return _svg(
        frame, [*body, *frame.as_of(as_of), *_marks(frame, marks), *frame.end_labels(ends)], title, standalone
    )


def steps(
    days: ArrayLike,
    series: Sequence[Lines],
    *,
    as_of: date | None = None,
    title: str = "",
    width: float = 760,
    height: float = 260,
    standalone: bool = False,
) -> str:
    """Return step lines on a fixed axis of 0 to 100: each value holds until the next day given.

    `values` has shape (1, day) per account, as shares of one; gaps (not a number) are left open. What lies
    after the as-of date is drawn faint.
    """
    x = np.asarray(days, dtype=float)  # (day,)
    frame = Frame(width, height, _ends(x), (0.0, 25.0, 50.0, 75.0, 100.0), left=48, right=204)
    body = frame.axes()
    cut = min(max(float(as_of.toordinal()) if as_of else x[-1], x[0]), x[-1])
    held = int(np.searchsorted(x, cut, side="right")) - 1  # the step in force at the as-of date
    for lines in series:
        y = frame.y(lines.values[0] * 100)
        before = np.append(x[: held + 1], cut), np.append(y[: held + 1], y[held])
        after = np.append(cut, x[held + 1 :]), y[held:]
        for (days_drawn, values), faint in ((before, False), (after, True)):
            body.append(_step(frame.x(days_drawn), values, lines.index, faint=faint))
    ends = [(s.label, s.index, float(v) * 100) for s in series if isfinite(v := float(s.values[0, -1]))]
    return _svg(frame, [*body, *frame.as_of(as_of), *frame.end_labels(ends)], title, standalone)


def bars(
    labels: Sequence[str],
    shares: ArrayLike,
    shown: Sequence[str],
    *,
    title: str = "",
    width: float = 520,
    standalone: bool = False,
) -> str:
    """Return one horizontal bar per account, `shares` of one on equal tracks, with the number as `shown`."""
    heights, left = 28.0, 190.0
    body = []
    for i, (label, share, text) in enumerate(
        zip(labels, np.asarray(shares, dtype=float), shown, strict=True)
    ):
        y, room = i * heights, width - left - 90
        length = max(0.0, min(1.0, float(share))) * room
        name = escape(f"{letter(i)} {short_name(label, 24)}")
        body += [
            f'<text class="rl-end rl-{i % N_COLOURS}" x="0" y="{y + 18:.1f}">{name}</text>',
            f'<rect class="rl-track" x="{left}" y="{y + 10:.1f}" width="{room:.1f}" height="8" rx="4"/>',
            f'<rect class="rl-bar rl-{i % N_COLOURS}" x="{left}" y="{y + 10:.1f}" '
            f'width="{length:.1f}" height="8" rx="4"/>',
            f'<text x="{width}" y="{y + 18:.1f}" text-anchor="end">{escape(text)}</text>',
        ]
    frame = Frame(width, heights * max(len(labels), 1), (0.0, 1.0), (0.0, 1.0), left=0, right=0)
    return _svg(frame, body, title, standalone)


def _ends(x: FloatArray) -> tuple[float, float]:
    return float(x[0]), float(x[-1])


def _frame(
    x: FloatArray, values: Sequence[FloatArray], marks: Sequence[Mark], width: float, height: float
) -> Frame:
    shown = [v for mark in marks for v in (mark.value, mark.low, mark.high) if v is not None]
    low, high = value_range(np.concatenate([*(v.ravel() for v in values), np.array(shown, dtype=float)]))
    ticks = tuple(nice_ticks(low, high))
    widest = max(len(label) for label in tick_labels(ticks)[0])
    return Frame(width, height, _ends(x), ticks, left=16 + 7 * widest, right=204)


def _points(xs: FloatArray, ys: FloatArray) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def _area(xs: FloatArray, low: FloatArray, high: FloatArray) -> str:
    return f"M{_points(xs, high)}L{_points(xs[::-1], low[::-1])}Z"


def _line(xs: FloatArray, ys: FloatArray, kind: str, index: int) -> str:
    return f'<path class="{kind} rl-{index % N_COLOURS}" d="M{_points(xs, ys)}"/>'


def _step(xs: FloatArray, ys: FloatArray, index: int, *, faint: bool) -> str:
    path, pen_up = "", True
    for x, y in zip(xs, ys, strict=True):
        if not isfinite(y):
            path += "" if pen_up else f"H{x:.1f}"
            pen_up = True
        else:
            path += f"M{x:.1f} {y:.1f}" if pen_up else f"H{x:.1f}V{y:.1f}"
            pen_up = False
    return f'<path class="rl-line rl-{index % N_COLOURS}{" rl-faint" if faint else ""}" d="{path}"/>'


def _marks(frame: Frame, marks: Sequence[Mark]) -> list[str]:
    parts = []
    for mark in marks:
        x = float(frame.x(mark.day))
        late = " rl-late" if mark.is_late else ""
        if mark.low is not None or mark.high is not None:
            ends = [float(frame.y(v)) for v in (mark.low, mark.value, mark.high) if v is not None]
            parts.append(f'<path class="rl-span{late}" d="M{x:.1f} {max(ends):.1f}V{min(ends):.1f}"/>')
        bounds = [v for v in (mark.low, mark.high) if v is not None]
        if mark.value is None and not bounds:
            continue
        at = sum(bounds) / len(bounds) if mark.value is None else mark.value
        label = f"<title>{escape(mark.label)}</title>" if mark.label else ""
        outline = shape_path(SHAPES[mark.shape % len(SHAPES)], x, float(frame.y(at)))
        parts.append(f'<path class="rl-mark{late}" d="{outline}">{label}</path>')
    return parts


def _svg(frame: Frame, body: Sequence[str], title: str, standalone: bool) -> str:
    style = ""
    if standalone:
        dark = f"@media(prefers-color-scheme:dark){{.rl{{{palette(DARK)}}}}}"
        style = f"<style>.rl{{{palette(LIGHT)}}}{dark}{RULES}</style>"
    size = f'viewBox="0 0 {frame.width:g} {frame.height:g}" width="{frame.width:g}" height="{frame.height:g}"'
    name = f' role="img" aria-label="{escape(title)}"' if title else ' aria-hidden="true"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="rl" {size}{name}>{style}{"".join(body)}</svg>'
