"""`realities check`: every finding about a case or a model, for people, scripts, GitHub or SARIF.

Of a lone model it prints the compatibility report too (`model_report.py`), whether the model opens or not.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from realities.cli.terminal import Command, Terminal, summary_line, wants_color
from realities.errors import Diagnostic, InputError
from realities.reality.verdicts import Verdict, diagnose, summary

if TYPE_CHECKING:
    from realities.model.compatibility import Report

MODEL_SUFFIXES = (".mdl", ".xmile", ".stmx", ".itmx", ".xml")


@click.command(cls=Command, short_help="Say what is wrong with a case or a model, and where.")
@click.argument("target", metavar="CASE|MODEL")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--format", "style", type=click.Choice(["github", "sarif"]), help="Annotations, or a SARIF log."
)
@click.option("--names", "with_names", is_flag=True, help="List every name of the model.")
@click.pass_obj
def check(terminal: Terminal, target: str, as_json: bool, style: str | None, with_names: bool) -> int:
    """Check a case folder or a single model, and say what is wrong and where.

    Of a model it also reports what the file holds: variables, functions and whether they are
    supported, data files, units, and stocks that may go below zero. The model is run for its Reality
    Checks: alone with its own constants, in a case with prior draws of every account too.
    """
    started = time.monotonic()
    seen = inspect(target)
    found = seen.found
    n_errors = sum(item.severity == "error" for item in found)
    if as_json:
        click.echo(json.dumps(_as_json(seen, with_names), ensure_ascii=False, indent=2))
    elif style == "sarif":
        click.echo(json.dumps(sarif(found), ensure_ascii=False, indent=2))
    elif style == "github":
        for item in found:
            click.echo(annotation(item))
    else:
        terminal.diagnostics(found)
        _print_report(terminal, seen.report, with_names)
    if seen.checks and (terminal.verbosity > 0 or seen.exit_code):
        click.echo(summary(seen.checks), err=as_json or style is not None)
    line = summary_line(
        f"{seen.checked} in {time.monotonic() - started:.1f} s", n_errors, len(found) - n_errors
    )
    click.echo(line, err=as_json or style is not None)
    return seen.exit_code


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was checked in words, what was found, the exit code, a model's report and its Reality Checks."""

    checked: str
    found: tuple[Diagnostic, ...]
    exit_code: int
    report: Report | None = None
    checks: tuple[Verdict, ...] = ()


def inspect(target: str) -> Inspection:
    """Return what a check of a case or a model gives."""
    try:
        if target.lower().endswith(MODEL_SUFFIXES) or _is_other_file(target):
            return _inspect_model(Path(target))
        return _inspect_case(target)
    except InputError as problem:
        return Inspection(target, problem.diagnostics, problem.exit_code)


def _is_other_file(target: str) -> bool:
    """Return whether a path leads to a file that is no case's: of that it is said what a model is."""
    try:
        return Path(target).name != "case.toml" and Path(target).is_file()
    except (OSError, ValueError):
        return False


def _inspect_model(path: Path) -> Inspection:
    from realities.model.compatibility import examine

    seen = examine(path)
    checks: tuple[Verdict, ...] = ()
    source = None if seen.model is None else seen.model.source
    if source is not None and seen.report.n_reality_checks:
        from realities.reality.judging import judge_model

        checks = judge_model(source)
    found = tuple(sorted([*seen.found, *diagnose(checks, "warning")], key=_place))
    return Inspection(path.name, found, seen.exit_code, seen.report, checks)


def _as_json(seen: Inspection, with_names: bool) -> dict[str, object]:
    """Return the object that `--json` prints: findings and, of a lone model, its report."""
    answer: dict[str, object] = {"schema": 1, "diagnostics": [item.to_json() for item in seen.found]}
    if seen.report is not None:
        from realities.cli.model_report import report_json

        answer["model"] = report_json(seen.report, with_names=with_names)
    answer["reality_checks"] = [verdict.to_json() for verdict in seen.checks]
    return answer


def _print_report(terminal: Terminal, report: Report | None, with_names: bool) -> None:
    """Print a model's report, unless quiet, and its names where they are asked for."""
    if report is None:
        return
    from realities.cli.model_report import name_lines, report_lines

    is_painted = wants_color(sys.stdout)
    if terminal.verbosity > 0:
        click.echo("\n".join(report_lines(report, is_painted=is_painted)) + "\n", color=is_painted)
    if with_names:
        click.echo("\n".join(name_lines(report.all_names)) + "\n")


def _inspect_case(target: str) -> Inspection:
    from realities.case.folder import load_case
    from realities.case.row_counts import row_counts

    case = load_case(target)
    checks: tuple[Verdict, ...] = ()
    if case.model.source is not None and ":IMPLIES:" in case.model.source.text.upper():
        from realities.reality.judging import judge_case

        checks = judge_case(case)
    found = [*case.warnings, *(item for _, item in case.late_findings), *diagnose(checks, "error")]
    found.sort(key=_place)
    shown = sum(not variable.is_hidden for variable in case.model.variables)
    counts = f"{shown} equations, {len(case.accounts)} accounts, {len(case.claims)} claims"
    exit_code = 1 if any(item.severity == "error" for item in found) else 0
    return Inspection(f"{counts}, {row_counts(case)}", tuple(found), exit_code, None, checks)


def _place(item: Diagnostic) -> tuple[str, int]:
    return item.span.source.name, item.span.start


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
