"""What a case is, once its folder has been read, and what can be asked of it.

`folder.py` makes a `Case`. `simulate`, `weigh`, `run`, `sensitivity` and `report` ask the public functions
of `realities`, which are further on in the package, and are found when they are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from realities.case.accounts import Account, Assumption
from realities.case.calendar import Calendar
from realities.case.claims import Claim
from realities.case.events import CaseEvent
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.case.priors import Prior, fixed_prior
from realities.case.schema import Cadence
from realities.case.sources import Source
from realities.errors import Diagnostic, InputError
from realities.ir.model import Model
from realities.telling import Told, teller

if TYPE_CHECKING:
    from realities import AccountTrajectories, Sensitivity, Study, Weighing

Effort = Literal["sketch", "quick", "default", "publish"]


def check_effort(effort: str) -> None:
    """Raise `ValueError` with the choices where there is no such effort."""
    if effort not in get_args(Effort):
        raise ValueError(f'no effort is named "{effort}"; there are {", ".join(get_args(Effort))}')


def day_of(day: date | str) -> date:
    """Return a day that is given as such or as ISO text; `ValueError` where the text is none."""
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise ValueError(f'"{day}" is no date; write it as year-month-day: 2019-01-31') from None


@dataclass(frozen=True, repr=False)
class Case:
    """One contested question: a model, rival accounts of it, and what was published about it.

    `model` carries the measures and the atoms of the claims as hidden variables. `accounts` stand in
    display order, on which no result depends. `observations` hold every usable row, whenever it was
    published; `late_findings` what is wrong with rows and events, each with the day it was published.
    `row_dates` are the days of publication of all rows, usable or not, None where a row has none;
    `report_dates` the as-of dates that the report should offer, empty to leave the choice open; `timeline`
    the dates of the timeline or how often it has one, None likewise. `prior_weights` are by account, where
    the case gives any: in proportion to one another, 1 for an account that is not named.
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
    row_dates: tuple[date | None, ...] = ()
    report_dates: tuple[date, ...] = ()
    timeline: Cadence | tuple[date, ...] | None = None
    prior_weights: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        from realities.case.row_counts import row_counts

        counts = f"{len(self.accounts)} accounts, {len(self.claims)} claims, {row_counts(self)}"
        return f"Case({self.id!r}: {counts}, {self.calendar.start} to {self.calendar.finish})"

    def _repr_html_(self) -> str:
        """Return accounts, quantities and what was published, for a notebook."""
        from realities.case.card import case_card

        return case_card(self)

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
        for row in self.vintages(day):
            key = (row.reporter, row.quantity, row.happened)
            held = newest.get(key)
            if held is None or (held.published or date.min) < (row.published or date.min):
                newest[key] = row
        return tuple(newest.values())

    def vintages(self, day: date) -> tuple[Observation, ...]:
        """Return every row published by a day, revised since or not, of reporters that copy nobody."""
        return tuple(
            row
            for row in self.observations
            if row.published is not None
            and row.published <= day
            and self.measures[row.quantity].reporters[row.reporter].copies is None
        )

    def weighable(self, day: date) -> tuple[Observation, ...]:
        """Return the rows that can weigh as of a day.

        They are the newest vintage of each figure; of counts with a delay every vintage, since what they
        add to one another tells of events and delay.
        """
        newest = [row for row in self.as_of(day) if not self.measures[row.quantity].uses_vintages]
        every = [row for row in self.vintages(day) if self.measures[row.quantity].uses_vintages]
        return (*newest, *every)

    def events_as_of(self, day: date) -> tuple[CaseEvent, ...]:
        """Return the dated inputs that were known on a day."""
        return tuple(event for event in self.events if event.published <= day)

    @property
    def without_date(self) -> int:
        """How many rows have no day of publication, and so are never used."""
        return sum(day is None for day in self.row_dates)

    def later(self, day: date) -> int:
        """Return how many rows, usable or not, were published after a day."""
        return sum(published is not None and published > day for published in self.row_dates)

    def check_as_of(self, day: date) -> None:
        """Raise `InputError` if a row or event published by `day` is wrong."""
        known = [item for published, item in self.late_findings if published is None or published <= day]
        if any(item.severity == "error" for item in known):
            raise InputError(known)

    def warnings_as_of(self, day: date) -> tuple[Diagnostic, ...]:
        """Return the warnings that concern a run as of `day`: those of later rows are left out."""
        late = [item for published, item in self.late_findings if published is None or published <= day]
        return (*self.warnings, *(item for item in late if item.severity == "warning"))

    # -- what can be asked of it ------------------------------------------------------------------

    def simulate(
        self,
        draws: int = 200,
        *,
        weighing: Weighing | None = None,
        as_of: date | str | None = None,
        outputs: Sequence[str] | None = None,
        dates: Sequence[date | str] | None = None,
        seed: int | None = None,
        progress: Told = None,
    ) -> AccountTrajectories:
        """Return runs of every account: as first stated, or, of a weighing, after its reports.

        Parameters are those of `realities.simulate_accounts`; `weighing` gives the draws and the date. Days
        may be text: "2019-01-31".
        """
        from realities import simulate_accounts

        day = None if as_of is None else day_of(as_of)
        given = {} if weighing is None else {name: fit.parameters for name, fit in weighing.fits.items()}
        words = "from the priors, before any report"
        if weighing is not None:
            words = f"given the reports published by {weighing.as_of}"
        return simulate_accounts(
            self,
            draws=draws,
            as_of=weighing.as_of if weighing is not None and day is None else day,
            outputs=outputs,
            dates=None if dates is None else [day_of(one) for one in dates],
            parameters=given or None,
            given=words,
            seed=seed,
            progress=teller(progress),
        )

    def weigh(
        self,
        as_of: date | str | None = None,
        *,
        effort: Effort = "default",
        seed: int | None = None,
        workers: int | None = 1,
        progress: Told = None,
    ) -> Weighing:
        """Return the weight of every account by what was published by a date: `realities.weigh_accounts`.

        The date may be text: "2019-01-31".
        """
        from realities import weigh_accounts

        check_effort(effort)
        day = None if as_of is None else day_of(as_of)
        return weigh_accounts(
            self, as_of=day, effort=effort, seed=seed, workers=workers, progress=teller(progress)
        )

    def run(
        self,
        as_of: date | str | None = None,
        *,
        effort: Effort = "default",
        draws: int | None = None,
        seed: int | None = None,
        workers: int | None = 1,
        progress: Told = None,
    ) -> Study:
        """Weigh, judge claims and look ahead, as the command `run` does: `realities.run_case`.

        The date may be text: "2019-01-31".
        """
        from realities import run_case

        check_effort(effort)
        return run_case(
            self,
            as_of=None if as_of is None else day_of(as_of),
            effort=effort,
            draws=draws,
            seed=seed,
            workers=workers,
            progress=teller(progress),
        )

    def sensitivity(
        self,
        as_of: date | str | None = None,
        *,
        accounts: Sequence[str] | None = None,
        effort: Effort = "default",
        over_time: bool = False,
        seed: int | None = None,
        workers: int | None = 1,
        progress: Told = None,
    ) -> Sensitivity:
        """Return what moves claims and weights, and what would settle them: `realities.sensitivity_of`.

        The date may be text: "2019-01-31".
        """
        from realities import sensitivity_of

        check_effort(effort)
        return sensitivity_of(
            self,
            as_of=None if as_of is None else day_of(as_of),
            accounts=accounts,
            effort=effort,
            over_time=over_time,
            seed=seed,
            workers=workers,
            progress=teller(progress),
        )

    def report(
        self,
        path: str | Path,
        as_of: date | str | None = None,
        *,
        effort: Effort = "default",
        draws: int | None = None,
        seed: int | None = None,
        workers: int | None = 1,
        progress: Told = None,
    ) -> Path:
        """Run the case and write its page, the same that the command `run` writes; return its path."""
        from realities import write_report

        study = self.run(as_of, effort=effort, draws=draws, seed=seed, workers=workers, progress=progress)
        return write_report(study, Path(path))
