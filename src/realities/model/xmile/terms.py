"""An expression of XMILE to a term of the syntax tree: the text of an `<eqn>` in, a `Term` out.

The text is parsed by the grammar in `grammar.lark`, each node with its place in the file. What only
XMILE can say between brackets stays as calls of made-up names (`SLICED` and the others below), which
`slices.py` turns into plain subscripts once it is known what is an array. `read.py` comes next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from realities.errors import Findings
from realities.ir.expr import BinaryOp
from realities.model import syntax
from realities.model.trees import UnsoundError, span_of
from realities.model.xmile.markup import FILLER
from realities.source import SourceText, Span

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

#: Parentheses, functions and operators inside one another beyond this are refused.
DEEPEST = 150
#: A longer equation is refused unread, in characters.
LONGEST_EQUATION = 500_000

#: What stands between brackets, as calls that only `slices.py` sees: `SLICED(array, index, ...)`, with an
#: index that is a term, or all elements, those of another dimension, a run of them, or the place in the
#: left side; and an array turned over.
SLICED, ALL, PART, RANGE, PLACE, TRANSPOSED = (
    ":sliced:",
    ":all:",
    ":part:",
    ":range:",
    ":place:",
    ":transposed:",
)

#: A number, or a name that is no keyword: most equations of a large model are no more than that.
_SIMPLE = re.compile(
    r"\s*(?:(?P<number>(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15}))"
    r"|(?!(?:if|then|else|and|or|not|mod)\b)(?P<name>[a-z_]\w*))\s*",
    re.IGNORECASE | re.ASCII,
)
#: A comment, or a quoted name, which may hold braces of its own.
_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|\{[^{}]*\}')
_OPENED = re.compile(r'"(?:[^"\\]|\\.)*"|\{')
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')
_OPERATORS: dict[str, BinaryOp] = {"and": "and", "or": "or"}


def read_term(text: str, base: int, source: SourceText, findings: Findings) -> syntax.Term | None:
    """Return the term that a text spells, or None with a finding; the text begins at `base` of `source`."""
    from lark.exceptions import UnexpectedInput

    from realities.model.explain import explain

    if len(text) > LONGEST_EQUATION:
        message = f"this equation is {len(text):,} characters long; the most is {LONGEST_EQUATION:,}"
        findings.error("too-long", message, Span(source, base, base + 1))
        return None
    simple = _SIMPLE.fullmatch(text)
    if simple is not None:
        return _simple(simple, base, source)
    bare = without_comments(text)
    at = next((found.start() for found in _OPENED.finditer(bare) if found.group() == "{"), None)
    if at is not None:
        place = Span(source, base + at, base + at + 1)
        findings.error("syntax-error", 'this "{" is never closed', place)
        return None
    try:
        builder, tree = _Builder(source, base), _parser().parse(bare)
        term = builder.term(tree)
        for node in tree.find_data("behind"):
            _tell_behind(builder.span(node), findings)
        return term
    except UnexpectedInput as error:
        explain(error, bare, source, base, findings, "xmile")
    except UnsoundError as error:
        findings.error(error.code, error.message, error.span, *error.help)
    return None


def _tell_behind(place: Span, findings: Findings) -> None:
    message = f'NOT stands behind what it negates; read as "not ({place.text[:-3].strip()})"'
    findings.warning("misplaced-not", message, place, "some translators of Vensim models write it so")


def _simple(found: re.Match[str], base: int, source: SourceText) -> syntax.Term:
    """Return a number or a name that stands alone."""
    kind = "number" if found["number"] is not None else "name"
    place = Span(source, base + found.start(kind), base + found.end(kind))
    return (
        syntax.Numeral(float(found[kind]), place) if kind == "number" else syntax.Name(found[kind], (), place)
    )


def without_comments(text: str) -> str:
    """Return a text with its comments in braces blanked out, its length kept."""
    return _COMMENT.sub(lambda found: found[0] if found[0][0] == '"' else " " * len(found[0]), text)


def plain_name(text: str) -> str:
    """Return a name as its author wrote it, without quotation marks, escapes and runs of blanks.

    The parts of a qualified name are joined by points; a point in front is kept.
    """
    text = text.replace(FILLER, "")
    head = "." if text.startswith(".") else ""
    return head + ".".join(_unquoted(part) for part in _PART.findall(text))


def written_name(text: str) -> str:
    """Return a name that stands in an attribute: quotation marks around it, escapes and blanks settled."""
    bare = text.replace(FILLER, "").strip()
    bare = bare[1:-1] if _QUOTED.fullmatch(bare) else bare
    return " ".join(_ESCAPE.sub(_unescaped, bare).split())


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)+"')
_ESCAPE = re.compile(r'\\(["n\\])')


def _unescaped(found: re.Match[str]) -> str:
    return " " if found[1] == "n" else found[1]


def _unquoted(part: str) -> str:
    if part.startswith('"'):
        part = _ESCAPE.sub(_unescaped, part[1:-1])
    return " ".join(part.split())


@cache
def _parser() -> Lark:
    """Return the parser of expressions. Lark is imported here, when the first model is read."""
    from lark import Lark

    grammar = files("realities.model.xmile").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


@dataclass(frozen=True, slots=True)
class _Builder:
    """Turns the parse tree of a text that begins at `base` into terms."""

    source: SourceText
    base: int

    def span(self, node: Tree[Token] | Token) -> Span:
        """Return the place of a node, from its first token to its last."""
        return span_of(node, self.source, self.base)

    def term(self, tree: Tree[Token], depth: int = 0) -> syntax.Term:
        """Read an expression."""
        if depth > DEEPEST:
            message = f"this expression is nested more than {DEEPEST} deep"
            raise UnsoundError("too-deep", message, self.span(tree), "split it into several variables")
        parts = cast("list[Tree[Token]]", tree.children)
        match tree.data:
            case "start":
                return self.term(parts[0], depth)
            case "number":
                return syntax.Numeral(self.number(cast("Token", parts[0])), self.span(tree))
            case "reference":
                return self.name(parts[0])
            case "subscripted":
                return self.sliced(self.name(parts[0]), parts[1], depth)
            case "call":
                return self.call(parts, self.span(tree), depth)
            case "conditional":
                terms = tuple(self.term(part, depth + 1) for part in parts if not isinstance(part, str))
                head = syntax.Name("IF THEN ELSE", (), self.span(cast("Token", parts[0])))
                return syntax.Apply(head, terms, (), head.span.to(terms[-1].span))
            case "prefix":
                token = cast("Token", parts[0])
                operand = self.term(parts[1], depth + 1)
                op = cast("syntax.PrefixOp", str(token) if token in ("-", "+") else "not")
                return syntax.Prefix(op, operand, self.span(token).to(operand.span))
            case "behind":
                operand = self.term(parts[0], depth + 1)
                return syntax.Prefix("not", operand, operand.span.to(self.span(parts[1])))
            case "modulo" | "safely":
                left, right = self.term(parts[0], depth + 1), self.term(parts[2], depth + 1)
                name = "MOD" if tree.data == "modulo" else "SAFEDIV"
                head = syntax.Name(name, (), self.span(parts[1]))
                return syntax.Apply(head, (left, right), (), left.span.to(right.span))
            case "transposed":
                return _made(TRANSPOSED, self.span(tree), self.term(parts[0], depth + 1))
            case _:
                return self.infix(tree, depth)

    def number(self, token: Token) -> float:
        """Read a literal."""
        value = float(token)
        if math.isinf(value):
            shown = token if len(token) <= 24 else f"{token[:20]}..."
            raise UnsoundError("bad-number", f"{shown} is too large a number", self.span(token))
        return value

    def name(self, tree: Tree[Token]) -> syntax.Name:
        """Read a name."""
        return syntax.Name(plain_name(cast("str", tree.children[0])), (), self.span(tree))

    def call(self, parts: list[Tree[Token]], place: Span, depth: int) -> syntax.Term:
        """Read a name, its subscripts if it has some, and its arguments."""
        *head, last = parts
        arguments = [self.term(part, depth + 1) for part in last.children if not isinstance(part, str)]
        function = self.name(head[0])
        if len(head) == 1:
            return syntax.Apply(function, tuple(arguments), (), place)
        return _made(":applied:", place, self.sliced(function, head[1], depth), *arguments)

    def sliced(self, name: syntax.Name, tree: Tree[Token], depth: int) -> syntax.Term:
        """Read what stands between brackets."""
        found = [self.index(part, depth + 1) for part in tree.children if not isinstance(part, str)]
        return _made(SLICED, name.span.to(self.span(tree)), name, *found)

    def index(self, part: Tree[Token], depth: int) -> syntax.Term:
        """Read one of the things between brackets."""
        match part.data:
            case "all":
                return _made(ALL, self.span(part))
            case "part":
                return _made(PART, self.span(part), self.name(cast("Tree[Token]", part.children[1])))
            case "range":
                low, high = (self.term(cast("Tree[Token]", one), depth) for one in part.children)
                return _made(RANGE, self.span(part), low, high)
            case "place":
                token = cast("Token", part.children[1])
                return _made(PLACE, self.span(part), syntax.Numeral(self.number(token), self.span(token)))
            case _:
                return self.term(part, depth)

    def infix(self, tree: Tree[Token], depth: int) -> syntax.Term:
        """Read operators and their operands; a long sum is walked along, not down."""
        spine = [tree]
        first = cast("Tree[Token]", tree.children[0])
        while tree.children[1] in ("+", "-") and first.data == "infix" and first.children[1] in ("+", "-"):
            spine.append(first)
            first = cast("Tree[Token]", first.children[0])
        term = self.term(first, depth + 1)
        for node in reversed(spine):
            token = cast("Token", node.children[1])
            right = self.term(cast("Tree[Token]", node.children[2]), depth + 1)
            written = token.replace(FILLER, "").lower()
            op = _OPERATORS.get(written, cast("BinaryOp", written))
            term = syntax.Infix(op, term, right, term.span.to(right.span), self.span(token))
        return term


def _made(name: str, span: Span, *arguments: syntax.Term) -> syntax.Apply:
    """Return a call of a made-up name."""
    return syntax.Apply(syntax.Name(name, (), span), arguments, (), span)


def map_term(change: Callable[[syntax.Term], syntax.Term], term: syntax.Term) -> syntax.Term:
    """Rebuild a term bottom up, each node passed through `change`; a long sum is walked along."""
    match term:
        case syntax.Apply():
            arguments = tuple(map_term(change, argument) for argument in term.arguments)
            return change(replace(term, arguments=arguments))
        case syntax.Prefix():
            return change(replace(term, operand=map_term(change, term.operand)))
        case syntax.Infix():
            spine, first = [term], term.left
            while isinstance(first, syntax.Infix):
                spine.append(first)
                first = first.left
            found = map_term(change, first)
            for node in reversed(spine):
                found = change(replace(node, left=found, right=map_term(change, node.right)))
            return found
        case _:
            return change(term)
