"""The table files a model reads: found inside its folder, opened once, counted together.

In come the folder of a model and what its settings call its files; out come sheets and named ranges. A model
is untrusted input: a name that leads out of the folder, by `..`, by an absolute path or by a link, is
refused. `spreadsheet.py` reads the cells, `external.py` asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from realities.errors import did_you_mean
from realities.model.tables.sheets import Allowance, Area, Book, Sheet, TableError
from realities.model.tables.spreadsheet import open_book
from realities.source import SourceText

#: A line of a Vensim model's settings that says which file a name with a question mark means.
_TAG = re.compile(r"^30:[ \t]*(\?[^=\n]*)=([^\n]*)$", re.MULTILINE)
_SETTINGS = re.compile(r"^[ \t]*///---\\", re.MULTILINE)
_ENDINGS = (".xlsx", ".xlsm", ".xls", ".csv", ".tab", ".txt")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(slots=True)
class Library:
    """The table files of one model.

    Attributes
    ----------
    folder
        Where the model lies; nothing outside is opened.
    tags
        Files by the names that the model's settings give them, such as `?data`.
    given
        Files by such names, as the user of the model gives them; they may lie anywhere.
    allowance
        What may still be read.
    """

    folder: Path
    tags: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Path] = field(default_factory=dict)
    allowance: Allowance = field(default_factory=Allowance)
    _books: dict[Path, Book] = field(default_factory=dict)
    _sheets: dict[tuple[Path, str], Sheet] = field(default_factory=dict)
    _broken: dict[tuple[Path, str], TableError] = field(default_factory=dict)

    def find(self, name: str) -> Path:
        """Return the path of the file that a model names.

        Raises
        ------
        TableError
            `missing-file` if there is none, `outside-folder` if the name leads elsewhere.
        """
        if name.startswith("?"):
            key = _tag_key(name)
            if key in self.given:
                return self._existing(self.given[key], str(self.given[key]))
            if key not in self.tags:
                raise TableError(
                    "missing-file", f'the settings of this model do not say which file "{name}" is'
                )
            name = self.tags[key]
        parts = name.replace("\\", "/").split("/")
        if not name.strip() or "\0" in name or parts[0] == "" or ".." in parts or _DRIVE.match(parts[0]):
            raise TableError(
                "outside-folder", f'"{name}" does not name a file inside the folder of this model'
            )
        path = self.folder.joinpath(*parts)
        try:
            if not path.exists():
                path = _whatever_the_case(self.folder, parts) or path
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise TableError("outside-folder", f'"{name}" leads out of the folder of this model')
        except (OSError, ValueError, RuntimeError) as error:
            raise TableError("missing-file", f'"{name}" cannot be opened: {error}') from None
        return self._existing(path, name)

    def similar(self, name: str) -> str:
        """Return `did you mean "..."?` for a table file of a near name beside the model, or nothing."""
        try:
            names = [path.name for path in self.folder.iterdir() if path.suffix.lower() in _ENDINGS]
        except OSError:
            return ""
        return did_you_mean(name, names)

    def sheet(self, name: str, tab: str) -> Sheet:
        """Return a sheet of a file; for text, `tab` is the delimiter. Errors are `TableError`s."""
        path = self.find(name)
        key = (path, tab.strip().casefold())
        if key in self._broken:
            raise self._broken[key]
        if key not in self._sheets:
            try:
                self._sheets[key] = self._book(path, name).sheet(tab)
            except TableError as error:
                self._broken[key] = _about(path.name, error)
                raise self._broken[key] from None
        return self._sheets[key]

    def area(self, name: str, tab: str, range_name: str) -> Area | None:
        """Return a named range of a file, or None where it has none of that name."""
        path = self.find(name)
        try:
            return self._book(path, name).area(tab, range_name)
        except TableError as error:
            raise _about(path.name, error) from None

    def _book(self, path: Path, name: str) -> Book:
        if path not in self._books:
            try:
                self._books[path] = open_book(path, self.allowance)
            except OSError as error:
                reason = error.strerror or str(error)
                raise TableError("missing-file", f'"{name}" cannot be read: {reason}') from None
        return self._books[path]

    def _existing(self, path: Path, name: str) -> Path:
        if path.is_file():
            return path
        if path.is_dir():
            raise TableError("missing-file", f'"{name}" is a folder, not a file')
        raise TableError("missing-file", f'there is no file "{name}" in the folder of this model')


def open_library(source: SourceText, given: Mapping[str, Path]) -> Library:
    """Return the table files of the model in a text; `given` holds files by names such as `?data`."""
    settings = _SETTINGS.search(source.text)
    lines = [] if settings is None else _TAG.findall(source.text, settings.end())
    tags = {_tag_key(tag): file.strip() for tag, file in lines}
    keyed = {_tag_key(tag): path for tag, path in given.items()}
    return Library(Path(source.name).parent, tags, keyed)


def _tag_key(tag: str) -> str:
    return " ".join(tag.lstrip("?").split()).casefold()


def _about(name: str, error: TableError) -> TableError:
    """Return an error that says which file it is about."""
    text = str(error)
    return error if text.startswith(('"', "the ", "there ")) else TableError(error.code, f'"{name}" {text}')


def _whatever_the_case(folder: Path, parts: list[str]) -> Path | None:
    """Return the one file that a path means where capitals do not matter, as where Vensim runs."""
    path = folder
    for part in parts:
        if not path.is_dir():
            return None
        found = [one for one in path.iterdir() if one.name.casefold() == part.casefold()]
        if len(found) != 1:
            return None
        path = found[0]
    return path
