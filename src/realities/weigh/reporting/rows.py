"""Published rows of one quantity as arrays on the scale their reporters err on.

In come `Observation`s and their `Measure`; out come `Rows`: what each row says (a value, an interval, a
bound) on the logarithmic, linear or log-odds scale, and the terms that turn a density there into one of
the reported number, in the unit the row was written in. `reporting.py` makes a likelihood of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import floor, inf, log10

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Measure, Reporter
from realities.case.observations import FORECAST_DAYS, Observation
from realities.case.schema import Scale

FloatArray = NDArray[np.float64]

DAYS_PER_YEAR = 365.25
#: Model days per unit of the calendar's time: months and years are mean ones.
DAYS_PER_TIME = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": DAYS_PER_YEAR}
#: A value's stated range is its 90 % interval: this many standard deviations on either side.
RANGE_SDS = 1.6448536269514722
#: A figure is taken to have at least so many significant digits, however round it looks.
LEAST_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one quantity, ascending in time; every array is (row,), as is `observations`.

    `reporter` indexes `reporters`. A plain row has `value` on its reporter's scale; an interval has
    NaN there and lies between `low` and `high`. `own_sd` is what a range stated beside a value adds to
    the noise. `log_jacobian` is added to a row's log density or probability.
    """

    reporters: tuple[Reporter, ...]
    reporter: NDArray[np.intp]
    times: FloatArray
    days: FloatArray
    years: FloatArray
    observations: tuple[Observation, ...]
    value: FloatArray
    low: FloatArray
    high: FloatArray
    own_sd: FloatArray
    log_jacobian: FloatArray

    def __len__(self) -> int:
        return len(self.reporter)

    @property
    def dates(self) -> tuple[list[date], list[date]]:
        """The days that the rows speak of, and the days on which they were published."""
        happened = [row.happened for row in self.observations]
        return happened, [row.published or row.happened for row in self.observations]

    @property
    def is_plain(self) -> NDArray[np.bool_]:
        """Which rows are values."""
        return ~np.isnan(self.value)


def to_scale(values: FloatArray, scale: Scale, whole: float = 1.0) -> FloatArray:
    """Return values on a scale: the logarithm, the log odds of a share of `whole`, or the value itself.

    Infinite or NaN where a value does not lie inside; callers run under `np.errstate`.
    """
    match scale:
        case "log":
            return np.log(values)
        case "logit":
            return np.asarray(np.log(values) - np.log(whole - values))
        case "linear":
            return values


def from_scale(values: FloatArray, scale: Scale, whole: float = 1.0) -> FloatArray:
    """Return values of the quantity itself: the inverse of `to_scale`."""
    match scale:
        case "log":
            return np.exp(values)
        case "logit":
            return np.asarray(whole / (1.0 + np.exp(-values)))
        case "linear":
            return values


def usable(row: Observation, as_of: date, calendar: Calendar) -> bool:
    """Return whether a row is an observation, by a date, of a day that the case covers."""
    if row.published is None or row.happened > as_of or not calendar.covers(row.happened):
        return False
    return (row.happened - row.published).days <= FORECAST_DAYS


def gather_rows(measure: Measure, observations: Sequence[Observation], calendar: Calendar) -> Rows:
    """Return the rows of one quantity as arrays, in an order that does not depend on the file's.

    Rows of reporters that copy another are left out, and so are those that the measure's scale has no
    place for.
    """
    rows = [row for row in observations if measure.reporters[row.reporter].copies is None]
    rows.sort(key=lambda row: (row.happened, row.reporter, row.published or row.happened))
    names = sorted({row.reporter for row in rows})
    smallest = {name: _smallest_step([row for row in rows if row.reporter == name]) for name in names}
    read = [(row, _read(measure, row, smallest[row.reporter])) for row in rows]
    kept = [(row, what) for row, what in read if what is not None]
    columns = np.array([what for _, what in kept], dtype=np.float64).reshape(-1, 5).T
    times = np.array([calendar.time_of(row.happened) for row, _ in kept])
    return Rows(
        reporters=tuple(measure.reporters[name] for name in names),
        reporter=np.array([names.index(row.reporter) for row, _ in kept], dtype=np.intp),
        times=times,
        days=days_of(times, calendar),
        years=np.array([(row.happened - calendar.start).days / DAYS_PER_YEAR for row, _ in kept]),
        observations=tuple(row for row, _ in kept),
        value=columns[0],
        low=columns[1],
        high=columns[2],
        own_sd=columns[3],
        log_jacobian=columns[4],
    )


def days_of(times: FloatArray, calendar: Calendar) -> FloatArray:
    """Return days since the calendar's start for model times."""
    return (np.asarray(times) - calendar.initial_time) * DAYS_PER_TIME[calendar.time_unit]


#: What a row says: value, low, high on the scale (NaN where none), own sd, log Jacobian.
_Said = tuple[float, float, float, float, float]


def _read(measure: Measure, row: Observation, smallest_step: float) -> _Said | None:
    """Return what a row says on its reporter's scale; None if it has no place there."""
    reporter = measure.reporters[row.reporter]
    if measure.kind == "count":
        return None if row.value is None else (row.value, np.nan, np.nan, 0.0, 0.0)
    if measure.kind != "value":
        return _read_bound(measure, row, reporter)
    if row.value is None:
        return _read_interval(measure, row, reporter)
    least, most = measure.possible
    if not least <= row.value <= most:
        return None
    y = _scaled(row.value, measure, reporter)
    if y == -inf or y == inf:  # none, or the whole: less than half a step away from it
        half = 0.5 * smallest_step
        edge = half if y == -inf else most - half
        bound = _scaled(edge, measure, reporter)
        return (np.nan, -inf, bound, 0.0, 0.0) if y == -inf else (np.nan, bound, inf, 0.0, 0.0)
    own_sd = _stated_sd(measure, row, reporter, y)
    half = 0.5 * rounding_step(row.value / row.factor) * row.factor
    low, high = _scaled(row.value - half, measure, reporter), _scaled(row.value + half, measure, reporter)
    if 0.5 * (high - low) > np.hypot(float(reporter.noise.ppf(np.array(0.5))), own_sd):
        # Rounded more coarsely than the reporter errs: the mean density over what rounds to this figure.
        return np.nan, low, high, own_sd, -float(np.log(2.0 * half / row.factor))
    return y, np.nan, np.nan, own_sd, _log_jacobian(row, measure, reporter)


def _read_bound(measure: Measure, row: Observation, reporter: Reporter) -> _Said | None:
    """Return a floor as `low`, a ceiling as `high`: the value, or else the end of the range that bounds."""
    if measure.kind == "floor":
        bound = row.value if row.value is not None else row.low
        return None if bound is None else (np.nan, _scaled(bound, measure, reporter), inf, 0.0, 0.0)
    bound = row.value if row.value is not None else row.high
    return None if bound is None else (np.nan, -inf, _scaled(bound, measure, reporter), 0.0, 0.0)


def _read_interval(measure: Measure, row: Observation, reporter: Reporter) -> _Said | None:
    low = -inf if row.low is None else _scaled(row.low, measure, reporter)
    high = inf if row.high is None else _scaled(row.high, measure, reporter)
    return (np.nan, low, high, 0.0, 0.0) if low < high else None


def _scaled(value: float, measure: Measure, reporter: Reporter) -> float:
    """Return one value on a reporter's scale; what lies outside becomes the nearest infinity."""
    least, most = (-inf, inf) if reporter.scale == "linear" else (0.0, whole_of(measure, reporter))
    if value <= least:
        return -inf
    if value >= most:
        return inf
    return float(to_scale(np.array(value), reporter.scale, most))


def whole_of(measure: Measure, reporter: Reporter) -> float:
    """Return the largest value on a reporter's scale: the whole for log odds, else infinity."""
    return measure.possible[1] if reporter.scale == "logit" else inf


def _stated_sd(measure: Measure, row: Observation, reporter: Reporter, y: float) -> float:
    """Return the standard deviation that the range beside a value implies, on the scale; 0 without one."""
    low = None if row.low is None else _scaled(row.low, measure, reporter)
    high = None if row.high is None else _scaled(row.high, measure, reporter)
    sides = [side for side in (low, high) if side is not None and np.isfinite(side)]
    if not sides:
        return 0.0
    # With both ends finite the mean of the two sides; with one, that side.
    return float(np.mean([abs(side - y) for side in sides]) / RANGE_SDS)


def _log_jacobian(row: Observation, measure: Measure, reporter: Reporter) -> float:
    """Return the log of d(scaled value) / d(reported number)."""
    assert row.value is not None
    to_reported = float(np.log(row.factor))
    match reporter.scale:
        case "linear":
            return to_reported
        case "log":
            return to_reported - float(np.log(row.value))
        case "logit":
            whole = whole_of(measure, reporter)
            return to_reported + float(np.log(whole) - np.log(row.value) - np.log(whole - row.value))


def rounding_step(reported: float) -> float:
    """Return the step to which a figure seems rounded: one in its last significant digit.

    Examples
    --------
    >>> rounding_step(37000.0), rounding_step(5937.0), rounding_step(0.25), rounding_step(100000.0)
    (1000.0, 1.0, 0.01, 10000.0)
    """
    if reported == 0 or not np.isfinite(reported):
        return 0.0
    digits = f"{abs(reported):.11e}".split("e")[0].replace(".", "").rstrip("0")
    leading = floor(log10(abs(reported)) + 1e-12)
    return float(10.0 ** (leading - max(len(digits), LEAST_DIGITS) + 1))


def _smallest_step(rows: Sequence[Observation]) -> float:
    """Return the finest step of a reporter's figures, in the measure's unit: what its zeros stand for."""
    steps = [
        rounding_step(row.value / row.factor) * row.factor
        for row in rows
        if row.value is not None and row.value > 0
    ]
    return min(steps) if steps else min((row.factor for row in rows), default=1.0)
