"""Where in which file something was said.

Every later stage points at the user's text through a `Span`: a half-open range of characters in a
`SourceText`. Lines and columns count from 1, columns in Unicode code points, as editors show them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class SourceText:
    """One file as the user wrote it: the name to show, its whole text, and how its bytes were read."""

    name: str
    text: str
    encoding: str = ""
    _line_starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        object.__setattr__(self, "_line_starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Return the (line, column) of a character offset, both counted from 1."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the character offset of a (line, column), clipped to the text."""
        line = max(1, min(line, len(self._line_starts)))
        return min(self._line_starts[line - 1] + max(column, 1) - 1, len(self.text))

    def line(self, number: int) -> str:
        """Return line `number` (from 1) without its line break; empty outside the text."""
        if not 1 <= number <= len(self._line_starts):
            return ""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else None].rstrip("\r")

    def span(self, start: int, end: int | None = None) -> Span:
        """Return the span of characters `start` to `end` (default: one character)."""
        return Span(self, start, start + 1 if end is None else end)

    def line_span(self, line: int, column: int = 1, width: int = 1) -> Span:
        """Return a span given by line and column, for readers that know no offsets."""
        start = self.offset(line, column)
        return Span(self, start, start + max(width, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Characters `start` to `end` of a source."""

    source: SourceText
    start: int
    end: int

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1."""
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """Return the span from the start of this one to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


#: For values that no file holds: built by a pass or by a Python caller.
NOWHERE = Span(SourceText("<built in>", ""), 0, 0)


#: The encoding that an XML file says it has.
_DECLARED = re.compile(rb"""\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")


def encoding_of(content: bytes) -> str:
    """Return how bytes are to be read: as UTF-8, as UTF-16 by its mark, or as Windows writes Western text.

    XML that declares another encoding is read as it says.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    declared = _DECLARED.match(content)
    own: tuple[str, ...] = () if declared is None else (declared[1].decode("ascii"),)
    for encoding in ("utf-8-sig", *own, "cp1252"):
        try:
            content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        return encoding
    return "latin-1"


def decode(content: bytes) -> str:
    """Return text from bytes, in the encoding that they seem to have."""
    return content.decode(encoding_of(content), errors="replace")
