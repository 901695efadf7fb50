"""GET TIME VALUE: the year, month, day or hour that a time of the model is.

In comes one call; out comes the time, or a call that takes a part of the date. Which date time 0 is, and
how long a unit of time is, stands in the settings behind a Vensim file's sketch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from realities.ir.expr import Binary, Call, Expr, Number, Time
from realities.model import syntax
from realities.model.language import Unfold
from realities.model.resolve import Resolver
from realities.model.symbols import Scope
from realities.model.value import value_before_run
from realities.source import SourceText

_SETTINGS = re.compile(r"^[ \t]*///---\\", re.MULTILINE)
_LINE = re.compile(r"^(37|38|39|40):[ \t]*(\d{1,4})[ \t]*$", re.MULTILINE)
#: The length in days of each unit that line 40 may say, from 0 on: years of 360 days down to seconds.
_UNITS = (360.0, 90.0, 30.0, 7.0, 1.0, 1 / 24, 1 / 1440, 1 / 86400)
#: Units that are counted in months of 30 days.
_LONG_UNITS = 3
_DAY_OF_WEEK, _ELAPSED = 5, 10
#: Days of the year 0, which was a leap year, less one: `date` counts from 1.
_YEAR_0 = 365


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Which day time 0 is, counted from the start of the year 0, and the days in a unit of time."""

    day: float
    unit: float
    has_long_months: bool


def _calendar(source: SourceText) -> _Calendar | None:
    """Return the calendar that the settings of a model give, or None if they give none."""
    settings = _SETTINGS.search(source.text)
    said = {} if settings is None else {m[1]: int(m[2]) for m in _LINE.finditer(source.text, settings.end())}
    if set(said) != {"37", "38", "39", "40"} or not said["40"] < len(_UNITS):
        return None
    year, month, day, unit = (said[line] for line in ("37", "38", "39", "40"))
    if unit < _LONG_UNITS:
        return _Calendar(360.0 * year + 30.0 * (month - 1) + (day - 1), _UNITS[unit], True)
    try:
        first = date(year, month, day).toordinal() + _YEAR_0
    except ValueError:
        return None
    return _Calendar(float(first), _UNITS[unit], False)


def _time_value(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold GET TIME VALUE(relative to, offset, measure)."""
    if not resolver.has_arguments(call, 3):
        return Number(0.0, call.span)
    origin, measure = (value_before_run(resolver, call.arguments[at], scope) for at in (0, 2))
    refusal = _refusal(origin, measure)
    if refusal:
        resolver.findings.error("unsupported-function", f"GET TIME VALUE {refusal}", call.span)
        return Number(0.0, call.span)
    span = call.span
    initial = resolver.control(resolver.language.controls.initial_time, span)
    start: Expr = Time(span) if origin == 0.0 else initial
    time = Binary("+", start, resolver.expr(call.arguments[1], scope), span)
    if not measure:
        return time
    calendar = _calendar(resolver.table.source)
    if calendar is None:
        message = "the settings of this model do not say which date its time 0 is"
        advice = "Vensim keeps them at the end of the file, in the lines 37: to 40:"
        resolver.findings.error("unsupported-function", message, span, advice)
        return time
    if calendar.has_long_months and measure == _DAY_OF_WEEK:
        message = "a model in years, quarters or months has months of 30 days: they have no day of the week"
        resolver.findings.error("unsupported-function", message, span)
        return time
    key = "vensim.date_of_360" if calendar.has_long_months else "vensim.date"
    passed = Binary("*", time, Number(calendar.unit, span), span)
    day = Binary("+", Number(calendar.day, span), passed, span)
    return Call(key, (day, Number(measure, span)), span=span)


def _refusal(origin: float | None, measure: float | None) -> str:
    """Return why a call cannot be honored, or nothing."""
    if origin == 2.0:
        return "relative to the computer's clock is not supported: no run could be repeated"
    if origin not in (0.0, 1.0):
        return "needs 0 (the time) or 1 (the initial time) as its first argument"
    if measure == _ELAPSED:
        return "does not say here how many seconds have elapsed: that is for seeds from the computer's clock"
    if measure is None or measure not in range(_ELAPSED):
        return "needs a whole number from 0 to 9, known before the run, as its measure"
    return ""


#: The function this file spells out, by key.
CALENDAR: dict[str, Unfold] = {"get time value": _time_value}
