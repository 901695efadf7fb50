"""The scorecard of a study -> what a page carries of it.

In comes a `Scorecard`; out come numbers by account, by claimant and of all accounts together, with how many
of them rest on fits that are not reliable. `standings.py` makes sentences and tables of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from realities.figures import format_date
from realities.report.honest import finite
from realities.report.schema_trust import ClaimantData, ScoreData
from realities.weigh.scoring.bands import held, verdict

if TYPE_CHECKING:
    from realities.weigh.scoring.judging import JudgedClaim
    from realities.weigh.scoring.tally import Scores
    from realities.weigh.study import Study


def account_scores(study: Study, account: str) -> ScoreData:
    """Return how one account fared on all claims, and on the reports published after each date."""
    scores = study.scorecard.accounts[account]
    ahead = study.dates[:-1]
    return ScoreData(
        **_on_claims(scores, _shaky(study, [account], lambda _: True)),
        crps=finite(scores.crps, 4),
        crps_skill=finite(scores.crps_skill, 4),
        reports=scores.n_reports,
        reports_hindsight=scores.n_reports_hindsight,
        prequential=finite(scores.prequential_log_score, 6),
        missed=_missed(study, account),
        shaky_dates=sum(not study.weighings[day].fits[account].reliable for day in ahead),
        dates=len(ahead),
    )


def _missed(study: Study, account: str) -> list[str]:
    """Return the quantities whose bands held too few of the reports published next, or too many, in words.

    Over all dates, or where that is as asked, over the reports that followed one of them.
    """
    found = []
    for quantity, one in study.scorecard.accounts[account].quantities.items():
        label = study.case.measures[quantity].label
        if said := verdict(one.inside, one.n_banded):
            many = "too many" if said.startswith("high") else "too few"
            doubt = ", perhaps by chance" if said.endswith("?") else ""
            found.append(f"{label}: {one.inside} of {one.n_banded}, {many}{doubt}")
            continue
        for day in study.dates[:-1]:
            places = study.forecasts[day][account].below.get(quantity)
            inside, n = (0, 0) if places is None else held(places)
            if verdict(inside, n) == "low":
                found.append(f"{label}: {inside} of {n} after {format_date(day)}, too few")
    return found


def claimant_scores(study: Study) -> list[ClaimantData]:
    """Return how each account fared on the claims of each claimant who has one that is scored."""
    accounts = [account.id for account in study.case.accounts]
    names = {account.id: account.name for account in study.case.accounts}

    def on(claimant: str, account: str) -> ScoreData:
        shaky = _shaky(study, [account], lambda judged: judged.claim.account == claimant)
        return _on_claims(study.scorecard.claimants[claimant][account], shaky)

    found = [
        ClaimantData(
            account=accounts.index(claimant) if claimant in accounts else -1,
            name=names.get(claimant, claimant),
            scores=[on(claimant, account) for account in accounts],
        )
        for claimant, by_account in study.scorecard.claimants.items()
        if any(scores.n_claims + scores.n_last for scores in by_account.values())
    ]
    return sorted(found, key=lambda one: (one["account"] < 0, one["account"], one["name"]))


def mixture_scores(study: Study) -> ScoreData | None:
    """Return how all accounts together fared on claims, each by its weight at the time; None without any."""
    mixture = study.scorecard.mixture
    if not mixture.n_claims + mixture.n_last:
        return None
    return _on_claims(mixture, _shaky(study, [a.id for a in study.case.accounts], lambda _: True))


def _on_claims(scores: Scores, shaky: int) -> ScoreData:
    murphy, corp = scores.murphy, scores.recalibrated
    parts = None
    if murphy is not None:
        within = murphy.within_variance, murphy.within_covariance
        parts = [murphy.reliability, murphy.resolution, murphy.uncertainty, *within]
    recalibrated = None if corp is None else [corp.miscalibration, corp.discrimination, corp.uncertainty]
    return ScoreData(
        brier=finite(scores.brier, 4),
        log_score=finite(scores.log_score, 4),
        brier_last=finite(scores.brier_last, 4),
        log_last=finite(scores.log_last, 4),
        skill_half=finite(scores.skill_half, 4),
        log_skill_half=finite(scores.log_skill_half, 4),
        skill_base_rate=finite(scores.skill_base_rate, 4),
        claims=scores.n_claims,
        claims_last=scores.n_last,
        claims_hindsight=scores.n_hindsight,
        bins=[
            [
                found.low,
                found.high,
                found.n,
                *(finite(v, 5) for v in (found.mean_chance, found.frequency, found.least, found.most)),
            ]
            for found in scores.bins
        ],
        murphy=None if parts is None else [round(value, 6) for value in parts],
        corp=None if recalibrated is None else [round(value, 6) for value in recalibrated],
        shaky=shaky,
    )


def _shaky(study: Study, accounts: Collection[str], counts: Callable[[JudgedClaim], bool]) -> int:
    """Return for how many scored claims the fit on the day they were made is not reliable."""
    return sum(
        any(
            judged.brier[account] is not None and not _is_reliable(study, judged, account)
            for account in accounts
        )
        for judged in study.claims
        if counts(judged)
    )


def _is_reliable(study: Study, judged: JudgedClaim, account: str) -> bool:
    day = max((day for day in study.dates if day <= judged.claim.made), default=None)
    return day is None or study.weighings[day].fits[account].reliable
