"""`realities cases` and `realities new`: what is bundled, and how to start a case of one's own."""

from __future__ import annotations

import json

import click

from realities.cli.terminal import Command, Terminal


@click.command(cls=Command, short_help="List the bundled cases.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def cases(as_json: bool) -> None:
    """List the bundled cases."""
    from realities.case.folder import bundled_cases

    found = bundled_cases()
    if as_json:
        rows = [{"case": name, "title": title} for name, title in found]
        click.echo(json.dumps({"schema": 1, "cases": rows}, ensure_ascii=False, indent=2))
        return
    width = max((len(name) for name, _ in found), default=0)
    for name, title in found:
        click.echo(f"{name:<{width}}  {title}")


@click.command(cls=Command, short_help="Create a case folder to edit.")
@click.argument("name")
@click.option("--from", "template", metavar="CASE", help="Copy this case instead of the small example.")
@click.pass_obj
def new(terminal: Terminal, name: str, template: str | None) -> None:
    """Create a case folder NAME to edit: a small working example, or a copy of another case."""
    from pathlib import Path

    from realities.case.scaffold import new_case

    folder = Path(name)
    files = new_case(folder.name, folder, template)
    click.echo(f"Created {folder} ({len(files)} files). Next: realities check {folder}")
    terminal.detail("\n".join(f"  {path}" for path in files))
