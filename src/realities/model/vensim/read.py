"""Vensim text to the syntax tree: `.mdl` in, `ModelFile` out.

The file is cut into blocks (`blocks.py`), each block read by `terms.py` into the frozen nodes of `syntax.py`,
each with its place in the file. One bad equation costs one diagnostic; the others are read all the same.
`arrays.py` and `resolve.py` come next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from realities.errors import MOST_ERRORS, Findings
from realities.model import syntax
from realities.model.trees import UnsoundError
from realities.model.vensim.blocks import Block, blank, cut
from realities.model.vensim.settings import integrator, unit_definitions
from realities.model.vensim.terms import TreeReader, parse, plain_name, subtrees
from realities.source import SourceText, Span

if TYPE_CHECKING:
    from lark import Token, Tree

_REALITY_CHECK = re.compile(r":THE\s+CONDITION:|:TEST\s+INPUT:", re.IGNORECASE)
_STRING = re.compile(r"[^=:]*(:IS:)", re.IGNORECASE)
_IMPLIES = re.compile(r":IMPLIES:", re.IGNORECASE)
#: A line that ends in a word, before one that begins with a word.
_MAYBE_BROKEN = re.compile(r"\w[ \t]*\n\s*\w")


def read_vensim(source: SourceText, findings: Findings) -> syntax.ModelFile:
    """Return the syntax tree of a Vensim model; what is wrong with its text is noted in `findings`."""
    pieces = cut(source, findings)
    equations: list[syntax.Equation] = []
    dimensions: list[syntax.DimensionDef] = []
    checks: list[syntax.RealityCheck] = []
    macros: list[syntax.MacroDef] = []
    open_macro: syntax.MacroDef | None = None
    body: list[syntax.Equation] = []
    for block in pieces.blocks:
        if len(findings.errors) >= MOST_ERRORS:
            break
        match block.kind:
            case "macro":
                open_macro, body = _macro_head(source, block), []
            case "end of macro":
                if open_macro is not None:
                    macros.append(_with_body(open_macro, body))
                else:
                    place = Span(source, block.start, block.start + len(block.text))
                    findings.error("syntax-error", "no :MACRO: begins before this :END OF MACRO:", place)
                open_macro = None
            case "equation":
                for read in _read_block(source, block, findings):
                    match read:
                        case syntax.DimensionDef():
                            dimensions.append(read)
                        case syntax.RealityCheck():
                            checks.append(read)
                        case _:
                            (equations if open_macro is None else body).append(read)
    if open_macro is not None:
        findings.error("syntax-error", "this macro has no :END OF MACRO:", open_macro.span)
    name = source.name.rpartition("/")[2].rpartition(".")[0] or source.name
    return syntax.ModelFile(
        name,
        source,
        "vensim",
        tuple(equations),
        tuple(dimensions),
        tuple(macros),
        integrator(source, pieces.sketch, findings),
        tuple(checks),
        source.text[pieces.sketch :],
        unit_definitions(source, pieces.sketch),
        pieces.group_notes,
    )


def _read_block(
    source: SourceText, block: Block, findings: Findings
) -> Iterator[syntax.Equation | syntax.DimensionDef | syntax.RealityCheck]:
    """Yield the definition that a block holds, if it holds a sound one."""
    place = Span(source, block.start, block.start + len(block.text.rstrip()))
    if mark := _REALITY_CHECK.search(block.text):
        check = _reality_check(source, block, mark, findings)
        if check is not None:
            yield check
        return
    if word := _STRING.match(block.text):
        at = Span(source, block.start + word.start(1), block.start + word.end(1))
        hint = "leave it out, or number what it names: a run knows numbers only"
        findings.error("unsupported-function", "variables that hold a text are not supported", at, hint)
        return
    tree = parse(block.text, "definition", source, block.start, findings)
    if tree is None:
        return
    try:
        _check_names(tree, source, block)
        yield TreeReader(source, block.start).definition(tree, block, place)
    except UnsoundError as error:
        findings.error(error.code, error.message, error.span, *error.help)


def _check_names(tree: Tree[Token], source: SourceText, block: Block) -> None:
    """Raise where a name goes on into another line, which no name in a Vensim file does."""
    if not _MAYBE_BROKEN.search(block.text):
        return
    for token in tree.scan_values(lambda part: cast("Token", part).type == "NAME"):
        first, broken, _ = token.strip().partition("\n")
        if broken:
            at = block.start + cast("int", token.start_pos)
            place = Span(source, at, at + len(first.rstrip()))
            hint = 'is an operator missing behind it, or the "|" that ends an equation?'
            raise UnsoundError("syntax-error", "this name goes on into the next line", place, hint)


def _reality_check(
    source: SourceText, block: Block, mark: re.Match[str], findings: Findings
) -> syntax.RealityCheck | None:
    """Return a Reality Check, its two sides as written; `realitychecks.py` reads them."""
    place = Span(source, block.start, block.start + len(block.text.rstrip()))
    head = parse(block.text[: mark.start()], "expression", source, block.start, findings)
    if head is None:
        return None
    if head.data != "reference":
        findings.error("syntax-error", "a Reality Check begins with its name", place)
        return None
    name = TreeReader(source, block.start).reference(subtrees(head))
    is_test_input = "TEST" in mark.group().upper()
    implies = None if is_test_input else _IMPLIES.search(block.text, mark.end())
    if not is_test_input and implies is None:
        at = Span(source, block.start + mark.start(), block.start + mark.end())
        findings.error("syntax-error", "this condition has no :IMPLIES: behind it", at)
        return None
    condition = _part(source, block, mark.end(), implies.start() if implies else mark.end())
    consequence = _part(source, block, implies.end() if implies else mark.end(), len(block.text))
    return syntax.RealityCheck(
        name.name,
        " ".join(blank(condition.text).split()),
        " ".join(blank(consequence.text).split()),
        block.doc,
        name.subscripts,
        is_test_input,
        condition,
        consequence,
        place,
        block.group,
    )


def _part(source: SourceText, block: Block, start: int, end: int) -> Span:
    """Return the place of a part of a block, without the white space around it."""
    text = block.text[start:end]
    first = block.start + start + len(text) - len(text.lstrip())
    return Span(source, first, max(first, block.start + start + len(text.rstrip())))


def _macro_head(source: SourceText, block: Block) -> syntax.MacroDef:
    name, _, rest = block.text[len(":MACRO:") :].partition("(")
    inputs, _, outputs = rest.rpartition(")")[0].partition(":")
    place = Span(source, block.start, block.start + len(block.text))
    return syntax.MacroDef(plain_name(name), _names(inputs), _names(outputs), (), place)


def _with_body(macro: syntax.MacroDef, body: Sequence[syntax.Equation]) -> syntax.MacroDef:
    return syntax.MacroDef(macro.name, macro.inputs, macro.outputs, tuple(body), macro.span)


def _names(text: str) -> tuple[str, ...]:
    return tuple(plain_name(part) for part in text.split(",") if part.strip())
