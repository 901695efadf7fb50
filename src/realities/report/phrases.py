"""What a text says more than once, said once: each such phrase is one sign in it.

In comes JSON, and the phrases that may repeat; out come, line by line, the phrases that do and the text in
which one sign stands for each. Signs are those from U+0080 on, which take two bytes; one that the text has
itself stands for itself. LZMA alone spends three or four bytes on every repetition that is far from the last.
`decode.js` puts phrases back.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

#: The first sign, and the one from which signs take three bytes.
_FIRST, _END = 0x80, 0x800
#: Characters of a phrase, and how often it must stand in a text.
_SHORTEST, _LONGEST, _FEWEST = 6, 400, 2
_FEWEST_TAGS: Final = 4
_TAGS: Final = re.compile(r"(?:<[^<>]*>(?:\\n)?)+")


def with_signs(text: str, phrases: Iterable[str]) -> str:
    """Return a text without line breaks, below the phrases that it has more than once, each on a line."""
    taken = set(text)
    free = (chr(code) for code in range(_FIRST, _END) if chr(code) not in taken)
    often = [tags for tags, n in Counter(_TAGS.findall(text)).items() if n >= _FEWEST_TAGS]
    tags = dict(zip(often, free, strict=False))
    text = _TAGS.sub(lambda found: tags.get(found[0], found[0]), text)
    long = (one for one in dict.fromkeys(phrases) if _SHORTEST <= len(one) <= _LONGEST)
    wanted = [one for one in long if one not in tags]
    search = _Search(text, wanted)
    counts = search.counts()
    repeated = [one for one in wanted if counts[one] >= _FEWEST]
    signs = tags | dict(zip(repeated, free, strict=False))
    return "\n".join([*_lines(signs), search.replaced(signs)])


def _lines(signs: Mapping[str, str]) -> list[str]:
    """Return a line for each sign up to the last that is used: one of the text's own stands for itself."""
    phrases = {sign: phrase for phrase, sign in signs.items()}
    used = range(_FIRST, max(map(ord, phrases), default=_FIRST - 1) + 1)
    return [phrases.get(chr(code), chr(code)) for code in used]


class _Search:
    """Where phrases stand in a text, those in others as well."""

    def __init__(self, text: str, phrases: Iterable[str]) -> None:
        self._text = text
        wanted = set(phrases)
        lengths: dict[str, set[int]] = {}
        for phrase in wanted:
            lengths.setdefault(phrase[:_SHORTEST], set()).add(len(phrase))
        by_head = {head: sorted(found, reverse=True) for head, found in lengths.items()}
        heads = re.compile(f"(?=({_either(sorted(by_head))}))")
        #: Each phrase with its place, from left to right, the longest of a place first.
        self._found = [
            (match.start(), phrase)
            for match in heads.finditer(text)
            for length in by_head[match[1]]
            if (phrase := text[match.start() : match.start() + length]) in wanted
        ]

    def counts(self) -> Counter[str]:
        """Return how often each phrase stands in the text."""
        return Counter(phrase for _, phrase in self._found)

    def replaced(self, signs: Mapping[str, str]) -> str:
        """Return the text with signs in place of phrases: of those that overlap the first, the longest."""
        parts, done = [], 0
        for start, phrase in self._found:
            if start >= done and phrase in signs:
                parts += [self._text[done:start], signs[phrase]]
                done = start + len(phrase)
        return "".join([*parts, self._text[done:]])


def _either(words: list[str]) -> str:
    """Return a pattern of any of some words that are equally long: a shared beginning is told once."""
    if not words or not words[0]:
        return "" if words else "(?!)"
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[0], []).append(word[1:])
    found = [re.escape(first) + _either(rest) for first, rest in rests.items()]
    return found[0] if len(found) == 1 else f"(?:{'|'.join(found)})"


def phrases_of(value: Any) -> Iterator[str]:
    """Yield every text that a value holds, as JSON has it."""
    match value:
        case str():
            yield json.dumps(value, ensure_ascii=False)[1:-1]
        case dict():
            for one in value.values():
                yield from phrases_of(one)
        case list():
            for one in value:
                yield from phrases_of(one)
