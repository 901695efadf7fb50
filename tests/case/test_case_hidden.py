"""Hidden variables in the units of their measures, and constants that are plain numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from realities.case.folder import load_case
from realities.case.hidden import build_model, constant_value, extra_equations, in_measure_units, parse_model
from realities.case.measures import Measure, parse_measures
from realities.case.scaffold import STARTER
from realities.case.toml_text import parse_toml
from realities.engine.reference import simulate
from realities.errors import Findings
from realities.ir.model import Model
from realities.model.load import read_file
from realities.model.syntax import ModelFile
from realities.source import SourceText
from realities.units import Unit, parse_unit

NAME = "measure: daily_riders"


def measures(unit: str) -> dict[str, Measure]:
    text = f'[daily_riders]\nexpression = "daily riders"\nunit = "{unit}"'
    located = parse_toml(SourceText("measures.toml", text), Findings())
    assert located is not None
    return parse_measures(located, (), Findings())


def model_with(expression_unit: Unit | None, measure_unit: str) -> tuple[Model, Findings]:
    """The example's model whose measure is in one unit, its expression said to be in another."""
    findings = Findings()
    found = measures(measure_unit)
    model = build_model(parse_model(STARTER / "model.mdl"), findings, extra_equations(found, (), findings))
    assert model is not None
    variables = [replace(v, unit=expression_unit) if v.name == NAME else v for v in model.variables]
    return in_measure_units(replace(model, variables=tuple(variables)), found, findings), findings


@pytest.mark.parametrize(
    ("has", "wants", "factor", "code"),
    [
        ("person", "person", 1, None),
        ("person", "kiloperson", 1e-3, None),
        ("kiloperson", "persons", 1e3, None),
        ("Dmnl", "percent", 100, "unit-converted"),
        ("percent", "fraction", 0.01, "unit-converted"),
        (None, "person", 1, None),
    ],
)
def test_a_measure_is_in_its_own_unit(has: str | None, wants: str, factor: float, code: str | None) -> None:
    model, findings = model_with(None if has is None else parse_unit(has), wants)
    assert [item.code for item in findings.items] == ([] if code is None else [code])
    assert model[NAME].unit == parse_unit(wants)
    run = simulate(model, outputs=[NAME, "daily riders"])
    assert run[NAME] == pytest.approx(factor * run["daily riders"], rel=1e-12)


def test_a_measure_in_a_unit_of_another_kind_is_an_error() -> None:
    _, findings = model_with(parse_unit("person/year"), "person")
    (item,) = findings.errors
    assert (item.code, item.span.line, item.span.text) == ("unit-mismatch", 2, "daily riders")
    assert item.message == 'the measure is in "person", its expression in "person/year"'


def test_a_finding_of_the_model_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    path.write_text("x = y ~ ~ |", encoding="utf-8")
    findings = Findings()
    assert build_model(parse_model(path), findings) is None
    before = len(findings.items)
    assert before > 0
    assert build_model(parse_model(path), findings, known=list(findings.items)) is None
    assert len(findings.items) == before


def test_a_constant_may_be_arithmetic_over_constants(tmp_path: Path) -> None:
    text = (STARTER / "model.mdl").read_text(encoding="utf-8")
    text = text.replace("FINAL TIME = 10", "FINAL TIME = INITIAL TIME + 2 * riding time - -1 / 4")
    path = tmp_path / "model.mdl"
    path.write_text(text, encoding="utf-8")
    model = build_model(parse_model(path), Findings())
    assert model is not None
    assert constant_value(model, "FINAL TIME") == 10.25
    assert constant_value(model, "riding time") == 5
    assert constant_value(model, "new riders") is None
    assert constant_value(model, "nothing") is None


def test_claims_whose_ids_differ_by_spelling_only_are_refused() -> None:
    case = load_case(STARTER)
    claim = next(claim for claim in case.claims if claim.predicate is not None)
    assert claim.predicate is not None
    atoms = tuple(replace(atom, name=atom.name.upper()) for atom in claim.predicate.atoms)
    other = replace(claim, predicate=replace(claim.predicate, atoms=atoms))
    findings = Findings()
    extra_equations({}, (claim, other), findings)
    assert {item.code for item in findings.errors} == {"duplicate-id"}


def test_a_case_parses_its_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def counted(source: SourceText, findings: Findings) -> ModelFile:
        parsed.append(source.name)
        return read_file(source, findings)

    monkeypatch.setattr("realities.model.load.read_file", counted)
    load_case(STARTER)
    assert parsed == [str(STARTER / "model.mdl")]
