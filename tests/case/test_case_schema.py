"""Shapes refuse what does not fit, and the published JSON Schemas say the same to another checker."""

from __future__ import annotations

import csv
import datetime
import io
import json
import tomllib

import jsonschema
import pytest

from realities.case.json_text import parse_json
from realities.case.scaffold import STARTER
from realities.case.schema import SCHEMA_FOLDER, SCHEMAS, schema_text
from realities.case.shapes import conforms
from realities.case.toml_text import parse_toml
from realities.errors import Findings
from realities.source import SourceText

FILES = {
    "case": "case.toml",
    "account": "accounts/fuel.toml",
    "common": "accounts/common.toml",
    "measures": "measures.toml",
    "claims": "claims.toml",
}
NETWORK = """{"type": "FeatureCollection", "features": [
 {"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 1.5]},
  "properties": {"id": "a", "kind": "source", "supply": 4, "colour": "red"}},
 {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[0, 1], [2, 3, 4]]},
  "properties": {"from": "a", "to": "a", "capacity": 2, "both_ways": true}}]}"""

HEAD = "[case]\ntitle='t'\nmodel='m'\nstart=2020-01-01\nfinish=2021-01-01\ntime_unit='day'\n"

WRONG = [
    ("case", 'case = "x"'),
    ("case", "[case]\ntitle = 1\nmodel = 'm'\nstart = 2020-01-01\nfinish = 2021-01-01\ntime_unit = 'day'"),
    ("case", "[case]\ntitle = 't'\nmodel = 'm'\nstart = 2020-01-01\nfinish = 2021-01-01\ntime_unit = 'days'"),
    ("case", "[case]\ntitle = 't'\nmodel = 'm'\nstart = 2020-01-01\ntime_unit = 'day'"),
    (
        "case",
        "[case]\ntitle='t'\nmodel='m'\nstart=2020-01-01\nfinish=2021-01-01\ntime_unit='day'\n[run]\ndraws=0",
    ),
    ("case", "[case]\ntitle='t'\nmodel='m'\nstart=2020-01-01\nfinish=2021-01-01\ntime_unit='day'\nx=0"),
    (
        "case",
        "[case]\ntitle='t'\nmodel='m'\nstart=2020-01-01\nfinish=2021-01-01\ntime_unit='day'\naccounts=['../x']",
    ),
    ("case", HEAD + "[report]\ntimeline='fortnight'"),
    ("case", HEAD + "[report]\ntimeline=['May 2020']"),
    ("case", HEAD + "[weigh]\nprior_weights={a=0}"),
    ("case", HEAD + "[weigh]\nprior_weights=[1, 2]"),
    ("case", HEAD + "[weigh]\nprior_weight={a=1}"),
    ("account", "summary = 'no name'"),
    ("account", "name = 'n'\n[assume.x]\nbecause = 'no prior'"),
    ("account", "name = 'n'\n[assume.x]\nprior = [1]"),
    ("account", "name = 'n'\n[switch]\nx = 2"),
    ("account", "name = 'n'\n[switch]\nx = 'yes'"),
    ("common", "[assume]\nx = 3"),
    ("measures", "[q]\nunit = 'person'"),
    ("measures", "[q]\nexpression = 'x'\nunit = 'person'\nkind = 'roof'"),
    ("measures", "[q]\nexpression = 'x'\nunit = 'person'\nreporters.A = { drift = 'x', colour = 1 }"),
    ("measures", "[q]\nexpression = 'x'\nunit = 'person'\ndelay = { half_life_days = { year = 3 } }"),
    ("measures", "[q]\nexpression = 'x'\nunit = 'person'\ndelay = { half_life_days = { 2022 = 0 } }"),
    ("measures", "[q]\nexpression = 'x'\nunit = 'person'\ndiscrepancy = { sd = 0.1 }"),
    ("claims", "[[claim]]\nid = 'a'"),
    ("claims", "claim = 3"),
    ("network", '{"type": "FeatureCollection"}'),
    ("network", '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}}]}'),
    ("network", NETWORK.replace('"supply": 4', '"supply": -4')),
    ("network", NETWORK.replace('"capacity": 2', '"capacity": "2"')),
]


def plain(value: object) -> object:
    """A TOML value as JSON has it, dates as text."""
    match value:
        case datetime.date():
            return value.isoformat()
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def published(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((SCHEMA_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(["date"]))


def both(name: str, text: str) -> tuple[bool, bool]:
    """Whether the reader and the published schema accept a text."""
    parse = parse_json if name == "network" else parse_toml
    located = parse(SourceText(name, text), Findings())
    assert located is not None
    return conforms(located, SCHEMAS[name], Findings()), published(name).is_valid(plain(located.data))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_current(name: str) -> None:
    text = (SCHEMA_FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert text == schema_text(name), "rewrite it with realities.case.schema.write_schemas()"


@pytest.mark.parametrize("name", FILES)
def test_the_example_satisfies_both(name: str) -> None:
    assert both(name, (STARTER / FILES[name]).read_text(encoding="utf-8")) == (True, True)


def test_a_network_satisfies_both() -> None:
    assert both("network", NETWORK) == (True, True)


@pytest.mark.parametrize(("name", "text"), WRONG, ids=[f"{name}-{k}" for k, (name, _) in enumerate(WRONG)])
def test_what_the_reader_refuses_the_schema_refuses(name: str, text: str) -> None:
    assert both(name, text) == (False, False)


def test_rows_of_observations_satisfy_the_schema() -> None:
    text = (STARTER / "observations.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) > 10
    assert published("observations").is_valid(rows)
    for column, cell in (("value", "abc"), ("published", "soon"), ("happened", "")):
        assert not published("observations").is_valid([rows[0] | {column: cell}]), column


@pytest.mark.parametrize(
    ("text", "code", "message", "line"),
    [
        ("[case]\ntitel = 'x'", "unknown-key", 'no key is named "titel" here', 2),
        ("[case]\ntitle = 3", "wrong-type", "expected a text, not the number 3", 2),
        ("[case]\nstart = '2020-01-01'", "bad-date", 'not the text "2020-01-01"', 2),
        ("[case]\nstart = 2020-01-01T07:00:00", "bad-date", "not a date with a time of day", 2),
        ("[case]\ntime_unit = 'dya'", "bad-value", "is not one of day, week", 2),
        ("[case]\n[run]\ndraws = 2.5", "wrong-type", "expected a whole number", 3),
        ("[case]\n[run]\nseed = -1", "bad-value", "expected a whole number between 0", 3),
        ("[case]\n[run]\nseed = nan", "bad-number", "a number must be finite", 3),
        ("[case]\naccounts = []", "bad-value", "at least 1 must stand here", 2),
        ("[case]\n[run]\ndraws = true", "wrong-type", "not true", 3),
    ],
)
def test_a_value_of_the_wrong_shape_is_pointed_at(text: str, code: str, message: str, line: int) -> None:
    findings = Findings()
    located = parse_toml(SourceText("case.toml", text), findings)
    assert located is not None
    assert not conforms(located, SCHEMAS["case"], findings)
    found = [item for item in findings.items if item.code == code]
    assert message in found[0].message
    assert found[0].span.line == line


def test_a_missing_key_says_what_it_is_for() -> None:
    located = parse_toml(SourceText("case.toml", "[case]\ntitle = 'x'"), Findings())
    assert located is not None
    findings = Findings()
    conforms(located, SCHEMAS["case"], findings)
    missing = {item.message: item.help for item in findings.items if item.code == "missing-key"}
    assert missing['"start" is missing in [case]'] == ("start: the day of the model's initial time",)


def test_the_schemas_describe_every_file_of_a_case() -> None:
    assert set(SCHEMAS) == {path.stem for path in SCHEMA_FOLDER.glob("*.json")}
    assert tomllib.loads((STARTER / "claims.toml").read_text(encoding="utf-8"))["claim"]
