"""The folder that `realities new` writes: a small working case to edit, or a copy of another case.

In come a name and an empty place; out comes a case folder that `check` accepts and `run` runs. The
example lies in `starter/` beside this file, as the files a user will see.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

from realities.case import files
from realities.case.folder import find_case
from realities.case.toml_text import parse_toml
from realities.errors import Diagnostic, Findings, InputError, UnreadableError
from realities.source import SourceText

#: The example, as files of this package.
STARTER: Final = Path(__file__).with_name("starter")

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_COPIED: Final = (".toml", ".csv", ".bib", ".geojson", ".mdl", ".xmile", ".stmx", ".xml", ".md", ".txt")
_COPIED_NAMES: Final = ("NOTICE", "LICENSE", "README")
_NOT_COPIED: Final = ("runs", "results", "__pycache__")


def new_case(name: str, folder: Path, template: str | Path | None = None) -> list[Path]:
    """Write a new case into `folder`, and return its files.

    Parameters
    ----------
    name
        The name of the case, a word of letters, digits, `-`, `_` and `.`.
    folder
        Where it goes; made if it is missing, and left alone if it holds anything.
    template
        A case to copy, by name or folder; without one the small example is written.

    Raises
    ------
    InputError
        If the name cannot be the name of a folder, or the folder holds something.
    UnreadableError
        If there is no such case to copy, or the folder cannot be written.
    """
    place = SourceText(str(folder), "").span(0, 0)
    if not _NAME.fullmatch(name):
        message = f'"{name}" cannot name a case: use letters, digits, "-" and "_"'
        raise InputError(Diagnostic("error", "bad-name", message, place))
    source = STARTER if template is None else find_case(template)
    found = _case_files(source)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            message = f'"{folder}" already exists and is not empty'
            raise InputError(Diagnostic("error", "exists", message, place, ("choose another name",)))
        return _write(found, source, folder, name if template is None else None)
    except OSError as problem:
        message = f'"{folder}" cannot be written: {(problem.strerror or str(problem)).lower()}'
        raise UnreadableError(Diagnostic("error", "cannot-write", message, place)) from None


def _write(found: list[str], source: Path, folder: Path, title: str | None) -> list[Path]:
    """Write everything beside the folder first, then put it in place: never half a case."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        for relative in found:
            target = Path(beside, relative)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(files.inside(source, relative), target)
        if title is not None:
            _set_title(Path(beside, "case.toml"), title)
        folder.mkdir(exist_ok=True)
        for part in sorted(Path(beside).iterdir()):
            part.rename(folder / part.name)
    return [folder / relative for relative in found]


def _case_files(source: Path) -> list[str]:
    """Return the files that make up a case, `case.toml` first; links and results of runs are left out."""
    kept = []
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        is_part = path.suffix.lower() in _COPIED or path.name in _COPIED_NAMES
        is_aside = any(part in _NOT_COPIED or part.startswith(".") for part in relative.parts)
        if is_part and not is_aside and path.is_file() and not path.is_symlink():
            kept.append(relative.as_posix())
    return sorted(kept, key=lambda name: (name != "case.toml", "/" in name, name))


def _set_title(path: Path, name: str) -> None:
    """Give the example's `case.toml` a title made of the case's name."""
    source = SourceText(path.name, path.read_text(encoding="utf-8"))
    located = parse_toml(source, Findings())
    if located is None:
        return
    span = located.text("case", "title")
    words = re.sub(r"[-_.]+", " ", name).strip()
    title = words[:1].upper() + words[1:] or name
    path.write_text(source.text[: span.start] + title + source.text[span.end :], encoding="utf-8")
