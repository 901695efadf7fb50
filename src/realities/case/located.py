"""A parsed TOML or JSON file together with the place of every key and value in it.

`toml_text.py` and `json_text.py` build these; `shapes.py` checks them, and the readers of each file
take from them both values and the spans that diagnostics point at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from realities.source import SourceText, Span

#: Where a value stands within its file: keys of tables and, counted from 0, places in arrays.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Character ranges of one key and of its value; `inner` is what stands between a string's quotes."""

    key: tuple[int, int]
    value: tuple[int, int]
    inner: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """A file's values and their places. A path nobody wrote has the place of what would hold it."""

    source: SourceText
    data: dict[str, object]
    places: Mapping[Path, Place]

    def key(self, *path: str | int) -> Span:
        """Return the place of a key."""
        place = self._place(path)
        return self.source.span(*place.key)

    def value(self, *path: str | int) -> Span:
        """Return the place of a value as written, quotes included."""
        place = self._place(path)
        return self.source.span(*place.value)

    def text(self, *path: str | int) -> Span:
        """Return the place of a string's own characters: the span's `text` is the string itself.

        Where escapes or line breaks make the file differ from the string, the span lies in a
        stand-in for the file that holds the string, without them, at the place where it starts.
        """
        place, wanted = self._place(path), self.get(*path)
        start, end = place.inner or place.value
        span = self.source.span(start, end)
        if not isinstance(wanted, str) or span.text == wanted:
            return span
        line, column = self.source.position(start)
        padding = "\n" * (line - 1) + " " * (column - 1)
        stand_in = SourceText(self.source.name, padding + wanted)
        return stand_in.span(len(padding), len(padding) + len(wanted))

    def get(self, *path: str | int) -> object:
        """Return the value at a path, or None if there is none."""
        value: object = self.data
        for part in path:
            match value:
                case dict() if part in value:
                    value = value[part]
                case list() if isinstance(part, int) and part < len(value):
                    value = value[part]
                case _:
                    return None
        return value

    def _place(self, path: Path) -> Place:
        for length in range(len(path), 0, -1):
            if (found := self.places.get(path[:length])) is not None:
                return found
        return Place((0, 1), (0, 1))
