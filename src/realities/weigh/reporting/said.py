"""What one published row says, on the scale its reporter errs on.

In come an `Observation`, its `Measure` and the finest step of its reporter's figures; out comes `Said`: a
value, an interval, or several intervals side by side, and the terms that turn a density or a probability
there into one of the reported number, in the unit the row was written in. A row's probability counts in the
same way for every account and draw:

- a value: the density of the number;
- a figure that a known step, or one of several, rounds: the probability of that figure over the smallest
  step, which is the mean density of what it stands for and tends to the density where steps are small;
- a figure rounded more coarsely than its reporter errs, where nothing is known of steps: the same, with the
  step that it seems to have;
- a range, a bound, a level, or a zero without a known step: a probability.

`rows.py` collects them.

References
----------
Heitjan, D. F. and Rubin, D. B. (1990). Inference from coarse data via multiple imputation with application
to age heaping. Journal of the American Statistical Association 85(410), 304-314.
Wright, D. E. and Bray, I. (2003). A mixture model for rounded data. The Statistician 52(1), 3-13.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor, hypot, inf, log, log10, nan, sqrt

import numpy as np

from realities.case.erring import Heaping
from realities.case.measures import Measure, Reporter
from realities.case.observations import Observation
from realities.weigh.reporting.scales import log_slope, scaled

#: A value's stated range is its 90 % interval: this many standard deviations on either side.
RANGE_SDS = 1.6448536269514722
#: A figure is taken to have at least so many significant digits, however round it looks.
LEAST_DIGITS = 2
#: An interval up to this many noises wide is as good as a value at its middle with the interval's variance
#: (Sheppard): the density is off by less than a part in 10,000 within three standard deviations.
NARROW = 0.25
#: Quantile at which the noise of a reporter is taken for that.
_SMALL_NOISE = 0.01


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says: a `value`, or what lies between `low` and `high`; NaN where it has no such thing.

    `own_sd` is what the row itself adds to the noise. `steps` are those of the reporter's steps, by
    position, to which the figure may have been rounded; where a value stands for all that one step rounds
    to it, `rounding_sd` is the part of `own_sd` that this adds. With several steps, `edges` are the ends of
    what the figure stands for, ascending: first those of the largest step's interval, last those too.
    """

    value: float = nan
    low: float = nan
    high: float = nan
    own_sd: float = 0.0
    log_jacobian: float = 0.0
    steps: tuple[int, ...] = ()
    edges: tuple[float, ...] = ()
    rounding_sd: float = 0.0

    @property
    def numbers(self) -> tuple[float, float, float, float, float]:
        """Everything of which each row has one."""
        return self.value, self.low, self.high, self.own_sd, self.log_jacobian


def what_is_said(measure: Measure, row: Observation, smallest: float) -> Said | None:
    """Return what a row says on its reporter's scale; None if it has no place there.

    `smallest` is the finest step of the reporter's figures, in the measure's unit.
    """
    reporter = measure.reporters[row.reporter]
    match measure.kind:
        case "count":
            return None if row.value is None else Said(row.value)
        case "floor" | "ceiling":
            return _bound(measure, row, reporter, smallest)
        case "ordinal":
            return _level(measure, row, reporter)
        case "value":
            return _value(measure, row, reporter, smallest)


def _value(measure: Measure, row: Observation, reporter: Reporter, smallest: float) -> Said | None:
    if row.value is None:
        if row.low is None or row.low != row.high:
            return _interval(measure, row, reporter)
        row = replace(row, value=row.low, low=None, high=None)
    value = _possible(row.value, measure, reporter)
    if value is None:
        return None
    y = scaled(value, measure, reporter)
    own_sd = _stated_sd(measure, row, reporter, y)
    if reporter.heaping is not None:
        return _rounded(measure, value, row.factor, reporter, reporter.heaping, own_sd)
    if y == -inf:  # none: less than half a step away from it
        return Said(low=-inf, high=scaled(0.5 * smallest, measure, reporter))
    if y == inf:  # the whole
        return Said(low=scaled(value - 0.5 * smallest, measure, reporter), high=inf)
    half = 0.5 * rounding_step(value / row.factor) * row.factor
    low, high = scaled(value - half, measure, reporter), scaled(value + half, measure, reporter)
    if 0.5 * (high - low) > np.hypot(float(reporter.noise.ppf(np.array(0.5))), own_sd):
        # Rounded more coarsely than the reporter errs: the mean density over what rounds to this figure.
        return Said(nan, low, high, own_sd, -log(2.0 * half / row.factor))
    return Said(y, nan, nan, own_sd, log(row.factor) + log_slope(value, measure, reporter))


def _possible(value: float | None, measure: Measure, reporter: Reporter) -> float | None:
    """Return a value that the quantity and the scale can have; None for any other.

    Conversion of units may have left it a last digit above the whole.
    """
    least, most = measure.possible
    if reporter.scale != "linear":
        least = max(least, 0.0)
    if value is None or not least <= value <= most * (1.0 + 1e-9):
        return None
    return min(value, most)


def _rounded(
    measure: Measure, value: float, factor: float, reporter: Reporter, heaping: Heaping, own_sd: float
) -> Said | None:
    """Return what a figure stands for that was rounded to one of some steps; None if to none of them."""
    fitting = heaping.dividing(value)
    if not fitting:
        return None
    below = [scaled(value - 0.5 * heaping.steps[k], measure, reporter) for k in reversed(fitting)]
    above = [scaled(value + 0.5 * heaping.steps[k], measure, reporter) for k in fitting]
    low, high, log_jacobian = below[0], above[-1], -log(heaping.steps[0] / factor)
    if len(fitting) > 1:
        return Said(nan, low, high, own_sd, log_jacobian, fitting, (*below, *above))
    noise = hypot(float(reporter.noise.ppf(np.array(_SMALL_NOISE))), own_sd)
    if high - low > NARROW * noise:
        return Said(nan, low, high, own_sd, log_jacobian, fitting)
    width = high - low
    rounding_sd = width / sqrt(12.0)
    middle, sd = 0.5 * (low + high), hypot(own_sd, rounding_sd)
    return Said(middle, nan, nan, sd, log_jacobian + log(width), fitting, rounding_sd=rounding_sd)


def _bound(measure: Measure, row: Observation, reporter: Reporter, smallest: float) -> Said | None:
    """Return a floor as `low`, a ceiling as `high`: the value, or else the end of the range that bounds.

    That all of the whole is meant, or none, is known to half a step.
    """
    is_floor = measure.kind == "floor"
    bound = row.value if row.value is not None else row.low if is_floor else row.high
    if bound is None:
        return None
    edge = scaled(bound, measure, reporter)
    if is_floor:
        low = scaled(measure.possible[1] - 0.5 * smallest, measure, reporter) if edge == inf else edge
        return Said(low=low, high=inf)
    return Said(low=-inf, high=scaled(0.5 * smallest, measure, reporter) if edge == -inf else edge)


def _interval(measure: Measure, row: Observation, reporter: Reporter) -> Said | None:
    low = -inf if row.low is None else scaled(row.low, measure, reporter)
    high = inf if row.high is None else scaled(row.high, measure, reporter)
    return Said(low=low, high=high) if low < high else None


def _level(measure: Measure, row: Observation, reporter: Reporter) -> Said | None:
    """Return between which cuts the latent quantity lies where a level is named, or a range of levels."""
    assert measure.levels is not None
    lowest = row.value if row.value is not None else row.low
    highest = row.value if row.value is not None else row.high
    first = 0 if lowest is None else measure.levels.place(lowest)
    last = len(measure.levels.cuts) if highest is None else measure.levels.place(highest)
    if first is None or last is None:
        return None
    cuts = [-inf, *(scaled(cut, measure, reporter) for cut in measure.levels.cuts), inf]
    return Said(low=cuts[first], high=cuts[last + 1])


def _stated_sd(measure: Measure, row: Observation, reporter: Reporter, y: float) -> float:
    """Return the standard deviation that the range beside a value implies, on the scale; 0 without one."""
    sides = [scaled(side, measure, reporter) for side in (row.low, row.high) if side is not None]
    finite = [side for side in sides if np.isfinite(side)]
    if not finite or not np.isfinite(y):
        return 0.0
    # With both ends finite the mean of the two sides; with one, that side.
    return float(np.mean([abs(side - y) for side in finite]) / RANGE_SDS)


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


def smallest_step(rows: Sequence[Observation]) -> float:
    """Return the finest step of a reporter's figures, in the measure's unit: what its zeros stand for."""
    steps = [
        rounding_step(row.value / row.factor) * row.factor
        for row in rows
        if row.value is not None and row.value > 0
    ]
    return min(steps) if steps else min((row.factor for row in rows), default=1.0)
