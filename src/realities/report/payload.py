"""A finished `Study` -> the payload of its page.

In comes what `weigh/study.py` computed; out comes a plain object, small enough to be carried in a page:
curves on the days that matter, text once, only the sources that something cites. `weighed.py`, `reported.py`
and others make its parts; `fitting.py` chooses the detail, and `page.py` makes HTML of it, now or later from
a saved file.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from realities.case.row_counts import row_counts
from realities.report.against import why_data
from realities.report.cited import keys_in, sources_data
from realities.report.claimed import claim_data, mark_alike, resolved_days
from realities.report.columns import folded
from realities.report.counted import counted_data, counted_rows
from realities.report.encode import pack
from realities.report.honest import significant, trust_data
from realities.report.live.pack import shown_live
from realities.report.phrases import phrases_of, with_signs
from realities.report.planes import take_curves
from realities.report.reported import Index, quantity_data, split_label
from realities.report.schema import (
    SCHEMA,
    AccountData,
    AssumptionData,
    CaseData,
    ClaimData,
    CurvesData,
    EventData,
    MadeData,
    Payload,
    day_number,
)
from realities.report.schema_trust import TrustData
from realities.report.scored import account_scores, claimant_scores, mixture_scores
from realities.report.sentences import day_text, stamp
from realities.report.supply_map import carried
from realities.report.weighed import drawn, ranges, started, weighings
from realities.version import __version__

if TYPE_CHECKING:
    from realities.case.accounts import Account, Assumption
    from realities.case.folder import Case
    from realities.weigh.study import Study

METHOD: Final = (
    "Every account starts with the same weight. Its assumptions are drawn, the model is run for each draw, "
    "and the reports published by the as-of date, each with its reporter's possible bias and noise, say "
    "how well the draws fit. An account's weight is how probable it makes those reports, next to the others."
)
_NOTICE_LIMIT: Final = 20_000
_BULK: Final = frozenset(
    {
        "quantities",
        "notes",
        "claims",
        "sources",
        "network",
        "causes",
        "ranges",
        "trust",
        "scores",
        "claimants",
        "mixture",
        "weighings",
    }
)


def to_json(payload: object) -> str:
    """Return a payload, or a part of one, as compact JSON."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def embedded(payload: Payload, parts: Sequence[str] = ()) -> tuple[str, str, str]:
    """Return a payload as a page carries it: JSON that can be read there, its bulk packed, its curves packed.

    The bulk is everything about quantities, claims, assumptions, sources and the network: a fifth of the
    size when packed, and shown in the page's own tables anyway; `parts` of the page itself go with it. Live
    data are carried apart.
    """
    bulk = {key: value for key, value in payload.items() if key in _BULK}
    bulk["quantities"], curves = take_curves(payload["quantities"])
    bulk["weighings"] = [{**one, "between": one.get("between", False)} for one in payload["weighings"]]
    bulk["assumptions"] = _assumptions(payload)
    bulk["parts"] = list(parts)
    bulk["sources"] = bulk.pop("sources")  # next to the part that lists them: what repeats nearby packs well
    if causes := payload.get("causes"):
        del bulk["causes"]
        texts = ("equations", "docs", "names")  # last, next to the same texts of what can be moved
        held: dict[str, object] = {**causes}
        first = {key: value for key, value in held.items() if key not in texts}
        bulk["causes"] = {**first, **{key: held[key] for key in texts}}
    bulk["network"] = carried(payload["network"])
    bulk["live"] = shown_live(
        payload.get("live"),
        {name for one in payload["accounts"] for name in one["switches"]},
        payload.get("ranges"),
    )
    rest = {key: value for key, value in payload.items() if key not in _BULK and key != "live"}
    rest.setdefault("counted", counted_rows(payload))
    rest.setdefault("started", [1 / len(payload["accounts"])] * len(payload["accounts"]))
    rest.setdefault("stated", [])
    accounts = enumerate(payload["accounts"])
    rest["accounts"] = [{**one, "assumptions": [], "stamp": stamp(payload, k)} for k, one in accounts]
    return to_json(rest), _packed_bulk(bulk), pack(curves)


def _packed_bulk(bulk: dict[str, object]) -> str:
    """Return the bulk packed: tables by columns, and what repeats once."""
    table = folded(bulk)
    phrases = phrases_of({key: value for key, value in table.items() if key != "parts"})
    return pack(with_signs(to_json(table), phrases))


def _assumptions(payload: Payload) -> list[list[dict[str, object]]]:
    """Return the assumptions of each account, null for a posterior that `ranges` has as well."""
    ranges = payload.get("ranges") or {}
    found = []
    for k, account in enumerate(payload["accounts"]):
        own: list[dict[str, object]] = []
        for one in account["assumptions"]:
            known = [row[k] for row in ranges[one["parameter"]]] if one["parameter"] in ranges else []
            is_known = one["posterior"] == (known or [None] * len(payload["dates"])) and "ranges" in payload
            own.append({**one, "posterior": None} if is_known else {**one})
        found.append(own)
    return found


def build_payload(
    study: Study,
    dates: Sequence[date],
    curves: Mapping[str, CurvesData | None],
    *,
    status: Sequence[str] = (),
) -> Payload:
    """Return the payload of a study's page as of the given dates.

    `curves` are those of each quantity, by name; `status` are sentences for the line under the bar, such as
    "Draft." or "Synthetic data.".
    """
    case = study.case
    notes, cited = Index({"": 0}), Index({})
    accounts = [_account(study, account, dates) for account in case.accounts]
    quantities = [
        quantity_data(study, measure, dates, curves, notes, cited) for measure in case.measures.values()
    ]
    claims, events, trust = _claims(study, dates), _events(study), trust_data(study)
    for key in _sources_of(accounts, claims, events, trust, case.sources):
        cited(key)
    return Payload(
        schema=SCHEMA,
        case=_head(case),
        as_of=day_number(study.as_of),
        status=list(status),
        dates=[day_number(day) for day in dates],
        accounts=accounts,
        weighings=weighings(study),
        counted=counted_data(case, study.as_of),
        started=started(case),
        stated=[day_number(day) for day, _ in study.stated_before],
        quarters=[day_number(day) for day, _ in study.quarters],
        why=why_data(study),
        ranges=ranges(study, dates),
        quantities=quantities,
        notes=list(notes.places),
        claims=claims,
        trust=trust,
        scores=[account_scores(study, account.id) for account in case.accounts],
        claimants=claimant_scores(study),
        mixture=mixture_scores(study),
        events=events,
        network=case.network,
        sources=sources_data(case.sources, cited.places),
        warnings=[named(case, str(warning)) for warning in study.warnings],
        made=_made(case, study),
    )


def _head(case: Case) -> CaseData:
    return CaseData(
        id=case.id,
        title=case.title,
        question=case.question,
        start=day_number(case.calendar.start),
        finish=day_number(case.calendar.finish),
    )


def _claims(study: Study, dates: Sequence[date]) -> list[ClaimData]:
    """Return the claims made by the as-of date, those that say the same as another marked."""
    resolved = resolved_days(study)
    claims = [
        claim_data(study, judged, dates, resolved.get(judged.claim.id))
        for judged in study.claims
        if judged.claim.made <= study.as_of
    ]
    mark_alike(study, claims)
    return claims


def _events(study: Study) -> list[EventData]:
    """Return the dated inputs published by the as-of date."""
    return [
        EventData(
            day=day_number(event.date),
            published=day_number(event.published),
            parameter=event.parameter,
            value=significant(event.value, 6),
            source=event.source,
        )
        for event in study.case.events
        if event.published <= study.as_of
    ]


def _sources_of(
    accounts: Sequence[AccountData],
    claims: Sequence[ClaimData],
    events: Sequence[EventData],
    trust: TrustData | None,
    known: Container[str],
) -> list[str]:
    """Return the keys of the `known` sources that these cite, in the order in which a page lists them."""
    return [
        *(a["source"] for a in accounts),
        *(c["source"] for c in claims),
        *(c["outcome_source"] for c in claims),
        *(key for c in claims for key in keys_in(c["undecidable"], known)),
        *(e["source"] for e in events),
        *(key for left in (trust["reports"] if trust else ()) for key in left["sources"]),
    ]


def _account(study: Study, account: Account, dates: Sequence[date]) -> AccountData:
    return AccountData(
        id=account.id,
        name=account.name,
        summary=account.summary,
        source=account.source,
        authored=None if account.authored is None else day_number(account.authored),
        assumptions=[
            _assumption(assumption, [drawn(study, account.id, name, day) for day in dates])
            for name, assumption in account.assumptions.items()
        ],
        switches={name: float(value) for name, value in account.switches.items()},
    )


def _assumption(assumption: Assumption, posterior: list[list[float] | None]) -> AssumptionData:
    return AssumptionData(
        parameter=assumption.parameter,
        prior=assumption.prior.text,
        because=assumption.because,
        locator=assumption.locator,
        posterior=posterior,
    )


def named(case: Case, text: str) -> str:
    """Return a text with accounts and quantities by the names that a reader knows."""
    known = {one.id: one.name for one in case.accounts}
    known |= {key: split_label(one.label or key, str(one.unit))[0] for key, one in case.measures.items()}
    for key, name in known.items():
        text = text.replace(f'"{key}"', f"“{name}”")
    return text


#: Whose terms hold for what a page carries.
_LICENCE: Final = "Software and page: Apache License 2.0. Sources keep their own terms."


def _made(case: Case, study: Study) -> MadeData:
    visible = [variable for variable in case.model.variables if not variable.is_hidden]
    notice = case.folder / "NOTICE"
    model_hash = sha256(case.model_path.read_bytes()).hexdigest() if case.model_path.is_file() else ""
    of_model = f", model {model_hash[:12]}" if model_hash else ""
    return MadeData(
        version=__version__,
        model=case.model_path.name,
        model_hash=model_hash,
        equations=len(visible),
        stocks=sum(variable.kind == "stock" for variable in visible),
        constants=sum(variable.kind == "constant" for variable in visible),
        method=METHOD,
        effort=study.effort,
        draws=min((f.n_draws for f in study.forecasts[study.dates[-1]].values()), default=0),
        seed=study.seed,
        without_date=case.without_date,
        rows=str(row_counts(case, study.as_of).known),
        licence=_LICENCE,
        citation=f"{case.title}. Realities report, as of {day_text(day_number(study.as_of))}, "
        f"seed {study.seed}{of_model}.",
        common=[_assumption(assumption, []) for assumption in case.common.values()],
        notice=notice.read_text(encoding="utf-8", errors="replace")[:_NOTICE_LIMIT]
        if notice.is_file()
        else "",
    )
