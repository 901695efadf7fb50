"""Cut a Vensim file into blocks: equations with their unit and comment, groups and macros.

In comes the text of a file; out come places in it, in the order of the file, and the settings that
stand behind the sketch. An equation's text has its comments and line continuations blanked, letter
for letter, so that every place in it is a place in the file. `read.py` parses each block next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from realities.errors import MOST_ERRORS, Findings
from realities.ir.model import Integrator
from realities.source import SourceText, Span

#: An equation longer than this is no equation; saying so beats minutes of parsing.
LONGEST_EQUATION = 500_000
#: A file with more equations than this is refused.
MOST_EQUATIONS = 100_000

_SKETCH = re.compile(r"^[ \t]*\\\\+---///", re.MULTILINE)
_INTEGRATION = re.compile(r"^15:(?:\s*-?\d+\s*,){3}\s*(\d+)", re.MULTILINE)
_GROUP = re.compile(r"\*{4,}[ \t]*\n[ \t]*\.?([^\n*|~]*)\n[ \t]*\*{4,}[^|]*\|?")
_MACRO = re.compile(r":MACRO:\s*([^(|~]*)\(([^()|~]*)\)", re.IGNORECASE)
_END_OF_MACRO = re.compile(r":END\s+OF\s+MACRO:", re.IGNORECASE)
_QUIET = re.compile(r'"(?:[^"\\\n]|\\.)*"|\{[^}]*\}', re.DOTALL)
_STOP = re.compile(r'["{~|]')
_MARK = re.compile(r"[~|]")
_SPACE = re.compile(r"(?:\s|\{[^}]*\})*")
_BLANK = re.compile(r'"(?:[^"\\\n]|\\.)*"|\{[^}]*\}|\\[ \t]*\n', re.DOTALL)
_CONTINUATION = re.compile(r"\\[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Block:
    """One entry of a file: blanked text that begins at `start`, and the places of unit and comment."""

    kind: Literal["equation", "macro", "end of macro"]
    start: int
    text: str
    unit: Span
    doc: str
    group: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The blocks of a file, and how it asks to be integrated."""

    blocks: tuple[Block, ...]
    integrator: Integrator


def cut(source: SourceText, findings: Findings) -> Cut:
    """Return the blocks of a Vensim file; what cannot be cut is noted in `findings`."""
    sketch = _SKETCH.search(source.text)
    end = sketch.start() if sketch else len(source.text)
    cutter = _Cutter(source, end, findings)
    return Cut(tuple(cutter.run()), _integrator(source, end, findings))


def blank(text: str) -> str:
    """Return `text` with comments and line continuations replaced by as many spaces."""
    if "{" not in text and "\\" not in text:
        return text
    return _BLANK.sub(_blank_one, text)


def _blank_one(match: re.Match[str]) -> str:
    found = match.group()
    if found.startswith('"'):
        return _CONTINUATION.sub(lambda inner: " " * len(inner.group()), found)
    return " " * len(found)


@dataclass(slots=True)
class _Cutter:
    """Walks through the text once, from `at` to `end`."""

    source: SourceText
    end: int
    findings: Findings
    at: int = 0
    group: str = ""

    def run(self) -> list[Block]:
        blocks: list[Block] = []
        text = self.source.text
        while len(self.findings.errors) < MOST_ERRORS:
            gap = _SPACE.match(text, self.at, self.end)
            self.at = gap.end() if gap else self.at
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

    def _next(self, text: str) -> Block | None:
        if found := _GROUP.match(text, self.at, self.end):
            self.group, self.at = found[1].strip(), found.end()
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
            doc_start = doc_end = self.at = unit_end
            if text[unit_end : unit_end + 1] == "~":
                doc_start, doc_end = unit_end + 1, self._mark(text, unit_end + 1)
                self.at = doc_end
        while text[self.at : self.at + 1] == "~" and self.at < self.end:
            flag_start, self.at = self.at + 1, self._mark(text, self.at + 1)
            flag = text[flag_start : self.at].strip()
            if flag and not flag.startswith(":"):
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
        doc = " ".join(_CONTINUATION.sub(" ", text[doc_start:doc_end]).split())
        return Block(block.kind, start, block.text, unit, doc, block.group)

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
            quiet = _QUIET.match(text, found.start(), self.end)
            if quiet is None:
                is_comment = found.group() == "{"
                what = 'comment is never closed by "}"' if is_comment else "quoted name is never closed"
                self._error(Span(self.source, found.start(), found.start() + 1), f"this {what}")
                self.at = self.end if is_comment else self._bar(text, found.start()) + 1
                return None
            at = quiet.end()
        place = Span(self.source, self.at, self.at + 1)
        self._error(place, 'this equation is not ended: expected "~", its unit, "~", a comment and "|"')
        self.at = self.end
        return None

    def _block(self, kind: Literal["equation", "macro", "end of macro"], start: int, end: int) -> Block:
        text = blank(self.source.text[start:end])
        return Block(kind, start, text, Span(self.source, end, end), "", self.group)

    def _error(self, span: Span, message: str) -> None:
        self.findings.error("syntax-error", message, span)


def _integrator(source: SourceText, sketch: int, findings: Findings) -> Integrator:
    """Return the integration method that the settings behind the sketch ask for; Euler without settings."""
    found = _INTEGRATION.search(source.text, sketch)
    if found is None:
        return "euler"
    place = Span(source, found.start(), found.end())
    match int(found[1]):
        case 0:
            return "euler"
        case 1:
            findings.warning(
                "fixed-time-step",
                "this model asks for RK4 with automatic step size; it is run with RK4 at its TIME STEP",
                place,
                "to let the step size adjust itself: --integrator rk45",
            )
            return "rk4"
        case 3:
            return "rk2"
        case 4:
            findings.warning(
                "fixed-time-step",
                "this model asks for RK2 with automatic step size; it is run with RK2 at its TIME STEP",
                place,
                "to let the step size adjust itself: --integrator rk45",
            )
            return "rk2"
        case 5:
            return "rk4"
        case code:
            what = "difference equations (Diff)" if code == 2 else f"integration type {code}"
            findings.error(
                "unsupported-integration",
                f"the settings of this model ask for {what}, which is not supported",
                place,
                "choose Euler, RK2 or RK4 in the model's settings",
            )
            return "euler"
