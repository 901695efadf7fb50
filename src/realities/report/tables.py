"""Rows of the page's tables, as text: cards, values, weights, claims, reporters, assumptions, sources.

In comes the opened payload; out come small frozen rows that the template writes down. Everything is as
of the last date: the page's script changes the same cells when the reader moves the as-of date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from realities.figures import format_number, format_quantity
from realities.figures.style import SHAPES, letter, shape_path
from realities.report.cited import Reference, cited_by, is_about
from realities.report.schema import AssumptionData, ClaimData, ReporterData, number_date
from realities.report.sentences import (
    KIND_TEXT,
    STATUS_TEXT,
    alike_note,
    claim_note,
    claim_status,
    dated_text,
    day_text,
    ends_text,
    hindsight,
    is_closed,
    shown_number,
    weights_shown,
)
from realities.report.view import Quantity, View, chance_rows, shown_chance, shown_weight

FloatArray = NDArray[np.float64]

#: Rows of a figure's table, the as-of date not counted.
N_ROWS: Final = 9
NOT_RELIABLE: Final = "not reliable"


@dataclass(frozen=True, slots=True)
class Card:
    """One account at the head of the page."""

    letter: str
    index: int
    name: str
    shown: str
    percent: int
    summary: str
    stamp: str


def cards(view: View, date_index: int) -> list[Card]:
    """Return the account cards in the case's order; `shown` is empty where the number is not reliable."""
    weighing = view.weighing(date_index)
    hundredths = weights_shown(view.payload, weighing["weights"])
    return [
        Card(
            letter(k),
            k,
            account["name"],
            shown_weight(hundredths[k]) if weighing["fits"][k]["reliable"] else "",
            max(0, min(100, hundredths[k])) if weighing["fits"][k]["reliable"] else 0,
            account["summary"],
            hindsight(view.payload, k, weighing["day"]),
        )
        for k, account in enumerate(view.payload["accounts"])
    ]


def range_text(middle: float, low: float, high: float) -> str:
    """Return a median and its range; one number where the range has no width as shown.

    Examples
    --------
    >>> range_text(118_900, 115_000, 121_000)
    '118,900 (115,000 to 121,000)'
    >>> range_text(257_200, 257_200.1, 257_200.2)
    '257,200'
    >>> range_text(6.87e-16, 0, 0.2)
    '0 (0 to 0.2)'
    """
    ends = ends_text(middle, low, high)
    return f"{shown_number(middle)} ({ends})" if ends else shown_number(middle)


def value_cell(quantity: Quantity, date_index: int, account: int, day: float, sound: bool = True) -> str:
    """Return median and 90 % range on a day: `118,900 (115,000 to 121,000)`, and if it is not reliable."""
    at = quantity.at(date_index, account, day)
    if at is None:
        return "–"
    text = range_text(at[2], at[0], at[4])
    return text if sound else f"{text} {NOT_RELIABLE}"


def figure_days(quantity: Quantity, as_of: int) -> list[int]:
    """Return the days of a figure's table: evenly over the curves, and the as-of date."""
    first, last = quantity.days[0], quantity.days[-1]
    even = {first + int((last - first) * i / (N_ROWS - 1) + 0.5) for i in range(N_ROWS)}
    return sorted(even | {min(max(as_of, first), last)})


def figure_rows(view: View, quantity: Quantity, date_index: int) -> list[tuple[str, list[str]]]:
    """Return the main figure as rows of (day, cell per account)."""
    sound = view.sound(view.payload["dates"][date_index])
    return [
        (day_text(day), [value_cell(quantity, date_index, k, day, sound[k]) for k in range(len(sound))])
        for day in figure_days(quantity, view.payload["dates"][date_index])
    ]


def overview_rows(view: View, date_index: int) -> list[tuple[str, str, list[str]]]:
    """Return every charted quantity on the as-of date: title, unit, cell per account."""
    day = view.payload["dates"][date_index]
    sound = view.sound(day)
    return [
        (
            q.data["title"],
            q.data["unit"],
            [value_cell(q, date_index, k, day, sound[k]) for k in range(len(sound))],
        )
        for q in view.charted
    ]


def _month(day: int) -> str:
    return number_date(day).isoformat()[:7]


def listed(view: View) -> list[int]:
    """Return the places of the weighings that are listed.

    Of the many days between weighed dates that is the last of each month, and each whose weights go out of
    date before the next one.
    """
    weighings = view.payload["weighings"]
    months = [*(_month(one["day"]) for one in weighings), ""]
    is_last = [one != after for one, after in pairwise(months)]
    facts = zip(weighings, view.stale, is_last, strict=True)
    told = (last or stale is not None or not one.get("between") for one, stale, last in facts)
    return [k for k, is_told in enumerate(told) if is_told]


def weight_rows(view: View) -> list[tuple[str, str, str, list[str]]]:
    """Return weights over time: date, the last day on which they hold if known, reports used, cells."""
    rows = []
    for k in listed(view):
        weighing, stale = view.payload["weighings"][k], view.stale[k]
        hundredths = weights_shown(view.payload, weighing["weights"])
        cells = [
            shown_weight(n) if fit["reliable"] else NOT_RELIABLE
            for n, fit in zip(hundredths, weighing["fits"], strict=True)
        ]
        holds = "" if stale is None else day_text(stale - 1)
        rows.append((day_text(weighing["day"]), holds, f"{weighing['used']:,}", cells))
    return rows


def deadline_text(claim: ClaimData) -> str:
    """Return by when a claim has to come true, or up to when it speaks of what was past as it was made."""
    if claim["deadline"] is None:
        return ""
    until = day_text(claim["deadline"])
    return f"by {until}" if claim["deadline"] > claim["made"] else f"about the time up to {until}"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim; `chances` has (label, cell per account) for each moment, or nothing.

    `outcome` are the sources of an outcome that the case states, shown from the day it was known.
    """

    index: int
    data: ClaimData
    badge: str
    kind: str
    note: str
    made: str
    is_about: bool
    deadline: str
    status: str
    sign: str
    status_text: str
    references: list[Reference]
    outcome: list[Reference]
    chances: list[tuple[str, list[str]]]


CHANCE_LABELS: Final = ("when made", "last while open", "now")


def claim_rows(view: View, references: dict[str, Reference]) -> list[ClaimRow]:
    """Return the claims in the case's order."""
    payload = view.payload
    day, n = payload["as_of"], len(payload["accounts"])
    rows = []
    for index, claim in enumerate(payload["claims"]):
        status = claim_status(claim, day)
        sign, text = STATUS_TEXT[status]
        last, now = (claim["chance_last"], "") if is_closed(claim, day) else ("", claim["chance"])
        by_moment = [_first_row(claim["chance_made"], n), _first_row(last, n), _last_row(now, n)]
        sound = [view.sound(claim["made"]), view.sound(claim.get("last_day")), view.sound(day)]
        rows.append(
            ClaimRow(
                index=index,
                data=claim,
                badge=letter(claim["account"]) if claim["account"] >= 0 else "",
                kind=KIND_TEXT.get(claim["kind"], claim["kind"]),
                note=" ".join(filter(None, (claim_note(claim), alike_note(payload, claim)))),
                made=dated_text(payload, claim["made"], claim["source"]),
                is_about=is_about(payload, claim["source"]),
                deadline=deadline_text(claim),
                status=status,
                sign=sign,
                status_text=text,
                references=cited_by(references, claim["source"]),
                outcome=[] if claim["resolved"] is None else cited_by(references, claim["outcome_source"]),
                chances=[
                    (label, [chance_cell(p, ok) for p, ok in zip(row, oks, strict=True)])
                    for label, row, oks in zip(CHANCE_LABELS, by_moment, sound, strict=True)
                ]
                if claim["computed"]
                else [],
            )
        )
    return rows


def chance_cell(thousandths: int, sound: bool) -> str:
    """Return a chance out of 100, or in its place that it is not reliable."""
    return shown_chance(thousandths) if sound or thousandths < 0 else NOT_RELIABLE


def _first_row(text: str, n: int) -> list[int]:
    return chance_rows(text, n)[0] if text else [-1] * n


def _last_row(text: str, n: int) -> list[int]:
    return chance_rows(text, n)[-1] if text else [-1] * n


@dataclass(frozen=True, slots=True)
class ReporterRow:
    """One reporter of one quantity; cells hold what is found under each account."""

    index: int
    data: ReporterData
    mark: str
    count: int
    covers: str
    assumed: str
    cells: list[str]
    references: list[Reference]


@dataclass(frozen=True, slots=True)
class ReporterGroup:
    """The reporters of one quantity."""

    index: int
    title: str
    count: int
    coverage: str
    rows: list[ReporterRow]


def reporter_groups(view: View, cited: dict[str, Reference]) -> list[ReporterGroup]:
    """Return reporters by quantity, in the case's order; quantities nobody reports are left out."""
    groups = []
    keys = list(view.payload["sources"])
    for index, quantity in enumerate(view.quantities):
        rows = [_reporter_row(view, quantity, i, keys, cited) for i in range(len(quantity.data["reporters"]))]
        counted = sum(row.count for row in rows if row.data["copies"] is None)
        if rows:
            coverage = _coverage_text(quantity)
            groups.append(ReporterGroup(index, quantity.data["title"], counted, coverage, rows))
    return groups


def _reporter_row(
    view: View, quantity: Quantity, index: int, keys: Sequence[str], cited: dict[str, Reference]
) -> ReporterRow:
    data = quantity.data["reporters"][index]
    own = [report for report in quantity.reports if report.reporter == index]
    happened = [report.happened for report in own]
    texts = [keys[source] for source in sorted({report.source for report in own}) if source < len(keys)]
    sources = {one.number: one for text in texts for one in cited_by(cited, text)}
    n = len(view.payload["accounts"])
    found = data["posterior"][-1] if data["posterior"] else [None] * n
    return ReporterRow(
        index=index,
        data=data,
        mark=shape_path(SHAPES[index % len(SHAPES)], 6, 6) if data["copies"] is None else "",
        count=len(own),
        covers=f"{day_text(min(happened))}\nto {day_text(max(happened))}" if own else "none yet",
        assumed=assumed_text(data),
        cells=[
            found_text(cell) + ("" if ok or not cell else f"\n{NOT_RELIABLE}")
            for cell, ok in zip(found, view.sound(view.payload["dates"][-1]), strict=True)
        ],
        references=[sources[number] for number in sorted(sources)],
    )


def assumed_text(reporter: ReporterData) -> str:
    """Return what the case assumes of a reporter before any report."""
    if reporter["copies"] is not None:
        return f"Repeats {reporter['copies']}: adds no weight."
    parts = [f"bias {_short(reporter['bias'])}", f"noise {_short(reporter['noise'])}"]
    if reporter["drift"]:
        parts.append(f"drift {_short(reporter['drift'])}")
    return ", ".join(parts)


def _short(prior: str) -> str:
    """Return a prior's text with numbers of more than six decimals rounded to four digits."""
    return re.sub(r"\d+\.\d{7,}", lambda found: f"{float(found[0]):.4g}", prior)


def found_text(cell: list[float] | None) -> str:
    """Return a reporter's bias, its 90 % range and its noise, as found under one account, line by line."""
    if not cell:
        return "–"
    parts = []
    if len(cell) >= 3:
        ends = [format_number(cell[0]), format_number(cell[2])]
        parts += [f"×{format_number(cell[1])}", *([] if ends[0] == ends[1] else [" to ".join(ends)])]
    if len(cell) in {1, 4}:
        parts.append(f"noise {format_number(cell[-1])}")
    return "\n".join(parts)


def _coverage_text(quantity: Quantity) -> str:
    held = [
        f"{letter(k)} {pair[0]:,} of {pair[1]:,}"
        for k, pair in enumerate(quantity.data["coverage"])
        if pair is not None
    ]
    return f"Reports inside the 90% band after fitting to them: {'; '.join(held)}." if held else ""


def posterior_text(assumption: AssumptionData, date_index: int, sound: bool = True) -> str:
    """Return what the reports left of an assumption: median and 90 % range, and if it is not reliable."""
    held = assumption["posterior"][date_index] if assumption["posterior"] else None
    if held is None:
        return "–"
    text = range_text(held[1], held[0], held[2])
    return text if sound else f"{text} {NOT_RELIABLE}"


def fit_rows(view: View, date_index: int) -> list[tuple[str, list[str]]]:
    """Return how well each account could be weighed: a row per diagnostic, a cell per account."""
    fits = view.weighing(date_index)["fits"]

    def cell(value: float | None) -> str:
        return "–" if value is None else format_number(value)

    return [
        ("Log evidence", [cell(fit["log_evidence"]) for fit in fits]),
        ("Its error", [cell(fit["log_evidence_error"]) for fit in fits]),
        ("Effective draws", [cell(fit["effective_draws"]) for fit in fits]),
        ("Pareto k (above 0.7: not reliable)", [cell(fit["k_hat"]) for fit in fits]),
        ("Weight", ["reliable" if fit["reliable"] else NOT_RELIABLE for fit in fits]),
    ]


def switch_text(value: float) -> str:
    """Return a structural switch in words."""
    return "on" if value == 1 else "off" if value == 0 else format_quantity(value, "")
