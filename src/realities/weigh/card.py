"""Weights, judged claims and a study as a notebook shows them.

In come results of weighing; out comes HTML without scripts: a chart, a table, and what is to be said beside
them. Accounts stand in the case's order; what is not reliable says so in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING, Final

from realities.figures import account, bars, day_of, fan, format_date, format_number, mark, steps
from realities.figures.card import Cell, Html, badge, card, figure, named, paragraph, table
from realities.figures.counts import in_hundred, shown_share, shown_weight

if TYPE_CHECKING:
    from realities.weigh.fits import Weighing
    from realities.weigh.scoring.judging import JudgedClaim
    from realities.weigh.study import Study

NOT_RELIABLE: Final = "not reliable"
#: Warnings, claims and marks shown; the objects have all.
N_WARNINGS, N_CLAIMS, N_MARKS = 4, 10, 60


def weighing_card(weighing: Weighing) -> str:
    """Return the weights of all accounts as bars, and how well each is known as a table."""
    names = _names(weighing)
    sound = [fit.reliable for fit in weighing.fits.values()]
    shown = [n if ok else NOT_RELIABLE for n, ok in zip(_shown(weighing), sound, strict=True)]
    chart = bars(
        list(names.values()),
        [float(weighing.weights[name]) if ok else 0.0 for name, ok in zip(names, sound, strict=True)],
        shown,
        name=f"Weights in 100: {', '.join(f'{names[a]} {n}' for a, n in zip(names, shown, strict=True))}.",
    )
    return card(
        f"Weighing of {weighing.case_id}",
        f"As of {format_date(weighing.as_of)}",
        _reading(weighing),
        paragraph(_counted(weighing)),
        figure(chart, "Weight of each account in 100; together they add to 100."),
        table(
            "How well each weight is known; evidence in natural logarithms",
            ["Account", "Weight in 100", "±", "Log evidence", "±", "Effective draws", "Evidence"],
            [
                [
                    named(k, names[name]),
                    shown[k] if fit.reliable else "–",
                    _error(weighing.weight_errors.get(name, nan)) if fit.reliable else "–",
                    _number(fit.log_evidence),
                    _number(fit.log_evidence_error),
                    _number(fit.effective_draws),
                    "reliable" if fit.reliable else NOT_RELIABLE,
                ]
                for k, (name, fit) in enumerate(weighing.fits.items())
            ],
            numeric=range(1, 6),
        ),
        *(paragraph(text, is_note=True) for text in _warnings(weighing.warnings)),
    )


def judged_card(judged: JudgedClaim) -> str:
    """Return the chances that each account gave a claim, as bars and as a table.

    A chance now is hindsight once a claim is decided or its time is over; then there is none.
    """
    claim, accounts = judged.claim, list(judged.chance)
    columns = {"When made": judged.chance_when_made, "Last while open": judged.chance_last}
    if judged.status == "model only" or (judged.status == "open" and claim.deadline is None):
        columns["Now"] = judged.chance
    rows: list[Sequence[Cell]] = [
        [
            named(k, name),
            *(shown_share(column.get(name)) for column in columns.values()),
            _score(judged, name),
        ]
        for k, name in enumerate(accounts)
        if any(column.get(name) is not None for column in columns.values())
    ]
    decided = f" Decided by what was published by {format_date(judged.decided)}." if judged.decided else ""
    return card(
        f"Claim {claim.id}, made by {claim.account}",
        claim.says,
        paragraph(f"{judged.status.capitalize()}.{decided}"),
        _bars_when_made(judged, accounts),
        table(
            "Chances in 100, and Brier scores of those when made",
            ["Account", *columns, "Brier"],
            rows,
            numeric=range(1, 2 + len(columns)),
        ),
    )


def _bars_when_made(judged: JudgedClaim, accounts: Sequence[str]) -> Html | None:
    made = [judged.chance_when_made.get(name) for name in accounts]
    if all(chance is None for chance in made):
        return None
    shown = [shown_share(chance) for chance in made]
    said = ", ".join(f"{name} {text}" for name, text in zip(accounts, shown, strict=True))
    chart = bars(accounts, [chance or 0.0 for chance in made], shown, name=f"Chances in 100: {said}.")
    return figure(chart, f"Chance in 100 when it was made, {format_date(judged.claim.made)}.")


def _score(judged: JudgedClaim, account: str) -> str:
    score = judged.brier.get(account)
    return "–" if score is None else f"{score:.3f}"


def study_card(study: Study) -> str:
    """Return weights over time, the first quantity of the case, and the claims."""
    last = study.weighings[study.as_of]
    accounts = [one.id for one in study.case.accounts]
    shown = dict(zip(last.weights, _shown(last), strict=True))
    said = ", ".join(
        f"{one.name} {shown[one.id] if last.fits[one.id].reliable else NOT_RELIABLE}"
        for one in study.case.accounts
    )
    return card(
        f"Study of {study.case.id}, {study.effort} effort",
        f"As of {format_date(study.as_of)}",
        _reading(study),
        _why(study),
        paragraph(f"{_counted(last)} Weights in 100: {said}."),
        _weights(study),
        _first_quantity(study),
        table(
            "Claims: chance in 100 when made",
            ["Claim", "Made by", "Outcome", *(badge(k) for k in range(len(accounts)))],
            [
                [one.claim.says, one.claim.account, one.status, *_chances(one.chance_when_made, accounts)]
                for one in study.claims
            ],
            numeric=range(3, 3 + len(accounts)),
            most=N_CLAIMS,
        ),
        *(paragraph(text, is_note=True) for text in _warnings(study.warnings)),
    )


def _reading(found: Study | Weighing) -> Html | None:
    """Return what the reports make of the accounts, in the words of the page."""
    from realities import reading

    return paragraph(reading(found))


def _why(study: Study) -> Html | None:
    """Return why the leading account leads, in the words of the page."""
    from realities import why_leading

    return paragraph(why_leading(study))


def _weights(study: Study) -> Html:
    series = []
    for k, one in enumerate(study.case.accounts):
        weighings = [study.weighings[day] for day in study.dates]
        row = [100 * w.weights[one.id] if w.fits[one.id].reliable else nan for w in weighings]
        series.append(account(one.name, k, [row]))
    days = [day_of(day) for day in study.dates]
    chart = steps(days, series, as_of=study.as_of, name="Weight of each account in 100, by as-of date.")
    return figure(chart, "By as-of date, each with what was published by then.", title="Weights in 100")


def _first_quantity(study: Study) -> Html | None:
    """Return a fan of the first quantity with its reports."""
    if not study.case.measures:
        return None
    quantity, measure = next(iter(study.case.measures.items()))
    calendar, weighing = study.case.calendar, study.weighings[study.as_of]
    forecasts = study.forecasts[study.as_of]
    days = [day_of(calendar.date_of(float(time))) for time in next(iter(forecasts.values())).times]
    series = [
        account(
            one.name, k, forecasts[one.id].quantiles[quantity], is_faint=not weighing.fits[one.id].reliable
        )
        for k, one in enumerate(study.case.accounts)
    ]
    rows = [row for row in study.case.weighable(study.as_of) if row.quantity == quantity]
    rows = sorted(rows, key=lambda row: row.happened)[:: max(1, -(-len(rows) // N_MARKS))]
    places = {name: k for k, name in enumerate(measure.reporters)}
    marks = [mark(day_of(r.happened), r.value, places[r.reporter], low=r.low, high=r.high) for r in rows]
    name = f"{measure.label} by account, with the reports published by {format_date(study.as_of)}."
    chart = fan(days, series, marks=marks, as_of=study.as_of, name=name, height=320)
    return figure(
        chart, "Line: median. Bands: 50% and 90% of runs.", title=measure.label, unit=str(measure.unit)
    )


def _chances(chances: Mapping[str, float | None], accounts: Sequence[str]) -> list[str]:
    return [shown_share(chances.get(name)) for name in accounts]


def _names(weighing: Weighing) -> dict[str, str]:
    """Return the accounts' names by id, in the order of the fits."""
    known = {} if weighing.case is None else {one.id: one.name for one in weighing.case.accounts}
    return {name: known.get(name, name) for name in weighing.weights}


def _shown(weighing: Weighing) -> list[str]:
    names = list(weighing.weights)
    counts = in_hundred([float(weighing.weights[name]) for name in names], names)
    return [shown_weight(n) for n in counts]


def _counted(weighing: Weighing) -> str:
    reports = "1 report" if weighing.used == 1 else f"{weighing.used:,} reports"
    later = f"; {weighing.later:,} were published later and play no part" if weighing.later else ""
    is_reliable = all(fit.reliable for fit in weighing.fits.values())
    doubt = "" if is_reliable else " Not all of it is reliable."
    return f"{reports} published by {format_date(weighing.as_of)}{later}.{doubt}"


def _warnings(warnings: Sequence[str]) -> list[str]:
    left = len(warnings) - N_WARNINGS
    return [*warnings[:N_WARNINGS], *([f"and {left} more warnings"] if left > 0 else [])]


def _error(share: float) -> str:
    """Return a standard error of a weight, out of 100."""
    return "–" if not isfinite(share) else "<0.1" if share < 0.001 else f"{100 * share:.1f}"


def _number(value: float | None) -> str:
    return format_number(value) if value is not None and isfinite(value) else "–"
