"""Where the account that is ahead forecast less well than others: a sentence beside the reading.

In come scores by account, as `scored.py` makes them, and the weights as shown; out comes a sentence, empty
where the scores agree with the weights. A weight counts how likely an account made all reports, a score how
near its forecasts came to what followed: the two may well differ. `sentences.py` puts it behind the reading
of a page, `leading.py` behind that of a terminal and a notebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from realities.figures import format_number
from realities.figures.style import letter
from realities.report.schema_trust import ScoreData
from realities.weigh.honesty.words import listed

#: A score, what it counts and on what, and what says that it rests on fits that are not reliable.
_SCORES: Final = (
    ("brier", "Brier score", "claims", "decided claim", "shaky"),
    ("crps", "error", "reports", "later report", "shaky_dates"),
)


def fared_less_well(scores: Sequence[ScoreData], shown: Sequence[int]) -> str:
    """Return by which scores the account that is ahead is not the first; empty where it is, or none is.

    `shown` are the weights out of 100. Scores are compared as they are shown, among accounts for which they
    rest on reliable fits.
    """
    top = max(range(len(shown)), key=lambda k: shown[k])
    if shown.count(shown[top]) > 1:
        return ""
    found = [_place(scores, top, *names) for names in _SCORES]
    places = [one for one in found if one]
    return f" By its forecasts, though, account {letter(top)} is {listed(places)}." if places else ""


def _place(
    scores: Sequence[Mapping[str, object]], top: int, key: str, name: str, count: str, of: str, shaky: str
) -> str:
    """Return how an account stands by one score: `last of 3 on 12 decided claims (Brier score ...)`."""
    known = {
        k: score_text(value)
        for k, one in enumerate(scores)
        if isinstance(value := one.get(key), int | float) and one.get(count) and not one.get(shaky)
    }
    if top not in known:
        return ""
    own, best = known[top], min(known, key=lambda k: float(known[k]))
    before = sum(float(text) < float(own) for text in known.values())
    if not before:
        return ""
    n = scores[top][count]
    place = "last" if before == len(known) - 1 else f"number {before + 1}"
    on = f"{n:,} {of}{'' if n == 1 else 's'}"
    return f"{place} of {len(known)} on {on} ({name} {own}; best {known[best]}, for {letter(best)})"


def score_text(value: float) -> str:
    """Return a score with three decimals, so that those of one row compare; large ones in fewer."""
    return format_number(value) if abs(value) >= 10 else f"{value:.3f}".replace("-", "−")
