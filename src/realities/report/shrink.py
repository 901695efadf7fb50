"""A script with short names and without blanks, so that a page stays small.

In comes one script of the page's own style (every statement ends in a semicolon, names are plain); out comes
one that does the same. Nothing is computed or moved: comments, blanks and some brackets go, and what the
script declares gets a short name, wherever it stands, so that no scope has to be understood; names that
never stand in one statement of the script's own level may get the same. Names of properties, of what the
browser provides and of anything that is never declared stay. `bundle.py` calls it last.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from string import ascii_letters
from typing import Final, Literal

Kind = Literal["name", "number", "text", "piece", "regex", "sign"]

_KEYWORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """async await break case catch class const continue default delete do else extends false finally for
        function get if in instanceof let new null of return set static super switch this throw true try
        typeof undefined var void while yield""",
    )
)
#: Names that a script may use without declaring them, and so may not lose where it declares them too.
_PROVIDED: Final = frozenset(
    re.findall(
        r"\w+",
        """addEventListener arguments atob Array Blob Boolean CSS Date Error Float32Array Float64Array Image
        Infinity Int32Array Intl JSON Map Math MouseEvent NaN Number Object Promise Response ResizeObserver
        Set String Symbol TextDecoder TextEncoder URL URLSearchParams Uint8Array Uint16Array Uint32Array
        WeakMap Worker btoa clearTimeout close console crypto document event getComputedStyle globalThis
        history innerHeight innerWidth isNaN length location matchMedia name navigator onmessage open origin
        parent parseFloat parseInt performance postMessage print queueMicrotask requestAnimationFrame screen
        scroll self setTimeout status stop structuredClone top window""",
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
#: What says the same in fewer letters; what is never written to may be declared as if it were.
_SHORTER: Final[dict[str, tuple[Kind, str]]] = {
    "const": ("name", "let"),
    "true": ("number", "!0"),
    "false": ("number", "!1"),
}
#: The place in which all names of the script's own level meet.
_TOP: Final = -1


@dataclass(slots=True)
class Token:
    """A token; `place` is what its brackets are, for a bracket, or what surrounds it, for all else."""

    kind: Kind
    text: str
    after_line: bool
    place: str = ""
    match: int = -1


def shrink(script: str) -> str:
    """Return a script that does the same with short names and without blanks.

    Raises
    ------
    ValueError
        For what is no script, or has brackets that do not match.
    """
    tokens = _placed(list(_tokens(script)))
    declared = set(_declared(tokens)) - _PROVIDED - _KEYWORDS
    uses = [i for i, token in enumerate(tokens) if token.kind == "name" and not _is_property(tokens, i)]
    short = _short_names(tokens, uses, declared)
    for i in uses:
        token = tokens[i]
        new = short.get(token.text)
        if new is not None and new != token.text:
            token.text = f"{token.text}:{new}" if _is_shorthand(tokens, i) else new
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
    return is_plain and (i < 2 or tokens[i - 2].kind != "name")


def _names_property(tokens: Sequence[Token], i: int) -> bool:
    """Whether a word of the language is the name of a property here."""
    after = tokens[i + 1].text if i + 1 < len(tokens) else ""
    before = tokens[i - 1].text if i else ""
    return before in {".", "?."} or (after in {":", "("} and before in {"{", ","})


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


def _is_property(tokens: Sequence[Token], i: int) -> bool:
    """Whether a name is that of a property or a method, and not of a variable."""
    before = tokens[i - 1].text if i else ""
    after = tokens[i + 1].text if i + 1 < len(tokens) else ""
    if before in {".", "?."} or tokens[i].text in _KEYWORDS:
        return True
    first = before in {"{", ","} or before in {"get", "set", "async", "static"}
    match tokens[i].place:
        case "object":
            return first and after in {":", "("}
        case "class":
            return first or before in {";", "}", "*", "#"}
        case _:
            return False


def _is_shorthand(tokens: Sequence[Token], i: int) -> bool:
    before, after = tokens[i - 1].text, tokens[i + 1].text
    return tokens[i].place == "object" and before in {"{", ","} and after in {",", "}", "="}


def _declared(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the names that variables, functions, classes and parameters are declared by."""
    for i, token in enumerate(tokens):
        match token.text if token.kind in {"name", "sign"} else "":
            case "const" | "let" | "var":
                yield from _variables(tokens, i + 1)
            case "function" | "class" if tokens[i + 1].kind == "name":
                yield tokens[i + 1].text
            case "=>" if tokens[i - 1].kind == "name":
                yield tokens[i - 1].text
            case "=>":
                yield from _bound(tokens, tokens[i - 1].match + 1, i - 1)
            case "(" if _has_parameters(tokens, i):
                yield from _bound(tokens, i + 1, token.match)


def _has_parameters(tokens: Sequence[Token], i: int) -> bool:
    """Whether the bracket at `i` holds the parameters of a function or a method, or what is caught."""
    before = tokens[i - 1]
    if before.kind != "name" or tokens[tokens[i].match + 1 : tokens[i].match + 2] == []:
        return False
    if before.text in {"function", "catch"} or (i > 1 and tokens[i - 2].text in {"function", "*"}):
        return True
    return tokens[tokens[i].match + 1].text == "{" and before.place in {"object", "class"}


def _variables(tokens: Sequence[Token], i: int) -> Iterator[str]:
    """Yield the names of `const a = 1, { b } = c;` from the place after `const`."""
    while True:
        end = tokens[i].match + 1 if tokens[i].match > i else i + 1
        yield from _bound(tokens, i, end)
        i = _skipped(tokens, end)
        if i >= len(tokens) or tokens[i].text != ",":
            return
        i += 1


def _skipped(tokens: Sequence[Token], i: int) -> int:
    """Return the place of the comma or the end that follows an initial value."""
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "sign" and token.text in {",", ";", ")", "]", "}"}:
            return i
        if token.text in {"of", "in"} or (token.kind == "piece" and token.text.startswith("}")):
            return i
        i = token.match + 1 if token.match > i else _after_piece(tokens, i)
    return i


def _after_piece(tokens: Sequence[Token], i: int) -> int:
    """Return the next place, past a template with all that stands in it."""
    depth = 0
    while tokens[i].kind == "piece":
        depth += tokens[i].text.endswith("${") - tokens[i].text.startswith("}")
        if depth <= 0:
            break
        i += 1
        while tokens[i].kind != "piece":
            i += 1
    return i + 1


def _bound(tokens: Sequence[Token], start: int, end: int) -> Iterator[str]:
    """Yield the names that patterns between two places bind: no keys, and nothing of their defaults."""
    i = start
    while i < end:
        token = tokens[i]
        if token.text == "=" and token.kind == "sign":
            i = _skipped(tokens, i + 1)
            continue
        if token.kind == "name" and token.text not in _KEYWORDS and not _is_property(tokens, i):
            yield token.text
        i += 1


def _short_names(tokens: Sequence[Token], uses: Sequence[int], declared: set[str]) -> dict[str, str]:
    """Return a short name for each, the shortest for what stands most often; ties in order of the alphabet.

    Two names get the same only if they never stand in one statement of the script's own level, and are not
    both declared there: then neither can hide the other where it is used.
    """
    statements = _statements(tokens)
    counts = Counter(tokens[i].text for i in uses if tokens[i].text in declared)
    stands: dict[str, set[int]] = {name: set() for name in counts}
    for i in uses:
        if tokens[i].text in stands:
            stands[tokens[i].text].add(statements[i])
    everywhere = {tokens[i].text for i in uses} - declared | _KEYWORDS | _PROVIDED
    for name in _own(tokens):
        stands.setdefault(name, set()).add(_TOP)
    holders: dict[str, set[int]] = {}  # by short name: the statements in which it stands for something
    short = {}
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        new = next(
            one for one in _names() if one not in everywhere and not holders.get(one, set()) & stands[name]
        )
        holders.setdefault(new, set()).update(stands[name])
        short[name] = new
    return short


def _depths(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield in how many brackets and templates each token stands; a bracket stands outside itself."""
    depth = 0
    for token in tokens:
        if token.kind == "piece":
            depth -= token.text.startswith("}")
        elif token.kind == "sign":
            depth -= token.text in _ENDS
        yield depth
        if token.kind == "piece":
            depth += token.text.endswith("${")
        elif token.kind == "sign":
            depth += token.text in _ENDS.values()


def _statements(tokens: Sequence[Token]) -> list[int]:
    """Return by token the number of its statement at the script's own level."""
    found, now = [], 0
    for i, (token, depth) in enumerate(zip(tokens, _depths(tokens), strict=True)):
        starts = token.after_line and token.text in {"const", "let", "function", "class", "async"}
        if depth == 0 and i and (tokens[i - 1].text == ";" or (starts and tokens[i - 1].text == "}")):
            now += 1
        found.append(now)
    return found


def own_names(script: str) -> set[str]:
    """Return the names that a script, or a module without its imports, declares at its own level."""
    return _own(_placed(list(_tokens(script))))


def _own(tokens: Sequence[Token]) -> set[str]:
    """Return the names that are declared at the script's own level."""
    own: set[str] = set()
    for i, (token, depth) in enumerate(zip(tokens, _depths(tokens), strict=True)):
        if depth == 0 and token.kind == "name":
            match token.text:
                case "const" | "let" | "var":
                    own.update(_variables(tokens, i + 1))
                case "function" | "class":
                    own.update(one.text for one in tokens[i + 1 : i + 3] if one.kind == "name")
    return own


def _names() -> Iterator[str]:
    """Yield a, b, ..., Z, aa, ab, ... in an order that packs well: `e` before `Q`."""
    order = "etanirsoludcpmhfgbvywkxjqzETANIRSOLUDCPMHFGBVYWKXJQZ"
    assert sorted(order) == sorted(ascii_letters)
    for width in count(1):
        yield from _of_width(order, width)


def _of_width(order: str, width: int) -> Iterator[str]:
    if width == 0:
        yield ""
        return
    for head in _of_width(order, width - 1):
        for letter in order:
            yield head + letter


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
