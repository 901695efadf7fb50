"""A script -> its words and signs, each with what surrounds it.

In comes one script of the page's own style (every statement ends in a semicolon, names are plain, no `var`);
out comes a list of tokens without comments and blanks: of each its kind, what brackets it stands in, and for
a bracket its other half. `scopes.py` finds out which names mean the same, `shrink.py` writes tokens again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["name", "number", "text", "piece", "regex", "sign"]

KEYWORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """async await break case catch class const continue default delete do else extends false finally for
        function get if in instanceof let new null of return set static super switch this throw true try
        typeof undefined var void while yield""",
    )
)
_TOKEN: Final = re.compile(
    r"(?P<gap>(?:\s|//[^\n]*|/\*[\s\S]*?\*/)+)"
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<number>0[xX][\da-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<sign>>>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)"
    r"|\+\+|--|\+=|-=|\*=|/=|%=|&=|\|=|\^=|\*\*|<<|>>|[{}()\[\];,<>+\-*/%&|^!~?:=.@#])"
)
_REGEX: Final = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_PIECE: Final = re.compile(r"(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)")
#: After these a slash begins a regular expression, and a brace an object.
_OPERANDS: Final = frozenset(
    ("return", "typeof", "case", "in", "of", "void", "delete", "throw", "new", "await", "yield")
)
_ENDS: Final = {")": "(", "]": "[", "}": "{"}


@dataclass(slots=True)
class Token:
    """A token; `place` is what its brackets are, for a bracket, or what surrounds it, for all else."""

    kind: Kind
    text: str
    after_line: bool
    place: str = ""
    match: int = -1


def read_tokens(script: str) -> list[Token]:
    """Return the tokens of a script.

    Raises
    ------
    ValueError
        For what is no script, or has brackets that do not match.
    """
    return _placed(list(_tokens(script)))


def _tokens(script: str) -> Iterator[Token]:
    at, after_line, depth = 0, False, [0]
    operand = True  # whether a slash here would begin a regular expression
    while at < len(script):
        if script[at] == "`" or (script[at] == "}" and len(depth) > 1 and depth[-1] == 0):
            if script[at] == "}":
                depth.pop()
            found = _PIECE.match(script, at + 1)
            if found is None:
                raise ValueError("a template that does not end")
            if found[0].endswith("${"):
                depth.append(0)
            kind: Kind = "piece"
            text = script[at : found.end()]
            operand = text.endswith("${")
        elif script[at] == "/" and operand and script[at + 1] not in "/*":
            found = _REGEX.match(script, at)
            if found is None:
                raise ValueError(f"not a regular expression: {script[at : at + 40]!r}")
            kind, text, operand = "regex", found[0], False
        else:
            found = _TOKEN.match(script, at)
            if found is None:
                raise ValueError(f"not a script: {script[at : at + 40]!r}")
            if found.lastgroup == "gap":
                after_line = after_line or "\n" in found[0]
                at = found.end()
                continue
            kind, text = _kind(found.lastgroup), found[0]
            depth[-1] += (text == "{") - (text == "}")
            operand = text in _OPERANDS if kind == "name" else kind == "sign" and text not in {")", "]"}
        yield Token(kind, text, after_line)
        at, after_line = found.end(), False


def _kind(group: str | None) -> Kind:
    match group:
        case "name" | "number" | "text" | "sign":
            return group
        case _:
            raise ValueError(f"no kind of token: {group}")


def _placed(tokens: list[Token]) -> list[Token]:
    """Say of each bracket what it encloses, of each token what it stands in; join brackets by `match`."""
    open_at: list[int] = []
    for i, token in enumerate(tokens):
        if token.kind == "piece" and token.text.startswith("}"):
            open_at.pop()
        if token.kind == "sign" and token.text in _ENDS:
            start = open_at.pop() if open_at else -1
            if start < 0 or tokens[start].text != _ENDS[token.text]:
                raise ValueError(f"{token.text} closes nothing")
            tokens[start].match, token.match, token.place = i, start, tokens[start].place
            continue
        token.place = tokens[open_at[-1]].place if open_at else "block"
        if token.kind == "sign" and token.text in {"(", "["}:
            token.place = token.text
            open_at.append(i)
        elif token.kind == "sign" and token.text == "{":
            token.place = _brace(tokens, i)
            open_at.append(i)
        elif token.kind == "piece" and token.text.endswith("${"):
            open_at.append(i)
            token.place = "("
    if open_at:
        raise ValueError(f"{tokens[open_at[-1]].text} is never closed")
    return tokens


def _brace(tokens: Sequence[Token], i: int) -> str:
    """Return what the brace at `i` opens: an object (or a pattern), a class or a block."""
    if i == 0:
        return "block"
    before = tokens[i - 1]
    if before.kind == "name":
        if before.text in _OPERANDS | {"const", "let", "var"}:
            return "object"
        back = [one.text for one in tokens[max(0, i - 4) : i]]
        return "class" if "class" in back else "block"
    if before.kind == "sign":
        return "block" if before.text in {")", ";", "{", "}", "=>"} else "object"
    return "object" if before.kind == "piece" else "block"


def is_property(tokens: Sequence[Token], i: int) -> bool:
    """Whether a name is that of a property or a method, and not of a variable."""
    before = tokens[i - 1].text if i else ""
    after = tokens[i + 1].text if i + 1 < len(tokens) else ""
    if before in {".", "?."} or tokens[i].text in KEYWORDS:
        return True
    first = before in {"{", ","} or before in {"get", "set", "async", "static"}
    match tokens[i].place:
        case "object":
            return first and after in {":", "("}
        case "class":
            return first or before in {";", "}", "*", "#"}
        case _:
            return False


def is_shorthand(tokens: Sequence[Token], i: int) -> bool:
    """Whether a name stands both for a property and for the variable of that name."""
    before, after = tokens[i - 1].text, tokens[i + 1].text
    return tokens[i].place == "object" and before in {"{", ","} and after in {",", "}", "="}
