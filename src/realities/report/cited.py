"""Sources as a page cites them: which are listed, how one is found, and whether its dates were inferred.

In come a case's sources and the texts that name them, one key or several parted by semicolons; out comes the
payload's table of sources, by text, in the order in which texts were met: encoded reports tell theirs by its
place there. From the opened payload come the numbered entries of the page's list, for `tables.py`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from realities.case.sources import source_keys
from realities.report.schema import SourceData

if TYPE_CHECKING:
    from realities.case.sources import Source
    from realities.report.schema import Payload


#: What may be a key in a sentence, ending before its full stop; and the same with what stands between.
_WORD: Final = re.compile(r"\w[\w:./+-]*\w")
_WORD_OR_REST: Final = re.compile(rf"{_WORD.pattern}|\W+|\w")


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of the list of sources; `url` is empty where there is nothing safe to link to."""

    number: int
    data: SourceData


def sources_data(sources: Mapping[str, Source], cited: Iterable[str]) -> dict[str, SourceData]:
    """Return the sources by the text that names them, those of joint texts each alone as well.

    A text that names several has an entry of its own at its place: titles together, the first address.
    """
    texts = list(cited)
    alone = [key for text in texts for key in source_keys(text)]
    found = {text: [sources[key] for key in source_keys(text) if key in sources] for text in [*texts, *alone]}
    return {text: _source(several) for text, several in found.items() if several}


def _source(several: list[Source]) -> SourceData:
    first = several[0]
    data = SourceData(
        title="; ".join(one.title or one.key for one in several),
        author=first.author if len(several) == 1 else "",
        year=first.year if len(several) == 1 else "",
        url=next(filter(None, (safe_url(one.url) for one in several)), ""),
        note=first.note if len(several) == 1 else "",
    )
    if inferred := "; ".join(one.inferred for one in several if one.inferred):
        data["inferred"] = inferred
    return data


def safe_url(url: str) -> str:
    """Return an address if a page may link to it: http or https with a host; nothing otherwise."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""


def references(payload: Payload) -> dict[str, Reference]:
    """Return the sources by key, numbered in the order in which the payload holds them.

    Addresses are looked at again: a saved payload may have been changed since.
    """
    alone = {key: one for key, one in payload["sources"].items() if len(source_keys(key)) == 1}
    return {
        key: Reference(number, SourceData({**source, "url": safe_url(source["url"])}))
        for number, (key, source) in enumerate(alone.items(), 1)
    }


def cited_by(found: Mapping[str, Reference], text: str) -> list[Reference]:
    """Return the entries that a text names, in its order."""
    return [found[key] for key in source_keys(text) if key in found]


def keys_in(text: str, known: Container[str]) -> list[str]:
    """Return the keys of sources that a sentence names; a key without a digit or `_` may be a plain word."""
    return [word for word in _WORD.findall(text) if word in known and re.search(r"[\d_]", word)]


def linked(found: Mapping[str, Reference], text: str) -> Markup:
    """Return a sentence as HTML in which each key of a source is a link to its entry."""
    keys = {key: found[key].number for key in keys_in(text, found)}
    parts = [
        Markup('<a href="#source-{0}">[{0}]</a>').format(keys[part]) if part in keys else escape(part)
        for part in _WORD_OR_REST.findall(text)
    ]
    return Markup("").join(parts)


def is_about(payload: Payload, text: str) -> bool:
    """Return whether the days of what rests on a text's sources were inferred."""
    known = payload["sources"]
    return any(known[key].get("inferred") for key in (text, *source_keys(text)) if key in known)
