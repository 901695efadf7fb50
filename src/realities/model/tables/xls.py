"""Workbooks of Excel 97 to 2003, `.xls`: a compound file of records in, sheets and named ranges out.

Two layers: a compound file keeps streams in chains of sectors, and the stream `Workbook` is a row of records.
Only values are read. Every chain is followed for no more steps than there are sectors, every length is
checked against what is there, and what is gone through is counted, so that a damaged or hostile file ends
in a `TableError` soon. The formats: [MS-CFB] sections 2.2 to 2.6 and [MS-XLS] sections 2.4 and 2.5.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from realities.model.tables.sheets import (
    MOST_CELLS,
    Allowance,
    Area,
    Book,
    Cell,
    Sheet,
    TableError,
    sheet_index,
)

_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
#: A sector's number from here on marks an end or a gap.
_NO_SECTOR = 0xFFFFFFFA

_BOF, _EOF, _CONTINUE, _FILE_PASS = 0x0809, 0x000A, 0x003C, 0x002F
_BOUND_SHEET, _SST, _EXTERN_SHEET, _NAME = 0x0085, 0x00FC, 0x0017, 0x0018
_NUMBER, _RK, _MUL_RK, _LABEL_SST, _LABEL, _RICH = 0x0203, 0x027E, 0x00BD, 0x00FD, 0x0204, 0x00D6
_BOOL_ERROR, _FORMULA, _STRING = 0x0205, 0x0006, 0x0207
_EXCEL_97 = 0x0600
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


@dataclass(frozen=True, slots=True)
class _Name:
    """A named range as it is kept: the sheet it belongs to, from 1, or 0; its reference; its corners."""

    name: str
    owner: int
    reference: int
    corners: tuple[int, int, int, int]


class XlsBook(Book):
    """An open workbook."""

    def __init__(self, content: bytes, allowance: Allowance) -> None:
        self._allowance = allowance
        self._sheets: list[tuple[str, int]] = []
        self._names: list[_Name] = []
        self._references: list[tuple[int, int]] = []
        self._shared: list[bytes] = []
        try:
            self._stream = _workbook_stream(content)
            self._read_globals()
        except (struct.error, IndexError, UnicodeDecodeError):
            raise TableError("bad-table", "is a damaged spreadsheet") from None

    def sheet(self, name: str) -> Sheet:
        """Return a sheet by its name or number."""
        index = sheet_index(name, [one for one, _ in self._sheets])
        try:
            return self._read_sheet(*self._sheets[index])
        except (struct.error, IndexError, UnicodeDecodeError):
            raise TableError("bad-table", f'is damaged in the sheet "{self._sheets[index][0]}"') from None

    def first(self) -> Sheet:
        """Return the first sheet."""
        return self.sheet("1")

    def area(self, sheet: str, name: str) -> Area | None:
        """Return a named range."""
        here = sheet_index(sheet, [one for one, _ in self._sheets]) + 1
        key = name.strip().casefold()
        found = [one for one in self._names if one.name.casefold() == key]
        found.sort(key=lambda one: (one.owner != here, one.owner != 0))
        if not found or not found[0].reference < len(self._references):
            return None
        first, last = self._references[found[0].reference]
        if first != last or not 0 <= first < len(self._sheets):
            return None
        top, bottom, left, right = found[0].corners
        return Area(self._sheets[first][0], top + 1, left + 1, bottom + 1, right + 1)

    # -- records ----------------------------------------------------------------------------------

    def _records(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Yield kind and content of each record of one part of the stream, up to its end."""
        stream, at, depth = self._stream, start, 0
        while at + 4 <= len(stream):
            kind, length = struct.unpack_from("<HH", stream, at)
            self._allowance.take_bytes(4 + length)
            at += 4
            if kind == _BOF:
                depth += 1
            elif kind == _EOF:
                depth -= 1
                if depth <= 0:
                    return
            if depth == 1:  # charts inside a sheet are parts of their own
                yield kind, stream[at : at + length]
            at += length

    def _read_globals(self) -> None:
        """Read what stands before the sheets: their names, ranges with names, texts that cells share."""
        kind, length = struct.unpack_from("<HH", self._stream, 0)
        if kind != _BOF or length < 4 or struct.unpack_from("<H", self._stream, 4)[0] != _EXCEL_97:
            raise TableError("bad-table", "is from before Excel 97; save it as .xlsx")
        last = 0
        for kind, record in self._records(0):
            match kind:
                case 0x002F:
                    raise TableError("bad-table", "is locked with a password")
                case 0x0085:
                    offset, sort = struct.unpack_from("<IxB", record)
                    if sort == 0:
                        self._sheets.append((_text(record, 7, record[6]), offset))
                case 0x0017:
                    (count,) = struct.unpack_from("<H", record)
                    for i in range(min(count, (len(record) - 2) // 6)):
                        _, first, final = struct.unpack_from("<Hhh", record, 2 + 6 * i)
                        self._references.append((first, final))
                case 0x0018:
                    self._read_name(record)
                case 0x00FC:
                    self._shared.append(record)
                case 0x003C if last == _SST:
                    self._shared.append(record)
            last = _SST if kind == _CONTINUE and last == _SST else kind
        if not self._sheets:
            raise TableError("bad-table", "is a damaged spreadsheet: it names no sheets")

    def _read_name(self, record: bytes) -> None:
        """Keep a name that stands for one range of cells."""
        n_letters, n_formula, owner = struct.unpack_from("<3xBH2xH", record)
        name = _text(record, 14, n_letters)
        start = 15 + n_letters * (2 if record[14] & 1 else 1)
        formula = record[start : start + n_formula]
        match formula[:1]:
            case b"\x3a" | b"\x5a" | b"\x7a" if n_formula == 7:
                reference, row, column = struct.unpack_from("<HHH", formula, 1)
                corners = (row, row, column & 0x3FFF, column & 0x3FFF)
            case b"\x3b" | b"\x5b" | b"\x7b" if n_formula == 11:
                reference, top, bottom, left, right = struct.unpack_from("<HHHHH", formula, 1)
                corners = (top, bottom, left & 0x3FFF, right & 0x3FFF)
            case _:
                return
        self._names.append(_Name(name, owner, reference, corners))

    @cached_property
    def _texts(self) -> list[str]:
        """The texts that cells share, by number."""
        return _shared_texts(self._shared) if self._shared else []

    def _read_sheet(self, name: str, offset: int) -> Sheet:
        rows: dict[int, dict[int, Cell]] = {}
        waiting: tuple[int, int] | None = None

        def put(row: int, column: int, value: Cell) -> None:
            self._allowance.take_cells(1)
            if isinstance(value, float) or value.strip():
                rows.setdefault(row + 1, {})[column + 1] = value

        for kind, record in self._records(offset):
            if kind == _STRING and waiting is not None:
                (count,) = struct.unpack_from("<H", record)
                put(*waiting, _text(record, 2, count))
            waiting = None
            match kind:
                case 0x0203:
                    row, column, number = struct.unpack_from("<HH2xd", record)
                    put(row, column, number)
                case 0x027E:
                    row, column, packed = struct.unpack_from("<HH2xI", record)
                    put(row, column, _unpacked(packed))
                case 0x00BD:
                    row, column = struct.unpack_from("<HH", record)
                    for i in range((len(record) - 6) // 6):
                        (packed,) = struct.unpack_from("<2xI", record, 4 + 6 * i)
                        put(row, column + i, _unpacked(packed))
                case 0x00FD:
                    row, column, index = struct.unpack_from("<HH2xI", record)
                    put(row, column, self._texts[index])
                case 0x0204 | 0x00D6:
                    row, column, count = struct.unpack_from("<HH2xH", record)
                    put(row, column, _text(record, 8, count))
                case 0x0205:
                    row, column, value, is_error = struct.unpack_from("<HH2xBB", record)
                    put(row, column, _ERRORS.get(value, "#") if is_error else float(value))
                case 0x0006:
                    row, column, number = struct.unpack_from("<HH2xd", record)
                    sort, value = record[6], record[8]
                    if record[12:14] != b"\xff\xff":
                        put(row, column, number)
                    elif sort == 0:
                        waiting = (row, column)  # its text is the next record
                    elif sort == 1:
                        put(row, column, float(value))
                    elif sort == 2:
                        put(row, column, _ERRORS.get(value, "#"))
        return Sheet(name, rows)


def _unpacked(packed: int) -> float:
    """Return the number of an RK value: 30 bits of a whole number or of a double, maybe in hundredths."""
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        (value,) = struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFFFFFC))
    return value / 100.0 if packed & 1 and math.isfinite(value) else value


def _text(record: bytes, at: int, count: int) -> str:
    """Return `count` letters behind the byte at `at`, which says whether a letter takes one byte or two."""
    if record[at] & 1:
        return record[at + 1 : at + 1 + 2 * count].decode("utf-16-le", errors="replace")
    return record[at + 1 : at + 1 + count].decode("latin-1")


def _shared_texts(pieces: list[bytes]) -> list[str]:
    """Return the texts of a table that runs over several records; a text may be cut by their ends."""
    (count,) = struct.unpack_from("<4xI", pieces[0])
    if count > MOST_CELLS:
        raise TableError("too-large", f"holds too many texts: at most {MOST_CELLS:,} are read")
    reader = _Pieces(pieces, 8)
    texts = []
    for _ in range(count):
        n_letters, flags = struct.unpack("<HB", reader.take(3))
        n_runs = struct.unpack("<H", reader.take(2))[0] if flags & 8 else 0
        n_more = struct.unpack("<I", reader.take(4))[0] if flags & 4 else 0
        texts.append(reader.letters(n_letters, flags))
        reader.skip(4 * n_runs + n_more)
    return texts


@dataclass(slots=True)
class _Pieces:
    """Bytes that stand in several records, read one after the other."""

    pieces: list[bytes]
    at: int
    piece: int = 0

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        found = b""
        while len(found) < count:
            part = self.pieces[self.piece][self.at : self.at + count - len(found)]
            found += part
            self.at += len(part)
            if len(found) < count:
                self._next()
        return found

    def skip(self, count: int) -> None:
        """Pass over some bytes."""
        while count > (left := len(self.pieces[self.piece]) - self.at):
            count -= left
            self._next()
        self.at += count

    def letters(self, count: int, flags: int) -> str:
        """Return the next letters; a further record begins with a byte that says how wide they are there."""
        parts = []
        while count:
            if self.at >= len(self.pieces[self.piece]):
                self._next()
                flags = self.take(1)[0]
            width = 2 if flags & 1 else 1
            n_here = min(count, (len(self.pieces[self.piece]) - self.at) // width)
            if n_here == 0:
                raise IndexError("half a letter")
            raw = self.take(n_here * width)
            parts.append(raw.decode("utf-16-le", errors="replace") if width == 2 else raw.decode("latin-1"))
            count -= n_here
        return "".join(parts)

    def _next(self) -> None:
        self.piece, self.at = self.piece + 1, 0
        if self.piece >= len(self.pieces):
            raise IndexError("no more records")


# -- the compound file ------------------------------------------------------------------------------------


def _workbook_stream(content: bytes) -> bytes:
    """Return the stream of records in a compound file."""
    if content[:8] != _SIGNATURE or len(content) < 2 * _HEADER:
        raise TableError("bad-table", "is not a spreadsheet")
    shift, small_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or small_shift != 6:
        raise TableError("bad-table", "is not a spreadsheet")
    size = 1 << shift
    n_sectors = len(content) // size
    (directory_start,) = struct.unpack_from("<I", content, 48)
    cutoff, small_start = struct.unpack_from("<II", content, 56)
    table = _allocation(content, size, n_sectors)
    directory = b"".join(_chain(content, size, size, table, directory_start))
    entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
    found = next((one for name in ("workbook", "book") for one in entries if _entry_name(one) == name), None)
    if found is None:
        raise TableError("bad-table", "is not a spreadsheet: it holds no workbook")
    start, length = struct.unpack_from("<II", found, 116)
    if length > len(content):
        raise TableError("bad-table", "is a damaged spreadsheet")
    if length >= cutoff:
        return b"".join(_chain(content, size, size, table, start))[:length]
    (root_start,) = struct.unpack_from("<I", entries[0], 116)
    small = b"".join(_chain(content, size, size, table, root_start))
    raw = b"".join(_chain(content, size, size, table, small_start))
    small_table = struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])
    return b"".join(_chain(small, 1 << small_shift, 0, small_table, start))[:length]


def _entry_name(entry: bytes) -> str:
    (length,) = struct.unpack_from("<H", entry, 64)
    return entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace").casefold()


def _allocation(content: bytes, size: int, n_sectors: int) -> tuple[int, ...]:
    """Return for each sector the one that follows it."""
    (n_tables,) = struct.unpack_from("<I", content, 44)
    n_tables = min(n_tables, n_sectors * 4 // size + 1)
    sectors = list(struct.unpack_from("<109I", content, 76))
    (further,) = struct.unpack_from("<I", content, 68)
    for _ in range(n_tables * 4 // size + 1):
        if further >= n_sectors or len(sectors) >= n_tables:
            break
        *more, further = struct.unpack_from(f"<{size // 4}I", content, size * (further + 1))
        sectors += more
    table: list[int] = []
    for sector in sectors[:n_tables]:
        if sector < n_sectors:
            table += struct.unpack_from(f"<{size // 4}I", content, size * (sector + 1))
    return tuple(table)


def _chain(content: bytes, size: int, base: int, table: tuple[int, ...], start: int) -> Iterator[bytes]:
    """Yield the sectors of a chain; one that comes back on itself is damaged."""
    sector = start
    for _ in range(len(table) + 1):
        if sector >= _NO_SECTOR:
            return
        yield content[base + size * sector : base + size * (sector + 1)]
        sector = table[sector]
    raise TableError("bad-table", "is a damaged spreadsheet: its sectors run in a circle")
