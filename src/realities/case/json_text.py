"""JSON with places, for `network.geojson`: the standard library for the values, a scanner for the places.

Numbers that JSON does not know (NaN, Infinity) and keys given twice are refused.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

from realities.case.located import Located, Path, Place
from realities.errors import Findings
from realities.source import SourceText

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SCALAR: Final = re.compile(r"[^\s,\]}]+")


def parse_json(source: SourceText, findings: Findings) -> Located | None:
    """Return the values of a JSON file that holds one object, and their places; None with a finding."""
    try:
        data = json.loads(source.text, parse_constant=_no_constant, object_pairs_hook=_once)
        scanner = _Scanner(source.text)
        scanner.value(())
    except json.JSONDecodeError as problem:
        at = min(problem.pos, max(len(source.text.rstrip()) - 1, 0))
        findings.error("bad-json", f"this is not JSON: {problem.msg.lower()}", source.span(at))
        return None
    except RecursionError:
        findings.error("bad-json", "arrays or objects are nested too deeply", source.span(0))
        return None
    except ValueError as problem:
        at = max(source.text.find(str(problem.args[-1])), 0) if len(problem.args) > 1 else 0
        findings.error("bad-json", f"this is not JSON: {problem.args[0]}", source.span(at))
        return None
    if not isinstance(data, dict):
        findings.error("wrong-type", "the file must hold one object", source.span(0))
        return None
    return Located(source, data, scanner.places)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON", name)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object's pairs as a dict; refuse a key given twice, of which one would be lost."""
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'the key "{twice}" is given twice in one object', json.dumps(twice))
    return result


class _Scanner:
    """Walks accepted JSON once and notes where each key and value stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {}

    def value(self, path: Path, key: tuple[int, int] | None = None) -> None:
        """Walk a value of any kind and note its place under `path`."""
        self.skip()
        start, first = self.at, self.text[self.at]
        inner: tuple[int, int] | None = None
        if first in "[{":
            self.members(path, "]" if first == "[" else "}")
        else:
            match = (_STRING if first == '"' else _SCALAR).match(self.text, start)
            self.at = match.end() if match else start + 1
            inner = (start + 1, self.at - 1) if first == '"' else None
        self.places[path] = Place(key or (start, self.at), (start, self.at), inner)

    def members(self, path: Path, close: str) -> None:
        """Walk what stands between brackets or braces."""
        self.at += 1
        index = 0
        while self.skip() != close:
            if close == "}":
                match = _STRING.match(self.text, self.at)
                start, self.at = self.at, match.end() if match else self.at + 1
                name = str(json.loads(self.text[start : self.at]))
                key = (start + 1, self.at - 1)
                self.skip()
                self.at += 1
                self.value((*path, name), key)
            else:
                self.value((*path, index))
            index += 1
            if self.skip() == ",":
                self.at += 1
        self.at += 1

    def skip(self) -> str:
        """Pass white space and return the character that follows."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]
