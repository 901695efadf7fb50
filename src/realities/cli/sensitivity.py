"""`realities sensitivity`: what the results of a case hang on, and what report would settle most."""

from __future__ import annotations

import csv
import json
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from realities.cli.run import as_of_option, json_option, note_engine, parse_day, seed_option, workers_option
from realities.cli.terminal import Command, Terminal, check_place

if TYPE_CHECKING:
    from realities.case.folder import Case
    from realities.weigh.sensitivity.analysis import Sensitivity


@click.command(cls=Command, short_help="What moves claims and weights, and what would settle them.")
@click.argument("case_name", metavar="CASE")
@as_of_option
@click.option(
    "--account", "accounts", multiple=True, metavar="ID", help="Only its claims; again for more accounts."
)
@click.option(
    "--timeline", is_flag=True, help="Claims also as of each date of the report, quantities over time."
)
@click.option(
    "--quick",
    is_flag=True,
    help="Fewer particles and draws: a first look; two minutes of one core for the flagship.",
)
@seed_option
@workers_option
@click.option("--out", metavar="FILE.csv", help="Write every number to a table, too.")
@json_option
@click.pass_obj
def sensitivity(
    terminal: Terminal,
    case_name: str,
    as_of: str | None,
    accounts: tuple[str, ...],
    timeline: bool,
    quick: bool,
    seed: int | None,
    workers: int | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Say which assumptions move each claim, which reports moved the weights, which one would tell most."""
    from realities.case.folder import load_case
    from realities.weigh.sensitivity.analysis import sensitivity_of
    from realities.weigh.sensitivity.as_json import sensitivity_to_json
    from realities.weigh.sensitivity.pawn import check_installed
    from realities.weigh.sensitivity.tables import tables_of

    day = parse_day(as_of)
    check_installed()
    if out is not None and Path(out).suffix.lower() != ".csv":
        raise click.UsageError(f"--out {out}: the table is written as CSV; name a file that ends in .csv")
    check_place("--out", out)
    case = load_case(case_name)
    terminal.diagnostics(case.warnings)
    _check_accounts(case, accounts)
    note_engine(terminal, case)
    with terminal.progress() as progress:
        found = sensitivity_of(
            case,
            as_of=day,
            accounts=accounts or None,
            effort="quick" if quick else "default",
            seed=seed,
            over_time=timeline,
            workers=workers,
            progress=progress,
        )
    if out is not None:
        _write(found, Path(out))
    if as_json:
        click.echo(json.dumps(sensitivity_to_json(found), ensure_ascii=False, indent=2))
        return
    for table in tables_of(found):
        for line in table.plain():
            click.echo(line)
    for warning in found.warnings:
        terminal.note(f"warning: {warning}")
    if out is not None:
        click.echo(f"Table: {out}")


def _check_accounts(case: Case, accounts: tuple[str, ...]) -> None:
    known = [account.id for account in case.accounts]
    for name in accounts:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(known)}"
            raise click.UsageError(f'--account "{name}": no account of {case.id} is named so; {hint}')


def _write(found: Sensitivity, path: Path) -> None:
    """Write the table, in place of an earlier one."""
    from realities.weigh.sensitivity.as_json import COLUMNS, csv_rows

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(csv_rows(found))
