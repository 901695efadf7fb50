"""A chart as SVG text: what `report/template/js/draw.js` draws in the page, drawn in Python.

A `Chart` comes in, text in it untrusted; one `<svg>` element goes out. Its looks are classes only, so that
the same text serves a light page, a dark page and a notebook; `style.py` has the rules. Whoever changes a
shape here changes it there: the tests draw the same charts with both and compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Final

from realities.figures.axes import Frame, frame_of, spread_labels, tick_labels, time_ticks
from realities.figures.chart import BAR_STEP, Chart, Kind, Mark, Row, Series
from realities.figures.style import DARK, LIGHT, N_COLOURS, RULES, SHAPES, letter, palette, shape_path
from realities.figures.text import format_date, short_name

Layer = Callable[[Frame, Chart, Series], str]
_EPOCH: Final = date(1970, 1, 1).toordinal()


def draw(chart: Chart, *, standalone: bool = False) -> str:
    """Return a chart as one `<svg>` element; `standalone` carries palette and rules inside."""
    if chart["kind"] == "bars":
        return _svg(chart, _bars(chart), standalone)
    frame = frame_of(chart)
    shown = [one for one in chart["series"] if one["rows"]]
    body = _behind(frame, chart)
    body += "".join(layer(frame, chart, one) for layer in _LAYERS[chart["kind"]] for one in shown)
    as_of = chart.get("asof")
    if as_of is not None:
        body += _as_of(frame, as_of, is_named=bool(chart.get("ends")))
    body += _marks(frame, thinned(frame, chart.get("marks", ()))) + _end_labels(frame, chart)
    return _svg(chart, body, standalone)


def thinned(frame: Frame, marks: Iterable[Mark]) -> list[Mark]:
    """Return marks of which those of one reporter stand at least 7 px apart, so that each can be seen."""
    last: dict[tuple[int, bool], float] = {}
    kept = []
    for mark in marks:
        x, key = frame.x(mark["day"]), (mark["shape"], mark["late"])
        if key in last and abs(x - last[key]) < 7:
            continue
        last[key] = x
        kept.append(mark)
    return kept


# -- axes and what lies behind --------------------------------------------------------------------


def _behind(frame: Frame, chart: Chart) -> str:
    """A shaded zone, the axes, and where things would be if they were even, or as the chances say."""
    zone = ""
    if "zone" in chart:
        low, high = (frame.x(at) for at in chart["zone"])
        zone = (
            f'<rect class="rl-zone" x="{low:.1f}" y="{frame.top:.1f}" width="{high - low:.1f}" '
            f'height="{frame.base - frame.top:.1f}"/>'
        )
    guide = ""
    if chart["kind"] == "bins":
        guide = _path(frame, frame.days, [frame.ticks[0], frame.ticks[-1]])
    elif "even" in chart:
        guide = f"M{frame.left:.1f} {frame.y(chart['even']):.1f}H{frame.end:.1f}"
    return zone + _axes(frame, chart) + (f'<path class="rl-guide" d="{guide}"/>' if guide else "")


def _axes(frame: Frame, chart: Chart) -> str:
    """Horizontal rules, the base line, and labelled ticks."""
    parts = []
    for value, label in zip(frame.ticks, tick_labels(frame.ticks)[0], strict=True):
        y = frame.y(value)
        kind = "rl-axis" if value == frame.ticks[0] else "rl-rule"
        parts.append(f'<path class="{kind}" d="M{frame.left:.1f} {y:.1f}H{frame.end:.1f}"/>')
        if not chart.get("bare"):
            parts.append(f'<text x="{frame.left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    most = chart.get("nx", 0) or max(2, int((frame.end - frame.left) / 76))
    places = chart["xs"] if "xs" in chart else _starts(frame.days, most)
    for day, label in places:
        x = frame.x(day)
        parts.append(f'<path class="rl-axis" d="M{x:.1f} {frame.base:.1f}v4"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{frame.base + 18:.1f}" text-anchor="middle">{escape(label)}</text>'
        )
    return "".join(parts)


def _starts(days: tuple[float, float], most: int) -> list[tuple[float, str]]:
    return [(day - _EPOCH, label) for day, label in time_ticks(days[0] + _EPOCH, days[1] + _EPOCH, most)]


def _as_of(frame: Frame, day: float, *, is_named: bool) -> str:
    """The line of the as-of date, if it lies in the chart."""
    if not frame.days[0] <= day <= frame.days[1]:
        return ""
    x, text = frame.x(day), f"as of {format_date(date.fromordinal(int(day) + _EPOCH))}"
    half = 3.2 * len(text)
    at = min(max(x, frame.left + half - 20), frame.width - half)
    line = f'<path class="rl-asof" d="M{x:.1f} {frame.top - 8:.1f}V{frame.base:.1f}"/>'
    label = f'<text class="rl-now" x="{at:.1f}" y="{frame.top - 12:.1f}" text-anchor="middle">{text}</text>'
    return line + (label if is_named else "")


# -- what is drawn of an account ------------------------------------------------------------------


def _colour(one: Series) -> str:
    return f" rl-{one['index'] % N_COLOURS}{' rl-faint' if one.get('faint') else ''}"


def _path(frame: Frame, x: Sequence[float], row: Row) -> str:
    """A path that leaves gaps open."""
    path, pen = "", "M"
    for day, value in zip(x, row, strict=True):
        if value is not None:
            path += f"{pen}{frame.x(day):.1f} {frame.y(value):.1f}"
        pen = "M" if value is None else "L"
    return path


def _stairs(frame: Frame, x: Sequence[float], row: Row, stale: Sequence[float | None]) -> tuple[str, str]:
    """Paths on which each value holds until the next, and on which it still stands but is out of date.

    Gaps stay open.
    """
    path, thin, held, since = "", "", None, None
    for day, value, from_ in zip(x, row, stale, strict=True):
        across = f"{frame.x(day):.1f}"
        if held is not None:
            old = day if since is None else min(since, day)
            path += f"H{frame.x(old):.1f}"
            if old < day:
                thin += f"M{frame.x(old):.1f} {held}H{across}"
                path += "" if value is None else f"M{across} {held}"
        if value is not None:
            y = f"{frame.y(value):.1f}"
            path += f"M{across} {y}" if held is None else f"V{y}"
        held, since = None if value is None else f"{frame.y(value):.1f}", from_
    return path, thin


def _curve(kind: str, one: Series, path: str) -> str:
    return f'<path class="{kind}{_colour(one)}" d="{path}"/>'


def _band(low: int, high: int, kind: str) -> Layer:
    def layer(frame: Frame, chart: Chart, one: Series) -> str:
        if one.get("faint"):
            return ""
        there = _path(frame, chart["x"], one["rows"][high])
        back = _path(frame, chart["x"][::-1], one["rows"][low][::-1])
        return _curve(kind, one, f"{there}L{back[1:]}Z")

    return layer


def _median(frame: Frame, chart: Chart, one: Series) -> str:
    return _curve("rl-line", one, _path(frame, chart["x"], one["rows"][2]))


def _runs(frame: Frame, chart: Chart, one: Series) -> str:
    return "".join(_curve("rl-run", one, _path(frame, chart["x"], row)) for row in one["rows"])


def _steps(frame: Frame, chart: Chart, one: Series) -> str:
    """What lies after the as-of date is faint."""
    x, row, as_of = chart["x"], one["rows"][0], chart.get("asof")
    cut = x[-1] if as_of is None else min(max(as_of, x[0]), x[-1])
    after = sum(day <= cut for day in x)
    stale = chart.get("stale") or [None] * len(x)
    held, since = row[after - 1], stale[after - 1]  # the step in force at the as-of date
    later = None if since is None else max(since, cut)
    faint = one.copy()
    faint["faint"] = True
    drawn = (
        (faint, _stairs(frame, [cut, *x[after:]], [held, *row[after:]], [later, *stale[after:]])),
        (one, _stairs(frame, [*x[:after], cut], [*row[:after], held], [*stale[:after], None])),
    )
    return "".join(
        _curve("rl-line", series, path) + (_curve("rl-line rl-thin", series, thin) if thin else "")
        for series, (path, thin) in drawn
    )


def _dotted(frame: Frame, chart: Chart, one: Series) -> str:
    """A line with its points, those that are not reliable hollow."""
    row = one["rows"][0]
    is_open = one.get("open") or [False] * len(row)
    dots = [
        f'<circle class="rl-dot{_colour(one)}{" rl-open" if hollow else ""}" '
        f'cx="{frame.x(day):.1f}" cy="{frame.y(value):.1f}" r="4"/>'
        for day, value, hollow in zip(chart["x"], row, is_open, strict=True)
        if value is not None
    ]
    return _curve("rl-line", one, _path(frame, chart["x"], row)) + "".join(dots)


def _heaps(frame: Frame, _: Chart, one: Series) -> str:
    """Bars of equal width, side by side."""
    row = one["rows"][0]
    first, last = frame.days
    step = (last - first) / len(row)
    width = frame.x(first + step) - frame.left - 2
    return "".join(
        f'<rect class="rl-bar{_colour(one)}" x="{frame.x(first + step * k) + 1:.1f}" '
        f'y="{frame.y(value):.1f}" width="{width:.1f}" height="{frame.y(0) - frame.y(value):.1f}"/>'
        for k, value in enumerate(row)
        if value
    )


def _bins(frame: Frame, _: Chart, one: Series) -> str:
    """Bins: chance given, share that happened, the range it would lie in, and how many."""
    parts = []
    for chance, share, low, high, count in (tuple(value or 0.0 for value in row) for row in one["rows"]):
        x, y = f"{frame.x(chance):.1f}", frame.y(share)
        below = y + (18 if 2 * y < frame.top + frame.base else -9)
        parts += [
            f'<path class="rl-could" d="M{x} {frame.y(low):.1f}V{frame.y(high):.1f}"/>',
            f'<circle class="rl-dot{_colour(one)}" cx="{x}" cy="{y:.1f}" r="4.5"/>',
            f'<text class="rl-count" x="{x}" y="{below:.1f}" text-anchor="middle">{count:g}</text>',
        ]
    return "".join(parts)


#: What is drawn of every account, one layer of all accounts above the other.
_LAYERS: Final[Mapping[Kind, tuple[Layer, ...]]] = {
    "fan": (_band(0, 4, "rl-b9"), _band(1, 3, "rl-b5"), _median),
    "small": (_band(0, 4, "rl-b9"), _median),
    "runs": (_runs,),
    "steps": (_steps,),
    "lines": (_dotted,),
    "places": (_heaps,),
    "bins": (_bins,),
}


# -- marks and labels -----------------------------------------------------------------------------


def _marks(frame: Frame, marks: Sequence[Mark]) -> str:
    """Reports as outlines, smaller where there are many."""
    radius = 3.3 if len(marks) > 60 else 4.2
    parts = []
    for mark in marks:
        at = _mark_value(mark)
        if at is None:
            continue
        x, late = frame.x(mark["day"]), " rl-late" if mark["late"] else ""
        ends = [frame.y(v) for v in (mark["low"], mark["value"], mark["high"]) if v is not None]
        if len(ends) > 1:
            parts.append(f'<path class="rl-span{late}" d="M{x:.1f} {max(ends):.1f}V{min(ends):.1f}"/>')
        outline = shape_path(SHAPES[mark["shape"] % len(SHAPES)], x, frame.y(at), radius)
        label = mark.get("label")
        title = f"<title>{escape(label)}</title>" if label else ""
        parts.append(f'<path class="rl-mark{late}" d="{outline}">{title}</path>')
    return "".join(parts)


def _mark_value(mark: Mark) -> float | None:
    """Where a mark sits: its value, the middle of its bounds, or the one bound given."""
    if mark["value"] is not None:
        return mark["value"]
    bounds = [bound for bound in (mark["low"], mark["high"]) if bound is not None]
    return sum(bounds) / len(bounds) if bounds else None


def _end_labels(frame: Frame, chart: Chart) -> str:
    """Names or letters where the lines end, moved apart; a short leader joins a moved one to its line."""
    ends = (
        [(one, end) for one in chart["series"] if (end := one.get("end")) is not None]
        if chart.get("ends")
        else []
    )
    wanted = [frame.y(end) for _, end in ends]
    placed = spread_labels(wanted, 16.0, frame.top, frame.base)
    x, parts = frame.end, []
    for (one, _), at, want in zip(ends, placed, wanted, strict=True):
        own = f" rl-{one['index'] % N_COLOURS}"
        name = letter(one["index"])
        name += f" {short_name(one.get('label', ''))}" if chart.get("ends") == "names" else ""
        parts.append(f'<path class="rl-lead{own}" d="M{x + 2:.1f} {want:.1f}L{x + 9:.1f} {at:.1f}"/>')
        parts.append(f'<text class="rl-end{own}" x="{x + 12:.1f}" y="{at + 4:.1f}">{escape(name)}</text>')
    return "".join(parts)


def _bars(chart: Chart) -> str:
    """A bar for each account on equal tracks, shares of one, with the number as shown."""
    left = 190
    room, parts = chart["w"] - left - 90, []
    for k, one in enumerate(chart["series"]):
        y, colour = BAR_STEP * k, _colour(one)
        length = min(max(one["rows"][0][0] or 0.0, 0.0), 1.0) * room
        name = escape(f"{letter(one['index'])} {short_name(one.get('label', ''))}")
        shown = escape(one.get("shown", ""))
        place = f'x="{left}" y="{y + 10:.1f}" height="8" rx="4"'
        parts += [
            f'<text class="rl-end{colour}" x="0" y="{y + 18:.1f}">{name}</text>',
            f'<rect class="rl-track" {place} width="{room:.1f}"/>',
            f'<rect class="rl-bar{colour}" {place} width="{length:.1f}"/>',
            f'<text x="{chart["w"]:.1f}" y="{y + 18:.1f}" text-anchor="end">{shown}</text>',
        ]
    return "".join(parts)


def _svg(chart: Chart, body: str, standalone: bool) -> str:
    style = ""
    if standalone:
        dark = f"@media(prefers-color-scheme:dark){{.rl{{{palette(DARK)}}}}}"
        style = f"<style>.rl{{{palette(LIGHT)}}}{dark}{RULES}</style>"
    size = (
        f'viewBox="0 0 {chart["w"]:.1f} {chart["h"]:.1f}" width="{chart["w"]:.1f}" height="{chart["h"]:.1f}"'
    )
    title = chart.get("name", "")
    name = f' role="img" aria-label="{escape(title)}"' if title else ' aria-hidden="true"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="rl" {size}{name}>{style}{body}</svg>'
