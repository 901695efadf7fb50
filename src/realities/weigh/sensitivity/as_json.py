"""A `Sensitivity` as the JSON object that `sensitivity --json` prints, and as rows for `--out FILE.csv`.

Numbers that the diagnostics do not support stay, beside `"reliable": false` and a warning. What is not a
finite number is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

from realities.weigh.sensitivity.analysis import AtDate, Sensitivity
from realities.weigh.sensitivity.assumptions import Effect
from realities.weigh.sensitivity.moves import Move, Share
from realities.weigh.sensitivity.quantities import QuantityEffect
from realities.weigh.sensitivity.separating import Candidate

Json = dict[str, object]

#: Columns of the CSV file; a row fills those that concern its part.
COLUMNS = (
    "part", "as_of", "account", "claim", "quantity", "reporter", "day", "assumption", "kind", "from", "to",
    "chance_from", "chance_to", "error", "shift", "floor", "gained", "weight_before", "weight_after", "bits",
    "bits_even", "if_leading", "if_not", "gap", "gap_even", "expected_p5", "expected_p50", "expected_p95",
)  # fmt: skip


def sensitivity_to_json(found: Sensitivity) -> Json:
    """Return the object, with `"schema": 1`."""
    moves = found.moves
    return {
        "schema": 1,
        "case": found.case.id,
        "as_of": found.as_of.isoformat(),
        "seed": found.seed,
        "effort": found.effort,
        "reliable": found.last.weighing.reliable,
        "dates": [_at_date(found, at) for at in found.dates],
        "quantities": [_quantity(one) for one in found.quantities],
        "moves": [] if moves is None else [_move(move) for move in moves.moves],
        "by_quantity": [] if moves is None else [_share(share) for share in moves.by_quantity],
        "by_reporter": [] if moves is None else [_share(share) for share in moves.by_reporter],
        "reports_to_come": [_candidate(one) for one in found.candidates],
        "warnings": list(found.warnings),
    }


def _at_date(found: Sensitivity, at: AtDate) -> Json:
    fits = at.weighing.fits
    return {
        "as_of": at.as_of.isoformat(),
        "accounts": [
            {"id": name, "weight": _number(at.weighing.weights[name]), "reliable": fits[name].reliable}
            for name in fits
        ],
        "claims": [
            {
                "id": claim.id,
                "accounts": {
                    one.account: {
                        "chance": _number(one.claims[claim.id].chance),
                        "decided": one.claims[claim.id].decided or None,
                        "effects": [_effect(effect) for effect in one.claims[claim.id].effects],
                    }
                    for one in at.under
                },
                "leading": [_effect(effect) for effect in at.leading(claim.id)],
            }
            for claim in found.case.claims
            if claim.predicate is not None
        ],
        "correlations": {
            one.account: [
                {"first": first, "second": second, "rank_correlation": rank}
                for first, second, rank in one.correlations
            ]
            for one in at.under
        },
    }


def _effect(effect: Effect) -> Json:
    chances = effect.chances or (None, None)
    return {
        "assumption": effect.name,
        "kind": effect.kind,
        "account": effect.account,
        "from": effect.values[0],
        "to": effect.values[1],
        "chance_from": _number(chances[0]),
        "chance_to": _number(chances[1]),
        "error": _number(effect.error),
        "shift": _number(effect.shift),
        "floor": _number(effect.floor),
        "moves_chance": effect.moves_chance,
    }


def _quantity(one: QuantityEffect) -> Json:
    return {
        "account": one.account,
        "quantity": one.quantity,
        "day": one.day.isoformat(),
        "assumption": one.name,
        "shift": _number(one.shift),
        "floor": _number(one.floor),
        "median_low": _number(one.medians[0]),
        "median_high": _number(one.medians[1]),
    }


def _move(move: Move) -> Json:
    return {
        "known": move.day.isoformat(),
        "news": [
            {
                "day": one.day.isoformat(),
                "quantity": one.quantity or None,
                "reporter": one.reporter or None,
                "inputs": list(one.inputs),
                "rows": one.n_new,
            }
            for one in move.news
        ],
        "moved": _number(move.moved),
        "from": move.loser,
        "to": move.winner,
        "gained": _numbers(move.gained),
        "errors": _numbers(move.errors),
        "before": _numbers(move.before),
        "after": _numbers(move.after),
    }


def _share(share: Share) -> Json:
    return {"name": share.name, "moves": share.n, "gained": _numbers(share.gained)}


def _candidate(one: Candidate) -> Json:
    return {
        "quantity": one.quantity,
        "reporter": one.reporter,
        "day": one.day.isoformat(),
        "bits": _number(one.bits),
        "error": _number(one.error),
        "bits_even": _number(one.bits_even),
        "if_leading": _number(one.if_leading),
        "if_not": _number(one.if_not),
        "gap": _number(one.gap),
        "gap_even": _number(one.gap_even),
        "reliable": one.reliable,
        "expected": {
            name: dict(zip(("p5", "p50", "p95"), map(_number, values), strict=True))
            for name, values in one.expected.items()
        },
    }


def csv_rows(found: Sensitivity) -> Iterator[dict[str, object]]:
    """Give the rows of the file: claims, quantities, moves, reports to come; see `COLUMNS`."""
    for at in found.dates:
        for under in at.under:
            for claim in under.claims.values():
                for effect in claim.effects:
                    fields = _effect(effect)
                    fields.pop("moves_chance")
                    yield {"part": "claim", "as_of": at.as_of, "claim": effect.claim, **fields}
    for one in found.quantities:
        fields = _quantity(one)
        fields |= {"from": fields.pop("median_low"), "to": fields.pop("median_high")}
        yield {"part": "quantity", "as_of": found.as_of, **fields}
    for move in found.moves.moves if found.moves is not None else ():
        for name in move.gained:
            yield {
                "part": "move",
                "as_of": found.as_of,
                "account": name,
                "quantity": "; ".join(dict.fromkeys(news.quantity or "input" for news in move.news)),
                "reporter": "; ".join(dict.fromkeys(news.reporter for news in move.news if news.reporter)),
                "day": move.day,
                "gained": _number(move.gained[name]),
                "error": _number(move.errors[name]),
                "weight_before": _number(move.before[name]),
                "weight_after": _number(move.after[name]),
            }
    for candidate in found.candidates:
        fields = _candidate(candidate)
        fields.pop("expected")
        fields.pop("reliable")
        for name, values in candidate.expected.items():
            expected = dict(zip(("expected_p5", "expected_p50", "expected_p95"), values, strict=True))
            yield {"part": "report to come", "as_of": found.as_of, "account": name, **fields, **expected}


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None
