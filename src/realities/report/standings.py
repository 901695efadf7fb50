"""How the accounts fared: sentences and table rows of scores, as of the last date.

In comes the opened payload; out come sentences and rows that the template writes down. A score that rests on
fits that are not reliable says so in its place; how few claims stand behind it is said beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from realities.figures.style import letter
from realities.report.fared import score_text
from realities.report.schema_trust import ClaimantData, ScoreData
from realities.report.tables import NOT_RELIABLE
from realities.report.view import View
from realities.weigh.honesty.words import listed

#: Claims below which differences of scores are said to mean little.
FEW: Final = 30
Row = tuple[str, str, list[str]]
#: A quantity whose bands missed, in the words of `scored.py`.
_MISSED: Final = re.compile(
    r"(?P<name>.*): (?P<count>\d+ of \d+)(?: (?P<after>after .*))?, "
    r"(?P<said>too few|too many)(?P<doubt>, perhaps.*)?"
)

_CLAIMS: Final = (
    ("brier", "Brier score, when made", "0 is perfect, 0.25 is always saying 50 in 100; lower is better"),
    ("brier_last", "Brier score, last while open", "the same, on the last chance before the outcome"),
    ("log_score", "Log score, when made", "closer to 0 is better; always saying 50 in 100 gives −0.693"),
    ("log_last", "Log score, last while open", "the same, on the last chance before the outcome"),
    ("skill_half", "Skill against one half", "1 is perfect, 0 no better, below 0 worse; of Brier when made"),
    (
        "skill_base_rate",
        "Skill against the base rate",
        "against always saying what share of the claims happened",
    ),
)
_REPORTS: Final = (
    ("crps", "Error of forecasts (CRPS)", "in multiples of the usual size of a report; lower is better"),
    (
        "crps_skill",
        "Skill against persistence",
        "against the reporter's last figure going on; 0 no better, below 0 worse",
    ),
)
_MURPHY: Final = (
    "Reliability (lower is better)",
    "Resolution (higher is better)",
    "Uncertainty",
    "Variance inside bins",
    "Covariance inside bins",
)
_CORP: Final = ("Miscalibration (lower is better)", "Discrimination (higher is better)", "Uncertainty")


def claim_score_rows(scores: Sequence[ScoreData]) -> list[Row]:
    """Return scores on claims: name, how to read it, a cell per forecaster; nothing without any claim."""
    if not any(one.get("claims", 0) + one.get("claims_last", 0) for one in scores):
        return []
    rows: list[Row] = [("Claims scored", "when made; last while open", [_counts(one) for one in scores])]
    rows += _rows(_CLAIMS, scores, lambda one: one.get("shaky", 0) > 0)
    if any(one.get("claims_hindsight", 0) for one in scores):
        rows.append(
            (
                "Hindsight",
                "claims made before the account was written down",
                [_part(one.get("claims_hindsight", 0), one.get("claims", 0)) for one in scores],
            )
        )
    if any(one.get("shaky", 0) for one in scores):
        rows.append(
            (
                NOT_RELIABLE.capitalize(),
                "claims scored on a fit that is not reliable",
                [_part(one.get("shaky", 0), one.get("claims", 0)) for one in scores],
            )
        )
    return rows


def report_score_rows(scores: Sequence[ScoreData]) -> list[Row]:
    """Return scores on the reports published after each date; nothing without any report."""
    if not any(one.get("reports", 0) or one.get("crps") is not None for one in scores):
        return []
    rows: list[Row] = [
        ("Reports scored", "", [f"{one['reports']:,}" if "reports" in one else "–" for one in scores])
    ]
    rows += _rows(_REPORTS, scores, lambda one: one.get("shaky_dates", 0) > 0)
    if any(one.get("prequential") is not None for one in scores):
        rows += _rows(
            (("prequential", "Prequential log score", "log density given to reports before they came"),),
            scores,
            lambda one: one.get("shaky_dates", 0) > 0,
        )
    if any(one.get("reports_hindsight", 0) for one in scores):
        rows.append(
            (
                "Hindsight",
                "reports forecast as of a date before the account was written down",
                [_part(one.get("reports_hindsight", 0), one.get("reports", 0)) for one in scores],
            )
        )
    return rows


def missed_rows(scores: Sequence[ScoreData]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the quantities whose bands missed for some account: name, after which date if after one, cells.

    A cell has how many reports the band held, of how many, and what is to be said of that; or a tick where
    it held as many as asked; or a dash where it is told of all dates together.
    """
    found = [_missed(one.get("missed", [])) for one in scores]
    afters: dict[str, dict[str, None]] = {}  # in order of appearance
    for name, after in (key for one in found for key in one):
        afters.setdefault(name, {})[after] = None
    return [
        (name, after, [_missed_cell(one, name, after) for one in found])
        for name, of in afters.items()
        for after in of
    ]


def _missed(told: Sequence[str]) -> dict[tuple[str, str], tuple[str, str]]:
    """Read what `scored.py` tells of quantities: name and date after which to count and verdict."""
    parts = [match for one in told if (match := _MISSED.fullmatch(one))]
    return {
        (match["name"], match["after"] or ""): (
            match["count"],
            match["said"] + ("?" if match["doubt"] else ""),
        )
        for match in parts
    }


def _missed_cell(found: Mapping[tuple[str, str], tuple[str, str]], name: str, after: str) -> tuple[str, str]:
    return found.get((name, after), ("–" if (name, "") in found else "✓", ""))


def _rows(
    names: Sequence[tuple[str, str, str]], scores: Sequence[ScoreData], weak: Callable[[ScoreData], bool]
) -> list[Row]:
    rows = []
    for key, name, how in names:
        held = [one.get(key) for one in scores]
        if any(value is not None for value in held):
            cells = [
                "–"
                if not isinstance(value, int | float)
                else score_text(value) + (f"\n{NOT_RELIABLE}" if weak(one) else "")
                for value, one in zip(held, scores, strict=True)
            ]
            rows.append((name, how, cells))
    return rows


def _counts(one: ScoreData) -> str:
    return f"{one.get('claims', 0):,}; {one.get('claims_last', 0):,}" if "claims" in one else "–"


def _part(count: int, of: int) -> str:
    return f"{count:,} of {of:,}" if of else "–"


def claimant_groups(view: View) -> list[tuple[ClaimantData, list[Row]]]:
    """Return the scores on each claimant's claims; one who made them all has no table of its own."""
    found = [(one, claim_score_rows(one["scores"])) for one in view.payload.get("claimants", [])]
    return [(one, rows) for one, rows in found if rows] if len(found) > 1 else []


def bin_rows(scores: Sequence[ScoreData]) -> list[tuple[str, list[str]]]:
    """Return the reliability diagram: chances of the bin in 100, and a cell per account."""
    edges = sorted({(b[0] or 0.0, b[1] or 0.0) for one in scores for b in one.get("bins", [])})
    rows = []
    for low, high in edges:
        cells = []
        for one in scores:
            found = next((b for b in one.get("bins", []) if (b[0], b[1]) == (low, high)), None)
            cells.append("–" if found is None or not found[2] else _bin_cell(found))
        rows.append((f"{100 * low:.0f} to {100 * high:.0f}", cells))
    return rows


def _bin_cell(found: Sequence[float | None]) -> str:
    n, mean, share, least, most = (value or 0.0 for value in found[2:7])
    return (
        f"{n:.0f}: chance {100 * mean:.0f}, happened {100 * share:.0f}\n"
        f"({100 * least:.0f} to {100 * most:.0f} if right)"
    )


def part_rows(scores: Sequence[ScoreData]) -> list[tuple[str, list[str]]]:
    """Return the parts of the Brier score, over bins and recalibrated, a cell per account."""
    rows = []
    for how, names, key in (("In bins", _MURPHY, "murphy"), ("Without bins", _CORP, "corp")):
        for i, name in enumerate(names):
            cells = []
            for one in scores:
                parts = one.get(key)
                cells.append(score_text(parts[i]) if isinstance(parts, list) else "–")
            rows.append((f"{how}: {name}", cells))
    return rows if any(one.get("murphy") for one in scores) else []


def scores_sentence(view: View) -> str:
    """Return in plain words what the scores on claims show, and how few claims they rest on."""
    scores = view.payload["scores"]
    known = [(k, one) for k, one in enumerate(scores) if one.get("claims")]
    if not known:
        return "No claim is decided yet that was given a chance before, so there is no score on claims."
    n = max(one["claims"] for _, one in known)
    _, first = next((k, one) for k, one in known if one["claims"] == n)
    happened = sum((b[2] or 0) * (b[4] or 0) for b in first.get("bins", []))
    text = (
        f"{'One claim is' if n == 1 else f'{n:,} claims are'} decided and had a chance when made; "
        f"{round(happened):,} happened."
    )
    sides = []
    for words, better in (("better than always saying 50 in 100", True), ("no better than that", False)):
        skills = [(k, one.get("skill_half")) for k, one in known]
        letters = [letter(k) for k, skill in skills if skill is not None and (skill > 0) is better]
        if letters:
            sides.append(f"{listed(letters)} did {words}")
    if sides:
        text += f" On {'it' if n == 1 else 'these'}, {'; '.join(sides)}."
    if any(claim.get("alike") for claim in view.payload["claims"]):
        text += " Claims that the same test decides count once."
    if n < FEW:
        text += (
            f" {'One claim' if n == 1 else f'{n} claims'} can hardly tell good chances from lucky ones, "
            "so differences of these scores mean little."
        )
    return text


def diagram_sentence(view: View) -> str:
    """Return what the reliability diagrams show: bins outside what right chances would give."""
    parts = []
    for k, one in enumerate(view.payload["scores"]):
        held = [b for b in one.get("bins", []) if b[2]]
        off = [b for b in held if not (b[5] or 0.0) - 1e-9 <= (b[4] or 0.0) <= (b[6] or 0.0) + 1e-9]
        if held:
            parts.append(f"{letter(k)} {len(off)} of {len(held)}")
    return (
        f"Bins outside the range that right chances would give, by account: {'; '.join(parts)}."
        if parts
        else ""
    )
