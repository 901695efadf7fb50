"""How far to trust the weights: sentences and table rows, as of the last date.

In comes the opened payload; out come sentences and small frozen rows that the template writes down. A number
that was not computed, or is not reliable, says so where it would stand. `standings.py` does the same for
scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, floor, log
from typing import Final

from realities.figures import format_number, format_quantity
from realities.figures.style import letter
from realities.report.cited import Reference, cited_by
from realities.report.honest import significant
from realities.report.schema_trust import CheckData, LeftData, PairData, TrustData, WidthData
from realities.report.sentences import day_text, is_at_stated_errors, weights_shown
from realities.report.tables import NOT_RELIABLE
from realities.report.view import View, shown_weight
from realities.weigh.honesty.words import listed

NOT_COMPUTED: Final = "not computed"
#: The outcome of a pair that was not compared with model errors of every size.
AT_STATED: Final = "separated at the stated model errors"
#: Rows of what was left out that stand in sight, and of them that were not computed; the rest can be opened.
MOST_LEFT, MOST_MISSING = 8, 3
#: Quantities up to which all oddest checks stand in sight, not only flagged ones.
FEW_CHECKED: Final = 6
#: Odds beyond which no number is given.
MOST_ODDS: Final = 1000.0

_WIDTH_WORDS: Final = {0.25: "a quarter", 0.5: "half", 1.0: "as stated", 2.0: "twice", 4.0: "four times"}
_PARTS: Final = {
    "noise": "Noise of the reports",
    "model error": "Steps of the model error",
    "whole": "Reports made anew",
}
_STATISTICS: Final = {"distance": "size", "sequence": "likeness of neighbours"}


def width_text(width: float) -> str:
    """Return a width of priors in words: `half`, `as stated`, `twice`."""
    return _WIDTH_WORDS.get(width, f"{format_number(width)} times")


def hundred(weight: float | None) -> str:
    """Return a weight out of 100, rounded alone."""
    return "–" if weight is None else shown_weight(floor(100 * weight + 0.5))


# -- widths of the priors -------------------------------------------------------------------------


def swept(trust: TrustData) -> list[WidthData]:
    """Return the points of the curve: those of other seeds are left out."""
    return [one for one in trust["widths"] if one["how"] != "another seed"]


def width_rows(trust: TrustData, n_accounts: int) -> list[tuple[str, str, list[str]]]:
    """Return width in words, which priors are so wide, and a cell per account."""
    rows = []
    for width in sorted({one["width"] for one in swept(trust)}):
        at = {one["account"]: one for one in swept(trust) if one["width"] == width}
        for what, key in (("all accounts'", "weight"), ("this account's alone", "alone")):
            if width == 1.0 and key == "alone":
                continue
            cells = [_width_cell(at.get(k), key) for k in range(n_accounts)]
            rows.append((width_text(width), "" if width == 1.0 else what, cells))
    return rows


def _width_cell(one: WidthData | None, key: str) -> str:
    """Return a weight; a dash where there is none: `width_gaps` and `error_gaps` say why."""
    weight = None if one is None else one["weight"] if key == "weight" else one["alone"]
    if one is None or weight is None:
        return "–"
    return hundred(weight) if one["state"] == "reliable" else f"{hundred(weight)} {NOT_RELIABLE}"


def error_rows(trust: TrustData, n_accounts: int) -> list[tuple[str, list[str]]]:
    """Return size of model errors in words, as stated among them, and a cell per account.

    Nothing where no other size than the stated one has a weight.
    """
    found = trust.get("errors") or []
    if all(one["weight"] is None for one in found if one["width"] != 1.0):
        return []
    stated = [one for one in swept(trust) if one["width"] == 1.0]
    points = [*(one for one in found if one["width"] != 1.0), *stated]
    rows = []
    for factor in sorted({one["width"] for one in points}):
        at = {one["account"]: one for one in points if one["width"] == factor}
        rows.append((width_text(factor), [_width_cell(at.get(k), "weight") for k in range(n_accounts)]))
    return rows


def width_sentence(view: View, trust: TrustData) -> str:
    """Return what the curve of widths says: each account's weight at half, stated and double width."""
    parts, n = [], len(view.payload["accounts"])
    for k in range(n):
        at = {one["width"]: one for one in swept(trust) if one["account"] == k}
        cells = [_width_cell(at.get(width), "weight") for width in (0.5, 1.0, 2.0)]
        parts.append(f"{letter(k)} {', '.join(cells)}")
    return f"Weight out of 100 with all priors half as wide, as stated and twice as wide: {'; '.join(parts)}."


def error_gaps(trust: TrustData) -> str:
    """Return which sizes of model errors have no weights, and why; nothing where all have some."""
    return _gaps(trust.get("errors") or [], {NOT_COMPUTED: "Not computed"})


def width_gaps(trust: TrustData) -> str:
    """Return where the curve has no points, or points that are not reliable; nothing where it has all."""
    return _gaps(swept(trust), {NOT_COMPUTED: "Not computed", NOT_RELIABLE: "Hollow, not reliable"})


def _gaps(points: Sequence[WidthData], told: Mapping[str, str]) -> str:
    sentences = []
    for state, words in told.items():
        places: dict[float, list[str]] = {}
        for one in points:
            if one["state"] == state:
                places.setdefault(one["width"], []).append(letter(one["account"]))
        if places:
            found = [f"{listed(names)} at {width_text(width)}" for width, names in sorted(places.items())]
            sentences.append(f"{words}: {'; '.join(found)}.")
    if any(one["state"] == NOT_COMPUTED for one in points):
        sentences.append(
            "A weight is a share of one total, so where one account's evidence is missing, none has a weight."
        )
    return " ".join(sentences)


# -- what is separated ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PairRow:
    """The leading account against another: odds as stated, the least met, and what follows."""

    leader: int
    account: int
    odds: str
    least: str
    sign: str
    outcome: str
    why: str


_SIGNS: Final = {"separated": "✓", "not separated": "≈", "not established": "?"}


def pair_rows(trust: TrustData) -> list[PairRow]:
    """Return the leading account with each of the others, in the case's order."""
    return [
        PairRow(
            leader=pair["leader"],
            account=pair["account"],
            odds=odds_text(pair["log_factor"]),
            least=odds_text(pair["least"]),
            sign=_SIGNS.get(pair["outcome"], "?"),
            outcome=_outcome(pair),
            why=pair["why"],
        )
        for pair in trust["pairs"]
    ]


def odds_text(log_factor: float | None) -> str:
    """Return a Bayes factor as odds: `12 to 1`, `1 to 3.4`, `more than 1,000 to 1`."""
    if log_factor is None:
        return NOT_COMPUTED
    edge = format_number(MOST_ODDS)
    if abs(log_factor) > log(MOST_ODDS):
        return f"more than {edge} to 1" if log_factor > 0 else f"less than 1 to {edge}"
    size = format_number(significant(exp(abs(log_factor)), 2))
    return f"{size} to 1" if log_factor >= 0 else f"1 to {size}"


def spread_sentence(view: View, trust: TrustData) -> str:
    """Return by how much independent runs of the sampler differ, in evidence and as a factor."""
    parts, alone = [], []
    for k in range(len(view.payload["accounts"])):
        values = trust["runs"][k]
        if len(values) < 2:
            alone.append(letter(k))
            continue
        apart = max(values) - min(values)
        parts.append(
            f"{letter(k)} {format_number(significant(apart, 2))} (a factor of "
            f"{format_number(significant(exp(apart), 3)) if apart < log(MOST_ODDS) else 'more than 1,000'})"
        )
    text = (
        f"Furthest that runs of the sampler lie apart, in log evidence: {'; '.join(parts)}." if parts else ""
    )
    if alone:
        text += f" One run only, so no spread, for {listed(alone)}."
    return text.strip()


def separation_sentence(trust: TrustData) -> str:
    """Return which accounts are separated from the leading one."""
    if not trust["pairs"]:
        return "There is one account alone, so there is nothing to separate."
    parts = []
    for outcome, words in (
        ("separated", "separated from it:"),
        (AT_STATED, f"{AT_STATED}:"),
        ("not separated", "not separated from it:"),
        ("not established", "not settled for"),
    ):
        letters = [letter(pair["account"]) for pair in trust["pairs"] if _outcome(pair) == outcome]
        if letters:
            parts.append(f"{words} {listed(letters)}")
    return f"The evidence is largest for account {letter(trust['pairs'][0]['leader'])}; {'; '.join(parts)}."


def _outcome(pair: PairData) -> str:
    """Return the outcome of a pair, and whether it holds at the stated size of model errors alone."""
    return AT_STATED if is_at_stated_errors(pair) else pair["outcome"]


# -- what leaving reports out does --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeftRow:
    """What leaving out a reporter, a quantity or a report does; `percent` is the weight moved, for a bar."""

    kind: str
    name: str
    of: str
    published: str
    value: str
    rows: int
    moved: str
    percent: int
    cells: list[str]
    why: str
    references: list[Reference]


def left_rows(view: View, found: Sequence[LeftData], cited: dict[str, Reference]) -> list[LeftRow]:
    """Return rows in the order given."""
    return [_left_row(view, one, cited) for one in found]


def in_sight(found: Sequence[LeftData]) -> tuple[list[LeftData], list[LeftData]]:
    """Return what stands in sight and what can be opened: first what was not computed, for it may move most.

    Of that those with most reports come first; of the others those that move most weight.
    """
    known, missing = _known_and_missing(found)
    n = MOST_LEFT - min(MOST_MISSING, len(missing))
    return [*missing[:MOST_MISSING], *known[:n]], [*missing[MOST_MISSING:], *known[n:]]


def _known_and_missing(found: Sequence[LeftData]) -> tuple[list[LeftData], list[LeftData]]:
    missing = sorted((one for one in found if one["moved"] is None), key=lambda one: -one["rows"])
    return [one for one in found if one["moved"] is not None], missing


def _left_row(view: View, one: LeftData, cited: dict[str, Reference]) -> LeftRow:
    n = len(view.payload["accounts"])
    quantity = view.quantities[one["quantity"]].data if one["quantity"] >= 0 else None
    title = quantity["title"] if quantity else ""
    is_report = one["kind"] == "report"
    cells, why = ["–"] * n, ""
    if one["weights"] is not None:
        cells = [shown_weight(v) for v in weights_shown(view.payload, one["weights"])]
    else:
        shape = "no finite k-hat" if one["k_hat"] is None else f"k-hat {format_number(one['k_hat'])}"
        why = f"{NOT_COMPUTED} for {listed([letter(k) for k in one['missing']])}: {shape}"
    value = (
        None if one["value"] is None or quantity is None else format_quantity(one["value"], quantity["unit"])
    )
    return LeftRow(
        kind=one["kind"],
        name=one["reporter"] if is_report or one["kind"] == "reporter" else title,
        of=title if is_report else "",
        published="" if one["published"] is None else day_text(one["published"]),
        value=value or (f"{one['rows']} figures" if one["rows"] > 1 else "a range"),
        rows=one["rows"],
        moved="" if one["moved"] is None else hundred(one["moved"]),
        percent=0 if one["moved"] is None else max(0, min(100, floor(100 * one["moved"] + 0.5))),
        cells=cells,
        why=why,
        references=[found for text in one["sources"] for found in cited_by(cited, text)],
    )


def influence_sentence(view: View, trust: TrustData) -> str:
    """Return what moves most weight when it alone is left out, and how much of this is not known."""
    known, missing = _known_and_missing(trust["left"])
    if not known:
        return (
            "What leaving out a reporter or a quantity does is not computed: "
            "the draws at hand do not reach so far."
        )
    first = known[0]
    if hundred(first["moved"]) == "<1":
        few = "reporter or quantity" if len(known) == 1 else "reporters and quantities"
        none = f"Of {len(known):,} {few} that could be left out alone none moves"
        none = none if missing else "No reporter and no quantity, left out alone, moves"
        text = f"{none} as much as 1 in 100 of the weight."
    else:
        of = f"Of the {len(known):,} reporters and quantities that could be left out alone"
        of = of if missing and len(known) > 1 else "Left out alone"
        most = "is the one that could be: " if missing and len(known) == 1 else "changes most: "
        text = (
            f"{of}, the {_named_left(view, first)} {most}"
            f"without its {_reports(first['rows'])}, {hundred(first['moved'])} in 100 of the weight moves."
        )
    return f"{text}{_missing_text(view, missing)}"


def _missing_text(view: View, missing: Sequence[LeftData]) -> str:
    """Return of what it is not known what leaving it out does, those with most reports by name."""
    if not missing:
        return ""
    names = [f"the {_named_left(view, one)} ({_reports(one['rows'])})" for one in missing[:MOST_MISSING]]
    more = [f"{len(missing) - MOST_MISSING} more"] if len(missing) > MOST_MISSING else []
    named = listed([*names, *more])
    return f" Not computed for {len(missing)}, and perhaps more, as the draws do not reach so far: {named}."


def _named_left(view: View, one: LeftData) -> str:
    """Return a reporter or a quantity by name: `reporter “ISW”`."""
    name = one["reporter"] if one["kind"] == "reporter" else view.quantities[one["quantity"]].data["title"]
    return f"{one['kind']} “{name}”"


def _reports(n: int) -> str:
    return f"{n:,} report{'' if n == 1 else 's'}"


def reports_sentence(trust: TrustData) -> str:
    """Return what was done about single reports."""
    if not trust["tried"]:
        return "Single reports were not left out one by one: a quick look does not do so."
    if trust["unknown"]:
        return f"Of {trust['tried']:,} single reports, {trust['unknown']:,} could not be left out reliably."
    return f"Each of {trust['tried']:,} single reports was left out alone."


# -- predictive checks ----------------------------------------------------------------------------


def probability_text(value: float) -> str:
    """Return a probability with the digits that matter: `0.41`, `0.996`, `<0.001`."""
    if value < 0.001:
        return "<0.001"
    if value > 0.999:
        return ">0.999"
    return f"{value:.2f}" if 0.095 <= value < 0.905 else f"{value:.3f}"


def _flag(trust: TrustData, value: float) -> str:
    low, high = trust["flagged"]
    return "▲" if value < low else "▼" if value > high else ""


def check_cell(trust: TrustData, value: float | None) -> str:
    """Return a probability, with its sign where it is flagged."""
    return "–" if value is None else f"{_flag(trust, value)} {probability_text(value)}".strip()


def check_name(check: CheckData) -> str:
    """Return what a check looks at."""
    part = _PARTS.get(check["part"], check["part"])
    return f"{part}, {_STATISTICS.get(check['statistic'], check['statistic'])}"


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """The checks of one quantity: the oddest number and the count flagged per account, and every check."""

    title: str
    flagged: bool
    oddest: list[tuple[str, str]]
    rows: list[tuple[str, int, list[str]]]


def check_groups(view: View, trust: TrustData) -> list[CheckGroup]:
    """Return checks by quantity, in the case's order."""
    groups = []
    for place in sorted({check["quantity"] for check in trust["checks"]}):
        own = [check for check in trust["checks"] if check["quantity"] == place]
        accounts = range(len(view.payload["accounts"]))
        groups.append(
            CheckGroup(
                title=view.quantities[place].data["title"],
                flagged=any(_flag(trust, p) for check in own for p in check["probability"] if p is not None),
                oddest=[_oddest(trust, (check["probability"][k] for check in own)) for k in accounts],
                rows=[
                    (
                        check_name(check),
                        max((n for n in check["count"] if n is not None), default=0),
                        [check_cell(trust, value) for value in check["probability"]],
                    )
                    for check in own
                ],
            )
        )
    return groups


def told_first(groups: Sequence[CheckGroup]) -> list[CheckGroup]:
    """Return the quantities whose oddest checks stand in sight: all if they are few, else the flagged."""
    return list(groups) if len(groups) <= FEW_CHECKED else [one for one in groups if one.flagged]


def _oddest(trust: TrustData, values: Iterable[float | None]) -> tuple[str, str]:
    known = [value for value in values if value is not None]
    if not known:
        return "–", ""
    flagged = sum(bool(_flag(trust, value)) for value in known)
    odd = min(known, key=lambda value: min(value, 1 - value))
    return check_cell(trust, odd), f"{flagged} of {len(known)}"


def checks_sentence(view: View, trust: TrustData) -> str:
    """Return how many checks are flagged, of how many, by account."""
    low, high = trust["flagged"]
    parts = []
    for k in range(len(view.payload["accounts"])):
        values = [v for check in trust["checks"] if (v := check["probability"][k]) is not None]
        if values:
            parts.append(f"{letter(k)} {sum(bool(_flag(trust, v)) for v in values)} of {len(values)}")
    return f"Checks outside {low:g} to {high:g}, by account: {'; '.join(parts)}."


def places_rows(trust: TrustData) -> list[tuple[int, str, str, list[str]]]:
    """Return account, number of reports, probability of a larger distance, and a cell per bin."""
    return [
        (
            one["account"],
            f"{one['rows']:,}",
            "–" if one["probability"] is None else probability_text(one["probability"]),
            [str(count) for count in one["counts"]],
        )
        for one in trust["places"]
    ]
