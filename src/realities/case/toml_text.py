"""TOML with places: the standard library's parser for the values, a small scanner for where they stand.

`tomllib` gives no positions, and a finding without a line is of little use in a file of a thousand.
The scanner runs only over text that `tomllib` has accepted, so it need not know what is an error.
"""

from __future__ import annotations

import re
import tomllib
from typing import Final

from realities.case.located import Located, Path, Place
from realities.errors import Findings
from realities.source import SourceText, Span

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_BLANK: Final = re.compile(r"[ \t]*")
_SKIP: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SCALAR: Final = re.compile(r"[^,\]}\n#]*")
_AT: Final = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)
#: A key, and a value of letters without quotes.
_UNQUOTED: Final = re.compile(r"""^\s*([\w."'-]+)\s*=\s*([^\W\d][^"'#]*)""")
#: A key, and a day that is not written as TOML has it: 31.12.2019, 12/31/2019, 2019-1-5, 31 Dec 2019.
_DAY: Final = re.compile(
    r"""^\s*[\w."'-]+\s*=\s*
    (?: \d{4} ([./-]) \d+ (\1\d+)?  |  \d+ ([./-]) \d+ \3 \d{4}
    |   \d+\.? \s+ [^\W\d]+\.? \s+ \d{4}  |  [^\W\d]+\.? \s+ \d+,? \s+ \d{4} ) \b""",
    re.VERBOSE,
)
_OPEN: Final = "the line ends inside a text"
_LINES: Final = "a line is [table], key = value, or a remark that begins with #"
#: What the parser says of a day that it cannot read.
_NO_DAY: Final = ("invalid date", "invalid value", "expected newline or end of document")
#: What to do, by a part of the standard library's message.
_ADVICE: Final = {
    _OPEN: "a text ends with the quotation mark that it began with",
    "expected '='": _LINES,
    "invalid initial character for a key": _LINES,
    "expected newline or end of document": "one value stands on a line; a remark behind it begins with #",
    "cannot overwrite a value": "this key stands here twice",
    "cannot declare": "this table stands here twice; of a list each begins with [[name]]",
    "unclosed array": "a list ends with ]",
}


def parse_toml(source: SourceText, findings: Findings) -> Located | None:
    """Return the values of a TOML file and their places, or None with a finding."""
    try:
        data = tomllib.loads(source.text)
        scanner = _Scanner(source.text)
        scanner.document()
    except RecursionError:
        findings.error("bad-toml", "arrays or tables are nested too deeply", source.span(0))
        return None
    except ValueError as problem:
        message, span = _explain(source, str(problem))
        findings.error("bad-toml", message, span, _advice(message, source.line(span.line)))
        return None
    return Located(source, data, scanner.places)


def _explain(source: SourceText, message: str) -> tuple[str, Span]:
    """Return the parser's message as a sentence, and the place that it names."""
    message = message.replace(r"Illegal character '\n'", _OPEN)
    match = _AT.match(message)
    if match is None:
        return f"this is not TOML: {_lower(message)}", source.span(0)
    if match[2] is None:
        end = len(source.text.rstrip())
        return f"this is not TOML: {_lower(match[1])}", source.span(max(end - 1, 0), max(end, 1))
    return f"this is not TOML: {_lower(match[1])}", source.line_span(int(match[2]), int(match[3]))


def _advice(message: str, line: str) -> str:
    """Return what a beginner most likely forgot, from the parser's message and the line it names."""
    if _DAY.match(line) is not None and any(part in message for part in _NO_DAY):
        return "a day is written year-month-day without quotes, such as 2019-12-31"
    if "invalid value" in message and (match := _UNQUOTED.match(line)) is not None:
        return f'a text stands in quotes: {match[1]} = "{match[2].rstrip()}"'
    return next((advice for part, advice in _ADVICE.items() if part in message), "")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


class _Scanner:
    """Walks accepted TOML once and notes where each key and value stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {}
        self.n_tables: dict[Path, int] = {}

    def document(self) -> None:
        """Walk the whole file."""
        table: Path = ()
        while self.skip():
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)

    def skip(self) -> bool:
        """Pass blanks, line breaks and comments; tell whether anything is left."""
        self.at = self._end(_SKIP)
        return self.at < len(self.text)

    def header(self) -> Path:
        """Walk `[a.b]` or `[[a.b]]` and return the path of the table that it opens."""
        start, double = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        parts = self.keys()
        self.at = self.text.index("]", self.at) + (2 if double else 1)
        path: Path = ()
        for index, (name, span) in enumerate(parts):
            path = (*path, name)
            self.places.setdefault(path, Place(span, (start, self.at)))
            if index < len(parts) - 1 and path in self.n_tables:
                path = (*path, self.n_tables[path] - 1)
        if double:
            index = self.n_tables.get(path, 0)
            self.n_tables[path] = index + 1
            path = (*path, index)
        self.places[path] = Place(parts[-1][1], (start, self.at))
        return path

    def pair(self, table: Path) -> None:
        """Walk `key = value`, the key perhaps dotted."""
        parts = self.keys()
        self.at = self.text.index("=", self.at) + 1
        path, start = table, parts[0][1][0]
        for name, span in parts[:-1]:
            path = (*path, name)
            self.places.setdefault(path, Place(span, (start, parts[-1][1][1])))
        self.value((*path, parts[-1][0]), parts[-1][1])

    def keys(self) -> list[tuple[str, tuple[int, int]]]:
        """Walk a dotted key and return its parts, each with its place without quotes."""
        parts: list[tuple[str, tuple[int, int]]] = []
        while True:
            self.at = self._end(_BLANK)
            start = self.at
            if self.text[start] in "\"'":
                inner = self.string()
                name = _unquoted(self.text[start : self.at])
                parts.append((name, inner if inner[0] < inner[1] else (start, self.at)))
            else:
                self.at = self._end(_BARE)
                parts.append((self.text[start : self.at], (start, self.at)))
            self.at = self._end(_BLANK)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def value(self, path: Path, key: tuple[int, int] | None) -> None:
        """Walk a value of any kind and note its place under `path`."""
        self.skip()
        start, first = self.at, self.text[self.at]
        inner: tuple[int, int] | None = None
        if first in "\"'":
            inner = self.string()
        elif first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        else:
            stop = self._end(_SCALAR)
            self.at = start + len(self.text[start:stop].rstrip())
        span = (start, self.at)
        self.places[path] = Place(key or span, span, inner)

    def array(self, path: Path) -> None:
        """Walk `[value, ...]`."""
        self.at += 1
        index = 0
        while self.skip() and self.text[self.at] != "]":
            self.value((*path, index), None)
            index += 1
            self.skip()
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def inline_table(self, path: Path) -> None:
        """Walk `{key = value, ...}`."""
        self.at += 1
        while self.skip() and self.text[self.at] != "}":
            self.pair(path)
            self.skip()
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def string(self) -> tuple[int, int]:
        """Walk a string of any of the four kinds and return the place between its quotes."""
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        start = end = self.at + len(mark)
        while not self.text.startswith(mark, end):
            end += 2 if quote == '"' and self.text[end] == "\\" else 1
        if len(mark) == 3:
            while self.text.startswith(quote, end + 3):  # up to two quotes may touch the closing mark
                end += 1
            for line_break in ("\r\n", "\n"):  # one that follows the opening mark does not count
                if self.text.startswith(line_break, start):
                    start += len(line_break)
                    break
        self.at = end + len(mark)
        return start, end

    def _end(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        return match.end() if match else self.at


def _unquoted(text: str) -> str:
    """Return the key that a quoted text stands for."""
    ((name, _),) = tomllib.loads(f"{text} = 0").items()
    return name
