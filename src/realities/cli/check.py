"""`realities check`: every finding about a case or a model, for people, scripts, GitHub or SARIF."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import click

from realities.cli.terminal import Command, Terminal, summary_line
from realities.errors import Diagnostic, Findings, InputError

MODEL_SUFFIXES = (".mdl", ".xmile", ".stmx", ".xml")


@click.command(cls=Command)
@click.argument("target", metavar="CASE|MODEL")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--format", "style", type=click.Choice(["github", "sarif"]), help="Annotations, or a SARIF log."
)
@click.pass_obj
def check(terminal: Terminal, target: str, as_json: bool, style: str | None) -> int:
    """Check a case folder or a single model, and say what is wrong and where."""
    started = time.monotonic()
    checked, found, exit_code = inspect(target)
    n_errors = sum(item.severity == "error" for item in found)
    if as_json:
        rows = [item.to_json() for item in found]
        click.echo(json.dumps({"schema": 1, "diagnostics": rows}, ensure_ascii=False, indent=2))
    elif style == "sarif":
        click.echo(json.dumps(sarif(found), ensure_ascii=False, indent=2))
    elif style == "github":
        for item in found:
            click.echo(annotation(item))
    else:
        terminal.diagnostics(found)
    line = summary_line(f"{checked} in {time.monotonic() - started:.1f} s", n_errors, len(found) - n_errors)
    click.echo(line, err=as_json or style is not None)
    return exit_code


def inspect(target: str) -> tuple[str, tuple[Diagnostic, ...], int]:
    """Return what was checked in words, everything found, and the exit code."""
    try:
        if target.lower().endswith(MODEL_SUFFIXES):
            return *_inspect_model(Path(target)), 0
        return _inspect_case(target)
    except InputError as problem:
        return target, problem.diagnostics, problem.exit_code


def _inspect_model(path: Path) -> tuple[str, tuple[Diagnostic, ...]]:
    from realities.model.load import load_model

    findings = Findings()
    model = load_model(path, findings=findings)
    shown = sum(not variable.is_hidden for variable in model.variables)
    words = f"{shown} variables" if shown != 1 else "1 variable"
    return f"{path.name}, {words}", tuple(findings.items)


def _inspect_case(target: str) -> tuple[str, tuple[Diagnostic, ...], int]:
    from realities.case.folder import load_case

    case = load_case(target)
    found = [*case.warnings, *(item for _, item in case.late_findings)]
    found.sort(key=lambda item: (item.span.source.name, item.span.start))
    shown = sum(not variable.is_hidden for variable in case.model.variables)
    counts = f"{shown} equations, {len(case.accounts)} accounts, {len(case.claims)} claims"
    exit_code = 1 if any(item.severity == "error" for item in found) else 0
    return f"{counts}, {len(case.observations)} observations", tuple(found), exit_code


def annotation(item: Diagnostic) -> str:
    """Return a finding as a GitHub annotation, its text escaped as GitHub asks."""

    def escape(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    place = f"file={escape(item.span.source.name)},line={item.span.line},col={item.span.column}"
    text = " ".join([f"{item.message}.", *item.help])
    return f"::{item.severity} {place},title={item.code}::{escape(text)}"


def sarif(found: Sequence[Diagnostic]) -> dict[str, object]:
    """Return findings as a SARIF 2.1.0 log, for code-scanning services and editors."""
    codes = sorted({item.code for item in found})
    results = [
        {
            "ruleId": item.code,
            "level": item.severity,
            "message": {"text": " ".join([f"{item.message}.", *item.help])},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": item.span.source.name},
                        "region": {"startLine": item.span.line, "startColumn": item.span.column},
                    }
                }
            ],
        }
        for item in found
    ]
    driver = {"name": "realities", "rules": [{"id": code} for code in codes]}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
