"""A finished `Study` -> the payload of its page.

In comes what `weigh/study.py` computed; out comes a plain object, small enough to be carried in a page:
curves on the days that matter, text once, only the sources that something cites. `fitting.py` chooses
the detail; `page.py` makes HTML of it, now or later from a saved file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from realities.report.claimed import claim_data, resolved_days
from realities.report.counted import counted_data, counted_rows
from realities.report.curves import level_ends
from realities.report.encode import encode_integers, encode_rising, pack
from realities.report.honest import finite, significant, trust_data
from realities.report.live.pack import shown_live
from realities.report.planes import take_curves
from realities.report.schema import (
    SCHEMA,
    AccountData,
    AssumptionData,
    CurvesData,
    EventData,
    FitData,
    MadeData,
    Payload,
    QuantityData,
    ReporterData,
    ReportsData,
    SourceData,
    WeighingData,
    day_number,
)
from realities.report.scored import account_scores, claimant_scores, mixture_scores
from realities.report.sentences import day_text, separation_data
from realities.report.unit_words import unit_text
from realities.report.why import why_data

if TYPE_CHECKING:
    from realities.case.accounts import Account, Assumption
    from realities.case.folder import Case
    from realities.case.measures import Measure, Reporter
    from realities.case.observations import Observation
    from realities.case.sources import Source
    from realities.weigh.between import Between
    from realities.weigh.study import Study
    from realities.weigh.timeline import Moment

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
FloatArray = NDArray[np.float64]

_LABEL = re.compile(r"\s*(.*\S)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*\Z", re.DOTALL)


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
    bulk["assumptions"] = [account["assumptions"] for account in payload["accounts"]]
    bulk["parts"] = list(parts)
    bulk["sources"] = bulk.pop("sources")  # next to the part that lists them: what repeats nearby packs well
    if causes := payload.get("causes"):
        del bulk["causes"]
        texts = ("equations", "docs", "names")  # last, next to the same texts of what can be moved
        held: dict[str, object] = {**causes}
        first = {key: value for key, value in held.items() if key not in texts}
        bulk["causes"] = {**first, **{key: held[key] for key in texts}}
    bulk["live"] = shown_live(payload.get("live"))
    rest = {key: value for key, value in payload.items() if key not in _BULK and key != "live"}
    rest.setdefault("counted", counted_rows(payload))
    rest["accounts"] = [{**account, "assumptions": []} for account in payload["accounts"]]
    return to_json(rest), pack(to_json(bulk)), pack(curves)


@dataclass(slots=True)
class _Index:
    """Texts that repeat, each kept once and told by its place."""

    places: dict[str, int]

    def __call__(self, text: str) -> int:
        return self.places.setdefault(text, len(self.places))


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
    resolved = resolved_days(study)
    case = study.case
    notes, cited = _Index({"": 0}), _Index({})
    accounts = [_account(study, account, dates) for account in case.accounts]
    quantities = [
        _quantity(study, measure, dates, curves, notes, cited) for measure in case.measures.values()
    ]
    claims = [
        claim_data(study, judged, dates, resolved.get(judged.claim.id))
        for judged in study.claims
        if judged.claim.made <= study.as_of
    ]
    trust = trust_data(study)
    events = [
        EventData(
            day=day_number(event.date),
            published=day_number(event.published),
            parameter=event.parameter,
            value=significant(event.value, 6),
            source=event.source,
        )
        for event in case.events
        if event.published <= study.as_of
    ]
    for key in (
        *(a["source"] for a in accounts),
        *(c["source"] for c in claims),
        *(c["outcome_source"] for c in claims),
        *(e["source"] for e in events),
        *(key for left in (trust["reports"] if trust else ()) for key in left["sources"]),
    ):
        cited(key)
    return Payload(
        schema=SCHEMA,
        case={
            "id": case.id,
            "title": case.title,
            "question": case.question,
            "start": day_number(case.calendar.start),
            "finish": day_number(case.calendar.finish),
        },
        as_of=day_number(study.as_of),
        status=list(status),
        dates=[day_number(day) for day in dates],
        accounts=accounts,
        weighings=_weighings(study),
        counted=counted_data(case, study.as_of),
        started=_started(case),
        why=why_data(study),
        ranges=_ranges(study, dates),
        quantities=quantities,
        notes=list(notes.places),
        claims=claims,
        trust=trust,
        scores=[account_scores(study, account.id) for account in case.accounts],
        claimants=claimant_scores(study),
        mixture=mixture_scores(study),
        events=events,
        network=case.network,
        sources={key: _source(case.sources[key]) for key in cited.places if key in case.sources},
        warnings=[str(warning) for warning in study.warnings],
        made=_made(case, study),
    )


def _account(study: Study, account: Account, dates: Sequence[date]) -> AccountData:
    return AccountData(
        id=account.id,
        name=account.name,
        summary=account.summary,
        source=account.source,
        authored=None if account.authored is None else day_number(account.authored),
        assumptions=[
            _assumption(assumption, [_drawn(study, account.id, name, day) for day in dates])
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


def _drawn(study: Study, account_id: str, parameter: str, day: date) -> list[float] | None:
    return _summary(study.weighings[day].fits[account_id].parameters.get(parameter))


def _summary(draws: object, digits: int = 3) -> list[float] | None:
    """Quantiles 0.05, 0.5 and 0.95 of posterior draws to a few digits; None where there are none."""
    if draws is None:
        return None
    values = np.sort(np.asarray(draws, dtype=float))
    values = values[np.isfinite(values)]
    if values.size == 0:
        return None
    return [significant(_quantile(values, p), digits) for p in (0.05, 0.5, 0.95)]


def _quantile(ordered: FloatArray, probability: float) -> float:
    """Return a quantile of sorted values, between two of them on a straight line."""
    place = probability * (ordered.size - 1)
    low = int(place)
    high = min(low + 1, ordered.size - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


def _ranges(study: Study, dates: Sequence[date]) -> dict[str, list[list[list[float] | None]]]:
    accounts = [account.id for account in study.case.accounts]
    fits = [study.weighings[day].fits[account] for day in dates for account in accounts]
    names = sorted({name for fit in fits for name in fit.parameters})
    return {
        name: [[_drawn(study, account, name, day) for account in accounts] for day in dates] for name in names
    }


def _started(case: Case) -> list[float]:
    from realities.weigh.weighing import prior_weights_of

    return [round(prior_weights_of(case)[account.id], 5) for account in case.accounts]


def _weighings(study: Study) -> list[WeighingData]:
    """Return the weighings by date: the study's own, those of its timeline and of the days between."""
    own = [_weighing(study, day) for day in study.dates]
    total = own[-1]["used"] + own[-1]["later"]
    more = [_at_moment(study, moment, total) for moment in study.timeline if moment.as_of not in study.dates]
    more += [_between(study, found, total) for found in study.between]
    return sorted([*own, *more], key=lambda weighing: weighing["day"])


def _between(study: Study, found: Between, total: int) -> WeighingData:
    """Return the weights of a day between two weighed dates, in fewer digits: such days are many."""
    accounts = [found.accounts[account.id] for account in study.case.accounts]
    return WeighingData(
        day=day_number(found.as_of),
        weights=[round(float(found.weights[account.id]), 4) for account in study.case.accounts],
        fits=[
            FitData(
                reliable=True,
                log_evidence=finite(one.log_evidence, 5),
                log_evidence_error=finite(one.log_evidence_error, 2),
                effective_draws=finite(one.effective_draws, 2),
                k_hat=finite(one.k_hat, 2),
            )
            for one in accounts
        ],
        used=int(found.n_used),
        later=total - int(found.n_used),
        separation=None,
        between=True,
    )


def _at_moment(study: Study, moment: Moment, total: int) -> WeighingData:
    found = [moment.accounts[account.id] for account in study.case.accounts]
    return WeighingData(
        day=day_number(moment.as_of),
        weights=[round(float(one.weight), 5) for one in found],
        fits=[
            FitData(
                reliable=bool(one.reliable),
                log_evidence=finite(one.log_evidence, 6),
                log_evidence_error=finite(one.log_evidence_error, 3),
                effective_draws=finite(one.effective_draws, 4),
                k_hat=finite(one.k_hat, 3),
            )
            for one in found
        ],
        used=int(moment.n_used),
        later=total - int(moment.n_used),
        separation=None,
    )


def _weighing(study: Study, day: date) -> WeighingData:
    case, weighing = study.case, study.weighings[day]
    return WeighingData(
        day=day_number(day),
        weights=[round(float(weighing.weights[account.id]), 5) for account in case.accounts],
        fits=[
            FitData(
                reliable=bool(fit.reliable),
                log_evidence=finite(fit.log_evidence, 6),
                log_evidence_error=finite(fit.log_evidence_error, 3),
                effective_draws=finite(fit.effective_draws, 4),
                k_hat=finite(fit.k_hat, 3),
            )
            for fit in (weighing.fits[account.id] for account in case.accounts)
        ],
        used=int(weighing.used),
        later=int(weighing.later),
        separation=separation_data(study, day),
    )


def _quantity(
    study: Study,
    measure: Measure,
    dates: Sequence[date],
    curves: Mapping[str, CurvesData | None],
    notes: _Index,
    cited: _Index,
) -> QuantityData:
    title, unit = split_label(measure.label or measure.quantity, str(measure.unit))
    rows = [row for row in study.case.observations if row.quantity == measure.quantity]
    reporters = list(measure.reporters)
    quantity = QuantityData(
        key=measure.quantity,
        title=title,
        unit=unit,
        kind=measure.kind,
        reporters=[_reporter(study, measure, reporter, dates) for reporter in measure.reporters.values()],
        reports=_reports(rows, reporters, study.as_of, notes, cited),
        coverage=_coverage(study, measure.quantity),
        curves=curves[measure.quantity],
    )
    if (ends := level_ends(measure)) is not None and measure.levels is not None:
        quantity["levels"] = sorted({*measure.levels.levels, *ends})
    return quantity


def _coverage(study: Study, quantity: str) -> list[list[int] | None]:
    """Reports inside the 90 % band and all of them, per account, as of the last date."""
    last = study.forecasts[study.dates[-1]]
    held = [last[a.id].coverage.get(quantity) if a.id in last else None for a in study.case.accounts]
    return [None if pair is None or not pair[1] else [int(pair[0]), int(pair[1])] for pair in held]


def split_label(label: str, unit: str) -> tuple[str, str]:
    """Return title and unit of a label such as `Area held (km²)`; without brackets, the measure's unit."""
    match = _LABEL.match(label)
    if match:
        return match[1], match[2].strip()
    return label, unit_text(unit)


def _reporter(study: Study, measure: Measure, reporter: Reporter, dates: Sequence[date]) -> ReporterData:
    key = f"[{measure.quantity}, {reporter.name}]"
    posterior: list[list[list[float] | None]] = []
    for day in dates:
        row = []
        for account in study.case.accounts:
            drawn = study.weighings[day].fits[account.id].reporter_parameters
            bias, noise = _summary(drawn.get(f"bias{key}")), _summary(drawn.get(f"noise{key}"), 2)
            row.append(None if bias is None and noise is None else [*(bias or []), *(noise or [])[1:2]])
        posterior.append(row)
    return ReporterData(
        name=reporter.name,
        copies=reporter.copies,
        bias=reporter.bias.text,
        noise=reporter.noise.text,
        drift="" if reporter.drift is None else reporter.drift.text,
        scale=reporter.scale,
        posterior=posterior if any(any(row) for row in posterior) else [],
    )


def _reports(
    rows: Iterable[Observation], reporters: Sequence[str], as_of: date, notes: _Index, cited: _Index
) -> ReportsData:
    """Columns of the reports published by the study's own as-of date; later ones are no part of it."""
    dated = [(row.published, row) for row in rows if row.published is not None and row.published <= as_of]
    dated.sort(key=lambda pair: (pair[0], pair[1].happened, reporters.index(pair[1].reporter)))
    kept = [row for _, row in dated]
    published = [day_number(day) for day, _ in dated]
    return ReportsData(
        published=encode_rising(published),
        delay=encode_integers(p - day_number(row.happened) for p, row in zip(published, kept, strict=True)),
        reporter=encode_integers(reporters.index(row.reporter) for row in kept),
        source=encode_integers(cited(row.source) for row in kept),
        note=encode_integers(notes(row.note) for row in kept),
        value=_column(row.value for row in kept),
        low=_column(row.low for row in kept),
        high=_column(row.high for row in kept),
    )


def _column(values: Iterable[float | None]) -> list[float | None]:
    column = [None if v is None else finite(v, 6) for v in values]
    return column if any(v is not None for v in column) else []


def _source(source: Source) -> SourceData:
    return SourceData(
        title=source.title or source.key,
        author=source.author,
        year=source.year,
        url=safe_url(source.url),
        note=source.note,
    )


def safe_url(url: str) -> str:
    """Return an address if a page may link to it: http or https with a host; nothing otherwise."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""


#: Whose terms hold for what a page carries.
_LICENCE: Final = "Software and page: Apache License 2.0. Sources keep their own terms."


def _made(case: Case, study: Study) -> MadeData:
    visible = [variable for variable in case.model.variables if not variable.is_hidden]
    notice = case.folder / "NOTICE"
    model_hash = sha256(case.model_path.read_bytes()).hexdigest() if case.model_path.is_file() else ""
    of_model = f", model {model_hash[:12]}" if model_hash else ""
    return MadeData(
        version=_version(),
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
        licence=_LICENCE,
        citation=f"{case.title}. Realities report, as of {day_text(day_number(study.as_of))}, "
        f"seed {study.seed}{of_model}.",
        common=[_assumption(assumption, []) for assumption in case.common.values()],
        notice=notice.read_text(encoding="utf-8", errors="replace")[:_NOTICE_LIMIT]
        if notice.is_file()
        else "",
    )


def _version() -> str:
    try:
        return version("realities")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unreleased"
