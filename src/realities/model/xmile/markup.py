"""XML text to a tree of elements, every one with its place: a `.xmile` file in, `Element`s out.

The parser is the expat that comes with Python. A document type, entities of one's own and references
to other files are refused, so that a small file stays small; names outside the format's own namespace
stay apart. Of the drawing (`<views>`) only its place is kept. `read.py` turns the tree into a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from xml.parsers import expat

from realities.errors import Findings
from realities.source import SourceText, Span

#: Bounds on what one file may hold.
DEEPEST = 100
MOST_ELEMENTS = 2_000_000

#: Fills up where an entity or a mark of the markup stood, so that places in a text stay places in the
#: file. It is a private character: no name holds it, and the equation language skips it.
FILLER = "\ue000"

_TAG = re.compile(r"""<[^\s/>]+(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_MARKS = re.compile(
    r"<!\[CDATA\[(?P<plain>.*?)\]\]>|<!--.*?-->|<\?.*?\?>|&(?P<entity>#?\w+);|<[^>]*>", re.DOTALL
)

_COMMENT = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->", re.DOTALL)


@dataclass(slots=True, eq=False)
class Element:
    """One element: its name, whose it is, what it says and where it stands.

    Attributes
    ----------
    name
        The name without prefix.
    is_standard
        Whether it belongs to the namespace of the whole file, not to a vendor.
    attributes
        Values by name, as parsed; an attribute of a vendor keeps its prefix, `isee:save_interval`.
    start, opened, closed
        Where its first tag begins and ends and where its last tag begins, as offsets in the source.
    """

    name: str
    is_standard: bool
    attributes: dict[str, str]
    source: SourceText
    start: int
    opened: int
    closed: int = 0
    children: list[Element] = field(default_factory=list)

    @property
    def span(self) -> Span:
        """The place of its first tag."""
        return Span(self.source, self.start, self.opened)

    @property
    def text(self) -> str:
        """What stands between its tags, at the same offsets as in the source, marks filled up."""
        return _MARKS.sub(_filled, self.source.text[self.opened : self.closed])

    @property
    def words(self) -> str:
        """What stands between its tags, without the filling and the blanks around it."""
        return self.text.replace(FILLER, "").strip()

    @property
    def text_span(self) -> Span:
        """The place of its text without the blanks around it, or of its tag where it has none."""
        text = self.source.text[self.opened : self.closed]
        bare = text.strip()
        if not bare:
            return self.span
        start = self.opened + text.index(bare)
        return Span(self.source, start, start + len(bare))

    def attribute_span(self, name: str) -> Span:
        """Return the place of an attribute's value, or of the tag where it is not there."""
        for found in _ATTRIBUTE.finditer(self.source.text, self.start, self.opened):
            if found[1] == name:
                return Span(self.source, found.start(2) + 1, max(found.end(2) - 1, found.start(2) + 2))
        return self.span

    def raw_attribute(self, name: str) -> tuple[str, int]:
        """Return an attribute's value at the same offsets as in the source, and where it begins."""
        for found in _ATTRIBUTE.finditer(self.source.text, self.start, self.opened):
            if found[1] == name:
                return _MARKS.sub(_filled, found[2][1:-1]), found.start(2) + 1
        return "", self.start

    def all(self, *names: str) -> Iterator[Element]:
        """Yield its children of these names, vendors' own left out."""
        return (child for child in self.children if child.is_standard and child.name in names)

    def first(self, *names: str) -> Element | None:
        """Return its first child of one of these names, or None."""
        return next(self.all(*names), None)

    def says(self, name: str) -> bool:
        """Return whether an attribute says true."""
        return self.attributes.get(name, "").strip().lower() in ("true", "1")


def _filled(found: re.Match[str]) -> str:
    """Return what a mark stands for, filled up in front to its own length."""
    whole = found.group()
    if found["plain"] is not None:
        return FILLER * 9 + found["plain"] + FILLER * 3
    character = unescape(whole) if found["entity"] is not None else ""
    return FILLER * (len(whole) - len(character)) + character


def _blank(found: re.Match[str]) -> str:
    """Return a comment as blanks, its lines kept; what is no comment stays."""
    whole = found.group()
    return whole if whole.startswith("<![CDATA[") else re.sub(r"[^\n]", " ", whole)


def read_markup(source: SourceText, findings: Findings) -> Element | None:
    """Return the outermost element of a file, or None with a finding that says where it is broken."""
    # Comments are blanked out: what stands in them cannot break a file.
    blanked = _COMMENT.sub(_blank, source.text) if "<!--" in source.text else source.text
    text = blanked.encode("utf-8", errors="surrogatepass")
    builder = _Builder(source, b"" if len(text) == len(blanked) else text)
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = builder.open
    parser.EndElementHandler = builder.close
    parser.StartDoctypeDeclHandler = builder.doctype
    builder.parser = parser
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        place = source.line_span(error.lineno, 1).start
        line = source.line(error.lineno).encode("utf-8", errors="replace")
        column = len(line[: error.offset].decode("utf-8", errors="replace"))
        message = f"this is not well-formed XML: {expat.ErrorString(error.code) or 'unknown problem'}"
        findings.error("syntax-error", message, Span(source, place + column, place + column + 1))
        return None
    except _RefusedError as error:
        findings.error(error.code, error.message, Span(source, error.at, error.at + 1))
        return None
    return builder.root


class _RefusedError(Exception):
    """Markup that is not read any further."""

    def __init__(self, code: str, message: str, at: int) -> None:
        super().__init__(message)
        self.code, self.message, self.at = code, message, at


class _Builder:
    """Builds the tree while the parser goes through the file."""

    def __init__(self, source: SourceText, encoded: bytes) -> None:
        self.source = source
        self.encoded = encoded  # empty where every character is a byte
        self.parser: expat.XMLParserType
        self.root: Element | None = None
        self.open_ones: list[Element] = []
        self.namespaces: list[dict[str, str]] = [{}]
        self.count = 0
        self.bytes_seen = self.characters_seen = 0

    def offset(self) -> int:
        """Return where the parser stands, in characters."""
        at = self.parser.CurrentByteIndex
        if not self.encoded:
            return at
        passed = self.encoded[self.bytes_seen : at].decode("utf-8", errors="surrogatepass")
        self.characters_seen += len(passed)
        self.bytes_seen = max(at, self.bytes_seen)
        return self.characters_seen

    def doctype(self, *_: object) -> None:
        """Refuse a document type: it can hold entities, which can grow without bound."""
        message = "a document type (<!DOCTYPE>) is not read: no model needs one"
        raise _RefusedError("syntax-error", message, self.offset())

    def open(self, tag: str, pairs: list[str]) -> None:
        """Take an opening tag."""
        self.count += 1
        start = self.offset()
        if len(self.open_ones) >= DEEPEST:
            raise _RefusedError("too-deep", f"elements are nested more than {DEEPEST} deep", start)
        if self.count > MOST_ELEMENTS:
            raise _RefusedError("too-large", f"this file has more than {MOST_ELEMENTS:,} elements", start)
        attributes = dict(zip(pairs[::2], pairs[1::2], strict=True))
        scope = self.namespaces[-1]
        if any(name.startswith("xmlns") for name in attributes):
            scope = {**scope, **_declared(attributes)}
        self.namespaces.append(scope)
        prefix, _, name = tag.rpartition(":")
        space = scope.get(prefix, prefix)
        if self.root is None:
            self.home = space
        found = _TAG.match(self.source.text, start)
        opened = found.end() if found else start
        element = Element(name, space == self.home, attributes, self.source, start, opened)
        if self.root is None:
            self.root = element
        elif not any(above.name == "views" for above in self.open_ones):
            self.open_ones[-1].children.append(element)
        self.open_ones.append(element)

    def close(self, _: str) -> None:
        """Take a closing tag."""
        element = self.open_ones.pop()
        self.namespaces.pop()
        element.closed = max(self.offset(), element.opened)


def _declared(attributes: dict[str, str]) -> dict[str, str]:
    """Return the namespaces that attributes declare, by prefix."""
    return {
        name.partition(":")[2]: value.strip()
        for name, value in attributes.items()
        if name == "xmlns" or name.startswith("xmlns:")
    }
