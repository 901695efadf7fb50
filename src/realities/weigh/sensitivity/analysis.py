"""What moves the claims, what moved the weights, what would settle it: all three for a case and a date.

In comes a case; out comes a `Sensitivity`, of which `tables.py` and `as_json.py` make tables and JSON.
Accounts are fitted once for every date asked for; everything else works on their posterior draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from realities.case.folder import Case
from realities.ensemble import Crew, Progress, silent
from realities.weigh.fits import Weighing
from realities.weigh.posterior import settings_for
from realities.weigh.sampling.evidence import Effort
from realities.weigh.sensitivity.assumptions import (
    AccountTask,
    Effect,
    UnderAccount,
    leading,
    under_account,
)
from realities.weigh.sensitivity.moves import Moves, moves_of
from realities.weigh.sensitivity.pawn import check_installed
from realities.weigh.sensitivity.quantities import QuantityEffect, quantities_under
from realities.weigh.sensitivity.separating import Candidate, SeparatingTask, predictions, ranked
from realities.weigh.sensitivity.walk import QUICK_REACH, REACH, After, WalkTask, doubtful, news_of, walked
from realities.weigh.weighing import weigh_dates

#: Draws behind each effect, in which constants are put back, behind a report to come; in a quick look.
DRAWS, QUICK_DRAWS = (2000, 1000, 1500), (600, 256, 600)
#: Moves add up to the log evidence within so much, and so many standard errors, or are said not to.
LARGEST_GAP, STANDARD_ERRORS = 0.3, 4.0


@dataclass(frozen=True, slots=True)
class AtDate:
    """The weights as of a date, and what moves the claims under each account."""

    weighing: Weighing
    under: tuple[UnderAccount, ...]

    @property
    def as_of(self) -> date:
        """The date."""
        return self.weighing.as_of

    def leading(self, claim: str, most: int = 5) -> tuple[Effect, ...]:
        """Return the assumptions that move a claim most, under accounts whose fits are reliable."""
        return leading([one for one in self.under if self.is_reliable(one.account)], claim, most)

    def is_reliable(self, account: str) -> bool:
        """Return whether the diagnostics support what is said of an account."""
        return self.weighing.fits[account].reliable


@dataclass(frozen=True, repr=False)
class Sensitivity:
    """What the results of a case hang on.

    Attributes
    ----------
    dates
        What moves the claims, by date, ascending; the last is the date asked for.
    quantities
        What moves the reported quantities over the time of the model, as of the last date; empty unless
        asked for over time.
    moves
        Which reports moved the weights; None where nothing was reported.
    candidates
        Reports still to come, what would tell most about which account holds first.
    """

    case: Case
    as_of: date
    seed: int
    effort: Effort
    accounts: tuple[str, ...]
    dates: tuple[AtDate, ...]
    quantities: tuple[QuantityEffect, ...]
    moves: Moves | None
    candidates: tuple[Candidate, ...]
    warnings: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        counts = f"{len(self.dates)} dates, {len(self.candidates)} reports to come"
        return f"<Sensitivity of {self.case.id!r} as of {self.as_of}: {counts}>"

    def _repr_html_(self) -> str:
        """Return the tables, for a notebook."""
        from realities.weigh.sensitivity.card import sensitivity_card

        return sensitivity_card(self)

    @property
    def last(self) -> AtDate:
        """What there is as of the date asked for."""
        return self.dates[-1]


def sensitivity_of(
    case: Case,
    *,
    as_of: date | None = None,
    accounts: Sequence[str] | None = None,
    effort: Effort = "default",
    seed: int | None = None,
    over_time: bool = False,
    workers: int | None = 1,
    progress: Progress = silent,
) -> Sensitivity:
    """Return what moves the claims of a case, what moved its weights, and what report would settle most.

    Parameters
    ----------
    case
        The case.
    as_of
        Use only what was published by then; default: the latest publication in the case.
    accounts
        Ids of those whose claims are looked at; default: all. The weights are always those of all.
    effort
        "quick" takes about a tenth of the draws.
    seed
        Default: the case's own.
    over_time
        Whether claims are also looked at as of each date of the case's report, and quantities over time.
    workers
        Processes; None means one for each core. The result does not depend on it.
    progress
        Told what is going on.

    Raises
    ------
    RealitiesError
        If SALib is not installed.
    KeyError
        If there is no such account.
    InputError
        If a row or event published by the date is wrong.
    """
    check_installed()
    wanted = tuple(account.id for account in case.accounts) if accounts is None else tuple(accounts)
    for name in wanted:
        case.account(name)
    day = case.latest_published if as_of is None else as_of
    key = case.seed if seed is None else seed
    is_quick = effort in ("quick", "sketch")
    n_draws, n_changed, n_reports = QUICK_DRAWS if is_quick else DRAWS
    days = sorted({*(one for one in case.report_dates if one < day and over_time), day})
    weighings = weigh_dates(
        case,
        days,
        seed=key,
        effort=effort,
        posterior_draws=max(n_draws, settings_for(case, effort).posterior_draws),
        workers=workers,
        progress=progress,
    )
    last = weighings[day]
    names = [account.id for account in case.accounts]
    with Crew(case, workers) as crew:
        tasks = [
            AccountTask(weighings[when].fits[name], when, key, n_draws, n_changed)
            for when in days
            for name in wanted
        ]
        under = crew.map(under_account, tasks, stage="Moving assumptions", progress=progress)
        quantities = (
            crew.map(quantities_under, tasks[-len(wanted) :], stage="Looking over time", progress=progress)
            if over_time
            else []
        )
        draws, enough = QUICK_REACH if is_quick else REACH
        walks = [WalkTask(name, day, key, draws, enough) for name in names] if last.used else []
        told = _followed(crew, walks, progress) if walks else {}
        asked = [SeparatingTask(last.fits[name], day, key, n_reports) for name in names]
        predicted = crew.map(predictions, asked, stage="Predicting reports", progress=progress)
    evidence = {name: fit.log_evidence for name, fit in last.fits.items()}
    moves = moves_of(news_of(case, day), told, case.prior_weights, evidence) if walks else None
    dates = tuple(
        AtDate(weighings[when], tuple(under[k * len(wanted) : (k + 1) * len(wanted)]))
        for k, when in enumerate(days)
    )
    return Sensitivity(
        case=case,
        as_of=day,
        seed=key,
        effort=effort,
        accounts=wanted,
        dates=dates,
        quantities=tuple(effect for one in quantities for effect in one),
        moves=moves,
        candidates=ranked(case, day, dict(zip(names, predicted, strict=True)), last.weights),
        warnings=_warnings(case, dates, moves, evidence),
    )


def _followed(crew: Crew, walks: Sequence[WalkTask], progress: Progress) -> dict[str, dict[int, After]]:
    """Return all accounts' walks; those that may have missed something go again, and are fitted there."""
    found = crew.map(walked, walks, stage="Following the record", progress=progress)
    told = {task.account: walk for task, walk in zip(walks, found, strict=True)}
    doubts = doubtful(told)
    again = [replace(task, fitted=doubts[task.account]) for task in walks if task.account in doubts]
    if again:
        found = crew.map(walked, again, stage="Following it again", progress=progress)
        told |= {task.account: walk for task, walk in zip(again, found, strict=True)}
    return told


def _warnings(
    case: Case, dates: Sequence[AtDate], moves: Moves | None, evidence: Mapping[str, float]
) -> tuple[str, ...]:
    """Return what should be said: of fits, of what could not be put back, and of what draws do not reach."""
    found = [
        f'as of {at.as_of}: account "{name}" is not reliable, and neither is what is said of it'
        for at in dates
        for name, fit in at.weighing.fits.items()
        if not fit.reliable
    ]
    found += [f'account "{one.account}": {text}' for one in dates[-1].under for text in one.skipped]
    if moves is None:
        return (*found, "nothing was reported by then: no weights were moved, and no report is like another")
    if moves.reached < moves.n_news:
        day = news_of(case, dates[-1].as_of)[moves.reached].day
        found.append(
            f"what moved the weights is known up to {day}: later reports are out of the draws' reach"
        )
    for name, gap in moves.gaps.items():
        error = dates[-1].weighing.fits[name].log_evidence_error
        if abs(gap) > max(LARGEST_GAP, STANDARD_ERRORS * error):
            found.append(
                f'account "{name}": the moves add up to a log evidence {abs(gap):.1f} '
                f"{'above' if gap > 0 else 'below'} that of its fit, {evidence[name]:.1f}"
            )
    return tuple(found)
