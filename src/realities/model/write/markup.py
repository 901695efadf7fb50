"""XML text, written line by line: tags in, indented text out, everything escaped.

`xmile.py` writes files with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

#: Characters that XML 1.0 cannot hold in any form.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MARKS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_QUOTED = {**_MARKS, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


def escaped(text: str) -> str:
    """Return text as it may stand between tags."""
    return "".join(_MARKS.get(one, one) for one in _FORBIDDEN.sub("", text))


def attributes_text(attributes: dict[str, str]) -> str:
    """Return attributes as they stand in a tag, each behind a blank."""
    return "".join(
        f' {name}="{"".join(_QUOTED.get(one, one) for one in _FORBIDDEN.sub("", value))}"'
        for name, value in attributes.items()
    )


class Markup:
    """Gathers the lines of one file."""

    def __init__(self) -> None:
        self.lines: list[str] = ['<?xml version="1.0" encoding="utf-8"?>']
        self.depth = 0

    def line(self, text: str) -> None:
        """Add a line of markup as it is."""
        self.lines.append("  " * self.depth + text)

    def leaf(self, tag: str, text: str = "", **attributes: str) -> None:
        """Add an element that holds text, or nothing."""
        head = f"{tag}{attributes_text(attributes)}"
        self.line(f"<{head}>{escaped(text)}</{tag}>" if text else f"<{head}/>")

    @contextmanager
    def inside(self, tag: str, **attributes: str) -> Iterator[None]:
        """Open an element around what is added meanwhile."""
        self.line(f"<{tag}{attributes_text(attributes)}>")
        self.depth += 1
        yield
        self.depth -= 1
        self.line(f"</{tag}>")

    def text(self) -> str:
        """Return the whole file."""
        return "\n".join(self.lines) + "\n"
