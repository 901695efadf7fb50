"""Vensim equations to nodes of the syntax tree: the text of one block or expression in, `syntax.py` out.

The grammar in `grammar.lark` makes a parse tree, and `TreeReader` turns it into frozen nodes, each with its
place in the file. `read.py` goes through the blocks of a file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from realities.errors import Findings
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.expr import BinaryOp
from realities.model import syntax
from realities.model.trees import UnsoundError, span_of
from realities.model.vensim.blocks import LONGEST_EQUATION, Block, blank
from realities.source import SourceText, Span

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

#: Parentheses, functions and operators inside one another beyond this are refused.
DEEPEST = 150

#: Words of a Reality Check that say when a comparison has to hold.
WHEN = re.compile(r":AT\s+LEAST\s+ONCE:|:CROSSING:", re.IGNORECASE)
_RANGE = re.compile(r"\[([^\]]*)\]\s*$")
_ESCAPED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\\"', re.DOTALL)
_PLAIN_NUMBER = re.compile(r"[-+]?[\d.][\d.eE+-]*")
_OPERATORS: dict[str, BinaryOp] = {":AND:": "and", ":OR:": "or"}


def read_expression(place: Span, findings: Findings) -> syntax.Term | None:
    """Return the term that the text of `place` spells in Vensim's equation language, or None with a finding.

    The text may stand in another file; a quotation mark that is escaped there is read as a plain one.
    """
    return _read_term(place, _ESCAPED.sub(_unescape, place.text), findings)


def read_statement(place: Span, findings: Findings) -> syntax.Term | None:
    """Return the term of one side of a Reality Check, without the words only it can have.

    They stand behind a comparison: `a > :AT LEAST ONCE: b`, `a > :CROSSING: b`.
    """
    return _read_term(place, WHEN.sub(lambda word: " " * len(word.group()), place.text), findings)


def _read_term(place: Span, text: str, findings: Findings) -> syntax.Term | None:
    tree = parse(blank(text), "expression", place.source, place.start, findings)
    if tree is None:
        return None
    try:
        return TreeReader(place.source, place.start).term(tree)
    except UnsoundError as error:
        findings.error(error.code, error.message, error.span, *error.help)
        return None


def _unescape(found: re.Match[str]) -> str:
    """Return a quotation mark without its escape, and a quoted name as it is."""
    return ' "' if found.group() == '\\"' else found.group()


@cache
def _parser() -> Lark:
    """Return the parser of equations. Lark is imported here, when the first model is read."""
    from lark import Lark

    grammar = files("realities.model.vensim").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        start=["definition", "expression"],
        maybe_placeholders=False,
    )


def parse(text: str, start: str, source: SourceText, base: int, findings: Findings) -> Tree[Token] | None:
    """Return the parse tree of one equation, or None with a finding."""
    from lark.exceptions import UnexpectedInput

    from realities.model.explain import explain

    if len(text) > LONGEST_EQUATION:
        findings.error(
            "too-long",
            f"this equation is {len(text):,} characters long; the most is {LONGEST_EQUATION:,}",
            Span(source, base, base + 1),
        )
        return None
    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        explain(error, text, source, base, findings)
        return None


def plain_name(text: str) -> str:
    """Return a name without quotation marks around it and with single spaces; escapes stay as written."""
    name = " ".join(text.split())
    return name[1:-1].strip() if len(name) > 1 and name[0] == name[-1] == '"' else name


@dataclass(frozen=True, slots=True)
class TreeReader:
    """Turns the parse tree of a text that begins at `base` into syntax nodes."""

    source: SourceText
    base: int

    def span(self, node: Tree[Token] | Token) -> Span:
        """Return the place of a node, from its first token to its last."""
        return span_of(node, self.source, self.base)

    # -- definitions ----------------------------------------------------------------------------

    def definition(
        self, tree: Tree[Token], block: Block, place: Span
    ) -> syntax.Equation | syntax.DimensionDef:
        """Read a whole block."""
        parts = cast("list[Tree[Token]]", tree.children)
        match tree.data:
            case "dimension":
                mappings = tuple(self.mapping(one) for one in subtrees(parts[2])) if len(parts) > 2 else ()
                outside = self.outside(parts[1])
                members = () if outside else self.members(parts[1])
                place = self.span(parts[0])
                return syntax.DimensionDef(self.name(parts[0]), members, mappings, None, place, outside)
            case "alias":
                return syntax.DimensionDef(
                    self.name(parts[0]), (), (), self.name(parts[1]), self.span(parts[0])
                )
        left, interpolation = self.left(parts[0])
        right: syntax.Term | None = None
        match tree.data:
            case "equation" | "unchangeable" | "data_equation":
                right = self.right(parts[1])
            case "lookup":
                right = self.points(parts[1])
            case "flat_lookup":
                right = self.flat_lookup(parts[1:])
        written = blank(block.unit.text)
        limits = _RANGE.search(written)
        unit = _RANGE.sub("", written).strip()
        leading = len(written) - len(written.lstrip())
        unit_span = Span(self.source, block.unit.start + leading, block.unit.start + leading + len(unit))
        is_data = tree.data in ("data_equation", "no_equation")
        return syntax.Equation(
            left,
            right,
            unit,
            unit_span,
            block.doc,
            block.group,
            interpolation,
            ",".join(part.strip() for part in limits[1].split(",")) if limits else "",
            is_data=is_data,
            is_unchangeable=tree.data == "unchangeable",
            is_supplementary=block.is_supplementary,
            span=place,
        )

    def left(self, tree: Tree[Token]) -> tuple[syntax.Left, syntax.Interpolation | None]:
        """Read a left side and the keyword behind it."""
        subscripts: tuple[syntax.Subscript, ...] = ()
        exceptions: tuple[tuple[syntax.Subscript, ...], ...] = ()
        interpolation: syntax.Interpolation | None = None
        for part in tree.children[1:]:
            if isinstance(part, str):
                keyword = " ".join(part.strip(":").replace("_", " ").lower().split())
                interpolation = cast("syntax.Interpolation", keyword)
            elif part.data == "subscripts":
                subscripts = self.subscripts(part)
            else:
                exceptions = tuple(self.subscripts(one) for one in subtrees(part))
        head = cast("Tree[Token]", tree.children[0])
        return syntax.Left(self.name(head), subscripts, exceptions, self.span(head)), interpolation

    def outside(self, tree: Tree[Token]) -> syntax.Apply | None:
        """Read the call that stands in place of a list of elements, if one does."""
        parts = subtrees(tree)
        if len(parts) != 1 or parts[0].data != "outside":
            return None
        head, arguments = subtrees(parts[0])
        return self.call(self.reference([head]), arguments, self.span(parts[0]), 0)

    def members(self, tree: Tree[Token]) -> tuple[syntax.Member, ...]:
        """Read a list of elements."""
        found = []
        for part in subtrees(tree):
            match part.data:
                case "range":
                    first, last = subtrees(part)
                    found.append(syntax.Member(self.name(first), self.name(last), self.span(part)))
                case "outside":
                    name = self.name(subtrees(part)[0])
                    message = f"{name.upper()} must be all that the elements of a dimension are read from"
                    raise UnsoundError("wrong-arguments", message, self.span(part))
                case _:
                    found.append(syntax.Member(self.name(part), None, self.span(part)))
        return tuple(found)

    def mapping(self, tree: Tree[Token]) -> syntax.MapsTo:
        """Read what stands behind `->`."""
        head, *members = subtrees(tree)
        return syntax.MapsTo(self.name(head), self.members(members[0]) if members else (), self.span(head))

    # -- names ------------------------------------------------------------------------------------

    def name(self, tree: Tree[Token]) -> str:
        """Read a name."""
        return plain_name(cast("str", tree.children[0]))

    def subscripts(self, tree: Tree[Token]) -> tuple[syntax.Subscript, ...]:
        """Read the subscripts between brackets."""
        return tuple(
            syntax.Subscript(self.name(subtrees(one)[0]), len(one.children) > 1, self.span(one))
            for one in subtrees(tree)
        )

    # -- right sides --------------------------------------------------------------------------------

    def right(self, tree: Tree[Token]) -> syntax.Term:
        """Read a right side: a term, or rows of numbers."""
        match tree.data:
            case "row_list":
                return syntax.Rows(tuple(self.numbers(tree)), self.span(tree))
            case "tabbed_array":
                return self.tabbed(cast("Token", tree.children[0]))
            case _:
                return self.term(cast("Tree[Token]", tree.children[0]))

    def numbers(self, tree: Tree[Token]) -> Iterator[float]:
        """Yield the numbers of a list, row after row."""
        for part in subtrees(tree):
            if part.data == "row":
                yield from self.numbers(part)
            else:
                yield self.number(part)

    def number(self, tree: Tree[Token]) -> float:
        """Read a number with or without sign, where nothing else may stand."""
        sign, node = 1.0, tree
        while node.data == "prefix" and node.children[0] in ("-", "+"):
            sign = -sign if node.children[0] == "-" else sign
            node = cast("Tree[Token]", node.children[1])
        if node.data == "not_available":
            return NOT_AVAILABLE
        if node.data != "number":
            raise UnsoundError(
                "bad-number", "a list of numbers can hold nothing but numbers", self.span(tree)
            )
        return sign * self.finite(cast("Token", node.children[0]))

    def finite(self, token: Token) -> float:
        """Read a literal."""
        value = float(token)
        if math.isinf(value):
            raise UnsoundError("bad-number", f"{_short(token)} is too large a number", self.span(token))
        return value

    def tabbed(self, token: Token) -> syntax.Rows:
        """Read the numbers of a TABBED ARRAY."""
        words = token.partition("(")[2].rpartition(")")[0].replace("\\t", " ").split()
        try:
            values = tuple(NOT_AVAILABLE if word.upper() == ":NA:" else float(word) for word in words)
        except ValueError:
            raise UnsoundError(
                "bad-number", "a TABBED ARRAY can hold nothing but numbers", self.span(token)
            ) from None
        if not all(math.isfinite(value) for value in values):
            raise UnsoundError("bad-number", "a TABBED ARRAY can hold finite numbers only", self.span(token))
        return syntax.Rows(values, self.span(token))

    def points(self, tree: Tree[Token]) -> syntax.Points:
        """Read the points of a lookup, and the frame that Vensim draws around them."""
        first = tree.children[0]
        if isinstance(first, str):
            return self.plain_points(first)
        pairs = [self.point(one) for one in subtrees(tree) if one.data == "point"]
        xs, ys = tuple(x for x, _ in pairs), tuple(y for _, y in pairs)
        return syntax.Points(xs, ys, span=self.span(tree), frame=self.frame(tree))

    def frame(self, tree: Tree[Token]) -> tuple[float, float, float, float] | None:
        """Read the frame around points; None where there is none, or none of numbers."""
        parts = [one for part in subtrees(tree) if part.data == "frame" for one in subtrees(part)]
        try:
            return _frame([value for one in parts[:2] for value in self.point(one)])
        except UnsoundError:
            return None

    def plain_points(self, token: Token) -> syntax.Points:
        """Read points that are all plain numbers, from their text."""
        before, bracket, behind = token.partition("]")
        frame = [float(text) for text in _PLAIN_NUMBER.findall(before)] if bracket else []
        numbers = [float(text) for text in _PLAIN_NUMBER.findall(behind if bracket else token)]
        if math.inf in map(abs, numbers):
            message = "a number among these points is too large"
            raise UnsoundError("bad-number", message, self.span(token))
        xs, ys = tuple(numbers[::2]), tuple(numbers[1::2])
        return syntax.Points(xs, ys, span=self.span(token), frame=_frame(frame))

    def point(self, tree: Tree[Token]) -> tuple[float, float]:
        """Read one point."""
        x, y = subtrees(tree)
        return self.number(x), self.number(y)

    def flat_lookup(self, parts: Sequence[Tree[Token]]) -> syntax.Term:
        """Read a lookup in the old form: all abscissae, then all ordinates; or a function that reads one."""
        if len(parts) == 1 and parts[0].data == "call":
            return self.term(parts[0])
        values = [self.number(part) for part in parts]
        place = self.span(parts[0]).to(self.span(parts[-1]))
        if len(values) % 2:
            raise UnsoundError(
                "bad-lookup",
                f"a lookup in this form lists its abscissae, then as many ordinates; {len(values)} is odd",
                place,
            )
        half = len(values) // 2
        return syntax.Points(tuple(values[:half]), tuple(values[half:]), span=place)

    # -- terms ----------------------------------------------------------------------------------------

    def term(self, tree: Tree[Token], depth: int = 0) -> syntax.Term:
        """Read an expression."""
        if depth > DEEPEST:
            raise UnsoundError(
                "too-deep",
                f"this expression is nested more than {DEEPEST} deep",
                self.span(tree),
                "split it into several variables",
            )
        parts = tree.children
        match tree.data:
            case "number":
                return syntax.Numeral(self.finite(cast("Token", parts[0])), self.span(tree))
            case "not_available":
                return syntax.Numeral(NOT_AVAILABLE, self.span(tree))
            case "string":
                return syntax.Text(cast("str", parts[0])[1:-1], self.span(tree))
            case "reference":
                return self.reference(subtrees(tree))
            case "call":
                *head, arguments = subtrees(tree)
                return self.call(self.reference(head), arguments, self.span(tree), depth)
            case "points":
                return self.points(tree)
            case "prefix":
                token = cast("Token", parts[0])
                operand = self.term(cast("Tree[Token]", parts[1]), depth + 1)
                op = cast("syntax.PrefixOp", str(token) if token in ("-", "+") else "not")
                return syntax.Prefix(op, operand, self.span(token).to(operand.span))
            case _:
                return self.infix(tree, depth)

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
            op = _OPERATORS.get(token.upper(), cast("BinaryOp", str(token)))
            term = syntax.Infix(op, term, right, term.span.to(right.span), self.span(token))
        return term

    def reference(self, parts: Sequence[Tree[Token]]) -> syntax.Name:
        """Read a name with or without subscripts."""
        place = self.span(parts[0])
        if len(parts) == 1:
            return syntax.Name(self.name(parts[0]), (), place)
        return syntax.Name(self.name(parts[0]), self.subscripts(parts[1]), place.to(self.span(parts[1])))

    def call(self, function: syntax.Name, tree: Tree[Token], place: Span, depth: int) -> syntax.Apply:
        """Read the arguments of a call."""
        arguments: list[syntax.Term] = []
        outputs: list[syntax.Term] = []
        for part in subtrees(tree):
            if part.data == "outputs":
                outputs = [self.term(one, depth + 1) for one in subtrees(part)]
            else:
                arguments.append(self.term(part, depth + 1))
        return syntax.Apply(function, tuple(arguments), tuple(outputs), place)


def subtrees(tree: Tree[Token]) -> list[Tree[Token]]:
    """Return the children that are trees; the others are marks such as `!`."""
    return [child for child in tree.children if not isinstance(child, str)]


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}..."


def _frame(corners: Sequence[float]) -> tuple[float, float, float, float] | None:
    """Return the first two corners of a frame, None where they are not there or not finite."""
    if len(corners) < 4 or not all(map(math.isfinite, corners[:4])):
        return None
    left, low, right, high = corners[:4]
    return left, low, right, high
