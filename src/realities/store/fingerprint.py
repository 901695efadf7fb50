"""One number for everything that a result depends on, so that it is taken up by the same work only.

In come values: models, numbers, arrays, tables; out comes a digest of what they say. Places in files do not
count, nor does anything that only lives in memory. `program_identity` does the same for the program.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path, PurePath
from types import FunctionType
from typing import Any

import numpy as np

from realities.source import SourceText, Span

#: Packages whose version may show in the last digit of a result.
_NUMERICAL = ("numpy", "scipy", "llvmlite")


def fingerprint(*values: object) -> str:
    """Return a digest of values, 64 hexadecimal digits; equal only for values that say the same.

    Frozen dataclasses count by their class and fields, without the spans that point at source text.

    Raises
    ------
    TypeError
        If a value is of a kind whose content is not known.
    """
    digest = blake2b(digest_size=32)
    waiting: list[object] = [values]
    while waiting:
        mark, parts = _taken_apart(waiting.pop())
        digest.update(f"{len(mark)}:{len(parts)}:".encode())
        digest.update(mark)
        waiting.extend(reversed(parts))
    return digest.hexdigest()


def _taken_apart(value: object) -> tuple[bytes, list[object]]:
    """Return what a value says by itself, and the parts that it has besides."""
    match value:
        case Span() | SourceText():
            return b"", []
        case Enum():
            return f"E{type(value).__qualname__}.{value.name}".encode(), []
        case None | bool() | int() | float() | complex() | Fraction() | date():
            return f"{type(value).__name__} {value!r}".encode(), []
        case str():
            return b"s" + value.encode("utf-8", "surrogatepass"), []
        case bytes():
            return b"b" + value, []
        case PurePath():
            return f"P{value}".encode("utf-8", "surrogatepass"), []
        case np.ndarray() | np.generic():
            return _array_mark(np.asarray(value)), []
        case tuple() | list():
            return b"t", list(value)
        case Mapping():
            return b"m", [part for item in value.items() for part in item]
        case Set():
            return b"S", list[object](sorted(fingerprint(item) for item in value))
        case FunctionType():
            return f"F{value.__module__}.{value.__qualname__}".encode(), []
        case _ if is_dataclass(value):
            names = [field.name for field in fields(value)]
            return f"D{type(value).__qualname__}".encode(), [getattr(value, name) for name in names]
        case _:
            raise TypeError(f"no fingerprint of {type(value).__qualname__}")


def _array_mark(array: np.ndarray[Any, Any]) -> bytes:
    if array.dtype.hasobject:
        raise TypeError("no fingerprint of an array of objects")
    return f"a{array.dtype.str}{array.shape}".encode() + np.ascontiguousarray(array).tobytes()


@cache
def program_identity() -> dict[str, str]:
    """Return what of this program and machine may show in the last digit of a result, by name."""
    found = {"python": platform.python_version().rpartition(".")[0], "realities": program_digest()}
    for package in _NUMERICAL:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    # Compiled code is made for this processor, or for the kind that REALITIES_TARGET names.
    target = os.environ.get("REALITIES_TARGET", "")
    return found | {"processor": " ".join([platform.machine(), target, _processor_features()])}


def program_digest() -> str:
    """Return a digest of this package's own source: a version may have been edited since."""
    root = Path(__file__).resolve().parents[1]
    digest = blake2b(digest_size=16)
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}:{len(text)}:".encode())
        digest.update(text)
    return digest.hexdigest()


def _processor_features() -> str:
    """Return what NumPy found the processor able to do: it chooses its loops by that."""
    core = "numpy._core" if find_spec("numpy._core") else "numpy.core"  # the latter in NumPy 1
    umath = import_module(f"{core}._multiarray_umath")
    features: Mapping[str, bool] = getattr(umath, "__cpu_features__", {})
    return " ".join(sorted(name for name, has_it in features.items() if has_it))
