"""Small XMILE files for the tests beside this file, and what comes of them."""

from __future__ import annotations

from realities.engine.reference import simulate
from realities.errors import Diagnostic, Findings, InputError
from realities.model.load import build_model
from realities.source import SourceText

SPECS = '<sim_specs method="euler" time_units="Month"><start>0</start><stop>4</stop><dt>1</dt></sim_specs>'


def xmile(variables: str, top: str = "", specs: str = SPECS, models: str = "") -> str:
    """Return the text of a file with one model of these variables."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"'
        ' xmlns:isee="http://iseesystems.com/XMILE">\n'
        f"<header><vendor>v</vendor><product>p</product></header>\n{specs}\n{top}\n"
        f"<model><variables>\n{variables}\n</variables></model>\n{models}\n</xmile>\n"
    )


def aux(name: str, eqn: str, rest: str = "") -> str:
    """Return the element of an auxiliary."""
    return f'<aux name="{name}"><eqn>{eqn}</eqn>{rest}</aux>'


def array(name: str, eqn: str, *dimensions: str) -> str:
    """Return the element of an auxiliary that is an array."""
    return aux(name, eqn, over(*dimensions))


def over(*dimensions: str) -> str:
    """Return the element that says what an array is over."""
    inside = "".join(f'<dim name="{one}"/>' for one in dimensions)
    return f"<dimensions>{inside}</dimensions>"


def dims(**elements: str) -> str:
    """Return dimensions: with elements by name, or of a size."""
    found = ""
    for name, written in elements.items():
        inner = "".join(f'<elem name="{one}"/>' for one in written.split())
        found += f'<dim name="{name}" size="{written}"/>' if written.isdigit() else ""
        found += "" if written.isdigit() else f'<dim name="{name}">{inner}</dim>'
    return f"<dimensions>{found}</dimensions>"


def run(text: str, name: str = "model.xmile") -> dict[str, list[float]]:
    """Return every column of a run, by name."""
    result = simulate(build_model(SourceText(name, text)))
    return {column: values[0].tolist() for column, values in result.values.items()}


def first(text: str) -> dict[str, float]:
    """Return the first value of every column of a run, by name."""
    return {column: values[0] for column, values in run(text).items()}


def problems(text: str) -> list[tuple[int, str, str]]:
    """Return what is wrong with a file: line, code and message of each error."""
    try:
        build_model(SourceText("model.xmile", text))
    except InputError as error:
        return [(one.span.line, one.code, one.message) for one in errors(error)]
    return []


def errors(error: InputError) -> list[Diagnostic]:
    """Return the errors among what a refusal lists."""
    return [one for one in error.diagnostics if one.severity == "error"]


def warnings(text: str) -> list[tuple[int, str, str]]:
    """Return the warnings that a file that opens gives rise to."""
    findings = Findings()
    build_model(SourceText("model.xmile", text), findings=findings)
    return [(one.span.line, one.code, one.message) for one in findings.warnings]
