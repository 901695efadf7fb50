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
#: Phrases are looked for by so many of their first characters, which each of them has.
_HEAD: Final = _SHORTEST


def with_signs(text: str, phrases: Iterable[str]) -> str:
    """Return a text without line breaks, below the phrases that it has more than once, each on a line."""
    taken = set(text)
    free = (chr(code) for code in range(_FIRST, _END) if chr(code) not in taken)
    often = [tags for tags, n in Counter(_TAGS.findall(text)).items() if n >= _FEWEST_TAGS]
    tags = dict(zip(often, free, strict=False))
    text = _TAGS.sub(lambda found: tags.get(found[0], found[0]), text)
    search = _Search([one for one in dict.fromkeys(phrases) if _SHORTEST <= len(one) <= _LONGEST])
    counts = search.counts(text)
    repeated = [one for one in search.phrases if counts[one] >= _FEWEST]
    signs = tags | dict(zip(repeated, free, strict=False))
    return "\n".join([*_lines(signs), search.replaced(text, signs)])


def _lines(signs: Mapping[str, str]) -> list[str]:
    """Return a line for each sign up to the last that is used: one of the text's own stands for itself."""
    phrases = {sign: phrase for phrase, sign in signs.items()}
    used = range(_FIRST, max(map(ord, phrases), default=_FIRST - 1) + 1)
    return [phrases.get(chr(code), chr(code)) for code in used]


class _Search:
    """Phrases that are looked for together, at each place the longest."""

    def __init__(self, phrases: list[str]) -> None:
        self.phrases = phrases
        self._by_head: dict[str, list[str]] = {}
        for phrase in sorted(self.phrases, key=len, reverse=True):
            self._by_head.setdefault(phrase[:_HEAD], []).append(phrase)
        self._heads = re.compile(_either(sorted(self._by_head, reverse=True)))

    def counts(self, text: str) -> Counter[str]:
        """Return how often each phrase stands in a text, in others as well."""
        found: Counter[str] = Counter()
        at = 0
        while match := self._heads.search(text, at):
            start = match.start()
            found.update(one for one in self._by_head[match[0]] if text.startswith(one, start))
            at = start + 1
        return found

    def replaced(self, text: str, signs: Mapping[str, str]) -> str:
        """Return a text with signs in place of phrases."""
        by_head = {head: [one for one in found if one in signs] for head, found in self._by_head.items()}
        parts, done, at = [], 0, 0
        while match := self._heads.search(text, at):
            at = match.start()
            phrase = next((one for one in by_head[match[0]] if text.startswith(one, at)), None)
            if phrase is None:
                at += 1
                continue
            parts += [text[done:at], signs[phrase]]
            done = at = at + len(phrase)
        return "".join([*parts, text[done:]])


def _either(words: list[str]) -> str:
    """Return a pattern of any of some words, each before those that it begins with, by what they share."""
    if not words or words == [""]:
        return "(?!)" if not words else ""
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[:1], []).append(word[1:])
    found = [re.escape(first) + _either(rest) if first else "" for first, rest in rests.items()]
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
