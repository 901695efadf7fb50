"""Scales on which reporters err: the logarithm, log odds, or the value itself.

In come values in the unit of a measure; out come values on a reporter's scale, and back. `said.py` reads
rows with these, `quantity.py` the truth.
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from realities.case.measures import Measure, Reporter
from realities.case.schema import Scale

FloatArray = NDArray[np.float64]


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


def scaled(value: float, measure: Measure, reporter: Reporter) -> float:
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


def log_slope(value: float, measure: Measure, reporter: Reporter) -> float:
    """Return the log of d(scaled value) / d(value)."""
    match reporter.scale:
        case "linear":
            return 0.0
        case "log":
            return -float(np.log(value))
        case "logit":
            whole = whole_of(measure, reporter)
            return float(np.log(whole) - np.log(value) - np.log(whole - value))
