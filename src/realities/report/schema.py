"""What a page carries: the payload, as plain objects that JSON can hold.

`payload.py` builds it from a `Study`, `page.py` turns it into HTML, and the page's script reads the same
object. Accounts are told by their place in the display order. Days are whole numbers since 1970-01-01,
curves are text as `encode.py` writes it, and a list along dates follows `dates`. Trust and scores are in
`schema_trust.py`, causes and the live model in `causes/schema.py` and `live/schema.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NotRequired, TypedDict

from realities.report.causes.schema import CausesData
from realities.report.live.schema import LiveData
from realities.report.schema_trust import ClaimantData, ScoreData, TrustData

SCHEMA: Final = 1
_EPOCH: Final = date(1970, 1, 1).toordinal()


class AssumptionData(TypedDict):
    """One prior an account states, why and where; `posterior` holds p5, p50, p95 per date, or null."""

    parameter: str
    prior: str
    because: str
    locator: str
    posterior: list[list[float] | None]


class AccountData(TypedDict):
    """One account. `authored` is the day it was written, if known."""

    id: str
    name: str
    summary: str
    source: str
    authored: int | None
    assumptions: list[AssumptionData]
    switches: dict[str, float]


class FitData(TypedDict):
    """How well one account could be weighed at one date."""

    reliable: bool
    log_evidence: float | None
    log_evidence_error: float | None
    effective_draws: float | None
    k_hat: float | None


class SeparationData(TypedDict):
    """Which accounts the reports separate, by their places.

    `ranges` holds, per account, the least and largest weight out of 100 with all priors half, just and
    twice as wide as stated; empty where that is not known. `stated` are those of `against` for which model
    errors of other sizes than stated could not be tried; older results do not have it.
    """

    together: list[int]
    against: list[int]
    not_established: list[int]
    ranges: list[list[int]]
    stated: NotRequired[list[int]]


class WeighingData(TypedDict):
    """Weights as of one day, per account, and how many reports they rest on.

    `separation` is the verdict, null on a day for which other widths of the priors were not tried. `between`
    says that the day lies between two weighed dates: draws of the one before it were weighed anew, or the
    accounts briefly fitted.
    """

    day: int
    weights: list[float]
    fits: list[FitData]
    used: int
    later: int
    separation: SeparationData | None
    between: NotRequired[bool]


class ReportsData(TypedDict):
    """The dated reports of one quantity in order of publication, one encoded list per column.

    `delay` is days from what a report speaks of to its publication. `value`, `low` and `high` are plain
    numbers or null; an empty list is all null.
    """

    published: str
    delay: str
    reporter: str
    source: str
    note: str
    value: list[float | None]
    low: list[float | None]
    high: list[float | None]


class QuarterCurves(TypedDict):
    """Five quantile curves per day of the payload's `quarters` and account, on their own days."""

    step: float
    days: str
    bands: list[list[str]]


class CurvesData(TypedDict):
    """What the accounts expect of one quantity.

    `bands` holds five quantile curves per date and account, `prior` those before any report, `runs`
    single runs by ISO date or "prior"; an empty text is an account without numbers there. `earlier` is as
    `prior`, a row for each day of the payload's `stated`, with the dated inputs known before that day; both
    have a step of their own, or that of `bands`.
    """

    step: float
    prior_step: NotRequired[float]
    days: str
    bands: list[list[str]]
    prior: list[str]
    earlier: NotRequired[list[list[str]]]
    quarters: NotRequired[QuarterCurves]
    run_step: float
    run_days: str
    runs: dict[str, list[str]]


class QuantityData(TypedDict):
    """One measured quantity, its reports and, where the case charts it, its curves.

    `coverage` says, per account as of the last date, how many reports lie inside the 90 % band, of how many.
    `levels` are those that reports of an ordinal quantity name: curves end at the outer ones. `note` says how
    its reports are to be read, where that is not plain.
    """

    key: str
    title: str
    unit: str
    kind: str
    levels: NotRequired[list[float]]
    note: NotRequired[str]
    reporters: list[ReporterData]
    reports: ReportsData
    coverage: list[list[int] | None]
    curves: CurvesData | None


class ReporterData(TypedDict):
    """One reporter of one quantity: what is assumed about it, and what the reports say of that.

    `posterior` holds, per date and account, bias p5, p50, p95 and noise p50, or null.
    """

    name: str
    copies: str | None
    bias: str
    noise: str
    drift: str
    scale: str
    posterior: list[list[list[float] | None]]


class ClaimData(TypedDict):
    """One claim; `resolved` is the day its outcome was known, `last_day` the date of `chance_last`.

    Chances are whole numbers in 1000, per account, -1 where there is none, encoded; `chance` has them
    date by date. An empty text is none at all. `alike` are the places of other claims that the same test
    decides.
    """

    id: str
    account: int
    by: str
    kind: str
    says: str
    source: str
    locator: str
    made: int
    deadline: int | None
    inside: bool
    computed: bool
    alike: NotRequired[list[int]]
    undecidable: str
    status: str
    resolved: int | None
    outcome_source: str
    chance_made: str
    chance_last: str
    last_day: int | None
    chance: str
    brier: list[float | None]


class SourceData(TypedDict):
    """One reference; `url` is empty unless it is an http or https address.

    `inferred` says from what the days of what rests on it were inferred; missing where it bears a date.
    """

    title: str
    author: str
    year: str
    url: str
    note: str
    inferred: NotRequired[str]


class EventData(TypedDict):
    """One dated input, the same for every account."""

    day: int
    published: int
    parameter: str
    value: float
    source: str


class MadeData(TypedDict):
    """What the numbers were made with; older payloads have neither licence nor citation."""

    version: str
    model: str
    model_hash: str
    equations: int
    stocks: int
    constants: int
    method: str
    effort: str
    draws: int
    seed: int
    without_date: int
    rows: NotRequired[str]
    licence: NotRequired[str]
    citation: NotRequired[str]
    common: list[AssumptionData]
    notice: str


class WhyData(TypedDict):
    """The quantity whose reports count most against an account, next to the leading one.

    `factor` is their log Bayes factor; not `complete` where some quantities could not be left out.
    """

    account: int
    quantity: int
    factor: float
    complete: bool


class CountedData(TypedDict):
    """Days of publication, rising, and how many reports count on each, both encoded."""

    days: str
    used: str


class CaseData(TypedDict):
    """The question and the days the case covers."""

    id: str
    title: str
    question: str
    start: int
    finish: int


class Payload(TypedDict):
    """Everything a page shows.

    `live` lets the page run the model; null, or missing in a saved payload, where that could not be built; so
    is `causes`. `ranges` are p5, p50 and p95 of a constant after the reports, by name, date and account. On
    days before each of `stated`, ascending, accounts as first stated know fewer dated inputs.
    """

    schema: int
    case: CaseData
    as_of: int
    status: list[str]
    dates: list[int]
    accounts: list[AccountData]
    weighings: list[WeighingData]
    quantities: list[QuantityData]
    notes: list[str]
    claims: list[ClaimData]
    trust: TrustData | None
    scores: list[ScoreData]
    claimants: list[ClaimantData]
    mixture: ScoreData | None
    events: list[EventData]
    network: object
    sources: dict[str, SourceData]
    warnings: list[str]
    made: MadeData
    live: NotRequired[LiveData | None]
    causes: NotRequired[CausesData | None]
    counted: NotRequired[CountedData]
    started: NotRequired[list[float]]
    stated: NotRequired[list[int]]
    quarters: NotRequired[list[int]]
    why: NotRequired[list[WhyData]]
    ranges: NotRequired[dict[str, list[list[list[float] | None]]]]


def day_number(day: date) -> int:
    """Return a date as days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def number_date(number: float) -> date:
    """Return the date of a day number."""
    return date.fromordinal(int(number) + _EPOCH)
