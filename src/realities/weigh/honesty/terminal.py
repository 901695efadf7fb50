"""What the terminal says of honesty, below the weights: on model errors, influence and predictive checks.

In comes what `honest.py` found and the accounts' names; out come lines of text. The verdict itself is in the
sentence above them (`report/sentences.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from realities.weigh.honesty.checks import HIGHEST, LOWEST
from realities.weigh.honesty.influence import Influence
from realities.weigh.honesty.model_error import weights_at_errors
from realities.weigh.honesty.widths import by_width, weights_at
from realities.weigh.honesty.words import listed

if TYPE_CHECKING:
    from realities.weigh.honesty.honest import Honesty

#: Weight below which a change is not worth a line.
LEAST_MOVED = 0.005
#: What was not computed is named up to so many.
MOST_MISSING = 3
#: What is left out, one of it and several.
_KINDS = {
    "reporter": ("reporter", "reporters"),
    "quantity": ("quantity", "quantities"),
    "report": ("single report", "single reports"),
}


def honesty_lines(
    honesty: Honesty | None, names: Mapping[str, str], titles: Mapping[str, str] | None = None
) -> list[str]:
    """Return what to print of honesty; nothing where nothing was computed.

    `names` are the accounts' by id, `titles` what quantities are called where not by their key.
    """
    if honesty is None:
        return []
    stated = weights_at(by_width(honesty.sensitivity)[1.0], honesty.prior_weights) or {}
    lines = _model_error_line(honesty, names)
    for kind in ("reporter", "quantity", "report"):
        found = [one for one in honesty.influence if one.left.kind == kind]
        lines += _influence_line(kind, found, stated, names, titles or {})
    if honesty.checks:
        flagged = sum(check.flagged for check in honesty.checks)
        lie = "lies" if flagged == 1 else "lie"
        lines.append(
            f"{flagged} of {len(honesty.checks)} predictive checks (several for each account and quantity) "
            f"{lie} outside {LOWEST} to {HIGHEST}: "
            "there an account hardly makes such reports."
        )
    return lines


def _model_error_line(honesty: Honesty, names: Mapping[str, str]) -> list[str]:
    """Return how far the weight that moves most goes with model errors of other sizes."""
    if not honesty.model_error:
        return []
    table = weights_at_errors(honesty.model_error, honesty.prior_weights)
    known = [row for row in table.values() if row is not None]
    missing = sum(one.log_evidence is None for one in honesty.model_error)
    if len(known) < len(table):
        of = f"{missing} of {len(honesty.model_error)} evidences"
        return [f"What model errors half or twice as large do to the weights is not computed ({of})."]
    ends = {name: (min(row[name] for row in known), max(row[name] for row in known)) for name in names}
    account = max(ends, key=lambda name: ends[name][1] - ends[name][0])
    low, high = (100 * end for end in ends[account])
    return [f"With model errors half or twice as large {names[account]} has {low:.0f} to {high:.0f} in 100."]


def _influence_line(
    kind: str,
    found: Sequence[Influence],
    stated: Mapping[str, float],
    names: Mapping[str, str],
    titles: Mapping[str, str],
) -> list[str]:
    """Return which of several things, left out alone, moves most weight, and of which that is not known."""
    known = [one for one in found if one.weights is not None]
    if not found:
        return []
    if not known:
        return [f"What leaving out a {kind} does to the weights is not computed, for any of {len(found)}."]
    missing = sorted((one for one in found if one.weights is None), key=lambda one: -one.rows)
    return [
        _most_line(kind, known, stated, names, titles, is_all=not missing),
        *_missing_line(kind, missing, titles),
    ]


def _most_line(
    kind: str,
    known: Sequence[Influence],
    stated: Mapping[str, float],
    names: Mapping[str, str],
    titles: Mapping[str, str],
    *,
    is_all: bool,
) -> str:
    """Return what moves most weight of what could be left out; `is_all` says that all could."""
    one, kinds = _KINDS[kind]
    most, n = known[0], len(known)
    if most.weights is None or most.moved is None or most.moved < LEAST_MOVED:
        if is_all:
            return f"No {kind} moves the weights when it alone is left out."
        which = f"the 1 {one}" if n == 1 else f"none of the {n} {kinds}"
        moves = "does not move" if n == 1 else "moves"
        return f"Left out alone, {which} for which that was computed {moves} the weights."
    weights = most.weights
    account = max(weights, key=lambda name: (abs(weights[name] - stated[name]), stated[name]))
    change = f"from {100 * stated[account]:.0f} to {100 * weights[account]:.0f} in 100"
    named, without = _named(most, titles), f"without it {names[account]} goes {change}."
    if n == 1 and not is_all:
        return f"Left out alone, the 1 {one} for which that was computed is {named}: {without}"
    of = f"all {kinds}" if is_all else f"the {n} {kinds} for which that was computed"
    return f"Left out alone, of {of} {named} changes most: {without}"


def _missing_line(kind: str, missing: Sequence[Influence], titles: Mapping[str, str]) -> list[str]:
    """Return of what it is not known what leaving it out does: it may well be more."""
    if not missing:
        return []
    more = [f"{len(missing) - MOST_MISSING} more"] if len(missing) > MOST_MISSING else []
    named = listed([*(_named(one, titles) for one in missing[:MOST_MISSING]), *more])
    kinds = _KINDS[kind][len(missing) > 1]
    return [f"  Not computed for {len(missing)} {kinds}, and perhaps more: {named}."]


def _named(one: Influence, titles: Mapping[str, str]) -> str:
    """Return a reporter or a quantity with its reports, or a single report."""
    left = one.left
    title = titles.get(left.quantity or "", left.quantity)
    match left.kind:
        case "reporter":
            return f'"{left.reporter}" ({_reports(one.rows)})'
        case "quantity":
            return f'"{title}" ({_reports(one.rows)})'
        case "report":
            return f'that of "{title}" by "{left.reporter}" on {left.published}'


def _reports(n: int) -> str:
    return "1 report" if n == 1 else f"{n} reports"
