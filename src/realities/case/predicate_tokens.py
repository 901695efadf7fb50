"""The words and signs of a predicate, each with its place.

In comes the text of a predicate, out goes a list of tokens. Whatever the model's equation language
allows inside brackets and quotes passes through as it stands: the model's own parser reads it.
`predicate_syntax.py` builds a tree from the tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from realities.source import Span

TokenKind = Literal["date", "number", "word", "quoted", "colon", "sign", "end"]

#: No predicate anybody would read is longer than this many characters.
MAX_LENGTH = 20_000

#: Words for units of time, each with the unit it means.
DURATIONS: dict[str, str] = {
    short: unit
    for unit, shorts in {
        "day": "d day days",
        "week": "w wk week weeks",
        "month": "mo month months",
        "quarter": "quarter quarters",
        "year": "y yr year years",
    }.items()
    for short in shorts.split()
}

_TOKEN = re.compile(
    r"""
      (?P<date>\d{4}-\d{2}-\d{2}(?!\w))
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w.$'’]*|_[\w.$'’]*)
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<colon>:[A-Za-z][A-Za-z ]*:)
    | (?P<sign><->|->|<=|>=|=>|=<|<>|==|!=|&&|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign; `start` and `end` are offsets in the whole source."""

    kind: TokenKind
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of `words`, in any case of letters."""
        return self.kind == "word" and self.text.casefold() in words

    def is_sign(self, *signs: str) -> bool:
        """Return whether this is one of `signs`."""
        return self.kind == "sign" and self.text in signs


class PredicateError(Exception):
    """Something wrong at a place of a predicate: stops the parser, becomes a diagnostic."""

    def __init__(self, code: str, message: str, start: int, end: int, *help: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.start = start
        self.end = end
        self.help = help


def tokens_of(span: Span) -> list[Token]:
    """Return the tokens of a predicate, the last of kind `end`.

    Raises
    ------
    PredicateError
        If the text is too long, or a quotation mark has no partner.
    """
    if span.end - span.start > MAX_LENGTH:
        message = f"a predicate of {span.end - span.start} characters; {MAX_LENGTH} are the most"
        raise PredicateError("bad-predicate", message, span.start, span.start + 1)
    text, tokens, at = span.source.text, [], span.start
    while at < span.end:
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at, span.end)
        assert match is not None  # the last alternative takes any character
        if match.group() == '"':
            raise PredicateError(
                "bad-predicate", 'this " has no partner', at, at + 1, 'names in quotes end with another "'
            )
        tokens.append(Token(_kind(match.lastgroup), match.group(), at, match.end()))
        at = match.end()
    return [*tokens, Token("end", "", span.end, span.end)]


def unquoted(text: str) -> str:
    """Return a name without its quotation marks and their escapes, spaces made single."""
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    return " ".join(text.split())


def full_name(text: str) -> str:
    """Return the full name of a scalar variable, as in `killed[Russia]`, from how it was written."""
    quoted = _QUOTED.match(text)
    end = quoted.end() if quoted else len(text.partition("[")[0])
    subscripts = text[end:].strip()[1:-1]
    base = unquoted(text[:end].strip())
    return (
        f"{base}[{','.join(unquoted(part.strip()) for part in subscripts.split(','))}]"
        if subscripts
        else base
    )


def _kind(group: str | None) -> TokenKind:
    match group:
        case "date" | "number" | "word" | "quoted" | "colon" | "sign":
            return group
        case _:
            raise AssertionError(group)
