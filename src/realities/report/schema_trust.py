"""What a page carries of trust in the weights and of scores: part of the payload (`schema.py`).

`honest.py` and `scored.py` build it; `trusted.py` and `standings.py` turn it into sentences and tables.
Accounts and quantities are told by their places.
"""

from __future__ import annotations

from typing import TypedDict


class WidthData(TypedDict):
    """One account with its priors `width` times as wide as stated.

    `weight` is its weight with all accounts' priors so wide, `alone` with its own only; null where an
    evidence that they need was not computed. `state` is "reliable", "not reliable" or "not computed".
    """

    account: int
    width: float
    log_evidence: float | None
    error: float | None
    k_hat: float | None
    weight: float | None
    alone: float | None
    state: str
    how: str


class PairData(TypedDict):
    """The leading account and another: log Bayes factor as stated and the least met, and what follows."""

    leader: int
    account: int
    log_factor: float | None
    least: float | None
    outcome: str
    why: str


class LeftData(TypedDict):
    """What leaving out a reporter, a quantity or a single report does to the weights.

    `quantity` is a place among the quantities, -1 for none; `weights` are null where they were not computed,
    then `missing` are the places of the accounts this is due to. `k_hat` is the largest. `sources` and
    `happened` are of a single report.
    """

    kind: str
    reporter: str
    quantity: int
    published: int | None
    happened: int | None
    rows: int
    value: float | None
    moved: float | None
    weights: list[float] | None
    missing: list[int]
    k_hat: float | None
    sources: list[str]


class CheckData(TypedDict):
    """One predictive check of one quantity: probability and number of terms per account, or null."""

    quantity: int
    part: str
    statistic: str
    probability: list[float | None]
    count: list[int | None]


class PlacesData(TypedDict):
    """Where the reports published next fell in one account's predictions, from low to high."""

    account: int
    counts: list[int]
    rows: int
    distance: float | None
    probability: float | None


class TrustData(TypedDict):
    """How far the weights at the last date can be trusted.

    `errors` are as `widths`, with model errors so many times as large; empty where there are none. `runs`
    are the log evidences of the sampler's runs, per account. `left` are reporters and quantities, `reports`
    the single reports that move most weight, both with the largest first; `tried` is how many single reports
    were left out, `unknown` for how many of them that was not computed. A check is flagged outside `flagged`.
    """

    widths: list[WidthData]
    errors: list[WidthData]
    pairs: list[PairData]
    runs: list[list[float]]
    left: list[LeftData]
    reports: list[LeftData]
    tried: int
    unknown: int
    flagged: list[float]
    checks: list[CheckData]
    places: list[PlacesData]


class ScoreData(TypedDict, total=False):
    """How one forecaster fared: see `weigh/scoring/tally.py`.

    `bins` hold low, high, number, mean chance, share that happened and the range in which that share would
    lie; `murphy` reliability, resolution, uncertainty and what varies inside bins; `corp` miscalibration,
    discrimination and uncertainty. `shaky` counts the scored claims, `shaky_dates` the dates forecast from,
    whose fit is not reliable, of `dates`. `missed` are quantities whose 90 % bands held too few of the
    reports published next, or too many, in words.
    """

    brier: float | None
    log_score: float | None
    brier_last: float | None
    log_last: float | None
    skill_half: float | None
    log_skill_half: float | None
    skill_base_rate: float | None
    claims: int
    claims_last: int
    claims_hindsight: int
    crps: float | None
    crps_skill: float | None
    reports: int
    reports_hindsight: int
    prequential: float | None
    missed: list[str]
    bins: list[list[float | None]]
    murphy: list[float] | None
    corp: list[float] | None
    shaky: int
    shaky_dates: int
    dates: int


class ClaimantData(TypedDict):
    """How each account fared on the claims of one claimant; `account` is its place, or -1."""

    account: int
    name: str
    scores: list[ScoreData]
