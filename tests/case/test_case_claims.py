"""claims.toml: what is read, what is refused and where, what is warned of."""

from __future__ import annotations

from datetime import date

import pytest

from realities.case.calendar import Calendar
from realities.case.claims import Claim, check_interventions, parse_claims
from realities.case.toml_text import parse_toml
from realities.errors import Diagnostic, Findings
from realities.ir.expr import Number
from realities.ir.model import Model, TimeSpec, Variable
from realities.source import SourceText

CALENDAR = Calendar(date(2022, 2, 24), date(2026, 12, 31), "day")

FORECAST = {
    "id": '"lyman-before-winter"',
    "account": '"analyst"',
    "kind": '"forecast"',
    "says": '"Two towns cannot be taken before the end of that winter."',
    "source": '"post2022"',
    "locator": '"paragraph 5"',
    "made": "2022-10-01",
    "deadline": "2023-03-20",
    "holds": "'always[2022-10-01, 2023-03-20](control share[Sloviansk] < 0.5)'",
}


def written(**changed: str | None) -> str:
    """Return one [[claim]] with some of its lines changed or left out."""
    lines = {**FORECAST, **changed}
    return "[[claim]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None)


def parse(text: str, **known: tuple[str, ...]) -> tuple[tuple[Claim, ...], list[Diagnostic]]:
    findings = Findings()
    document = parse_toml(SourceText("claims.toml", text), findings)
    assert document is not None, findings.items[0].render()
    claims = parse_claims(document, CALENDAR, findings, **known)
    return claims, findings.items


def test_a_forecast_keeps_everything_its_author_wrote() -> None:
    outcome = '{ value = true, source = "map", date = 2023-03-21 }'
    (claim,), found = parse(written(outcome=outcome), accounts=("analyst",), sources=("post2022", "map"))
    assert not found
    assert (claim.id, claim.account, claim.kind) == ("lyman-before-winter", "analyst", "forecast")
    assert claim.says.startswith("Two towns")
    assert (claim.source, claim.locator) == ("post2022", "paragraph 5")
    assert (claim.made, claim.deadline) == (date(2022, 10, 1), date(2023, 3, 20))
    assert claim.undecidable is None
    assert claim.predicate is not None
    assert claim.predicate.latest == date(2023, 3, 20)
    assert claim.outcome is not None
    assert (claim.outcome.value, claim.outcome.source, claim.outcome.date) == (True, "map", date(2023, 3, 21))
    assert claim.span.line == 1
    assert not claim.is_inside_model


@pytest.mark.parametrize("written_as", ["Control Share[sloviansk]<0.5", "control_share[Sloviansk] < 0.5"])
def test_claims_are_of_one_test_however_their_names_are_written(written_as: str) -> None:
    (claim,), _ = parse(written())
    (same,), _ = parse(written(id='"same"', holds=f"'always[2022-10-01, 2023-03-20]({written_as})'"))
    (other,), _ = parse(written(id='"other"', holds="'always[2022-10-01, 2023-03-20](control < 0.5)'"))
    assert claim.test == same.test != other.test


def test_an_outcome_that_sources_disagree_about_has_no_value() -> None:
    outcome = '{ value = "disputed", source = "map", date = 2023-03-21 }'
    (claim,), found = parse(written(outcome=outcome), accounts=("analyst",), sources=("post2022", "map"))
    assert not found
    assert claim.outcome is not None and claim.outcome.value is None
    _, found = parse(written(outcome=outcome.replace("disputed", "unclear")))
    assert found


def test_atoms_are_named_after_the_claim_and_point_into_the_file() -> None:
    (claim,), _ = parse(written())
    assert claim.predicate is not None
    (atom,) = claim.predicate.atoms
    assert atom.name == "claim: lyman-before-winter #1"
    assert (atom.span.text, atom.span.line) == ("control share[Sloviansk]", 10)
    assert atom.span.source.line(10)[atom.span.column - 1 :].startswith("control share")


def test_a_predicate_may_stand_in_any_kind_of_string() -> None:
    plain = parse(written())[0][0].predicate
    assert plain is not None
    for quoted in (
        '"always[2022-10-01, 2023-03-20](control share[Sloviansk] < 0.5)"',
        "'''\nalways[2022-10-01, 2023-03-20](\n  control share[Sloviansk] < 0.5)'''",
    ):
        predicate = parse(written(holds=quoted))[0][0].predicate
        assert predicate is not None
        assert predicate.formula == plain.formula
    escaped = parse(written(holds='"at[2022-11-01](\\"control share\\"[a]) < 1"'))[0][0].predicate
    assert escaped is not None
    assert escaped.atoms[0].span.text == '"control share"[a]'


def test_a_value_judgement_and_an_undecidable_claim_have_no_predicate() -> None:
    claims, found = parse(
        written(id='"v"', kind='"value"', holds=None)
        + written(id='"u"', holds=None, undecidable='"no published series measures this"')
    )
    assert not found
    assert [claim.predicate for claim in claims] == [None, None]
    assert [claim.undecidable for claim in claims] == [None, "no published series measures this"]


def test_a_claim_that_compares_with_a_held_run_is_decided_inside_the_model_only() -> None:
    holds = "'at[2022-10-05](x) > 3 * at[2022-10-05](x | do(\"decree in force\" = 0))'"
    (claim,), _ = parse(written(kind='"cause"', holds=holds))
    assert claim.is_inside_model


def test_claims_keep_the_order_of_the_file() -> None:
    claims, _ = parse("".join(written(id=f'"{name}"') for name in "cab"))
    assert [claim.id for claim in claims] == ["c", "a", "b"]


def test_no_claims_are_no_mistake() -> None:
    assert parse("") == ((), [])


WRONG = {
    "missing-key": {"made": None},
    "unknown-key": {"hols": "'x > 1'"},
    "bad-value": {"kind": '"prophecy"'},
    "wrong-type": {"says": "3"},
    "bad-predicate": {"holds": "'x >'"},
    "bad-interval": {"holds": "'always[2023-01-01, 2022-12-01](x > 1)'"},
    "outside-calendar": {"holds": "'at[2032-01-01](x) > 1'"},
    "unknown-operator": {"holds": "'alway[2022-10-01, 2023-01-01](x > 1)'"},
    "bad-date": {"deadline": "2022-09-01"},
    "unknown-account": {"account": '"analist"'},
    "unknown-source": {"source": '"post2022; post2O22"'},
}


@pytest.mark.parametrize("code", WRONG)
def test_a_mistake_is_found_at_its_line_and_the_claim_left_out(code: str) -> None:
    text = written(id='"first"') + written(**WRONG[code])
    claims, found = parse(text, accounts=("analyst",), sources=("post2022",))
    assert [claim.id for claim in claims] == ["first"]
    assert [item.code for item in found] == [code]
    assert found[0].severity == "error"
    assert found[0].span.line >= 11


@pytest.mark.parametrize(
    "changed",
    [
        {"holds": None},
        {"undecidable": '"because"'},
        {"kind": '"value"'},
        {"kind": '"value"', "holds": None, "undecidable": '"because"'},
        {"says": '"  "'},
        {"holds": None, "undecidable": '""'},
    ],
)
def test_a_claim_is_decided_in_exactly_one_way(changed: dict[str, str | None]) -> None:
    claims, found = parse(written(**changed))
    assert not claims
    assert {item.code for item in found} == {"bad-claim"}


def test_two_claims_with_one_id_are_refused_and_the_first_is_named() -> None:
    claims, (item,) = parse(written() + written())
    assert len(claims) == 1
    assert (item.code, item.span.line) == ("duplicate-claim", 12)
    assert item.help == ("the first is at claims.toml:2:6",)


def test_mistakes_of_several_claims_are_found_together() -> None:
    _, found = parse(written(id='"a"', made="2022") + written(id='"b"', holds="'x >'"))
    assert sorted(item.code for item in found) == ["bad-date", "bad-predicate"]


def test_near_names_are_suggested() -> None:
    _, found = parse(written(hold="'x'", account='"analist"'), accounts=("analyst", "author"))
    assert [item.help for item in found if item.code == "unknown-key"] == [('did you mean "holds"?',)]
    _, (item,) = parse(written(account='"analist"'), accounts=("analyst", "author"))
    assert item.help == ('did you mean "analyst"?',)


@pytest.mark.parametrize("says", ["'\"Lyman is lost.\"'", '"“Lyman is lost.”"', '"»Lyman is lost.«"'])
def test_what_looks_like_a_quotation_is_warned_of(says: str) -> None:
    claims, (item,) = parse(written(says=says))
    assert (item.severity, item.code) == ("warning", "quotation")
    assert len(claims) == 1


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("no-interval", {"holds": "'eventually(x > 1)'", "deadline": None}),
        ("no-forecast", {"holds": "'at[2022-09-01](x > 1)'"}),
        ("late-predicate", {"holds": "'at[2023-03-21](x > 1)'"}),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(code: str, changed: dict[str, str | None]) -> None:
    claims, (item,) = parse(written(**changed))
    assert (item.severity, item.code, len(claims)) == ("warning", code, 1)


def test_a_fact_may_speak_of_the_past() -> None:
    assert not parse(written(kind='"fact"', holds="'at[2022-09-01](x > 1)'", deadline="2022-09-30"))[1]


def test_a_held_variable_has_to_be_one_of_the_model() -> None:
    names = ("decree in force", "x", "claim: c #1")
    variables = tuple(
        Variable(name, "constant", Number(0.0), is_hidden=name.startswith("claim")) for name in names
    )
    model = Model("m", variables, TimeSpec())
    holds = "'at[2022-10-05](x | do(decree_in_force = 0, decre in force = 1)) > 0'"
    claims, _ = parse(written(kind='"cause"', holds=holds))
    findings = Findings()
    check_interventions(claims, model, findings)
    (item,) = findings.items
    assert (item.code, item.span.text) == ("unknown-name", "decre in force")
    assert item.help == ('did you mean "decree in force"?',)
