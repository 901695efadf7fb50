"""Sources: the entries of `sources.bib`, to which every number in a case leads back.

In comes BibTeX; out come `Source`s by key. A library for BibTeX would bring LaTeX parsers and their
own dependencies for the six fields that a case shows, and none gives the line and column of what is
wrong; so the format's few rules are read here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from realities.errors import Findings, meant_or_there
from realities.source import NOWHERE, SourceText, Span

_ENTRY: Final = re.compile(r"@\s*([A-Za-z]+)\s*([{(])")
_FIRST: Final = re.compile(r"(?:(?<=\n)|\A)[ \t]*(?=@\s*[A-Za-z]*\s*[{(])")
_KEY: Final = re.compile(r"\s*([^\s,{}()=\"#%\\]+)\s*(,|(?=[})]))")
_FIELD: Final = re.compile(r"\s*([A-Za-z][\w:.+/-]*)\s*=\s*")
_SPACE: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"[\w:.+/-]+")

_ACCENTS: Final = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323",
}  # fmt: skip
_LETTERS: Final = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "textendash": "–", "textemdash": "—", "ldots": "…", "dots": "…",
    "textasciitilde": "~", "textbackslash": "\\", "textunderscore": "_",
}  # fmt: skip
_ACCENTED: Final = re.compile(
    r"\\(?:(['`\"^~=.])\s*|([cvuHkrd])(?:\s+|(?=\{)))(?:\{\s*(\\?[A-Za-z])\s*\}|(\\?[A-Za-z]))"
)
_COMMAND: Final = re.compile(r"\\([A-Za-z]+)\s*(?:\{\})?")
_ESCAPED: Final = re.compile(r"\\([^A-Za-z])")


@dataclass(frozen=True, slots=True)
class Source:
    """One BibTeX entry, in plain text: accents kept, braces and TeX escapes taken away.

    `inferred` says from what the dates of all that rests on it were inferred; empty where it has a date of
    its own.
    """

    key: str
    kind: str
    title: str = ""
    author: str = ""
    year: str = ""
    url: str = ""
    note: str = ""
    inferred: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


def source_keys(text: str) -> tuple[str, ...]:
    """Return the keys that a `source` cell or value names: one, or several parted by semicolons."""
    return tuple(key for part in text.split(";") if (key := part.strip()))


def check_keys(
    text: str, span: Span, sources: Mapping[str, Source] | None, findings: Findings, *, required: bool = False
) -> None:
    """Note an error for each key in `text` that no source has, and where a required one is missing.

    Where `sources` is None the file could not be read, and every key passes.
    """
    keys = source_keys(text)
    if required and not keys:
        findings.error("missing-source", "a source is missing: name an entry of sources.bib", span)
    if sources is None:
        return
    for key in keys:
        if key not in sources:
            findings.error(
                "unknown-source", f'sources.bib has no entry "{key[:60]}"', span, meant_or_there(key, sources)
            )


def parse_sources(source: SourceText, findings: Findings) -> dict[str, Source]:
    """Return the entries of a BibTeX file by key, in the order of the file.

    What cannot be read is an error at its place, and reading goes on with the next entry.
    """
    return _Reader(source, findings).entries()


class BibtexError(Exception):
    """Something that is not BibTeX, at a place of the file."""

    def __init__(self, message: str, at: int) -> None:
        self.at = at
        super().__init__(message)


class _Reader:
    """One BibTeX file being read."""

    def __init__(self, source: SourceText, findings: Findings) -> None:
        self.source, self.text, self.findings = source, source.text, findings
        self.at = 0
        self.starts = [match.start() for match in _FIRST.finditer(source.text)]
        self.macros: dict[str, str] = {}
        self.found: dict[str, Source] = {}

    def entries(self) -> dict[str, Source]:
        """Read the whole file; text between entries is a comment, as in BibTeX."""
        while (start := self.text.find("@", self.at)) >= 0:
            match = _ENTRY.match(self.text, start)
            self.at = match.end() if match else start + 1
            try:
                if match is not None:
                    self.entry(match)
                elif self._begins_line(start):
                    raise BibtexError('expected an entry such as "@misc{key, title = {...}}"', start)
            except BibtexError as problem:
                self.findings.error("bad-bibtex", str(problem), self.source.span(problem.at))
                self.at = self._next_entry(start + 1)
        return self.found

    def entry(self, match: re.Match[str]) -> None:
        """Read one entry whose opening has been matched."""
        kind, close = match[1].lower(), "}" if match[2] == "{" else ")"
        if kind in ("comment", "preamble"):
            return  # the word alone is passed over, as BibTeX does: what follows is a comment
        if kind == "string":
            self.macros |= self.fields(close, match.start())
            return
        key = _KEY.match(self.text, self.at)
        if key is None:
            raise BibtexError("an entry needs a key, followed by a comma", min(self.at, len(self.text) - 1))
        self.at = key.end()
        name, span = key[1], self.source.span(key.start(1), key.end(1))
        try:
            fields = self.fields(close, match.start())
        except BibtexError:  # its key stands, so that each use of it is not an error of its own
            self.found.setdefault(name, Source(name, kind, span=span))
            raise
        if name in self.found:
            hint = f"the first is at {self.found[name].span}"
            self.findings.error("duplicate-id", f'two sources have the key "{name}"', span, hint)
            return
        year = fields.get("year") or fields.get("date", "")[:4]
        notes = [fields.get(part, "") for part in ("howpublished", "note")]
        self.found[name] = Source(
            key=name,
            kind=kind,
            title=plain_text(fields.get("title", "")),
            author=plain_text(fields.get("author") or fields.get("organization", "")),
            year=plain_text(year),
            url=plain_address(fields.get("url", "")),
            note="; ".join(plain_text(note) for note in notes if note),
            inferred=self.inferred(fields, span),
            span=span,
        )

    def inferred(self, fields: Mapping[str, str], span: Span) -> str:
        """Return from what an entry says that its dates were inferred; one word is no reason."""
        text = plain_text(fields.get("inferred", ""))
        if "inferred" in fields and len(text.split()) < 2:
            message = '"inferred" does not say from what the dates were inferred'
            self.findings.error("bad-value", message, span, "such as: inferred = {the events it speaks of}")
        return text

    def fields(self, close: str, start: int) -> dict[str, str]:
        """Read `name = value, ...` up to the closing mark."""
        fields: dict[str, str] = {}
        while True:
            self._pass_blank()
            if self.text.startswith(close, self.at):
                self.at += 1
                return fields
            match = _FIELD.match(self.text, self.at)
            if match is None:
                self._expect_more(close, start)
                raise BibtexError(f'expected "name = value" or "{close}"', self.at)
            self.at = match.end()
            fields[match[1].lower()] = self.value(start)
            self._pass_blank()
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith(close, self.at):
                self._expect_more(close, start)
                raise BibtexError(f'expected a comma or "{close}" after a value', self.at)

    def value(self, start: int) -> str:
        """Read a value: braces, quotes, a number or a name, joined by `#`."""
        parts: list[str] = []
        while True:
            self._pass_blank()
            first, begin = self.text[self.at : self.at + 1], self.at + 1
            if first in ("{", '"'):
                self.at = self._balanced(begin, begin - 1, "}" if first == "{" else '"')
                parts.append(self.text[begin : self.at - 1])
            elif word := _WORD.match(self.text, self.at):
                self.at = word.end()
                parts.append(word[0] if word[0].isdigit() else self.macros.get(word[0].lower(), word[0]))
            else:
                self._expect_more("}", start)
                raise BibtexError("expected a value in braces or quotes", self.at)
            self._pass_blank()
            if not self.text.startswith("#", self.at):
                return "".join(parts)
            self.at += 1

    def _balanced(self, at: int, start: int, close: str) -> int:
        """Return the offset after the closing mark that belongs to the opening one at `start`.

        The search ends where the next entry begins, so that one lost brace costs one entry.
        """
        depth, end = 0, self._next_entry(start + 1)
        while at < end:
            sign = self.text[at]
            if sign == close and depth == 0:
                return at + 1
            depth += (sign == "{") - (sign == "}")
            if depth < 0:
                break
            at += 2 if sign == "\\" else 1
        raise BibtexError(f'what opens here is never closed by "{close}"', start)

    def _expect_more(self, close: str, start: int) -> None:
        """Blame the entry as a whole where it ends too early: its own mark is the one that is lost."""
        if self.at >= self._next_entry(start + 1):
            raise BibtexError(f'this entry is not closed by "{close}" before the next begins', start)

    def _pass_blank(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _begins_line(self, at: int) -> bool:
        return not self.text[self.text.rfind("\n", 0, at) + 1 : at].strip()

    def _next_entry(self, at: int) -> int:
        """Return the offset of the next entry that begins a line, or the end of the file."""
        index = bisect_right(self.starts, at - 1)
        return self.starts[index] if index < len(self.starts) else len(self.text)


def plain_text(tex: str) -> str:
    r"""Return TeX as plain text: accents composed, known commands replaced, braces taken away.

    Examples
    --------
    >>> plain_text(r"{{S\'ilvia M\"uller: 5\% of \emph{files}}}")
    'Sílvia Müller: 5% of files'
    """
    text = _ACCENTED.sub(_accented, tex)
    text = _ESCAPED.sub(lambda m: _MARK.get(m[1], m[1]), text)
    text = _COMMAND.sub(lambda m: _LETTERS.get(m[1], ""), text)
    text = text.replace("{", "").replace("}", "").replace("---", "—").replace("--", "–").replace("~", " ")
    for sign, mark in _MARK.items():
        text = text.replace(mark, sign)
    return unicodedata.normalize("NFC", " ".join(text.split()))


def plain_address(tex: str) -> str:
    r"""Return the address in a `url` field, freed of braces, escapes and `\url`."""
    text = _ESCAPED.sub(r"\1", tex.replace("\\url", ""))
    return "".join(text.replace("{", "").replace("}", "").split())


#: Escaped signs that must outlive the removal of unescaped ones.
_MARK: Final = {"{": "\ue000", "}": "\ue001", "~": "\ue002"}


def _accented(match: re.Match[str]) -> str:
    letter = (match[3] or match[4]).lstrip("\\")
    return letter + _ACCENTS[match[1] or match[2]]
