"""The tables of the cases in docs/cases/tables, each made by a command of bench/ (`make tables`).

    python docs/tables.py [NAME ...] [--list]

In comes a row of `TABLES`: a name, a title, and a script with arguments that prints Markdown. Out comes
docs/cases/tables/NAME.md: the title, the command, and what the command printed. Without a name every table
is written. Those with `is_checked` are made anew by the slow tests (`tests/docs/test_docs_tables.py`), which
compare them with the committed ones; the others cost more than is fit for every change, and are written by
hand before a release. To add a table, add a row.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "cases" / "tables"
#: Numbers as tables have them: the rest of a line has to be the same to the letter.
_NUMBER = re.compile(r"(?<![\w.-])[-+]?\d+(?:,\d{3})*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Table:
    """One file of docs/cases/tables.

    Attributes
    ----------
    name
        Of the file, without `.md`; the first part is the case.
    title
        Its first line.
    command
        A script and its arguments, from the root of the project; it prints Markdown.
    cpu_seconds
        What it took, on one core.
    is_checked
        Whether the slow tests make it anew.
    moves
        By how much a number may differ from the committed one, absolutely, on another processor, where sums
        are rounded otherwise and a sampler takes another path: what another seed changes, measured.
    """

    name: str
    title: str
    command: str
    cpu_seconds: int
    is_checked: bool = False
    moves: float = 0.0

    @property
    def path(self) -> Path:
        """Where it lies."""
        return FOLDER / f"{self.name}.md"


TABLES: tuple[Table, ...] = (
    Table(
        "lynx-hare-coverage",
        "lynx-hare: how often bands hold",
        "bench/coverage.py lynx-hare --account predation --from 1911-12-31 --effort quick --markdown",
        cpu_seconds=60,
    ),
)


def main() -> None:
    """Write the tables that are named, or all, and say where."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="say which tables there are")
    options = parser.parse_args()
    known = {table.name: table for table in TABLES}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"no table is named {', '.join(unknown)}; there are {', '.join(known)}")
    for table in [known[name] for name in options.names] or TABLES:
        if options.list:
            print(f"{table.name}: {table.cpu_seconds} s, python {table.command}")
            continue
        print(f"{table.name}: python {table.command}", flush=True)
        FOLDER.mkdir(exist_ok=True)
        table.path.write_text(written(table), encoding="utf-8")


def written(table: Table) -> str:
    """Return the text of a table's file: its command is run."""
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, ["src", os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, *shlex.split(table.command)]
    body = subprocess.run(command, cwd=ROOT, env=where, check=True, stdout=subprocess.PIPE, text=True).stdout
    head = f"# {table.title}\n\nMade by `python docs/tables.py {table.name}`, which runs\n\n"
    return f"{head}    python {table.command}\n\n{body.strip()}\n"


def differences(before: str, after: str, moves: float = 0.0) -> list[str]:
    """Return the lines of two texts of one table that differ: in words, or in a number by more than `moves`.

    Examples
    --------
    >>> differences("| area | 49 of 51 |", "| area | 48 of 51 |", moves=1)
    []
    >>> differences("| area | 0.31 |", "| area | 0.52 |", moves=0.1)
    ['| area | 0.31 | is now | area | 0.52 |']
    """
    old, new = before.splitlines(), after.splitlines()
    found = [
        f"{one} is now {other}" for one, other in zip(old, new, strict=False) if not _agree(one, other, moves)
    ]
    return found if len(old) == len(new) else [*found, f"{len(old)} lines are now {len(new)}"]


def _agree(one: str, other: str, moves: float) -> bool:
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs: Sequence[tuple[str, str]] = list(zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True))
    return all(abs(_value(a) - _value(b)) <= moves + 1e-9 for a, b in pairs)


def _value(number: str) -> float:
    return float(number.replace(",", ""))


if __name__ == "__main__":
    main()
