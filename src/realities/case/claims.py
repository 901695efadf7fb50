"""claims.toml: who claimed what, where and when, and the predicate that decides it.

In comes the located table of the file, out go `Claim`s. `weigh/status.py` says what became of a
claim, `weigh/forecasts.py` what chance it has under an account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from realities.case.predicate_nodes import Predicate
from realities.source import NOWHERE, Span

ClaimKind = Literal["fact", "forecast", "cause", "counterfactual", "value"]
KINDS: tuple[ClaimKind, ...] = ("fact", "forecast", "cause", "counterfactual", "value")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claim according to a source, known from `date` on."""

    value: bool
    source: str
    date: date
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something somebody said that can, or cannot, be held against a run and a record.

    Exactly one of these is so: `predicate` is given; `undecidable` says why there is none; `kind`
    is `value`.
    """

    id: str
    account: str
    kind: ClaimKind
    says: str
    source: str
    locator: str
    made: date
    deadline: date | None
    predicate: Predicate | None
    undecidable: str | None
    outcome: Outcome | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def is_inside_model(self) -> bool:
        """Whether only the model can decide it: it compares with a run that never took place."""
        return self.predicate is not None and self.predicate.is_paired
