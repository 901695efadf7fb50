"""Results as plain data: numbers, text, dates, arrays, and the dataclasses made of them.

In comes a value; out come bytes, an uncompressed NumPy archive of its arrays and a JSON tree that says what
stands where. Nothing in the bytes is executed on the way back: there are no pickles, and a class is one of
those the caller allows, made from its fields.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any, TypeVar

import numpy as np

Value = TypeVar("Value")

_TREE = "tree"


class Plain:
    """Writes and reads values whose dataclasses are among `classes`."""

    def __init__(self, classes: Iterable[type]) -> None:
        self._classes = {f"{kind.__module__}.{kind.__qualname__}": kind for kind in classes}

    def to_bytes(self, value: object) -> bytes:
        """Return a value as bytes.

        Raises
        ------
        TypeError
            If something in it is no plain data.
        """
        arrays: list[np.ndarray[Any, Any]] = []
        tree = json.dumps(self._tree(value, arrays)).encode("utf-8")
        named = {f"a{k}": array for k, array in enumerate(arrays)}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **{_TREE: np.frombuffer(tree, dtype=np.uint8)}, **named)
        return file.getvalue()

    def from_bytes(self, data: bytes) -> object:
        """Return the value that bytes stand for.

        Raises
        ------
        ValueError
            If they stand for none.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                return self._value(json.loads(archive[_TREE].tobytes()), archive)
        except Exception as problem:  # whatever broken bytes may make of the readers
            raise ValueError(f"these bytes are no value: {problem}") from None

    def _tree(self, value: object, arrays: list[np.ndarray[Any, Any]]) -> object:
        match value:
            case np.ndarray() | np.generic():
                array = np.asarray(value, order="C")
                if array.dtype.hasobject:
                    raise TypeError("an array of objects is no plain data")
                arrays.append(array)
                return {"array" if isinstance(value, np.ndarray) else "number": len(arrays) - 1}
            case None | bool() | int() | float() | str():
                return value
            case date():
                return {"date": value.isoformat()}
            case tuple() | list():
                name = "tuple" if isinstance(value, tuple) else "list"
                return {name: [self._tree(item, arrays) for item in value]}
            case Mapping():
                return {"map": [[self._tree(k, arrays), self._tree(v, arrays)] for k, v in value.items()]}
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        if name not in self._classes:
            raise TypeError(f"{name} is no plain data")
        parts = {field.name: self._tree(getattr(value, field.name), arrays) for field in _fields(value)}
        return {"class": name, "fields": parts}

    def _value(self, tree: Any, archive: Mapping[str, np.ndarray[Any, Any]]) -> object:
        match tree:
            case {"array": int(k)}:
                return archive[f"a{k}"]
            case {"number": int(k)}:
                return archive[f"a{k}"][()]
            case {"date": str(text)}:
                return date.fromisoformat(text)
            case {"tuple": list(items)}:
                return tuple(self._value(item, archive) for item in items)
            case {"list": list(items)}:
                return [self._value(item, archive) for item in items]
            case {"map": list(items)}:
                return {self._value(k, archive): self._value(v, archive) for k, v in items}
            case {"class": str(name), "fields": dict(parts)}:
                return self._classes[name](**{k: self._value(v, archive) for k, v in parts.items()})
            case None | bool() | int() | float() | str():
                return tree
        raise ValueError("unknown mark")


def _fields(value: Any) -> Iterable[Any]:
    return (field for field in fields(value) if field.init)


def settled(value: Value) -> Value:
    """Return a value with its arrays laid out row by row, as they are after a journey to another process.

    A sum may differ in the last digit when the numbers lie otherwise in memory; so all results are laid
    out alike, whether they come from here, from elsewhere, or from a file.
    """
    found: Value = _settled(value)
    return found


def _settled(value: Any) -> Any:
    match value:
        case np.ndarray():
            return np.array(value, order="C", subok=False) if _lies_otherwise(value) else value
        case list():
            return [_settled(item) for item in value]
        case tuple() if type(value) is tuple:
            return tuple(_settled(item) for item in value)
        case dict():
            return {key: _settled(item) for key, item in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            found = {field.name: _settled(getattr(value, field.name)) for field in _fields(value)}
            changed = {k: item for k, item in found.items() if item is not getattr(value, k)}
            return replace(value, **changed) if changed else value
    return value


def _lies_otherwise(array: np.ndarray[Any, Any]) -> bool:
    return not (array.flags.c_contiguous and array.flags.aligned and array.flags.writeable)
