"""From tokens to a tree: the grammar of predicates.

    predicate   iff | implies | or | and | until | not | comparison      weakest first
    comparison  arithmetic (< <= > >= = <>) arithmetic
    arithmetic  + -, then * /, then the sign, then ^
    primary     number, name, name[..], name(..), (predicate)
                always[a, b](predicate), and eventually, historically, once
                at[t](predicate or arithmetic)
    argument    of the last two: may end with | do("name" = number, ...)

The trap is the bracket: after a name it is a subscript, after `always` or `at` an interval. Those
words are operators only where an operand may begin and a bracket or parenthesis follows, so that
"men at work" and "wounded not returned" stay names; `and`, `or`, `implies`, `iff` and `until` inside
a name need quotation marks. What stands in subscripts and in the arguments of a function is the
model's business and passes unread, unless it contains an operator of ours.

A tree says only what was written. `predicate_parser.py` gives it meaning and dates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import add, mul, sub, truediv
from typing import Literal, get_args

from realities.case.predicate_nodes import Held, Quantifier
from realities.case.predicate_tokens import DURATIONS, PredicateError, Token, full_name, tokens_of
from realities.errors import did_you_mean
from realities.source import Span

TreeKind = Literal[
    "number", "text", "group", "arithmetic", "call", "compare", "logic", "not", "until", "window", "at"
]
WINDOWS: frozenset[str] = frozenset(get_args(Quantifier))
HEADS = WINDOWS | {"at"}

#: Deeper than this nobody can read; and Python's own stack ends somewhere beyond.
MAX_DEPTH = 60

_COMPARE = {"<", "<=", ">", ">=", "=", "<>"}
_LOGIC = {"iff": 5, "implies": 10, "or": 20, "and": 30}
_UNTIL, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _POWER = 40, 45, 50, 60, 70, 75, 80
_ARITHMETIC = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}
_OPERATIONS: dict[str, Callable[[float, float], float]] = dict(
    zip("+-*/^", (add, sub, mul, truediv, math.pow), strict=True)
)
_SAME = {":and:": "and", ":or:": "or", "->": "implies", "<->": "iff"}
_MEANT = {"==": "=", "!=": "<>", "≠": "<>", "≤": "<=", "≥": ">=", "&&": "and", "||": "or", "&": "and"}
_MEANT["=<"] = "<="
_KNOWN_ELSEWHERE = {
    "globally": "always",
    "finally": "eventually",
    "sometime": "eventually",
    "sometimes": "eventually",
    "never": "not eventually",
    "whenever": "always",
}


@dataclass(frozen=True, slots=True)
class BoundText:
    """A bound as written: a date, or an amount of days, weeks, ... (amount 0 needs no unit)."""

    date: str
    amount: float
    unit: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tree:
    """What was written between `start` and `end`.

    `is_plain` says that it is the model's language throughout; `value` is its number when it has no
    name in it either.
    """

    kind: TreeKind
    start: int
    end: int
    op: str = ""
    children: tuple[Tree, ...] = ()
    is_plain: bool = False
    value: float | None = None
    bounds: tuple[BoundText, ...] = ()
    held: tuple[Held, ...] = ()
    depth: int = 0


def parse_tree(span: Span) -> Tree:
    """Return the tree of a predicate's text.

    Raises
    ------
    PredicateError
        At the first place that cannot be read.
    """
    parser = _Parser(span, tokens_of(span))
    tree = parser.expression(0)
    parser.expect_end()
    return tree


class _Parser:
    """Operator precedence, one token ahead."""

    def __init__(self, span: Span, tokens: list[Token]) -> None:
        self.span = span
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.next
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    # -- expressions ------------------------------------------------------------------------

    def expression(self, strength: int) -> Tree:
        """Read an operand and every operator after it that binds at least as strongly."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.problem(self.next, f"nested more than {MAX_DEPTH} deep")
        left = self.operand()
        while True:
            op = _SAME.get(self.next.text.casefold(), self.next.text.casefold())
            if op in _LOGIC and _LOGIC[op] >= strength:
                left = self.logic(op, left)
            elif op == "until" and strength <= _UNTIL:
                left = self.until(left)
            elif op in _COMPARE and strength <= _COMPARISON:
                left = self.comparison(op, left)
            elif op in _ARITHMETIC and strength <= _ARITHMETIC[op]:
                left = self.arithmetic(op, left)
            else:
                break
        self.depth -= 1
        return left

    def logic(self, op: str, left: Tree) -> Tree:
        self.take()
        right = self.expression(_LOGIC[op] + (op != "implies"))
        if op in ("and", "or") and left.kind == "logic" and left.op == op:
            return self.node("logic", op, (*left.children, right), left.start)
        return self.node("logic", op, (left, right))

    def comparison(self, op: str, left: Tree) -> Tree:
        self.take()
        tree = self.node("compare", op, (left, self.expression(_COMPARISON + 1)))
        if self.next.text in _COMPARE:
            raise self.problem(self.next, "one comparison after another", "join the two with `and`")
        return tree

    def arithmetic(self, op: str, left: Tree) -> Tree:
        self.take()
        right = self.expression(_ARITHMETIC[op] + (op != "^"))
        value = None if left.value is None or right.value is None else fold(op, left.value, right.value)
        return replace(self.node("arithmetic", op, (left, right)), value=value)

    def until(self, left: Tree) -> Tree:
        self.take()
        bounds = self.interval("until", 2)
        tree = self.node("until", "until", (left, self.expression(_UNTIL + 1)), bounds=bounds)
        if self.next.is_word("until"):
            raise self.problem(
                self.next, "one `until` after another", "say with parentheses which comes first"
            )
        return tree

    def node(
        self,
        kind: TreeKind,
        op: str,
        children: tuple[Tree, ...],
        start: int = -1,
        bounds: tuple[BoundText, ...] = (),
    ) -> Tree:
        """Return a tree over its children; it is the model's language if they are."""
        is_plain = kind not in ("until", "window", "at") and all(child.is_plain for child in children)
        depth = 0 if is_plain and kind == "arithmetic" else 1 + max(child.depth for child in children)
        first, last = children[0], children[-1]
        if depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep"
            raise PredicateError("bad-predicate", message, last.start, last.end)
        start = first.start if start < 0 else start
        return Tree(kind, start, last.end, op, children, is_plain, bounds=bounds, depth=depth)

    # -- operands ---------------------------------------------------------------------------

    def operand(self) -> Tree:
        token = self.next
        if token.is_sign("("):
            return self.group()
        if token.is_sign("-", "+"):
            return self.signed()
        if token.is_word("not") or token.text.casefold() == ":not:":
            self.take()
            child = self.expression(_NOT)
            return replace(self.node("not", "not", (child,)), start=token.start)
        if token.is_word(*HEADS) and self.peek().is_sign("[", "("):
            return self.temporal()
        if token.kind == "number":
            self.take()
            return Tree("number", token.start, token.end, is_plain=True, value=float(token.text))
        if token.kind in ("word", "quoted", "colon") and not token.is_word("until", *_LOGIC):
            return self.name()
        raise self.unexpected(token)

    def group(self) -> Tree:
        opening = self.take()
        inner = self.expression(0)
        if self.next.is_sign("|"):
            raise self.problem(
                self.next, "do(...) belongs to an operator", "as in at[2022-10-05](x | do(y = 0))"
            )
        closing = self.expect(")", opening)
        children, plain = (inner,), inner.is_plain
        return Tree("group", opening.start, closing.end, "", children, plain, inner.value, depth=inner.depth)

    def signed(self) -> Tree:
        sign = self.take()
        child = self.expression(_SIGN)
        value = None if child.value is None else (-child.value if sign.text == "-" else child.value)
        tree = self.node("arithmetic", f"sign{sign.text}", (child,))
        return replace(tree, start=sign.start, value=value)

    def temporal(self) -> Tree:
        head = self.take()
        op = head.text.casefold()
        bounds = self.interval(op, 1 if op == "at" else 2)
        if not self.next.is_sign("("):
            hint = f"as in {op}[{'2022-10-05' if op == 'at' else '2022-10-01, 2023-03-20'}](...)"
            raise self.problem(self.next, f'what "{op}" speaks of stands in parentheses', hint)
        opening = self.take()
        child = self.expression(0)
        held = self.held() if self.next.is_sign("|") else ()
        closing = self.expect(")", opening)
        tree = self.node("at" if op == "at" else "window", op, (child,), head.start, bounds)
        return replace(tree, end=closing.end, held=held)

    def name(self) -> Tree:
        """Read a name of one or more words, its subscripts, and the arguments of a call."""
        first = last = self.take()
        if first.is_word("always", "eventually", "historically") and self.next.kind in ("word", "quoted"):
            hint = f"as in {first.text}[2022-10-01, 2023-03-20](...)"
            raise self.problem(first, f'what "{first.text}" speaks of stands in parentheses', hint)
        while first.kind == "word" and self.next.kind in ("word", "number"):
            if self.next.is_word("until", *_LOGIC):
                break
            last = self.take()
        if self.next.is_sign("["):
            self.refuse_interval(first, last)
            last = self.closing()
        if not self.next.is_sign("("):
            return Tree("text", first.start, last.end, is_plain=True)
        if self.is_model_language():
            return Tree("text", first.start, self.closing().end, is_plain=True)
        return self.call(first, last)

    def call(self, first: Token, last: Token) -> Tree:
        """Read a function with one of our operators among its arguments."""
        opening = self.take()
        args = [self.expression(0)]
        while self.next.is_sign(","):
            self.take()
            args.append(self.expression(0))
        closing = self.expect(")", opening)
        name = self.span.source.text[first.start : last.end].casefold()
        return replace(self.node("call", name, tuple(args), first.start), end=closing.end)

    def closing(self) -> Token:
        """Skip from an opening bracket to its partner, and return that."""
        opening = self.take()
        partners, depth = {"(": ")", "[": "]", "{": "}"}, [opening.text]
        while depth:
            token = self.take()
            if token.kind == "end":
                raise self.problem(opening, f'this "{opening.text}" has no partner')
            if token.is_sign(*partners):
                depth.append(token.text)
            elif token.is_sign(*partners.values()) and token.text != partners[depth.pop()]:
                raise self.problem(token, f'"{token.text}" closes something else')
        return token

    def is_model_language(self) -> bool:
        """Return whether no operator of ours stands in the parentheses that open here."""
        start = self.at
        self.closing()
        end, self.at = self.at, start
        return not any(self.is_ours(index) for index in range(start + 1, end))

    def is_ours(self, index: int) -> bool:
        before, token, after = self.tokens[index - 1 : index + 2]
        if token.is_sign("|"):
            return after.is_word("do")
        begins = before.kind == "sign" and not before.is_sign(")", "]")
        return begins and token.is_word(*HEADS) and after.is_sign("[", "(")

    # -- intervals and interventions --------------------------------------------------------

    def interval(self, op: str, n_bounds: int) -> tuple[BoundText, ...]:
        """Read `[a, b]` or `[t]`; nothing there is the whole run, for all but `at`."""
        if not self.next.is_sign("["):
            if op == "at":
                raise self.problem(self.next, '"at" needs a time', "as in at[2022-10-05](...)")
            return ()
        opening = self.take()
        bounds = [self.bound()]
        while self.next.is_sign(","):
            self.take()
            bounds.append(self.bound())
        hint = "at[2022-10-05](...)" if op == "at" else f"{op}[2022-10-01, 2023-03-20](...)"
        if self.next.kind != "end" and not self.next.is_sign("]"):
            hint = f"as in {hint}" if op == "at" else f"between the bounds stands a comma, as in {hint}"
            raise self.problem(self.next, f"{_shown(self.next)} does not belong here", hint)
        closing = self.expect("]", opening)
        if len(bounds) != n_bounds:
            message = f'"{op}" takes {"one time" if n_bounds == 1 else "two bounds"}, not {len(bounds)}'
            raise PredicateError("bad-interval", message, opening.start, closing.end, f"as in {hint}")
        return tuple(bounds)

    def bound(self) -> BoundText:
        token = self.take()
        if token.kind == "date":
            return BoundText(token.text, 0.0, "", token.start, token.end)
        start, sign = token.start, -1.0 if token.is_sign("-") else 1.0
        if token.is_sign("-", "+"):
            token = self.take()
        if token.kind != "number":
            hint = "a bound is a date such as 2022-10-05 or a duration such as 30 days"
            raise PredicateError("bad-interval", f"{_shown(token)} is no bound", start, token.end, hint)
        amount = sign * float(token.text)
        if self.next.kind == "word":
            unit = self.take()
            known = DURATIONS.get(unit.text.casefold())
            if known is None:
                hint = did_you_mean(unit.text, DURATIONS) or "known are: d, weeks, months, quarters, years"
                message = f'"{unit.text}" is no unit of time'
                raise PredicateError("bad-interval", message, unit.start, unit.end, hint)
            return BoundText("", amount, known, start, unit.end)
        if amount or not math.isfinite(amount) or self.next.is_sign("-"):
            hint = "write a date as 2022-10-05, or a duration as 30 days"
            raise PredicateError("bad-interval", f"{token.text} of what?", start, token.end, hint)
        return BoundText("", 0.0, "day", start, token.end)

    def held(self) -> tuple[Held, ...]:
        """Read `| do(name = number, ...)`."""
        self.take()
        if not self.next.is_word("do"):
            raise self.problem(self.next, "after | comes do(...)", 'as in | do("decree in force" = 0)')
        self.take()
        if not self.next.is_sign("("):
            raise self.problem(self.next, "do needs parentheses", 'as in | do("decree in force" = 0)')
        opening = self.take()
        held = [self.holding()]
        while self.next.is_sign(","):
            self.take()
            held.append(self.holding())
        self.expect(")", opening)
        return tuple(held)

    def holding(self) -> Held:
        if self.next.kind not in ("word", "quoted"):
            raise self.problem(self.next, "do(...) holds a variable", "as in do(x = 0)")
        tree = self.name()
        span = Span(self.span.source, tree.start, tree.end)
        if not self.next.is_sign("="):
            raise self.problem(self.next, "do(...) needs a value", f"as in do({span.text} = 0)")
        self.take()
        if self.next.is_word("true", "false"):
            return Held(full_name(span.text), float(self.take().is_word("true")), span)
        value = self.expression(_SUM)
        if value.value is None or not math.isfinite(value.value):
            message = "a variable is held at a number"
            raise PredicateError("bad-predicate", message, value.start, value.end)
        return Held(full_name(span.text), value.value, span)

    # -- what can go wrong ------------------------------------------------------------------

    def expect(self, sign: str, opening: Token) -> Token:
        if self.next.is_sign(sign):
            return self.take()
        if self.next.kind == "end":
            raise self.problem(opening, f'this "{opening.text}" has no partner')
        raise self.unexpected(self.next)

    def expect_end(self) -> None:
        if self.next.kind != "end":
            raise self.unexpected(self.next)

    def refuse_interval(self, first: Token, last: Token) -> None:
        """Raise if what follows a name is an interval: then the name was meant as an operator."""
        inside, after = self.peek(), self.peek(2)
        has_time = inside.kind == "date" or (inside.kind == "number" and after.is_word(*DURATIONS))
        if not has_time or first.kind != "word":
            return
        name = self.span.source.text[first.start : last.end]
        word = _KNOWN_ELSEWHERE.get(name.casefold())
        hint = f'did you mean "{word}"?' if word else did_you_mean(name, sorted(HEADS | {"until"}))
        known = "known are: always, eventually, historically, once, at, until"
        raise PredicateError(
            "unknown-operator", f'no operator is named "{name}"', first.start, last.end, hint, known
        )

    def problem(self, token: Token, message: str, *help: str) -> PredicateError:
        return PredicateError("bad-predicate", message, token.start, max(token.end, token.start + 1), *help)

    def unexpected(self, token: Token) -> PredicateError:
        """Return what to say about a token that no rule of the grammar allows here."""
        if token.kind == "end":
            return self.problem(token, "the predicate ends too early")
        if token.text in _MEANT:
            return self.problem(token, f'"{token.text}" is not known here', f'write "{_MEANT[token.text]}"')
        if token.kind == "date":
            hints = ("dates stand in brackets, as in at[2022-10-05](x)", "to subtract, put spaces around -")
            return self.problem(token, f"the date {token.text} is no number", *hints)
        hint = ""
        if token.is_sign(";"):
            hint = 'between arguments stands a comma, between conditions "and"'
        elif token.is_sign("=>"):
            hint = 'write ">=" for "at least", "implies" for "if ... then"'
        elif token.is_word("until", *_LOGIC):
            hint = f'a name with "{token.text}" in it needs quotation marks'
        return self.problem(token, f"{_shown(token)} does not belong here", hint)


def fold(op: str, left: float, right: float) -> float:
    """Return the value of an operation on two numbers; NaN or infinite where there is none."""
    try:
        return _OPERATIONS[op](left, right)
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.nan


def _shown(token: Token) -> str:
    return "the end" if token.kind == "end" else f'"{token.text}"'
