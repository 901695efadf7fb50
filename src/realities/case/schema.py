"""The shape of every file of a case: what `conforms` checks and what the published JSON Schemas say.

`schemas/*.json` beside it, which editors load, are written by `write_schemas`; a test keeps them current.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, Literal, get_args

from realities.case.calendar import TIME_UNITS
from realities.case.shapes import (
    AnyOf,
    Choice,
    Day,
    Flag,
    Key,
    Many,
    Named,
    Num,
    Shape,
    Table,
    Text,
    json_schema,
)

Scale = Literal["log", "linear", "logit"]
MeasureKind = Literal["value", "floor", "ceiling", "count", "ordinal"]

#: How often a timeline has a date; "publication" and "day": whenever something is published.
Cadence = Literal["publication", "day", "week", "month", "quarter", "year", "decade"]
CADENCES: Final[tuple[Cadence, ...]] = get_args(Cadence)

#: Names of accounts are names of files, and parts of addresses in the report.
ACCOUNT_ID: Final = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"

#: Largest numbers of draws and seed that a case may ask for.
MOST_DRAWS: Final = 10_000_000
MOST_SEED: Final = 2**63 - 1

#: What an outcome says where the sources disagree.
DISPUTED: Final = "disputed"
SCHEMA_FOLDER: Final = Path(__file__).with_name("schemas")

_TITLE = Text("the title, one line")
_NAME = Text("the name that pages show, one line")
_SOURCE = Text("a key of sources.bib; several are parted by semicolons")
_FILE_IN_FOLDER = Text("a file inside the case folder")
_ACCOUNT = Text("the name of a file in accounts/, without .toml", ACCOUNT_ID, "the name of an account")
_EXPRESSION = Text("an expression in the model's own equation language")
_PRIOR = AnyOf(
    (
        Num(),
        Text(
            "normal(mean, sd), lognormal(median=, sigma=), beta(a, b), uniform(low, high), "
            "triangular(low, mode, high), gamma(mean=, sd=) or halfnormal(sd); each also by p5=, p95= or "
            "p10=, p90=, truncated by low=, high="
        ),
    ),
    "a number, which fixes, or a prior such as lognormal(p5=0.5, p95=2)",
)

CASE: Final = Table(
    (
        Key(
            "case",
            Table(
                (
                    Key("title", _TITLE, required=True),
                    Key("question", Text("what the accounts disagree about")),
                    Key("model", _FILE_IN_FOLDER, required=True),
                    Key("accounts", Many(_ACCOUNT, "display order only: no result depends on it", least=1)),
                    Key("start", Day("the day of the model's initial time"), required=True),
                    Key("finish", Day("the last day of the case"), required=True),
                    Key("time_unit", Choice(TIME_UNITS, "the model's unit of time"), required=True),
                )
            ),
            required=True,
        ),
        Key(
            "run",
            Table(
                (
                    Key("draws", Num("forward runs per account", least=1, most=MOST_DRAWS, whole=True)),
                    Key("seed", Num("of all random numbers", least=0, most=MOST_SEED, whole=True)),
                )
            ),
        ),
        Key(
            "report",
            Table(
                (
                    Key("as_of", Many(Day(), "dates that the report's as-of bar offers")),
                    Key(
                        "timeline",
                        AnyOf(
                            (
                                Choice(CADENCES, "the first day of each, if something is new by then"),
                                Many(Day(), "dates"),
                            ),
                            "dates of weigh --timeline; left out, the shortest cadence of at most 120 dates",
                        ),
                    ),
                )
            ),
        ),
        Key(
            "weigh",
            Table(
                (
                    Key(
                        "prior_weights",
                        Named(
                            Num("in proportion to the others", above=0),
                            "weights before any report, by account; 1 where none is given",
                        ),
                    ),
                )
            ),
        ),
        Key(
            "event",
            Many(
                Table(
                    (
                        Key("parameter", Text("a constant of the model"), required=True),
                        Key("date", Day("from this day on it has the value"), required=True),
                        Key("value", Num("1 where none is given")),
                        Key("published", Day("first day it could be known; the date where none is given")),
                        Key("source", _SOURCE),
                    )
                ),
                "dated inputs: data, not predictions",
            ),
        ),
    ),
    "What the case asks, its model and its calendar.",
)

_ASSUME = Key(
    "assume",
    Named(
        Table(
            (
                Key("prior", _PRIOR, required=True),
                Key("because", Text("the reason, in the account's own words")),
                Key("locator", Text("where in the account's source it stands")),
            )
        ),
        "priors over constants of the model, by name",
    ),
)
_SWITCH = Key(
    "switch",
    Named(
        AnyOf((Flag(), Num(least=0, most=1, whole=True))), "constants of the model held at 0 or 1, by name"
    ),
)

ACCOUNT: Final = Table(
    (
        Key("name", _NAME, required=True),
        Key("summary", Text("what this account holds, in one sentence")),
        Key("source", _SOURCE),
        Key("authored", Day("as-of dates before this are stamped hindsight")),
        _ASSUME,
        _SWITCH,
    ),
    "One rival account: what it assumes differently from accounts/common.toml.",
)

COMMON: Final = Table(
    (Key("name", _NAME), Key("summary", Text()), Key("source", _SOURCE), _ASSUME, _SWITCH),
    "What every account assumes unless it says otherwise.",
)

_DRIFT = AnyOf(
    (
        Flag(),
        *_PRIOR.shapes,
        Table(
            (
                Key(
                    "trend",
                    AnyOf((Flag(), *_PRIOR.shapes), "change of the bias per year; true for a usual prior"),
                ),
                Key(
                    "walk",
                    AnyOf(_PRIOR.shapes, "standard deviation of what the bias gains in a year, at random"),
                ),
                Key("since", Day("the first day of the drift; the start of the case where none is given")),
            )
        ),
    ),
    "change of the bias per year (true for a usual prior), or a table with trend, walk and since",
)
_STEPS = Many(
    Num(above=0), "the steps to which figures are rounded, ascending, in the measure's unit", least=1
)
_ORIGIN = Table(
    (
        Key("bias", _PRIOR),
        Key("drift", _DRIFT),
        Key("noise", AnyOf(_PRIOR.shapes, "an error common to all that is said of one period")),
        Key("period_days", Num("length of such a period, 1 where none is given", above=0)),
    ),
    "what reporters share that draw on it; their own bias, drift and noise come on top",
)
_REPORTER = Table(
    (
        Key("bias", _PRIOR),
        Key("noise", _PRIOR),
        Key("drift", _DRIFT),
        Key("origin", Text("an origin of the measure, whose errors this reporter shares")),
        Key("rounding", Num("the step to which every figure is rounded, in the measure's unit", above=0)),
        Key(
            "heaping",
            AnyOf(
                (
                    _STEPS,
                    Table(
                        (
                            Key("steps", _STEPS, required=True),
                            Key("shares", Many(Num(above=0, most=1), "how often to each; sum to 1", least=1)),
                        )
                    ),
                ),
                "several steps, to any of which a figure may be rounded; shares not given are uncertain",
            ),
        ),
        Key("copies", Text("the reporter that this one repeats; it then adds no weight")),
        Key("scale", Choice(get_args(Scale), "log unless the measure says otherwise")),
    ),
    "how one reporter may differ from the truth",
)
_DAYS = Num("in days", above=0)
_HALF_LIFE = AnyOf(
    (*_PRIOR.shapes, Named(AnyOf((_DAYS, *_PRIOR.shapes[1:])), "by year of the event", "[0-9]{4}", "a year")),
    "days until half of what happened is in the count",
)
_SHARE = AnyOf(_PRIOR.shapes, "share of the events that enter the count late: a number up to 1, or a prior")

MEASURE: Final = Table(
    (
        Key("expression", _EXPRESSION, required=True),
        Key("unit", Text("the unit of its values"), required=True),
        Key(
            "kind",
            Choice(
                get_args(MeasureKind),
                "a floor bounds the truth from below, a ceiling from above; a count holds confirmed events; "
                "ordinal reports name one of a few levels",
            ),
        ),
        Key("scale", Choice(get_args(Scale), "where errors add: log, logit for shares, or linear")),
        Key("label", Text("how pages name the quantity")),
        Key(
            "accounts",
            Named(Table((Key("expression", _EXPRESSION, required=True),)), "own readings, by account"),
        ),
        Key("reporters", Named(_REPORTER, "by the name in observations.csv")),
        Key("origins", Named(_ORIGIN, "what several reporters draw on, by a name used in this table only")),
        Key(
            "levels",
            Many(Num(), "of an ordinal measure, ascending; nobody, contested, held if not given", least=2),
        ),
        Key("cuts", Many(Num(), "where one level ends and the next begins; half way if not given", least=1)),
        Key(
            "period_days",
            Num(
                "a count holds the events of so many days; without it, all since the start",
                above=0,
                whole=True,
            ),
        ),
        Key(
            "delay",
            AnyOf(
                (
                    Table(
                        (
                            Key("half_life_days", _HALF_LIFE, required=True),
                            Key("slow_share", _SHARE),
                            Key("slow_half_life_days", _HALF_LIFE),
                        )
                    ),
                    *_PRIOR.shapes,
                ),
                "how late events enter the count",
            ),
        ),
        Key(
            "discrepancy",
            Table(
                (
                    Key("sd", Num("on the measure's scale", above=0), required=True),
                    Key("timescale_days", _DAYS, required=True),
                ),
                "model error that drifts, the same for all accounts",
            ),
        ),
    )
)
MEASURES: Final = Named(MEASURE, "How each published quantity is read off the model, by quantity.")

CLAIM: Final = Table(
    (
        Key(
            "id",
            Text("unique within the case", ACCOUNT_ID, "an id of letters, digits, - and _"),
            required=True,
        ),
        Key("account", _ACCOUNT, required=True),
        Key("kind", Choice(("fact", "forecast", "cause", "counterfactual", "value")), required=True),
        Key("says", Text("a paraphrase, never a quotation"), required=True),
        Key("source", _SOURCE, required=True),
        Key("locator", Text("where in the source it stands")),
        Key("made", Day("when it was said"), required=True),
        Key("deadline", Day("when it is decided")),
        Key("holds", Text("a predicate over the model's variables")),
        Key("undecidable", Text("why nothing can decide it")),
        Key(
            "outcome",
            Table(
                (
                    Key("value", AnyOf((Flag(), Choice((DISPUTED,)))), required=True),
                    Key("source", _SOURCE, required=True),
                    Key("date", Day("when it was known"), required=True),
                ),
                "what became of it, where no observation covers it",
            ),
        ),
    )
)
CLAIMS: Final = Table((Key("claim", Many(CLAIM)),), "Who claimed what, where, when, and what decides it.")

_CELL = Text("empty, or a number", r"|\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", "a number or nothing")
_DATE_CELL = r"\s*\d{4}-\d{2}-\d{2}\s*"

OBSERVATION: Final = Table(
    (
        Key("happened", Text("the day it speaks of", _DATE_CELL, "a date"), required=True),
        Key(
            "published",
            Text("first day it could be known, or empty", f"|{_DATE_CELL}", "a date"),
            required=True,
        ),
        Key("quantity", Text("a table of measures.toml"), required=True),
        Key("value", _CELL, required=True),
        Key("low", _CELL),
        Key("high", _CELL),
        Key("unit", Text("converts to the measure's unit"), required=True),
        Key("reporter", Text("a reporter of the measure"), required=True),
        Key("source", _SOURCE, required=True),
        Key("note", Text()),
    ),
    is_open=True,
)
OBSERVATIONS: Final = Many(OBSERVATION, "Rows of observations.csv, by column; every cell a text.")

_CLOSES = Table(
    (
        Key("constant", Text("a constant of the model"), required=True),
        Key("value", Num(), required=True),
    ),
    "What closing this place or route sets in the model, for the whole run.",
)
_PROPERTIES = Table(
    (
        Key("id", AnyOf((Text(), Num(whole=True)))),
        Key("name", Text()),
        Key("kind", Choice(("source", "hub", "front", "route"))),
        Key("supply", Num(least=0)),
        Key("demand", Num(least=0)),
        Key("from", AnyOf((Text(), Num(whole=True)), "the id of a Point")),
        Key("to", AnyOf((Text(), Num(whole=True)), "the id of a Point")),
        Key("capacity", Num(least=0)),
        Key("days", Num(least=0)),
        Key("both_ways", Flag()),
        Key("closes", _CLOSES),
    ),
    is_open=True,
)
NETWORK: Final = Table(
    (
        Key("type", Choice(("FeatureCollection",)), required=True),
        Key(
            "features",
            Many(
                Table(
                    (
                        Key("type", Choice(("Feature",)), required=True),
                        Key(
                            "geometry",
                            Table(
                                (
                                    Key("type", Choice(("Point", "LineString")), required=True),
                                    Key(
                                        "coordinates",
                                        Many(AnyOf((Num(), Many(Num(), least=2))), least=2),
                                        required=True,
                                    ),
                                ),
                                is_open=True,
                            ),
                            required=True,
                        ),
                        Key("properties", _PROPERTIES, required=True),
                    ),
                    is_open=True,
                )
            ),
            required=True,
        ),
    ),
    "A supply network: Points are nodes, LineStrings are routes.",
    is_open=True,
)

#: Which shape each published schema describes, by the name of its file.
SCHEMAS: Final[dict[str, Shape]] = {
    "case": CASE,
    "account": ACCOUNT,
    "common": COMMON,
    "measures": MEASURES,
    "claims": CLAIMS,
    "observations": OBSERVATIONS,
    "network": NETWORK,
}


def schema_text(name: str) -> str:
    """Return the text of one published JSON Schema."""
    head: dict[str, object] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Realities: {name}",
    }
    return json.dumps(head | json_schema(SCHEMAS[name]), indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path = SCHEMA_FOLDER) -> list[Path]:
    """Write every JSON Schema into a folder and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in SCHEMAS:
        path = folder / f"{name}.json"
        path.write_text(schema_text(name), encoding="utf-8")
        written.append(path)
    return written
