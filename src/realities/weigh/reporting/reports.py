"""The reporting model of a quantity, chosen by the kind of its measure.

In come a measure and its rows; out come `QuantityReports`, which say how likely the rows are for each
draw of the truth. What all kinds have in common is in `quantity.py`. Next is `likelihood.py`, which joins
the quantities of an account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from realities.case.calendar import Calendar
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.weigh.reporting.bounds import BoundReports
from realities.weigh.reporting.counts import CountReports
from realities.weigh.reporting.ordinals import OrdinalReports
from realities.weigh.reporting.quantity import QuantityReports
from realities.weigh.reporting.values import ValueReports

__all__ = ["QuantityReports", "quantity_reports"]


def quantity_reports(
    measure: Measure,
    observations: Sequence[Observation],
    calendar: Calendar,
    earlier: Sequence[Observation] = (),
) -> QuantityReports:
    """Return the rows of one quantity, at least one, ready to be compared with draws of the truth.

    Counts are told from those that were published `earlier`.
    """
    match measure.kind:
        case "value":
            return ValueReports(measure, observations, calendar)
        case "floor" | "ceiling":
            return BoundReports(measure, observations, calendar)
        case "count":
            return CountReports(measure, observations, calendar, earlier)
        case "ordinal":
            return OrdinalReports(measure, observations, calendar)
        case _:
            assert_never(measure.kind)
