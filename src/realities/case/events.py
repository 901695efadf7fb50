"""Events: dated inputs of a case, such as a decree, that are data and not a prediction.

In come the `[[event]]` tables of `case.toml`; out come `CaseEvent`s, which `ensemble.py` hands to
the engine when they were published by the as-of date.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from realities.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """A dated input: from `date` on, the model's constant `parameter` has `value`.

    Before it was `published`, an as-of run leaves the constant at the model's default.
    """

    parameter: str
    date: datetime.date
    value: float
    published: datetime.date
    source: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)
