"""Claims judged: what became of each, and the chances that the accounts had given it beforehand.

In come a claim, where it stands (`status.py`) and the accounts' forecasts at every date computed; out comes
a `JudgedClaim`. How the chances of all claims fared is in `scorecard.py`.

Never hindsight: a chance counts only if it was computed as of a date before the claim was decided and not
after its deadline (`scoring_dates`). Where an account was written down after that date, its score is kept and
stamped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from realities.case.claims import Claim
from realities.case.folder import Case
from realities.weigh.forward import Forecast
from realities.weigh.scoring.scores import brier
from realities.weigh.scoring.status import ClaimStatus, Standing, decided_on


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim, what became of it, and the chance each account gave it.

    `chance` is as of the study's date; `chance_when_made` and `chance_last` are as of the day the claim
    was made and of the last date computed before its deadline: None where no fit belongs there.
    `brier` scores `chance_when_made` once the claim is decided, unless it was decided when it was made.
    `decided` is the day of publication that decided it, None while it is open; `raw` is the part of the
    draws behind `chance` in which the claim holds, without the allowance for rare turns. `last_date` is
    the date of `chance_last`.
    """

    claim: Claim
    status: ClaimStatus
    chance: Mapping[str, float | None]
    chance_when_made: Mapping[str, float | None]
    chance_last: Mapping[str, float | None]
    margin: Mapping[str, float | None]
    brier: Mapping[str, float | None]
    decided: date | None = None
    raw: Mapping[str, float | None] = field(default_factory=dict)
    last_date: date | None = None

    def __repr__(self) -> str:
        return f"<JudgedClaim {self.claim.id!r}: {self.status}>"

    def _repr_html_(self) -> str:
        """Return the chances each account gave, for a notebook."""
        from realities.weigh.card import judged_card

        return judged_card(self)


def judge(
    case: Case,
    claim: Claim,
    stands: Standing,
    moments: Sequence[date],
    forecasts: Mapping[date, Mapping[str, Forecast]],
) -> JudgedClaim:
    """Return a claim with the chances it had, never on reports from after it was decided."""
    day = moments[-1]
    if claim.made > day:
        stands = Standing("not made yet")
    accounts = [account.id for account in case.accounts]

    def chances(at: date | None) -> dict[str, float | None]:
        known = forecasts.get(at, {}) if at is not None else {}
        return {a: known[a].chances.get(claim.id) if a in known else None for a in accounts}

    happened = {"happened": 1.0, "did not happen": 0.0}.get(stands.status)
    decided = decided_on(case, claim, day, stands)
    scored, last = scoring_dates(claim, moments, decided)
    when_scored = chances(scored)
    margins = {a: forecasts[day][a].claims.get(claim.id) for a in accounts}
    return JudgedClaim(
        claim=claim,
        status=stands.status,
        chance=chances(day),
        chance_when_made=chances(claim.made),
        chance_last=chances(last),
        margin={a: None if found is None else found.margin for a, found in margins.items()},
        brier={
            a: None if happened is None or chance is None else brier(chance, happened)
            for a, chance in when_scored.items()
        },
        decided=decided,
        raw={a: None if found is None else found.raw for a, found in margins.items()},
        last_date=last,
    )


def scoring_dates(
    claim: Claim, dates: Sequence[date], decided: date | None = None
) -> tuple[date | None, date | None]:
    """Return the as-of dates whose chances may be scored: when the claim was made, and the last.

    Parameters
    ----------
    claim
        The claim.
    dates
        As-of dates for which there are chances.
    decided
        First day on which what was published decided the claim; None if it is open.

    Returns
    -------
    The day the claim was made, if it is among `dates`, and the latest of them that is not before it.
    Both lie before the claim was decided and before its deadline; None where there is no such
    date, as with a claim about what had been published already.
    """
    ends = [day for day in (decided,) if day is not None]
    allowed = [
        day
        for day in dates
        if claim.made <= day
        and (claim.deadline is None or day < claim.deadline or day == claim.made)
        and all(day < end for end in ends)
    ]
    return (claim.made if claim.made in allowed else None), max(allowed, default=None)
