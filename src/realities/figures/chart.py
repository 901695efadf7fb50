"""What a chart is: plain data from which Python and the page's own script draw the same picture.

Days and arrays come in, a `Chart` goes out: numbers, texts and lists that JSON can hold. `draw.py` makes SVG
of it for notebooks and for the page's first paint, `report/template/js/draw.js` for the live page; a test
holds the two together. Days are counted from 1970-01-01, as in the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from math import isfinite
from typing import Final, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import ArrayLike

Kind = Literal["fan", "small", "runs", "steps", "lines", "bins", "places", "bars"]
Row = list[float | None]

_EPOCH: Final = date(1970, 1, 1).toordinal()
#: Pixels from one bar to the next.
BAR_STEP: Final = 28
HUNDRED: Final = (0.0, 25.0, 50.0, 75.0, 100.0)


class Mark(TypedDict):
    """One report: when it was so, what was said, by whom, and whether it came after the as-of date."""

    day: float
    value: float | None
    low: float | None
    high: float | None
    shape: int
    late: bool
    label: NotRequired[str]


class Series(TypedDict):
    """What is drawn of one account; `index` gives its letter, colour and line pattern.

    `rows` are, by kind of chart: five quantile curves, single runs, one line (in 100 for steps), bins
    (chance, share, low, high, count), one row of counts, or one share of one. No rows, nothing drawn.
    `faint` is what is not reliable, `end` where its label stands, `open` which points are hollow, `shown` the
    text at a bar.
    """

    index: int
    rows: list[Row]
    label: NotRequired[str]
    faint: NotRequired[bool]
    end: NotRequired[float | None]
    open: NotRequired[list[bool]]
    shown: NotRequired[str]


class Chart(TypedDict):
    """A chart. `x` are days since 1970-01-01, or numbers if `xs` labels them.

    Left out: `span` (ends of `x`), `ticks` (about `n` round values that cover what is passed, and nothing
    else), the margins (as wide as labels need), `xs` (starts of months or years, at most about `nx`). `ends`
    are "names" or "letters"; `bare` has no labels on the value axis; `zone` is shaded, `even` a level to
    compare with; `stale` says of each step from which day on it is out of date: its line is thin then. `name`
    says what the picture shows to readers who do not see it.
    """

    kind: Kind
    w: float
    h: float
    x: list[float]
    series: list[Series]
    marks: NotRequired[list[Mark]]
    asof: NotRequired[float | None]
    ends: NotRequired[str]
    span: NotRequired[tuple[float, float]]
    ticks: NotRequired[list[float]]
    n: NotRequired[int]
    bare: NotRequired[bool]
    xs: NotRequired[list[tuple[float, str]]]
    nx: NotRequired[int]
    even: NotRequired[float]
    zone: NotRequired[tuple[float, float]]
    stale: NotRequired[list[float | None]]
    left: NotRequired[float]
    right: NotRequired[float]
    top: NotRequired[float]
    bottom: NotRequired[float]
    name: NotRequired[str]


def day_of(day: date) -> int:
    """Return a date as days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def account(
    label: str, index: int, rows: ArrayLike, *, is_faint: bool = False, end: float | None = None
) -> Series:
    """Return what is drawn of one account: `rows` of shape (row, x); what is not finite is a gap."""
    return Series(index=index, label=label, rows=_rows(rows), faint=is_faint, end=end)


def mark(
    day: float,
    value: float | None,
    shape: int = 0,
    *,
    is_late: bool = False,
    low: float | None = None,
    high: float | None = None,
    label: str = "",
) -> Mark:
    """Return a report as a mark; `label` is shown where a pointer rests on it."""
    found = Mark(day=day, value=value, low=low, high=high, shape=shape, late=is_late)
    if label:
        found["label"] = label
    return found


def fan(
    x: ArrayLike,
    accounts: Iterable[Series],
    *,
    marks: Iterable[Mark] = (),
    as_of: date | None = None,
    name: str = "",
    width: float = 760,
    height: float = 440,
) -> Chart:
    """Return a fan chart: per account the median, the 50 % band and the 90 % band, with reports as marks.

    Parameters
    ----------
    x
        Days since 1970-01-01, shape (day,), rising.
    accounts
        In display order; `rows` are the quantiles 5, 25, 50, 75 and 95 %, shape (5, day).
    marks
        Reports; late ones are drawn hollow and faint. Whether to pass late ones at all is the caller's
        choice: the value axis covers what is passed and nothing else.
    as_of
        Where to draw the vertical line.
    name
        What the picture shows, for readers who do not see it. Not drawn.
    width, height
        Size in pixels; text is 12 px at this size.
    """
    series = [_ending(one, one["rows"][2][-1] if one["rows"] else None) for one in accounts]
    return _chart("fan", x, series, marks, as_of, name, width, height)


def runs(
    x: ArrayLike,
    accounts: Iterable[Series],
    *,
    marks: Iterable[Mark] = (),
    as_of: date | None = None,
    name: str = "",
    width: float = 760,
    height: float = 440,
) -> Chart:
    """Return single runs as thin lines, `rows` of shape (run, day), with labels at the median of the ends."""
    series = []
    for one in accounts:
        last = [row[-1] for row in one["rows"] if row[-1] is not None]
        series.append(_ending(one, float(np.median(last)) if last else None))
    return _chart("runs", x, series, marks, as_of, name, width, height)


def small(
    x: ArrayLike, accounts: Iterable[Series], *, as_of: date | None = None, width: float, height: float
) -> Chart:
    """Return one of several small charts: median and 90 % band, few ticks, no labels at the lines."""
    found = _chart("small", x, list(accounts), (), as_of, "", width, height)
    found["ends"], found["n"], found["nx"] = "", 2, 3
    found["right"], found["top"], found["bottom"] = 6, 8, 24
    return found


def steps(
    x: ArrayLike,
    accounts: Iterable[Series],
    *,
    as_of: date | None = None,
    name: str = "",
    width: float = 760,
    height: float = 260,
) -> Chart:
    """Return step lines on a fixed axis of 0 to 100: each value holds until the next day given.

    `rows` has one row of shares in 100; gaps are left open. What lies after the as-of date is drawn faint.
    """
    series = [_ending(one, one["rows"][0][-1] if one["rows"] else None) for one in accounts]
    found = _chart("steps", x, series, (), as_of, name, width, height)
    found["ticks"] = list(HUNDRED)
    return found


def lines(
    x: Sequence[tuple[float, str]],
    accounts: Iterable[Series],
    *,
    name: str = "",
    width: float = 520,
    height: float = 240,
) -> Chart:
    """Return lines with their points over labelled numbers, on an axis of 0 to 100; see `Series.open`."""
    series = [
        _ending(one, next((v for v in reversed(one["rows"][0]) if v is not None), None)) for one in accounts
    ]
    found = _chart("lines", [at for at, _ in x], series, (), None, name, width, height)
    found["ticks"], found["xs"] = list(HUNDRED), list(x)
    return found


def diagram(bins: ArrayLike, index: int, *, name: str = "", width: float = 260) -> Chart:
    """Return a reliability diagram of one account, with the number of claims at each point.

    `bins`, shape (bin, 5): mean chance, share that happened, the range in which that share would lie if the
    chances were right, and the number of claims; shares in 100.
    """
    series = [Series(index=index, rows=_rows(bins))]
    found = _chart("bins", [0, 100], series, (), None, name, width, width - 6)
    found["ends"], found["ticks"] = "", [0.0, 50.0, 100.0]
    found["xs"] = [(0.0, "0"), (50.0, "50"), (100.0, "100")]
    found["left"], found["right"], found["top"] = 34, 12, 12
    return found


def bars(
    labels: Sequence[str], shares: ArrayLike, shown: Sequence[str], *, name: str = "", width: float = 520
) -> Chart:
    """Return one horizontal bar per account, `shares` of one on equal tracks, with the number as `shown`."""
    series = [
        Series(index=k, label=label, rows=[[float(share)]], shown=text)
        for k, (label, share, text) in enumerate(
            zip(labels, np.asarray(shares, dtype=float), shown, strict=True)
        )
    ]
    return Chart(kind="bars", w=width, h=BAR_STEP * max(len(series), 1), x=[0, 1], series=series, name=name)


def _chart(
    kind: Kind,
    x: ArrayLike,
    series: list[Series],
    marks: Iterable[Mark],
    as_of: date | None,
    name: str,
    width: float,
    height: float,
) -> Chart:
    found = Chart(
        kind=kind,
        w=width,
        h=height,
        x=np.asarray(x, dtype=float).tolist(),
        series=series,
        ends="names",
        name=name,
    )
    if as_of is not None:
        found["asof"] = day_of(as_of)
    if shown := list(marks):
        found["marks"] = shown
    return found


def _ending(one: Series, end: float | None) -> Series:
    """Return a series whose label stands at `end`."""
    found = one.copy()
    found["end"] = end
    return found


def _rows(rows: ArrayLike) -> list[Row]:
    """Return rows as lists in which what is not finite is None; no columns, no rows."""
    values = np.asarray(rows, dtype=float)
    if not values.size:
        return []
    return [[v if isfinite(v) else None for v in row] for row in values.tolist()]
