"""claims.toml: who claimed what, where and when, and the predicate that decides it.

In comes the located table of the file, out go `Claim`s. `weigh/scoring/status.py` says what became of a
claim, `weigh/scoring/forecasts.py` what chance it has under an account.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeGuard, get_args

from realities.case.calendar import Calendar
from realities.case.located import Located
from realities.case.predicate_nodes import Predicate
from realities.case.predicate_parser import parse_predicate
from realities.case.schema import CLAIM, CLAIMS, DISPUTED
from realities.case.shapes import conforms
from realities.errors import Findings, did_you_mean, meant_or_there
from realities.ir.model import Model
from realities.source import NOWHERE, Span

ClaimKind = Literal["fact", "forecast", "cause", "counterfactual", "value"]
KINDS: Final[tuple[ClaimKind, ...]] = get_args(ClaimKind)

_QUOTES: Final = ('"', "'", "“", "„", "»", "«", "‘", "‚")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claim according to a source, known from `date` on; None where sources disagree."""

    value: bool | None
    source: str
    date: datetime.date
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """Something somebody said that can, or cannot, be held against a run and a record.

    Exactly one of these is so: `predicate` is given; `undecidable` says why there is none; `kind`
    is `value`.
    """

    id: str
    account: str
    kind: ClaimKind
    says: str
    source: str
    locator: str
    made: datetime.date
    deadline: datetime.date | None
    predicate: Predicate | None
    undecidable: str | None
    outcome: Outcome | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def __repr__(self) -> str:
        due = f", deadline {self.deadline}" if self.deadline is not None else ""
        return f"Claim({self.id!r}: {self.kind} by {self.account}, made {self.made}{due})"

    def _repr_html_(self) -> str:
        """Return what was claimed and what decides it, for a notebook."""
        from realities.case.card import claim_card

        return claim_card(self)

    @property
    def is_inside_model(self) -> bool:
        """Whether only the model can decide it: it compares with a run that never took place."""
        return self.predicate is not None and self.predicate.is_paired

    @property
    def test(self) -> tuple[object, ...] | None:
        """What decides it: alike for claims that one test decides, None where there is no predicate."""
        if self.predicate is None:
            return None
        text = re.sub(r'[\s_"]+', "", self.predicate.span.text).casefold()  # as names of the model compare
        return text, self.predicate.times, self.predicate.first_time, self.predicate.last_time


def parse_claims(
    document: Located,
    calendar: Calendar,
    findings: Findings,
    *,
    accounts: Collection[str] | None = None,
    sources: Collection[str] | None = None,
) -> tuple[Claim, ...]:
    """Return the claims of a claims.toml, in the order of the file; what is wrong goes to `findings`.

    Parameters
    ----------
    document
        The parsed file; its shape is checked here.
    calendar
        Of the case: predicates speak of dates within it.
    findings
        Takes the diagnostics. A claim with an error is left out.
    accounts, sources
        Where given, every account named and every source cited has to be among them.
    """
    read = _Claims(document, calendar, findings, accounts, sources)
    is_sound = conforms(document, CLAIMS, findings)
    entries = document.get("claim")
    n_claims = len(entries) if isinstance(entries, list) else 0
    readable = [k for k in range(n_claims) if is_sound or conforms(document, CLAIM, Findings(), ("claim", k))]
    found = [read.claim(index) for index in readable]
    return tuple(claim for claim in found if claim is not None)


def check_interventions(claims: Sequence[Claim], model: Model, findings: Findings) -> None:
    """Note every variable that a claim holds fixed and the model does not have."""
    shown = [variable.name for variable in model.variables if not variable.is_hidden]
    for claim in claims:
        for held in claim.predicate.held if claim.predicate is not None else ():
            if held.name not in model:
                message = f'no variable is named "{held.name}"'
                findings.error("unknown-name", message, held.span, did_you_mean(held.name, shown))


class _Claims:
    """Reads one claim after the other; knows the ids it has met."""

    def __init__(
        self,
        document: Located,
        calendar: Calendar,
        findings: Findings,
        accounts: Collection[str] | None,
        sources: Collection[str] | None,
    ) -> None:
        self.document = document
        self.calendar = calendar
        self.findings = findings
        self.accounts = accounts
        self.sources = sources
        self.places: dict[str, Span] = {}

    def claim(self, index: int) -> Claim | None:
        n_errors = len(self.findings.errors)
        at = ("claim", index)
        claim_id, kind = self.text(*at, "id"), self.text(*at, "kind")
        assert _is_kind(kind)
        self.check_names(index, claim_id)
        self.check_ways(index, kind)
        made, deadline = self.day(*at, "made"), self.day(*at, "deadline")
        assert made is not None
        if deadline is not None and deadline < made and kind == "forecast":
            place = self.document.value(*at, "deadline")
            self.findings.error("bad-date", f"a forecast of {made} with a deadline before it", place)
        predicate = None
        if self.document.get(*at, "holds") is not None:
            place, name = self.document.text(*at, "holds"), f"claim: {claim_id}"
            predicate = parse_predicate(place, self.calendar, self.findings, name=name, made=made)
        if len(self.findings.errors) > n_errors:
            return None
        claim = Claim(
            id=claim_id,
            account=self.text(*at, "account"),
            kind=kind,
            says=self.text(*at, "says"),
            source=self.text(*at, "source"),
            locator=self.text(*at, "locator"),
            made=made,
            deadline=deadline,
            predicate=predicate,
            undecidable=self.text(*at, "undecidable") or None,
            outcome=self.outcome(index),
            span=self.document.value(*at),
        )
        self.warn(claim, index)
        return claim

    def outcome(self, index: int) -> Outcome | None:
        at = ("claim", index, "outcome")
        value, known = self.document.get(*at, "value"), self.day(*at, "date")
        if known is None or not (isinstance(value, bool) or value == DISPUTED):
            return None
        return Outcome(
            None if value == DISPUTED else bool(value),
            self.text(*at, "source"),
            known,
            self.document.value(*at),
        )

    def check_names(self, index: int, claim_id: str) -> None:
        """Note an id met before, an account and sources that do not exist."""
        at = ("claim", index)
        place = self.document.value(*at, "id")
        if claim_id in self.places:
            first = f"the first is at {self.places[claim_id]}"
            self.findings.error("duplicate-claim", f'two claims have the id "{claim_id}"', place, first)
        self.places.setdefault(claim_id, place)
        account = self.text(*at, "account")
        if self.accounts is not None and account not in self.accounts:
            hint = meant_or_there(account, sorted(self.accounts))
            place = self.document.value(*at, "account")
            self.findings.error("unknown-account", f'no account is named "{account}"', place, hint)
        for path in ((*at, "source"), (*at, "outcome", "source")):
            for key in self.text(*path).split(";"):
                if self.sources is not None and key.strip() and key.strip() not in self.sources:
                    hint = meant_or_there(key.strip(), self.sources)
                    message = f'no source has the key "{key.strip()}"'
                    self.findings.error("unknown-source", message, self.document.value(*path), hint)

    def check_ways(self, index: int, kind: ClaimKind) -> None:
        """Note a claim that has not exactly one of: a predicate, a reason against one, kind `value`."""
        at = ("claim", index)
        ways = [key for key in ("holds", "undecidable") if self.document.get(*at, key) is not None]
        if kind == "value" and ways:
            message = f'a value judgement is kept and never computed: it takes no "{ways[0]}"'
            self.findings.error("bad-claim", message, self.document.value(*at, ways[0]))
        elif kind != "value" and not ways:
            message = 'nothing says what would decide this claim: "holds" or "undecidable" is missing'
            hint = 'undecidable = "why" where no predicate can be stated'
            self.findings.error("bad-claim", message, self.document.value(*at), hint)
        elif len(ways) == 2:
            message = 'a claim has either "holds" or "undecidable"'
            self.findings.error("bad-claim", message, self.document.value(*at, "undecidable"))
        for key in ("says", "undecidable"):
            if self.document.get(*at, key) is not None and not self.text(*at, key).strip():
                self.findings.error("bad-claim", f'"{key}" is empty', self.document.value(*at, key))

    def warn(self, claim: Claim, index: int) -> None:
        """Note what is allowed and probably not meant."""
        at = ("claim", index)
        if claim.says.strip().startswith(_QUOTES) and claim.says.strip().endswith((*_QUOTES, "”", "’")):
            message, hint = "this looks like a quotation", "say it in other words: claims are paraphrases"
            self.findings.warning("quotation", message, self.document.value(*at, "says"), hint)
        if claim.predicate is None:
            return
        place = self.document.text(*at, "holds")
        if claim.kind == "forecast" and claim.predicate.is_whole_run and claim.made > self.calendar.start:
            message = f"without an interval this looks at the whole run, from {self.calendar.start} on"
            hint = f"to begin when it was said: [{claim.made}, {claim.deadline or self.calendar.finish}]"
            self.findings.warning("no-interval", message, place, hint)
        if claim.kind == "forecast" and claim.predicate.latest <= claim.made and not claim.is_inside_model:
            message = f"a forecast of {claim.made} that looks at nothing after that day"
            self.findings.warning("no-forecast", message, place)
        if claim.deadline is not None and claim.predicate.latest > claim.deadline:
            message = f"this looks at {claim.predicate.latest}, after the deadline {claim.deadline}"
            self.findings.warning("late-predicate", message, place)

    def text(self, *path: str | int) -> str:
        value = self.document.get(*path)
        return value if isinstance(value, str) else ""

    def day(self, *path: str | int) -> datetime.date | None:
        value = self.document.get(*path)
        return value if isinstance(value, datetime.date) else None


def _is_kind(word: str) -> TypeGuard[ClaimKind]:
    return word in KINDS
