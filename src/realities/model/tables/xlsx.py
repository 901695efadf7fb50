"""Workbooks in Office Open XML, `.xlsx`: packed XML in, sheets and named ranges out.

Only what a model can ask for is read: values, not formulas, formats or dates, so that a date is the number
that the spreadsheet holds. The XML is walked through event by event and nothing is kept but cells. A
file that declares a document type, and so could define entities, is refused; every byte unpacked and
every cell is counted. The format: ECMA-376, part 1, sections 18.2 to 18.4.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import IO
from xml.parsers import expat

from realities.model.tables.sheets import Allowance, Area, Book, Cell, Sheet, TableError, address, sheet_index

#: Parts of a workbook's index larger than this are none.
_MOST_INDEX = 8_000_000
_CHUNK = 65_536
#: No cell holds more than 32,767 letters.
_LONGEST_TEXT = 1_000_000
#: How many XML elements stand for one cell at most, texts and rows included.
_PER_CELL = 3
#: Elements do not stand deeper inside one another than this, and no tag is longer than this, in bytes.
_DEEPEST = 100
_LONGEST_TAG = 1_000_000

#: What a damaged archive brings about; NotImplementedError is a RuntimeError.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError)

_RANGE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]{1,3}\$?\d+)(?::(\$?[A-Z]{1,3}\$?\d+))?", re.I)

#: What begins, with its attributes, and what ends, with the text in it.
_Begin = Callable[[str, dict[str, str]], None]
_End = Callable[[str, str], None]


@dataclass(slots=True)
class _Index:
    """What the workbook part says: sheets with the id of their part, and names with sheet and range."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    names: list[tuple[str, int | None, str]] = field(default_factory=list)


class XlsxBook(Book):
    """An open workbook."""

    def __init__(self, content: bytes, allowance: Allowance) -> None:
        self._allowance = allowance
        self._elements = _PER_CELL * allowance.cells
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except _BROKEN as error:
            raise TableError("bad-table", f"is not a spreadsheet: {error}") from None
        main = next((path for path in self._related("").values() if "workbook" in path), "xl/workbook.xml")
        self._folder = posixpath.dirname(main)
        self._index = self._read_index(main)
        parts = self._related(main)
        self._parts = [parts.get(identifier, "") for _, identifier in self._index.sheets]

    def sheet(self, name: str) -> Sheet:
        """Return a sheet by its name or number."""
        names = [one for one, _ in self._index.sheets]
        index = sheet_index(name, names)
        return self._read_sheet(names[index], self._parts[index])

    def first(self) -> Sheet:
        """Return the first sheet."""
        return self.sheet("1")

    def area(self, sheet: str, name: str) -> Area | None:
        """Return a named range."""
        names = [one for one, _ in self._index.sheets]
        here = sheet_index(sheet, names)
        key = name.strip().casefold()
        found = [one for one in self._index.names if one[0].casefold() == key]
        found.sort(key=lambda one: (one[1] != here, one[1] is not None))
        match = _RANGE.fullmatch(found[0][2].strip().replace("$", "")) if found else None
        if match is None:
            return None
        first, last = address(match[3]), address(match[4] or match[3])
        if first is None or last is None:
            return None
        on = match[1].replace("''", "'") if match[1] else match[2]
        return Area(on, *first, *last)

    # -- parts ------------------------------------------------------------------------------------

    def _related(self, part: str) -> dict[str, str]:
        """Return the parts that a part refers to, by id."""
        folder, name = posixpath.split(part)
        found: dict[str, str] = {}

        def begin(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                found[attributes.get("Id", "")] = posixpath.normpath(path)

        self._walk(posixpath.join(folder, "_rels", f"{name}.rels"), begin, None, _MOST_INDEX)
        return found

    def _read_index(self, part: str) -> _Index:
        index = _Index()
        name: list[tuple[str, int | None]] = []

        def begin(tag: str, attributes: dict[str, str]) -> None:
            if tag == "sheet":
                identifier = next((v for k, v in attributes.items() if k == "id" or k.endswith(" id")), "")
                index.sheets.append((attributes.get("name", ""), identifier))
            elif tag == "definedName":
                local = attributes.get("localSheetId", "")
                name[:] = [(attributes.get("name", ""), int(local[:9]) if local.isdecimal() else None)]

        def end(tag: str, text: str) -> None:
            if tag == "definedName":
                index.names.append((*name[0], text))

        if not self._walk(part, begin, end, _MOST_INDEX) or not index.sheets:
            raise TableError("bad-table", "is not a spreadsheet: it names no sheets")
        return index

    @cached_property
    def _texts(self) -> list[str]:
        """The texts that cells share, by number."""
        texts: list[str] = []
        pieces: list[str] = []
        phonetic = [0]

        def begin(tag: str, _: dict[str, str]) -> None:
            phonetic[0] += tag == "rPh"

        def end(tag: str, text: str) -> None:
            if tag == "t" and not phonetic[0]:
                pieces.append(text)
            elif tag == "rPh":
                phonetic[0] -= 1
            elif tag == "si":
                texts.append("".join(pieces))
                pieces.clear()

        self._walk(posixpath.join(self._folder, "sharedStrings.xml"), begin, end)
        return texts

    def _read_sheet(self, name: str, part: str) -> Sheet:
        rows: dict[int, dict[int, Cell]] = {}
        texts = self._texts
        # Row and column of the cell being read, its type, its text so far.
        row = column = 0
        kind = ""
        value = ""

        def begin(tag: str, attributes: dict[str, str]) -> None:
            nonlocal row, column, kind, value
            if tag == "c":
                self._allowance.take_cells(1)
                place = address(attributes["r"]) if "r" in attributes else None
                row, column = place or (row, column + 1)
                kind, value = attributes.get("t", "n"), ""
            elif tag == "row":
                given = attributes.get("r", "")
                row, column = int(given[:7]) if given.isdecimal() else row + 1, 0

        def end(tag: str, text: str) -> None:
            nonlocal value
            if tag == "v":
                value = text
            elif tag == "t" and kind == "inlineStr":
                value += text
            elif tag == "c" and value != "":
                cell = _cell(kind, value, texts)
                if cell is not None:
                    rows.setdefault(row, {})[column] = cell

        if not self._walk(part, begin, end):
            raise TableError("bad-table", f'holds nothing for the sheet "{name}"')
        return Sheet(name, rows)

    def _walk(self, part: str, begin: _Begin, end: _End | None, most: int | None = None) -> bool:
        """Go through the XML of one part; return whether there is such a part."""
        try:
            opened = self._archive.open(part)
        except KeyError:
            return False
        except _BROKEN as error:
            raise TableError("bad-table", f"cannot be unpacked: {error}") from None
        try:
            with opened as stream:
                self._parse(stream, begin, end, most)
        except expat.ExpatError as error:
            raise TableError("bad-table", f"is damaged: {error}") from None
        except _BROKEN as error:
            raise TableError("bad-table", f"cannot be unpacked: {error}") from None
        return True

    def _parse(self, stream: IO[bytes], begin: _Begin, end: _End | None, most: int | None) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        text = ""
        depth = 0

        def start_element(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth, text
            depth += 1
            self._elements -= 1
            if self._elements < 0 or depth > _DEEPEST:
                raise TableError("too-large", "holds too many cells and texts")
            text = ""
            begin(_local(tag), attributes)

        def end_element(tag: str) -> None:
            nonlocal depth, text
            depth -= 1
            if end is not None:
                end(_local(tag), text)
            text = ""

        def take_text(more: str) -> None:
            nonlocal text
            text += more
            if len(text) > _LONGEST_TEXT:
                raise TableError("too-large", "holds too long a text")

        def refuse(*_: object) -> None:
            raise TableError("bad-table", "declares a document type, which a spreadsheet never does")

        parser.StartElementHandler = start_element
        parser.EndElementHandler = end_element
        parser.CharacterDataHandler = take_text
        parser.StartDoctypeDeclHandler = refuse
        n_bytes = 0
        while chunk := stream.read(_CHUNK):
            n_bytes += len(chunk)
            if most is not None and n_bytes > most:
                raise TableError("too-large", "has too long a list of sheets and names")
            self._allowance.take_bytes(len(chunk))
            parser.Parse(chunk, False)
            # What is not yet a whole tag is gone through again with every chunk.
            if n_bytes - parser.CurrentByteIndex > _LONGEST_TAG + _LONGEST_TEXT:
                raise TableError("too-large", "holds too long a tag or text")
        parser.Parse(b"", True)


@lru_cache(maxsize=256)
def _local(tag: str) -> str:
    """Return the name of an element without its namespace."""
    return tag.rpartition(" ")[2]


def _cell(kind: str, value: str, texts: list[str]) -> Cell | None:
    """Return what a cell holds by its type; None where that is no value."""
    match kind:
        case "n":
            try:
                return float(value)
            except ValueError:
                return None
        case "s":
            number = int(value[:9]) if value.strip().isdecimal() else -1
            return texts[number] if 0 <= number < len(texts) and texts[number].strip() else None
        case "b":
            return 1.0 if value.strip() == "1" else 0.0
        case "e":
            return value
        case _:
            return value if value.strip() else None
