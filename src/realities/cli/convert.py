"""`realities convert`: write a model in another language, and say what was changed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from realities.cli.terminal import Command, Terminal
from realities.errors import Findings

#: Of a long list of names so many are told; all of them with --verbose.
_SHOWN = 5


@click.command(cls=Command, short_help="Write a model as Vensim or XMILE, or its claims.")
@click.argument("model_file", metavar="IN")
@click.argument("out", metavar="OUT")
@click.option(
    "--data", "data", metavar="FILE", multiple=True, help="Series for data variables; may be repeated."
)
@click.option("--views", is_flag=True, help="Draw a Vensim model anew, a view for each group; OUT may be IN.")
@click.pass_obj
def convert(terminal: Terminal, model_file: str, out: str, data: Sequence[str], views: bool) -> None:
    """Write model IN as OUT: .mdl for Vensim, .xmile or .stmx for XMILE, .toml for its Reality Checks."""
    from realities.model.write.convert import convert_model

    findings = Findings()
    written = convert_model(
        Path(model_file), Path(out), data=[Path(name) for name in data], views=views, findings=findings
    )
    terminal.diagnostics(findings.warnings)
    kind = "claim" if written.path.suffix.lower() == ".toml" else "variable"
    drawn = f", {counted(written.n_views, 'view')}" if written.n_views else ""
    click.echo(f"Wrote {written.path}: {counted(written.n_variables, kind)}{drawn}.")
    if written.settings:
        listed = ", ".join(written.settings)
        terminal.note(f"In XMILE time settings are no variables: `simulate` will not list {listed}.")
    for names, what in ((written.macros, "macro"), (written.added, "variable")):
        if names:
            verb = "was" if len(names) == 1 else "were"
            shown = names if terminal.verbosity > 1 else names[:_SHOWN]
            more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
            listed = ", ".join(f'"{name}"' for name in shown)
            terminal.note(f"{counted(len(names), what)} {verb} added: {listed}{more}.")


def counted(n: int, word: str) -> str:
    """Return a number with its word, in the plural where there are several."""
    return f"{n} {word}" + ("" if n == 1 else "s")
