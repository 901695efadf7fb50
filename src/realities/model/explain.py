"""Why an equation could not be read, in a modeller's words.

In comes the parser's refusal and the text it was given; out goes one diagnostic that points at the
place to look at: an unmatched parenthesis rather than the end of the equation, a missing operator
rather than a list of tokens. The readers of both languages use it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realities.errors import Findings
from realities.ir.model import Dialect
from realities.source import SourceText, Span

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

_QUIET = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_BRACKETS = {")": "(", "]": "["}
_OPERANDS = {"NAME", "NUMBER", "LPAR"}
#: What signs of other languages are in XMILE, which has none of them.
_ELSEWHERE = {
    "!": 'for "not equal", write <>; for "not", NOT',
    "%": "for 50 %, write 0.5",
    "&": 'for "and", write AND',
    "|": 'for "or", write OR',
    ";": "arguments are separated by commas",
}
_WORDS_OF_XMILE = {"and", "or", "mod", "then", "else"}
_WORDS = (
    ("COLON", '":" and its elements'),
    ("EQUALS", '"="'),
    ("COMMA", '","'),
    ("CLOSE", '")"'),
    ("CLOSE_BRACKET", '"]"'),
    ("LSQB", '"["'),
    ("$END", "the end of the equation"),
)


def explain(
    error: UnexpectedInput,
    text: str,
    source: SourceText,
    base: int,
    findings: Findings,
    dialect: Dialect = "vensim",
) -> None:
    """Note in `findings` why `text`, which stands at `base` of `source`, is no equation."""
    from lark.exceptions import UnexpectedToken

    unmatched = _unmatched(text)
    if unmatched is not None:
        at, message = unmatched
        findings.error("syntax-error", message, Span(source, base + at, base + at + 1))
        return
    if not isinstance(error, UnexpectedToken):
        at = max(0, min(_offset(error), len(text) - 1))
        place = Span(source, base + at, base + at + 1)
        advice = _ELSEWHERE.get(text[at : at + 1], "") if dialect == "xmile" else ""
        findings.error("syntax-error", _odd_character(text[at : at + 1]), place, advice)
        return
    accepted = set(error.accepts or error.expected)
    token = error.token
    if token.type == "$END":
        at = len(text.rstrip())
        message = f"the equation ends where {expected(accepted)} should follow"
        place = Span(source, base + max(at - 1, 0), base + max(at, 1))
        findings.error("syntax-error", message, place)
        return
    start = base + (token.start_pos or 0)
    word = token.strip()
    message = f'expected {expected(accepted)} instead of "{_short(word)}"'
    place = Span(source, start, start + max(len(word), 1))
    before = text[: token.start_pos or 0]
    is_first = not before.rpartition("\n")[2].strip()
    if dialect == "xmile":
        advice = _advice_in_xmile(token.type, word, before, accepted)
    else:
        is_below = is_first and start > base
        after = text[len(before) + len(word) :]
        advice = _other_language(word, before, after) or _advice(token.type, word, accepted, is_below)
    findings.error("syntax-error", message, place, advice)


def _offset(error: UnexpectedInput) -> int:
    at: int | None = error.pos_in_stream
    return 0 if at is None else at


def expected(accepted: set[str]) -> str:
    """Return what may stand at a place, given the parser's names for it, as a phrase."""
    if accepted >= _OPERANDS:
        return 'a name, a number or "("'
    if {"NAME", "QUOTED"} <= accepted <= {"NAME", "QUOTED", "LPAR"}:
        return "a name"
    for word in ("THEN", "ELSE"):
        if word in accepted:
            return word
    found = ["an operator such as + or *"] if "PLUS" in accepted or "OR" in accepted else []
    omitted = {"EQUALS", "LSQB", "LPAR", "COLON"} if found else set()
    omitted |= {"COMMA"} if "SEMICOLON" in accepted else set()
    found += [phrase for terminal, phrase in _WORDS if terminal in accepted - omitted]
    if not found:
        return "something else"
    return f"{', '.join(found[:-1])} or {found[-1]}" if len(found) > 1 else found[0]


def _other_language(word: str, before: str, after: str) -> str:
    """Return how an operator of another language is written here, where a word looks like one."""
    first = word.partition(" ")[0].upper()
    if first in {"AND", "OR", "NOT"}:
        return f"the operator is written with colons, :{first}:"
    if word == "!":
        advice = 'a "!" stands inside brackets only; to sum the numbers of elements, sum x[D!] of x[D] = D'
        return 'for "not equal", write <>' if after.startswith("=") else advice
    if word == "*" and before.endswith("*"):
        return "for a power, write ^"
    return ""


def _advice(kind: str, word: str, accepted: set[str], is_first: bool) -> str:
    """Return what to do about a word that cannot stand where it does; `is_first` of its line."""
    if word == "==" and "PLUS" in accepted:
        return 'to compare, write a single "="'
    if kind in {"NAME", "NUMBER", "QUOTED", "LPAR"} and "TIMES" in accepted:
        ended = ', or "~ unit ~ comment |" behind the equation above' if is_first and "NAME" in kind else ""
        return f"is an operator missing before it{ended}?"
    if kind == "NUMBER" and "QUOTED" in accepted:
        return "a name begins with a letter; any other name stands in quotation marks"
    if "EQUALS" in accepted and "TIMES" not in accepted:
        return "an equation is written: name = expression ~ unit ~ comment |"
    return ""


def _advice_in_xmile(kind: str, word: str, before: str, accepted: set[str]) -> str:
    """Return what to do about a word that cannot stand where it does in an equation of XMILE."""
    if kind == "EQUALS" and before.endswith("="):
        return 'to compare, write a single "="'
    if word == "*" and before.endswith("*"):
        return "for a power, write ^"
    if kind == "COMMA" and re.search(r"\bif\s*\([^()]*\Z", before, re.IGNORECASE):
        return "a choice is written: IF condition THEN value ELSE value"
    if kind == "COMMA" and before[-1:].isdigit() and "CLOSE" not in accepted:
        return "a number has a point before its decimals, and nothing between its thousands"
    if kind in {"NAME", "NUMBER", "LPAR", "IF"} and "TIMES" in accepted:
        first = re.search(r"[^\W\d]\w*(?=\s*\Z)", before)
        if first is not None and first[0].lower() in _WORDS_OF_XMILE:
            return f"{first[0].upper()} needs something before it"
        if first is None or not re.fullmatch(r"\w+", word) or kind in {"LPAR", "IF"}:
            return "is an operator missing before it?"
        return f"is an operator missing before it? a name of several words is written {first[0]}_{word}"
    return ""


def _unmatched(text: str) -> tuple[int, str] | None:
    """Return the first bracket without a partner, and what to say about it."""
    opened: list[int] = []
    quiet = _QUIET.sub(lambda found: " " * len(found.group()), text)
    for found in re.finditer(r"[()\[\]]", quiet):
        at, bracket = found.start(), found.group()
        if bracket in "([":
            opened.append(at)
        elif opened and text[opened[-1]] == _BRACKETS[bracket]:
            opened.pop()
        elif opened:
            return opened[-1], f'this "{text[opened[-1]]}" is closed by "{bracket}"'
        else:
            return at, f'this "{bracket}" closes nothing'
    if opened:
        return opened[-1], f'this "{text[opened[-1]]}" is never closed'
    return None


def _odd_character(character: str) -> str:
    if character in "\"'":
        return f"this {character} is never closed"
    return f'the character "{character}" has no meaning here'


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."
