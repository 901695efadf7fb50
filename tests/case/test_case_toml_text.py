"""Where keys and values stand in TOML and JSON files."""

from __future__ import annotations

import tomllib

import pytest

from realities.case.json_text import parse_json
from realities.case.located import Located
from realities.case.toml_text import parse_toml
from realities.errors import Findings
from realities.source import SourceText

DOCUMENT = '''# a case
[case]   # its head
title = "A \\"quoted\\" title"
a.b = 1
"x y" = { p = [1, 2,
  3], q."z" = 'plain' }

[[event]]
note = """
two ] lines # no comment
"""
[[event]]
  [event.sub]
  at = 2020-01-01 07:00:00  # a time
  [[event.list]]
  k = 1
["deaths[cum]"]
accounts.author.expression = "killed[Russia]"
reporters."UK MoD" = { copies = "General Staff" }
last = true'''


def located(text: str) -> Located:
    findings = Findings()
    found = parse_toml(SourceText("a.toml", text), findings)
    assert found is not None, findings.items
    return found


@pytest.fixture(params=["\n", "\r\n"], ids=["LF", "CRLF"])
def document(request: pytest.FixtureRequest) -> Located:
    return located(DOCUMENT.replace("\n", request.param))


def place(span: object) -> tuple[int, int]:
    return span.line, span.column  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "is_day"),
    [
        ("31.12.2019", True),
        ("12/31/2019", True),
        ("2019/12/31", True),
        ("2019-1-5", True),
        ("2019-13-31", True),
        ("2019-02-30", True),
        ("2019-12", True),
        ("31 Dec 2019", True),
        ("31. Dezember 2019", True),
        ("Dec 31, 2019", True),
        ("1.5.2", False),
        ("5 persons", False),
        ("soon", False),
        ("1.5 # x\n2", False),
    ],
)
def test_a_day_in_other_words_is_answered_with_how_days_are_written(written: str, is_day: bool) -> None:
    findings = Findings()
    assert parse_toml(SourceText("a.toml", f"deadline = {written}"), findings) is None
    advice = "a day is written year-month-day without quotes, such as 2019-12-31"
    assert (advice in findings.items[0].help) == is_day


def test_values_are_those_of_the_standard_library(document: Located) -> None:
    assert document.data == tomllib.loads(DOCUMENT)


@pytest.mark.parametrize(
    ("path", "key", "value", "text"),
    [
        (("case",), (2, 2), (2, 1), None),
        (("case", "title"), (3, 1), (3, 9), None),
        (("case", "a", "b"), (4, 3), (4, 7), "1"),
        (("case", "x y"), (5, 2), (5, 9), None),
        (("case", "x y", "p", 2), (6, 3), (6, 3), "3"),
        (("case", "x y", "q", "z"), (6, 10), (6, 15), "'plain'"),
        (("event", 0), (8, 3), (8, 1), "[[event]]"),
        (("event", 1, "sub", "at"), (14, 3), (14, 8), "2020-01-01 07:00:00"),
        (("event", 1, "list", 0, "k"), (16, 3), (16, 7), "1"),
        (("deaths[cum]",), (17, 3), (17, 1), None),
        (("deaths[cum]", "accounts", "author", "expression"), (18, 17), (18, 30), '"killed[Russia]"'),
        (("deaths[cum]", "reporters", "UK MoD", "copies"), (19, 24), (19, 33), '"General Staff"'),
        (("deaths[cum]", "last"), (20, 1), (20, 8), "true"),
    ],
)
def test_keys_and_values_have_places(
    document: Located,
    path: tuple[str | int, ...],
    key: tuple[int, int],
    value: tuple[int, int],
    text: str | None,
) -> None:
    assert place(document.key(*path)) == key
    assert place(document.value(*path)) == value
    assert text is None or document.value(*path).text == text


def test_an_expression_in_a_string_has_its_exact_place(document: Located) -> None:
    span = document.text("deaths[cum]", "accounts", "author", "expression")
    assert span.text == "killed[Russia]"
    assert span.source is document.source
    assert place(span) == (18, 31)


def test_a_string_with_escapes_is_pointed_at_from_its_start(document: Located) -> None:
    span = document.text("case", "title")
    assert span.text == 'A "quoted" title'
    assert span.source.name == "a.toml"
    assert place(span) == (3, 10)


def test_a_string_over_lines_starts_after_the_first_break(document: Located) -> None:
    span = document.text("event", 0, "note")
    assert span.text == "two ] lines # no comment\n"
    assert place(span) == (10, 1)


@pytest.mark.parametrize(
    "text",
    [
        'a = ""',
        "a = ''",
        'a = """"x""""',
        "a = '''it''s'''",
        'a = "\\\\"',
        'a = "\\u00e9"',
        'a = """\\\n  b"""',
    ],
)
def test_every_kind_of_string_reads_as_itself(text: str) -> None:
    document = located(text + "\nb = 1 # last")
    assert document.text("a").text == tomllib.loads(text)["a"]
    assert document.value("b").text == "1"


def test_a_path_nobody_wrote_has_the_place_of_its_parent(document: Located) -> None:
    assert place(document.value("case", "start")) == (2, 1)
    assert place(document.value("nothing")) == (1, 1)
    assert document.get("case", "x y", "p", 9) is None


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a = 1\nb = [1\nc = 2", 3, 1),
        ("a = 1\na = 2", 2, 5),
        ('a = "open', 1, 9),
        ("[a\n", 1, 3),
        ("x", 1, 1),
    ],
)
def test_a_mistake_in_toml_is_pointed_at(text: str, line: int, column: int) -> None:
    findings = Findings()
    assert parse_toml(SourceText("a.toml", text), findings) is None
    (item,) = findings.items
    assert item.code == "bad-toml"
    assert item.span.line == line
    assert abs(item.span.column - column) <= 2


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 20_000, "a = " + "1" * 5000, "a = 2022-02-31", "\0", "a" * 99]
)
def test_hostile_toml_is_a_finding(text: str) -> None:
    findings = Findings()
    assert parse_toml(SourceText("a.toml", text), findings) is None
    assert [item.code for item in findings.items] == ["bad-toml"]


def test_json_values_have_places() -> None:
    text = '{"type": "F",\n "features": [1, {"x\\"": "y"},\n  -1.5e3]}'
    document = parse_json(SourceText("a.json", text), Findings())
    assert document is not None
    assert document.get("features", 2) == -1500
    assert place(document.value("features", 2)) == (3, 3)
    assert document.text("features", 1, 'x"').text == "y"
    assert document.key("features").text == "features"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        "[1]",
        '{"a":',
        "{} x",
        "",
        "[" * 90_000,
        '{"a":' + "9" * 5000 + "}",
    ],
)
def test_a_mistake_in_json_is_a_finding(text: str) -> None:
    findings = Findings()
    assert parse_json(SourceText("a.json", text), findings) is None
    assert [item.severity for item in findings.items] == ["error"]


def test_a_key_given_twice_is_pointed_at() -> None:
    findings = Findings()
    parse_json(SourceText("a.json", '{"b": {"aa": 1,\n "aa": 2}}'), findings)
    assert findings.items[0].span.text == '"'
    assert findings.items[0].span.column == 8
