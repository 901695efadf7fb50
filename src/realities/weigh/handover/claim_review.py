"""Claims as schema.org describes them, in JSON-LD.

In comes a study; out comes one graph. A claim that something can decide is a `ClaimReview`: the claim in the
case's own words, who made it, when and where, and, once it is decided, a rating in neutral terms. A value
judgement, and a claim that nothing can decide, is a `Claim` and no more: nothing is said of it.

A case does not say whether who made a claim is a person or an organization, so that an author has a name
and no type. Search engines also want the address of a page with the review, which a report on disk does not
have.

References
----------
schema.org: ClaimReview, Claim, Rating, CreativeWork.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from realities.case.folder import Case
from realities.case.sources import Source, source_keys

if TYPE_CHECKING:
    from realities.weigh.scoring.judging import JudgedClaim
    from realities.weigh.study import Study

Json = dict[str, object]

CONTEXT: Final = "https://schema.org"
#: What became of a claim, on the scale of `EXPLAINED`; None where no number can say it.
RATINGS: Final[dict[str, int | None]] = {"happened": 1, "did not happen": 0, "disputed": None}
EXPLAINED: Final = (
    "1: what was claimed happened; 0: it did not happen; without a number: reports that can decide it "
    "disagree. It is about what was claimed and not about who claimed it."
)


def claims_jsonld(study: Study) -> str:
    """Return the claims of a study, as of its date, as JSON-LD text that ends with a newline."""
    graph = [_entry(study, judged) for judged in study.claims]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False, indent=2) + "\n"


def _entry(study: Study, judged: JudgedClaim) -> Json:
    claim = _claim(study.case, judged)
    if judged.status in ("value", "undecidable"):
        return {**claim, "@id": f"#{judged.claim.id}", "text": judged.claim.says}
    review: Json = {
        "@type": "ClaimReview",
        "@id": f"#{judged.claim.id}",
        "claimReviewed": judged.claim.says,
        "datePublished": study.as_of.isoformat(),
        "author": {"@type": "Organization", "name": "Realities"},
        "itemReviewed": claim,
    }
    if judged.status in RATINGS:
        review["reviewRating"] = _rating(judged)
        outcome = judged.claim.outcome
        known = outcome is not None and outcome.date <= study.as_of
        if outcome is not None and known and (cited := _works(study.case, outcome.source)):
            review["citation"] = cited
    return review


def _claim(case: Case, judged: JudgedClaim) -> Json:
    """Return who claimed it, when and where."""
    claim, names = judged.claim, {account.id: account.name for account in case.accounts}
    found: Json = {
        "@type": "Claim",
        "author": {"name": names.get(claim.account, claim.account)},
        "datePublished": claim.made.isoformat(),
    }
    works = _works(case, claim.source)
    if works and claim.locator:
        works[0]["description"] = claim.locator
    return {**found, "appearance": works} if works else found


def _rating(judged: JudgedClaim) -> Json:
    """Return what became of a claim: a neutral word, and a number where there is one."""
    value = RATINGS[judged.status]
    scale: Json = {} if value is None else {"ratingValue": value, "bestRating": 1, "worstRating": 0}
    since = "" if judged.decided is None else f" Decided by what was published by {judged.decided}."
    return {
        "@type": "Rating",
        "alternateName": judged.status,
        **scale,
        "ratingExplanation": EXPLAINED + since,
    }


def _works(case: Case, cited: str) -> list[Json]:
    return [_work(case.sources[key]) for key in source_keys(cited) if key in case.sources]


def _work(source: Source) -> Json:
    """Return a source; its address only if one may follow it."""
    found: Json = {"@type": "CreativeWork", "name": source.title or source.key}
    if source.author:
        found["author"] = {"name": source.author}
    if source.year:
        found["datePublished"] = source.year
    if _is_address(source.url):
        found["url"] = source.url
    return found


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
