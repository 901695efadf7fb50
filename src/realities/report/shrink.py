"""A script with short names and without blanks, so that a page stays small.

In comes one script of the page's own style (every statement ends in a semicolon, names are plain); out comes
one that does the same. Nothing is computed or moved: comments, blanks and some brackets go, and what the
script declares gets the short name that `scopes.py` finds for it. Names of properties, of what the browser
provides and of anything that is never declared stay. `bundle.py` calls it last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from realities.report.scopes import short_names
from realities.report.tokens import Kind, Token, is_shorthand, read_tokens

#: What says the same in fewer letters; what is never written to may be declared as if it were.
_SHORTER: Final[dict[str, tuple[Kind, str]]] = {
    "const": ("name", "let"),
    "true": ("number", "!0"),
    "false": ("number", "!1"),
}


def shrink(script: str) -> str:
    """Return a script that does the same with short names and without blanks.

    Raises
    ------
    ValueError
        For what is no script, or has brackets that do not match.
    """
    tokens = read_tokens(script)
    for i, new in short_names(tokens).items():
        tokens[i].text = f"{tokens[i].text}:{new}" if is_shorthand(tokens, i) else new
    for i, token in enumerate(tokens):
        if token.kind == "name" and token.text in _SHORTER and not _names_property(tokens, i):
            token.kind, token.text = _SHORTER[token.text]
    idle = {k for i in range(len(tokens)) if _is_idle(tokens, i) for k in (i, tokens[i].match)}
    return _joined([token for i, token in enumerate(tokens) if i not in idle])


def _is_idle(tokens: Sequence[Token], i: int) -> bool:
    """Whether the bracket at `i` and its other half say nothing: they can go."""
    if tokens[i].text != "(" or tokens[i].kind != "sign":
        return False
    end = tokens[i].match
    after = tokens[end + 1].text if end + 1 < len(tokens) else ""
    if end == i + 2 and after == "=>":
        return _is_lone_parameter(tokens, i + 1)
    ends = after in {",", ";", ")", "]", "}"}
    if end == i + 1:  # nothing is given to what is made
        return ends and i > 1 and tokens[i - 2].text == "new"
    inside = range(i + 1, end)
    has_comma = any(tokens[k].text == "," and tokens[k].place == "(" for k in inside)
    return ends and tokens[i - 1].text == "=>" and tokens[i + 1].text != "{" and not has_comma


def _is_lone_parameter(tokens: Sequence[Token], i: int) -> bool:
    """Whether a name is the only parameter of an arrow function, which needs no brackets then."""
    around = [token.text for token in tokens[max(i - 1, 0) : i + 3]]
    is_plain = tokens[i].kind == "name" and around[:1] == ["("] and around[2:] == [")", "=>"]
    return is_plain and (i < 2 or tokens[i - 2].kind != "name" or tokens[i - 2].text == "return")


def _names_property(tokens: Sequence[Token], i: int) -> bool:
    """Whether a word of the language is the name of a property here."""
    after = tokens[i + 1].text if i + 1 < len(tokens) else ""
    before = tokens[i - 1].text if i else ""
    return before in {".", "?."} or (after in {":", "("} and before in {"{", ","})


_WORD_END: Final = re.compile(r"[\w$]\Z")
_WORD_START: Final = re.compile(r"[\w$]")


def _joined(tokens: Sequence[Token]) -> str:
    """Return tokens as text, with a blank or a new line only where one is needed."""
    out: list[str] = []
    before: Token | None = None
    for i, token in enumerate(tokens):
        text = token.text
        if token.kind == "number" and text.startswith("0.") and len(text) > 2:
            text = text[1:]
        if (
            text == ";"
            and i + 1 < len(tokens)
            and tokens[i + 1].text == "}"
            and before
            and before.text != ")"
        ):
            continue
        if before is not None:
            out.append(_gap(before, token, out[-1], text))
        out.append(text)
        before = token
    return "".join(out)


def _gap(before: Token, token: Token, left: str, right: str) -> str:
    if _WORD_END.search(left) and (_WORD_START.match(right) or (right[0] == "." and right[1:2].isdigit())):
        return "\n" if token.after_line else " "
    if (left[-1], right[0]) in {("+", "+"), ("-", "-"), ("/", "/"), ("<", "!")}:
        return " "
    ends = before.kind != "sign" or before.text in {")", "]", "}"}
    starts = right[0] in "`([+-"  # what could go on from the line before; all else begins a statement anyhow
    return "\n" if token.after_line and ends and starts else ""
