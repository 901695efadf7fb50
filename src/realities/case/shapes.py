"""Shapes: what a value in a case's files may be, said once for reading, checking and the JSON Schemas.

`schema.py` builds the shape of each file from these nodes. `conforms` holds a file against its shape
and finds every wrong type, missing key and unknown key with its place; `json_schema` writes the same
shape as JSON Schema (draft 2020-12), so that an editor checks what the reader checks.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import assert_never

from realities.case.located import Located, Path
from realities.errors import Findings, did_you_mean
from realities.source import Span


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `pattern`, a regular expression for the whole of it, is explained by `means`."""

    doc: str = ""
    pattern: str = ""
    means: str = "a text"


@dataclass(frozen=True, slots=True)
class Num:
    """A finite number, perhaps whole, between `least` and `most`; `above` is a bound not reached."""

    doc: str = ""
    least: float | None = None
    most: float | None = None
    above: float | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    doc: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A date without a time of day, such as 2022-02-24."""

    doc: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Many:
    """A list; in TOML also an array of tables."""

    item: Shape
    doc: str = ""
    least: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """A table whose keys are names that the author chooses."""

    value: Shape
    doc: str = ""
    pattern: str = ""
    means: str = "a name"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table, and the shape of what it holds."""

    name: str
    shape: Shape
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with known keys; `is_open` lets others stand beside them, unread."""

    keys: tuple[Key, ...]
    doc: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any of several shapes."""

    shapes: tuple[Shape, ...]
    doc: str = ""


Shape = Text | Num | Flag | Day | Choice | Many | Named | Table | AnyOf


def conforms(located: Located, shape: Shape, findings: Findings, path: Path = ()) -> bool:
    """Return whether the value at `path` has a shape; each place where it has not is an error."""
    n_before = len(findings.items)
    _check(located.get(*path), shape, path, located, findings)
    return len(findings.items) == n_before


def _check(value: object, shape: Shape, path: Path, located: Located, findings: Findings) -> None:
    span = located.value(*path)
    match shape:
        case Text() | Num() | Flag() | Day() | Choice():
            _check_scalar(value, shape, span, findings)
        case Many():
            if not isinstance(value, list):
                _wrong(value, shape, span, findings)
                return
            if len(value) < shape.least:
                findings.error("bad-value", f"at least {shape.least} must stand here", span)
            for index, item in enumerate(value):
                _check(item, shape.item, (*path, index), located, findings)
        case Named():
            if not isinstance(value, dict):
                _wrong(value, shape, span, findings)
                return
            for name, item in value.items():
                if shape.pattern and not re.fullmatch(shape.pattern, name):
                    where = located.key(*path, name)
                    findings.error("bad-value", f'"{_short(name)}" is not {shape.means}', where)
                _check(item, shape.value, (*path, name), located, findings)
        case Table():
            if not isinstance(value, dict):
                _wrong(value, shape, span, findings)
                return
            _check_table(value, shape, path, located, findings)
        case AnyOf():
            _check_any(value, shape, path, located, findings)
        case _:
            assert_never(shape)


def _check_table(
    value: Mapping[str, object], shape: Table, path: Path, located: Located, findings: Findings
) -> None:
    known = {key.name: key for key in shape.keys}
    for name, item in value.items():
        if name in known:
            _check(item, known[name].shape, (*path, name), located, findings)
        elif not shape.is_open:
            near = _belongs(name, shape) or did_you_mean(name, known)
            hint = near or f"known here: {', '.join(known)}"
            findings.error(
                "unknown-key", f'no key is named "{_short(name)}" here', located.key(*path, name), hint
            )
    for key in shape.keys:
        if key.required and key.name not in value:
            where = f" in [{'.'.join(map(str, path))}]" if path else ""
            message = f'"{key.name}" is missing{where}'
            findings.error("missing-key", message, located.value(*path), f"{key.name}: {_doc(key.shape)}")


def _belongs(name: str, shape: Table) -> str:
    """Return the hint that a key stands above its table, or an empty string."""
    homes = [
        key.name
        for key in shape.keys
        if isinstance(key.shape, Table) and name in {one.name for one in key.shape.keys}
    ]
    return f'"{name}" belongs below a line [{homes[0]}]' if homes else ""


def _check_scalar(
    value: object, shape: Text | Num | Flag | Day | Choice, span: Span, findings: Findings
) -> None:
    match shape:
        case Text():
            if not isinstance(value, str):
                _wrong(value, shape, span, findings)
            elif shape.pattern and not re.fullmatch(shape.pattern, value):
                findings.error("bad-value", f'"{_short(value)}" is not {shape.means}', span)
        case Choice():
            if not isinstance(value, str):
                _wrong(value, shape, span, findings)
            elif value not in shape.options:
                hint = did_you_mean(value, shape.options)
                findings.error("bad-value", f'"{_short(value)}" is not {_words(shape)}', span, hint)
        case Num():
            _check_number(value, shape, span, findings)
        case Flag():
            if not isinstance(value, bool):
                _wrong(value, shape, span, findings)
        case Day():
            if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
                hint = "a date stands without quotes" if isinstance(value, str) else ""
                findings.error("bad-date", f"expected {_words(shape)}, not {_found(value)}", span, hint)


def _check_number(value: object, shape: Num, span: Span, findings: Findings) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _wrong(value, shape, span, findings)
        return
    if (isinstance(value, float) and not isfinite(value)) or abs(value) > 1e300:
        findings.error("bad-number", "a number must be finite", span)
        return
    if shape.whole and value != int(value):
        findings.error("wrong-type", f"expected {_words(shape)}, not {value:g}", span)
    too_low = shape.least is not None and value < shape.least
    too_high = shape.most is not None and value > shape.most
    if too_low or too_high or (shape.above is not None and value <= shape.above):
        findings.error("bad-value", f"expected {_words(shape)}, not {value:g}", span)


def _check_any(value: object, shape: AnyOf, path: Path, located: Located, findings: Findings) -> None:
    """Accept what any of the shapes accepts; else report against the one that comes nearest in kind."""
    tries: list[Findings] = []
    for option in shape.shapes:
        found = Findings()
        _check(value, option, path, located, found)
        if not found.items:
            return
        tries.append(found)
    start = located.value(*path).start
    for found in tries:
        if not any(item.code == "wrong-type" and item.span.start == start for item in found.items):
            findings.extend(found.items)
            return
    _wrong(value, shape, located.value(*path), findings)


def _wrong(value: object, shape: Shape, span: Span, findings: Findings) -> None:
    findings.error("wrong-type", f"expected {_words(shape)}, not {_found(value)}", span)


def _words(shape: Shape) -> str:
    """Return what a value should be, as words of a sentence."""
    match shape:
        case Text():
            return shape.means
        case Num():
            kind = "a whole number" if shape.whole else "a number"
            if shape.least is not None and shape.most is not None:
                return f"{kind} between {shape.least:g} and {shape.most:g}"
            if shape.above is not None:
                return f"{kind} above {shape.above:g}"
            return f"{kind} of at least {shape.least:g}" if shape.least is not None else kind
        case Flag():
            return "true or false"
        case Day():
            return "a date such as 2022-02-24"
        case Choice():
            return f"one of {', '.join(shape.options)}"
        case Many():
            return "a list"
        case Named() | Table():
            return "a table"
        case AnyOf():
            return " or ".join(dict.fromkeys(_words(option) for option in shape.shapes))
        case _:
            assert_never(shape)


def _found(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'the text "{_short(value)}"'
        case int() | float():
            return f"the number {value:g}" if abs(value) < 1e300 else "a number beyond all bounds"
        case datetime.datetime():
            return "a date with a time of day"
        case datetime.date():
            return f"the date {value}"
        case datetime.time():
            return "a time of day"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "nothing"


def _doc(shape: Shape) -> str:
    return shape.doc or _words(shape)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def json_schema(shape: Shape) -> dict[str, object]:
    """Return a shape as JSON Schema. A TOML date counts as a string of format `date`, as editors have it."""
    schema: dict[str, object]
    match shape:
        case Text():
            schema = {"type": "string"}
            schema |= {"pattern": f"^(?:{shape.pattern})$"} if shape.pattern else {}
        case Num():
            bounds = {"minimum": shape.least, "maximum": shape.most, "exclusiveMinimum": shape.above}
            kind = "integer" if shape.whole else "number"
            schema = {"type": kind} | {name: bound for name, bound in bounds.items() if bound is not None}
        case Flag():
            schema = {"type": "boolean"}
        case Day():
            schema = {"type": "string", "format": "date"}
        case Choice():
            schema = {"enum": list(shape.options)}
        case Many():
            schema = {"type": "array", "items": json_schema(shape.item)}
            schema |= {"minItems": shape.least} if shape.least else {}
        case Named():
            schema = {"type": "object", "additionalProperties": json_schema(shape.value)}
            schema |= {"propertyNames": {"pattern": f"^(?:{shape.pattern})$"}} if shape.pattern else {}
        case Table():
            schema = {"type": "object", "properties": {k.name: json_schema(k.shape) for k in shape.keys}}
            required = [key.name for key in shape.keys if key.required]
            schema |= {"required": required} if required else {}
            schema |= {} if shape.is_open else {"additionalProperties": False}
        case AnyOf():
            schema = {"anyOf": [json_schema(option) for option in shape.shapes]}
        case _:
            assert_never(shape)
    return ({"description": shape.doc} if shape.doc else {}) | schema
