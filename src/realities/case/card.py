"""A case and a claim as a notebook shows them.

In come a case as read, or one claim; out comes HTML without scripts: what is asked, who says what, and what
was published. Nothing is computed, and no account is weighed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Final

from realities.case.row_counts import row_counts
from realities.case.sources import source_keys
from realities.figures import day_of, fan, format_date, mark
from realities.figures.axes import Frame, spread_labels
from realities.figures.card import Cell, Html, card, figure, named, paragraph, table
from realities.figures.chart import Mark
from realities.figures.style import shape_path

if TYPE_CHECKING:
    from realities.case.accounts import Account
    from realities.case.case import Case
    from realities.case.claims import Claim
    from realities.case.observations import Observation

#: Marks drawn, evenly spread over the reports of a quantity.
N_MARKS: Final = 120
_WIDTH: Final = 760


def case_card(case: Case) -> str:
    """Return question, accounts, quantities, and the reports of the quantity that has most."""
    ends = f"{format_date(case.calendar.start)} to {format_date(case.calendar.finish)}"
    numbers = (
        (len(case.accounts), "account", "accounts"),
        (len(case.claims), "claim", "claims"),
        (len(case.measures), "quantity", "quantities"),
    )
    named_counts = ", ".join(f"{n:,} {one if n == 1 else more}" for n, one, more in numbers)
    counts = f"{named_counts}, {row_counts(case)}"
    return card(
        f"Case {case.id}",
        case.question or case.title,
        paragraph(f"{counts}; {ends}."),
        _reports(case),
        table(
            "Accounts, in the case's own order, which carries no meaning",
            ["Account", "In short", "Written"],
            [
                [
                    named(k, account.name),
                    account.summary,
                    _written(case, account),
                ]
                for k, account in enumerate(case.accounts)
            ],
        ),
        table(
            "Quantities",
            ["Quantity", "Unit", "Reports", "Reporters", "First", "Last"],
            [_quantity(case, quantity) for quantity in case.measures],
            numeric=[2, 3],
        ),
    )


def _written(case: Case, account: Account) -> str:
    if account.authored is None:
        return "–"
    named = [case.sources[key] for key in source_keys(account.source) if key in case.sources]
    return f"{'about ' if any(one.inferred for one in named) else ''}{format_date(account.authored)}"


def claim_card(claim: Claim) -> str:
    """Return what was claimed, by whom, and what decides it, with its days on a line."""
    rows: list[Sequence[Cell]] = [
        ["Claimed by", claim.account],
        ["Kind", claim.kind],
        ["Made", format_date(claim.made)],
    ]
    if claim.deadline is not None:
        is_ahead = claim.deadline > claim.made
        rows.append(["Deadline" if is_ahead else "About the time up to", format_date(claim.deadline)])
    rows.append(["Source", ", ".join(filter(None, (claim.source, claim.locator)))])
    if claim.predicate is not None:
        rows.append(["Holds if", Html(f"<code>{escape(claim.predicate.span.text)}</code>")])
    if claim.outcome is not None:
        became = {True: "happened", False: "did not happen", None: "disputed"}[claim.outcome.value]
        rows.append(["Outcome in the case", f"{became}, known {format_date(claim.outcome.date)}"])
    return card(
        f"Claim {claim.id}",
        claim.says,
        _days_of(claim),
        table("The claim", ["What", "It says"], rows),
        paragraph(_told(claim), is_note=True),
    )


def _told(claim: Claim) -> str:
    if claim.kind == "value":
        return "A value judgement: kept and attributed, never computed."
    if claim.undecidable:
        return f"Not decidable: {claim.undecidable.rstrip('.')}."
    if claim.is_inside_model:
        return "Decided inside the model: it compares with a run that never took place."
    return ""


# -- reports of a case ----------------------------------------------------------------------------


def _reports(case: Case) -> Html | None:
    """Return a chart of the reports of the quantity that has most of them, without those of copies."""
    by_quantity: dict[str, list[Observation]] = {}
    for row in case.vintages(date.max):
        by_quantity.setdefault(row.quantity, []).append(row)
    if not by_quantity:
        return None
    quantity = max(by_quantity, key=lambda name: len(by_quantity[name]))
    measure, rows = case.measures[quantity], by_quantity[quantity]
    places = {name: k for k, name in enumerate(measure.reporters)}
    every = max(1, -(-len(rows) // N_MARKS))
    marks = [_mark(row, places) for row in sorted(rows, key=lambda row: row.happened)[::every]]
    speakers = sorted({row.reporter for row in rows}, key=places.__getitem__)
    chart = fan(
        [day_of(case.calendar.start), day_of(case.calendar.finish)],
        [],
        marks=marks,
        name=f"{len(rows)} reports of {measure.label} from {', '.join(speakers)}.",
        width=_WIDTH,
        height=220,
    )
    chart["top"], chart["ends"] = 8, ""
    caption = f"The quantity with most reports. By {', '.join(speakers)}."
    return figure(chart, caption, title=measure.label, unit=str(measure.unit))


def _mark(row: Observation, places: dict[str, int]) -> Mark:
    return mark(day_of(row.happened), row.value, places[row.reporter], low=row.low, high=row.high)


def _quantity(case: Case, quantity: str) -> list[Cell]:
    measure = case.measures[quantity]
    rows = [row for row in case.observations if row.quantity == quantity and row.published is not None]
    days = sorted(row.happened for row in rows)
    ends = [format_date(days[0]), format_date(days[-1])] if days else ["–", "–"]
    return [
        measure.label,
        str(measure.unit),
        f"{len(rows):,}",
        str(len({row.reporter for row in rows})),
        *ends,
    ]


# -- the days of a claim --------------------------------------------------------------------------


def _days_of(claim: Claim) -> Html:
    """Return a line from the day a claim was made to its deadline, with what it looks at as a bar."""
    days = {claim.made: "made"}
    is_past = claim.deadline is not None and claim.deadline <= claim.made
    for name, day in (
        ("up to" if is_past else "deadline", claim.deadline),
        ("outcome known", claim.outcome.date if claim.outcome is not None else None),
    ):
        if day is not None:
            days[day] = f"{days[day]}, {name}" if day in days else name
    looked = [claim.predicate.first, claim.predicate.latest] if claim.predicate is not None else []
    first, last = min(*days, *looked, claim.made), max(*days, *looked, claim.made)
    ends = (day_of(first) - 1.0, day_of(last) + 1.0)  # a claim of one day has a place to stand, too
    frame = Frame(_WIDTH, 64, ends, (0.0, 1.0), left=12, right=12, top=10, bottom=10)
    parts = [f'<path class="rl-axis" d="M{frame.left:.1f} 24H{frame.end:.1f}"/>']
    if looked:
        start, end = (frame.x(day_of(day)) for day in looked)
        parts.append(f'<path class="rl-could" d="M{start - 2:.1f} 24H{end + 2:.1f}"/>')
    said = [f"{name} {format_date(day)}" for day, name in days.items()]
    wide = 7.0 * max(map(len, said))
    middles = spread_labels([frame.x(day_of(day)) for day in days], wide, wide / 2, _WIDTH - wide / 2)
    for day, text, middle in zip(days, said, middles, strict=True):
        parts.append(f'<path class="rl-mark" d="{shape_path("circle", frame.x(day_of(day)), 24)}"/>')
        parts.append(f'<text x="{middle:.1f}" y="52" text-anchor="middle">{text}</text>')
    size = f'viewBox="0 0 {_WIDTH} 64" width="{_WIDTH}" height="64"'
    looks = f'xmlns="http://www.w3.org/2000/svg" class="rl" {size}'
    caption = "Grey: the days that the claim is about." if looked else ""
    return Html(
        f'<figure><svg {looks} role="img" aria-label="Days: {", ".join(said)}">{"".join(parts)}</svg>'
        f"<figcaption>{caption}</figcaption></figure>"
    )
