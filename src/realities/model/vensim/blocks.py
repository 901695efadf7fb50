"""Cut a Vensim file into blocks: equations with their unit and comment, groups and macros.

In comes the text of a file; out come places in it, in the order of the file, and what stands behind
them: the sketch and the settings, copied as they are, and read in `settings.py`. An equation's text has
its comments and line continuations blanked, letter for letter, so that every place in it is a place in
the file. `read.py` has each block read next.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from realities.errors import MOST_ERRORS, Findings
from realities.source import SourceText, Span

#: An equation longer than this is no equation; saying so beats minutes of parsing.
LONGEST_EQUATION = 500_000
#: A file with more equations than this is refused.
MOST_EQUATIONS = 100_000

_SKETCH = re.compile(r"^[ \t]*\\\\+---///", re.MULTILINE)
_GROUP = re.compile(r"\*{4,}[ \t]*\n[ \t]*\.?([^\n*|~]*)\n[ \t]*\*{4,}([^|]*)\|?")
_MACRO = re.compile(r":MACRO:\s*([^(|~]*)\(([^()|~]*)\)", re.IGNORECASE)
_END_OF_MACRO = re.compile(r":END\s+OF\s+MACRO:", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"', re.DOTALL)
_STOP = re.compile(r'["{~|]')
_MARK = re.compile(r"[~|]")
_SPACE = re.compile(r"\s*")
#: A line in the place of a unit that is the beginning of an equation.
_NEXT_EQUATION = re.compile(r"\n[ \t]*([^\n=~|{}]+=)")
_BRACE = re.compile(r"[{}]")
_BLANK = re.compile(r'"(?:[^"\\\n]|\\.)*"|\{|\\[ \t]*\n', re.DOTALL)
_CONTINUATION = re.compile(r"\\[ \t]*\n")
#: Comments stand inside one another; one whose braces do not match within so many letters ends at its first.
_LONGEST_NEST = 10_000


@dataclass(frozen=True, slots=True)
class Block:
    """One entry of a file: blanked text that begins at `start`, and the places of unit and comment."""

    kind: Literal["equation", "macro", "end of macro"]
    start: int
    text: str
    unit: Span
    doc: str
    group: str
    is_supplementary: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """The blocks of a file, where its sketch and settings begin (at its end without any), notes of groups."""

    blocks: tuple[Block, ...]
    sketch: int
    group_notes: tuple[tuple[str, str], ...] = ()


def cut(source: SourceText, findings: Findings) -> Cut:
    """Return the blocks of a Vensim file; what cannot be cut is noted in `findings`."""
    sketch = _SKETCH.search(source.text)
    end = sketch.start() if sketch else len(source.text)
    cutter = _Cutter(source, end, findings, comment_ends(source.text, end))
    return Cut(tuple(cutter.run()), end, tuple(cutter.notes.items()))


def blank(text: str) -> str:
    """Return `text` with comments and line continuations replaced by as many spaces."""
    if "{" not in text and "\\" not in text:
        return text
    parts: list[str] = []
    comments = comment_ends(text, len(text))
    at = 0
    while found := _BLANK.search(text, at):
        parts.append(text[at : found.start()])
        at = found.end()
        if found.group().startswith('"'):
            parts.append(_CONTINUATION.sub(_spaces, found.group()))
            continue
        if found.group() == "{":
            at = comments.get(found.start(), at)
        parts.append(" " * (at - found.start()))
    return "".join((*parts, text[at:]))


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found.group())


def comment_ends(text: str, end: int) -> dict[int, int]:
    """Return where each comment of a text is over, by where it begins, without those that nothing closes.

    Comments stand inside one another, as when a part of an equation is put out of use that has one.
    """
    ends: dict[int, int] = {}
    opened: list[int] = []
    lone: list[int] = []
    closed: list[int] = []
    for found in _BRACE.finditer(text, 0, end):
        at = found.start()
        if found.group() == "{":
            opened.append(at)
            continue
        closed.append(at)
        if opened:
            start = opened.pop()
            if at - start <= _LONGEST_NEST:
                ends[start] = at + 1
            else:
                lone.append(start)
    for start in (*opened, *lone):
        first = bisect_right(closed, start)
        if first < len(closed):
            ends[start] = closed[first] + 1
    return ends


@dataclass(slots=True)
class _Cutter:
    """Walks through the text once, from `at` to `end`."""

    source: SourceText
    end: int
    findings: Findings
    comments: dict[int, int]
    at: int = 0
    group: str = ""
    notes: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[Block]:
        blocks: list[Block] = []
        text = self.source.text
        while len(self.findings.errors) < MOST_ERRORS:
            self._skip_gap(text)
            if self.at >= self.end:
                break
            block = self._next(text)
            if block is not None:
                blocks.append(block)
            if len(blocks) > MOST_EQUATIONS:
                self._error(
                    Span(self.source, self.at, self.at + 1),
                    f"a file holds at most {MOST_EQUATIONS:,} equations",
                )
                break
        return blocks

    def _skip_gap(self, text: str) -> None:
        """Walk over white space and the comments between equations."""
        while True:
            gap = _SPACE.match(text, self.at, self.end)
            self.at = gap.end() if gap else self.at
            if text[self.at : self.at + 1] != "{" or self.at >= self.end:
                return
            after = self.comments.get(self.at)
            if after is None:
                return
            self.at = after

    def _next(self, text: str) -> Block | None:
        if found := _GROUP.match(text, self.at, self.end):
            self.group, self.at = found[1].strip(), found.end()
            if note := found[2].strip().removeprefix("~").strip():
                self.notes.setdefault(self.group, note)
            return None
        if found := _MACRO.match(text, self.at, self.end):
            start, self.at = self.at, found.end()
            return self._block("macro", start, found.end())
        if found := _END_OF_MACRO.match(text, self.at, self.end):
            start, self.at = self.at, found.end()
            return self._block("end of macro", start, found.end())
        return self._equation(text)

    def _equation(self, text: str) -> Block | None:
        start = self.at
        stop = self._end_of_equation(text)
        if stop is None:
            return None
        if stop == start:
            self._error(Span(self.source, start, start + 1), "an equation should stand before this mark")
            self.at = self._bar(text, start) + 1
            return None
        unit_start = unit_end = doc_start = doc_end = self.at = stop
        if text[stop] == "~":
            unit_start, unit_end = stop + 1, self._mark(text, stop + 1)
            self._check_unit(text, unit_start, unit_end)
            doc_start = doc_end = self.at = unit_end
            if text[unit_end : unit_end + 1] == "~":
                doc_start, doc_end = unit_end + 1, self._mark(text, unit_end + 1)
                self.at = doc_end
        is_supplementary = False
        n_flags = 0
        while text[self.at : self.at + 1] == "~" and self.at < self.end:
            flag_start, self.at = self.at + 1, self._mark(text, self.at + 1)
            flag = text[flag_start : self.at].strip()
            is_supplementary |= flag.upper().startswith(":SUP")
            is_last = text[self.at : self.at + 1] == "|"
            n_flags += 1
            is_odd = bool(flag) and not flag.startswith(":")
            has_equation = any(
                _NEXT_EQUATION.search(text, *part) for part in ((doc_start, doc_end), (flag_start, self.at))
            )
            if is_odd and is_last and not has_equation and "=" not in text[doc_start:doc_end]:
                doc_end = self.at  # a "~" inside a comment
            elif is_odd or (n_flags > 1 and has_equation):
                self._error(
                    Span(self.source, doc_start, min(doc_end, doc_start + 1)),
                    'the comment of this equation runs into the next one; end it with "|"',
                )
                self.at = self._bar(text, self.at)
        if self.at >= self.end:
            self._error(
                Span(self.source, start, start + 1),
                'this equation is not ended: expected "~", its unit, "~", a comment and "|"',
            )
        self.at += 1
        block = self._block("equation", start, stop)
        unit = Span(self.source, unit_start, unit_end)
        doc = " ".join(_CONTINUATION.sub(" ", text[doc_start:doc_end]).replace("~", " ").split())
        return Block(block.kind, start, block.text, unit, doc, block.group, is_supplementary)

    def _check_unit(self, text: str, start: int, end: int) -> None:
        """Note a unit that goes on into another equation, which would be lost with it."""
        found = _NEXT_EQUATION.search(text, start, end)
        if found is not None:
            first = found.start(1)
            place = Span(self.source, first, first + len(found[1].rstrip()))
            self._error(place, 'the unit of the equation before runs into this one; end it with "~", "|"')

    def _mark(self, text: str, start: int) -> int:
        found = _MARK.search(text, start, self.end)
        return found.start() if found else self.end

    def _bar(self, text: str, start: int) -> int:
        found = text.find("|", start, self.end)
        return found if found >= 0 else self.end

    def _end_of_equation(self, text: str) -> int | None:
        """Return where the `~` or `|` after an equation stands, or None where it cannot be told."""
        at = self.at
        while found := _STOP.search(text, at, self.end):
            if found.group() in "~|":
                return found.start()
            is_comment = found.group() == "{"
            if is_comment:
                after = self.comments.get(found.start())
            else:
                quoted = _QUOTED.match(text, found.start(), self.end)
                after = quoted.end() if quoted else None
            if after is None:
                what = 'comment is never closed by "}"' if is_comment else "quoted name is never closed"
                self._error(Span(self.source, found.start(), found.start() + 1), f"this {what}")
                self.at = self.end if is_comment else self._bar(text, found.start()) + 1
                return None
            at = after
        place = Span(self.source, self.at, self.at + 1)
        self._error(place, 'this equation is not ended: expected "~", its unit, "~", a comment and "|"')
        self.at = self.end
        return None

    def _block(self, kind: Literal["equation", "macro", "end of macro"], start: int, end: int) -> Block:
        text = blank(self.source.text[start:end])
        return Block(kind, start, text, Span(self.source, end, end), "", self.group)

    def _error(self, span: Span, message: str) -> None:
        self.findings.error("syntax-error", message, span)
