"""Names of a script that mean the same -> a short name for each.

In come tokens; out comes by token the name to write in its stead. A block, a function with its parameters, a
loop with what it counts and what is caught have a scope each; a name belongs to the nearest scope around it
that declares it. In each scope names are given out in one order, always from the beginning, past those of
outer scopes that are used within: so the first parameter nearly always has the same name, which packs well.
What no scope declares is the browser's and stays. `shrink.py` comes next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from realities.report.tokens import KEYWORDS, Token, is_property, read_tokens

#: Capitals first: properties and words of the language begin with others, so that the two pack better.
_ORDER: Final = ascii_uppercase + ascii_lowercase


@dataclass(slots=True, eq=False)
class _Scope:
    """Tokens from `start` to before `end`, what they declare, and what they use of outer scopes.

    `short` has by declared name the short one; `uses` has outer names, each with the scope that declares it,
    which is none for the browser's.
    """

    start: int
    end: int
    outer: _Scope | None = None
    short: dict[str, str] = field(default_factory=dict)
    uses: dict[str, _Scope | None] = field(default_factory=dict)

    def owner(self, name: str) -> _Scope | None:
        """Return the nearest scope around here that declares a name."""
        scope: _Scope | None = self
        while scope is not None and name not in scope.short:
            scope = scope.outer
        return scope


def short_names(tokens: Sequence[Token]) -> dict[int, str]:
    """Return a name to write by the place of its token, where it is another one.

    Raises
    ------
    ValueError
        For what the page's own style has no place for: `var`, `switch`, and a default that is named like
        what the function itself declares.
    """
    scopes, nearest = _scopes(tokens)
    for around, name in _declared(tokens, nearest):
        around.short[name] = ""
    _check_defaults(tokens, scopes)
    named = [i for i, token in enumerate(tokens) if token.kind == "name" and not is_property(tokens, i)]
    owners = {i: nearest[i].owner(tokens[i].text) for i in named}
    for i, owner in owners.items():
        scope: _Scope | None = nearest[i]
        while scope is not owner and scope is not None:
            scope.uses[tokens[i].text] = owner
            scope = scope.outer
    for scope in scopes:
        _give(scope)
    found = {i: owner.short[tokens[i].text] for i, owner in owners.items() if owner is not None}
    return {i: new for i, new in found.items() if new != tokens[i].text}


def _check_defaults(tokens: Sequence[Token], scopes: Sequence[_Scope]) -> None:
    """Refuse parameters that use what only the function's body declares: there it means something else."""
    for scope in scopes:
        start, end = scope.start, tokens[scope.start].match
        if tokens[start].text != "(" or tokens[start - 1].text == "for" or tokens[start - 1].text == "await":
            continue
        bound = set(_bound(tokens, start + 1, end))
        for i in range(start + 1, end):
            text = tokens[i].text
            is_used = tokens[i].kind == "name" and not is_property(tokens, i)
            if is_used and text in scope.short and text not in bound:
                raise ValueError(f"a default uses {text}, which the function declares itself")


def _give(scope: _Scope) -> None:
    """Give a short name to all that a scope declares, once outer scopes have theirs."""
    taken = {name if owner is None else owner.short[name] for name, owner in scope.uses.items()}
    free = (name for name in _names() if name not in taken and name not in KEYWORDS)
    scope.short = dict(zip(scope.short, free, strict=False))


def _scopes(tokens: Sequence[Token]) -> tuple[list[_Scope], list[_Scope]]:
    """Return all scopes, outer ones first, and by token the nearest around it."""
    found = [_Scope(*limits) for limits in sorted(_ranges(tokens), key=lambda one: (one[0], -one[1]))]
    nearest: list[_Scope] = []
    now, later = found[0], iter(found[1:])
    coming = next(later, None)
    for i in range(len(tokens)):
        while i >= now.end and now.outer is not None:
            now = now.outer
        while coming is not None and coming.start == i:
            coming.outer, now, coming = now, coming, next(later, None)
        nearest.append(now)
    return found, nearest


def _ranges(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield where each scope begins and ends; a function's begins with its parameters."""
    yield 0, len(tokens)
    bodies: set[int] = set()
    for i, token in enumerate(tokens):
        if token.kind == "name" and token.text == "for" and not _is_member(tokens, i):
            start = i + 1 + (tokens[i + 1].text == "await")
            yield start, _statement_end(tokens, tokens[start].match + 1)
        elif token.text == "=>" and token.kind == "sign":
            start = _parameters(tokens, i)
            if tokens[i + 1].text == "{":
                bodies.add(i + 1)
                yield start, tokens[i + 1].match + 1
            else:
                yield start, _expression_end(tokens, i + 1)
        elif token.kind == "sign" and token.text == "(" and _has_parameters(tokens, i):
            bodies.add(token.match + 1)
            yield i, tokens[token.match + 1].match + 1
        elif token.kind == "sign" and token.text == "{" and token.place == "block" and i not in bodies:
            yield i, token.match + 1


def _statement_end(tokens: Sequence[Token], i: int) -> int:
    """Return the place after the statement that begins at `i`."""
    match tokens[i].text if tokens[i].kind in {"name", "sign"} else "":
        case "{":
            return tokens[i].match + 1
        case "for" | "while" | "if" | "switch":
            head = i + 1 + (tokens[i + 1].text == "await")
            end = _statement_end(tokens, tokens[head].match + 1)
            goes_on = [token.text for token in tokens[end : end + 1]] == ["else"]
            return _statement_end(tokens, end + 1) if goes_on else end
        case "do" | "try":
            raise ValueError(f"{tokens[i].text} needs a block around it")
        case _:
            while tokens[i].text != ";" or tokens[i].kind != "sign":
                i = tokens[i].match + 1 if tokens[i].match > i else i + 1
            return i + 1


def _declared(tokens: Sequence[Token], nearest: Sequence[_Scope]) -> Iterator[tuple[_Scope, str]]:
    """Yield the names that variables, functions, classes and parameters are declared by, in their scopes."""
    for i, token in enumerate(tokens):
        names: Iterator[str] = iter(())
        match token.text if token.kind in {"name", "sign"} and not _is_member(tokens, i) else "":
            case "var" | "switch":
                raise ValueError(f"a script of the page has const, let and if, no {token.text}")
            case "const" | "let":
                names = _variables(tokens, i + 1)
            case "function" | "class":
                at = i + 1 + (tokens[i + 1].text == "*")
                names = iter([tokens[at].text] if tokens[at].kind == "name" else [])
            case "=>":
                start = _parameters(tokens, i)
                yield from ((nearest[start], name) for name in _bound(tokens, start, i))
            case "(" if _has_parameters(tokens, i):
                names = _bound(tokens, i + 1, token.match)
        yield from ((nearest[i], name) for name in names)


def _parameters(tokens: Sequence[Token], arrow: int) -> int:
    """Return where the parameters of an arrow function begin."""
    return arrow - 1 if tokens[arrow - 1].kind == "name" else tokens[arrow - 1].match


def _is_member(tokens: Sequence[Token], i: int) -> bool:
    """Whether a word is what a value is asked for, as in `one.catch`, or the key of a property."""
    before = tokens[i - 1].text if i else ""
    return before in {".", "?."} or (
        tokens[i].place == "object" and [one.text for one in tokens[i + 1 : i + 2]] == [":"]
    )


def _has_parameters(tokens: Sequence[Token], i: int) -> bool:
    """Whether the bracket at `i` holds the parameters of a function or a method, or what is caught."""
    before, end = tokens[i - 1], tokens[i].match
    if tokens[end + 1 : end + 2] == [] or tokens[end + 1].text != "{" or i == 0:
        return False
    if before.text in {"function", "catch"} or before.place in {"object", "class"}:
        return before.kind == "name" and not _is_member(tokens, i - 1)
    earlier = [token.text for token in tokens[max(i - 3, 0) : i - 1]]
    return before.kind == "name" and (earlier[-1:] == ["function"] or earlier == ["function", "*"])


def _variables(tokens: Sequence[Token], i: int) -> Iterator[str]:
    """Yield the names of `const a = 1, { b } = c;` from the place after `const`."""
    while True:
        end = tokens[i].match + 1 if tokens[i].match > i else i + 1
        yield from _bound(tokens, i, end)
        if end >= len(tokens) or tokens[end].text in {"of", "in"}:
            return
        i = _expression_end(tokens, end)
        if i >= len(tokens) or tokens[i].text != ",":
            return
        i += 1


def _expression_end(tokens: Sequence[Token], i: int) -> int:
    """Return the place of the comma, the colon or the end that follows a value."""
    choices = 0  # whose colon is still to come
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "sign" and token.text in {",", ";", ")", "]", "}"}:
            return i
        if token.kind == "sign" and token.text in {"?", ":"}:
            if token.text == ":" and not choices:
                return i
            choices += 1 if token.text == "?" else -1
        if token.kind == "piece" and token.text.startswith("}"):
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
            i = _expression_end(tokens, i + 1)
            continue
        if token.text == "[" and token.kind == "sign" and tokens[token.match + 1].text == ":":
            i = token.match  # a key that is computed
        if token.kind == "name" and token.text not in KEYWORDS and not is_property(tokens, i):
            yield token.text
        i += 1


def own_names(script: str) -> set[str]:
    """Return the names that a script, or a module without its imports, declares at its own level."""
    tokens = read_tokens(script)
    scopes, nearest = _scopes(tokens)
    return {name for scope, name in _declared(tokens, nearest) if scope is scopes[0]}


def _names() -> Iterator[str]:
    """Yield A, B, ..., z, AA, AB, ..."""
    for width in count(1):
        yield from _of_width(width)


def _of_width(width: int) -> Iterator[str]:
    if width == 0:
        yield ""
        return
    for head in _of_width(width - 1):
        for letter in _ORDER:
            yield head + letter
