"""An invented study of a delta whose water is contested: every account, number and source is made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from realities.case.accounts import Account, Assumption
from realities.case.calendar import Calendar
from realities.case.claims import Claim, Outcome
from realities.case.events import CaseEvent
from realities.case.measures import Measure, Reporter
from realities.case.observations import Observation
from realities.case.priors import Prior, parse_prior
from realities.case.sources import Source
from realities.errors import Findings
from realities.source import NOWHERE
from realities.units import parse_unit
from realities.weigh.honesty.checks import Check, Places
from realities.weigh.honesty.drawn import Left
from realities.weigh.honesty.influence import Change, Influence
from realities.weigh.honesty.model_error import AtModelError
from realities.weigh.honesty.separation import Pair, Separation
from realities.weigh.honesty.widths import AtWidth
from realities.weigh.scoring.scorecard import Scorecard
from realities.weigh.scoring.tally import Verdict, score_account, score_claimants

START, FINISH = date(2031, 2, 24), date(2035, 12, 31)
AS_OF = date(2035, 8, 22)

#: Text that would run if it ever reached a page as markup.
HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>\"'&"

ACCOUNTS = (
    ("engineer", "The engineer", "Silt, not rain, sets the limit; dredging holds the towns."),
    ("ministry", "The ministry", "The reservoir plan works and the dry years pass."),
    ("growers", "Growers' union", "Fields go salt first; people leave, and the plan comes too late."),
    ("visitor", "Visiting hydrologist", "Wells carry the delta longer than anybody counts."),
    ("reference", "Wide reference", "No view of its own: every assumption spread wide."),
    ("sixth", "Town council", "Whatever happens, the towns are served first."),
)

#: key, label, unit, kind, first value, last value, size of a step down half way, spread
QUANTITIES = (
    ("irrigated", "Area irrigated (km²)", "km2", "value", 27_400, 19_300, 4_200, 0.10),
    ("left", "People who left (persons)", "person", "value", 900, 1_240_000, 0, 0.35),
    ("wells", "Wells counted (wells)", "well", "floor", 310, 8_900, 0, 0.25),
    ("salt", "Salt at the main intake (g/l)", "g/l", "value", 0.31, 1.9, 0, 0.3),
    ("share_upper", "Upper district served (share)", "share", "value", 0.97, 0.71, 0.1, 0.08),
    ("share_lower", "Lower district served (share)", "share", "value", 0.88, 0.42, 0.2, 0.14),
    ("share_coast", "Coast district served (share)", "share", "value", 0.63, 0.18, 0.15, 0.2),
    ("price", "Price of water (index, 2031 = 100)", "index", "value", 100, 212, 0, 0.12),
    ("output", "Harvest (index, 2031 = 100)", "index", "value", 100, 84, 9, 0.06),
    ("trust", "Trust in the water board (%)", "percent", "value", 61, 38, 6, 0.09),
    ("stock", "Reservoir (million m³)", "million m3", "value", 812, 530, 120, 0.12),
    ("balance", "Balance of the fund (million)", "million", "value", 45, -80, 20, 0.4),
)

REPORTERS = ("River board", "Satellite survey", "Growers' count", "Harbour office", "Weekly courier")
N_TIMES = 73


def prior(text: str | float) -> Prior:
    parsed = parse_prior(text, NOWHERE, Findings())
    assert parsed is not None
    return parsed


def truth(quantity: tuple[Any, ...], share: np.ndarray) -> np.ndarray:
    """What the invented world did, along shares 0 to 1 of the case's days."""
    _, _, _, _, first, last, fall, _ = quantity
    bend = share**1.4
    drop = fall / (1 + np.exp(-(share - 0.28) * 60)) - fall * share
    wave = 0.02 * (abs(first) + abs(last)) / 2 * np.sin(share * 30) * share
    return first + (last - first) * bend - drop + wave


def synthetic_study(
    n_accounts: int = 5,
    n_quantities: int = 12,
    n_dates: int = 15,
    n_claims: int = 60,
    hostile: str = "",
    unreliable: str = "",
) -> Any:
    """Return a study with everything a page can show; `hostile` text is put wherever a case holds text."""
    rng = np.random.default_rng(20310224)
    quantities = QUANTITIES[:n_quantities]
    ids = [row[0] for row in ACCOUNTS[:n_accounts]]
    calendar = Calendar(START, FINISH, "day")
    dates = tuple(
        START + timedelta(days=int(k)) for k in np.linspace(70, (AS_OF - START).days, n_dates).round()
    )
    observations = _observations(quantities, rng, hostile)
    weighings = {day: _weighing(day, ids, quantities, observations, unreliable, rng) for day in dates}
    claims = tuple(_claim(i, ids, hostile) for i in range(n_claims))
    forecasts = {
        day: {a: _forecast(calendar, quantities, k, day, claims) for k, a in enumerate(ids)} for day in dates
    }
    case = SimpleNamespace(
        id="dry-delta",
        folder=Path("/nonexistent/dry-delta"),
        title="Dry delta" + hostile,
        question="Will the delta keep its water?" + hostile,
        calendar=calendar,
        draws=20_000,
        seed=1,
        model=SimpleNamespace(
            variables=tuple(
                SimpleNamespace(kind=kind, is_hidden=False)
                for kind in ["stock"] * 24 + ["constant"] * 61 + ["auxiliary"] * 98
            )
        ),
        model_path=Path("/nonexistent/dry-delta/model.mdl"),
        accounts=tuple(_account(k, hostile) for k in range(n_accounts)),
        common={"rain variation": Assumption("rain variation", prior("normal(1, 0.2)"), "Seen since 1990.")},
        events=(CaseEvent("sluice closed", date(2032, 9, 21), 1.0, date(2032, 9, 22), "board2032"),),
        measures={q[0]: _measure(q, hostile) for q in quantities},
        observations=observations,
        prior_weights={},
        vintages=lambda day: counted(observations, day),
        weighable=lambda day: counted(observations, day),
        claims=claims,
        sources=_sources(hostile),
        latest_published=AS_OF,
        network=network(hostile),
        without_date=7,
    )
    judged = tuple(_judged(claim, ids, dates, forecasts) for claim in claims)
    return SimpleNamespace(
        case=case,
        as_of=AS_OF,
        seed=1,
        effort="default",
        dates=dates,
        weighings=weighings,
        forecasts=forecasts,
        stated_before=(),
        quarters=(),
        prior_forecasts={a: _forecast(calendar, quantities, k, None, claims) for k, a in enumerate(ids)},
        claims=judged,
        scorecard=_scorecard(judged, ids),
        timeline=(),
        between=(),
        warnings=(
            "salt: the 90% band of The ministry holds 71 % of the reports, fewer than it should" + hostile,
        ),
        honesty=_honesty(weighings[AS_OF], tuple(q[0] for q in quantities), observations, hostile),
    )


def counted(observations: Sequence[Observation], day: date) -> tuple[Observation, ...]:
    """The rows published by a day, without those of the reporter that copies."""
    rows = (o for o in observations if not o.reporter.startswith(REPORTERS[-1]))
    return tuple(o for o in rows if o.published is not None and o.published <= day)


def _scorecard(judged: tuple[Any, ...], ids: list[str]) -> Scorecard:
    """Scores of the claims that are decided, and invented ones of reports."""

    def verdicts(account: str) -> list[Verdict]:
        return [
            Verdict(
                claim=one.claim.id,
                claimant=one.claim.account,
                happened=one.status == "happened",
                when_made=one.chance_when_made[account],
                last=one.chance_last[account],
                is_hindsight=account == "ministry",
            )
            for one in judged
            if one.brier[account] is not None
        ]

    accounts = {
        a: replace(score_account(verdicts(a)), crps=0.2 + k / 50, crps_skill=0.1 - k / 20, n_reports=400)
        for k, a in enumerate(ids)
    }
    by_account = {a: score_claimants(verdicts(a)) for a in ids}
    claimants = sorted({name for found in by_account.values() for name in found})
    return Scorecard(
        accounts,
        {name: {a: by_account[a].get(name, score_account([])) for a in ids} for name in claimants},
        score_account(verdicts(ids[0])),
    )


def _widths(weighing: Any, ids: list[str]) -> tuple[AtWidth, ...]:
    """Evidence at every width: the last account's is missing at four times, not reliable at a quarter."""

    def one(k: int, account: str, width: float) -> AtWidth:
        stated = weighing.fits[account].log_evidence
        missing = width == 4.0 and k == len(ids) - 1
        return AtWidth(
            account=account,
            width=width,
            seed=1,
            log_evidence=None if missing else stated - abs(float(np.log2(width))) * (0.2 + 0.1 * k),
            error=None if missing else 0.05,
            k_hat=None if missing else 0.4,
            run_log_evidences=() if missing else (stated, stated + 0.05),
            reliable=not missing and not (width == 0.25 and k == len(ids) - 1),
            how="not computed" if missing else "as stated" if width == 1.0 else "reweighted",
        )

    return tuple(one(k, a, width) for width in (0.25, 0.5, 1.0, 2.0, 4.0) for k, a in enumerate(ids))


def _influence(
    weighing: Any, keys: tuple[str, ...], observations: tuple[Observation, ...], hostile: str
) -> tuple[Influence, ...]:
    """Reporters, quantities and twelve single reports, what moves most first; the last was not computed."""
    ids = list(weighing.weights)
    single = [o for o in observations if o.published is not None and o.published <= AS_OF][:12]
    lefts = [Left("reporter", reporter=name + hostile) for name in REPORTERS[:-1]]
    lefts += [Left("quantity", quantity=key) for key in keys]
    lefts += [Left("report", o.reporter, o.quantity, o.published) for o in single]
    found = []
    for i, left in enumerate(lefts):
        known = i + 1 < len(lefts) and left.quantity != keys[-1]
        share = 0.3 / (i + 1) if known else 0.0
        weights = {a: (1 - share) * weighing.weights[a] + share / len(ids) for a in ids}
        changes = {
            a: Change(a, left, 0.1 if known else None, 0.02, 0.3 if known else 0.93, "reweighted")
            for a in ids
        }
        moved = 0.5 * sum(abs(weights[a] - weighing.weights[a]) for a in ids)
        rows = 1 if left.kind == "report" else 40
        value = single[i - len(lefts) + len(single)].value if left.kind == "report" else None
        found.append(
            Influence(left, rows, value, changes, weights if known else None, moved if known else None)
        )
    return tuple(found)


def _honesty(
    weighing: Any, keys: tuple[str, ...], observations: tuple[Observation, ...], hostile: str
) -> Any:
    """A verdict on the last date: those near the heaviest account are not separated from it, the rest are."""
    weights = weighing.weights
    ids = list(weights)
    probabilities = (0.31, 0.004, 0.62, 0.993, 0.0004, 0.5)
    top = max(weights.values())
    leader = max(weights, key=lambda name: weights[name])
    return SimpleNamespace(
        separation=Separation(
            leader=leader,
            together=tuple(name for name in weights if weights[name] > top / 3),
            against=tuple(name for name in weights if weights[name] < top / 30),
            not_established=tuple(name for name in weights if top / 30 <= weights[name] <= top / 3),
            groups=(),
            pairs=tuple(
                Pair(
                    leader,
                    name,
                    float(np.log(top / weights[name])),
                    float(np.log(top / weights[name])) - 0.4,
                    "separated" if weights[name] < top / 30 else "not separated",
                    "" if weights[name] < top / 30 else "the Bayes factor may be 0.9 with priors as stated",
                )
                for name in ids
                if name != leader
            ),
        ),
        ranges={name: (0.8 * weight, min(1.3 * weight, 1.0)) for name, weight in weights.items()},
        sensitivity=_widths(weighing, ids),
        prior_weights={},
        model_error=tuple(
            AtModelError(
                name,
                factor,
                None
                if (factor, name) == (2.0, ids[-1])
                else weighing.fits[name].log_evidence - factor * k / 9,
                0.1,
                0.4,
                (factor, name) != (0.5, ids[0]),
                "reweighted",
            )
            for factor in (0.5, 2.0)
            for k, name in enumerate(ids)
        ),
        influence=_influence(weighing, keys, observations, hostile),
        checks=tuple(
            Check(name, key, part, statistic, probabilities[(i + 2 * k + j) % 6], 50 + i)
            for k, name in enumerate(ids)
            for i, key in enumerate(keys)
            for j, (part, statistic) in enumerate(
                (("noise", "distance"), ("noise", "sequence"), ("whole", "distance"))
            )
        ),
        places=tuple(
            Places(name, tuple(4 + (i * (k + 3)) % 7 for i in range(10)), 70, 0.1 + k / 50, 0.2 / (k + 1))
            for k, name in enumerate(ids)
        ),
    )


def _account(k: int, hostile: str) -> Account:
    account, name, summary = ACCOUNTS[k]
    assumed = (
        (
            "silt per flood",
            f"lognormal(p5={0.4 + k / 10:.1f}, p95=2)",
            "Reads the harbour's log as silt alone.",
        ),
        (
            "wells per farm",
            f"normal({1 + k * 0.4:.1f}, 0.3, low=0)",
            "Counts wells from the air, not from permits.",
        ),
        ("leaving per dry month", "beta(2, 30)", "Takes the first year's departures as the rule."),
        ("share of leaks", f"uniform(0.{k + 1}, 0.8)", "Trusts the meter at the weir more than the bills."),
        ("help from upstream", "triangular(0, 0.2, 0.9)", "Expects the treaty to hold in a dry year."),
    )
    return Account(
        id=account,
        name=name + hostile,
        summary=summary + hostile,
        source="essay2032",
        authored=date(2031, 10, 1) if k % 2 == 0 else date(2032, 8, 15),
        assumptions={
            name: Assumption(name, prior(text), because + hostile, f"paragraph {i + 2 + k}" + hostile)
            for i, (name, text, because) in enumerate(assumed)
        },
        switches={"treaty binds successors": float(k % 2)},
    )


def _measure(q: tuple[Any, ...], hostile: str) -> Measure:
    key, label, unit, kind, *_ = q
    scale = "linear" if key == "balance" else "log"
    reporters = {
        name: Reporter(
            name,
            prior("lognormal(p5=0.6, p95=3)" if i == 2 else 1),
            prior(0.05 if i else "lognormal(median=0.1, sigma=0.5)"),
            prior("normal(0, 0.25)") if i == 2 else None,
            "River board" if name == "Weekly courier" else None,
            scale,
        )
        for i, name in enumerate(REPORTERS)
    }
    reporters = {name + hostile: replace(r, name=name + hostile) for name, r in reporters.items()}
    return Measure(
        key,
        NOWHERE,
        parse_unit(unit),
        kind,
        f"measure: {key}",
        {},
        reporters,
        None,
        scale,
        None,
        label + hostile,
    )


def _observations(
    quantities: tuple[Any, ...], rng: np.random.Generator, hostile: str
) -> tuple[Observation, ...]:
    rows = []
    n_days = (AS_OF - START).days
    for q in quantities:
        for i, name in enumerate(REPORTERS):
            every = 9 if (q[0] == "left" and i == 2) else 45 + 17 * i
            for day in range(20 + 5 * i, n_days - 10, every):
                value = float(truth(q, np.array(day / 1771.0)))
                value *= 1 + rng.normal(0, 0.03) + (0.95 if i == 2 and q[0] == "left" else 0)
                if "share" in q[0]:
                    value = min(1.0, max(0.0, value))
                spread = abs(value) * 0.05
                rows.append(
                    Observation(
                        happened=START + timedelta(days=day),
                        published=None if i == 3 and day < 90 else START + timedelta(days=day + 3 + 9 * i),
                        quantity=q[0],
                        value=None if i == 3 else value,
                        low=value - spread if i == 3 else None,
                        high=value + spread if i == 3 else None,
                        unit=parse_unit(q[2]),
                        factor=1.0,
                        reporter=name + hostile,
                        source=f"bulletin{day // 200}",
                        note="counted from the air" + hostile if i == 1 else "",
                    )
                )
    return tuple(rows)


def _weighing(
    day: date,
    ids: list[str],
    quantities: tuple[Any, ...],
    observations: tuple[Observation, ...],
    unreliable: str,
    rng: np.random.Generator,
) -> Any:
    copies = REPORTERS[-1]
    dated = [o for o in observations if o.published is not None and not o.reporter.startswith(copies)]
    used = sum(o.published <= day for o in dated)
    share = (day - START).days / 1771
    log_evidence = np.array([-3.0, -2.0, -1.2, -1.9, -2.4, -2.2])[: len(ids)] * share * 2.4
    weights = np.exp(log_evidence - log_evidence.max())
    weights /= weights.sum()

    def reporter_parameters() -> Mapping[str, np.ndarray]:
        drawn = {}
        for q in quantities:
            name = next(o.reporter for o in observations if o.reporter.startswith(REPORTERS[2]))
            drawn[f"bias[{q[0]}, {name}]"] = np.exp(rng.normal(0.2, 0.1, 60))
            for o_name in {o.reporter for o in observations if not o.reporter.startswith(copies)}:
                drawn[f"noise[{q[0]}, {o_name}]"] = np.exp(rng.normal(-2.5, 0.2, 60))
        return drawn

    fits = {
        a: SimpleNamespace(
            account=a,
            as_of=day,
            log_evidence=-1234.5 + float(log_evidence[k]),
            log_evidence_error=0.12,
            effective_draws=812.0 + k,
            k_hat=0.31,
            reliable=a != unreliable,
            warnings=(),
            parameters={
                "silt per flood": np.exp(rng.normal(0, 0.4 * (1 - share / 2), 200)),
                "wells per farm": rng.normal(1 + k * 0.4, 0.2, 200),
                "share of leaks": rng.uniform(0.3, 0.5, 200),
            },
            reporter_parameters=reporter_parameters(),
            n_evaluations=1000,
            run_log_evidences=(-1234.5, -1234.4),
        )
        for k, a in enumerate(ids)
    }
    return SimpleNamespace(
        case_id="dry-delta",
        as_of=day,
        seed=1,
        fits=fits,
        weights=dict(zip(ids, weights.tolist(), strict=True)),
        used=used,
        later=len(dated) - used,
        without_date=7,
        warnings=(),
    )


def _forecast(
    calendar: Calendar, quantities: tuple[Any, ...], k: int, day: date | None, claims: tuple[Claim, ...]
) -> Any:
    rng = np.random.default_rng([7, k, 0 if day is None else day.toordinal()])
    total = (FINISH - START).days
    share = np.linspace(0, 1, N_TIMES)
    known = 0.0 if day is None else (day - START).days / total
    lean = (k - 2) / 2.5
    quantiles, runs = {}, {}
    for q in quantities:
        centre, size = truth(q, share), q[7] * (abs(q[4]) + abs(q[5])) / 2
        ahead = np.clip(share - known, 0, None)
        middle = centre + lean * size * ahead * 1.6 + size * 0.06 * lean * share
        spread = size * (0.03 + 0.9 * np.sqrt(ahead) * ahead**0.2) * (1.6 if k == 4 else 1)
        z = np.array([-1.645, -0.674, 0.0, 0.674, 1.645])[:, None]
        bands = middle + z * spread * np.where(z > 0, 1.2, 1.0)
        walks = middle + spread * (
            rng.normal(0, 1, (24, 1)) + np.cumsum(rng.normal(0, 0.05, (24, N_TIMES)), axis=1)
        )
        if q[2] == "share":
            bands, walks = np.clip(bands, 0, 1), np.clip(walks, 0, 1)
        quantiles[q[0]], runs[q[0]] = bands, walks
    times = share * calendar.time_of(FINISH)
    chances = {
        c.id: float(np.clip(rng.beta(1.2 + k * 0.5, 1.6), 0.004, 0.996))
        for c in claims
        if c.predicate is not None
    }
    return SimpleNamespace(
        times=times, quantiles=quantiles, runs=runs, chances=chances, margins={}, n_draws=2000, n_failed=0,
        coverage={q[0]: (88 - k, 100) for q in quantities},
    )  # fmt: skip


_SAYS = (
    "The sluice at the middle weir will not reopen before the next dry season.",
    "More than half a million people leave within two years of the first closure.",
    "Salt at the intake passes one gram a litre before the end of the winter.",
    "Had the treaty been kept, the coast district would still be served.",
    "The board's plan is unjust to the growers.",
    "Wells are the reason that the lower district holds out.",
    "The price of water doubles, and nobody at the board can say why.",
)


def _claim(i: int, ids: list[str], hostile: str) -> Claim:
    kind = ("forecast", "fact", "forecast", "counterfactual", "value", "cause", "forecast")[i % 7]
    made = date(2031, 10, 1) if i % 3 else date(2032, 8, 15)
    decided = i % 7 in {0, 1, 2}
    undecidable = "no published series measures this" + hostile if i % 11 == 5 else None
    computed = kind != "value" and undecidable is None
    return Claim(
        id=f"claim-{i}" + hostile,
        account=ids[i % len(ids)],
        kind=kind,
        says=_SAYS[i % 7] + hostile,
        source="essay2032",
        locator=f"paragraph {i % 9 + 1}" + hostile,
        made=made,
        deadline=None if i % 10 == 9 else made + timedelta(days=160 + 97 * (i % 14)),
        predicate=SimpleNamespace(
            is_paired=kind in {"cause", "counterfactual"},
            span=SimpleNamespace(text=f"eventually(x > {i})"),
            times=(),
            first_time=0.0,
            last_time=1.0,
        )
        if computed
        else None,
        undecidable=undecidable,
        outcome=Outcome(i % 2 == 0, "bulletin3", date(2033, 3, 1) + timedelta(days=20 * i))
        if decided and computed and i % 4 == 0
        else None,
    )


def _judged(claim: Claim, ids: list[str], dates: tuple[date, ...], forecasts: Any) -> Any:
    if claim.kind == "value":
        status = "value"
    elif claim.undecidable:
        status = "undecidable"
    elif claim.deadline and claim.deadline < AS_OF and claim.kind in {"forecast", "fact"}:
        status = ("happened", "did not happen", "disputed")[
            len(claim.id) % 3 if claim.id[-1] in "07" else ord(claim.id[-1]) % 2
        ]
    else:
        status = "open"

    def at(day: date | None) -> dict[str, float | None]:
        return {a: forecasts[day][a].chances.get(claim.id) if day else None for a in ids}

    made = max((d for d in dates if d <= claim.made), default=dates[0]) if claim.predicate else None
    before = [d for d in dates if claim.made <= d and (claim.deadline is None or d < claim.deadline)]
    truth_value = {"happened": 1.0, "did not happen": 0.0}.get(status)
    return SimpleNamespace(
        claim=claim,
        status=status,
        chance=at(dates[-1]),
        chance_when_made=at(made),
        chance_last=at(max(before, default=None)),
        margin={},
        brier={
            a: (p - truth_value) ** 2 if truth_value is not None and p is not None else None
            for a, p in at(made).items()
        },
        decided=claim.outcome.date if claim.outcome is not None else None,
        last_date=max(before, default=None),
    )


def _sources(hostile: str) -> dict[str, Source]:
    sources = {
        "essay2032": Source(
            "essay2032", "misc", "What the delta owes itself" + hostile, "N. Nobody" + hostile, "2032",
            "https://example.org/essay?a=1&b=2", "read in a stored copy" + hostile,
        ),
        "board2032": Source("board2032", "misc", "Order of the river board", "River board", "2032", "ftp://example.org/x"),
        "unused": Source("unused", "misc", "Nobody cites this", "", "2030", "https://example.org/unused"),
    }  # fmt: skip
    for i in range(10):
        url = "javascript:alert(1)" if hostile and i == 0 else f"https://example.org/bulletin/{i}"
        sources[f"bulletin{i}"] = Source(
            f"bulletin{i}", "misc", f"Bulletin {i} of the river board", "River board", str(2031 + i // 2), url
        )
    return sources


def network(hostile: str = "") -> dict[str, object]:
    nodes = (
        ("weir", "Upper weir", "source", 30.1, 46.9),
        ("lake", "Long lake", "source", 32.6, 47.2),
        ("mill", "Old mill", "hub", 30.8, 46.4),
        ("fork", "The fork", "hub", 31.6, 46.5),
        ("lock", "Salt lock", "hub", 31.9, 45.9),
        ("north", "North fields", "front", 31.1, 45.7),
        ("towns", "Lower towns", "front", 31.4, 45.4),
        ("coast", "Coast", "front", 32.5, 45.3),
    )
    routes = (
        ("weir", "mill", 4.0),
        ("weir", "fork", 2.5),
        ("lake", "fork", 6.0),
        ("lake", "lock", 1.2),
        ("mill", "north", 3.0),
        ("fork", "north", 1.0),
        ("fork", "lock", 3.5),
        ("lock", "towns", 2.0),
        ("lock", "coast", 1.5),
        ("mill", "towns", 0.6),
    )
    place = {key: [lon, lat] for key, _, _, lon, lat in nodes}
    features: list[dict[str, object]] = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": {"id": key, "name": name + hostile, "kind": kind},
        }
        for key, name, kind, lon, lat in nodes
    ]
    features += [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [place[a], place[b]]},
            "properties": {"id": f"{a}-{b}", "from": a, "to": b, "capacity": capacity, "days": 1},
        }
        for a, b, capacity in routes
    ]
    return {"type": "FeatureCollection", "features": features}
