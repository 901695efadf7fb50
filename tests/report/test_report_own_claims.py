"""A card says what the account itself gives the claims of its author."""

from __future__ import annotations

import copy

from realities.report import render_payload
from realities.report.encode import encode_integers
from realities.report.own_claims import own_claims
from realities.report.schema import Payload
from realities.report.view import View


def changed(payload: Payload) -> Payload:
    """The payload with two claims of the first account: 5 in 100 now, and 97 when made."""
    found = copy.deepcopy(payload)
    n = len(found["accounts"])
    for k, claim in enumerate(c for c in found["claims"] if c["account"] == 0):
        claim["inside"], claim["deadline"], claim["resolved"] = True, None, None
        claim["chance_made"] = claim["chance_last"] = claim["chance"] = ""
        if k == 1:
            claim["chance_made"] = encode_integers([70] + [900] * (n - 1))
            claim["chance"] = encode_integers([50] + [900] * (n - 1))
        if k == 2:
            claim["chance_made"] = encode_integers([970] + [10] * (n - 1))
    return found


def test_the_first_claim_with_a_chance_has_its_newest_one_and_those_below_half_are_counted(
    payload: Payload,
) -> None:
    found = own_claims(View(changed(payload)))[0]
    assert found is not None
    own = [k for k, claim in enumerate(payload["claims"]) if claim["account"] == 0]
    assert found.place == own[1]
    assert found.text == ": 5 in 100 now under this account itself; of its 2 with a chance, 1 is below 50."


def test_a_card_leads_to_the_claim_and_who_made_none_has_no_such_sentence(payload: Payload) -> None:
    without = changed(payload)
    for claim in without["claims"]:
        if claim["account"] == 1:
            claim["account"] = -1
    page = render_payload(without)
    cards = page[page.index('<ol class="cards') : page.index("</ol>")].split("<li ")[1:]
    place = own_claims(View(without))[0]
    assert place is not None
    assert f'<a href="#claim-{place.place}">The first of its claims</a>: 5 in 100 now' in cards[0]
    assert f'data-from="{payload["as_of"]}"' in cards[0]
    assert "claims" not in cards[1]
    assert f'id="claim-{place.place}"' in page
