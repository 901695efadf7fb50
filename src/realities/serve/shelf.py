"""Which cases there are to serve, and what the index says of each.

In comes a folder of cases, or none; out come names with their folders, and for each title, question, and how
many accounts and reports it has, read without loading a model. A case that cannot be read says so. Next is
`pages.py`, which shows the list.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from realities.case.files import BUNDLED, read_text
from realities.case.located import Located
from realities.case.toml_text import parse_toml
from realities.errors import Findings, InputError

#: More cases than these in one folder are not listed.
MOST_CASES: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index says of one case; counts are None where the files do not tell."""

    name: str
    title: str
    question: str = ""
    n_accounts: int | None = None
    n_reports: int | None = None
    is_bundled: bool = False
    problem: str = ""


def case_folders(folder: Path | None) -> dict[str, Path]:
    """Return the folders of cases by name: those in a folder first, then the bundled ones.

    A case in the folder comes before a bundled one of its name. Links are not followed.
    """
    own = {} if folder is None else _cases_in(folder)
    return own | {name: path for name, path in _cases_in(BUNDLED).items() if name not in own}


def _cases_in(folder: Path) -> dict[str, Path]:
    try:
        listed = sorted(folder.iterdir())
    except OSError:
        return {}
    found = [
        path
        for path in listed
        if _is_plain(path.name) and not path.is_symlink() and (path / "case.toml").is_file()
    ]
    return {path.name: path for path in found[:MOST_CASES]}


def _is_plain(name: str) -> bool:
    """Whether a name can stand in an address: it is not hidden, and it is text."""
    return not name.startswith(".") and name.isprintable()


def describe(name: str, folder: Path) -> Entry:
    """Return what the index says of a case."""
    is_bundled = folder.parent == BUNDLED
    try:
        findings = Findings()
        head = parse_toml(read_text(folder, "case.toml"), findings)
        findings.check()
    except InputError as problem:
        first = problem.diagnostics[0]
        return Entry(name, name, is_bundled=is_bundled, problem=f"{first.span}: {first.message}")
    assert head is not None
    return Entry(
        name,
        title=_text(head, "title") or name,
        question=_text(head, "question"),
        n_accounts=_count_accounts(head, folder),
        n_reports=_count_reports(folder),
        is_bundled=is_bundled,
    )


def _text(head: Located, key: str) -> str:
    value = head.get("case", key)
    return value.strip() if isinstance(value, str) else ""


def _count_accounts(head: Located, folder: Path) -> int:
    """Count the accounts that are listed, or the files of accounts where none are."""
    listed = head.get("case", "accounts")
    if isinstance(listed, list):
        return len(listed)
    return sum(path.stem != "common" for path in (folder / "accounts").glob("*.toml"))


def _count_reports(folder: Path) -> int | None:
    """Count the rows of `observations.csv` that hold anything, below its header."""
    try:
        text = read_text(folder, "observations.csv").text
        rows = sum(any(cell.strip() for cell in row) for row in csv.reader(text.splitlines(keepends=True)))
    except (InputError, csv.Error):
        return None
    return max(0, rows - 1)
