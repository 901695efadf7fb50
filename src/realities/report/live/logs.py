"""Rows on a log scale as they were reported: 409 takes fewer bytes than its logarithm.

In come the rows of a quantity as a payload has them; out come rows for the worker: where every number is a
logarithm, and each Jacobian follows from its value, numbers are reported ones, and no Jacobian is told.
`reports.js` takes the logarithms again.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Final

from realities.report.live.schema import LiveQuantityData

#: Digits of a reported number, and how far its logarithm may then be off.
_DIGITS: Final = 13
_OFF: Final = 1e-12
#: Exponentials are told of logarithms up to this.
_MOST: Final = 600.0
_COLUMNS: Final = ("value", "low", "high")


def short_rows(quantity: LiveQuantityData) -> dict[str, object]:
    """Return the rows of a quantity: without Jacobians (null) where numbers stand as reported."""
    rows = quantity["rows"]
    columns = [_reported(column) for column in (rows["value"], rows["low"], rows["high"])]
    n = max(len(rows["value"]), len(rows["jacobian"]))
    values, jacobians = rows["value"] or [None] * n, rows["jacobian"] or [0.0] * n
    follow = all(j == -(v or 0.0) for v, j in zip(values, jacobians, strict=True))
    if quantity["scale"] != "log" or not follow or any(column is None for column in columns):
        return {**rows}
    return {**rows, **dict(zip(_COLUMNS, columns, strict=True)), "jacobian": None}


def _reported(logs: Sequence[float | None]) -> list[float | None] | None:
    """Return numbers whose logarithms these are; None if one cannot be told so."""
    if any(one is not None and abs(one) > _MOST for one in logs):
        return None
    found = [None if one is None else float(f"{exp(one):.{_DIGITS}g}") for one in logs]
    pairs = [(a, b) for a, b in zip(logs, found, strict=True) if a is not None and b is not None]
    return found if all(abs(log(b) - a) <= _OFF for a, b in pairs) else None
