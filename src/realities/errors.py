"""What went wrong, where, and what to do next.

    RealitiesError
      InputError        something the user wrote; carries Diagnostics; the command line exits with 1
        UnreadableError   a file is missing or cannot be read at all; exits with 3
      SimulationError   a run left the real numbers; names draw, variable and time; exits with 4
      NetworkError      the graph cannot answer the question asked
      InternalError     our mistake: says so, says what to report

A pass gathers its `Diagnostic`s in a `Findings` and raises once, so that a user sees every problem
of a stage together and in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from realities.source import Span

Severity = Literal["error", "warning"]

#: After this many errors the rest of a file has nothing new to tell.
MOST_ERRORS = 50


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: place, code, sentence, and what to do about it."""

    severity: Severity
    code: str
    message: str
    span: Span
    help: tuple[str, ...] = ()

    def render(self, width: int = 160) -> str:
        """Return the text a user sees: place, sentence, the line, a caret, then hints.

        Of the line at most `width` characters are shown, so that the caret stands below its place.
        """
        line, column = self.span.line, self.span.column
        head = f"{self.span.source.name}:{line}:{column}: {self.severity}[{self.code}]: {self.message}"
        shown = self.span.source.line(line)
        parts = [head]
        if shown.strip():
            shown, indent = _window(shown.replace("\t", " "), column - 1, width)
            width = max(1, min(self.span.end - self.span.start, len(shown) - indent))
            gutter = " " * max(4, len(str(line)) + 1)
            parts += [
                f"{gutter}|",
                f"{line:>{len(gutter) - 1}} | {shown}",
                f"{gutter}| {' ' * indent}{'^' * width}",
            ]
            parts += [f"{gutter}= {hint}" for hint in self.help]
        else:
            parts += [f"    = {hint}" for hint in self.help]
        return "\n".join(parts)

    def to_json(self) -> dict[str, object]:
        """Return the finding as the object that `check --json` prints."""
        return {
            "file": self.span.source.name,
            "line": self.span.line,
            "column": self.span.column,
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "help": "\n".join(self.help),
        }


def _window(line: str, at: int, width: int) -> tuple[str, int]:
    """Cut a line that is too long to the part around column `at`; return it and where `at` now is."""
    if len(line) <= width:
        return line, at
    start = max(0, min(at - width // 2, len(line) - width))
    shown = line[start : start + width]
    if start:
        shown = "..." + shown[3:]
    if start + width < len(line):
        shown = shown[:-3] + "..."
    return shown, at - start


@dataclass(slots=True)
class Findings:
    """The diagnostics one pass gathers; `check` raises when there are errors among them."""

    items: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, message: str, span: Span, *help: str) -> None:
        """Note an error; hints that are empty are left out."""
        self.items.append(Diagnostic("error", code, message, span, tuple(h for h in help if h)))

    def warning(self, code: str, message: str, span: Span, *help: str) -> None:
        """Note a warning."""
        self.items.append(Diagnostic("warning", code, message, span, tuple(h for h in help if h)))

    def extend(self, items: Iterable[Diagnostic]) -> None:
        """Take over what another pass found."""
        self.items.extend(items)

    @property
    def errors(self) -> list[Diagnostic]:
        """The errors, warnings left out."""
        return [item for item in self.items if item.severity == "error"]

    @property
    def warnings(self) -> list[Diagnostic]:
        """The warnings."""
        return [item for item in self.items if item.severity == "warning"]

    def check(self) -> None:
        """Raise one `InputError` with everything found, if any of it is an error."""
        if self.errors:
            raise InputError(self.items)


class RealitiesError(Exception):
    """Anything this package raises on purpose."""


class InputError(RealitiesError):
    """Something the user wrote; `diagnostics` say what and where."""

    exit_code = 1

    def __init__(self, diagnostics: Sequence[Diagnostic] | Diagnostic) -> None:
        items = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sorted(items, key=in_order))
        super().__init__("\n\n".join(item.render() for item in self.diagnostics))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Diagnostic, ...]]]:
        """Travel between processes with the diagnostics, not with the text made of them."""
        return type(self), (self.diagnostics,)


class UnreadableError(InputError):
    """A file that is missing, or that cannot be read at all."""

    exit_code = 3


class SimulationError(RealitiesError):
    """A run left the real numbers."""


class NetworkError(RealitiesError):
    """The graph cannot answer the question asked."""


class InternalError(RealitiesError):
    """Our mistake, not the user's."""


def in_order(item: Diagnostic) -> tuple[str, int, str]:
    """Return what findings are sorted by: file, place, code."""
    return item.span.source.name, item.span.start, item.code


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `did you mean "..."?` for a near name, or an empty string: none beats a far-fetched one."""
    by_key = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), by_key, n=1, cutoff=0.75)
    return f'did you mean "{by_key[close[0]]}"?' if close else ""


def meant_or_there(name: str, known: Iterable[str], most: int = 8) -> str:
    """Return `did you mean "..."?` for a near name, else which names there are, `most` of them.

    >>> meant_or_there("fule", ["lanes", "fuel"]), meant_or_there("Town Crier", ["lanes", "fuel"], most=1)
    ('did you mean "fuel"?', 'there are "lanes" and 1 more')
    """
    there = list(known)
    shown = ", ".join(f'"{one}"' for one in there[:most])
    rest = f" and {len(there) - most} more" if len(there) > most else ""
    verb = "is" if len(there) == 1 else "are"
    return did_you_mean(name, there) or (f"there {verb} {shown}{rest}" if there else "there is none")


def see_names(model: str) -> str:
    """Return the hint that says how to list the names of a model file.

    >>> see_names("two words.mdl")
    'to see every name in this model: realities check --names "two words.mdl"'
    """
    file = f'"{model}"' if " " in model else model
    return f"to see every name in this model: realities check --names {file}"
