"""A case: everything a folder says, read and cross-checked.

In comes a folder or a bundled case's name; out comes one frozen `Case`. Next is `ensemble.py`, which
runs a case's model, and `weigh/`, which weighs its accounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from realities.case.accounts import Account, Assumption
from realities.case.calendar import Calendar
from realities.case.events import CaseEvent
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.case.priors import Prior, fixed_prior
from realities.case.sources import Source
from realities.errors import Diagnostic, InputError
from realities.ir.model import Model

if TYPE_CHECKING:
    from realities.case.claims import Claim


@dataclass(frozen=True)
class Case:
    """One contested question: a model, rival accounts of it, and what was published about it.

    `model` carries the measures and the atoms of the claims as hidden variables. `accounts` stand in
    display order, on which no result depends. `observations` hold every usable row, whenever it was
    published; `late_findings` what is wrong with rows, each with the day that row was published.
    """

    id: str
    folder: Path
    title: str
    question: str
    calendar: Calendar
    draws: int
    seed: int
    model: Model
    model_path: Path
    accounts: tuple[Account, ...]
    common: Mapping[str, Assumption]
    events: tuple[CaseEvent, ...]
    measures: Mapping[str, Measure]
    observations: tuple[Observation, ...]
    claims: tuple[Claim, ...]
    sources: Mapping[str, Source]
    latest_published: date
    network: Mapping[str, object] | None = None
    warnings: tuple[Diagnostic, ...] = ()
    late_findings: tuple[tuple[date | None, Diagnostic], ...] = ()

    def account(self, account_id: str) -> Account:
        """Return an account by its id; `KeyError` if there is none."""
        for account in self.accounts:
            if account.id == account_id:
                return account
        raise KeyError(account_id)

    def priors(self, account_id: str) -> dict[str, Prior]:
        """Return what an account assumes, by parameter in the order of names.

        The common priors, then the account's own in their place, then its switches as fixed values.
        """
        account = self.account(account_id)
        assumed = {**self.common, **account.assumptions}
        priors = {name: assumption.prior for name, assumption in assumed.items()}
        priors |= {name: fixed_prior(value) for name, value in account.switches.items()}
        return dict(sorted(priors.items()))

    def as_of(self, day: date) -> tuple[Observation, ...]:
        """Return what a reader had on a day: the newest vintage of each figure published by then.

        A figure is one reporter's value of one quantity for one day. Rows without a day of publication
        and rows of reporters that copy another are left out.
        """
        newest: dict[tuple[str, str, date], Observation] = {}
        for row in self.observations:
            if row.published is None or row.published > day:
                continue
            if self.measures[row.quantity].reporters[row.reporter].copies is not None:
                continue
            key = (row.reporter, row.quantity, row.happened)
            held = newest.get(key)
            if held is None or held.published is None or held.published < row.published:
                newest[key] = row
        return tuple(newest.values())

    def events_as_of(self, day: date) -> tuple[CaseEvent, ...]:
        """Return the dated inputs that were known on a day."""
        return tuple(event for event in self.events if event.published <= day)

    @property
    def without_date(self) -> int:
        """How many usable rows have no day of publication, and so are never used."""
        return sum(row.published is None for row in self.observations)

    def check_as_of(self, day: date) -> None:
        """Raise `InputError` if a row or event published by `day` is wrong."""
        known = [item for published, item in self.late_findings if published is None or published <= day]
        if any(item.severity == "error" for item in known):
            raise InputError(known)

    def warnings_as_of(self, day: date) -> tuple[Diagnostic, ...]:
        """Return the warnings that concern a run as of `day`: those of later rows are left out."""
        late = [item for published, item in self.late_findings if published is None or published <= day]
        return (*self.warnings, *(item for item in late if item.severity == "warning"))
