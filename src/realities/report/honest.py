"""The honesty of a study's last date -> what a page carries of it.

In comes what `weigh/honesty/` found; out comes `TrustData`: weights at other widths of the priors, which
accounts are separated, what moves the weights, predictive checks. Accounts and quantities are told by their
places. `trusted.py` makes sentences and tables of it; `scored.py` does the same for scores.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

from realities.report.schema import day_number
from realities.report.schema_trust import CheckData, LeftData, PairData, PlacesData, TrustData, WidthData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realities.weigh.honesty.checks import Check
    from realities.weigh.honesty.honest import Honesty
    from realities.weigh.honesty.influence import Influence
    from realities.weigh.honesty.widths import AtWidth
    from realities.weigh.study import Study

#: Single reports that a page lists.
MOST_REPORTS: Final = 10


def significant(value: float, digits: int) -> float:
    """Return a finite number rounded to significant digits."""
    return float(f"{float(value):.{digits}g}")


def finite(value: float | None, digits: int) -> float | None:
    """Return a number rounded to significant digits; None for one that is not finite."""
    return significant(value, digits) if value is not None and isfinite(value) else None


def trust_data(study: Study) -> TrustData | None:
    """Return how far the weights at a study's last date can be trusted; None where no report weighs."""
    found = study.honesty
    if found is None:
        return None
    from realities.weigh.honesty.checks import HIGHEST, LOWEST

    places = {account.id: k for k, account in enumerate(study.case.accounts)}
    fits = study.weighings[study.as_of].fits
    single = [one for one in found.influence if one.left.kind == "report"]
    return TrustData(
        widths=_widths(found, places),
        errors=_errors(found, places),
        pairs=[
            PairData(
                leader=places[pair.leader],
                account=places[pair.other],
                log_factor=finite(pair.log_factor, 4),
                least=finite(pair.least, 4),
                outcome=pair.outcome,
                why=pair.why,
            )
            for pair in found.separation.pairs
        ],
        runs=[
            [significant(value, 6) for value in fits[account].run_log_evidences if isfinite(value)]
            for account in places
        ],
        left=[_left(study, one, places) for one in found.influence if one.left.kind != "report"],
        reports=[_left(study, one, places) for one in single[:MOST_REPORTS]],
        tried=len(single),
        unknown=sum(one.weights is None for one in single),
        flagged=[LOWEST, HIGHEST],
        checks=_checks(study, found.checks, places),
        places=[
            PlacesData(
                account=places[one.account],
                counts=list(one.counts),
                rows=one.rows,
                distance=finite(one.distance, 3),
                probability=finite(one.probability, 3),
            )
            for one in found.places
        ],
    )


def _widths(found: Honesty, places: Mapping[str, int]) -> list[WidthData]:
    """Return every account at every width, with the weights that this gives."""
    from realities.weigh.honesty.widths import by_width, weight_alone, weights_at

    table = by_width(found.sensitivity)
    together = {width: weights_at(row, found.prior_weights) for width, row in table.items()}

    def one(at: AtWidth) -> WidthData:
        is_other = at.how == "another seed"
        weights = None if is_other else together[at.width]
        alone = None if is_other else weight_alone(table, at, found.prior_weights)
        known = at.log_evidence is not None and isfinite(at.log_evidence)
        return WidthData(
            account=places[at.account],
            width=at.width,
            log_evidence=finite(at.log_evidence, 6),
            error=finite(at.error, 3),
            k_hat=finite(at.k_hat, 3),
            weight=None if weights is None else round(weights[at.account], 5),
            alone=None if alone is None else round(alone, 5),
            state="not computed" if not known else "reliable" if at.reliable else "not reliable",
            how=at.how,
        )

    ordered = sorted(
        found.sensitivity, key=lambda at: (at.width, at.how == "another seed", places[at.account])
    )
    return [one(at) for at in ordered]


def _errors(found: Honesty, places: Mapping[str, int]) -> list[WidthData]:
    """Return every account at every size of model errors, with the weights that this gives."""
    from realities.weigh.honesty.model_error import weights_at_errors

    weights = weights_at_errors(found.model_error, found.prior_weights)
    return [
        WidthData(
            account=places[one.account],
            width=one.factor,
            log_evidence=finite(one.log_evidence, 6),
            error=finite(one.error, 3),
            k_hat=finite(one.k_hat, 3),
            weight=None if (at := weights[one.factor]) is None else round(at[one.account], 5),
            alone=None,
            state="not computed"
            if one.log_evidence is None
            else "reliable"
            if one.reliable
            else "not reliable",
            how=one.how,
        )
        for one in sorted(found.model_error, key=lambda one: (one.factor, places[one.account]))
    ]


def _left(study: Study, one: Influence, places: Mapping[str, int]) -> LeftData:
    quantities = list(study.case.measures)
    left = one.left
    shapes = [change.k_hat for change in one.changes.values()]
    missing = [k for name, k in places.items() if not _is_known(one, name)]
    rows = [
        row
        for row in study.case.observations
        if left.kind == "report"
        and (row.reporter, row.quantity, row.published) == (left.reporter, left.quantity, left.published)
    ]
    return LeftData(
        kind=left.kind,
        reporter=left.reporter or "",
        quantity=quantities.index(left.quantity) if left.quantity in quantities else -1,
        published=None if left.published is None else day_number(left.published),
        happened=day_number(rows[0].happened) if len(rows) == 1 else None,
        rows=one.rows,
        value=finite(one.value, 6),
        moved=finite(one.moved, 4),
        weights=None if one.weights is None else [round(one.weights[name], 5) for name in places],
        missing=missing,
        k_hat=finite(max(shapes, default=0.0), 3),
        sources=sorted({row.source for row in rows}),
    )


def _is_known(one: Influence, account: str) -> bool:
    return account in one.changes and one.changes[account].log_change is not None


def _checks(study: Study, found: tuple[Check, ...], places: Mapping[str, int]) -> list[CheckData]:
    """Return checks by quantity, part and statistic, with a number for each account."""
    quantities = list(study.case.measures)
    rows: dict[tuple[int, str, str], CheckData] = {}
    for check in sorted(found, key=lambda check: quantities.index(check.quantity)):
        key = quantities.index(check.quantity), check.part, check.statistic
        row = rows.setdefault(
            key,
            CheckData(
                quantity=key[0],
                part=check.part,
                statistic=check.statistic,
                probability=[None] * len(places),
                count=[None] * len(places),
            ),
        )
        row["probability"][places[check.account]] = finite(check.probability, 4)
        row["count"][places[check.account]] = check.count
    return list(rows.values())
