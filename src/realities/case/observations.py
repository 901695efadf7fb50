"""Observations: published figures, each with the day it speaks of and the day it could be known.

In comes `observations.csv`; out come `Observation`s in the unit of their measure, and what is wrong
with a row beside the day that row was published. `folder.py` keeps both apart by that day, so that
nothing published later can stop or change a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from realities.source import NOWHERE, Span
from realities.units import Unit


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure that one reporter published.

    `value`, `low` and `high` are in the unit of the quantity's measure; divided by `factor` they are
    in `unit`, the row's own. At least one of the three is a number. `published` is None where no day
    is known: such a row is counted and never used.
    """

    happened: date
    published: date | None
    quantity: str
    value: float | None
    low: float | None
    high: float | None
    unit: Unit
    factor: float
    reporter: str
    source: str
    note: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)
