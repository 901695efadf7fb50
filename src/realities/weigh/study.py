"""The whole spine: weigh at every needed date, run forward, judge the claims, score the accounts.

In comes a case; out comes a `Study`, from which `results.py` makes the JSON object and `report/` the
page. This file is a table of contents that runs; the work is in the stages it calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from realities.case.folder import Case
from realities.ensemble import Crew, Progress, map_tasks, silent
from realities.weigh.between import Between, Stretch, joined, stretches, walked
from realities.weigh.dates import known_on
from realities.weigh.fits import AccountFit, Weighing
from realities.weigh.forward import Forecast, ForwardTask, forward
from realities.weigh.glances import Glance, glance_days, glanced, glances_of, has_glances, with_curves
from realities.weigh.honesty.honest import Honesty, answered, honesty, honesty_tasks
from realities.weigh.honesty.honest import Task as HonestyTask
from realities.weigh.leaps import sampled
from realities.weigh.posterior import AccountRun, settings_for, unweighed_account
from realities.weigh.sampling.evidence import Effort
from realities.weigh.scoring.judging import JudgedClaim, judge
from realities.weigh.scoring.scorecard import Scorecard, score_case
from realities.weigh.scoring.status import standing
from realities.weigh.scoring.tally import Scores
from realities.weigh.sequence import Path
from realities.weigh.timeline import Moment, timeline, timeline_dates
from realities.weigh.weighing import STAGE, FitTask, at_dates, fit_date, paths, runs_by_account, weighing

#: Forward runs per account: at the last date, at each date before it, and from the priors.
FORWARD_DRAWS: Mapping[Effort, tuple[int, int, int]] = {
    "sketch": (300, 150, 150),
    "quick": (400, 150, 150),
    "default": (20000, 1200, 600),
    "publish": (20000, 4000, 2000),
}
#: What is said to be going on while what runs found is run forward, checked and weighed anew.
FORWARD = "Running forward"
#: Sets of dated inputs with which accounts are looked at as first stated, at most: further ones are left out.
MOST_STATED = 6
#: As-of dates of the report where the case names none.
N_REPORT_DATES = 4


@dataclass(frozen=True, repr=False)
class Study:
    """Everything `realities run` computes of one case.

    `dates` are the as-of dates in order, the last of them `as_of`; `weighings` and `forecasts` are
    keyed by them. `prior_forecasts` are the accounts as first stated, before any report, with the dated
    inputs published by `as_of`; `stated_before` are the same for days before each of some dates, ascending,
    with the inputs published by then. `honesty` says how far the weights at the last date can be trusted,
    None where no report weighs. `timeline` has more dates, where it was asked for; `between` has weights on
    the days between all of these, `quarters` forecasts as of the first days of quarters between `dates`,
    ascending, as far as draws reach.
    """

    case: Case
    as_of: date
    seed: int
    effort: Effort
    dates: tuple[date, ...]
    weighings: Mapping[date, Weighing]
    forecasts: Mapping[date, Mapping[str, Forecast]]
    prior_forecasts: Mapping[str, Forecast]
    claims: tuple[JudgedClaim, ...]
    scorecard: Scorecard
    warnings: tuple[str, ...]
    honesty: Honesty | None = None
    timeline: tuple[Moment, ...] = ()
    between: tuple[Between, ...] = ()
    stated_before: tuple[tuple[date, Mapping[str, Forecast]], ...] = ()
    quarters: tuple[tuple[date, Mapping[str, Forecast]], ...] = ()

    def __repr__(self) -> str:
        counts = f"{len(self.dates)} dates, {len(self.claims)} claims"
        return f"<Study of {self.case.id!r} as of {self.as_of}: {counts}, {self.effort} effort>"

    def _repr_html_(self) -> str:
        """Return weights over time, the first quantity and the claims, for a notebook."""
        from realities.weigh.card import study_card

        return study_card(self)

    @property
    def scores(self) -> Mapping[str, Scores]:
        """How each account fared, by its id."""
        return self.scorecard.accounts


def run_case(
    case: Case,
    *,
    as_of: date | None = None,
    draws: int | None = None,
    seed: int | None = None,
    effort: Effort = "default",
    with_timeline: bool = False,
    with_between: bool = True,
    workers: int | Crew | None = 1,
    progress: Progress = silent,
) -> Study:
    """Weigh a case's accounts, judge its claims and look ahead, as of one date and those before it.

    Parameters
    ----------
    case
        The case, as `load_case` gives it.
    as_of
        Use only what was published by then; default: the latest publication in the case.
    draws
        Forward runs per account at the last date; default: the case's own, fewer in a quick run.
    seed
        Default: the case's own. The result is the same for a seed whatever the number of workers.
    effort
        "sketch", "quick", "default" or "publish": how many particles and runs the sampler uses.
    with_timeline
        Whether weights, evidence and predictive scores are also given at every date of the timeline.
    with_between
        Whether weights are also given on the days between these dates, as far as draws reach; a sketch has
        none.
    workers
        Processes; None means one for each core. Or a crew of this case, which may remember finished tasks or
        have its processes elsewhere.
    progress
        Told what is going on.

    Raises
    ------
    InputError
        If a row or a dated input published by `as_of` is wrong.
    """
    day = as_of if as_of is not None else case.latest_published
    key = case.seed if seed is None else seed
    moments = study_dates(case, day)
    counts = forward_draws(case, effort, draws)
    with nullcontext(workers) if isinstance(workers, Crew) else Crew(case, workers) as crew:
        earlier = timeline_dates(case, day, moments) if with_timeline else ()
        every = sorted({*moments, *earlier})
        quarters = glance_days(case, day, moments) if has_glances(effort) else ()
        tasks = paths(case, every, seed=key, effort=effort, with_bases=with_timeline, glances=quarters)
        stated = stated_days(case, day)
        first = _views_first_stated(case, day, stated, counts, key, effort)
        work: list[Task] = [*tasks, *first]  # the latter wait for nothing and fill a gap
        weighed = map_tasks(case, done, work, workers=crew, stage=STAGE, progress=progress)
        sampled_runs = runs_by_account(tasks, weighed[: len(tasks)])
        passed = {account: by_date[len(every) :] for account, by_date in sampled_runs.items()}
        sampled_runs = {account: by_date[: len(every)] for account, by_date in sampled_runs.items()}
        by_known = _first_stated(case, [one for _, one in weighed[len(tasks) :]])
        runs = at_dates(sampled_runs, every, moments)
        at_last = {account: by_date[-1] for account, by_date in runs.items()}
        asked = honesty_tasks(case, at_last, day, key, effort) if known_on(case, day).rows else []
        views = _views(moments, runs, counts, key, effort)
        gaps = stretches(case, every, sampled_runs, seed=key, effort=effort) if with_between else []
        glances = glances_of(quarters, passed, key)
        work = [*asked, *views, *gaps, *glances]
        found = map_tasks(case, done, work, workers=crew, stage=FORWARD, progress=progress)
        found, curves = found[: len(found) - len(glances)], found[len(found) - len(glances) :]
        weighings, forecasts = _by_date(case, key, views, found[len(asked) :][: len(views)])
        how = settings_for(case, effort)
        told = timeline(
            case, earlier, at_dates(sampled_runs, every, earlier), key, how, workers=crew, progress=progress
        )
        trust = honesty(
            case,
            weighings[day],
            at_last,
            forecasts,
            effort=effort,
            answers=found[: len(asked)],
            workers=crew,
            progress=progress,
        )
    claims = tuple(
        judge(case, claim, standing(case, claim, day), moments, forecasts) for claim in case.claims
    )
    scores = {one.as_of: {name: at.predictive for name, at in one.accounts.items()} for one in told}
    scorecard = score_case(case, claims, weighings, forecasts, scores or None)
    return Study(
        case=case,
        as_of=day,
        seed=key,
        effort=effort,
        dates=moments,
        weighings=weighings,
        forecasts=forecasts,
        prior_forecasts=by_known[-1],
        honesty=trust,
        claims=claims,
        scorecard=scorecard,
        warnings=(
            *_warnings(case, weighings, forecasts[day]),
            *_known_late(case, day, stated),
            *scorecard.warnings,
        ),
        timeline=told,
        between=joined(case, gaps, found[len(asked) + len(views) :]),
        stated_before=tuple(zip(stated, by_known[:-1], strict=True)),
        quarters=with_curves([account.id for account in case.accounts], glances, curves),
    )


def study_dates(case: Case, as_of: date) -> tuple[date, ...]:
    """Return the as-of dates to compute, ascending: the report's, when claims were made, and `as_of`.

    Where the case names no dates for the report, days of publication are taken, evenly spread; nothing
    published later plays a part.
    """
    wanted = set(case.report_dates)
    if not wanted:
        days = sorted({row.published for row in case.as_of(as_of) if row.published is not None})
        wanted = (
            {days[(k + 1) * len(days) // (N_REPORT_DATES + 1)] for k in range(N_REPORT_DATES)}
            if days
            else set()
        )
    made = {claim.made for claim in case.claims if claim.predicate is not None}
    return tuple(sorted({day for day in wanted | made if day < as_of} | {as_of}))


def stated_days(case: Case, as_of: date) -> tuple[date, ...]:
    """Return the days, ascending, from which accounts as first stated know one more dated input, or several.

    Days before which no report was published are left out, as no page shows anything before them, and of
    more than `MOST_STATED` all but the first, the last and some evenly between: for a while accounts then
    know less than they could, and never more.
    """
    first = min((row.published for row in case.as_of(as_of) if row.published is not None), default=None)
    days = sorted({event.published for event in case.events_as_of(as_of)})
    days = [day for day in days if first is not None and day > first]
    n = min(len(days), MOST_STATED)
    return tuple(days[round(k * (len(days) - 1) / max(n - 1, 1))] for k in range(n))


def _known_late(case: Case, as_of: date, stated: Sequence[date]) -> list[str]:
    """Return which dated inputs accounts as first stated do not know at once."""
    late = []
    for event in case.events_as_of(as_of):
        known = next((day for day in stated if day >= event.published), event.published)
        if stated and event.published > stated[0] and known > event.published:
            late.append(f'accounts as first stated know "{event.parameter}" of {event.date} from {known} on')
    return late


def forward_draws(case: Case, effort: Effort, draws: int | None) -> tuple[int, int, int]:
    """Return how many forward runs to make: at the last date, at earlier dates, from the priors."""
    last, earlier, prior = FORWARD_DRAWS[effort]
    last = draws if draws is not None else min(last, case.draws)
    return last, min(earlier, last), min(prior, last)


@dataclass(frozen=True, slots=True)
class View:
    """One account as of one date: to be fitted, and run forward `n_draws` times.

    `fit` has no runs where the account is to be seen as first stated, before any report. Reports
    published by `until` are scored; `is_last` says that this is the date of the study itself, `with_claims`
    whether claims get chances.
    """

    fit: FitTask
    n_draws: int
    until: date | None = None
    is_last: bool = False
    with_claims: bool = True


def look_ahead(case: Case, view: View) -> tuple[AccountFit, Forecast]:
    """Return an account's fit and what it expects. Both are made in one process: a fit is large.

    The fit comes without the paths of model error, of which forecasts are made and nothing else, and with
    the draws of single runs at the last date only.
    """
    task = view.fit
    if task.runs:
        account = fit_date(case, task)
    else:
        account = unweighed_account(case, task.account, seed=task.seed, n_draws=view.n_draws)
    ahead = forward(
        case,
        ForwardTask(
            account,
            task.as_of,
            view.n_draws,
            task.seed,
            view.until,
            with_pairs=view.is_last,
            with_claims=view.with_claims,
        ),
    )
    return replace(account, discrepancies={}, chains=account.chains if view.is_last else {}), ahead


def _views(
    moments: tuple[date, ...],
    runs: Mapping[str, Sequence[tuple[AccountRun, ...]]],
    counts: tuple[int, int, int],
    seed: int,
    effort: Effort,
) -> list[View]:
    """Return what is to be looked at: those of the last date, which take longest, first."""
    last, earlier, _ = counts
    following = (*moments[1:], None)
    return [
        View(
            FitTask(account, day, runs[account][k], seed, effort, posterior_draws=last),
            last if following[k] is None else earlier,
            until=following[k],
            is_last=following[k] is None,
        )
        for k, day in reversed(list(enumerate(moments)))
        for account in runs
    ]


def _views_first_stated(
    case: Case,
    as_of: date,
    stated: Sequence[date],
    counts: tuple[int, int, int],
    seed: int,
    effort: Effort,
) -> list[View]:
    """Return the accounts to be looked at as first stated: before each of some days, and as of a later date.

    What is known before a day is what was known on the one before it in `stated`.
    """
    known = [*(stated[:1] and [stated[0] - timedelta(days=1)]), *stated[:-1], as_of]
    return [
        View(FitTask(account.id, day, (), seed, effort), counts[2], with_claims=False)
        for day in known
        for account in case.accounts
    ]


def _first_stated(case: Case, found: Sequence[Forecast]) -> list[dict[str, Forecast]]:
    """Return what accounts expect as first stated, by what is known and by account."""
    n = len(case.accounts)
    names = [account.id for account in case.accounts]
    return [dict(zip(names, found[k : k + n], strict=True)) for k in range(0, len(found), n)]


Task = Path | View | HonestyTask | Stretch | Glance


def done(case: Case, task: Task) -> Any:
    """Return what any task of a study finds: they can be done side by side."""
    match task:
        case Path():
            return sampled(case, task)
        case View():
            return look_ahead(case, task)
        case Stretch():
            return walked(case, task)
        case Glance():
            return glanced(case, task)
        case _:
            return answered(case, task)


def _by_date(
    case: Case, seed: int, views: Sequence[View], found: Sequence[tuple[AccountFit, Forecast]]
) -> tuple[dict[date, Weighing], dict[date, dict[str, Forecast]]]:
    """Return weights by date, and forecasts by date and account."""
    fits: dict[date, dict[str, AccountFit]] = {}
    forecasts: dict[date, dict[str, Forecast]] = {}
    for view, (account, ahead) in zip(views, found, strict=True):
        fits.setdefault(view.fit.as_of, {})[view.fit.account] = account
        forecasts.setdefault(view.fit.as_of, {})[view.fit.account] = ahead
    days = sorted(fits)
    weighings = {day: weighing(case, day, seed, fits[day]) for day in days}
    return weighings, {day: forecasts[day] for day in days}


def _warnings(
    case: Case, weighings: Mapping[date, Weighing], forecasts: Mapping[str, Forecast]
) -> tuple[str, ...]:
    """Return what should be said: of the case, of the fits, those of earlier dates too, of failed runs."""
    last = max(weighings)
    found = [diagnostic.message for diagnostic in case.warnings_as_of(last)]
    found += weighings[last].warnings
    found += [
        f'as of {day}: account "{name}" is not reliable'
        for day, weighing in weighings.items()
        for name, fit in weighing.fits.items()
        if day < last and not fit.reliable
    ]
    found += [
        f'account "{account}": {forecast.n_failed} of {forecast.n_draws} forward runs left the real numbers'
        for account, forecast in forecasts.items()
        if forecast.n_failed
    ]
    return tuple(found)
