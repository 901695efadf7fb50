"""What the readers of both languages' expressions share: places, and what is unsound.

`vensim/terms.py` and `xmile/terms.py` turn their own parse trees into the nodes of `syntax.py` with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from realities.source import SourceText, Span

if TYPE_CHECKING:
    from lark import Token, Tree


class UnsoundError(Exception):
    """What the grammar allows and the language does not: a diagnostic's parts."""

    def __init__(self, code: str, message: str, span: Span, *help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.span, self.help = code, message, span, help


def span_of(node: Tree[Token] | Token, source: SourceText, base: int) -> Span:
    """Return the place of a node of a text that begins at `base`: from its first token to its last.

    The spaces that a name takes along are left out.
    """
    first = last = node
    while not isinstance(first, str):
        first = first.children[0]
    while not isinstance(last, str):
        last = last.children[-1]
    start, end = cast("int", first.start_pos), cast("int", last.start_pos)
    return Span(source, base + start, base + end + len(last.rstrip()))
