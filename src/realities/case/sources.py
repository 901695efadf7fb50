"""Sources: the entries of `sources.bib`, to which every number in a case leads back."""

from __future__ import annotations

from dataclasses import dataclass, field

from realities.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Source:
    """One BibTeX entry, in plain text: accents kept, braces and TeX escapes taken away."""

    key: str
    kind: str
    title: str = ""
    author: str = ""
    year: str = ""
    url: str = ""
    note: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
