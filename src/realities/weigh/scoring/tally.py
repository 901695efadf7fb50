"""How one forecaster fared over many claims: means, skill, reliability.

In come verdicts: decided claims with the chances that the forecaster had given them; out come `Scores`, for
all claims and for those of each claimant. `scorecard.py` makes the verdicts and adds how reports were
forecast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from realities.weigh.scoring.baselines import HALF, base_rate_brier
from realities.weigh.scoring.reliability import (
    BINS,
    Bin,
    BrierParts,
    RecalibratedParts,
    brier_parts,
    recalibrated_parts,
    reliability,
)
from realities.weigh.scoring.scores import brier, log_score, skill


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decided claim and the chances that one account gave it beforehand.

    `when_made` and `last` are as of the day the claim was made and of the last date before it was
    decided and not after its deadline; None where nothing was computed then. `is_hindsight` says that
    the account was written down only after the date of `when_made`. `test` is what decided it.
    """

    claim: str
    claimant: str
    happened: bool
    when_made: float | None
    last: float | None = None
    is_hindsight: bool = False
    test: tuple[object, ...] | None = None


@dataclass(frozen=True, slots=True)
class QuantityScores:
    """How one account forecast the reports of one quantity that were published next.

    `crps` is the mean over `n` values, in the measure's unit; `n_not_finite` more could not be scored, since
    a draw predicted no finite number. `persistence` and `climatology` are the means of the baselines over the
    `n_compared` (two numbers) of those values for which they have one, and the skills compare on the same.
    `inside` of `n_banded` values lay in the 90 % band that was forecast for them.
    """

    crps: float | None
    n: int
    n_not_finite: int = 0
    persistence: float | None = None
    climatology: float | None = None
    skill_persistence: float | None = None
    skill_climatology: float | None = None
    n_compared: tuple[int, int] = (0, 0)
    inside: int = 0
    n_banded: int = 0


@dataclass(frozen=True, slots=True)
class Scores:
    """How one account fared: means over decided claims and over reports; None where there are none.

    Attributes
    ----------
    brier, log_score
        Of the chances when the claims were made.
    brier_last, log_last
        Of the last chances before the outcome.
    crps
        Of the reports published next, in multiples of the typical size of a report.
    skill_half, log_skill_half
        By what part `brier` and `log_score` are better than always saying one half: 1 is perfect, 0 as good,
        negative worse.
    skill_base_rate
        By what part `brier` is better than always saying what part of these claims happened; None where all
        or none did.
    n_claims, n_last, n_hindsight
        Claims in `brier` and in `brier_last`; those of the former made before the account was written down.
    bins, murphy, recalibrated
        Reliability diagram of the chances when made, and the parts of `brier` over its bins and without.
    crps_skill
        By what part `crps` is better than that of persistence, over the reports that both forecast.
    n_reports, n_reports_hindsight
        Reports in `crps`; those forecast as of a date before the account was written down.
    quantities
        The same by quantity.
    prequential_log_score
        Sum over dates of the log density that the account gave to the reports published next.
    """

    brier: float | None
    log_score: float | None
    crps: float | None
    brier_last: float | None = None
    log_last: float | None = None
    skill_half: float | None = None
    log_skill_half: float | None = None
    skill_base_rate: float | None = None
    n_claims: int = 0
    n_last: int = 0
    n_hindsight: int = 0
    bins: tuple[Bin, ...] = ()
    murphy: BrierParts | None = None
    recalibrated: RecalibratedParts | None = None
    crps_skill: float | None = None
    n_reports: int = 0
    n_reports_hindsight: int = 0
    quantities: Mapping[str, QuantityScores] = field(default_factory=dict)
    prequential_log_score: float | None = None
    prequential: Mapping[date, float] = field(default_factory=dict)

    @property
    def is_hindsight(self) -> bool:
        """Whether anything is scored that had come to pass when the account was written down."""
        return self.n_hindsight + self.n_reports_hindsight > 0


def score_account(verdicts: Sequence[Verdict]) -> Scores:
    """Return the scores of the chances in `verdicts`; those without a chance count for nothing.

    Claims that one test decided count once, as the first of them that had a chance.
    """
    given = _once(v for v in verdicts if v.when_made is not None)
    made = [(v.when_made, v.happened) for v in given if v.when_made is not None]
    last = [
        (v.last, v.happened) for v in _once(v for v in verdicts if v.last is not None) if v.last is not None
    ]
    chances, happened = [p for p, _ in made], [o for _, o in made]
    mean, mean_log = _mean([brier(p, o) for p, o in made]), _mean([log_score(p, o) for p, o in made])
    half, log_half = HALF
    return Scores(
        brier=mean,
        log_score=mean_log,
        crps=None,
        brier_last=_mean([brier(p, o) for p, o in last]),
        log_last=_mean([log_score(p, o) for p, o in last]),
        skill_half=skill(mean, half),
        log_skill_half=skill(mean_log, log_half),
        skill_base_rate=skill(mean, base_rate_brier(happened)),
        n_claims=len(made),
        n_last=len(last),
        n_hindsight=sum(v.is_hindsight for v in given),
        bins=reliability(chances, happened) if made else (),
        murphy=brier_parts(chances, happened, BINS) if made else None,
        recalibrated=recalibrated_parts(chances, happened) if made else None,
    )


def _once(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts without those of a test that had one before: one event is not counted twice."""
    first: dict[object, Verdict] = {}
    for k, verdict in enumerate(verdicts):
        first.setdefault(k if verdict.test is None else (verdict.test, verdict.happened), verdict)
    return list(first.values())


def score_claimants(verdicts: Sequence[Verdict]) -> dict[str, Scores]:
    """Return the scores of one account's chances, by who made the claims."""
    claimants = sorted({verdict.claimant for verdict in verdicts})
    return {name: score_account([v for v in verdicts if v.claimant == name]) for name in claimants}


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
