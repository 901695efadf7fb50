"""What each account itself gives the claims of its author, for the cards at the head of the page.

In comes the opened payload, out comes a sentence for each account that made claims with a chance, as of the
last date: of the first of them in the case's order, and of how many are below one half. A claim whose time
is over has the last chance while it was open. The same for every account; `tables.py` writes the claims.
"""

from __future__ import annotations

from dataclasses import dataclass

from realities.report.schema import ClaimData
from realities.report.sentences import is_closed
from realities.report.tables import CHANCE_LABELS, NOT_RELIABLE
from realities.report.view import View, chance_rows, shown_chance

#: Below this many in 1000, rounded as shown, a chance is below 50 in 100.
_HALF = 495


@dataclass(frozen=True, slots=True)
class OwnClaims:
    """What is said of an account's own claims, and the place of the first of them, to which `link` leads."""

    place: int
    link: str
    text: str


def own_claims(view: View) -> list[OwnClaims | None]:
    """Return a sentence for each account, in the case's order; None where it made no claim with a chance."""
    return [_of(view, k) for k in range(len(view.payload["accounts"]))]


def _of(view: View, account: int) -> OwnClaims | None:
    claims = enumerate(view.payload["claims"])
    own = [(i, found) for i, claim in claims if claim["account"] == account and (found := _own(view, claim))]
    if not own:
        return None
    place, (chance, label, is_sound) = own[0]
    shown = f"{shown_chance(chance)} in 100" if is_sound else NOT_RELIABLE
    shown = shown.replace("<", "less than ").replace(">", "more than ")
    few = sum(chance < _HALF for _, (chance, _, _) in own)
    count = f"; of its {len(own)} with a chance, {few} {'is' if few == 1 else 'are'} below 50" * (
        len(own) > 1
    )
    return OwnClaims(place, "The first of its claims", f": {shown} {label} under this account itself{count}.")


def _own(view: View, claim: ClaimData) -> tuple[int, str, bool] | None:
    """Return the newest chance under its own account, in 1000, of which moment, and if it is reliable."""
    day, n = view.payload["as_of"], len(view.payload["accounts"])
    now = (claim["chance"], -1, day) if not is_closed(claim, day) else ("", -1, None)
    moments = (
        (claim["chance_made"], 0, claim["made"]),
        (claim["chance_last"], 0, claim.get("last_day")),
        now,
    )
    for label, (text, row, on) in reversed(list(zip(CHANCE_LABELS, moments, strict=True))):
        if text and (chance := chance_rows(text, n)[row][claim["account"]]) >= 0:
            return chance, label, view.sound(on)[claim["account"]]
    return None
