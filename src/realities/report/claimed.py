"""The claims of a study as a page carries them.

In comes a judged claim, out comes plain data: chances as whole numbers in 1000, encoded, and the first day on
which a page may show what became of it. `payload.py` collects them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import floor, isfinite
from typing import TYPE_CHECKING

from realities.report.encode import encode_integers
from realities.report.honest import finite
from realities.report.schema import ClaimData, day_number

if TYPE_CHECKING:
    from realities.weigh.scoring.judging import JudgedClaim
    from realities.weigh.study import Study


def claim_data(study: Study, judged: JudgedClaim, dates: Sequence[date], resolved: int | None) -> ClaimData:
    """Return a claim; `resolved` is the first day on which its outcome may show, None for no outcome."""
    claim, ids = judged.claim, [account.id for account in study.case.accounts]
    by = ids.index(claim.account) if claim.account in ids else -1
    return ClaimData(
        id=claim.id,
        account=by,
        by=study.case.accounts[by].name if by >= 0 else claim.account,
        kind=claim.kind,
        says=claim.says,
        source=claim.source,
        locator=claim.locator,
        made=day_number(claim.made),
        deadline=None if claim.deadline is None else day_number(claim.deadline),
        inside=claim.is_inside_model,
        computed=claim.predicate is not None,
        undecidable=claim.undecidable or "",
        status=judged.status,
        resolved=resolved,
        outcome_source=claim.outcome.source if claim.outcome and claim.outcome.date <= study.as_of else "",
        chance_made=_in_thousand([judged.chance_when_made], ids),
        chance_last=_in_thousand([judged.chance_last], ids),
        last_day=None if judged.last_date is None else day_number(judged.last_date),
        chance=_in_thousand(
            [{a: f.chances.get(claim.id) for a, f in study.forecasts[day].items()} for day in dates], ids
        ),
        brier=[None if (b := judged.brier.get(a)) is None else finite(b, 3) for a in ids],
    )


def mark_alike(study: Study, claims: Sequence[ClaimData]) -> None:
    """Say of each claim which others the same test decides: they are no evidence of their own."""
    tests = {judged.claim.id: judged.claim.test for judged in study.claims}
    places: dict[object, list[int]] = {}
    for k, claim in enumerate(claims):
        if (test := tests[claim["id"]]) is not None:
            places.setdefault(test, []).append(k)
    for alike in places.values():
        for k in alike if len(alike) > 1 else ():
            claims[k]["alike"] = [other for other in alike if other != k]


def resolved_days(study: Study) -> dict[str, int]:
    """Return, by id of each claim that has an outcome, the first day on which a page may show it."""
    found = {}
    for judged in study.claims:
        claim = judged.claim
        if judged.status not in {"happened", "did not happen", "disputed"}:
            continue
        found[claim.id] = day_number(judged.decided or study.as_of)
    return found


def _in_thousand(rows: Sequence[Mapping[str, float | None]], ids: Sequence[str]) -> str:
    """Chances as whole numbers in 1000, row by row, -1 for none; nothing where there is no chance at all."""
    chances = [row.get(account) for row in rows for account in ids]
    if all(p is None or not isfinite(p) for p in chances):
        return ""
    return encode_integers(-1 if p is None or not isfinite(p) else floor(p * 1000 + 0.5) for p in chances)
