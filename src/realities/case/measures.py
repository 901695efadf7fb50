"""Measures: how each published quantity is read off the model, and how each reporter may be biased.

In comes `measures.toml`; out come `Measure`s. A measure's expression becomes a hidden variable of the
model, named by `variable`, whose values are in the measure's unit. `weigh/reporting.py` turns the
rest into a likelihood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from realities.case.priors import Prior
from realities.source import NOWHERE, Span
from realities.units import Unit

Scale = Literal["log", "linear", "logit"]
MeasureKind = Literal["value", "floor", "ceiling"]


@dataclass(frozen=True, slots=True)
class Reporter:
    """How one reporter of one quantity may differ from the truth.

    `bias` multiplies (1: none). `noise` is a standard deviation: of the logarithm on the log scale, of
    the log odds on the logit scale, in the measure's unit on the linear scale. `drift` is the change
    of the bias per year, as noise is counted; None means no drift. A reporter that `copies` another
    adds no weight.
    """

    name: str
    bias: Prior
    noise: Prior
    drift: Prior | None = None
    copies: str | None = None
    scale: Scale = "log"
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Delay:
    """Half-life, in days, of the delay after which an event has entered a count.

    Either `by_year` gives it by the year of the event (years outside take the nearest), or `prior`
    gives one for all years.
    """

    by_year: Mapping[int, float]
    prior: Prior | None = None


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Model error of one measure: an Ornstein-Uhlenbeck process on the measure's scale.

    `sd` is its stationary standard deviation, `timescale_days` the time over which it forgets. One
    for all accounts.
    """

    sd: float
    timescale_days: float


@dataclass(frozen=True, slots=True)
class Measure:
    """How one quantity is read off the model, and who reports it.

    `expression` is the place of the expression in `measures.toml`; its text is in the model's own
    equation language. `account_variables` name the hidden variable of each account that reads the
    quantity its own way.
    """

    quantity: str
    expression: Span = field(compare=False, repr=False)
    unit: Unit
    kind: MeasureKind
    variable: str
    account_variables: Mapping[str, str]
    reporters: Mapping[str, Reporter]
    delay: Delay | None
    scale: Scale
    discrepancy: Discrepancy | None
    label: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def variable_for(self, account: str) -> str:
        """Return the hidden variable from which an account reads this quantity."""
        return self.account_variables.get(account, self.variable)
